"""The biologically effective dose that the targets really get, beside what is prescribed.

At a fixed number of fractions BED grows with dose, so the BED of D95% is the dose that 95 % of the target get at least,
in BED. Where a target gets several plans, or phases with a dose each, BED is summed voxel by voxel first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from rtcheck.case import Case
from rtcheck.checks.lesion_places import encloses
from rtcheck.checks.lesions import lesions_by_target, says_volume
from rtcheck.checks.prescription import bed_finding, bed_in_proportion, lesion_names
from rtcheck.constraint import BedRule
from rtcheck.contoured import TARGET_TYPES
from rtcheck.dvh import DVH
from rtcheck.finding import Finding, Verdict
from rtcheck.metrics import MetricValue
from rtcheck.nomenclature import normalised
from rtcheck.prescription import Target
from rtcheck.radiobiology import bed
from rtcheck.study import ROI, Prescription
from rtcheck.units import Unit, bed_basis, meets, number_text

#: Dose quantiles shown for a PTV and for a GTV.
PTV_QUANTILES, GTV_QUANTILES = ("D98%[Gy]", "D95%[Gy]", "D50%[Gy]"), ("D98%[Gy]",)
#: The quantile that is warned of where it falls short of the rule.
NEAR_MINIMUM = "D95%[Gy]"


@dataclass(frozen=True, eq=False)
class _Achieved:
    """A DVH and how its gray become BED."""

    dvh: DVH
    bed_of: Callable[[float], float]
    dose_of_bed: Callable[[float], float]
    how: str


def achieved_bed(case: Case, rule: BedRule) -> Iterator[Finding]:
    """For each drawn target the BED of its D98%, D95% and D50%, the share that reaches the rule, and D98% of its GTVs.

    Shown beside the prescribed BED and never judged; where the prescription meets the rule and D95% of a PTV or D98% of
    a GTV doesn't, the finding is a warning. A GTV that no target holds is NOT_EVALUATED: a lesion without a
    prescription. Robust where the number lies on one side of the rule's threshold under every convention.
    """
    owners = {number: lesion_names(own) for number, own in lesions_by_target(case).items()}
    for target in case.targets:
        if target.roi is None or target.prescription is None:
            continue
        found, lesion = _achieved(case, rule, target, target.roi), owners.get(id(target), "")
        for quantile in PTV_QUANTILES:
            yield replace(_of_quantile(rule, target, found, target.name, target.roi, quantile), lesion=lesion)
        yield replace(_share(rule, target, found), lesion=lesion)
    for gtv in gtvs(case):
        owner = target_of(case, gtv)
        if owner is not None and owner.prescription is not None:
            found = _achieved(case, rule, owner, gtv)
            for quantile in GTV_QUANTILES:
                made = _of_quantile(rule, owner, found, gtv.name, gtv, quantile)
                yield replace(made, lesion=owners.get(id(owner), ""))
        elif owner is None and any(target.roi is not None for target in case.targets):
            yield _unlinked(case, rule, gtv)


def gtvs(case: Case) -> tuple[ROI, ...]:
    """Drawn ROIs of type GTV, and those whose name says GTV whatever their type; no helpers and no organs.

    What is typed as another volume (``CTV_from_GTV``) is that one.
    """
    return tuple(
        roi
        for roi in case.study.structure_set.rois
        if roi.closed_contours
        and (
            roi.interpreted_type == "GTV"
            or (roi.interpreted_type not in TARGET_TYPES and says_volume(case, roi) == "GTV")
        )
    )


def target_of(case: Case, gtv: ROI) -> Target | None:
    """The target that a GTV belongs to: that of its name, else the only one that encloses it."""
    drawn = [target for target in case.targets if target.roi is not None]
    ending = normalised(gtv.name).removeprefix("gtv")
    named = [one for one in drawn if ending and normalised(one.name).removeprefix("ptv") == ending]
    if len(named) == 1:
        return named[0]
    around = [one for one in drawn if one.roi is not None and encloses(one.roi, gtv.closed_contours)]
    return around[0] if len(around) == 1 else None


def _achieved(case: Case, rule: BedRule, target: Target, roi: ROI) -> _Achieved:
    prescription = target.prescription
    assert prescription is not None
    own, basis = case.of(prescription), bed_basis(rule.alpha_beta_gy)
    if problem := _unknown(own, prescription) or target.doubt:
        return _Achieved(DVH(roi.name, (roi.name,), None, problem=problem, basis=basis), _same, _same, "")
    if own.study.is_sum:
        return _Achieved(own.dvh_of(roi, basis), _same, _same, f"in the sum of {len(own.study.plan_doses)} doses")
    schedule, total = prescription.schedule, prescription.total_dose_gy
    quadratic = bed(schedule, alpha_beta_gy=rule.alpha_beta_gy) - total

    def dose_of_bed(bed_gy: float) -> float:
        return total * (math.sqrt(total * total + 4 * quadratic * bed_gy) - total) / (2 * quadratic)

    how = f"in {schedule.fractions} fractions"
    if not schedule.is_uniform:
        how += ", if every phase gives its share of it"
    return _Achieved(own.dvh_of(roi), lambda gray: bed_in_proportion(schedule, gray, rule), dose_of_bed, how)


def _unknown(own: Case, prescription: Prescription) -> str:
    """Why the BED of a target's dose can't be told; empty where it can."""
    if not own.dose_is_physical:
        return f"the dose is of type {' and '.join(own.dose.types)}: the physical dose isn't known"
    if own.study.is_sum:
        return ""
    given = own.study.plan_doses[0].fractions
    if own.study.plan_doses[0].sums_plans:
        return "the dose is a sum over several plans, whose fractions aren't told apart"
    if given is not None and given != prescription.fractions:
        return f"the dose is that of {given} fractions, and {prescription.fractions} are prescribed"
    return ""


def _same(gray: float) -> float:
    return gray


def _of_quantile(rule: BedRule, target: Target, found: _Achieved, subject: str, roi: ROI, quantile: str) -> Finding:
    answer = found.dvh[quantile]
    low, value, high = (
        None if gray is None else found.bed_of(gray) for gray in (answer.low, answer.value, answer.high)
    )
    name = quantile.removesuffix("[Gy]")
    message = f"{name} isn't known: {answer.reason}"
    reason = ""
    if answer.value is not None and value is not None:
        bed_text = number_text(value, rule.bed_gy)
        gray = f" is {answer.value:.2f} Gy" if answer.basis.is_physical else ""
        message = f"{name}{gray} {found.how}: BED {bed_text} Gy"
        near_minimum = quantile == NEAR_MINIMUM or roi is not target.roi
        if near_minimum and _falls_short(rule, target, value):
            reason = "achieved-below-rule"
            message = f"warning: {message}, below the {rule.bed_gy:g} Gy that the prescription meets"
    metric = f"BED{rule.alpha_beta_gy:g} of {quantile}"
    made = _finding(rule, subject, roi, metric, message, reason, answer, low, value, high)
    return replace(made, flags=_flags(found.dvh, quantile))


def _flags(dvh: DVH, metric: str) -> tuple[str, ...]:
    return tuple(f"{flag.flag.value}: {flag.message}" for flag in dvh.flags_of(metric))


def _falls_short(rule: BedRule, target: Target, value: float) -> bool:
    assert target.prescription is not None
    prescribed = bed(target.prescription.schedule, alpha_beta_gy=rule.alpha_beta_gy)
    return meets(prescribed, rule.comparator, rule.bed_gy) and not meets(value, rule.comparator, rule.bed_gy)


def _share(rule: BedRule, target: Target, found: _Achieved) -> Finding:
    """The share of a PTV that reaches the rule's BED."""
    assert target.roi is not None
    dose_gy = found.dose_of_bed(rule.bed_gy)
    answer = found.dvh[f"V{dose_gy:.9f}Gy[%]"]
    name = f"BED{rule.alpha_beta_gy:g} >= {rule.bed_gy:g} Gy"
    if answer.value is None:
        message = f"the share that reaches {name} isn't known: {answer.reason}"
    else:
        message = f"{number_text(answer.value, 100.0)} % of the target reach {name}"
    about = bed_finding(rule, target.name, Verdict.INFO, message, value=answer.value, target=target)
    return replace(
        about,
        check="bed-achieved",
        metric=f"V{rule.bed_gy:g}Gy[%]",
        unit="%",
        low=answer.low,
        high=answer.high,
        limit="",
        limit_value=None,
        flags=_flags(found.dvh, str(answer.metric)),
    )


def _unlinked(case: Case, rule: BedRule, gtv: ROI) -> Finding:
    """A GTV that no target is known to be around: NOT_EVALUATED where part of it lies in none at all."""
    targets = [target.roi for target in case.targets if target.roi is not None]
    outside = [one for one in gtv.closed_contours if not any(encloses(target, [one]) for target in targets)]
    metric = f"BED{rule.alpha_beta_gy:g} of D98%[Gy]"
    message = "which target's prescription it gets isn't known: no PTV has its name, and not exactly one encloses it"
    if outside:
        message = "no PTV encloses it: a lesion that nothing is prescribed to?"
    nothing = MetricValue.absent("D98%[Gy]", Unit.GY, message)
    made = _finding(rule, gtv.name, gtv, metric, message, "gtv-unlinked", nothing, None, None, None)
    return replace(made, verdict=Verdict.NOT_EVALUATED if outside else Verdict.INFO, robust=False)


def _finding(
    rule: BedRule,
    subject: str,
    roi: ROI,
    metric: str,
    message: str,
    reason: str,
    answer: MetricValue,
    low: float | None,
    value: float | None,
    high: float | None,
) -> Finding:
    ends = [end for end in (low, high) if end is not None]
    robust = len({meets(end, rule.comparator, rule.bed_gy) for end in ends}) == 1 and not answer.unanswered
    if ends and not robust:
        message += f", {' to '.join(number_text(end, rule.bed_gy) for end in ends)} Gy over conventions"
    about = bed_finding(rule, subject, Verdict.INFO, message, reason, value=value)
    return replace(about, check="bed-achieved", metric=metric, robust=robust, low=low, high=high, rois=(roi.name,))
