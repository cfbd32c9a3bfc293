"""What the speed benchmark measured, and the page that shows it: ratios first, seconds behind."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass

from bench.timing import Run, Timing


@dataclass(frozen=True)
class Growth:
    """Times of a plan that grew, and of the plan that it grew from.

    Attributes
    ----------
    name : str
        What grew.
    factor : float
        By how much.
    base_points, points : int
        Contour points.
    base_surface_m2, surface_m2 : float
        Lengths of all outlines times the distance of planes.
    times : dict of str to Timing
        ``reading``, ``plain`` and ``intervals``; those of the first plan with ``base`` before them.
    """

    name: str
    factor: float
    base_points: int
    base_surface_m2: float
    points: int
    surface_m2: float
    times: dict[str, Timing]


@dataclass(frozen=True)
class Measured:
    """Everything that the page shows.

    Attributes
    ----------
    points : int
        Contour points.
    surface_m2 : float
    rois : int
    dose_shape : tuple of int
        Frames, rows and columns.
    times : dict of str to Timing
        What couldn't be measured is absent.
    first_ever : Run or None
        A cold process with no kernel compiled yet.
    growth : tuple of Growth
    volume_difference_percent : float
        Between both engines, median over the ROIs.
    """

    points: int
    surface_m2: float
    rois: int
    dose_shape: tuple[int, int, int]
    times: dict[str, Timing]
    first_ever: Run | None
    growth: tuple[Growth, ...]
    volume_difference_percent: float


#: What is compared: rtcheck's side in words and its time, the other side in words and its time.
COMPARISONS = (
    ("all DVHs, plain", "plain", "dicompyler-core, `get_dvh` of every ROI", "dicompyler"),
    ("all DVHs, plain, on one core", "plain, one core", "dicompyler-core, `get_dvh` of every ROI", "dicompyler"),
    ("all DVHs with intervals", "intervals", "dicompyler-core, `get_dvh` of every ROI, plain", "dicompyler"),
    ("all DVHs, plain", "plain", "`plastimatch dvh` from ready label images", "plastimatch"),
    ("all DVHs with intervals", "intervals", "`plastimatch dvh` from ready label images, plain", "plastimatch"),
    ("reading RTSTRUCT", "contours rtcheck", "pydicom, every ContourData to floats", "contours pydicom"),
    ("cold process, `rtcheck dvh FOLDER`", "cold rtcheck", "cold process, dicompyler-core", "cold dicompyler"),
    ("cold process, `rtcheck dvh FOLDER`", "cold rtcheck", "cold process, `plastimatch dvh`", "cold plastimatch"),
)


def page(measured: Measured, plastimatch_version: str) -> str:
    """The page in Markdown; an empty version says that plastimatch isn't there."""
    frames, rows, columns = measured.dose_shape
    peers = f"dicompyler-core {importlib.metadata.version('dicompyler-core')}"
    peers += f", plastimatch {plastimatch_version}" if plastimatch_version else "; plastimatch is not installed"
    parts = [
        "# Speed\n",
        f"Written by `python -m bench.speed` in one run: {os.cpu_count()} cores, Python {platform.python_version()}; "
        f"{peers}. The plan has {measured.rois} ROIs of {measured.points:,} contour points and a dose of "
        f"{columns} x {rows} x {frames} voxels. How to read the figures stands in [README.md](README.md).\n",
        "Figures in brackets are seconds: least; median; least processor time. Compiled kernels were in their cache.\n",
        "## Times as fast\n",
        *_ratios(measured.times),
        "",
        f"Volumes of the two engines differ by {measured.volume_difference_percent:.2g} % (median over the ROIs).\n",
        "## One cold process\n",
        *_cold(measured),
        "",
    ]
    if measured.growth:
        parts += ["## Time against contour points and surface\n", *_growth(measured.growth), ""]
    return "\n".join(parts)


def _ratios(times: dict[str, Timing]) -> list[str]:
    rows = [["", "by least times", "by medians", "by processor time", "rtcheck", "compared to", ""]]
    for what, ours, other, theirs in COMPARISONS:
        if ours in times and theirs in times:
            mine, its = times[ours], times[theirs]
            least, median = its.least_s / mine.least_s, its.median_s / mine.median_s
            processor = its.processor_s / mine.processor_s if mine.processor_s and its.processor_s else None
            ratios = [f"**{least:.3g}**", f"{median:.3g}", "" if processor is None else f"{processor:.3g}"]
            rows.append([what, *ratios, f"({mine})", other, f"({its})"])
    return _table(rows)


def _cold(measured: Measured) -> list[str]:
    ours, floor = measured.times["cold rtcheck"], measured.times["cold nothing"]
    rows = [["`rtcheck dvh FOLDER`, all ROIs", "relative", ""]]
    rows.append(["from the files to the printed table", "1", f"({ours})"])
    share = floor.least_s / ours.least_s
    rows.append(["of which Python with numpy and pydicom, doing nothing", f"{share:.2g}", f"({floor})"])
    if measured.first_ever is not None:
        first_s = measured.first_ever.seconds
        rows.append(["very first run, kernels not compiled", f"{first_s / ours.least_s:.2g}", f"({first_s:.3g} s)"])
    peers = (
        ("dicompyler-core", measured.times.get("cold dicompyler")),
        ("`plastimatch dvh`", measured.times.get("cold plastimatch")),
    )
    if ours.peak_mb is None:
        rows.append(["peak memory", "", "this system doesn't say"])
        return _table(rows)
    rows.append(["peak memory", "1", f"{ours.peak_mb:.0f} MB"])
    for name, timing in peers:
        if timing is not None and timing.peak_mb is not None:
            rows.append([f"peak memory of {name}", f"{timing.peak_mb / ours.peak_mb:.2g}", f"{timing.peak_mb:.0f} MB"])
    return _table(rows)


def _growth(growth: Sequence[Growth]) -> list[str]:
    rows = [["relative to the plan", "contour points", "surface", "reading", "DVHs, plain", "DVHs with intervals"]]
    for one in growth:
        points, surface = one.points / one.base_points, one.surface_m2 / one.base_surface_m2
        sizes = [f"x {points:.2f} ({one.points:,})", f"x {surface:.2f} ({one.surface_m2:.2g} m²)"]
        rows.append([f"{one.name}, x {one.factor:.4g}", *sizes, *_times_as_long(one.times)])
    return _table(rows)


def _times_as_long(times: dict[str, Timing]) -> list[str]:
    every = []
    for key in ("reading", "plain", "intervals"):
        grown, base = times[key].least_s, times[f"base {key}"].least_s
        every.append(f"**x {grown / base:.2f}** ({grown:.3g} s)")
    return every


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    head, *body = ["| " + " | ".join(row) + " |" for row in rows]
    return [head, "|" + " --- |" * len(rows[0]), *body]
