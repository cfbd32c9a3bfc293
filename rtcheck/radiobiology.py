"""Linear-quadratic model: biologically effective dose and equivalent dose in 2 Gy fractions.

Pure functions, named for the published quantity. They hold for full repair between fractions and no repopulation,
which is how the trial states its rule.

References
----------
.. [1] Fowler JF. The linear-quadratic formula and progress in fractionated radiotherapy. Br J Radiol 1989;62:679-694.
.. [2] Joiner MC, van der Kogel AJ. Basic Clinical Radiobiology, 5th ed. CRC Press 2018, chapter 10.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from rtcheck.errors import UsageError
from rtcheck.fractionation import Schedule, parse_schedule
from rtcheck.geometry import FloatArray


def bed(schedule: str | Schedule, *, alpha_beta_gy: float = 10.0) -> float:
    """Biologically effective dose of a schedule, ``sum n d (1 + d / (alpha/beta))``, in gray [1]_.

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
    ratio = _exact_alpha_beta(alpha_beta_gy)
    phases = _as_schedule(schedule).phases
    return float(sum(phase.total_dose_gy * (1 + phase.dose_per_fraction_gy / ratio) for phase in phases))


def eqd2(schedule: str | Schedule, *, alpha_beta_gy: float) -> float:
    """Equivalent dose in 2 Gy fractions, ``BED / (1 + 2 / (alpha/beta))``, in gray [2]_.

    Parameters and errors as for `bed`.
    """
    ratio = _exact_alpha_beta(alpha_beta_gy)
    phases = _as_schedule(schedule).phases
    exact = sum(
        (phase.total_dose_gy * (phase.dose_per_fraction_gy + ratio) / (2 + ratio) for phase in phases), Fraction(0)
    )
    return float(exact)


def bed_of_dose(total_dose_gy: float | FloatArray, fractions: int, *, alpha_beta_gy: float) -> FloatArray:
    """BED of a total physical dose given in equal fractions, element by element; gray in, gray out.

    It grows with dose at a fixed number of fractions, so the BED of a dose quantile is the quantile of the BED.

    Raises
    ------
    UsageError
        For fewer than one fraction, or an alpha/beta that isn't positive and finite.
    """
    _exact_alpha_beta(alpha_beta_gy)
    if fractions < 1:
        raise UsageError(f"{fractions} fractions; at least one is needed")
    dose = np.asarray(total_dose_gy, dtype=np.float64)
    return np.asarray(dose * (1.0 + dose / fractions / alpha_beta_gy))


def eqd2_of_dose(total_dose_gy: float | FloatArray, fractions: int, *, alpha_beta_gy: float) -> FloatArray:
    """EQD2 of a total physical dose given in equal fractions, element by element; as `bed_of_dose`."""
    return np.asarray(bed_of_dose(total_dose_gy, fractions, alpha_beta_gy=alpha_beta_gy) / (1.0 + 2.0 / alpha_beta_gy))


def _as_schedule(schedule: str | Schedule) -> Schedule:
    return parse_schedule(schedule) if isinstance(schedule, str) else schedule


def _exact_alpha_beta(alpha_beta_gy: float) -> Fraction:
    if not (math.isfinite(alpha_beta_gy) and alpha_beta_gy > 0):
        raise UsageError(f"alpha/beta is {alpha_beta_gy} Gy; a positive number of gray is needed")
    return Fraction(repr(float(alpha_beta_gy)))
