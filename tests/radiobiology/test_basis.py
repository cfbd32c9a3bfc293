"""Doses of schedules and arrays in a basis, and back."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import UsageError
from rtcheck.fractionation import Phase, Schedule
from rtcheck.radiobiology import bed, dose_in_basis, eqd2, in_basis, physical_of
from rtcheck.units import PHYSICAL, DoseBasis, DoseKind, bed_basis, eqd2_basis

ratios = st.floats(0.5, 30.0)
bases = st.one_of(
    st.just(PHYSICAL),
    ratios.map(bed_basis),
    ratios.map(eqd2_basis),
    st.builds(lambda ratio, size: DoseBasis(DoseKind.EQDX, ratio, size), ratios, st.floats(0.5, 20)),
)
ONE_OF_EACH = (PHYSICAL, bed_basis(10), eqd2_basis(3), DoseBasis(DoseKind.EQDX, 2.5, 1.5))


def test_a_schedule_in_each_basis() -> None:
    schedule = "25x2Gy + 5x3Gy"
    assert in_basis(schedule, PHYSICAL) == 65.0
    assert in_basis(schedule, bed_basis(10)) == bed(schedule, alpha_beta_gy=10) == 79.5
    assert in_basis(schedule, eqd2_basis(3)) == eqd2(schedule, alpha_beta_gy=3) == 68.0
    assert in_basis("25x2Gy", DoseBasis(DoseKind.EQDX, 2.5, 1.5)) == 56.25


@given(bases, st.integers(1, 60), st.integers(1, 20000).map(lambda n: Fraction(n, 1000)))
def test_the_doses_of_an_array_are_those_of_schedules(basis: DoseBasis, fractions: int, each: Fraction) -> None:
    exact = in_basis(Schedule((Phase(fractions, each),)), basis)
    mapped = dose_in_basis(float(fractions * each), fractions, basis)
    assert float(mapped) == pytest.approx(exact, rel=1e-12)


@given(bases, st.integers(1, 60), st.lists(st.floats(0.0, 200.0), max_size=20))
def test_the_physical_dose_comes_back(basis: DoseBasis, fractions: int, doses: list[float]) -> None:
    dose = np.array(doses)
    there = physical_of(dose_in_basis(dose, fractions, basis), fractions, basis)
    back = dose_in_basis(physical_of(dose, fractions, basis), fractions, basis)
    for again in (there, back):
        assert np.allclose(again, dose, rtol=1e-12, atol=1e-300)


@given(bases, st.integers(1, 60))
def test_small_doses_lose_no_digits_on_the_way_back(basis: DoseBasis, fractions: int) -> None:
    dose = np.array([1e-12, 1e-6, 1e-3])
    assert np.allclose(physical_of(dose_in_basis(dose, fractions, basis), fractions, basis), dose, rtol=1e-14, atol=0)


@given(bases, st.integers(1, 60), st.lists(st.floats(0.0, 200.0), max_size=20))
def test_neither_way_changes_the_order_of_doses(basis: DoseBasis, fractions: int, doses: list[float]) -> None:
    dose = np.sort(doses)
    for ask in (dose_in_basis, physical_of):
        assert (np.diff(ask(dose, fractions, basis)) >= 0).all()


@pytest.mark.parametrize("basis", ONE_OF_EACH, ids=str)
@pytest.mark.parametrize("ask", [dose_in_basis, physical_of])
def test_unknown_and_unbounded_doses_stay_what_they_are(ask, basis: DoseBasis) -> None:
    dose = np.array([[np.nan, np.inf], [0.0, 10.0]])
    mapped = ask(dose, 5, basis)
    assert mapped.shape == (2, 2)
    assert np.isnan(mapped[0, 0])
    assert mapped[0, 1] == np.inf
    assert mapped[1, 0] == 0.0
    assert 0 < mapped[1, 1] < np.inf
    mapped[:] = 0.0  # a new array, whatever the basis
    assert dose[1, 1] == 10.0


@pytest.mark.parametrize("basis", ONE_OF_EACH, ids=str)
@pytest.mark.parametrize("ask", [dose_in_basis, physical_of])
def test_negative_doses_and_missing_fractions_are_refused_in_every_basis(ask, basis: DoseBasis) -> None:
    with pytest.raises(UsageError, match="aren't negative"):
        ask(np.array([10.0, -1e-9]), 5, basis)
    with pytest.raises(UsageError, match="at least one"):
        ask(np.array([10.0]), 0, basis)
