"""What becomes of each attribute: the actions of PS3.15, table E.1-1, and where this copy departs from them.

The table is taken from the package dicom-anonymizer, edition 2024b of the standard. It names what must go; this copy
also drops whatever it doesn't know: private and unknown attributes, groups that no RT object or image needs, and bytes
that aren't pixels or lookup tables.

With the option "Clean Descriptors" these stay, cleaned, although the table wants them removed or emptied, for verdicts
rest on them: RTPlanLabel, RTPlanName, RTPlanDescription, PrescriptionDescription, DoseReferenceDescription
(prescriptions, schedules, and whether a plan is one for measurements), ROIName, ROIObservationLabel (which organ it
is), StructureSetLabel, StructureSetName, SeriesDescription (which object is meant). TreatmentMachineName becomes a
pseudonym: the beams of a plan are compared by it.

With the option "Modified Dates" all dates are moved by the same whole number of days and keep their times of day:
InstanceCreationDate, StudyDate, SeriesDate, AcquisitionDate, ContentDate, StructureSetDate, RTPlanDate, ReviewDate and
every other, but for what is said of the patient's birth. PatientBirthDate and PatientSex are emptied as the table
wants; what rests on a birth date is carried over by the case sheet (`rtcheck.deidentification`).
"""

from __future__ import annotations

from enum import Enum
from functools import cache

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

from rtcheck.errors import UsageError


class Action(Enum):
    """What is done to an attribute."""

    #: Kept where its bytes are what its VR allows, else emptied.
    KEEP = "keep"
    REMOVE = "X"
    EMPTY = "Z"
    DUMMY = "D"
    UID = "U"
    #: Kept, with what identifies somebody taken out.
    CLEAN = "C"
    #: A day, moved by the patient's own number of days.
    SHIFT = "shift"
    MACHINE = "machine"


#: Labels that stay, cleaned, against the table.
LABELS = frozenset(
    {
        "RTPlanLabel",
        "RTPlanName",
        "RTPlanDescription",
        "PrescriptionDescription",
        "DoseReferenceDescription",
        "ROIName",
        "ROIObservationLabel",
        "StructureSetLabel",
        "StructureSetName",
        "SeriesDescription",
    }
)
#: Groups of which anything is kept: of identification, acquisition, relationship, pixels and what is drawn, planned and
#: calculated. No requests, visits, procedures, signatures, overlays and curves.
_GROUPS = frozenset(
    (
        *(0x0008, 0x0010, 0x0012, 0x0018, 0x0020, 0x0028, 0x0054, 0x0062, 0x0064, 0x0066, 0x0070),
        *(0x3002, 0x3004, 0x3006, 0x300A, 0x300C, 0x300E, 0x3010, 0x5200, 0x7FE0),
    )
)
#: Of the patient module, what isn't dropped.
_OF_PATIENT = frozenset({"PatientName", "PatientID", "PatientBirthDate", "PatientSex"})
#: Of the group of procedures: what pixel values mean.
_REAL_WORLD_VALUES = (0x00409000, 0x0040A000)
_UNITS = 0x004008EA
#: LengthToEnd counts the bytes of the original.
_LENGTH_TO_END = 0x00080001
#: Bytes that are kept: pixels, and how they are shown.
_BULK = frozenset(
    {
        "PixelData",
        "FloatPixelData",
        "DoubleFloatPixelData",
        "ExtendedOffsetTable",
        "ExtendedOffsetTableLengths",
        "LUTData",
        "RedPaletteColorLookupTableData",
        "GreenPaletteColorLookupTableData",
        "BluePaletteColorLookupTableData",
    }
)
TEXTS = frozenset({"LO", "SH", "ST", "LT", "UT", "UC", "CS"})
#: VRs of plain numbers; any text in one would be no number.
_NUMBERS = frozenset({"DS", "IS", "US", "SS", "UL", "SL", "FD", "FL", "SV", "UV", "US or SS", "AT", "TM"})


@cache
def action_of(tag: int) -> Action:
    """The action for a tag.

    Raises
    ------
    UsageError
        Where dicom-anonymizer isn't installed.
    """
    table = _table()
    vr, keyword = vr_of(tag), keyword_for_tag(tag)
    if not vr or not _may_stay(tag, keyword):
        return Action.REMOVE
    if keyword in LABELS:
        return Action.CLEAN
    if keyword == "TreatmentMachineName":
        return Action.MACHINE
    if keyword in _OF_PATIENT:
        return Action.EMPTY
    if vr in ("DA", "DT"):
        return Action.SHIFT
    if vr == "UI":
        return Action.UID
    if vr != "TM" and (found := table.get(tag)) is not None:
        return found
    if vr in TEXTS:
        return Action.CLEAN
    return Action.KEEP if vr == "SQ" or vr in _NUMBERS or keyword in _BULK else Action.REMOVE


def _may_stay(tag: int, keyword: str) -> bool:
    group = tag >> 16
    if group & 1 or not tag & 0xFFFF or group == 0x0010 or tag == _LENGTH_TO_END:
        return keyword in _OF_PATIENT
    return group in _GROUPS or tag == _UNITS or _REAL_WORLD_VALUES[0] <= tag < _REAL_WORLD_VALUES[1]


@cache
def vr_of(tag: int) -> str:
    """The VR by DICOM's dictionary, ``"US or SS"`` among them; empty for an unknown tag."""
    try:
        return dictionary_VR(tag)
    except KeyError:
        return ""


@cache
def _table() -> dict[int, Action]:
    try:
        from dicomanonymizer.dicom_anonymization_databases import (  # noqa: PLC0415  an optional extra
            dicomfields_2024b as fields,
        )
    except ImportError:
        raise UsageError('de-identification needs dicom-anonymizer: pip install "rtcheck[deidentify]"') from None
    # Of actions that depend on the attribute's type in its module the one that keeps objects valid.
    by_list = (
        (fields.X_TAGS, Action.REMOVE),
        (fields.X_Z_TAGS, Action.EMPTY),
        (fields.X_D_TAGS, Action.DUMMY),
        (fields.X_Z_D_TAGS, Action.DUMMY),
        (fields.X_Z_U_STAR_TAGS, Action.UID),
        (fields.Z_TAGS, Action.EMPTY),
        (fields.Z_D_TAGS, Action.DUMMY),
        (fields.D_TAGS, Action.DUMMY),
        (fields.U_TAGS, Action.UID),
    )
    return {group << 16 | one: action for tags, action in by_list for group, one, *mask in tags if not mask}


def tag(keyword: str) -> int:
    """Tag of a DICOM keyword."""
    found = tag_for_keyword(keyword)
    assert found is not None, keyword
    return int(found)
