"""What a rule answers, as a finding: the level of the rule decides what breaking it means."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rtcheck.finding import Finding, Measured, Verdict
from rtcheck.rules import (
    Approval,
    Attested,
    Classification,
    Contains,
    Declared,
    Drawn,
    Elapsed,
    EveryLesionTreated,
    FollowUp,
    LesionCount,
    Level,
    MarginRange,
    OrganCount,
    PixelSize,
    PrescribedDose,
    Rule,
    SliceThickness,
)
from rtcheck.units import Comparator, meets

#: What a report sets the findings of a rule under.
GROUPS: Mapping[type[Rule], str] = MappingProxyType(
    {
        LesionCount: "Lesions",
        OrganCount: "Lesions",
        EveryLesionTreated: "Lesions",
        Drawn: "Volumes",
        Contains: "Volumes",
        MarginRange: "Volumes",
        SliceThickness: "Planning CT",
        PixelSize: "Planning CT",
        Declared: "Eligibility",
        Elapsed: "Eligibility",
        Attested: "Attestations",
        Approval: "Approvals",
        Classification: "Classification",
        FollowUp: "Follow-up",
        PrescribedDose: "Targets",
    }
)

#: Stable codes for what nobody declared, attested or approved.
NOT_DECLARED, NOT_ATTESTED, NOT_APPROVED = "not-declared", "not-attested", "not-approved"
NO_LIST = "the case sheet has no list of lesions"


def verdict_at(level: Level, verdict: Verdict) -> Verdict:
    """What an answer means at the level of its rule.

    A recommendation that is broken is ACCEPTABLE, and one of which nobody knows whether it is kept stays NOT_EVALUATED.
    What is only shown never decides.
    """
    if level is Level.INFORMATION and verdict.decides:
        return Verdict.INFO
    if level is Level.RECOMMENDED and verdict is Verdict.FAIL:
        return Verdict.ACCEPTABLE
    return verdict


def answered(
    rule: Rule,
    subject: str,
    verdict: Verdict,
    message: str,
    reason: str = "",
    *,
    lesion: str = "",
    rois: tuple[str, ...] = (),
    observed: float | None = None,
    limit: str = "",
    limit_value: float | None = None,
    unit: str = "",
    metric: str = "",
    measured: tuple[Measured, ...] = (),
    robust: bool = True,
) -> Finding:
    """A finding of a protocol's rule.

    Parameters
    ----------
    rule : Rule
    subject : str
        The lesion's name, or what it is about: ``planning CT``, ``Child-Pugh``, ``contours``.
    verdict : Verdict
        FAIL for a rule that is broken, whatever its level; see `verdict_at`.
    message, reason : str
        One sentence for the reader, and a stable code; a plain PASS needs no code.
    lesion : str
        Name of the declared lesion that it is about.
    rois, observed, limit, limit_value, unit, metric, measured, robust : optional
        As in `Finding`; the interval of `observed` is the number itself.
    """
    return Finding(
        check="protocol-rule",
        subject=subject,
        metric=metric,
        verdict=verdict_at(rule.level, verdict),
        robust=robust,
        observed=observed,
        low=observed,
        high=observed,
        limit=limit,
        limit_value=limit_value,
        unit=unit,
        reason=reason,
        message=message,
        source=rule.source,
        group=GROUPS.get(type(rule), "Protocol"),
        rois=rois,
        standing="protocol",
        lesion=lesion,
        measured=measured,
    )


def keeps(value: float, comparator: Comparator, limit: float, high: float | None = None) -> bool:
    """`meets`, and the comparators that no dose limit has: BETWEEN with both its ends, and equality."""
    if comparator.judges:
        return meets(value, comparator, limit)
    upper = limit if high is None else high
    return meets(value, Comparator.GE, limit) and meets(value, Comparator.LE, upper)


def joined(parts: list[str] | tuple[str, ...]) -> str:
    """Words as a list for the reader: ``A, B and C``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def counted(number: int, one: str, several: str = "") -> str:
    """A number with its noun: ``1 lesion``, ``2 lesions``."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"
