"""Tables and sites by their ids or files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rtcheck.constraint import Constraint
from rtcheck.document import closest
from rtcheck.errors import Problem, TableError, UsageError
from rtcheck.protocol import Site, Table
from rtcheck.tables.paths import table_ids
from rtcheck.tables.reading import Loaded, Reader, read_site


def load_table(path_or_id: Path | str) -> Table:
    """Read a table of constraints, and those that it extends.

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
    return Reader().table(path_or_id).table


def load_site(path_or_id: Path | str) -> Site:
    """Read a site: the organs and targets that must be contoured and judged.

    Parameters
    ----------
    path_or_id : Path or str
        Id of a shipped site (see `site_ids`), or a file.

    Raises
    ------
    UsageError, InputError, TableError
        As of `load_table`.
    """
    return read_site(path_or_id)


def shipped_tables() -> tuple[Table, ...]:
    """The shipped tables that are enabled: QUANTEC, TG-101 and HyTEC, then by name."""
    return tuple(loaded.table for loaded in read_tables(table_ids(enabled_only=True), Reader()) if loaded.table.enabled)


def all_tables() -> tuple[Table, ...]:
    """The shipped tables, those last whose rows nobody has confirmed against their publication."""
    return tuple(loaded.table for loaded in read_tables(table_ids(), Reader()))


def find_row(row_id: str) -> tuple[Table, Constraint]:
    """The row of an id among all shipped tables, and its table.

    Raises
    ------
    UsageError
        If no table has it; it names those that are near.
    """
    rows = {row.id: (table, row) for table in all_tables() for row in table.constraints}
    if row_id not in rows:
        hint = closest(row_id, rows, most=3)
        raise UsageError(f"no row of the shipped tables is called {row_id!r}{hint}")
    return rows[row_id]


def read_tables(ids: Iterable[str], reader: Reader) -> list[Loaded]:
    """Several tables; what is wrong in any of them comes together."""
    loaded: list[Loaded] = []
    problems: list[Problem] = []
    for one in ids:
        try:
            loaded.append(reader.table(one))
        except TableError as error:
            problems += error.problems
    if problems:
        raise TableError(tuple(dict.fromkeys(problems)))
    return loaded
