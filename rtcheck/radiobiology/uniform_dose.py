"""Generalised equivalent uniform dose."""

from __future__ import annotations

import math

import numpy as np

from rtcheck.errors import UsageError
from rtcheck.geometry import FloatArray
from rtcheck.radiobiology import given

#: Below, the mean of powers is next to 1 and is computed as its difference from 1.
_SMALL = 1e-2
_ZERO = 1e-12


def geud(dose_gy: FloatArray, volume: FloatArray, a: float) -> float:
    """Generalised equivalent uniform dose, ``(sum v d^a / sum v)^(1/a)``, in the unit of the dose [1]_.

    Parameters
    ----------
    dose_gy : ndarray, shape (n,)
    volume : ndarray, shape (n,)
        Of each dose, relative or absolute; elements without volume don't count.
    a : float
        1 gives the mean; large values approach the maximum, very negative ones the minimum. Organs have positive
        values (1/n of the Lyman model), tumours negative ones.

    Returns
    -------
    float
        0 for a negative `a` where any volume gets no dose.

    Raises
    ------
    UsageError
        For ``a = 0`` (the limit is the geometric mean, which no model asks for), arrays of different or wrong shape,
        doses that are negative or not finite, volumes that are negative, not finite or all 0.

    References
    ----------
    .. [1] Niemierko A. A generalized concept of equivalent uniform dose (EUD). Med Phys 1999;26:1100.
    """
    if not math.isfinite(a) or abs(a) < _ZERO:
        raise UsageError(f"gEUD with a = {a}; a finite number other than 0 is needed (0 would be the geometric mean)")
    dose, share = _counted(dose_gy, volume)
    reference = dose.max() if a > 0 else dose.min()
    if reference == 0:
        return 0.0
    # Relative to the dose that weighs most, every power is between 0 and 1, whatever a is.
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        exponent = a * np.log(dose / reference)
        is_small = abs(a) < _SMALL
        log_mean = np.log1p(share @ np.expm1(exponent)) if is_small else np.log(share @ np.exp(exponent))
        return float(np.clip(reference * np.exp(log_mean / a), dose.min(), dose.max()))


def _counted(dose_gy: FloatArray, volume: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The doses that have volume, and their shares of it."""
    dose, part = given.doses(dose_gy), np.asarray(volume, dtype=np.float64)
    if dose.ndim != 1 or dose.shape != part.shape:
        raise UsageError(f"doses of shape {dose.shape} and volumes of {part.shape}; both need one and the same length")
    if not np.isfinite(part).all() or (part < 0).any() or not part.any():
        raise UsageError("volumes must be finite, none negative and not all 0")
    dose, part = dose[part > 0], part[part > 0]
    if not np.isfinite(dose).all():
        raise UsageError("a dose isn't a finite number: the equivalent uniform dose isn't known")
    part = part / part.max()
    return dose, part / part.sum()
