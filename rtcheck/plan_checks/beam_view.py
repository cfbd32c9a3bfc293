"""A patient as a beam sees it: points projected from the source into the plane of the isocentre, and the field there.

References
----------
.. [1] IEC 61217:2011, Radiotherapy equipment: coordinates, movements and scales.
.. [2] DICOM PS3.3, C.8.8.14 (angles and limiting devices are those of IEC 61217) and C.7.3.1.1.2 (patient position).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from rtcheck.geometry import FloatArray
from rtcheck.study import Beam, ControlPoint

#: Where a plan states no distance from the source to the axis (mm).
USUAL_SAD_MM = 1000.0
#: Rows: x, y and z of the table's coordinates (IEC 61217) in those of the patient (DICOM), by patient position.
_TABLE_AXES = MappingProxyType(
    {
        "HFS": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
        "HFP": ((-1, 0, 0), (0, 0, 1), (0, 1, 0)),
        "FFS": ((-1, 0, 0), (0, 0, -1), (0, -1, 0)),
        "FFP": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    }
)
_CLOSED_MM = 1.5


class Field(NamedTuple):
    """The rectangle around what jaws and leaves leave open, at the isocentre's distance (mm)."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def holds(self, seen_mm: FloatArray, margin_mm: float) -> np.ndarray:
        """Which points lie in it or within a margin of it; shape ``(n,)``."""
        x, y = seen_mm.T
        within_x = (x >= self.x_low - margin_mm) & (x <= self.x_high + margin_mm)
        return np.asarray(within_x & (y >= self.y_low - margin_mm) & (y <= self.y_high + margin_mm))


#: The field where no leaf is open.
SHUT = Field(np.inf, -np.inf, np.inf, -np.inf)


def projected(points_mm: FloatArray, beam: Beam, point: ControlPoint, position: str) -> FloatArray | None:
    """Points as the source sees them, in the collimator's coordinates at the isocentre's distance [1]_.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 3)
        In the patient's coordinates.
    beam : Beam
    point : ControlPoint
        With isocentre, gantry and collimator; a couch angle that isn't stated is 0.
    position : str
        ``HFS``, ``HFP``, ``FFS`` or ``FFP``.

    Returns
    -------
    ndarray, shape (n, 2), or None
        None where an angle, the isocentre or the position isn't known.
    """
    axes = _TABLE_AXES.get(position)
    if axes is None or point.isocentre_mm is None or point.gantry_deg is None or point.collimator_deg is None:
        return None
    sad_mm = beam.source_axis_distance_mm or USUAL_SAD_MM
    on_table = (points_mm - np.array(point.isocentre_mm)) @ np.array(axes, float).T
    couch, gantry, collimator = np.radians([point.couch_deg or 0.0, point.gantry_deg, point.collimator_deg])
    x, y, z = on_table.T
    # From the turned table into the room, from there onto the gantry, and from that onto the collimator.
    x, y = x * np.cos(couch) - y * np.sin(couch), x * np.sin(couch) + y * np.cos(couch)
    x, z = x * np.cos(gantry) - z * np.sin(gantry), x * np.sin(gantry) + z * np.cos(gantry)
    x, y = x * np.cos(collimator) + y * np.sin(collimator), -x * np.sin(collimator) + y * np.cos(collimator)
    return np.asarray(np.column_stack([x, y]) * (sad_mm / (sad_mm - z))[:, None], np.float64)


def field_of(beam: Beam, point: ControlPoint) -> Field | None:
    """The field at a control point: within its jaws, and around its open leaves.

    `SHUT` where all leaves are; None where neither jaws nor leaves limit it on all sides, or positions can't be read.
    """
    boundaries = {device.device_type: device.leaf_boundaries_mm for device in beam.devices}
    x, y = [-np.inf, np.inf], [-np.inf, np.inf]
    for device in point.devices:
        kind, positions = device.device_type, device.positions_mm
        if kind in ("X", "ASYMX", "Y", "ASYMY"):
            if len(positions) != 2:
                return None
            _clip(x if kind.endswith("X") else y, float(positions[0]), float(positions[1]))
        elif kind.startswith(("MLCX", "MLCY")):
            edges = boundaries.get(kind)
            if edges is None or len(positions) != 2 * (len(edges) - 1):
                return None
            first, second = positions.reshape(2, -1)
            is_open = second - first > _CLOSED_MM
            along, across = (x, y) if kind.startswith("MLCX") else (y, x)
            if not is_open.any():
                return SHUT
            _clip(along, float(first[is_open].min()), float(second[is_open].max()))
            _clip(across, float(edges[:-1][is_open].min()), float(edges[1:][is_open].max()))
        else:
            return None
    return Field(*x, *y) if np.isfinite([*x, *y]).all() else None


def _clip(limits: list[float], low: float, high: float) -> None:
    limits[:] = max(limits[0], low), min(limits[1], high)
