"""What is asked of a metric: ``"CV15Gy[cc] >= 700"``, ``"Mean[Gy] < 30 (< 32)"``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rtcheck.errors import ParseError
from rtcheck.metrics.grammar import NUMBER, metric_at_start
from rtcheck.metrics.metric import Metric, plain_number
from rtcheck.units import Comparator, Unit

_BOUND = re.compile(rf"\s*(?P<sign>[<>=≤≥]*)\s*(?P<value>{NUMBER})?\s*(?P<unit>[^\s()]*)\s*")
_COMPARATORS = {str(comparator): comparator for comparator in Comparator if comparator.judges}
#: Spellings of a comparator that are clear, but not ours.
_MEANT = {"≤": "<=", "=<": "<=", "≥": ">=", "=>": ">="}
_SAME_UNIT = {"cm3": "cc", "cm³": "cc"}


@dataclass(frozen=True)
class Asked:
    """A metric with its goal, and with the laxer bound that is still acceptable where one is given.

    Attributes
    ----------
    metric : Metric
    comparator : Comparator
    value : float
        In the metric's unit.
    acceptable : tuple of Comparator and float, or None
    """

    metric: Metric
    comparator: Comparator
    value: float
    acceptable: tuple[Comparator, float] | None = None

    def __str__(self) -> str:
        unit = "" if self.metric.unit is Unit.ONE else f" {self.metric.unit}"
        laxer = f" ({self.acceptable[0]} {plain_number(self.acceptable[1])}{unit})" if self.acceptable else ""
        return f"{self.metric} {self.comparator} {plain_number(self.value)}{unit}{laxer}"


def parse_asked(text: str) -> Asked:
    """Read ``metric comparator number [unit] ["(" comparator number [unit] ")"]``: the goal, and what is acceptable.

    The unit may be left out; another than the metric's is refused. ``parse_asked(str(asked)) == asked``.

    Raises
    ------
    ParseError
        With the position of the first character that makes no sense.
    """
    metric, position = metric_at_start(text)
    comparator, value, position = _bound(text, position, metric)
    acceptable = None
    if text.startswith("(", position):
        start = position + 1
        laxer, laxer_value, position = _bound(text, start, metric)
        if not _is_laxer((laxer, laxer_value), (comparator, value)):
            wanted = f"what is acceptable must be laxer than {comparator} {plain_number(value)}, in the same direction"
            raise ParseError(text, start, wanted)
        if not text.startswith(")", position):
            raise ParseError(text, position, "expected )")
        acceptable, position = (laxer, laxer_value), position + 1
    rest = text[position:].lstrip()
    if rest:
        raise ParseError(text, len(text) - len(rest), "expected nothing after the limit")
    return Asked(metric, comparator, value, acceptable)


def _bound(text: str, position: int, metric: Metric) -> tuple[Comparator, float, int]:
    """A comparator and a number, and where they, their unit and the blanks behind them end."""
    match = _BOUND.match(text, position)
    assert match is not None  # every part of it may be empty
    sign, unit = match["sign"], match["unit"]
    if sign not in _COMPARATORS:
        mend = f"; write {_MEANT[sign]}" if sign in _MEANT else ""
        raise ParseError(text, match.start("sign"), f"expected <, <=, > or >={mend}")
    if match["value"] is None:
        raise ParseError(text, match.end("sign"), "expected a number")
    if unit and _SAME_UNIT.get(unit.lower(), unit.lower()) != str(metric.unit).lower():
        answers = "a bare number" if metric.unit is Unit.ONE else metric.unit
        raise ParseError(text, match.start("unit"), f"{metric} answers in {answers}; give the limit in it")
    return _COMPARATORS[sign], float(match["value"]), match.end()


def _is_laxer(acceptable: tuple[Comparator, float], goal: tuple[Comparator, float]) -> bool:
    """Whether a bound admits all that the goal does, and more."""
    (laxer, value), (comparator, goal_value) = acceptable, goal
    if laxer.is_upper != comparator.is_upper:
        return False
    if value == goal_value:
        return comparator.is_strict and not laxer.is_strict
    return (value > goal_value) == comparator.is_upper
