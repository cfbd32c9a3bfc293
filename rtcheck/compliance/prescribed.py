"""Total dose and dose per fraction of every target, held against a protocol's ranges."""

from __future__ import annotations

from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.checks.lesions import lesions_by_target
from rtcheck.checks.prescription import borne_out, lesion_names, statements_against
from rtcheck.compliance.answer import answered
from rtcheck.finding import Finding, Verdict
from rtcheck.fractionation import Schedule
from rtcheck.prescription import Target
from rtcheck.rules import PrescribedDose
from rtcheck.units import Comparator, meets


def prescribed_dose_findings(case: Case, rule: PrescribedDose) -> Iterator[Finding]:
    """One finding a target: do its total dose, and the dose of every fraction, lie in the ranges of the protocol?

    As for the BED rule, a prescription counts as met only where no other place in the plan says one that isn't, its
    fractions are those of the dose, and the target's own dose bears it out.
    """
    limit = _limit(rule)
    if not case.targets:
        message = f"{case.prescription_problem}, and no target is drawn"
        yield answered(rule, "prescription", Verdict.NOT_EVALUATED, message, "no-prescription", limit=limit, unit="Gy")
    owners = lesions_by_target(case)
    for target in case.targets:
        verdict, message, reason, robust = _judged(case, rule, target)
        yield answered(
            rule,
            target.name,
            verdict,
            message,
            reason,
            lesion=lesion_names(owners.get(id(target), ())),
            rois=(target.roi.name,) if target.roi else (),
            observed=target.prescription.total_dose_gy if target.prescription else None,
            limit=limit,
            unit="Gy",
            robust=robust,
        )


def _judged(case: Case, rule: PrescribedDose, target: Target) -> tuple[Verdict, str, str, bool]:
    """Verdict, message, reason, and whether it is robust."""
    prescription = target.prescription
    if prescription is None:
        return Verdict.NOT_EVALUATED, target.problem, "no-prescription", True
    text = f"{prescription.schedule} ({prescription.source}): {prescription.total_dose_gy:g} Gy"
    if target.doubt:
        return Verdict.NOT_EVALUATED, f"{text}, but {target.doubt}", "fractions-contradictory", False
    broken = _broken(rule, prescription.schedule)
    if differing := statements_against(target, lambda one: not _broken(rule, one), met=not broken):
        message = f"{text}, but {'; '.join(one.text for one in differing)}"
        return Verdict.NOT_EVALUATED, message, "prescription-contradictory", False
    if broken:
        return Verdict.FAIL, f"{text}; {broken}", "dose-outside-range", True
    borne = borne_out(case, target, prescription)
    return borne.verdict, text + borne.remark, borne.reason, borne.robust


def _broken(rule: PrescribedDose, schedule: Schedule) -> str:
    """What of a schedule lies outside the ranges; empty where nothing does."""
    told = []
    total = float(schedule.total_dose_gy)
    if not _within(total, (rule.low_gy, rule.high_gy)):
        told.append(f"the total isn't {rule.low_gy:g} to {rule.high_gy:g} Gy")
    if rule.dose_per_fraction_gy is not None:
        low, high = rule.dose_per_fraction_gy
        doses = dict.fromkeys(float(phase.dose_per_fraction_gy) for phase in schedule.phases)
        outside = [dose for dose in doses if not _within(dose, (low, high))]
        told += [f"{dose:g} Gy per fraction isn't {_range(low, high)} Gy" for dose in outside]
    return "; ".join(told)


def _within(value: float, ends: tuple[float, float]) -> bool:
    return meets(value, Comparator.GE, ends[0]) and meets(value, Comparator.LE, ends[1])


def _limit(rule: PrescribedDose) -> str:
    text = f"{rule.low_gy:g} to {rule.high_gy:g} Gy"
    if rule.dose_per_fraction_gy is not None:
        text += f", {_range(*rule.dose_per_fraction_gy)} Gy per fraction"
    return text


def _range(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
