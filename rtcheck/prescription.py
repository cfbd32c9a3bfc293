"""What a plan prescribes to its targets, or why that can't be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rtcheck.errors import UsageError
from rtcheck.fractionation import Schedule
from rtcheck.nomenclature import normalised
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
    found = []
    for reference in references:
        try:
            found.append(_prescription(reference, fractions, study))
        except UsageError as error:
            return Prescribed(problem=f"dose reference {reference.number} makes no sense: {error}")
    return Prescribed(tuple(found))


def sums_plans(study: Study) -> bool:
    """Whether the dose is a sum over several plans."""
    return any(one.sums_plans for one in study.plan_doses)


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
    schedule = Schedule.uniform(dose, fractions)
    return Prescription(schedule, target, number, f"dose reference {reference.number}{at_point}")


def treat_apart(plans: Sequence[Plan], roi_names: Mapping[int, str]) -> bool:
    """Whether every plan names its targets, and no two plans name the same one.

    Such plans can't be rivals for one lesion: given together, they are one treatment.

    Parameters
    ----------
    plans : sequence of Plan
    roi_names : mapping of int to str
        Names of the structure set's ROIs by number.
    """
    named = [
        {normalised(roi_names.get(one.referenced_roi_number or -1) or one.description or "") for one in _targets(plan)}
        for plan in plans
    ]
    every = [name for names in named for name in names]
    return all(named) and "" not in every and len(every) == len(set(every))
