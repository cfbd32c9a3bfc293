"""How plan checks write names in a row, numbers and places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

#: So many names are listed, and the others counted.
LISTED = 8


def listed(names: Sequence[str], most: int = LISTED, separator: str = ", ") -> str:
    """Names in a row, and how many more there are.

    Examples
    --------
    >>> listed(["Arc1", "Arc2", "Arc3"], most=2)
    'Arc1, Arc2 and 1 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return separator.join(names[:most]) + more


def numbers(values: Iterable[float], digits: int = 2) -> str:
    """Numbers in a row, each once; none is written as -0."""
    return ", ".join(dict.fromkeys(f"{round(value, digits) + 0.0:g}" for value in values))


def point_text(point_mm: Iterable[float], digits: int = 0) -> str:
    """Patient coordinates: ``(-60, 14, 0) mm``."""
    return f"({', '.join(numbers([float(value)], digits) for value in point_mm)}) mm"
