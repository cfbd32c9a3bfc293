"""Protocols, from their files or of nothing but tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from rtcheck.constraint import RequiredRoi
from rtcheck.document import Document, Loc, in_order, read_document
from rtcheck.errors import InputError, Problem, TableError, UsageError
from rtcheck.protocol import Protocol, Site, Table
from rtcheck.tables import build, written
from rtcheck.tables.alternatives import check_alternatives
from rtcheck.tables.files import load_site, read_tables
from rtcheck.tables.keys import Diagnosis
from rtcheck.tables.paths import UNVERIFIED, beside, protocol_path, table_ids
from rtcheck.tables.problems import closest_or_all, validated
from rtcheck.tables.reading import Loaded, Reader, repeated, shared
from rtcheck.tables.schema import AUTO, ProtocolFile


def load_protocol(
    path_or_id: Path | str, *, tables: Sequence[Path | str] = (), site: Path | str | None = None
) -> Protocol:
    """Read a protocol, its site, and the tables that it names by id or by a path relative to its own file.

    Parameters
    ----------
    path_or_id : Path or str
        Id of a shipped protocol (see `protocol_ids`), or a file.
    tables : sequence of Path or str
        Further tables: ids, files, or ``"auto"`` for all shipped ones that are enabled. One that extends another is
        asked in its place.
    site : Path or str, optional
        A site whose organs must be there, too: besides those of the protocol, of which it takes none away.

    Raises
    ------
    UsageError
        If no shipped protocol, table or site and no file has that name; it lists those that exist. Also if further
        tables repeat rows or groups of others or of the protocol, or have the id of another.
    InputError
        If a file can't be opened.
    TableError
        With everything that is wrong in the protocol's file and in those of its tables.
    """
    path = protocol_path(path_or_id)
    document = read_document(path)
    model = validated(ProtocolFile, document)
    written.check_ids(document, "rows")
    written.check_sources(document, "rows")
    written.check_groups(document)
    written.check_duplicates(document, "required_rois", "roi")
    check_alternatives(document, model.rows if model else (), {}, {})
    choice = _Choice()
    choice.listed(document, path)
    its_site = _site(document, path, choice.problems)
    further = load_site(site) if site is not None else None
    choice.add(tables)
    problems = in_order(document.problems) + tuple(dict.fromkeys(choice.problems))
    if model is None or problems:
        raise TableError(problems)
    rows = build.constraints(model, document, build.groups(model.groups))
    for loaded in choice.loaded:
        if what := shared(loaded, (row.id for row in rows), model.groups):
            raise UsageError(f"{loaded.table.file} repeats {what[0]} of {path.name}: {', '.join(what[1])}")
    own = build.required_rois(model.required_rois, model.id, model.required_rois_citation, document, "required_rois")
    return Protocol(
        id=model.id,
        title=model.title,
        version=model.version,
        tables=choice.tables,
        constraints=rows,
        bed=build.bed_rule(model.bed, model, document) if model.bed else None,
        required_rois=_required(its_site, own, further),
        diagnosis=model.diagnosis,
        file=path.name,
        sha256=document.sha256,
        notes=(*model.notes, *choice.notes),
        child_pugh=frozenset(model.child_pugh or ()),
        site=_joined(its_site, further),
        selection=choice.selection,
    )


def tables_alone(
    tables: Sequence[Path | str], *, site: Path | str | None = None, diagnosis: str | None = None
) -> Protocol:
    """A protocol of nothing but tables: no dose rule, no rows of its own.

    Parameters
    ----------
    tables : sequence of Path or str
        Ids, files, or ``"auto"`` for all shipped ones that are enabled.
    site : Path or str, optional
        Organs that must be there.
    diagnosis : str, optional
        What the patient has.

    Raises
    ------
    UsageError, InputError, TableError
        As of `load_protocol`; and for no table at all, or a diagnosis that no table knows.
    """
    known = get_args(Diagnosis)
    if diagnosis is not None and diagnosis not in known:
        raise UsageError(f"no diagnosis is called {diagnosis!r}{closest_or_all(diagnosis, known)}")
    if not tables:
        raise UsageError(f"no tables are named; give ids of shipped tables, files, or {AUTO!r}")
    choice = _Choice()
    choice.add(tables)
    if choice.problems:
        raise TableError(tuple(dict.fromkeys(choice.problems)))
    its_site = load_site(site) if site is not None else None
    named = ", ".join(table.id for table in choice.tables)
    title = f"All enabled tables: {named}" if choice.selection == AUTO else f"Tables alone: {named}"
    return Protocol(
        id="tables",
        title=title,
        version="",
        tables=choice.tables,
        constraints=(),
        bed=None,
        required_rois=_required(its_site, ()),
        diagnosis=diagnosis,
        file="",
        sha256="",
        notes=choice.notes,
        site=its_site,
        selection=choice.selection,
    )


@dataclass
class _Choice:
    """The tables that are asked, while they are being gathered."""

    reader: Reader = field(default_factory=Reader)
    loaded: list[Loaded] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    #: Said in the protocol, in order and once.
    _notes: dict[str, None] = field(default_factory=dict)
    selection: str = "listed"

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(loaded.table for loaded in self.loaded)

    @property
    def notes(self) -> tuple[str, ...]:
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
    for loc, _ in document.items("rows"):
        row_id = document.at(*loc, "id")
        if isinstance(row_id, str) and row_id in loaded.rows:
            document.note(document.place_of((*loc, "id")), f"id: {row_id!r} is a row of {file}, too")
    groups = document.at("groups")
    for group in groups if isinstance(groups, dict) else ():
        if group in loaded.groups:
            message = f"groups: {group!r} is a group of {file}, too, whose rows it would take in; name it otherwise"
            document.note(document.place_of(("groups", group), key=True), message)


def _site(document: Document, path: Path, problems: list[Problem]) -> Site | None:
    """The site that a protocol's file names; what is wrong is noted."""
    name = document.at("site")
    if not isinstance(name, str) or not name:
        return None
    try:
        return load_site(beside(path, name))
    except TableError as error:
        problems += error.problems
    except (InputError, UsageError) as error:
        document.note(document.place_of(("site",)), f"site: {error}")
    return None


def _required(site: Site | None, own: tuple[RequiredRoi, ...], further: Site | None = None) -> tuple[RequiredRoi, ...]:
    """A site's ROIs, then a protocol's own, then those of a further site.

    Where the protocol and its site have one, the protocol's counts; what the further site adds takes nothing away.
    """
    mine = {required.roi for required in own}
    of_site = site.required_rois if site else ()
    of_protocol = (*(required for required in of_site if required.roi not in mine), *own)
    return _with_further(of_protocol, further.required_rois) if further else of_protocol


def _with_further(first: tuple[RequiredRoi, ...], further: tuple[RequiredRoi, ...]) -> tuple[RequiredRoi, ...]:
    """Required ROIs and further ones; of one that both have, the first: who adds organs doesn't excuse others."""
    known = {required.roi for required in first}
    return (*first, *(required for required in further if required.roi not in known))


def _joined(site: Site | None, further: Site | None) -> Site | None:
    """Two sites as one, which names both."""
    if site is None or further is None or site == further:
        return site or further
    return Site(
        id=f"{site.id} + {further.id}",
        title=f"{site.title} + {further.title}",
        version=f"{site.version} + {further.version}",
        required_rois=_with_further(site.required_rois, further.required_rois),
        file=f"{site.file} + {further.file}",
        sha256=f"{site.sha256} + {further.sha256}",
    )
