"""The pieces of a solid: what hangs together of it, and what lies near."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely

from rtcheck.geometry import FloatArray
from rtcheck.outlines import signed_area, valid_polygon
from rtcheck.solid import Solid

#: Layers this close (mm) touch.
_TOUCHING_MM = 0.01
#: Distances of so many pairs of outlines are computed together.
_PAIRS_AT_ONCE = 16


@dataclass(frozen=True, eq=False)
class Piece:
    """What hangs together of a solid.

    Attributes
    ----------
    volume_cc : float
        Of the outer outlines.
    outlines : ndarray of shapely polygons, shape (n,)
    bottom_mm, top_mm : ndarray, shape (n,)
        Between which heights each holds.
    """

    volume_cc: float
    outlines: FloatArray
    bottom_mm: FloatArray
    top_mm: FloatArray

    @property
    def slices(self) -> int:
        """On how many slices it is drawn."""
        return len(np.unique(self.bottom_mm))

    def distance_mm(self, other: Piece) -> float:
        """How far apart two pieces are at their nearest."""
        own, others = shapely.bounds(self.outlines)[:, None], shapely.bounds(other.outlines)
        apart = np.stack(
            [
                np.maximum(others[..., 0] - own[..., 2], own[..., 0] - others[..., 2]),
                np.maximum(others[..., 1] - own[..., 3], own[..., 1] - others[..., 3]),
                np.maximum(other.bottom_mm - self.top_mm[:, None], self.bottom_mm[:, None] - other.top_mm),
            ]
        ).clip(min=0.0)
        least = np.linalg.norm(apart, axis=0).ravel()
        nearest = np.inf
        # Boxes first: of two organs only a few outlines can be the nearest ones.
        for pairs in np.array_split(np.argsort(least), max(len(least) // _PAIRS_AT_ONCE, 1)):
            if least[pairs[0]] >= nearest:
                break
            i, j = np.unravel_index(pairs, apart.shape[1:])
            flat = shapely.distance(self.outlines[i], other.outlines[j])
            nearest = min(nearest, float(np.hypot(flat, apart[2][i, j]).min()))
        return float(nearest)

    def centre_mm(self, solid: Solid) -> FloatArray:
        """Where it lies in the patient; shape ``(3,)``."""
        middle = shapely.centroid(shapely.geometrycollections(self.outlines))
        height = (self.bottom_mm.min() + self.top_mm.max()) / 2
        return np.asarray(np.array([middle.x, middle.y, height]) @ solid.axes)


def pieces(solid: Solid) -> tuple[Piece, ...]:
    """The pieces of a solid, the largest first: outlines of neighbouring slices that lie above each other are one.

    Holes count as full. A solid with one outline a slice, each above the next, is one piece that isn't looked into:
    then nothing is returned.
    """
    outer = [[outline for outline in layer.outlines if signed_area(outline) > 0.0] for layer in solid.layers]
    if _is_pile(solid, outer):
        return ()
    layer_of = np.repeat(np.arange(len(outer)), [len(layer) for layer in outer])
    polygons = np.array([valid_polygon(outline) for layer in outer for outline in layer], dtype=object)
    piece_of = np.arange(len(polygons))
    for lower in range(len(outer) - 1):
        if solid.layers[lower + 1].bottom_mm - solid.layers[lower].top_mm > _TOUCHING_MM:
            continue
        below, above = np.flatnonzero(layer_of == lower), np.flatnonzero(layer_of == lower + 1)
        for i, j in np.argwhere(shapely.intersects(polygons[below][:, None], polygons[above])).tolist():
            one, other = piece_of[below[i]], piece_of[above[j]]
            piece_of[piece_of == other] = one
    bottom = np.array([layer.bottom_mm for layer in solid.layers])[layer_of]
    top = np.array([layer.top_mm for layer in solid.layers])[layer_of]
    volume_cc = shapely.area(polygons) * (top - bottom) / 1000.0
    found = [
        Piece(float(volume_cc[own].sum()), polygons[own], bottom[own], top[own])
        for own in (piece_of == number for number in np.unique(piece_of))
    ]
    return tuple(sorted(found, key=lambda piece: -piece.volume_cc))


def _is_pile(solid: Solid, outer: list[list[FloatArray]]) -> bool:
    """Whether there is one outline a slice whose bounding boxes overlap from slice to slice: nearly every ROI."""
    if any(len(layer) != 1 for layer in outer):
        return False
    low = np.array([layer[0].min(axis=0) for layer in outer])
    high = np.array([layer[0].max(axis=0) for layer in outer])
    touch = all(above.bottom_mm - below.top_mm <= _TOUCHING_MM for below, above in pairwise(solid.layers))
    return touch and bool(((low[1:] <= high[:-1]) & (low[:-1] <= high[1:])).all())


def near_each_other(found: tuple[Piece, ...], distance_mm: float) -> list[Piece]:
    """Pieces no further apart than a distance taken together, the largest first.

    Slices of a thin oblique organ needn't lie above each other: each is near the next, though not near the first.
    """
    groups: list[Piece] = []
    for piece in found:
        near = [group for group in groups if group.distance_mm(piece) <= distance_mm]
        joined = Piece(
            sum(one.volume_cc for one in (piece, *near)),
            np.concatenate([one.outlines for one in (piece, *near)]),
            np.concatenate([one.bottom_mm for one in (piece, *near)]),
            np.concatenate([one.top_mm for one in (piece, *near)]),
        )
        groups = [*(group for group in groups if not any(group is one for one in near)), joined]
    return sorted(groups, key=lambda group: -group.volume_cc)
