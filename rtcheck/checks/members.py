"""Rows about several ROIs, each by itself: all of them must keep the limit, or one that does is enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rtcheck.case import Case
from rtcheck.constraint import Constraint
from rtcheck.finding import Finding, Verdict, worst
from rtcheck.units import number_text

#: Of ``all(A, B)`` where not all are contoured.
PARTLY = "partly-contoured"
#: Best first; what isn't known is worse than what is allowed and better than what isn't.
_BEST_FIRST = (Verdict.PASS, Verdict.ACCEPTABLE, Verdict.NOT_EVALUATED, Verdict.FAIL)


def of_all(case: Case, constraint: Constraint, findings: Sequence[Finding]) -> Finding:
    """One finding of the ROIs of ``all(A, B)``: the worst of those that are contoured; the others are named.

    Where the one half of a pair isn't contoured and the other is, the row isn't evaluated unless it fails.
    """
    asked = _asked(findings)
    if not asked:
        return _of_none(constraint, findings)
    verdict = worst(finding.verdict for finding in asked) if asked[0].verdict.decides else Verdict.INFO
    decisive = min(
        (finding for finding in asked if finding.verdict is verdict),
        key=lambda finding: _surplus(constraint, finding),
    )
    made = _together(constraint, findings, decisive, robust=all(finding.robust for finding in asked))
    undrawn = [finding.subject for finding in findings if finding.reason == "not-contoured"]
    if not undrawn or made.reason or verdict not in (Verdict.PASS, Verdict.ACCEPTABLE):
        return made
    halves = [half for half in undrawn if _other_half(case, half) & {finding.subject for finding in asked}]
    if halves:
        message = f"{made.message}; of a pair both are asked, and {', '.join(halves)} isn't contoured"
        return replace(made, verdict=Verdict.NOT_EVALUATED, message=message, reason="roi-missing", robust=False)
    return replace(made, reason=PARTLY)


def _other_half(case: Case, name: str) -> set[str]:
    """The other parts of what an ROI is a part of: ``Kidney_R`` of ``Kidney_L``."""
    whole = case.names.part_of(name)
    parts = set(case.union_of(whole)) if whole else set()
    return parts - {name} if name in parts else set()


def of_any(constraint: Constraint, findings: Sequence[Finding]) -> Finding:
    """One finding of the ROIs of ``any(A, B)``: the best of those that are contoured.

    Where none of these keeps the limit and another isn't contoured, nobody knows: it may be the one that is spared.
    """
    asked = _asked(findings)
    if not asked:
        return _of_none(constraint, findings)
    if not asked[0].verdict.decides:
        best = max(asked, key=lambda finding: _surplus(constraint, finding))
        return _together(constraint, findings, best, robust=best.robust)
    best = min(
        asked,
        key=lambda one: (_BEST_FIRST.index(one.verdict), not one.robust, -_surplus(constraint, one)),
    )
    made = _together(constraint, findings, best, robust=best.robust)
    if best.verdict is Verdict.FAIL and len(asked) < len(findings):
        message = f"{made.message}; one that keeps the limit is enough, and not all are contoured"
        return replace(made, verdict=Verdict.NOT_EVALUATED, message=message, reason="roi-missing")
    return made


def _asked(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.verdict is not Verdict.NOT_APPLICABLE]


def _of_none(constraint: Constraint, findings: Sequence[Finding]) -> Finding:
    """Why none of the ROIs is asked: what keeps those that are contoured from it, and else that none is."""
    drawn = [finding for finding in findings if finding.reason != "not-contoured"]
    return replace((drawn or findings)[0], subject=constraint.roi)


def _surplus(constraint: Constraint, finding: Finding) -> float:
    """By how much a finding keeps the limit; that of a number that isn't known counts as least."""
    if finding.observed is None:
        return float("-inf")
    upper = constraint.goal.comparator.is_upper or not constraint.goal.comparator.judges
    return -finding.observed if upper else finding.observed


def _together(constraint: Constraint, findings: Sequence[Finding], decisive: Finding, *, robust: bool) -> Finding:
    others = [_in_short(constraint, finding) for finding in findings if finding is not decisive]
    message = "; ".join([f"{decisive.subject}: {decisive.message}", *others])
    rois = tuple(dict.fromkeys(roi for finding in findings for roi in finding.rois))
    flags = tuple(dict.fromkeys(flag for finding in findings for flag in finding.flags))
    return replace(decisive, subject=constraint.roi, message=message, rois=rois, flags=flags, robust=robust)


def _in_short(constraint: Constraint, finding: Finding) -> str:
    if finding.observed is None:
        return f"{finding.subject}: {finding.message}"
    said = f" {finding.verdict.value}" if finding.verdict.decides else ""
    return f"{finding.subject}: {number_text(finding.observed, constraint.goal.value)} {finding.unit}{said}"
