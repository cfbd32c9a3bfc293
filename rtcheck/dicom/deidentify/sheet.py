"""A case sheet with a copy's subject code, days, persons, labels and objects; what rules rest on stays as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from rtcheck.dicom.deidentify.pseudonyms import Pseudonyms
from rtcheck.dicom.deidentify.screen import Screen
from rtcheck.sheet import Decision, SignOff

#: Older ages are told as this one: they are so rare that they say who it is (45 CFR 164.514(b)(2)(i)(C)).
OLDEST_YEARS = 90
#: Keys whose values can be nothing but answers, terms and numbers: a case sheet wouldn't be read otherwise.
_CLOSED = frozenset(
    (
        *("kind", "bone", "vertebra", "mobile", "measurable", "prior_radiotherapy", "answer"),
        *("role", "of", "decision", "round", "check"),
    )
)
#: A centre's code, and not its name.
_CODED = re.compile(r"[A-Za-z]{1,12}[-_ ]?\d{1,6}")
#: Stands where a decision on conditions has no remark.
_NOT_SAID = "not said"


@dataclass(frozen=True)
class SheetCopy:
    """Makes the copy of a case sheet.

    Attributes
    ----------
    pseudonyms : Pseudonyms
    screen : Screen
    objects : mapping of str to str
        Digests of the copies by those of the original files.
    """

    pseudonyms: Pseudonyms
    screen: Screen
    objects: Mapping[str, str]

    def data(
        self, original: Mapping[str, object], age: int | None, entries: Sequence[SignOff] = ()
    ) -> dict[str, object]:
        """The copy of a sheet as plain data.

        Parameters
        ----------
        original : mapping
            The sheet's; may be empty.
        age : int or None
            In place of the age that it declares: what it and the birth date together say.
        entries : sequence of SignOff
            Of the sign-off record: they stand after its own.
        """
        made: dict[str, object] = {"schema": 1, "subject": self.pseudonyms.code}
        made |= {key: self._section(key, value) for key, value in original.items() if key not in made}
        patient = {key: value for key, value in _mapping(original.get("patient")).items() if key != "age"}
        if age is not None:
            patient["age"] = min(age, OLDEST_YEARS)
        made["patient"] = patient or None
        if entries:
            own = made.get("sign_offs")
            made["sign_offs"] = [*(own if isinstance(own, list) else ()), *map(self._entry, entries)]
        return {key: value for key, value in made.items() if value is not None}

    def _section(self, key: str, value: object) -> object:
        if key == "centre":
            text = str(value).strip()
            return text if _CODED.fullmatch(text) and not self.screen.holds(text) else None
        if key == "protocol":
            # Of a protocol's file its name alone: folders are called after people.
            return self._clean(PurePosixPath(str(value).replace("\\", "/")).name)
        if key == "dates":
            return {event: self._day(day) for event, day in _mapping(value).items()}
        if key == "prescriptions":
            return {self._clean(target): schedule for target, schedule in _mapping(value).items()}
        if key == "names":
            return {organ: self._clean(roi) for organ, roi in _mapping(value).items()}
        if isinstance(value, list | tuple):
            said = self._lesion if key == "lesions" else self._signed
            return [{inner: said(inner, one) for inner, one in _mapping(entry).items()} for entry in value]
        return None if value is None else self._clean(value)

    def _lesion(self, key: str, value: object) -> object:
        if isinstance(value, Mapping):
            return {inner: self._lesion(inner, one) for inner, one in value.items()}
        if key in _CLOSED or value is None:
            return value
        return self.pseudonyms.uids.get(str(value).strip()) or self._clean(value)

    def _signed(self, key: str, value: object) -> object:
        if key in _CLOSED or value is None:
            return value
        if key == "date":
            return self._day(value)
        if key == "name":
            return self.pseudonyms.persons.name(str(value).strip())
        if isinstance(value, list | tuple):
            return [self._object(str(one).strip()) for one in value]
        return self.pseudonyms.machines.get(str(value).strip()) or self._clean(value)

    def _clean(self, value: object) -> str:
        return self.screen.clean(str(value).strip())

    def _day(self, value: object) -> object:
        """A day moved; of what never was it is said as before."""
        try:
            return self.pseudonyms.day(date.fromisoformat(str(value).strip())).isoformat()
        except ValueError:
            return value

    def _object(self, text: str) -> str:
        """What was signed, as the copy has it: the digest of a copy, or its UID."""
        if re.fullmatch(r"[0-9.]+", text):
            return self.pseudonyms.uid(text)
        return self.objects.get(text.casefold()) or self.pseudonyms.digest(text.casefold())

    def _entry(self, entry: SignOff) -> dict[str, object]:
        remark = self._clean(entry.remark) or (_NOT_SAID if entry.decision is Decision.CONDITIONAL else "")
        return {
            "of": entry.subject.value,
            "role": entry.role.value,
            "name": self.pseudonyms.persons.name(entry.name.strip()),
            "date": self.pseudonyms.day(entry.date).isoformat(),
            "decision": entry.decision.value,
            "round": entry.round,
            **({"remark": remark} if remark else {}),
            **({"objects": [self._object(one.strip()) for one in entry.objects]} if entry.objects else {}),
        }


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
