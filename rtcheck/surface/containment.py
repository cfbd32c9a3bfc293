"""Whether one contoured volume lies inside another, and how deep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from rtcheck.errors import NoVolumeError
from rtcheck.geometry import FloatArray
from rtcheck.solid import PLANE_TOLERANCE_MM
from rtcheck.study import ROI
from rtcheck.surface.distance import Volume
from rtcheck.surface.margin import DIGITISATION_MM, samples_of, solids_of, spacing_mm
from rtcheck.surface.memo import PairMemo
from rtcheck.surface.samples import Section, sections_of

#: What is outside of less than this share of a volume is rounding.
SLIVER = 1e-4
#: Axes closer than this are the same: those of oblique ROIs are fitted to rounded points.
AXES_TOLERANCE = 5e-4
#: Surfaces further than this (mm) from one another are known to be, and no more.
REACH_MM = 10.0


@dataclass(frozen=True)
class Containment:
    """How much of a volume lies outside another.

    Attributes
    ----------
    inner, outer : str
    volume_cc : float
        The inner volume, as prisms.
    outside_cc : float
        Of it outside the outer one.
    beyond_cc : float
        Outside by more than half a pixel in its planes; where the outer volume wasn't drawn on the same planes, outside
        of both its neighbouring contours by that.
    """

    inner: str
    outer: str
    volume_cc: float
    outside_cc: float
    beyond_cc: float

    @property
    def holds(self) -> bool:
        """Whether the inner volume lies inside but for how finely contours can be drawn."""
        return self.beyond_cc <= SLIVER * self.volume_cc

    @property
    def holds_strictly(self) -> bool:
        """The same without tolerance."""
        return self.outside_cc <= SLIVER * self.volume_cc

    @property
    def share_outside(self) -> float:
        """Of the inner volume."""
        return self.outside_cc / self.volume_cc


def containment(inner: ROI, outer: ROI) -> Containment:
    """How much of one ROI lies outside another; measured once as long as both live.

    Raises
    ------
    NoVolumeError
        One of them bounds no volume, or they are drawn on planes of different orientation.
    """
    return _CONTAINED.of(inner, outer, lambda: _contained(inner, outer))


def least_depth_mm(inner: ROI, outer: ROI) -> float:
    """How deep the inner ROI's surface lies inside the outer one where it lies least deep; negative where outside.

    At most `REACH_MM` either way: that or more. Measured once as long as both live.

    Raises
    ------
    NoVolumeError
        One of them bounds no volume.
    """
    return _DEPTHS.of(inner, outer, lambda: _least_depth_mm(inner, outer))


def _contained(inner: ROI, outer: ROI) -> Containment:
    solid, around = solids_of(inner, outer)
    if not np.allclose(solid.axes, around.axes, atol=AXES_TOLERANCE):
        raise NoVolumeError("the ROIs are drawn on planes of different orientation")
    sections = sections_of(solid)
    volume = sum(section.region.area * (section.top_mm - section.bottom_mm) for section in sections) / 1000.0
    if not _meet(inner, outer):
        return Containment(inner.name, outer.name, volume, volume, volume)
    # Also those next to the ends, which may hold what was drawn between their planes and theirs.
    next_mm = max(layer.thickness_mm for layer in around.layers)
    others = sections_of(around, sections[0].bottom_mm - next_mm, sections[-1].top_mm + next_mm)
    outside = max(volume - _shared_cc(sections, others), 0.0)
    beyond = 0.0
    if outside > SLIVER * volume:
        beyond = sum(_beyond_mm2(one, others) * (one.top_mm - one.bottom_mm) for one in sections) / 1000.0
    return Containment(inner.name, outer.name, volume, outside, min(beyond, outside))


def _shared_cc(sections: Sequence[Section], others: Sequence[Section]) -> float:
    """What two stacks of prisms share."""
    (low, high), (other_low, other_high) = (
        np.array([[one.bottom_mm, one.top_mm] for one in some]).reshape(-1, 2).T for some in (sections, others)
    )
    heights = np.minimum(high[:, None], other_high) - np.maximum(low[:, None], other_low)
    first, second = np.nonzero(heights > 0.0)
    regions, other_regions = (np.array([one.region for one in some], object) for some in (sections, others))
    areas = shapely.area(shapely.intersection(regions[first], other_regions[second]))
    return float(areas @ heights[first, second]) / 1000.0


def _meet(one: ROI, other: ROI) -> bool:
    """Whether the boxes around the contours of two ROIs meet, with a slice more all around."""
    more_mm = (spacing_mm(one, other) or 0.0) + DIGITISATION_MM
    a, b = (np.concatenate([contour.points_mm for contour in roi.closed_contours]) for roi in (one, other))
    return bool(((a.min(axis=0) - more_mm <= b.max(axis=0)) & (b.min(axis=0) - more_mm <= a.max(axis=0))).all())


def _beyond_mm2(section: Section, others: Sequence[Section]) -> float:
    """Area of a section outside of what the other volume's contours next to it bound, and of a rim around that."""
    near = [one for one in others if abs(one.at_mm - section.at_mm) <= PLANE_TOLERANCE_MM]
    near = near or [
        # As far as where the next contour would have been drawn.
        one
        for one in others
        if abs(one.at_mm - section.at_mm) < one.top_mm - one.bottom_mm - PLANE_TOLERANCE_MM
    ]
    held = shapely.buffer(shapely.union_all([one.region for one in near]), DIGITISATION_MM)
    return float(shapely.difference(section.region, held).area)


def _least_depth_mm(inner: ROI, outer: ROI) -> float:
    solid, around = solids_of(inner, outer)
    samples = samples_of(solid).points_mm @ solid.axes
    volume = Volume(around, samples, REACH_MM)
    if _is_deep(samples @ around.axes.T, volume.sections):
        return REACH_MM
    if volume.is_near:
        depth = -float(volume.distances(samples).distance_mm.max())
        return min(max(depth, -REACH_MM), REACH_MM)
    # All of it is deep inside, or all of it far outside.
    return REACH_MM if volume.holds(samples[:1]).all() else -REACH_MM


def _is_deep(points_mm: FloatArray, sections: Sequence[Section]) -> bool:
    """Whether the box around points, `REACH_MM` larger on all sides, lies inside: nearly always, and quickly told."""
    low, high = points_mm.min(axis=0) - REACH_MM, points_mm.max(axis=0) + REACH_MM
    if not sections or sections[0].bottom_mm > low[2] or sections[-1].top_mm < high[2]:
        return False
    box = shapely.box(low[0], low[1], high[0], high[1])
    return all(below.goes_on for below in sections[:-1]) and all(
        shapely.contains_properly(section.region, box) for section in sections
    )


_CONTAINED = PairMemo[Containment]()
_DEPTHS = PairMemo[float]()
