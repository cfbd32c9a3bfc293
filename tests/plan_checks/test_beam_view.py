"""A patient as a beam sees it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.plan_checks.beam_facts import planned
from rtcheck.plan_checks.beam_view import SHUT, Field, field_of, projected
from tests.plan_checks.mutants import square_beam
from tests.plan_checks.samples import real_case

#: Towards the left side, the back and the head of a patient, in DICOM's coordinates.
LEFT, BACK, HEAD = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


def at(gantry=0.0, collimator=0.0, couch=0.0, isocentre=(0.0, 0.0, 0.0)):
    beam = square_beam(40)
    angles = {"gantry_deg": gantry, "collimator_deg": collimator, "couch_deg": couch, "isocentre_mm": isocentre}
    return beam, replace(beam.sequence[0], **angles)


def seen(point, position="HFS", **angles):
    return projected(np.array([point]), *at(**angles), position)[0].round(2).tolist()


@pytest.mark.parametrize(
    ("point", "angles", "expected"),
    [
        # From above, head first supine: the left side is at +x, the head at +y (IEC 61217).
        (LEFT, {}, [1.0, 0.0]),
        (HEAD, {}, [0.0, 1.0]),
        (BACK, {}, [0.0, 0.0]),
        # From the patient's left side: what lies at the back is at +x.
        (BACK, {"gantry": 90.0}, [1.0, 0.0]),
        (BACK, {"gantry": 270.0}, [-1.0, 0.0]),
        (LEFT, {"gantry": 180.0}, [-1.0, 0.0]),
        # The collimator turns counterclockwise, as the source sees it: what was at +x is at -y then.
        (LEFT, {"collimator": 90.0}, [0.0, -1.0]),
        # The table turns counterclockwise, seen from above: the left side goes to the gantry.
        (LEFT, {"couch": 90.0}, [0.0, 1.0]),
        (HEAD, {"couch": 90.0}, [-1.0, 0.0]),
        ((1.0, 2.0, 3.0), {"isocentre": (1.0, 2.0, 3.0)}, [0.0, 0.0]),
    ],
)
def test_points_are_where_the_standard_has_them(point, angles, expected) -> None:
    assert seen(point, **angles) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(("position", "left", "head"), [("HFS", 1, 1), ("HFP", -1, 1), ("FFS", -1, -1), ("FFP", 1, -1)])
def test_the_patient_lies_on_the_table_as_stated(position, left, head) -> None:
    assert seen(LEFT, position) == [left, 0.0]
    assert seen(HEAD, position) == [0.0, head]


@pytest.mark.parametrize("position", ["HFS", "HFP", "FFS", "FFP"])
def test_what_is_nearer_to_the_source_looks_larger(position) -> None:
    up_mm = -500.0 if position.endswith("S") else 500.0
    size = np.abs(projected(np.array([[10.0, up_mm, 0.0]]), *at(), position)[0, 0])
    assert size == pytest.approx(20.0)


def test_what_is_not_known_is_not_projected() -> None:
    beam, point = at()
    assert projected(np.zeros((1, 3)), beam, point, "SITTING") is None
    for unknown in ("isocentre_mm", "gantry_deg", "collimator_deg"):
        assert projected(np.zeros((1, 3)), beam, replace(point, **{unknown: None}), "HFS") is None


def test_a_field_is_what_jaws_and_leaves_leave() -> None:
    leaves = ("MLCX", [-30, -10, 10, 30], [-15, -12, 0, 15, 14, 0.5])
    assert field_of(*with_point(square_beam(40))) == Field(-20, 20, -20, 20)
    assert field_of(*with_point(square_beam(40, leaves=[leaves]))) == Field(-15, 15, -20, 10)
    assert field_of(*with_point(square_beam(40, devices=(), leaves=[leaves]))) == Field(-15, 15, -30, 10)
    across = ("MLCY", *leaves[1:])
    assert field_of(*with_point(square_beam(40, leaves=[across]))) == Field(-20, 10, -15, 15)


def with_point(beam):
    return beam, beam.sequence[0]


def test_where_all_leaves_are_shut_nothing_is_open() -> None:
    shut = ("MLCX", [-10, 0, 10], [0, 0, 0, 0])
    field = field_of(*with_point(square_beam(40, leaves=[shut])))
    assert field == SHUT
    assert not field.holds(np.zeros((1, 2)), 5.0).any()


@pytest.mark.parametrize(
    "beam",
    [
        square_beam(40, devices=()),
        square_beam(40, devices=("ASYMX",)),
        square_beam(40, devices=("ASYMX", "OTHER")),
        square_beam(40, leaves=[("MLCX", [-10, 0, 10], [0, 1, 2])]),
    ],
    ids=["nothing", "one-pair", "another-device", "too-few-leaves"],
)
def test_a_field_that_is_not_limited_is_not_known(beam) -> None:
    assert field_of(*with_point(beam)) is None


@pytest.mark.parametrize("name", ["eclipse-prostate", "raystation-brain-5mets"])
def test_in_real_plans_every_beam_opens_on_the_targets(name, shared_data) -> None:
    (plan,) = planned(real_case(shared_data / name))
    points_mm = np.concatenate([contour.points_mm for roi in plan.target_rois for contour in roi.closed_contours])
    for beam in plan.beams:
        inside = np.zeros(len(points_mm), bool)
        for point in beam.sequence:
            inside |= field_of(beam, point).holds(projected(points_mm, beam, point, "HFS"), 2.0)
        assert inside.mean() > 0.9, beam.name
