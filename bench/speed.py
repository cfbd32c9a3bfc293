"""How fast rtcheck is beside dicompyler-core, plastimatch and pydicom: ``python -m bench.speed`` writes SPEED.md.

Everything is measured in one run on a generated plan, in turn with what it is compared to.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pydicom

from bench import peer
from bench.plan import SLICE_MM, write_plan
from bench.speed_page import Growth, Measured, page
from bench.timing import Run, Timing, in_turn, process
from rtcheck.case import Case
from rtcheck.dicom import read_structure_set, read_study
from rtcheck.study import Study

PAGE = Path(__file__).with_name("SPEED.md")
METRICS = ("Volume[cc]", "Mean[Gy]", "D95%[Gy]", "D2%[Gy]", "Max[Gy]", "V20Gy[%]")
#: What grows, and by how much: name, factor, arguments of `write_plan`.
SERIES = (
    ("finer points", 4, {"scale": 4.0}),
    ("finer points", 16, {"scale": 16.0}),
    ("closer slices", 4, {"slices": 4.0}),
    ("closer slices", 16, {"slices": 16.0}),
    ("larger surface", 1 / 16, {"size": 0.25}),
    ("larger surface", 1 / 4, {"size": 0.5}),
)
#: Runs of what takes many seconds.
FEW = 3
#: What `plastimatch dvh` reads in place of contours: about the pixels that it chooses by itself, and the plan's slices.
LABELS = {"dim": "512 384 117", "origin": "-214.6 -160.9 -145", "spacing": f"0.84 0.84 {SLICE_MM}"}

Answers = list[tuple[str, str, float | None]]


def dvhs_with_metrics(study: Study, *, intervals: bool, one_core: bool = False) -> Answers:
    """Solids, DVHs and `METRICS` of every ROI of a study."""
    case = Case(study, intervals=intervals)
    dvhs = [case.dvh_of(roi) for roi in study.structure_set.rois] if one_core else case.dvhs()
    return [(dvh.roi, metric, dvh[metric].value) for dvh in dvhs for metric in METRICS]


def measure(
    scale: float = 1.0,
    repeats: int = 5,
    *,
    size: float = 1.0,
    series: Sequence[tuple[str, float, dict[str, float]]] = SERIES,
    first_ever: bool = True,
    plastimatch: str | None = None,
) -> Measured:
    """Write the plans into a temporary folder and time everything.

    Parameters
    ----------
    scale, size : float
        Contour points of the plan and lengths of its organs, relative.
    repeats : int
        Runs of everything that takes less than a few seconds; of the others at most `FEW`.
    series : sequence of (str, float, dict)
        See `SERIES`.
    first_ever : bool
        Whether to time a run that compiles all kernels, and to have them in the cache for the others.
    plastimatch : str, optional
        Its program.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "plan")
        write_plan(folder, scale, size=size)
        study = read_study(folder)
        # Processes come first: nothing of this one is then in their way.
        first = _first_ever(folder, Path(temporary, "empty")) if first_ever else None
        times = _cold(folder, repeats, plastimatch)
        structures, dose = peer.parsed(folder)
        theirs = peer.all_dvhs(structures, dose)
        times |= _contours(folder, repeats)
        times |= _dvhs(folder, study, structures, dose, repeats, plastimatch)
        growth = [_grown(folder, one, scale, size, min(FEW, repeats)) for one in series]
        return Measured(
            *_size(study),
            len(study.structure_set.rois),
            study.dose.grid.shape,
            times,
            first,
            tuple(growth),
            _volume_difference_percent(study, theirs),
        )


def _first_ever(folder: Path, cache: Path) -> Run:
    """A run that compiles all kernels; one more leaves them in the cache of all that follow."""
    first = process(_ours(folder), {"NUMBA_CACHE_DIR": str(cache)})
    process(_ours(folder))
    return first


def _ours(folder: Path) -> list[str | Path]:
    return [sys.executable, "-m", "rtcheck", "dvh", folder]


def _cold(folder: Path, repeats: int, plastimatch: str | None) -> dict[str, Timing]:
    """Whole processes, from the files to the printed table."""
    commands: dict[str, list[str | Path]] = {
        "cold rtcheck": _ours(folder),
        "cold dicompyler": [sys.executable, "-m", "bench.peer", folder],
        "cold nothing": [sys.executable, "-c", "import numpy, pydicom"],
    }
    if plastimatch:
        out = folder.with_name("dvh.csv")
        commands["cold plastimatch"] = [plastimatch, "dvh", "--input", folder, "--output-csv", out]
    root = {"PYTHONPATH": str(Path(__file__).parents[1])}
    jobs = {name: partial(process, command, root) for name, command in commands.items()}
    return in_turn(jobs, repeats, {"cold dicompyler": FEW, "cold plastimatch": FEW})


def _contours(folder: Path, repeats: int) -> dict[str, Timing]:
    path = folder / "RTSTRUCT.dcm"
    jobs: dict[str, Callable[[], object]] = {
        "contours rtcheck": lambda: read_structure_set(path),
        "contours pydicom": lambda: peer.parse_contours(pydicom.dcmread(path)),
    }
    return in_turn(jobs, repeats, {"contours pydicom": FEW})


def _dvhs(
    folder: Path,
    study: Study,
    structures: pydicom.Dataset,
    dose: pydicom.Dataset,
    repeats: int,
    plastimatch: str | None,
) -> dict[str, Timing]:
    """All DVHs, of studies and datasets that are parsed."""
    jobs: dict[str, Callable[[], object]] = {
        "plain": partial(dvhs_with_metrics, study, intervals=False),
        "plain, one core": partial(dvhs_with_metrics, study, intervals=False, one_core=True),
        "intervals": partial(dvhs_with_metrics, study, intervals=True),
        "dicompyler": partial(peer.all_dvhs, structures, dose),
    }
    if plastimatch:
        jobs["plastimatch"] = partial(process, _plastimatch_dvh(plastimatch, folder))
    dvhs_with_metrics(study, intervals=True)
    return in_turn(jobs, repeats, {"dicompyler": FEW})


def _plastimatch_dvh(plastimatch: str, folder: Path) -> list[str | Path]:
    """The command for the DVHs alone, with the images that it reads ready."""
    images = folder.with_name("images")
    images.mkdir()
    files = [images / "ss.mha", images / "ss.txt", images / "dose.mha"]
    lattice: list[str | Path] = [part for option, value in LABELS.items() for part in (f"--{option}", value)]
    labels: list[str | Path] = ["--output-ss-img", files[0], "--output-ss-list", files[1]]
    process([plastimatch, "convert", "--input", folder, *lattice, *labels])
    process([plastimatch, "convert", "--input", folder / "RTDOSE.dcm", "--output-dose-img", files[2]])
    asked = zip(("--input-ss-img", "--input-ss-list", "--input-dose"), files, strict=True)
    return [plastimatch, "dvh", *(part for pair in asked for part in pair), "--output-csv", images / "dvh.csv"]


def _grown(base: Path, one: tuple[str, float, dict[str, float]], scale: float, size: float, repeats: int) -> Growth:
    """Write one plan of a series, time it, and take its files away."""
    name, factor, asked = one
    print(f"{name} x {factor:g} ...", file=sys.stderr)
    folder = base.with_name("grown")
    grown_scale, grown_size = scale * asked.get("scale", 1.0), size * asked.get("size", 1.0)
    write_plan(folder, grown_scale, size=grown_size, slices=asked.get("slices", 1.0))
    growth = _growth(name, factor, base, folder, repeats)
    shutil.rmtree(folder)
    return growth


def _growth(name: str, factor: float, base: Path, folder: Path, repeats: int) -> Growth:
    """Times of a grown plan, in turn with those of the plan it grew from."""
    studies = [read_study(base), read_study(folder)]
    jobs: dict[str, Callable[[], object]] = {}
    for study, path, prefix in zip(studies, (base, folder), ("base ", ""), strict=True):
        jobs[f"{prefix}reading"] = partial(read_study, path)
        jobs[f"{prefix}plain"] = partial(dvhs_with_metrics, study, intervals=False)
        jobs[f"{prefix}intervals"] = partial(dvhs_with_metrics, study, intervals=True)
    return Growth(name, factor, *_size(studies[0]), *_size(studies[1]), in_turn(jobs, repeats))


def _size(study: Study) -> tuple[int, float]:
    """Contour points, and surface in square metres: lengths of all outlines times the distance of planes."""
    outlines = [contour.points_mm for roi in study.structure_set.rois for contour in roi.contours]
    heights = sorted({float(points[0, 2]) for points in outlines})
    spacing_mm = (heights[-1] - heights[0]) / (len(heights) - 1)
    lengths_mm = [np.linalg.norm(np.diff(points, axis=0, append=points[:1]), axis=1).sum() for points in outlines]
    return sum(map(len, outlines)), float(sum(lengths_mm)) * spacing_mm / 1e6


def _volume_difference_percent(study: Study, theirs: dict[str, Any]) -> float:
    """Median over the ROIs: that both engines did the same work."""
    ours = {roi: value for roi, metric, value in dvhs_with_metrics(study, intervals=False) if metric == METRICS[0]}
    return float(np.median([100 * abs(theirs[name].volume / value - 1) for name, value in ours.items() if value]))


def _plastimatch_version(plastimatch: str) -> str:
    shown = subprocess.run([plastimatch, "--version"], capture_output=True, encoding="utf-8", check=False).stdout
    return shown.split()[-1] if shown.split() else ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description="Measure speed and write SPEED.md.")
    parser.add_argument("--out", type=Path, default=PAGE, help="the page (default bench/SPEED.md)")
    parser.add_argument("--scale", type=float, default=1.0, help="contour points of the plan, relative (default 1)")
    parser.add_argument("--repeats", type=int, default=5, help="runs of everything that is quick (default 5)")
    parser.add_argument("--no-growth", action="store_true", help="leave out the larger plans")
    parser.add_argument("--plastimatch", default=shutil.which("plastimatch"), help="its program, where not on the path")
    options = parser.parse_args(arguments)
    series = () if options.no_growth else SERIES
    measured = measure(options.scale, options.repeats, series=series, plastimatch=options.plastimatch)
    version = _plastimatch_version(options.plastimatch) if options.plastimatch else ""
    options.out.write_text(page(measured, version), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
