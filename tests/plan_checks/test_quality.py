"""Section G, numbers."""

from __future__ import annotations

import pytest

from rtcheck.case import Case
from rtcheck.finding import Verdict
from tests import studies
from tests.plan_checks.balls import BODY, ball_case, target_cube
from tests.plan_checks.samples import asked, case_of, fires, only, shown

# G1


def test_limits_are_judged_elsewhere_and_that_is_said() -> None:
    (finding,) = asked(case_of(), "G1")
    assert (finding.reason, finding.verdict) == ("carried", Verdict.INFO)
    assert "dose-constraint" in finding.message


# G4


def test_a_target_below_a_cubic_centimetre_is_a_note() -> None:
    finding = only(ball_case(target_cube(4)), "G4", small_cc=0.1)
    assert (finding.verdict, finding.observed) == (Verdict.INFO, pytest.approx(0.512))
    assert finding.limit == ">= 1.7 cc"  # 27 voxels of 64 mm3
    assert "8 dose voxels of 0.064 cc" in finding.message


def test_of_a_fine_dose_grid_one_cubic_centimetre_is_the_limit() -> None:
    of = ball_case(target_cube(4), target_cube(6, number=3, name="CTV"), spacing_mm=2.0)
    assert [finding.subject for finding in fires(of, "G4")] == ["PTV"]
    assert only(of, "G4").limit == ">= 1 cc"


def test_helpers_may_be_small() -> None:
    roi = studies.box_roi(2, "Marker 1", ((-4, 4), (-4, 4), (-4, 4)), "MARKER")
    assert fires(ball_case(roi), "G4") == []


@pytest.mark.parametrize(("spacing_mm", "told"), [(4.0, True), (1.5, False)])
def test_near_point_doses_of_few_voxels_are_said(spacing_mm, told) -> None:
    small = studies.dose(1.0, (-6, -6, -6), (6, 6, 6), spacing_mm)
    findings = shown(Case(studies.study([BODY], small, studies.plan())), "G4")
    assert [finding.observed for finding in findings] == ([pytest.approx(0.512)] if told else [])
