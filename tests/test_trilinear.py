"""Dose between samples: against scipy, in any orientation, at the edges and in a single frame."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator

from rtcheck.geometry import Grid
from rtcheck.trilinear import EDGE_TOLERANCE_MM, Axis, DoseField
from tests import shapes

angles = st.tuples(*[st.floats(-180, 180)] * 3)
flips = st.tuples(*[st.booleans()] * 3)


def random_field(on: Grid, seed: int = 1) -> DoseField:
    gray = np.random.default_rng(seed).uniform(0.0, 70.0, on.shape).astype(np.float32)
    return DoseField(on, gray)


@settings(max_examples=40)
@given(angles, flips, st.integers(0, 1000))
def test_it_agrees_with_scipy_in_any_orientation_and_direction_of_frames(
    turn: tuple[float, ...], reverse: tuple[bool, ...], seed: int
) -> None:
    on = shapes.grid((-6, -10, -6), (6, 10, 6), (2.0, 4.0, 3.0), shapes.rotation(*turn), reverse)
    dose = random_field(on, seed)
    rising = bool(on.frame_offsets_mm[-1] > 0)
    frames, gray = (on.frame_offsets_mm, dose.dose_gy) if rising else (on.frame_offsets_mm[::-1], dose.dose_gy[::-1])
    oracle = RegularGridInterpolator((frames, on.row_mm(), on.column_mm()), gray.astype(float))
    share = np.random.default_rng(seed).uniform(0.0, 1.0, (200, 3))
    local = np.array([frames[0], 0.0, 0.0]) + share * [np.ptp(frames), on.row_mm()[-1], on.column_mm()[-1]]
    patient = on.origin_mm + local[:, ::-1] @ on.axes
    assert dose.at(patient) == pytest.approx(oracle(local), abs=1e-6)


def test_unequal_frame_distances_are_interpolated_in_their_own_gap() -> None:
    on = Grid(np.zeros(3), np.eye(3)[0], np.eye(3)[1], 1.0, 1.0, np.array([0.0, 1.0, 5.0, 6.0]), (4, 2, 2), "1")
    dose = DoseField(on, np.repeat(np.float32([0, 10, 20, 60]), 4).reshape(4, 2, 2))
    heights = np.array([0.5, 2.0, 4.0, 5.25])
    assert dose.at(np.stack([0 * heights, 0 * heights, heights], axis=1)) == pytest.approx([5.0, 12.5, 17.5, 30.0])


@given(angles, st.tuples(*[st.integers(0, 4)] * 3))
def test_the_dose_at_a_sample_is_the_sample(turn: tuple[float, ...], index: tuple[int, int, int]) -> None:
    on = shapes.grid((-4, -4, -4), (4, 4, 4), (2.0, 2.0, 2.0), shapes.rotation(*turn))
    dose = random_field(on)
    assert float(dose.at(on.position_mm(*index))) == pytest.approx(float(dose.dose_gy[index]), abs=1e-5)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_the_dose_is_known_to_the_outermost_sample_and_unknown_beyond(axis: int, side: float) -> None:
    dose = shapes.uniform(40.0, shapes.grid((-10, -10, -10), (10, 10, 10)))
    point = np.zeros((3, 3))
    point[:, axis] = side * np.array([10.0, 10.0 + 0.9 * EDGE_TOLERANCE_MM, 10.01])
    assert dose.at(point).tolist() == pytest.approx([40.0, 40.0, np.nan], nan_ok=True)


def test_unknown_dose_is_not_a_number_and_never_zero() -> None:
    dose = shapes.uniform(40.0)
    outside = dose.at(np.array([[0.0, 0.0, 500.0], [500.0, 0.0, 0.0], [-31.0, 0.0, 0.0]]))
    assert np.isnan(outside).all()


@pytest.mark.parametrize(("thickness", "reach"), [(4.0, 2.0), (None, 0.0)])
def test_a_single_frame_reaches_half_its_thickness_or_nowhere(thickness: float | None, reach: float) -> None:
    on = dataclasses.replace(
        shapes.grid(thickness_mm=thickness), frame_offsets_mm=np.array([0.0]), origin_mm=np.array([-30.0, -30.0, 7.0])
    )
    on = dataclasses.replace(on, shape=(1, *on.shape[1:]))
    dose = shapes.field(lambda x, y, z: 40.0 + x, on)
    heights = 7.0 + np.array([0.0, reach, -reach, reach + 0.01, -reach - 0.01])
    points = np.stack([np.full(5, 1.5), np.zeros(5), heights], axis=1)
    assert dose.at(points).tolist() == pytest.approx([41.5, 41.5, 41.5, np.nan, np.nan], nan_ok=True)


def test_dose_beyond_the_grid_may_be_given_a_number() -> None:
    dose = shapes.uniform(40.0)
    points = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 500.0]])
    assert dose.at(points, beyond_gy=0.0).tolist() == [40.0, 0.0]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_beside_an_unknown_sample_the_dose_is_unknown_and_on_the_known_ones_it_is_known(axis: int) -> None:
    on = shapes.grid((-10, -10, -10), (10, 10, 10))
    gray = np.full(on.shape, 40.0, np.float32)
    np.moveaxis(gray, 2 - axis, 0)[5] = np.nan  # at 0 mm along x, y or z
    points = np.zeros((6, 3))
    points[:, axis] = np.array([-3.0, -2.0, -1.99, 0.0, 1.99, 2.0])
    points[:, (axis + 1) % 3] = 0.7
    dose = DoseField(on, gray)
    assert dose.at(points).tolist() == pytest.approx([40.0, 40.0, *[np.nan] * 3, 40.0], nan_ok=True)


def test_unknown_samples_do_not_reach_the_dose_on_either_face_of_the_known_part() -> None:
    on = shapes.grid((0, 0, 0), (10, 10, 10))
    gray = np.full(on.shape, 40.0, np.float32)
    gray[:-1] = np.nan
    last = np.array([[3.0, 4.5, 10.0], [3.0, 4.5, 9.9]])
    assert DoseField(on, gray).at(last).tolist() == pytest.approx([40.0, np.nan], nan_ok=True)


@given(st.lists(st.floats(0.1, 5.0), min_size=1, max_size=12), st.integers(0, 1000))
def test_positions_are_located_between_samples_however_far_these_are_apart(gaps: list[float], seed: int) -> None:
    positions = np.concatenate([[0.0], np.cumsum(gaps)])
    at = np.concatenate([positions, np.random.default_rng(seed).uniform(0.0, positions[-1], 50)])
    lower, upper, share = Axis.of(positions[::-1].copy(), 0.0).locate(at)
    low, high = positions[::-1][lower], positions[::-1][upper]
    assert low + share * (high - low) == pytest.approx(at, abs=1e-9)
    assert (np.abs(upper - lower) == 1).all()


def test_any_shape_of_points_is_answered_in_that_shape() -> None:
    dose = shapes.linear((1.0, 0.0, 0.0))
    points = np.zeros((2, 3, 4, 3))
    points[..., 0] = np.arange(24).reshape(2, 3, 4) / 2
    assert dose.at(points) == pytest.approx(40.0 + points[..., 0], abs=1e-5)


@given(flips, st.permutations([0, 1, 2]))
def test_a_flipped_or_permuted_grid_counts_as_aligned(reverse: tuple[bool, ...], order: list[int]) -> None:
    matrix = np.eye(3)[order]
    dose = shapes.uniform(1.0, shapes.grid((-4, -4, -4), (4, 4, 4), matrix=matrix, reverse=reverse))
    matched = dose.alignment(np.eye(3))
    assert matched is not None
    for row, array_axis in enumerate(matched):
        assert abs(dose.axes[array_axis] @ np.eye(3)[row]) == pytest.approx(1.0)


@pytest.mark.parametrize(("degrees", "aligned"), [(0.0, True), (0.005, True), (0.05, False), (10.0, False)])
def test_a_grid_turned_by_more_than_rounding_is_oblique(degrees: float, aligned: bool) -> None:
    dose = shapes.uniform(1.0, shapes.grid(matrix=shapes.rotation(0.0, 0.0, degrees)))
    assert (dose.alignment(np.eye(3)) is not None) is aligned
