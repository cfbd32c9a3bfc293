"""Schedules in names that people typed: ``"Liver 40Gy5F"``, ``"PTV_1 5x8 Gy"``, ``"50Gy/25 + 14Gy/7"``."""

from __future__ import annotations

import re
from fractions import Fraction

from rtcheck.errors import RtcheckError
from rtcheck.fractionation import Phase, Schedule

_COUNT = r"(?P<{0}>\d{{1,2}})"
_DOSE = r"(?P<{0}>\d{{1,5}}(?:[.,]\d{{1,3}})?)\s*(?P<{0}_unit>c?Gy)"
_FRACTIONS = r"\s*(?:fractions?|frac|fxs?|fr|f|#)(?![a-z])"
_TIMES = r"\s*[x*×]\s*"
#: What stands before a schedule mustn't be part of its first number, nor what stands behind of its last.
_BEFORE, _AFTER = r"(?<![\d.,])", r"(?!\d|[.,]\d)"
_NO_TIME = r"(?!\s*(?:w|wks?|weeks?|d|days?|months?)\b)"
_FORMS = tuple(
    re.compile(_BEFORE + form, re.IGNORECASE)
    for form in (
        # 5x8Gy
        _COUNT.format("count") + _TIMES + _DOSE.format("each") + r"(?![a-z])",
        # 8Gy x 5
        _DOSE.format("each") + _TIMES + _COUNT.format("count") + _AFTER,
        # 5 fractions of 8 Gy, 5fx x 8Gy
        _COUNT.format("count") + _FRACTIONS + rf"\s*(?:of|{_TIMES})\s*" + _DOSE.format("each") + r"(?![a-z])",
        # 40Gy5F, 40 Gy in 5 fx, 40Gy_5fx, 40Gy (5 fractions)
        _DOSE.format("total") + r"\s*(?:[-_/(,;:]|in|over)?\s*" + _COUNT.format("count") + _FRACTIONS,
        # 40Gy/5, 40 Gy in 5; not 46Gy in 5w, 50 Gy in 33 days, 20Gy/2nd course
        _DOSE.format("total")
        + r"\s*(?:/|in)\s*"
        + _COUNT.format("count")
        + _AFTER
        + r"(?![^\W_])(?!\s*[x*×])"
        + _NO_TIME,
    )
)


def schedules_in(text: str) -> tuple[Schedule, ...]:
    """The schedules that a text names, each once; phases joined by ``+`` are one.

    A dose without a number of fractions is none (``"PTV50"``, ``"50 Gy"``), and neither is a number without a unit.

    Examples
    --------
    >>> [str(schedule) for schedule in schedules_in("Liver 40Gy5F")]
    ['5x8Gy']
    """
    found: list[Schedule] = []
    end: int | None = None
    for match in _matches(text):
        try:
            schedule = _schedule(match)
        except RtcheckError:
            continue  # 0 fractions, 800 Gy: no schedule, as any other number in a name
        joined = end is not None and text[end : match.start()].strip() == "+"
        if joined:
            found[-1] = found[-1].then(schedule)
        else:
            found.append(schedule)
        end = match.end()
    return tuple(dict.fromkeys(found))


def _matches(text: str) -> list[re.Match[str]]:
    """Matches from left to right that don't overlap; the longest of those that begin together."""
    every = sorted((m for form in _FORMS for m in form.finditer(text)), key=lambda m: (m.start(), -m.end()))
    kept: list[re.Match[str]] = []
    for match in every:
        if not kept or match.start() >= kept[-1].end():
            kept.append(match)
    return kept


def _schedule(match: re.Match[str]) -> Schedule:
    parts = match.groupdict()
    count = int(parts["count"])
    name = "each" if parts.get("each") else "total"
    gray = Fraction(parts[name].replace(",", ".")) / (100 if parts[f"{name}_unit"].lower() == "cgy" else 1)
    return Schedule((Phase(count, gray),)) if name == "each" else Schedule.uniform(gray, count)
