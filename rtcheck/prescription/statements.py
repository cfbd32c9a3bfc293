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
from rtcheck.study import DoseReference, FractionGroup, GeometricType, Plan, StructureSet

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
    """

    place: Place
    where: str
    schedule: Schedule | None
    target: str = ""
    roi_number: int | None = None
    plan_uid: str = ""
    problem: str = ""

    @property
    def text(self) -> str:
        """For the reader: place and schedule, or why there is none."""
        return f"{self.where}: {self.schedule or self.problem}"


def statements_of(plan: Plan, structures: StructureSet) -> tuple[Statement, ...]:
    """Every statement of one plan, and of the POINT ROIs drawn with it, the most trusted place first."""
    names = {roi.number: roi.name for roi in structures.rois}
    return tuple(
        chain(
            _from_references(plan, names),
            _from_labels(plan),
            _from_points(plan, structures),
            _from_beams(plan),
        )
    )


def treat_apart(plans: Sequence[Plan], roi_names: Mapping[int, str]) -> bool:
    """Whether every plan names its targets, and no two plans name the same one.

    Such plans can't be rivals for one lesion: given together, they are one treatment.

    Parameters
    ----------
    plans : sequence of Plan
    roi_names : mapping of int to str
        Names of the structure set's ROIs by number.
    """
    named = [{normalised(_target_name(one, roi_names)) for one in target_references(plan)} for plan in plans]
    every = [name for names in named for name in names]
    return all(named) and "" not in every and len(every) == len(set(every))


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
        where, number = f"dose reference {reference.number}{at_point}", reference.referenced_roi_number
        schedule, problem = None, ""
        try:
            schedule, problem, how = _phased(plan, reference)
            where += how
        except UsageError as error:
            problem = f"it makes no sense: {error}"
        name = _target_name(reference, roi_names) or f"dose reference {reference.number}"
        yield Statement(Place.DOSE_REFERENCE, where, schedule, name, number, plan.sop_instance_uid, problem)


def _phased(plan: Plan, reference: DoseReference) -> tuple[Schedule | None, str, str]:
    """A dose reference's total in the plan's phases; or why they aren't known; and where the phases stand."""
    total = Fraction(repr(float(reference.target_prescription_dose_gy or 0)))
    groups = plan.fraction_groups
    if problem := _uncounted(groups):
        return None, problem, ""
    stated = [
        (group.fractions_planned or 0, Fraction(repr(dose.target_prescription_dose_gy)))
        for group in groups
        for dose in group.target_doses
        if dose.dose_reference_number == reference.number and dose.target_prescription_dose_gy > 0
    ]
    if stated:
        if _differ(sum(dose for _, dose in stated), total):
            phases = " + ".join(f"{float(dose):g}" for _, dose in stated)
            return None, f"its {float(total):g} Gy aren't the {phases} Gy of its fraction groups", ""
        schedule = Schedule(tuple(Phase(count, dose / count) for count, dose in stated))
        return schedule, "", " by fraction group" if len(groups) > 1 else ""
    if len(groups) == 1:
        return Schedule.uniform(total, groups[0].fractions_planned or 0), "", ""
    counts = " + ".join(str(group.fractions_planned) for group in groups)
    by_beams = _split_by_beams(groups, total)
    if by_beams is None:
        return None, f"nothing tells how its {float(total):g} Gy are split into phases of {counts} fractions", ""
    return by_beams, "", ", phases by beam doses"


def _uncounted(groups: Sequence[FractionGroup]) -> str:
    """Why the number of fractions isn't known; empty where it is."""
    if not groups:
        return "the plan has no fraction group"
    for group in groups:
        if not group.fractions_planned:
            which = "the plan's fraction group" if len(groups) == 1 else f"fraction group {group.number}"
            return f"{which} doesn't state its number of fractions"
    return ""


def _split_by_beams(groups: Sequence[FractionGroup], total_gy: Fraction) -> Schedule | None:
    """The first phases whose beam doses add up to a total: all of them, or those of a target that later ones spare."""
    phases = [_beam_phase(group) for group in groups]
    if any(phase is None for phase in phases):
        return None
    known = [phase for phase in phases if phase is not None]
    for count, dose in enumerate(accumulate(phase.total_dose_gy for phase in known), start=1):
        if abs(dose - total_gy) <= SPLIT_TOLERANCE * total_gy:
            scale = total_gy / dose
            return Schedule(
                tuple(Phase(phase.fractions, phase.dose_per_fraction_gy * scale) for phase in known[:count])
            )
    return None


def _beam_phase(group: FractionGroup) -> Phase | None:
    """Fractions of a group, and the dose of each where its beams' doses add up at one point; None where they don't."""
    doses = [beam.beam_dose_gy for beam in group.beams if beam.beam_dose_gy]
    points = [beam.point_mm for beam in group.beams if beam.beam_dose_gy and beam.point_mm is not None]
    one_point = all(math.dist(point, points[0]) <= SAME_POINT_MM for point in points)
    if not doses or not one_point or not group.fractions_planned:
        return None
    return Phase(group.fractions_planned, Fraction(repr(round(sum(doses), BEAM_DOSE_DECIMALS))))


def _from_beams(plan: Plan) -> Iterator[Statement]:
    groups = plan.fraction_groups
    if not any(beam.beam_dose_gy for group in groups for beam in group.beams):
        return
    schedule, problem = None, _uncounted(groups)
    if not problem:
        try:
            phases = [_beam_phase(group) for group in groups]
            if all(phases):
                schedule = Schedule(tuple(phase for phase in phases if phase is not None))
            else:
                problem = "they are given at different points, where they don't add up"
        except UsageError as error:
            problem = f"they make no sense: {error}"
    yield Statement(
        Place.BEAM_DOSES, "beam doses at their point", schedule, plan_uid=plan.sop_instance_uid, problem=problem
    )


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
                yield Statement(Place.LABEL, f"{what} {text!r}", schedule, plan_uid=plan.sop_instance_uid)


def _from_points(plan: Plan, structures: StructureSet) -> Iterator[Statement]:
    """Names of POINT ROIs; one that holds an ROI's name is for that ROI."""
    points = [
        roi
        for roi in structures.rois
        if roi.contours and all(contour.geometric_type is GeometricType.POINT for contour in roi.contours)
    ]
    drawn = [roi for roi in structures.rois if roi.closed_contours]
    for point in points:
        for schedule in schedules_in(point.name):
            named = [roi for roi in drawn if _holds_name(point.name, roi.name)]
            longest = max(named, key=lambda roi: len(roi.name), default=None)
            yield Statement(
                Place.POINT_ROI,
                f"POINT ROI {point.name!r}",
                schedule,
                longest.name if longest else "",
                longest.number if longest else None,
                plan.sop_instance_uid,
            )


def _holds_name(text: str, name: str) -> bool:
    """Whether a text holds a name as words of its own: ``PTV_1`` is in ``Rx PTV 1 40Gy/5``, not in ``PTV_11``."""
    runs = re.findall(r"[^\W\d_]+|\d+", name)
    words = r"[\s_\-.]*".join(map(re.escape, runs))
    return bool(runs) and re.search(rf"(?<![^\W_]){words}(?![^\W_])", text, re.IGNORECASE) is not None


def _differ(first: Fraction | int, second: Fraction) -> bool:
    return abs(first - second) > Fraction(1, 1000)
