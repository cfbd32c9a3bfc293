"""What may be an alternative: rows of a group of which one that is met excuses the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rtcheck.constraint import GroupKind
from rtcheck.document import Document, Loc
from rtcheck.metrics import Question
from rtcheck.tables.rows import Row
from rtcheck.units import Unit

#: Met or broken whatever the organ receives.
_WITHOUT_DOSE = (Question.VOLUME, Question.PRESCRIPTION)
#: Where one row excuses another that a publication states.
_MEND = "an alternative of your own doesn't excuse a published limit; switch it off, with a reason, if that is meant"


def check_alternatives(
    document: Document, rows: Iterable[Row], changed: Mapping[str, Row], inherited: Mapping[str, GroupKind]
) -> None:
    """Note rows of a file that would excuse, as alternatives, what they don't speak of.

    Parameters
    ----------
    document : Document
        A table or a protocol.
    rows : iterable of Row
        Its own rows, in file order.
    changed : mapping of str to Row
        Rows of the tables that it extends, as its overrides change them.
    inherited : mapping of str to GroupKind
        Groups of those tables.
    """
    for loc in _given_groups(document):
        group = document.at(*loc, "group")
        if _is_any(document, group, inherited) and (loc[0] == "override" or group in inherited):
            document.note(document.place_of((*loc, "group")), f"group: {_MEND}")
    for loc, row in _placed(document, rows, changed):
        if row.group is not None and _is_any(document, row.group, inherited) and (why := _says_nothing(row)):
            message = (
                f"metric: {row.metric} {row.limit} {why}; as an alternative it would excuse the others of the group"
            )
            at = (*loc, "metric") if document.at(*loc, "metric") is not None else loc
            document.note(document.place_of(at), message)


def _given_groups(document: Document) -> Iterator[Loc]:
    return (loc for name in ("rows", "override") for loc, _ in document.items(name))


def _placed(document: Document, rows: Iterable[Row], changed: Mapping[str, Row]) -> Iterator[tuple[Loc, Row]]:
    yield from ((("rows", index), row) for index, row in enumerate(rows))
    for loc, _ in document.items("override"):
        row_id = document.at(*loc, "id")
        if isinstance(row_id, str) and row_id in changed:
            yield loc, changed[row_id]


def _is_any(document: Document, group: object, inherited: Mapping[str, GroupKind]) -> bool:
    if not isinstance(group, str):
        return False
    if group in inherited:
        return inherited[group] is GroupKind.ANY
    return document.at("groups", group, "kind") == GroupKind.ANY.value


def _says_nothing(row: Row) -> str:
    """Why a row tells nothing of whether an organ is spared; empty where it does."""
    metric = row.metric
    if metric.question in _WITHOUT_DOSE:
        return "is no matter of what the organ receives"
    is_whole = metric.question is Question.DOSE and (metric.threshold, metric.threshold_unit) == (100.0, Unit.PERCENT)
    if (metric.question is Question.MIN or is_whole) and row.limit.comparator.is_upper:
        return "is met as soon as one corner of the organ is spared"
    return ""
