"""The command line: arguments -> one of the functions of the library, and its exit code.

Data goes to stdout, progress and messages to stderr. Exit codes: 0 pass (ACCEPTABLE included), 1 fail, 2 not evaluated,
3 usage, unreadable input or broken table.
"""

from __future__ import annotations

import io
import json
import math
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from typer.exceptions import TyperException

from rtcheck import report
from rtcheck.case import Case
from rtcheck.convention import DEFAULT_CONVENTION, Between, Convention, Ends
from rtcheck.crosscheck import NOTABLE_PERCENT, Comparison, second_opinions
from rtcheck.dicom import read_study
from rtcheck.dvh import DVH
from rtcheck.errors import InputError, MissingRoiError, RtcheckError, UsageError
from rtcheck.finding import Verdict
from rtcheck.fractionation import parse_schedule
from rtcheck.metrics import MetricValue, parse_metric
from rtcheck.pipeline import DEFAULT_PROTOCOL, check
from rtcheck.protocol import Evaluation
from rtcheck.radiobiology import bed, eqd2
from rtcheck.report.crosscheck import print_crosscheck
from rtcheck.units import Comparator, meets, number_text

USAGE_ERROR = 3
DEFAULT_METRICS = ("Volume[cc]", "Mean[Gy]", "D98%[Gy]", "D50%[Gy]", "D2%[Gy]", "Max[Gy]")
#: Progress is shown for runs that take longer than this many seconds.
PROGRESS_AFTER_S = 1.0
#: Later than this, compiling is the likely reason.
FIRST_RUN_AFTER_S = 5.0

app = typer.Typer(no_args_is_help=True, add_completion=True, rich_markup_mode="rich", pretty_exceptions_enable=False)


class Format(Enum):
    """How data is printed."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", "-f", help="text for people, json for scripts")]
PathArgument = Annotated[list[Path], typer.Argument(help="folder, zip or files of one patient", show_default=False)]
PlanOption = Annotated[str | None, typer.Option("--plan", help="which RT Plan: label, file name or UID")]
DoseOption = Annotated[str | None, typer.Option("--dose", help="which RT Dose: file name or UID")]
StructuresOption = Annotated[str | None, typer.Option("--structures", help="which structure set: label, file or UID")]
BetweenOption = Annotated[Between, typer.Option("--between", help="the solid between two contour planes")]
EndsOption = Annotated[Ends, typer.Option("--ends", help="the solid beyond the outermost contours")]
CROSSCHECK_HELP = (
    "compare with the planning system's stored DVHs and with dicompyler-core, and tell the likely cause of a "
    'difference; json becomes {"metrics": [...], "crosscheck": [...]}; the exit code stays'
)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="print the version and stop", is_eager=True)] = False,
) -> None:
    """Check radiotherapy plans: DVHs, BED and dose constraints, from DICOM RT files."""
    if version:
        typer.echo(report.software_version())
        raise typer.Exit(0)


@app.command("bed")
def bed_command(
    schedule: Annotated[str, typer.Argument(help='"5x8Gy", "50Gy/25", "25x2Gy + 5x3Gy"')],
    at_least: Annotated[float | None, typer.Option("--at-least", help="threshold in Gy; decides the exit code")] = None,
    alpha_beta: Annotated[float, typer.Option("--alpha-beta", help="in Gy")] = 10.0,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Biologically effective dose of a schedule."""
    if at_least is not None and not (math.isfinite(at_least) and at_least > 0):
        raise UsageError(f"--at-least {at_least}: a positive number of gray is needed")
    parsed = parse_schedule(schedule)
    value = bed(parsed, alpha_beta_gy=alpha_beta)
    equivalent = eqd2(parsed, alpha_beta_gy=alpha_beta)
    reached = None if at_least is None else meets(value, Comparator.GE, at_least)
    verdict = None if reached is None else Verdict.PASS if reached else Verdict.FAIL
    if output_format is Format.JSON:
        _print_json(
            {
                "schedule": str(parsed),
                "fractions": parsed.fractions,
                "total_dose_gy": float(parsed.total_dose_gy),
                "alpha_beta_gy": alpha_beta,
                "bed_gy": value,
                "eqd2_gy": equivalent,
                "at_least_gy": at_least,
                "meets": reached,
            }
        )
    else:
        rows = [
            ("Schedule", str(parsed)),
            ("Total dose", f"{float(parsed.total_dose_gy):g} Gy in {parsed.fractions}"),
            (f"BED (alpha/beta {alpha_beta:g})", f"{number_text(value, at_least, 2)} Gy"),
            (f"EQD2 (alpha/beta {alpha_beta:g})", f"{equivalent:.2f} Gy"),
        ]
        if at_least is not None:
            rows.append(("Asked", f">= {at_least:g} Gy"))
        report.print_bed(rows, verdict, _stdout())
    raise typer.Exit(verdict.exit_code if verdict else 0)


@app.command("dvh")
def dvh_command(
    path: PathArgument,
    roi: Annotated[list[str] | None, typer.Option("--roi", help="ROI or expression; all where not given")] = None,
    metric: Annotated[list[str] | None, typer.Option("--metric", help=r'"CV15Gy\[cc]", "D95%\[Gy]" ...')] = None,
    curves: Annotated[Path | None, typer.Option("--curves", help="write the curves to this CSV file")] = None,
    plan: PlanOption = None,
    dose: DoseOption = None,
    structures: StructuresOption = None,
    between: BetweenOption = DEFAULT_CONVENTION.between,
    ends: EndsOption = DEFAULT_CONVENTION.ends,
    crosscheck: Annotated[bool, typer.Option("--crosscheck", help=CROSSCHECK_HELP)] = False,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Dose-volume metrics and curves. Exit code 2 where an ROI or metric asked for by name has no answer."""
    metrics = [parse_metric(text) for text in metric or DEFAULT_METRICS]
    convention = Convention(between, ends)
    answers: list[tuple[str, MetricValue]] = []
    with _progress("Computing DVHs"):
        case = Case(read_study(_files(path), plan=plan, dose=dose, structures=structures), convention=convention)
        dvhs = [_dvh(case, one) for one in roi] if roi else list(case.dvhs())
        for dvh in dvhs:
            answers += [(dvh.roi, dvh[asked]) for asked in metrics]
    comparisons = _second_opinions(case, roi) if crosscheck else None
    if curves is not None:
        write_text(curves, report.curves_csv(dvhs))
    if output_format is Format.JSON:
        rows = report.dvh_rows(answers)
        _print_json(
            rows if comparisons is None else {"metrics": rows, "crosscheck": [one.to_dict() for one in comparisons]}
        )
    else:
        report.print_dvh(answers, dvhs, _stdout())
        if comparisons is not None:
            print_crosscheck(comparisons, _stdout())
        _print_convention(convention, _stdout())
    unanswered = any(value.value is None for _, value in answers)
    raise typer.Exit(Verdict.NOT_EVALUATED.exit_code if unanswered and (roi or metric) else 0)


def _files(paths: list[Path]) -> Path | list[Path]:
    """One path as itself, so that errors name it."""
    return paths[0] if len(paths) == 1 else paths


def _dvh(case: Case, roi: str) -> DVH:
    """The DVH of an expression; a name that no ROI has gives one that answers nothing and says why."""
    try:
        return case.dvh(roi)
    except MissingRoiError as error:
        return DVH(roi, (), None, problem=str(error))


def _second_opinions(case: Case, roi: list[str] | None) -> tuple[Comparison, ...]:
    """Every comparison, and a line on stderr about those that a person should look at."""
    with _progress("Asking other engines"):
        comparisons = second_opinions(case, roi)
    notable = sum(one.is_notable for one in comparisons)
    if notable:
        made = sum(one.cause is not None for one in comparisons)
        typer.echo(f"rtcheck: {notable} of {made} comparisons differ by more than {NOTABLE_PERCENT:g} %", err=True)
    return comparisons


def _print_convention(convention: Convention, console: Console) -> None:
    """Numbers under another convention than usual say so."""
    if convention != DEFAULT_CONVENTION:
        console.print(f"Contours are read as: {convention}. The default is: {DEFAULT_CONVENTION}.", style="bold yellow")


@app.command("check")
def check_command(
    path: PathArgument,
    protocol: Annotated[str, typer.Option("--protocol", help="identifier or YAML file")] = DEFAULT_PROTOCOL,
    child_pugh: Annotated[
        str | None, typer.Option("--child-pugh", help="A5, A6, B7 ...; DICOM doesn't know it")
    ] = None,
    out: Annotated[Path | None, typer.Option("--output", "-o", help="write the report here: .json or .txt")] = None,
    plan: PlanOption = None,
    dose: DoseOption = None,
    structures: StructuresOption = None,
    between: BetweenOption = DEFAULT_CONVENTION.between,
    ends: EndsOption = DEFAULT_CONVENTION.ends,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Check a plan against a protocol: findings and a verdict."""
    if out is not None and out.suffix.lower() not in (".json", ".txt"):
        raise UsageError(f"{out}: reports are written as .json or .txt")
    convention = Convention(between, ends)
    chosen = {"plan": plan, "dose": dose, "structures": structures, "child_pugh": child_pugh}
    with _progress("Checking the plan"):
        result = check(_files(path), protocol, convention=convention, **chosen)
    if out is not None:
        text = result.to_json() if out.suffix.lower() == ".json" else _plain_report(result.evaluation)
        write_text(out, text)
    if output_format is Format.JSON:
        typer.echo(result.to_json())
    else:
        report.print_check(result.evaluation, _stdout())
    raise typer.Exit(result.verdict.exit_code)


@app.command("app")
def app_command(
    port: Annotated[int, typer.Option("--port", help="on this machine alone")] = 8501,
) -> None:
    """Open the browser front end on this machine."""
    from rtcheck.ui.launch import launch  # noqa: PLC0415  an optional extra, and slow to import

    raise typer.Exit(launch(port))


def write_text(path: Path, text: str) -> None:
    """Write a whole file or none: beside it first, then into place.

    Raises
    ------
    InputError
        Where the folder doesn't exist or can't be written to.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(
            f"can't be written: {error.strerror}", str(path), "name a file in an existing folder"
        ) from error


def _plain_report(evaluation: Evaluation) -> str:
    text = io.StringIO()
    report.print_check(evaluation, Console(file=text, width=160, color_system=None))
    return text.getvalue()


def _print_json(data: object) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False))


def _stdout() -> Console:
    """A console for data; tables keep a readable width where the output is no terminal."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 160, soft_wrap=False)


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """A spinner on stderr, once the run takes more than a second."""
    status = Console(stderr=True).status(f"{what} ...")
    text = f"{what} ... the first run on a machine compiles its loops, for about half a minute"
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


def main() -> None:
    """Run a command and exit; every expected fault is one line on stderr and exit code 3."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Windows consoles and pipes may default to a code page without the signs that reports use.
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        code = app(standalone_mode=False)
    except typer.Exit as stop:
        code = stop.exit_code
    except typer.Abort:
        code = USAGE_ERROR
    except TyperException as error:
        code = _fault(error.format_message())
    except RtcheckError as error:
        code = _fault(str(error))
    except Exception as error:  # noqa: BLE001  a fault of ours must not read as exit code 1, a failing plan
        code = _fault(f"internal fault, please report it: {type(error).__name__}: {error}")
    sys.exit(code if isinstance(code, int) else 0)


def _fault(message: str) -> int:
    for line in message.splitlines():
        print(f"rtcheck: {line}", file=sys.stderr)  # noqa: T201  the one place that talks to stderr
    return USAGE_ERROR
