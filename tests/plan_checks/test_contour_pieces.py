"""The pieces of a solid."""

from __future__ import annotations

import numpy as np
import pytest
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.plan_checks.contour_pieces import Piece, pieces
from rtcheck.solid import solid_of
from rtcheck.study import ROI
from tests.plan_checks.drawings import square


@settings(max_examples=10)
@given(x_mm=st.floats(-60, 60), y_mm=st.floats(-60, 60), z_mm=st.floats(-60, 60))
def test_the_distance_of_two_pieces_is_that_of_their_nearest_points(x_mm, y_mm, z_mm) -> None:
    columns = [*(square(0, 0, 5, z) for z in range(0, 20, 2)), *(square(200, 0, 5, z) for z in range(0, 20, 2))]
    first, second = pieces(solid_of(ROI(1, "Two", None, tuple(columns)), 2.0))
    moved = [shapely.affinity.translate(outline, x_mm, y_mm) for outline in second.outlines]
    other = Piece(1.0, np.array(moved), second.bottom_mm + z_mm, second.top_mm + z_mm)
    low = np.array([first.outlines[0].bounds[0] - moved[0].bounds[2], abs(y_mm) - 10.0, abs(z_mm) - 20.0])
    low[0] = max(low[0], moved[0].bounds[0] - first.outlines[0].bounds[2])
    assert first.distance_mm(other) == pytest.approx(np.linalg.norm(low.clip(min=0.0)))


@settings(max_examples=20)
@given(count=st.integers(1, 4), step_mm=st.floats(0.0, 3.9))
def test_towers_are_as_many_pieces_as_towers(count, step_mm) -> None:
    towers = [square(40.0 * i + step_mm * (z % 4), 0, 4, z) for i in range(count) for z in range(0, 12, 2)]
    found = pieces(solid_of(ROI(1, "Towers", None, tuple(towers)), 2.0))
    assert len(found) == (count if count > 1 else 0)  # one pile isn't looked into
    assert sum(piece.volume_cc for piece in found) == pytest.approx(count * 0.768 if count > 1 else 0.0)
