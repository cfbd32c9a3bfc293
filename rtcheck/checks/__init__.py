"""Checks: small functions from a case and one rule to findings. Nothing here raises for what a plan contains."""

from rtcheck.checks.achieved import achieved_bed
from rtcheck.checks.asked import dvhs_asked
from rtcheck.checks.coverage import any_limit_applied, unjudged_organs
from rtcheck.checks.dose import dose_constraint, judge
from rtcheck.checks.patient import child_pugh_admitted
from rtcheck.checks.prescription import prescribed_bed, prescription_sources
from rtcheck.checks.reading import plan_status, reading_notes
from rtcheck.checks.structures import required_roi

__all__ = [
    "achieved_bed",
    "any_limit_applied",
    "child_pugh_admitted",
    "dose_constraint",
    "dvhs_asked",
    "judge",
    "plan_status",
    "prescribed_bed",
    "prescription_sources",
    "reading_notes",
    "required_roi",
    "unjudged_organs",
]
