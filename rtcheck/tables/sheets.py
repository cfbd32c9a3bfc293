"""Case sheets: YAML or JSON -> what was declared of one patient's treatment."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import MappingProxyType

from rtcheck.document import Document, in_order, read_document
from rtcheck.errors import TableError
from rtcheck.sheet import (
    Attestation,
    CaseSheet,
    Decision,
    DeclaredLesion,
    LesionKind,
    Override,
    Reduction,
    Role,
    SignOff,
    Subject,
)
from rtcheck.tables.asked import plan_checks
from rtcheck.tables.bounds import parse_date
from rtcheck.tables.declared import DATES, NEVER, PATIENT
from rtcheck.tables.problems import closest_or_all, validated
from rtcheck.tables.sheet_schema import LesionKeys, SheetFile
from rtcheck.tables.written import check_duplicates

#: A file, or the name and the bytes of one.
File = Path | str | tuple[str, bytes]
#: Dates of which the first isn't after the second, and what that would mean.
_ORDER = (
    ("diagnosis", "progression"),
    ("first_line_start", "second_line_start"),
    ("last_radiotherapy", "radiotherapy_start"),
    ("radiotherapy_start", "radiotherapy_end"),
)


def read_sheet(file: File) -> CaseSheet:
    """Read a case sheet.

    Parameters
    ----------
    file : Path, str, or (name, bytes)
        YAML or JSON.

    Raises
    ------
    InputError
        If the file can't be opened.
    TableError
        With everything that is wrong in the file, by line and column.
    """
    document = document_of(file)
    model = validated(SheetFile, document)
    check_duplicates(document, "lesions", "name")
    _check_dates(document)
    _check_attested_lesions(document)
    _check_overrides(document)
    if model is None or document.problems:
        raise TableError(in_order(document.problems))
    return _sheet(model, document)


def document_of(file: File) -> Document:
    """A file that lies in a folder or in memory; errors as of `read_document`."""
    if isinstance(file, tuple):
        return Document(*file)
    return read_document(Path(file))


def _check_dates(document: Document) -> None:
    """What comes first isn't after what follows it."""
    days = {key: _day(document.at("dates", key)) for key in DATES}
    for first, then in _ORDER:
        one, other = days[first], days[then]
        if one is not None and other is not None and one > other:
            message = f"{then}: {other} is before {first} ({one}), when {DATES[first].partition(';')[0]}"
            document.note(document.place_of(("dates", then)), message)


def _day(value: object) -> date | None:
    """The day that a value is; None for one that is none, which is told elsewhere."""
    try:
        return parse_date(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _check_attested_lesions(document: Document) -> None:
    """Lesions that attestations name are in the list."""
    known = [str(document.at(*loc, "name")) for loc, _ in document.items("lesions")]
    for loc, _ in document.items("attestations"):
        name = document.at(*loc, "lesion")
        if isinstance(name, str) and name not in known:
            message = f"lesion: the list of lesions has no {name!r}{closest_or_all(name, known)}"
            document.note(document.place_of((*loc, "lesion")), message)


def _check_overrides(document: Document) -> None:
    """An override of a check that doesn't exist would never be missed."""
    listed = document.items("overrides")
    known = plan_checks() if listed else {}
    for loc, _ in listed:
        check = document.at(*loc, "check")
        if isinstance(check, str) and check not in known:
            message = f"check: no plan check is called {check!r}{closest_or_all(check, known)}"
            document.note(document.place_of((*loc, "check")), message)


def _sheet(model: SheetFile, document: Document) -> CaseSheet:
    patient = {key: getattr(model.patient, key, None) for key in PATIENT}
    dates = {key: day for key in DATES if (day := getattr(model.dates, key, None)) is not None}
    return CaseSheet(
        file=document.name,
        sha256=document.sha256,
        subject=model.subject,
        centre=model.centre,
        protocol=model.protocol,
        **{quantity.field: patient[key] for key, quantity in PATIENT.items()},
        dates=MappingProxyType({key: day for key, day in dates.items() if day != NEVER}),
        never=frozenset(key for key, day in dates.items() if day == NEVER),
        lesions=None if model.lesions is None else tuple(map(_lesion, model.lesions)),
        prescriptions=MappingProxyType(model.prescriptions or {}),
        names=MappingProxyType(model.names or {}),
        attestations=_attestations(model),
        sign_offs=_sign_offs(model),
        overrides=_overrides(model),
        notes=model.notes or "",
        files=tuple(model.files or ()),
        data=MappingProxyType(document.data if isinstance(document.data, dict) else {}),
    )


def _lesion(keys: LesionKeys) -> DeclaredLesion:
    made = ("kind", "reduced", "also")
    own = {key: getattr(keys, key) for key in LesionKeys.model_fields if key not in made}
    reduction = Reduction(keys.reduced.reason, keys.reduced.organ) if keys.reduced else None
    return DeclaredLesion(**own, kind=LesionKind(keys.kind), reduction=reduction, also=tuple(keys.also))


def _attestations(model: SheetFile) -> tuple[Attestation, ...]:
    return tuple(
        Attestation(one.key, one.answer, one.name, Role(one.role), one.date, one.remark or "", one.lesion)
        for one in model.attestations or ()
    )


def _sign_offs(model: SheetFile) -> tuple[SignOff, ...]:
    return tuple(
        SignOff(
            Subject(one.of),
            Role(one.role),
            one.name,
            one.date,
            Decision(one.decision),
            one.remark or "",
            one.round,
            tuple(one.objects or ()),
        )
        for one in model.sign_offs or ()
    )


def _overrides(model: SheetFile) -> tuple[Override, ...]:
    return tuple(
        Override(one.check, one.reason, one.name, Role(one.role), one.date, one.subject)
        for one in model.overrides or ()
    )
