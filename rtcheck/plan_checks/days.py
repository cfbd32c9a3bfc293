"""Days as DICOM files state them."""

from __future__ import annotations

from datetime import date

#: Dates before DICOM was are what de-identification left.
FIRST_YEAR = 1985


def day(text: str | None) -> date | None:
    """A DICOM date (``YYYYMMDD``, in old files ``YYYY.MM.DD``); None where it is none, or older than DICOM."""
    digits = (text or "").replace(".", "").strip()
    if len(digits) != 8 or not digits.isdecimal() or int(digits[:4]) < FIRST_YEAR:
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
