"""Image series: where their slices lie. Pixels are never looked at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol, TypeVar

import numpy as np

from rtcheck.dicom.attributes import PADDING, Attributes
from rtcheck.dicom.orientation import direction_cosines
from rtcheck.dicom.rtbeams import or_none
from rtcheck.geometry import FloatArray, read_only
from rtcheck.study import ImageSeries, Note, SourceFile

#: Where the day of an image stands; the first that states one counts.
_DATES = ("AcquisitionDate", "ContentDate", "SeriesDate")

#: What is kept of an image's header.
IMAGE_KEYWORDS = (
    "SpecificCharacterSet",
    "ImageType",
    "Modality",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "Rows",
    "Columns",
    "PatientPosition",
    "SeriesDescription",
    *_DATES,
)

#: A day as DICOM writes it, and as ACR-NEMA did.
_DATE = re.compile(rb"(\d{4})(\.?)(\d\d)\2(\d\d)")

_GEOMETRY = ("SeriesInstanceUID", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "Rows", "Columns")


class Image(Protocol):
    """What is needed of an indexed image."""

    @property
    def attributes(self) -> Attributes:
        """The image's header."""

    @property
    def source(self) -> SourceFile:
        """The image's file."""


def read_series(images: Iterable[Image]) -> tuple[list[ImageSeries], list[Note]]:
    """Group images to series.

    Parameters
    ----------
    images : iterable of Instance

    Returns
    -------
    series : list of ImageSeries
        One per Series Instance UID, orientation and matrix: a localiser of three planes makes three.
    notes : list of Note
        Images without a place in the patient, and localisers, are left out and named.

    Raises
    ------
    UnreadableFileError
        An image's orientation is no pair of perpendicular unit vectors, or its position is no point.
    """
    groups: dict[tuple[object, ...], list[Image]] = {}
    left_out: list[str] = []
    for image in images:
        attributes = image.attributes
        placed = all(attributes.raw(keyword) for keyword in _GEOMETRY)
        if not placed or "LOCALIZER" in (attributes.code("ImageType") or ""):
            left_out.append(image.source.name)
            continue
        groups.setdefault(_group_key(attributes), []).append(image)
    notes: list[Note] = []
    if left_out:
        message = f"{len(left_out)} localisers or images without a place in the patient are left out"
        notes.append(Note("images-left-out", left_out[0], message))
    series = [_series(members) for members in groups.values()]
    for one in series:
        if len(one.slice_positions_mm) > 1 and np.diff(one.slice_positions_mm).min() < 1e-3:
            message = f"series {one.series_instance_uid} has several images at one position"
            notes.append(Note("images-at-one-position", one.sources[0].name, message))
    return series, notes


def _group_key(attributes: Attributes) -> tuple[object, ...]:
    # Cosines of one stack may differ in their last decimals.
    orientation = np.round(attributes.numbers("ImageOrientationPatient"), 3) + 0.0
    return (
        attributes.text("Modality"),
        attributes.text("SeriesInstanceUID"),
        attributes.text("FrameOfReferenceUID"),
        attributes.unsigned("Rows"),
        attributes.unsigned("Columns"),
        tuple(np.round(attributes.numbers("PixelSpacing"), 4).tolist()),
        tuple(orientation.tolist()),
    )


def _series(images: Sequence[Image]) -> ImageSeries:
    first = images[0].attributes
    row, column = direction_cosines(first)
    normal = np.cross(row, column)
    spacing = first.numbers("PixelSpacing")
    if len(spacing) != 2 or np.any(spacing <= 0):
        first.wrong("PixelSpacing", "must be two positive numbers")
    corners = np.array([_position(image.attributes) for image in images])
    positions = corners @ normal
    order = np.argsort(positions, kind="stable")
    ordered = [images[k] for k in order]
    sliced, corners = positions[order], corners[order]
    for array in (row, column, normal, sliced, corners):
        read_only(array)
    every = [image.attributes for image in images]
    return ImageSeries(
        modality=first.code("Modality") or "",
        series_instance_uid=first.required("SeriesInstanceUID"),
        frame_of_reference_uid=first.text("FrameOfReferenceUID"),
        rows=first.unsigned("Rows") or 0,
        columns=first.unsigned("Columns") or 0,
        pixel_spacing_mm=(float(spacing[0]), float(spacing[1])),
        slice_thickness_mm=first.number("SliceThickness"),
        slice_positions_mm=sliced,
        normal=normal,
        sop_instance_uids=tuple(image.source.sop_instance_uid for image in ordered),
        sources=tuple(image.source for image in ordered),
        corners_mm=corners,
        row_direction=row,
        column_direction=column,
        slice_thicknesses_mm=tuple(sorted(_distinct(every, Attributes.number, "SliceThickness"))),
        patient_positions=tuple(_distinct(every, Attributes.code, "PatientPosition")),
        dates=tuple(sorted({date for image in every if (date := _date(image))})),
        image_types=tuple(text.replace("\\", "/") for text in _distinct(every, Attributes.code, "ImageType")),
        description=or_none(first.text, "SeriesDescription"),
        thickness_unstated=_unstated(every, Attributes.number, "SliceThickness"),
    )


T = TypeVar("T")


def _distinct(images: Sequence[Attributes], read: Callable[[Attributes, str], T | None], keyword: str) -> list[T]:
    """What images say, each value once and none that makes no sense; equal bytes are read once."""
    holders = {image.raw(keyword): image for image in images}
    values = (or_none(partial(read, image), keyword) for image in holders.values())
    return list(dict.fromkeys(value for value in values if value is not None))


def _unstated(images: Sequence[Attributes], read: Callable[[Attributes, str], object], keyword: str) -> int:
    """How many images don't say something, or nothing that makes sense; equal bytes are read once."""
    holders = {image.raw(keyword): image for image in images}
    silent = {value for value, image in holders.items() if or_none(partial(read, image), keyword) is None}
    return sum(image.raw(keyword) in silent for image in images)


def _date(image: Attributes) -> str:
    """The day of an image, ``YYYYMMDD``; empty where it has none."""
    for keyword in _DATES:
        if day := _DATE.fullmatch(image.raw(keyword).strip(PADDING)):
            return b"".join(day.group(1, 3, 4)).decode("ascii")
    return ""


def _position(attributes: Attributes) -> FloatArray:
    position = attributes.numbers("ImagePositionPatient")
    if len(position) != 3:
        attributes.wrong("ImagePositionPatient", "must be three numbers")
    return position
