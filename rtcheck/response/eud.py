"""What dose-response models ask of a DVH: its gEUD, and sums over its curve with their bounds.

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

from rtcheck.dvh import DVH
from rtcheck.errors import BasisError, UsageError
from rtcheck.metrics import Alternative, Distribution, Metric, MetricValue, Question
from rtcheck.metrics.dose_volume import NO_VOLUME, SMALL_UNKNOWN_SHARE
from rtcheck.metrics.eud import MIN_POWER, dose_problem
from rtcheck.units import Unit

#: Of a distribution: the answer for the part inside the dose grid, and its bounds for the whole.
WithBounds = Callable[[Distribution], tuple[float, float, float]]


def generalized_eud(dvh: DVH, a: float) -> MetricValue:
    """Generalized equivalent uniform dose, ``(sum v_i D_i^a)^(1/a)`` [1]_ [2]_, in gray of the DVH's basis.

    It is the metric ``gEUD(a)[Gy]``, exact on the curve. Volume of unknown dose is taken once as unirradiated and once
    as hot; for positive `a` nothing bounds the answer from above then.

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
    return replace(dvh[Metric(Question.GEUD, Unit.GY, a, Unit.ONE)], metric=f"gEUD({a:g})[Gy]")


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
    if problem := dose_problem(curve):
        return MetricValue.absent(name, unit, problem)
    value, low, high = of(known)
    if not known.unknown_cc:
        return MetricValue.known(name, value, unit)
    small = known.unknown_cc <= SMALL_UNKNOWN_SHARE * known.total_cc
    return MetricValue.bounded(name, value if small else None, low, high, unit, known.unknown_reason)
