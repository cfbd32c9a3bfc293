"""A clinic's own files: protocol, tables, names of organs, tuning of the plan checks.

They are uploaded, read with the shipped ones, and refused with the place of every mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from rtcheck.errors import TableError, UsageError
from rtcheck.nomenclature import Names, shipped_names
from rtcheck.pipeline import asked_protocol
from rtcheck.plan_checks import Tuning
from rtcheck.protocol import Protocol
from rtcheck.tables import read_tuning, site_ids
from rtcheck.ui.given import MOST_MB, GivenFile, given
from rtcheck.ui.plain import plain

_LOADED, _NAMES = "loaded-protocol", "loaded-names"
_NO_SITE = "the protocol's own"
_HELP = """
YAML files as *constraints/README.md* describes them: rows of your own, or a table that extends a shipped one and
changes its limits, each with a reason. What it changes stands in every report. They are asked beside the protocol's
tables, and stay until you take them back; while they are read they lie in a temporary folder of this machine.
"""
_TUNING_HELP = """
A YAML file that switches plan checks off or changes their thresholds, each with a reason, as *constraints/README.md*
describes it. What it changes stands in every report, and stays until you take it back.
"""
_PROTOCOL_HELP = """
A protocol of your own as a YAML file, as *constraints/README.md* describes it, with your tables that it names below. It
is asked in place of the one that is chosen above, and stays until you take it back.
"""
_NAMES_HELP = """
Names of organs that your clinic adds to those that rtcheck knows: a YAML file like *constraints/names.yaml*. They hold
for every plan until you take them back.
"""
_SITE_HELP = "Organs that must be contoured and judged, besides those of the protocol; none of these is taken away."


def choose_site() -> str | None:
    """Id of the site whose organs are required besides the protocol's; None for no other."""
    chosen = st.selectbox("Site", [_NO_SITE, *site_ids()], key="site", help=_SITE_HELP)
    return None if chosen == _NO_SITE else chosen


def choose_own_protocol() -> GivenFile | None:
    """A protocol of the user's own; None where one that is shipped is asked."""
    return _one_file("Your own protocol (YAML)", "own-protocol", _PROTOCOL_HELP)


def choose_tables() -> tuple[GivenFile, ...]:
    """The tables that the user gives beside those of the protocol."""
    uploaded = st.file_uploader(
        "Your clinic's tables (YAML)",
        type=["yaml", "yml"],
        accept_multiple_files=True,
        key="tables",
        help=_HELP,
        max_upload_size=MOST_MB,
    )
    return tuple(given(file) for file in uploaded)


def choose_tuning() -> Tuning | None:
    """The clinic's tuning of the plan checks; None where none is given.

    Raises
    ------
    TableError
        With everything that is wrong in the file.
    """
    file = _one_file("Your clinic's plan checks (YAML)", "tuning", _TUNING_HELP)
    return None if file is None else read_tuning((file.name, file.content))


def choose_names() -> GivenFile | None:
    """The names of organs that the user's clinic adds; None where it adds none."""
    return _one_file("Your clinic's names of organs (YAML)", "names", _NAMES_HELP)


def names_of(file: GivenFile | None) -> Names | None:
    """The shipped names with those of a file; read once as long as it doesn't change.

    Raises
    ------
    TableError
        With everything that is wrong in the file.
    """
    if file is None:
        return None
    before: tuple[GivenFile, Names] | None = st.session_state.get(_NAMES)
    if before is not None and before[0] == file:
        return before[1]
    with TemporaryDirectory(prefix="rtcheck-names-") as folder:
        (path,) = _written([file], Path(folder))
        names = shipped_names().extended(path)
    st.session_state[_NAMES] = (file, names)
    return names


def _one_file(label: str, key: str, told: str) -> GivenFile | None:
    uploaded = st.file_uploader(label, type=["yaml", "yml"], key=key, help=told, max_upload_size=MOST_MB)
    return None if uploaded is None else given(uploaded)


def _written(files: Sequence[GivenFile], folder: Path) -> list[Path]:
    """Files in a folder, as readers need them that look for one beside another."""
    paths = [folder / file.name for file in files]
    for path, file in zip(paths, files, strict=True):
        path.write_bytes(file.content)
    return paths


def protocol_of(protocol: str | GivenFile, tables: tuple[GivenFile, ...], site: str | None = None) -> Protocol:
    """A protocol with the user's tables and a site; read once as long as none of them changes.

    Raises
    ------
    UsageError
        For two files of one name, and for tables that repeat rows of others.
    TableError
        With everything that is wrong in the files.
    """
    before: tuple[object, Protocol] | None = st.session_state.get(_LOADED)
    if before is not None and before[0] == (protocol, tables, site):
        return before[1]
    st.session_state.pop(_LOADED, None)
    loaded = _loaded(protocol, tables, site)
    st.session_state[_LOADED] = ((protocol, tables, site), loaded)
    return loaded


def _loaded(protocol: str | GivenFile, tables: Sequence[GivenFile], site: str | None) -> Protocol:
    """Tables are read from a folder of their own, so that one of them can extend another by its name."""
    own = [protocol] if isinstance(protocol, GivenFile) else []
    if isinstance(protocol, str) and not tables:
        return asked_protocol(protocol, site=site)
    names = [file.name for file in (*own, *tables)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"two files are called {twice[0]}; take one of them back")
    with TemporaryDirectory(prefix="rtcheck-tables-") as folder:
        paths = _written([*own, *tables], Path(folder))
        return asked_protocol(paths[0] if own else protocol, tables=paths[len(own) :], site=site)  # type: ignore[arg-type]


def show_problems(error: TableError) -> None:
    """Everything that is wrong in tables, tuning or a case sheet, with file, line and column; nothing is computed."""
    listed = "".join(
        f"\n* **{plain(Path(one.file).name)}:{one.line}:{one.column}** {plain(one.message)}" for one in error.problems
    )
    files = ", ".join(dict.fromkeys(plain(Path(one.file).name) for one in error.problems))
    st.error(f"**Nothing was checked: {_counted(len(error.problems))} in {files}**\n{listed}")


def _counted(number: int) -> str:
    return "one mistake" if number == 1 else f"{number} mistakes"
