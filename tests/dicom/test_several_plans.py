"""Several plans of one patient: summed where the user names them or where they can't be rivals, and asked elsewhere."""

from __future__ import annotations

import itertools

import pytest

from rtcheck.dicom import read_study
from rtcheck.errors import (
    AmbiguousStudyError,
    IncompleteStudyError,
    InconsistentStudyError,
    UnsupportedDoseError,
    UsageError,
)


def plan(make, k, label, target="PTV", **options):
    return make.aimed(make.plan(uid=f"1.2.3.1.{k}", label=label, **options), **{target: 40})


def dose(make, k, of=None, **options):
    return make.dose(uid=f"1.2.3.3.{k}", plan=f"1.2.3.1.{of or k}", **options)


def two(make, targets=("PTV1", "PTV2"), **changes):
    """Plans B and A, each with its dose, in an order that isn't that of their labels."""
    parts = {
        "structures": make.structures(names=("GTV", "Liver", "PTV1", "PTV2")),
        "plan": None,
        "dose": None,
        "plan1": plan(make, 1, "B", targets[0]),
        "plan2": plan(make, 2, "A", targets[1]),
        "dose1": dose(make, 1),
        "dose2": dose(make, 2, pixels=make.stored() * 2),
    }
    return make.case(**(parts | changes))


def some_orders(files):
    """Orders in which each file comes first, and last."""
    return itertools.islice(itertools.permutations(files), 0, None, 13)


def labels(study):
    return [(one.plan.label, one.dose.source.name) for one in study.plan_doses]


BOTH = [("A", "dose2.dcm"), ("B", "dose1.dcm")]


# --- named by the user ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "named", [["A", "B"], ("B", "A"), ["plan1.dcm", "1.2.3.1.2"], ["1.2.3.1.2", "1.2.3.1.1"]], ids=str
)
def test_plans_that_are_named_are_given_together(make, named, codes):
    study = read_study(two(make, targets=("PTV", "PTV")), plan=named)
    assert labels(study) == BOTH
    assert [one.group_numbers for one in study.plan_doses] == [(), ()]
    assert [source.name for source in study.sources] == [
        "plan2.dcm",
        "plan1.dcm",
        "structures.dcm",
        "dose2.dcm",
        "dose1.dcm",
    ]
    assert codes(study) == []
    with pytest.raises(UsageError, match="2 doses"):
        _ = study.dose


def test_plans_are_ordered_by_label_then_uid_in_any_order_of_files(make):
    for order in some_orders(two(make)):
        files = [(f"{k}.dcm", data) for k, (_, data) in enumerate(order)]
        study = read_study(files, plan=["1.2.3.1.1", "1.2.3.1.2"])
        assert [one.plan.label for one in study.plan_doses] == ["A", "B"]
        assert [one.dose.sop_instance_uid for one in study.plan_doses] == ["1.2.3.3.2", "1.2.3.3.1"]
    same_label = two(make, plan2=plan(make, 2, "B", "PTV2"))
    study = read_study(same_label, plan=["1.2.3.1.2", "1.2.3.1.1"])
    assert [one.plan.sop_instance_uid for one in study.plan_doses] == ["1.2.3.1.1", "1.2.3.1.2"]


def test_one_plan_in_a_list_is_that_plan(make, codes):
    alone, listed = (read_study(two(make), plan=named) for named in ("A", ["A"]))
    assert labels(alone) == labels(listed) == BOTH[:1]
    assert codes(alone) == codes(listed) == ["objects-left-out"]


@pytest.mark.parametrize("named", [["A", "A"], ["A", "plan2.dcm"], ["B", "A", "1.2.3.1.2"]], ids=str)
def test_a_plan_that_is_named_twice_is_refused(make, named):
    with pytest.raises(UsageError, match=r"the plan 'A' \(plan2\.dcm.* is named twice"):
        read_study(two(make), plan=named)


@pytest.mark.parametrize("named", [[], ()])
def test_no_plan_in_a_list_is_refused(make, named):
    with pytest.raises(UsageError, match="no plan is named"):
        read_study(two(make), plan=named)


def test_a_plan_in_a_list_that_is_not_there_is_refused(make):
    with pytest.raises(IncompleteStudyError, match="'C'"):
        read_study(two(make), plan=["A", "C"])


def test_a_label_in_a_list_that_two_plans_have_is_ambiguous(make):
    with pytest.raises(AmbiguousStudyError, match="2 candidates for the plan"):
        read_study(two(make, plan1=plan(make, 1, "A")), plan=["A", "plan1.dcm"])


def test_every_plan_that_is_named_needs_its_dose(make):
    with pytest.raises(InconsistentStudyError, match=r"no dose that can be used belongs to the plan 'A'.*dose1\.dcm"):
        read_study(two(make, dose2=None), plan=["A", "B"])
    relative = dose(make, 2)
    relative.DoseUnits = "RELATIVE"
    with pytest.raises(InconsistentStudyError, match=r"belongs to the plan 'A'.*DoseUnits is RELATIVE"):
        read_study(two(make, dose2=relative), plan=["A", "B"])


def test_a_dose_that_names_no_plan_is_no_part_of_a_sum(make):
    with pytest.raises(InconsistentStudyError, match="belongs to the plan 'A'"):
        read_study(two(make, dose2=make.dose(uid="1.2.3.3.2", plan=None)), plan=["A", "B"])


def test_a_plan_of_a_sum_that_names_its_dose_is_linked(make, codes):
    other = plan(make, 2, "A", "PTV2")
    other.ReferencedDoseSequence = [make.reference("1.2.3.3.2", "481.2")]
    study = read_study(two(make, plan2=other, dose2=make.dose(uid="1.2.3.3.2", plan=None)), plan=["A", "B"])
    assert labels(study) == BOTH
    assert codes(study) == ["plan-not-referenced"]


def test_one_dose_is_never_added_twice(make):
    other = plan(make, 2, "A", "PTV2")
    other.ReferencedDoseSequence = [make.reference("1.2.3.3.1", "481.2")]
    files = two(make, plan2=other, dose2=None)
    with pytest.raises(InconsistentStudyError, match=r"dose1\.dcm: the dose is linked to both 'A'.*'B'.*added once"):
        read_study(files, plan=["A", "B"])
    with pytest.raises(AmbiguousStudyError):
        read_study(files)


def sum_of_both(make):
    both = dose(make, 9, of=1, summation="MULTI_PLAN")
    both.ReferencedRTPlanSequence.append(make.reference("1.2.3.1.2"))
    return both


def test_the_dose_of_two_plans_together_is_no_plans_own(make, codes):
    with pytest.raises(InconsistentStudyError, match="that of several plans together") as error:
        read_study(two(make, dose1=sum_of_both(make), dose2=None), plan=["A", "B"])
    assert "dose of each plan" in error.value.mend
    study = read_study(two(make, dose3=sum_of_both(make)), plan=["A", "B"])
    assert labels(study) == BOTH
    assert codes(study) == ["objects-left-out"]


def test_two_doses_of_one_plan_of_a_sum_are_ambiguous_until_one_is_chosen(make):
    files = two(make, dose3=dose(make, 3, of=2))
    with pytest.raises(AmbiguousStudyError, match=r"dose2\.dcm.*dose3\.dcm") as error:
        read_study(files, plan=["A", "B"])
    assert error.value.kind == "dose"
    assert labels(read_study(files, plan=["A", "B"], dose="dose3.dcm")) == [("A", "dose3.dcm"), ("B", "dose1.dcm")]


def test_a_dose_of_none_of_the_plans_named_is_refused(make):
    files = two(make, plan3=plan(make, 3, "C"), dose3=dose(make, 3))
    with pytest.raises(InconsistentStudyError, match="no dose that can be used belongs to the plan"):
        read_study(files, plan=["A", "B"], dose="dose3.dcm")


def test_what_is_left_out_of_a_sum_is_said_plainly(make, codes):
    files = two(make, plan3=plan(make, 3, "C"), dose3=dose(make, 3), plan4=plan(make, 4, "D"))
    study = read_study(files, plan=["A", "B"])
    assert codes(study) == ["objects-left-out"]
    _, _, rest = study.notes[0].message.partition("not in this sum: ")
    assert "'C'" in rest
    assert "'D'" not in rest
    assert "not in this sum" not in read_study(files, plan="A").notes[0].message


def test_three_plans_may_be_named_of_four(make):
    files = two(make, plan3=plan(make, 3, "C"), dose3=dose(make, 3), plan4=plan(make, 4, "D"), dose4=dose(make, 4))
    assert [label for label, _ in labels(read_study(files, plan=["D", "A", "B"]))] == ["A", "B", "D"]


def test_phases_and_beams_of_plans_that_are_named_are_read_as_of_one(make, codes):
    phases = make.treating(plan(make, 1, "B"), {1: [1], 2: [2]})
    beams = make.treating(plan(make, 2, "A"), {1: [1, 2]})
    doses = {
        f"dose1{k}": make.naming(dose(make, 10 + k, summation="FRACTION"), {k: []}, "1.2.3.1.1") for k in (1, 2)
    } | {f"dose2{k}": make.naming(dose(make, 20 + k, summation="BEAM"), {1: [k]}, "1.2.3.1.2") for k in (1, 2)}
    files = two(make, plan1=phases, plan2=beams, dose1=None, dose2=None, **doses)
    study = read_study(files, plan=["A", "B"])
    assert [(one.plan.label, one.group_numbers) for one in study.plan_doses] == [("A", ()), ("B", (1,)), ("B", (2,))]
    assert codes(study) == ["beams-summed"]
    assert len(study.sources) == 2 + 1 + 4
    with pytest.raises(AmbiguousStudyError, match="2 candidates for the plan"):
        read_study(files)
    with pytest.raises(IncompleteStudyError, match="fraction group 2"):
        read_study([file for file in files if file[0] != "dose12.dcm"], plan=["A", "B"])
    with pytest.raises(IncompleteStudyError, match="none of beam 2"):
        read_study([file for file in files if file[0] != "dose22.dcm"], plan=["A", "B"])


# --- structure sets and frames ----------------------------------------------------------------------------------------


def two_sets(make, **changes):
    return two(
        make,
        plan2=plan(make, 2, "A", "PTV2", structures="1.2.3.22"),
        other=make.structures(uid="1.2.3.22", label="Second"),
        **changes,
    )


def test_plans_of_two_structure_sets_need_a_choice(make, codes):
    with pytest.raises(AmbiguousStudyError) as error:
        read_study(two_sets(make), plan=["A", "B"])
    assert (error.value.kind, error.value.option) == ("structure set", "--structures")
    assert all(label in str(error.value) for label in ("'Structs'", "'Second'"))
    study = read_study(two_sets(make), plan=["A", "B"], structures="Structs")
    assert study.structure_set.label == "Structs"
    assert codes(study) == ["structures-not-referenced", "objects-left-out"]


def test_a_structure_set_that_one_plan_names_is_not_taken_for_the_other(make, codes):
    files = two(make, plan2=plan(make, 2, "A", structures="1.2.3.22"))
    with pytest.raises(
        InconsistentStudyError, match=r"dose2\.dcm: .*structure set 1\.2\.3\.22, and given is 'Structs'"
    ):
        read_study(files, plan=["A", "B"])
    assert codes(read_study(files, plan=["A", "B"], structures="Structs")) == ["structures-not-referenced"]


def test_a_plan_that_names_no_structure_set_takes_the_others(make):
    study = read_study(two(make, plan2=plan(make, 2, "A", structures=None)), plan=["A", "B"])
    assert study.structure_set.label == "Structs"


def test_plans_in_two_frames_are_refused(make):
    changes = {"plan2": plan(make, 2, "A", "PTV2", frame="1.2.8"), "dose2": dose(make, 2, frame="1.2.8")}
    with pytest.raises(InconsistentStudyError, match=r"the dose in 1\.2\.8") as error:
        read_study(two(make, **changes), plan=["A", "B"])
    assert "rigid spatial registration" in error.value.mend


def test_plans_of_two_patients_are_never_summed(make):
    files = two(make, plan2=plan(make, 2, "A", "PTV2", patient="P2"), dose2=dose(make, 2, patient="P2"))
    with pytest.raises(InconsistentStudyError, match="different patients"):
        read_study(files, plan=["A", "B"])
    with pytest.raises(AmbiguousStudyError, match="candidates for the patient"):
        read_study(files)


def test_a_patient_told_differently_by_one_of_the_plans_is_noted(make, codes):
    other = plan(make, 2, "A", "PTV2")
    other.PatientName = "Roe^Richard"
    assert codes(read_study(two(make, plan2=other), plan=["A", "B"])) == ["patient-differs"]


# --- taken together ---------------------------------------------------------------------------------------------------


def test_plans_of_different_targets_are_taken_together_and_noted(make, codes):
    for order in some_orders(two(make)):
        study = read_study([(f"{k}.dcm", data) for k, (_, data) in enumerate(order)])
        assert [one.plan.label for one in study.plan_doses] == ["A", "B"]
        assert codes(study) == ["plans-together"]
        message = study.notes[0].message
        assert message.startswith("2 plans of different targets are taken together: 'A'")
        assert "choose one with --plan" in message


def test_targets_are_told_by_the_names_of_their_rois(make, codes):
    first, second = plan(make, 1, "B", "lesion"), plan(make, 2, "A", "lesion")
    for number, ds in enumerate((first, second), start=1):
        ds.DoseReferenceSequence[0].ReferencedROINumber = number
    assert codes(read_study(two(make, plan1=first, plan2=second))) == ["plans-together"]
    second.DoseReferenceSequence[0].ReferencedROINumber = 1
    with pytest.raises(AmbiguousStudyError):
        read_study(two(make, plan1=first, plan2=second))


def assert_plans_are_asked(files):
    with pytest.raises(AmbiguousStudyError) as error:
        read_study(files)
    assert (error.value.kind, error.value.option) == ("plan", "--plan")
    assert error.value.mend.endswith(", or name several to sum them")
    assert len(read_study(files, plan=list(error.value.selectors[:1])).plan_doses) == 1


def test_plans_of_one_target_are_rivals(make):
    assert_plans_are_asked(two(make, targets=("PTV", "PTV")))
    assert_plans_are_asked(two(make, targets=("PTV_1", "ptv 1")))


def test_a_plan_without_a_target_is_a_rival(make):
    nameless = plan(make, 2, "A")
    del nameless.DoseReferenceSequence
    assert_plans_are_asked(two(make, plan2=nameless))


def test_a_rejected_plan_is_a_rival(make):
    rejected = plan(make, 2, "A", "PTV2")
    rejected.ApprovalStatus = "REJECTED"
    assert_plans_are_asked(two(make, plan2=rejected))
    rejected.ApprovalStatus = "UNAPPROVED"
    assert len(read_study(two(make, plan2=rejected)).plan_doses) == 2


def test_a_third_plan_without_its_dose_leaves_the_question_open(make):
    assert_plans_are_asked(two(make, plan3=plan(make, 3, "C", "PTV3")))


def test_a_second_dose_of_a_plan_leaves_the_question_open(make):
    with pytest.raises(AmbiguousStudyError):
        read_study(two(make, dose3=dose(make, 3, of=2)))


def test_the_dose_of_all_plans_together_leaves_the_question_open(make):
    with pytest.raises(AmbiguousStudyError, match="3 candidates for the dose"):
        read_study(two(make, dose3=sum_of_both(make)))


def test_plans_of_two_structure_sets_leave_the_question_open(make):
    assert_plans_are_asked(two_sets(make))
    with pytest.raises(AmbiguousStudyError, match="2 candidates for the plan"):
        read_study(two(make, plan2=plan(make, 2, "A", "PTV2", structures="1.2.3.22")))


def test_a_structure_set_may_be_chosen_for_plans_that_name_none(make, codes):
    plans = {f"plan{k}": plan(make, k, label, f"PTV{k}", structures=None) for k, label in ((1, "B"), (2, "A"))}
    other = make.structures(uid="1.2.3.22", label="Second", names=("PTV1", "PTV2"))
    files = two(make, other=other, **plans)
    with pytest.raises(AmbiguousStudyError, match="2 candidates for the plan"):
        read_study(files)
    study = read_study(files, structures="Second")
    assert study.structure_set.label == "Second"
    assert codes(study) == ["plans-together", "objects-left-out"]


def test_plans_in_two_frames_leave_the_question_open(make):
    changes = {"plan2": plan(make, 2, "A", "PTV2", frame="1.2.8"), "dose2": dose(make, 2, frame="1.2.8")}
    with pytest.raises(AmbiguousStudyError, match="candidates for the plan"):
        read_study(two(make, **changes))


def test_beams_that_do_not_make_up_a_plan_leave_the_question_open(make):
    beams = make.treating(plan(make, 2, "A", "PTV2"), {1: [1, 2]})
    doses = [make.naming(dose(make, 20 + k, summation="BEAM"), {1: [k]}, "1.2.3.1.2") for k in (1, 2)]
    with pytest.raises(AmbiguousStudyError, match="candidates for the plan"):
        read_study(two(make, plan2=beams, dose2=doses[0]))
    study = read_study(two(make, plan2=beams, dose2=doses[0], dose3=doses[1]))
    assert [len(one.dose.parts) for one in study.plan_doses] == [2, 0]


def test_a_plan_of_beams_alone_beside_another_plan_is_a_rival(make):
    beams = make.treating(plan(make, 2, "A", "PTV"), {1: [1]})
    files = two(
        make,
        targets=("PTV", "PTV"),
        plan2=beams,
        dose2=make.naming(dose(make, 2, summation="BEAM"), {1: [1]}, "1.2.3.1.2"),
    )
    assert_plans_are_asked(files)


def test_choosing_one_plan_or_dose_never_takes_others(make):
    assert labels(read_study(two(make), plan="B")) == BOTH[1:]
    assert labels(read_study(two(make), dose="dose2.dcm")) == BOTH[:1]


def test_an_unusable_dose_chosen_for_a_sum_is_refused(make):
    error_dose = dose(make, 2)
    error_dose.DoseType = "ERROR"
    with pytest.raises(UnsupportedDoseError, match="ERROR"):
        read_study(two(make, dose2=error_dose), plan=["A", "B"], dose="dose2.dcm")


def test_targets_that_are_not_rois_may_be_one_lesion_by_two_names(make):
    with pytest.raises(AmbiguousStudyError):
        read_study(two(make, structures=make.structures(names=("GTV", "Liver"))))
