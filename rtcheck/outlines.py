"""The outlines of one contour plane: which are the same, which overlap, and which are holes in others."""

from __future__ import annotations

import numpy as np
import shapely

from rtcheck.geometry import FloatArray

#: Outlines that share less than this (mm2) only touch.
OVERLAP_TOLERANCE_MM2 = 1e-3
#: A hole that takes more than this share of what it lies in may be the same contour drawn a second time.
ALIKE_SHARE = 0.8


def signed_area(outline: FloatArray) -> float:
    """Area in square millimetres of a closed polygon, positive counter-clockwise; shape ``(n, 2)``."""
    x, y = outline[:, 0] - outline[0, 0], outline[:, 1] - outline[0, 1]
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def distinct(outlines: list[FloatArray]) -> list[FloatArray]:
    """Outlines of one plane without exact repeats, which even-odd would turn into holes."""
    if len(outlines) == 1:
        return outlines
    kept: dict[bytes, FloatArray] = {}
    for outline in outlines:
        points = np.round(outline, 3) + 0.0  # no negative zeros
        # In sorted order, for a repeat may start elsewhere or run the other way round.
        kept.setdefault(points[np.lexsort(points.T)].tobytes(), outline)
    return list(kept.values())


def without_overlaps(outlines: list[FloatArray]) -> tuple[list[FloatArray], int]:
    """Outlines of one plane with those that partly overlap joined to their union, and how many were joined.

    An outline inside another is left alone: that is how holes are drawn. The standard doesn't say what a partial
    overlap means; two strokes of one organ are likelier than a hole where they meet.
    """
    apart, joined = list(outlines), 0
    index = 0
    while index < len(apart):
        other = next((j for j in range(index + 1, len(apart)) if _partly_overlap(apart[index], apart[j])), None)
        if other is None:
            index += 1
            continue
        union = shapely.union(valid_polygon(apart[index]), valid_polygon(apart.pop(other)))
        apart[index : index + 1] = rings(union)
        joined += 1
    return apart, joined


def clipped(outlines: tuple[FloatArray, ...], bounds_mm: tuple[float, float, float, float]) -> tuple[FloatArray, ...]:
    """The parts of outlines inside a rectangle ``(u_min, v_min, u_max, v_max)``, each turned as before.

    Edges that run along the rectangle's sides may go to and fro; they bound no area.
    """
    kept = []
    for outline in outlines:
        part = outline
        for axis, side, limit in (
            (0, -1, bounds_mm[0]),
            (1, -1, bounds_mm[1]),
            (0, 1, bounds_mm[2]),
            (1, 1, bounds_mm[3]),
        ):
            part = _half(part, axis, side, limit)
        if len(part) >= 3:
            kept.append(part)
    return tuple(kept)


def _half(outline: FloatArray, axis: int, side: int, limit_mm: float) -> FloatArray:
    """The part of an outline on one side of a line across an axis."""
    beyond = side * (outline[:, axis] - limit_mm)
    following, beyond_next = np.roll(outline, -1, axis=0), np.roll(beyond, -1)
    crosses = (beyond > 0) != (beyond_next > 0)
    share = beyond / np.where(crosses, beyond - beyond_next, 1.0)
    points = np.stack([outline, outline + share[:, None] * (following - outline)], axis=1)
    return np.ascontiguousarray(points[np.stack([beyond <= 0, crosses], axis=1)])


def nested_alike(outlines: list[FloatArray]) -> bool:
    """Whether an outline inside another is nearly as large as it: a thin wall, or one contour drawn twice."""
    return any(
        abs(signed_area(inner)) > ALIKE_SHARE * abs(signed_area(outer)) and _lies_within(inner, outer)
        for inner in outlines
        for outer in outlines
        if inner is not outer
    )


def rings(region: shapely.Geometry) -> list[FloatArray]:
    """The rings of a region, exteriors counter-clockwise and holes clockwise; shape ``(n, 2)`` each."""
    found = []
    for part in shapely.get_parts(region):
        if part.geom_type == "Polygon" and part.area > 0.0:
            polygon = shapely.orient_polygons(part)
            found += [polygon.exterior, *polygon.interiors]
    return [np.ascontiguousarray(np.asarray(ring.coords)[:-1]) for ring in found]


def _partly_overlap(one: FloatArray, other: FloatArray) -> bool:
    if _boxes_apart(one, other):
        return False
    first, second = valid_polygon(one), valid_polygon(other)
    return bool(shapely.overlaps(first, second) and shapely.intersection(first, second).area > OVERLAP_TOLERANCE_MM2)


def _boxes_apart(one: FloatArray, other: FloatArray) -> bool:
    return bool((one.max(axis=0) < other.min(axis=0)).any() or (one.min(axis=0) > other.max(axis=0)).any())


def oriented(outlines: list[FloatArray]) -> list[FloatArray]:
    """Outlines of one plane, turned so that area counts positive and a hole in it negative (by nesting depth)."""
    turned = []
    for index, outline in enumerate(outlines):
        depth = sum(_lies_within(outline, other) for other_index, other in enumerate(outlines) if other_index != index)
        area = signed_area(outline)
        # The halves of a figure of eight may cancel in the signed area.
        if area != 0.0 or valid_polygon(outline).area > 0.0:
            turned.append(outline if (area > 0) == (depth % 2 == 0) else outline[::-1])
    return turned


def _lies_within(inner: FloatArray, outer: FloatArray) -> bool:
    """Whether most of `inner`'s points lie inside `outer`, and `inner` is the smaller."""
    if _boxes_apart(inner, outer):
        return False
    if abs(signed_area(inner)) >= abs(signed_area(outer)):
        return False
    return bool(shapely.contains_xy(valid_polygon(outer), inner[:, 0], inner[:, 1]).mean() > 0.5)


def valid_polygon(outline: FloatArray) -> shapely.Geometry:
    """The area that an outline bounds, even-odd where it crosses itself."""
    polygon = shapely.Polygon(outline)
    return polygon if polygon.is_valid else shapely.make_valid(polygon)
