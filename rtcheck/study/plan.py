"""An RT Plan, and what is prescribed."""

from __future__ import annotations

from dataclasses import dataclass

from rtcheck.fractionation import Schedule
from rtcheck.geometry import FloatArray
from rtcheck.study.files import SourceFile


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


@dataclass(frozen=True, eq=False)
class DevicePositions:
    """Where a beam limiting device stands at a control point.

    Attributes
    ----------
    device_type : str
        RTBeamLimitingDeviceType: ``X``, ``ASYMX``, ``MLCX`` ...
    positions_mm : ndarray, shape (2,) or (2 n,), read-only
        LeafJawPositions at the isocentre's distance: of a jaw pair, or of one leaf bank and then of the other.
    """

    device_type: str
    positions_mm: FloatArray


@dataclass(frozen=True, eq=False)
class LimitingDevice:
    """A beam limiting device.

    Attributes
    ----------
    device_type : str
        RTBeamLimitingDeviceType.
    pairs : int or None
        NumberOfLeafJawPairs.
    leaf_boundaries_mm : ndarray, shape (pairs + 1,) or (0,), read-only
    """

    device_type: str
    pairs: int | None
    leaf_boundaries_mm: FloatArray


@dataclass(frozen=True, eq=False)
class ControlPoint:
    """An item of ControlPointSequence; what it doesn't state is that of the one before it (C.8.8.14.5).

    Attributes
    ----------
    index : int
    cumulative_meterset_weight : float or None
    isocentre_mm : tuple of float or None
    gantry_deg, collimator_deg, couch_deg : float or None
        GantryAngle, BeamLimitingDeviceAngle, PatientSupportAngle.
    nominal_energy : float or None
        NominalBeamEnergy in MV, or MeV for particles.
    dose_rate : float or None
        DoseRateSet, in MU per minute.
    devices : tuple of DevicePositions
    gantry_rotation : str or None
        GantryRotationDirection up to the next control point: ``CW``, ``CC`` or ``NONE``.
    """

    index: int
    cumulative_meterset_weight: float | None
    isocentre_mm: tuple[float, float, float] | None
    gantry_deg: float | None
    collimator_deg: float | None
    couch_deg: float | None
    nominal_energy: float | None
    dose_rate: float | None
    devices: tuple[DevicePositions, ...] = ()
    gantry_rotation: str | None = None


@dataclass(frozen=True)
class Beam:
    """An item of BeamSequence (or of IonBeamSequence).

    Attributes
    ----------
    control_points : int or None
        NumberOfControlPoints, as stated.
    sequence : tuple of ControlPoint
        The control points that are there.
    final_cumulative_meterset_weight : float or None
    beam_type : str or None
        ``STATIC`` or ``DYNAMIC``.
    boli : int or None
        NumberOfBoli.
    bolus_roi_numbers : tuple of int
        ROIs that ReferencedBolusSequence names.
    tolerance_table_number : int or None
        ReferencedToleranceTableNumber.
    dosimeter_unit : str or None
        PrimaryDosimeterUnit: ``MU``.
    fluence_mode : str or None
        FluenceModeID of a NON_STANDARD fluence mode (``FFF``); None for a standard one.
    source_axis_distance_mm : float or None
        SourceAxisDistance; None too where it isn't positive.
    """

    number: int
    name: str | None
    radiation_type: str | None
    treatment_delivery_type: str | None
    treatment_machine_name: str | None = None
    control_points: int | None = None
    sequence: tuple[ControlPoint, ...] = ()
    final_cumulative_meterset_weight: float | None = None
    beam_type: str | None = None
    devices: tuple[LimitingDevice, ...] = ()
    boli: int | None = None
    bolus_roi_numbers: tuple[int, ...] = ()
    tolerance_table_number: int | None = None
    dosimeter_unit: str | None = None
    fluence_mode: str | None = None
    source_axis_distance_mm: float | None = None

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
    time: str | None = None
    tolerance_table_numbers: tuple[int, ...] = ()


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
