"""Treatment schedules as exact values: ``"25x2Gy + 5x3Gy"`` <-> `Schedule`.

Doses are held as rational numbers, so 25 x 2 Gy is 50 Gy and BED 60 exactly, and 50 Gy in 3 fractions isn't rounded.
"""

from rtcheck.fractionation.notation import parse_schedule
from rtcheck.fractionation.schedule import (
    MAX_DOSE_PER_FRACTION_GY,
    MAX_FRACTIONS,
    MAX_FRACTIONS_PER_DAY,
    MAX_OVERALL_DAYS,
    Phase,
    Schedule,
    decimal_text,
)

__all__ = [
    "MAX_DOSE_PER_FRACTION_GY",
    "MAX_FRACTIONS",
    "MAX_FRACTIONS_PER_DAY",
    "MAX_OVERALL_DAYS",
    "Phase",
    "Schedule",
    "decimal_text",
    "parse_schedule",
]
