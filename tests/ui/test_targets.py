"""Targets: findings by target, what is achieved in one row for each ROI, and warnings that aren't errors."""

from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="the app extra isn't installed")

from streamlit.testing.v1 import AppTest

import rtcheck
from rtcheck.case import Case
from rtcheck.finding import Finding, Source, Verdict
from rtcheck.report.sections import of_checks
from rtcheck.ui.targets import achieved_frame, by_target
from tests.studies import box_roi, dose, plan, study
from tests.ui.conftest import SAMPLES

TWO = SAMPLES / "two-lesions-two-plans"
BOX = ((-20, 20), (-20, 20), (-20, 20))


def _achieved(subject: str, metric: str, value: float | None, **parts: object) -> Finding:
    told = {
        "check": "bed-achieved",
        "subject": subject,
        "metric": metric,
        "verdict": Verdict.INFO,
        "message": "",
        "source": Source("t", "t.row"),
        "observed": value,
        "low": value,
        "high": value,
        "unit": "Gy",
        "basis": "BED(alpha/beta=10 Gy)",
    }
    return Finding(**(told | parts))


@pytest.fixture(scope="module")
def result():
    return rtcheck.check(TWO)


@pytest.fixture(scope="module")
def case() -> Case:
    return Case(study([box_roi(1, "PTV", BOX, "PTV"), box_roi(2, "GTV", BOX, "GTV")], dose(40.0), plan()))


def test_findings_of_a_target_and_of_its_gtv_stand_together(result):
    subjects = [finding.subject for finding in by_target(result)]
    assert list(dict.fromkeys(subjects)) == ["PTV_Liver", "GTV_Liver", "PTV_Spine", "GTV_Spine"]
    assert len(set(subjects)) == sum(one != other for one, other in zip(subjects, [None, *subjects], strict=False))


def test_what_is_achieved_has_one_row_for_each_roi_under_its_target(result):
    frame = achieved_frame(result.case, of_checks(by_target(result), "bed-achieved"))
    assert list(zip(frame["Target"], frame["ROI"], strict=True)) == [
        ("PTV_Liver", "PTV_Liver"),
        ("PTV_Liver", "GTV_Liver"),
        ("PTV_Spine", "PTV_Spine"),
        ("PTV_Spine", "GTV_Spine"),
    ]
    cells = [cell for column in frame.columns[2:] for cell in frame[column] if cell]
    assert len(cells) == len(of_checks(result.findings, "bed-achieved"))


def test_rois_of_one_name_have_a_row_each(case):
    twice = [_achieved("GTV", "BED10 of D98%[Gy]", value) for value in (61.0, 72.0)]
    frame = achieved_frame(case, twice)
    assert list(frame["BED10 of D98%[Gy]"]) == ["61.00 Gy", "72.00 Gy"]


def test_what_falls_short_is_marked_and_what_is_not_known_is_said(case):
    short = _achieved("PTV", "BED10 of D95%[Gy]", 58.0, reason="achieved-below-rule", low=57.0, high=59.0)
    unknown = _achieved("PTV", "BED10 of D50%[Gy]", None)
    (row,) = achieved_frame(case, [short, unknown]).to_dict("records")
    assert row["BED10 of D95%[Gy]"] == "! 58.00 Gy (57.00 – 59.00)"
    assert row["BED10 of D50%[Gy]"] == "unknown"


def _remarks() -> None:
    from rtcheck.finding import Finding, Source, Verdict
    from rtcheck.ui.results import show_unjudged

    source = Source("t", "t.row")
    warning = Finding(
        "bed-achieved", "PTV", Verdict.INFO, "warning: it falls short", source, reason="achieved-below-rule"
    )
    failing = Finding("plan-status", "Plan", Verdict.NOT_EVALUATED, "approval REJECTED", source)
    show_unjudged([warning, failing])


def test_a_warning_looks_like_one_and_an_error_like_one():
    page = AppTest.from_function(_remarks).run()
    assert not page.exception
    assert ["it falls short" in said.value for said in page.warning] == [True]
    assert ["REJECTED" in said.value for said in page.error] == [True]
