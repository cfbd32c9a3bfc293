"""The true dose-volume histogram of a solid in a dose, both given as functions.

Linear dose: V(D) is the solid's volume beyond the plane of dose D, closed form or one integral (see
`rtcheck.synthetic.solids`). Doses that fall with the distance r from a point: V(D) is the solid's volume within r(D).

References
----------
.. [1] Nelms B, et al. Med Phys 2015;42:4435-4448 (linear doses).
.. [2] Walker and Byrne 2025: Gaussian doses on concentric spheres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rtcheck.errors import UsageError
from rtcheck.geometry import FloatArray
from rtcheck.synthetic.doses import Dose, GaussianDose, LinearDose, RadialDose
from rtcheck.synthetic.quadrature import integral, sign_changes
from rtcheck.synthetic.revolved import Revolved, Sphere
from rtcheck.synthetic.solids import Shape, unit

#: A dose centre this far off a solid's axis still counts as on it (mm).
ON_AXIS_MM = 1e-9


@dataclass(frozen=True)
class Truth:
    """What an exact engine would answer.

    Attributes
    ----------
    shape : Shape
        For doses that aren't linear: a solid of revolution whose axis meets the dose's centre.
    dose : LinearDose, GaussianDose or RadialDose
        Not negative anywhere in the shape.

    Raises
    ------
    UsageError
        For a shape and a dose without a common axis.
    """

    shape: Shape
    dose: Dose

    def __post_init__(self) -> None:
        if isinstance(self.dose, LinearDose):
            return
        if not isinstance(self.shape, Revolved) or abs(_off_axis(self.shape, self.dose)) > ON_AXIS_MM:
            raise UsageError("only a solid of revolution around the dose's centre has a closed form in this dose")

    @property
    def volume_cc(self) -> float:
        """The whole volume."""
        return self.shape.volume_mm3 / 1000.0

    @property
    def range_gy(self) -> tuple[float, float]:
        """Lowest and highest dose."""
        if isinstance(self.dose, LinearDose):
            low, high = self.shape.reach_mm(self.dose.direction)
            start = self.dose.offset_mm(self.dose.dose_gy)
            slope = self.dose.slope_gy_per_mm
            return self.dose.dose_gy + (low - start) * slope, self.dose.dose_gy + (high - start) * slope
        assert isinstance(self.shape, Revolved)
        near, far = _distances(self.shape, _along_axis(self.shape, self.dose))
        return self.dose.at_radius(far), self.dose.at_radius(near)

    def volume_at(self, dose_gy: float) -> float:
        """Volume in cc that gets at least `dose_gy`."""
        if isinstance(self.dose, LinearDose):
            return self.shape.volume_beyond(self.dose.direction, self.dose.offset_mm(dose_gy)) / 1000.0
        assert isinstance(self.shape, Revolved)
        return _within(self.shape, _along_axis(self.shape, self.dose), self.dose.radius_mm(dose_gy)) / 1000.0

    def dose_at(self, volume_cc: float) -> float:
        """Lowest dose in Gy of the hottest `volume_cc`, by bisection to 1e-12 of the range.

        Raises
        ------
        UsageError
            For more than the whole volume.
        """
        if volume_cc > self.volume_cc * (1 + 1e-9):
            raise UsageError(f"{volume_cc:g} cc of a solid of {self.volume_cc:g} cc")
        low, high = self.range_gy
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if self.volume_at(middle) >= volume_cc else (low, middle)
        return (low + high) / 2

    def dose_at_percent(self, percent: float) -> float:
        """Lowest dose in Gy of the hottest part of the volume."""
        return self.dose_at(percent / 100 * self.volume_cc)

    @property
    def mean_gy(self) -> float:
        """Mean dose: that of the centroid in a linear dose, closed for spheres around the dose, else an integral."""
        if isinstance(self.dose, LinearDose):
            return float(self.dose.at(self.shape.centroid_mm))
        if isinstance(self.shape, Sphere) and abs(_along_axis(self.shape, self.dose)) < ON_AXIS_MM:
            return _mean_of_concentric(self.shape, self.dose)
        low, high = self.range_gy
        kinks = np.linspace(low, high, 9).tolist()
        below = integral(lambda dose: np.array([self.volume_at(float(gray)) for gray in dose]), kinks)
        return low + below / self.volume_cc


def _mean_of_concentric(shape: Sphere, dose: GaussianDose | RadialDose) -> float:
    """Mean over a ball or shell: ``3 / (R^3 - r^3)`` times the integral of ``D(r) r^2``."""

    def moment(radius: float) -> float:
        if isinstance(dose, RadialDose):
            return dose.peak_gy * radius**3 / 3 - dose.fall_gy_per_mm * radius**4 / 4
        s = dose.sigma_mm
        bell = math.sqrt(math.pi / 2) * s**3 * math.erf(radius / (s * math.sqrt(2)))
        return bell * dose.peak_gy - s**2 * radius * dose.at_radius(radius)

    outer, hole = shape.radius_mm, shape.hole_radius_mm
    return 3 * (moment(outer) - moment(hole)) / (outer**3 - hole**3)


def _off_axis(shape: Revolved, dose: GaussianDose | RadialDose) -> float:
    """Distance of a dose's centre from a solid's axis; a sphere has one through every point."""
    if isinstance(shape, Sphere):
        return 0.0
    return float(np.linalg.norm(np.cross(_to_centre(shape, dose), unit(shape.axis))))


def _along_axis(shape: Revolved, dose: GaussianDose | RadialDose) -> float:
    to_centre = _to_centre(shape, dose)
    return float(np.linalg.norm(to_centre) if isinstance(shape, Sphere) else to_centre @ unit(shape.axis))


def _to_centre(shape: Revolved, dose: GaussianDose | RadialDose) -> FloatArray:
    return np.asarray(np.asarray(dose.centre_mm) - np.asarray(shape.centre_mm))


def _distances(shape: Revolved, centre_mm: float) -> tuple[float, float]:
    """Smallest and largest distance of a solid's points from a point on its axis; to about 1e-6 of its size."""
    low, high = shape.ends_mm
    t = np.unique([*np.linspace(low, high, 4001), *shape.kinks_mm])
    beyond = max(centre_mm - high, low - centre_mm, 0.0)
    inside = beyond == 0.0 and float(shape.hole_mm(np.array([centre_mm]))[0]) == 0.0
    surfaces = np.concatenate([np.hypot(t - centre_mm, radius(t)) for radius in (shape.outer_mm, shape.hole_mm)])
    return 0.0 if inside else float(surfaces.min()), float(surfaces.max())


def _within(shape: Revolved, centre_mm: float, radius_mm: float) -> float:
    """Volume in mm3 of a solid of revolution within a distance of a point on its axis.

    The integral of ``pi [min(R^2, q) - min(r^2, q)]`` over the axis, ``q = radius^2 - (t - centre)^2`` where positive.
    """
    if radius_mm == math.inf:
        return shape.volume_mm3
    low, high = (max(shape.ends_mm[0], centre_mm - radius_mm), min(shape.ends_mm[1], centre_mm + radius_mm))
    if low >= high:
        return 0.0

    def ball(t: FloatArray) -> FloatArray:
        return np.asarray(np.maximum(radius_mm**2 - (t - centre_mm) ** 2, 0.0))

    def ring(t: FloatArray) -> FloatArray:
        outer, hole = shape.outer_mm(t) ** 2, shape.hole_mm(t) ** 2
        return np.asarray(np.pi * (np.minimum(outer, ball(t)) - np.minimum(hole, ball(t))))

    kinks = {low, high, *(kink for kink in shape.kinks_mm if low < kink < high)}
    for surface in (shape.outer_mm, shape.hole_mm):
        kinks.update(sign_changes(lambda t, r=surface: r(t) ** 2 - ball(t), low, high))  # type: ignore[misc]
    return integral(ring, sorted(kinks))
