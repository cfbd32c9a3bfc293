"""The values: `Phase`, equal fractions one after the other, and `Schedule`, one phase or several."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from rtcheck.errors import UsageError

#: No schedule in use has more fractions or a larger dose per fraction (Gy); beyond it, a typing error is likelier.
MAX_FRACTIONS = 200
MAX_DOSE_PER_FRACTION_GY = 150
#: Likewise for fractions on one day, and for days from the first fraction to the last.
MAX_FRACTIONS_PER_DAY = 8
MAX_OVERALL_DAYS = 365

#: Doses with more decimals are printed as quotients.
_MAX_DECIMALS = 30
#: Holds every float; bounds the length of a printed quotient.
_MAX_DENOMINATOR = 10**400


@dataclass(frozen=True)
class Phase:
    """Equal fractions given one after the other.

    Attributes
    ----------
    fractions : int
    dose_per_fraction_gy : Fraction
        Exact, in gray.
    fractions_per_day : int
        1 where fractions are a day or more apart.
    """

    fractions: int
    dose_per_fraction_gy: Fraction
    fractions_per_day: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.fractions <= MAX_FRACTIONS:
            raise UsageError(f"{self.fractions} fractions; a phase has 1 to {MAX_FRACTIONS}")
        dose = self.dose_per_fraction_gy
        if not 0 < dose <= MAX_DOSE_PER_FRACTION_GY:
            size = Decimal(dose.numerator) / Decimal(dose.denominator)  # a float may overflow
            raise UsageError(
                f"{size:.6g} Gy per fraction; more than 0 and at most {MAX_DOSE_PER_FRACTION_GY} Gy make sense "
                "(is the unit right?)"
            )
        if dose.denominator > _MAX_DENOMINATOR:
            raise UsageError("a dose of more than 400 decimals makes no sense")
        if not 1 <= self.fractions_per_day <= min(self.fractions, MAX_FRACTIONS_PER_DAY):
            raise UsageError(
                f"{self.fractions_per_day} fractions a day, of {self.fractions} in all; 1 to {MAX_FRACTIONS_PER_DAY} "
                "a day make sense, and no more than there are"
            )

    @property
    def total_dose_gy(self) -> Fraction:
        """Fractions times dose per fraction."""
        return self.fractions * self.dose_per_fraction_gy

    def __str__(self) -> str:
        each, total = _finite_decimal(self.dose_per_fraction_gy), _finite_decimal(self.total_dose_gy)
        if each is not None:
            text = f"{self.fractions}x{each}Gy"
        elif total is not None:  # thirds have no finite decimals: 50Gy/3 says exactly what 3x16.666667Gy doesn't
            text = f"{total}Gy/{self.fractions}"
        else:
            text = f"{self.fractions}x({self.dose_per_fraction_gy})Gy"
        return text if self.fractions_per_day == 1 else f"{text} {self.fractions_per_day}/day"


@dataclass(frozen=True)
class Schedule:
    """One phase or several, one after the other.

    Attributes
    ----------
    phases : tuple of Phase
        In the order in which they are given; equal neighbours stay apart (`merged` joins them).
    overall_days : int or None
        Days from the first fraction to the last, both days counted: 25 fractions from a Monday to the Friday of the
        fifth week take 33 days, and one fraction takes 1. None where it isn't known.
    """

    phases: tuple[Phase, ...]
    overall_days: int | None = None

    def __post_init__(self) -> None:
        if not self.phases:
            raise UsageError("a schedule needs at least one phase")
        if self.overall_days is None:
            return
        if self.overall_days > MAX_OVERALL_DAYS:
            raise UsageError(f"{self.overall_days} days; at most {MAX_OVERALL_DAYS} make sense")
        if self.overall_days < self.least_days:
            raise UsageError(
                f"{self.overall_days} days are too few for {self.fractions} fractions: they need {self.least_days} "
                "at least, the first and the last day counted"
            )

    @property
    def fractions(self) -> int:
        """Number of fractions of all phases."""
        return sum(phase.fractions for phase in self.phases)

    @property
    def total_dose_gy(self) -> Fraction:
        """Physical dose of all phases, exact."""
        return sum((phase.total_dose_gy for phase in self.phases), Fraction(0))

    @property
    def fraction_doses_gy(self) -> tuple[Fraction, ...]:
        """The dose of every fraction, in order, exact."""
        return tuple(phase.dose_per_fraction_gy for phase in self.phases for _ in range(phase.fractions))

    @property
    def max_dose_per_fraction_gy(self) -> Fraction:
        """The dose of the largest fraction, exact."""
        return max(phase.dose_per_fraction_gy for phase in self.phases)

    @property
    def is_uniform(self) -> bool:
        """Whether every fraction has the same dose."""
        return len({phase.dose_per_fraction_gy for phase in self.phases}) == 1

    @property
    def least_days(self) -> int:
        """Fewest days that the fractions can be given on."""
        return math.ceil(sum(Fraction(phase.fractions, phase.fractions_per_day) for phase in self.phases))

    @property
    def merged(self) -> Schedule:
        """The same with neighbouring phases of equal fractions joined, as far as `MAX_FRACTIONS` allows."""
        phases = [self.phases[0]]
        for phase in self.phases[1:]:
            last, together = phases[-1], phases[-1].fractions + phase.fractions
            alike = last.dose_per_fraction_gy == phase.dose_per_fraction_gy
            if alike and last.fractions_per_day == phase.fractions_per_day and together <= MAX_FRACTIONS:
                phases[-1] = replace(phase, fractions=together)
            else:
                phases.append(phase)
        return replace(self, phases=tuple(phases))

    def then(self, other: Schedule) -> Schedule:
        """This schedule, and the other after it.

        The overall time of both isn't known: nothing says how long the pause between them is.
        """
        return Schedule(self.phases + other.phases)

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
        text = " + ".join(str(phase) for phase in self.phases)
        if self.overall_days is None:
            return text
        return f"{text} in {self.overall_days} day{'' if self.overall_days == 1 else 's'}"


def decimal_text(value: Fraction) -> str:
    """Shortest decimal text of an exact value; six decimals where it has no finite one."""
    exact = _finite_decimal(value)
    return exact if exact is not None else str(_finite_decimal(round(value, 6)))


def _finite_decimal(value: Fraction) -> str | None:
    scale = 10**_MAX_DECIMALS
    if scale % value.denominator:
        return None
    whole, rest = divmod(value.numerator * (scale // value.denominator), scale)
    return f"{whole}.{rest:0{_MAX_DECIMALS}d}".rstrip("0").rstrip(".")
