"""Section E, first half: isocentres, radiation, monitor units, beam doses, machine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.contoured import Contoured
from rtcheck.finding import Verdict
from rtcheck.plan_checks import Tuning
from rtcheck.plan_checks.beam_facts import planned
from rtcheck.plan_checks.beam_isocentres import distance_outside_mm
from rtcheck.plan_checks.beams import CHECKS
from rtcheck.study import FractionGroup, PhaseDose
from tests.plan_checks.samples import CLEAN, SILENT, asked, case_of, fires, mutant, sample

BY_ID = {check.id: check for check in CHECKS}
SBRT, TWO = "hcc-sbrt-5fx", "two-lesions-two-plans"


def with_plan(change, name=SBRT):
    """A sample with its first plan changed."""
    study = sample(name)
    first, *others = study.plan_doses
    return Case(replace(study, plan_doses=(replace(first, plan=change(first.plan)), *others)))


def with_beam(change, index=0, name=SBRT):
    """A sample with one beam of its first plan changed; `change` gives its new values."""

    def changed(plan):
        beams = list(plan.beams)
        beams[index] = replace(beams[index], **change(beams[index]))
        return replace(plan, beams=tuple(beams))

    return with_plan(changed, name)


def with_points(index=0, **values):
    """A sample with all control points of one beam changed."""
    return with_beam(lambda beam: {"sequence": tuple(replace(point, **values) for point in beam.sequence)}, index)


def with_uses(*changes, fractions=5):
    """A sample with other monitor units and doses of its beams."""

    def changed(plan):
        (group,) = plan.fraction_groups
        used = tuple(replace(use, **change) for use, change in zip(group.beams, changes, strict=True))
        return replace(plan, fraction_groups=(FractionGroup(1, fractions, used),))

    return with_plan(changed)


def unprescribed():
    """The sample whose plan says its beams' doses alone."""
    return with_plan(lambda plan: replace(plan, dose_references=(), label="", name=None))


def without_plan():
    study = sample()
    return Case(replace(study, plan_doses=tuple(replace(one, plan=None) for one in study.plan_doses)))


def with_rois(change):
    study = sample()
    rois = tuple(new for roi in study.structure_set.rois if (new := change(roi)) is not None)
    return Case(replace(study, structure_set=replace(study.structure_set, rois=rois)))


def only(case, check_id):
    (finding,) = fires(case, BY_ID[check_id])
    return finding


def unchecked(case, check_id):
    """What couldn't be looked at; the check hasn't passed then."""
    found = asked(case, BY_ID[check_id])
    assert Verdict.PASS not in {finding.verdict for finding in found}
    return [finding for finding in found if finding.reason == "not-checked"]


@pytest.mark.parametrize("name", [*CLEAN, TWO])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_clean_plan_raises_no_alert(name, check):
    found = asked(case_of(name), check)
    assert {finding.verdict for finding in found} <= SILENT
    assert Verdict.PASS in {finding.verdict for finding in found}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_without_a_plan_nothing_is_passed(check):
    (finding,) = unchecked(without_plan(), check.id)
    assert "no RT Plan" in finding.message


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_plan_of_setup_beams_alone_is_not_passed(check):
    setup = with_plan(
        lambda plan: replace(plan, beams=tuple(replace(beam, treatment_delivery_type="SETUP") for beam in plan.beams))
    )
    assert any("no beam that treats" in finding.message for finding in unchecked(setup, check.id))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_says_where_it_comes_from(check):
    assert check.origin
    assert len(check.text) > len(check.title)
    assert all(threshold.text for threshold in check.thresholds.values())


# E1


def test_two_isocentres_for_one_target_are_reported():
    finding = only(with_points(isocentre_mm=(-60.0, -14.0, -30.0)), "E1")
    assert (finding.verdict, finding.observed, finding.limit) == (Verdict.ACCEPTABLE, 2, "<= 1")
    shown = [one.message for one in asked(with_points(isocentre_mm=(-60.0, -14.0, -30.0)), BY_ID["E1"])]
    assert "isocentre (-60, -14, -30) mm: Arc1" in shown


def test_isocentres_a_little_beside_one_another_are_suspicious():
    found = fires(with_points(isocentre_mm=(-96.0, -14.0, -28.0)), BY_ID["E1"])
    assert [finding.message for finding in found if "were they meant to be one?" in finding.message]


def test_isocentres_that_differ_by_rounding_are_one():
    assert not fires(with_points(isocentre_mm=(-96.0, -14.0, -30.001)), BY_ID["E1"])


def test_isocentres_of_two_plans_are_held_against_each_other():
    near = (1.0, 55.0, 16.5)  # of the other plan: (0, 55, 16.5)
    change = with_beam(
        lambda beam: {"sequence": tuple(replace(point, isocentre_mm=near) for point in beam.sequence)}, name=TWO
    )
    assert any("1 mm apart" in finding.message for finding in fires(change, BY_ID["E1"]))


@pytest.mark.parametrize("check_id", ["E1", "E2"])
def test_a_missing_isocentre_is_not_checked(check_id):
    def nowhere(plan):
        beams = [
            replace(beam, sequence=tuple(replace(point, isocentre_mm=None) for point in beam.sequence))
            for beam in plan.beams
        ]
        return replace(plan, beams=tuple(beams))

    assert any("no isocentre" in finding.message for finding in unchecked(with_plan(nowhere), check_id))


@pytest.mark.parametrize(
    ("check_id", "keyword", "value"), [("E2", "isocentre_mm", None), ("E3", "nominal_energy", None)]
)
def test_what_is_unknown_at_one_control_point_is_not_passed(check_id, keyword, value):
    case = with_beam(lambda beam: {"sequence": (*beam.sequence[:-1], replace(beam.sequence[-1], **{keyword: value}))})
    assert unchecked(case, check_id)


def test_a_moved_isocentre_is_read_and_reported():
    def moved(dataset):
        for beam in dataset.BeamSequence:
            beam.ControlPointSequence[0].IsocenterPosition = [0, -400, 0]

    case = Case(mutant({"RTPLAN.dcm": moved}, ct=False))
    found = fires(case, BY_ID["E2"])
    assert [finding.verdict for finding in found] == [Verdict.NOT_EVALUATED, Verdict.ACCEPTABLE]
    assert "outside the body" in found[0].message
    assert found[0].subject == "Arc1, Arc2"


# E2


def test_an_isocentre_in_the_body_and_far_from_the_target_is_a_warning():
    def right_side(plan):
        beams = [
            replace(beam, sequence=tuple(replace(point, isocentre_mm=(90.0, -14.0, -30.0)) for point in beam.sequence))
            for beam in plan.beams
        ]
        return replace(plan, beams=tuple(beams))

    finding = only(with_plan(right_side), "E2")
    assert (finding.verdict, finding.rois, finding.unit) == (Verdict.ACCEPTABLE, ("PTV",), "mm")
    assert finding.observed == pytest.approx(90 + 96 - 30, abs=15)  # less the target's radius


def test_how_far_is_far_is_the_clinics_to_say():
    # About 70 mm medial of the target's box: too far by our number, not by theirs.
    def medial(plan):
        beams = [
            replace(beam, sequence=tuple(replace(point, isocentre_mm=(0.0, -14.0, -30.0)) for point in beam.sequence))
            for beam in plan.beams
        ]
        return replace(plan, beams=tuple(beams))

    case, tuned = with_plan(medial), Tuning(thresholds={"E2": {"from_target": 100}}, because={"E2": "side lesions"})
    assert only(case, "E2").limit == "<= 50 mm"
    found = asked(case, BY_ID["E2"], tuned)
    assert [finding.verdict for finding in found] == [Verdict.PASS]
    assert "side lesions" in found[0].overrides


@pytest.mark.parametrize(
    ("kept", "match"),
    [
        (lambda roi: None if roi.interpreted_type == "EXTERNAL" else roi, "no ROI is the whole body"),
        (lambda roi: replace(roi, contours=()) if roi.interpreted_type == "EXTERNAL" else roi, "no contours"),
        (
            lambda roi: replace(roi, contours=()) if roi.interpreted_type in ("PTV", "CTV", "GTV") else roi,
            "no target is drawn",
        ),
    ],
)
def test_what_the_isocentre_is_held_against_must_be_drawn(kept, match):
    assert any(match in finding.message for finding in unchecked(with_rois(kept), "E2"))


def test_without_a_ptv_the_isocentre_is_held_against_the_ctv():
    case = with_rois(lambda roi: replace(roi, contours=()) if roi.interpreted_type == "PTV" else roi)
    assert not fires(case, BY_ID["E2"])
    assert not [finding for finding in asked(case, BY_ID["E2"]) if finding.reason == "not-checked"]


def test_distance_outside_is_zero_inside_and_grows_outside():
    study = sample()
    body = Case(study).body
    solid = Contoured(study).solid_of(body)
    points = np.concatenate([contour.points_mm for contour in body.closed_contours])
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    assert distance_outside_mm(solid, middle) == 0
    assert distance_outside_mm(solid, np.array([middle[0], middle[1], high[2] + 50])) == pytest.approx(50, abs=3)
    assert distance_outside_mm(solid, np.array([high[0] + 40, middle[1], middle[2]])) == pytest.approx(40, abs=3)


# E3


@pytest.mark.parametrize(
    ("kind", "energy", "verdict"),
    [
        ("PHOTON", 6000.0, Verdict.NOT_EVALUATED),  # keV
        ("PHOTON", 0.006, Verdict.NOT_EVALUATED),
        ("PHOTON", 2.5, Verdict.NOT_EVALUATED),
        ("ELECTRON", 40.0, Verdict.NOT_EVALUATED),
        ("PROTON", 10.0, Verdict.NOT_EVALUATED),
        ("NEUTRON", 10.0, Verdict.ACCEPTABLE),
        ("XRAY", 10.0, Verdict.ACCEPTABLE),
    ],
)
def test_an_energy_or_radiation_that_no_machine_has_is_reported(kind, energy, verdict):
    case = with_beam(
        lambda beam: {
            "radiation_type": kind,
            "sequence": tuple(replace(point, nominal_energy=energy) for point in beam.sequence),
        }
    )
    assert only(case, "E3").verdict is verdict


@pytest.mark.parametrize(
    ("kind", "energy"), [("PHOTON", 4.0), ("PHOTON", 25.0), ("ELECTRON", 22.0), ("PROTON", 70.0), ("ION", 430.0)]
)
def test_energies_of_clinical_machines_pass_and_mixed_ones_are_shown(kind, energy):
    case = with_beam(
        lambda beam: {
            "radiation_type": kind,
            "sequence": tuple(replace(point, nominal_energy=energy) for point in beam.sequence),
        }
    )
    found = asked(case, BY_ID["E3"])
    assert {finding.verdict for finding in found} <= SILENT
    assert any("beams of different energies" in finding.message for finding in found)


def test_flattening_filter_free_beams_are_told_apart():
    found = asked(with_beam(lambda beam: {"fluence_mode": "FFF"}), BY_ID["E3"])
    assert any("10 MV FFF photons" in finding.message for finding in found)


@pytest.mark.parametrize(
    ("case", "match"),
    [
        (lambda: with_beam(lambda beam: {"radiation_type": None}), "RadiationType"),
        (lambda: with_points(nominal_energy=None), "no energy"),
        (lambda: with_beam(lambda beam: {"sequence": ()}), "no energy"),
    ],
    ids=["type", "energy", "control points"],
)
def test_radiation_that_is_not_stated_is_not_passed(case, match):
    (finding,) = unchecked(case(), "E3")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert match in finding.message


def test_an_energy_is_read_from_the_file():
    def wrong(dataset):
        dataset.BeamSequence[0].ControlPointSequence[0].NominalBeamEnergy = 100

    assert only(Case(mutant({"RTPLAN.dcm": wrong}, ct=False)), "E3").observed == 100


# E4


def test_a_treating_beam_of_zero_mu_fails():
    finding = next(one for one in fires(with_uses({"meterset": 0.0}, {}), BY_ID["E4"]) if one.subject == "Arc1")
    assert finding.verdict is Verdict.FAIL


def test_a_beam_without_meterset_beside_others_that_have_one_fails():
    finding = only(with_uses({"meterset": None}, {}), "E4")
    assert finding.verdict is Verdict.FAIL
    assert "Arc1" in finding.message


def test_a_plan_without_any_meterset_is_not_checked():
    (finding,) = unchecked(with_uses({"meterset": None}, {"meterset": None}), "E4")
    assert finding.verdict is Verdict.NOT_EVALUATED


@pytest.mark.parametrize("units", [0.5, 9000.0])
def test_a_beam_of_hardly_any_or_very_many_mu_is_a_warning(units):
    found = [one for one in fires(with_uses({"meterset": units}, {}), BY_ID["E4"]) if one.subject == "Arc1"]
    assert [one.verdict for one in found] == [Verdict.ACCEPTABLE]


@pytest.mark.parametrize("factor", [1 / 5, 1 / 100, 10])
def test_mu_of_another_unit_or_fraction_number_are_a_warning(factor):
    case = with_uses({"meterset": 960 * factor}, {"meterset": 960 * factor})
    (finding,) = [one for one in fires(case, BY_ID["E4"]) if one.unit == "MU/Gy"]
    assert finding.verdict is Verdict.ACCEPTABLE
    assert finding.observed == pytest.approx(240 * factor)


def test_mu_in_other_units_and_of_particles_are_not_judged_by_photons():
    for change in ({"dosimeter_unit": "MINUTE"}, {"radiation_type": "PROTON"}):
        case = with_beam(lambda beam, change=change: change)
        assert not fires(case, BY_ID["E4"])
        assert any("photon beams alone" in finding.message for finding in asked(case, BY_ID["E4"]))


def test_mu_are_held_against_beam_doses_where_nothing_is_prescribed():
    case = unprescribed()
    assert any("of the beams' doses" in finding.message for finding in asked(case, BY_ID["E4"]))


# E5


@pytest.mark.parametrize(("dose_gy", "percent"), [(2.0, 75), (12.0, 200)])
def test_beam_doses_that_do_not_add_up_are_a_warning(dose_gy, percent):
    finding = only(with_uses({"beam_dose_gy": dose_gy}, {}), "E5")
    assert (finding.verdict, finding.observed) == (Verdict.ACCEPTABLE, pytest.approx(percent))


def test_a_sum_above_the_prescription_within_a_stereotactic_hot_spot_passes():
    assert not fires(with_uses({"beam_dose_gy": 5.5}, {"beam_dose_gy": 5.5}), BY_ID["E5"])


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

    found = asked(with_plan(phases), BY_ID["E5"])
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


@given(share=st.floats(0.91, 1.59))
def test_any_sum_within_the_shares_passes(share):
    assert not fires(with_uses({"beam_dose_gy": 4 * share}, {"beam_dose_gy": 4 * share}), BY_ID["E5"])


# E6


def test_two_machines_in_one_plan_are_reported():
    finding = only(with_beam(lambda beam: {"treatment_machine_name": "OTHER"}), "E6")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "OTHER: Arc1" in finding.message


def test_an_unnamed_machine_is_not_passed():
    (finding,) = unchecked(with_beam(lambda beam: {"treatment_machine_name": None}), "E6")
    assert "Arc1" in finding.message


def test_plans_on_different_machines_are_shown():
    def other(plan):
        beams = tuple(replace(beam, treatment_machine_name="OTHER") for beam in plan.beams)
        return replace(plan, beams=beams)

    found = asked(with_plan(other, TWO), BY_ID["E6"])
    assert {finding.verdict for finding in found} <= SILENT
    assert any("on different machines" in finding.message for finding in found)


# What counts as treatment


def test_an_imaging_beam_of_treating_type_is_not_held_against_the_others():
    def with_cbct(plan):
        (group,) = plan.fraction_groups
        cbct = replace(plan.beams[0], number=9, name="CBCT", treatment_machine_name="OTHER")
        used = replace(group.beams[0], number=9, meterset=None, beam_dose_gy=None)
        return replace(plan, beams=(*plan.beams, cbct), fraction_groups=(replace(group, beams=(*group.beams, used)),))

    case = with_plan(with_cbct)
    assert not [finding for check in CHECKS for finding in fires(case, check)]
