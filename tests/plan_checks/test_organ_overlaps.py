"""Section C, overlaps of organs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.finding import Verdict
from rtcheck.study import Contour, GeometricType
from tests import studies
from tests.plan_checks.drawings import cube, drawn
from tests.plan_checks.mutants import with_rois
from tests.plan_checks.samples import asked, only, reasons


def test_a_liver_in_the_lung_is_found_with_the_volume_they_share() -> None:
    finding = only(drawn(cube("Liver", 100), cube("Lung_R", 100, x_mm=60)), "C8")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert (finding.observed, finding.limit) == (pytest.approx(400), "<= 20 cc")
    assert finding.rois == ("Liver", "Lung_R")


def test_an_organ_drawn_as_another_is_found_in_a_sample() -> None:
    case = with_rois(lambda rois: rois | {"Heart": replace(rois["Heart"], contours=rois["Lung_L"].contours)})
    assert only(case, "C8").subject == "Heart and Lung_L"


def test_contours_that_overlap_a_little_are_let_pass() -> None:
    assert reasons(drawn(cube("Liver", 100), cube("Lung_R", 100, x_mm=98.5)), "C8") == [""]


def test_overlaps_are_by_volume_also_where_slices_differ() -> None:
    finer = studies.box_roi(2, "Lung_R", ((0, 100), (-50, 50), (-49, 51)), "ORGAN", 5.0)
    assert only(drawn(cube("Liver", 100), finer), "C8").observed == pytest.approx(50 * 100 * 99 / 1000)


def test_organs_that_may_share_their_place_are_let_pass() -> None:
    rois = (cube("Liver", 100), cube("GTV", 40, kind="GTV"), cube("Kidney_Cortex_L", 60), cube("Bowel_Small", 80))
    assert reasons(drawn(*rois), "C8") == [""]


def test_a_ptv_that_holds_a_part_of_the_cord_is_a_hint() -> None:
    case = drawn(cube("SpinalCord", 12, z_mm=0), cube("PTV", 30, x_mm=18, kind="PTV"), cube("Liver", 20, x_mm=80))
    finding = only(case, "C8")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert finding.observed == pytest.approx(3 * 12 * 12 / 1000)
    assert "'PTV'" not in finding.subject
    assert finding.rois == ("SpinalCord", "PTV")


def test_a_ptv_beside_the_cord_and_its_helpers_are_let_pass() -> None:
    rois = (cube("SpinalCord", 12), cube("PTV", 30, x_mm=21, kind="PTV"), cube("PTV_ring", 30, kind=None))
    assert reasons(drawn(*rois, cube("SpinalCord_PRV05", 22)), "C8") == [""]


def test_organs_on_planes_of_other_orientation_are_not_compared_and_that_is_said() -> None:
    sagittal = cube("Lung_R", 100)
    turned = tuple(replace(one, points_mm=one.points_mm[:, [2, 0, 1]]) for one in sagittal.contours)
    findings = asked(drawn(cube("Liver", 100), replace(sagittal, contours=turned)), "C8")
    assert [finding.reason for finding in findings] == ["not-checked"]
    assert "different orientation" in findings[0].message


def test_an_organ_without_a_volume_is_not_compared_and_that_is_said() -> None:
    line = Contour(GeometricType.CLOSED_PLANAR, np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [2.0, 2.0, 0.0]]))
    case = drawn(cube("Liver", 100), replace(cube("Lung_R", 100), contours=(line,)))
    assert all("not-checked" in reasons(case, check_id) for check_id in ("C4", "C8"))
