"""Section E, monitor units and doses of beams."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.finding import Verdict
from rtcheck.plan_checks.beam_facts import planned
from rtcheck.study import FractionGroup, PhaseDose
from tests.plan_checks.mutants import plan_with, unprescribed, with_beam, with_plan, with_uses
from tests.plan_checks.samples import TWO, asked, fires, mutant, only, sample, unchecked

# E4


def test_a_treating_beam_of_zero_mu_fails():
    finding = next(one for one in fires(with_uses({"meterset": 0.0}, {}), "E4") if one.subject == "Arc1")
    assert finding.verdict is Verdict.FAIL


def test_a_negative_meterset_fails():
    found = [one for one in fires(with_uses({"meterset": -5.0}, {}), "E4") if one.subject == "Arc1"]
    assert [one.verdict for one in found] == [Verdict.FAIL]


@pytest.mark.parametrize("check_id", ["E4", "E5"])
def test_a_plan_without_a_fraction_group_is_not_passed(check_id):
    (finding,) = unchecked(plan_with(fraction_groups=()), check_id)
    assert "no fraction group" in finding.message


def test_a_beam_without_meterset_beside_others_that_have_one_fails():
    finding = only(with_uses({"meterset": None}, {}), "E4")
    assert finding.verdict is Verdict.FAIL
    assert "Arc1" in finding.message


def test_a_plan_without_any_meterset_is_not_checked():
    (finding,) = unchecked(with_uses({"meterset": None}, {"meterset": None}), "E4")
    assert finding.verdict is Verdict.NOT_EVALUATED


@pytest.mark.parametrize("units", [0.5, 9000.0])
def test_a_beam_of_hardly_any_or_very_many_mu_is_a_warning(units):
    found = [one for one in fires(with_uses({"meterset": units}, {}), "E4") if one.subject == "Arc1"]
    assert [one.verdict for one in found] == [Verdict.ACCEPTABLE]


@pytest.mark.parametrize("factor", [1 / 5, 1 / 100, 10])
def test_mu_of_another_unit_or_fraction_number_are_a_warning(factor):
    case = with_uses({"meterset": 960 * factor}, {"meterset": 960 * factor})
    (finding,) = [one for one in fires(case, "E4") if one.unit == "MU/Gy"]
    assert finding.verdict is Verdict.ACCEPTABLE
    assert finding.observed == pytest.approx(240 * factor)


def test_mu_in_other_units_and_of_particles_are_not_judged_by_photons():
    for change in ({"dosimeter_unit": "MINUTE"}, {"radiation_type": "PROTON"}):
        case = with_beam(lambda beam, change=change: change)
        assert not fires(case, "E4")
        (finding,) = unchecked(case, "E4")
        assert finding.verdict is Verdict.INFO
        assert "photon beams alone" in finding.message


def test_mu_are_held_against_beam_doses_where_nothing_is_prescribed():
    case = unprescribed()
    assert any("of the beams' doses" in finding.message for finding in asked(case, "E4"))


# E5


@pytest.mark.parametrize(("dose_gy", "percent"), [(2.0, 75), (12.0, 200)])
def test_beam_doses_that_do_not_add_up_are_a_warning(dose_gy, percent):
    finding = only(with_uses({"beam_dose_gy": dose_gy}, {}), "E5")
    assert (finding.verdict, finding.observed) == (Verdict.ACCEPTABLE, pytest.approx(percent))


def test_a_sum_above_the_prescription_within_a_stereotactic_hot_spot_passes():
    assert not fires(with_uses({"beam_dose_gy": 5.5}, {"beam_dose_gy": 5.5}), "E5")


def test_a_lost_beam_is_noticed_in_the_file():
    def lost(dataset):
        (group,) = dataset.FractionGroupSequence
        del group.ReferencedBeamSequence[1]
        group.NumberOfBeams = 1

    assert only(Case(mutant({"RTPLAN.dcm": lost}, ct=False)), "E5").observed == pytest.approx(50)


@pytest.mark.parametrize(
    ("case", "match"),
    [
        (lambda: with_uses({"beam_dose_gy": None}, {}), "no dose is stated for Arc1"),
        (lambda: with_uses({"point_mm": (0.0, 0.0, 0.0)}, {}), "different points"),
        (unprescribed, "isn't known otherwise"),
    ],
    ids=["dose", "points", "prescription"],
)
def test_beam_doses_that_cannot_be_added_are_not_passed(case, match):
    (finding,) = unchecked(case(), "E5")
    assert match in finding.message


def test_each_phase_is_held_against_its_own_dose():
    def phases(plan):
        (group,) = plan.fraction_groups
        first, second = group.beams
        boost = replace(second, beam_dose_gy=3.0)
        return replace(
            plan,
            dose_references=tuple(replace(one, target_prescription_dose_gy=65.0) for one in plan.dose_references),
            fraction_groups=(
                FractionGroup(1, 25, (replace(first, beam_dose_gy=2.0),), _doses(plan, 50.0)),
                FractionGroup(2, 5, (boost,), _doses(plan, 15.0)),
            ),
            label="",
            name=None,
        )

    found = asked(with_plan(phases), "E5")
    assert [finding.verdict for finding in found] == [Verdict.INFO, Verdict.INFO, Verdict.PASS]
    assert [finding.observed for finding in found[:2]] == [pytest.approx(100), pytest.approx(100)]


def test_each_plan_of_one_target_is_held_against_its_own_dose():
    def after(case, plan):
        return next(one for one in planned(case) if one.plan is plan)

    study = sample(TWO)
    # Both plans to the liver lesion: 5 x 8 Gy, then 3 x 9 Gy.
    liver, spine = study.plan_doses
    aimed = replace(
        spine.plan,
        dose_references=tuple(
            replace(one, referenced_roi_number=liver.plan.dose_references[0].referenced_roi_number,
                    description=liver.plan.dose_references[0].description)
            for one in spine.plan.dose_references
        ),
    )  # fmt: skip
    case = Case(replace(study, plan_doses=(liver, replace(spine, plan=aimed))))
    assert case.targets[0].prescription.fractions == 8
    doses = [after(case, plan).fraction_dose_gy(plan.fraction_groups[0]) for plan in (liver.plan, aimed)]
    assert doses == [8, 9]


def _doses(plan, dose_gy):
    return (PhaseDose(plan.dose_references[0].number, dose_gy),)


@settings(max_examples=20)
@given(share=st.floats(0.91, 1.59))
def test_any_sum_within_the_shares_passes(share):
    assert not fires(with_uses({"beam_dose_gy": 4 * share}, {"beam_dose_gy": 4 * share}), "E5")
