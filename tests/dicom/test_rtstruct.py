"""RT Structure Set: every ROI and contour as drawn, names in every character set, and nothing lost in silence."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from rtcheck.dicom import read_structure_set, rtstruct
from rtcheck.dicom.index import read_instance
from rtcheck.errors import UnreadableFileError
from rtcheck.study import GeometricType, PhysicalProperty


def read(make, ds, syntax="implicit"):
    return read_structure_set([("rs.dcm", make.to_bytes(ds, syntax))])


def notes(make, ds, syntax="implicit"):
    instance = read_instance("rs.dcm", make.to_bytes(ds, syntax))
    rtstruct.read_structure_set(instance)
    return [note.code for note in instance.notes]


def first_contour(ds):
    return ds.ROIContourSequence[0].ContourSequence[0]


def with_contours(make, *contours):
    ds = make.structures(names=("GTV",))
    ds.ROIContourSequence[0].ContourSequence = list(contours)
    return ds


@pytest.mark.parametrize("syntax", ["implicit", "explicit", "big", "deflated"])
def test_every_part_is_read(make, syntax):
    structures = read(make, make.structures(), syntax)
    assert (structures.label, structures.frame_of_reference_uid) == ("Structs", make.FRAME)
    assert [(roi.number, roi.name, roi.interpreted_type, roi.color) for roi in structures.rois] == [
        (1, "GTV", "GTV", (255, 0, 1)),
        (2, "Liver", "ORGAN", (255, 0, 2)),
    ]
    for roi in structures.rois:
        assert [contour.geometric_type for contour in roi.contours] == [GeometricType.CLOSED_PLANAR] * 3
        for k, contour in enumerate(roi.contours):
            expected = [[0, 0, 3 * k], [10, 0, 3 * k], [10, 10, 3 * k], [0, 10, 3 * k]]
            np.testing.assert_array_equal(contour.points_mm, expected)
            assert not contour.points_mm.flags.writeable


@settings(max_examples=50, deadline=None)
@given(
    points=st.lists(st.tuples(*[st.decimals(-9999, 9999, places=2, allow_nan=False)] * 3), min_size=1, max_size=20),
    batch=st.integers(0, 300),
)
def test_points_survive_whatever_the_batch(make, points, batch):
    ds = with_contours(make, *(make.contour([], text="\\".join(map(str, p)), count=1) for p in points))
    before, rtstruct.BATCH_BYTES = rtstruct.BATCH_BYTES, batch
    try:
        roi = read(make, ds).rois[0]
    finally:
        rtstruct.BATCH_BYTES = before
    read_points = np.concatenate([contour.points_mm for contour in roi.contours])
    np.testing.assert_array_equal(read_points, [[float(value) for value in point] for point in points])


@pytest.mark.parametrize("syntax", ["explicit", "big"])
def test_contour_of_more_than_64_kilobytes(make, syntax):
    # Explicit VR DS has two bytes of length; a longer value is written as UN (PS3.5 6.2.2).
    points = np.column_stack([np.arange(8000) / 8, np.arange(8000) / 4, np.full(8000, -3.5)])
    roi = read(make, with_contours(make, make.contour(points.tolist())), syntax).rois[0]
    np.testing.assert_array_equal(roi.contours[0].points_mm, points)


def test_roi_without_contours_stays(make):
    ds = make.structures(names=("GTV", "Liver", "Heart"))
    del ds.ROIContourSequence[0].ContourSequence
    ds.ROIContourSequence[1].ContourSequence = []
    del ds.ROIContourSequence[2]
    rois = read(make, ds).rois
    assert [(roi.name, roi.contours) for roi in rois] == [("GTV", ()), ("Liver", ()), ("Heart", ())]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("POINT", GeometricType.POINT),
        ("OPEN_PLANAR", GeometricType.OPEN_PLANAR),
        ("OPEN_NONPLANAR", GeometricType.OPEN_NONPLANAR),
        ("CLOSEDPLANAR_XOR", GeometricType.CLOSEDPLANAR_XOR),
        ("CLOSED_PLANAR", GeometricType.CLOSED_PLANAR),
        ("SOMETHING", GeometricType.OTHER),
    ],
)
def test_every_type_is_kept(make, kind, expected):
    roi = read(make, with_contours(make, make.contour([[1, 2, 3]], kind))).rois[0]
    assert roi.contours[0].geometric_type is expected
    np.testing.assert_array_equal(roi.contours[0].points_mm, [[1, 2, 3]])


@pytest.mark.parametrize("text", ["1\\2\\3  ", " 1 \\ 2 \\ 3 ", "1.0e0\\2E+0\\3", "+1\\2\\3", "1\\2\\3\0"])
def test_odd_spellings_are_read(make, text):
    roi = read(make, with_contours(make, make.contour([], text=text, count=1))).rois[0]
    np.testing.assert_array_equal(roi.contours[0].points_mm, [[1, 2, 3]])


@pytest.mark.parametrize(
    ("text", "count", "match"),
    [
        ("1\\2\\nan", 1, "not finite"),
        ("1\\2\\inf", 1, "not finite"),
        ("1\\2\\1e999", 1, "not finite"),
        ("1\\2\\x", 1, "no numbers"),
        ("1\\\\3", 1, "no numbers"),
        ("1\\2", 1, "no multiple of three"),
        ("1\\2\\3\\4", 1, "no multiple of three"),
        ("1\\2\\3", 2, "1 points, and NumberOfContourPoints says '2'"),
        ("1\\2\\3\\4\\5\\6", 1, "2 points, and NumberOfContourPoints says '1'"),
        ("", 3, "0 points"),
        ("1 2\\3\\4", 1, "no numbers"),
    ],
)
def test_wrong_contour_data_is_refused(make, text, count, match):
    good = make.contour([[0, 0, 0]])
    ds = with_contours(make, good, make.contour([], text=text, count=count), good)
    with pytest.raises(UnreadableFileError, match=f"rs.dcm: a contour of ROI 'GTV' .*{match}"):
        read(make, ds)


def test_offset_vector_is_refused_unless_zero(make):
    ds = make.structures()
    first_contour(ds).add_new(0x30060045, "DS", [0, 0, 0])
    read(make, ds)
    first_contour(ds).add_new(0x30060045, "DS", [0, 0, 5])
    with pytest.raises(UnreadableFileError, match="ContourOffsetVector"):
        read(make, ds)


def test_contour_without_points_is_noted(make):
    ds = with_contours(make, make.contour([]), make.contour([[1, 2, 3]]))
    assert notes(make, ds) == ["empty-contour"]
    assert [len(contour.points_mm) for contour in read(make, ds).rois[0].contours] == [0, 1]


def test_count_may_be_absent(make):
    ds = make.structures()
    del first_contour(ds).NumberOfContourPoints
    assert len(read(make, ds).rois[0].contours[0].points_mm) == 4


def set_number(sequence, keyword, number):
    return lambda ds: setattr(getattr(ds, sequence)[1], keyword, number)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (set_number("StructureSetROISequence", "ROINumber", 1), "ROI number 1 stands twice \\('GTV', 'Liver'\\)"),
        (set_number("ROIContourSequence", "ReferencedROINumber", 9), "belong to ROI number 9, which is not named"),
        (lambda ds: delattr(ds.StructureSetROISequence[0], "ROINumber"), "ROINumber is missing"),
        (lambda ds: delattr(ds.ROIContourSequence[0], "ReferencedROINumber"), "ReferencedROINumber is missing"),
        (lambda ds: delattr(ds, "ROIContourSequence"), "2 ROIs are named and ROIContourSequence is missing"),
        (lambda ds: delattr(ds, "StructureSetROISequence"), "StructureSetROISequence is missing"),
        (lambda ds: delattr(ds, "SOPInstanceUID"), "SOPInstanceUID is missing"),
    ],
)
def test_refused(make, change, match):
    ds = make.structures()
    change(ds)
    with pytest.raises(UnreadableFileError, match=match):
        read_structure_set([("rs.dcm", make.to_bytes(ds, meta=False))])


def test_contours_in_several_items_are_joined_and_noted(make):
    ds = make.structures()
    ds.ROIContourSequence.append(copy.deepcopy(ds.ROIContourSequence[0]))
    assert notes(make, ds) == ["roi-contours-split"]
    assert [len(roi.contours) for roi in read(make, ds).rois] == [6, 3]


def test_two_types_of_one_roi_are_noted(make):
    ds = make.structures()
    ds.RTROIObservationsSequence[1].ReferencedROINumber = 1
    assert notes(make, ds) == ["roi-type-ambiguous"]
    assert [roi.interpreted_type for roi in read(make, ds).rois] == ["GTV", None]


def test_types_are_linked_by_number_not_by_order(make):
    ds = make.structures()
    ds.RTROIObservationsSequence = ds.RTROIObservationsSequence[::-1]
    ds.ROIContourSequence = ds.ROIContourSequence[::-1]
    assert [(roi.interpreted_type, roi.color[2]) for roi in read(make, ds).rois] == [("GTV", 1), ("ORGAN", 2)]


@pytest.mark.parametrize("color", [[1, 2], [1, 2, 300], None])
def test_colour_that_is_none_is_none(make, color):
    ds = make.structures()
    ds.ROIContourSequence[0].ROIDisplayColor = color
    assert read(make, ds).rois[0].color is None


def test_nameless_roi_is_noted(make):
    assert notes(make, make.structures(names=("", "Liver"))) == ["roi-without-name"]


CHARACTER_SETS = [
    ("ISO_IR 100", "Léber", "latin-1"),
    ("ISO_IR 192", "肝臓 Łódź", "utf-8"),
    ("GB18030", "肝脏乗", "gb18030"),  # 乗 ends in a backslash byte
    ("GBK", "肝脏乗", "gbk"),
    ("ISO_IR 144", "печень", "iso8859_5"),
    ("ISO_IR 13", "ｶﾝ", "shift_jis"),
]


def read_named(make, encoded, declared, syntax="implicit"):
    """Name of an ROI whose bytes are these, and the notes."""
    encoded += b" " * (len(encoded) % 2)
    ds = make.structures(names=("#" * len(encoded), "Liver"))
    ds.PatientName = "Doe"
    ds.SpecificCharacterSet = declared
    if declared is None:
        del ds.SpecificCharacterSet
    instance = read_instance("rs.dcm", make.to_bytes(ds, syntax).replace(b"#" * len(encoded), encoded))
    name = rtstruct.read_structure_set(instance).rois[0].name
    return name, [note.code for note in instance.notes]


@pytest.mark.parametrize(("declared", "name", "codec"), CHARACTER_SETS)
@pytest.mark.parametrize("syntax", ["implicit", "explicit"])
def test_names_in_any_character_set(make, declared, name, codec, syntax):
    assert read_named(make, name.encode(codec), declared, syntax) == (name, [])


def test_names_with_escapes(make):
    encoded = b"PTV \x1b$)A" + "肝脏".encode("gb2312")
    assert read_named(make, encoded, ["", "ISO 2022 IR 58"]) == ("PTV 肝脏", [])


@pytest.mark.parametrize(("codec", "name"), [("utf-8", "Lebergröße"), ("latin-1", "Lebergröße"), ("utf-8", "肝臓")])
def test_undeclared_character_set_is_guessed_and_noted(make, codec, name):
    assert read_named(make, name.encode(codec), None) == (name, ["character-set-missing"])


def test_text_that_does_not_fit_is_noted(make):
    assert read_named(make, b"Le\xe9ber", "ISO_IR 192") == ("Le\ufffdber", ["text-encoding"])


def test_unknown_character_set_is_noted(make):
    data = make.to_bytes(make.structures()).replace(b"ISO_IR 192", b"ISO_XX 192")
    assert [note.code for note in read_instance("rs.dcm", data).notes] == ["character-set"]


def test_codec_that_is_no_character_set_is_refused(make):
    data = make.to_bytes(make.structures(names=("Le##ber",))).replace(b"ISO_IR 192", b"undefined ")
    with pytest.raises(UnreadableFileError, match="character set"):
        read_structure_set([("rs.dcm", data.replace(b"##", b"\xe9\xe9"))])


def test_images_are_those_of_the_frame_of_reference(make):
    ds = make.structures()
    study, series = copy.deepcopy(ds.StructureSetROISequence[0]), make.reference("1")
    series.ContourImageSequence = [make.reference("1.7", "2"), make.reference("1.8", "2")]
    study.RTReferencedSeriesSequence = [series]
    ds.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence = [study]
    assert read(make, ds).referenced_image_uids == {"1.7", "1.8"}


def property_of(kind, value):
    item = Dataset()
    item.ROIPhysicalProperty = kind
    if value is not None:
        item.ROIPhysicalPropertyValue = value
    return item


def test_what_an_roi_is_made_of_and_who_drew_it_is_read(make):
    ds = make.structures()
    ds.RTROIObservationsSequence[1].ROIPhysicalPropertiesSequence = [
        property_of("REL_ELEC_DENSITY", 0.6),
        property_of("REL_MASS_DENSITY", None),
    ]
    ds.StructureSetROISequence[0].ROIGenerationAlgorithm = "AUTOMATIC"
    ds.StructureSetTime = "100000"
    structures = read(make, ds)
    gtv, liver = structures.rois
    assert (gtv.physical_properties, gtv.generation_algorithm) == ((), "AUTOMATIC")
    assert liver.physical_properties == (
        PhysicalProperty("REL_ELEC_DENSITY", 0.6),
        PhysicalProperty("REL_MASS_DENSITY", None),
    )
    assert (liver.generation_algorithm, structures.time) == (None, "100000")


def test_a_density_that_is_no_number_is_none(make):
    ds = make.structures()
    item = property_of("REL_ELEC_DENSITY", None)
    make.put_raw(item, 0x300600B4, "DS", b"bone")
    ds.RTROIObservationsSequence[0].ROIPhysicalPropertiesSequence = [item]
    assert read(make, ds).rois[0].physical_properties == (PhysicalProperty("REL_ELEC_DENSITY", None),)


def test_the_series_that_were_drawn_on_are_read(make):
    ds, study, series = make.structures(), Dataset(), Dataset()
    series.SeriesInstanceUID = "1.2.3.5"
    series.ContourImageSequence = [make.reference(f"1.2.3.5.{k}", "2") for k in range(2)]
    study.RTReferencedSeriesSequence = [series]
    ds.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence = [study]
    structures = read(make, ds)
    assert structures.referenced_series_uids == ("1.2.3.5",)
    assert structures.referenced_image_uids == {"1.2.3.5.0", "1.2.3.5.1"}
    assert read(make, make.structures()).referenced_series_uids == ()
