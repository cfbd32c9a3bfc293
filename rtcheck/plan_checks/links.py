"""Section A: do the files belong to one patient and one plan, and were they made one after the other?

What can't be one treatment the reader refuses (`rtcheck.dicom`). These checks look at what it let pass with a note, and
at what is wrong without keeping anybody from reading it.

References
----------
.. [1] Xia P, Sintay BJ, Colussi VC, et al. MPPG 11.a: plan and chart review in external beam radiotherapy and
   brachytherapy. J Appl Clin Med Phys 2021;22(9):4-19, table 8.
.. [2] Ford E, Conroy L, Dong L, et al. Strategies for effective physics plan and chart review in radiation therapy:
   report of AAPM Task Group 275. Med Phys 2020;47(6):e236-e272.
.. [3] DICOM PS3.3, C.8.8 (radiotherapy modules), C.7.1.1 (patient), C.7.4.1 (frame of reference).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations, pairwise
from types import MappingProxyType

import numpy as np

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.nomenclature.helpers import words_of
from rtcheck.plan_checks.check import READING, Alert, Answer, PlanCheck, Shown, Threshold, Thresholds, Unknown
from rtcheck.study import ROI, ImageSeries, Plan, RTDose

NO_PLAN = Unknown("plan", "no RT Plan is among the files")
#: Words in a plan's label, name or description that say: for measurements, and not for the patient.
_MEASUREMENT_WORDS = frozenset(
    (
        *("qa", "dqa", "psqa", "verif", "verification", "phantom", "test", "dummy", "dnt"),
        *("arccheck", "mapcheck", "octavius", "delta", "matrixx"),
    )
)
#: PlanIntents of plans that treat.
_TREATING_INTENTS = frozenset(("CURATIVE", "PALLIATIVE", "PROPHYLACTIC"))
#: ROIs that systems add from a library, wherever its slices lay.
_SUPPORT_TYPES = frozenset(("SUPPORT", "FIXATION", "BOLUS"))
#: Contours further than this from parallel to the slices (mm along their normal) weren't drawn on them.
_PARALLEL_MM = 1.0
#: So many names stand in a message.
_MOST_NAMED = 5


def same_patient(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Name, birth date and sex agree between plan, structure set and doses, which have one PatientID.

    Objects of different PatientIDs are never read together. One ID with two names may be two spellings, files of which
    some were de-identified, or a wrong ID: a person has to look. MPPG 11.a, table 8: patient name, MRN, date of birth.
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

    The reader takes another one only where a person chose it. DICOM PS3.3, C.8.8.12 (RT General Plan):
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
    for label, one in zip(case.dose.labels, case.study.plan_doses, strict=True):
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
    for label, one in zip(case.dose.labels, case.study.plan_doses, strict=True):
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


def images_present(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The images that the structure set was drawn on are there, all of them, and its contours lie on their slices.

    MPPG 11.a, table 8: correct CT dataset used. DICOM PS3.3, C.8.8.5: ContourImageSequence and
    ReferencedFrameOfReferenceSequence name the images.
    """
    referenced = case.study.structure_set.referenced_image_uids
    if not referenced:
        yield Unknown("images", "the structure set names no image that it was drawn on")
        return
    present = referenced & {uid for one in case.study.images for uid in one.sop_instance_uids}
    missing = len(referenced) - len(present)
    if case.study.images and not present:
        message = f"none of the {len(referenced)} images that the structure set was drawn on is there, but others are"
        yield Alert("images", message, observed=100.0, unit="%", confidence=Confidence.HEURISTIC)
    elif missing:
        share = 100.0 * missing / len(referenced)
        message = f"{missing} of the {len(referenced)} images that the structure set was drawn on aren't there"
        yield Alert("images", f"{message} ({share:.3g} %)", observed=share, unit="%", severity=Severity.WARNING)
    else:
        series = _drawn_on(case.study.images, referenced)
        yield from _off_slices(case.study.structure_set.rois, series, thresholds["off_slice_mm"])


def _drawn_on(images: Iterable[ImageSeries], referenced: frozenset[str]) -> ImageSeries:
    """The series that most of the referenced images are of."""
    return max(images, key=lambda one: len(referenced.intersection(one.sop_instance_uids)))


def _off_slices(rois: Iterable[ROI], series: ImageSeries, within_mm: float) -> Iterator[Answer]:
    """Contours parallel to the slices that lie on none of them."""
    drawn = [(roi, contour.points_mm) for roi in rois for contour in roi.closed_contours]
    drawn = [(roi, points) for roi, points in drawn if roi.interpreted_type not in _SUPPORT_TYPES]
    if not drawn:
        return
    along = np.concatenate([points for _, points in drawn]) @ series.normal
    starts = np.cumsum([0] + [len(points) for _, points in drawn[:-1]])
    low, high = np.minimum.reduceat(along, starts), np.maximum.reduceat(along, starts)
    parallel = high - low <= _PARALLEL_MM
    middle = 0.5 * (low + high)
    after = np.clip(np.searchsorted(series.slice_positions_mm, middle), 1, max(len(series.slice_positions_mm) - 1, 1))
    near = np.stack([series.slice_positions_mm[after - 1], series.slice_positions_mm[np.minimum(after, _last(series))]])
    off = np.abs(near - middle).min(axis=0)
    beside = parallel & (off > within_mm)
    if not beside.any():
        return
    names = tuple(dict.fromkeys(drawn[index][0].name for index in np.flatnonzero(beside)))
    furthest = float(off[beside].max())
    message = (
        f"{int(beside.sum())} of {len(drawn)} contours ({_listed(names)}) lie on no slice of the {series.modality}, up "
        f"to {furthest:.3g} mm from the nearest: were they drawn on another series?"
    )
    limit = f"<= {within_mm:g} mm"
    yield Alert(series.modality, message, names, furthest, limit, "mm", Severity.WARNING, Confidence.HEURISTIC)


def _last(series: ImageSeries) -> int:
    return len(series.slice_positions_mm) - 1


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


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
            rois = (target.roi.name,) if target.roi else ()
            yield Alert(target.name, message, rois, severity=Severity.WARNING, confidence=Confidence.HEURISTIC)


def approved_in_order(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Structure set and plan are approved, and were made in order: images, structure set, plan, dose.

    A rejected plan is the finding of ``plan-status``. Only days are compared: systems write the time of an export into
    StructureSetTime and RTPlanTime. A structure set younger than its plan was changed, or approved, after planning.
    MPPG 11.a, table 8: Rx and plan approved; TG-275. DICOM PS3.3, C.8.8.16 (Approval).
    """
    structures = case.study.structure_set
    yield from _approval(f"structure set {structures.label}".strip(), structures.approval_status)
    for plan in case.study.plans:
        subject = case.study.plan_names[plan.sop_instance_uid]
        if plan.approval_status != "REJECTED":
            yield from _approval(f"plan {subject}", plan.approval_status)
    for one, label in zip(case.study.plan_doses, case.dose.labels, strict=True):
        yield from _order(case, label, one.plan, one.dose)


def _approval(subject: str, status: str | None) -> Iterator[Answer]:
    if status == "REJECTED":
        yield Alert(subject, "its approval was refused (REJECTED)")
    elif status == "UNAPPROVED":
        yield Alert(subject, "not approved (UNAPPROVED)", severity=Severity.WARNING)
    elif status != "APPROVED":
        yield Shown(subject, f"ApprovalStatus is {status}" if status else "whether it is approved isn't stated")


def _order(case: Case, label: str, plan: Plan | None, dose: RTDose) -> Iterator[Answer]:
    structures = case.study.structure_set
    images = case.study.images
    series = _drawn_on(images, structures.referenced_image_uids) if images else None
    newest = max(series.dates, default=None) if series else None
    stated = {
        "images": newest,
        "structure set": structures.date,
        "plan": plan.date if plan else None,
        "dose": dose.date,
    }
    days = {what: _day(text) for what, text in stated.items()}
    known = [(what, day) for what, day in days.items() if day is not None]
    for (earlier, before), (later, after) in pairwise(known):
        if before > after:
            message = f"{earlier} of {before}, {later} of {after}: one was made for another, or was changed since"
            yield Alert(label, message, severity=Severity.WARNING, confidence=Confidence.HEURISTIC)
    absent = [what for what, day in days.items() if day is None]
    if absent:
        yield Shown(label, f"no date is known of {', '.join(absent)}: their order wasn't looked at")


def _day(text: str | None) -> date | None:
    """A DICOM date (``YYYYMMDD``, in old files ``YYYY.MM.DD``); None where it is none."""
    digits = (text or "").replace(".", "").strip()
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])) if len(digits) == 8 else None
    except ValueError:
        return None


def treats_the_patient(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """The plan is meant to treat, and isn't named like one for measurements.

    A PlanIntent of VERIFICATION, RESEARCH, MACHINE_QA or SERVICE is the finding of ``plan-status``; here is asked
    whether label, name or description say so where the intent doesn't. DICOM PS3.3, C.8.8.9 (RT General Plan).
    """
    if not case.study.plans:
        yield NO_PLAN
    for plan in case.study.plans:
        subject = case.study.plan_names[plan.sop_instance_uid]
        text = " ".join(part for part in (plan.label, plan.name, plan.description) if part)
        said = [word for word in words_of(text) if word.lower() in _MEASUREMENT_WORDS]
        if said and plan.plan_intent in (None, *_TREATING_INTENTS):
            intent = plan.plan_intent or "not stated"
            message = f"named {text!r} ({said[0]!r}), and PlanIntent is {intent}: is it the plan that treats?"
            yield Alert(subject, message, severity=Severity.WARNING, confidence=Confidence.HEURISTIC)
        elif plan.plan_intent is None:
            yield Shown(subject, "PlanIntent isn't stated")


#: Notes about files that the study has no use for.
_LEFT_OUT = frozenset(("objects-left-out", "doses-left-out", "ignored-objects", "enhanced-images", "images-left-out"))


def no_orphans(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Every file is used: no plan without a dose, no doses of beams beside the plan's, no series of no concern.

    Trial centres send them with what they mean; TG-275: the wrong one of several plans or doses is reviewed.
    """
    for note in case.study.notes:
        if note.code in _LEFT_OUT:
            yield Alert(note.where, note.message)
    for label, one in zip(case.dose.labels, case.study.plan_doses, strict=True):
        if one.dose.parts:
            yield Shown(label, f"its dose is the sum of {len(one.dose.parts)} files, of a beam or a part of one each")


_PATIENT = "AAPM MPPG 11.a (2021), table 8; TG-275 (2020); DICOM PS3.3 C.7.1.1"

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
        "DICOM PS3.3 C.8.8.9; TG-275 (2020)",
        plan_names_structures,
        carried_by=READING,
    ),
    PlanCheck(
        "A3",
        "dose-names-plan",
        "the dose names the plan, and the structure set, that it was calculated for",
        Severity.ERROR,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.8.8.3; TG-275 (2020)",
        dose_names_plan,
        carried_by=READING,
    ),
    PlanCheck(
        "A4",
        "one-frame-of-reference",
        "structure set, doses and plan lie in one frame of reference",
        Severity.ERROR,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.7.4.1; AAPM MPPG 11.a (2021), table 8",
        one_frame_of_reference,
        carried_by=READING,
    ),
    PlanCheck(
        "A5",
        "images-present",
        "the images that the structure set was drawn on are there, and its contours lie on them",
        Severity.ERROR,
        Confidence.CERTAIN,
        "AAPM MPPG 11.a (2021), table 8; DICOM PS3.3 C.8.8.5",
        images_present,
        MappingProxyType({"off_slice_mm": Threshold(0.5, "mm", "distance of a contour from the nearest slice")}),
    ),
    PlanCheck(
        "A6",
        "one-candidate",
        "no object is there twice, and nobody had to guess which one is meant",
        Severity.ERROR,
        Confidence.CERTAIN,
        "TG-275 (2020)",
        one_candidate,
        carried_by=READING,
    ),
    PlanCheck(
        "A7",
        "approved-in-order",
        "structure set and plan are approved, and images, structure set, plan and dose were made in this order",
        Severity.ERROR,
        Confidence.CERTAIN,
        "AAPM MPPG 11.a (2021), table 8; TG-275 (2020); DICOM PS3.3 C.8.8.16",
        approved_in_order,
        carried_by="plan-status",
    ),
    PlanCheck(
        "A8",
        "treats-the-patient",
        "the plan is meant to treat the patient",
        Severity.ERROR,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.8.8.9; TG-275 (2020)",
        treats_the_patient,
        carried_by="plan-status",
    ),
    PlanCheck(
        "A9",
        "no-orphans",
        "every file given is used",
        Severity.NOTE,
        Confidence.CERTAIN,
        "TG-275 (2020)",
        no_orphans,
    ),
)
