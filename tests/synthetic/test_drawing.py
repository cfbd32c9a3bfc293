"""Contours of solids: exact areas, second-order volumes in every orientation, branches, keyholes, tips."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from scipy import integrate

from rtcheck.errors import UsageError
from rtcheck.geometry import FloatArray
from rtcheck.outlines import signed_area
from rtcheck.synthetic.drawing import TIP_RADIUS_MM, contours_of, keyholed, outlines_at, plane_heights
from rtcheck.synthetic.revolved import Cone, Cylinder, Sphere, Torus
from rtcheck.synthetic.solids import LEFT, SUPERIOR, Ellipsoid, Shape, Together
from tests.shapes import rotation

SLANTED = (0.3, -0.5, 0.6)
SHAPES: dict[str, Shape] = {
    "sphere": Sphere(12.0, centre_mm=(1.0, -2.0, 0.5)),
    "shell": Sphere(12.0, 9.0),
    "slanted cylinder": Cylinder(12.0, 20.0, axis=SLANTED),
    "slanted ring": Cylinder(12.0, 16.0, 5.0, axis=SLANTED),
    "lying cone": Cone(12.0, 24.0, axis=LEFT),
    "slanted cone": Cone(10.0, 15.0, axis=SLANTED, centre_mm=(3.0, 0.0, -1.0)),
    "upright torus": Torus(10.0, 4.0, axis=LEFT),
    "slanted torus": Torus(9.0, 4.0, axis=SLANTED),
    "ellipsoid": Ellipsoid((12.0, 7.0, 4.0), (1.0, 2.0, 3.0), ((0.6, 0.8, 0.0), (0.0, 0.0, 1.0), (0.8, -0.6, 0.0))),
    "islands": Together((Sphere(5.0, centre_mm=(-8.0, 0.0, 0.0)), Sphere(4.0, centre_mm=(8.0, 3.0, 2.0)))),
}


def area(outlines: list[FloatArray]) -> float:
    return sum(signed_area(outline) for outline in outlines)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("axes", [np.eye(3), rotation(20.0, -35.0, 60.0)], ids=["axial", "oblique"])
def test_slices_add_up_to_the_volume(name: str, axes: FloatArray) -> None:
    shape = SHAPES[name]
    contours = contours_of(shape, 0.5, 0.5, axes=axes)
    total = 0.5 * sum(signed_area((points @ axes.T)[:, :2]) for points in contours)
    assert total == pytest.approx(shape.volume_mm3, rel=2e-3)
    assert all(np.ptp(points @ axes[2]) < 1e-9 for points in contours)
    on_surface = np.concatenate(contours)
    towards = np.asarray(shape.centroid_mm) - on_surface
    towards *= 0.1 / np.linalg.norm(towards, axis=1, keepdims=True)
    if name in ("sphere", "slanted cylinder", "slanted cone", "lying cone", "ellipsoid"):  # convex
        assert shape.contains(on_surface + towards).all()
        # Points stand out by as little as makes the polygon's area exact.
        assert not shape.contains(on_surface - towards).any()


def test_sections_have_the_exact_area() -> None:
    for height in (-7.0, 0.0, 3.3):
        assert area(outlines_at(Sphere(12.0), height)) == pytest.approx(math.pi * (144 - height**2), rel=1e-12)
        lying = outlines_at(Cylinder(12.0, 20.0, axis=LEFT), height)
        assert area(lying) == pytest.approx(40 * math.sqrt(144 - height**2), rel=1e-12)
        shell = outlines_at(Sphere(12.0, 9.0), height)
        assert area(shell) == pytest.approx(math.pi * 63, rel=1e-12)

        def chord(x: float, height: float = height) -> float:
            return 2 * math.sqrt(max((6 + x / 2) ** 2 - height**2, 0.0))

        hyperbola = integrate.quad(chord, 2 * abs(height) - 12, 12, epsrel=1e-10)[0]
        assert area(outlines_at(Cone(12.0, 24.0, axis=LEFT), height)) == pytest.approx(hyperbola, rel=1e-8)
    tilted = Ellipsoid((12.0, 6.0, 3.0), (0.0, 0.0, 0.0), ((0.8, 0.0, 0.6), (0.0, 1.0, 0.0), (-0.6, 0.0, 0.8)))
    # Through the centre: the semi-axis in the plane of the two others.
    semi = 1 / math.sqrt((0.8 / 12) ** 2 + (0.6 / 3) ** 2)
    assert area(outlines_at(tilted, 0.0)) == pytest.approx(math.pi * 6 * semi, rel=1e-12)


def test_an_upright_torus_branches_and_merges_from_slice_to_slice() -> None:
    torus = Torus(10.0, 4.0, axis=LEFT)
    assert [len(outlines_at(torus, z)) for z in (-12.0, -8.0, 0.0, 5.9, 8.0, 13.0)] == [1, 1, 2, 2, 1, 1]
    assert all(signed_area(island) > 0 for island in outlines_at(torus, 0.0))
    assert [len(outlines_at(Torus(10.0, 4.0), z)) for z in (-5.0, -3.0, 0.0)] == [0, 2, 2]
    assert area(outlines_at(Torus(10.0, 4.0), 0.0)) == pytest.approx(math.pi * (14**2 - 6**2), rel=1e-9)


def test_a_hole_is_a_second_contour_or_a_keyhole() -> None:
    ring = outlines_at(Cylinder(12.0, 4.0, 5.0), 0.0)
    assert [signed_area(outline) > 0 for outline in ring] == [True, False]
    (keyhole,) = keyholed(ring)
    assert signed_area(keyhole) == pytest.approx(math.pi * (144 - 25), rel=1e-12)
    assert len(keyhole) == len(ring[0]) + len(ring[1]) + 2
    islands = keyholed([*ring, ring[0] + (30.0, 0.0), ring[1] + (30.0, 0.0)])
    assert [signed_area(outline) for outline in islands] == pytest.approx([math.pi * 119] * 2)
    assert len(contours_of(Cylinder(12.0, 4.0, 5.0), 2.0, keyholes=True)) == 3


@pytest.mark.parametrize(
    ("shape", "width_mm", "points"),
    [
        (Sphere(12.0), 2 * TIP_RADIUS_MM, 4),
        (Cylinder(12.0, 20.0, axis=LEFT), 20.0, 4),
        (Cone(12.0, 24.0, axis=(0.0, 0.0, -1.0)), 2 * TIP_RADIUS_MM, 4),
        (Cone(12.0, 24.0, axis=LEFT), 2 * TIP_RADIUS_MM, 4),
        (Ellipsoid((12.0, 7.0, 4.0)), 2 * TIP_RADIUS_MM, 4),
    ],
)
def test_a_plane_that_only_touches_gets_a_contour_of_four_points(shape: Shape, width_mm: float, points: int) -> None:
    tip = contours_of(shape, 1.0)[-1]
    assert len(tip) == points
    assert tip[0, 2] == pytest.approx(shape.reach_mm(SUPERIOR)[1])
    assert np.ptp(tip[:, :2], axis=0) == pytest.approx([width_mm, 2 * TIP_RADIUS_MM], abs=1e-3)
    assert signed_area(tip) > 0


def test_a_plane_beside_a_solid_gets_nothing() -> None:
    assert outlines_at(Sphere(12.0), 12.5) == []
    assert outlines_at(Ellipsoid((3.0, 2.0, 1.0)), -1.5) == []
    assert outlines_at(Torus(10.0, 3.0), 3.0) == []
    assert outlines_at(Cylinder(3.0, 4.0), 2.1) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "spacing"), [("02", 0.2), ("10", 1.0), ("30", 3.0)])
def test_contours_are_those_of_the_published_files(shared_data: Path, name: str, spacing: float) -> None:
    dicom = pytest.importorskip("rtcheck.dicom")
    for title, shape in (("Sphere", Sphere(12.0)), ("Cylinder", Cylinder(12.0, 24.0))):
        study = dicom.read_structure_set(shared_data / "nelms" / f"{title}_{name}_0.dcm")
        (roi,) = [roi for roi in study.rois if roi.closed_contours]
        published = sorted((c.points_mm - (0.0, -6.0, 6.0) for c in roi.contours), key=lambda points: points[0, 2])
        drawn = contours_of(shape, spacing)
        assert [points[0, 2] for points in drawn] == pytest.approx([points[0, 2] for points in published], abs=1e-6)
        for ours, theirs in zip(drawn, published, strict=True):
            assert signed_area(ours) == pytest.approx(signed_area(theirs), rel=3e-3)
            assert len(ours) == pytest.approx(len(theirs), abs=4)
            assert shapely.hausdorff_distance(shapely.Polygon(ours), shapely.Polygon(theirs)) < 0.15


def test_planes_lie_from_end_to_end_or_in_any_phase() -> None:
    assert plane_heights(-12.0, 12.0, 3.0) == pytest.approx(np.linspace(-12, 12, 9))
    assert plane_heights(-1.0, 1.0, 1.0, 0.25) == pytest.approx([-0.75, 0.25])
    assert len(plane_heights(0.0, 0.3, 1.0, 0.5)) == 0
    for wrong in ((0.0, 1.0, 1.0, -0.1), (0.0, 1.0, 0.0)):
        with pytest.raises(UsageError, match="phase"):
            plane_heights(*wrong)


def test_a_solid_without_known_sections_is_refused() -> None:
    class Unknown(Ellipsoid.__mro__[1]):  # type: ignore[misc]
        volume_mm3 = 1.0
        centroid_mm = np.zeros(3)

        def reach_mm(self, direction: object) -> tuple[float, float]:
            return -1.0, 1.0

        def volume_beyond(self, direction: object, offset_mm: float) -> float:
            return 0.0

        def contains(self, points_mm: FloatArray) -> FloatArray:
            return np.zeros(len(points_mm))

    with pytest.raises(UsageError, match="Unknown"):
        outlines_at(Unknown(), 0.0)
