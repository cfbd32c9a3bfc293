"""A clinic's own files besides tables: tuning of the plan checks, names of organs, protocol; and the site."""

from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="the app extra isn't installed")

import rtcheck
from rtcheck.finding import Verdict
from rtcheck.nomenclature import shipped_names
from rtcheck.tables import load_protocol
from tests.ui.conftest import ROOT, SAMPLES, selectbox, shown
from tests.ui.files import files_of
from tests.ui.pages import rows, table_rows
from tests.ui.test_case_sheet import give, latest

SBRT = SAMPLES / "hcc-sbrt-5fx"
TUNING = """\
schema: 1
id: checks
title: Of the clinic
off:
  - {id: G2, because: "indices are judged elsewhere"}
thresholds:
  - {id: B5, because: "as commissioned", any_mm: 2 mm}
"""
NAMES = "schema: 1\nnames:\n  Stomach: {en: Sto neu}\n"


def test_tuning_is_asked_as_the_library_asks_it_and_shown(open_sample, tmp_path):
    path = tmp_path / "checks.yaml"
    path.write_text(TUNING, encoding="utf-8")
    page = give(open_sample(SBRT.name), "Your clinic's plan checks (YAML)", ("checks.yaml", TUNING.encode()))
    assert not page.exception
    asked = rtcheck.check(SBRT, tuning=path)
    assert latest(page).findings == asked.findings
    assert "**Switched off:** G2" in shown(page)
    assert "indices are judged elsewhere" in shown(page)
    (alert,) = [one for one in asked.findings if one.source.row == "B5"]
    assert f"tuned: {alert.overrides}" in shown(page)
    give(page, "Your clinic's plan checks (YAML)", ("checks.yaml", TUNING.replace("G2", "G22").encode()))
    assert "* **checks.yaml:5:" in page.error[0].value.replace("\\", "")


def test_a_protocol_of_ones_own_and_a_site_are_asked_as_the_library_asks_them(open_sample, tmp_path):
    text = (ROOT / "constraints" / "protocols" / "sbrt-second-line.yaml").read_text(encoding="utf-8")
    path = tmp_path / "sbrt-second-line.yaml"
    path.write_text(text, encoding="utf-8")
    page = open_sample(SBRT.name)
    selectbox(page, "Site").set_value("liver").run()
    assert table_rows(page) == rows(rtcheck.check(SBRT, load_protocol("NCT06261047", site="liver")).findings)
    give(page, "Your own protocol (YAML)", (path.name, text.encode()))
    assert not page.exception
    assert latest(page).findings == rtcheck.check(SBRT, path, site="liver").findings
    assert f"In its place your own is asked: {path.name}" in shown(page)
    assert latest(page).settings["protocol"] == path.name


@pytest.mark.slow
def test_names_of_organs_that_the_clinic_adds_are_known(upload, tmp_path):
    def rename(structures):
        for roi in structures.StructureSetROISequence:
            if roi.ROIName == "Stomach":
                roi.ROIName = "Sto neu"

    path = tmp_path / "names.yaml"
    path.write_text(NAMES, encoding="utf-8")
    files = files_of(SBRT, RTSTRUCT=rename)
    page = upload(*files)
    (absent,) = [one for one in latest(page).findings if one.check == "required-roi" and one.subject == "Stomach"]
    assert absent.verdict is Verdict.NOT_EVALUATED
    give(page, "Your clinic's names of organs (YAML)", (path.name, NAMES.encode()))
    assert not page.exception
    assert latest(page).findings == rtcheck.check(files, names=shipped_names().extended(path)).findings
    assert "Stomach" in next(line for line in shown(page).split("\n") if "Required and contoured" in line)
    give(page, "Your clinic's names of organs (YAML)", (path.name, b"schema: 7"))
    assert "* **names.yaml:1:" in page.error[0].value.replace("\\", "")
