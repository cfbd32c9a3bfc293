"""Outlines of one plane: overlaps are joined, holes are left, nothing is counted twice."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from rtcheck.outlines import clipped, nested_alike, oriented, signed_area, without_overlaps
from rtcheck.solid import Flag, solid_of
from rtcheck.study import GeometricType
from tests.shapes import rectangle, roi, stack


def test_contours_that_partly_overlap_bound_their_union() -> None:
    apart, joined = without_overlaps([rectangle(0, 0, 10, 10), rectangle(8, 0, 20, 10)])
    assert joined == 1
    assert sum(map(signed_area, oriented(apart))) == pytest.approx(200)


def test_three_that_overlap_in_a_row_become_one() -> None:
    apart, joined = without_overlaps([rectangle(0, 0, 10, 10), rectangle(18, 0, 30, 10), rectangle(9, 0, 19, 10)])
    assert (len(apart), joined) == (1, 2)
    assert abs(signed_area(apart[0])) == pytest.approx(300)


def test_union_around_a_gap_keeps_the_gap_open() -> None:
    left = np.array([[0, 0], [10, 0], [10, 2], [2, 2], [2, 8], [10, 8], [10, 10], [0, 10]], float)
    apart, joined = without_overlaps([left, rectangle(8, 0, 20, 10)])
    assert joined == 1
    assert sum(map(signed_area, oriented(apart))) == pytest.approx(200 - 36)


@pytest.mark.parametrize(
    "other",
    [rectangle(10, 0, 20, 10), rectangle(2, 2, 8, 8), rectangle(30, 0, 40, 10)],
    ids=["touching", "inside", "apart"],
)
def test_contours_that_touch_or_nest_or_lie_apart_are_left_alone(other) -> None:
    assert without_overlaps([rectangle(0, 0, 10, 10), other])[1] == 0


def test_solid_with_overlapping_contours_is_flagged_and_whole() -> None:
    contours = stack(rectangle(0, 0, 10, 10), [0, 2, 4, 6]) + stack(rectangle(8, 0, 20, 10), [0, 2, 4, 6])
    solid = solid_of(roi(contours))
    assert solid.outline_volume_cc() == pytest.approx(1.6)
    assert Flag.OVERLAPPING_CONTOURS in {flag.flag for flag in solid.flags}


def test_overlap_of_xor_contours_is_a_hole_as_the_standard_says() -> None:
    contours = stack(rectangle(0, 0, 10, 10), [0, 2, 4, 6]) + stack(rectangle(8, 0, 20, 10), [0, 2, 4, 6])
    solid = solid_of(roi(contours, GeometricType.CLOSEDPLANAR_XOR))
    assert Flag.OVERLAPPING_CONTOURS not in {flag.flag for flag in solid.flags}
    assert len(solid.layers[0].outlines) == 2


@given(
    st.lists(st.tuples(st.floats(-10, 10), st.floats(-10, 10)), min_size=3, max_size=12),
    st.tuples(st.floats(-9, 0), st.floats(-9, 0), st.floats(0.5, 9), st.floats(0.5, 9)),
)
def test_clipped_outline_has_the_area_of_the_part_inside(points, bounds) -> None:
    angles = np.sort([np.arctan2(y, x) for x, y in points])
    radii = [np.hypot(x, y) + 0.1 for x, y in points]
    outline = np.array([[r * np.cos(a), r * np.sin(a)] for r, a in zip(radii, angles, strict=True)])
    assume(shapely.Polygon(outline).is_valid)
    expected = shapely.intersection(shapely.Polygon(outline), shapely.box(*bounds)).area
    assert abs(sum(map(signed_area, clipped((outline,), bounds)))) == pytest.approx(expected, abs=1e-6)


def test_outline_outside_leaves_nothing_and_a_hole_stays_a_hole() -> None:
    assert clipped((rectangle(20, 20, 30, 30),), (0, 0, 10, 10)) == ()
    ring = (rectangle(0, 0, 10, 10), rectangle(2, 2, 8, 8)[::-1])
    assert sum(map(signed_area, clipped(ring, (0, 0, 5, 10)))) == pytest.approx(50 - 18)


def test_thin_wall_is_told_from_a_wide_one() -> None:
    assert nested_alike([rectangle(0, 0, 10, 10), rectangle(0.2, 0.2, 9.8, 9.8)])
    assert not nested_alike([rectangle(0, 0, 10, 10), rectangle(3, 3, 7, 7)])
    assert not nested_alike([rectangle(0, 0, 10, 10), rectangle(20, 0, 30, 10)])
