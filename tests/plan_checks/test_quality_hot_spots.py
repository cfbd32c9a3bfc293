"""Section G, hot spots."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.case import Case
from rtcheck.finding import Severity, Verdict
from rtcheck.study import Contour, FractionGroup, GeometricType, PhaseDose, PlanDose
from tests import studies
from tests.plan_checks.balls import BODY, RX_GY, ball, ball_case, hot, target_cube
from tests.plan_checks.samples import case_of, fires, only, reasons, sample, shown, unchecked


def test_a_hot_spot_away_from_the_target_is_found() -> None:
    of = ball_case(target_cube(14), gray=hot(((30, 38), (-3, 3), (-3, 3)), 46.0))
    finding = only(of, "G3")
    assert (finding.verdict, finding.severity) == (Verdict.ACCEPTABLE, Severity.WARNING)
    assert finding.observed == pytest.approx(115.0)
    assert "further than 4 mm (a dose voxel)" in finding.message


def test_a_hot_spot_between_prescription_and_limit_is_shown() -> None:
    of = ball_case(target_cube(14), gray=hot(((30, 38), (-3, 3), (-3, 3)), 43.0))
    assert fires(of, "G3") == []
    assert shown(of, "G3")[0].observed == pytest.approx(107.5)
    assert only(of, "G3", hot_percent=105).limit == "<= 105 %"


def test_a_hot_spot_in_or_beside_the_target_is_none() -> None:
    of = ball_case(target_cube(14), gray=hot(((-3, 17), (-3, 3), (-3, 3)), 60.0))
    assert fires(of, "G3") == []
    assert "less than 0.03 cc" in shown(ball_case(target_cube(18)), "G3")[0].message


def test_much_dose_above_105_percent_away_from_the_target_is_found_as_spilt() -> None:
    of = ball_case(target_cube(14), gray=hot(((22, 50), (-10, 10), (-10, 10)), 42.5))
    finding = only(of, "G3")
    assert finding.limit == "<= 15 %"
    voxels = 7 * 5 * 5  # of 4 mm, between 24 and 48, -8 and 8
    assert finding.observed == pytest.approx(100 * voxels * 64 / 28**3)


def test_a_hot_spot_outside_the_body_does_not_count_where_the_body_is_known() -> None:
    gray = hot(((57, 61), (-3, 3), (-3, 3)), 60.0)
    assert fires(ball_case(target_cube(14), gray=gray), "G3") == []
    assert len(fires(ball_case(target_cube(14), gray=gray, body=None), "G3")) == 1


def test_a_hot_spot_in_a_sample_is_found() -> None:
    study = sample()
    (one,) = study.plan_doses
    gray = one.dose.dose_gy.copy()
    kidney = np.concatenate([contour.points_mm for contour in study.structure_set.rois[2].contours]).mean(axis=0)
    i, j, k = np.round(one.dose.grid.axes @ (kidney - one.dose.grid.origin_mm) / 3.0).astype(int)
    gray[k, j, i] = 45.0
    hotter = replace(study, plan_doses=(replace(one, dose=replace(one.dose, dose_gy=gray)),))
    assert only(Case(hotter), "G3", point_cc=0.02).observed == pytest.approx(112.5)
    assert only(Case(hotter), "G3", point_cc=0.02).subject == "40Gy5F"
    assert fires(Case(hotter), "G3") == []  # 0.03 cc are two voxels


def test_samples_whose_dose_is_unknown_are_no_hot_spots() -> None:
    def gray(x, y, z):
        return np.where(x > 30, np.nan, ball(x, y, z))

    assert fires(ball_case(target_cube(14), gray=gray), "G3") == []


def two_phases():
    """A plan of two phases for two targets near each other, with a dose each."""

    def small(x, y, z):
        return np.clip(30.0 + 2.0 * (10.0 - np.sqrt((x - 36.0) ** 2 + y**2 + z**2)), 0.0, 34.0)

    references = [studies.target_reference(1, 40.0, 2), studies.target_reference(2, 30.0, 3)]
    groups = (FractionGroup(1, 5, (), (PhaseDose(1, 40.0),)), FractionGroup(2, 3, (), (PhaseDose(2, 30.0),)))
    plan = replace(studies.plan(references), fraction_groups=groups)
    first, second = studies.dose(ball), replace(studies.dose(small), sop_instance_uid="1.2.3.10")
    doses = (PlanDose(plan, first, (1,)), PlanDose(plan, second, (2,)))
    return Case(studies.study([BODY, target_cube(14), target_cube(7, 36, 3, "PTV_2")], first, plan, plan_doses=doses))


def test_targets_of_two_phases_are_asked_of_their_own_dose() -> None:
    of = two_phases()
    found = {(finding.subject, finding.metric) for finding in shown(of, "G2")}
    assert {("PTV", "CI(40Gy)[1]"), ("PTV_2", "CI(30Gy)[1]")} <= found
    assert fires(of, "G2") == []


def test_where_two_doses_overlap_the_hot_spot_of_their_sum_is_found() -> None:
    hottest, spilt = fires(two_phases(), "G3")
    assert hottest.subject == spilt.subject == "sum of Plan, fraction group 1 + Plan, fraction group 2"
    assert hottest.observed > 140.0


def test_the_sum_of_two_plans_is_asked_beside_each() -> None:
    findings = shown(case_of("two-lesions-two-plans"), "G3")
    assert [finding.subject for finding in findings] == [
        "Liver 40Gy5F",
        "T12 27Gy3F",
        "sum of Liver 40Gy5F + T12 27Gy3F",
    ]
    assert findings[-1].observed == pytest.approx(105.6, abs=0.5)


def test_a_target_that_is_not_drawn_may_be_where_it_is_hot() -> None:
    gray = hot(((30, 38), (-3, 3), (-3, 3)), 46.0)
    of = ball_case(target_cube(14), studies.empty_roi(3, "PTV_2", "PTV"), gray=gray)
    assert reasons(of, "G3") == ["not-checked", "shown"]


def test_beside_a_target_without_a_volume_hot_spots_are_not_judged() -> None:
    line = Contour(GeometricType.CLOSED_PLANAR, np.array([[34.0, 0.0, 0.0], [35.0, 1.0, 0.0], [36.0, 2.0, 0.0]]))
    of = ball_case(
        target_cube(14),
        replace(target_cube(4, number=3, name="PTV_2"), contours=(line,)),
        gray=hot(((30, 38), (-3, 3), (-3, 3)), 46.0),
    )
    assert reasons(of, "G3") == ["not-checked", "shown"]


def test_a_single_plane_of_dose_says_nothing_of_hot_spots() -> None:
    dose = studies.dose(ball, low_mm=(-60, -60, 0), high_mm=(60, 60, 0))
    of = Case(studies.study([BODY, target_cube(14)], dose, studies.plan([studies.target_reference(1, RX_GY)])))
    assert "single plane" in unchecked(of, "G3")[0].message
    assert "single plane" in unchecked(of, "G4")[0].message


def test_doses_that_can_not_be_added_are_not_checked() -> None:
    study = ball_case(target_cube(14)).study
    (one,) = study.plan_doses
    weighted = replace(one.dose, dose_type="EFFECTIVE", sop_instance_uid="1.2.3.10")
    of = Case(replace(study, plan_doses=(one, PlanDose(one.plan, weighted))))
    assert "can't be added" in unchecked(of, "G3")[0].message
    assert "can't be added" in unchecked(of, "G4")[0].message
