"""Contours -> fractional occupancy: the exact area that outlines cover in every cell of a lattice, and its centroid.

Every edge is cut at the lattice lines; each piece adds its signed area to its cell and its height to all cells beside
it, and a cumulative sum along the row does the rest. The sum over all cells is the polygon's area to rounding error.
First moments are had in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry import FloatArray

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Lattice:
    """Equal cells in a plane.

    Attributes
    ----------
    u_mm, v_mm : float
        Lower corner of cell ``[0, 0]``.
    spacing_mm : float
        Side of the square cells.
    shape : tuple of int
        ``(rows along v, columns along u)``.
    """

    u_mm: float
    v_mm: float
    spacing_mm: float
    shape: tuple[int, int]

    @classmethod
    def around(cls, bounds_mm: tuple[float, float, float, float], spacing_mm: float) -> Lattice:
        """The smallest lattice of a spacing that holds a bounding box, centred on it."""
        u_min, v_min, u_max, v_max = bounds_mm
        columns = max(1, int(np.ceil((u_max - u_min) / spacing_mm - 1e-9)))
        rows = max(1, int(np.ceil((v_max - v_min) / spacing_mm - 1e-9)))
        u = (u_min + u_max - columns * spacing_mm) / 2
        v = (v_min + v_max - rows * spacing_mm) / 2
        return cls(u, v, spacing_mm, (rows, columns))

    def column_mm(self) -> FloatArray:
        """Centres of the columns."""
        return np.asarray(self.u_mm + (np.arange(self.shape[1]) + 0.5) * self.spacing_mm, np.float64)

    def row_mm(self) -> FloatArray:
        """Centres of the rows."""
        return np.asarray(self.v_mm + (np.arange(self.shape[0]) + 0.5) * self.spacing_mm, np.float64)


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
    if not outlines:
        return np.zeros(lattice.shape), np.zeros(lattice.shape), np.zeros(lattice.shape)
    starts, ends = _edges(outlines, lattice)
    x_mid, y_mid, y_cell, x_cell, width, height = _pieces(starts, ends, rows, columns)
    cell = y_cell * (columns + 1) + x_cell
    size = rows * (columns + 1)

    def summed(own: FloatArray, beside: FloatArray) -> FloatArray:
        """What lies to the right of the pieces: part of their own cell, and the whole of those beside it."""
        steps = np.bincount(cell, own, size + 1) + np.bincount(cell + 1, beside - own, size + 1)
        return np.asarray(-np.cumsum(steps[:size].reshape(rows, columns + 1), axis=1)[:, :columns])

    x, y = x_mid - x_cell - 0.5, y_mid - y_cell - 0.5  # from the cell's centre
    covered = summed(height * (0.5 - x), height)
    u = summed(height * (0.125 - 0.5 * (x**2 + width**2 / 12)), np.zeros_like(height))
    v = summed(height * (y * (0.5 - x) - width * height / 12), height * y)
    sign = np.sign(covered)
    covered *= sign
    # Even-odd where wound twice; a full cell has no moment, so there the moment only changes sign.
    sign[(covered > 1.0) & (covered < 2.0)] *= -1.0
    np.minimum(covered, np.abs(2.0 - covered), out=covered)
    covered[covered < 1e-12] = 0.0
    share = np.divide(sign, covered, out=np.zeros_like(covered), where=covered > 0.0)
    return covered, np.clip(u * share, -0.5, 0.5), np.clip(v * share, -0.5, 0.5)


def _edges(outlines: tuple[FloatArray, ...], lattice: Lattice) -> tuple[FloatArray, FloatArray]:
    """Start and end of every edge in cell units."""
    origin = (lattice.u_mm, lattice.v_mm)
    starts = [(outline - origin) / lattice.spacing_mm for outline in outlines]
    ends = [np.roll(start, -1, axis=0) for start in starts]
    return np.concatenate(starts), np.concatenate(ends)


def _pieces(
    starts: FloatArray, ends: FloatArray, rows: int, columns: int
) -> tuple[FloatArray, FloatArray, IntArray, IntArray, FloatArray, FloatArray]:
    """Edges cut at the lattice lines: middle x and y, cell row and column, signed width and height of every piece."""
    step = ends - starts
    crossings = [_crossings(starts[:, axis], step[:, axis]) for axis in (0, 1)]
    everyone = np.arange(len(starts))
    edge = np.concatenate([everyone, everyone, crossings[0][0], crossings[1][0]])
    at = np.concatenate([np.zeros(len(starts)), np.ones(len(starts)), crossings[0][1], crossings[1][1]])
    order = np.lexsort((at, edge))
    edge, at = edge[order], at[order]
    same = edge[1:] == edge[:-1]
    which, t0, t1 = edge[:-1][same], at[:-1][same], at[1:][same]
    middle = (t0 + t1) / 2
    x_mid = starts[which, 0] + middle * step[which, 0]
    y_mid = starts[which, 1] + middle * step[which, 1]
    x_cell = np.clip(np.floor(x_mid).astype(np.int64), 0, columns - 1)
    y_cell = np.clip(np.floor(y_mid).astype(np.int64), 0, rows - 1)
    return x_mid, y_mid, y_cell, x_cell, (t1 - t0) * step[which, 0], (t1 - t0) * step[which, 1]


def _crossings(start: FloatArray, step: FloatArray) -> tuple[IntArray, FloatArray]:
    """Where edges cross the lattice lines of one axis: edge number and position 0 to 1 along the edge."""
    end = start + step
    low, high = np.minimum(start, end), np.maximum(start, end)
    first = np.floor(low).astype(np.int64) + 1
    count = np.maximum(np.ceil(high).astype(np.int64) - first, 0)
    edge = np.repeat(np.arange(len(start)), count)
    number = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    line = first[edge] + number
    return edge, np.clip((line - start[edge]) / step[edge], 0.0, 1.0)
