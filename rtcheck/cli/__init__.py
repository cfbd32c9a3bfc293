"""The command line: arguments -> one of the functions of the library, and its exit code.

Data goes to stdout, progress and messages to stderr. Exit codes: 0 pass (ACCEPTABLE included), 1 fail, 2 not evaluated,
3 usage, unreadable input or broken table.
"""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from rtcheck import report
from rtcheck.cli.bed import bed_command
from rtcheck.cli.case import case_app
from rtcheck.cli.check import check_command
from rtcheck.cli.checks import checks_app
from rtcheck.cli.constraints import constraints_app
from rtcheck.cli.deidentify import deidentify_command
from rtcheck.cli.dvh import dvh_command
from rtcheck.cli.signoff import signoff_app
from rtcheck.cli.verify import verify_command
from rtcheck.errors import RtcheckError
from rtcheck.printable import shown

USAGE_ERROR = 3

app = typer.Typer(no_args_is_help=True, add_completion=True, rich_markup_mode="rich", pretty_exceptions_enable=False)
app.command("bed")(bed_command)
app.command("dvh")(dvh_command)
app.command("check")(check_command)
app.command("verify")(verify_command)
app.command("deidentify")(deidentify_command)
app.add_typer(case_app, name="case")
app.add_typer(signoff_app, name="signoff")
app.add_typer(checks_app, name="checks")
app.add_typer(constraints_app, name="constraints")


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="print the version and stop", is_eager=True)] = False,
) -> None:
    """Check radiotherapy plans: DVHs, BED and dose constraints, from DICOM RT files."""
    if version:
        typer.echo(report.software_version())
        raise typer.Exit(0)


@app.command("app")
def app_command(
    port: Annotated[int, typer.Option("--port", help="on this machine alone")] = 8501,
) -> None:
    """Open the browser front end on this machine."""
    from rtcheck.ui.launch import launch  # noqa: PLC0415  an optional extra, and slow to import

    raise typer.Exit(launch(port))


def main() -> None:
    """Run a command and exit; every expected fault is one line on stderr and exit code 3."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Windows may default to a code page without the signs that reports use, and to other line ends.
            stream.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    try:
        code = app(standalone_mode=False)
    except typer.Exit as stop:
        code = stop.exit_code
    except typer.Abort:
        code = USAGE_ERROR
    except TyperException as error:
        code = _fault(error.format_message().replace("Value error, ", ""))  # a library's words
    except RtcheckError as error:
        code = _fault(str(error))
    except Exception as error:  # noqa: BLE001  a fault of ours must not read as exit code 1, a failing plan
        code = _fault(f"internal fault, please report it: {type(error).__name__}: {error}")
    sys.exit(code if isinstance(code, int) else 0)


def _fault(message: str) -> int:
    """Tell it, line by line; names of files and texts in them must not steer the terminal."""
    for line in message.splitlines():
        print(f"rtcheck: {shown(line)}", file=sys.stderr)  # noqa: T201  the one place that talks to stderr
    return USAGE_ERROR
