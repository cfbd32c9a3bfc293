"""What conventions make of contours: volume beyond the last one, the interval over all of them, and the grid's edge."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from rtcheck.convention import CONVENTIONS, DEFAULT_CONVENTION, Between, Convention, Ends
from rtcheck.dvh import DVH
from rtcheck.geometry import FloatArray
from rtcheck.metrics import MetricValue, State
from rtcheck.solid import Flag
from rtcheck.synthetic import Cylinder, Ellipsoid, contours_of
from tests.shapes import (
    at_height,
    circle,
    dvh_of,
    field,
    grid,
    linear,
    number,
    planes,
    rotation,
    sphere,
    stack,
    uniform,
)

EVERY = pytest.mark.parametrize("convention", CONVENTIONS, ids=str)
BOTH = pytest.mark.parametrize("between", Between, ids=lambda between: between.value)

#: By how much of a slice's volume each end makes a straight solid larger; a dome is half an ellipsoid.
END_SHARE = {Ends.NONE: 0.0, Ends.HALF_SLICE: 1 / 2, Ends.ROUNDED: 2 / 3 / 2}
METRICS = ("Volume[cc]", "Mean[Gy]", "Min[Gy]", "Max[Gy]", "D95%[Gy]", "D50%[Gy]", "D5%[Gy]", "V40Gy[cc]", "CV36Gy[cc]")


def value_under(answer: MetricValue, convention: Convention) -> float:
    """What one of the other conventions answers."""
    found = [other.value for other in answer.alternatives if other.convention == str(convention)]
    assert len(found) == 1
    assert found[0] is not None
    return found[0]


# Names.


def test_there_are_six_conventions_and_each_has_its_name() -> None:
    assert len(CONVENTIONS) == len(set(CONVENTIONS)) == 6
    assert Convention(Between.PRISM, Ends.HALF_SLICE) == DEFAULT_CONVENTION
    assert [str(convention) for convention in CONVENTIONS] == [
        "prism, half-slice ends",
        "prism, no ends",
        "prism, rounded ends",
        "interpolated, half-slice ends",
        "interpolated, no ends",
        "interpolated, rounded ends",
    ]


# Ends.

HEIGHT_MM = 24.0


@EVERY
@pytest.mark.parametrize(("radius", "spacing"), [(12.0, 3.0), (12.0, 1.0), (5.0, 2.0)])
def test_a_cylinder_is_higher_by_what_its_ends_are(convention: Convention, radius: float, spacing: float) -> None:
    dvh = dvh_of(
        stack(circle(radius), planes(HEIGHT_MM / 2, spacing)), uniform(40.0), convention=convention, intervals=False
    )
    height = HEIGHT_MM + 2 * END_SHARE[convention.ends] * spacing
    assert dvh.volume_cc == pytest.approx(np.pi * radius**2 * height / 1000, rel=1e-3)


@BOTH
@pytest.mark.parametrize("boxes", [3_000, 30_000])
def test_a_dome_is_two_thirds_of_its_prism(between: Between, boxes: int) -> None:
    # Two planes 12 mm apart: domes 6 mm high on discs of 15 mm are two fifths of the volume.
    drawn = stack(circle(15.0), [-6.0, 6.0])
    of = {
        ends: dvh_of(drawn, uniform(40.0), convention=Convention(between, ends), intervals=False, boxes=boxes)
        for ends in Ends
    }
    prism_cc = of[Ends.HALF_SLICE].volume_cc - of[Ends.NONE].volume_cc
    assert prism_cc == pytest.approx(np.pi * 225 * 12 / 1000, rel=2e-3)
    assert (of[Ends.ROUNDED].volume_cc - of[Ends.NONE].volume_cc) / prism_cc == pytest.approx(2 / 3, rel=5e-3)


@BOTH
def test_a_dome_narrows_like_half_an_ellipsoid(between: Between) -> None:
    # Its discs have the area pi r^2 (1 - t^2) at the share t of its height of 6 mm; 1 Gy/mm from the contours on.
    drawn, dose = stack(circle(15.0), [-6.0, 6.0]), linear((0.0, 0.0, 1.0))
    dvh = dvh_of(drawn, dose, convention=Convention(between, Ends.ROUNDED), intervals=False)
    for beyond in (0.5, 2.0, 3.0, 4.5):
        t = beyond / 6.0
        exact = np.pi * 225 * 6 * ((1 - t) - (1 - t**3) / 3) / 1000
        assert number(dvh, f"V{46 + beyond}Gy[cc]") == pytest.approx(exact, abs=5e-3 * dvh.volume_cc)
        assert number(dvh, f"CV{34 - beyond}Gy[cc]") == pytest.approx(exact, abs=5e-3 * dvh.volume_cc)


@EVERY
def test_the_dose_of_the_ends_is_that_where_they_are(convention: Convention) -> None:
    dvh = dvh_of(
        stack(circle(12.0), planes(12.0, 3.0)), linear((0.0, 0.0, 1.0)), convention=convention, intervals=False
    )
    reach = {Ends.NONE: 12.0, Ends.HALF_SLICE: 13.5, Ends.ROUNDED: 13.5}[convention.ends]
    allowed = 0.8 if convention.ends is Ends.ROUNDED else 1e-3  # a dome's tip is one box high
    assert number(dvh, "Min[Gy]") == pytest.approx(40.0 - reach, abs=allowed)
    assert number(dvh, "Max[Gy]") == pytest.approx(40.0 + reach, abs=allowed)
    assert number(dvh, "Mean[Gy]") == pytest.approx(40.0, abs=2e-3)


@EVERY
def test_a_plane_by_itself_keeps_its_slice_thickness(convention: Convention) -> None:
    dvh = dvh_of(stack(circle(10.0), [3.0]), uniform(40.0), 4.0, convention=convention)
    assert dvh.volume_cc == pytest.approx(np.pi * 100 * 4 / 1000, rel=1e-9)
    answer = dvh["Volume[cc]"]
    assert (answer.low, answer.high) == (pytest.approx(answer.value, rel=1e-6), pytest.approx(answer.value, rel=1e-6))


@EVERY
def test_a_plane_by_itself_beside_a_stack_keeps_its_thickness_too(convention: Convention) -> None:
    drawn = stack(circle(6.0), [-12, -9, -6, -3, 0]) + stack(circle(6.0), [18])
    dvh = dvh_of(drawn, linear((0.0, 0.0, 1.0)), convention=convention, intervals=False)
    height = 12 + 2 * END_SHARE[convention.ends] * 3
    assert dvh.volume_cc == pytest.approx(np.pi * 36 * (height + 3) / 1000, rel=1e-3)
    assert number(dvh, "V50Gy[cc]") == pytest.approx(np.pi * 36 * 3 / 1000, rel=1e-3)


@EVERY
def test_separated_parts_have_ends_on_each_side_of_the_gap(convention: Convention) -> None:
    drawn = stack(circle(6.0), [-18, -15, -12]) + stack(circle(6.0), [12, 15, 18])
    dvh = dvh_of(drawn, linear((0.0, 0.0, 1.0)), convention=convention, intervals=False)
    part_cc = np.pi * 36 * (6 + 2 * END_SHARE[convention.ends] * 3) / 1000
    assert dvh.volume_cc == pytest.approx(2 * part_cc, rel=1e-3)
    # Nothing lies in the gap, and the ends towards it are as large as those away from it.
    assert number(dvh, "V30Gy[cc]") == pytest.approx(part_cc, rel=1e-3)
    assert number(dvh, "V50Gy[cc]") == pytest.approx(part_cc, rel=1e-3)
    end_cc = np.pi * 36 * END_SHARE[convention.ends] * 3 / 1000
    assert part_cc - number(dvh, "V52Gy[cc]") == pytest.approx(end_cc, abs=2e-3 * part_cc)
    assert number(dvh, "V58Gy[cc]") == pytest.approx(end_cc, abs=2e-3 * part_cc)


# The interval over all conventions.


def changing_ring() -> list[FloatArray]:
    """A ring that widens on both sides from slice to slice."""
    heights = planes(9.0, 3.0)
    return [at_height(circle(12 + z / 6), z) for z in heights] + [at_height(circle(7 - z / 6), z) for z in heights]


SHAPES = {
    "sphere": sphere(12.0, 3.0),
    "tilted-cylinder": list(
        contours_of(Cylinder(radius_mm=9.0, height_mm=24.0, axis=(1.0, 0.4, 2.0)), 3.0, 0.5, point_spacing_mm=0.5)
    ),
    "tilted-ellipsoid": list(
        contours_of(
            Ellipsoid((14.0, 8.0, 10.0), directions=tuple(map(tuple, rotation(30, 20, 10)))),  # type: ignore[arg-type]
            2.5,
            0.5,
            point_spacing_mm=0.5,
        )
    ),
    "ring": stack(circle(12.0), planes(9.0, 3.0)) + stack(circle(7.0), planes(9.0, 3.0)),
    "widening-ring": changing_ring(),
}
WAVY = field(lambda x, y, z: 40 + 0.7 * x - 0.3 * y + 0.5 * z + 3 * np.cos(x / 6))


@cache
def chosen(shape: str, convention: Convention, *, intervals: bool = False) -> DVH:
    return dvh_of(SHAPES[shape], WAVY, convention=convention, intervals=intervals)


@EVERY
@pytest.mark.parametrize("shape", SHAPES)
def test_an_alternative_is_the_same_convention_chosen_outright(shape: str, convention: Convention) -> None:
    if convention == DEFAULT_CONVENTION:
        return
    default, outright = chosen(shape, DEFAULT_CONVENTION, intervals=True), chosen(shape, convention)
    volume = value_under(default["Volume[cc]"], convention)
    assert volume == pytest.approx(outright.volume_cc, rel=3e-3)
    for metric in ("D95%[Gy]", "D50%[Gy]", "D5%[Gy]", "Mean[Gy]"):
        found = value_under(default[metric], convention)
        assert found == pytest.approx(number(outright, metric), rel=5e-3, abs=0.1), metric


@EVERY
@pytest.mark.parametrize("shape", SHAPES)
def test_the_value_lies_within_the_interval_over_all_conventions(shape: str, convention: Convention) -> None:
    dvh = chosen(shape, convention, intervals=True)
    for metric in METRICS:
        answer = dvh[metric]
        assert answer.state is State.VALUE
        assert None not in (answer.value, answer.low, answer.high)
        assert answer.low <= answer.value <= answer.high, metric  # type: ignore[operator]
        for other in answer.alternatives:
            assert answer.low <= other.value <= answer.high, (metric, other.convention)  # type: ignore[operator]


@EVERY
def test_whichever_is_chosen_the_other_five_are_the_alternatives(convention: Convention) -> None:
    dvh = chosen("sphere", convention, intervals=True)
    assert dvh.convention == convention
    assert {other.convention for other in dvh.alternatives} == {str(one) for one in CONVENTIONS} - {str(convention)}
    assert len(dvh["D95%[Gy]"].alternatives) == 5


@EVERY
def test_without_intervals_there_are_no_alternatives_and_the_values_are_the_same(convention: Convention) -> None:
    alone, among = chosen("sphere", convention), chosen("sphere", convention, intervals=True)
    assert alone.alternatives == ()
    assert alone.flags == among.flags
    for metric in METRICS:
        answer = alone[metric]
        assert number(alone, metric) == pytest.approx(number(among, metric), rel=1e-9), metric
        assert answer.low == answer.high == answer.value
        assert answer.alternatives == ()


def test_the_interval_is_the_same_whichever_convention_is_chosen() -> None:
    intervals = [chosen("sphere", convention, intervals=True)["D95%[Gy]"] for convention in CONVENTIONS]
    assert [answer.low for answer in intervals] == pytest.approx([intervals[0].low] * 6, rel=2e-3)
    assert [answer.high for answer in intervals] == pytest.approx([intervals[0].high] * 6, rel=2e-3)


def test_ends_order_the_volumes() -> None:
    for between in Between:
        none, rounded, half = (
            chosen("sphere", Convention(between, ends)).volume_cc for ends in (Ends.NONE, Ends.ROUNDED, Ends.HALF_SLICE)
        )
        assert none < rounded < half


# Conventions at the edge of the dose grid.


@EVERY
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_half_of_a_roi_outside_the_grid_is_unknown_and_nothing_is_lost(convention: Convention, axis: int) -> None:
    high = [30.0, 30.0, 30.0]
    high[axis] = 0.0
    cut = grid((-30, -30, -30), high)
    drawn = sphere(12.0, 3.0)
    whole = dvh_of(drawn, uniform(40.0), convention=convention, intervals=False)
    dvh = dvh_of(drawn, uniform(40.0, cut), convention=convention, intervals=False)
    assert dvh.curve is not None
    assert dvh.curve.total_cc + dvh.outside_cc == pytest.approx(dvh.volume_cc, rel=1e-12)
    assert dvh.volume_cc == pytest.approx(whole.volume_cc, rel=1e-3)
    assert dvh.outside_percent == pytest.approx(50.0, abs=0.1)
    assert Flag.OUTSIDE_GRID in {flag.flag for flag in dvh.flags}
    answer = dvh["V30Gy[cc]"]
    assert answer.state is State.INTERVAL
    assert answer.own_low == pytest.approx(dvh.curve.total_cc)
    assert answer.own_high == pytest.approx(dvh.volume_cc)


@EVERY
def test_only_ends_that_reach_beyond_the_grid_are_outside_it(convention: Convention) -> None:
    # The grid ends with the contours: only what a convention adds beyond them is unknown.
    edge = grid((-30, -30, -12), (30, 30, 12))
    dvh = dvh_of(stack(circle(12.0), planes(12.0, 3.0)), uniform(40.0, edge), convention=convention, intervals=False)
    beyond_cc = 2 * END_SHARE[convention.ends] * 3 * np.pi * 144 / 1000
    assert dvh.outside_cc == pytest.approx(beyond_cc, abs=1e-3 * dvh.volume_cc)
    assert dvh["Volume[cc]"].value == pytest.approx(np.pi * 144 * 24 / 1000 + beyond_cc, rel=1e-3)


def test_what_is_outside_widens_the_interval_of_every_alternative() -> None:
    cut = grid((-30, -30, -30), (30, 30, 0))
    answer = dvh_of(sphere(12.0, 3.0), uniform(40.0, cut))["D2%[Gy]"]
    assert answer.low == pytest.approx(40.0)
    assert answer.high == math.inf
    assert len(answer.alternatives) == 5
    assert all(other.high == math.inf for other in answer.alternatives)
