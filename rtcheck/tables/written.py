"""What is wrong in a file of rows beyond single keys.

Asked of the file as written, so that no other problem hides these.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from rtcheck.constraint import GroupKind, Role
from rtcheck.document import Document, Loc
from rtcheck.tables.keys import ID_PATTERN
from rtcheck.tables.problems import closest_or_all


def check_ids(document: Document, *lists: str) -> None:
    """Ids are unique over some lists of a file."""
    first: dict[str, int] = {}
    for loc in _rows(document, *lists):
        row_id, place = document.at(*loc, "id"), document.place_of((*loc, "id"))
        if isinstance(row_id, str):
            if row_id in first:
                document.note(place, f"id: duplicate {row_id!r}; first in line {first[row_id]}")
            first.setdefault(row_id, place.line)


def check_name(document: Document, path: Path) -> None:
    """The id of a file is its name without the suffix: one id is one file of a folder, and a report names it."""
    own, name = document.at("id"), path.stem
    if not isinstance(own, str) or own == name:
        return
    mend = f"write 'id: {name}', or " if re.fullmatch(ID_PATTERN, name) else ""
    message = f"id: {own!r} isn't the name of the file, {path.name}; {mend}call the file {own}{path.suffix}"
    document.note(document.place_of(("id",)), message)


def check_sources(document: Document, *lists: str) -> None:
    """Sources that rows of some lists, or a dose rule, name are those of the file."""
    sources = document.at("sources")
    known = list(sources) if isinstance(sources, dict) else []
    for loc in (("bed",), *_rows(document, *lists)):
        source = document.at(*loc, "source")
        if isinstance(source, str) and source not in known:
            message = f"source: no source {source!r}{closest_or_all(source, known)}"
            document.note(document.place_of((*loc, "source")), message)


def check_groups(document: Document, inherited: Mapping[str, GroupKind] | None = None) -> None:
    """Rows name groups that are declared, and every group of the file has the rows that its kind needs.

    Parameters
    ----------
    document : Document
    inherited : mapping, optional
        Kinds of the groups of the tables that the file extends.
    """
    taken = inherited or {}
    kinds = {**{one: kind.value for one, kind in taken.items()}, **_declared(document, taken)}
    named: Counter[str] = Counter()
    for loc in _rows(document, "rows", "override"):
        group = document.at(*loc, "group")
        if isinstance(group, str):
            named[group] += 1
            if group not in kinds:
                message = f"group: no group {group!r}{closest_or_all(group, kinds)}"
                document.note(document.place_of((*loc, "group")), message)
        if document.at(*loc, "role") == Role.SET_MEMBER.value and loc[0] == "rows":
            _check_set_member(document, loc, kinds)
    for group in _declared(document, {}):
        _check_size(document, group, named[group])


def check_duplicates(document: Document, key: str, name: str = "") -> None:
    """A list of texts, or of mappings that hold one under `name`, has each of them once."""
    first: dict[str, int] = {}
    for loc, item in document.items(key):
        text = document.at(*loc, name) if isinstance(item, dict) else item
        if isinstance(text, str):
            if text in first:
                document.note(document.place_of(loc), f"{key}: duplicate {text!r}; first in line {first[text]}")
            first.setdefault(text, document.place_of(loc).line)


def _declared(document: Document, taken: Iterable[str]) -> dict[str, object]:
    """Kinds of the groups that a file declares; one of another table can't be declared again."""
    groups = document.at("groups")
    declared: dict[str, object] = {}
    for group, keys in groups.items() if isinstance(groups, dict) else ():
        if group in taken:
            message = f"groups: {group!r} is a group of a table that this one extends"
            document.note(document.place_of(("groups", group), key=True), message)
        declared[group] = keys.get("kind") if isinstance(keys, dict) else None
    return declared


def _check_set_member(document: Document, loc: Loc, kinds: Mapping[str, object]) -> None:
    group = document.at(*loc, "group")
    kind = kinds.get(group, GroupKind.SET.value) if isinstance(group, str) else None
    if kind != GroupKind.SET.value:
        said = f"{group} is of kind {kind}" if kind else "the row has none"
        place = document.place_of((*loc, "role"))
        document.note(place, f"role: a set-member belongs to a group of kind set; {said}")


def _check_size(document: Document, group: str, rows: int) -> None:
    kind, place = document.at("groups", group, "kind"), document.place_of(("groups", group), key=True)
    if rows == 0:
        document.note(place, f"groups: no row says 'group: {group}'")
    elif rows == 1 and kind in (GroupKind.ANY.value, GroupKind.SET.value):
        document.note(place, f"groups: {group!r} is of kind {kind} and has one row; it needs two or more")


def _rows(document: Document, *lists: str) -> Iterator[Loc]:
    return (loc for name in lists for loc, _ in document.items(name))
