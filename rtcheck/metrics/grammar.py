"""Metric expressions: ``"CV15Gy[cc]"`` <-> `Metric`.

The notation is that of AAPM TG-263 [1]_: what is asked, and in brackets the unit of the answer.

References
----------
.. [1] Mayo CS, Moran JM, Bosch W, et al. AAPM TG-263: standardizing nomenclatures in radiation oncology.
   Int J Radiat Oncol Biol Phys 2018;100(4):1057-1066.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from rtcheck.errors import ParseError
from rtcheck.units import Unit


class Question(Enum):
    """What is asked of a DVH."""

    DOSE = "D"
    COLD_DOSE = "DC"
    VOLUME_AT = "V"
    COLD_VOLUME_AT = "CV"
    MIN = "Min"
    MAX = "Max"
    MEAN = "Mean"
    MEDIAN = "Median"
    VOLUME = "Volume"

    @property
    def asks_volume(self) -> bool:
        """True where the answer is a volume."""
        return self in (Question.VOLUME_AT, Question.COLD_VOLUME_AT, Question.VOLUME)

    @property
    def takes_dose(self) -> bool:
        """True where the threshold is a dose."""
        return self in (Question.VOLUME_AT, Question.COLD_VOLUME_AT)

    @property
    def takes_volume(self) -> bool:
        """True where the threshold is a volume."""
        return self in (Question.DOSE, Question.COLD_DOSE)


_DOSE_UNITS = (Unit.GY, Unit.CGY, Unit.PERCENT)
_VOLUME_UNITS = (Unit.CC, Unit.PERCENT)
_UNITS = {"gy": Unit.GY, "cgy": Unit.CGY, "%": Unit.PERCENT, "cc": Unit.CC, "cm3": Unit.CC, "cm³": Unit.CC}
_STATISTICS = {
    "min": Question.MIN,
    "dmin": Question.MIN,
    "max": Question.MAX,
    "dmax": Question.MAX,
    "mean": Question.MEAN,
    "dmean": Question.MEAN,
    "median": Question.MEDIAN,
    "dmedian": Question.MEDIAN,
    "volume": Question.VOLUME,
}
_HEADS = {"d": Question.DOSE, "dc": Question.COLD_DOSE, "v": Question.VOLUME_AT, "cv": Question.COLD_VOLUME_AT}
_THRESHOLD = re.compile(r"\s*(\d{1,300}(?:\.\d*)?|\.\d+)\s*(cGy|Gy|%|cc|cm3|cm³)", re.IGNORECASE)
_REFERENCE = re.compile(r"@([^\[\]@]+)")
_BRACKET = re.compile(r"\s*\[\s*(cGy|Gy|%|cc|cm3|cm³)\s*((?:@[^\[\]@]+)?)\]\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Metric:
    """One question asked of a DVH.

    Attributes
    ----------
    question : Question
    threshold : float or None
        The dose or volume in the name, in `threshold_unit`.
    threshold_unit : Unit or None
    unit : Unit
        Unit of the answer.
    reference : str or None
        The dose reference that 100 % means, where doses are in percent and the expression names it.
    """

    question: Question
    unit: Unit
    threshold: float | None = None
    threshold_unit: Unit | None = None
    reference: str | None = None

    @property
    def needs_reference(self) -> bool:
        """True where a dose is in percent of a prescription."""
        relative_answer = not self.question.asks_volume and self.unit is Unit.PERCENT
        return relative_answer or (self.question.takes_dose and self.threshold_unit is Unit.PERCENT)

    def volume_cc(self, total_cc: float) -> float | None:
        """The volume in the metric's name, of an ROI of `total_cc`; None where it names none."""
        if not self.question.takes_volume or self.threshold is None:
            return None
        return self.threshold if self.threshold_unit is Unit.CC else self.threshold / 100.0 * total_cc

    def __str__(self) -> str:
        head = self.question.value
        if self.threshold is not None:
            # The shortest digits that give the same number, never with an exponent.
            head += f"{Decimal(repr(float(self.threshold))).normalize():f}{self.threshold_unit}"
        in_head = self.question.takes_dose and self.threshold_unit is Unit.PERCENT
        suffix = f"@{self.reference}" if self.reference else ""
        return f"{head}{suffix if in_head else ''}[{self.unit}{'' if in_head else suffix}]"


def parse_metric(text: str) -> Metric:
    """Read a metric such as ``V20Gy[%]``, ``D95%[Gy]``, ``DC700cc[Gy]``, ``CV15Gy[cc]`` or ``Mean[Gy]``.

    Decimals, cGy, blanks inside and any case are accepted; ``parse_metric(str(metric)) == metric``.

    Raises
    ------
    ParseError
        With the position of the first character that makes no sense.
    """
    word = re.match(r"\s*([A-Za-z]+?)(?=\s*[\d.\[]|\s*$|[^A-Za-z])", text)
    if word is None:
        raise ParseError(text, 0, "expected a metric such as V20Gy[%], D95%[Gy], CV15Gy[cc] or Mean[Gy]")
    name, position = word.group(1).lower(), word.end()
    if name in _STATISTICS:
        question, threshold, threshold_unit, reference = _STATISTICS[name], None, None, None
    elif name in _HEADS:
        question = _HEADS[name]
        threshold, threshold_unit, reference, position = _threshold(text, position, question)
    else:
        known = "D, DC, V, CV, Min, Max, Mean, Median or Volume"
        raise ParseError(text, word.start(1), f"{word.group(1)!r} is no metric known here; expected {known}")
    unit, out_reference = _output(text, position, question)
    return Metric(question, unit, threshold, threshold_unit, reference or out_reference)


def _threshold(text: str, position: int, question: Question) -> tuple[float, Unit, str | None, int]:
    match = _THRESHOLD.match(text, position)
    allowed = _DOSE_UNITS if question.takes_dose else _VOLUME_UNITS
    wanted = " or ".join(str(unit) for unit in allowed)
    if match is None:
        raise ParseError(text, position, f"expected a number and {wanted}")
    unit = _UNITS[match.group(2).lower()]
    if unit not in allowed:
        raise ParseError(text, match.start(2), f"{question.value} takes {wanted}, not {unit}")
    value, position = float(match.group(1)), match.end()
    if question.takes_volume and unit is Unit.PERCENT and value > 100:
        raise ParseError(text, match.start(1), "a volume of more than 100 % doesn't exist")
    named = _REFERENCE.match(text, position)
    if named and not named.group(1).strip():
        raise ParseError(text, position, "expected the name of a dose reference after @")
    if named and not (question.takes_dose and unit is Unit.PERCENT):
        raise ParseError(text, position, "a dose reference goes with a dose in %")
    return (value, unit, named.group(1).strip(), named.end()) if named else (value, unit, None, position)


def _output(text: str, position: int, question: Question) -> tuple[Unit, str | None]:
    allowed = _VOLUME_UNITS if question.asks_volume else _DOSE_UNITS
    wanted = " or ".join(f"[{unit}]" for unit in allowed)
    match = _BRACKET.match(text, position)
    if match is None:
        raise ParseError(text, position, f"expected the unit of the answer: {wanted}")
    unit = _UNITS[match.group(1).lower()]
    if unit not in allowed:
        raise ParseError(text, match.start(1), f"{question.value} answers in {wanted}, not [{unit}]")
    if match.end() != len(text):
        raise ParseError(text, match.end(), "expected nothing after the unit")
    reference = match.group(2)[1:].strip() or None
    if reference and (question.asks_volume or unit is not Unit.PERCENT):
        raise ParseError(text, match.start(2), "a dose reference goes with a dose in %")
    return unit, reference
