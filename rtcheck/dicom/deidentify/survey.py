"""The first look at a patient's files: what they are, whose they are, and what they say of who that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rtcheck.dicom.attributes import Attributes
from rtcheck.dicom.deidentify.identity import Identity
from rtcheck.dicom.files import RawFile, Source, find_files
from rtcheck.dicom.index import Instance, Kind, read_instance
from rtcheck.dicom.part10 import open_file
from rtcheck.errors import IncompleteStudyError, InconsistentStudyError, UnreadableFileError
from rtcheck.study import Patient

#: What is copied, by the name that its files get.
_NAMES = {
    Kind.PLAN: "RTPLAN",
    Kind.STRUCTURES: "RTSTRUCT",
    Kind.DOSE: "RTDOSE",
    Kind.REGISTRATION: "REG",
    Kind.DEFORMABLE_REGISTRATION: "",
    Kind.ENHANCED_IMAGE: "",
}
_IMAGES = ("CT", "MR", "PT")
_DIGITS = 3
_OVERLAY_POSITION, _OVERLAY_DATA = 0x0102, 0x3000


@dataclass(frozen=True)
class Found:
    """A file that is copied.

    Attributes
    ----------
    original : str
        Its name.
    name : str
        Its new name: ``CT/CT_001.dcm``. The old one may say who the patient is.
    kind : str
        ``CT``, ``RTPLAN`` ...
    patient : Patient
        Whose it is, by itself.
    """

    original: str
    name: str
    kind: str
    patient: Patient


@dataclass(frozen=True)
class Survey:
    """A patient's files.

    Attributes
    ----------
    files : mapping of str to Found
        Those that are copied, by their names.
    identity : Identity
        What they say of who the patient and the staff are.
    left_out : tuple of str
        Files that hold something else, with what it is.
    """

    files: Mapping[str, Found]
    identity: Identity
    left_out: tuple[str, ...]

    @property
    def patients(self) -> tuple[Patient, ...]:
        """What the files say of whose they are, each once."""
        return tuple(dict.fromkeys(one.patient for one in self.files.values()))

    @property
    def patient_id(self) -> str:
        """The patient's ID; empty where no file states one."""
        return next((one.patient_id for one in self.patients if one.patient_id), "")

    @property
    def names(self) -> tuple[str, ...]:
        """The patient's name in the spellings that count as different; several, where files tell several."""
        return tuple(dict.fromkeys(spelling(one.name) for one in self.patients if spelling(one.name)))


@dataclass
class _Sorted:
    kinds: dict[str, tuple[str, Patient]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def survey(source: Source) -> Survey:
    """Look at a patient's files.

    Parameters
    ----------
    source : path, or sequence of paths or ``(name, bytes)``

    Raises
    ------
    IncompleteStudyError
        Nothing is there to copy.
    InconsistentStudyError
        Several patients are among the files, by ID, by birth date, or by name where there is no ID.
    UnreadableFileError
        A file is broken, or names are burnt into its pixels.
    """
    found, identity = _Sorted(), Identity()
    for file in find_files(source):
        _look_at(file, found, identity)
    if not found.kinds:
        raise IncompleteStudyError("no RT object and no image is there", mend="give a patient's folder, zip or files")
    names = _new_names({name: kind for name, (kind, _) in found.kinds.items()})
    both = zip(names, found.kinds.items(), strict=True)
    files = {name: Found(name, new, kind, patient) for new, (name, (kind, patient)) in both}
    surveyed = Survey(files, identity, tuple(found.left_out))
    _check_one_patient(surveyed.patients)
    return surveyed


def spelling(name: str) -> str:
    """A patient's name as files are compared by it."""
    return name.rstrip("^ ").upper()


def _look_at(file: RawFile, found: _Sorted, identity: Identity) -> None:
    name, data = file
    if data is None:
        found.left_out.append(f"{name} (no DICOM)")
        return
    instance = read_instance(name, data)
    kind = _kind(instance)
    if not kind:
        found.left_out.append(f"{name} ({instance.source.modality})")
        return
    attributes = open_file(name, data).attributes
    if name in found.kinds:
        raise InconsistentStudyError("two files have this name", name, "give each once")
    _check_pixels(attributes)
    identity.add(attributes.stream, attributes.spans)
    found.kinds[name] = (kind, instance.patient)


def _kind(instance: Instance) -> str:
    """What a file is called in the copy; empty for one that isn't copied."""
    if instance.kind is Kind.IMAGE:
        return instance.source.modality if instance.source.modality in _IMAGES else "IMAGE"
    return _NAMES.get(instance.kind, "")


def _check_pixels(attributes: Attributes) -> None:
    """Refuse images that say of themselves that names may be in their pixels."""
    if attributes.code("BurnedInAnnotation") == "YES":
        raise UnreadableFileError(
            "names may be burnt into its pixels", attributes.name, "leave it out, or black them out"
        )
    for one in attributes.spans:
        of_overlay = 0x6000 <= one >> 16 < 0x6100 and one & 0xFFFF == _OVERLAY_POSITION
        if of_overlay and (one >> 16 << 16 | _OVERLAY_DATA) not in attributes.spans:
            raise UnreadableFileError("an overlay is hidden in its pixels", attributes.name, "leave it out")


def _check_one_patient(patients: Sequence[Patient]) -> None:
    ids = {one.patient_id for one in patients} - {""}
    births = {(one.birth_date or "").replace(".", "") for one in patients} - {""}
    names = {spelling(one.name) for one in patients} - {""}
    for what, told in (("patients' IDs", ids), ("birth dates", births), ("names, and no ID,", set() if ids else names)):
        if len(told) > 1:
            raise InconsistentStudyError(
                f"{len(told)} {what} are among the files", mend="give one patient's files at a time"
            )


def _new_names(kinds: Mapping[str, str]) -> Iterator[str]:
    """New names by kind and number, whose order is that of the old ones."""
    total, seen = Counter(kinds.values()), Counter[str]()
    for kind in kinds.values():
        seen[kind] += 1
        digits = max(_DIGITS, len(str(total[kind])))
        if kind in (*_IMAGES, "IMAGE"):
            yield f"{kind}/{kind}_{seen[kind]:0{digits}d}.dcm"
        elif total[kind] > 1:
            yield f"{kind}_{seen[kind]:0{len(str(total[kind]))}d}.dcm"
        else:
            yield f"{kind}.dcm"
