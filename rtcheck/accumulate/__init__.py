"""Sums of the doses of several plans or phases of one patient, voxel by voxel: physical, BED or EQD2.

The sum has the orientation and the samples of the finest dose, and reaches as far as every dose is known. A dose that
is zero on all six faces of its grid is zero outside it. What one of the doses doesn't tell is unknown (NaN) in the sum,
and never zero.
"""

from rtcheck.accumulate.addend import Addend
from rtcheck.accumulate.lattice import fitting_refinement
from rtcheck.accumulate.total import Contribution, DoseSum, accumulate

__all__ = ["Addend", "Contribution", "DoseSum", "accumulate", "fitting_refinement"]
