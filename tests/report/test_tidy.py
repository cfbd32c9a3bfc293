"""The table that spreadsheets read: every finding, numbers as numbers, and no text that is run."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.finding import Confidence, Finding, Measured, Severity, Source, Verdict
from rtcheck.report.tidy import COLUMNS, FILE_ENCODING, tidy_csv
from tests.report.test_page import NAME, base, rule, told
from tests.report.test_text import finding


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def only(one: Finding) -> dict[str, str]:
    return read(tidy_csv(told(one)))[0]


def test_every_field_of_a_finding_has_a_column() -> None:
    fields = {field.name for field in dataclasses.fields(Finding)} - {"source"}
    sources = {f"source_{field.name}" for field in dataclasses.fields(Source)}
    assert fields | sources <= set(COLUMNS)
    assert len(set(COLUMNS)) == len(COLUMNS)


def test_every_finding_is_a_row_that_says_whose_it_is() -> None:
    rows = read(tidy_csv(base()))
    assert [row["subject"] for row in rows] == [one.subject for one in base().findings]
    assert only(finding())["subject_code"] == "SITE01-001"
    assert only(finding())["protocol"] == "p"


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://example.org")',
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\uff1d1",
        "=cmd|' /C calc'!A0",
    ],
)
def test_text_that_a_spreadsheet_would_run_is_disarmed(text: str) -> None:
    row = only(finding(subject=text, message=text, group=text, source=Source("t", text)))
    for column in ("subject", "message", "group", "source_row"):
        assert row[column].startswith("'")


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    for name, cell in only(finding(subject=text, message=text)).items():
        is_number = name in {"observed", "margin"}
        assert is_number or not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_numbers_are_numbers_in_full() -> None:
    row = only(finding(observed=15.004, margin=-0.004000000000000625, limit="<= 15 Gy", high=math.inf, low=14.0))
    assert row["observed"] == "15.004"
    assert row["margin"] == "-0.004000000000000625"
    assert (row["low"], row["high"], row["margin_percent"]) == ("14.0", "inf", "")
    assert row["limit"] == "<= 15 Gy"


def test_lists_and_codes_are_texts() -> None:
    row = only(
        rule(
            rois=("A", "B"),
            measured=(Measured("minimum", 1.5, "mm"), Measured("count", 2.0, "")),
            severity=Severity.ERROR,
            confidence=Confidence.HEURISTIC,
            overridden_verdict=Verdict.FAIL,
            robust=False,
        )
    )
    assert row["rois"] == "A; B"
    assert row["measured"] == "minimum=1.5 mm; count=2.0"
    assert [row[name] for name in ("severity", "confidence", "overridden_verdict", "robust")] == [
        "error",
        "heuristic",
        "FAIL",
        "false",
    ]


def test_lines_end_and_cells_are_quoted_as_in_rfc_4180() -> None:
    text = tidy_csv(told(finding(subject='A, "B"', message="one\ntwo")))
    assert text.count("\r\n") == 2
    assert "\n" not in text.replace("\r\n", "")
    assert '"A, ""B"""' in text
    assert read(text)[0]["subject"] == 'A, "B"'


def test_file_begins_with_a_mark_that_excel_knows(tmp_path: Path) -> None:
    path = tmp_path / "findings.csv"
    path.write_text(tidy_csv(told(finding(subject="肝脏"))), encoding=FILE_ENCODING, newline="")
    assert path.read_bytes().startswith(b"\xef\xbb\xbfsubject_code,")
    with path.open(encoding=FILE_ENCODING, newline="") as file:
        assert next(csv.DictReader(file))["subject"] == "肝脏"


def test_what_cannot_be_seen_is_spelt() -> None:
    assert only(finding(subject="\x1b[31mPTV\u202e"))["subject"] == "⟨U+001B⟩[31mPTV⟨U+202E⟩"


def test_name_of_the_patient_is_shown_where_asked_for_alone() -> None:
    evaluation = told(finding(subject="Miller^Anna", message="patient HOSP-0815"), patient=NAME)
    assert "Miller" not in tidy_csv(evaluation)
    assert "HOSP-0815" not in tidy_csv(evaluation)
    assert "Miller^Anna" in tidy_csv(evaluation, show_name=True)


def test_pandas_reads_columns_of_one_kind_each() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_csv(io.StringIO(tidy_csv(base())))
    assert len(frame) == len(base().findings)
    assert frame["observed"].dtype == float
    assert frame["robust"].dtype == bool
