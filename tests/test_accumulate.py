"""Sums of doses: closed forms, an independent interpolation, edges, any order of the doses, and what is refused."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator

from bench import sums
from rtcheck.accumulate import Addend, DoseSum, accumulate, fitting_refinement
from rtcheck.accumulate import lattice as lattice_module
from rtcheck.errors import InconsistentStudyError, UsageError
from rtcheck.geometry import FloatArray, Grid
from rtcheck.radiobiology import bed_of_dose, eqd2_of_dose
from rtcheck.trilinear import EDGE_TOLERANCE_MM
from rtcheck.units import PHYSICAL, DoseBasis, DoseKind, bed_basis, eqd2_basis
from tests.shapes import (
    DoseFunction,
    circle,
    dvh_of,
    field,
    grid,
    number,
    planes,
    rectangle,
    rotation,
    sample_points,
    stack,
)

GRADIENT = (0.31, -0.17, 0.23)
BASES = (PHYSICAL, bed_basis(10.0), eqd2_basis(3.0), DoseBasis(DoseKind.EQDX, 3.0, 1.8))


def slope(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
    """Linear, and above zero in all grids here."""
    return np.asarray(60.0 + GRADIENT[0] * x + GRADIENT[1] * y + GRADIENT[2] * z)


def constant(gray: float) -> DoseFunction:
    return lambda x, y, z: np.full(np.broadcast_shapes(x.shape, y.shape, z.shape), gray)


def bump(radius_mm: float, gray: float, centre_mm: Sequence[float] = (0.0, 0.0, 0.0)) -> DoseFunction:
    """A paraboloid that is exactly zero beyond a radius."""

    def dose(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        squared = (x - centre_mm[0]) ** 2 + (y - centre_mm[1]) ** 2 + (z - centre_mm[2]) ** 2
        return np.maximum(gray * (1 - squared / radius_mm**2), 0.0)

    return dose


def addend(dose: DoseFunction, on: Grid | None = None, fractions: int | None = 5, name: str = "plan") -> Addend:
    on = grid() if on is None else on
    return Addend(name, on, field(dose, on).dose_gy, fractions, (f"1.2.{name}",))


def uneven(offsets_mm: Sequence[float], like: Grid | None = None) -> Grid:
    """A grid with frames of its own."""
    like = grid() if like is None else like
    return dataclasses.replace(
        like, frame_offsets_mm=np.array(offsets_mm, float), shape=(len(offsets_mm), *like.shape[1:])
    )


def expected(doses: Sequence[Addend], on: Grid) -> FloatArray:
    """The sum at the samples of a grid by scipy, in double precision; NaN outside one that isn't zero on all faces."""
    total = np.zeros(on.shape)
    for one in doses:
        gray, own = one.dose_gy.astype(np.float64), one.grid
        frames = own.frame_offsets_mm
        if frames[-1] < frames[0]:
            frames, gray = frames[::-1], gray[::-1]
        beyond = 0.0 if one.is_zero_outside else np.nan
        axes = (frames, own.row_mm(), own.column_mm())
        local = (sample_points(on) - own.origin_mm) @ own.axes.T
        # A sample on the edge may lie beyond it as written.
        local = local[..., ::-1]
        for number_of, axis in enumerate(axes):
            at = local[..., number_of]
            near = (at > axis[0] - EDGE_TOLERANCE_MM) & (at < axis[-1] + EDGE_TOLERANCE_MM)
            local[..., number_of] = np.where(near, np.clip(at, axis[0], axis[-1]), at)
        total += RegularGridInterpolator(axes, gray, bounds_error=False, fill_value=beyond)(local)
    return total


def known_cc(total: DoseSum) -> float:
    """Volume of the cells whose corners are all known."""
    known = np.isfinite(total.dose_gy)
    for axis in range(3):
        ends = [slice(None)] * 3, [slice(None)] * 3
        ends[0][axis], ends[1][axis] = slice(1, None), slice(None, -1)
        known = known[tuple(ends[0])] & known[tuple(ends[1])]
    heights = np.abs(np.diff(total.grid.frame_offsets_mm))
    area = total.grid.row_spacing_mm * total.grid.column_spacing_mm
    return float((known * heights[:, None, None]).sum() * area / 1000)


# Values.


def test_two_halves_of_a_plan_are_the_plan() -> None:
    whole = addend(slope)
    half = dataclasses.replace(whole, dose_gy=whole.dose_gy / 2)
    assert (accumulate([half, half]).dose_gy == whole.dose_gy).all()


@pytest.mark.parametrize("basis", BASES[1:], ids=str)
def test_halves_of_the_fractions_add_up_to_the_plan_in_any_basis(basis: DoseBasis) -> None:
    whole = addend(slope, fractions=30)
    half = dataclasses.replace(whole, dose_gy=whole.dose_gy / 2, fractions=15)
    assert accumulate([half, half], basis).dose_gy == pytest.approx(accumulate([whole], basis).dose_gy, rel=1e-6)


def test_halves_of_the_dose_in_all_fractions_are_less_than_the_plan_by_the_quadratic_term() -> None:
    whole = addend(slope, fractions=30)
    half = dataclasses.replace(whole, dose_gy=whole.dose_gy / 2)
    less = accumulate([whole], bed_basis(10.0)).dose_gy - accumulate([half, half], bed_basis(10.0)).dose_gy
    assert less == pytest.approx(whole.dose_gy.astype(float) ** 2 / (2 * 30 * 10), rel=1e-4)


def test_every_dose_is_converted_with_its_own_fractions() -> None:
    doses = [addend(constant(50.0), fractions=25), addend(constant(24.0), fractions=3)]
    bed = accumulate(doses, bed_basis(10.0))
    assert bed.dose_gy == pytest.approx(50 * 1.2 + 24 * 1.8)
    assert bed.basis == bed.field.basis == bed_basis(10.0)
    assert accumulate(doses, eqd2_basis(3.0)).dose_gy == pytest.approx(50.0 + 24 * 11 / 5)
    assert accumulate(doses, BASES[3]).dose_gy == pytest.approx((50 * 5 / 3 + 24 * 11 / 3) / 1.6)


def test_a_dose_is_resampled_before_it_is_converted() -> None:
    coarse = addend(
        lambda x, y, z: np.where(x > 2, 40.0, 0.0) + 0 * y + 0 * z, grid((-28,) * 3, (28,) * 3, (4.0,) * 3), 1
    )
    fine = addend(constant(0.5), grid(spacing_mm=(2.0, 2.0, 2.0)), 1)
    total = accumulate([coarse, fine], bed_basis(10.0))
    physical = accumulate([coarse], PHYSICAL).field.at(sample_points(total.grid))
    both = bed_of_dose(physical, 1, alpha_beta_gy=10.0) + bed_of_dose(0.5, 1, alpha_beta_gy=10.0)
    assert total.dose_gy == pytest.approx(both, rel=1e-6)
    # Half way between 0 and 40 Gy there are 20 Gy, whose BED is 60 Gy and not half of 200 Gy.
    assert float(total.field.at(np.array([2.0, 0.0, 0.0]))) == pytest.approx(60 + 0.525)


def test_one_dose_alone_is_itself() -> None:
    only = addend(slope)
    total = accumulate([only])
    assert (total.dose_gy == only.dose_gy).all()
    assert total.grid.describe() == only.grid.describe()
    eqd2 = eqd2_of_dose(only.dose_gy, 5, alpha_beta_gy=3.0)
    assert accumulate([only], eqd2_basis(3.0)).dose_gy == pytest.approx(eqd2, rel=1e-6)


GRIDS = {
    "half a voxel": [grid(), grid((-29, -29, -29), (31, 31, 31))],
    "three, half a voxel": [grid(), grid((-29, -29, -29), (31, 31, 31)), grid((-31, -29, -31), (29, 31, 29))],
    "spacing": [grid(), grid((-27, -30, -24), (27, 30, 32), (3.0, 2.5, 4.0))],
    "three spacings": [grid(spacing_mm=(3.0, 3.0, 3.0)), grid(), grid((-25, -25, -25), (25, 25, 25), (2.5, 2.5, 1.0))],
    "flipped": [grid(), grid((-29, -28, -27), (29, 28, 27), (1.0, 4.0, 3.0), reverse=(True, True, True))],
    "permuted": [grid(), grid((-29, -28, -27), (29, 28, 27), (2.0, 4.0, 3.0), np.eye(3)[[1, 2, 0]])],
    "frames down": [grid(reverse=(False, False, True)), grid((-29, -29, -29), (31, 31, 31))],
    "oblique": [grid(), grid((-40, -40, -40), (40, 40, 40), (3.0, 2.5, 2.0), rotation(0.0, 0.0, 20.0))],
    "two oblique": [grid(), grid(matrix=rotation(20.0, 0.0, 0.0)), grid(matrix=rotation(0.0, 20.0, 20.0))],
    "uneven frames": [
        grid(spacing_mm=(2.0, 2.0, 3.0)),
        uneven([0, 5, 7, 12, 20, 40, 60]),
        uneven([60, 50, 48, 42, 33, 20, 1, 0]),
    ],
}


@pytest.mark.parametrize("basis", [PHYSICAL, eqd2_basis(3.0)], ids=str)
@pytest.mark.parametrize("grids", GRIDS.values(), ids=GRIDS.keys())
def test_linear_doses_on_any_grids_have_the_closed_sum(grids: list[Grid], basis: DoseBasis) -> None:
    doses = [addend(slope, on, 5 + 10 * place, f"plan {place}") for place, on in enumerate(grids)]
    total = accumulate(doses, basis)
    points = sample_points(total.grid)
    physical = slope(points[..., 0], points[..., 1], points[..., 2])
    truth = np.zeros(total.grid.shape)
    for one in doses:
        fractions = one.fractions or 0
        truth += physical if basis.is_physical else eqd2_of_dose(physical, fractions, alpha_beta_gy=3.0)
    known = np.isfinite(total.dose_gy)
    assert known.mean() > 0.3
    assert total.dose_gy[known] == pytest.approx(truth[known], rel=1e-6)
    assert (known == np.isfinite(expected(doses, total.grid))).all()


@pytest.mark.parametrize("grids", GRIDS.values(), ids=GRIDS.keys())
def test_the_order_of_the_doses_changes_no_bit(grids: list[Grid]) -> None:
    random = np.random.default_rng(1)
    doses = [
        Addend(f"plan {place}", on, random.uniform(0, 70, on.shape).astype(np.float32), 5 + place)
        for place, on in enumerate([*grids, grids[0]])
    ]
    for basis in (PHYSICAL, bed_basis(10.0)):
        sums = [accumulate(order, basis) for order in permutations(doses)]
        for total in sums[1:]:
            assert total.dose_gy.tobytes() == sums[0].dose_gy.tobytes()
            assert (total.grid.origin_mm == sums[0].grid.origin_mm).all()
            assert (total.grid.frame_offsets_mm == sums[0].grid.frame_offsets_mm).all()


# Nearer than 0.001 mm grids count as the same.
corner = st.integers(-160, 160).map(lambda twentieths: twentieths / 20)
spacings = st.tuples(*[st.sampled_from([1.5, 2.0, 2.5, 3.0, 4.1])] * 3)
made_grids = st.builds(
    lambda low, spacing, count, turn, reverse: grid(
        np.array(low) - 12, np.array(low) - 12 + np.array(count) * spacing, spacing, rotation(0.0, 0.0, turn), reverse
    ),
    st.tuples(corner, corner, corner),
    spacings,
    st.tuples(*[st.integers(6, 12)] * 3),
    st.sampled_from([0.0, 0.0, 90.0, 17.0]),
    st.tuples(*[st.booleans()] * 3),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(made_grids, min_size=1, max_size=3), st.integers(0, 10_000), st.booleans())
def test_sums_on_random_grids_are_those_of_an_independent_interpolation(
    grids: list[Grid], seed: int, zero_faced: bool
) -> None:
    random = np.random.default_rng(seed)
    doses = []
    for place, on in enumerate(grids):
        gray = random.uniform(0.0, 70.0, on.shape).astype(np.float32)
        if zero_faced and place:
            gray[[0, -1]] = gray[:, [0, -1]] = gray[:, :, [0, -1]] = 0.0
        doses.append(Addend(f"plan {place}", on, gray, 5))
    try:
        total = accumulate(doses)
    except UsageError as error:
        assert "overlap" in str(error)
        return
    truth = expected(doses, total.grid)
    known = np.isfinite(total.dose_gy)
    assert (known == np.isfinite(truth)).all()
    assert total.dose_gy[known] == pytest.approx(truth[known], rel=1e-6, abs=1e-6)


# The grid.


def test_the_sum_has_the_samples_of_the_finest_dose() -> None:
    fine = grid((-21, -22, -23), (21, 22, 23), (1.0, 2.0, 1.0))
    peaks = np.random.default_rng(1).uniform(0.0, 70.0, fine.shape).astype(np.float32)
    total = accumulate([addend(constant(0.0)), Addend("fine", fine, peaks, 5)])
    assert total.grid.describe() == fine.describe()
    assert (total.dose_gy == peaks).all()
    assert [one.resampling for one in total.provenance] == ["trilinear from 2 x 2 x 2 mm", "as it is"]


def test_equal_grids_are_not_resampled_though_written_with_rounding() -> None:
    one, other = addend(slope), addend(slope, grid((-30.0003, -30, -29.9996), (29.9997, 30, 30.0004)))
    total = accumulate([one, other])
    assert (total.dose_gy == one.dose_gy + other.dose_gy).all()
    assert total.grid.shape == one.grid.shape
    assert [part.resampling for part in total.provenance] == ["as it is", "as it is"]


def test_lattices_that_coincide_are_shifted_and_not_interpolated() -> None:
    random = np.random.default_rng(1)
    grids = grid(), grid((-26, -22, -30), (34, 30, 40))
    doses = [Addend("plan", on, random.uniform(0, 70, on.shape).astype(np.float32), 5) for on in grids]
    total = accumulate(doses)
    assert sorted(one.resampling for one in total.provenance) == ["as it is", "shifted by whole samples"]
    assert total.extent_mm == ((-26.0, 30.0), (-22.0, 30.0), (-30.0, 30.0))
    both = doses[0].dose_gy[:, 4:, 2:].astype(float) + doses[1].dose_gy[:31, :27, :29]
    assert total.dose_gy == pytest.approx(both, rel=1e-7)


def test_the_sum_reaches_as_far_as_both_doses_and_its_frames_end_where_they_do() -> None:
    doses = [addend(slope), addend(slope, grid((-25, -29, -28.5), (27, 31, 29.5), (4.0, 3.0, 2.9)), name="other")]
    total = accumulate(doses)
    assert total.extent_mm[2] == pytest.approx((-28.5, 29.5))
    # Columns and rows are those of the finest dose, and end with the last one within.
    assert total.extent_mm[:2] == ((-24.0, 26.0), (-28.0, 30.0))
    overlap_cc = (27 + 25) * (30 + 29) * (29.5 + 28.5) / 1000
    assert known_cc(total) == pytest.approx(50 * 58 * 58 / 1000)
    assert 1 - known_cc(total) / overlap_cc < 2.0 / 52 + 1.0 / 59


def test_less_than_a_sample_is_lost_on_each_side_of_rows_and_columns_and_nothing_along_frames() -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        low, high = random.uniform(-30, -10, 3), random.uniform(10, 30, 3)
        coarse = Grid(
            low, *np.eye(3)[:2], *((high - low)[:2] / 5), np.linspace(0, high[2] - low[2], 6), (6, 6, 6), "1.2.3"
        )
        total = accumulate([addend(slope), addend(slope, coarse)])
        lost = np.abs(np.array(total.extent_mm) - np.stack([low, high], axis=1))
        assert (lost[:2] < 2.0).all()
        assert lost[2] == pytest.approx(0.0, abs=1e-9)


def test_an_oblique_dose_is_unknown_beside_its_grid_and_loses_less_than_a_cell_there() -> None:
    half = 20.0
    turned = grid((-half,) * 3, (half,) * 3, (2.5, 2.5, 2.5), rotation(0.0, 0.0, 20.0))
    total = accumulate([addend(slope), addend(slope, turned)])
    exact_cc = (2 * half) ** 3 / 1000
    assert known_cc(total) < exact_cc
    # Cells of 2 mm beside four sides 40 mm long and high.
    assert exact_cc - known_cc(total) < 4 * 2 * half * 2 * half * 2.0 / 1000
    assert 0 < total.known_share < 1


def test_unequal_frames_of_the_finest_dose_are_kept_and_wide_gaps_filled() -> None:
    fine = uneven([0, 1, 2, 7, 8, 10.5], grid((-20, -20, 0), (20, 20, 10), (1.0, 1.0, 2.0)))
    total = accumulate([addend(slope, fine), addend(slope)])
    assert total.grid.frame_offsets_mm == pytest.approx([0, 1, 2, 3, 4, 5, 6, 7, 8, 8 + 2.5 / 3, 8 + 5 / 3, 10.5])


def test_frames_written_with_rounding_get_no_others_in_between() -> None:
    fine = uneven([0, 2.0004, 3.9996, 6, 8.001], grid((-20, -20, 0), (20, 20, 10)))
    assert accumulate([addend(slope, fine), addend(slope, grid(spacing_mm=(3.0, 3.0, 3.0)))]).grid.shape[0] == 5


def test_a_dose_that_ends_within_its_grid_is_zero_outside() -> None:
    small = addend(bump(8.0, 20.0), grid((-10, -10, -10), (10, 10, 10)), name="small")
    large = addend(slope, grid(spacing_mm=(4.0, 4.0, 4.0)), name="large")
    total = accumulate([small, large])
    assert total.extent_mm == ((-30.0, 30.0),) * 3
    points = sample_points(total.grid)
    assert total.dose_gy == pytest.approx(
        (slope(*np.moveaxis(points, -1, 0)) + bump(8.0, 20.0)(*np.moveaxis(points, -1, 0))), rel=1e-6
    )
    assert [one.is_zero_outside for one in total.provenance] == [True, False]
    assert "counted as zero outside the grid of 'small'" in total.text
    assert "unknown outside the grid of 'large'" in total.text


def test_a_dose_that_reaches_a_face_of_its_grid_is_unknown_outside() -> None:
    small = addend(bump(8.0, 20.0), grid((-10, -10, -10), (10, 10, 6)))
    assert accumulate([small, addend(slope)]).extent_mm == ((-10.0, 10.0), (-10.0, 10.0), (-10.0, 6.0))


def test_doses_that_all_end_within_their_grids_are_summed_on_the_box_around_all() -> None:
    one = addend(bump(8.0, 20.0), grid((-10, -10, -10), (10, 10, 10)))
    other = addend(bump(8.0, 30.0, (25, 0, 3)), grid((15.7, -9.3, -7.5), (36.7, 9.6, 13.5), (2.1, 2.1, 2.1)))
    total = accumulate([one, other])
    for (low, high), least, most in zip(total.extent_mm, (-10, -10, -10), (36.7, 10, 13.5), strict=True):
        assert low <= least + 1e-9
        assert high >= most - 1e-9
    assert total.dose_gy == pytest.approx(expected([one, other], total.grid), rel=1e-6, abs=1e-6)
    assert total.known_share == 1.0


def test_a_dose_that_is_zero_where_the_sum_is_known_adds_nothing_and_says_so() -> None:
    far = addend(bump(8.0, 20.0, (100, 0, 0)), grid((90, -10, -10), (110, 10, 10)), name="far")
    total = accumulate([far, addend(slope)])
    assert total.provenance[0].resampling == "outside the sum's grid, where it is zero"
    assert total.dose_gy == pytest.approx(addend(slope).dose_gy)


def test_an_oblique_dose_that_ends_within_its_grid_is_zero_outside() -> None:
    small = addend(bump(8.0, 20.0), grid((-10, -10, -10), (10, 10, 10), matrix=rotation(0.0, 0.0, 20.0)))
    total = accumulate([small, addend(slope)])
    assert total.known_share == 1.0
    assert total.dose_gy == pytest.approx(expected([small, addend(slope)], total.grid), rel=1e-6)


def test_an_unknown_sample_stays_unknown_with_its_cells_alone() -> None:
    holed = addend(slope)
    gray = holed.dose_gy.copy()
    gray[15, 15, 15] = np.nan
    holed = dataclasses.replace(holed, dose_gy=gray)
    same = accumulate([holed, addend(slope)])
    assert np.flatnonzero(np.isnan(same.dose_gy)).tolist() == [np.ravel_multi_index((15, 15, 15), gray.shape)]
    shifted = accumulate([holed, addend(slope, grid((-29, -29, -29), (31, 31, 31), (1.0, 1.0, 1.0)))])
    points = sample_points(shifted.grid)[np.isnan(shifted.dose_gy)]
    assert np.abs(points).max() == pytest.approx(1.0)
    assert len(points) == 27


def test_a_grid_with_rounded_directions_far_from_the_origin_is_aligned() -> None:
    rounded = np.array([1.0, 5e-6, 0.0])
    near = grid()
    far = np.array([0.0, 0.0, 1500.0])
    one = dataclasses.replace(near, origin_mm=near.origin_mm + far)
    other = dataclasses.replace(one, row_direction=rounded)
    doses = [addend(constant(10.0), one), addend(lambda x, y, z: 10.0 + x - x, other)]
    assert accumulate(doses).provenance[1].resampling == "as it is"


def test_a_large_grid_turned_by_more_than_its_samples_may_move_is_oblique() -> None:
    corners, spacing = ((-240, -240, -60), (240, 240, 60)), (20.0, 20.0, 20.0)
    turned = grid(*corners, spacing, rotation(0.0, 0.0, 0.005))
    total = accumulate([addend(constant(10.0), grid(*corners, spacing)), addend(constant(10.0), turned)])
    assert sorted(one.resampling for one in total.provenance) == [
        "as it is",
        "trilinear, oblique, from 20 x 20 x 20 mm",
    ]


def test_single_frames_on_one_grid_are_added_and_reach_as_far_as_the_thinnest() -> None:
    flat = dataclasses.replace(uneven([0.0]), frame_thickness_mm=5.0)
    thin = dataclasses.replace(flat, frame_thickness_mm=3.0)
    total = accumulate([addend(slope, flat), addend(slope, thin)])
    assert total.grid.frame_thickness_mm == 3.0
    assert total.dose_gy == pytest.approx(2 * addend(slope, flat).dose_gy)
    unstated = dataclasses.replace(flat, frame_thickness_mm=None)
    assert accumulate([addend(slope, flat), addend(slope, unstated)]).grid.frame_thickness_mm is None


@pytest.mark.slow
def test_the_benchmark_of_sums_shows_what_it_measured(tmp_path: Path) -> None:
    small = (
        sums.grid((12, 10, 8)),
        sums.grid((12, 10, 8), centre_mm=(1.25, 1.25, 1.5)),
        sums.grid((12, 10, 8), degrees=9),
    )
    measured = sums.measure(small, tmp_path / "doses", repeats=1, few=1)
    assert measured.error < 1e-6
    assert 0 < measured.known_cc < measured.common_cc
    assert [one.grid.shape for one in sums.load(tmp_path / "doses")] == [(8, 10, 12)] * 3
    text = sums.page({"tiny": measured})
    assert len([line for line in text.splitlines() if line.startswith("| tiny | ")]) == 3


# What is said of a sum.


def test_provenance_says_what_became_of_every_dose_in_the_order_given() -> None:
    doses = [
        dataclasses.replace(addend(slope, grid(spacing_mm=(4.0, 2.5, 3.0)), 5, "boost"), remark="registered by REG 7"),
        addend(slope, None, 25, "first course"),
        addend(slope, grid(matrix=rotation(0.0, 0.0, 20.0)), 3, "stereotactic"),
    ]
    boost, first, third = accumulate(doses).provenance
    assert (boost.name, boost.fractions, boost.sop_instance_uids) == ("boost", 5, ("1.2.boost",))
    assert (boost.grid, boost.resampling) == ("21 x 25 x 16 at 3 x 2.5 x 4 mm", "trilinear from 3 x 2.5 x 4 mm")
    assert boost.extent_mm == ((-30.0, 30.0), (-30.0, 30.0), (-30.0, 30.0))
    assert boost.remark == "registered by REG 7"
    assert (first.name, first.resampling, first.is_zero_outside) == ("first course", "as it is", False)
    assert boost.text == (
        "boost · 5 fractions · 21 x 25 x 16 at 3 x 2.5 x 4 mm · trilinear from 3 x 2.5 x 4 mm · registered by REG 7"
    )
    assert third.resampling == "trilinear, oblique, from 2 x 2 x 2 mm"


def test_a_sum_says_where_it_is_known() -> None:
    total = accumulate([addend(slope, name="A"), addend(slope, grid((-20, -20, -20), (40, 40, 40)), name="B")])
    assert total.text == (
        "26 x 26 x 26 at 2 x 2 x 2 mm, x -20 to 30, y -20 to 30, z -20 to 30 mm; unknown outside the grid of 'A' or 'B'"
    )


def test_a_sum_is_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        accumulate([addend(slope)]).dose_gy[0, 0, 0] = 1.0


# DVHs of sums.


def test_the_dvh_of_a_sum_of_linear_doses_is_a_straight_line() -> None:
    doses = [
        addend(lambda x, y, z: 20.0 + 0.4 * z + 0 * x, name="A"),
        addend(lambda x, y, z: 20.0 + 0.6 * z + 0 * x, grid((-29, -28, -27.5), (31, 30, 32.5), (3.0, 2.9, 2.5))),
    ]
    dvh = dvh_of(stack(circle(12.0), planes(12.0, 2.0)), accumulate(doses).field)
    assert dvh.outside_cc == 0.0
    for above in (-9.0, -1.3, 4.0):
        assert number(dvh, f"V{40 + above:g}Gy[cc]") == pytest.approx(np.pi * 144 * (13 - above) / 1000, rel=1e-3)


def test_an_roi_half_outside_one_of_the_grids_is_half_unknown() -> None:
    doses = [addend(slope), addend(slope, grid((-30, -30, -30), (0, 30, 30), (1.0, 2.0, 2.0)))]
    dvh = dvh_of(stack(rectangle(-12, -12, 12, 12), planes(11.0, 2.0)), accumulate(doses).field)
    assert dvh.outside_cc == pytest.approx(24.0**3 / 2000, rel=1e-3)
    assert dvh.volume_cc == pytest.approx(24.0**3 / 1000)


def test_an_roi_half_outside_an_oblique_grid_is_half_unknown() -> None:
    turned = grid((-60, -60, -60), (0, 60, 60), (2.0, 2.0, 2.0), rotation(0.0, 0.0, 20.0))
    doses = [addend(constant(20.0), grid(spacing_mm=(1.0, 1.0, 1.5))), addend(constant(30.0), turned)]
    dvh = dvh_of(stack(rectangle(-12, -12, 12, 12), planes(11.0, 2.0)), accumulate(doses).field)
    # At most a cell of 1 mm along the side of 25.5 mm is unknown too.
    half_cc = 24.0**3 / 2000
    assert half_cc <= dvh.outside_cc <= half_cc + 25.6 * 24 * 1.3 / 1000
    assert (dvh.min_gy, dvh.max_gy, dvh.mean_gy) == pytest.approx((50.0, 50.0, 50.0))


# What is refused.


def test_nothing_is_no_sum() -> None:
    with pytest.raises(UsageError, match="at least one dose"):
        accumulate([])


def test_an_equivalent_dose_needs_every_number_of_fractions() -> None:
    doses = [addend(slope), addend(slope, fractions=None, name="boost")]
    with pytest.raises(UsageError, match=r"EQD2.*'boost' needs the number of fractions"):
        accumulate(doses, eqd2_basis(3.0))
    assert accumulate(doses).known_share == 1.0


def test_no_fractions_are_refused() -> None:
    with pytest.raises(UsageError, match="'plan' is in 0 fractions"):
        accumulate([addend(slope, fractions=0)])


@pytest.mark.parametrize("gray", [-0.01, np.inf])
def test_a_dose_that_is_negative_or_infinite_is_refused(gray: float) -> None:
    with pytest.raises(UsageError, match="'plan' holds"):
        accumulate([addend(constant(gray))])


def test_a_dose_of_another_shape_than_its_grid_is_refused() -> None:
    with pytest.raises(UsageError, match=r"'plan' is of shape \(30, 31, 31\)"):
        accumulate([dataclasses.replace(addend(slope), dose_gy=addend(slope).dose_gy[1:])])


@pytest.mark.parametrize(("uids", "says"), [(("1.2.3", "1.2.4"), "is 1.2.4"), (("", ""), "is not stated")])
def test_doses_in_different_frames_of_reference_need_a_registration(uids: tuple[str, str], says: str) -> None:
    doses = [
        addend(slope, dataclasses.replace(grid(), frame_of_reference_uid=uid), name=name)
        for uid, name in zip(uids, "AB", strict=True)
    ]
    with pytest.raises(InconsistentStudyError, match=f"'A' is .*'B' {says}; a rigid spatial registration"):
        accumulate(doses)
    assert accumulate(doses[:1]).known_share == 1.0


def test_doses_without_common_volume_are_refused_by_name() -> None:
    doses = [
        addend(slope, name="A"),
        addend(slope, name="B"),
        addend(slope, grid((31, -30, -30), (61, 30, 30)), name="C"),
    ]
    with pytest.raises(UsageError, match=r"'[AB]' and 'C' have no volume in common: .*x 31 to 61"):
        accumulate(doses)


def test_three_doses_of_which_only_pairs_overlap_are_refused() -> None:
    doses = [
        addend(slope, grid((-30, -30, -30), (8, 8, 30)), name="A"),
        addend(slope, grid((-8, -30, -30), (30, 8, 30)), name="B"),
        addend(slope, grid((-30, 20, -30), (30, 30, 30)), name="C"),
    ]
    with pytest.raises(UsageError, match="no volume in common"):
        accumulate(doses)


def test_grids_that_touch_have_no_common_volume() -> None:
    with pytest.raises(UsageError, match="no volume in common"):
        accumulate([addend(slope), addend(slope, grid((-30, -30, 30), (30, 30, 50)))])


def test_an_overlap_that_holds_less_than_two_columns_is_refused() -> None:
    with pytest.raises(UsageError, match="less than two samples"):
        accumulate([addend(slope), addend(slope, grid((28.5, -30, -30), (58.5, 30, 30)))])


def test_an_overlap_along_frames_may_be_thin() -> None:
    total = accumulate([addend(slope), addend(slope, grid((-30, -30, 29.5), (30, 30, 49.5)))])
    assert total.extent_mm[2] == pytest.approx((29.5, 30.0))
    assert total.known_share == 1.0


def test_oblique_grids_whose_boxes_alone_overlap_are_refused() -> None:
    beside = grid((-10, -10, -10), (10, 10, 10), matrix=rotation(0.0, 0.0, 45.0))
    beside = dataclasses.replace(beside, origin_mm=beside.origin_mm + np.array([38.0, 38.0, 0.0]))
    with pytest.raises(UsageError, match="nowhere known together"):
        accumulate([addend(slope), addend(slope, beside)])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_single_frame_row_or_column_beside_another_grid_is_refused(axis: int) -> None:
    whole = grid()
    shape = tuple(1 if number_of == axis else samples for number_of, samples in enumerate(whole.shape))
    offsets = whole.frame_offsets_mm[: shape[0]].copy()
    flat = dataclasses.replace(whole, shape=shape, frame_offsets_mm=offsets, frame_thickness_mm=3.0)
    with pytest.raises(UsageError, match=f"'flat' is a single {('frame', 'row', 'column')[axis]}"):
        accumulate([addend(slope), addend(slope, flat, name="flat")])


def test_a_sum_too_large_to_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lattice_module, "MAX_SAMPLES", 1000)
    with pytest.raises(UsageError, match=r"a sum of .* samples, those of 'fine' continued, is too large"):
        accumulate([addend(slope), addend(slope, grid((-20, -20, -20), (20, 20, 20), (1.0, 1.0, 1.0)), name="fine")])


def test_doses_that_are_unknown_everywhere_have_no_sum() -> None:
    with pytest.raises(UsageError, match="nowhere known together"):
        accumulate([addend(slope), addend(constant(math.nan))])


# Refinement.


def wave(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
    """Steep and bent, as beside a target."""
    return np.asarray(40 + 30 * np.sin(x / 6) * np.cos(y / 7) + 5 * np.sin(z / 5))


SHIFTED = grid((-31.5, -31.5, -31.5), (31.5, 31.5, 31.5), (3.0, 3.0, 3.0))
COARSE = grid((-33, -33, -33), (33, 33, 33), (3.0, 3.0, 3.0))


@pytest.mark.parametrize("basis", [PHYSICAL, eqd2_basis(3.0)])
def test_a_refined_sum_keeps_more_of_the_peaks(basis: DoseBasis) -> None:
    doses = [addend(wave, COARSE), addend(wave, SHIFTED)]
    random = np.random.default_rng(3)
    points = random.uniform(-25, 25, (4000, 3))
    parts = [field(wave, one.grid).at(points) for one in doses]
    truth = sum(part if basis.is_physical else eqd2_of_dose(part, 5, alpha_beta_gy=3.0) for part in parts)
    error = [np.abs(accumulate(doses, basis, refinement=n).field.at(points) - truth).mean() for n in (1, 2)]
    assert error[1] < 0.5 * error[0]


def test_a_refined_sum_of_a_linear_dose_is_the_same() -> None:
    doses = [addend(slope, COARSE), addend(slope, SHIFTED)]
    total = accumulate(doses, refinement=2)
    assert total.grid.row_spacing_mm == 1.5
    exact = 2 * slope(*np.moveaxis(sample_points(total.grid), -1, 0))
    assert total.dose_gy == pytest.approx(exact, rel=1e-6)
    assert "2 samples along each axis" in total.text


def test_a_refined_sum_says_how_coarse_the_doses_were() -> None:
    coarser = grid((-32, -32, -32), (32, 32, 32), (4.0, 4.0, 4.0))
    total = accumulate([addend(slope, COARSE), addend(slope, coarser)], refinement=2)
    assert total.field.voxel_cc == pytest.approx(0.064)
    assert total.field.spacing_along_mm(np.array([0.0, 0.0, 1.0])) == pytest.approx(3.0)


def test_what_adds_up_exactly_isnt_refined() -> None:
    alike, whole_samples = addend(slope, COARSE), addend(slope, grid((-30, -30, -30), (30, 30, 30), (3.0, 3.0, 3.0)))
    assert fitting_refinement([alike, alike], PHYSICAL) == 1
    assert fitting_refinement([alike, whole_samples], PHYSICAL) == 1
    assert fitting_refinement([alike, addend(slope, SHIFTED)], PHYSICAL) == 2
    assert fitting_refinement([alike, alike], eqd2_basis(3.0)) == 2


def test_a_large_sum_isnt_refined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lattice_module, "REFINED_SAMPLES", 1000)
    assert fitting_refinement([addend(slope, COARSE), addend(slope, SHIFTED)], PHYSICAL) == 1


def test_single_frames_arent_refined() -> None:
    whole = grid()
    flat = dataclasses.replace(
        whole, shape=(1, *whole.shape[1:]), frame_offsets_mm=whole.frame_offsets_mm[:1].copy(), frame_thickness_mm=3.0
    )
    assert fitting_refinement([addend(slope, flat), addend(slope, flat)], eqd2_basis(3.0)) == 1


def test_a_refinement_below_one_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 1"):
        accumulate([addend(slope)], refinement=0)
