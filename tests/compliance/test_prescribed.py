"""Total dose and dose per fraction in the ranges of a protocol, and what a rule that nothing answers says."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from rtcheck.case import Case
from rtcheck.checks import prescribed_bed
from rtcheck.compliance import findings_of
from rtcheck.constraint import BedRule
from rtcheck.errors import UsageError
from rtcheck.finding import Source, Verdict
from rtcheck.rules import LesionCount, PrescribedDose, Rule
from rtcheck.sheet import CaseSheet
from rtcheck.study import PlanDose
from rtcheck.units import Comparator
from tests import studies
from tests.compliance.cases import BOX, INSIDE, OTHER, ask, case, lesion, rule, two

RANGE = rule(PrescribedDose, low_gy=40.0, high_gy=60.0, dose_per_fraction_gy=(2.0, 2.0))


def planned(total, fractions, *, gray=None, label="Plan", rois=None, sheet=None, **declared):
    drawn = [studies.box_roi(1, "PTV", BOX, "PTV")] if rois is None else rois
    plan = replace(studies.plan([studies.target_reference(1, total, 1)], [fractions]), label=label)
    return Case(studies.study(drawn, studies.dose(total if gray is None else gray), plan), sheet=sheet, **declared)


def asked(*args, **parts):
    (finding,) = ask(planned(*args, **parts), RANGE)
    return finding


@pytest.mark.parametrize(
    ("total", "fractions", "verdict"),
    [
        (40.0, 20, Verdict.PASS),
        (50.0, 25, Verdict.PASS),
        (60.0, 30, Verdict.PASS),
        (38.0, 19, Verdict.FAIL),
        (62.0, 31, Verdict.FAIL),
        (50.0, 20, Verdict.FAIL),
        (40.0, 5, Verdict.FAIL),
    ],
)
def test_total_and_dose_per_fraction_lie_in_their_ranges_inclusive(total, fractions, verdict) -> None:
    finding = asked(total, fractions)
    assert (finding.verdict, finding.subject, finding.observed) == (verdict, "PTV", total)
    assert finding.limit == "40 to 60 Gy, 2 Gy per fraction"


def test_forty_gray_in_twenty_fractions_conform_here_and_would_fail_the_other_protocol() -> None:
    of = planned(40.0, 20)
    (bed,) = prescribed_bed(of, BedRule(10.0, Comparator.GE, 60.0, Source("NCT06261047", "p.bed10")))
    assert (bed.verdict, bed.observed) == (Verdict.FAIL, pytest.approx(48.0))
    assert ask(of, RANGE)[0].verdict is Verdict.PASS


def test_a_range_of_totals_alone_takes_any_fraction() -> None:
    wide = replace(RANGE, dose_per_fraction_gy=None)
    assert ask(planned(40.0, 5), wide)[0].verdict is Verdict.PASS


def test_a_prescription_that_the_dose_contradicts_isnt_green() -> None:
    for gray in (2.0, 36.0, 90.0):
        finding = asked(50.0, 25, gray=gray)
        assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "prescription-contradicted")


def test_a_place_by_which_the_rule_has_another_answer_leaves_it_open() -> None:
    finding = asked(50.0, 25, label="30Gy15F")
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "prescription-contradictory")
    assert asked(50.0, 25, label="30Gy15F", prescriptions={"PTV": "25x2Gy"}).verdict is Verdict.PASS
    assert asked(30.0, 15, label="32Gy16F").verdict is Verdict.FAIL


def test_fractions_that_arent_those_of_the_dose_leave_it_open() -> None:
    finding = asked(50.0, 25, prescriptions={"PTV": "20x2Gy"})
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "fractions-contradictory")


def test_a_target_without_prescription_and_a_plan_without_target_are_not_evaluated() -> None:
    rois = [studies.box_roi(1, "PTV", BOX, "PTV"), studies.box_roi(2, "PTV2", OTHER, "PTV")]
    found = ask(planned(50.0, 25, rois=rois), RANGE)
    assert [(one.verdict, one.reason) for one in found] == [
        (Verdict.PASS, ""),
        (Verdict.NOT_EVALUATED, "no-prescription"),
    ]
    nothing = Case(studies.study([studies.box_roi(1, "Liver", INSIDE)], studies.dose(50.0), studies.plan([], [25])))
    (finding,) = ask(nothing, RANGE)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "no-prescription")


def test_a_target_that_isnt_drawn_bears_nothing_out() -> None:
    finding = asked(50.0, 25, rois=[studies.empty_roi(1, "PTV", "PTV")])
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "no-target")


def test_a_target_of_two_plans_is_judged_by_both_and_a_contradiction_in_one_leaves_it_open() -> None:
    first = studies.plan([studies.target_reference(1, 30.0, 1)], [15])
    for label, answer in (
        ("Boost", (Verdict.PASS, "")),
        ("16Gy8F", (Verdict.NOT_EVALUATED, "prescription-contradictory")),
    ):
        boost = studies.plan([studies.target_reference(1, 20.0, 1)], [10])
        second = replace(boost, sop_instance_uid="1.2.3.77", label=label)
        of = studies.study([studies.box_roi(1, "PTV", BOX, "PTV")], studies.dose(30.0), first)
        parts = (PlanDose(first, studies.dose(30.0)), PlanDose(second, studies.dose(20.0)))
        (finding,) = ask(Case(replace(of, plan_doses=parts)), RANGE)
        assert (finding.verdict, finding.reason) == answer
        assert finding.observed == 50.0


def test_the_lesions_of_a_target_are_named() -> None:
    sheet = CaseSheet(lesions=(lesion("A", ptv="PTV"), lesion("B", ptv="PTV")))
    assert asked(50.0, 25, sheet=sheet).lesion == "A, B"


@dataclass(frozen=True)
class Unheard(Rule):
    """A rule of a kind that nothing answers."""


def test_a_rule_that_nothing_answers_is_not_evaluated() -> None:
    (finding,) = ask(case(), rule(Unheard))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "not-answered")
    assert "Unheard" in finding.message


def test_a_rule_whose_answer_fails_is_not_evaluated_and_the_others_are_asked(monkeypatch) -> None:
    def broken(case, rule):
        raise UsageError("no such thing")

    monkeypatch.setattr("rtcheck.compliance.lesions.organ_of", broken)
    monkeypatch.setattr("rtcheck.compliance._ANSWERS", {LesionCount: broken, PrescribedDose: lambda case, rule: ()})
    found = list(findings_of(case(lesions=two()), [rule(LesionCount), RANGE]))
    assert [(one.verdict, one.reason) for one in found] == [(Verdict.NOT_EVALUATED, "not-answered")] * 2
    assert "no such thing" in found[0].message


def test_no_rules_have_no_findings() -> None:
    assert list(findings_of(case(), [])) == []
