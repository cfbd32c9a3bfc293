"""The dose-volume histogram of a solid in a dose: its computation, and the value that answers metrics.

Each prism of the solid is covered by square cells with the exact area in each; along its height it is cut into
sub-layers. In every small box the dose is taken as linear, so its volume is spread evenly over the doses that the box
spans. In cells at the edge it is taken where the covered part lies: beside a steep gradient the cell's centre may be
several gray hotter than anything in the ROI. Nothing is dropped: volume at zero dose stays, and volume outside the dose
grid is kept apart as unknown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from rtcheck.curve import DoseVolumeCurve
from rtcheck.geometry import FloatArray
from rtcheck.metrics import Distribution, Metric, MetricValue, evaluate, parse_metric
from rtcheck.outlines import clipped, signed_area
from rtcheck.solid import Flag, Layer, QualityFlag, Solid
from rtcheck.trilinear import DoseField
from rtcheck.units import PHYSICAL, DoseBasis
from rtcheck.voxelise import Lattice, coverage, occupancy

#: About this many boxes for an ROI, whatever its size, within the bounds on their side in mm.
BOXES = 250_000
SPACING_MM = (0.05, 2.5)
#: At most about this many cells in the lattice around an ROI: small parts that lie far apart would fill the memory.
LATTICE_CELLS = 2_000_000
#: A near-point dose of a smaller ROI than this many dose voxels says little.
FEW_DOSE_VOXELS = 8


@dataclass(frozen=True, eq=False)
class DVH:
    """A cumulative dose-volume histogram with what is known about it.

    Attributes
    ----------
    roi : str
        The ROI or ROI expression as asked.
    rois : tuple of str
        The ROIs it resolved to.
    curve : DoseVolumeCurve or None
        Of the part inside the dose grid; None where there is none.
    mean_gy, min_gy, max_gy : float
        Of the part inside; mean from samples, extrema over samples and contour vertices. NaN where nothing is inside.
    outside_cc : float
        Volume outside the dose grid: its dose is unknown.
    basis : DoseBasis
    flags : tuple of QualityFlag
    problem : str
        Why there is no volume at all; every metric is then not evaluable for this reason.
    reference_gy : mapping
        Named dose references that percent may mean.
    spacing_mm : float
        Side of the cells that were used.

    Examples
    --------
    >>> dvh["CV15Gy[cc]"].value                                                             # doctest: +SKIP
    1204.3
    """

    roi: str
    rois: tuple[str, ...]
    curve: DoseVolumeCurve | None
    mean_gy: float = math.nan
    min_gy: float = math.nan
    max_gy: float = math.nan
    outside_cc: float = 0.0
    basis: DoseBasis = PHYSICAL
    flags: tuple[QualityFlag, ...] = ()
    problem: str = ""
    reference_gy: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    spacing_mm: float = math.nan

    @property
    def volume_cc(self) -> float:
        """Volume inside and outside the dose grid."""
        return (self.curve.total_cc if self.curve else 0.0) + self.outside_cc

    @property
    def outside_percent(self) -> float:
        """Share of the volume outside the dose grid; 0 for an ROI without volume."""
        return 100.0 * self.outside_cc / self.volume_cc if self.volume_cc else 0.0

    def __getitem__(self, metric: str | Metric) -> MetricValue:
        """Answer one metric; `ParseError` for text that is none."""
        asked = parse_metric(metric) if isinstance(metric, str) else metric
        if self.problem:
            return MetricValue.absent(str(asked), asked.unit, self.problem)
        return evaluate(asked, self._distribution())

    def _distribution(self) -> Distribution:
        reason = f"{self.outside_percent:.3g} % of the ROI lies outside the dose grid" if self.outside_cc else ""
        return Distribution(
            self.curve, self.mean_gy, self.min_gy, self.max_gy, self.outside_cc, reason, self.reference_gy
        )


def compute_dvh(
    solid: Solid,
    dose: DoseField,
    *,
    roi: str,
    rois: tuple[str, ...] = (),
    reference_gy: Mapping[str, float] | None = None,
    boxes: int = BOXES,
) -> DVH:
    """The DVH of a solid in a dose.

    Parameters
    ----------
    solid : Solid
    dose : DoseField
    roi, rois : str, tuple of str
        What the solid is called, and the ROIs it came from.
    reference_gy : mapping of str to float, optional
        Named dose references.
    boxes : int
        About how many boxes to cut the solid into.
    """
    names = MappingProxyType(dict(reference_gy or {}))
    if not solid.layers:
        return DVH(roi, rois, None, flags=solid.flags, problem="the ROI has no volume", reference_gy=names)
    spacing = _spacing_mm(solid, boxes)
    doses, widths, volumes = _samples(solid, dose, spacing)
    inside = ~np.isnan(doses)
    outside_cc = float(volumes[~inside].sum())
    if not inside.any():
        flags = (*solid.flags, QualityFlag(Flag.OUTSIDE_GRID, "100 % of the volume lies outside the dose grid"))
        return DVH(roi, rois, None, outside_cc=outside_cc, flags=flags, reference_gy=names, spacing_mm=spacing)
    doses, widths, volumes = doses[inside], widths[inside], volumes[inside]
    low, high = _extrema(solid, dose, doses)
    curve = DoseVolumeCurve.of_samples(doses, widths, volumes, (low, high))
    mean = float(np.average(doses, weights=volumes))
    flags = (*solid.flags, *_flags(curve.total_cc, outside_cc, dose))
    return DVH(roi, rois, curve, mean, low, high, outside_cc, flags=flags, reference_gy=names, spacing_mm=spacing)


def _spacing_mm(solid: Solid, boxes: int) -> float:
    """Side of the cells that cut the solid into about `boxes` boxes; a layer thinner than a cell is one box high."""
    heights = np.array([layer.thickness_mm for layer in solid.layers])
    areas = np.array([abs(sum(signed_area(outline) for outline in layer.outlines)) for layer in solid.layers])
    sides = np.geomspace(SPACING_MM[1], SPACING_MM[0], 100)
    counts = (areas * np.maximum(heights / sides[:, None], 1.0)).sum(axis=1) / sides**2
    u_min, v_min, u_max, v_max = solid.bounds_mm()
    return max(float(np.interp(boxes, counts, sides)), math.sqrt((u_max - u_min) * (v_max - v_min) / LATTICE_CELLS))


def _samples(solid: Solid, dose: DoseField, spacing: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Dose, dose width and volume (cc) of every box; NaN dose outside the grid."""
    lattice = Lattice.around(solid.bounds_mm(), spacing)
    field_on_lattice = _LatticeDose(dose, solid.axes, lattice)
    limits = field_on_lattice.limits_mm()
    doses, widths, volumes = [], [], []
    for layer in solid.layers:
        outlines = layer.outlines
        if limits is not None and not _within(outlines, limits):
            outlines = clipped(outlines, limits)
            whole, known = (_area_mm2(some, lattice) for some in (layer.outlines, outlines))
            # What lies beyond the grid's sides is one box of unknown dose.
            doses.append(np.array([np.nan]))
            widths.append(np.zeros(1))
            volumes.append(np.array([max(whole - known, 0.0) * layer.thickness_mm / 1000.0]))
        if not outlines:
            continue
        window = _window(outlines, lattice)
        part = Lattice(
            lattice.u_mm + window[1].start * spacing,
            lattice.v_mm + window[0].start * spacing,
            spacing,
            (window[0].stop - window[0].start, window[1].stop - window[1].start),
        )
        covered, u, v = coverage(outlines, part)
        cells = np.flatnonzero(covered)
        u, v = u.ravel()[cells], v.ravel()[cells]
        area = covered.ravel()[cells] * (spacing * spacing / 1000.0)
        for bottom, top in pairwise(_heights(layer, spacing, field_on_lattice.ends_mm())):
            arrays = field_on_lattice.sublayer((bottom + top) / 2, top - bottom, window)
            gray, along_u, along_v, rise = (array.ravel()[cells] for array in arrays)
            doses.append(gray + u * along_u + v * along_v)
            # A strip at one side of a cell, its centroid off by t, is 1 - 2 |t| wide.
            spans = along_u * (1 - 2 * np.abs(u)), along_v * (1 - 2 * np.abs(v)), rise
            widths.append(np.sqrt(spans[0] ** 2 + spans[1] ** 2 + spans[2] ** 2))
            volumes.append(area * (top - bottom))
    # Beyond the grid's own range there is no dose, however steep it is beside the cell.
    return np.clip(np.concatenate(doses), *dose.range_gy), np.concatenate(widths), np.concatenate(volumes)


def _within(outlines: tuple[FloatArray, ...], limits_mm: tuple[float, float, float, float]) -> bool:
    points = np.concatenate(outlines)
    return bool((points >= limits_mm[:2]).all() and (points <= limits_mm[2:]).all())


def _area_mm2(outlines: tuple[FloatArray, ...], lattice: Lattice) -> float:
    return float(occupancy(outlines, lattice).sum()) * lattice.spacing_mm**2


def _heights(layer: Layer, spacing: float, ends_mm: tuple[float, ...]) -> list[float]:
    """Where a layer is cut into sub-layers: evenly, and where the dose grid ends, so that none is half outside."""
    count = max(1, math.ceil(layer.thickness_mm / spacing - 1e-6))
    heights = np.linspace(layer.bottom_mm, layer.top_mm, count + 1).tolist()
    within = [end for end in ends_mm if layer.bottom_mm < end < layer.top_mm]
    return sorted({*heights, *within})


def _window(outlines: tuple[FloatArray, ...], lattice: Lattice) -> tuple[slice, slice]:
    """Rows and columns of the lattice that a layer needs."""
    low = np.min([outline.min(axis=0) for outline in outlines], axis=0)
    high = np.max([outline.max(axis=0) for outline in outlines], axis=0)
    first = np.floor((low - (lattice.u_mm, lattice.v_mm)) / lattice.spacing_mm).astype(int)
    last = np.floor((high - (lattice.u_mm, lattice.v_mm)) / lattice.spacing_mm).astype(int) + 1
    rows, columns = lattice.shape
    first = np.clip(first, 0, (columns - 1, rows - 1))
    last = np.clip(last, first + 1, (columns, rows))
    return slice(int(first[1]), int(last[1])), slice(int(first[0]), int(last[0]))


#: Dose at the centres of cells, and how much it rises across a cell: along u, along v, and along the normal.
_Sublayer = tuple[FloatArray, FloatArray, FloatArray, FloatArray]


class _LatticeDose:
    """Dose on the cells of a lattice, plane by plane, with its rise across a cell."""

    def __init__(self, dose: DoseField, axes: FloatArray, lattice: Lattice) -> None:
        self._dose, self._axes, self._lattice = dose, axes, lattice
        self._planes: dict[int, tuple[FloatArray, FloatArray, FloatArray]] = {}
        self._array_axes = dose.alignment(axes)
        if self._array_axes is not None:
            u, v, w = self._array_axes
            signs = [float(np.sign(axes[i] @ dose.axes[axis])) for i, axis in enumerate(self._array_axes)]
            self._columns = dose.index_axes[u].locate(signs[0] * lattice.column_mm())
            self._rows = dose.index_axes[v].locate(signs[1] * lattice.row_mm())
            self._across = [
                sorted(sign * end for end in dose.index_axes[axis].reach_mm())
                for axis, sign in zip((u, v), signs[:2], strict=True)
            ]
            self._through, self._through_sign = dose.index_axes[w], signs[2]

    def ends_mm(self) -> tuple[float, ...]:
        """Heights at which the dose grid begins and ends; empty for an oblique grid."""
        if self._array_axes is None:
            return ()
        low, high = self._through.reach_mm()
        return self._through_sign * low, self._through_sign * high

    def limits_mm(self) -> tuple[float, float, float, float] | None:
        """In-plane rectangle within which the dose is known; None for an oblique grid, which is asked cell by cell."""
        if self._array_axes is None:
            return None
        (u_min, u_max), (v_min, v_max) = self._across
        return u_min, v_min, u_max, v_max

    def sublayer(self, w_mm: float, height_mm: float, window: tuple[slice, slice]) -> _Sublayer:
        """Dose at the cells' centres at height `w_mm`, and its rise across boxes of a height."""
        if self._array_axes is None:
            return self._oblique(w_mm, height_mm, window)
        lower, upper, share, inside = self._through.locate(np.array([self._through_sign * w_mm]))
        low = [array[window] for array in self._plane(int(lower[0]))]
        flat = np.zeros_like(low[0])
        if not inside[0]:
            return np.full_like(flat, np.nan), flat, flat, flat
        if lower[0] == upper[0]:
            return low[0], low[1], low[2], flat
        rises = [array[window] - below for array, below in zip(self._plane(int(upper[0])), low, strict=True)]
        gray, along_u, along_v = (below + share[0] * rise for below, rise in zip(low, rises, strict=True))
        between = self._through.distance_mm(int(lower[0]), int(upper[0]))
        return gray, along_u, along_v, rises[0] * (height_mm / between)

    def _plane(self, sample: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """One dose plane on the whole lattice; the last few are kept, for neighbouring layers share them."""
        if sample not in self._planes:
            assert self._array_axes is not None
            u, v, w = self._array_axes
            plane = np.take(self._dose.dose_gy, sample, axis=w)
            if u < v:
                plane = plane.T
            # Cells that the grid's side cuts keep its outermost dose: their outlines end there.
            j0, j1, fj, _ = self._rows
            i0, i1, fi, _ = self._columns
            rows = plane[j0] * (1 - fj)[:, None] + plane[j1] * fj[:, None]
            gray = rows[:, i0] * (1 - fi) + rows[:, i1] * fi
            along_u, along_v = _rises(gray)
            while len(self._planes) > 2:
                del self._planes[next(iter(self._planes))]
            self._planes[sample] = gray, along_u, along_v
        return self._planes[sample]

    def _oblique(self, w_mm: float, height_mm: float, window: tuple[slice, slice]) -> _Sublayer:
        u, v = np.meshgrid(self._lattice.column_mm()[window[1]], self._lattice.row_mm()[window[0]])
        points = np.stack([u, v, np.full_like(u, w_mm)], axis=-1) @ self._axes
        half = 0.5 * height_mm * self._axes[2]
        gray = self._dose.at(points)
        rise = self._dose.at(points + half) - self._dose.at(points - half)
        # Where a neighbour lies outside the grid, the box counts as having one dose.
        along_u, along_v = (np.nan_to_num(array) for array in _rises(gray))
        return gray, along_u, along_v, np.nan_to_num(rise)


def _rises(gray: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Rise of the dose across one cell, along u (columns) and along v (rows)."""
    along = (np.gradient(gray, axis=axis) if gray.shape[axis] > 1 else np.zeros_like(gray) for axis in (1, 0))
    along_u, along_v = along
    return along_u, along_v


def _extrema(solid: Solid, dose: DoseField, sampled: FloatArray) -> tuple[float, float]:
    """Lowest and highest dose over samples and contour vertices, the latter at bottom, middle and top of each layer."""
    low, high = float(sampled.min()), float(sampled.max())
    vertices = []
    for layer in solid.layers:
        points = np.concatenate(layer.outlines)
        for w in (layer.bottom_mm, (layer.bottom_mm + layer.top_mm) / 2, layer.top_mm):
            vertices.append(np.column_stack([points, np.full(len(points), w)]) @ solid.axes)
    at_vertices = dose.at(np.concatenate(vertices))
    at_vertices = at_vertices[~np.isnan(at_vertices)]
    if len(at_vertices):
        low, high = min(low, float(at_vertices.min())), max(high, float(at_vertices.max()))
    return low, high


def _flags(inside_cc: float, outside_cc: float, dose: DoseField) -> tuple[QualityFlag, ...]:
    flags = []
    total = inside_cc + outside_cc
    if outside_cc:
        share = 100 * outside_cc / total
        flags.append(QualityFlag(Flag.OUTSIDE_GRID, f"{share:.3g} % of the volume lies outside the dose grid"))
    grid = dose.grid
    if grid.frame_spacing_mm is not None:
        voxel_cc = grid.frame_spacing_mm * grid.row_spacing_mm * grid.column_spacing_mm / 1000.0
        if total < FEW_DOSE_VOXELS * voxel_cc:
            text = f"{total:.3g} cc is less than {FEW_DOSE_VOXELS} dose voxels of {voxel_cc:.3g} cc"
            flags.append(QualityFlag(Flag.FEW_DOSE_VOXELS, text))
    return tuple(flags)
