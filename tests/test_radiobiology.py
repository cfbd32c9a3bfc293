"""BED and EQD2 against the trial's test vectors and closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import ParseError, UsageError
from rtcheck.fractionation import Schedule
from rtcheck.radiobiology import bed, bed_of_dose, eqd2, eqd2_of_dose
from rtcheck.units import Comparator, meets

FILE = Path(__file__).parent / "data" / "lq_and_liver_vectors.yaml"
VECTORS = yaml.safe_load(FILE.read_text(encoding="utf-8"))
ratios = st.floats(0.5, 30.0)
schedules = st.builds(Schedule.uniform, st.floats(0.5, 100.0), st.integers(1, 60))


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


@pytest.mark.parametrize("schedule", ["25x2Gy", "3x10Gy", "1x20Gy"])
def test_the_three_schedules_at_the_trials_limit_are_exactly_sixty(schedule: str) -> None:
    assert bed(schedule, alpha_beta_gy=10) == 60.0


def test_phases_add_up() -> None:
    together = bed("25x2Gy + 5x3Gy", alpha_beta_gy=10)
    assert together == bed("25x2Gy", alpha_beta_gy=10) + bed("5x3Gy", alpha_beta_gy=10) == 79.5


@given(st.integers(1, 60), ratios)
def test_two_gray_fractions_are_their_own_eqd2(fractions: int, ratio: float) -> None:
    assert eqd2(f"{fractions}x2Gy", alpha_beta_gy=ratio) == pytest.approx(2.0 * fractions, rel=1e-14)


@given(schedules, ratios)
def test_eqd2_is_bed_over_that_of_two_gray(schedule: Schedule, ratio: float) -> None:
    expected = bed(schedule, alpha_beta_gy=ratio) / (1 + 2 / ratio)
    assert eqd2(schedule, alpha_beta_gy=ratio) == pytest.approx(expected, rel=1e-12)


@given(schedules, ratios)
def test_the_map_of_a_dose_array_agrees_with_the_schedule(schedule: Schedule, ratio: float) -> None:
    total, fractions = float(schedule.total_dose_gy), schedule.fractions
    exact = bed(schedule, alpha_beta_gy=ratio)
    assert float(bed_of_dose(total, fractions, alpha_beta_gy=ratio)) == pytest.approx(exact, rel=1e-12)


@given(st.lists(st.floats(0.0, 90.0), min_size=1, max_size=30), st.integers(1, 40), ratios)
def test_quantiles_map_exactly_and_the_mean_of_eqd2_is_no_less_than_eqd2_of_the_mean(
    doses: list[float], fractions: int, ratio: float
) -> None:
    dose = np.array(doses)
    mapped = eqd2_of_dose(dose, fractions, alpha_beta_gy=ratio)
    assert mapped.shape == dose.shape
    assert np.array_equal(np.sort(mapped), eqd2_of_dose(np.sort(dose), fractions, alpha_beta_gy=ratio))
    assert mapped.mean() >= float(eqd2_of_dose(dose.mean(), fractions, alpha_beta_gy=ratio)) * (1 - 1e-12)


@pytest.mark.parametrize("ratio", [0.0, -3.0, float("nan"), float("inf")])
def test_an_alpha_beta_that_is_not_positive_and_finite_is_refused(ratio: float) -> None:
    for ask in (bed, eqd2):
        with pytest.raises(UsageError, match="alpha/beta"):
            ask("25x2Gy", alpha_beta_gy=ratio)
    for ask_dose in (bed_of_dose, eqd2_of_dose):
        with pytest.raises(UsageError, match="alpha/beta"):
            ask_dose(50.0, 25, alpha_beta_gy=ratio)


@pytest.mark.parametrize("fractions", [0, -1])
def test_a_dose_without_fractions_has_no_bed(fractions: int) -> None:
    with pytest.raises(UsageError, match="at least one"):
        bed_of_dose(50.0, fractions, alpha_beta_gy=10)


def test_a_schedule_that_is_none_is_refused() -> None:
    with pytest.raises(ParseError):
        bed("25 fractions of 2", alpha_beta_gy=10)
