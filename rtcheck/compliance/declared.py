"""What the case sheet declares of a patient or of every lesion, held against a limit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from types import MappingProxyType

from rtcheck.case import Case
from rtcheck.compliance.age import Known, age
from rtcheck.compliance.answer import NO_LIST, NOT_DECLARED, answered, joined, keeps
from rtcheck.compliance.dates import months_between
from rtcheck.finding import Finding, Verdict
from rtcheck.rules import Declared

#: What a quantity is for the reader, and where a case sheet declares it.
_QUANTITIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "child_pugh": ("Child-Pugh", "patient: child_pugh"),
        "ecog": ("ECOG", "patient: ecog"),
        "age": ("age", "patient: age"),
        "bclc": ("BCLC stage", "patient: bclc"),
        "stable_months": ("stable disease", "patient: stable_disease"),
        "survival_months": ("anticipated survival", "patient: anticipated_survival"),
        "afp_ng_ml": ("AFP", "patient: afp"),
        "early_progression": ("early progression", "patient: early_progression"),
        "prior_oligoprogression": ("earlier oligoprogression", "patient: prior_oligoprogression"),
        "prior_lesions": ("most lesions before", "patient: most_lesions_before"),
        "prior_organs": ("most organs before", "patient: most_organs_before"),
        "kind": ("kind of lesion", "kind"),
        "bone": ("in bone", "bone"),
        "vertebra": ("in a vertebra", "vertebra"),
        "mobile": ("mobile", "mobile"),
        "measurable": ("measurable", "measurable"),
        "prior_radiotherapy": ("prior radiotherapy", "prior_radiotherapy"),
    }
)
_OF_LESIONS = "lesion."
#: Weeks and days are months of a mean length, which those of the calendar differ from by three days at most.
_ROUNDED_MONTHS = 0.1
_POINTS = re.compile(r"[A-C]\s*(\d+)", re.IGNORECASE)


def declared_findings(case: Case, rule: Declared) -> Iterator[Finding]:
    """Whether a declared value keeps a limit; of a quantity of lesions, each of them or at least one."""
    if rule.quantity.startswith(_OF_LESIONS):
        yield from _of_lesions(case, rule)
        return
    known = age(case) if rule.quantity == "age" else _of_patient(case, rule.quantity)
    yield _judged(rule, _label(rule.quantity), known)


def _of_patient(case: Case, quantity: str) -> Known:
    if quantity not in _QUANTITIES or not hasattr(case.sheet, quantity):
        return Known(None, f"a case sheet doesn't declare {quantity!r}", "unknown-quantity")
    if quantity == "child_pugh":
        return _child_pugh(case)
    value = getattr(case.sheet, quantity)
    if value is None:
        return Known(None, _undeclared(quantity))
    if quantity == "stable_months" and (wrong := _too_long(case, value)):
        return Known(None, wrong, "dates-contradictory")
    return Known(value, "as declared in the case sheet")


def _too_long(case: Case, months: float) -> str:
    """That a disease can't have been stable for longer than from the first line's start to its progression."""
    start, end = (case.sheet.dates.get(key) for key in ("first_line_start", "progression"))
    if start is None or end is None:
        return ""
    whole = months_between(start, end) if start <= end else 0.0
    if months <= whole + _ROUNDED_MONTHS:
        return ""
    return (
        f"the case sheet says stable disease of {months:.3g} months, and from first line start ({start}) to "
        f"progression ({end}) it is {whole:.3g}: contradictory"
    )


def _child_pugh(case: Case) -> Known:
    """The score that counts: what is given beside the case sheet goes before it."""
    score, declared = case.child_pugh, case.sheet.child_pugh
    if score is None:
        return Known(None, _undeclared("child_pugh"))
    if declared is None or declared.strip().upper() == score:
        return Known(score, "as declared")
    return Known(score, f"as declared for this run; the case sheet says {declared}")


def _of_lesions(case: Case, rule: Declared) -> Iterator[Finding]:
    """One finding a lesion; one for all where a single lesion that keeps the rule is enough."""
    quantity, lesions = rule.quantity.removeprefix(_OF_LESIONS), case.sheet.lesions
    label = _label(quantity)
    if not lesions:
        message = NO_LIST if lesions is None else "the case sheet's list of lesions is empty"
        yield answered(rule, label, Verdict.NOT_EVALUATED, message, NOT_DECLARED)
        return
    if quantity not in _QUANTITIES or not hasattr(lesions[0], quantity):
        message = f"a case sheet doesn't declare {rule.quantity!r}"
        yield answered(rule, label, Verdict.NOT_EVALUATED, message, "unknown-quantity")
        return
    each = {}
    for lesion in lesions:
        value = getattr(lesion, quantity)
        told = f"{label} isn't declared of it (lesions: {_QUANTITIES[quantity][1]} of the case sheet)"
        each[lesion.name] = Known(value, "as declared") if value is not None else Known(None, told)
    if not rule.at_least_one:
        for name, known in each.items():
            yield _judged(rule, name, known, lesion=name, label=label)
        return
    yield _at_least_one(rule, label, each)


def _at_least_one(rule: Declared, label: str, each: Mapping[str, Known]) -> Finding:
    keeping = [name for name, known in each.items() if known.value is not None and _allowed(rule, known.value)]
    silent = [name for name, known in each.items() if known.value is None]
    limit = _limit(rule)
    if keeping:
        return answered(rule, label, Verdict.PASS, f"kept by {joined(keeping)}, as declared", limit=limit)
    if silent:
        message = f"isn't declared of {joined(silent)}, and no other lesion keeps it"
        return answered(rule, label, Verdict.NOT_EVALUATED, message, NOT_DECLARED, limit=limit)
    message = f"kept by no lesion, as declared of {joined(list(each))}"
    return answered(rule, label, Verdict.FAIL, message, "outside-limits", limit=limit)


def _judged(rule: Declared, subject: str, known: Known, *, lesion: str = "", label: str = "") -> Finding:
    limit = _limit(rule)
    if known.value is None:
        verdict = Verdict.NOT_EVALUATED
        return answered(rule, subject, verdict, known.text, known.reason, lesion=lesion, limit=limit, unit=rule.unit)
    number, met = _number(known.value), _allowed(rule, known.value)
    said = f"{label}: {_text(known.value)}" if label else _text(known.value)
    if met is None:
        message = f"{said}, which is no number to hold against {limit}"
        return answered(rule, subject, Verdict.NOT_EVALUATED, message, "no-number", lesion=lesion, limit=limit)
    return answered(
        rule,
        subject,
        Verdict.PASS if met else Verdict.FAIL,
        f"{said}{f' {rule.unit}' if rule.unit and number is not None else ''}, {known.text}",
        "" if met else "outside-limits",
        lesion=lesion,
        observed=None if rule.one_of else number,
        limit=limit,
        limit_value=rule.value if rule.comparator is not None and rule.high is None else None,
        unit=rule.unit,
    )


def _allowed(rule: Declared, value: object) -> bool | None:
    """Whether a value is one of those allowed, or keeps the limit; None where it is no number."""
    if rule.one_of:
        return _text(value).casefold() in {one.strip().casefold() for one in rule.one_of}
    number = _number(value)
    if number is None or rule.comparator is None or rule.value is None:
        return None
    return keeps(number, rule.comparator, rule.value, rule.high)


def _number(value: object) -> float | None:
    """A value as a number: a Child-Pugh score by its points; None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    points = _POINTS.fullmatch(value.strip()) if isinstance(value, str) else None
    return float(points.group(1)) if points else None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    return f"{value:.10g}" if isinstance(value, int | float) else str(value).strip()


def _limit(rule: Declared) -> str:
    if rule.one_of:
        return joined(rule.one_of).replace(" and ", " or ") if len(rule.one_of) > 1 else rule.one_of[0]
    if rule.comparator is None or rule.value is None:
        return ""
    ends = f"{rule.value:.10g}" if rule.high is None else f"{rule.value:.10g} and {rule.high:.10g}"
    return f"{rule.comparator} {ends} {rule.unit}".strip()


def _label(quantity: str) -> str:
    return _QUANTITIES.get(quantity, (quantity.replace("_", " "), ""))[0]


def _undeclared(quantity: str) -> str:
    label, key = _QUANTITIES[quantity]
    return f"{label} isn't declared ({key} of the case sheet)"
