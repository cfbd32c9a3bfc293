"""The answer to a metric: a value, an interval, or a reason why there is none. Never a sentinel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from rtcheck.units import Unit


class State(Enum):
    """What kind of answer a metric has."""

    #: One number, within `low` and `high`.
    VALUE = "value"
    #: Only bounds are known: much of the ROI lies where the dose isn't known.
    INTERVAL = "interval"
    #: No number makes sense; the reason says why.
    NOT_EVALUABLE = "not_evaluable"


@dataclass(frozen=True)
class MetricValue:
    """What a DVH answers to one metric.

    Attributes
    ----------
    metric : str
        The metric in its canonical form.
    state : State
    value : float or None
        Only in state VALUE.
    low, high : float or None
        Bounds, in VALUE and INTERVAL; `high` is infinite where nothing bounds it from above.
    unit : str
    reason : str
        Why there is no value, or what makes it an interval; empty otherwise.
    """

    metric: str
    state: State
    value: float | None
    low: float | None
    high: float | None
    unit: Unit
    reason: str = ""

    @classmethod
    def known(cls, metric: str, value: float, unit: Unit, reason: str = "") -> MetricValue:
        """One number."""
        return cls(metric, State.VALUE, value, value, value, unit, reason)

    @classmethod
    def bounded(cls, metric: str, value: float | None, low: float, high: float, unit: Unit, reason: str) -> MetricValue:
        """Bounds, and a value within them where there is one."""
        if low == high:
            return cls.known(metric, low, unit)
        return cls(metric, State.INTERVAL if value is None else State.VALUE, value, low, high, unit, reason)

    @classmethod
    def absent(cls, metric: str, unit: Unit, reason: str) -> MetricValue:
        """No number, and why."""
        return cls(metric, State.NOT_EVALUABLE, None, None, None, unit, reason)

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON. An unbounded `high` is null and the reason says so: JSON knows no infinity."""
        unbounded = self.high is not None and math.isinf(self.high)
        reason = f"{self.reason}; no upper bound" if unbounded else self.reason
        return {
            "metric": self.metric,
            "state": self.state.value,
            "value": self.value,
            "low": self.low,
            "high": None if unbounded else self.high,
            "unit": str(self.unit),
            "reason": reason,
        }

    def __str__(self) -> str:
        if self.value is not None:
            return f"{self.value:.4g} {self.unit}"
        if self.state is State.NOT_EVALUABLE or self.low is None or self.high is None:
            return f"not evaluable: {self.reason}"
        high = "unknown" if math.isinf(self.high) else f"{self.high:.4g}"
        return f"{self.low:.4g} to {high} {self.unit}"
