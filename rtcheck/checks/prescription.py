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
from dataclasses import dataclass, replace
from itertools import product

from rtcheck.case import Case
from rtcheck.checks.robustness import under_which
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
    """For each drawn target the BED of its D95%, shown beside the prescribed one and never judged.

    It is robust where it lies on one side of the rule's threshold under every convention.
    """
    for target in targets(case):
        if target.roi is None or target.prescription is None:
            continue
        yield _achieved(case, rule, target, target.roi, target.prescription.fractions)


def _achieved(case: Case, rule: BedRule, target: Target, roi: ROI, fractions: int) -> Finding:
    answer = case.dvh_of(roi)["D95%[Gy]"]
    low, value, high = (
        None if gray is None else float(bed_of_dose(gray, fractions, alpha_beta_gy=rule.alpha_beta_gy))
        for gray in (answer.low, answer.value, answer.high)
    )
    message = f"the target's D95% isn't known: {answer.reason}"
    if answer.value is not None and value is not None:
        bed_text = number_text(value, rule.bed_gy)
        message = f"D95% is {answer.value:.2f} Gy in {fractions} fractions: BED {bed_text} Gy"
    ends = [end for end in (low, high) if end is not None]
    robust = len({meets(end, rule.comparator, rule.bed_gy) for end in ends}) == 1 and not answer.unanswered
    if ends and not robust:
        message += f", {' to '.join(number_text(end, rule.bed_gy) for end in ends)} Gy over conventions"
    return Finding(
        check="bed-achieved",
        subject=target.name,
        metric=f"BED{rule.alpha_beta_gy:g} of D95%[Gy]",
        verdict=Verdict.INFO,
        robust=robust,
        observed=value,
        low=low,
        high=high,
        limit=_limit_text(rule),
        limit_value=rule.bed_gy,
        unit="Gy",
        message=message,
        source=rule.source,
        group="Targets",
        rois=(roi.name,),
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


@dataclass(frozen=True)
class _Borne:
    """Whether a target's dose bears its prescription out."""

    verdict: Verdict
    reason: str
    remark: str
    robust: bool = True


def _judged(case: Case, rule: BedRule, target: Target) -> Finding:
    prescription = target.prescription
    if prescription is None:
        return _finding(rule, target.name, Verdict.NOT_EVALUATED, target.problem, "no-prescription", target=target)
    schedule = Schedule.uniform(prescription.total_dose_gy, prescription.fractions)
    value = bed(schedule, alpha_beta_gy=rule.alpha_beta_gy)
    text = f"{schedule} ({prescription.source}): BED {number_text(value, rule.bed_gy)} Gy"
    borne = _Borne(Verdict.FAIL, "", "")
    if meets(value, rule.comparator, rule.bed_gy):
        borne = _borne_out(case, rule, target, prescription)
    message = text + borne.remark
    made = _finding(rule, target.name, borne.verdict, message, borne.reason, value=value, target=target)
    return replace(made, robust=borne.robust)


def _borne_out(case: Case, rule: BedRule, target: Target, prescription: Prescription) -> _Borne:
    """Whether the target's dose bears its prescription out; robust where it does so under every convention."""
    if target.roi is None:
        return _Borne(Verdict.NOT_EVALUATED, "no-target", ", but no target is drawn to verify the dose with")
    if not case.dose_is_physical:
        remark = f", but the dose is of type {case.study.dose.dose_type}: the physical dose isn't known"
        return _Borne(Verdict.NOT_EVALUATED, "dose-not-physical", remark)
    dvh = case.dvh_of(target.roi)
    median, near_minimum = dvh["D50%[Gy]"], dvh["D95%[Gy]"]
    if median.value is None or near_minimum.value is None:
        remark = f", but the target's dose isn't known: {median.reason}"
        return _Borne(Verdict.NOT_EVALUATED, "target-dose-unknown", remark, robust=False)
    contradicted = _contradicted(rule, prescription, median.value, near_minimum.value)
    seen = f"D50% is {median.value:.1f} Gy, D95% {near_minimum.value:.1f} Gy"
    because = f" ({near_minimum.reason})" if near_minimum.reason else ""
    others = [
        one.convention
        for one, other in zip(median.alternatives, near_minimum.alternatives, strict=True)
        if _answers(rule, prescription, one.ends, other.ends) not in (set(), {contradicted})
    ]
    where = under_which(others, len(median.alternatives)) if others else ""
    robust = not (others or median.unanswered or near_minimum.unanswered) and _answers(
        rule, prescription, median.own_ends, near_minimum.own_ends
    ) == {contradicted}
    if contradicted:
        remark = (
            f", but {seen}{f' (no contradiction {where})' if where else ''}{because}: is the prescription this plan's?"
        )
        return _Borne(Verdict.NOT_EVALUATED, "prescription-contradicted", remark, robust)
    return _Borne(Verdict.PASS, "", f"; {seen}{f', contradicted {where}' if where else ''}{because}", robust)


def _answers(
    rule: BedRule, prescription: Prescription, median_gy: tuple[float, ...], near_minimum_gy: tuple[float, ...]
) -> set[bool]:
    """Whether doses within bounds contradict the prescription: both where some do, nothing where none is known."""
    return {_contradicted(rule, prescription, *doses) for doses in product(median_gy, near_minimum_gy)}


def _contradicted(rule: BedRule, prescription: Prescription, median_gy: float, near_minimum_gy: float) -> bool:
    """Whether doses like these can't be what was prescribed."""
    asked = prescription.total_dose_gy
    achieved = float(bed_of_dose(median_gy, prescription.fractions, alpha_beta_gy=rule.alpha_beta_gy))
    return (
        not meets(achieved, rule.comparator, rule.bed_gy)
        or near_minimum_gy < NEAR_MINIMUM_SHARE * asked
        or median_gy > MEDIAN_SHARE * asked
    )


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
