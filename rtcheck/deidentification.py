"""A patient's folder as a copy without identity: DICOM objects, case sheet, and a mapping that is kept apart."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rtcheck.case import Case
from rtcheck.compliance.age import age as age_of
from rtcheck.dicom import read_study
from rtcheck.dicom.deidentify import (
    OLDEST_YEARS,
    Copy,
    Pseudonyms,
    Screen,
    SheetCopy,
    Survey,
    check_code,
    copies,
    new_pseudonyms,
    noticed,
    read_pseudonyms,
    remains,
    survey,
)
from rtcheck.errors import InputError, RtcheckError, UsageError
from rtcheck.pipeline import Files
from rtcheck.record import RECORD_NAME, Record, code_of, record_beside
from rtcheck.sheet import NOTHING_DECLARED, CaseSheet, SignOff
from rtcheck.tables import read_sheet, sheet_of

#: The case sheet of a copy; JSON is YAML, too.
SHEET_NAME = "case.json"


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
    remarks : tuple of str
        What else somebody must know who passes the copy on.
    """

    folder: Path
    mapping: Path
    files: int
    left_out: tuple[str, ...]
    changed: Mapping[str, str]
    spared: tuple[str, ...]
    sheet: bool
    remarks: tuple[str, ...] = ()


def deidentify(
    path: Files,
    folder: str | Path,
    code: str,
    *,
    mapping: str | Path | None = None,
    sheet: str | Path | None = None,
    record: str | Path | None = None,
) -> Deidentified:
    """Write a copy of a patient's files without identity.

    UIDs are replaced consistently, so that links survive; all days are moved by one number of days; private attributes
    are dropped; names of ROIs and plans stay, cleaned of names, IDs and days. Verdicts of the copy are those of the
    original: what rests on the birth date, which goes, is the age in the copied case sheet, and what rests on the
    sign-off record, which isn't copied, are sign-offs there. The copy is whole or isn't there.

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
    record : str or Path, optional
        The sign-off record, file or URL; the one beside the files where not given.

    Raises
    ------
    InputError
        For files that can't be copied, a folder that isn't empty, a text that still says who the patient is, a mapping
        of another patient, a sign-off record that was tampered with.
    UsageError
        For a code that is none or says who the patient is, a mapping inside the copy, a copy inside the original, or
        where dicom-anonymizer isn't installed.
    """
    check_code(code)
    out = Path(folder)
    kept = Path(mapping) if mapping is not None else _beside(out)
    _check_places(path, out, kept)
    declared = read_sheet(sheet) if sheet is not None else sheet_of(path)
    surveyed = survey(path)
    entries = _entries(path, record, surveyed, declared or NOTHING_DECLARED)
    pseudonyms, remarks = _pseudonyms(kept, code, surveyed, declared)
    screen = _screen(surveyed, declared, entries, pseudonyms)
    years, of_age = _age(path, surveyed, declared)
    with _whole(out) as part:
        objects = _write_copies(part, copies(path, surveyed, pseudonyms, screen), screen)
        with_sheet = declared is not None or years is not None or bool(entries)
        if with_sheet:
            made = SheetCopy(pseudonyms, screen, objects).data(declared.data if declared else {}, years, entries)
            _write_sheet(part / SHEET_NAME, made)
        _write_mapping(kept, pseudonyms)
    if entries:
        noun = "decision stands" if len(entries) == 1 else "decisions stand"
        remarks.append(f"{len(entries)} {noun} in the copied case sheet, from the sign-off record")
    return Deidentified(
        out,
        kept,
        len(objects),
        tuple(one for one in surveyed.left_out if not _stands_in_sheet(one, declared)),
        dict(screen.changed),
        screen.spared,
        with_sheet,
        (*remarks, *of_age),
    )


def _beside(folder: Path) -> Path:
    whole = folder if folder.name else folder.resolve()  # "." has no name
    return whole.with_name(f"{whole.name}.mapping.json")


def _check_places(path: Files, out: Path, mapping: Path) -> None:
    if mapping.resolve().is_relative_to(out.resolve()):
        raise UsageError(f"--mapping {mapping}: the mapping undoes the copy; keep it outside of {out}")
    if isinstance(path, str | Path) and Path(path).is_dir() and out.resolve().is_relative_to(Path(path).resolve()):
        raise UsageError(f"-o {out}: the copy would lie among the originals; name a folder outside of {path}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("is there already, and isn't an empty folder", str(out), "name another folder")


def _entries(path: Files, record: str | Path | None, surveyed: Survey, sheet: CaseSheet) -> tuple[SignOff, ...]:
    """The decisions on this case in the sign-off record, which must be whole, as for a check."""
    place = record if record is not None else record_beside(path)
    if place is None:
        return ()
    return Record(place).entries(code_of(surveyed.patient_id, sheet))


def _pseudonyms(kept: Path, code: str, surveyed: Survey, sheet: CaseSheet | None) -> tuple[Pseudonyms, list[str]]:
    """The mapping, that of an earlier copy where there is one, and what is to be said of it."""
    days = list(sheet.dates.values()) if sheet else []
    remarks: list[str] = []
    if not kept.exists():
        pseudonyms = new_pseudonyms(code, days)
    else:
        pseudonyms = read_pseudonyms(kept, code)
        if not pseudonyms.knows(surveyed.patient_id):
            mend = "name another --mapping, or another --code for another patient"
            raise InputError("is the mapping of another patient", str(kept), mend)
        remarks = [
            f"by the earlier mapping the months from {one} to {other} aren't what they were: verdicts may differ"
            for one, other in noticed(days, pseudonyms.shift_days)
        ]
    told = [(one.patient_id, one.name) for one in surveyed.patients]
    pseudonyms.patients[:] = sorted({*pseudonyms.patients, *told})
    if len(surveyed.names) > 1:
        remarks.append("the files tell several names of the patient; they are different in the copy, too")
    return pseudonyms, remarks


def _screen(surveyed: Survey, sheet: CaseSheet | None, entries: Sequence[SignOff], pseudonyms: Pseudonyms) -> Screen:
    """What cleans texts, of what files, sheet and record say of persons."""
    identity, code = surveyed.identity, pseudonyms.code
    names = _persons(sheet, entries)
    for name in names:
        pseudonyms.persons.name(name)
    if mistaken := pseudonyms.persons.mistaken():
        one, other = mistaken[0]
        mend = "write a person's name in one way in case sheet and record"
        raise InputError(f"{one!r} and {other!r} can't be replaced so that it stays clear who is who", mend=mend)
    identity.add_names(names)
    if sheet is not None:
        identity.labels |= _labels(sheet)
        identity.add_numbers([sheet.subject] if sheet.subject not in (None, code) else [])
    if code in {surveyed.patient_id, *(one.name.rstrip("^ ") for one in surveyed.patients)}:
        identity.discard(code)  # the files are coded already
    screen = Screen(identity, pseudonyms)
    if screen.holds(code):
        raise UsageError(f"--code {code!r} says who the patient is; name another")
    return screen


def _persons(sheet: CaseSheet | None, entries: Sequence[SignOff]) -> list[str]:
    own = sheet or NOTHING_DECLARED
    signed = (
        [one.name for one in own.attestations],
        [one.name for one in (*own.sign_offs, *entries)],
        [one.name for one in own.overrides],
    )
    return list(dict.fromkeys(name.strip() for names in signed for name in names))


def _labels(sheet: CaseSheet) -> set[str]:
    """Names that a case sheet gives to lesions and targets: they must stay apart, as those of ROIs."""
    every = [name for one in sheet.lesions or () for name in (one.name, one.gtv, one.ctv, one.ptv, one.plan)]
    return {name for name in (*every, *sheet.prescriptions, *sheet.names.values()) if name}


def _age(path: Files, surveyed: Survey, sheet: CaseSheet | None) -> tuple[int | None, list[str]]:
    """The age that the copy's sheet declares in place of the birth date, which goes, and what is to be said of it."""
    declared = sheet.age if sheet else None
    years, remarks = declared, []
    if any(one.birth_date for one in surveyed.patients):
        try:
            study = read_study(path)
        except RtcheckError:
            return _told(declared), ["what the birth date says of the age isn't carried over: choose one plan's files"]
        known = age_of(Case(study, sheet=replace(sheet or NOTHING_DECLARED, prescriptions={})))
        years = known.value if isinstance(known.value, int) else None
        if declared is None and years is not None:
            told = f"an age of {_told(years)} years, for the birth date isn't copied"
            remarks.append(f"the copied case sheet declares {told}")
        if declared is not None and years is None:
            remarks.append(f"the copied case sheet declares no age: {known.text}")
    if years is not None and years > OLDEST_YEARS:
        remarks.append(f"the age is told as {OLDEST_YEARS} years: older ones say who it is")
    return _told(years), remarks


def _told(years: int | None) -> int | None:
    return None if years is None else min(years, OLDEST_YEARS)


def _write_copies(folder: Path, made: Iterator[Copy], screen: Screen) -> dict[str, str]:
    """Write all copies; their digests by those of the originals."""
    objects: dict[str, str] = {}
    for one in made:
        if left := next(remains(one.content, screen), ""):
            mend = "take it out before, or leave the file out"
            raise InputError(f"{left} would still say who the patient is", one.original, mend)
        path = folder / one.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(one.content)
        objects[one.original_sha256] = one.sha256
    return objects


def _write_sheet(path: Path, data: Mapping[str, object]) -> None:
    content = (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode()
    read_sheet((SHEET_NAME, content))  # a copy that can't be read must not be written
    path.write_bytes(content)


def _write_mapping(path: Path, pseudonyms: Pseudonyms) -> None:
    """Write it beside its place first: the only way back must not be lost by a full disk."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.touch(mode=0o600)
        part.write_text(pseudonyms.to_json(), encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        mend = "name a file in an existing folder with --mapping"
        raise InputError(f"can't be written ({error.strerror})", str(path), mend) from None


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A folder to write into that takes its place when all is written, and is gone otherwise."""
    mend = "name another folder"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise InputError(f"can't be written ({error.strerror})", str(folder), mend) from None
    try:
        yield part
        if folder.exists():
            folder.rmdir()
        part.chmod(0o755)
        part.rename(folder)
    except OSError as error:
        raise InputError(f"can't be written ({error.strerror})", str(folder), mend) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _stands_in_sheet(left_out: str, sheet: CaseSheet | None) -> bool:
    """Whether a file that wasn't copied is one whose content stands in the copy's sheet."""
    name = left_out.removesuffix(" (no DICOM)").rpartition("/")[2]
    return name == RECORD_NAME or (sheet is not None and name == sheet.file)
