"""Section B, stored DVHs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.case import Case
from rtcheck.finding import Verdict
from rtcheck.study import PlanDose
from tests import studies
from tests.plan_checks.plans import PTV_BOX, organ_case, organ_study, stored, with_stored
from tests.plan_checks.samples import fires, messages, only, real_case, reasons, unchecked


@pytest.fixture(scope="module")
def plain() -> Case:
    return organ_case()


def test_stored_dvh_like_ours_is_let_pass(plain) -> None:
    (message,) = messages(with_stored(plain, stored(plain)), "B11", "shown")
    assert message == "1 stored DVHs compared: Liver"


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"times": 0.2}, "the curves lie"), ({"volume": 1.2}, "cc there"), ({"mean_gy": 10.0}, "the mean is 10 Gy there")],
)
def test_stored_dvh_that_differs_is_told(plain, changes, said) -> None:
    finding = only(with_stored(plain, stored(plain, **changes)), "B11")
    assert (finding.verdict, finding.rois) == (Verdict.ACCEPTABLE, ("Liver",))
    assert said in finding.message


def test_stored_dvh_without_a_volume_or_mean_has_a_curve_all_the_same(plain) -> None:
    unstated = stored(plain, volume_cc=None, mean_gy=None)
    assert not fires(with_stored(plain, unstated), "B11")
    assert fires(with_stored(plain, stored(plain, times=0.2, volume_cc=None, mean_gy=None)), "B11")


@pytest.mark.parametrize(
    ("numbers", "changes", "said"),
    [
        ((2,), {"problem": "DVHDoseScaling is missing"}, "DVHDoseScaling is missing"),
        ((3,), {}, "cut outlines"),
        ((99,), {}, "not one ROI"),
        ((1, 2), {}, "not one ROI"),
        ((), {"problem": "it names no ROI that it includes"}, "names no ROI"),
    ],
)
def test_what_cannot_be_compared_is_shown_with_the_reason(plain, numbers, changes, said) -> None:
    (message,) = messages(with_stored(plain, stored(plain, numbers, **changes)), "B11")
    assert said in message


def test_tiny_and_undrawn_rois_are_not_compared() -> None:
    tiny = studies.box_roi(2, "Wire", ((-1, 1), (-1, 1), (-6, 6)))
    made = organ_case(rois=[studies.box_roi(1, "PTV", PTV_BOX, "PTV"), tiny, studies.empty_roi(3, "Empty")])
    found = messages(with_stored(made, stored(made, volume=3.0), stored(made, (3,))), "B11", "shown")
    assert "0.05 cc" in found[0] or "0.048 cc" in found[0]
    assert "no contours" in found[1]


def test_where_no_stored_dvh_can_be_compared_nothing_is_passed(plain) -> None:
    (finding,) = unchecked(with_stored(plain, stored(plain, (3,)), stored(plain, (99,))), "B11")
    assert "none of the 2 DVHs" in finding.message


def test_dvhs_of_another_structure_set_are_not_compared(plain) -> None:
    other = with_stored(plain, stored(plain), referenced_structure_set_uid="1.2.99")
    assert "1.2.99" in messages(other, "B11", "not-checked")[0]


def test_dvh_of_one_phase_is_not_held_against_the_plan() -> None:
    study = organ_study()
    (group,) = study.plan.fraction_groups
    plan = replace(study.plan, fraction_groups=(group, replace(group, number=2)))
    phases = [PlanDose(plan, study.dose, (1,)), PlanDose(plan, replace(study.dose, sop_instance_uid="1.9"), (2,))]
    dvh = stored(Case(study))
    each = [replace(phase, dose=replace(phase.dose, stored_dvhs=(dvh,))) for phase in phases]
    both = Case(replace(study, plan_doses=tuple(each)))
    assert reasons(both, "B11") == ["shown", "shown", ""]
    same_group = Case(replace(study, plan_doses=(each[0], replace(each[1], group_numbers=(1,)))))
    assert reasons(same_group, "B11") == ["not-checked", "not-checked"]


def test_real_plan_agrees_with_the_dvhs_that_its_system_stored(shared_data) -> None:
    breast = real_case(shared_data / "eclipse-breast")
    assert not fires(breast, "B11")
    assert "5 stored DVHs compared" in messages(breast, "B11", "shown")[-1]
