"""Where a lesion is drawn: in the organ that the case sheet says, and inside the volumes around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rtcheck.case import Case
from rtcheck.geometry import FloatArray
from rtcheck.sheet import DeclaredLesion, LesionKind
from rtcheck.study import ROI, Contour

#: A volume may reach this far (mm) beyond the contour points of the one that holds it.
BESIDE_MM = 1.0
#: A lesion may lie this far (mm) beside the contours of its organ: it may grow out of it, or be cut out of it.
BESIDE_ORGAN_MM = 10.0


def misplaced(case: Case, declared: DeclaredLesion, gtv: ROI | None) -> str:
    """Why a declared lesion can't be in its organ: its GTV is drawn more than `BESIDE_ORGAN_MM` outside it.

    Nothing is said of organs that aren't drawn or aren't of the list (bones), of lymph nodes, and of thrombi, which
    reach beyond their organ.

    Returns
    -------
    str
        Empty where it may be.
    """
    if gtv is None or declared.kind in (LesionKind.LYMPH_NODE, LesionKind.THROMBUS):
        return ""
    if declared.bone or declared.vertebra:
        return ""
    drawn = drawn_organ(case, declared.organ)
    if not drawn or any(_is_near(gtv, organ) for organ in drawn):
        return ""
    listed = " and ".join(repr(one.name) for one in drawn)
    return f"{gtv.name!r} lies outside {listed}, and the case sheet says that the lesion is in {declared.organ!r}"


def holds(outer: ROI, inner: ROI) -> bool:
    """Whether the box round an ROI's contours holds another's."""
    return encloses(outer, inner.closed_contours)


def encloses(outer: ROI, contours: Sequence[Contour]) -> bool:
    """Whether the box round an ROI's contours holds some others."""
    a, b = _points(outer), np.concatenate([contour.points_mm for contour in contours])
    return bool(
        (a.min(axis=0) - BESIDE_MM <= b.min(axis=0)).all() and (b.max(axis=0) <= a.max(axis=0) + BESIDE_MM).all()
    )


def covered(roi: ROI, parts: Sequence[ROI]) -> bool:
    """Whether every point of an ROI's contours lies in the box round a contour of its parts, slice by slice."""
    points = _points(roi)
    boxes = [(one.points_mm.min(axis=0), one.points_mm.max(axis=0)) for part in parts for one in part.closed_contours]
    free = np.ones(len(points), dtype=bool)
    for low, high in boxes:
        free &= ((points < low - BESIDE_MM) | (points > high + BESIDE_MM)).any(axis=1)
    return not free.any()


def drawn_organ(case: Case, organ: str) -> tuple[ROI, ...]:
    """The ROIs of a declared organ, of a paired one both halves; empty where it isn't known or isn't drawn whole."""
    standard = case.names.standard(organ.strip()) or case.names.standard(f"{organ.strip()}s")
    if standard is None:
        return ()
    rois = [roi for roi in case.study.structure_set.rois if roi.closed_contours]
    names = tuple(roi.name for roi in rois)
    for every in ((standard,), case.union_of(standard)):
        matched = [case.names.match(one, names) for one in every]
        if matched and all(matched):
            return tuple(roi for roi in rois if any(roi.name in some for some in matched))
    return ()


def _is_near(gtv: ROI, organ: ROI) -> bool:
    """Whether a GTV lies in an organ, or less than `BESIDE_ORGAN_MM` beside it, by the boxes round it.

    Where none of the organ's contour points is near the GTV's box, all of the GTV is on one side of its surface, so
    that its middle tells which (and the corners, of contours with few points). Holes count as the organ, as a tumour
    may be cut out of it.
    """
    points = _points(gtv)
    low, high = points.min(axis=0) - BESIDE_ORGAN_MM, points.max(axis=0) + BESIDE_ORGAN_MM
    of_organ = _points(organ)
    if ((of_organ >= low) & (of_organ <= high)).all(axis=1).any():
        return True
    middle = (low + high) / 2.0
    if not of_organ[:, 2].min() <= middle[2] <= of_organ[:, 2].max():
        return False
    level = float(of_organ[int(np.argmin(np.abs(of_organ[:, 2] - middle[2]))), 2])
    on_level = [one.points_mm for one in organ.closed_contours if abs(float(one.points_mm[0, 2]) - level) < BESIDE_MM]
    asked = [middle[:2], *(np.array([x, y]) for x in (low[0], high[0]) for y in (low[1], high[1]))]
    return any(_surrounds(outline, point) for outline in on_level for point in asked)


def _surrounds(outline: FloatArray, point: FloatArray) -> bool:
    """Whether a point lies inside an outline, seen along the third axis: by how often a ray from it crosses it."""
    x, y = outline[:, 0] - point[0], outline[:, 1] - point[1]
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    across = (y > 0) != (next_y > 0)
    at = x[across] - y[across] * (next_x[across] - x[across]) / (next_y[across] - y[across])
    return bool((at > 0).sum() % 2)


def _points(roi: ROI) -> FloatArray:
    contours: Sequence[FloatArray] = [contour.points_mm for contour in roi.closed_contours]
    return np.concatenate(contours)
