"""What identifies a patient and the staff: names, numbers, birth dates and places, from wherever files say them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydicom.datadict import keyword_for_tag

from rtcheck.dicom.attributes import PADDING
from rtcheck.dicom.deidentify.actions import LABELS, vr_of
from rtcheck.dicom.deidentify.initials import initials_of
from rtcheck.dicom.deidentify.texts import Encodings, decoded, encodings_of, raw, well_decoded
from rtcheck.dicom.elements import Spans, Stream

#: Shorter words of Latin letters, numbers and phrases stand in other texts, too.
SHORTEST_WORD, SHORTEST_NUMBER, SHORTEST_PHRASE = 2, 4, 4
#: A name that is an identifier in other scripts from two signs on, which are four bytes at least.
_SHORTEST_BYTES = 4
#: Numbers of a patient, of an admission and of a request, under whatever name.
_NUMBERS = frozenset(
    {
        *("PatientID", "OtherPatientIDs", "AccessionNumber", "MedicalRecordLocator", "PlacerOrderNumber"),
        *("AdmissionID", "ServiceEpisodeID", "RequestedProcedureID", "ScheduledProcedureStepID", "ResultsID"),
        *("PatientTelephoneNumbers", "MilitaryRank", "BreedRegistrationNumber"),
        *("PlacerOrderNumberImagingServiceRequest", "FillerOrderNumberImagingServiceRequest"),
        *("PerformedProcedureStepID", "InterpretationID", "ReferringPhysicianTelephoneNumbers"),
    }
)
#: Places and what else is told as a whole.
_PHRASES = frozenset(
    {
        *("InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName", "PatientAddress", "StationName"),
        *("ReferringPhysicianAddress", "CurrentPatientLocation", "PatientInstitutionResidence", "RegionOfResidence"),
        *("IssuerOfPatientID", "ResponsibleOrganization", "PersonAddress", "ClinicalTrialSiteName"),
        "TreatmentMachineName",
    }
)
#: Words of names of hospitals that say nothing of which it is.
_OF_ANY_PLACE = (
    "hospital university universität universitätsklinikum clinic klinik klinikum centre center medical radiotherapy "
    "radiation oncology department institute national general cancer health healthcare saint therapy research regional"
)
_NO_PLACES = frozenset(_OF_ANY_PLACE.split())
_SHORTEST_PLACE = 5
_BIRTH = frozenset({"PatientBirthDate"})
#: Whose initials are looked for; those of all the staff would be found everywhere.
_PATIENT = frozenset({"PatientName", "OtherPatientNames", "PatientBirthName"})
#: The pseudonym of a machine, which files have that were copied so before.
MACHINE = re.compile(r"machine-\d+")
_PARTS = re.compile(r"[\^=\\,;\s.]+")
_JOINTS = re.compile(r"[-'’`_/()]+")
#: No parts of names.
_TITLES = "dr prof md phd von van der den del dos jr sr mr mrs ms"
_NO_NAMES = frozenset(_TITLES.split())


@dataclass
class Identity:
    """The words and numbers that files say of who the patient and the staff are.

    Attributes
    ----------
    words : set of str
        Parts of names; found where they stand as words, long ones also within.
    numbers : set of str
        IDs; found wherever they stand.
    phrases : set of str
        Places; found as a whole.
    births : set of str
        Birth dates as ``YYYYMMDD``.
    bytes_of_names : set of bytes
        Parts of names that aren't ASCII, as they stand in files, whatever character set these declare.
    labels : set of str
        Texts by which plans and ROIs are told apart, which must stay apart.
    partial_initials, initials : set of str
        Of the patient: those of parts of the name, which stand beside another part, and those of first and last name.
    """

    words: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    phrases: set[str] = field(default_factory=set)
    births: set[str] = field(default_factory=set)
    bytes_of_names: set[bytes] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    partial_initials: set[str] = field(default_factory=set)
    initials: set[str] = field(default_factory=set)

    def add(self, stream: Stream, spans: Spans, encodings: Encodings = None) -> None:
        """What one data set says, and the items of its sequences."""
        encodings = encodings_of(stream, spans, encodings)
        for tag, span in spans.items():
            vr = vr_of(tag)
            if vr == "SQ":
                for item in stream.items(span) if span.vr in (b"", b"SQ", b"UN") else ():
                    self.add(stream, item, encodings)
                continue
            keyword = keyword_for_tag(tag)
            if vr == "PN" or keyword in _SAID:
                value = raw(stream, span).strip(PADDING)
                self._say(vr, keyword, value, encodings)

    def add_names(self, names: Iterable[str]) -> None:
        """Persons that a case sheet names."""
        for name in names:
            self.words |= words_of(name)

    def add_initials(self, name: str) -> None:
        """The patient's initials, by a name as files have it."""
        parts, whole = initials_of(name)
        self.partial_initials |= parts
        self.initials |= whole

    def add_numbers(self, numbers: Iterable[str]) -> None:
        """IDs, but for those so short that they stand in other texts by chance."""
        self.numbers |= {number for number in numbers if len(number) >= SHORTEST_NUMBER}

    def discard(self, code: str) -> None:
        """A subject code that stands in place of the patient's name or ID already."""
        self.words -= words_of(code)
        self.numbers.discard(code)
        parts, whole = initials_of(code)
        self.partial_initials -= parts
        self.initials -= whole

    def _say(self, vr: str, keyword: str, value: bytes, encodings: Encodings) -> None:
        texts = [text.strip() for text in decoded(value, encodings).split("\\")]
        if vr == "PN":
            self.bytes_of_names |= _bytes_of(value)
            for text in texts if _is_text(value, encodings) else ():
                self.words |= words_of(text)
                if keyword in _PATIENT:
                    self.add_initials(text)
        elif keyword in _NUMBERS:
            self.add_numbers(texts)
        elif keyword in _PHRASES:
            told = {" ".join(text.split()) for text in texts if len(text) >= SHORTEST_PHRASE}
            self.phrases |= {text for text in told if not MACHINE.fullmatch(text)}
            if keyword == "InstitutionName":
                self.words |= {word for text in texts for word in _PARTS.split(text) if _is_of_a_place(word)}
        elif keyword in _BIRTH:
            self.births |= {text.replace(".", "") for text in texts if re.fullmatch(r"\d{4}\.?\d\d\.?\d\d", text)}
        else:
            self.labels |= {text for text in texts if text}


_SAID = _NUMBERS | _PHRASES | _BIRTH | LABELS


def _is_text(value: bytes, encodings: Encodings) -> bool:
    """Whether bytes were read as what they mean: where they fit no encoding, signs of Latin-1 among plain letters."""
    if well_decoded(value, encodings) is not None:
        return True
    plain = sum(sign.isalpha() for sign in value.decode("ascii", "ignore"))
    return 2 * plain > sum(sign.isalpha() for sign in value.decode("latin-1"))


def words_of(name: str) -> set[str]:
    """The words of a person's name in all its forms: parts, parts of parts, and first and last name in one."""
    found: set[str] = set()
    for group in name.split("="):
        parts = [part for part in _PARTS.split(group) if part]
        for part in parts:
            found |= {part, *_JOINTS.split(part), _JOINTS.sub("", part)}
        if len(parts) > 1:
            first, last = parts[0], parts[1]
            found |= {first + last, last + first, "".join(parts)}
    return {word for word in found if _is_telling(word)}


def _is_telling(word: str) -> bool:
    letters = sum(sign.isalpha() for sign in word)
    return letters >= SHORTEST_WORD and word.casefold() not in _NO_NAMES


def _is_of_a_place(word: str) -> bool:
    return len(word) >= _SHORTEST_PLACE and word.isalpha() and word.casefold() not in _NO_PLACES


def _bytes_of(value: bytes) -> set[bytes]:
    """Parts of a name that aren't ASCII, and all of them in one."""
    found: set[bytes] = set()
    for group in re.split(rb"[=\\]", value):
        parts = [part for part in re.split(rb"[\^ ,]+", group) if part]
        found |= {*parts, b"".join(parts), b"".join(parts[1::-1])}
    return {part for part in found if not part.isascii() and len(part) >= _SHORTEST_BYTES}
