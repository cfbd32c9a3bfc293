"""Case sheets as values of a form and back: nothing is lost, nothing is made up, and mistakes have a place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("streamlit", reason="the app extra isn't installed")

import rtcheck
from rtcheck.document import Document
from rtcheck.errors import TableError
from rtcheck.finding import Finding, Severity, Source, Verdict
from rtcheck.pipeline import Result
from rtcheck.sheet import NOTHING_DECLARED, CaseSheet
from rtcheck.tables import read_sheet
from rtcheck.ui.case_sheets import FILE_NAME, written
from rtcheck.ui.plan_checks import overridable
from rtcheck.ui.sheet_tables import frame_of, rows_of, suggested_lesions, with_questions
from rtcheck.ui.sheet_values import TABLES, Values, complaints, data_of, doubts, values_of
from tests.ui.conftest import SAMPLES

SHEETS = sorted(SAMPLES.glob("*/case*.yaml"))
EVERYTHING = b"""\
schema: 1
subject: SITE01-001
patient: {child_pugh: B7, ecog: 0, bclc: 0, stable_disease: 2.5 months, afp: 12345.678901 ng/mL, early_progression: no}
dates: {last_radiotherapy: never, planning_ct: 2025-03-10}
lesions:
  - {name: L1, organ: lymph nodes, kind: lymph-node, station: 16a, bone: no, mobile: yes, plan: A, motion: gating,
     gtv: "GTV 1", reduced: {reason: "too close", organ: Stomach}}
prescriptions: {PTV: 5x8Gy, "PTV: 2": 3x9Gy}
names: {SpinalCord: RM_neu}
attestations:
  - {key: simulation, answer: n/a, name: A.B., role: physicist, date: 2025-03-12, remark: none was made, lesion: L1}
sign_offs:
  - {of: plan, role: physicist, name: C.D., date: 2025-03-14, decision: conditional, remark: "if", round: 2,
     objects: ["1.2.3", "a b"]}
overrides:
  - {check: E2, subject: Arc 1, reason: "known", name: A.B., role: physicist, date: 2025-03-15}
notes: |
  one
  two
"""


def _said(sheet: CaseSheet) -> CaseSheet:
    """What a sheet declares, whatever its file."""
    return replace(sheet, file="", sha256="", data={})


@pytest.fixture(scope="module")
def result() -> Result:
    return rtcheck.check(SAMPLES / "hcc-sbrt-5fx", sheet=NOTHING_DECLARED)


@pytest.mark.parametrize("sheet", [*(read_sheet(path) for path in SHEETS), read_sheet(("case.yaml", EVERYTHING))])
def test_a_sheet_that_went_through_the_form_says_the_same(sheet):
    values = values_of(sheet)
    tables = {name: rows_of(frame_of(name, rows)) for name, rows in values.tables.items()}
    assert _said(read_sheet((FILE_NAME, written(data_of(replace(values, tables=tables)))))) == _said(sheet)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_is_read_as_it_was_written_or_refused(text):
    try:
        document = Document(FILE_NAME, written({"notes": text, "list": [text]}))
    except TableError:
        return
    assert document.problems or document.data == {"notes": text, "list": [text]}


def test_nothing_filled_in_declares_nothing():
    assert data_of(Values()) == {"schema": 1}
    assert data_of(values_of(NOTHING_DECLARED)) == {"schema": 1}
    empty = {name: [dict.fromkeys(columns)] for name, columns in TABLES.items() if name != "lesions"}
    assert data_of(Values(top={"subject": "  "}, tables=empty)) == {"schema": 1}


def test_a_list_without_lesions_is_not_the_same_as_no_list():
    assert read_sheet((FILE_NAME, written(data_of(Values(tables={"lesions": []}))))).lesions == ()
    assert read_sheet((FILE_NAME, written(data_of(Values())))).lesions is None


def test_questions_that_nobody_answered_are_not_attested(result):
    asked = with_questions(result, [])
    assert {"simulation", "motion-management"} <= {row["key"] for row in asked}
    assert data_of(Values(tables={"attestations": asked})) == {"schema": 1}
    answered = [asked[0] | {"answer": "yes"}, *asked[1:]]
    assert data_of(Values(tables={"attestations": answered}))["attestations"] == [
        {"key": asked[0]["key"], "answer": "yes"}
    ]


def test_the_files_suggest_the_volumes_of_lesions_and_no_more(result):
    assert suggested_lesions(result) == [{"name": "L1", "gtv": "GTV", "ctv": "CTV", "ptv": "PTV"}]


def test_two_answers_to_one_question_are_told():
    values = Values(
        dates={"last_radiotherapy": date(2025, 1, 1)},
        never=frozenset({"last_radiotherapy"}),
        tables={
            "prescriptions": [{"target": "PTV", "schedule": "5x8Gy"}, {"target": "PTV", "schedule": "3x9Gy"}],
            "names": [{"organ": None, "roi": "RM_neu"}],
        },
    )
    assert list(doubts(values)) == [
        "Dates: last_radiotherapy has a day, and is said never to have been; leave one of them",
        "Prescriptions: 'PTV' stands there 2 times",
        "Names of organs: a row has no organ",
    ]


def test_mistakes_name_their_place_in_the_form():
    wrong = Values(
        top={"subject": "Jane Doe"},
        dates={"diagnosis": date(2025, 3, 2), "progression": date(2025, 3, 1)},
        tables={
            "lesions": [{"name": "L1", "organ": "liver", "kind": "primary"}, {"name": "L2", "organ": "lung"}],
            "prescriptions": [{"target": "PTV", "schedule": "much"}],
            "overrides": [{"check": "E2", "reason": "", "name": "A.B.", "role": "physicist", "date": date(2025, 1, 1)}],
        },
    )
    content = written(data_of(wrong))
    with pytest.raises(TableError) as caught:
        read_sheet((FILE_NAME, content))
    told = complaints(caught.value, FILE_NAME, content)
    assert any(text.startswith("subject: 'Jane Doe' doesn't look like a subject code") for text in told)
    assert any(text.startswith("Dates: progression: 2025-03-01 is before diagnosis") for text in told)
    assert "Lesions, row 2 (L2): the key 'kind' is missing" in told
    assert any(text.startswith("Prescriptions, PTV: ") for text in told)
    assert "Overrides, row 1: the key 'reason' is missing" in told


def test_only_alerts_of_plan_checks_that_nobody_overrode_can_be():
    def found(verdict: Verdict, **parts: object) -> Finding:
        return Finding("plan-check", "s", verdict, "m", Source("plan-checks", "E2"), **parts)

    alert = found(Verdict.FAIL, severity=Severity.ERROR)
    others = [
        found(Verdict.PASS, severity=Severity.ERROR),
        found(Verdict.FAIL),
        found(Verdict.ACCEPTABLE, severity=Severity.ERROR, overridden_verdict=Verdict.FAIL),
        found(Verdict.INFO, severity=Severity.NOTE),
    ]
    assert overridable([*others, alert]) == [alert]
