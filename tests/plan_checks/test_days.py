"""Days as DICOM files state them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.plan_checks.days import FIRST_YEAR, day


@given(st.text(alphabet="0123456789. x", max_size=12) | st.none())
def test_a_date_is_a_day_or_nothing(text) -> None:
    made = day(text)
    assert made is None or made.year >= FIRST_YEAR


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("20240119", date(2024, 1, 19)),
        ("2024.01.19", date(2024, 1, 19)),
        (" 20240119 ", date(2024, 1, 19)),
        ("20240231", None),
        ("2024-01-19", None),
        ("19010101", None),
        ("", None),
    ],
)
def test_days_are_read_as_dicom_writes_them_and_as_old_files_did(text, made) -> None:
    assert day(text) == made
