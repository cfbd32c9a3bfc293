"""The biologically effective dose of what is prescribed, and of what the targets get.

The trial's rule is about the prescription of every lesion [1]_. A prescription alone may be wrong (a dose per fraction
in place of the total, centigray, half a plan), so it counts as met only where the target's own dose doesn't contradict
it.

References
----------
.. [1] Wang H, Zhang X, Zhu K, et al. Ther Adv Med Oncol 2025;17:1-12 (NCT06261047).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rtcheck.case import Case
from rtcheck.constraint import BedRule
from rtcheck.finding import Finding, Verdict
from rtcheck.fractionation import Schedule
from rtcheck.nomenclature import normalised
from rtcheck.radiobiology import bed, bed_of_dose
from rtcheck.study import ROI, Prescription
from rtcheck.units import meets, number_text

#: A target whose median dose is below this share of its prescription wasn't planned to that prescription.
MEDIAN_DOSE_SHARE = 0.9


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
    """Every drawn PTV, and every prescription to something that is no drawn PTV."""
    ptvs = _ptvs(case)
    found = [_linked(ptv, case) for ptv in ptvs]
    used = {id(target.prescription) for target in found}
    drawn = {roi.number: roi for roi in case.study.structure_set.rois if roi.closed_contours}
    ptv_numbers = {ptv.number for ptv in ptvs}
    for prescription in case.prescriptions:
        if id(prescription) not in used and prescription.roi_number not in ptv_numbers:
            roi = drawn.get(prescription.roi_number) if prescription.roi_number is not None else None
            if roi is not None or not ptvs or prescription.roi_number is not None:
                found.append(Target(prescription.target, roi, prescription))
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
        if answer.value is None:
            continue
        fractions = target.prescription.fractions
        value = float(bed_of_dose(answer.value, fractions, alpha_beta_gy=rule.alpha_beta_gy))
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
            message=f"D95% is {answer.value:.2f} Gy in {fractions} fractions: BED {number_text(value, rule.bed_gy)} Gy",
            source=rule.source,
            group="Targets",
            rois=(target.roi.name,),
        )


def _ptvs(case: Case) -> list[ROI]:
    """Drawn ROIs of type PTV; where none has that type, those named PTV."""
    drawn = [roi for roi in case.study.structure_set.rois if roi.closed_contours]
    typed = [roi for roi in drawn if roi.interpreted_type == "PTV"]
    return typed or [roi for roi in drawn if normalised(roi.name).startswith("ptv")]


def _linked(ptv: ROI, case: Case) -> Target:
    """The prescription that the plan links to a PTV: by ROI number, by name, or because it has only one."""
    own = [p for p in case.prescriptions if p.roi_number == ptv.number]
    free = [p for p in case.prescriptions if p.roi_number is None]
    named = [p for p in free if normalised(p.target) == normalised(ptv.name)]
    candidates = own or named or free
    schedules = {(p.total_dose_gy, p.fractions) for p in candidates}
    if len(schedules) == 1:
        return Target(ptv.name, ptv, candidates[0])
    if not candidates:
        return Target(ptv.name, ptv, None, case.prescription_problem or "the plan prescribes no dose to it")
    listed = ", ".join(f"{p.target} {p.total_dose_gy:g} Gy" for p in candidates)
    return Target(ptv.name, ptv, None, f"the plan doesn't say which of its prescriptions it gets ({listed})")


def _judged(case: Case, rule: BedRule, target: Target) -> Finding:
    prescription = target.prescription
    if prescription is None:
        return _finding(rule, target.name, Verdict.NOT_EVALUATED, target.problem, "no-prescription", target=target)
    schedule = Schedule.uniform(prescription.total_dose_gy, prescription.fractions)
    value = bed(schedule, alpha_beta_gy=rule.alpha_beta_gy)
    text = f"{schedule} ({prescription.source}): BED {number_text(value, rule.bed_gy)} Gy"
    if meets(value, rule.comparator, rule.bed_gy):
        verdict, reason, remark = _borne_out(case, target, prescription)
    else:
        verdict, reason, remark = Verdict.FAIL, "", ""
    return _finding(rule, target.name, verdict, text + remark, reason, value=value, target=target)


def _borne_out(case: Case, target: Target, prescription: Prescription) -> tuple[Verdict, str, str]:
    """Whether the target's dose bears its prescription out: verdict, reason code and remark."""
    if target.roi is None:
        return Verdict.NOT_EVALUATED, "no-target", ", but no target is drawn to verify the dose with"
    median = case.dvh_of(target.roi)["D50%[Gy]"]
    if median.value is None:
        return Verdict.NOT_EVALUATED, "target-dose-unknown", f", but the target's dose isn't known: {median.reason}"
    if median.value < MEDIAN_DOSE_SHARE * prescription.total_dose_gy:
        remark = f", but half of the target gets less than {median.value:.1f} Gy: is the prescription this plan's?"
        return Verdict.NOT_EVALUATED, "prescription-contradicted", remark
    return Verdict.PASS, "", f"; half of the target gets {median.value:.1f} Gy or more"


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
