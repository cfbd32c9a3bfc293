"""The dose of a treatment in any basis: of one plan as it is, of several their sum."""

from __future__ import annotations

from dataclasses import replace

from rtcheck.accumulate import Addend, DoseSum, accumulate, fitting_refinement
from rtcheck.errors import RtcheckError
from rtcheck.memo import Memo
from rtcheck.study import PlanDose
from rtcheck.trilinear import DoseField
from rtcheck.units import EFFECTIVE, PHYSICAL, DoseBasis


class TreatmentDose:
    """What the patient gets of all doses together; each distinct basis is summed at most once. For several threads.

    Parameters
    ----------
    plan_doses : tuple of PlanDose
        At least one, in one frame of reference.
    """

    def __init__(self, plan_doses: tuple[PlanDose, ...]) -> None:
        self.plan_doses = plan_doses
        self._fields = Memo[DoseBasis, DoseField]()
        self._sums = Memo[DoseBasis, DoseSum]()

    @property
    def is_sum(self) -> bool:
        """Whether several doses are added."""
        return len(self.plan_doses) > 1

    @property
    def labels(self) -> tuple[str, ...]:
        """A name for every dose: its plan's label, with the dose's file where another has the same."""
        labels = [one.label for one in self.plan_doses]
        return tuple(
            label if labels.count(label) == 1 else f"{label} ({one.dose.source.name})"
            for label, one in zip(labels, self.plan_doses, strict=True)
        )

    @property
    def text(self) -> str:
        """Which dose it is, and what was done to it."""
        said = [
            f"{label}, a relative dose normalised by {one.dose.normalisation}" if one.dose.normalisation else label
            for label, one in zip(self.labels, self.plan_doses, strict=True)
        ]
        return f"sum of {' + '.join(said)}" if self.is_sum else said[0]

    @property
    def types(self) -> tuple[str, ...]:
        """The DoseTypes of the doses, each once; a dose that states none is taken for physical."""
        return tuple(dict.fromkeys(one.dose.dose_type or "PHYSICAL" for one in self.plan_doses))

    @property
    def is_physical(self) -> bool:
        """False for a dose that is weighted (EFFECTIVE): limits in physical dose say nothing about it."""
        return self.types == ("PHYSICAL",)

    @property
    def basis(self) -> DoseBasis:
        """What the gray of the files are."""
        return PHYSICAL if self.is_physical else EFFECTIVE

    def problem(self, basis: DoseBasis) -> str:
        """Why the dose isn't known in a basis; empty where it is."""
        if self.is_sum and len(self.types) > 1:
            return f"doses of type {' and '.join(self.types)} can't be added"
        if not basis.is_physical:
            if not self.is_physical:
                return f"{basis} needs physical dose, and the dose is of type {self.types[0]}"
            for one in self.plan_doses:
                if why := unequal(one):
                    return f"{basis} of {one.label} isn't known: {why}"
        if self.is_sum:
            try:
                self._sum(basis)
            except RtcheckError as error:
                return f"the doses can't be added: {error}"
        return ""

    def sum(self, basis: DoseBasis = PHYSICAL) -> DoseSum | None:
        """The sum of the doses with its provenance; None for a single dose, and where `problem` says why not."""
        return self._sum(basis) if self.is_sum and not self.problem(basis) else None

    def _sum(self, basis: DoseBasis) -> DoseSum:
        return self._sums.of(basis, lambda: self._made_sum(basis))

    def _made_sum(self, basis: DoseBasis) -> DoseSum:
        addends = [_addend(one, label) for one, label in zip(self.plan_doses, self.labels, strict=True)]
        total = accumulate(addends, basis, refinement=fitting_refinement(addends, basis))
        return total if self.is_physical else replace(total, basis=self.basis)

    def field(self, basis: DoseBasis) -> DoseField:
        """The dose as a function of position; of one plan always physical."""
        return self._fields.of(basis, lambda: self._made_field(basis))

    def _made_field(self, basis: DoseBasis) -> DoseField:
        if self.is_sum:
            return self._sum(basis).field
        dose = self.plan_doses[0].dose
        return DoseField(dose.grid, dose.dose_gy, basis=self.basis)


def unequal(one: PlanDose) -> str:
    """Why a dose's fractions aren't known, or aren't known to be equal in every voxel; empty where they are."""
    if one.sums_plans:
        return "it sums several plans, whose fractions aren't told apart"
    if one.fractions is None:
        return "its number of fractions isn't stated" if one.plan else "no plan tells its number of fractions"
    if len(one.fraction_groups) > 1:
        counts = " + ".join(str(group.fractions_planned) for group in one.fraction_groups)
        return f"its dose is that of {counts} fractions together, and nothing tells the phases apart in each voxel"
    return ""


def _addend(one: PlanDose, label: str) -> Addend:
    dose = one.dose
    remark = "; ".join(part for part in (dose.registration, dose.normalisation) if part)
    return Addend(
        label,
        dose.grid,
        dose.dose_gy,
        None if unequal(one) else one.fractions,
        (dose.sop_instance_uid,),
        remark,
    )
