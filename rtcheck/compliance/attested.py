"""What people attest that no file shows: of the whole treatment, or lesion by lesion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rtcheck.case import Case
from rtcheck.compliance.answer import NO_LIST, NOT_ATTESTED, NOT_DECLARED, answered, joined
from rtcheck.compliance.dates import planning_day, undated
from rtcheck.compliance.persons import key
from rtcheck.compliance.where import concerned, contradiction, is_still
from rtcheck.finding import Finding, Source, Verdict
from rtcheck.nomenclature import normalised
from rtcheck.rules import Attested, Rule, Where
from rtcheck.sheet import Attestation, DeclaredLesion

#: What a lesion that a rule isn't about is said to be, and what isn't declared of one of which nobody knows.
_NOT_SO = {
    Where.BONE: ("not in bone", "whether it is in bone"),
    Where.SOFT_TISSUE: ("in bone", "whether it is in bone"),
    Where.VERTEBRA: ("not in a vertebra", "whether it is in a vertebra"),
    Where.MOBILE: ("not mobile", "whether it moves with breathing"),
    Where.ANY: ("", ""),
}
_SO = {
    Where.BONE: "in bone",
    Where.SOFT_TISSUE: "not in bone",
    Where.VERTEBRA: "in a vertebra",
    Where.MOBILE: "mobile",
    Where.ANY: "",
}


def attested_findings(case: Case, rule: Attested) -> Iterator[Finding]:
    """Whether somebody attests what a rule asks: once, or of every lesion that the rule is about.

    A "no" stands until the same person says otherwise of the same on a later day, whoever else says yes. An answer that
    the question doesn't arise needs its reason, and is none where the rule is about every treatment or the case sheet
    itself says that it is about the lesion. Any answer but "no" counts for nothing where it is dated in the future or
    before the planning CT. A lesion whose motion isn't declared, in an organ that breathing doesn't move, isn't asked;
    that is said.
    """
    own, aside = _about(case, rule.key)
    if rule.where is Where.ANY:
        yield _with(_of_treatment(case, rule, own), aside)
        return
    lesions = case.sheet.lesions
    if not lesions:
        message = NO_LIST if lesions is None else "the case sheet's list of lesions is empty"
        yield answered(rule, rule.title, Verdict.NOT_EVALUATED, message, NOT_DECLARED)
        return
    others = []
    for lesion in lesions:
        asked = concerned(rule.where, lesion)
        if asked is False:
            others.append(lesion.name)
        elif asked is None:
            yield _unclear(rule, lesion)
        else:
            beside = [one for one in aside if one[0].lesion in (None, lesion.name)]
            yield _with(_of_lesion(rule, lesion, own), beside)
    if others:
        message = f"{_NOT_SO[rule.where][0]}: {joined(others)}"
        yield answered(rule, ", ".join(others), Verdict.NOT_APPLICABLE, message, "not-concerned")


def further_attestations(case: Case, rules: Sequence[Rule]) -> Iterator[Finding]:
    """The attestations of a case sheet that no rule asks for: shown, and ACCEPTABLE where the answer is no.

    Nobody knows here what a good answer is; that something wasn't done is what somebody has to look at.
    """
    asked = [rule for rule in rules if isinstance(rule, Attested)]
    names = {lesion.name for lesion in case.sheet.lesions or ()}
    for one in case.sheet.attestations:
        if any(_is_asked(case, rule, one) for rule in asked):
            continue
        unknown = "" if one.lesion is None or one.lesion in names else ", which the case sheet doesn't list"
        about = f"{one.key} of {one.lesion}{unknown}" if one.lesion else one.key
        yield Finding(
            check="attestation",
            subject=one.lesion or one.key,
            verdict=Verdict.ACCEPTABLE if one.answer is False else Verdict.INFO,
            message=f"{about}: {_said(one)}",
            reason="answered-no" if one.answer is False else "",
            source=Source("case-sheet", one.key, case.sheet.file),
            group="Attestations",
            lesion=one.lesion if one.lesion in names and one.lesion is not None else "",
        )


def _is_asked(case: Case, rule: Attested, one: Attestation) -> bool:
    """Whether the answer to a rule is looked for in an attestation."""
    if normalised(one.key) != normalised(rule.key):
        return False
    concerned_lesions = [each for each in case.sheet.lesions or () if concerned(rule.where, each)]
    if one.lesion is None:
        return rule.where is Where.ANY or bool(concerned_lesions)
    return one.lesion in {each.name for each in concerned_lesions}


def _about(case: Case, asked: str) -> tuple[list[Attestation], list[tuple[Attestation, str]]]:
    """The attestations of a key by somebody with a name, of each person's about the same thing the latest day's.

    Then those that don't count for their date, with the reason.
    """
    every = [one for one in case.sheet.attestations if normalised(one.key) == normalised(asked) and key(one.name)]
    since = planning_day(case)
    aside = [(one, why) for one in every if one.answer is not False and (why := undated(one.date, since))]
    own = [one for one in every if one not in [each for each, _ in aside]]
    latest: dict[tuple[str, str | None], Attestation] = {}
    for one in sorted(own, key=lambda one: one.date):
        latest[key(one.name), one.lesion] = one
    return [one for one in own if one.date == latest[key(one.name), one.lesion].date], aside


def _with(finding: Finding, aside: Sequence[tuple[Attestation, str]]) -> Finding:
    """A finding that says too which attestations don't count."""
    told = sorted({f"{_said(one)}: doesn't count, {why}" for one, why in aside})
    return replace(finding, message="; ".join((finding.message, *told)))


def _of_treatment(case: Case, rule: Attested, own: Sequence[Attestation]) -> Finding:
    """Of the whole treatment: one answer for all lesions, or one of each."""
    general = [one for one in own if one.lesion is None]
    if general or any(one.answer is False for one in own):
        return _answer(rule, rule.title, [*general, *(one for one in own if one.lesion and one.answer is False)])
    lesions = [lesion.name for lesion in case.sheet.lesions or ()]
    if not own or not lesions:
        return _nobody(rule, rule.title)
    silent = [name for name in lesions if name not in {one.lesion for one in own}]
    if silent:
        message = f"nobody attests it of {joined(silent)}; attested of the others: {_all(own)}"
        return answered(rule, rule.title, Verdict.NOT_EVALUATED, message, NOT_ATTESTED)
    return _answer(rule, rule.title, [one for one in own if one.lesion in lesions])


def _of_lesion(rule: Attested, lesion: DeclaredLesion, own: Sequence[Attestation]) -> Finding:
    about = [one for one in own if one.lesion in (None, lesion.name)]
    motion = lesion.motion if rule.where is Where.MOBILE else None
    if not about:
        return _nobody(rule, lesion.name, lesion.name, f"the case sheet says {motion!r}" if motion else "")
    return _answer(rule, lesion.name, about, lesion.name, _declared_so(rule, lesion))


def _declared_so(rule: Attested, lesion: DeclaredLesion) -> str:
    """That the case sheet itself says that a rule is about a lesion; empty where only its organ does."""
    said = {Where.BONE: lesion.bone, Where.VERTEBRA: lesion.vertebra, Where.MOBILE: lesion.mobile}
    soft = rule.where is Where.SOFT_TISSUE and lesion.bone is False
    return f"the case sheet says that {lesion.name} is {_SO[rule.where]}" if said.get(rule.where) or soft else ""


def _answer(
    rule: Attested,
    subject: str,
    about: Sequence[Attestation],
    lesion: str = "",
    arises: str = "it is asked of every treatment",
) -> Finding:
    """A "no" counts before all others, and a "yes" before the answer that the question doesn't arise."""
    if no := [one for one in about if one.answer is False]:
        return answered(rule, subject, Verdict.FAIL, _all(no), "attested-no", lesion=lesion)
    if not any(one.answer for one in about):
        if arises:
            message = f"{_all(about)}; but {arises}"
            return answered(rule, subject, Verdict.NOT_EVALUATED, message, NOT_ATTESTED, lesion=lesion)
        explained = all(one.remark.strip() for one in about)
        verdict = Verdict.NOT_APPLICABLE if explained else Verdict.NOT_EVALUATED
        reason = "does-not-arise" if explained else NOT_ATTESTED
        message = _all(about) if explained else f"{_all(about)}, without a reason"
        return answered(rule, subject, verdict, message, reason, lesion=lesion)
    return answered(rule, subject, Verdict.PASS, _all(about), lesion=lesion)


def _nobody(rule: Attested, subject: str, lesion: str = "", beside: str = "") -> Finding:
    question = f": {rule.question}" if rule.question else ""
    message = f"nobody attests it ({rule.key}){question}{f'; {beside}' if beside else ''}"
    return answered(rule, subject, Verdict.NOT_EVALUATED, message, NOT_ATTESTED, lesion=lesion)


def _unclear(rule: Attested, lesion: DeclaredLesion) -> Finding:
    """A lesion of which isn't declared whether the rule is about it."""
    if wrong := contradiction(lesion) if rule.where is not Where.MOBILE else "":
        return answered(rule, lesion.name, Verdict.NOT_EVALUATED, wrong, "sheet-contradictory", lesion=lesion.name)
    if rule.where is Where.MOBILE and is_still(lesion):
        message = f"not asked: mobility isn't declared, and breathing doesn't move {lesion.organ}"
        return answered(rule, lesion.name, Verdict.INFO, message, "mobility-not-declared", lesion=lesion.name)
    message = f"{_NOT_SO[rule.where][1]} isn't declared"
    if rule.where is Where.MOBILE:
        message += f": say whether {lesion.name} ({lesion.organ.strip() or 'no organ'}) is mobile"
    return answered(rule, lesion.name, Verdict.NOT_EVALUATED, message, NOT_DECLARED, lesion=lesion.name)


def _all(about: Sequence[Attestation]) -> str:
    return "; ".join(dict.fromkeys(_said(one) for one in sorted(about, key=lambda one: (one.date, _said(one)))))


def _said(one: Attestation) -> str:
    answer = {True: "yes", False: "no", None: "doesn't arise"}[one.answer]
    remark = f": {one.remark.strip()}" if one.remark.strip() else ""
    return f"{answer}, says {one.name} ({one.role.value.replace('-', ' ')}, {one.date}){remark}"
