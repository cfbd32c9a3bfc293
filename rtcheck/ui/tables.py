"""A clinic's own tables: uploaded, read with the shipped ones, and refused with the place of every mistake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import streamlit as st

from rtcheck.errors import TableError, UsageError
from rtcheck.pipeline import asked_protocol
from rtcheck.protocol import Protocol
from rtcheck.ui.plain import plain

_LOADED = "loaded-protocol"
#: Larger files are no tables.
_MOST_MB = 1
_HELP = """
YAML files as *constraints/README.md* describes them: rows of your own, or a table that extends a shipped one and
changes its limits, each with a reason. What it changes stands in every report. They are asked beside the protocol's
tables, and stay until you take them back; while they are read they lie in a temporary folder of this machine.
"""


@dataclass(frozen=True)
class TableFile:
    """A file of constraints that the user gave.

    Attributes
    ----------
    name : str
        Without folders; a table's id is its file's name.
    content : bytes
    """

    name: str
    content: bytes = field(repr=False)


def choose_tables() -> tuple[TableFile, ...]:
    """The tables that the user gives beside those of the protocol."""
    uploaded = st.file_uploader(
        "Your clinic's tables (YAML)",
        type=["yaml", "yml"],
        accept_multiple_files=True,
        key="tables",
        help=_HELP,
        max_upload_size=_MOST_MB,
    )
    return tuple(TableFile(PurePosixPath(file.name.replace("\\", "/")).name, file.getvalue()) for file in uploaded)


def protocol_of(protocol: str, tables: tuple[TableFile, ...]) -> Protocol:
    """A shipped protocol with the user's tables; read once as long as neither changes.

    Raises
    ------
    UsageError
        For two files of one name, and for tables that repeat rows of others.
    TableError
        With everything that is wrong in the files.
    """
    before: tuple[object, Protocol] | None = st.session_state.get(_LOADED)
    if before is not None and before[0] == (protocol, tables):
        return before[1]
    st.session_state.pop(_LOADED, None)
    loaded = _loaded(protocol, tables)
    st.session_state[_LOADED] = ((protocol, tables), loaded)
    return loaded


def _loaded(protocol: str, tables: Sequence[TableFile]) -> Protocol:
    """Tables are read from a folder of their own, so that one of them can extend another by its name."""
    if not tables:
        return asked_protocol(protocol)
    names = [table.name for table in tables]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"two tables are called {twice[0]}; take one of them back")
    with TemporaryDirectory(prefix="rtcheck-tables-") as folder:
        paths = [Path(folder) / table.name for table in tables]
        for path, table in zip(paths, tables, strict=True):
            path.write_bytes(table.content)
        return asked_protocol(protocol, tables=paths)


def show_problems(error: TableError) -> None:
    """Everything that is wrong in tables, with file, line and column; nothing is computed then."""
    listed = "".join(
        f"\n* **{plain(Path(one.file).name)}:{one.line}:{one.column}** {plain(one.message)}" for one in error.problems
    )
    st.error(f"**Nothing was checked: {_counted(len(error.problems))} in the tables**\n{listed}")


def _counted(number: int) -> str:
    return "one mistake" if number == 1 else f"{number} mistakes"
