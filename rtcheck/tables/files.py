"""Which file an id means, and whole files -> tables and protocols."""

from __future__ import annotations

from pathlib import Path

from rtcheck.errors import InputError, Problem, TableError, UsageError
from rtcheck.protocol import Protocol, Table
from rtcheck.tables import build
from rtcheck.tables.loader import Document, Loc, in_order, read_document
from rtcheck.tables.problems import closest, closest_or_all, validated
from rtcheck.tables.schema import ProtocolFile, TableFile

SUFFIXES = (".yaml", ".yml")
#: Beside the tables, and none: alpha/betas and parameters, which ask nothing.
RADIOBIOLOGY = "radiobiology"


def data_folder() -> Path:
    """The folder of the tables that rtcheck ships.

    Raises
    ------
    InputError
        If the installation has none.
    """
    return _data_folder(Path(__file__).parents[1])


def _data_folder(package: Path) -> Path:
    """A wheel carries the tables inside the package; an editable install has the checkout's folder beside it."""
    candidates = (package / "_constraints", package.parent / "constraints")
    folder = next((candidate for candidate in candidates if candidate.is_dir()), None)
    if folder is None:
        raise InputError("the constraint tables of rtcheck aren't there", str(candidates[0]), "install rtcheck again")
    return folder


def table_ids() -> tuple[str, ...]:
    """Ids of the shipped tables, sorted."""
    return tuple(one for one in _ids(data_folder()) if one != RADIOBIOLOGY)


def protocol_ids() -> tuple[str, ...]:
    """Ids of the shipped protocols, sorted."""
    return _ids(data_folder() / "protocols")


def load_table(path_or_id: Path | str) -> Table:
    """Read a table of constraints.

    Parameters
    ----------
    path_or_id : Path or str
        Id of a shipped table (see `table_ids`), or a file.

    Raises
    ------
    UsageError
        If no shipped table and no file has that name; it lists those that exist.
    InputError
        If the file can't be opened.
    TableError
        With everything that is wrong in the file, by line and column.
    """
    path = _found("table", path_or_id, data_folder(), table_ids())
    document = read_document(path)
    table = _table(document)
    if table is None:
        raise TableError(in_order(document.problems))
    return table


def load_protocol(path_or_id: Path | str) -> Protocol:
    """Read a protocol and the tables that it names, by id or by a path relative to its own file.

    Parameters
    ----------
    path_or_id : Path or str
        Id of a shipped protocol (see `protocol_ids`), or a file.

    Raises
    ------
    UsageError
        If no shipped protocol and no file has that name; it lists those that exist.
    InputError
        If the file can't be opened.
    TableError
        With everything that is wrong in the protocol's file and in those of its tables.
    """
    path = _found("protocol", path_or_id, data_folder() / "protocols", protocol_ids())
    document = read_document(path)
    model = validated(ProtocolFile, document)
    _check_rows(document)
    tables: list[Table] = []
    problems_of_tables: list[Problem] = []
    for loc, name in document.items("tables"):
        if not isinstance(name, str) or not name:
            continue
        try:
            table = load_table(_beside(path, name))
        except TableError as error:
            problems_of_tables += error.problems
        except (InputError, UsageError) as error:
            document.note(document.place_of(loc), f"tables: {error}")
        else:
            _check_table(table, tables, document, loc)
            tables.append(table)
    problems = in_order(document.problems) + tuple(problems_of_tables)
    if model is None or problems:
        raise TableError(problems)
    return build.protocol(model, document, tuple(tables))


def _ids(folder: Path) -> tuple[str, ...]:
    # Files with a further dot in the name belong to a table and are none: quantec.cases.yaml.
    return tuple(sorted(path.stem for path in folder.glob("*.yaml") if "." not in path.stem))


def _found(kind: str, path_or_id: Path | str, folder: Path, known: tuple[str, ...]) -> Path:
    if isinstance(path_or_id, str):
        # A shipped id wins over a file that happens to have its name.
        if path_or_id in known:
            return folder / f"{path_or_id}.yaml"
        path = Path(path_or_id)
        if path.suffix not in SUFFIXES and not path.is_file():
            hint = closest(path_or_id, known)
            ids = ", ".join(known)
            raise UsageError(f"no {kind} is called {path_or_id!r}{hint} (shipped: {ids}; or give a .yaml file)")
        return path
    return path_or_id


def _beside(path: Path, name: str) -> Path | str:
    """A path of a protocol's file is relative to the file, an id stays one."""
    return path.parent / name if name.endswith(SUFFIXES) else name


def _table(document: Document) -> Table | None:
    model = validated(TableFile, document)
    _check_rows(document)
    return None if model is None or document.problems else build.table(model, document)


def _check_rows(document: Document) -> None:
    """Ids are unique and sources exist; asked of the file as written, so that no other problem hides these."""
    first: dict[str, int] = {}
    for loc, _ in document.items("rows"):
        row_id, place = document.at(*loc, "id"), document.place_of((*loc, "id"))
        if isinstance(row_id, str):
            if row_id in first:
                document.note(place, f"id: duplicate {row_id!r}; first in line {first[row_id]}")
            first.setdefault(row_id, place.line)
    sources = document.at("sources")
    known = list(sources) if isinstance(sources, dict) else []
    for loc in (("bed",), *(loc for loc, _ in document.items("rows"))):
        source = document.at(*loc, "source")
        if isinstance(source, str) and source not in known:
            message = f"source: no source {source!r}{closest_or_all(source, known)}"
            document.note(document.place_of((*loc, "source")), message)


def _check_table(table: Table, others: list[Table], document: Document, loc: Loc) -> None:
    """Row ids are unique over a protocol and all its tables."""
    ids = {row.id for row in table.constraints}
    for other in others:
        if both := ids & {row.id for row in other.constraints}:
            rows = ", ".join(sorted(both)[:3])
            document.note(document.place_of(loc), f"tables: {table.file} repeats rows of {other.file}: {rows}")
    for row_loc, _ in document.items("rows"):
        row_id = document.at(*row_loc, "id")
        if isinstance(row_id, str) and row_id in ids:
            document.note(document.place_of((*row_loc, "id")), f"id: {row_id!r} is a row of {table.file}, too")
