"""What stands in place of UIDs, days, machines, persons and words; kept apart from the copies: it undoes them."""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydicom import config
from pydicom.uid import UID

from rtcheck.dicom.deidentify.calendar import shift_for
from rtcheck.dicom.deidentify.persons import Persons
from rtcheck.errors import InputError, UsageError

#: Version of a mapping file.
MAPPING_SCHEMA = "rtcheck-mapping/1"
#: Stand in a text where a name or a number, or a day, was taken out; the next ones are IDB, IDC ...
REMOVED, REMOVED_DAY = "ID", "DATE"
#: As case sheets want subject codes: with a digit.
_CODE = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass
class Pseudonyms:
    """The mapping of one patient; it grows while objects are copied.

    Attributes
    ----------
    code : str
        Subject code, in place of the patient's name and ID.
    secret : bytes
        Key of the new UIDs: nobody without it can tell which UID became which.
    shift_days : int
        By how much every day is moved; negative.
    uids, machines, words : dict of str to str
        What became what.
    persons : Persons
        Who became whom.
    patients : list of tuple
        IDs and names of the original.
    """

    code: str
    secret: bytes
    shift_days: int
    uids: dict[str, str] = field(default_factory=dict)
    machines: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    persons: Persons = field(default_factory=Persons)
    patients: list[tuple[str, str]] = field(default_factory=list)

    def uid(self, original: str) -> str:
        """The UID in place of another: always the same, under the root 2.25 (PS3.5, B.2).

        Those that the standard itself defines (SOP classes, transfer syntaxes, frames of reference of atlases) stay.
        """
        if UID(original, config.IGNORE).name != original:
            return original
        if original not in self.uids:
            digest = bytearray(hmac.new(self.secret, original.encode(), sha256).digest()[:16])
            digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80
            self.uids[original] = f"2.25.{int.from_bytes(digest, 'big')}"
        return self.uids[original]

    def digest(self, original: str) -> str:
        """What stands in place of the hash of a file that isn't copied: a hash that fits no file."""
        return hmac.new(self.secret, f"file {original}".encode(), sha256).hexdigest()

    def machine(self, original: str) -> str:
        """The name in place of a machine's."""
        return self.machines.setdefault(original, f"machine-{len(self.machines) + 1}")

    def word(self, original: str) -> str:
        """What stands in texts in place of a name or a number; different words stay different."""
        return self._token(original, REMOVED)

    def day_text(self, original: str) -> str:
        """What stands in texts in place of a day; different days stay different."""
        return self._token(original, REMOVED_DAY)

    def _token(self, original: str, stem: str) -> str:
        if original not in self.words:
            pattern = re.compile(rf"{stem}[B-Z]*")
            count = sum(pattern.fullmatch(token) is not None for token in self.words.values())
            self.words[original] = stem + _letters(count)
        return self.words[original]

    def day(self, original: date) -> date:
        """A day, moved as all are; OverflowError where the calendar ends."""
        return original + timedelta(days=self.shift_days)

    def knows(self, patient_id: str) -> bool:
        """Whether an ID is that of the patient whose mapping this is; True where it has none yet."""
        known = {one for one, _ in self.patients if one}
        return not known or not patient_id or patient_id in known

    def to_json(self) -> str:
        """The mapping file's text. It undoes the de-identification: keep it as you keep the patient's records."""
        data = {
            "schema": MAPPING_SCHEMA,
            "code": self.code,
            "secret": self.secret.hex(),
            "shift_days": self.shift_days,
            "patients": [{"id": one, "name": name} for one, name in self.patients],
            "uids": self.uids,
            "machines": self.machines,
            "words": self.words,
            "persons": self.persons.to_data(),
        }
        return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _letters(count: int) -> str:
    """Nothing for the first, then ``B`` to ``Z``, ``BB`` ...: a digit would read as the number of a lesion."""
    text = ""
    while count:
        count, rest = divmod(count - 1, 25)
        text = chr(ord("B") + rest) + text
    return text


def check_code(code: str) -> None:
    """Refuse what is no subject code.

    Raises
    ------
    UsageError
        For a code that isn't of letters, digits, ``.``, ``_`` and ``-``, is longer than 64, or has no digit.
    """
    if not _CODE.fullmatch(code):
        raise UsageError(
            f"--code {code!r}: expected up to 64 letters, digits, '.', '_' or '-', a digit among them, e.g. SITE01-007"
        )


def new_pseudonyms(code: str, days: Sequence[date] = ()) -> Pseudonyms:
    """A mapping of its own for a subject code.

    Parameters
    ----------
    code : str
        As `check_code` wants it.
    days : sequence of date
        Of a case sheet, between which months are counted; see `rtcheck.dicom.deidentify.calendar.shift_for`.
    """
    check_code(code)
    return Pseudonyms(code, secrets.token_bytes(32), shift_for(days))


def read_pseudonyms(path: Path, code: str) -> Pseudonyms:
    """The mapping of an earlier copy of the same patient, so that further files get the same UIDs and days.

    Raises
    ------
    InputError
        For a file that is no mapping, or of another subject code.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != MAPPING_SCHEMA:
            raise ValueError(f"its schema is {data['schema']!r}")
        found = _from(data)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"is no mapping of rtcheck deidentify ({error})", str(path), "name another file") from None
    if found.code != code:
        raise InputError(f"is the mapping of {found.code}, not of {code}", str(path), "name another file")
    return found


def _from(data: dict[str, Any]) -> Pseudonyms:
    secret = bytes.fromhex(data["secret"])
    if len(secret) < 16:
        raise ValueError("its secret is too short")
    return Pseudonyms(
        str(data["code"]),
        secret,
        int(data["shift_days"]),
        dict(data["uids"]),
        dict(data["machines"]),
        dict(data["words"]),
        Persons.from_data(data["persons"]),
        [(str(one["id"]), str(one["name"])) for one in data["patients"]],
    )
