"""Checks: small functions from a case and one rule to findings. Nothing here raises for what a plan contains."""

from rtcheck.checks.achieved import achieved_bed
from rtcheck.checks.applicable import with_nearest
from rtcheck.checks.asked import dvhs_asked
from rtcheck.checks.conversion import in_eqd2
from rtcheck.checks.coverage import any_limit_applied, unjudged_organs
from rtcheck.checks.dose import dose_constraint
from rtcheck.checks.groups import with_groups
from rtcheck.checks.judged import judge
from rtcheck.checks.laterality import ambiguous_names, laterality
from rtcheck.checks.patient import child_pugh_admitted
from rtcheck.checks.prescription import prescribed_bed, prescription_sources
from rtcheck.checks.reading import plan_status, reading_notes
from rtcheck.checks.score import plan_score, score
from rtcheck.checks.selection import table_selection
from rtcheck.checks.structures import required_roi

__all__ = [
    "achieved_bed",
    "ambiguous_names",
    "any_limit_applied",
    "child_pugh_admitted",
    "dose_constraint",
    "dvhs_asked",
    "in_eqd2",
    "judge",
    "laterality",
    "plan_score",
    "plan_status",
    "prescribed_bed",
    "prescription_sources",
    "reading_notes",
    "required_roi",
    "score",
    "table_selection",
    "unjudged_organs",
    "with_groups",
    "with_nearest",
]
