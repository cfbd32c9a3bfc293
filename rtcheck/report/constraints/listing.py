"""Rows of tables as plain data: what a list shows, and which rows a question picks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rtcheck.constraint import Constraint
from rtcheck.fractionation import Schedule
from rtcheck.protocol import Protocol, Table


@dataclass(frozen=True)
class Listed:
    """A row, and the table or protocol that it is asked by.

    Attributes
    ----------
    row : Constraint
    table : str
        Id of the table or protocol.
    title : str
        Of the table or protocol.
    enabled : bool
        False for the rows of a table that nothing enables by itself.
    """

    row: Constraint
    table: str
    title: str
    enabled: bool


@dataclass(frozen=True)
class Wanted:
    """Which rows a list is asked for; None leaves a question open.

    Attributes
    ----------
    organ : str or None
        Part of the organ's or the ROI's name, in any case.
    fractions : int or None
        A number of fractions that the row must admit.
    schedule : Schedule or None
        A schedule that the row must admit.
    status, role : str or None
    """

    organ: str | None = None
    fractions: int | None = None
    schedule: Schedule | None = None
    status: str | None = None
    role: str | None = None

    def admits(self, row: Constraint) -> bool:
        """Whether a row is one of those asked for."""
        if self.organ is not None and not _names(row, self.organ):
            return False
        if self.fractions is not None and not row.regimen.admits_fractions(self.fractions):
            return False
        if self.schedule is not None and not row.regimen.admits_schedule(self.schedule):
            return False
        return self.status in (None, row.source.status) and self.role in (None, row.role.value)


def _names(row: Constraint, organ: str) -> bool:
    wanted = organ.casefold().strip()
    return any(wanted in text.casefold() for text in (row.organ, row.roi, row.published_roi))


def rows_of(tables: Iterable[Table], protocols: Iterable[Protocol] = ()) -> tuple[Listed, ...]:
    """The rows of tables, then those that protocols hold themselves, in file order."""
    of_tables = [Listed(row, one.id, one.title, one.enabled) for one in tables for row in one.constraints]
    of_protocols = [Listed(row, one.id, one.title, True) for one in protocols for row in one.constraints]
    return (*of_tables, *of_protocols)


def by_organ(rows: Sequence[Listed]) -> dict[tuple[str, str], list[Listed]]:
    """Rows under their organ and ROI, organs by name, rows of an organ in the order given."""
    organs: dict[tuple[str, str], list[Listed]] = {}
    for one in sorted(rows, key=lambda one: one.row.organ.casefold()):
        organs.setdefault((one.row.organ, one.row.roi), []).append(one)
    return organs


def row_document(listed: Listed) -> dict[str, object]:
    """A row as plain data: numbers as numbers, what isn't stated as null."""
    row = listed.row
    return {
        "id": row.id,
        "table": listed.table,
        "organ": row.organ,
        "roi": row.roi,
        "published_roi": row.published_roi or None,
        "metric": str(row.metric),
        "comparator": str(row.goal.comparator),
        "limit": row.goal.value,
        "limit_high": row.goal.high,
        "acceptable": row.acceptable.value if row.acceptable else None,
        "acceptable_comparator": str(row.acceptable.comparator) if row.acceptable else None,
        "unit": str(row.goal.unit),
        "basis": str(row.basis),
        "alpha_beta_gy": row.alpha_beta_gy,
        "role": row.role.value,
        "requirement": row.requirement.value,
        "fractions": _pair(row.regimen.fractions),
        "dose_per_fraction_gy": _pair(row.regimen.dose_per_fraction_gy),
        "regimen": row.regimen.text,
        "native_fractions": _pair(row.native_fractions),
        "patients": _patients(row),
        "group": _group(row),
        "irradiation": row.irradiation or None,
        "endpoint": row.endpoint or None,
        "rate_pct": row.rate_pct or None,
        "volume_segmented": row.volume_segmented or None,
        "status": row.source.status,
        "transcriptions": row.transcriptions,
        "enabled": listed.enabled,
        "citation": row.source.citation,
        "notes": row.notes or None,
        "overrides": row.overrides or None,
        "file": row.source.file,
        "line": row.source.line,
    }


def _pair(ends: tuple[float, float] | None) -> list[float] | None:
    return None if ends is None else list(ends)


def _patients(row: Constraint) -> dict[str, object] | None:
    patients = row.patients
    if not (patients.text or patients.diagnosis or patients.child_pugh):
        return None
    return {
        "text": patients.text,
        "diagnosis": sorted(patients.diagnosis),
        "child_pugh": sorted(patients.child_pugh),
    }


def _group(row: Constraint) -> dict[str, object] | None:
    if row.group is None:
        return None
    return {"id": row.group.id, "kind": row.group.kind.value, "text": row.group.text}
