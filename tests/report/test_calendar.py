"""The calendar of visits as a file that other programs read, and as a table."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest

from rtcheck.compliance import Visit
from rtcheck.errors import UsageError
from rtcheck.report.calendar import calendar_file, calendar_rows, calendar_text

DAY, WEEK = date(2025, 4, 28), timedelta(days=7)
FIRST = Visit("p.fu.imaging", "Imaging; CT, MRI", 1, DAY, DAY - WEEK, DAY + WEEK)
SECOND = replace(FIRST, number=2, day=date(2025, 6, 28), earliest=date(2025, 6, 21), latest=date(2025, 7, 5))
OTHER = Visit("p.fu.late", "Late toxicity", 1, date(2025, 6, 28), date(2025, 6, 28), date(2025, 6, 28))
VISITS = (FIRST, SECOND, OTHER)


def events(content: bytes):
    return list(icalendar.Calendar.from_ical(content).walk("VEVENT"))


def test_every_visit_is_an_event_of_one_day_that_tells_its_window() -> None:
    found = events(calendar_file(VISITS, subject="SITE01-001", protocol="NCT06261047"))
    assert len(found) == len(VISITS)
    assert found[0]["DTSTART"].dt == DAY
    assert found[0]["DTEND"].dt == DAY + timedelta(days=1)
    assert str(found[0]["SUMMARY"]) == "SITE01-001: Imaging; CT, MRI (1)"
    assert "allowed from 2025-04-21 to 2025-05-05 (p.fu.imaging of NCT06261047)" in str(found[0]["DESCRIPTION"])
    assert "on this day" in str(found[2]["DESCRIPTION"])


def test_the_same_visits_give_the_same_bytes() -> None:
    one, other = (calendar_file(VISITS, subject="S1", protocol="P") for _ in range(2))
    assert one == other
    assert one.endswith(b"END:VCALENDAR\r\n")


def test_identifiers_are_of_one_subject_and_survive_another_day() -> None:
    def uids(visits, subject="S1", protocol="P"):
        return [str(event["UID"]) for event in events(calendar_file(visits, subject=subject, protocol=protocol))]

    moved = tuple(replace(one, day=one.day + WEEK, latest=one.latest + WEEK) for one in VISITS)
    assert uids(VISITS) == uids(moved)
    assert len({*uids(VISITS), *uids(VISITS, "S2"), *uids(VISITS, protocol="Q")}) == 3 * len(VISITS)


def test_a_file_may_say_when_it_was_made() -> None:
    made = datetime(2025, 4, 1, 12, tzinfo=UTC)
    assert events(calendar_file(VISITS, subject="S1", made=made))[0]["DTSTAMP"].dt == made
    assert events(calendar_file(VISITS, subject="S1"))[0]["DTSTAMP"].dt == datetime(2025, 4, 21, tzinfo=UTC)


@pytest.mark.parametrize("subject", [None, "", "  "])
def test_a_calendar_of_nobody_isnt_written(subject) -> None:
    with pytest.raises(UsageError, match="subject code"):
        calendar_file(VISITS, subject=subject)


def test_a_calendar_of_nothing_isnt_written() -> None:
    with pytest.raises(UsageError, match="no visits"):
        calendar_file((), subject="S1")


def test_without_the_library_the_message_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "icalendar", None)
    with pytest.raises(UsageError, match=r"rtcheck\[report\]"):
        calendar_file(VISITS, subject="S1")


def test_rows_are_plain_data_by_day() -> None:
    rows = calendar_rows([SECOND, OTHER, FIRST])
    assert [(row["day"], row["rule"]) for row in rows] == [
        ("2025-04-28", "p.fu.imaging"),
        ("2025-06-28", "p.fu.imaging"),
        ("2025-06-28", "p.fu.late"),
    ]
    assert rows[0] == {
        "day": "2025-04-28",
        "earliest": "2025-04-21",
        "latest": "2025-05-05",
        "number": 1,
        "title": "Imaging; CT, MRI",
        "rule": "p.fu.imaging",
    }


def test_the_table_has_a_line_for_each_visit_below_its_head() -> None:
    lines = calendar_text(VISITS).splitlines()
    assert lines[0].split() == ["Day", "From", "To", "No.", "Visit", "Rule"]
    assert lines[1].startswith("2025-04-28  2025-04-21  2025-05-05  1    Imaging; CT, MRI")
    assert len(lines) == 1 + len(VISITS)
    assert calendar_text(()) == ""
