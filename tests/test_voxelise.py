"""Exact cell coverage: against closed areas, against exactextract, and under even-odd."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from exactextract import exact_extract
from exactextract.feature import JSONFeatureSource
from exactextract.raster import NumPyRasterSource
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.geometry import FloatArray
from rtcheck.outlines import signed_area
from rtcheck.voxelise import Lattice, coverage, occupancy
from tests.shapes import circle, keyhole, rectangle

LATTICE = Lattice(-12.0, -10.0, 1.0, 1.0, (20, 24))


def covered_mm2(*outlines: FloatArray, lattice: Lattice = LATTICE) -> float:
    return float(occupancy(outlines, lattice).sum()) * lattice.cell_mm2


def oracle(polygon: shapely.Geometry, lattice: Lattice) -> FloatArray:
    """Cell coverage by exactextract, rows from low to high v."""
    rows, columns = lattice.shape
    raster = NumPyRasterSource(
        np.arange(rows * columns, dtype=np.int64).reshape(rows, columns),
        xmin=lattice.u_mm,
        ymin=lattice.v_mm,
        xmax=lattice.u_mm + columns * lattice.column_spacing_mm,
        ymax=lattice.v_mm + rows * lattice.row_spacing_mm,
    )
    feature = {"type": "Feature", "geometry": shapely.geometry.mapping(polygon), "properties": {}}
    found = exact_extract(raster, JSONFeatureSource([feature]), ["values", "coverage"])[0]["properties"]
    share = np.zeros(rows * columns)
    share[np.asarray(found["values"], int)] = found["coverage"]
    return share.reshape(rows, columns)[::-1]


@st.composite
def stars(draw: st.DrawFn) -> FloatArray:
    """A simple polygon around a centre, with points on lattice lines now and then."""
    count = draw(st.integers(3, 25))
    radius = np.array(draw(st.lists(st.floats(0.3, 6.0), min_size=count, max_size=count)))
    angle = (np.arange(count) + draw(st.floats(0, 1))) * 2 * np.pi / count
    centre = np.array([draw(st.floats(-4, 4)), draw(st.floats(-3, 3))])
    points = centre + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.round(points) if draw(st.booleans()) and count < 8 else points


@given(stars(), st.booleans(), st.integers(0, 24))
def test_occupancy_sums_to_the_polygons_area_whatever_its_direction_and_start(
    outline: FloatArray, turn: bool, start: int
) -> None:
    polygon = shapely.Polygon(outline)
    if not polygon.is_valid:  # rounding to lattice points may fold it; even-odd is tested below
        return
    drawn = np.roll(outline[::-1] if turn else outline, start, axis=0)
    share = occupancy((drawn,), LATTICE)
    assert share.sum() == pytest.approx(abs(signed_area(outline)), abs=1e-9)
    assert share.min() >= 0.0
    assert share.max() <= 1.0 + 1e-9


@settings(max_examples=60)
@given(stars())
def test_occupancy_agrees_cell_by_cell_with_exactextract(outline: FloatArray) -> None:
    polygon = shapely.Polygon(outline)
    if not polygon.is_valid or polygon.area == 0.0:
        return
    assert occupancy((outline,), LATTICE) == pytest.approx(oracle(polygon, LATTICE), abs=1e-6)


@settings(max_examples=60)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.05, 1.0), st.floats(0.05, 0.99))
def test_rings_agree_cell_by_cell_with_exactextract(x: float, y: float, phase: float, ratio: float) -> None:
    lattice = Lattice(-12.0 + phase, -10.0 - phase, 0.7, 0.7, (30, 34))
    outer, inner = circle(5.0, (x, y), 50), circle(5.0 * ratio, (x, y), 30)
    share = occupancy((outer, inner[::-1]), lattice)
    assert share == pytest.approx(oracle(shapely.Polygon(outer, [inner]), lattice), abs=1e-6)


def assert_centroids(outlines: tuple[FloatArray, ...], polygon: shapely.Geometry) -> None:
    """Cell by cell against the intersection of the polygon with the cell."""
    covered, u, v = coverage(outlines, LATTICE)
    for row, column in np.argwhere(covered > 1e-6):
        x, y = LATTICE.u_mm + column, LATTICE.v_mm + row
        part = shapely.intersection(polygon, shapely.box(x, y, x + 1, y + 1))
        found = x + 0.5 + u[row, column], y + 0.5 + v[row, column]
        assert found == pytest.approx((part.centroid.x, part.centroid.y), abs=1e-6)
    assert not u[covered == 0.0].any()
    assert not v[covered == 0.0].any()


@settings(max_examples=40)
@given(stars(), st.booleans())
def test_the_centroid_of_every_covered_part_is_exact(outline: FloatArray, turn: bool) -> None:
    polygon = shapely.Polygon(outline)
    if polygon.is_valid and polygon.area > 0.0:
        assert_centroids((outline[::-1] if turn else outline,), polygon)


@pytest.mark.parametrize("turn", [1, -1], ids=["same-direction", "opposite-direction"])
def test_the_centroids_of_a_ring_are_exact_where_it_is_wound_twice_too(turn: int) -> None:
    outer, inner = circle(8.0, (0.3, 0.1), 60), circle(5.0, (0.3, 0.1), 40)
    ring = shapely.Polygon(outer, [inner])
    assert_centroids((keyhole(outer, inner[::turn]),), ring)
    assert_centroids((outer, inner[::turn]), ring)


def test_every_cell_inside_a_rectangle_on_lattice_lines_is_full_and_the_others_empty() -> None:
    share = occupancy((rectangle(-2, -3, 5, 4),), LATTICE)
    expected = np.zeros(LATTICE.shape)
    expected[7:14, 10:17] = 1.0
    assert share == pytest.approx(expected, abs=1e-12)


def test_a_sliver_inside_one_cell_keeps_its_area() -> None:
    share = occupancy((rectangle(0.2, 0.3, 0.201, 0.9),), LATTICE)
    assert share[10, 12] == pytest.approx(0.0006)
    assert np.count_nonzero(share) == 1


def test_a_hole_and_an_island_in_it_count_by_their_direction() -> None:
    outlines = (circle(8.0), circle(5.0)[::-1], circle(2.0))
    assert covered_mm2(*outlines) == pytest.approx(np.pi * (64 - 25 + 4), rel=1e-9)


@pytest.mark.parametrize("turn", [1, -1], ids=["same-direction", "opposite-direction"])
def test_a_keyhole_has_its_hole_whichever_way_the_inside_is_drawn(turn: int) -> None:
    # Lattice lines run through both circles, so cells wound once and twice are cut as well.
    share = occupancy((keyhole(circle(8.0), circle(5.0)[::turn]),), LATTICE)
    assert share.sum() == pytest.approx(np.pi * (64 - 25), rel=1e-9)
    assert share[10, 12] == 0.0


def test_two_islands_add_up() -> None:
    assert covered_mm2(circle(3.0, (-5, 0)), circle(2.0, (5, 1))) == pytest.approx(np.pi * 13, rel=1e-9)


def test_where_outlines_overlap_even_odd_holds() -> None:
    share = occupancy((rectangle(-5, -5, 3, 5), rectangle(-2, -5, 6, 5)), LATTICE)
    assert share.sum() == pytest.approx(30 + 30)
    assert share[10, 12] == 0.0
    thrice = occupancy((rectangle(-5, -5, 3, 5),) * 3, LATTICE)
    assert thrice.sum() == pytest.approx(80)


def test_a_figure_of_eight_counts_both_lobes() -> None:
    bow = np.array([[-4.0, -4.0], [4.0, 4.0], [4.0, -4.0], [-4.0, 4.0]])
    assert covered_mm2(bow) == pytest.approx(32.0)


def test_the_last_point_may_repeat_the_first() -> None:
    outline = circle(4.0, points=30)
    assert covered_mm2(np.concatenate([outline, outline[:1]])) == pytest.approx(covered_mm2(outline), abs=1e-12)


def test_no_outlines_cover_nothing() -> None:
    assert occupancy((), LATTICE).shape == LATTICE.shape
    assert not occupancy((), LATTICE).any()


@given(st.floats(-900, 900), st.floats(-900, 900), st.floats(0.0, 60.0), st.floats(0.0, 60.0), st.floats(0.05, 3.0))
def test_the_lattice_around_a_box_holds_it_is_centred_and_has_no_cell_to_spare(
    u: float, v: float, width: float, height: float, spacing: float
) -> None:
    lattice = Lattice.around((u, v, u + width, v + height), spacing)
    rows, columns = lattice.shape
    for low, size, cells, start in ((u, width, columns, lattice.u_mm), (v, height, rows, lattice.v_mm)):
        assert start <= low + 1e-8
        assert start + cells * spacing >= low + size - 1e-8
        assert cells == 1 or (cells - 1) * spacing < size
        assert (start + cells * spacing / 2) == pytest.approx(low + size / 2, abs=1e-8)
    assert lattice.column_mm()[0] == pytest.approx(lattice.u_mm + spacing / 2)
    assert len(lattice.column_mm()) == columns
    assert len(lattice.row_mm()) == rows


@pytest.mark.parametrize("far_mm", [0.0, 1500.0])
def test_an_outline_that_touches_every_side_of_its_lattice_loses_nothing(far_mm: float) -> None:
    outline = circle(10.0, points=64) + far_mm
    low, high = outline.min(axis=0), outline.max(axis=0)
    lattice = Lattice.around((*low.tolist(), *high.tolist()), float(high[0] - low[0]) / 16)  # fits without a remainder
    assert covered_mm2(outline, lattice=lattice) == pytest.approx(np.pi * 100, rel=1e-9)


@pytest.mark.parametrize("cut", [1e-3, 3e-5, 1e-5, 3e-6, 1e-6, 1e-7])
def test_a_corner_cut_off_leaves_nothing_behind_the_outline(cut: float) -> None:
    # The triangle that is cut off one cell has an area of cut**2 / 2 cells: what the cell lacks must not lie elsewhere.
    outline = np.array([(-2.0, -2.0), (1.0, -2.0), (1.0, 1.0 - cut), (1.0 - cut, 1.0), (-2.0, 1.0)])
    lattice = Lattice(-5.0, -5.0, 1.0, 1.0, (10, 10))
    covered, u, v = coverage([outline], lattice)
    assert not covered[:, 6:].any()
    assert not u[:, 6:].any()
    assert covered.sum() == pytest.approx(9.0 - cut * cut / 2, rel=1e-9)
    assert np.abs(u).max() <= 0.5 >= np.abs(v).max()
