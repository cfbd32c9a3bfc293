"""The margin between two contoured volumes: how far the outer one's surface lies from the inner one, everywhere.

An expansion by m has the distance m everywhere. What clinics draw hasn't: it is cropped at the skin or at an organ,
built around a volume that moves, or expanded as a box; and slices of 3 mm round every margin along their normal to
multiples of 3 mm. So a margin is a distribution, by direction.

How well it is known
--------------------
Of balls of 8 to 25 mm with margins of 2 to 8 mm, on slices of 1, 2 and 3 mm in any phase that both volumes share:

=============================  ======  ======  ======
largest error (mm)             1 mm    2 mm    3 mm
=============================  ======  ======  ======
in plane, median               0.03    0.04    0.07
in plane, 5th percentile       0.01    0.5     0.9
in plane, 95th percentile      0.08    0.09    0.44
all, mean                      0.03    0.11    0.22
all, 5th and 95th percentile   0.4     0.9     2.0
=============================  ======  ======  ======

What is off lies at the ends, where a contour may begin up to a slice late, in both volumes: distances along the slices'
normal are known to a slice. Where volumes have upright walls, distances in plane are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry import FloatArray, read_only
from rtcheck.solid import PLANARITY_TOLERANCE_MM, Solid, solid_of
from rtcheck.study import ROI
from rtcheck.surface.distance import Volume
from rtcheck.surface.memo import PairMemo
from rtcheck.surface.samples import Samples, area_mm2, sections_of, surface_samples

BoolArray = NDArray[np.bool_]

#: About so many points are asked of a surface, so far apart at least and at most (mm).
SAMPLES = 2000
SPACING_MM = (0.5, 3.0)
#: Below this distance (mm) the surface's own normal tells the direction better than the nearest point does.
NEAR_MM = 1.0
#: Within the plane of the slices are directions up to 30 degrees off it.
IN_PLANE_SINE = 0.5
#: Contours follow pixels: an outline is known to half a pixel of 1 mm.
DIGITISATION_MM = 0.5
#: So many planes show their own spacing.
SHOWN_BY_PLANES = 4
#: Percentiles that bound what counts of a distribution.
LOW_PERCENTILE, HIGH_PERCENTILE = 5.0, 95.0


class Direction(Enum):
    """Directions in the patient, each with its unit vector in DICOM patient coordinates."""

    LEFT = (1.0, 0.0, 0.0)
    RIGHT = (-1.0, 0.0, 0.0)
    POSTERIOR = (0.0, 1.0, 0.0)
    ANTERIOR = (0.0, -1.0, 0.0)
    SUPERIOR = (0.0, 0.0, 1.0)
    INFERIOR = (0.0, 0.0, -1.0)

    def __str__(self) -> str:
        return self.name.lower()

    @property
    def opposite(self) -> Direction:
        """The other way."""
        x, y, z = self.value
        return Direction((-x, -y, -z))


#: What a direction is called.
TOWARDS = {
    Direction.LEFT: "to the left",
    Direction.RIGHT: "to the right",
    Direction.ANTERIOR: "anteriorly",
    Direction.POSTERIOR: "posteriorly",
    Direction.SUPERIOR: "cranially",
    Direction.INFERIOR: "caudally",
}


@dataclass(frozen=True)
class Distribution:
    """Distances over a part of a surface, weighted with its area.

    Attributes
    ----------
    minimum_mm, low_mm, median_mm, high_mm, maximum_mm, mean_mm : float
        `low_mm` and `high_mm` are the 5th and the 95th percentile.
    share : float
        Of the whole surface.
    """

    minimum_mm: float
    low_mm: float
    median_mm: float
    high_mm: float
    maximum_mm: float
    mean_mm: float
    share: float


@dataclass(frozen=True, eq=False)
class Margin:
    """Distances from an inner volume over the surface of an outer one.

    Attributes
    ----------
    inner, outer : str
        Names of the ROIs.
    points_mm : ndarray, shape (n, 3)
        Points of the outer surface in patient coordinates.
    distances_mm : ndarray, shape (n,)
        To the inner volume; negative where the outer surface lies inside it.
    shares : ndarray, shape (n,)
        Of the outer surface, each point's; they add up to 1.
    directions : ndarray, shape (n, 3)
        Unit vectors in which the margin is measured at each point, away from the inner volume.
    normal : ndarray, shape (3,)
        Of the outer volume's contour planes.
    slice_mm : float
        Distance of contour planes, of that volume where it is larger.
    extents_mm : mapping of Direction to float
        By how much the outer volume's contours reach further than the inner one's.
    """

    inner: str
    outer: str
    points_mm: FloatArray
    distances_mm: FloatArray
    shares: FloatArray
    directions: FloatArray
    normal: FloatArray
    slice_mm: float
    extents_mm: Mapping[Direction, float]

    @cached_property
    def overall(self) -> Distribution:
        """All round."""
        return _distribution(self.distances_mm, self.shares)

    @property
    def in_plane(self) -> Distribution | None:
        """Where it is measured in the plane of the slices; None where nothing is, as of a disc of one slice."""
        return self.where(self.is_in_plane)

    @property
    def along(self) -> Distribution | None:
        """Where it is measured along the slices' normal."""
        return self.where(self._sine > np.sqrt(1.0 - IN_PLANE_SINE**2))

    def tolerance_in(self, direction: Direction) -> float:
        """How far a distance in a direction of the patient may be off (mm)."""
        sine = abs(float(np.asarray(direction.value) @ self.normal))
        return float(np.hypot(DIGITISATION_MM * np.sqrt(max(1.0 - sine**2, 0.0)), self.slice_mm * sine))

    @property
    def by_direction(self) -> dict[Direction, Distribution]:
        """By the direction in the patient that is nearest to the one measured in; without those that nothing faces."""
        found = {direction: self.where(self.faces(direction)) for direction in Direction}
        return {direction: one for direction, one in found.items() if one is not None}

    @property
    def text(self) -> str:
        """The distribution as half a sentence: in plane, and at both ends of the slices' normal."""
        middle, where = (self.in_plane, "in plane ") if self.in_plane is not None else (self.overall, "")
        parts = [
            f"median {_rounded(middle.median_mm)} mm",
            f"{_rounded(middle.low_mm)} to {_rounded(middle.high_mm)} mm {where}(5th to 95th percentile)",
        ]
        by_direction = self.by_direction
        across = max(Direction, key=lambda direction: float(np.asarray(direction.value) @ self.normal))
        for direction in (across, across.opposite):
            if direction in by_direction:
                parts.append(f"{_rounded(by_direction[direction].median_mm)} mm {TOWARDS[direction]}")
        return ", ".join(parts)

    def where(self, chosen: BoolArray) -> Distribution | None:
        """The distribution over some of the points; None for none of them."""
        return _distribution(self.distances_mm[chosen], self.shares[chosen]) if chosen.any() else None

    def share(self, chosen: BoolArray) -> float:
        """Share of the surface that some of the points stand for."""
        return float(self.shares[chosen].sum())

    def faces(self, direction: Direction) -> BoolArray:
        """The points at which the margin is measured in a direction rather than in any of the five others."""
        vectors = np.array([one.value for one in Direction])
        return np.asarray((self.directions @ vectors.T).argmax(axis=1) == list(Direction).index(direction))

    @property
    def is_in_plane(self) -> BoolArray:
        """The points at which the margin is measured in the plane of the slices."""
        return np.asarray(self._sine <= IN_PLANE_SINE)

    @cached_property
    def tolerance_mm(self) -> FloatArray:
        """How far each distance may be off: half a pixel in plane, a slice along the normal; shape ``(n,)``."""
        in_plane = DIGITISATION_MM**2 * (1.0 - self._sine**2)
        return np.sqrt(in_plane + (self.slice_mm * self._sine) ** 2)

    @cached_property
    def _sine(self) -> FloatArray:
        """Of the angle between direction and slices."""
        return np.minimum(np.abs(self.directions @ self.normal), 1.0)


def margin(inner: ROI, outer: ROI) -> Margin:
    """The margin between two ROIs; measured once as long as both live.

    Raises
    ------
    NoVolumeError
        One of them bounds no volume: no closed contours, contours that aren't parallel, or both of a single slice.
    """
    return _MARGINS.of(inner, outer, lambda: _measured(inner, outer))


def solids_of(*rois: ROI) -> tuple[Solid, ...]:
    """The solids of ROIs; one of a single slice is as thick as those of the others; errors as for `margin`."""
    spacing = spacing_mm(*rois)
    return tuple(_solid(roi, spacing) for roi in rois)


def _solid(roi: ROI, slice_spacing_mm: float | None) -> Solid:
    # Few planes don't show their own spacing, and what is taken then depends on the other ROI.
    if len(_heights_mm(roi)) < SHOWN_BY_PLANES:
        return solid_of(roi, slice_spacing_mm)
    return _SOLIDS.of(roi, roi, lambda: solid_of(roi))


def spacing_mm(*rois: ROI) -> float | None:
    """The commonest distance of the contour planes of ROIs; None where none has two planes."""
    gaps = [round(float(gap), 2) for roi in rois for gap in np.diff(_heights_mm(roi))]
    return max(set(gaps), key=gaps.count) if gaps else None


def _heights_mm(roi: ROI) -> FloatArray:
    """Where contour planes lie along the axis of the patient that is their normal, rising; empty for oblique ones."""
    contours = roi.closed_contours
    if not contours:
        return np.empty(0)
    ranges = np.ptp(contours[0].points_mm, axis=0)
    axis = int(np.argmin(ranges))
    if ranges[axis] > PLANARITY_TOLERANCE_MM:
        return np.empty(0)
    return np.unique(np.round([contour.points_mm[0, axis] for contour in contours], 2))


def samples_of(solid: Solid) -> Samples:
    """Points of a solid's surface, in its own coordinates: about `SAMPLES` of them."""
    spacing = float(np.clip(np.sqrt(area_mm2(solid) / SAMPLES), *SPACING_MM))
    return surface_samples(sections_of(solid), spacing)


def _measured(inner: ROI, outer: ROI) -> Margin:
    inner_solid, outer_solid = solids_of(inner, outer)
    samples = samples_of(outer_solid)
    points, normals = samples.points_mm @ outer_solid.axes, samples.normals @ outer_solid.axes
    found = Volume(inner_solid).distances(points)
    distance = found.distance_mm
    away = found.from_nearest_mm * np.where(distance < 0.0, -1.0, 1.0)[:, None]
    length = np.linalg.norm(away, axis=1)
    far = length > NEAR_MM
    directions = np.where(far[:, None], away / np.where(far, length, 1.0)[:, None], normals)
    arrays = (points, distance, samples.areas_mm2 / samples.areas_mm2.sum(), directions, outer_solid.axes[2].copy())
    for array in arrays:
        read_only(array)
    slice_mm = max(_slice_mm(inner_solid), _slice_mm(outer_solid))
    return Margin(inner.name, outer.name, *arrays, slice_mm, _extents_mm(inner, outer))


def _rounded(value_mm: float) -> str:
    """To a tenth, and nothing is minus zero."""
    return f"{round(value_mm, 1) + 0.0:.1f}"


def _extents_mm(inner: ROI, outer: ROI) -> Mapping[Direction, float]:
    vectors = np.array([direction.value for direction in Direction])
    low, high = (
        (np.concatenate([contour.points_mm for contour in roi.closed_contours]) @ vectors.T).max(axis=0)
        for roi in (inner, outer)
    )
    return MappingProxyType({one: float(value) for one, value in zip(Direction, high - low, strict=True)})


def _slice_mm(solid: Solid) -> float:
    return float(np.median([layer.thickness_mm for layer in solid.layers]))


def _distribution(values: FloatArray, weights: FloatArray) -> Distribution:
    order = np.argsort(values)
    ranked, share = values[order], weights[order]
    total = float(share.sum())
    middles = (np.cumsum(share) - share / 2) * (100.0 / total)
    low, median, high = np.interp([LOW_PERCENTILE, 50.0, HIGH_PERCENTILE], middles, ranked)
    mean = float(ranked @ share / total)
    return Distribution(float(ranked[0]), float(low), float(median), float(high), float(ranked[-1]), mean, total)


_MARGINS = PairMemo[Margin]()
_SOLIDS = PairMemo[Solid]()
