"""Contours -> fractional occupancy: the exact area that outlines cover in every cell of a lattice, and its centroid.

Every edge is cut at the lattice lines; each piece adds its signed area to its cell and its height to all cells beside
it, and a cumulative sum along the row does the rest. The sum over all cells is the polygon's area to rounding error.
First moments are had in the same way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numba import njit

from rtcheck.compiled import drop_stale
from rtcheck.geometry import FloatArray
from rtcheck.outlines import starts

# Before the first of them is looked for: all compiled functions are in these modules, and this is the lowest.
drop_stale(Path(__file__).parent, ("voxelise", "sampling", "interpolation"))


@dataclass(frozen=True)
class Lattice:
    """Equal cells in a plane.

    Attributes
    ----------
    u_mm, v_mm : float
        Lower corner of cell ``[0, 0]``.
    column_spacing_mm, row_spacing_mm : float
        Sides of a cell, along u and along v.
    shape : tuple of int
        ``(rows along v, columns along u)``.
    """

    u_mm: float
    v_mm: float
    column_spacing_mm: float
    row_spacing_mm: float
    shape: tuple[int, int]

    @classmethod
    def around(cls, bounds_mm: tuple[float, float, float, float], spacing_mm: float) -> Lattice:
        """The smallest lattice of square cells that holds a bounding box, centred on it."""
        u_min, v_min, u_max, v_max = bounds_mm
        columns = max(1, int(np.ceil((u_max - u_min) / spacing_mm - 1e-9)))
        rows = max(1, int(np.ceil((v_max - v_min) / spacing_mm - 1e-9)))
        u = (u_min + u_max - columns * spacing_mm) / 2
        v = (v_min + v_max - rows * spacing_mm) / 2
        return cls(u, v, spacing_mm, spacing_mm, (rows, columns))

    @property
    def cell_mm2(self) -> float:
        """Area of a cell."""
        return self.column_spacing_mm * self.row_spacing_mm

    def column_mm(self) -> FloatArray:
        """Centres of the columns."""
        return np.asarray(self.u_mm + (np.arange(self.shape[1]) + 0.5) * self.column_spacing_mm, np.float64)

    def row_mm(self) -> FloatArray:
        """Centres of the rows."""
        return np.asarray(self.v_mm + (np.arange(self.shape[0]) + 0.5) * self.row_spacing_mm, np.float64)


def occupancy(outlines: tuple[FloatArray, ...], lattice: Lattice) -> FloatArray:
    """Fraction of every cell that oriented outlines cover.

    Parameters
    ----------
    outlines : tuple of ndarray, shape (n, 2)
        Closed polygons in mm; counter-clockwise bounds area, clockwise a hole. The lattice must hold them all. Where an
        outline runs twice around a cell (a keyhole drawn in one direction, contours that overlap), even-odd holds.
    lattice : Lattice

    Returns
    -------
    ndarray, shape lattice.shape
        0 to 1.
    """
    return coverage(outlines, lattice)[0]


def coverage(outlines: tuple[FloatArray, ...], lattice: Lattice) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Fraction of every cell that outlines cover, and where the covered part lies.

    Parameters
    ----------
    outlines, lattice
        As for `occupancy`.

    Returns
    -------
    covered : ndarray, shape lattice.shape
        0 to 1.
    u, v : ndarray, shape lattice.shape
        Offset of the covered part's centroid from the cell's centre, in cells (-0.5 to 0.5); 0 where there is none.
    """
    rows, columns = lattice.shape
    covered, u, v = (np.zeros((rows, columns + 1)) for _ in range(3))
    if outlines:
        points = np.concatenate(outlines)
        cells = (points - (lattice.u_mm, lattice.v_mm)) / (lattice.column_spacing_mm, lattice.row_spacing_mm)
        cover(cells, starts(outlines), covered, u, v)
    return covered[:, :columns], u[:, :columns], v[:, :columns]


@njit(nogil=True, cache=True, error_model="numpy")
def cover(points, ring_start, covered, mean_u, mean_v):  # type: ignore[no-untyped-def]
    """Fill the three arrays of `coverage`.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Corners in cells from the lattice's lower corner.
    ring_start : ndarray, shape (rings + 1,)
    covered, mean_u, mean_v : ndarray, shape (rows, columns + 1), zero
        Filled; the last column is room to work in.

    Returns
    -------
    float
        Area in cells where the outlines don't bound their inside once: they cross or run over themselves.
    """
    for ring in range(len(ring_start) - 1):
        first, last = ring_start[ring], ring_start[ring + 1]
        x0, y0 = points[last - 1, 0], points[last - 1, 1]
        for index in range(first, last):
            x1, y1 = points[index, 0], points[index, 1]
            if y0 != y1:
                row, column = int(y0), int(x0)
                if row < y0 and row < y1 < row + 1 and column < x0 < column + 1 and column < x1 < column + 1:
                    # Most edges are shorter than a cell, and many lie in one.
                    height, width, x, y = y1 - y0, x1 - x0, 0.5 * (x0 + x1) - column - 0.5, 0.5 * (y0 + y1) - row - 0.5
                    _add_piece(row, column, x, y, width, height, covered, mean_u, mean_v)
                else:
                    _add_edge(x0, y0, x1, y1, covered, mean_u, mean_v)
            x0, y0 = x1, y1
    return _summed(covered, mean_u, mean_v)


@njit(nogil=True, cache=True, error_model="numpy")
def _add_edge(x0, y0, x1, y1, covered, mean_u, mean_v):  # type: ignore[no-untyped-def]
    """Cut one edge at the lattice lines and add each piece's area and moments to its cell."""
    rows, columns = covered.shape[0], covered.shape[1] - 1
    per_y = (x1 - x0) / (y1 - y0)
    low, high = min(y0, y1), max(y0, y1)
    first = min(max(math.floor(low), 0), rows - 1)
    last = min(max(math.ceil(high) - 1, first), rows - 1)
    for row in range(first, last + 1):
        # The edge within this row, in its own direction.
        ya = y0 if first == last else min(max(y0, float(row)), float(row + 1))
        yb = y1 if first == last else min(max(y1, float(row)), float(row + 1))
        xa, xb = x0 + (ya - y0) * per_y, x0 + (yb - y0) * per_y
        left, right = min(xa, xb), max(xa, xb)
        begin = min(max(math.floor(left), 0), columns - 1)
        end = min(max(math.ceil(right) - 1, begin), columns - 1)
        for column in range(begin, end + 1):
            share, middle = 1.0, (xa + xb) / 2
            if begin != end:
                low_x = left if column == begin else float(column)
                high_x = right if column == end else float(column + 1)
                share, middle = (high_x - low_x) / (right - left), (low_x + high_x) / 2
            height, width = (yb - ya) * share, (xb - xa) * share
            y_mid = (ya + yb) / 2 if begin == end else ya + (yb - ya) * (middle - xa) / (xb - xa)
            x, y = middle - column - 0.5, y_mid - row - 0.5
            _add_piece(row, column, x, y, width, height, covered, mean_u, mean_v)


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _add_piece(row, column, x, y, width, height, covered, mean_u, mean_v):  # type: ignore[no-untyped-def]
    """Add a piece of an edge, its middle at `x`, `y` from the cell's centre, to its cell and those beside it."""
    own = height * (0.5 - x)
    covered[row, column] += own
    covered[row, column + 1] += height - own
    moment = height * (0.125 - 0.5 * (x * x + width * width / 12))
    mean_u[row, column] += moment
    mean_u[row, column + 1] -= moment
    own = height * (y * (0.5 - x)) - width * height * height / 12
    mean_v[row, column] += own
    mean_v[row, column + 1] += height * y - own


@njit(nogil=True, cache=True, error_model="numpy")
def _summed(covered, mean_u, mean_v):  # type: ignore[no-untyped-def]
    """Sum along the rows what lies to the right of the pieces, and turn moments into centroids."""
    odd = 0.0
    for row in range(covered.shape[0]):
        area = u = v = 0.0
        for column in range(covered.shape[1] - 1):
            raw = covered[row, column]
            if raw == 0.0 and area == 0.0 and mean_u[row, column] == 0.0 and mean_v[row, column] == 0.0:
                continue
            area -= raw
            u -= mean_u[row, column]
            v -= mean_v[row, column]
            if 1.0 - 1e-9 < area < 1.0 + 1e-9:
                covered[row, column], mean_u[row, column], mean_v[row, column] = 1.0, 0.0, 0.0
                # But for rounding: the sums along the row start afresh. Where a corner is cut off they must not, for
                # what they left out would lie in the cells behind the outline.
                if 1.0 - 1e-11 < area < 1.0 + 1e-11:
                    area, u, v = 1.0, 0.0, 0.0
                continue
            if -1e-10 < area < 1e-10:
                area, u, v = 0.0, 0.0, 0.0
                covered[row, column], mean_u[row, column], mean_v[row, column] = 0.0, 0.0, 0.0
                continue
            sign = 1.0 if area >= 0.0 else -1.0
            inside = area * sign
            if area < -1e-9 or area > 1.0 + 1e-9:
                odd += inside if area < 0.0 else inside - 1.0
                if 1.0 < inside < 2.0:
                    # Even-odd where wound twice; a full cell has no moment, so there the moment only changes sign.
                    sign = -sign
                inside = max(min(inside, abs(2.0 - inside)), 0.0)
            if inside < 1e-10:
                inside = 0.0
            covered[row, column] = min(inside, 1.0)
            mean_u[row, column] = min(max(u * sign / inside, -0.5), 0.5) if inside > 0.0 else 0.0
            mean_v[row, column] = min(max(v * sign / inside, -0.5), 0.5) if inside > 0.0 else 0.0
    return odd
