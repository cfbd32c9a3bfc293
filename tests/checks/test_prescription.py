"""The BED rule: prescribed to every target, and borne out by its dose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.case import Case
from rtcheck.checks import achieved_bed, prescribed_bed, prescription_sources
from rtcheck.constraint import BedRule
from rtcheck.finding import Source, Verdict
from rtcheck.sheet import CaseSheet, DeclaredLesion, LesionKind, Reduction
from rtcheck.study import PlanDose
from rtcheck.units import Comparator
from tests import studies

RULE = BedRule(10.0, Comparator.GE, 60.0, Source("p", "p.bed10"))
BOX = ((-10, 10), (-10, 10), (-10, 10))
OTHER = ((20, 40), (-10, 10), (-10, 10))


def findings(references, fractions=5, gray=40.0, rois=None):
    drawn = [studies.box_roi(1, "PTV", BOX, "PTV")] if rois is None else rois
    case = Case(studies.study(drawn, studies.dose(gray), studies.plan(references, [fractions])))
    return {finding.subject: finding for finding in prescribed_bed(case, RULE)}


@pytest.mark.parametrize(
    ("total", "fractions", "bed", "verdict"),
    [
        (50.0, 25, 60.0, "PASS"),
        (30.0, 3, 60.0, "PASS"),
        (20.0, 1, 60.0, "PASS"),
        (40.0, 5, 72.0, "PASS"),
        (35.0, 5, 59.5, "FAIL"),
        (49.99, 25, 59.986, "FAIL"),
    ],
)
def test_exactly_sixty_passes_and_less_fails(total, fractions, bed, verdict) -> None:
    (finding,) = findings([studies.target_reference(1, total, 1)], fractions, gray=total).values()
    assert finding.observed == pytest.approx(bed, abs=1e-3)
    assert finding.verdict is Verdict(verdict)


def test_failing_bed_is_never_rounded_up_to_its_limit() -> None:
    (finding,) = findings([studies.target_reference(1, 49.99, 1)], 25, gray=50.0).values()
    assert "60.0" not in finding.message
    assert "59.99" in finding.message


def test_each_target_gets_its_own_prescription() -> None:
    rois = [studies.box_roi(1, "PTV1", BOX, "PTV"), studies.box_roi(2, "PTV2", OTHER, "PTV")]
    found = findings([studies.target_reference(1, 40.0, 1), studies.target_reference(2, 27.5, 2)], rois=rois)
    assert (found["PTV1"].verdict, found["PTV2"].verdict) == (Verdict.PASS, Verdict.FAIL)


def test_target_that_no_prescription_names_is_not_evaluated() -> None:
    rois = [studies.box_roi(1, "PTV1", BOX, "PTV"), studies.box_roi(2, "PTV2", OTHER, "PTV")]
    found = findings([studies.target_reference(1, 40.0, 1)], rois=rois)
    assert (found["PTV1"].verdict, found["PTV2"].verdict) == (Verdict.PASS, Verdict.NOT_EVALUATED)


def test_prescription_to_a_site_counts_for_every_target_that_gets_it() -> None:
    rois = [studies.box_roi(1, "PTV1", BOX, "PTV"), studies.box_roi(2, "PTV2", OTHER, "PTV")]
    found = findings([studies.target_reference(1, 40.0, kind="SITE", name="Liver")], rois=rois)
    assert {finding.verdict for finding in found.values()} == {Verdict.PASS}


def test_several_unlinked_prescriptions_settle_nothing() -> None:
    references = [
        studies.target_reference(1, 40.0, kind="SITE", name="A"),
        studies.target_reference(2, 27.5, kind="SITE", name="B"),
    ]
    assert findings(references)["PTV"].verdict is Verdict.NOT_EVALUATED


def test_two_doses_for_one_target_settle_nothing() -> None:
    references = [studies.target_reference(1, 40.0, 1), studies.target_reference(2, 27.5, 1)]
    found = findings(references)
    assert [finding.verdict for finding in found.values()] == [Verdict.NOT_EVALUATED]


def test_prescription_that_the_dose_contradicts_is_not_green() -> None:
    (finding,) = findings([studies.target_reference(1, 40.0, 1)], gray=8.0).values()  # one fraction's dose
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "prescription-contradicted")


def test_target_that_is_not_drawn_is_not_green() -> None:
    found = findings([studies.target_reference(1, 40.0, 1)], rois=[studies.empty_roi(1, "PTV", "PTV")])
    assert [(f.verdict, f.reason) for f in found.values()] == [(Verdict.NOT_EVALUATED, "no-target")]


def test_no_prescription_is_one_finding_per_target() -> None:
    found = findings([], rois=[studies.box_roi(1, "PTV1", BOX, "PTV"), studies.box_roi(2, "PTV2", OTHER, "PTV")])
    assert {subject: finding.verdict for subject, finding in found.items()} == {
        "PTV1": Verdict.NOT_EVALUATED,
        "PTV2": Verdict.NOT_EVALUATED,
    }


def test_nothing_prescribed_and_nothing_drawn_is_one_finding() -> None:
    assert [f.verdict for f in findings([], rois=[]).values()] == [Verdict.NOT_EVALUATED]


def test_targets_of_one_name_are_both_judged() -> None:
    rois = [studies.box_roi(1, "PTV", BOX, "PTV"), studies.box_roi(2, "PTV", OTHER, "PTV")]
    case = Case(studies.study(rois, studies.dose(40.0), studies.plan([studies.target_reference(1, 40.0, 1)], [5])))
    assert [f.verdict for f in prescribed_bed(case, RULE)] == [Verdict.PASS, Verdict.NOT_EVALUATED]


@pytest.mark.parametrize("kind", [None, "CTV", "ORGAN"])
def test_second_target_of_another_type_doesnt_vanish(kind) -> None:
    rois = [studies.box_roi(1, "PTV", BOX, "PTV"), studies.box_roi(2, "PTV2", OTHER, kind)]
    found = findings([studies.target_reference(1, 40.0, 1)], rois=rois)
    assert found["PTV2"].verdict is Verdict.NOT_EVALUATED


def test_target_that_was_named_and_never_drawn_doesnt_vanish() -> None:
    rois = [studies.box_roi(1, "PTV", BOX, "PTV"), studies.empty_roi(2, "PTV2", "PTV")]
    found = findings([studies.target_reference(1, 40.0, 1)], rois=rois)
    assert found["PTV2"].verdict is Verdict.NOT_EVALUATED


def test_prescription_to_a_lesion_without_a_target_doesnt_vanish() -> None:
    references = [
        studies.target_reference(1, 40.0, 1),
        studies.target_reference(2, 20.0, kind="SITE", name="Lesion 2"),
    ]
    assert findings(references)["Lesion 2"].verdict is Verdict.FAIL


def test_prescription_named_for_one_target_is_not_lent_to_another() -> None:
    rois = [studies.box_roi(1, "PTV", BOX, "PTV"), studies.box_roi(2, "PTV2", OTHER, "PTV")]
    found = findings([studies.target_reference(1, 40.0, kind="SITE", name="PTV")], rois=rois)
    assert (found["PTV"].verdict, found["PTV2"].verdict) == (Verdict.PASS, Verdict.NOT_EVALUATED)


def test_half_a_target_that_is_not_treated_contradicts_its_prescription() -> None:
    def half(x, y, z):
        return np.where(y > 4, 2.0, 40.0)

    (finding,) = findings([studies.target_reference(1, 40.0, 1)], gray=half).values()
    assert finding.reason == "prescription-contradicted"


def test_target_that_gets_several_times_its_prescription_contradicts_it() -> None:
    (finding,) = findings([studies.target_reference(1, 50.0, 1)], 10, gray=150.0).values()
    assert finding.reason == "prescription-contradicted"


@pytest.mark.parametrize(("total", "fractions"), [(4000.0, 5), (50.0, 250)])
def test_prescription_that_makes_no_sense_is_a_finding_not_a_crash(total, fractions) -> None:
    (finding,) = findings([studies.target_reference(1, total, 1)], fractions).values()
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert "makes no sense" in finding.message


def case_of(rt_plan, *, rois=None, gray=40.0, **declared):
    drawn = [studies.box_roi(1, "PTV", BOX, "PTV")] if rois is None else rois
    return Case(studies.study(drawn, studies.dose(gray), rt_plan), **declared)


def labelled(label, references=None):
    made = studies.plan([studies.target_reference(1, 40.0, 1)] if references is None else references, [5])
    return replace(made, label=label)


def test_every_source_of_a_prescription_is_shown() -> None:
    (finding,) = prescription_sources(case_of(labelled("Liver 40Gy5F")))
    assert finding.verdict is Verdict.INFO
    assert "dose reference 1: 5x8Gy" in finding.message
    assert "'Liver 40Gy5F': 5x8Gy" in finding.message


def test_sources_that_contradict_each_other_are_not_evaluated_and_say_how_to_settle_it() -> None:
    (finding,) = prescription_sources(case_of(labelled("30Gy5F")))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "prescription-contradictory")
    assert '--prescription "PTV=5x8Gy"' in finding.message


def test_bed_that_one_source_meets_and_another_doesnt_is_not_green() -> None:
    (finding,) = prescribed_bed(case_of(labelled("30Gy5F")), RULE)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "prescription-contradictory")


def test_bed_that_no_source_meets_fails_whichever_is_right() -> None:
    plan = labelled("30Gy5F", [studies.target_reference(1, 35.0, 1)])
    (finding,) = prescribed_bed(case_of(plan, gray=35.0), RULE)
    assert finding.verdict is Verdict.FAIL


def test_beam_doses_that_differ_are_shown_and_dont_decide() -> None:
    plan = studies.plan([studies.target_reference(1, 40.0, 1)], [5], beam_dose_gy=3.0)
    case = case_of(plan)
    (sources,), (bed,) = prescription_sources(case), prescribed_bed(case, RULE)
    assert (sources.verdict, sources.reason) == (Verdict.INFO, "beam-doses-differ")
    assert bed.verdict is Verdict.PASS


def test_the_user_settles_which_source_is_right() -> None:
    case = case_of(labelled("30Gy5F"), prescriptions={"PTV": "5x8Gy"})
    (sources,), (bed,) = prescription_sources(case), prescribed_bed(case, RULE)
    assert (sources.verdict, bed.verdict) == (Verdict.INFO, Verdict.PASS)
    assert "given by the user" in bed.message


def test_the_users_prescription_is_held_against_the_dose_all_the_same() -> None:
    (bed,) = prescribed_bed(case_of(labelled("Plan", []), gray=30.0, prescriptions={"PTV": "5x8Gy"}), RULE)
    assert (bed.verdict, bed.reason) == (Verdict.NOT_EVALUATED, "prescription-contradicted")


@pytest.mark.parametrize(
    ("files", "label", "said", "verdict"),
    [
        (35.0, "35Gy5F", "5x7.05Gy", Verdict.NOT_EVALUATED),
        (35.0, "Plan", "5x8Gy", Verdict.NOT_EVALUATED),
        (40.0, "40Gy5F", "5x7Gy", Verdict.NOT_EVALUATED),
        (35.0, "30Gy5F", "5x7.1Gy", Verdict.NOT_EVALUATED),  # they differ, and neither says so
        (35.0, "35Gy5F", "5x6.9Gy", Verdict.FAIL),
        (40.0, "40Gy5F", "5x7.8Gy", Verdict.PASS),
        (40.0, "40Gy5F", "5x8Gy", Verdict.PASS),
        (40.0, "35Gy5F", "5x8Gy", Verdict.PASS),
        (40.0, "35Gy5F", "5x7Gy", Verdict.FAIL),
    ],
)
def test_the_user_fills_gaps_and_settles_and_doesnt_overrule_files_that_agree(files, label, said, verdict) -> None:
    plan = labelled(label, [studies.target_reference(1, files, 1)])
    (bed,) = prescribed_bed(case_of(plan, gray=files, prescriptions={"PTV": said}), RULE)
    assert bed.verdict is verdict
    if verdict is Verdict.NOT_EVALUATED:
        assert (bed.reason, bed.robust) == ("prescription-contradictory", False)
    assert ("the files say dose reference 1" in bed.message) is (said not in ("5x8Gy", "5x7Gy") or bool(bed.reason))


def test_beam_doses_alone_leave_a_gap_that_the_user_fills() -> None:
    plan = studies.plan([], [5], beam_dose_gy=7.0)
    (bed,) = prescribed_bed(case_of(plan, gray=36.0, prescriptions={"PTV": "5x7.2Gy"}), RULE)
    assert bed.verdict is Verdict.PASS


@pytest.mark.parametrize(("gray", "verdict"), [(47.9, Verdict.PASS), (48.5, Verdict.NOT_EVALUATED)])
def test_a_near_minimum_a_fifth_above_the_prescription_is_another_prescriptions(gray, verdict) -> None:
    (finding,) = findings([studies.target_reference(1, 40.0, 1)], gray=gray).values()
    assert finding.verdict is verdict
    assert finding.reason == ("" if verdict is Verdict.PASS else "prescription-contradicted")


def test_large_fractions_are_said_to_be_doubtful_and_dont_change_the_verdict() -> None:
    (finding,) = findings([studies.target_reference(1, 54.0, 1)], fractions=3, gray=54.0).values()
    assert finding.verdict is Verdict.PASS
    assert "linear-quadratic" in finding.message


def test_findings_name_the_basis_of_their_doses() -> None:
    (finding,) = findings([studies.target_reference(1, 40.0, 1)]).values()
    assert finding.to_dict()["basis"] == "BED(alpha/beta=10 Gy)"


def test_bed_within_rounding_of_a_source_that_misses_is_not_green() -> None:
    plan = labelled("35.2Gy5F", [studies.target_reference(1, 35.25, 1)])
    case = case_of(plan, gray=35.25)
    (sources,), (bed,) = prescription_sources(case), prescribed_bed(case, RULE)
    assert sources.verdict is Verdict.INFO
    assert (bed.verdict, bed.reason) == (Verdict.NOT_EVALUATED, "prescription-contradictory")


def test_fractions_that_the_plan_doesnt_give_are_not_green_whoever_says_them() -> None:
    case = case_of(studies.plan([studies.target_reference(1, 40.0, 1)], [25]), prescriptions={"PTV": "5x8Gy"})
    (sources,), (bed,) = prescription_sources(case), prescribed_bed(case, RULE)
    for finding in (sources, bed):
        assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "fractions-contradictory")
        assert "the plan gives 25 fractions, not 5" in finding.message


def test_a_dose_summed_by_the_planning_system_has_no_fractions_that_the_user_could_say() -> None:
    case = case_of(labelled("Plan", []))
    summed = replace(case.study.dose, summation_type="MULTI_PLAN")
    (bed,) = prescribed_bed(Case(studies.with_dose(case.study, summed), prescriptions={"PTV": "5x8Gy"}), RULE)
    assert bed.verdict is Verdict.NOT_EVALUATED


def test_a_target_that_two_plans_treat_is_judged_by_both_and_not_by_each() -> None:
    first = studies.plan([studies.target_reference(1, 30.0, 1)], [3])
    second = replace(studies.plan([studies.target_reference(1, 14.0, 1)], [2]), sop_instance_uid="1.2.3.77")
    study = studies.study([studies.box_roi(1, "PTV", BOX, "PTV")], studies.dose(30.0), first)
    parts = (PlanDose(first, studies.dose(30.0)), PlanDose(second, studies.dose(14.0)))
    (finding,) = prescribed_bed(Case(replace(study, plan_doses=parts)), RULE)
    assert (finding.verdict, finding.observed) == (Verdict.PASS, pytest.approx(60.0 + 23.8))
    contradictory = replace(second, label="20Gy2F")
    parts = (parts[0], PlanDose(contradictory, studies.dose(14.0)))
    (finding,) = prescribed_bed(Case(replace(study, plan_doses=parts)), RULE)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "prescription-contradictory")


MAY_BE_REDUCED = replace(RULE, may_be_reduced=True)
STOMACH = studies.box_roi(8, "Stomach", ((-10, 10), (20, 30), (-10, 10)))
REDUCTION = Reduction("D0.5cc of the stomach", "Stomach")


def lesions(*names, reduction: Reduction | None = REDUCTION, ptv="PTV"):
    every = [
        DeclaredLesion(name, "liver", LesionKind.PRIMARY, ptv=ptv, reduction=reduction) for name in names or ("L1",)
    ]
    return CaseSheet(lesions=tuple(every))


def reduced(
    total=35.0, fractions=5, *, gray=None, sheet=None, label="Plan", rule=MAY_BE_REDUCED, rois=None, **declared
):
    plan = replace(studies.plan([studies.target_reference(1, total, 1)], [fractions]), label=label)
    drawn = [studies.box_roi(1, "PTV", BOX, "PTV"), STOMACH] if rois is None else rois
    case = case_of(plan, rois=drawn, gray=total if gray is None else gray, sheet=sheet or lesions(), **declared)
    (finding,) = prescribed_bed(case, rule)
    return finding


def test_less_is_acceptable_for_a_recorded_reason_and_names_the_organ() -> None:
    finding = reduced()
    assert (finding.verdict, finding.reason) == (Verdict.ACCEPTABLE, "reduced-for-organ")
    assert "reduced for Stomach: D0.5cc of the stomach" in finding.message
    assert (finding.lesion, finding.standing, finding.robust) == ("L1", "protocol", True)
    assert finding.observed == pytest.approx(59.5)


def test_a_reason_makes_no_dose_acceptable_where_the_rule_has_no_exception() -> None:
    finding = reduced(rule=RULE)
    assert (finding.verdict, finding.reason) == (Verdict.FAIL, "")
    assert "case sheet" not in finding.message


@pytest.mark.parametrize(
    "reduction",
    [None, Reduction("", "Stomach"), Reduction("D0.5cc", ""), Reduction(" ", " "), Reduction("xxx", "Stomach")],
)
def test_less_without_a_reason_and_an_organ_fails_and_says_what_is_wanted(reduction) -> None:
    finding = reduced(sheet=lesions(reduction=reduction))
    assert finding.verdict is Verdict.FAIL
    assert "records a reason and the organ at risk" in finding.message
    assert "doesn't record both for L1" in finding.message


@pytest.mark.parametrize(
    ("sheet", "said"),
    [(CaseSheet(), "no list of lesions"), (CaseSheet(lesions=()), "no declared lesion has this target")],
)
def test_less_fails_where_no_lesion_is_declared(sheet, said) -> None:
    finding = reduced(sheet=sheet)
    assert finding.verdict is Verdict.FAIL
    assert said in finding.message


def test_a_reason_of_another_lesion_excuses_nothing() -> None:
    finding = reduced(sheet=lesions(ptv="PTV_2"))
    assert finding.verdict is Verdict.FAIL
    assert "no declared lesion has this target" in finding.message


def test_every_lesion_of_a_target_needs_its_reason() -> None:
    both = CaseSheet(lesions=(*(lesions("A").lesions or ()), *(lesions("B", reduction=None).lesions or ())))
    finding = reduced(sheet=both)
    assert finding.verdict is Verdict.FAIL
    assert "doesn't record both for B" in finding.message
    assert finding.lesion == "A, B"
    assert reduced(sheet=lesions("A", "B")).verdict is Verdict.ACCEPTABLE


@pytest.mark.parametrize("gray", [7.0, 30.0, 34.0, 70.0])
def test_a_reason_doesnt_excuse_a_dose_that_isnt_the_lower_prescriptions(gray) -> None:
    finding = reduced(gray=gray)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "prescription-contradicted")
    assert "reduced for Stomach" in finding.message


def test_a_reason_doesnt_excuse_a_target_that_is_half_missed() -> None:
    finding = reduced(gray=lambda x, y, z: np.where(y < -4, 2.0, 36.0))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "prescription-contradicted")


def test_an_organ_that_gets_hardly_a_dose_doesnt_limit_it() -> None:
    finding = reduced(gray=lambda x, y, z: np.where(y > 15, 0.03, 35.0))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "reduction-unclear")
    assert "'Stomach', for which the case sheet says it is less, gets 0.03 Gy at most" in finding.message
    assert reduced(gray=lambda x, y, z: np.where(y > 15, 4.0, 35.0)).verdict is Verdict.ACCEPTABLE


def test_of_a_limiting_organ_outside_the_dose_grid_nothing_is_known() -> None:
    far = studies.box_roi(8, "Stomach", ((-10, 10), (400, 410), (-10, 10)))
    finding = reduced(rois=[studies.box_roi(1, "PTV", BOX, "PTV"), far])
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "reduction-unclear")
    assert "the dose of 'Stomach', for which the case sheet says it is less, isn't known" in finding.message


def test_a_plan_normalised_to_its_median_bears_a_lower_prescription_out() -> None:
    assert reduced(gray=34.9).verdict is Verdict.ACCEPTABLE


@pytest.mark.parametrize("label", ["30Gy5F", "40Gy5F", "33Gy5F"])
def test_a_reason_doesnt_excuse_contradictions_in_the_plan(label) -> None:
    finding = reduced(label=label)
    assert (finding.verdict, finding.reason, finding.robust) == (
        Verdict.NOT_EVALUATED,
        "prescription-contradictory",
        False,
    )
    settled = reduced(label=label, prescriptions={"PTV": "5x7Gy"})
    assert settled.verdict is Verdict.ACCEPTABLE


def test_a_reason_doesnt_excuse_fractions_that_arent_those_of_the_dose() -> None:
    finding = reduced(prescriptions={"PTV": "10x3.5Gy"})
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "fractions-contradictory")


def test_a_reason_doesnt_excuse_a_weighted_dose() -> None:
    plan = studies.plan([studies.target_reference(1, 35.0, 1)], [5])
    case = case_of(plan, rois=[studies.box_roi(1, "PTV", BOX, "PTV"), STOMACH], gray=35.0, sheet=lesions())
    weighted = studies.with_dose(case.study, replace(case.study.dose, dose_type="EFFECTIVE"))
    (finding,) = prescribed_bed(Case(weighted, sheet=lesions()), MAY_BE_REDUCED)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "dose-not-physical")


def test_a_reason_doesnt_excuse_a_target_that_isnt_drawn() -> None:
    finding = reduced(rois=[studies.empty_roi(1, "PTV", "PTV"), STOMACH])
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "no-target")


BODY = studies.box_roi(9, "Outline", ((-60, 60), (-60, 60), (-60, 60)), "EXTERNAL")


@pytest.mark.parametrize(
    ("organ", "said"),
    [
        ("Duodenum", "isn't contoured: its dose isn't known"),
        ("Banana", "neither an organ of the list nor an ROI"),
        ("L1", "neither an organ of the list nor an ROI"),
        ("PTV", "no organ at risk"),
        ("Body", "no organ at risk"),
        ("Outline", "no organ at risk"),
    ],
)
def test_a_limiting_organ_that_nobody_can_look_at_excuses_nothing(organ, said) -> None:
    rois = [studies.box_roi(1, "PTV", BOX, "PTV"), STOMACH, BODY]
    finding = reduced(sheet=lesions(reduction=Reduction("D0.5cc", organ)), rois=rois)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "reduction-unclear")
    assert repr(organ) in finding.message
    assert said in finding.message


def test_a_limiting_organ_may_be_an_roi_that_isnt_of_the_list() -> None:
    rois = [studies.box_roi(1, "PTV", BOX, "PTV"), replace(STOMACH, name="Gastric stump")]
    finding = reduced(sheet=lesions(reduction=Reduction("D0.5cc", "Gastric stump")), rois=rois)
    assert finding.verdict is Verdict.ACCEPTABLE


@pytest.mark.parametrize("nothing", ["-", "n/a", "N.A.", "none", "Unknown", "not known", "\u200b", "..."])
def test_words_for_nothing_are_no_reason_and_no_organ(nothing) -> None:
    for reduction in (Reduction(nothing, "Stomach"), Reduction("D0.5cc", nothing)):
        finding = reduced(sheet=lesions(reduction=reduction))
        assert finding.verdict is Verdict.FAIL
        assert "doesn't record both for L1" in finding.message


def test_a_reason_changes_nothing_where_the_prescription_meets_the_rule() -> None:
    with_reason = reduced(40.0)
    assert with_reason == reduced(40.0, sheet=lesions(reduction=None))
    assert (with_reason.verdict, with_reason.reason) == (Verdict.PASS, "")


def test_what_is_prescribed_and_what_is_achieved_name_their_lesion_and_stand_together() -> None:
    plan = studies.plan([studies.target_reference(1, 35.0, 1)], [5])
    gtv = studies.box_roi(3, "GTV", ((-4, 4), (-4, 4), (-4, 4)), "GTV")
    case = case_of(plan, rois=[studies.box_roi(1, "PTV", BOX, "PTV"), gtv], gray=35.0, sheet=lesions())
    found = [*prescribed_bed(case, MAY_BE_REDUCED), *achieved_bed(case, MAY_BE_REDUCED)]
    assert len(found) == 6
    assert {(one.lesion, one.standing) for one in found} == {("L1", "protocol")}


def test_without_declared_lesions_findings_name_none() -> None:
    assert reduced(40.0, sheet=CaseSheet()).lesion == ""
