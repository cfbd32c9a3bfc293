"""Checks: small functions from a case and one rule to findings. Nothing here raises for what a plan contains."""

from rtcheck.checks.asked import rois_asked
from rtcheck.checks.coverage import any_limit_applied, unjudged_organs
from rtcheck.checks.dose import dose_constraint
from rtcheck.checks.patient import child_pugh_admitted
from rtcheck.checks.prescription import achieved_bed, prescribed_bed
from rtcheck.checks.reading import plan_status, reading_notes
from rtcheck.checks.structures import required_roi

__all__ = [
    "achieved_bed",
    "any_limit_applied",
    "child_pugh_admitted",
    "dose_constraint",
    "plan_status",
    "prescribed_bed",
    "reading_notes",
    "required_roi",
    "rois_asked",
    "unjudged_organs",
]
