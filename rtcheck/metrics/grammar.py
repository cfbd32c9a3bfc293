"""Metric expressions: ``"CV15Gy[cc]"`` <-> `Metric`.

The notation is that of AAPM TG-263 [1]_: what is asked, and in brackets the unit of the answer.

References
----------
.. [1] Mayo CS, Moran JM, Bosch W, et al. AAPM TG-263: standardizing nomenclatures in radiation oncology.
   Int J Radiat Oncol Biol Phys 2018;100(4):1057-1066.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from rtcheck.errors import ParseError
from rtcheck.metrics.eud import MIN_POWER
from rtcheck.metrics.metric import Metric, Question
from rtcheck.units import Unit

_UNITS = {
    "gy": Unit.GY,
    "cgy": Unit.CGY,
    "%": Unit.PERCENT,
    "cc": Unit.CC,
    "cm3": Unit.CC,
    "cm³": Unit.CC,
    "1": Unit.ONE,
}
_UNIT = r"cGy|Gy|%|cc|cm3|cm³"
#: An unsigned number without exponent.
_NUMBER = r"(\d{1,300}(?:\.\d*)?|\.\d+)"
#: The number of `R50` isn't a threshold, so that its name ends before it.
_NAMES = {question.value.lower(): question for question in Question} | {
    "dmin": Question.MIN,
    "dmax": Question.MAX,
    "dmean": Question.MEAN,
    "dmedian": Question.MEDIAN,
    "r": Question.R50,
}
_WORD = re.compile(r"\s*([A-Za-z]+)")
_FIFTY = re.compile(r"\s*50(?![\d.])\s*%?")
_THRESHOLD = re.compile(rf"\s*{_NUMBER}\s*({_UNIT})", re.IGNORECASE)
_POWER = re.compile(rf"\s*(-?\s*{_NUMBER})\s*")
_OPEN, _CLOSE = re.compile(r"\s*\("), re.compile(r"\s*\)")
_REFERENCE = re.compile(r"\s*@([^\[\]@]*)")
#: In round brackets a name ends at the last one before the unit: it may hold some itself.
_REFERENCE_IN_BRACKETS = re.compile(r"\s*@([^\[\]@]*)(?=\)\s*(?:\[|$))")
_VOLUME = re.compile(r"\s*Volume", re.IGNORECASE)
_BRACKET = re.compile(rf"\s*\[\s*({_UNIT}|1)\s*((?:@[^\[\]@]+)?)\]\s*", re.IGNORECASE)


class _Asked(NamedTuple):
    """What stands before the unit of the answer, and where it ends."""

    threshold: float | None
    threshold_unit: Unit | None
    reference: str | None
    position: int


def parse_metric(text: str) -> Metric:
    """Read a metric such as ``V20Gy[%]``, ``D95%[Gy]``, ``CV15Gy[cc]``, ``gEUD(8)[Gy]`` or ``PCI(95%@PTV_1)[1]``.

    Decimals, cGy, blanks inside and any case are accepted; ``parse_metric(str(metric)) == metric``.

    Raises
    ------
    ParseError
        With the position of the first character that makes no sense.
    """
    word = _WORD.match(text)
    if word is None:
        raise ParseError(text, 0, "expected a metric such as V20Gy[%], D95%[Gy], CV15Gy[cc] or Mean[Gy]")
    question = _NAMES.get(word.group(1).lower())
    if question is None:
        *names, last = (question.value for question in Question)
        known = f"{', '.join(names)} or {last}"
        raise ParseError(text, word.start(1), f"{word.group(1)!r} is no metric known here; expected {known}")
    asked = _asked(text, word.end(), question)
    unit, reference, position = _output(text, asked.position, question)
    if position != len(text):
        raise ParseError(text, position, "expected nothing after the unit")
    return Metric(question, unit, asked.threshold, asked.threshold_unit, asked.reference or reference)


def _asked(text: str, position: int, question: Question) -> _Asked:
    if question is Question.GEUD:
        return _power(text, position)
    if question.is_of_reference:
        return _of_reference(text, position, question)
    if not question.threshold_units:
        return _Asked(None, None, None, position)
    if question.in_brackets:
        position = _after(_OPEN, text, position, f"expected a dose in round brackets, as in {question.value}(95%)[1]")
    asked = _threshold(text, position, question)
    if question.in_brackets:
        return asked._replace(position=_after(_CLOSE, text, asked.position, "expected )"))
    if question is Question.MEAN_OF_HOTTEST:
        end = _after(_VOLUME, text, asked.position, "expected Volume, as in MeanOf95%Volume[Gy]")
        return asked._replace(position=end)
    return asked


def _after(pattern: re.Pattern[str], text: str, position: int, expected: str) -> int:
    """Where what must stand here ends."""
    match = pattern.match(text, position)
    if match is None:
        raise ParseError(text, position, expected)
    return match.end()


def _power(text: str, position: int) -> _Asked:
    """The power of gEUD, in round brackets."""
    position = _after(_OPEN, text, position, "expected the power in round brackets, as in gEUD(8)[Gy]")
    match = _POWER.match(text, position)
    if match is None:
        raise ParseError(text, position, "expected a number, as in gEUD(8)[Gy] or gEUD(-10)[Gy]")
    power = float("".join(match.group(1).split()))
    if abs(power) < MIN_POWER:
        raise ParseError(text, match.start(1), f"the power must be at least {MIN_POWER:g}, or at most -{MIN_POWER:g}")
    return _Asked(power, Unit.ONE, None, _after(_CLOSE, text, match.end(), "expected )"))


def _of_reference(text: str, position: int, question: Question) -> _Asked:
    """The name of a dose reference, where one is given."""
    if question is Question.R50:
        position = _after(_FIFTY, text, position, "expected 50: of these ratios only R50 is known here")
    match = _REFERENCE.match(text, position)
    if match is None:
        return _Asked(None, None, None, position)
    return _Asked(None, None, _name(text, match), match.end())


def _threshold(text: str, position: int, question: Question) -> _Asked:
    match = _THRESHOLD.match(text, position)
    allowed = question.threshold_units
    wanted = " or ".join(str(unit) for unit in allowed)
    if match is None:
        raise ParseError(text, position, f"expected a number and {wanted}")
    unit = _UNITS[match.group(2).lower()]
    if unit not in allowed:
        raise ParseError(text, match.start(2), f"{question.value} takes {wanted}, not {unit}")
    value, position = float(match.group(1)), match.end()
    if question.takes_volume and unit is Unit.PERCENT and value > 100:
        raise ParseError(text, match.start(1), "a volume of more than 100 % doesn't exist")
    named = _REFERENCE_IN_BRACKETS.match(text, position) if question.in_brackets else None
    named = named or _REFERENCE.match(text, position)
    if named is None:
        return _Asked(value, unit, None, position)
    reference = _name(text, named)
    if not (question.takes_dose and unit is Unit.PERCENT):
        raise ParseError(text, position, "a dose reference goes with a dose in %")
    return _Asked(value, unit, reference, named.end())


def _name(text: str, match: re.Match[str]) -> str:
    """The name of a dose reference."""
    name = match.group(1).strip()
    if not name:
        raise ParseError(text, match.start(), "expected the name of a dose reference after @")
    return name


def _output(text: str, position: int, question: Question) -> tuple[Unit, str | None, int]:
    allowed = question.units
    wanted = " or ".join(f"[{unit}]" for unit in allowed)
    match = _BRACKET.match(text, position)
    if match is None:
        raise ParseError(text, position, f"expected the unit of the answer: {wanted}")
    unit = _UNITS[match.group(1).lower()]
    if unit not in allowed:
        raise ParseError(text, match.start(1), f"{question.value} answers in {wanted}, not [{unit}]")
    reference = match.group(2)[1:].strip() or None
    if reference and (question.asks_volume or unit is not Unit.PERCENT):
        raise ParseError(text, match.start(2), "a dose reference goes with a dose in %")
    return unit, reference, match.end()
