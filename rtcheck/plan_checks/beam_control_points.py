"""Checks of control points: how many there are, how the meterset runs through them, and at which angles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.beam_facts import Planned, each_plan, is_stated, stated
from rtcheck.plan_checks.check import Alert, Answer, Thresholds, Unknown
from rtcheck.plan_checks.wording import listed, numbers
from rtcheck.study import Beam, ControlPoint

#: An angle may be beyond its range by so much (degrees): writers round.
ANGLE_TOLERANCE_DEG = 0.01
#: Cumulative weights may be off by this share of the final one: writers round.
WEIGHT_TOLERANCE = 1e-4
_ANGLES: tuple[tuple[str, Callable[[ControlPoint], float | None]], ...] = (
    ("gantry", lambda point: point.gantry_deg),
    ("collimator", lambda point: point.collimator_deg),
    ("couch", lambda point: point.couch_deg),
)
#: GantryRotationDirection of a gantry that turns.
_TURNING = ("CW", "CC")
#: Organs of the trunk, and of the head, whose treatments turn the couch as a rule.
_TRUNK = ("Liver", "Lungs", "Heart", "Kidneys", "Stomach", "Duodenum", "Bowel", "Bladder", "Rectum")
_HEAD = ("Brain", "Brainstem", "OpticChiasm")


def angles(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Gantry, collimator and couch angle of every treating beam are stated and from 0 to 360 degrees.

    So DICOM defines them (PS3.3, C.8.8.14); another value was converted wrongly between scales, and the gantry stands
    elsewhere than planned. A turned couch in a stereotactic treatment of the trunk gives a warning: the gantry may
    touch the patient or the couch there (AAPM TG-275 and MPPG 11.a: clearance).
    """
    yield from each_plan(case, lambda plan: _angles(plan, thresholds))


def control_points(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """The control points of every treating beam are complete, and the meterset runs from 0 to its final weight.

    NumberOfControlPoints are there, in the order of their index; the cumulative weight begins with 0, never falls, and
    ends with FinalCumulativeMetersetWeight, which is positive (DICOM PS3.3, C.8.8.14.1). A plan of which control points
    were lost is delivered otherwise than it was calculated. So is an arc whose angles were: a gantry that turns by
    GantryRotationDirection has other angles, and one that doesn't has one (C.8.8.14.8).
    """
    yield from each_plan(case, lambda plan: (one for beam in plan.beams for one in _points(plan.called(beam), beam)))


def _angles(plan: Planned, thresholds: Thresholds) -> Iterator[Answer]:
    for name, read in _ANGLES:
        missing = [plan.called(beam) for beam in plan.beams if not is_stated(beam, read)]
        if missing:
            yield Unknown(plan.name, f"no {name} angle is stated for {listed(missing)}")
        for beam in plan.beams:
            beyond = [deg for deg in stated(beam, read) if not -ANGLE_TOLERANCE_DEG <= deg <= 360 + ANGLE_TOLERANCE_DEG]
            if beyond:
                yield Alert(
                    plan.called(beam),
                    f"the {name} angle is {numbers(beyond[:4])} degrees",
                    observed=beyond[0],
                    limit="0 to 360 degrees",
                    unit="degrees",
                )
    yield from _couch(plan, thresholds)


def _couch(plan: Planned, thresholds: Thresholds) -> Iterator[Answer]:
    turned = [(plan.called(beam), _turned_deg(beam)) for beam in plan.beams]
    turned = [(name, deg) for name, deg in turned if deg > thresholds["couch_degrees"]]
    if not turned or any(map(plan.case.is_contoured, _HEAD)):
        return
    doses = [plan.fraction_dose_gy(group) for group in plan.plan.fraction_groups]
    known = [dose for dose in doses if dose is not None]
    if not known:
        names = listed([name for name, _ in turned])
        yield Unknown(plan.name, f"the couch is turned for {names}, and the dose per fraction isn't known")
        return
    if max(known) < thresholds["stereotactic_gy"]:
        return
    if not any(map(plan.case.is_contoured, _TRUNK)):
        names = listed([name for name, _ in turned])
        message = f"the couch is turned for {names}, and no organ tells whether the trunk is treated"
        yield Unknown(plan.name, message, severity=Severity.WARNING)
        return
    for name, deg in turned:
        yield Alert(
            name,
            f"the couch is turned by {deg:.4g} degrees in a stereotactic treatment of the trunk: does the gantry pass?",
            observed=deg,
            limit=f"<= {thresholds['couch_degrees']:g} degrees",
            unit="degrees",
            severity=Severity.WARNING,
            confidence=Confidence.HEURISTIC,
        )


def _turned_deg(beam: Beam) -> float:
    """How far the couch is turned at most, either way."""
    return max((min(deg % 360, -deg % 360) for deg in stated(beam, lambda point: point.couch_deg)), default=0.0)


def _points(subject: str, beam: Beam) -> Iterator[Answer]:
    there = len(beam.sequence)
    if beam.control_points is None:
        yield Unknown(subject, f"NumberOfControlPoints isn't stated, and {there} are there")
    elif beam.control_points != there:
        yield Alert(
            subject,
            f"NumberOfControlPoints is {beam.control_points}, and {there} are there: export the plan again",
            observed=float(there),
            limit=f"{beam.control_points}",
        )
    if there == 0:
        yield Unknown(subject, "it has no control points")
        return
    if there == 1:
        yield Alert(subject, "it has a single control point; a beam has two at least", observed=1.0, limit=">= 2")
    if [point.index for point in beam.sequence] != list(range(there)):
        yield Alert(subject, f"its control points aren't numbered from 0 to {there - 1} in order: some may be lost")
    yield from _weights(subject, beam)
    yield from _turning(subject, beam)


def _weights(subject: str, beam: Beam) -> Iterator[Answer]:
    final = beam.final_cumulative_meterset_weight
    weights = [point.cumulative_meterset_weight for point in beam.sequence]
    if final is None:
        yield Unknown(subject, "FinalCumulativeMetersetWeight isn't stated")
        return
    if final <= 0:
        yield Alert(subject, f"FinalCumulativeMetersetWeight is {final:g}", observed=final, limit="> 0")
        return
    known = [weight for weight in weights if weight is not None]
    if len(known) < len(weights):
        yield Unknown(subject, f"{len(weights) - len(known)} control points have no CumulativeMetersetWeight")
        return
    tolerance = WEIGHT_TOLERANCE * final
    if abs(known[0]) > tolerance:
        yield Alert(subject, f"its cumulative weight begins with {known[0]:g}", observed=known[0], limit="0")
    falls = [place for place in range(1, len(known)) if known[place] < known[place - 1] - tolerance]
    if falls:
        before, after = known[falls[0] - 1], known[falls[0]]
        yield Alert(
            subject,
            f"its cumulative weight falls from {before:g} to {after:g} at control point {falls[0]}",
            observed=after,
            limit=f">= {before:g}",
        )
    if abs(known[-1] - final) > tolerance:
        yield Alert(
            subject,
            f"its cumulative weight ends with {known[-1]:g}, and FinalCumulativeMetersetWeight is {final:g}",
            observed=known[-1],
            limit=f"{final:g}",
        )


def _turning(subject: str, beam: Beam) -> Iterator[Answer]:
    """Whether the gantry turns as its direction says; one that isn't stated says nothing."""
    segments = list(pairwise(beam.sequence))
    turns = [start for start, end in segments if start.gantry_rotation in _TURNING and _delivers(start, end)]
    angles = stated(beam, lambda point: point.gantry_deg)
    if turns and max(angles, default=0.0) - min(angles, default=0.0) <= ANGLE_TOLERANCE_DEG:
        yield _still(subject, beam, turns)
    moves = [(start, end) for start, end in segments if start.gantry_rotation == "NONE" and _moves(start, end)]
    if moves:
        start, end = moves[0]
        yield Alert(
            subject,
            f"the gantry angle changes from {start.gantry_deg:g} to {end.gantry_deg:g} degrees where "
            "GantryRotationDirection is NONE: does the gantry turn there?",
            observed=float(len(moves)),
            limit="0",
            severity=Severity.WARNING,
        )


def _still(subject: str, beam: Beam, turns: list[ControlPoint]) -> Answer:
    """What is said of a gantry that turns from these control points on, with a single angle or none."""
    what = f"its gantry turns ({turns[0].gantry_rotation})"
    if not is_stated(beam, lambda point: point.gantry_deg):
        return Unknown(subject, f"{what}, and through which angles isn't stated")
    what += f", and stands at {beam.sequence[0].gantry_deg:g} degrees at every control point"
    if len(turns) == 1:
        # From an angle to itself is a whole turn, by C.8.8.14.8; nobody turns so several times.
        return Alert(
            subject,
            f"{what}: is it a whole turn, or was an angle lost?",
            severity=Severity.WARNING,
            confidence=Confidence.HEURISTIC,
        )
    return Alert(subject, f"{what}: the angles of the arc were lost, export the plan again")


def _delivers(start: ControlPoint, end: ControlPoint) -> bool:
    """Whether meterset is given between two control points; where that isn't known, it may be."""
    before, after = start.cumulative_meterset_weight, end.cumulative_meterset_weight
    return before is None or after is None or after > before


def _moves(start: ControlPoint, end: ControlPoint) -> bool:
    """Whether the gantry stands elsewhere at the second of two control points; False where that isn't known."""
    if start.gantry_deg is None or end.gantry_deg is None:
        return False
    apart = end.gantry_deg - start.gantry_deg
    return min(apart % 360, -apart % 360) > ANGLE_TOLERANCE_DEG
