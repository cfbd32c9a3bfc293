"""Time in the linear-quadratic model: repopulation, and repair that isn't complete between fractions of one day."""

from __future__ import annotations

import math
from fractions import Fraction

from rtcheck.errors import UsageError
from rtcheck.fractionation import Phase, Schedule
from rtcheck.radiobiology import given
from rtcheck.radiobiology.lq import bed, exact_bed


def bed_with_repopulation(
    schedule: str | Schedule,
    *,
    alpha_beta_gy: float,
    kickoff_days: float,
    overall_days: int | None = None,
    alpha_per_gy: float | None = None,
    doubling_days: float | None = None,
    gray_per_day: float | None = None,
) -> float:
    """BED less what the tumour grows back: ``sum n d (1 + d / (alpha/beta)) - K (T - Tk)`` for ``T > Tk``, in gray.

    ``K = ln 2 / (alpha Td)`` [1]_, [2]_. Clonogens that double every ``Td`` days from day ``Tk`` on make good for ``K``
    gray of BED a day.

    Parameters
    ----------
    schedule : str or Schedule
    alpha_beta_gy : float
    kickoff_days : float
        Tk, when fast repopulation starts, in days from the first fraction; 21 to 28 in head and neck cancer.
    overall_days : int, optional
        T; the schedule's own overall time where not given, and in its place where given. Publications that count the
        first day as day 0 have one day less; what matters is that T and Tk are counted alike.
    alpha_per_gy, doubling_days : float, optional
        alpha in 1/Gy (about 0.3 to 0.35 in head and neck cancer) and Td in days (about 3); both or neither.
    gray_per_day : float, optional
        K in gray of BED a day, instead of them.

    Returns
    -------
    float
        Equal to `bed` for T up to Tk; below 0 where more grows than is killed.

    Raises
    ------
    ParseError, UsageError
        For a schedule without overall time, an overall time that the fractions don't fit in, and where repopulation is
        given in both ways, in neither, or in half of one.

    Notes
    -----
    For tumours and acute reactions; late reactions repopulate little during treatment. K is an average over many
    patients and assumes growth at one rate after Tk and none before.

    References
    ----------
    .. [1] Dale RG. Time-dependent tumour repopulation factors in linear-quadratic equations: implications for treatment
       strategies. Radiother Oncol 1989;15:371-381.
    .. [2] Fowler JF. The linear-quadratic formula and progress in fractionated radiotherapy. Br J Radiol
       1989;62:679-694.

    Examples
    --------
    >>> bed_with_repopulation("35x2Gy in 46 days", alpha_beta_gy=10, kickoff_days=28, gray_per_day=0.9)
    67.8
    """
    whole, start = given.as_schedule(schedule), given.exact(given.not_negative(kickoff_days, "Tk", "days"))
    per_day = _gray_per_day(alpha_per_gy, doubling_days, gray_per_day)
    if overall_days is not None:
        whole = Schedule(whole.phases, overall_days)
    if whole.overall_days is None:
        raise UsageError(f"{whole} has no overall time; write it as in '{whole} in 33 days'")
    gained = exact_bed(whole, given.alpha_beta(alpha_beta_gy))
    return float(gained - per_day * max(Fraction(0), whole.overall_days - start))


def _gray_per_day(alpha_per_gy: float | None, doubling_days: float | None, gray_per_day: float | None) -> Fraction:
    if (alpha_per_gy is None) != (doubling_days is None) or (alpha_per_gy is None) == (gray_per_day is None):
        raise UsageError("repopulation needs either alpha and the doubling time, or the gray per day that it costs")
    if alpha_per_gy is None or doubling_days is None:
        return given.exact(given.not_negative(gray_per_day or 0.0, "K", "gray per day"))
    alpha = given.positive(alpha_per_gy, "alpha", "1/Gy")
    return Fraction(math.log(2.0)) / (alpha * given.positive(doubling_days, "the doubling time", "days"))


def bed_incomplete_repair(
    schedule: str | Schedule, *, alpha_beta_gy: float, repair_half_time_h: float, interval_h: float
) -> float:
    """BED of several fractions a day that follow too soon for full repair, in gray.

    ``BED = n d (1 + (1 + h_m) d / (alpha/beta))`` for ``m`` fractions a day [1]_, [2]_, with `incomplete_repair_factor`
    as ``h_m``. A last day with fewer fractions has the factor of its own number. Repair overnight is taken as complete,
    so phases given once a day have their plain BED.

    Parameters
    ----------
    schedule : str or Schedule
        Its phases say how many fractions a day: ``"68x1.2Gy 2/day"``.
    alpha_beta_gy : float
    repair_half_time_h : float
        Of one, exponential, component of repair, in hours. Late reactions have about 4 hours; where it is that long,
        repair overnight isn't complete either, and the true BED is higher.
    interval_h : float
        Between fractions of the same day, in hours.

    Raises
    ------
    ParseError, UsageError
        For numbers that make no sense, and fractions that don't fit into a day.

    References
    ----------
    .. [1] Thames HD. An 'incomplete-repair' model for survival after fractionated and continuous irradiations.
       Int J Radiat Biol 1985;47:319-339.
    .. [2] Joiner MC, van der Kogel AJ. Basic Clinical Radiobiology, 5th ed. CRC Press 2018, chapter 10.
    """
    whole, ratio = given.as_schedule(schedule), float(given.alpha_beta(alpha_beta_gy))
    times = {"repair_half_time_h": repair_half_time_h, "interval_h": interval_h}
    most = max(phase.fractions_per_day for phase in whole.phases)
    incomplete_repair_factor(most, **times)  # refuses times that make no sense, also where none is needed
    if (most - 1) * interval_h >= 24:
        raise UsageError(f"{most} fractions a day, {interval_h:g} h apart, don't fit into a day")
    more = sum(_unrepaired(phase, times) * float(phase.dose_per_fraction_gy) ** 2 for phase in whole.phases)
    return bed(whole, alpha_beta_gy=alpha_beta_gy) + more / ratio


def _unrepaired(phase: Phase, times: dict[str, float]) -> float:
    """``n h_m``, of full days and of what is left for the last."""
    per_day = phase.fractions_per_day
    left = phase.fractions % per_day
    full = (phase.fractions - left) * incomplete_repair_factor(per_day, **times)
    return full + (left * incomplete_repair_factor(left, **times) if left else 0.0)


def incomplete_repair_factor(fractions_per_day: int, *, repair_half_time_h: float, interval_h: float) -> float:
    """``h_m`` for ``m`` equally spaced fractions a day: the damage that later fractions still meet [1]_.

    ``h_m = (2/m) (theta / (1 - theta)) (m - (1 - theta^m) / (1 - theta))`` with ``theta = exp(-ln 2 interval /
    half-time)``, computed as the equal sum ``(2/m) sum_k (m - k) theta^k`` over the pairs of fractions ``k`` intervals
    apart, which holds for ``theta = 1`` too: ``h_m = m - 1``, one large fraction. ``h_1`` is 0 and ``h_2`` is theta.

    Raises
    ------
    UsageError
        For fewer than one fraction, a half-time that isn't positive, or a negative interval.

    References
    ----------
    .. [1] Thames HD. An 'incomplete-repair' model for survival after fractionated and continuous irradiations.
       Int J Radiat Biol 1985;47:319-339.
    """
    count = given.whole_fractions(fractions_per_day)
    half_time_h = float(given.positive(repair_half_time_h, "the repair half-time", "hours"))
    theta = 2.0 ** (-given.not_negative(interval_h, "the interval", "hours") / half_time_h)
    return 2.0 / count * math.fsum((count - apart) * theta**apart for apart in range(1, count))
