"""What a protocol's limits leave unjudged, so that nobody takes silence for consent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from functools import cache

from rtcheck.case import Case
from rtcheck.checks.applicable import listed, organ_of, schedule_answer, subjects_of
from rtcheck.constraint import Constraint, Patients, RequiredRoi
from rtcheck.errors import ParseError, RtcheckError
from rtcheck.finding import Finding, Source, Verdict
from rtcheck.metrics import Metric, MetricValue, Question
from rtcheck.nomenclature import is_pattern, normalised
from rtcheck.roi_algebra import Expression, Name, Operation, names, parse_expression
from rtcheck.units import Unit

_SOURCE = Source("rtcheck", "unjudged")
_TARGETS = ("gtv", "ctv", "itv", "ptv")
#: What may be taken away from an organ without taking its hot part: the margin of a PTV reaches into the organ itself.
_TUMOURS = ("gtv", "ctv", "itv")


#: A diagnosis and a Child-Pugh score that the patient may have; None where nobody declared it.
PossiblePatient = tuple[str | None, str | None]


def unjudged_organs(
    case: Case,
    constraints: Sequence[Constraint],
    required: Sequence[RequiredRoi],
    findings: Sequence[Finding],
    patients: Sequence[PossiblePatient] = ((None, None),),
) -> Iterator[Finding]:
    """One finding, with its maximum, for every contoured organ that no limit judged.

    A required organ is NOT_EVALUATED then, unless the protocol's author knows that there is no limit for the schedule
    and says so; one that a row was meant for, and another schedule keeps from, is shown as INFO. An organ that isn't
    contoured has a finding of its own.

    Parameters
    ----------
    findings : sequence of Finding
        Those of `constraints`, in their order.
    patients : sequence of PossiblePatient
        Everybody that the patient may be: an organ is judged where it is for each of them.
    """
    limits = [
        (row.patients, structures_of(case, row))
        for row, finding in zip(constraints, findings, strict=True)
        if row.role.is_judged and finding.verdict.decides
    ]
    judged = set.intersection(*(_judged(limits, patient) for patient in patients))
    shown = set()
    for rule in required:
        for structure in required_structures(case, rule):
            shown.add(case.organ(structure))
            if not is_judged(case, judged, structure, rule):
                yield _required(case, rule, structure, constraints, findings)
    for row, finding in zip(constraints, findings, strict=True):
        organ = case.organ(organ_of(row.roi))
        if is_pattern(organ):
            continue  # targets, which have limits of their own kind
        if finding.reason == "schedule" and organ not in shown and case.is_contoured(organ):
            shown.add(organ)
            if not any(case.organ(structure) == organ for structure in judged):
                yield _shown(case, organ)


def required_structures(case: Case, rule: RequiredRoi) -> tuple[str, ...]:
    """The contoured structures that must be judged; targets are asked for their prescription, and not here."""
    found: dict[str, None] = {}
    for name in subjects_of(rule.roi):
        matched = case.names.match(name, case.roi_names) if is_pattern(name) else (name,)
        for one in matched:
            if not normalised(one).startswith(_TARGETS) and case.is_contoured(one):
                found[case.names.standard(one) or one] = None
    return tuple(found)


def structures_of(case: Case, row: Constraint) -> set[str]:
    """The contoured structures that a limit judges as a whole, by their standard names.

    A limit on a piece of an organ, or on what a target leaves of it, says nothing of the rest, and one on its volume or
    its minimum nothing of its hot spots. An organ without the tumour in it is the organ.
    """
    if not _sees_dose(row.metric):
        return set()
    wholes = {name for member in case.members(row.roi) for name in _wholes(member)}
    return {case.names.standard(name) or name for name in wholes if case.is_contoured(name)}


def is_judged(case: Case, structures: Set[str], structure: str, rule: RequiredRoi | None = None) -> bool:
    """Whether limits on `structures` judge one as a whole: itself, each of what it is made up of, or what its author
    says that speaks for it."""
    wholes = (structure, *(rule.judged_by if rule else ()))
    return any(_is_whole(case, structures, one) for one in wholes)


def _judged(limits: Sequence[tuple[Patients, set[str]]], patient: PossiblePatient) -> set[str]:
    """The structures that a limit for such a patient judged."""
    return {one for admitted, structures in limits if admitted.admits(*patient) for one in structures}


def _sees_dose(metric: Metric) -> bool:
    """Whether a metric tells of an organ's higher doses."""
    whole_minimum = (
        metric.question is Question.DOSE and metric.threshold == 100 and metric.threshold_unit is Unit.PERCENT
    )
    return not whole_minimum and metric.question not in (Question.VOLUME, Question.PRESCRIPTION, Question.MIN)


@cache
def _wholes(roi: str) -> tuple[str, ...]:
    try:
        return _whole_names(parse_expression(roi))
    except ParseError:
        return (roi,)


def _whole_names(expression: Expression) -> tuple[str, ...]:
    """The organs that an expression holds as a whole, but for the tumour in them."""
    if isinstance(expression, Name):
        return (expression.text,)
    if not isinstance(expression, Operation) or expression.operator == "&":
        return ()
    if expression.operator == "+":
        return _whole_names(expression.left) + _whole_names(expression.right)
    taken = names(expression.right)
    tumours = all(normalised(name.text).startswith(_TUMOURS) for name in taken)
    return _whole_names(expression.left) if tumours else ()


def _is_whole(case: Case, structures: Set[str], organ: str) -> bool:
    parts = case.union_of(organ)
    return organ in structures or (bool(parts) and all(part in structures for part in parts))


def _shown(case: Case, organ: str) -> Finding:
    try:
        answer = case.dvh(organ)["Max[Gy]"]
    except RtcheckError as error:
        # Half of a pair, two ROIs of that name, a name that needs quotes: no maximum, and the organ still isn't judged.
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
    case: Case, rule: RequiredRoi, structure: str, constraints: Sequence[Constraint], findings: Sequence[Finding]
) -> Finding:
    """The finding of a required organ: INFO where its author knows that there is no limit, else NOT_EVALUATED."""
    shown = replace(_shown(case, structure), source=rule.source)
    for known in rule.no_limit:
        if schedule_answer(case, known.regimen) is None:
            return replace(shown, message=f"{shown.message}: {known.because}")
    return replace(
        shown,
        verdict=Verdict.NOT_EVALUATED,
        message=f"required, and no limit judged it: {_why_unjudged(case, structure, constraints, findings)}",
        reason="no-limit-applies",
        robust=False,
    )


def _why_unjudged(case: Case, structure: str, constraints: Sequence[Constraint], findings: Sequence[Finding]) -> str:
    """Which rows would have judged a structure or its organ, and what keeps them from it."""
    organ = case.organ(structure)
    elsewhere, undrawn, others = [], [], []
    for row, finding in zip(constraints, findings, strict=True):
        if case.organ(organ_of(row.roi)) != organ or not row.role.is_judged:
            continue
        if schedule_answer(case, row.regimen) is not None:
            elsewhere.append(f"{row.id} ({row.regimen.text})")
        elif finding.reason == "not-contoured":
            undrawn.append(f"{row.id} (of {row.roi})")
        else:
            others.append(row.id)
    said = [
        f"for this schedule {listed(undrawn)} would, and isn't contoured" if undrawn else "",
        f"{listed(others)} is about a part of it, or may be for other patients" if others else "",
        f"for other schedules there are {listed(elsewhere)}; nothing is interpolated" if elsewhere else "",
    ]
    return "; ".join(part for part in said if part) or "no table asked has one"


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
