"""Even samples of a contoured volume's surface.

What the surface is
-------------------
Contours are sections of something smooth, and right prisms stand out of it at the corners of their stairs: by 1 mm on
slices of 3 mm where the surface is steep at 45 degrees, a quarter of a margin. So the surface runs through the drawn
contours, and between two planes straight from each point of a contour to the nearest one of the other. Where nothing
continues, the house convention holds: a contour reaches half way to its neighbour, or half a slice beyond the last
plane, and ends with a flat face. That is so at both ends, where one of several pieces ends, and where a hole begins.

Bridges of no width (keyhole contours) are no surface: the outlines are those of the area.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from rtcheck.errors import NoVolumeError
from rtcheck.geometry import FloatArray
from rtcheck.outlines import region_of, rings, starts
from rtcheck.solid import Solid

#: In-plane bounds in mm: least u and v, largest u and v.
Box = tuple[float, float, float, float]

#: Layers nearer to one another than this (mm) touch.
TOUCHING_MM = 1e-3
#: A ring has at least so many samples.
LEAST_SAMPLES = 8
#: Points of a wall may be so much further apart than asked before there is one more of them.
STRETCH = 1.25
#: A line to the next contour that is shorter than this (mm) in plane needs no proof that it follows the surface.
SHORT_MM = 2.0


@dataclass(frozen=True, eq=False)
class Samples:
    """Points of a surface in the solid's coordinates.

    Attributes
    ----------
    points_mm : ndarray, shape (n, 3)
    normals : ndarray, shape (n, 3)
        Unit vectors out of the volume.
    areas_mm2 : ndarray, shape (n,)
        What each point stands for.
    """

    points_mm: FloatArray
    normals: FloatArray
    areas_mm2: FloatArray


@dataclass(frozen=True, eq=False)
class Section:
    """One contour plane.

    Attributes
    ----------
    at_mm, bottom_mm, top_mm : float
        Where it was drawn, and from where to where it holds.
    region : shapely.Geometry
        Its area.
    comes_on, goes_on : bool
        Whether it continues the section below, and is continued by the one above.
    """

    at_mm: float
    bottom_mm: float
    top_mm: float
    region: shapely.Geometry
    comes_on: bool
    goes_on: bool


def sections_of(solid: Solid, low_mm: float = -np.inf, high_mm: float = np.inf) -> tuple[Section, ...]:
    """The contour planes of a solid from low to high; of a part of it, those that reach between two heights.

    What is cut off so has no end there: nothing is known of the surface beyond.

    Raises
    ------
    NoVolumeError
        No outline of a whole solid bounds area: they cancel one another.
    """
    layers = solid.layers
    regions = {
        index: region_of(layer.outlines)
        for index, layer in enumerate(layers)
        if layer.top_mm >= low_mm and layer.bottom_mm <= high_mm
    }
    empty = {index for index, region in regions.items() if region.area == 0.0}
    if len(empty) == len(layers):
        raise NoVolumeError("the contours bound no area")
    touch = [
        above.bottom_mm - below.top_mm <= TOUCHING_MM and not empty & {index, index + 1}
        for index, (below, above) in enumerate(pairwise(layers))
    ]
    ends = [False, *touch, False]
    return tuple(
        Section(layers[index].at_mm, layers[index].bottom_mm, layers[index].top_mm, region, *ends[index : index + 2])
        for index, region in regions.items()
        if index not in empty
    )


def area_mm2(solid: Solid) -> float:
    """About how large a solid's surface is: its walls as prisms, and its ends."""
    walls = sum(
        float(shapely.length(shapely.linearrings(outline))) * layer.thickness_mm
        for layer in solid.layers
        for outline in layer.outlines
    )
    ends = solid.rings.layer_area_mm2
    return walls + float(abs(ends[0]) + abs(ends[-1]))


def surface_samples(sections: Sequence[Section], spacing_mm: float) -> Samples:
    """Points about `spacing_mm` apart, each with the area that it stands for; on the drawn planes where possible."""
    slice_mm = float(np.median([section.top_mm - section.bottom_mm for section in sections]))
    # Where slices are nearer to one another, points along a contour may be further apart.
    along_mm = min(max(spacing_mm**2 / slice_mm, spacing_mm), 2.0 * spacing_mm)
    parts = [part for wall in _walls(sections, along_mm) for part in wall.cells(spacing_mm)]
    parts += [face.samples(spacing_mm) for face in _faces(sections)]
    return _joined(parts)


def surface_cloud(sections: Sequence[Section], spacing_mm: float, within: Box | None = None) -> FloatArray:
    """Points no further than about `spacing_mm` apart, those in a box where one is given; shape ``(n, 3)``."""
    parts = [part for wall in _walls(sections, spacing_mm, within) for part in wall.knots(spacing_mm)]
    for face in _faces(sections):
        points = face.samples(spacing_mm).points_mm
        parts.append(points if within is None else points[_holds(within, points)])
    return np.concatenate(parts) if parts else np.empty((0, 3))


def _holds(within: Box, points_mm: FloatArray) -> NDArray[np.bool_]:
    """Which points lie in a box, seen along the normal."""
    u, v = points_mm[:, 0], points_mm[:, 1]
    return np.asarray((u >= within[0]) & (v >= within[1]) & (u <= within[2]) & (v <= within[3]))


def _joined(parts: Sequence[Samples]) -> Samples:
    return Samples(
        np.concatenate([part.points_mm for part in parts]),
        np.concatenate([part.normals for part in parts]),
        np.concatenate([part.areas_mm2 for part in parts]),
    )


@dataclass(frozen=True, eq=False)
class _Rings:
    """Even samples along the outlines of a section: points, directions along them, and the length of each."""

    points_mm: FloatArray
    along: FloatArray
    step_mm: FloatArray


def _even(region: shapely.Geometry, spacing_mm: float, within: Box | None) -> _Rings:
    outlines = rings(region)
    closed = [np.concatenate([outline, outline[:1]]) for outline in outlines]
    points, start = np.concatenate(closed), starts(closed)
    steps = np.diff(points, axis=0)
    length = np.hypot(steps[:, 0], steps[:, 1])
    length[start[1:-1] - 1] = 0.0  # from one ring to the next
    reached = np.concatenate([[0.0], np.cumsum(length)])
    low, high = reached[start[:-1]], reached[start[1:] - 1]
    counts = np.maximum(np.ceil((high - low) / spacing_mm), LEAST_SAMPLES).astype(np.int64)
    step = (high - low) / counts
    ring, number = _spread(counts)
    at = low[ring] + (number + 0.5) * step[ring]
    edge = np.searchsorted(reached, at, side="right") - 1
    along = steps[edge] / length[edge, None]
    found = _Rings(points[edge] + along * (at - reached[edge])[:, None], along, step[ring])
    if within is None:
        return found
    kept = _holds(within, found.points_mm)
    return _Rings(found.points_mm[kept], found.along[kept], found.step_mm[kept])


@dataclass(frozen=True, eq=False)
class _Wall:
    """The wall around a section: from every sample of its outlines up and down as far as it stands for the surface."""

    rings: _Rings
    at_mm: float
    up: FloatArray
    down: FloatArray

    def cells(self, spacing_mm: float) -> list[Samples]:
        """Samples with areas: the drawn contour for what is nearest to it, and middles of cells beyond."""
        both = [self._cells(reach, spacing_mm) for reach in (self.up, self.down)]
        sizes = _lengths(both[0][1]) + _lengths(both[1][1])
        points = np.column_stack([self.rings.points_mm, np.full(len(sizes), self.at_mm)])
        found = [Samples(points, _units(both[0][1] + both[1][1]), sizes)]
        for reach, (count, vectors) in zip((self.up, self.down), both, strict=True):
            index, within = _spread(count - 1)
            share = (within + 1.5) / count[index]
            found.append(Samples(self._points(reach, index, share), _units(vectors[index]), _lengths(vectors[index])))
        return found

    def _cells(self, reach: FloatArray, spacing_mm: float) -> tuple[NDArray[np.int64], FloatArray]:
        """Into how many cells each sample's wall is cut, and outward vectors as long as the area of one."""
        count = np.maximum(np.round(_lengths(reach) / spacing_mm), 1).astype(np.int64)
        along, upward = self.rings.along, reach * np.sign(reach[:, 2:])
        # Area lies to the left of an outline: along x upward is outward.
        across = np.column_stack(
            [
                along[:, 1] * upward[:, 2],
                -along[:, 0] * upward[:, 2],
                along[:, 0] * upward[:, 1] - along[:, 1] * upward[:, 0],
            ]
        )
        return count, across * (self.rings.step_mm / count)[:, None]

    def knots(self, spacing_mm: float) -> list[FloatArray]:
        """Points from the lowest to the highest that the wall reaches, and between them."""
        found = []
        for reach in (self.up, self.down):
            # The other section's wall comes as far from the other side: together they are evenly spaced.
            count = np.ceil(_lengths(reach) / (STRETCH * spacing_mm) - 0.5).astype(np.int64)
            index, within = _spread(count)
            found.append(self._points(reach, index, (within + 1) / (count[index] + 0.5)))
        return [*found, np.column_stack([self.rings.points_mm, np.full(len(self.rings.points_mm), self.at_mm)])]

    def _points(self, reach: FloatArray, index: NDArray[np.int64], share: FloatArray) -> FloatArray:
        moved = reach[index] * share[:, None]
        moved[:, :2] += self.rings.points_mm[index]
        moved[:, 2] += self.at_mm
        return moved


def _lengths(vectors: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)))


def _units(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / _lengths(vectors)[:, None])


def _spread(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For counts 2, 1: the indices 0, 0, 1 and the positions within each 0, 1, 0."""
    index = np.repeat(np.arange(len(counts)), counts)
    return index, np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)


def _walls(sections: Sequence[Section], spacing_mm: float, within: Box | None = None) -> list[_Wall]:
    drawn = [_even(section.region, spacing_mm, within) for section in sections]
    up = [_upright(one, section.top_mm - section.at_mm) for one, section in zip(drawn, sections, strict=True)]
    down = [_upright(one, section.bottom_mm - section.at_mm) for one, section in zip(drawn, sections, strict=True)]
    for index, (below, above) in enumerate(pairwise(sections)):
        if below.goes_on and len(drawn[index].points_mm) and len(drawn[index + 1].points_mm):
            _lean(drawn[index], drawn[index + 1], up[index], down[index + 1], below, above)
    return [
        _Wall(one, section.at_mm, *reach)
        for one, section, *reach in zip(drawn, sections, up, down, strict=True)
        if len(one.points_mm)
    ]


def _upright(drawn: _Rings, height_mm: float) -> FloatArray:
    reach = np.zeros((len(drawn.points_mm), 3))
    reach[:, 2] = height_mm
    return reach


def _lean(low: _Rings, high: _Rings, up: FloatArray, down: FloatArray, below: Section, above: Section) -> None:
    """Let the wall between two sections lean from each sample half the way to the nearest one of the other section."""
    nearest = low.points_mm[:, None] - high.points_mm
    squared = nearest[..., 0] ** 2 + nearest[..., 1] ** 2
    changing: shapely.Geometry | None = None
    for reach, own, other, index in (
        (up, low, high, squared.argmin(axis=1)),
        (down, high, low, squared.argmin(axis=0)),
    ):
        across = other.points_mm[index] - own.points_mm
        long = np.hypot(across[:, 0], across[:, 1]) > SHORT_MM
        follows = np.ones(len(across), np.bool_)
        if long.any():
            changing = _changing(below, above) if changing is None else changing
            middle = own.points_mm[long] + across[long] / 2
            follows[long] = shapely.contains_xy(changing, middle[:, 0], middle[:, 1])
        reach[follows, :2] = across[follows] / 2


def _changing(below: Section, above: Section) -> shapely.Geometry:
    """Where one section has area and the other hasn't, and the surface leans from one outline to the other."""
    changing = shapely.symmetric_difference(below.region, above.region)
    for region, _ in _endings(below.region, above.region):
        changing = shapely.difference(changing, region)
    shapely.prepare(changing)
    return changing


@dataclass(frozen=True, eq=False)
class _Face:
    """A flat end: a region at a height; `upward` is 1 where the volume lies below it, and -1 where above."""

    region: shapely.Geometry
    height_mm: float
    upward: float

    def samples(self, spacing_mm: float) -> Samples:
        """A lattice of points in the region, and one where no point of the lattice falls in."""
        area = float(self.region.area)
        u_min, v_min, u_max, v_max = self.region.bounds
        axes = [_middles(u_min, u_max, spacing_mm), _middles(v_min, v_max, spacing_mm)]
        u, v = (values.ravel() for values in np.meshgrid(*axes))
        inside = shapely.contains_xy(self.region, u, v)
        flat = np.column_stack([u[inside], v[inside]])
        if not len(flat):
            flat = shapely.get_coordinates(shapely.point_on_surface(self.region))
        count = len(flat)
        normals = np.zeros((count, 3))
        normals[:, 2] = self.upward
        points = np.column_stack([flat, np.full(count, self.height_mm)])
        return Samples(points, normals, np.full(count, area / count))


def _middles(low: float, high: float, spacing_mm: float) -> FloatArray:
    """The middles of equal cells of about a spacing."""
    count = max(round((high - low) / spacing_mm), 1)
    return np.asarray(low + (np.arange(count) + 0.5) * (high - low) / count)


def _faces(sections: Sequence[Section]) -> list[_Face]:
    faces = []
    for index, section in enumerate(sections):
        if not section.comes_on:
            faces.append(_Face(section.region, section.bottom_mm, -1.0))
        if not section.goes_on:
            faces.append(_Face(section.region, section.top_mm, 1.0))
            continue
        for above in sections[index + 1 : index + 2]:
            ends = _endings(section.region, above.region)
            faces += [_Face(region, section.top_mm, upward) for region, upward in ends]
    return faces


def _endings(below: shapely.Geometry, above: shapely.Geometry) -> list[tuple[shapely.Geometry, float]]:
    """What ends, or begins, between two sections: pieces that the other has nothing of, and holes in the whole of it.

    Each with 1 where the volume is below it, and -1 where above.
    """
    if all(region.geom_type == "Polygon" and not region.interiors for region in (below, above)):
        return [] if shapely.intersects(below, above) else [(below, 1.0), (above, -1.0)]
    found = []
    for own, other, upward in ((below, above, 1.0), (above, below, -1.0)):
        pieces, holes = shapely.get_parts(own), _holes(other)
        found += [(piece, upward) for piece in pieces[~shapely.intersects(pieces, other)]]
        found += [(hole, upward) for hole in holes if shapely.contains_properly(own, hole)]
    return found


def _holes(region: shapely.Geometry) -> list[shapely.Geometry]:
    return [shapely.Polygon(ring) for part in shapely.get_parts(region) for ring in part.interiors]
