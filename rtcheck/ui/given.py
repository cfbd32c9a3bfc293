"""Small files that the user gives beside a plan: constraint tables, tuning of the plan checks, case sheets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Protocol as Interface

#: Larger files are none of these.
MOST_MB = 1


class _Uploaded(Interface):
    name: str
    file_id: str

    def getvalue(self) -> bytes: ...


@dataclass(frozen=True)
class GivenFile:
    """A file's name and content.

    Attributes
    ----------
    name : str
        Without folders; a table's id is its file's name.
    content : bytes
    file_id : str
        Of the upload; the same file given again is another.
    """

    name: str
    content: bytes = field(repr=False)
    file_id: str = field(default="", compare=False)

    @cached_property
    def sha256(self) -> str:
        """Digest of its content."""
        return hashlib.sha256(self.content).hexdigest()


def given(uploaded: _Uploaded) -> GivenFile:
    """An uploaded file."""
    return GivenFile(base_name(uploaded.name), uploaded.getvalue(), uploaded.file_id)


def base_name(name: str) -> str:
    """A file's name without its folders, as any system writes them."""
    return PurePosixPath(name.replace("\\", "/")).name
