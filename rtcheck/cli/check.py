"""``rtcheck check``: findings and a verdict."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rtcheck import report
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
from rtcheck.pipeline import DEFAULT_PROTOCOL, check
from rtcheck.protocol import Evaluation


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
    normalisation: NormalisationOption = None,
    prescription: PrescriptionOption = None,
    between: BetweenOption = DEFAULT_CONVENTION.between,
    ends: EndsOption = DEFAULT_CONVENTION.ends,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Check a plan against a protocol: findings and a verdict."""
    if out is not None and out.suffix.lower() not in (".json", ".txt"):
        raise UsageError(f"{out}: reports are written as .json or .txt")
    convention = Convention(between, ends)
    said = prescriptions_of(prescription)
    with progress("Checking the plan"):
        result = check(
            files_of(path),
            protocol,
            plan=plan,
            dose=dose,
            structures=structures,
            normalisation=normalisation,
            child_pugh=child_pugh,
            prescriptions=said,
            convention=convention,
        )
    if out is not None:
        text = result.to_json() if out.suffix.lower() == ".json" else _plain_report(result.evaluation)
        write_text(out, text)
    if output_format is Format.JSON:
        typer.echo(result.to_json())
    else:
        report.print_check(result.evaluation, stdout())
    raise typer.Exit(result.verdict.exit_code)


def _plain_report(evaluation: Evaluation) -> str:
    text = io.StringIO()
    report.print_check(evaluation, Console(file=text, width=160, color_system=None))
    return text.getvalue()
