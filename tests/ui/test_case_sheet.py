"""What people declare on the page: the case sheet, overrides, sign-offs; and that it is what the library is told."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path

import pytest

pytest.importorskip("streamlit", reason="the app extra isn't installed")

from streamlit.testing.v1 import AppTest

import rtcheck
from rtcheck.finding import Verdict
from rtcheck.pipeline import Result
from rtcheck.record import Record, case_code, signed_objects
from rtcheck.report.sections import of_checks
from rtcheck.sheet import Decision, Role, Subject
from rtcheck.tables import read_sheet
from rtcheck.ui import session
from rtcheck.ui.sheet_form import _USE
from tests.ui.conftest import SAMPLES, selectbox, shown
from tests.ui.files import files_of
from tests.ui.pages import button, rows, table_rows, text_input, uploader

SBRT = SAMPLES / "hcc-sbrt-5fx"
GIVE, RECORD = "Case sheet (YAML or JSON)", "Sign-off record (SQLite file)"


def give(page: AppTest, label: str, *files: tuple[str, bytes]) -> AppTest:
    told = [(name, content, "application/yaml") for name, content in files]
    return uploader(page, label).set_value(told).run()


def latest(page: AppTest) -> Result:
    """The result that was computed last."""
    results: list[Result] = list(page.session_state[session.OPENED].results.values())
    return results[-1]


def kept(page: AppTest) -> bytes:
    """The case sheet that was made or changed on the page."""
    (content,) = page.session_state["changed-sheets"][1].values()
    return bytes(content)


def person(page: AppTest, form: str, name: str, role: Role | None) -> None:
    """Fill in who says so, in one of the forms."""
    next(one for one in page.text_input if str(one.key).startswith(f"name-{form}")).set_value(name)
    next(one for one in page.selectbox if str(one.key).startswith(f"role-{form}")).set_value(role)
    next(one for one in page.date_input if str(one.key).startswith(f"date-{form}")).set_value(date(2025, 3, 15))


def verdict_of(result: Result, row: str) -> Verdict:
    return next(one.verdict for one in result.findings if one.source.row == row)


def test_a_sheet_among_the_files_counts_until_another_is_given(upload):
    sheet = SBRT / "case.yaml"
    page = upload(*files_of(SBRT), (sheet.name, sheet.read_bytes()))
    assert not page.exception
    asked = rtcheck.check([*files_of(SBRT), (sheet.name, sheet.read_bytes())])
    assert latest(page).findings == asked.findings
    assert table_rows(page) == rows(asked.findings)
    assert "Case sheet: case.yaml (found among the files). Subject: SITE01-001." in shown(page)
    assert "**Subject:** SITE01-001 · centre SITE01 · case sheet case.yaml" in shown(page)
    other = SBRT / "case-one-oncologist.yaml"
    give(page, GIVE, (other.name, other.read_bytes()))
    assert "case-one-oncologist.yaml (given in the sidebar)" in shown(page)
    assert verdict_of(latest(page), "p.qa.two_ro") is Verdict.NOT_EVALUATED
    assert latest(page).settings.keys() == asked.settings.keys()
    give(page, GIVE)
    assert "found among the files" in shown(page)


@pytest.mark.slow
def test_a_sheet_that_is_given_is_never_used_for_the_next_patient(open_sample):
    page = open_sample(SBRT.name)
    content = (SBRT / "case.yaml").read_bytes()
    give(page, GIVE, ("mine.yaml", content))
    assert "mine.yaml (given in the sidebar)" in shown(page)
    selectbox(page, "Sample plan").set_value("hcc-35gy-5fx").run()
    assert [error.value.replace("\\", "") for error in page.error] == [
        "mine.yaml was given for another patient; take it back, or give this patient's own"
    ]
    assert not page.dataframe
    give(page, GIVE)
    assert "case.yaml (found among the files)" in shown(page)
    assert not page.error


def test_several_sheets_and_a_broken_one_are_told_and_nothing_is_checked(upload):
    content = (SBRT / "case.yaml").read_bytes()
    page = upload(*files_of(SBRT), ("case.yaml", content), ("case.json", b"{}"))
    (error,) = page.error
    assert error.value.startswith("several case sheets are among the files")
    give(page, GIVE, ("mine.yaml", content.replace(b"ecog: 0", b"ecog: 9").replace(b"kind: primary", b"kind: big")))
    (error,) = page.error
    text = error.value.replace("\\", "")
    assert "Nothing was checked: 2 mistakes in mine.yaml" in text
    assert "* **mine.yaml:12:" in text
    assert not page.dataframe


def test_what_is_declared_in_the_form_counts_once_it_is_right(upload):
    page = upload(*files_of(SBRT))
    assert "No case sheet" in shown(page)
    assert latest(page).findings == rtcheck.check(files_of(SBRT)).findings
    text_input(page, "Subject code").set_value("Jane Doe")
    selectbox(page, "ECOG").set_value(1)
    next(one for one in page.number_input if one.label == "Age [years]").set_value(61)
    next(one for one in page.date_input if one.label == "Radiotherapy start").set_value(date(2025, 3, 24))
    next(one for one in page.date_input if one.label == "Radiotherapy end").set_value(date(2025, 3, 28))
    next(one for one in page.checkbox if one.label == "Last radiotherapy: never").set_value(True)
    next(one for one in page.date_input if one.label == "Last radiotherapy").set_value(date(2025, 1, 2))
    button(page, _USE).click().run()
    assert not page.exception
    (error,) = page.error
    assert "Nothing was changed" in error.value
    assert "doesn't look like a subject code" in error.value.replace("\\", "")
    assert "leave one of them" in error.value
    assert "changed-sheets" not in page.session_state
    # What was typed is still there.
    assert text_input(page, "Subject code").value == "Jane Doe"
    text_input(page, "Subject code").set_value("SITE01-009")
    next(one for one in page.date_input if one.label == "Last radiotherapy").set_value(None)
    button(page, _USE).click().run()
    assert not page.exception
    assert not page.error
    assert json.loads(kept(page)) == {
        "schema": 1,
        "subject": "SITE01-009",
        "protocol": "NCT06261047",
        "patient": {"ecog": 1, "age": 61},
        "dates": {
            "radiotherapy_start": "2025-03-24",
            "radiotherapy_end": "2025-03-28",
            "last_radiotherapy": "never",
        },
    }
    sheet = read_sheet(("case.json", kept(page)))
    assert latest(page).findings == rtcheck.check(files_of(SBRT), sheet=sheet).findings
    assert "Case sheet: made on this page. Subject: SITE01-009." in shown(page)
    visits = next(table.value for table in page.dataframe if "Visit" in table.value.columns)
    assert visits["Day"][0] == "2025-04-27"
    # What was declared can be taken out again.
    assert selectbox(page, "ECOG").value == 1
    selectbox(page, "ECOG").set_value(None)
    next(one for one in page.number_input if one.label == "Age [years]").set_value(None)
    next(one for one in page.date_input if one.label == "Radiotherapy end").set_value(None)
    button(page, _USE).click().run()
    assert not page.error
    assert "patient" not in json.loads(kept(page))
    assert json.loads(kept(page))["dates"] == {"radiotherapy_start": "2025-03-24", "last_radiotherapy": "never"}
    button(page, "Take back changes").click().run()
    assert "No case sheet" in shown(page)
    assert selectbox(page, "ECOG").value is None


def test_an_alert_stands_until_somebody_says_why_it_may(upload):
    content = (SBRT / "case.yaml").read_bytes()
    page = upload(*files_of(SBRT), ("case.yaml", content))
    (alert,) = [one for one in of_checks(latest(page).findings, "plan-check") if one.source.row == "A5"]
    assert alert.verdict is Verdict.ACCEPTABLE
    choice = selectbox(page, "Alert")
    choice.set_value(next(one for one in choice.options if one.startswith("A5")))
    person(page, "override", "A.B.", Role.PHYSICIST)
    button(page, "Override").click().run()
    assert "give a reason" in page.error[0].value
    text_input(page, "Reason why it may stand").set_value("*known* <b>")
    person(page, "override", " ", Role.PHYSICIST)
    button(page, "Override").click().run()
    assert "give a name" in page.error[0].value
    assert "changed-sheets" not in page.session_state
    person(page, "override", "A.B.", Role.PHYSICIST)
    button(page, "Override").click().run()
    assert not page.exception
    sheet = read_sheet(("case.json", kept(page)))
    assert [(one.check, one.subject, one.reason, one.name) for one in sheet.overrides] == [
        ("A5", alert.subject, "*known* <b>", "A.B.")
    ]
    assert sheet.sign_offs == read_sheet(SBRT / "case.yaml").sign_offs
    (stands,) = [one for one in of_checks(latest(page).findings, "plan-check") if one.source.row == "A5"]
    assert stands.overridden == "A.B. (physicist, 2025-03-15): *known* <b>"
    assert "A.B. (physicist, 2025-03-15): *known* <b> (without this ≈ ACCEPTABLE)" in shown(page)
    assert all("<b>" not in one.value for one in (*page.markdown, *page.success))
    assert not [one for box in page.selectbox if box.label == "Alert" for one in box.options if one.startswith("A5")]


def test_a_signature_goes_into_the_sheet_with_the_files_that_were_signed(upload):
    content = (SBRT / "case.yaml").read_bytes()
    page = upload(*files_of(SBRT), ("case.yaml", content))
    study = page.session_state[session.OPENED].study
    assert "Goes into the case sheet of this page" in shown(page)
    selectbox(page, "Decision").set_value(Decision.REJECTED)
    person(page, "sign", "C.D.", Role.RADIATION_ONCOLOGIST)
    button(page, "Sign").click().run()
    assert "needs a remark" in page.error[0].value
    text_input(page, "Remark").set_value("GTV is too small")
    button(page, "Sign").click().run()
    assert not page.exception
    *before, signed = read_sheet(("case.json", kept(page))).sign_offs
    assert tuple(before) == read_sheet(SBRT / "case.yaml").sign_offs
    assert (signed.subject, signed.decision, signed.round) == (Subject.CONTOURS, Decision.REJECTED, 1)
    assert signed.objects == signed_objects(study, Subject.CONTOURS)
    assert verdict_of(latest(page), "p.qa.two_ro") is Verdict.FAIL
    frame = next(table.value for table in page.dataframe if "These files" in table.value.columns)
    assert list(frame["These files"]) == ["not recorded"] * 5 + ["yes"]


@pytest.mark.slow
def test_a_signature_goes_into_a_record_that_is_named_and_is_read_from_it(upload, tmp_path):
    place = tmp_path / "signoffs.sqlite"
    page = upload(*files_of(SBRT), ("case.yaml", (SBRT / "case.yaml").read_bytes()))
    for wrong in ("signoffs.sqlite", "postgresql://host/base.sqlite", str(tmp_path / "notes.txt")):
        text_input(page, RECORD).set_value(wrong).run()
        assert "is no sign-off record here" in page.error[0].value.replace("\\", "")
    text_input(page, RECORD).set_value(str(place)).run()
    assert not page.error
    assert f"Goes to the record {place}, filed under SITE01-001" in shown(page)
    person(page, "sign", "X.Y.", Role.PHYSICIST)
    selectbox(page, "What").set_value(Subject.REPORT)
    button(page, "Sign").click().run()
    assert not page.exception
    (entry,) = Record(place).entries()
    study = page.session_state[session.OPENED].study
    assert entry.case == case_code(study, read_sheet(SBRT / "case.yaml")) == "SITE01-001"
    assert (entry.name, entry.subject) == ("X.Y.", Subject.REPORT)
    assert "changed-sheets" not in page.session_state
    assert latest(page).case.sheet.sign_offs[-1] == entry
    files = [*files_of(SBRT), ("case.yaml", (SBRT / "case.yaml").read_bytes())]
    assert latest(page).findings == rtcheck.check(files, record=place).findings
    with sqlite3.connect(place) as database:
        database.execute("DROP TRIGGER sign_offs_no_update")
        database.execute("UPDATE sign_offs SET content = replace(content, 'X.Y.', 'Z.Z.')")
    database.close()
    page.run()
    assert "tampered" in page.error[0].value


def test_declared_and_signed_is_forgotten_with_the_patient_and_unknown_to_others(upload):
    page = upload(*files_of(SBRT))
    text_input(page, "Subject code").set_value("SITE01-009")
    button(page, _USE).click().run()
    assert kept(page)
    other = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=60).run()
    assert "changed-sheets" not in other.session_state
    button(page, "Clear patient").click().run()
    assert "changed-sheets" not in page.session_state
    page.file_uploader[0].set_value([(n, data, "application/octet-stream") for n, data in files_of(SBRT)]).run()
    assert "No case sheet" in shown(page)


def test_texts_of_sheets_and_names_of_rois_are_never_markup(upload):
    nasty = "<b>x</b> *y* [z](http://e.example) | $q$ :red[r]"

    def rename(structures):
        for roi in structures.StructureSetROISequence:
            if roi.ROIName == "GTV":
                roi.ROIName = "GTV <i>1</i> [a](b)|c"

    text = (SBRT / "case.yaml").read_text(encoding="utf-8")
    text = text.replace('remark: "4D CT and ITV"', f"remark: {json.dumps(nasty)}").replace(
        "gtv: GTV", "gtv: '<i>g</i>'"
    )
    text += f"notes: {json.dumps(nasty)}\noverrides:\n"
    text += f"  - {{check: A5, reason: {json.dumps(nasty)}, name: '<u>N</u>', role: physicist, date: 2025-01-01}}\n"
    page = upload(*files_of(SBRT, RTSTRUCT=rename), ("case.yaml", text.encode()))
    assert not page.exception
    assert nasty in shown(page)
    assert "<u>N</u>" in shown(page)
    bodies = [one.value for part in (page.markdown, page.caption, page.warning, page.error) for one in part]
    for body in bodies:
        for markup in ("<b>", "<i>", "<u>", "](", ":red[r]", " *y*"):
            assert markup not in body, body
    assert all(
        "<" not in one.proto.body.replace("<div", "").replace("</div", "").replace("<span", "").replace("</span", "")
        for one in page.get("html")
    )
