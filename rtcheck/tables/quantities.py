"""Quantities as tables write them: ``"< 30 Gy"``, ``"1.8-2 Gy"``, ``"3-5"``. Text -> values, or what is wrong.

Every function raises ValueError, with the mend in the message.
"""

from __future__ import annotations

import re
from fractions import Fraction

from rtcheck.constraint import Limit, Role
from rtcheck.fractionation import MAX_DOSE_PER_FRACTION_GY, MAX_FRACTIONS
from rtcheck.metrics import Metric, Question
from rtcheck.units import GY_PER, Comparator, Unit

#: An upper limit on the dose of the hottest 100 cc or more is nearly always a spared volume written the wrong way.
HOT_VOLUME_CC = 100.0

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_LIMIT = re.compile(rf"(?P<sign>[^\w\s.]*)\s*(?P<value>{_NUMBER})\s*(?P<unit>\S*)")
_BETWEEN = re.compile(rf"between\s+(?P<low>{_NUMBER})\s*(?:and|-)\s*(?P<high>{_NUMBER})\s*(?P<unit>\S*)")
_DOSES = re.compile(rf"(?P<low>{_NUMBER})(?:\s*-\s*(?P<high>{_NUMBER}))?\s*(?P<unit>cGy|Gy)")
_FRACTIONS = re.compile(r"(?P<low>[0-9]{1,3})(?:\s*-\s*(?P<high>[0-9]{1,3}))?")
_COMPARATORS = {str(comparator): comparator for comparator in Comparator if comparator is not Comparator.BETWEEN}
_UNITS = {str(unit): unit for unit in (Unit.GY, Unit.CGY, Unit.PERCENT, Unit.CC)}
_JUDGING = "<, <=, > or >="
#: Spellings of a comparator that are clear, but not ours.
_MEANT = {"≤": "<=", "=<": "<=", "≥": ">=", "=>": ">=", "≈": "~", "==": "="}

# For editors, in the dialect that Python and JavaScript share. Whatever the parsers accept fits, and a little more.
_BETWEEN_PATTERN = rf"between\s+{_NUMBER}\s*(and|-)\s*{_NUMBER}"
LIMIT_PATTERN = rf"^\s*((<=?|>=?|=|~)\s*{_NUMBER}|{_BETWEEN_PATTERN})\s*(Gy|cGy|%|cc|1)?\s*$"
METRIC_PATTERN = r"^\s*[A-Za-z][^\[\]]*\[\s*([cC]?[gG][yY]|%|[cC][cC]|[cC][mM][3³]|1)\s*(@[^\[\]@]+)?\]\s*$"
DOSE_PATTERN = rf"^\s*{_NUMBER}\s*c?Gy\s*$"
DOSES_PATTERN = rf"^\s*{_NUMBER}(\s*-\s*{_NUMBER})?\s*c?Gy\s*$"
FRACTIONS_PATTERN = r"^\s*[0-9]{1,3}(\s*-\s*[0-9]{1,3})?\s*$"


def parse_limit(text: str) -> Limit:
    """Read a comparator, a number and a unit, such as ``"< 30 Gy"``, or ``"between 55 and 60 Gy"``.

    A number without a unit is one of an index, which has none.
    """
    if match := _BETWEEN.fullmatch(text.strip()):
        low, high = float(match["low"]), float(match["high"])
        if low >= high:
            raise ValueError(f"{text!r} runs downwards")
        return Limit(Comparator.BETWEEN, low, _unit(match["unit"]), high)
    match = _LIMIT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected a comparator, a number and a unit such as '< 30 Gy', got {text!r}")
    sign = match["sign"]
    if sign not in _COMPARATORS:
        mend = f"; write {_MEANT[sign]!r}" if sign in _MEANT else ""
        got = f"got {sign!r}" if sign else f"{text!r} has none"
        raise ValueError(f"expected a comparator ({_JUDGING}), {got}{mend}")
    return Limit(_COMPARATORS[sign], float(match["value"]), _unit(match["unit"]))


def check_role(role: Role, limit: Limit) -> None:
    """Refuse what nothing meets or breaks as the limit of a row that is judged."""
    if role.is_judged and not limit.comparator.judges:
        quoted = f"{Role.RISK_POINT.value} or {Role.OBSERVATIONAL.value}"
        message = f"got '{limit.comparator}', which a row of role {quoted} may have"
        raise ValueError(f"expected a comparator ({_JUDGING}), {message}")


def check_limit(metric: Metric, limit: Limit) -> None:
    """Refuse a limit in another unit than the metric's answer, and one that every or no plan meets."""
    if limit.unit is Unit.ONE and metric.unit is not Unit.ONE:
        raise ValueError(f"expected a unit ({', '.join(_UNITS)}), '{str(limit).removesuffix(' 1')}' has none")
    if limit.unit is not metric.unit:
        mend = _unit_mend(metric, limit)
        raise ValueError(f"the limit is in {limit.unit}, {metric} answers in {metric.unit}; {mend}")
    of_volume = metric.question.asks_volume and metric.unit is Unit.PERCENT
    if of_volume and max(limit.value, limit.high or 0.0) > 100:
        raise ValueError(f"'{limit}': a part of a volume is at most 100 %")
    top = 100.0 if of_volume else 1.0 if metric.question is Question.PADDICK else None
    ends = (0.0, *([] if top is None else [top])) if limit.comparator.judges else ()
    for end in ends:
        # At the end of the scale a limit admits everything or nothing, unless it leaves just the end itself.
        admits_rest = limit.comparator.is_upper == (end > 0)
        if limit.value == end and limit.comparator.is_strict != admits_rest:
            what = "every" if admits_rest else "no"
            raise ValueError(f"'{str(limit).removesuffix(' 1')}' is met by {what} plan")


def check_acceptable(goal: Limit, acceptable: Limit) -> None:
    """Refuse an acceptable bound that isn't laxer than the goal, in the same direction and unit."""
    if not acceptable.comparator.judges or not goal.comparator.judges:
        number = goal if acceptable.comparator.judges else acceptable
        raise ValueError(f"'{number}' is a number that a source quotes; only bounds (<, <=, > or >=) have a laxer one")
    if acceptable.unit is not goal.unit:
        raise ValueError(f"'{acceptable}' has another unit than the limit '{goal}'")
    if acceptable.comparator.is_upper != goal.comparator.is_upper:
        raise ValueError(f"'{acceptable}' points the other way than the limit '{goal}'")
    laxer = (acceptable.value > goal.value) == goal.comparator.is_upper
    if acceptable.value == goal.value:
        laxer = goal.comparator.is_strict and not acceptable.comparator.is_strict
    if not laxer:
        raise ValueError(f"'{acceptable}' isn't laxer than the limit '{goal}'")


def check_hot_volume(metric: Metric, limit: Limit) -> None:
    """Refuse the dose of a large hot volume where the dose of the spared volume is meant.

    ``D700cc[Gy] <= 15`` is stricter than "700 cc are spared" above 1400 cc of organ and laxer below; in 1000 cc it
    spares only 300 cc.
    """
    volume_cc = metric.threshold
    hot = metric.question is Question.DOSE and metric.threshold_unit is Unit.CC and limit.comparator.is_upper
    if not hot or volume_cc is None or volume_cc < HOT_VOLUME_CC:
        return
    spared = f"CV{limit.value:g}{limit.unit}[cc] >= {volume_cc:g} cc, or DC{volume_cc:g}cc[{metric.unit}] {limit}"
    raise ValueError(
        f"{metric} {limit} is about the hottest {volume_cc:g} cc; that {volume_cc:g} cc are spared reads {spared}. "
        "If the hot volume is meant, add 'hot_volume_intended: true'"
    )


def parse_dose(text: str) -> float:
    """Read one dose such as ``"10 Gy"``, in gray."""
    low, high = parse_doses(text)
    if low != high or "-" in text:
        raise ValueError(f"expected one dose such as '10 Gy', got the range {text!r}")
    return low


def parse_doses(text: str) -> tuple[float, float]:
    """Read a dose or a range of doses such as ``"1.8-2 Gy"``, in gray."""
    match = _DOSES.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected a dose such as '2 Gy' or '1.8-2 Gy', got {text!r}")
    # Exact: 180 cGy is the same float as 1.8 Gy.
    scale = Fraction(str(GY_PER[Unit(match["unit"])]))
    low = Fraction(match["low"]) * scale
    high = Fraction(match["high"]) * scale if match["high"] else low
    if low > high:
        raise ValueError(f"{text!r} runs downwards")
    if low <= 0:
        raise ValueError(f"{text!r}: a dose is more than 0 Gy")
    return float(low), float(high)


def parse_dose_per_fraction(text: str) -> tuple[float, float]:
    """Read the dose of one fraction, or its range, in gray."""
    doses = parse_doses(text)
    if doses[1] > MAX_DOSE_PER_FRACTION_GY:
        raise ValueError(f"{text!r}: more than {MAX_DOSE_PER_FRACTION_GY} Gy per fraction (is the unit right?)")
    return doses


def parse_fractions(value: object) -> tuple[int, int]:
    """Read ``5``, ``"3-5"`` or ``[3, 4, 5]`` as an inclusive range of fraction numbers."""
    if isinstance(value, str) and (match := _FRACTIONS.fullmatch(value.strip())):
        low, high = int(match["low"]), int(match["high"] or match["low"])
    elif isinstance(value, int) and not isinstance(value, bool):
        low = high = value
    elif isinstance(value, list) and value and all(type(item) is int for item in value):
        low, high = value[0], value[-1]
        if value != list(range(low, high + 1)):
            raise ValueError(f"expected rising numbers without a gap, got {value}; other numbers are rows of their own")
    else:
        raise ValueError(f"expected a number, a range such as '3-5' or a list such as [3, 4, 5], got {value!r}")
    if low > high:
        raise ValueError(f"{value!r} runs downwards")
    if low < 1 or high > MAX_FRACTIONS:
        raise ValueError(f"{value!r}: a treatment has 1 to {MAX_FRACTIONS} fractions")
    return low, high


def _unit_mend(metric: Metric, limit: Limit) -> str:
    """How to bring the units of a metric and its limit together."""
    if limit.unit in GY_PER and metric.unit in GY_PER:
        scale = GY_PER[limit.unit] / GY_PER[metric.unit]
        high = None if limit.high is None else limit.high * scale
        return f"write '{Limit(limit.comparator, limit.value * scale, metric.unit, high)}'"
    dose_units = (*GY_PER, Unit.PERCENT)
    fits = limit.unit in ((Unit.CC, Unit.PERCENT) if metric.question.asks_volume else dose_units)
    if fits:
        asked = str(metric).rpartition("[")[0]
        return f"ask {asked}[{limit.unit}], or give the limit in {metric.unit}"
    return f"give the limit in {metric.unit}"


def _unit(unit: str) -> Unit:
    if unit not in ("", str(Unit.ONE), *_UNITS):
        raise ValueError(f"expected a unit ({', '.join(_UNITS)}), got {unit!r}")
    return _UNITS.get(unit, Unit.ONE)
