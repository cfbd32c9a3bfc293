"""One question asked of a DVH as a value, and its canonical form."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from rtcheck.units import Unit

#: Share of the volume, in percent, that ICRU 83 takes as near-minimum and near-maximum.
NEAR_EXTREME_PERCENT = 2.0


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
    SD = "SD"
    VOLUME = "Volume"
    #: Mean of the hottest part of the volume.
    MEAN_OF_HOTTEST = "MeanOf"
    #: Generalized equivalent uniform dose; its threshold is the power.
    GEUD = "gEUD"
    #: Homogeneity of ICRU 83.
    HOMOGENEITY = "HI"
    #: Conformity of RTOG.
    CONFORMITY = "CI"
    #: Conformity of Paddick.
    PADDICK = "PCI"
    #: Gradient index of Paddick and Lippitz.
    GRADIENT = "GI"
    #: Volume of half the prescribed dose over that of the target.
    R50 = "R50"
    #: The prescribed dose itself: a row may limit it rather than a DVH.
    PRESCRIPTION = "PrescriptionDose"

    @property
    def asks_volume(self) -> bool:
        """True where the answer is a volume."""
        return self in _VOLUMES

    @property
    def is_index(self) -> bool:
        """True where the answer is a bare number."""
        return self is Question.HOMOGENEITY or self.needs_body

    @property
    def needs_body(self) -> bool:
        """True where the answer needs the DVH of the whole body beside the ROI's."""
        return self in _OF_BODY

    @property
    def units(self) -> tuple[Unit, ...]:
        """Units that the answer may have."""
        if self.is_index:
            return (Unit.ONE,)
        if self is Question.PRESCRIPTION:
            return (Unit.GY, Unit.CGY)
        return VOLUME_UNITS if self.asks_volume else DOSE_UNITS

    @property
    def takes_dose(self) -> bool:
        """True where the threshold is a dose."""
        return self in _AT_DOSE

    @property
    def takes_volume(self) -> bool:
        """True where the threshold is a volume."""
        return self in _AT_VOLUME

    @property
    def threshold_units(self) -> tuple[Unit, ...]:
        """Units that the threshold may have; empty where there is none."""
        if self is Question.GEUD:
            return (Unit.ONE,)
        if self.takes_dose:
            return DOSE_UNITS
        return VOLUME_UNITS if self.takes_volume else ()

    @property
    def in_brackets(self) -> bool:
        """True where the threshold is written in round brackets."""
        return self in _IN_BRACKETS

    @property
    def is_of_reference(self) -> bool:
        """True where the question is about a prescribed dose as such, with no threshold."""
        return self in (Question.R50, Question.PRESCRIPTION)


DOSE_UNITS = (Unit.GY, Unit.CGY, Unit.PERCENT)
VOLUME_UNITS = (Unit.CC, Unit.PERCENT)
_VOLUMES = frozenset({Question.VOLUME_AT, Question.COLD_VOLUME_AT, Question.VOLUME})
_OF_DOSE = frozenset({Question.CONFORMITY, Question.PADDICK, Question.GRADIENT})
_OF_BODY = _OF_DOSE | {Question.R50}
_AT_DOSE = _OF_DOSE | {Question.VOLUME_AT, Question.COLD_VOLUME_AT}
_AT_VOLUME = frozenset({Question.DOSE, Question.COLD_DOSE, Question.MEAN_OF_HOTTEST})
_IN_BRACKETS = _OF_DOSE | {Question.GEUD}


@dataclass(frozen=True)
class Metric:
    """One question asked of a DVH.

    Attributes
    ----------
    question : Question
    unit : Unit
        Unit of the answer.
    threshold : float or None
        The dose or volume in the name, in `threshold_unit`, or the power of gEUD.
    threshold_unit : Unit or None
    reference : str or None
        The dose reference that 100 % means, where doses are in percent and the expression names it; or the one that is
        asked about.
    """

    question: Question
    unit: Unit
    threshold: float | None = None
    threshold_unit: Unit | None = None
    reference: str | None = None

    @property
    def needs_reference(self) -> bool:
        """True where a prescribed dose is asked about, or a dose is in percent of it."""
        relative_answer = not self.question.asks_volume and self.unit is Unit.PERCENT
        return relative_answer or self.names_reference_first

    @property
    def names_reference_first(self) -> bool:
        """True where the reference belongs before the unit of the answer: ``V95%@PTV[cc]``, ``R50@PTV[1]``."""
        relative_threshold = self.question.takes_dose and self.threshold_unit is Unit.PERCENT
        return relative_threshold or self.question.is_of_reference

    def volume_cc(self, total_cc: float) -> float | None:
        """The volume in the metric's name, of an ROI of `total_cc`; None where it names none."""
        if not self.question.takes_volume or self.threshold is None:
            return None
        return self.threshold if self.threshold_unit is Unit.CC else self.threshold / 100.0 * total_cc

    def smallest_volume_cc(self, total_cc: float) -> float | None:
        """The smallest volume whose dose is asked: that in the name, or the near-extremes of HI; None for neither."""
        if self.question is Question.HOMOGENEITY:
            return NEAR_EXTREME_PERCENT / 100.0 * total_cc
        return self.volume_cc(total_cc)

    def __str__(self) -> str:
        named = f"@{self.reference}" if self.reference else ""
        first, last = (named, "") if self.names_reference_first else ("", named)
        threshold = "" if self.threshold is None else f"{plain_number(self.threshold)}{self._threshold_unit}"
        asked = f"({threshold}{first})" if self.question.in_brackets else f"{threshold}{first}"
        tail = "Volume" if self.question is Question.MEAN_OF_HOTTEST else ""
        return f"{self.question.value}{asked}{tail}[{self.unit}{last}]"

    @property
    def _threshold_unit(self) -> str:
        return "" if self.threshold_unit in (None, Unit.ONE) else str(self.threshold_unit)


def plain_number(number: float) -> str:
    """The shortest digits that give the same number, never with an exponent."""
    return f"{Decimal(repr(float(number))).normalize():f}"
