"""What the user says is prescribed: taken where it makes sense, and nobody else's."""

from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="the app extra isn't installed")

from streamlit.testing.v1 import AppTest

import rtcheck
from rtcheck.finding import Verdict
from rtcheck.pipeline import Result
from rtcheck.report.sections import of_checks
from rtcheck.ui import session
from tests.ui.conftest import ROOT, SAMPLES, selectbox, shown
from tests.ui.files import files_of
from tests.ui.pages import button, labels, multiselect, radio, rows, table_rows, text_input

ONE, TWO = SAMPLES / "hcc-sbrt-5fx", SAMPLES / "two-lesions-two-plans"
PTV = "Prescription of PTV, if you know better"


@pytest.fixture(scope="module")
def contradictory():
    def relabel(plan):
        plan.RTPlanLabel = "Liver 30Gy5F"

    return files_of(ONE, RTPLAN=relabel)


def _bed(result: Result) -> Verdict:
    """What is found of the prescribed dose."""
    (finding,) = of_checks(result.findings, "bed")
    return finding.verdict


def test_every_source_of_a_prescription_is_listed(open_sample):
    page = open_sample(ONE.name)
    text = shown(page)
    for source in ("dose reference 1: 5x8Gy", "plan label '40Gy5F': 5x8Gy", "beam doses at their point: 5x8Gy"):
        assert f"* {source}" in text
    assert "contradicts it" not in text


@pytest.mark.slow
def test_sources_of_several_plans_name_their_plan(open_sample):
    page = open_sample(TWO.name)
    assert "* Liver 40Gy5F, dose reference 1: 5x8Gy" in shown(page)
    assert "* T12 27Gy3F, dose reference 1: 3x9Gy" in shown(page)


def test_a_contradiction_is_marked_until_the_user_settles_it(upload, contradictory):
    page = upload(*contradictory)
    assert page.session_state[session.OPENED].results
    assert _bed(rtcheck.check(contradictory)) is Verdict.NOT_EVALUATED
    assert ":orange[**≠**] plan label 'Liver 30Gy5F': 5x6Gy :orange[**contradicts it**]" in shown(page)
    text_input(page, PTV).set_value("5 x 8 Gy").run()
    assert not page.exception
    result = rtcheck.check(contradictory, prescriptions={"PTV": "5x8Gy"})
    assert table_rows(page) == rows(result.findings)
    assert _bed(result) is Verdict.PASS
    text = shown(page)
    assert ":green[**✔**] given by the user: 5x8Gy" in text
    assert "≠ plan label 'Liver 30Gy5F': 5x6Gy (not taken)" in text
    assert "contradicts it" not in text
    assert "PTV 5x8Gy (given by the user)" in text
    text_input(page, PTV).set_value("").run()
    assert table_rows(page) == rows(rtcheck.check(contradictory).findings)


@pytest.mark.slow
def test_a_text_that_is_no_schedule_is_one_line_and_changes_nothing(open_sample):
    page = open_sample(ONE.name)
    before = table_rows(page)
    for wrong in ("8 Gy or so", "0x8Gy", "5x800Gy", "40Gy"):
        text_input(page, PTV).set_value(wrong).run()
        assert not page.exception
        assert len(page.error) == 1
        assert page.error[0].value.endswith("nothing has changed")
        assert "\n" not in page.error[0].value
        assert table_rows(page) == before
    assert len(page.session_state[session.OPENED].results) == 1


@pytest.mark.slow
def test_after_a_wrong_text_what_was_said_before_stays(open_sample):
    page = open_sample(ONE.name)
    text_input(page, PTV).set_value("3x20Gy").run()
    said = table_rows(page)
    assert said == rows(rtcheck.check(ONE, prescriptions={"PTV": "3x20Gy"}).findings)
    text_input(page, PTV).set_value("3x20").run()
    assert page.error[0].value.replace("\\", "").endswith("3x20Gy stays")
    assert table_rows(page) == said


@pytest.mark.slow
def test_each_target_of_several_plans_has_its_field(open_sample):
    page = open_sample(TWO.name)
    text_input(page, "Prescription of PTV_Spine, if you know better").set_value("1x27Gy").run()
    result = rtcheck.check(TWO, prescriptions={"PTV_Spine": "1x27Gy"})
    assert table_rows(page) == rows(result.findings)
    # Asked anew for one plan alone, and remembered for the sum.
    radio(page, "Dose to check").set_value(1).run()
    assert table_rows(page) == rows(rtcheck.check(TWO, plan="T12 27Gy3F").findings)
    radio(page, "Dose to check").set_value(-1).run()
    assert table_rows(page) == rows(result.findings)
    assert text_input(page, "Prescription of PTV_Spine, if you know better").value == "1x27Gy"


def test_prescriptions_are_forgotten_with_the_patient(upload, contradictory):
    page = upload(*contradictory)
    text_input(page, PTV).set_value("5x8Gy").run()
    button(page, "Clear patient").click().run()
    assert "declared" not in page.session_state
    page.file_uploader[0].set_value([(n, data, "application/octet-stream") for n, data in contradictory]).run()
    assert text_input(page, PTV).value == ""
    assert "given by the user" not in shown(page)


@pytest.mark.slow
def test_prescriptions_are_asked_anew_for_other_files_and_when_they_come_back(open_sample):
    page = open_sample(ONE.name)
    text_input(page, PTV).set_value("3x20Gy").run()
    for name in ("hcc-35gy-5fx", ONE.name):
        selectbox(page, "Sample plan").set_value(name).run()
        assert text_input(page, PTV).value == ""
        assert table_rows(page) == rows(rtcheck.check(SAMPLES / name).findings)


@pytest.mark.slow
def test_two_sessions_do_not_see_each_others_prescriptions(open_sample, contradictory):
    first = open_sample(ONE.name)
    second = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    second.radio[0].set_value("Sample").run()
    selectbox(second, "Sample plan").set_value(ONE.name).run()
    text_input(first, PTV).set_value("3x20Gy").run()
    second.run()
    assert text_input(second, PTV).value == ""
    assert table_rows(second) == rows(rtcheck.check(ONE).findings)
    assert table_rows(first) == rows(rtcheck.check(ONE, prescriptions={"PTV": "3x20Gy"}).findings)


@pytest.mark.slow
def test_targets_of_one_name_have_no_field(upload):
    def rename(structures):
        for roi in structures.StructureSetROISequence:
            if roi.ROIName in ("PTV_Liver", "PTV_Spine"):
                roi.ROIName = "PTV"

    page = upload(*files_of(TWO, RTSTRUCT=rename))
    multiselect(page, "Which plan, or plans?").set_value([0, 1])
    button(page, "Check").click().run()
    assert not page.exception
    assert PTV not in labels(page.text_input)
    assert "2 targets are called PTV" in shown(page)
