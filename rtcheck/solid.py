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
from dataclasses import dataclass

import numpy as np
import shapely

from rtcheck.errors import NoVolumeError
from rtcheck.geometry import FloatArray
from rtcheck.outlines import distinct, nested_alike, oriented, signed_area, valid_polygon, without_overlaps
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
    EMPTY_OPERAND = "empty-operand"
    DUPLICATE_CONTOURS = "duplicate-contours"


#: With one of these the contours may mean another volume, and no limit counts as met.
DOUBTFUL = frozenset({Flag.LARGE_GAP, Flag.NESTED_ALIKE})


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
    """

    bottom_mm: float
    top_mm: float
    outlines: tuple[FloatArray, ...]

    @property
    def thickness_mm(self) -> float:
        """Height of the prism."""
        return self.top_mm - self.bottom_mm


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

    def bounds_mm(self) -> tuple[float, float, float, float]:
        """In-plane bounding box ``(u_min, v_min, u_max, v_max)`` of all outlines."""
        lows = np.min([outline.min(axis=0) for layer in self.layers for outline in layer.outlines], axis=0)
        highs = np.max([outline.max(axis=0) for layer in self.layers for outline in layer.outlines], axis=0)
        return float(lows[0]), float(lows[1]), float(highs[0]), float(highs[1])

    def outline_volume_cc(self) -> float:
        """Sum of signed outline areas times heights; equals the volume where outlines don't cross one another."""
        total = sum(signed_area(outline) * layer.thickness_mm for layer in self.layers for outline in layer.outlines)
        return total / 1000.0


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
    axes = _common_axes([contour.points_mm for contour in contours])
    # CLOSEDPLANAR_XOR says that overlaps are holes; CLOSED_PLANAR doesn't say.
    xor = any(contour.geometric_type is GeometricType.CLOSEDPLANAR_XOR for contour in contours)
    planes = _planes([contour.points_mm @ axes.T for contour in contours], flags, join_overlaps=not xor)
    return Solid(axes, _layers(planes, slice_spacing_mm, flags), tuple(flags))


def _common_axes(contours: list[FloatArray]) -> FloatArray:
    """Orthonormal axes u, v, n of the planes that all contours share."""
    for normal_axis in (2, 1, 0):
        if all(np.ptp(points[:, normal_axis]) <= PLANARITY_TOLERANCE_MM for points in contours):
            # Cyclic order keeps the axes right-handed: (x, y, z), (z, x, y), (y, z, x).
            return np.roll(np.eye(3), 2 - normal_axis, axis=0)
    largest = max(contours, key=len)
    normal = np.linalg.svd(largest - largest.mean(axis=0), full_matrices=False)[2][2]
    normal = normal * (1.0 if normal[np.argmax(np.abs(normal))] > 0 else -1.0)
    if any(np.ptp(points @ normal) > PLANARITY_TOLERANCE_MM for points in contours):
        raise NoVolumeError("the contours don't lie on parallel planes")
    seed = np.eye(3)[int(np.argmin(np.abs(normal)))]
    u = np.cross(seed, normal)
    u /= np.linalg.norm(u)
    return np.stack([u, np.cross(normal, u), normal])


@dataclass
class _Plane:
    position_mm: float
    outlines: list[FloatArray]


def _planes(contours: list[FloatArray], flags: list[QualityFlag], *, join_overlaps: bool) -> list[_Plane]:
    """Contours in solid coordinates, sorted into planes with oriented outlines."""
    planes: list[_Plane] = []
    uneven = repeated = merged = empty = alike = 0
    for points in sorted(contours, key=lambda points: float(points[:, 2].mean())):
        uneven += bool(np.ptp(points[:, 2]) > PLANE_TOLERANCE_MM)
        position = float(points[:, 2].mean())
        if not planes or position - planes[-1].position_mm > PLANE_TOLERANCE_MM:
            planes.append(_Plane(position, []))
        planes[-1].outlines.append(np.ascontiguousarray(points[:, :2]))
    if uneven:
        flags.append(QualityFlag(Flag.NON_PLANAR, f"{uneven} contours have points off their plane"))
    for plane in planes:
        once = distinct(plane.outlines)
        apart, overlaps = without_overlaps(once) if join_overlaps else (once, 0)
        turned = oriented(apart)
        alike += nested_alike(apart)
        repeated += len(plane.outlines) - len(once)
        merged += overlaps
        empty += len(apart) - len(turned)
        plane.outlines = turned
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
        Layer(plane.position_mm - reach(i, i + 1), plane.position_mm + reach(i + 1, i), tuple(plane.outlines))
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
