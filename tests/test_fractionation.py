"""Schedules as exact values, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import ParseError, UsageError
from rtcheck.fractionation import MAX_DOSE_PER_FRACTION_GY, MAX_FRACTIONS, Phase, Schedule, decimal_text, parse_schedule

phases = st.builds(
    Phase,
    st.integers(1, MAX_FRACTIONS),
    st.integers(1, 1000 * MAX_DOSE_PER_FRACTION_GY).map(lambda n: Fraction(n, 1000)),
)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("25x2Gy", "25x2Gy"),
        ("5 x 8 Gy", "5x8Gy"),
        ("5*8gy", "5x8Gy"),
        ("5X8GY", "5x8Gy"),
        ("25 × 200 cGy", "25x2Gy"),
        ("25·2Gy", "25x2Gy"),
        ("28x1.8Gy", "28x1.8Gy"),
        ("28x1,8Gy", "28x1.8Gy"),
        ("50Gy/25", "25x2Gy"),
        ("50 Gy / 25 fractions", "25x2Gy"),
        ("60 Gy in 8 fx", "8x7.5Gy"),
        ("5000cGy/25fx", "25x2Gy"),
        ("20Gy/1 fraction", "1x20Gy"),
        ("25x2Gy + 5x3Gy", "25x2Gy + 5x3Gy"),
        ("  25x2Gy+50Gy/25  ", "25x2Gy + 25x2Gy"),
        ("25\u00a0x\u202f2Gy", "25x2Gy"),
        ("50Gy/25+10Gy in 2 fr", "25x2Gy + 2x5Gy"),
    ],
)
def test_clinical_spellings_have_one_canonical_form(text: str, canonical: str) -> None:
    schedule = parse_schedule(text)
    assert str(schedule) == canonical
    assert parse_schedule(canonical) == schedule


@given(st.lists(phases, min_size=1, max_size=4).map(lambda some: Schedule(tuple(some))))
def test_a_printed_schedule_parses_to_itself(schedule: Schedule) -> None:
    assert parse_schedule(str(schedule)) == schedule


@given(st.lists(phases, min_size=1, max_size=4))
def test_totals_are_the_exact_sums_of_the_phases(some: list[Phase]) -> None:
    schedule = Schedule(tuple(some))
    assert schedule.fractions == sum(phase.fractions for phase in some)
    assert schedule.total_dose_gy == sum(phase.fractions * phase.dose_per_fraction_gy for phase in some)


def test_fifty_gray_in_three_fractions_is_not_rounded() -> None:
    assert parse_schedule("50Gy/3").total_dose_gy == 50
    assert parse_schedule("50Gy/3").phases[0].dose_per_fraction_gy == Fraction(50, 3)


def test_a_decimal_string_read_as_float_means_its_decimal() -> None:
    assert Schedule.uniform(59.5, 5).total_dose_gy == Fraction(119, 2)
    assert Schedule.uniform(0.1 * 3, 1).total_dose_gy != Fraction(3, 10)  # a computed float isn't beautified
    assert Schedule.uniform(Fraction(50, 3), 1).total_dose_gy == Fraction(50, 3)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("   ", 3),
        ("25x2", 0),
        ("x2Gy", 0),
        ("25x2Gy 5x3Gy", 7),
        ("25x2Gy + ", 9),
        ("25x2Gy + 3", 9),
        ("25x2Gy, 5x3Gy", 6),
        ("-25x2Gy", 0),
        ("25x-2Gy", 0),
        ("25x2Gy/5", 6),
        ("50Gy", 0),
        ("50Gy/2.5", 6),
    ],
)
def test_text_that_is_no_schedule_is_refused_where_it_stops_making_sense(text: str, position: int) -> None:
    with pytest.raises(ParseError) as caught:
        parse_schedule(text)
    assert (caught.value.text, caught.value.position) == (text, position)


@pytest.mark.parametrize("text", ["0x2Gy", "50Gy/0", "25x0Gy", "201x2Gy", "5x800Gy", "1x150.1Gy", "5000Gy/25"])
def test_numbers_that_no_treatment_has_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_schedule(text)


@pytest.mark.parametrize(("total", "fractions"), [(50.0, 0), (50.0, -1), (0.0, 5), (-50.0, 5), (float("nan"), 5)])
def test_a_uniform_schedule_needs_a_dose_and_fractions(total: float, fractions: int) -> None:
    with pytest.raises(ValueError):  # NaN is refused by Fraction, the others as UsageError
        Schedule.uniform(total, fractions)


def test_a_schedule_needs_a_phase() -> None:
    with pytest.raises(UsageError, match="at least one phase"):
        Schedule(())


@pytest.mark.parametrize(
    ("value", "text"),
    [(Fraction(2), "2"), (Fraction(20), "20"), (Fraction(9, 5), "1.8"), (Fraction(50, 3), "16.666667")],
)
def test_decimal_text_is_shortest_and_never_has_an_exponent(value: Fraction, text: str) -> None:
    assert decimal_text(value) == text
