"""Contours as stacks of prisms: closed volumes, nesting, gaps, orientation, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import NoVolumeError
from rtcheck.geometry import FloatArray
from rtcheck.outlines import signed_area
from rtcheck.solid import Flag, Solid, solid_of
from rtcheck.study import ROI, Contour, GeometricType
from rtcheck.voxelise import Lattice, occupancy
from tests.shapes import at_height, circle, keyhole, planes, rectangle, roi, rotation, sphere, stack, turned

DISC = circle(10.0)
DISC_CC_PER_MM = np.pi * 100 / 1000


def solid(contours: list[FloatArray], slice_spacing_mm: float | None = None) -> Solid:
    return solid_of(roi(contours), slice_spacing_mm)


def volume_cc(of: Solid) -> float:
    """Volume by exact cell coverage, even-odd included."""
    lattice = Lattice.around(of.bounds_mm(), 0.5)
    return (
        sum(float(occupancy(layer.outlines, lattice).sum()) * 0.25 * layer.thickness_mm for layer in of.layers) / 1000
    )


def flags(of: Solid) -> list[Flag]:
    return [flag.flag for flag in of.flags]


def edges(of: Solid) -> list[tuple[float, float]]:
    return [(round(layer.bottom_mm, 6), round(layer.top_mm, 6)) for layer in of.layers]


# Volumes.


@pytest.mark.parametrize("spacing", [0.2, 1.0, 3.0])
def test_a_cylinder_has_half_slice_end_caps(spacing: float) -> None:
    # The rule of the analytic benchmark: 24 mm high, with half a slice more at both ends.
    found = solid(stack(circle(12.0), planes(12.0, spacing)))
    assert found.outline_volume_cc() == pytest.approx(np.pi * 144 * (24 + spacing) / 1000, rel=1e-12)
    assert found.flags == ()


def test_a_sphere_tends_to_its_closed_volume_with_the_square_of_the_spacing() -> None:
    exact = 4 / 3 * np.pi * 12**3 / 1000
    errors = [solid(sphere(12.0, spacing)).outline_volume_cc() / exact - 1 for spacing in (2.0, 1.0, 0.5)]
    assert abs(errors[0]) < 0.005
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.05)
    assert errors[1] / errors[2] == pytest.approx(4.0, rel=0.05)


def test_a_cone_tends_to_a_third_of_its_cylinder() -> None:
    heights = np.arange(0.25, 24.0, 0.5)
    found = solid([at_height(circle(12.0 * (1 - z / 24)), z) for z in heights])
    assert found.outline_volume_cc() == pytest.approx(np.pi * 144 * 24 / 3 / 1000, rel=2e-4)


def test_a_ring_an_island_in_its_hole_and_a_second_island_count_by_nesting_however_drawn() -> None:
    rings = [circle(9.0), circle(6.0), circle(3.0), circle(2.0, (20, 0))]
    expected = np.pi * (81 - 36 + 9 + 4) * 12 / 1000
    for turn in range(16):
        drawn = [ring[::-1] if turn >> number & 1 else ring for number, ring in enumerate(rings)]
        order = np.random.default_rng(turn).permutation(4)
        found = solid([points for index in order for points in stack(drawn[index], planes(5.0, 2.0))])
        assert found.outline_volume_cc() == pytest.approx(expected, rel=1e-9)
        assert volume_cc(found) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("turn", [1, -1], ids=["same-direction", "opposite-direction"])
def test_a_keyhole_contour_keeps_its_hole(turn: int) -> None:
    found = solid(stack(keyhole(circle(9.0), circle(4.0)[::turn]), planes(5.0, 2.0)))
    assert volume_cc(found) == pytest.approx(np.pi * (81 - 16) * 12 / 1000, rel=1e-9)


def test_a_hole_that_shares_part_of_its_border_is_a_hole() -> None:
    contours = stack(rectangle(0, 0, 10, 10), planes(5, 2)) + stack(rectangle(0, 2, 6, 8), planes(5, 2))
    assert volume_cc(solid(contours)) == pytest.approx((100 - 36) * 12 / 1000)


def test_xor_contours_are_closed_contours() -> None:
    contours = stack(circle(9.0), planes(5, 2)) + stack(circle(4.0), planes(5, 2))
    found = solid_of(roi(contours, GeometricType.CLOSEDPLANAR_XOR))
    assert volume_cc(found) == pytest.approx(np.pi * (81 - 16) * 12 / 1000)


def test_a_contour_drawn_twice_counts_once_and_is_flagged() -> None:
    contours = stack(DISC, planes(5.0, 2.0))
    again = [np.roll(contours[2][::-1], 7, axis=0), contours[3]]
    found = solid(contours + again)
    assert volume_cc(found) == pytest.approx(12 * DISC_CC_PER_MM)
    assert flags(found) == [Flag.DUPLICATE_CONTOURS]


def test_a_figure_of_eight_whose_lobes_cancel_is_not_thrown_away() -> None:
    bow = np.array([[-4.0, -4.0], [4.0, 4.0], [4.0, -4.0], [-4.0, 4.0]])
    assert volume_cc(solid(stack(bow, planes(5.0, 2.0)))) == pytest.approx(32 * 12 / 1000)


@given(st.integers(0, 359), st.booleans(), st.randoms(use_true_random=False))
def test_start_point_direction_and_order_of_contours_do_not_matter(start: int, turn: bool, random: object) -> None:
    contours = sphere(8.0, 1.0)
    drawn = [np.roll(points[::-1] if turn else points, start, axis=0) for points in contours]
    random.shuffle(drawn)  # type: ignore[attr-defined]
    found = solid(drawn)
    assert found.outline_volume_cc() == pytest.approx(solid(contours).outline_volume_cc(), rel=1e-12)
    assert edges(found) == edges(solid(contours))


# Orientation.


@pytest.mark.parametrize(
    ("matrix", "normal"),
    [
        (np.eye(3), [0, 0, 1]),
        (rotation(90, 0, 0), [0, 1, 0]),
        (rotation(0, 90, 0), [1, 0, 0]),
        (rotation(180, 0, 0), [0, 0, 1]),
        (rotation(20, 30, 10), None),
        (rotation(-65, 12, 140), None),
    ],
    ids=["axial", "coronal", "sagittal", "axial-upside-down", "oblique", "oblique-2"],
)
def test_the_volume_does_not_depend_on_the_orientation_of_the_planes(
    matrix: FloatArray, normal: list[int] | None
) -> None:
    found = solid(turned(sphere(8.0, 1.0), matrix, (120.0, -80.0, 700.0)))
    assert found.outline_volume_cc() == pytest.approx(solid(sphere(8.0, 1.0)).outline_volume_cc(), rel=1e-9)
    assert found.axes @ found.axes.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(found.axes) == pytest.approx(1.0)
    assert abs(found.axes[2] @ matrix[:, 2]) == pytest.approx(1.0)
    if normal is not None:
        assert found.axes[2].tolist() == normal
    assert found.flags == ()


def test_contours_on_planes_that_are_not_parallel_bound_no_volume() -> None:
    contours = stack(DISC, planes(5, 2)) + turned(stack(DISC, planes(5, 2)), rotation(0, 30, 0))
    with pytest.raises(NoVolumeError, match="parallel"):
        solid(contours)


def test_points_slightly_off_their_plane_are_flagged_and_used() -> None:
    wavy = stack(DISC, planes(5.0, 2.0))
    wavy[2][::2, 2] += 0.1
    found = solid(wavy)
    assert flags(found) == [Flag.NON_PLANAR]
    assert found.outline_volume_cc() == pytest.approx(12 * DISC_CC_PER_MM, rel=1e-3)


# Slices and gaps.


def test_each_contour_reaches_half_way_to_its_neighbours() -> None:
    found = solid(stack(DISC, [0.0, 2.0, 5.0, 7.0, 9.0]))
    assert edges(found) == [(-1, 1), (1, 3.5), (3.5, 6), (6, 8), (8, 10)]
    assert flags(found) == [Flag.UNEQUAL_SPACING]


def test_end_caps_take_the_spacing_at_their_own_end_and_not_the_smallest() -> None:
    # 1 mm slices at the bottom, 1.4 mm slices at the top: the unforgivable shortcut is one spacing for all.
    heights = np.concatenate([np.arange(6) * 1.0, 5 + np.arange(1, 5) * 1.4])
    found = solid(stack(DISC, heights))
    assert edges(found)[0][0] == pytest.approx(-0.5)
    assert edges(found)[-1][1] == pytest.approx(10.6 + 0.7)
    assert found.outline_volume_cc() == pytest.approx((10.6 + 0.5 + 0.7) * DISC_CC_PER_MM)


@pytest.mark.parametrize("missing", [1, 2])
def test_a_missing_slice_is_bridged_and_flagged(missing: int) -> None:
    heights = [z for z in planes(15.0, 3.0).tolist() if not -4 < z < -4 + 3 * missing]
    found = solid(stack(DISC, heights))
    assert len(heights) == 11 - missing
    assert flags(found) == [Flag.MISSING_SLICE_BRIDGED]
    assert found.outline_volume_cc() == pytest.approx(33 * DISC_CC_PER_MM)


def test_three_missing_slices_are_two_parts_with_half_a_slice_at_both_ends() -> None:
    found = solid(stack(DISC, [0, 3, 6, 9, 21, 24, 27, 30]))
    assert flags(found) == [Flag.LARGE_GAP]
    assert edges(found)[3:5] == [(7.5, 10.5), (19.5, 22.5)]
    assert found.outline_volume_cc() == pytest.approx(24 * DISC_CC_PER_MM)


def test_a_gap_between_outlines_that_do_not_overlap_is_left_open() -> None:
    found = solid(stack(DISC, [0, 3, 6, 9]) + stack(circle(10.0, (40, 0)), [15, 18, 21]))
    assert flags(found) == [Flag.SEPARATE_PARTS]
    assert found.outline_volume_cc() == pytest.approx(21 * DISC_CC_PER_MM)


def test_a_single_slice_part_beyond_a_gap_is_one_nominal_slice_thick() -> None:
    found = solid(stack(DISC, [0, 3, 6, 9, 60]))
    assert edges(found)[-1] == (58.5, 61.5)


def test_a_single_slice_takes_the_slice_spacing_and_says_so() -> None:
    found = solid(stack(DISC, [4.0]), 2.5)
    assert flags(found) == [Flag.SINGLE_SLICE]
    assert edges(found) == [(2.75, 5.25)]


def test_a_single_slice_of_unknown_thickness_has_no_volume() -> None:
    with pytest.raises(NoVolumeError, match="single contour plane"):
        solid(stack(DISC, [4.0]))


@pytest.mark.parametrize("count", [2, 3, 4])
def test_few_slices_are_flagged(count: int) -> None:
    assert flags(solid(stack(DISC, np.arange(count) * 2.0))) == [Flag.FEW_SLICES]


def test_two_planes_are_a_missing_slice_only_where_the_image_spacing_tells() -> None:
    alone, with_image = solid(stack(DISC, [0.0, 6.0])), solid(stack(DISC, [0.0, 6.0]), 3.0)
    assert edges(alone) == [(-3, 3), (3, 9)]
    assert edges(with_image) == [(-1.5, 3), (3, 7.5)]
    assert flags(with_image) == [Flag.FEW_SLICES, Flag.MISSING_SLICE_BRIDGED]


def test_two_single_slices_far_apart_are_two_parts() -> None:
    found = solid(stack(DISC, [0.0, 90.0]), 3.0)
    assert edges(found) == [(-1.5, 1.5), (88.5, 91.5)]
    assert Flag.LARGE_GAP in flags(found)


def test_contours_a_rounding_error_apart_lie_on_one_plane() -> None:
    found = solid(stack(circle(9.0), [0.0, 2.0, 4.0, 6.0, 8.0]) + stack(circle(4.0), [0.01, 1.99, 4.0, 6.004, 8.0]))
    assert len(found.layers) == 5
    assert found.outline_volume_cc() == pytest.approx(np.pi * (81 - 16) * 10 / 1000, rel=0.003)


@given(st.lists(st.floats(0.5, 4.4), min_size=5, max_size=20))
def test_without_gaps_the_layers_fill_the_extent_exactly(gaps: list[float]) -> None:
    heights = np.concatenate([[0.0], np.cumsum(gaps)])
    found = solid(stack(rectangle(0, 0, 10, 10), heights))
    if not {Flag.MISSING_SLICE_BRIDGED, Flag.SEPARATE_PARTS, Flag.LARGE_GAP} & set(flags(found)):
        assert found.outline_volume_cc() == pytest.approx((heights[-1] + gaps[0] / 2 + gaps[-1] / 2) / 10)
    for below, above in zip(found.layers, found.layers[1:], strict=False):
        assert above.bottom_mm >= below.top_mm - 1e-9
        assert below.thickness_mm > 0


# What bounds nothing.


@pytest.mark.parametrize("kind", [GeometricType.POINT, GeometricType.OPEN_PLANAR, GeometricType.OPEN_NONPLANAR])
def test_open_contours_and_points_bound_no_volume_and_are_named(kind: GeometricType) -> None:
    with pytest.raises(NoVolumeError, match=kind.value):
        solid_of(roi(stack(DISC, [0.0, 2.0]), kind))


def test_no_contours_bound_no_volume() -> None:
    with pytest.raises(NoVolumeError, match="no contours"):
        solid_of(roi([]))


def test_open_contours_beside_closed_ones_are_left_out_and_flagged() -> None:
    closed = [Contour(GeometricType.CLOSED_PLANAR, points) for points in stack(DISC, planes(5.0, 2.0))]
    point = Contour(GeometricType.POINT, np.array([[500.0, 0.0, 900.0]]))
    two_points = Contour(GeometricType.CLOSED_PLANAR, np.array([[0.0, 0.0, 50.0], [9.0, 0.0, 50.0]]))
    found = solid_of(ROI(1, "R", None, (*closed, point, two_points)))
    assert found.outline_volume_cc() == pytest.approx(12 * DISC_CC_PER_MM)
    assert flags(found) == [Flag.OPEN_CONTOURS_IGNORED]


def test_a_contour_without_area_on_a_plane_of_its_own_adds_no_slice_and_is_flagged() -> None:
    line = np.array([[0.0, 0.0], [5.0, 5.0], [9.0, 9.0]])
    found = solid([*stack(DISC, planes(5.0, 2.0)), at_height(line, 7.0)])
    assert found.outline_volume_cc() == pytest.approx(12 * DISC_CC_PER_MM)
    assert flags(found) == [Flag.OPEN_CONTOURS_IGNORED]


def test_contours_without_any_area_bound_no_volume() -> None:
    line = np.array([[0.0, 0.0], [5.0, 0.0], [9.0, 0.0]])
    with pytest.raises(NoVolumeError, match="no area"):
        solid(stack(line, planes(5.0, 2.0)))


@given(st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_the_signed_area_is_exact_far_from_the_origin(u: float, v: float) -> None:
    outline = rectangle(u, v, u + 3.0, v + 2.0)
    assert signed_area(outline) == pytest.approx(6.0, rel=1e-10)
    assert signed_area(outline[::-1]) == pytest.approx(-6.0, rel=1e-10)
