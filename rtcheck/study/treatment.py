"""One patient's treatment: plans with their doses, structure set and images."""

from __future__ import annotations

from dataclasses import dataclass

from rtcheck.errors import UsageError
from rtcheck.study.dose import RTDose
from rtcheck.study.files import Note, Patient, SourceFile
from rtcheck.study.images import ImageSeries
from rtcheck.study.plan import FractionGroup, Plan
from rtcheck.study.structures import StructureSet


@dataclass(frozen=True, eq=False)
class PlanDose:
    """A dose as it is given to the patient: that of a whole plan, or of some of its fraction groups.

    Attributes
    ----------
    plan : Plan or None
        None where no plan file was given.
    dose : RTDose
        Of all fractions together, in the study's frame of reference.
    group_numbers : tuple of int
        The fraction groups whose dose it is; empty for all of the plan's.
    """

    plan: Plan | None
    dose: RTDose
    group_numbers: tuple[int, ...] = ()

    @property
    def fraction_groups(self) -> tuple[FractionGroup, ...]:
        """The phases that it is the dose of."""
        groups = self.plan.fraction_groups if self.plan else ()
        return tuple(group for group in groups if not self.group_numbers or group.number in self.group_numbers)

    @property
    def fractions(self) -> int | None:
        """Fractions of all its phases; None where one isn't stated, and for a dose that sums plans."""
        counts = [group.fractions_planned for group in self.fraction_groups]
        if self.sums_plans or not counts or not all(counts):
            return None
        return sum(count or 0 for count in counts)

    @property
    def sums_plans(self) -> bool:
        """Whether the file itself holds a sum over several plans."""
        return self.dose.summation_type == "MULTI_PLAN" or len(self.dose.referenced_plan_uids) > 1

    @property
    def label(self) -> str:
        """The plan's label, and the phases where they are not all of it."""
        name = self.plan.label or self.plan.source.name if self.plan else self.dose.source.name
        if not self.group_numbers:
            return name
        return f"{name}, fraction group {' and '.join(str(number) for number in self.group_numbers)}"


@dataclass(frozen=True, eq=False)
class Study:
    """One patient's treatment with what belongs to it, chosen by UIDs and frame of reference.

    Attributes
    ----------
    plan_doses : tuple of PlanDose
        At least one. Several are given one after the other: plans of different targets, or phases of one plan.
    images : tuple of ImageSeries
        The series in the dose's frame of reference; may be empty.
    sources : tuple of SourceFile
        Every file that the study's objects were read from.
    notes : tuple of Note
        What a reviewer should read about how the files were understood.
    study_instance_uid : str
        StudyInstanceUID of the plan, or of the structure set where there is no plan; empty where not stated.
    """

    patient: Patient
    structure_set: StructureSet
    plan_doses: tuple[PlanDose, ...]
    images: tuple[ImageSeries, ...] = ()
    sources: tuple[SourceFile, ...] = ()
    notes: tuple[Note, ...] = ()
    study_instance_uid: str = ""

    def __post_init__(self) -> None:
        if not self.plan_doses:
            raise UsageError("a study needs at least one dose")

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The plans, each once; empty where no plan file was given: DVHs can be had then, schedules can't."""
        return tuple({one.plan.sop_instance_uid: one.plan for one in self.plan_doses if one.plan}.values())

    @property
    def plan_names(self) -> dict[str, str]:
        """A name for every plan by its UID: its label, with its file where another plan has the same."""
        labels = [plan.label for plan in self.plans]
        return {
            plan.sop_instance_uid: plan.label
            if plan.label and labels.count(plan.label) == 1
            else " ".join(part for part in (plan.label, f"({plan.source.name})") if part)
            for plan in self.plans
        }

    @property
    def is_sum(self) -> bool:
        """Whether the treatment's dose is a sum of several doses."""
        return len(self.plan_doses) > 1

    @property
    def plan(self) -> Plan | None:
        """The only plan; None where no plan file was given.

        Raises
        ------
        UsageError
            For a study of several plans: `plans` has them.
        """
        if len(self.plans) > 1:
            raise UsageError(f"the study has {len(self.plans)} plans ({', '.join(p.label for p in self.plans)})")
        return self.plans[0] if self.plans else None

    @property
    def dose(self) -> RTDose:
        """The only dose.

        Raises
        ------
        UsageError
            For a study of several doses: `plan_doses` has them.
        """
        if self.is_sum:
            labels = ", ".join(one.label for one in self.plan_doses)
            raise UsageError(f"the study has {len(self.plan_doses)} doses ({labels}); choose one with --plan")
        return self.plan_doses[0].dose
