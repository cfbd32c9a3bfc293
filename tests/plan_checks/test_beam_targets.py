"""Section E, beams and targets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.finding import Verdict
from rtcheck.study import DevicePositions
from tests.plan_checks.mutants import plan_with, structures_with, with_beam, with_every_point, with_points
from tests.plan_checks.samples import asked, case_of, fires, only, reasons, sample

ISOCENTRE = np.array(sample().plan.beams[0].sequence[0].isocentre_mm)


def shifted(*by_mm):
    return with_every_point(isocentre_mm=tuple(float(one) for one in ISOCENTRE + by_mm))


@pytest.mark.parametrize("by_mm", [(60, 0, 0), (0, 60, 0), (0, 0, 60), (0, 0, -60)])
def test_fields_that_miss_the_target_are_not_evaluated(by_mm) -> None:
    finding = only(shifted(*by_mm), "E13")
    assert (finding.verdict, finding.rois) == (Verdict.NOT_EVALUATED, ("PTV",))
    assert finding.observed < 60.0


@pytest.mark.parametrize("by_mm", [(0, 0, 20), (30, 0, 0), (0, 30, 0)])
def test_a_target_that_lies_partly_in_the_fields_is_a_warning(by_mm) -> None:
    finding = only(shifted(*by_mm), "E13")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert 60.0 < finding.observed < 95.0
    assert "no beam of 40Gy5F sees more than" in finding.message


def test_a_shift_within_the_penumbra_is_nothing() -> None:
    assert not fires(shifted(3, 3, 3), "E13")


def test_one_beam_that_misses_its_target_is_a_warning() -> None:
    finding = only(with_points(isocentre_mm=tuple(ISOCENTRE + np.array([0.0, 0.0, 120.0]))), "E13")
    assert (finding.verdict, finding.subject) == (Verdict.ACCEPTABLE, "Arc1")
    assert "no part of PTV lies in the field of Arc1" in finding.message


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (plan_with(patient_positions=()), "no patient position"),
        (plan_with(patient_positions=("HFS", "HFP")), "2 patient positions"),
        (structures_with(rois=()), "no target is drawn"),
        (with_every_point(gantry_deg=None), "don't tell the fields of Arc1, Arc2"),
        (with_beam(lambda _: {"radiation_type": "PROTON"}), "don't tell the fields of Arc1"),
        (with_beam(lambda _: {"sequence": ()}), "don't tell the fields of Arc1"),
        (plan_with(beams=()), "no beam that treats"),
    ],
    ids=["no-position", "positions", "no-target", "no-angle", "protons", "no-points", "no-beams"],
)
def test_what_is_not_known_is_no_pass(case, why) -> None:
    found = asked(case, "E13")
    assert {one.reason for one in found} == {"not-checked"}
    assert why in found[0].message


def test_every_target_is_looked_for_by_itself() -> None:
    study = case_of("six-lesions").study
    rois = tuple(
        replace(
            roi,
            contours=tuple(replace(one, points_mm=one.points_mm + np.array([0.0, 0.0, 400.0])) for one in roi.contours),
        )
        if roi.name == "PTV_3"
        else roi
        for roi in study.structure_set.rois
    )
    found = fires(structures_with(study, rois=rois), "E13")
    assert [(one.subject, one.observed) for one in found] == [("PTV_3", 0.0)]


def test_the_sample_has_its_target_in_the_fields() -> None:
    assert reasons(case_of(), "E13") == [""]


def test_an_arc_whose_leaves_go_over_the_target_sees_all_of_it() -> None:
    def halves(beam):
        # Jaws that open on one half of the target, and then on the other, every two degrees.
        first = beam.sequence[0]
        points = []
        for index in range(31):
            low, high = (-40.0, 2.0) if index % 2 else (-2.0, 40.0)
            devices = (
                DevicePositions("ASYMX", np.array([low, high])),
                DevicePositions("ASYMY", np.array([-40.0, 40.0])),
            )
            points.append(
                replace(
                    first, index=index, cumulative_meterset_weight=index / 30, gantry_deg=2.0 * index, devices=devices
                )
            )
        return {"sequence": tuple(points)}

    assert not fires(with_beam(halves), "E13")
