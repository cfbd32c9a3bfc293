"""Where points lie of a solid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.plan_checks.places import distance_mm, near
from rtcheck.solid import solid_of
from tests import studies
from tests.plan_checks.samples import case_of

OUTER, INNER = ((-12, 12), (-12, 12), (-12, 12)), ((-6, 6), (-6, 6), (-12, 12))
SHELL = studies.box_roi(1, "Shell", OUTER)
#: A box of 24 mm with a shaft of 12 mm along z.
HOLLOW = solid_of(replace(SHELL, contours=SHELL.contours + studies.box_roi(2, "Hole", INNER).contours))
points = st.tuples(*[st.floats(-30, 30)] * 3)


@settings(max_examples=50)
@given(points)
def test_a_box_with_a_hole_holds_what_lies_between(point) -> None:
    x, y, z = point
    if min(abs(abs(value) - edge) for value in point for edge in (6, 12)) < 1e-3:
        return
    within = max(abs(x), abs(y), abs(z)) < 12 and not max(abs(x), abs(y)) < 6
    assert bool(near(np.array([point]), HOLLOW)[0]) is within
    assert (distance_mm(np.array(point), HOLLOW) == 0.0) is within


@settings(max_examples=50)
@given(points, st.floats(0.5, 10))
def test_what_is_near_is_no_further_off_than_the_margin_along_the_plane_and_along_its_normal(point, margin) -> None:
    beyond = np.maximum(np.abs(point) - 12.0, 0.0)
    filled = distance_mm(np.array(point), HOLLOW, filled=True)
    assert filled == pytest.approx(np.linalg.norm(beyond))
    if near(np.array([point]), HOLLOW, margin)[0]:
        assert beyond[2] <= margin + 1e-9
        assert np.linalg.norm(beyond[:2]) <= margin + 1e-9


def test_a_point_in_a_hole_is_as_far_off_as_its_edge_unless_holes_are_filled() -> None:
    assert distance_mm(np.zeros(3), HOLLOW) == pytest.approx(6.0)
    assert distance_mm(np.zeros(3), HOLLOW, filled=True) == 0.0


def test_distance_from_a_body_is_zero_inside_and_grows_outside() -> None:
    case = case_of()
    solid = case.contoured.solid_of(case.body)
    outline = np.concatenate([contour.points_mm for contour in case.body.closed_contours])
    low, high = outline.min(axis=0), outline.max(axis=0)
    middle = (low + high) / 2
    assert distance_mm(middle, solid) == 0
    assert distance_mm(np.array([middle[0], middle[1], high[2] + 50]), solid) == pytest.approx(50, abs=3)
    assert distance_mm(np.array([high[0] + 40, middle[1], middle[2]]), solid) == pytest.approx(40, abs=3)
