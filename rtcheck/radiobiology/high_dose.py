"""Large doses per fraction: the linear-quadratic-linear model, and where the linear-quadratic one is doubtful.

The linear-quadratic curve bends ever more, measured survival curves straighten out. Whether the model overstates the
effect of large fractions in patients is disputed: it is well tested up to about 10 Gy a fraction [1]_.

References
----------
.. [1] Brenner DJ. The linear-quadratic model is an appropriate methodology for determining isoeffective doses at large
   doses per fraction. Semin Radiat Oncol 2008;18:234-239.
"""

from __future__ import annotations

from fractions import Fraction

from rtcheck.fractionation import Schedule
from rtcheck.radiobiology import given

#: Above this dose per fraction, in gray, the linear-quadratic model is doubtful.
LQ_DOUBTFUL_ABOVE_GY = 10.0


def bed_lql(
    schedule: str | Schedule, *, alpha_beta_gy: float, transition_gy: float, gamma_over_alpha: float | None = None
) -> float:
    """BED of the linear-quadratic-linear model, in gray [1]_, [2]_.

    Fractions up to ``d_T`` have ``n d (1 + d / (alpha/beta))``; larger ones go on in a straight line,
    ``n (d_T (1 + d_T / (alpha/beta)) + (gamma/alpha) (d - d_T))``.

    Parameters
    ----------
    schedule : str or Schedule
    alpha_beta_gy : float
    transition_gy : float
        ``d_T``, where the curve passes into the line; published fits spread widely.
    gamma_over_alpha : float, optional
        Slope of the line. Where not given, that of the curve at the transition, ``1 + 2 d_T / (alpha/beta)`` [1]_, so
        that the line is its tangent.

    Returns
    -------
    float
        Computed in rational numbers and rounded once; exactly `rtcheck.radiobiology.bed` where no fraction is larger
        than the transition.

    Raises
    ------
    ParseError, UsageError
        For a schedule, a dose or a ratio that makes no sense.

    References
    ----------
    .. [1] Astrahan M. Some implications of linear-quadratic-linear radiation dose-response with regard to
       hypofractionation. Med Phys 2008;35:4161-4172.
    .. [2] Guerrero M, Li XA. Extending the linear-quadratic model for large fraction doses pertinent to stereotactic
       radiotherapy. Phys Med Biol 2004;49:4825-4835.
    """
    ratio, transition = given.alpha_beta(alpha_beta_gy), given.positive(transition_gy, "the transition dose")
    slope = 1 + 2 * transition / ratio
    if gamma_over_alpha is not None:
        slope = given.positive(gamma_over_alpha, "gamma/alpha", "gray per gray")
    total = Fraction(0)
    for phase in given.as_schedule(schedule).phases:
        curved = min(phase.dose_per_fraction_gy, transition)
        straight = phase.dose_per_fraction_gy - curved
        total += phase.fractions * (curved * (1 + curved / ratio) + slope * straight)
    return float(total)


def lq_is_doubtful(schedule: str | Schedule) -> bool:
    """Whether a fraction is so large that the linear-quadratic model is doubtful. Verdicts don't change by it."""
    return given.as_schedule(schedule).max_dose_per_fraction_gy > LQ_DOUBTFUL_ABOVE_GY


def lq_remark(schedule: str | Schedule) -> str:
    """What a reader should know about BED and EQD2 of a schedule; empty where the model is in its range."""
    if not lq_is_doubtful(schedule):
        return ""
    return f"more than {LQ_DOUBTFUL_ABOVE_GY:g} Gy per fraction: the linear-quadratic model is doubtful there"
