"""The opening of a beam."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.plan_checks.beam_aperture import opening_of
from tests.plan_checks.mutants import square_beam

#: Four pairs of leaves, 5 mm wide, from -10 to 10 mm, all at -10 and 10 mm.
LEAVES = ([-10, -5, 0, 5, 10], [-10] * 4 + [10] * 4)


@pytest.mark.parametrize(
    ("beam", "area_mm2"),
    [
        (square_beam(40), 1600),
        (square_beam(40, ("X", "Y")), 1600),
        (square_beam(40, leaves=[("MLCX", *LEAVES)]), 400),
        (square_beam(40, leaves=[("MLCY", *LEAVES)]), 400),
        (square_beam(12, leaves=[("MLCX", *LEAVES)]), 144),
        (square_beam(0, (), leaves=[("MLCX", *LEAVES)]), 400),
        (square_beam(40, leaves=[("MLCX", LEAVES[0], [-10, 0, -10, -10, 10, 0.5, 10, 10])]), 300),  # one pair is closed
        # Two layers that lie half a leaf beside each other, as on machines without jaws.
        (
            square_beam(0, (), leaves=[("MLCX1", *LEAVES), ("MLCX2", [-7.5, -2.5, 2.5, 7.5], [-5] * 3 + [10] * 3)]),
            15 * 15,
        ),
    ],
    ids=["jaws", "symmetric", "MLCX", "MLCY", "jaws and leaves", "leaves alone", "closed", "two layers"],
)
def test_the_opening_is_what_jaws_and_leaves_leave(beam, area_mm2):
    opening = opening_of(beam)
    assert opening.area_mm2 == pytest.approx(area_mm2)
    assert opening.side_mm == pytest.approx(area_mm2**0.5)


def test_the_opening_is_averaged_over_the_meterset():
    wide, narrow = square_beam(40).sequence[0], square_beam(20).sequence[0]
    # 9 of 10 parts of the meterset are given through the narrow opening, the last while it widens.
    points = [
        replace(narrow, cumulative_meterset_weight=0.0),
        replace(narrow, cumulative_meterset_weight=0.9),
        replace(wide, cumulative_meterset_weight=1.0),
    ]
    beam = replace(square_beam(40), sequence=tuple(points))
    assert opening_of(beam).area_mm2 == pytest.approx(0.9 * 400 + 0.1 * (400 + 1600) / 2)
    unknown = replace(beam, sequence=tuple(replace(one, cumulative_meterset_weight=None) for one in points))
    assert opening_of(unknown).area_mm2 == pytest.approx((400 + 400 + 1600) / 3)


@settings(max_examples=30)
@given(side=st.floats(1, 400), shift=st.floats(-50, 50))
def test_a_square_of_jaws_has_its_own_side(side, shift):
    beam = square_beam(side)
    moved = [replace(device, positions_mm=device.positions_mm + shift) for device in beam.sequence[0].devices]
    assert opening_of(
        replace(beam, sequence=tuple(replace(point, devices=tuple(moved)) for point in beam.sequence))
    ).side_mm == pytest.approx(side if side > 1.5 else 0)
