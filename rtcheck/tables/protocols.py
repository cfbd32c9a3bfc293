"""Protocols, from their files or of nothing but tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from rtcheck.constraint import RequiredRoi
from rtcheck.document import Document, in_order, read_document
from rtcheck.errors import InputError, Problem, TableError, UsageError
from rtcheck.protocol import Protocol, Site
from rtcheck.tables import asked, build, written
from rtcheck.tables.alternatives import check_alternatives
from rtcheck.tables.choice import Choice
from rtcheck.tables.files import load_site
from rtcheck.tables.keys import Diagnosis
from rtcheck.tables.paths import beside, protocol_ids, protocol_path
from rtcheck.tables.problems import closest_or_all, validated
from rtcheck.tables.reading import Reader, shared
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
    return _load(path_or_id, tables, site, Reader())


def shipped_protocols() -> tuple[Protocol, ...]:
    """The shipped protocols, sorted by id; their tables are read once."""
    reader = Reader()
    return tuple(_load(one, (), None, reader) for one in protocol_ids())


def _load(path_or_id: Path | str, tables: Sequence[Path | str], site: Path | str | None, reader: Reader) -> Protocol:
    path = protocol_path(path_or_id)
    document = read_document(path)
    model = validated(ProtocolFile, document)
    choice = Choice(reader)
    choice.listed(document, path)
    _check(document, model, choice)
    its_site = _site(document, path, choice.problems)
    further = load_site(site) if site is not None else None
    choice.add(tables)
    problems = in_order(document.problems) + tuple(dict.fromkeys(choice.problems))
    if model is None or problems:
        raise TableError(problems)
    rows, rules = build.constraints(model, document, build.groups(model.groups)), build.rules(model, document)
    for loaded in choice.loaded:
        if what := shared(loaded, [*(row.id for row in rows), *(rule.id for rule in rules)], model.groups):
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
        rules=rules,
        plan_checks=tuple(asked.plan_checks() if model.plan_checks is None else model.plan_checks),
        amendments=build.amendments(model),
        wording=build.wording(model),
        reference_tables=tuple(model.reference_tables),
    )


def _check(document: Document, model: ProtocolFile | None, choice: Choice) -> None:
    """Note what is wrong in a protocol's file beyond single keys."""
    asked.check_rules(document)
    written.check_sources(document, "rows", "rules")
    written.check_groups(document)
    written.check_duplicates(document, "required_rois", "roi")
    check_alternatives(document, model.rows if model else (), {}, {})
    asked.check_plan_checks(document)
    asked.check_versions(document)
    asked.check_wording(document)
    if not choice.problems:  # a table that couldn't be read isn't there to be found missing
        asked.check_reference_tables(document, choice.ids)


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
    choice = Choice()
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
