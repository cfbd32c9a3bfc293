"""Numbers that can be read and can't be meant: gray where cGy are written, shares for percent, litres for cc.

Such a number passes every plan, or none. Every function raises ValueError, with the mend in the message. The bounds are
far from whatever is published.
"""

from __future__ import annotations

from collections.abc import Mapping

from rtcheck.constraint import Limit
from rtcheck.metrics import Metric, Question
from rtcheck.metrics.metric import plain_number
from rtcheck.units import GY_PER, Unit

#: Largest dose of a metric or a limit, in gray, by what the dose is.
MAX_DOSE_GY: Mapping[str, float] = {"physical": 200.0, "BED": 1000.0, "EQD2": 1000.0}
#: Percent of a prescription that are asked about.
PRESCRIPTION_PERCENT = (2.0, 300.0)
#: A smaller part of a volume, in percent, isn't meant as what must be reached, or as what must not be exceeded.
MIN_LOWER_VOLUME_PERCENT, MIN_UPPER_VOLUME_PERCENT = 2.0, 0.05
#: Smallest volume of an organ that is worth sparing.
MIN_SPARED_CC = 10.0
#: What indices can be.
INDICES: Mapping[Question, tuple[float, float]] = {
    Question.HOMOGENEITY: (0.0, 2.0),
    Question.CONFORMITY: (0.0, 20.0),
    Question.PADDICK: (0.0, 1.0),
    Question.GRADIENT: (1.0, 50.0),
    Question.R50: (0.0, 100.0),
}


def check_threshold(metric: Metric) -> None:
    """Refuse a metric at a share of a prescription: ``V0.95%[%]``."""
    if metric.question.takes_dose and metric.threshold_unit is Unit.PERCENT and metric.threshold is not None:
        _check_prescription_percent(metric.threshold, str(metric))


def check_doses(value: Metric | Limit | None, basis: str) -> None:
    """Refuse a dose in a metric's name, or of a limit, that no plan gives.

    Parameters
    ----------
    value : Metric or Limit or None
        None, for what couldn't be read or isn't there, is accepted.
    basis : str
        ``physical``, ``BED`` or ``EQD2``.
    """
    numbers, unit = _numbers(value)
    most = MAX_DOSE_GY.get(basis)
    if unit not in GY_PER or most is None:
        return
    for number in numbers:
        if number * GY_PER[unit] > most:
            mend = f"; in cGy? then write {plain_number(number / 100)} Gy" if unit is Unit.GY else ""
            raise ValueError(f"'{value}': {plain_number(number)} {unit} is more than {most:g} Gy {basis} dose{mend}")


def check_scale(metric: Metric, limit: Limit) -> None:
    """Refuse a limit on another scale than its metric's: a share for percent, litres for cc, an index out of range.

    A limit in another unit than the metric's is accepted here.
    """
    if limit.unit is not metric.unit:
        return
    if _is_dose_of_a_share(metric) and limit.comparator.judges and not limit.comparator.is_upper:
        raise ValueError(f"'{metric} {limit}' is about the hottest dose; {_share(metric.threshold or 0.0)}")
    if metric.question in INDICES:
        _check_index(metric, limit)
    elif metric.unit is Unit.PERCENT and metric.question.asks_volume:
        _check_volume_percent(limit)
    elif metric.unit is Unit.PERCENT and metric.question is not Question.SD:
        for number in _numbers(limit)[0]:
            _check_prescription_percent(number, str(limit))
    elif metric.question is Question.COLD_VOLUME_AT and metric.unit is Unit.CC:
        _check_spared(limit)


def _is_dose_of_a_share(metric: Metric) -> bool:
    """Whether what is called the dose of 0.95 % of a volume is likely that of 95 %, where it must reach something."""
    named = metric.threshold if metric.threshold_unit is Unit.PERCENT else None
    return metric.question is Question.DOSE and named is not None and named < 1.0


def _check_index(metric: Metric, limit: Limit) -> None:
    low, high = INDICES[metric.question]
    if any(not low <= number <= high for number in _numbers(limit)[0]):
        number = str(limit).removesuffix(" 1")
        raise ValueError(f"'{number}': {metric} is between {low:g} and {high:g}; as a ratio, not in percent")


def _check_volume_percent(limit: Limit) -> None:
    is_lower = limit.comparator.judges and not limit.comparator.is_upper
    least = MIN_LOWER_VOLUME_PERCENT if is_lower else MIN_UPPER_VOLUME_PERCENT
    for number in _numbers(limit)[0]:
        if 0 < number < least:
            raise ValueError(f"'{limit}' is less than {least:g} % of a volume; {_share(number)}")


def _check_prescription_percent(number: float, text: str) -> None:
    low, high = PRESCRIPTION_PERCENT
    if number < low:
        raise ValueError(f"'{text}' is less than {low:g} % of a prescribed dose; {_share(number)}")
    if number > high:
        raise ValueError(f"'{text}' is more than {high:g} % of a prescribed dose; in cGy, or Gy? then name that unit")


def _check_spared(limit: Limit) -> None:
    for number in _numbers(limit)[0]:
        if not limit.comparator.is_upper and number < MIN_SPARED_CC:
            mend = f"in litres? then write {plain_number(round(number * 1000, 6))} cc"
            raise ValueError(f"'{limit}' spares less than {MIN_SPARED_CC:g} cc; {mend}")


def _share(number: float) -> str:
    return f"a share? then write {plain_number(round(number * 100, 6))} %"


def _numbers(value: Metric | Limit | None) -> tuple[tuple[float, ...], Unit | None]:
    """The numbers of a limit, or the threshold of a metric, and their unit."""
    if value is None:
        return (), None
    if isinstance(value, Metric):
        return (() if value.threshold is None else (value.threshold,)), value.threshold_unit
    return ((value.value,) if value.high is None else (value.value, value.high)), value.unit
