"""Section C, long organs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.finding import Verdict
from tests.plan_checks.drawings import box, drawn
from tests.plan_checks.mutants import with_roi
from tests.plan_checks.samples import asked, case_of, fires, only, reasons

PTV = box("PTV", "PTV", ((-20, 20), (-20, 20), (-20, 20)))


def organ(name, low_mm, high_mm):
    return box(name, limits=((40, 60), (-10, 10), (low_mm, high_mm)))


def test_the_cord_of_the_sample_that_ends_at_the_middle_of_the_target_is_not_evaluated() -> None:
    def cut(roi):
        kept = tuple(one for one in roi.contours if one.points_mm[0, 2] <= -30.0)
        return replace(roi, contours=kept)

    finding = only(with_roi("SpinalCord", cut), "C17")
    assert (finding.subject, finding.rois, finding.verdict) == (
        "SpinalCord",
        ("SpinalCord", "PTV"),
        Verdict.NOT_EVALUATED,
    )
    assert finding.message.startswith("its cranial end is at -30 mm, and PTV goes from -54 to -6 mm")
    assert finding.observed == -24.0


@pytest.mark.parametrize(
    ("name", "low_mm", "high_mm", "verdict"),
    [
        ("SpinalCord", -60, 60, None),
        ("SpinalCord", -60, 0, Verdict.NOT_EVALUATED),
        ("SpinalCord", -60, 25, Verdict.NOT_EVALUATED),
        ("SpinalCord", 0, 60, Verdict.ACCEPTABLE),
        ("SpinalCanal", 0, 60, Verdict.ACCEPTABLE),
        ("SpinalCanal", -60, 0, Verdict.NOT_EVALUATED),
        ("SpinalCord", 30, 60, Verdict.ACCEPTABLE),
        ("SpinalCord", -60, -30, Verdict.ACCEPTABLE),
        ("Esophagus", 0, 60, None),
        ("Esophagus", -60, 0, Verdict.NOT_EVALUATED),
        ("A_Aorta", 0, 60, Verdict.ACCEPTABLE),
        ("A_Aorta", -60, 0, Verdict.ACCEPTABLE),
        ("Bowel_Small", -60, 0, None),
    ],
)
def test_ends_that_an_organ_has_not_by_nature_are_errors(name, low_mm, high_mm, verdict) -> None:
    found = fires(drawn(PTV, organ(name, low_mm, high_mm)), "C17")
    assert [one.verdict for one in found] == ([verdict] if verdict else [])


def test_of_several_targets_the_one_that_it_falls_short_of_most_is_named() -> None:
    other = box("PTV_2", "PTV", ((-20, 20), (-20, 20), (-20, 40)))
    (found,) = fires(drawn(PTV, other, organ("SpinalCord", -60, 20)), "C17")
    assert found.rois == ("SpinalCord", "PTV_2")


def test_without_targets_or_rois_it_is_not_checked() -> None:
    (found,) = asked(drawn(organ("SpinalCord", -60, 60)), "C17")
    assert found.reason == "not-checked"
    assert reasons(drawn(), "C17")[0] == "not-checked"


def test_the_sample_has_whole_organs() -> None:
    assert reasons(case_of(), "C17") == [""]
