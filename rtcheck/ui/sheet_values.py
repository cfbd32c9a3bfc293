"""A case sheet as the values of a form, and back: what the reader of case sheets reads, with nothing lost between.

Pure functions. Lists are rows of a table, by the keys of the file; a cell that nobody filled is None. What is wrong is
said by the reader of case sheets; here by `doubts` alone what a file couldn't even hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from rtcheck.document import Document, Loc
from rtcheck.errors import Problem, TableError
from rtcheck.printable import one_line
from rtcheck.sheet import CaseSheet, DeclaredLesion
from rtcheck.tables.declared import DATES, NEVER, PATIENT
from rtcheck.tables.sheet_schema import NOT_ASKED

Row = dict[str, object]
TOP = ("subject", "centre", "protocol", "notes")
#: Keys of the patient's values that are written with their unit.
WITH_UNIT = ("stable_disease", "anticipated_survival", "afp")
_LESION = ("name", "organ", "kind", "station", "bone", "vertebra", "mobile", "measurable", "gtv", "ctv", "ptv")
_PERSON = ("name", "role", "date")
#: The lists of a case sheet with their columns; two of them are mappings in its file.
TABLES: Mapping[str, tuple[str, ...]] = {
    "lesions": (*_LESION, "plan", "motion", "prior_radiotherapy", "reduced_reason", "reduced_organ"),
    "attestations": ("key", "answer", *_PERSON, "remark", "lesion"),
    "sign_offs": ("of", "decision", *_PERSON, "round", "remark", "objects"),
    "overrides": ("check", "subject", "reason", *_PERSON),
    "prescriptions": ("target", "schedule"),
    "names": ("organ", "roi"),
}
_MAPPINGS = ("prescriptions", "names")
#: Values that are chosen and never typed: they stay as they are, whatever stands in them.
_CHOSEN = frozenset({"gtv", "ctv", "ptv", "target", "roi", "plan", "objects"})
_SECTIONS = {
    "patient": "Patient",
    "dates": "Dates",
    "lesions": "Lesions",
    "attestations": "Attestations",
    "sign_offs": "Sign-offs",
    "overrides": "Overrides",
    "prescriptions": "Prescriptions",
    "names": "Names of organs",
}


@dataclass(frozen=True)
class Values:
    """What a form holds.

    Attributes
    ----------
    top : mapping
        Of `TOP`.
    patient : mapping
        By the keys of a sheet's ``patient``: numbers, or texts of a choice.
    dates : mapping of str to date or None
    never : frozenset of str
        Dates that are said never to have been.
    tables : mapping of str to sequence of Row
        By the keys of `TABLES`. Without ``lesions`` no list of them is declared, which isn't an empty one.
    """

    top: Mapping[str, object] = field(default_factory=dict)
    patient: Mapping[str, object] = field(default_factory=dict)
    dates: Mapping[str, date | None] = field(default_factory=dict)
    never: frozenset[str] = frozenset()
    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)


def values_of(sheet: CaseSheet) -> Values:
    """A case sheet's values."""
    signing, attesting = TABLES["sign_offs"], TABLES["attestations"]
    signed = [_row(one, signing, {"of": one.subject, "objects": "\n".join(one.objects)}) for one in sheet.sign_offs]
    answers = {True: "yes", False: "no", None: NOT_ASKED}
    attested = [_row(one, attesting, {"answer": answers[one.answer]}) for one in sheet.attestations]
    return Values(
        {key: getattr(sheet, key) or None for key in TOP},
        {key: _plain(getattr(sheet, quantity.field)) for key, quantity in PATIENT.items()},
        {key: sheet.dates.get(key) for key in DATES},
        sheet.never,
        {
            **({} if sheet.lesions is None else {"lesions": [_lesion_row(one) for one in sheet.lesions]}),
            "attestations": attested,
            "sign_offs": signed,
            "overrides": [_row(one, TABLES["overrides"]) for one in sheet.overrides],
            "prescriptions": [{"target": name, "schedule": one} for name, one in sheet.prescriptions.items()],
            "names": [{"organ": organ, "roi": roi} for organ, roi in sheet.names.items()],
        },
    )


def data_of(values: Values) -> dict[str, object]:
    """What the values say as a case sheet's plain data; what nobody filled isn't in it."""
    patient = {key: _with_unit(key, value) for key, value in values.patient.items() if value is not None}
    days: dict[str, object] = {key: day.isoformat() for key, day in values.dates.items() if day is not None}
    days |= {key: NEVER for key in sorted(values.never) if key not in days}
    lists: dict[str, object] = {key: _list(key, rows) for key, rows in _filled(values.tables)}
    top = {key: _text(key, value) for key, value in values.top.items() if _is_filled(value)}
    notes = {"notes": top.pop("notes")} if "notes" in top else {}
    if "lesions" in values.tables:
        lists = {"lesions": [], **lists}
    parts: dict[str, object] = {"patient": patient, "dates": days, **lists}
    return {"schema": 1, **top, **{key: part for key, part in parts.items() if part or key == "lesions"}, **notes}


def doubts(values: Values) -> Iterator[str]:
    """What a file can't hold: two answers to one question."""
    for key in sorted(values.never):
        if values.dates.get(key) is not None:
            yield f"Dates: {key} has a day, and is said never to have been; leave one of them"
    for name in _MAPPINGS:
        key, value = TABLES[name]
        rows = [row for row in values.tables.get(name, ()) if any(map(_is_filled, row.values()))]
        for row in rows:
            for column in (key, value):
                if not _is_filled(row.get(column)):
                    yield f"{_SECTIONS[name]}: a row has no {column}"
        count = Counter(row.get(key) for row in rows if _is_filled(row.get(key)))
        yield from (f"{_SECTIONS[name]}: {one!r} stands there {many} times" for one, many in count.items() if many > 1)


def complaints(error: TableError, name: str, content: bytes) -> list[str]:
    """What the reader says of a sheet that was made from values, with their places in the form in place of lines."""
    try:
        document = Document(name, content)
    except TableError:
        return [problem.message for problem in error.problems]
    return [_told(problem, document) for problem in error.problems]


def is_asked(row: Row) -> bool:
    """Whether anybody filled in what a suggested attestation leaves open."""
    return any(_is_filled(value) for column, value in row.items() if column not in ("key", "lesion", "question"))


def _told(problem: Problem, document: Document) -> str:
    loc = _loc(problem, document)
    where = _SECTIONS.get(str(loc[0]), "") if loc else ""
    if len(loc) > 1 and isinstance(loc[1], int):
        name = document.at(*loc[:2], "name")
        where += f", row {loc[1] + 1}{f' ({name})' if isinstance(name, str) and loc[0] == 'lesions' else ''}"
    elif len(loc) > 1 and loc[0] in _MAPPINGS:
        where += f", {loc[1]}"
    return f"{where}: {problem.message}" if where else problem.message


def _loc(problem: Problem, document: Document) -> Loc:
    """The path of the value that a problem points at; empty for none."""
    at = (problem.line, problem.column)
    return next((loc for loc in document.locs if loc and document.place_of(loc) == at), ())


def _filled(tables: Mapping[str, Sequence[Row]]) -> Iterator[tuple[str, list[Row]]]:
    """The lists with the rows in which anything stands."""
    for key, columns in TABLES.items():
        rows = [{one: row.get(one) for one in columns if _is_filled(row.get(one))} for row in tables.get(key, ())]
        if kept := [row for row in rows if row and (key != "attestations" or is_asked(row))]:
            yield key, kept


def _list(key: str, rows: Sequence[Row]) -> object:
    """Rows as a file has them."""
    if key in _MAPPINGS:
        name, value = TABLES[key]
        return {str(_text(name, row[name])): _text(value, row.get(value)) for row in rows if name in row}
    cells = [{column: _text(column, value) for column, value in row.items()} for row in rows]
    if key == "lesions":
        return [_lesion(row) for row in cells]
    if key == "sign_offs":
        return [row | ({"objects": str(row["objects"]).split("\n")} if "objects" in row else {}) for row in cells]
    return cells


def _lesion(row: Row) -> Row:
    reduced = {key: row.pop(f"reduced_{key}") for key in ("reason", "organ") if f"reduced_{key}" in row}
    return row | ({"reduced": reduced} if reduced else {})


def _lesion_row(lesion: DeclaredLesion) -> Row:
    reduction = lesion.reduction
    reduced: Row = {f"reduced_{key}": getattr(reduction, key) for key in ("reason", "organ")} if reduction else {}
    return _row(lesion, TABLES["lesions"], {"reduced_reason": None, "reduced_organ": None} | reduced)


def _row(one: object, columns: Sequence[str], given: Mapping[str, object] | None = None) -> Row:
    given = given or {}
    return {column: _plain(given[column] if column in given else getattr(one, column)) for column in columns}


def _plain(value: object) -> object:
    """A value as a cell holds it: texts of enums, yes and no; None for nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return value.value
    return None if value == "" else value


def _text(column: str, value: object) -> object:
    """A cell as a file has it: one line of text, a number, a day."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and column == "notes":
        return "\n".join(map(one_line, value.strip().splitlines()))
    return one_line(value) if isinstance(value, str) and column not in _CHOSEN else value


def _with_unit(key: str, value: object) -> object:
    if key not in WITH_UNIT:
        return value
    assert isinstance(value, int | float)
    return f"{value:.15g} {PATIENT[key].unit}"


def _is_filled(value: object) -> bool:
    return value is not None and (not isinstance(value, str) or bool(value.strip()))
