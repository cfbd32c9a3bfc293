"""RT Dose datasets: of a plan, a sum of plans, a fraction group, beams or control points, in gray or relative.

References
----------
.. [1] DICOM PS3.3, C.8.8.3 (RT Dose module).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import RTDoseStorage, RTPlanStorage, RTStructureSetStorage

from rtcheck.errors import UsageError
from rtcheck.synthetic.headers import (
    AXIAL,
    DATES,
    FRAME,
    TIMES,
    add_frame_of_reference,
    add_pixel_format,
    add_plane,
    decimal_string,
    new_dataset,
    reference,
    uid,
)


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
    frame: str = FRAME,
    plan: str | Sequence[str] | None = "RTPLAN",
    group: int | None = None,
    beam: int | None = None,
    control_points: tuple[int, int] | None = None,
    structure_set: str | None = "RTSTRUCT",
    units: str = "GY",
    relative_to_gy: float | None = None,
    dose_type: str = "PHYSICAL",
    summation_type: str = "PLAN",
    patient_id: str | None = None,
    patient_name: str = "Phantom^Synthetic",
) -> FileDataset:
    """An RT Dose [1]_.

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
    frame : str
        Tells several frames of reference of one `key` apart: the UID is ``uid(key, frame)``.
    plan : str, sequence of str or None
        Instance name of the plan referenced, or of several (MULTI_PLAN); None references none.
    group : int, optional
        Number of the plan's fraction group whose dose it is (FRACTION).
    beam : int, optional
        Number of that group's beam whose dose it is (BEAM).
    control_points : tuple of int, optional
        Indices of that beam's control points between which it is given (CONTROL_POINT).
    structure_set : str or None
        Instance name of the structure set referenced; None references none.
    units, dose_type, summation_type : str
        DoseUnits, DoseType, DoseSummationType.
    relative_to_gy : float, optional
        The dose that stands as 100: values are written in percent of it, and DoseUnits is RELATIVE.

    Raises
    ------
    UsageError
        If the array isn't three-dimensional, a dose is negative or not finite, or one doesn't fit into the pixels; if
        a part is named without the whole that it is of; if the dose that stands as 100 isn't positive.
    """
    if relative_to_gy is not None:
        dose_gy, units = _percent_of(dose_gy, relative_to_gy), "RELATIVE"
    pixels, step = _dose_pixels(dose_gy, bits, scaling)
    dataset = new_dataset(
        RTDoseStorage, "RTDOSE", key=key, instance=(instance,), patient_id=patient_id, patient_name=patient_name
    )
    dataset.InstanceNumber = 1
    dataset.ContentDate, dataset.ContentTime = DATES["RTDOSE"], TIMES["RTDOSE"]
    dataset.OperatorsName = ""
    add_frame_of_reference(dataset, key, frame)
    add_plane(dataset, pixels.shape[1:], origin_mm, spacing_mm[1:], orientation)
    dataset.SliceThickness = decimal_string(spacing_mm[0])
    add_pixel_format(dataset, bits_allocated=bits, bits_stored=bits)
    dataset.NumberOfFrames = len(pixels)
    dataset.FrameIncrementPointer = 0x3004000C  # GridFrameOffsetVector
    offsets = np.arange(len(pixels)) * spacing_mm[0] if offsets_mm is None else offsets_mm
    dataset.GridFrameOffsetVector = [decimal_string(float(offset)) for offset in offsets]
    dataset.DoseUnits, dataset.DoseType, dataset.DoseSummationType = units, dose_type, summation_type
    dataset.DoseComment = "Analytic dose of a synthetic phantom"
    dataset.TissueHeterogeneityCorrection = "IMAGE"
    dataset.DoseGridScaling = step
    plans = [plan] if isinstance(plan, str) else plan or ()
    if plans:
        dataset.ReferencedRTPlanSequence = [reference(RTPlanStorage, uid(key, name)) for name in plans]
    _add_part(dataset, group, beam, control_points)
    if structure_set is not None:
        dataset.ReferencedStructureSetSequence = [reference(RTStructureSetStorage, uid(key, structure_set))]
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OW"
    return dataset


def _percent_of(dose_gy: NDArray[np.floating], whole_gy: float) -> NDArray[np.floating]:
    if not whole_gy > 0:
        raise UsageError(f"relative to {whole_gy} Gy; give the positive dose that stands as 100")
    return dose_gy * (100 / whole_gy)


def _add_part(dataset: Dataset, group: int | None, beam: int | None, control_points: tuple[int, int] | None) -> None:
    """Say in the plan reference which part of the plan it is: each level stands inside the one above."""
    if group is None:
        if beam is not None or control_points is not None:
            raise UsageError("a beam or control points without their fraction group; give `group`")
        return
    if "ReferencedRTPlanSequence" not in dataset or len(dataset.ReferencedRTPlanSequence) != 1:
        raise UsageError("a fraction group belongs to one plan; give `plan`")
    group_item = Dataset()
    group_item.ReferencedFractionGroupNumber = group
    dataset.ReferencedRTPlanSequence[0].ReferencedFractionGroupSequence = [group_item]
    if beam is None:
        if control_points is not None:
            raise UsageError("control points without their beam; give `beam`")
        return
    beam_item = Dataset()
    beam_item.ReferencedBeamNumber = beam
    group_item.ReferencedBeamSequence = [beam_item]
    if control_points is not None:
        segment = Dataset()
        segment.ReferencedStartControlPointIndex, segment.ReferencedStopControlPointIndex = control_points
        beam_item.ReferencedControlPointSequence = [segment]


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
