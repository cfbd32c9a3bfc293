"""Generalised equivalent uniform dose: hand-calculated values, limits and guards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from rtcheck.errors import UsageError
from rtcheck.radiobiology import geud

FILE = Path(__file__).parents[1] / "data" / "radiobiology_vectors.yaml"
VECTORS = yaml.safe_load(FILE.read_text(encoding="utf-8"))
exponents = st.floats(-300, 300).filter(lambda a: abs(a) > 1e-9)
rows = st.lists(st.tuples(st.floats(0.01, 150.0), st.floats(0.001, 1000.0)), min_size=1, max_size=20)


@pytest.mark.parametrize("row", VECTORS["geud"], ids=str)
def test_geud_vectors(row) -> None:
    value = geud(np.array(row["doses_gy"]), np.array(row["volumes"]), row["a"])
    assert value == pytest.approx(row["geud_gy"], abs=5e-7)


@given(st.floats(0.01, 150.0), exponents, st.integers(1, 5))
def test_a_uniform_dose_is_its_own(dose: float, a: float, count: int) -> None:
    assert geud(np.full(count, dose), np.arange(1.0, count + 1), a) == pytest.approx(dose, rel=1e-14)


@given(rows, exponents, exponents)
def test_it_lies_between_the_extremes_and_grows_with_a(some: list[tuple[float, float]], a: float, other: float) -> None:
    dose, volume = np.array(some).T
    low, high = (geud(dose, volume, exponent) for exponent in sorted((a, other)))
    assert dose.min() <= low <= high * (1 + 1e-12)
    assert high <= dose.max()


@given(rows)
def test_with_one_it_is_the_mean(some: list[tuple[float, float]]) -> None:
    dose, volume = np.array(some).T
    assert geud(dose, volume, 1.0) == pytest.approx(np.average(dose, weights=volume), rel=1e-13)


@given(rows, st.floats(0.5, 10), exponents)
def test_it_scales_with_dose_and_not_with_the_unit_of_volume(
    some: list[tuple[float, float]], factor: float, a: float
) -> None:
    dose, volume = np.array(some).T
    value = geud(dose, volume, a)
    assert geud(factor * dose, volume, a) == pytest.approx(factor * value, rel=1e-10)
    assert geud(dose, volume / volume.sum(), a) == pytest.approx(value, rel=1e-10)


@pytest.mark.parametrize(("a", "value"), [(1e5, 60.0), (-1e5, 5.0), (1e300, 60.0), (-1e300, 5.0)])
def test_extreme_exponents_give_the_extreme_doses(a: float, value: float) -> None:
    assert geud(np.array([5.0, 20.0, 60.0]), np.array([1.0, 2.0, 1e-3]), a) == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize("a", [1e-3, -1e-3, 1e-6, 1e-11, -1e-11])
def test_small_exponents_come_near_the_geometric_mean(a: float) -> None:
    assert geud(np.array([5.0, 20.0]), np.array([1.0, 1.0]), a) == pytest.approx(10.0, abs=10 * abs(a))


@given(rows, st.sampled_from([1.0, -1.0]))
def test_both_ways_of_computing_it_meet(some: list[tuple[float, float]], sign: float) -> None:
    dose, volume = np.array(some).T
    below, above = (geud(dose, volume, sign * a) for a in (0.01 * (1 - 1e-9), 0.01 * (1 + 1e-9)))
    assert below == pytest.approx(above, rel=1e-9)


@given(rows, st.floats(-300, -1e-6))
def test_a_tumour_part_without_dose_leaves_nothing(some: list[tuple[float, float]], a: float) -> None:
    dose, volume = np.array([*some, (0.0, 1e-3)]).T
    assert geud(dose, volume, a) == 0.0


def test_dose_without_volume_does_not_count() -> None:
    dose, volume = np.array([0.0, 20.0, np.nan]), np.array([0.0, 3.0, 0.0])
    assert geud(dose, volume, -10.0) == pytest.approx(20.0)
    assert geud(np.zeros(3), np.ones(3), 5.0) == 0.0


@given(rows, exponents)
def test_splitting_a_volume_changes_nothing(some: list[tuple[float, float]], a: float) -> None:
    dose, volume = np.array(some).T
    assume(len(dose) > 1)
    halves = geud(np.tile(dose, 2), np.tile(volume / 2, 2), a)
    assert halves == pytest.approx(geud(dose, volume, a), rel=1e-12)


@pytest.mark.parametrize("a", [0.0, -0.0, 1e-13, float("nan"), float("inf"), float("-inf")])
def test_an_exponent_of_zero_or_none_is_refused(a: float) -> None:
    with pytest.raises(UsageError, match="a finite number other than 0"):
        geud(np.array([5.0, 20.0]), np.array([1.0, 1.0]), a)


@pytest.mark.parametrize(
    ("doses", "volumes", "says"),
    [
        ([1.0, 2.0], [1.0], "the same length"),
        ([[1.0, 2.0]], [[1.0, 1.0]], "the same length"),
        ([], [], "not all 0"),
        ([1.0, 2.0], [0.0, 0.0], "not all 0"),
        ([1.0, 2.0], [2.0, -1.0], "none negative"),
        ([1.0, 2.0], [2.0, float("nan")], "finite"),
        ([1.0, 2.0], [2.0, float("inf")], "finite"),
        ([1.0, -2.0], [1.0, 1.0], "aren't negative"),
        ([1.0, float("nan")], [1.0, 1.0], "isn't known"),
        ([1.0, float("inf")], [1.0, 1.0], "isn't known"),
    ],
    ids=str,
)
def test_doses_and_volumes_that_are_none_are_refused(doses: list[float], volumes: list[float], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        geud(np.array(doses), np.array(volumes), 2.0)
