"""A rule of a protocol in plain English: what it asks, what it needs, and what each verdict takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rtcheck.report.constraints.phrases import STATUS_WORDS, listed
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
    Where,
)
from rtcheck.tables.declared import DATES, quantity_of
from rtcheck.units import Comparator

LEVEL_WORDS: Mapping[Level, str] = {
    Level.PROTOCOL: "asked by the protocol; breaking it is FAIL",
    Level.ELIGIBILITY: "eligibility; breaking it is FAIL",
    Level.RECOMMENDED: "recommended; breaking it is ACCEPTABLE, and said",
    Level.INFORMATION: "shown, never judged",
}
_BROKEN = {Level.PROTOCOL: "FAIL", Level.ELIGIBILITY: "FAIL", Level.RECOMMENDED: "ACCEPTABLE"}
_LESIONS = {
    Where.ANY: "every lesion",
    Where.BONE: "every lesion in bone",
    Where.SOFT_TISSUE: "every lesion that isn't in bone",
    Where.VERTEBRA: "every lesion in a vertebra",
    Where.MOBILE: "every lesion that moves (those in lung and adrenal gland do, unless declared otherwise)",
}
_COMPARED = {
    Comparator.LT: "less than {}",
    Comparator.LE: "at most {}",
    Comparator.GT: "more than {}",
    Comparator.GE: "at least {}",
}
_NODES = {
    "site": "lymph nodes of one site are one lesion",
    "drainage-region": "lymph nodes of one drainage region are one lesion",
}
_SHEET = "the case sheet"


def rule_explanation(rule: Rule) -> tuple[tuple[str, str], ...]:
    """What a rule means, as headings and sentences; headings are unique.

    Parameters
    ----------
    rule : Rule
        Of any protocol; nothing of a case is needed.
    """
    return tuple((heading, text) for heading, text in _parts(rule) if text)


def asks(rule: Rule) -> str:
    """What a rule asks, in one sentence without a full stop: ``at most 3 mm between the slices ...``."""
    return _ASKS[type(rule)](rule)


def needs(rule: Rule) -> str:
    """What must be there for an answer: files, and keys of the case sheet."""
    return _NEEDS[type(rule)](rule)


def _parts(rule: Rule) -> Iterator[tuple[str, str]]:
    shown = rule.level is Level.INFORMATION
    yield "In short", f"{rule.title}."
    yield "Asks", _sentence(asks(rule))
    yield "Needs", _sentence(needs(rule))
    if shown:
        yield "INFO", "It is shown in the report, and nothing passes or fails."
    else:
        yield "PASS", "Where that holds."
        yield "ACCEPTABLE", _acceptable(rule)
        yield _BROKEN[rule.level], _broken(rule)
        yield "NOT EVALUATED", "Where what it needs isn't there, by name; it is never taken for granted."
    yield "Level", f"{_capital(LEVEL_WORDS[rule.level])}."
    yield "Also answers", listed(rule.covers)
    yield "How sure", _sure(rule)
    yield "Note", rule.notes
    yield "Source", rule.source.citation


def _acceptable(rule: Rule) -> str:
    if not isinstance(rule, MarginRange):
        return ""
    cropped = (
        "Where it lies outside and the volume may have been cropped, or built otherwise, with the distances measured."
    )
    if rule.allowed_mm is None:
        return cropped
    return f"{_span(rule.allowed_mm)} mm, at the physician's discretion. {cropped}"


def _broken(rule: Rule) -> str:
    if rule.level is Level.RECOMMENDED:
        return "Where it doesn't hold, and that is said."
    if isinstance(rule, Approval):
        return "Where somebody rejected it, and hasn't decided otherwise since."
    if isinstance(rule, Attested):
        return "Where somebody answers no."
    if isinstance(rule, MarginRange):
        return "Where it lies outside, and nothing of that explains it."
    return "Where it doesn't hold."


def _sure(rule: Rule) -> str:
    words = STATUS_WORDS.get(rule.source.status, "")
    return f"{_capital(rule.source.status)}: {words}." if words else ""


def _count(what: str, rule: LesionCount | OrganCount) -> str:
    ends = f"{rule.low} to {rule.high}" if rule.low != rule.high else f"{rule.low}"
    return f"{ends} {what}"


def _lesion_count(rule: LesionCount) -> str:
    return (
        f"{_count('lesions are declared', rule)}, the primary tumour included; {_NODES[rule.nodes]}, and each "
        "macrovascular thrombus counts by itself"
    )


def _margin(rule: MarginRange) -> str:
    return (
        f"{_span((rule.low_mm, rule.high_mm))} mm between {rule.inner} and {rule.outer} of {_LESIONS[rule.where]}, "
        "both ends included, measured as a distribution of the distances between their surfaces"
    )


def _declared(rule: Declared) -> str:
    _, quantity = quantity_of(rule.quantity)
    if rule.one_of:
        what = listed(rule.one_of, "or")
    elif rule.high is not None:
        what = f"{rule.value:g} to {rule.high:g} {rule.unit}, both ends included".replace(" ,", ",")
    else:
        assert rule.comparator is not None and rule.value is not None
        what = _COMPARED[rule.comparator].format(f"{rule.value:g} {rule.unit}".strip())
    if not _of_lesions(rule):
        return f"{quantity.text}: {what}"
    of = "one lesion at least" if rule.at_least_one else "every lesion"
    return f"of {of}, {quantity.text[0].lower()}{quantity.text[1:]}: {what}"


def _elapsed(rule: Elapsed) -> str:
    limit = _COMPARED[rule.comparator].format(f"{rule.value:g} {rule.unit}")
    none = "; where it never was, the rule is met" if rule.none_is_met else ""
    calendar = " of the calendar" if rule.unit == "months" else ""
    return f"{limit}{calendar} from the day when {_event(rule.since)} to the day when {_event(rule.until)}{none}"


def _attested(rule: Attested) -> str:
    of = "" if rule.where is Where.ANY else f" of {_LESIONS[rule.where]}"
    return f'a person with name, role and date answers yes{of}: "{rule.question}"'


def _approval(rule: Approval) -> str:
    roles = listed([_plural(role.value.replace("-", " "), rule.at_least) for role in rule.roles])
    each = f"{rule.at_least} different {roles}" if rule.at_least > 1 else roles
    return f"{each} approved the {rule.subject.value}, in the last round that anybody signed"


def _follow_up(rule: FollowUp) -> str:
    then = f", then every {rule.every} {rule.unit}, written out for {rule.until_months} months" if rule.every else ""
    window = f", each {rule.window_days} days earlier or later" if rule.window_days else ""
    unit = rule.unit.removesuffix("s") if rule.at == (1,) else rule.unit
    first = f"{listed([f'{one}' for one in rule.at])} {unit}"
    return f"visits {first} after the day when {_event(rule.after)}{then}{window}"


def _prescribed(rule: PrescribedDose) -> str:
    dose = rule.dose_per_fraction_gy
    per_fraction = f" at {_span(dose)} Gy per fraction" if dose else ""
    return f"every target is prescribed {_span((rule.low_gy, rule.high_gy))} Gy{per_fraction}, both ends included"


def _classification(rule: Classification) -> str:
    return (
        f"metachronous more than {rule.metachronous_months:g} months after the diagnosis; repeat after an earlier "
        f"oligometastatic or oligoprogressive state; induced after more than {rule.lesions} lesions or {rule.organs} "
        "organs"
    )


_ASKS: Mapping[type[Rule], Callable[[Any], str]] = {
    LesionCount: _lesion_count,
    OrganCount: lambda rule: _count("organs or systems are involved", rule),
    EveryLesionTreated: lambda _: "every declared lesion has a target with a prescription",
    Drawn: lambda rule: f"the {rule.volume} of every lesion is drawn",
    SliceThickness: lambda rule: (
        f"slices of the planning CT of at most {rule.at_most_mm:g} mm, by their thickness and by their distance"
    ),
    PixelSize: lambda rule: f"pixels of the planning CT of at most {rule.at_most_mm:g} mm, in both directions",
    Contains: lambda rule: f"the {rule.outer} of {_LESIONS[rule.where]} contains its {rule.inner}",
    MarginRange: _margin,
    Declared: _declared,
    Elapsed: _elapsed,
    Attested: _attested,
    Approval: _approval,
    Classification: _classification,
    FollowUp: _follow_up,
    PrescribedDose: _prescribed,
}


def _volumes(rule: Contains | MarginRange) -> str:
    where = f", and {_SHEET} where it isn't clear which lesions are concerned" if rule.where is not Where.ANY else ""
    return f"contours of {rule.inner} and {rule.outer}{where}"


def _needs_declared(rule: Declared) -> str:
    name, quantity = quantity_of(rule.quantity)
    key = (
        f"`{name.removeprefix('lesion.')}` of each of the `lesions`"
        if _of_lesions(rule)
        else f"`{name}` of the `patient`"
    )
    born = "; or the birth date in the files" if rule.quantity == "age" else ""
    return f"{_SHEET}: {key} ({quantity.form}){born}"


def _needs_attested(rule: Attested) -> str:
    lesion = "" if rule.where is Where.ANY else ", with the lesion's name, or for all lesions"
    return f"{_SHEET}: `attestations` with the key `{rule.key}`{lesion}"


_NEEDS: Mapping[type[Rule], Callable[[Any], str]] = {
    LesionCount: lambda _: f"{_SHEET}: `lesions`, with the `station` of lymph nodes",
    OrganCount: lambda _: f"{_SHEET}: `lesions`",
    EveryLesionTreated: lambda _: f"{_SHEET}: `lesions`; plans with prescriptions",
    Drawn: lambda _: "contours; the case sheet where names don't tell which volume is whose",
    SliceThickness: lambda _: "the images of the planning CT",
    PixelSize: lambda _: "the images of the planning CT",
    Contains: _volumes,
    MarginRange: _volumes,
    Declared: _needs_declared,
    Elapsed: lambda rule: f"{_SHEET}: `{rule.since}` and `{rule.until}` of the `dates`",
    Attested: _needs_attested,
    Approval: lambda rule: f"the sign-off record, or `sign_offs` of {_SHEET}, of the {rule.subject.value}",
    Classification: lambda _: (
        f"{_SHEET}: `diagnosis` and `progression` of the `dates`; `prior_oligoprogression`, `most_lesions_before` and "
        "`most_organs_before` of the `patient`"
    ),
    FollowUp: lambda rule: f"{_SHEET}: `{rule.after}` of the `dates`",
    PrescribedDose: lambda _: "plans with prescriptions",
}


def _of_lesions(rule: Declared) -> bool:
    return rule.quantity.startswith("lesion.")


def _event(key: str) -> str:
    return DATES[key].partition(";")[0]


def _span(ends: tuple[float, float]) -> str:
    low, high = ends
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _sentence(text: str) -> str:
    """A sentence with its full stop, unless a quoted question ends it."""
    return _capital(text) if text.endswith('?"') else f"{_capital(text)}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
