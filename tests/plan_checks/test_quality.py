"""Section G: plan quality."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.case import Case
from rtcheck.finding import Severity, Verdict
from rtcheck.plan_checks import Tuning
from rtcheck.plan_checks.quality import CHECKS
from rtcheck.study import Contour, FractionGroup, GeometricType, PhaseDose, PlanDose
from tests import studies
from tests.plan_checks.samples import CLEAN, SILENT, asked, case_of, fires, sample

BY_ID = {check.id: check for check in CHECKS}
BODY = studies.box_roi(1, "Body", ((-56, 56), (-56, 56), (-56, 56)), "EXTERNAL", 4.0)
#: A ball of dose: 40 Gy within 20 mm, falling by 2 Gy/mm.
RX_GY = 40.0


def ball(x, y, z):
    return np.clip(RX_GY + 2.0 * (20.0 - np.sqrt(x**2 + y**2 + z**2)), 0.0, RX_GY + 8.0)


def ptv(limits=((-14, 14), (-14, 14), (-14, 14)), number=2, name="PTV"):
    return studies.box_roi(number, name, limits, "PTV", 4.0)


def cube(half_mm, x_mm=0.0, number=2, name="PTV"):
    return ptv(((x_mm - half_mm, x_mm + half_mm), *(2 * ((-half_mm, half_mm),))), number, name)


def case(*rois, gray=ball, fractions=5, spacing_mm=4.0, rx_gy=RX_GY, body=BODY, **changes):
    references = [studies.target_reference(1, rx_gy, name="PTV")] if rx_gy else []
    dose = studies.dose(gray, spacing_mm=spacing_mm)
    others = [body] if body else []
    return Case(studies.study([*others, *rois], dose, studies.plan(references, (fractions,)), **changes))


def hot(limits, gray):
    """The ball, and more in a box of the voxels whose centres lie in it."""
    (x0, x1), (y0, y1), (z0, z1) = limits

    def values(x, y, z):
        inside = (x > x0) & (x < x1) & (y > y0) & (y < y1) & (z > z0) & (z < z1)
        return np.where(inside, gray, ball(x, y, z))

    return values


def alerts(of, check_id, **thresholds):
    return fires(of, BY_ID[check_id], Tuning(thresholds={check_id: thresholds}, because={check_id: "test"}))


def only(of, check_id, **thresholds):
    (finding,) = alerts(of, check_id, **thresholds)
    return finding


def reasons(of, check_id):
    return [finding.reason for finding in asked(of, BY_ID[check_id])]


def shown(of, check_id):
    return [finding for finding in asked(of, BY_ID[check_id]) if finding.reason == "shown"]


def unchecked(of, check_id):
    return [finding for finding in asked(of, BY_ID[check_id]) if finding.reason == "not-checked"]


@pytest.mark.parametrize("name", [*CLEAN, "two-lesions-two-plans"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_clean_samples_are_let_pass(name, check) -> None:
    assert {finding.verdict for finding in asked(case_of(name), check)} <= SILENT


def test_checks_have_an_origin_a_title_and_a_text_each() -> None:
    assert [check.id for check in CHECKS] == ["G1", "G2", "G3", "G4"]
    assert all(check.origin and check.title and check.text for check in CHECKS)


# G1


def test_limits_are_judged_elsewhere_and_that_is_said() -> None:
    (finding,) = asked(case_of(), BY_ID["G1"])
    assert (finding.reason, finding.verdict) == ("carried", Verdict.INFO)
    assert "dose-constraint" in finding.message


# G2


def test_all_indices_of_a_target_are_shown() -> None:
    of = case(cube(14))
    assert [finding.metric for finding in shown(of, "G2")] == [
        "CI(40Gy)[1]",
        "PCI(40Gy)[1]",
        "GI(40Gy)[1]",
        "R50@PTV[1]",
        "HI[1]",
    ]
    assert alerts(of, "G2") == []
    conformity = shown(of, "G2")[0]
    assert conformity.observed == pytest.approx(of.metric("PTV", "CI(40Gy)[1]").value)
    assert conformity.subject == "PTV"


def test_a_target_much_smaller_than_its_isodose_is_found_by_ci_pci_and_r50() -> None:
    found = alerts(case(cube(6)), "G2")
    assert [finding.message.partition(" ")[0] for finding in found] == ["CI", "R50", "PCI"]
    assert {finding.verdict for finding in found} == {Verdict.ACCEPTABLE}
    assert found[0].observed > 2.5


def test_a_target_beside_its_isodose_is_found_by_pci() -> None:
    found = alerts(case(cube(14, x_mm=32)), "G2")
    assert any(finding.message.startswith("PCI") and finding.observed < 0.1 for finding in found)


def test_r50_is_judged_of_stereotactic_plans_alone() -> None:
    found = alerts(case(cube(6), fractions=20), "G2")
    assert [finding.message.partition(" ")[0] for finding in found] == ["CI", "PCI"]


def test_inhomogeneous_dose_is_found_and_may_be_more_in_stereotactic_plans() -> None:
    def slope(x, y, z):
        return np.clip(46.0 - 0.55 * x, 0.0, None) * (np.abs(x) < 26) * (np.abs(y) < 18) * (np.abs(z) < 18)

    conventional, stereotactic = (case(cube(14), gray=slope, fractions=count) for count in (20, 5))
    assert only(conventional, "G2").message.startswith("HI is 0.3")
    assert alerts(stereotactic, "G2") == []
    assert only(stereotactic, "G2", hi_stereotactic=0.2).limit == "<= 0.2"


def test_plans_normalised_to_the_middle_of_the_target_are_let_pass() -> None:
    def flat(x, y, z):
        return np.clip(RX_GY + 3.0 * (18.0 - np.sqrt(x**2 + y**2 + z**2)), 0.0, RX_GY - 0.2)

    of = case(cube(12), gray=flat, fractions=20)
    assert shown(of, "G2")[0].observed == 0.0  # nothing gets the prescription
    assert alerts(of, "G2") == []


def test_targets_below_a_cubic_centimetre_are_not_judged() -> None:
    of = case(cube(4))
    assert of.dvh("PTV").volume_cc < 1.0
    assert alerts(of, "G2") == []


def test_several_targets_of_one_dose_are_taken_together() -> None:
    references = [studies.target_reference(1, 40.0, 2), studies.target_reference(2, 36.0, 3)]
    rois = [BODY, ptv(((-14, 0), (-14, 14), (-14, 14)), 2, "PTV_1"), ptv(((0, 14), (-14, 14), (-14, 14)), 3, "PTV (2)")]
    of = Case(studies.study(rois, studies.dose(ball), studies.plan(references)))
    assert [(finding.subject, finding.metric) for finding in shown(of, "G2")] == [
        ("PTV_1", "HI[1]"),
        ("PTV (2)", "HI[1]"),
        ("PTV_1, PTV (2)", "CI(36Gy)[1]"),
        ("PTV_1, PTV (2)", "PCI(36Gy)[1]"),
        ("PTV_1, PTV (2)", "GI(36Gy)[1]"),
    ]
    whole = case(cube(14)).metric("PTV", "CI(36Gy)[1]")
    assert shown(of, "G2")[2].observed == pytest.approx(whole.value, rel=1e-2)
    assert alerts(of, "G2") == []


def test_beside_a_target_that_is_not_drawn_conformity_is_not_known() -> None:
    of = case(cube(14), studies.empty_roi(3, "PTV_2", "PTV"))
    assert [finding.metric for finding in shown(of, "G2")] == ["HI[1]"]
    assert "PTV_2: not drawn" in unchecked(of, "G2")[0].message


def test_without_a_prescription_homogeneity_is_shown_and_the_rest_said_to_be_unknown() -> None:
    of = case(cube(14), rx_gy=None)
    assert [finding.metric for finding in shown(of, "G2")] == ["HI[1]"]
    assert "CI, PCI, GI and R50" in unchecked(of, "G2")[0].message
    assert unchecked(of, "G3")[0].subject == "targets"


def test_without_targets_nothing_is_checked_and_that_is_said() -> None:
    of = case()
    assert reasons(of, "G2") == reasons(of, "G3") == ["not-checked"]


def test_without_a_body_conformity_is_not_known_and_why() -> None:
    of = case(cube(14), body=None)
    (finding,) = unchecked(of, "G2")
    assert finding.message.startswith("couldn't be checked: CI, PCI, GI, R50: no ROI is the whole body")
    assert (finding.verdict, finding.rois) == (Verdict.INFO, ("PTV",))


def test_targets_of_two_plans_are_asked_of_their_own_dose() -> None:
    found = {
        (finding.subject, finding.metric): finding.observed for finding in shown(case_of("two-lesions-two-plans"), "G2")
    }
    assert found["PTV_Liver", "CI(40Gy)[1]"] == pytest.approx(0.98, abs=0.02)
    assert found["PTV_Spine", "CI(27Gy)[1]"] == pytest.approx(1.0, abs=0.02)


# G3


def test_a_hot_spot_away_from_the_target_is_found() -> None:
    of = case(cube(14), gray=hot(((30, 38), (-3, 3), (-3, 3)), 46.0))
    finding = only(of, "G3")
    assert (finding.verdict, finding.severity) == (Verdict.ACCEPTABLE, Severity.WARNING)
    assert finding.observed == pytest.approx(115.0)
    assert "further than 4 mm (a dose voxel)" in finding.message


def test_a_hot_spot_between_prescription_and_limit_is_shown() -> None:
    of = case(cube(14), gray=hot(((30, 38), (-3, 3), (-3, 3)), 43.0))
    assert alerts(of, "G3") == []
    assert shown(of, "G3")[0].observed == pytest.approx(107.5)
    assert only(of, "G3", hot_percent=105).limit == "<= 105 %"


def test_a_hot_spot_in_or_beside_the_target_is_none() -> None:
    of = case(cube(14), gray=hot(((-3, 17), (-3, 3), (-3, 3)), 60.0))
    assert alerts(of, "G3") == []
    assert "less than 0.03 cc" in shown(case(cube(18)), "G3")[0].message


def test_much_dose_above_105_percent_away_from_the_target_is_found_as_spilt() -> None:
    of = case(cube(14), gray=hot(((22, 50), (-10, 10), (-10, 10)), 42.5))
    finding = only(of, "G3")
    assert finding.limit == "<= 15 %"
    voxels = 7 * 5 * 5  # of 4 mm, between 24 and 48, -8 and 8
    assert finding.observed == pytest.approx(100 * voxels * 64 / 28**3)


def test_a_hot_spot_outside_the_body_does_not_count_where_the_body_is_known() -> None:
    gray = hot(((57, 61), (-3, 3), (-3, 3)), 60.0)
    assert alerts(case(cube(14), gray=gray), "G3") == []
    assert len(alerts(case(cube(14), gray=gray, body=None), "G3")) == 1


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
    assert alerts(Case(hotter), "G3") == []  # 0.03 cc are two voxels


def test_samples_whose_dose_is_unknown_are_no_hot_spots() -> None:
    def gray(x, y, z):
        return np.where(x > 30, np.nan, ball(x, y, z))

    assert alerts(case(cube(14), gray=gray), "G3") == []


def two_phases():
    """A plan of two phases for two targets near each other, with a dose each."""

    def small(x, y, z):
        return np.clip(30.0 + 2.0 * (10.0 - np.sqrt((x - 36.0) ** 2 + y**2 + z**2)), 0.0, 34.0)

    references = [studies.target_reference(1, 40.0, 2), studies.target_reference(2, 30.0, 3)]
    groups = (FractionGroup(1, 5, (), (PhaseDose(1, 40.0),)), FractionGroup(2, 3, (), (PhaseDose(2, 30.0),)))
    plan = replace(studies.plan(references), fraction_groups=groups)
    first, second = studies.dose(ball), replace(studies.dose(small), sop_instance_uid="1.2.3.10")
    doses = (PlanDose(plan, first, (1,)), PlanDose(plan, second, (2,)))
    return Case(studies.study([BODY, cube(14), cube(7, 36, 3, "PTV_2")], first, plan, plan_doses=doses))


def test_targets_of_two_phases_are_asked_of_their_own_dose() -> None:
    of = two_phases()
    found = {(finding.subject, finding.metric) for finding in shown(of, "G2")}
    assert {("PTV", "CI(40Gy)[1]"), ("PTV_2", "CI(30Gy)[1]")} <= found
    assert alerts(of, "G2") == []


def test_where_two_doses_overlap_the_hot_spot_of_their_sum_is_found() -> None:
    hottest, spilt = alerts(two_phases(), "G3")
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
    of = case(cube(14), studies.empty_roi(3, "PTV_2", "PTV"), gray=gray)
    assert reasons(of, "G3") == ["not-checked", "shown"]


def test_beside_a_target_without_a_volume_hot_spots_are_not_judged() -> None:
    line = Contour(GeometricType.CLOSED_PLANAR, np.array([[34.0, 0.0, 0.0], [35.0, 1.0, 0.0], [36.0, 2.0, 0.0]]))
    of = case(
        cube(14),
        replace(cube(4, number=3, name="PTV_2"), contours=(line,)),
        gray=hot(((30, 38), (-3, 3), (-3, 3)), 46.0),
    )
    assert reasons(of, "G3") == ["not-checked", "shown"]


def test_a_single_plane_of_dose_says_nothing_of_hot_spots() -> None:
    dose = studies.dose(ball, low_mm=(-60, -60, 0), high_mm=(60, 60, 0))
    of = Case(studies.study([BODY, cube(14)], dose, studies.plan([studies.target_reference(1, RX_GY)])))
    assert "single plane" in unchecked(of, "G3")[0].message
    assert "single plane" in unchecked(of, "G4")[0].message


def test_doses_that_can_not_be_added_are_not_checked() -> None:
    study = case(cube(14)).study
    (one,) = study.plan_doses
    weighted = replace(one.dose, dose_type="EFFECTIVE", sop_instance_uid="1.2.3.10")
    of = Case(replace(study, plan_doses=(one, PlanDose(one.plan, weighted))))
    assert "can't be added" in unchecked(of, "G3")[0].message
    assert "can't be added" in unchecked(of, "G4")[0].message


# G4


def test_a_target_below_a_cubic_centimetre_is_a_note() -> None:
    finding = only(case(cube(4)), "G4", small_cc=0.1)
    assert (finding.verdict, finding.observed) == (Verdict.INFO, pytest.approx(0.512))
    assert finding.limit == ">= 1.7 cc"  # 27 voxels of 64 mm3
    assert "8 dose voxels of 0.064 cc" in finding.message


def test_of_a_fine_dose_grid_one_cubic_centimetre_is_the_limit() -> None:
    of = case(cube(4), cube(6, number=3, name="CTV"), spacing_mm=2.0)
    assert [finding.subject for finding in alerts(of, "G4")] == ["PTV"]
    assert only(of, "G4").limit == ">= 1 cc"


def test_helpers_may_be_small() -> None:
    roi = studies.box_roi(2, "Marker 1", ((-4, 4), (-4, 4), (-4, 4)), "MARKER")
    assert alerts(case(roi), "G4") == []


@pytest.mark.parametrize(("spacing_mm", "told"), [(4.0, True), (1.5, False)])
def test_near_point_doses_of_few_voxels_are_said(spacing_mm, told) -> None:
    small = studies.dose(1.0, (-6, -6, -6), (6, 6, 6), spacing_mm)
    findings = shown(Case(studies.study([BODY], small, studies.plan())), "G4")
    assert [finding.observed for finding in findings] == ([pytest.approx(0.512)] if told else [])
