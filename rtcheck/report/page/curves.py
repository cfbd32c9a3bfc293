"""Which dose-volume curves a report draws, with the limits that are points of them and the numbers beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from rtcheck.case import Case
from rtcheck.checks.lesions import lesions
from rtcheck.checks.undeclared import undeclared_targets
from rtcheck.dvh import DVH
from rtcheck.errors import ParseError, RtcheckError
from rtcheck.finding import Finding, Verdict
from rtcheck.geometry import FloatArray
from rtcheck.metrics import Metric, MetricValue, Question, parse_metric
from rtcheck.protocol import Evaluation
from rtcheck.report.curves import DrawnCurve, drawn_band, drawn_curve
from rtcheck.report.page.model import Align, Column, Figure, Own
from rtcheck.report.plots import DoseLine, LimitMark, Plot, PlotCurve, Toward
from rtcheck.report.sections import by_organ, flat, of_checks, sections
from rtcheck.study import ROI
from rtcheck.units import PHYSICAL, Unit, number_text

#: More curves than these are drawn in two figures.
MOST_CURVES = 7
#: Of the curves of a figure that has limits.
LETTERS = "ABCDEFG"
#: A dash for each volume of a lesion.
_DASHES = {"PTV": 0, "CTV": 1, "GTV": 2}
_JUDGED = (Verdict.PASS, Verdict.ACCEPTABLE, Verdict.FAIL)
#: The dose axis goes so far beyond the highest dose; limits as far as the other share stretch it.
_BEYOND, _FAR = 1.04, 1.35
_NUMBERS = (("D98%[Gy]", "D98%"), ("Mean[Gy]", "Mean"), ("D2%[Gy]", "D2%"), ("Max[Gy]", "Max"))
_COLUMNS = (
    Column(Own("ROI")),
    Column(Own("Volume [cc]"), Align.RIGHT),
    *(Column(Own(f"{title} [Gy]"), Align.RIGHT) for _, title in _NUMBERS),
)
_MARKS = Own(
    "Triangles are limits, each with its curve's letter, pointing to where the curve must pass; "
    "a filled one in a ring is broken."
)
_BANDS = Own("The shaded band is all that a curve may be, under other conventions and outside the dose grid.")


@dataclass(frozen=True, eq=False)
class _Wanted:
    """A curve to draw; `dvh` says why where there is none."""

    name: str
    dvh: DVH
    colour: int
    dash: int
    limits: tuple[Finding, ...] = ()


def figures(evaluation: Evaluation) -> tuple[Figure, ...]:
    """Targets, then organs: those with the worst verdict first, few enough in each figure to be told apart."""
    case = evaluation.case
    targets = tuple(_targets(case))
    organs = tuple(_organs(evaluation))
    lines = tuple(DoseLine(p.total_dose_gy, f"{p.target} {p.total_dose_gy:g} Gy") for p in case.prescriptions)
    return (*_figures(case, "Targets", targets, lines), *_figures(case, "Organs at risk", organs, ()))


def _figures(case: Case, title: str, wanted: Sequence[_Wanted], lines: tuple[DoseLine, ...]) -> Iterator[Figure]:
    parts = _parted(wanted)
    for number, some in enumerate(parts, 1):
        of = f", {number} of {len(parts)}" if len(parts) > 1 else ""
        yield _figure(case, Own(f"{title}{of}"), some, lines)


def _parted(wanted: Sequence[_Wanted]) -> list[tuple[_Wanted, ...]]:
    """As few parts as possible, of about the same size."""
    count = math.ceil(len(wanted) / MOST_CURVES)
    return (
        [tuple(wanted[int(at)] for at in part) for part in np.array_split(np.arange(len(wanted)), count)]
        if count
        else []
    )


def _targets(case: Case) -> Iterator[_Wanted]:
    """Volumes of every lesion: a colour for the lesion, a dash for the kind."""
    seen: set[int] = set()
    found = lesions(case)
    volumes: list[tuple[ROI | None, int, str]] = [
        (lesion.volume(kind), number, kind) for number, lesion in enumerate(found) for kind in _DASHES
    ]
    others = enumerate(undeclared_targets(case), len(found))
    volumes += [(target.roi, number, "PTV") for number, target in others]
    for roi, number, kind in volumes:
        if roi is not None and roi.number not in seen:
            seen.add(roi.number)
            yield _Wanted(roi.name, case.dvh_of(roi), number, _DASHES[kind])


def _organs(evaluation: Evaluation) -> Iterator[_Wanted]:
    """What limits measured, each once; with the limits that judged it."""
    case = evaluation.case
    parts = sections(evaluation.findings)
    asked: dict[str, list[Finding]] = {}
    for finding in of_checks(flat([*by_organ(parts.limits), *by_organ(parts.quoted)]), "dose-constraint"):
        for member in case.members(finding.subject):
            asked.setdefault(member, []).append(finding)
    number = 0
    for name, findings in asked.items():
        with suppress(RtcheckError):  # the finding says why there is no such ROI
            dvh = case.dvh(name)
            yield _Wanted(name, dvh, number, number, tuple(findings))
            number += 1


def _figure(case: Case, title: str, wanted: Sequence[_Wanted], lines: tuple[DoseLine, ...]) -> Figure:
    basis = case.dose.basis
    drawn = [(one, curve) for one in wanted if (curve := _curve(one.dvh)) is not None]
    reached = max([1.0, *(float(curve.dose_gy[-1]) for _, curve in drawn), *(line.dose_gy for line in lines)])
    every = [mark for one, _ in drawn for mark in limit_marks(one.dvh, one.limits)]
    highest = max([reached * _BEYOND, *(mark.dose_gy * _BEYOND for mark in every if mark.dose_gy <= reached * _FAR)])
    letters = LETTERS if every else " " * len(drawn)
    curves = tuple(
        _plotted(one, curve, highest, letter.strip()) for (one, curve), letter in zip(drawn, letters, strict=False)
    )
    names = ", ".join(curve.name for curve in curves) or "nothing"
    text = f"Cumulative dose-volume histogram of {names}: volume in percent against {basis.label.lower()} in gray, "
    text += f"from 0 to {highest:.0f} Gy. The table beside it has the numbers."
    plot = Plot(f"{basis.label} [Gy]", curves, lines, highest, text)
    shown = {curve.name for curve in curves}
    absent = tuple(f"{one.name} isn't drawn: {_why_not(one.dvh)}" for one in wanted if one.name not in shown)
    explained = [_MARKS] if any(curve.marks for curve in curves) else []
    explained += [_BANDS] if any(len(curve.band) for curve in curves) else []
    return Figure(title, plot, _COLUMNS, tuple(_numbers(one) for one, _ in drawn), (*explained, *absent))


def _curve(dvh: DVH) -> DrawnCurve | None:
    """None also for a curve that has no end."""
    if dvh.curve is None or not np.isfinite(dvh.curve.dose_gy[-1]):
        return None
    return drawn_curve(dvh)


def _why_not(dvh: DVH) -> str:
    return dvh.problem or ("its highest dose isn't known" if dvh.curve else "it lies outside the dose grid")


def _plotted(wanted: _Wanted, drawn: DrawnCurve, highest_gy: float, letter: str) -> PlotCurve:
    points = np.column_stack([drawn.dose_gy, drawn.low_percent])
    band = drawn_band(wanted.dvh, drawn)
    marks = tuple(mark for mark in limit_marks(wanted.dvh, wanted.limits) if mark.dose_gy <= highest_gy)
    return PlotCurve(wanted.name, wanted.colour, wanted.dash, points, _outline(band), marks, letter)


def _outline(band: DrawnCurve | None) -> FloatArray:
    """Along the upper edge and back along the lower."""
    if band is None:
        return np.empty((0, 2))
    upper, lower = (np.column_stack([band.dose_gy, edge]) for edge in (band.high_percent, band.low_percent))
    return np.concatenate([upper, lower[::-1]])


def _numbers(wanted: _Wanted) -> tuple[str, ...]:
    dvh = wanted.dvh
    return (wanted.name, number_text(dvh.volume_cc), *(_value_text(dvh[metric]) for metric, _ in _NUMBERS))


def _value_text(value: MetricValue) -> str:
    if value.value is not None:
        return number_text(value.value, None, 2)
    if value.low is None or value.high is None:
        return "—"
    return f"{number_text(value.low, None, 2)} to {number_text(value.high, None, 2)}"


def limit_marks(dvh: DVH, findings: Sequence[Finding]) -> tuple[LimitMark, ...]:
    """The limits in physical dose that judged a DVH and are points of its plane, each once."""
    marks: dict[tuple[float, float, Toward], LimitMark] = {}
    for finding in findings:
        mark = _mark(dvh, finding)
        if mark is None:
            continue
        key = (mark.dose_gy, round(mark.volume_percent, 6), mark.toward)
        broken = mark.is_broken or (key in marks and marks[key].is_broken)
        marks[key] = replace(mark, is_broken=broken)
    return tuple(marks.values())


def _mark(dvh: DVH, finding: Finding) -> LimitMark | None:
    upper = finding.limit.startswith("<")
    if finding.verdict not in _JUDGED or finding.limit_value is None or not (upper or finding.limit.startswith(">")):
        return None
    if finding.basis not in ("", str(PHYSICAL), str(dvh.basis)):
        return None
    with suppress(ParseError):
        metric = parse_metric(finding.metric)
        place = _place(dvh, metric, finding.limit_value, finding.unit)
        if place is not None and all(map(math.isfinite, place)) and 0 <= place[1] <= 100:
            return LimitMark(*place, _toward(metric, upper), finding.verdict is Verdict.FAIL)
    return None


def _toward(metric: Metric, upper: bool) -> Toward:
    if metric.question is Question.COLD_VOLUME_AT:
        return Toward.MORE_VOLUME if upper else Toward.LESS_VOLUME
    if metric.question.asks_volume:
        return Toward.LESS_VOLUME if upper else Toward.MORE_VOLUME
    return Toward.LESS_DOSE if upper else Toward.MORE_DOSE


def _place(dvh: DVH, metric: Metric, limit: float, unit: str) -> tuple[float, float] | None:
    """Dose and volume share of a limit; None for what is no point of the curve, or in percent of an unnamed dose."""
    question = metric.question
    if question.asks_volume and metric.threshold is not None:
        dose = _dose_gy(dvh, metric, metric.threshold, str(metric.threshold_unit))
        share = _percent(dvh, limit, unit)
        return dose, 100.0 - share if question is Question.COLD_VOLUME_AT else share
    dose = _dose_gy(dvh, metric, limit, unit)
    if question in (Question.DOSE, Question.COLD_DOSE) and metric.threshold is not None:
        share = _percent(dvh, metric.threshold, str(metric.threshold_unit))
        return dose, share if question is Question.DOSE else 100.0 - share
    ends = {Question.MAX: 0.0, Question.MIN: 100.0, Question.MEDIAN: 50.0}
    return (dose, ends[question]) if question in ends else None


def _percent(dvh: DVH, volume: float, unit: str) -> float:
    if unit == str(Unit.PERCENT):
        return volume
    return 100.0 * volume / dvh.volume_cc if dvh.volume_cc else math.nan


def _dose_gy(dvh: DVH, metric: Metric, dose: float, unit: str) -> float:
    """NaN where percent of a dose isn't known."""
    if unit == str(Unit.GY):
        return dose
    if unit == str(Unit.CGY):
        return dose / 100.0
    every = dvh.reference_gy
    reference = every.get(metric.reference, math.nan) if metric.reference else math.nan
    return dose / 100.0 * (reference if metric.reference or len(every) != 1 else next(iter(every.values())))
