"""Margins: a solid grown or shrunk by a distance, in all directions alike.

A point belongs to ``A + r`` where a ball of radius r around it meets A, and to ``A - r`` where the ball lies in A: what
is left when the complement of A grows. Axes of the solid are of no account, so oblique ROIs are no special case.

What grows
----------
A prism of outline R from b to t contributes, at the height z, R buffered by ``sqrt(r**2 - h**2)``, h the distance from
z to [b, t]; the cross-section of ``A + r`` is the union of these. Taken literally, a stack of prisms grows at the
corners of its stairs, which stand out of the surface that the contours were drawn on: a sphere of 20 mm on slices of
2 mm plus 5 mm becomes 4.6 % too large. So each *contour* grows from its own plane; the prism between two planes from
what both contours share, which is all of it where the wall is upright; the border between them from half the way
between the two contours; and the ends, also those of a part that ends while others go on, from the half slice that the
default convention gives them. Boxes and cylinders are exact but for rounding (0.04 %; 0.2 % where little is left), and
spheres of 20 to 30 mm, grown or shrunk by 3 to 10 mm, within 0.5 % on slices of 1 and 2 mm and 0.9 % on 3 mm. Where
slices are so near one another that it makes no difference, the contours alone grow.

A itself always belongs to ``A + r``, and ``A - r`` to A. A grown solid doesn't know the stairs that it came from:
shrunk again it may lack their corners, which an expression ``A + r - r`` puts back.

How it is cut
-------------
The result is a stack of thin prisms. Cuts are at the planes and ends of the layers and evenly around the quarter circle
beyond the ends; in each slab ``sqrt(r**2 - h**2)`` takes its mean, so that surface times thickness comes out exactly.

Other conventions
-----------------
How far a solid reaches beyond its outermost contour is a convention, and a margin doesn't make it less of one. What
lies beyond (the plane of the outermost contour + r) is marked as beyond the outermost contour of the result; for
``A - r`` the same holds of the plane - r. Between its slabs a result is read as the contours are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from rtcheck.geometry import FloatArray
from rtcheck.outlines import region_of, rings
from rtcheck.roi_algebra.booleans import MIN_THICKNESS_MM
from rtcheck.solid import Layer, Solid

#: A chord lies no further from its arc than this share of the solid's width, and outlines lose corners that stand out
#: less; at least and at most (mm).
TOLERANCE = 1 / 4000
TOLERANCE_MM = (0.01, 0.05)
#: Length along the quarter circle beyond an end that one slab stands for (mm), and how many slabs there are at least.
ARC_STEP_MM = 1.0
ARC_SLABS = 6
#: Slabs within a solid are no thicker than half the margin, but for these limits (mm).
SLAB_MM = (0.5, 1.5)
#: Between two planes what grows from them alone sags. Less than the first (mm) is left so; with more, what both share
#: grows from one to the other, and above the second something half the way between them too.
SAG_MM = (0.01, 0.03)
#: Layers thicker than this share of the margin are cut at their planes.
THICK = 1 / 8
#: So many regions are joined before the others are looked at again.
JOINED_AT_ONCE = 6
#: Two regions whose areas differ by less than this share are the same.
_SAME = 1e-9


def with_margin(solid: Solid, distance_mm: float) -> Solid:
    """The solid grown by a distance, or shrunk by a negative one; without a margin the solid itself.

    Parameters
    ----------
    solid : Solid
    distance_mm : float

    Returns
    -------
    Solid
        With the same axes and flags; without layers where nothing is left.
    """
    if not solid.layers or distance_mm == 0.0:
        return solid
    layers = _grown(solid.layers, distance_mm) if distance_mm > 0.0 else _shrunk(solid.layers, -distance_mm)
    return Solid(solid.axes, layers, solid.flags)


@dataclass(frozen=True)
class _Prism:
    """A region from a bottom to a top, drawn from `low_mm` to `high_mm`: on one plane, or all the way."""

    bottom_mm: float
    low_mm: float
    high_mm: float
    top_mm: float
    region: shapely.Geometry


def _grown(layers: tuple[Layer, ...], radius_mm: float) -> tuple[Layer, ...]:
    prisms = [_prism(layer) for layer in layers]
    tolerance = _tolerance_mm(prisms)
    growing = _Growing(prisms, radius_mm, tolerance)
    cores = [(low - radius_mm, high + radius_mm) for low, high in _cores(layers)]
    cuts = _cuts(prisms, radius_mm, [*np.ravel(cores), *_beyond_ends(prisms, radius_mm)])
    middles = (cuts[:-1] + cuts[1:]) / 2
    own = _regions_at(prisms, middles)
    sections = [shapely.union(*pair) for pair in zip(own, growing.sections(cuts), strict=True)]
    return _layers(cuts, [shapely.simplify(section, tolerance) for section in sections], cores)


def _shrunk(layers: tuple[Layer, ...], radius_mm: float) -> tuple[Layer, ...]:
    prisms = [_prism(layer) for layer in layers]
    tolerance = _tolerance_mm(prisms)
    growing = _Growing(_complement(prisms, radius_mm), radius_mm, tolerance)
    cores = [(low + radius_mm, high - radius_mm) for low, high in _cores(layers)]
    ends = [height for run in _runs(prisms) for height in (run[0].bottom_mm + radius_mm, run[-1].top_mm - radius_mm)]
    cuts = _cuts(prisms, radius_mm, [*np.ravel(cores), *ends])
    cuts = cuts[(cuts >= prisms[0].bottom_mm) & (cuts <= prisms[-1].top_mm)]
    own = _regions_at(prisms, (cuts[:-1] + cuts[1:]) / 2)
    sections = [shapely.difference(*pair) for pair in zip(own, growing.sections(cuts), strict=True)]
    return _layers(cuts, [shapely.simplify(section, tolerance) for section in sections], cores)


def _prism(layer: Layer) -> _Prism:
    return _Prism(layer.bottom_mm, layer.at_mm, layer.at_mm, layer.top_mm, region_of(layer.outlines))


def _tolerance_mm(prisms: Sequence[_Prism]) -> float:
    """How far outlines may be off."""
    u_min, v_min, u_max, v_max = shapely.total_bounds([prism.region for prism in prisms])
    return float(np.clip(max(u_max - u_min, v_max - v_min) * TOLERANCE, *TOLERANCE_MM))


def _complement(prisms: Sequence[_Prism], radius_mm: float) -> list[_Prism]:
    """What lies around prisms, beyond their ends and in their gaps: as far as it matters."""
    bounds = shapely.total_bounds([prism.region for prism in prisms])
    around = shapely.box(*(bounds + np.array([-1, -1, 1, 1]) * (4.0 * radius_mm)))
    found: list[_Prism] = []

    def fill(bottom_mm: float, top_mm: float) -> None:
        if top_mm - bottom_mm > MIN_THICKNESS_MM:
            found.append(_Prism(bottom_mm, bottom_mm, top_mm, top_mm, around))

    fill(prisms[0].bottom_mm - 2 * radius_mm, prisms[0].bottom_mm)
    for index, prism in enumerate(prisms):
        outside = shapely.difference(around, prism.region)
        found.append(_Prism(prism.bottom_mm, prism.low_mm, prism.high_mm, prism.top_mm, outside))
        if index + 1 < len(prisms):
            fill(prism.top_mm, prisms[index + 1].bottom_mm)
    fill(prisms[-1].top_mm, prisms[-1].top_mm + 2 * radius_mm)
    return found


class _Growing:
    """Regions that hold from a height to another, and grow by a radius."""

    def __init__(self, prisms: Sequence[_Prism], radius_mm: float, tolerance_mm: float) -> None:
        self._radius_mm = radius_mm
        plain = [replace(prism, region=shapely.simplify(prism.region, tolerance_mm / 2)) for prism in prisms]
        sources = _sources(plain, radius_mm)
        self._low_mm, self._high_mm = (np.array([source[end] for source in sources]) for end in (0, 1))
        self._regions = np.array([source[2] for source in sources])
        turn = math.acos(max(1.0 - tolerance_mm / radius_mm, 0.0))
        self._quarter = max(math.ceil(math.pi / 4 / turn), 4)

    def sections(self, cuts_mm: FloatArray) -> list[shapely.Geometry]:
        """The cross-section of every slab between two cuts."""
        middles = (cuts_mm[:-1] + cuts_mm[1:]) / 2
        beyond = np.maximum(self._low_mm - middles[:, None], middles[:, None] - self._high_mm)
        slab, source = np.nonzero(beyond < self._radius_mm)
        half = (np.diff(cuts_mm) / 2)[slab]
        radii = _mean_radius(beyond[slab, source], half, self._radius_mm)
        # Many slabs ask for the same.
        asked, index = np.unique(np.column_stack([source, np.round(radii, 6)]), axis=0, return_inverse=True)
        grown = shapely.buffer(self._regions[asked[:, 0].astype(int)], asked[:, 1], quad_segs=self._quarter)
        of_slab = np.split(grown[index.reshape(-1)], np.searchsorted(slab, np.arange(1, len(middles))))
        return [_union(parts) for parts in of_slab]


def _union(parts: NDArray[np.object_]) -> shapely.Geometry:
    """The union of regions most of which lie in others: to look for these is cheaper than to join them."""
    if not len(parts):
        return shapely.Polygon()
    left = parts[np.argsort(-shapely.area(parts))]
    joined = left[0]
    while len(left := left[1:]):
        shapely.prepare(joined)
        left = left[~shapely.covers(joined, left)]
        joined = shapely.union_all([joined, *left[:JOINED_AT_ONCE]])
        left = left[JOINED_AT_ONCE - 1 :]
    return joined


def _sources(prisms: Sequence[_Prism], radius_mm: float) -> list[tuple[float, float, shapely.Geometry]]:
    """What grows: bottom, top and region; see the module."""
    regions = np.array([prism.region for prism in prisms])
    shared = shapely.intersection(regions[:-1], regions[1:])
    touch = [above.bottom_mm - below.top_mm <= MIN_THICKNESS_MM for below, above in pairwise(prisms)]
    found: list[tuple[float, float, shapely.Geometry]] = []
    held = np.zeros(len(prisms) + 1)  # area of what grows between a prism and the one below
    for index, (below, above) in enumerate(pairwise(prisms)):
        region = shared[index]
        sag_mm = (above.low_mm - below.high_mm) ** 2 / (8 * radius_mm)
        if not touch[index] or region.area == 0.0 or sag_mm <= SAG_MM[0]:
            continue
        held[index + 1] = region.area
        found.append((below.high_mm, above.low_mm, region))
        if sag_mm > SAG_MM[1] and not (half_way := _half_way(below.region, above.region, region)).is_empty:
            found.append((below.top_mm, below.top_mm, half_way))
    for index, prism in enumerate(prisms):
        if prism.high_mm > prism.low_mm or held[index : index + 2].max() < prism.region.area * (1.0 - _SAME):
            found.append((prism.low_mm, prism.high_mm, prism.region))
        upper = prisms[index + 1] if index < len(touch) and touch[index] else None
        lower = prisms[index - 1] if index and touch[index - 1] else None
        ends = ((upper, prism.high_mm, prism.top_mm), (lower, prism.bottom_mm, prism.low_mm))
        for neighbour, low, high in ends:
            ending = _ending(prism.region, neighbour)
            if high > low and not ending.is_empty:
                found.append((low, high, ending))
    return found


def _half_way(below: shapely.Geometry, above: shapely.Geometry, shared: shapely.Geometry) -> shapely.Geometry:
    """A region between those of two planes, as far from what they share as from what they cover; empty if alike."""
    between = shapely.get_parts(shapely.symmetric_difference(below, above))
    between = between[shapely.intersects(between, shared)]
    area, length = shapely.area(between).sum(), shapely.length(between).sum()
    if area <= shared.area * _SAME:
        return shapely.Polygon()
    # A strip is twice its area over its perimeter wide.
    near = shapely.buffer(shared, area / length, quad_segs=4)
    return shapely.union(shared, shapely.intersection(shapely.union_all(between), near))


def _ending(region: shapely.Geometry, neighbour: _Prism | None) -> shapely.Geometry:
    """The parts of a region that nothing of its neighbour continues."""
    if neighbour is None:
        return region
    parts = shapely.get_parts(region)
    return shapely.union_all(parts[~shapely.intersects(parts, neighbour.region)])


def _mean_radius(beyond_mm: FloatArray, half_mm: FloatArray, radius_mm: float) -> FloatArray:
    """Mean of ``sqrt(r**2 - h**2)`` over slabs whose middles lie `beyond_mm` outside of what grows."""
    near, far = (np.clip(beyond_mm + sign * half_mm, 0.0, radius_mm) / radius_mm for sign in (-1, 1))
    integral = [(h * np.sqrt(1.0 - h * h) + np.arcsin(h)) / 2 for h in (near, far)]
    mean = (integral[1] - integral[0]) * radius_mm**2 / (2 * half_mm)
    return np.asarray(np.where(beyond_mm <= 0.0, radius_mm, mean))


def _runs(prisms: Sequence[_Prism]) -> list[list[_Prism]]:
    """Prisms that touch one another."""
    runs = [[prisms[0]]]
    for below, above in pairwise(prisms):
        if above.bottom_mm - below.top_mm > MIN_THICKNESS_MM:
            runs.append([])
        runs[-1].append(above)
    return runs


def _cores(layers: tuple[Layer, ...]) -> list[tuple[float, float]]:
    """From where to where layers that touch lie within the outermost contours."""
    cores: list[tuple[float, float]] = []
    for layer in layers:
        low = layer.at_mm if layer.open_below else layer.bottom_mm
        high = layer.at_mm if layer.open_above else layer.top_mm
        if cores and low - cores[-1][1] <= MIN_THICKNESS_MM:
            low, _ = cores.pop()
        cores.append((low, high))
    return cores


def _beyond_ends(prisms: Sequence[_Prism], radius_mm: float) -> FloatArray:
    """Cuts beyond the ends of prisms, evenly around a quarter circle."""
    count = max(math.ceil(radius_mm * math.pi / 2 / ARC_STEP_MM), ARC_SLABS)
    arc = radius_mm * np.sin(np.arange(1, count + 1) * math.pi / 2 / count)
    return np.concatenate([cuts for run in _runs(prisms) for cuts in (run[0].bottom_mm - arc, run[-1].top_mm + arc)])


def _cuts(prisms: Sequence[_Prism], radius_mm: float, more_mm: Sequence[float]) -> FloatArray:
    """Heights between which a result has one cross-section each: all changes of the prisms, and more."""
    heights = [height for prism in prisms for height in (prism.bottom_mm, prism.top_mm)]
    thick = [prism for prism in prisms if prism.top_mm - prism.bottom_mm > THICK * radius_mm]
    heights += [prism.low_mm for prism in thick]
    heights += map(float, more_mm)
    thickest = min(max(radius_mm / 2, SLAB_MM[0]), SLAB_MM[1])
    cuts: list[float] = []
    for height in sorted(heights):
        gap = height - cuts[-1] if cuts else math.inf
        if gap <= MIN_THICKNESS_MM:
            continue
        within = bool(cuts) and any(prism.bottom_mm < height and cuts[-1] < prism.top_mm for prism in prisms)
        pieces = max(math.ceil(gap / thickest - 1e-9), 1) if within else 1
        cuts += [cuts[-1] + gap * piece / pieces for piece in range(1, pieces)]
        cuts.append(height)
    return np.array(cuts)


def _regions_at(prisms: Sequence[_Prism], heights_mm: FloatArray) -> list[shapely.Geometry]:
    """The cross-sections of prisms at heights."""
    bottoms: NDArray[np.float64] = np.array([prism.bottom_mm for prism in prisms])
    found = []
    for height, index in zip(heights_mm, np.searchsorted(bottoms, heights_mm, side="right") - 1, strict=True):
        inside = index >= 0 and height < prisms[index].top_mm
        found.append(prisms[index].region if inside else shapely.Polygon())
    return found


def _layers(cuts: FloatArray, sections: list[shapely.Geometry], cores: list[tuple[float, float]]) -> tuple[Layer, ...]:
    """Slabs as layers; those outside of every core lie beyond the outermost contours."""
    layers = []
    for (bottom, top), section in zip(pairwise(cuts.tolist()), sections, strict=True):
        outlines = tuple(rings(section))
        if not outlines:
            continue
        middle = (bottom + top) / 2
        low, high = min(cores, key=lambda core: max(core[0] - middle, middle - core[1]))
        if low <= middle <= high:
            layers.append(Layer(bottom, top, outlines))
            continue
        above = middle > (low + high) / 2
        layers.append(Layer(bottom, top, outlines, bottom if above else top, not above, above))
    return tuple(layers)
