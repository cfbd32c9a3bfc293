"""Section A, the images that the structure set was drawn on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.finding import Confidence, Severity, Verdict
from tests.plan_checks.mutants import moved_rois, structures_with
from tests.plan_checks.samples import fires, only, sample, unchecked


def with_images(study, kept):
    (series,) = study.images
    return replace(study, images=(replace(series, sop_instance_uids=series.sop_instance_uids[:kept]),))


def test_missing_images_are_counted() -> None:
    finding = only(with_images(sample(), 120), "A5")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert finding.observed == pytest.approx(100 * 2 / 122)
    assert finding.message.startswith("2 of the 122 images")


def test_without_any_image_all_are_missing() -> None:
    finding = only(replace(sample(), images=()), "A5")
    assert (finding.verdict, finding.observed) == (Verdict.ACCEPTABLE, 100.0)


def test_images_of_which_none_was_drawn_on_are_an_error() -> None:
    finding = only(with_images(sample(), 0), "A5")
    assert (finding.verdict, finding.severity) == (Verdict.NOT_EVALUATED, Severity.ERROR)


def test_structure_set_that_names_no_image_could_be_any_ones() -> None:
    study = structures_with(referenced_image_uids=frozenset())
    assert unchecked(study, "A5")[0].verdict is Verdict.NOT_EVALUATED


def test_contours_between_slices_are_told_with_their_distance() -> None:
    finding = only(moved_rois(sample(), (0, 0, 1.2)), "A5")
    assert (finding.verdict, finding.confidence) == (Verdict.ACCEPTABLE, Confidence.HEURISTIC)
    assert finding.rois == ("Liver",)
    assert finding.observed == pytest.approx(1.2)


def test_contours_beyond_the_last_slice_are_told() -> None:
    assert only(moved_rois(sample(), (0, 0, 600)), "A5").observed > 200


def test_contours_a_rounding_off_their_slice_are_on_it() -> None:
    assert not fires(moved_rois(sample(), (30, 0, 0.3)), "A5")


def test_supports_from_a_library_lie_where_they_like() -> None:
    assert not fires(moved_rois(sample(), (0, 0, 1.2), interpreted_type="SUPPORT"), "A5")


def test_contours_across_the_slices_are_on_none_and_not_asked() -> None:
    turn = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, 1.0, 0]])
    study = sample()
    rois = [
        replace(roi, contours=tuple(replace(c, points_mm=c.points_mm @ turn) for c in roi.contours))
        for roi in study.structure_set.rois
        if roi.name == "Liver"
    ]
    assert not fires(structures_with(study, rois=tuple(rois)), "A5")


def test_structure_set_without_contours_lies_on_no_wrong_slice() -> None:
    assert not fires(structures_with(rois=()), "A5")


def test_a_single_slice_is_a_series_too() -> None:
    study = sample()
    (series,) = study.images
    one = replace(
        series, sop_instance_uids=series.sop_instance_uids[:1], slice_positions_mm=series.slice_positions_mm[:1]
    )
    alone = replace(structures_with(study, referenced_image_uids=frozenset(one.sop_instance_uids)), images=(one,))
    assert "lie on no slice" in only(alone, "A5").message


def test_most_contours_off_the_slices_are_an_error() -> None:
    (series,) = sample().images
    at_one_place = replace(series, slice_positions_mm=np.full(len(series.slice_positions_mm), -30.0))
    finding = only(replace(sample(), images=(at_one_place,)), "A5")
    assert (finding.verdict, finding.severity) == (Verdict.NOT_EVALUATED, Severity.ERROR)
    assert "839 of 851 contours" in finding.message


def test_most_contours_across_the_slices_were_not_looked_at() -> None:
    (series,) = sample().images
    sideways = replace(series, normal=np.array([1.0, 0.0, 0.0]))
    (finding,) = unchecked(replace(sample(), images=(sideways,)), "A5")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert "run across the slices of the CT" in finding.message
