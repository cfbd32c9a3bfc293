"""Every place in a plan and its structure set that says what is prescribed.

Dose references and fraction groups say it in numbers [1]_; labels and the names of POINT ROIs say it in words that
people typed. None is taken for the truth here: `targets` links them to lesions and holds them against each other.

References
----------
.. [1] DICOM PS3.3, C.8.8.10 (RT Prescription module), C.8.8.13 (RT Fraction Scheme module).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from itertools import accumulate, chain

from rtcheck.errors import UsageError
from rtcheck.fractionation import Phase, Schedule
from rtcheck.nomenclature import normalised
from rtcheck.prescription.free_text import schedules_in
from rtcheck.study import ROI, DoseReference, FractionGroup, GeometricType, Plan, StructureSet

#: Beam doses tell how a total is split into phases where they add up to it within this share.
SPLIT_TOLERANCE = 0.005
#: Beams whose points lie closer than this (mm) have one point, where their doses add up.
SAME_POINT_MM = 1.0
#: Doses computed from beam doses are taken at so many decimals of a gray.
BEAM_DOSE_DECIMALS = 4


class Place(Enum):
    """Where a prescription may stand, the most trusted first."""

    USER = "given by the user"
    DOSE_REFERENCE = "dose reference"
    LABEL = "plan label"
    POINT_ROI = "POINT ROI"
    BEAM_DOSES = "beam doses"


@dataclass(frozen=True)
class Statement:
    """What one place says is prescribed.

    Attributes
    ----------
    place : Place
    where : str
        For the reader: ``"dose reference 1"``, ``"plan label 'Liver 40Gy5F'"``.
    schedule : Schedule or None
        None where the place doesn't tell all of it; `problem` says why.
    target : str
        Name of what it is for; empty where it doesn't say.
    roi_number : int or None
    plan_uid : str
    problem : str
        Why there is no schedule, or why the schedule can't be this plan's.
    group_numbers : tuple of int
        The fraction groups that it is told of; empty for all.
    is_elsewhere : bool
        It names an ROI by number that the structure set doesn't have, or that isn't this structure set's.
    """

    place: Place
    where: str
    schedule: Schedule | None
    target: str = ""
    roi_number: int | None = None
    plan_uid: str = ""
    problem: str = ""
    group_numbers: tuple[int, ...] = ()
    is_elsewhere: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether it tells a schedule that nothing in its own plan contradicts."""
        return self.schedule is not None and not self.problem

    @property
    def text(self) -> str:
        """For the reader: place and schedule, and what is wrong with it."""
        told = ", ".join(part for part in (str(self.schedule or ""), self.problem) if part)
        return f"{self.where}: {told}"


def statements_of(plan: Plan, structures: StructureSet) -> tuple[Statement, ...]:
    """Every statement of one plan, the most trusted place first."""
    names = {roi.number: roi.name for roi in structures.rois} if _speaks_of(plan, structures.sop_instance_uid) else {}
    return tuple(chain(_from_references(plan, names), _from_labels(plan), _from_beams(plan)))


def statements_of_points(structures: StructureSet) -> tuple[Statement, ...]:
    """What the names of POINT ROIs say; one that holds an ROI's name is for that ROI."""
    points = [
        roi
        for roi in structures.rois
        if roi.contours and all(contour.geometric_type is GeometricType.POINT for contour in roi.contours)
    ]
    drawn = [roi for roi in structures.rois if roi.closed_contours]
    return tuple(_from_point(point, schedule, drawn) for point in points for schedule in schedules_in(point.name))


def planned_fractions(plan: Plan) -> int | None:
    """Fractions of all fraction groups; None where one doesn't state them."""
    counts = [group.fractions_planned for group in plan.fraction_groups]
    return sum(count or 0 for count in counts) if counts and all(counts) else None


def treat_apart(plans: Sequence[Plan], roi_names: Mapping[int, str], structure_set_uid: str) -> bool:
    """Whether every plan names ROIs as its targets, and no two plans name the same one.

    Such plans can't be rivals for one lesion: given together, they are one treatment. A name that no ROI has tells
    nothing: two versions of a plan may call one lesion differently.

    Parameters
    ----------
    plans : sequence of Plan
    roi_names : mapping of int to str
        Names of the structure set's ROIs by number.
    structure_set_uid : str
        A plan that references another structure set speaks of other numbers.
    """
    known = {normalised(name) for name in roi_names.values()}
    named = [
        {
            normalised(_target_name(one, roi_names if _speaks_of(plan, structure_set_uid) else {}))
            for one in target_references(plan)
        }
        for plan in plans
    ]
    every = [name for names in named for name in names]
    return all(named) and known.issuperset(every) and "" not in every and len(every) == len(set(every))


def _speaks_of(plan: Plan, structure_set_uid: str) -> bool:
    """Whether a plan's ROI numbers are those of a structure set."""
    return plan.referenced_structure_set_uid in (None, structure_set_uid)


def target_references(plan: Plan) -> list[DoseReference]:
    """Dose references of type TARGET with a dose.

    References to a site or volume come before those to a point, which planning systems use for normalisation.
    """
    targets = [
        reference
        for reference in plan.dose_references
        if reference.reference_type == "TARGET" and (reference.target_prescription_dose_gy or 0) > 0
    ]
    return [reference for reference in targets if reference.structure_type in ("SITE", "VOLUME")] or targets


def _target_name(reference: DoseReference, roi_names: Mapping[int, str]) -> str:
    number = reference.referenced_roi_number
    return (roi_names.get(number) if number is not None else None) or reference.description or ""


def _from_references(plan: Plan, roi_names: Mapping[int, str]) -> Iterator[Statement]:
    for reference in target_references(plan):
        at_point = "" if reference.structure_type in ("SITE", "VOLUME") else ", to a point"
        number = reference.referenced_roi_number if reference.referenced_roi_number in roi_names else None
        called = f" {reference.description!r}" if number is None and reference.description else ""
        where = f"dose reference {reference.number}{called}{at_point}"
        told = _Told()
        try:
            told = _phased(plan, reference)
        except UsageError as error:
            told = _Told(problem=f"it makes no sense: {error}")
        name = _target_name(reference, roi_names) or f"dose reference {reference.number}"
        yield Statement(
            Place.DOSE_REFERENCE,
            where + told.how,
            told.schedule,
            name,
            number,
            plan.sop_instance_uid,
            told.problem,
            told.group_numbers,
            is_elsewhere=number is None and reference.referenced_roi_number is not None,
        )


@dataclass(frozen=True)
class _Told:
    """A schedule and where its phases stand, or why there is none."""

    schedule: Schedule | None = None
    problem: str = ""
    how: str = ""
    group_numbers: tuple[int, ...] = ()


def _phased(plan: Plan, reference: DoseReference) -> _Told:
    """A dose reference's total in the plan's phases."""
    total = Fraction(repr(float(reference.target_prescription_dose_gy or 0)))
    groups = plan.fraction_groups
    if problem := _uncounted(groups):
        return _Told(problem=problem)
    stated = [
        (group, Fraction(repr(dose.target_prescription_dose_gy)))
        for group in groups
        for dose in group.target_doses
        if dose.dose_reference_number == reference.number and dose.target_prescription_dose_gy > 0
    ]
    if stated:
        if _differ(sum(dose for _, dose in stated), total):
            phases = " + ".join(f"{float(dose):g}" for _, dose in stated)
            return _Told(problem=f"its {float(total):g} Gy aren't the {phases} Gy of its fraction groups")
        phase = [(group.fractions_planned or 0, dose) for group, dose in stated]
        schedule = Schedule(tuple(Phase(count, dose / count) for count, dose in phase))
        how = " by fraction group" if len(groups) > 1 else ""
        return _Told(schedule, how=how, group_numbers=tuple(group.number for group, _ in stated))
    if len(groups) == 1:
        only = groups[0]
        return _Told(Schedule.uniform(total, only.fractions_planned or 0), group_numbers=(only.number,))
    counts = " + ".join(str(group.fractions_planned) for group in groups)
    by_beams = _split_by_beams(plan, total)
    if by_beams is None:
        return _Told(problem=f"nothing tells how its {float(total):g} Gy are split into phases of {counts} fractions")
    numbers = tuple(group.number for group in groups[: len(by_beams.phases)])
    return _Told(by_beams, how=", phases by beam doses", group_numbers=numbers)


def _uncounted(groups: Sequence[FractionGroup]) -> str:
    """Why the number of fractions isn't known; empty where it is."""
    if not groups:
        return "the plan has no fraction group"
    for group in groups:
        if not group.fractions_planned:
            which = "the plan's fraction group" if len(groups) == 1 else f"fraction group {group.number}"
            return f"{which} doesn't state its number of fractions"
    return ""


def _split_by_beams(plan: Plan, total_gy: Fraction) -> Schedule | None:
    """The first phases whose beam doses add up to a total: all of them, or those of a target that later ones spare."""
    if any(_beam_problem(plan, group) for group in plan.fraction_groups):
        return None
    phases = [_beam_phase(group) for group in plan.fraction_groups]
    for count, dose in enumerate(accumulate(phase.total_dose_gy for phase in phases), start=1):
        if abs(dose - total_gy) <= SPLIT_TOLERANCE * total_gy:
            scale = total_gy / dose
            return Schedule(
                tuple(Phase(phase.fractions, phase.dose_per_fraction_gy * scale) for phase in phases[:count])
            )
    return None


def _beam_problem(plan: Plan, group: FractionGroup) -> str:
    """Why the doses of a group's beams don't add up to the dose of a fraction; empty where they do."""
    treating = {beam.number: beam.name for beam in plan.beams if beam.treats}
    silent = [beam.number for beam in group.beams if beam.number in treating and not beam.beam_dose_gy]
    if silent:
        return f"beam {treating[silent[0]] or silent[0]!r} states none"
    dosed = [beam for beam in group.beams if beam.beam_dose_gy]
    points = [beam.point_mm for beam in dosed if beam.point_mm is not None]
    if not dosed:
        return f"those of fraction group {group.number} state none"
    apart = any(math.dist(point, points[0]) > SAME_POINT_MM for point in points)
    if apart or len(points) not in (0, len(dosed)):
        return "they are given at different points, where they don't add up"
    return ""


def _beam_phase(group: FractionGroup) -> Phase:
    """Fractions of a group, and the dose of each: the sum of its beams' doses at their point."""
    dose = sum(beam.beam_dose_gy or 0.0 for beam in group.beams)
    return Phase(group.fractions_planned or 0, Fraction(repr(round(dose, BEAM_DOSE_DECIMALS))))


def _from_beams(plan: Plan) -> Iterator[Statement]:
    groups = plan.fraction_groups
    if not any(beam.beam_dose_gy for group in groups for beam in group.beams):
        return
    schedule = None
    problem = _uncounted(groups) or next(filter(None, (_beam_problem(plan, group) for group in groups)), "")
    if not problem:
        try:
            schedule = Schedule(tuple(_beam_phase(group) for group in groups))
        except UsageError as error:
            problem = f"they make no sense: {error}"
    where = "beam doses at their point"
    yield Statement(Place.BEAM_DOSES, where, schedule, plan_uid=plan.sop_instance_uid, problem=problem)


def _from_labels(plan: Plan) -> Iterator[Statement]:
    texts = {
        "plan label": plan.label,
        "plan name": plan.name,
        "plan description": plan.description,
        "prescription description": plan.prescription_description,
    }
    told: set[Schedule] = set()
    for what, text in texts.items():
        for schedule in schedules_in(text or ""):
            if schedule not in told:  # names repeat the label
                told.add(schedule)
                problem = other_count(schedule, plan)
                where = f"{what} {text!r}"
                yield Statement(Place.LABEL, where, schedule, plan_uid=plan.sop_instance_uid, problem=problem)


def other_count(schedule: Schedule, plan: Plan) -> str:
    """That a plan gives another number of fractions than somebody says; empty where it doesn't, or doesn't tell."""
    planned = planned_fractions(plan)
    return "" if planned in (None, schedule.fractions) else f"but the plan gives {planned} fractions"


def _from_point(point: ROI, schedule: Schedule, drawn: Sequence[ROI]) -> Statement:
    named = [roi for roi in drawn if _holds_name(point.name, roi.name)]
    longest = max(named, key=lambda roi: len(roi.name), default=None)
    where = f"POINT ROI {point.name!r}"
    if longest is None:
        return Statement(Place.POINT_ROI, where, schedule)
    return Statement(Place.POINT_ROI, where, schedule, longest.name, longest.number)


def _holds_name(text: str, name: str) -> bool:
    """Whether a text holds a name as words of its own: ``PTV_1`` is in ``Rx PTV 1 40Gy/5``, not in ``PTV_11``."""
    runs = re.findall(r"[^\W\d_]+|\d+", name)
    words = r"[\s_\-.]*".join(map(re.escape, runs))
    return bool(runs) and re.search(rf"(?<![^\W_]){words}(?![^\W_])", text, re.IGNORECASE) is not None


def _differ(first: Fraction | int, second: Fraction) -> bool:
    return abs(first - second) > Fraction(1, 1000)
