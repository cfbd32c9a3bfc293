"""The element stream: every cut is seen, every encoding is read, values are those that pydicom reads."""

from __future__ import annotations

from io import BytesIO

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.dicom import read_dose, read_plan, read_structure_set
from rtcheck.dicom.elements import MAX_DEPTH
from rtcheck.dicom.index import read_instance
from rtcheck.dicom.part10 import open_file
from rtcheck.errors import InputError, UnreadableFileError

READERS = {"plan": read_plan, "dose": read_dose, "structures": read_structure_set}
ENCODINGS = ["implicit", "explicit", "big", "deflated"]


def element_ends(data):
    """Positions after which a top-level element ends: a cut there leaves a valid, shorter data set.

    In big endian the next tag begins with a NUL, which reads as padding of the same shorter data set.
    """
    ends = {span.stop for span in open_file("x", data).attributes.spans.values()}
    return ends | {end + 1 for end in ends if data[end : end + 1] == b"\0"}


@pytest.mark.parametrize("syntax", ENCODINGS)
@pytest.mark.parametrize("kind", READERS)
def test_file_cut_anywhere_is_refused(make, kind, syntax):
    data = make.to_bytes(getattr(make, kind)(), syntax)
    harmless = set() if syntax == "deflated" else element_ends(data)
    for length in range(len(data)):
        try:
            READERS[kind]([("x.dcm", data[:length])])
        except InputError:
            continue
        assert length in harmless, length


def test_plan_cut_between_elements_keeps_its_dosimetry(make):
    # What nothing can show: a data set that ends after a whole element. Of a plan the structure set's name is then
    # missing (noted in a study), and nothing that counts doses.
    data = make.to_bytes(make.plan())
    whole = read_plan([("x.dcm", data)])
    for length in sorted(element_ends(data)):
        try:
            plan = read_plan([("x.dcm", data[:length])])
        except InputError:
            continue
        assert plan.fraction_groups == whole.fraction_groups
        assert plan.beams == whole.beams
        assert plan.dose_references == whole.dose_references


def test_structure_set_cut_between_elements_keeps_its_contours(make):
    data = make.to_bytes(make.structures())
    for length in sorted(element_ends(data)):
        try:
            cut = read_structure_set([("x.dcm", data[:length])])
        except InputError:
            continue
        assert [len(roi.contours) for roi in cut.rois] == [3, 3]


def test_dose_cut_between_elements_is_refused(make):
    data = make.to_bytes(make.dose())
    for length in sorted(element_ends(data))[:-1]:
        with pytest.raises(InputError):
            read_dose([("x.dcm", data[:length])])


@pytest.mark.parametrize("kind", READERS)
def test_undefined_lengths_cut_anywhere_are_refused(make, kind):
    ds = getattr(make, kind)()
    for element in ds.iterall():
        if element.VR == "SQ":
            element.is_undefined_length = True
            for item in element.value:
                item.is_undefined_length_sequence_item = True
    data = make.to_bytes(ds, "explicit")
    READERS[kind]([("x.dcm", data)])
    ends = element_ends(data)
    ends |= {end + 8 for end in ends}  # a sequence's delimiter belongs to it
    for length in range(len(data)):
        try:
            READERS[kind]([("x.dcm", data[:length])])
        except InputError:
            continue
        assert length in ends, length


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_bytes_are_read_or_refused_and_never_crash(make, data):
    kind = data.draw(st.sampled_from(sorted(READERS)))
    raw = bytearray(make.to_bytes(getattr(make, kind)(), data.draw(st.sampled_from(["implicit", "explicit", "big"]))))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(128, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        READERS[kind]([("x.dcm", bytes(raw))])
    except InputError as error:
        assert "\n" not in str(error)


@settings(max_examples=200, deadline=None)
@given(noise=st.binary(max_size=200), head=st.sampled_from([bytes(128) + b"DICM", b"\x08\0\x05\0", b"\0\x08\0\x05CS"]))
def test_noise_is_refused(noise, head):
    with pytest.raises(InputError):
        read_plan([("x.dcm", head + noise)])


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("syntax", ENCODINGS)
def test_every_text_is_what_pydicom_reads(make, kind, syntax):
    data = make.to_bytes(getattr(make, kind)(), syntax)
    ours = read_instance("x", data).attributes
    theirs = pydicom.dcmread(BytesIO(data))
    for element in theirs:
        if element.VR in ("UI", "LO", "SH", "CS", "PN", "DA", "IS", "DS"):
            value = element.value
            text = "\\".join(map(str, value)) if element.VM > 1 else str(value)
            assert ours.text(element.keyword) == text
        elif element.VR == "SQ":
            assert len(ours.items(element.keyword)) == len(element.value)
        elif element.VR == "US":
            assert ours.unsigned(element.keyword) == element.value


@pytest.mark.parametrize("syntax", ["implicit", "explicit", "big"])
def test_file_without_meta_is_read_and_noted(make, syntax):
    instance = read_instance("x", make.to_bytes(make.plan(), syntax, meta=False))
    assert instance.uid == "1.2.3.1"
    assert [note.code for note in instance.notes] == ["no-file-meta"]


def test_file_without_preamble_is_read(make):
    assert read_instance("x", make.to_bytes(make.plan())[132:]).uid == "1.2.3.1"


def test_wrong_transfer_syntax_is_noted(make):
    data = make.to_bytes(make.plan(), "explicit")
    wrong = data.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0")
    instance = read_instance("x", wrong)
    assert instance.attributes.text("RTPlanLabel") == "Plan1"
    assert [note.code for note in instance.notes] == ["transfer-syntax"]


def test_padding_after_the_last_element_is_noted(make):
    instance = read_instance("x", make.to_bytes(make.plan()) + bytes(300))
    assert [note.code for note in instance.notes] == ["trailing-padding"]


def test_anything_else_after_the_last_element_is_refused(make):
    with pytest.raises(UnreadableFileError):
        read_instance("x", make.to_bytes(make.plan()) + b"rest")


def test_element_that_stands_twice_is_refused(make):
    data = make.to_bytes(make.plan(), meta=False)
    again = b"\x08\0\x60\0\x06\0\0\0RTDOSE"
    with pytest.raises(UnreadableFileError, match="stands twice"):
        read_instance("x", again + data)


def test_bottomless_nesting_is_refused():
    sequence = b"\x0a\x30\x10\0\xff\xff\xff\xff" + b"\xfe\xff\0\xe0\xff\xff\xff\xff"
    with pytest.raises(UnreadableFileError, match="nested"):
        read_instance("x", b"\x08\0\x60\0\x06\0\0\0RTPLAN" + sequence * (MAX_DEPTH + 1000))


def test_deflated_bomb_is_refused(make, monkeypatch):
    monkeypatch.setattr("rtcheck.dicom.part10.MAX_INFLATED_BYTES", 100)
    with pytest.raises(UnreadableFileError, match="more than 100 bytes"):
        read_instance("x", make.to_bytes(make.plan(), "deflated"))


def test_unknown_vr_sequence_with_implicit_items_is_read(make):
    # A sequence sent through a system that doesn't know it: VR UN, its items implicit little endian (PS3.5 6.2.2).
    plan = make.plan()
    label = make.to_bytes(plan, "explicit")
    items = make.to_bytes(plan, "implicit")
    start = items.index(b"\x0c\x30\x60\0") + 8
    length = int.from_bytes(items[start - 4 : start], "little")
    at = label.index(b"\x0c\x30\x60\0SQ")
    changed = label[:at] + b"\x0c\x30\x60\0UN\0\0" + length.to_bytes(4, "little") + items[start : start + length]
    assert read_plan([("x.dcm", changed)]).referenced_structure_set_uid == "1.2.3.2"


def test_file_that_says_nothing_of_its_kind_is_refused(make):
    plan = make.plan()
    data = make.to_bytes(plan, meta=False)
    del plan.SOPClassUID, plan.Modality
    data = make.to_bytes(plan, meta=False)
    with pytest.raises(UnreadableFileError, match="SOPClassUID is missing"):
        read_instance("x", data)
