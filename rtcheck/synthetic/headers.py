"""What every synthetic DICOM object has in common: identifiers made by hashing, fixed dates, file meta, saving.

Nothing here is random and nothing reads a clock: the same key gives the same bytes.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from pathlib import Path

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

#: Scope of the name-based UUIDs that the UIDs are made of.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://rtcheck.invalid/synthetic")
MANUFACTURER = "rtcheck.synthetic"
IMPLEMENTATION_VERSION = "RTCHECK_SYNTH_1"

STUDY_DATE = "20240115"
#: Day on which each kind of object was "made": causal order CT <= RTSTRUCT <= RTPLAN <= RTDOSE <= REG.
DATES = {"CT": "20240115", "RTSTRUCT": "20240117", "RTPLAN": "20240119", "RTDOSE": "20240119", "REG": "20240120"}
TIMES = {"CT": "090000", "RTSTRUCT": "100000", "RTPLAN": "110000", "RTDOSE": "113000", "REG": "120000"}

#: Name of the frame of reference that objects of one key share; its UID is ``uid(key, FRAME)``.
FRAME = "frame-of-reference"
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def uid(key: str, *parts: str | int) -> UID:
    """The UID that belongs to a name, under the root 2.25 (DICOM PS3.5, B.2: derived from a UUID).

    Parameters
    ----------
    key : str
        What tells one set of objects from another, e.g. ``"hcc-sbrt-5fx/1"``.
    *parts : str or int
        What tells the objects of a set apart, e.g. ``"CT", 12``.

    Returns
    -------
    pydicom.uid.UID
        The same for the same arguments, always.
    """
    name = "/".join([key, *(str(part) for part in parts)])
    return UID(f"2.25.{uuid.uuid5(NAMESPACE, name).int}")


def unit_number(*parts: str | int) -> float:
    """A number in ``[0, 1)`` that looks random and depends on `parts` alone."""
    digest = hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2.0**48


def new_dataset(
    sop_class_uid: str,
    modality: str,
    *,
    key: str,
    instance: tuple[str | int, ...],
    patient_id: str | None = None,
    patient_name: str = "Phantom^Synthetic",
    transfer_syntax_uid: UID = ExplicitVRLittleEndian,
) -> FileDataset:
    """A dataset with file meta and the patient, study, series, equipment and SOP common modules.

    Parameters
    ----------
    sop_class_uid, modality : str
    key : str
        Objects with the same key are of one patient and one study, and of one frame of reference unless told.
    instance : tuple
        Names the object within its set; its SOP Instance UID is ``uid(key, *instance)``.
    patient_id : str, optional
        `key` (cut to 64 characters) where not given.
    patient_name : str
    transfer_syntax_uid : pydicom.uid.UID

    Returns
    -------
    pydicom.dataset.FileDataset
        Ready for `save`; series UID is ``uid(key, "series", instance[0])``.
    """
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    meta.MediaStorageSOPInstanceUID = uid(key, *instance)
    meta.TransferSyntaxUID = transfer_syntax_uid
    meta.ImplementationClassUID = uid("implementation")
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\x00" * 128)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = DATES[modality], TIMES[modality]
    dataset.Modality = modality
    dataset.Manufacturer = dataset.ManufacturerModelName = MANUFACTURER
    dataset.SoftwareVersions = IMPLEMENTATION_VERSION
    dataset.PatientID = key[:64] if patient_id is None else patient_id
    dataset.PatientName = patient_name
    dataset.PatientBirthDate = "19600101"
    dataset.PatientSex = "O"
    dataset.StudyInstanceUID = uid(key, "study")
    dataset.StudyDate, dataset.StudyTime, dataset.StudyID = STUDY_DATE, "080000", "1"
    dataset.AccessionNumber = dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = "Synthetic radiotherapy plan, not a patient"
    dataset.SeriesInstanceUID = uid(key, "series", instance[0])
    dataset.SeriesNumber = list(DATES).index(modality) + 1
    dataset.SeriesDescription = f"Synthetic {modality}"
    return dataset


def reference(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    """A sequence item that references one SOP instance."""
    item = Dataset()
    item.ReferencedSOPClassUID = UID(sop_class_uid)
    item.ReferencedSOPInstanceUID = UID(sop_instance_uid)
    return item


def add_frame_of_reference(dataset: Dataset, key: str, frame: str = FRAME) -> None:
    """Fill in the Frame of Reference module; `frame` tells several frames of one `key` apart."""
    dataset.FrameOfReferenceUID = uid(key, frame)
    dataset.PositionReferenceIndicator = ""


def add_plane(
    dataset: Dataset,
    shape: tuple[int, ...],
    position_mm: Sequence[float],
    spacing_mm: Sequence[float],
    orientation: Sequence[float] = AXIAL,
) -> None:
    """Fill in the Image Plane module; `shape` and `spacing_mm` are of rows, then columns."""
    dataset.Rows, dataset.Columns = shape
    dataset.ImagePositionPatient = [decimal_string(value, 4) for value in position_mm]
    dataset.ImageOrientationPatient = [decimal_string(value, 8) for value in orientation]
    dataset.PixelSpacing = [decimal_string(value, 7) for value in spacing_mm]


def add_pixel_format(dataset: Dataset, *, bits_allocated: int, bits_stored: int) -> None:
    """Fill in the Image Pixel module but for the pixels: one unsigned sample each."""
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits_allocated, bits_stored, bits_stored - 1
    dataset.PixelRepresentation = 0


def approve(dataset: Dataset, modality: str) -> None:
    """Fill in the Approval module: approved on the object's own day."""
    dataset.ApprovalStatus = "APPROVED"
    dataset.ReviewDate, dataset.ReviewTime = DATES[modality], "150000"
    dataset.ReviewerName = "Reviewer^Synthetic"


def decimal_string(value: float, digits: int = 3) -> str:
    """`value` rounded to `digits` decimals without trailing zeros; never ``-0``.

    Raises
    ------
    OverflowError
        If the text is longer than the 16 characters of a DICOM decimal string.
    """
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if len(text) > 16:
        raise OverflowError(f"{value} with {digits} decimals doesn't fit into a decimal string")
    return "0" if text == "-0" else text


def save(dataset: FileDataset, path: Path) -> Path:
    """Write `dataset` in the DICOM file format, parent folders included, and return `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path
