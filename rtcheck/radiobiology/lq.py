"""Linear-quadratic model: biologically effective dose and equivalent dose in fractions of a given size.

Cells survive ``n`` fractions of dose ``d`` as ``exp(-n (alpha d + beta d^2))`` [1]_, [2]_. Dividing the exponent by
alpha gives the BED: the dose that has the same effect in very many, very small fractions. It is additive, so the BED
of several phases is the sum of theirs.

Valid for full repair between fractions (6 hours and more for most tissues), no repopulation, and doses per fraction of
about 1 to 10 Gy; above, see `rtcheck.radiobiology.high_dose`. Only doses of the same alpha/beta may be compared.

References
----------
.. [1] Barendsen GW. Dose fractionation, dose rate and iso-effect relationships for normal tissue responses.
   Int J Radiat Oncol Biol Phys 1982;8:1981-1997.
.. [2] Fowler JF. The linear-quadratic formula and progress in fractionated radiotherapy. Br J Radiol 1989;62:679-694.
.. [3] Joiner MC, van der Kogel AJ. Basic Clinical Radiobiology, 5th ed. CRC Press 2018, chapter 10.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from rtcheck.fractionation import Schedule
from rtcheck.geometry import FloatArray
from rtcheck.radiobiology import given


def bed(schedule: str | Schedule, *, alpha_beta_gy: float = 10.0) -> float:
    """Biologically effective dose of a schedule, ``sum n d (1 + d / (alpha/beta))``, in gray [2]_.

    Parameters
    ----------
    schedule : str or Schedule
        ``"5x8Gy"``, ``"25x2Gy + 5x3Gy"`` ...
    alpha_beta_gy : float
        Alpha/beta in gray; 10 for tumour and in the trial's rule.

    Returns
    -------
    float
        Computed in rational numbers and rounded once: 25 x 2, 3 x 10 and 1 x 20 Gy are exactly 60.0.

    Raises
    ------
    ParseError, UsageError
        For a schedule or an alpha/beta that makes no sense.

    Examples
    --------
    >>> bed("5x8Gy", alpha_beta_gy=10)
    72.0
    """
    return float(exact_bed(given.as_schedule(schedule), given.alpha_beta(alpha_beta_gy)))


def eqd2(schedule: str | Schedule, *, alpha_beta_gy: float) -> float:
    """Equivalent dose in 2 Gy fractions, ``sum n d (d + alpha/beta) / (2 + alpha/beta)``, in gray [3]_.

    Parameters and errors as for `bed`. Fractions of 2 Gy are exactly their own EQD2.
    """
    return eqdx(schedule, fraction_gy=2.0, alpha_beta_gy=alpha_beta_gy)


def eqdx(schedule: str | Schedule, *, fraction_gy: float, alpha_beta_gy: float) -> float:
    """Equivalent dose in fractions of ``x`` gray, ``sum n d (d + alpha/beta) / (x + alpha/beta)``, in gray [3]_.

    Parameters
    ----------
    schedule : str or Schedule
    fraction_gy : float
        The dose per fraction x of the treatment to compare with, in gray; 2 for EQD2.
    alpha_beta_gy : float

    Returns
    -------
    float
        Computed in rational numbers and rounded once.

    Raises
    ------
    ParseError, UsageError
    """
    size, ratio = given.positive(fraction_gy, "the dose per fraction"), given.alpha_beta(alpha_beta_gy)
    return float(exact_bed(given.as_schedule(schedule), ratio) * ratio / (size + ratio))


def exact_bed(schedule: Schedule, alpha_beta_gy: Fraction) -> Fraction:
    """BED of a schedule as a rational number."""
    one_by_one = (p.total_dose_gy * (1 + p.dose_per_fraction_gy / alpha_beta_gy) for p in schedule.phases)
    return sum(one_by_one, Fraction(0))


def bed_of_dose(total_dose_gy: float | FloatArray, fractions: int, *, alpha_beta_gy: float) -> FloatArray:
    """BED of a total physical dose given in equal fractions, element by element; gray in, gray out.

    It grows with dose at a fixed number of fractions, so the BED of a dose quantile is the quantile of the BED.

    Parameters
    ----------
    total_dose_gy : float or ndarray, any shape
        NaN stays NaN, infinity stays infinity.
    fractions : int
    alpha_beta_gy : float

    Returns
    -------
    ndarray, same shape

    Raises
    ------
    UsageError
        For fewer than one fraction, an alpha/beta that isn't positive and finite, or a negative dose.
    """
    ratio, count = float(given.alpha_beta(alpha_beta_gy)), given.whole_fractions(fractions)
    dose = given.doses(total_dose_gy)
    return np.asarray(dose * (1.0 + dose / count / ratio))


def eqd2_of_dose(total_dose_gy: float | FloatArray, fractions: int, *, alpha_beta_gy: float) -> FloatArray:
    """EQD2 of a total physical dose given in equal fractions, element by element; as `bed_of_dose`."""
    return eqdx_of_dose(total_dose_gy, fractions, fraction_gy=2.0, alpha_beta_gy=alpha_beta_gy)


def eqdx_of_dose(
    total_dose_gy: float | FloatArray, fractions: int, *, fraction_gy: float, alpha_beta_gy: float
) -> FloatArray:
    """Equivalent dose in fractions of ``fraction_gy``, element by element; as `bed_of_dose`.

    A dose given in fractions of that size stays exactly what it is.
    """
    ratio, count = float(given.alpha_beta(alpha_beta_gy)), given.whole_fractions(fractions)
    size = float(given.positive(fraction_gy, "the dose per fraction"))
    dose = given.doses(total_dose_gy)
    return np.asarray(dose * ((dose / count + ratio) / (size + ratio)))
