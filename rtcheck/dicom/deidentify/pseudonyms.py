"""What stands in place of UIDs, days, machines and persons; kept apart from the copies, for whoever may undo it."""

from __future__ import annotations

import hmac
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from rtcheck.errors import InputError, UsageError

#: Version of a mapping file.
MAPPING_SCHEMA = "rtcheck-mapping/1"
#: Days are moved back by at least and at most so many, the same for all of a patient's.
SHIFT_DAYS = (365, 3650)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


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
    uids, machines, persons : dict of str to str
        What became what.
    patients : list of tuple
        ID and name of the original.
    """

    code: str
    secret: bytes
    shift_days: int
    uids: dict[str, str] = field(default_factory=dict)
    machines: dict[str, str] = field(default_factory=dict)
    persons: dict[str, str] = field(default_factory=dict)
    patients: list[tuple[str, str]] = field(default_factory=list)

    def uid(self, original: str) -> str:
        """The UID in place of another: always the same, under the root 2.25 (PS3.5, B.2)."""
        if original not in self.uids:
            digest = bytearray(hmac.new(self.secret, original.encode(), sha256).digest()[:16])
            digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80
            self.uids[original] = f"2.25.{int.from_bytes(digest, 'big')}"
        return self.uids[original]

    def machine(self, original: str) -> str:
        """The name in place of a machine's."""
        return self.machines.setdefault(original, f"machine-{len(self.machines) + 1}")

    def person(self, original: str) -> str:
        """The name in place of a person's; spellings of one name (``A.B.``, ``ab``) are one person."""
        key = "".join(sign for sign in original.casefold() if sign.isalnum()) or original
        return self.persons.setdefault(key, f"person-{len(self.persons) + 1}")

    def day(self, original: date) -> date:
        """A day, moved as all are."""
        return original + timedelta(days=self.shift_days)

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
            "persons": self.persons,
        }
        return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def new_pseudonyms(code: str) -> Pseudonyms:
    """A mapping of its own for a subject code.

    Raises
    ------
    UsageError
        For a code that isn't of letters, digits, ``.``, ``_`` and ``-``, or longer than 64 of them.
    """
    if not _CODE.fullmatch(code):
        raise UsageError(f"--code {code!r}: expected up to 64 letters, digits, '.', '_' or '-', e.g. SITE01-007")
    least, most = SHIFT_DAYS
    return Pseudonyms(code, secrets.token_bytes(32), -(least + secrets.randbelow(most - least + 1)))


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
        found = Pseudonyms(
            str(data["code"]),
            bytes.fromhex(data["secret"]),
            int(data["shift_days"]),
            dict(data["uids"]),
            dict(data["machines"]),
            dict(data["persons"]),
            [(str(one["id"]), str(one["name"])) for one in data["patients"]],
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"is no mapping of rtcheck deidentify ({error})", str(path), "name another file") from None
    if found.code != code:
        raise InputError(f"is the mapping of {found.code}, not of {code}", str(path), "name another file")
    return found
