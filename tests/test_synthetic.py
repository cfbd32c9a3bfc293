"""rtcheck.synthetic: the building blocks against closed forms, and the DICOM objects as pydicom reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import shapely
from scipy.interpolate import RegularGridInterpolator

from rtcheck.errors import UsageError
from rtcheck.synthetic import (
    RoiSpec,
    box_contours,
    ct_datasets,
    cylinder_contours,
    dose_dataset,
    linear_dose,
    plan_dataset,
    save,
    sphere_contours,
    structure_set_dataset,
    uid,
)
from rtcheck.synthetic.contouring import contour_plane, fill, resample, signed_area
from rtcheck.synthetic.delivery import trilinear
from rtcheck.synthetic.headers import decimal_string


def prism_volume_cc(contours: tuple[np.ndarray, ...], spacing_mm: float) -> float:
    return sum(abs(signed_area(points)) for points in contours) * spacing_mm / 1000


# Building blocks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spacing_mm", [0.2, 1.0, 3.0])
def test_nelms_cylinder_volume_counts_half_slice_end_caps(spacing_mm: float) -> None:
    contours = cylinder_contours(12, 24, spacing_mm, (1, -2, 6))
    z = [points[0, 2] for points in contours]
    assert (min(z), max(z)) == pytest.approx((-6, 18))
    assert prism_volume_cc(contours, spacing_mm) == pytest.approx(np.pi * 144 * (24 + spacing_mm) / 1000, rel=1e-9)


def test_sphere_and_box_volumes() -> None:
    assert prism_volume_cc(sphere_contours(12, 0.2), 0.2) == pytest.approx(4 / 3 * np.pi * 1.728, rel=1e-4)
    assert prism_volume_cc(box_contours((20, 10, 30), 3), 3) == pytest.approx(20 * 10 * 33 / 1000)


def test_height_that_isnt_a_multiple_of_the_spacing_is_refused() -> None:
    with pytest.raises(UsageError, match="multiple"):
        cylinder_contours(10, 10, 3)


def test_linear_dose_is_linear_and_never_negative() -> None:
    dose = linear_dose((5, 4, 3), (0, 0, -2), (1, 2, 3), gradient_gy_per_mm=(0.1, 0.2, 1), dose_gy=1, at_mm=(0, 0, 0))
    assert dose[2, 0, 0] == pytest.approx(1)
    assert dose[4, 3, 2] == pytest.approx(1 + 0.6 + 1.2 + 2)
    assert dose.min() == 0


def test_marching_squares_follows_a_circle_and_a_hole() -> None:
    x = np.arange(-30.0, 31.0, 3.0)
    radius = np.hypot(x[None, :], x[:, None])
    loops = contour_plane(np.maximum(radius - 24, 9 - radius), x, x)
    areas = sorted(signed_area(loop) for loop in loops)
    assert areas == pytest.approx([-np.pi * 81, np.pi * 576], rel=0.03)
    outer = max(loops, key=signed_area)
    assert np.hypot(*outer.T) == pytest.approx(24, abs=0.2)
    assert len(resample(outer, 5.0)) == 30


def test_marching_squares_keeps_saddles_apart_and_closes_at_the_border() -> None:
    values = np.array([[-1.0, 1.0], [1.0, -1.0]])
    loops = contour_plane(values, np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    assert len(loops) == 2
    assert all(signed_area(loop) > 0 for loop in loops)


def test_fill_agrees_with_shapely() -> None:
    points = np.array([[0.3, 0.2], [9.6, 1.1], [5.2, 4.4], [8.1, 9.3], [1.2, 7.7]])
    x, y = np.arange(-1.0, 12.0, 0.5), np.arange(-2.0, 11.0, 0.7)
    expected = shapely.contains_xy(shapely.Polygon(points), *np.meshgrid(x, y))
    assert np.array_equal(fill(points, x, y), expected)


def test_trilinear_agrees_with_scipy() -> None:
    axes = [np.arange(n) * 3.0 - 4 for n in (6, 5, 4)]
    values = np.cos(np.arange(4 * 5 * 6.0)).reshape(4, 5, 6)
    points = [np.linspace(axis[0], axis[-1], 17) for axis in axes]
    expected = RegularGridInterpolator(axes[::-1], values)(np.stack(points[::-1], axis=1))
    assert trilinear(values, axes, points) == pytest.approx(expected)


# DICOM objects --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [16, 32])
def test_dose_reads_back(tmp_path: Path, bits: int) -> None:
    dose = linear_dose((6, 5, 4), (-3, -4, -5), (2, 2.5, 3))
    path = save(dose_dataset(dose, (-3, -4, -5), (2, 2.5, 3), bits=bits), tmp_path / "deep" / "dose.dcm")
    read = pydicom.dcmread(path)
    assert read.pixel_array * float(read.DoseGridScaling) == pytest.approx(dose, abs=dose.max() / 2**16)
    assert [float(v) for v in read.GridFrameOffsetVector] == [0, 2, 4, 6, 8, 10]
    assert [float(v) for v in read.PixelSpacing] == [2.5, 3]
    assert (read.Rows, read.Columns, read.NumberOfFrames) == (5, 4, 6)


def test_dose_takes_offsets_and_orientation_as_they_shall_stand() -> None:
    dataset = dose_dataset(
        np.zeros((2, 3, 4)),
        (0, 0, 5),
        offsets_mm=(5, 8.5),
        orientation=(-1, 0, 0, 0, 1, 0),
        plan=None,
        units="RELATIVE",
    )
    assert [str(v) for v in dataset.GridFrameOffsetVector] == ["5", "8.5"]
    assert dataset.ImageOrientationPatient[0] == -1
    assert dataset.DoseUnits == "RELATIVE"
    assert "ReferencedRTPlanSequence" not in dataset


@pytest.mark.parametrize(
    ("dose", "options"),
    [
        (np.zeros((3, 3)), {}),
        (np.full((2, 2, 2), -1.0), {}),
        (np.full((2, 2, 2), np.nan), {}),
        (np.full((2, 2, 2), 70.0), {"bits": 16, "scaling": 0.001}),
    ],
)
def test_dose_that_pixels_cant_hold_is_refused(dose: np.ndarray, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        dose_dataset(dose, (0, 0, 0), **options)


def test_objects_of_one_key_belong_together() -> None:
    ct = ct_datasets(np.zeros((3, 8, 8)), (-4, -4, 0), key="a")
    rois = [RoiSpec("Liver", 1, cylinder_contours(3, 6, 3, (0, 0, 3))), RoiSpec("Empty", 2, ())]
    structure_set = structure_set_dataset(rois, ct=ct, key="a")
    plan = plan_dataset(60, 30, key="a", target_roi_number=1)
    dose = dose_dataset(np.ones((3, 8, 8)), (-4, -4, 0), key="a")
    assert len({d.FrameOfReferenceUID for d in (*ct, structure_set, plan, dose)}) == 1
    assert len({(d.PatientID, d.StudyInstanceUID) for d in (*ct, structure_set, plan, dose)}) == 1
    assert plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == structure_set.SOPInstanceUID
    assert dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == plan.SOPInstanceUID
    contour = structure_set.ROIContourSequence[0].ContourSequence[2]
    assert contour.ContourImageSequence[0].ReferencedSOPInstanceUID == ct[2].SOPInstanceUID
    assert "ContourSequence" not in structure_set.ROIContourSequence[1]
    assert uid("a", "CT", 1) != uid("b", "CT", 1)


def test_plan_without_fractions_is_refused() -> None:
    with pytest.raises(UsageError, match="0 fractions"):
        plan_dataset(40, 0)


@pytest.mark.parametrize(("value", "text"), [(-0.0001, "0"), (12.5, "12.5"), (-102.0, "-102"), (0.12345, "0.123")])
def test_decimal_strings(value: float, text: str) -> None:
    assert decimal_string(value) == text


def test_decimal_string_too_long_is_refused() -> None:
    with pytest.raises(OverflowError):
        decimal_string(1 / 3, 16)
