"""Section C, single contours: are they closed, planar and simple?"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

import numpy as np
import shapely

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.nomenclature import helper_word
from rtcheck.outlines import signed_area
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Thresholds, Unknown, tunable
from rtcheck.plan_checks.rois import NO_ANATOMY_TYPES, matters, nothing_drawn, solid_of
from rtcheck.solid import Flag, Solid
from rtcheck.study import ROI, GeometricType


def sound_contours(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Contours are closed, planar, have three points at least, and don't cross themselves.

    DICOM PS3.3, C.8.8.6: the points of a CLOSED_PLANAR contour lie in one plane. How they are read in spite of it is
    that of the engine: even-odd where a contour crosses itself, which is said where it makes a difference. Keyholes and
    contours that touch themselves bound what is meant.
    """
    yield from nothing_drawn(case)
    for roi in case.study.structure_set.rois:
        faults = _faults(case, roi, thresholds)
        if not faults:
            continue
        loud = any(severity is Severity.WARNING for severity, _ in faults)
        message = "; ".join(text for _, text in faults)
        yield Alert(roi.name, message, (roi.name,), severity=None if loud else Severity.NOTE)


_Fault = tuple[Severity, str]
#: What the engine noticed of the outlines of one plane.
_FLAGGED = MappingProxyType(
    {
        Flag.NESTED_ALIKE: Severity.WARNING,
        Flag.NON_PLANAR: Severity.NOTE,
        Flag.OVERLAPPING_CONTOURS: Severity.NOTE,
        Flag.DUPLICATE_CONTOURS: Severity.NOTE,
    }
)


def _faults(case: Case, roi: ROI, thresholds: Thresholds) -> list[_Fault]:
    """What is wrong with an ROI's contours, and how loud that is."""
    faults: list[_Fault] = []
    short = sum(1 for one in roi.contours if one.geometric_type.is_closed and len(one.points_mm) < 3)
    loose = sorted(
        {one.geometric_type.value for one in roi.contours if not one.geometric_type.is_closed}
        - {GeometricType.POINT.value}
    )
    told = Severity.WARNING if matters(case, roi) else Severity.NOTE
    if short:
        faults.append((told, f"{_counted(short)} fewer than three points, and no area"))
    if loose:
        # Wires and guide lines are drawn open; an organ isn't.
        faults.append((told, f"{' and '.join(loose)} contours bound no area, and aren't in any DVH"))
    if not roi.closed_contours:
        return faults
    solid = solid_of(case, roi)
    if isinstance(solid, Unknown):
        return [*faults, (told, f"no volume can be told: {solid.message}")]
    helper = bool(helper_word(roi.name)) or roi.interpreted_type in NO_ANATOMY_TYPES
    faults += [
        (Severity.NOTE if helper else _FLAGGED[flag.flag], flag.message)
        for flag in solid.flags
        if flag.flag in _FLAGGED
    ]
    invalid = _invalid(roi, solid)
    flat = sum(1 for bounded_mm2, _ in invalid if bounded_mm2 == 0.0)
    share = thresholds["crossing_percent"] / 100.0
    lost_mm2 = [lost for bounded, lost in invalid if lost > share * bounded]
    if flat:
        faults.append((told, f"{_counted(flat)} no area"))
    if lost_mm2:
        text = f"{len(lost_mm2)} of {len(roi.closed_contours)} contours cross or run over themselves"
        text += f" ({sum(lost_mm2):.3g} mm2); even-odd holds there: draw them again"
        faults.append((Severity.NOTE if helper else Severity.WARNING, text))
    return faults


def _counted(count: int) -> str:
    return "1 contour has" if count == 1 else f"{count} contours have"


def _invalid(roi: ROI, solid: Solid) -> list[tuple[float, float]]:
    """Of contours that aren't simple: the area (mm2) that each bounds even-odd, and by how much its own differs."""
    flat = [contour.points_mm @ solid.axes[:2].T for contour in roi.closed_contours]
    polygons = np.array([shapely.Polygon(points) for points in flat], dtype=object)
    found = []
    for index in np.flatnonzero(~shapely.is_valid(polygons)).tolist():
        # The halves of a figure of eight cancel in the signed area; a loop inside is in it twice.
        bounded_mm2 = float(shapely.make_valid(polygons[index]).area)
        found.append((bounded_mm2, abs(abs(signed_area(flat[index])) - bounded_mm2)))
    return found


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "C12",
        "sound-contours",
        "contours are closed, planar, and don't cross themselves",
        Severity.WARNING,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.8.8.6",
        sound_contours,
        tunable(crossing_percent=(1.0, "%", "share of a contour's area that it runs over twice")),
    ),
)
