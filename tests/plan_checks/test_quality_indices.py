"""Section G, indices of targets."""

from __future__ import annotations

import numpy as np
import pytest

from rtcheck.case import Case
from rtcheck.finding import Verdict
from tests import studies
from tests.plan_checks.balls import BODY, RX_GY, ball, ball_case, target_box, target_cube
from tests.plan_checks.samples import case_of, fires, only, reasons, shown, unchecked


def test_all_indices_of_a_target_are_shown() -> None:
    of = ball_case(target_cube(14))
    assert [finding.metric for finding in shown(of, "G2")] == [
        "CI(40Gy)[1]",
        "PCI(40Gy)[1]",
        "GI(40Gy)[1]",
        "R50@PTV[1]",
        "HI[1]",
    ]
    assert fires(of, "G2") == []
    conformity = shown(of, "G2")[0]
    assert conformity.observed == pytest.approx(of.metric("PTV", "CI(40Gy)[1]").value)
    assert conformity.subject == "PTV"


def test_a_target_much_smaller_than_its_isodose_is_found_by_ci_pci_and_r50() -> None:
    found = fires(ball_case(target_cube(6)), "G2")
    assert [finding.message.partition(" ")[0] for finding in found] == ["CI", "R50", "PCI"]
    assert {finding.verdict for finding in found} == {Verdict.ACCEPTABLE}
    assert found[0].observed > 2.5


def test_a_target_beside_its_isodose_is_found_by_pci() -> None:
    found = fires(ball_case(target_cube(14, x_mm=32)), "G2")
    assert any(finding.message.startswith("PCI") and finding.observed < 0.1 for finding in found)


def test_r50_is_judged_of_stereotactic_plans_alone() -> None:
    found = fires(ball_case(target_cube(6), fractions=20), "G2")
    assert [finding.message.partition(" ")[0] for finding in found] == ["CI", "PCI"]


def test_inhomogeneous_dose_is_found_and_may_be_more_in_stereotactic_plans() -> None:
    def slope(x, y, z):
        return np.clip(46.0 - 0.55 * x, 0.0, None) * (np.abs(x) < 26) * (np.abs(y) < 18) * (np.abs(z) < 18)

    conventional, stereotactic = (ball_case(target_cube(14), gray=slope, fractions=count) for count in (20, 5))
    assert only(conventional, "G2").message.startswith("HI is 0.3")
    assert fires(stereotactic, "G2") == []
    assert only(stereotactic, "G2", hi_stereotactic=0.2).limit == "<= 0.2"


def test_plans_normalised_to_the_middle_of_the_target_are_let_pass() -> None:
    def flat(x, y, z):
        return np.clip(RX_GY + 3.0 * (18.0 - np.sqrt(x**2 + y**2 + z**2)), 0.0, RX_GY - 0.2)

    of = ball_case(target_cube(12), gray=flat, fractions=20)
    assert shown(of, "G2")[0].observed == 0.0  # nothing gets the prescription
    assert fires(of, "G2") == []


def test_targets_below_a_cubic_centimetre_are_not_judged() -> None:
    of = ball_case(target_cube(4))
    assert of.dvh("PTV").volume_cc < 1.0
    assert fires(of, "G2") == []


def test_indices_of_a_tiny_target_and_those_that_are_intervals_are_not_passed() -> None:
    (finding,) = unchecked(ball_case(target_cube(4)), "G2")
    assert finding.message.endswith("indices are shown, and not judged")
    (finding,) = unchecked(case_of("grid-misses-liver"), "G2")
    assert "CI, R50, PCI are known as intervals alone" in finding.message


def test_several_targets_of_one_dose_are_taken_together() -> None:
    references = [studies.target_reference(1, 40.0, 2), studies.target_reference(2, 36.0, 3)]
    rois = [
        BODY,
        target_box(((-14, 0), (-14, 14), (-14, 14)), 2, "PTV_1"),
        target_box(((0, 14), (-14, 14), (-14, 14)), 3, "PTV (2)"),
    ]
    of = Case(studies.study(rois, studies.dose(ball), studies.plan(references)))
    assert [(finding.subject, finding.metric) for finding in shown(of, "G2")] == [
        ("PTV_1", "HI[1]"),
        ("PTV (2)", "HI[1]"),
        ("PTV_1, PTV (2)", "CI(36Gy)[1]"),
        ("PTV_1, PTV (2)", "PCI(36Gy)[1]"),
        ("PTV_1, PTV (2)", "GI(36Gy)[1]"),
    ]
    whole = ball_case(target_cube(14)).metric("PTV", "CI(36Gy)[1]")
    assert shown(of, "G2")[2].observed == pytest.approx(whole.value, rel=1e-2)
    assert fires(of, "G2") == []


def test_beside_a_target_that_is_not_drawn_conformity_is_not_known() -> None:
    of = ball_case(target_cube(14), studies.empty_roi(3, "PTV_2", "PTV"))
    assert [finding.metric for finding in shown(of, "G2")] == ["HI[1]"]
    assert "PTV_2: not drawn" in unchecked(of, "G2")[0].message


def test_without_a_prescription_homogeneity_is_shown_and_the_rest_said_to_be_unknown() -> None:
    of = ball_case(target_cube(14), rx_gy=None)
    assert [finding.metric for finding in shown(of, "G2")] == ["HI[1]"]
    assert "CI, PCI, GI and R50" in unchecked(of, "G2")[0].message
    assert unchecked(of, "G3")[0].subject == "targets"


def test_without_targets_nothing_is_checked_and_that_is_said() -> None:
    of = ball_case()
    assert reasons(of, "G2") == reasons(of, "G3") == ["not-checked"]


def test_without_a_body_conformity_is_not_known_and_why() -> None:
    of = ball_case(target_cube(14), body=None)
    (finding,) = unchecked(of, "G2")
    assert finding.message.startswith("couldn't be checked: CI, PCI, GI, R50: no ROI is the whole body")
    assert (finding.verdict, finding.rois) == (Verdict.INFO, ("PTV",))


def test_targets_of_two_plans_are_asked_of_their_own_dose() -> None:
    found = {
        (finding.subject, finding.metric): finding.observed for finding in shown(case_of("two-lesions-two-plans"), "G2")
    }
    assert found["PTV_Liver", "CI(40Gy)[1]"] == pytest.approx(0.98, abs=0.02)
    assert found["PTV_Spine", "CI(27Gy)[1]"] == pytest.approx(1.0, abs=0.02)
