"""Solids that show what spheres, cylinders and cones don't, each in a stated dose and with its truth.

Small discs and rings, spheres in every phase to the slices, tori that branch and merge between slices, thin shells,
islands, tilted ellipsoids, and spheres in Gaussian doses, whose conformity index is 1 [1]_. All places are drawn from a
seeded generator: the same on every machine.

References
----------
.. [1] Paddick I. A simple scoring ratio to index the conformity of radiosurgical treatment plans. J Neurosurg
   2000;93(Suppl 3):219-222.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from rtcheck.geometry import FloatArray, Grid
from rtcheck.study import ROI, Contour, GeometricType
from rtcheck.synthetic.doses import Dose, GaussianDose, LinearDose, dose_grid, sampled
from rtcheck.synthetic.drawing import contours_of
from rtcheck.synthetic.revolved import Cylinder, Sphere, Torus, capped
from rtcheck.synthetic.solids import LEFT, Ellipsoid, Shape, Together, Vector
from rtcheck.synthetic.truth import Truth
from rtcheck.trilinear import DoseField

#: Dose in the middle of every solid in a linear dose.
MIDDLE_GY = 50.0


@dataclass(frozen=True, eq=False)
class Scene:
    """One drawn solid in one sampled dose.

    Attributes
    ----------
    name : str
    contours : tuple of ndarray, shape (n, 3)
        Patient coordinates in mm.
    solid : Shape
        What the contours mean: with half a slice more on flat ends.
    dose : LinearDose, GaussianDose or RadialDose
    grid : Grid
    """

    name: str
    contours: tuple[FloatArray, ...]
    solid: Shape
    dose: Dose
    grid: Grid

    def roi(self) -> ROI:
        """The solid as it is drawn."""
        kind = GeometricType.CLOSED_PLANAR
        return ROI(1, self.name, None, tuple(Contour(kind, points) for points in self.contours))

    def field(self) -> DoseField:
        """The dose as it is sampled."""
        return sampled(self.dose, self.grid)

    def truth(self) -> Truth:
        """The exact dose-volume histogram."""
        return Truth(self.solid, self.dose)


def discs_and_rings(placements: int = 4, seed: int = 1) -> Iterator[Scene]:
    """Low cylinders, rings with the hole as a second contour, and rings drawn as keyholes.

    Radii of 2.5 to 20 mm, five slices high, every 2 mm with dose voxels of 2 mm and every 3 mm with 2.5 mm, the dose
    rising along x, along z and between, at random places.
    """
    random = np.random.default_rng(seed)
    steps = ((2.0, 2.0), (3.0, 2.5))
    gradients: tuple[Vector, ...] = ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (math.sqrt(0.5), 0.0, math.sqrt(0.5)))
    for kind, radius, (spacing, voxel) in product(("disc", "ring", "keyhole ring"), (2.5, 5.0, 10.0, 20.0), steps):
        for _ in range(placements):
            centre = _place(random)
            hole = 0.0 if kind == "disc" else radius / 2
            drawn = Cylinder(radius, 4 * spacing, hole, centre_mm=centre)
            contours = contours_of(drawn, spacing, keyholes=kind == "keyhole ring")
            grid = dose_grid((0.0, 0.0, 0.0), radius + 12.0, voxel)
            for gradient in gradients:
                dose = LinearDose(MIDDLE_GY, gradient, centre)
                yield Scene(f"{kind}, R {radius:g} mm", contours, capped(drawn, spacing), dose, grid)


def spheres_in_all_phases(
    diameters_mm: tuple[float, ...] = (3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0), phases: int = 24, seed: int = 2
) -> Iterator[Scene]:
    """Spheres on slices of 1 mm: the planes run through all phases evenly, the place in the dose voxels is random."""
    random = np.random.default_rng(seed)
    for diameter in diameters_mm:
        for index in range(phases):
            centre = _place(random)
            solid = Sphere(diameter / 2, centre_mm=centre)
            contours = contours_of(solid, 1.0, (index + 0.5) / phases)
            dose = LinearDose(MIDDLE_GY, _direction(random), centre)
            yield Scene(f"sphere, {diameter:g} mm", contours, solid, dose, dose_grid((0, 0, 0), diameter / 2 + 4, 1.0))


def gaussian_spheres(spacing_mm: float = 0.2, voxel_mm: float = 1.0, seed: int = 3) -> Iterator[tuple[Scene, Scene]]:
    """Spheres of 5 to 9 mm in a Gaussian dose of 10 Gy with sigma = R, and a large ROI around each.

    Prescribed is the dose at the sphere's surface: the conformity index [1]_ is 1, and the gradient index
    ``(1 + 2 ln 2)^1.5 = 3.686``.

    Parameters
    ----------
    spacing_mm, voxel_mm : float
        Of the contour planes and of the dose grid. Prisms of spacing s stand out of a sphere by about ``3 s / (16 R)``
        of its volume, and their true conformity index is lower by twice that.
    """
    random = np.random.default_rng(seed)
    for radius in (5.0, 6.0, 7.0, 8.0, 9.0):
        centre = _place(random)
        dose = GaussianDose(10.0, radius, centre)
        grid = dose_grid((0, 0, 0), 2 * radius + 4, voxel_mm)
        target, around = Sphere(radius, centre_mm=centre), Cylinder(1.8 * radius, 3.6 * radius, centre_mm=centre)
        phase = float(random.uniform())
        yield (
            Scene(f"sphere, R {radius:g} mm", contours_of(target, spacing_mm, phase), target, dose, grid),
            Scene(f"around R {radius:g} mm", contours_of(around, 1.0, phase), around, dose, grid),
        )


def other_solids(spacing_mm: float = 1.0, voxel_mm: float = 2.0, seed: int = 4) -> Iterator[Scene]:
    """Tori, shells, islands and ellipsoids in doses of 1 Gy/mm in random directions, with random phases of slices."""
    random = np.random.default_rng(seed)
    for name, solid, keyholes in _solids(random):
        contours = contours_of(solid, spacing_mm, float(random.uniform()), keyholes=keyholes)
        dose = LinearDose(MIDDLE_GY, _direction(random), _vector(solid.centroid_mm))
        yield Scene(name, contours, solid, dose, dose_grid((0.0, 0.0, 0.0), 24.0, voxel_mm))


def _solids(random: np.random.Generator) -> Iterator[tuple[str, Shape, bool]]:
    for _ in range(4):
        centre = _place(random)
        yield "torus, axial", Torus(11.0, 4.0, centre_mm=centre), False
        yield "torus, upright (branches and merges)", Torus(11.0, 4.0, centre_mm=centre, axis=LEFT), False
        yield "torus, tilted (branches and merges)", Torus(11.0, 4.0, centre_mm=centre, axis=_direction(random)), False
        yield "shell of 2 mm", Sphere(12.0, 10.0, centre_mm=centre), False
        yield "shell of 2 mm, keyholes", Sphere(12.0, 10.0, centre_mm=centre), True
        yield "tube, lying", Cylinder(8.0, 24.0, 5.0, centre_mm=centre, axis=LEFT), False
        yield "ellipsoid, tilted", Ellipsoid((13.0, 8.0, 5.0), centre, _turned(random)), False
        islands = (
            Sphere(6.0, centre_mm=(-9.0, 1.0, 3.0)),
            Ellipsoid((5.0, 8.0, 7.0), (9.0, -2.0, -4.0), _turned(random)),
        )
        yield "two islands", Together(islands), False


def _place(random: np.random.Generator) -> Vector:
    """Somewhere within a few voxels of the origin."""
    return _vector(random.uniform(-3.0, 3.0, 3))


def _direction(random: np.random.Generator) -> Vector:
    vector = random.normal(size=3)
    return _vector(vector / np.linalg.norm(vector))


def _turned(random: np.random.Generator) -> tuple[Vector, Vector, Vector]:
    """Random orthonormal directions."""
    matrix = np.linalg.qr(random.normal(size=(3, 3)))[0]
    return _vector(matrix[0]), _vector(matrix[1]), _vector(matrix[2])


def _vector(array: FloatArray) -> Vector:
    return float(array[0]), float(array[1]), float(array[2])
