"""Section C: targets in one another, their margins, and where they lie in the body."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.finding import Confidence, Severity, Verdict
from rtcheck.plan_checks import Tuning
from rtcheck.plan_checks.targets import CHECKS
from tests import studies
from tests.compliance.cases import lesion
from tests.plan_checks.boxes import CTV, GTV, PTV, case, cube, moved, with_roi
from tests.plan_checks.samples import CLEAN, SILENT, asked, case_of, fires

BY_ID = {check.id: check for check in CHECKS}
NESTED, MARGIN = (BY_ID[name] for name in ("C6", "C7"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
@pytest.mark.parametrize("name", [*CLEAN, "two-lesions-two-plans"])
def test_good_plans_raise_no_alert(name, check) -> None:
    found = asked(case_of(name), check)
    assert {finding.verdict for finding in found} <= SILENT
    assert found[-1].verdict is Verdict.PASS


def test_every_check_says_what_it_is_and_where_it_comes_from() -> None:
    assert [check.id for check in CHECKS] == ["C6", "C7"]
    assert all(check.text and check.origin and check.thresholds for check in CHECKS)


# C6


def test_a_gtv_that_was_moved_out_of_its_ctv_and_ptv_is_found() -> None:
    found = fires(with_roi("GTV", lambda roi: moved(roi, 14.0)), NESTED)
    assert [finding.rois for finding in found] == [("GTV", "CTV"), ("GTV", "PTV")]
    assert {finding.verdict for finding in found} == {Verdict.NOT_EVALUATED}
    assert all(finding.confidence is Confidence.HEURISTIC for finding in found)
    assert "lies outside PTV, up to" in found[1].message


def test_where_the_sheet_says_which_volumes_are_a_lesions_it_is_a_fact() -> None:
    one = lesion("L1", gtv="GTV", ptv="PTV")
    found = fires(case(cube("GTV", 8.0, at=(20.0, 0.0, 0.0)), PTV, lesions=(one,)), NESTED)
    # That it lies in no PTV at all may be a PTV that wasn't exported: somebody has to look.
    assert [finding.verdict for finding in found] == [Verdict.FAIL, Verdict.NOT_EVALUATED]
    assert {finding.subject for finding in found} == {"GTV"}
    assert "lies in no PTV" in found[1].message or "of it lies in a PTV" in found[1].message


@pytest.mark.parametrize(
    ("ptv", "severity"),
    [
        (cube("PTV", 12.8, slices=9), Severity.WARNING),
        (cube("PTV", 11.0, slices=9), Severity.ERROR),
        (cube("PTV", 7.0, slices=9), Severity.ERROR),
    ],
)
def test_a_ctv_that_is_clearly_out_of_its_ptv_is_an_error_as_a_gtv_is(ptv, severity) -> None:
    of = case(GTV, cube("CTV", 14.0, slices=9), ptv)
    assert max(fires(of, NESTED), key=lambda one: one.severity is Severity.ERROR).severity is severity


def test_a_little_that_reaches_out_is_a_warning_and_less_than_a_pixel_nothing() -> None:
    spike = replace(GTV.contours[0], points_mm=np.array([[8, 0, 0], [20, 0, 0], [20, 1, 0], [8, 1, 0]], float))
    outline = np.array(
        [[8, 0, 0], [20, 0, 0], [20, 1, 0], [8, 1, 0], [8, 8, 0], [-8, 8, 0], [-8, -8, 0], [8, -8, 0]], float
    )
    kept = [one for one in GTV.contours if one.points_mm[0, 2] != 0.0]
    spiked = replace(GTV, contours=(*kept, replace(spike, points_mm=outline)))
    found = fires(case(spiked, cube("PTV", 17.0, slices=11)), NESTED)
    assert [(finding.subject, finding.severity) for finding in found] == [("GTV", Severity.WARNING)]
    assert not fires(case(spiked, cube("PTV", 19.2, slices=11)), NESTED)


def test_a_gtv_in_no_ptv_is_found() -> None:
    found = fires(case(GTV, PTV, cube("GTV_2", 8.0, at=(60.0, 0.0, 0.0))), NESTED)
    assert [(finding.subject, finding.verdict, finding.observed) for finding in found] == [
        ("GTV_2", Verdict.NOT_EVALUATED, 0.0)
    ]
    assert found[0].message == "lies in no PTV: draw its PTV, or say to which plan it belongs"


def test_a_gtv_that_is_one_of_several_in_a_ptv_or_lies_in_several_has_one() -> None:
    both = cube("GTV_all", 8.0, at=(40.0, 0.0, 0.0))
    both = replace(both, contours=(*GTV.contours, *both.contours))
    of = case(GTV, PTV, cube("PTV_2", 17.0, at=(40.0, 0.0, 0.0), slices=11), both)
    assert not fires(of, NESTED)


@pytest.mark.parametrize(
    ("rois", "why"),
    [((GTV,), "no PTV is drawn"), ((PTV,), "neither a GTV nor a CTV is drawn")],
    ids=["no-ptv", "no-gtv"],
)
def test_without_volumes_to_compare_nothing_is_known(rois, why) -> None:
    (found,) = asked(case(*rois), NESTED)
    assert (found.verdict, found.reason) == (Verdict.NOT_EVALUATED, "not-checked")
    assert why in found.message


def sagittal(roi):
    """An ROI drawn on sagittal planes."""
    turned = (replace(one, points_mm=one.points_mm[:, [2, 1, 0]]) for one in roi.contours)
    return replace(roi, contours=tuple(turned))


def test_volumes_that_cannot_be_compared_are_named() -> None:
    found = asked(case(sagittal(GTV), PTV), NESTED)
    assert {finding.reason for finding in found} == {"not-checked"}
    assert all("orientation" in finding.message for finding in found)


# C7


def test_a_margin_of_8_mm_is_found_and_all_margins_are_shown() -> None:
    found = asked(case_of("margin-8mm"), MARGIN)
    assert [(finding.subject, finding.verdict) for finding in found] == [
        ("GTV to CTV", Verdict.INFO),
        ("CTV to PTV", Verdict.ACCEPTABLE),
    ]
    alert = found[1]
    assert alert.message.startswith("too large for 2 to 5 mm: median 8.0 mm")
    assert (alert.observed, alert.limit) == (pytest.approx(8.0, abs=0.1), "2 to 5 mm")


def test_a_ptv_that_is_the_ctv_is_found() -> None:
    (alert,) = fires(case(GTV, CTV, replace(CTV, name="PTV", interpreted_type="PTV")), MARGIN)
    assert alert.message.startswith("too small for 2 to 5 mm: median 0.0 mm")


def test_a_clinic_may_have_other_margins() -> None:
    tuning = Tuning(thresholds={"C7": {"high_mm": 8.0}}, because={"C7": "lung"})
    assert not fires(case_of("margin-8mm"), MARGIN, tuning)
    assert fires(case_of(), MARGIN, Tuning(thresholds={"C7": {"low_mm": 5.0, "high_mm": 7.0}}))


def test_from_gtv_to_ptv_a_margin_is_shown_only() -> None:
    found = asked(case(GTV, cube("PTV", 17.0, slices=11)), MARGIN)
    assert [(finding.subject, finding.verdict) for finding in found] == [
        ("GTV to PTV", Verdict.INFO),
        (MARGIN.title, Verdict.PASS),
    ]


def test_cropping_raises_no_alert_and_a_volume_that_is_all_cropped_is_not_known() -> None:
    cropped = studies.box_roi(3, "PTV", ((-17, 13), (-17, 17), (-16.5, 16.5)), "PTV", 3.0)
    skin = studies.box_roi(4, "Body", ((-90, 13), (-90, 90), (-46.5, 46.5)), "EXTERNAL", 3.0)
    assert not fires(case(CTV, cropped, skin), MARGIN)
    assert fires(case(CTV, cropped), MARGIN)
    tall, liver = (
        cube(name, 13.0, slices=slices, kind=kind)
        for name, slices, kind in (("CTV", 35, "CTV"), ("Liver", 61, "ORGAN"))
    )
    (found,) = asked(case(tall, replace(tall, name="PTV", interpreted_type="PTV"), liver), MARGIN)
    assert found.reason == "not-checked"
    assert "runs along the skin or organs" in found.message


def test_without_two_volumes_of_a_lesion_no_margin_is_known() -> None:
    (found,) = asked(case(PTV), MARGIN)
    assert (found.verdict, found.reason) == (Verdict.INFO, "not-checked")


def test_a_margin_that_cannot_be_measured_is_named() -> None:
    flat = [replace(one, contours=one.contours[:1]) for one in (CTV, PTV)]
    found = asked(case(*(moved(one, 0.0) for one in flat)), MARGIN)
    assert any(finding.reason == "not-checked" and "no slice spacing" in finding.message for finding in found)
