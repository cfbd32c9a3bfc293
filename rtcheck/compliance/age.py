"""A patient's age: as declared, as the birth date of the files makes it, and where the two contradict each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rtcheck.case import Case
from rtcheck.compliance.answer import NOT_DECLARED, joined
from rtcheck.compliance.dates import age_on, ct_contradiction, ct_dates, planning_ct
from rtcheck.days import dicom_date

#: A birth date that makes a patient older (years) was put in place of one that nobody should know.
OLDEST_YEARS = 120
#: Between which dates of the case sheet a patient is enrolled: a declared age is that on a day from one to the other.
_ENROLMENT = ("progression", "planning_ct", "radiotherapy_start")
_UNDECLARED = "age isn't declared (patient: age of the case sheet)"


@dataclass(frozen=True)
class Known:
    """What is known of a quantity.

    Attributes
    ----------
    value : object
        None where it isn't known.
    text : str
        Who says it, or why nobody does.
    reason : str
        Stable code of why there is none.
    """

    value: object = None
    text: str = ""
    reason: str = NOT_DECLARED


def age(case: Case) -> Known:
    """The declared age, held against the birth date of the files; where none is declared, the age by that.

    A birth date that was put in place of the real one (a patient older than anybody, or not born yet) says nothing.
    """
    declared = case.sheet.age
    birth = dicom_date(case.study.patient.birth_date)
    if declared is None:
        return _by_birth_date(case, birth)
    ages = [age_on(birth, day) for day in _enrolment_days(case)] if birth else []
    if not ages:
        return Known(declared, "as declared in the case sheet")
    if not _plausible(*ages):
        return Known(declared, "as declared in the case sheet; the birth date of the files can't be true")
    if min(ages) <= declared <= max(ages):
        return Known(declared, "as declared, and by the birth date of the files")
    by_files = joined([str(one) for one in dict.fromkeys(ages)])
    message = f"the case sheet says {declared} years, and by the birth date of the files it is {by_files}"
    return Known(None, message, "age-contradictory")


def _by_birth_date(case: Case, birth: date | None) -> Known:
    if birth is None:
        return Known(None, f"{_UNDECLARED}, and the files state no birth date")
    event, day = _reference_day(case)
    if day is None:
        return Known(None, f"{_UNDECLARED}, and the birth date of the files has no date to be held against")
    if wrong := ct_contradiction(case):
        return Known(None, f"{_UNDECLARED}, and {wrong}", "dates-contradictory")
    years = age_on(birth, day)
    if not _plausible(years):
        return Known(None, f"{_UNDECLARED}, and the birth date of the files can't be true")
    return Known(years, f"by the birth date of the files on the day of {event} ({day}); {_UNDECLARED}")


def _plausible(*ages: int) -> bool:
    return min(ages) >= 0 and max(ages) <= OLDEST_YEARS


def _reference_day(case: Case) -> tuple[str, date | None]:
    """The day on which a birth date is made an age: that of the planning CT, else of the first fraction."""
    acquired = ct_dates(planning_ct(case))
    day = case.sheet.dates.get("planning_ct") or (acquired[0] if acquired else None)
    if day is not None:
        return "the planning CT", day
    return "the start of radiotherapy", case.sheet.dates.get("radiotherapy_start")


def _enrolment_days(case: Case) -> list[date]:
    declared = [case.sheet.dates[key] for key in _ENROLMENT if key in case.sheet.dates]
    return sorted({*declared, *ct_dates(planning_ct(case))})
