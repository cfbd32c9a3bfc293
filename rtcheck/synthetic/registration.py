"""Spatial Registration datasets: the matrix that takes one frame of reference into another.

References
----------
.. [1] DICOM PS3.3, C.20.2 (Spatial Registration module).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import SpatialRegistrationStorage
from pydicom.valuerep import format_number_as_ds

from rtcheck.errors import UsageError
from rtcheck.geometry import FloatArray
from rtcheck.synthetic.headers import DATES, TIMES, new_dataset

#: How far the product of a rotation with its transpose may be from the identity.
RIGID_TOLERANCE = 1e-6
MATRIX_TYPES = ("RIGID", "RIGID_SCALE", "AFFINE")


def registration_dataset(
    from_frame_uid: str,
    to_frame_uid: str,
    matrix_4x4: ArrayLike,
    *,
    matrix_type: str = "RIGID",
    key: str = "phantom",
    instance: str = "REG",
    patient_id: str | None = None,
    patient_name: str = "Phantom^Synthetic",
) -> FileDataset:
    """A Spatial Registration of two frames of reference [1]_.

    RegistrationSequence has the registered frame with the identity, then the other frame with its matrix.

    Parameters
    ----------
    from_frame_uid : str
        The frame whose points the matrix takes.
    to_frame_uid : str
        The registered frame, into which it takes them: also the object's own FrameOfReferenceUID.
    matrix_4x4 : array_like, shape (4, 4)
        ``x_to = matrix @ x_from`` in homogeneous coordinates, mm; written row by row.
    matrix_type : {"RIGID", "RIGID_SCALE", "AFFINE"}
        FrameOfReferenceTransformationMatrixType.
    key, patient_id, patient_name : str
        See `new_dataset`.
    instance : str
        Tells several registrations of one `key` apart.

    Raises
    ------
    UsageError
        If the matrix isn't a finite 4 x 4 one with 0 0 0 1 as its last row, or the type doesn't exist; if the type is
        RIGID and the matrix scales, shears or mirrors.
    """
    matrix = np.asarray(matrix_4x4, dtype=np.float64)
    _refuse_wrong(matrix, matrix_type)
    dataset = new_dataset(
        SpatialRegistrationStorage,
        "REG",
        key=key,
        instance=(instance,),
        patient_id=patient_id,
        patient_name=patient_name,
    )
    dataset.FrameOfReferenceUID = to_frame_uid
    dataset.PositionReferenceIndicator = ""
    dataset.ContentDate, dataset.ContentTime = DATES["REG"], TIMES["REG"]
    dataset.InstanceNumber = 1
    dataset.ContentLabel, dataset.ContentDescription = "REGISTRATION", "Synthetic registration"
    dataset.ContentCreatorName = ""
    dataset.RegistrationSequence = [
        _registered(to_frame_uid, np.eye(4), "RIGID"),
        _registered(from_frame_uid, matrix, matrix_type),
    ]
    return dataset


def _refuse_wrong(matrix: FloatArray, matrix_type: str) -> None:
    if matrix_type not in MATRIX_TYPES:
        raise UsageError(f"no matrix type is {matrix_type!r}; there are {', '.join(MATRIX_TYPES)}")
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all() or matrix[3].tolist() != [0, 0, 0, 1]:
        raise UsageError("the matrix isn't a finite 4 x 4 one with the last row 0 0 0 1")
    turn = matrix[:3, :3]
    orthonormal = np.abs(turn @ turn.T - np.eye(3)).max() <= RIGID_TOLERANCE
    if matrix_type == "RIGID" and not (orthonormal and np.linalg.det(turn) > 0):
        raise UsageError("the matrix scales, shears or mirrors, so it isn't RIGID; give another `matrix_type`")


def _registered(frame_uid: str, matrix: FloatArray, matrix_type: str) -> Dataset:
    item = Dataset()
    item.FrameOfReferenceTransformationMatrixType = matrix_type
    # Adding zero turns -0 into 0.
    item.FrameOfReferenceTransformationMatrix = [format_number_as_ds(float(value) + 0.0) for value in matrix.ravel()]
    registration = Dataset()
    registration.FrameOfReferenceTransformationComment = ""
    registration.RegistrationTypeCodeSequence = []
    registration.MatrixSequence = [item]
    registered = Dataset()
    registered.FrameOfReferenceUID = frame_uid
    registered.MatrixRegistrationSequence = [registration]
    return registered
