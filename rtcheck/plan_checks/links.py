"""Section A, first part: do the files belong to one patient and one plan?

What can't be one treatment the reader refuses (`rtcheck.dicom`). These checks look at what it let pass with a note, and
at what is wrong without keeping anybody from reading it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.beam_facts import NO_PLAN
from rtcheck.plan_checks.check import READING, Alert, Answer, PlanCheck, Shown, Thresholds, Unknown
from rtcheck.plan_checks.dose_facts import labelled
from rtcheck.plan_checks.rois import roi_names
from rtcheck.study import Plan, RTDose


def same_patient(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Name, birth date and sex agree between plan, structure set, doses and images, which have one PatientID.

    Objects of different PatientIDs are never read together. One ID with two names may be two spellings, files of which
    some were de-identified, or a wrong ID: a person has to look. MPPG 11.a: patient name, MRN, date of birth.
    """
    if not case.study.patient.patient_id:
        yield Unknown("patient", "no file states a PatientID: nothing shows that all are of one patient")
    for note in case.study.notes:
        if note.code == "patient-differs":
            yield Alert("patient", f"{note.message}, under one PatientID: find out whose files these are")
        elif note.code == "patient-id-missing":
            yield Alert("patient", f"{note.message}: taken for this patient's", severity=Severity.WARNING)
        elif note.code == "other-patient":
            message = f"{note.message}; make sure that the right ones were left out"
            yield Alert("other patients", message, severity=Severity.WARNING)


def plan_names_structures(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Every plan names the structure set that it is judged with.

    The reader takes another one only where a person chose it. DICOM PS3.3, C.8.8.9 (RT General Plan):
    ReferencedStructureSetSequence is there where RTPlanGeometry is PATIENT.
    """
    if not case.study.plans:
        yield NO_PLAN
    structures = case.study.structure_set
    for plan in case.study.plans:
        subject, named = case.study.plan_names[plan.sop_instance_uid], plan.referenced_structure_set_uid
        if named is None:
            message = f"the plan names no structure set; {structures.source.name} is taken"
            yield Alert(subject, message, severity=Severity.WARNING)
        elif named != structures.sop_instance_uid:
            message = f"planned on structure set {named}, and judged with {structures.sop_instance_uid}"
            yield Alert(subject, f"{message} ({structures.source.name}); add the plan's own")


def dose_names_plan(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Every dose names its plan, or its plan names it, and no other structure set than the one read.

    DICOM PS3.3, C.8.8.3 (RT Dose): ReferencedRTPlanSequence is required of the dose of a plan.
    """
    structures = case.study.structure_set.sop_instance_uid
    for label, one in labelled(case):
        dose, plan = one.dose, one.plan
        if plan is None:
            named = ", ".join(dose.referenced_plan_uids)
            yield Unknown(label, f"its plan ({named or 'not named'}) isn't among the files")
        elif plan.sop_instance_uid not in dose.referenced_plan_uids and not _names(plan, dose):
            said = "names another plan" if dose.referenced_plan_uids else "names no plan"
            message = f"the dose {said}, and {label} is taken for its own: nothing but its place shows that it is"
            foreign = bool(dose.referenced_plan_uids)
            yield Alert(label, message, severity=Severity.ERROR if foreign else Severity.WARNING)
        if dose.referenced_structure_set_uid not in (None, structures):
            message = f"calculated with structure set {dose.referenced_structure_set_uid}, and judged with {structures}"
            yield Alert(label, message)


def _names(plan: Plan, dose: RTDose) -> bool:
    return bool(dose.sop_instance_uid) and dose.sop_instance_uid in plan.referenced_dose_uids


def one_frame_of_reference(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Structure set, doses and plans lie in one frame of reference; what was moved into it by a registration is shown.

    Doses in another frame without a rigid registration aren't read. DICOM PS3.3, C.7.4.1 and C.20.2 (registrations).
    """
    frame = case.study.structure_set.frame_of_reference_uid
    if not frame:
        yield Unknown("structure set", "it names no frame of reference: nothing shows that ROIs and dose lie in one")
        return
    for label, one in labelled(case):
        own = one.plan.frame_of_reference_uid if one.plan else None
        if one.dose.grid.frame_of_reference_uid != frame:
            message = f"the dose lies in frame of reference {one.dose.grid.frame_of_reference_uid}, the ROIs in {frame}"
            yield Alert(label, message)
        if one.dose.registration:
            yield Shown(label, f"the dose was moved by {one.dose.registration}: look at how the images were matched")
        elif own not in (None, "", frame):
            yield Alert(label, f"the plan lies in frame of reference {own}, the ROIs in {frame}")
    for note in case.study.notes:
        if note.code in ("frame-of-reference-from-plan", "series-left-out", "registration-not-used"):
            yield Shown(note.where, note.message)


def one_candidate(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Nothing is there twice: no two images at one place, no dose or plan summed with its own copy.

    Of two candidates for one object none is ever taken unasked: the reader refuses, and says how to choose. TG-275
    lists the wrong version of a plan, and the wrong images, among the failure modes of the highest risk.
    """
    for note in case.study.notes:
        if note.code == "images-at-one-position":
            message = f"{note.message}: copies, phases of a 4D scan, or two series in one"
            yield Alert(note.where, message, severity=Severity.WARNING)
        elif note.code in ("duplicate-files", "plans-together", "structures-by-frame"):
            yield Shown(note.where, note.message)
    labels = case.dose.labels
    for (i, one), (k, other) in combinations(enumerate(case.study.plan_doses), 2):
        if one.dose.dose_gy.shape == other.dose.dose_gy.shape and np.array_equal(one.dose.dose_gy, other.dose.dose_gy):
            yield Alert(labels[k], f"its dose is that of {labels[i]}, value by value: one dose is summed twice")
    for target in case.targets:
        phases = target.prescription.schedule.phases if target.prescription else ()
        plans = target.prescription.plan_uids if target.prescription else ()
        if len(plans) == len(phases) > 1 and len(set(phases)) < len(phases):
            names = " and ".join(case.study.plan_names[uid] for uid in plans)
            message = f"{names} each give it {phases[0]}: are they versions of one plan?"
            rois = roi_names(target)
            yield Alert(target.name, message, rois, severity=Severity.WARNING, confidence=Confidence.HEURISTIC)


#: Notes about files that the study has no use for.
_LEFT_OUT = frozenset(("objects-left-out", "doses-left-out", "ignored-objects", "enhanced-images", "images-left-out"))


def no_orphans(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Every file is used: no plan without a dose, no doses of beams beside the plan's, no series of no concern.

    Trial centres send them with what they mean; TG-275: the wrong one of several plans or doses is reviewed.
    """
    for note in case.study.notes:
        if note.code in _LEFT_OUT:
            yield Alert(note.where, note.message)
    for label, one in labelled(case):
        if one.dose.parts:
            yield Shown(label, f"its dose is the sum of {len(one.dose.parts)} files, of a beam or a part of one each")


_PATIENT = "AAPM MPPG 11.a (2021); AAPM TG-275 (2020); DICOM PS3.3 C.7.1.1"
CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "A1",
        "same-patient",
        "plan, structure set, doses and images are of one patient",
        Severity.ERROR,
        Confidence.HEURISTIC,
        _PATIENT,
        same_patient,
        carried_by=READING,
    ),
    PlanCheck(
        "A2",
        "plan-names-structures",
        "the plan names the structure set that it is judged with",
        Severity.ERROR,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.8.8.9; AAPM TG-275 (2020)",
        plan_names_structures,
        carried_by=READING,
    ),
    PlanCheck(
        "A3",
        "dose-names-plan",
        "the dose names the plan, and the structure set, that it was calculated for",
        Severity.ERROR,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.8.8.3; AAPM TG-275 (2020)",
        dose_names_plan,
        carried_by=READING,
    ),
    PlanCheck(
        "A4",
        "one-frame-of-reference",
        "structure set, doses and plan lie in one frame of reference",
        Severity.ERROR,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.7.4.1; AAPM MPPG 11.a (2021)",
        one_frame_of_reference,
        carried_by=READING,
    ),
    PlanCheck(
        "A6",
        "one-candidate",
        "no object is there twice, and nobody had to guess which one is meant",
        Severity.ERROR,
        Confidence.CERTAIN,
        "AAPM TG-275 (2020)",
        one_candidate,
        carried_by=READING,
    ),
    PlanCheck(
        "A9",
        "no-orphans",
        "every file given is used",
        Severity.NOTE,
        Confidence.CERTAIN,
        "AAPM TG-275 (2020)",
        no_orphans,
    ),
)
