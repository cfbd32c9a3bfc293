"""Where values were read from, whom they belong to, and what a reviewer should know of how they were understood."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SourceFile:
    """One input file that a value was read from.

    Attributes
    ----------
    name : str
        The file's name as the user would recognise it: relative to the folder or zip that was given.
    sha256 : str
        Hex digest of the file's bytes.
    sop_instance_uid : str
    modality : str
        ``RTPLAN``, ``RTSTRUCT``, ``RTDOSE``, ``CT`` ...
    """

    name: str
    sha256: str
    sop_instance_uid: str
    modality: str


@dataclass(frozen=True)
class Note:
    """Something a reviewer should read about how the files were understood.

    Attributes
    ----------
    code : str
        Short, stable, e.g. ``"no-file-meta"``.
    where : str
        File or object concerned.
    message : str
        One sentence.
    """

    code: str
    where: str
    message: str


@dataclass(frozen=True)
class Patient:
    """Whom the files belong to, as the files say it."""

    patient_id: str
    name: str
    birth_date: str | None = None
    sex: str | None = None
