"""Second opinions: every cause provoked and named, no ROI left out, and dicompyler-core's faults its own."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import rtcheck
from rtcheck import synthetic
from rtcheck.convention import Between, Convention, Ends
from rtcheck.crosscheck import (
    Cause,
    Comparison,
    Engine,
    compare_peer,
    compare_stored,
    peer_comparisons,
    peer_dvh,
    peer_dvh_of_files,
    second_opinions,
    stored_comparisons,
    to_dicompyler,
)
from rtcheck.crosscheck.peer import PeerError
from rtcheck.curve import DoseVolumeCurve
from rtcheck.dvh import DVH
from rtcheck.errors import UsageError
from rtcheck.study import ROI, RTDose, StoredDVH
from tests import shapes, studies


def gradient(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """30 Gy at the origin, 0.2 Gy/mm along x and 0.3 Gy/mm along z."""
    return 30 + 0.2 * x + 0.3 * z


def cylinder(radius: float = 20.0, low: float = -21.0, high: float = 21.0, spacing: float = 3.0) -> list[np.ndarray]:
    return shapes.stack(shapes.circle(radius), np.arange(low, high + spacing / 2, spacing))


def box() -> list[np.ndarray]:
    """Its sides run between dose voxels of 3 mm, so that counting whole ones is exact."""
    return shapes.stack(shapes.rectangle(-19.5, -19.5, 19.5, 19.5), np.arange(-21.0, 22.0, 3.0))


def case_of(roi: ROI, dose: RTDose | None = None, *more: ROI) -> rtcheck.Case:
    return rtcheck.Case(studies.study([roi, *more], studies.dose(gradient, spacing_mm=3.0) if dose is None else dose))


def stored_of(dvh: DVH, number: int = 1, width_gy: float = 0.01, factor: float = 1.0, **changes: object) -> StoredDVH:
    """What a planning system would store of a DVH, its doses times a factor."""
    assert dvh.curve is not None
    edges = np.arange(0.0, dvh.max_gy + 2 * width_gy, width_gy)
    volumes = np.array([dvh.curve.volume_at(edge) for edge in edges])
    percent = 100 * volumes / dvh.curve.total_cc
    stored = StoredDVH((number,), edges * factor, percent, dvh.volume_cc, mean_gy=dvh.mean_gy * factor)
    return replace(stored, **changes)  # type: ignore[arg-type]


def judged(case: rtcheck.Case, stored: StoredDVH) -> Comparison:
    row = compare_stored(case, stored)
    assert row.problem == ""
    assert row.engine is Engine.STORED
    return row


# Agreement, and the numbers of a comparison.


def test_same_dvh_agrees_within_its_bins() -> None:
    case = case_of(shapes.roi(cylinder()))
    row = judged(case, stored_of(case.dvh("R")))
    assert (row.cause, row.explanation) == (Cause.AGREEMENT, "agreement within 0.1 %")
    assert row.volume_cc == row.other_volume_cc == pytest.approx(np.pi * 0.4 * 4.5 * 10, rel=1e-3)
    assert abs(row.volume_difference_percent) < 0.05
    assert abs(row.dose_difference_gy) < 0.01
    assert not row.is_notable


def test_largest_differences_are_where_they_were_put() -> None:
    """From 30 Gy on the other has a tenth of the volume less; then all of it 1 Gy more."""
    low, high = 10.0, 50.0
    edges = np.arange(5001) * 0.01
    ours = DoseVolumeCurve(np.array([low, high]), np.array([100.0, 0.0]))
    dvh = DVH("R", ("R",), ours, 30.0, low, high)
    percent = np.minimum(100 * (high - edges) / (high - low), 100.0)
    row = compare_stored(dvh, StoredDVH((1,), edges, np.where(edges > 30, 0.9 * percent, percent), 100.0, mean_gy=29.5))
    assert row.volume_difference_percent == pytest.approx(-5.0, abs=0.05)
    assert row.at_dose_gy == pytest.approx(30.0, abs=0.02)
    assert row.dose_difference_gy == pytest.approx(-2.0, abs=0.1)  # 45 to 50 %: nothing between 30 and 30.01 Gy
    assert 45 <= row.at_volume_percent <= 50
    assert row.mean_difference_gy == pytest.approx(-0.5)
    assert row.largest_percent == pytest.approx(100 * 1.99 / 50, abs=0.2)
    assert row.is_notable
    shifted = compare_stored(dvh, StoredDVH((1,), np.append(0, edges + 1), np.append(100, percent), 100.0))
    assert (shifted.dose_difference_gy, shifted.mean_difference_gy) == (pytest.approx(1.0), pytest.approx(1.0))
    assert shifted.volume_difference_percent == pytest.approx(2.5, abs=0.05)


def test_steep_fall_alone_is_no_disagreement() -> None:
    """All volume within a centigray: any volume difference is one of a bin."""
    case = case_of(shapes.roi(cylinder()), studies.dose(40.0, spacing_mm=3.0))
    stored = StoredDVH((1,), np.array([0, 39.99, 40.0]), np.array([100.0, 100.0, 0.0]), case.dvh("R").volume_cc)
    row = judged(case, stored)
    assert row.volume_difference_percent == pytest.approx(-100, abs=0.1)
    assert row.cause is Cause.AGREEMENT


def test_dvh_alone_is_enough() -> None:
    dvh = case_of(shapes.roi(cylinder())).dvh("R")
    assert compare_stored(dvh, stored_of(dvh)).cause is Cause.AGREEMENT
    assert compare_stored(dvh, stored_of(dvh, volume_cc=2 * dvh.volume_cc)).cause is Cause.UNEXPLAINED
    assert "can't be used: why" in compare_stored(dvh, stored_of(dvh, problem="why")).problem


def test_plain_data_have_no_nan() -> None:
    case = case_of(shapes.roi(cylinder()), None, studies.empty_roi(2, "Empty"))
    for row in second_opinions(case):
        json.dumps(row.to_dict(), allow_nan=False)
        assert list(row.to_dict())[:2] == ["roi", "engine"]


# Causes, each provoked.


def test_system_that_stops_at_the_dose_grid_is_named() -> None:
    dose = studies.dose(gradient, low_mm=(-60, -60, -10), spacing_mm=2.0)
    case = case_of(shapes.roi(cylinder()), dose)
    dvh = case.dvh("R")
    assert dvh.outside_percent == pytest.approx(100 * 12.5 / 45, abs=0.1)
    inside = stored_of(dvh, volume_cc=dvh.volume_cc - dvh.outside_cc)
    row = judged(case, inside)
    assert row.cause is Cause.OUTSIDE_GRID
    assert row.explanation == "28 % of the ROI lies outside the dose grid: the planning system stops at the grid's edge"
    share = 1 - dvh.outside_percent / 100
    unirradiated = replace(
        stored_of(dvh), volume_percent=np.append(100.0, share * stored_of(dvh).volume_percent[1:]), mean_gy=None
    )
    row = judged(case, unirradiated)
    assert row.cause is Cause.OUTSIDE_GRID
    assert row.explanation.endswith("counts that part as unirradiated")


def test_volume_far_from_the_beams_is_named() -> None:
    def beam(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        return np.clip(50 * (1 - np.abs(z) / 15), 0.2, None)

    case = case_of(shapes.roi(cylinder(low=-57, high=57)), studies.dose(beam, spacing_mm=3.0))
    dvh = case.dvh("R")
    full = stored_of(dvh)
    volume = dvh.volume_cc * full.volume_percent / 100
    lost = np.where(full.dose_gy <= 0.2, 12.0, 0.0)
    whole = dvh.volume_cc - 12.0
    row = judged(case, replace(full, volume_percent=100 * (volume - lost) / whole, volume_cc=whole, mean_gy=None))
    assert row.cause is Cause.LOW_DOSE_PART
    assert row.explanation.startswith("12 cc less there, all of it below 0.2 Gy")


def test_other_units_or_another_plan_are_named() -> None:
    case = case_of(shapes.roi(cylinder()))
    row = judged(case, stored_of(case.dvh("R"), factor=0.2))
    assert row.cause is Cause.OTHER_DOSE
    assert "0.2 times ours" in row.explanation


def test_single_slice_of_another_thickness_is_named() -> None:
    case = case_of(shapes.roi(cylinder(low=0, high=0)), None, replace(shapes.roi(cylinder(), name="S"), number=2))
    row = judged(case, stored_of(case.dvh("R"), volume_cc=2.0 * case.dvh("R").volume_cc))
    assert row.cause is Cause.SINGLE_SLICE


def test_missing_slice_that_is_not_bridged_is_named() -> None:
    contours = cylinder()
    case = case_of(shapes.roi(contours[:7] + contours[8:]))
    whole = rtcheck.Case(studies.study([shapes.roi(contours)], case.study.dose)).dvh("R").volume_cc
    assert case.dvh("R").volume_cc == pytest.approx(whole, rel=1e-3)
    row = judged(case, stored_of(case.dvh("R"), volume_cc=whole * 14 / 15))
    assert row.cause is Cause.MISSING_SLICE
    row = compare_peer(case, case.study.structure_set.rois[0])
    assert row.cause is Cause.MISSING_SLICE
    assert row.explanation.startswith("a missing slice: bridged here, lost there (3 mm each give")


def test_unequal_slices_of_one_thickness_are_named() -> None:
    heights = [-12.0, -9, -6, -3, 0, 2, 4, 6, 8, 10]
    case = case_of(shapes.roi(shapes.stack(shapes.rectangle(-19.5, -19.5, 19.5, 19.5), heights)))
    assert case.dvh("R").volume_cc == pytest.approx(3.9**2 * 2.45, rel=1e-3)
    row = compare_peer(case, case.study.structure_set.rois[0])
    assert row.cause is Cause.UNEQUAL_SLICES
    assert row.other_volume_cc == pytest.approx(3.9**2 * 2.0, rel=1e-6)


def test_overlaps_taken_as_holes_are_named() -> None:
    """Two squares that overlap in part: here one region, and there the overlap is a hole."""
    contours = box()
    case = case_of(shapes.roi(contours + [np.add(points, [21.0, 0.0, 0.0]) for points in contours]))
    one_cc = 3.9**2 * 4.5
    assert case.dvh("R").volume_cc == pytest.approx(one_cc * 60 / 39, rel=1e-3)
    row = compare_peer(case, case.study.structure_set.rois[0])
    assert row.cause is Cause.OVERLAPS
    assert "taken as holes there" in row.explanation
    assert "joined here" in row.explanation
    assert row.other_volume_cc == pytest.approx(one_cc * 42 / 39, rel=1e-6)
    row = judged(case, stored_of(case.dvh("R"), volume_cc=2 * one_cc))
    assert (row.cause, "taken twice there" in row.explanation) == (Cause.OVERLAPS, True)


def test_other_end_caps_are_named() -> None:
    """Without ends a stack of 15 slices is 14 high; the dose at its ends is the first to go."""
    case = case_of(shapes.roi(cylinder()))
    bare = rtcheck.Case(case.study, convention=Convention(ends=Ends.NONE)).dvh("R")
    assert bare.volume_cc == pytest.approx(case.dvh("R").volume_cc * 14 / 15, rel=1e-3)
    row = judged(case, stored_of(bare))
    assert row.cause is Cause.END_CAPS
    assert row.explanation.startswith("end caps: read as prism, no ends, the contours give what is there within 0")


def test_about_one_slice_is_named_where_no_convention_fits() -> None:
    case = case_of(shapes.roi(cylinder()))
    row = judged(case, stored_of(case.dvh("R"), volume_cc=case.dvh("R").volume_cc * 16.1 / 15))
    assert row.cause is Cause.END_CAPS
    assert "differ by about one slice (3.77 cc)" in row.explanation


def test_other_surface_between_slices_is_named() -> None:
    """A cone of coarse slices, wide at its base: prisms and the interpolated surface differ."""
    contours = [shapes.at_height(shapes.circle(36 - 1.2 * z), z) for z in (0.0, 4, 8, 12, 16, 20, 24, 28)]
    contours += [shapes.at_height(shapes.circle(10), 32.0), shapes.at_height(shapes.circle(36), 36.0)]
    case = case_of(shapes.roi(contours), studies.dose(lambda x, y, z: 30 + 0.7 * z, spacing_mm=2.0))
    smooth = rtcheck.Case(case.study, convention=Convention(Between.INTERPOLATED)).dvh("R")
    row = judged(case, stored_of(smooth))
    assert row.cause is Cause.BETWEEN_SLICES
    assert "read as interpolated" in row.explanation


def test_wide_bins_are_named() -> None:
    """Bins of 2 Gy whose volume is that in their middle."""
    case = case_of(shapes.roi(cylinder()))
    dvh = case.dvh("R")
    coarse = stored_of(dvh, width_gy=2.0)
    middle = [100 * dvh.curve.volume_at(edge - 1.0) / dvh.volume_cc for edge in coarse.dose_gy]
    row = judged(case, replace(coarse, volume_percent=np.append(middle[:-1], 0.0), mean_gy=None))
    assert 1.0 < row.dose_difference_gy < 2.0
    assert (row.cause, row.explanation) == (Cause.BINS, "other bins: no dose differs by more than one of 2 Gy")


def test_small_roi_of_whole_dose_voxels_is_named() -> None:
    contours = shapes.sphere(4.0, 1.0)
    case = case_of(shapes.roi(contours), studies.dose(gradient, spacing_mm=4.0))
    row = compare_peer(case, case.study.structure_set.rois[0])
    assert row.cause is Cause.WHOLE_VOXELS
    assert "as large as 4.2 dose voxels" in row.explanation


def test_thin_roi_of_whole_dose_voxels_is_named() -> None:
    """A plate 5 mm thick on voxels of 4 mm: one row of them or two."""
    plate = shapes.stack(shapes.rectangle(-40, -2.2, 40, 2.8), np.arange(-40.0, 41.0, 2.0))
    case = case_of(shapes.roi(plate), studies.dose(gradient, spacing_mm=4.0))
    row = compare_peer(case, case.study.structure_set.rois[0])
    assert row.other_volume_cc != pytest.approx(row.volume_cc, rel=0.1)
    assert row.cause is Cause.WHOLE_VOXELS
    assert "its edge cuts" in row.explanation


def test_dose_half_a_voxel_off_is_named() -> None:
    case = case_of(shapes.roi(cylinder()), studies.dose(lambda x, y, z: 30 + 1.0 * x, spacing_mm=4.0))
    whole = stored_of(case.dvh("R"))
    row = judged(case, replace(whole, dose_gy=whole.dose_gy + 2.0, mean_gy=whole.mean_gy + 2.0))
    assert row.cause is Cause.STEEP_DOSE
    assert "by up to 4 Gy from voxel to voxel" in row.explanation


def test_what_no_cause_explains_is_said_to_be_unexplained() -> None:
    case = case_of(shapes.roi(cylinder()))
    row = judged(case, stored_of(case.dvh("R"), volume_cc=1.5 * case.dvh("R").volume_cc))
    assert row.cause is Cause.UNEXPLAINED
    assert row.is_notable


# dicompyler-core and its faults.


def test_shim_is_still_needed() -> None:
    """Without the shim the parser doesn't import; when it does, the shim can go."""
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import dicompylercore.dicomparser"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode != 0
    assert "read_file" in process.stderr


def test_peer_agrees_on_a_sample_plan_from_values_and_from_files(sample_plans: Path) -> None:
    folder = sample_plans / "hcc-sbrt-5fx"
    study = rtcheck.read_study(folder)
    case = rtcheck.Case(study)
    structures = (folder / study.structure_set.source.name).read_bytes()
    dose = (folder / study.dose.source.name).read_bytes()
    for name in ("Liver", "GTV", "Kidney_L"):
        roi = next(roi for roi in study.structure_set.rois if roi.name == name)
        peer, ours = peer_dvh(roi, study.dose), case.dvh(name)
        assert peer.volume_cc == pytest.approx(ours.volume_cc, rel=0.01), name
        assert peer.mean_gy == pytest.approx(ours.mean_gy, rel=0.005), name
        from_files = peer_dvh_of_files(structures, dose, roi.number)
        assert peer.volume_cc == pytest.approx(from_files.volume_cc, rel=1e-12), name
        # Doses on the edge of a bin may fall to either side of it.
        assert peer.mean_gy == pytest.approx(from_files.mean_gy, abs=0.001), name
        assert compare_peer(case, roi).cause is Cause.AGREEMENT


@pytest.mark.parametrize("columns_mm", [2.0, 5.0])
def test_peer_reads_dose_voxels_that_are_not_square(columns_mm: float) -> None:
    """A fault of earlier releases: rows and columns swapped."""
    on = shapes.grid((-40, -50, -60), (40, 50, 60), (columns_mm, 2.5, 3.0))
    points = shapes.sample_points(on)
    gray = np.ascontiguousarray(10 + 0.1 * points[..., 0] + 0.05 * points[..., 1], np.float32)
    dose = replace(studies.dose(1.0), grid=on, dose_gy=gray)
    rectangle = shapes.rectangle(-3.5 * columns_mm, -31.25, 4.5 * columns_mm, 8.75)
    box = shapes.stack(rectangle, np.arange(-21.0, 22.0, 3.0))
    row = compare_peer(case_of(shapes.roi(box), dose), shapes.roi(box))
    assert row.other_volume_cc == pytest.approx(row.volume_cc, rel=1e-6)
    assert row.mean_gy == pytest.approx(10 + 0.05 * columns_mm - 0.05 * 11.25, abs=0.002)
    assert row.other_mean_gy == pytest.approx(row.mean_gy, abs=0.01)


@pytest.mark.parametrize("reverse", [(False, False, True), (True, False, True), (True, True, False)])
def test_peer_reads_frames_and_rows_in_every_direction(reverse: tuple[bool, bool, bool]) -> None:
    on = shapes.grid((-40, -40, -40), (40, 40, 40), (2, 2, 2), None, reverse)
    points = shapes.sample_points(on)
    gray = np.ascontiguousarray(30 + 0.1 * points[..., 0] + 0.3 * points[..., 2], np.float32)
    roi = shapes.roi(cylinder(12, -9, 21))
    row = compare_peer(case_of(roi, replace(studies.dose(1.0), grid=on, dose_gy=gray)), roi)
    assert row.other_mean_gy == pytest.approx(row.mean_gy, abs=0.05)


def test_single_slice_has_no_volume_there() -> None:
    case = case_of(shapes.roi(cylinder(low=0, high=0)), None, replace(shapes.roi(cylinder(), name="S"), number=2))
    row = compare_peer(case, case.study.structure_set.rois[0])
    assert row.cause is Cause.SINGLE_SLICE
    assert row.explanation == "single-slice ROI: dicompyler-core gives it no volume"
    assert (row.other_volume_cc, row.is_notable) == (0.0, True)


def test_absolute_frame_offsets_are_named(tmp_path: Path) -> None:
    """From files as they stand it puts the dose elsewhere; from values, where offsets are relative, it doesn't."""
    z = np.arange(-60.0, 61.0, 3.0)
    gray = np.broadcast_to((30 + 0.3 * z)[:, None, None], (len(z), 41, 41))
    spec = synthetic.RoiSpec("R", 1, box())
    files = {
        "rs.dcm": synthetic.structure_set_dataset([spec]),
        "rd.dcm": synthetic.dose_dataset(gray, (-60, -60, -60), (3, 3, 3), offsets_mm=z),
        "rp.dcm": synthetic.plan_dataset(40, 5),
    }
    for name, dataset in files.items():
        synthetic.save(dataset, tmp_path / name)
    case = rtcheck.Case(rtcheck.read_study(tmp_path))
    (roi,) = case.study.structure_set.rois
    assert case.dvh("R").mean_gy == pytest.approx(30, abs=0.05)
    other = peer_dvh_of_files((tmp_path / "rs.dcm").read_bytes(), (tmp_path / "rd.dcm").read_bytes(), 1)
    row = compare_peer(case, roi, other)
    assert row.cause is Cause.FRAME_OFFSETS
    assert row.explanation == "absolute frame offsets: dicompyler-core puts the dose 60 mm too low"
    # 60 mm of gradient, in the planes up to z = 0: further up it finds no dose.
    assert row.mean_difference_gy == pytest.approx(0.3 * (60 - 10.5), abs=0.1)
    row = compare_peer(case, roi)
    assert row.cause is Cause.STEEP_DOSE  # one plane of every slice is sampled
    assert abs(row.mean_difference_gy) < 0.01


def test_volume_beyond_the_grid_is_spread_there() -> None:
    roi = shapes.roi(box())
    row = compare_peer(case_of(roi, studies.dose(gradient, low_mm=(-60, -60, -9), spacing_mm=3.0)), roi)
    assert row.other_volume_cc == pytest.approx(row.volume_cc, rel=1e-6)
    assert row.cause is Cause.OUTSIDE_GRID
    assert row.explanation.endswith("its dose is unknown here, and there spread over the doses inside")


def test_doses_below_its_first_bin_agree() -> None:
    """It calls the only bin of such a histogram 1 Gy wide."""
    roi = shapes.roi(box())
    dose = studies.dose(lambda x, y, z: np.where(z < 50, 0.002, 10.0), spacing_mm=3.0)
    row = compare_peer(case_of(roi, dose), roi)
    assert row.cause is Cause.AGREEMENT
    assert abs(row.dose_difference_gy) <= 0.01


def test_what_it_cannot_read_is_a_row_and_no_crash() -> None:
    sagittal = shapes.grid(matrix=shapes.rotation(0, 90, 0))
    dose = replace(studies.dose(1.0), grid=sagittal, dose_gy=np.full(sagittal.shape, 5, np.float32))
    roi = shapes.roi(cylinder(10, -6, 6))
    row = compare_peer(case_of(roi, dose), roi)
    assert "dicompyler-core fails: NotImplementedError" in row.problem
    assert row.volume_cc == pytest.approx(0.1 * np.pi * 15, rel=1e-3)
    upright = shapes.roi(shapes.turned(cylinder(10, -6, 6), shapes.rotation(90)))
    assert "transverse contours alone" in compare_peer(case_of(upright), upright).problem


def test_dose_of_zero_agrees() -> None:
    roi = shapes.roi(box())
    assert compare_peer(case_of(roi, studies.dose(0.0, spacing_mm=3.0)), roi).cause is Cause.AGREEMENT


def test_roi_between_dose_voxels_has_no_volume_there() -> None:
    roi = shapes.roi(shapes.stack(shapes.circle(1.0, (2.0, 2.0)), (0.0, 1.0, 2.0)))
    row = compare_peer(case_of(roi, studies.dose(gradient, spacing_mm=4.0)), roi)
    assert row.problem == "dicompyler-core finds no dose voxel in it"
    assert row.volume_cc > 0


def test_roi_without_contours_has_no_peer() -> None:
    with pytest.raises(PeerError, match="no closed contours"):
        peer_dvh(studies.empty_roi(1, "Empty"), studies.dose(1.0))


def test_its_log_stays_off_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    """Contours beyond the grid make it log a warning for each; without handlers that would be printed."""
    roi = shapes.roi(cylinder())
    compare_peer(case_of(roi, studies.dose(gradient, low_mm=(-60, -60, -10), spacing_mm=2.0)), roi)
    assert capfd.readouterr().err == ""
    handlers = logging.getLogger("dicompylercore").handlers
    assert [type(handler) for handler in handlers] == [logging.NullHandler]


# A whole case.


def test_every_roi_has_its_rows() -> None:
    rois = [replace(shapes.roi(cylinder(), name=f"R{number}"), number=number) for number in (1, 2, 3)]
    case = case_of(rois[0], None, *rois[1:], studies.empty_roi(4, "Empty"))
    dvh = case.dvh("R1")
    stored = (stored_of(dvh, 1), stored_of(dvh, 2, problem="why"), stored_of(dvh, 9))
    case = rtcheck.Case(studies.with_dose(case.study, replace(case.study.dose, stored_dvhs=stored)))
    rows = stored_comparisons(case)
    assert [row.roi for row in rows] == ["R1", "R2", "R3", "Empty", "ROI 9"]
    assert rows[0].cause is Cause.AGREEMENT
    assert [row.problem for row in rows[1:]] == [
        "the stored DVH can't be used: why",
        "no DVH is stored for it",
        "no DVH is stored for it",
        "a DVH is stored for ROI 9, which the structure set doesn't have",
    ]
    peers = peer_comparisons(case)
    assert [row.roi for row in peers] == ["R1", "R2", "R3", "Empty"]
    assert peers[3].problem == "no DVH here: no contours"
    both = second_opinions(case)
    assert [(row.roi, row.engine) for row in both[:2]] == [("R1", Engine.STORED), ("R1", Engine.PEER)]
    assert len(both) == len(rows) + len(peers)


def test_case_without_stored_dvhs_says_so_for_every_roi() -> None:
    rows = stored_comparisons(case_of(shapes.roi(cylinder()), None, studies.empty_roi(2, "Empty")))
    assert [row.problem for row in rows] == ["the dose file stores no DVHs"] * 2


def test_stored_for_an_roi_without_contours_has_nothing_to_compare_with() -> None:
    case = case_of(shapes.roi(cylinder()), None, studies.empty_roi(2, "Empty"))
    row = compare_stored(case, stored_of(case.dvh("R"), 2))
    assert row.problem == "no DVH here: no contours"
    assert row.cause is None


def test_stored_for_two_rois_is_compared_with_their_union() -> None:
    other = replace(shapes.roi(cylinder(low=24, high=48), name="S"), number=2)
    case = case_of(shapes.roi(cylinder()), None, other)
    row = judged(case, stored_of(case.dvh("R + S"), roi_numbers=(1, 2)))
    assert (row.roi, row.cause) == ("R + S", Cause.AGREEMENT) or (row.roi, row.cause) == ('"R" + "S"', Cause.AGREEMENT)


def test_dvhs_of_another_structure_set_say_so() -> None:
    case = case_of(shapes.roi(cylinder()))
    dose = replace(case.study.dose, referenced_structure_set_uid="1.2.99")
    row = compare_stored(rtcheck.Case(studies.with_dose(case.study, dose)), stored_of(case.dvh("R")))
    assert any("another structure set (1.2.99)" in remark for remark in row.remarks)


def test_names_asked_for_are_found_and_expressions_have_no_opinion() -> None:
    left = replace(shapes.roi(cylinder(), name="Kidney_L"), number=1)
    case = case_of(left, None, replace(shapes.roi(cylinder(15), name="Liver - GTV"), number=2))
    rows = second_opinions(case, ["Left Kidney", "Liver - GTV", "Kidney_L & Kidney_L", "Spleen"])
    assert [row.roi for row in rows] == ["Kidney_L"] * 2 + ["Liver - GTV"] * 2 + ["Kidney_L & Kidney_L", "Spleen"]
    assert "single ROIs alone" in rows[4].problem
    assert "no ROI is named 'Spleen'" in rows[5].problem


# DVHs as dicompyler-core's own type.


def test_dvh_as_dicompyler_value_answers_as_ours_to_a_bin() -> None:
    case = rtcheck.Case(
        studies.study(
            [shapes.roi(cylinder())],
            studies.dose(gradient, spacing_mm=3.0),
            studies.plan([studies.target_reference(1, 40.0, 1)]),
        )
    )
    ours = case.dvh("R")
    theirs = to_dicompyler(ours, color=(255, 0, 0))
    assert (theirs.name, theirs.dvh_type, theirs.dose_units, theirs.volume_units) == ("R", "cumulative", "Gy", "cm3")
    assert theirs.rx_dose == 40.0
    assert theirs.color.tolist() == [255, 0, 0]
    assert theirs.volume == pytest.approx(ours.volume_cc)
    assert theirs.mean == pytest.approx(ours.mean_gy, abs=0.006)
    for name, metric in (("D95", "D95%[Gy]"), ("D50", "D50%[Gy]"), ("D2cc", "D2cc[Gy]")):
        assert getattr(theirs, name).value == pytest.approx(shapes.number(ours, metric), abs=0.011), name
    for name, metric in (("V30Gy", "V30Gy[cc]"), ("V26Gy", "V26Gy[cc]"), ("V100", "V40Gy[cc]")):
        assert getattr(theirs, name).value == pytest.approx(shapes.number(ours, metric), rel=1e-6), name
    # Its extrema are upper edges of the bins that the curve reaches.
    assert 0 <= theirs.max - ours.curve.dose_gy[-1] <= 0.0101
    assert 0 <= theirs.min - ours.curve.dose_gy[0] <= 0.0101
    assert theirs.notes is None


def test_dicompyler_answers_zero_where_there_is_no_answer() -> None:
    """Its own fault, and why its type is for its own users: more volume than there is gets 0 Gy, as if spared."""
    ours = case_of(shapes.roi(cylinder())).dvh("R")
    assert ours["D700cc[Gy]"].value is None
    assert to_dicompyler(ours).D700cc.value == 0.0
    assert to_dicompyler(ours).rx_dose is None


def test_uniform_dose_stays_within_its_bin() -> None:
    """But its `D95` is 0 Gy: all bins below are as near to 95 %, and the first of them answers."""
    theirs = to_dicompyler(case_of(shapes.roi(cylinder()), studies.dose(40.0, spacing_mm=3.0)).dvh("R"))
    assert theirs.V40Gy.value == pytest.approx(theirs.volume)
    assert theirs.max == pytest.approx(40.01)
    assert theirs.mean == pytest.approx(40.005)
    assert theirs.D95.value == 0.0


def test_part_outside_the_grid_is_noted() -> None:
    dose = studies.dose(gradient, low_mm=(-60, -60, -10), spacing_mm=2.0)
    theirs = to_dicompyler(case_of(shapes.roi(cylinder()), dose).dvh("R"))
    assert theirs.notes == "27.8 % of the volume lies outside the dose grid"


def test_dvh_without_a_curve_is_not_handed_over() -> None:
    case = case_of(shapes.roi(cylinder()), None, studies.empty_roi(2, "Empty"))
    with pytest.raises(UsageError, match=r"Empty: .*there is no DVH to give"):
        to_dicompyler(case.dvh("Empty"))


# Real plans.


def test_breast_stored_dvhs_are_compared(shared_data: Path) -> None:
    case = rtcheck.Case(rtcheck.read_study(shared_data / "eclipse-breast"))
    rows = {row.roi: row for row in stored_comparisons(case)}
    assert len(rows) == 10
    assert rows["Areola"].problem == "no DVH is stored for it"
    assert all(row.problem == "" for name, row in rows.items() if name != "Areola")
    for name in ("Heart", "Lt Lung"):
        assert abs(rows[name].whole_difference_percent) < 1.0, name
        assert abs(rows[name].mean_difference_gy) < 0.002, name
        assert rows[name].cause is Cause.AGREEMENT, name
    body = rows["BODY"]
    assert body.is_notable
    assert body.cause not in (None, Cause.AGREEMENT)
    assert any("percent of 14 Gy" in remark for remark in body.remarks)
    assert any("isn't its curve's" in remark for remark in body.remarks)


def test_prostate_agrees_with_the_peer(shared_data: Path) -> None:
    folder = shared_data / "eclipse-prostate"
    case = rtcheck.Case(rtcheck.read_study([folder / f"{name}.dcm" for name in ("rtdose", "rtplan", "rtss")]))
    rows = {row.roi: row for row in peer_comparisons(case)}
    assert len(rows) == 16
    drawn = ("BODY", "Bladder", "Femoral Head Lt", "Femoral Head RT", "PTV", "Rectum")
    for name in drawn:
        assert rows[name].largest_percent < 3.0, name
        assert abs(rows[name].mean_difference_gy) < 0.2, name
    assert {row.problem for name, row in rows.items() if name not in drawn} == {"no DVH here: no contours"}


def test_a_dose_that_is_partly_unknown_has_no_second_opinion() -> None:
    known = studies.dose(40.0)
    holed = known.dose_gy.copy()
    holed[0] = np.nan
    with pytest.raises(PeerError, match="isn't known"):
        peer_dvh(studies.box_roi(1, "R", ((-10, 10), (-10, 10), (-10, 10))), replace(known, dose_gy=holed))
