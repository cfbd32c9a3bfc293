"""Contours and doses with closed forms, built straight as values: no DICOM on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from rtcheck.dvh import DVH, compute_dvh
from rtcheck.geometry import FloatArray, Grid
from rtcheck.solid import solid_of
from rtcheck.study import ROI, Contour, GeometricType
from rtcheck.trilinear import DoseField

DoseFunction = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]


def rotation(*degrees: float) -> FloatArray:
    """A rotation about x, then y, then z."""
    matrix = np.eye(3)
    for axis, angle in enumerate(np.radians(degrees)):
        turn = np.eye(3)
        i, j = (axis + 1) % 3, (axis + 2) % 3
        turn[[i, j], [i, j]] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        matrix = turn @ matrix
    return matrix


# Contours: arrays of shape (n, 3) in patient millimetres.


def circle(radius_mm: float, centre_mm: Sequence[float] = (0.0, 0.0), points: int = 360) -> FloatArray:
    """A regular polygon with the *area* of the circle; shape ``(points, 2)``, counter-clockwise."""
    angle = 2 * np.pi * (np.arange(points) + 0.25) / points
    corner = radius_mm * np.sqrt(2 * np.pi / points / np.sin(2 * np.pi / points))
    return np.stack([centre_mm[0] + corner * np.cos(angle), centre_mm[1] + corner * np.sin(angle)], axis=1)


def rectangle(x0: float, y0: float, x1: float, y1: float) -> FloatArray:
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=float)


def keyhole(outer: FloatArray, inner: FloatArray) -> FloatArray:
    """One outline that runs around `outer`, over a bridge of no width, around `inner` as it is drawn, and back."""
    return np.concatenate([outer, outer[:1], inner, inner[:1]])


def at_height(outline: FloatArray, z_mm: float) -> FloatArray:
    return np.column_stack([outline, np.full(len(outline), z_mm)])


def stack(outline: FloatArray, heights_mm: Iterable[float]) -> list[FloatArray]:
    """The same outline at several heights."""
    return [at_height(outline, z) for z in heights_mm]


def planes(half_mm: float, spacing_mm: float) -> FloatArray:
    """Heights from -half to half, both included."""
    count = round(2 * half_mm / spacing_mm)
    return np.linspace(-half_mm, half_mm, count + 1)


def sphere(radius_mm: float, spacing_mm: float, points: int = 360, phase: float = 0.5) -> list[FloatArray]:
    """Contours of a sphere; with phase 0.5 the outermost slabs end at the poles."""
    first = -radius_mm + phase * spacing_mm
    heights = np.arange(first, radius_mm - 1e-9, spacing_mm)
    return [
        at_height(circle(float(np.sqrt(radius_mm**2 - z**2)), points=points), z) for z in heights if abs(z) < radius_mm
    ]


def turned(
    contours: list[FloatArray], matrix: FloatArray, shift_mm: Sequence[float] = (0.0, 0.0, 0.0)
) -> list[FloatArray]:
    """Contours rotated about the origin, then moved."""
    return [points @ matrix.T + np.asarray(shift_mm) for points in contours]


def roi(contours: Iterable[FloatArray], kind: GeometricType = GeometricType.CLOSED_PLANAR, name: str = "R") -> ROI:
    return ROI(1, name, None, tuple(Contour(kind, np.asarray(points, float)) for points in contours))


def prism_volume_cc(radii_mm: FloatArray, spacing_mm: float) -> float:
    return float(np.sum(np.pi * np.asarray(radii_mm) ** 2) * spacing_mm / 1000.0)


def segment_area(radius_mm: float | FloatArray, from_mm: float | FloatArray) -> FloatArray:
    """Area of the part of a disc that lies beyond a chord at signed distance `from_mm` of its centre."""
    x = np.clip(from_mm, -np.asarray(radius_mm), radius_mm)
    return np.asarray(radius_mm**2 * np.arccos(x / radius_mm) - x * np.sqrt(radius_mm**2 - x**2))


# Doses.


def grid(
    low_mm: Sequence[float] = (-30.0, -30.0, -30.0),
    high_mm: Sequence[float] = (30.0, 30.0, 30.0),
    spacing_mm: Sequence[float] = (2.0, 2.0, 2.0),
    matrix: FloatArray | None = None,
    reverse: Sequence[bool] = (False, False, False),
    *,
    thickness_mm: float | None = None,
) -> Grid:
    """A grid from low to high (x, y, z) in its own axes, which `matrix` turns into the patient's.

    `reverse` says along which of x, y, z the index runs against the axis. Reversed frames have falling offsets.
    """
    axes = (np.eye(3) if matrix is None else matrix).T  # rows: the grid's own x, y, z in the patient
    spacing = np.asarray(spacing_mm, float)
    count = np.round((np.asarray(high_mm) - low_mm) / spacing).astype(int) + 1
    start = np.where(reverse, np.asarray(low_mm) + (count - 1) * spacing, low_mm)
    row_direction = axes[0] * (-1.0 if reverse[0] else 1.0)
    column_direction = axes[1] * (-1.0 if reverse[1] else 1.0)
    normal = np.cross(row_direction, column_direction)
    offsets = np.arange(count[2]) * spacing[2] * (-1.0 if reverse[2] else 1.0) * float(np.sign(normal @ axes[2]))
    return Grid(
        start @ axes,
        row_direction,
        column_direction,
        float(spacing[0]),
        float(spacing[1]),
        offsets,
        (int(count[2]), int(count[1]), int(count[0])),
        "1.2.3",
        thickness_mm,
    )


def sample_points(on: Grid) -> FloatArray:
    """Patient coordinates of every sample; shape ``(*grid.shape, 3)``."""
    k, j, i = (np.arange(n) for n in on.shape)
    return (
        on.origin_mm
        + on.frame_offsets_mm[k][:, None, None, None] * on.normal
        + (j * on.row_spacing_mm)[None, :, None, None] * on.column_direction
        + (i * on.column_spacing_mm)[None, None, :, None] * on.row_direction
    )


def field(dose: DoseFunction, on: Grid | None = None) -> DoseField:
    """A dose field that holds `dose(x, y, z)` in gray at its samples."""
    on = grid() if on is None else on
    points = sample_points(on)
    gray = np.broadcast_to(dose(points[..., 0], points[..., 1], points[..., 2]), on.shape)
    return DoseField(on, np.ascontiguousarray(gray, dtype=np.float32))


def uniform(gray: float, on: Grid | None = None) -> DoseField:
    return field(lambda x, y, z: np.full_like(x, gray), on)


def linear(
    gradient: Sequence[float] = (0.0, 0.0, 1.0), on: Grid | None = None, at_origin_gy: float = 40.0
) -> DoseField:
    return field(lambda x, y, z: at_origin_gy + gradient[0] * x + gradient[1] * y + gradient[2] * z, on)


def dvh_of(
    contours: Iterable[FloatArray] | ROI, dose: DoseField, slice_spacing_mm: float | None = None, **options: object
) -> DVH:
    drawn = contours if isinstance(contours, ROI) else roi(contours)
    return compute_dvh(solid_of(drawn, slice_spacing_mm), dose, roi=drawn.name, **options)  # type: ignore[arg-type]


def number(dvh: DVH, metric: str) -> float:
    """The metric's value; fails where there is none."""
    answer = dvh[metric]
    assert answer.value is not None, str(answer)
    return answer.value
