"""Section G, numbers: has every limit its verdict, and are volumes large enough for theirs?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from rtcheck.case import Case
from rtcheck.dvh import FEW_DOSE_VOXELS, NEAR_POINT_VOXELS
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Thresholds, Unknown, tunable
from rtcheck.plan_checks.rois import each_solid, matters
from rtcheck.solid import Solid
from rtcheck.study import ROI
from rtcheck.units import PHYSICAL


def limits_judged(_case: Case, _thresholds: Thresholds) -> tuple[Answer, ...]:
    """Every dose limit that is asked has its verdict among the findings of ``dose-constraint``.

    Nothing is added to them here. MPPG 11.a: plan quality, dose to targets and organs at risk.
    """
    return ()


def fragile_numbers(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Targets and organs are large enough for the dose grid, and so are the volumes of near-point doses.

    Below 1 cc, or below 3 x 3 x 3 dose voxels, systems differ from each other by more than limits leave room for. A
    near-point dose over fewer than 8 voxels is that of the interpolation. Rule of thumb; compare Nelms et al., Med Phys
    2015;42:4435.
    """
    problem = case.dose.problem(PHYSICAL)
    voxel_cc = 0.0 if problem else case.dose.field(PHYSICAL).voxel_cc
    if problem or not voxel_cc:
        yield Unknown("dose grid", problem or "the dose is a single plane: its voxels have no volume")
    limit_cc = max(thresholds["small_cc"], FEW_DOSE_VOXELS * voxel_cc)
    yield from each_solid(case, partial(_small, case, limit_cc, voxel_cc))
    if NEAR_POINT_VOXELS * voxel_cc > thresholds["point_cc"]:
        point_cc = NEAR_POINT_VOXELS * voxel_cc
        message = f"doses of volumes below {point_cc:.2g} cc rest on fewer than {NEAR_POINT_VOXELS} voxels"
        yield Shown("dose grid", f"{message}; so does D{thresholds['point_cc']:g}cc", observed=point_cc, unit="cc")


def _small(case: Case, limit_cc: float, voxel_cc: float, roi: ROI, solid: Solid) -> Iterator[Answer]:
    volume_cc = solid.outline_volume_cc()
    if matters(case, roi) and volume_cc < limit_cc:
        voxels = f", {volume_cc / voxel_cc:.0f} dose voxels of {voxel_cc:.2g} cc" if voxel_cc else ""
        message = f"{volume_cc:.2g} cc{voxels}: its numbers are fragile"
        yield Alert(roi.name, message, (roi.name,), volume_cc, f">= {limit_cc:.2g} cc", "cc")


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "G1",
        "limits",
        "every dose limit that is asked has its verdict",
        Severity.ERROR,
        Confidence.CERTAIN,
        "AAPM MPPG 11.a (2021)",
        limits_judged,
        carried_by="dose-constraint",
    ),
    PlanCheck(
        "G4",
        "fragile-numbers",
        "targets, organs and near-point volumes are large enough for the dose grid",
        Severity.NOTE,
        Confidence.CERTAIN,
        "Nelms et al., Med Phys 2015;42:4435; rule of thumb",
        fragile_numbers,
        tunable(
            small_cc=(1.0, "cc", "volume of an ROI whose numbers are fragile"),
            point_cc=(0.03, "cc", "near-point volume"),
        ),
    ),
)
