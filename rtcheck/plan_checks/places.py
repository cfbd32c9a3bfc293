"""Where points lie of a solid: which are in it or near it, and how far off one is."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from rtcheck.geometry import FloatArray
from rtcheck.outlines import region_of, valid_polygon
from rtcheck.solid import Solid


def near(points_mm: FloatArray, solid: Solid, margin_mm: float = 0.0) -> NDArray[np.bool_]:
    """Which points lie in a solid, or no further off than a margin: in plane, and above or below; shape ``(n,)``."""
    u, v, w = (points_mm @ solid.axes.T).T
    found = np.zeros(len(points_mm), np.bool_)
    low_u, low_v, high_u, high_v = solid.bounds_mm()
    beside = (u >= low_u - margin_mm) & (u <= high_u + margin_mm) & (v >= low_v - margin_mm) & (v <= high_v + margin_mm)
    for layer in solid.layers:
        level = (w >= layer.bottom_mm - margin_mm) & (w <= layer.top_mm + margin_mm)
        index = np.flatnonzero(level & beside & ~found)
        if not len(index):
            continue
        region = region_of(layer.outlines)
        shapely.prepare(region)
        found[index] = shapely.contains_xy(region, u[index], v[index])
        index = index[~found[index]] if margin_mm else index[:0]
        found[index] = shapely.dwithin(region, shapely.points(u[index], v[index]), margin_mm)
    return found


def distance_mm(point_mm: FloatArray, solid: Solid, *, filled: bool = False) -> float:
    """How far a point is from a solid; 0 inside.

    Parameters
    ----------
    point_mm : ndarray, shape (3,)
    solid : Solid
    filled : bool
        Whether its holes count as inside.
    """
    u, v, height = (float(value) for value in solid.axes @ point_mm)
    bottom, top = np.array([(layer.bottom_mm, layer.top_mm) for layer in solid.layers]).T
    beyond = np.maximum(np.maximum(bottom - height, height - top), 0.0)
    at, nearest = shapely.Point(u, v), np.inf
    # The nearest levels first: of a body only a few layers can hold the nearest point.
    for index in np.argsort(beyond, kind="stable"):
        if beyond[index] >= nearest:
            break
        outlines = solid.layers[index].outlines
        # A hole lies in the outline around it, which holds the point too.
        areas = [valid_polygon(outline) for outline in outlines] if filled else [region_of(outlines)]
        in_plane = min(float(shapely.distance(at, area)) for area in areas)
        nearest = min(nearest, float(np.hypot(beyond[index], in_plane)))
    return float(nearest)
