"""A case sheet for the reader: what is declared, and what a protocol asks for that isn't."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rtcheck.compliance.where import concerned
from rtcheck.nomenclature import normalised
from rtcheck.rules import (
    Approval,
    Attested,
    Classification,
    Declared,
    Elapsed,
    EveryLesionTreated,
    FollowUp,
    LesionCount,
    OrganCount,
    Rule,
    Where,
)
from rtcheck.sheet import CaseSheet, DeclaredLesion, LesionKind
from rtcheck.tables.declared import LESION, PATIENT, quantity_of

_TEXTS = ("organ", "station", "gtv", "ctv", "ptv", "plan", "motion")


@dataclass(frozen=True)
class SheetPage:
    """A section of a case sheet.

    Attributes
    ----------
    title : str
    pairs : tuple of (str, str)
        Labels and texts.
    """

    title: str
    pairs: tuple[tuple[str, str], ...]


def sheet_pages(sheet: CaseSheet, rules: Iterable[Rule] = ()) -> tuple[SheetPage, ...]:
    """What a case sheet declares, section by section; the last names what some rules ask for and it doesn't declare."""
    pages = (
        SheetPage("Case", tuple(_case(sheet))),
        SheetPage("Patient", tuple(_patient(sheet))),
        SheetPage("Dates", tuple(_dates(sheet))),
        SheetPage("Lesions", tuple(_lesions(sheet))),
        SheetPage("Prescriptions", tuple(sheet.prescriptions.items())),
        SheetPage("Names of ROIs", tuple(sheet.names.items())),
        SheetPage("Attestations", tuple(_attestations(sheet))),
        SheetPage("Sign-offs", tuple(_sign_offs(sheet))),
        SheetPage("Overrides", tuple(_overrides(sheet))),
        SheetPage("Asked for and not declared", tuple(undeclared(sheet, rules).items())),
    )
    return tuple(page for page in pages if page.pairs)


def undeclared(sheet: CaseSheet, rules: Iterable[Rule]) -> dict[str, str]:
    """What rules ask of a case sheet that it says nothing about, each with the ids of the rules.

    Whether a rule is kept isn't told here: an attestation of one lesion may be there, and that of another missing.
    """
    missing: dict[str, list[str]] = {}
    for rule in rules:
        for key in _missing(sheet, rule):
            missing.setdefault(key, []).append(rule.id)
    return {key: ", ".join(ids) for key, ids in missing.items()}


def _missing(sheet: CaseSheet, rule: Rule) -> Iterator[str]:
    if isinstance(rule, Declared):
        yield from _missing_quantity(sheet, rule)
    elif isinstance(rule, Elapsed):
        yield from _missing_dates(sheet, rule.since, rule.until)
    elif isinstance(rule, FollowUp):
        yield from _missing_dates(sheet, rule.after)
    elif isinstance(rule, Classification):
        yield from _missing_dates(sheet, "diagnosis", "progression")
        for field in ("prior_oligoprogression", "prior_lesions", "prior_organs"):
            if getattr(sheet, field) is None:
                yield quantity_of(field)[0]
    elif isinstance(rule, LesionCount | OrganCount | EveryLesionTreated):
        if sheet.lesions is None:
            yield "lesions"
        nodes = [one for one in sheet.lesions or () if one.kind is LesionKind.LYMPH_NODE and one.station is None]
        if isinstance(rule, LesionCount):
            yield from (f"station of {one.name}" for one in nodes)
    elif isinstance(rule, Attested) and _is_asked(sheet, rule) and not _is_attested(sheet, rule):
        yield f"attestation {rule.key}"
    elif isinstance(rule, Approval) and not any(one.subject is rule.subject for one in sheet.sign_offs):
        yield f"sign-offs of the {rule.subject.value}"


def _is_asked(sheet: CaseSheet, rule: Attested) -> bool:
    """Whether a question arises, or nobody knows whether it does."""
    if rule.where is Where.ANY or sheet.lesions is None:
        return True
    return any(concerned(rule.where, lesion) is not False for lesion in sheet.lesions)


def _is_attested(sheet: CaseSheet, rule: Attested) -> bool:
    return any(normalised(one.key) == normalised(rule.key) for one in sheet.attestations)


def _missing_quantity(sheet: CaseSheet, rule: Declared) -> Iterator[str]:
    name, quantity = quantity_of(rule.quantity)
    if not name.startswith("lesion."):
        if getattr(sheet, quantity.field) is None:
            yield name
    elif sheet.lesions is None:
        yield "lesions"
    else:
        key = name.removeprefix("lesion.")
        yield from (f"{key} of {one.name}" for one in sheet.lesions if getattr(one, key) is None)


def _missing_dates(sheet: CaseSheet, *keys: str) -> Iterator[str]:
    yield from (key for key in keys if key not in sheet.dates and key not in sheet.never)


def _case(sheet: CaseSheet) -> Iterator[tuple[str, str]]:
    yield "File", sheet.file
    for label, text in (("Subject", sheet.subject), ("Centre", sheet.centre), ("Protocol", sheet.protocol)):
        if text:
            yield label, text
    if sheet.notes:
        yield "Notes", sheet.notes


def _patient(sheet: CaseSheet) -> Iterator[tuple[str, str]]:
    for key, quantity in PATIENT.items():
        value = getattr(sheet, quantity.field)
        if value is not None:
            unit = quantity.unit if not isinstance(value, bool | str) else ""
            yield key, f"{_text(value)} {unit}".strip()


def _dates(sheet: CaseSheet) -> Iterator[tuple[str, str]]:
    yield from ((key, day.isoformat()) for key, day in sheet.dates.items())
    yield from ((key, "never") for key in sorted(sheet.never))


def _lesions(sheet: CaseSheet) -> Iterator[tuple[str, str]]:
    if sheet.lesions == ():
        yield "none", "the list is there and empty"
    for lesion in sheet.lesions or ():
        yield lesion.name, "; ".join(_said_of(lesion))


def _said_of(lesion: DeclaredLesion) -> Iterator[str]:
    for key in (*_TEXTS, *LESION):
        value = getattr(lesion, key)
        if value is not None:
            yield f"{key} {_text(value)}"
    if lesion.reduction is not None:
        yield f"reduced for {lesion.reduction.organ}: {lesion.reduction.reason}"


def _attestations(sheet: CaseSheet) -> Iterator[tuple[str, str]]:
    for one in sheet.attestations:
        about = f"{one.key} ({one.lesion})" if one.lesion else one.key
        answer = "n/a" if one.answer is None else _text(one.answer)
        yield about, f"{answer}, {one.name}, {one.role.value}, {one.date}{_remark(one.remark)}"


def _sign_offs(sheet: CaseSheet) -> Iterator[tuple[str, str]]:
    for one in sheet.sign_offs:
        said = f"{one.decision.value}, {one.name}, {one.role.value}, {one.date}, round {one.round}"
        yield one.subject.value, said + _remark(one.remark)


def _overrides(sheet: CaseSheet) -> Iterator[tuple[str, str]]:
    for one in sheet.overrides:
        subject = f" of {one.subject}" if one.subject else ""
        yield f"{one.check}{subject}", f"{one.reason} ({one.name}, {one.role.value}, {one.date})"


def _remark(remark: str) -> str:
    return f": {remark}" if remark else ""


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, LesionKind):
        return value.value
    return f"{value:.10g}" if isinstance(value, float) else str(value)
