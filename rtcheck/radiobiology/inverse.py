"""Inverses of the linear-quadratic model: the dose or the number of fractions that has a given BED.

``BED = n d (1 + d / (alpha/beta))`` [1]_ is solved for the dose per fraction ``d`` (a quadratic) or the number of
fractions ``n``. What is asked in whole fractions or in steps of dose is decided by `rtcheck.units.meets`, the
comparison that judges plans. Limits of validity as in `rtcheck.radiobiology.lq`: the quadratic has one positive root
for every BED, also where the dose per fraction is far above what the model holds for.

Numbers are taken at their decimal value and computed as rationals. Square roots that aren't rational are exact to 200
binary digits, so results are rounded once, to the nearest float.

References
----------
.. [1] Fowler JF. The linear-quadratic formula and progress in fractionated radiotherapy. Br J Radiol 1989;62:679-694.
"""

from __future__ import annotations

import math
from fractions import Fraction

from rtcheck.errors import UsageError
from rtcheck.fractionation import Phase, Schedule
from rtcheck.radiobiology import given
from rtcheck.radiobiology.lq import exact_bed
from rtcheck.units import TOLERANCE, Comparator, meets

_BED = "the BED"
_DOSE = "the dose per fraction"
#: More fractions, or steps of dose, aren't searched for.
_MOST = 10**9


def dose_per_fraction(bed_gy: float, fractions: int, *, alpha_beta_gy: float) -> float:
    """The dose per fraction that gives a BED in equal fractions, in gray.

    ``d = 2 c / (alpha/beta + sqrt((alpha/beta)^2 + 4 c))`` with ``c = (alpha/beta) BED / n``.

    Parameters
    ----------
    bed_gy : float
    fractions : int
    alpha_beta_gy : float

    Raises
    ------
    UsageError
        For a BED or an alpha/beta that isn't positive and finite, or fewer than one fraction.

    Examples
    --------
    >>> dose_per_fraction(60, 3, alpha_beta_gy=10)
    10.0
    """
    return float(_dose(given.positive(bed_gy, _BED), given.whole_fractions(fractions), given.alpha_beta(alpha_beta_gy)))


def total_dose(bed_gy: float, fractions: int, *, alpha_beta_gy: float) -> float:
    """The total physical dose that gives a BED in equal fractions, in gray; as `dose_per_fraction`."""
    count = given.whole_fractions(fractions)
    return float(count * _dose(given.positive(bed_gy, _BED), count, given.alpha_beta(alpha_beta_gy)))


def fractions_for(bed_gy: float, dose_per_fraction_gy: float, *, alpha_beta_gy: float) -> float:
    """The number of fractions of a given dose that gives a BED, ``n = BED / (d (1 + d / (alpha/beta)))``.

    A real number; `whole_fractions_for` has the number that can be given.
    """
    each = _bed_of_fraction(given.positive(dose_per_fraction_gy, _DOSE), given.alpha_beta(alpha_beta_gy))
    return float(given.positive(bed_gy, _BED) / each)


def whole_fractions_for(bed_gy: float, dose_per_fraction_gy: float, *, alpha_beta_gy: float) -> int:
    """The smallest number of fractions of a given dose whose BED meets a threshold.

    3 fractions of 10 Gy meet a BED of 60 Gy at alpha/beta 10 Gy exactly, so the answer is 3 and not 4.
    """
    threshold, ratio = given.positive(bed_gy, _BED), given.alpha_beta(alpha_beta_gy)
    each = _bed_of_fraction(given.positive(dose_per_fraction_gy, _DOSE), ratio)
    count = max(1, math.ceil(_just_enough(threshold) / each))
    if count > _MOST:
        raise UsageError(f"{dose_per_fraction_gy} Gy per fraction is too little for a BED of {bed_gy} Gy")
    while not _reaches(count * each, threshold):
        count += 1
    while count > 1 and _reaches((count - 1) * each, threshold):
        count -= 1
    return count


def dose_per_fraction_reaching(bed_gy: float, fractions: int, *, alpha_beta_gy: float, step_gy: float = 0.01) -> float:
    """The smallest multiple of a step, in gray, that as dose per fraction meets a BED in equal fractions.

    Rounded up, never down: the BED of the result meets the threshold, and one step less doesn't.

    Parameters
    ----------
    bed_gy : float
        The threshold.
    fractions : int
    alpha_beta_gy : float
    step_gy : float
        What doses per fraction are multiples of.

    Raises
    ------
    UsageError
        As for `dose_per_fraction`, and for a step that isn't positive and finite.
    """
    threshold, count = given.positive(bed_gy, _BED), given.whole_fractions(fractions)
    ratio, step = given.alpha_beta(alpha_beta_gy), given.positive(step_gy, "the step")
    steps = max(1, math.ceil(_dose(_just_enough(threshold), count, ratio) / step))
    if steps > _MOST:
        raise UsageError(f"a step of {step_gy} Gy is too small for a BED of {bed_gy} Gy")
    while not _reaches(count * _bed_of_fraction(steps * step, ratio), threshold):
        steps += 1
    while steps > 1 and _reaches(count * _bed_of_fraction((steps - 1) * step, ratio), threshold):
        steps -= 1
    return float(steps * step)


def equivalent_schedule(schedule: str | Schedule, fractions: int, *, alpha_beta_gy: float) -> Schedule:
    """The schedule of equal fractions, once a day, that has the same BED.

    The dose per fraction is exact where it is rational, as 10 Gy is for 3 fractions instead of 25 x 2 Gy. Elsewhere it
    is the nearest float, and the BED agrees to a relative 1e-15.

    Raises
    ------
    ParseError, UsageError
        For a schedule, an alpha/beta or a number of fractions that makes no sense, and where a fraction would be larger
        than a `Phase` may have.
    """
    ratio, count = given.alpha_beta(alpha_beta_gy), given.whole_fractions(fractions)
    same = exact_bed(given.as_schedule(schedule), ratio)
    dose = _dose(same, count, ratio)
    is_exact = count * _bed_of_fraction(dose, ratio) == same
    return Schedule((Phase(count, dose if is_exact else given.exact(float(dose))),))


def _bed_of_fraction(dose_gy: Fraction, alpha_beta_gy: Fraction) -> Fraction:
    return dose_gy * (1 + dose_gy / alpha_beta_gy)


def _dose(bed_gy: Fraction, fractions: int, alpha_beta_gy: Fraction) -> Fraction:
    product = alpha_beta_gy * bed_gy / fractions
    return 2 * product / (alpha_beta_gy + _root(alpha_beta_gy * alpha_beta_gy + 4 * product))


def _root(value: Fraction) -> Fraction:
    """Square root: exact where it is rational, else to 200 binary digits (from below)."""
    above, below = math.isqrt(value.numerator), math.isqrt(value.denominator)
    if above * above == value.numerator and below * below == value.denominator:
        return Fraction(above, below)
    scale = 1 << max(0, 200 - (value.numerator.bit_length() - value.denominator.bit_length()) // 2)
    return Fraction(math.isqrt(value.numerator * scale * scale // value.denominator), scale)


def _just_enough(threshold_gy: Fraction) -> Fraction:
    """About the lowest BED that meets a threshold: equality has the tolerance of every comparison."""
    return threshold_gy - Fraction(TOLERANCE) * max(Fraction(1), threshold_gy)


def _reaches(bed_gy: Fraction, threshold_gy: Fraction) -> bool:
    return meets(float(bed_gy), Comparator.GE, float(threshold_gy))
