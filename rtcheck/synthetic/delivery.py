"""An analytic dose that looks like one of two arcs on a PTV of the phantom.

Inside the PTV a plateau that is highest in the middle; outside a steep part and a bath that fills the body in the
plane of the arcs, stronger towards the arcs and streaked by their control points; nothing outside the body, and true
zeros far away. The whole is scaled so that 95 % of the PTV gets the prescribed dose and half a percent more. A plan for
several lesions has the blended maximum of such doses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np

from rtcheck.geometry import FloatArray
from rtcheck.synthetic.anatomy import Lesion, Organs, Phantom
from rtcheck.synthetic.beams import RIGHT_SIDE, ArcPath
from rtcheck.synthetic.contouring import fill
from rtcheck.synthetic.implicit import Point


@dataclass(frozen=True)
class DoseGrid:
    """Where the dose is sampled.

    Attributes
    ----------
    origin_mm : tuple of float
        x, y and z of the first sample.
    spacing_mm : float
    samples : tuple of int
        Their number in x, y and z.
    """

    origin_mm: Point = (-171.0, -114.0, -168.0)
    spacing_mm: float = 3.0
    samples: tuple[int, int, int] = (115, 77, 124)

    def axes_mm(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """x, y and z of the samples, increasing."""
        x, y, z = (
            start + self.spacing_mm * np.arange(count, dtype=np.float64)
            for start, count in zip(self.origin_mm, self.samples, strict=True)
        )
        return x, y, z


#: Holds the whole body section of the CT.
WHOLE_BODY = DoseGrid()


@dataclass(frozen=True)
class Delivery:
    """A plan and the shape of its dose distribution.

    Attributes
    ----------
    total_dose_gy, fractions
        The prescription.
    lesions : tuple of str
        Names of the lesions whose PTVs it is given to; the isocentre lies in the first.
    label : str or None
        RTPlanLabel; made from the prescription where None.
    hot : float
        How much the middle of the PTV exceeds the prescription, as a fraction of it.
    steep_mm, bath_mm : float
        Distances over which the steep part and the bath fall to 1/e.
    bath : float
        Weight of the bath.
    path : ArcPath
        Where the bath comes from.
    grid : DoseGrid
    """

    total_dose_gy: float
    fractions: int
    lesions: tuple[str, ...] = ("",)
    label: str | None = None
    _: KW_ONLY
    hot: float = 0.09
    steep_mm: float = 8.0
    bath_mm: float = 75.0
    bath: float = 0.44
    path: ArcPath = RIGHT_SIDE
    grid: DoseGrid = WHOLE_BODY


#: Plateau beyond the PTV's surface, and half-shadow of the arcs' plane (mm).
SHOULDER_MM, PENUMBRA_MM = 1.5, 6.0
#: Share of the bath that isn't confined by the jaws, and the distance over which it falls to 1/e.
SCATTER, SCATTER_MM = 0.12, 35.0
#: Dose below this fraction of the prescription counts as none.
CUT = 0.0012
COVERAGE = 1.005
#: Doses of several lesions are blended by the norm of this order: a tenth of the dose changes a plateau by 0.003 %.
BLEND = 4


def dose_on_grid(
    phantom: Phantom, delivery: Delivery, ptv_contours: Mapping[Lesion, Sequence[FloatArray]]
) -> FloatArray:
    """Total dose in Gy on the delivery's grid; shape ``(frames, rows, columns)``.

    Parameters
    ----------
    phantom : Phantom
    delivery : Delivery
    ptv_contours : mapping of Lesion to sequence of ndarray, shape (n, 3)
        The PTV of each lesion treated, as drawn: the dose is normalised to it.
    """
    doses = [_to_lesion(phantom, lesion, delivery, contours) for lesion, contours in ptv_contours.items()]
    if len(doses) == 1:
        return doses[0]
    return np.asarray(sum(dose**BLEND for dose in doses) ** (1 / BLEND))


def _to_lesion(phantom: Phantom, lesion: Lesion, delivery: Delivery, ptv_contours: Sequence[FloatArray]) -> FloatArray:
    """The dose of a plan that treats this lesion alone."""
    axes = delivery.grid.axes_mm()
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    x, y, z = (np.transpose(u, (2, 1, 0)) for u in (x, y, z))
    organs = Organs(phantom, x, y, z)
    distance_mm = organs.ptv(lesion) - SHOULDER_MM
    outside_mm = np.maximum(distance_mm, 0.0)
    plateau = 1 + delivery.hot * (1 - np.exp(np.minimum(distance_mm, 0.0) / 9))
    bath = np.exp(-outside_mm / delivery.bath_mm) * _arc_plane(lesion, z)
    bath = bath * (1 + (_towards_arc(lesion, delivery.path, x, y) - 1) * (1 - np.exp(-outside_mm / 18)))
    relative = np.where(
        distance_mm <= 0,
        plateau,
        (1 - delivery.bath) * np.exp(-outside_mm / delivery.steep_mm) + delivery.bath * bath,
    )
    build_up = np.clip(-organs.body / 4, 0.0, 1.0)
    relative = np.maximum(relative - CUT, 0.0) * build_up
    d95 = _d95(relative, axes, ptv_contours, phantom.slice_mm)
    return np.asarray(relative * (COVERAGE * delivery.total_dose_gy / d95))


def _arc_plane(lesion: Lesion, z: FloatArray) -> FloatArray:
    """1 between the jaws, falling to nothing beyond them; the half-shadow is wider far away from the edge."""
    beyond = np.abs(z - lesion.centre_mm[2]) - (lesion.ptv_radius_mm + 4)
    jaws = 1 / (1 + np.exp(np.clip(beyond / PENUMBRA_MM, -60, 60)))
    return np.asarray((1 - SCATTER) * jaws + SCATTER * np.exp(-np.maximum(beyond, 0.0) / SCATTER_MM))


def _towards_arc(lesion: Lesion, path: ArcPath, x: FloatArray, y: FloatArray) -> FloatArray:
    """Weight of the bath by direction from the isocentre: the arc's side, with a streak at each control point."""
    to_left_mm, to_back_mm = x - lesion.centre_mm[0], y - lesion.centre_mm[1]
    gantry_deg = np.rad2deg(np.arctan2(to_left_mm, -to_back_mm))
    streaks = sum(np.exp(-((((gantry_deg - angle + 180) % 360 - 180) / 11) ** 2)) for angle in path.gantry_deg)
    off_arc = np.abs((gantry_deg - path.middle_deg + 180) % 360 - 180) - path.half_deg
    weight = 0.55 + 0.5 / (1 + np.exp(np.clip(off_arc / 12, -60, 60))) + 0.4 * streaks
    off_axis = 1 - np.exp(-(to_left_mm**2 + to_back_mm**2) / 30**2)
    return np.asarray(1 + (weight - 1) * off_axis)


def _d95(dose: FloatArray, axes_mm: Sequence[FloatArray], contours: Sequence[FloatArray], slice_mm: float) -> float:
    """Dose that 95 % of the right prisms over `contours` get at least, sampled every 2 x 2 mm at 3 heights."""
    doses = []
    for points in contours:
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        x, y = np.arange(low[0], high[0], 2.0), np.arange(low[1], high[1], 2.0)
        rows, columns = np.nonzero(fill(points, x, y))
        for offset_mm in (-slice_mm / 3, 0.0, slice_mm / 3):
            z = np.full(len(rows), points[0, 2] + offset_mm)
            doses.append(trilinear(dose, axes_mm, (x[columns], y[rows], z)))
    return float(np.quantile(np.concatenate(doses), 0.05))


def trilinear(values: FloatArray, axes_mm: Sequence[FloatArray], points_mm: Sequence[FloatArray]) -> FloatArray:
    """Values of an array ``[z, y, x]`` at points inside its grid, linear between samples; shape ``(n,)``."""
    lower, part = [], []
    for axis, coordinate in zip(axes_mm, points_mm, strict=True):
        index = (coordinate - axis[0]) / (axis[1] - axis[0])
        floor = np.clip(np.floor(index), 0, len(axis) - 2).astype(np.int64)
        lower.append(floor)
        part.append(index - floor)
    result = np.zeros(len(points_mm[0]))
    for corner in np.ndindex(2, 2, 2):
        weight = np.ones(len(result))
        for fraction, upper in zip(part, corner, strict=True):
            weight = weight * (fraction if upper else 1 - fraction)
        i, j, k = (low + upper for low, upper in zip(lower, corner, strict=True))
        result += weight * values[k, j, i]
    return result
