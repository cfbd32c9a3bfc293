"""Rows that belong together: alternatives, and sets with one common rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rtcheck.checks.applicable import UNDECLARED
from rtcheck.constraint import Constraint, GroupKind
from rtcheck.finding import Finding, Verdict

_MET = (Verdict.PASS, Verdict.ACCEPTABLE)


def with_groups(constraints: Sequence[Constraint], findings: Sequence[Finding]) -> list[Finding]:
    """The findings of rows, each as its group makes it.

    Of alternatives one that is surely for this patient is enough: another that isn't met is ACCEPTABLE, never PASS, and
    says which one is. Of a set the published rate holds only where all rows are met: those that are say so where
    another isn't.
    """
    answered = list(findings)
    members: dict[str, list[int]] = {}
    for index, constraint in enumerate(constraints):
        if constraint.group is not None:
            members.setdefault(constraint.group.id, []).append(index)
    for indices in members.values():
        group = constraints[indices[0]].group
        assert group is not None
        if group.kind is GroupKind.ANY:
            _alternatives(constraints, answered, indices, group.text)
        elif group.kind is GroupKind.SET:
            _one_set(constraints, answered, indices)
    return answered


def _alternatives(
    constraints: Sequence[Constraint], answered: list[Finding], indices: Sequence[int], text: str
) -> None:
    # A row that may be for other patients excuses nothing.
    met = [index for index in indices if answered[index].verdict in _MET and answered[index].reason != UNDECLARED]
    if not met:
        return
    # The surest of those that are met: a verdict that another convention turns makes no other one sure.
    best = max(met, key=lambda index: (answered[index].robust, answered[index].verdict is Verdict.PASS))
    for index in indices:
        finding = answered[index]
        if finding.verdict is Verdict.FAIL:
            because = f"not met, but its alternative {constraints[best].id} is{f' ({text})' if text else ''}"
            answered[index] = replace(
                finding,
                verdict=Verdict.ACCEPTABLE,
                robust=answered[best].robust,
                reason="alternative-met",
                message=f"{finding.message}; {because}",
            )


def _one_set(constraints: Sequence[Constraint], answered: list[Finding], indices: Sequence[int]) -> None:
    broken = [index for index in indices if answered[index].verdict not in _MET]
    if not broken:
        return
    others = ", ".join(constraints[index].id for index in broken)
    for index in indices:
        if answered[index].verdict in _MET:
            rate = constraints[index].rate_pct
            holds = f"the rate of {rate} % belongs to the whole set and" if rate else "it is one row of a set, which"
            remark = f"{holds} isn't shown to hold without {others}"
            answered[index] = replace(answered[index], message=f"{answered[index].message}; {remark}")
