"""What may make the numbers of a DVH fragile: each flag where it belongs, and not where it doesn't.

The dose grid has voxels of 2 x 2 x 2 mm, 0.008 cc, unless said.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rtcheck.convention import CONVENTIONS, Convention
from rtcheck.dvh import DVH
from rtcheck.geometry import FloatArray
from rtcheck.solid import Flag
from tests.shapes import (
    at_height,
    circle,
    dvh_of,
    grid,
    keyhole,
    linear,
    number,
    planes,
    rectangle,
    roi,
    rotation,
    sphere,
    stack,
    turned,
    uniform,
)

DOSE = linear((1.0, 0.0, 0.5))
CLEAN = stack(circle(12.0), planes(12.0, 2.0))
EVERY = pytest.mark.parametrize("convention", CONVENTIONS, ids=str)


def flags(dvh: DVH) -> set[Flag]:
    return {flag.flag for flag in dvh.flags}


def message(dvh: DVH, flag: Flag) -> str:
    """The sentence of a flag that is raised once."""
    found = [one.message for one in dvh.flags if one.flag is flag]
    assert len(found) == 1
    return found[0]


@EVERY
def test_a_large_roi_on_slices_as_far_apart_as_the_dose_has_no_flags(convention: Convention) -> None:
    dvh = dvh_of(CLEAN, DOSE, convention=convention)
    assert dvh.flags == ()
    assert dvh.problem == ""
    for metric in ("D95%[Gy]", "V40Gy[cc]", "Mean[Gy]", "D1cc[Gy]"):
        assert dvh.flags_of(metric) == ()


# Slices.


def test_a_single_slice_is_flagged_with_its_thickness() -> None:
    dvh = dvh_of(stack(circle(12.0), [3.0]), DOSE, 4.0)
    assert flags(dvh) == {Flag.SINGLE_SLICE}
    assert message(dvh, Flag.SINGLE_SLICE) == "one slice, taken as 4 mm thick"


@pytest.mark.parametrize("count", [2, 3, 4])
def test_few_slices_are_flagged(count: int) -> None:
    dvh = dvh_of(stack(circle(12.0), np.arange(count) * 2.0), DOSE)
    assert flags(dvh) == {Flag.FEW_SLICES}
    assert f"{count} slices" in message(dvh, Flag.FEW_SLICES)


def test_five_slices_are_not_few() -> None:
    assert flags(dvh_of(stack(circle(12.0), np.arange(5) * 2.0), DOSE)) == set()


def test_a_missing_slice_is_bridged_and_flagged() -> None:
    dvh = dvh_of(stack(circle(12.0), [-8, -6, -4, -2, 2, 4, 6, 8]), DOSE)
    assert flags(dvh) == {Flag.MISSING_SLICE_BRIDGED}
    assert message(dvh, Flag.MISSING_SLICE_BRIDGED) == "gap of 4 mm bridged, -2.0 to 2.0 mm"
    assert dvh.volume_cc == pytest.approx(np.pi * 144 * 18 / 1000, rel=1e-6)


def test_parts_that_lie_apart_are_flagged_and_not_as_missing_slices() -> None:
    apart = stack(circle(6.0, (-10.0, 0.0)), [-18, -16, -14, -12]) + stack(circle(6.0, (10.0, 0.0)), [12, 14, 16, 18])
    assert flags(dvh_of(apart, DOSE)) == {Flag.SEPARATE_PARTS}
    above = stack(circle(6.0), [-18, -16, -14, -12]) + stack(circle(6.0), [12, 14, 16, 18])
    assert flags(dvh_of(above, DOSE)) == {Flag.LARGE_GAP}


def test_unequal_slices_are_flagged_with_their_distances() -> None:
    dvh = dvh_of(stack(circle(12.0), [-6, -4.5, -3, -1, 1, 3, 5]), DOSE)
    assert flags(dvh) == {Flag.UNEQUAL_SPACING}
    assert message(dvh, Flag.UNEQUAL_SPACING) == "slices 1.5 to 2 mm apart"


# Contours.

EIGHT = np.array([[-9.0, -6.0], [9.0, 6.0], [9.0, -6.0], [-9.0, 6.0]])


@EVERY
def test_a_figure_of_eight_crosses_itself(convention: Convention) -> None:
    # One lobe runs against the other: half of its 108 mm2 are bounded the wrong way round.
    dvh = dvh_of(stack(EIGHT, planes(8.0, 2.0)), DOSE, convention=convention)
    assert flags(dvh) == {Flag.SELF_INTERSECTING}
    assert "cross" in message(dvh, Flag.SELF_INTERSECTING)
    assert "cc" in message(dvh, Flag.SELF_INTERSECTING)


def test_a_figure_of_eight_has_the_area_of_both_lobes() -> None:
    dvh = dvh_of(stack(EIGHT, planes(8.0, 2.0)), DOSE)
    assert dvh.volume_cc == pytest.approx(108 * 18 / 1000, rel=1e-6)
    assert message(dvh, Flag.SELF_INTERSECTING).startswith("outlines cross or run over themselves, 0.97 cc")


def test_a_figure_of_eight_is_cut_as_finely_as_its_lobes_drawn_apart() -> None:
    # Its signed area is nothing; boxes for nothing are as small as they may be, and take a hundred times as long.
    lobes = (EIGHT[[0, 3]], EIGHT[[2, 1]])
    apart = [at_height(np.vstack([lobe, [[0.0, 0.0]]]), z) for z in planes(8.0, 2.0) for lobe in lobes]
    crossing, clean = dvh_of(stack(EIGHT, planes(8.0, 2.0)), DOSE), dvh_of(apart, DOSE)
    assert clean.volume_cc == pytest.approx(crossing.volume_cc, rel=1e-6)
    assert crossing.spacing_mm >= clean.spacing_mm / 2


def test_one_crossing_slice_is_enough() -> None:
    drawn = stack(circle(12.0), [-8, -6, -4, -2, 0, 2, 4, 6])
    drawn.append(at_height(EIGHT, 8.0))
    assert flags(dvh_of(drawn, DOSE)) == {Flag.SELF_INTERSECTING}


def test_a_loop_of_less_than_a_ten_thousandth_is_no_crossing() -> None:
    tiny = np.array([[-12.0, -12.0], [11.99, -12.0], [12.0, -12.01], [12.0, -12.0], [12.0, 12.0], [-12.0, 12.0]])
    assert flags(dvh_of(stack(tiny, planes(8.0, 2.0)), DOSE)) == set()


@pytest.mark.parametrize("turn", [1, -1], ids=["same-direction", "opposite-direction"])
@EVERY
def test_a_ring_of_two_contours_crosses_nothing(convention: Convention, turn: int) -> None:
    heights = planes(8.0, 2.0)
    drawn = stack(circle(12.0), heights) + stack(circle(7.0)[::turn], heights)
    assert flags(dvh_of(drawn, DOSE, convention=convention)) == set()


def test_a_keyhole_drawn_back_inside_crosses_nothing_and_one_drawn_on_does() -> None:
    heights = planes(8.0, 2.0)
    clean = dvh_of(stack(keyhole(circle(12.0), circle(7.0)[::-1]), heights), DOSE)
    assert flags(clean) == set()
    # Even-odd makes the same ring of it, but its inside is bound twice.
    twice = dvh_of(stack(keyhole(circle(12.0), circle(7.0)), heights), DOSE)
    assert flags(twice) == {Flag.SELF_INTERSECTING}
    assert twice.volume_cc == pytest.approx(clean.volume_cc, rel=1e-6)


def test_islands_and_holes_in_islands_cross_nothing() -> None:
    rings = [circle(14.0), circle(11.0), circle(7.0), circle(3.0), circle(3.0, (20.0, 0.0))]
    drawn = [points for ring in rings for points in stack(ring, planes(8.0, 2.0))]
    assert flags(dvh_of(drawn, DOSE)) == set()


def test_contours_drawn_twice_and_contours_that_overlap_are_flagged() -> None:
    assert flags(dvh_of([*CLEAN, CLEAN[3]], DOSE)) == {Flag.DUPLICATE_CONTOURS}
    drawn = CLEAN + stack(circle(4.0, (11.0, 0.0)), planes(12.0, 2.0))
    assert flags(dvh_of(drawn, DOSE)) == {Flag.OVERLAPPING_CONTOURS}


def test_a_contour_that_nearly_fills_the_one_around_it_is_flagged() -> None:
    assert flags(dvh_of(CLEAN + stack(circle(11.0), planes(12.0, 2.0)), DOSE)) == {Flag.NESTED_ALIKE}


def test_a_contour_without_area_is_ignored_and_flagged() -> None:
    line = np.array([[20.0, 0.0, 0.0], [22.0, 0.0, 0.0], [24.0, 0.0, 0.0]])
    dvh = dvh_of([*CLEAN, line], DOSE)
    assert flags(dvh) == {Flag.OPEN_CONTOURS_IGNORED}
    assert dvh.volume_cc == pytest.approx(dvh_of(CLEAN, DOSE).volume_cc, rel=1e-9)


def test_points_off_their_plane_are_flagged() -> None:
    bent = CLEAN[6].copy()
    bent[::2, 2] += 0.1
    assert flags(dvh_of([*CLEAN[:6], bent, *CLEAN[7:]], DOSE)) == {Flag.NON_PLANAR}


# The dose grid.


def cube(side: float) -> list[FloatArray]:
    """A cube on twelve slices, the outermost half a slice inside its faces."""
    half = side / 2
    return stack(rectangle(-half, -half, half, half), planes(11 / 12 * half, side / 12))


def test_an_roi_of_fewer_than_27_dose_voxels_is_flagged() -> None:
    # 27 voxels are 0.216 cc: a cube of 6 mm.
    small = dvh_of(cube(5.9), DOSE)
    assert flags(small) == {Flag.FEW_DOSE_VOXELS}
    assert message(small, Flag.FEW_DOSE_VOXELS) == "0.205 cc is less than 27 dose voxels of 0.008 cc"
    assert flags(dvh_of(cube(6.1), DOSE)) == set()


def test_what_counts_as_few_voxels_is_the_grids_own() -> None:
    fine = grid((-12,) * 3, (12,) * 3, (1.0, 1.0, 1.0))
    assert flags(dvh_of(cube(5.9), uniform(40.0, fine))) == set()
    coarse = grid(spacing_mm=(2.0, 2.0, 3.0))
    assert flags(dvh_of(cube(6.1), uniform(40.0, coarse))) == {Flag.FEW_DOSE_VOXELS}


def test_a_near_point_dose_is_flagged_for_the_metric_that_asks_it_alone() -> None:
    # Eight voxels are 0.064 cc.
    dvh = dvh_of(CLEAN, DOSE)
    for metric in ("D0.03cc[Gy]", "D0.063cc[Gy]", "DC0.03cc[Gy]", "D0.1%[Gy]"):
        found = dvh.flags_of(metric)
        assert [flag.flag for flag in found] == [Flag.NEAR_POINT_DOSE], metric
        assert "less than 8 dose voxels of 0.008 cc" in found[0].message
    assert dvh.flags_of("D0.03cc[Gy]")[0].message.startswith("0.03 cc ")
    for metric in ("D0.065cc[Gy]", "D1cc[Gy]", "D2%[Gy]", "Max[Gy]", "Mean[Gy]", "V40Gy[cc]", "CV40Gy[cc]"):
        assert dvh.flags_of(metric) == (), metric
    assert dvh.flags == ()


def test_the_flags_of_a_metric_hold_those_of_the_dvh() -> None:
    dvh = dvh_of(sphere(2.0, 0.5), DOSE)
    assert [flag.flag for flag in dvh.flags_of("D0.03cc[Gy]")] == [Flag.FEW_DOSE_VOXELS, Flag.NEAR_POINT_DOSE]
    assert dvh.flags_of("V40Gy[cc]") == dvh.flags


def test_of_few_voxels_every_share_is_a_near_point_dose() -> None:
    # 0.034 cc: even D95 % is over less than eight voxels.
    dvh = dvh_of(sphere(2.0, 0.5), DOSE)
    assert Flag.NEAR_POINT_DOSE in {flag.flag for flag in dvh.flags_of("D95%[Gy]")}


def test_a_single_dose_frame_has_no_voxels_to_count() -> None:
    on = dataclasses.replace(grid(thickness_mm=10.0), frame_offsets_mm=np.array([30.0]), shape=(1, 31, 31))
    dvh = dvh_of(cube(3.0), uniform(40.0, on))
    assert dvh.voxel_cc == 0.0
    assert flags(dvh) == set()
    assert dvh.flags_of("D0.001cc[Gy]") == ()


@pytest.mark.parametrize(("spacing", "voxel", "coarse"), [(3.0, 2.0, True), (2.0, 2.0, False), (1.0, 2.0, False)])
def test_contours_further_apart_than_the_dose_is_known_are_coarse(spacing: float, voxel: float, coarse: bool) -> None:
    dvh = dvh_of(stack(circle(12.0), planes(12.0, spacing)), uniform(40.0, grid(spacing_mm=(1.0, 1.0, voxel))))
    assert flags(dvh) == ({Flag.COARSE_CONTOURS} if coarse else set())
    if coarse:
        assert message(dvh, Flag.COARSE_CONTOURS) == "contours 3 mm apart in a dose known every 2 mm"


def test_coarse_is_measured_along_the_contours_normal() -> None:
    # Sagittal contours 3 mm apart: it is the dose along x that counts, however the grid is stored.
    sagittal = turned(stack(circle(12.0), planes(12.0, 3.0)), np.eye(3)[[2, 0, 1]])
    assert np.ptp(sagittal[0][:, 0]) == 0.0
    for order in ((0, 1, 2), (1, 2, 0), (2, 1, 0)):
        matrix = np.eye(3)[list(order)]
        along_x = int(np.argmax(np.abs(matrix.T[:, 0])))
        spacing = [1.0, 1.0, 1.0]
        spacing[along_x] = 3.0
        assert flags(dvh_of(sagittal, uniform(40.0, grid(spacing_mm=spacing, matrix=matrix)))) == set(), order
        spacing[along_x] = 2.0
        found = flags(dvh_of(sagittal, uniform(40.0, grid(spacing_mm=spacing, matrix=matrix))))
        assert found == {Flag.COARSE_CONTOURS}, order


def test_slightly_tilted_grids_of_the_same_spacing_are_not_coarse() -> None:
    assert flags(dvh_of(CLEAN, uniform(40.0, grid(matrix=rotation(0.0, 3.0, 10.0))))) == set()


# Outside the grid.


@pytest.mark.parametrize(("end", "percent"), [(0.0, "50"), (6.5, "25"), (-6.5, "75"), (12.48, "2")])
def test_what_is_outside_the_grid_is_told_in_percent(end: float, percent: str) -> None:
    # The cylinder with its ends is 26 mm high.
    on = grid((-30, -30, -30), (30, 30, end), (2.0, 2.0, 2.0))
    on = dataclasses.replace(on, frame_offsets_mm=np.linspace(0.0, end + 30.0, len(on.frame_offsets_mm)))
    dvh = dvh_of(CLEAN, uniform(40.0, on))
    assert Flag.OUTSIDE_GRID in flags(dvh)
    assert message(dvh, Flag.OUTSIDE_GRID) == f"{percent} % of the volume lies outside the dose grid"
    assert dvh.outside_percent == pytest.approx(float(percent), abs=0.05)
    assert all(flag in dvh.flags_of("V30Gy[cc]") for flag in dvh.flags)


def test_an_roi_within_the_grid_is_not_outside() -> None:
    assert Flag.OUTSIDE_GRID not in flags(dvh_of(CLEAN, uniform(40.0, grid((-14, -14, -13), (14, 14, 13)))))


# The DVH as the second engine's value.


def test_a_dvh_is_handed_over_in_dicompylers_own_type() -> None:
    dvh = dvh_of(CLEAN, DOSE)
    theirs = dvh.to_dicompyler()
    assert (type(theirs).__module__, type(theirs).__name__) == ("dicompylercore.dvh", "DVH")
    assert theirs.name == "R"
    assert theirs.volume == pytest.approx(dvh.volume_cc, rel=1e-9)
    assert theirs.D50.value == pytest.approx(number(dvh, "D50%[Gy]"), abs=0.011)
    assert theirs.V35Gy.value == pytest.approx(number(dvh, "V35Gy[cc]"), rel=1e-6)
    assert theirs.notes is None


@EVERY
def test_the_dvh_that_is_handed_over_is_that_of_the_chosen_convention(convention: Convention) -> None:
    dvh = dvh_of(sphere(12.0, 2.0), DOSE, convention=convention, intervals=False)
    theirs = dvh.to_dicompyler(color=(0, 128, 255))
    assert theirs.volume == pytest.approx(dvh.volume_cc, rel=1e-9)
    assert theirs.color.tolist() == [0, 128, 255]


def test_the_volume_handed_over_is_that_inside_the_grid_and_the_rest_is_noted() -> None:
    dvh = dvh_of(CLEAN, linear((1.0, 0.0, 0.5), grid((-30, -30, -30), (30, 30, 0))))
    theirs = dvh.to_dicompyler()
    assert theirs.volume == pytest.approx(dvh.volume_cc / 2, rel=1e-3)
    assert theirs.notes == message(dvh, Flag.OUTSIDE_GRID)


def test_names_are_those_of_the_roi() -> None:
    assert dvh_of(roi(CLEAN, name="Liver"), DOSE).to_dicompyler().name == "Liver"
