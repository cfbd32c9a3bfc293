"""Dose between the samples of a grid: trilinear inside, unknown (NaN) outside.

The dose is known between the outermost sample centres and not beyond: a sample is a point, and there is nothing to
interpolate with outside. (A planning system whose DVHs were compared does the same.) A single frame reaches half its
SliceThickness to either side, or nowhere if the file states none. A sample may be unknown itself (NaN): then the dose
is unknown in the cells that it is a corner of, and known on their far sides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry import AXIS_TOLERANCE, FloatArray, Grid
from rtcheck.units import PHYSICAL, DoseBasis

#: A position this far (mm) beyond the edge still counts as on it: DICOM decimal strings are rounded.
EDGE_TOLERANCE_MM = 1e-3
#: So many points are interpolated together.
POINTS_AT_ONCE = 8_192


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

    def inside(self, at_mm: FloatArray) -> NDArray[np.bool_]:
        """Whether the dose is known at a position."""
        low, high = self.reach_mm()
        return (at_mm >= low) & (at_mm <= high)

    def locate(self, at_mm: FloatArray, *, snap: bool = False) -> Located:
        """Where positions lie among the samples; those outside are moved to the nearest end.

        With `snap` a position within `EDGE_TOLERANCE_MM` of a sample lies on it, and has that one sample as both its
        neighbours: what the sample beyond it holds can't reach it then.
        """
        if len(self.position_mm) == 1:
            zero = np.zeros(at_mm.shape, np.int64)
            return Located(self.sample[zero], self.sample[zero], np.zeros(at_mm.shape))
        lower = self._lower(at_mm)
        start = self.position_mm[lower]
        step = self.position_mm[lower + 1] - start
        share = np.clip((at_mm - start) / step, 0.0, 1.0)
        upper = lower + 1
        if snap:
            on_lower, on_upper = share * step <= EDGE_TOLERANCE_MM, (1.0 - share) * step <= EDGE_TOLERANCE_MM
            lower, upper = np.where(on_upper, upper, lower), np.where(on_lower, lower, upper)
            share = np.where(on_lower | on_upper, 0.0, share)
        return Located(self.sample[lower], self.sample[upper], share)

    def _lower(self, at_mm: FloatArray) -> NDArray[np.int64]:
        """Which position is the next below; never the last one."""
        last = len(self.position_mm) - 2
        if self._is_uniform:
            first, pitch = self.position_mm[0], (self.position_mm[-1] - self.position_mm[0]) / (last + 1)
            return np.asarray(np.clip((at_mm - first) / pitch, 0.0, last), np.int64)
        return np.asarray(np.clip(np.searchsorted(self.position_mm, at_mm, side="right") - 1, 0, last), np.int64)

    @cached_property
    def _is_uniform(self) -> bool:
        """Whether the positions lie where equal distances put them, but for rounding."""
        even = np.linspace(self.position_mm[0], self.position_mm[-1], len(self.position_mm))
        return bool(np.abs(self.position_mm - even).max() < 1e-9)


class Located(NamedTuple):
    """Positions among samples: numbers of the two neighbours in the array, and the share of the upper one."""

    lower: NDArray[np.int64]
    upper: NDArray[np.int64]
    share: FloatArray


def known_range_gy(dose_gy: NDArray[np.float32]) -> tuple[float, float]:
    """Lowest and highest dose of the samples that are known; NaN where none is."""
    low, high = float(dose_gy.min()), float(dose_gy.max())
    if math.isnan(low):
        # fmin and fmax pass NaN over.
        low, high = float(np.fmin.reduce(dose_gy, axis=None)), float(np.fmax.reduce(dose_gy, axis=None))
    return low, high


class DoseGrid(NamedTuple):
    """A dose along the axes of a solid.

    Attributes
    ----------
    gray : ndarray, shape (n_w, n_v, n_u), float32, read-only
    u_mm, v_mm, w_mm : ndarray
        Positions of the samples, increasing.
    reach_mm : ndarray, shape (3, 2)
        Between which u, v and w the grid lies.
    cut_mm : ndarray, shape (n,)
        Heights w, increasing, that no box should lie across: where the grid ends, and frames at which other samples
        become unknown. Empty for an oblique grid.
    rotation : ndarray, shape (3, 3)
        From the solid's coordinates to the grid's; the identity for an aligned grid.
    aligned : bool
    """

    gray: NDArray[np.float32]
    u_mm: FloatArray
    v_mm: FloatArray
    w_mm: FloatArray
    reach_mm: FloatArray
    cut_mm: FloatArray
    rotation: FloatArray
    aligned: bool


class DoseField:
    """A dose grid as a function of position.

    Parameters
    ----------
    grid : Grid
    dose_gy : ndarray, shape grid.shape
        NaN where unknown.
    basis : DoseBasis
        What the gray are.
    refinement : int
        How many samples along each axis stand for one at which a dose was calculated: more than one in a sum.
    voxel_cc : float, optional
        Volume of a voxel of the dose as it was calculated; that of the grid where not given, 0 for a single frame.

    Attributes
    ----------
    range_gy : tuple of float
        Lowest and highest dose of a known sample; NaN where none is.
    has_unknown : bool
        Whether any sample is NaN.
    """

    def __init__(
        self,
        grid: Grid,
        dose_gy: NDArray[np.float32],
        *,
        basis: DoseBasis = PHYSICAL,
        refinement: int = 1,
        voxel_cc: float | None = None,
    ) -> None:
        self.grid = grid
        self.dose_gy = dose_gy
        self.basis = basis
        self.refinement = refinement
        own_cc = (grid.frame_spacing_mm or 0.0) * grid.row_spacing_mm * grid.column_spacing_mm / 1000.0
        self.voxel_cc = own_cc if voxel_cc is None else voxel_cc
        self.range_gy = known_range_gy(dose_gy)
        self.has_unknown = bool(np.isnan(dose_gy.min()))
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

    def at(self, points_mm: FloatArray, *, beyond_gy: float = math.nan) -> FloatArray:
        """Dose in gray at patient points of shape ``(..., 3)``; NaN where unknown, `beyond_gy` outside the grid."""
        points = points_mm.reshape(-1, 3)
        found = np.full(len(points), beyond_gy)
        # A few at a time stay in the processor's cache.
        for start in range(0, len(points), POINTS_AT_ONCE):
            along = points[start : start + POINTS_AT_ONCE] @ self.axes.T
            inside = np.ones(len(along), np.bool_)
            for number, axis in enumerate(self.index_axes):
                inside &= axis.inside(along[:, number])
            if inside.any():
                found[start : start + len(along)][inside] = self._between(along[inside])
        return found.reshape(points_mm.shape[:-1])

    def _between(self, along_mm: FloatArray) -> FloatArray:
        """Dose at positions along frame, row and column, all inside; shape ``(n,)``."""
        (k0, k1, fk), (j0, j1, fj), (i0, i1, fi) = (
            axis.locate(along_mm[:, number], snap=self.has_unknown) for number, axis in enumerate(self.index_axes)
        )
        _, rows, columns = self.dose_gy.shape
        samples = self._samples

        def row(k: NDArray[np.int64], j: NDArray[np.int64]) -> FloatArray:
            start = (k * rows + j) * columns
            low = samples.take(start + i0).astype(np.float64)
            return np.asarray(low + fi * (samples.take(start + i1) - low))

        near = row(k0, j0)
        near += fj * (row(k0, j1) - near)
        far = row(k1, j0)
        far += fj * (row(k1, j1) - far)
        return near + fk * (far - near)

    @cached_property
    def _samples(self) -> NDArray[np.float32]:
        """All samples in one row."""
        return np.ascontiguousarray(self.dose_gy).reshape(-1)

    def spacing_along_mm(self, direction: FloatArray) -> float:
        """How far apart a dose was calculated along the grid axis closest to a direction; 0 for one sample."""
        axis = self.index_axes[int(np.argmax(np.abs(self.axes @ direction)))]
        return self.refinement * float(np.diff(axis.position_mm).max()) if len(axis.position_mm) > 1 else 0.0

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
        cut = np.array(sorted([*reach[2], *w_mm[self._changes(gray)]]) if aligned else [], np.float64)
        return DoseGrid(gray, u_mm, v_mm, w_mm, np.array(reach), cut, rotation, aligned is not None)

    def _changes(self, gray: NDArray[np.float32]) -> NDArray[np.int64]:
        """Frames between the first and the last at which other samples become unknown than on the frame before."""
        if not self.has_unknown:
            return np.empty(0, np.int64)
        unknown = np.isnan(gray)
        between = unknown[1:] | unknown[:-1]
        return np.flatnonzero((between[1:] != between[:-1]).any(axis=(1, 2))) + 1

    def alignment(self, axes: FloatArray) -> tuple[int, int, int] | None:
        """Which array axis (0 frame, 1 row, 2 column) runs along each row of `axes`; None when the grid is oblique."""
        cosines = np.abs(axes @ self.axes.T)
        matched = tuple(int(np.argmax(row)) for row in cosines)
        aligned = sorted(matched) == [0, 1, 2] and bool((cosines.max(axis=1) > 1 - AXIS_TOLERANCE**2).all())
        return (matched[0], matched[1], matched[2]) if aligned else None
