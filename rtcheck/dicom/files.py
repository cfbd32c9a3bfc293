"""Where the bytes come from: a folder, a zip, files by name, or files in memory. Nothing is written to disk."""

from __future__ import annotations

import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from rtcheck.dicom.part10 import HEAD_BYTES, looks_like_dicom
from rtcheck.errors import IncompleteStudyError, UnreadableFileError
from rtcheck.printable import shown

#: What `read_study` reads: one path (folder, zip or file), or several, or pairs of a name and a file's bytes.
Source = str | os.PathLike[str] | Sequence[str | os.PathLike[str] | tuple[str, bytes]]

#: Most bytes that the zips of one call may unpack to, counted while they are unpacked.
MAX_UNZIPPED_BYTES = 4 << 30
#: Most members that one zip may have.
MAX_ZIP_MEMBERS = 50_000

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_CHUNK = 1 << 20

#: What zipfile raises at damaged archives (ValueError: at impossible offsets and names).
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, ValueError)

#: Litter of operating systems and indexes of media: never an object of a study, whatever the extension.
_JUNK_NAMES = frozenset({".ds_store", "thumbs.db", "desktop.ini", "dicomdir"})
#: An extension that promises DICOM: such a file is broken, not litter, when it isn't.
_DICOM_SUFFIXES = frozenset({".dcm", ".dicom", ".dic", ".ima"})


class RawFile(NamedTuple):
    """One file found; `data` is None for a file that is no DICOM and is left alone."""

    name: str
    data: bytes | None


def find_files(source: Source) -> Iterator[RawFile]:
    """Every file of a source, in the order of their names.

    Parameters
    ----------
    source : path, sequence of paths, or sequence of (name, bytes)

    Yields
    ------
    RawFile
        Named relative to the folder or zip given, as `shown`: names stand in reports and on terminals.

    Raises
    ------
    UnreadableFileError
        A file can't be read, a zip is broken or unsafe, or the only file given isn't DICOM.
    IncompleteStudyError
        Nothing is given.
    """
    for name, data in _found(source):
        yield RawFile(shown(name), data)


def _found(source: Source) -> Iterator[RawFile]:
    budget = _Budget()
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        yield from _from_path(path, path.name, budget, alone=True)
        return
    if not source:
        raise IncompleteStudyError("no files are given", mend="give a folder, a zip or DICOM files")
    alone = len(source) == 1
    pairs = [entry for entry in source if isinstance(entry, tuple)]
    paths = [Path(entry) for entry in source if not isinstance(entry, tuple)]
    base = _common_folder(paths)
    for path in sorted(paths):
        yield from _from_path(path, _relative(path, base), budget, alone)
    for name, data in sorted(pairs, key=lambda pair: pair[0]):
        yield from _from_bytes(name, data, budget, alone)


class _Budget:
    """Bytes that zips may still unpack to."""

    def __init__(self) -> None:
        self.left = MAX_UNZIPPED_BYTES

    def spend(self, count: int, name: str) -> None:
        self.left -= count
        if self.left < 0:
            raise UnreadableFileError(
                f"the zip unpacks to more than {MAX_UNZIPPED_BYTES} bytes", name, "unpack it and give the folder"
            )


def _common_folder(paths: Sequence[Path]) -> Path:
    folders = {path.absolute().parent for path in paths}
    try:
        return Path(os.path.commonpath(folders)) if folders else Path()
    except ValueError:  # several drives
        return Path()


def _relative(path: Path, base: Path) -> str:
    absolute = path.absolute()
    return (absolute.relative_to(base) if absolute.is_relative_to(base) else path).as_posix()


def _from_path(path: Path, name: str, budget: _Budget, alone: bool) -> Iterator[RawFile]:
    try:
        is_folder = path.is_dir()
        mode = path.stat().st_mode
    except OSError as error:
        raise _unreadable(name or str(path), error) from error
    if is_folder:
        prefix = PurePosixPath() if alone else PurePosixPath(name)
        for entry in _walk(path, name):
            relative = (prefix / entry.relative_to(path).as_posix()).as_posix()
            yield from _from_disk(entry, relative, alone=False)
        return
    if not stat.S_ISREG(mode):
        raise UnreadableFileError("it is no regular file", name, "give a folder, a zip or DICOM files")
    with _opened(path, name) as file:
        head = file.read(4)
    if head.startswith(ZIP_MAGIC):
        yield from _from_zip(path, "" if alone else f"{name}/", name, budget)
        return
    yield from _from_disk(path, name, alone)


def _from_bytes(name: str, data: bytes, budget: _Budget, alone: bool) -> Iterator[RawFile]:
    name = PurePosixPath(name.replace("\\", "/")).as_posix()
    if data.startswith(ZIP_MAGIC):
        yield from _from_zip(BytesIO(data), "" if alone else f"{name}/", name, budget)
        return
    wanted = _is_wanted(name, data[:HEAD_BYTES], alone)
    yield RawFile(name, data if wanted else None)


def _from_disk(path: Path, name: str, alone: bool) -> Iterator[RawFile]:
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        raise _unreadable(name, error) from error
    if not regular or (not alone and _is_junk(name)):  # opening a pipe would wait for ever
        yield RawFile(name, None)
        return
    with _opened(path, name) as file:
        wanted = _is_wanted(name, file.read(HEAD_BYTES), alone)
        data = file.read_all() if wanted else None
    yield RawFile(name, data)


class _opened:  # noqa: N801 - reads as a function: `with _opened(path, name) as file`
    """A file open for reading; whatever goes wrong with it is an `UnreadableFileError`."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name

    def __enter__(self) -> _opened:
        try:
            self._file = self._path.open("rb", buffering=0)
        except OSError as error:
            raise _unreadable(self._name, error) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, count: int) -> bytes:
        try:
            return self._file.read(count) or b""
        except OSError as error:
            raise _unreadable(self._name, error) from error

    def read_all(self) -> bytes:
        try:
            self._file.seek(0)
            return self._file.readall()
        except OSError as error:
            raise _unreadable(self._name, error) from error


def _walk(folder: Path, name: str) -> list[Path]:
    """Files below a folder, sorted; symbolic links are followed, each folder once, so that loops end."""
    seen: set[tuple[int, int]] = set()
    files: list[Path] = []

    def refuse(error: OSError) -> None:
        raise _unreadable(str(error.filename or name), error) from error

    for top, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        status = os.stat(top)  # noqa: PTH116 - os.walk speaks strings
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        files.extend(Path(top, file) for file in names)
    return sorted(files)


def _is_junk(name: str) -> bool:
    path = PurePosixPath(name)
    return path.name.lower() in _JUNK_NAMES or path.name.startswith("._") or "__MACOSX" in path.parts


def _is_wanted(name: str, head: bytes, alone: bool) -> bool:
    if not alone and _is_junk(name):
        return False
    if looks_like_dicom(head):
        return True
    if alone or PurePosixPath(name).suffix.lower() in _DICOM_SUFFIXES:
        raise UnreadableFileError("it is not a DICOM file", name, "leave it out, or give the DICOM export")
    return False


def _unreadable(name: str, error: OSError) -> UnreadableFileError:
    return UnreadableFileError(f"it can't be read ({error.strerror or error})", name, "check the path and permissions")


def _from_zip(file: Path | BytesIO, prefix: str, name: str, budget: _Budget) -> Iterator[RawFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MAX_ZIP_MEMBERS:
                raise UnreadableFileError(
                    f"the zip has more than {MAX_ZIP_MEMBERS} members", name, "unpack it and give the folder"
                )
            for member in members:
                _check_member(member, name)
            for member in sorted(members, key=lambda member: member.filename):
                data = _unpack(archive, member, name, budget)
                wanted = _is_wanted(member.filename, data[:HEAD_BYTES], alone=False)
                yield RawFile(prefix + member.filename, data if wanted else None)
    except _ZIP_ERRORS as error:
        raise UnreadableFileError(f"the zip is damaged ({error})", name, "make it again") from error


def _check_member(member: zipfile.ZipInfo, name: str) -> None:
    path = member.filename.replace("\\", "/")
    if path.startswith("/") or path[1:2] == ":" or ".." in path.split("/"):
        raise UnreadableFileError(
            f"the zip's member {member.filename!r} points outside of it", name, "make the zip again from the folder"
        )
    if member.flag_bits & 0x1:
        raise UnreadableFileError(f"the zip's member {member.filename!r} is encrypted", name, "unpack it first")


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, budget: _Budget) -> bytes:
    # Sizes in a zip's headers are claims: what comes out is counted.
    chunks: list[bytes] = []
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            budget.spend(len(chunk), name)
            chunks.append(chunk)
    return b"".join(chunks)
