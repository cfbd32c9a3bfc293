"""One affine in one place: anisotropic, oblique, feet-first, with frames that run either way."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import UsageError
from rtcheck.geometry import Grid, RigidTransform
from tests import shapes


def test_rows_and_columns_have_their_own_spacing() -> None:
    on = shapes.grid((0, 0, 0), (9, 8, 10), (3.0, 2.0, 5.0))
    assert on.shape == (3, 5, 4)
    assert on.column_mm().tolist() == [0.0, 3.0, 6.0, 9.0]
    assert on.row_mm().tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert on.position_mm(1, 2, 3).tolist() == [9.0, 4.0, 5.0]


def test_a_feet_first_dose_runs_to_minus_z() -> None:
    # ImageOrientationPatient -1\0\0\0\1\0, as in the feet-first data: the normal points to the feet.
    on = Grid(
        np.array([100.0, -50.0, 20.0]),
        np.array([-1.0, 0.0, 0.0]),
        np.array([0.0, 1.0, 0.0]),
        2.5,
        3.0,
        np.array([0.0, 4.0, 8.0]),
        (3, 4, 5),
        "1.2.3",
    )
    assert on.normal.tolist() == [0.0, 0.0, -1.0]
    assert on.position_mm(2, 1, 4).tolist() == [90.0, -47.0, 12.0]


@given(
    st.tuples(*[st.floats(-180, 180)] * 3),
    st.tuples(*[st.booleans()] * 3),
    st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(0, 6)),
)
def test_position_is_the_affine_of_the_index_in_any_orientation(
    angles: tuple[float, ...], reverse: tuple[bool, ...], index: tuple[int, int, int]
) -> None:
    matrix = shapes.rotation(*angles)
    on = shapes.grid((-6, -10, -6), (6, 10, 6), (2.0, 4.0, 3.0), matrix, reverse)
    own = np.array([-6 + 2.0 * index[2], -10 + 4.0 * index[1], -6 + 3.0 * index[0]])
    mirrored = np.where(reverse, [6 - 2.0 * index[2], 10 - 4.0 * index[1], 6 - 3.0 * index[0]], own)
    assert on.position_mm(*index) == pytest.approx(matrix @ mirrored, abs=1e-9)
    assert on.axes @ on.axes.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(on.axes) == pytest.approx(1.0)


def test_the_frame_spacing_is_the_largest_gap_whichever_way_frames_run() -> None:
    on = dataclasses.replace(shapes.grid(), frame_offsets_mm=np.array([0.0, -2.0, -5.0]), shape=(3, 4, 5))
    assert on.frame_spacing_mm == 3.0


def test_a_single_frame_has_no_frame_spacing_and_says_so() -> None:
    on = dataclasses.replace(shapes.grid(), frame_offsets_mm=np.array([0.0]), shape=(1, 4, 5))
    assert on.frame_spacing_mm is None
    assert on.describe() == "1 x 4 x 5 at single frame x 2 x 2 mm"


def test_describe_gives_frames_rows_columns_in_the_order_of_the_array() -> None:
    assert shapes.grid((0, 0, 0), (9, 8, 10), (3.0, 2.0, 5.0)).describe() == "3 x 5 x 4 at 5 x 2 x 3 mm"


@pytest.mark.parametrize("name", ["origin_mm", "row_direction", "column_direction", "frame_offsets_mm"])
def test_the_arrays_of_a_grid_are_read_only(name: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        getattr(shapes.grid(), name)[0] = 1.0


def rigid(angles: tuple[float, ...], shift_mm: tuple[float, ...]) -> RigidTransform:
    return RigidTransform(shapes.rotation(*angles), np.array(shift_mm))


angles = st.tuples(*[st.floats(-180, 180)] * 3)
shifts_mm = st.tuples(*[st.floats(-300, 300)] * 3)


@given(angles, shifts_mm, angles, shifts_mm)
def test_rigid_transforms_follow_one_another_and_go_back(
    first: tuple[float, ...], first_mm: tuple[float, ...], second: tuple[float, ...], second_mm: tuple[float, ...]
) -> None:
    one, other = rigid(first, first_mm), rigid(second, second_mm)
    points = np.array([[0.0, 0.0, 0.0], [10.0, -20.0, 30.0]])
    assert other.after(one).point_mm(points) == pytest.approx(other.point_mm(one.point_mm(points)), abs=1e-9)
    assert one.inverse().point_mm(one.point_mm(points)) == pytest.approx(points, abs=1e-9)


@given(angles, shifts_mm, st.tuples(*[st.booleans()] * 3))
def test_every_sample_of_a_moved_grid_lies_where_the_transform_puts_it(
    degrees: tuple[float, ...], shift_mm: tuple[float, ...], reverse: tuple[bool, ...]
) -> None:
    on = shapes.grid((-6, -10, -6), (6, 10, 6), (2.0, 4.0, 3.0), shapes.rotation(10, 20, 30), reverse)
    transform = rigid(degrees, shift_mm)
    moved = on.moved(transform, "1.2.9")
    assert moved.frame_of_reference_uid == "1.2.9"
    assert (moved.shape, moved.row_spacing_mm) == (on.shape, on.row_spacing_mm)
    for index in [(0, 0, 0), (4, 5, 6), (2, 1, 3)]:
        assert moved.position_mm(*index) == pytest.approx(transform.point_mm(on.position_mm(*index)), abs=1e-9)


def test_quarter_turn_about_z_and_a_shift() -> None:
    on = shapes.grid((0, 0, 0), (9, 8, 10), (3.0, 2.0, 5.0))
    quarter = RigidTransform(np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), np.array([100.0, 0, 7]))
    moved = on.moved(quarter, "1.2.9")
    assert moved.row_direction.tolist() == [0.0, 1.0, 0.0]
    assert moved.position_mm(1, 2, 3).tolist() == [96.0, 9.0, 12.0]


@pytest.mark.parametrize(
    "matrix",
    [np.diag([1.0, 1.0, -1.0]), np.diag([1.0, 1.0, 1.001]), np.full((3, 3), np.nan), np.eye(2), 2 * np.eye(3)],
)
def test_what_is_no_rotation_is_no_rigid_transform(matrix: np.ndarray) -> None:
    with pytest.raises(UsageError, match="rigid transform"):
        RigidTransform(matrix, np.zeros(3))


def test_grids_coincide_within_a_thousandth_of_a_millimetre() -> None:
    on = shapes.grid()
    near = dataclasses.replace(on, origin_mm=on.origin_mm + np.array([0.0009, 0, 0]))
    far = dataclasses.replace(on, origin_mm=on.origin_mm + np.array([0.0011, 0, 0]))
    assert on.coincides(near)
    assert near.coincides(on)
    assert not on.coincides(far)


@pytest.mark.parametrize(
    "change",
    [
        {"frame_of_reference_uid": "1.2.99"},
        {"column_spacing_mm": 2.001},
        {"row_spacing_mm": 2.001},
        {"row_direction": np.array([0.0, 1.0, 0.0]), "column_direction": np.array([1.0, 0.0, 0.0])},
    ],
)
def test_grids_that_differ_in_anything_do_not_coincide(change: dict[str, object]) -> None:
    on = shapes.grid()
    assert not on.coincides(dataclasses.replace(on, **change))


def test_a_frame_in_the_middle_that_is_moved_makes_another_grid() -> None:
    on = shapes.grid()
    offsets = on.frame_offsets_mm.copy()
    offsets[1] += 0.01
    assert not on.coincides(dataclasses.replace(on, frame_offsets_mm=offsets))
    reversed_frames = dataclasses.replace(
        on, origin_mm=on.position_mm(on.shape[0] - 1, 0, 0), frame_offsets_mm=-on.frame_offsets_mm
    )
    assert not on.coincides(reversed_frames)
