"""Where the samples of a dose or image lie in the patient: one affine in one place.

Coordinates are DICOM patient coordinates in millimetres (LPS: x to the patient's left, y to posterior, z to the head).
Arrays are indexed ``[frame, row, column]``; an *index* ``(k, j, i)`` is fractional and counts from the centre of the
first sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Direction cosines closer than this to an axis count as on it (DICOM writers round to 6 decimals and worse).
AXIS_TOLERANCE = 1e-4


def read_only(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """The same array, no longer writeable."""
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class Grid:
    """A stack of parallel, equally oriented planes of samples.

    Attributes
    ----------
    origin_mm : ndarray, shape (3,)
        Patient coordinates of the centre of sample ``[0, 0, 0]`` (ImagePositionPatient, shifted to the first frame).
    row_direction, column_direction : ndarray, shape (3,)
        Unit vectors in which the column index and the row index grow (ImageOrientationPatient).
    column_spacing_mm, row_spacing_mm : float
        Distance of neighbouring columns, and of neighbouring rows (PixelSpacing is ``row\\column``: rows first).
    frame_offsets_mm : ndarray, shape (n_frames,)
        Signed distance of every frame from the first, along `normal`, strictly increasing or strictly decreasing.
    shape : tuple of int
        ``(frames, rows, columns)``.
    frame_of_reference_uid : str
    frame_thickness_mm : float or None
        SliceThickness as given; says how far a single frame reaches, and nothing else.
    """

    origin_mm: FloatArray
    row_direction: FloatArray
    column_direction: FloatArray
    column_spacing_mm: float
    row_spacing_mm: float
    frame_offsets_mm: FloatArray
    shape: tuple[int, int, int]
    frame_of_reference_uid: str
    frame_thickness_mm: float | None = None

    def __post_init__(self) -> None:
        for array in (self.origin_mm, self.row_direction, self.column_direction, self.frame_offsets_mm):
            read_only(array)

    @property
    def normal(self) -> FloatArray:
        """Unit vector along which `frame_offsets_mm` are measured (row direction x column direction)."""
        return np.cross(self.row_direction, self.column_direction)

    @property
    def axes(self) -> FloatArray:
        """Unit vectors of the column, row and frame index as the rows of a 3 x 3 matrix."""
        return np.stack([self.row_direction, self.column_direction, self.normal])

    def column_mm(self) -> FloatArray:
        """Position of every column along the row direction, relative to the origin; shape ``(columns,)``."""
        return np.asarray(np.arange(self.shape[2]) * self.column_spacing_mm, np.float64)

    def row_mm(self) -> FloatArray:
        """Position of every row along the column direction, relative to the origin; shape ``(rows,)``."""
        return np.asarray(np.arange(self.shape[1]) * self.row_spacing_mm, np.float64)

    def position_mm(self, frame: int, row: int, column: int) -> FloatArray:
        """Patient coordinates of one sample; shape ``(3,)``."""
        return np.asarray(
            self.origin_mm
            + column * self.column_spacing_mm * self.row_direction
            + row * self.row_spacing_mm * self.column_direction
            + self.frame_offsets_mm[frame] * self.normal
        )

    @property
    def frame_spacing_mm(self) -> float | None:
        """Largest distance between neighbouring frames; None for a single frame."""
        if self.shape[0] < 2:
            return None
        return float(np.abs(np.diff(self.frame_offsets_mm)).max())

    def describe(self) -> str:
        """Extent in samples and spacing, e.g. ``"98 x 129 x 194 at 3 x 2.5 x 2.5 mm"``."""
        frames, rows, columns = self.shape
        between = "single frame" if self.frame_spacing_mm is None else f"{self.frame_spacing_mm:g}"
        return f"{frames} x {rows} x {columns} at {between} x {self.row_spacing_mm:g} x {self.column_spacing_mm:g} mm"
