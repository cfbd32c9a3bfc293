"""Section F: resolution, spacing, age and kind of the planning CT, and what its field of view cuts off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.finding import Verdict
from rtcheck.plan_checks import Tuning
from rtcheck.plan_checks.image_facts import called, planning_cts
from rtcheck.plan_checks.images import CHECKS
from rtcheck.sheet import CaseSheet
from tests.plan_checks.samples import CLEAN, SILENT, asked, case_of, files, fires, mutant, sample

BY_ID = {check.id: check for check in CHECKS}
TWO = "two-lesions-two-plans"


def with_ct(**values):
    """The sample with its CT changed."""
    study = sample()
    (ct,) = study.images
    return Case(replace(study, images=(replace(ct, **values),)))


def at(positions):
    """The sample with slices at other places."""
    positions = np.array(positions, float)
    corners = np.column_stack([np.zeros((len(positions), 2)), positions])
    return with_ct(slice_positions_mm=positions, corners_mm=corners)


def without_ct():
    return Case(replace(sample(), images=()))


def only(case, check_id):
    (finding,) = fires(case, BY_ID[check_id])
    return finding


def unchecked(case, check_id):
    """What couldn't be looked at; the check hasn't passed then."""
    found = asked(case, BY_ID[check_id])
    assert Verdict.PASS not in {finding.verdict for finding in found}
    return [finding for finding in found if finding.reason == "not-checked"]


@pytest.mark.parametrize("name", [*CLEAN, TWO])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_clean_plan_raises_no_alert(name, check):
    found = asked(case_of(name), check)
    assert {finding.verdict for finding in found} <= SILENT
    assert Verdict.PASS in {finding.verdict for finding in found}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_without_a_ct_nothing_is_passed(check):
    (finding,) = unchecked(without_ct(), check.id)
    assert "no CT is among the files" in finding.message


def test_other_images_do_not_stand_for_the_ct():
    (finding,) = unchecked(with_ct(modality="MR"), "F1")
    assert "no CT is among the files (MR only)" in finding.message


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_says_where_it_comes_from(check):
    assert check.origin
    assert len(check.text) > len(check.title)


def test_the_planning_ct_is_that_which_was_drawn_on():
    study = sample()
    (ct,) = study.images
    other = replace(ct, series_instance_uid="1.2.3", sop_instance_uids=("1.2.3.1",), description=None)
    assert planning_cts(Case(replace(study, images=(other, ct)))) == (ct,)
    by_uid = replace(study.structure_set, referenced_image_uids=frozenset(), referenced_series_uids=("1.2.3",))
    assert planning_cts(Case(replace(study, structure_set=by_uid, images=(other, ct)))) == (other,)
    neither = replace(study.structure_set, referenced_image_uids=frozenset(), referenced_series_uids=())
    assert planning_cts(Case(replace(study, structure_set=neither, images=(other, ct)))) == (other, ct)
    assert (called(other), called(ct)) == ("CT series ...1.2.3", "CT 'Synthetic CT'")


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
    assert not fires(with_ct(**changes), BY_ID["F1"])


def test_sizes_that_are_not_stated_are_not_passed():
    assert "SliceThickness" in unchecked(with_ct(slice_thicknesses_mm=()), "F1")[0].message
    assert "a single slice" in unchecked(at([0]), "F1")[0].message


def test_a_thickness_is_read_from_the_files():
    def thick(dataset):
        dataset.SliceThickness = 5

    finding = only(Case(mutant({first_ct(): thick})), "F1")
    assert finding.observed == 5


def first_ct():
    return next(name for name in files() if name.startswith("CT/"))


def test_a_clinic_may_allow_thicker_slices():
    tuned = Tuning(thresholds={"F1": {"slice": 5}}, because={"F1": "palliative plans"})
    assert not fires(with_ct(slice_thicknesses_mm=(5.0,)), BY_ID["F1"], tuned)


# F2


def test_lost_slices_are_not_passed():
    finding = only(at([0, 3, 6, 12, 15, 24, 27, 30, 33]), "F2")
    assert (finding.verdict, finding.observed) == (Verdict.NOT_EVALUATED, 3)
    assert "6 mm from 6 to 12 mm" in finding.message


def test_lost_slices_are_noticed_in_the_files():
    names = sorted(name for name in files() if name.startswith("CT/"))
    finding = only(Case(mutant({}, without=[names[40], names[41]])), "F2")
    assert finding.observed == 2


def test_two_images_of_one_place_are_a_warning():
    finding = only(at([0, 3, 6, 6, 9, 12]), "F2")
    assert (finding.verdict, finding.observed) == (Verdict.ACCEPTABLE, 1)
    assert "the first at 6 mm" in finding.message


def test_unequal_distances_are_a_warning():
    finding = only(at([0, 3, 6, 9, 12, 14, 16, 19]), "F2")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "2 to 3 mm apart, not equally" in finding.message


def test_tissue_between_slices_that_is_not_imaged_is_a_warning():
    finding = only(with_ct(slice_thicknesses_mm=(1.0,)), "F2")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "what lies between isn't imaged" in finding.message


def test_overlapping_slices_pass():
    assert not fires(with_ct(slice_thicknesses_mm=(5.0,)), BY_ID["F2"])


def test_a_single_slice_has_no_spacing():
    (finding,) = unchecked(at([0]), "F2")
    assert finding.verdict is Verdict.NOT_EVALUATED


@given(start=st.floats(-2000, 2000), step=st.floats(0.5, 3), count=st.integers(3, 60), lost=st.integers(1, 58))
def test_a_lost_slice_is_found_wherever_it_was(start, step, count, lost):
    positions = start + step * np.arange(count + 2)
    whole = at(positions)
    found = {finding.message for finding in fires(whole, BY_ID["F2"])}
    assert not [message for message in found if "missing" in message or "equally" in message]
    inner = 1 + lost % count
    (finding,) = [
        one for one in fires(at(np.delete(positions, inner)), BY_ID["F2"]) if "seem to be missing" in one.message
    ]
    assert finding.observed == 1


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
    assert [finding.verdict for finding in asked(case, BY_ID["F4"])] == [Verdict.PASS]


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
    assert not fires(with_ct(corners_mm=corners, columns=ct.columns * 2), BY_ID["F5"])


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
