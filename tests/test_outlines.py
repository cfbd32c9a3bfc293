"""Outlines of one plane: overlaps are joined, holes are left, nothing is counted twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.outlines import arranged, region_of, signed_area, signed_areas, starts, valid_polygon
from rtcheck.solid import Flag, solid_of
from rtcheck.study import GeometricType
from tests.shapes import circle, rectangle, roi, stack


def test_contours_that_partly_overlap_bound_their_union() -> None:
    found = arranged([rectangle(0, 0, 10, 10), rectangle(8, 0, 20, 10)])
    assert found.joined == 1
    assert sum(map(signed_area, found.outlines)) == pytest.approx(200)


def test_three_that_overlap_in_a_row_become_one() -> None:
    found = arranged([rectangle(0, 0, 10, 10), rectangle(18, 0, 30, 10), rectangle(9, 0, 19, 10)])
    assert (len(found.outlines), found.joined) == (1, 2)
    assert signed_area(found.outlines[0]) == pytest.approx(300)


def test_union_around_a_gap_keeps_the_gap_open() -> None:
    left = np.array([[0, 0], [10, 0], [10, 2], [2, 2], [2, 8], [10, 8], [10, 10], [0, 10]], float)
    found = arranged([left, rectangle(8, 0, 20, 10)])
    assert found.joined == 1
    assert sum(map(signed_area, found.outlines)) == pytest.approx(200 - 36)


@pytest.mark.parametrize(
    "other",
    [rectangle(10, 0, 20, 10), rectangle(2, 2, 8, 8), rectangle(30, 0, 40, 10)],
    ids=["touching", "inside", "apart"],
)
def test_contours_that_touch_or_nest_or_lie_apart_are_left_alone(other) -> None:
    assert arranged([rectangle(0, 0, 10, 10), other]).joined == 0


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


@given(st.lists(st.integers(3, 40), min_size=1, max_size=6), st.floats(-1e4, 1e4))
def test_areas_of_many_polygons_in_one_array_are_those_of_each(counts: list[int], far_mm: float) -> None:
    polygons = [
        circle(3.0 + index, (far_mm, -far_mm), points)[:: -1 if index % 2 else 1] for index, points in enumerate(counts)
    ]
    areas = signed_areas(np.concatenate(polygons), starts(polygons))
    assert areas == pytest.approx([signed_area(polygon) for polygon in polygons], rel=1e-9)
    assert np.abs(areas) == pytest.approx([np.pi * (3.0 + index) ** 2 for index in range(len(counts))], rel=1e-8)


def test_thin_wall_is_told_from_a_wide_one() -> None:
    assert arranged([rectangle(0, 0, 10, 10), rectangle(0.2, 0.2, 9.8, 9.8)]).alike
    assert not arranged([rectangle(0, 0, 10, 10), rectangle(3, 3, 7, 7)]).alike
    assert not arranged([rectangle(0, 0, 10, 10), rectangle(20, 0, 30, 10)]).alike


def test_an_outline_that_touches_itself_bounds_an_area_and_no_lines() -> None:
    """GEOS makes such an outline valid as a collection of areas and lines, which nothing can be combined with."""
    square = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], float)
    spiked = np.array([[0, 0], [10, 0], [10, 10], [10, 20], [10, 10], [0, 10]], float)
    assert valid_polygon(spiked).geom_type in ("Polygon", "MultiPolygon")
    region = region_of((spiked, square[:3]))
    assert region.area == pytest.approx(50.0)
    assert region_of((spiked, spiked)).is_empty
