"""The dose-volume curve against sums over its samples, and its behaviour at steps, ties and ends."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from rtcheck.curve import DOSE_TOLERANCE, DoseVolumeCurve
from rtcheck.engine import KNOT_GY, KNOTS
from rtcheck.geometry import FloatArray
from rtcheck.sampling import SHARP_KNOTS, Accumulator, add_point, curve_points, spread

Samples = tuple[FloatArray, FloatArray, FloatArray]


def curve_of(samples: Samples, bounds_gy: tuple[float, float] | None = None) -> DoseVolumeCurve:
    """The curve of samples, accumulated as the engine does: evenly spread, or at one dose."""
    dose, width, _ = samples
    low, high = bounds_gy or (float((dose - width / 2).min()), float((dose + width / 2).max()))
    knots = int(np.clip(np.ceil((high - low) / KNOT_GY), *KNOTS))
    into = Accumulator.empty(low, max((high - low) / knots, KNOT_GY / 1000), knots, np.array([low, high]))
    for gray, spans, cc in zip(*samples, strict=True):
        begin, end = np.clip((gray + np.array([-0.5, 0.5]) * spans - low) / into.step_gy, 0, knots).tolist()
        if end - begin > SHARP_KNOTS:
            spread(into.ramps, begin, end, cc)
        else:
            add_point(into, gray, cc)
    return DoseVolumeCurve(*curve_points([into], (low, high)))


def volume_at(samples: Samples, at_gy: float) -> float:
    """Volume with at least a dose, straight from the samples: the definition."""
    dose, width, volume = samples
    wide = width > 0
    share = np.where(dose >= at_gy, 1.0, 0.0)
    share[wide] = np.clip((dose + width / 2 - at_gy)[wide] / width[wide], 0.0, 1.0)
    return float((share * volume).sum())


def points(*pairs: tuple[float, float]) -> Samples:
    dose, volume = np.array(pairs, dtype=float).T
    return dose, np.zeros_like(dose), volume


WIDTHS = st.sampled_from([0.0, 0.0, 0.05, 0.3, 2.0])


@st.composite
def samples(draw: st.DrawFn, widths: st.SearchStrategy[float] = WIDTHS) -> Samples:
    """Doses on a coarse lattice, so that ties and gaps are common; zero dose too."""
    count = draw(st.integers(1, 12))
    width = np.array(draw(st.lists(widths, min_size=count, max_size=count)))
    dose = np.array(draw(st.lists(st.integers(0, 140), min_size=count, max_size=count))) / 2.0
    volume = np.array(draw(st.lists(st.integers(1, 1000), min_size=count, max_size=count))) / 10.0
    return np.maximum(dose, width / 2), width, volume


steps = samples(st.just(0.0))
asked_doses = st.integers(-4, 300).map(lambda n: n / 4.0)


@given(samples(), asked_doses)
def test_the_curve_is_the_sum_over_the_samples(some: Samples, at_gy: float) -> None:
    curve = curve_of(some)
    # Linear between knots: off by less than what lies within one knot of the dose asked.
    low, high = volume_at(some, at_gy + KNOT_GY), volume_at(some, at_gy - KNOT_GY)
    slack = 1e-6 * curve.total_cc
    assert low - slack <= curve.volume_at(at_gy) <= high + slack


@given(steps, asked_doses)
def test_point_masses_are_exact_at_every_dose(some: Samples, at_gy: float) -> None:
    assert curve_of(some).volume_at(at_gy) == pytest.approx(volume_at(some, at_gy), abs=1e-9 * some[2].sum())


@given(samples())
def test_no_volume_is_lost_and_the_curve_falls_from_all_to_nothing(some: Samples) -> None:
    curve = curve_of(some)
    assert curve.total_cc == pytest.approx(some[2].sum(), rel=1e-9)
    assert curve.volume_cc[-1] == 0.0
    assert (np.diff(curve.dose_gy) >= 0).all()
    assert (np.diff(curve.volume_cc) <= 0).all()
    assert curve.volume_at(-1.0) == curve.volume_at(0.0) == curve.total_cc
    assert curve.volume_at(1000.0) == 0.0


@given(samples(), st.floats(0, 1), st.floats(0, 1))
def test_volume_at_and_dose_at_are_monotone(some: Samples, one: float, two: float) -> None:
    curve, (low, high) = curve_of(some), sorted((one, two))
    assert curve.volume_at(80 * low) >= curve.volume_at(80 * high)
    assert curve.dose_at(curve.total_cc * low) >= curve.dose_at(curve.total_cc * high)
    assert curve.dose_at_cold(curve.total_cc * low) <= curve.dose_at_cold(curve.total_cc * high)


@given(samples(), st.floats(0.001, 1))
def test_dose_at_is_the_highest_dose_that_still_reaches_the_volume(some: Samples, share: float) -> None:
    curve = curve_of(some)
    asked = share * curve.total_cc
    dose = curve.dose_at(asked)
    assert curve.volume_at(dose) >= asked - 1e-6 * curve.total_cc
    assert curve.volume_at(dose + 1e-3) <= asked + 1e-6 * curve.total_cc


@given(samples(), st.floats(0.001, 0.999))
def test_dose_at_cold_is_the_lowest_dose_that_leaves_the_volume_below(some: Samples, share: float) -> None:
    curve = curve_of(some)
    asked = share * curve.total_cc
    dose = curve.dose_at_cold(asked)
    assert curve.total_cc - curve.volume_at(dose + 1e-3) >= asked - 1e-6 * curve.total_cc
    assert curve.total_cc - curve.volume_at(dose - 1e-3) <= asked + 1e-6 * curve.total_cc


@given(steps, st.integers(1, 100))
def test_hot_and_cold_quantiles_of_point_masses_follow_the_sorted_doses(some: Samples, percent: int) -> None:
    dose, _, volume = some
    order = np.argsort(dose)
    total = volume.sum()
    asked = percent / 100 * total
    rising = np.cumsum(volume[order])  # volume at each dose or below
    cold = dose[order][min(int(np.searchsorted(rising, asked - 1e-9 * total)), len(dose) - 1)]
    falling = np.cumsum(volume[order][::-1])
    hot = dose[order][::-1][min(int(np.searchsorted(falling, asked - 1e-9 * total)), len(dose) - 1)]
    curve = curve_of(some)
    assert curve.dose_at_cold(asked) == pytest.approx(cold, abs=1e-9)
    assert curve.dose_at(asked) == pytest.approx(hot, abs=1e-9)


@given(steps, st.integers(0, 140).map(lambda n: n / 2.0 + 0.25), st.integers(1, 99))
def test_spared_volume_and_cold_dose_agree_but_for_ties(some: Samples, at_gy: float, percent: int) -> None:
    curve = curve_of(some)
    asked = percent / 100 * curve.total_cc
    spared = curve.total_cc - curve.volume_at(at_gy)  # no sample has this dose
    if abs(spared - asked) > 1e-6 * curve.total_cc:
        assert (spared >= asked) == (curve.dose_at_cold(asked) <= at_gy)


@pytest.mark.parametrize("stored", [60.0, float(np.float32(60.000004)), float(np.float32(59.999996))])
def test_uniform_dose_counts_at_exactly_sixty_gray_though_pixels_are_single_precision(stored: float) -> None:
    curve = curve_of(points((stored, 10.0)))
    assert curve.volume_at(60.0) == 10.0
    assert curve.volume_at(59.99) == 10.0
    assert curve.volume_at(60.01) == 0.0
    for volume in (0.0, 0.03, 5.0, 9.999, 10.0):
        assert curve.dose_at(volume) == pytest.approx(60.0, abs=1e-5)
        assert curve.dose_at_cold(volume) == pytest.approx(60.0, abs=1e-5)


def test_volume_at_exactly_the_dose_asked_belongs_to_it_and_not_to_the_spared() -> None:
    curve = curve_of(points((10.0, 300.0), (15.0, 400.0), (20.0, 300.0)))
    assert curve.volume_at(15.0) == pytest.approx(700.0)
    assert curve.volume_at(15.001) == pytest.approx(300.0)
    assert curve.volume_at(14.999) == pytest.approx(700.0)


def test_a_tie_at_the_asked_volume_is_the_dose_of_the_asked_part() -> None:
    curve = curve_of(points((10.0, 300.0), (20.0, 700.0)))
    assert curve.dose_at(700.0) == pytest.approx(20.0)
    assert curve.dose_at(700.001) == pytest.approx(10.0)
    assert curve.dose_at_cold(300.0) == pytest.approx(10.0)
    assert curve.dose_at_cold(300.001) == pytest.approx(20.0)


def test_zero_dose_keeps_its_volume() -> None:
    curve = curve_of(points((0.0, 900.0), (30.0, 100.0)))
    assert curve.total_cc == pytest.approx(1000.0)
    assert curve.volume_at(0.0) == pytest.approx(1000.0)
    assert curve.volume_at(0.001) == pytest.approx(100.0)
    assert curve.dose_at(1000.0) == 0.0
    assert curve.dose_at_cold(900.0) == 0.0


def test_a_curve_at_zero_dose_only_is_a_curve() -> None:
    curve = curve_of(points((0.0, 5.0), (0.0, 2.0)))
    assert curve.total_cc == pytest.approx(7.0)
    assert (curve.volume_at(0.0), curve.volume_at(0.01)) == (pytest.approx(7.0), 0.0)
    assert curve.dose_at(3.0) == curve.dose_at_cold(3.0) == 0.0


def test_a_single_wide_sample_is_a_straight_line() -> None:
    curve = curve_of((np.array([10.0]), np.array([20.0]), np.array([8.0])), (0.0, 20.0))
    for share in (0.0, 0.1, 0.5, 0.9, 1.0):
        assert curve.volume_at(20.0 * share) == pytest.approx(8.0 * (1 - share), abs=1e-5)
        assert curve.dose_at(8.0 * share) == pytest.approx(20.0 * (1 - share), abs=1e-5)
        assert curve.dose_at_cold(8.0 * share) == pytest.approx(20.0 * share, abs=1e-5)


def test_a_smooth_distribution_of_many_samples_is_followed_to_a_thousandth() -> None:
    # Logistic doses: V(D) = total * expit((40 - D) / 3).
    quantile = (np.arange(20_000) + 0.5) / 20_000
    dose = 40 + 3 * np.log(quantile / (1 - quantile))
    curve = curve_of((dose, np.gradient(dose), np.full(20_000, 0.01)))
    for at_gy in (25.0, 35.0, 40.0, 41.234, 50.0):
        assert curve.volume_at(at_gy) == pytest.approx(200.0 * expit((40 - at_gy) / 3), abs=0.02)


def test_sample_intervals_are_cut_at_the_bounds_and_keep_their_volume() -> None:
    curve = curve_of((np.array([1.0, 19.0]), np.array([6.0, 6.0]), np.array([2.0, 3.0])), (0.0, 20.0))
    assert curve.dose_gy[0] >= 0.0
    assert curve.dose_gy[-1] <= 20.0 + 1e-9
    assert curve.total_cc == pytest.approx(5.0)


def test_doses_above_a_hundred_gray_widen_the_knots_and_lose_no_volume() -> None:
    curve = curve_of((np.array([50.0, 400.0]), np.array([100.0, 200.0]), np.array([1.0, 1.0])))
    assert curve.total_cc == pytest.approx(2.0)
    assert curve.volume_at(400.0) == pytest.approx(0.5, abs=1e-4)
    assert curve.dose_at(0.25) == pytest.approx(450.0, abs=0.02)


@given(samples(), st.integers(1, 500).map(lambda n: n / 10.0), asked_doses)
def test_unknown_volume_at_zero_or_infinity_brackets_the_curve(some: Samples, unknown: float, at_gy: float) -> None:
    curve = curve_of(some)
    cold, hot = curve.with_volume_at(0.0, unknown), curve.with_volume_at(np.inf, unknown)
    inside = curve.volume_at(at_gy)
    assert cold.total_cc == pytest.approx(curve.total_cc + unknown)
    assert hot.total_cc == pytest.approx(curve.total_cc + unknown)
    assert hot.volume_at(at_gy) == pytest.approx(inside + unknown)
    above_zero = at_gy > DOSE_TOLERANCE
    assert cold.volume_at(at_gy) == pytest.approx(inside if above_zero else curve.total_cc + unknown)


def test_unknown_volume_is_counted_hottest_or_coldest() -> None:
    curve = curve_of((np.array([15.0]), np.array([10.0]), np.array([4.0])))
    cold, hot = curve.with_volume_at(0.0, 1.0), curve.with_volume_at(np.inf, 1.0)
    assert hot.dose_at(0.5) == hot.dose_at(1.0) == np.inf
    assert hot.dose_at(3.0) == pytest.approx(15.0, abs=1e-5)
    assert cold.dose_at(2.0) == pytest.approx(15.0, abs=1e-5)
    assert cold.dose_at(4.5) == 0.0
    assert cold.dose_at_cold(1.0) == 0.0
    assert cold.dose_at_cold(3.0) == pytest.approx(15.0, abs=1e-5)
    assert hot.dose_at_cold(2.0) == pytest.approx(15.0, abs=1e-5)
    assert hot.dose_at_cold(4.5) == np.inf


def test_volume_can_only_be_added_at_the_ends() -> None:
    with pytest.raises(ValueError, match="inside the curve"):
        curve_of(points((10.0, 1.0), (20.0, 1.0))).with_volume_at(15.0, 1.0)


def test_the_arrays_of_a_curve_are_read_only() -> None:
    curve = curve_of(points((10.0, 1.0)))
    for array in (curve.dose_gy, curve.volume_cc):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5.0


@given(samples())
def test_mean_and_spread_are_those_of_the_samples(some: Samples) -> None:
    curve = curve_of(some)
    dose, width, volume = some
    mean = np.average(dose, weights=volume)
    square = np.average((dose - mean) ** 2 + width**2 / 12, weights=volume)
    assert curve.mean_gy == pytest.approx(mean, abs=1e-4)
    assert curve.mean_square() == pytest.approx(square + mean**2, rel=1e-4, abs=1e-4)
    assert curve.standard_deviation_gy == pytest.approx(math.sqrt(square), abs=2e-3)


def test_the_spread_of_an_even_rise_is_its_range_over_the_root_of_twelve() -> None:
    curve = DoseVolumeCurve(np.array([1000.0, 1000.012]), np.array([7.0, 0.0]))
    assert curve.standard_deviation_gy == pytest.approx(0.012 / math.sqrt(12), rel=1e-9)
    assert curve_of(points((60.0, 10.0))).standard_deviation_gy == 0.0


@given(samples(), st.integers(1, 100))
def test_mean_of_the_hottest_part_is_the_area_under_its_doses(some: Samples, percent: int) -> None:
    curve = curve_of(some)
    asked = percent / 100 * curve.total_cc
    middles = (np.arange(200) + 0.5) / 200 * asked
    area = np.mean([curve.dose_at(float(cc)) for cc in middles])
    assert curve.mean_of_hottest(asked) == pytest.approx(area, abs=75 / 200)


def test_mean_of_the_hottest_part_ends_within_a_piece() -> None:
    curve = DoseVolumeCurve(np.array([10.0, 30.0, 30.0, 40.0]), np.array([100.0, 40.0, 20.0, 0.0]))
    assert curve.mean_of_hottest(20.0) == pytest.approx(35.0)
    assert curve.mean_of_hottest(30.0) == pytest.approx((20 * 35 + 10 * 30) / 30)
    assert curve.mean_of_hottest(70.0) == pytest.approx((20 * 35 + 20 * 30 + 30 * 25) / 70)
    assert curve.mean_of_hottest(100.0) == pytest.approx(curve.mean_gy)
    assert curve.mean_of_hottest(0.0) == 40.0
    assert curve.with_volume_at(np.inf, 5.0).mean_of_hottest(4.0) == np.inf
    assert curve.with_volume_at(np.inf, 5.0).mean_of_hottest(50.0) == np.inf
    assert curve.with_volume_at(0.0, 100.0).mean_of_hottest(200.0) == pytest.approx(curve.mean_gy / 2)


def test_pieces_hold_all_volume_and_are_read_only() -> None:
    curve = DoseVolumeCurve(np.array([10.0, 30.0, 35.0, 40.0]), np.array([100.0, 40.0, 40.0, 0.0]))
    assert [part.tolist() for part in curve.pieces] == [[10.0, 35.0], [30.0, 40.0], [60.0, 40.0]]
    with pytest.raises(ValueError, match="read-only"):
        curve.pieces.volume_cc[0] = 1.0


@given(samples(), st.lists(st.floats(0, 120), min_size=1, max_size=20))
def test_volumes_at_many_doses_are_those_at_each(some: Samples, doses: list[float]) -> None:
    for curve in (curve_of(some), curve_of(some).with_volume_at(math.inf, 3.0)):
        knots = curve.dose_gy[np.isfinite(curve.dose_gy)]
        every = np.array([*doses, *knots[:: max(1, len(knots) // 50)], knots[-1]])
        each = [curve.volume_at(gray) for gray in every]
        np.testing.assert_allclose(curve.volumes_at(every), each, rtol=1e-12, atol=1e-12)
