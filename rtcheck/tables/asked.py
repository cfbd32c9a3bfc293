"""What is wrong in the rules of a protocol's file beyond single keys, and which plan checks it asks.

Asked of the file as written, so that no other problem hides these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rtcheck.document import Document, Loc
from rtcheck.tables import written
from rtcheck.tables.problems import closest_or_all

if TYPE_CHECKING:
    from rtcheck.plan_checks import PlanCheck


def plan_checks() -> dict[str, PlanCheck]:
    """All plan checks by their ids."""
    from rtcheck.plan_checks import PLAN_CHECKS  # noqa: PLC0415  tables alone need none of them

    return {check.id: check for check in PLAN_CHECKS}


def check_rules(document: Document) -> None:
    """Ids of rules, rows and the dose rule are unique, and no rule covers another one of the file."""
    written.check_ids(document, "rows", "rules")
    bed = document.at("bed", "id")
    ids = {str(document.at(*loc, "id")): loc for loc, _ in document.items("rules")}
    if isinstance(bed, str) and bed in ids:
        line = document.place_of(("bed", "id")).line
        document.note(document.place_of((*ids[bed], "id")), f"id: {bed!r} is the id of the dose rule in line {line}")
    first: dict[str, int] = {}
    for at, text in _covered(document):
        place = document.place_of(at)
        if text in ids or text == bed:
            document.note(place, f"covers: {text!r} is a rule of its own")
        elif text in first:
            document.note(place, f"covers: {text!r} is covered in line {first[text]} already")
        first.setdefault(text, place.line)


def check_plan_checks(document: Document) -> None:
    """The plan checks that a protocol names exist, each named once."""
    listed = document.items("plan_checks")
    known = plan_checks() if listed else {}
    for loc, text in listed:
        if isinstance(text, str) and text not in known:
            hint = closest_or_all(text, known)
            document.note(document.place_of(loc), f"plan_checks: no plan check is called {text!r}{hint}")
    written.check_duplicates(document, "plan_checks")


def check_versions(document: Document) -> None:
    """Amendments have versions of their own, and follow one another."""
    written.check_duplicates(document, "amendments", "version")
    latest = ""
    for loc, _ in document.items("amendments"):
        day = document.at(*loc, "date")
        if isinstance(day, str):
            if day < latest:
                message = f"date: {day} is before {latest}, of the amendment above; write the oldest first"
                document.note(document.place_of((*loc, "date")), message)
            latest = max(latest, day)


def check_wording(document: Document) -> None:
    """A trial has different words for different verdicts."""
    wording = document.at("wording")
    first: dict[str, str] = {}
    for verdict, words in wording.items() if isinstance(wording, dict) else ():
        if not isinstance(words, str):
            continue
        if (other := first.setdefault(words.strip().casefold(), verdict)) != verdict:
            document.note(document.place_of(("wording", verdict)), f"{verdict}: {words!r} stands for {other} already")


def check_reference_tables(document: Document, asked: Iterable[str]) -> None:
    """The tables that a protocol recommends are among those that are asked, with those that these extend."""
    known = list(asked)
    for loc, text in document.items("reference_tables"):
        if isinstance(text, str) and text not in known:
            hint = closest_or_all(text, known)
            document.note(document.place_of(loc), f"reference_tables: no table {text!r} is asked{hint}")
    written.check_duplicates(document, "reference_tables")


def _covered(document: Document) -> Iterator[tuple[Loc, str]]:
    for loc, _ in document.items("rules"):
        yield from ((at, text) for at, text in document.items(*loc, "covers") if isinstance(text, str))
