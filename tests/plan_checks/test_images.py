"""Section F: resolution, age and kind of the planning CT, and what its field of view cuts off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from rtcheck.case import Case
from rtcheck.finding import Verdict
from rtcheck.sheet import CaseSheet
from tests.plan_checks.mutants import slices_at, with_ct
from tests.plan_checks.samples import asked, files, fires, mutant, only, sample, unchecked

# F1


@pytest.mark.parametrize(
    ("changes", "observed", "match"),
    [
        ({"slice_thicknesses_mm": (3.0, 5.0)}, 5, "slices are 5 mm thick"),
        ({"slice_positions_mm": np.arange(10) * 5.0}, 5, "up to 5 mm apart"),
        ({"pixel_spacing_mm": (0.9, 1.1719)}, 1.1719, "pixels are 0.9 x 1.172 mm"),
    ],
)
def test_coarse_images_are_a_warning(changes, observed, match):
    finding = only(with_ct(**changes), "F1")
    assert (finding.verdict, finding.observed) == (Verdict.ACCEPTABLE, pytest.approx(observed))
    assert match in finding.message


@pytest.mark.parametrize(
    "changes",
    [
        {"slice_thicknesses_mm": (3.0009,)},
        {"slice_positions_mm": np.arange(10) * 3.0009},
        {"pixel_spacing_mm": (1.0009, 1.0)},
    ],
)
def test_rounding_does_not_make_images_coarse(changes):
    assert not fires(with_ct(**changes), "F1")


def test_sizes_that_are_not_stated_are_not_passed():
    assert "SliceThickness" in unchecked(with_ct(slice_thicknesses_mm=()), "F1")[0].message
    assert "SliceThickness" in unchecked(with_ct(slice_thicknesses_mm=(0.0, 3.0)), "F1")[0].message
    assert "a single slice" in unchecked(slices_at([0]), "F1")[0].message
    assert "lie at one place" in unchecked(slices_at([-30.0] * 10), "F1")[0].message


def test_a_thickness_is_read_from_the_files():
    def thick(dataset):
        dataset.SliceThickness = 5

    finding = only(Case(mutant({first_ct(): thick})), "F1")
    assert finding.observed == 5


def first_ct():
    return next(name for name in files() if name.startswith("CT/"))


def test_a_clinic_may_allow_thicker_slices():
    assert not fires(with_ct(slice_thicknesses_mm=(5.0,)), "F1", slice_mm=5.0)


# F3


@pytest.mark.parametrize(
    ("day", "observed", "match"),
    [
        ("20231101", 79, "was 79 days old when the plan 40Gy5F was made"),
        ("20240120", -1, "1 days younger than the plan"),
    ],
)
def test_an_old_ct_and_one_younger_than_the_plan_are_a_warning(day, observed, match):
    finding = only(with_ct(dates=(day,)), "F3")
    assert (finding.verdict, finding.observed, finding.unit) == (Verdict.ACCEPTABLE, observed, "days")
    assert match in finding.message


def test_the_first_day_of_a_series_counts():
    assert only(with_ct(dates=("20231101", "20240115")), "F3").observed == 79


@pytest.mark.parametrize("dates", [(), ("19010101",), ("20240231",), ("someday",)])
def test_a_day_that_makes_no_sense_is_not_passed(dates):
    (finding,) = unchecked(with_ct(dates=dates), "F3")
    assert "no date that makes sense" in finding.message


def test_the_declared_day_counts_where_the_images_have_none():
    study = with_ct(dates=()).study
    declared = CaseSheet(dates={"planning_ct": date(2023, 11, 1)})
    assert only(Case(study, sheet=declared), "F3").observed == 79


@pytest.mark.parametrize("day", [None, "19010101"])
def test_a_plan_without_a_day_is_not_passed(day):
    study = sample()
    (one,) = study.plan_doses
    dated = replace(study, plan_doses=(replace(one, plan=replace(one.plan, date=day)),))
    assert "has no date" in unchecked(Case(dated), "F3")[0].message
    assert "no RT Plan" in unchecked(Case(replace(study, plan_doses=(replace(one, plan=None),))), "F3")[0].message


def test_the_day_is_read_from_the_files():
    def old(dataset):
        dataset.AcquisitionDate = "20230101"

    assert only(Case(mutant({first_ct(): old})), "F3").observed == 383


# F4


@pytest.mark.parametrize(
    ("types", "description", "verdict", "match"),
    [
        (("DERIVED/SECONDARY/AXIAL/AVERAGE",), "Thorax", Verdict.INFO, "an average of a 4D CT"),
        (("ORIGINAL/PRIMARY/AXIAL",), "4D_AVG", Verdict.INFO, "an average of a 4D CT"),
        (("DERIVED/SECONDARY",), "Ave-IP 0-100%", Verdict.INFO, "an average of a 4D CT"),
        (("DERIVED/SECONDARY/PROJECTION IMAGE/MIP",), None, Verdict.ACCEPTABLE, "an intensity projection"),
        (("ORIGINAL/PRIMARY/AXIAL",), "4D MinIP", Verdict.ACCEPTABLE, "an intensity projection"),
        (("ORIGINAL/PRIMARY/AXIAL",), "Gated 50.0%", Verdict.INFO, "a phase of a 4D"),
        ((), "4DCT", Verdict.INFO, "a phase of a 4D"),
    ],
)
def test_what_was_made_of_a_4d_ct_is_recognised(types, description, verdict, match):
    finding = only(with_ct(image_types=types, description=description), "F4")
    assert finding.verdict is verdict
    assert match in finding.message


@pytest.mark.parametrize(
    "description", ["Abdomen portal venous phase", "CT 3.0 B30s", "Liver 2mm", "RT Planning", "Mipo", "Gravely"]
)
def test_ordinary_series_are_no_4d_ct(description):
    case = with_ct(image_types=("ORIGINAL/PRIMARY/AXIAL",), description=description)
    assert [finding.verdict for finding in asked(case, "F4")] == [Verdict.PASS]


def test_a_series_that_says_nothing_is_not_passed():
    (finding,) = unchecked(with_ct(image_types=(), description=None), "F4")
    assert "neither" in finding.message


def test_a_projection_is_read_from_the_files():
    def projected(dataset):
        dataset.ImageType = ["DERIVED", "SECONDARY", "AXIAL", "MIP"]

    assert only(Case(mutant({first_ct(): projected})), "F4").verdict is Verdict.ACCEPTABLE


# F5


def test_a_body_at_the_border_of_the_images_is_a_warning():
    study = sample()
    (ct,) = study.images
    body = Case(study).body
    points = np.concatenate([contour.points_mm for contour in body.closed_contours])
    left = points[:, 0].min() + 5
    # The first column goes through the patient's side.
    corners = ct.corners_mm.copy()
    corners[:, 0] = left
    finding = only(with_ct(corners_mm=corners, columns=ct.columns * 2), "F5")
    assert (finding.verdict, finding.rois) == (Verdict.ACCEPTABLE, (body.name,))
    assert f"(first column: {finding.observed:.0f})" in finding.message
    narrow = with_ct(rows=int((points[:, 1].max() - 20 - ct.corners_mm[0, 1]) / ct.pixel_spacing_mm[0]))
    assert "last row" in only(narrow, "F5").message


def test_a_body_that_only_touches_the_border_is_let_pass():
    study = sample()
    body = Case(study).body
    points = np.concatenate([contour.points_mm for contour in body.closed_contours])
    ct = study.images[0]
    corners = ct.corners_mm.copy()
    corners[:, 0] = points[:, 0].min() - 2.01 + ct.pixel_spacing_mm[1] / 2
    assert not fires(with_ct(corners_mm=corners, columns=ct.columns * 2), "F5")


def test_without_a_body_or_the_place_of_the_images_nothing_is_passed():
    study = sample()
    rois = tuple(roi for roi in study.structure_set.rois if roi.interpreted_type != "EXTERNAL")
    bodiless = replace(study, structure_set=replace(study.structure_set, rois=rois))
    assert "no ROI is the whole body" in unchecked(Case(bodiless), "F5")[0].message
    assert "where its images begin" in unchecked(with_ct(corners_mm=np.empty((0, 3))), "F5")[0].message


def test_a_smaller_field_of_view_is_read_from_the_files():
    names = [name for name in files() if name.startswith("CT/")]

    def cut(dataset):
        column, row, height = dataset.ImagePositionPatient
        dataset.ImagePositionPatient = [column + 100, row, height]

    assert "first column" in only(Case(mutant(dict.fromkeys(names, cut))), "F5").message
