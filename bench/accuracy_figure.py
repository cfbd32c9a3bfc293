"""The figure beside ACCURACY.md, the same bytes for the same numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from bench.accuracy_engines import Answer, errors_percent
from bench.accuracy_page import Measured

#: Distinct for colour-blind readers too (Okabe and Ito).
COLOURS = {"prism": "#0072b2", "interpolated": "#d55e00", "dicompyler-core": "#8a8a8a"}
INK, FAINT = "#2b2b2b", "#d9d9d9"
STYLE = {
    "svg.hashsalt": "rtcheck",
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10.0,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}
#: Smaller errors than this are drawn here, for a logarithmic axis has no zero (%).
SMALLEST_PERCENT = 1e-4


def draw(measured: Measured, path: Path) -> None:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 7.4), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.12, h_pad=0.14, wspace=0.04, hspace=0.05)
        panels = figure.subplot_mosaic([["errors", "errors"], ["spheres", "orders"]], height_ratios=(1.05, 1))
        _errors(panels["errors"], measured)
        _spheres(panels["spheres"], measured)
        _orders(panels["orders"], measured)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=110)


def _errors(axes: Axes, measured: Measured) -> None:
    """Share of the published pairs' numbers with at least an error."""
    engines = {name: reading.published for name, reading in measured.readings.items()}
    if measured.dicompyler:
        engines["dicompyler-core"] = measured.dicompyler
    axes.axvspan(3, 300, color="#f6efe6", zorder=0, linewidth=0)
    axes.axvline(3, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
    for name, answers in engines.items():
        errors = np.sort(np.clip(errors_percent(answers), SMALLEST_PERCENT, 300))
        share = 100 * (1 - np.arange(len(errors)) / len(errors))
        axes.step(errors, share, where="post", color=COLOURS[name], linewidth=2.0, solid_capstyle="round")
    _label_errors(axes, engines)
    axes.set(
        xscale="log", xlim=(SMALLEST_PERCENT, 300), ylim=(0, 103), ylabel="numbers with a larger error, %",
        xlabel="relative error, %", title="The analytic benchmark: 630 numbers of spheres, cylinders and cones",
    )  # fmt: skip
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)


def _label_errors(axes: Axes, engines: dict[str, list[Answer]]) -> None:
    axes.text(3.3, 98, "off by more than 3 %", fontsize=9, va="center")
    for row, (name, answers) in enumerate(engines.items()):
        off = sum(answer.off for answer in answers)
        text = f"{name}: {off} of {len(answers)}"
        axes.text(3.3, 88 - 9 * row, text, color=COLOURS[name], fontsize=10, fontweight="bold", va="center")


def _spheres(axes: Axes, measured: Measured) -> None:
    """Volume errors of spheres over all phases: range as a bar, each phase as a dot."""
    for shift, (name, reading) in zip((-1, 1), measured.readings.items(), strict=False):
        groups: dict[str, list[float]] = defaultdict(list)
        for error in reading.spheres:
            groups[error.name].append(error.volume_percent)
        for place, volumes in enumerate(groups.values()):
            x = place + 0.15 * shift
            axes.vlines(x, min(volumes), max(volumes), color=COLOURS[name], linewidth=5, alpha=0.25)
            axes.plot(np.full(len(volumes), x), volumes, ".", color=COLOURS[name], markersize=3.2, markeredgewidth=0)
            axes.plot([x - 0.1, x + 0.1], [np.mean(volumes)] * 2, color=COLOURS[name], linewidth=1.8)
        axes.set_xticks(range(len(groups)), [key.removeprefix("sphere, ").removesuffix(" mm") for key in groups])
    axes.axhline(0, color=INK, linewidth=0.6, zorder=0)
    axes.set(xlabel="diameter, mm", ylabel="error of the volume, %", title="Spheres on 1 mm slices, in all phases")
    axes.text(0.98, 0.06, "a bar at the mean of 24 phases", transform=axes.transAxes, ha="right", fontsize=8.5)
    for row, name in enumerate(measured.readings):
        axes.text(0.98, 0.96 - 0.08 * row, name, transform=axes.transAxes, ha="right", va="top",
                  color=COLOURS[name], fontweight="bold")  # fmt: skip


def _orders(axes: Axes, measured: Measured) -> None:
    """Errors against the step, with the slope of second order beside them."""
    for name, reading in measured.readings.items():
        errors = 100 * np.abs(reading.spacing_errors)
        _line(axes, (4, 2, 1, 0.5), errors, COLOURS[name], "o", f"volume of a sphere, {name}")
    prism = measured.readings["prism"]
    _line(axes, (4, 2, 1), 100 * np.abs(prism.voxel_errors), "#009e73", "s", "curve in a Gaussian dose (voxels)")
    low, high = axes.get_ylim()
    steps = np.array([0.5, 4.0])
    for start in np.geomspace(low / 300, high * 10, 12):
        axes.plot(steps, start * (steps / 0.5) ** 2, color=FAINT, linewidth=0.7, zorder=0)
    axes.set(
        xscale="log", yscale="log", ylim=(low, high), xlim=(0.42, 4.8), xlabel="contour spacing or voxel side, mm",
        ylabel="error, %", title="Half the step: a quarter of the error (grey lines)",
    )  # fmt: skip
    axes.set_xticks([0.5, 1, 2, 4], ["0.5", "1", "2", "4"])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.legend(facecolor="white", framealpha=1, edgecolor="none", fontsize=8.5, loc="upper left", handlelength=1.6)


def _line(axes: Axes, steps: Sequence[float], errors: Sequence[float], colour: str, marker: str, label: str) -> None:
    axes.loglog(steps, errors, marker + "-", color=colour, linewidth=1.8, markersize=5, label=label)
