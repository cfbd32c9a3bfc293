"""The planning CT's slices and pixels, by their tags and by their positions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rtcheck.finding import Verdict
from rtcheck.rules import Level, PixelSize, SliceThickness
from tests.compliance.cases import ask_one, case, ct, rule, with_images

SLICE, PIXEL = rule(SliceThickness), rule(PixelSize)


def sliced(*series, **structures):
    return ask_one(case(with_images(*series, **structures)), SLICE)


@pytest.mark.parametrize(
    ("thickness_mm", "spacing_mm", "verdict"),
    [
        (3.0, 3.0, Verdict.PASS),
        (3.0005, 3.0005, Verdict.PASS),
        (3.002, 3.0, Verdict.FAIL),
        (2.5, 5.0, Verdict.FAIL),
        (5.0, 2.5, Verdict.FAIL),
        (1.0, 1.0, Verdict.PASS),
    ],
)
def test_tag_and_distance_must_both_keep_the_limit_inclusive(thickness_mm, spacing_mm, verdict) -> None:
    finding = sliced(ct(thickness_mm, spacing_mm))
    assert finding.verdict is verdict
    assert finding.observed == pytest.approx(max(thickness_mm, spacing_mm))
    assert [one.value for one in finding.measured] == pytest.approx([thickness_mm, spacing_mm])


def test_the_largest_gap_counts_and_not_the_usual_one() -> None:
    finding = sliced(ct(3.0, positions_mm=[0, 3, 6, 12, 15]))
    assert (finding.verdict, finding.reason, finding.observed) == (Verdict.FAIL, "ct-too-coarse", 6.0)


def test_a_thickness_that_some_images_dont_state_isnt_that_of_all() -> None:
    finding = sliced(replace(ct(), thickness_unstated=4))
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert "4 of 5 images" in finding.message


def test_a_number_beyond_the_limit_isnt_rounded_onto_it() -> None:
    assert "3.002 mm" in sliced(ct(3.002, 3.0)).message


@pytest.mark.parametrize("asked", [SLICE, PIXEL])
def test_without_a_ct_nothing_is_measured(asked) -> None:
    for of in (with_images(), with_images(ct(modality="MR"))):
        finding = ask_one(case(of), asked)
        assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "no-planning-ct")
        assert "no planning CT" in finding.message


def test_a_ct_that_the_structure_set_wasnt_drawn_on_is_not_the_planning_ct() -> None:
    finding = sliced(ct(uid="1.2.6"), referenced_series_uids=("1.2.5",))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "no-planning-ct")
    assert "isn't the one" in finding.message


def test_the_series_that_the_structure_set_references_counts_alone() -> None:
    coarse, fine = ct(5.0, 5.0, uid="1.2.6"), ct(uid="1.2.5")
    assert sliced(coarse, fine, referenced_series_uids=("1.2.5",)).verdict is Verdict.PASS
    assert sliced(coarse, fine, referenced_image_uids=frozenset(coarse.sop_instance_uids)).verdict is Verdict.FAIL


def test_of_several_series_all_must_hold_where_nothing_says_which_was_drawn_on() -> None:
    finding = sliced(ct(5.0, 5.0, uid="1.2.6"), ct(uid="1.2.5"))
    assert (finding.verdict, finding.observed) == (Verdict.FAIL, 5.0)
    assert "2 CT series" in finding.message


def test_a_thickness_that_isnt_stated_isnt_guessed_from_the_distance() -> None:
    finding = sliced(ct(None, 3.0))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "ct-unclear")
    assert "isn't stated" in finding.message
    assert sliced(ct(None, 5.0)).verdict is Verdict.FAIL


@pytest.mark.parametrize("thickness_mm", [0.0, float("nan")])
def test_a_thickness_that_cant_be_isnt_thin(thickness_mm) -> None:
    assert sliced(ct(thickness_mm, 3.0)).verdict is Verdict.NOT_EVALUATED


def test_a_single_slice_has_no_distance() -> None:
    assert sliced(ct(slices=1)).verdict is Verdict.NOT_EVALUATED


def test_images_that_are_missing_are_counted_and_leave_the_answer_open() -> None:
    series = ct()
    finding = sliced(series, referenced_image_uids=frozenset({*series.sop_instance_uids, "1.9", "1.8"}))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "ct-unclear")
    assert "2 images that the structure set references aren't among the files" in finding.message


def test_thick_slices_fail_whatever_else_is_missing() -> None:
    series = ct(5.0, 5.0)
    assert sliced(series, referenced_image_uids=frozenset({*series.sop_instance_uids, "1.9"})).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("pixel_mm", "verdict"),
    [
        ((0.977, 0.977), Verdict.PASS),
        ((1.0, 1.0), Verdict.PASS),
        ((1.0009, 1.0), Verdict.PASS),
        ((1.27, 1.27), Verdict.FAIL),
        ((0.9, 1.1), Verdict.FAIL),
        ((1.1, 0.9), Verdict.FAIL),
    ],
)
def test_pixels_must_be_small_along_both_axes(pixel_mm, verdict) -> None:
    finding = ask_one(case(with_images(ct(pixel_mm=pixel_mm))), PIXEL)
    assert (finding.verdict, finding.observed) == (verdict, max(pixel_mm))


def test_a_declared_date_that_isnt_the_cts_leaves_the_answer_open_and_names_both() -> None:
    dates = {"planning_ct": date(2025, 3, 11)}
    for asked in (SLICE, PIXEL):
        finding = ask_one(case(with_images(ct()), dates=dates), asked)
        assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "ct-unclear")
        assert "2025-03-11" in finding.message
        assert "2025-03-10" in finding.message
    coarse = ask_one(case(with_images(ct(5.0, 5.0)), dates=dates), SLICE)
    assert coarse.verdict is Verdict.FAIL


@pytest.mark.parametrize("dates", [("20250310",), ("20250309", "20250310"), ()])
def test_a_declared_date_among_the_cts_contradicts_nothing(dates) -> None:
    of = with_images(ct(dates=dates))
    assert ask_one(case(of, dates={"planning_ct": date(2025, 3, 10)}), SLICE).verdict is Verdict.PASS


def test_a_recommended_thickness_that_is_exceeded_is_acceptable() -> None:
    asked = replace(SLICE, level=Level.RECOMMENDED)
    assert ask_one(case(with_images(ct(5.0, 5.0))), asked).verdict is Verdict.ACCEPTABLE


@pytest.mark.parametrize("positions_mm", [[-30.0] * 5, [0, 3, 6, 6, 9]])
def test_slices_at_one_place_have_no_distance(positions_mm) -> None:
    finding = sliced(ct(3.0, positions_mm=positions_mm))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "ct-unclear")
    assert "where another one does" in finding.message
    assert ask_one(case(with_images(ct(positions_mm=positions_mm))), PIXEL).verdict is Verdict.PASS
    assert sliced(ct(5.0, positions_mm=positions_mm)).verdict is Verdict.FAIL
