"""Section C, long organs: are they drawn through the levels of the targets, and a little beyond?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Thresholds, Unknown, tunable
from rtcheck.plan_checks.rois import nothing_drawn, organs
from rtcheck.plan_checks.targets import drawn_volumes
from rtcheck.study import ROI

_UP, _DOWN = "cranial", "caudal"
#: Organs that are longer than a treatment of the trunk, by TG-263 name: how bad it is where one ends at a target's
#: level, by end. The esophagus and the trachea end in the trunk, so that nothing is told of their lower ends.
_LONG: Mapping[str, Mapping[str, Severity]] = MappingProxyType(
    {
        "SpinalCord": {_UP: Severity.ERROR, _DOWN: Severity.WARNING},
        "SpinalCanal": {_UP: Severity.ERROR, _DOWN: Severity.WARNING},
        "A_Aorta": {_UP: Severity.WARNING, _DOWN: Severity.WARNING},
        "Esophagus": {_UP: Severity.ERROR},
        "Trachea": {_UP: Severity.ERROR},
    }
)


class Levels(NamedTuple):
    """From where to where something is drawn along the patient (mm, towards the head)."""

    low_mm: float
    high_mm: float


def long_organs_go_on(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Cord, canal, esophagus and other long organs are drawn at all levels of the targets, and a little beyond.

    Of an organ that ends at the level of a target the part that gets most may not be drawn: its near-point dose and its
    dose to a volume are then those of what was spared. Where it can't end in the trunk by nature that is an error. The
    cord ends at the upper lumbar spine, the canal at the sacrum, the aorta in the chest and where it parts in two: that
    is a warning, as is an organ that is drawn above or below the target alone. Protocols ask for more than the distance
    here: RTOG 0813 and 0915 have cord and esophagus drawn from 10 cm above the PTV to 10 cm below it. Rule of thumb;
    AAPM TG-275.
    """
    yield from nothing_drawn(case)
    targets = drawn_volumes(case, "PTV") or drawn_volumes(case, "CTV") or drawn_volumes(case, "GTV")
    if not targets:
        yield Unknown("targets", "no target is drawn, so nothing tells where organs have to be")
        return
    for roi, organ in organs(case):
        if organ in _LONG:
            yield from _ends(roi, _LONG[organ], targets, thresholds["beyond_mm"])


def _ends(roi: ROI, severities: Mapping[str, Severity], targets: tuple[ROI, ...], beyond_mm: float) -> Iterator[Answer]:
    own = _levels(roi)
    for end, severity in severities.items():
        # The target beyond which it goes on least.
        beyond, target = min(((_beyond(own, _levels(one), end), one) for one in targets), key=lambda pair: pair[0])
        if beyond >= beyond_mm:
            continue
        of = _levels(target)
        apart = own.high_mm < of.low_mm or own.low_mm > of.high_mm
        yield Alert(
            roi.name,
            f"its {end} end is at {own.high_mm if end == _UP else own.low_mm:g} mm, and {target.name} goes from "
            f"{of.low_mm:g} to {of.high_mm:g} mm: what gets the most dose may not be drawn",
            (roi.name, target.name),
            beyond,
            f">= {beyond_mm:g} mm beyond the target",
            "mm",
            Severity.WARNING if apart else severity,
        )


def _beyond(own: Levels, of: Levels, end: str) -> float:
    """How far an organ goes on beyond a target (mm); negative where it ends before that one does."""
    return own.high_mm - of.high_mm if end == _UP else of.low_mm - own.low_mm


def _levels(roi: ROI) -> Levels:
    heights = np.concatenate([contour.points_mm[:, 2] for contour in roi.closed_contours])
    return Levels(float(heights.min()), float(heights.max()))


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "C17",
        "organ-ends",
        "long organs are drawn at all levels of the targets",
        Severity.ERROR,
        Confidence.HEURISTIC,
        "RTOG 0813 and 0915 (cord and esophagus 10 cm beyond the PTV); AAPM TG-275 (2020); rule of thumb",
        long_organs_go_on,
        tunable(beyond_mm=(10.0, "mm", "how far beyond the targets long organs are drawn at least")),
    ),
)
