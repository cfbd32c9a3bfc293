"""An RT Structure Set: regions of interest and their contours."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from rtcheck.geometry import FloatArray
from rtcheck.study.files import SourceFile


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


@dataclass(frozen=True)
class PhysicalProperty:
    """An item of ROIPhysicalPropertiesSequence: what a planner said an ROI is made of.

    Attributes
    ----------
    name : str
        ROIPhysicalProperty: ``REL_ELEC_DENSITY``, ``REL_MASS_DENSITY`` ...
    value : float or None
    """

    name: str
    value: float | None


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
    physical_properties : tuple of PhysicalProperty
        What overrides the CT's densities in it.
    generation_algorithm : str or None
        ROIGenerationAlgorithm: ``AUTOMATIC``, ``MANUAL`` ...
    """

    number: int
    name: str
    interpreted_type: str | None
    contours: tuple[Contour, ...]
    color: tuple[int, int, int] | None = None
    physical_properties: tuple[PhysicalProperty, ...] = ()
    generation_algorithm: str | None = None

    @cached_property
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
    time: str | None = None
    referenced_series_uids: tuple[str, ...] = ()
