"""Whole files of tables and sites -> values, with the tables that they extend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from rtcheck.constraint import Group
from rtcheck.document import Document, in_order, read_document
from rtcheck.errors import InputError, Problem, TableError, UsageError
from rtcheck.protocol import Base, Site, Table
from rtcheck.tables import build, written
from rtcheck.tables.alternatives import check_alternatives
from rtcheck.tables.changes import Inherited, asked, check_changes
from rtcheck.tables.paths import UNVERIFIED, beside, site_path, table_path
from rtcheck.tables.problems import validated
from rtcheck.tables.schema import SiteFile, TableFile


@dataclass(frozen=True)
class Loaded:
    """A table, and what another one needs that extends it.

    Attributes
    ----------
    table : Table
    rows : mapping of str to Inherited
        All its rows by id, with their keys as written.
    groups : mapping of str to Group
    disabled : tuple of str
        Ids of the tables with rows in it that nothing enables by itself.
    path : Path
        The resolved path of its file: two tables are one where they are one file, whatever ids they have.
    bases : frozenset of Path
        The resolved paths of all tables that it extends, and of those that these extend.
    """

    table: Table
    rows: Mapping[str, Inherited]
    groups: Mapping[str, Group]
    disabled: tuple[str, ...] = ()
    path: Path = Path()
    bases: frozenset[Path] = frozenset()


@dataclass
class Reader:
    """Reads tables, each file once."""

    _loaded: dict[Path, Loaded] = field(default_factory=dict)

    def table(self, path_or_id: Path | str, above: tuple[Path, ...] = ()) -> Loaded:
        """A table by its id or file; errors as of `load_table`.

        Parameters
        ----------
        path_or_id : Path or str
        above : tuple of Path
            The files that extend it, outermost first.
        """
        path = table_path(path_or_id)
        key = path.resolve()
        if key in above:
            names = " extends ".join(one.name for one in (*above[above.index(key) :], key))
            raise UsageError(f"{names}: a table can't extend itself")
        if key not in self._loaded:
            self._loaded[key] = self._read(read_document(path), path, (*above, key))
        return self._loaded[key]

    def _read(self, document: Document, path: Path, above: tuple[Path, ...]) -> Loaded:
        model = validated(TableFile, document)
        _check_table(document, path)
        bases, problems_of_bases = self._bases(document, path, above)
        inherited = {row_id: row for base in bases for row_id, row in base.rows.items()}
        groups = dict(chain.from_iterable(base.groups.items() for base in bases))
        kinds = {one: group.kind for one, group in groups.items()}
        written.check_groups(document, kinds)
        _check_own_id(document, bases)
        # Rows of a base that couldn't be read aren't there to be found missing.
        changed = {} if problems_of_bases else check_changes(document, inherited)
        check_alternatives(document, model.rows if model else (), changed, kinds)
        if model is None or document.problems or problems_of_bases:
            raise TableError(in_order(document.problems) + problems_of_bases)
        groups |= build.groups(model.groups)
        own = tuple(
            Inherited(row, keys)
            for row, (_, keys) in zip(build.constraints(model, document, groups), document.items("rows"), strict=True)
            if isinstance(keys, dict)
        )
        taken = asked(model, document, inherited, changed, groups)
        rows = (*taken.rows, *own)
        table = Table(
            id=model.id,
            title=model.title,
            version=model.version,
            constraints=tuple(row.constraint for row in rows),
            file=path.name,
            sha256=document.sha256,
            disclaimer=" ".join(_unique(filter(None, (model.disclaimer, *(base.table.disclaimer for base in bases))))),
            enabled=model.enabled,
            extends=_unique(one for base in bases for one in (base.table.id, *base.table.extends)),
            changes=(*(change for base in bases for change in base.table.changes), *taken.changes),
            bases=tuple(dict.fromkeys(one for base in bases for one in (_base(base.table), *base.table.bases))),
        )
        disabled = _unique(one for base in bases for one in base.disabled)
        return Loaded(
            table,
            rows={row.constraint.id: row for row in rows},
            groups=groups,
            disabled=disabled if model.enabled else (*disabled, model.id),
            path=path.resolve(),
            bases=frozenset(chain.from_iterable((base.path, *base.bases) for base in bases)),
        )

    def _bases(
        self, document: Document, path: Path, above: tuple[Path, ...]
    ) -> tuple[list[Loaded], tuple[Problem, ...]]:
        """The tables that a file extends, and what is wrong in them."""
        names = document.at("extends")
        listed = [(("extends",), names)] if isinstance(names, str) else document.items("extends")
        bases: list[Loaded] = []
        problems: list[Problem] = []
        for loc, name in listed:
            if not isinstance(name, str) or not name:
                continue
            try:
                base = self.table(beside(path, name), above)
            except TableError as error:
                problems += error.problems
            except (InputError, UsageError) as error:
                document.note(document.place_of(loc), f"extends: {error}")
            else:
                if message := repeated(base, bases):
                    document.note(document.place_of(loc), f"extends: {message}")
                bases.append(base)
        return bases, tuple(dict.fromkeys(problems))


def read_site(path_or_id: Path | str) -> Site:
    """A site by its id or file; errors as of `load_site`."""
    document = read_document(site_path(path_or_id))
    model = validated(SiteFile, document)
    written.check_name(document, site_path(path_or_id))
    written.check_duplicates(document, "required", "roi")
    if model is None or document.problems:
        raise TableError(in_order(document.problems))
    return build.site(model, document)


def repeated(loaded: Loaded, others: Iterable[Loaded]) -> str:
    """What a table has in common with one of some others: rows, groups, even without rows, its id; empty for none."""
    table = loaded.table
    for other in others:
        if what := shared(loaded, other.rows, other.groups):
            return f"{table.file} repeats {what[0]} of {other.table.file}: {', '.join(what[1])}"
        if table.id == other.table.id:
            return f"two tables have the id {table.id!r}, so that no report tells them apart (rename one, and its file)"
    return ""


def shared(loaded: Loaded, rows: Iterable[str], groups: Iterable[str]) -> tuple[str, list[str]] | None:
    """Whether it is rows or groups that a table has in common with others, and the first three ids; None for neither.

    Groups are gathered by their ids: rows of two groups of one id would excuse one another.
    """
    if both := loaded.rows.keys() & set(rows):
        return "rows", sorted(both)[:3]
    if both := loaded.groups.keys() & set(groups):
        return "groups", sorted(both)[:3]
    return None


def _check_own_id(document: Document, bases: Iterable[Loaded]) -> None:
    """A table's id isn't that of one that it extends: neither a report nor a change would tell whose row it is."""
    table_id = document.at("id")
    if any(table_id in (base.table.id, *base.table.extends) for base in bases):
        message = f"id: {table_id!r} is the id of a table that this one extends; give this file another name and id"
        document.note(document.place_of(("id",)), message)


def _check_table(document: Document, path: Path) -> None:
    data, table_id = document.data, document.at("id")
    if isinstance(data, dict) and "rows" not in data and "extends" not in data:
        message = "the key 'rows' is missing, or 'extends' with a table to take rows from"
        document.note(document.place_of(()), message)
    if isinstance(table_id, str) and table_id.startswith(f"{UNVERIFIED}-") and document.at("enabled") is not False:
        message = f"id: {table_id!r} says that nobody confirmed the rows; add 'enabled: false'"
        document.note(document.place_of(("id",)), message)
    written.check_name(document, path)
    written.check_ids(document, "rows")
    written.check_sources(document, "rows", "override")


def _base(table: Table) -> Base:
    return Base(table.id, table.version, table.file, table.sha256)


def _unique(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))
