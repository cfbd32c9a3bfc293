"""What was read of one patient: frozen values, linked, in millimetres and gray.

DICOM keywords in snake case where they mean the same. ``None`` is *not stated in the file*; nothing is filled in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry import FloatArray, Grid


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


class GeometricType(Enum):
    """ContourGeometricType; anything else is read as OTHER and never used for a volume."""

    CLOSED_PLANAR = "CLOSED_PLANAR"
    CLOSEDPLANAR_XOR = "CLOSEDPLANAR_XOR"
    OPEN_PLANAR = "OPEN_PLANAR"
    OPEN_NONPLANAR = "OPEN_NONPLANAR"
    POINT = "POINT"
    OTHER = "OTHER"

    @property
    def is_closed(self) -> bool:
        """True for the types that bound an area."""
        return self in (GeometricType.CLOSED_PLANAR, GeometricType.CLOSEDPLANAR_XOR)


@dataclass(frozen=True, eq=False)
class Contour:
    """One contour: `points_mm` of shape ``(n, 3)``, patient coordinates, read-only."""

    geometric_type: GeometricType
    points_mm: FloatArray


@dataclass(frozen=True, eq=False)
class ROI:
    """One region of interest of a structure set.

    Attributes
    ----------
    number : int
    name : str
    interpreted_type : str or None
        RTROIInterpretedType: ``GTV``, ``PTV``, ``ORGAN``, ``EXTERNAL`` ...
    contours : tuple of Contour
        Empty where the ROI was named and never drawn.
    color : tuple of int or None
        ROIDisplayColor.
    """

    number: int
    name: str
    interpreted_type: str | None
    contours: tuple[Contour, ...]
    color: tuple[int, int, int] | None = None

    @property
    def closed_contours(self) -> tuple[Contour, ...]:
        """The contours that bound an area and have at least three points."""
        return tuple(c for c in self.contours if c.geometric_type.is_closed and len(c.points_mm) >= 3)


@dataclass(frozen=True, eq=False)
class StructureSet:
    """An RT Structure Set."""

    sop_instance_uid: str
    label: str
    frame_of_reference_uid: str
    rois: tuple[ROI, ...]
    source: SourceFile
    approval_status: str | None = None
    date: str | None = None
    referenced_image_uids: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class DoseReference:
    """An item of DoseReferenceSequence: where and how much."""

    number: int
    structure_type: str | None
    description: str | None
    reference_type: str | None
    target_prescription_dose_gy: float | None
    referenced_roi_number: int | None = None
    dose_reference_uid: str | None = None


@dataclass(frozen=True)
class ReferencedBeam:
    """A beam as its fraction group uses it: dose per fraction at the beam's point, and meterset."""

    number: int
    beam_dose_gy: float | None
    meterset: float | None


@dataclass(frozen=True)
class FractionGroup:
    """An item of FractionGroupSequence: one phase of the treatment."""

    number: int
    fractions_planned: int | None
    beams: tuple[ReferencedBeam, ...]


@dataclass(frozen=True)
class Beam:
    """An item of BeamSequence (or of IonBeamSequence)."""

    number: int
    name: str | None
    radiation_type: str | None
    treatment_delivery_type: str | None
    treatment_machine_name: str | None = None

    @property
    def treats(self) -> bool:
        """False for setup and portal-film beams."""
        return self.treatment_delivery_type in (None, "", "TREATMENT", "CONTINUATION")


@dataclass(frozen=True, eq=False)
class Plan:
    """An RT Plan (or RT Ion Plan)."""

    sop_instance_uid: str
    label: str
    name: str | None
    dose_references: tuple[DoseReference, ...]
    fraction_groups: tuple[FractionGroup, ...]
    beams: tuple[Beam, ...]
    referenced_structure_set_uid: str | None
    referenced_dose_uids: tuple[str, ...]
    source: SourceFile
    frame_of_reference_uid: str | None = None
    plan_intent: str | None = None
    approval_status: str | None = None
    date: str | None = None
    patient_positions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prescription:
    """A dose asked for one target.

    Attributes
    ----------
    total_dose_gy : float
    fractions : int
    target : str
        The dose reference's description, or its ROI's name.
    roi_number : int or None
        The target ROI where the dose reference names one.
    source : str
        Where in the plan it stands.
    """

    total_dose_gy: float
    fractions: int
    target: str
    roi_number: int | None
    source: str


@dataclass(frozen=True, eq=False)
class StoredDVH:
    """A DVH that the planning system stored with its dose (DICOM PS3.3, C.8.8.4: RT DVH module).

    Attributes
    ----------
    roi_numbers : tuple of int
        The ROIs whose union it is of; nearly always one.
    dose_gy : ndarray, shape (n,), read-only
        Edges of its bins, from 0; empty where it can't be used.
    volume_percent : ndarray, shape (n,), read-only
        Share of the whole that receives at least that dose, falling to 0.
    volume_cc : float or None
        The whole; None where the file gives volumes in percent alone.
    min_gy, max_gy, mean_gy : float or None
        As the file states them, converted to gray; None where it doesn't, or where they contradict the curve.
    dose_type : str or None
        ``PHYSICAL``, ``EFFECTIVE``.
    problem : str
        Why it can't be used; empty where it can.
    remarks : tuple of str
        How its numbers were understood.
    """

    roi_numbers: tuple[int, ...]
    dose_gy: FloatArray
    volume_percent: FloatArray
    volume_cc: float | None = None
    min_gy: float | None = None
    max_gy: float | None = None
    mean_gy: float | None = None
    dose_type: str | None = None
    problem: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class RTDose:
    """An RT Dose in absolute gray.

    Attributes
    ----------
    dose_gy : ndarray, shape grid.shape, float32, read-only
        Pixel values times DoseGridScaling, indexed ``[frame, row, column]``.
    dose_type : str or None
        ``PHYSICAL``, ``EFFECTIVE``; None where the file doesn't say.
    summation_type : str or None
        ``PLAN``, ``MULTI_PLAN``, ``FRACTION`` (holds the whole fraction group's dose), ...
    stored_dvhs : tuple of StoredDVH
        What the planning system stored beside the dose, usable or not, in the file's order.
    """

    sop_instance_uid: str
    grid: Grid
    dose_gy: NDArray[np.float32]
    dose_type: str | None
    summation_type: str | None
    referenced_plan_uids: tuple[str, ...]
    referenced_structure_set_uid: str | None
    source: SourceFile
    dose_grid_scaling: float = 1.0
    date: str | None = None
    stored_dvhs: tuple[StoredDVH, ...] = ()


@dataclass(frozen=True, eq=False)
class ImageSeries:
    """The geometry of one image series (CT, MR or PET); no pixels.

    Attributes
    ----------
    slice_positions_mm : ndarray, shape (n,)
        Position of every slice along `normal`, increasing.
    pixel_spacing_mm : tuple of float
        ``(row, column)`` spacing.
    """

    modality: str
    series_instance_uid: str
    frame_of_reference_uid: str | None
    rows: int
    columns: int
    pixel_spacing_mm: tuple[float, float]
    slice_thickness_mm: float | None
    slice_positions_mm: FloatArray
    normal: FloatArray
    sop_instance_uids: tuple[str, ...]
    sources: tuple[SourceFile, ...]

    @property
    def slice_spacing_mm(self) -> float | None:
        """Largest distance between neighbouring slices, from their positions; None for fewer than two slices."""
        if len(self.slice_positions_mm) < 2:
            return None
        return float(np.diff(self.slice_positions_mm).max())


@dataclass(frozen=True, eq=False)
class Study:
    """One patient's plan with what belongs to it, chosen by UIDs and frame of reference.

    Attributes
    ----------
    plan : Plan or None
        None where no plan file was given: DVHs can be had, schedules can't.
    images : tuple of ImageSeries
        The series in the dose's frame of reference; may be empty.
    sources : tuple of SourceFile
        Every file that the study's objects were read from.
    notes : tuple of Note
        What a reviewer should read about how the files were understood.
    """

    patient: Patient
    plan: Plan | None
    structure_set: StructureSet
    dose: RTDose
    images: tuple[ImageSeries, ...] = ()
    sources: tuple[SourceFile, ...] = ()
    notes: tuple[Note, ...] = ()
