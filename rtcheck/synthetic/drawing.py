"""Contours of analytic solids on parallel planes of any spacing, phase and orientation.

Outlines are polygons with the exact area of the section. A plane that only touches a solid at its end (a pole, an apex,
the line on which a lying cylinder rests) gets a tiny contour of four points there, as in the files of the analytic
benchmark [1]_.

References
----------
.. [1] Nelms B, et al. Methods, software and datasets to verify DVH calculations against analytical values.
   Med Phys 2015;42:4435-4448.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import shapely

from rtcheck.errors import UsageError
from rtcheck.geometry import FloatArray
from rtcheck.outlines import rings, signed_area
from rtcheck.synthetic.quadrature import integral, sign_changes
from rtcheck.synthetic.revolved import Revolved
from rtcheck.synthetic.solids import Ellipsoid, Shape, Together, unit

#: Points lie about this far apart along a contour (mm), and "radius" of the contour at a tip: those of the benchmark.
POINT_SPACING_MM = 0.2
TIP_RADIUS_MM = 1 / (2 * math.pi)
#: A section of less than this (mm2) is drawn as a tip.
TIP_AREA_MM2 = 1e-3
#: A hole that runs out at an end of the solid is drawn this much further (mm).
END_OVERLAP_MM = 1e-3
#: Depth (mm) at which a tip's place and form are looked up.
TIP_DEPTH_MM = 1e-7

_Radius = Callable[[FloatArray], FloatArray]


def plane_heights(low_mm: float, high_mm: float, spacing_mm: float, phase: float = 0.0) -> FloatArray:
    """Heights ``low + (k + phase) spacing`` up to `high_mm`; with phase 0 the first plane lies on the end.

    Parameters
    ----------
    low_mm, high_mm, spacing_mm : float
    phase : float
        0 to 1; with 0.5 the slices of a solid that is a whole number of slices high end with it.

    Returns
    -------
    ndarray, shape (n,)
    """
    if not 0.0 <= phase <= 1.0 or spacing_mm <= 0.0:
        raise UsageError(f"phase {phase:g} of spacing {spacing_mm:g} mm; give 0 to 1, and a spacing above 0")
    count = math.floor((high_mm - low_mm) / spacing_mm - phase + 1e-9) + 1
    return np.asarray(low_mm + (np.arange(max(count, 0)) + phase) * spacing_mm)


def contours_of(
    shape: Shape,
    spacing_mm: float,
    phase: float = 0.0,
    *,
    axes: FloatArray | None = None,
    point_spacing_mm: float = POINT_SPACING_MM,
    keyholes: bool = False,
) -> tuple[FloatArray, ...]:
    """Contours of a solid from its lower end on.

    Parameters
    ----------
    shape : Sphere, Cylinder, Cone, Torus, Ellipsoid or Together of them
    spacing_mm, phase : float
        See `plane_heights`.
    axes : ndarray, shape (3, 3), optional
        Orthonormal rows u, v and the planes' normal in patient coordinates; axial planes where not given.
    point_spacing_mm : float
        Distance of the points along a contour.
    keyholes : bool
        Whether a hole is drawn as part of the contour around it, over a bridge of no width, or as a second contour.

    Returns
    -------
    tuple of ndarray, shape (n, 3)
        Patient coordinates in mm; plane after plane along the normal.
    """
    frame = np.eye(3) if axes is None else axes
    low, high = shape.reach_mm(frame[2])
    drawn: list[FloatArray] = []
    for height in plane_heights(low, high, spacing_mm, phase):
        found = outlines_at(shape, float(height), axes=frame, point_spacing_mm=point_spacing_mm)
        for outline in keyholed(found) if keyholes else found:
            drawn.append(np.column_stack([outline, np.full(len(outline), height)]) @ frame)
    return tuple(drawn)


def outlines_at(
    shape: Shape, height_mm: float, *, axes: FloatArray | None = None, point_spacing_mm: float = POINT_SPACING_MM
) -> list[FloatArray]:
    """The outlines of a solid in one plane, in-plane coordinates of shape ``(n, 2)``; holes run clockwise."""
    frame = np.eye(3) if axes is None else axes
    if isinstance(shape, Together):
        parts = (outlines_at(part, height_mm, axes=frame, point_spacing_mm=point_spacing_mm) for part in shape.parts)
        return [outline for part in parts for outline in part]
    found = _sections(shape, height_mm, frame, point_spacing_mm)
    if sum(signed_area(outline) for outline in found) >= TIP_AREA_MM2:
        return found
    return _tip(shape, height_mm, frame)


def keyholed(outlines: list[FloatArray]) -> list[FloatArray]:
    """Outlines whose holes are joined to what surrounds them, over a bridge of no width along the nearest points."""
    outer = [outline for outline in outlines if signed_area(outline) > 0]
    for hole in (outline for outline in outlines if signed_area(outline) <= 0):
        index = next(i for i, around in enumerate(outer) if shapely.Polygon(around).covers(shapely.Point(hole[0])))
        around = outer[index]
        distance = np.linalg.norm(around[:, None] - hole[None], axis=2)
        i, j = np.unravel_index(int(np.argmin(distance)), distance.shape)
        around, inner = np.roll(around, -int(i), axis=0), np.roll(hole, -int(j), axis=0)
        outer[index] = np.concatenate([around, around[:1], inner, inner[:1]])
    return outer


def _sections(shape: Shape, height_mm: float, axes: FloatArray, point_spacing_mm: float) -> list[FloatArray]:
    if isinstance(shape, Ellipsoid):
        return _ellipse(shape, height_mm, axes, point_spacing_mm)
    if not isinstance(shape, Revolved):
        raise UsageError(f"contours of {type(shape).__name__} aren't known")
    centre, axis = axes @ np.asarray(shape.centre_mm), axes @ unit(shape.axis)
    in_plane = float(np.hypot(axis[0], axis[1]))
    along = axis[:2] / in_plane if in_plane > 1e-12 else np.array([0.0, 1.0])
    # Rows: the symmetry's own x across the axis, and y along its shadow in the plane.
    own = np.stack([np.array([along[1], -along[0]]), along])
    region = _Slice(shape, float(axis[2]), in_plane, height_mm - float(centre[2]), point_spacing_mm)
    return [outline @ own + centre[:2] for outline in region.outlines()]


class _Slice:
    """A plane section of a solid of revolution: ``hole(y) <= |x| <= outer(y)`` in its own coordinates."""

    def __init__(self, shape: Revolved, cosine: float, sine: float, height_mm: float, point_spacing_mm: float) -> None:
        self._shape, self._cosine, self._sine, self._height = shape, cosine, sine, height_mm
        self._point_spacing_mm = point_spacing_mm

    def outlines(self) -> list[FloatArray]:
        """Rings, counter-clockwise around area and clockwise around holes."""
        bounds = self._bounds()
        if bounds is None:
            return []
        outer = self._loop(self._shape.outer_mm, *bounds)
        holes = [self._hole(*found, bounds) for found in self._hole_bounds(*bounds)]
        if not holes:
            return [outer]
        region = shapely.Polygon(outer).difference(shapely.union_all(holes))
        return [ring for ring in rings(region) if abs(signed_area(ring)) > TIP_AREA_MM2]

    def _t(self, y: FloatArray) -> FloatArray:
        low, high = self._shape.ends_mm
        return np.clip(self._height * self._cosine + y * self._sine, low, high)

    def _clearance(self, radius_mm: _Radius, y: FloatArray) -> FloatArray:
        """How much further the surface is from the axis than the plane is, at y."""
        return np.asarray(radius_mm(self._t(y)) - np.abs(y * self._cosine - self._height * self._sine))

    def _bounds(self) -> tuple[float, float] | None:
        """Between which y the plane lies inside the outer surface; None where it misses it."""
        low, high = self._shape.ends_mm
        reach = float(np.hypot(max(-low, high), self._shape.outer_mm(np.linspace(low, high, 201)).max())) + 1.0
        start, end = -reach, reach
        if self._sine > 1e-12:
            ends = sorted((end_mm - self._height * self._cosine) / self._sine for end_mm in (low, high))
            start, end = max(start, ends[0]), min(end, ends[1])
        elif not low - 1e-9 <= self._height * self._cosine <= high + 1e-9:
            return None
        if start >= end:
            return None

        def clearance(y: FloatArray) -> FloatArray:
            return self._clearance(self._shape.outer_mm, y)

        top = _highest(clearance, start, end)
        if float(clearance(np.array([top]))[0]) <= 0.0:
            return None
        return (
            start if float(clearance(np.array([start]))[0]) >= 0 else sign_changes(clearance, start, top)[0],
            end if float(clearance(np.array([end]))[0]) >= 0 else sign_changes(clearance, top, end)[0],
        )

    def _hole_bounds(self, start: float, end: float) -> list[tuple[float, float]]:
        if not self._shape.hole_mm(np.linspace(*self._shape.ends_mm, 201)).any():
            return []

        def clearance(y: FloatArray) -> FloatArray:
            return self._clearance(self._shape.hole_mm, y)

        edges = [start, *sign_changes(clearance, start, end), end]
        return [
            (a, b) for a, b in pairwise(edges) if b - a > 1e-9 and float(clearance(np.array([(a + b) / 2]))[0]) > 0.0
        ]

    def _hole(self, start: float, end: float, bounds: tuple[float, float]) -> shapely.Geometry:
        """A hole; where it runs out at the solid's end it is longer, lest a wall of rounding errors close it."""
        parts = [shapely.Polygon(self._loop(self._shape.hole_mm, start, end))]
        for here, limit in ((start, bounds[0]), (end, bounds[1])):
            width = float(self._half_width(self._shape.hole_mm, np.array([here]))[0])
            if abs(here - limit) < 1e-9 and width > 1e-5:
                parts.append(shapely.box(-width, here - END_OVERLAP_MM, width, here + END_OVERLAP_MM))
        return shapely.union_all(parts)

    def _half_width(self, radius_mm: _Radius, y: FloatArray) -> FloatArray:
        offset = y * self._cosine - self._height * self._sine
        return np.sqrt(np.maximum(radius_mm(self._t(y)) ** 2 - offset**2, 0.0))

    def _loop(self, radius_mm: _Radius, start: float, end: float) -> FloatArray:
        """Counter-clockwise polygon of the region within a surface, scaled to the region's exact area."""

        def half_width(y: FloatArray) -> FloatArray:
            return self._half_width(radius_mm, y)

        middle, half = (start + end) / 2, (end - start) / 2
        widest = float(half_width(np.linspace(start, end, 101)).max())
        perimeter = 2 * math.pi * math.hypot(half, widest) / math.sqrt(2)
        count = max(2, math.ceil(perimeter / self._point_spacing_mm / 2))
        y = middle - half * np.cos(np.pi * np.arange(count + 1) / count)
        x = half_width(y)
        # The square root of a rounding error is a sliver.
        x[[0, -1]] = np.where(x[[0, -1]] < 1e-5, 0.0, x[[0, -1]])
        right, left = np.stack([x, y], axis=1), np.stack([-x, y], axis=1)[::-1]
        loop = np.concatenate([right, left[left[:, 0] < 0]])
        area = 2 * integral(half_width, [start, middle, end])
        centre = np.array([0.0, middle])
        return np.asarray(centre + (loop - centre) * math.sqrt(area / abs(signed_area(loop))))


def _highest(function: _Radius, start: float, end: float) -> float:
    """Where a concave function is highest, by ternary search."""
    for _ in range(80):
        third = (end - start) / 3
        low, high = function(np.array([start + third, end - third]))
        start, end = (start + third, end) if low < high else (start, end - third)
    return (start + end) / 2


def _ellipse(shape: Ellipsoid, height_mm: float, axes: FloatArray, point_spacing_mm: float) -> list[FloatArray]:
    """The section ``(p - c)^T Q (p - c) <= 1`` of an ellipsoid: an ellipse around a shifted centre."""
    rows = np.asarray(shape.directions) @ axes.T
    q = rows.T @ np.diag(1 / np.asarray(shape.semi_axes_mm) ** 2) @ rows
    centre = axes @ np.asarray(shape.centre_mm)
    height = height_mm - float(centre[2])
    shift = -np.linalg.solve(q[:2, :2], q[:2, 2]) * height
    level = 1 - height**2 * float(q[2, 2] + q[:2, 2] @ shift / height) if height else 1.0
    if level <= 0.0:
        return []
    values, vectors = np.linalg.eigh(q[:2, :2])
    semi_axes = np.sqrt(level / values)
    count = max(4, math.ceil(2 * math.pi * float(np.hypot(*semi_axes)) / math.sqrt(2) / point_spacing_mm))
    angle = 2 * np.pi * np.arange(count) / count
    stretch = math.sqrt(2 * math.pi / count / math.sin(2 * math.pi / count))
    circle = stretch * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    outline = circle * semi_axes @ vectors.T + centre[:2] + shift
    return [outline if signed_area(outline) > 0 else outline[::-1]]


def _tip(shape: Shape, height_mm: float, axes: FloatArray) -> list[FloatArray]:
    """Four points where a plane touches a solid in a point or a line; nothing elsewhere."""
    low, high = shape.reach_mm(axes[2])
    inwards = next((s * TIP_DEPTH_MM for s, end in ((1, low), (-1, high)) if abs(height_mm - end) < 1e-6), None)
    if inwards is None:
        return []
    found = _sections(shape, (low if inwards > 0 else high) + inwards, axes, 10.0)
    if len(found) != 1:
        return []
    corner, opposite = found[0].min(axis=0), found[0].max(axis=0)
    # A line askew in the plane fills a box that it isn't: no tip there.
    box = (opposite - corner) / 2
    centre, half = (corner + opposite) / 2, np.maximum(box, TIP_RADIUS_MM)
    pointlike = box < TIP_RADIUS_MM
    if not pointlike.any():
        return []
    steps = [[1, 0], [0, 1], [-1, 0], [0, -1]] if pointlike.all() else [[1, 1], [-1, 1], [-1, -1], [1, -1]]
    return [centre + np.array(steps) * half]
