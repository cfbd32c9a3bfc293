"""Section C: contours as they were drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.finding import Severity, Verdict
from rtcheck.plan_checks import Tuning
from rtcheck.plan_checks.contours import CHECKS, Piece, has_many_pieces, is_organ, is_target, pieces, scan_of
from rtcheck.solid import solid_of
from rtcheck.study import ROI, Contour, GeometricType
from tests import studies
from tests.plan_checks.samples import CLEAN, SILENT, asked, case_of, fires, sample

BY_ID = {check.id: check for check in CHECKS}
BOX = ((-20, 20), (-20, 20), (-20, 20))
CLOSED = GeometricType.CLOSED_PLANAR


def contour(points, z_mm, kind=CLOSED):
    flat = np.array(points, float)
    return Contour(kind, np.column_stack([flat, np.full(len(flat), float(z_mm))]))


def square(x_mm, y_mm, half_mm, z_mm, kind=CLOSED):
    return contour(
        [(x_mm + i * half_mm, y_mm + j * half_mm) for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))], z_mm, kind
    )


def box(name="Liver", kind="ORGAN", limits=BOX, spacing_mm=2.0, number=1):
    return studies.box_roi(number, name, limits, kind, spacing_mm)


def without(roi, *heights_mm):
    """An ROI without its contours at some heights."""
    kept = tuple(one for one in roi.contours if not np.isclose(one.points_mm[0, 2], heights_mm).any())
    assert len(kept) == len(roi.contours) - len(heights_mm)
    return replace(roi, contours=kept)


def with_more(roi, *more):
    return replace(roi, contours=(*roi.contours, *more))


def drawn(*rois):
    return Case(studies.study(rois, studies.dose(1.0)))


def with_roi(name, change):
    """The sample with one ROI changed."""
    study = sample()
    rois = tuple(change(roi) if roi.name == name else roi for roi in study.structure_set.rois)
    assert rois != study.structure_set.rois
    return Case(replace(study, structure_set=replace(study.structure_set, rois=rois)))


def cut(below_mm=-np.inf, above_mm=np.inf):
    """A change that keeps what lies between two heights."""

    def change(roi):
        kept = tuple(one for one in roi.contours if below_mm <= one.points_mm[0, 2] <= above_mm)
        return replace(roi, contours=kept)

    return change


def only(case, check_id, **thresholds):
    tuning = Tuning(thresholds={check_id: thresholds}, because={check_id: "test"})
    (finding,) = fires(case, BY_ID[check_id], tuning)
    return finding


def reasons(case, check_id):
    return [finding.reason for finding in asked(case, BY_ID[check_id])]


@pytest.mark.parametrize("name", [*CLEAN, "two-lesions-two-plans"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_clean_samples_are_let_pass(name, check) -> None:
    assert {finding.verdict for finding in asked(case_of(name), check)} <= SILENT


@pytest.mark.parametrize("name", ["eclipse-breast", "raystation-brain-5mets"])
def test_real_structure_sets_raise_no_alert_that_counts(name, shared_data) -> None:
    from rtcheck.dicom import read_study

    case = Case(read_study(shared_data / name))
    assert {finding.verdict for check in CHECKS for finding in asked(case, check)} <= SILENT


def test_checks_have_an_origin_a_title_and_a_text_each() -> None:
    assert [check.id for check in CHECKS] == ["C2", "C3", "C12", "C13", "C15"]
    assert all(check.origin and check.title and check.text for check in CHECKS)


# Kinds of ROIs


@pytest.mark.parametrize(
    ("name", "kind", "target"),
    [
        ("PTV_1", "PTV", True),
        ("Tumor Bed", "CTV", True),
        ("ptv 4 AND 5", "ORGAN", True),
        ("GTV", None, True),
        ("PTV1_WALL", "ORGAN", False),
        ("PTV couch", "SUPPORT", False),
        ("Liver", "ORGAN", False),
    ],
)
def test_targets_are_told_by_type_and_where_that_is_open_by_name(name, kind, target) -> None:
    assert is_target(box(name, kind)) is target


def test_body_and_couch_are_no_organs_of_the_list() -> None:
    rois = [box("Body", "EXTERNAL"), box("CouchSurface", "SUPPORT"), box("Leber"), box("Low Dose Region")]
    assert [is_organ(drawn(*rois), roi) for roi in rois] == [False, False, True, False]


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
    assert fires(drawn(replace(upper, contours=upper.contours + lower.contours)), BY_ID["C2"]) == []


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
    assert fires(drawn(with_more(box("PTV", "PTV"), *more)), BY_ID["C3"]) == []


def test_organs_in_one_piece_have_no_second_one_however_large() -> None:
    second = [square(60, 0, 10, z) for z in range(-9, 10, 2)]
    finding = only(drawn(with_more(box("Heart"), *second)), "C3")
    assert "8 cc at (60, 0, 0) mm" in finding.message


def test_a_fragment_beside_another_large_piece_is_not_stray() -> None:
    second = [square(60, 0, 10, z) for z in range(-9, 10, 2)]
    near_the_second = square(75, 0, 2, 1)
    assert fires(drawn(with_more(box("PTV", "PTV"), *second, near_the_second)), BY_ID["C3"]) == []


def test_slices_of_a_thin_oblique_organ_are_no_fragments() -> None:
    oblique = ROI(1, "OpticNrv_L", "ORGAN", tuple(square(3.0 * z, 0, 2, z) for z in range(0, 30, 2)))
    assert len(pieces(solid_of(oblique, 2.0))) == 15
    assert fires(drawn(oblique), BY_ID["C3"]) == []


def test_pieces_above_each_other_are_apart_by_the_gap_between_them() -> None:
    finding = only(drawn(with_more(box("GTV", "GTV"), square(0, 0, 2, 41))), "C3")
    assert finding.observed == pytest.approx(20.0)  # from half a slice above 19 to half a slice below 41


@pytest.mark.parametrize("name", ["Bowel_Small", "Dünndarm", "Nodes", "GTV_ALL", "PTV ring", "Ribs"])
def test_bowel_nodes_and_helpers_may_have_many_pieces(name) -> None:
    assert fires(drawn(with_more(box(name), square(50, 0, 2, 1))), BY_ID["C3"]) == []


def test_clips_and_isodoses_may_have_many_pieces() -> None:
    roi = box("Region", "DOSE_REGION")
    assert has_many_pieces(drawn(roi), roi)


@settings(max_examples=10)
@given(x_mm=st.floats(-60, 60), y_mm=st.floats(-60, 60), z_mm=st.floats(-60, 60))
def test_the_distance_of_two_pieces_is_that_of_their_nearest_points(x_mm, y_mm, z_mm) -> None:
    columns = [*(square(0, 0, 5, z) for z in range(0, 20, 2)), *(square(200, 0, 5, z) for z in range(0, 20, 2))]
    first, second = pieces(solid_of(ROI(1, "Two", None, tuple(columns)), 2.0))
    moved = [shapely.affinity.translate(outline, x_mm, y_mm) for outline in second.outlines]
    other = Piece(1.0, np.array(moved), second.bottom_mm + z_mm, second.top_mm + z_mm)
    low = np.array([first.outlines[0].bounds[0] - moved[0].bounds[2], abs(y_mm) - 10.0, abs(z_mm) - 20.0])
    low[0] = max(low[0], moved[0].bounds[0] - first.outlines[0].bounds[2])
    assert first.distance_mm(other) == pytest.approx(np.linalg.norm(low.clip(min=0.0)))


@settings(max_examples=20)
@given(count=st.integers(1, 4), step_mm=st.floats(0.0, 3.9))
def test_towers_are_as_many_pieces_as_towers(count, step_mm) -> None:
    towers = [square(40.0 * i + step_mm * (z % 4), 0, 4, z) for i in range(count) for z in range(0, 12, 2)]
    found = pieces(solid_of(ROI(1, "Towers", None, tuple(towers)), 2.0))
    assert len(found) == (count if count > 1 else 0)  # one pile isn't looked into
    assert sum(piece.volume_cc for piece in found) == pytest.approx(count * 0.768 if count > 1 else 0.0)


# C12


def test_a_figure_of_eight_is_found() -> None:
    eight = contour([(-10, -10), (10, 10), (10, -10), (-10, 10)], 1)
    finding = only(drawn(with_more(without(box(), 1), eight)), "C12")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "1 of 20 contours cross or run over themselves (200 mm2)" in finding.message


def test_a_loop_run_over_twice_is_found() -> None:
    inner = [(-5, -5), (5, -5), (5, 5), (-5, 5)]
    loop = contour([(-20, -20), (20, -20), (20, 20), (-20, 20), (-20, -20), *inner, (-5, -5)], 1)
    assert "cross or run over themselves" in only(drawn(with_more(without(box(), 1), loop)), "C12").message


def test_a_keyhole_and_a_contour_that_touches_itself_are_let_pass() -> None:
    hole = [(-5, 5), (5, 5), (5, -5), (-5, -5)]
    keyhole = contour([(-20, -20), *hole, (-5, 5), (-20, -20), (20, -20), (20, 20), (-20, 20)], 1)
    touching = contour([(-20, -20), (0, -20), (0, 0), (20, 0), (20, 20), (0, 20), (0, 0), (-20, 0)], 3)
    roi = with_more(without(box(), 1, 3), keyhole, touching)
    assert reasons(drawn(roi), "C12") == [""]


def test_a_crossing_below_the_share_is_let_pass_and_a_clinic_may_ask_for_it() -> None:
    notch = contour([(-20, -20), (20, -20), (20, 20), (0, 20), (1, 21), (0, 21), (1, 20), (-20, 20)], 1)
    case = drawn(with_more(without(box(), 1), notch))
    assert fires(case, BY_ID["C12"]) == []
    assert only(case, "C12", crossing_percent=0.001).verdict is Verdict.ACCEPTABLE


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (contour([(0, 0), (1, 1)], 25), "1 contour has fewer than three points"),
        (contour([(0, 0), (5, 5), (10, 10)], 1), "1 contour has no area"),
        (square(0, 0, 5, 25, GeometricType.OPEN_PLANAR), "OPEN_PLANAR contours bound no area"),
    ],
    ids=["points", "line", "open"],
)
def test_what_bounds_no_area_is_a_warning_in_an_organ_and_a_note_elsewhere(more, told) -> None:
    loud, low = (only(drawn(with_more(box(name), more)), "C12") for name in ("Liver", "Wire left"))
    assert told in loud.message
    assert (loud.verdict, low.verdict) == (Verdict.ACCEPTABLE, Verdict.INFO)


def test_points_are_no_fault() -> None:
    point = contour([(0, 0)], 1, GeometricType.POINT)
    assert reasons(drawn(with_more(box(), point), ROI(2, "Iso", "ISOCENTER", (point,))), "C12") == [""]


def test_points_a_little_off_their_plane_are_a_note() -> None:
    tilted = box().contours[5]
    points = tilted.points_mm + np.array([[0, 0, 0], [0, 0, 0.2], [0, 0, 0.2], [0, 0, 0]])
    roi = without(box(), float(tilted.points_mm[0, 2]))
    finding = only(drawn(with_more(roi, Contour(CLOSED, points))), "C12")
    assert finding.verdict is Verdict.INFO
    assert "points off their plane" in finding.message


def test_a_helper_without_a_volume_is_a_note_and_no_other_check_waits_for_it() -> None:
    line = contour([(0, 0), (5, 5), (10, 10)], 1)
    case = drawn(ROI(1, "Ring 2cm", None, (line,)))
    assert only(case, "C12").verdict is Verdict.INFO
    assert reasons(case, "C2") == reasons(case, "C3") == [""]


def test_contours_that_share_no_plane_are_a_warning_with_the_reason() -> None:
    tilted = Contour(CLOSED, box().contours[0].points_mm + np.array([[0, 0, 0], [0, 0, 9], [0, 0, 3], [0, 0, 0]]))
    finding = only(drawn(with_more(box(), tilted)), "C12")
    assert (finding.verdict, finding.severity) == (Verdict.ACCEPTABLE, Severity.WARNING)
    assert "parallel planes" in finding.message


def test_contours_drawn_twice_are_a_note_and_nearly_twice_a_warning() -> None:
    twice = with_more(box(), box().contours[3])
    alike = with_more(box(), square(0, 0, 19.5, 1))
    assert only(drawn(twice), "C12").verdict is Verdict.INFO
    assert only(drawn(alike), "C12").verdict is Verdict.ACCEPTABLE
    assert only(drawn(replace(alike, name="Liver_wall")), "C12").verdict is Verdict.INFO


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
    findings = asked(drawn(replace(box(), contours=box().contours[:2])), BY_ID["C13"])
    assert [(finding.reason, finding.verdict) for finding in findings] == [
        ("not-checked", Verdict.INFO),
        ("contour-spacing", Verdict.INFO),
    ]


def test_a_single_image_is_no_spacing() -> None:
    study = sample()
    (series,) = study.images
    one = replace(series, slice_positions_mm=series.slice_positions_mm[:1])
    assert reasons(Case(replace(study, images=(one,))), "C13") == ["not-checked"]


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
    body = box("Body", "EXTERNAL", ((-50, 50), (-50, 50), (-50, 50)), number=2)
    assert reasons(drawn(box(), body), "C15") == [""]
    liver = box(limits=((-20, 20), (-20, 20), (-20, 50)))
    assert "of 'Body'" in only(drawn(liver, body), "C15").message


def test_without_images_and_body_it_is_not_checked() -> None:
    (finding,) = asked(drawn(box()), BY_ID["C15"])
    assert (finding.reason, finding.verdict, finding.rois) == ("not-checked", Verdict.NOT_EVALUATED, ("Liver",))


def test_an_organ_beyond_the_body_is_not_checked() -> None:
    body = box("Body", "EXTERNAL", ((-50, 50), (-50, 50), (-10, 10)), number=2)
    assert reasons(drawn(box(), body), "C15") == ["not-checked"]


def test_nothing_is_asked_where_no_such_organ_is_drawn() -> None:
    assert reasons(drawn(box("SpinalCord"), box("PTV", "PTV", number=2)), "C15") == [""]


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
