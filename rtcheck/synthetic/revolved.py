"""Solids of revolution: sphere and shell, cylinder, disc and ring, cone, torus.

References
----------
.. [1] Nelms B, et al. Methods, software and datasets to verify DVH calculations against analytical values.
   Med Phys 2015;42:4435-4448.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from rtcheck.geometry import FloatArray
from rtcheck.synthetic.quadrature import Function, integral, sign_changes
from rtcheck.synthetic.solids import SUPERIOR, Shape, Together, Vector, cap_volume, segment_area, unit

#: A direction runs along an axis where its sine to it is smaller than this, and across it where its cosine is.
PARALLEL = 1e-7


@dataclass(frozen=True, kw_only=True)
class Revolved(Shape):
    """A solid of revolution: a radius over the position t along its axis, perhaps with a hole around the axis.

    Attributes
    ----------
    centre_mm : tuple of float
        Where t is 0.
    axis : tuple of float
        Direction in which t grows, of any length.
    """

    centre_mm: Vector = (0.0, 0.0, 0.0)
    axis: Vector = SUPERIOR

    @property
    @abstractmethod
    def ends_mm(self) -> tuple[float, float]:
        """The range of t."""

    @abstractmethod
    def outer_mm(self, t_mm: FloatArray) -> FloatArray:
        """Radius of the outer surface at t, within the ends."""

    def hole_mm(self, t_mm: FloatArray) -> FloatArray:
        """Radius of the hole at t, 0 where there is none."""
        return np.zeros_like(t_mm)

    @property
    def kinks_mm(self) -> tuple[float, ...]:
        """Positions t between which both radii are smooth; the ends are the first and the last."""
        return self.ends_mm

    @property
    def centroid_mm(self) -> FloatArray:
        """The centre, for all solids that are alike at both ends."""
        return np.asarray(self.centre_mm, np.float64)

    def contains(self, points_mm: FloatArray) -> FloatArray:
        """1 where points of shape ``(..., 3)`` lie inside, 0 elsewhere."""
        own = points_mm - np.asarray(self.centre_mm)
        t = own @ unit(self.axis)
        low, high = self.ends_mm
        clipped = np.clip(t, low, high)
        distance = np.sqrt(np.maximum((own**2).sum(axis=-1) - t**2, 0.0))
        inside = (distance <= self.outer_mm(clipped)) & (distance >= self.hole_mm(clipped))
        return np.asarray(inside & (t >= low) & (t <= high)).astype(np.float64)

    def volume_beyond(self, direction: Vector | FloatArray, offset_mm: float) -> float:
        """Volume in mm3 of its points with ``point . direction >= offset_mm``, for a unit vector."""
        cosine, distance = self._seen_from(direction, offset_mm)
        return self.beyond_by_integral(cosine, distance)

    def beyond_by_integral(self, cosine: float, distance_mm: float) -> float:
        """The same as one integral along the axis, for any solid of revolution and any direction.

        The disc at t lies beyond a plane at distance h from the centre, whose normal is at the angle a to the axis, by
        the segment at ``(h - t cos a) / sin a`` from its own centre; segments are added up over t. Relative error
        below 1e-9.
        """
        sine = _sine(cosine)
        low, high = self.ends_mm
        if sine < PARALLEL:
            edge = distance_mm / cosine
            low, high = (max(low, edge), high) if cosine > 0 else (low, min(high, edge))
            kinks = sorted({low, high, *(kink for kink in self.kinks_mm if low < kink < high)})
            return (
                integral(lambda t: np.pi * (self.outer_mm(t) ** 2 - self.hole_mm(t) ** 2), kinks) if high > low else 0.0
            )

        def cut(t: FloatArray) -> FloatArray:
            chord = (distance_mm - t * cosine) / sine
            return np.asarray(segment_area(self.outer_mm(t), chord) - segment_area(self.hole_mm(t), chord))

        def touches(radius_mm: Function, side: float) -> list[float]:
            return sign_changes(lambda t: distance_mm - t * cosine - side * sine * radius_mm(t), low, high)

        surfaces = [(radius, side) for radius in (self.outer_mm, self.hole_mm) for side in (-1.0, 1.0)]
        return integral(cut, sorted({*self.kinks_mm, *(t for surface in surfaces for t in touches(*surface))}))

    def _seen_from(self, direction: Vector | FloatArray, offset_mm: float = 0.0) -> tuple[float, float]:
        """Cosine of a direction to the axis, and the distance of a plane across it from the centre."""
        vector = np.asarray(direction, np.float64)
        return float(vector @ unit(self.axis)), offset_mm - float(vector @ np.asarray(self.centre_mm))


@dataclass(frozen=True)
class Sphere(Revolved):
    """A ball, or with a hole a spherical shell.

    Attributes
    ----------
    radius_mm, hole_radius_mm : float
    """

    radius_mm: float
    hole_radius_mm: float = 0.0

    @property
    def ends_mm(self) -> tuple[float, float]:
        """The poles."""
        return -self.radius_mm, self.radius_mm

    @property
    def kinks_mm(self) -> tuple[float, ...]:
        """The poles, and those of the hole."""
        hole = (-self.hole_radius_mm, self.hole_radius_mm) if self.hole_radius_mm else ()
        return tuple(sorted((*self.ends_mm, *hole)))

    def outer_mm(self, t_mm: FloatArray) -> FloatArray:
        """``sqrt(R^2 - t^2)``."""
        return np.sqrt(np.maximum(self.radius_mm**2 - t_mm**2, 0.0))

    def hole_mm(self, t_mm: FloatArray) -> FloatArray:
        """``sqrt(r^2 - t^2)``, 0 beyond r."""
        return np.sqrt(np.maximum(self.hole_radius_mm**2 - t_mm**2, 0.0))

    @property
    def volume_mm3(self) -> float:
        """``4/3 pi (R^3 - r^3)``."""
        return 4 / 3 * math.pi * (self.radius_mm**3 - self.hole_radius_mm**3)

    def reach_mm(self, direction: Vector | FloatArray) -> tuple[float, float]:
        """One radius to either side of the centre."""
        middle = -self._seen_from(direction)[1]
        return middle - self.radius_mm, middle + self.radius_mm

    def volume_beyond(self, direction: Vector | FloatArray, offset_mm: float) -> float:
        """A cap; that of the hole is missing."""
        distance = self._seen_from(direction, offset_mm)[1]
        return cap_volume(self.radius_mm, distance) - cap_volume(self.hole_radius_mm, distance)


@dataclass(frozen=True)
class Cylinder(Revolved):
    """A cylinder with flat ends; a low one is a disc, and one with a hole a ring.

    Attributes
    ----------
    radius_mm, height_mm, hole_radius_mm : float
    """

    radius_mm: float
    height_mm: float
    hole_radius_mm: float = 0.0

    @property
    def ends_mm(self) -> tuple[float, float]:
        """Half the height to either side."""
        return -self.height_mm / 2, self.height_mm / 2

    def outer_mm(self, t_mm: FloatArray) -> FloatArray:
        """The same everywhere."""
        return np.full_like(t_mm, self.radius_mm)

    def hole_mm(self, t_mm: FloatArray) -> FloatArray:
        """The same everywhere."""
        return np.full_like(t_mm, self.hole_radius_mm)

    @property
    def volume_mm3(self) -> float:
        """``pi (R^2 - r^2) H``."""
        return math.pi * (self.radius_mm**2 - self.hole_radius_mm**2) * self.height_mm

    def reach_mm(self, direction: Vector | FloatArray) -> tuple[float, float]:
        """Half the height times the cosine to the axis, and the radius times the sine, to either side."""
        cosine, offset = self._seen_from(direction)
        half = abs(cosine) * self.height_mm / 2 + _sine(cosine) * self.radius_mm
        return -offset - half, -offset + half

    def volume_beyond(self, direction: Vector | FloatArray, offset_mm: float) -> float:
        """Linear along the axis; segment times height across it; one integral between."""
        cosine, distance = self._seen_from(direction, offset_mm)
        if _sine(cosine) < PARALLEL:
            share = min(max(0.5 - distance / self.height_mm, 0.0), 1.0)
            return share * self.volume_mm3
        if abs(cosine) < PARALLEL:
            area = segment_area(self.radius_mm, distance) - segment_area(self.hole_radius_mm, distance)
            return float(area) * self.height_mm
        return self.beyond_by_integral(cosine, distance)


@dataclass(frozen=True)
class Cone(Revolved):
    """A cone with its base at the far end of the axis and its apex at the near one; `centre_mm` is half way up.

    Attributes
    ----------
    radius_mm, height_mm : float
        Radius of the base.
    """

    radius_mm: float
    height_mm: float

    @property
    def ends_mm(self) -> tuple[float, float]:
        """The apex, and the base."""
        return -self.height_mm / 2, self.height_mm / 2

    def outer_mm(self, t_mm: FloatArray) -> FloatArray:
        """Grows evenly from the apex."""
        return np.asarray(self.radius_mm * (0.5 + t_mm / self.height_mm))

    @property
    def volume_mm3(self) -> float:
        """``pi R^2 H / 3``."""
        return math.pi * self.radius_mm**2 * self.height_mm / 3

    @property
    def centroid_mm(self) -> FloatArray:
        """A quarter of the height from the base."""
        return np.asarray(np.asarray(self.centre_mm) + self.height_mm / 4 * unit(self.axis))

    def reach_mm(self, direction: Vector | FloatArray) -> tuple[float, float]:
        """From the apex to the rim of the base, or from rim to rim."""
        cosine, offset = self._seen_from(direction)
        along, across = cosine * self.height_mm / 2, _sine(cosine) * self.radius_mm
        return min(-along, along - across) - offset, max(-along, along + across) - offset

    def volume_beyond(self, direction: Vector | FloatArray, offset_mm: float) -> float:
        """Cubic along the axis, `_across` across it, one integral between."""
        cosine, distance = self._seen_from(direction, offset_mm)
        if _sine(cosine) < PARALLEL:
            below = min(max(0.5 + cosine * distance / self.height_mm, 0.0), 1.0) ** 3
            return self.volume_mm3 * (1 - below if cosine > 0 else below)
        if abs(cosine) < PARALLEL:
            part = self._across(abs(distance))
            return part if distance >= 0 else self.volume_mm3 - part
        return self.beyond_by_integral(cosine, distance)

    def _across(self, h: float) -> float:
        """Volume beyond a plane along the axis, at a distance of 0 to R from it.

        The segments ``rho^2 acos(h/rho) - h sqrt(rho^2 - h^2)`` of all discs from ``rho = h`` to R, integrated:
        ``H/R [R^3/3 acos(h/R) - 2/3 h R s + h^3/3 ln((R + s)/h)]`` with ``s = sqrt(R^2 - h^2)``.
        """
        radius = self.radius_mm
        if h >= radius:
            return 0.0
        s = math.sqrt(radius**2 - h**2)
        logarithm = h**3 / 3 * (math.log(radius + s) - math.log(h)) if h > 0 else 0.0  # the quotient may overflow
        return self.height_mm / radius * (radius**3 / 3 * math.acos(h / radius) - 2 / 3 * h * radius * s + logarithm)


@dataclass(frozen=True)
class Torus(Revolved):
    """A torus around its axis.

    Attributes
    ----------
    ring_radius_mm : float
        From the axis to the middle of the tube.
    tube_radius_mm : float
        At most `ring_radius_mm`.
    """

    ring_radius_mm: float
    tube_radius_mm: float

    @property
    def ends_mm(self) -> tuple[float, float]:
        """One tube radius to either side."""
        return -self.tube_radius_mm, self.tube_radius_mm

    def outer_mm(self, t_mm: FloatArray) -> FloatArray:
        """``R + sqrt(a^2 - t^2)``."""
        return np.asarray(self.ring_radius_mm + np.sqrt(np.maximum(self.tube_radius_mm**2 - t_mm**2, 0.0)))

    def hole_mm(self, t_mm: FloatArray) -> FloatArray:
        """``R - sqrt(a^2 - t^2)``."""
        return np.asarray(self.ring_radius_mm - np.sqrt(np.maximum(self.tube_radius_mm**2 - t_mm**2, 0.0)))

    @property
    def volume_mm3(self) -> float:
        """``2 pi^2 R a^2``."""
        return 2 * math.pi**2 * self.ring_radius_mm * self.tube_radius_mm**2

    def reach_mm(self, direction: Vector | FloatArray) -> tuple[float, float]:
        """The ring's reach, and the tube's radius more."""
        cosine, offset = self._seen_from(direction)
        half = _sine(cosine) * self.ring_radius_mm + self.tube_radius_mm
        return -offset - half, -offset + half

    def volume_beyond(self, direction: Vector | FloatArray, offset_mm: float) -> float:
        """Along the axis the tube's segment times ``2 pi R``; one integral in other directions."""
        cosine, distance = self._seen_from(direction, offset_mm)
        if _sine(cosine) < PARALLEL:
            return 2 * math.pi * self.ring_radius_mm * float(segment_area(self.tube_radius_mm, distance))
        return self.beyond_by_integral(cosine, distance)


def capped(shape: Cylinder | Cone, spacing_mm: float) -> Shape:
    """A solid with half a slice more on each flat end: the truth of the benchmark [1]_ for contours on its end planes.

    A cylinder is one spacing higher; a cone has a disc of half a spacing on its base.
    """
    if isinstance(shape, Cylinder):
        return replace(shape, height_mm=shape.height_mm + spacing_mm)
    middle = np.asarray(shape.centre_mm) + (shape.height_mm / 2 + spacing_mm / 4) * unit(shape.axis)
    cap = Cylinder(shape.radius_mm, spacing_mm / 2, centre_mm=_vector(middle), axis=shape.axis)
    return Together((shape, cap))


def _sine(cosine: float) -> float:
    return math.sqrt(max(1.0 - cosine**2, 0.0))


def _vector(array: FloatArray) -> Vector:
    return float(array[0]), float(array[1]), float(array[2])
