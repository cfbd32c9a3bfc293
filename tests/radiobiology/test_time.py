"""Repopulation and incomplete repair against hand-calculated values and the sums that they stand for."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import ParseError, UsageError
from rtcheck.fractionation import parse_schedule
from rtcheck.radiobiology import bed, bed_incomplete_repair, bed_with_repopulation, incomplete_repair_factor

FILE = Path(__file__).parents[1] / "data" / "radiobiology_vectors.yaml"
VECTORS = yaml.safe_load(FILE.read_text(encoding="utf-8"))
ratios = st.floats(0.5, 30.0)


@pytest.mark.parametrize("row", VECTORS["repopulation"], ids=lambda row: row["schedule"])
def test_repopulation_vectors(row) -> None:
    given_values = {key: value for key, value in row.items() if key not in ("schedule", "bed")}
    assert bed_with_repopulation(row["schedule"], alpha_beta_gy=10, **given_values) == pytest.approx(
        row["bed"], abs=5e-7
    )


@given(st.integers(25, 300), st.floats(0, 300), ratios, st.floats(0, 2))
def test_repopulation_costs_the_same_every_day_after_its_start(
    days: int, start: float, ratio: float, per_day: float
) -> None:
    schedule = parse_schedule("25x2Gy")
    value = bed_with_repopulation(
        schedule, overall_days=days, alpha_beta_gy=ratio, kickoff_days=start, gray_per_day=per_day
    )
    lost = per_day * max(0.0, days - start)
    assert value == pytest.approx(bed(schedule, alpha_beta_gy=ratio) - lost, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("days", [25, 28])
def test_nothing_is_lost_up_to_the_start_of_repopulation(days: int) -> None:
    value = bed_with_repopulation(
        "25x2Gy", overall_days=days, alpha_beta_gy=10, kickoff_days=28, alpha_per_gy=0.35, doubling_days=3
    )
    assert value == 60.0


def test_an_overall_time_given_takes_the_place_of_the_schedules() -> None:
    prolonged = bed_with_repopulation(
        "35x2Gy in 46 days", overall_days=53, alpha_beta_gy=10, kickoff_days=28, gray_per_day=0.9
    )
    assert prolonged == 61.5


def test_more_growth_than_kill_is_a_negative_bed() -> None:
    value = bed_with_repopulation("1x8Gy + 1x8Gy in 100 days", alpha_beta_gy=10, kickoff_days=0, gray_per_day=0.9)
    assert value == pytest.approx(28.8 - 90)


@pytest.mark.parametrize(
    "growth",
    [
        {},
        {"alpha_per_gy": 0.3},
        {"doubling_days": 3.0},
        {"gray_per_day": 0.9, "alpha_per_gy": 0.3},
        {"gray_per_day": 0.9, "doubling_days": 3.0},
        {"gray_per_day": 0.9, "alpha_per_gy": 0.3, "doubling_days": 3.0},
    ],
    ids=str,
)
def test_repopulation_is_given_in_one_way_and_whole(growth: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="either alpha and the doubling time, or the gray per day"):
        bed_with_repopulation("25x2Gy in 33 days", alpha_beta_gy=10, kickoff_days=28, **growth)


def test_repopulation_needs_an_overall_time() -> None:
    with pytest.raises(UsageError, match="25x2Gy has no overall time"):
        bed_with_repopulation("25x2Gy", alpha_beta_gy=10, kickoff_days=28, gray_per_day=0.9)


def test_an_overall_time_that_the_fractions_do_not_fit_in_is_refused() -> None:
    with pytest.raises(UsageError, match="they need 25"):
        bed_with_repopulation("25x2Gy", overall_days=24, alpha_beta_gy=10, kickoff_days=28, gray_per_day=0.9)
    with pytest.raises(ParseError, match="they need 25"):
        bed_with_repopulation("25x2Gy in 24 days", alpha_beta_gy=10, kickoff_days=28, gray_per_day=0.9)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kickoff_days": -1.0}, "Tk is -1.0"),
        ({"kickoff_days": math.nan}, "Tk is nan"),
        ({"gray_per_day": -0.1}, "K is -0.1"),
        ({"gray_per_day": math.inf}, "K is inf"),
        ({"gray_per_day": None, "alpha_per_gy": 0.0, "doubling_days": 3.0}, "alpha is 0.0"),
        ({"gray_per_day": None, "alpha_per_gy": 0.3, "doubling_days": -3.0}, "the doubling time is -3.0"),
        ({"alpha_beta_gy": 0.0}, "alpha/beta"),
    ],
    ids=str,
)
def test_repopulation_of_impossible_size_is_refused(change: dict[str, float], says: str) -> None:
    values = {"alpha_beta_gy": 10.0, "kickoff_days": 28.0, "gray_per_day": 0.9} | change
    with pytest.raises(UsageError, match=says):
        bed_with_repopulation("25x2Gy in 33 days", **values)


@pytest.mark.parametrize("row", VECTORS["repair_factor"], ids=str)
def test_repair_factor_vectors(row) -> None:
    factor = incomplete_repair_factor(
        row["fractions_per_day"], repair_half_time_h=row["half_time_h"], interval_h=row["interval_h"]
    )
    assert factor == pytest.approx(row["factor"], abs=5e-7)


@pytest.mark.parametrize(
    "row", VECTORS["incomplete_repair"], ids=lambda row: f"{row['schedule']}, {row['interval_h']} h"
)
def test_incomplete_repair_vectors(row) -> None:
    value = bed_incomplete_repair(
        row["schedule"], alpha_beta_gy=3, repair_half_time_h=row["half_time_h"], interval_h=row["interval_h"]
    )
    assert value == pytest.approx(row["bed"], abs=5e-7)


@given(st.integers(2, 8), st.floats(0.3, 10), st.floats(0.5, 12))
def test_the_factor_is_the_closed_form_of_thames(m: int, half_time: float, interval: float) -> None:
    theta = math.exp(-math.log(2) * interval / half_time)
    published = 2 / m * theta / (1 - theta) * (m - (1 - theta**m) / (1 - theta))
    factor = incomplete_repair_factor(m, repair_half_time_h=half_time, interval_h=interval)
    assert factor == pytest.approx(published, rel=1e-9, abs=1e-12)


@given(st.integers(1, 8), st.integers(1, 40), st.floats(0.1, 5), ratios, st.floats(0.3, 10), st.floats(0, 3))
def test_bed_is_the_double_sum_over_pairs_of_fractions_of_a_day(
    per_day: int, more: int, dose: float, ratio: float, half_time: float, interval: float
) -> None:
    fractions = per_day + more
    expected = 0.0
    for first in range(fractions):
        expected += dose * (1 + dose / ratio)
        for second in range(first + 1, fractions):
            if first // per_day == second // per_day:  # the same day; over night all is repaired
                expected += 2 * dose * dose / ratio * 0.5 ** ((second - first) * interval / half_time)
    value = bed_incomplete_repair(
        f"{fractions}x{dose:f}Gy {per_day}/day", alpha_beta_gy=ratio, repair_half_time_h=half_time, interval_h=interval
    )
    assert value == pytest.approx(expected, rel=2e-5)  # the dose has six decimals in the text


@given(st.integers(2, 6), st.integers(1, 20), ratios)
def test_fractions_without_a_pause_are_one_large_fraction(per_day: int, days: int, ratio: float) -> None:
    value = bed_incomplete_repair(
        f"{per_day * days}x1.5Gy {per_day}/day", alpha_beta_gy=ratio, repair_half_time_h=2, interval_h=0
    )
    whole = bed(f"{days}x{per_day * 1.5}Gy", alpha_beta_gy=ratio)
    assert value == pytest.approx(whole, rel=1e-12)


@given(st.integers(2, 3), ratios)
def test_long_pauses_are_full_repair(per_day: int, ratio: float) -> None:
    text = f"{per_day * 10}x1.5Gy {per_day}/day"
    value = bed_incomplete_repair(text, alpha_beta_gy=ratio, repair_half_time_h=0.2, interval_h=11)
    assert value == pytest.approx(bed(text, alpha_beta_gy=ratio), rel=1e-12)


@given(st.floats(0.5, 6), st.floats(0, 10), st.floats(0.1, 1.9))
def test_shorter_pauses_and_slower_repair_leave_more_damage(half_time: float, interval: float, more: float) -> None:
    def value(half_time_h: float, interval_h: float) -> float:
        return bed_incomplete_repair(
            "68x1.2Gy bid", alpha_beta_gy=3, repair_half_time_h=half_time_h, interval_h=interval_h
        )

    assert value(half_time, interval + more) < value(half_time, interval)
    assert value(half_time, interval) <= value(half_time + more, interval)


def test_phases_once_a_day_have_their_plain_bed() -> None:
    def value(text: str) -> float:
        return bed_incomplete_repair(text, alpha_beta_gy=3, repair_half_time_h=4, interval_h=6)

    assert value("25x2Gy") == bed("25x2Gy", alpha_beta_gy=3)
    assert value("25x2Gy + 10x1.2Gy bid") == pytest.approx(value("25x2Gy") + value("10x1.2Gy bid"), rel=1e-15)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"repair_half_time_h": 0.0}, "the repair half-time is 0.0"),
        ({"repair_half_time_h": math.nan}, "the repair half-time is nan"),
        ({"interval_h": -6.0}, "the interval is -6.0"),
        ({"interval_h": math.inf}, "the interval is inf"),
        ({"interval_h": 12.0}, "3 fractions a day, 12 h apart, don't fit into a day"),
        ({"alpha_beta_gy": -3.0}, "alpha/beta"),
    ],
    ids=str,
)
def test_repair_times_that_make_no_sense_are_refused(change: dict[str, float], says: str) -> None:
    values = {"alpha_beta_gy": 3.0, "repair_half_time_h": 4.0, "interval_h": 6.0} | change
    with pytest.raises(UsageError, match=says):
        bed_incomplete_repair("36x1.5Gy tid", **values)


def test_a_day_without_fractions_has_no_repair_factor() -> None:
    with pytest.raises(UsageError, match="at least one"):
        incomplete_repair_factor(0, repair_half_time_h=4, interval_h=6)
