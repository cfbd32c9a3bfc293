"""Days and UIDs as people type them into labels: none of them says anything about a plan."""

from __future__ import annotations

import re
from collections.abc import Iterator

_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_MM, _DD = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
#: English, German, French, Spanish, Italian; in full, or their first three letters.
_NAMES = (
    "january february march april may june july august september october november december sept "
    "januar jänner februar märz maerz mai juni juli oktober dezember mär okt dez "
    "janvier février fevrier mars avril juin juillet août aout septembre octobre novembre décembre decembre fév avr "
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre ene abr ago dic "
    "gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre gen mag giu lug ott "
    "jan feb mar apr jun jul aug sep oct nov dec"
)
_NAME = rf"(?:{'|'.join(sorted(_NAMES.split(), key=len, reverse=True))})(?![^\W\d_])"
#: Neither inside a number nor inside a UID.
_DATES = re.compile(
    rf"(?<![\d.])(?:{_YEAR}([-./_ ])(?:{_MONTH})\1(?:{_DAY})"
    rf"|{_YEAR}{_MM}{_DD}|{_DD}{_MM}{_YEAR}|{_MM}{_DD}{_YEAR}"
    rf"|(?:{_DAY}([-./]){_MONTH}|{_MONTH}([-./]){_DAY})(?:\2|\3)(?:{_YEAR}|\d\d)"
    rf"|{_DAY}[ ./_-]*{_NAME}[ .,/_-]*(?:{_YEAR}|\d\d)"
    r"|\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日?)(?!\d|\.\d)"
    rf"|(?<![^\W\d_]){_NAME}[ .]*{_DAY}(?:st|nd|rd|th)?,?[ ]*{_YEAR}(?!\d)",
    re.IGNORECASE,
)
_UIDS = re.compile(r"(?<![\d.])[012](?:\.(?:0|[1-9]\d*)){5,}(?!\d|\.\d)")
#: Shorter ones are versions of software, and coordinates.
SHORTEST_UID = 16


def days_in(text: str) -> Iterator[re.Match[str]]:
    """Where days stand in a text: ``2024-01-15``, ``15.1.24``, ``15 Jan 2024``, ``20240115``, ``2024年1月15日``."""
    return _DATES.finditer(text)


def uids_in(text: str) -> Iterator[re.Match[str]]:
    """Where UIDs stand in a text."""
    return (match for match in _UIDS.finditer(text) if len(match.group()) >= SHORTEST_UID)


def written_days(day: str) -> tuple[str, ...]:
    """A day (``YYYYMMDD``) in the forms without separators that names of files and labels have: ``150124``."""
    year, month, number = day[:4], day[4:6], day[6:]
    short = year[2:]
    return (
        day,
        f"{number}{month}{year}",
        f"{month}{number}{year}",
        f"{short}{month}{number}",
        f"{number}{month}{short}",
        f"{month}{number}{short}",
    )
