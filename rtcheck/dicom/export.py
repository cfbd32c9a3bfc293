"""What rtcheck found, as DICOM objects that a planning system or an archive reads: DVHs, and the report on paper.

Both objects belong to the patient and the study of the plan, in series of their own. Their UIDs are derived from what
they hold, so that the same content is the same object.

References
----------
.. [1] DICOM PS3.3, A.18 (RT Dose IOD), C.8.8.4 (RT DVH module), A.45.1 and C.24 (Encapsulated PDF).
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, EncapsulatedPDFStorage, ExplicitVRLittleEndian, RTDoseStorage, RTStructureSetStorage
from pydicom.uid import RTPlanStorage as PlanStorage
from pydicom.valuerep import format_number_as_ds

from rtcheck.case import Case
from rtcheck.dvh import DVH
from rtcheck.errors import UsageError
from rtcheck.study import ROI, Study

#: Bins of a DVH that is written: DVHData may be no longer than 64 kB where lengths are explicit, and a bin takes two
#: numbers of up to 16 letters.
BINS = 1500
_DECIMALS = 6


def dvh_object(case: Case, time: datetime) -> tuple[bytes, Mapping[str, str]]:
    """An RT Dose without pixels that holds the cumulative DVH of every ROI, in gray and cubic centimetres.

    Parameters
    ----------
    case : Case
    time : datetime
        When it was made.

    Returns
    -------
    content : bytes
        The file.
    left_out : mapping of str to str
        ROIs without a DVH, and those of which a part lies outside the dose grid, whose curve would look complete; with
        the reason.

    Raises
    ------
    UsageError
        Where no ROI has a DVH.
    """
    left_out: dict[str, str] = {}
    items = []
    for roi, dvh in zip(case.study.structure_set.rois, case.dvhs(), strict=True):
        if reason := _unwritten(dvh):
            left_out[roi.name] = reason
        else:
            items.append(_dvh_item(roi, dvh, case))
    if not items:
        raise UsageError(f"no ROI has a DVH to write: {'; '.join(f'{name}: {why}' for name, why in left_out.items())}")
    study = case.study
    dataset = _dataset(study, RTDoseStorage, "RTDOSE", time, "DVHs recomputed by rtcheck")
    dataset.DoseUnits = "GY"
    dataset.DoseType = "PHYSICAL" if case.dose_is_physical else "EFFECTIVE"
    dataset.DoseSummationType = "PLAN" if len(study.plans) <= 1 else "MULTI_PLAN"
    dataset.DoseComment = "DVHs recomputed by rtcheck; a second check, no dose grid"
    if study.plans:
        dataset.ReferencedRTPlanSequence = [_reference(PlanStorage, plan.sop_instance_uid) for plan in study.plans]
    dataset.ReferencedStructureSetSequence = [_reference(RTStructureSetStorage, study.structure_set.sop_instance_uid)]
    dataset.FrameOfReferenceUID = study.structure_set.frame_of_reference_uid
    dataset.PositionReferenceIndicator = ""
    dataset.DVHSequence = items
    return _written(dataset), left_out


def pdf_object(study: Study, pdf: bytes, time: datetime, title: str) -> bytes:
    """A PDF as a DICOM object of the plan's patient and study.

    Parameters
    ----------
    study : Study
    pdf : bytes
    time : datetime
        When it was made.
    title : str
        DocumentTitle.

    Returns
    -------
    bytes
        The file.
    """
    dataset = _dataset(study, EncapsulatedPDFStorage, "DOC", time, "rtcheck report")
    dataset.ConversionType = "WSD"
    dataset.InstanceNumber = 1
    dataset.BurnedInAnnotation = "YES"
    dataset.RecognizableVisualFeatures = "NO"
    dataset.AcquisitionDateTime = ""
    dataset.DocumentTitle = title
    dataset.ConceptNameCodeSequence = []
    dataset.SourceInstanceSequence = [_reference(PlanStorage, plan.sop_instance_uid) for plan in study.plans] or [
        _reference(RTStructureSetStorage, study.structure_set.sop_instance_uid)
    ]
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.EncapsulatedDocument = pdf + b"\x00" * (len(pdf) % 2)
    dataset.EncapsulatedDocumentLength = len(pdf)
    return _written(dataset)


def _unwritten(dvh: DVH) -> str:
    if dvh.problem or dvh.curve is None:
        return dvh.problem or "no part of it lies in the dose grid"
    if dvh.outside_cc > 0:
        return f"{dvh.outside_percent:.3g} % of it lies outside the dose grid"
    return ""


def _dvh_item(roi: ROI, dvh: DVH, case: Case) -> Dataset:
    curve = dvh.curve
    assert curve is not None
    top_gy = float(curve.dose_gy[-1])
    width_gy = max(math.ceil(top_gy / BINS * 10**_DECIMALS), 1) / 10**_DECIMALS
    edges_gy = width_gy * np.arange(math.ceil(top_gy / width_gy) + 1)
    volumes_cc = curve.volumes_at(edges_gy)
    item = Dataset()
    referenced = Dataset()
    referenced.DVHROIContributionType = "INCLUDED"
    referenced.ReferencedROINumber = roi.number
    item.DVHReferencedROISequence = [referenced]
    item.DVHType = "CUMULATIVE"
    item.DoseUnits = "GY"
    item.DoseType = "PHYSICAL" if case.dose_is_physical else "EFFECTIVE"
    item.DVHDoseScaling = "1"
    item.DVHVolumeUnits = "CM3"
    item.DVHNumberOfBins = len(volumes_cc)
    width = _decimal(width_gy)
    item.DVHData = [text for volume in volumes_cc.tolist() for text in (width, _decimal(volume))]
    # Those of this curve: the extrema over contour vertices lie a little beyond, and readers compare the two.
    item.DVHMinimumDose, item.DVHMaximumDose = _decimal(float(curve.dose_gy[0])), _decimal(top_gy)
    item.DVHMeanDose = _decimal(dvh.mean_gy)
    return item


def _decimal(value: float) -> str:
    return format_number_as_ds(round(value, _DECIMALS))


def _reference(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = UID(sop_class_uid)
    item.ReferencedSOPInstanceUID = UID(sop_instance_uid)
    return item


def _dataset(study: Study, sop_class_uid: str, modality: str, time: datetime, series: str) -> FileDataset:
    """Patient, study, series and equipment; the UIDs of series and object follow when it is written."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(_uid(["rtcheck"]))
    meta.ImplementationVersionName = "RTCHECK"
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\x00" * 128)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.InstanceCreationDate = dataset.ContentDate = dataset.SeriesDate = time.strftime("%Y%m%d")
    dataset.InstanceCreationTime = dataset.ContentTime = dataset.SeriesTime = time.strftime("%H%M%S")
    dataset.Modality = modality
    dataset.Manufacturer = dataset.ManufacturerModelName = "rtcheck"
    dataset.SoftwareVersions = "rtcheck"
    dataset.PatientID, dataset.PatientName = study.patient.patient_id, study.patient.name
    dataset.PatientBirthDate, dataset.PatientSex = study.patient.birth_date or "", study.patient.sex or ""
    if not study.study_instance_uid:
        raise UsageError("the files state no StudyInstanceUID, without which no object can be filed with them")
    dataset.StudyInstanceUID = UID(study.study_instance_uid)
    dataset.StudyDate = dataset.StudyTime = dataset.StudyID = ""
    dataset.AccessionNumber = dataset.ReferringPhysicianName = dataset.OperatorsName = ""
    dataset.SeriesDescription, dataset.SeriesNumber = series, 1
    dataset.SOPInstanceUID = dataset.SeriesInstanceUID = ""
    return dataset


def _written(dataset: FileDataset) -> bytes:
    """The file's bytes; its UIDs are made from all else that it holds."""
    dataset.SOPInstanceUID = dataset.SeriesInstanceUID = UID("2.25.1")
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    content = sha256(_saved(dataset)).hexdigest()
    dataset.SOPInstanceUID = UID(_uid([content, "instance"]))
    dataset.SeriesInstanceUID = UID(_uid([content, "series"]))
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return _saved(dataset)


def _saved(dataset: FileDataset) -> bytes:
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _uid(parts: Sequence[str]) -> str:
    """A UID under the root 2.25 (PS3.5, B.2) from texts; its UUID is marked as one made by hashing (version 8)."""
    digest = bytearray(sha256("/".join(("rtcheck", *parts)).encode()).digest()[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80
    return f"2.25.{int.from_bytes(digest, 'big')}"
