"""Shapes and doses with closed-form volumes, for tests.

Contours follow the convention of the analytic benchmark [1]_: they lie on planes `spacing_mm` apart *including* both
ends, and each reaches half a slice beyond its plane. A cylinder of 24 mm drawn every 3 mm has 9 contours and, with the
half-slice end caps, the volume of 27 mm.

References
----------
.. [1] Nelms B, et al. Methods, software and datasets to verify DVH calculations against analytical values.
   Med Phys 2015;42:4435-4448.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rtcheck.errors import UsageError
from rtcheck.geometry import FloatArray


def plane_positions(height_mm: float, spacing_mm: float, centre_z_mm: float = 0.0) -> FloatArray:
    """z of the planes from one end of `height_mm` to the other; shape ``(n,)``, increasing.

    Raises
    ------
    UsageError
        If the height isn't a multiple of the spacing.
    """
    gaps = round(height_mm / spacing_mm)
    if abs(gaps * spacing_mm - height_mm) > 1e-6 * spacing_mm:
        raise UsageError(f"{height_mm:g} mm isn't a multiple of the contour spacing {spacing_mm:g} mm")
    return np.asarray(centre_z_mm + (np.arange(gaps + 1) - gaps / 2) * spacing_mm)


def polygon_contours(corners_mm: FloatArray, z_mm: Sequence[float] | FloatArray) -> tuple[FloatArray, ...]:
    """The same polygon, shape ``(n, 2)``, on every plane of `z_mm`."""
    corners = np.asarray(corners_mm, dtype=np.float64)
    return tuple(np.column_stack([corners, np.full(len(corners), z)]) for z in np.asarray(z_mm, dtype=np.float64))


def circle(radius_mm: float, centre_mm: Sequence[float] = (0.0, 0.0), points: int = 360) -> FloatArray:
    """A regular polygon of the area of the circle; shape ``(points, 2)``."""
    angle = 2 * np.pi * np.arange(points) / points
    corner_mm = radius_mm * np.sqrt(2 * np.pi / points / np.sin(2 * np.pi / points))
    return np.stack([centre_mm[0] + corner_mm * np.cos(angle), centre_mm[1] + corner_mm * np.sin(angle)], axis=1)


def cylinder_contours(
    radius_mm: float,
    height_mm: float,
    spacing_mm: float,
    centre_mm: Sequence[float] = (0.0, 0.0, 0.0),
    points: int = 360,
) -> tuple[FloatArray, ...]:
    """Contours of an upright cylinder; its volume with end caps is ``pi radius**2 (height + spacing)``."""
    z_mm = plane_positions(height_mm, spacing_mm, centre_mm[2])
    return polygon_contours(circle(radius_mm, centre_mm[:2], points), z_mm)


def box_contours(
    size_mm: Sequence[float], spacing_mm: float, centre_mm: Sequence[float] = (0.0, 0.0, 0.0)
) -> tuple[FloatArray, ...]:
    """Contours of a box of `size_mm` (x, y, z); its volume with end caps is ``x y (z + spacing)``."""
    signs = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    corners = np.asarray(centre_mm[:2]) + signs * np.asarray(size_mm[:2])
    return polygon_contours(corners, plane_positions(size_mm[2], spacing_mm, centre_mm[2]))


def sphere_contours(
    radius_mm: float,
    spacing_mm: float,
    centre_mm: Sequence[float] = (0.0, 0.0, 0.0),
    points: int = 360,
) -> tuple[FloatArray, ...]:
    """Contours of a sphere on planes through its centre and `spacing_mm` apart; the poles themselves aren't drawn.

    As right prisms they hold ``pi spacing sum(radius**2 - z**2)``, which tends to ``4/3 pi radius**3``.
    """
    steps = int(np.ceil(radius_mm / spacing_mm - 1e-9)) - 1
    offsets_mm = np.arange(-steps, steps + 1) * spacing_mm
    return tuple(
        polygon_contours(circle(float(np.sqrt(radius_mm**2 - z**2)), centre_mm[:2], points), [centre_mm[2] + z])[0]
        for z in offsets_mm
    )


def linear_dose(
    shape: Sequence[int],
    origin_mm: Sequence[float],
    spacing_mm: Sequence[float] = (1.0, 1.0, 1.0),
    *,
    gradient_gy_per_mm: Sequence[float] = (0.0, 0.0, 1.0),
    dose_gy: float = 16.0,
    at_mm: Sequence[float] = (0.0, 0.0, 0.0),
) -> FloatArray:
    """A dose that changes linearly, cut off at zero.

    Parameters
    ----------
    shape : sequence of int
        ``(frames, rows, columns)``.
    origin_mm : sequence of float, shape (3,)
        x, y, z of the first sample.
    spacing_mm : sequence of float, shape (3,)
        Distance of frames (z), rows (y) and columns (x).
    gradient_gy_per_mm : sequence of float, shape (3,)
        Change along x, y and z.
    dose_gy : float
        Dose at `at_mm`.
    at_mm : sequence of float, shape (3,)

    Returns
    -------
    ndarray, shape `shape`
    """
    k, j, i = np.ogrid[: shape[0], : shape[1], : shape[2]]
    x = origin_mm[0] + i * spacing_mm[2] - at_mm[0]
    y = origin_mm[1] + j * spacing_mm[1] - at_mm[1]
    z = origin_mm[2] + k * spacing_mm[0] - at_mm[2]
    gradient = gradient_gy_per_mm
    return np.asarray(np.clip(dose_gy + gradient[0] * x + gradient[1] * y + gradient[2] * z, 0.0, None))
