"""rtcheck.synthetic.registration: which frame goes where, and how the matrix is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from rtcheck.errors import UsageError
from rtcheck.synthetic import ct_datasets, point_roi, registration_dataset, save, structure_set_dataset, uid

FROM, TO = uid("a", "second"), uid("a", "frame-of-reference")


def rigid(angles_deg: tuple[float, float, float], shift_mm: tuple[float, float, float]) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", angles_deg, degrees=True).as_matrix()
    matrix[:3, 3] = shift_mm
    return matrix


def written(item: pydicom.Dataset) -> pydicom.Dataset:
    (registration,) = item.MatrixRegistrationSequence
    (matrix,) = registration.MatrixSequence
    return matrix


def test_registration_reads_back(tmp_path: Path) -> None:
    matrix = rigid((3, -2, 170), (12.5, -340.25, 1234.5678901))
    dataset = registration_dataset(FROM, TO, matrix, key="a", patient_id="P1")
    read = pydicom.dcmread(save(dataset, tmp_path / "REG.dcm"))
    assert read.SOPClassUID == "1.2.840.10008.5.1.4.1.1.66.1"
    assert (read.Modality, read.PatientID) == ("REG", "P1")
    assert read.FrameOfReferenceUID == TO
    fixed, moving = read.RegistrationSequence
    assert (fixed.FrameOfReferenceUID, moving.FrameOfReferenceUID) == (TO, FROM)
    assert [float(v) for v in written(fixed).FrameOfReferenceTransformationMatrix] == np.eye(4).ravel().tolist()
    assert written(moving).FrameOfReferenceTransformationMatrixType == "RIGID"
    values = np.array(written(moving).FrameOfReferenceTransformationMatrix, dtype=float)
    assert values.reshape(4, 4) == pytest.approx(matrix, abs=1e-9)


def test_matrix_is_written_row_by_row() -> None:
    dataset = registration_dataset(FROM, TO, rigid((0, 0, 90), (1, 2, 3)))
    values = [float(v) for v in written(dataset.RegistrationSequence[1]).FrameOfReferenceTransformationMatrix]
    assert values == pytest.approx([0, -1, 0, 1, 1, 0, 0, 2, 0, 0, 1, 3, 0, 0, 0, 1])


@given(
    angles_deg=st.tuples(*[st.floats(-180, 180)] * 3),
    shift_mm=st.tuples(*[st.floats(-99999, 99999)] * 3),
)
def test_every_value_fits_into_a_decimal_string(
    angles_deg: tuple[float, float, float], shift_mm: tuple[float, float, float]
) -> None:
    matrix = rigid(angles_deg, shift_mm)
    item = written(registration_dataset(FROM, TO, matrix).RegistrationSequence[1])
    texts = [str(value) for value in item.FrameOfReferenceTransformationMatrix]
    assert all(len(text) <= 16 for text in texts)
    assert np.array(texts, dtype=float).reshape(4, 4) == pytest.approx(matrix, rel=1e-9, abs=1e-9)


SCALED, SHEARED, MIRRORED = np.diag([1.01, 1.01, 1.01, 1]), np.eye(4), np.diag([1.0, 1, -1, 1])
SHEARED[0, 1] = 0.05


@pytest.mark.parametrize("matrix", [SCALED, SHEARED, MIRRORED], ids=["scaled", "sheared", "mirrored"])
def test_a_matrix_that_isnt_rigid_is_refused_as_rigid(matrix: np.ndarray) -> None:
    with pytest.raises(UsageError, match="isn't RIGID"):
        registration_dataset(FROM, TO, matrix)


@pytest.mark.parametrize(("matrix", "matrix_type"), [(SCALED, "RIGID_SCALE"), (SHEARED, "AFFINE")])
def test_other_matrices_are_written_as_what_they_are(matrix: np.ndarray, matrix_type: str) -> None:
    dataset = registration_dataset(FROM, TO, matrix, matrix_type=matrix_type)
    item = written(dataset.RegistrationSequence[1])
    assert item.FrameOfReferenceTransformationMatrixType == matrix_type
    assert [float(v) for v in item.FrameOfReferenceTransformationMatrix] == matrix.ravel().tolist()


@pytest.mark.parametrize(
    "matrix", [np.eye(3), np.full((4, 4), np.nan), np.eye(4) + np.diag([0, 0, 0, 1])], ids=["3x3", "nan", "last row"]
)
def test_what_is_no_transformation_is_refused(matrix: np.ndarray) -> None:
    with pytest.raises(UsageError, match="4 x 4"):
        registration_dataset(FROM, TO, matrix, matrix_type="AFFINE")


def test_unknown_matrix_type_is_refused() -> None:
    with pytest.raises(UsageError, match="RIGID_SCALE"):
        registration_dataset(FROM, TO, np.eye(4), matrix_type="DEFORMED")


def test_images_and_structure_sets_may_be_of_another_frame_of_reference() -> None:
    ct = ct_datasets(np.zeros((2, 4, 4)), (0, 0, 0), key="a", frame="second")
    structure_set = structure_set_dataset([point_roi("P", 1)], ct=ct, key="a", frame="second")
    assert {image.FrameOfReferenceUID for image in ct} == {FROM}
    assert structure_set.FrameOfReferenceUID == FROM
    assert structure_set.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID == FROM
    assert structure_set.StructureSetROISequence[0].ReferencedFrameOfReferenceUID == FROM
