"""What the values of a RELATIVE dose mean, as the user says it: ``100=50Gy``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from rtcheck.errors import ParseError, UsageError

_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?")
_GY_PER = {"gy": 1.0, "cgy": 0.01}
_UNIT = re.compile(r"cGy|Gy", re.IGNORECASE)
_FORM = "a normalisation such as 100=50Gy"


@dataclass(frozen=True)
class Normalisation:
    """The value that stands in the file, and the dose that it means.

    Attributes
    ----------
    value : float
        DoseGridScaling times what is stored, as other programs show it: 100 where the doses are percent.
    dose_gy : float
    """

    value: float
    dose_gy: float

    def __post_init__(self) -> None:
        for number in (self.value, self.dose_gy):
            if not (math.isfinite(number) and number > 0):
                raise UsageError(f"{self}: a normalisation needs two positive numbers, such as 100=50Gy")

    @property
    def gy_per_unit(self) -> float:
        """Gray for a value of 1."""
        return self.dose_gy / self.value

    def __str__(self) -> str:
        return f"{self.value:.10g} = {self.dose_gy:.10g} Gy"


def parse_normalisation(text: str) -> Normalisation:
    """Read a normalisation: ``100=50Gy``, ``1 = 5000 cGy``.

    Raises
    ------
    ParseError
        With the position of the first character that makes no sense: no percent sign, no unit left out.
    UsageError
        A number isn't positive.
    """
    value, position = _number(text, 0)
    position = _after_blanks(text, position)
    if text[position : position + 1] != "=":
        raise ParseError(text, position, f"expected '=', as in {_FORM}")
    dose, position = _number(text, position + 1)
    position = _after_blanks(text, position)
    unit = _UNIT.match(text, position)
    if unit is None:
        raise ParseError(text, position, f"expected Gy or cGy, as in {_FORM}")
    end = _after_blanks(text, unit.end())
    if end != len(text):
        raise ParseError(text, end, f"expected nothing more after {_FORM}")
    return Normalisation(value, dose * _GY_PER[unit.group().lower()])


def _number(text: str, position: int) -> tuple[float, int]:
    position = _after_blanks(text, position)
    match = _NUMBER.match(text, position)
    if match is None:
        raise ParseError(text, position, f"expected a number, as in {_FORM}")
    return float(match.group().replace(",", ".")), match.end()


def _after_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position
