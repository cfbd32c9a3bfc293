"""RT Dose: an array in absolute gray on a grid in the patient, or a refusal.

References
----------
.. [1] DICOM PS3.3, C.8.8.3 (RT Dose module), C.7.6.2 (image plane), C.7.6.3 (image pixel).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rtcheck.dicom.attributes import Attributes
from rtcheck.dicom.normalisation import Normalisation
from rtcheck.dicom.orientation import direction_cosines
from rtcheck.dicom.pixels import read_pixels
from rtcheck.dicom.registration import Registration
from rtcheck.dicom.rtbeams import or_none
from rtcheck.dicom.stored_dvh import read_stored_dvhs
from rtcheck.errors import UnsupportedDoseError
from rtcheck.geometry import AXIS_TOLERANCE, FloatArray, Grid
from rtcheck.study import RTDose, SourceFile

#: DoseSummationType of doses that hold all of what they belong to. FRACTION is a whole fraction group's dose.
WHOLE_SUMMATIONS = frozenset({"PLAN", "MULTI_PLAN", "FRACTION"})

#: DoseSummationType of doses that add up to a plan's where every one of them is there.
PART_SUMMATIONS = frozenset({"BEAM", "CONTROL_POINT"})

#: How to mend a dose that isn't one of a plan in gray.
EXPORT_GRAY = "export the plan's physical dose in gray"

#: A first frame offset within this of 0, or of the z of ImagePositionPatient, is taken for it (mm).
OFFSET_TOLERANCE_MM = 0.01


class DoseFile(Protocol):
    """What is needed of an indexed RT Dose."""

    @property
    def attributes(self) -> Attributes:
        """The dose's data set."""

    @property
    def source(self) -> SourceFile:
        """The dose's file."""

    @property
    def transfer_syntax(self) -> str:
        """UID of the transfer syntax of its pixels."""


def unusable_reason(attributes: Attributes, *, normalised: bool = False) -> str | None:
    """Why a dose can't be taken for a plan's absolute dose; None where it can.

    Parameters
    ----------
    attributes : Attributes
    normalised : bool
        Whether it is known what the values of a RELATIVE dose mean.

    Returns
    -------
    str or None
        Half a sentence, e.g. ``"DoseUnits is RELATIVE, not GY"``.
    """
    return _not_in_gray(attributes, normalised) or _not_whole(attributes)


def is_part(attributes: Attributes, *, normalised: bool = False) -> bool:
    """Whether it is a dose of beams or control points, which can be added to that of a plan."""
    summation = attributes.code("DoseSummationType")
    return summation in PART_SUMMATIONS and _not_in_gray(attributes, normalised) is None


def _not_in_gray(attributes: Attributes, normalised: bool) -> str | None:
    units = attributes.code("DoseUnits")
    dose_type = attributes.code("DoseType")
    if units != "GY" and not (units == "RELATIVE" and normalised):
        return "DoseUnits is missing" if units is None else f"DoseUnits is {units}, not GY"
    if dose_type not in (None, "PHYSICAL", "EFFECTIVE"):
        return f"DoseType is {dose_type}: it holds no dose"
    return None


def _not_whole(attributes: Attributes) -> str | None:
    summation = attributes.code("DoseSummationType")
    if summation in ("BEAM", "BRACHY"):
        return f"DoseSummationType is {summation}: it holds one beam's part of a plan"
    if summation is not None and summation not in WHOLE_SUMMATIONS:
        return f"DoseSummationType is {summation}: it holds a part of a plan"
    return None


def read_dose(file: DoseFile, *, part: bool = False, normalisation: Normalisation | None = None) -> RTDose:
    """Read an RT Dose.

    Parameters
    ----------
    file : Instance
    part : bool
        Whether a dose of beams or control points is wanted, to be added to others.
    normalisation : Normalisation, optional
        What the values of a RELATIVE dose mean; a dose in gray is read as it stands.

    Returns
    -------
    RTDose
        With an empty SOP Instance UID or frame of reference UID where the file states none.

    Raises
    ------
    UnsupportedDoseError
        It isn't absolute dose of a plan: see `unusable_reason`; or a negative dose, or a scaling that is none.
    UnreadableFileError
        Attributes of the grid are missing or don't fit each other or the pixel data.
    """
    attributes = file.attributes
    reason = unusable_reason(attributes, normalised=normalisation is not None)
    if reason is not None and not (part and is_part(attributes, normalised=normalisation is not None)):
        raise UnsupportedDoseError(reason, attributes.name, EXPORT_GRAY)
    _note_dose_type(attributes)
    scaling = _scaling(attributes)
    if normalisation is not None and attributes.code("DoseUnits") == "RELATIVE":
        scaling *= normalisation.gy_per_unit
        attributes.stream.note("dose-normalised", f"the dose is relative, and read with {normalisation} as given")
    else:
        normalisation = None
    grid = _grid(attributes)
    dose_gy = _scaled(read_pixels(attributes, file.transfer_syntax, grid.shape), scaling, attributes)
    structure_sets = attributes.uids("ReferencedStructureSetSequence")
    return RTDose(
        sop_instance_uid=file.source.sop_instance_uid,
        grid=grid,
        dose_gy=dose_gy,
        dose_type=attributes.code("DoseType"),
        summation_type=attributes.code("DoseSummationType"),
        referenced_plan_uids=attributes.uids("ReferencedRTPlanSequence"),
        referenced_structure_set_uid=structure_sets[0] if structure_sets else None,
        source=file.source,
        dose_grid_scaling=scaling,
        date=attributes.text("InstanceCreationDate") or attributes.text("ContentDate"),
        stored_dvhs=read_stored_dvhs(attributes),
        normalisation=str(normalisation or ""),
        tissue_heterogeneity=_heterogeneity(attributes),
        comment=or_none(attributes.text, "DoseComment"),
        bits_stored=or_none(attributes.unsigned, "BitsStored"),
        time=or_none(attributes.text, _time_keyword(attributes)),
    )


def _heterogeneity(attributes: Attributes) -> str | None:
    """The terms of TissueHeterogeneityCorrection, joined by ``/``."""
    stated = or_none(attributes.code, "TissueHeterogeneityCorrection") or ""
    return "/".join(term.strip() for term in stated.split("\\") if term.strip()) or None


def _time_keyword(attributes: Attributes) -> str:
    """Where the time of the day stands that the dose's date is of."""
    return "InstanceCreationTime" if attributes.text("InstanceCreationDate") else "ContentTime"


def _note_dose_type(attributes: Attributes) -> None:
    dose_type = attributes.code("DoseType")
    if dose_type == "EFFECTIVE":
        attributes.stream.note("effective-dose", "DoseType is EFFECTIVE: weighted for biological effect, not physical")
    elif dose_type is None:
        attributes.stream.note("dose-type-missing", "DoseType is not stated; the dose is taken for physical")


def _scaling(attributes: Attributes) -> float:
    scaling = attributes.number("DoseGridScaling")
    if scaling is None:
        raise UnsupportedDoseError("DoseGridScaling is missing", attributes.name, "export the dose again, complete")
    if scaling <= 0:
        raise UnsupportedDoseError(f"DoseGridScaling is {scaling:g}, not positive", attributes.name, "export it again")
    return scaling


def _scaled(pixels: NDArray[np.generic], scaling: float, attributes: Attributes) -> NDArray[np.float32]:
    """Pixels to gray; the product is made in double precision and rounded once."""
    if pixels.dtype.kind == "i" and pixels.size and pixels.min() < 0:
        raise UnsupportedDoseError("it holds negative doses", attributes.name, "export the plan's physical dose")
    dose = np.empty(pixels.shape, np.float32)
    # Casts in small buffers: no double-precision copy of the grid is made.
    np.multiply(pixels, np.float64(scaling), out=dose, dtype=np.float64, casting="unsafe")
    if not dose.any():
        attributes.stream.note("zero-dose", "every dose value is zero")
    dose.setflags(write=False)
    return dose


def _grid(attributes: Attributes) -> Grid:
    position = attributes.numbers("ImagePositionPatient")
    if len(position) != 3:
        attributes.wrong("ImagePositionPatient", "must be three numbers")
    spacing = attributes.numbers("PixelSpacing")
    if len(spacing) != 2 or np.any(spacing <= 0):
        attributes.wrong("PixelSpacing", "must be two positive numbers")
    thickness = attributes.number("SliceThickness")
    row, column = direction_cosines(attributes)
    shape = _shape(attributes)
    origin, offsets = _frames(attributes, shape[0], position, np.cross(row, column))
    return Grid(
        origin_mm=origin,
        row_direction=row,
        column_direction=column,
        column_spacing_mm=float(spacing[1]),
        row_spacing_mm=float(spacing[0]),
        frame_offsets_mm=offsets,
        shape=shape,
        frame_of_reference_uid=attributes.text("FrameOfReferenceUID") or "",
        frame_thickness_mm=thickness if thickness is not None and thickness > 0 else None,
    )


def _shape(attributes: Attributes) -> tuple[int, int, int]:
    frames = attributes.integer("NumberOfFrames")
    frames = 1 if frames is None else frames
    rows, columns = (attributes.unsigned(keyword) for keyword in ("Rows", "Columns"))
    if not rows or not columns or frames < 1:
        attributes.refuse(
            f"the grid has {frames} frames, {rows or 'no'} rows and {columns or 'no'} columns", "export it again"
        )
    return frames, rows, columns


def _frames(
    attributes: Attributes, n_frames: int, position: FloatArray, normal: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Origin of the first frame, and signed distance of every frame from it along the normal (C.8.8.3.2).

    Offsets that begin with zero are relative, along the normal. Otherwise they are the frames' patient z, which begin
    with that of ImagePositionPatient; DICOM allows this for transverse frames alone.
    """
    offsets = attributes.numbers("GridFrameOffsetVector")
    if len(offsets) != n_frames and not (n_frames == 1 and len(offsets) == 0):
        attributes.refuse(
            f"GridFrameOffsetVector has {len(offsets)} offsets for {n_frames} frames", "export the dose again, complete"
        )
    if n_frames == 1 and len(offsets) == 0:
        return position, np.zeros(1)
    steps = np.diff(offsets)
    if np.any(steps == 0) or np.any(np.sign(steps) != np.sign(steps[:1])):
        attributes.wrong("GridFrameOffsetVector", "is neither increasing nor decreasing throughout")
    first = float(offsets[0])
    if abs(first) <= OFFSET_TOLERANCE_MM:
        return position, offsets - first
    transverse = abs(abs(normal[2]) - 1) <= AXIS_TOLERANCE
    if not transverse or abs(first - position[2]) > OFFSET_TOLERANCE_MM:
        attributes.wrong(
            "GridFrameOffsetVector",
            "begins neither with 0 nor, for transverse frames, with the z of ImagePositionPatient",
        )
    origin = np.array([position[0], position[1], first])
    return origin, (offsets - first) * np.sign(normal[2])


def in_frame(
    dose: RTDose, frame_of_reference_uid: str, registration: Registration | None, study_frame_uid: str
) -> RTDose:
    """The same dose in the study's frame of reference.

    Parameters
    ----------
    dose : RTDose
    frame_of_reference_uid : str
        The dose's own, where another object tells it.
    registration : Registration or None
        What moves it; None where it needn't be moved.
    study_frame_uid : str
    """
    grid = replace(dose.grid, frame_of_reference_uid=frame_of_reference_uid)
    if registration is None:
        return replace(dose, grid=grid)
    return replace(dose, grid=grid.moved(registration.transform, study_frame_uid), registration=str(registration))
