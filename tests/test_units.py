"""Units, dose bases, and the one comparison of a value with a limit."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rtcheck.units import GY_PER, PHYSICAL, TOLERANCE, Comparator, DoseBasis, DoseKind, Unit, meets, number_text

LT, LE, GT, GE = Comparator.LT, Comparator.LE, Comparator.GT, Comparator.GE
doses = st.floats(0.0, 1e4, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "comparator", "limit", "expected"),
    [
        (60.0, GE, 60.0, True),
        (59.99, GE, 60.0, False),
        (60.0, GT, 60.0, False),
        (60.01, GT, 60.0, True),
        (15.0, LE, 15.0, True),
        (15.0, LT, 15.0, False),
        (14.99, LT, 15.0, True),
        (15.004, LE, 15.0, False),
        (0.1 + 0.2, LE, 0.3, True),
        (0.1 + 0.2, GT, 0.3, False),
        (math.inf, LE, 60.0, False),
        (math.inf, GE, 60.0, True),
        (math.inf, LE, math.inf, True),
        (0.0, GE, -math.inf, True),
    ],
)
def test_meets_is_exact_at_the_limit_and_strict_where_asked(
    value: float, comparator: Comparator, limit: float, expected: bool
) -> None:
    assert meets(value, comparator, limit) is expected


@pytest.mark.parametrize(("value", "limit"), [(math.nan, 1.0), (1.0, math.nan)])
def test_an_unknown_value_meets_nothing(value: float, limit: float) -> None:
    with pytest.raises(ValueError, match="NaN"):
        meets(value, LE, limit)


@given(doses, doses)
def test_strict_and_not_strict_differ_only_within_the_tolerance(value: float, limit: float) -> None:
    equal = abs(value - limit) <= TOLERANCE * max(1.0, limit)
    assert (meets(value, LE, limit) and meets(value, GE, limit)) == equal
    assert meets(value, LT, limit) == (meets(value, LE, limit) and not equal)
    assert meets(value, LE, limit) != meets(value, GT, limit)
    assert meets(value, GE, limit) != meets(value, LT, limit)


def test_comparators_know_their_side_and_strictness() -> None:
    assert {c: (c.is_upper, c.is_strict) for c in Comparator if c.judges} == {
        LT: (True, True),
        LE: (True, False),
        GT: (False, True),
        GE: (False, False),
    }
    assert [str(c) for c in Comparator if c.judges] == ["<", "<=", ">", ">="]


@pytest.mark.parametrize("comparator", [c for c in Comparator if not c.judges])
def test_a_number_that_a_source_merely_quotes_is_neither_met_nor_broken(comparator: Comparator) -> None:
    with pytest.raises(ValueError, match="nothing meets or breaks it"):
        meets(50.0, comparator, 50.0)


@pytest.mark.parametrize(
    ("value", "limit", "text"),
    [
        (15.004, 15.0, "15.004"),
        (59.96, 60.0, "59.96"),
        (60.0, 60.0, "60.0"),
        (14.2, 15.0, "14.2"),
        (699.96, 700.0, "699.96"),
        (12.345, None, "12.3"),
        (math.inf, 60.0, "unknown"),
        (math.nan, None, "unknown"),
    ],
)
def test_a_number_is_not_rounded_across_or_onto_its_limit(value: float, limit: float | None, text: str) -> None:
    assert number_text(value, limit) == text


@given(doses, doses)
def test_the_printed_number_stands_to_the_limit_as_the_number_does(value: float, limit: float) -> None:
    assume(abs(value - limit) > 1.1 * TOLERANCE * max(1.0, limit))
    printed = float(number_text(value, limit))
    assert (printed < limit, printed > limit) == (value < limit, value > limit)
    assert abs(printed - value) <= 0.05 + 1e-9


def test_only_absolute_doses_have_a_size_in_gray() -> None:
    assert GY_PER == {Unit.GY: 1.0, Unit.CGY: 0.01}


@pytest.mark.parametrize(("kind", "ratio"), [(DoseKind.PHYSICAL, 3.0), (DoseKind.BED, None), (DoseKind.EQD2, None)])
def test_a_basis_has_an_alpha_beta_exactly_when_it_is_biological(kind: DoseKind, ratio: float | None) -> None:
    with pytest.raises(ValueError, match="don't go together"):
        DoseBasis(kind, ratio)


def test_doses_of_different_bases_are_not_the_same_basis() -> None:
    assert DoseBasis(DoseKind.EQD2, 3.0) != DoseBasis(DoseKind.EQD2, 10.0)
    assert DoseBasis(DoseKind.BED, 10.0) != PHYSICAL
    assert str(DoseBasis(DoseKind.EQD2, 3.0)) == "EQD2(alpha/beta=3 Gy)"
    assert str(PHYSICAL) == "physical"
