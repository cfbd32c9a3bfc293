"""Dose between the samples of a grid: trilinear inside, unknown (NaN) outside.

The dose is known between the outermost sample centres and not beyond: a sample is a point, and there is nothing to
interpolate with outside. (A planning system whose DVHs were compared does the same.) A single frame reaches half its
SliceThickness to either side, or nowhere if the file states none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry import AXIS_TOLERANCE, FloatArray, Grid

#: A position this far (mm) beyond the edge still counts as on it: DICOM decimal strings are rounded.
EDGE_TOLERANCE_MM = 1e-3


@dataclass(frozen=True, eq=False)
class Axis:
    """Sample positions along one axis of the grid, increasing, with the order of the array they belong to."""

    position_mm: FloatArray
    sample: NDArray[np.int64]
    margin_mm: float

    @classmethod
    def of(cls, position_mm: FloatArray, single_margin_mm: float) -> Axis:
        """Sort positions; a single sample reaches `single_margin_mm` to either side."""
        order = np.argsort(position_mm, kind="stable")
        return cls(position_mm[order], order, single_margin_mm if len(order) == 1 else 0.0)

    def reach_mm(self) -> tuple[float, float]:
        """Between which positions the dose is known."""
        margin = self.margin_mm + EDGE_TOLERANCE_MM
        return float(self.position_mm[0]) - margin, float(self.position_mm[-1]) + margin

    def distance_mm(self, sample: int, other: int) -> float:
        """Distance of two samples, by their numbers in the array."""
        positions = self.position_mm[np.argsort(self.sample)]
        return float(abs(positions[other] - positions[sample]))

    def locate(self, at_mm: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray, NDArray[np.bool_]]:
        """Neighbouring samples (lower, upper), the share of the upper, and whether the position is inside."""
        low, high = self.reach_mm()
        inside = (at_mm >= low) & (at_mm <= high)
        if len(self.position_mm) == 1:
            zero = np.zeros(at_mm.shape, np.int64)
            return self.sample[zero], self.sample[zero], np.zeros(at_mm.shape), inside
        upper = np.clip(np.searchsorted(self.position_mm, at_mm, side="right"), 1, len(self.position_mm) - 1)
        step = self.position_mm[upper] - self.position_mm[upper - 1]
        share = np.clip((at_mm - self.position_mm[upper - 1]) / step, 0.0, 1.0)
        return self.sample[upper - 1], self.sample[upper], share, inside


class DoseGrid(NamedTuple):
    """A dose along the axes of a solid.

    Attributes
    ----------
    gray : ndarray, shape (n_w, n_v, n_u), float32, read-only
    u_mm, v_mm, w_mm : ndarray
        Positions of the samples, increasing.
    reach_mm : ndarray, shape (3, 2)
        Between which u, v and w the dose is known.
    rotation : ndarray, shape (3, 3)
        From the solid's coordinates to the grid's; the identity for an aligned grid.
    aligned : bool
    """

    gray: NDArray[np.float32]
    u_mm: FloatArray
    v_mm: FloatArray
    w_mm: FloatArray
    reach_mm: FloatArray
    rotation: FloatArray
    aligned: bool


class DoseField:
    """A dose grid as a function of position.

    Parameters
    ----------
    grid : Grid
    dose_gy : ndarray, shape grid.shape
    """

    def __init__(self, grid: Grid, dose_gy: NDArray[np.float32]) -> None:
        self.grid = grid
        self.dose_gy = dose_gy
        self.range_gy = float(dose_gy.min()), float(dose_gy.max())
        origin = grid.axes @ grid.origin_mm
        thickness = grid.frame_thickness_mm or 0.0
        #: Axes in the order of the array: frame, row, column; positions along the grid's own axes, in mm.
        self.index_axes = (
            Axis.of(origin[2] + grid.frame_offsets_mm, thickness / 2),
            Axis.of(origin[1] + grid.row_mm(), grid.row_spacing_mm / 2),
            Axis.of(origin[0] + grid.column_mm(), grid.column_spacing_mm / 2),
        )
        self.axes = grid.axes[::-1]  # rows: directions of frame, row, column
        self._along: dict[bytes, DoseGrid] = {}

    def at(self, points_mm: FloatArray) -> FloatArray:
        """Dose in gray at patient points of shape ``(..., 3)``; NaN outside the grid."""
        along = zip(self.index_axes, self.axes, strict=True)
        located = [axis.locate(points_mm @ direction) for axis, direction in along]
        (k0, k1, fk, in_k), (j0, j1, fj, in_j), (i0, i1, fi, in_i) = located
        dose = self.dose_gy

        def row(k: NDArray[np.int64], j: NDArray[np.int64]) -> FloatArray:
            low = dose[k, j, i0].astype(np.float64)
            return low + fi * (dose[k, j, i1] - low)

        near = row(k0, j0)
        near += fj * (row(k0, j1) - near)
        far = row(k1, j0)
        far += fj * (row(k1, j1) - far)
        near += fk * (far - near)
        return np.where(in_k & in_j & in_i, near, np.nan)

    def spacing_along_mm(self, direction: FloatArray) -> float:
        """Distance of neighbouring samples along the grid axis that lies closest to a direction; 0 for one sample."""
        axis = self.index_axes[int(np.argmax(np.abs(self.axes @ direction)))]
        return float(np.diff(axis.position_mm).max()) if len(axis.position_mm) > 1 else 0.0

    def along(self, axes: FloatArray) -> DoseGrid:
        """The dose along a solid's axes: turned and flipped to them where it is aligned, else with its rotation."""
        key = axes.tobytes()
        if key not in self._along:
            self._along[key] = self._made_along(axes)
        return self._along[key]

    def _made_along(self, axes: FloatArray) -> DoseGrid:
        aligned = self.alignment(axes)
        matched = aligned or (2, 1, 0)
        along_uvw = [self.index_axes[axis] for axis in matched]
        directions = self.axes[list(matched)]
        signs = np.sign(np.diag(axes @ directions.T)) if aligned else np.ones(3)
        # Which way the array runs against increasing positions in the solid's axes.
        backward = [sign * (axis.sample[-1] - axis.sample[0]) < 0 for axis, sign in zip(along_uvw, signs, strict=True)]
        turned = self.dose_gy.transpose(matched[::-1])[tuple(slice(None, None, -1 if b else 1) for b in backward[::-1])]
        gray = np.ascontiguousarray(turned).view()
        gray.setflags(write=False)
        u_mm, v_mm, w_mm = (np.sort(axis.position_mm * sign) for axis, sign in zip(along_uvw, signs, strict=True))
        reach = [sorted(sign * end for end in axis.reach_mm()) for axis, sign in zip(along_uvw, signs, strict=True)]
        rotation = np.eye(3) if aligned else np.ascontiguousarray(directions @ axes.T)
        return DoseGrid(gray, u_mm, v_mm, w_mm, np.array(reach), rotation, aligned is not None)

    def alignment(self, axes: FloatArray) -> tuple[int, int, int] | None:
        """Which array axis (0 frame, 1 row, 2 column) runs along each row of `axes`; None when the grid is oblique."""
        cosines = np.abs(axes @ self.axes.T)
        matched = tuple(int(np.argmax(row)) for row in cosines)
        aligned = sorted(matched) == [0, 1, 2] and bool((cosines.max(axis=1) > 1 - AXIS_TOLERANCE**2).all())
        return (matched[0], matched[1], matched[2]) if aligned else None
