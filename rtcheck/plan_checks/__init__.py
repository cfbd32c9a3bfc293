"""Plan checks: what DICOM RT files alone tell of a plan's faults, sections A to G; each a small function."""

from rtcheck.plan_checks import beams, contours, delivery, dose, dose_grid, images, links, organs, prescribed, quality
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

#: All checks, by section and number.
PLAN_CHECKS: tuple[PlanCheck, ...] = tuple(
    sorted(
        (
            check
            for module in (beams, contours, delivery, dose, dose_grid, images, links, organs, prescribed, quality)
            for check in module.CHECKS
        ),
        key=lambda check: (check.id[0], int(check.id[1:])),
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
