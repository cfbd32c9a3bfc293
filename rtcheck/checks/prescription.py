"""The biologically effective dose of what is prescribed, and of what the targets get.

The trial's rule is about the prescription of every lesion [1]_. A prescription alone may be wrong (a dose per fraction
in place of the total, centigray, half a plan), so it counts as met only where the target's own dose doesn't contradict
it.

References
----------
.. [1] Wang H, Zhang X, Zhu K, et al. Ther Adv Med Oncol 2025;17:1-12 (NCT06261047).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rtcheck.case import Case
from rtcheck.constraint import BedRule
from rtcheck.finding import Finding, Verdict
from rtcheck.fractionation import Schedule
from rtcheck.nomenclature import normalised
from rtcheck.radiobiology import bed, bed_of_dose
from rtcheck.study import ROI, GeometricType, Prescription
from rtcheck.units import meets, number_text

#: A target wasn't planned to a prescription when its D95% is below the one share of it, or its D50% above the other
#: (centre doses of 1.6 times the margin's are common in stereotactic treatment, and more is another prescription).
NEAR_MINIMUM_SHARE, MEDIAN_SHARE = 0.9, 1.6
#: ``PTV``, ``PTV_1``, ``PTV 50``, ``ptv-a``; not ``PTV1_WALL``.
_PTV_NAME = re.compile(r"ptv[\s_-]*\w{0,3}$", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Target:
    """A lesion's planning target and what is prescribed to it.

    Attributes
    ----------
    name : str
    roi : ROI or None
        The PTV (or the ROI that the dose reference names); None where none is drawn.
    prescription : Prescription or None
        None where the plan doesn't link one to the target, or links several that differ.
    problem : str
        Why there is none.
    """

    name: str
    roi: ROI | None
    prescription: Prescription | None
    problem: str = ""


def targets(case: Case) -> tuple[Target, ...]:
    """Every PTV, drawn or only named, and every prescription that belongs to none of them."""
    ptvs = _ptvs(case)
    found = [_linked(ptv, ptvs, case) for ptv in ptvs]
    used = {id(target.prescription) for target in found}
    taken = {ptv.number for ptv in ptvs}
    drawn = {roi.number: roi for roi in case.study.structure_set.rois if roi.closed_contours}
    for prescription in case.prescriptions:
        number = prescription.roi_number
        # Two prescriptions to one PTV are that PTV's contradiction, told there.
        if id(prescription) not in used and number not in taken and not _is_repeated(prescription, found):
            found.append(Target(prescription.target, drawn.get(number) if number is not None else None, prescription))
    return tuple(found)


def prescribed_bed(case: Case, rule: BedRule) -> Iterator[Finding]:
    """One finding per target: is its prescription's BED high enough, and does its dose bear that out?"""
    found = targets(case)
    if not found:
        problem = f"{case.prescription_problem}, and no target is drawn"
        yield _finding(rule, "prescription", Verdict.NOT_EVALUATED, problem, "no-prescription")
    for target in found:
        yield _judged(case, rule, target)


def achieved_bed(case: Case, rule: BedRule) -> Iterator[Finding]:
    """For each drawn target the BED of its D95%, shown beside the prescribed one and never judged."""
    for target in targets(case):
        if target.roi is None or target.prescription is None:
            continue
        answer = case.dvh_of(target.roi)["D95%[Gy]"]
        fractions, value = target.prescription.fractions, None
        message = f"the target's D95% isn't known: {answer.reason}"
        if answer.value is not None:
            value = float(bed_of_dose(answer.value, fractions, alpha_beta_gy=rule.alpha_beta_gy))
            bed_text = number_text(value, rule.bed_gy)
            message = f"D95% is {answer.value:.2f} Gy in {fractions} fractions: BED {bed_text} Gy"
        yield Finding(
            check="bed-achieved",
            subject=target.name,
            metric=f"BED{rule.alpha_beta_gy:g} of D95%[Gy]",
            verdict=Verdict.INFO,
            observed=value,
            low=value,
            high=value,
            limit=_limit_text(rule),
            limit_value=rule.bed_gy,
            unit="Gy",
            message=message,
            source=rule.source,
            group="Targets",
            rois=(target.roi.name,),
        )


def _ptvs(case: Case) -> list[ROI]:
    """ROIs of type PTV, and those whose name says PTV and little more, whatever their type."""
    rois = case.study.structure_set.rois
    points = {GeometricType.POINT}
    return [
        roi
        for roi in rois
        if (roi.interpreted_type == "PTV" or _PTV_NAME.match(roi.name))
        and not (roi.contours and {contour.geometric_type for contour in roi.contours} <= points)
    ]


def _linked(ptv: ROI, ptvs: list[ROI], case: Case) -> Target:
    """The prescription that the plan links to a PTV: by ROI number, by name, or because it has only one."""
    roi = ptv if ptv.closed_contours else None
    own = [p for p in case.prescriptions if p.roi_number == ptv.number]
    free = [p for p in case.prescriptions if p.roi_number is None]
    named = [p for p in free if normalised(p.target) == normalised(ptv.name)]
    others = {normalised(other.name) for other in ptvs if other.closed_contours}
    unnamed = [p for p in free if normalised(p.target) not in others]
    candidates = own or named or unnamed
    schedules = {(p.total_dose_gy, p.fractions) for p in candidates}
    if len(schedules) == 1:
        return Target(ptv.name, roi, candidates[0])
    if not candidates:
        return Target(ptv.name, roi, None, case.prescription_problem or "the plan prescribes no dose to it")
    listed = ", ".join(f"{p.target} {p.total_dose_gy:g} Gy" for p in candidates)
    return Target(ptv.name, roi, None, f"the plan doesn't say which of its prescriptions it gets ({listed})")


def _is_repeated(prescription: Prescription, found: list[Target]) -> bool:
    """Whether an unlinked prescription is the same as one that a target has, or part of a target's contradiction."""
    if prescription.roi_number is not None:
        return False
    same = (prescription.total_dose_gy, prescription.fractions, prescription.target)
    others = [target.prescription for target in found]
    return any(p is not None and same == (p.total_dose_gy, p.fractions, p.target) for p in others) or None in others


def _judged(case: Case, rule: BedRule, target: Target) -> Finding:
    prescription = target.prescription
    if prescription is None:
        return _finding(rule, target.name, Verdict.NOT_EVALUATED, target.problem, "no-prescription", target=target)
    schedule = Schedule.uniform(prescription.total_dose_gy, prescription.fractions)
    value = bed(schedule, alpha_beta_gy=rule.alpha_beta_gy)
    text = f"{schedule} ({prescription.source}): BED {number_text(value, rule.bed_gy)} Gy"
    if meets(value, rule.comparator, rule.bed_gy):
        verdict, reason, remark = _borne_out(case, rule, target, prescription)
    else:
        verdict, reason, remark = Verdict.FAIL, "", ""
    return _finding(rule, target.name, verdict, text + remark, reason, value=value, target=target)


def _borne_out(case: Case, rule: BedRule, target: Target, prescription: Prescription) -> tuple[Verdict, str, str]:
    """Whether the target's dose bears its prescription out: verdict, reason code and remark."""
    if target.roi is None:
        return Verdict.NOT_EVALUATED, "no-target", ", but no target is drawn to verify the dose with"
    if not case.dose_is_physical:
        remark = f", but the dose is of type {case.study.dose.dose_type}: the physical dose isn't known"
        return Verdict.NOT_EVALUATED, "dose-not-physical", remark
    dvh = case.dvh_of(target.roi)
    median, near_minimum = dvh["D50%[Gy]"], dvh["D95%[Gy]"]
    if median.value is None or near_minimum.value is None:
        return Verdict.NOT_EVALUATED, "target-dose-unknown", f", but the target's dose isn't known: {median.reason}"
    asked = prescription.total_dose_gy
    achieved = float(bed_of_dose(median.value, prescription.fractions, alpha_beta_gy=rule.alpha_beta_gy))
    seen = f"D50% is {median.value:.1f} Gy, D95% {near_minimum.value:.1f} Gy"
    contradicted = (
        not meets(achieved, rule.comparator, rule.bed_gy)
        or near_minimum.value < NEAR_MINIMUM_SHARE * asked
        or median.value > MEDIAN_SHARE * asked
    )
    if contradicted:
        return Verdict.NOT_EVALUATED, "prescription-contradicted", f", but {seen}: is the prescription this plan's?"
    return Verdict.PASS, "", f"; {seen}"


def _limit_text(rule: BedRule) -> str:
    return f"{rule.comparator} {rule.bed_gy:g} Gy"


def _finding(
    rule: BedRule,
    subject: str,
    verdict: Verdict,
    message: str,
    reason: str = "",
    *,
    value: float | None = None,
    target: Target | None = None,
) -> Finding:
    return Finding(
        check="bed",
        subject=subject,
        metric=f"BED{rule.alpha_beta_gy:g}[Gy]",
        verdict=verdict,
        observed=value,
        low=value,
        high=value,
        limit=_limit_text(rule),
        limit_value=rule.bed_gy,
        unit="Gy",
        reason=reason,
        message=message,
        source=rule.source,
        group="Targets",
        rois=(target.roi.name,) if target and target.roi else (),
    )
