"""Sums over the curve of a DVH that dose-response models need, exact on its pieces and with their bounds.

References
----------
.. [1] Niemierko A. Reporting and analyzing dose distributions: a concept of equivalent uniform dose. Med Phys
   1997;24:103-110.
.. [2] Niemierko A. A generalized concept of equivalent uniform dose (abstract). Med Phys 1999;26:1100.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from rtcheck.curve import DOSE_TOLERANCE, DoseVolumeCurve
from rtcheck.dvh import DVH
from rtcheck.errors import BasisError, UsageError
from rtcheck.geometry import FloatArray
from rtcheck.metrics import Alternative, Distribution, MetricValue
from rtcheck.metrics.dose_volume import NO_VOLUME, SMALL_UNKNOWN_SHARE
from rtcheck.units import Unit

#: Nearer to 0 the powers of gEUD lose all their digits.
MIN_POWER = 1e-3
#: A larger power of e is infinite.
_LARGEST_EXPONENT = 700.0

#: Of a distribution: the answer for the part inside the dose grid, and its bounds for the whole.
WithBounds = Callable[[Distribution], tuple[float, float, float]]


def generalized_eud(dvh: DVH, a: float) -> MetricValue:
    """Generalized equivalent uniform dose, ``(sum v_i D_i^a)^(1/a)`` [1]_ [2]_, in gray of the DVH's basis.

    Exact on the curve: a piece of it holds volume spread evenly from ``b`` to ``c`` gray, where ``D^a`` has the mean
    ``(c^(a+1) - b^(a+1)) / ((a+1) (c-b))``. Volume of unknown dose is taken once as unirradiated and once as hot; for
    positive `a` nothing bounds the answer from above then.

    Parameters
    ----------
    dvh : DVH
    a : float
        1 is the mean; large values tend to the maximum (serial organs, ``1/n`` of Lyman), negative ones to the minimum
        (targets).

    Returns
    -------
    MetricValue
        Not evaluable for an ROI without volume, or with none inside the dose grid.

    Raises
    ------
    UsageError
        If `a` isn't finite, or nearer to 0 than `MIN_POWER`.
    BasisError
        If the DVH's conventions are of different bases.
    """
    if not (math.isfinite(a) and abs(a) >= MIN_POWER):
        raise UsageError(f"gEUD with a = {a}; its size must be {MIN_POWER:g} or more")
    return answer(dvh, f"gEUD({a:g})[Gy]", Unit.GY, lambda known: _eud_and_bounds(known, a))


def answer(dvh: DVH, name: str, unit: Unit, of: WithBounds) -> MetricValue:
    """A quantity of the DVH with its bounds under the chosen convention, widened to those under the others."""
    for other in dvh.alternatives:
        if other.basis != dvh.basis:
            raise BasisError(str(dvh.basis), str(other.basis), "an interval over conventions")
    if dvh.problem:
        return replace(MetricValue.absent(name, unit, dvh.problem), basis=dvh.basis)
    own = replace(_under(dvh.distribution, name, unit, of), basis=dvh.basis)
    others = [(other.convention, _under(other, name, unit, of)) for other in dvh.alternatives]
    return own.over(
        [Alternative(convention, found.value, found.low, found.high, found.reason) for convention, found in others]
    )


def _under(known: Distribution, name: str, unit: Unit, of: WithBounds) -> MetricValue:
    """The answer under one convention; a value only where little of the volume has unknown dose."""
    curve = known.curve
    if curve is None:
        return MetricValue.absent(name, unit, known.unknown_reason or NO_VOLUME)
    first_gy, last_gy = float(curve.dose_gy[0]), float(curve.dose_gy[-1])
    if not (first_gy >= -DOSE_TOLERANCE and math.isfinite(last_gy)):
        return MetricValue.absent(name, unit, f"doses from {first_gy:g} to {last_gy:g} Gy: no model holds for them")
    value, low, high = of(known)
    if not known.unknown_cc:
        return MetricValue.known(name, value, unit)
    small = known.unknown_cc <= SMALL_UNKNOWN_SHARE * known.total_cc
    return MetricValue.bounded(name, value if small else None, low, high, unit, known.unknown_reason)


def pieces(curve: DoseVolumeCurve) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Lowest dose, highest dose and volume of the pieces that hold any; doses that can't be told from 0 are 0."""
    volume = curve.volume_cc[:-1] - curve.volume_cc[1:]
    held = volume > 0
    dose = np.where(curve.dose_gy > DOSE_TOLERANCE, curve.dose_gy, 0.0)
    return dose[:-1][held], dose[1:][held], volume[held]


def _eud_and_bounds(known: Distribution, a: float) -> tuple[float, float, float]:
    """gEUD of the part inside the dose grid, and of the whole with the rest unirradiated and with it hot."""
    assert known.curve is not None
    inside_gy = _eud_gy(known.curve, a)
    diluted_gy = _diluted(inside_gy, known.curve.total_cc / known.total_cc, a)
    return (inside_gy, diluted_gy, math.inf) if a > 0 else (inside_gy, 0.0, diluted_gy)


def _diluted(inside_gy: float, share: float, a: float) -> float:
    """gEUD of the whole where a part has this gEUD, and the power of the dose is 0 in the rest."""
    exponent = math.log(share) / a
    if inside_gy == 0:
        return 0.0
    return inside_gy * math.exp(exponent) if exponent < _LARGEST_EXPONENT else math.inf


def _eud_gy(curve: DoseVolumeCurve, a: float) -> float:
    """gEUD of a curve: every power is taken relative to the largest one, so that none overflows."""
    low, high, volume = pieces(curve)
    # A piece is measured by its end with the larger power: the upper one, or for negative powers the lower one.
    end, other = (high, low) if a > 0 else (low, high)
    means = np.ones_like(end)
    spread, from_zero = (end > 0) & (low < high), (end == 0) & (low < high)
    means[spread] = _mean_power((other[spread] - end[spread]) / end[spread], a)
    if a < 0 and (end == 0).any():
        if a <= -1 or (high == 0).any():
            return 0.0  # some volume, or too much near it, gets nothing
        end = np.where(from_zero, high, end)
        means[from_zero] = 1 / (a + 1)
    reference_gy = float(end.max() if a > 0 else end.min())
    if reference_gy == 0:
        return 0.0
    mean = float((volume * means * (end / reference_gy) ** a).sum() / volume.sum())
    return float(reference_gy * mean ** (1 / a))


def _mean_power(step: FloatArray, a: float) -> FloatArray:
    """Mean of ``x^a`` over x evenly spread from 1 to ``1 + step``; exact for the smallest steps."""
    with np.errstate(divide="ignore"):  # from 0 the logarithm is minus infinity, and the power of it 0 again
        logs = np.log1p(step)
    if a == -1:
        return np.asarray(logs / step)
    return np.asarray(np.expm1((a + 1) * logs) / ((a + 1) * step))
