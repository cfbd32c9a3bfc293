"""Rows of the findings' tables: a verdict that isn't robust says so."""

from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="the app extra isn't installed")

from rtcheck.finding import Verdict
from rtcheck.ui.findings import COLUMNS, findings_frame
from tests.report.test_text import finding


def test_row_shows_the_interval_and_that_the_verdict_is_not_robust():
    fragile = finding(low=14.7, observed=14.8, high=15.3, robust=False, message="14.8 Gy, fails under x")
    (row,) = findings_frame([fragile]).to_dict("records")
    assert list(row) == list(COLUMNS)
    assert (row["Verdict"], row["Observed"], row["Interval"]) == ("✔ PASS", "14.80 Gy", "14.70 – 15.30")
    assert row["Why"] == "not robust: 14.8 Gy, fails under x"


def test_robust_row_says_nothing_of_it():
    (row,) = findings_frame([finding(low=14.8, observed=14.8, high=14.8)]).to_dict("records")
    assert (row["Interval"], row["Why"]) == ("", "")


def test_unknown_is_no_verdict_that_could_be_robust():
    (row,) = findings_frame([finding(verdict=Verdict.NOT_EVALUATED, robust=False, message="why")]).to_dict("records")
    assert row["Why"] == "why"
