"""``rtcheck check``: findings and a verdict."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rtcheck import report
from rtcheck.checks import plan_score, score
from rtcheck.cli.common import (
    BetweenOption,
    DoseOption,
    EndsOption,
    NormalisationOption,
    PathArgument,
    PlanOption,
    PrescriptionOption,
    StructuresOption,
    files_of,
    prescriptions_of,
    progress,
    stdout,
    write_bytes,
)
from rtcheck.convention import DEFAULT_CONVENTION, Convention
from rtcheck.errors import UsageError
from rtcheck.nomenclature import Names, shipped_names
from rtcheck.pipeline import DEFAULT_PROTOCOL, Result, check

#: With a mark at the start by which spreadsheets know UTF-8.
CSV_ENCODING = "utf-8-sig"
_ASKED, _DECLARED, _REPORT = "What is asked", "What is declared", "The report"
PROTOCOL_HELP = f"id or YAML file; without it or a table that of the case sheet, else {DEFAULT_PROTOCOL}"
TABLE_HELP = "constraints to ask: id (tg101), file, or auto for all enabled ones; repeatable; alone without --protocol"
SITE_HELP = "organs that must be contoured and judged, besides the protocol's: id (liver) or YAML file"
CONVERT_HELP = "ask limits for conventional fractionation in EQD2 where the plan has another schedule"
CHILD_PUGH_HELP = "A5, A6, B7 ...; DICOM doesn't know it"
SCORES_HELP = "add a score of every limit and of the plan, to compare plans; it decides nothing"
NAME_HELP = 'which ROI an organ is, where names don\'t tell: "SpinalCord=RM_neu"; repeatable'
OUTPUT_HELP = "write a report here: .json, .txt, .csv, .html, .pdf, or .dcm (the PDF as a DICOM object); repeatable"
CASE_HELP = "case sheet: what DICOM doesn't know (see rtcheck case new); case.yaml among the files is found by itself"
RECORD_HELP = "sign-off record: SQLite file or database URL; signoffs.sqlite among the files is found by itself"
CHECKS_HELP = "your clinic's tuning of the plan checks: YAML file"
TIME_HELP = "what the report says of when it was made, e.g. 2025-03-20T12:00:00Z; now where not given"
SHOW_NAME_HELP = "put the patient's name and ID into reports; without, the subject code alone"
NAMES_HELP = "names of organs that your clinic adds: a file like constraints/names.yaml"


class ReportFormat(Enum):
    """How a report is printed; on paper it is a file."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


class Conversion(Enum):
    """What limits may be converted to."""

    EQD2 = "eqd2"


def check_command(
    path: PathArgument,
    protocol: Annotated[
        str | None, typer.Option("--protocol", help=PROTOCOL_HELP, show_default=False, rich_help_panel=_ASKED)
    ] = None,
    table: Annotated[
        list[str] | None, typer.Option("--table", help=TABLE_HELP, show_default=False, rich_help_panel=_ASKED)
    ] = None,
    site: Annotated[str | None, typer.Option("--site", help=SITE_HELP, rich_help_panel=_ASKED)] = None,
    convert: Annotated[
        Conversion | None,
        typer.Option("--convert", case_sensitive=False, help=CONVERT_HELP, rich_help_panel=_ASKED),
    ] = None,
    child_pugh: Annotated[
        str | None, typer.Option("--child-pugh", help=CHILD_PUGH_HELP, rich_help_panel=_DECLARED)
    ] = None,
    case: Annotated[Path | None, typer.Option("--case", help=CASE_HELP, rich_help_panel=_DECLARED)] = None,
    record: Annotated[str | None, typer.Option("--record", help=RECORD_HELP, rich_help_panel=_DECLARED)] = None,
    checks: Annotated[Path | None, typer.Option("--checks", help=CHECKS_HELP, rich_help_panel=_ASKED)] = None,
    out: Annotated[
        list[Path] | None, typer.Option("--output", "-o", help=OUTPUT_HELP, show_default=False, rich_help_panel=_REPORT)
    ] = None,
    output_format: Annotated[
        ReportFormat, typer.Option("--format", "-f", help="what is printed", rich_help_panel=_REPORT)
    ] = ReportFormat.TEXT,
    time: Annotated[str | None, typer.Option("--time", help=TIME_HELP, rich_help_panel=_REPORT)] = None,
    show_name: Annotated[bool, typer.Option("--show-name", help=SHOW_NAME_HELP, rich_help_panel=_REPORT)] = False,
    scores: Annotated[bool, typer.Option("--scores", help=SCORES_HELP)] = False,
    plan: PlanOption = None,
    dose: DoseOption = None,
    structures: StructuresOption = None,
    normalisation: NormalisationOption = None,
    prescription: PrescriptionOption = None,
    name: Annotated[list[str] | None, typer.Option("--name", help=NAME_HELP)] = None,
    names: Annotated[Path | None, typer.Option("--names", help=NAMES_HELP)] = None,
    between: BetweenOption = DEFAULT_CONVENTION.between,
    ends: EndsOption = DEFAULT_CONVENTION.ends,
) -> None:
    """Check a plan against a protocol or tables: findings and a verdict.

    Examples:
      rtcheck check FOLDER --child-pugh B7
      rtcheck check FOLDER --table my-clinic.yaml --site liver
      rtcheck check FOLDER --protocol NCT06261047 --table tg101
    """
    for path_out in out or ():
        if path_out.suffix.lower() not in _WRITERS:
            raise UsageError(f"{path_out}: reports are written as {', '.join(_WRITERS)}")
    said, organs, made = prescriptions_of(prescription), _names(names, name or ()), _time(time)
    with progress("Checking the plan"):
        result = check(
            files_of(path),
            protocol,
            tables=table or (),
            site=site,
            plan=plan,
            dose=dose,
            structures=structures,
            normalisation=normalisation,
            child_pugh=child_pugh,
            prescriptions=said,
            names=organs,
            convert=convert is Conversion.EQD2,
            convention=Convention(between, ends),
            sheet=case,
            record=record,
            tuning=checks,
            time=made,
            show_name=show_name,
        )
        # All are made before the first is written: a fault leaves nothing half done.
        written = [(file, _WRITERS[file.suffix.lower()](result, scores)) for file in out or ()]
    for file, content in written:
        write_bytes(file, content)
    if output_format is ReportFormat.TEXT:
        _print_report(result, stdout(), scores=scores)
    else:
        typer.echo(_WRITERS[f".{output_format.value}"](result, scores).decode().removeprefix("\ufeff"), nl=False)
    raise typer.Exit(result.verdict.exit_code)


def _time(text: str | None) -> datetime | None:
    """A moment with its zone; one without is in UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--time {text!r}: expected a moment such as 2025-03-20T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _names(path: Path | None, confirmed: Sequence[str]) -> Names | None:
    """The names of organs with those that a clinic adds and what a person said; None for the shipped ones."""
    if path is None and not confirmed:
        return None
    names = shipped_names() if path is None else shipped_names().extended(path)
    said: dict[str, str] = {}
    for text in confirmed:
        organ, sign, roi = (part.strip() for part in text.partition("="))
        if not (organ and sign and roi):
            raise UsageError(f'--name {text!r}: expected an organ, "=" and the name of an ROI: "SpinalCord=RM_neu"')
        if said.setdefault(organ, roi) != roi:
            raise UsageError(f"--name names {organ!r} twice")
        said[organ] = roi
    return names.with_confirmed(said)


def _print_report(result: Result, console: Console, *, scores: bool) -> None:
    report.print_check(result.evaluation, console, show_name=result.show_name)
    if scores:
        console.print(_score_text(result), markup=False)


def _score_text(result: Result) -> str:
    total = plan_score(result.findings)
    if total is None:
        return "No score: no limit has a value and a verdict."
    count = sum(score(finding) is not None for finding in result.findings)
    return (
        f"Score {total:.2f}, the mean of {count} limits (0.50 is at the limit; it compares plans and decides nothing)"
    )


def _plain_report(result: Result, scores: bool) -> bytes:
    text = io.StringIO()
    _print_report(result, Console(file=text, width=160, color_system=None), scores=scores)
    return text.getvalue().encode()


#: What makes a report of each kind of file, with or without scores.
_WRITERS: Mapping[str, Callable[[Result, bool], bytes]] = {
    ".json": lambda result, scores: result.to_json(scores=scores).encode(),
    ".txt": _plain_report,
    ".csv": lambda result, _: result.to_csv().encode(CSV_ENCODING),
    ".html": lambda result, _: result.to_html().encode(),
    ".pdf": lambda result, _: result.to_pdf(),
    ".dcm": lambda result, _: result.to_dicom(),
}
