"""Doses of fraction groups: each is that of all its fractions, and together they must be those of the whole plan."""

from __future__ import annotations

import numpy as np
import pytest

from rtcheck.dicom import read_study
from rtcheck.errors import AmbiguousStudyError, IncompleteStudyError, InconsistentStudyError


def phase(make, groups, k, **options):
    """A FRACTION dose that names its groups, with values of its own."""
    pixels = make.stored() + np.uint32(1000 * k)
    return make.naming(make.dose(uid=f"1.2.3.3.{k}", summation="FRACTION", pixels=pixels, **options), groups)


def two_phases(make, **changes):
    parts = {
        "plan": make.treating(make.plan(), {1: [1], 2: [2]}),
        "dose": None,
        "first": phase(make, {1: []}, 1),
        "second": phase(make, {2: []}, 2),
    }
    return make.case(**(parts | changes))


def three_phases(make):
    plan = make.treating(make.plan(), {1: [1], 2: [2], 3: [3]})
    return make.case(plan=plan, dose=None, **{f"phase{k}": phase(make, {k: []}, k) for k in (1, 2, 3)})


def test_doses_of_all_fraction_groups_are_given_one_after_the_other(make, codes):
    study = read_study(two_phases(make))
    assert [one.group_numbers for one in study.plan_doses] == [(1,), (2,)]
    assert [one.dose.source.name for one in study.plan_doses] == ["first.dcm", "second.dcm"]
    assert [one.plan.label for one in study.plan_doses] == ["Plan1", "Plan1"]
    assert [one.fractions for one in study.plan_doses] == [5, 5]
    assert [source.name for source in study.sources] == ["plan.dcm", "structures.dcm", "first.dcm", "second.dcm"]
    assert codes(study) == []


def test_a_fraction_dose_holds_all_its_fractions_and_is_never_multiplied(make):
    study = read_study(two_phases(make))
    expected = ((make.stored() + 1000) * np.float64("0.001")).astype(np.float32)
    np.testing.assert_array_equal(study.plan_doses[0].dose.dose_gy, expected)


def test_three_phases_stand_in_the_order_of_their_groups_whatever_the_files_are_called(make):
    for names in (["a", "b", "c"], ["c", "a", "b"], ["b", "c", "a"]):
        plan, structures, *doses = [data for _, data in three_phases(make)]
        renamed = zip(names, doses, strict=True)
        files = [("p", plan), ("s", structures), *((f"{name}.dcm", data) for name, data in renamed)]
        study = read_study(files)
        assert [one.group_numbers for one in study.plan_doses] == [(1,), (2,), (3,)]
        assert [one.dose.sop_instance_uid[-1] for one in study.plan_doses] == ["1", "2", "3"]


def test_one_dose_may_be_that_of_several_groups(make, codes):
    plan = make.treating(make.plan(), {1: [1], 2: [2], 3: [3]})
    study = read_study(two_phases(make, plan=plan, second=phase(make, {3: [], 2: []}, 2)))
    assert [one.group_numbers for one in study.plan_doses] == [(1,), (2, 3)]
    assert codes(study) == []


def test_a_fraction_dose_of_all_groups_is_the_plans(make, codes):
    study = read_study(two_phases(make, first=phase(make, {1: [], 2: []}, 1), second=None))
    assert [one.group_numbers for one in study.plan_doses] == [()]
    assert codes(study) == []


def test_a_plan_dose_of_several_groups_is_one_dose(make, codes):
    study = read_study(two_phases(make, dose=make.dose(), first=None, second=None))
    assert [one.group_numbers for one in study.plan_doses] == [()]
    assert study.plan_doses[0].fractions == 10
    assert codes(study) == []


def test_the_plan_dose_stands_for_the_doses_of_its_groups(make, codes):
    study = read_study(two_phases(make, dose=make.dose()))
    assert study.dose.sop_instance_uid == "1.2.3.3"
    assert codes(study) == ["objects-left-out"]
    assert all(name in study.notes[0].message for name in ("first.dcm", "second.dcm"))


def test_a_plan_of_one_group_with_plan_and_fraction_dose_is_ambiguous(make):
    with pytest.raises(AmbiguousStudyError, match="2 candidates for the dose"):
        read_study(make.case(fraction=phase(make, {1: []}, 1)))


def test_a_missing_group_is_named(make):
    plan = make.treating(make.plan(), {1: [1], 2: [2], 4: [3]})
    with pytest.raises(IncompleteStudyError, match=r"'Plan1'.*3 fraction groups, .* of fraction group 4") as error:
        read_study(two_phases(make, plan=plan))
    assert "--dose" in error.value.mend
    with pytest.raises(IncompleteStudyError, match="of fraction group 2"):
        read_study(two_phases(make, second=None))
    with pytest.raises(IncompleteStudyError, match="of fraction group 2"):
        read_study(two_phases(make, second=None), plan="Plan1")


@pytest.mark.parametrize("second", [True, False])
def test_one_groups_dose_that_the_user_chose_is_read_and_noted(make, codes, second):
    files = two_phases(make) if second else two_phases(make, second=None)
    study = read_study(files, dose="first.dcm")
    assert [one.group_numbers for one in study.plan_doses] == [(1,)]
    assert codes(study)[0] == "dose-of-one-fraction-group"
    assert "fraction group 1" in study.notes[0].message


def test_a_dose_that_does_not_say_its_group_is_noted_as_one_groups(make, codes):
    study = read_study(two_phases(make, first=make.dose(summation="FRACTION"), second=None))
    assert codes(study) == ["dose-of-one-fraction-group"]
    assert study.plan_doses[0].group_numbers == ()


def test_doses_of_which_one_does_not_say_its_group_are_ambiguous(make):
    with pytest.raises(AmbiguousStudyError, match=r"first\.dcm.*second\.dcm"):
        read_study(two_phases(make, first=make.dose(uid="1.2.3.3.1", summation="FRACTION")))


def test_two_doses_of_one_group_are_ambiguous(make):
    files = two_phases(make, third=phase(make, {2: []}, 3))
    with pytest.raises(AmbiguousStudyError, match=r"second\.dcm.*third\.dcm") as error:
        read_study(files)
    assert "first.dcm" not in str(error.value)
    assert error.value.kind == "dose"


def test_a_group_that_the_plan_does_not_have_is_refused(make):
    with pytest.raises(InconsistentStudyError, match=r"second\.dcm: .*fraction group 7, which the plan"):
        read_study(two_phases(make, second=phase(make, {7: []}, 2)))


def test_a_whole_dose_of_unstated_summation_beside_groups_is_ambiguous(make):
    dose = make.dose()
    del dose.DoseSummationType
    with pytest.raises(AmbiguousStudyError, match="3 candidates for the dose"):
        read_study(two_phases(make, dose=dose))


def test_groups_of_a_dose_that_names_another_plan_are_not_taken_for_this_ones(make):
    second = phase(make, {2: []}, 2)
    second.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = "1.2.3.98"
    with pytest.raises(AmbiguousStudyError, match="candidates for the dose"):
        read_study(two_phases(make, second=second))
    with pytest.raises(IncompleteStudyError, match="of fraction group 2"):
        read_study(two_phases(make, second=second), plan="Plan1")
