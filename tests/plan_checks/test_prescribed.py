"""Section D: is it clear what is prescribed, and does a reduced dose have its reason?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.case import Case
from rtcheck.checks import prescribed_bed, prescription_sources
from rtcheck.errors import UnreadableFileError
from rtcheck.finding import Severity, Verdict
from rtcheck.sheet import CaseSheet, DeclaredLesion, LesionKind, Reduction
from rtcheck.study import PlanDose
from tests import studies
from tests.plan_checks.plans import OTHER_BOX, PTV_BOX, RULE, in_two_phases, target_case, target_study
from tests.plan_checks.samples import asked, messages, mutant, only, reasons

# D1


def test_beam_doses_that_give_another_dose_are_told() -> None:
    finding = only(target_case(beam_dose_gy=2.0), "D1")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "5x8Gy" in finding.message
    assert "5x2Gy" in finding.message


def test_target_without_a_prescription_is_not_evaluated() -> None:
    rois = [studies.box_roi(1, "PTV", PTV_BOX, "PTV"), studies.box_roi(2, "PTV_2", OTHER_BOX, "PTV")]
    (finding,) = [one for one in asked(target_case(rois=rois), "D1") if one.reason == "not-checked"]
    assert (finding.verdict, finding.subject) == (Verdict.NOT_EVALUATED, "PTV_2")


def test_plan_that_prescribes_nothing_is_not_evaluated() -> None:
    bare = target_study(total_gy=None, level_gy=40.0)
    nowhere = replace(bare, structure_set=replace(bare.structure_set, rois=()))
    for study in (bare, nowhere):
        assert reasons(Case(study), "D1") == ["not-checked"]


def test_label_that_contradicts_the_dose_reference_is_judged_once() -> None:
    contradicted = target_case(label="50Gy5F")
    assert reasons(contradicted, "D1") == ["carried"]
    assert "prescription-sources" in messages(contradicted, "D5")[0]
    assert [finding.verdict for finding in prescription_sources(contradicted)] == [Verdict.NOT_EVALUATED]


def test_reader_refuses_a_negative_prescription() -> None:
    def negative(dataset) -> None:
        dataset.DoseReferenceSequence[0].TargetPrescriptionDose = -40.0

    with pytest.raises(UnreadableFileError, match="negative"):
        mutant({"RTPLAN.dcm": negative}, ct=False)


# D2


def test_one_dose_for_several_phases_is_noted() -> None:
    study = target_study(beam_dose_gy=8.0)
    (group,) = study.plan.fraction_groups
    plan = replace(study.plan, fraction_groups=(group, replace(group, number=2, fractions_planned=3)))
    phased = Case(replace(study, plan_doses=(PlanDose(plan, study.dose),)), intervals=False)
    finding = only(phased, "D2")
    assert (finding.verdict, finding.severity) == (Verdict.INFO, Severity.NOTE)
    assert "5 + 3 fractions" in finding.message


def test_simultaneous_boost_is_shown() -> None:
    rois = [studies.box_roi(1, "PTV_40", PTV_BOX, "PTV"), studies.box_roi(2, "PTV_30", OTHER_BOX, "PTV")]
    references = (studies.target_reference(1, 40.0, 1), studies.target_reference(2, 30.0, 2))
    (message,) = messages(target_case(rois=rois, dose_references=references), "D2")
    assert message == "different doses in one plan: PTV_40 5x8Gy, PTV_30 5x6Gy"


def test_a_target_of_two_plans_is_shown_with_both() -> None:
    assert messages(in_two_phases(50.0, 10.0), "D2") == ["in 2 phases: 25x2Gy + 25x0.4Gy"]


# D3


def test_bed_of_every_prescription_is_shown_and_left_to_the_rule() -> None:
    short = target_case(35.0)
    assert reasons(short, "D3") == ["shown", "carried"]
    assert messages(short, "D3") == ["5x7Gy: BED10 59.5 Gy"]
    assert [finding.verdict for finding in prescribed_bed(short, RULE)] == [Verdict.FAIL]


def test_bed_of_very_large_fractions_is_noted_as_doubtful() -> None:
    finding = only(target_case(24.0, 1), "D3")
    assert finding.verdict is Verdict.INFO
    assert "linear-quadratic model is doubtful" in finding.message


# D8


def declared(**changes):
    lesion = DeclaredLesion("L1", "liver", LesionKind.PRIMARY, ptv="PTV", **changes)
    return CaseSheet(lesions=(lesion,))


STOMACH = declared(reduction=Reduction("too near", "Stomach"))


def test_reduced_dose_whose_organ_is_not_drawn_is_told() -> None:
    finding = only(target_case(35.0, sheet=STOMACH), "D8")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "Stomach (too near), which isn't contoured" in finding.message


def test_reduced_dose_with_a_reason_is_shown_with_it() -> None:
    rois = [studies.box_roi(1, "PTV", PTV_BOX, "PTV"), studies.box_roi(2, "Stomach", OTHER_BOX)]
    reduced = target_case(35.0, rois=rois, sheet=STOMACH)
    assert reasons(reduced, "D8") == ["shown", "carried"]
    assert "BED10 59.5 Gy" in messages(reduced, "D8")[0]


def test_reduction_that_the_dose_does_not_need_is_noted() -> None:
    finding = only(target_case(40.0, sheet=STOMACH), "D8")
    assert (finding.verdict, finding.severity) == (Verdict.INFO, Severity.NOTE)


def test_reduction_of_an_unknown_prescription_is_not_judged() -> None:
    assert reasons(target_case(total_gy=None, level_gy=40.0, sheet=STOMACH), "D8") == ["not-checked"]


def test_low_dose_without_a_declared_reason_is_left_to_the_rule() -> None:
    assert reasons(target_case(35.0, sheet=declared()), "D8") == ["carried"]
    assert reasons(target_case(35.0), "D8") == ["carried"]
