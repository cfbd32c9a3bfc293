"""Power means of a curve: exact on its pieces however narrow, and for every power."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.curve import DoseVolumeCurve
from rtcheck.metrics.eud import dose_problem, eud_and_bounds, eud_gy, positive_pieces


def curve(*knots: tuple[float, float]) -> DoseVolumeCurve:
    dose, volume = np.array(knots, float).T
    return DoseVolumeCurve(dose, volume)


@given(st.floats(1.0, 80.0), st.floats(1e-9, 0.2), st.integers(1, 40))
def test_narrow_and_wide_pieces_have_their_exact_mean_power(low: float, width: float, a: int) -> None:
    high = low * (1 + width)
    b, c = Fraction(low), Fraction(high)
    exact = float((c ** (a + 1) - b ** (a + 1)) / ((a + 1) * (c - b)))
    assert eud_gy(curve((low, 5.0), (high, 0.0)), a) == pytest.approx(exact ** (1 / a), rel=1e-13)


@pytest.mark.parametrize("a", [-30.0, -2.5, -1.0, -0.3, 0.001, 0.5, 2.0, 17.0])
def test_a_piece_that_is_cut_keeps_its_equivalent_dose(a: float) -> None:
    whole = curve((10.0, 100.0), (70.0, 0.0))
    knots = np.linspace(0.0, 1.0, 20_000)
    cut = curve(*zip(10 + 60 * knots, 100 * (1 - knots), strict=True))  # all narrow
    assert eud_gy(cut, a) == pytest.approx(eud_gy(whole, a), rel=1e-9)


@pytest.mark.parametrize("a", [1e3, 1e150, 1e299])
def test_the_largest_powers_give_an_extreme_and_never_overflow(a: float) -> None:
    of = curve((10.0, 100.0), (20.0, 60.0), (20.0, 30.0), (21.0, 0.0))
    assert eud_gy(of, a) == pytest.approx(21.0, rel=0.02)
    assert eud_gy(of, -a) == pytest.approx(10.0, rel=0.02)
    assert eud_gy(curve((20.0, 5.0), (20.0, 0.0)), a) == 20.0


def test_unknown_volume_is_unirradiated_or_hot() -> None:
    of = curve((30.0, 90.0), (30.0, 0.0))
    assert eud_and_bounds(of, 0.0, 2.0) == (30.0, 30.0, 30.0)
    assert eud_and_bounds(of, 10.0, 2.0) == (30.0, pytest.approx(30 * math.sqrt(0.9)), math.inf)
    assert eud_and_bounds(of, 10.0, -2.0) == (30.0, 0.0, pytest.approx(30 / math.sqrt(0.9)))


def test_doses_that_cannot_be_told_from_zero_are_zero() -> None:
    low, high, volume = positive_pieces(curve((-1e-8, 10.0), (1e-8, 4.0), (5.0, 0.0)))
    assert (low.tolist(), high.tolist(), volume.tolist()) == ([0.0, 0.0], [0.0, 5.0], [6.0, 4.0])


@pytest.mark.parametrize("ends", [(-1.0, 40.0), (10.0, math.inf)])
def test_powers_of_negative_and_endless_doses_are_refused(ends: tuple[float, float]) -> None:
    assert "no model holds" in dose_problem(curve((ends[0], 5.0), (ends[1], 0.0)))
    assert dose_problem(curve((0.0, 5.0), (40.0, 0.0))) == ""
