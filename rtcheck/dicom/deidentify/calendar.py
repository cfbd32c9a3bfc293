"""By how many days a patient's dates are moved: so that months counted between them stay what they were.

Days between two dates stay whatever the shift. Months of the calendar don't: 31 January to 31 July is six months, and
both moved by a day may be a day less. Protocols count in months ("at least 3 months of stable disease"), so a shift is
drawn of which no pair of dates notices.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations

from rtcheck.compliance.dates import add_months

#: Days are moved back by at least and at most so many, the same for all of a patient's.
SHIFT_DAYS = (365, 3650)
#: Dates of earlier years are taken for what systems write where none is known.
FIRST_YEAR = 1985
#: Four years have the same days wherever they begin, but for years such as 1900: months never notice.
_FOUR_YEARS = 1461


def shift_for(days: Sequence[date]) -> int:
    """A number of days, negative and drawn by chance, by which dates may be moved without a month's being noticed.

    Parameters
    ----------
    days : sequence of date
        Those between which months are counted.
    """
    least, most = SHIFT_DAYS
    shifts = list(range(least, most + 1))
    secrets.SystemRandom().shuffle(shifts)
    found = next((-shift for shift in shifts if not noticed(days, -shift)), None)
    return -_FOUR_YEARS if found is None else found


def noticed(days: Sequence[date], shift_days: int) -> list[tuple[date, date]]:
    """The pairs of dates between which whole months, or that they are whole, change when both are moved.

    One that would be too old to be taken for a date is a pair with itself.
    """
    every = sorted(set(days))
    shift = timedelta(days=shift_days)
    lost = [(day, day) for day in every if (day + shift).year < FIRST_YEAR <= day.year]
    return lost + [
        (since, until)
        for since, until in combinations(every, 2)
        if _months(since, until) != _months(since + shift, until + shift)
    ]


def _months(since: date, until: date) -> tuple[int, bool]:
    """Whole months of the calendar from one date to a later one, and whether that is all."""
    whole = (until.year - since.year) * 12 + until.month - since.month
    if add_months(since, whole) > until:
        whole -= 1
    return whole, add_months(since, whole) == until
