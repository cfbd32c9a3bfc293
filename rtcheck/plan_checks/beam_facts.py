"""What the checks of beams ask of a plan: its treating beams, what they are called, and its targets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from rtcheck.case import Case
from rtcheck.checks.lesions import volumes
from rtcheck.plan_checks.check import Answer, Unknown
from rtcheck.prescription import Place, Target
from rtcheck.study import ROI, Beam, ControlPoint, FractionGroup, Plan, Prescription, ReferencedBeam

#: Words in the name of a beam that takes images.
_IMAGING = re.compile(r"set[\s_-]?up|cbct|portal|imaging|(?<![a-z])(?:kv|drr|obi|xvi|port)(?![a-z])", re.IGNORECASE)
NO_PLAN = Unknown("plan", "no RT Plan is among the files")


@dataclass(frozen=True, eq=False)
class Planned:
    """A plan of a case with the beams that treat.

    Attributes
    ----------
    case : Case
    plan : Plan
    name : str
        For subjects: the plan's label, or its file.
    """

    case: Case
    plan: Plan
    name: str

    @cached_property
    def beams(self) -> tuple[Beam, ...]:
        """The beams that treat: by their type, and not by a name that says imaging where they have no meterset."""
        return tuple(beam for beam in self.plan.beams if beam.treats and not self._only_images(beam))

    @cached_property
    def imaging(self) -> tuple[Beam, ...]:
        """Beams that treat by their type, and take images by their name, without a meterset."""
        return tuple(beam for beam in self.plan.beams if beam.treats and self._only_images(beam))

    @property
    def setup(self) -> tuple[Beam, ...]:
        """Beams that set up or take images, by their type."""
        return tuple(beam for beam in self.plan.beams if not beam.treats)

    def called(self, beam: Beam) -> str:
        """A beam as a subject: its name or number, with the plan where there are several."""
        name = beam.name if beam.name and not beam.name.isdigit() else f"beam {beam.name or beam.number}"
        return name if len(self.case.study.plans) == 1 else f"{self.name}: {name}"

    def uses(self, beam: Beam) -> tuple[tuple[FractionGroup, ReferencedBeam], ...]:
        """The fraction groups that use a beam, and how."""
        return tuple(
            (group, used) for group in self.plan.fraction_groups for used in group.beams if used.number == beam.number
        )

    def used_in(self, group: FractionGroup) -> tuple[tuple[Beam, ReferencedBeam], ...]:
        """The treating beams of a fraction group, and how it uses them."""
        treating = {beam.number: beam for beam in self.beams}
        return tuple((treating[used.number], used) for used in group.beams if used.number in treating)

    def group_name(self, group: FractionGroup) -> str:
        """A fraction group as a subject: the plan, where it has no other group."""
        return self.name if len(self.plan.fraction_groups) == 1 else f"{self.name}, fraction group {group.number}"

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """The targets that the plan is prescribed to; those of the case where nothing tells."""
        uid = self.plan.sop_instance_uid
        own = [one for one in self.case.targets if one.prescription and uid in one.prescription.plan_uids]
        return tuple(own) or self.case.targets

    @cached_property
    def target_rois(self) -> tuple[ROI, ...]:
        """The drawn ones among them; where none is, the drawn CTVs, and without these the GTVs."""
        drawn = tuple(one.roi for one in self.targets if one.roi is not None and one.roi.closed_contours)
        return drawn or volumes(self.case, "CTV") or volumes(self.case, "GTV")

    def fraction_dose_gy(self, group: FractionGroup) -> float | None:
        """The largest dose that is prescribed per fraction of a group; None where it isn't known.

        What follows from the doses of beams alone doesn't count: it can't be held against them.
        """
        doses = [
            _per_fraction_gy(self.plan, group, target.prescription)
            for target in self.targets
            if target.prescription is not None and not _from_beams(target)
        ]
        known = [dose for dose in doses if dose is not None]
        return max(known) if known else None

    def _only_images(self, beam: Beam) -> bool:
        delivers = any(used.meterset or used.beam_dose_gy for _, used in self.uses(beam))
        return not delivers and _IMAGING.search(beam.name or "") is not None


def each_plan(case: Case, ask: Callable[[Planned], Iterable[Answer]]) -> Iterator[Answer]:
    """What a check answers of every plan; Unknown for a dose without a plan, and for a plan without a beam."""
    for one in case.study.plan_doses:
        if one.plan is None:
            yield Unknown(one.label, "no RT Plan of this dose is among the files")
    for plan in planned(case):
        if not plan.beams:
            yield Unknown(plan.name, "the plan has no beam that treats")
            continue
        yield from ask(plan)


def each_group(case: Case, ask: Callable[[Planned, FractionGroup], Iterable[Answer]]) -> Iterator[Answer]:
    """What a check answers of every fraction group of every plan; Unknown for a plan without one."""

    def groups(plan: Planned) -> Iterator[Answer]:
        if not plan.plan.fraction_groups:
            yield Unknown(plan.name, "the plan has no fraction group")
        for group in plan.plan.fraction_groups:
            yield from ask(plan, group)

    yield from each_plan(case, groups)


def planned(case: Case) -> tuple[Planned, ...]:
    """The plans of a case."""
    names = case.study.plan_names
    return tuple(Planned(case, plan, names[plan.sop_instance_uid]) for plan in case.study.plans)


def stated(beam: Beam, read: Callable[[ControlPoint], float | None]) -> tuple[float, ...]:
    """The distinct values of a beam's control points, without those that aren't known."""
    values = (read(point) for point in beam.sequence)
    return tuple(dict.fromkeys(value for value in values if value is not None))


def is_stated(beam: Beam, read: Callable[[ControlPoint], object]) -> bool:
    """Whether a value is known at every control point: stated there, or carried forward from one before."""
    return bool(beam.sequence) and all(read(point) is not None for point in beam.sequence)


def _from_beams(target: Target) -> bool:
    """Whether the prescription is what the doses of beams add up to."""
    source = target.prescription.source if target.prescription else ""
    return any(one.place is Place.BEAM_DOSES and one.where == source for one in target.statements)


def _per_fraction_gy(plan: Plan, group: FractionGroup, prescription: Prescription) -> float | None:
    """What a prescription gives in each fraction of a group; None where the group isn't among its phases."""
    if prescription.group_numbers and group.number not in prescription.group_numbers:
        return None
    schedule = prescription.schedule
    if schedule.is_uniform:
        return float(schedule.max_dose_per_fraction_gy)
    phases = schedule.phases
    if len(prescription.plan_uids) > 1:  # one plan after the other, each with its phases
        alone = len(phases) == len(prescription.plan_uids) and len(plan.fraction_groups) == 1
        return (
            float(phases[prescription.plan_uids.index(plan.sop_instance_uid)].dose_per_fraction_gy) if alone else None
        )
    wanted = prescription.group_numbers or tuple(one.number for one in plan.fraction_groups)
    groups = [one for one in plan.fraction_groups if one.number in wanted]
    if [phase.fractions for phase in phases] != [one.fractions_planned for one in groups]:
        return None  # nothing tells which phase is the group's
    return float(phases[groups.index(group)].dose_per_fraction_gy)
