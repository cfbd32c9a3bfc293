"""Which doses make up what a plan gives: one of the whole plan, those of its fraction groups, or those of its beams.

A dose holds all fractions of what it belongs to, whatever its DoseSummationType: doses are added, never multiplied.

References
----------
.. [1] DICOM PS3.3, C.8.8.3: DoseSummationType, and what a dose refers to in its plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rtcheck.dicom.beams import beam_groups
from rtcheck.dicom.index import Kind
from rtcheck.dicom.links import Candidate, ambiguous, linked
from rtcheck.dicom.parts import groups_named
from rtcheck.dicom.pool import Pool
from rtcheck.dicom.registration import Registration
from rtcheck.errors import IncompleteStudyError, InconsistentStudyError


@dataclass(frozen=True, eq=False)
class Rival:
    """Doses that may be the study's: one that stands alone, or those of one plan's fraction groups or beams.

    Attributes
    ----------
    doses : tuple of Candidate
    plan : Candidate or None
        The plan whose parts they are; None for a dose that stands alone.
    """

    doses: tuple[Candidate, ...]
    plan: Candidate | None = None

    def belongs_to(self, plan: Candidate) -> bool:
        """Whether it is the dose of a plan."""
        return plan is self.plan if self.plan else linked(plan, self.doses[0])

    def plans(self, pool: Pool) -> list[Candidate]:
        """The plans that it is the dose of."""
        return [self.plan] if self.plan else pool.plans_of(self.doses[0])


@dataclass(frozen=True, eq=False)
class Delivery:
    """A dose to be read.

    Attributes
    ----------
    doses : tuple of Candidate
        One, or those of beams or control points that are added.
    plan : Candidate or None
    group_numbers : tuple of int
        The fraction groups that it is the dose of; empty for all of the plan's.
    frame_of_reference_uid : str
        The one that the dose lies in; empty until that is looked at.
    registration : Registration or None
        What moves it into the study's frame of reference.
    """

    doses: tuple[Candidate, ...]
    plan: Candidate | None
    group_numbers: tuple[int, ...] = ()
    frame_of_reference_uid: str = ""
    registration: Registration | None = None


def usable_doses(pool: Pool) -> list[Candidate]:
    """The doses that hold all of what they belong to."""
    return [one for one in pool.of[Kind.DOSE] if one.unusable is None]


def rivals(pool: Pool, plans: Sequence[Candidate], whole: Sequence[Candidate]) -> list[Rival]:
    """What may be a dose of the study.

    Parameters
    ----------
    pool : Pool
    plans : sequence of Candidate
        The plans in question.
    whole : sequence of Candidate
        The doses in question that hold all of what they belong to.

    Returns
    -------
    list of Rival
        The fraction groups' doses of a plan of several groups are one; where the plan's dose is there too, that stands
        for them. Doses of beams are looked at where no other dose is, or may be, that of their plan.
    """
    alone, parts = list(whole), []
    for plan in plans:
        phases = [one for one in whole if one.summation == "FRACTION" and one.plan_uids == (plan.uid,)]
        if not phases or len(pool.plan(plan).fraction_groups) < 2:
            continue
        others = [one for one in whole if linked(plan, one) and one not in phases]
        if not others:
            parts.append(Rival(tuple(phases), plan))
        if all(one.summation == "PLAN" and not one.sums_plans for one in others):
            alone = [one for one in alone if one not in phases]
    for plan in plans:
        beams = [one for one in pool.of[Kind.DOSE] if one.is_part and linked(plan, one) and not one.sums_plans]
        if beams and not any(linked(plan, one) or not one.plan_uids for one in whole):
            parts.append(Rival(tuple(beams), plan))
    return [Rival((one,)) for one in alone] + parts


def deliver(pool: Pool, rival: Rival, plan: Candidate | None) -> list[Delivery]:
    """What a plan gives: its dose, or one for each of its fraction groups.

    Raises
    ------
    IncompleteStudyError, InconsistentStudyError, AmbiguousStudyError, UnsupportedDoseError
        The doses of fraction groups or beams don't make up the plan's, each once.
    """
    if rival.plan is None or plan is None:
        (dose,) = rival.doses
        return [_alone(pool, dose, plan)]
    if any(one.is_part for one in rival.doses):
        groups = beam_groups(plan, pool.plan(plan), rival.doses)
        for group in groups:
            pool.note("beams-summed", group.doses[0].name, group.describe())
        return [Delivery(group.doses, plan, group.group_numbers) for group in groups]
    return _by_group(pool, rival.doses, plan)


def _alone(pool: Pool, dose: Candidate, plan: Candidate | None) -> Delivery:
    if plan is None or dose.summation != "FRACTION":
        return Delivery((dose,), plan)
    every = _group_numbers(pool, plan)
    named = _groups_of(pool, dose, plan) if len(every) > 1 else every
    if set(named) == set(every):
        return Delivery((dose,), plan)
    if named and dose is not pool.dose:
        raise _missing_groups(dose, plan, named, every)
    which = f"fraction group {_row(named)}" if named else "one fraction group"
    pool.note("dose-of-one-fraction-group", dose.name, f"the dose is that of {which}, and the plan has {len(every)}")
    return Delivery((dose,), plan, named)


def _by_group(pool: Pool, doses: Sequence[Candidate], plan: Candidate) -> list[Delivery]:
    """The doses of a plan's fraction groups, which must name each group once."""
    if len(doses) == 1:
        return [_alone(pool, doses[0], plan)]
    every = _group_numbers(pool, plan)
    named = {dose: _groups_of(pool, dose, plan) for dose in doses}
    numbers = [number for groups in named.values() for number in groups]
    if not all(named.values()):
        raise ambiguous(Kind.DOSE, doses)
    twice = {number for number in numbers if numbers.count(number) > 1}
    if twice:
        raise ambiguous(Kind.DOSE, [dose for dose in doses if twice & set(named[dose])])
    if set(numbers) != set(every):
        raise _missing_groups(doses[0], plan, numbers, every)
    return [Delivery((dose,), plan, named[dose]) for dose in sorted(doses, key=lambda dose: named[dose])]


def _group_numbers(pool: Pool, plan: Candidate) -> tuple[int, ...]:
    return tuple(group.number for group in pool.plan(plan).fraction_groups)


def _groups_of(pool: Pool, dose: Candidate, plan: Candidate) -> tuple[int, ...]:
    named = groups_named(dose.instance.attributes, plan.uid)
    unknown = sorted(set(named) - set(_group_numbers(pool, plan)))
    if unknown:
        raise InconsistentStudyError(
            f"the dose is that of fraction group {_row(unknown)}, which the plan {plan.describe()} doesn't have",
            dose.name,
            "export plan and doses together",
        )
    return named


def _missing_groups(
    dose: Candidate, plan: Candidate, named: Sequence[int], every: Sequence[int]
) -> IncompleteStudyError:
    missing = [number for number in every if number not in named]
    return IncompleteStudyError(
        f"the plan {plan.describe()} has {len(every)} fraction groups, and no dose is there of fraction group "
        f"{_row(missing)}",
        dose.name,
        "add the missing doses or the dose of the whole plan, or choose one group's dose with --dose",
    )


def _row(numbers: Sequence[int]) -> str:
    return ", ".join(str(number) for number in numbers)
