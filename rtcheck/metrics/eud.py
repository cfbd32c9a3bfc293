"""Generalized equivalent uniform dose of a curve: power means, exact on its pieces.

``gEUD(a) = (sum v_i D_i^a)^(1/a)`` [1]_ [2]_. A piece of the curve holds volume spread evenly from ``b`` to ``c`` gray,
where ``D^a`` has the mean ``(c^(a+1) - b^(a+1)) / ((a+1) (c-b))``.

References
----------
.. [1] Niemierko A. Reporting and analyzing dose distributions: a concept of equivalent uniform dose. Med Phys
   1997;24:103-110.
.. [2] Niemierko A. A generalized concept of equivalent uniform dose (abstract). Med Phys 1999;26:1100.
"""

from __future__ import annotations

import math

import numpy as np

from rtcheck.curve import DOSE_TOLERANCE, DoseVolumeCurve, Pieces
from rtcheck.geometry import FloatArray

#: Nearer to 0 the powers of gEUD lose all their digits.
MIN_POWER = 1e-3
#: A larger power of e is infinite.
_LARGEST_EXPONENT = 700.0
#: A piece this narrow, times its power, has its mean power by two terms around its middle: the next is below 1e-15.
_NARROW = 0.02


def dose_problem(curve: DoseVolumeCurve) -> str:
    """Why a power of these doses means nothing; empty where it does."""
    first_gy, last_gy = float(curve.dose_gy[0]), float(curve.dose_gy[-1])
    if first_gy >= -DOSE_TOLERANCE and math.isfinite(last_gy):
        return ""
    return f"doses from {first_gy:g} to {last_gy:g} Gy: no model holds for them"


def positive_pieces(curve: DoseVolumeCurve) -> Pieces:
    """The pieces of a curve, with doses that can't be told from 0 at 0."""
    low, high, volume = curve.pieces
    if low[0] > DOSE_TOLERANCE:
        return curve.pieces
    return Pieces(np.where(low > DOSE_TOLERANCE, low, 0.0), np.where(high > DOSE_TOLERANCE, high, 0.0), volume)


def eud_and_bounds(curve: DoseVolumeCurve, unknown_cc: float, a: float) -> tuple[float, float, float]:
    """gEUD of a curve, and of it with more volume, once unirradiated and once hot.

    Returns
    -------
    value_gy, low_gy, high_gy : float
        For positive `a` nothing bounds the answer from above where dose is unknown.
    """
    inside_gy = eud_gy(curve, a)
    if not unknown_cc:
        return inside_gy, inside_gy, inside_gy
    diluted_gy = _diluted(inside_gy, curve.total_cc / (curve.total_cc + unknown_cc), a)
    return (inside_gy, diluted_gy, math.inf) if a > 0 else (inside_gy, 0.0, diluted_gy)


def eud_gy(curve: DoseVolumeCurve, a: float) -> float:
    """gEUD of a curve without doses below 0: every power is relative to the largest one, so that none overflows.

    Parameters
    ----------
    curve : DoseVolumeCurve
    a : float
        Of a size of at least `MIN_POWER`. 1 is the mean; large values tend to the highest dose, negative ones to the
        lowest.
    """
    low, high, volume = positive_pieces(curve)
    if a < 0 and low[0] == 0:
        if a <= -1 or high[0] == 0:
            return 0.0  # some volume, or too much near it, gets nothing
        reference_gy = float(high[0])
    else:
        reference_gy = float(high[-1] if a > 0 else low[0])
    if reference_gy == 0:
        return 0.0
    middle, width = (low + high) / (2 * reference_gy), (high - low) / reference_gy
    narrow = width * (abs(a) + 4) < _NARROW * middle
    powers = np.empty_like(middle)
    if narrow.all():
        powers = _narrow_power(middle, width, a)
    else:
        powers[narrow] = _narrow_power(middle[narrow], width[narrow], a)
        powers[~narrow] = _wide_power(low[~narrow], high[~narrow], a, reference_gy)
    return float(reference_gy * ((volume * powers).sum() / volume.sum()) ** (1 / a))


def _narrow_power(middle: FloatArray, width: FloatArray, a: float) -> FloatArray:
    """Mean of ``x^a`` over x evenly spread about a middle above 0; the series around it."""
    share = width / middle
    # Every factor is small, however large the power.
    terms = 1 + (a * share) * ((a - 1) * share) / 24 * (1 + ((a - 2) * share) * ((a - 3) * share) / 80)
    return np.asarray(np.exp(a * np.log(middle)) * terms)


def _wide_power(low: FloatArray, high: FloatArray, a: float, unit: float) -> FloatArray:
    """Mean of ``(x / unit)^a`` over x from low to high, in closed form; from 0 only for powers above -1."""
    # A piece is measured by its end with the larger power: the upper one, or for negative powers the lower one.
    end, other = (high, low) if a > 0 else (low, high)
    means, from_zero = np.ones_like(end), end == 0
    spread = ~from_zero & (low < high)
    means[spread] = _mean_power((other[spread] - end[spread]) / end[spread], a)
    if -1 < a < 0:
        end = np.where(from_zero, high, end)
        means[from_zero] = 1 / (a + 1)
    return np.asarray(means * (end / unit) ** a)


def _mean_power(step: FloatArray, a: float) -> FloatArray:
    """Mean of ``x^a`` over x evenly spread from 1 to ``1 + step``; exact for the smallest steps."""
    with np.errstate(divide="ignore"):  # from 0 the logarithm is minus infinity, and the power of it 0 again
        logs = np.log1p(step)
    if a == -1:
        return np.asarray(logs / step)
    return np.asarray(np.expm1((a + 1) * logs) / ((a + 1) * step))


def _diluted(inside_gy: float, share: float, a: float) -> float:
    """gEUD of the whole where a part has this gEUD, and the power of the dose is 0 in the rest."""
    exponent = math.log(share) / a
    if inside_gy == 0:
        return 0.0
    return inside_gy * math.exp(exponent) if exponent < _LARGEST_EXPONENT else math.inf
