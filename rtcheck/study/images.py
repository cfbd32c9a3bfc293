"""The geometry of image series; no pixels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rtcheck.geometry import FloatArray
from rtcheck.study.files import SourceFile


@dataclass(frozen=True, eq=False)
class ImageSeries:
    """The geometry of one image series (CT, MR or PET); no pixels.

    Attributes
    ----------
    slice_positions_mm : ndarray, shape (n,)
        Position of every slice along `normal`, increasing.
    pixel_spacing_mm : tuple of float
        ``(row, column)`` spacing.
    slice_thickness_mm : float or None
        SliceThickness of the first image; `slice_thicknesses_mm` has those of all.
    corners_mm : ndarray, shape (n, 3)
        ImagePositionPatient of every slice: the centre of its first pixel.
    row_direction, column_direction : ndarray, shape (3,)
        Unit vectors along a row (columns increase) and along a column.
    slice_thicknesses_mm : tuple of float
        The distinct values of SliceThickness, increasing.
    patient_positions : tuple of str
        The distinct values of PatientPosition: ``HFS`` ...
    dates : tuple of str
        The distinct AcquisitionDate (else ContentDate, else SeriesDate), ``YYYYMMDD``, increasing.
    image_types : tuple of str
        The distinct values of ImageType, as ``ORIGINAL/PRIMARY/AXIAL``.
    description : str or None
        SeriesDescription.
    thickness_unstated : int
        How many images state no SliceThickness, or none that is a number.
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
    corners_mm: FloatArray = field(default_factory=lambda: np.empty((0, 3)))
    row_direction: FloatArray = field(default_factory=lambda: np.array([1.0, 0.0, 0.0]))
    column_direction: FloatArray = field(default_factory=lambda: np.array([0.0, 1.0, 0.0]))
    slice_thicknesses_mm: tuple[float, ...] = ()
    patient_positions: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    image_types: tuple[str, ...] = ()
    description: str | None = None
    thickness_unstated: int = 0

    @property
    def slice_spacing_mm(self) -> float | None:
        """Largest distance between neighbouring slices, from their positions; None for fewer than two slices."""
        if len(self.slice_positions_mm) < 2:
            return None
        return float(np.diff(self.slice_positions_mm).max())
