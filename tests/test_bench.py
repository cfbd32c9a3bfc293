"""The benchmarks' plan is what it says, and the benchmark of speed runs; no time is asserted."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.plan import END_MM, ORGANS, POINTS, plan_contours, write_plan
from bench.speed import METRICS, dvhs_with_metrics, measure
from bench.speed_page import page
from bench.timing import Run, Timing, in_turn, process
from rtcheck.dicom import read_study
from rtcheck.solid import Flag, solid_of
from rtcheck.study import Study


@pytest.fixture(scope="module")
def plan_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large-plan")
    write_plan(folder)
    return folder


@pytest.fixture(scope="module")
def study(plan_folder: Path) -> Study:
    return read_study(plan_folder)


def points_of(study: Study) -> int:
    return sum(len(contour.points_mm) for roi in study.structure_set.rois for contour in roi.contours)


def test_the_plan_has_the_stated_size_and_is_read_without_notes(study: Study) -> None:
    assert len(study.structure_set.rois) == 25
    assert points_of(study) == pytest.approx(POINTS, rel=0.01)
    assert study.dose.grid.shape == (100, 160, 200)
    assert study.notes == ()
    assert study.plan is not None
    assert len(study.plan.dose_references) == 1


def test_points_lie_as_far_apart_as_planning_systems_put_them(study: Study) -> None:
    for roi in study.structure_set.rois:
        steps = [np.linalg.norm(np.diff(contour.points_mm, axis=0), axis=1).mean() for contour in roi.contours]
        assert 0.6 < np.median(steps) < 2.0, roi.name


def test_every_outline_bounds_its_own_area(study: Study) -> None:
    """No contour crosses another of its ROI or is drawn twice; only the islands lie apart."""
    seen = {flag.flag for roi in study.structure_set.rois for flag in solid_of(roi, 2.5).flags}
    assert seen <= {Flag.FEW_SLICES, Flag.SEPARATE_PARTS}


def test_the_plan_has_islands_a_hole_and_small_targets(study: Study) -> None:
    rois = {roi.name: roi for roi in study.structure_set.rois}
    at_minus_55 = [c for c in rois["Bowel_Small"].contours if c.points_mm[0, 2] == -55.0]
    assert len(at_minus_55) == 15
    volumes = {answer[0]: answer[2] for answer in dvhs_with_metrics(study, intervals=False) if answer[1] == METRICS[0]}
    assert volumes["GTV_2"] == pytest.approx(0.3, rel=0.1)
    assert volumes["PTV_1"] == pytest.approx(5.0, rel=0.1)
    # Ellipsoids of 34 x 32.3 x 34 mm without 21 x 19.95 x 21 mm, and one of 8 x 7.6 x 8 mm beside them.
    whole = 4 / 3e3 * np.pi * 0.95 * (34**3 - 21**3 + 8**3)
    assert volumes["Ring_PTV"] == pytest.approx(whole, rel=0.02)


def test_the_dose_peaks_in_a_target_and_is_exactly_zero_far_away(study: Study) -> None:
    gray = study.dose.dose_gy
    assert gray.max() == pytest.approx(49.6, abs=0.3)
    assert 0.2 < float(np.mean(gray == 0)) < 0.9


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = (write_plan(tmp_path / name, 0.02, size=0.4) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_scale_multiplies_points_and_leaves_the_outlines() -> None:
    one, two = plan_contours(0.6, size=0.4), plan_contours(1.2, size=0.4)
    ratio = sum(len(c) for roi in two for c in roi) / sum(len(c) for roi in one for c in roi)
    assert ratio == pytest.approx(2.0, rel=0.02)
    assert [len(roi) for roi in one] == [len(roi) for roi in two]
    for organ, coarse, fine in zip(ORGANS, one, two, strict=True):
        ranges = [np.ptp(np.concatenate(contours), axis=0) for contours in (coarse, fine)]
        assert ranges[0] == pytest.approx(ranges[1], rel=0.03), organ.name


def test_slices_multiply_planes_and_size_multiplies_lengths() -> None:
    base, closer, small = (
        plan_contours(**asked) for asked in ({"size": 0.5}, {"size": 0.5, "slices": 2}, {"size": 0.25})
    )
    body, closer_body, small_body = base[0], closer[0], small[0]
    assert len(closer_body) == 2 * len(body) - 1
    assert len(closer_body[0]) == len(body[0])
    assert len(small_body) == pytest.approx(len(body) / 2, abs=1)
    assert max(points[0, 2] for points in small_body) == END_MM / 4
    assert len(small_body[0]) == pytest.approx(len(body[0]) / 2, abs=1)


@pytest.mark.slow
def test_the_benchmark_runs_on_a_tiny_plan_and_shows_what_it_measured() -> None:
    series = (("closer slices", 2.0, {"slices": 2.0}),)
    measured = measure(1 / 50, repeats=1, size=0.3, series=series, first_ever=False)
    text = page(measured, "")
    assert "plastimatch is not installed" in text
    rows = [line for line in text.splitlines() if line.startswith("| all DVHs") or line.startswith("| reading")]
    assert len(rows) == 4  # plain, plain on one core, with intervals, reading
    assert "| closer slices, x 2 | x " in text
    (growth,) = measured.growth
    assert growth.points == pytest.approx(2 * growth.base_points, rel=0.02)
    assert growth.surface_m2 == pytest.approx(growth.base_surface_m2, rel=0.02)
    assert measured.volume_difference_percent < 3
    assert measured.times["plain"].least_s > 0
    if hasattr(os, "wait4"):
        assert measured.times["cold rtcheck"].peak_mb is not None
        assert "| peak memory | 1 | " in text
    else:
        assert "this system doesn't say" in text


def test_intervals_change_no_answer(tmp_path: Path) -> None:
    write_plan(tmp_path, 1 / 50, size=0.3)
    study = read_study(tmp_path)
    assert dvhs_with_metrics(study, intervals=True) == dvhs_with_metrics(study, intervals=False)


def test_jobs_are_run_in_turn_and_slow_ones_less_often() -> None:
    order: list[str] = []
    jobs = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    timings = in_turn(jobs, 3, {"b": 2})
    assert order == ["a", "b", "a", "b", "a"]
    assert [len(timings[name].seconds) for name in "ab"] == [3, 2]


def test_a_run_that_timed_itself_keeps_its_time_and_the_largest_peak() -> None:
    runs = iter([Run(3.0, 0.5, 10.0), Run(1.0, 0.7, 12.0), Run(2.0)])
    timing = in_turn({"a": lambda: next(runs)}, 3)["a"]
    assert timing == Timing((3.0, 1.0, 2.0), processor_s=0.5, peak_mb=12.0)
    assert (timing.least_s, timing.median_s) == (1.0, 2.0)


def test_a_process_that_fails_is_an_error_and_no_time() -> None:
    with pytest.raises(RuntimeError, match="exit code 3: gone"):
        process([sys.executable, "-c", "import sys; print('gone', file=sys.stderr); sys.exit(3)"])


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="peak memory comes from wait4")
def test_the_peak_memory_of_a_process_is_its_own() -> None:
    megabytes = np.zeros(50_000_000)  # of this process, and none of the child's
    peak = process([sys.executable, "-S", "-c", "x = bytearray(100_000_000)"]).peak_mb
    assert megabytes.nbytes == 400_000_000
    assert peak is not None
    assert 100 < peak < 200
