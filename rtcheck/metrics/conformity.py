"""Indices of conformity and of dose fall-off: questions about a target and the whole body at once.

With q the dose in the metric's name, TV the volume of the target, PIV = V(q) of the whole body and TV_PIV = V(q) of the
target:

=========  =========================  =====================
``CI``     ``PIV / TV``               RTOG [1]_
``PCI``    ``TV_PIV^2 / (TV PIV)``    Paddick [2]_
``GI``     ``V(q / 2) / PIV``, body   Paddick, Lippitz [3]_
``R50``    ``V(Rx / 2) / TV``, body   RTOG 0813 [4]_
=========  =========================  =====================

References
----------
.. [1] Shaw E, Kline R, Gillin M, et al. Radiation Therapy Oncology Group: radiosurgery quality assurance guidelines.
   Int J Radiat Oncol Biol Phys 1993;27:1231-1239.
.. [2] Paddick I. A simple scoring ratio to index the conformity of radiosurgical treatment plans. J Neurosurg
   2000;93(Suppl 3):219-222.
.. [3] Paddick I, Lippitz B. A simple dose gradient measurement tool to complement the conformity index. J Neurosurg
   2006;105(Suppl):194-201.
.. [4] Bezjak A, Papiez L, Bradley J, et al. RTOG 0813: seamless phase I/II study of stereotactic lung radiotherapy for
   early stage, centrally located, non-small cell lung cancer in medically inoperable patients.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rtcheck.curve import DoseVolumeCurve
from rtcheck.errors import BasisError, UsageError
from rtcheck.metrics.dose_volume import NO_VOLUME, SMALL_UNKNOWN_SHARE, Distribution, reference_dose, threshold_gy
from rtcheck.metrics.metric import Metric, Question
from rtcheck.metrics.value import Alternative, MetricValue

#: A body may hold so much less of a dose than the target does: they are sampled apart. Beyond, it isn't the whole body.
BODY_SHORTFALL = 0.02
#: An isodose that fills more of the body than this goes on beyond its outline, as that of a shell around the target
#: does. No dose that conforms to a target reaches so much of a patient.
LARGEST_FILL = 0.75


def conformity(
    metric: Metric,
    target: Distribution,
    body: Distribution,
    targets: Sequence[Distribution] = (),
    bodies: Sequence[Distribution] = (),
) -> MetricValue:
    """Answer ``CI``, ``PCI``, ``GI`` or ``R50``.

    Volume of unknown dose, of the target or of the body, may have any: `low` and `high` hold for all. There is a value
    where no more than `SMALL_UNKNOWN_SHARE` of either is outside the dose grid; it is that of the parts inside. There
    is none where the isodose fills more than `LARGEST_FILL` of the body: what lies beyond the outline would be missed.

    Parameters
    ----------
    metric : Metric
    target : Distribution
        Of the ROI. Percent is of its references.
    body : Distribution
        Of the whole body, under the same convention and in the same basis; the target is taken to lie in it.
    targets, bodies : sequence of Distribution
        The same two under other conventions, by which they are paired; they widen `low` and `high`.

    Raises
    ------
    UsageError
        Another metric.
    BasisError
        Distributions of different dose bases.
    """
    if not metric.question.needs_body:
        raise UsageError(f"{metric} isn't about conformity; ask the ROI's own DVH")
    for other in (body, *targets, *bodies):
        if other.basis != target.basis:
            raise BasisError(str(target.basis), str(other.basis), str(metric))
    own = replace(_under(metric, target, body, target.reference_gy), basis=target.basis)
    if not own.ends:
        return own
    by_convention = {other.convention: other for other in bodies}
    return own.over(
        [_alternative(metric, other, by_convention.get(other.convention), target.reference_gy) for other in targets]
    )


def _alternative(
    metric: Metric, target: Distribution, body: Distribution | None, reference_gy: Mapping[str, float]
) -> Alternative:
    if body is None:
        return Alternative(target.convention, None, None, None, "the body isn't known under it")
    answer = _under(metric, target, body, reference_gy)
    return Alternative(target.convention, answer.value, answer.low, answer.high, answer.reason)


def _under(metric: Metric, target: Distribution, body: Distribution, reference_gy: Mapping[str, float]) -> MetricValue:
    """The answer under one convention."""
    name, unit = str(metric), metric.unit
    whole_gy, problem = reference_dose(metric, reference_gy)
    if problem:
        return MetricValue.absent(name, unit, problem)
    if target.curve is None:
        return MetricValue.absent(name, unit, target.unknown_reason or NO_VOLUME)
    if body.curve is None:
        return MetricValue.absent(name, unit, f"the body: {body.unknown_reason or NO_VOLUME}")
    half_gy, dose_gy = _doses(metric, whole_gy)
    levels = _Levels.at(half_gy, dose_gy, target.curve, body.curve)
    if problem := _problem(metric, levels, body):
        return MetricValue.absent(name, unit, problem)
    low, high = _bounds(metric, levels, target, body)
    if not (target.unknown_cc or body.unknown_cc):
        return MetricValue.known(name, low, unit)
    small = all(one.unknown_cc <= SMALL_UNKNOWN_SHARE * one.total_cc for one in (target, body))
    inside_target, inside_body = (replace(one, unknown_cc=0.0) for one in (target, body))
    value = None
    if small and not _problem(metric, levels, inside_body):
        value, _ = _bounds(metric, levels, inside_target, inside_body)
    return MetricValue.bounded(name, value, low, high, unit, _unknown_reason(target, body))


def _doses(metric: Metric, whole_gy: float) -> tuple[float, float]:
    """Half of the dose in question, and that dose."""
    dose_gy = whole_gy if metric.question is Question.R50 else threshold_gy(metric, whole_gy)
    return dose_gy / 2, dose_gy


@dataclass(frozen=True)
class _Levels:
    """Known volumes at a dose and at half of it, in cc."""

    body_half_cc: float
    body_cc: float
    target_half_cc: float
    target_cc: float

    @classmethod
    def at(cls, half_gy: float, dose_gy: float, target: DoseVolumeCurve, body: DoseVolumeCurve) -> _Levels:
        return cls(
            body.volume_at(half_gy), body.volume_at(dose_gy), target.volume_at(half_gy), target.volume_at(dose_gy)
        )


def _problem(metric: Metric, levels: _Levels, body: Distribution) -> str:
    """Why the index can't be had, whatever the dose of unknown volume is; empty where it can."""
    in_target, in_body = levels.target_cc, levels.body_cc
    if metric.question is Question.R50:
        in_target, in_body = levels.target_half_cc, levels.body_half_cc
    elif metric.question is not Question.CONFORMITY and not in_body + body.unknown_cc:
        return "nothing in the body gets this dose"
    if in_target > (in_body + body.unknown_cc) * (1 + BODY_SHORTFALL):
        return f"of the target {in_target:.4g} cc get this dose and of the body {in_body:.4g} cc: it isn't drawn whole"
    half = metric.question in (Question.R50, Question.GRADIENT)
    filled = (levels.body_half_cc if half else in_body) / body.total_cc
    if filled > LARGEST_FILL:
        dose = "half of this dose" if half else "this dose"
        return f"{100 * filled:.0f} % of the body of {body.total_cc:.4g} cc get {dose}: it isn't drawn whole"
    return ""


def _bounds(metric: Metric, levels: _Levels, target: Distribution, body: Distribution) -> tuple[float, float]:
    """The index between which and which; equal where nothing is unknown."""
    total_cc, unknown_cc = target.total_cc, body.unknown_cc
    piv_cc = levels.body_cc, levels.body_cc + unknown_cc
    if metric.question is Question.CONFORMITY:
        return piv_cc[0] / total_cc, piv_cc[1] / total_cc
    if metric.question is Question.R50:
        return levels.body_half_cc / total_cc, (levels.body_half_cc + unknown_cc) / total_cc
    if metric.question is Question.GRADIENT:
        # What gets the dose gets half of it too: the ratio is least where all of the unknown volume does.
        half_cc = levels.body_half_cc + unknown_cc
        return half_cc / piv_cc[1], half_cc / piv_cc[0] if piv_cc[0] else math.inf
    covered_cc = levels.target_cc, levels.target_cc + target.unknown_cc
    low = covered_cc[0] ** 2 / (total_cc * piv_cc[1])
    if not (unknown_cc or target.unknown_cc) or not covered_cc[1]:
        return low, low
    # The covered part of the target lies in the isodose volume, which is at least as large.
    return low, covered_cc[1] ** 2 / (total_cc * max(piv_cc[0], covered_cc[1]))


def _unknown_reason(target: Distribution, body: Distribution) -> str:
    share = 100 * body.unknown_cc / body.total_cc
    of_body = f"{share:.3g} % of the body lies outside the dose grid" if body.unknown_cc else ""
    return "; ".join(part for part in (target.unknown_reason, of_body) if part)
