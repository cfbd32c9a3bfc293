"""Schedules in names that people typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.prescription.free_text import schedules_in


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("Liver 40Gy5F", "5x8Gy"),
        ("T11 27Gy3F", "3x9Gy"),
        ("5x8Gy", "5x8Gy"),
        ("PTV_1 5 x 8 Gy", "5x8Gy"),
        ("8Gy x 5", "5x8Gy"),
        ("8Gyx5", "5x8Gy"),
        ("5 fractions of 8 Gy", "5x8Gy"),
        ("40 Gy in 5 fx", "5x8Gy"),
        ("40Gy/5", "5x8Gy"),
        ("40Gy_5fx boost", "5x8Gy"),
        ("40 Gy (5 fractions)", "5x8Gy"),
        ("40Gy 5#", "5x8Gy"),
        ("4000cGy/5", "5x8Gy"),
        ("200 cGy x 25", "25x2Gy"),
        ("Rx PTV_1 40Gy/5fx", "5x8Gy"),
        ("50Gy/25 + 14Gy/7", "25x2Gy + 7x2Gy"),
        ("27,5Gy/5", "5x5.5Gy"),
    ],
)
def test_a_schedule_is_found_in_a_name(text, schedule) -> None:
    assert [str(found) for found in schedules_in(text)] == [schedule]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PTV50",
        "50 Gy",
        "PTV 50Gy",
        "imrt 4",
        "Plan 5",
        "0x8Gy",
        "40/5",
        "5x8",
        "1.5.2",
        "ISO 12Gy",
        "Gy5F",
        "40Gy/0",
    ],
)
def test_a_dose_without_its_fractions_is_no_schedule(text) -> None:
    assert schedules_in(text) == ()


def test_two_schedules_in_one_name_are_both_told() -> None:
    assert [str(found) for found in schedules_in("50Gy25F or 60Gy30F")] == ["25x2Gy", "30x2Gy"]


def test_a_schedule_named_twice_is_one() -> None:
    assert [str(found) for found in schedules_in("5x8Gy 40Gy/5")] == ["5x8Gy"]


@given(st.text(max_size=40))
def test_no_name_is_too_odd_to_read(text) -> None:
    schedules_in(text)


@given(
    st.integers(1, 40),
    st.integers(1, 30),
    st.sampled_from(["{n}x{d}Gy", "{t}Gy{n}F", "{t} Gy in {n} fx", "{d}Gy x {n}"]),
)
def test_any_whole_schedule_is_read_in_any_form(count, gray, form) -> None:
    (found,) = schedules_in("Liver " + form.format(n=count, d=gray, t=count * gray) + " v2")
    assert (found.fractions, found.total_dose_gy) == (count, count * gray)
