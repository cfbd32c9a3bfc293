"""Section E, isocentres."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.case import Case
from rtcheck.finding import Verdict
from rtcheck.plan_checks import Tuning
from tests.plan_checks.mutants import rois_with, with_beam, with_every_point, with_plan, with_points
from tests.plan_checks.samples import TWO, asked, fires, mutant, only, unchecked

# E1


def test_two_isocentres_for_one_target_are_reported():
    finding = only(with_points(isocentre_mm=(-60.0, -14.0, -30.0)), "E1")
    assert (finding.verdict, finding.observed, finding.limit) == (Verdict.ACCEPTABLE, 2, "<= 1")
    shown = [one.message for one in asked(with_points(isocentre_mm=(-60.0, -14.0, -30.0)), "E1")]
    assert "isocentre (-60, -14, -30) mm: Arc1" in shown


def test_isocentres_a_little_beside_one_another_are_suspicious():
    found = fires(with_points(isocentre_mm=(-96.0, -14.0, -28.0)), "E1")
    assert [finding.message for finding in found if "were they meant to be one?" in finding.message]


def test_isocentres_that_differ_by_rounding_are_one():
    assert not fires(with_points(isocentre_mm=(-96.0, -14.0, -30.001)), "E1")


def test_isocentres_of_two_plans_are_held_against_each_other():
    near = (1.0, 55.0, 16.5)  # of the other plan: (0, 55, 16.5)
    change = with_beam(
        lambda beam: {"sequence": tuple(replace(point, isocentre_mm=near) for point in beam.sequence)}, name=TWO
    )
    assert any("1 mm apart" in finding.message for finding in fires(change, "E1"))


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
    found = fires(case, "E2")
    assert [finding.verdict for finding in found] == [Verdict.NOT_EVALUATED, Verdict.ACCEPTABLE]
    assert "outside the body" in found[0].message
    assert found[0].subject == "Arc1, Arc2"


# E2


def test_an_isocentre_in_the_body_and_far_from_the_target_is_a_warning():
    finding = only(with_every_point(isocentre_mm=(90.0, -14.0, -30.0)), "E2")
    assert (finding.verdict, finding.rois, finding.unit) == (Verdict.ACCEPTABLE, ("PTV",), "mm")
    assert finding.observed == pytest.approx(90 + 96 - 30, abs=15)  # less the target's radius


def test_how_far_is_far_is_the_clinics_to_say():
    # About 70 mm medial of the target's box: too far by our number, not by theirs.
    case = with_every_point(isocentre_mm=(0.0, -14.0, -30.0))
    tuned = Tuning(thresholds={"E2": {"from_target_mm": 100}}, because={"E2": "side lesions"})
    assert only(case, "E2").limit == "<= 50 mm"
    found = asked(case, "E2", tuned)
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
    assert any(match in finding.message for finding in unchecked(rois_with(kept), "E2"))


def test_without_a_ptv_the_isocentre_is_held_against_the_ctv():
    case = rois_with(lambda roi: replace(roi, contours=()) if roi.interpreted_type == "PTV" else roi)
    assert not fires(case, "E2")
    assert not [finding for finding in asked(case, "E2") if finding.reason == "not-checked"]
