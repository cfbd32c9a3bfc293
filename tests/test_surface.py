"""Margins as distances of surfaces, against closed forms; cropping, judgements, containment."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from rtcheck.errors import NoVolumeError
from rtcheck.geometry import FloatArray
from rtcheck.nomenclature import shipped_names
from rtcheck.solid import solid_of
from rtcheck.study import ROI, GeometricType
from rtcheck.surface import (
    REACH_MM,
    Agreement,
    Direction,
    Distribution,
    Judgement,
    Margin,
    Surroundings,
    containment,
    judged,
    least_depth_mm,
    margin,
)
from rtcheck.surface.distance import Volume, _nearest
from rtcheck.surface.margin import samples_of
from rtcheck.surface.memo import PairMemo
from tests.shapes import at_height, circle, keyhole, rectangle, roi, rotation, stack, turned

Region = Callable[[float], shapely.Geometry]


def drawn(region: Region, low_mm: float, high_mm: float, slice_mm: float) -> list[FloatArray]:
    """Contours of a region by its height, on the planes that are multiples of the slices' distance."""
    found = []
    for number in range(int(np.ceil(low_mm / slice_mm)), int(np.floor(high_mm / slice_mm)) + 1):
        for part in shapely.get_parts(region(number * slice_mm)):
            if part.geom_type == "Polygon" and part.area > 0.1:
                rings = (part.exterior, *part.interiors)
                found += [at_height(np.asarray(ring.coords)[:-1], number * slice_mm) for ring in rings]
    return found


def disc(radius_mm: float, height_mm: float, at: Sequence[float]) -> shapely.Geometry:
    """Where a plane cuts a ball."""
    squared = radius_mm**2 - (height_mm - at[2]) ** 2
    return shapely.Polygon(circle(np.sqrt(squared), at[:2], 120)) if squared > 0.01 else shapely.Polygon()


def ball(radius_mm: float, slice_mm: float = 3.0, at: Sequence[float] = (0.0, 0.0, 0.0)) -> list[FloatArray]:
    return drawn(lambda z: disc(radius_mm, z, at), at[2] - radius_mm, at[2] + radius_mm, slice_mm)


def cut(contours: list[FloatArray], by: Callable[[shapely.Geometry], shapely.Geometry]) -> list[FloatArray]:
    """Contours of which a part is left."""
    return [
        at_height(np.asarray(part.exterior.coords)[:-1], points[0, 2])
        for points in contours
        for part in shapely.get_parts(by(shapely.Polygon(points[:, :2])))
        if part.geom_type == "Polygon" and part.area > 0.1
    ]


def left_of(x_mm: float) -> Callable[[shapely.Geometry], shapely.Geometry]:
    """What lies below an x: to the patient's right of it."""
    return lambda region: region.intersection(shapely.box(-99.0, -99.0, x_mm, 99.0))


def box(half_mm: Sequence[float], slice_mm: float = 3.0, at: Sequence[float] = (0.0, 0.0, 0.0)) -> list[FloatArray]:
    """A box whose half height is a multiple of the slices' distance, exactly."""
    count = round(2 * half_mm[2] / slice_mm)
    heights = at[2] + (np.arange(count) - (count - 1) / 2) * slice_mm
    return stack(rectangle(at[0] - half_mm[0], at[1] - half_mm[1], at[0] + half_mm[0], at[1] + half_mm[1]), heights)


def named(contours: list[FloatArray], name: str = "R", kind: str | None = None) -> ROI:
    return replace(roi(contours, name=name), interpreted_type=kind)


def between(inner: list[FloatArray] | ROI, outer: list[FloatArray] | ROI) -> Margin:
    return margin(*(one if isinstance(one, ROI) else named(one) for one in (inner, outer)))


def in_plane(found: Margin) -> Distribution:
    assert found.in_plane is not None
    return found.in_plane


def straight(found: Margin, direction: Direction) -> Distribution:
    """Where a margin is measured straight in a direction."""
    chosen = found.where(found.directions @ np.asarray(direction.value) > 0.995)
    assert chosen is not None
    return chosen


# Margins with closed forms.


@pytest.mark.parametrize(
    ("slice_mm", "median", "low", "high"), [(1, 0.04, 0.02, 0.1), (2, 0.05, 0.1, 0.1), (3, 0.07, 0.9, 0.15)]
)
@pytest.mark.parametrize("margin_mm", [2.0, 4.0])
def test_concentric_balls_have_their_difference_everywhere(
    slice_mm: float, median: float, low: float, high: float, margin_mm: float
) -> None:
    found = in_plane(between(ball(15.0, slice_mm), ball(15.0 + margin_mm, slice_mm)))
    assert found.median_mm == pytest.approx(margin_mm, abs=median)
    assert found.low_mm == pytest.approx(margin_mm, abs=low)
    assert found.high_mm == pytest.approx(margin_mm, abs=high)


def test_a_shifted_ball_has_the_distribution_of_its_closed_form() -> None:
    # A point of a sphere R around a centre s away is at sqrt(R2 + s2 + 2 R s c) - r, with c evenly distributed.
    found = between(ball(15.0, 1.0), ball(20.0, 1.0, (3.0, 0.0, 0.0))).overall
    low, median, high = (np.sqrt(400 + 9 + 120 * c) - 15 for c in (-0.9, 0.0, 0.9))
    assert [found.low_mm, found.median_mm, found.high_mm] == pytest.approx([low, median, high], abs=0.1)
    assert [found.minimum_mm, found.maximum_mm] == pytest.approx([2.0, 8.0], abs=0.1)


def test_a_ball_in_a_box_is_nearest_to_its_faces_and_furthest_from_its_corners() -> None:
    found = between(ball(15.0, 1.0), box((20.0, 20.0, 20.0), 1.0)).overall
    assert found.minimum_mm == pytest.approx(5.0, abs=0.2)
    # The corner itself is no sample.
    assert found.maximum_mm == pytest.approx(20 * np.sqrt(3) - 15, abs=2.0)


@pytest.mark.parametrize("slice_mm", [1.0, 3.0])
def test_a_cylinder_in_a_cylinder_is_exact_in_plane_and_along_the_axis(slice_mm: float) -> None:
    heights = (np.arange(-4, 5) * 3.0, np.arange(-6, 7) * 3.0)
    inner, outer = (
        stack(circle(r), np.arange(z[0], z[-1] + 0.1, slice_mm)) for r, z in zip((15, 20), heights, strict=True)
    )
    found = between(inner, outer)
    beside = np.abs(found.points_mm[:, 2]) < 12.0
    wall = found.where(beside & found.is_in_plane)
    assert wall is not None
    assert [wall.minimum_mm, wall.median_mm, wall.maximum_mm] == pytest.approx([5.0] * 3, abs=0.01)
    for direction in (Direction.SUPERIOR, Direction.INFERIOR):
        assert straight(found, direction).median_mm == pytest.approx(6.0, abs=1e-6)


@pytest.mark.parametrize("slice_mm", [1.0, 3.0])
def test_a_cube_expanded_by_a_ball_has_the_margin_at_its_corners_too(slice_mm: float) -> None:
    cube = shapely.box(-12.0, -12.0, 12.0, 12.0)

    def rounded(z: float) -> shapely.Geometry:
        beyond = max(abs(z) - 12.0, 0.0)
        return shapely.buffer(cube, np.sqrt(max(25.0 - beyond**2, 0.0)), quad_segs=32)

    found = between(box((12.0, 12.0, 12.0), slice_mm), drawn(rounded, -16.9, 16.9, slice_mm))
    assert in_plane(found).median_mm == pytest.approx(5.0, abs=0.02)
    assert in_plane(found).high_mm < 5.0 + 0.6 * slice_mm


def test_a_cube_expanded_as_a_box_is_further_at_its_corners_and_the_median_tells_the_margin() -> None:
    found = between(box((12.0, 12.0, 12.0)), box((18.0, 18.0, 18.0)))
    assert in_plane(found).median_mm == pytest.approx(6.0, abs=1e-6)
    assert found.overall.minimum_mm == pytest.approx(6.0, abs=1e-6)
    assert 6 * np.sqrt(2) < found.overall.maximum_mm <= 6 * np.sqrt(3) + 1e-6
    assert set(found.extents_mm.values()) == {6.0}


def test_equal_volumes_have_no_margin() -> None:
    found = between(box((12.0, 12.0, 12.0)), box((12.0, 12.0, 12.0)))
    assert np.abs(found.distances_mm).max() < 1e-6
    assert found.text.startswith("median 0.0 mm, 0.0 to 0.0 mm in plane")


def test_a_margin_is_negative_where_the_outer_surface_lies_inside() -> None:
    found = between(box((15.0, 12.0, 12.0)), box((12.0, 15.0, 12.0)))
    assert found.by_direction[Direction.LEFT].median_mm == pytest.approx(-3.0, abs=0.1)
    assert found.by_direction[Direction.POSTERIOR].median_mm == pytest.approx(3.0, abs=0.1)


def test_directions_are_the_patients() -> None:
    outer = box((20.0, 20.0, 21.0), 3.0, (1.0, -2.0, 3.0))
    found = between(box((12.0, 12.0, 12.0)), outer)
    expected = {"left": 9.0, "right": 7.0, "posterior": 6.0, "anterior": 10.0, "superior": 12.0, "inferior": 6.0}
    assert {str(one): straight(found, one).median_mm for one in Direction} == pytest.approx(expected, abs=0.1)
    assert {str(one): found.extents_mm[one] for one in Direction} == pytest.approx(expected)
    assert sum(one.share for one in found.by_direction.values()) == pytest.approx(1.0)
    assert Direction.LEFT.opposite is Direction.RIGHT


@pytest.mark.parametrize("degrees", [(0, 90, 0), (90, 0, 0), (20, 30, 40)])
def test_the_orientation_of_the_slices_changes_nothing(degrees: tuple[float, ...]) -> None:
    matrix = rotation(*degrees)
    inner, outer = ball(15.0), ball(19.0, 3.0, (0.0, 0.0, 0.0))
    found = between(*(turned(one, matrix, (5.0, 6.0, 7.0)) for one in (inner, outer)))
    upright = between(inner, outer)
    assert abs(found.normal @ matrix[:, 2]) == pytest.approx(1.0, abs=1e-6)
    assert in_plane(found).median_mm == pytest.approx(in_plane(upright).median_mm, abs=0.02)
    assert found.overall.mean_mm == pytest.approx(upright.overall.mean_mm, abs=0.02)


def test_the_text_names_where_the_ends_are_also_on_sagittal_slices() -> None:
    to_sagittal = rotation(0, 90, 0)
    found = between(turned(box((12.0, 12.0, 12.0)), to_sagittal), turned(box((16.0, 16.0, 15.0)), to_sagittal))
    assert found.text.endswith("3.0 mm to the left, 3.0 mm to the right")


def test_volumes_drawn_in_other_orientations_are_compared_all_the_same() -> None:
    found = between(ball(15.0, 1.0), turned(ball(19.0, 1.0), rotation(90, 0, 0)))
    assert found.overall.median_mm == pytest.approx(4.0, abs=0.1)


def test_volumes_drawn_on_other_slices_are_compared_all_the_same() -> None:
    found = between(ball(15.0, 1.0), ball(19.0, 3.0))
    assert in_plane(found).median_mm == pytest.approx(4.0, abs=0.1)
    assert found.slice_mm == pytest.approx(3.0)


def test_several_pieces_each_have_their_margin() -> None:
    pieces = [(-30.0, 0.0, 0.0), (30.0, 0.0, 12.0)]
    inner, outer = ([one for at in pieces for one in ball(radius, 3.0, at)] for radius in (10.0, 14.0))
    found = between(inner, outer)
    alone = between(ball(10.0), ball(14.0))
    assert in_plane(found).median_mm == pytest.approx(4.0, abs=0.1)
    assert found.overall.minimum_mm >= alone.overall.minimum_mm - 0.1
    assert found.overall.maximum_mm <= alone.overall.maximum_mm + 0.1


def test_the_wall_of_a_hole_is_surface_too_however_it_is_drawn() -> None:
    inner = stack(rectangle(-25.0, -5.0, -15.0, 5.0), np.arange(-4, 5) * 3.0)
    outline, hole = rectangle(-30.0, -10.0, 30.0, 10.0), rectangle(-13.0, -5.0, 13.0, 5.0)
    heights = np.arange(-5, 6) * 3.0
    as_keyhole = named(stack(keyhole(outline, hole[::-1]), heights))
    as_xor = roi([*stack(outline, heights), *stack(hole, heights)], GeometricType.CLOSEDPLANAR_XOR)
    found = [between(inner, one) for one in (as_keyhole, as_xor)]
    assert [one.overall.minimum_mm for one in found] == pytest.approx([2.0, 2.0], abs=1e-6)
    assert found[0].overall.mean_mm == pytest.approx(found[1].overall.mean_mm, abs=0.1)


def test_a_slice_more_at_an_end_is_a_slice_of_margin() -> None:
    disc_ = circle(12.0)
    found = between(stack(disc_, np.arange(-4, 5) * 3.0), stack(disc_, np.arange(-4, 7) * 3.0))
    assert straight(found, Direction.SUPERIOR).median_mm == pytest.approx(6.0, abs=1e-6)
    assert found.by_direction[Direction.INFERIOR].maximum_mm == pytest.approx(0.0, abs=1e-6)


def test_one_slice_is_as_thick_as_those_of_the_other_volume() -> None:
    found = between(stack(circle(8.0), [0.0]), stack(circle(12.0), [-3.0, 0.0, 3.0]))
    assert in_plane(found).minimum_mm == pytest.approx(4.0, abs=0.05)
    assert found.by_direction[Direction.SUPERIOR].minimum_mm == pytest.approx(3.0, abs=1e-6)


@pytest.mark.parametrize("contours", [[], stack(circle(8.0), [0.0])])
def test_what_bounds_no_volume_has_no_margin(contours: list[FloatArray]) -> None:
    with pytest.raises(NoVolumeError):
        between(contours, stack(circle(12.0), [0.0]))


def test_outlines_that_cancel_one_another_bound_no_volume() -> None:
    once, again = rectangle(0.0, 0.0, 9.0, 9.0), np.insert(rectangle(0.0, 0.0, 9.0, 9.0), 1, [4.0, 0.0], axis=0)
    twice = roi([*stack(once, [0.0, 3.0]), *stack(again, [0.0, 3.0])], GeometricType.CLOSEDPLANAR_XOR)
    with pytest.raises(NoVolumeError, match="bound no area"):
        between(twice, stack(circle(12.0), [0.0, 3.0]))


def test_self_contact_leaves_neither_lines_nor_points() -> None:
    # A square with a thread that runs out of it and back.
    thread = np.array([[-9, -9], [9, -9], [9, 0], [30, 0], [9, 0], [9, 9], [-9, 9]], float)
    heights = [-3.0, 0.0, 3.0]
    found, plain = (between(ball(5.0), stack(one, heights)) for one in (thread, rectangle(-9.0, -9.0, 9.0, 9.0)))
    assert found.overall.maximum_mm == pytest.approx(plain.overall.maximum_mm, abs=0.1)
    contained = containment(named(stack(thread, heights)), named(stack(rectangle(-9.0, -9.0, 9.0, 9.0), heights)))
    assert contained.holds_strictly


def test_a_part_that_is_not_drawn_on_some_slices_has_flat_ends_there() -> None:
    inner = stack(rectangle(-5.0, -5.0, 5.0, 5.0), [-3.0, 0.0, 3.0])
    heights = [-6.0, -3.0, 0.0, 3.0, 6.0, 30.0, 33.0]
    found = between(inner, stack(rectangle(-9.0, -9.0, 9.0, 9.0), heights))
    top = found.points_mm[:, 2].max()
    assert top == pytest.approx(34.5)
    assert found.distances_mm[found.points_mm[:, 2] == top].min() == pytest.approx(30.0, abs=1e-6)


@settings(max_examples=6, deadline=None)
@given(radius_mm=st.floats(8.0, 20.0), margin_mm=st.floats(1.0, 9.0), phase=st.floats(0.0, 3.0))
def test_any_ball_has_its_margin(radius_mm: float, margin_mm: float, phase: float) -> None:
    at = (3.0, -2.0, phase)
    found = in_plane(between(ball(radius_mm, 3.0, at), ball(radius_mm + margin_mm, 3.0, at)))
    assert found.median_mm == pytest.approx(margin_mm, abs=0.15)


# The surface and distances to it.


@pytest.mark.parametrize(
    ("contours", "area_mm2", "within"),
    [
        (ball(15.0, 1.0), 4 * np.pi * 225, 0.01),
        (ball(15.0, 3.0), 4 * np.pi * 225, 0.04),
        (box((12.0, 10.0, 15.0)), 2 * (24 * 20 + 24 * 30 + 20 * 30), 1e-9),
        (stack(circle(10.0), np.arange(5) * 3.0), 2 * np.pi * 100 + 20 * np.pi * 15, 1e-3),
    ],
    ids=["ball-1mm", "ball-3mm", "box", "cylinder"],
)
def test_samples_stand_for_the_area_of_the_surface(contours: list[FloatArray], area_mm2: float, within: float) -> None:
    found = samples_of(solid_of(named(contours)))
    assert found.areas_mm2.sum() == pytest.approx(area_mm2, rel=within)
    assert np.linalg.norm(found.normals, axis=1) == pytest.approx(1.0)
    assert (found.areas_mm2[:, None] * found.normals).sum(axis=0) == pytest.approx(0.0, abs=0.01 * area_mm2)


def test_long_edges_are_sampled_evenly() -> None:
    found = samples_of(solid_of(named(box((30.0, 30.0, 15.0)))))
    wall = found.points_mm[np.abs(found.normals[:, 2]) < 0.5]
    # A quarter of each wall in each quarter of its length.
    assert np.histogram(wall[wall[:, 0] > 29.9][:, 1], 4, (-30.0, 30.0))[0] == pytest.approx(len(wall) / 16, rel=0.15)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 300), st.integers(1, 400), st.integers(0, 1000))
def test_the_nearest_point_is_that_of_a_search_tree(asked: int, of: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    points, cloud = random.normal(0.0, 20.0, (asked, 3)), random.normal(0.0, 10.0, (of, 3))
    expected, _ = cKDTree(cloud).query(points)
    assert np.linalg.norm(points - cloud[_nearest(points, cloud)], axis=1) == pytest.approx(expected)


def test_points_are_inside_or_outside_as_the_prisms_are() -> None:
    found = Volume(solid_of(named(box((10.0, 10.0, 9.0)))))
    points = np.array([[0.0, 0.0, 0.0], [9.0, 0.0, 1.0], [11.0, 0.0, 0.0], [0.0, 0.0, 8.9], [0.0, 0.0, 9.1]])
    assert found.holds(points).tolist() == [True, True, False, True, False]
    assert found.distances(points).distance_mm == pytest.approx([-9.0, -1.0, 1.0, -0.1, 0.1], abs=0.15)


def test_in_a_gap_between_two_parts_a_point_is_outside() -> None:
    found = Volume(solid_of(named(stack(rectangle(-9.0, -9.0, 9.0, 9.0), [0.0, 3.0, 6.0, 9.0, 36.0, 39.0, 42.0]))))
    points = np.array([[0.0, 0.0, 12.0], [0.0, 0.0, 20.0], [0.0, 0.0, 32.0], [0.0, 0.0, 35.0]])
    distance = found.distances(points).distance_mm
    assert distance == pytest.approx([1.5, 9.5, 2.5, -0.5], abs=0.01)


# What is kept.


def test_a_margin_is_measured_once_and_forgotten_with_its_volumes() -> None:
    inner, outer = named(box((5.0, 5.0, 6.0))), named(box((9.0, 9.0, 9.0)))
    assert margin(inner, outer) is margin(inner, outer)
    memo = PairMemo[str]()
    assert memo.of(inner, outer, lambda: "made") == memo.of(inner, outer, lambda: "again") == "made"
    assert len(memo) == 1
    del inner
    gc.collect()
    assert len(memo) == 0


def test_errors_are_not_kept() -> None:
    memo, one = PairMemo[str](), named([])
    with pytest.raises(ZeroDivisionError):
        memo.of(one, one, lambda: str(1 / 0))
    assert memo.of(one, one, lambda: "made") == "made"


def test_arrays_are_read_only() -> None:
    found = between(box((5.0, 5.0, 6.0)), box((9.0, 9.0, 9.0)))
    with pytest.raises(ValueError, match="read-only"):
        found.distances_mm[0] = 0.0


# Judgements and cropping.

CTV = named(ball(16.0), "CTV", "CTV")


def judge(
    outer: list[FloatArray],
    inner: ROI | list[FloatArray] = CTV,
    skin: ROI | None = None,
    organs: Sequence[ROI] = (),
    limits: tuple[float, float] = (2.0, 5.0),
) -> Judgement:
    around = Surroundings.of([*organs, *([skin] if skin else [])], skin, shipped_names())
    return judged(between(inner, outer), *limits, around)


@pytest.mark.parametrize(
    ("margin_mm", "agreement", "robust"),
    [
        (0.0, Agreement.TOO_SMALL, True),
        (1.5, Agreement.TOO_SMALL, True),
        (2.0, Agreement.WITHIN, False),
        (3.5, Agreement.WITHIN, True),
        (4.0, Agreement.WITHIN, True),
        (5.0, Agreement.WITHIN, False),
        (5.5, Agreement.TOO_LARGE, True),
        (8.0, Agreement.TOO_LARGE, True),
    ],
)
def test_a_margin_is_judged_with_a_tolerance_that_robust_tells(
    margin_mm: float, agreement: Agreement, robust: bool
) -> None:
    found = judge(ball(16.0 + margin_mm))
    assert (found.agreement, found.robust) == (agreement, robust)


def test_a_shift_is_not_a_margin() -> None:
    assert judge(ball(20.0, 3.0, (4.0, 0.0, 0.0))).agreement in (Agreement.TOO_SMALL, Agreement.TOO_LARGE)


def grown_as_box(radius_mm: float, more_mm: float) -> list[FloatArray]:
    """A ball expanded as a box, on slices of 1 mm."""

    def region(z: float) -> shapely.Geometry:
        nearest = disc(radius_mm, max(abs(z) - more_mm, 0.0), (0.0, 0.0, 0.0))
        corners = [
            shapely.transform(nearest, lambda xy, by=by: xy + by)
            for by in more_mm * np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
        ]
        # A convex outline and a square: what lies between the four shifted ones.
        return shapely.convex_hull(shapely.union_all(corners))

    return drawn(region, -radius_mm - more_mm + 0.5, radius_mm + more_mm - 0.5, 1.0)


@pytest.mark.parametrize(("more_mm", "agreement"), [(4.0, Agreement.BOX), (8.0, Agreement.TOO_LARGE)])
def test_an_expansion_as_a_box_is_told_from_one_that_is_too_large(more_mm: float, agreement: Agreement) -> None:
    assert judge(grown_as_box(12.0, more_mm), ball(12.0, 1.0)).agreement is agreement


CROPPED = cut(ball(16.0), left_of(8.0)), cut(ball(20.0), left_of(8.0))


@pytest.mark.parametrize(
    ("gap_mm", "agreement"), [(0.0, Agreement.CROPPED), (5.0, Agreement.CROPPED), (9.0, Agreement.TOO_SMALL)]
)
def test_what_runs_along_the_skin_at_one_depth_is_cropped_there(gap_mm: float, agreement: Agreement) -> None:
    skin = named(box((60.0, 60.0, 60.0), 3.0, (8.0 + gap_mm - 60.0, 0.0, 0.0)), "Body", "EXTERNAL")
    found = judge(CROPPED[1], CROPPED[0], skin)
    assert found.agreement is agreement
    if agreement is Agreement.CROPPED:
        (crop,) = found.crops
        assert crop.is_skin
        assert crop.gap_mm == pytest.approx(gap_mm, abs=0.1)
        # The part of the surface that the plane cuts off.
        assert found.cropped == crop.share == pytest.approx(0.18, abs=0.04)


@pytest.mark.parametrize(
    ("gap_mm", "agreement"), [(0.0, Agreement.CROPPED), (1.9, Agreement.CROPPED), (4.0, Agreement.TOO_SMALL)]
)
def test_what_runs_along_an_organ_is_cropped_there(gap_mm: float, agreement: Agreement) -> None:
    stomach = named(box((20.0, 30.0, 30.0), 3.0, (28.0 + gap_mm, 0.0, 0.0)), "Stomach", "ORGAN")
    found = judge(CROPPED[1], CROPPED[0], organs=[stomach])
    assert found.agreement is agreement
    assert [crop.roi for crop in found.crops] == (["Stomach"] if agreement is Agreement.CROPPED else [])


def test_what_is_missing_without_a_reason_is_too_small() -> None:
    far = named(box((20.0, 30.0, 30.0), 3.0, (90.0, 0.0, 0.0)), "Stomach", "ORGAN")
    found = judge(CROPPED[1], CROPPED[0], organs=[far, named([], "Heart", "ORGAN")])
    assert (found.agreement, found.crops) == (Agreement.TOO_SMALL, ())
    assert found.below == pytest.approx(0.18, abs=0.04)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("PTV_opt", "ORGAN"), ("Ring", "ORGAN"), ("Stomach", "CONTROL"), ("GTV2", None), ("Something", "ORGAN")],
)
def test_targets_helpers_and_what_was_made_from_the_volume_explain_nothing(name: str, kind: str | None) -> None:
    found = judge(CROPPED[1], CROPPED[0], organs=[named(CROPPED[1], name, kind)])
    assert found.agreement is Agreement.TOO_SMALL


def test_a_volume_that_is_cropped_nearly_everywhere_cannot_be_measured() -> None:
    upright = box((12.0, 12.0, 36.0)), box((12.0, 12.0, 36.0))
    found = judge(upright[1], upright[0], organs=[named(box((12.0, 12.0, 60.0)), "Liver", "ORGAN")])
    assert found.agreement is Agreement.UNMEASURABLE
    assert found.cropped > 0.75


@pytest.mark.parametrize(("x_mm", "agreement"), [(18.0, Agreement.UNEVEN), (16.3, Agreement.TOO_SMALL)])
def test_a_small_part_that_is_a_little_too_small_is_uneven(x_mm: float, agreement: Agreement) -> None:
    flattened = cut(ball(20.0), lambda region: region.intersection(shapely.box(-x_mm, -99.0, x_mm, 99.0)))
    assert judge(flattened, limits=(3.9, 5.0)).agreement is agreement


INNER_HEIGHTS, OUTER_HEIGHTS = np.arange(-4, 5) * 3.0, np.arange(-5, 6) * 3.0


def dented(margin_mm: float, half_degrees: float, around_degrees: float = 0.0) -> FloatArray:
    """An outline 4 mm around a circle of 15 mm, and closer to it over a sector."""
    angles = np.radians(np.arange(0.0, 360.0, 2.0))
    away = np.abs((np.degrees(angles) - around_degrees + 180.0) % 360.0 - 180.0)
    radius = np.where(away <= half_degrees, 15.0 + margin_mm, 19.0)
    return np.column_stack([radius * np.cos(angles), radius * np.sin(angles)])


@pytest.mark.parametrize("around_degrees", [0.0, 98.0])
@pytest.mark.parametrize(
    ("margin_mm", "half_degrees", "agreement"),
    [
        (0.0, 30.0, Agreement.TOO_SMALL),
        (0.0, 18.0, Agreement.TOO_SMALL),
        (1.2, 30.0, Agreement.UNEVEN),
        (2.0, 30.0, Agreement.WITHIN),
    ],
)
def test_a_sector_without_a_margin_is_not_hidden_by_the_rest(
    margin_mm: float, half_degrees: float, agreement: Agreement, around_degrees: float
) -> None:
    outer = stack(dented(margin_mm, half_degrees, around_degrees), OUTER_HEIGHTS)
    found = judge(outer, stack(circle(15.0), INNER_HEIGHTS))
    assert found.agreement is agreement
    if agreement is Agreement.WITHIN:
        assert found.lacks == ()
        return
    (lack,) = found.lacks
    assert lack.towards is (Direction.POSTERIOR if around_degrees else Direction.LEFT)
    assert (lack.is_end, lack.is_missing) == (False, agreement is Agreement.TOO_SMALL)
    assert lack.margin_mm == pytest.approx(margin_mm, abs=0.2)


def test_a_sector_along_an_organ_is_cropped_there_and_never_simply_within() -> None:
    stomach = named(box((20.0, 30.0, 30.0), 3.0, (35.5, 0.0, 0.0)), "Stomach", "ORGAN")
    found = judge(stack(dented(0.0, 18.0), OUTER_HEIGHTS), stack(circle(15.0), INNER_HEIGHTS), organs=[stomach])
    assert (found.agreement, found.lacks) == (Agreement.CROPPED, ())
    assert [crop.roi for crop in found.crops] == ["Stomach"]


def test_without_a_lower_bound_no_place_is_too_small() -> None:
    found = judge(stack(dented(0.0, 30.0), INNER_HEIGHTS), stack(circle(15.0), INNER_HEIGHTS), limits=(0.0, 5.0))
    assert (found.agreement, found.lacks) == (Agreement.WITHIN, ())


@pytest.mark.parametrize("degrees", [(0, 0, 0), (0, 90, 0)])
@pytest.mark.parametrize(
    ("radius_mm", "low_mm", "ends"),
    # A margin of 2 mm need not show on slices of 3 mm; one of 4 mm in plane, or a bound of 3 mm, would.
    [(19.0, 2.0, 2), (17.0, 2.0, 0), (18.0, 3.0, 2)],
)
def test_an_end_at_which_no_contour_lies_beyond_is_too_small(
    radius_mm: float, low_mm: float, ends: int, degrees: tuple[float, ...]
) -> None:
    matrix = rotation(*degrees)
    inner, outer = (turned(stack(circle(radius), INNER_HEIGHTS), matrix) for radius in (15.0, radius_mm))
    found = judge(outer, inner, limits=(low_mm, 5.0))
    assert len(found.lacks) == ends
    assert all(lack.is_end and lack.margin_mm == pytest.approx(0.0, abs=1e-6) for lack in found.lacks)
    across = {Direction.LEFT, Direction.RIGHT} if degrees[1] else {Direction.SUPERIOR, Direction.INFERIOR}
    assert {lack.towards for lack in found.lacks} == (across if ends else set())
    assert found.agreement is (Agreement.UNEVEN if ends else Agreement.WITHIN)


def test_an_end_along_an_organ_is_cropped_there() -> None:
    heart = named(box((40.0, 40.0, 15.0), 3.0, (0.0, 0.0, 28.5)), "Heart", "ORGAN")
    found = judge(stack(circle(19.0), np.arange(-5, 5) * 3.0), stack(circle(15.0), INNER_HEIGHTS), organs=[heart])
    assert (found.agreement, found.lacks) == (Agreement.CROPPED, ())
    assert [crop.roi for crop in found.crops] == ["Heart"]


# Containment.


def test_a_volume_inside_another_is_contained_and_so_is_an_equal_one() -> None:
    for outer in (ball(20.0), ball(16.0)):
        found = containment(CTV, named(outer))
        assert found.holds
        assert found.holds_strictly
        assert found.outside_cc == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("shift_mm", "holds"), [(0.3, True), (0.8, False)])
def test_half_a_pixel_is_no_protrusion(shift_mm: float, holds: bool) -> None:
    found = containment(named(box((10.0, 10.0, 9.0))), named(box((10.0, 10.0, 9.0), 3.0, (shift_mm, 0.0, 0.0))))
    assert found.holds is holds
    assert not found.holds_strictly
    assert found.outside_cc == pytest.approx(shift_mm * 20 * 18 / 1000)
    assert found.share_outside == pytest.approx(shift_mm / 20)


def test_a_slice_without_the_outer_volume_is_outside() -> None:
    inner, outer = stack(circle(8.0), [0.0, 3.0, 6.0, 9.0]), stack(circle(12.0), [-3.0, 0.0, 3.0, 6.0])
    found = containment(named(inner), named(outer))
    assert not found.holds
    assert found.share_outside == pytest.approx(0.25)


def test_volumes_on_other_slices_are_contained_as_far_as_the_next_contour_would_be() -> None:
    fine = stack(circle(8.0), np.arange(0.0, 11.5, 1.0))
    coarse = stack(circle(12.0), [0.0, 3.0, 6.0, 9.0])
    found = containment(named(fine), named(coarse))
    assert found.holds
    assert not found.holds_strictly
    assert not containment(named(stack(circle(8.0), np.arange(0.0, 14.5, 1.0))), named(coarse)).holds


def test_far_apart_nothing_is_contained() -> None:
    inner, outer = named(ball(5.0)), named(ball(5.0, 3.0, (80.0, 0.0, 0.0)))
    assert containment(inner, outer).share_outside == 1.0
    assert least_depth_mm(inner, outer) == -REACH_MM


def test_planes_of_other_orientation_cannot_be_compared_slice_by_slice() -> None:
    with pytest.raises(NoVolumeError, match="orientation"):
        containment(CTV, named(turned(ball(20.0), rotation(90, 0, 0))))


@pytest.mark.parametrize(
    ("skin_x_mm", "depth_mm"), [(19.0, 3.0), (16.0, 0.0), (13.0, -3.0), (60.0, REACH_MM), (24.0, 8.0), (40.0, REACH_MM)]
)
def test_the_depth_under_the_skin_is_that_of_the_point_next_to_it(skin_x_mm: float, depth_mm: float) -> None:
    body = named(box((90.0, 90.0, 90.0), 3.0, (skin_x_mm - 90.0, 0.0, 0.0)))
    assert least_depth_mm(CTV, body) == pytest.approx(depth_mm, abs=0.1)


def test_the_end_of_a_body_counts_as_its_surface() -> None:
    body = named(box((90.0, 90.0, 18.0)))
    assert least_depth_mm(named(box((9.0, 9.0, 15.0))), body) == pytest.approx(3.0, abs=0.05)
