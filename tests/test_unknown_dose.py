"""DVHs in a dose with unknown samples: their volume is apart, and they change nothing else."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.convention import CONVENTIONS, Convention
from rtcheck.dvh import DVH
from rtcheck.geometry import FloatArray, Grid
from rtcheck.metrics import State
from rtcheck.trilinear import DoseField
from rtcheck.units import PHYSICAL, eqd2_basis
from tests.shapes import (
    dvh_of,
    field,
    grid,
    linear,
    number,
    planes,
    rectangle,
    rotation,
    sample_points,
    sphere,
    stack,
    turned,
    uniform,
)

BOX = stack(rectangle(-12, -12, 12, 12), planes(11.0, 2.0))  # 24 mm along each axis with its half slices
BOX_CC = 24.0**3 / 1000
AXES = ("x", "y", "z")


def without(dose: DoseField, unknown: np.ndarray) -> DoseField:
    """The same dose, unknown where asked."""
    return DoseField(dose.grid, np.where(unknown, np.float32(np.nan), dose.dose_gy).astype(np.float32))


def beyond(on: Grid, axis: int, at_mm: float, side: float = 1.0) -> np.ndarray:
    """The samples of a grid that lie beyond a coordinate."""
    return side * sample_points(on)[..., axis] > side * at_mm + 1e-6


def numbers(dvh: DVH) -> list[float]:
    """What a DVH says of the part that is known."""
    asked = ("Mean[Gy]", "Min[Gy]", "Max[Gy]")
    extrema = [dvh.mean_gy, dvh.min_gy, dvh.max_gy]
    curve = [] if dvh.curve is None else [*dvh.curve.dose_gy.tolist(), *dvh.curve.volume_cc.tolist()]
    bounds = [(dvh[metric].low, dvh[metric].high) for metric in asked]
    return [*extrema, *curve, *(end for pair in bounds for end in pair if end is not None)]


@pytest.mark.parametrize("reverse", [(False, False, False), (True, False, True), (True, True, True)])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_box_half_in_unknown_dose_has_just_that_half_unknown(
    axis: int, side: float, reverse: tuple[bool, bool, bool]
) -> None:
    on = grid(spacing_mm=(2.0, 2.0, 3.0), reverse=reverse)
    gradient = np.eye(3)[axis]
    dose = linear(tuple(gradient), on)
    dvh = dvh_of(BOX, without(dose, beyond(on, axis, 0.0, side)))
    assert dvh.volume_cc == pytest.approx(BOX_CC, rel=1e-9)
    assert dvh.outside_cc == pytest.approx(BOX_CC / 2, rel=1e-6)
    # What is known is a straight line from 28 or 40 Gy to 40 or 52 Gy.
    low, high = (28.0, 40.0) if side > 0 else (40.0, 52.0)
    assert dvh.mean_gy == pytest.approx((low + high) / 2, abs=1e-4)
    # Extrema are those of boxes and corners: where the known part ends, that of the last box.
    assert (dvh.min_gy, dvh.max_gy) == pytest.approx((low, high), abs=dvh.spacing_mm / 2 + 1e-4)
    assert dvh.curve is not None
    assert dvh.curve.volume_at((low + high) / 2) == pytest.approx(BOX_CC / 4, rel=1e-3)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("last_mm", [-10.0, -4.0, 2.0, 8.0])
def test_the_dose_is_unknown_from_the_last_known_sample_on(axis: int, last_mm: float) -> None:
    on = grid()
    dvh = dvh_of(BOX, without(uniform(40.0, on), beyond(on, axis, last_mm)))
    assert dvh.outside_cc == pytest.approx(BOX_CC * (12.0 - last_mm) / 24.0, rel=1e-6)
    assert (dvh.min_gy, dvh.max_gy, dvh.mean_gy) == pytest.approx((40.0, 40.0, 40.0))


@pytest.mark.parametrize("convention", CONVENTIONS, ids=str)
def test_half_of_a_box_is_unknown_under_every_convention(convention: Convention) -> None:
    on = grid(spacing_mm=(2.0, 2.0, 3.0))
    for axis in range(3):
        whole = dvh_of(BOX, uniform(40.0, on), convention=convention)
        dvh = dvh_of(BOX, without(uniform(40.0, on), beyond(on, axis, 0.0)), convention=convention)
        assert dvh.volume_cc == pytest.approx(whole.volume_cc, rel=1e-6)
        assert dvh.outside_cc == pytest.approx(whole.volume_cc / 2, rel=2e-3), AXES[axis]
        for other in dvh.alternatives:
            assert other.unknown_cc == pytest.approx(other.total_cc / 2, rel=5e-3), AXES[axis]


def test_one_unknown_sample_takes_the_eight_cells_around_it() -> None:
    on = grid()
    unknown = np.zeros(on.shape, bool)
    unknown[15, 15, 15] = True
    dvh = dvh_of(BOX, without(linear((0.3, 0.2, 0.1), on), unknown))
    assert dvh.outside_cc == pytest.approx(8 * 8.0 / 1000, rel=1e-6)
    assert dvh.volume_cc == pytest.approx(BOX_CC, rel=1e-9)


def test_an_unknown_part_bounds_the_metrics_like_one_outside_the_grid() -> None:
    on = grid()
    dose = linear((1.0, 0.0, 0.0), on)
    cut = dvh_of(BOX, without(dose, beyond(on, 0, 6.0)))
    smaller = dvh_of(BOX, linear((1.0, 0.0, 0.0), grid((-30, -30, -30), (6, 30, 30))))
    assert cut.outside_cc == pytest.approx(smaller.outside_cc, rel=1e-3)
    for metric in ("Mean[Gy]", "V40Gy[cc]", "CV40Gy[cc]", "D50%[Gy]", "DC1cc[Gy]", "Max[Gy]", "Min[Gy]"):
        one, other = cut[metric], smaller[metric]
        assert one.state is other.state, metric
        for mine, theirs in zip((one.low, one.high), (other.low, other.high), strict=True):
            assert (mine is None) == (theirs is None), metric
            if mine is not None and theirs is not None:
                # Lattices differ beside the end of the grid.
                assert mine == pytest.approx(theirs, rel=3e-3, abs=1e-3), metric


def test_cells_that_hold_several_samples_are_cut_where_one_is_unknown() -> None:
    on = grid((-60, -60, -60), (60, 60, 60), (1.0, 1.0, 1.0))
    large = stack(rectangle(-50, -50, 50, 50), planes(49.0, 2.0))
    dose = uniform(40.0, on)
    dvh = dvh_of(large, without(dose, beyond(on, 0, 7.0)), boxes=4_000, intervals=False)
    assert dvh.spacing_mm >= 2.0
    assert dvh.outside_cc == pytest.approx(1000.0 * 43 / 100, rel=1e-6)
    holed = np.zeros(on.shape, bool)
    holed[40:42, 50:54, 60:61] = True
    dvh = dvh_of(large, without(dose, holed), boxes=4_000, intervals=False)
    assert dvh.outside_cc == pytest.approx(3 * 5 * 2 / 1000, rel=0.7)
    assert dvh.volume_cc == pytest.approx(1000.0, rel=1e-9)


@pytest.mark.parametrize("degrees", [20.0, 40.0])
def test_unknown_samples_of_an_oblique_grid_are_unknown_volume(degrees: float) -> None:
    matrix = rotation(0.0, 0.0, degrees)
    on = grid(matrix=matrix)
    unknown = (sample_points(on) @ matrix)[..., 0] > 1e-6
    dvh = dvh_of(BOX, without(uniform(40.0, on), unknown))
    assert dvh.volume_cc == pytest.approx(BOX_CC, rel=1e-6)
    assert dvh.outside_cc == pytest.approx(BOX_CC / 2, rel=0.01)
    assert (dvh.min_gy, dvh.max_gy, dvh.mean_gy) == pytest.approx((40.0, 40.0, 40.0))


@pytest.mark.parametrize("matrix", [np.eye(3), rotation(10.0, 20.0, 30.0)], ids=["aligned", "oblique"])
def test_a_dose_that_is_nowhere_known_leaves_a_volume_without_dose(matrix: FloatArray) -> None:
    on = grid(matrix=matrix)
    dvh = dvh_of(BOX, DoseField(on, np.full(on.shape, np.nan, np.float32)))
    assert dvh.curve is None
    assert dvh.outside_cc == dvh.volume_cc == pytest.approx(BOX_CC, rel=1e-6)
    assert math.isnan(dvh.mean_gy)
    assert dvh["V40Gy[cc]"].state is State.NOT_EVALUABLE


def test_unknown_samples_far_from_the_roi_change_nothing_at_all() -> None:
    on = grid()
    dose = linear((0.5, 0.3, 0.7), on)
    far = np.abs(sample_points(on)).max(axis=-1) > 20
    assert numbers(dvh_of(BOX, without(dose, far))) == numbers(dvh_of(BOX, dose))


def test_corners_of_outlines_on_the_last_known_sample_count_for_the_extrema() -> None:
    on = grid()
    # Steeper than a box sees: the highest dose is met on the plane of the corners alone.
    dose = field(lambda x, y, z: np.exp(x / 2.0) + 0 * y + 0 * z, on)
    corner = stack(rectangle(-12, -12, 4, 12), planes(11.0, 2.0))
    known = dvh_of(corner, dose)
    assert dvh_of(corner, without(dose, beyond(on, 0, 4.0))).max_gy == known.max_gy == pytest.approx(math.exp(2.0))


shapes = st.sampled_from([BOX, sphere(11.0, 2.0), turned(BOX, rotation(15.0, 0.0, 25.0))])


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.floats(0.0, 1.0),
    st.sampled_from([1.0, 2.0, 5.0]),
    st.booleans(),
    shapes,
    st.sampled_from([300, 30_000]),
)
def test_no_unknown_sample_ever_leaks(
    seed: int, share: float, spacing: float, oblique: bool, contours: list[FloatArray], boxes: int
) -> None:
    on = grid((-20, -20, -20), (20, 20, 20), (spacing,) * 3, rotation(5.0, 10.0, 20.0) if oblique else None)
    random = np.random.default_rng(seed)
    known = field(lambda x, y, z: random.uniform(20.0, 60.0, x.shape), on)
    unknown = random.uniform(size=on.shape) < share**3
    dose = without(known, unknown)
    dvh, whole = dvh_of(contours, dose, boxes=boxes), dvh_of(contours, known, boxes=boxes)
    assert dvh.volume_cc == pytest.approx(whole.volume_cc, rel=1e-6)
    assert -1e-9 <= whole.outside_cc <= dvh.outside_cc + 1e-9 <= dvh.volume_cc * (1 + 1e-9) + 1e-9
    if dvh.curve is not None:
        low, high = dose.range_gy
        assert low - 1e-4 <= dvh.min_gy <= dvh.mean_gy <= dvh.max_gy <= high + 1e-4
        assert np.isfinite(dvh.curve.dose_gy).all()
        assert np.isfinite(dvh.curve.volume_cc).all()
        assert (np.diff(dvh.curve.volume_cc) <= 0).all()
    for mine, its in zip(dvh.alternatives, whole.alternatives, strict=True):
        assert (mine.convention, mine.total_cc) == (its.convention, pytest.approx(its.total_cc, rel=1e-5))
    assert not any(math.isnan(one) for one in numbers(dvh) if dvh.curve is not None)


def test_the_range_of_a_dose_is_that_of_its_known_samples() -> None:
    on = grid()
    dose = linear((1.0, 0.0, 0.0), on)
    assert dose.range_gy == pytest.approx((10.0, 70.0))
    assert not dose.has_unknown
    cut = without(dose, beyond(on, 0, 0.0))
    assert cut.range_gy == pytest.approx((10.0, 40.0))
    assert cut.has_unknown
    none = without(dose, np.ones(on.shape, bool))
    assert all(math.isnan(end) for end in none.range_gy)


def test_a_dose_says_what_its_gray_are() -> None:
    on = grid()
    assert uniform(1.0, on).basis == PHYSICAL
    assert DoseField(on, np.zeros(on.shape, np.float32), basis=eqd2_basis(3.0)).basis == eqd2_basis(3.0)


def test_volume_in_unknown_dose_is_not_dose_free() -> None:
    on = grid()
    dvh = dvh_of(BOX, without(uniform(40.0, on), beyond(on, 0, 0.0)))
    assert number(dvh, "Volume[cc]") == pytest.approx(BOX_CC)
    spared = dvh["CV10Gy[cc]"]
    assert spared.low == pytest.approx(0.0, abs=1e-9)
    assert spared.high == pytest.approx(BOX_CC / 2, rel=1e-6)
