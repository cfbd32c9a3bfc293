"""Section G, hot spots: is there dose above the prescription away from the targets?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.geometry import FloatArray
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Thresholds, Unknown, tunable
from rtcheck.plan_checks.places import near
from rtcheck.plan_checks.rois import solid_of
from rtcheck.prescription import Target
from rtcheck.solid import Solid
from rtcheck.trilinear import DoseField, known_range_gy
from rtcheck.units import PHYSICAL


def no_hot_spot_outside(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """No dose above the prescription lies away from the targets.

    Asked of the dose that each prescription is of, and of the sum of all: the highest dose of a near-point volume
    further than a dose voxel from all targets, in percent of the highest prescription, and how much there gets more
    than 105 % of it, in percent of the targets' volume (RTOG 0915: high dose spillage, at most 15 %). By whole voxels,
    inside the body where its outline is known: exact to a voxel. "Global maximum" of Stuhr et al. 2022.
    """
    prescribed = [target for target in case.targets if target.prescription is not None]
    rois = [target.roi for target in case.targets if target.roi is not None]
    if not prescribed or not rois:
        yield Unknown("targets", case.prescription_problem or "no target is drawn")
        return
    solids = [solid_of(case, roi) for roi in rois]
    yield from (solid for solid in solids if isinstance(solid, Unknown))
    targets = [solid for solid in solids if isinstance(solid, Solid)]
    if not targets:
        return
    known = len(targets) == len(rois)
    parts = {id(of): of for of in (case.of(prescription) for prescription in case.prescriptions)}
    for of in parts.values():
        own = [target for target in prescribed if target.prescription and case.of(target.prescription) is of]
        unknown = [target for target in case.targets if target.prescription is None]
        undrawn = ", ".join(target.name for target in (*own, *unknown) if target.roi is None)
        if undrawn:
            yield Unknown(of.dose.text, f"{undrawn}: not drawn, so that its dose may lie away from the others")
        yield from _hot_spots(of, targets, _highest_gy(own), thresholds, judged=known and not undrawn)
    if id(case) not in parts:
        known = known and len(rois) == len(case.targets)
        yield from _hot_spots(case, targets, _highest_gy(prescribed), thresholds, judged=known)


def _highest_gy(targets: Sequence[Target]) -> float:
    """The highest prescription of targets, of which one has one."""
    return max(target.prescription.total_dose_gy for target in targets if target.prescription)


def _hot_spots(
    case: Case, targets: list[Solid], highest_gy: float, thresholds: Thresholds, *, judged: bool
) -> Iterator[Answer]:
    """What is said of one dose, or of the sum of several."""
    if problem := case.dose.problem(PHYSICAL):
        yield Unknown(case.dose.text, problem)
        return
    outside = _outside(case, targets, highest_gy)
    if isinstance(outside, Unknown):
        yield outside
        return
    point_cc = thresholds["point_cc"]
    hottest_gy = outside.hottest_gy(point_cc)
    where = f"further than {outside.margin_mm:.3g} mm (a dose voxel) from all targets"
    if hottest_gy is None:
        message = f"less than {point_cc:g} cc {where} gets the {highest_gy:g} Gy prescribed"
        yield Shown(case.dose.text, message)
        return
    percent = 100.0 * hottest_gy / highest_gy
    message = f"the hottest {point_cc:g} cc {where} gets {hottest_gy:.4g} Gy, {percent:.3g} % of {highest_gy:g} Gy"
    if judged and percent > thresholds["hot_percent"]:
        limit = f"<= {thresholds['hot_percent']:g} %"
        yield Alert(case.dose.text, f"{message}: look where", observed=percent, limit=limit, unit="%")
    else:
        yield Shown(case.dose.text, message, observed=percent, unit="%")
    above = thresholds["spill_dose_percent"]
    spilt_cc, target_cc = outside.above_cc(above / 100.0 * highest_gy), sum(one.outline_volume_cc() for one in targets)
    spilt = 100.0 * spilt_cc / target_cc if target_cc else 0.0
    if judged and spilt > thresholds["spill_percent"]:
        message = (
            f"{spilt_cc:.3g} cc {where} gets more than {above:g} % of {highest_gy:g} Gy: {spilt:.3g} % of their volume"
        )
        limit = f"<= {thresholds['spill_percent']:g} %"
        yield Alert(case.dose.text, message, observed=spilt, limit=limit, unit="%")


@dataclass(frozen=True, eq=False)
class _Outside:
    """Samples of a dose away from targets.

    Attributes
    ----------
    dose_gy : ndarray, shape (n,)
        The hottest first.
    sample_cc : float
        Volume that each stands for.
    margin_mm : float
        How far from the targets they lie at least.
    """

    dose_gy: FloatArray
    sample_cc: float
    margin_mm: float

    def hottest_gy(self, volume_cc: float) -> float | None:
        """The lowest dose of the hottest samples that make up a volume; None where there aren't so many."""
        index = max(int(np.ceil(volume_cc / self.sample_cc - 1e-9)), 1) - 1
        return float(self.dose_gy[index]) if index < len(self.dose_gy) else None

    def above_cc(self, dose_gy: float) -> float:
        """The volume above a dose."""
        return float(np.count_nonzero(self.dose_gy > dose_gy)) * self.sample_cc


def _outside(case: Case, targets: list[Solid], at_least_gy: float) -> _Outside | Unknown:
    """The samples of at least a dose that lie further than a dose voxel from all targets, and in the body."""
    field = case.dose.field(PHYSICAL)
    grid = field.grid
    if len(grid.frame_offsets_mm) < 2:
        return Unknown(case.dose.text, "the dose is a single plane")
    if not known_range_gy(field.dose_gy)[1] > 0:
        return Unknown(case.dose.text, "every dose is zero")
    frame_mm = float(np.abs(np.diff(grid.frame_offsets_mm)).mean())
    sample_cc = frame_mm * grid.row_spacing_mm * grid.column_spacing_mm / 1000.0
    margin_mm = max(field.spacing_along_mm(direction) for direction in grid.axes)
    points_mm, dose_gy = _samples(field, at_least_gy)
    for target in targets:
        away = ~near(points_mm, target, margin_mm)
        points_mm, dose_gy = points_mm[away], dose_gy[away]
    body = solid_of(case, case.body) if case.body is not None and not case.body_problem else None
    if isinstance(body, Solid):
        dose_gy = dose_gy[near(points_mm, body)]
    return _Outside(np.sort(dose_gy)[::-1], sample_cc, margin_mm)


def _samples(field: DoseField, at_least_gy: float) -> tuple[FloatArray, FloatArray]:
    """Where in the patient samples of at least a dose lie, shape ``(n, 3)``, and their dose, shape ``(n,)``."""
    grid = field.grid
    frame, row, column = np.nonzero(field.dose_gy >= at_least_gy)
    along = (grid.column_mm()[column], grid.row_mm()[row], grid.frame_offsets_mm[frame])
    return np.stack(along, axis=1) @ grid.axes + grid.origin_mm, field.dose_gy[frame, row, column].astype(np.float64)


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "G3",
        "hot-spot-outside",
        "no dose above the prescription lies away from the targets",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "RTOG 0915 (high dose spillage); Stuhr et al., Pract Radiat Oncol 2022;12:163 (global maximum)",
        no_hot_spot_outside,
        tunable(
            hot_percent=(110.0, "%", "near-point dose away from targets, of the prescription"),
            point_cc=(0.03, "cc", "near-point volume"),
            spill_dose_percent=(105.0, "%", "dose that counts as spilt, of the prescription"),
            spill_percent=(15.0, "%", "volume of spilt dose, of the targets' volume"),
        ),
    ),
)
