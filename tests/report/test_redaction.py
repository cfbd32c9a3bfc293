"""A patient's name and ID are taken out of reports, however files and people write them; nothing else is."""

from __future__ import annotations

import io
import json
import re
import string
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rich.console import Console

from rtcheck.finding import Finding, Measured, Source, Verdict
from rtcheck.pipeline import Result, check_study
from rtcheck.report import print_check
from rtcheck.report.data import check_document
from rtcheck.report.provenance import OtherFiles
from rtcheck.report.redaction import REDACTED, redacted, redacted_finding, redaction
from rtcheck.sheet import CaseSheet
from rtcheck.study import Note, Patient, SourceFile, Study
from rtcheck.tables import load_protocol
from tests.studies import box_roi, dose, plan, study, target_reference
from tests.test_sample_cases import result_of

TIME = datetime(2025, 3, 20, 12, tzinfo=UTC)
UID = "1.2.840.113619.2.55.3.4711.20240115.1"
SHA256 = "4711" * 16


def told(name: str, text: str, patient_id: str = "", subject: str | None = None) -> str:
    return redaction(Patient(patient_id, name), subject)(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SMITH^JOHN", "Smith"),
        ("SMITH^JOHN", "John Smith"),
        ("SMITH^JOHN", "smith, john"),
        ("SMITH^JOHN", "SMITH^JOHN"),
        ("SMITH^JOHN", "JohnSmith"),
        ("SMITH^JOHN^^DR", "Smith_John"),
        ("SMITH^JOHN^PAUL^DR^JR", "john paul smith"),
        ("SMITH JOHN", "John.Smith"),
        ("SMITH, JOHN", "JOHN-SMITH"),
        ("Wu^Li", "Wu Li"),
        ("Wu^Li", "li_wu"),
        ("Wu^Li", "WuLi"),
        ("Wu^Li", "Wu"),
        ("Wu^Li", "WU"),
        ("Hu^An", "Hu, An"),
        ("van der Berg^Jan", "van der Berg"),
        ("van der Berg^Jan", "Jan van der Berg"),
        ("van der Berg^Jan", "VANDERBERG"),
        ("van der Berg^Jan", "van_der_Berg"),
        ("van der Berg^Jan", "Berg"),
        ("Müller-Lüdenscheidt^Anna", "Mueller"),
        ("Müller-Lüdenscheidt^Anna", "MULLER"),
        ("Müller-Lüdenscheidt^Anna", unicodedata.normalize("NFD", "Lüdenscheidt")),
        ("Müller-Lüdenscheidt^Anna", "Müller Lüdenscheidt"),
        ("O'Brien^Pat", "OBrien"),
        ("O'Brien^Pat", "O\u2019Brien"),
        ("Straße^Eva", "STRASSE"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Tarou Yamada"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "山田"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "山田太郎"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "やまだ たろう"),
        ("Wang^XiaoDong=王^小东", "王小东"),
        ("Wang^XiaoDong=王^小东", "小东 王"),
        ("Hong^Gildong=洪^吉洞=홍^길동", "홍길동"),
        ("Иванов^Пётр", "ИВАНОВ"),
        ("Long^John", "LONG"),
        ("Long^John", "John Long"),
    ],
)
def test_a_name_is_taken_out_however_it_is_written(name: str, text: str) -> None:
    for around in ("{}", "plan of {}, checked", "{}_CT", "2024_{}.dcm", "CT.{}/IMG_001.dcm", "x={}"):
        assert told(name, around.format(text)) == around.format(REDACTED)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SMITH^JOHN", "Smithson blacksmith goldsmiths"),
        ("SMITH^JOHN", "John"),  # nobody knows of a given name that stands alone whose it is
        ("Wu^Li", "wuchs; Li; Limit <= 30 %"),
        ("Hu^An", "CT numbers in HU"),
        ("Mu^Wei", "100 MU"),
        ("Long^John", "slices are 4 mm long"),
        ("Long^John", "Long ones"),
        ("Li^Ver", "Liver - GTV*"),
        ("Liver^SBRT", "Liver: SBRT"),
        ("Phantom^Liver Small", "the Liver is small"),
        ("Prostate", "Prostate"),
        ("Heart^Ann", "Heart: Mean[Gy] < 26 Gy"),
        ("Pass^Ed", "PASS"),
        ("van der Berg^Jan", "van der Zee"),
        ("王^伟", "王 国"),
        ("", "anything"),
        ("^", "anything ^"),
        ("=", "a = b"),
        ("^^^^", "anything"),
    ],
)
def test_what_isnt_the_name_stays(name: str, text: str) -> None:
    assert told(name, text) == text


@pytest.mark.parametrize(
    ("patient_id", "text"),
    [
        ("4711", "4711"),
        ("12/3456", "12/3456"),
        ("12/3456", "12-3456"),
        ("12/3456", "12_3456"),
        ("12/3456", "123456"),
        ("A-1234/56", "a_1234_56"),
        ("AB123", "ab123"),
        ("00012345", "00012345"),
        (" 4711 ", "4711"),
        ("1.2.840.99", "1.2.840.99"),
        ("2024", "2024"),
    ],
)
def test_an_id_is_taken_out_with_any_separators(patient_id: str, text: str) -> None:
    for around in ("{}", "ID {}:", "CT.{}.dcm", "{}/CT/1.dcm", "plan_{}_a"):
        assert told("", around.format(text), patient_id) == around.format(REDACTED)


@pytest.mark.parametrize(
    ("patient_id", "text"),
    [
        ("4711", UID),
        ("4711", f"CT.{UID}.dcm"),
        ("4711", SHA256),
        ("4711", "0.4711 Gy"),
        ("4711", "4711.5 cc"),
        ("4711", "47110"),
        ("2024", "2024-01-15"),
        ("2024", "2024-01-15T12:00:00+00:00"),
        ("12/34", "12.34 Gy; 1234"),
        ("1.2.840.99", "1.2.840.99.1"),
        ("123", "123"),
        ("A1", "A1"),
        ("Liver", "Liver"),
        ("////", "////"),
        ("", "anything"),
    ],
)
def test_what_isnt_the_id_stays(patient_id: str, text: str) -> None:
    assert told("", text, patient_id) == text


@pytest.mark.parametrize("patient", [Patient("SITE01-001", "SITE01-001"), Patient("site01-001", "A^B")])
def test_a_subject_code_that_is_the_id_of_a_deidentified_patient_stays(patient: Patient) -> None:
    assert redaction(patient, "SITE01-001")("SITE01-001: CT") == "SITE01-001: CT"
    assert redaction(patient)("SITE01-001: CT") == f"{REDACTED}: CT"


def test_a_subject_code_with_the_name_in_it_loses_the_name() -> None:
    assert told("SMITH^JOHN", "SMITH-01", subject="SMITH-01") == f"{REDACTED}-01"


NAMES = st.text(string.ascii_letters, min_size=5, max_size=9)


@settings(max_examples=30)
@given(NAMES, NAMES, st.text(string.printable, max_size=40))
def test_whole_names_never_stay_and_nothing_is_taken_out_twice(family: str, given_name: str, text: str) -> None:
    assume(family.casefold() not in given_name.casefold() and given_name.casefold() not in family.casefold())
    redact = redaction(Patient("", f"{family}^{given_name}"))
    for order in (f"{family} {given_name}", f"{given_name}_{family}", f"{family}, {given_name}".upper()):
        assert redact(f"{text} {order} {text}").casefold().count(family.casefold()) <= 2 * _in(family, text)
    once = redact(text)
    assert redact(once) == once


def _in(word: str, text: str) -> int:
    return text.casefold().count(word.casefold())


@settings(max_examples=40)
@given(
    st.text(max_size=12),
    st.text(max_size=12),
    st.lists(st.integers(0, 10**8), min_size=3, max_size=8),
    st.binary(min_size=32, max_size=32),
)
def test_uids_and_hashes_never_change(name: str, patient_id: str, numbers: list[int], digest: bytes) -> None:
    uid = ".".join(map(str, [1, 2, *numbers]))
    assume(patient_id.strip() not in (uid, digest.hex()))
    document = {
        "findings": [],
        "provenance": {
            "inputs": [{"file": "a", "sop_instance_uid": uid, "sha256": digest.hex()}],
            "plans": [{"label": "b", "sop_instance_uid": uid}],
            "prescriptions": [{"target": "c", "plan_uids": [uid]}],
            "tables": [{"sha256": digest.hex()}],
        },
    }
    found = redacted(document, Patient(patient_id, name))
    provenance = found["provenance"]
    assert provenance["inputs"][0]["sop_instance_uid"] == uid  # type: ignore[index]
    assert provenance["inputs"][0]["sha256"] == digest.hex()  # type: ignore[index]
    assert provenance["plans"][0]["sop_instance_uid"] == uid  # type: ignore[index]
    assert provenance["prescriptions"][0]["plan_uids"] == [uid]  # type: ignore[index]
    assert provenance["tables"] == [{"sha256": digest.hex()}]  # type: ignore[index]


@settings(max_examples=40)
@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=60))
def test_any_name_any_id_and_any_text_are_borne(name: str, patient_id: str, text: str) -> None:
    assume("patient" not in name.casefold() and "patient" not in patient_id.casefold())
    redact = redaction(Patient(patient_id, name))
    assert redact(redact(text)) == redact(text)
    assert redact("") == ""


# Whole reports.


@cache
def named() -> Study:
    """A plan whose files are full of the patient's name and ID."""
    drawn = [
        box_roi(1, "PTV Okonkwo", ((-20, 20), (-20, 20), (-20, 20)), "PTV"),
        box_roi(2, "Liver OKONKWO", ((-40, 40), (-40, 40), (-40, 40))),
    ]
    source = SourceFile("Okonkwo/plan 77-4711.dcm", "2" * 64, UID, "RTPLAN")
    made = replace(plan([target_reference(1, 40.0, 1)]), label="Okonkwo 40Gy", source=source)
    note = Note("enhanced-images", "77_4711.dcm", "multi-frame images are not read: 77_4711.dcm")
    patient = Patient("77/4711", "OKONKWO^ADA")
    return replace(study(drawn, dose(30.0), made, sources=(source,), notes=(note,)), patient=patient)


def _result(*, show_name: bool) -> Result:
    sheet = CaseSheet(
        "case.yaml",
        "0" * 64,
        subject="SITE01-001",
        notes="Ada Okonkwo comes on Monday",
        data={"subject": "SITE01-001", "notes": "Ada Okonkwo comes on Monday", "names": {"Liver": "Liver OKONKWO"}},
    )
    result = check_study(
        named(),
        load_protocol("NCT06261047"),
        sheet=sheet,
        prescriptions={"PTV Okonkwo": "5x8Gy"},
        time=TIME,
        show_name=show_name,
    )
    return replace(result, others=OtherFiles((("77_4711.dcm", "1" * 64),), ("Okonkwo.txt",)))


@pytest.fixture(scope="module")
def without() -> Result:
    return _result(show_name=False)


def test_neither_name_nor_id_stand_in_a_report(without: Result) -> None:
    text = without.to_json()
    assert "okonkwo" not in text.casefold()
    assert not re.search(r"77[^\d\w]?4711", text)
    told_of = json.loads(text)["provenance"]
    assert told_of["patient"] == {"subject": "SITE01-001", "centre": None, "id": None, "name": None}
    assert told_of["plan"] == f"{REDACTED} 40Gy"
    assert told_of["prescriptions"][0]["target"] == f"PTV {REDACTED}"
    assert told_of["settings"]["prescriptions"] == {f"PTV {REDACTED}": "5x8Gy"}
    assert told_of["case_sheet"]["data"]["notes"] == f"{REDACTED} comes on Monday"
    assert told_of["other_inputs"] == [{"file": f"{REDACTED}.dcm", "sha256": "1" * 64}]
    assert told_of["ignored_files"] == [f"{REDACTED}.txt"]


def test_neither_name_nor_id_stand_in_the_text_report(without: Result) -> None:
    printed = {}
    for show_name in (False, True):
        text = io.StringIO()
        console = Console(file=text, width=400, color_system=None)
        print_check(without.evaluation, console, show_name=show_name)
        printed[show_name] = text.getvalue()
    assert "okonkwo" not in printed[False].casefold()
    assert "SITE01-001" in printed[False]
    assert f"{REDACTED} 40Gy" in printed[False]
    assert "OKONKWO^ADA (77/4711)" in printed[True]
    assert "Okonkwo 40Gy" in printed[True]


@pytest.mark.parametrize("kind", ["csv", "html"])
def test_neither_name_nor_id_stand_in_other_kinds_of_reports(without: Result, kind: str) -> None:
    text = getattr(without, f"to_{kind}")()
    assert "SITE01-001" in text
    assert "okonkwo" not in text.casefold()
    assert not re.search(r"77[^\d\w]4711", text)
    assert "Okonkwo" in getattr(replace(without, show_name=True), f"to_{kind}")()


def test_name_and_id_stand_in_a_report_where_asked_for(without: Result) -> None:
    told_of = json.loads(replace(without, show_name=True).to_json())["provenance"]
    assert (told_of["patient"]["name"], told_of["patient"]["id"]) == ("OKONKWO^ADA", "77/4711")
    assert told_of["plan"] == "Okonkwo 40Gy"


def test_verdicts_numbers_and_codes_are_the_same_with_and_without_the_name(without: Result) -> None:
    with_name = json.loads(replace(without, show_name=True).to_json())
    told_of = json.loads(without.to_json())
    free = {"subject", "metric", "message", "group", "rois", "flags", "overrides", "lesion", "measured", "overridden"}
    assert len(told_of["findings"]) == len(with_name["findings"])
    for one, other in zip(told_of["findings"], with_name["findings"], strict=True):
        assert {key: one[key] for key in one.keys() - free} == {key: other[key] for key in other.keys() - free}


@pytest.mark.parametrize("name", ["Pass^Fail", "Info^Ed", "Dose^Constraint", "Protocol^Rule", "Physicist^A", "Gy^Eq"])
def test_a_patient_called_as_a_word_of_the_format_spoils_no_code(name: str) -> None:
    told_of = json.loads(result_of("hcc-sbrt-5fx", "case.yaml").to_json())
    told_of["findings"] = told_of["findings"][::7]
    found = redacted(told_of, Patient("NCT06261047", name))
    for one, other in zip(found["findings"], told_of["findings"], strict=True):  # type: ignore[arg-type]
        for key in ("check", "verdict", "reason", "unit", "source", "standing", "basis", "severity"):
            assert one[key] == other[key]
    provenance = found["provenance"]
    assert isinstance(provenance, dict)
    for key in ("protocol", "tables", "time", "conventions", "data", "software", "site"):
        assert provenance[key] == told_of["provenance"][key]
    assert [one["role"] for one in provenance["sign_offs"]] == [
        one["role"] for one in told_of["provenance"]["sign_offs"]
    ]


def test_two_targets_that_are_one_without_the_name_stay_two() -> None:
    patient = Patient("", "OKONKWO^ADA")
    settings = {"prescriptions": {"PTV Okonkwo": "5x8Gy", "PTV OKONKWO": "3x9Gy"}}
    found = redacted({"provenance": {"settings": settings}}, patient)
    assert found["provenance"] == {
        "settings": {"prescriptions": {f"PTV {REDACTED}": "5x8Gy", f"PTV {REDACTED} (2)": "3x9Gy"}}
    }


def test_a_finding_loses_the_name_in_all_its_texts_and_in_no_code() -> None:
    text = "Okonkwo"
    finding = Finding(
        check=text,
        subject=text,
        verdict=Verdict.PASS,
        message=text,
        source=Source(text, text, text, 1, text, text),
        metric=f"R50@{text}[1]",
        reason=text,
        group=text,
        rois=(text,),
        flags=(text,),
        overrides=text,
        lesion=text,
        measured=(Measured(text, 1.0, "mm"),),
        overridden=text,
    )
    found = redacted_finding(finding, redaction(Patient("", "OKONKWO^ADA")))
    assert (found.check, found.reason, found.source) == (text, text, finding.source)
    assert (found.subject, found.message, found.group, found.rois) == (REDACTED, REDACTED, REDACTED, (REDACTED,))
    assert (found.flags, found.overrides, found.lesion, found.overridden) == ((REDACTED,), *(REDACTED,) * 3)
    assert (found.metric, found.measured[0].label) == (f"R50@{REDACTED}[1]", REDACTED)
    as_data = redacted({"findings": [finding.to_dict()]}, Patient("", "OKONKWO^ADA"))
    assert as_data["findings"] == [found.to_dict()]


def test_a_report_of_nobody_is_left_alone(without: Result) -> None:
    evaluation = without.evaluation
    nameless = replace(evaluation.case.study, patient=Patient("", ""))
    document = check_document(evaluation, TIME, show_name=True)
    assert redacted(document, nameless.patient) == document
