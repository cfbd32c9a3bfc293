"""Section B, places of the dose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.case import Case
from rtcheck.finding import Verdict
from rtcheck.study import Beam, ControlPoint, PlanDose
from tests import studies
from tests.plan_checks.drawings import flat
from tests.plan_checks.mutants import plan_with
from tests.plan_checks.plans import (
    BODY_BOX,
    ORGAN_BOX,
    PTV,
    PTV_BOX,
    TOTAL_GY,
    at_points,
    falling,
    organ_case,
    organ_study,
)
from tests.plan_checks.samples import messages, only, reasons, unchecked


def peak_at(at):
    return studies.dose(lambda x, y, z: falling(x, y, z, at))


# B9


def test_maximum_outside_the_body_is_told() -> None:
    small = ((-40, 40), (-40, 40), (-40, 40))
    rois = [PTV, studies.box_roi(3, "Body", small, "EXTERNAL")]
    finding = only(organ_case(peak_at((0.0, 0.0, 52.0)), rois=rois), "B9")
    assert "outside Body" in finding.message


def test_hot_maximum_far_from_the_target_is_told() -> None:
    finding = only(organ_case(peak_at((40.0, 0.0, 0.0))), "B9")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert finding.observed == pytest.approx(28, abs=0.1)
    assert finding.rois == ("PTV",)


def test_maximum_where_beams_enter_is_shown_as_long_as_it_is_no_hotter() -> None:
    dose = studies.dose(lambda x, y, z: np.maximum(40.0 - x * x / 100.0, 41.0 - ((x - 40) ** 2 + y * y + z * z)))
    assert reasons(organ_case(dose), "B9") == ["shown", ""]


def test_maximum_beside_the_target_is_where_it_belongs() -> None:
    assert reasons(organ_case(peak_at((16.0, 0.0, 0.0))), "B9") == [""]
    assert reasons(organ_case(peak_at((4.0, 4.0, -8.0))), "B9") == [""]


def test_without_targets_nobody_knows_where_the_maximum_belongs() -> None:
    assert reasons(organ_case(rois=[studies.box_roi(2, "Liver", ORGAN_BOX)]), "B9") == ["not-checked", "not-checked"]


def test_a_gtv_is_a_target_where_no_ptv_is_drawn() -> None:
    gtv, body = studies.box_roi(1, "GTV", PTV_BOX, "GTV"), studies.box_roi(3, "Body", BODY_BOX, "EXTERNAL")
    assert reasons(organ_case(rois=[gtv, body]), "B9") == [""]


def test_targets_without_a_volume_are_said_to_have_none() -> None:
    body = studies.box_roi(3, "Body", BODY_BOX, "EXTERNAL")
    assert reasons(organ_case(rois=[flat(PTV), body]), "B9") == ["not-checked"]


@pytest.mark.parametrize(
    ("outline", "said"),
    [
        ([], "no ROI is the whole body"),
        ([studies.box_roi(3, "Body", ((-8, 8), (-8, 8), (-40, 0)), "EXTERNAL")], "isn't the whole body"),
        ([studies.empty_roi(3, "Body", "EXTERNAL")], "no outline is drawn"),
    ],
)
def test_without_the_whole_outline_nobody_knows_whether_the_maximum_is_in_the_patient(outline, said) -> None:
    rois = [PTV, *outline]
    (finding,) = unchecked(organ_case(rois=rois), "B9")
    assert said in finding.message


def test_dose_of_zero_has_no_maximum() -> None:
    assert reasons(organ_case(studies.dose(0.0)), "B9") == ["not-checked"]


def test_unknown_doses_are_not_the_highest() -> None:
    dose = peak_at((0.0, 0.0, 0.0))
    gray = dose.dose_gy.copy()
    gray[0, 0, 0] = np.nan
    assert reasons(organ_case(replace(dose, dose_gy=gray)), "B9") == [""]


# B10


MIDDLE = (0.0, 0.0, 0.0)


def test_dose_at_the_beams_point_is_what_they_give() -> None:
    both = at_points(organ_study(studies.dose(TOTAL_GY)), (MIDDLE, 3.0), ((0.4, 0.0, 0.0), 5.0))
    assert reasons(both, "B10") == ["shown", ""]
    assert "40 Gy at the beams' point (0, 0, 0) mm" in messages(both, "B10", "shown")[0]


@pytest.mark.parametrize("level_gy", [8.0, 0.4, 20.0, 4000.0, 45.0])
def test_dose_of_one_fraction_other_units_or_half_a_plan_is_told_at_the_point(level_gy) -> None:
    finding = only(at_points(organ_study(studies.dose(level_gy)), (MIDDLE, 8.0)), "B10")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert finding.observed == pytest.approx(100 * level_gy / 40)


def test_at_one_of_several_points_other_beams_may_add_to_the_dose() -> None:
    apart = at_points(organ_study(studies.dose(TOTAL_GY)), (MIDDLE, 4.0), ((20.0, 0.0, 0.0), 5.0))
    assert reasons(apart, "B10") == ["shown", "shown", ""]
    short = at_points(organ_study(studies.dose(8.0)), (MIDDLE, 4.0), ((20.0, 0.0, 0.0), 1.0))
    assert only(short, "B10").limit == ">= 90 %"


def test_point_outside_the_grid_has_no_dose() -> None:
    assert reasons(at_points(organ_study(), ((0.0, 0.0, 900.0), 8.0)), "B10") == ["not-checked"]


def test_of_a_plan_without_points_the_dose_at_its_isocentre_is_shown_and_nothing_is_passed() -> None:
    points = (ControlPoint(0, 0.0, MIDDLE, 0.0, 0.0, 0.0, 6.0, 600.0), ControlPoint(1, 1.0, None, 0, 0, 0, 6.0, 600.0))
    beam = Beam(1, "A", "PHOTON", "TREATMENT", sequence=points)
    outside = replace(points[0], isocentre_mm=(0.0, 0.0, 900.0))
    setup = replace(beam, number=2, treatment_delivery_type="SETUP", sequence=(outside,))
    plain = organ_case(studies.dose(TOTAL_GY), beams=(beam, setup))
    assert reasons(plain, "B10") == ["not-checked", "shown"]
    assert messages(plain, "B10") == ["at the isocentre (0, 0, 0) mm: 40 Gy, 100 % of 40 Gy"]
    away = messages(organ_case(beams=(replace(beam, sequence=(outside,)),)), "B10")
    assert away[0].endswith("the dose isn't known")


def test_where_a_beam_does_not_say_its_dose_others_must_not_fall_short_and_may_be_exceeded() -> None:
    untold = at_points(organ_study(studies.dose(TOTAL_GY)), (MIDDLE, 3.0), (MIDDLE, None))
    assert reasons(untold, "B10") == ["not-checked", "shown"]
    assert "beam 2" in messages(untold, "B10", "not-checked")[0]
    short = at_points(organ_study(studies.dose(8.0)), (MIDDLE, 3.0), (None, 5.0))
    assert only(short, "B10").limit == ">= 90 %"


def test_setup_beams_need_no_point() -> None:
    study = at_points(organ_study(studies.dose(TOTAL_GY)), (MIDDLE, 8.0), (None, None)).study
    beams = (Beam(1, "A", "PHOTON", "TREATMENT"), Beam(2, "kV", "PHOTON", "SETUP"))
    assert reasons(plan_with(study, beams=beams), "B10") == ["shown", ""]


def test_plan_without_points_and_isocentres_is_not_asked() -> None:
    assert reasons(organ_case(), "B10") == ["not-checked"]


@pytest.mark.parametrize(
    "changes",
    [{"dose_type": "EFFECTIVE"}, {"summation_type": "MULTI_PLAN", "referenced_plan_uids": ("1.2.3.7", "1.2.3.99")}],
)
def test_dose_that_is_not_the_beams_alone_is_not_held_against_them(changes) -> None:
    study = organ_study(replace(studies.dose(TOTAL_GY), **changes))
    assert reasons(at_points(study, (MIDDLE, 8.0)), "B10") == ["not-checked"]


def test_dose_of_one_of_two_fraction_groups_is_not_held_against_all_beams() -> None:
    study = organ_study(studies.dose(TOTAL_GY))
    (group,) = study.plan.fraction_groups
    plan = replace(study.plan, fraction_groups=(group, replace(group, number=2)))
    part = PlanDose(plan, study.dose, (1,))
    assert reasons(Case(replace(study, plan_doses=(part,))), "B10") == ["not-checked"]
