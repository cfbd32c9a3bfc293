"""Several plans of one patient that are given together: the user names them, or they can't be rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rtcheck.dicom.deliveries import Delivery, Rival, deliver, rivals, usable_doses
from rtcheck.dicom.index import Kind
from rtcheck.dicom.links import Candidate, ambiguous, described, linked
from rtcheck.dicom.placement import Placed, place, wanted_structures
from rtcheck.dicom.pool import Pool
from rtcheck.dicom.rtstruct import roi_names
from rtcheck.errors import (
    AmbiguousStudyError,
    IncompleteStudyError,
    InconsistentStudyError,
    UnsupportedDoseError,
)
from rtcheck.prescription import treat_apart

#: What shows that plans can't be taken together, while each may well be read alone.
_NOT_TOGETHER = (AmbiguousStudyError, IncompleteStudyError, InconsistentStudyError, UnsupportedDoseError)


def deliveries_of_plans(pool: Pool) -> list[Delivery]:
    """The doses of the plans that the user named, by plan label and UID.

    Raises
    ------
    InconsistentStudyError
        A plan has no dose, or one that is that of several plans, or two plans have the same one.
    AmbiguousStudyError
        A plan has several doses.
    IncompleteStudyError, UnsupportedDoseError
        See `rtcheck.dicom.deliveries.deliver`.
    """
    if pool.dose is not None and not any(linked(plan, pool.dose) for plan in pool.plans):
        raise _no_dose(pool.plans[0], [pool.dose])
    return _deliver(pool, {plan: _rival_of(pool, plan) for plan in _ordered(pool.plans)})


def together(pool: Pool, found: Sequence[Rival]) -> Placed | None:
    """The study of several plans, where nobody chose and nothing else can be meant; None elsewhere.

    Every plan must be there with exactly one dose, none may be rejected, all must be looked at with the same structure
    set in one frame of reference (or linked by registrations), and each must name targets of its own.
    """
    plans = _own_plans(pool, found)
    if plans is None:
        return None
    trial = replace(pool, notes=list(pool.notes))
    try:
        deliveries = _deliver(trial, {plan: found[plans.index(plan)] for plan in _ordered(plans)})
        placed = place(trial, deliveries)
    except _NOT_TOGETHER:
        return None
    names = roi_names(placed.structures.instance.attributes)
    if any(_names_others(one, placed.structures) for one in deliveries if pool.structures is None):
        return None
    if not treat_apart([trial.plan(plan) for plan in _ordered(plans)], names, placed.structures.uid):
        return None
    pool.notes = trial.notes
    pool.note(
        "plans-together",
        _ordered(plans)[0].name,
        f"{len(plans)} plans of different targets are taken together: {'; '.join(described(_ordered(plans)))}; choose "
        "one with --plan to see it alone",
    )
    return placed


def _own_plans(pool: Pool, found: Sequence[Rival]) -> list[Candidate] | None:
    """The plan of each, where each has one of its own, all plans are among them and none is rejected."""
    if pool.plans or pool.dose is not None:
        return None
    if any(dose.sums_plans for one in found for dose in one.doses):
        return None
    each = [one.plans(pool) for one in found]
    plans = [some[0] for some in each if len(some) == 1]
    if len(plans) != len(found) or set(plans) != set(pool.of[Kind.PLAN]) or len(set(plans)) != len(plans):
        return None
    return None if any(plan.is_rejected for plan in plans) else plans


def _names_others(one: Delivery, structures: Candidate) -> bool:
    return bool(wanted_structures(one) - {structures.uid})


def _rival_of(pool: Pool, plan: Candidate) -> Rival:
    """The one dose, or set of parts, of a plan."""
    if pool.dose is not None and linked(plan, pool.dose):
        own = [pool.dose]
    else:
        own = [dose for dose in usable_doses(pool) if linked(plan, dose)]
    single = [dose for dose in own if not dose.sums_plans]
    if own and not single:
        raise InconsistentStudyError(
            f"the dose of the plan {plan.describe()} is that of several plans together: it can't be added to another's",
            own[0].name,
            "add the dose of each plan, or choose one plan with --plan",
        )
    found = rivals(pool, [plan], single)
    if not found:
        raise _no_dose(plan, pool.of[Kind.DOSE])
    if len(found) > 1:
        raise ambiguous(Kind.DOSE, [dose for one in found for dose in one.doses])
    return found[0]


def _no_dose(plan: Candidate, doses: Sequence[Candidate]) -> InconsistentStudyError:
    there = "; ".join(one.describe() + (f": {one.unusable}" if one.unusable else "") for one in doses)
    return InconsistentStudyError(
        f"no dose that can be used belongs to the plan {plan.describe()}; there are: {there}",
        mend="add the plan's dose, or leave the plan out of the sum",
    )


def _deliver(pool: Pool, of_plan: Mapping[Candidate, Rival]) -> list[Delivery]:
    """What several plans give, each dose once."""
    found: list[Delivery] = []
    taken: dict[Candidate, Candidate] = {}
    for plan, rival in of_plan.items():
        for dose in rival.doses:
            if dose in taken:
                raise InconsistentStudyError(
                    f"the dose is linked to both {taken[dose].describe()} and {plan.describe()}, and can be added once",
                    dose.name,
                    "choose one with --plan",
                )
            taken[dose] = plan
            if plan.uid not in dose.plan_uids:
                pool.note("plan-not-referenced", dose.name, f"the dose doesn't name the plan {plan.describe()}")
        found += deliver(pool, rival, plan)
    return found


def _ordered(plans: Sequence[Candidate]) -> list[Candidate]:
    """By label, then by UID: whatever the files are called."""
    return sorted(plans, key=lambda plan: (plan.label, plan.uid))
