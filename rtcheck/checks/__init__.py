"""Checks: small functions from a case and one rule to findings. Nothing here raises for what a plan contains."""

from rtcheck.checks.dose import dose_constraint
from rtcheck.checks.prescription import achieved_bed, prescribed_bed
from rtcheck.checks.reading import reading_notes
from rtcheck.checks.structures import required_roi

__all__ = ["achieved_bed", "dose_constraint", "prescribed_bed", "reading_notes", "required_roi"]
