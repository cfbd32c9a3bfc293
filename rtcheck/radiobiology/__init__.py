"""Radiobiology of fractionated treatments: pure functions, named for the published quantities.

====================  =========================================================================================
`lq`                  BED and equivalent doses of schedules and of dose arrays: the linear-quadratic model
`basis`               the same for a `rtcheck.units.DoseBasis`, both ways
`inverse`             the dose or the number of fractions that reaches a BED; equivalent schedules
`time`                repopulation over the overall time; incomplete repair between fractions of one day
`high_dose`           the linear-quadratic-linear model, and where the linear-quadratic one is doubtful
`uniform_dose`        generalised equivalent uniform dose
====================  =========================================================================================

The trial's rule is the plain linear-quadratic one: full repair between fractions and no repopulation.
"""

from rtcheck.radiobiology.basis import dose_in_basis, in_basis, physical_of
from rtcheck.radiobiology.high_dose import LQ_DOUBTFUL_ABOVE_GY, bed_lql, lq_is_doubtful, lq_remark
from rtcheck.radiobiology.inverse import (
    dose_per_fraction,
    dose_per_fraction_reaching,
    equivalent_schedule,
    fractions_for,
    total_dose,
    whole_fractions_for,
)
from rtcheck.radiobiology.lq import bed, bed_of_dose, eqd2, eqd2_of_dose, eqdx, eqdx_of_dose
from rtcheck.radiobiology.time import bed_incomplete_repair, bed_with_repopulation, incomplete_repair_factor
from rtcheck.radiobiology.uniform_dose import geud

__all__ = [
    "LQ_DOUBTFUL_ABOVE_GY",
    "bed",
    "bed_incomplete_repair",
    "bed_lql",
    "bed_of_dose",
    "bed_with_repopulation",
    "dose_in_basis",
    "dose_per_fraction",
    "dose_per_fraction_reaching",
    "eqd2",
    "eqd2_of_dose",
    "eqdx",
    "eqdx_of_dose",
    "equivalent_schedule",
    "fractions_for",
    "geud",
    "in_basis",
    "incomplete_repair_factor",
    "lq_is_doubtful",
    "lq_remark",
    "physical_of",
    "total_dose",
    "whole_fractions_for",
]
