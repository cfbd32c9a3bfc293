"""What can be taken away: the library's reports, without the patient's name unless it is asked for."""

from __future__ import annotations

import importlib.util
import io
from dataclasses import replace

import pydicom
import pytest

pytest.importorskip("streamlit", reason="the app extra isn't installed")

import rtcheck
from rtcheck.report.tidy import FILE_ENCODING
from rtcheck.tables import read_sheet
from rtcheck.ui import checking, downloads, session
from rtcheck.ui.case_sheets import FILE_NAME, in_use, written
from rtcheck.ui.downloads import named, numbers, objects, reports
from rtcheck.ui.rules import calendar_problem, measured_frame
from rtcheck.verification import verify
from tests.ui.conftest import SAMPLES, shown
from tests.ui.pages import checkbox

SBRT = SAMPLES / "hcc-sbrt-5fx"


@pytest.fixture(scope="module")
def result():
    return rtcheck.check(SBRT)


def _made(parts) -> dict[str, str]:
    made = {one.suffix: one.make() for one in parts}
    return {suffix: one if isinstance(one, str) else one.decode("utf-8", "replace") for suffix, one in made.items()}


def test_reports_carry_the_subject_code_and_the_name_only_where_asked(result):
    patient = result.case.study.patient
    for text in _made(one for one in reports(result) if one.suffix != ".pdf").values():
        assert "SITE01-001" in text
        assert patient.patient_id not in text
        assert patient.name.partition("^")[0] not in text
    texts = _made(one for one in reports(named(result)) if one.suffix in (".json", ".txt", ".html"))
    assert all(patient.patient_id in text for text in texts.values())
    assert _made(reports(result)[2:3])[".json"] == result.to_json()
    assert _made(reports(result, scores=True)[2:3])[".json"] == result.to_json(scores=True)
    assert reports(result)[3].make() == result.to_csv().encode(FILE_ENCODING)


def test_a_report_of_the_page_can_be_recomputed_from_the_files(open_sample, tmp_path):
    page = open_sample(SBRT.name)
    (made,) = page.session_state[session.OPENED].results.values()
    assert verify(reports(made)[2].make().encode(), SBRT).is_same
    files = session.sample_files(SBRT)
    data = {**read_sheet(SBRT / "case.yaml").data, "notes": "changed"}
    sheet = read_sheet((FILE_NAME, written(data)))
    changed = checking.result_of(
        files,
        session.Opened("x", made.case.study),
        checking.Asked("NCT06261047"),
        made.evaluation.protocol,
        checking.Said(sheet),
    )
    beside = tmp_path / FILE_NAME
    beside.write_bytes(written(data))
    verification = verify(reports(named(changed))[2].make().encode(), SBRT, sheet=beside)
    assert verification.is_same, verification.differences
    checkbox(page, "Patient's name and ID in reports").set_value(True).run()
    assert not page.exception
    assert "they carry the patient's name and ID" in shown(page)
    assert len(page.session_state[session.OPENED].results) == 1


def test_objects_are_of_the_patients_study(result):
    dvhs, report = objects(result)
    made = pydicom.dcmread(io.BytesIO(dvhs.make()))
    assert made.PatientID == result.case.study.patient.patient_id
    assert len(made.DVHSequence) > 5
    assert report.suffix == "-report.dcm"


def test_the_case_sheet_is_taken_away_as_json_that_says_the_same(result):
    used = in_use(session.sample_files(SBRT), result.case.study.patient, None)
    checked = checking.Checked(result, session.sample_files(SBRT), used)
    _, sheet = numbers(checked, result)
    read = read_sheet((FILE_NAME, sheet.make()))
    plain = {"file": "", "sha256": "", "data": {}}
    assert replace(read, **plain) == replace(used.sheet, **plain)
    none = replace(checked, used=replace(used, content=b""))
    assert "There is no case sheet" in numbers(none, result)[1].problem


def test_what_is_not_installed_is_told_and_not_tried(result, monkeypatch):
    monkeypatch.setattr(downloads.importlib.util, "find_spec", lambda _: None)
    problems = {one.label: one.problem for one in (*reports(result), *objects(result))}
    assert [label for label, problem in problems.items() if problem] == ["PDF", "HTML", "Report (DICOM)"]
    assert "pip install 'rtcheck[report]'" in problems["PDF"]
    assert "icalendar" in calendar_problem("SITE01-001")


def test_a_calendar_needs_a_subject_code():
    assert importlib.util.find_spec("icalendar") is None or calendar_problem("SITE01-001") == ""
    assert "subject code" in calendar_problem(None)


def test_measured_margins_have_a_row_for_each_direction(result):
    (margin,) = [one for one in result.findings if one.source.row == "p.ptv.margin"]
    frame = measured_frame(margin.measured)
    assert list(frame[""])[:2] == ["all", "in plane"]
    cells = [cell for column in frame.columns[1:] for cell in frame[column] if cell]
    assert len(cells) == len(margin.measured)
