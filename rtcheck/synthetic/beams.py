"""Beams of RT Plan datasets: dynamic arcs with a few control points each, and the table of their tolerances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from rtcheck.synthetic.headers import decimal_string

LEAF_PAIRS = 60
LEAF_WIDTH_MM = 5.0
TOLERANCE_TABLE = 1


@dataclass(frozen=True)
class ArcPath:
    """Where the gantry goes.

    Attributes
    ----------
    gantry_deg : tuple of float
        Its angle at each control point, turning counter-clockwise; every second beam runs it backwards.
    middle_deg, half_deg : float
        The sector that it sweeps: its middle, and the angle from there to either end.
    """

    gantry_deg: tuple[float, ...]
    middle_deg: float
    half_deg: float


#: Round the right side, where the liver lies.
RIGHT_SIDE = ArcPath((30.0, 330.0, 270.0, 225.0, 181.0), 285.0, 105.0)
#: All the way round, for a target in the middle.
FULL_TURN = ArcPath((179.0, 140.0, 100.0, 60.0, 20.0, 340.0, 300.0, 260.0, 220.0, 181.0), 0.0, 180.0)


def arc(
    number: int, energy_mv: int, isocentre_mm: Sequence[float], aperture_mm: float, path: ArcPath = RIGHT_SIDE
) -> Dataset:
    """An item of BeamSequence: a dynamic photon arc along `path`, open round the isocentre."""
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
    beam.ReferencedToleranceTableNumber = TOLERANCE_TABLE
    clockwise = number % 2 == 0
    angles = path.gantry_deg[::-1] if clockwise else path.gantry_deg
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


def tolerance_table() -> Dataset:
    """The item of ToleranceTableSequence that every beam refers to."""
    table = Dataset()
    table.ToleranceTableNumber, table.ToleranceTableLabel = TOLERANCE_TABLE, "Stereotactic"
    table.GantryAngleTolerance = table.BeamLimitingDeviceAngleTolerance = table.PatientSupportAngleTolerance = "0.5"
    table.BeamLimitingDeviceToleranceSequence = [_device_tolerance(kind) for kind, _ in DEVICES]
    table.TableTopVerticalPositionTolerance = table.TableTopLongitudinalPositionTolerance = "20"
    table.TableTopLateralPositionTolerance = "20"
    return table


def _device_tolerance(kind: str) -> Dataset:
    item = Dataset()
    item.BeamLimitingDevicePositionTolerance = "1"
    item.RTBeamLimitingDeviceType = kind
    return item


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
