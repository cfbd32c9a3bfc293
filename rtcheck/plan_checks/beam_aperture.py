"""The opening of a beam as its jaws and leaves leave it, seen from the source, at the isocentre's distance.

References
----------
.. [1] W. Du et al., Med Phys 41:021716 (2014): the area of a modulated beam, averaged over its monitor units.
.. [2] DICOM PS3.3, C.8.8.14 (beam limiting devices: positions and boundaries at the isocentre's distance).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtcheck.geometry import FloatArray
from rtcheck.study import Beam, ControlPoint

#: Leaves closer than this (mm) are closed: some never touch.
CLOSED_MM = 1.5
_FAR_MM = 1e4


@dataclass(frozen=True)
class Opening:
    """What a beam's jaws and leaves leave open.

    Attributes
    ----------
    area_mm2 : float or None
        The open area, averaged over the beam's monitor units [1]_; None where it isn't known.
    problem : str
        Why it isn't known; empty where it is.
    """

    area_mm2: float | None
    problem: str = ""

    @property
    def side_mm(self) -> float | None:
        """Side of the square of the same area."""
        return None if self.area_mm2 is None else float(np.sqrt(self.area_mm2))


def opening_of(beam: Beam) -> Opening:
    """The opening of a beam, averaged over its monitor units.

    What blocks, cones and applicators close isn't known here: the field may be smaller.

    Parameters
    ----------
    beam : Beam
        Its jaws (``X``, ``ASYMX``, ``Y``, ``ASYMY``) and leaves in one direction; leaves in several layers, each of
        which closes a part, have types that begin with ``MLCX`` or ``MLCY``.
    """
    if not beam.sequence:
        return Opening(None, "it has no control points")
    kinds = {device.device_type for point in beam.sequence for device in point.devices}
    along_x, along_y = (sorted(kind for kind in kinds if kind.startswith(leaves)) for leaves in ("MLCX", "MLCY"))
    if along_x and along_y:
        return Opening(None, "it has leaves that move in x and leaves that move in y")
    if not kinds - {"X", "Y", "ASYMX", "ASYMY"} - set(along_x) - set(along_y):
        leaves, across = (along_y, True) if along_y else (along_x, False)
        return _opening(beam, leaves, across=across) if kinds else Opening(None, "no jaws and leaves are stated")
    return Opening(None, f"devices of type {', '.join(sorted(kinds))} aren't understood")


def _opening(beam: Beam, leaves: Sequence[str], *, across: bool) -> Opening:
    """The opening; `across` for leaves that move in y."""
    boundaries = {device.device_type: device.leaf_boundaries_mm for device in beam.devices}
    for kind in leaves:
        if problem := _problem(beam, kind, boundaries.get(kind)):
            return Opening(None, problem)
    along, other = ("Y", "X") if across else ("X", "Y")
    along_jaws, other_jaws = (
        [_jaws(point, (axis, f"ASYM{axis}")) for point in beam.sequence] for axis in (along, other)
    )
    if any(jaws is None for jaws in (*along_jaws, *other_jaws)):
        return Opening(None, "positions of its jaws can't be read")
    jaws, limits = np.array(along_jaws), np.array(other_jaws)
    if not leaves and (np.abs(jaws).max() >= _FAR_MM or np.abs(limits).max() >= _FAR_MM):
        return Opening(None, "it has jaws in one direction alone, and no leaves")
    # Strips between all boundaries of leaves and jaws: in each of them nothing changes across.
    edges = np.unique(np.concatenate([limits.ravel(), *(boundaries[kind] for kind in leaves)]))
    centres, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    low, high = (np.repeat(jaws[:, k : k + 1], len(centres), axis=1) for k in (0, 1))
    for kind in leaves:
        _clip(beam, kind, boundaries[kind], centres, low, high)
    is_open = (high - low > CLOSED_MM) & (centres > limits[:, :1]) & (centres < limits[:, 1:])
    areas = np.where(is_open, high - low, 0.0) @ widths
    return Opening(float(np.average(areas, weights=meterset_weights(beam))))


def meterset_weights(beam: Beam) -> FloatArray:
    """The share of the meterset that is given around each control point; equal ones where it isn't known."""
    stated = [point.cumulative_meterset_weight for point in beam.sequence]
    cumulative = np.array([np.nan if weight is None else weight for weight in stated])
    steps = np.diff(cumulative)
    if not np.isfinite(cumulative).all() or (steps < 0).any() or not steps.any():
        return np.ones(len(stated))
    # Between two control points leaves move evenly: half of a step belongs to either.
    return np.asarray((np.append(steps, 0.0) + np.insert(steps, 0, 0.0)) / 2)


def _clip(
    beam: Beam, kind: str, boundaries: FloatArray, centres: FloatArray, low: FloatArray, high: FloatArray
) -> None:
    """Close `low` and `high`, of control points and strips, by the leaves of one device; beyond them all is shut."""
    pair = np.searchsorted(boundaries, centres) - 1
    there = (pair >= 0) & (pair < len(boundaries) - 1)
    for row, point in enumerate(beam.sequence):
        positions = next(device.positions_mm for device in point.devices if device.device_type == kind)
        first, second = positions.reshape(2, -1)
        low[row, there] = np.maximum(low[row, there], first[pair[there]])
        high[row, there] = np.minimum(high[row, there], second[pair[there]])
        high[row, ~there] = low[row, ~there]


def _problem(beam: Beam, kind: str, boundaries: FloatArray | None) -> str:
    """Why leaves can't be used; empty where they can."""
    if boundaries is None or len(boundaries) < 2 or not (np.diff(boundaries) > 0).all():
        return f"the boundaries of its leaves ({kind}) aren't stated"
    pairs = len(boundaries) - 1
    for point in beam.sequence:
        found = [device.positions_mm for device in point.devices if device.device_type == kind]
        if not found or len(found[0]) != 2 * pairs:
            return f"control point {point.index} doesn't say where all {pairs} pairs of leaves ({kind}) stand"
    return ""


def _jaws(point: ControlPoint, kinds: tuple[str, str]) -> tuple[float, float] | None:
    """Where a pair of jaws stands; far away where there is none, None where it can't be read."""
    for device in point.devices:
        if device.device_type in kinds:
            positions = device.positions_mm
            return (float(positions[0]), float(positions[1])) if len(positions) == 2 else None
    return -_FAR_MM, _FAR_MM
