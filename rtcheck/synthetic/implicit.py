"""Implicit surfaces: functions that are negative inside and grow by at most about 1 per millimetre.

They take the coordinates as a sequence of broadcastable arrays ``(x, y, z)`` in mm and return arrays in mm.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise

import numpy as np

from rtcheck.geometry import FloatArray

Point = tuple[float, float, float]


def ellipsoid(p: Sequence[FloatArray], centre: Point, axes: Point, power: float = 2.0) -> FloatArray:
    """Superellipsoid; the distance is measured along the shortest axis, so it is never too long."""
    terms = [np.abs((u - c) / a) ** power for u, c, a in zip(p, centre, axes, strict=True)]
    return np.asarray((sum(terms) ** (1 / power) - 1) * min(axes))


def tube(p: Sequence[FloatArray], path: Sequence[Point], radius: float) -> FloatArray:
    """Points within `radius` of a polyline; bends are rounded off outside."""
    return reduce(np.minimum, [_segment(p, a, b) for a, b in pairwise(path)]) - radius


def _segment(p: Sequence[FloatArray], a: Point, b: Point) -> FloatArray:
    along = [v - u for u, v in zip(a, b, strict=True)]
    t = sum((u - s) * d for u, s, d in zip(p, a, along, strict=True)) / sum(d * d for d in along)
    t = np.clip(t, 0.0, 1.0)
    return np.asarray(np.sqrt(sum((u - s - t * d) ** 2 for u, s, d in zip(p, a, along, strict=True))))


def union(first: FloatArray, second: FloatArray, blend_mm: float = 0.0) -> FloatArray:
    """Points in either, the crease rounded off over `blend_mm`."""
    if blend_mm <= 0:
        return np.minimum(first, second)
    h = np.clip(0.5 + 0.5 * (second - first) / blend_mm, 0.0, 1.0)
    return np.asarray(second + (first - second) * h - blend_mm * h * (1 - h))


def without(organ: FloatArray, *others: FloatArray, gap_mm: float = 2.5) -> FloatArray:
    """Points of `organ` that keep `gap_mm` off all the others."""
    return reduce(np.maximum, [gap_mm - other for other in others], organ)
