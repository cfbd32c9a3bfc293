"""Approvals: who has to have signed the contours or the plan, who did, and what takes a signature back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from rtcheck.case import Case
from rtcheck.compliance.answer import NOT_APPROVED, answered, joined
from rtcheck.compliance.dates import undated
from rtcheck.compliance.persons import distinct, independent, key, may_be_same
from rtcheck.days import dicom_date
from rtcheck.finding import Finding, Verdict
from rtcheck.rules import Approval
from rtcheck.sheet import Decision, Role, SignOff, Subject
from rtcheck.study import SourceFile

_DICOM_REJECTED = "REJECTED"
#: What a decision is called, and what is said of one that is neither an approval nor a rejection that stands.
_DECISIONS = {
    Decision.APPROVED: ("approval", "was taken back"),
    Decision.CONDITIONAL: ("approval on conditions", "isn't an approval yet"),
    Decision.REJECTED: ("rejection", "was followed by another decision"),
    Decision.WITHDRAWN: ("withdrawal", "takes back what was decided before"),
}


@dataclass(frozen=True)
class Signed:
    """An object that is signed, with what a sign-off may record of it.

    Attributes
    ----------
    text : str
        ``structure set``, ``plan 'Liver'``, ``dose``.
    parts : tuple of frozenset of str
        For each of its files the SOP Instance UID and the SHA-256; it was signed where one of either was, of each.
    made : date or None
        The date on which it was made, as its file says.
    approval_status : str or None
        ApprovalStatus; None for a dose, which has none.
    """

    text: str
    parts: tuple[frozenset[str], ...]
    made: date | None = None
    approval_status: str | None = None

    def is_among(self, objects: Sequence[str]) -> bool:
        """Whether a sign-off's objects hold every part of it."""
        named = {one.strip().casefold() for one in objects}
        return all(part & named for part in self.parts)


def signed_objects(case: Case, subject: Subject) -> tuple[Signed, ...]:
    """What somebody signs who signs a subject: the structure set; all plans with their doses; of a report nothing."""
    if subject is Subject.CONTOURS:
        own = case.study.structure_set
        files = (_names(own.sop_instance_uid, own.source),)
        return (Signed("structure set", files, dicom_date(own.date), own.approval_status),)
    if subject is not Subject.PLAN:
        return ()
    plans = [
        Signed(
            f"plan {plan.label!r}",
            (_names(plan.sop_instance_uid, plan.source),),
            dicom_date(plan.date),
            plan.approval_status,
        )
        for plan in case.study.plans
    ]
    doses = []
    for one in case.study.plan_doses:
        parts = tuple(_names(part.sop_instance_uid, part) for part in one.dose.parts)
        parts = parts or (_names(one.dose.sop_instance_uid, one.dose.source),)
        doses.append(Signed(f"dose of {one.label}", parts))
    return (*plans, *doses)


def approval_findings(case: Case, rule: Approval) -> Iterator[Finding]:
    """One finding: did as many people of each role approve as the rule wants, in the last round?

    Of a round the decisions that count are those on the files of this case, not older than they are, by somebody with a
    name, dated neither in the future, nor after radiotherapy, nor before an earlier round was turned down. An approval
    is taken back by a later decision, or another of the same day, of the same person in the same role; whose initials
    may be that person's can take it back too. A rejection stands until the same person decides anew, and whoever signed
    it: one without a name or dated in the future counts. What is approved on conditions isn't approved. Several roles
    are several people: who reviews in two roles reviews once.
    """
    subject = rule.subject.value
    objects = signed_objects(case, rule.subject)
    every = [one for one in case.sheet.sign_offs if one.subject is rule.subject]
    last = max((one.round for one in every), default=1)
    current = [one for one in every if one.round == last]
    ended = max((one.date for one in every if one.round < last and one.decision is not Decision.APPROVED), default=None)
    treated = case.sheet.dates.get("radiotherapy_end")
    aside = {id(one): why for one in current if (why := _not_counting(one, objects, ended, treated))}
    counting = [one for one in current if id(one) not in aside]
    approvals = [one for one in counting if _stands(one, counting)]
    rejections = [one for one in counting if one.decision is Decision.REJECTED and not _renewed(one, counting)]
    missing = _missing(rule, approvals)
    verdict, reason = Verdict.PASS, ""
    told = [f"approved by {_people(approvals)}"] if approvals else ["approved by nobody"]
    if rejections:
        verdict, reason = Verdict.FAIL, "rejected"
        told.insert(0, f"rejected by {_people(rejections)}")
    elif missing:
        verdict, reason = Verdict.NOT_EVALUATED, NOT_APPROVED
        told.append(f"missing: {joined(missing)}")
    elif shared := _shared(rule, approvals):
        verdict, reason = Verdict.NOT_EVALUATED, "not-independent"
        told.append(shared)
    elif rule.subject is Subject.PLAN and not case.study.plans:
        verdict, reason = Verdict.NOT_EVALUATED, "no-plan"
        told.append("no RT Plan is among the files: what was signed isn't known")
    elif refused := [one.text for one in objects if one.approval_status == _DICOM_REJECTED]:
        verdict, reason = Verdict.NOT_EVALUATED, "approval-contradictory"
        told.append(f"the file of the {joined(refused)} says that it is rejected")
    told += _remarks(counting, approvals, rejections, current, aside)
    told += _doubtful(rule, approvals, objects)
    told.append(f"round {last}; {_status(objects)}" if every else _status(objects))
    yield answered(rule, subject, verdict, "; ".join(one for one in told if one), reason)


def _names(uid: str, source: SourceFile) -> frozenset[str]:
    return frozenset(one.casefold() for one in (uid, source.sha256) if one)


def _not_counting(sign_off: SignOff, objects: Sequence[Signed], ended: date | None, treated: date | None) -> str:
    """Why a sign-off of the last round doesn't count; empty where it does.

    `ended` is the day on which an earlier round was turned down last, `treated` the last one of this radiotherapy.
    """
    rejected = sign_off.decision is Decision.REJECTED
    if not key(sign_off.name) and not rejected:
        return "nobody's name stands under it"
    if not rejected and (wrong := undated(sign_off.date, None)):
        return wrong
    if not rejected and ended is not None and sign_off.date < ended:
        return f"dated before an earlier round was turned down ({ended})"
    if not rejected and treated is not None and sign_off.date > treated:
        return f"dated after radiotherapy had ended ({treated})"
    if sign_off.objects and (other := [one.text for one in objects if not one.is_among(sign_off.objects)]):
        return f"signed for other files: the {joined(other)} isn't among them"
    if older := [one for one in objects if one.made is not None and sign_off.date < one.made]:
        return f"dated before the {older[0].text} ({older[0].made})"
    return ""


def _stands(approval: SignOff, counting: Sequence[SignOff]) -> bool:
    """Whether an approval wasn't taken back."""
    return approval.decision is Decision.APPROVED and not any(
        one.decision is not Decision.APPROVED
        and one.role is approval.role
        and one.date >= approval.date
        and may_be_same(one.name, approval.name)
        for one in counting
    )


def _renewed(rejection: SignOff, counting: Sequence[SignOff]) -> bool:
    """Whether the person that rejected decided otherwise on a later day."""
    return any(
        one.decision is not Decision.REJECTED
        and one.role is rejection.role
        and one.date > rejection.date
        and key(one.name) == key(rejection.name)
        for one in counting
    )


def _missing(rule: Approval, approvals: Sequence[SignOff]) -> list[str]:
    """How many people of which roles there should be more."""
    missing = []
    for role in rule.roles:
        there = distinct((one.name for one in approvals if one.role is role), rule.at_least)
        lacking = rule.at_least - len(there)
        if lacking > 0:
            missing.append(f"{lacking} {_role(role)}{'s' if lacking > 1 else ''}")
    return missing


def _shared(rule: Approval, approvals: Sequence[SignOff]) -> str:
    """Who signed in several roles, where nobody else did in one of them; empty where the roles are different people."""
    names = [[one.name for one in approvals if one.role is role] for role in rule.roles]
    if independent(names, rule.at_least):
        return ""
    several: dict[str, dict[str, None]] = {}
    own = [one for one in sorted(approvals, key=_order) if one.role in rule.roles]
    for one, other in combinations(own, 2):
        if one.role is not other.role and may_be_same(one.name, other.name):
            who = " and ".join(sorted({one.name.strip(), other.name.strip()}))
            several.setdefault(who, {}).update({_role(one.role): None, _role(other.role): None})
    told = [f"{who} as {joined(sorted(roles))}" for who, roles in sorted(several.items())]
    return f"the roles aren't different people: {joined(told)}; who signs in two roles reviews once"


def _doubtful(rule: Approval, approvals: Sequence[SignOff], objects: Sequence[Signed]) -> list[str]:
    """Names of one role that may be one person's, and files without a date that approvals could be older than."""
    told = []
    for role in rule.roles:
        names = sorted({one.name.strip() for one in approvals if one.role is role})
        pairs = [(a, b) for a, b in combinations(names, 2) if key(a) != key(b) and may_be_same(a, b)]
        told += [f"{a} and {b} may be the same person" for a, b in pairs]
    silent = [one.text for one in objects if one.made is None and not one.text.startswith("dose of")]
    if silent and any(not one.objects for one in approvals):
        told.append(f"the {joined(silent)} states no date: whether it was signed as it is now isn't known")
    return told


def _remarks(
    counting: Sequence[SignOff],
    approvals: Sequence[SignOff],
    rejections: Sequence[SignOff],
    current: Sequence[SignOff],
    aside: dict[int, str],
) -> list[str]:
    """What else was signed, and why it isn't an approval."""
    shown = {id(one) for one in (*approvals, *rejections)}
    said = [
        f"{_DECISIONS[one.decision][0]} by {_person(one)} {_DECISIONS[one.decision][1]}{_in_brackets(one.remark)}"
        for one in sorted(counting, key=_order)
        if id(one) not in shown
    ]
    said += [
        f"{_DECISIONS[one.decision][0]} by {_person(one)} doesn't count: {aside[id(one)]}"
        for one in sorted(current, key=_order)
        if id(one) in aside
    ]
    if unrecorded := sorted({one.name.strip() for one in approvals if not one.objects}):
        said.append(f"which files {joined(unrecorded)} signed isn't recorded")
    roles_of: dict[str, set[str]] = {}
    for one in sorted(approvals, key=_order):
        roles_of.setdefault(key(one.name), set()).add(_role(one.role))
    for name, roles in roles_of.items():
        if len(roles) > 1:
            who = min(one.name for one in approvals if key(one.name) == name)
            said.append(f"{who} signed as {joined(sorted(roles))}")
    return said


def _in_brackets(remark: str) -> str:
    return f" ({remark.strip()})" if remark.strip() else ""


def _order(one: SignOff) -> tuple[date, str, str, str, str, tuple[str, ...]]:
    """An order that doesn't depend on that of the entries."""
    return (one.date, one.role.value, one.name, one.decision.value, one.remark, one.objects)


def _people(sign_offs: Sequence[SignOff]) -> str:
    return joined(list(dict.fromkeys(_person(one) for one in sorted(sign_offs, key=_order))))


def _person(one: SignOff) -> str:
    return f"{one.name.strip() or 'nobody'} ({_role(one.role)}, {one.date})"


def _role(role: Role) -> str:
    return role.value.replace("-", " ")


def _status(objects: Sequence[Signed]) -> str:
    """What the files themselves say of their approval."""
    told = [
        f"{one.text} {one.approval_status or 'not stated'}" for one in objects if not one.text.startswith("dose of")
    ]
    return f"ApprovalStatus by DICOM: {', '.join(told)}" if told else ""
