"""Section C, contours and scan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.case import Case
from rtcheck.finding import Verdict
from rtcheck.plan_checks.contour_scan import scan_of
from tests.plan_checks.drawings import box, drawn, square, with_more
from tests.plan_checks.mutants import images_with, with_roi
from tests.plan_checks.samples import asked, fires, only, reasons, sample, unchecked

# C13


def test_contours_on_every_second_slice_are_a_warning() -> None:
    finding = only(with_roi("Liver", lambda roi: replace(roi, contours=box(spacing_mm=6.0).contours)), "C13")
    assert (finding.verdict, finding.observed, finding.limit) == (Verdict.ACCEPTABLE, 6.0, "<= 4.5 mm")


def test_a_target_on_three_slices_is_a_note_and_on_one_a_warning() -> None:
    def few(count):
        return with_roi("GTV", lambda roi: replace(roi, contours=roi.contours[:count]))

    assert only(few(3), "C13").verdict is Verdict.INFO
    one = only(few(1), "C13")
    assert one.verdict is Verdict.ACCEPTABLE
    assert "drawn on 1 slice:" in one.message


def test_without_images_the_spacing_is_said_not_to_be_known_and_slices_are_counted() -> None:
    findings = asked(drawn(replace(box(), contours=box().contours[:2])), "C13")
    assert "no planning CT among the files" in findings[0].message
    assert [(finding.reason, finding.verdict) for finding in findings] == [
        ("not-checked", Verdict.INFO),
        ("contour-spacing", Verdict.INFO),
    ]


def test_a_single_image_is_no_spacing() -> None:
    study = sample()
    (series,) = study.images
    one = replace(series, slice_positions_mm=series.slice_positions_mm[:1])
    assert reasons(Case(replace(study, images=(one,))), "C13") == ["not-checked"]


def test_the_spacing_is_that_of_the_ct_that_was_drawn_on() -> None:
    (ct,) = sample().images
    finer = replace(
        ct, slice_positions_mm=np.arange(-165.0, 200.0), sop_instance_uids=("1.2.3",), series_instance_uid="1.2"
    )
    assert not fires(replace(sample(), images=(finer, ct)), "C13")


def test_helpers_may_be_on_few_slices() -> None:
    assert "contour-spacing" not in reasons(drawn(replace(box("Low dose"), contours=box().contours[:1])), "C13")


# C15


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("Liver", Verdict.NOT_EVALUATED), ("Kidney_L", Verdict.ACCEPTABLE), ("Heart", Verdict.ACCEPTABLE)],
)
def test_an_organ_that_reaches_the_last_slice_is_an_alert(name, verdict) -> None:
    end_mm = sample().images[0].slice_positions_mm[-1]
    case = with_roi(name, lambda roi: with_more(roi, square(0, 0, 10, end_mm)))
    finding = only(case, "C15")
    assert (finding.verdict, finding.subject, finding.observed) == (verdict, name, end_mm)
    assert "the CT" in finding.message


def test_both_ends_are_told() -> None:
    low, high = sample().images[0].slice_positions_mm[[0, -1]]
    case = with_roi("Liver", lambda roi: with_more(roi, square(0, 0, 10, low), square(0, 0, 10, high)))
    assert "-165 mm and 198 mm" in only(case, "C15").message


def test_a_slice_before_the_end_is_let_pass() -> None:
    end_mm = sample().images[0].slice_positions_mm[-2]
    case = with_roi("Liver", lambda roi: with_more(roi, square(0, 0, 10, end_mm)))
    assert reasons(case, "C15") == [""]


@pytest.mark.parametrize("name", ["SpinalCord", "Esophagus", "Bowel_Small", "Body"])
def test_what_always_leaves_the_scan_is_no_alert(name) -> None:
    end_mm = sample().images[0].slice_positions_mm[-1]
    assert reasons(with_roi(name, lambda roi: with_more(roi, square(0, 0, 10, end_mm))), "C15") == [""]


def test_without_images_the_body_tells_how_far_the_scan_goes() -> None:
    body = box("Body", "EXTERNAL", ((-50, 50), (-50, 50), (-50, 50)))
    assert reasons(drawn(box(), body), "C15") == [""]
    liver = box(limits=((-20, 20), (-20, 20), (-20, 50)))
    assert "of 'Body'" in only(drawn(liver, body), "C15").message


def test_without_images_and_body_it_is_not_checked_and_the_images_are_missed_once() -> None:
    (finding,) = unchecked(drawn(box()), "C15")
    assert (finding.subject, finding.verdict, finding.rois) == ("planning CT", Verdict.INFO, ("Liver",))
    assert "no planning CT among the files" in finding.message


def test_images_that_tell_no_end_leave_an_organ_unjudged() -> None:
    study = drawn(box()).study
    (ct,) = images_with(slice_positions_mm=sample().images[0].slice_positions_mm[:1]).images
    (finding,) = unchecked(replace(study, images=(ct,)), "C15")
    assert (finding.verdict, finding.rois) == (Verdict.NOT_EVALUATED, ("Liver",))


def test_an_organ_beyond_the_body_is_not_checked() -> None:
    body = box("Body", "EXTERNAL", ((-50, 50), (-50, 50), (-10, 10)))
    assert reasons(drawn(box(), body), "C15") == ["not-checked"]


def test_where_no_such_organ_is_drawn_nothing_is_passed() -> None:
    (finding,) = unchecked(drawn(box("SpinalCord"), box("PTV", "PTV")), "C15")
    assert finding.verdict is Verdict.INFO


def test_images_that_do_not_hold_the_organs_are_not_the_scan() -> None:
    study = sample()
    (series,) = study.images
    few = replace(series, slice_positions_mm=series.slice_positions_mm[40:60])
    assert "Body" in scan_of(Case(replace(study, images=(few,)))).what
    assert scan_of(Case(study)).what == "the CT"


def test_the_series_that_was_drawn_on_goes_before_a_longer_one() -> None:
    study = sample()
    (series,) = study.images
    longer = np.arange(-300.0, 300.0, 3.0)
    other = replace(series, slice_positions_mm=longer, sop_instance_uids=("1.2.3",), modality="CT")
    assert scan_of(Case(replace(study, images=(other, series)))).low_mm == -165.0
