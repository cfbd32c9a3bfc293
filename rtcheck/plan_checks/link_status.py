"""Section A, status: are structure set and plan approved, made in order, and meant to treat?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.nomenclature.helpers import words_of
from rtcheck.plan_checks.beam_facts import NO_PLAN
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Thresholds, Unknown
from rtcheck.plan_checks.days import day
from rtcheck.plan_checks.dose_facts import labelled
from rtcheck.plan_checks.image_facts import drawn_on
from rtcheck.study import Plan, RTDose

#: Words in a plan's label, name or description that say: for measurements, and not for the patient.
_MEASUREMENT_WORDS = frozenset(
    (
        *("qa", "dqa", "psqa", "verif", "verification", "phantom", "test", "dummy", "dnt"),
        *("arccheck", "mapcheck", "octavius", "delta", "matrixx"),
    )
)
#: PlanIntents of plans that treat.
_TREATING_INTENTS = frozenset(("CURATIVE", "PALLIATIVE", "PROPHYLACTIC"))


def approved_in_order(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Structure set and plan are approved, and were made in order: images, structure set, plan, dose.

    A rejected plan is the finding of ``plan-status``. Only days are compared: systems write the time of an export into
    StructureSetTime and RTPlanTime. A structure set younger than its plan was changed, or approved, after planning.
    MPPG 11.a: Rx and plan approved; TG-275. DICOM PS3.3, C.8.8.16 (Approval).
    """
    structures = case.study.structure_set
    yield from _approval(f"structure set {structures.label}".strip(), structures.approval_status)
    for plan in case.study.plans:
        subject = case.study.plan_names[plan.sop_instance_uid]
        if plan.approval_status != "REJECTED":
            yield from _approval(f"plan {subject}", plan.approval_status)
    for label, one in labelled(case):
        yield from _order(case, label, one.plan, one.dose)


def _approval(subject: str, status: str | None) -> Iterator[Answer]:
    if status == "REJECTED":
        yield Alert(subject, "its approval was refused (REJECTED)")
    elif status == "UNAPPROVED":
        yield Alert(subject, "not approved (UNAPPROVED)", severity=Severity.WARNING)
    elif status != "APPROVED":
        said = f"ApprovalStatus is {status}" if status else "whether it is approved isn't stated"
        yield Unknown(subject, said, severity=Severity.WARNING)


def _order(case: Case, label: str, plan: Plan | None, dose: RTDose) -> Iterator[Answer]:
    series = drawn_on(case)
    taken = [made for text in (series.dates if series else ()) if (made := day(text))]
    days = {
        "images": max(taken, default=None),
        "structure set": day(case.study.structure_set.date),
        "plan": day(plan.date if plan else None),
        "dose": day(dose.date),
    }
    known = [(what, made) for what, made in days.items() if made is not None]
    for (earlier, before), (later, after) in pairwise(known):
        if before > after:
            message = f"{earlier} of {before}, {later} of {after}: one was made for another, or was changed since"
            yield Alert(label, message, severity=Severity.WARNING, confidence=Confidence.HEURISTIC)
    if absent := [what for what, made in days.items() if made is None]:
        message = f"no date is known of {', '.join(absent)}: their order wasn't looked at"
        yield Unknown(label, message, severity=Severity.WARNING)


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
            yield Unknown(subject, "PlanIntent isn't stated", severity=Severity.WARNING)


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "A7",
        "approved-in-order",
        "structure set and plan are approved, and images, structure set, plan and dose were made in this order",
        Severity.ERROR,
        Confidence.CERTAIN,
        "AAPM MPPG 11.a (2021); AAPM TG-275 (2020); DICOM PS3.3 C.8.8.16",
        approved_in_order,
        carried_by="plan-status",
    ),
    PlanCheck(
        "A8",
        "treats-the-patient",
        "the plan is meant to treat the patient",
        Severity.ERROR,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.8.8.9; AAPM TG-275 (2020)",
        treats_the_patient,
        carried_by="plan-status",
    ),
)
