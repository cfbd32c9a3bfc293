"""Each lesion's target with its prescription: the statements linked to PTVs, and held against each other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce

from rtcheck.errors import UsageError
from rtcheck.fractionation import Schedule, parse_schedule
from rtcheck.nomenclature import helper_word, normalised
from rtcheck.prescription.doubts import Target, with_doubts
from rtcheck.prescription.statements import Place, Statement, other_count, statements_of, statements_of_points
from rtcheck.study import ROI, GeometricType, Prescription, Study

#: ``PTV``, ``PTV_1``, ``PTV 50``, ``ptv-a``; not ``PTV1_WALL``.
_PTV_NAME = re.compile(r"ptv[\s_-]*\w{0,3}$", re.IGNORECASE)
#: ``PTV_liver``; ``PTV_wall`` too, which is drawn to shape a dose: `helper_word` tells it.
_PTV_WORD = re.compile(r"ptv[\s_-]*[^\W_]+$", re.IGNORECASE)
#: Totals closer than this share are the same prescription, rounded.
SAME_TOTAL = 0.005
#: Beam doses are those of a point that may lie where the target is hot: only outside these shares of the largest
#: prescription do they contradict it.
BEAM_DOSE_SHARES = (0.9, 1.6)


def given(texts: Mapping[str, str | Schedule]) -> tuple[Statement, ...]:
    """What the user says is prescribed: target name -> schedule."""
    return tuple(
        Statement(
            Place.USER,
            Place.USER.value,
            parse_schedule(schedule) if isinstance(schedule, str) else schedule,
            target=name,
        )
        for name, schedule in texts.items()
    )


def targets(study: Study, user: Sequence[Statement] = ()) -> tuple[Target, ...]:
    """Every PTV, drawn or only named, and every prescription that belongs to none of them.

    Raises
    ------
    UsageError
        The user prescribes to a target that isn't there.
    """
    ptvs = _ptvs(study)
    plans = _statements(study)
    found = [_linked(study, ptv, ptvs, plans) for ptv in ptvs]
    found += _without_ptv(study, found, ptvs, plans)
    return with_doubts(study, _settled_by_user(study, found, user))


def _statements(study: Study) -> _ByPlan:
    """The statements of every plan, which name it where there are several."""
    names = study.plan_names if len(study.plans) > 1 else {}
    found = {plan.sop_instance_uid: statements_of(plan, study.structure_set) for plan in study.plans}
    return {
        uid: tuple(replace(one, where=f"{names[uid]}, {one.where}") for one in statements) if names else statements
        for uid, statements in found.items()
    }


def unstated(study: Study) -> str:
    """Why no plan says what is prescribed; empty where one does."""
    if not study.plans:
        return "no RT Plan among the files"
    if any(one.sums_plans for one in study.plan_doses):
        return "the dose is a sum over several plans, whose schedules one plan doesn't tell"
    every = [one for statements in _statements(study).values() for one in statements]
    every += statements_of_points(study.structure_set)
    if any(one.schedule for one in every):
        return ""
    if every:
        return "; ".join(one.text for one in every)
    counted = all(group.fractions_planned for plan in study.plans for group in plan.fraction_groups)
    nowhere = "the plan has no dose reference of type TARGET with a dose, and no label, point or beam doses tell it"
    return nowhere if counted else f"{nowhere}; the number of fractions isn't stated either"


def _ptvs(study: Study) -> list[ROI]:
    """ROIs of type PTV, and those whose name says PTV and little more, whatever their type."""
    points = {GeometricType.POINT}
    return [
        roi
        for roi in study.structure_set.rois
        if (roi.interpreted_type == "PTV" or _is_named_ptv(roi))
        and not (roi.contours and {contour.geometric_type for contour in roi.contours} <= points)
    ]


def _is_named_ptv(roi: ROI) -> bool:
    """Whether a name says PTV: of any type where it says little more, and without a type where one word follows."""
    if helper_word(roi.name):
        return False
    if _PTV_NAME.match(roi.name):
        return True
    return not roi.interpreted_type and _PTV_WORD.match(roi.name) is not None


_ByPlan = Mapping[str, tuple[Statement, ...]]


def _linked(study: Study, ptv: ROI, ptvs: list[ROI], plans: _ByPlan) -> Target:
    """A PTV's prescription: that of the only plan that treats it, or of several plans one after the other."""
    roi = ptv if ptv.closed_contours else None
    if problem := unstated(study):
        about = tuple(one for statements in plans.values() for one in statements)
        return Target(ptv.name, roi, None, problem, about)
    by_plan = {uid: _about(ptv, ptvs, statements, alone=len(plans) == 1) for uid, statements in plans.items()}
    treating = {uid: statements for uid, statements in by_plan.items() if statements}
    # What names no target isn't lent to the lesion of a plan that names its own.
    naming = {uid: some for uid, some in treating.items() if any(_is_about(one, ptv) for one in some)}
    treating = naming or treating
    points = _points_about(study, ptv, ptvs)
    if len(plans) == 1:
        (uid,) = plans
        treating = {uid: (*by_plan[uid], *_in_plan(points, study, uid))}
    told = [_of_one_plan(ptv, roi, statements) for statements in treating.values() if statements]
    if not told:
        nowhere = "no plan prescribes a dose to it" + (f" ({'; '.join(one.text for one in points)})" if points else "")
        return Target(ptv.name, roi, None, nowhere, points)
    target = reduce(_one_after_the_other, told)
    if len(plans) > 1 and points and target.prescription is not None:
        against = _contradicting(target.prescription.schedule, points)
        target = replace(
            target, statements=(*target.statements, *points), contradicting=(*target.contradicting, *against)
        )
    return target


def _points_about(study: Study, ptv: ROI, ptvs: Sequence[ROI]) -> tuple[Statement, ...]:
    """What the names of POINT ROIs say about a PTV: those that name it, and those that name none of several."""
    points = statements_of_points(study.structure_set)
    named = tuple(one for one in points if one.roi_number == ptv.number)
    return named or tuple(one for one in points if one.roi_number is None and len(ptvs) == 1)


def _in_plan(points: Sequence[Statement], study: Study, uid: str) -> list[Statement]:
    """What POINT ROIs say, held against the number of fractions of the only plan."""
    plan = next(plan for plan in study.plans if plan.sop_instance_uid == uid)
    return [
        replace(one, plan_uid=uid, problem=other_count(one.schedule, plan) if one.schedule else one.problem)
        for one in points
    ]


def _about(ptv: ROI, ptvs: list[ROI], statements: Sequence[Statement], *, alone: bool) -> tuple[Statement, ...]:
    """The statements of one plan that are about a PTV.

    By ROI number, else by name, else those that name no target, or one that isn't drawn, as long as no other plan could
    be meant: given to the lesion of another plan, they would make its dose look larger than it is.
    """
    own = [one for one in statements if one.roi_number == ptv.number]
    free = [one for one in statements if one.roi_number is None]
    named = [one for one in free if _is_about(one, ptv)]
    others = {normalised(other.name) for other in ptvs if other.closed_contours and other.number != ptv.number}
    unnamed = [
        one
        for one in free
        if one.place is Place.DOSE_REFERENCE
        and not one.is_elsewhere
        and normalised(one.target) not in others
        and not (_PTV_NAME.match(one.target) and normalised(one.target) != "ptv")  # the name of another PTV
    ]
    linked = own or named or (unnamed if alone else [])
    references = [one for one in statements if one.place is Place.DOSE_REFERENCE]
    if references:
        own_references = [one for one in linked if one.place is Place.DOSE_REFERENCE]
        by_name = [one for one in (*own, *named) if one.place is not Place.DOSE_REFERENCE]
        if not own_references:
            return tuple(by_name)
        # A label or the beams may tell the dose of another target of the plan; then they don't contradict this one's.
        elsewhere = [one for one in references if one not in own_references]
        untargeted = [
            one
            for one in free
            if not one.target and (_agrees_with_any(one, own_references) or not _agrees_with_any(one, elsewhere))
        ]
        return (*own_references, *by_name, *untargeted)
    if not linked and not (alone or len(ptvs) == 1):
        return ()
    return (*linked, *(one for one in free if not one.target))


def _is_about(one: Statement, ptv: ROI) -> bool:
    return one.roi_number == ptv.number or (bool(one.target) and normalised(one.target) == normalised(ptv.name))


def _agrees_with_any(one: Statement, others: Sequence[Statement]) -> bool:
    return any(other.schedule is not None and _agree(other.schedule, one) for other in others)


def _of_one_plan(ptv: ROI, roi: ROI | None, statements: Sequence[Statement]) -> Target:
    """What one plan prescribes to a PTV: the most trusted place that tells all of it."""
    every = tuple(sorted(statements, key=lambda one: list(Place).index(one.place)))
    # A dose reference that can't be read isn't outvoted, by a label or by another of its kind.
    unread = [one for one in every if one.place is Place.DOSE_REFERENCE and not one.is_usable]
    telling = [one for one in every if one.is_usable]
    if unread or not telling:
        return Target(ptv.name, roi, None, "; ".join(one.text for one in unread or every), every)
    best = [one for one in telling if one.place is telling[0].place]
    if len({one.schedule for one in best}) > 1:
        listed = ", ".join(f"{one.target or one.where} {one.schedule}" for one in best)
        return Target(ptv.name, roi, None, f"it isn't told which of these it gets ({listed})", every)
    chosen = best[0]
    assert chosen.schedule is not None
    prescription = Prescription(
        chosen.schedule,
        chosen.target or ptv.name,
        chosen.roi_number,
        chosen.where,
        (chosen.plan_uid,),
        chosen.group_numbers,
    )
    return Target(ptv.name, roi, prescription, "", every, _contradicting(chosen.schedule, every))


def _contradicting(schedule: Schedule, statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """The statements that say another schedule."""
    return tuple(one for one in statements if one.schedule is not None and not _agree(schedule, one))


def _agree(schedule: Schedule, other: Statement) -> bool:
    if other.schedule is None or other.schedule.fractions != schedule.fractions:
        return False
    share = float(other.schedule.total_dose_gy / schedule.total_dose_gy)
    if other.place is Place.BEAM_DOSES:
        low, high = BEAM_DOSE_SHARES
        return low <= share <= high
    return abs(share - 1) <= SAME_TOTAL


def _one_after_the_other(first: Target, second: Target) -> Target:
    """A target that two plans treat gets both schedules."""
    statements = first.statements + second.statements
    if first.prescription is None or second.prescription is None:
        return replace(first, prescription=None, problem=first.problem or second.problem, statements=statements)
    one, other = first.prescription, second.prescription
    both = Prescription(
        one.schedule.then(other.schedule),
        one.target,
        one.roi_number,
        f"{one.source}, then {other.source}",
        one.plan_uids + other.plan_uids,
    )
    return replace(
        first,
        prescription=both,
        statements=statements,
        contradicting=first.contradicting + second.contradicting,
    )


def _without_ptv(study: Study, found: Sequence[Target], ptvs: Sequence[ROI], plans: _ByPlan) -> list[Target]:
    """Targets that dose references name and no PTV stands for: none of them vanishes."""
    if any(one.sums_plans for one in study.plan_doses):
        return []
    used = {one for target in found for one in target.statements}
    # Two prescriptions to one PTV are that PTV's contradiction, told there.
    taken = {ptv.number for ptv in ptvs}
    drawn = {roi.number: roi for roi in study.structure_set.rois if roi.closed_contours}
    left = []
    for statement in (one for statements in plans.values() for one in statements):
        number = statement.roi_number
        if statement.place is not Place.DOSE_REFERENCE or statement in used or number in taken:
            continue
        roi = drawn.get(number) if number is not None else None
        prescription = None
        if statement.schedule is not None:
            prescription = Prescription(
                statement.schedule,
                statement.target,
                number,
                statement.where,
                (statement.plan_uid,),
                statement.group_numbers,
            )
        left.append(Target(statement.target, roi, prescription, statement.problem, (statement,)))
    return left


def _settled_by_user(study: Study, found: Sequence[Target], user: Sequence[Statement]) -> tuple[Target, ...]:
    """What the user says counts, beside what was found."""
    settled = list(found)
    for said in user:
        fitting = [i for i, target in enumerate(settled) if target.name == said.target]
        fitting = fitting or [i for i, t in enumerate(settled) if normalised(t.name) == normalised(said.target)]
        if len(fitting) != 1:
            names = ", ".join(repr(target.name) for target in found) or "none"
            many = f"{len(fitting)} targets are" if fitting else "no target is"
            raise UsageError(f"prescription for {said.target!r}: {many} called so; there are: {names}")
        settled[fitting[0]] = _settled(study, settled[fitting[0]], said)
    return tuple(settled)


def _settled(study: Study, target: Target, said: Statement) -> Target:
    """A target with what the user says, as far as it is known which plan gives it."""
    assert said.schedule is not None
    statements = (said, *target.statements)
    before = target.prescription
    uids = before.plan_uids if before else tuple({one.plan_uid: 0 for one in target.statements if one.plan_uid})
    if len(study.plans) == 1:
        uids = (study.plans[0].sop_instance_uid,)
    if not uids and study.is_sum:
        problem = f"{said.text}, and nothing tells which of the plans gives it; choose one with --plan"
        return replace(target, prescription=None, problem=problem, statements=statements, contradicting=())
    number, groups = target.roi.number if target.roi else None, before.group_numbers if before else ()
    prescription = Prescription(said.schedule, target.name, number, said.where, uids, groups)
    in_files = _in_files(target)
    return replace(
        target, prescription=prescription, problem="", statements=statements, contradicting=(), in_files=in_files
    )


def _in_files(target: Target) -> tuple[Schedule, ...]:
    """The schedules that the trusted places of the files say a target gets in all; none where they leave a gap."""
    telling = [one for one in target.statements if one.is_usable and one.place not in (Place.USER, Place.BEAM_DOSES)]
    before = target.prescription
    if before is not None and len(before.plan_uids) > 1:
        # Each statement tells the part of one plan; together they are what was put one after the other.
        return (before.schedule,) if {one.plan_uid for one in telling} >= set(before.plan_uids) else ()
    return tuple(dict.fromkeys(one.schedule for one in telling if one.schedule is not None))
