"""Section D, level of the dose in the targets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.checks import achieved_bed
from rtcheck.finding import Severity, Verdict
from rtcheck.plan_checks.prescribed_level import _mistake
from rtcheck.study import Beam, PlanDose, ReferencedBeam
from tests import studies
from tests.plan_checks.plans import (
    CORE,
    OTHER_BOX,
    PTV,
    PTV_BOX,
    RULE,
    cold_core,
    in_two_phases,
    target_case,
    target_study,
)
from tests.plan_checks.samples import asked, case_of, mutant, only, reasons, unchecked

# D4


def test_a_cold_lesion_is_told() -> None:
    finding = only(cold_core(36.0), "D4")
    assert (finding.verdict, finding.rois) == (Verdict.ACCEPTABLE, ("GTV",))
    assert finding.observed == pytest.approx(90.0, abs=0.1)


def test_a_lesion_that_gets_its_dose_is_left_to_what_is_achieved() -> None:
    assert reasons(cold_core(42.0), "D4") == ["carried"]
    assert any(finding.subject == "GTV" for finding in achieved_bed(cold_core(42.0), RULE))


def test_targets_without_a_prescription_are_named() -> None:
    found = unchecked(target_case(total_gy=None, level_gy=40.0), "D4")
    assert [finding.subject for finding in found] == ["PTV", "GTV"]  # and no GTV is drawn


def test_a_gtv_that_no_target_is_known_to_hold_is_named() -> None:
    far = studies.box_roi(2, "GTV", ((40, 50), (-6, 6), (-6, 6)), "GTV")
    (finding,) = unchecked(target_case(rois=[PTV, far]), "D4")
    assert (finding.subject, finding.verdict) == ("GTV", Verdict.INFO)


def test_a_gtv_of_a_target_without_a_prescription_is_told_with_it() -> None:
    rois = [PTV, studies.box_roi(2, "GTV", CORE, "GTV")]
    (finding,) = unchecked(target_case(total_gy=None, level_gy=40.0, rois=rois), "D4")
    assert finding.subject == "PTV"


def test_a_weighted_dose_in_a_lesion_is_not_held_against_the_prescription() -> None:
    study = cold_core(36.0).study
    dose = replace(study.dose, dose_type="EFFECTIVE")
    weighted = Case(replace(study, plan_doses=(replace(study.plan_doses[0], dose=dose),)), intervals=False)
    assert reasons(weighted, "D4") == ["not-checked"]
    assert "not-checked" in reasons(weighted, "D6")


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
    finding = only(target_case(level_gy=level_gy), "D6")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert f"it looks like {said}" in finding.message


@pytest.mark.parametrize("level_gy", [36.5, 50.0, 70.0])
def test_other_levels_ask_whose_prescription_it_is(level_gy) -> None:
    finding = only(target_case(level_gy=level_gy), "D6")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert "is it this plan's prescription?" in finding.message


@pytest.mark.parametrize("level_gy", [39.0, 40.0, 44.0, 47.5])
def test_doses_near_the_prescription_are_let_pass(level_gy) -> None:
    assert reasons(target_case(level_gy=level_gy), "D6") == [""]


def test_a_target_that_is_hot_to_its_edge_asks_whose_prescription_it_is() -> None:
    finding = only(target_case(level_gy=48.4), "D6")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert finding.limit == "<= 120 %"
    assert finding.observed == pytest.approx(121.0, abs=0.1)


def test_a_cold_part_of_the_target_is_a_warning() -> None:
    cold = studies.dose(lambda x, y, z: np.where(x > 6, 20.0, 40.0), spacing_mm=2.0)
    finding = only(target_case(dose=cold), "D6")
    assert (finding.verdict, finding.severity) == (Verdict.ACCEPTABLE, Severity.WARNING)


def with_beams(study, *doses):
    (group,) = study.plan.fraction_groups
    beams = tuple(ReferencedBeam(number, gray, 100.0) for number, gray in enumerate(doses, start=1))
    names = tuple(Beam(number, f"Arc {number}", "PHOTON", "TREATMENT") for number in range(1, len(doses) + 1))
    plan = replace(study.plan, fraction_groups=(replace(group, beams=beams),), beams=names)
    return Case(replace(study, plan_doses=(PlanDose(plan, study.dose),)), intervals=False)


def test_dose_of_one_beam_is_named_with_the_beam() -> None:
    assert "beam 'Arc 1' alone" in only(with_beams(target_study(level_gy=25.0), 5.0, 3.0), "D6").message
    assert "beam 'Arc 1' or 'Arc 2' alone" in only(with_beams(target_study(level_gy=20.0), 4.0, 4.0), "D6").message
    without = only(with_beams(target_study(level_gy=30.0), 2.0, 4.0, 2.0), "D6").message
    assert "without beam 'Arc 1' or 'Arc 3'" in without


def test_sample_exported_in_centigray_is_told() -> None:
    def times_100(dataset) -> None:
        dataset.DoseGridScaling = float(dataset.DoseGridScaling) * 100

    read = Case(mutant({"RTDOSE.dcm": times_100}, ct=False), intervals=False)
    assert "centigray" in only(read, "D6").message


def test_target_that_is_not_drawn_or_not_in_the_grid_is_not_evaluated() -> None:
    far = [studies.box_roi(1, "PTV", ((500, 520), (0, 20), (0, 20)), "PTV")]
    assert reasons(target_case(rois=far), "D6") == ["not-checked"]
    assert reasons(target_case(rois=[studies.box_roi(2, "Liver", PTV_BOX)]), "D6") == ["not-checked"]


def test_targets_without_a_prescription_are_told_together() -> None:
    rois = [studies.box_roi(1, "PTV_1", PTV_BOX, "PTV"), studies.box_roi(2, "PTV_2", OTHER_BOX, "PTV")]
    (finding,) = asked(target_case(total_gy=None, level_gy=40.0, rois=rois), "D6")
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
