"""Section F: the images that a plan was made on."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.geometry import FloatArray
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Thresholds, Unknown, tunable
from rtcheck.plan_checks.days import day
from rtcheck.plan_checks.image_facts import PLANNING_CT, SAME_MM, called, each_ct, planning_cts, without_ct
from rtcheck.plan_checks.image_spacing import spacing
from rtcheck.study import ROI, ImageSeries

#: A contour with so many points on the border is cut there; fewer only touch it.
BORDER_POINTS = 3
_AVERAGE = re.compile(r"(?<![a-z])(?:average[ds]?|avg|ave|aip|mean|ctavg|untagged)(?![a-z])", re.IGNORECASE)
_PROJECTION = re.compile(r"(?<![a-z])(?:mip|minip|maximum|minimum)(?![a-z])", re.IGNORECASE)
#: A share of the breathing cycle. The phase of a contrast agent (arterial, venous) has none.
_PHASE = re.compile(r"(?<![\d.])(?:100|\d?\d)(?:\.0)? ?%|(?<![a-z])(?:gated|resp|4d ?-?ct)(?![a-z])", re.IGNORECASE)


def resolution(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Slices are at most 3 mm thick and apart, and pixels at most 1 x 1 mm.

    So NCT06261047 asks of its planning CT; dose to small targets and small organs depends on it (AAPM MPPG 11.a:
    images suited to the treatment). The thickness is what the headers say, the distance what the positions of the
    slices say.
    """
    yield from each_ct(case, lambda series: _resolution(series, thresholds))


def image_age(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The planning CT isn't old when the plan is made.

    Liver lesions, the filling of organs and the body's weight change within weeks. The day of the CT is that of its
    headers; where they have none, that which the case sheet declares. MPPG 11.a: correct CT dataset used; the
    number of days is a rule of thumb.
    """
    yield from each_ct(case, lambda series: _age(case, series, thresholds))


def four_dimensional(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """An average, a projection or a phase of a 4D CT is recognised where the images say so.

    By ImageType and SeriesDescription (DICOM PS3.3, C.7.6.1.1.2): an average is what dose is usually calculated on
    where a target moves, and is noted. A maximum or minimum intensity projection shows densities that aren't the
    patient's, and no dose should be calculated on it: a warning. A phase alone shows one position. AAPM TG-76 has
    what each is good for.
    """
    yield from each_ct(case, _four_dimensional)


def field_of_view(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The body lies within the field of view of the planning CT.

    Where the body's contour runs along the border of the images, arms or flanks were cut off: beams that enter there
    meet less tissue in the calculation than in the patient. AAPM TG-275: field of view.
    """
    body = case.body
    if not planning_cts(case):
        yield without_ct(case)
        return
    if body is None or not body.closed_contours:
        yield Unknown(PLANNING_CT, case.body_problem or "the body isn't drawn")
        return
    yield from each_ct(case, lambda series: _cut(series, body, thresholds["border_mm"]))


def _resolution(series: ImageSeries, thresholds: Thresholds) -> Iterator[Answer]:
    subject, thickest, widest = called(series), thresholds["slice_mm"], thresholds["pixel_mm"]
    if not series.slice_thicknesses_mm or min(series.slice_thicknesses_mm) <= 0:
        yield Unknown(subject, "SliceThickness isn't stated")
    elif (thickness := max(series.slice_thicknesses_mm)) > thickest + SAME_MM:
        yield _too_large(subject, f"its slices are {thickness:.4g} mm thick", thickness, thickest)
    distance = series.slice_spacing_mm
    if distance is None:
        yield Unknown(subject, "it has a single slice, and so no distance between slices")
    elif distance < SAME_MM:
        yield Unknown(subject, "all its slices lie at one place, and so have no distance")
    elif distance > thickest + SAME_MM:
        yield _too_large(subject, f"its slices are up to {distance:.4g} mm apart", distance, thickest)
    pixel = max(series.pixel_spacing_mm)
    if pixel > widest + SAME_MM:
        row, column = series.pixel_spacing_mm
        yield _too_large(subject, f"its pixels are {row:.4g} x {column:.4g} mm", pixel, widest)


def _too_large(subject: str, what: str, size_mm: float, limit_mm: float) -> Alert:
    return Alert(subject, what, observed=size_mm, limit=f"<= {limit_mm:g} mm", unit="mm")


def _age(case: Case, series: ImageSeries, thresholds: Thresholds) -> Iterator[Answer]:
    subject, limit_days = called(series), thresholds["age_days"]
    days = [made for text in series.dates if (made := day(text)) is not None]
    declared = case.sheet.dates.get("planning_ct")
    taken = min(days) if days else declared
    if taken is None:
        yield Unknown(subject, "its images have no date that makes sense")
        return
    names = case.study.plan_names
    if not names:
        yield Unknown(subject, "no RT Plan is among the files")
    for plan in case.study.plans:
        name, planned = names[plan.sop_instance_uid], day(plan.date)
        if planned is None:
            yield Unknown(subject, f"the plan {name} has no date that makes sense")
            continue
        age = (planned - taken).days
        if age < 0:
            yield Alert(
                subject,
                f"the CT of {taken} is {-age} days younger than the plan {name} of {planned}: it can't be made on it",
                observed=float(age),
                limit=">= 0 days",
                unit="days",
            )
        elif age > limit_days:
            yield Alert(
                subject,
                f"the CT of {taken} was {age} days old when the plan {name} was made",
                observed=float(age),
                limit=f"<= {limit_days:g} days",
                unit="days",
            )
        else:
            yield Shown(subject, f"{age} days old when the plan {name} was made", observed=float(age), unit="days")


def _four_dimensional(series: ImageSeries) -> Iterator[Answer]:
    subject = called(series)
    types = [part for text in series.image_types for part in text.split("/")]
    texts = [*types, series.description or ""]
    if not any(texts):
        yield Unknown(subject, "neither ImageType nor SeriesDescription is stated")
        return
    said = ", ".join(text for text in (*series.image_types, series.description or "") if text)
    if any(_PROJECTION.search(text) for text in texts):
        yield Alert(subject, f"it is an intensity projection ({said}): no dose should be calculated on it")
    elif any(_AVERAGE.search(text) for text in texts):
        yield Alert(subject, f"it is an average of a 4D CT ({said})", severity=Severity.NOTE)
    elif any(_PHASE.search(text) for text in texts):
        yield Alert(subject, f"it is a phase of a 4D or gated CT ({said})", severity=Severity.NOTE)


def _cut(series: ImageSeries, body: ROI, border_mm: float) -> Iterator[Answer]:
    subject = called(series)
    if len(series.corners_mm) == 0:
        yield Unknown(subject, "where its images begin isn't known", (body.name,))
        return
    sides: dict[str, int] = {}
    cut = 0
    for contour in body.closed_contours:
        touched = _touched(series, contour.points_mm, border_mm)
        cut += bool(touched)
        for side in touched:
            sides[side] = sides.get(side, 0) + 1
    if cut:
        where = ", ".join(f"{side}: {count}" for side, count in sides.items())
        yield Alert(
            subject,
            f"{cut} of {len(body.closed_contours)} contours of the body {body.name!r} run along the border of the "
            f"images ({where})",
            (body.name,),
            observed=float(cut),
            limit="0",
        )


def _touched(series: ImageSeries, points_mm: FloatArray, border_mm: float) -> list[str]:
    """The sides of the images that a contour runs along."""
    corner = series.corners_mm[int(np.argmin(np.abs(series.slice_positions_mm - points_mm[0] @ series.normal)))]
    row_spacing, column_spacing = series.pixel_spacing_mm
    touched = []
    for names, direction, step, count in (
        (("first column", "last column"), series.row_direction, column_spacing, series.columns),
        (("first row", "last row"), series.column_direction, row_spacing, series.rows),
    ):
        # The border of the field is half a pixel outside the centres of the outermost pixels.
        along = (points_mm - corner) @ direction + step / 2
        for name, inside in zip(names, (along, count * step - along), strict=True):
            if int((inside <= border_mm).sum()) >= BORDER_POINTS:
                touched.append(name)
    return touched


_ORIGIN = "AAPM MPPG 11.a (2021); AAPM TG-275 (2020)"
#: F1 to F5.
CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "F1",
        "image-resolution",
        "the planning CT has slices of at most 3 mm and pixels of at most 1 x 1 mm",
        Severity.WARNING,
        Confidence.CERTAIN,
        "NCT06261047 (Wang 2025); AAPM MPPG 11.a (2021)",
        resolution,
        tunable(
            slice_mm=(3.0, "mm", "thickness and distance of slices at most"),
            pixel_mm=(1.0, "mm", "side of a pixel at most"),
        ),
    ),
    PlanCheck(
        "F2",
        "image-spacing",
        "the slices of the planning CT are equally far apart, complete, and each there once",
        Severity.WARNING,
        Confidence.HEURISTIC,
        _ORIGIN,
        spacing,
        tunable(uniform_mm=(0.05, "mm", "distances of slices differ by at most")),
    ),
    PlanCheck(
        "F3",
        "image-age",
        "the planning CT isn't old when the plan is made",
        Severity.WARNING,
        Confidence.HEURISTIC,
        f"{_ORIGIN}; rule of thumb",
        image_age,
        tunable(age_days=(30.0, "days", "age of the CT on the plan's day at most")),
    ),
    PlanCheck(
        "F4",
        "four-dimensional-ct",
        "averages, projections and phases of a 4D CT are recognised",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "AAPM TG-76; DICOM PS3.3 C.7.6.1.1.2",
        four_dimensional,
    ),
    PlanCheck(
        "F5",
        "field-of-view",
        "the body lies within the field of view of the planning CT",
        Severity.WARNING,
        Confidence.HEURISTIC,
        _ORIGIN,
        field_of_view,
        tunable(border_mm=(2.0, "mm", "distance of the body's contour from the border at least")),
    ),
)
