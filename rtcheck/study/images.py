"""The geometry of image series; no pixels."""

from __future__ import annotations

from dataclasses import dataclass

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
