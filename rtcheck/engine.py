"""A solid in a dose -> volume by dose, for each part of the solid that conventions treat differently.

The work that is shared is done once: outlines in one array, one lattice, one dose along the solid's axes. The loops are
compiled and release the GIL.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from rtcheck.cores import Cores
from rtcheck.geometry import FloatArray
from rtcheck.interpolation import add_domes, add_interpolated
from rtcheck.sampling import Accumulator, Cells, add_prisms, add_vertices
from rtcheck.solid import Solid
from rtcheck.trilinear import DoseField, DoseGrid, known_range_gy
from rtcheck.voxelise import Lattice

#: Side of the cells, at least and at most (mm).
SPACING_MM = (0.05, 2.5)
#: The same for the interval's other conventions: what differs lies at the surface, and every plane's area is exact.
ALTERNATIVE_SPACING_MM = (0.05, 10.0)
#: At most about this many cells in the lattice around an ROI: small parts that lie far apart would fill the memory.
LATTICE_CELLS = 2_000_000
#: The same where level functions are made, on every plane.
INTERPOLATED_CELLS = 200_000
#: Outlines whose signed areas add up to less than this share of their boxes cancel one another.
LOBES_SHARE = 1e-3
#: Distance of the knots of a curve (Gy), and how many there are at least and at most.
KNOT_GY = 0.002
KNOTS = (1_000, 12_000)
#: A cell that holds several dose samples and spans more than this share of the doses around an ROI is cut.
STEEP_SHARE = 1 / 128
#: Fewer cells than this aren't worth another thread.
CELLS_PER_CORE = 200_000
#: Layers closer than this (mm) touch.
TOUCH_MM = 1e-6


@dataclass(frozen=True)
class Sampled:
    """Volume by dose of the parts of a solid.

    Attributes
    ----------
    body : Accumulator
        Right prisms between the outermost contours.
    half_slices : Accumulator
        Right prisms beyond the outermost contours.
    interpolated : Accumulator or None
        The body with interpolated outlines; None where not asked for.
    domes : Accumulator or None
        Domes on the outermost contours.
    differs : bool
        Whether `interpolated` holds only what has to be added to `body`.
    vertices_gy : ndarray, shape (3, 2)
        Lowest and highest dose at the corners of outlines: at the ends of the body's prisms, of the half slices, and on
        the contours' planes.
    spacing_mm : float
        Side of the cells.
    """

    body: Accumulator
    half_slices: Accumulator
    interpolated: Accumulator | None
    domes: Accumulator | None
    differs: bool
    vertices_gy: FloatArray
    spacing_mm: float


@dataclass(frozen=True)
class _Parts:
    """Prisms to add: the layer's number, bottom and top, and whether they lie beyond the outermost contour."""

    layer: NDArray[np.int64]
    ends_mm: FloatArray
    is_cap: NDArray[np.bool_]

    def cut(self, heights_mm: FloatArray) -> _Parts:
        """The same, cut where the dose is known no further, so that none is half outside."""
        parts = self
        for height in heights_mm:
            across = (parts.ends_mm[:, 0] < height) & (height < parts.ends_mm[:, 1])
            if across.any():
                lower, upper = parts.ends_mm.copy(), parts.ends_mm[across]
                lower[across, 1] = height
                upper = np.stack([np.full(len(upper), height), upper[:, 1]], axis=1)
                layer = np.concatenate([parts.layer, parts.layer[across]])
                order = np.argsort(layer, kind="stable")
                ends = np.concatenate([lower, upper])[order]
                parts = _Parts(layer[order], ends, np.concatenate([parts.is_cap, parts.is_cap[across]])[order])
        return parts

    def starts(self, layers: int) -> NDArray[np.int64]:
        """Where each layer's parts start."""
        return np.searchsorted(self.layer, np.arange(layers + 1)).astype(np.int64)

    def boxed(self, spacing_mm: float) -> FloatArray:
        """Bottom, top and number of sub-layers about as high as a cell; shape ``(parts, 3)``."""
        count = np.maximum(np.rint((self.ends_mm[:, 1] - self.ends_mm[:, 0]) / spacing_mm), 1.0)
        return np.column_stack([self.ends_mm, count])


def sample(solid: Solid, field: DoseField, *, boxes: int, alternative_boxes: int | None, cores: Cores) -> Sampled:
    """Volume by dose of a solid.

    Parameters
    ----------
    solid : Solid
        With at least one layer.
    field : DoseField
    boxes : int
        About how many boxes to cut the solid into.
    alternative_boxes : int or None
        The same for the interpolated body and the domes; None leaves these out.
    cores : Cores
    """
    dose = field.along(solid.axes)
    parts = _parts(solid).cut(dose.cut_mm)
    vertices = _vertices(solid, parts, dose)
    knots = (*_knots(solid, dose, field.range_gy), np.array([vertices[:, 0].min(), vertices[:, 1].max()]))
    lattice = _lattice(solid, dose, _spacing_mm(solid, boxes, SPACING_MM))
    chunks = _chunks(solid, lattice, cores.count)
    prisms = [(Accumulator.empty(*knots), Accumulator.empty(*knots)) for _ in chunks]
    tasks = [
        partial(_add_parts, solid, parts, chunk, lattice, dose, *into)
        for chunk, into in zip(chunks, prisms, strict=True)
    ]
    others: tuple[Accumulator | None, Accumulator | None] = (None, None)
    differs = alternative_boxes is not None and alternative_boxes != boxes
    if alternative_boxes is not None:
        interpolated, domes = Accumulator.empty(*knots), Accumulator.empty(*knots)
        limits = ALTERNATIVE_SPACING_MM if differs else SPACING_MM
        coarse = _lattice(solid, dose, _interpolated_spacing_mm(solid, alternative_boxes, limits))
        others = (interpolated, domes)
        tasks.insert(1, partial(_add_alternatives, solid, coarse, dose, differs, interpolated, domes))
    cores.run(tasks)
    body, half_slices = prisms[0]
    for more in prisms[1:]:
        body.absorb(more[0])
        half_slices.absorb(more[1])
    return Sampled(body, half_slices, *others, differs, vertices, lattice.column_spacing_mm)


def _chunks(solid: Solid, lattice: Lattice, cores: int) -> list[tuple[int, int]]:
    """Runs of layers for as many cores as are worth their start."""
    cells = np.cumsum(np.abs(solid.rings.layer_area_mm2)) / lattice.cell_mm2
    count = int(np.clip(cells[-1] / CELLS_PER_CORE, 1, cores))
    ends = np.searchsorted(cells, cells[-1] * np.arange(1, count) / count).tolist()
    edges = sorted({0, *ends, len(solid.layers)})
    return [(edges[index], edges[index + 1]) for index in range(len(edges) - 1)]


def _knots(solid: Solid, dose: DoseGrid, range_gy: tuple[float, float]) -> tuple[float, float, int]:
    """First knot, distance of knots and their number, for the doses around a solid."""
    low, high = range_gy
    if dose.aligned:
        u_min, v_min, u_max, v_max = solid.bounds_mm()
        ends = ((u_min, u_max), (v_min, v_max), (solid.layers[0].bottom_mm, solid.layers[-1].top_mm))
        window = []
        for position, (first, last) in zip((dose.u_mm, dose.v_mm, dose.w_mm), ends, strict=True):
            start = max(int(np.searchsorted(position, first, side="right")) - 1, 0)
            window.append(slice(start, max(int(np.searchsorted(position, last, side="left")) + 1, start + 1)))
        around = dose.gray[window[2], window[1], window[0]]
        if around.size:
            low, high = known_range_gy(around)
    if math.isnan(low):
        low = high = 0.0  # all is unknown, and no knot is needed
    count = int(np.clip(np.ceil((high - low) / KNOT_GY), *KNOTS))
    return low, max((high - low) / count, KNOT_GY / 1000), count


def _parts(solid: Solid) -> _Parts:
    """The prisms of a solid; a layer that is open at one end is cut at its plane."""
    layer, ends, is_cap = [], [], []
    for index, one in enumerate(solid.layers):
        below = one.at_mm if one.open_below else one.bottom_mm
        above = one.at_mm if one.open_above else one.top_mm
        for bottom, top, cap in ((one.bottom_mm, below, True), (below, above, False), (above, one.top_mm, True)):
            if top > bottom:
                layer.append(index)
                ends.append((bottom, top))
                is_cap.append(cap)
    return _Parts(np.array(layer, np.int64), np.array(ends, np.float64), np.array(is_cap, np.bool_))


def _lattice(solid: Solid, dose: DoseGrid, spacing_mm: float) -> Lattice:
    """Cells of about a size around a solid; their lines run through the dose samples, and along the grid's sides.

    Between its samples the dose is smooth, at them it has kinks: a box across these would carry a slope too far.
    """
    bounds = solid.bounds_mm()
    if not dose.aligned:
        return Lattice.around(bounds, spacing_mm)
    corners, sides, counts = [], [], []
    for axis, samples in enumerate((dose.u_mm, dose.v_mm)):
        (low, high), (first, last) = (bounds[axis], bounds[axis + 2]), dose.reach_mm[axis]
        side, origin = spacing_mm, (low + high - spacing_mm * math.ceil((high - low) / spacing_mm)) / 2
        if len(samples) > 1:
            pitch = float(samples[-1] - samples[0]) / (len(samples) - 1)
            side = (
                pitch / max(round(pitch / spacing_mm), 1)
                if spacing_mm < 1.5 * pitch
                else pitch * int(spacing_mm / pitch + 0.05)
            )
            origin = float(samples[0])
        if low < first or high > last:
            side, origin = (last - first) / max(round((last - first) / side), 1), first
        corner = origin + math.floor((low - origin) / side + 1e-9) * side
        corners.append(corner)
        sides.append(side)
        counts.append(max(math.ceil((high - corner) / side - 1e-9), 1))
    return Lattice(corners[0], corners[1], sides[0], sides[1], (counts[1], counts[0]))


def _spacing_mm(solid: Solid, boxes: int, limits_mm: tuple[float, float]) -> float:
    """Side of the cells that cut the solid into about `boxes` boxes; a layer thinner than a cell is one box high."""
    heights = np.array([layer.thickness_mm for layer in solid.layers])
    areas = np.abs(solid.rings.layer_area_mm2)
    if areas.sum() < LOBES_SHARE * solid.rings.layer_box_mm2.sum():
        areas = solid.rings.layer_box_mm2 / 2  # the lobes of a figure of eight cancel
    finest, coarsest = limits_mm
    for _ in range(12):
        # The count falls as the side grows; halving in logarithms.
        side = math.sqrt(finest * coarsest)
        if float(areas @ np.maximum(heights / side, 1.0)) > boxes * side * side:
            finest = side
        else:
            coarsest = side
    side = coarsest if coarsest == limits_mm[1] else finest
    return max(side, math.sqrt(_window_mm2(solid) / LATTICE_CELLS))


def _window_mm2(solid: Solid) -> float:
    u_min, v_min, u_max, v_max = solid.bounds_mm()
    return (u_max - u_min) * (v_max - v_min)


def _interpolated_spacing_mm(solid: Solid, boxes: int, limits_mm: tuple[float, float]) -> float:
    """As `_spacing_mm`, and no more than half a wall: a level function doesn't see what falls between its nodes."""
    wall = 2.0 * float(np.abs(solid.rings.layer_area_mm2).sum()) / solid.rings.perimeter_mm
    side = min(_spacing_mm(solid, boxes, limits_mm), max(wall / 2.0, limits_mm[0]))
    return max(side, math.sqrt(_window_mm2(solid) / INTERPOLATED_CELLS))


def _cells(lattice: Lattice, dose: DoseGrid, steep_gy: float) -> Cells:
    """Where columns and rows lie among the dose samples."""
    corner = np.array([lattice.u_mm, lattice.v_mm])
    spacing = np.array([lattice.column_spacing_mm, lattice.row_spacing_mm])
    column, row = (
        _located(position, reach, centres)
        for position, reach, centres in (
            (dose.u_mm, dose.reach_mm[0], lattice.column_mm()),
            (dose.v_mm, dose.reach_mm[1], lattice.row_mm()),
        )
    )
    return Cells(corner, spacing, *column, *row, steep_gy)


def _located(
    position_mm: FloatArray, reach_mm: FloatArray, at_mm: FloatArray
) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """`locate` for many positions."""
    count = len(position_mm)
    if count == 1:
        index, share, per_mm = np.zeros(len(at_mm), np.int64), np.zeros(len(at_mm)), np.zeros(len(at_mm))
    else:
        index = np.clip(np.searchsorted(position_mm, at_mm, side="right") - 1, 0, count - 2).astype(np.int64)
        per_mm = 1.0 / np.diff(position_mm)[index]
        share = np.clip((at_mm - position_mm[index]) * per_mm, 0.0, 1.0)
    index[(at_mm < reach_mm[0]) | (at_mm > reach_mm[1])] = -1
    return index, share, per_mm


def _in_cells(solid: Solid, lattice: Lattice) -> FloatArray:
    """Corners of all outlines in cells from the lattice's lower corner; one column at a time, for pairs are slow."""
    points = solid.rings.points_mm
    corners = np.empty_like(points)
    corners[:, 0] = (points[:, 0] - lattice.u_mm) / lattice.column_spacing_mm
    corners[:, 1] = (points[:, 1] - lattice.v_mm) / lattice.row_spacing_mm
    return corners


def _add_parts(
    solid: Solid,
    parts: _Parts,
    layers: tuple[int, int],
    lattice: Lattice,
    dose: DoseGrid,
    body: Accumulator,
    caps: Accumulator,
) -> None:
    """A run of layers as right prisms."""
    rings, count = solid.rings, len(solid.layers)
    add_prisms(
        _in_cells(solid, lattice),
        rings.ring_start,
        rings.layer_start,
        layers,
        parts.starts(count),
        parts.boxed(lattice.column_spacing_mm),
        parts.is_cap,
        _cells(lattice, dose, body.step_gy * (len(body.ramps) - 3) * STEEP_SHARE),
        dose,
        body,
        caps,
    )


def _add_alternatives(
    solid: Solid, lattice: Lattice, dose: DoseGrid, differs: bool, interpolated: Accumulator, domes: Accumulator
) -> None:
    """The body with interpolated outlines, or what it differs by from prisms; and domes on the outermost contours."""
    layers, rings, height = solid.layers, solid.rings, lattice.column_spacing_mm
    borders = np.array([layer.top_mm for layer in layers] if differs else [], np.float64)
    planes = np.array([layer.at_mm for layer in layers])
    linked = _linked(solid)
    corners, cells = _in_cells(solid, lattice), _cells(lattice, dose, math.inf)
    shape = corners, rings.ring_start, rings.layer_start
    if linked.any():
        add_interpolated(*shape, planes, linked, borders, height, cells, dose, interpolated)
    alone = _alone(solid, linked)
    if len(alone.layer) and not differs:
        _add_parts(solid, alone.cut(dose.cut_mm), (0, len(layers)), lattice, dose, interpolated, interpolated)
    feet = [(index, layer.at_mm, layer.bottom_mm) for index, layer in enumerate(layers) if layer.open_below]
    feet += [(index, layer.at_mm, layer.top_mm) for index, layer in enumerate(layers) if layer.open_above]
    if feet:
        heights = np.array([foot[1:] for foot in feet], np.float64)
        stands_on = np.array([foot[0] for foot in feet], np.int64)
        add_domes(*shape, heights, stands_on, height, cells, dose, domes)


def _linked(solid: Solid) -> NDArray[np.bool_]:
    """Whether each layer is connected to the next one; shape ``(layers,)``."""
    layers = solid.layers
    linked = np.zeros(len(layers), np.bool_)
    for index in range(len(layers) - 1):
        below, above = layers[index], layers[index + 1]
        touch = above.bottom_mm - below.top_mm < TOUCH_MM
        linked[index] = touch and not below.open_above and not above.open_below
    return linked


def _alone(solid: Solid, linked: NDArray[np.bool_]) -> _Parts:
    """What lies within the outermost contours and between no two planes: planes by themselves."""
    layer, ends = [], []
    for index, one in enumerate(solid.layers):
        if not one.open_below and not (index and linked[index - 1]) and one.at_mm > one.bottom_mm:
            layer.append(index)
            ends.append((one.bottom_mm, one.at_mm))
        if not one.open_above and not linked[index] and one.top_mm > one.at_mm:
            layer.append(index)
            ends.append((one.at_mm, one.top_mm))
    return _Parts(np.array(layer, np.int64), np.array(ends, np.float64).reshape(-1, 2), np.zeros(len(layer), np.bool_))


def _vertices(solid: Solid, parts: _Parts, dose: DoseGrid) -> FloatArray:
    """Lowest and highest dose at corners; see `Sampled.vertices_gy`."""
    rings, count = solid.rings, len(solid.layers)
    low_high = np.array([[np.inf, -np.inf]] * 3)
    planes = np.array([layer.at_mm for layer in solid.layers])
    add_vertices(
        rings.points_mm,
        rings.ring_start,
        rings.layer_start,
        parts.starts(count),
        parts.ends_mm,
        parts.is_cap,
        planes,
        dose,
        low_high,
    )
    return low_high
