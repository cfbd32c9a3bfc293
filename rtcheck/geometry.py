"""Where the samples of a dose or image lie in the patient: one affine in one place.

Coordinates are DICOM patient coordinates in millimetres (LPS: x to the patient's left, y to posterior, z to the head).
Arrays are indexed ``[frame, row, column]``; an *index* ``(k, j, i)`` is fractional and counts from the centre of the
first sample.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import UsageError

FloatArray = NDArray[np.float64]

#: Direction cosines closer than this to an axis count as on it (DICOM writers round to 6 decimals and worse).
AXIS_TOLERANCE = 1e-4

#: Samples nearer than this (mm) are the same place.
SAME_PLACE_MM = 1e-3
#: How far `RigidTransform.rotation` may be from orthonormal: rounding of double precision and no more.
ROTATION_TOLERANCE = 1e-9


def read_only(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """The same array, no longer writeable."""
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class RigidTransform:
    """Where a point of one frame of reference lies in another: ``rotation @ point + translation``.

    Attributes
    ----------
    rotation : ndarray, shape (3, 3)
        Orthonormal, with determinant +1.
    translation_mm : ndarray, shape (3,)

    Raises
    ------
    UsageError
        The matrix is no rotation within `ROTATION_TOLERANCE`: it scales, shears or mirrors.
    """

    rotation: FloatArray
    translation_mm: FloatArray

    def __post_init__(self) -> None:
        if self.rotation.shape != (3, 3) or self.translation_mm.shape != (3,):
            raise UsageError("a rigid transform has a 3 x 3 rotation and a translation of three numbers")
        off = np.abs(self.rotation @ self.rotation.T - np.eye(3)).max()
        if not off <= ROTATION_TOLERANCE or np.linalg.det(self.rotation) < 0:
            raise UsageError("the matrix of a rigid transform must be a rotation, without scale, shear or mirroring")
        read_only(self.rotation)
        read_only(self.translation_mm)

    def point_mm(self, points_mm: FloatArray) -> FloatArray:
        """Points in the other frame of reference; shape ``(..., 3)``, as given."""
        return np.asarray(points_mm @ self.rotation.T + self.translation_mm, np.float64)

    def inverse(self) -> RigidTransform:
        """The way back."""
        return RigidTransform(self.rotation.T.copy(), -self.rotation.T @ self.translation_mm)

    def after(self, first: RigidTransform) -> RigidTransform:
        """This transform of what `first` gives: the matrix product ``self @ first``."""
        return RigidTransform(self.rotation @ first.rotation, self.point_mm(first.translation_mm))


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

    def moved(self, transform: RigidTransform, frame_of_reference_uid: str) -> Grid:
        """The same samples in another frame of reference: the grid turns and shifts, its spacing stays.

        Parameters
        ----------
        transform : RigidTransform
            From this grid's frame of reference into the other.
        frame_of_reference_uid : str
            The other.
        """
        return replace(
            self,
            origin_mm=transform.point_mm(self.origin_mm),
            row_direction=transform.rotation @ self.row_direction,
            column_direction=transform.rotation @ self.column_direction,
            frame_of_reference_uid=frame_of_reference_uid,
        )

    def coincides(self, other: Grid, within_mm: float = SAME_PLACE_MM) -> bool:
        """Whether every sample lies where the other grid's of the same index lies, in one frame of reference."""
        if self.shape != other.shape or self.frame_of_reference_uid != other.frame_of_reference_uid:
            return False
        return bool(np.linalg.norm(self._corners_mm() - other._corners_mm(), axis=-1).max() <= within_mm)

    def _corners_mm(self) -> FloatArray:
        """The four corner samples of every frame, shape ``(frames, 4, 3)``: between two grids these differ most."""
        across = self.column_mm()[-1] * self.row_direction
        down = self.row_mm()[-1] * self.column_direction
        in_plane = np.stack([0 * across, across, down, across + down])
        frames = self.frame_offsets_mm[:, None, None] * self.normal
        return np.asarray(self.origin_mm + frames + in_plane, np.float64)

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
