"""The case sheet that lies among the files of a patient: ``case.yaml`` in their folder or zip."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath

from rtcheck.document import MAX_BYTES
from rtcheck.errors import UnreadableFileError, UsageError
from rtcheck.sheet import CaseSheet
from rtcheck.tables.sheets import read_sheet

#: What a case sheet is called that is found by itself, in any case of its letters.
NAMES = ("case.yaml", "case.yml", "case.json")
#: What a patient's files are given as: a folder, a zip, a file; several of them; or names with bytes.
Source = str | os.PathLike[str] | Sequence[str | os.PathLike[str] | tuple[str, bytes]]
_ZIP_MAGIC = b"PK\x03\x04"
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)
#: What systems put into zips by themselves.
_LITTER = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


def sheet_of(source: Source) -> CaseSheet | None:
    """The case sheet of a patient's files.

    Looked at are the top of each folder, the top of each zip or its only folder there, and the files given.

    Parameters
    ----------
    source : path, sequence of paths, or sequence of (name, bytes)
        As for `rtcheck.read_study`.

    Returns
    -------
    CaseSheet or None
        None where there is none.

    Raises
    ------
    UsageError
        Where there are several; it names them.
    UnreadableFileError
        Where a zip can't be read.
    InputError, TableError
        As of `read_sheet`.
    """
    found = sheets_among(source)
    if len(found) > 1:
        names = " and ".join(one.name for one in found)
        raise UsageError(f"several case sheets are there: {names}; leave one of them, or name one with --case")
    return found[0].read() if found else None


@dataclass(frozen=True)
class Found:
    """A case sheet that was found.

    Attributes
    ----------
    name : str
        For the reader.
    file : Path or (name, bytes)
    """

    name: str
    file: Path | tuple[str, bytes]

    def read(self) -> CaseSheet:
        """What it says; errors as of `read_sheet`."""
        return read_sheet(self.file)


def sheets_among(source: Source) -> tuple[Found, ...]:
    """Every case sheet of a patient's files, unread; errors of zips as of `sheet_of`."""
    entries = [source] if isinstance(source, str | os.PathLike) else list(source)
    pairs = [entry for entry in entries if isinstance(entry, tuple)]
    paths = [Path(entry) for entry in entries if not isinstance(entry, tuple)]
    # A file that is given beside its folder is one.
    found = {Path(one.name).resolve(): one for path in paths for one in _at_path(path)}
    among = _sheets(name for name, _ in pairs)
    uploaded = [Found(name, (name, data)) for name, data in pairs if name in among]
    zipped = [one for name, data in pairs if data.startswith(_ZIP_MAGIC) for one in _in_zip(BytesIO(data), name)]
    return (*found.values(), *uploaded, *zipped)


def _at_path(path: Path) -> Iterator[Found]:
    """Of a path that isn't there, or can't be read, the reader of DICOM files tells."""
    with suppress(OSError):
        if path.is_dir():
            names = sorted(entry.name for entry in path.iterdir() if _is_sheet(entry.name) and entry.is_file())
            yield from (Found(str(path / name), path / name) for name in names)
        elif path.is_file() and _is_sheet(path.name):
            yield Found(str(path), path)
        elif path.is_file() and _is_zip(path):
            yield from _in_zip(path, str(path))


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC


def _in_zip(file: Path | BytesIO, name: str) -> list[Found]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member.filename for member in archive.infolist() if not member.is_dir()]
            return [Found(f"{name}/{one}", (f"{name}/{one}", _content(archive, one))) for one in _sheets(members)]
    except _ZIP_ERRORS as error:
        raise UnreadableFileError(f"its case sheet can't be read ({error})", name, "make the zip again") from error


def _content(archive: zipfile.ZipFile, member: str) -> bytes:
    with archive.open(member) as file:
        return file.read(MAX_BYTES + 1)  # one more than is read shows that it is too large


def _sheets(names: Iterable[str]) -> list[str]:
    """The case sheets among names of files: those at the top, or in the only folder there."""
    parts = {name: PurePosixPath(name.replace("\\", "/")).parts for name in names}
    kept = {name: one for name, one in parts.items() if one and not any(step in _LITTER for step in one)}
    tops = {one[0] for one in kept.values()}
    depth = 2 if len(tops) == 1 and all(len(one) > 1 for one in kept.values()) else 1
    return sorted(name for name, one in kept.items() if len(one) == depth and _is_sheet(one[-1]))


def _is_sheet(name: str) -> bool:
    return name.lower() in NAMES
