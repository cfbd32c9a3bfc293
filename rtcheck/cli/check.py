"""``rtcheck check``: findings and a verdict."""

from __future__ import annotations

import io
from collections.abc import Sequence
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
    Format,
    FormatOption,
    NormalisationOption,
    PathArgument,
    PlanOption,
    PrescriptionOption,
    StructuresOption,
    files_of,
    prescriptions_of,
    progress,
    stdout,
    write_text,
)
from rtcheck.convention import DEFAULT_CONVENTION, Convention
from rtcheck.errors import UsageError
from rtcheck.nomenclature import Names, shipped_names
from rtcheck.pipeline import DEFAULT_PROTOCOL, Result, check

_ASKED = "What is asked"
PROTOCOL_HELP = f"id or YAML file; {DEFAULT_PROTOCOL} where neither it nor a table is given"
TABLE_HELP = "constraints to ask: id (tg101), file, or auto for all enabled ones; repeatable; alone without --protocol"
SITE_HELP = "organs that must be contoured and judged, besides the protocol's: id (liver) or YAML file"
CONVERT_HELP = "ask limits for conventional fractionation in EQD2 where the plan has another schedule"
CHILD_PUGH_HELP = "A5, A6, B7 ...; DICOM doesn't know it"
SCORES_HELP = "add a score of every limit and of the plan, to compare plans; it decides nothing"
NAME_HELP = 'which ROI an organ is, where names don\'t tell: "SpinalCord=RM_neu"; repeatable'
NAMES_HELP = "names of organs that your clinic adds: a file like constraints/names.yaml"


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
        str | None, typer.Option("--child-pugh", help=CHILD_PUGH_HELP, rich_help_panel=_ASKED)
    ] = None,
    out: Annotated[Path | None, typer.Option("--output", "-o", help="write the report here: .json or .txt")] = None,
    output_format: FormatOption = Format.TEXT,
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
    if out is not None and out.suffix.lower() not in (".json", ".txt"):
        raise UsageError(f"{out}: reports are written as .json or .txt")
    said, organs = prescriptions_of(prescription), _names(names, name or ())
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
        )
    if out is not None:
        text = result.to_json(scores=scores) if out.suffix.lower() == ".json" else _plain_report(result, scores=scores)
        write_text(out, text)
    if output_format is Format.JSON:
        typer.echo(result.to_json(scores=scores))
    else:
        _print_report(result, stdout(), scores=scores)
    raise typer.Exit(result.verdict.exit_code)


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
    report.print_check(result.evaluation, console)
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


def _plain_report(result: Result, *, scores: bool) -> str:
    text = io.StringIO()
    _print_report(result, Console(file=text, width=160, color_system=None), scores=scores)
    return text.getvalue()
