"""CT, RT Structure Set and RT Dose datasets from arrays and contours.

Objects made with the same `key` belong together (patient, study, frame of reference) and reference each other by the
names in the keyword arguments (``plan="RTPLAN"``), so that a test case is a few lines::

    rois = [RoiSpec("Liver", 1, cylinder_contours(40, 60, 3))]
    save(structure_set_dataset(rois, key="a"), folder / "RTSTRUCT.dcm")
    save(dose_dataset(dose_gy, (-60, -60, -40), (2, 2, 2), key="a"), folder / "RTDOSE.dcm")
    save(plan_dataset(40, 5, key="a"), folder / "RTPLAN.dcm")

Every function returns a dataset that may be changed before it is saved: that is how broken files are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import (
    CTImageStorage,
    RLELossless,
    RTDoseStorage,
    RTPlanStorage,
    RTStructureSetStorage,
)

from rtcheck.errors import UsageError
from rtcheck.geometry import FloatArray
from rtcheck.synthetic.headers import DATES, TIMES, approve, decimal_string, new_dataset, reference, uid

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
#: Detached Study Management, retired; RTSTRUCT's RTReferencedStudySequence asks for it all the same (PS3.3, C.8.8.5).
DETACHED_STUDY = "1.2.840.10008.3.1.2.3.1"
HU_INTERCEPT = -1024


@dataclass(frozen=True, eq=False)
class RoiSpec:
    """One ROI to write.

    Attributes
    ----------
    name : str
    number : int
    contours : sequence of array_like, shape (n, 3)
        Patient coordinates in mm; empty for an ROI that was named and never drawn.
    interpreted_type : str or None
        RTROIInterpretedType; None leaves the ROI's observation out.
    geometric_type : str
        ContourGeometricType of every contour.
    color : tuple of int
        ROIDisplayColor.
    """

    name: str
    number: int
    contours: Sequence[FloatArray]
    interpreted_type: str | None = "ORGAN"
    geometric_type: str = "CLOSED_PLANAR"
    color: tuple[int, int, int] = (255, 0, 0)


def ct_datasets(
    pixels_hu: NDArray[np.integer | np.floating],
    origin_mm: Sequence[float],
    spacing_mm: Sequence[float] = (3.0, 1.0, 1.0),
    *,
    key: str = "phantom",
    patient_id: str | None = None,
    patient_name: str = "Phantom^Synthetic",
    compress: bool = True,
) -> tuple[FileDataset, ...]:
    """One CT slice per plane of `pixels_hu`, axial, feet to head.

    Parameters
    ----------
    pixels_hu : ndarray, shape (slices, rows, columns)
        Hounsfield units, -1024 to 3071.
    origin_mm : sequence of float, shape (3,)
        Patient coordinates of the centre of the first pixel of the first slice.
    spacing_mm : sequence of float, shape (3,)
        Distance of slices, rows and columns; the slice distance is also the slice thickness.
    key, patient_id, patient_name : str
        See `new_dataset`.
    compress : bool
        RLE Lossless, else Explicit VR Little Endian.

    Returns
    -------
    tuple of pydicom.dataset.FileDataset
        SOP Instance UIDs are ``uid(key, "CT", n)``, n from 1.
    """
    stored = np.asarray(np.clip(np.rint(pixels_hu), HU_INTERCEPT, 3071) - HU_INTERCEPT, dtype="<u2")
    slices = []
    for index, plane in enumerate(stored):
        dataset = new_dataset(
            CTImageStorage,
            "CT",
            key=key,
            instance=("CT", index + 1),
            patient_id=patient_id,
            patient_name=patient_name,
        )
        z_mm = origin_mm[2] + index * spacing_mm[0]
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        dataset.AcquisitionDate = dataset.ContentDate = DATES["CT"]
        dataset.AcquisitionTime = dataset.ContentTime = TIMES["CT"]
        dataset.InstanceNumber, dataset.AcquisitionNumber = index + 1, 1
        dataset.KVP = "120"
        dataset.SliceThickness = decimal_string(spacing_mm[0])
        dataset.SliceLocation = decimal_string(z_mm)
        dataset.PatientPosition = "HFS"
        _add_frame_of_reference(dataset, key)
        _add_plane(dataset, plane.shape, (origin_mm[0], origin_mm[1], z_mm), spacing_mm[1:], AXIAL)
        _add_pixel_format(dataset, bits_allocated=16, bits_stored=12)
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = str(HU_INTERCEPT), "1", "HU"
        dataset.WindowCenter, dataset.WindowWidth = "40", "400"
        dataset.PixelData = plane.tobytes()
        dataset["PixelData"].VR = "OW"
        if compress:
            dataset.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
        slices.append(dataset)
    return tuple(slices)


def structure_set_dataset(
    rois: Sequence[RoiSpec],
    *,
    ct: Sequence[Dataset] = (),
    key: str = "phantom",
    instance: str = "RTSTRUCT",
    label: str = "Synthetic",
    patient_id: str | None = None,
    patient_name: str = "Phantom^Synthetic",
    digits: int = 2,
) -> FileDataset:
    """An RT Structure Set, approved.

    Parameters
    ----------
    rois : sequence of RoiSpec
    ct : sequence of pydicom.dataset.Dataset
        The slices it was drawn on: referenced as series, and by each axial contour within 0.01 mm of a slice.
    key, patient_id, patient_name : str
        See `new_dataset`.
    instance : str
        Tells several structure sets of one `key` apart.
    label : str
    digits : int
        Decimals of ContourData, in mm.
    """
    dataset = new_dataset(
        RTStructureSetStorage,
        "RTSTRUCT",
        key=key,
        instance=(instance,),
        patient_id=patient_id,
        patient_name=patient_name,
    )
    dataset.StructureSetLabel = label
    dataset.StructureSetDate, dataset.StructureSetTime = DATES["RTSTRUCT"], TIMES["RTSTRUCT"]
    dataset.OperatorsName = ""
    _add_frame_of_reference(dataset, key)
    dataset.ReferencedFrameOfReferenceSequence = [_referenced_frame(ct, key)]
    dataset.StructureSetROISequence = [_structure_set_roi(roi, key) for roi in rois]
    slice_at = {round(float(image.ImagePositionPatient[2]), 2): image for image in ct}
    dataset.ROIContourSequence = [_roi_contour(roi, slice_at, digits) for roi in rois]
    dataset.RTROIObservationsSequence = [_observation(roi) for roi in rois if roi.interpreted_type is not None]
    approve(dataset, "RTSTRUCT")
    return dataset


def dose_dataset(
    dose_gy: NDArray[np.floating],
    origin_mm: Sequence[float],
    spacing_mm: Sequence[float] = (2.5, 2.5, 2.5),
    *,
    orientation: Sequence[float] = AXIAL,
    offsets_mm: Sequence[float] | None = None,
    bits: int = 32,
    scaling: float | None = None,
    key: str = "phantom",
    instance: str = "RTDOSE",
    plan: str | None = "RTPLAN",
    structure_set: str | None = "RTSTRUCT",
    units: str = "GY",
    dose_type: str = "PHYSICAL",
    summation_type: str = "PLAN",
    patient_id: str | None = None,
    patient_name: str = "Phantom^Synthetic",
) -> FileDataset:
    """An RT Dose.

    Parameters
    ----------
    dose_gy : ndarray, shape (frames, rows, columns)
        Not negative.
    origin_mm : sequence of float, shape (3,)
        ImagePositionPatient: centre of the first sample of the first frame.
    spacing_mm : sequence of float, shape (3,)
        Distance of frames, rows and columns.
    orientation : sequence of float, shape (6,)
        ImageOrientationPatient.
    offsets_mm : sequence of float, optional
        GridFrameOffsetVector as it shall stand in the file; relative, from 0, `spacing_mm` apart where not given.
    bits : {16, 32}
    scaling : float, optional
        DoseGridScaling in Gy; the smallest that holds the maximum where not given.
    key, patient_id, patient_name : str
        See `new_dataset`.
    instance : str
        Tells several doses of one `key` apart.
    plan, structure_set : str or None
        Instance names of the objects referenced; None references none.
    units, dose_type, summation_type : str
        DoseUnits, DoseType, DoseSummationType.

    Raises
    ------
    UsageError
        If the array isn't three-dimensional, a dose is negative or not finite, or one doesn't fit into the pixels.
    """
    pixels, step_gy = _dose_pixels(dose_gy, bits, scaling)
    dataset = new_dataset(
        RTDoseStorage, "RTDOSE", key=key, instance=(instance,), patient_id=patient_id, patient_name=patient_name
    )
    dataset.InstanceNumber = 1
    dataset.ContentDate, dataset.ContentTime = DATES["RTDOSE"], TIMES["RTDOSE"]
    dataset.OperatorsName = ""
    _add_frame_of_reference(dataset, key)
    _add_plane(dataset, pixels.shape[1:], origin_mm, spacing_mm[1:], orientation)
    dataset.SliceThickness = decimal_string(spacing_mm[0])
    _add_pixel_format(dataset, bits_allocated=bits, bits_stored=bits)
    dataset.NumberOfFrames = len(pixels)
    dataset.FrameIncrementPointer = 0x3004000C  # GridFrameOffsetVector
    offsets = np.arange(len(pixels)) * spacing_mm[0] if offsets_mm is None else offsets_mm
    dataset.GridFrameOffsetVector = [decimal_string(float(offset)) for offset in offsets]
    dataset.DoseUnits, dataset.DoseType, dataset.DoseSummationType = units, dose_type, summation_type
    dataset.DoseComment = "Analytic dose of a synthetic phantom"
    dataset.TissueHeterogeneityCorrection = "IMAGE"
    dataset.DoseGridScaling = step_gy
    if plan is not None:
        dataset.ReferencedRTPlanSequence = [reference(RTPlanStorage, uid(key, plan))]
    if structure_set is not None:
        dataset.ReferencedStructureSetSequence = [reference(RTStructureSetStorage, uid(key, structure_set))]
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OW"
    return dataset


def _dose_pixels(
    dose_gy: NDArray[np.floating], bits: int, scaling: float | None
) -> tuple[NDArray[np.unsignedinteger], str]:
    if dose_gy.ndim != 3:
        raise UsageError(f"dose of {dose_gy.ndim} dimensions; give (frames, rows, columns)")
    if not np.isfinite(dose_gy).all() or dose_gy.min() < 0:
        raise UsageError("dose below zero or not finite; RT Dose pixels are unsigned")
    largest = 2**bits - 1
    step = float(dose_gy.max()) / largest * (1 + 1e-6) if scaling is None else scaling
    text = f"{step:.9e}" if step > 0 else "1"
    pixels = np.rint(np.asarray(dose_gy, dtype=np.float64) / float(text))
    if pixels.max() > largest:
        raise UsageError(f"{dose_gy.max():g} Gy doesn't fit into {bits} bits at {text} Gy a step")
    return pixels.astype(f"<u{bits // 8}"), text


def _add_frame_of_reference(dataset: Dataset, key: str) -> None:
    dataset.FrameOfReferenceUID = uid(key, "frame-of-reference")
    dataset.PositionReferenceIndicator = ""


def _add_plane(
    dataset: Dataset,
    shape: tuple[int, ...],
    position_mm: Sequence[float],
    spacing_mm: Sequence[float],
    orientation: Sequence[float],
) -> None:
    dataset.Rows, dataset.Columns = shape
    dataset.ImagePositionPatient = [decimal_string(value, 4) for value in position_mm]
    dataset.ImageOrientationPatient = [decimal_string(value, 8) for value in orientation]
    dataset.PixelSpacing = [decimal_string(value, 7) for value in spacing_mm]


def _add_pixel_format(dataset: Dataset, *, bits_allocated: int, bits_stored: int) -> None:
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits_allocated, bits_stored, bits_stored - 1
    dataset.PixelRepresentation = 0


def _referenced_frame(ct: Sequence[Dataset], key: str) -> Dataset:
    frame = Dataset()
    frame.FrameOfReferenceUID = uid(key, "frame-of-reference")
    if ct:
        series = Dataset()
        series.SeriesInstanceUID = ct[0].SeriesInstanceUID
        series.ContourImageSequence = [reference(image.SOPClassUID, image.SOPInstanceUID) for image in ct]
        study = reference(DETACHED_STUDY, ct[0].StudyInstanceUID)
        study.RTReferencedSeriesSequence = [series]
        frame.RTReferencedStudySequence = [study]
    return frame


def _structure_set_roi(roi: RoiSpec, key: str) -> Dataset:
    item = Dataset()
    item.ROINumber = roi.number
    item.ReferencedFrameOfReferenceUID = uid(key, "frame-of-reference")
    item.ROIName = roi.name
    item.ROIGenerationAlgorithm = "AUTOMATIC"
    return item


def _roi_contour(roi: RoiSpec, slice_at: dict[float, Dataset], digits: int) -> Dataset:
    item = Dataset()
    item.ROIDisplayColor = list(roi.color)
    item.ReferencedROINumber = roi.number
    if len(roi.contours):
        item.ContourSequence = [_contour(points, roi.geometric_type, slice_at, digits) for points in roi.contours]
    return item


def _contour(points_mm: FloatArray, geometric_type: str, slice_at: dict[float, Dataset], digits: int) -> Dataset:
    item = Dataset()
    image = slice_at.get(round(float(points_mm[0][2]), 2))
    if image is not None:
        item.ContourImageSequence = [reference(image.SOPClassUID, image.SOPInstanceUID)]
    item.ContourGeometricType = geometric_type
    item.NumberOfContourPoints = len(points_mm)
    item.ContourData = [decimal_string(value, digits) for value in np.ravel(points_mm).tolist()]
    return item


def _observation(roi: RoiSpec) -> Dataset:
    item = Dataset()
    item.ObservationNumber = roi.number
    item.ReferencedROINumber = roi.number
    item.RTROIInterpretedType = roi.interpreted_type
    item.ROIInterpreter = ""
    return item
