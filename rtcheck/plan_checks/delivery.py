"""Section E, second half: what the machine needs to deliver the beams as they were planned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.beam_aperture import opening_of
from rtcheck.plan_checks.beam_bolus import bolus
from rtcheck.plan_checks.beam_control_points import angles, control_points
from rtcheck.plan_checks.beam_facts import Planned, each_plan, is_stated, planned, stated
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Thresholds, Unknown, tunable
from rtcheck.plan_checks.image_facts import called, planning_cts, without_ct
from rtcheck.plan_checks.wording import listed

_ORIGIN = "AAPM MPPG 11.a (2021); AAPM TG-275 (2020)"


def small_fields(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The opening of every photon beam is large enough for ordinary dosimetry.

    Below 30 mm output factors and profiles are those of small fields, which need detectors, corrections and a beam
    model of their own (IAEA TRS-483, ICRU Report 91): was the machine commissioned for them? What is measured is the
    side of the square whose area is the beam's open area, averaged over its monitor units (Du et al., Med Phys
    2014;41:021716). Blocks, cones and applicators, which make a field smaller still, aren't seen.
    """
    yield from each_plan(case, lambda plan: _fields(plan, thresholds))


def beam_setup(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Setup beams give no dose, treating beams belong to a fraction, and their tolerances and dose rate are stated.

    A setup beam with a dose, or a treating beam that no fraction group uses, is of the wrong type. A tolerance table
    that is named and isn't there leaves the machine without limits at its set-up (DICOM PS3.3, C.8.8.11); many
    planning systems export none, which can't be judged.
    """
    yield from each_plan(case, _setup)


def patient_position(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """The patient lies in the plan as in the planning CT that the contours were drawn on.

    Head first or feet first, supine or prone: where they differ, the wrong side is treated. The plan says it in its
    set-up, the CT in its headers, and the structure set by the CT that it references. Without a CT the positions of all
    set-ups must agree at least. AAPM TG-275: setup; DICOM PS3.3, C.7.3.1.1.2.
    """
    yield from each_plan(case, _position)
    plans = planned(case)
    every = sorted({position for plan in plans for position in plan.plan.patient_positions})
    if len(plans) > 1 and len(every) > 1 and not planning_cts(case):
        message = f"they have different patient positions ({', '.join(every)}), and no CT tells why"
        yield Alert("plans", message, confidence=Confidence.HEURISTIC)
    elif every and not planning_cts(case):
        absent = without_ct(case)
        yield replace(absent, message=f"{absent.message}; in the plan the patient lies {' or '.join(every)}")


def _fields(plan: Planned, thresholds: Thresholds) -> Iterator[Answer]:
    limit_mm = thresholds["side_mm"]
    sides: dict[str, float] = {}
    for beam in plan.beams:
        subject = plan.called(beam)
        if beam.radiation_type != "PHOTON":
            kind = beam.radiation_type or "unknown radiation"
            yield Unknown(subject, f"jaws and leaves don't tell the field of a beam of {kind}")
            continue
        opening = opening_of(beam)
        if opening.side_mm is None:
            yield Unknown(subject, opening.problem)
            continue
        sides[subject] = opening.side_mm
    if not sides:
        return
    smallest = min(sides, key=lambda name: sides[name])
    what = f"the smallest opening is that of a square of {sides[smallest]:.0f} mm ({smallest})"
    small = [name for name, side in sides.items() if side < limit_mm]
    if not small:
        yield Shown(plan.name, what, observed=sides[smallest], unit="mm")
        return
    yield Alert(
        plan.name,
        f"{len(small)} of {len(sides)} beams are small fields ({listed(small)}), and {what}: is the machine "
        "commissioned for them?",
        observed=sides[smallest],
        limit=f">= {limit_mm:g} mm",
        unit="mm",
    )


def _setup(plan: Planned) -> Iterator[Answer]:
    if plan.setup:
        names = listed([plan.called(beam) for beam in plan.setup])
        yield Shown(plan.name, f"beams that only set up or take images, not counted as treatment: {names}")
    for beam in plan.setup:
        dose_gy = sum(used.beam_dose_gy or 0.0 for _, used in plan.uses(beam))
        if dose_gy > 0:
            yield Alert(
                plan.called(beam),
                f"it is of type {beam.treatment_delivery_type} and gives {dose_gy:.3g} Gy: does it treat?",
                observed=dose_gy,
                limit="0 Gy",
                unit="Gy",
            )
    for beam in plan.imaging:
        yield Alert(
            plan.called(beam),
            "its type says that it treats, it has no meterset, and its name is that of an imaging beam: it isn't "
            "counted as treatment",
            severity=Severity.NOTE,
        )
    for beam in plan.beams:
        if not plan.uses(beam):
            yield Alert(plan.called(beam), "it treats, and no fraction group uses it: it won't be given")
    yield from _tolerances(plan)
    yield from _dose_rates(plan)


def _tolerances(plan: Planned) -> Iterator[Answer]:
    known = plan.plan.tolerance_table_numbers
    named = [beam for beam in plan.beams if beam.tolerance_table_number is not None]
    if not named:
        yield Unknown(plan.name, "its beams name no tolerance table")
        return
    for beam in named:
        number = beam.tolerance_table_number
        if number not in known:
            there = f"has {listed([str(one) for one in known])}" if known else "has none"
            yield Alert(plan.called(beam), f"it names tolerance table {number}, and the plan {there}")
    without = [plan.called(beam) for beam in plan.beams if beam not in named]
    if without:
        yield Alert(plan.name, f"{listed(without)} names no tolerance table, as other beams do", severity=Severity.NOTE)


def _dose_rates(plan: Planned) -> Iterator[Answer]:
    unsaid = []
    for beam in plan.beams:
        rates = stated(beam, lambda point: point.dose_rate)
        if not is_stated(beam, lambda point: point.dose_rate):
            unsaid.append(plan.called(beam))
        if rates and max(rates) <= 0:
            yield Alert(
                plan.called(beam), f"its dose rate is {max(rates):g}", observed=max(rates), limit="> 0", unit="MU/min"
            )
    if unsaid:
        yield Unknown(plan.name, f"no dose rate is stated for {listed(unsaid)}")


def _position(plan: Planned) -> Iterator[Answer]:
    positions = plan.plan.patient_positions
    if not positions:
        yield Unknown(plan.name, "no patient position is stated in its set-up")
    if len(positions) > 1:
        yield Alert(plan.name, f"its set-ups have different patient positions: {', '.join(positions)}")
    for series in planning_cts(plan.case):
        if not series.patient_positions:
            yield Unknown(called(series), "no patient position is stated in its images")
        elif positions and set(series.patient_positions) != set(positions):
            yield Alert(
                plan.name,
                f"the patient lies {' and '.join(positions)} in the plan, and {' and '.join(series.patient_positions)} "
                f"in {called(series)}",
                limit=" and ".join(series.patient_positions),
            )


#: E7 to E12.
CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "E7",
        "angles",
        "gantry, collimator and couch angles are stated and from 0 to 360 degrees",
        Severity.ERROR,
        Confidence.CERTAIN,
        f"{_ORIGIN}; DICOM PS3.3 C.8.8.14",
        angles,
        tunable(
            couch_degrees=(1.0, "degrees", "couch turned in a stereotactic treatment of the trunk by at most"),
            stereotactic_gy=(6.0, "Gy", "dose per fraction of a stereotactic treatment at least"),
        ),
    ),
    PlanCheck(
        "E8",
        "small-fields",
        "no photon beam is a small field",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "IAEA TRS-483; ICRU Report 91; Du et al., Med Phys 2014;41:021716",
        small_fields,
        tunable(side_mm=(30.0, "mm", "side of the square of a beam's open area at least")),
    ),
    PlanCheck(
        "E9",
        "beam-setup",
        "setup beams give no dose, and treating beams have tolerances and a dose rate",
        Severity.WARNING,
        Confidence.CERTAIN,
        f"{_ORIGIN}; DICOM PS3.3 C.8.8.11 and C.8.8.14",
        beam_setup,
    ),
    PlanCheck(
        "E10",
        "bolus",
        "every bolus of a beam is drawn, and every drawn bolus is a beam's",
        Severity.WARNING,
        Confidence.CERTAIN,
        f"{_ORIGIN}; DICOM PS3.3 C.8.8.14",
        bolus,
    ),
    PlanCheck(
        "E11",
        "patient-position",
        "the patient lies in the plan as in the planning CT",
        Severity.ERROR,
        Confidence.CERTAIN,
        f"{_ORIGIN}; DICOM PS3.3 C.7.3.1.1.2",
        patient_position,
    ),
    PlanCheck(
        "E12",
        "control-points",
        "control points are complete, the meterset runs from 0 to its final weight, and arcs turn",
        Severity.ERROR,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.8.8.14.1; AAPM TG-275 (2020)",
        control_points,
    ),
)
