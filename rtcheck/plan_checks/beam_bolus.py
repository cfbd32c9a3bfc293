"""The check of boluses: what a beam says it has, what it references, and what is drawn."""

from __future__ import annotations

from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.nomenclature.helpers import words_of
from rtcheck.plan_checks.beam_facts import Planned, each_plan, planned
from rtcheck.plan_checks.check import Alert, Answer, Shown, Thresholds, Unknown
from rtcheck.plan_checks.rois import drawn
from rtcheck.plan_checks.wording import listed
from rtcheck.study import ROI, Beam

BOLUS_TYPE = "BOLUS"


def bolus(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Every bolus that a beam has is drawn, and every bolus that is drawn is a beam's.

    A bolus that was planned and isn't laid on the patient, or the other way round, changes the dose at the skin and
    below; AAPM TG-275 and MPPG 11.a ask the review of a plan to look at it. NumberOfBoli, ReferencedBolusSequence and
    the ROIs of type BOLUS say the same thing three times (DICOM PS3.3, C.8.8.14).
    """
    yield from each_plan(case, _boluses)
    plans = planned(case)
    referenced = {number for plan in plans for beam in plan.beams for number in beam.bolus_roi_numbers}
    for roi in drawn(case) if plans else ():
        if is_bolus(roi) and roi.number not in referenced:
            yield Alert(
                roi.name, "a bolus is drawn and no treating beam references it: is it laid on, or not?", (roi.name,)
            )


def is_bolus(roi: ROI) -> bool:
    """Whether an ROI is a bolus by its type, or without one by its name."""
    return roi.interpreted_type == BOLUS_TYPE if roi.interpreted_type else _named_bolus(roi)


def _named_bolus(roi: ROI) -> bool:
    return "bolus" in {word.lower() for word in words_of(roi.name)}


def _boluses(plan: Planned) -> Iterator[Answer]:
    unsaid = [plan.called(beam) for beam in plan.beams if beam.boli is None and not beam.bolus_roi_numbers]
    if unsaid:
        yield Unknown(plan.name, f"NumberOfBoli isn't stated for {listed(unsaid)}")
    for beam in plan.beams:
        yield from _of_beam(plan, beam)


def _of_beam(plan: Planned, beam: Beam) -> Iterator[Answer]:
    subject, referenced = plan.called(beam), beam.bolus_roi_numbers
    if beam.boli is not None and beam.boli != len(referenced):
        yield Alert(
            subject,
            f"NumberOfBoli is {beam.boli}, and the beam references {len(referenced)}",
            observed=float(len(referenced)),
            limit=f"{beam.boli}",
        )
    rois = {roi.number: roi for roi in plan.case.study.structure_set.rois}
    for number in referenced:
        roi = rois.get(number)
        if roi is None:
            yield Alert(subject, f"it references ROI {number} as its bolus, which the structure set doesn't have")
        elif not roi.closed_contours:
            yield Alert(subject, f"its bolus {roi.name!r} isn't drawn", (roi.name,))
        elif not (is_bolus(roi) or _named_bolus(roi)):
            kind = roi.interpreted_type or "none"
            yield Alert(
                subject, f"its bolus {roi.name!r} is of type {kind}, not {BOLUS_TYPE}", (roi.name,), limit=BOLUS_TYPE
            )
        else:
            yield Shown(subject, f"bolus {roi.name!r}", (roi.name,))
