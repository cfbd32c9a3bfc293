"""RT Dose: the array, its grid in every orientation and offset convention, and everything that is refused."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.dicom import read_dose, rtdose
from rtcheck.dicom.index import read_instance
from rtcheck.errors import UnreadableFileError, UnsupportedDoseError


def read(make, ds, syntax="implicit", meta=True):
    return read_dose([("dose.dcm", make.to_bytes(ds, syntax, meta))])


@pytest.mark.parametrize("dtype", ["uint16", "uint32"])
@pytest.mark.parametrize("syntax", ["implicit", "explicit", "big", "deflated", "rle"])
def test_every_encoding_gives_the_same_dose(make, syntax, dtype):
    pixels = make.stored(dtype=dtype)
    ds = make.dose(pixels=pixels)
    if syntax == "big":
        ds.PixelData = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
    dose = read(make, ds, syntax)
    np.testing.assert_array_equal(dose.dose_gy, (pixels * np.float64("0.001")).astype(np.float32))
    assert dose.dose_gy.dtype == np.float32
    assert dose.dose_gy.flags.c_contiguous
    assert not dose.dose_gy.flags.writeable


def test_largest_values_are_scaled_in_double_precision(make):
    pixels = np.array([[[0, 1, 2**31 - 1, 2**32 - 1, 4294967291]]], np.uint32)
    ds = make.dose(pixels=pixels)
    ds.DoseGridScaling = "1.23456789e-8"
    expected = [np.float32(int(value) * 1.23456789e-8) for value in pixels.ravel()]
    np.testing.assert_array_equal(read(make, ds).dose_gy.ravel(), expected)


def test_odd_number_of_bytes_is_padded(make):
    pixels = make.stored((1, 3, 3), "uint16")
    assert read(make, make.dose(pixels=pixels)).dose_gy.shape == (1, 3, 3)


def test_attributes(make):
    dose = read(make, make.dose())
    assert dose.sop_instance_uid == "1.2.3.3"
    assert (dose.dose_type, dose.summation_type) == ("PHYSICAL", "PLAN")
    assert dose.referenced_plan_uids == ("1.2.3.1",)
    assert dose.dose_grid_scaling == 0.001
    assert dose.source.modality == "RTDOSE"
    grid = dose.grid
    assert grid.shape == (3, 4, 5)
    assert (grid.row_spacing_mm, grid.column_spacing_mm) == (2, 3)
    assert grid.frame_of_reference_uid == make.FRAME
    np.testing.assert_array_equal(grid.position_mm(2, 1, 4), [-10 + 4 * 3, -20 + 2, 30 + 5])


# Patient position: rows, columns of the grid, and where the frames go (cross product).
ORIENTATIONS = {
    "HFS": ([1, 0, 0, 0, 1, 0], [0, 0, 1]),
    "HFP": ([-1, 0, 0, 0, -1, 0], [0, 0, 1]),
    "FFS": ([-1, 0, 0, 0, 1, 0], [0, 0, -1]),
    "FFP": ([1, 0, 0, 0, -1, 0], [0, 0, -1]),
    "HFDL": ([0, -1, 0, 1, 0, 0], [0, 0, 1]),
    "sagittal": ([0, 1, 0, 0, 0, -1], [-1, 0, 0]),
    "coronal": ([1, 0, 0, 0, 0, -1], [0, 1, 0]),
    "oblique": ([0.8, 0.6, 0, -0.6, 0.8, 0], [0, 0, 1]),
    "doubly oblique": ([0.36, 0.48, -0.8, -0.8, 0.6, 0], [0.48, 0.64, 0.6]),
}


@pytest.mark.parametrize("name", ORIENTATIONS)
@pytest.mark.parametrize("offsets", [[0, 2, 4], [0, -2, -4], [0, 1, 5], ["-0", 2, 4]])
def test_relative_offsets_run_along_the_normal(make, name, offsets):
    cosines, normal = ORIENTATIONS[name]
    ds = make.dose(offsets=offsets)
    ds.ImageOrientationPatient = cosines
    grid = read(make, ds).grid
    numbers = [float(offset) for offset in offsets]
    np.testing.assert_allclose(grid.normal, normal, atol=1e-12)
    np.testing.assert_array_equal(grid.frame_offsets_mm, numbers)
    for frame in range(3):
        expected = np.array([-10, -20, 30]) + numbers[frame] * np.array(normal)
        np.testing.assert_allclose(grid.position_mm(frame, 0, 0), expected, atol=1e-9)
    expected = np.array([-10, -20, 30]) + 3 * np.array(cosines[:3]) * 4 + 2 * np.array(cosines[3:]) * 3
    np.testing.assert_allclose(grid.position_mm(0, 3, 4), expected, atol=1e-9)


@pytest.mark.parametrize("name", ["HFS", "HFP", "FFS", "FFP", "HFDL", "oblique"])
@pytest.mark.parametrize("z", [[30, 32, 34], [30, 28, 26], [30, 31, 35]])
def test_absolute_offsets_are_patient_z(make, name, z):
    ds = make.dose(offsets=z)
    ds.ImageOrientationPatient = ORIENTATIONS[name][0]
    grid = read(make, ds).grid
    for frame in range(3):
        np.testing.assert_allclose(grid.position_mm(frame, 0, 0), [-10, -20, z[frame]], atol=1e-9)
    assert grid.frame_offsets_mm[0] == 0


@pytest.mark.parametrize("name", ["sagittal", "coronal", "doubly oblique"])
def test_absolute_offsets_of_other_planes_are_refused(make, name):
    ds = make.dose(offsets=[30, 32, 34])
    ds.ImageOrientationPatient = ORIENTATIONS[name][0]
    with pytest.raises(UnreadableFileError, match="begins neither"):
        read(make, ds)


def test_first_offset_that_is_neither_is_refused(make):
    with pytest.raises(UnreadableFileError, match="begins neither"):
        read(make, make.dose(offsets=[12, 14, 16]))


@settings(max_examples=50, deadline=None)
@given(steps=st.lists(st.integers(1, 500), min_size=1, max_size=5), z=st.integers(-5000, 5000), down=st.booleans())
def test_relative_and_absolute_offsets_agree(make, steps, z, down):
    relative = np.concatenate([[0], np.cumsum(steps)]) / 10 * (-1 if down else 1)
    pixels = make.stored((len(relative), 2, 2))
    grids = []
    for offsets in (relative, relative + z / 10):
        ds = make.dose(pixels=pixels, offsets=[f"{offset:.1f}" for offset in offsets])
        ds.ImagePositionPatient = [0, 0, f"{z / 10:.1f}"]
        grids.append(read(make, ds).grid)
    np.testing.assert_allclose(grids[0].frame_offsets_mm, grids[1].frame_offsets_mm, atol=1e-9)
    np.testing.assert_allclose(grids[0].origin_mm, grids[1].origin_mm, atol=1e-9)


@pytest.mark.parametrize("offsets", [None, [], [0], [30]])
def test_single_frame(make, offsets):
    ds = make.dose(pixels=make.stored((1, 4, 5)), offsets=offsets or [0])
    if not offsets:
        del ds.GridFrameOffsetVector
    if offsets is None:
        del ds.NumberOfFrames
    ds.SliceThickness = 4
    grid = read(make, ds).grid
    assert grid.shape == (1, 4, 5)
    assert grid.frame_thickness_mm == 4
    np.testing.assert_array_equal(grid.position_mm(0, 0, 0), [-10, -20, 30])


def test_rounded_cosines_are_made_orthonormal(make):
    ds = make.dose()
    ds.ImageOrientationPatient = [0.866, 0.5, 0, -0.5, 0.866, 0]
    np.testing.assert_allclose(read(make, ds).grid.axes @ read(make, ds).grid.axes.T, np.eye(3), atol=1e-12)


def changed(make, **values):
    ds = make.dose()
    for keyword, value in values.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"DoseUnits": "RELATIVE"}, "DoseUnits is RELATIVE"),
        ({"DoseUnits": None}, "DoseUnits is missing"),
        ({"DoseType": "ERROR"}, "DoseType is ERROR"),
        ({"DoseSummationType": "BEAM"}, "holds one beam's part"),
        ({"DoseSummationType": "CONTROL_POINT"}, "CONTROL_POINT: it holds a part"),
        ({"DoseSummationType": "BRACHY_SESSION"}, "holds a part"),
        ({"DoseGridScaling": None}, "DoseGridScaling is missing"),
        ({"DoseGridScaling": 0}, "not positive"),
        ({"DoseGridScaling": -1}, "not positive"),
        ({"BitsAllocated": 8}, "pixels of 8 bits"),
        ({"SamplesPerPixel": 3}, "3 samples"),
    ],
)
def test_unsupported(make, values, match):
    with pytest.raises(UnsupportedDoseError, match=match):
        read(make, changed(make, **values))


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"NumberOfFrames": 2}, "3 offsets for 2 frames"),
        ({"GridFrameOffsetVector": [0, 1]}, "2 offsets for 3 frames"),
        ({"GridFrameOffsetVector": None}, "0 offsets for 3 frames"),
        ({"NumberOfFrames": None}, "3 offsets for 1 frames"),
        ({"NumberOfFrames": 0}, "0 frames"),
        ({"GridFrameOffsetVector": [0, 2, 2]}, "neither increasing nor decreasing"),
        ({"GridFrameOffsetVector": [0, 2, 1]}, "neither increasing nor decreasing"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "perpendicular"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0.9, 0]}, "perpendicular"),
        ({"ImageOrientationPatient": [1, 0, 0]}, "six numbers"),
        ({"ImageOrientationPatient": None}, "six numbers"),
        ({"ImagePositionPatient": None}, "three numbers"),
        ({"PixelSpacing": None}, "two positive numbers"),
        ({"PixelSpacing": [1, 0]}, "two positive numbers"),
        ({"Rows": 5}, "PixelData has 240 bytes, and .* make 300"),
        ({"Rows": 3}, "PixelData has 240 bytes, and .* make 180"),
        ({"Rows": None}, "no rows"),
        ({"PixelData": None}, "PixelData is missing"),
        ({"BitsStored": 6}, "says 6 bits"),
    ],
)
def test_unreadable(make, values, match):
    with pytest.raises(UnreadableFileError, match=match):
        read(make, changed(make, **values))


@pytest.mark.parametrize("text", ["nan", "inf", "1_0", "1\\2", "x"])
def test_scaling_that_is_no_number_is_refused(make, text):
    data = make.to_bytes(make.dose()).replace(b"0.001 ", text.encode().ljust(6))
    with pytest.raises(UnreadableFileError, match="DoseGridScaling"):
        read_dose([("dose.dcm", data)])


def test_negative_dose_is_refused_and_signed_dose_read(make):
    pixels = make.stored(dtype="int32")
    ds = make.dose(pixels=pixels)
    ds.PixelRepresentation = 1
    np.testing.assert_allclose(read(make, ds).dose_gy, pixels * 0.001, rtol=1e-6)
    pixels[0, 0, 0] = -1
    ds.PixelData = pixels.tobytes()
    with pytest.raises(UnsupportedDoseError, match="negative"):
        read(make, ds)


def test_other_compression_is_refused(make):
    data = make.to_bytes(make.dose(), "explicit").replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0")
    with pytest.raises(UnsupportedDoseError, match="compressed"):
        read_dose([("dose.dcm", data)])


def test_damaged_rle_is_refused(make):
    data = bytearray(make.to_bytes(make.dose(), "rle"))
    at = bytes(data).index(b"\xfe\xff\x00\xe0", bytes(data).index(b"\xe0\x7f\x10\x00") + 20)
    data[at + 8 : at + 12] = b"\xff\xff\xff\xff"
    with pytest.raises(UnreadableFileError, match="RLE"):
        read_dose([("dose.dcm", bytes(data))])


@pytest.mark.parametrize("frames", [1, 2, 4])
def test_rle_of_other_frames_than_stated_is_refused(make, frames):
    ds = make.dose()
    make.to_bytes(ds, "rle")
    ds.NumberOfFrames = frames
    ds.GridFrameOffsetVector = list(range(frames))
    file = BytesIO()
    pydicom.dcmwrite(file, ds)
    with pytest.raises(UnreadableFileError, match=f"3 RLE frames are there, and NumberOfFrames says {frames}"):
        read_dose([("dose.dcm", file.getvalue())])


def test_big_endian_bytes_of_words_are_refused(make):
    ds = make.dose()
    ds["PixelData"].VR = "OB"
    with pytest.raises(UnreadableFileError, match="VR OB"):
        read(make, ds, "big")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"DoseType": "EFFECTIVE"}, "effective-dose"),
        ({"DoseType": None}, "dose-type-missing"),
        ({"PixelData": bytes(240)}, "zero-dose"),
    ],
)
def test_notes(make, values, code):
    instance = read_instance("dose.dcm", make.to_bytes(changed(make, **values)))
    rtdose.read_dose(instance)
    assert [note.code for note in instance.notes] == [code]


@pytest.mark.parametrize("summation", ["PLAN", "MULTI_PLAN", "FRACTION", None])
def test_summations_that_hold_the_whole_are_read_unscaled(make, summation):
    dose = read(make, changed(make, DoseSummationType=summation))
    assert dose.summation_type == summation
    assert dose.dose_gy.max() == np.float32(make.stored().max() * 0.001)


def test_how_the_dose_was_calculated_is_read(make):
    ds = make.dose()
    ds.TissueHeterogeneityCorrection, ds.DoseComment = ["IMAGE", "ROI_OVERRIDE"], "final"
    ds.InstanceCreationDate, ds.InstanceCreationTime = "20240105", "113000"
    dose = read(make, ds)
    assert (dose.tissue_heterogeneity, dose.comment, dose.bits_stored) == ("IMAGE/ROI_OVERRIDE", "final", 32)
    assert (dose.date, dose.time) == ("20240105", "113000")


def test_the_time_is_that_of_the_date(make):
    ds = make.dose()
    ds.ContentDate, ds.ContentTime, ds.InstanceCreationTime = "20240105", "113000", "090000"
    assert (read(make, ds).date, read(make, ds).time) == ("20240105", "113000")


def test_what_a_dose_does_not_state_is_none(make):
    ds = make.dose()
    dose = read(make, ds)
    assert dose.tissue_heterogeneity is dose.comment is dose.date is dose.time is None
