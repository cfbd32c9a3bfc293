"""Dose-volume metrics of a curve, with what isn't known or isn't agreed upon carried as an interval.

References
----------
.. [1] ICRU Report 83. Prescribing, recording, and reporting photon-beam intensity-modulated radiation therapy (IMRT).
   J ICRU 2010;10(1).
.. [2] Niemierko A. A generalized concept of equivalent uniform dose (abstract). Med Phys 1999;26:1100.
.. [3] Roach M, Nam J, Gagliardi G, El Naqa I, Deasy JO, Marks LB. Radiation dose-volume effects and the penile bulb.
   Int J Radiat Oncol Biol Phys 2010;76(3 Suppl):S130-S134.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from rtcheck.curve import DOSE_TOLERANCE, VOLUME_TOLERANCE, DoseVolumeCurve
from rtcheck.errors import BasisError
from rtcheck.metrics.eud import dose_problem, eud_and_bounds, eud_gy
from rtcheck.metrics.metric import NEAR_EXTREME_PERCENT, Metric, Question
from rtcheck.metrics.value import Alternative, MetricValue
from rtcheck.units import GY_PER, PHYSICAL, DoseBasis, Unit

#: With no more than this share of an ROI outside the dose grid, metrics have a value: that of the part inside. Planning
#: systems cut ROIs at the grid without a word; the bounds still tell what the part outside may do, and decide verdicts.
SMALL_UNKNOWN_SHARE = 0.02
NO_VOLUME = "the ROI has no volume"
NEEDS_BODY = "the DVH of the whole body is needed beside the ROI's; ask Case.metric"


@dataclass(frozen=True)
class Distribution:
    """What a metric may ask: the curve of the volume with known dose, its statistics, and the volume without.

    Attributes
    ----------
    curve : DoseVolumeCurve or None
        Of the part inside the dose grid; None where nothing is inside.
    mean_gy, min_gy, max_gy : float
        Of that part, from samples and contour vertices; NaN where nothing is inside.
    unknown_cc : float
        Volume outside the dose grid.
    unknown_reason : str
        How a reader is told of it.
    reference_gy : mapping of str to float
        Named dose references that 100 % may mean; NaN for a target whose prescription isn't known.
    convention : str
        How the contours were read as a solid.
    basis : DoseBasis
        What all of its doses are.
    """

    curve: DoseVolumeCurve | None
    mean_gy: float
    min_gy: float
    max_gy: float
    unknown_cc: float
    unknown_reason: str
    reference_gy: Mapping[str, float]
    convention: str = ""
    basis: DoseBasis = PHYSICAL

    @property
    def total_cc(self) -> float:
        """Volume inside and outside the dose grid."""
        return (self.curve.total_cc if self.curve else 0.0) + self.unknown_cc


def evaluate(metric: Metric, distribution: Distribution, alternatives: Sequence[Distribution] = ()) -> MetricValue:
    """Answer one metric.

    Volume whose dose isn't known is counted once as unirradiated and once as hot; between these lies the truth. A value
    is that of the part inside the dose grid, and is given only where no more than `SMALL_UNKNOWN_SHARE` is outside.
    Volumes that the ROI doesn't have, and percent of an unnamed dose, are not evaluable.

    ``SD``
        Standard deviation of the dose over the volume. Where some dose is unknown, `low` is that with all of it at the
        mean of the rest, and nothing bounds it from above.
    ``HI``
        ``(D2% - D98%) / D50%`` [1]_.
    ``gEUD(a)``
        ``(sum v_i D_i^a)^(1/a)`` [2]_.
    ``MeanOf95%Volume``
        The mean dose of the hottest 95 % of the volume. QUANTEC limits the "mean dose to 95 % of the gland" of the
        penile bulb [3]_ and doesn't say of which 95 %: this reading is the strict one.
    ``PrescriptionDose``
        The dose that is prescribed, whatever is given.
    ``CI``, ``PCI``, ``GI``, ``R50``
        Need the whole body: see `rtcheck.metrics.conformity`; not evaluable here.

    Parameters
    ----------
    metric : Metric
    distribution : Distribution
        Under the chosen convention: it alone decides whether there is a value, and which.
    alternatives : sequence of Distribution
        The same ROI under other conventions; they widen `low` and `high`. Percent is of the chosen one's references.

    Raises
    ------
    BasisError
        Alternatives in another dose basis.
    """
    if any(other.basis != distribution.basis for other in alternatives):
        given = next(str(other.basis) for other in alternatives if other.basis != distribution.basis)
        raise BasisError(str(distribution.basis), given, "an interval over conventions")
    own = replace(_under(metric, distribution, distribution.reference_gy), basis=distribution.basis)
    if not own.ends:
        return own
    return own.over([_alternative(metric, other, distribution.reference_gy) for other in alternatives])


def _under(metric: Metric, distribution: Distribution, reference_gy: Mapping[str, float]) -> MetricValue:
    """The answer under one convention."""
    name, unit = str(metric), metric.unit
    total_cc = distribution.total_cc
    if metric.question is Question.VOLUME:
        return MetricValue.known(name, total_cc if unit is Unit.CC else 100.0, unit)
    if metric.question.needs_body:
        return MetricValue.absent(name, unit, NEEDS_BODY)
    whole_gy, problem = reference_dose(metric, reference_gy)
    if problem:
        return MetricValue.absent(name, unit, problem)
    if metric.question is Question.PRESCRIPTION:
        return MetricValue.known(name, _scaled(metric, whole_gy, total_cc, whole_gy), unit)
    asked_cc = metric.volume_cc(total_cc) or 0.0
    if asked_cc > total_cc * (1 + VOLUME_TOLERANCE):
        return MetricValue.absent(name, unit, f"{asked_cc:g} cc asked of an ROI of {total_cc:.1f} cc")
    if problem := _problem(metric, distribution):
        return MetricValue.absent(name, unit, problem)
    if not distribution.unknown_cc:
        return MetricValue.known(name, _number(metric, distribution, whole_gy), unit)
    low, high = _bounds(metric, distribution, whole_gy)
    inside = replace(distribution, unknown_cc=0.0)
    value = None
    if distribution.unknown_cc <= SMALL_UNKNOWN_SHARE * total_cc and asked_cc <= inside.total_cc:
        value = None if _problem(metric, inside) else _number(metric, inside, whole_gy)
    return MetricValue.bounded(name, value, low, high, unit, distribution.unknown_reason)


def _problem(metric: Metric, distribution: Distribution) -> str:
    """Why a metric can't be had of a distribution, whatever the dose of its unknown volume is; empty where it can."""
    curve = distribution.curve
    if curve is None:
        return distribution.unknown_reason or NO_VOLUME
    if metric.question is Question.GEUD:
        return dose_problem(curve)
    if metric.question is Question.HOMOGENEITY:
        hot = _completed(distribution, math.inf).curve if distribution.unknown_cc else curve
        assert hot is not None
        return "" if hot.dose_at(hot.total_cc / 2) > DOSE_TOLERANCE else "half of the volume gets no dose: D50% is 0 Gy"
    return ""


def _bounds(metric: Metric, distribution: Distribution, whole_gy: float) -> tuple[float, float]:
    """The answer between which and which, whatever the dose of the unknown volume is."""
    curve = distribution.curve
    assert curve is not None
    if metric.question is Question.SD:
        # The variance is least where the unknown volume has the mean dose of the rest, and has no upper end.
        least = curve.standard_deviation_gy * math.sqrt(curve.total_cc / distribution.total_cc)
        return _scaled(metric, least, curve.total_cc, whole_gy), math.inf
    if metric.question is Question.GEUD:
        _, low, high = eud_and_bounds(curve, distribution.unknown_cc, _power(metric))
        return _scaled(metric, low, curve.total_cc, whole_gy), _scaled(metric, high, curve.total_cc, whole_gy)
    cold, hot = (_completed(distribution, dose) for dose in (0.0, math.inf))
    if metric.question is Question.HOMOGENEITY:
        return _homogeneity_bounds(cold, hot)
    low, high = sorted(_number(metric, one, whole_gy) for one in (cold, hot))
    return low, high


def _alternative(metric: Metric, other: Distribution, reference_gy: Mapping[str, float]) -> Alternative:
    """The answer under another convention. Of an ROI that has no volume there, none gets any dose."""
    if other.total_cc == 0 and metric.question.asks_volume and metric.unit is Unit.CC:
        return Alternative(other.convention, 0.0, 0.0, 0.0)
    answer = _under(metric, other, reference_gy)
    return Alternative(other.convention, answer.value, answer.low, answer.high, answer.reason)


def _homogeneity_bounds(cold: Distribution, hot: Distribution) -> tuple[float, float]:
    """Bounds of HI from those of its three doses, each of which rises with the unknown dose; HI itself doesn't."""
    (cold_least, cold_median, cold_most), (hot_least, hot_median, hot_most) = (
        _near_extremes(one.curve) for one in (cold, hot)
    )
    low = 0.0
    if math.isfinite(hot_median):  # then the near-minimum is finite as well
        low = max(cold_most - hot_least, 0.0) / hot_median
    unbounded = math.isinf(hot_most) or cold_median <= DOSE_TOLERANCE
    return low, math.inf if unbounded else (hot_most - cold_least) / cold_median


def _near_extremes(curve: DoseVolumeCurve | None) -> tuple[float, float, float]:
    """D98%, D50% and D2%."""
    assert curve is not None
    least, median, most = (
        curve.dose_at(percent / 100 * curve.total_cc)
        for percent in (100 - NEAR_EXTREME_PERCENT, 50.0, NEAR_EXTREME_PERCENT)
    )
    return least, median, most


def _homogeneity(curve: DoseVolumeCurve) -> float:
    least, median, most = _near_extremes(curve)
    return (most - least) / median


def _completed(distribution: Distribution, unknown_gy: float) -> Distribution:
    """The distribution with all unknown volume at one dose: 0 or infinity."""
    curve = distribution.curve
    assert curve is not None
    mean = (distribution.mean_gy * curve.total_cc + unknown_gy * distribution.unknown_cc) / distribution.total_cc
    return replace(
        distribution,
        curve=curve.with_volume_at(unknown_gy, distribution.unknown_cc),
        mean_gy=mean,
        min_gy=min(distribution.min_gy, unknown_gy),
        max_gy=max(distribution.max_gy, unknown_gy),
        unknown_cc=0.0,
    )


def _number(metric: Metric, known: Distribution, reference_gy: float) -> float:
    """The answer in the metric's unit, of a distribution without unknown volume."""
    curve = known.curve
    assert curve is not None
    asked_cc = metric.volume_cc(curve.total_cc) or 0.0
    answers: dict[Question, Callable[[], float]] = {
        Question.DOSE: lambda: curve.dose_at(asked_cc),
        Question.COLD_DOSE: lambda: curve.dose_at_cold(asked_cc),
        Question.MEDIAN: lambda: curve.dose_at(curve.total_cc / 2),
        Question.VOLUME_AT: lambda: curve.volume_at(threshold_gy(metric, reference_gy)),
        Question.COLD_VOLUME_AT: lambda: curve.total_cc - curve.volume_at(threshold_gy(metric, reference_gy)),
        Question.MIN: lambda: known.min_gy,
        Question.MAX: lambda: known.max_gy,
        Question.MEAN: lambda: known.mean_gy,
        Question.SD: lambda: curve.standard_deviation_gy,
        Question.GEUD: lambda: eud_gy(curve, _power(metric)),
        Question.HOMOGENEITY: lambda: _homogeneity(curve),
        Question.MEAN_OF_HOTTEST: lambda: curve.mean_of_hottest(asked_cc),
    }
    return _scaled(metric, answers[metric.question](), curve.total_cc, reference_gy)


def reference_dose(metric: Metric, reference_gy: Mapping[str, float]) -> tuple[float, str]:
    """The dose that 100 % means, or why there is none. A plan's only dose reference needs no name.

    A reference of NaN is a target whose prescription isn't known: percent without a name may be of that one.

    Returns
    -------
    dose_gy : float
        NaN where the metric needs none, or there is none.
    problem : str
    """
    if not metric.needs_reference:
        return math.nan, ""
    doses = {name: dose for name, dose in reference_gy.items() if not math.isnan(dose)}
    unknown = [name for name in reference_gy if name not in doses]
    known = ", ".join(f"{name} ({dose:g} Gy)" for name, dose in doses.items()) or "none"
    if metric.reference is not None:
        if metric.reference in doses:
            return doses[metric.reference], ""
        why = "the prescription of {} isn't known" if metric.reference in unknown else "no dose reference is named {}"
        return math.nan, f"{why.format(repr(metric.reference))}; known: {known}"
    if len(doses) == 1 and not unknown:
        return next(iter(doses.values())), ""
    of_reference = metric.question.is_of_reference
    asked, example = (metric.question.value, metric.question.value) if of_reference else ("percent", "%")
    problem = f"{asked} of which dose reference?" if doses else f"no prescription to take {asked} of"
    if doses and unknown:
        problem += f" The prescription of {', '.join(unknown)} isn't known"
    return math.nan, f"{problem} (known: {known}; name one with {example}@NAME)"


def threshold_gy(metric: Metric, reference_gy: float) -> float:
    """The dose in a metric's name in gray; `reference_gy` is what 100 % means."""
    assert metric.threshold is not None and metric.threshold_unit is not None
    if metric.threshold_unit is Unit.PERCENT:
        return metric.threshold / 100.0 * reference_gy
    return metric.threshold * GY_PER[metric.threshold_unit]


def _power(metric: Metric) -> float:
    """The power of gEUD."""
    assert metric.threshold is not None
    return metric.threshold


def _scaled(metric: Metric, raw: float, total_cc: float, reference_gy: float) -> float:
    """From gray or cc to the metric's own unit."""
    if metric.question.is_index:
        return raw
    if metric.question.asks_volume:
        return raw if metric.unit is Unit.CC else 100.0 * raw / total_cc
    if metric.unit is Unit.PERCENT:
        return 100.0 * raw / reference_gy
    return raw / GY_PER[metric.unit]
