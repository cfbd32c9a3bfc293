"""Section C, contours as they were drawn: missing slices and stray pieces."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.finding import Severity, Verdict
from rtcheck.plan_checks.contour_pieces import pieces
from rtcheck.plan_checks.contours import has_many_pieces
from rtcheck.solid import solid_of
from rtcheck.study import ROI
from tests.plan_checks.drawings import box, contour, drawn, square, with_more, without
from tests.plan_checks.mutants import with_roi
from tests.plan_checks.samples import fires, only, reasons, sample

# C2


def test_a_bridged_slice_is_a_warning() -> None:
    finding = only(drawn(without(box(), 3)), "C2")
    assert (finding.verdict, finding.severity, finding.rois) == (Verdict.ACCEPTABLE, Severity.WARNING, ("Liver",))
    assert finding.observed == 4.0
    assert "gap of 4 mm bridged" in finding.message


def test_a_wider_gap_is_not_evaluated_as_no_limit_is_met_there() -> None:
    finding = only(drawn(without(box(), -1, 1, 3)), "C2")
    assert (finding.verdict, finding.severity) == (Verdict.NOT_EVALUATED, Severity.ERROR)
    assert "gap of 8 mm left open" in finding.message


def test_a_slice_lost_of_a_sample_is_found() -> None:
    finding = only(with_roi("Heart", lambda roi: replace(roi, contours=roi.contours[:10] + roi.contours[11:])), "C2")
    assert (finding.subject, finding.observed) == ("Heart", 6.0)


@pytest.mark.parametrize("name", ["Bowel_Small", "LN_Pelvics", "PTV_ALL", "PTV_ring"])
def test_a_gap_in_what_has_many_pieces_is_milder(name) -> None:
    assert only(drawn(without(box(name), -1, 1, 3)), "C2").verdict is Verdict.ACCEPTABLE


def test_two_parts_that_do_not_lie_above_each_other_have_no_gap() -> None:
    upper, lower = box(limits=((-20, 0), (-20, 0), (-20, -4))), box(limits=((5, 20), (5, 20), (4, 20)))
    assert fires(drawn(replace(upper, contours=upper.contours + lower.contours)), "C2") == []


def test_contours_on_every_second_slice_are_no_gaps() -> None:
    assert reasons(drawn(box(spacing_mm=4.0)), "C2") == [""]


def test_an_roi_without_a_volume_is_said_not_to_be_checked() -> None:
    case = drawn(replace(box(), contours=box().contours[:1]))
    assert reasons(case, "C2") == ["not-checked"]
    assert reasons(case, "C3") == ["not-checked"]


# C3


def test_a_click_far_from_the_liver_is_stray() -> None:
    finding = only(drawn(with_more(box(), square(50, 0, 2, 1))), "C3")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert finding.observed == pytest.approx(28.0)
    assert "0.032 cc at (50, 0, 1) mm" in finding.message


def test_a_fragment_that_crosses_itself_has_a_place_too() -> None:
    eight = contour([(48, -2), (52, 2.5), (52, -2.5), (48, 2)], 1)
    assert "at (50, 0, 1) mm" in only(drawn(with_more(box(), eight)), "C3").message


def test_a_click_in_a_sample_is_found_where_it_was_made() -> None:
    centre = solid_of(sample().structure_set.rois[1]).bounds_mm()
    stray = square(centre[2] + 40.0, 0.0, 2.0, 0.0)
    finding = only(with_roi("Liver", lambda roi: with_more(roi, stray)), "C3")
    assert finding.subject == "Liver"
    assert f"at ({centre[2] + 40:.0f}, 0, 0) mm" in finding.message


@pytest.mark.parametrize(
    "more",
    [
        [square(28, 0, 2, 1)],  # near
        [square(60, 0, 10, z) for z in (-1, 1)],  # large
        [square(60, 0, 2, z) for z in (-3, -1, 1)],  # on three slices
    ],
    ids=["near", "large", "three-slices"],
)
def test_what_is_near_or_large_or_tall_is_no_fragment(more) -> None:
    assert fires(drawn(with_more(box("PTV", "PTV"), *more)), "C3") == []


def test_organs_in_one_piece_have_no_second_one_however_large() -> None:
    second = [square(60, 0, 10, z) for z in range(-9, 10, 2)]
    finding = only(drawn(with_more(box("Heart"), *second)), "C3")
    assert "8 cc at (60, 0, 0) mm" in finding.message


def test_a_fragment_beside_another_large_piece_is_not_stray() -> None:
    second = [square(60, 0, 10, z) for z in range(-9, 10, 2)]
    near_the_second = square(75, 0, 2, 1)
    assert fires(drawn(with_more(box("PTV", "PTV"), *second, near_the_second)), "C3") == []


def test_slices_of_a_thin_oblique_organ_are_no_fragments() -> None:
    oblique = ROI(1, "OpticNrv_L", "ORGAN", tuple(square(3.0 * z, 0, 2, z) for z in range(0, 30, 2)))
    assert len(pieces(solid_of(oblique, 2.0))) == 15
    assert fires(drawn(oblique), "C3") == []


def test_pieces_above_each_other_are_apart_by_the_gap_between_them() -> None:
    finding = only(drawn(with_more(box("GTV", "GTV"), square(0, 0, 2, 41))), "C3")
    assert finding.observed == pytest.approx(20.0)  # from half a slice above 19 to half a slice below 41


@pytest.mark.parametrize("name", ["Bowel_Small", "Dünndarm", "Nodes", "GTV_ALL", "PTV ring", "Ribs"])
def test_bowel_nodes_and_helpers_may_have_many_pieces(name) -> None:
    assert fires(drawn(with_more(box(name), square(50, 0, 2, 1))), "C3") == []


def test_clips_and_isodoses_may_have_many_pieces() -> None:
    roi = box("Region", "DOSE_REGION")
    assert has_many_pieces(drawn(roi), roi)
