"""A patient's folder as a copy without identity: DICOM objects, case sheet, and a mapping that is kept apart."""

from __future__ import annotations

import io
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pydicom

from rtcheck.dicom.deidentify import Copy, Pseudonyms, Screen, copies, new_pseudonyms, read_pseudonyms
from rtcheck.errors import InputError, UsageError
from rtcheck.pipeline import Files
from rtcheck.tables import read_sheet, sheet_of

#: The case sheet of a copy; JSON is YAML, too.
SHEET_NAME = "case.json"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
#: Keys of a case sheet under which a person's name stands, and those whose texts nobody typed freely.
_PERSON_KEYS = frozenset({"name"})
_PERSON_LISTS = ("attestations", "sign_offs", "overrides")
_ROI_KEYS = frozenset({"gtv", "ctv", "ptv", "plan"})


@dataclass(frozen=True)
class Deidentified:
    """What was copied.

    Attributes
    ----------
    folder, mapping : Path
    files : int
    left_out : tuple of str
        Files that aren't in the copy, with what they are.
    changed : dict of str to str
        Labels that were changed, with what they became.
    spared : tuple of str
        Words of names that stayed, for they are words of plans and organs too: somebody has to look.
    sheet : bool
        Whether the copy has a case sheet.
    """

    folder: Path
    mapping: Path
    files: int
    left_out: tuple[str, ...]
    changed: Mapping[str, str]
    spared: tuple[str, ...]
    sheet: bool


def deidentify(
    path: Files, folder: str | Path, code: str, *, mapping: str | Path | None = None, sheet: str | Path | None = None
) -> Deidentified:
    """Write a copy of a patient's files without identity.

    UIDs are replaced consistently, so that links survive; all days are moved by one number of days; private attributes
    are dropped; names of ROIs and plans stay, cleaned of names, IDs and days. The copy is whole or isn't there.

    Parameters
    ----------
    path : folder, zip, file, or list of files
        Of one patient.
    folder : str or Path
        Where the copy goes; must not exist, or be empty.
    code : str
        Subject code: the copy's PatientID and PatientName.
    mapping : str or Path, optional
        Where the mapping is kept, outside of `folder`; ``FOLDER.mapping.json`` beside it where not given. One that is
        there already is used and added to.
    sheet : str or Path, optional
        The case sheet; the one among the files where not given.

    Raises
    ------
    InputError
        For files that can't be copied, a folder that isn't empty, a text that still says who the patient is.
    UsageError
        For a code that is none, a mapping inside the copy, or where dicom-anonymizer isn't installed.
    """
    out = Path(folder)
    kept = Path(mapping) if mapping is not None else out.with_name(f"{out.name}.mapping.json")
    if kept.resolve().is_relative_to(out.resolve()):
        raise UsageError(f"--mapping {kept}: the mapping undoes the copy; keep it outside of {out}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("is there already, and isn't an empty folder", str(out), "name another folder")
    fresh = new_pseudonyms(code)
    pseudonyms = read_pseudonyms(kept, code) if kept.exists() else fresh
    declared = read_sheet(sheet) if sheet is not None else sheet_of(path)
    made, left_out, screen = copies(path, pseudonyms)
    names = {SHEET_NAME: _sheet(declared.data, pseudonyms, screen)} if declared is not None else {}
    for one in made:
        _check(one, screen)
    _write(out, {**{one.name: one.content for one in made}, **names}, kept, pseudonyms.to_json())
    # The sheet among the files is copied as another file, and isn't left out.
    others = tuple(one for one in left_out if declared is None or not one.startswith(declared.file))
    return Deidentified(out, kept, len(made), others, dict(screen.changed), screen.spared, bool(names))


def _check(one: Copy, screen: Screen) -> None:
    """Refuse a copy in which a text still says who the patient is: a last look, independent of the actions."""
    dataset = pydicom.dcmread(io.BytesIO(one.content), stop_before_pixels=True)
    for element in dataset.iterall():
        if element.VR in ("OB", "OW", "OF", "OD", "DS", "IS", "UI", "SQ", "UN"):
            continue
        if screen.holds(str(element.value)):
            raise InputError(
                f"{element.keyword or element.tag} would still say who the patient is",
                one.original,
                "take it out before, or leave the file out",
            )


def _sheet(data: Mapping[str, object], pseudonyms: Pseudonyms, screen: Screen) -> bytes:
    """The case sheet with the copy's subject code, days, persons and labels."""
    changed = {key: _declared(value, (key,), pseudonyms, screen) for key, value in data.items()}
    changed["subject"] = pseudonyms.code
    return (json.dumps(changed, ensure_ascii=False, indent=2) + "\n").encode()


def _declared(value: object, keys: tuple[str, ...], pseudonyms: Pseudonyms, screen: Screen) -> object:
    if isinstance(value, Mapping):
        return {
            _label(key, keys, screen): _declared(one, (*keys, str(key)), pseudonyms, screen)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_declared(one, keys, pseudonyms, screen) for one in value]
    if not isinstance(value, str):
        return value
    if _DAY.fullmatch(value):
        return pseudonyms.day(date.fromisoformat(value)).isoformat()
    if keys[0] in _PERSON_LISTS and keys[-1] in _PERSON_KEYS:
        return pseudonyms.person(value)
    if value.startswith(("1.", "2.")) and re.fullmatch(r"[0-9.]{10,64}", value):
        return pseudonyms.uid(value)
    return screen.clean(value)


def _label(key: object, keys: tuple[str, ...], screen: Screen) -> str:
    """A key: of prescriptions it is an ROI's name."""
    return screen.clean(str(key)) if keys[0] == "prescriptions" else str(key)


def _write(folder: Path, files: Mapping[str, bytes], mapping: Path, text: str) -> None:
    """All files or none: beside the folder first, then into place; the mapping before the copy."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise InputError(f"can't be written ({error.strerror})", str(folder), "name another folder") from None
    try:
        for name, content in files.items():
            path = part / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        mapping.write_text(text, encoding="utf-8", newline="\n")
        if folder.exists():
            folder.rmdir()
        part.chmod(0o755)
        part.rename(folder)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise InputError(f"can't be written ({error.strerror})", str(folder), "name another folder") from None
