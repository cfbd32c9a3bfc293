"""ImageOrientationPatient as two unit vectors, or a refusal."""

from __future__ import annotations

import numpy as np

from rtcheck.dicom.attributes import Attributes
from rtcheck.geometry import FloatArray

#: How far direction cosines may be from unit length and from perpendicular: writers round to three decimals.
ORTHONORMAL_TOLERANCE = 2e-3


def direction_cosines(attributes: Attributes) -> tuple[FloatArray, FloatArray]:
    """Row and column direction of an image plane.

    Parameters
    ----------
    attributes : Attributes

    Returns
    -------
    row, column : ndarray, shape (3,)
        Exactly orthonormal: the rounding of the file is taken out.

    Raises
    ------
    UnreadableFileError
        ImageOrientationPatient isn't six numbers, or not orthonormal within `ORTHONORMAL_TOLERANCE`.
    """
    cosines = attributes.numbers("ImageOrientationPatient")
    if len(cosines) != 6:
        attributes.wrong("ImageOrientationPatient", "must be six numbers")
    row, column = cosines[:3], cosines[3:]
    lengths = np.array([np.linalg.norm(row), np.linalg.norm(column)])
    if np.any(np.abs(lengths - 1) > ORTHONORMAL_TOLERANCE) or abs(row @ column) > ORTHONORMAL_TOLERANCE:
        attributes.wrong("ImageOrientationPatient", "is no pair of perpendicular unit vectors")
    row = row / lengths[0]
    column = column - (column @ row) * row
    column = column / np.linalg.norm(column)
    # No negative zeros: they would only show up in reports.
    return row + 0.0, column + 0.0
