"""What isn't judged is said, and a plan that nobody may treat with isn't green."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.case import Case
from rtcheck.constraint import BedRule, RequiredRoi, Requirement, Role
from rtcheck.finding import Source, Verdict
from rtcheck.protocol import Protocol, Table, evaluate
from rtcheck.study import Note
from rtcheck.units import Comparator
from tests import studies
from tests.checks.test_dose import ANY, CONVENTIONAL, FIVE, row
from tests.test_solid import rectangle, roi, stack

PTV = ((-10, 10), (-10, 10), (-10, 10))
LIVER = ((-50, 50), (-50, 50), (-50, 50))
CORD = ((-5, 5), (40, 48), (-40, 40))
SOURCE = Source("p", "p.rule")


def protocol(*rows, required=(), bed=False, child_pugh=()) -> Protocol:
    rule = BedRule(10.0, Comparator.GE, 60.0, SOURCE) if bed else None
    return Protocol(
        id="p",
        title="P",
        version="1",
        tables=(Table("t", "T", "1", tuple(rows), "t.yaml", ""),),
        constraints=(),
        bed=rule,
        required_rois=tuple(RequiredRoi(name, SOURCE) for name in required),
        diagnosis="hcc",
        file="p.yaml",
        sha256="",
        child_pugh=frozenset(child_pugh),
    )


def case(gray=1.0, schedule=(40.0, 5), rois=None, plan=None, notes=(), child_pugh=None) -> Case:
    drawn = rois or [studies.box_roi(1, "PTV", PTV, "PTV"), studies.box_roi(2, "Liver", LIVER)]
    made = studies.plan([studies.target_reference(1, schedule[0], 1)], [schedule[1]])
    return Case(studies.study(drawn, studies.dose(gray), plan or made, notes=tuple(notes)), child_pugh=child_pugh)


MEAN = row("Mean[Gy]", "<", 30, roi="Liver", regimen=FIVE)


def test_no_limit_that_applies_is_not_a_pass() -> None:
    found = evaluate(case(schedule=(50.0, 10)), protocol(MEAN, required=["Liver"]))
    assert found.verdict is Verdict.NOT_EVALUATED
    assert "no-limit-applies" in {finding.reason for finding in found.findings}
    assert evaluate(case(), protocol(MEAN)).verdict is Verdict.PASS


def test_protocol_without_limits_asks_for_none() -> None:
    assert evaluate(case(40.0), protocol(bed=True)).verdict is Verdict.PASS


def test_required_organ_that_no_row_is_for_is_named_with_its_maximum() -> None:
    rois = [*case().study.structure_set.rois, studies.box_roi(3, "SpinalCord", CORD)]
    found = evaluate(case(rois=rois), protocol(MEAN, required=["SpinalCord", "Liver"]))
    (unjudged,) = [finding for finding in found.findings if finding.check == "unjudged-organ"]
    assert (unjudged.subject, unjudged.verdict) == ("SpinalCord", Verdict.NOT_EVALUATED)
    assert unjudged.observed == pytest.approx(1.0)


def test_score_outside_the_protocol_is_not_judged_by_it() -> None:
    asked = protocol(MEAN, child_pugh=["A5", "A6", "B7"])
    assert evaluate(case(child_pugh="B8"), asked).verdict is Verdict.NOT_EVALUATED
    assert evaluate(case(child_pugh="b7"), asked).verdict is Verdict.PASS
    assert evaluate(case(), asked).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"plan_intent": "VERIFICATION"}, "not-for-treatment"),
        ({"approval_status": "REJECTED"}, "plan-rejected"),
    ],
)
def test_plan_that_treats_nobody_is_not_green(changes, reason) -> None:
    plan = replace(studies.plan([studies.target_reference(1, 40.0, 1)], [5]), **changes)
    found = evaluate(case(plan=plan), protocol(MEAN))
    assert found.verdict is Verdict.NOT_EVALUATED
    assert reason in {finding.reason for finding in found.findings}


@pytest.mark.parametrize("code", ["dose-of-one-fraction-group", "zero-dose"])
def test_note_that_voids_the_dose_decides(code) -> None:
    found = evaluate(case(notes=[Note(code, "rd.dcm", "why")]), protocol(MEAN))
    assert found.verdict is Verdict.NOT_EVALUATED
    assert evaluate(case(notes=[Note("ignored-files", "x", "why")]), protocol(MEAN)).verdict is Verdict.PASS


def test_weighted_dose_is_not_held_against_physical_limits() -> None:
    plain = case(40.0)
    weighted = studies.with_dose(plain.study, replace(plain.study.dose, dose_type="EFFECTIVE"))
    asked = protocol(row("Mean[Gy]", "<", 50, roi="Liver", regimen=ANY), bed=True)
    assert evaluate(plain, asked).verdict is Verdict.PASS
    found = evaluate(Case(weighted), asked)
    assert {f.reason for f in found.findings if f.verdict is Verdict.NOT_EVALUATED} == {"dose-not-physical"}


def doubtful(contours) -> Verdict:
    drawn = [studies.box_roi(1, "PTV", PTV, "PTV"), replace(roi(contours, name="Liver"), number=2)]
    (finding,) = [f for f in evaluate(case(rois=drawn), protocol(MEAN)).findings if f.check == "dose-constraint"]
    assert finding.flags
    return finding.verdict


def test_organ_with_many_slices_lost_is_not_green() -> None:
    heights = [z for z in range(-30, 32, 2) if not -10 < z < 10]
    assert doubtful(stack(rectangle(-20, -20, 20, 20), heights)) is Verdict.NOT_EVALUATED


def test_contour_drawn_a_second_time_a_little_smaller_is_not_green() -> None:
    heights = range(-30, 32, 2)
    twice = stack(rectangle(-20, -20, 20, 20), heights) + stack(rectangle(-19.8, -19.8, 19.8, 19.8), heights)
    assert doubtful(twice) is Verdict.NOT_EVALUATED


def test_half_of_a_pair_is_not_evaluated_rather_than_not_contoured() -> None:
    rois = [*case().study.structure_set.rois, studies.box_roi(3, "Kidney_L", CORD)]
    asked = protocol(row("Mean[Gy]", "<", 15, roi="Kidneys", organ="Kidney"))
    (finding,) = [f for f in evaluate(case(rois=rois), asked).findings if f.check == "dose-constraint"]
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert "Kidney_L" in finding.message


def test_half_a_pair_of_another_schedule_is_still_named_as_not_judged() -> None:
    rois = [*case().study.structure_set.rois, studies.box_roi(3, "Kidney_L", CORD)]
    asked = protocol(MEAN, row("Mean[Gy]", "<", 15, roi="Kidneys", organ="Kidney", regimen=CONVENTIONAL))
    (unjudged,) = [f for f in evaluate(case(rois=rois), asked).findings if f.check == "unjudged-organ"]
    assert (unjudged.subject, unjudged.observed) == ("Kidneys", None)
    assert "Kidney_L" in unjudged.message


def test_risk_point_never_decides_even_where_nothing_is_known() -> None:
    point = row("Mean[Gy]", "<", 42, roi="Spleen", regimen=CONVENTIONAL, role=Role.RISK_POINT)
    required = replace(point, requirement=Requirement.REQUIRED, regimen=ANY)
    (finding,) = [f for f in evaluate(case(), protocol(required)).findings if f.check == "dose-constraint"]
    assert (finding.verdict, finding.reason) == (Verdict.INFO, "roi-missing")


def test_achieved_bed_of_a_target_outside_the_grid_says_so() -> None:
    drawn = [studies.box_roi(1, "PTV", ((200, 220), (-10, 10), (-10, 10)), "PTV")]
    shown = [f for f in evaluate(case(rois=drawn), protocol(bed=True)).findings if f.check == "bed-achieved"]
    assert len(shown) == 4
    assert all(f.observed is None and "outside the dose grid" in f.message for f in shown)
