"""What differs between two tables, row by row and key by key."""

from __future__ import annotations

from dataclasses import dataclass

from rtcheck.protocol import Protocol, Table
from rtcheck.report.constraints.listing import Listed, row_document, rows_of

#: Where a row stands is no difference of the row.
_PLACE = frozenset({"id", "table", "file", "line", "enabled", "overrides"})


@dataclass(frozen=True)
class KeyChange:
    """One key of a row that differs.

    Attributes
    ----------
    key : str
        As in the data of a row; ``limit`` holds comparator, number and unit together.
    before, after : object
        Plain data.
    """

    key: str
    before: object
    after: object


@dataclass(frozen=True)
class Difference:
    """What the second of two tables has otherwise than the first.

    Attributes
    ----------
    first, second : str
        Ids of the tables.
    added, removed : tuple of Listed
        Rows that only the second has, and only the first.
    changed : tuple of (str, tuple of KeyChange)
        Id of each row that both have and that differs, and its differences.
    same : int
        How many rows are the same in both.
    """

    first: str
    second: str
    added: tuple[Listed, ...]
    removed: tuple[Listed, ...]
    changed: tuple[tuple[str, tuple[KeyChange, ...]], ...]
    same: int


def difference(first: Table | Protocol, second: Table | Protocol) -> Difference:
    """Compare the rows of two tables by id."""
    before, after = ({one.row.id: one for one in _rows(table)} for table in (first, second))
    common = {row_id: _changes(before[row_id], after[row_id]) for row_id in before if row_id in after}
    return Difference(
        first.id,
        second.id,
        added=tuple(one for row_id, one in after.items() if row_id not in before),
        removed=tuple(one for row_id, one in before.items() if row_id not in after),
        changed=tuple((row_id, changes) for row_id, changes in common.items() if changes),
        same=sum(not changes for changes in common.values()),
    )


def difference_document(found: Difference) -> dict[str, object]:
    """A difference as plain data."""
    return {
        "first": found.first,
        "second": found.second,
        "added": [row_document(one) for one in found.added],
        "removed": [row_document(one) for one in found.removed],
        "changed": [
            {"id": row_id, "changes": [{"key": one.key, "from": one.before, "to": one.after} for one in changes]}
            for row_id, changes in found.changed
        ],
        "same": found.same,
    }


def _rows(table: Table | Protocol) -> tuple[Listed, ...]:
    return rows_of([table]) if isinstance(table, Table) else rows_of([], [table])


def _changes(before: Listed, after: Listed) -> tuple[KeyChange, ...]:
    ours, theirs = _comparable(before), _comparable(after)
    return tuple(KeyChange(key, ours[key], theirs[key]) for key in ours if ours[key] != theirs[key])


def _comparable(listed: Listed) -> dict[str, object]:
    """The data of a row with each limit as one text: a comparator means nothing without its number."""
    data = row_document(listed)
    row = listed.row
    data |= {"limit": str(row.goal), "acceptable": str(row.acceptable) if row.acceptable else None}
    merged = {"comparator", "limit_high", "acceptable_comparator", "unit"}
    return {key: value for key, value in data.items() if key not in _PLACE | merged}
