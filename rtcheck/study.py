"""What was read of one patient: frozen values, linked, in millimetres and gray.

DICOM keywords in snake case where they mean the same. ``None`` is *not stated in the file*; nothing is filled in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import UsageError
from rtcheck.fractionation import Schedule
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
    point_mm: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class PhaseDose:
    """What a fraction group prescribes to one dose reference: TargetPrescriptionDose of this phase alone."""

    dose_reference_number: int
    target_prescription_dose_gy: float


@dataclass(frozen=True)
class FractionGroup:
    """An item of FractionGroupSequence: one phase of the treatment.

    Attributes
    ----------
    number : int
    fractions_planned : int or None
    beams : tuple of ReferencedBeam
    target_doses : tuple of PhaseDose
        Total doses of the phase, where the plan states them phase by phase.
    """

    number: int
    fractions_planned: int | None
    beams: tuple[ReferencedBeam, ...]
    target_doses: tuple[PhaseDose, ...] = ()


@dataclass(frozen=True)
class Beam:
    """An item of BeamSequence (or of IonBeamSequence)."""

    number: int
    name: str | None
    radiation_type: str | None
    treatment_delivery_type: str | None
    treatment_machine_name: str | None = None
    control_points: int | None = None

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
    description: str | None = None
    prescription_description: str | None = None


@dataclass(frozen=True)
class Prescription:
    """A dose asked for one target.

    Attributes
    ----------
    schedule : Schedule
        All phases that the target gets.
    target : str
        The dose reference's description, or its ROI's name.
    roi_number : int or None
        The target ROI where the dose reference names one.
    source : str
        Where it stands: ``"dose reference 1"``, ``"plan label"``, ``"given by the user"`` ...
    plan_uids : tuple of str
        The plans that give it, one after the other; empty where none is known.
    group_numbers : tuple of int
        The fraction groups of its only plan that give it; empty for all, and for several plans.
    """

    schedule: Schedule
    target: str
    roi_number: int | None
    source: str
    plan_uids: tuple[str, ...] = ()
    group_numbers: tuple[int, ...] = ()

    @property
    def total_dose_gy(self) -> float:
        """Physical dose of all fractions."""
        return float(self.schedule.total_dose_gy)

    @property
    def fractions(self) -> int:
        """Number of fractions of all phases."""
        return self.schedule.fractions


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
    parts : tuple of SourceFile
        The doses of beams or control points that it was summed from; empty for a dose as it stands in one file.
    normalisation : str
        For a RELATIVE dose, what the user said its values mean, e.g. ``"100 = 50 Gy"``; empty for absolute dose.
    registration : str
        The spatial registration that moved it into the study's frame of reference; empty where none was needed.
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
    parts: tuple[SourceFile, ...] = ()
    normalisation: str = ""
    registration: str = ""


@dataclass(frozen=True, eq=False)
class PlanDose:
    """A dose as it is given to the patient: that of a whole plan, or of some of its fraction groups.

    Attributes
    ----------
    plan : Plan or None
        None where no plan file was given.
    dose : RTDose
        Of all fractions together, in the study's frame of reference.
    group_numbers : tuple of int
        The fraction groups whose dose it is; empty for all of the plan's.
    """

    plan: Plan | None
    dose: RTDose
    group_numbers: tuple[int, ...] = ()

    @property
    def fraction_groups(self) -> tuple[FractionGroup, ...]:
        """The phases that it is the dose of."""
        groups = self.plan.fraction_groups if self.plan else ()
        return tuple(group for group in groups if not self.group_numbers or group.number in self.group_numbers)

    @property
    def fractions(self) -> int | None:
        """Fractions of all its phases; None where one isn't stated, and for a dose that sums plans."""
        counts = [group.fractions_planned for group in self.fraction_groups]
        if self.sums_plans or not counts or not all(counts):
            return None
        return sum(count or 0 for count in counts)

    @property
    def sums_plans(self) -> bool:
        """Whether the file itself holds a sum over several plans."""
        return self.dose.summation_type == "MULTI_PLAN" or len(self.dose.referenced_plan_uids) > 1

    @property
    def label(self) -> str:
        """The plan's label, and the phases where they are not all of it."""
        name = self.plan.label or self.plan.source.name if self.plan else self.dose.source.name
        if not self.group_numbers:
            return name
        return f"{name}, fraction group {' and '.join(str(number) for number in self.group_numbers)}"


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
    """One patient's treatment with what belongs to it, chosen by UIDs and frame of reference.

    Attributes
    ----------
    plan_doses : tuple of PlanDose
        At least one. Several are given one after the other: plans of different targets, or phases of one plan.
    images : tuple of ImageSeries
        The series in the dose's frame of reference; may be empty.
    sources : tuple of SourceFile
        Every file that the study's objects were read from.
    notes : tuple of Note
        What a reviewer should read about how the files were understood.
    """

    patient: Patient
    structure_set: StructureSet
    plan_doses: tuple[PlanDose, ...]
    images: tuple[ImageSeries, ...] = ()
    sources: tuple[SourceFile, ...] = ()
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        if not self.plan_doses:
            raise UsageError("a study needs at least one dose")

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The plans, each once; empty where no plan file was given: DVHs can be had then, schedules can't."""
        return tuple({one.plan.sop_instance_uid: one.plan for one in self.plan_doses if one.plan}.values())

    @property
    def plan_names(self) -> dict[str, str]:
        """A name for every plan by its UID: its label, with its file where another plan has the same."""
        labels = [plan.label for plan in self.plans]
        return {
            plan.sop_instance_uid: plan.label
            if plan.label and labels.count(plan.label) == 1
            else " ".join(part for part in (plan.label, f"({plan.source.name})") if part)
            for plan in self.plans
        }

    @property
    def is_sum(self) -> bool:
        """Whether the treatment's dose is a sum of several doses."""
        return len(self.plan_doses) > 1

    @property
    def plan(self) -> Plan | None:
        """The only plan; None where no plan file was given.

        Raises
        ------
        UsageError
            For a study of several plans: `plans` has them.
        """
        if len(self.plans) > 1:
            raise UsageError(f"the study has {len(self.plans)} plans ({', '.join(p.label for p in self.plans)})")
        return self.plans[0] if self.plans else None

    @property
    def dose(self) -> RTDose:
        """The only dose.

        Raises
        ------
        UsageError
            For a study of several doses: `plan_doses` has them.
        """
        if self.is_sum:
            labels = ", ".join(one.label for one in self.plan_doses)
            raise UsageError(f"the study has {len(self.plan_doses)} doses ({labels}); choose one with --plan")
        return self.plan_doses[0].dose
