"""The planning CT: how thick its slices are and how far apart, and how large its pixels are.

A slice has two numbers, its SliceThickness and the distance to its neighbours. Both must keep the limit, and of every
series and slice the largest counts. What is in the way of an answer turns a PASS into NOT_EVALUATED, and excuses
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from rtcheck.case import Case
from rtcheck.compliance.answer import answered, counted
from rtcheck.compliance.dates import ct_contradiction, planning_ct
from rtcheck.finding import Finding, Measured, Verdict
from rtcheck.rules import PixelSize, SliceThickness
from rtcheck.study import ImageSeries
from rtcheck.units import Comparator, meets, number_text

SUBJECT = "planning CT"
#: DICOM writes numbers as decimal strings, and positions are differences of them.
TOLERANCE_MM = 1e-3


def slice_thickness_findings(case: Case, rule: SliceThickness) -> Iterator[Finding]:
    """One finding: are all slices thin enough, by their tag and by their positions?"""
    series = planning_ct(case)
    if not series:
        yield _without_ct(case, rule)
        return
    tags = [_thickness_mm(one) for one in series]
    distances = [one.slice_spacing_mm for one in series]
    unknown = []
    if None in tags or any(one.thickness_unstated for one in series):
        unknown.append(_unstated(series))
    if None in distances:
        unknown.append("a series of one slice has no distances")
    if coincident := _coincident(series):
        verb = "lies" if coincident == 1 else "lie"
        unknown.append(f"{counted(coincident, 'slice')} {verb} where another one does: export the CT again")
    measured = (*_largest("SliceThickness", tags), *_largest("slice distance", distances))
    told = [f"{one.label} {number_text(one.value, rule.at_most_mm, 2)} mm" for one in measured]
    message = ", ".join((*told, f"in {_of(series)}"))
    yield _judged(case, rule, series, measured, unknown, message)


def pixel_size_findings(case: Case, rule: PixelSize) -> Iterator[Finding]:
    """One finding: are pixels small enough along rows and columns?"""
    series = planning_ct(case)
    if not series:
        yield _without_ct(case, rule)
        return
    rows = [one.pixel_spacing_mm[0] for one in series]
    columns = [one.pixel_spacing_mm[1] for one in series]
    measured = (*_largest("row spacing", rows), *_largest("column spacing", columns))
    size = " x ".join(number_text(one.value, rule.at_most_mm, 3) for one in measured)
    yield _judged(case, rule, series, measured, [], f"pixels of {size} mm, in {_of(series)}")


def _judged(
    case: Case,
    rule: SliceThickness | PixelSize,
    series: Sequence[ImageSeries],
    measured: tuple[Measured, ...],
    unknown: list[str],
    message: str,
) -> Finding:
    largest = max((one.value for one in measured), default=None)
    holds = largest is not None and meets(largest, Comparator.LE, rule.at_most_mm + TOLERANCE_MM)
    reason, verdict = "", Verdict.PASS
    doubts = [*unknown, *filter(None, (_missing(case, series), ct_contradiction(case)))]
    if largest is not None and not holds:
        verdict, reason = Verdict.FAIL, "ct-too-coarse"
    elif doubts:
        verdict, reason = Verdict.NOT_EVALUATED, "ct-unclear"
    return answered(
        rule,
        SUBJECT,
        verdict,
        "; ".join((message, *doubts)),
        reason,
        observed=largest,
        limit=f"<= {rule.at_most_mm:g} mm",
        limit_value=rule.at_most_mm,
        unit="mm",
        measured=measured,
    )


def _without_ct(case: Case, rule: SliceThickness | PixelSize) -> Finding:
    """Why there is nothing to measure."""
    message = "no planning CT among the files"
    if any(one.modality == "CT" for one in case.study.images):
        message += ": the CT that is there isn't the one that the structure set references"
    limit = f"<= {rule.at_most_mm:g} mm"
    return answered(rule, SUBJECT, Verdict.NOT_EVALUATED, message, "no-planning-ct", limit=limit, unit="mm")


def _missing(case: Case, series: Sequence[ImageSeries]) -> str:
    """How many images of the planning CT the structure set references that aren't there; empty for none."""
    there = {uid for one in case.study.images for uid in one.sop_instance_uids}
    absent = len(case.study.structure_set.referenced_image_uids - there)
    if not absent or not series:
        return ""
    verb = "isn't" if absent == 1 else "aren't"
    return f"{counted(absent, 'image')} that the structure set references {verb} among the files"


def _thickness_mm(series: ImageSeries) -> float | None:
    """The largest SliceThickness of a series; None where none is stated, or one that can't be."""
    every = series.slice_thicknesses_mm or (series.slice_thickness_mm,)
    numbers = [one for one in every if one is not None and math.isfinite(one) and one > 0]
    return max(numbers) if len(numbers) == len(every) else None


def _unstated(series: Sequence[ImageSeries]) -> str:
    """In how many images SliceThickness isn't stated, where that is known."""
    absent, every = sum(one.thickness_unstated for one in series), sum(len(one.slice_positions_mm) for one in series)
    return f"SliceThickness isn't stated{f' in {absent} of {every} images' if absent else ''}"


def _coincident(series: Sequence[ImageSeries]) -> int:
    """How many slices lie where the one before them does; what distance they have to it isn't known."""
    return sum(int((np.diff(one.slice_positions_mm) < TOLERANCE_MM).sum()) for one in series)


def _largest(label: str, values: Sequence[float | None]) -> tuple[Measured, ...]:
    known = [one for one in values if one is not None and math.isfinite(one)]
    return (Measured(label, max(known), "mm"),) if known else ()


def _of(series: Sequence[ImageSeries]) -> str:
    slices = sum(len(one.slice_positions_mm) for one in series)
    names = [f" {one.description!r}" for one in series if one.description]
    about = counted(len({one.series_instance_uid for one in series}), "CT series", "CT series")
    return f"{about}{' and'.join(dict.fromkeys(names))} of {counted(slices, 'slice')}"
