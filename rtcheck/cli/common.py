"""What the commands share: options, consoles, progress, and files that are written whole or not at all."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rtcheck.convention import Between, Ends
from rtcheck.errors import InputError, UsageError
from rtcheck.fractionation import Schedule, parse_schedule

#: Progress is shown for runs that take longer than this many seconds.
PROGRESS_AFTER_S = 1.0
#: Later than this, compiling is the likely reason.
FIRST_RUN_AFTER_S = 5.0


class Format(Enum):
    """How data is printed."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", "-f", help="text for people, json for scripts")]
PathArgument = Annotated[list[Path], typer.Argument(help="folder, zip or files of one patient", show_default=False)]
PLAN_HELP = "which RT Plan: label, file name or UID; give it several times to add their doses"
PlanOption = Annotated[list[str] | None, typer.Option("--plan", help=PLAN_HELP)]
DoseOption = Annotated[str | None, typer.Option("--dose", help="which RT Dose: file name or UID")]
StructuresOption = Annotated[str | None, typer.Option("--structures", help="which structure set: label, file or UID")]
NORMALISATION_HELP = 'what the values of a RELATIVE dose mean: "100=50Gy"'
NormalisationOption = Annotated[str | None, typer.Option("--normalisation", help=NORMALISATION_HELP)]
PRESCRIPTION_HELP = 'what is prescribed to a target, where the plan doesn\'t say it right: "PTV_1=5x8Gy"; repeatable'
PrescriptionOption = Annotated[list[str] | None, typer.Option("--prescription", help=PRESCRIPTION_HELP)]
BetweenOption = Annotated[Between, typer.Option("--between", help="the solid between two contour planes")]
EndsOption = Annotated[Ends, typer.Option("--ends", help="the solid beyond the outermost contours")]


def prescriptions_of(texts: list[str] | None) -> Mapping[str, Schedule]:
    """Read ``"PTV_1=5x8Gy"``: target and schedule.

    Raises
    ------
    UsageError, ParseError
        Not of that form, or a target named twice.
    """
    found: dict[str, Schedule] = {}
    for text in texts or ():
        name, sign, schedule = text.rpartition("=")
        if not sign or not name.strip():
            raise UsageError(f'--prescription {text!r}: expected the target\'s name, "=" and a schedule: "PTV_1=5x8Gy"')
        if name.strip() in found:
            raise UsageError(f"--prescription names {name.strip()!r} twice")
        found[name.strip()] = parse_schedule(schedule)
    return found


def files_of(paths: list[Path]) -> Path | list[Path]:
    """One path as itself, so that errors name it."""
    return paths[0] if len(paths) == 1 else paths


def write_text(path: Path, text: str) -> None:
    """Write a whole text file or none, in UTF-8, whose last line ends; errors as of `write_bytes`."""
    write_bytes(path, (text if text.endswith("\n") else text + "\n").encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file or none: beside it first, then into place.

    Raises
    ------
    InputError
        Where the folder doesn't exist or can't be written to.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(
            f"can't be written: {error.strerror}", str(path), "name a file in an existing folder"
        ) from error


def print_json(data: object) -> None:
    """Data on stdout; a number that is none is a fault."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False))


def stdout() -> Console:
    """A console for data; tables keep a readable width where the output is no terminal."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 160, soft_wrap=False)


@contextmanager
def progress(what: str) -> Iterator[None]:
    """A spinner on stderr, once the run takes more than a second."""
    status = Console(stderr=True).status(f"{what} ...")
    text = f"{what} ... the first run on a machine compiles its loops, for about a minute"
    timers = [
        threading.Timer(PROGRESS_AFTER_S, status.start),
        threading.Timer(FIRST_RUN_AFTER_S, status.update, [text]),
    ]
    for timer in timers:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()
            timer.join()
        status.stop()
