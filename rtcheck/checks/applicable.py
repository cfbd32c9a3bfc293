"""Does a row of a table have anything to do with this patient, structure set and schedule?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from rtcheck.case import Case
from rtcheck.constraint import Constraint, Regimen, Requirement
from rtcheck.errors import ParseError
from rtcheck.finding import Finding, Verdict
from rtcheck.roi_algebra import parse_expression, subjects

#: Of a row whose patients may or may not be this one.
UNDECLARED = "patient-undeclared"
#: So many rows are named to a reader who asks which other ones there are.
MOST_NAMED = 3


@dataclass(frozen=True)
class Answer:
    """The parts of a finding that differ from row to row."""

    verdict: Verdict
    message: str
    reason: str = ""
    robust: bool = True


@cache
def subjects_of(roi: str) -> tuple[str, ...]:
    """The names that an ROI expression is about: ``Liver`` of ``Liver - GTV*``, both of ``Trachea + Bronchus_Main``.

    Text that makes no sense is its own subject: asking for its DVH tells what is wrong.
    """
    try:
        return tuple(dict.fromkeys(name.text for name in subjects(parse_expression(roi))))
    except ParseError:
        return (roi,)


def organ_of(roi: str) -> str:
    """The first name that an ROI expression is about: ``Liver`` of ``Liver - GTV*``."""
    return subjects_of(roi)[0]


def any_contoured(case: Case, roi: str) -> bool:
    """Whether anything is drawn of what an expression is about; what is missing of it, its DVH tells."""
    return any(case.is_contoured(name) for name in subjects_of(roi))


def not_applicable(case: Case, constraint: Constraint, diagnosis: str | None) -> Answer | None:
    """Why a row has nothing to do with this patient, structure set or schedule; None where it has."""
    optional = constraint.requirement is Requirement.IF_CONTOURED
    if optional and constraint.patients.admits(diagnosis, case.child_pugh) is False:
        patients = constraint.patients.text or "other patients"
        return Answer(Verdict.NOT_APPLICABLE, f"for other patients: {patients}", "patient")
    if optional and not any(any_contoured(case, member) for member in case.members(constraint.roi)):
        return Answer(Verdict.NOT_APPLICABLE, _not_contoured(case, constraint), "not-contoured")
    schedule = schedule_answer(case, constraint.regimen)
    return schedule if schedule is not None and schedule.verdict is Verdict.NOT_APPLICABLE else None


def _not_contoured(case: Case, constraint: Constraint) -> str:
    """What isn't there, and what looks like it: a misspelt name must not make a limit vanish unseen."""
    organs = dict.fromkeys(name for member in case.members(constraint.roi) for name in subjects_of(member))
    close = dict.fromkeys(name for organ in organs for name in case.similar(organ))
    return f"not contoured; similar: {', '.join(map(repr, close))}" if close else "not contoured"


def schedule_answer(case: Case, regimen: Regimen) -> Answer | None:
    """Why a row can't be judged on the plan's schedule; None where it can."""
    if regimen.fractions is None and regimen.dose_per_fraction_gy is None:
        return None
    if doubt := _schedule_doubt(case, regimen):
        return Answer(Verdict.NOT_EVALUATED, f"for {regimen.text}; {doubt}", "schedule-unknown")
    if case.schedules:
        text = case.schedule_text
        admitted = [regimen.admits_schedule(schedule) for schedule in case.schedules]
        if all(admitted):
            return None
        if not any(admitted):
            return Answer(Verdict.NOT_APPLICABLE, f"for {regimen.text}, not {text}", "schedule")
        return Answer(Verdict.NOT_EVALUATED, f"for {regimen.text}; prescribed are {text}", "schedule-mixed")
    if case.fractions is None:
        return Answer(Verdict.NOT_EVALUATED, f"for {regimen.text}; {case.prescription_problem}", "schedule-unknown")
    if not regimen.admits_fractions(case.fractions):
        return Answer(Verdict.NOT_APPLICABLE, f"for {regimen.text}, not {case.fractions} fractions", "schedule")
    if regimen.dose_per_fraction_gy is None:
        return None
    message = f"for {regimen.text}; the dose per fraction is unknown: {case.prescription_problem}"
    return Answer(Verdict.NOT_EVALUATED, message, "schedule-unknown")


def _schedule_doubt(case: Case, regimen: Regimen) -> str:
    """Why the prescriptions don't tell the schedule of the whole dose; empty where they do, or there are none.

    A target without a prescription leaves the doses per fraction unknown, and the number of fractions where the plan
    doesn't state that.
    """
    for target in case.targets:
        if target.doubt:
            return f"{target.name}: {target.doubt}"
    if case.prescriptions and (regimen.dose_per_fraction_gy is not None or case.fractions is None):
        for target in case.targets:
            if target.roi is not None and target.prescription is None:
                return f"{target.name}: {target.problem or 'its prescription is unknown'}"
    told = {uid for prescription in case.prescriptions for uid in prescription.plan_uids}
    names_of = case.study.plan_names
    untold = [names_of[plan.sop_instance_uid] for plan in case.study.plans if plan.sop_instance_uid not in told]
    return f"the schedule of {', '.join(untold)} isn't known" if case.prescriptions and untold else ""


def with_nearest(case: Case, constraints: Sequence[Constraint], findings: Sequence[Finding]) -> list[Finding]:
    """The findings of rows; those for other schedules name the rows that are for this one.

    Nothing is interpolated between fraction numbers: a row for 3 and one for 5 say nothing of 4.
    """
    here: dict[str, list[str]] = {}
    for constraint, finding in zip(constraints, findings, strict=True):
        if finding.reason != "schedule" and constraint.role.is_judged:
            here.setdefault(case.organ(organ_of(constraint.roi)), []).append(constraint.id)
    answered = []
    for constraint, finding in zip(constraints, findings, strict=True):
        if finding.reason != "schedule":
            answered.append(finding)
            continue
        organ = case.organ(organ_of(constraint.roi))
        near = f"here: {listed(here[organ])}" if organ in here else f"no limit of {organ} is for this schedule"
        answered.append(replace(finding, message=f"{finding.message}; {near}"))
    return answered


def listed(ids: Sequence[str]) -> str:
    """A few ids, and how many more there are."""
    more = f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
    return f"{', '.join(ids[:MOST_NAMED])}{more}"
