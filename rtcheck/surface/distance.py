"""How far points lie from a contoured volume: positive outside, negative inside.

The distance is that to the nearest of the points that stand for the volume's surface (see `rtcheck.surface.samples`),
and never more than the exact distance in the point's own plane where contours were drawn in it. Points `s` apart make a
distance `d` too long by at most ``s**2 / 4 d``, and hardly at all where both volumes were drawn on the same planes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from rtcheck.geometry import FloatArray
from rtcheck.solid import PLANE_TOLERANCE_MM, Solid
from rtcheck.surface.samples import Box, Section, area_mm2, sections_of, surface_cloud

#: About so many points stand for a surface that distances are measured to, so far apart at least and at most (mm).
CLOUD_POINTS = 6000
CLOUD_SPACING_MM = (0.5, 1.5)
#: So far (mm) beyond what is asked a part of a volume is looked at.
BESIDE_MM = 5.0
#: A wall that leans by no more than this (mm) from one contour to the next is upright.
UPRIGHT_MM = 0.3
#: So many points at most are looked up together.
_BLOCK = 32


@dataclass(frozen=True, eq=False)
class Distances:
    """Where points lie of a volume.

    Attributes
    ----------
    distance_mm : ndarray, shape (n,)
        To the volume's surface; negative for points inside the volume.
    from_nearest_mm : ndarray, shape (n, 3)
        From the nearest point of the surface to the point, in patient coordinates.
    """

    distance_mm: FloatArray
    from_nearest_mm: FloatArray


class Volume:
    """A solid that distances are measured to.

    Parameters
    ----------
    solid : Solid
    near_mm : ndarray, shape (n, 3), optional
        Points in patient coordinates: only what lies around them is looked at, and distances longer than `reach_mm` are
        then only known to be longer.
    reach_mm : float
    """

    def __init__(self, solid: Solid, near_mm: FloatArray | None = None, reach_mm: float = 0.0) -> None:
        self.axes = solid.axes
        self.spacing_mm = float(np.clip(np.sqrt(area_mm2(solid) / CLOUD_POINTS), *CLOUD_SPACING_MM))
        self._box: Box | None = None
        bottom, top = -math.inf, math.inf
        if near_mm is not None:
            own = near_mm @ solid.axes.T
            # A wall is followed a bit beyond, to the next contour.
            low, high = own.min(axis=0) - reach_mm - BESIDE_MM, own.max(axis=0) + reach_mm + BESIDE_MM
            self._box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
            bottom, top = float(low[2]), float(high[2])
        self.sections = sections_of(solid, bottom, top)

    @cached_property
    def _cloud_mm(self) -> FloatArray:
        """The surface as points; shape ``(n, 3)`` in the solid's coordinates."""
        return surface_cloud(self.sections, self.spacing_mm, self._box)

    @property
    def is_near(self) -> bool:
        """Whether there is any of its surface around the points that it is for."""
        return bool(self.sections) and len(self._cloud_mm) > 0

    def distances(self, points_mm: FloatArray) -> Distances:
        """Signed distances of points in patient coordinates, shape ``(n, 3)``; only of a volume that is near."""
        own = np.asarray(points_mm @ self.axes.T)
        apart = own - self._cloud_mm[_nearest(own, self._cloud_mm)]
        distance = np.linalg.norm(apart, axis=1)
        inside = np.zeros(len(own), np.bool_)
        for found in _at_planes(own, self.sections):
            inside[found.where] = found.inside
            distance[found.where] = np.minimum(distance[found.where], found.at_most_mm)
        return Distances(np.where(inside, -distance, distance), np.asarray(apart @ self.axes))

    def holds(self, points_mm: FloatArray) -> NDArray[np.bool_]:
        """Which points in patient coordinates lie inside; shape ``(n,)``."""
        inside = np.zeros(len(points_mm), np.bool_)
        for found in _at_planes(np.asarray(points_mm @ self.axes.T), self.sections):
            inside[found.where] = found.inside
        return inside


def _nearest(points_mm: FloatArray, cloud_mm: FloatArray) -> NDArray[np.int64]:
    """Index of the nearest point of a cloud for every point.

    Points that lie together are halved across their longest side until few are left. What is nearest to the middle of
    them bounds how far the nearest of any can be, and so which points of the cloud their halves are asked of.
    """
    found = np.empty(len(points_mm), np.int64)
    rows = np.ascontiguousarray(cloud_mm.T)  # one axis after the other: several times faster here
    left = [(np.arange(len(points_mm)), np.arange(len(cloud_mm)))]
    while left:
        block, near = left.pop()
        points = points_mm[block]
        low, high = points.min(axis=0), points.max(axis=0)
        middle = (low + high) / 2
        points = points - middle
        candidates = rows.take(near, axis=1) - middle[:, None]
        squared = (candidates * candidates).sum(axis=0)
        nearest = candidates[:, squared.argmin()]
        reach = np.linalg.norm(points - nearest, axis=1) + np.linalg.norm(points, axis=1)
        close = np.flatnonzero(squared <= (reach.max() + PLANE_TOLERANCE_MM) ** 2)
        near = near[close]
        if len(block) > _BLOCK:
            half = len(block) // 2
            order = np.argpartition(points[:, np.argmax(high - low)], half)
            left += [(block[order[:half]], near), (block[order[half:]], near)]
            continue
        # |q|^2 / 2 - p q is least where |p - q| is.
        asked = np.column_stack([-points, np.ones(len(points))])
        score = asked @ np.vstack([candidates[:, close], squared[close] / 2])
        found[block] = near[score.argmin(axis=1)]
    return found


@dataclass(frozen=True, eq=False)
class _AtPlanes:
    """What the contours nearest to some points tell: which lie inside, and a distance that none exceeds."""

    where: NDArray[np.int64]
    inside: NDArray[np.bool_]
    at_most_mm: FloatArray


def _at_planes(points_mm: FloatArray, sections: Sequence[Section]) -> Iterator[_AtPlanes]:
    """What the sections that hold points tell of them; those beyond the ends are under or over the first or last."""
    if not sections:
        return
    height = points_mm[:, 2]
    planes = np.array([section.at_mm for section in sections])
    index = np.clip(np.searchsorted(planes, height + PLANE_TOLERANCE_MM, side="right") - 1, 0, len(planes) - 1)
    order = np.argsort(index, kind="stable")
    for where in np.split(order, np.flatnonzero(np.diff(index[order])) + 1):
        if not len(where):
            continue
        number = int(index[where[0]])
        section, following = sections[number], sections[number + 1 : number + 2]
        above = height[where] - section.at_mm > PLANE_TOLERANCE_MM
        if not following:
            above[:] = False
        elif not section.goes_on:
            # In the gap between two parts: to the nearer one.
            above &= height[where] > (section.top_mm + following[0].bottom_mm) / 2
        yield _held(points_mm, where[~above], section)
        for one in following:
            # Where it doesn't go on, the next section begins a part, and these points lie in it or under it.
            yield (
                _between(points_mm, where[above], section, one)
                if section.goes_on
                else _held(points_mm, where[above], one)
            )


def _held(points_mm: FloatArray, where: NDArray[np.int64], section: Section) -> _AtPlanes:
    """Points on a section's plane, or where it ends: its outlines are the surface, and its flat ends are."""
    u, v, height = np.ascontiguousarray(points_mm[where].T)
    within = shapely.contains_xy(section.region, u, v)
    across = shapely.distance(section.region.boundary, shapely.points(u, v))
    beyond = np.maximum(section.bottom_mm - height, height - section.top_mm)
    drawn = np.abs(height - section.at_mm) <= PLANE_TOLERANCE_MM
    ends = np.where(drawn, np.inf, np.abs(beyond))
    at_most = np.where(within, ends, np.inf)
    return _AtPlanes(where, within & (beyond < 0.0), np.where(beyond <= 0.0, np.minimum(at_most, across), at_most))


def _between(points_mm: FloatArray, where: NDArray[np.int64], below: Section, above: Section) -> _AtPlanes:
    """Points between two sections: inside where the distances to both outlines, interpolated, are negative."""
    u, v, height = np.ascontiguousarray(points_mm[where].T)
    share = (height - below.at_mm) / (above.at_mm - below.at_mm)
    low, high = _signed(below, u, v), _signed(above, u, v)
    level = (1.0 - share) * low + share * high
    # Where the wall is upright that is the distance itself.
    return _AtPlanes(where, level < 0.0, np.where(np.abs(high - low) <= UPRIGHT_MM, np.abs(level), np.inf))


def _signed(section: Section, u: FloatArray, v: FloatArray) -> FloatArray:
    distance = shapely.distance(section.region.boundary, shapely.points(u, v))
    return np.asarray(np.where(shapely.contains_xy(section.region, u, v), -distance, distance))
