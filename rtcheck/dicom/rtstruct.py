"""RT Structure Set: ROIs and their contours, straight from the bytes.

References
----------
.. [1] DICOM PS3.3, C.8.8.5 (structure set), C.8.8.6 (ROI contour), C.8.8.8 (RT ROI observations).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, NoReturn, Protocol

import numpy as np

from rtcheck.dicom.attributes import PADDING, Attributes, tag_of
from rtcheck.dicom.decimals import parse_decimals
from rtcheck.dicom.elements import Spans
from rtcheck.dicom.rtbeams import or_none
from rtcheck.geometry import FloatArray, read_only
from rtcheck.study import ROI, Contour, GeometricType, PhysicalProperty, SourceFile, StructureSet

_CONTOUR_SEQUENCE = tag_of("ContourSequence")
_CONTOUR_DATA = tag_of("ContourData")
_GEOMETRIC_TYPE = tag_of("ContourGeometricType")
_POINT_COUNT = tag_of("NumberOfContourPoints")
_OFFSET_VECTOR = tag_of("ContourOffsetVector")

#: Contours are parsed together until their text is this long: enough to forget numpy's overhead, little enough to
#: stay in the processor's cache.
BATCH_BYTES = 1 << 18

_TYPES = {member.value.encode(): member for member in GeometricType}


class StructureFile(Protocol):
    """What is needed of an indexed RT Structure Set."""

    @property
    def attributes(self) -> Attributes:
        """The structure set's data set."""

    @property
    def source(self) -> SourceFile:
        """The structure set's file."""


def frames_of_reference(attributes: Attributes) -> frozenset[str]:
    """Frames of reference that drawn ROIs lie in, wherever the file states them.

    Each ROI's own comes first; where ROIs don't say, that of ReferencedFrameOfReferenceSequence if it is one, then
    FrameOfReferenceUID.

    Parameters
    ----------
    attributes : Attributes

    Returns
    -------
    frozenset of str
        Empty where the file says nothing.
    """
    drawn = {
        item.integer("ReferencedROINumber")
        for item in attributes.items("ROIContourSequence")
        if item.spans.get(_CONTOUR_SEQUENCE) is not None
    }
    own = {
        item.text("ReferencedFrameOfReferenceUID")
        for item in attributes.items("StructureSetROISequence")
        if item.integer("ROINumber") in drawn or not drawn
    }
    shared = {item.text("FrameOfReferenceUID") for item in attributes.items("ReferencedFrameOfReferenceSequence")}
    if own - {None}:
        return frozenset(uid for uid in own if uid)
    for uids in (shared, {attributes.text("FrameOfReferenceUID")}):
        stated = frozenset(uid for uid in uids if uid)
        if len(stated) == 1:
            return stated
    return frozenset()


def read_structure_set(file: StructureFile) -> StructureSet:
    """Read an RT Structure Set.

    Parameters
    ----------
    file : Instance

    Returns
    -------
    StructureSet
        Every ROI named, drawn or not; an empty frame of reference UID where the file doesn't state exactly one.

    Raises
    ------
    UnreadableFileError
        No SOPInstanceUID, StructureSetROISequence or ROIContourSequence; an ROI number that stands twice or isn't
        named; contour data that are no finite triples, or not as many as stated.
    """
    attributes = file.attributes
    frames = frames_of_reference(attributes)
    label = attributes.text("StructureSetLabel") or ""
    series = _referenced_series(attributes)
    series_uids = [or_none(one.text, "SeriesInstanceUID") for one in series]
    return StructureSet(
        sop_instance_uid=attributes.required("SOPInstanceUID"),
        label=label,
        frame_of_reference_uid=next(iter(frames)) if len(frames) == 1 else "",
        rois=_rois(attributes),
        source=file.source,
        approval_status=attributes.code("ApprovalStatus"),
        date=attributes.text("StructureSetDate"),
        referenced_image_uids=frozenset(uid for one in series for uid in one.uids("ContourImageSequence")),
        time=or_none(attributes.text, "StructureSetTime"),
        referenced_series_uids=tuple(dict.fromkeys(uid for uid in series_uids if uid)),
    )


def _rois(attributes: Attributes) -> tuple[ROI, ...]:
    if not attributes.has("StructureSetROISequence"):
        attributes.missing("StructureSetROISequence")
    names = roi_names(attributes)
    if names and not attributes.has("ROIContourSequence"):
        attributes.refuse(f"{len(names)} ROIs are named and ROIContourSequence is missing", "export it again, complete")
    types, properties, algorithms = _interpreted_types(attributes), _properties(attributes), _algorithms(attributes)
    contours: dict[int, list[Contour]] = {number: [] for number in names}
    colors: dict[int, tuple[int, int, int] | None] = {}
    for item in attributes.items("ROIContourSequence"):
        number = _number(item, "ReferencedROINumber")
        if number not in names:
            attributes.refuse(f"contours belong to ROI number {number}, which is not named", "export it again")
        if number in colors:
            attributes.stream.note("roi-contours-split", f"ROI {names[number]!r}: contours in several items are joined")
        colors.setdefault(number, _color(item))
        contours[number] += _contours(item, names[number])
    return tuple(
        ROI(
            number,
            name,
            types.get(number),
            tuple(contours[number]),
            colors.get(number),
            tuple(properties.get(number, ())),
            algorithms.get(number),
        )
        for number, name in names.items()
    )


def roi_names(attributes: Attributes) -> dict[int, str]:
    """Names of all ROIs by number, drawn or not; `UnreadableFileError` where a number stands twice or is missing."""
    names: dict[int, str] = {}
    for item in attributes.items("StructureSetROISequence"):
        number = _number(item, "ROINumber")
        name = item.text("ROIName") or ""
        if number in names:
            attributes.refuse(f"ROI number {number} stands twice ({names[number]!r}, {name!r})", "export it again")
        if not name:
            attributes.stream.note("roi-without-name", f"ROI number {number} has no name")
        names[number] = name
    return names


def _interpreted_types(attributes: Attributes) -> dict[int, str | None]:
    types: dict[int, str | None] = {}
    for item in attributes.items("RTROIObservationsSequence"):
        number = _number(item, "ReferencedROINumber")
        interpreted = item.code("RTROIInterpretedType")
        if types.get(number) and interpreted and types[number] != interpreted:
            message = f"ROI number {number} is {types[number]} and {interpreted}; the first is taken"
            attributes.stream.note("roi-type-ambiguous", message)
        types[number] = types.get(number) or interpreted
    return types


def _properties(attributes: Attributes) -> dict[int, list[PhysicalProperty]]:
    """What ROIs are said to be made of, by number; a value that is no number is None."""
    found: dict[int, list[PhysicalProperty]] = {}
    for item in attributes.items("RTROIObservationsSequence"):
        for one in or_none(item.items, "ROIPhysicalPropertiesSequence") or []:
            kind = or_none(one.code, "ROIPhysicalProperty") or ""
            value = or_none(one.number, "ROIPhysicalPropertyValue")
            found.setdefault(_number(item, "ReferencedROINumber"), []).append(PhysicalProperty(kind, value))
    return found


def _algorithms(attributes: Attributes) -> dict[int, str | None]:
    """ROIGenerationAlgorithm by number."""
    return {
        _number(item, "ROINumber"): or_none(item.code, "ROIGenerationAlgorithm")
        for item in attributes.items("StructureSetROISequence")
    }


def _number(item: Attributes, keyword: str) -> int:
    number = item.integer(keyword)
    return item.missing(keyword) if number is None else number


def _color(item: Attributes) -> tuple[int, int, int] | None:
    # A colour that is none is no reason to refuse an ROI.
    try:
        red, green, blue = (int(part) for part in item.raw("ROIDisplayColor").strip(PADDING).split(b"\\"))
    except ValueError:
        return None
    return (red, green, blue) if all(0 <= part <= 255 for part in (red, green, blue)) else None


class _Pending(NamedTuple):
    """A contour whose text is not parsed yet."""

    geometric_type: GeometricType
    text: bytes
    numbers: int


def _contours(item: Attributes, roi: str) -> list[Contour]:
    sequence = item.spans.get(_CONTOUR_SEQUENCE)
    if sequence is None:
        return []
    contours: list[Contour] = []
    batch: list[_Pending] = []
    size = 0
    for spans in item.stream.items(sequence):
        pending = _pending(item, spans, roi)
        batch.append(pending)
        size += len(pending.text)
        if size > BATCH_BYTES:
            contours += _parse(item, batch, roi)
            batch, size = [], 0
    return contours + _parse(item, batch, roi)


def _pending(item: Attributes, spans: Spans, roi: str) -> _Pending:
    """One contour's type and text, its count of numbers checked."""
    data = item.stream.data

    def value(tag: int) -> bytes:
        span = spans.get(tag)
        return b"" if span is None else data[span.start : span.stop].strip(PADDING)

    text, stated = value(_CONTOUR_DATA), value(_POINT_COUNT)
    numbers = text.count(b"\\") + 1 if text else 0
    if numbers % 3:
        _refuse(item, roi, f"has {numbers} coordinates, no multiple of three")
    if stated and not (stated.isdigit() and 3 * int(stated) == numbers):
        _refuse(item, roi, f"has {numbers // 3} points, and NumberOfContourPoints says {stated.decode('latin-1')!r}")
    if not text:
        item.stream.note("empty-contour", f"ROI {roi!r} has a contour without points")
    offset = value(_OFFSET_VECTOR)
    if offset and offset.translate(None, b"0.-+\\ "):
        _refuse(item, roi, "has a ContourOffsetVector, which is retired and not applied")
    return _Pending(_TYPES.get(value(_GEOMETRIC_TYPE).upper(), GeometricType.OTHER), text, numbers)


def _parse(item: Attributes, batch: Iterable[_Pending], roi: str) -> list[Contour]:
    batch = list(batch)
    try:
        numbers = parse_decimals(b"\\".join(pending.text for pending in batch if pending.text))
    except ValueError:
        _refuse(item, roi, "has coordinates that are no numbers")
    if not np.all(np.isfinite(numbers)):
        _refuse(item, roi, "has coordinates that are not finite")
    read_only(numbers)
    contours: list[Contour] = []
    start = 0
    for pending in batch:
        points: FloatArray = numbers[start : start + pending.numbers].reshape(-1, 3)
        contours.append(Contour(pending.geometric_type, points))
        start += pending.numbers
    return contours


def _refuse(item: Attributes, roi: str, problem: str) -> NoReturn:
    item.refuse(f"a contour of ROI {roi!r} {problem}", "export the structure set again")


def _referenced_series(attributes: Attributes) -> list[Attributes]:
    """The items that name an image series."""
    return [
        series
        for frame in attributes.items("ReferencedFrameOfReferenceSequence")
        for study in frame.items("RTReferencedStudySequence")
        for series in study.items("RTReferencedSeriesSequence")
    ]
