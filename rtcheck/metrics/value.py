"""The answer to a metric: a value, an interval, or a reason why there is none. Never a sentinel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from rtcheck.units import PHYSICAL, DoseBasis, Unit


class State(Enum):
    """What kind of answer a metric has."""

    #: One number, within `low` and `high`.
    VALUE = "value"
    #: Only bounds are known: much of the ROI lies where the dose isn't known.
    INTERVAL = "interval"
    #: No number makes sense; the reason says why.
    NOT_EVALUABLE = "not_evaluable"


@dataclass(frozen=True)
class Alternative:
    """What another convention answers to the same metric.

    Attributes
    ----------
    convention : str
    value, low, high : float or None
        As in `MetricValue`, of this convention alone; `low` and `high` are None where it has no answer.
    reason : str
        Why it has none.
    """

    convention: str
    value: float | None
    low: float | None
    high: float | None
    reason: str = ""

    @property
    def ends(self) -> tuple[float, ...]:
        """`low` and `high`; nothing where there is no answer."""
        return _known(self.low, self.high)


@dataclass(frozen=True)
class MetricValue:
    """What a DVH answers to one metric.

    ``low <= own_low <= value <= own_high <= high``, as far as they are known.

    Attributes
    ----------
    metric : str
        The metric in its canonical form.
    state : State
        Of the chosen convention.
    value : float or None
        Of the chosen convention; only in state VALUE.
    low, high : float or None
        Bounds over the dose outside the grid and over all conventions asked, in VALUE and INTERVAL; `high` is infinite
        where nothing bounds it from above.
    unit : str
    reason : str
        Why there is no value, what leaves it unknown, and which conventions have no answer; empty otherwise.
    own_low, own_high : float or None
        Bounds under the chosen convention alone: they differ only for dose outside the grid.
    alternatives : tuple of Alternative
        The answers of the other conventions that were asked.
    basis : DoseBasis
        What the doses of metric and answer are.
    """

    metric: str
    state: State
    value: float | None
    low: float | None
    high: float | None
    unit: Unit
    reason: str = ""
    own_low: float | None = None
    own_high: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    basis: DoseBasis = PHYSICAL

    @classmethod
    def known(cls, metric: str, value: float, unit: Unit, reason: str = "") -> MetricValue:
        """One number."""
        return cls(metric, State.VALUE, value, value, value, unit, reason, value, value)

    @classmethod
    def bounded(cls, metric: str, value: float | None, low: float, high: float, unit: Unit, reason: str) -> MetricValue:
        """Bounds, and a value within them where there is one."""
        if low == high:
            return cls.known(metric, low, unit)
        if value is None:
            return cls(metric, State.INTERVAL, None, low, high, unit, reason, low, high)
        # The value is computed on another way than its bounds, and may miss them by a rounding error.
        low, high = min(low, value), max(high, value)
        return cls(metric, State.VALUE, value, low, high, unit, reason, low, high)

    @classmethod
    def absent(cls, metric: str, unit: Unit, reason: str) -> MetricValue:
        """No number, and why."""
        return cls(metric, State.NOT_EVALUABLE, None, None, None, unit, reason)

    @property
    def ends(self) -> tuple[float, ...]:
        """`low` and `high`; nothing where there is no answer."""
        return _known(self.low, self.high)

    @property
    def own_ends(self) -> tuple[float, ...]:
        """`own_low` and `own_high`; nothing where there is no answer."""
        return _known(self.own_low, self.own_high)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The conventions under which the metric has no answer, each with why."""
        return tuple(f"{other.convention}: {other.reason}" for other in self.alternatives if not other.ends)

    def over(self, alternatives: Sequence[Alternative]) -> MetricValue:
        """The same answer with its bounds widened to those of other conventions.

        An answer that the chosen convention doesn't have stays absent, whatever others say.
        """
        if not self.ends or not alternatives:
            return self
        every = [*self.ends, *(end for other in alternatives for end in other.ends)]
        reason = "; ".join(part for part in (self.reason, _without_answer(alternatives)) if part)
        return replace(self, low=min(every), high=max(every), reason=reason, alternatives=tuple(alternatives))

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON. An unbounded `high` is null and the reason says so: JSON knows no infinity."""
        unbounded = self.high is not None and math.isinf(self.high)
        reason = "; ".join(part for part in (self.reason, "no upper bound" if unbounded else "") if part)
        return {
            "metric": self.metric,
            "state": self.state.value,
            "value": self.value,
            "low": self.low,
            "high": None if unbounded else self.high,
            "unit": str(self.unit),
            "reason": reason,
            "basis": str(self.basis),
        }

    def __str__(self) -> str:
        unit = "" if self.unit is Unit.ONE else f" {self.unit}"
        if self.value is not None:
            return f"{self.value:.4g}{unit}"
        if self.state is State.NOT_EVALUABLE or self.low is None or self.high is None:
            return f"not evaluable: {self.reason}"
        high = "unknown" if math.isinf(self.high) else f"{self.high:.4g}"
        return f"{self.low:.4g} to {high}{unit}"


def under(conventions: Iterable[str]) -> str:
    """``under A, under B and under C``: names of conventions hold commas."""
    every = [f"under {name}" for name in conventions]
    return " and ".join(part for part in (", ".join(every[:-1]), every[-1]) if part)


def _without_answer(alternatives: Sequence[Alternative]) -> str:
    """Which conventions have no answer, by reason; empty where all have one."""
    by_reason: dict[str, list[str]] = {}
    for other in alternatives:
        if not other.ends:
            by_reason.setdefault(other.reason, []).append(other.convention)
    return "; ".join(f"no answer {under(names)}: {reason}" for reason, names in by_reason.items())


def _known(low: float | None, high: float | None) -> tuple[float, ...]:
    return () if low is None or high is None else (low, high)
