"""The visits after radiotherapy as a calendar file (RFC 5545) and as a plain table; with a subject code and no name."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from types import ModuleType

from rtcheck.compliance import Visit
from rtcheck.errors import UsageError

_COLUMNS = ("day", "earliest", "latest", "number", "title", "rule")
_HEADINGS = ("Day", "From", "To", "No.", "Visit", "Rule")
_PRODUCT = "-//rtcheck//follow-up//EN"
#: Under which identifiers of visits are made (RFC 9562, version 5): those of a case are always the same.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://clinicaltrials.gov/rtcheck/follow-up")


def calendar_file(
    visits: Sequence[Visit], *, subject: str | None, protocol: str = "", made: datetime | None = None
) -> bytes:
    """The visits as an iCalendar file: one event a day long for each, whose text tells the days that are allowed.

    The same visits give the same bytes, and a visit keeps its identifier when its day is moved: read again, the file
    puts the event where it belongs and doubles none.

    Parameters
    ----------
    visits : sequence of Visit
    subject : str or None
        Subject code of the trial; it stands in every event, and the patient's name nowhere.
    protocol : str
        Id of the protocol.
    made : datetime, optional
        When the file is made; without it the first day of the first visit counts for that.

    Raises
    ------
    UsageError
        Without a subject code, for none could tell whose visits these are; without visits, for there is no calendar
        of nothing; and where the ``report`` extra isn't installed.
    """
    code = (subject or "").strip()
    if not code:
        raise UsageError("a calendar needs the subject code that the case sheet declares (subject)")
    if not visits:
        raise UsageError("there are no visits: the protocol asks for none, or the end of radiotherapy isn't declared")
    ical = _icalendar()
    first = min(visit.earliest for visit in visits)
    stamp = (made or datetime.combine(first, time(), UTC)).astimezone(UTC)
    calendar = ical.Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    for visit in visits:
        event = ical.Event()
        event.add("uid", f"{uuid.uuid5(_NAMESPACE, '/'.join((protocol, code, visit.rule, str(visit.number))))}@rtcheck")
        event.add("dtstamp", stamp)
        event.add("dtstart", visit.day)
        event.add("dtend", visit.day + timedelta(days=1))
        event.add("summary", f"{code}: {visit.title} ({visit.number})")
        event.add("description", _description(visit, protocol))
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def calendar_rows(visits: Sequence[Visit]) -> list[dict[str, object]]:
    """The visits as plain data, by day; dates as in ISO 8601."""
    return [
        {
            "day": visit.day.isoformat(),
            "earliest": visit.earliest.isoformat(),
            "latest": visit.latest.isoformat(),
            "number": visit.number,
            "title": visit.title,
            "rule": visit.rule,
        }
        for visit in sorted(visits, key=lambda visit: (visit.day, visit.rule, visit.number))
    ]


def calendar_text(visits: Sequence[Visit]) -> str:
    """The visits as a table of plain text, a line each; empty without visits."""
    rows = [[str(row[name]) for name in _COLUMNS] for row in calendar_rows(visits)]
    if not rows:
        return ""
    lines = [list(_HEADINGS), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _description(visit: Visit, protocol: str) -> str:
    asked = " of ".join(part for part in (visit.rule, protocol) if part)
    allowed = f"allowed from {visit.earliest} to {visit.latest}" if visit.earliest != visit.latest else "on this day"
    return f"{visit.title}, visit {visit.number}: {allowed} ({asked})"


def _icalendar() -> ModuleType:
    """The library that writes calendar files."""
    try:
        import icalendar  # noqa: PLC0415
    except ImportError as error:
        raise UsageError("calendar files need icalendar; pip install 'rtcheck[report]'") from error
    return icalendar
