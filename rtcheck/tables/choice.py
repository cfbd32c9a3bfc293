"""The tables that a protocol asks, while they are being gathered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rtcheck.document import Document, Loc
from rtcheck.errors import InputError, Problem, TableError, UsageError
from rtcheck.protocol import Table
from rtcheck.tables.files import read_tables
from rtcheck.tables.paths import UNVERIFIED, beside, table_ids
from rtcheck.tables.reading import Loaded, Reader, repeated
from rtcheck.tables.schema import AUTO


@dataclass
class Choice:
    """The tables that are asked, what is wrong in them, and what the report says of their choice."""

    reader: Reader = field(default_factory=Reader)
    loaded: list[Loaded] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    #: Said in the protocol, in order and once.
    _notes: dict[str, None] = field(default_factory=dict)
    selection: str = "listed"

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the tables, and of those whose rows they took over."""
        return tuple(one for table in self.tables for one in (table.id, *table.extends))

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables themselves."""
        return tuple(loaded.table for loaded in self.loaded)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the report says, each once."""
        return tuple(self._notes)

    def listed(self, document: Document, path: Path) -> None:
        """The tables of a protocol's file; what is wrong is noted at their place in it."""
        names = document.at("tables")
        items = [(("tables",), names)] if names == AUTO else document.items("tables")
        found: list[tuple[Loc, Loaded]] = []
        for loc, name in items:
            if isinstance(name, str) and name:
                found += [(loc, loaded) for loaded in self._found(document, loc, path, name)]
        kept = self._without_bases([loaded for _, loaded in found])
        for loc, loaded in found:
            if loaded not in kept:
                continue
            if message := repeated(loaded, self.loaded):
                document.note(document.place_of(loc), f"tables: {message}")
            _check_own(document, loaded)
            self.loaded.append(loaded)

    def _found(self, document: Document, loc: Loc, path: Path, name: str) -> list[Loaded]:
        try:
            return self._named(beside(path, name))
        except TableError as error:
            self.problems += error.problems
        except (InputError, UsageError) as error:
            document.note(document.place_of(loc), f"tables: {error}")
        return []

    def add(self, names: Sequence[Path | str]) -> None:
        """Further tables of the user; those that are there already aren't added again."""
        found: list[Loaded] = list(self.loaded)
        for name in names:
            try:
                found += [loaded for loaded in self._named(name) if loaded not in found]
            except TableError as error:
                self.problems += error.problems
        self.loaded = self._without_bases(found)
        for index, loaded in enumerate(self.loaded):
            if names and (message := repeated(loaded, self.loaded[:index])):
                raise UsageError(f"{message}; name one of them alone")

    def _named(self, name: Path | str) -> list[Loaded]:
        if name == AUTO:
            self.selection = AUTO
            tables = read_tables(table_ids(enabled_only=True), self.reader)
            return [loaded for loaded in tables if loaded.table.enabled]
        loaded = self.reader.table(name)
        self._notes |= dict.fromkeys(_note_of_disabled(loaded, one) for one in loaded.disabled)
        return [loaded]

    def _without_bases(self, found: list[Loaded]) -> list[Loaded]:
        """Without the tables of which another has the rows.

        By their files: a table of the same id that nobody extends stays, and none is its own heir.
        """
        kept = [loaded for loaded in found if not any(loaded.path in other.bases for other in found)]
        for loaded in found:
            if loaded in kept:
                continue
            heir = next((other for other in kept if loaded.path in other.bases), None)
            # A table that was named and isn't asked would pass every plan.
            assert heir is not None and _holds(heir, loaded), loaded.table.id
            self._notes[f"{loaded.table.id} isn't asked by itself: {heir.table.id} has its rows, with changes"] = None
        return kept


def _note_of_disabled(loaded: Loaded, table_id: str) -> str:
    is_unconfirmed = table_id.startswith(f"{UNVERIFIED}-")
    what = "rows that nobody has confirmed against their publication" if is_unconfirmed else "a table not enabled"
    named = "they were" if is_unconfirmed else "it was"
    through = "" if table_id == loaded.table.id else f" by {loaded.table.id}, which extends it"
    return f"{table_id}: {what}, asked because {named} named{through}"


def _holds(heir: Loaded, loaded: Loaded) -> bool:
    """Whether a table has the rows of another: each is asked, or the report tells that it isn't, and why."""
    told = {change.row for change in heir.table.changes}
    return loaded.rows.keys() <= heir.rows.keys() | told


def _check_own(document: Document, loaded: Loaded) -> None:
    """Ids of rows and of groups are unique over a protocol and all its tables."""
    file = loaded.table.file
    for loc in [loc for name in ("rows", "rules") for loc, _ in document.items(name)]:
        row_id = document.at(*loc, "id")
        if isinstance(row_id, str) and row_id in loaded.rows:
            document.note(document.place_of((*loc, "id")), f"id: {row_id!r} is a row of {file}, too")
    groups = document.at("groups")
    for group in groups if isinstance(groups, dict) else ():
        if group in loaded.groups:
            message = f"groups: {group!r} is a group of {file}, too, whose rows it would take in; name it otherwise"
            document.note(document.place_of(("groups", group), key=True), message)
