"""What was read of one patient: frozen values, linked, in millimetres and gray.

DICOM keywords in snake case where they mean the same. ``None`` is *not stated in the file*; nothing is filled in.
"""

from rtcheck.study.dose import RTDose, StoredDVH
from rtcheck.study.files import Note, Patient, SourceFile
from rtcheck.study.images import ImageSeries
from rtcheck.study.plan import (
    Beam,
    ControlPoint,
    DevicePositions,
    DoseReference,
    FractionGroup,
    LimitingDevice,
    PhaseDose,
    Plan,
    Prescription,
    ReferencedBeam,
)
from rtcheck.study.structures import ROI, Contour, GeometricType, PhysicalProperty, StructureSet
from rtcheck.study.treatment import PlanDose, Study

__all__ = [
    "ROI",
    "Beam",
    "Contour",
    "ControlPoint",
    "DevicePositions",
    "DoseReference",
    "FractionGroup",
    "GeometricType",
    "ImageSeries",
    "LimitingDevice",
    "Note",
    "Patient",
    "PhaseDose",
    "PhysicalProperty",
    "Plan",
    "PlanDose",
    "Prescription",
    "RTDose",
    "ReferencedBeam",
    "SourceFile",
    "StoredDVH",
    "StructureSet",
    "Study",
]
