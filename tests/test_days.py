"""rtcheck.days."""

from __future__ import annotations

from datetime import date

import pytest

from rtcheck.days import dicom_date


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20250310", date(2025, 3, 10)),
        (" 20250310 ", date(2025, 3, 10)),
        ("2025.03.10", date(2025, 3, 10)),
        ("20251301", None),
        ("2025", None),
        ("", None),
        (None, None),
        ("2025031a", None),
    ],
)
def test_a_dicom_date_is_read_or_is_none(text: str | None, day: date | None) -> None:
    assert dicom_date(text) == day
