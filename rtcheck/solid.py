"""Contours as a solid: a stack of right prisms.

The default convention of the design: each contour reaches half way to its neighbours and half a slice beyond the ends.
A solid keeps the exact outlines; nothing is sampled here.

Slice gaps
----------
The nominal spacing of an ROI is the median gap between its contour planes. A gap of more than 1.5 nominal spacings is

* *bridged* by the contours on both sides, when at most `MAX_MISSING_SLICES` slices are missing and the outlines on both
  sides overlap: a slice was forgotten;
* *left open* otherwise, with half a nominal slice at both ends: these are two things.

Both are flagged. A gap left open between outlines that overlap is doubtful: it may as well be slices that were lost.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from rtcheck.errors import NoVolumeError
from rtcheck.geometry import FloatArray
from rtcheck.outlines import arranged, signed_areas, starts, valid_polygon
from rtcheck.study import ROI, GeometricType

#: Contours closer than this along the normal lie on one plane (mm).
PLANE_TOLERANCE_MM = 0.02
#: Points may be this far off their own plane before the contour counts as not planar (mm).
PLANARITY_TOLERANCE_MM = 0.5
#: A gap of more than this many nominal spacings is a gap.
GAP_FACTOR = 1.5
#: More missing slices than this aren't bridged.
MAX_MISSING_SLICES = 2


class Flag(enum.Enum):
    """What may make the numbers of a DVH fragile, and what was done about it."""

    MISSING_SLICE_BRIDGED = "missing-slice-bridged"
    SEPARATE_PARTS = "separate-parts"
    LARGE_GAP = "large-gap"
    NESTED_ALIKE = "nested-alike"
    SINGLE_SLICE = "single-slice"
    FEW_SLICES = "few-slices"
    UNEQUAL_SPACING = "unequal-spacing"
    NON_PLANAR = "non-planar"
    OPEN_CONTOURS_IGNORED = "open-contours-ignored"
    OVERLAPPING_CONTOURS = "overlapping-contours"
    OUTSIDE_GRID = "outside-grid"
    FEW_DOSE_VOXELS = "few-dose-voxels"
    NEAR_POINT_DOSE = "near-point-dose"
    COARSE_CONTOURS = "coarse-contours"
    SELF_INTERSECTING = "self-intersecting"
    WOUND_TWICE = "wound-twice"
    EMPTY_OPERAND = "empty-operand"
    DOUBTFUL_OPERAND = "doubtful-operand"
    DUPLICATE_CONTOURS = "duplicate-contours"
    NORMALISED = "normalised-dose"


#: With one of these the volume may be another than is meant, and no limit counts as met.
DOUBTFUL = frozenset({Flag.LARGE_GAP, Flag.NESTED_ALIKE, Flag.WOUND_TWICE, Flag.DOUBTFUL_OPERAND})


@dataclass(frozen=True)
class QualityFlag:
    """A flag with its sentence."""

    flag: Flag
    message: str


@dataclass(frozen=True, eq=False)
class Layer:
    """One prism: outlines that hold from `bottom_mm` to `top_mm` along the solid's normal.

    Attributes
    ----------
    outlines : tuple of ndarray, shape (n, 2)
        In-plane coordinates in mm. Counter-clockwise bounds area, clockwise bounds a hole in it.
    plane_mm : float or None
        Where the contours were drawn; None is the middle.
    open_below, open_above : bool
        What lies below, or above, `plane_mm` is beyond the outermost contour: how far it reaches is a convention.
    """

    bottom_mm: float
    top_mm: float
    outlines: tuple[FloatArray, ...]
    plane_mm: float | None = None
    open_below: bool = False
    open_above: bool = False

    @property
    def thickness_mm(self) -> float:
        """Height of the prism."""
        return self.top_mm - self.bottom_mm

    @property
    def at_mm(self) -> float:
        """Height at which the outlines were drawn."""
        return (self.bottom_mm + self.top_mm) / 2 if self.plane_mm is None else self.plane_mm


@dataclass(frozen=True, eq=False)
class Rings:
    """The outlines of many layers in one array.

    Attributes
    ----------
    points_mm : ndarray, shape (n, 2)
    ring_start : ndarray, shape (rings + 1,)
        Where in `points_mm` each outline starts.
    layer_start : ndarray, shape (layers + 1,)
        Where in `ring_start` each layer starts.
    """

    points_mm: FloatArray
    ring_start: NDArray[np.int64]
    layer_start: NDArray[np.int64]

    @classmethod
    def of(cls, layers: Sequence[tuple[FloatArray, ...]]) -> Rings:
        """Join the outlines of layers."""
        outlines = [outline for layer in layers for outline in layer]
        points = np.concatenate(outlines) if outlines else np.empty((0, 2))
        return cls(np.ascontiguousarray(points), starts(outlines), starts(layers))

    @cached_property
    def bounds_mm(self) -> tuple[float, float, float, float]:
        """Bounding box ``(u_min, v_min, u_max, v_max)``."""
        u, v = np.ascontiguousarray(self.points_mm.T)
        return float(u.min()), float(v.min()), float(u.max()), float(v.max())

    @cached_property
    def layer_area_mm2(self) -> FloatArray:
        """Sum of the signed areas of each layer's outlines; shape ``(layers,)``."""
        if not len(self.points_mm):
            return np.zeros(len(self.layer_start) - 1)
        areas = signed_areas(self.points_mm, self.ring_start)
        return np.asarray(np.diff(np.concatenate([[0.0], np.cumsum(areas)])[self.layer_start]))

    @cached_property
    def layer_box_mm2(self) -> FloatArray:
        """Sum of the areas of each layer's outlines' bounding boxes; shape ``(layers,)``."""
        if not len(self.points_mm):
            return np.zeros(len(self.layer_start) - 1)
        u, v = (_ranges(self.points_mm[:, axis], self.ring_start) for axis in (0, 1))
        return np.asarray(np.diff(np.concatenate([[0.0], np.cumsum(u * v)])[self.layer_start]))

    @cached_property
    def perimeter_mm(self) -> float:
        """Length of all outlines."""
        following = np.arange(1, len(self.points_mm) + 1)
        following[self.ring_start[1:] - 1] = self.ring_start[:-1]
        steps = self.points_mm[following] - self.points_mm
        return float(np.hypot(steps[:, 0], steps[:, 1]).sum())


@dataclass(frozen=True, eq=False)
class Solid:
    """A stack of prisms.

    Attributes
    ----------
    axes : ndarray, shape (3, 3)
        Orthonormal rows u, v (in plane) and n (normal), in patient coordinates; a point's solid coordinates are
        ``axes @ point_mm``.
    layers : tuple of Layer
        From low to high; empty for an empty result of an expression.
    flags : tuple of QualityFlag
    """

    axes: FloatArray
    layers: tuple[Layer, ...]
    flags: tuple[QualityFlag, ...] = ()

    @cached_property
    def rings(self) -> Rings:
        """All outlines in one array."""
        return Rings.of([layer.outlines for layer in self.layers])

    def bounds_mm(self) -> tuple[float, float, float, float]:
        """In-plane bounding box ``(u_min, v_min, u_max, v_max)`` of all outlines."""
        return self.rings.bounds_mm

    def outline_volume_cc(self) -> float:
        """Sum of signed outline areas times heights; equals the volume where outlines don't cross one another."""
        heights = np.array([layer.thickness_mm for layer in self.layers])
        return float(self.rings.layer_area_mm2 @ heights) / 1000.0


def solid_of(roi: ROI, slice_spacing_mm: float | None = None) -> Solid:
    """The solid that an ROI's closed contours bound.

    Parameters
    ----------
    roi : ROI
    slice_spacing_mm : float or None
        Spacing of the image slices or of the structure set; used where the ROI has a single plane, and for ROIs of two
        or three planes to recognise gaps.

    Raises
    ------
    NoVolumeError
        Without closed contours, for contours that aren't parallel, and for a single plane of unknown thickness.
    """
    contours = roi.closed_contours
    if not contours:
        kinds = sorted({contour.geometric_type.value for contour in roi.contours})
        raise NoVolumeError(f"only {', '.join(kinds)} contours" if kinds else "no contours")
    flags: list[QualityFlag] = []
    if len(contours) < len(roi.contours):
        ignored = len(roi.contours) - len(contours)
        flags.append(QualityFlag(Flag.OPEN_CONTOURS_IGNORED, f"{ignored} open or degenerate contours have no volume"))
    points = np.concatenate([contour.points_mm for contour in contours])
    start = starts([contour.points_mm for contour in contours])
    axes = _common_axes(points, start)
    # CLOSEDPLANAR_XOR says that overlaps are holes; CLOSED_PLANAR doesn't say.
    xor = any(contour.geometric_type is GeometricType.CLOSEDPLANAR_XOR for contour in contours)
    planes = _planes(_turned(points, axes), start, flags, join_overlaps=not xor)
    return Solid(axes, _layers(planes, slice_spacing_mm, flags), tuple(flags))


def _common_axes(points: FloatArray, start: NDArray[np.int64]) -> FloatArray:
    """Orthonormal axes u, v, n of the planes that all contours share."""
    for normal_axis in (2, 1, 0):
        if _ranges(points[:, normal_axis], start).max() <= PLANARITY_TOLERANCE_MM:
            # Cyclic order keeps the axes right-handed: (x, y, z), (z, x, y), (y, z, x).
            return np.roll(np.eye(3), 2 - normal_axis, axis=0)
    longest = int(np.argmax(np.diff(start)))
    largest = points[start[longest] : start[longest + 1]]
    normal = np.linalg.svd(largest - largest.mean(axis=0), full_matrices=False)[2][2]
    normal = normal * (1.0 if normal[np.argmax(np.abs(normal))] > 0 else -1.0)
    if _ranges(points @ normal, start).max() > PLANARITY_TOLERANCE_MM:
        raise NoVolumeError("the contours don't lie on parallel planes")
    seed = np.eye(3)[int(np.argmin(np.abs(normal)))]
    u = np.cross(seed, normal)
    u /= np.linalg.norm(u)
    return np.stack([u, np.cross(normal, u), normal])


def _turned(points: FloatArray, axes: FloatArray) -> FloatArray:
    """Points in a solid's coordinates; for axes along the patient's, columns change places and nothing is rounded."""
    if np.isin(axes, (0.0, 1.0)).all():
        return points[:, np.argmax(axes, axis=1)]
    return np.asarray(points @ axes.T)


def _ranges(values: FloatArray, start: NDArray[np.int64]) -> FloatArray:
    """Largest less smallest value of each contour."""
    first = start[:-1]
    return np.asarray(np.maximum.reduceat(values, first) - np.minimum.reduceat(values, first))


@dataclass
class _Plane:
    position_mm: float
    outlines: list[FloatArray]


def _planes(
    points: FloatArray, start: NDArray[np.int64], flags: list[QualityFlag], *, join_overlaps: bool
) -> list[_Plane]:
    """Contours in solid coordinates, sorted into planes with oriented outlines."""
    uneven = int(np.count_nonzero(_ranges(points[:, 2], start) > PLANE_TOLERANCE_MM))
    heights = np.add.reduceat(points[:, 2], start[:-1]) / np.diff(start)
    flat = np.ascontiguousarray(points[:, :2])
    areas = signed_areas(flat, start)
    planes: list[_Plane] = []
    single: list[float] = []
    for index in np.argsort(heights, kind="stable").tolist():
        position = float(heights[index])
        if not planes or position - planes[-1].position_mm > PLANE_TOLERANCE_MM:
            planes.append(_Plane(position, []))
            single.append(float(areas[index]))
        planes[-1].outlines.append(flat[start[index] : start[index + 1]])
    if uneven:
        flags.append(QualityFlag(Flag.NON_PLANAR, f"{uneven} contours have points off their plane"))
    found = []
    for plane, area in zip(planes, single, strict=True):
        if len(plane.outlines) == 1 and area != 0.0:
            # Nearly every plane: nothing to compare its only contour with.
            plane.outlines = plane.outlines if area > 0 else [np.ascontiguousarray(plane.outlines[0][::-1])]
            continue
        found.append(arranged(plane.outlines, join_overlaps=join_overlaps))
        plane.outlines = found[-1].outlines
    repeated, merged = sum(one.repeated for one in found), sum(one.joined for one in found)
    empty, alike = sum(one.empty for one in found), sum(one.alike for one in found)
    if repeated:
        flags.append(QualityFlag(Flag.DUPLICATE_CONTOURS, f"{repeated} contours are drawn twice, and count once"))
    if alike:
        text = f"on {alike} planes a contour nearly fills the one around it: a thin wall, or one contour drawn twice"
        flags.append(QualityFlag(Flag.NESTED_ALIKE, text))
    if merged:
        flags.append(QualityFlag(Flag.OVERLAPPING_CONTOURS, f"{merged} contours overlap others, taken together"))
    if empty:
        flags.append(QualityFlag(Flag.OPEN_CONTOURS_IGNORED, f"{empty} contours bound no area"))
    bounding = [plane for plane in planes if plane.outlines]
    if not bounding:
        raise NoVolumeError("the contours bound no area")
    return bounding


def _layers(planes: list[_Plane], slice_spacing_mm: float | None, flags: list[QualityFlag]) -> tuple[Layer, ...]:
    gaps = np.diff([plane.position_mm for plane in planes])
    nominal = _nominal_spacing(gaps, slice_spacing_mm)
    if nominal is None:
        raise NoVolumeError("a single contour plane, and no slice spacing is known to give it a thickness")
    _flag_slices(gaps, nominal, flags)
    is_open = [_is_open(planes[i], planes[i + 1], float(gap), nominal, flags) for i, gap in enumerate(gaps)]
    gap_mm, ends = [np.inf, *gaps, np.inf], [True, *is_open, True]

    def reach(toward: int, away: int) -> float:
        """Half way to the neighbour; at an end as far as on the other side, or half a nominal slice."""
        if not ends[toward]:
            return float(gap_mm[toward]) / 2
        return float(gap_mm[away]) / 2 if gap_mm[away] <= GAP_FACTOR * nominal else nominal / 2

    return tuple(
        Layer(
            plane.position_mm - reach(i, i + 1),
            plane.position_mm + reach(i + 1, i),
            tuple(plane.outlines),
            plane.position_mm,
            # A plane by itself has its thickness under every convention.
            ends[i] and not ends[i + 1],
            ends[i + 1] and not ends[i],
        )
        for i, plane in enumerate(planes)
    )


def _nominal_spacing(gaps: FloatArray, slice_spacing_mm: float | None) -> float | None:
    if len(gaps) == 0:
        return slice_spacing_mm
    own = float(np.median(gaps))
    # Two or three planes don't show their own spacing: one gap among them may be the hole.
    return min(own, slice_spacing_mm) if len(gaps) < 3 and slice_spacing_mm is not None else own


def _flag_slices(gaps: FloatArray, nominal: float, flags: list[QualityFlag]) -> None:
    if len(gaps) == 0:
        flags.append(QualityFlag(Flag.SINGLE_SLICE, f"one slice, taken as {nominal:g} mm thick"))
    elif len(gaps) < 4:
        flags.append(QualityFlag(Flag.FEW_SLICES, f"{len(gaps) + 1} slices: metrics are numerically fragile"))
    regular = gaps[gaps <= GAP_FACTOR * nominal]
    if len(regular) and np.ptp(regular) > 0.05 * nominal:
        flags.append(QualityFlag(Flag.UNEQUAL_SPACING, f"slices {regular.min():g} to {regular.max():g} mm apart"))


def _is_open(below: _Plane, above: _Plane, gap: float, nominal: float, flags: list[QualityFlag]) -> bool:
    """Whether a gap separates two parts; flags it either way when it is wider than a slice."""
    if gap <= GAP_FACTOR * nominal:
        return False
    missing = round(gap / nominal) - 1
    where = f"{below.position_mm:.1f} to {above.position_mm:.1f} mm"
    overlap = _overlap(below, above)
    if missing <= MAX_MISSING_SLICES and overlap:
        flags.append(QualityFlag(Flag.MISSING_SLICE_BRIDGED, f"gap of {gap:g} mm bridged, {where}"))
        return False
    flag = Flag.LARGE_GAP if overlap else Flag.SEPARATE_PARTS
    flags.append(QualityFlag(flag, f"gap of {gap:g} mm left open, {where}"))
    return True


def _overlap(below: _Plane, above: _Plane) -> bool:
    lower = shapely.union_all([valid_polygon(outline) for outline in below.outlines])
    upper = shapely.union_all([valid_polygon(outline) for outline in above.outlines])
    return bool(shapely.intersects(lower, upper))
