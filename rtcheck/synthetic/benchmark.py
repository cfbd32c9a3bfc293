"""The analytic benchmark of Nelms et al. as values: five solids of 24 mm in doses of 1 Gy/mm, with their truth.

Sphere, axial and rotated cylinder, axial and rotated cone (rotated: the axis to the patient's left, in the contour
planes); contours every 0.2, 1, 2 or 3 mm on planes that include both ends; 16 Gy at the centre, rising to the front or
to the head; dose grids of 1, 2, 3 mm with a sample on the centre, or shifted by half a voxel [1]_.

The truth is the solid, with half a slice more on flat ends that lie in a contour plane (and on the tiny contours at
poles and apices, as in the published values: 0.05 mm2 times half a spacing).

References
----------
.. [1] Nelms B, Stambaugh C, Hunt D, Tonner B, Zhang G, Feygelman V. Methods, software and datasets to verify DVH
   calculations against analytical values: twenty years late(r). Med Phys 2015;42:4435-4448. doi:10.1118/1.4923175
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from types import MappingProxyType

from rtcheck.geometry import FloatArray
from rtcheck.study import ROI, Contour, GeometricType
from rtcheck.synthetic.doses import LinearDose, dose_grid, sampled
from rtcheck.synthetic.drawing import TIP_RADIUS_MM, contours_of
from rtcheck.synthetic.revolved import Cone, Cylinder, Sphere, capped
from rtcheck.synthetic.solids import LEFT, SUPERIOR, Shape, Together, Vector
from rtcheck.synthetic.truth import Truth
from rtcheck.trilinear import DoseField

#: Where the solids of the published files lie, and the dose there.
CENTRE_MM: Vector = (0.0, -6.0, 6.0)
CENTRE_GY = 16.0
SIZE_MM = 24.0
#: How far the dose grids reach from the centre; the published ones reach 20 to 24 mm.
HALF_GRID_MM = 18.0

SHAPES: MappingProxyType[str, Sphere | Cylinder | Cone] = MappingProxyType(
    {
        "sphere": Sphere(SIZE_MM / 2, centre_mm=CENTRE_MM),
        "axial cylinder": Cylinder(SIZE_MM / 2, SIZE_MM, centre_mm=CENTRE_MM),
        "rotated cylinder": Cylinder(SIZE_MM / 2, SIZE_MM, centre_mm=CENTRE_MM, axis=LEFT),
        "axial cone": Cone(SIZE_MM / 2, SIZE_MM, centre_mm=CENTRE_MM),
        "rotated cone": Cone(SIZE_MM / 2, SIZE_MM, centre_mm=CENTRE_MM, axis=LEFT),
    }
)
#: Gradients in Gy/mm: to the front, to the head.
GRADIENTS: MappingProxyType[str, Vector] = MappingProxyType({"AP": (0.0, -1.0, 0.0), "SI": SUPERIOR})
SPACINGS_MM = (0.2, 1.0, 2.0, 3.0)
GRIDS_MM = (1.0, 2.0, 3.0)
#: What is asked, in the notation of `rtcheck.metrics`, and its truth.
METRICS: MappingProxyType[str, Callable[[Truth], float]] = MappingProxyType(
    {
        "Volume[cc]": lambda truth: truth.volume_cc,
        "Mean[Gy]": lambda truth: truth.mean_gy,
        "D99%[Gy]": lambda truth: truth.dose_at_percent(99),
        "D95%[Gy]": lambda truth: truth.dose_at_percent(95),
        "D5%[Gy]": lambda truth: truth.dose_at_percent(5),
        "D1%[Gy]": lambda truth: truth.dose_at_percent(1),
        "D0.03cc[Gy]": lambda truth: truth.dose_at(0.03),
    }
)
#: A number is off when it differs from the truth by more than this share.
OFF = 0.03


@dataclass(frozen=True)
class BenchmarkCase:
    """One solid, drawn at one spacing, in one dose on one grid.

    Attributes
    ----------
    shape : str
        One of `SHAPES`.
    spacing_mm, grid_mm : float
        Distance of the contour planes; side of the dose voxels.
    gradient : str
        One of `GRADIENTS`.
    shifted : bool
        Whether the dose grid is shifted by half a voxel along all axes.
    """

    shape: str
    spacing_mm: float
    grid_mm: float
    gradient: str
    shifted: bool

    @property
    def published(self) -> bool:
        """Whether it belongs to the published pairs: contours every 0.2 mm, or as far apart as the dose voxels."""
        return (self.spacing_mm == 0.2 and not self.shifted) or self.spacing_mm == self.grid_mm

    @property
    def dose(self) -> LinearDose:
        """The dose as a function."""
        return LinearDose(CENTRE_GY, GRADIENTS[self.gradient], CENTRE_MM)

    def roi(self) -> ROI:
        """The solid as it is drawn."""
        contours = drawn_contours(self.shape, self.spacing_mm)
        kind = GeometricType.CLOSED_PLANAR
        return ROI(1, self.shape, None, tuple(Contour(kind, points) for points in contours))

    def field(self) -> DoseField:
        """The dose as it is sampled."""
        phase = (0.5, 0.5, 0.5) if self.shifted else (0.0, 0.0, 0.0)
        return sampled(self.dose, dose_grid(CENTRE_MM, HALF_GRID_MM, self.grid_mm, phase=phase))

    def truth(self) -> Truth:
        """The exact dose-volume histogram."""
        return Truth(true_solid(self.shape, self.spacing_mm), self.dose)

    def expected(self) -> dict[str, float]:
        """The true value of each of `METRICS`."""
        return dict(_expected(self.shape, self.spacing_mm, self.gradient))


@cache
def _expected(shape: str, spacing_mm: float, gradient: str) -> tuple[tuple[str, float], ...]:
    truth = BenchmarkCase(shape, spacing_mm, 1.0, gradient, False).truth()
    return tuple((name, value(truth)) for name, value in METRICS.items())


@cache
def drawn_contours(shape: str, spacing_mm: float) -> tuple[FloatArray, ...]:
    """The contours of one of `SHAPES` on planes from end to end; arrays of shape ``(n, 3)`` in mm."""
    return contours_of(SHAPES[shape], spacing_mm)


def true_solid(shape: str, spacing_mm: float) -> Shape:
    """One of `SHAPES` with half a slice more on the ends that are drawn as flat."""
    solid = SHAPES[shape]
    if isinstance(solid, Sphere):
        return Together((solid, *(_tip_prism(solid, side, spacing_mm) for side in (-1, 1))))
    if solid.axis != SUPERIOR:
        return solid
    # An axial cylinder is drawn flat at both ends, an axial cone at its base.
    return capped(solid, spacing_mm)


def _tip_prism(solid: Sphere, side: int, spacing_mm: float) -> Cylinder:
    """Half a slice of the square that is drawn at a pole, as a cylinder of the same area."""
    height = spacing_mm / 2
    x, y, z = solid.centre_mm
    centre = (x, y, z + side * (solid.radius_mm + height / 2))
    return Cylinder(TIP_RADIUS_MM * math.sqrt(2 / math.pi), height, centre_mm=centre)


CASES: tuple[BenchmarkCase, ...] = tuple(
    BenchmarkCase(shape, spacing, grid, gradient, shifted)
    for shape, spacing, grid, gradient, shifted in product(SHAPES, SPACINGS_MM, GRIDS_MM, GRADIENTS, (False, True))
)
#: The published pairs: 90 cases, 630 numbers.
PUBLISHED_CASES = tuple(case for case in CASES if case.published)
