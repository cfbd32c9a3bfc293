"""The grid of a sum: the samples of its finest dose, continued as far as all doses are known.

Along the frames, whose distances are free, it ends exactly where the known region ends. Rows and columns are equally
far apart, so that they end at the last one within: less than one sample on each of four sides isn't represented, and
so is unknown. Where every dose is zero outside its grid nothing is lost, for there the grid reaches beyond.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np

from rtcheck.accumulate.addend import Addend, Placed, placed, spacing_mm
from rtcheck.errors import UsageError
from rtcheck.geometry import SAME_PLACE_MM, FloatArray, Grid
from rtcheck.units import DoseBasis

#: More samples than this aren't made: 1 GB.
MAX_SAMPLES = 250_000_000
#: A sum is refined where it stays below so many samples: 64 MB, and about half a second.
REFINED_SAMPLES = 16_000_000
MEND_OVERLAP = "calculate them on grids that overlap where the sum is asked"


class Laid(NamedTuple):
    """The grid of a sum.

    Attributes
    ----------
    grid : Grid
    at_mm : tuple of ndarray
        Where its frames, rows and columns lie along the axes of the finest grid, from its first sample.
    parts : tuple of Placed
        The addends in the order given, along the same axes.
    finest : Grid
        That of the finest addend.
    """

    grid: Grid
    at_mm: tuple[FloatArray, FloatArray, FloatArray]
    parts: tuple[Placed, ...]
    finest: Grid


def lay(addends: Sequence[Addend], refinement: int = 1) -> Laid:
    """The grid for the sum of some doses.

    Parameters
    ----------
    addends : sequence of Addend
    refinement : int
        Samples for each of the finest dose's, along each axis.

    Raises
    ------
    UsageError
        If they have no volume in common, if one is a single frame beside other grids, or for more than `MAX_SAMPLES`.
    """
    finest = min(addends, key=lambda addend: addend.key)
    parts = tuple(placed(addend, finest.grid) for addend in addends)
    own = finest.grid.frame_offsets_mm, finest.grid.row_mm(), finest.grid.column_mm()
    if refinement == 1 and all(finest.grid.coincides(addend.grid) for addend in addends):
        thickness = [addend.grid.frame_thickness_mm or 0.0 for addend in addends]
        return Laid(replace(finest.grid, frame_thickness_mm=min(thickness) or None), own, parts, finest.grid)
    _refuse_flat(addends)
    bounding = [part for part in parts if not part.addend.is_zero_outside]
    ends = _shared_ends_mm(bounding) if bounding else _joint_ends_mm(parts)
    frame_mm, row_mm, column_mm = (distance / refinement for distance in spacing_mm(finest.grid))
    at_mm = (
        _frames_mm(np.sort(own[0]), frame_mm, *ends[0]),
        _samples_mm(row_mm, *ends[1], outwards=not bounding),
        _samples_mm(column_mm, *ends[2], outwards=not bounding),
    )
    shape = len(at_mm[0]), len(at_mm[1]), len(at_mm[2])
    if min(shape) < 2:
        raise UsageError(f"{_named(bounding)} overlap by less than two samples of the sum; {MEND_OVERLAP}")
    if math.prod(shape) > MAX_SAMPLES:
        text = f"a sum of {' x '.join(map(str, shape))} samples, those of {finest.name!r} continued, is too large"
        raise UsageError(f"{text}; calculate that dose on a coarser grid")
    return Laid(_grid(finest.grid, at_mm, refinement), at_mm, parts, finest.grid)


def fitting_refinement(addends: Sequence[Addend], basis: DoseBasis) -> int:
    """2 where a finer grid makes a sum truer and it stays below `REFINED_SAMPLES`, else 1.

    A dose whose samples aren't the sum's loses its peaks when it is interpolated, and BED and EQD2 between two samples
    lie below the straight line: both errors fall with the square of the distance of samples. Physical doses whose
    samples are the sum's add up exactly, and so does a dose alone. Errors as of `lay`.
    """
    laid = lay(addends)
    flat = min(laid.grid.shape) < 2
    exact = basis.is_physical and all(_is_on(part, laid) for part in laid.parts)
    return 1 if flat or exact or 8 * math.prod(laid.grid.shape) > REFINED_SAMPLES else 2


def _is_on(part: Placed, laid: Laid) -> bool:
    """Whether every sample of a dose that lies within the sum's grid is one of it."""
    if part.matched is None:
        return False
    return all(
        (np.abs(at[:, None] - axis.position_mm).min(axis=1) <= SAME_PLACE_MM)[axis.inside(at)].all()
        and len(axis.position_mm[(axis.position_mm >= at[0]) & (axis.position_mm <= at[-1])]) <= len(at)
        for axis, at in zip(part.axes, laid.at_mm, strict=True)
    )


def _named(parts: Sequence[Placed]) -> str:
    return "the doses " + " and ".join(repr(part.addend.name) for part in parts)


def _refuse_flat(addends: Sequence[Addend]) -> None:
    for addend in addends:
        if min(addend.grid.shape) < 2:
            what = ("frame", "row", "column")[addend.grid.shape.index(1)]
            text = f"the dose {addend.name!r} is a single {what}, and not all doses are on its grid"
            raise UsageError(f"{text}: how it goes on beside it can't be told; calculate it on a grid of several")


def _shared_ends_mm(parts: Sequence[Placed]) -> FloatArray:
    """Between which positions all of them have samples; shape ``(3, 2)``."""
    every = np.array([part.ends_mm for part in parts])
    ends = np.stack([every[:, :, 0].max(axis=0), every[:, :, 1].min(axis=0)], axis=1)
    if (ends[:, 1] - ends[:, 0] <= SAME_PLACE_MM).any():
        apart = next((pair for pair in combinations(parts, 2) if _are_apart(*pair)), parts)
        where = "; ".join(f"{part.addend.name!r} lies at {extent_text(part.addend.extent_mm)}" for part in apart)
        raise UsageError(f"{_named(apart)} have no volume in common: {where}; {MEND_OVERLAP}")
    return ends


def _are_apart(one: Placed, other: Placed) -> bool:
    low = np.maximum(one.ends_mm[:, 0], other.ends_mm[:, 0])
    return bool((np.minimum(one.ends_mm[:, 1], other.ends_mm[:, 1]) - low <= SAME_PLACE_MM).any())


def _joint_ends_mm(parts: Sequence[Placed]) -> FloatArray:
    """The box that holds all of them."""
    every = np.array([part.ends_mm for part in parts])
    return np.stack([every[:, :, 0].min(axis=0), every[:, :, 1].max(axis=0)], axis=1)


def extent_text(extent_mm: Sequence[Sequence[float]]) -> str:
    """Ranges for the reader: ``x -50 to 50, y 0 to 90.5, z 10 to 20 mm``."""
    ranges = [f"{axis} {low:.5g} to {high:.5g}" for axis, (low, high) in zip("xyz", extent_mm, strict=True)]
    return ", ".join(ranges) + " mm"


def _samples_mm(spacing: float, low: float, high: float, *, outwards: bool) -> FloatArray:
    """Multiples of a spacing from the first within two ends to the last, or to the next one beyond."""
    first, last = (low - SAME_PLACE_MM) / spacing, (high + SAME_PLACE_MM) / spacing
    if outwards:
        first, last = (low + SAME_PLACE_MM) / spacing, (high - SAME_PLACE_MM) / spacing
        return np.asarray(np.arange(math.floor(first), math.ceil(last) + 1) * spacing, np.float64)
    return np.asarray(np.arange(math.ceil(first), math.floor(last) + 1) * spacing, np.float64)


def _frames_mm(own: FloatArray, spacing: float, low: float, high: float) -> FloatArray:
    """The finest grid's frames between two ends, with frames between those further apart, beyond, and at the ends."""
    # 1 % off is the rounding of positions, and no reason for another frame.
    between = [
        np.linspace(start, stop, max(math.ceil((stop - start) / spacing - 0.01), 1), endpoint=False)
        for start, stop in pairwise(own)
    ]
    below = own[0] - spacing * np.arange(math.ceil(max(own[0] - low, 0.0) / spacing), 0, -1)
    above = own[-1] + spacing * np.arange(1, math.ceil(max(high - own[-1], 0.0) / spacing) + 1)
    frames = np.concatenate([below, *between, own[-1:], above])
    frames = frames[(frames >= low - SAME_PLACE_MM) & (frames <= high + SAME_PLACE_MM)]
    start = [low] if not len(frames) or frames[0] > low + SAME_PLACE_MM else []
    stop = [high] if not len(frames) or frames[-1] < high - SAME_PLACE_MM else []
    return np.concatenate([start, frames, stop])


def _grid(finest: Grid, at_mm: tuple[FloatArray, FloatArray, FloatArray], refinement: int) -> Grid:
    frames, rows, columns = at_mm
    first = np.array([frames[0], rows[0], columns[0]])
    return Grid(
        finest.origin_mm + first @ finest.axes[::-1],
        finest.row_direction,
        finest.column_direction,
        finest.column_spacing_mm / refinement,
        finest.row_spacing_mm / refinement,
        frames - frames[0],
        (len(frames), len(rows), len(columns)),
        finest.frame_of_reference_uid,
        finest.frame_thickness_mm,
    )
