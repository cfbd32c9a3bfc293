"""Volumes beyond planes: closed forms against low-discrepancy sampling, against integrals, and against each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import integrate
from scipy.stats import qmc

from rtcheck.errors import UsageError
from rtcheck.geometry import FloatArray
from rtcheck.synthetic.quadrature import integral, sign_changes
from rtcheck.synthetic.revolved import Cone, Cylinder, Revolved, Sphere, Torus, capped
from rtcheck.synthetic.solids import LEFT, SUPERIOR, Ellipsoid, Shape, Together, segment_area, unit

SLANTED = (0.3, -0.5, 0.6)
TURNED = ((0.6, 0.8, 0.0), (-0.8, 0.6, 0.0), (0.0, 0.0, 1.0))
REVOLVED: dict[str, Revolved] = {
    "sphere": Sphere(12.0, centre_mm=(1.0, -2.0, 0.5)),
    "shell": Sphere(12.0, 9.5, axis=SLANTED),
    "cylinder": Cylinder(12.0, 20.0),
    "lying cylinder": Cylinder(12.0, 20.0, axis=LEFT, centre_mm=(0.0, 2.0, -1.0)),
    "disc": Cylinder(12.0, 2.0, axis=SLANTED),
    "ring": Cylinder(12.0, 8.0, 5.0),
    "cone": Cone(12.0, 24.0),
    "lying cone": Cone(12.0, 24.0, axis=LEFT),
    "slanted cone": Cone(10.0, 15.0, axis=SLANTED, centre_mm=(3.0, 0.0, -1.0)),
    "torus": Torus(10.0, 3.0),
    "slanted torus": Torus(9.0, 4.0, axis=SLANTED),
}
SHAPES: dict[str, Shape] = {
    **REVOLVED,
    "ellipsoid": Ellipsoid((12.0, 7.0, 4.0), (1.0, 2.0, 3.0), TURNED),
    "islands": Together((Sphere(5.0, centre_mm=(-8.0, 0.0, 0.0)), Sphere(4.0, centre_mm=(8.0, 3.0, 2.0)))),
    "capped cone": capped(Cone(12.0, 24.0), 3.0),
    "capped cylinder": capped(Cylinder(12.0, 24.0), 3.0),
}
DIRECTIONS = (SUPERIOR, (0.0, 0.0, -1.0), LEFT, (0.2, 0.7, -0.4), SLANTED)
HALF_MM = 17.0


@pytest.fixture(scope="module")
def points() -> FloatArray:
    return np.asarray(HALF_MM * (2 * qmc.Sobol(3, seed=0).random(2**19) - 1))


@pytest.mark.parametrize("name", SHAPES)
def test_volume_centroid_reach_and_planes_agree_with_sampled_points(name: str, points: FloatArray) -> None:
    shape = SHAPES[name]
    inside = points[shape.contains(points) > 0]
    per_point = (2 * HALF_MM) ** 3 / len(points)
    assert len(inside) * per_point == pytest.approx(shape.volume_mm3, rel=6e-3)
    assert inside.mean(axis=0) == pytest.approx(shape.centroid_mm, abs=0.06)
    for direction in map(unit, DIRECTIONS):
        low, high = shape.reach_mm(direction)
        along = inside @ direction
        assert low - 1e-9 <= along.min()
        assert along.max() <= high + 1e-9
        # No sampled point need lie near an apex.
        assert max(along.min() - low, high - along.max()) < 2.0
        for offset in np.linspace(low, high, 12):
            share = shape.volume_beyond(direction, float(offset)) / shape.volume_mm3
            assert share == pytest.approx((along >= offset).mean(), abs=4e-3)


@pytest.mark.parametrize("name", SHAPES)
def test_beyond_one_end_lies_everything_and_beyond_the_other_nothing(name: str) -> None:
    shape = SHAPES[name]
    for direction in map(unit, DIRECTIONS):
        low, high = shape.reach_mm(direction)
        assert shape.volume_beyond(direction, low - 1e-6) == pytest.approx(shape.volume_mm3, rel=1e-9)
        assert shape.volume_beyond(direction, high + 1e-6) == pytest.approx(0.0, abs=1e-9)
        middle = (low + high) / 2
        both = shape.volume_beyond(direction, middle) + shape.volume_beyond(-direction, -middle)
        assert both == pytest.approx(shape.volume_mm3, rel=1e-9)


@pytest.mark.parametrize("name", REVOLVED)
def test_closed_forms_are_the_integral_of_their_discs(name: str) -> None:
    shape = REVOLVED[name]
    axis = unit(shape.axis)
    across = unit(np.cross(axis, (0.1, 0.9, 0.3)))
    for direction, cosine in ((axis, 1.0), (-axis, -1.0), (across, 0.0)):
        low, high = shape.reach_mm(direction)
        middle = float(direction @ np.asarray(shape.centre_mm))
        for offset in np.linspace(low - 1, high + 1, 15):
            closed = shape.volume_beyond(direction, float(offset))
            by_discs = shape.beyond_by_integral(cosine, float(offset) - middle)
            assert closed == pytest.approx(by_discs, abs=1e-9 * shape.volume_mm3)


def test_an_oblique_integral_agrees_with_another_integrator() -> None:
    cone, direction = Cone(12.0, 24.0), unit((1.0, 0.0, 1.0))
    for offset in (-5.0, 0.0, 3.3, 9.0):

        def disc(t: float, offset: float = offset) -> float:
            return float(segment_area(6 + t / 2, (offset - t * direction[2]) / direction[0]))

        # Where a disc is only touched by the plane, its segment has a kink.
        kinks = [offset * math.sqrt(2) - 6 + s * (offset * math.sqrt(2) - 6) for s in (-1, 1)]
        expected = integrate.quad(disc, -12, 12, points=[k for k in kinks if -12 < k < 12], limit=400)[0]
        assert cone.volume_beyond(direction, offset) == pytest.approx(expected, rel=1e-6)


def test_published_formulas_stand_for_themselves() -> None:
    assert Sphere(12.0).volume_beyond(SUPERIOR, 9.0) == pytest.approx(math.pi * 9 * (36 - 3) / 3)
    assert Cone(12.0, 24.0).volume_beyond(SUPERIOR, 0.0) == pytest.approx(math.pi * 144 * 8 * 7 / 8)
    assert Torus(10.0, 3.0).volume_mm3 == pytest.approx(2 * math.pi**2 * 90)
    assert Torus(10.0, 3.0).volume_beyond(SUPERIOR, 0.0) == pytest.approx(math.pi**2 * 90)
    assert Cylinder(12.0, 20.0).volume_beyond(LEFT, 6.0) == pytest.approx(
        20 * (144 * math.pi / 3 - 6 * math.sqrt(108)), rel=1e-12
    )
    assert segment_area(5.0, -5.0) == pytest.approx(25 * math.pi)
    assert segment_area(0.0, 1.0) == 0.0


@pytest.mark.parametrize("spacing", [0.2, 3.0])
def test_caps_add_half_a_slice_to_flat_ends(spacing: float) -> None:
    cylinder, cone = capped(Cylinder(12.0, 24.0), spacing), capped(Cone(12.0, 24.0), spacing)
    assert cylinder.volume_mm3 == pytest.approx(math.pi * 144 * (24 + spacing))
    assert cone.volume_mm3 == pytest.approx(math.pi * 144 * (8 + spacing / 2))
    assert cylinder.reach_mm(SUPERIOR) == pytest.approx((-12 - spacing / 2, 12 + spacing / 2))
    assert cone.reach_mm(SUPERIOR) == pytest.approx((-12.0, 12 + spacing / 2))


@given(st.floats(-20, 20), st.floats(-20, 20), st.sampled_from(sorted(SHAPES)), st.sampled_from(DIRECTIONS))
@example(0.0, 5e-324, "lying cone", (0.0, 0.0, 1.0))
def test_volume_never_grows_with_the_offset(one: float, other: float, name: str, direction: FloatArray) -> None:
    shape, along = SHAPES[name], unit(direction)
    low, high = sorted((one, other))
    rounding = 1e-9 * shape.volume_mm3
    assert shape.volume_beyond(along, low) >= shape.volume_beyond(along, high) - rounding
    assert -rounding <= shape.volume_beyond(along, low) <= shape.volume_mm3 + rounding


def test_a_direction_without_length_is_refused() -> None:
    with pytest.raises(UsageError, match="length 0"):
        Sphere(3.0, axis=(0.0, 0.0, 0.0)).contains(np.zeros((1, 3)))


def test_integrals_are_exact_across_roots_and_kinks() -> None:
    assert integral(lambda x: np.sqrt(4 - x**2), [-2.0, 2.0]) == pytest.approx(2 * math.pi, rel=1e-13)
    assert integral(np.abs, [-1.0, 0.0, 2.0]) == pytest.approx(2.5, rel=1e-13)
    assert sign_changes(np.cos, 0.0, 6.0) == pytest.approx([math.pi / 2, 3 * math.pi / 2], abs=1e-12)
    assert sign_changes(lambda x: x**2 + 1, -1.0, 1.0) == []
