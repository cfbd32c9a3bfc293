"""Section B, places: is the dose highest where it belongs, and at the beams' points what they give there?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from rtcheck.case import Case
from rtcheck.checks.lesions import volumes
from rtcheck.contoured import TARGET_TYPES
from rtcheck.finding import Confidence, Severity
from rtcheck.geometry import FloatArray
from rtcheck.plan_checks.beam_facts import NO_PLAN, Planned, planned
from rtcheck.plan_checks.beam_isocentres import isocentres
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Thresholds, Unknown, tunable
from rtcheck.plan_checks.dose_facts import each_dose, plans_alone
from rtcheck.plan_checks.places import distance_mm, near
from rtcheck.plan_checks.rois import solid_of
from rtcheck.plan_checks.wording import listed, point_text
from rtcheck.solid import Solid
from rtcheck.study import PlanDose
from rtcheck.units import PHYSICAL

#: Points of beams closer than this (mm) are one.
_SAME_POINT_MM = 1.0


def hot_spot(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The highest dose of every plan lies in the patient, and in a target or near one.

    A maximum in the couch, in air or far from the target is a normalisation or a beam gone wrong. Where beams enter, a
    dose little above the target's own is usual; only a higher one is told. TG-275 and published programs look at where
    the maximum is, not only at how high.
    """
    for alone in plans_alone(case):
        yield from each_dose(alone, partial(_hottest, alone, thresholds))


def _hottest(alone: Case, thresholds: Thresholds, label: str, one: PlanDose, highest_gy: float) -> Iterator[Answer]:
    at_mm = _where(one, highest_gy)
    place = f"the maximum, {highest_gy:.4g} Gy at {point_text(at_mm)},"
    body, problem = alone.body, alone.body_problem
    if problem or body is None or not body.closed_contours:
        yield Unknown(label, f"whether {place} lies in the patient isn't known: {problem or 'no outline is drawn'}")
    elif not near(at_mm[None], alone.contoured.solid_of(body)).any():
        yield Alert(label, f"{place} lies outside {body.name}", (body.name,))
        return
    yield from _by_targets(alone, label, at_mm, place, highest_gy, thresholds)


def _where(one: PlanDose, highest_gy: float) -> FloatArray:
    """Where a dose is highest."""
    gray = one.dose.dose_gy
    flat = int(gray.argmax())
    if math.isnan(gray.flat[flat]):  # numpy takes NaN for the largest
        flat = int(np.flatnonzero(gray.reshape(-1) == np.float32(highest_gy))[0])
    frame, row, column = np.unravel_index(flat, gray.shape)
    return one.dose.grid.position_mm(int(frame), int(row), int(column))


def _by_targets(
    alone: Case, label: str, at_mm: FloatArray, place: str, highest_gy: float, thresholds: Thresholds
) -> Iterator[Answer]:
    """Whether a point lies in a target, or near one."""
    rois = [target.roi for target in alone.targets if target.roi is not None]
    rois = rois or [roi for kind in TARGET_TYPES for roi in volumes(alone, kind)]
    if not rois:
        yield Unknown(label, f"no target is drawn: {place} may be anywhere")
        return
    solids = {roi.name: solid_of(alone, roi) for roi in rois}
    distances = {name: distance_mm(at_mm, solid) for name, solid in solids.items() if isinstance(solid, Solid)}
    if not distances:
        yield from (solid for solid in solids.values() if isinstance(solid, Unknown))
        return
    nearest = min(distances, key=distances.__getitem__)
    if distances[nearest] <= thresholds["near_mm"]:
        return
    message = f"{place} lies {distances[nearest]:.0f} mm from the nearest target, {nearest}"
    known = [gray for gray in (alone.dvh_of(roi).max_gy for roi in rois) if gray > 0]
    above = 100.0 * (highest_gy / max(known) - 1.0) if known else math.inf
    if above <= thresholds["hotter_percent"]:
        yield Shown(label, f"{message}, {above:.2g} % above the highest dose in a target", (nearest,))
    else:
        yield Alert(label, message, (nearest,), distances[nearest], f"<= {thresholds['near_mm']:g} mm", "mm")


def reference_points(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """At the beams' points the dose is what the plan says that its beams give there, in all fractions.

    Where all beams have one point, neither less nor more; where they have several, or where not all of them say theirs,
    not less than their own beams give. Of a plan without such points the dose at its isocentres is shown. MPPG 11.a;
    DICOM PS3.3, C.8.8.13: BeamDose, BeamDoseSpecificationPoint.
    """
    if not case.study.plans:
        yield NO_PLAN
    for alone in case.by_plan:
        plan = planned(alone)[0]
        if problem := _not_comparable(alone):
            yield Unknown(plan.name, problem)
            continue
        told, untold = _told_points(plan)
        if told and untold:
            yield Unknown(plan.name, f"no dose at a point is stated for {listed(untold)}")
        if told:
            exact = len(told) == 1 and not untold
            yield from _at_points(alone, plan.name, told, thresholds["tolerance_percent"], exact=exact)
        else:
            yield from _at_isocentres(plan)


def _not_comparable(alone: Case) -> str:
    """Why a plan's dose can't be held against its beams' doses; empty where it can."""
    if not alone.dose_is_physical:
        return f"the dose is of type {' and '.join(alone.dose.types)}"
    if any(one.sums_plans for one in alone.study.plan_doses):
        return "the dose is a sum over several plans"
    if any(one.group_numbers for one in alone.study.plan_doses) and len(alone.study.plan_doses) == 1:
        return "the dose is that of some of the plan's fraction groups"
    return alone.dose.problem(PHYSICAL)


def _told_points(plan: Planned) -> tuple[list[tuple[FloatArray, float]], list[str]]:
    """Points of the treating beams, each with the dose that these give there in all fractions; beams without one."""
    found: list[tuple[FloatArray, float]] = []
    untold = []
    names = {beam.number: plan.called(beam) for beam in plan.beams}
    beside = {beam.number for beam in (*plan.setup, *plan.imaging)}
    for group in plan.plan.fraction_groups:
        for use in group.beams:
            if use.number in beside:
                continue
            if not use.beam_dose_gy or use.point_mm is None or not group.fractions_planned:
                untold.append(names.get(use.number, f"beam {use.number}"))
                continue
            point, gray = np.array(use.point_mm), use.beam_dose_gy * group.fractions_planned
            near = next((i for i, (other, _) in enumerate(found) if math.dist(point, other) <= _SAME_POINT_MM), None)
            if near is None:
                found.append((point, gray))
            else:
                found[near] = (found[near][0], found[near][1] + gray)
    return found, untold


def _at_points(
    alone: Case, label: str, told: Sequence[tuple[FloatArray, float]], tolerance_percent: float, *, exact: bool
) -> Iterator[Answer]:
    """The dose at each point; `exact` where it is that of all beams, and may not be more."""
    doses = alone.dose.field(PHYSICAL).at(np.array([point for point, _ in told]))
    for (point, expected), gray in zip(told, doses, strict=True):
        where = f"at the beams' point {point_text(point)}"
        if math.isnan(gray):
            yield Unknown(label, f"{where}: outside the dose grid")
            continue
        percent = 100.0 * float(gray) / expected
        message = f"{gray:.4g} Gy {where}, where its beams give {expected:.4g} Gy in all fractions"
        low, high = 100.0 - tolerance_percent, 100.0 + tolerance_percent
        if percent < low or (percent > high and exact):
            limit = f"{low:g} to {high:g} %" if exact else f">= {low:g} %"
            yield Alert(
                label, f"{message}: the dose of one fraction, other units, or another plan's?", (), percent, limit, "%"
            )
        else:
            yield Shown(label, message, observed=percent, unit="%")


def _at_isocentres(plan: Planned) -> Iterator[Answer]:
    """The dose at each isocentre, for a reviewer: it may lie between targets."""
    points = sorted(one.point_mm for one in isocentres(plan))
    yield Unknown(plan.name, "no point of its beams has a stated dose" + ("" if points else ", nor is an isocentre"))
    doses = plan.case.dose.field(PHYSICAL).at(np.array(points)) if points else ()
    asked = max((one.total_dose_gy for one in plan.case.prescriptions), default=None)
    for point, gray in zip(points, doses, strict=True):
        share = f", {100.0 * float(gray) / asked:.3g} % of {asked:g} Gy" if asked else ""
        text = "the dose isn't known" if math.isnan(gray) else f"{gray:.4g} Gy{share}"
        yield Shown(plan.name, f"at the isocentre {point_text(point)}: {text}")


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "B9",
        "hot-spot",
        "the highest dose lies in the patient, in a target or near one",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "AAPM TG-275 (2020); AAPM MPPG 11.a (2021)",
        hot_spot,
        tunable(
            near_mm=(10.0, "mm", "distance of the maximum from the nearest target"),
            hotter_percent=(5.0, "%", "by how much it is above the highest dose in a target"),
        ),
    ),
    PlanCheck(
        "B10",
        "reference-points",
        "at the beams' points the dose is what the plan says",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "DICOM PS3.3 C.8.8.13 (BeamDose); AAPM MPPG 11.a (2021)",
        reference_points,
        tunable(tolerance_percent=(10.0, "%", "difference from the beams' doses")),
    ),
)
