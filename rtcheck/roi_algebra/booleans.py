"""Two solids -> one: without, or, and."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import shapely

from rtcheck.errors import NoVolumeError
from rtcheck.geometry import FloatArray
from rtcheck.outlines import region_of, rings
from rtcheck.solid import Flag, Layer, QualityFlag, Solid

#: Layers thinner than this (mm) are rounding, not anatomy.
MIN_THICKNESS_MM = 1e-3
#: Axes closer than this are the same: those of oblique ROIs are fitted to rounded points.
_AXES_TOLERANCE = 5e-4


def combine(operator: str, left: Solid, right: Solid) -> Solid:
    """``left - right``, ``left + right`` or ``left & right`` of two solids; `NoVolumeError` if not parallel."""
    # How large a gap in what is taken away really is makes little difference to what is left.
    taken = tuple(
        replace(flag, flag=Flag.SEPARATE_PARTS) if operator == "-" and flag.flag is Flag.LARGE_GAP else flag
        for flag in right.flags
    )
    flags: tuple[QualityFlag, ...] = left.flags + taken
    if not left.layers or not right.layers:
        kept = right if operator == "+" and not left.layers else left
        return Solid(kept.axes, () if operator == "&" else kept.layers, flags)
    if not np.allclose(left.axes, right.axes, atol=_AXES_TOLERANCE):
        raise NoVolumeError("the ROIs are drawn on planes of different orientation")
    join = {"-": shapely.difference, "+": shapely.union, "&": shapely.intersection}[operator]
    cuts = _cuts(left, right)
    sections = _Sections(left), _Sections(right)
    layers = []
    for bottom, top in pairwise(cuts.tolist()):
        found = [some.layer_at((bottom + top) / 2) for some in sections]
        outlines = tuple(rings(join(*(some.region(layer) for some, layer in zip(sections, found, strict=True)))))
        if outlines:
            layers.append(_piece(bottom, top, outlines, operator, found))
    return Solid(left.axes, tuple(layers), flags)


def _cuts(left: Solid, right: Solid) -> FloatArray:
    """Heights at which either solid changes its cross-section, without slivers."""
    layers = [*left.layers, *right.layers]
    # Also at the outermost contours: what lies beyond them stays apart.
    outermost = {layer.at_mm for layer in layers if layer.open_below or layer.open_above}
    heights = sorted(outermost.union(*((layer.bottom_mm, layer.top_mm) for layer in layers)))
    kept = heights[:1]
    for height in heights[1:]:
        if height - kept[-1] > MIN_THICKNESS_MM:
            kept.append(height)
    return np.array(kept)


def _piece(
    bottom: float, top: float, outlines: tuple[FloatArray, ...], operator: str, found: list[Layer | None]
) -> Layer:
    """A layer of a combination: where its contours were drawn, and whether it lies beyond the outermost of them."""
    left, right = found
    deciding = [layer for layer in ((left,) if operator == "-" else (left, right)) if layer is not None]
    middle = (bottom + top) / 2
    below = [layer.open_below and middle < layer.at_mm for layer in deciding]
    above = [layer.open_above and middle > layer.at_mm for layer in deciding]
    beyond = any if operator == "&" else all
    if beyond(low or high for low, high in zip(below, above, strict=True)):
        low = any(below)
        return Layer(bottom, top, outlines, top if low else bottom, low, not low)
    planes = [layer.at_mm for layer in deciding if bottom <= layer.at_mm <= top]
    return Layer(bottom, top, outlines, planes[0] if planes else None)


class _Sections:
    """Cross-sections of a solid as polygons, made once per layer."""

    def __init__(self, solid: Solid) -> None:
        self._layers = solid.layers
        self._bottoms = np.array([layer.bottom_mm for layer in solid.layers])
        self._made: dict[int, shapely.Geometry] = {}

    def layer_at(self, height_mm: float) -> Layer | None:
        """The layer at a height; None in a gap and beyond the ends."""
        index = int(np.searchsorted(self._bottoms, height_mm, side="right")) - 1
        return None if index < 0 or height_mm >= self._layers[index].top_mm else self._layers[index]

    def region(self, layer: Layer | None) -> shapely.Geometry:
        """The cross-section of a layer."""
        if layer is None:
            return shapely.Polygon()
        if id(layer) not in self._made:
            self._made[id(layer)] = region_of(layer.outlines)
        return self._made[id(layer)]
