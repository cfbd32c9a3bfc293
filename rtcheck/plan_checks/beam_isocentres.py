"""Checks of isocentres: how many there are, and whether they lie in the body and near a target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from rtcheck.case import Case
from rtcheck.finding import Severity
from rtcheck.geometry import FloatArray
from rtcheck.plan_checks.beam_facts import Planned, each_plan, is_stated, planned
from rtcheck.plan_checks.check import Alert, Answer, Shown, Thresholds, Unknown
from rtcheck.plan_checks.places import distance_mm
from rtcheck.plan_checks.rois import solid_of
from rtcheck.plan_checks.wording import listed, point_text
from rtcheck.study import ROI

#: Isocentres closer than this (mm) are one: writers round.
SAME_MM = 0.05


@dataclass(frozen=True)
class Isocentre:
    """A point that beams turn around.

    Attributes
    ----------
    point_mm : tuple of float
    beams : tuple of str
    """

    point_mm: tuple[float, float, float]
    beams: tuple[str, ...]

    @property
    def text(self) -> str:
        """Its coordinates for the reader."""
        return point_text(self.point_mm, 2)

    def distance_mm(self, other: Isocentre) -> float:
        """How far it is from another."""
        return float(np.linalg.norm(np.subtract(self.point_mm, other.point_mm)))


def isocentres(plan: Planned) -> tuple[Isocentre, ...]:
    """The isocentres of a plan's treating beams, with their beams."""
    found: list[Isocentre] = []
    for beam in plan.beams:
        for point in dict.fromkeys(one.isocentre_mm for one in beam.sequence if one.isocentre_mm is not None):
            _add(found, Isocentre(point, (plan.called(beam),)))
    return tuple(found)


def isocentre_count(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """One isocentre, or one for each target.

    More isocentres than targets, and isocentres a little beside one another, may be beams that a person moved one by
    one; AAPM TG-275 and MPPG 11.a ask the review of a plan to look at the isocentre and the shifts to it. A plan in
    adjoining fields has several for a reason: a warning, by rule of thumb.
    """
    yield from each_plan(case, _count)
    every: list[Isocentre] = []
    for plan in planned(case):
        for one in isocentres(plan):
            _add(every, one)
    close_mm = thresholds["close_mm"]
    for one, other in combinations(every, 2):
        distance = one.distance_mm(other)
        if distance < close_mm:
            yield Alert(
                listed([*one.beams, *other.beams]),
                f"two isocentres are {distance:.2g} mm apart, {one.text} of {listed(one.beams)} and {other.text} of "
                f"{listed(other.beams)}: were they meant to be one?",
                observed=distance,
                limit=f"equal, or >= {close_mm:g} mm apart",
                unit="mm",
            )


def isocentre_place(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The isocentre lies in the body and near a target.

    An isocentre in air is that of another patient, another plan or another origin. The distance to the target is that
    to the box around it; for a plan of one isocentre, to the box around all its targets, as a single isocentre for
    several lesions lies in between them. Far from the target it may be for a reason, so that the gantry passes: a
    warning alone. AAPM TG-275 and MPPG 11.a: isocentre placement.
    """
    yield from each_plan(case, lambda plan: _place(plan, thresholds))


def _count(plan: Planned) -> Iterator[Answer]:
    found = isocentres(plan)
    yield from _missing(plan)
    for one in found:
        yield Shown(plan.name, f"isocentre {one.text}: {listed(one.beams)}")
    allowed = max(1, len(plan.targets))
    if len(found) > allowed:
        targets = f"{len(plan.targets)} target{'s' if len(plan.targets) != 1 else ''}"
        yield Alert(
            plan.name,
            f"the plan has {len(found)} isocentres and {targets}: {'; '.join(one.text for one in found)}",
            observed=float(len(found)),
            limit=f"<= {allowed}",
        )


def _missing(plan: Planned) -> Iterator[Answer]:
    missing = [plan.called(beam) for beam in plan.beams if not is_stated(beam, lambda point: point.isocentre_mm)]
    if missing:
        yield Unknown(plan.name, f"no isocentre is stated for {listed(missing)}")


def _place(plan: Planned, thresholds: Thresholds) -> Iterator[Answer]:
    found = isocentres(plan)
    yield from _missing(plan)
    if not found:
        return
    yield from _in_body(plan, found, thresholds["outside_body_mm"])
    yield from _near_target(plan, found, thresholds["from_target_mm"])


def _in_body(plan: Planned, found: Sequence[Isocentre], limit_mm: float) -> Iterator[Answer]:
    case = plan.case
    body = case.body
    if body is None or case.body_problem:
        yield Unknown(plan.name, case.body_problem)
        return
    solid = solid_of(case, body)
    if isinstance(solid, Unknown):
        yield Unknown(plan.name, f"the body {body.name!r}: {solid.message}", (body.name,))
        return
    for one in found:
        distance = distance_mm(np.array(one.point_mm), solid, filled=True)
        if distance > limit_mm:
            yield Alert(
                listed(one.beams),
                f"the isocentre {one.text} is {distance:.0f} mm outside the body",
                (body.name,),
                observed=distance,
                limit=f"<= {limit_mm:g} mm",
                unit="mm",
            )


def _near_target(plan: Planned, found: Sequence[Isocentre], limit_mm: float) -> Iterator[Answer]:
    rois = plan.target_rois
    if not rois:
        yield Unknown(plan.name, "no target is drawn, so nothing tells whether the isocentre is near it")
        return
    boxes = [_box([roi]) for roi in rois] if len(found) > 1 else [_box(rois)]
    names = tuple(roi.name for roi in rois)
    for one in found:
        distance = min(_beside_box_mm(np.array(one.point_mm), low, high) for low, high in boxes)
        if distance > limit_mm:
            yield Alert(
                listed(one.beams),
                f"the isocentre {one.text} is {distance:.0f} mm away from {listed(names)}",
                names,
                observed=distance,
                limit=f"<= {limit_mm:g} mm",
                unit="mm",
                severity=Severity.WARNING,
            )


def _add(found: list[Isocentre], one: Isocentre) -> None:
    """Add an isocentre, or its beams to the same one."""
    for place, other in enumerate(found):
        if one.distance_mm(other) <= SAME_MM:
            found[place] = Isocentre(other.point_mm, tuple(dict.fromkeys((*other.beams, *one.beams))))
            return
    found.append(one)


def _box(rois: Sequence[ROI]) -> tuple[FloatArray, FloatArray]:
    """Least and largest coordinates of ROIs."""
    points = np.concatenate([contour.points_mm for roi in rois for contour in roi.closed_contours])
    return points.min(axis=0), points.max(axis=0)


def _beside_box_mm(point_mm: FloatArray, low: FloatArray, high: FloatArray) -> float:
    """How far a point is outside a box."""
    return float(np.linalg.norm(np.maximum(np.maximum(low - point_mm, point_mm - high), 0.0)))
