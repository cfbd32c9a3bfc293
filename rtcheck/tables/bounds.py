"""Quantities of rules and case sheets: ``"<= 3 mm"``, ``"2-5 mm"``, ``"3, 6 and 12 months"``. Text -> values.

Every function raises ValueError, with the mend in the message. Numbers have no sign and no exponent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rtcheck.units import Comparator

NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_SIGNS = {str(one): one for one in (Comparator.LT, Comparator.LE, Comparator.GT, Comparator.GE)}
#: Spellings of a comparator that are clear, but not ours.
_MEANT = {"≤": "<=", "=<": "<=", "≥": ">=", "=>": ">="}
_BOUND = re.compile(rf"(?P<sign>[^\w\s.]*)\s*(?P<value>{NUMBER})\s*(?P<unit>.*)", re.DOTALL)
_SPAN = re.compile(rf"(?P<low>{NUMBER})\s*(?:-|to)\s*(?P<high>{NUMBER})\s*(?P<unit>.*)", re.DOTALL)
_AMOUNTS = re.compile(rf"(?P<values>{NUMBER}(?:\s*(?:,|and)\s*{NUMBER})*)\s*(?P<unit>.*)", re.DOTALL)
#: One of a unit that is counted: "1 month" is "1 months".
_SINGULAR = {"day": "days", "week": "weeks", "month": "months", "year": "years"}

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: Dates of another century were mistyped.
FIRST_YEAR, LAST_YEAR = 1980, 2079

# For editors; whatever the functions accept fits, and a little more.
BOUND_PATTERN = rf"^\s*((<=?|>=?)\s*{NUMBER}|{NUMBER}\s*(-|to)\s*{NUMBER})\s*([^\s0-9].*)?$"
SPAN_PATTERN = rf"^\s*{NUMBER}\s*(-|to)\s*{NUMBER}\s*([^\s0-9].*)?$"
DATE_PATTERN = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\s*$"
AMOUNTS_PATTERN = rf"^\s*{NUMBER}(\s*(,|and)\s*{NUMBER})*\s*([^\s0-9].*)?$"


@dataclass(frozen=True)
class Bound:
    """A limit on a number.

    Attributes
    ----------
    comparator : Comparator
        BETWEEN for a range, both ends included.
    value : float
        The limit, or the lower end.
    high : float or None
        The upper end of a range.
    unit : str
        As written, in the plural: ``months``; empty for none.
    """

    comparator: Comparator
    value: float
    high: float | None
    unit: str


def parse_bound(text: str, units: Sequence[str]) -> Bound:
    """Read ``"<= 3 mm"`` or ``"2-5 mm"`` in one of some units; an empty unit among them means that none is needed."""
    if _SPAN.fullmatch(text.strip()):
        low, high, unit = parse_span(text, units)
        return Bound(Comparator.BETWEEN, low, high, unit)
    match = _BOUND.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected a limit such as {_example('<= 3', units)}, got {text!r}")
    sign = match["sign"]
    if sign not in _SIGNS:
        mend = f"; write {_MEANT[sign]!r}" if sign in _MEANT else ""
        got = f"got {sign!r}" if sign else f"{text!r} has none"
        raise ValueError(f"expected a comparator (<, <=, > or >=) or a range, {got}{mend}")
    return Bound(_SIGNS[sign], float(match["value"]), None, _unit(match["unit"], units, text))


def parse_span(text: str, units: Sequence[str]) -> tuple[float, float, str]:
    """Read ``"2-5 mm"`` or ``"2 to 5 mm"``: both ends, which belong to it, and the unit."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected a range such as {_example('2-5', units)}, got {text!r}")
    low, high = float(match["low"]), float(match["high"])
    if low > high:
        raise ValueError(f"{text!r} runs downwards")
    return low, high, _unit(match["unit"], units, text)


def parse_amount(text: str, units: Sequence[str]) -> tuple[float, str]:
    """Read one number with its unit: ``"6 months"``."""
    values, unit = parse_amounts(text, units)
    if len(values) != 1:
        raise ValueError(f"expected one number such as {_example('6', units)}, got {text!r}")
    return values[0], unit


def parse_amounts(text: str, units: Sequence[str]) -> tuple[tuple[float, ...], str]:
    """Read rising numbers with one unit: ``"3, 6 and 12 months"``."""
    match = _AMOUNTS.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected a number such as {_example('6', units)}, got {text!r}")
    values = tuple(float(one) for one in re.findall(NUMBER, match["values"]))
    if list(values) != sorted(set(values)):
        raise ValueError(f"{text!r}: the numbers must rise")
    return values, _unit(match["unit"], units, text)


def parse_date(text: str) -> date:
    """Read a day of the calendar: ``"2025-03-24"``."""
    if not _DATE.fullmatch(text.strip()):
        raise ValueError(f"expected a date such as 2025-03-24 (year, month, day), got {text!r}")
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text.strip()!r} is no day of the calendar (year, month, day)") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"{text.strip()!r}: the year isn't between {FIRST_YEAR} and {LAST_YEAR}")
    return found


def _unit(written: str, units: Sequence[str], text: str) -> str:
    """The unit in the plural; ValueError for another than those allowed."""
    unit = _SINGULAR.get(written.strip(), written.strip())
    if unit in units:
        return unit
    known = " or ".join(repr(one) for one in units if one)
    if not known:
        raise ValueError(f"{text!r}: expected a number without a unit, got {unit!r}")
    raise ValueError(
        f"{text!r}: expected the unit {known}, got {unit!r}" if unit else f"{text!r}: add the unit, {known}"
    )


def _example(number: str, units: Sequence[str]) -> str:
    return repr(f"{number} {units[0]}".rstrip())
