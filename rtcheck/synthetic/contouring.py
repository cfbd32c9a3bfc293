"""Contours of implicit surfaces, and the way back: contours filled into pixels.

An implicit surface is an array that is negative inside. `contour_plane` follows its zero line through one plane with
marching squares [1]_, linear between samples, so that several functions that are kept apart by a gap give contours
that are kept apart.

References
----------
.. [1] Lorensen WE, Cline HE. Marching cubes. Computer Graphics 1987;21:163-169 (the two-dimensional case).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry import FloatArray

#: Corners of a cell: (row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column), bits 1, 2, 4, 8 when
#: inside. Its sides: 0 first row, 1 last column, 2 last row, 3 first column. Each case has directed segments from side
#: to side; saddles (5 and 10) keep the two corners apart.
SEGMENTS: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((0, 3),),
    2: ((1, 0),),
    3: ((1, 3),),
    4: ((2, 1),),
    5: ((0, 3), (2, 1)),
    6: ((2, 0),),
    7: ((2, 3),),
    8: ((3, 2),),
    9: ((0, 2),),
    10: ((1, 0), (3, 2)),
    11: ((1, 2),),
    12: ((3, 1),),
    13: ((0, 1),),
    14: ((3, 0),),
}


def signed_area(points: FloatArray) -> float:
    """Area of a closed polygon, shape ``(n, 2)`` or more columns; its sign tells the direction of rotation."""
    x, y = points[:, 0], points[:, 1]
    return 0.5 * float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def contour_plane(values: FloatArray, x_mm: FloatArray, y_mm: FloatArray) -> list[FloatArray]:
    """Closed zero lines of a sampled function.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
        Negative inside; the function counts as outside beyond the array.
    x_mm, y_mm : ndarray, shape (columns,) and (rows,)
        Equidistant positions of the samples.

    Returns
    -------
    list of ndarray, shape (n, 2)
        Outer borders first to last as met row by row; the border of a hole runs the other way round (its
        `signed_area` has the other sign).
    """
    rows, columns = values.shape
    padded = np.full((rows + 2, columns + 2), 1.0)
    padded[1:-1, 1:-1] = np.where(values == 0.0, 1e-9, values)
    width = columns + 2
    following = _links(padded < 0, width)
    loops = []
    while following:
        start = next(iter(following))
        loop = [start]
        edge = following.pop(start)
        while edge != start:
            loop.append(edge)
            edge = following.pop(edge)
        loops.append(_edge_points(np.array(loop), padded, x_mm, y_mm))
    return loops


def _links(inside: NDArray[np.bool_], width: int) -> dict[int, int]:
    """Edge after edge of every border; edge ``2 n`` runs from sample n along the row, ``2 n + 1`` down the column."""
    bits = inside.astype(np.int64)
    case = bits[:-1, :-1] + 2 * bits[:-1, 1:] + 4 * bits[1:, 1:] + 8 * bits[1:, :-1]
    following: dict[int, int] = {}
    side_offset = np.array([0, 2 + 1, 2 * width, 1])
    for row, column in np.argwhere((case > 0) & (case < 15)).tolist():
        first = 2 * (row * width + column)
        for begin, end in SEGMENTS[int(case[row, column])]:
            following[int(first + side_offset[begin])] = int(first + side_offset[end])
    return following


def _edge_points(edges: NDArray[np.int64], padded: FloatArray, x_mm: FloatArray, y_mm: FloatArray) -> FloatArray:
    width = padded.shape[1]
    sample, down = np.divmod(edges, 2)
    row, column = np.divmod(sample, width)
    near = padded[row, column]
    far = padded[row + down, column + 1 - down]
    part = near / (near - far)
    step_x, step_y = x_mm[1] - x_mm[0], y_mm[1] - y_mm[0]
    x = x_mm[0] + (column - 1 + part * (1 - down)) * step_x
    y = y_mm[0] + (row - 1 + part * down) * step_y
    return np.stack([x, y], axis=1)


def resample(points: FloatArray, spacing_mm: float, least: int = 24, most: int = 160) -> FloatArray:
    """The same closed polygon with points about `spacing_mm` apart along it; shape ``(n, 2)`` to ``(m, 2)``."""
    closed = np.concatenate([points, points[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    count = int(np.clip(round(along[-1] / spacing_mm), least, most))
    at = np.arange(count) * (along[-1] / count)
    return np.stack([np.interp(at, along, closed[:, 0]), np.interp(at, along, closed[:, 1])], axis=1)


def fill(points: FloatArray, x_mm: FloatArray, y_mm: FloatArray) -> NDArray[np.bool_]:
    """The samples of a raster that lie inside a polygon (even-odd rule).

    Parameters
    ----------
    points : ndarray, shape (n, 2) or (n, 3)
        Closed polygon; further columns are ignored.
    x_mm, y_mm : ndarray, shape (columns,) and (rows,)
        Equidistant positions of the samples, increasing.

    Returns
    -------
    ndarray of bool, shape (rows, columns)
    """
    step_x, step_y = x_mm[1] - x_mm[0], y_mm[1] - y_mm[0]
    rows, columns = len(y_mm), len(x_mm)
    x, y = (points[:, 0] - x_mm[0]) / step_x, (points[:, 1] - y_mm[0]) / step_y
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    first = np.clip(np.ceil(np.minimum(y, next_y)), 0, rows).astype(np.int64)
    last = np.clip(np.ceil(np.maximum(y, next_y)), 0, rows).astype(np.int64)
    count = last - first
    edge = np.repeat(np.arange(len(x)), count)
    row = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    slope = (next_x - x)[edge] / (next_y - y)[edge]
    column = np.clip(np.ceil(x[edge] + (row - y[edge]) * slope), 0, columns).astype(np.int64)
    toggles = np.zeros((rows, columns + 1), dtype=np.int64)
    np.add.at(toggles, (row, column), 1)
    return np.asarray(np.cumsum(toggles[:, :-1], axis=1) % 2 == 1)
