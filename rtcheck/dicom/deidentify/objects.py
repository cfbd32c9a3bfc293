"""Objects copied without identity: RT objects, images and registrations; everything else stays behind, by name."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import pydicom
from pydicom import uid as storage
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.tag import BaseTag

from rtcheck.dicom.deidentify.actions import PATIENT_ID, PATIENT_NAME, Action, action_of
from rtcheck.dicom.deidentify.identity import Screen, identity_of
from rtcheck.dicom.deidentify.pseudonyms import Pseudonyms
from rtcheck.dicom.files import Source, find_files
from rtcheck.errors import IncompleteStudyError, InconsistentStudyError, UnreadableFileError

#: What is copied, and the folder or name that its files get.
_COPIED = {
    storage.CTImageStorage: "CT",
    storage.MRImageStorage: "MR",
    storage.PositronEmissionTomographyImageStorage: "PT",
    storage.RTPlanStorage: "RTPLAN",
    storage.RTIonPlanStorage: "RTPLAN",
    storage.RTStructureSetStorage: "RTSTRUCT",
    storage.RTDoseStorage: "RTDOSE",
    storage.SpatialRegistrationStorage: "REG",
}
_IMAGES = frozenset({"CT", "MR", "PT"})
#: DICOM PS3.16, context group 7050.
_METHODS = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113105", "Clean Descriptors Option"),
    ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
)
_DUMMIES = {"DS": "0", "IS": "0", "US": 0, "UL": 0, "SS": 0, "SL": 0, "FD": 0.0, "FL": 0.0}
_DUMMY = "ANONYMISED"
_IMPLEMENTATION = storage.UID("2.25.155420083474513870226903241398651934241")


@dataclass(frozen=True)
class Copy:
    """One copied file.

    Attributes
    ----------
    name : str
        Path in the new folder: ``CT/CT_001.dcm``.
    content : bytes
    original : str
        Name of the file that it is of.
    """

    name: str
    content: bytes
    original: str


def copies(source: Source, pseudonyms: Pseudonyms) -> tuple[tuple[Copy, ...], tuple[str, ...], Screen]:
    """Copies of all objects of one patient.

    Parameters
    ----------
    source : path, or sequence of paths or ``(name, bytes)``
    pseudonyms : Pseudonyms
        Takes in what became what.

    Returns
    -------
    copies : tuple of Copy
        In the order of the original names; SOP Instance UIDs, links, geometry, pixels and contours as they were but
        for new UIDs.
    left_out : tuple of str
        Files that hold something else, with what it is.
    screen : Screen
        What texts were changed.

    Raises
    ------
    IncompleteStudyError, InconsistentStudyError, UnreadableFileError
        Nothing to copy, several patients, or a file that can't be read, or that has names burnt into its pixels.
    """
    kept, left_out = _read(source)
    if not kept:
        raise IncompleteStudyError("no RT object and no image is there", mend="give a patient's folder, zip or files")
    patients = {(str(dataset.get("PatientID") or ""), str(dataset.get("PatientName") or "")) for _, dataset in kept}
    if len({one for one, _ in patients if one}) > 1:
        raise InconsistentStudyError(
            f"objects of {len({one for one, _ in patients if one})} patients are among the files",
            mend="give one patient's files at a time",
        )
    pseudonyms.patients[:] = sorted({*pseudonyms.patients, *patients})
    screen = Screen(identity_of(dataset for _, dataset in kept))
    names = _names(kept)
    made = []
    for (original, dataset), name in zip(kept, names, strict=True):
        _clean(dataset, pseudonyms, screen)
        _say_so(dataset, pseudonyms)
        made.append(Copy(name, _written(dataset), original))
    return tuple(made), tuple(left_out), screen


def _read(source: Source) -> tuple[list[tuple[str, Dataset]], list[str]]:
    kept: list[tuple[str, Dataset]] = []
    left_out: list[str] = []
    for name, data in find_files(source):
        if data is None:
            left_out.append(f"{name} (no DICOM)")
            continue
        try:
            dataset = pydicom.dcmread(io.BytesIO(data), force=True)
            kind = dataset.get("SOPClassUID")
        except (InvalidDicomError, ValueError, TypeError, EOFError, OSError) as error:
            raise UnreadableFileError(f"it can't be read ({error})", name, "leave it out, or export it again") from None
        if kind not in _COPIED:
            left_out.append(f"{name} ({getattr(kind, 'name', None) or 'no SOP class'})")
            continue
        if str(dataset.get("BurnedInAnnotation") or "").upper() == "YES":
            raise UnreadableFileError("names may be burnt into its pixels", name, "leave it out, or black them out")
        kept.append((name, dataset))
    return kept, left_out


def _names(kept: Sequence[tuple[str, Dataset]]) -> list[str]:
    """New names by kind and number: the old ones may say who the patient is."""
    kinds = [_COPIED[dataset.SOPClassUID] for _, dataset in kept]
    total, seen = Counter(kinds), Counter[str]()
    found = []
    for kind in kinds:
        seen[kind] += 1
        number = f"_{seen[kind]:03d}" if kind in _IMAGES else f"_{seen[kind]}" if total[kind] > 1 else ""
        found.append(f"{kind}/{kind}{number}.dcm" if kind in _IMAGES else f"{kind}{number}.dcm")
    return found


def _clean(dataset: Dataset, pseudonyms: Pseudonyms, screen: Screen) -> None:
    """Every attribute by its action, in sequences too. What is kept isn't decoded: contours and pixels stay bytes."""
    for tag in list(dataset.keys()):
        action = action_of(BaseTag(tag))
        if action is Action.REMOVE:
            del dataset[tag]
        elif _is_sequence(dataset, tag) and action in (Action.KEEP, Action.UID):
            for item in dataset[tag].value:
                _clean(item, pseudonyms, screen)
        elif action is Action.KEEP:
            continue
        elif _is_sequence(dataset, tag):
            dataset[tag].value = []
        else:
            _changed(dataset, tag, action, pseudonyms, screen)


def _is_sequence(dataset: Dataset, tag: int) -> bool:
    raw = dataset.get_item(tag)
    vr = getattr(raw, "VR", None)
    return vr == "SQ" or (vr in (None, "UN") and _dictionary_vr(tag) == "SQ")


def _dictionary_vr(tag: int) -> str:
    try:
        return pydicom.datadict.dictionary_VR(tag)
    except KeyError:
        return "UN"


def _changed(dataset: Dataset, tag: int, action: Action, pseudonyms: Pseudonyms, screen: Screen) -> None:
    element = dataset[tag]
    if action is Action.EMPTY or element.is_empty:
        element.value = None
    elif action is Action.UID:
        element.value = _each(element.value, lambda value: pseudonyms.uid(str(value)))
    elif action is Action.CLEAN:
        element.value = _each(element.value, lambda value: screen.clean(str(value)))
    elif action is Action.MACHINE:
        element.value = pseudonyms.machine(str(element.value))
    elif action is Action.SHIFT:
        element.value = _each(element.value, lambda value: _shifted(str(value), pseudonyms))
    else:
        element.value = _DUMMIES.get(element.VR, _DUMMY)


def _each(value: object, change: object) -> object:
    several = type(value).__name__ == "MultiValue" or isinstance(value, list)
    return [change(one) for one in value] if several else change(value)  # type: ignore[operator, attr-defined]


def _shifted(text: str, pseudonyms: Pseudonyms) -> str:
    """A DA or DT moved; what is no day is taken away."""
    digits = text.strip()
    try:
        day = datetime.strptime(digits[:8], "%Y%m%d").date()
    except ValueError:
        return ""
    return f"{pseudonyms.day(day):%Y%m%d}{digits[8:]}"


def _say_so(dataset: Dataset, pseudonyms: Pseudonyms) -> None:
    """Who it is now, and what was done (PS3.3, C.7.1.1 and C.12.1)."""
    dataset[PATIENT_NAME] = pydicom.DataElement(PATIENT_NAME, "PN", pseudonyms.code)
    dataset[PATIENT_ID] = pydicom.DataElement(PATIENT_ID, "LO", pseudonyms.code)
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "rtcheck, DICOM PS3.15 basic profile"
    dataset.LongitudinalTemporalInformationModified = "MODIFIED"
    dataset.DeidentificationMethodCodeSequence = list(_method_items())


def _method_items() -> Iterator[Dataset]:
    for code, meaning in _METHODS:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", meaning
        yield item


def _written(dataset: Dataset) -> bytes:
    """The file's bytes, with file meta information of its own."""
    before = getattr(dataset, "file_meta", None) or FileMetaDataset()
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = before.get("TransferSyntaxUID") or storage.ImplicitVRLittleEndian
    meta.ImplementationClassUID = _IMPLEMENTATION
    meta.ImplementationVersionName = "RTCHECK"
    dataset.file_meta = meta
    dataset.preamble = b"\x00" * 128
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
