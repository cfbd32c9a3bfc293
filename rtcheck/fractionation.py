"""Treatment schedules as exact values: ``"25x2Gy + 5x3Gy"`` <-> `Schedule`.

Doses are held as rational numbers, so 25 x 2 Gy is 50 Gy and BED 60 exactly, and 50 Gy in 3 fractions isn't rounded.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from rtcheck.errors import ParseError, UsageError

#: No schedule in use has more fractions or a larger dose per fraction (Gy); beyond it, a typing error is likelier.
MAX_FRACTIONS = 200
MAX_DOSE_PER_FRACTION_GY = 150

_NUMBER = r"(?P<{0}>\d{{1,6}}(?:[.,]\d{{1,9}})?)"
_UNIT = r"(?P<{0}>cGy|Gy)"
_FORMS = (
    # 25x2Gy, 5 x 8 Gy, 25 × 200 cGy, 5*8Gy
    re.compile(rf"(?P<fractions>\d{{1,6}})\s*[x*]\s*{_NUMBER.format('dose')}\s*{_UNIT.format('unit')}", re.IGNORECASE),
    # 50Gy/25, 60 Gy in 8 fx, 60Gy/8 fractions
    re.compile(
        rf"{_NUMBER.format('total')}\s*{_UNIT.format('unit')}\s*(?:/|in)\s*(?P<fractions>\d{{1,6}})"
        rf"(?:\s*(?:fractions?|fx|fr|f)\b)?",
        re.IGNORECASE,
    ),
)
_TRANSLATE = str.maketrans({"×": "x", "✕": "x", "·": "*", "＋": "+", "\u00a0": " ", "\u202f": " ", "／": "/"})


@dataclass(frozen=True)
class Phase:
    """Equal fractions given one after the other.

    Attributes
    ----------
    fractions : int
    dose_per_fraction_gy : Fraction
        Exact, in gray.
    """

    fractions: int
    dose_per_fraction_gy: Fraction

    def __post_init__(self) -> None:
        if not 1 <= self.fractions <= MAX_FRACTIONS:
            raise UsageError(f"{self.fractions} fractions; a phase has 1 to {MAX_FRACTIONS}")
        if not 0 < self.dose_per_fraction_gy <= MAX_DOSE_PER_FRACTION_GY:
            raise UsageError(
                f"{float(self.dose_per_fraction_gy):g} Gy per fraction; more than 0 and at most "
                f"{MAX_DOSE_PER_FRACTION_GY} Gy make sense (is the unit right?)"
            )

    @property
    def total_dose_gy(self) -> Fraction:
        """Fractions times dose per fraction."""
        return self.fractions * self.dose_per_fraction_gy

    def __str__(self) -> str:
        each, total = decimal_text(self.dose_per_fraction_gy), decimal_text(self.total_dose_gy)
        # Thirds have no finite decimals: 50Gy/3 says exactly what 3x16.666667Gy doesn't.
        exact = Fraction(each) == self.dose_per_fraction_gy or Fraction(total) != self.total_dose_gy
        return f"{self.fractions}x{each}Gy" if exact else f"{total}Gy/{self.fractions}"


@dataclass(frozen=True)
class Schedule:
    """One phase or several."""

    phases: tuple[Phase, ...]

    def __post_init__(self) -> None:
        if not self.phases:
            raise UsageError("a schedule needs at least one phase")

    @property
    def fractions(self) -> int:
        """Number of fractions of all phases."""
        return sum(phase.fractions for phase in self.phases)

    @property
    def total_dose_gy(self) -> Fraction:
        """Physical dose of all phases, exact."""
        return sum((phase.total_dose_gy for phase in self.phases), Fraction(0))

    @classmethod
    def uniform(cls, total_dose_gy: float | Fraction, fractions: int) -> Schedule:
        """The schedule that gives a total dose in equal fractions.

        A float is taken at its shortest decimal form, as DICOM decimal strings are meant: 59.5 is 59.5 exactly.
        """
        if not math.isfinite(total_dose_gy):
            raise UsageError(f"a total dose of {total_dose_gy} Gy makes no sense")
        total = total_dose_gy if isinstance(total_dose_gy, Fraction) else Fraction(repr(float(total_dose_gy)))
        if fractions < 1:
            raise UsageError(f"{fractions} fractions; a schedule has at least one")
        return cls((Phase(fractions, total / fractions),))

    def __str__(self) -> str:
        return " + ".join(str(phase) for phase in self.phases)


def decimal_text(value: Fraction) -> str:
    """Shortest decimal text of an exact value; six decimals where it has no finite one."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    if Fraction(exact) != value:
        exact = round(exact, 6)
    return format(exact.normalize(), "f")


def parse_schedule(text: str) -> Schedule:
    """Read a schedule: ``25x2Gy``, ``5 x 8 Gy``, ``50Gy/25``, ``60 Gy in 8 fx``, ``25x2Gy + 5x3Gy``, cGy.

    Raises
    ------
    ParseError
        With the position of the first character that makes no sense.
    UsageError
        Where the numbers do (zero fractions, 800 Gy per fraction).
    """
    plain = text.translate(_TRANSLATE)
    position = _skip_blanks(plain, 0)
    phases: list[Phase] = []
    while True:
        match = next((m for form in _FORMS if (m := form.match(plain, position))), None)
        if match is None:
            raise ParseError(text, position, "expected a schedule such as 25x2Gy, 50Gy/25 or 60 Gy in 8 fx")
        phases.append(_phase(match))
        position = _skip_blanks(plain, match.end())
        if position == len(plain):
            return Schedule(tuple(phases))
        if plain[position] != "+":
            raise ParseError(text, position, "expected '+' and another phase, or the end")
        position = _skip_blanks(plain, position + 1)


def _skip_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _phase(match: re.Match[str]) -> Phase:
    found = match.groupdict()
    scale = Fraction(1, 100) if found["unit"].lower() == "cgy" else Fraction(1)
    fractions = int(found["fractions"])
    if fractions < 1:
        raise UsageError(f"{match.group(0)!r}: a schedule has at least one fraction")
    if found.get("dose"):
        return Phase(fractions, Fraction(found["dose"].replace(",", ".")) * scale)
    return Phase(fractions, Fraction(found["total"].replace(",", ".")) * scale / fractions)
