"""Beams of RT Plans: machine, devices, and where everything stands at each control point.

What is read here beyond a beam's number and its count of control points feeds checks of a plan, and no dose depends on
it: where it makes no sense it is None or left out, and the file is read all the same.

References
----------
.. [1] DICOM PS3.3, C.8.8.14 (RT Beams), C.8.8.14.5 (control points), C.8.8.25 (RT Ion Beams), C.8.8.11 (tolerance
   tables).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from rtcheck.dicom.attributes import PADDING, Attributes, tag_of
from rtcheck.dicom.decimals import parse_decimals
from rtcheck.errors import UnreadableFileError
from rtcheck.geometry import FloatArray, read_only
from rtcheck.study import Beam, ControlPoint, DevicePositions, LimitingDevice

#: Beams of RT Plans and of RT Ion Plans; each has its own keywords for what lies below.
BEAM_SEQUENCES = ("BeamSequence", "IonBeamSequence")
_CONTROL_POINTS = ("ControlPointSequence", "IonControlPointSequence")
_DEVICES = ("BeamLimitingDeviceSequence", "IonBeamLimitingDeviceSequence")
_TOLERANCE_TABLES = ("ToleranceTableSequence", "IonToleranceTableSequence")

_POSITION_SEQUENCE = tag_of("BeamLimitingDevicePositionSequence")
_DEVICE_TYPE = tag_of("RTBeamLimitingDeviceType")
_POSITIONS = tag_of("LeafJawPositions")

T = TypeVar("T")


def or_none(read: Callable[[str], T | None], keyword: str) -> T | None:
    """What a reader of `Attributes` gives for a keyword; None too where the value makes no sense."""
    try:
        return read(keyword)
    except UnreadableFileError:
        return None


def read_beams(attributes: Attributes) -> tuple[Beam, ...]:
    """The beams of an RT Plan or RT Ion Plan.

    Parameters
    ----------
    attributes : Attributes

    Returns
    -------
    tuple of Beam

    Raises
    ------
    UnreadableFileError
        A beam without a number, or with a number of control points that is none.
    """
    return tuple(_beam(item) for keyword in BEAM_SEQUENCES for item in attributes.items(keyword))


def tolerance_table_numbers(attributes: Attributes) -> tuple[int, ...]:
    """Numbers of the tolerance tables that a plan has."""
    return _integers(_items(attributes, _TOLERANCE_TABLES), "ToleranceTableNumber")


def number_of(item: Attributes, keyword: str) -> int:
    """A number that tells items of a sequence apart, which must not be missing."""
    number = item.integer(keyword)
    return item.missing(keyword) if number is None else number


def count_of(item: Attributes, keyword: str) -> int | None:
    """A number of things, which must not be negative."""
    count = item.integer(keyword)
    if count is not None and count < 0:
        item.wrong(keyword, "must not be negative")
    return count


def _beam(item: Attributes) -> Beam:
    return Beam(
        number=number_of(item, "BeamNumber"),
        name=item.text("BeamName"),
        radiation_type=item.code("RadiationType"),
        treatment_delivery_type=item.code("TreatmentDeliveryType"),
        treatment_machine_name=item.text("TreatmentMachineName"),
        control_points=count_of(item, "NumberOfControlPoints"),
        sequence=_control_points(_items(item, _CONTROL_POINTS)),
        final_cumulative_meterset_weight=_decimal(item, "FinalCumulativeMetersetWeight"),
        beam_type=or_none(item.code, "BeamType"),
        devices=tuple(_device(device) for device in _items(item, _DEVICES)),
        boli=or_none(item.integer, "NumberOfBoli"),
        bolus_roi_numbers=_integers(_items(item, ("ReferencedBolusSequence",)), "ReferencedROINumber"),
        tolerance_table_number=or_none(item.integer, "ReferencedToleranceTableNumber"),
        dosimeter_unit=or_none(item.code, "PrimaryDosimeterUnit"),
        fluence_mode=_fluence_mode(item),
        source_axis_distance_mm=_positive(item, "SourceAxisDistance"),
    )


def _fluence_mode(item: Attributes) -> str | None:
    """FluenceModeID of a mode that isn't standard; the mode itself where it has no ID."""
    for mode in _items(item, ("PrimaryFluenceModeSequence",)):
        kind = or_none(mode.code, "FluenceMode")
        if kind is not None and kind != "STANDARD":
            return or_none(mode.text, "FluenceModeID") or kind
    return None


def _device(item: Attributes) -> LimitingDevice:
    boundaries = _numbers(item.raw("LeafPositionBoundaries"))
    read_only(boundaries)
    kind = or_none(item.code, "RTBeamLimitingDeviceType") or ""
    return LimitingDevice(kind, or_none(item.integer, "NumberOfLeafJawPairs"), boundaries)


def _control_points(items: Sequence[Attributes]) -> tuple[ControlPoint, ...]:
    """Control points, each with what it states and, for what it doesn't, with the values of the one before it."""
    stated = [_stated_positions(item) for item in items]
    positions = _parsed(text for one in stated for text in one.values())
    points: list[ControlPoint] = []
    before = ControlPoint(-1, None, None, None, None, None, None, None)
    for place, (item, texts) in enumerate(zip(items, stated, strict=True)):
        before = ControlPoint(
            index=_index(item, place),
            cumulative_meterset_weight=_decimal(item, "CumulativeMetersetWeight"),
            isocentre_mm=_point(item, "IsocenterPosition", before.isocentre_mm),
            gantry_deg=_decimal(item, "GantryAngle", before.gantry_deg),
            collimator_deg=_decimal(item, "BeamLimitingDeviceAngle", before.collimator_deg),
            couch_deg=_decimal(item, "PatientSupportAngle", before.couch_deg),
            nominal_energy=_decimal(item, "NominalBeamEnergy", before.nominal_energy),
            dose_rate=_decimal(item, "DoseRateSet", before.dose_rate),
            devices=_devices(texts, positions, before.devices),
            gantry_rotation=or_none(item.code, "GantryRotationDirection") or before.gantry_rotation,
        )
        points.append(before)
    return tuple(points)


def _index(item: Attributes, place: int) -> int:
    """ControlPointIndex; a control point's place among the others where it has none."""
    value = _decimal(item, "ControlPointIndex")
    return int(value) if value is not None and value.is_integer() else place


def _devices(
    texts: dict[str, bytes], positions: dict[bytes, FloatArray], before: tuple[DevicePositions, ...]
) -> tuple[DevicePositions, ...]:
    """Where the devices stand: those that are stated, and the others where they stood."""
    if not texts:
        return before
    standing = {device.device_type: device for device in before}
    for kind, text in texts.items():
        standing[kind] = DevicePositions(kind, positions[text])
    return tuple(standing.values())


def _stated_positions(item: Attributes) -> dict[str, bytes]:
    """The text of each device's positions, by its type."""
    span = item.spans.get(_POSITION_SEQUENCE)
    if span is None:
        return {}
    data = item.stream.data
    found: dict[str, bytes] = {}
    try:
        for spans in item.stream.items(span):
            kind, text = (
                data[at.start : at.stop].strip(PADDING) if (at := spans.get(tag)) else b""
                for tag in (_DEVICE_TYPE, _POSITIONS)
            )
            found[kind.decode("latin-1").upper()] = text
    except UnreadableFileError:
        # What the items before it say isn't trusted either: nothing is known of where the devices stand.
        return dict.fromkeys(found, b"")
    return found


def _parsed(texts: Iterable[bytes]) -> dict[bytes, FloatArray]:
    """Positions by their text, each text parsed once, all together: an arc has a hundred thousand of them.

    A text that is no list of numbers gives an empty array.
    """
    distinct = [text for text in dict.fromkeys(texts) if text]
    parts: Sequence[FloatArray]
    try:
        every = parse_decimals(b"\\".join(distinct))
        parts = np.split(every, np.cumsum([text.count(b"\\") + 1 for text in distinct])[:-1]) if distinct else []
        if not np.isfinite(every).all():
            raise ValueError
    except ValueError:
        parts = [_numbers(text) for text in distinct]
    for part in parts:
        read_only(part)
    return {b"": _NOTHING, **dict(zip(distinct, parts, strict=True))}


def _numbers(text: bytes) -> FloatArray:
    """Numbers of a value; none where one of them is no number."""
    try:
        values = parse_decimals(text.strip(PADDING))
    except ValueError:
        return _NOTHING
    return values if np.isfinite(values).all() else _NOTHING


_NOTHING: FloatArray = np.empty(0)
read_only(_NOTHING)


def _decimal(item: Attributes, keyword: str, unstated: float | None = None) -> float | None:
    """One number; `unstated` where it is absent or empty, None where it is no number."""
    text = item.raw(keyword).strip(PADDING)
    return _float(text) if text else unstated


def _positive(item: Attributes, keyword: str) -> float | None:
    """One number; None where it is absent, no number, or not positive."""
    value = _decimal(item, keyword)
    return value if value is not None and value > 0 else None


def _point(
    item: Attributes, keyword: str, unstated: tuple[float, float, float] | None
) -> tuple[float, float, float] | None:
    """Three numbers; `unstated` where they are absent or empty, None where they are no point."""
    text = item.raw(keyword).strip(PADDING)
    if not text:
        return unstated
    values = [_float(part) for part in text.split(b"\\")]
    x, y, z = values if len(values) == 3 else (None, None, None)
    return None if x is None or y is None or z is None else (x, y, z)


def _float(text: bytes) -> float | None:
    # Python's own reader takes 0.1 us where that of lists takes 15; it knows a grouping of digits that DICOM doesn't.
    try:
        value = float(text) if b"_" not in text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _items(attributes: Attributes, keywords: Sequence[str]) -> list[Attributes]:
    """Items of sequences; none of one that is damaged inside."""
    found: list[Attributes] = []
    for keyword in keywords:
        found += or_none(attributes.items, keyword) or []
    return found


def _integers(items: Iterable[Attributes], keyword: str) -> tuple[int, ...]:
    """The whole numbers that items state, each once."""
    numbers = (or_none(item.integer, keyword) for item in items)
    return tuple(dict.fromkeys(number for number in numbers if number is not None))
