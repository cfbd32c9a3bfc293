"""The dose of a treatment: of one plan as it is, of several their sum, and never what isn't known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.case import Case
from rtcheck.checks import dose_constraint
from rtcheck.errors import UsageError
from rtcheck.finding import Verdict
from rtcheck.metrics import State
from rtcheck.study import PlanDose, Study
from rtcheck.units import PHYSICAL, bed_basis, eqd2_basis
from tests import studies
from tests.checks.test_dose import FIVE, row

BOX = ((-10, 10), (-10, 10), (-10, 10))
EQD2_3, BED_3 = eqd2_basis(3.0), bed_basis(3.0)
PTV = studies.box_roi(1, "PTV", BOX, "PTV")


def slope(x, y, z):
    return 40.0 + 0.3 * x + 0.15 * y - 0.1 * z


def plan_of(number, fractions, gray=40.0, target=1, label="Plan"):
    made = studies.plan([studies.target_reference(1, gray, target)], [fractions])
    return replace(made, sop_instance_uid=f"1.2.3.7{number}", label=f"{label} {number}")


def part(number, rt_dose, fractions, **more):
    named = replace(rt_dose, sop_instance_uid=f"1.2.3.9{number}", referenced_plan_uids=(f"1.2.3.7{number}",))
    return PlanDose(plan_of(number, fractions, **more), named)


def case_of(*parts, rois=(PTV,), **more):
    study = studies.study(rois, parts[0].dose, parts[0].plan)
    return Case(replace(study, plan_doses=parts), **more)


def half(share=0.5, **grid):
    return studies.dose(lambda x, y, z: share * slope(x, y, z), **grid)


WHOLE = case_of(part(1, studies.dose(slope), 10))


@pytest.mark.parametrize("metric", ["Mean[Gy]", "D95%[Gy]", "D2%[Gy]", "Min[Gy]", "Max[Gy]"])
def test_two_half_plans_are_the_whole_plan_in_physical_dose(metric) -> None:
    for fractions in ((5, 5), (10, 10), (3, 7)):
        halves = case_of(*(part(i, half(), n) for i, n in enumerate(fractions)))
        assert halves.dvh("PTV")[metric].value == pytest.approx(WHOLE.dvh("PTV")[metric].value, rel=1e-6)


@pytest.mark.parametrize("basis", [EQD2_3, BED_3])
def test_two_half_plans_are_the_whole_plan_in_bed_only_with_the_right_fractions(basis) -> None:
    whole = WHOLE.dvh("PTV", basis)["D50%[Gy]"].value
    right = case_of(part(1, half(), 5), part(2, half(), 5)).dvh("PTV", basis)["D50%[Gy]"].value
    wrong = case_of(part(1, half(), 10), part(2, half(), 10)).dvh("PTV", basis)["D50%[Gy]"].value
    assert right == pytest.approx(whole, rel=3e-4)  # BED is linear between samples of the sum, and convex in truth
    # 40 Gy in 10 fractions is BED 40 (1 + 4/3), and in 20 fractions of the same 2 Gy 40 (1 + 2/3).
    assert wrong / whole == pytest.approx((5 / 3) / (7 / 3), rel=1e-3)


def test_the_order_of_plans_doesnt_matter() -> None:
    one, other = part(1, half(0.3), 5), part(2, half(0.7, low_mm=(-58, -58, -58), high_mm=(62, 62, 62)), 3)
    first, second = case_of(one, other).dvh("PTV", EQD2_3), case_of(other, one).dvh("PTV", EQD2_3)
    assert np.array_equal(first.curve.dose_gy, second.curve.dose_gy)
    assert np.array_equal(first.curve.volume_cc, second.curve.volume_cc)


def test_grids_shifted_by_half_a_voxel_add_up_to_the_closed_form() -> None:
    parts = (part(1, half(0.4), 5), part(2, half(0.6, low_mm=(-58, -58, -58), high_mm=(62, 62, 62)), 5))
    dvh = case_of(*parts).dvh("PTV")
    assert dvh["Mean[Gy]"].value == pytest.approx(40.0, rel=1e-5)
    assert dvh["Max[Gy]"].value == pytest.approx(40 + 3 + 1.5 + 1, rel=5e-3)


def test_volume_outside_one_of_the_grids_is_unknown_and_not_cold() -> None:
    cut = part(2, half(0.5, high_mm=(0, 60, 60)), 5)
    dvh = case_of(part(1, half(), 5), cut).dvh("PTV")
    assert dvh.outside_cc == pytest.approx(dvh.volume_cc / 2, rel=1e-3)
    assert dvh["CV15Gy[cc]"].state is State.INTERVAL


def test_a_dose_that_falls_to_zero_at_its_faces_is_zero_outside() -> None:
    def blob(x, y, z):
        inside = (np.abs(x) < 15) & (np.abs(y) < 15) & (np.abs(z) < 15)
        return np.where(inside, 20.0, 0.0)

    rois = (studies.box_roi(1, "Far", ((30, 50), (-10, 10), (-10, 10))),)
    small = part(2, studies.dose(blob, low_mm=(-20, -20, -20), high_mm=(20, 20, 20)), 5)
    dvh = case_of(part(1, studies.dose(3.0), 5), small, rois=rois).dvh("Far")
    assert dvh.outside_cc == 0
    assert dvh["Max[Gy]"].value == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"fraction_groups": ()}, "number of fractions isn't stated"),
        ({"fraction_groups": studies.plan((), [25, 7]).fraction_groups}, "25 + 7 fractions together"),
    ],
)
def test_bed_of_a_dose_whose_fractions_arent_known_has_no_answer_and_says_why(changes, reason) -> None:
    one = part(1, studies.dose(slope), 5)
    case = case_of(replace(one, plan=replace(one.plan, **changes)))
    value = case.dvh("PTV", EQD2_3)["Mean[Gy]"]
    assert (value.state, value.value) == (State.NOT_EVALUABLE, None)
    assert reason in value.reason
    assert case.dvh("PTV")["Mean[Gy]"].value is not None


def test_bed_without_a_plan_has_no_answer() -> None:
    case = case_of(PlanDose(None, studies.dose(slope)))
    assert "no plan tells" in case.dvh("PTV", BED_3)["Mean[Gy]"].reason


def test_bed_of_a_weighted_dose_has_no_answer() -> None:
    case = case_of(part(1, replace(studies.dose(slope), dose_type="EFFECTIVE"), 5))
    assert "EFFECTIVE" in case.dvh("PTV", BED_3)["Mean[Gy]"].reason


def test_weighted_and_physical_doses_arent_added() -> None:
    weighted = part(1, replace(studies.dose(slope), dose_type="EFFECTIVE"), 5)
    case = case_of(weighted, part(2, studies.dose(slope), 5))
    assert "can't be added" in case.dvh("PTV")["Mean[Gy]"].reason
    finding = dose_constraint(case, row("Mean[Gy]", "<", 100, roi="PTV"))
    assert finding.verdict is Verdict.NOT_EVALUATED


def test_doses_of_different_frames_arent_added() -> None:
    other = part(2, studies.dose(slope), 5)
    moved = replace(other.dose, grid=replace(other.dose.grid, frame_of_reference_uid="9.9"))
    case = case_of(part(1, studies.dose(slope), 5), replace(other, dose=moved))
    assert "registration" in case.dvh("PTV")["Mean[Gy]"].reason


def test_a_limit_in_eqd2_is_asked_of_the_sum_with_the_organs_own_alpha_beta() -> None:
    case = case_of(part(1, studies.dose(20.0), 5), part(2, studies.dose(18.0), 3))
    expected = 20 * (4 + 3) / 5 + 18 * (6 + 3) / 5
    rows = [row("Max[Gy]", "<", limit, roi="PTV", basis=EQD2_3) for limit in (expected - 0.1, expected + 0.1)]
    failing, passing = (dose_constraint(case, one) for one in rows)
    assert (failing.verdict, passing.verdict) == (Verdict.FAIL, Verdict.PASS)
    assert failing.observed == pytest.approx(expected, rel=1e-5)
    assert failing.basis == "EQD2(alpha/beta=3 Gy)"
    assert "EQD2" in failing.limit
    assert "each by itself: Plan 1 28.0 Gy, Plan 2 32.4 Gy" in failing.message


def test_a_limit_that_each_plan_meets_is_judged_by_the_sum() -> None:
    case = case_of(part(1, studies.dose(20.0), 5), part(2, studies.dose(18.0), 5))
    finding = dose_constraint(case, row("Max[Gy]", "<", 30, roi="PTV"))
    assert (finding.verdict, finding.observed) == (Verdict.FAIL, pytest.approx(38.0))
    assert all(
        dose_constraint(alone, row("Max[Gy]", "<", 30, roi="PTV")).verdict is Verdict.PASS for alone in case.by_plan
    )


def test_the_only_dose_of_several_isnt_guessed() -> None:
    case = case_of(part(1, studies.dose(20.0), 5), part(2, studies.dose(18.0), 5))
    with pytest.raises(UsageError, match="2 doses"):
        _ = case.study.dose
    with pytest.raises(UsageError, match="2 plans"):
        _ = case.study.plan
    with pytest.raises(UsageError, match="at least one dose"):
        Study(case.study.patient, case.study.structure_set, ())


def test_a_normalised_dose_is_labelled_in_every_dvh() -> None:
    said = replace(studies.dose(slope), normalisation="100 = 50 Gy")
    dvh = case_of(part(1, said, 5)).dvh("PTV", EQD2_3)
    assert any("100 = 50 Gy" in flag.message for flag in dvh.flags)


def test_each_basis_is_summed_once(monkeypatch) -> None:
    from rtcheck import treatment

    made = []
    real = treatment.accumulate
    monkeypatch.setattr(
        treatment, "accumulate", lambda parts, basis, **how: made.append(basis) or real(parts, basis, **how)
    )
    case = case_of(part(1, studies.dose(20.0), 5), part(2, studies.dose(18.0), 5))
    for basis in (EQD2_3, PHYSICAL, BED_3, EQD2_3, PHYSICAL):
        case.dvhs(["PTV"], basis)
        case.dvh("PTV", basis)
    assert made == [EQD2_3, PHYSICAL, BED_3]


def test_a_row_for_some_fractions_isnt_judged_on_plans_that_nothing_is_prescribed_by() -> None:
    rois = (PTV, studies.box_roi(2, "Cord", BOX))
    nothing = replace(part(2, studies.dose(5.0), 25), plan=replace(plan_of(2, 25), dose_references=()))
    case = case_of(part(1, studies.dose(20.0), 5), nothing, rois=rois)
    finding = dose_constraint(case, row("Max[Gy]", "<", 30, regimen=FIVE, roi="Cord"))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "schedule-unknown")


def test_a_row_for_some_fractions_isnt_judged_where_the_plan_gives_others() -> None:
    case = case_of(part(1, studies.dose(20.0), 25), prescriptions={"PTV": "5x8Gy"})
    finding = dose_constraint(case, row("Max[Gy]", "<", 30, regimen=FIVE, roi="PTV"))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "schedule-unknown")


def test_a_weighted_dose_is_never_called_physical() -> None:
    case = case_of(part(1, replace(studies.dose(slope), dose_type="EFFECTIVE"), 5))
    value = case.dvh("PTV")["Mean[Gy]"]
    assert value.to_dict()["basis"] == "effective"


def test_what_is_declared_of_a_target_holds_for_its_plan_alone() -> None:
    rois = (PTV, studies.box_roi(2, "PTV_2", ((20, 40), (-10, 10), (-10, 10)), "PTV"))
    case = case_of(
        part(1, studies.dose(20.0), 5),
        part(2, studies.dose(18.0), 3, target=2),
        rois=rois,
        prescriptions={"PTV": "5x7Gy"},
    )
    assert [str(prescription.schedule) for prescription in case.by_plan[0].prescriptions] == ["5x7Gy"]


def test_plans_of_one_label_are_told_apart_by_their_files() -> None:
    parts = [replace(part(i, studies.dose(20.0), 5), plan=replace(plan_of(i, 5), label="A")) for i in (1, 2)]
    case = case_of(*parts)
    assert case.dose.labels == ("A (rtdose.dcm)", "A (rtdose.dcm)")
    assert len(set(case.study.plan_names)) == 2
