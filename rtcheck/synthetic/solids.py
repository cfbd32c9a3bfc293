"""Solids whose volume on one side of any plane has a closed form, or one smooth integral.

Every solid is a frozen value in patient coordinates (LPS, mm) that answers the same questions: its volume and centroid,
how far it reaches along a direction, and how much of it lies beyond a plane. In a dose that rises linearly, the last of
these *is* the cumulative dose-volume histogram. Here are the questions, ellipsoids, and solids put together;
`rtcheck.synthetic.revolved` has the solids of revolution.

References
----------
.. [1] Harris JW, Stocker H. Handbook of mathematics and computational science. Springer 1998, chapter 4: segment of a
   disc, cap of a sphere, ellipsoid.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from rtcheck.errors import UsageError
from rtcheck.geometry import FloatArray

Vector = tuple[float, float, float]

#: Towards the head.
SUPERIOR: Vector = (0.0, 0.0, 1.0)
#: To the patient's left.
LEFT: Vector = (1.0, 0.0, 0.0)


def segment_area(radius_mm: float | FloatArray, distance_mm: float | FloatArray) -> FloatArray:
    """Area in mm2 of the part of a disc beyond a chord at a signed distance from its centre.

    ``R^2 acos(x/R) - x sqrt(R^2 - x^2)`` [1]_; the whole disc below -R, nothing above R.
    """
    radius = np.asarray(radius_mm, np.float64)
    x = np.clip(distance_mm, -radius, radius)
    cosine = np.divide(x, radius, out=np.ones(np.broadcast(x, radius).shape), where=radius > 0)
    return np.asarray(radius**2 * np.arccos(cosine) - x * np.sqrt(np.maximum(radius**2 - x**2, 0.0)))


def cap_volume(radius_mm: float, distance_mm: float) -> float:
    """Volume in mm3 of a sphere beyond a plane at a signed distance from its centre: ``pi/3 (R - h)^2 (2R + h)``."""
    h = min(max(distance_mm, -radius_mm), radius_mm)
    return math.pi / 3 * (radius_mm - h) ** 2 * (2 * radius_mm + h)


def unit(direction: Vector | FloatArray) -> FloatArray:
    """The direction with length 1; `UsageError` for the null vector."""
    vector = np.asarray(direction, np.float64)
    length = float(np.linalg.norm(vector))
    if length == 0.0:
        raise UsageError("a direction of length 0")
    return np.asarray(vector / length)


class Shape(ABC):
    """What every solid answers."""

    @property
    @abstractmethod
    def volume_mm3(self) -> float:
        """Its volume."""

    @property
    @abstractmethod
    def centroid_mm(self) -> FloatArray:
        """Its centre of mass in patient coordinates, shape ``(3,)``."""

    @abstractmethod
    def reach_mm(self, direction: Vector | FloatArray) -> tuple[float, float]:
        """Smallest and largest ``point . direction`` over its points, for a unit vector."""

    @abstractmethod
    def volume_beyond(self, direction: Vector | FloatArray, offset_mm: float) -> float:
        """Volume in mm3 of its points with ``point . direction >= offset_mm``, for a unit vector."""

    @abstractmethod
    def contains(self, points_mm: FloatArray) -> FloatArray:
        """1 where points of shape ``(..., 3)`` lie inside, 0 elsewhere."""


@dataclass(frozen=True)
class Ellipsoid(Shape):
    """An ellipsoid in any orientation: the affine image of a sphere.

    Attributes
    ----------
    semi_axes_mm : tuple of float
    centre_mm : tuple of float
    directions : tuple of tuple of float
        Orthonormal directions of the three semi-axes in the patient.
    """

    semi_axes_mm: Vector
    centre_mm: Vector = (0.0, 0.0, 0.0)
    directions: tuple[Vector, Vector, Vector] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

    @property
    def scaled_axes(self) -> FloatArray:
        """The semi-axes as vectors, the rows of a 3 x 3 matrix in mm."""
        return np.asarray(np.asarray(self.semi_axes_mm)[:, None] * np.asarray(self.directions))

    @property
    def volume_mm3(self) -> float:
        """``4/3 pi a b c``."""
        return 4 / 3 * math.pi * math.prod(self.semi_axes_mm)

    @property
    def centroid_mm(self) -> FloatArray:
        """The centre."""
        return np.asarray(self.centre_mm, np.float64)

    def reach_mm(self, direction: Vector | FloatArray) -> tuple[float, float]:
        """``|A n|`` to either side, with the semi-axes as the rows of A."""
        half = float(np.linalg.norm(self.scaled_axes @ np.asarray(direction)))
        middle = float(np.asarray(direction) @ np.asarray(self.centre_mm))
        return middle - half, middle + half

    def volume_beyond(self, direction: Vector | FloatArray, offset_mm: float) -> float:
        """The cap of the unit ball at the same share of its reach, for affine maps keep ratios of volumes."""
        low, high = self.reach_mm(direction)
        share = (offset_mm - (low + high) / 2) / ((high - low) / 2)
        return cap_volume(1.0, share) * math.prod(self.semi_axes_mm)

    def contains(self, points_mm: FloatArray) -> FloatArray:
        """1 where points of shape ``(..., 3)`` lie inside, 0 elsewhere."""
        own = (points_mm - np.asarray(self.centre_mm)) @ np.asarray(self.directions).T / np.asarray(self.semi_axes_mm)
        inside = np.asarray((own**2).sum(axis=-1) <= 1.0)
        return inside.astype(np.float64)


@dataclass(frozen=True)
class Together(Shape):
    """Several solids that don't overlap, as one: islands, or a solid with its end caps."""

    parts: tuple[Shape, ...]

    @property
    def volume_mm3(self) -> float:
        """That of all parts."""
        return sum(part.volume_mm3 for part in self.parts)

    @property
    def centroid_mm(self) -> FloatArray:
        """Those of the parts, weighted with their volumes."""
        weights = [part.volume_mm3 for part in self.parts]
        return np.asarray(np.average([part.centroid_mm for part in self.parts], axis=0, weights=weights))

    def reach_mm(self, direction: Vector | FloatArray) -> tuple[float, float]:
        """That of the parts that reach furthest."""
        reaches = [part.reach_mm(direction) for part in self.parts]
        return min(low for low, _ in reaches), max(high for _, high in reaches)

    def volume_beyond(self, direction: Vector | FloatArray, offset_mm: float) -> float:
        """That of all parts."""
        return sum(part.volume_beyond(direction, offset_mm) for part in self.parts)

    def contains(self, points_mm: FloatArray) -> FloatArray:
        """1 where points of shape ``(..., 3)`` lie inside, 0 elsewhere."""
        return np.asarray(np.sum([part.contains(points_mm) for part in self.parts], axis=0))
