"""Which plan, dose and structure set belong together: by UIDs and frame of reference, and never by guess."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from rtcheck.dicom.deliveries import Rival, deliver, rivals, usable_doses
from rtcheck.dicom.index import Index, Kind, listed
from rtcheck.dicom.links import Candidate, ambiguous, described, linked
from rtcheck.dicom.placement import Placed, place
from rtcheck.dicom.pool import Pool, Wanted, fill
from rtcheck.dicom.rtdose import EXPORT_GRAY
from rtcheck.dicom.several import deliveries_of_plans, together
from rtcheck.errors import (
    AmbiguousStudyError,
    IncompleteStudyError,
    InconsistentStudyError,
    UnsupportedDoseError,
    UsageError,
)
from rtcheck.study import Note


@dataclass(frozen=True, eq=False)
class Chosen:
    """Objects that belong together.

    Attributes
    ----------
    placed : Placed
    notes : tuple of Note
    """

    placed: Placed
    notes: tuple[Note, ...]


def choose(index: Index, wanted: Wanted) -> Chosen:
    """Choose the objects of one study.

    Parameters
    ----------
    index : Index
    wanted : Wanted

    Returns
    -------
    Chosen

    Raises
    ------
    IncompleteStudyError, AmbiguousStudyError, InconsistentStudyError, UnsupportedDoseError, UsageError
        See `rtcheck.dicom.read_study`.
    """
    pool = fill(index, wanted)
    _check_doses(pool)
    placed = place(pool, deliveries_of_plans(pool)) if len(pool.plans) > 1 else _choose_one(pool)
    used = _used(pool, placed)
    if wanted.normalisation is not None:
        _check_normalised(used)
    _note_left_out(pool, used, placed)
    return Chosen(placed, tuple(pool.notes))


def _check_doses(pool: Pool) -> None:
    doses, chosen = pool.of[Kind.DOSE], pool.dose
    if not doses:
        raise IncompleteStudyError("no RT Dose is among the files", mend="add the dose export")
    if chosen is None or chosen.unusable is None:
        return
    mend = "choose its plan with --plan for the sum of its beams, or another dose with --dose"
    raise UnsupportedDoseError(
        chosen.unusable, chosen.name, mend if chosen.is_part else f"choose another with --dose{_or_normalise([chosen])}"
    )


def _or_normalise(doses: Iterable[Candidate]) -> str:
    relative = any(one.is_relative and one.unusable is not None for one in doses)
    return ", or say what its values mean, as in --normalisation 100=50Gy" if relative else ""


def _choose_one(pool: Pool) -> Placed:
    """The study of one plan, or of plans that can't but be given together."""
    doses = pool.of[Kind.DOSE]
    if pool.dose is not None:
        found = [Rival((pool.dose,))]
    else:
        found = rivals(pool, pool.plans or pool.of[Kind.PLAN], usable_doses(pool))
    if not found:
        unusable = listed(f"{one.name}: {one.unusable}" for one in doses)
        raise UnsupportedDoseError(f"no dose can be used ({unusable})", mend=EXPORT_GRAY + _or_normalise(doses))
    found = _of_selected_plan(pool, found)
    if len(found) > 1:
        found = _of_selected_structures(pool, found)
    if len(found) > 1:
        placed = together(pool, found)
        if placed is None:
            raise _ambiguous(pool, found)
        return placed
    plan = _plan_of(pool, found[0])
    return place(pool, deliver(pool, found[0], plan))


def _ambiguous(pool: Pool, found: Sequence[Rival]) -> AmbiguousStudyError:
    # Each dose with a plan of its own: the plan is what the user knows by name.
    plans = [one.plans(pool) for one in found]
    own = list(dict.fromkeys(some[0] for some in plans if len(some) == 1))
    parts = any(one.plan for one in found)
    if all(len(some) == 1 for some in plans) and (len(own) == len(found) or (parts and len(own) > 1)):
        return ambiguous(Kind.PLAN, own)
    return ambiguous(Kind.DOSE, [dose for one in found for dose in one.doses])


def _of_selected_plan(pool: Pool, found: list[Rival]) -> list[Rival]:
    if not pool.plans:
        return found
    (plan,) = pool.plans
    fitting = [one for one in found if one.belongs_to(plan)]
    fitting = fitting or [one for one in found if one.plan is None and not one.doses[0].plan_uids]
    if not fitting:
        doses = [dose for one in found for dose in one.doses]
        raise InconsistentStudyError(
            f"no dose belongs to the plan {plan.describe()}; there are: {'; '.join(described(doses))}",
            mend="add the plan's dose, or choose another with --plan or --dose",
        )
    return fitting


def _of_selected_structures(pool: Pool, found: list[Rival]) -> list[Rival]:
    structures = pool.structures
    if structures is None:
        return found

    def names_them(one: Rival) -> bool:
        if any(structures.uid in dose.structure_uids for dose in one.doses):
            return True
        return any(structures.uid in plan.structure_uids for plan in one.plans(pool))

    by_name = [one for one in found if names_them(one)]
    return by_name or [one for one in found if one.doses[0].frames & structures.frames] or found


def _plan_of(pool: Pool, found: Rival) -> Candidate | None:
    if found.plan is not None:
        return found.plan
    (dose,) = found.doses
    plans = pool.of[Kind.PLAN]
    linking = pool.plans_of(dose)
    if len(dose.plan_uids) > 1:
        pool.note("multi-plan-dose", dose.name, f"the dose is that of {len(dose.plan_uids)} plans together")
    if pool.plans:
        linking = list(pool.plans)
        if dose.plan_uids and not linked(pool.plans[0], dose):
            raise _foreign_plan(dose, pool.plans)
    if len(linking) > 1:
        raise ambiguous(Kind.PLAN, linking)
    if linking:
        if linking[0].uid not in dose.plan_uids:
            pool.note("plan-not-referenced", dose.name, f"the dose doesn't name the plan {linking[0].describe()}")
        return linking[0]
    if not plans:
        missing = f" ({', '.join(dose.plan_uids)})" if dose.plan_uids else ""
        pool.note("no-plan", dose.name, f"the dose's plan{missing} is not among the files: no schedule is known")
        return None
    if dose.plan_uids:
        raise _foreign_plan(dose, plans)
    return _plan_by_other_links(pool, dose, plans)


def _foreign_plan(dose: Candidate, plans: Iterable[Candidate]) -> InconsistentStudyError:
    return InconsistentStudyError(
        f"the dose belongs to plan {', '.join(dose.plan_uids)}, and given is {'; '.join(described(plans))}",
        dose.name,
        "add the plan that the dose names, choose another dose with --dose, or leave the plan out",
    )


def _plan_by_other_links(pool: Pool, dose: Candidate, plans: list[Candidate]) -> Candidate:
    """The plan of a dose that names none, where one plan alone shares its structure set or frame of reference."""
    if len(plans) > 1:
        raise ambiguous(Kind.PLAN, plans)
    (plan,) = plans
    if not (set(plan.structure_uids) & set(dose.structure_uids) or plan.frames & dose.frames):
        raise InconsistentStudyError(
            f"nothing links the dose to the plan {plan.describe()}",
            dose.name,
            "choose the plan with --plan if it is the dose's, or leave it out",
        )
    pool.note("plan-not-referenced", dose.name, f"the dose names no plan; {plan.describe()} is taken")
    return plan


def _used(pool: Pool, placed: Placed) -> set[Candidate]:
    used = {placed.structures}
    for one in placed.deliveries:
        used |= set(one.doses) | ({one.plan} if one.plan else set())
        if one.registration is not None:
            used |= {own for own in pool.of[Kind.REGISTRATION] if own.instance is one.registration.file}
    return used


def _check_normalised(used: Iterable[Candidate]) -> None:
    doses = [one for one in used if one.instance.kind is Kind.DOSE]
    relative = sorted(one.name for one in doses if one.is_relative)
    if not relative:
        names = ", ".join(sorted(one.name for one in doses))
        raise UsageError(f"a normalisation is given, and there is nothing to normalise: {names} is in gray")
    if len(relative) > 1:
        raise UsageError(
            f"one normalisation is given for {len(relative)} relative doses ({listed(relative)}), which may each need "
            "their own; read one at a time"
        )


def _note_left_out(pool: Pool, used: set[Candidate], placed: Placed) -> None:
    left = [one for one in pool.of[Kind.DOSE] if one.unusable is not None and one not in used]
    if left:
        doses = listed(f"{one.name}: {one.unusable}" for one in left)
        pool.note("doses-left-out", left[0].name, f"{len(left)} doses are no candidates: {doses}")
    unused = [one for some in pool.of.values() for one in some if one not in used and one.unusable is None]
    if unused:
        message = f"{len(unused)} objects are not used: {listed(described(unused))}{_not_in_sum(pool, used, placed)}"
        pool.note("objects-left-out", PurePosixPath(unused[0].name).as_posix(), message)


def _not_in_sum(pool: Pool, used: set[Candidate], placed: Placed) -> str:
    """The plans whose doses are there and are not part of a sum of others."""
    if len({one.plan for one in placed.deliveries}) < 2:
        return ""
    doses = [one for one in pool.of[Kind.DOSE] if one not in used and (one.unusable is None or one.is_part)]
    plans = [plan for plan in pool.of[Kind.PLAN] if plan not in used and any(linked(plan, dose) for dose in doses)]
    return f"; not in this sum: the dose of plan {' and of plan '.join(described(plans))}" if plans else ""
