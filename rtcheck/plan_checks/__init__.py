"""Plan checks: what DICOM RT files alone tell of a plan's faults, sections A to G; each a small function."""

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

#: All checks, by section.
PLAN_CHECKS: tuple[PlanCheck, ...] = ()

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
