"""The section of the constraints: what a clinic's table or a conversion makes of it is what the library says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("streamlit", reason="the app extra isn't installed")

from streamlit.testing.v1 import AppTest

import rtcheck
from rtcheck.finding import Verdict
from rtcheck.report.sections import sections
from rtcheck.report.summary import CHANGED_TITLE, QUOTED_TITLE, closing_notes
from rtcheck.ui import session
from tests.commands import run
from tests.ui.conftest import ROOT, SAMPLES, shown
from tests.ui.pages import button, checkbox, finding_tables, rows, table_rows, text_input, uploader

NAME = "hcc-sbrt-5fx"
PLAN = SAMPLES / NAME
CONVERT, TABLES = "Ask conventional limits in EQD2", "Your clinic's tables (YAML)"
CLINIC = """\
schema: 1
id: clinic
title: Limits of the clinic
version: "2026"
extends: tg101
override:
  - {id: tg101.stomach.max.5fx, limit: "<= 4 Gy", because: "stricter since 2024"}
off:
  - {id: tg101.heart.max.5fx, because: "asked elsewhere"}
"""


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    path = tmp_path / "clinic.yaml"
    path.write_text(CLINIC, encoding="utf-8")
    return path


def give(page: AppTest, *files: tuple[str, str]) -> AppTest:
    told = [(name, text.encode(), "application/yaml") for name, text in files]
    return uploader(page, TABLES).set_value(told).run()


def printed(*arguments: str) -> list[dict[str, object]]:
    text = run("check", str(PLAN), "--format", "json", *arguments, root=ROOT).stdout
    found: list[dict[str, object]] = json.loads(text)["findings"]
    return found


@pytest.mark.slow
def test_converted_limits_are_those_of_the_library_and_of_the_command_line(open_sample):
    page = open_sample(NAME)
    before = page.session_state[session.OPENED]
    assert table_rows(page) == rows(rtcheck.check(PLAN).findings)
    checkbox(page, CONVERT).set_value(True).run()
    assert not page.exception
    result = rtcheck.check(PLAN, convert=True)
    assert table_rows(page) == rows(result.findings)
    assert printed("--convert", "eqd2") == [finding.to_dict() for finding in result.findings]
    assert "**Converted:** limits for conventional fractionation are asked in EQD2" in shown(page)
    assert page.session_state[session.OPENED] is before
    assert len(before.results) == 2


def test_a_clinics_table_is_asked_beside_the_protocol_and_says_what_it_changes(open_sample, clinic):
    page = give(open_sample(NAME), ("clinic.yaml", CLINIC))
    assert not page.exception
    result = rtcheck.check(PLAN, "NCT06261047", tables=[clinic])
    assert table_rows(page) == rows(result.findings)
    asked = ("--protocol", "NCT06261047", "--table", str(clinic))
    assert printed(*asked) == [finding.to_dict() for finding in result.findings]
    text = shown(page)
    assert CHANGED_TITLE in text
    for finding in sections(result.findings).changes:
        assert finding.subject in text
        assert finding.message.replace("<=", "≤") in text.replace("<=", "≤")
    (stomach,) = [f for f in sections(result.findings).limits if f.source.row == "tg101.stomach.max.5fx"]
    assert stomach.verdict is Verdict.FAIL
    row = next(
        row for table in finding_tables(page) for row in table.to_dict("records") if "stomach.max.5fx" in str(row)
    )
    assert "changed: limit <= 4 Gy in place of <= 32 Gy" in row["Why"]
    give(page)
    assert table_rows(page) == rows(rtcheck.check(PLAN).findings)


def test_mistakes_of_a_table_are_listed_by_their_place_and_nothing_is_computed(open_sample):
    page = open_sample(NAME)
    wrong = CLINIC.replace("tg101.stomach.max.5fx", "tg101.stomac.max.5fx").replace("because", "becuase")
    give(page, ("clinic.yaml", wrong))
    assert not page.exception
    assert not page.dataframe
    (error,) = page.error
    text = error.value.replace("\\", "")
    assert "Nothing was checked" in text
    assert "* **clinic.yaml:7:" in text
    assert "* **clinic.yaml:9:" in text
    assert "rtcheck-tables-" not in text  # where the file lay for a moment is nobody's business


def test_mistakes_are_listed_before_a_plan_is_chosen(page):
    give(page, ("broken.yaml", "schema: ["))
    assert not page.exception
    (error,) = page.error
    assert "* **broken.yaml:2:1**" in error.value.replace("\\", "")


def test_tables_of_one_name_are_refused(page):
    give(page, ("clinic.yaml", CLINIC), ("clinic.yaml", CLINIC))
    assert [error.value.replace("\\", "") for error in page.error] == [
        "two files are called clinic.yaml; take one of them back"
    ]


@pytest.mark.slow
def test_two_tables_of_the_clinic_may_build_on_one_another(open_sample):
    more = 'schema: 1\nid: more\ntitle: M\nversion: "1"\nextends: clinic.yaml\noff:\n'
    more += '  - {id: tg101.stomach.max.5fx, because: "not here"}\n'
    page = give(open_sample(NAME), ("clinic.yaml", CLINIC), ("more.yaml", more))
    assert not page.exception
    assert not page.error
    assert "tg101.stomach.max.5fx" not in {row[-1] for row in table_rows(page)}
    assert "not asked: not here" in shown(page)


@pytest.mark.slow
def test_a_row_of_a_table_that_nothing_enables_is_marked(open_sample):
    text = CLINIC.replace("version:", "enabled: false\nversion:")
    page = give(open_sample(NAME), ("clinic.yaml", text))
    marked = {
        row["Source"] for table in finding_tables(page) for row in table.to_dict("records") if "!" in row["Status"]
    }
    assert "tg101.stomach.max.5fx" in marked


def test_another_session_does_not_see_the_table(open_sample):
    give(open_sample(NAME), ("clinic.yaml", CLINIC))
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    other.radio[0].set_value("Sample").run()
    next(box for box in other.selectbox if box.label == "Sample plan").set_value(NAME).run()
    assert CHANGED_TITLE not in shown(other)
    assert table_rows(other) == rows(rtcheck.check(PLAN).findings)


@pytest.mark.slow
def test_quoted_numbers_have_a_table_of_their_own(open_sample):
    page = open_sample("hcc-imrt-25fx")
    quoted = sections(rtcheck.check(SAMPLES / "hcc-imrt-25fx").findings).quoted
    assert quoted
    assert QUOTED_TITLE in shown(page)
    infos = [set(table["Verdict"]) for table in finding_tables(page) if set(table["Source"]) & _rows(quoted)]
    assert infos == [{"i INFO"}]


def test_what_does_not_apply_can_be_searched(open_sample):
    page = open_sample(NAME)
    text_input(page, "Search").set_value("stomach 3 FRACTIONS").run()
    others = [table for table in finding_tables(page) if "– NOT APPLICABLE" in set(table["Verdict"])]
    assert len(others) == 1
    assert set(others[0]["ROI"]) == {"Stomach"}
    assert any(caption.value.endswith(" rows.") for caption in page.caption)


def test_selection_disclaimers_and_site_are_said(open_sample):
    page = open_sample(NAME)
    result = rtcheck.check(PLAN)
    text = shown(page)
    (selection,) = sections(result.findings).head[-1:]
    assert selection.check == "tables"
    assert selection.message in text
    assert "**Site:** liver" in text
    for note in closing_notes(result.evaluation.protocol):
        assert text.count(note) == 1


@pytest.mark.slow
def test_tables_stay_for_the_next_patient(page):
    give(page, ("clinic.yaml", CLINIC))
    page.radio[0].set_value("Sample").run()
    next(box for box in page.selectbox if box.label == "Sample plan").set_value(NAME).run()
    assert CHANGED_TITLE in shown(page)
    next(box for box in page.selectbox if box.label == "Sample plan").set_value("hcc-35gy-5fx").run()
    assert CHANGED_TITLE in shown(page)
    button(page, "Clear patient").click().run()
    assert not page.exception


def _rows(findings) -> set[str]:
    return {finding.source.row for finding in findings}
