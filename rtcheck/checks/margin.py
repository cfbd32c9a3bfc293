"""How far a value is from its limit: in the limit's own unit, in percent, and along the curve's other axis."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rtcheck.constraint import Constraint, Limit
from rtcheck.dvh import DVH
from rtcheck.metrics import Metric, Question, evaluate
from rtcheck.units import Unit

#: What a point of the curve answers when asked from the other axis.
_INVERSE = {
    Question.VOLUME_AT: Question.DOSE,
    Question.DOSE: Question.VOLUME_AT,
    Question.COLD_VOLUME_AT: Question.COLD_DOSE,
    Question.COLD_DOSE: Question.COLD_VOLUME_AT,
}


@dataclass(frozen=True)
class Margin:
    """Distances to a limit; negative where it is broken.

    Attributes
    ----------
    value : float
        In the limit's unit.
    percent : float or None
        Of the limit; None for a limit of 0.
    curve : float or None
        By how much the curve could move along its other axis: dose for a limit on volume, volume for one on dose. None
        where the metric isn't a point of the curve.
    curve_unit : str
    """

    value: float
    percent: float | None
    curve: float | None = None
    curve_unit: str = ""


def margin_of(constraint: Constraint, observed: float, dvh: DVH) -> Margin:
    """The margin of a value to its row's limit (not to the acceptable bound)."""
    goal = constraint.goal
    distance = goal.value - observed if goal.comparator.is_upper else observed - goal.value
    percent = 100.0 * distance / goal.value if goal.value else None
    curve, unit = _along_the_other_axis(constraint.metric, goal, dvh)
    return Margin(distance, percent, curve, str(unit) if curve is not None and unit else "")


def _along_the_other_axis(metric: Metric, goal: Limit, dvh: DVH) -> tuple[float | None, Unit | None]:
    """For ``V20Gy <= 30 %``: 20 Gy less D30%. For ``D1cc <= 50 Gy``: 1 cc less V50Gy."""
    question, unit = _INVERSE.get(metric.question), metric.threshold_unit
    if question is None or metric.threshold is None or unit is None:
        return None, None
    asked = replace(metric, question=question, threshold=goal.value, threshold_unit=goal.unit, unit=unit)
    # Of the chosen convention alone: a margin is shown, and verdicts have their own intervals.
    answer = evaluate(asked, dvh.distribution)
    if answer.value is None:
        return None, None
    # Of a hot point more of one axis is more of the other; of a cold one a larger spared volume has a larger dose.
    hot = metric.question in (Question.VOLUME_AT, Question.DOSE)
    room = metric.threshold - answer.value if hot == goal.comparator.is_upper else answer.value - metric.threshold
    return room, unit
