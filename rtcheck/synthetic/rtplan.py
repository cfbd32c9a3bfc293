"""RT Plan datasets: two coplanar arcs (or as many as asked) with a few control points each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import RTPlanStorage, RTStructureSetStorage

from rtcheck.errors import UsageError
from rtcheck.synthetic.headers import DATES, TIMES, approve, decimal_string, new_dataset, reference, uid

#: Gantry angles (degrees) of an arc round the right side, where the liver lies; every second beam runs it backwards.
ARC_DEG = (30.0, 330.0, 270.0, 225.0, 181.0)
LEAF_PAIRS = 60
LEAF_WIDTH_MM = 5.0
MU_PER_GY = 240.0


def plan_dataset(
    total_dose_gy: float = 40.0,
    fractions: int = 5,
    *,
    target: str = "PTV",
    target_roi_number: int | None = None,
    beams: int = 2,
    energy_mv: int = 10,
    isocentre_mm: Sequence[float] = (0.0, 0.0, 0.0),
    aperture_mm: float = 30.0,
    label: str | None = None,
    key: str = "phantom",
    instance: str = "RTPLAN",
    structure_set: str | None = "RTSTRUCT",
    patient_id: str | None = None,
    patient_name: str = "Phantom^Synthetic",
) -> FileDataset:
    """An RT Plan of one prescription and one fraction group, approved, curative.

    Parameters
    ----------
    total_dose_gy : float
        TargetPrescriptionDose; the beam doses of all fractions add up to it.
    fractions : int
    target : str
        DoseReferenceDescription.
    target_roi_number : int, optional
        ROI of the target: DoseReferenceStructureType is VOLUME with it, SITE without.
    beams : int
        Arcs, equally weighted.
    energy_mv : int
        Nominal photon energy.
    isocentre_mm : sequence of float, shape (3,)
    aperture_mm : float
        Radius of the opening round the isocentre.
    label : str, optional
        RTPlanLabel; e.g. ``40Gy5F`` where not given.
    key, patient_id, patient_name : str
        See `new_dataset`.
    instance : str
        Tells several plans of one `key` apart.
    structure_set : str or None
        Instance name of the structure set referenced; None references none.
    """
    if fractions < 1 or beams < 1:
        raise UsageError(f"a plan of {fractions} fractions and {beams} beams; give at least one of each")
    dataset = new_dataset(
        RTPlanStorage, "RTPLAN", key=key, instance=(instance,), patient_id=patient_id, patient_name=patient_name
    )
    dataset.OperatorsName = ""
    dataset.FrameOfReferenceUID = uid(key, "frame-of-reference")
    dataset.PositionReferenceIndicator = ""
    dataset.RTPlanLabel = f"{total_dose_gy:g}Gy{fractions}F"[:16] if label is None else label
    dataset.RTPlanName = dataset.RTPlanLabel
    dataset.RTPlanDate, dataset.RTPlanTime = DATES["RTPLAN"], TIMES["RTPLAN"]
    dataset.PlanIntent = "CURATIVE"
    if structure_set is None:
        dataset.RTPlanGeometry = "TREATMENT_DEVICE"
    else:
        dataset.RTPlanGeometry = "PATIENT"
        dataset.ReferencedStructureSetSequence = [reference(RTStructureSetStorage, uid(key, structure_set))]
    dataset.DoseReferenceSequence = [dose_reference(1, total_dose_gy, target, target_roi_number, key=key)]
    beam_dose_gy = total_dose_gy / fractions / beams
    dataset.FractionGroupSequence = [fraction_group(1, fractions, range(1, beams + 1), beam_dose_gy, isocentre_mm)]
    dataset.BeamSequence = [arc(number, energy_mv, isocentre_mm, aperture_mm) for number in range(1, beams + 1)]
    setup = Dataset()
    setup.PatientPosition, setup.PatientSetupNumber, setup.SetupTechnique = "HFS", 1, "ISOCENTRIC"
    dataset.PatientSetupSequence = [setup]
    approve(dataset, "RTPLAN")
    return dataset


def dose_reference(
    number: int, total_dose_gy: float, target: str, roi_number: int | None = None, *, key: str = "phantom"
) -> Dataset:
    """An item of DoseReferenceSequence: a target with its prescribed total dose in Gy."""
    item = Dataset()
    item.DoseReferenceNumber = number
    item.DoseReferenceUID = uid(key, "dose-reference", number)
    item.DoseReferenceStructureType = "SITE" if roi_number is None else "VOLUME"
    if roi_number is not None:
        item.ReferencedROINumber = roi_number
    item.DoseReferenceDescription = target
    item.DoseReferenceType = "TARGET"
    item.TargetPrescriptionDose = decimal_string(total_dose_gy, 6)
    return item


def fraction_group(
    number: int,
    fractions: int,
    beam_numbers: Sequence[int],
    beam_dose_gy: float,
    point_mm: Sequence[float] = (0.0, 0.0, 0.0),
) -> Dataset:
    """An item of FractionGroupSequence: one phase, `beam_dose_gy` per beam and fraction at `point_mm`."""
    group = Dataset()
    group.FractionGroupNumber = number
    group.NumberOfFractionsPlanned = fractions
    group.NumberOfBeams = len(beam_numbers)
    group.NumberOfBrachyApplicationSetups = 0
    group.ReferencedBeamSequence = []
    for beam_number in beam_numbers:
        beam = Dataset()
        beam.BeamDoseSpecificationPoint = [decimal_string(value) for value in point_mm]
        beam.BeamDose = decimal_string(beam_dose_gy, 9)
        beam.BeamMeterset = decimal_string(beam_dose_gy * MU_PER_GY)
        beam.ReferencedBeamNumber = beam_number
        group.ReferencedBeamSequence.append(beam)
    return group


def arc(number: int, energy_mv: int, isocentre_mm: Sequence[float], aperture_mm: float) -> Dataset:
    """An item of BeamSequence: a dynamic photon arc round the right side, open round the isocentre."""
    beam = Dataset()
    beam.Manufacturer = "rtcheck.synthetic"
    beam.TreatmentMachineName = "SYNTHLINAC"
    beam.PrimaryDosimeterUnit = "MU"
    beam.SourceAxisDistance = "1000"
    beam.BeamLimitingDeviceSequence = [_device(kind, pairs) for kind, pairs in DEVICES]
    beam.BeamNumber, beam.BeamName, beam.BeamDescription = number, f"Arc{number}", "Synthetic arc"
    beam.BeamType, beam.RadiationType = "DYNAMIC", "PHOTON"
    beam.TreatmentDeliveryType = "TREATMENT"
    beam.NumberOfWedges = beam.NumberOfCompensators = beam.NumberOfBoli = beam.NumberOfBlocks = 0
    beam.FinalCumulativeMetersetWeight = "1"
    beam.ReferencedPatientSetupNumber = 1
    clockwise = number % 2 == 0
    angles = ARC_DEG[::-1] if clockwise else ARC_DEG
    beam.NumberOfControlPoints = len(angles)
    beam.ControlPointSequence = []
    for index, angle in enumerate(angles):
        point = Dataset()
        point.ControlPointIndex = index
        if index == 0:
            _add_fixed(point, energy_mv, isocentre_mm, "30" if clockwise else "330")
        point.BeamLimitingDevicePositionSequence = _openings(aperture_mm * (1 + 0.04 * (-1) ** index))
        point.GantryAngle = decimal_string(angle)
        last = index == len(angles) - 1
        point.GantryRotationDirection = "NONE" if last else "CW" if clockwise else "CC"
        point.CumulativeMetersetWeight = decimal_string(index / (len(angles) - 1))
        beam.ControlPointSequence.append(point)
    return beam


#: Jaws and multi-leaf collimator: RTBeamLimitingDeviceType and number of pairs.
DEVICES = (("ASYMX", 1), ("ASYMY", 1), ("MLCX", LEAF_PAIRS))


def _device(kind: str, pairs: int) -> Dataset:
    device = Dataset()
    device.RTBeamLimitingDeviceType = kind
    device.NumberOfLeafJawPairs = pairs
    if kind == "MLCX":
        edges = (np.arange(pairs + 1) - pairs / 2) * LEAF_WIDTH_MM
        device.LeafPositionBoundaries = [decimal_string(float(edge)) for edge in edges]
    return device


def _openings(radius_mm: float) -> list[Dataset]:
    centres = (np.arange(LEAF_PAIRS) - (LEAF_PAIRS - 1) / 2) * LEAF_WIDTH_MM
    half = np.sqrt(np.clip(radius_mm**2 - centres**2, 0, None))
    positions = {"ASYMX": [-radius_mm, radius_mm], "ASYMY": [-radius_mm, radius_mm], "MLCX": [*-half, *half]}
    items = []
    for kind, _ in DEVICES:
        item = Dataset()
        item.RTBeamLimitingDeviceType = kind
        item.LeafJawPositions = [decimal_string(float(value), 1) for value in positions[kind]]
        items.append(item)
    return items


def _add_fixed(point: Dataset, energy_mv: int, isocentre_mm: Sequence[float], collimator_deg: str) -> None:
    point.NominalBeamEnergy = str(energy_mv)
    point.DoseRateSet = "600"
    point.BeamLimitingDeviceAngle, point.BeamLimitingDeviceRotationDirection = collimator_deg, "NONE"
    point.PatientSupportAngle, point.PatientSupportRotationDirection = "0", "NONE"
    point.TableTopEccentricAngle, point.TableTopEccentricRotationDirection = "0", "NONE"
    point.TableTopVerticalPosition = point.TableTopLongitudinalPosition = point.TableTopLateralPosition = None
    point.IsocenterPosition = [decimal_string(value) for value in isocentre_mm]
