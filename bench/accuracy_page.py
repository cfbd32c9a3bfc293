"""ACCURACY.md: what `bench.accuracy` measured, as tables beside published figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from bench.accuracy_engines import Answer, errors_percent
from bench.accuracy_measures import BoxError, Conformity, SceneError, fitted_order, orders
from rtcheck.synthetic.benchmark import GRIDS_MM, SHAPES, SPACINGS_MM


@dataclass(frozen=True)
class Reading:
    """What was measured under one convention: see the functions of `bench.accuracy_measures`."""

    answers: list[Answer]
    discs: list[SceneError]
    spheres: list[SceneError]
    others: list[SceneError]
    conformity: dict[float, list[Conformity]]
    spread: dict[str, float]
    spacing_errors: list[float]
    box_errors: list[BoxError]
    voxel_errors: list[float]

    @property
    def published(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.case.published]


@dataclass(frozen=True)
class Measured:
    """Readings by the name of their convention, and the second engine's answers to the published pairs."""

    readings: dict[str, Reading]
    dicompyler: list[Answer] | None


#: Published figures of the same kind: system, how many off by more than 3 %, of how many, source.
PUBLISHED = (
    ("PlanIQ 2.1", 18, 255, "Nelms 2015"),
    ("Pinnacle 9.8", 93, 255, "Nelms 2015"),
    ("AutoSeg-Evaluator, exact area, 0.25 mm samples", 10, 195, "its validation report"),
    ("dicompyler-core 0.5.6", 140, 195, "the same report"),
)

INTRO = """# Accuracy

Written by `python bench/accuracy.py`; don't edit. Everything is measured against closed forms, none against another
program. Two conventions are measured, both with half a slice more at the ends: **prism** (each contour reaches half way
to its neighbours; the default) and **interpolated** (the outline changes from one contour to the next).

![Errors of the benchmark, of small spheres, and orders of convergence](accuracy.svg)
"""


def page(measured: Measured) -> str:
    parts = [INTRO, *_benchmark(measured), *_solids(measured), *_indices(measured), *_numerics(measured)]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _benchmark(measured: Measured) -> list[str]:
    engines = {f"rtcheck, {name}": reading.published for name, reading in measured.readings.items()}
    if measured.dicompyler:
        engines["dicompyler-core 0.5.6, default"] = measured.dicompyler
    rows = [[name, *_summary(answers), _paired(answers)] for name, answers in engines.items()]
    rows += [[name, "", "", "", f"{off} of {of} ({source})"] for name, off, of, source in PUBLISHED]
    every = [[f"rtcheck, {name}", *_summary(reading.answers)] for name, reading in measured.readings.items()]
    pairs = "contours every 0.2 mm with voxels of 1, 2, 3 mm; contours and voxels both 1, 2, 3 mm, also shifted"
    parts = [
        "## The analytic benchmark",
        "Sphere, cylinder and cone of 24 mm, axial and rotated, 16 Gy in the middle, 1 Gy/mm to the front or the head "
        "(Nelms et al., Med Phys 2015;42:4435). Truth: the solid, with half a slice more on flat ends. Asked: Volume, "
        "Mean, D99%, D95%, D5%, D1%, D0.03cc. A number is *off* when it differs from the truth by more than 3 % of it.",
        f"The published pairs ({pairs}):",
        table(
            ["engine", "off", "median error", "worst error", "off where contours and voxels are alike, unshifted"], rows
        ),
        "In the last column a volume counts once for both gradients: 195 numbers, as in the validation report; the "
        "paper's 255 have Dmin and Dmax too.",
        "All combinations of shape, contour spacing, voxel, gradient, and voxels shifted by half or not:",
        table(["engine", "off", "median error", "worst error"], every),
    ]
    for name, reading in measured.readings.items():
        parts += [
            f"### {name.capitalize()}: median / worst error in %, and how many are off",
            _by_shape(reading.answers),
        ]
        parts.append(_off_list(reading.published))
    return parts


def _summary(answers: Sequence[Answer]) -> list[str]:
    errors = errors_percent(answers)
    off = int(np.sum([answer.off for answer in answers]))
    share = "" if len(answers) == 630 else f" ({630 * off / len(answers):.1f} per 630)"
    return [f"**{off}** of {len(answers)}{share}", f"{np.median(errors):.3f} %", f"{errors.max():.1f} %"]


def _paired(answers: Sequence[Answer]) -> str:
    alike = [a for a in answers if a.case.spacing_mm == a.case.grid_mm and not a.case.shifted and a.counted_once]
    return f"{sum(answer.off for answer in alike)} of {len(alike)}"


def _by_shape(answers: Sequence[Answer]) -> str:
    groups: dict[tuple[str, float, float], list[Answer]] = defaultdict(list)
    for answer in answers:
        groups[answer.case.shape, answer.case.spacing_mm, answer.case.grid_mm].append(answer)
    rows = []
    for shape, spacing in product(SHAPES, SPACINGS_MM):
        cells = [groups[shape, spacing, grid] for grid in GRIDS_MM]
        errors = [errors_percent(cell) for cell in cells]
        off = sum(answer.off for cell in cells for answer in cell)
        shown = [f"{np.median(error):.3f} / {error.max():.2f}" for error in errors]
        rows.append([f"{shape}, {spacing:g} mm", *shown, f"{off} of {sum(map(len, cells))}"])
    return table(["shape, contours every", *(f"voxels {grid:g} mm" for grid in GRIDS_MM), "off"], rows)


def _off_list(answers: Sequence[Answer]) -> str:
    off = Counter(
        (a.case.shape, a.case.spacing_mm, a.case.gradient, a.metric, f"{100 * a.error:+.1f}") for a in answers if a.off
    )
    if not off:
        return "Of the published pairs none is off."
    lines = [
        f"* {shape}, {spacing:g} mm, {gradient}: {metric} {error} %" + (f" ({count} grids)" if count > 1 else "")
        for (shape, spacing, gradient, metric, error), count in off.items()
    ]
    return "\n".join([f"Of the published pairs these {off.total()} are off:", "", *lines])


def _solids(measured: Measured) -> list[str]:
    def kind(name: str) -> str:
        return name.split(", R ", maxsplit=1)[0]

    return [
        "## Solids that show what these don't",
        "Discs and rings: radii of 2.5 to 20 mm, five slices, at random places. Spheres: slices of 1 mm in 24 phases. "
        "The others: slices of 1 mm in random phases, voxels of 2 mm, 1 Gy/mm in random directions. Curve: largest "
        "difference of the cumulative curve anywhere, in % of the volume.",
        _scene_table(measured, lambda reading: reading.discs, kind),
        _scene_table(measured, lambda reading: reading.spheres),
        "Published: the mean volume of 3 mm spheres is off by up to -23.7 % in five radiosurgery tools (Stanley 2021).",
        _scene_table(measured, lambda reading: reading.others),
    ]


def _scene_table(
    measured: Measured, pick: Callable[[Reading], list[SceneError]], kind: Callable[[str], str] = str
) -> str:
    rows: dict[str, list[str]] = {}
    for reading in measured.readings.values():
        groups: dict[str, list[SceneError]] = defaultdict(list)
        for error in pick(reading):
            groups[kind(error.name)].append(error)
        for name, errors in groups.items():
            volumes = np.array([error.volume_percent for error in errors])
            curve = max(error.curve_percent for error in errors)
            mean = _plain(f"{volumes.mean():+.2f}")
            rows.setdefault(name, [name]).extend([f"{mean} / {np.abs(volumes).max():.2f}", f"{curve:.2f}"])
    heads = [f"{name}: {what}" for name in measured.readings for what in ("volume, mean / worst %", "curve, worst %")]
    return table(["solid", *heads], rows.values())


def _plain(number: str) -> str:
    """No sign on a zero."""
    return number[1:] if float(number) == 0.0 else number


def _indices(measured: Measured) -> list[str]:
    rows = []
    for name, reading in measured.readings.items():
        for spacing, found in reading.conformity.items():
            paddick, gradient = ([getattr(one, key) for one in found] for key in ("paddick", "gradient"))
            shown = [f"{min(values):.3f} to {max(values):.3f}" for values in (paddick, gradient)]
            rows.append([f"{name}, contours every {spacing:g} mm", *shown])
    return [
        "## Conformity and gradient index",
        "Spheres of R 5 to 9 mm, a Gaussian dose of 10 Gy with sigma R on a grid of 1 mm; the dose at R is prescribed. "
        "The truth is PCI 1 and GI 3.686. Prisms stand out of the sphere: on slices of s their own true PCI is about "
        "1 - 3 s / (8 R). Published: conformity indices off by up to 40 % at 0.03 cc (Walker & Byrne 2025).",
        table(["convention", "PCI", "GI"], rows),
    ]


def _numerics(measured: Measured) -> list[str]:
    spread = {kind: [kind] for reading in measured.readings.values() for kind in reading.spread}
    order: dict[str, list[str]] = {}
    for reading in measured.readings.values():
        for kind, percent in reading.spread.items():
            spread[kind].append("0" if percent < 1e-9 else f"{percent:.0e}")
        sides = ", ".join(f"{one.side_mm:.2g}" for one in reading.box_errors)
        boxes = [one.error for one in reading.box_errors]
        for name, errors, steps in (
            (
                "contours every 4, 2, 1, 0.5 mm: volume of a sphere",
                reading.spacing_errors,
                orders(reading.spacing_errors),
            ),
            ("voxels of 4, 2, 1 mm: cylinder in a Gaussian dose", reading.voxel_errors, orders(reading.voxel_errors)),
            (f"cells of {sides} mm: the same", boxes, [fitted_order(reading.box_errors)]),
        ):
            shown = ", ".join(_short(100 * abs(error)) for error in errors)
            order.setdefault(name, [name]).extend([shown, ", ".join(f"{step:.1f}" for step in steps)])
    heads = [f"{name}: {what}" for name in measured.readings for what in ("errors in %", "orders")]
    return [
        "## Placing of the dose array",
        "The same dose stored in other ways: largest difference of the curve of a sphere, in % of the volume.",
        table(["way", *measured.readings], spread.values()),
        "## Convergence",
        "Errors of the volume, or of the curve (RMS in % of the volume), for ever smaller steps; order 2 means that "
        "half the step leaves a quarter of the error. The error of the cells, whose side the number of boxes sets, is "
        "taken against two million boxes; its order is a fit.",
        table(["step", *heads], order.values()),
    ]


def _short(percent: float) -> str:
    """Two digits, without an exponent."""
    return np.format_float_positional(percent, precision=2, unique=False, fractional=False, trim="-")
