"""Days of DICOM files that can be meant."""

from __future__ import annotations

from datetime import date

from rtcheck.days import dicom_date

#: Dates before DICOM was are what de-identification left.
FIRST_YEAR = 1985


def day(text: str | None) -> date | None:
    """A DICOM date; None where it is none, or older than DICOM."""
    found = dicom_date(text)
    return found if found is not None and found.year >= FIRST_YEAR else None
