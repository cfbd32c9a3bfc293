"""What a name on the command line stands for: a table or protocol by its id or file, a row by its id."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from rtcheck.document import closest, read_document
from rtcheck.errors import UsageError
from rtcheck.protocol import Protocol, Table
from rtcheck.report.constraints import Listed, kind_of, rows_of
from rtcheck.tables import all_tables, load_protocol, load_table, protocol_ids, table_ids
from rtcheck.tables.paths import protocol_path, table_path

#: So many near ids are offered for one that doesn't exist.
_OFFERED = 3
TableOption = Annotated[
    list[str] | None, typer.Option("--table", help="id or file of a table or protocol; repeatable", show_default=False)
]


def table_or_protocol(name: str) -> Table | Protocol:
    """What has rows and is called so: a shipped table, a shipped protocol, or a file of either kind.

    Raises
    ------
    UsageError, InputError, TableError
        Where nothing is called so, or the file can't be read.
    """
    if name not in table_ids() and (name in protocol_ids() or _is_protocol(name)):
        return load_protocol(name)
    return load_table(name)


def path_of(name: str) -> Path:
    """The file of a table or protocol, shipped or not."""
    return protocol_path(name) if name in protocol_ids() else table_path(name)


def rows_named(names: Sequence[str]) -> tuple[Listed, ...]:
    """The rows of tables and protocols by their names; of none given, of all that are shipped."""
    if not names:
        return rows_of(all_tables(), (load_protocol(one) for one in protocol_ids()))
    found = [table_or_protocol(name) for name in names]
    tables = [one for one in found if isinstance(one, Table)]
    return rows_of(tables, [one for one in found if isinstance(one, Protocol)])


def row_named(row_id: str, names: Sequence[str]) -> tuple[Listed, tuple[Listed, ...], Path]:
    """A row by its id, all rows of its table, and the table's file.

    Parameters
    ----------
    row_id : str
    names : sequence of str
        Tables to look in; all shipped ones where none is given.

    Raises
    ------
    UsageError
        If no row is called so; it names those that are near.
    """
    rows = rows_named(names)
    one = next((listed for listed in rows if listed.row.id == row_id), None)
    if one is None:
        hint = closest(row_id, [listed.row.id for listed in rows], most=_OFFERED)
        where = "; name its table with --table" if not names and not hint else ""
        raise UsageError(f"no row is called {row_id!r}{hint}{where}")
    beside = tuple(listed for listed in rows if listed.table == one.table)
    files = {table_or_protocol(name).id: name for name in names}
    return one, beside, path_of(files.get(one.table, one.table))


def _is_protocol(name: str) -> bool:
    path = Path(name)
    return path.is_file() and kind_of(read_document(path)) == "protocol"
