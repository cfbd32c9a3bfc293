"""Section E, beams and targets: do the fields open on what is to be treated?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.geometry import FloatArray
from rtcheck.plan_checks.beam_aperture import meterset_weights
from rtcheck.plan_checks.beam_facts import Planned, each_plan
from rtcheck.plan_checks.beam_view import field_of, projected
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Thresholds, Unknown, tunable
from rtcheck.plan_checks.wording import listed
from rtcheck.study import ROI, Beam, ControlPoint

#: So many points of a target's contours are looked at.
_POINTS = 500
#: How far outside a field points may lie: its penumbra, and what is rounded.
_MARGIN_MM = 2.0
#: How much of an arc is one direction.
_SECTOR_DEG = 20.0
#: RadiationTypes whose fields jaws and leaves make.
_RADIATION = frozenset({"PHOTON", "ELECTRON"})


def fields_open_on_targets(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Each target lies in the fields of a beam from all its directions, and no beam misses all targets.

    The targets are projected from the source into the plane of the isocentre, and looked for in the rectangle around
    what jaws and leaves leave open from a direction. The share of a target that is seen is averaged over directions by
    monitor units, and that of the beam that sees most of it counts, for a target may be that of some beams alone.
    Fields that miss a target belong to another plan or isocentre than the dose: what the dose shows isn't what will be
    given. How a field is modulated within its rectangle isn't judged. AAPM TG-275 and MPPG 11.a: field size and
    aperture; the numbers are rules of thumb.
    """
    yield from each_plan(case, lambda plan: _plan(plan, thresholds))


def _plan(plan: Planned, thresholds: Thresholds) -> Iterator[Answer]:
    rois = plan.target_rois
    if not rois:
        yield Unknown(plan.name, "no target is drawn, so nothing tells what the fields have to open on")
        return
    positions = plan.plan.patient_positions
    if len(positions) != 1:
        said = f"{len(positions)} patient positions" if positions else "no patient position"
        yield Unknown(plan.name, f"the plan states {said}, so the side that beams come from isn't known")
        return
    if unknown := [plan.called(beam) for beam in plan.beams if not _has_known_fields(beam, positions[0])]:
        # Robots, helical treatments and scanned particles have no such fields; angles that are missing are told by E7.
        message = f"isocentre, angles, jaws and leaves don't tell the fields of {listed(unknown)}"
        yield Unknown(plan.name, message, severity=Severity.WARNING)
        return
    # Of every target and beam the percentage that is seen; shape (rois, beams).
    seen = np.array([_seen_percent(_points(roi), plan.beams, positions[0]) for roi in rois])
    for roi, percent in zip(rois, seen.max(axis=1), strict=True):
        yield from _target(plan, roi, float(percent), thresholds)
    names = tuple(roi.name for roi in rois)
    if blind := [plan.called(beam) for beam, most in zip(plan.beams, seen.max(axis=0), strict=True) if most == 0.0]:
        message = f"no part of {listed(names)} lies in the field of {listed(blind)}"
        yield Alert(listed(blind), message, names, 0.0, "> 0 %", "%", Severity.WARNING)


def _target(plan: Planned, roi: ROI, percent: float, thresholds: Thresholds) -> Iterator[Answer]:
    least, whole = thresholds["seen_percent"], thresholds["whole_percent"]
    if percent >= whole:
        return
    message = (
        f"no beam of {plan.name} sees more than {percent:.0f} % of it, averaged over directions: are isocentre and "
        f"fields those of the plan?"
    )
    severity = Severity.ERROR if percent < least else Severity.WARNING
    yield Alert(roi.name, message, (roi.name,), percent, f">= {whole:g} %", "%", severity)


def _points(roi: ROI) -> FloatArray:
    every = np.concatenate([contour.points_mm for contour in roi.closed_contours])
    return every[:: max(1, len(every) // _POINTS)]


def _has_known_fields(beam: Beam, position: str) -> bool:
    """Whether all fields of a beam are known, and where they lie."""
    origin = np.zeros((1, 3))
    return (
        beam.radiation_type in _RADIATION
        and bool(beam.sequence)
        and all(
            field_of(beam, point) is not None and projected(origin, beam, point, position) is not None
            for point in beam.sequence
        )
    )


def _seen_percent(points_mm: FloatArray, beams: Sequence[Beam], position: str) -> list[float]:
    """How much of some points every beam sees, averaged over its directions by monitor units.

    What is seen from a direction is so in any field from there: segments of a static beam, the halves of a field that
    is too wide for the leaves, and the openings of a modulated arc, none of which need hold the whole target.
    """
    seen: dict[object, NDArray[np.bool_]] = defaultdict(lambda: np.zeros(len(points_mm), np.bool_))
    for beam in beams:
        for point in beam.sequence:
            field, at_mm = field_of(beam, point), projected(points_mm, beam, point, position)
            assert field is not None
            assert at_mm is not None
            seen[_direction(point)] |= field.holds(at_mm, _MARGIN_MM)
    return [
        100.0
        * float(np.average([seen[_direction(one)].mean() for one in beam.sequence], weights=meterset_weights(beam)))
        for beam in beams
    ]


def _direction(point: ControlPoint) -> tuple[object, ...]:
    """Where a field comes from: a sector of the gantry, within which leaves of an arc have gone over a target."""
    return int((point.gantry_deg or 0.0) // _SECTOR_DEG), round(point.couch_deg or 0.0, 1), point.isocentre_mm


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "E13",
        "fields-on-targets",
        "every target lies in the fields of a beam, and every beam sees a target",
        Severity.ERROR,
        Confidence.HEURISTIC,
        "AAPM MPPG 11.a (2021); AAPM TG-275 (2020); rule of thumb",
        fields_open_on_targets,
        tunable(
            seen_percent=(60.0, "%", "share of a target seen by a beam that is a warning only"),
            whole_percent=(95.0, "%", "share of a target seen by a beam at least"),
        ),
    ),
)
