"""``rtcheck dvh``: dose-volume metrics and curves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rtcheck import report
from rtcheck.case import Case
from rtcheck.cli.basis import Bases, Basis
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
    print_json,
    progress,
    stdout,
    write_bytes,
    write_text,
)
from rtcheck.convention import DEFAULT_CONVENTION, Convention
from rtcheck.crosscheck import NOTABLE_PERCENT, Comparison, second_opinions
from rtcheck.dicom import dvh_object, read_study
from rtcheck.dvh import DVH
from rtcheck.equivalent import over_alpha_betas
from rtcheck.errors import MissingRoiError, UsageError
from rtcheck.finding import Verdict
from rtcheck.metrics import MetricValue, parse_metric
from rtcheck.report.crosscheck import print_crosscheck
from rtcheck.study import ROI
from rtcheck.units import DoseBasis

DEFAULT_METRICS = ("Volume[cc]", "Mean[Gy]", "D98%[Gy]", "D50%[Gy]", "D2%[Gy]", "Max[Gy]")
METRIC_HELP = r'"CV15Gy\[cc]", "D95%\[Gy]", "gEUD(8)\[Gy]", "PCI(95%)\[1]" ...'
DICOM_HELP = "write the DVHs of all ROIs to this RT Dose file, for systems that read DVHSequence; in physical dose"
BASIS_HELP = "physical, BED or EQD2; of several plans BED and EQD2 are added voxel by voxel"
ALPHA_BETA_HELP = "in Gy, for BED and EQD2; each ROI's own from the table where not given"
PUBLISHED_HELP = "show BED and EQD2 over all alpha/beta values that are published for an organ"
CROSSCHECK_HELP = (
    "compare with the planning system's stored DVHs and with dicompyler-core, and tell the likely cause of a "
    'difference; json becomes {"metrics": [...], "crosscheck": [...]}; the exit code stays'
)


def dvh_command(
    path: PathArgument,
    roi: Annotated[list[str] | None, typer.Option("--roi", help="ROI or expression; all where not given")] = None,
    metric: Annotated[list[str] | None, typer.Option("--metric", help=METRIC_HELP)] = None,
    curves: Annotated[Path | None, typer.Option("--curves", help="write the curves to this CSV file")] = None,
    dicom: Annotated[Path | None, typer.Option("--dicom", help=DICOM_HELP)] = None,
    plan: PlanOption = None,
    dose: DoseOption = None,
    structures: StructuresOption = None,
    normalisation: NormalisationOption = None,
    prescription: PrescriptionOption = None,
    basis: Annotated[Basis, typer.Option("--basis", case_sensitive=False, help=BASIS_HELP)] = Basis.PHYSICAL,
    alpha_beta: Annotated[float | None, typer.Option("--alpha-beta", help=ALPHA_BETA_HELP)] = None,
    published: Annotated[bool, typer.Option("--published-alpha-beta", help=PUBLISHED_HELP)] = False,
    between: BetweenOption = DEFAULT_CONVENTION.between,
    ends: EndsOption = DEFAULT_CONVENTION.ends,
    crosscheck: Annotated[bool, typer.Option("--crosscheck", help=CROSSCHECK_HELP)] = False,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Dose-volume metrics and curves.

    Exit code 2 where an ROI or metric asked for by name has no answer, or where nothing has.
    """
    metrics = [parse_metric(text) for text in metric or DEFAULT_METRICS]
    convention, said = Convention(between, ends), prescriptions_of(prescription)
    bases = Bases.asked(basis, alpha_beta, published=published)
    answers: list[tuple[str, MetricValue]] = []
    with progress("Computing DVHs"):
        study = read_study(files_of(path), plan=plan, dose=dose, structures=structures, normalisation=normalisation)
        case = Case(study, convention=convention, prescriptions=said)
        if crosscheck and case.dose.is_sum:
            raise UsageError(
                "--crosscheck asks about one plan's dose, and here several are added; choose one with --plan"
            )
        if bases.is_physical or not case.dose.is_sum:  # on all cores; BED and EQD2 of one plan are mapped from these
            needs_body = any(asked.question.needs_body for asked in metrics)
            case.dvhs(roi and [one for one in roi if _exists(case, one)], with_body=needs_body)
        dvhs = []
        for wanted in roi or case.study.structure_set.rois:
            name = wanted if isinstance(wanted, str) else wanted.name
            first, *others = (_dvh(case, wanted, one) for one in bases.of(name))
            dvhs.append(first)
            for asked in metrics:
                values = [case.answer(one, asked) for one in (first, *others)]
                answers.append((name, over_alpha_betas(values)))
    comparisons = _second_opinions(case, roi) if crosscheck else None
    if curves is not None:
        write_text(curves, report.curves_csv(dvhs))
    if dicom is not None:
        _write_dicom(case, dicom)
    if output_format is Format.JSON:
        rows = report.dvh_rows(answers, case.dose.text)
        print_json(
            rows if comparisons is None else {"metrics": rows, "crosscheck": [one.to_dict() for one in comparisons]}
        )
    else:
        report.print_dvh(answers, dvhs, stdout())
        for line in bases.remarks([dvh.roi for dvh in dvhs]):
            stdout().print(line, style="dim", markup=False)
        if comparisons is not None:
            print_crosscheck(comparisons, stdout())
        _print_convention(convention, stdout())
    unanswered = [value.value is None for _, value in answers]
    missing = any(unanswered) if roi or metric else all(unanswered)
    raise typer.Exit(Verdict.NOT_EVALUATED.exit_code if missing else 0)


def _write_dicom(case: Case, path: Path) -> None:
    """The DVHs as a DICOM file, and a line on stderr about every ROI that it hasn't."""
    content, left_out = dvh_object(case, datetime.now(UTC))
    write_bytes(path, content)
    for name, why in left_out.items():
        typer.echo(f"rtcheck: {path.name} has no DVH of {name}: {why}", err=True)


def _exists(case: Case, roi: str) -> bool:
    try:
        return bool(case.rois_of(roi))
    except MissingRoiError:
        return False


def _dvh(case: Case, roi: str | ROI, basis: DoseBasis) -> DVH:
    """The DVH of an ROI or expression; a name that no ROI has gives one that answers nothing and says why."""
    if isinstance(roi, ROI):
        return case.dvh_of(roi, basis)
    try:
        return case.dvh(roi, basis)
    except MissingRoiError as error:
        return DVH(roi, (), None, problem=str(error), basis=basis, dose=case.dose.text)


def _second_opinions(case: Case, roi: list[str] | None) -> tuple[Comparison, ...]:
    """Every comparison, and a line on stderr about those that a person should look at."""
    with progress("Asking other engines"):
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
