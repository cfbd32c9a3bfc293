"""Spatial registrations: rigid transforms between frames of reference, or a reason why one isn't used.

References
----------
.. [1] DICOM PS3.3, C.20.2 (Spatial Registration module): an item's matrix maps its frame of reference into the
   registered one, which is the object's own; several matrices are multiplied in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product

import numpy as np

from rtcheck.dicom.attributes import Attributes
from rtcheck.dicom.index import Instance
from rtcheck.errors import InconsistentStudyError
from rtcheck.geometry import FloatArray, RigidTransform

#: How far a rotation matrix may be from orthonormal, and the last row from 0 0 0 1: writers round to a few decimals.
RIGID_TOLERANCE = 1e-3
#: Two registrations are the same where they move no point of a patient (within this of the origin) further apart.
PATIENT_MM = 500.0
AGREEMENT_MM = 0.01


@dataclass(frozen=True, eq=False)
class Registration:
    """A rigid transform from one frame of reference into another, and the file that tells it."""

    transform: RigidTransform
    file: Instance

    def __str__(self) -> str:
        source = self.file.source
        return f"{source.name} ({source.sop_instance_uid or 'no SOP Instance UID'})"


def links(file: Instance, *frames: str) -> bool:
    """Whether a registration names all of some frames of reference."""
    attributes = file.attributes
    named = {item.text("FrameOfReferenceUID") for item in attributes.items("RegistrationSequence")}
    return set(frames) <= named | {attributes.text("FrameOfReferenceUID")}


def read_registration(file: Instance, moving: str, fixed: str) -> Registration | str:
    """The rigid transform between two frames of reference that a registration names.

    Parameters
    ----------
    file : Instance
    moving, fixed : str
        UIDs of the frame of reference that is moved, and of the one that it is moved into.

    Returns
    -------
    Registration or str
        Half a sentence that says why it can't be used, where it isn't rigid: ``"is of type AFFINE"``.

    Raises
    ------
    UnreadableFileError
        A matrix that should be rigid isn't, within `RIGID_TOLERANCE`, or one frame of reference has two.
    """
    into: dict[str, RigidTransform] = {}
    for frame in (moving, fixed):
        found = _into_registered(file.attributes, frame)
        if isinstance(found, str):
            return found
        into[frame] = found
    return Registration(into[fixed].inverse().after(into[moving]), file)


def registration_between(files: Sequence[Instance], moving: str, fixed: str) -> tuple[Registration | None, str]:
    """The only rigid registration between two frames of reference.

    Parameters
    ----------
    files : sequence of Instance
    moving, fixed : str
        See `read_registration`.

    Returns
    -------
    registration : Registration or None
        None where no file links them directly and rigidly.
    unused : str
        Files that link them and aren't rigid, as part of a sentence; empty where there are none.

    Raises
    ------
    InconsistentStudyError
        Two registrations link them differently.
    UnreadableFileError
        See `read_registration`.
    """
    linking = sorted(
        (file for file in files if links(file, moving, fixed)),
        key=lambda file: (file.source.sop_instance_uid, file.source.name),
    )
    rigid: list[Registration] = []
    unused: list[str] = []
    for file in linking:
        found = read_registration(file, moving, fixed)
        if isinstance(found, str):
            unused.append(f"{file.source.name} {found}: only rigid registrations are used")
        else:
            rigid.append(found)
    for other in rigid[1:]:
        if not _agree(rigid[0].transform, other.transform):
            raise InconsistentStudyError(
                f"{rigid[0]} and {other} link frames of reference {moving} and {fixed} differently",
                mend="leave out the registration that isn't meant",
            )
    return (rigid[0] if rigid else None), "; ".join(unused)


def _into_registered(attributes: Attributes, frame: str) -> RigidTransform | str:
    """Where a frame of reference lies in the registered one, or why that isn't rigid."""
    found: list[RigidTransform] = []
    for item in attributes.items("RegistrationSequence"):
        if item.text("FrameOfReferenceUID") == frame:
            one = _item_transform(item)
            if isinstance(one, str):
                return one
            found.append(one)
    still = RigidTransform(np.eye(3), np.zeros(3))
    if attributes.text("FrameOfReferenceUID") == frame:
        found.insert(0, still)  # the registered frame of reference itself, whether an item says so or not
    if any(not _agree(found[0], other) for other in found[1:]):
        attributes.refuse(f"it moves frame of reference {frame} to two places", "export the registration again")
    return found[0]


def _item_transform(item: Attributes) -> RigidTransform | str:
    registrations = item.items("MatrixRegistrationSequence")
    if len(registrations) != 1:
        item.refuse(f"MatrixRegistrationSequence has {len(registrations)} items, not one", "export it again")
    matrices = registrations[0].items("MatrixSequence")
    if not matrices:
        item.missing("MatrixSequence")
    kinds = [matrix.code("FrameOfReferenceTransformationMatrixType") for matrix in matrices]
    other = next((kind or "unknown" for kind in kinds if kind != "RIGID"), None)
    if other is not None:
        return f"is of type {other}"
    return reduce(RigidTransform.after, [_rigid(matrix) for matrix in matrices])


def _rigid(item: Attributes) -> RigidTransform:
    """A matrix as the nearest rotation [1]_ and its translation: the rounding of the file is taken out.

    References
    ----------
    .. [1] Higham NJ. Computing the polar decomposition, with applications. SIAM J Sci Stat Comput 1986;7(4):1160-1174.
    """
    keyword = "FrameOfReferenceTransformationMatrix"
    values = item.numbers(keyword)
    if len(values) != 16:
        item.wrong(keyword, "must be 16 numbers")
    matrix = values.reshape(4, 4)
    if np.abs(matrix[3] - [0, 0, 0, 1]).max() > RIGID_TOLERANCE:
        item.wrong(keyword, "has a last row other than 0 0 0 1")
    rotation = matrix[:3, :3]
    off = np.abs(rotation @ rotation.T - np.eye(3)).max()
    if off > RIGID_TOLERANCE or np.linalg.det(rotation) < 0:
        item.wrong(keyword, "is of type RIGID and no rotation")
    left, _, right = np.linalg.svd(rotation)
    return RigidTransform(left @ right, matrix[:3, 3].copy())


def _agree(one: RigidTransform, other: RigidTransform) -> bool:
    corners: FloatArray = np.array(list(product((-PATIENT_MM, PATIENT_MM), repeat=3)))
    apart = np.linalg.norm(one.point_mm(corners) - other.point_mm(corners), axis=1)
    return bool(apart.max() <= AGREEMENT_MM)
