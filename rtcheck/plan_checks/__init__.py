"""Plan checks: what DICOM RT files alone tell of a plan's faults, sections A to G; each a small function."""

from rtcheck.plan_checks import (
    beams,
    contour_faults,
    contour_scan,
    contours,
    delivery,
    dose,
    dose_grid,
    dose_points,
    dose_stored,
    images,
    link_images,
    link_status,
    links,
    organ_overlaps,
    organ_volumes,
    organs,
    prescribed,
    prescribed_dose,
    prescribed_level,
    quality,
    quality_hot_spots,
    quality_indices,
    targets,
)
from rtcheck.plan_checks.check import (
    NO_TUNING,
    Alert,
    Answer,
    PlanCheck,
    Shown,
    Threshold,
    Thresholds,
    Tuning,
    Unknown,
    findings_of,
)

_MODULES = (
    *(links, link_images, link_status),
    *(dose, dose_grid, dose_points, dose_stored),
    *(contours, contour_faults, contour_scan, organs, organ_overlaps, organ_volumes, targets),
    *(prescribed, prescribed_dose, prescribed_level),
    *(beams, delivery),
    images,
    *(quality, quality_hot_spots, quality_indices),
)
#: All checks, by section and number.
PLAN_CHECKS: tuple[PlanCheck, ...] = tuple(
    sorted(
        (check for module in _MODULES for check in module.CHECKS), key=lambda check: (check.id[0], int(check.id[1:]))
    )
)
__all__ = [
    "NO_TUNING",
    "PLAN_CHECKS",
    "Alert",
    "Answer",
    "PlanCheck",
    "Shown",
    "Threshold",
    "Thresholds",
    "Tuning",
    "Unknown",
    "findings_of",
]
