"""Section B, second half: what the dose is, and whether it is where and what the plan says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.errors import UnsupportedDoseError
from rtcheck.finding import Verdict
from rtcheck.plan_checks.dose import CHECKS, _holds
from rtcheck.solid import solid_of
from rtcheck.study import Beam, ControlPoint, PlanDose, StoredDVH
from tests import studies
from tests.plan_checks.samples import CLEAN, SILENT, asked, case_of, fires, mutant

BY_ID = {check.id: check for check in CHECKS}
BOX = ((-12, 12), (-12, 12), (-12, 12))
ORGAN = ((-40, -20), (-12, 12), (-12, 12))
AROUND = ((-58, 58), (-58, 58), (-58, 58))
TOTAL_GY = 40.0


def study_of(dose=None, rois=None, **plan_changes):
    drawn = rois or [
        studies.box_roi(1, "PTV", BOX, "PTV"),
        studies.box_roi(2, "Liver", ORGAN),
        studies.box_roi(3, "Body", AROUND, "EXTERNAL"),
    ]
    plan = studies.plan([studies.target_reference(1, TOTAL_GY, 1)])
    return studies.study(drawn, dose or studies.dose(falling), replace(plan, **plan_changes))


def falling(x, y, z, at=(0.0, 0.0, 0.0)):
    """44 Gy in the middle, 0.5 Gy less with every millimetre."""
    distance = np.sqrt(sum((value - middle) ** 2 for value, middle in zip((x, y, z), at, strict=True)))
    return np.clip(44.0 - 0.5 * distance, 0.0, None)


def peak_at(at):
    return studies.dose(lambda x, y, z: falling(x, y, z, at))


def case(dose=None, **changes):
    return Case(study_of(dose, **changes))


def only(case_, check_id):
    (finding,) = fires(case_, BY_ID[check_id])
    return finding


def reasons(case_, check_id):
    return [finding.reason for finding in asked(case_, BY_ID[check_id])]


def messages(case_, check_id, reason):
    return [finding.message for finding in asked(case_, BY_ID[check_id]) if finding.reason == reason]


@pytest.mark.parametrize("name", CLEAN)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_clean_plans_are_let_pass(name, check) -> None:
    assert {finding.verdict for finding in asked(case_of(name), check)} <= SILENT


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_each_plan_of_a_sum_is_let_pass(check) -> None:
    assert {finding.verdict for finding in asked(case_of("two-lesions-two-plans"), check)} <= SILENT


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_without_a_plan_there_is_an_answer_all_the_same(check) -> None:
    study = study_of()
    alone = replace(study, plan_doses=(PlanDose(None, study.dose),))
    assert asked(Case(alone), check)
    assert asked(Case(replace(alone, structure_set=replace(study.structure_set, rois=()))), check)


def test_checks_have_an_origin_and_a_text_each() -> None:
    assert [check.id for check in CHECKS] == ["B1", "B2", "B8", "B9", "B10", "B11"]
    assert all(check.origin and check.text and check.title for check in CHECKS)


# B1


def with_beams(*kinds):
    return tuple(Beam(number, None, kind, "TREATMENT") for number, kind in enumerate(kinds, start=1))


def test_weighted_dose_of_photons_was_converted_by_somebody() -> None:
    weighted = replace(studies.dose(TOTAL_GY), dose_type="EFFECTIVE")
    finding = only(case(weighted, beams=with_beams("PHOTON")), "B1")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "EQD2" in finding.message


def test_weighted_dose_of_particles_is_shown() -> None:
    weighted = replace(studies.dose(TOTAL_GY), dose_type="EFFECTIVE")
    assert reasons(case(weighted, beams=with_beams("PROTON")), "B1") == ["shown", ""]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dose_type": None}, "isn't stated"),
        ({"normalisation": "100 = 50 Gy"}, "100 = 50 Gy"),
        ({"comment": "Sum as EQD2 (a/b 3)"}, "EQD2"),
    ],
)
def test_dose_that_may_not_be_physical_gray_is_warned_of(changes, said) -> None:
    finding = only(case(replace(studies.dose(TOTAL_GY), **changes)), "B1")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert said in finding.message


@pytest.mark.parametrize(("keyword", "value"), [("DoseUnits", "RELATIVE"), ("DoseType", "ERROR")])
def test_reader_refuses_what_is_no_dose_in_gray(keyword, value) -> None:
    with pytest.raises(UnsupportedDoseError, match=value):
        mutant({"RTDOSE.dcm": lambda dataset: setattr(dataset, keyword, value)}, ct=False)


# B2


def summed(kind, *plans):
    return case(replace(studies.dose(TOTAL_GY), summation_type=kind, referenced_plan_uids=plans))


def test_sum_of_plans_is_warned_of_with_their_uids() -> None:
    finding = only(summed("MULTI_PLAN", "1.2.3.7", "1.2.3.8"), "B2")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "1.2.3.7, 1.2.3.8" in finding.message


@pytest.mark.parametrize(
    ("kind", "plans"), [("MULTI_PLAN", ("1.2.3.7",)), ("MULTI_PLAN", ()), ("PLAN", ("1.2.3.7", "1.2.3.8"))]
)
def test_sum_that_does_not_tell_what_it_sums_is_not_evaluated(kind, plans) -> None:
    assert only(summed(kind, *plans), "B2").verdict is Verdict.NOT_EVALUATED


def test_dose_of_a_fraction_group_is_shown_and_never_multiplied() -> None:
    (message,) = messages(summed("FRACTION", "1.2.3.7"), "B2", "shown")
    assert "fraction group 1" in message
    assert "isn't multiplied" in message


def test_summation_that_is_not_stated_is_warned_of() -> None:
    assert only(summed(None, "1.2.3.7"), "B2").verdict is Verdict.ACCEPTABLE


def test_reader_refuses_the_dose_of_one_beam() -> None:
    with pytest.raises(UnsupportedDoseError, match="BRACHY"):
        mutant({"RTDOSE.dcm": lambda dataset: setattr(dataset, "DoseSummationType", "BRACHY")}, ct=False)


# B8


@pytest.mark.parametrize("stated", ["WATER", "NONE", "ROI_OVERRIDE/WATER"])
def test_dose_calculated_in_water_is_warned_of(stated) -> None:
    finding = only(case(replace(studies.dose(TOTAL_GY), tissue_heterogeneity=stated)), "B8")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert stated in finding.message


@pytest.mark.parametrize(
    ("stated", "found"),
    [("IMAGE", [""]), ("IMAGE/ROI_OVERRIDE", [""]), ("ROI_OVERRIDE", ["shown", ""]), (None, ["shown", ""])],
)
def test_dose_calculated_in_the_patient_is_let_pass_and_an_unstated_one_shown(stated, found) -> None:
    assert reasons(case(replace(studies.dose(TOTAL_GY), tissue_heterogeneity=stated)), "B8") == found


# B9


def test_maximum_outside_the_body_is_told() -> None:
    small = ((-40, 40), (-40, 40), (-40, 40))
    rois = [studies.box_roi(1, "PTV", BOX, "PTV"), studies.box_roi(3, "Body", small, "EXTERNAL")]
    finding = only(case(peak_at((0.0, 0.0, 52.0)), rois=rois), "B9")
    assert "outside Body" in finding.message


def test_hot_maximum_far_from_the_target_is_told() -> None:
    finding = only(case(peak_at((40.0, 0.0, 0.0))), "B9")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert finding.observed == pytest.approx(28, abs=0.1)
    assert finding.rois == ("PTV",)


def test_maximum_where_beams_enter_is_shown_as_long_as_it_is_no_hotter() -> None:
    dose = studies.dose(lambda x, y, z: np.maximum(40.0 - x * x / 100.0, 41.0 - ((x - 40) ** 2 + y * y + z * z)))
    assert reasons(case(dose), "B9") == ["shown", ""]


def test_maximum_beside_the_target_is_where_it_belongs() -> None:
    assert reasons(case(peak_at((16.0, 0.0, 0.0))), "B9") == [""]
    assert reasons(case(peak_at((4.0, 4.0, -8.0))), "B9") == [""]


def test_without_targets_nobody_knows_where_the_maximum_belongs() -> None:
    assert reasons(case(rois=[studies.box_roi(2, "Liver", ORGAN)]), "B9") == ["shown", "not-checked"]


def test_a_gtv_is_a_target_where_no_ptv_is_drawn() -> None:
    assert reasons(case(rois=[studies.box_roi(1, "GTV", BOX, "GTV")]), "B9") == ["shown", ""]


@pytest.mark.parametrize(
    ("outline", "said"),
    [
        ([], "no ROI is the whole body"),
        ([studies.box_roi(3, "Body", ((-8, 8), (-8, 8), (-40, 0)), "EXTERNAL")], "isn't the whole body"),
        ([studies.empty_roi(3, "Body", "EXTERNAL")], "no outline is drawn"),
    ],
)
def test_without_the_whole_outline_nobody_knows_whether_the_maximum_is_in_the_patient(outline, said) -> None:
    rois = [studies.box_roi(1, "PTV", BOX, "PTV"), *outline]
    (message,) = messages(case(rois=rois), "B9", "shown")
    assert said in message


def test_dose_of_zero_has_no_maximum() -> None:
    assert reasons(case(studies.dose(0.0)), "B9") == ["not-checked"]


def test_unknown_doses_are_not_the_highest() -> None:
    dose = peak_at((0.0, 0.0, 0.0))
    gray = dose.dose_gy.copy()
    gray[0, 0, 0] = np.nan
    assert reasons(case(replace(dose, dose_gy=gray)), "B9") == [""]


@given(st.tuples(*[st.floats(-20, 20)] * 3))
def test_a_box_with_a_hole_holds_what_lies_between(point) -> None:
    outer = studies.box_roi(1, "Shell", BOX)
    inner = studies.box_roi(2, "Hole", ((-6, 6), (-6, 6), (-12, 12)))
    solid = solid_of(replace(outer, contours=outer.contours + inner.contours))
    x, y, z = point
    if min(abs(abs(value) - edge) for value in point for edge in (6, 12)) < 1e-3:
        return
    within = max(abs(x), abs(y), abs(z)) < 12 and not max(abs(x), abs(y)) < 6
    assert _holds(solid, np.array(point)) is within


# B10


def with_points(study, *points_and_doses):
    plan = study.plan
    (group,) = plan.fraction_groups
    beams = tuple(
        replace(studies.plan(beam_dose_gy=gray).fraction_groups[0].beams[0], number=number, point_mm=point)
        for number, (point, gray) in enumerate(points_and_doses, start=1)
    )
    changed = replace(plan, fraction_groups=(replace(group, beams=beams),))
    return Case(replace(study, plan_doses=(replace(study.plan_doses[0], plan=changed),)))


MIDDLE = (0.0, 0.0, 0.0)


def test_dose_at_the_beams_point_is_what_they_give() -> None:
    both = with_points(study_of(studies.dose(TOTAL_GY)), (MIDDLE, 3.0), ((0.4, 0.0, 0.0), 5.0))
    assert reasons(both, "B10") == ["shown", ""]
    assert "40 Gy at the beams' point (0, 0, 0) mm" in messages(both, "B10", "shown")[0]


@pytest.mark.parametrize("level_gy", [8.0, 0.4, 20.0, 4000.0, 45.0])
def test_dose_of_one_fraction_other_units_or_half_a_plan_is_told_at_the_point(level_gy) -> None:
    finding = only(with_points(study_of(studies.dose(level_gy)), (MIDDLE, 8.0)), "B10")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert finding.observed == pytest.approx(100 * level_gy / 40)


def test_at_one_of_several_points_other_beams_may_add_to_the_dose() -> None:
    apart = with_points(study_of(studies.dose(TOTAL_GY)), (MIDDLE, 4.0), ((20.0, 0.0, 0.0), 5.0))
    assert reasons(apart, "B10") == ["shown", "shown", ""]
    short = with_points(study_of(studies.dose(8.0)), (MIDDLE, 4.0), ((20.0, 0.0, 0.0), 1.0))
    assert only(short, "B10").limit == ">= 90 %"


def test_point_outside_the_grid_has_no_dose() -> None:
    assert reasons(with_points(study_of(), ((0.0, 0.0, 900.0), 8.0)), "B10") == ["not-checked"]


def test_plan_without_points_is_asked_at_its_isocentre() -> None:
    points = (ControlPoint(0, 0.0, MIDDLE, 0.0, 0.0, 0.0, 6.0, 600.0), ControlPoint(1, 1.0, None, 0, 0, 0, 6.0, 600.0))
    beam = Beam(1, "A", "PHOTON", "TREATMENT", sequence=points)
    outside = replace(points[0], isocentre_mm=(0.0, 0.0, 900.0))
    setup = replace(beam, number=2, treatment_delivery_type="SETUP", sequence=(outside,))
    shown = messages(case(studies.dose(TOTAL_GY), beams=(beam, setup)), "B10", "shown")
    assert shown == ["at the isocentre (0, 0, 0) mm: 40 Gy, 100 % of 40 Gy"]
    away = messages(case(beams=(replace(beam, sequence=(outside,)),)), "B10", "shown")
    assert away[0].endswith("the dose isn't known")


def test_plan_without_points_and_isocentres_is_not_asked() -> None:
    assert reasons(case(), "B10") == ["not-checked"]


@pytest.mark.parametrize(
    "changes",
    [{"dose_type": "EFFECTIVE"}, {"summation_type": "MULTI_PLAN", "referenced_plan_uids": ("1.2.3.7", "1.2.3.99")}],
)
def test_dose_that_is_not_the_beams_alone_is_not_held_against_them(changes) -> None:
    study = study_of(replace(studies.dose(TOTAL_GY), **changes))
    assert reasons(with_points(study, (MIDDLE, 8.0)), "B10") == ["not-checked"]


def test_dose_of_one_of_two_fraction_groups_is_not_held_against_all_beams() -> None:
    study = study_of(studies.dose(TOTAL_GY))
    (group,) = study.plan.fraction_groups
    plan = replace(study.plan, fraction_groups=(group, replace(group, number=2)))
    part = PlanDose(plan, study.dose, (1,))
    assert reasons(Case(replace(study, plan_doses=(part,))), "B10") == ["not-checked"]


# B11


def stored(case_, numbers=(2,), *, times=1.0, volume=1.0, **changes):
    """Our own DVH of the liver as the planning system might have stored it."""
    dvh = case_.dvh_of(case_.study.structure_set.rois[1])
    edges = np.arange(0.0, 60.0, 0.05) * times
    volumes = dvh.curve.volumes_at(edges / times) * 100.0 / dvh.curve.total_cc
    made = StoredDVH(numbers, edges, np.append(volumes[:-1], 0.0), dvh.volume_cc * volume, mean_gy=dvh.mean_gy * times)
    return replace(made, **changes)


@pytest.fixture(scope="module")
def plain() -> Case:
    return case()


def with_stored(case_, *dvhs, **changes):
    (one,) = case_.study.plan_doses
    dose = replace(one.dose, stored_dvhs=dvhs, **changes)
    other = Case(replace(case_.study, plan_doses=(replace(one, dose=dose),)))
    other._dvhs_of = case_._dvhs_of  # computed once
    return other


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
    assert not fires(with_stored(plain, unstated), BY_ID["B11"])
    assert fires(with_stored(plain, stored(plain, times=0.2, volume_cc=None, mean_gy=None)), BY_ID["B11"])


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
    (message,) = messages(with_stored(plain, stored(plain, numbers, **changes)), "B11", "shown")
    assert said in message


def test_tiny_and_undrawn_rois_are_not_compared() -> None:
    tiny = studies.box_roi(2, "Wire", ((-1, 1), (-1, 1), (-6, 6)))
    made = case(rois=[studies.box_roi(1, "PTV", BOX, "PTV"), tiny, studies.empty_roi(3, "Empty")])
    found = messages(with_stored(made, stored(made, volume=3.0), stored(made, (3,))), "B11", "shown")
    assert "0.05 cc" in found[0] or "0.048 cc" in found[0]
    assert "no contours" in found[1]


def test_dvhs_of_another_structure_set_are_not_compared(plain) -> None:
    other = with_stored(plain, stored(plain), referenced_structure_set_uid="1.2.99")
    assert "1.2.99" in messages(other, "B11", "not-checked")[0]


def test_dvh_of_one_phase_is_not_held_against_the_plan() -> None:
    study = study_of()
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
    from rtcheck.dicom import read_study

    breast = Case(read_study(shared_data / "eclipse-breast"), intervals=False)
    assert not fires(breast, BY_ID["B11"])
    assert "5 stored DVHs compared" in messages(breast, "B11", "shown")[-1]
