"""Objects copied without identity: RT objects, images and registrations; everything else stays behind, by name."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from rtcheck.dicom.attributes import Attributes
from rtcheck.dicom.deidentify.actions import tag
from rtcheck.dicom.deidentify.layout import Layout
from rtcheck.dicom.deidentify.pseudonyms import Pseudonyms
from rtcheck.dicom.deidentify.rewrite import Added, Rewriter
from rtcheck.dicom.deidentify.screen import Screen
from rtcheck.dicom.deidentify.survey import Found, Survey, spelling
from rtcheck.dicom.files import Source, find_files
from rtcheck.dicom.index import KIND_OF_MODALITY, KIND_OF_SOP_CLASS
from rtcheck.dicom.part10 import (
    DEFLATED,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    PREAMBLE,
    open_file,
)
from rtcheck.errors import UnreadableFileError

#: DICOM PS3.16, context group 7050.
_METHODS = (
    (b"113100", b"Basic Application Confidentiality Profile"),
    (b"113105", b"Clean Descriptors Option"),
    (b"113107", b"Retain Longitudinal Temporal Information Modified Dates Option"),
)
_METHOD = b"rtcheck, DICOM PS3.15 basic profile"
_IMPLEMENTATION = b"2.25.155420083474513870226903241398651934241"


@dataclass(frozen=True)
class Copy:
    """One copied file.

    Attributes
    ----------
    name : str
        Path in the new folder: ``CT/CT_001.dcm``.
    content : bytes
    original : str
        Name of the file that it is of.
    original_sha256 : str
        Digest of that file's bytes.
    """

    name: str
    content: bytes
    original: str
    original_sha256: str

    @property
    def sha256(self) -> str:
        """Digest of its bytes."""
        return sha256(self.content).hexdigest()


def copies(source: Source, surveyed: Survey, pseudonyms: Pseudonyms, screen: Screen) -> Iterator[Copy]:
    """Copies of all objects of one patient, one after the other, so that a scan of many images fits into memory.

    Parameters
    ----------
    source : path, or sequence of paths or ``(name, bytes)``
    surveyed : Survey
        What `survey` found there.
    pseudonyms : Pseudonyms
        Takes in what became what.
    screen : Screen

    Yields
    ------
    Copy
        In the order of the original names; links, geometry, pixels and contours as they were but for new UIDs.

    Raises
    ------
    UnreadableFileError
        A file can't be read any more, or says in its pixels who the patient is.
    """
    for name, data in find_files(source):
        found = surveyed.files.get(name)
        if found is None or data is None:
            continue
        yield Copy(found.name, _copied(found, data, surveyed, pseudonyms, screen), name, sha256(data).hexdigest())


def _copied(found: Found, data: bytes, surveyed: Survey, pseudonyms: Pseudonyms, screen: Screen) -> bytes:
    opened = open_file(found.original, data)
    attributes = opened.attributes
    uids = _uids(attributes, found, data, pseudonyms)
    added = {**_identity(found, surveyed, pseudonyms), **_method(attributes), **uids}
    content = Rewriter(attributes.stream, pseudonyms, screen).data_set(attributes.spans, added)
    syntax = _syntax(opened.transfer_syntax, attributes)
    if syntax == DEFLATED:
        deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        content = deflater.compress(content) + deflater.flush()
        content += b"\0" * (len(content) % 2)
    sop_class, instance = (uids[tag(keyword)][1] for keyword in ("SOPClassUID", "SOPInstanceUID"))
    return bytes(PREAMBLE) + b"DICM" + _file_meta(sop_class, instance, syntax.encode()) + content


def _uids(attributes: Attributes, found: Found, data: bytes, pseudonyms: Pseudonyms) -> Added:
    """SOP class and instance: both are needed, and a file that doesn't state them gets them by what it is."""
    sop_class = attributes.text("SOPClassUID") or _class_of(found, attributes)
    instance = attributes.text("SOPInstanceUID") or f"file {sha256(data).hexdigest()}"
    return {
        tag("SOPClassUID"): (b"UI", sop_class.encode()),
        tag("SOPInstanceUID"): (b"UI", pseudonyms.uid(instance).encode()),
    }


def _class_of(found: Found, attributes: Attributes) -> str:
    kind = KIND_OF_MODALITY.get(attributes.code("Modality") or "")
    same = [uid for uid, one in KIND_OF_SOP_CLASS.items() if one is kind and _modality(uid) in (found.kind, None)]
    if not same:
        raise UnreadableFileError("it states no SOP class", found.original, "leave it out, or export it again")
    return same[0]


def _modality(sop_class: str) -> str | None:
    return {"2": "CT", "4": "MR", "128": "PT"}.get(sop_class.removeprefix("1.2.840.10008.5.1.4.1.1."))


def _identity(found: Found, surveyed: Survey, pseudonyms: Pseudonyms) -> Added:
    """Who it is now. What wasn't stated isn't now, and names that differed between files still do."""
    number = surveyed.names.index(spelling(found.patient.name)) if spelling(found.patient.name) else 0
    name = pseudonyms.code if number == 0 else f"{pseudonyms.code}^{number + 1}"
    told = pseudonyms.code if found.patient.patient_id else ""
    return {tag("PatientName"): (b"PN", name.encode()), tag("PatientID"): (b"LO", told.encode())}


def _method(attributes: Attributes) -> Added:
    """What was done (PS3.3, C.7.1.1 and C.12.1)."""
    layout, implicit = Layout(attributes.stream.little_endian), _is_implicit(attributes)
    items = b""
    for code, meaning in _METHODS:
        parts = (("CodeValue", b"SH", code), ("CodingSchemeDesignator", b"SH", b"DCM"), ("CodeMeaning", b"LO", meaning))
        items += layout.item(
            b"".join(layout.element(tag(keyword), b"" if implicit else vr, value) for keyword, vr, value in parts)
        )
    return {
        tag("PatientIdentityRemoved"): (b"CS", b"YES"),
        tag("DeidentificationMethod"): (b"LO", _METHOD),
        tag("DeidentificationMethodCodeSequence"): (b"SQ", items),
        tag("LongitudinalTemporalInformationModified"): (b"CS", b"MODIFIED"),
    }


def _syntax(stated: str, attributes: Attributes) -> str:
    """The transfer syntax by which the data set is really written; files exist that name another."""
    if _is_implicit(attributes):
        return IMPLICIT_LITTLE
    return EXPLICIT_LITTLE if stated == IMPLICIT_LITTLE else stated


def _is_implicit(attributes: Attributes) -> bool:
    return all(not span.vr for span in attributes.spans.values())


def _file_meta(sop_class: bytes, instance: bytes, syntax: bytes) -> bytes:
    """File meta information of its own: nothing of the original's (PS3.10, 7.1)."""
    layout = Layout()
    content = (
        layout.element(0x00020001, b"OB", b"\0\1")
        + layout.element(0x00020002, b"UI", sop_class, b"\0")
        + layout.element(0x00020003, b"UI", instance, b"\0")
        + layout.element(0x00020010, b"UI", syntax, b"\0")
        + layout.element(0x00020012, b"UI", _IMPLEMENTATION, b"\0")
        + layout.element(0x00020013, b"SH", b"RTCHECK")
    )
    return layout.element(0x00020000, b"UL", len(content).to_bytes(4, "little")) + content
