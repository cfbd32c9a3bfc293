"""What becomes of each attribute: the actions of PS3.15, table E.1-1, and where this copy departs from them.

The table is taken from the package dicom-anonymizer, edition 2024b of the standard. With the option "Clean Descriptors"
the labels by which plans are understood stay, cleaned; with "Modified Dates" days are moved and not removed.
"""

from __future__ import annotations

from enum import Enum
from functools import cache

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword
from pydicom.tag import BaseTag

from rtcheck.errors import UsageError


class Action(Enum):
    """What is done to an attribute."""

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


#: Labels by which plans, targets and series are understood.
_CLEANED = (
    "RTPlanLabel",
    "RTPlanName",
    "RTPlanDescription",
    "PrescriptionDescription",
    "ROIName",
    "ROIObservationLabel",
    "StructureSetLabel",
    "StructureSetName",
    "DoseReferenceDescription",
    "FractionGroupDescription",
    "BeamDescription",
    "SeriesDescription",
)
#: Names of classes and codes, which tell nothing of anybody.
_FIXED_UIDS = ("ClassUID", "CodingSchemeUID", "ContextUID", "MappingResourceUID", "TransferSyntaxUID")
_TEXTS = frozenset({"LO", "SH", "ST", "LT", "UT", "UC", "AE"})


@cache
def action_of(tag: BaseTag) -> Action:
    """The action for a tag; private ones are removed.

    Raises
    ------
    UsageError
        Where dicom-anonymizer isn't installed.
    """
    if tag.is_private or tag.group in range(0x5000, 0x5100) or tag.group in range(0x6000, 0x6100):
        return Action.REMOVE
    keyword = keyword_for_tag(tag)
    vr = _vr(tag)
    if keyword in _CLEANED:
        return Action.CLEAN
    if keyword == "TreatmentMachineName":
        return Action.MACHINE
    if keyword == "PatientBirthDate":
        return Action.EMPTY
    if vr in ("DA", "DT"):
        return Action.SHIFT
    if vr == "TM":
        return Action.KEEP
    if vr == "UI":
        return Action.KEEP if keyword.endswith(_FIXED_UIDS) else Action.UID
    if (found := _table().get(tag)) is not None:
        return found
    if vr == "PN":
        return Action.EMPTY
    return Action.CLEAN if vr in _TEXTS else Action.KEEP


def _vr(tag: BaseTag) -> str:
    try:
        return dictionary_VR(tag)
    except KeyError:
        return "UN"


@cache
def _table() -> dict[BaseTag, Action]:
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
    return {BaseTag(group << 16 | one): action for tags, action in by_list for group, one, *mask in tags if not mask}


#: Tags that stand for the patient's name and ID.
PATIENT_NAME, PATIENT_ID = (BaseTag(tag_for_keyword(keyword) or 0) for keyword in ("PatientName", "PatientID"))
