"""Section B, dose grid: is it fine enough, deep enough and large enough for what is asked of it?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from itertools import product

import numpy as np

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.geometry import Grid
from rtcheck.nomenclature import helper_word
from rtcheck.plan_checks.check import READING, Alert, Answer, PlanCheck, Shown, Thresholds, Unknown, tunable
from rtcheck.plan_checks.dose_facts import each_dose, labelled, plans_alone
from rtcheck.plan_checks.rois import drawn, is_outline, is_target, matters, nothing_drawn, solid_of
from rtcheck.plan_checks.wording import listed
from rtcheck.solid import Solid
from rtcheck.study import PlanDose
from rtcheck.trilinear import EDGE_TOLERANCE_MM
from rtcheck.units import PHYSICAL

#: Largest pixel values of 16 and 32 bits.
_CEILINGS = (2**16 - 1, 2**32 - 1)
#: Decimal strings are rounded: a grid of 2.5003 mm is one of 2.5 mm.
_ROUNDING = 1.001


def frame_offsets(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The frames of a dose lie at equal distances, and there is more than one.

    Offsets that rise or fall, from 0 or in patient coordinates, are all read; those that aren't monotone, or as many
    as there are frames, are refused. DICOM PS3.3, C.8.8.3.2: GridFrameOffsetVector.
    """
    for label, one in labelled(case):
        offsets = one.dose.grid.frame_offsets_mm
        if len(offsets) < 2:
            message = "a single frame of dose: what lies beside it gets an unknown dose"
            yield Alert(label, message, severity=Severity.WARNING)
            continue
        steps = np.abs(np.diff(offsets))
        unequal = 100.0 * float(steps.max() / steps.min() - 1.0)
        if unequal > thresholds["unequal_percent"]:
            message = f"frames lie {steps.min():.4g} to {steps.max():.4g} mm apart: is one missing?"
            limit = f"<= {thresholds['unequal_percent']:g} %"
            yield Alert(label, message, (), unequal, limit, "%", Severity.WARNING, Confidence.HEURISTIC)
        if offsets[-1] < offsets[0]:
            yield Shown(label, "its frames run from head to foot of the grid's normal: offsets fall")


def quantisation(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """One step of the stored dose is small against the prescription, and no dose is cut off at the largest number.

    A dose of 16 bits is known in steps of DoseGridScaling; the reader refuses a scaling that isn't positive. DICOM
    PS3.3, C.8.8.3.
    """
    for alone in plans_alone(case):
        prescribed_gy = min((one.total_dose_gy for one in alone.prescriptions), default=math.inf)
        yield from each_dose(alone, partial(_steps, prescribed_gy, thresholds))


def _steps(
    prescribed_gy: float, thresholds: Thresholds, label: str, one: PlanDose, highest_gy: float
) -> Iterator[Answer]:
    step_gy = one.dose.dose_grid_scaling
    percent = 100.0 * step_gy / min(highest_gy, prescribed_gy)
    if percent > thresholds["step_percent"]:
        message = f"doses are stored in steps of {step_gy:.3g} Gy, {percent:.3g} % of the smallest prescription"
        limit = f"<= {thresholds['step_percent']:g} %"
        yield Alert(label, message + ": export more bits", (), percent, limit, "%")
    yield from _cut_off(label, one, highest_gy, thresholds["ceiling_voxels"])


def _cut_off(label: str, one: PlanDose, highest_gy: float, voxels: float) -> Iterator[Answer]:
    """More voxels than a maximum has hold the largest number that the pixels can."""
    ceilings = (2**one.dose.bits_stored - 1,) if one.dose.bits_stored else _CEILINGS
    if one.dose.parts or not any(abs(highest_gy / one.dose.dose_grid_scaling / top - 1) < 1e-6 for top in ceilings):
        return
    count = int(np.count_nonzero(one.dose.dose_gy == np.float32(highest_gy)))
    if count > voxels:
        message = f"{count} voxels hold the largest dose that can be stored, {highest_gy:.4g} Gy: were higher ones cut?"
        yield Alert(label, message, (), float(count), f"<= {voxels:g}", "1", confidence=Confidence.HEURISTIC)


def grid_spacing(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The dose grid is fine enough for the technique and for the smallest target.

    More than 3 mm is discouraged for stereotactic treatment, 2 mm or less recommended (AAPM TG-101); between the two,
    a grid of 3 mm is let pass for targets that hold many of its voxels. For others see Dempsey et al. 2005.
    """
    for alone in plans_alone(case):
        for label, one in labelled(alone):
            targets = _volumes_cc(alone)
            smallest = min(targets, key=targets.__getitem__, default=None)
            limit, why = _wanted_mm(alone, targets, thresholds)
            spacing, unknown = _spacing_mm(one.dose.grid), not alone.prescriptions
            if spacing > _ROUNDING * limit:
                message = f"the dose grid is {one.dose.grid.describe()}; {why}"
                rois = (smallest,) if smallest else ()
                yield Alert(label, message, rois, spacing, f"<= {limit:g} mm", "mm")
            elif unknown and spacing > _ROUNDING * thresholds["stereotactic_mm"]:
                message = "its dose per fraction isn't known: for a stereotactic treatment the grid would be too coarse"
                yield Unknown(label, f"the dose grid is {one.dose.grid.describe()}; {message}")
            elif smallest is None:
                yield Unknown(label, "no target of the plan is drawn: the grid wasn't held against its size")


def _spacing_mm(grid: Grid) -> float:
    return max(grid.row_spacing_mm, grid.column_spacing_mm, grid.frame_spacing_mm or 0.0)


def _volumes_cc(alone: Case) -> dict[str, float]:
    """Volumes of the drawn targets of a plan, by the areas of their contours; what has none, its DVH tells."""
    volumes = {}
    for roi in [target.roi for target in alone.targets if target.roi is not None]:
        if isinstance(solid := solid_of(alone, roi), Solid):
            volumes[roi.name] = solid.outline_volume_cc()
    return volumes


def _wanted_mm(alone: Case, volumes_cc: dict[str, float], thresholds: Thresholds) -> tuple[float, str]:
    """The widest spacing that is good enough for a plan, and why."""
    found = [(thresholds["any_mm"], f"more than {thresholds['any_mm']:g} mm blurs every gradient")]
    doses = [float(one.schedule.max_dose_per_fraction_gy) for one in alone.prescriptions]
    if doses and max(doses) >= thresholds["stereotactic_gy"]:
        limit = thresholds["stereotactic_mm"]
        text = f"with {max(doses):g} Gy in a fraction more than {limit:g} mm is discouraged"
        found.append((limit, text))
    if volumes_cc and min(volumes_cc.values()) < thresholds["small_cc"]:
        small = [name for name, volume in volumes_cc.items() if volume < thresholds["small_cc"]]
        sizes = ", ".join(f"{name} {volumes_cc[name]:.2g} cc" for name in small)
        found.append((thresholds["small_mm"], f"targets are as small as a few of its voxels ({sizes})"))
    return min(found)


def grid_encloses(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Every organ and target lies within the dose grid, whole.

    Of what lies outside the dose is unknown: limits of volume in percent, and of the dose to the coldest part, can't be
    judged. A target outside is an error, an organ a warning; helper structures and the patient's outline aren't
    asked. MPPG 11.a: calculation dose grid included all critical contours.
    """
    if problem := case.dose.problem(PHYSICAL):
        yield Unknown("dose grid", problem)
        return
    yield from nothing_drawn(case)
    targets = {target.roi.number for target in case.targets if target.roi is not None}
    grids = [one.dose.grid for one in case.study.plan_doses]
    for roi in drawn(case):
        target = roi.number in targets or is_target(roi)
        if is_outline(case, roi) or (helper_word(roi.name) and not target):
            continue
        solid = solid_of(case, roi)
        if isinstance(solid, Unknown):
            yield from [solid] if matters(case, roi) else []
            continue
        if all(_is_within(solid, grid) for grid in grids):
            continue
        covered = 100.0 - case.dvh_of(roi).outside_percent
        if covered >= thresholds["covered_percent"]:
            continue
        message = f"{covered:.3g} % of it lies in the dose grid; of the rest no dose is known"
        severity = Severity.ERROR if target else Severity.WARNING
        limit = f">= {thresholds['covered_percent']:g} %"
        yield Alert(roi.name, message, (roi.name,), covered, limit, "%", severity)
    if beside := tuple(roi.name for roi in drawn(case) if is_outline(case, roi)):
        yield Shown(", ".join(beside), "not asked: outlines of the patient, of supports and of doses", beside)


def _is_within(solid: Solid, grid: Grid) -> bool:
    """Whether the box round a solid, half a slice beyond its contours included, lies in a grid."""
    low_u, low_v, high_u, high_v = solid.bounds_mm()
    heights = (solid.layers[0].bottom_mm, solid.layers[-1].top_mm)
    corners = np.array(list(product((low_u, high_u), (low_v, high_v), heights))) @ solid.axes
    along = (corners - grid.origin_mm) @ grid.axes.T
    low = np.array([0.0, 0.0, grid.frame_offsets_mm.min()])
    high = np.array([grid.column_mm()[-1], grid.row_mm()[-1], grid.frame_offsets_mm.max()])
    return bool((along >= low - EDGE_TOLERANCE_MM).all() and (along <= high + EDGE_TOLERANCE_MM).all())


def not_truncated(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The dose falls off before the grid ends.

    A high dose on a face of the grid goes on beyond it: conformity, R50 and the volumes of the body at a dose are then
    too small. MPPG 11.a: calculation dose grid included all critical contours.
    """
    yield from each_dose(case, partial(_edges, thresholds["edge_percent"]))


def _edges(edge_percent: float, label: str, one: PlanDose, highest_gy: float) -> Iterator[Answer]:
    faces = _faces_gy(one)
    if unknown := [face for face, gray in faces.items() if math.isnan(gray)]:
        yield Unknown(label, f"no dose is known on the {listed(unknown)} of the dose grid")
    face = max(faces, key=lambda name: np.nan_to_num(faces[name]))
    percent = 100.0 * float(np.nan_to_num(faces[face])) / highest_gy
    if percent >= edge_percent:
        message = f"{faces[face]:.3g} Gy on the {face} of the dose grid, {percent:.3g} % of the maximum: cut off"
        yield Alert(label, message, (), percent, f"< {edge_percent:g} %", "%")


def _faces_gy(one: PlanDose) -> dict[str, float]:
    """Largest known dose on each face of a grid, NaN where none is known; of a single frame only its edges."""
    gray = one.dose.dose_gy
    faces = {
        "first row": gray[:, 0],
        "last row": gray[:, -1],
        "first column": gray[:, :, 0],
        "last column": gray[:, :, -1],
    }
    if len(gray) > 1:
        faces |= {"first frame": gray[0], "last frame": gray[-1]}
    return {name: float(np.fmax.reduce(face, axis=None)) for name, face in faces.items()}


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "B3",
        "frame-offsets",
        "the frames of the dose are complete and equally spaced",
        Severity.ERROR,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.8.8.3.2",
        frame_offsets,
        tunable(unequal_percent=(1.0, "%", "difference of the distances between frames")),
        carried_by=READING,
    ),
    PlanCheck(
        "B4",
        "quantisation",
        "one step of the stored dose is small against the prescription",
        Severity.WARNING,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.8.8.3 (DoseGridScaling)",
        quantisation,
        tunable(
            step_percent=(0.1, "%", "step of the stored dose, of the smallest prescription"),
            ceiling_voxels=(26.0, "voxels", "voxels that hold the largest number that can be stored"),
        ),
    ),
    PlanCheck(
        "B5",
        "grid-spacing",
        "the dose grid is fine enough for the technique and the smallest target",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "AAPM TG-101 (2010); Dempsey et al., Med Phys 2005;32:380",
        grid_spacing,
        tunable(
            any_mm=(4.0, "mm", "spacing of any dose grid"),
            stereotactic_gy=(6.0, "Gy", "dose in a fraction from which a treatment is stereotactic"),
            stereotactic_mm=(3.0, "mm", "spacing for stereotactic treatment"),
            small_cc=(5.0, "cc", "volume below which a target is small"),
            small_mm=(2.5, "mm", "spacing for small targets"),
        ),
    ),
    PlanCheck(
        "B6",
        "grid-encloses",
        "every target and organ lies within the dose grid",
        Severity.ERROR,
        Confidence.CERTAIN,
        "AAPM MPPG 11.a (2021); AAPM TG-275 (2020)",
        grid_encloses,
        tunable(covered_percent=(99.5, "%", "share of an ROI within the dose grid")),
    ),
    PlanCheck(
        "B7",
        "not-truncated",
        "the dose falls off before the grid ends",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "AAPM MPPG 11.a (2021)",
        not_truncated,
        tunable(edge_percent=(30.0, "%", "dose on a face of the grid, of the maximum")),
    ),
)
