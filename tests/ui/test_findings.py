"""Rows of the findings' tables: a verdict that isn't robust says so."""

from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="the app extra isn't installed")

from rtcheck.finding import PROTOCOL, REFERENCE, Source, Verdict
from rtcheck.ui.findings import COLUMNS, findings_frame
from tests.report.test_text import finding


def test_row_shows_the_interval_and_that_the_verdict_is_not_robust():
    fragile = finding(low=14.7, observed=14.8, high=15.3, robust=False, message="14.8 Gy, fails under x")
    (row,) = findings_frame([fragile]).to_dict("records")
    assert list(row) == list(COLUMNS)
    assert (row["Verdict"], row["Observed"], row["Interval"]) == ("✔ PASS", "14.80 Gy", "14.70 – 15.30")
    assert row["Why"] == "not robust: 14.8 Gy, fails under x"


def test_row_shows_its_margin_in_figures_and_as_a_bar_and_how_well_it_was_confirmed():
    source = Source("t", "t.row", status="single")
    broken = finding(verdict=Verdict.FAIL, observed=15.004, margin=-0.004, margin_percent=-0.0267, source=source)
    (row,) = findings_frame([broken]).to_dict("records")
    assert (row["Observed"], row["Margin"]) == ("15.004 Gy", "-0.004 Gy (-0.03 %)")
    assert row["Of the limit"] == "░░░░█│░░░░░"
    assert row["Status"] == "single"
    (marked,) = findings_frame([broken], {"t"}).to_dict("records")
    assert marked["Status"] == "! single"


def test_row_says_whether_it_is_a_limit_of_the_protocol_or_a_reference():
    told = [finding(standing=standing) for standing in (PROTOCOL, REFERENCE, "")]
    assert list(findings_frame(told)["Limit of"]) == ["protocol", "reference", ""]


def test_robust_row_says_nothing_of_it():
    (row,) = findings_frame([finding(low=14.8, observed=14.8, high=14.8)]).to_dict("records")
    assert (row["Interval"], row["Why"]) == ("", "")


def test_unknown_is_no_verdict_that_could_be_robust():
    (row,) = findings_frame([finding(verdict=Verdict.NOT_EVALUATED, robust=False, message="why")]).to_dict("records")
    assert row["Why"] == "why"
