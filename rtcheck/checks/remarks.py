"""What is told beside a verdict: each plan of a sum by itself, and what a limit means on another schedule."""

from __future__ import annotations

from rtcheck.case import Case
from rtcheck.constraint import Constraint
from rtcheck.errors import RtcheckError
from rtcheck.radiobiology import eqd2_of_dose
from rtcheck.units import GY_PER, number_text


def plan_by_plan(case: Case, constraint: Constraint) -> str:
    """Of a sum of plans, what each gives by itself; empty for a single plan."""
    names = case.study.plan_names
    if len(names) < 2:
        return ""
    parts = []
    for (uid, name), alone in zip(names.items(), case.by_plan, strict=True):
        try:
            value = alone.metric(constraint.roi, constraint.metric, constraint.basis)
        except RtcheckError as error:
            parts.append(f"{name} not evaluable ({error})")
            continue
        if value.value is not None:
            parts.append(f"{name} {number_text(value.value, constraint.goal.value)} {value.unit}")
        elif _is_zero_outside(case, constraint, uid):
            parts.append(f"{name} counted as zero outside its grid, whose faces are all zero")
        else:
            parts.append(f"{name} {value}")
    return f"sum of {len(parts)} plans, each by itself: {', '.join(parts)}"


def _is_zero_outside(case: Case, constraint: Constraint, plan_uid: str) -> bool:
    """Whether a sum counts a plan's doses as zero where their grids end."""
    total = case.dose.sum(constraint.basis)
    own = {
        one.dose.sop_instance_uid for one in case.study.plan_doses if one.plan and one.plan.sop_instance_uid == plan_uid
    }
    parts = [part for part in total.provenance if own & set(part.sop_instance_uids)] if total else []
    return bool(parts) and all(part.is_zero_outside for part in parts)


def schedule_remark(case: Case, constraint: Constraint) -> str:
    """What a limit derived for other fraction numbers means on this schedule."""
    native, metric = constraint.native_fractions, constraint.metric
    counts = [case.fractions] if len(case.study.plans) < 2 else [alone.fractions for alone in case.by_plan]
    if native is None or all(count is not None and native[0] <= count <= native[1] for count in counts):
        return ""
    listed = " and ".join("an unknown number" if count is None else str(count) for count in counts)
    remark = f"the limit was derived for {native[0]} to {native[1]} fractions and is asked here in {listed}"
    in_gray = metric.question.takes_dose and metric.threshold_unit in GY_PER and constraint.basis.is_physical
    if in_gray and constraint.alpha_beta_gy is not None and case.fractions is not None:
        assert metric.threshold is not None and metric.threshold_unit is not None
        dose = metric.threshold * GY_PER[metric.threshold_unit]
        here, most, least = (
            float(eqd2_of_dose(dose, n, alpha_beta_gy=constraint.alpha_beta_gy)) for n in (case.fractions, *native)
        )
        remark += (
            f", where {dose:g} Gy is EQD2 {here:.1f} Gy (alpha/beta {constraint.alpha_beta_gy:g}; "
            f"{least:.1f} to {most:.1f} Gy in {native[1]} to {native[0]})"
        )
    return remark
