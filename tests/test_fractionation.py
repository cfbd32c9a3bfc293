"""Schedules as exact values, how they are written, and what is refused."""

from __future__ import annotations

import pickle
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import ParseError, UsageError
from rtcheck.fractionation import (
    MAX_DOSE_PER_FRACTION_GY,
    MAX_FRACTIONS,
    MAX_FRACTIONS_PER_DAY,
    MAX_OVERALL_DAYS,
    Phase,
    Schedule,
    decimal_text,
    parse_schedule,
)

decimal_doses = st.integers(1, 1000 * MAX_DOSE_PER_FRACTION_GY).map(lambda n: Fraction(n, 1000))
float_doses = st.floats(0, MAX_DOSE_PER_FRACTION_GY, exclude_min=True)
doses = st.one_of(
    decimal_doses,
    st.fractions(Fraction(1, 10**9), MAX_DOSE_PER_FRACTION_GY),
    float_doses.map(Fraction),
    float_doses.map(lambda dose: Fraction(repr(dose))),
)


@st.composite
def phases(draw: st.DrawFn) -> Phase:
    fractions = draw(st.integers(1, MAX_FRACTIONS))
    return Phase(fractions, draw(doses), draw(st.integers(1, min(fractions, MAX_FRACTIONS_PER_DAY))))


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    schedule = Schedule(tuple(draw(st.lists(phases(), min_size=1, max_size=4))))
    if schedule.least_days > MAX_OVERALL_DAYS:
        return schedule
    days = draw(st.none() | st.integers(schedule.least_days, MAX_OVERALL_DAYS))
    return Schedule(schedule.phases, days)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        # number of fractions and dose per fraction
        ("25x2Gy", "25x2Gy"),
        ("5 x 8 Gy", "5x8Gy"),
        ("5*8gy", "5x8Gy"),
        ("5X8GY", "5x8Gy"),
        ("5×8 Gy", "5x8Gy"),
        ("25 × 200 cGy", "25x2Gy"),
        ("25x200cGy", "25x2Gy"),
        ("28x1.8Gy", "28x1.8Gy"),
        ("28x1,8Gy", "28x1.8Gy"),
        ("3x16,667Gy", "3x16.667Gy"),
        ("8 fractions of 7.5 Gy", "8x7.5Gy"),
        ("1 fraction of 20Gy", "1x20Gy"),
        ("25 fx x 2 Gy", "25x2Gy"),
        ("2 Gy x 25", "25x2Gy"),
        ("200 cGy × 25 fx", "25x2Gy"),
        # total dose and number of fractions
        ("50Gy/25", "25x2Gy"),
        ("50 Gy / 25 fractions", "25x2Gy"),
        ("50 Gy in 25", "25x2Gy"),
        ("60 Gy in 8 fx", "8x7.5Gy"),
        ("60Gy/8 fractions", "8x7.5Gy"),
        ("5000cGy/25fx", "25x2Gy"),
        ("20Gy/1 fraction", "1x20Gy"),
        ("50Gy/3", "50Gy/3"),
        # signs and blanks of many keyboards
        ("25·2Gy", "25x2Gy"),
        ("25∙2Gy", "25x2Gy"),
        ("25⋅2Gy", "25x2Gy"),
        ("25\u00a0x\u202f2\u2009Gy", "25x2Gy"),
        ("\ufeff25x2Gy\u200b", "25x2Gy"),
        ("２５ｘ２．５Ｇｙ＋５ｘ３Ｇｙ", "25x2.5Gy + 5x3Gy"),
        ("50Gy∕25", "25x2Gy"),
        # phases
        ("25x2Gy + 5x3Gy", "25x2Gy + 5x3Gy"),
        ("1x8Gy+10x3Gy", "1x8Gy + 10x3Gy"),
        ("  25x2Gy+50Gy/25  ", "25x2Gy + 25x2Gy"),
        ("50Gy/25+10Gy in 2 fr", "25x2Gy + 2x5Gy"),
        # unequal fractions
        ("8Gy + 8Gy + 6Gy", "2x8Gy + 1x6Gy"),
        ("6Gy+8Gy+8Gy+6Gy", "1x6Gy + 2x8Gy + 1x6Gy"),
        ("[8, 8, 6] Gy", "2x8Gy + 1x6Gy"),
        ("[8; 8; 6] Gy", "2x8Gy + 1x6Gy"),
        ("[8,8,6]Gy", "2x8Gy + 1x6Gy"),
        ("[7,5; 8] Gy", "1x7.5Gy + 1x8Gy"),
        ("[7.5, 8] Gy", "1x7.5Gy + 1x8Gy"),
        ("[7, 5] Gy", "1x7Gy + 1x5Gy"),
        ("[ 800 , 600 ] cGy", "1x8Gy + 1x6Gy"),
        ("[20] Gy", "1x20Gy"),
        ("［8，8，6］ Gy", "2x8Gy + 1x6Gy"),
        ("[8, 6] Gy + 5x2Gy", "1x8Gy + 1x6Gy + 5x2Gy"),
        ("[8, 8] Gy 2/day", "2x8Gy 2/day"),
        # several a day
        ("60x1.2Gy 2/day", "60x1.2Gy 2/day"),
        ("60x1.2Gy2/day", "60x1.2Gy 2/day"),
        ("60x1.2Gy bid", "60x1.2Gy 2/day"),
        ("60x1.2Gy b.i.d.", "60x1.2Gy 2/day"),
        ("60x1.2Gy BID", "60x1.2Gy 2/day"),
        ("60x1.2Gy twice daily", "60x1.2Gy 2/day"),
        ("60x1.2Gy twice a day", "60x1.2Gy 2/day"),
        ("60x1.2Gy two times per day", "60x1.2Gy 2/day"),
        ("60x1.2Gy 2 per day", "60x1.2Gy 2/day"),
        ("60x1.2Gy 2 a day", "60x1.2Gy 2/day"),
        ("60x1.2Gy 2x/day", "60x1.2Gy 2/day"),
        ("60x1.2Gy 2x daily", "60x1.2Gy 2/day"),
        ("60x1.2Gy 2 fractions per day", "60x1.2Gy 2/day"),
        ("72Gy/60 2/day", "60x1.2Gy 2/day"),
        ("72 Gy in 60 fx bid", "60x1.2Gy 2/day"),
        ("36x1.5Gy tid", "36x1.5Gy 3/day"),
        ("36x1.5Gy three times daily", "36x1.5Gy 3/day"),
        ("8x1Gy qid", "8x1Gy 4/day"),
        ("25x2Gy daily", "25x2Gy"),
        ("25x2Gy 1/day", "25x2Gy"),
        ("25x2Gy once daily", "25x2Gy"),
        ("30x1.8Gy + 12x1.5Gy bid", "30x1.8Gy + 12x1.5Gy 2/day"),
        ("50Gy/3 2/day", "50Gy/3 2/day"),
        # overall time
        ("25x2Gy in 33 days", "25x2Gy in 33 days"),
        ("25x2Gy in 5 weeks", "25x2Gy in 35 days"),
        ("25x2Gy over 33 d", "25x2Gy in 33 days"),
        ("1x8Gy in 1 day", "1x8Gy in 1 day"),
        ("60 Gy in 8 fx in 12 days", "8x7.5Gy in 12 days"),
        ("60 Gy in 8 in 12 days", "8x7.5Gy in 12 days"),
        ("60Gy/8 in 2 wk", "8x7.5Gy in 14 days"),
        ("36x1.5Gy 3/day in 12 days", "36x1.5Gy 3/day in 12 days"),
        ("8Gy + 8Gy + 6Gy in 15 days", "2x8Gy + 1x6Gy in 15 days"),
        ("[8, 8, 6] Gy in 15 days", "2x8Gy + 1x6Gy in 15 days"),
        ("25x2Gy + 5x3Gy in 40 days", "25x2Gy + 5x3Gy in 40 days"),
    ],
)
def test_clinical_spellings_have_one_canonical_form(text: str, canonical: str) -> None:
    schedule = parse_schedule(text)
    assert str(schedule) == canonical
    assert parse_schedule(canonical) == schedule


@given(schedules())
def test_a_printed_schedule_parses_to_itself(schedule: Schedule) -> None:
    assert parse_schedule(str(schedule)) == schedule


@given(schedules())
def test_a_schedule_can_be_hashed_and_pickled(schedule: Schedule) -> None:
    copy = pickle.loads(pickle.dumps(schedule))
    assert copy == schedule
    assert hash(copy) == hash(schedule)


def test_the_same_fractions_are_equal_however_they_are_written() -> None:
    assert parse_schedule("25x2Gy") == parse_schedule("50Gy/25") == Schedule.uniform(50.0, 25)
    assert parse_schedule("25x2Gy") != parse_schedule("25x2Gy in 33 days")
    assert parse_schedule("60x1.2Gy") != parse_schedule("60x1.2Gy bid")


def test_neither_decimals_nor_thirds_are_lost_in_print() -> None:
    assert str(Phase(3, Fraction(50, 3))) == "50Gy/3"
    assert str(Phase(2, Fraction(50, 3))) == "2x(50/3)Gy"
    assert str(Phase(1, Fraction(repr(0.1 * 3)))) == "1x0.30000000000000004Gy"
    assert parse_schedule("2x(50/3)Gy").total_dose_gy == Fraction(100, 3)
    assert parse_schedule("50Gy/3").total_dose_gy == 50
    assert parse_schedule("50Gy/3").phases[0].dose_per_fraction_gy == Fraction(50, 3)


@given(schedules())
def test_totals_are_the_exact_sums_of_the_fractions(schedule: Schedule) -> None:
    assert len(schedule.fraction_doses_gy) == schedule.fractions == sum(p.fractions for p in schedule.phases)
    assert sum(schedule.fraction_doses_gy) == schedule.total_dose_gy
    assert max(schedule.fraction_doses_gy) == schedule.max_dose_per_fraction_gy
    assert schedule.is_uniform is (len(set(schedule.fraction_doses_gy)) == 1)


@given(schedules())
def test_merging_keeps_every_fraction_in_its_place(schedule: Schedule) -> None:
    merged = schedule.merged
    assert merged.fraction_doses_gy == schedule.fraction_doses_gy
    assert merged.overall_days == schedule.overall_days
    assert merged.merged == merged


def test_only_equal_neighbours_merge_and_no_phase_grows_too_long() -> None:
    assert str(parse_schedule("5x2Gy + 5x2Gy + 5x3Gy in 20 days").merged) == "10x2Gy + 5x3Gy in 20 days"
    assert str(parse_schedule("5x2Gy + 5x3Gy + 5x2Gy").merged) == "5x2Gy + 5x3Gy + 5x2Gy"
    assert str(parse_schedule("5x2Gy + 4x2Gy bid").merged) == "5x2Gy + 4x2Gy 2/day"
    assert str(parse_schedule("5x2Gy 2/day + 1x2Gy").merged) == "5x2Gy 2/day + 1x2Gy"
    assert str(parse_schedule("150x1Gy + 150x1Gy").merged) == "150x1Gy + 150x1Gy"


def test_one_schedule_after_another_keeps_the_phases_and_knows_no_overall_time() -> None:
    both = parse_schedule("25x2Gy in 33 days").then(parse_schedule("5x2Gy in 5 days"))
    assert str(both) == "25x2Gy + 5x2Gy"
    assert both.overall_days is None


def test_a_decimal_string_read_as_float_means_its_decimal() -> None:
    assert Schedule.uniform(59.5, 5).total_dose_gy == Fraction(119, 2)
    assert Schedule.uniform(0.1 * 3, 1).total_dose_gy != Fraction(3, 10)  # a computed float isn't beautified
    assert Schedule.uniform(Fraction(50, 3), 1).total_dose_gy == Fraction(50, 3)


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 0, "a schedule such as"),
        ("   ", 3, "a schedule such as"),
        ("x2Gy", 0, "a schedule such as"),
        ("5x8", 3, "the unit is missing: Gy or cGy"),
        ("5x8 + 3x2Gy", 4, "the unit is missing: Gy or cGy"),
        ("5x8mGy", 3, "the unit is missing: Gy or cGy"),
        ("8 fractions of 7.5", 18, "the unit is missing: Gy or cGy"),
        ("[8, 8, 6]", 9, "the unit is missing: Gy or cGy"),
        ("50/25", 2, "the unit"),
        ("5y8Gy", 1, "the unit (Gy or cGy), or 'x'"),
        ("25", 2, "the unit (Gy or cGy), or 'x'"),
        ("8 fractions 7.5 Gy", 12, "'x' and the dose"),
        ("25xGy", 3, "the dose per fraction"),
        ("25x.5Gy", 3, "the dose per fraction"),
        ("-25x2Gy", 0, "negative"),
        ("25x-2Gy", 3, "negative"),
        ("25x−2Gy", 3, "negative"),
        ("50Gy/-5", 5, "negative"),
        ("0x2Gy", 0, "0 fractions; a phase has 1 to 200"),
        ("201x2Gy", 0, "201 fractions"),
        ("5x2Gy + 0x2Gy", 8, "0 fractions"),
        ("50Gy/0", 5, "0 fractions"),
        ("5x0Gy", 2, "0 Gy per fraction"),
        ("0Gy/5", 0, "0 Gy per fraction"),
        ("5x800Gy", 2, "is the unit right?"),
        ("5x999999999999Gy", 2, "1.00000e+12 Gy per fraction"),
        ("1x150.1Gy", 2, "150.1 Gy per fraction"),
        ("5000Gy/25", 0, "200 Gy per fraction"),
        ("2.5x8Gy", 1, "whole number"),
        ("50Gy/2.5", 6, "whole number"),
        ("(5/2)x8Gy", 0, "whole number"),
        ("1x(5/0)Gy", 5, "division by zero"),
        ("5,000cGy/25", 1, "decimals or thousands?"),
        ("25x2²Gy", 4, "the unit is missing"),
        ("25x2Gy 5x3Gy", 7, "expected '+'"),
        ("25x2Gy + ", 9, "a schedule such as"),
        ("25x2Gy + 3", 10, "the unit"),
        ("25x2Gy, 5x3Gy", 6, "expected '+'"),
        ("25x2Gy/5", 6, "expected '+'"),
        ("25x2Gy - 5x3Gy", 7, "expected '+'"),
        ("25x2Gy ??", 7, "expected '+'"),
        ("60 Gy in", 8, "number of fractions"),
        ("60 Gy in many", 9, "number of fractions"),
        # a dose that may be one fraction's or the total of several
        ("50Gy", 4, "how many fractions?"),
        ("8Gy", 3, "how many fractions?"),
        ("8 Gy or so", 5, "how many fractions?"),
        ("60 Gy in 8 days", 11, "how many fractions?"),
        ("20 Gy in 8 days", 11, "how many fractions?"),
        ("25x2Gy + 10Gy", 13, "how many fractions?"),
        ("10Gy + 25x2Gy", 5, "how many fractions?"),
        ("50Gy + 10Gy", 5, "how many fractions?"),
        ("0Gy + 8Gy", 0, "0 Gy per fraction"),
        # lists
        ("[] Gy", 1, "a dose"),
        ("[8, , 6] Gy", 4, "a dose"),
        ("[8, 0] Gy", 4, "0 Gy per fraction"),
        ("[8 8] Gy", 3, "']' or another dose"),
        ("[8Gy, 6Gy]", 2, "the unit stands once"),
        ("[8, 8, 6 Gy", 9, "']' or another dose"),
        ("[7,5] Gy", 2, "one dose with decimals or two doses?"),
        ("[7,5, 8; 6] Gy", 4, "']' or another dose"),
        ("[1,800; 2] cGy", 2, "decimals or thousands?"),
        # several a day
        ("60x1.2Gy 0/day", 9, "0 fractions a day"),
        ("60x1.2Gy 9/day", 9, "9 fractions a day"),
        ("1x8Gy bid", 6, "2 fractions a day, of 1 in all"),
        ("60x1.2Gy 2/week", 9, "expected '+'"),
        ("60x1.2Gy bidet", 9, "expected '+'"),
        ("60x1.2Gy 2/day 2/day", 15, "expected '+'"),
        ("[8, 8, 6] Gy bid", 13, "equal fractions"),
        # overall time
        ("25x2Gy in 33", 12, "days or weeks"),
        ("25x2Gy in 25 fx", 13, "days or weeks"),
        ("25x2Gy in days", 10, "the overall time"),
        ("25x2Gy in 4.5 weeks", 11, "whole number"),
        ("25x2Gy in -5 days", 10, "negative"),
        ("25x2Gy in 24 days", 10, "24 days are too few for 25 fractions: they need 25"),
        ("36x1.5Gy 3/day in 11 days", 18, "they need 12"),
        ("7x1Gy 2/day in 3 days", 15, "they need 4"),
        ("5x8Gy in 0 days", 9, "too few"),
        ("5x8Gy in 366 days", 9, "at most 365"),
        ("25x2Gy in 33 days + 5x3Gy", 18, "overall time is that of the whole schedule"),
        ("25x2Gy in 33 days in 40 days", 18, "overall time is that of the whole schedule"),
    ],
)
def test_nonsense_is_refused_where_it_begins(text: str, position: int, says: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_schedule(text)
    assert (caught.value.text, caught.value.position) == (text, position)
    assert says in caught.value.expected


@given(st.text("0125x*/+in fx[],;.()GycdasbwkoWx× ²-٣", max_size=25))
def test_any_text_is_a_schedule_or_refused_at_a_place_within_it(text: str) -> None:
    try:
        schedule = parse_schedule(text)
    except ParseError as error:
        assert error.text == text
        assert 0 <= error.position <= len(text)
    else:
        assert parse_schedule(str(schedule)) == schedule


@given(schedules(), st.data())
def test_a_foreign_sign_is_refused_in_the_sign_or_word_where_it_stands(schedule: Schedule, data: st.DataObject) -> None:
    text = str(schedule)
    at = data.draw(st.integers(0, len(text)))
    tokens = [token.span() for token in re.finditer(r"[0-9]/day|[.][0-9]|[A-Za-z]+|.", text)]
    start = next((low for low, high in tokens if low < at < high), at)
    with pytest.raises(ParseError) as caught:
        parse_schedule(f"{text[:at]}?{text[at:]}")
    assert start <= caught.value.position <= at


@pytest.mark.parametrize(("total", "fractions"), [(50.0, 0), (50.0, -1), (0.0, 5), (-50.0, 5), (float("nan"), 5)])
def test_a_uniform_schedule_needs_a_dose_and_fractions(total: float, fractions: int) -> None:
    with pytest.raises(UsageError):
        Schedule.uniform(total, fractions)


def test_a_schedule_needs_a_phase() -> None:
    with pytest.raises(UsageError, match="at least one phase"):
        Schedule(())


@pytest.mark.parametrize(
    ("fractions", "dose", "per_day", "says"),
    [
        (0, Fraction(2), 1, "0 fractions"),
        (MAX_FRACTIONS + 1, Fraction(2), 1, "201 fractions"),
        (5, Fraction(0), 1, "0 Gy per fraction"),
        (5, Fraction(-2), 1, "-2 Gy per fraction"),
        (5, Fraction(10**500), 1, "Gy per fraction"),
        (5, Fraction(1, 10**401), 1, "400 decimals"),
        (5, Fraction(2), 0, "0 fractions a day"),
        (20, Fraction(2), MAX_FRACTIONS_PER_DAY + 1, "9 fractions a day"),
        (1, Fraction(2), 2, "2 fractions a day, of 1 in all"),
    ],
)
def test_a_phase_that_no_treatment_has_is_refused(fractions: int, dose: Fraction, per_day: int, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Phase(fractions, dose, per_day)


@pytest.mark.parametrize(
    ("days", "says"), [(24, "they need 25"), (0, "too few"), (-1, "too few"), (366, "at most 365")]
)
def test_an_overall_time_that_the_fractions_do_not_fit_is_refused(days: int, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Schedule((Phase(25, Fraction(2)),), days)


def test_the_last_day_of_a_phase_may_be_the_first_of_the_next() -> None:
    assert parse_schedule("3x2Gy 2/day + 3x1Gy 2/day").least_days == 3
    assert parse_schedule("25x2Gy + 5x3Gy").least_days == 30


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(2), "2"),
        (Fraction(20), "20"),
        (Fraction(9, 5), "1.8"),
        (Fraction(50, 3), "16.666667"),
        (Fraction(1, 10**20), "0.00000000000000000001"),
        (Fraction(0), "0"),
    ],
)
def test_decimal_text_is_shortest_and_never_has_an_exponent(value: Fraction, text: str) -> None:
    assert decimal_text(value) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("8, 8, 6 Gy", "2x8Gy + 1x6Gy"),
        ("8; 8; 6 Gy", "2x8Gy + 1x6Gy"),
        ("8;8;6 Gy", "2x8Gy + 1x6Gy"),
        ("8+8+6 Gy", "2x8Gy + 1x6Gy"),
        ("8 Gy, 8 Gy, 6 Gy", "2x8Gy + 1x6Gy"),
        ("800, 800, 600 cGy", "2x8Gy + 1x6Gy"),
        ("7.5, 8 Gy in 3 days", "1x7.5Gy + 1x8Gy in 3 days"),
        ("40Gy/5#", "5x8Gy"),
        ("50Gy in 25#", "25x2Gy"),
        ("5# x 8 Gy", "5x8Gy"),
    ],
)
def test_lists_without_brackets_and_british_signs_are_read(text: str, canonical: str) -> None:
    assert str(parse_schedule(text)) == canonical


@pytest.mark.parametrize(
    ("text", "position"), [("8,8,6 Gy", 3), ("8, 8; 6 Gy", 1), ("8, 8, 6", 1), ("8, 200, 6 Gy", 3), ("50 Gy, 14 Gy", 5)]
)
def test_a_list_that_may_mean_something_else_is_refused_where_it_does(text: str, position: int) -> None:
    with pytest.raises(ParseError) as refused:
        parse_schedule(text)
    assert refused.value.position == position
