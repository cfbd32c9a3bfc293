"""Months of the calendar, and where the case sheet's dates contradict the files."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone

from rtcheck.case import Case
from rtcheck.days import dicom_date
from rtcheck.study import ImageSeries

#: So many fractions a day are given at most.
MOST_A_DAY = 3
#: Where the day begins first.
_EARLIEST_ZONE = timezone(timedelta(hours=14))


def today() -> date:
    """The day that it is where it is latest: nowhere on earth is it tomorrow then."""
    return datetime.now(_EARLIEST_ZONE).date()


def undated(day: date, since: date | None) -> str:
    """Why what somebody dated so can't count; empty where it can.

    A date in the future is wrong, or says what nobody did yet. So an answer that hangs on it is NOT_EVALUATED when the
    check is made before that day, and may be another afterwards: it is the one answer that depends on when it is given.

    Parameters
    ----------
    day : date
        Of an attestation, a sign-off or an override.
    since : date or None
        Before this day there was nothing to speak of: that of the planning CT; None where it isn't known.
    """
    if day > today():
        return f"dated in the future ({day})"
    if since is not None and day < since:
        return f"dated before the planning CT ({since})"
    return ""


def add_months(day: date, months: int) -> date:
    """The same day so many months of the calendar later; the month's last where it has no such day.

    Examples
    --------
    >>> add_months(date(2024, 8, 31), 6)
    datetime.date(2025, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def months_between(since: date, until: date) -> float:
    """Months of the calendar from one date to a later one: whole months, and the share of the one that has begun.

    At least n exactly where `until` isn't before ``add_months(since, n)``.
    """
    whole = (until.year - since.year) * 12 + until.month - since.month
    if add_months(since, whole) > until:
        whole -= 1
    begun = add_months(since, whole)
    return whole + (until - begun).days / (add_months(since, whole + 1) - begun).days


def age_on(birth: date, day: date) -> int:
    """Completed years of life; somebody born on 29 February completes them on 1 March."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def words(key: str) -> str:
    """A key of the case sheet's dates for the reader: ``radiotherapy start``."""
    return key.replace("_", " ")


def planning_ct(case: Case) -> tuple[ImageSeries, ...]:
    """The CT series that the structure set references, or all in its frame of reference where it references none.

    One Series Instance UID may be several series here: its images may differ in matrix and pixel size. Empty where the
    CT isn't among the files, and where only others are.
    """
    structures = case.study.structure_set
    # The study's images are those in the frame of reference of its dose and its contours.
    every = [one for one in case.study.images if one.modality == "CT"]
    if not structures.referenced_series_uids and not structures.referenced_image_uids:
        return tuple(every)
    return tuple(
        one
        for one in every
        if one.series_instance_uid in structures.referenced_series_uids
        or structures.referenced_image_uids.intersection(one.sop_instance_uids)
    )


def ct_dates(series: Sequence[ImageSeries]) -> tuple[date, ...]:
    """The dates on which series were acquired, increasing; empty where no file says it."""
    every = {day for one in series for text in one.dates if (day := dicom_date(text))}
    return tuple(sorted(every))


def planning_day(case: Case) -> date | None:
    """The first day of the planning CT, by its files or by the case sheet; None where neither says it."""
    declared = case.sheet.dates.get("planning_ct")
    return min((*ct_dates(planning_ct(case)), *([declared] if declared else [])), default=None)


def start_contradiction(case: Case) -> str:
    """How the declared dates of radiotherapy contradict the planning CT, the plans or each other; empty otherwise."""
    start, end = (case.sheet.dates.get(f"radiotherapy_{which}") for which in ("start", "end"))
    if start is None:
        return ""
    said = f"the case sheet says that radiotherapy started on {start}"
    if end is not None and end < start:
        return f"{said} and ended before, on {end}"
    most = max((int(one.prescription.schedule.fractions) for one in case.targets if one.prescription), default=0)
    if end is not None and most > MOST_A_DAY * ((end - start).days + 1):
        return f"{said} and ended on {end}, too soon for {most} fractions"
    found = case.sheet.dates.get("progression")
    if found is not None and start < found:
        return f"{said}, before the oligoprogression was found on {found}"
    scanned = planning_day(case)
    if scanned is not None and start < scanned:
        return f"{said}, before the planning CT of {scanned}"
    planned = min((day for plan in case.study.plans if (day := dicom_date(plan.date))), default=None)
    if planned is not None and start < planned:
        return f"{said}, before the plan of {planned} was made"
    return ""


def ct_contradiction(case: Case) -> str:
    """How the case sheet's date of the planning CT contradicts the CT's own; empty where it doesn't."""
    declared, acquired = case.sheet.dates.get("planning_ct"), ct_dates(planning_ct(case))
    if declared is None or not acquired or declared in acquired:
        return ""
    own = " and ".join(str(day) for day in acquired)
    return f"the case sheet says that the planning CT was made on {declared}, and the CT's own date is {own}"
