"""Sample plans with one thing changed, as values: nothing is read again for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from rtcheck.case import Case
from rtcheck.study import (
    ROI,
    Beam,
    ControlPoint,
    DevicePositions,
    FractionGroup,
    LimitingDevice,
    Note,
    Plan,
    PlanDose,
    Study,
)
from tests.plan_checks.samples import SBRT, case_like, sample

# Studies


def plan_with(study: Study | None = None, **changes: object) -> Study:
    """A study whose first plan says something else."""
    study = study or sample()
    first, *others = study.plan_doses
    return replace(study, plan_doses=(replace(first, plan=replace(first.plan, **changes)), *others))


def dose_with(study: Study | None = None, **changes: object) -> Study:
    """A study whose first dose says something else."""
    study = study or sample()
    first, *others = study.plan_doses
    return replace(study, plan_doses=(replace(first, dose=replace(first.dose, **changes)), *others))


def dose_times(factor: float) -> Study:
    """The sample with its dose multiplied."""
    return dose_with(dose_gy=(sample().dose.dose_gy * factor).astype(np.float32))


def structures_with(study: Study | None = None, **changes: object) -> Study:
    """A study whose structure set says something else."""
    study = study or sample()
    return replace(study, structure_set=replace(study.structure_set, **changes))


def rois_with(change: Callable[[ROI], ROI | None], study: Study | None = None) -> Study:
    """A study with every ROI changed, or left out where `change` gives None."""
    study = study or sample()
    changed = [change(roi) for roi in study.structure_set.rois]
    return structures_with(study, rois=tuple(roi for roi in changed if roi is not None))


def images_with(**values: object) -> Study:
    """The sample with its CT changed."""
    (ct,) = sample().images
    return replace(sample(), images=(replace(ct, **values),))


def noted(code: str) -> Study:
    """The sample as if reading it had left a note."""
    return replace(sample(), notes=(Note(code, "file.dcm", "something is so"),))


def without_plan(study: Study | None = None) -> Study:
    study = study or sample()
    return replace(study, plan_doses=tuple(PlanDose(None, one.dose) for one in study.plan_doses))


def moved_rois(study: Study, shift_mm: tuple[float, float, float], names=("Liver",), **changes: object) -> Study:
    """A study with some ROIs shifted."""

    def moved(roi: ROI) -> ROI:
        if roi.name not in names:
            return roi
        shifted = [replace(contour, points_mm=contour.points_mm + np.array(shift_mm)) for contour in roi.contours]
        return replace(roi, contours=tuple(shifted), **changes)

    return rois_with(moved, study)


# Plans and beams


def with_plan(change: Callable[[Plan], Plan], name: str = SBRT) -> Case:
    """A sample with its first plan changed."""
    study = sample(name)
    first, *others = study.plan_doses
    return case_like(replace(study, plan_doses=(replace(first, plan=change(first.plan)), *others)))


def with_beam(change: Callable[[Beam], dict[str, object]], index: int = 0, name: str = SBRT) -> Case:
    """A sample with one beam of its first plan changed; `change` gives its new values."""

    def changed(plan: Plan) -> Plan:
        beams = list(plan.beams)
        beams[index] = replace(beams[index], **change(beams[index]))
        return replace(plan, beams=tuple(beams))

    return with_plan(changed, name)


def with_points(index: int = 0, name: str = SBRT, **values: object) -> Case:
    """A sample with all control points of one beam changed."""
    return with_beam(lambda beam: {"sequence": tuple(replace(point, **values) for point in beam.sequence)}, index, name)


def with_every_point(name: str = SBRT, **values: object) -> Case:
    """A sample with all control points of all beams changed."""

    def changed(plan: Plan) -> Plan:
        beams = [
            replace(beam, sequence=tuple(replace(point, **values) for point in beam.sequence)) for beam in plan.beams
        ]
        return replace(plan, beams=tuple(beams))

    return with_plan(changed, name)


def with_point(place: int, **values: object) -> Case:
    """The sample with one control point of its first beam changed."""

    def changed(beam: Beam) -> dict[str, object]:
        points = list(beam.sequence)
        points[place] = replace(points[place], **values)
        return {"sequence": tuple(points)}

    return with_beam(changed)


def with_uses(*changes: dict[str, object], fractions: int = 5) -> Case:
    """The sample with other monitor units and doses of its beams."""

    def changed(plan: Plan) -> Plan:
        (group,) = plan.fraction_groups
        used = tuple(replace(use, **change) for use, change in zip(group.beams, changes, strict=True))
        return replace(plan, fraction_groups=(FractionGroup(1, fractions, used),))

    return with_plan(changed)


def unprescribed() -> Case:
    """The sample whose plan says its beams' doses alone."""
    return with_plan(lambda plan: replace(plan, dose_references=(), label="", name=None))


def square_beam(side_mm: float, devices=("ASYMX", "ASYMY"), leaves=()) -> Beam:
    """A static beam with jaws of a side, and leaves where they are given."""
    half = side_mm / 2
    positions = [DevicePositions(kind, np.array([-half, half])) for kind in devices]
    limits = [LimitingDevice(kind, 1, np.empty(0)) for kind in devices]
    for kind, boundaries, standing in leaves:
        positions.append(DevicePositions(kind, np.array(standing, float)))
        limits.append(LimitingDevice(kind, len(boundaries) - 1, np.array(boundaries, float)))
    points = tuple(ControlPoint(k, k, None, 0, 0, 0, 6, 600, tuple(positions)) for k in range(2))
    return Beam(1, "B", "PHOTON", "TREATMENT", sequence=points, devices=tuple(limits))


# ROIs and images


def with_roi(name: str, change: Callable[[ROI], ROI]) -> Case:
    """The sample with one ROI changed."""
    study = rois_with(lambda roi: change(roi) if roi.name == name else roi)
    assert study.structure_set.rois != sample().structure_set.rois
    return Case(study)


def with_rois(change: Callable[[dict[str, ROI]], dict[str, ROI]]) -> Case:
    """The sample with its ROIs, by name, changed."""
    rois = change({roi.name: roi for roi in sample().structure_set.rois})
    return Case(structures_with(rois=tuple(rois.values())))


def with_kidneys_swapped() -> Case:
    """The sample whose kidneys have each other's name."""
    other = {"Kidney_L": "Kidney_R", "Kidney_R": "Kidney_L"}
    return Case(rois_with(lambda roi: replace(roi, name=other.get(roi.name, roi.name))))


def with_ct(**values: object) -> Case:
    """The sample with its CT changed."""
    return Case(images_with(**values))


def slices_at(positions_mm: object) -> Case:
    """The sample with slices at other places."""
    positions = np.array(positions_mm, float)
    corners = np.column_stack([np.zeros((len(positions), 2)), positions])
    return with_ct(slice_positions_mm=positions, corners_mm=corners)


def without_ct() -> Case:
    return Case(replace(sample(), images=()))
