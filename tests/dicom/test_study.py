"""What belongs together: by UIDs, patient and frame of reference; two that fit are never a guess."""

from __future__ import annotations

import copy
import itertools

import pytest

from rtcheck.dicom import read_study
from rtcheck.errors import (
    AmbiguousStudyError,
    IncompleteStudyError,
    InconsistentStudyError,
    UnsupportedDoseError,
)


def test_complete_case(make, codes):
    study = read_study(make.case(ct=make.image()))
    assert study.plan.sop_instance_uid == "1.2.3.1"
    assert study.structure_set.sop_instance_uid == "1.2.3.2"
    assert study.dose.sop_instance_uid == "1.2.3.3"
    assert study.dose.grid.frame_of_reference_uid == study.structure_set.frame_of_reference_uid == make.FRAME
    patient = study.patient
    assert (patient.patient_id, patient.name, patient.birth_date, patient.sex) == ("P1", "Doe^Jane", "19500101", "F")
    assert [source.name for source in study.sources] == ["plan.dcm", "structures.dcm", "dose.dcm", "ct.dcm"]
    assert codes(study) == []


# --- absent objects ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "match"), [("dose", "no RT Dose is"), ("structures", "no RT Structure Set is")])
def test_absent_object_is_an_error(make, kind, match):
    with pytest.raises(IncompleteStudyError, match=match):
        read_study(make.case(**{kind: None}))


def test_absent_plan_is_none_and_noted(make, codes):
    study = read_study(make.case(plan=None))
    assert study.plan is None
    assert codes(study) == ["no-plan", "structures-by-frame"]
    assert "1.2.3.1" in study.notes[0].message


def test_dose_that_names_no_plan_where_there_is_none(make, codes):
    study = read_study(make.case(plan=None, dose=make.dose(plan=None)))
    assert codes(study) == ["no-plan", "structures-by-frame"]


# --- plan and dose ----------------------------------------------------------------------------------------------------


def test_plan_that_the_dose_does_not_name_is_refused(make):
    with pytest.raises(
        InconsistentStudyError, match=r"dose\.dcm: the dose belongs to plan 1\.2\.3\.1, .* 'Other'"
    ) as error:
        read_study(make.case(plan=make.plan(uid="1.2.3.99", label="Other")))
    assert "add the plan" in error.value.mend
    with pytest.raises(InconsistentStudyError):
        read_study(make.case(plan=make.plan(uid="1.2.3.99")), plan="plan.dcm")


def test_plan_that_names_the_dose_is_taken(make, codes):
    plan = make.plan(uid="1.2.3.99")
    plan.ReferencedDoseSequence = [make.reference("1.2.3.3", "481.2")]
    study = read_study(make.case(plan=plan))
    assert study.plan.sop_instance_uid == "1.2.3.99"
    assert codes(study) == ["plan-not-referenced"]


def test_dose_without_reference_takes_the_one_plan_of_its_frame(make, codes):
    study = read_study(make.case(dose=make.dose(plan=None)))
    assert study.plan.label == "Plan1"
    assert codes(study) == ["plan-not-referenced"]


def test_dose_and_plan_that_nothing_links_are_refused_unless_chosen(make, codes):
    files = make.case(dose=make.dose(plan=None), plan=make.plan(frame=None))
    with pytest.raises(InconsistentStudyError, match="nothing links"):
        read_study(files)
    assert codes(read_study(files, plan="Plan1")) == ["plan-not-referenced"]


def test_dose_without_reference_and_two_plans_is_ambiguous(make):
    files = make.case(dose=make.dose(plan=None), other=make.plan(uid="1.2.3.99", label="Other"))
    with pytest.raises(AmbiguousStudyError) as error:
        read_study(files)
    assert (error.value.kind, error.value.option) == ("plan", "--plan")
    assert read_study(files, plan="Other").plan.label == "Other"


def test_second_plan_without_a_dose_is_left_out_and_noted(make, codes):
    study = read_study(make.case(other=make.plan(uid="1.2.3.99", label="Other")))
    assert study.plan.label == "Plan1"
    assert codes(study) == ["objects-left-out"]


def two_plans(make):
    return make.case(plan2=make.plan(uid="1.2.3.11", label="Plan2"), dose2=make.dose(uid="1.2.3.33", plan="1.2.3.11"))


def test_two_plans_with_their_doses_are_ambiguous_in_any_order(make):
    for files in itertools.permutations(two_plans(make)):
        with pytest.raises(AmbiguousStudyError) as error:
            read_study(list(files))
        assert (error.value.kind, error.value.option) == ("plan", "--plan")
        text = str(error.value)
        for part in ("'Plan1'", "'Plan2'", "plan.dcm", "plan2.dcm", "1.2.3.11", "patient P1", "--plan"):
            assert part in text


@pytest.mark.parametrize("selector", ["Plan2", "plan2.dcm", "1.2.3.11", " ./plan2.dcm "])
def test_choosing_a_plan_chooses_its_dose(make, selector):
    study = read_study(two_plans(make), plan=selector)
    assert (study.plan.label, study.dose.source.name) == ("Plan2", "dose2.dcm")


@pytest.mark.parametrize("selector", ["dose2.dcm", "1.2.3.33"])
def test_choosing_a_dose_chooses_its_plan(make, selector):
    study = read_study(two_plans(make), dose=selector)
    assert (study.plan.label, study.dose.source.name) == ("Plan2", "dose2.dcm")


def test_two_doses_of_one_plan_are_ambiguous(make):
    files = make.case(dose2=make.dose(uid="1.2.3.33"))
    with pytest.raises(AmbiguousStudyError, match=r"dose\.dcm.*dose2\.dcm") as error:
        read_study(files)
    assert (error.value.kind, error.value.option) == ("dose", "--dose")
    with pytest.raises(AmbiguousStudyError):
        read_study(files, plan="Plan1")
    assert read_study(files, dose="dose2.dcm").dose.sop_instance_uid == "1.2.3.33"


def test_dose_of_an_absent_plan_is_still_a_candidate(make):
    with pytest.raises(AmbiguousStudyError):
        read_study(make.case(dose2=make.dose(uid="1.2.3.33", plan="1.2.3.98")))


def test_choosing_plan_and_dose_that_do_not_belong_together_is_refused(make):
    with pytest.raises(InconsistentStudyError, match="no dose belongs to the plan"):
        read_study(two_plans(make), plan="Plan1", dose="dose2.dcm")


def test_plan_without_its_dose_is_refused(make):
    with pytest.raises(InconsistentStudyError, match="no dose belongs to the plan"):
        read_study(make.case(other=make.plan(uid="1.2.3.99", label="Other")), plan="Other")


def test_label_of_two_plans_does_not_choose(make):
    files = make.case(plan2=make.plan(uid="1.2.3.11"), dose2=make.dose(uid="1.2.3.33", plan="1.2.3.11"))
    with pytest.raises(AmbiguousStudyError, match="2 candidates for the plan"):
        read_study(files, plan="Plan1")


@pytest.mark.parametrize("option", ["plan", "dose", "structures"])
def test_selector_that_means_nothing_lists_what_is_there(make, option):
    with pytest.raises(IncompleteStudyError, match=rf"'nothing'; --{option} can choose from: .*{option}\.dcm"):
        read_study(make.case(), **{option: "nothing"})
    with pytest.raises(IncompleteStudyError):
        read_study(make.case(), **{option: ""})


# --- doses that are no candidates -------------------------------------------------------------------------------------


@pytest.mark.parametrize("summation", ["BEAM", "CONTROL_POINT"])
def test_doses_of_beams_are_left_out_and_noted(make, summation):
    beams = {f"beam{k}": make.dose(uid=f"1.2.3.3.{k}", summation=summation) for k in range(3)}
    study = read_study(make.case(**beams))
    assert study.dose.summation_type == "PLAN"
    (note,) = study.notes
    assert note.code == "doses-left-out"
    assert all(f"beam{k}.dcm" in note.message for k in range(3))


def test_only_doses_of_beams_are_refused(make):
    with pytest.raises(UnsupportedDoseError, match="holds one beam's part"):
        read_study(make.case(dose=make.dose(summation="BEAM")))
    with pytest.raises(UnsupportedDoseError, match="holds one beam's part"):
        read_study(make.case(beam=make.dose(uid="1.2.3.33", summation="BEAM")), dose="beam.dcm")


@pytest.mark.parametrize(("keyword", "value"), [("DoseUnits", "RELATIVE"), ("DoseType", "ERROR")])
def test_relative_and_error_doses_are_no_candidates(make, keyword, value, codes):
    other = make.dose(uid="1.2.3.33")
    setattr(other, keyword, value)
    assert codes(read_study(make.case(other=other))) == ["doses-left-out"]
    with pytest.raises(UnsupportedDoseError, match=value):
        read_study(make.case(dose=other))


def test_effective_dose_is_noted(make, codes):
    dose = make.dose()
    dose.DoseType = "EFFECTIVE"
    assert codes(read_study(make.case(dose=dose))) == ["effective-dose"]


def test_dose_of_one_fraction_group_of_two_is_noted(make, codes):
    plan = make.plan()
    second = copy.deepcopy(plan.FractionGroupSequence[0])
    second.FractionGroupNumber = 2
    plan.FractionGroupSequence.append(second)
    assert codes(read_study(make.case(plan=plan, dose=make.dose(summation="FRACTION")))) == [
        "dose-of-one-fraction-group"
    ]
    assert codes(read_study(make.case(plan=plan))) == []


def test_dose_of_two_plans_needs_a_choice_and_is_noted(make, codes):
    dose = make.dose(summation="MULTI_PLAN")
    dose.ReferencedRTPlanSequence.append(make.reference("1.2.3.11"))
    files = make.case(dose=dose, plan2=make.plan(uid="1.2.3.11", label="Plan2"))
    with pytest.raises(AmbiguousStudyError, match="plan"):
        read_study(files)
    assert codes(read_study(files, plan="Plan2")) == ["multi-plan-dose", "objects-left-out"]
    assert codes(read_study(make.case(dose=dose))) == ["multi-plan-dose"]


# --- structure sets ---------------------------------------------------------------------------------------------------


def test_referenced_structure_set_wins(make, codes):
    study = read_study(make.case(other=make.structures(uid="1.2.3.22")))
    assert study.structure_set.sop_instance_uid == "1.2.3.2"
    assert codes(study) == ["objects-left-out"]


def test_structure_set_that_nobody_names_must_be_chosen(make, codes):
    files = make.case(structures=make.structures(uid="1.2.3.22", label="Other"))
    with pytest.raises(InconsistentStudyError, match=r"1\.2\.3\.2, and given is 'Other'") as error:
        read_study(files)
    assert "--structures" in error.value.mend
    assert codes(read_study(files, structures="Other")) == ["structures-not-referenced"]


def test_without_references_the_frame_decides(make, codes):
    plan = make.plan(structures=None)
    files = make.case(plan=plan, other=make.structures(uid="1.2.3.22", label="Other", frame="1.2.8"))
    study = read_study(files)
    assert study.structure_set.label == "Structs"
    assert codes(study) == ["structures-by-frame", "objects-left-out"]
    files = make.case(plan=plan, other=make.structures(uid="1.2.3.22", label="Other"))
    with pytest.raises(AmbiguousStudyError) as error:
        read_study(files)
    assert (error.value.kind, error.value.option) == ("structure set", "--structures")
    assert read_study(files, structures="Other").structure_set.label == "Other"
    with pytest.raises(InconsistentStudyError, match=r"the ROIs lie in frame of reference 1\.2\.8"):
        read_study(make.case(plan=plan, structures=make.structures(frame="1.2.8")))


def test_plan_and_dose_that_name_two_structure_sets_are_ambiguous(make, codes):
    dose = make.dose()
    dose.ReferencedStructureSetSequence = [make.reference("1.2.3.22", "481.3")]
    with pytest.raises(AmbiguousStudyError):
        read_study(make.case(dose=dose, other=make.structures(uid="1.2.3.22")))
    assert codes(read_study(make.case(dose=dose))) == ["structures-not-referenced"]


def test_choosing_a_structure_set_chooses_the_dose_of_its_plan(make):
    files = make.case(
        plan2=make.plan(uid="1.2.3.11", label="Plan2", structures="1.2.3.22"),
        dose2=make.dose(uid="1.2.3.33", plan="1.2.3.11"),
        structures2=make.structures(uid="1.2.3.22", label="Second"),
    )
    assert read_study(files, structures="Second").plan.label == "Plan2"


# --- frames of reference ----------------------------------------------------------------------------------------------


def test_structures_in_another_frame_are_refused(make):
    with pytest.raises(InconsistentStudyError, match=r"lie in frame of reference 1\.2\.8, the dose in 1\.2\.3\.9"):
        read_study(make.case(structures=make.structures(frame="1.2.8")))
    with pytest.raises(InconsistentStudyError):
        read_study(make.case(structures=make.structures(frame="1.2.8")), structures="Structs")


def test_rois_in_two_frames_are_refused(make):
    structures = make.structures()
    structures.StructureSetROISequence[1].ReferencedFrameOfReferenceUID = "1.2.8"
    with pytest.raises(InconsistentStudyError, match=r"lie in frame of reference 1\.2\.3\.9, 1\.2\.8"):
        read_study(make.case(structures=structures))
    # An ROI that was never drawn lies nowhere.
    structures.ROIContourSequence = structures.ROIContourSequence[:1]
    read_study(make.case(structures=structures))


def test_plan_in_another_frame_is_refused(make):
    with pytest.raises(InconsistentStudyError, match=r"the plan lies in frame of reference 1\.2\.8"):
        read_study(make.case(plan=make.plan(frame="1.2.8")))


def test_frame_of_structures_is_found_wherever_it_stands(make, codes):
    structures = make.structures()
    for roi in structures.StructureSetROISequence:
        roi.ReferencedFrameOfReferenceUID = ""
    assert codes(read_study(make.case(structures=structures))) == []
    del structures.ReferencedFrameOfReferenceSequence
    assert codes(read_study(make.case(structures=structures))) == ["frame-of-reference-from-plan"]
    structures.FrameOfReferenceUID = make.FRAME
    assert codes(read_study(make.case(structures=structures))) == []


def test_frame_of_dose_is_taken_from_its_plan(make, codes):
    study = read_study(make.case(dose=make.dose(frame=None)))
    assert study.dose.grid.frame_of_reference_uid == make.FRAME
    assert codes(study) == ["frame-of-reference-from-plan"]


@pytest.mark.parametrize(
    "changes",
    [
        {"dose": {"frame": None}, "plan": {"frame": None}},
        {"structures": {"frame": None}, "plan": {"frame": None}},
        {"dose": {"frame": None, "plan": None}, "plan": None},
        {"structures": {"frame": None}, "plan": None},
    ],
)
def test_unknown_frame_is_refused(make, changes):
    parts = {kind: values and getattr(make, kind)(**values) for kind, values in changes.items()}
    with pytest.raises(InconsistentStudyError, match="no frame of reference is stated"):
        read_study(make.case(**parts))


# --- patients and copies ----------------------------------------------------------------------------------------------


def other_patient(make):
    return make.files(
        b_plan=make.plan(uid="2.1", label="B", structures="2.2", patient="P2"),
        b_structures=make.structures(uid="2.2", label="B", patient="P2"),
        b_dose=make.dose(uid="2.3", plan="2.1", patient="P2"),
    )


def test_two_patients_are_ambiguous(make):
    with pytest.raises(AmbiguousStudyError) as error:
        read_study(make.case() + other_patient(make))
    assert (error.value.kind, error.value.option) == ("patient", "--plan")
    text = str(error.value)
    for part in ("patient P1", "patient P2", "'Plan1'", "'B'", "b_plan.dcm"):
        assert part in text


@pytest.mark.parametrize("selector", [{"plan": "B"}, {"dose": "b_dose.dcm"}, {"structures": "2.2"}])
def test_any_choice_chooses_the_patient(make, selector, codes):
    study = read_study(make.case() + other_patient(make), **selector)
    assert {study.patient.patient_id, study.plan.label, study.structure_set.label} == {"P2", "B"}
    assert codes(study) == ["other-patient"]


def test_choices_of_two_patients_are_refused(make):
    with pytest.raises(InconsistentStudyError, match="different patients"):
        read_study(make.case() + other_patient(make), plan="B", dose="dose.dcm")


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_any_rt_object_of_another_patient_is_ambiguous(make, kind):
    with pytest.raises(AmbiguousStudyError, match="candidates for the patient"):
        read_study(make.case() + other_patient(make)[kind : kind + 1])


def test_objects_of_two_patients_are_not_joined(make):
    with pytest.raises(AmbiguousStudyError, match="candidates for the patient"):
        read_study(make.case(dose=make.dose(patient="P2")))


def test_images_of_another_patient_are_left_out_and_noted(make, codes):
    study = read_study(make.case(own=make.image(0), foreign=make.image(1, patient="P2")))
    assert [source.name for source in study.images[0].sources] == ["own.dcm"]
    assert codes(study) == ["other-patient"]


def test_object_without_patient_id_joins_the_only_patient(make, codes):
    dose = make.dose(patient="")
    study = read_study(make.case(dose=dose))
    assert study.patient.patient_id == "P1"
    assert codes(study) == ["patient-id-missing"]
    with pytest.raises(AmbiguousStudyError, match="without ID"):
        read_study(make.case(dose=dose) + other_patient(make))


def test_all_without_patient_id_is_one_patient(make):
    files = make.files(plan=make.plan(patient=""), structures=make.structures(patient=""), dose=make.dose(patient=""))
    assert read_study(files).patient.patient_id == ""


def test_patient_told_differently_is_noted(make, codes):
    dose = make.dose()
    dose.PatientName = "Roe^Richard"
    dose.PatientBirthDate = "19510101"
    assert codes(read_study(make.case(dose=dose))) == ["patient-differs", "patient-differs"]


def test_copies_are_read_once_and_noted(make, codes):
    study = read_study([*make.case(), ("copy of dose.dcm", make.files(dose=make.dose())[0][1])])
    assert codes(study) == ["duplicate-files"]
    assert "copy of dose.dcm" in study.notes[0].message or "dose.dcm" in study.notes[0].message


def test_different_files_of_one_uid_are_refused(make):
    other = make.dose()
    other.DoseGridScaling = "0.002"
    with pytest.raises(InconsistentStudyError, match=r"other\.dcm: differs from dose\.dcm.*1\.2\.3\.3"):
        read_study(make.case(other=other))


def test_each_plan_of_two_patients_is_a_candidate_that_its_selector_chooses(make):
    files = make.case() + other_patient(make)
    with pytest.raises(AmbiguousStudyError) as caught:
        read_study(files)
    error = caught.value
    assert error.option == "--plan"
    assert len(error.selectors) == len(error.candidates) == 2
    chosen = {read_study(files, plan=selector).patient.patient_id for selector in error.selectors}
    assert len(chosen) == 2
