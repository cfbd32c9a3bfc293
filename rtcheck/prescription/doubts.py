"""A target with its prescription, and why the prescription's fractions can't be those of the dose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rtcheck.fractionation import Schedule
from rtcheck.prescription.statements import Place, Statement
from rtcheck.study import ROI, Plan, Prescription, Study


@dataclass(frozen=True, eq=False)
class Target:
    """A lesion's planning target and what is prescribed to it.

    Attributes
    ----------
    name : str
    roi : ROI or None
        The PTV (or the ROI that the dose reference names); None where none is drawn.
    prescription : Prescription or None
        None where no place links one to the target, or the places that are trusted most differ.
    problem : str
        Why there is none.
    statements : tuple of Statement
        Every statement that may be about this target, the most trusted first.
    contradicting : tuple of Statement
        Those that say another schedule than the prescription. Empty where the user settled it.
    doubt : str
        Why the prescription's fractions can't be those of its dose, whoever says so; empty where they can.
    in_files : tuple of Schedule
        Where the user says what is prescribed: the schedules that the trusted places of the files say (beam doses
        aren't). Empty where these are silent, or don't tell all of it: a gap that the user fills.
    """

    name: str
    roi: ROI | None
    prescription: Prescription | None
    problem: str = ""
    statements: tuple[Statement, ...] = ()
    contradicting: tuple[Statement, ...] = ()
    doubt: str = ""
    in_files: tuple[Schedule, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Whether the user said what is prescribed."""
        return bool(self.statements) and self.statements[0].place is Place.USER


def with_doubts(study: Study, found: Sequence[Target]) -> tuple[Target, ...]:
    """The targets, each with why its prescription's fractions can't be those of the dose.

    How many fractions a plan gives is a fact of its own, which neither a label nor the user overrides; and a phase that
    is prescribed to no target has a dose all the same.
    """
    covered: dict[str, set[int]] = {plan.sop_instance_uid: set() for plan in study.plans}
    for target in found:
        prescription = target.prescription
        for uid in prescription.plan_uids if prescription else ():
            every = _group_numbers(study, uid)
            covered.setdefault(uid, set()).update(prescription.group_numbers or every if prescription else ())
    return tuple(replace(target, doubt=_doubt(study, target.prescription, covered)) for target in found)


def _doubt(study: Study, prescription: Prescription | None, covered: Mapping[str, set[int]]) -> str:
    if prescription is None:
        return ""
    if any(one.sums_plans for one in study.plan_doses):
        return "the dose is a sum over several plans, whose schedules nothing tells"
    plans = [plan for plan in study.plans if plan.sop_instance_uid in prescription.plan_uids]
    groups = [
        group
        for plan in plans
        for group in plan.fraction_groups
        if not prescription.group_numbers or group.number in prescription.group_numbers
    ]
    counts = [group.fractions_planned for group in groups]
    planned = sum(count or 0 for count in counts)
    if counts and all(counts) and planned != prescription.fractions:
        which = "the plan gives" if len(plans) == 1 else "the plans give"
        return f"{which} {planned} fractions, not {prescription.fractions}"
    for plan in plans:
        absent = _without_dose(study, plan, {group.number for group in groups})
        if absent:
            return f"the dose of fraction group {min(absent)} isn't there"
        left = _group_numbers(study, plan.sop_instance_uid) - covered[plan.sop_instance_uid]
        if left:
            return f"fraction group {min(left)} of the plan is prescribed to no target"
    return ""


def _without_dose(study: Study, plan: Plan, wanted: set[int]) -> set[int]:
    """The fraction groups of a plan whose dose was left out."""
    own = [one for one in study.plan_doses if one.plan is plan]
    there = {group.number for one in own for group in one.fraction_groups}
    return wanted & _group_numbers(study, plan.sop_instance_uid) - there


def _group_numbers(study: Study, uid: str) -> set[int]:
    plan = next((plan for plan in study.plans if plan.sop_instance_uid == uid), None)
    return {group.number for group in plan.fraction_groups} if plan else set()
