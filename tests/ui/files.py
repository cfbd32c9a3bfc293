"""Sample plans with something changed, as files to upload."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

Files = list[tuple[str, bytes]]


def files_of(folder: Path, **changes: Callable[[Dataset], None]) -> Files:
    """The RT files of a folder; a change for each that is named by its stem (``RTPLAN``)."""
    return [(path.name, changed(path, changes.get(path.stem))) for path in sorted(folder.glob("*.dcm"))]


def changed(path: Path, change: Callable[[Dataset], None] | None, *, uid: str = "") -> bytes:
    """A file's bytes after a change; with the SOP Instance UID of another object where that is given."""
    if change is None and not uid:
        return path.read_bytes()
    dataset = pydicom.dcmread(path)
    if change is not None:
        change(dataset)
    if uid:
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid
    buffer = BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()
