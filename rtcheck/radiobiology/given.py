"""What the functions of this package accept: the guards that they share."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from rtcheck.errors import UsageError
from rtcheck.fractionation import Schedule, parse_schedule
from rtcheck.geometry import FloatArray


def as_schedule(schedule: str | Schedule) -> Schedule:
    """The schedule, read where it is text."""
    return parse_schedule(schedule) if isinstance(schedule, str) else schedule


def exact(number: float | Fraction) -> Fraction:
    """The decimal number that a float is printed as: 0.1 is a tenth, not the nearest binary fraction."""
    return number if isinstance(number, Fraction) else Fraction(repr(float(number)))


def positive(number: float | Fraction, what: str, unit: str = "gray") -> Fraction:
    """The exact value of a number that must be positive and finite."""
    if not (math.isfinite(number) and number > 0):
        raise UsageError(f"{what} is {number}; a positive number of {unit} is needed")
    return exact(number)


def not_negative(number: float, what: str, unit: str) -> float:
    """A number that must be finite and at least 0."""
    if not (math.isfinite(number) and number >= 0):
        raise UsageError(f"{what} is {number}; a number of {unit} from 0 on is needed")
    return float(number)


def alpha_beta(alpha_beta_gy: float) -> Fraction:
    """The exact alpha/beta."""
    return positive(alpha_beta_gy, "alpha/beta in Gy")


def whole_fractions(fractions: int) -> int:
    """A number of fractions of at least one."""
    if not (math.isfinite(fractions) and fractions >= 1 and fractions == int(fractions)):
        raise UsageError(f"{fractions} fractions; a whole number and at least one is needed")
    return int(fractions)


def doses(dose_gy: float | FloatArray) -> FloatArray:
    """Doses as an array; NaN (unknown) and infinity may be among them, negative doses mayn't."""
    array = np.asarray(dose_gy, dtype=np.float64)
    if bool((array < 0).any()):
        raise UsageError(f"a dose of {float(np.nanmin(array))} Gy; doses aren't negative")
    return array
