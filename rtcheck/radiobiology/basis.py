"""Doses in a `DoseBasis`: of schedules, of dose arrays, and back to physical dose."""

from __future__ import annotations

import numpy as np

from rtcheck.fractionation import Schedule
from rtcheck.geometry import FloatArray
from rtcheck.radiobiology import given
from rtcheck.radiobiology.lq import bed, bed_of_dose, eqdx, eqdx_of_dose
from rtcheck.units import DoseBasis


def in_basis(schedule: str | Schedule, basis: DoseBasis) -> float:
    """The dose of a schedule in a basis: its physical total, BED, EQD2 or EQDx, in gray.

    Raises
    ------
    ParseError, UsageError
        For a schedule that makes no sense.
    """
    if basis.alpha_beta_gy is None:
        return float(given.as_schedule(schedule).total_dose_gy)
    if basis.fraction_gy is None:
        return bed(schedule, alpha_beta_gy=basis.alpha_beta_gy)
    return eqdx(schedule, fraction_gy=basis.fraction_gy, alpha_beta_gy=basis.alpha_beta_gy)


def dose_in_basis(total_dose_gy: float | FloatArray, fractions: int, basis: DoseBasis) -> FloatArray:
    """Total physical doses, given in equal fractions, in a basis; element by element, gray in and out.

    Parameters
    ----------
    total_dose_gy : float or ndarray, any shape
        NaN stays NaN, infinity stays infinity.
    fractions : int
        Of the whole treatment; every element gets them all in equal parts.
    basis : DoseBasis

    Returns
    -------
    ndarray, same shape
        A new array; growing with dose.

    Raises
    ------
    UsageError
        For fewer than one fraction or a negative dose.
    """
    if basis.alpha_beta_gy is None:
        given.whole_fractions(fractions)
        return given.doses(total_dose_gy).copy()
    if basis.fraction_gy is None:
        return bed_of_dose(total_dose_gy, fractions, alpha_beta_gy=basis.alpha_beta_gy)
    return eqdx_of_dose(total_dose_gy, fractions, fraction_gy=basis.fraction_gy, alpha_beta_gy=basis.alpha_beta_gy)


def physical_of(dose_gy: float | FloatArray, fractions: int, basis: DoseBasis) -> FloatArray:
    """Total physical doses that, given in equal fractions, are these doses in a basis: the inverse of `dose_in_basis`.

    The positive root of ``d^2 + (alpha/beta) d = c`` is ``d = 2 c / (alpha/beta + sqrt((alpha/beta)^2 + 4 c))``, free
    of cancellation, where ``c`` is ``(alpha/beta) BED / n`` or ``(x + alpha/beta) EQDx / n``.

    Parameters, shapes and errors as for `dose_in_basis`; accurate to a few units in the last place.
    """
    count, dose = given.whole_fractions(fractions), given.doses(dose_gy)
    if basis.alpha_beta_gy is None:
        return dose.copy()
    ratio = basis.alpha_beta_gy
    product = dose / count * (ratio + (basis.fraction_gy or 0.0))
    finite = np.where(np.isinf(product), 0.0, product)
    each = 2.0 * finite / (ratio + np.sqrt(ratio * ratio + 4.0 * finite))
    return np.asarray(np.where(np.isinf(product), np.inf, count * each))
