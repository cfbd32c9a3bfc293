"""CT and RT Structure Set datasets from arrays and contours.

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
from pydicom.uid import CTImageStorage, RLELossless, RTStructureSetStorage

from rtcheck.geometry import FloatArray
from rtcheck.synthetic.headers import (
    DATES,
    FRAME,
    TIMES,
    add_frame_of_reference,
    add_pixel_format,
    add_plane,
    approve,
    decimal_string,
    new_dataset,
    reference,
    uid,
)

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


def point_roi(
    name: str, number: int, point_mm: Sequence[float] = (0.0, 0.0, 0.0), interpreted_type: str | None = "MARKER"
) -> RoiSpec:
    """An ROI of one point: ContourGeometricType POINT.

    Planning systems keep reference points so, and some clinics write the prescription into the name of one.
    """
    return RoiSpec(name, number, [np.array([point_mm], dtype=np.float64)], interpreted_type, geometric_type="POINT")


def ct_datasets(
    pixels_hu: NDArray[np.integer | np.floating],
    origin_mm: Sequence[float],
    spacing_mm: Sequence[float] = (3.0, 1.0, 1.0),
    *,
    key: str = "phantom",
    frame: str = FRAME,
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
    frame : str
        Tells several frames of reference of one `key` apart: the UID is ``uid(key, frame)``.
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
        add_frame_of_reference(dataset, key, frame)
        add_plane(dataset, plane.shape, (origin_mm[0], origin_mm[1], z_mm), spacing_mm[1:])
        add_pixel_format(dataset, bits_allocated=16, bits_stored=12)
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
    frame: str = FRAME,
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
    frame : str
        Tells several frames of reference of one `key` apart: the UID is ``uid(key, frame)``.
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
    add_frame_of_reference(dataset, key, frame)
    dataset.ReferencedFrameOfReferenceSequence = [_referenced_frame(ct, uid(key, frame))]
    dataset.StructureSetROISequence = [_structure_set_roi(roi, uid(key, frame)) for roi in rois]
    slice_at = {round(float(image.ImagePositionPatient[2]), 2): image for image in ct}
    dataset.ROIContourSequence = [_roi_contour(roi, slice_at, digits) for roi in rois]
    dataset.RTROIObservationsSequence = [_observation(roi) for roi in rois if roi.interpreted_type is not None]
    approve(dataset, "RTSTRUCT")
    return dataset


def _referenced_frame(ct: Sequence[Dataset], frame_uid: str) -> Dataset:
    frame = Dataset()
    frame.FrameOfReferenceUID = frame_uid
    if ct:
        series = Dataset()
        series.SeriesInstanceUID = ct[0].SeriesInstanceUID
        series.ContourImageSequence = [reference(image.SOPClassUID, image.SOPInstanceUID) for image in ct]
        study = reference(DETACHED_STUDY, ct[0].StudyInstanceUID)
        study.RTReferencedSeriesSequence = [series]
        frame.RTReferencedStudySequence = [study]
    return frame


def _structure_set_roi(roi: RoiSpec, frame_uid: str) -> Dataset:
    item = Dataset()
    item.ROINumber = roi.number
    item.ReferencedFrameOfReferenceUID = frame_uid
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
