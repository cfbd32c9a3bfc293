"""Section C, targets in the patient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.finding import Verdict
from rtcheck.plan_checks.targets_in_body import CHECKS
from tests.plan_checks.boxes import PTV, TRUNK, case, cube, moved, with_roi
from tests.plan_checks.samples import CLEAN, SILENT, asked, case_of, fires

BODY, SKIN = CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
@pytest.mark.parametrize("name", [*CLEAN, "two-lesions-two-plans"])
def test_good_plans_raise_no_alert(name, check) -> None:
    found = asked(case_of(name), check)
    assert {finding.verdict for finding in found} <= SILENT
    assert found[-1].verdict is Verdict.PASS


def test_every_check_says_what_it_is_and_where_it_comes_from() -> None:
    assert [check.id for check in CHECKS] == ["C9", "C10"]
    assert all(check.text and check.origin and check.thresholds for check in CHECKS)


def test_without_a_target_a_body_is_no_pass() -> None:
    (found,) = asked(case(TRUNK), BODY)
    assert (found.reason, found.message) == ("not-checked", "couldn't be checked: no target is drawn")


# C9


def test_two_bodies_are_found() -> None:
    found = fires(with_roi("Liver", lambda roi: replace(roi, interpreted_type="EXTERNAL")), BODY)
    assert [(finding.subject, finding.verdict) for finding in found] == [("EXTERNAL", Verdict.NOT_EVALUATED)]
    assert "Body, Liver" in found[0].message


def test_a_body_without_its_type_is_said_and_used() -> None:
    found = fires(with_roi("Body", lambda roi: replace(roi, interpreted_type="ORGAN")), BODY)
    assert [(finding.subject, finding.verdict) for finding in found] == [("Body", Verdict.ACCEPTABLE)]


def test_without_a_body_nothing_is_known_of_the_targets() -> None:
    found = asked(with_roi("Body", lambda _: None), BODY)
    assert [(finding.verdict, finding.reason) for finding in found] == [
        (Verdict.ACCEPTABLE, "targets-in-body"),
        (Verdict.NOT_EVALUATED, "not-checked"),
    ]


@pytest.mark.parametrize(
    ("roi", "verdict"),
    [
        (cube("PTV", 17.0, at=(80.0, 0.0, 0.0), slices=11), Verdict.ACCEPTABLE),
        (cube("CTV", 17.0, at=(80.0, 0.0, 0.0), slices=11), Verdict.ACCEPTABLE),
        (cube("GTV", 17.0, at=(80.0, 0.0, 0.0), slices=11), Verdict.FAIL),
    ],
    ids=["PTV", "CTV", "GTV"],
)
def test_a_target_that_reaches_out_of_the_body_is_found(roi, verdict) -> None:
    found = fires(case(TRUNK, roi), BODY)
    assert [(finding.subject, finding.verdict) for finding in found] == [(roi.name, verdict)]
    assert "20.6 % (7.9 cc) lies outside Body, up to 7.0 mm" in found[0].message


def test_a_target_inside_a_ptv_is_not_asked_again_and_a_pixel_is_nothing() -> None:
    at = (80.0, 0.0, 0.0)
    of = case(TRUNK, cube("GTV", 13.0, at=at), cube("PTV", 17.0, at=at, slices=11))
    assert [finding.subject for finding in fires(of, BODY)] == ["PTV"]
    assert not fires(case(TRUNK, cube("PTV", 17.0, at=(73.8, 0.0, 0.0), slices=11)), BODY)


def test_a_moved_ptv_of_the_sample_is_found() -> None:
    found = fires(with_roi("PTV", lambda roi: moved(roi, -60.0)), BODY)
    assert [finding.subject for finding in found] == ["PTV"]


# C10


@pytest.mark.parametrize(
    ("depth_mm", "verdict"),
    [(8.0, None), (5.1, None), (3.0, Verdict.INFO), (0.0, Verdict.ACCEPTABLE), (-4.0, Verdict.ACCEPTABLE)],
)
def test_a_ptv_near_the_skin_is_said_and_one_that_reaches_it_is_a_warning(depth_mm, verdict) -> None:
    found = fires(case(TRUNK, cube("PTV", 17.0, at=(90.0 - 17.0 - depth_mm, 0.0, 0.0), slices=11)), SKIN)
    assert [finding.verdict for finding in found] == ([verdict] if verdict else [])
    if verdict:
        assert found[0].observed == pytest.approx(depth_mm, abs=0.1)
        assert found[0].limit == ">= 5 mm"


def test_a_ptv_of_the_sample_that_was_moved_to_the_skin_is_found() -> None:
    (found,) = fires(with_roi("PTV", lambda roi: moved(roi, -34.0)), SKIN)
    assert found.subject == "PTV"


@pytest.mark.parametrize(
    ("rois", "why"), [((TRUNK,), "no PTV is drawn"), ((PTV,), "no ROI is the whole body")], ids=["no-ptv", "no-body"]
)
def test_without_a_ptv_or_a_body_the_skin_is_not_known(rois, why) -> None:
    (found,) = asked(case(*rois), SKIN)
    assert (found.verdict, found.reason) == (Verdict.INFO, "not-checked")
    assert why in found.message


@pytest.mark.parametrize("check", [BODY, SKIN], ids=lambda check: check.id)
def test_a_target_without_volume_is_named(check) -> None:
    flat = replace(PTV, contours=PTV.contours[:1])
    flat = replace(
        flat, contours=(replace(flat.contours[0], points_mm=np.array([[0, 0, 0], [9, 9, 0], [18, 18, 0]], float)),)
    )
    found = asked(case(TRUNK, flat), check)
    assert [finding.reason for finding in found] == ["not-checked"]
    assert "bound no area" in found[0].message
