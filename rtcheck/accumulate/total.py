"""The sum of several doses, with what became of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rtcheck.accumulate.addend import Addend, Extent, extent_mm, voxel_mm3
from rtcheck.accumulate.lattice import MEND_OVERLAP, extent_text, lay
from rtcheck.accumulate.resample import resampled
from rtcheck.errors import InconsistentStudyError, UsageError
from rtcheck.geometry import FloatArray, Grid, read_only
from rtcheck.radiobiology import dose_in_basis
from rtcheck.trilinear import DoseField
from rtcheck.units import PHYSICAL, DoseBasis


@dataclass(frozen=True)
class Contribution:
    """What one dose brings to a sum.

    Attributes
    ----------
    name : str
    sop_instance_uids : tuple of str
    fractions : int or None
    grid : str
        Its samples and spacing.
    extent_mm : tuple
        Between which patient coordinates its outermost samples lie, along x, y and z.
    resampling : str
        ``"as it is"``, ``"shifted by whole samples"``, ``"trilinear from 3 x 2.5 x 2.5 mm"``,
        ``"trilinear, oblique, from ..."``.
    is_zero_outside : bool
        Whether it is zero on all faces of its grid, and so counted as zero outside.
    remark : str
    """

    name: str
    sop_instance_uids: tuple[str, ...]
    fractions: int | None
    grid: str
    extent_mm: Extent
    resampling: str
    is_zero_outside: bool
    remark: str = ""

    @property
    def text(self) -> str:
        """All of it in a line for the reader."""
        fractions = "" if self.fractions is None else f"{self.fractions} fraction{'s' if self.fractions > 1 else ''}"
        zero = "zero on all faces of its grid and counted as zero outside" if self.is_zero_outside else ""
        parts = (self.name, fractions, self.grid, self.resampling, zero, self.remark)
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True, eq=False)
class DoseSum:
    """A sum of doses.

    Attributes
    ----------
    grid : Grid
    dose_gy : ndarray, shape grid.shape, float32, read-only
        In `basis`; NaN where one of the doses is unknown.
    basis : DoseBasis
    provenance : tuple of Contribution
        In the order in which the doses were given.
    refinement : int
        Samples for each of the finest dose's, along each axis.
    voxel_cc : float or None
        Volume of the coarsest dose's voxel, which says how finely the sum is known; None for that of the grid.
    """

    grid: Grid
    dose_gy: NDArray[np.float32]
    basis: DoseBasis
    provenance: tuple[Contribution, ...]
    refinement: int = 1
    voxel_cc: float | None = None

    def __post_init__(self) -> None:
        read_only(self.dose_gy)

    @cached_property
    def field(self) -> DoseField:
        """The sum as a function of position."""
        return DoseField(self.grid, self.dose_gy, basis=self.basis, refinement=self.refinement, voxel_cc=self.voxel_cc)

    @cached_property
    def known_share(self) -> float:
        """How many of the grid's samples are known; 1 for all of them."""
        return 1.0 - float(np.count_nonzero(np.isnan(self.dose_gy))) / self.dose_gy.size

    @property
    def extent_mm(self) -> Extent:
        """Between which patient coordinates the grid's outermost samples lie, along x, y and z."""
        return extent_mm(self.grid)

    @property
    def text(self) -> str:
        """The grid, and where in it the sum is known, for the reader."""
        text = f"{self.grid.describe()}, {extent_text(self.extent_mm)}"
        bounding = [repr(one.name) for one in self.provenance if not one.is_zero_outside]
        zero = [repr(one.name) for one in self.provenance if one.is_zero_outside]
        if self.refinement > 1:
            text += f"; {self.refinement} samples along each axis for one of the finest dose"
        if bounding:
            text += f"; unknown outside the grid of {' or '.join(bounding)}"
        if zero:
            text += f"; counted as zero outside the grid of {' and '.join(zero)}, whose faces are all zero"
        if self.known_share < 1:
            text += f"; {100 * (1 - self.known_share):.3g} % of its samples are unknown"
        return text


def accumulate(addends: Sequence[Addend], basis: DoseBasis = PHYSICAL, *, refinement: int = 1) -> DoseSum:
    """The sum of several doses, voxel by voxel.

    Every dose is resampled as physical dose, trilinearly, then converted with its own number of fractions, and then
    added. The grid has the orientation and the samples of the finest dose (smallest voxel), so that this one isn't
    resampled. It reaches as far as all doses are known that aren't zero on all six faces of their grids; the others
    count as zero outside theirs. The order of the doses doesn't change a bit of the sum.

    Parameters
    ----------
    addends : sequence of Addend
        At least one.
    basis : DoseBasis
        What to add; an equivalent dose needs every addend's number of fractions.
    refinement : int
        Samples of the sum for each of the finest dose's, along each axis; see `fitting_refinement`.

    Returns
    -------
    DoseSum
        NaN in `dose_gy` where a dose that isn't zero outside has no samples around (beside an oblique grid), or is
        unknown itself. Along rows and columns less than one sample beside each end of the known region isn't held.

    Raises
    ------
    InconsistentStudyError
        For doses in different frames of reference, or in one that isn't stated.
    UsageError
        Without an addend; for a dose with negative or infinite values, or not of its grid's shape; without a number of
        fractions where one is needed; for doses with no volume in common, for a single frame beside other grids, and
        for a sum too large to hold.

    Notes
    -----
    ``BED = sum_i D_i (1 + D_i / (n_i alpha/beta))`` assumes full repair between the fractions of all plans and no
    repopulation in between [1]_.

    References
    ----------
    .. [1] Joiner MC, van der Kogel AJ. Basic Clinical Radiobiology, 5th ed. CRC Press 2018, chapter 10.
    """
    _refuse(addends, basis)
    if refinement < 1:
        raise UsageError(f"a refinement of {refinement}; at least 1 is needed")
    laid = lay(addends, refinement)
    sources = [resampled(part, laid) for part in laid.parts]
    # By what is in them: in another order the last bit of a sum may differ.
    canonical = sorted(range(len(addends)), key=lambda number: addends[number].key)
    dose = np.empty(laid.grid.shape, np.float32)
    for frame in range(len(dose)):
        total = np.zeros(dose.shape[1:])
        for number in canonical:
            total += _in_basis(sources[number].frame(frame), addends[number].fractions, basis)
        dose[frame] = total
    if np.isnan(dose).all():
        names = " and ".join(repr(addend.name) for addend in addends)
        raise UsageError(f"the doses {names} are nowhere known together; {MEND_OVERLAP}")
    contributions = (_contribution(addend, one.how) for addend, one in zip(addends, sources, strict=True))
    voxel_cc = max(voxel_mm3(addend.grid) for addend in addends) / 1000
    return DoseSum(laid.grid, dose, basis, tuple(contributions), refinement, voxel_cc)


def _refuse(addends: Sequence[Addend], basis: DoseBasis) -> None:
    """See `accumulate`."""
    if not addends:
        raise UsageError("a sum needs at least one dose")
    for addend in addends:
        if addend.dose_gy.shape != addend.grid.shape:
            shapes = f"{addend.dose_gy.shape}, and its grid of {addend.grid.shape}"
            raise UsageError(f"the dose {addend.name!r} is of shape {shapes}; give both alike")
        low, high = addend.field.range_gy
        if low < 0 or math.isinf(high):
            raise UsageError(f"the dose {addend.name!r} holds {low if low < 0 else high:g} Gy; export it again")
        if not basis.is_physical and addend.fractions is None:
            text = f"{basis} of the dose {addend.name!r} needs the number of fractions that it is given in"
            raise UsageError(f"{text}; state it, or add physical doses")
        if addend.fractions is not None and addend.fractions < 1:
            raise UsageError(f"the dose {addend.name!r} is in {addend.fractions} fractions; at least one is needed")
    first = addends[0]
    for other in addends[1:]:
        uids = first.grid.frame_of_reference_uid, other.grid.frame_of_reference_uid
        if uids[0] != uids[1] or not uids[0]:
            named = [
                f"that of {one.name!r} is {uid or 'not stated'}" for one, uid in zip((first, other), uids, strict=True)
            ]
            raise InconsistentStudyError(
                f"doses in different frames of reference can't be added: {', '.join(named)}",
                mend="a rigid spatial registration (DICOM REG) that links the two is needed",
            )


def _in_basis(dose_gy: FloatArray, fractions: int | None, basis: DoseBasis) -> FloatArray:
    # A physical dose needs no fractions.
    return dose_gy if basis.is_physical or fractions is None else dose_in_basis(dose_gy, fractions, basis)


def _contribution(addend: Addend, resampling: str) -> Contribution:
    return Contribution(
        addend.name,
        addend.sop_instance_uids,
        addend.fractions,
        addend.grid.describe(),
        addend.extent_mm,
        resampling,
        addend.is_zero_outside,
        addend.remark,
    )
