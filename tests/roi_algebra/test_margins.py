"""Margins against closed forms, the algebra that they keep, and what other conventions make of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.dvh import compute_dvh
from rtcheck.errors import ParseError
from rtcheck.roi_algebra import combine, evaluate, parse_expression, with_margin
from rtcheck.solid import Solid, solid_of
from tests.shapes import at_height, circle, linear, planes, rectangle, roi, rotation, sphere, stack, turned

Z = planes(19.0, 2.0)  # 40 mm high


def solid(outline: np.ndarray, heights: np.ndarray = Z) -> Solid:
    return solid_of(roi(stack(outline, heights)))


def cc(of: Solid) -> float:
    return of.outline_volume_cc()


def ask(text: str, **solids: Solid) -> Solid:
    return evaluate(parse_expression(text), lambda name: solids[name.text])


def ball_cc(radius_mm: float) -> float:
    return 4 / 3 * np.pi * radius_mm**3 / 1000


@pytest.mark.parametrize("r", [0.7, 3.0, 10.0])
def test_a_box_and_a_cylinder_grow_and_shrink_exactly(r: float) -> None:
    a, radius = 40.0, 20.0
    box, cylinder = solid(rectangle(-20, -20, 20, 20)), solid(circle(radius))
    ball, disc = 4 / 3 * np.pi * r**3, np.pi * radius**2
    rim = np.pi * a * r * (2 * radius + r) + np.pi**2 * radius * r**2
    assert cc(with_margin(box, r)) == pytest.approx(
        (a**3 + 6 * a * a * r + 3 * np.pi * a * r**2 + ball) / 1e3, rel=1e-3
    )
    assert cc(with_margin(cylinder, r)) == pytest.approx((disc * (a + 2 * r) + rim + ball) / 1000, rel=1e-3)
    assert cc(with_margin(box, -r)) == pytest.approx((a - 2 * r) ** 3 / 1000, rel=1e-6)
    assert cc(with_margin(cylinder, -r)) == pytest.approx(np.pi * (radius - r) ** 2 * (a - 2 * r) / 1000, rel=1e-3)


@pytest.mark.parametrize(("spacing", "tolerance"), [(1.0, 0.005), (2.0, 0.005), (3.0, 0.009)])
@pytest.mark.parametrize("r", [3.0, 5.0, -3.0, -8.0])
def test_a_sphere_grows_and_shrinks_to_a_sphere(spacing: float, tolerance: float, r: float) -> None:
    of = solid_of(roi(sphere(25.0, spacing, points=120)))
    assert cc(with_margin(of, r)) == pytest.approx(ball_cc(25.0 + r), rel=tolerance)


@pytest.mark.parametrize(("radius", "spacing", "inner", "outer"), [(15, 1, 0, 20), (20, 2, 0, 10), (25, 3, 5, 20)])
def test_rings_of_a_sphere_have_the_volume_of_the_shell(
    radius: float, spacing: float, inner: float, outer: float
) -> None:
    found = ask(f"ring(S, {inner}mm, {outer}mm)", S=solid_of(roi(sphere(radius, spacing, points=120))))
    assert cc(found) == pytest.approx(ball_cc(radius + outer) - ball_cc(radius + inner), rel=0.01)


def test_a_ring_is_the_larger_margin_without_the_smaller() -> None:
    one = solid(circle(8.0), planes(9.0, 3.0))
    ring, both = ask("ring(A, 2mm, 6mm)", A=one), ask("(A + 6mm) - (A + 2mm)", A=one)
    assert cc(ring) == pytest.approx(cc(both), rel=1e-12)
    assert ask("ring(A, 0mm, 6mm) & A", A=one).layers == ()


def test_a_turned_solid_grows_alike() -> None:
    ball = sphere(12.0, 2.0, points=60)
    straight, oblique = (
        with_margin(solid_of(roi(turned(ball, matrix))), 4.0) for matrix in (np.eye(3), rotation(20, 35, 10))
    )
    assert cc(oblique) == pytest.approx(cc(straight), rel=1e-4)


def test_no_margin_is_the_solid_itself_and_too_deep_a_one_leaves_nothing() -> None:
    one = solid(circle(5.0))
    assert with_margin(one, 0.0) is one
    assert ask("A + 0mm", A=one) is one
    assert with_margin(one, -5.1).layers == ()
    assert with_margin(solid(circle(50.0), planes(3.0, 2.0)), -4.0).layers == ()
    assert with_margin(Solid(np.eye(3), ()), 5.0).layers == ()


shapes = st.sampled_from(
    [
        solid(circle(9.0, points=60), planes(9.0, 3.0)),
        solid(rectangle(-8, -3, 5, 9), planes(6.0, 2.0)),
        solid_of(roi(sphere(10.0, 2.0, points=40))),
        solid_of(roi([at_height(circle(4.0 + 2.0 * (i % 3), (i, -i), points=30), 2.5 * i) for i in range(6)])),
        solid_of(
            roi(stack(circle(4.0, (-6, 0), 30), planes(6.0, 3.0)) + stack(circle(3.0, (7, 2), 30), planes(3.0, 3.0)))
        ),
        solid_of(roi([at_height(circle(5.0, points=30), z) for z in (0, 3, 6, 30, 33, 36)])),
    ]
)


@settings(max_examples=12)
@given(shapes, st.floats(0.5, 8.0), st.floats(0.5, 6.0))
def test_margins_grow_with_their_distance(one: Solid, smaller: float, more: float) -> None:
    inner, outer = with_margin(one, smaller), with_margin(one, smaller + more)
    assert cc(combine("-", one, inner)) <= 1e-3 * cc(one)
    assert cc(combine("-", inner, outer)) <= 1e-3 * cc(inner)
    assert cc(combine("-", with_margin(one, -smaller - more), with_margin(one, -smaller))) <= 1e-3 * cc(one)
    assert cc(combine("-", with_margin(one, -smaller), one)) <= 1e-3 * cc(one)


@pytest.mark.slow
@settings(max_examples=8)
@given(shapes, st.floats(1.0, 8.0))
def test_what_is_grown_and_shrunk_again_holds_what_it_was(one: Solid, r: float) -> None:
    closed = ask(f"A + {r:.2f}mm - {r:.2f}mm", A=one)
    assert cc(combine("-", one, closed)) <= 1e-6 * cc(one)
    assert cc(combine("-", closed, with_margin(one, r))) <= 1e-3 * cc(one)


@settings(max_examples=20)
@given(shapes, shapes, st.floats(-3.0, 3.0))
def test_volumes_add_up(one: Solid, other: Solid, r: float) -> None:
    other = with_margin(other, r)
    both, either, rest = (combine(operator, one, other) for operator in "&+-")
    assert cc(one) + cc(other) == pytest.approx(cc(either) + cc(both), rel=0.005)
    assert cc(rest) + cc(both) == pytest.approx(cc(one), rel=0.005)
    assert cc(combine("+", rest, both)) == pytest.approx(cc(one), rel=0.005)


def test_parts_that_end_on_different_slices_grow_as_they_do_alone() -> None:
    one, other = solid(circle(5.0), planes(9.0, 2.0)), solid(circle(5.0, (40.0, 0.0)), planes(5.0, 2.0))
    alone = cc(with_margin(one, 4.0)) + cc(with_margin(other, 4.0))
    assert cc(with_margin(combine("+", one, other), 4.0)) == pytest.approx(alone, rel=1e-3)


def test_a_cavity_grows_where_its_solid_shrinks() -> None:
    full, hole = solid(circle(19.0)), solid(circle(5.0), planes(5.0, 2.0))
    shrunk = with_margin(combine("-", full, hole), -4.0)
    assert cc(shrunk) == pytest.approx(cc(with_margin(full, -4.0)) - cc(with_margin(hole, 4.0)), rel=1e-3)


def test_a_gap_closes_when_the_parts_meet() -> None:
    parts = solid_of(roi([at_height(circle(5.0), z) for z in (0, 3, 6, 24, 27, 30)]))  # 7.5 to 22.5 is open
    apart, joined = with_margin(parts, 7.0), with_margin(parts, 9.0)
    gaps = [
        sum(b.bottom_mm - a.top_mm > 0.5 for a, b in zip(s.layers[:-1], s.layers[1:], strict=True))
        for s in (apart, joined)
    ]
    assert gaps == [1, 0]


@pytest.mark.parametrize(("r", "ends"), [(6.0, 26.0), (-6.0, 14.0)])
def test_what_lies_beyond_the_outermost_contour_and_the_margin_is_open(r: float, ends: float) -> None:
    layers = with_margin(solid(circle(20.0)), r).layers
    assert (layers[0].bottom_mm, layers[-1].top_mm) == (pytest.approx(-ends), pytest.approx(ends))
    for layer in layers:
        assert layer.open_above == (layer.bottom_mm > ends - 1.0 - 1e-6)
        assert layer.open_below == (layer.top_mm < 1.0 - ends + 1e-6)
        assert layer.bottom_mm <= layer.at_mm <= layer.top_mm
    volume = compute_dvh(with_margin(solid(circle(20.0)), r), linear(), roi="A")["Volume[cc]"]
    assert volume.low is not None
    assert volume.value is not None
    assert volume.low < volume.value


def test_a_margin_keeps_the_flags() -> None:
    one = solid_of(roi(stack(circle(5.0), [0.0, 2.0])))
    assert one.flags
    assert with_margin(one, 3.0).flags == with_margin(one, -1.0).flags == one.flags
    assert ask("ring(A, 1mm, 3mm)", A=one).flags == one.flags


def test_any_and_all_have_no_solid() -> None:
    with pytest.raises(ParseError, match="ask for one of them"):
        ask("any(A, B)", A=solid(circle(5.0)), B=solid(circle(5.0)))
