"""What a plan prescribes to its targets, or why that can't be told."""

from __future__ import annotations

from dataclasses import dataclass

from rtcheck.errors import UsageError
from rtcheck.fractionation import Schedule
from rtcheck.study import DoseReference, FractionGroup, Plan, Prescription, Study


@dataclass(frozen=True)
class Prescribed:
    """Prescriptions, or the reason why there are none; never both.

    Attributes
    ----------
    prescriptions : tuple of Prescription
    problem : str
        Empty where there are prescriptions.
    """

    prescriptions: tuple[Prescription, ...] = ()
    problem: str = ""


def prescribed(study: Study) -> Prescribed:
    """Read the prescriptions from dose references of type TARGET and the only fraction group.

    References to a site or volume come before those to a point, which planning systems use for normalisation. Several
    fraction groups are phases whose split dose references can't tell, and a dose summed over several plans has no one
    schedule: nothing is derived then.
    """
    plan = study.plan
    if plan is None:
        return Prescribed(problem="no RT Plan among the files")
    if sums_plans(study):
        return Prescribed(problem="the dose is a sum over several plans, whose schedules one plan doesn't tell")
    groups = plan.fraction_groups
    if len(groups) != 1:
        return Prescribed(
            problem=f"the plan has {len(groups)} fraction groups, whose doses its dose references don't tell"
        )
    fractions = groups[0].fractions_planned
    if not fractions or fractions < 1:
        return Prescribed(problem="the plan's fraction group doesn't state its number of fractions")
    references = _targets(plan)
    if not references:
        beams = beam_dose_per_fraction_gy(groups[0])
        hint = f" (its beam doses add up to {beams:.2f} Gy per fraction at their points)" if beams else ""
        return Prescribed(problem=f"the plan has no dose reference of type TARGET with a dose{hint}")
    found = tuple(_prescription(reference, fractions, study) for reference in references)
    for prescription in found:
        try:
            Schedule.uniform(prescription.total_dose_gy, prescription.fractions)
        except UsageError as error:
            return Prescribed(problem=f"{prescription.source} makes no sense: {error}")
    return Prescribed(found)


def sums_plans(study: Study) -> bool:
    """Whether the dose is a sum over several plans."""
    return study.dose.summation_type == "MULTI_PLAN" or len(study.dose.referenced_plan_uids) > 1


def beam_dose_per_fraction_gy(group: FractionGroup) -> float | None:
    """Sum of a fraction group's beam doses, each at its own point; None where no beam states one."""
    doses = [beam.beam_dose_gy for beam in group.beams if beam.beam_dose_gy is not None]
    return sum(doses) if doses else None


def _targets(plan: Plan) -> list[DoseReference]:
    targets = [
        reference
        for reference in plan.dose_references
        if reference.reference_type == "TARGET" and (reference.target_prescription_dose_gy or 0) > 0
    ]
    return [reference for reference in targets if reference.structure_type in ("SITE", "VOLUME")] or targets


def _prescription(reference: DoseReference, fractions: int, study: Study) -> Prescription:
    names = {roi.number: roi.name for roi in study.structure_set.rois}
    number, dose = reference.referenced_roi_number, reference.target_prescription_dose_gy
    assert dose is not None
    name = names.get(number) if number is not None else None
    target = name or reference.description or f"dose reference {reference.number}"
    at_point = "" if reference.structure_type in ("SITE", "VOLUME") else ", to a point"
    return Prescription(dose, fractions, target, number, f"dose reference {reference.number}{at_point}")
