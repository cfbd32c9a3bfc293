"""The closed set of units, the bases a dose can be expressed in, and the one comparison of a value with a limit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum


class Unit(Enum):
    """Units that a metric, a limit or a column may have."""

    GY = "Gy"
    CGY = "cGy"
    PERCENT = "%"
    CC = "cc"
    ONE = "1"

    def __str__(self) -> str:
        return self.value


#: Gray per unit of dose. Percent isn't here: it needs a named reference.
GY_PER: dict[Unit, float] = {Unit.GY: 1.0, Unit.CGY: 0.01}


class DoseKind(Enum):
    """What a number of gray means."""

    PHYSICAL = "physical"
    #: Weighted for biological effect by the planning system, by factors that the dose doesn't tell.
    EFFECTIVE = "effective"
    BED = "BED"
    EQD2 = "EQD2"
    #: Equivalent dose in fractions of another size than 2 Gy, which some published models were fitted in.
    EQDX = "EQDx"


@dataclass(frozen=True)
class DoseBasis:
    """What the doses of a DVH, a curve or a limit mean. Numbers of different bases are never compared or added.

    Attributes
    ----------
    kind : DoseKind
    alpha_beta_gy : float or None
        The linear-quadratic alpha/beta in gray; None for physical and effective dose and only for them.
    fraction_gy : float or None
        The dose per fraction that an equivalent dose is in; given for EQDX, 2 for EQD2, None otherwise.
    """

    kind: DoseKind = DoseKind.PHYSICAL
    alpha_beta_gy: float | None = None
    fraction_gy: float | None = None

    def __post_init__(self) -> None:
        if (self.kind in (DoseKind.PHYSICAL, DoseKind.EFFECTIVE)) != (self.alpha_beta_gy is None):
            raise ValueError(f"{self.kind.value} dose and alpha/beta {self.alpha_beta_gy} don't go together")
        if self.kind is DoseKind.EQD2 and self.fraction_gy is None:
            object.__setattr__(self, "fraction_gy", 2.0)
        sized = self.kind in (DoseKind.EQD2, DoseKind.EQDX)
        if sized != (self.fraction_gy is not None) or (self.kind is DoseKind.EQD2 and self.fraction_gy != 2):
            raise ValueError(f"{self.kind.value} and a dose per fraction of {self.fraction_gy} don't go together")
        for number in (self.alpha_beta_gy, self.fraction_gy):
            if number is not None and not (math.isfinite(number) and number > 0):
                raise ValueError(f"{number} Gy: a positive number of gray is needed")

    @property
    def is_physical(self) -> bool:
        """True for absorbed dose."""
        return self.kind is DoseKind.PHYSICAL

    @property
    def label(self) -> str:
        """For axes and headings: ``Physical dose``, ``EQD2 (alpha/beta 3 Gy)``."""
        if self.alpha_beta_gy is None:
            return f"{self.kind.value.capitalize()} dose"
        return f"{self._name} (alpha/beta {self.alpha_beta_gy:g} Gy)"

    @property
    def _name(self) -> str:
        return f"EQD{self.fraction_gy:g}" if self.fraction_gy is not None else self.kind.value

    def __str__(self) -> str:
        if self.alpha_beta_gy is None:
            return self.kind.value
        return f"{self._name}(alpha/beta={self.alpha_beta_gy:g} Gy)"


PHYSICAL = DoseBasis()
EFFECTIVE = DoseBasis(DoseKind.EFFECTIVE)


def bed_basis(alpha_beta_gy: float) -> DoseBasis:
    """Biologically effective dose with this alpha/beta."""
    return DoseBasis(DoseKind.BED, alpha_beta_gy)


def eqd2_basis(alpha_beta_gy: float) -> DoseBasis:
    """Equivalent dose in 2 Gy fractions with this alpha/beta."""
    return DoseBasis(DoseKind.EQD2, alpha_beta_gy)


class Comparator(Enum):
    """How a value must stand to its limit, or to a number that a source merely quotes."""

    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    #: What sources print of doses at which they quote a rate. No value meets or breaks these.
    EQ = "="
    ABOUT = "~"
    BETWEEN = "between"

    def __str__(self) -> str:
        return self.value

    @property
    def judges(self) -> bool:
        """True where a value can meet it or break it."""
        return self in (Comparator.LT, Comparator.LE, Comparator.GT, Comparator.GE)

    @property
    def is_upper(self) -> bool:
        """True where the limit is an upper bound."""
        return self in (Comparator.LT, Comparator.LE)

    @property
    def is_strict(self) -> bool:
        """True where the limit itself doesn't satisfy."""
        return self in (Comparator.LT, Comparator.GT)


#: Relative tolerance of a comparison. DICOM decimal strings and sums of doses make float equality unsafe: 25 x 2 Gy,
#: 3 x 10 Gy and 1 x 20 Gy must all be exactly BED 60, and 59.99 must not.
TOLERANCE = 1e-7


def meets(value: float, comparator: Comparator, limit: float) -> bool:
    """Whether `value` satisfies `comparator` `limit`; both in the same unit.

    This is the only comparison of a value with a limit in rtcheck. Values within `TOLERANCE` (relative to the limit,
    at least 1e-7 absolute) count as equal, so they satisfy ``<=`` and ``>=`` and don't satisfy ``<`` and ``>``.

    Raises
    ------
    ValueError
        If the value or the limit isn't a number (NaN): an unknown value never meets anything. And for a comparator that
        doesn't judge.
    """
    if not comparator.judges:
        raise ValueError(f"'{comparator} {limit:g}' is quoted by a source; nothing meets or breaks it")
    if math.isnan(value) or math.isnan(limit):
        raise ValueError("NaN can't be compared with a limit")
    if math.isinf(value) or math.isinf(limit):
        equal = value == limit
    else:
        equal = abs(value - limit) <= TOLERANCE * max(1.0, abs(limit))
    if equal:
        return not comparator.is_strict
    return (value < limit) == comparator.is_upper


def number_text(value: float, limit: float | None = None, decimals: int = 1) -> str:
    """A number for the reader, rounded but never across or onto a limit that it doesn't equal.

    15.004 against 15 prints as ``15.004``, 59.96 against 60 as ``59.96``; exactly 60 prints as ``60.0``.
    """
    if not math.isfinite(value):
        return "unknown"
    if limit is None or math.isclose(value, limit, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
        return f"{value:.{decimals}f}"
    for digits in range(decimals, 10):
        text = f"{value:.{digits}f}"
        if (float(text) < limit) == (value < limit) and float(text) != limit:
            return text
    return repr(value)
