"""Section D: is it clear what is prescribed, is it plausible, and does the dose look like it?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.checks import achieved_bed, prescribed_bed, prescription_sources
from rtcheck.constraint import BedRule
from rtcheck.errors import UnreadableFileError
from rtcheck.finding import Severity, Source, Verdict
from rtcheck.plan_checks.prescribed import CHECKS, _mistake
from rtcheck.sheet import CaseSheet, DeclaredLesion, LesionKind, Reduction
from rtcheck.study import Beam, PlanDose, ReferencedBeam
from rtcheck.units import Comparator
from tests import studies
from tests.plan_checks.samples import CLEAN, SILENT, asked, case_of, fires, mutant

BY_ID = {check.id: check for check in CHECKS}
RULE = BedRule(10.0, Comparator.GE, 60.0, Source("p", "p.bed10"))
BOX = ((-12, 12), (-12, 12), (-12, 12))
CORE = ((-6, 6), (-6, 6), (-6, 6))
OTHER = ((20, 40), (-12, 12), (-12, 12))


def study_of(total_gy=40.0, fractions=5, level_gy=None, *, rois=None, dose=None, beam_dose_gy=None, **changes):
    drawn = rois or [studies.box_roi(1, "PTV", BOX, "PTV")]
    references = [studies.target_reference(1, total_gy, 1)] if total_gy else []
    plan = replace(studies.plan(references, [fractions], beam_dose_gy), **changes)
    return studies.study(drawn, dose or studies.dose((total_gy or 0.0) if level_gy is None else level_gy), plan)


def case(*args, sheet=None, **changes):
    return Case(study_of(*args, **changes), intervals=False, sheet=sheet)


def only(case_, check_id):
    (finding,) = fires(case_, BY_ID[check_id])
    return finding


def reasons(case_, check_id):
    return [finding.reason for finding in asked(case_, BY_ID[check_id])]


def messages(case_, check_id, reason="shown"):
    return [finding.message for finding in asked(case_, BY_ID[check_id]) if finding.reason == reason]


@pytest.mark.parametrize("name", CLEAN)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_clean_plans_are_let_pass(name, check) -> None:
    assert {finding.verdict for finding in asked(case_of(name), check)} <= SILENT


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_without_plans_targets_or_a_dose_there_is_an_answer_all_the_same(check) -> None:
    study = study_of()
    unplanned = replace(study, plan_doses=(PlanDose(None, study.dose),))
    undrawn = replace(study, structure_set=replace(study.structure_set, rois=()))
    for changed in (unplanned, undrawn, study_of(level_gy=0.0), study_of(total_gy=None, fractions=None)):
        assert asked(Case(changed, intervals=False), check)


def test_checks_have_an_origin_and_a_text_each() -> None:
    assert [check.id for check in CHECKS] == [f"D{number}" for number in range(1, 9)]
    assert all(check.origin and check.text and check.title for check in CHECKS)


def test_on_two_lesions_only_the_sum_of_unlike_fractions_is_told() -> None:
    found = [finding for check in CHECKS for finding in fires(case_of("two-lesions-two-plans"), check)]
    assert [finding.subject for finding in found] == ["sum of plans"]


# D1


def test_beam_doses_that_give_another_dose_are_told() -> None:
    finding = only(case(beam_dose_gy=2.0), "D1")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "5x8Gy" in finding.message
    assert "5x2Gy" in finding.message


def test_target_without_a_prescription_is_not_evaluated() -> None:
    rois = [studies.box_roi(1, "PTV", BOX, "PTV"), studies.box_roi(2, "PTV_2", OTHER, "PTV")]
    (finding,) = [one for one in asked(case(rois=rois), BY_ID["D1"]) if one.reason == "not-checked"]
    assert (finding.verdict, finding.subject) == (Verdict.NOT_EVALUATED, "PTV_2")


def test_plan_that_prescribes_nothing_is_not_evaluated() -> None:
    bare = study_of(total_gy=None, level_gy=40.0)
    nowhere = replace(bare, structure_set=replace(bare.structure_set, rois=()))
    for study in (bare, nowhere):
        assert reasons(Case(study), "D1") == ["not-checked"]


def test_label_that_contradicts_the_dose_reference_is_judged_once() -> None:
    contradicted = case(label="50Gy5F")
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
    study = study_of(beam_dose_gy=8.0)
    (group,) = study.plan.fraction_groups
    plan = replace(study.plan, fraction_groups=(group, replace(group, number=2, fractions_planned=3)))
    phased = Case(replace(study, plan_doses=(PlanDose(plan, study.dose),)), intervals=False)
    finding = only(phased, "D2")
    assert (finding.verdict, finding.severity) == (Verdict.INFO, Severity.NOTE)
    assert "5 + 3 fractions" in finding.message


def test_simultaneous_boost_is_shown() -> None:
    rois = [studies.box_roi(1, "PTV_40", BOX, "PTV"), studies.box_roi(2, "PTV_30", OTHER, "PTV")]
    references = (studies.target_reference(1, 40.0, 1), studies.target_reference(2, 30.0, 2))
    (message,) = messages(case(rois=rois, dose_references=references), "D2")
    assert message == "different doses in one plan: PTV_40 5x8Gy, PTV_30 5x6Gy"


def in_two_phases(first_gy, second_gy, fractions=25):
    """Two plans one after the other for one target."""
    one = studies.plan([studies.target_reference(1, first_gy, 1)], [25])
    other = replace(one, sop_instance_uid="1.2.3.77", label="Boost")
    groups = (replace(one.fraction_groups[0], fractions_planned=fractions),)
    references = (studies.target_reference(1, second_gy, 1),)
    other = replace(other, dose_references=references, fraction_groups=groups)
    doses = (studies.dose(first_gy), replace(studies.dose(second_gy or 0.0), referenced_plan_uids=("1.2.3.77",)))
    study = studies.study(
        [studies.box_roi(1, "PTV", BOX, "PTV")],
        doses[0],
        plan_doses=tuple(PlanDose(plan, dose) for plan, dose in zip((one, other), doses, strict=True)),
    )
    return Case(study, intervals=False)


def test_a_target_of_two_plans_is_shown_with_both() -> None:
    assert messages(in_two_phases(50.0, 10.0), "D2") == ["in 2 phases: 25x2Gy + 25x0.4Gy"]


# D3


def test_bed_of_every_prescription_is_shown_and_left_to_the_rule() -> None:
    short = case(35.0)
    assert reasons(short, "D3") == ["shown", "carried"]
    assert messages(short, "D3") == ["5x7Gy: BED10 59.5 Gy"]
    assert [finding.verdict for finding in prescribed_bed(short, RULE)] == [Verdict.FAIL]


def test_bed_of_very_large_fractions_is_noted_as_doubtful() -> None:
    finding = only(case(24.0, 1), "D3")
    assert finding.verdict is Verdict.INFO
    assert "linear-quadratic model is doubtful" in finding.message


# D4


def cold_core(level_gy):
    """40 Gy with a colder middle."""
    rois = [studies.box_roi(1, "PTV", BOX, "PTV"), studies.box_roi(2, "GTV", CORE, "GTV")]
    inside = studies.dose(
        lambda x, y, z: np.where(np.maximum(np.maximum(abs(x), abs(y)), abs(z)) < 7, level_gy, 40.0), spacing_mm=2.0
    )
    return case(rois=rois, dose=inside)


def test_a_cold_lesion_is_told() -> None:
    finding = only(cold_core(36.0), "D4")
    assert (finding.verdict, finding.rois) == (Verdict.ACCEPTABLE, ("GTV",))
    assert finding.observed == pytest.approx(90.0, abs=0.1)


def test_a_lesion_that_gets_its_dose_is_left_to_what_is_achieved() -> None:
    assert reasons(cold_core(42.0), "D4") == ["carried"]
    assert any(finding.subject == "GTV" for finding in achieved_bed(cold_core(42.0), RULE))


def test_targets_without_a_prescription_are_named() -> None:
    assert reasons(case(total_gy=None, level_gy=40.0), "D4") == ["not-checked"]


def test_a_weighted_dose_in_a_lesion_is_not_held_against_the_prescription() -> None:
    study = cold_core(36.0).study
    dose = replace(study.dose, dose_type="EFFECTIVE")
    weighted = Case(replace(study, plan_doses=(replace(study.plan_doses[0], dose=dose),)), intervals=False)
    assert reasons(weighted, "D4") == ["not-checked"]
    assert "not-checked" in reasons(weighted, "D6")


# D5


@pytest.mark.parametrize(("total_gy", "fractions"), [(4.0, 5), (40.0, 1), (120.0, 40)])
def test_doses_that_nobody_gives_are_told(total_gy, fractions) -> None:
    assert only(case(total_gy, fractions), "D5").verdict is Verdict.ACCEPTABLE


@pytest.mark.parametrize(("total_gy", "fractions"), [(8.0, 1), (34.0, 1), (60.0, 3), (81.6, 68), (20.0, 5), (70.0, 35)])
def test_schedules_that_are_given_are_let_pass(total_gy, fractions) -> None:
    assert not fires(case(total_gy, fractions), BY_ID["D5"])


@pytest.mark.parametrize(
    ("label", "said"), [("Liver 50Gy", "'50Gy'"), ("SBRT_3fx", "'3fx'"), ("5000 cGy", "'5000 cGy'")]
)
def test_label_with_another_dose_or_count_is_told(label, said) -> None:
    finding = only(case(label=label), "D5")
    assert finding.message.startswith(said)


@pytest.mark.parametrize("label", ["Liver 40Gy", "SBRT 5fx", "8Gy per day", "4000cGy", "Liver 1", "", "PTV40"])
def test_label_with_the_prescribed_dose_is_let_pass(label) -> None:
    assert not fires(case(label=label), BY_ID["D5"])


@given(st.text(max_size=20))
def test_any_label_is_read_without_an_error(label) -> None:
    assert asked(case(label=label), BY_ID["D5"])


# D6


@pytest.mark.parametrize(
    ("level_gy", "said"),
    [
        (8.2, "the dose of one fraction"),
        (4100.0, "centigray read as gray"),
        (0.41, "gray divided by 100"),
        (200.0, "a total multiplied by 5 once more"),
        (80.0, "the plan twice"),
        (20.0, "half of the plan"),
    ],
)
def test_usual_mistakes_are_named(level_gy, said) -> None:
    finding = only(case(level_gy=level_gy), "D6")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert f"it looks like {said}" in finding.message


@pytest.mark.parametrize("level_gy", [36.5, 70.0])
def test_other_levels_ask_whose_prescription_it_is(level_gy) -> None:
    finding = only(case(level_gy=level_gy), "D6")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert "is it this plan's prescription?" in finding.message


@pytest.mark.parametrize("level_gy", [39.0, 40.0, 44.0, 60.0])
def test_doses_near_the_prescription_are_let_pass(level_gy) -> None:
    assert reasons(case(level_gy=level_gy), "D6") == [""]


def test_a_cold_part_of_the_target_is_a_warning() -> None:
    cold = studies.dose(lambda x, y, z: np.where(x > 6, 20.0, 40.0), spacing_mm=2.0)
    finding = only(case(dose=cold), "D6")
    assert (finding.verdict, finding.severity) == (Verdict.ACCEPTABLE, Severity.WARNING)


def with_beams(study, *doses):
    (group,) = study.plan.fraction_groups
    beams = tuple(ReferencedBeam(number, gray, 100.0) for number, gray in enumerate(doses, start=1))
    names = tuple(Beam(number, f"Arc {number}", "PHOTON", "TREATMENT") for number in range(1, len(doses) + 1))
    plan = replace(study.plan, fraction_groups=(replace(group, beams=beams),), beams=names)
    return Case(replace(study, plan_doses=(PlanDose(plan, study.dose),)), intervals=False)


def test_dose_of_one_beam_is_named_with_the_beam() -> None:
    assert "beam 'Arc 1' alone" in only(with_beams(study_of(level_gy=25.0), 5.0, 3.0), "D6").message
    assert "beam 'Arc 1' or 'Arc 2' alone" in only(with_beams(study_of(level_gy=20.0), 4.0, 4.0), "D6").message
    without = only(with_beams(study_of(level_gy=30.0), 2.0, 4.0, 2.0), "D6").message
    assert "without beam 'Arc 1' or 'Arc 3'" in without


def test_sample_exported_in_centigray_is_told() -> None:
    def times_100(dataset) -> None:
        dataset.DoseGridScaling = float(dataset.DoseGridScaling) * 100

    read = Case(mutant({"RTDOSE.dcm": times_100}, ct=False), intervals=False)
    assert "centigray" in only(read, "D6").message


def test_target_that_is_not_drawn_or_not_in_the_grid_is_not_evaluated() -> None:
    far = [studies.box_roi(1, "PTV", ((500, 520), (0, 20), (0, 20)), "PTV")]
    assert reasons(case(rois=far), "D6") == ["not-checked"]
    assert reasons(case(rois=[studies.box_roi(2, "Liver", BOX)]), "D6") == ["not-checked"]


def test_targets_without_a_prescription_are_told_together() -> None:
    rois = [studies.box_roi(1, "PTV_1", BOX, "PTV"), studies.box_roi(2, "PTV_2", OTHER, "PTV")]
    (finding,) = asked(case(total_gy=None, level_gy=40.0, rois=rois), BY_ID["D6"])
    assert (finding.subject, finding.rois) == ("PTV_1, PTV_2", ("PTV_1", "PTV_2"))


def test_one_plan_of_a_sum_is_held_against_its_own_prescription() -> None:
    both = in_two_phases(50.0, 10.0)
    assert reasons(both, "D6") == [""]


@given(st.floats(0.0, 500.0), st.floats(0.0, 500.0))
def test_a_mistake_is_never_named_for_doses_like_those_prescribed(median, near_minimum) -> None:
    own = case_of()
    (prescription,) = own.prescriptions
    said = _mistake(own, prescription, median, near_minimum)
    assert not (said and 0.95 <= median <= 1.6 and near_minimum >= 0.9)


# D7


def test_fractions_of_different_size_are_not_summed_in_silence() -> None:
    finding = only(case_of("two-lesions-two-plans"), "D7")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "Liver 40Gy5F 8 Gy, T12 27Gy3F 9 Gy" in finding.message


def test_plans_of_like_fractions_are_summed() -> None:
    assert not fires(in_two_phases(50.0, 10.0, 5), BY_ID["D7"])
    first, second = case_of("two-lesions-two-plans").study.plan_doses
    same = replace(second.plan.dose_references[0], target_prescription_dose_gy=24.0)
    plan = replace(second.plan, dose_references=(same,), label="T12", name=None)
    study = replace(case_of("two-lesions-two-plans").study, plan_doses=(first, replace(second, plan=plan)))
    assert not fires(Case(study, intervals=False), BY_ID["D7"])


def test_a_boost_of_larger_fractions_is_unlike_what_it_follows() -> None:
    assert "Plan 2 Gy, Boost 10 Gy" in only(in_two_phases(50.0, 30.0, 3), "D7").message


def test_number_of_fractions_that_nobody_gives_is_told() -> None:
    finding = only(case(60.0, 60), "D7")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "60 fractions" in finding.message


def test_number_of_fractions_that_is_not_stated_leaves_tables_open() -> None:
    assert reasons(case(fractions=None, level_gy=40.0), "D7") == ["not-checked"]


def test_sum_of_plans_that_do_not_tell_their_doses_is_not_judged() -> None:
    unstated = in_two_phases(50.0, None)
    assert "sum of plans" in [one.subject for one in asked(unstated, BY_ID["D7"]) if one.reason == "not-checked"]


# D8


def declared(**changes):
    lesion = DeclaredLesion("L1", "liver", LesionKind.PRIMARY, ptv="PTV", **changes)
    return CaseSheet(lesions=(lesion,))


STOMACH = declared(reduction=Reduction("too near", "Stomach"))


def test_reduced_dose_whose_organ_is_not_drawn_is_told() -> None:
    finding = only(case(35.0, sheet=STOMACH), "D8")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "Stomach (too near), which isn't contoured" in finding.message


def test_reduced_dose_with_a_reason_is_shown_with_it() -> None:
    rois = [studies.box_roi(1, "PTV", BOX, "PTV"), studies.box_roi(2, "Stomach", OTHER)]
    reduced = case(35.0, rois=rois, sheet=STOMACH)
    assert reasons(reduced, "D8") == ["shown", "carried"]
    assert "BED10 59.5 Gy" in messages(reduced, "D8")[0]


def test_reduction_that_the_dose_does_not_need_is_noted() -> None:
    finding = only(case(40.0, sheet=STOMACH), "D8")
    assert (finding.verdict, finding.severity) == (Verdict.INFO, Severity.NOTE)


def test_reduction_of_an_unknown_prescription_is_not_judged() -> None:
    assert reasons(case(total_gy=None, level_gy=40.0, sheet=STOMACH), "D8") == ["not-checked"]


def test_low_dose_without_a_declared_reason_is_left_to_the_rule() -> None:
    assert reasons(case(35.0, sheet=declared()), "D8") == ["carried"]
    assert reasons(case(35.0), "D8") == ["carried"]
