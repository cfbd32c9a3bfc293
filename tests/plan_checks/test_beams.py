"""Section E, radiation and machine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.case import Case
from rtcheck.finding import Verdict
from tests.plan_checks.mutants import with_beam, with_plan, with_points
from tests.plan_checks.samples import SILENT, TWO, asked, fires, mutant, only, unchecked

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
    found = asked(case, "E3")
    assert {finding.verdict for finding in found} <= SILENT
    assert any("beams of different energies" in finding.message for finding in found)


def test_flattening_filter_free_beams_are_told_apart():
    found = asked(with_beam(lambda beam: {"fluence_mode": "FFF"}), "E3")
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

    found = asked(with_plan(other, TWO), "E6")
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
    assert not [finding for number in range(1, 7) for finding in fires(case, f"E{number}")]
