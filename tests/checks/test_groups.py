"""Alternatives, sets, and rows about several ROIs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.case import Case
from rtcheck.checks import dose_constraint, with_groups
from rtcheck.constraint import Constraint, Group, GroupKind, Patients, Regimen, Requirement, Role
from rtcheck.finding import Finding, Verdict
from tests import studies
from tests.checks.test_dose import row

LEFT = ((10, 30), (-10, 10), (-10, 10))
RIGHT = ((-30, -10), (-10, 10), (-10, 10))


def parotids(left_gy: float, right_gy: float, *drawn: str) -> Case:
    boxes = {"Parotid_L": LEFT, "Parotid_R": RIGHT}
    rois = [
        studies.box_roi(index, name, boxes[name]) if name in (drawn or boxes) else studies.empty_roi(index, name)
        for index, name in enumerate(boxes, start=1)
    ]
    dose = studies.dose(lambda x, y, z: left_gy * (x > 0) + right_gy * (x <= 0))
    plan = studies.plan([studies.target_reference(1, 60.0, 1)], [30])
    return Case(studies.study(rois, dose, plan))


def asked(roi: str, limit: float = 20.0, **changes: object) -> Constraint:
    return row("Mean[Gy]", "<", limit, roi=roi, **changes)


@pytest.mark.parametrize(
    ("left", "right", "any_of", "all_of"),
    [(10, 15, "PASS", "PASS"), (10, 30, "PASS", "FAIL"), (30, 10, "PASS", "FAIL"), (30, 40, "FAIL", "FAIL")],
)
def test_one_spared_gland_is_enough_for_any_and_not_for_all(left, right, any_of, all_of) -> None:
    case = parotids(left, right)
    assert dose_constraint(case, asked("any(Parotid_L, Parotid_R)")).verdict is Verdict(any_of)
    assert dose_constraint(case, asked("all(Parotid_L, Parotid_R)")).verdict is Verdict(all_of)


def test_the_deciding_roi_and_the_others_are_named() -> None:
    case = parotids(10, 30)
    best = dose_constraint(case, asked("any(Parotid_L, Parotid_R)"))
    assert (best.observed, best.rois) == (pytest.approx(10), ("Parotid_L", "Parotid_R"))
    assert best.message.startswith("Parotid_L: 10.0 Gy")
    assert "Parotid_R: 30.0 Gy FAIL" in best.message
    worst = dose_constraint(case, asked("all(Parotid_L, Parotid_R)"))
    assert worst.observed == pytest.approx(30)
    assert worst.message.startswith("Parotid_R: 30.0 Gy")


def test_a_gland_that_is_not_contoured_may_be_the_one_that_is_spared() -> None:
    finding = dose_constraint(parotids(30, 10, "Parotid_L"), asked("any(Parotid_L, Parotid_R)"))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "roi-missing")
    assert dose_constraint(parotids(10, 30, "Parotid_L"), asked("any(Parotid_L, Parotid_R)")).verdict is Verdict.PASS


def test_each_of_those_contoured_is_judged_and_the_others_are_named() -> None:
    finding = dose_constraint(parotids(10, 30, "Parotid_L"), asked("all(Parotid_L, Larynx)"))
    assert (finding.verdict, finding.reason) == (Verdict.PASS, "partly-contoured")
    assert "Larynx: not contoured" in finding.message
    required = asked("all(Parotid_L, Parotid_R)", requirement=Requirement.REQUIRED)
    assert dose_constraint(parotids(10, 30, "Parotid_L"), required).verdict is Verdict.NOT_EVALUATED


def test_of_a_pair_both_are_asked() -> None:
    finding = dose_constraint(parotids(10, 30, "Parotid_L"), asked("all(Parotid_L, Parotid_R)"))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "roi-missing")
    assert "Parotid_R isn't contoured" in finding.message
    failing = dose_constraint(parotids(30, 10, "Parotid_L"), asked("all(Parotid_L, Parotid_R)"))
    assert failing.verdict is Verdict.FAIL  # whatever the other is


@pytest.mark.parametrize("drawn", ["Parotid_L", "Parotid_R"])
def test_a_union_with_a_part_that_is_not_contoured_is_not_evaluated_whichever_it_is(drawn) -> None:
    finding = dose_constraint(parotids(10, 10, drawn), asked("Parotid_L + Parotid_R"))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "roi-empty")


def test_none_contoured_is_not_applicable_with_one_finding() -> None:
    case = parotids(10, 30, "none")
    finding = dose_constraint(case, asked("any(Parotid_L, Parotid_R)"))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_APPLICABLE, "not-contoured")
    assert finding.subject == "any(Parotid_L, Parotid_R)"


def test_another_schedule_keeps_those_that_are_contoured_from_being_asked() -> None:
    case = parotids(10, 30, "Parotid_R")
    three = Regimen("3 fractions", fractions=(3, 3))
    finding = dose_constraint(case, asked("all(Larynx, Parotid_R)", regimen=three))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_APPLICABLE, "schedule")
    assert finding.subject == "all(Larynx, Parotid_R)"


def test_risk_points_of_several_rois_show_the_hottest() -> None:
    finding = dose_constraint(parotids(10, 30), asked("all(Parotid_L, Parotid_R)", role=Role.RISK_POINT))
    assert (finding.verdict, finding.observed) == (Verdict.INFO, pytest.approx(30))


def test_an_alternative_that_may_be_for_other_patients_excuses_nothing() -> None:
    group = Group("g", GroupKind.ANY)
    patients = Patients(diagnosis=frozenset({"bladder-cancer"}), text="bladder cancer")
    rows = [
        replace(asked("Parotid_R"), id="broken", group=group),
        replace(asked("Parotid_L", patients=patients), id="met", group=group),
    ]
    case = parotids(10, 30)
    broken, met = with_groups(rows, [dose_constraint(case, one) for one in rows])
    assert (broken.verdict, met.verdict, met.reason) == (Verdict.FAIL, Verdict.PASS, "patient-undeclared")


def grouped(kind: GroupKind, *verdicts: Verdict) -> list[Finding]:
    group = Group("g", kind, "each from a study of its own")
    rows = [replace(asked("Parotid_L"), id=f"r{index}", group=group, rate_pct="<15") for index in range(len(verdicts))]
    made = dose_constraint(parotids(10, 10), asked("Parotid_L"))
    return with_groups(rows, [replace(made, verdict=verdict) for verdict in verdicts])


def test_of_alternatives_one_is_enough_and_the_other_is_never_green() -> None:
    first, second = grouped(GroupKind.ANY, Verdict.FAIL, Verdict.PASS)
    assert (first.verdict, first.reason) == (Verdict.ACCEPTABLE, "alternative-met")
    assert "its alternative r1 is" in first.message
    assert second.verdict is Verdict.PASS


@pytest.mark.parametrize("other", [Verdict.NOT_EVALUATED, Verdict.NOT_APPLICABLE, Verdict.INFO, Verdict.FAIL])
def test_an_alternative_that_is_not_met_helps_nobody(other) -> None:
    assert grouped(GroupKind.ANY, Verdict.FAIL, other)[0].verdict is Verdict.FAIL


def test_an_alternative_that_is_not_known_stays_so() -> None:
    assert grouped(GroupKind.ANY, Verdict.NOT_EVALUATED, Verdict.PASS)[0].verdict is Verdict.NOT_EVALUATED


def test_rows_of_a_set_keep_their_verdicts_and_say_that_the_set_is_broken() -> None:
    first, second = grouped(GroupKind.SET, Verdict.PASS, Verdict.FAIL)
    assert (first.verdict, second.verdict) == (Verdict.PASS, Verdict.FAIL)
    assert "the rate of <15 % belongs to the whole set" in first.message
    assert "isn't shown to hold without r1" in first.message
    assert "whole set" not in grouped(GroupKind.SET, Verdict.PASS, Verdict.PASS)[0].message
    assert "whole set" in grouped(GroupKind.SET, Verdict.PASS, Verdict.NOT_APPLICABLE)[0].message


def test_all_changes_nothing() -> None:
    assert [one.verdict for one in grouped(GroupKind.ALL, Verdict.PASS, Verdict.FAIL)] == [Verdict.PASS, Verdict.FAIL]
