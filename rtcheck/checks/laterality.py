"""Do names agree with the contours, as far as a name alone tells: the patient's side, and one ROI for one organ?

In patient coordinates +x is the patient's left, however the patient lay in the scanner.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from rtcheck.case import Case
from rtcheck.contoured import TARGET_TYPES
from rtcheck.finding import Finding, Source, Verdict
from rtcheck.geometry import FloatArray
from rtcheck.nomenclature import Names, Side, shipped_names
from rtcheck.outlines import signed_area
from rtcheck.study import ROI

#: How far (mm) beyond the midline the centroid of an ROI lies that is on that side: by the cord, and by the body's
#: middle, which an arm or a couch in the contour moves.
BEYOND_CORD_MM = 5.0
BEYOND_BODY_MM = 10.0
#: A contour further (mm) from the planes of the cord than this isn't at its levels.
NEAR_MM = 10.0
_CORD = ("SpinalCord", "SpinalCanal")
_NO_ORGANS = (*TARGET_TYPES, "EXTERNAL", "SUPPORT", "BOLUS", "FIXATION")


@dataclass(frozen=True, eq=False)
class _Midline:
    """Where the middle of the patient is, level by level: that of a landmark's extent, or of its centroids."""

    landmark: ROI
    beyond_mm: float
    by_extent: bool

    @cached_property
    def _planes(self) -> tuple[FloatArray, FloatArray]:
        """Levels (mm), rising, and x of the middle at each."""
        planes: defaultdict[float, list[FloatArray]] = defaultdict(list)
        for contour in self.landmark.closed_contours:
            planes[round(float(contour.points_mm[:, 2].mean()), 2)].append(contour.points_mm)
        levels = sorted(planes)
        return np.array(levels), np.array([self._middle(planes[level]) for level in levels])

    def _middle(self, outlines: list[FloatArray]) -> float:
        if not self.by_extent:
            return float(np.mean([_middle(points) for points in outlines]))
        x_mm = np.concatenate(outlines)[:, 0]
        return 0.5 * float(x_mm.min() + x_mm.max())

    def reaches(self, z_mm: float) -> bool:
        """Whether it was drawn near a level."""
        return bool(np.abs(self._planes[0] - z_mm).min() <= NEAR_MM)

    def at(self, z_mm: FloatArray) -> FloatArray:
        """The middle at levels, shape of `z_mm`."""
        return np.asarray(np.interp(z_mm, *self._planes))


@dataclass(frozen=True)
class _Place:
    """Where an ROI lies: its centroid left of a midline (mm, negative on the right), and the share of points there."""

    midline: _Midline
    left_mm: float
    share_left: float


def laterality(case: Case, names: Names | None = None) -> Iterator[Finding]:
    """Findings on ROIs whose name says a side, and that lie on the other one, or across the midline; silent on others.

    The midline is the cord (or its canal) at the levels of the ROI, and where that isn't drawn, the middle of the body.
    Targets aren't judged: their names say what they are of, not where they are.

    Parameters
    ----------
    case : Case
    names : Names, optional
        Those that a clinic or a person added to; the shipped ones where not given.
    """
    names = names or shipped_names()
    sided = [(roi, side) for roi in _organs(case) if (side := names.side(roi.name)) is not None]
    if not sided:
        return
    midlines = _midlines(case, names)
    unchecked = []
    for roi, side in sided:
        place = _place(roi, midlines)
        if place is None:
            unchecked.append(roi.name)
        else:
            yield from _judged(roi, side, place)
    if unchecked:
        text = f"sides of {', '.join(unchecked)} couldn't be checked: neither cord nor body is drawn at their levels"
        yield _finding(", ".join(unchecked), tuple(unchecked), Verdict.INFO, "no-midline", text)


def ambiguous_names(case: Case, names: Names | None = None) -> Iterator[Finding]:
    """NOT_EVALUATED for every organ of the list that two contoured ROIs are named as, unless a person chose one, and
    for every one that a person chose an ROI for against what the contoured ROIs are called.

    Parameters
    ----------
    case : Case
    names : Names, optional
        Those that a clinic or a person added to; the shipped ones where not given.
    """
    names = names or shipped_names()
    confirmed = dict(names.confirmed)
    rois_of: defaultdict[str, list[str]] = defaultdict(list)
    for roi in _organs(case):
        if (standard := names.standard(roi.name)) is not None:
            rois_of[standard].append(roi.name)
    for standard, rois in rois_of.items():
        if len(rois) > 1 and rois.count(confirmed.get(standard, "")) != 1:
            quoted = " and ".join(map(repr, rois))
            yield Finding(
                check="names",
                subject=standard,
                verdict=Verdict.NOT_EVALUATED,
                message=f"{quoted} are names of {standard}, and contoured; confirm which one it is, or rename others",
                source=Source("rtcheck", "names"),
                reason="roi-ambiguous",
                group="Structures",
                rois=tuple(rois),
            )
    yield from _contradicted(case, names)


def _contradicted(case: Case, names: Names) -> Iterator[Finding]:
    """Organs whose confirmed ROI is called as another organ is, or beside which one of the organ's own name is drawn.

    By its TG-263 name, as it stands in the list: what else an ROI may be called is a guess that a person may correct.
    """
    said = replace(names, confirmed=())
    called = {name.casefold(): name for name in names.standard_names}
    drawn = {roi.name.casefold(): roi.name for roi in _organs(case)}
    for organ, roi in names.confirmed:
        other, own = called.get(roi.casefold()), drawn.get(organ.casefold())
        if other is not None and other != organ:
            because = f"that is the name of {other}"
        elif own is not None and own != roi and said.standard(roi) != organ:
            because = f"{own!r} is contoured, too"
        else:
            continue
        yield Finding(
            check="names",
            subject=organ,
            verdict=Verdict.NOT_EVALUATED,
            message=f"{roi!r} was confirmed to be {organ}, and {because}; correct one of them",
            source=Source("rtcheck", "names"),
            reason="name-contradicted",
            group="Structures",
            rois=tuple(dict.fromkeys(one for one in (roi, own) if one is not None)),
        )


def _organs(case: Case) -> list[ROI]:
    """Contoured ROIs that are neither targets nor around the patient."""
    rois = case.study.structure_set.rois
    return [roi for roi in rois if roi.interpreted_type not in _NO_ORGANS and roi.closed_contours]


def _judged(roi: ROI, side: Side, place: _Place) -> Iterator[Finding]:
    """What is said of an ROI by where it lies."""
    sign = 1.0 if side == "left" else -1.0
    offset_mm = sign * place.left_mm
    share = place.share_left if side == "left" else 1.0 - place.share_left
    if offset_mm > place.midline.beyond_mm or (offset_mm > 0.0 and share == 1.0):
        return
    lies = f"its centroid lies {abs(offset_mm):.0f} mm on the patient's"
    of = f"of the midline ({place.midline.landmark.name})"
    other: Side = "right" if side == "left" else "left"
    if offset_mm < -place.midline.beyond_mm and share < 0.5:
        text = (
            f"named {side}, but {lies} {other} {of}; correct the name if left and right were swapped, "
            "or the contours if they belong to the other side"
        )
        yield _finding(roi.name, (roi.name,), Verdict.NOT_EVALUATED, "wrong-side", text)
        return
    text = f"named {side}, and lies across the midline: {lies} {side if offset_mm >= 0.0 else other} {of}"
    yield _finding(roi.name, (roi.name,), Verdict.INFO, "across-midline", text)


def _finding(subject: str, rois: tuple[str, ...], verdict: Verdict, reason: str, message: str) -> Finding:
    return Finding(
        check="laterality",
        subject=subject,
        verdict=verdict,
        message=message,
        source=Source("rtcheck", "laterality"),
        reason=reason,
        group="Structures",
        rois=rois,
    )


def _place(roi: ROI, midlines: tuple[_Midline, ...]) -> _Place | None:
    """Where an ROI lies of the first midline that is drawn at all its levels; None where none is."""
    contours = [contour.points_mm for contour in roi.closed_contours]
    ends = (min(points[:, 2].min() for points in contours), max(points[:, 2].max() for points in contours))
    midline = next((one for one in midlines if all(one.reaches(float(end)) for end in ends)), None)
    if midline is None:
        return None
    offsets = [points[:, 0] - midline.at(points[:, 2]) for points in contours]
    areas = np.array([max(abs(signed_area(points[:, :2])), 1e-6) for points in contours])
    # By area, for points may be as dense as one likes on one side.
    middles = [_middle(contour) - float(midline.at(contour[:, 2]).mean()) for contour in contours]
    return _Place(midline, float(np.average(middles, weights=areas)), float((np.concatenate(offsets) > 0.0).mean()))


def _middle(points_mm: FloatArray) -> float:
    """x of a contour's centroid in its plane; of one without area, the mean of its points."""
    x, y = points_mm[:, 0] - points_mm[0, 0], points_mm[:, 1] - points_mm[0, 1]
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    if abs(cross.sum()) < 1e-9:
        return float(points_mm[:, 0].mean())
    return float(points_mm[0, 0] + ((x + np.roll(x, -1)) * cross).sum() / (3.0 * cross.sum()))


def _midlines(case: Case, names: Names) -> tuple[_Midline, ...]:
    """The landmarks there are, the best first."""
    rois = [roi for roi in case.study.structure_set.rois if roi.closed_contours]
    cords = [roi for name in _CORD for roi in rois if names.standard(roi.name) == name]
    bodies = [roi for roi in rois if roi.interpreted_type == "EXTERNAL"]
    bodies = bodies or [roi for roi in rois if names.standard(roi.name) == "Body"]
    by_cord = [_Midline(roi, BEYOND_CORD_MM, by_extent=False) for roi in cords]
    return (*by_cord, *(_Midline(roi, BEYOND_BODY_MM, by_extent=True) for roi in bodies))
