"""Doses of beams and control points: added where they make up the plan's, and refused with the gap's name elsewhere."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from rtcheck.dicom import read_study
from rtcheck.errors import (
    AmbiguousStudyError,
    IncompleteStudyError,
    InconsistentStudyError,
    UnsupportedDoseError,
)

SCALING = np.float64("0.001")


def part(make, k, groups, *, summation="BEAM", pixels=None, plan="1.2.3.1"):
    pixels = make.stored() * np.uint32(k) if pixels is None else pixels
    ds = make.dose(uid=f"1.2.3.3.{k}", summation=summation, pixels=pixels)
    return make.naming(ds, groups, plan)


def beams_case(make, doses, groups=None, *, setup=(), control_points=None, **changes):
    plan = make.treating(
        make.plan(), groups or {1: [1, 2, 3]}, dict.fromkeys(setup, "SETUP"), control_points=control_points
    )
    named = {f"dose{k}": ds for k, ds in enumerate(doses)}
    return make.case(**({"plan": plan, "dose": None} | named | changes))


def assert_times(make, dose_gy, factor):
    """Each part's dose is rounded to float32 once, and their sum, made in double precision, once more."""
    assert dose_gy.dtype == np.float32
    np.testing.assert_allclose(dose_gy, factor * make.stored() * SCALING, rtol=2e-7, atol=1e-9)


def three(make):
    return [part(make, k, {1: [k]}) for k in (1, 2, 3)]


# --- beams ------------------------------------------------------------------------------------------------------------


def test_doses_of_all_beams_are_added(make, codes):
    study = read_study(beams_case(make, three(make)))
    dose = study.dose
    assert_times(make, dose.dose_gy, 6)
    assert not dose.dose_gy.flags.writeable
    assert (dose.summation_type, dose.dose_type, dose.stored_dvhs) == ("PLAN", "PHYSICAL", ())
    assert dose.referenced_plan_uids == ("1.2.3.1",)
    assert dose.sop_instance_uid == "1.2.3.3.1"
    assert [source.name for source in dose.parts] == ["dose0.dcm", "dose1.dcm", "dose2.dcm"]
    assert [source.name for source in study.sources][-3:] == ["dose0.dcm", "dose1.dcm", "dose2.dcm"]
    assert study.plan_doses[0].group_numbers == ()
    assert codes(study) == ["beams-summed"]
    assert "3 beams" in study.notes[0].message
    assert "2 'Arc 2'" in study.notes[0].message


def test_the_order_of_files_plays_no_part(make):
    datasets = three(make)
    sums = []
    for order in itertools.permutations(range(3)):
        study = read_study(beams_case(make, [datasets[k] for k in order]), plan="Plan1")
        assert [source.sop_instance_uid[-1] for source in study.dose.parts] == ["1", "2", "3"]
        assert study.dose.sop_instance_uid == "1.2.3.3.1"
        sums.append(study.dose.dose_gy)
    assert all(np.array_equal(sums[0], other) for other in sums)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_beams_of_any_split_add_up_to_the_whole_in_any_order(make, data):
    count = data.draw(st.integers(1, 5))
    whole = np.random.default_rng(data.draw(st.integers(0, 99))).integers(0, 2**20, (3, 4, 5)).astype("uint32")
    cuts = np.sort(np.random.default_rng(count).random((count - 1, 3, 4, 5)), axis=0)
    edges = np.concatenate([[np.zeros(whole.shape)], cuts, [np.ones(whole.shape)]])
    shares = np.diff(np.floor(edges * whole), axis=0).astype("uint32")
    assert np.array_equal(shares.sum(axis=0), whole)
    order = data.draw(st.permutations(range(count)))
    doses = [part(make, k + 1, {1: [k + 1]}, pixels=shares[k]) for k in order]
    study = read_study(beams_case(make, doses, {1: list(range(1, count + 1))}))
    np.testing.assert_allclose(study.dose.dose_gy, whole * SCALING, rtol=2e-7, atol=1e-9)


def test_a_dose_may_be_that_of_several_beams(make, codes):
    study = read_study(beams_case(make, [part(make, 1, {1: [1, 3]}), part(make, 2, {1: [2]})]))
    assert len(study.dose.parts) == 2
    assert "3 beams" in study.notes[0].message
    assert "2 files" in study.notes[0].message


def test_setup_beams_need_no_dose_and_their_doses_are_left_out(make, codes):
    doses = [*three(make), part(make, 9, {1: [9]})]
    study = read_study(beams_case(make, doses, {1: [1, 2, 3, 9]}, setup=[9]))
    assert codes(study) == ["beams-summed", "doses-left-out"]
    assert_times(make, study.dose.dose_gy, 6)
    assert codes(read_study(beams_case(make, three(make), {1: [1, 2, 3, 9]}, setup=[9]))) == ["beams-summed"]


def test_a_beam_that_no_group_uses_needs_no_dose(make, codes):
    plan = make.treating(make.plan(), {1: [1, 2, 3]}, {4: "TREATMENT"})
    assert codes(read_study(beams_case(make, three(make), plan=plan))) == ["beams-summed"]


def test_missing_beams_are_named(make):
    with pytest.raises(IncompleteStudyError, match=r"'Plan1'.*none of beam 1 'Arc 1', 3 'Arc 3'"):
        read_study(beams_case(make, three(make)[1:2]))


def test_doses_of_beams_are_used_only_without_the_plans_dose(make, codes):
    study = read_study(beams_case(make, three(make), dose=make.dose()))
    assert study.dose.sop_instance_uid == "1.2.3.3"
    assert codes(study) == ["doses-left-out"]
    study = read_study(beams_case(make, three(make), dose=make.dose(plan=None)))
    assert codes(study) == ["plan-not-referenced", "doses-left-out"]


def test_two_doses_of_one_beam_are_ambiguous(make):
    with pytest.raises(AmbiguousStudyError, match=r"dose1\.dcm.*dose3\.dcm") as error:
        read_study(beams_case(make, [*three(make), part(make, 4, {1: [2]})]))
    assert error.value.kind == "dose"


def test_the_dose_of_one_beam_alone_cannot_be_chosen(make):
    with pytest.raises(UnsupportedDoseError, match="one beam's part") as error:
        read_study(beams_case(make, three(make)), dose="dose1.dcm")
    assert "--plan for the sum" in error.value.mend


@pytest.mark.parametrize(
    ("groups", "match"),
    [
        ({1: [7]}, "beam 7, which the plan doesn't have"),
        ({2: [3]}, "beam 3 in fraction group 2, which doesn't use it"),
        ({1: [3, 4]}, "also that of beam 4, which no fraction group treats with"),
    ],
)
def test_a_dose_of_other_beams_than_the_plans_is_refused(make, groups, match):
    plan = make.treating(make.plan(), {1: [1, 2, 3]}, {4: "TREATMENT"})
    with pytest.raises(InconsistentStudyError, match=rf"dose2\.dcm: .*{match}"):
        read_study(beams_case(make, [*three(make)[:2], part(make, 3, groups)], plan=plan))


@pytest.mark.parametrize("groups", [{}, {1: []}])
def test_a_dose_that_does_not_say_its_beam_is_refused(make, groups):
    with pytest.raises(UnsupportedDoseError, match=r"dose2\.dcm: .*one beam's part.*doesn't say of which beam"):
        read_study(beams_case(make, [*three(make)[:2], part(make, 3, groups)]))


def test_the_group_need_not_be_named(make, codes):
    doses = [part(make, k, {None: [k]}) for k in (1, 2, 3)]
    assert codes(read_study(beams_case(make, doses))) == ["beams-summed"]


def test_a_plan_without_treating_beams_is_refused(make):
    with pytest.raises(IncompleteStudyError, match="uses no treating beam"):
        read_study(beams_case(make, three(make), {1: [1, 2, 3]}, setup=[1, 2, 3]))


def test_a_plan_with_sources_is_refused(make):
    plan = make.treating(make.plan(), {1: [1, 2, 3]})
    setup = Dataset()
    setup.ReferencedBrachyApplicationSetupNumber = 1
    plan.FractionGroupSequence[0].ReferencedBrachyApplicationSetupSequence = [setup]
    with pytest.raises(UnsupportedDoseError, match="uses sources"):
        read_study(beams_case(make, three(make), plan=plan))


@pytest.mark.parametrize("summation", ["BRACHY", "BRACHY_SESSION", "BEAM_SESSION", "FRACTION_SESSION", "RECORD"])
def test_other_parts_of_plans_are_refused_by_name(make, summation):
    doses = [part(make, k, {1: [k]}, summation=summation) for k in (1, 2, 3)]
    with pytest.raises(UnsupportedDoseError, match=summation):
        read_study(beams_case(make, doses))


def test_doses_of_beams_without_their_plan_are_refused(make):
    with pytest.raises(UnsupportedDoseError, match="no dose can be used"):
        read_study(make.case(plan=None, dose=part(make, 1, {1: [1]})))
    with pytest.raises(UnsupportedDoseError, match="no dose can be used"):
        read_study(make.case(dose=part(make, 1, {1: [1]}, plan="1.2.3.98")))


def test_a_relative_or_error_dose_of_a_beam_leaves_it_missing(make):
    for keyword, value in [("DoseUnits", "RELATIVE"), ("DoseType", "ERROR")]:
        doses = three(make)
        setattr(doses[1], keyword, value)
        with pytest.raises(IncompleteStudyError, match="none of beam 2 'Arc 2'"):
            read_study(beams_case(make, doses))


def test_physical_and_effective_doses_are_not_added(make):
    doses = three(make)
    doses[1].DoseType = "EFFECTIVE"
    with pytest.raises(InconsistentStudyError, match=r"different DoseType.*dose1\.dcm: EFFECTIVE"):
        read_study(beams_case(make, doses))


def test_effective_doses_stay_effective(make, codes):
    doses = three(make)
    for ds in doses:
        ds.DoseType = "EFFECTIVE"
    study = read_study(beams_case(make, doses))
    assert study.dose.dose_type == "EFFECTIVE"
    assert codes(study) == ["beams-summed", "effective-dose"]


def test_a_dose_whose_type_is_not_stated_leaves_that_of_the_sum_unstated(make, codes):
    doses = three(make)
    del doses[1].DoseType
    study = read_study(beams_case(make, doses))
    assert study.dose.dose_type is None
    assert codes(study) == ["beams-summed", "dose-type-missing"]


def test_a_beam_without_any_dose_is_noted(make, codes):
    doses = [*three(make)[:2], part(make, 3, {1: [3]}, pixels=np.zeros((3, 4, 5), "uint32"))]
    assert codes(read_study(beams_case(make, doses))) == ["beams-summed", "zero-dose"]


def test_beams_in_two_frames_of_reference_are_refused(make):
    doses = three(make)
    doses[1].FrameOfReferenceUID = "1.2.8"
    with pytest.raises(InconsistentStudyError, match=r"dose1\.dcm: the dose lies in frame of reference 1\.2\.8"):
        read_study(beams_case(make, doses))


def test_beams_on_other_grids_are_resampled_and_noted(make, codes):
    doses = three(make)
    doses[1].ImagePositionPatient = [-10 + 0.0009, -20, 30]
    study = read_study(beams_case(make, doses))
    assert_times(make, study.dose.dose_gy, 6)
    assert codes(study) == ["beams-summed"]
    doses[1].ImagePositionPatient = [-9, -20, 30]
    study = read_study(beams_case(make, doses))
    assert codes(study) == ["beams-summed", "beams-resampled"]
    dose = study.dose
    assert dose.grid.frame_of_reference_uid == make.FRAME
    assert dose.grid.shape == dose.dose_gy.shape
    # The dose rises by 7 units a column of 3 mm, so a third of it is lost where beam 2 is 1 mm further on.
    x_mm, *_ = dose.grid.origin_mm
    column = round((x_mm + 10) / 3)
    expected = (6 * make.stored()[0, 0, column] - 2 * 7 / 3) * SCALING
    assert dose.dose_gy[0, 0, 0] == pytest.approx(expected, rel=1e-6)


def test_beams_that_have_no_volume_in_common_are_refused(make):
    doses = three(make)
    doses[1].ImagePositionPatient = [500, -20, 30]
    with pytest.raises(UnsupportedDoseError, match=r"on different grids.*dose1\.dcm"):
        read_study(beams_case(make, doses))


# --- fraction groups --------------------------------------------------------------------------------------------------


def test_beams_of_several_groups_are_added_group_by_group(make, codes):
    study = read_study(
        beams_case(make, [part(make, k, {2 if k == 2 else 1: [k]}) for k in (1, 2, 3)], {1: [1, 3], 2: [2]})
    )
    assert [one.group_numbers for one in study.plan_doses] == [(1,), (2,)]
    assert [len(one.dose.parts) for one in study.plan_doses] == [2, 1]
    for one, factor in zip(study.plan_doses, (4, 2), strict=True):
        assert_times(make, one.dose.dose_gy, factor)
        assert one.dose.summation_type == "FRACTION"
    assert codes(study) == ["beams-summed", "beams-summed"]
    assert "fraction group 2" in study.notes[1].message


def test_a_group_of_setup_beams_gives_no_dose(make):
    study = read_study(beams_case(make, three(make), {1: [1, 2, 3], 2: [9]}, setup=[9]))
    assert [one.group_numbers for one in study.plan_doses] == [(1,)]


def test_a_group_that_should_give_dose_and_names_no_treating_beam_is_refused(make):
    with pytest.raises(IncompleteStudyError, match="fraction group 2 uses no treating beam"):
        read_study(beams_case(make, three(make), {1: [1, 2, 3], 2: []}))
    plan = make.treating(make.plan(), {1: [1, 2, 3], 2: [9]}, {9: "SETUP"})
    boost = Dataset()
    boost.ReferencedDoseReferenceNumber, boost.TargetPrescriptionDose = 1, 10
    plan.FractionGroupSequence[1].ReferencedDoseReferenceSequence = [boost]
    with pytest.raises(IncompleteStudyError, match="fraction group 2 uses no treating beam"):
        read_study(beams_case(make, three(make), plan=plan))


def test_a_beam_of_two_groups_cannot_be_told_apart(make):
    with pytest.raises(UnsupportedDoseError, match=r"beam 1 .* is used in fraction groups 1 and 2"):
        read_study(beams_case(make, three(make), {1: [1, 2, 3], 2: [1]}))


def test_one_dose_of_beams_of_two_groups_is_refused(make):
    doses = [part(make, 1, {1: [1], 2: [2]})]
    with pytest.raises(UnsupportedDoseError, match="beams of several fraction groups"):
        read_study(beams_case(make, doses, {1: [1], 2: [2]}))


# --- control points ---------------------------------------------------------------------------------------------------


def stretch(make, k, start, stop, beam=1):
    return part(make, k, {1: [(beam, start, stop)]}, summation="CONTROL_POINT")


def stretches(make, *pairs, control_points=11, extra=()):
    doses = [stretch(make, k, *pair) for k, pair in enumerate(pairs, start=1)]
    return beams_case(make, [*doses, *extra], {1: [1]}, control_points=control_points)


@pytest.mark.parametrize("pairs", [[(0, 10)], [(0, 4), (4, 10)], [(5, 10), (0, 1), (1, 5)]])
def test_doses_of_all_control_points_are_added(make, pairs, codes):
    study = read_study(stretches(make, *pairs))
    factor = sum(range(1, len(pairs) + 1))
    assert_times(make, study.dose.dose_gy, factor)
    assert codes(study) == ["beams-summed"]
    assert "1 beams" not in study.notes[0].message


@pytest.mark.parametrize(
    ("pairs", "gap"),
    [
        ([(1, 10)], "0 to 1"),
        ([(0, 9)], "9 to 10"),
        ([(0, 3), (4, 10)], "3 to 4"),
        ([(2, 3), (4, 10)], "0 to 2, 3 to 4"),
    ],
)
def test_missing_control_points_are_named(make, pairs, gap):
    with pytest.raises(IncompleteStudyError, match=f"no dose is there of control points {gap} of beam 1 'Arc 1'"):
        read_study(stretches(make, *pairs))


@pytest.mark.parametrize("pairs", [[(0, 5), (4, 10)], [(0, 10), (0, 10)], [(0, 10), (3, 4)]])
def test_control_points_in_two_doses_are_refused(make, pairs):
    with pytest.raises(InconsistentStudyError, match=r"are in two doses, dose0\.dcm and dose1\.dcm"):
        read_study(stretches(make, *pairs))


@pytest.mark.parametrize("pairs", [[(0, 11)], [(0, 10), (4, 4)], [(10, 0)], [(-1, 10)]])
def test_control_points_that_the_beam_does_not_have_are_refused(make, pairs):
    with pytest.raises(InconsistentStudyError, match="has them from 0 to 10"):
        read_study(stretches(make, *pairs))


def test_without_a_number_of_control_points_nothing_shows_that_all_are_there(make):
    with pytest.raises(IncompleteStudyError, match="doesn't state its NumberOfControlPoints"):
        read_study(stretches(make, (0, 10), control_points=None))


def test_a_dose_that_does_not_say_its_control_points_is_refused(make):
    with pytest.raises(UnsupportedDoseError, match="doesn't say of which control points of beam 1"):
        read_study(beams_case(make, [part(make, 1, {1: [1]}, summation="CONTROL_POINT")], {1: [1]}))


def test_one_beam_may_have_its_dose_and_another_those_of_its_control_points(make):
    doses = [part(make, 4, {1: [2]}), stretch(make, 1, 0, 6), stretch(make, 2, 6, 10)]
    study = read_study(beams_case(make, doses, {1: [1, 2]}, control_points=11))
    assert_times(make, study.dose.dose_gy, 7)
    assert "2 beams" in study.notes[0].message


def test_control_points_of_a_beam_that_has_its_dose_are_ambiguous(make):
    with pytest.raises(AmbiguousStudyError, match=r"dose0\.dcm.*dose1\.dcm|dose1\.dcm.*dose0\.dcm"):
        read_study(stretches(make, (0, 10), extra=[part(make, 4, {1: [1]})]))
