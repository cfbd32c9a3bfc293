"""Section A: identity, links, approval and order of the files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.checks import plan_status
from rtcheck.errors import AmbiguousStudyError, InconsistentStudyError
from rtcheck.finding import Confidence, Severity, Verdict
from rtcheck.plan_checks.links import CHECKS, _day
from rtcheck.study import Note, PlanDose
from tests import studies
from tests.plan_checks.samples import CLEAN, SILENT, asked, case_of, fires, mutant, sample

BY_ID = {check.id: check for check in CHECKS}
BOX = ((-10, 10), (-10, 10), (-10, 10))


def with_plan(study, **changes):
    first, *others = study.plan_doses
    return replace(study, plan_doses=(replace(first, plan=replace(first.plan, **changes)), *others))


def with_dose(study, **changes):
    first, *others = study.plan_doses
    return replace(study, plan_doses=(replace(first, dose=replace(first.dose, **changes)), *others))


def with_structures(study, **changes):
    return replace(study, structure_set=replace(study.structure_set, **changes))


def noted(code, message="something is so"):
    return replace(sample(), notes=(Note(code, "file.dcm", message),))


def without_plan(study):
    return replace(study, plan_doses=tuple(PlanDose(None, one.dose) for one in study.plan_doses))


def answers(study, check_id):
    return asked(Case(study), BY_ID[check_id])


def alerts(study, check_id):
    return fires(Case(study), BY_ID[check_id])


def only(study, check_id):
    (finding,) = alerts(study, check_id)
    return finding


def unchecked(study, check_id):
    return [finding for finding in answers(study, check_id) if finding.reason == "not-checked"]


def shown(study, check_id):
    return [finding for finding in answers(study, check_id) if finding.reason == "shown"]


@pytest.mark.parametrize("name", [*CLEAN, "two-lesions-two-plans", "grid-misses-liver"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_files_that_belong_together_are_let_pass(name, check) -> None:
    assert {finding.verdict for finding in asked(case_of(name), check)} <= SILENT


def test_checks_are_those_of_section_a_with_an_origin_and_a_text_each() -> None:
    assert [check.id for check in CHECKS] == [f"A{number}" for number in range(1, 10)]
    assert all(check.origin and check.text and check.title for check in CHECKS)


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


def test_files_of_two_patients_are_not_read_as_one() -> None:
    with pytest.raises(AmbiguousStudyError):
        mutant({"RTDOSE.dcm": lambda dataset: setattr(dataset, "PatientID", "ANOTHER")}, ct=False)


@pytest.mark.parametrize("code", ["patient-id-missing", "other-patient"])
def test_files_without_an_id_and_files_of_others_are_warned_of(code) -> None:
    assert only(noted(code), "A1").verdict is Verdict.ACCEPTABLE


def test_without_any_patient_id_nothing_shows_that_files_belong_together() -> None:
    study = replace(sample(), patient=replace(sample().patient, patient_id=""))
    (finding,) = unchecked(study, "A1")
    assert finding.verdict is Verdict.NOT_EVALUATED


# A2


def test_plan_that_names_no_structure_set_is_warned_of() -> None:
    assert only(with_plan(sample(), referenced_structure_set_uid=None), "A2").verdict is Verdict.ACCEPTABLE


def test_plan_of_another_structure_set_fails() -> None:
    finding = only(with_plan(sample(), referenced_structure_set_uid="1.2.3"), "A2")
    assert (finding.verdict, finding.severity) == (Verdict.FAIL, Severity.ERROR)
    assert "1.2.3" in finding.message


def test_reader_refuses_a_structure_set_that_plan_and_dose_do_not_name() -> None:
    def renamed(dataset) -> None:
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"

    with pytest.raises(InconsistentStudyError):
        mutant({"RTSTRUCT.dcm": renamed}, ct=False)


@pytest.mark.parametrize("check_id", ["A2", "A3", "A8"])
def test_links_of_a_plan_that_is_not_there_are_not_evaluated(check_id) -> None:
    (finding,) = unchecked(without_plan(sample()), check_id)
    assert finding.verdict is Verdict.NOT_EVALUATED


# A3


def test_dose_that_names_no_plan_is_warned_of() -> None:
    finding = only(with_dose(sample(), referenced_plan_uids=()), "A3")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "names no plan" in finding.message


def test_dose_of_another_plan_fails() -> None:
    finding = only(with_dose(sample(), referenced_plan_uids=("1.2.3",)), "A3")
    assert finding.verdict is Verdict.FAIL
    assert "names another plan" in finding.message


def test_reader_refuses_the_dose_of_another_plan() -> None:
    def foreign(dataset) -> None:
        dataset.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = "1.2.3"

    with pytest.raises(InconsistentStudyError):
        mutant({"RTDOSE.dcm": foreign}, ct=False)


def test_plan_that_names_its_dose_is_link_enough() -> None:
    study = with_dose(sample(), referenced_plan_uids=())
    assert not alerts(with_plan(study, referenced_dose_uids=(study.dose.sop_instance_uid,)), "A3")


def test_dose_calculated_with_another_structure_set_fails() -> None:
    finding = only(with_dose(sample(), referenced_structure_set_uid="1.2.3"), "A3")
    assert finding.verdict is Verdict.FAIL
    assert not alerts(with_dose(sample(), referenced_structure_set_uid=None), "A3")


def test_every_dose_of_several_plans_is_asked() -> None:
    study = sample("two-lesions-two-plans")
    first, second = study.plan_doses
    swapped = (replace(first, dose=second.dose), replace(second, dose=first.dose))
    assert len(alerts(replace(study, plan_doses=swapped), "A3")) == 2


# A4


def test_dose_in_another_frame_of_reference_fails() -> None:
    grid = replace(sample().dose.grid, frame_of_reference_uid="1.2.3")
    assert only(with_dose(sample(), grid=grid), "A4").verdict is Verdict.FAIL


def test_plan_in_another_frame_of_reference_fails_unless_its_dose_was_registered() -> None:
    study = with_plan(sample(), frame_of_reference_uid="1.2.3")
    assert only(study, "A4").verdict is Verdict.FAIL
    registered = with_dose(study, registration="a.dcm (1.2.3 to 4.5.6)")
    assert not alerts(registered, "A4")
    assert "a.dcm" in shown(registered, "A4")[0].message


def test_reader_refuses_a_dose_in_a_frame_that_nothing_links() -> None:
    def moved(dataset) -> None:
        dataset.FrameOfReferenceUID = "1.2.3"

    with pytest.raises(InconsistentStudyError):
        mutant({"RTDOSE.dcm": moved}, ct=False)


@pytest.mark.parametrize("code", ["frame-of-reference-from-plan", "series-left-out", "registration-not-used"])
def test_how_frames_were_found_is_shown(code) -> None:
    assert len(shown(noted(code), "A4")) == 1


# A5


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
    study = with_structures(sample(), referenced_image_uids=frozenset())
    assert unchecked(study, "A5")[0].verdict is Verdict.NOT_EVALUATED


def moved_rois(study, shift_mm, names=("Liver",), **changes):
    def moved(roi):
        if roi.name not in names:
            return roi
        shifted = [replace(contour, points_mm=contour.points_mm + np.array(shift_mm)) for contour in roi.contours]
        return replace(roi, contours=tuple(shifted), **changes)

    return with_structures(study, rois=tuple(moved(roi) for roi in study.structure_set.rois))


def test_contours_between_slices_are_told_with_their_distance() -> None:
    finding = only(moved_rois(sample(), (0, 0, 1.2)), "A5")
    assert (finding.verdict, finding.confidence) == (Verdict.ACCEPTABLE, Confidence.HEURISTIC)
    assert finding.rois == ("Liver",)
    assert finding.observed == pytest.approx(1.2)


def test_contours_beyond_the_last_slice_are_told() -> None:
    assert only(moved_rois(sample(), (0, 0, 600)), "A5").observed > 200


def test_contours_a_rounding_off_their_slice_are_on_it() -> None:
    assert not alerts(moved_rois(sample(), (30, 0, 0.3)), "A5")


def test_supports_from_a_library_lie_where_they_like() -> None:
    assert not alerts(moved_rois(sample(), (0, 0, 1.2), interpreted_type="SUPPORT"), "A5")


def test_contours_across_the_slices_are_on_none_and_not_asked() -> None:
    turn = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, 1.0, 0]])
    study = sample()
    rois = [
        replace(roi, contours=tuple(replace(c, points_mm=c.points_mm @ turn) for c in roi.contours))
        for roi in study.structure_set.rois
        if roi.name == "Liver"
    ]
    assert not alerts(with_structures(study, rois=tuple(rois)), "A5")


def test_structure_set_without_contours_lies_on_no_wrong_slice() -> None:
    assert not alerts(with_structures(sample(), rois=()), "A5")


def test_a_single_slice_is_a_series_too() -> None:
    study = sample()
    (series,) = study.images
    one = replace(
        series, sop_instance_uids=series.sop_instance_uids[:1], slice_positions_mm=series.slice_positions_mm[:1]
    )
    alone = replace(with_structures(study, referenced_image_uids=frozenset(one.sop_instance_uids)), images=(one,))
    assert "lie on no slice" in only(alone, "A5").message


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
    assert not alerts(two_plans(40.0, 10.0), "A6")


# A7


def test_rejected_structure_set_fails() -> None:
    finding = only(with_structures(sample(), approval_status="REJECTED"), "A7")
    assert finding.verdict is Verdict.FAIL


def test_unapproved_plan_and_structure_set_are_warned_of() -> None:
    study = with_plan(with_structures(sample(), approval_status="UNAPPROVED"), approval_status="UNAPPROVED")
    found = alerts(study, "A7")
    assert [finding.verdict for finding in found] == [Verdict.ACCEPTABLE] * 2
    assert [finding.subject.split()[0] for finding in found] == ["structure", "plan"]


def test_rejected_plan_is_judged_once() -> None:
    study = with_plan(sample(), approval_status="REJECTED")
    assert not alerts(study, "A7")
    assert [finding.verdict for finding in plan_status(Case(study))] == [Verdict.NOT_EVALUATED]
    assert asked(Case(study), BY_ID["A7"])[-1].reason == "carried"


def test_status_that_is_not_stated_is_shown() -> None:
    study = with_structures(with_plan(sample(), approval_status=None), approval_status="DRAFT")
    assert [finding.message.split()[0] for finding in shown(study, "A7")] == ["ApprovalStatus", "whether"]


def dated(images="20240115", structures="20240117", plan="20240119", dose="20240119"):
    study = with_dose(with_plan(with_structures(sample(), date=structures), date=plan), date=dose)
    return replace(study, images=(replace(study.images[0], dates=(images,) if images else ()),))


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ({"images": "20240118"}, "images of 2024-01-18, structure set of 2024-01-17"),
        ({"structures": "20240120"}, "structure set of 2024-01-20, plan of 2024-01-19"),
        ({"plan": "2024.01.20"}, "plan of 2024-01-20, dose of 2024-01-19"),
        ({"plan": None, "structures": "20240121"}, "structure set of 2024-01-21, dose of 2024-01-19"),
    ],
)
def test_what_was_made_before_what_it_is_made_of_is_told(dates, said) -> None:
    finding = only(dated(**dates), "A7")
    assert (finding.verdict, finding.confidence) == (Verdict.ACCEPTABLE, Confidence.HEURISTIC)
    assert said in finding.message


def test_files_of_one_day_are_in_order() -> None:
    assert not alerts(dated("20240119", "20240119"), "A7")


def test_dates_that_are_missing_are_named() -> None:
    (finding,) = shown(dated(images="", plan="tomorrow"), "A7")
    assert "images, plan" in finding.message


@given(st.text(alphabet="0123456789. x", max_size=12) | st.none())
def test_a_date_is_a_day_or_nothing(text) -> None:
    day = _day(text)
    assert day is None or day.strftime("%Y").isdigit()


# A8


@pytest.mark.parametrize("label", ["40Gy5F QA", "Verification_1", "Liver phantom", "DNT old"])
def test_plan_named_for_measurements_is_asked_about(label) -> None:
    finding = only(with_plan(sample(), label=label), "A8")
    assert (finding.verdict, finding.confidence) == (Verdict.ACCEPTABLE, Confidence.HEURISTIC)


@pytest.mark.parametrize("intent", ["VERIFICATION", "RESEARCH", "MACHINE_QA"])
def test_intent_that_treats_nobody_is_judged_once(intent) -> None:
    study = with_plan(sample(), plan_intent=intent, label="QA")
    assert not alerts(study, "A8")
    assert asked(Case(study), BY_ID["A8"])[0].reason == "carried"
    assert [finding.verdict for finding in plan_status(Case(study))] == [Verdict.NOT_EVALUATED]


def test_intent_that_is_not_stated_is_shown() -> None:
    assert len(shown(with_plan(sample(), plan_intent=None), "A8")) == 1


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
    study = with_dose(sample(), parts=(studies.source("RTDOSE"),) * 3)
    assert "3 files" in shown(study, "A9")[0].message
