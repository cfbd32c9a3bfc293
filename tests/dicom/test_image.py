"""Image series: geometry from the headers."""

from __future__ import annotations

import numpy as np
import pytest

from rtcheck.dicom import read_study
from rtcheck.errors import UnreadableFileError


def study(make, *images):
    return read_study(make.case() + make.files(**{f"i{k}": image for k, image in enumerate(images)}))


def test_slices_are_sorted_along_the_normal(make):
    ct = study(make, *(make.image(k) for k in (2, 0, 3, 1)))
    (series,) = ct.images
    np.testing.assert_array_equal(series.slice_positions_mm, [0, 3, 6, 9])
    assert series.sop_instance_uids == tuple(f"1.2.3.5.{k}" for k in range(4))
    assert [source.name for source in series.sources] == ["i1.dcm", "i3.dcm", "i0.dcm", "i2.dcm"]
    assert (series.rows, series.columns, series.pixel_spacing_mm) == (4, 2, (1.5, 1.25))
    assert (series.modality, series.slice_thickness_mm, series.slice_spacing_mm) == ("CT", 3, 3)
    assert len(ct.sources) == 3 + 4


def test_feet_first_slices_run_along_their_normal(make):
    images = [make.image(k) for k in range(3)]
    for image in images:
        image.ImageOrientationPatient = [-1, 0, 0, 0, 1, 0]
    (series,) = study(make, *images).images
    np.testing.assert_array_equal(series.normal, [0, 0, -1])
    np.testing.assert_array_equal(series.slice_positions_mm, [-6, -3, 0])


def test_series_are_kept_apart(make):
    series = study(make, make.image(0), make.image(1), make.image(0, series="1.2.3.6", modality="MR")).images
    assert sorted((one.modality, len(one.sources)) for one in series) == [("CT", 2), ("MR", 1)]


def test_series_of_another_frame_is_left_out_and_noted(make, codes):
    read = study(make, make.image(0), make.image(0, series="1.2.3.6", frame="1.2.8"))
    assert [one.series_instance_uid for one in read.images] == ["1.2.3.5"]
    assert codes(read) == ["series-left-out"]


def test_series_without_frame_is_taken_by_referenced_images(make):
    structures = make.structures()
    image = make.image(0, frame=None)
    assert study(make, image).images == ()
    holder = make.reference("1")
    series = make.reference("1")
    series.ContourImageSequence = [make.reference(image.SOPInstanceUID, "2")]
    holder.RTReferencedSeriesSequence = [series]
    structures.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence = [holder]
    assert len(read_study(make.case(structures=structures, image=image)).images) == 1


def test_localisers_and_images_without_place_are_left_out(make, codes):
    scout, bare = make.image(0), make.image(1)
    scout.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    del bare.ImagePositionPatient
    read = study(make, scout, bare, make.image(2))
    assert [one.sop_instance_uids for one in read.images] == [("1.2.3.5.2",)]
    assert codes(read) == ["images-left-out"]


def test_images_at_one_position_are_noted(make, codes):
    assert codes(study(make, make.image(0), make.image(0, uid="1.2.3.5.99"))) == ["images-at-one-position"]


def test_enhanced_images_are_noted(make, codes):
    image = make.image(0)
    image.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    read = study(make, image)
    assert read.images == ()
    assert codes(read) == ["enhanced-images"]


def test_notes_of_many_files_are_one(make):
    images = [(f"i{k}", make.to_bytes(make.image(k), meta=False)) for k in range(5)]
    (note,) = read_study(make.case() + images).notes
    assert note.code == "no-file-meta"
    assert note.message.startswith("5 images: ")


def test_compressed_pixels_do_not_matter(make):
    assert len(read_study([*make.case(), ("i", make.to_bytes(make.image(), "rle"))]).images) == 1


def test_truncated_image_is_refused(make):
    with pytest.raises(UnreadableFileError, match="cut short"):
        read_study([*make.case(), ("i", make.to_bytes(make.image())[:-2])])


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("ImageOrientationPatient", [1, 0, 0, 1, 0, 0]), ("PixelSpacing", [0, 1]), ("ImagePositionPatient", [0, 1])],
)
def test_impossible_geometry_is_refused(make, keyword, value):
    image = make.image(0)
    setattr(image, keyword, value)
    with pytest.raises(UnreadableFileError, match=keyword):
        study(make, image)


def test_where_every_slice_lies_is_read(make):
    (series,) = study(make, make.image(1), make.image(0)).images
    np.testing.assert_array_equal(series.corners_mm, [[0, 0, 0], [0, 0, 3]])
    np.testing.assert_array_equal(series.row_direction, [1, 0, 0])
    np.testing.assert_array_equal(series.column_direction, [0, 1, 0])
    for array in (series.corners_mm, series.row_direction, series.column_direction):
        assert not array.flags.writeable


def test_what_the_images_of_a_series_say_is_listed_once(make):
    images = [make.image(k) for k in range(3)]
    for image, thickness, day in zip(images, (3, 1.5, 3), ("20240103", "20240102", "20240103"), strict=True):
        image.SliceThickness, image.AcquisitionDate = thickness, day
        image.PatientPosition, image.SeriesDescription = "HFS", "4D CT AVG"
        image.ImageType = ["DERIVED", "SECONDARY", "AXIAL", "AVERAGE"]
    (series,) = study(make, *images).images
    assert series.slice_thicknesses_mm == (1.5, 3)
    assert (series.patient_positions, series.dates) == (("HFS",), ("20240102", "20240103"))
    assert (series.image_types, series.description) == (("DERIVED/SECONDARY/AXIAL/AVERAGE",), "4D CT AVG")


def test_the_day_of_an_image_stands_in_one_of_three_places(make):
    images = [make.image(k) for k in range(4)]
    images[0].AcquisitionDate, images[0].ContentDate = "20240101", "20240109"
    images[1].ContentDate, images[1].SeriesDate = "20240102", "20240109"
    make.put_raw(images[2], 0x00080022, "DA", b"tomorrow")
    images[2].SeriesDate = "20240103"
    make.put_raw(images[3], 0x00080022, "DA", b"2024.01.04")
    assert study(make, *images).images[0].dates == ("20240101", "20240102", "20240103", "20240104")


def test_what_is_not_stated_of_a_series_is_empty(make):
    image = make.image(0)
    del image.SliceThickness
    (series,) = study(make, image).images
    assert series.slice_thickness_mm is series.description is None
    assert series.slice_thicknesses_mm == series.patient_positions == series.dates == series.image_types == ()


def test_a_thickness_that_is_no_number_is_left_out_of_the_later_images(make):
    images = [make.image(k) for k in range(3)]
    make.put_raw(images[1], 0x00180050, "DS", b"thin")
    (series,) = study(make, *images).images
    assert series.slice_thicknesses_mm == (3,)


def test_images_without_a_thickness_are_counted(make):
    images = [make.image(k) for k in range(3)]
    for image in images:
        image.SliceThickness = 3
    images[1].SliceThickness = None
    (series,) = study(make, *images).images
    assert (series.slice_thicknesses_mm, series.thickness_unstated) == ((3,), 1)
