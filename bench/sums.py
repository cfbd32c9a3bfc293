"""How fast doses are summed, in what memory, and what is lost at the edges: ``python -m bench.sums`` writes SUMS.md.

The same doses are interpolated in turn by scipy, on the grid that rtcheck chose. Processes are measured from their
start, imports and all, to their end.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.timing import Timing, in_turn, process
from rtcheck.accumulate import Addend, DoseSum, accumulate
from rtcheck.geometry import FloatArray, Grid
from rtcheck.units import PHYSICAL, eqd2_basis

PAGE = Path(__file__).with_name("SUMS.md")
#: Columns, rows and frames of every dose, and their spacing in mm unless said otherwise.
SAMPLES, SPACING_MM = (200, 160, 100), (2.5, 2.5, 3.0)
#: What a sum may take, as a process of its own.
LIMIT_S, LIMIT_MB = 1.5, 600
#: Peaks of the doses, x, y, z and width in mm, and gray; they reach all faces of the grids.
PEAKS = ((-60.0, 20.0, 15.0, 60.0, 40.0), (50.0, -30.0, -40.0, 90.0, 25.0), (0.0, 0.0, 0.0, 400.0, 8.0))


def grid(
    samples: Sequence[int] = SAMPLES,
    spacing_mm: Sequence[float] = SPACING_MM,
    centre_mm: Sequence[float] = (0.0, 0.0, 0.0),
    degrees: float = 0.0,
) -> Grid:
    """A grid around a centre, turned about z; x, y and z throughout."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    axes = np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    half = (np.array(samples) - 1) * np.array(spacing_mm) / 2
    offsets = np.arange(samples[2]) * float(spacing_mm[2])
    origin = np.array(centre_mm) - half @ axes
    shape = (samples[2], samples[1], samples[0])
    return Grid(origin, axes[0], axes[1], float(spacing_mm[0]), float(spacing_mm[1]), offsets, shape, "1.2.3")


#: Name of a case -> its three grids.
CASES: dict[str, tuple[Grid, Grid, Grid]] = {
    "equal grids": (grid(), grid(), grid()),
    "shifted by half a voxel": (grid(), grid(centre_mm=(1.25, 1.25, 1.5)), grid(centre_mm=(2.5, 0.0, 0.0))),
    "other spacing and extent": (
        grid(),
        grid(spacing_mm=(2.2, 2.3, 2.8), centre_mm=(50.0, -40.0, 30.0)),
        grid(spacing_mm=(2.7, 2.6, 3.3), centre_mm=(-6.0, 4.0, -5.0)),
    ),
    "one oblique by 20 degrees": (grid(), grid(centre_mm=(1.25, 1.25, 1.5)), grid(degrees=20.0)),
}


@dataclass(frozen=True)
class Measured:
    """What one case took.

    Attributes
    ----------
    times : dict of str to Timing
        ``sum``, ``EQD2`` and those of scipy in this process; ``process`` and ``nothing`` as processes of their own.
    shape : tuple of int
        Samples of the sum.
    error : float
        Largest relative difference to scipy in double precision, where both know the dose.
    common_cc, known_cc : float
        Volume inside all three grids, and inside cells of the sum whose corners are all known.
    """

    times: dict[str, Timing]
    shape: tuple[int, int, int]
    error: float
    common_cc: float
    known_cc: float


def points_mm(on: Grid) -> FloatArray:
    """Patient coordinates of every sample; shape ``(*shape, 3)``."""
    return np.asarray(
        on.origin_mm
        + on.frame_offsets_mm[:, None, None, None] * on.normal
        + on.row_mm()[:, None, None] * on.column_direction
        + on.column_mm()[:, None] * on.row_direction
    )


def dose_gy(on: Grid) -> NDArray[np.float32]:
    """The peaks at the samples of a grid."""
    points = points_mm(on)
    total = np.zeros(on.shape)
    for x, y, z, width, gray in PEAKS:
        total += gray * np.exp(-((points - np.array([x, y, z])) ** 2).sum(axis=-1) / (2 * width**2))
    return total.astype(np.float32)


def addends(grids: Sequence[Grid]) -> list[Addend]:
    """One dose on each grid."""
    return [Addend(f"plan {place}", on, dose_gy(on), 5 + 5 * place) for place, on in enumerate(grids)]


def fresh(doses: Sequence[Addend]) -> list[Addend]:
    """The same doses with nothing known of them yet."""
    return [Addend(one.name, one.grid, one.dose_gy, one.fractions) for one in doses]


def by_map_coordinates(doses: Sequence[Addend], on: Grid) -> FloatArray:
    """The sum on a grid by `scipy.ndimage.map_coordinates`."""
    from scipy.ndimage import map_coordinates  # noqa: PLC0415  not in the processes measured

    points = points_mm(on)
    total = np.zeros(on.shape)
    for one in doses:
        pitch = np.array([np.diff(one.grid.frame_offsets_mm)[0], one.grid.row_spacing_mm, one.grid.column_spacing_mm])
        index = np.moveaxis((points - one.grid.origin_mm) @ one.grid.axes[::-1].T / pitch, -1, 0)
        total += map_coordinates(one.dose_gy, index, order=1, mode="constant", cval=np.nan)
    return total


def by_regular_grid(doses: Sequence[Addend], on: Grid) -> FloatArray:
    """The sum on a grid by `scipy.interpolate.RegularGridInterpolator`, in double precision."""
    from scipy.interpolate import RegularGridInterpolator  # noqa: PLC0415  as above

    points = points_mm(on)
    total = np.zeros(on.shape)
    for one in doses:
        axes = one.grid.frame_offsets_mm, one.grid.row_mm(), one.grid.column_mm()
        inner = RegularGridInterpolator(axes, one.dose_gy.astype(np.float64), bounds_error=False, fill_value=np.nan)
        total += inner((points - one.grid.origin_mm) @ one.grid.axes[::-1].T)
    return total


def common_cc(grids: Sequence[Grid]) -> float:
    """Volume inside all grids that are turned about z alone, from their outlines."""
    from shapely import Polygon  # noqa: PLC0415  as above

    outline, low, high = None, -math.inf, math.inf
    for one in grids:
        frames, rows, columns = (samples - 1 for samples in one.shape)
        corners = [one.position_mm(0, j, i)[:2] for j, i in ((0, 0), (0, columns), (rows, columns), (rows, 0))]
        outline = Polygon(corners) if outline is None else outline.intersection(Polygon(corners))
        low, high = max(low, one.position_mm(0, 0, 0)[2]), min(high, one.position_mm(frames, 0, 0)[2])
    return 0.0 if outline is None else outline.area * (high - low) / 1000


def known_cc(total: DoseSum) -> float:
    """Volume of the cells whose corners are all known."""
    known = np.isfinite(total.dose_gy)
    known = known[1:] & known[:-1]
    known = known[:, 1:] & known[:, :-1]
    known = known[:, :, 1:] & known[:, :, :-1]
    heights = np.diff(total.grid.frame_offsets_mm)
    area = total.grid.row_spacing_mm * total.grid.column_spacing_mm
    return float((known.sum(axis=(1, 2)) * heights).sum() * area / 1000)


def measure(grids: tuple[Grid, Grid, Grid], folder: Path, repeats: int, few: int) -> Measured:
    """Time one case; `few` runs of what takes long."""
    doses = addends(grids)
    save(doses, folder)
    root = {"PYTHONPATH": str(Path(__file__).parents[1])}
    commands = {"process": ["--sum", folder], "nothing": ["--load", folder]}
    jobs: dict[str, Callable[[], object]] = {
        name: partial(process, [sys.executable, "-m", "bench.sums", *asked], root) for name, asked in commands.items()
    }
    # Processes come first: nothing of this one is then in their way.
    times = in_turn(jobs, repeats)
    total = accumulate(fresh(doses))
    jobs = {
        "sum": lambda: accumulate(fresh(doses), PHYSICAL),
        "EQD2": lambda: accumulate(fresh(doses), eqd2_basis(3.0)),
        "map_coordinates": lambda: by_map_coordinates(doses, total.grid),
        "RegularGridInterpolator": lambda: by_regular_grid(doses, total.grid),
    }
    times |= in_turn(jobs, repeats, {"map_coordinates": few, "RegularGridInterpolator": few})
    exact = by_regular_grid(doses, total.grid)
    known = np.isfinite(total.dose_gy) & np.isfinite(exact)
    error = float(np.abs(total.dose_gy[known] / exact[known] - 1).max())
    return Measured(times, total.grid.shape, error, common_cc(grids), known_cc(total))


def save(doses: Sequence[Addend], folder: Path) -> None:
    """Write doses where a process finds them."""
    folder.mkdir(exist_ok=True)
    for place, one in enumerate(doses):
        on = one.grid
        numbers = {"spacing": [on.column_spacing_mm, on.row_spacing_mm], "fractions": one.fractions or 0}
        arrays = {"origin": on.origin_mm, "axes": on.axes, "offsets": on.frame_offsets_mm, "dose": one.dose_gy}
        np.savez(folder / f"{place}.npz", allow_pickle=False, **arrays, **{k: np.array(v) for k, v in numbers.items()})


def load(folder: Path) -> list[Addend]:
    """Read the doses again."""
    doses = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as found:
            dose, axes, spacing = found["dose"], found["axes"], found["spacing"].tolist()
            shape = (dose.shape[0], dose.shape[1], dose.shape[2])
            on = Grid(found["origin"], axes[0].copy(), axes[1].copy(), *spacing, found["offsets"], shape, "1.2.3")
            doses.append(Addend(path.stem, on, dose, int(found["fractions"])))
    return doses


def page(measured: dict[str, Measured]) -> str:
    """SUMS.md."""
    lines = [
        "# Sums of doses",
        "",
        f"Written by `python -m bench.sums` in one run: {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"numpy {version('numpy')}, scipy {version('scipy')}. Three doses of "
        f"{' x '.join(map(str, SAMPLES))} samples are added, voxel by voxel.",
        "",
        "## Times as fast",
        "",
        "Scipy interpolates the same three doses at the same samples; figures in brackets are seconds (least; median; "
        "least processor time). Ratios are of least times. Equal grids need no interpolation, which rtcheck sees.",
        "",
        "| | sum of | than `map_coordinates` | than `RegularGridInterpolator` | rtcheck | as EQD2 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, one in measured.items():
        took, eqd2 = one.times["sum"], one.times["EQD2"]
        peers = (one.times[peer] for peer in ("map_coordinates", "RegularGridInterpolator"))
        ratios = " | ".join(f"**{peer.least_s / took.least_s:.3g}** ({peer})" for peer in peers)
        lines.append(f"| {name} | {' x '.join(map(str, one.shape))} | {ratios} | ({took}) | ({eqd2}) |")
    lines += [
        "",
        "## A process of its own",
        "",
        f"From its start, imports and reading the arrays included, to its end; it may take {LIMIT_S} s and {LIMIT_MB} "
        "MB. Beside it the same process without the sum.",
        "",
        "| | seconds | peak | without the sum | peak |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, one in measured.items():
        whole, nothing = one.times["process"], one.times["nothing"]
        lines.append(f"| {name} | ({whole}) | {_megabytes(whole)} | ({nothing}) | {_megabytes(nothing)} |")
    lines += [
        "",
        "## What the sum holds",
        "",
        "Inside all grids is the volume in which each dose is known. The sum knows it between samples that are all "
        "known: along rows and columns less than one sample is missing on each side, along frames nothing, and beside "
        "an oblique grid the cells that its faces cross. What is missing is unknown in the sum, and never zero. The "
        "error is the largest relative difference to `RegularGridInterpolator` in double precision.",
        "",
        "| | inside all grids | known in the sum | missing | largest error |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, one in measured.items():
        missing = 100 * (1 - one.known_cc / one.common_cc)
        lines.append(
            f"| {name} | {one.common_cc:,.0f} cc | {one.known_cc:,.0f} cc | {abs(missing):.2f} % | {one.error:.1e} |"
        )
    return "\n".join(lines) + "\n"


def _megabytes(timing: Timing) -> str:
    return "this system doesn't say" if timing.peak_mb is None else f"{timing.peak_mb:.0f} MB"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the page, or be one of the processes measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.sums", description="Measure sums of doses; write SUMS.md.")
    parser.add_argument("--out", type=Path, default=PAGE, help="the page (default bench/SUMS.md)")
    parser.add_argument("--repeats", type=int, default=7, help="runs of everything that is quick (default 7)")
    parser.add_argument("--sum", type=Path, help="sum the doses in a folder, and no more")
    parser.add_argument("--load", type=Path, help="read the doses in a folder, and no more")
    options = parser.parse_args(arguments)
    if options.sum or options.load:
        doses = load(options.sum or options.load)
        if options.sum:
            accumulate(doses)
        return
    measured = {}
    with tempfile.TemporaryDirectory() as temporary:
        for place, (name, grids) in enumerate(CASES.items()):
            measured[name] = measure(grids, Path(temporary, str(place)), options.repeats, min(3, options.repeats))
    options.out.write_text(page(measured), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
