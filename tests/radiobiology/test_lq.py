"""BED and equivalent doses against the trial's test vectors, published schedules and closed forms."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import ParseError, UsageError
from rtcheck.fractionation import Phase, Schedule, parse_schedule
from rtcheck.radiobiology import bed, bed_of_dose, eqd2, eqd2_of_dose, eqdx, eqdx_of_dose
from rtcheck.units import Comparator, meets, number_text

DATA = Path(__file__).parents[1] / "data"
VECTORS = yaml.safe_load((DATA / "lq_and_liver_vectors.yaml").read_text(encoding="utf-8"))
SCHEDULES = yaml.safe_load((DATA / "radiobiology_vectors.yaml").read_text(encoding="utf-8"))
ratios = st.floats(0.5, 30.0)
uniform = st.builds(Schedule.uniform, st.floats(0.5, 100.0), st.integers(1, 60))
phases = st.builds(Phase, st.integers(1, 60), st.integers(1, 40000).map(lambda n: Fraction(n, 1000)))
mixed = st.lists(phases, min_size=1, max_size=4).map(lambda some: Schedule(tuple(some)))


def test_the_copied_vectors_are_those_of_the_reference(project_root: Path) -> None:
    reference = project_root.parent / "shared" / "reference" / "facts.yaml"
    if not reference.is_file():
        pytest.skip("no shared/reference/facts.yaml beside the project")
    assert yaml.safe_load(reference.read_text(encoding="utf-8"))["test_vectors"] == VECTORS


@pytest.mark.parametrize("row", VECTORS["bed10"], ids=lambda row: f"{row['total_gy']}Gy/{row['fractions']}")
def test_bed10_of_the_trial(row: dict[str, float]) -> None:
    value = bed(f"{row['total_gy']}Gy/{row['fractions']}", alpha_beta_gy=10)
    assert value == row["bed10"]  # exact: computed in rational numbers, rounded once
    assert meets(value, Comparator.GE, 60.0) is row["meets_60"]


@pytest.mark.parametrize("row", VECTORS["eqd2"], ids=lambda row: "{total_gy}Gy/{fractions}@{alpha_beta}".format(**row))
def test_eqd2_vectors(row: dict[str, float]) -> None:
    asked = f"{row['total_gy']}Gy/{row['fractions']}"
    assert eqd2(asked, alpha_beta_gy=row["alpha_beta"]) == pytest.approx(row["eqd2"], abs=5e-7)
    mapped = eqd2_of_dose(row["total_gy"], int(row["fractions"]), alpha_beta_gy=row["alpha_beta"])
    assert float(mapped) == pytest.approx(row["eqd2"], abs=5e-7)


@pytest.mark.parametrize("row", VECTORS["bed3"], ids=lambda row: f"{row['total_gy']}Gy/{row['fractions']}")
def test_bed3_vectors(row: dict[str, float]) -> None:
    assert bed(f"{row['total_gy']}Gy/{row['fractions']}", alpha_beta_gy=row["alpha_beta"]) == row["bed"]


@pytest.mark.parametrize("row", SCHEDULES["schedules"], ids=lambda row: row["trial"])
def test_bed_of_published_schedules(row: dict[str, str | float]) -> None:
    schedule = parse_schedule(str(row["schedule"]))
    assert bed(schedule, alpha_beta_gy=10) == pytest.approx(row["bed10"], abs=5e-7)
    assert bed(schedule, alpha_beta_gy=3) == pytest.approx(row["bed3"], abs=5e-7)


@pytest.mark.parametrize("row", SCHEDULES["eqdx"], ids=lambda row: f"{row['schedule']} in {row['fraction_gy']} Gy")
def test_eqdx_vectors(row: dict[str, float]) -> None:
    value = eqdx(str(row["schedule"]), fraction_gy=row["fraction_gy"], alpha_beta_gy=row["alpha_beta_gy"])
    assert value == pytest.approx(row["eqdx"], abs=5e-7)


@pytest.mark.parametrize("schedule", ["25x2Gy", "3x10Gy", "1x20Gy"])
def test_the_three_schedules_at_the_trials_limit_are_exactly_sixty(schedule: str) -> None:
    assert bed(schedule, alpha_beta_gy=10) == 60.0


def test_thirty_five_gray_in_five_fractions_stay_below_the_trials_limit() -> None:
    value = bed("35Gy/5", alpha_beta_gy=10)
    assert value == 59.5
    assert not meets(value, Comparator.GE, 60)


@pytest.mark.parametrize(
    "schedule", ["25x1.9999Gy", "3x9.999Gy", "3x9.9999Gy", "1x19.9999Gy", "25x1.999Gy", "24x2.06Gy"]
)
def test_a_bed_just_below_the_limit_is_never_shown_as_the_limit(schedule: str) -> None:
    value = bed(schedule, alpha_beta_gy=10)
    assert 59 < value < 60
    assert not meets(value, Comparator.GE, 60)
    assert float(number_text(value, 60.0)) < 60


@given(st.integers(1, 60), st.floats(1e-6, 1e-2))
def test_no_bed_that_fails_is_shown_as_one_that_meets(fractions: int, short_gy: float) -> None:
    limit = bed(f"{fractions}x2Gy", alpha_beta_gy=10)
    value = bed(Schedule.uniform(2 * fractions - short_gy, fractions), alpha_beta_gy=10)
    assert meets(value, Comparator.GE, limit) is (float(number_text(value, limit)) >= limit)


@given(mixed, mixed, ratios)
def test_the_bed_of_two_treatments_is_the_sum_of_theirs(first: Schedule, second: Schedule, ratio: float) -> None:
    total = bed(first, alpha_beta_gy=ratio) + bed(second, alpha_beta_gy=ratio)
    assert bed(first.then(second), alpha_beta_gy=ratio) == pytest.approx(total, rel=1e-15)


@given(st.integers(2, 100), st.data(), ratios)
def test_a_schedule_split_into_two_phases_equals_the_whole(fractions: int, data: st.DataObject, ratio: float) -> None:
    dose = data.draw(st.integers(1, 20000).map(lambda n: Fraction(n, 1000)))
    first = data.draw(st.integers(1, fractions - 1))
    whole = Schedule((Phase(fractions, dose),))
    split = Schedule((Phase(first, dose), Phase(fractions - first, dose)))
    assert bed(split, alpha_beta_gy=ratio) == bed(whole, alpha_beta_gy=ratio)
    assert eqd2(split, alpha_beta_gy=ratio) == eqd2(whole, alpha_beta_gy=ratio)


@given(mixed, ratios)
def test_bed_counts_every_fraction_alike_in_whatever_order(schedule: Schedule, ratio: float) -> None:
    backwards = Schedule(schedule.phases[::-1])
    assert bed(schedule, alpha_beta_gy=ratio) == bed(backwards, alpha_beta_gy=ratio)
    each = sum(float(dose) * (1 + float(dose) / ratio) for dose in schedule.fraction_doses_gy)
    assert bed(schedule, alpha_beta_gy=ratio) == pytest.approx(each, rel=1e-12)


@given(st.integers(1, 60), ratios)
def test_two_gray_fractions_are_exactly_their_own_eqd2(fractions: int, ratio: float) -> None:
    assert eqd2(f"{fractions}x2Gy", alpha_beta_gy=ratio) == 2.0 * fractions
    assert float(eqd2_of_dose(2.0 * fractions, fractions, alpha_beta_gy=ratio)) == 2.0 * fractions


@given(phases, ratios)
def test_any_fractions_are_their_own_equivalent_dose(phase: Phase, ratio: float) -> None:
    size = float(phase.dose_per_fraction_gy)
    assert eqdx(Schedule((phase,)), fraction_gy=size, alpha_beta_gy=ratio) == float(phase.total_dose_gy)


@given(uniform, ratios, st.floats(0.5, 20))
def test_equivalent_dose_is_bed_over_that_of_one_gray_of_its_fractions(
    schedule: Schedule, ratio: float, size: float
) -> None:
    biological = bed(schedule, alpha_beta_gy=ratio)
    assert eqd2(schedule, alpha_beta_gy=ratio) == pytest.approx(biological / (1 + 2 / ratio), rel=1e-12)
    value = eqdx(schedule, fraction_gy=size, alpha_beta_gy=ratio)
    assert value == pytest.approx(biological / (1 + size / ratio), rel=1e-12)


@given(uniform, ratios, st.floats(0.5, 20))
def test_the_map_of_a_dose_array_agrees_with_the_schedule(schedule: Schedule, ratio: float, size: float) -> None:
    total, fractions = float(schedule.total_dose_gy), schedule.fractions
    exact = bed(schedule, alpha_beta_gy=ratio)
    assert float(bed_of_dose(total, fractions, alpha_beta_gy=ratio)) == pytest.approx(exact, rel=1e-12)
    exact = eqdx(schedule, fraction_gy=size, alpha_beta_gy=ratio)
    mapped = eqdx_of_dose(total, fractions, fraction_gy=size, alpha_beta_gy=ratio)
    assert float(mapped) == pytest.approx(exact, rel=1e-12)


@given(st.lists(st.floats(0.0, 90.0), min_size=1, max_size=30), st.integers(1, 40), ratios)
def test_quantiles_map_exactly_and_the_mean_of_eqd2_is_no_less_than_eqd2_of_the_mean(
    doses: list[float], fractions: int, ratio: float
) -> None:
    dose = np.array(doses)
    mapped = eqd2_of_dose(dose, fractions, alpha_beta_gy=ratio)
    assert mapped.shape == dose.shape
    assert np.array_equal(np.sort(mapped), eqd2_of_dose(np.sort(dose), fractions, alpha_beta_gy=ratio))
    assert mapped.mean() >= float(eqd2_of_dose(dose.mean(), fractions, alpha_beta_gy=ratio)) * (1 - 1e-12)


@given(st.integers(1, 60), st.floats(0.5, 100.0), st.floats(1e-3, 50.0), ratios)
def test_bed_grows_with_dose_at_a_fixed_number_of_fractions(n: int, total: float, more: float, ratio: float) -> None:
    lower, higher = (bed(Schedule.uniform(gray, n), alpha_beta_gy=ratio) for gray in (total, total + more))
    assert lower < higher


@given(st.integers(1, 60), st.integers(1, 20), st.floats(0.5, 100.0), ratios)
def test_bed_of_a_fixed_dose_falls_with_the_number_of_fractions(n: int, more: int, total: float, ratio: float) -> None:
    few, many = (bed(Schedule.uniform(total, count), alpha_beta_gy=ratio) for count in (n, n + more))
    assert few > many


@pytest.mark.parametrize("ask", [bed_of_dose, eqd2_of_dose])
def test_an_unknown_dose_stays_unknown_and_an_unbounded_one_unbounded(ask: Callable[..., np.ndarray]) -> None:
    mapped = ask(np.array([np.nan, np.inf, 0.0]), 5, alpha_beta_gy=3)
    assert np.isnan(mapped[0])
    assert list(mapped[1:]) == [np.inf, 0.0]


@pytest.mark.parametrize("ratio", [0.0, -3.0, float("nan"), float("inf")])
def test_an_alpha_beta_that_is_not_positive_and_finite_is_refused(ratio: float) -> None:
    for ask in (bed, eqd2):
        with pytest.raises(UsageError, match="alpha/beta"):
            ask("25x2Gy", alpha_beta_gy=ratio)
    for ask_dose in (bed_of_dose, eqd2_of_dose):
        with pytest.raises(UsageError, match="alpha/beta"):
            ask_dose(50.0, 25, alpha_beta_gy=ratio)


@pytest.mark.parametrize("size", [0.0, -2.0, float("nan"), float("inf")])
def test_equivalent_fractions_of_no_size_are_refused(size: float) -> None:
    with pytest.raises(UsageError, match="the dose per fraction"):
        eqdx("25x2Gy", fraction_gy=size, alpha_beta_gy=3)
    with pytest.raises(UsageError, match="the dose per fraction"):
        eqdx_of_dose(50.0, 25, fraction_gy=size, alpha_beta_gy=3)


@pytest.mark.parametrize("fractions", [0, -1, 2.5, float("nan"), float("inf")])
def test_a_dose_without_whole_fractions_has_no_bed(fractions: int) -> None:
    with pytest.raises(UsageError, match="at least one"):
        bed_of_dose(50.0, fractions, alpha_beta_gy=10)


@pytest.mark.parametrize("ask", [bed_of_dose, eqd2_of_dose])
def test_a_negative_dose_is_refused(ask: Callable[..., np.ndarray]) -> None:
    with pytest.raises(UsageError, match=r"-0\.5 Gy; doses aren't negative"):
        ask(np.array([2.0, np.nan, -0.5]), 25, alpha_beta_gy=10)


def test_a_schedule_that_is_none_is_refused() -> None:
    with pytest.raises(ParseError):
        bed("25 fractions of 2", alpha_beta_gy=10)
