"""What a reviewer should know about how the files were understood, and about the plan's own status."""

from __future__ import annotations

from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.finding import Finding, Source, Verdict

#: Notes that leave the dose incomplete or void: whatever else was found, the treatment wasn't evaluated.
DECIDING_NOTES = frozenset({"dose-of-one-fraction-group", "zero-dose"})
#: PlanIntent of plans that treat nobody.
_NOT_FOR_TREATMENT = ("VERIFICATION", "MACHINE_QA", "RESEARCH", "SERVICE")


def reading_notes(case: Case) -> Iterator[Finding]:
    """One finding per note that reading the files left: INFO, or NOT_EVALUATED where the note voids the dose."""
    for note in case.study.notes:
        yield Finding(
            check="reading",
            subject=note.where,
            verdict=Verdict.NOT_EVALUATED if note.code in DECIDING_NOTES else Verdict.INFO,
            message=note.message,
            source=Source("rtcheck", note.code),
            reason=note.code,
            group="Files",
        )


def plan_status(case: Case) -> Iterator[Finding]:
    """For every plan: NOT_EVALUATED where it was rejected or treats nobody; INFO with the status of any other."""
    for plan in case.study.plans:
        status = [f"intent {plan.plan_intent or 'not stated'}", f"approval {plan.approval_status or 'not stated'}"]
        verdict, reason = Verdict.INFO, ""
        if plan.plan_intent in _NOT_FOR_TREATMENT:
            verdict, reason = Verdict.NOT_EVALUATED, "not-for-treatment"
        elif plan.approval_status == "REJECTED":
            verdict, reason = Verdict.NOT_EVALUATED, "plan-rejected"
        yield Finding(
            check="plan-status",
            subject=plan.label,
            verdict=verdict,
            message=", ".join(status),
            source=Source("rtcheck", "plan-status"),
            reason=reason,
            group="Plan",
        )
