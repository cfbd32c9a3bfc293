"""What a protocol's limits leave unjudged, so that nobody takes silence for consent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from rtcheck.case import Case
from rtcheck.checks.applicable import listed, organ_of, schedule_answer
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
    """One finding, with its maximum, for every contoured organ that no limit judged.

    A required organ is NOT_EVALUATED then, unless the protocol's author knows that there is no limit for the schedule
    and says so; one that a row was meant for, and another schedule keeps from, is shown as INFO. An organ that isn't
    contoured has a finding of its own.

    Parameters
    ----------
    findings : sequence of Finding
        Those of `constraints`, in their order.
    """
    judged = judged_as_whole(case, _judged(case, constraints, findings), required)
    meant = [
        case.organ(organ_of(row.roi))
        for row, finding in zip(constraints, findings, strict=True)
        if finding.reason == "schedule"
    ]
    wanted = {case.organ(rule.roi): rule for rule in required if not is_pattern(rule.roi)}
    for organ in dict.fromkeys([*wanted, *meant]):
        if organ in judged or not constraints or not case.is_contoured(organ):
            continue
        finding = _shown(case, organ)
        yield _required(case, wanted[organ], constraints, findings, finding) if organ in wanted else finding


def _judged(case: Case, constraints: Sequence[Constraint], findings: Sequence[Finding]) -> set[str]:
    """The structures that a limit judged."""
    judged: set[str] = set()
    for row, finding in zip(constraints, findings, strict=True):
        if row.role.is_judged and finding.verdict.decides:
            judged |= structures_of(case, row)
    return judged


def structures_of(case: Case, row: Constraint) -> set[str]:
    """The contoured structures that a row is about, by their standard names."""
    names = {organ_of(member) for member in case.members(row.roi)}
    return {case.names.standard(name) or name for name in names if case.is_contoured(name)}


def judged_as_whole(case: Case, structures: Set[str], required: Sequence[RequiredRoi]) -> set[str]:
    """The organs that limits on these structures judge as a whole.

    An organ is judged by itself, by each of what it is made up of, and by what its author says that speaks for it;
    never by half of a pair.
    """
    speaking = {case.organ(rule.roi): rule.judged_by for rule in required}
    organs = {*structures, *speaking, *(case.organ(structure) for structure in structures)}
    return {
        organ for organ in organs if any(_is_whole(case, structures, one) for one in (organ, *speaking.get(organ, ())))
    }


def _is_whole(case: Case, structures: Set[str], organ: str) -> bool:
    parts = case.union_of(organ)
    return organ in structures or (bool(parts) and all(part in structures for part in parts))


def _shown(case: Case, organ: str) -> Finding:
    try:
        answer = case.dvh(organ)["Max[Gy]"]
    except RoiError as error:
        # Half of a pair, or two ROIs of that name: there is no maximum, and the organ still isn't judged.
        answer = MetricValue.absent("Max[Gy]", Unit.GY, str(error))
    return Finding(
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


def _required(
    case: Case, rule: RequiredRoi, constraints: Sequence[Constraint], findings: Sequence[Finding], shown: Finding
) -> Finding:
    """The finding of a required organ: INFO where its author knows that there is no limit, else NOT_EVALUATED."""
    for known in rule.no_limit:
        if schedule_answer(case, known.regimen) is None:
            return replace(shown, message=f"{shown.message}: {known.because}", source=rule.source)
    organ = case.organ(rule.roi)
    about = [
        (row, finding)
        for row, finding in zip(constraints, findings, strict=True)
        if case.organ(organ_of(row.roi)) == organ and row.role.is_judged
    ]
    elsewhere = [f"{row.id} ({row.regimen.text})" for row, finding in about if finding.reason == "schedule"]
    undrawn = [f"{row.id} (of {row.roi})" for row, finding in about if finding.reason == "not-contoured"]
    said = [
        f"for this schedule {listed(undrawn)} would, and isn't contoured" if undrawn else "",
        f"for other schedules there are {listed(elsewhere)}; nothing is interpolated" if elsewhere else "",
    ]
    why = "; ".join(part for part in said if part) or "no table asked has one"
    return replace(
        shown,
        verdict=Verdict.NOT_EVALUATED,
        message=f"required, and no limit judged it: {why}",
        reason="no-limit-applies",
        source=rule.source,
        robust=False,
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
