"""Doses and fractions that reach a BED: inverses, and the smallest that can be given."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import UsageError
from rtcheck.fractionation import Phase, Schedule
from rtcheck.radiobiology import (
    bed,
    dose_per_fraction,
    dose_per_fraction_reaching,
    equivalent_schedule,
    fractions_for,
    total_dose,
    whole_fractions_for,
)
from rtcheck.units import Comparator, meets

FILE = Path(__file__).parents[1] / "data" / "radiobiology_vectors.yaml"
VECTORS = yaml.safe_load(FILE.read_text(encoding="utf-8"))
ratios = st.floats(0.5, 30.0)
counts = st.integers(1, 100)
beds = st.floats(1.0, 300.0)
doses = st.floats(0.1, 50.0)
BAD = [0.0, -1.0, float("nan"), float("inf")]


def bed_of(count: int, dose_gy: float, ratio: float) -> float:
    return bed(Schedule.uniform(count * Fraction(repr(dose_gy)), count), alpha_beta_gy=ratio)


@pytest.mark.parametrize("row", VECTORS["inverse"], ids=lambda row: f"BED {row['bed_gy']} in {row['fractions']}")
def test_dose_per_fraction_vectors(row) -> None:
    asked = (row["bed_gy"], row["fractions"])
    dose = dose_per_fraction(*asked, alpha_beta_gy=row["alpha_beta_gy"])
    assert dose == pytest.approx(row["dose_gy"], rel=1e-14)
    total = total_dose(*asked, alpha_beta_gy=row["alpha_beta_gy"])
    assert total == pytest.approx(row["dose_gy"] * row["fractions"], rel=1e-14)
    for step, reaching in row["steps"].items():
        found = dose_per_fraction_reaching(*asked, alpha_beta_gy=row["alpha_beta_gy"], step_gy=step)
        assert found == reaching  # the decimal itself, not a neighbour of it


@pytest.mark.parametrize(("fractions", "dose"), [(25, 2.0), (3, 10.0), (1, 20.0), (8, 5.0)])
def test_rational_roots_are_exact(fractions: int, dose: float) -> None:
    assert dose_per_fraction(60, fractions, alpha_beta_gy=10) == dose
    assert total_dose(60, fractions, alpha_beta_gy=10) == fractions * dose


@pytest.mark.parametrize("row", VECTORS["whole_fractions"], ids=lambda row: f"{row['dose_gy']} Gy")
def test_whole_fraction_vectors(row) -> None:
    assert whole_fractions_for(60, row["dose_gy"], alpha_beta_gy=10) == row["fractions"]


def test_fractions_just_enough_are_not_one_too_many() -> None:
    assert whole_fractions_for(60, 10, alpha_beta_gy=10) == 3
    assert whole_fractions_for(60, 9.999, alpha_beta_gy=10) == 4
    assert fractions_for(60, 10, alpha_beta_gy=10) == 3.0
    assert fractions_for(60, 8, alpha_beta_gy=10) == pytest.approx(60 / 14.4, rel=1e-15)


@given(doses, counts, ratios)
def test_the_dose_per_fraction_comes_back_from_its_bed(dose: float, count: int, ratio: float) -> None:
    biological = bed_of(count, dose, ratio)
    assert dose_per_fraction(biological, count, alpha_beta_gy=ratio) == pytest.approx(dose, rel=1e-12)
    assert total_dose(biological, count, alpha_beta_gy=ratio) == pytest.approx(count * dose, rel=1e-12)
    assert fractions_for(biological, dose, alpha_beta_gy=ratio) == pytest.approx(count, rel=1e-12)
    assert whole_fractions_for(biological, dose, alpha_beta_gy=ratio) == count


@given(beds, counts, ratios)
def test_the_bed_comes_back_from_its_dose_per_fraction(biological: float, count: int, ratio: float) -> None:
    dose = dose_per_fraction(biological, count, alpha_beta_gy=ratio)
    assert count * dose * (1 + dose / ratio) == pytest.approx(biological, rel=1e-12)


@given(st.floats(1e-9, 1e-3), counts)
def test_small_doses_lose_no_digits_to_cancellation(dose: float, count: int) -> None:
    biological = count * Fraction(dose) * (1 + Fraction(dose) / 10)
    assert dose_per_fraction(float(biological), count, alpha_beta_gy=10) == pytest.approx(dose, rel=1e-15)


@given(beds, doses, ratios)
def test_whole_fractions_meet_and_one_less_does_not(threshold: float, dose: float, ratio: float) -> None:
    count = whole_fractions_for(threshold, dose, alpha_beta_gy=ratio)
    each = Fraction(repr(dose)) * (1 + Fraction(repr(dose)) / Fraction(repr(ratio)))
    assert meets(float(count * each), Comparator.GE, threshold)
    assert count == 1 or not meets(float((count - 1) * each), Comparator.GE, threshold)


@given(beds, counts, ratios, st.sampled_from([0.001, 0.01, 0.05, 0.1, 0.5, 1.0]))
def test_doses_are_rounded_up_to_the_step_that_meets(threshold: float, count: int, ratio: float, step: float) -> None:
    dose = dose_per_fraction_reaching(threshold, count, alpha_beta_gy=ratio, step_gy=step)
    steps = Fraction(repr(dose)) / Fraction(repr(step))
    assert steps.denominator == 1

    def meets_with(some_steps: Fraction) -> bool:
        each = some_steps * Fraction(repr(step))
        biological = count * each * (1 + each / Fraction(repr(ratio)))
        return meets(float(biological), Comparator.GE, threshold)

    assert meets_with(steps)
    assert steps == 1 or not meets_with(steps - 1)


@given(st.lists(st.tuples(counts, doses), min_size=1, max_size=3), counts, st.floats(2.0, 30.0))
def test_an_equivalent_schedule_has_the_same_bed(phases: list[tuple[int, float]], count: int, ratio: float) -> None:
    schedule = Schedule(tuple(Phase(n, Fraction(repr(dose))) for n, dose in phases))
    biological = bed(schedule, alpha_beta_gy=ratio)
    if dose_per_fraction(biological, count, alpha_beta_gy=ratio) > 150:
        with pytest.raises(UsageError, match="is the unit right"):
            equivalent_schedule(schedule, count, alpha_beta_gy=ratio)
        return
    other = equivalent_schedule(schedule, count, alpha_beta_gy=ratio)
    assert (other.fractions, other.is_uniform) == (count, True)
    assert bed(other, alpha_beta_gy=ratio) == pytest.approx(biological, rel=1e-15)


def test_equivalent_schedules_are_exact_where_the_dose_is_rational() -> None:
    assert str(equivalent_schedule("25x2Gy", 3, alpha_beta_gy=10)) == "3x10Gy"
    assert str(equivalent_schedule("3x10Gy in 5 days", 25, alpha_beta_gy=10)) == "25x2Gy"
    assert str(equivalent_schedule("15x2Gy + 10x2Gy", 8, alpha_beta_gy=10)) == "8x5Gy"
    same = equivalent_schedule("50Gy/3", 3, alpha_beta_gy=10)
    assert same == Schedule.uniform(50.0, 3)


@pytest.mark.parametrize("value", BAD)
def test_a_bed_a_dose_and_a_ratio_must_be_positive_numbers(value: float) -> None:
    for ask in (dose_per_fraction, total_dose, dose_per_fraction_reaching):
        with pytest.raises(UsageError, match="the BED is"):
            ask(value, 5, alpha_beta_gy=10)
        with pytest.raises(UsageError, match="alpha/beta"):
            ask(60, 5, alpha_beta_gy=value)
    for ask_fractions in (fractions_for, whole_fractions_for):
        with pytest.raises(UsageError, match="the BED is"):
            ask_fractions(value, 2, alpha_beta_gy=10)
        with pytest.raises(UsageError, match="the dose per fraction is"):
            ask_fractions(60, value, alpha_beta_gy=10)
        with pytest.raises(UsageError, match="alpha/beta"):
            ask_fractions(60, 2, alpha_beta_gy=value)
    with pytest.raises(UsageError, match="the step is"):
        dose_per_fraction_reaching(60, 5, alpha_beta_gy=10, step_gy=value)
    with pytest.raises(UsageError, match="alpha/beta"):
        equivalent_schedule("25x2Gy", 5, alpha_beta_gy=value)


@pytest.mark.parametrize("fractions", [0, -1, 2.5])
def test_fractions_must_be_whole_and_at_least_one(fractions: int) -> None:
    for ask in (dose_per_fraction, total_dose, dose_per_fraction_reaching):
        with pytest.raises(UsageError, match="at least one"):
            ask(60, fractions, alpha_beta_gy=10)
    with pytest.raises(UsageError, match="at least one"):
        equivalent_schedule("25x2Gy", fractions, alpha_beta_gy=10)


def test_more_fractions_or_steps_than_can_be_searched_are_refused() -> None:
    with pytest.raises(UsageError, match="too little"):
        whole_fractions_for(60, 1e-9, alpha_beta_gy=10)
    with pytest.raises(UsageError, match="too small"):
        dose_per_fraction_reaching(60, 5, alpha_beta_gy=10, step_gy=1e-12)
