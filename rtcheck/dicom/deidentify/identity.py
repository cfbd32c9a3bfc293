"""What identifies a patient, and texts that are cleaned of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from rtcheck.nomenclature import shipped_names

#: Stands in a text where something was taken out.
REMOVED = "ID"
#: Shorter words of a name stand in other words, too.
SHORTEST_WORD, SHORTEST_NUMBER = 3, 4
_PERSONS = ("PatientName", "OtherPatientNames", "PatientBirthName", "PatientMotherBirthName", "ResponsiblePerson")
_NUMBERS = ("PatientID", "OtherPatientIDs", "AccessionNumber", "IssuerOfPatientID", "MedicalRecordLocator")
_STAFF = ("ReferringPhysicianName", "PhysiciansOfRecord", "PerformingPhysicianName", "OperatorsName", "ReviewerName")
_PLACES = ("InstitutionName", "PatientAddress", "PatientTelephoneNumbers")
#: Days as people type them; none of them says anything about a plan.
_DAY = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d([-./]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])([-./])(?:0?[1-9]|1[0-2])\2(?:(?:19|20)\d\d|\d\d))(?!\d)"
)


@dataclass
class Identity:
    """The words and numbers that files say of who the patient and the staff are.

    Attributes
    ----------
    words : set of str
        Found where they stand as words.
    numbers : set of str
        Found wherever they stand.
    """

    words: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)

    def add(self, dataset: Dataset) -> None:
        """What one object says."""
        for keyword in (*_PERSONS, *_STAFF):
            self.words.update(_words(dataset.get(keyword)))
        for keyword in _PLACES:
            self.words.update(text for text in _texts(dataset.get(keyword)) if len(text) >= SHORTEST_NUMBER)
        for keyword in _NUMBERS:
            self.numbers.update(text for text in _texts(dataset.get(keyword)) if len(text) >= SHORTEST_NUMBER)
        birth = str(dataset.get("PatientBirthDate") or "")
        if len(birth) == 8:
            self.numbers.add(birth)


def identity_of(datasets: Iterable[Dataset]) -> Identity:
    """What all of a patient's objects say."""
    identity = Identity()
    for dataset in datasets:
        identity.add(dataset)
    return identity


class Screen:
    """Takes what identifies a patient out of texts.

    Attributes
    ----------
    spared : tuple of str
        Words of names that are organs' or plans' words too, and stay: somebody has to look at them.
    changed : dict of str to str
        Every text that was changed, with what it became.
    """

    def __init__(self, identity: Identity) -> None:
        names = shipped_names()
        self.spared = tuple(sorted(word for word in identity.words if _is_ordinary(word, names.standard(word))))
        words = sorted(identity.words - set(self.spared), key=lambda word: (-len(word), word))
        numbers = sorted(identity.numbers, key=lambda number: (-len(number), number))
        forms = [rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])" for word in words] + [re.escape(n) for n in numbers]
        self._pattern = re.compile("|".join(forms), re.IGNORECASE) if forms else None
        self.changed: dict[str, str] = {}

    def clean(self, text: str) -> str:
        """A text without names, numbers and days."""
        cleaned = _DAY.sub("DATE", text)
        if self._pattern is not None:
            cleaned = self._pattern.sub(REMOVED, cleaned)
        if cleaned != text:
            self.changed[text] = cleaned
        return cleaned

    def holds(self, text: str) -> bool:
        """Whether a text still says who the patient is."""
        return self._pattern is not None and self._pattern.search(text) is not None


#: Words that names of plans, beams and ROIs are made of.
_ORDINARY = frozenset(
    re.findall(
        r"\w+",
        "arc bed body boost dose field gtv ctv ptv itv left right long low high liver lung max mean min organ phantom "
        "plan point ring sbrt imrt vmat setup skin small large total target test young head neck hand foot day may",
    )
)


def _is_ordinary(word: str, standard: str | None) -> bool:
    return standard is not None or word.casefold() in _ORDINARY


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    several = value if isinstance(value, list | tuple) or type(value).__name__ == "MultiValue" else [value]
    return [text for one in several if (text := str(one).strip())]  # type: ignore[attr-defined]


def _words(value: object) -> set[str]:
    found = {word for text in _texts(value) for word in re.split(r"[\^=,;\s.]+", text)}
    return {word for word in found if len(word) >= SHORTEST_WORD and not word.isdigit()}
