"""One dose of a sum, and where it lies along the axes of the sum's grid."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry import FloatArray, Grid
from rtcheck.trilinear import Axis, DoseField

#: A grid counts as aligned where that moves none of its samples by more than this (mm).
ALIGNED_MM = 0.01

#: Lowest and highest coordinate along x, y and z of the patient, in mm.
Extent = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Addend:
    """A dose to be added to others.

    Attributes
    ----------
    name : str
        The plan's label.
    grid : Grid
        In the frame of reference that all share; it may be turned against the others.
    dose_gy : ndarray, shape grid.shape, float32
        Physical dose of all fractions; NaN where unknown.
    fractions : int or None
        In how many equal fractions it is given; BED and EQD2 need it.
    sop_instance_uids : tuple of str
        The files that it comes from.
    remark : str
        What it went through: a registration, a normalisation.
    """

    name: str
    grid: Grid
    dose_gy: NDArray[np.float32]
    fractions: int | None
    sop_instance_uids: tuple[str, ...] = ()
    remark: str = ""

    @cached_property
    def field(self) -> DoseField:
        """The dose as a function of position."""
        return DoseField(self.grid, self.dose_gy)

    @cached_property
    def is_zero_outside(self) -> bool:
        """Whether all six faces of the grid hold exact zeros alone: the dose ends within, and is zero beyond."""
        dose = self.dose_gy
        faces = (dose[0], dose[-1], dose[:, 0], dose[:, -1], dose[:, :, 0], dose[:, :, -1])
        return not any(face.any() for face in faces)

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Sorts by what is in it, the finest grid first, so that the order in which doses are given plays no part."""
        grid = self.grid
        digest = hashlib.blake2b(np.ascontiguousarray(self.dose_gy).data, digest_size=16).digest()
        vectors = (grid.origin_mm, grid.axes, grid.frame_offsets_mm)
        geometry = tuple(number for vector in vectors for number in np.ravel(vector).tolist())
        sizes = tuple(-samples for samples in grid.shape)
        return round(voxel_mm3(grid), 6), sizes, geometry, spacing_mm(grid), digest, self.fractions or 0

    @property
    def extent_mm(self) -> Extent:
        """Between which patient coordinates its outermost samples lie."""
        return extent_mm(self.grid)


def spacing_mm(grid: Grid) -> tuple[float, float, float]:
    """Smallest distance of frames (0 for a single one), distance of rows, and of columns."""
    gaps = np.abs(np.diff(grid.frame_offsets_mm))
    return float(gaps.min()) if len(gaps) else 0.0, grid.row_spacing_mm, grid.column_spacing_mm


def voxel_mm3(grid: Grid) -> float:
    """Volume of the smallest voxel."""
    return float(np.prod(spacing_mm(grid)))


def corners_mm(grid: Grid) -> FloatArray:
    """Patient coordinates of the eight outermost samples; shape ``(8, 3)``."""
    ends = [(0, samples - 1) for samples in grid.shape]
    return np.array([grid.position_mm(k, j, i) for k in ends[0] for j in ends[1] for i in ends[2]])


def extent_mm(grid: Grid) -> Extent:
    """Between which patient coordinates the outermost samples of a grid lie."""
    corners = corners_mm(grid)
    (x0, y0, z0), (x1, y1, z1) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return (x0, x1), (y0, y1), (z0, z1)


@dataclass(frozen=True, eq=False)
class Placed:
    """An addend along the axes of the finest grid: frame, row, column, from its first sample.

    Attributes
    ----------
    addend : Addend
    matched : tuple of int or None
        Which axis of its array runs along each of them; None for an oblique grid.
    axes : tuple of Axis
        Where its samples lie along each of them; empty for an oblique grid.
    ends_mm : ndarray, shape (3, 2)
        Between which positions its samples lie; of an oblique grid its corners.
    """

    addend: Addend
    matched: tuple[int, int, int] | None
    axes: tuple[Axis, ...]
    ends_mm: FloatArray


def placed(addend: Addend, finest: Grid) -> Placed:
    """Where a dose lies along the axes of the finest grid."""
    directions = finest.axes[::-1]
    own, offsets = addend.grid.axes[::-1], _offsets_mm(addend.grid)
    middles = np.array([(offset[0] + offset[-1]) / 2 for offset in offsets])
    halves = np.array([np.ptp(offset) / 2 for offset in offsets])
    matched = addend.field.alignment(directions)
    if matched is not None:
        signs = [float(np.sign(directions[axis] @ own[which])) for axis, which in enumerate(matched)]
        moved = [
            halves[which] * float(np.linalg.norm(signs[axis] * own[which] - directions[axis]))
            for axis, which in enumerate(matched)
        ]
        if sum(moved) <= ALIGNED_MM:
            # From its centre: turned by a rounding error about a far origin, all of it would be moved.
            centre = directions @ (addend.grid.origin_mm + middles @ own - finest.origin_mm)
            along = [
                centre[axis] + signs[axis] * (offsets[which] - middles[which]) for axis, which in enumerate(matched)
            ]
            ends = np.array([(position.min(), position.max()) for position in along])
            return Placed(addend, matched, tuple(Axis.of(position, 0.0) for position in along), ends)
    corners = (corners_mm(addend.grid) - finest.origin_mm) @ directions.T
    return Placed(addend, None, (), np.stack([corners.min(axis=0), corners.max(axis=0)], axis=1))


def _offsets_mm(grid: Grid) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Positions of frames, rows and columns from the grid's origin."""
    return grid.frame_offsets_mm, grid.row_mm(), grid.column_mm()
