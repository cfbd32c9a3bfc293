"""A patient's folder as a copy without identity: whole or not there, with the verdicts of the original."""

from __future__ import annotations

import io
import json
import sqlite3
import sys
from dataclasses import replace
from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from rtcheck import Verdict, check
from rtcheck.deidentification import SHEET_NAME, deidentify
from rtcheck.dicom.deidentify import actions, read_pseudonyms
from rtcheck.errors import InputError, UnreadableFileError, UsageError
from rtcheck.pipeline import Result
from rtcheck.record import RECORD_NAME, Record
from rtcheck.sheet import Decision, Role, SignOff, Subject
from rtcheck.tables import read_sheet
from tests.commands import run
from tests.dicom import conftest as make
from tests.plan_checks.samples import SAMPLES, changed

CODE = "SITE09-123"
SBRT = SAMPLES / "hcc-sbrt-5fx"
SHEETS = sorted(path.relative_to(SAMPLES).as_posix() for path in SAMPLES.glob("*/case*.yaml"))


def verdicts(result: Result) -> list[tuple[object, ...]]:
    """What every finding says, without names and days."""
    told = [
        (one.check, one.source.row, one.verdict, one.reason, one.robust, one.observed, one.severity)
        for one in result.findings
    ]
    return sorted(told, key=repr)


def small(tmp_path: Path, **objects: Dataset | None) -> Path:
    """A folder with a small patient."""
    folder = tmp_path / "Doe Jane"
    folder.mkdir()
    for name, content in make.case(**objects):
        (folder / name).write_bytes(content)
    return folder


def sheet_in(folder: Path, **keys: object) -> None:
    (folder / "case.yaml").write_text(json.dumps({"schema": 1, **keys}), encoding="utf-8")


def copied_sheet(folder: Path) -> dict[str, object]:
    data = json.loads((folder / SHEET_NAME).read_text(encoding="utf-8"))
    assert isinstance(data, dict)
    return data


@pytest.mark.slow
@pytest.mark.parametrize("sheet", SHEETS)
def test_every_verdict_of_a_copy_is_that_of_the_original(tmp_path: Path, sheet: str) -> None:
    folder = (SAMPLES / sheet).parent
    made = deidentify(folder, tmp_path / "copy", CODE, sheet=SAMPLES / sheet)
    before, after = check(folder, sheet=SAMPLES / sheet), check(made.folder)
    assert before.verdict is after.verdict
    assert verdicts(before) == verdicts(after)


# A patient whose name stands wherever a name can stand, and whose verdict rests on all that goes


NAMES = {"GTV": "GTV_SMITHSON", "CTV": "CTV Jonathan 15.01.2024", "PTV": "PTV_SMITHSON", "Heart": "Heart"}


def _renamed(dataset: Dataset) -> None:
    dataset.PatientName, dataset.PatientID = "SMITHSON^Jonathan^Heart", "HOSP-1234567"
    dataset.PatientBirthDate = "19591224"
    dataset.InstitutionName, dataset.ReferringPhysicianName = "St. Ansgar Hospital", "Kruger^Anna"
    dataset.SeriesDescription = "Jonathan SMITHSON 15.01.2024"
    for roi in dataset.get("StructureSetROISequence", ()):
        roi.ROIName = NAMES.get(roi.ROIName, roi.ROIName)
    for reference in dataset.get("DoseReferenceSequence", ()):
        reference.DoseReferenceDescription = NAMES.get(
            reference.DoseReferenceDescription, reference.DoseReferenceDescription
        )
    if "RTPlanLabel" in dataset:
        dataset.RTPlanLabel, dataset.RTPlanName = "SMITHSON 5x8Gy", "Jonathan 2024-01-19"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("SMITHSON")
    for path in sorted(SBRT.rglob("*.dcm")):
        (folder / f"Smithson_{path.name}").write_bytes(changed(path.read_bytes(), _renamed))
    text = (SBRT / "case.yaml").read_text(encoding="utf-8")
    for before, after in (
        ("subject: SITE01-001", "subject: ANSGAR-44"),
        ("centre: SITE01", "centre: St. Ansgar Hospital"),
        ("  age: 64\n", ""),
        ("gtv: GTV", "gtv: GTV_SMITHSON"),
        ("ctv: CTV", "ctv: CTV Jonathan 15.01.2024"),
        ("ptv: PTV", "ptv: PTV_SMITHSON"),
        ("name: G.H.", "name: Ngozi Okafor"),
        ('remark: "4D CT and ITV"', 'remark: "4D CT of Smithson, ANSGAR-44, seen by Anna Kruger on 15 Jan 2024"'),
    ):
        assert before in text, before
        text = text.replace(before, after)
    lines = [line for line in text.splitlines() if "{of: contours" not in line]
    (folder / "case.yaml").write_text("\n".join([*lines, "notes: Call 0171 or Jonathan"]), encoding="utf-8")
    signed = (sha256((folder / "Smithson_RTSTRUCT.dcm").read_bytes()).hexdigest(),)
    entry = SignOff(
        Subject.CONTOURS, Role.RADIATION_ONCOLOGIST, "", date(2024, 1, 17), Decision.APPROVED, objects=signed
    )
    for name in ("A.B.", "Anna Kruger"):
        Record(folder / RECORD_NAME).append(replace(entry, name=name, case="ANSGAR-44"))
    return folder


@pytest.fixture(scope="module")
def hostile_copy(hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("copies") / "copy"
    finished = run("deidentify", str(hostile), "-o", str(out), "--code", CODE, root=hostile)
    assert finished.returncode == 0, finished.stderr
    (out.parent / "said.txt").write_text(finished.stderr, encoding="utf-8")
    return out


def test_verdicts_rest_on_the_same_things_in_the_copy_of_a_patient_whose_name_is_everywhere(
    hostile: Path, hostile_copy: Path
) -> None:
    before, after = check(hostile), check(hostile_copy)
    assert before.verdict is after.verdict is Verdict.PASS
    assert verdicts(before) == verdicts(after)


def test_no_file_of_the_copy_says_who_it_is(hostile_copy: Path) -> None:
    every = [path for path in hostile_copy.rglob("*") if path.is_file()]
    assert len(every) == 126
    words = (
        "smithson",
        "jonathan",
        "1234567",
        "19591224",
        "ansgar",
        "kruger",
        "okafor",
        "ngozi",
        "20240115",
        "2024-01-1",
    )
    for path in every:
        content = path.read_bytes().lower()
        assert not [word for word in words if word.encode() in content or word in path.name.lower()], path.name


def test_the_sheet_of_a_copy_says_what_verdicts_rest_on(hostile: Path, hostile_copy: Path) -> None:
    data, sheet = copied_sheet(hostile_copy), read_sheet(hostile_copy / SHEET_NAME)
    shift = read_pseudonyms(hostile_copy.with_name("copy.mapping.json"), CODE).shift_days
    original = read_sheet(hostile / "case.yaml")
    assert (sheet.subject, sheet.centre, sheet.age) == (CODE, None, 64)
    assert {key: (day - original.dates[key]).days for key, day in sheet.dates.items()} == dict.fromkeys(
        sheet.dates, shift
    )
    assert sheet.never == original.never
    assert {one.name for one in sheet.attestations} == {sheet.sign_offs[1].name}
    contours = [one for one in sheet.sign_offs if one.subject is Subject.CONTOURS]
    assert len(contours) == 2
    assert {one.objects for one in contours} == {check_digest(hostile_copy)}
    assert "Smithson" not in json.dumps(data)
    assert not (hostile_copy / RECORD_NAME).exists()


def check_digest(folder: Path) -> tuple[str]:
    return (sha256((folder / "RTSTRUCT.dcm").read_bytes()).hexdigest(),)


def test_the_command_tells_what_somebody_must_know(hostile_copy: Path) -> None:
    said = (hostile_copy.parent / "said.txt").read_text(encoding="utf-8")
    for words in (
        "keep it apart, it undoes the copy",
        "2 decisions stand in the copied case sheet, from the sign-off record",
        "the copied case sheet declares an age of 64 years, for the birth date isn't copied",
        "cleaned: 'GTV_SMITHSON' became 'GTV_ID",
        "'Heart', a part of a name or initials, stays in labels",
    ):
        assert words in said
    assert "left out" not in said


# Age


@pytest.mark.parametrize(
    ("declared", "birth", "told", "words"),
    [
        (None, "19500101", 74, "declares an age of 74 years"),
        (61, "19500101", None, "declares no age"),
        (74, "19500101", 74, ""),
        (61, "", 61, ""),
        (None, "19290101", 90, "the age is told as 90 years"),
        (95, "", 90, "the age is told as 90 years"),
        (61, "20991231", 61, ""),
    ],
)
def test_the_sheet_says_the_age_that_a_check_would_find(
    tmp_path: Path, declared: int | None, birth: str, told: int | None, words: str
) -> None:
    objects = {"plan": make.plan(), "structures": make.structures(), "dose": make.dose()}
    for one in objects.values():
        one.PatientBirthDate = birth
    folder = small(tmp_path, **objects)
    patient = {"patient": {"age": declared}} if declared else {}
    sheet_in(folder, **patient, dates={"planning_ct": "2024-01-15"})
    made = deidentify(folder, tmp_path / "copy", CODE)
    assert read_sheet(made.folder / SHEET_NAME).age == told
    assert any(words in remark for remark in made.remarks) or not (words or made.remarks)


def test_without_a_sheet_one_is_made_for_the_age_alone(tmp_path: Path) -> None:
    image = make.image()
    image.AcquisitionDate = "20240115"
    made = deidentify(small(tmp_path, image=image), tmp_path / "copy", CODE)
    assert copied_sheet(made.folder) == {"schema": 1, "subject": CODE, "patient": {"age": 74}}


def test_where_files_cant_be_read_as_one_case_it_is_told_that_the_age_isnt_known(tmp_path: Path) -> None:
    made = deidentify(small(tmp_path, dose=None), tmp_path / "copy", CODE)
    assert any("isn't carried over" in remark for remark in made.remarks)
    assert not made.sheet


# Sheets


def test_a_sheet_keeps_its_terms_and_numbers_whatever_the_patient_is_called(tmp_path: Path) -> None:
    plan = make.plan()
    plan.PatientName, plan.PatientID = "Primary^Approved", "400"
    folder = small(tmp_path, plan=plan, structures=None, dose=None)
    keys = {
        "protocol": "C:\\Users\\doe\\NCT06261047",
        "centre": "SITE01",
        "patient": {"afp": "400 ng/mL", "stable_disease": "6 months"},
        "dates": {"diagnosis": " 2023-01-10 ", "last_radiotherapy": "never"},
        "lesions": [
            {"name": "Doe 1", "organ": "liver", "kind": "primary", "plan": "1.2.3.1", "gtv": "GTV", "bone": "no"}
            | {"reduced": {"reason": "Primary near", "organ": "Stomach"}}
        ],
        "prescriptions": {"PTV_Doe": "5x8Gy"},
        "names": {"SpinalCord": "RM_Doe"},
        "attestations": [
            {
                "key": "simulation",
                "answer": "yes",
                "name": "A.B.",
                "role": "physicist",
                "date": "2024-01-01",
                "lesion": "Doe 1",
            }
        ],
        "overrides": [
            {
                "check": "E2",
                "subject": "Linac",
                "reason": "Doe",
                "name": "AB",
                "role": "physicist",
                "date": "2024-01-01",
            }
        ],
    }
    plan.PatientID = "P1"
    sheet_in(folder, **keys)
    made = deidentify(folder, tmp_path / "copy", CODE)
    sheet = read_sheet(made.folder / SHEET_NAME)
    original = read_sheet(folder / "case.yaml")
    assert (sheet.protocol, sheet.centre, sheet.afp_ng_ml, sheet.stable_months) == ("NCT06261047", "SITE01", 400, 6)
    assert sheet.never == {"last_radiotherapy"}
    assert sheet.lesions is not None and original.lesions is not None
    assert sheet.lesions[0].plan == pydicom.dcmread(made.folder / "RTPLAN.dcm").SOPInstanceUID
    assert replace(sheet.lesions[0], plan="1.2.3.1") == original.lesions[0]
    assert sheet.attestations[0].lesion == sheet.lesions[0].name
    assert sheet.overrides[0].subject == "machine-1"
    assert sheet.attestations[0].name.replace(" ", "") == sheet.overrides[0].name.replace(" ", "")


def test_names_that_a_sheet_gives_are_taken_out_of_its_remarks_and_of_labels(tmp_path: Path) -> None:
    folder = small(tmp_path, plan=None, structures=make.structures(names=("GTV Okafor",)), dose=None)
    signed = {
        "of": "contours",
        "role": "physicist",
        "name": "Ngozi Okafor",
        "date": "2024-01-17",
        "decision": "approved",
    }
    sheet_in(folder, sign_offs=[{**signed, "remark": "Okafor, after 12.3.2024"}], notes="ask Ngozi Okafor")
    made = deidentify(folder, tmp_path / "copy", CODE)
    assert made.changed["GTV Okafor"].startswith("GTV ID")
    assert "kafor" not in (made.folder / SHEET_NAME).read_text(encoding="utf-8")
    assert copied_sheet(made.folder)["notes"] == "ask IDB ID"


def test_what_was_signed_and_isnt_copied_fits_nothing_in_the_copy(tmp_path: Path) -> None:
    folder = small(tmp_path, plan=None, dose=None)
    signed = {"of": "contours", "role": "physicist", "name": "A.B.", "date": "2024-01-17", "decision": "approved"}
    sheet_in(folder, sign_offs=[{**signed, "objects": ["ab" * 32, "1.2.3.2", "1.2.3.77"]}])
    made = deidentify(folder, tmp_path / "copy", CODE)
    other, structures, foreign = read_sheet(made.folder / SHEET_NAME).sign_offs[0].objects
    assert other != "ab" * 32 and len(other) == 64
    assert structures == pydicom.dcmread(made.folder / "RTSTRUCT.dcm").SOPInstanceUID
    assert foreign.startswith("2.25.")


def test_a_record_that_was_tampered_with_is_refused(tmp_path: Path) -> None:
    folder = small(tmp_path)
    sheet_in(folder, subject="S-1")
    entry = SignOff(Subject.CONTOURS, Role.PHYSICIST, "A.B.", date(2024, 1, 17), Decision.CONDITIONAL, case="S-1")
    record = Record(folder / RECORD_NAME)
    record.append(entry)
    made = deidentify(folder, tmp_path / "copy", CODE)
    assert read_sheet(made.folder / SHEET_NAME).sign_offs[0].remark == "not said"
    with sqlite3.connect(record.place) as connection:
        connection.execute("DROP TRIGGER sign_offs_no_update")
        connection.execute("UPDATE sign_offs SET content = replace(content, 'conditional', 'approved')")
    connection.close()
    with pytest.raises(InputError, match="tampered with"):
        deidentify(folder, tmp_path / "other", CODE)


# Places


def test_a_copy_is_whole_or_isnt_there(tmp_path: Path) -> None:
    image = make.image(1)
    image.PatientName, image.PixelData = "Featherstone^Jane", b"FEATHERSTONE JAN"
    folder = small(tmp_path, image=image)
    with pytest.raises(UnreadableFileError, match="among the bytes"):
        deidentify(folder, tmp_path / "out" / "copy", CODE)
    assert not list((tmp_path / "out").iterdir())


def test_where_the_mapping_cant_be_written_there_is_no_copy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--mapping"):
        deidentify(small(tmp_path), tmp_path / "out" / "copy", CODE, mapping=tmp_path / "nowhere" / "mapping.json")
    assert not list((tmp_path / "out").iterdir())


def test_an_empty_folder_is_filled_and_another_refused(tmp_path: Path) -> None:
    folder, out = small(tmp_path), tmp_path / "out"
    out.mkdir()
    assert deidentify(folder, out, CODE).files == 3
    with pytest.raises(InputError, match="isn't an empty folder"):
        deidentify(folder, out, CODE)


@pytest.mark.parametrize(
    ("out", "mapping", "words"),
    [
        ("copy", "copy/mapping.json", "keep it outside"),
        ("Doe Jane/copy", None, "would lie among the originals"),
        ("Doe Jane", None, "would lie among the originals"),
    ],
)
def test_places_that_would_undo_it_are_refused(tmp_path: Path, out: str, mapping: str | None, words: str) -> None:
    folder = small(tmp_path)
    with pytest.raises(UsageError, match=words):
        deidentify(folder, tmp_path / out, CODE, mapping=tmp_path / mapping if mapping else None)


@pytest.mark.parametrize("code", ["SITE 1", "", "-S1", "ANON", "S1\n", "é1", "x" * 64 + "1", "../1"])
def test_what_is_no_subject_code_is_refused(tmp_path: Path, code: str) -> None:
    with pytest.raises(UsageError, match="expected up to 64 letters"):
        deidentify(small(tmp_path), tmp_path / "copy", code)


def test_a_code_that_says_who_it_is_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="says who the patient is"):
        deidentify(small(tmp_path), tmp_path / "copy", "DOE-1")


def test_files_that_are_coded_already_may_keep_their_code(tmp_path: Path) -> None:
    objects = {
        "plan": make.plan(patient=CODE),
        "structures": make.structures(patient=CODE),
        "dose": make.dose(patient=CODE),
    }
    for one in objects.values():
        one.PatientName = CODE
    made = deidentify(small(tmp_path, **objects), tmp_path / "copy", CODE)
    assert pydicom.dcmread(made.folder / "RTPLAN.dcm").PatientID == CODE


def test_a_later_copy_of_the_same_patient_links_up(tmp_path: Path) -> None:
    folder = small(tmp_path)
    first = deidentify(folder, tmp_path / "first", CODE)
    (folder / "dose.dcm").write_bytes(make.to_bytes(make.dose(uid="1.2.3.33")))
    second = deidentify(folder, tmp_path / "second", CODE, mapping=first.mapping)
    before, after = (pydicom.dcmread(one.folder / "RTPLAN.dcm") for one in (first, second))
    assert before.SOPInstanceUID == after.SOPInstanceUID
    assert before.RTPlanDate == after.RTPlanDate
    again = pydicom.dcmread(second.folder / "RTDOSE.dcm")
    assert again.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == after.SOPInstanceUID
    mapping = json.loads(first.mapping.read_text(encoding="utf-8"))
    assert {"1.2.3.3", "1.2.3.33"} <= mapping["uids"].keys()
    assert mapping["patients"] == [{"id": "P1", "name": "Doe^Jane"}]
    if sys.platform != "win32":
        assert first.mapping.stat().st_mode & 0o077 == 0


def test_months_that_an_earlier_mapping_changes_are_told(tmp_path: Path) -> None:
    folder = small(tmp_path)
    made = deidentify(folder, tmp_path / "first", CODE)
    data = json.loads(made.mapping.read_text(encoding="utf-8"))
    made.mapping.write_text(json.dumps({**data, "shift_days": -1}), encoding="utf-8")
    sheet_in(folder, dates={"diagnosis": "2024-01-31", "progression": "2024-06-30"})
    again = deidentify(folder, tmp_path / "second", CODE, mapping=made.mapping)
    assert any("the months from 2024-01-31 to 2024-06-30" in remark for remark in again.remarks)


def test_the_mapping_of_another_patient_or_code_or_of_nobody_is_refused(tmp_path: Path) -> None:
    folder = small(tmp_path)
    mapping = deidentify(folder, tmp_path / "first", CODE).mapping
    copy_to = partial(deidentify, folder, tmp_path / "second")
    with pytest.raises(InputError, match="not of OTHER-1"):
        copy_to("OTHER-1", mapping=mapping)
    for path in folder.iterdir():
        path.write_bytes(changed(path.read_bytes(), lambda dataset: setattr(dataset, "PatientID", "P2")))
    with pytest.raises(InputError, match="mapping of another patient"):
        copy_to(CODE, mapping=mapping)
    for text in ("", "[]", '{"schema": "rtcheck-mapping/9"}', json.dumps({"schema": "rtcheck-mapping/1"})):
        mapping.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="is no mapping"):
            copy_to(CODE, mapping=mapping)
    assert not (tmp_path / "second").exists()


def test_a_zip_and_files_in_memory_are_copied_like_a_folder(tmp_path: Path) -> None:
    import zipfile

    files = make.case()
    with zipfile.ZipFile(tmp_path / "doe.zip", "w") as archive:
        for name, content in files:
            archive.writestr(f"Doe Jane/{name}", content)
    for number, source in enumerate((tmp_path / "doe.zip", files)):
        made = deidentify(source, tmp_path / f"copy{number}", CODE)
        assert sorted(path.name for path in made.folder.iterdir()) == ["RTDOSE.dcm", "RTPLAN.dcm", "RTSTRUCT.dcm"]


def test_what_isnt_copied_is_told_by_name(tmp_path: Path) -> None:
    folder = small(tmp_path)
    (folder / "letter.txt").write_text("Dear Jane")
    secondary = make.base("7", "1.2.9", "OT")
    (folder / "screenshot.dcm").write_bytes(make.to_bytes(secondary))
    made = deidentify(folder, tmp_path / "copy", CODE)
    assert made.left_out == ("letter.txt (no DICOM)", "screenshot.dcm (OT)")
    assert made.files == 3


def test_many_objects_of_a_kind_keep_their_order(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    for number in range(12):
        uid = f"1.2.5.{number}"
        (folder / f"{number:02d}.dcm").write_bytes(make.to_bytes(make.plan(uid=uid)))
    made = deidentify(folder, tmp_path / "copy", CODE)
    mapping = read_pseudonyms(made.mapping, CODE)
    found = [pydicom.dcmread(path).SOPInstanceUID for path in sorted(made.folder.glob("*.dcm"))]
    assert found == [mapping.uids[f"1.2.5.{number}"] for number in range(12)]


def test_without_dicom_anonymizer_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = small(tmp_path)
    for cached in (actions._table, actions.action_of):
        cached.cache_clear()
    monkeypatch.setitem(sys.modules, "dicomanonymizer.dicom_anonymization_databases", None)
    finished = run("deidentify", str(folder), "-o", str(tmp_path / "copy"), "--code", CODE, root=tmp_path)
    assert finished.returncode == 3
    assert finished.stderr.count("\n") == 1 and 'pip install "rtcheck[deidentify]"' in finished.stderr
    assert not (tmp_path / "copy").exists()


def test_a_copy_of_a_copy_is_possible(tmp_path: Path) -> None:
    first = deidentify(small(tmp_path), tmp_path / "first", CODE)
    second = deidentify(first.folder, tmp_path / "second", "OTHER-2")
    dataset = pydicom.dcmread(io.BytesIO((second.folder / "RTPLAN.dcm").read_bytes()))
    assert dataset.PatientName == "OTHER-2"
    assert len(dataset.DeidentificationMethodCodeSequence) == 3
