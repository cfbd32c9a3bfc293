"""Section B, dose grid: is it fine, deep and large enough?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.case import Case
from rtcheck.finding import Verdict
from rtcheck.plan_checks import Tuning
from tests import studies
from tests.plan_checks.plans import PTV, TOTAL_GY, target_study
from tests.plan_checks.samples import asked, case_of, fires, only, reasons, sample, unchecked

BESIDE = ((-30, -14), (-12, 12), (-12, 12))


def study_of(dose=None, rois=None, **changes):
    drawn = [PTV, studies.box_roi(2, "Liver", BESIDE)] if rois is None else rois
    return target_study(rois=drawn, dose=dose or studies.dose(TOTAL_GY, spacing_mm=3.0), **changes)


def case(dose=None, **changes):
    return Case(study_of(dose, **changes))


def peak(x, y, z):
    """60 Gy in the middle, nothing at 54 mm."""
    return np.clip(60.0 - 60.0 * np.sqrt(x * x + y * y + z * z) / 54.0, 0.0, None)


# B3


def with_offsets(offsets):
    dose = studies.dose(TOTAL_GY)
    grid = replace(dose.grid, frame_offsets_mm=np.asarray(offsets, float), shape=(len(offsets), *dose.grid.shape[1:]))
    return replace(dose, grid=grid, dose_gy=np.full(grid.shape, TOTAL_GY, np.float32))


def test_missing_frame_is_told() -> None:
    finding = only(case(with_offsets([0, 4, 12, 16])), "B3")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "4 to 8 mm apart" in finding.message


def test_frames_that_run_downwards_are_shown_and_rounded_offsets_are_equal() -> None:
    found = asked(case(with_offsets([0, -4, -8.01, -12])), "B3")
    assert [finding.reason for finding in found] == ["shown", ""]


def test_a_single_frame_is_warned_of() -> None:
    assert "single frame" in only(case(with_offsets([0.0])), "B3").message


# B4


def test_coarse_steps_of_the_stored_dose_are_told() -> None:
    finding = only(case(replace(studies.dose(TOTAL_GY), dose_grid_scaling=0.05)), "B4")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert finding.observed == pytest.approx(100 * 0.05 / TOTAL_GY)


def test_steps_are_held_against_the_dose_where_it_is_below_the_prescription() -> None:
    assert only(case(replace(studies.dose(0.4), dose_grid_scaling=0.01)), "B4").observed == pytest.approx(2.5)


def capped(bits_stored=16, **changes):
    scaling = TOTAL_GY / (2**16 - 1)
    dose = studies.dose(lambda x, y, z: np.minimum(peak(x, y, z), TOTAL_GY))
    return replace(dose, dose_grid_scaling=scaling, bits_stored=bits_stored, **changes)


@pytest.mark.parametrize("bits_stored", [16, None])
def test_doses_cut_off_at_the_largest_number_are_told(bits_stored) -> None:
    finding = only(case(capped(bits_stored)), "B4")
    assert "were higher ones cut" in finding.message
    assert finding.observed > 100


def test_a_plateau_below_the_largest_number_is_a_dose() -> None:
    assert not fires(case(capped(32)), "B4")
    assert not fires(case(replace(capped(), dose_grid_scaling=0.001)), "B4")
    assert not fires(case(capped(parts=(studies.source("RTDOSE"),))), "B4")


@pytest.mark.parametrize("check_id", ["B4", "B7"])
def test_a_dose_of_zero_is_not_judged(check_id) -> None:
    assert "zero" in unchecked(case(studies.dose(0.0)), check_id)[0].message


# B5


@pytest.mark.parametrize(
    ("spacing_mm", "fractions", "fired"),
    [(3.0, 5, False), (3.002, 5, False), (3.5, 5, True), (4.0, 20, False), (5.0, 20, True)],
)
def test_grid_is_as_fine_as_the_technique_asks(spacing_mm, fractions, fired) -> None:
    found = fires(case(studies.dose(TOTAL_GY, spacing_mm=spacing_mm), fractions=fractions), "B5")
    assert bool(found) is fired


def test_small_targets_ask_for_a_finer_grid() -> None:
    tiny = [studies.box_roi(1, "PTV", ((-4, 4), (-4, 4), (-4, 4)), "PTV")]
    finding = only(case(rois=tiny, fractions=20), "B5")
    assert finding.limit == "<= 2.5 mm"
    assert "PTV 0.51 cc" in finding.message


def test_a_clinic_may_ask_for_more() -> None:
    tuning = Tuning(thresholds={"B5": {"stereotactic_mm": 2.0}}, because={"B5": "our protocol"})
    (finding,) = fires(case(), "B5", tuning)
    assert finding.observed == pytest.approx(3.0)
    assert "our protocol" in finding.overrides


def test_grid_without_a_target_is_only_held_against_the_technique() -> None:
    (finding,) = unchecked(case(rois=[]), "B5")
    assert "no target" in finding.message


def test_a_grid_too_coarse_for_stereotaxy_is_not_passed_where_the_dose_per_fraction_is_not_known() -> None:
    coarse = studies.dose(TOTAL_GY, spacing_mm=3.5)
    (finding,) = unchecked(case(coarse, total_gy=None, fractions=None), "B5")
    assert "its dose per fraction isn't known" in finding.message
    assert reasons(case(total_gy=None, fractions=None), "B5") == [""]


def test_each_plan_of_a_sum_is_held_against_its_own_targets() -> None:
    found = fires(case_of("two-lesions-two-plans"), "B5")
    assert [finding.subject for finding in found] == ["Liver 40Gy5F", "T12 27Gy3F"]
    assert [finding.observed for finding in found] == [4.0, 3.5]


# B6


def test_targets_outside_are_errors_and_organs_are_warnings() -> None:
    found = fires(case(studies.dose(TOTAL_GY, low_mm=(-60, -60, 0))), "B6")
    assert {finding.subject: finding.verdict for finding in found} == {
        "PTV": Verdict.FAIL,
        "Liver": Verdict.ACCEPTABLE,
    }
    assert {round(finding.observed) for finding in found} == {50}


def test_half_a_slice_beyond_the_grid_counts() -> None:
    # The last contour lies at 11 mm, and the organ reaches to 12 mm.
    found = fires(case(studies.dose(TOTAL_GY, high_mm=(60, 60, 11), spacing_mm=1.0)), "B6")
    assert {finding.subject for finding in found} == {"PTV", "Liver"}
    assert not fires(case(studies.dose(TOTAL_GY, high_mm=(60, 60, 12), spacing_mm=2.0)), "B6")


def test_organ_that_no_dose_is_known_of_is_told() -> None:
    found = fires(case_of("grid-misses-liver"), "B6")
    covered = {finding.subject: finding.observed for finding in found}
    assert covered["Heart"] == covered["Esophagus"] == 0.0
    assert covered["Liver"] == pytest.approx(56.4, abs=0.1)
    assert "PTV" not in covered


def test_outlines_and_helpers_may_leave_the_grid_and_are_named() -> None:
    wide = ((-200, 200), (-12, 12), (-12, 12))
    rois = [
        PTV,
        studies.box_roi(2, "Outline", wide, "EXTERNAL"),
        studies.box_roi(3, "Body", wide, None),
        studies.box_roi(4, "PTV_ring", wide, None),
        studies.empty_roi(5, "Liver"),
    ]
    found = asked(case(rois=rois), "B6")
    assert [finding.reason for finding in found] == ["shown", ""]
    assert found[0].subject == "Outline, Body"


@pytest.mark.parametrize(("name", "found"), [("Twisted", [""]), ("Kidney_L", ["not-checked"])])
def test_contours_that_bound_nothing_are_not_outside_and_of_an_organ_that_is_said(name, found) -> None:
    turned = studies.box_roi(9, name, BESIDE)
    first, *others = turned.contours
    across = replace(first, points_mm=first.points_mm[:, [0, 2, 1]])
    assert reasons(case(rois=[PTV, replace(turned, contours=(across, *others))]), "B6") == found


def test_where_nothing_is_drawn_nothing_is_enclosed() -> None:
    (finding,) = unchecked(case(rois=[]), "B6")
    assert finding.verdict is Verdict.NOT_EVALUATED


def test_doses_that_cannot_be_added_leave_the_grid_unjudged() -> None:
    study = study_of()
    other = replace(study.dose, dose_type="EFFECTIVE", sop_instance_uid="1.2.3.99")
    both = replace(study, plan_doses=(*study.plan_doses, replace(study.plan_doses[0], dose=other)))
    (finding,) = unchecked(Case(both), "B6")
    assert finding.verdict is Verdict.NOT_EVALUATED


def test_weighted_dose_has_a_grid_too() -> None:
    weighted = replace(studies.dose(TOTAL_GY, low_mm=(-60, -60, 0)), dose_type="EFFECTIVE")
    assert len(fires(case(weighted), "B6")) == 2


# B7


def test_dose_that_is_cut_off_at_a_face_is_told() -> None:
    finding = only(case(studies.dose(peak, high_mm=(60, 60, 20))), "B7")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "last frame" in finding.message
    assert finding.observed == pytest.approx(63, abs=1)


def test_dose_that_falls_off_inside_is_whole() -> None:
    assert not fires(case(studies.dose(peak)), "B7")


def test_a_single_frame_has_no_faces_above_and_below() -> None:
    dose = studies.dose(peak)
    middle = dose.grid.shape[0] // 2
    grid = replace(dose.grid, frame_offsets_mm=np.zeros(1), shape=(1, *dose.grid.shape[1:]))
    single = replace(dose, grid=grid, dose_gy=dose.dose_gy[middle : middle + 1])
    assert not fires(case(single), "B7")


def test_doses_that_are_unknown_at_a_face_are_passed_over() -> None:
    dose = studies.dose(peak, high_mm=(60, 60, 20))
    gray = dose.dose_gy.copy()
    gray[-1, :5] = np.nan
    assert only(case(replace(dose, dose_gy=gray)), "B7").observed == pytest.approx(63, abs=1)


def test_a_face_of_which_no_dose_is_known_is_not_passed() -> None:
    dose = studies.dose(peak)
    gray = dose.dose_gy.copy()
    gray[-1] = np.nan
    (finding,) = unchecked(case(replace(dose, dose_gy=gray)), "B7")
    assert "last frame" in finding.message


def test_sample_with_a_grid_that_ends_beside_the_target_is_told_by_organs_not_by_its_face() -> None:
    assert sample("grid-misses-liver").dose.dose_gy[-1].max() < 0.3 * sample("grid-misses-liver").dose.dose_gy.max()
    assert not fires(case_of("grid-misses-liver"), "B7")
