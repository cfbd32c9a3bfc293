"""Published numbers, frozen as data: what the shipped tables must hold, whatever they are edited to."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

DOSE_LIMITS = Path(__file__).with_name("dose_limits.csv")


@dataclass(frozen=True)
class PublishedLimit:
    """A row as it was published, in the words of the table it was transcribed to.

    `fractions` is empty, one number, or a range with a hyphen; `limit_high` is None where there is no range.
    """

    id: str
    set: str
    organ: str
    metric: str
    comparator: str
    limit: float
    limit_high: float | None
    unit: str
    role: str
    regimen: str
    fractions: str
    citation: str
    locator: str
    status: str
    ship: bool
    transcriptions: int


def dose_limits() -> tuple[PublishedLimit, ...]:
    """All rows, in the order of their publications."""
    return tuple(_rows(DOSE_LIMITS))


def _rows(path: Path) -> Iterator[PublishedLimit]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            assert list(row) == [field.name for field in fields(PublishedLimit)]
            numbers = {
                "limit": float(row["limit"]),
                "limit_high": float(row["limit_high"]) if row["limit_high"] else None,
                "ship": {"yes": True, "no": False}[row["ship"]],
                "transcriptions": int(row["transcriptions"]),
            }
            yield PublishedLimit(**(row | numbers))
