"""What each file is: opened once, hashed, and sorted by SOP class."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from rtcheck.dicom.attributes import Attributes
from rtcheck.dicom.files import RawFile
from rtcheck.dicom.image import IMAGE_KEYWORDS
from rtcheck.dicom.part10 import open_file
from rtcheck.errors import InconsistentStudyError
from rtcheck.study import Note, Patient, SourceFile


class Kind(Enum):
    """What a file can be to a study."""

    PLAN = "plan"
    DOSE = "dose"
    STRUCTURES = "structure set"
    IMAGE = "image"
    ENHANCED_IMAGE = "enhanced multi-frame image"
    REGISTRATION = "registration"
    DEFORMABLE_REGISTRATION = "deformable registration"
    DIRECTORY = "DICOMDIR"
    OTHER = "other"


_STORAGE = "1.2.840.10008.5.1.4.1.1."

#: PS3.4, annex B.5: the SOP classes that a study is made of.
KIND_OF_SOP_CLASS = {
    _STORAGE + "481.2": Kind.DOSE,
    _STORAGE + "481.3": Kind.STRUCTURES,
    _STORAGE + "481.5": Kind.PLAN,
    _STORAGE + "481.8": Kind.PLAN,  # RT Ion Plan
    _STORAGE + "66.1": Kind.REGISTRATION,
    _STORAGE + "66.3": Kind.DEFORMABLE_REGISTRATION,
    _STORAGE + "2": Kind.IMAGE,  # CT
    _STORAGE + "4": Kind.IMAGE,  # MR
    _STORAGE + "128": Kind.IMAGE,  # PET
    _STORAGE + "2.1": Kind.ENHANCED_IMAGE,
    _STORAGE + "2.2": Kind.ENHANCED_IMAGE,
    _STORAGE + "4.1": Kind.ENHANCED_IMAGE,
    _STORAGE + "4.3": Kind.ENHANCED_IMAGE,
    _STORAGE + "4.4": Kind.ENHANCED_IMAGE,
    _STORAGE + "128.1": Kind.ENHANCED_IMAGE,
    _STORAGE + "130": Kind.ENHANCED_IMAGE,
}

#: For files that don't state a SOP class.
KIND_OF_MODALITY = {
    "RTDOSE": Kind.DOSE,
    "RTSTRUCT": Kind.STRUCTURES,
    "RTPLAN": Kind.PLAN,
    "CT": Kind.IMAGE,
    "MR": Kind.IMAGE,
    "PT": Kind.IMAGE,
}


@dataclass(frozen=True, eq=False)
class Instance:
    """One DICOM file: what it is, whose it is, and its attributes.

    Attributes
    ----------
    attributes : Attributes
        Of an image only those that its geometry needs.
    transfer_syntax : str
        UID of the transfer syntax, stated or assumed.
    """

    kind: Kind
    source: SourceFile
    patient: Patient
    attributes: Attributes
    transfer_syntax: str

    @property
    def name(self) -> str:
        """The file's name."""
        return self.source.name

    @property
    def uid(self) -> str:
        """SOP Instance UID; empty where the file doesn't state one."""
        return self.source.sop_instance_uid

    @property
    def notes(self) -> list[Note]:
        """What was noted while the file was read."""
        return self.attributes.stream.notes


@dataclass(eq=False)
class Index:
    """Every DICOM file of a source by kind, and notes about what was left alone."""

    instances: dict[Kind, list[Instance]] = field(default_factory=lambda: {kind: [] for kind in Kind})
    notes: list[Note] = field(default_factory=list)

    def of(self, *kinds: Kind) -> list[Instance]:
        """Instances of some kinds."""
        return [instance for kind in kinds for instance in self.instances[kind]]


def read_instance(name: str, data: bytes) -> Instance:
    """Open one file and say what it is.

    Raises
    ------
    UnreadableFileError
        It is no DICOM file, is cut short, or says neither its SOP class nor its modality.
    """
    opened = open_file(name, data)
    attributes = opened.attributes
    modality = attributes.code("Modality") or ""
    kind = _kind(attributes, modality)
    patient = Patient(
        patient_id=attributes.text("PatientID") or "",
        name=attributes.text("PatientName") or "",
        birth_date=attributes.text("PatientBirthDate"),
        sex=attributes.text("PatientSex"),
    )
    source = SourceFile(
        name, hashlib.sha256(data).hexdigest(), attributes.text("SOPInstanceUID") or "", modality or kind.value
    )
    if kind is Kind.IMAGE:
        attributes = attributes.only(IMAGE_KEYWORDS)
    return Instance(kind, source, patient, attributes, opened.transfer_syntax)


def _kind(attributes: Attributes, modality: str) -> Kind:
    sop_class = attributes.text("SOPClassUID")
    if sop_class:
        return KIND_OF_SOP_CLASS.get(sop_class, Kind.OTHER)
    if modality:
        return KIND_OF_MODALITY.get(modality, Kind.OTHER)
    if attributes.has("DirectoryRecordSequence"):
        return Kind.DIRECTORY
    return attributes.missing("SOPClassUID")


def build_index(files: Iterable[RawFile]) -> Index:
    """Open and sort every file.

    Parameters
    ----------
    files : iterable of RawFile

    Returns
    -------
    Index
        Copies of one object are kept once; files that are not DICOM, or no part of a study, are named in notes.

    Raises
    ------
    UnreadableFileError
        One file is broken: a study with a hole in it is not read.
    InconsistentStudyError
        Two different files have the same SOP Instance UID.
    """
    index = Index()
    ignored: list[str] = []
    copies: list[str] = []
    seen: dict[str, SourceFile] = {}
    for name, data in files:
        instance = None if data is None else read_instance(name, data)
        if instance is None or instance.kind is Kind.DIRECTORY:
            ignored.append(name)
            continue
        first = seen.setdefault(instance.uid or instance.source.sha256, instance.source)
        if first is instance.source:
            index.instances[instance.kind].append(instance)
        else:
            _check_copy(first, instance.source)
            copies.append(name)
    others = [f"{other.name} ({other.source.modality})" for other in index.of(Kind.OTHER)]
    index.notes += _note_ignored("ignored-files", ignored, "not DICOM objects")
    index.notes += _note_ignored("duplicate-files", copies, "copies of files already read")
    index.notes += _note_ignored("ignored-objects", others, "DICOM objects that a study has no use for")
    deformable = [one.name for one in index.of(Kind.DEFORMABLE_REGISTRATION)]
    index.notes += _note_ignored("registrations-not-rigid", deformable, "deformable registrations: no dose is bent")
    return index


def _note_ignored(code: str, names: list[str], what: str) -> list[Note]:
    return [Note(code, names[0], f"{len(names)} ignored, {what}: {listed(names)}")] if names else []


def _check_copy(first: SourceFile, second: SourceFile) -> None:
    if first.sha256 != second.sha256:
        raise InconsistentStudyError(
            f"differs from {first.name}, and both have the SOP Instance UID {first.sop_instance_uid}",
            second.name,
            "leave out the one that doesn't belong",
        )


def listed(names: Iterable[str], at_most: int = 20) -> str:
    """Names in a row, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - at_most} more" if len(every) > at_most else ""
    return ", ".join(every[:at_most]) + more
