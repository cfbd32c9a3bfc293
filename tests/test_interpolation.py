"""Shape-based interpolation through the DVH: closed forms, oblique solids, branches, holes, and corners on the lattice.

The dose is 40 Gy in the middle unless said; gradients are in Gy/mm.
"""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from rtcheck.convention import Between, Convention, Ends
from rtcheck.dvh import DVH
from rtcheck.geometry import FloatArray, Grid
from rtcheck.solid import Flag
from rtcheck.synthetic import Cone, Cylinder, Ellipsoid, LinearDose, Sphere, Truth, contours_of
from tests.shapes import (
    at_height,
    circle,
    dvh_of,
    field,
    grid,
    keyhole,
    linear,
    number,
    planes,
    rectangle,
    rotation,
    sphere,
    stack,
    turned,
    uniform,
)

PRISM, INTERPOLATED = Convention(Between.PRISM, Ends.NONE), Convention(Between.INTERPOLATED, Ends.NONE)
BOTH = pytest.mark.parametrize("convention", [PRISM, INTERPOLATED], ids=["prism", "interpolated"])
HEIGHTS = planes(9.0, 3.0)
ALONG, ACROSS = linear((0.0, 0.0, 1.0)), linear((1.0, 0.0, 0.0))
SHARES = (99, 95, 75, 50, 25, 5, 1)


def interpolated(contours: list[FloatArray], dose: object, **options: object) -> DVH:
    return dvh_of(contours, dose, convention=INTERPOLATED, intervals=False, **options)  # type: ignore[arg-type]


def prisms(contours: list[FloatArray], dose: object, **options: object) -> DVH:
    return dvh_of(contours, dose, convention=PRISM, intervals=False, **options)  # type: ignore[arg-type]


def furthest_apart(one: DVH, other: DVH) -> float:
    """Largest distance of two curves, as a share of the volume."""
    asked = np.linspace(other.min_gy, other.max_gy, 60)
    assert one.curve is not None
    assert other.curve is not None
    apart = [one.curve.volume_at(float(gray)) - other.curve.volume_at(float(gray)) for gray in asked]
    return float(np.abs(apart).max()) / other.volume_cc


# Closed forms on slices of 3 mm.


def test_a_cone_is_exact_on_thick_slices() -> None:
    # A frustum from 18.5 to 6.5 mm; prisms are 0.2 % too large.
    cone = [at_height(circle((25.0 - z) / 2), z) for z in planes(12.0, 3.0)]
    exact = np.pi * 24 / 3 * (18.5**2 + 18.5 * 6.5 + 6.5**2) / 1000
    dvh = interpolated(cone, ALONG)
    assert dvh.volume_cc == pytest.approx(exact, rel=1e-3)
    assert prisms(cone, ALONG).volume_cc == pytest.approx(1.00223 * exact, rel=1e-4)
    for above in (-10.0, -7.3, 0.7, 4.0, 11.0):
        part = np.pi * (12 - above) / 3 * (((25 - above) / 2) ** 2 + (25 - above) / 2 * 6.5 + 6.5**2) / 1000
        assert number(dvh, f"V{40 + above}Gy[cc]") == pytest.approx(part, abs=1e-3 * exact)


def test_a_cone_with_its_apex_among_the_contours_is_exact_too() -> None:
    shape = Cone(radius_mm=12.0, height_mm=24.0)
    dvh = interpolated(list(contours_of(shape, 3.0, point_spacing_mm=0.4)), ALONG)
    assert dvh.volume_cc == pytest.approx(shape.volume_mm3 / 1000, rel=2e-3)


def test_a_sphere_along_the_gradient_keeps_its_coldest_percent() -> None:
    # With contours at the poles, prisms are 0.45 Gy off at 1 Gy/mm: their first slice is a step.
    shape, dose = Sphere(radius_mm=12.0), LinearDose(40.0, (0.0, 0.0, 1.0))
    drawn, truth = list(contours_of(shape, 3.0, point_spacing_mm=0.4)), Truth(shape, dose)
    steps, smooth = prisms(drawn, ALONG), interpolated(drawn, ALONG)
    for metric, percent in (("D99%[Gy]", 99.0), ("D1%[Gy]", 1.0)):
        exact = truth.dose_at_percent(percent)
        assert abs(number(steps, metric) - exact) > 0.3
        assert abs(number(smooth, metric) - exact) < 0.1
    assert abs(steps.volume_cc / truth.volume_cc - 1) > 0.01
    assert smooth.volume_cc == pytest.approx(truth.volume_cc, rel=2e-3)


@pytest.mark.parametrize("phase", [0.1, 0.25, 0.4, 0.5, 0.75])
def test_a_sphere_is_never_further_from_the_truth_than_its_prisms(phase: float) -> None:
    shape = Sphere(radius_mm=12.0)
    drawn, truth = list(contours_of(shape, 3.0, phase, point_spacing_mm=0.4)), Truth(shape, LinearDose(40, (0, 0, 1)))
    steps, smooth = prisms(drawn, ALONG), interpolated(drawn, ALONG)
    for metric, percent in (("D99%[Gy]", 99.0), ("D95%[Gy]", 95.0), ("D5%[Gy]", 5.0), ("D1%[Gy]", 1.0)):
        exact = truth.dose_at_percent(percent)
        assert abs(number(smooth, metric) - exact) <= abs(number(steps, metric) - exact) + 0.06, metric
    assert abs(smooth.volume_cc - truth.volume_cc) < abs(steps.volume_cc - truth.volume_cc)


@pytest.mark.parametrize("shear", [0.3, 0.6, 1.0])
def test_a_sheared_cylinder_keeps_its_cross_section_half_way(shear: float) -> None:
    # The dose doesn't change along the shear: whatever sits right in it has the DVH of the straight cylinder.
    drawn = [at_height(circle(8.0, (shear * z, 0.0)), z) for z in HEIGHTS]
    dose = linear((1.0, 0.0, -shear), grid((-40, -40, -40), (40, 40, 40)), at_origin_gy=100.0)
    straight = prisms(stack(circle(8.0), HEIGHTS), linear((1.0, 0.0, 0.0), at_origin_gy=100.0))
    smooth, steps = interpolated(drawn, dose), prisms(drawn, dose)
    assert smooth.volume_cc == pytest.approx(straight.volume_cc, rel=3e-3)
    assert smooth.mean_gy == pytest.approx(100.0, abs=1e-3)
    for percent in SHARES:
        metric = f"D{percent}%[Gy]"
        assert number(smooth, metric) == pytest.approx(number(straight, metric), abs=0.03), metric
    step = abs(number(steps, "D99%[Gy]") - number(straight, "D99%[Gy]"))
    assert step > 0.035
    assert abs(number(smooth, "D99%[Gy]") - number(straight, "D99%[Gy]")) < step / 5


def test_a_tilted_cylinder_and_an_ellipsoid_are_followed_on_thick_slices() -> None:
    axes = tuple(tuple(row) for row in rotation(30.0, 20.0, 10.0))
    for shape in (
        Cylinder(radius_mm=9.0, height_mm=24.0, axis=(1.0, 0.4, 2.0)),
        Ellipsoid((14.0, 8.0, 10.0), directions=axes),  # type: ignore[arg-type]
    ):
        drawn = list(contours_of(shape, 3.0, point_spacing_mm=0.4))
        dvh = dvh_of(drawn, ACROSS, convention=Convention(Between.INTERPOLATED, Ends.HALF_SLICE), intervals=False)
        truth = Truth(shape, LinearDose(40.0, (1.0, 0.0, 0.0)))
        assert dvh.volume_cc == pytest.approx(truth.volume_cc, rel=5e-3)
        for percent in (95, 50, 5):
            assert number(dvh, f"D{percent}%[Gy]") == pytest.approx(truth.dose_at_percent(percent), abs=0.1), percent


# Branches, holes, and outlines that don't overlap.


def test_where_one_outline_becomes_two_the_sections_lie_between_both() -> None:
    lower, upper = rectangle(-10, -5, 10, 5), (rectangle(-10, -5, -3, 5), rectangle(3, -5, 10, 5))
    drawn = stack(lower, [-9, -6, -3, 0]) + [at_height(outline, z) for z in (3, 6, 9) for outline in upper]
    dvh = interpolated(drawn, ALONG)
    # Areas of 200 and 140 mm2; between 0 and 3 mm, which is between 40 and 43 Gy, something in between.
    assert number(dvh, "CV40Gy[cc]") == pytest.approx(9 * 0.200, rel=2e-3)
    assert number(dvh, "V43Gy[cc]") == pytest.approx(6 * 0.140, rel=2e-3)
    slab = [number(dvh, f"V{40 + h}Gy[cc]") - number(dvh, f"V{40.5 + h}Gy[cc]") for h in np.arange(0, 3, 0.5)]
    assert slab == sorted(slab, reverse=True)
    assert 0.140 * 0.999 <= min(slab) / 0.5 <= max(slab) / 0.5 <= 0.200 * 1.001
    assert prisms(drawn, ALONG).volume_cc == pytest.approx((10.5 * 200 + 7.5 * 140) / 1000, rel=1e-9)


def test_no_dose_is_lost_where_branches_part() -> None:
    # What both planes cover is covered between them: the branches' own columns are whole.
    disc, branches = circle(10.0), (circle(4.0, (-5.0, 0.0)), circle(4.0, (5.0, 0.0)))
    drawn = stack(disc, [-9, -6, -3, 0]) + [at_height(one, z) for z in (3, 6, 9) for one in branches]
    dvh = interpolated(drawn, ALONG)
    between = number(dvh, "V40Gy[cc]") - number(dvh, "V43Gy[cc]")
    assert 2 * np.pi * 16 * 3 / 1000 < between < np.pi * 100 * 3 / 1000
    assert dvh.curve is not None
    assert dvh.curve.total_cc == pytest.approx(dvh.volume_cc, rel=1e-12)
    assert dvh.outside_cc == 0.0


def test_branches_are_followed_upwards_as_downwards() -> None:
    disc, branches = circle(10.0), (circle(4.0, (-5.0, 0.0)), circle(4.0, (5.0, 0.0)))
    up = stack(disc, [-9, -6, -3, 0]) + [at_height(one, z) for z in (3, 6, 9) for one in branches]
    down = [points * (1.0, 1.0, -1.0) for points in up]
    one, other = interpolated(up, ALONG), interpolated(down, linear((0.0, 0.0, -1.0)))
    assert one.volume_cc == pytest.approx(other.volume_cc, rel=1e-6)
    assert furthest_apart(one, other) < 1e-4


def test_the_hole_of_a_ring_stays_a_hole() -> None:
    ring = stack(circle(12.0), HEIGHTS) + stack(circle(7.0), HEIGHTS)
    valley = field(lambda x, y, z: 10.0 + np.hypot(x, y), grid(spacing_mm=(1, 1, 2)))
    dvh = interpolated(ring, valley)
    assert dvh.volume_cc == pytest.approx(np.pi * (144 - 49) * 18 / 1000, rel=2e-4)
    assert number(dvh, "Min[Gy]") == pytest.approx(17.0, abs=0.15)
    assert number(dvh, "CV16.5Gy[cc]") == 0.0


def test_a_ring_that_widens_on_both_sides_is_a_cone_less_a_cone() -> None:
    drawn = [at_height(circle(12 + z / 6), z) for z in HEIGHTS] + [at_height(circle(7 - z / 6), z) for z in HEIGHTS]
    z = np.linspace(-9, 9, 20_001)
    exact = np.pi * float(np.trapezoid((12 + z / 6) ** 2 - (7 - z / 6) ** 2, z)) / 1000
    assert interpolated(drawn, ACROSS).volume_cc == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize("turn", [1, -1], ids=["same-direction", "opposite-direction"])
@pytest.mark.parametrize("boxes", [8_000, 30_000])
def test_a_keyhole_is_the_ring_that_it_draws(turn: int, boxes: int) -> None:
    outer, inner = circle(12.0), circle(7.0)[::turn]
    two = interpolated(stack(outer, HEIGHTS) + stack(inner, HEIGHTS), ACROSS, boxes=boxes)
    one = interpolated(stack(keyhole(outer, inner), HEIGHTS), ACROSS, boxes=boxes)
    assert one.volume_cc == pytest.approx(np.pi * (144 - 49) * 18 / 1000, rel=1e-3)
    assert furthest_apart(one, two) < 2e-3


def test_a_keyhole_that_changes_from_slice_to_slice_has_no_slit() -> None:
    two = [at_height(circle(12 + z / 6), z) for z in HEIGHTS] + [at_height(circle(7 - z / 6), z) for z in HEIGHTS]
    one = [at_height(keyhole(circle(12 + z / 6), circle(7 - z / 6)[::-1]), z) for z in HEIGHTS]
    bridged, apart = interpolated(one, ACROSS), interpolated(two, ACROSS)
    assert bridged.volume_cc == pytest.approx(apart.volume_cc, rel=2e-3)
    assert furthest_apart(bridged, apart) < 3e-3


def test_outlines_that_do_not_overlap_taper_towards_each_other() -> None:
    drawn = [at_height(circle(4.0, (-10.0 + 4.0 * z, 0.0)), z) for z in (0.0, 3.0, 6.0)]
    dvh = interpolated(drawn, linear((0.25, 0.0, 0.0)))
    assert 0.0 < dvh.volume_cc < prisms(drawn, ACROSS).volume_cc == pytest.approx(np.pi * 16 * 6 / 1000)
    assert dvh.curve is not None
    # All three keep a part of their own place.
    for low, high in ((36.0, 39.2), (39.2, 42.0), (42.0, 45.0)):
        assert dvh.curve.volume_at(low) - dvh.curve.volume_at(high) > 0.005


def test_a_slice_that_was_forgotten_is_interpolated() -> None:
    heights = [-9.0, -6.0, -3.0, 3.0, 6.0, 9.0]
    dvh = interpolated([at_height(circle(8.0 + z / 3), z) for z in heights], ALONG)
    exact = np.pi * 18 / 3 * (121 + 55 + 25) / 1000
    assert Flag.MISSING_SLICE_BRIDGED in {flag.flag for flag in dvh.flags}
    assert dvh.volume_cc == pytest.approx(exact, rel=1e-3)


# A straight solid is the same under both.

STAIRS = np.array(
    [
        *([-10, -8], [-4, -8], [-4, -6], [0, -6], [0, -3], [5, -3], [5, -1], [9, -1], [9, 4]),
        *([6, 4], [6, 7], [1, 7], [1, 9], [-3, 9], [-3, 5], [-7, 5], [-7, 0], [-10, 0]),
    ],
    dtype=float,
)
CROSS = np.array(
    [[-9, -3], [-3, -3], [-3, -9], [3, -9], [3, -3], [9, -3], [9, 3], [3, 3], [3, 9], [-3, 9], [-3, 3], [-9, 3]],
    dtype=float,
)
ELL = np.array([[-10, -8], [10, -8], [10, 0], [0, 0], [0, 8], [-10, 8]], dtype=float)


@pytest.mark.parametrize(
    ("outline", "allowed"),
    [
        (circle(10.0), 2e-4),
        (rectangle(-9, -7, 9, 7), 2e-4),
        (rectangle(-9.3, -7.1, 8.6, 7.7), 2e-4),
        (ELL + 0.37, 5e-4),  # its area is kept, its corner between the nodes is cut off
    ],
    ids=["circle", "rectangle", "rectangle-off-the-lattice", "ell-off-the-lattice"],
)
def test_a_straight_solid_is_the_same_with_prisms_and_interpolated(outline: FloatArray, allowed: float) -> None:
    dose = linear((0.7, 0.3, 0.5))
    one, other = interpolated(stack(outline, HEIGHTS), dose), prisms(stack(outline, HEIGHTS), dose)
    assert one.volume_cc == pytest.approx(other.volume_cc, rel=2e-4)
    assert furthest_apart(one, other) < allowed


# Corners on the lattice's own lines: distances of zero, and rows of nodes that run along edges.


@pytest.mark.parametrize("voxel", [1.0, 2.0])
@pytest.mark.parametrize("outline", [STAIRS, CROSS, ELL], ids=["stairs", "cross", "ell"])
def test_whole_millimetre_corners_keep_the_area_on_every_lattice(outline: FloatArray, voxel: float) -> None:
    exact = shapely.Polygon(outline).area * 18 / 1000
    dose = uniform(40.0, grid((-15,) * 3, (15,) * 3, spacing_mm=(voxel,) * 3))
    found = {
        boxes: interpolated(stack(outline, HEIGHTS), dose, boxes=boxes).volume_cc / exact - 1
        for boxes in (1_000, 2_000, 3_000, 5_000, 8_000, 12_000, 20_000, 30_000, 60_000, 100_000)
    }
    fine = {boxes: error for boxes, error in found.items() if boxes >= 3_000}
    assert {boxes: error for boxes, error in found.items() if abs(error) > 2e-2} == {}
    assert {boxes: error for boxes, error in fine.items() if abs(error) > 1e-3} == {}


@pytest.mark.parametrize("off", [(1e-6, -1e-6), (1e-3, 1e-3), (0.5, 0.5), (0.25, 0.37), (1 / 3, 1 / 3)])
def test_corners_beside_the_lattice_keep_the_area(off: tuple[float, float]) -> None:
    exact = shapely.Polygon(STAIRS).area * 18 / 1000
    dose = uniform(40.0, grid((-15,) * 3, (15,) * 3, spacing_mm=(1.0,) * 3))
    for boxes in (3_000, 30_000):
        dvh = interpolated(stack(STAIRS + np.asarray(off), HEIGHTS), dose, boxes=boxes)
        assert dvh.volume_cc == pytest.approx(exact, rel=2e-3), boxes


def test_alternatives_keep_the_area_of_whole_millimetre_corners() -> None:
    exact = shapely.Polygon(STAIRS).area * 18 / 1000
    for voxel in (1.0, 2.0, 3.0):
        dvh = dvh_of(stack(STAIRS, HEIGHTS), uniform(40.0, grid(spacing_mm=(voxel,) * 3)))
        volumes = [other.total_cc for other in dvh.alternatives if "no ends" in other.convention]
        assert volumes == pytest.approx([exact, exact], rel=3e-3), voxel


# Orientation. One scene, turned as a whole, and a dose stored in other directions.

SPHERE = sphere(12.0, 3.0)
SHIFT = (10.0, 20.0, -30.0)
METRICS = ("Volume[cc]", "Mean[Gy]", "D99%[Gy]", "D95%[Gy]", "D50%[Gy]", "D2%[Gy]", "V40Gy[cc]", "CV44Gy[cc]")


def assert_same(one: DVH, other: DVH, rel: float) -> None:
    for metric in METRICS:
        if metric.startswith(("V4", "CV")):
            assert number(one, metric) == pytest.approx(number(other, metric), abs=rel * one.volume_cc), metric
        else:
            assert number(one, metric) == pytest.approx(number(other, metric), rel=rel), metric
    # Extrema are those of single boxes.
    for metric in ("Min[Gy]", "Max[Gy]"):
        assert number(one, metric) == pytest.approx(number(other, metric), rel=3e-3), metric


def scene(convention: Convention, matrix: FloatArray, on: Grid, waves_gy: float = 4.0) -> DVH:
    """A sphere in a dose that isn't alike in any two directions, both turned and moved."""

    def dose(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        own = (np.stack([x, y, z], axis=-1) - SHIFT) @ matrix
        return 40 + own @ np.array([0.5, -0.3, 0.7]) + waves_gy * np.cos(own[..., 0] / 5)

    return dvh_of(turned(SPHERE, matrix, SHIFT), field(dose, on), convention=convention, intervals=False)


def grid_along(matrix: FloatArray, reverse: tuple[bool, bool, bool] = (False, False, False)) -> Grid:
    centre = np.asarray(SHIFT) @ matrix
    return grid(centre - 30, centre + 30, (2.0, 2.5, 3.0), matrix, reverse)


@BOTH
def test_a_flipped_dose_array_gives_the_same_dvh(convention: Convention) -> None:
    plain = scene(convention, np.eye(3), grid_along(np.eye(3)))
    for reverse in ((True, False, False), (False, True, False), (False, False, True), (True, True, True)):
        assert_same(scene(convention, np.eye(3), grid_along(np.eye(3), reverse)), plain, 5e-4)


@BOTH
def test_axes_that_change_places_give_the_same_dvh(convention: Convention) -> None:
    plain = scene(convention, np.eye(3), grid_along(np.eye(3)))
    for order in ((0, 2, 1), (1, 0, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)):
        matrix = np.eye(3)[list(order)]
        assert_same(scene(convention, matrix, grid_along(matrix)), plain, 5e-4)


@BOTH
@pytest.mark.parametrize("angles", [(15.0, 0.0, 0.0), (0.0, 0.0, 30.0), (20.0, -35.0, 60.0)])
def test_an_oblique_scene_gives_the_same_dvh(convention: Convention, angles: tuple[float, float, float]) -> None:
    matrix = rotation(*angles)
    plain = scene(convention, np.eye(3), grid_along(np.eye(3)))
    assert_same(scene(convention, matrix, grid_along(matrix)), plain, 5e-4)


@BOTH
@pytest.mark.parametrize("angles", [(0.0, 0.0, 12.0), (25.0, -10.0, 40.0), (90.0, 0.0, 0.0)])
def test_an_oblique_dose_grid_gives_the_same_dvh(convention: Convention, angles: tuple[float, float, float]) -> None:
    # A linear dose is the same between the samples of every grid.
    plain = scene(convention, np.eye(3), grid_along(np.eye(3)), 0.0)
    assert_same(scene(convention, np.eye(3), grid_along(rotation(*angles)), 0.0), plain, 5e-4)
