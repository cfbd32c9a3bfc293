"""What a cause is measured on: both DVHs, and the contours and the dose grid behind ours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
import shapely

from rtcheck.case import Case
from rtcheck.crosscheck.comparison import Comparison, Engine, OtherDVH
from rtcheck.curve import DoseVolumeCurve
from rtcheck.dvh import DVH
from rtcheck.geometry import FloatArray
from rtcheck.outlines import valid_polygon
from rtcheck.solid import Flag
from rtcheck.study import ROI

#: Two volumes are one within this: the finest voxels of another system's own sampling.
SAME_VOLUME = 0.015
#: Nearer than this they need no cause.
NO_DIFFERENCE = 0.01


@dataclass(frozen=True, eq=False)
class Facts:
    """What a cause is measured on.

    Attributes
    ----------
    comparison : Comparison
    dvh : DVH
        Ours.
    other : StoredDVH or PeerDVH
    case : Case or None
        None where only a DVH was given: causes that need contours or the dose are not looked for.
    roi : ROI or None
        None also for an expression.
    """

    comparison: Comparison
    dvh: DVH
    other: OtherDVH
    case: Case | None = None
    roi: ROI | None = None

    @property
    def is_peer(self) -> bool:
        """Whether the other is dicompyler-core."""
        return self.comparison.engine is Engine.PEER

    @property
    def who(self) -> str:
        """The other, in a sentence."""
        return "dicompyler-core" if self.is_peer else "the planning system"

    @cached_property
    def planes(self) -> dict[float, list[shapely.Geometry]]:
        """Outlines of the ROI by height, ascending; empty where it isn't transverse or not known."""
        contours = self.roi.closed_contours if self.roi else ()
        if any(np.ptp(contour.points_mm[:, 2]) > 0.5 for contour in contours):
            return {}
        planes: dict[float, list[shapely.Geometry]] = {}
        for contour in sorted(contours, key=lambda contour: float(contour.points_mm[0, 2])):
            height = round(float(contour.points_mm[0, 2]), 2)
            planes.setdefault(height, []).append(valid_polygon(contour.points_mm[:, :2]))
        return planes

    @cached_property
    def gaps_mm(self) -> FloatArray:
        """Distances of neighbouring planes."""
        return np.diff(list(self.planes))

    @cached_property
    def areas_mm2(self) -> dict[str, FloatArray]:
        """Area of every plane, overlaps once taken as holes, once joined, once counted twice."""
        planes = list(self.planes.values())
        return {
            "as holes": np.array([reduce(shapely.symmetric_difference, plane).area for plane in planes]),
            "joined": np.array([shapely.union_all(plane).area for plane in planes]),
            "twice": np.array([sum(outline.area for outline in plane) for plane in planes]),
        }

    @property
    def voxel_cc(self) -> float | None:
        """Volume of a dose voxel."""
        grid = self.case.study.dose.grid if self.case else None
        if grid is None or grid.frame_spacing_mm is None:
            return None
        return float(grid.frame_spacing_mm * grid.row_spacing_mm * grid.column_spacing_mm / 1000.0)

    @cached_property
    def cut_share(self) -> float:
        """Share of the ROI that lies in dose voxels which its outlines cut; 0 where not known."""
        if self.case is None or not self.planes:
            return 0.0
        grid = self.case.study.dose.grid
        side_mm = (grid.row_spacing_mm * grid.column_spacing_mm) ** 0.5
        edge_mm = sum(outline.length for plane in self.planes.values() for outline in plane)
        return min(float(edge_mm * side_mm) / float(self.areas_mm2["as holes"].sum()), 1.0)

    def doses_gy(self, volumes_percent: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Doses of ours and of theirs at some volumes."""
        assert self.dvh.curve is not None
        ours, theirs = self.dvh.curve, DoseVolumeCurve(self.other.dose_gy, self.other.volume_percent)
        at_ours = np.array([ours.dose_at(v / 100 * ours.total_cc) for v in volumes_percent])
        return at_ours, np.array([theirs.dose_at(v) for v in volumes_percent])

    def voxel_step_gy(self) -> float:
        """95th percentile of the dose's change to the next voxel along the steepest axis, in the ROI's box."""
        if self.case is None or self.roi is None or not self.roi.closed_contours:
            return 0.0
        grid, gray = self.case.study.dose.grid, self.case.study.dose.dose_gy
        points = np.concatenate([contour.points_mm for contour in self.roi.closed_contours]) - grid.origin_mm
        column, row, offset = (points @ grid.axes.T).T
        order = np.argsort(grid.frame_offsets_mm)
        frame = np.interp(offset, grid.frame_offsets_mm[order], order)
        index = np.column_stack([frame, row / grid.row_spacing_mm, column / grid.column_spacing_mm])
        low = np.clip(np.floor(index.min(axis=0)).astype(int), 0, np.array(grid.shape) - 1)
        high = np.clip(np.ceil(index.max(axis=0)).astype(int) + 1, low + 1, grid.shape)
        part = gray[tuple(slice(first, stop) for first, stop in zip(low, high, strict=True))]
        steps = [np.abs(np.diff(part, axis=axis)) for axis in range(3) if part.shape[axis] > 1]
        return max((float(np.percentile(step, 95)) for step in steps), default=0.0)

    def has_flag(self, flag: Flag) -> bool:
        """Whether our DVH carries a flag."""
        return any(one.flag is flag for one in self.dvh.flags)

    def is_others(self, volume_cc: float) -> bool:
        """Whether a predicted volume is the other's, and nearer to it than ours is."""
        theirs = self.comparison.other_volume_cc
        if theirs is None:
            return False
        apart = abs(self.dvh.volume_cc - theirs)
        if apart <= NO_DIFFERENCE * theirs:
            return False
        # Whole voxels make a plane's area too large or too small, by a fraction of what the outline cuts.
        tolerance = max(SAME_VOLUME, 0.1 * self.cut_share) if self.is_peer else SAME_VOLUME
        return abs(volume_cc - theirs) <= min(tolerance * theirs, 0.5 * apart)
