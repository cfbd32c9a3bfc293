"""``rtcheck bed``: biologically effective dose of a schedule, and the schedule that reaches one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Annotated

import typer

from rtcheck import report
from rtcheck.cli.bed_models import OtherModels
from rtcheck.cli.common import Format, FormatOption, print_json, stdout
from rtcheck.errors import ParseError, UsageError
from rtcheck.fractionation import MAX_FRACTIONS, Phase, Schedule, parse_schedule
from rtcheck.report.bed import bed_document, bed_rows, bed_warnings
from rtcheck.report.bed_answer import (
    STEP_GY,
    TRIAL_RATIO,
    BedAnswer,
    Ratio,
    Solve,
    find_dose,
    find_fractions,
    find_schedule,
)
from rtcheck.tables import load_radiobiology

_RATIO, _INVERSE, _OTHERS = "Alpha/beta", "Ask the other way round", "Other models (shown beside, they never decide)"
SCHEDULE_HELP = '"5x8Gy", "50Gy/25", "25x2Gy + 5x3Gy", "68x1.2Gy 2/day", "35x2Gy in 46 days"'
AT_LEAST_HELP = "threshold of BED in Gy; decides the exit code: 0 met, 1 missed"
ALPHA_BETA_HELP = "in Gy; 10, the trial's value for tumour, where neither this nor --tissue is given"
TISSUE_HELP = 'alpha/beta of an organ from the table, with its source: "Liver", "SpinalCord"'
PUBLISHED_HELP = "BED and EQD2 over all alpha/betas that are published for the tissue"
SOLVE_HELP = (
    "what is unknown: dose (needs --fractions and --reach), fractions (needs --dose and --reach) or schedule "
    "(the one that has the BED of the given one in --fractions)"
)
REACH_HELP = "BED in Gy that the schedule found must reach"
STEP_HELP = f"doses per fraction are rounded up to multiples of it, in Gy; {STEP_GY:g} where not given"
OVERALL_HELP = "overall time, the first and the last day counted; for BED with repopulation"
KICKOFF_HELP = "when repopulation starts, in days from the first fraction"
DAILY_HELP = "BED lost per day of repopulation, in Gy; or give the next two"
HALF_TIME_HELP = "half-time of repair in hours, for a schedule of several fractions a day"

#: The options that each question needs, and those that it takes as well. None is the plain question.
_NEEDS: Mapping[Solve | None, tuple[str, ...]] = {
    None: ("SCHEDULE",),
    Solve.DOSE: ("--fractions", "--reach"),
    Solve.FRACTIONS: ("--dose", "--reach"),
    Solve.SCHEDULE: ("SCHEDULE", "--fractions"),
}
_TAKES: Mapping[Solve | None, tuple[str, ...]] = {Solve.DOSE: ("--step",), Solve.SCHEDULE: ("--step",)}
_EXAMPLES: Mapping[Solve | None, str] = {
    None: 'rtcheck bed "5x8Gy"',
    Solve.DOSE: "rtcheck bed --solve dose --fractions 5 --reach 60",
    Solve.FRACTIONS: "rtcheck bed --solve fractions --dose 8Gy --reach 60",
    Solve.SCHEDULE: 'rtcheck bed "5x8Gy" --solve schedule --fractions 25',
}


def bed_command(
    schedule: Annotated[str | None, typer.Argument(help=SCHEDULE_HELP, show_default=False)] = None,
    at_least: Annotated[float | None, typer.Option("--at-least", help=AT_LEAST_HELP)] = None,
    output_format: FormatOption = Format.TEXT,
    alpha_beta: Annotated[
        float | None, typer.Option("--alpha-beta", help=ALPHA_BETA_HELP, rich_help_panel=_RATIO)
    ] = None,
    tissue: Annotated[str | None, typer.Option("--tissue", help=TISSUE_HELP, rich_help_panel=_RATIO)] = None,
    published: Annotated[bool, typer.Option("--published", help=PUBLISHED_HELP, rich_help_panel=_RATIO)] = False,
    solve: Annotated[Solve | None, typer.Option("--solve", help=SOLVE_HELP, rich_help_panel=_INVERSE)] = None,
    fractions: Annotated[
        int | None,
        typer.Option("--fractions", min=1, max=MAX_FRACTIONS, help="number of fractions", rich_help_panel=_INVERSE),
    ] = None,
    dose: Annotated[
        str | None, typer.Option("--dose", help='dose per fraction: "8Gy"', rich_help_panel=_INVERSE)
    ] = None,
    reach: Annotated[float | None, typer.Option("--reach", help=REACH_HELP, rich_help_panel=_INVERSE)] = None,
    step: Annotated[float | None, typer.Option("--step", help=STEP_HELP, rich_help_panel=_INVERSE)] = None,
    overall_days: Annotated[
        int | None, typer.Option("--overall-days", help=OVERALL_HELP, rich_help_panel=_OTHERS)
    ] = None,
    kickoff_days: Annotated[
        float | None, typer.Option("--kickoff-days", help=KICKOFF_HELP, rich_help_panel=_OTHERS)
    ] = None,
    gray_per_day: Annotated[
        float | None, typer.Option("--gray-per-day", help=DAILY_HELP, rich_help_panel=_OTHERS)
    ] = None,
    doubling_days: Annotated[
        float | None, typer.Option("--doubling-days", help="of clonogens, in days", rich_help_panel=_OTHERS)
    ] = None,
    alpha: Annotated[float | None, typer.Option("--alpha", help="in 1/Gy", rich_help_panel=_OTHERS)] = None,
    half_time_h: Annotated[
        float | None, typer.Option("--half-time-h", help=HALF_TIME_HELP, rich_help_panel=_OTHERS)
    ] = None,
    interval_h: Annotated[
        float | None,
        typer.Option("--interval-h", help="between fractions of one day, in hours", rich_help_panel=_OTHERS),
    ] = None,
    transition: Annotated[
        float | None,
        typer.Option("--transition", help="d_T of the LQ-L model, in Gy per fraction", rich_help_panel=_OTHERS),
    ] = None,
) -> None:
    """BED and EQD2 of a schedule, or the schedule that reaches a BED.

    BED is the linear-quadratic one, with full repair between fractions
    and no repopulation, as the trial states its rule. Doses per fraction
    and numbers of fractions are rounded up, so that the BED is reached.
    With --solve, --at-least judges the schedule that is found.

    Examples:
      rtcheck bed "5x8Gy" --at-least 60
      rtcheck bed "5x8Gy" --tissue Liver --published
      rtcheck bed --solve dose --fractions 5 --reach 60
      rtcheck bed --solve fractions --dose 8Gy --reach 60
      rtcheck bed "5x8Gy" --solve schedule --fractions 25
      rtcheck bed "35x2Gy in 46 days" --kickoff-days 28 --gray-per-day 0.9
      rtcheck bed "68x1.2Gy 2/day" --half-time-h 4 --interval-h 6
      rtcheck bed "3x15Gy" --transition 8.6 --format json
    """
    _assert_positive({"--at-least": at_least, "--reach": reach, "--step": step, "--alpha-beta": alpha_beta})
    options = {"SCHEDULE": schedule, "--fractions": fractions, "--dose": dose, "--reach": reach, "--step": step}
    _assert_question(solve, {name for name, value in options.items() if value is not None})
    models = OtherModels(
        overall_days, kickoff_days, gray_per_day, doubling_days, alpha, half_time_h, interval_h, transition
    )
    ratio = _ratio(alpha_beta, tissue)
    if published:
        ratio.assert_published()
    found = _answer(solve, schedule, fractions, dose, reach, STEP_GY if step is None else step, ratio)
    timed = models.timed(found.schedule)
    answer = replace(found, schedule=timed, at_least_gy=at_least, others=models.of(timed, ratio.value_gy))
    _print(answer, output_format, published=published)
    raise typer.Exit(answer.verdict.exit_code if answer.verdict else 0)


def _answer(
    solve: Solve | None,
    schedule: str | None,
    fractions: int | None,
    dose: str | None,
    reach: float | None,
    step_gy: float,
    ratio: Ratio,
) -> BedAnswer:
    """What was asked; `_assert_question` has seen to it that the options are there."""
    if solve is Solve.DOSE and fractions is not None and reach is not None:
        return find_dose(fractions, reach, ratio, step_gy=step_gy)
    if solve is Solve.FRACTIONS and dose is not None and reach is not None:
        return find_fractions(_dose_gy(dose), reach, ratio)
    parsed = parse_schedule(schedule or "")
    if solve is Solve.SCHEDULE and fractions is not None:
        return find_schedule(parsed, fractions, ratio, step_gy=step_gy)
    return BedAnswer(parsed, ratio)


def _assert_question(solve: Solve | None, given: set[str]) -> None:
    """Each question has its own options: all that it needs, and none that it can't use."""
    needed, taken = _NEEDS[solve], _TAKES.get(solve, ())
    missing = [name for name in needed if name not in given]
    surplus = sorted(given.difference(needed, taken))
    if solve is None and surplus:
        fitting = next((other for other, names in _NEEDS.items() if other and set(names) <= given), None)
        mend = f", as in {_EXAMPLES[fitting]}" if fitting else ""
        raise UsageError(f"{' and '.join(surplus)} {'need' if surplus[1:] else 'needs'} --solve{mend}")
    if solve is None and missing:
        raise UsageError(f"SCHEDULE is missing, as in {_EXAMPLES[solve]}")
    if solve and missing:
        raise UsageError(f"--solve {solve.value} needs {' and '.join(missing)}, as in {_EXAMPLES[solve]}")
    if solve and surplus:
        raise UsageError(f"--solve {solve.value} takes no {' and no '.join(surplus)}, as in {_EXAMPLES[solve]}")


def _ratio(alpha_beta_gy: float | None, tissue: str | None) -> Ratio:
    if alpha_beta_gy is not None and tissue is not None:
        raise UsageError("--alpha-beta and --tissue exclude each other; leave one out")
    if tissue is not None:
        if not tissue.strip():
            raise UsageError('--tissue names an organ: --tissue "Liver"')
        return Ratio.of_tissue(load_radiobiology().alpha_beta.of(tissue))
    return TRIAL_RATIO if alpha_beta_gy is None else Ratio(alpha_beta_gy)


def _dose_gy(text: str) -> Fraction:
    """``8``, ``8Gy``, ``800cGy``: written as in a schedule, in gray where no unit stands."""
    bare = text.strip()
    try:
        read = parse_schedule(f"1x{bare}Gy" if bare[-1:].isdigit() else f"1x{bare}")
    except ParseError:
        read = None
    if read is None or read != Schedule((Phase(1, read.total_dose_gy),)):
        raise UsageError(f"--dose {text!r}: a dose per fraction such as 8Gy is needed")
    return read.total_dose_gy


def _assert_positive(numbers: Mapping[str, float | None]) -> None:
    for name, number in numbers.items():
        if number is not None and not (math.isfinite(number) and number > 0):
            what = "alpha/beta in gray" if name == "--alpha-beta" else "number of gray"
            raise UsageError(f"{name} {number:g}: a positive {what} is needed")


def _print(answer: BedAnswer, output_format: Format, *, published: bool) -> None:
    warnings = bed_warnings(answer)
    if output_format is Format.TEXT:
        rows = bed_rows(answer, published=published)
        report.print_bed(rows, answer.verdict, stdout(), warnings=warnings, remarks=answer.remarks)
        return
    print_json(bed_document(answer, published=published))
    for remark in (*warnings, *answer.remarks):
        typer.echo(f"rtcheck: {remark}", err=True)
