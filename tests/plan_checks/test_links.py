"""Section A, identity and links of the files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.finding import Severity, Verdict
from rtcheck.study import PlanDose
from tests import studies
from tests.plan_checks.drawings import BOX
from tests.plan_checks.mutants import dose_with, noted, plan_with, structures_with, without_plan
from tests.plan_checks.samples import fires, mutant, only, sample, shown, unchecked

# A1


@pytest.mark.parametrize(
    ("keyword", "value", "what"),
    [("PatientBirthDate", "19700101", "birth date"), ("PatientName", "OTHER^ONE", "name"), ("PatientSex", "F", "sex")],
)
def test_one_patient_id_with_two_identities_is_for_a_person_to_settle(keyword, value, what) -> None:
    study = mutant({"RTDOSE.dcm": lambda dataset: setattr(dataset, keyword, value)}, ct=False)
    finding = only(study, "A1")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert f"the patient's {what} differs" in finding.message


@pytest.mark.parametrize("code", ["patient-id-missing", "other-patient"])
def test_files_without_an_id_and_files_of_others_are_warned_of(code) -> None:
    assert only(noted(code), "A1").verdict is Verdict.ACCEPTABLE


def test_without_any_patient_id_nothing_shows_that_files_belong_together() -> None:
    study = replace(sample(), patient=replace(sample().patient, patient_id=""))
    (finding,) = unchecked(study, "A1")
    assert finding.verdict is Verdict.NOT_EVALUATED


# A2


def test_plan_that_names_no_structure_set_is_warned_of() -> None:
    assert only(plan_with(referenced_structure_set_uid=None), "A2").verdict is Verdict.ACCEPTABLE


def test_plan_of_another_structure_set_fails() -> None:
    finding = only(plan_with(referenced_structure_set_uid="1.2.3"), "A2")
    assert (finding.verdict, finding.severity) == (Verdict.FAIL, Severity.ERROR)
    assert "1.2.3" in finding.message


@pytest.mark.parametrize("check_id", ["A2", "A3", "A8"])
def test_links_of_a_plan_that_is_not_there_are_not_evaluated(check_id) -> None:
    (finding,) = unchecked(without_plan(), check_id)
    assert finding.verdict is Verdict.NOT_EVALUATED


# A3


def test_dose_that_names_no_plan_is_warned_of() -> None:
    finding = only(dose_with(referenced_plan_uids=()), "A3")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "names no plan" in finding.message


def test_dose_of_another_plan_fails() -> None:
    finding = only(dose_with(referenced_plan_uids=("1.2.3",)), "A3")
    assert finding.verdict is Verdict.FAIL
    assert "names another plan" in finding.message


def test_plan_that_names_its_dose_is_link_enough() -> None:
    study = dose_with(referenced_plan_uids=())
    assert not fires(plan_with(study, referenced_dose_uids=(study.dose.sop_instance_uid,)), "A3")


def test_dose_calculated_with_another_structure_set_fails() -> None:
    finding = only(dose_with(referenced_structure_set_uid="1.2.3"), "A3")
    assert finding.verdict is Verdict.FAIL
    assert not fires(dose_with(referenced_structure_set_uid=None), "A3")


def test_every_dose_of_several_plans_is_asked() -> None:
    study = sample("two-lesions-two-plans")
    first, second = study.plan_doses
    swapped = (replace(first, dose=second.dose), replace(second, dose=first.dose))
    assert len(fires(replace(study, plan_doses=swapped), "A3")) == 2


# A4


def test_dose_in_another_frame_of_reference_fails() -> None:
    grid = replace(sample().dose.grid, frame_of_reference_uid="1.2.3")
    assert only(dose_with(grid=grid), "A4").verdict is Verdict.FAIL


def test_plan_in_another_frame_of_reference_fails_unless_its_dose_was_registered() -> None:
    study = plan_with(frame_of_reference_uid="1.2.3")
    assert only(study, "A4").verdict is Verdict.FAIL
    registered = dose_with(study, registration="a.dcm (1.2.3 to 4.5.6)")
    assert not fires(registered, "A4")
    assert "a.dcm" in shown(registered, "A4")[0].message


@pytest.mark.parametrize("code", ["frame-of-reference-from-plan", "series-left-out", "registration-not-used"])
def test_how_frames_were_found_is_shown(code) -> None:
    assert len(shown(noted(code), "A4")) == 1


def test_structure_set_without_a_frame_of_reference_is_not_passed() -> None:
    (finding,) = unchecked(structures_with(frame_of_reference_uid=""), "A4")
    assert finding.verdict is Verdict.NOT_EVALUATED


# A6


def test_several_images_at_one_place_are_warned_of() -> None:
    assert only(noted("images-at-one-position"), "A6").verdict is Verdict.ACCEPTABLE


@pytest.mark.parametrize("code", ["duplicate-files", "plans-together", "structures-by-frame"])
def test_what_was_chosen_is_shown(code) -> None:
    assert len(shown(noted(code), "A6")) == 1


def test_one_dose_summed_twice_fails() -> None:
    first, second = sample("two-lesions-two-plans").plan_doses
    doubled = replace(sample("two-lesions-two-plans"), plan_doses=(first, replace(second, dose=first.dose)))
    finding = only(doubled, "A6")
    assert finding.verdict is Verdict.FAIL
    assert "value by value" in finding.message


def two_plans(first_gy, second_gy):
    """Two plans of 5 fractions for one target."""
    reference = [studies.target_reference(1, gray, 1) for gray in (first_gy, second_gy)]
    one = studies.plan([reference[0]])
    other = replace(studies.plan([reference[1]]), sop_instance_uid="1.2.3.77", label="Again")
    dose = studies.dose(first_gy)
    second = replace(studies.dose(second_gy), referenced_plan_uids=("1.2.3.77",), sop_instance_uid="1.2.3.99")
    return studies.study(
        [studies.box_roi(1, "PTV", BOX, "PTV")],
        dose,
        plan_doses=(PlanDose(one, dose), PlanDose(other, replace(second, dose_gy=second.dose_gy * 0.99))),
    )


def test_two_plans_that_give_a_target_the_same_may_be_versions_of_one() -> None:
    finding = only(two_plans(40.0, 40.0), "A6")
    assert (finding.verdict, finding.subject) == (Verdict.ACCEPTABLE, "PTV")
    assert "versions" in finding.message


def test_a_boost_after_a_plan_is_no_second_version() -> None:
    assert not fires(two_plans(40.0, 10.0), "A6")


# A9


@pytest.mark.parametrize("code", ["objects-left-out", "doses-left-out", "ignored-objects", "images-left-out"])
def test_files_without_use_are_noted_and_decide_nothing(code) -> None:
    assert only(noted(code), "A9").verdict is Verdict.INFO


def test_plan_that_was_left_out_is_noted() -> None:
    def other(dataset) -> None:
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
        dataset.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = sample().plan.sop_instance_uid
        dataset.DoseSummationType = "BEAM"

    from rtcheck.dicom import read_study
    from tests.plan_checks.samples import changed, files

    kept = {name: content for name, content in files().items() if not name.startswith("CT/")}
    study = read_study([*kept.items(), ("beam.dcm", changed(kept["RTDOSE.dcm"], other))])
    finding = only(study, "A9")
    assert "BEAM" in finding.message


def test_sum_of_beams_is_shown_with_its_files() -> None:
    study = dose_with(parts=(studies.source("RTDOSE"),) * 3)
    assert "3 files" in shown(study, "A9")[0].message
