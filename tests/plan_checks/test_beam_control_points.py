"""Section E, control points and angles."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.case import Case
from rtcheck.finding import Verdict
from tests.plan_checks.mutants import rois_with, with_beam, with_plan, with_point, with_points
from tests.plan_checks.samples import IMRT, fires, mutant, only, unchecked

# E7


@pytest.mark.parametrize("angle", ["gantry_deg", "collimator_deg", "couch_deg"])
@pytest.mark.parametrize("value", [-5.0, 361.0])
def test_an_angle_beyond_the_circle_fails(angle, value):
    found = [one for one in fires(with_points(**{angle: value}), "E7") if one.limit == "0 to 360 degrees"]
    assert [(one.verdict, one.observed) for one in found] == [(Verdict.FAIL, value)]


@pytest.mark.parametrize("value", [0.0, 360.0, -1e-9])
def test_angles_at_the_ends_of_the_circle_pass(value):
    assert not fires(with_points(gantry_deg=value, couch_deg=value), "E7")


@pytest.mark.parametrize("angle", ["gantry_deg", "collimator_deg", "couch_deg"])
def test_an_angle_that_is_not_stated_is_not_passed(angle):
    (finding,) = unchecked(with_points(**{angle: None}), "E7")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert finding.message.endswith("angle is stated for Arc1")


def test_an_angle_that_is_unknown_at_one_control_point_is_not_passed():
    assert unchecked(with_point(2, gantry_deg=None), "E7")


def test_an_angle_is_read_from_the_file():
    def wrong(dataset):
        dataset.BeamSequence[0].ControlPointSequence[2].GantryAngle = -90

    assert only(Case(mutant({"RTPLAN.dcm": wrong}, ct=False)), "E7").observed == -90


def test_a_turned_couch_in_stereotaxy_of_the_trunk_is_a_warning():
    finding = only(with_points(couch_deg=345.0), "E7")
    assert (finding.verdict, finding.observed) == (Verdict.ACCEPTABLE, 15)


def test_a_turned_couch_is_no_matter_in_ordinary_fractions_or_in_the_head():
    assert not fires(with_points(name=IMRT, couch_deg=15.0), "E7")
    study = with_points(couch_deg=15.0).study
    brain = tuple(replace(roi, name="Brain") if roi.name == "Liver" else roi for roi in study.structure_set.rois)
    assert not fires(Case(replace(study, structure_set=replace(study.structure_set, rois=brain))), "E7")


def test_a_turned_couch_where_no_organ_tells_the_site_is_not_passed():
    study = rois_with(lambda roi: roi if roi.interpreted_type != "ORGAN" else None, with_points(couch_deg=15.0).study)
    (finding,) = unchecked(study, "E7")
    assert finding.verdict is Verdict.INFO
    assert "no organ tells whether the trunk is treated" in finding.message


def test_a_turned_couch_without_a_known_dose_is_not_passed():
    def turned(plan):
        beams = tuple(
            replace(beam, sequence=tuple(replace(point, couch_deg=15.0) for point in beam.sequence))
            for beam in plan.beams
        )
        return replace(plan, beams=beams, dose_references=(), label="", name=None)

    (finding,) = unchecked(with_plan(turned), "E7")
    assert "the dose per fraction isn't known" in finding.message


# E12


@pytest.mark.parametrize(
    ("case", "match"),
    [
        (lambda: with_beam(lambda beam: {"control_points": 178}), "NumberOfControlPoints is 178, and 5 are there"),
        (lambda: with_beam(lambda beam: {"sequence": beam.sequence[:-1]}), "and 4 are there"),
        (lambda: with_beam(lambda beam: {"sequence": beam.sequence[:1], "control_points": 1}), "a single control"),
        (lambda: with_point(2, index=3), "aren't numbered from 0 to 4"),
        (lambda: with_point(0, cumulative_meterset_weight=0.1), "begins with 0.1"),
        (lambda: with_point(2, cumulative_meterset_weight=0.1), "falls from 0.25 to 0.1 at control point 2"),
        (lambda: with_point(4, cumulative_meterset_weight=0.9), "ends with 0.9"),
        (lambda: with_beam(lambda beam: {"final_cumulative_meterset_weight": 100.0}), "ends with 1, and"),
        (lambda: with_beam(lambda beam: {"final_cumulative_meterset_weight": 0.0}), "MetersetWeight is 0"),
    ],
)
def test_control_points_that_are_not_whole_fail(case, match):
    found = fires(case(), "E12")
    assert {finding.verdict for finding in found} == {Verdict.FAIL}
    assert any(match in finding.message for finding in found)


@pytest.mark.parametrize(
    ("case", "match"),
    [
        (lambda: with_beam(lambda beam: {"control_points": None}), "NumberOfControlPoints isn't stated"),
        (lambda: with_beam(lambda beam: {"control_points": 0, "sequence": ()}), "it has no control points"),
        (lambda: with_beam(lambda beam: {"final_cumulative_meterset_weight": None}), "isn't stated"),
        (lambda: with_point(1, cumulative_meterset_weight=None), "1 control points have no"),
    ],
)
def test_control_points_that_are_not_stated_are_not_passed(case, match):
    (finding,) = unchecked(case(), "E12")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert match in finding.message


def test_lost_control_points_are_noticed_in_the_file():
    def lost(dataset):
        del dataset.BeamSequence[0].ControlPointSequence[2]

    found = fires(Case(mutant({"RTPLAN.dcm": lost}, ct=False)), "E12")
    assert {finding.subject for finding in found} == {"Arc1"}
    assert len(found) == 2  # their number, and their numbering


def test_weights_in_percent_pass():
    def percent(beam):
        points = tuple(
            replace(point, cumulative_meterset_weight=100 * point.cumulative_meterset_weight) for point in beam.sequence
        )
        return {"sequence": points, "final_cumulative_meterset_weight": 100.0}

    assert not fires(with_beam(percent), "E12")


def without_later_angles(dataset):
    for point in dataset.BeamSequence[0].ControlPointSequence[1:]:
        del point.GantryAngle


def test_an_arc_that_lost_its_angles_fails():
    finding = only(Case(mutant({"RTPLAN.dcm": without_later_angles}, ct=False)), "E12")
    assert (finding.verdict, finding.subject) == (Verdict.FAIL, "Arc1")
    assert "its gantry turns (CC), and stands at 30 degrees at every control point" in finding.message


@pytest.mark.parametrize(("end_deg", "told"), [(30.0, True), (390.0, False), (330.0, False)])
def test_from_an_angle_to_itself_may_be_a_whole_turn(end_deg, told):
    def two_points(beam):
        ends = beam.sequence[0], replace(beam.sequence[-1], index=1)
        return {"sequence": turned(ends, 30.0, end_deg), "control_points": 2}

    found = fires(with_beam(two_points), "E12")
    assert [one.verdict for one in found] == [Verdict.ACCEPTABLE] * told
    assert all("is it a whole turn" in one.message for one in found)


def turned(points, *degrees):
    return tuple(replace(point, gantry_deg=deg) for point, deg in zip(points, degrees, strict=True))


def test_a_gantry_that_turns_without_a_meterset_delivers_no_arc():
    def resting(beam):
        points = turned(beam.sequence, *[30.0] * 5)
        first = tuple(replace(point, cumulative_meterset_weight=0.0) for point in points[:4])
        return {"sequence": (*first, points[4]), "control_points": 5}

    def stopped(beam):
        points = resting(beam)["sequence"]
        return {"sequence": (*points[:3], replace(points[3], gantry_rotation="NONE"), points[4])}

    assert only(with_beam(resting), "E12").verdict is Verdict.ACCEPTABLE
    assert not fires(with_beam(stopped), "E12")


@pytest.mark.parametrize("rotation", ["NONE", None])
def test_a_gantry_that_stands_still_as_stated_passes(rotation):
    assert not fires(with_points(gantry_deg=30.0, gantry_rotation=rotation), "E12")


def test_an_arc_without_any_angle_is_not_passed():
    (finding,) = unchecked(with_points(gantry_deg=None), "E12")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert "through which angles isn't stated" in finding.message


def test_angles_that_change_without_a_rotation_are_a_warning():
    def resting(dataset):
        for point in dataset.BeamSequence[0].ControlPointSequence:
            point.GantryRotationDirection = "NONE"

    finding = only(Case(mutant({"RTPLAN.dcm": resting}, ct=False)), "E12")
    assert (finding.verdict, finding.observed) == (Verdict.ACCEPTABLE, 4)
    assert "changes from 30 to 330 degrees where GantryRotationDirection is NONE" in finding.message


def test_angles_that_change_without_a_stated_direction_say_nothing():
    assert not fires(with_points(gantry_rotation=None), "E12")


def test_0_and_360_degrees_are_one_angle():
    def still(beam):
        points = (replace(point, gantry_rotation="NONE") for point in beam.sequence)
        return {"sequence": turned(points, 0.0, 360.0, 0.0, 360.0, 0.0)}

    assert not fires(with_beam(still), "E12")
