"""Doses that are functions of position, and their samples on grids of any phase, spacing and orientation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtcheck.errors import UsageError
from rtcheck.geometry import FloatArray, Grid
from rtcheck.synthetic.solids import Vector, unit
from rtcheck.trilinear import DoseField

#: Rows: directions in which columns, rows and frames follow each other.
AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True)
class LinearDose:
    """A dose that rises evenly.

    Attributes
    ----------
    dose_gy : float
        At `at_mm`.
    gradient_gy_per_mm : tuple of float
        Rise along x, y and z; not null.
    at_mm : tuple of float
    """

    dose_gy: float
    gradient_gy_per_mm: Vector
    at_mm: Vector = (0.0, 0.0, 0.0)

    @property
    def slope_gy_per_mm(self) -> float:
        """Length of the gradient."""
        return math.hypot(*self.gradient_gy_per_mm)

    @property
    def direction(self) -> FloatArray:
        """Unit vector along the gradient."""
        return unit(self.gradient_gy_per_mm)

    def at(self, points_mm: FloatArray) -> FloatArray:
        """Dose in Gy at points of shape ``(..., 3)``."""
        return np.asarray(self.dose_gy + (points_mm - np.asarray(self.at_mm)) @ np.asarray(self.gradient_gy_per_mm))

    def offset_mm(self, dose_gy: float) -> float:
        """Where the plane of a dose lies along the gradient."""
        start = float(np.asarray(self.at_mm) @ self.direction)
        return start + (dose_gy - self.dose_gy) / self.slope_gy_per_mm


@dataclass(frozen=True)
class GaussianDose:
    """``A exp(-r^2 / 2 sigma^2)`` around a centre.

    Attributes
    ----------
    peak_gy, sigma_mm : float
    centre_mm : tuple of float
    """

    peak_gy: float
    sigma_mm: float
    centre_mm: Vector = (0.0, 0.0, 0.0)

    def at(self, points_mm: FloatArray) -> FloatArray:
        """Dose in Gy at points of shape ``(..., 3)``."""
        square = ((points_mm - np.asarray(self.centre_mm)) ** 2).sum(axis=-1)
        return np.asarray(self.peak_gy * np.exp(-square / (2 * self.sigma_mm**2)))

    def at_radius(self, radius_mm: float) -> float:
        """Dose in Gy at a distance from the centre."""
        return self.peak_gy * math.exp(-(radius_mm**2) / (2 * self.sigma_mm**2))

    def radius_mm(self, dose_gy: float) -> float:
        """Radius within which the dose is at least `dose_gy`: ``sigma sqrt(2 ln(A/D))``; infinite for no dose."""
        if dose_gy <= 0.0:
            return math.inf
        return self.sigma_mm * math.sqrt(2 * max(math.log(self.peak_gy / dose_gy), 0.0))


@dataclass(frozen=True)
class RadialDose:
    """A dose that falls evenly with the distance from a point.

    Attributes
    ----------
    peak_gy, fall_gy_per_mm : float
        Dose at the centre; how much less there is a millimetre further, above 0.
    centre_mm : tuple of float
    """

    peak_gy: float
    fall_gy_per_mm: float
    centre_mm: Vector = (0.0, 0.0, 0.0)

    def at(self, points_mm: FloatArray) -> FloatArray:
        """Dose in Gy at points of shape ``(..., 3)``."""
        distance = np.linalg.norm(points_mm - np.asarray(self.centre_mm), axis=-1)
        return np.asarray(self.peak_gy - self.fall_gy_per_mm * distance)

    def at_radius(self, radius_mm: float) -> float:
        """Dose in Gy at a distance from the centre."""
        return self.peak_gy - self.fall_gy_per_mm * radius_mm

    def radius_mm(self, dose_gy: float) -> float:
        """Radius within which the dose is at least `dose_gy`."""
        return max((self.peak_gy - dose_gy) / self.fall_gy_per_mm, 0.0)


Dose = LinearDose | GaussianDose | RadialDose


def dose_grid(
    centre_mm: Sequence[float],
    half_mm: float | Sequence[float],
    spacing_mm: float | Sequence[float],
    *,
    phase: Sequence[float] = (0.0, 0.0, 0.0),
    directions: Sequence[Sequence[float]] | FloatArray = AXIAL,
    frame_of_reference_uid: str = "2.25.1",
) -> Grid:
    """A grid around a point.

    Parameters
    ----------
    centre_mm : sequence of float, shape (3,)
        A sample lies here where the phase is 0.
    half_mm, spacing_mm : float or sequence of float, shape (3,)
        Least reach to either side, and distance of samples: along columns, rows, frames.
    phase : sequence of float, shape (3,)
        Shift of all samples in parts of a voxel.
    directions : array_like, shape (3, 3)
        Rows: unit vectors in which the columns, rows and frames follow each other, in patient coordinates; orthonormal.
        A negated row runs the other way; exchanged rows store the dose in coronal or sagittal frames.
    frame_of_reference_uid : str

    Raises
    ------
    UsageError
        If the directions aren't orthonormal.
    """
    axes = np.asarray(directions, np.float64)
    if not np.allclose(axes @ axes.T, np.eye(3), atol=1e-9):
        raise UsageError("the directions of a grid are orthonormal")
    spacing = np.broadcast_to(np.asarray(spacing_mm, np.float64), (3,))
    reach = np.ceil(np.broadcast_to(np.asarray(half_mm, np.float64), (3,)) / spacing).astype(int) + 1
    origin = np.asarray(centre_mm) + ((np.asarray(phase) - reach) * spacing) @ axes
    columns, rows, frames = (int(2 * steps + 1) for steps in reach)
    against = float(np.sign(np.cross(axes[0], axes[1]) @ axes[2]))
    return Grid(
        origin,
        axes[0].copy(),
        axes[1].copy(),
        float(spacing[0]),
        float(spacing[1]),
        np.asarray(np.arange(frames) * float(spacing[2]) * against, np.float64),
        (frames, rows, columns),
        frame_of_reference_uid,
    )


def sample_points(grid: Grid) -> FloatArray:
    """Patient coordinates of every sample in mm; shape ``(*grid.shape, 3)``."""
    return np.asarray(
        grid.origin_mm
        + grid.frame_offsets_mm[:, None, None, None] * grid.normal
        + grid.row_mm()[None, :, None, None] * grid.column_direction
        + grid.column_mm()[None, None, :, None] * grid.row_direction
    )


def sampled(dose: Dose, grid: Grid) -> DoseField:
    """A dose on the samples of a grid in single precision; 0 where the function is negative."""
    return DoseField(grid, np.maximum(dose.at(sample_points(grid)), 0.0).astype(np.float32))
