"""Where a margin is missing: over a sector of the circumference, or at an end along the slices' normal.

A share of the whole surface hides a part on which there is no margin at all, and distances across the slices are known
to a slice only. So two places are asked directly:

* Sectors of the circumference, 30 degrees wide and 15 degrees apart, seen from the middle of each slice. The median of
  a sector is known as well as any distance in plane.
* The ends: how far the outer volume's last contour lies beyond the inner one's. A margin m, drawn on slices s apart,
  puts it further than m - s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rtcheck.geometry import FloatArray
from rtcheck.surface.cropping import Crop, Cropping, Surroundings
from rtcheck.surface.margin import DIGITISATION_MM, BoolArray, Direction, Margin

#: Sectors of the circumference, each this wide (degrees), and so far from the next.
SECTOR_DEGREES, SECTOR_STEP_DEGREES = 30.0, 15.0
#: A sector of which less than this share is left uncropped is cropped; one that holds less of what is measured in plane
#: tells nothing.
LEAST_UNCROPPED, LEAST_SECTOR = 0.25, 0.02
#: So much (share) of an end that is too small has to be cropped to explain it.
END_CROPPED = 0.5
#: Heights of contours are rounded (mm).
HEIGHT_MM = 0.05
#: Below this share of a lower bound a sector has no margin worth the name.
MISSING = 0.5


@dataclass(frozen=True)
class Lack:
    """A place where a margin is too small.

    Attributes
    ----------
    towards : Direction
        In the patient, the nearest to it.
    margin_mm : float
        The median of a sector; at an end, how far the last contour lies beyond the inner volume's.
    is_end : bool
    is_missing : bool
        Of a sector: the median is below half of the lower bound.
    """

    towards: Direction
    margin_mm: float
    is_end: bool
    is_missing: bool


@dataclass(frozen=True, eq=False)
class Places:
    """Where a margin is too small, and what explains it elsewhere.

    Attributes
    ----------
    lacks : tuple of Lack
        One a direction at most for sectors, and one for each end: what nothing explains.
    cropped : ndarray of bool, shape (n,)
        Points of the surface on which cropping explains that the margin is too small.
    crops : tuple of Crop
    """

    lacks: tuple[Lack, ...]
    cropped: BoolArray
    crops: tuple[Crop, ...] = ()


def places(margin: Margin, low_mm: float, around: Surroundings) -> Places:
    """Where a margin is smaller than `low_mm` beyond tolerance over a sector or at an end; nowhere for a bound of 0."""
    cropped = np.zeros(len(margin.distances_mm), np.bool_)
    if low_mm <= 0.0:
        return Places((), cropped)
    lacks: list[Lack] = []
    croppings: list[Cropping] = []
    sectors = [sector for sector in _sectors(margin) if _median_mm(margin, sector) < low_mm - DIGITISATION_MM]
    if sectors:
        low = np.logical_or.reduce(sectors) & (margin.distances_mm < low_mm - DIGITISATION_MM)
        croppings.append(around.cropping(margin, low))
        lacks += _thin(margin, sectors, croppings[0].points, low_mm)
    for towards, beyond_mm in _short_ends(margin, low_mm):
        low = margin.faces(towards) & (margin.distances_mm < low_mm - DIGITISATION_MM)
        cropping = around.cropping(margin, low)
        if margin.share(cropping.points) > END_CROPPED * margin.share(low):
            croppings.append(cropping)
        else:
            lacks.append(Lack(towards, beyond_mm, is_end=True, is_missing=False))
    for one in croppings:
        cropped |= one.points
    return Places(tuple(lacks), cropped, tuple(crop for one in croppings for crop in one.crops))


def _thin(margin: Margin, sectors: list[BoolArray], cropped: BoolArray, low_mm: float) -> Iterator[Lack]:
    """The smallest median of what isn't cropped of sectors, by the direction that they lie in."""
    found: dict[Direction, float] = {}
    for sector in sectors:
        rest = sector & ~cropped
        if margin.share(rest) < LEAST_UNCROPPED * margin.share(sector):
            continue
        median_mm = _median_mm(margin, rest)
        if median_mm < low_mm - DIGITISATION_MM:
            towards = _towards(margin, rest)
            found[towards] = min(found.get(towards, median_mm), median_mm)
    for towards, median_mm in found.items():
        missing = median_mm < min(MISSING * low_mm, low_mm - DIGITISATION_MM)
        yield Lack(towards, median_mm, is_end=False, is_missing=missing)


def _sectors(margin: Margin) -> Iterator[BoolArray]:
    """The points in each sector of the circumference that are measured in plane."""
    in_plane = margin.is_in_plane
    least = LEAST_SECTOR * margin.share(in_plane)
    from_middle = _from_middle_mm(margin)
    angles = np.degrees(np.arctan2(from_middle[:, 1], from_middle[:, 0])) % 360.0
    for start in np.arange(0.0, 360.0, SECTOR_STEP_DEGREES):
        sector = in_plane & ((angles - start) % 360.0 < SECTOR_DEGREES)
        if margin.share(sector) > least:
            yield sector


def _from_middle_mm(margin: Margin) -> FloatArray:
    """Points in the plane of the slices from the middle of all that are as high; shape ``(n, 2)``."""
    first = np.eye(3)[np.argmin(np.abs(margin.normal))]
    first = first - (first @ margin.normal) * margin.normal
    first /= np.linalg.norm(first)
    flat = margin.points_mm @ np.column_stack([first, np.cross(margin.normal, first)])
    heights = margin.points_mm @ margin.normal
    _, number = np.unique(np.floor((heights - heights.min()) / margin.slice_mm).astype(int), return_inverse=True)
    weights = np.bincount(number, margin.shares)
    middles = [np.bincount(number, margin.shares * flat[:, axis]) / weights for axis in (0, 1)]
    return np.asarray(flat - np.column_stack(middles)[number])


def _short_ends(margin: Margin, low_mm: float) -> Iterator[tuple[Direction, float]]:
    """The ends at which a last contour shows that the margin is smaller than `low_mm`.

    On slices further apart than `low_mm` a last contour in the same plane shows nothing by itself; it does where the
    margin in plane is a slice or more, and would have put one beyond it.
    """
    across = max(Direction, key=lambda direction: float(np.asarray(direction.value) @ margin.normal))
    if float(np.asarray(across.value) @ margin.normal) < 1.0 - 1e-3:
        return
    median_mm = margin.in_plane.median_mm if margin.in_plane is not None else 0.0
    shown_mm = low_mm - margin.slice_mm
    if shown_mm < 0.0 and median_mm >= margin.slice_mm:
        shown_mm = 0.0
    for towards in (across, across.opposite):
        if margin.extents_mm[towards] <= shown_mm + HEIGHT_MM:
            yield towards, margin.extents_mm[towards]


def _median_mm(margin: Margin, chosen: BoolArray) -> float:
    found = margin.where(chosen)
    return found.median_mm if found is not None else float("nan")


def _towards(margin: Margin, chosen: BoolArray) -> Direction:
    """The direction in the patient in which points lie, seen from the middle of the volume."""
    weights = margin.shares[chosen]
    seen = weights @ margin.points_mm[chosen] / weights.sum() - margin.shares @ margin.points_mm
    seen = seen - (seen @ margin.normal) * margin.normal
    return max(Direction, key=lambda direction: float(np.asarray(direction.value) @ seen))
