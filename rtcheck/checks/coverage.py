"""What a protocol's limits leave unjudged, so that nobody takes silence for consent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rtcheck.case import Case
from rtcheck.checks.dose import organ_of
from rtcheck.constraint import Constraint, RequiredRoi
from rtcheck.errors import RoiError
from rtcheck.finding import Finding, Source, Verdict
from rtcheck.metrics import MetricValue
from rtcheck.nomenclature import is_pattern
from rtcheck.units import Unit

_SOURCE = Source("rtcheck", "unjudged")


def unjudged_organs(
    case: Case, constraints: Sequence[Constraint], required: Sequence[RequiredRoi], findings: Sequence[Finding]
) -> Iterator[Finding]:
    """One INFO finding, with its maximum, for every contoured organ that no limit judged.

    Asked for are the required organs and those that a row was meant for and another schedule keeps from.
    """
    judged = {organ_of(f.subject) for f in findings if f.check == "dose-constraint" and f.verdict.decides}
    meant = [organ_of(f.subject) for f in findings if f.check == "dose-constraint" and f.reason == "schedule"]
    wanted = [rule.roi for rule in required if not is_pattern(rule.roi)]
    for organ in dict.fromkeys([*wanted, *meant]):
        if organ in judged or not constraints or not case.is_contoured(organ):
            continue
        try:
            answer = case.dvh(organ)["Max[Gy]"]
        except RoiError as error:
            # Half of a pair, or two ROIs of that name: there is no maximum, and the organ still isn't judged.
            answer = MetricValue.absent("Max[Gy]", Unit.GY, str(error))
        yield Finding(
            check="unjudged-organ",
            subject=organ,
            metric=answer.metric,
            verdict=Verdict.INFO,
            observed=answer.value,
            low=answer.low,
            high=answer.high,
            unit=str(answer.unit),
            message=f"no limit: not judged{f'; {answer.reason}' if answer.reason else ''}",
            source=_SOURCE,
            reason="no-limit",
            group="Not judged",
            basis=str(answer.basis),
        )


def any_limit_applied(constraints: Sequence[Constraint], findings: Sequence[Finding]) -> Iterator[Finding]:
    """NOT_EVALUATED where a protocol has limits and not one of them could be asked of this plan."""
    limits = [constraint for constraint in constraints if constraint.role.is_judged]
    if limits and not any(f.check == "dose-constraint" and f.verdict.decides for f in findings):
        yield Finding(
            check="limits",
            subject="dose constraints",
            verdict=Verdict.NOT_EVALUATED,
            message=f"none of the {len(limits)} limits applies to this plan: nothing was judged for any organ",
            source=_SOURCE,
            reason="no-limit-applies",
            group="Not judged",
        )
