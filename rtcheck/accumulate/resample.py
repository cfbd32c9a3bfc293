"""One dose at the samples of the sum's grid, frame by frame: trilinear, axis by axis where the grids are aligned."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rtcheck.accumulate.addend import Placed
from rtcheck.accumulate.lattice import Laid
from rtcheck.geometry import SAME_PLACE_MM, FloatArray
from rtcheck.trilinear import Located


class Resampled(Protocol):
    """A dose at the samples of another grid.

    Attributes
    ----------
    how : str
        What became of its samples, for the reader.
    """

    how: str

    def frame(self, number: int) -> FloatArray:
        """One frame in gray, shape ``(rows, columns)``; NaN where unknown. Not to be written to."""
        ...


def resampled(part: Placed, laid: Laid) -> Resampled:
    """A dose at the samples of a sum's grid."""
    return Oblique(part, laid) if part.matched is None else Aligned(part, part.matched, laid)


class Aligned:
    """A dose along the same axes, in any order and direction."""

    def __init__(self, part: Placed, matched: tuple[int, int, int], laid: Laid) -> None:
        self._source = part.addend.dose_gy.transpose(matched)
        self._shape = laid.grid.shape[1], laid.grid.shape[2]
        self._beyond_gy = _beyond_gy(part)
        inside = [_run(axis.inside(at)) for axis, at in zip(part.axes, laid.at_mm, strict=True)]
        self._first_frame = inside[0].start
        self._window = inside[1], inside[2]
        self._frames, self._rows, self._columns = (
            axis.locate(at[run], snap=True) for axis, at, run in zip(part.axes, laid.at_mm, inside, strict=True)
        )
        self._planes: dict[int, FloatArray] = {}
        self.how = self._described(part, laid)

    def frame(self, number: int) -> FloatArray:
        """See `Resampled`."""
        place = number - self._first_frame
        full = np.full(self._shape, self._beyond_gy)
        if not 0 <= place < len(self._frames.share):
            return full
        lower, upper = int(self._frames.lower[place]), int(self._frames.upper[place])
        share = float(self._frames.share[place])
        self._planes = {at: self._planes[at] if at in self._planes else self._plane(at) for at in {lower, upper}}
        plane = self._planes[lower]
        if lower != upper:
            plane = plane + share * (self._planes[upper] - plane)
        if plane.shape == self._shape:
            return plane
        full[self._window] = plane
        return full

    def _plane(self, frame: int) -> FloatArray:
        """One frame of the dose, at the rows and columns that are asked."""
        plane = self._source[frame].astype(np.float64)
        return _between(_between(plane, self._rows, 0), self._columns, 1)

    def _described(self, part: Placed, laid: Laid) -> str:
        if not (len(self._frames.share) and len(self._rows.share) and len(self._columns.share)):
            return "outside the sum's grid, where it is zero"
        if laid.finest.coincides(part.addend.grid):
            return "as it is"
        if all(_lies_on(part, laid, axis) for axis in range(3)):
            return "shifted by whole samples"
        return f"trilinear from {_spacing_text(part)}"


class Oblique:
    """A dose on a grid that is turned."""

    def __init__(self, part: Placed, laid: Laid) -> None:
        grid = laid.grid
        rows, columns = grid.row_mm()[:, None, None], grid.column_mm()[None, :, None]
        self._field, self._beyond_gy = part.addend.field, _beyond_gy(part)
        self._points_mm = grid.origin_mm + rows * grid.column_direction + columns * grid.row_direction
        self._step_mm = grid.frame_offsets_mm[:, None] * grid.normal
        self.how = f"trilinear, oblique, from {_spacing_text(part)}"

    def frame(self, number: int) -> FloatArray:
        """See `Resampled`."""
        return self._field.at(self._points_mm + self._step_mm[number], beyond_gy=self._beyond_gy)


def _beyond_gy(part: Placed) -> float:
    return 0.0 if part.addend.is_zero_outside else math.nan


def _run(inside: NDArray[np.bool_]) -> slice:
    """The run of positions that lie inside."""
    found = np.flatnonzero(inside)
    return slice(int(found[0]), int(found[-1]) + 1) if len(found) else slice(0, 0)


def _between(plane: FloatArray, at: Located, axis: int) -> FloatArray:
    """Linear between the samples along one axis."""
    lower = _taken(plane, at.lower, axis)
    if not at.share.any():
        return lower
    share = at.share[:, None] if axis == 0 else at.share
    return np.asarray(lower + share * (_taken(plane, at.upper, axis) - lower))


def _taken(plane: FloatArray, numbers: NDArray[np.int64], axis: int) -> FloatArray:
    if len(numbers) == plane.shape[axis] and bool((np.diff(numbers) == 1).all()):
        return plane
    return plane.take(numbers, axis=axis)


def _lies_on(part: Placed, laid: Laid, axis: int) -> bool:
    """Whether the sum's samples along an axis, but for those put at its ends, are samples of a dose."""
    at_mm = laid.at_mm[axis]
    at_mm = at_mm[part.axes[axis].inside(at_mm)]
    inner = at_mm[1:-1] if axis == 0 and len(at_mm) > 2 else at_mm
    if part.axes[axis].locate(inner, snap=True).share.any():
        return False
    gaps = np.diff(part.axes[axis].position_mm).min(), np.diff(inner).min() if len(inner) > 1 else 0.0
    return bool(gaps[1] <= gaps[0] + SAME_PLACE_MM)


def _spacing_text(part: Placed) -> str:
    grid = part.addend.grid
    return f"{grid.frame_spacing_mm:g} x {grid.row_spacing_mm:g} x {grid.column_spacing_mm:g} mm"
