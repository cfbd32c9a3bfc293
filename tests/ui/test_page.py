"""The page as Streamlit's own test driver sees it: what it shows is what the library says."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pydicom
import pytest

pytest.importorskip("streamlit", reason="the app extra isn't installed")

import rtcheck
from rtcheck.convention import Between, Convention, Ends
from rtcheck.report.sections import WORST_FIRST, by_organ, flat, of_checks, organ_text, organs, sections
from rtcheck.ui import session
from rtcheck.ui.findings import sign_and_word
from rtcheck.ui.lines import told_text
from tests.commands import run
from tests.ui.conftest import SAMPLES, selectbox, shown, zipped
from tests.ui.pages import axis, button, curves, finding_tables, lines, multiselect, rows, table_rows

FEW_NAMES = ("hcc-sbrt-5fx", "two-lesions-two-plans", "grid-misses-liver")
OTHER_NAMES = sorted({path.name for path in SAMPLES.iterdir() if path.is_dir()} - {*FEW_NAMES})


def test_first_page_asks_for_files_and_says_what_it_is_not(page):
    assert not page.exception
    assert "no medical device" in shown(page)
    assert "stay on this machine" in shown(page)
    assert not page.dataframe


@pytest.mark.parametrize("name", [*FEW_NAMES, *(pytest.param(one, marks=pytest.mark.slow) for one in OTHER_NAMES)])
def test_sample_shows_every_finding_of_the_library(name, open_sample):
    page = open_sample(name)
    assert not page.exception
    result = rtcheck.check(SAMPLES / name)
    assert table_rows(page) == rows(result.findings)
    text, patient = shown(page), result.case.study.patient
    assert f"**Patient:** {patient.name} ({patient.patient_id})" in text
    wording = result.evaluation.protocol.wording[result.verdict.value]
    assert f'{sign_and_word(result.verdict)}<span style="font-size:1.05rem;font-weight:400"> · {wording}</span>' in text
    for finding in result.findings:
        assert finding.check != "required-roi" or finding.subject in text
        assert finding.check not in ("reading", "plan-status", "attestation") or finding.message in text
        assert finding.check != "protocol-rule" or told_text(finding) in text
    asked = of_checks(result.findings, "plan-check")
    listed = next(table.value for table in page.dataframe if list(table.value.columns[:2]) == ["Check", "Verdict"])
    told = [(one.source.row, sign_and_word(one.verdict), one.subject, one.message) for one in asked]
    assert list(listed[["Check", "Verdict", "About", "Found"]].itertuples(index=False, name=None)) == told
    # Organs with the worst verdict stand first.
    limits = next(table for table in finding_tables(page) if table["Margin"].any())
    assert list(limits["Source"]) == [one.source.row for one in flat(by_organ(sections(result.findings).limits))]
    words = [sign_and_word(verdict) for verdict in WORST_FIRST]
    assert words.index(limits["Verdict"][0]) == min(words.index(verdict) for verdict in limits["Verdict"])


def test_command_line_finds_what_the_library_finds():
    printed = run("check", str(SAMPLES / "hcc-35gy-5fx"), "--format", "json", root=SAMPLES).stdout
    result = rtcheck.check(SAMPLES / "hcc-35gy-5fx")
    assert json.loads(printed)["findings"] == [finding.to_dict() for finding in result.findings]


def test_zip_gives_what_the_folder_gives(upload):
    name = "hcc-35gy-5fx"
    page = upload(("plan.zip", zipped(SAMPLES / name)))
    assert not page.exception
    assert table_rows(page) == rows(rtcheck.check(SAMPLES / name).findings)


def test_files_are_read_without_a_zip_too(upload):
    files = [(path.name, path.read_bytes()) for path in SAMPLES.joinpath("hcc-sbrt-5fx").glob("*.dcm")]
    page = upload(*files)
    assert not page.exception
    assert "SYNTH-HCC-001" in shown(page)


def test_child_pugh_is_handed_on_and_asked_anew_for_the_next_patient(open_sample):
    page = open_sample("hcc-sbrt-5fx")
    assert selectbox(page, "Child-Pugh score").value == "A5 (case sheet)"
    selectbox(page, "Child-Pugh score").set_value("B7").run()
    result = rtcheck.check(SAMPLES / "hcc-sbrt-5fx", child_pugh="B7")
    assert table_rows(page) == rows(result.findings)
    assert "Declared:** hcc, Child-Pugh B7" in shown(page)
    selectbox(page, "Sample plan").set_value("hcc-35gy-5fx").run()
    assert selectbox(page, "Child-Pugh score").value == "A5 (case sheet)"
    assert "Declared:** hcc, Child-Pugh A5" in shown(page)


@pytest.mark.slow
def test_another_convention_is_computed_and_named(open_sample):
    page = open_sample("hcc-sbrt-5fx")
    assert "not the default" not in shown(page)
    before = page.session_state[session.OPENED]
    selectbox(page, "Convention: solid between slices").set_value(Between.INTERPOLATED).run()
    selectbox(page, "Convention: solid beyond the ends").set_value(Ends.NONE).run()
    assert not page.exception
    chosen = Convention(Between.INTERPOLATED, Ends.NONE)
    result = rtcheck.check(SAMPLES / "hcc-sbrt-5fx", convention=chosen)
    assert table_rows(page) == rows(result.findings)
    assert f"Contours are read as: {chosen}. That is not the default" in shown(page)
    assert page.session_state[session.OPENED] is before
    assert len(before.results) == 3


def test_conventions_stand_with_the_default_first(page):
    options = [selectbox(page, f"Convention: solid {where}").options for where in ("between slices", "beyond the ends")]
    assert options == [["prism", "interpolated"], ["half-slice", "none", "rounded"]]


def test_rows_that_do_not_apply_are_named(open_sample):
    page = open_sample("hcc-sbrt-5fx")
    left_out = sections(rtcheck.check(SAMPLES / "hcc-sbrt-5fx").findings).not_applicable
    assert f"Not applicable ({len(left_out)})" in [expander.label for expander in page.expander]
    text = shown(page)
    for finding in left_out:
        named = finding.reason != "schedule"
        told = organs(finding) if finding.reason == "not-contoured" else (organ_text(finding),)
        assert not named or all(organ in text for organ in told)
        assert named or f"{finding.source.table} " in text


def test_part_outside_the_dose_grid_is_said(open_sample):
    text = shown(open_sample("grid-misses-liver"))
    assert "outside the dose grid" in text
    assert "No DVH" in text  # an organ that lies wholly outside is listed, not dropped


def test_file_that_is_no_dicom_is_one_line_and_no_traceback(upload):
    page = upload(("letter.txt", b"Dear colleague"))
    assert not page.exception
    assert len(page.error) == 1
    assert "\n" not in page.error[0].value


def test_missing_dose_says_how_to_mend_it(upload):
    folder = SAMPLES / "hcc-sbrt-5fx"
    page = upload(*[(name, (folder / name).read_bytes()) for name in ("RTPLAN.dcm", "RTSTRUCT.dcm")])
    assert [error.value.replace("\\", "") for error in page.error] == [
        "no RT Dose is among the files; add the dose export"
    ]


def _second(path: Path, tmp_path: Path, label: str) -> bytes:
    dataset = pydicom.dcmread(path)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID + ".9"
    dataset.RTPlanLabel = label
    dataset.save_as(tmp_path / "second.dcm")
    return (tmp_path / "second.dcm").read_bytes()


def test_two_plans_are_asked_about_and_the_choice_is_kept(upload, tmp_path):
    folder = SAMPLES / "hcc-sbrt-5fx"
    files = [(path.name, path.read_bytes()) for path in folder.glob("*.dcm")]
    dose = pydicom.dcmread(folder / "RTDOSE.dcm")
    del dose.ReferencedRTPlanSequence
    dose.save_as(tmp_path / "dose.dcm")
    files = [(n, (tmp_path / "dose.dcm").read_bytes() if n == "RTDOSE.dcm" else data) for n, data in files]
    page = upload(*files, ("second.dcm", _second(folder / "RTPLAN.dcm", tmp_path, "Other")))
    assert not page.exception
    assert not page.dataframe
    which = multiselect(page, "Which plan, or plans?")
    wanted = next(number for number, text in enumerate(which.options) if "Other" in text)
    which.set_value([wanted])
    button(page, "Check").click().run()
    assert not page.exception
    assert not page.error
    assert "**Plan:** Other" in shown(page)
    assert "Plan chosen: 'Other' (second.dcm" in shown(page)
    button(page, "Choose again").click().run()
    assert multiselect(page, "Which plan, or plans?").value == []


@pytest.mark.slow
def test_another_patient_of_the_same_files_is_asked_for_his_own_child_pugh_score(upload):
    files = [
        (f"{name}/{path.name}", path.read_bytes())
        for name in ("hcc-sbrt-5fx", "hcc-35gy-5fx")
        for path in (SAMPLES / name).glob("*.dcm")
    ]
    page = upload(*files)
    assert "SYNTH-HCC-001" in shown(page)
    selectbox(page, "Which patient?").set_value(0).run()
    selectbox(page, "Child-Pugh score").set_value("B7").run()
    first = "Declared:** hcc, Child-Pugh B7"
    assert first in shown(page)
    button(page, "Choose again").click().run()
    selectbox(page, "Which patient?").set_value(1).run()
    assert not page.exception
    assert "Declared:** hcc, Child-Pugh not declared" in shown(page)


def test_clear_forgets_the_patient(upload):
    page = upload(("plan.zip", zipped(SAMPLES / "hcc-sbrt-5fx")))
    assert "SYNTH-HCC-001" in shown(page)
    button(page, "Clear patient").click().run()
    assert not page.exception
    assert not page.dataframe
    assert "SYNTH-HCC-001" not in shown(page)
    assert session.OPENED not in page.session_state
    assert page.file_uploader[0].value in (None, [])


def test_rerun_computes_nothing_twice(open_sample):
    page = open_sample("hcc-sbrt-5fx")
    before = page.session_state[session.OPENED]
    next(toggle for toggle in page.toggle if toggle.label == "Volume in cc").set_value(True).run()
    assert page.session_state[session.OPENED] is before
    assert len(before.results) == 1


def test_names_from_files_are_never_markup(upload):
    folder = SAMPLES / "hcc-sbrt-5fx"
    data = []
    for path in folder.glob("*.dcm"):
        dataset = pydicom.dcmread(path)
        dataset.PatientName = "<b>Eve</b> *x* [x](http://e.example) ![y](http://e.example/p)"
        buffer = BytesIO()
        dataset.save_as(buffer)
        data.append((path.name, buffer.getvalue()))
    page = upload(*data)
    assert not page.exception
    shown_raw = "\n".join(element.value for element in page.markdown)
    assert "\\<b\\>Eve" in shown_raw
    assert "](http" not in shown_raw
    assert all("Eve" not in html.proto.body for html in page.get("html"))


def test_bed_calculator(page):
    for text, said in (("5x8Gy", ["72.00 Gy", "60.00 Gy"]), ("25x2Gy", ["60.00 Gy", "50.00 Gy"])):
        page.text_input(key="schedule").set_value(text).run()
        assert [metric.value for metric in page.metric] == said


def test_bed_calculator_refuses_nonsense_in_one_line(page):
    page.text_input(key="schedule").set_value("8 Gy or so").run()
    assert not page.exception
    assert len(page.error) == 1
    assert not page.metric


def test_filters_say_what_they_hide(open_sample):
    page = open_sample("hcc-imrt-25fx")
    organs = multiselect(page, "Organs")
    organs.set_value(organs.options[:1]).run()
    assert any("rows; the verdict above counts them all" in caption.value for caption in page.caption)


def test_without_sample_plans_the_choice_is_hidden(page, monkeypatch, tmp_path):
    from rtcheck.ui import sidebar

    monkeypatch.setattr(sidebar, "SAMPLE_FOLDER", tmp_path / "none")
    assert page.run().radio[0].options == ["Files", "Folder"]


def test_curves_can_be_read_from_the_figure(open_sample):
    page = open_sample("hcc-sbrt-5fx")
    assert {"PTV", "GTV", "Liver", "Liver - GTV*", "Stomach"} <= set(curves(page))
    assert axis(page) == "Physical dose [Gy]"
    assert lines(page) == {"prescribed 40 Gy": 40.0}
