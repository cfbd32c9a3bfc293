"""The outlines of one contour plane: which are the same, which overlap, and which are holes in others."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from rtcheck.geometry import FloatArray

#: Outlines that share less than this (mm2) only touch.
OVERLAP_TOLERANCE_MM2 = 1e-3
#: A hole that takes more than this share of what it lies in may be the same contour drawn a second time.
ALIKE_SHARE = 0.8


@dataclass(frozen=True, eq=False)
class Arranged:
    """The outlines of one plane, put in order.

    Attributes
    ----------
    outlines : list of ndarray, shape (n, 2)
        Counter-clockwise where they bound area, clockwise where they bound a hole in it.
    repeated : int
        How many were drawn twice, and left out.
    joined : int
        How many partly overlapped others, and were joined to them.
    empty : int
        How many bound no area, and were left out.
    alike : bool
        Whether an outline nearly fills the one around it: a thin wall, or one contour drawn twice.
    """

    outlines: list[FloatArray]
    repeated: int = 0
    joined: int = 0
    empty: int = 0
    alike: bool = False


def arranged(outlines: list[FloatArray], *, join_overlaps: bool = True) -> Arranged:
    """Put the outlines of one plane in order.

    An exact repeat counts once: even-odd would make a hole of it. Outlines that partly overlap are joined to their
    union, for two strokes of one organ are likelier than a hole where they meet, and the standard doesn't say; with
    `join_overlaps` false (CLOSEDPLANAR_XOR) they stay. An outline inside another bounds a hole, one inside that an
    island, and so on.
    """
    drawn = [_Outline(points) for points in outlines]
    touching = _touching(drawn)
    apart = [one for one, row in zip(drawn, touching, strict=True) if one.area_mm2 != 0.0 and not row.any()]
    # Most often islands, or loops of bowel: nothing to compare those with that lie apart.
    kept = [one.points if one.area_mm2 > 0.0 else np.ascontiguousarray(one.points[::-1]) for one in apart]
    if len(kept) == len(outlines):
        return Arranged(kept)
    others = [one.points for one, row in zip(drawn, touching, strict=True) if one.area_mm2 == 0.0 or row.any()]
    found = _compared(others, join_overlaps=join_overlaps)
    return replace(found, outlines=kept + found.outlines)


def _compared(outlines: list[FloatArray], *, join_overlaps: bool) -> Arranged:
    """`arranged` for outlines that may have to do with each other."""
    once = _distinct(outlines)
    drawn = [_Outline(points) for points in once]
    joined = 0
    if join_overlaps:
        drawn, joined = _joined(drawn)
    kept: list[FloatArray] = []
    alike = False
    for one, around in zip(drawn, _around(drawn), strict=True):
        alike = alike or any(one.size_mm2 > ALIKE_SHARE * other.size_mm2 for other in around)
        # The halves of a figure of eight may cancel in the signed area.
        if one.area_mm2 != 0.0 or one.polygon.area > 0.0:
            as_drawn = (one.area_mm2 > 0) == (len(around) % 2 == 0)
            kept.append(one.points if as_drawn else np.ascontiguousarray(one.points[::-1]))
    return Arranged(kept, len(outlines) - len(once), joined, len(drawn) - len(kept), alike)


def signed_area(outline: FloatArray) -> float:
    """Area in square millimetres of a closed polygon, positive counter-clockwise; shape ``(n, 2)``."""
    x, y = outline[:, 0] - outline[0, 0], outline[:, 1] - outline[0, 1]
    return float(0.5 * (x[:-1] @ y[1:] - x[1:] @ y[:-1]))


def starts(parts: Sequence[Sized]) -> NDArray[np.int64]:
    """Where each part starts when all are joined, and where the last ends; shape ``(parts + 1,)``."""
    return np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)]).astype(np.int64)


def signed_areas(points_mm: FloatArray, start: NDArray[np.int64]) -> FloatArray:
    """Areas in square millimetres of many closed polygons in one array, positive counter-clockwise.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 2)
    start : ndarray, shape (polygons + 1,)
        Where each polygon starts; none is empty.
    """
    first = start[:-1]
    # From each polygon's own first point: far from the origin the products would cancel.
    counts = np.diff(start)
    x, y = (points_mm[:, axis] - np.repeat(points_mm[first, axis], counts) for axis in (0, 1))
    following = np.arange(1, len(points_mm) + 1)
    following[start[1:] - 1] = first
    return np.asarray(0.5 * np.add.reduceat(x * y[following] - x[following] * y, first))


def rings(region: shapely.Geometry) -> list[FloatArray]:
    """The rings of a region, exteriors counter-clockwise and holes clockwise; shape ``(n, 2)`` each."""
    found = []
    for part in shapely.get_parts(region):
        if part.geom_type == "Polygon" and part.area > 0.0:
            polygon = shapely.orient_polygons(part)
            found += [polygon.exterior, *polygon.interiors]
    return [np.ascontiguousarray(np.asarray(ring.coords)[:-1]) for ring in found]


def valid_polygon(outline: FloatArray) -> shapely.Geometry:
    """The area that an outline bounds, even-odd where it crosses itself."""
    polygon = shapely.Polygon(outline)
    return polygon if polygon.is_valid else _areal(shapely.make_valid(polygon))


def region_of(outlines: Sequence[FloatArray]) -> shapely.Geometry:
    """The area that outlines bound together, even-odd; an empty polygon where they bound none."""
    region: shapely.Geometry = shapely.Polygon()
    for outline in outlines:
        region = _areal(shapely.symmetric_difference(region, valid_polygon(outline)))
    return region


def _areal(geometry: shapely.Geometry) -> shapely.Geometry:
    """What of a geometry has area: outlines that touch themselves leave lines and points, which GEOS can't combine."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    return shapely.union_all([_areal(part) for part in shapely.get_parts(geometry) if part.area > 0.0])


class _Outline:
    """An outline with what pairs of them ask again and again."""

    def __init__(self, points: FloatArray) -> None:
        self.points = points
        self.area_mm2 = signed_area(points)
        self.size_mm2 = abs(self.area_mm2)

    @cached_property
    def polygon(self) -> shapely.Geometry:
        polygon = valid_polygon(self.points)
        shapely.prepare(polygon)
        return polygon

    def overlaps_partly(self, other: _Outline) -> bool:
        """Whether both share an area that is neither of them."""
        if not shapely.overlaps(self.polygon, other.polygon):
            return False
        return bool(shapely.intersection(self.polygon, other.polygon).area > OVERLAP_TOLERANCE_MM2)

    def lies_within(self, other: _Outline) -> bool:
        """Whether most of its points lie inside a larger one."""
        if self.size_mm2 >= other.size_mm2:
            return False
        return bool(shapely.contains_xy(other.polygon, self.points[:, 0], self.points[:, 1]).mean() > 0.5)


def _touching(drawn: list[_Outline]) -> NDArray[np.bool_]:
    """Which pairs may have to do with each other: those whose bounding boxes meet; shape ``(n, n)``."""
    # One call for all of them; along the rows of (n, 2) it would be slow.
    start = starts([one.points for one in drawn])[:-1]
    axes = np.concatenate([one.points for one in drawn]).T.copy()
    low, high = (
        np.array([reduced(axis, start) for axis in axes]) for reduced in (np.minimum.reduceat, np.maximum.reduceat)
    )
    touching = ((low[:, :, None] <= high[:, None]) & (low[:, None] <= high[:, :, None])).all(axis=0)
    return np.asarray(touching & ~np.eye(len(drawn), dtype=np.bool_))


def _around(drawn: list[_Outline]) -> list[list[_Outline]]:
    """For each outline those that it lies in."""
    touching = _touching(drawn)
    return [
        [drawn[other] for other in np.flatnonzero(row).tolist() if one.lies_within(drawn[other])]
        for one, row in zip(drawn, touching, strict=True)
    ]


def _distinct(outlines: list[FloatArray]) -> list[FloatArray]:
    """Outlines without exact repeats."""
    kept: dict[tuple[int, float], list[FloatArray]] = {}
    once = []
    for outline in outlines:
        # Nearly always this key alone tells them apart.
        same = kept.setdefault((len(outline), round(float(outline[:, 0].max()), 3)), [])
        if not any(_sorted_points(outline) == _sorted_points(other) for other in same):
            same.append(outline)
            once.append(outline)
    return once


def _sorted_points(outline: FloatArray) -> bytes:
    """Points to a micrometre, in sorted order: a repeat may start elsewhere or run the other way round."""
    points = np.round(outline, 3) + 0.0  # no negative zeros
    return points[np.lexsort(points.T)].tobytes()


def _joined(drawn: list[_Outline]) -> tuple[list[_Outline], int]:
    """Outlines with those that partly overlap joined to their union, and how many were joined."""
    joined = 0
    while True:
        pairs = np.argwhere(np.triu(_touching(drawn))).tolist()
        pair = next(((i, j) for i, j in pairs if drawn[i].overlaps_partly(drawn[j])), None)
        if pair is None:
            return drawn, joined
        one, other = (drawn[index] for index in pair)
        apart = [left for index, left in enumerate(drawn) if index not in pair]
        drawn = [*apart, *(_Outline(ring) for ring in rings(shapely.union(one.polygon, other.polygon)))]
        joined += 1
