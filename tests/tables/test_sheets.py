"""Case sheets: what they declare, one negative test a guard with its exact place, and all at once."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck import tables
from rtcheck.case import CHILD_PUGH_SCORES
from rtcheck.document import Document
from rtcheck.errors import InputError, TableError
from rtcheck.sheet import (
    NOTHING_DECLARED,
    Attestation,
    CaseSheet,
    Decision,
    DeclaredLesion,
    LesionKind,
    Override,
    Reduction,
    Role,
    SignOff,
    Subject,
)
from rtcheck.tables.declared import DATES, LESION, PATIENT
from rtcheck.tables.json_schema import json_schema
from rtcheck.tables.sheet_schema import ChildPughScore, DatesKeys, LesionKeys, PatientKeys

SHEET = """\
schema: 1
subject: SITE01-001
centre: SITE01
protocol: NCT06261047
patient: {child_pugh: A5, ecog: 0, age: 61, bclc: C, stable_disease: "6 months", anticipated_survival: "12 months",
          afp: "400 ng/mL", early_progression: no, prior_oligoprogression: false, most_lesions_before: 2,
          most_organs_before: 1}
dates: {diagnosis: 2024-01-10, progression: 2025-03-01, first_line_start: 2024-03-01, second_line_start: 2025-03-02,
        last_radiotherapy: never, planning_ct: 2025-03-10, radiotherapy_start: 2025-03-24, radiotherapy_end: 2025-03-28}
lesions:
  - {name: L1, organ: liver, kind: primary, bone: no, vertebra: no, mobile: yes, measurable: true, gtv: GTV, ctv: CTV,
     ptv: PTV, motion: "4D CT and ITV", prior_radiotherapy: no, plan: SBRT, reduced: {reason: Near it, organ: Stomach}}
  - {name: L2, organ: lymph nodes, kind: lymph-node, station: 16a}
prescriptions: {PTV: "5x8Gy"}
names: {SpinalCord: RM_neu}
attestations:
  - {key: motion-management, answer: yes, name: A.B., role: physicist, date: 2025-03-12, remark: 4D CT, lesion: L1}
  - {key: vertebral-ctv, answer: n/a, name: A.B., role: physicist, date: 2025-03-12, remark: no vertebra}
sign_offs:
  - {of: contours, role: radiation-oncologist, name: C.D., date: 2025-03-14, decision: approved, round: 2}
  - {of: plan, role: physicist, name: A.B., date: 2025-03-15, decision: conditional, remark: MU, objects: ["1.2.3"]}
overrides:
  - {check: E2, subject: PTV, reason: Measured, name: A.B., role: physicist, date: 2025-03-15}
notes: " Seen twice. "
"""
READ = CaseSheet(
    subject="SITE01-001",
    centre="SITE01",
    protocol="NCT06261047",
    child_pugh="A5",
    ecog=0,
    age=61,
    bclc="C",
    stable_months=6.0,
    survival_months=12.0,
    afp_ng_ml=400.0,
    early_progression=False,
    prior_oligoprogression=False,
    prior_lesions=2,
    prior_organs=1,
    dates={
        "diagnosis": date(2024, 1, 10),
        "progression": date(2025, 3, 1),
        "first_line_start": date(2024, 3, 1),
        "second_line_start": date(2025, 3, 2),
        "planning_ct": date(2025, 3, 10),
        "radiotherapy_start": date(2025, 3, 24),
        "radiotherapy_end": date(2025, 3, 28),
    },
    never=frozenset({"last_radiotherapy"}),
    lesions=(
        DeclaredLesion(
            "L1",
            "liver",
            LesionKind.PRIMARY,
            bone=False,
            vertebra=False,
            mobile=True,
            measurable=True,
            gtv="GTV",
            ctv="CTV",
            ptv="PTV",
            plan="SBRT",
            motion="4D CT and ITV",
            reduction=Reduction("Near it", "Stomach"),
            prior_radiotherapy=False,
        ),
        DeclaredLesion("L2", "lymph nodes", LesionKind.LYMPH_NODE, station="16a"),
    ),
    prescriptions={"PTV": "5x8Gy"},
    names={"SpinalCord": "RM_neu"},
    attestations=(
        Attestation("motion-management", True, "A.B.", Role.PHYSICIST, date(2025, 3, 12), "4D CT", "L1"),
        Attestation("vertebral-ctv", None, "A.B.", Role.PHYSICIST, date(2025, 3, 12), "no vertebra"),
    ),
    sign_offs=(
        SignOff(Subject.CONTOURS, Role.RADIATION_ONCOLOGIST, "C.D.", date(2025, 3, 14), Decision.APPROVED, round=2),
        SignOff(
            Subject.PLAN, Role.PHYSICIST, "A.B.", date(2025, 3, 15), Decision.CONDITIONAL, "MU", objects=("1.2.3",)
        ),
    ),
    overrides=(Override("E2", "Measured", "A.B.", Role.PHYSICIST, date(2025, 3, 15), "PTV"),),
    notes="Seen twice.",
)
#: What isn't compared with `READ`: where it was read, and what it said.
ABOUT_THE_FILE = ("file", "sha256", "data")


def _read(text: str, name: str = "case.yaml") -> CaseSheet:
    return tables.read_sheet((name, text.encode()))


def _declared(sheet: CaseSheet) -> dict[str, Any]:
    return {key: value for key, value in vars(sheet).items() if key not in ABOUT_THE_FILE}


def _problems(text: str) -> list[str]:
    with pytest.raises(TableError) as caught:
        _read(text)
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems
    return [str(problem).removeprefix("case.yaml:") for problem in caught.value.problems]


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json_schema("case"))


def _complaints(data: object) -> list[str]:
    return [error.message for error in _validator().iter_errors(data)]


def test_everything_that_a_sheet_can_declare(checks) -> None:
    sheet = _read(SHEET)
    assert _declared(sheet) == _declared(READ)
    assert (sheet.file, sheet.sha256) == ("case.yaml", hashlib.sha256(SHEET.encode()).hexdigest())
    assert sheet.data["patient"]["stable_disease"] == "6 months"


def test_json_is_read_as_yaml_is(checks) -> None:
    plain = dict(_read(SHEET).data)
    sheet = _read(json.dumps(plain, indent="\t", ensure_ascii=True), "case.json")
    assert _declared(sheet) == _declared(READ)
    assert dict(sheet.data) == plain


def test_a_file_is_read_by_its_path(tmp_path: Path, checks) -> None:
    path = tmp_path / "of-one.yaml"
    path.write_text(SHEET, encoding="utf-8")
    for given_as in (path, str(path)):
        sheet = tables.read_sheet(given_as)
        assert (sheet.file, _declared(sheet)) == ("of-one.yaml", _declared(READ))
    with pytest.raises(InputError, match="can't be read"):
        tables.read_sheet(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "schema: 1\n",
        "schema: 1\nsubject:\npatient:\ndates: {diagnosis: }\nlesions: ~\nnames: {}\nsign_offs: []\nnotes: ''\n",
        '{"schema": 1, "patient": {"ecog": null}}',
    ],
)
def test_what_is_left_out_or_empty_isnt_declared(text: str) -> None:
    assert _declared(_read(text)) == _declared(NOTHING_DECLARED)
    assert _complaints(Document("case.yaml", text.encode()).data) == []


def test_no_lesions_isnt_the_same_as_no_list() -> None:
    assert _read("schema: 1\nlesions: []\n").lesions == ()
    assert _read("schema: 1\n").lesions is None


def test_the_schema_fits_what_is_read_and_explains_every_key() -> None:
    assert _complaints(Document("case.yaml", SHEET.encode()).data) == []
    for keys, known in ((PatientKeys, PATIENT), (DatesKeys, DATES)):
        assert list(keys.model_fields) == list(known)
    assert set(LESION) < set(LesionKeys.model_fields)
    assert ChildPughScore.__args__ == CHILD_PUGH_SCORES  # type: ignore[attr-defined]


@pytest.mark.parametrize("stage", ["0", '"0"', "A", "D"])
def test_a_stage_may_look_like_a_number(stage: str) -> None:
    text = f"schema: 1\npatient: {{bclc: {stage}}}\n"
    assert _read(text).bclc == stage.strip('"')
    assert _complaints(Document("case.yaml", text.encode()).data) == []


@pytest.mark.parametrize(
    ("text", "months"),
    [("6 months", 6.0), ("1 month", 1.0), ("0.5 years", 6.0), ("12 weeks", 84 / 30.4375), ("90 days", 90 / 30.4375)],
)
def test_durations_have_any_unit_of_the_calendar(text: str, months: float) -> None:
    sheet = _read(f"schema: 1\npatient: {{stable_disease: {text}, anticipated_survival: '{text}'}}\n")
    assert (sheet.stable_months, sheet.survival_months) == (pytest.approx(months), pytest.approx(months))


def test_an_age_may_stand_in_quotes() -> None:
    text = "schema: 1\npatient: {age: '64'}\n"
    assert _read(text).age == 64
    assert _complaints(Document("case.yaml", text.encode()).data) == []


@pytest.mark.parametrize("role", ["Radiation Oncologist", "radiation_oncologist", " RADIATION-ONCOLOGIST "])
def test_words_of_a_list_may_have_blanks_and_capitals(role: str) -> None:
    line = f"{{of: contours, role: '{role}', name: C.D., date: 2025-03-14, decision: Approved}}"
    (signed,) = _read(f"schema: 1\nsign_offs: [{line}]\n").sign_offs
    assert (signed.role, signed.decision) == (Role.RADIATION_ONCOLOGIST, Decision.APPROVED)


def test_the_files_that_a_sheet_is_of_are_named_by_uid() -> None:
    text = "schema: 1\nfiles: ['1.2.3', ' 2.25.4 ']\n"
    assert _read(text).files == ("1.2.3", "2.25.4")
    assert _complaints(Document("case.yaml", text.encode()).data) == []
    for uid in ("1.2.", "1", "1.2.x", "1." + 64 * "2"):
        assert "expected a SOP Instance UID" in _problems(f"schema: 1\nfiles: ['{uid}']\n")[0]


LESION_HEAD = "lesions: [{name: L1, organ: liver, kind: primary, "
SIGNED = "name: A.B., role: physicist, date: 2025-03-12"


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("subject: DOE^JOHN", "DOE", "subject: 'DOE^JOHN' doesn't look like a subject code such as SITE01-001"),
        ('subject: "Doe, John 3"', '"Doe', "subject: 'Doe, John 3' doesn't look like a subject code"),
        ("subject: Mueller", "Mue", "subject: 'Mueller' doesn't look like a subject code"),
        ("subject: 7", "7", "subject: expected text, got 7; write it in quotes"),
        ("subject: ___", "___", "subject: '___' doesn't look like a subject code"),
        ("protocol: ___", "___", "protocol: ___ is the template's blank; fill it in, or leave the key out"),
        ("protocl: x", "protocl", "unknown key 'protocl'; did you mean 'protocol'?"),
        ("patient: {child_pugh: A7}", "A7", "child_pugh: expected 'A5', 'A6', 'B7'"),
        ("patient: {child_pugh: 5}", "5", "child_pugh: expected 'A5', 'A6', 'B7'"),
        ("patient: {ecog: 6}", "6", "ecog: Input should be less than or equal to 5, got 6"),
        ("patient: {ecog: '0'}", "'0'", "ecog: expected a whole number, got '0'"),
        ("patient: {age: 75.9}", "75.9", "age: expected a whole number, got 75.9"),
        ("patient: {age: '75.9'}", "'75.9'", "age: expected a whole number, got '75.9'"),
        ("patient: {age: '161'}", "'161'", "age: Input should be less than or equal to 130, got 161"),
        ("files: [RTPLAN.dcm]", "RTPLAN", "files: expected a SOP Instance UID (digits and dots), got 'RTPLAN.dcm'"),
        ("files: [1.2]", "1.2", "files: expected text, got 1.2; write it in quotes"),
        ("patient: {age: 161}", "161", "age: Input should be less than or equal to 130, got 161"),
        ("patient: {bclc: E}", "E", "bclc: 'E' is no BCLC stage; expected one of 0, A, B, C, D"),
        ("patient: {bclc: no}", "no", "bclc: 'no' is no BCLC stage"),
        ("patient: {bclc: false}", "false", "bclc: False is no BCLC stage"),
        (
            "patient: {stable_disease: 6}",
            "6",
            "stable_disease: expected a number with its unit such as '6 months', got 6",
        ),
        (
            "patient: {stable_disease: '6 hours'}",
            "'6",
            "stable_disease: '6 hours': expected the unit 'months' or 'days' or 'weeks' or 'years', got 'hours'",
        ),
        (
            "patient: {anticipated_survival: '6000 months'}",
            "'6",
            "anticipated_survival: '6000 months': more than 600 months",
        ),
        ("patient: {afp: '0.4 mg/L'}", "'0", "afp: '0.4 mg/L': expected the unit 'ng/mL', got 'mg/L'"),
        ("patient: {early_progression: 0}", "0", "early_progression: expected yes or no, got 0"),
        ("patient: {ECOG: 1}", "ECOG", "unknown key 'ECOG'; did you mean 'ecog'?"),
        ("patient: [A5]", "[A5]", "patient: expected a mapping of keys, got a list"),
        ("dates: {diagnosis: 2025-02-30}", "2025", "diagnosis: '2025-02-30' is no day of the calendar"),
        ("dates: {diagnosis: 30.02.2025}", "30", "diagnosis: expected a date such as 2025-03-24 (year, month, day)"),
        ("dates: {diagnosis: 2205-02-03}", "2205", "diagnosis: '2205-02-03': the year isn't between 1980 and 2079"),
        ("dates: {diagnosis: never}", "never", "diagnosis: expected a date such as 2025-03-24"),
        ("dates: {diagnosis: 2025}", "2025", "diagnosis: expected text, got 2025; write it in quotes"),
        ("dates: {ct: 2025-02-03}", "ct", "unknown key 'ct'; known: diagnosis, progression"),
        (
            "dates: {radiotherapy_start: 2025-03-24, radiotherapy_end: 2025-03-20}",
            "2025-03-20",
            "radiotherapy_end: 2025-03-20 is before radiotherapy_start (2025-03-24), when this radiotherapy begins",
        ),
        (
            "dates: {radiotherapy_start: 2025-03-24, last_radiotherapy: 2025-03-26}",
            "2025-03-24",
            "radiotherapy_start: 2025-03-24 is before last_radiotherapy (2025-03-26), when the last",
        ),
        (
            "dates: {diagnosis: 2025-03-24, progression: 2024-03-24}",
            "2024",
            "progression: 2024-03-24 is before diagnosis (2025-03-24), when the cancer was diagnosed",
        ),
        (
            "dates: {second_line_start: 2024-03-24, first_line_start: 2025-03-24}",
            "2024",
            "second_line_start: 2024-03-24 is before first_line_start (2025-03-24)",
        ),
        ("lesions: {L1: liver}", "{L1", "lesions: expected a list, got a mapping of keys"),
        ("lesions: [{name: L1, kind: primary}]", "{name", "the key 'organ' is missing"),
        ("lesions: [{name: L1, organ: ___, kind: primary}]", "___", "organ: ___ is the template's blank"),
        ("lesions: [{name: 1, organ: liver, kind: primary}]", "1,", "name: expected text, got 1; write it in quotes"),
        (
            "lesions: [{name: L1, organ: liver, kind: node}]",
            "node",
            "kind: expected 'primary', 'metastasis', 'lymph-node'",
        ),
        (f"{LESION_HEAD}bone: 1}}]", "1}", "bone: expected yes or no, got 1"),
        (f"{LESION_HEAD}bone: no, vertebra: yes}}]", "yes", "vertebra: a vertebra is bone, and bone is no"),
        (
            f"{LESION_HEAD}station: 16a}}]",
            "16a",
            "station: '16a' is said of a lymph node, and the lesion is of kind primary",
        ),
        (f"{LESION_HEAD}reduced: {{organ: Stomach}}}}]", "{organ", "the key 'reason' is missing"),
        (f"{LESION_HEAD}reduced: yes}}]", "yes", "reduced: expected a mapping of keys, got 'yes'"),
        (f"{LESION_HEAD}gtv: ''}}]", "''", "gtv: expected some text, got nothing"),
        (
            "lesions: [{name: L1, organ: liver, kind: primary}, {name: L1, organ: lung, kind: metastasis}]",
            "{name: L1, organ: lung",
            "lesions: duplicate 'L1'; first in line 2",
        ),
        ("prescriptions: {PTV: 5y8Gy}", "5y8Gy", "PTV: '5y8Gy', character 2"),
        ("prescriptions: {PTV: 40}", "40", "PTV: expected text, got 40; write it in quotes"),
        ("names: {Cord: }", "}", "Cord: expected text, got nothing"),
        (
            f"attestations: [{{key: x, answer: perhaps, {SIGNED}}}]",
            "perhaps",
            "answer: expected yes, no or n/a, got 'perhaps'",
        ),
        (f"attestations: [{{key: x, answer: , {SIGNED}}}]", ", name", "answer: expected yes, no or n/a, got nothing"),
        (f"attestations: [{{key: x, {SIGNED}}}]", "{key", "the key 'answer' is missing"),
        (
            f"attestations: [{{key: x, answer: n/a, {SIGNED}}}]",
            "{key",
            "remark: say why the question doesn't arise (answer: n/a)",
        ),
        (
            "attestations: [{key: x, answer: yes, role: physicist, date: 2025-03-12}]",
            "{key",
            "the key 'name' is missing",
        ),
        ("attestations: [{key: x, answer: yes, name: A.B., date: 2025-03-12}]", "{key", "the key 'role' is missing"),
        ("attestations: [{key: x, answer: yes, name: A.B., role: physicist}]", "{key", "the key 'date' is missing"),
        (
            "attestations: [{key: x, answer: yes, name: A.B., role: nurse, date: 2025-03-12}]",
            "nurse",
            "role: expected 'radiation-oncologist', 'physicist', 'dosimetrist', 'investigator' or 'monitor'",
        ),
        (
            f"attestations: [{{key: x, answer: yes, {SIGNED}, lesion: L9}}]",
            "L9",
            "lesion: the list of lesions has no 'L9'; known: none",
        ),
        (
            f"sign_offs: [{{of: dose, decision: approved, {SIGNED}}}]",
            "dose",
            "of: expected 'contours', 'plan' or 'report'",
        ),
        (
            f"sign_offs: [{{of: plan, decision: ok, {SIGNED}}}]",
            "ok",
            "decision: expected 'approved', 'conditional', 'rejected' or",
        ),
        (
            f"sign_offs: [{{of: plan, decision: approved, round: 0, {SIGNED}}}]",
            "0,",
            "round: Input should be greater than or equal to 1",
        ),
        (
            f"sign_offs: [{{of: plan, decision: conditional, {SIGNED}}}]",
            "{of",
            "remark: say on what the approval depends (decision: conditional)",
        ),
        (
            f"overrides: [{{check: E22, reason: as agreed, {SIGNED}}}]",
            "E22",
            "check: no plan check is called 'E22'; did you mean 'E2'?",
        ),
        (f"overrides: [{{check: E2, {SIGNED}}}]", "{check", "the key 'reason' is missing"),
        ("notes: [x]", "[x]", "notes: expected text, got a list"),
    ],
)
def test_what_makes_no_sense(checks, text: str, at: str, message: str) -> None:
    (problem,) = _problems(f"schema: 1\n{text}\n")
    place = f"2:{text.index(at) + 1}: "
    assert problem.startswith(place + message), problem


def test_the_form_of_the_file_has_a_version() -> None:
    assert _problems("subject: S1\n") == ["1:1: the key 'schema' is missing"]
    assert _problems("schema: 2\n") == ["1:9: schema: expected 1, got 2"]


def test_a_sheet_is_a_mapping() -> None:
    assert _problems("[1]\n") == ["1:1: expected a mapping of keys, got a list"]


def test_everything_wrong_comes_at_once_in_file_order(checks) -> None:
    text = SHEET.replace("SITE01-001", "X^Y").replace("A5", "A9").replace("kind: primary", "kind: first")
    text = text.replace("E2", "E9").replace("lesion: L1", "lesion: L7").replace("2025-03-28", "2025-03-08")
    found = [problem.split(": ")[1] for problem in _problems(text)]
    assert found == ["subject", "child_pugh", "radiotherapy_end", "kind", "lesion", "check"]


def test_editors_mark_what_is_wrong() -> None:
    for text in ("subject: a b", "patient: {ecog: 9}", "dates: {diagnosis: 3}", "lesions: [{name: x}]", "x: 1"):
        assert _complaints(Document("case.yaml", f"schema: 1\n{text}\n".encode()).data), text


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=9).filter(str.strip)


@given(
    st.dictionaries(TEXTS, TEXTS, max_size=3),
    st.lists(st.sampled_from([True, False, "yes", "no"]), min_size=2, max_size=2),
    st.integers(0, 5),
    st.dates(date(1980, 1, 1), date(2079, 12, 31)),
    TEXTS,
)
def test_what_a_schema_admits_is_read_and_kept(names, answers, ecog, day, notes) -> None:
    lesion = {"name": "L", "organ": "liver", "kind": "primary", "bone": answers[0], "mobile": answers[1]}
    data = {
        "schema": 1,
        "patient": {"ecog": ecog},
        "dates": {"diagnosis": str(day)},
        "lesions": [lesion],
        "names": names,
        "notes": notes,
    }
    assert _complaints(data) == []
    sheet = _read(json.dumps(data, ensure_ascii=False), "case.json")
    assert (sheet.ecog, sheet.dates["diagnosis"], dict(sheet.data)) == (ecog, day, data)
    assert dict(sheet.names) == {key.strip(): value.strip() for key, value in names.items()}
    assert sheet.lesions is not None
    assert sheet.lesions[0].bone is (answers[0] in (True, "yes"))


def test_the_readmes_sheet_is_read() -> None:
    readme = (tables.data_folder() / "README.md").read_text(encoding="utf-8")
    (text,) = (one for one in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL) if "child_pugh: A5" in one)
    sheet = _read(text)
    assert sheet.lesions is not None
    assert [lesion.name for lesion in sheet.lesions] == ["L1", "L2", "L3"]
    assert sheet.lesions[1].reduction == Reduction("next to the stomach", "Stomach")
    assert _complaints(Document("case.yaml", text.encode()).data) == []
