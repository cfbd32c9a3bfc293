"""The case sheet that counts: the one among the files, another in its place, and what was changed of it on this page.

Changes are kept in the browser session alone, for these files, this patient and the sheet that they began with: another
sheet in the sidebar has none of them, and with it taken back they count again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from rtcheck.errors import InputError, UsageError
from rtcheck.sheet import NOTHING_DECLARED, CaseSheet
from rtcheck.study import Patient
from rtcheck.tables import read_sheet
from rtcheck.tables.beside import NAMES, Found, sheets_among
from rtcheck.ui import session
from rtcheck.ui.given import MOST_MB, GivenFile, base_name, given
from rtcheck.ui.plain import plain

#: What a sheet that was made or changed here is called, as which it is found by itself beside a patient's files.
FILE_NAME = "case.json"
#: Characters that JSON may hold and YAML reads as line breaks, or not at all.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_HELP = f"""
What DICOM doesn't know: Child-Pugh and other values, dates, lesions, attestations, sign-offs. A file called
{", ".join(NAMES[:-1])} or {NAMES[-1]} among the plan's files is found by itself; one that is given here counts in its
place. Without any you can declare it all under *Case sheet*.
"""


@dataclass(frozen=True)
class InUse:
    """The case sheet that counts.

    Attributes
    ----------
    sheet : CaseSheet
        `NOTHING_DECLARED` where there is none.
    origin : str
        Where it is from, for the reader; empty where there is none.
    key : str
        What changes of it are kept under.
    is_changed : bool
        Whether anything was changed on this page.
    content : bytes
        Its file; empty where there is none.
    """

    sheet: CaseSheet
    origin: str
    key: str
    is_changed: bool = False
    content: bytes = field(default=b"", repr=False)

    def with_row(self, table: str, row: Mapping[str, object]) -> dict[str, object]:
        """Its content as plain data, with one more row in one of its lists."""
        data: dict[str, object] = {"schema": 1, **self.sheet.data}
        before = data.get(table) or []
        assert isinstance(before, list | tuple)  # the reader of case sheets refuses all else
        return {**data, table: [*before, dict(row)]}


def choose_sheet() -> GivenFile | None:
    """The case sheet that the user gives in place of the one among the files."""
    uploaded = st.file_uploader(
        "Case sheet (YAML or JSON)",
        type=["yaml", "yml", "json"],
        key=f"case-sheet-{session.round_number()}",
        help=_HELP,
        max_upload_size=MOST_MB,
    )
    return None if uploaded is None else given(uploaded)


def in_use(files: session.Files, patient: Patient, chosen: GivenFile | None) -> InUse:
    """The case sheet of a patient: what was changed here, else what was given, else what is among the files.

    Raises
    ------
    UsageError
        For several among the files, and for one that was given for another patient.
    TableError
        With everything that is wrong in it.
    """
    if chosen is not None and not session.is_for(chosen.file_id, patient):
        raise UsageError(f"{chosen.name} was given for another patient; take it back, or give this patient's own")
    base = chosen or _among(files)
    began = base.sha256 if base else ""
    key = hashlib.sha256(json.dumps([files.key, str(patient), began]).encode()).hexdigest()
    changed = session.changed_sheets(files).get(key)
    if changed is not None:
        origin = f"changed on this page; began as {base.name}" if base else "made on this page"
        return InUse(read_sheet((FILE_NAME, changed)), origin, key, is_changed=True, content=changed)
    if base is None:
        return InUse(NOTHING_DECLARED, "", key)
    origin = "given in the sidebar" if chosen else "found among the files"
    return InUse(read_sheet((base.name, base.content)), origin, key, content=base.content)


def written(data: Mapping[str, object]) -> bytes:
    """A sheet's file: JSON that every reader of YAML reads, too."""
    text = json.dumps(dict(data), ensure_ascii=False, indent=2) + "\n"
    return _ESCAPED.sub(lambda match: f"\\u{ord(match.group()):04x}", text).encode()


def as_json(used: InUse) -> bytes:
    """The sheet's file as it counts, or, where that is YAML, the same as JSON."""
    return used.content if used.is_changed else written(used.sheet.data)


def change(files: session.Files, key: str, data: Mapping[str, object]) -> CaseSheet:
    """Use this sheet from now on.

    Raises
    ------
    TableError
        With everything that is wrong in it; nothing is changed then.
    """
    content = written(data)
    sheet = read_sheet((FILE_NAME, content))
    session.keep_sheet(files, key, content)
    return sheet


def show_origin(files: session.Files, used: InUse) -> None:
    """In the sidebar: which case sheet counts, and the way back from what was changed."""
    if not used.origin:
        st.caption("No case sheet: what only it can say isn't evaluated.")
        return
    of = f"{used.sheet.file} ({used.origin})" if not used.is_changed else used.origin
    st.caption(plain(f"Case sheet: {of}. Subject: {used.sheet.subject or 'no code'}."))
    if used.is_changed:
        st.button("Take back changes", on_click=session.keep_sheet, args=(files, used.key, None), width="stretch")


def _among(files: session.Files) -> GivenFile | None:
    """The one among the files, which is looked for once."""
    known = session.found_sheet(files)
    if known is not None:
        return known[0]
    source = files.folder or [(one.name, one.getvalue()) for one in files.uploaded]
    found = sheets_among(source)
    if len(found) > 1:
        names = " and ".join(Path(one.name).name for one in found)
        raise UsageError(f"several case sheets are among the files: {names}; leave one of them")
    file = _read(found[0]) if found else None
    session.keep_found_sheet(files, file)
    return file


def _read(found: Found) -> GivenFile:
    if isinstance(found.file, tuple):
        name, content = found.file
        return GivenFile(base_name(name), content)
    try:
        return GivenFile(found.file.name, found.file.read_bytes())
    except OSError as error:
        raise InputError(f"can't be read ({error.strerror})", found.file.name) from error
