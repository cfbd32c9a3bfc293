"""Days as DICOM files state them."""

from __future__ import annotations

from datetime import date

__all__ = ["dicom_date"]


def dicom_date(text: str | None) -> date | None:
    """A date of a DICOM file, ``YYYYMMDD`` (``YYYY.MM.DD`` in files of ACR-NEMA); None where it is none."""
    digits = (text or "").strip().replace(".", "")
    if len(digits) != 8 or not digits.isdecimal():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
