"""Dose-volume curves as they are drawn and written: thinned, with what isn't known or isn't agreed upon."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rtcheck.curve import DOSE_TOLERANCE, DoseVolumeCurve
from rtcheck.dvh import DVH
from rtcheck.geometry import FloatArray, read_only

#: A band that is nowhere wider than this share of the volume can't be seen.
VISIBLE_PERCENT = 0.1
_COLUMNS = (
    "roi",
    "dose_gy",
    "volume_cc",
    "volume_percent",
    "outside_grid_cc",
    "problem",
    "volume_low_cc",
    "volume_high_cc",
    "basis",
    "dose",
)


@dataclass(frozen=True, eq=False)
class DrawnCurve:
    """A cumulative curve thinned for drawing; every point is one of the curve's own.

    Attributes
    ----------
    dose_gy : ndarray, shape (n,)
        From zero to the highest dose.
    low_cc, high_cc : ndarray, shape (n,)
        Volume that gets at least this dose, with the part outside the dose grid taken as unirradiated, and as hot.
        They are equal where nothing lies outside.
    low_percent, high_percent : ndarray, shape (n,)
        The same as shares of the whole volume.
    """

    dose_gy: FloatArray
    low_cc: FloatArray
    high_cc: FloatArray
    low_percent: FloatArray
    high_percent: FloatArray

    def __post_init__(self) -> None:
        for name in ("dose_gy", "low_cc", "high_cc", "low_percent", "high_percent"):
            read_only(getattr(self, name))


def drawn_curve(dvh: DVH, points: int = 300) -> DrawnCurve | None:
    """The curve of a DVH with at most ``2 * points + 3`` points, even in dose and in volume; None where it has none."""
    curve = dvh.curve
    if curve is None or dvh.volume_cc <= 0:
        return None
    by_dose = np.linspace(curve.dose_gy[0], curve.dose_gy[-1], points)
    by_volume = np.linspace(-curve.total_cc, 0.0, points)
    kept = np.unique(
        np.concatenate(
            [
                [0, len(curve.dose_gy) - 1],
                np.searchsorted(curve.dose_gy, by_dose).clip(max=len(curve.dose_gy) - 1),
                np.searchsorted(-curve.volume_cc, by_volume).clip(max=len(curve.dose_gy) - 1),
            ]
        )
    )
    dose = np.concatenate([[0.0], curve.dose_gy[kept]])
    low = np.concatenate([[curve.total_cc], curve.volume_cc[kept]])
    high = low + dvh.outside_cc
    share = 100.0 / dvh.volume_cc
    return DrawnCurve(dose, low, high, low * share, high * share)


def drawn_band(dvh: DVH, drawn: DrawnCurve, beyond: int = 20) -> DrawnCurve | None:
    """All that the curve may be over the conventions and over the dose outside the grid.

    The first points are at the doses of the drawn curve, the others go on to the highest dose of any convention. None
    where there is but one convention, or where the band is too narrow to be seen.
    """
    if not dvh.alternatives:
        return None
    highest = max([dvh.max_gy, *(other.max_gy for other in dvh.alternatives if other.curve)])
    dose = np.concatenate([drawn.dose_gy, np.linspace(drawn.dose_gy[-1], highest, beyond)])
    # The second of two points at one dose is the lower end of a vertical piece.
    asked = np.where(np.diff(dose, prepend=-1.0) > 0, dose, dose + 4 * DOSE_TOLERANCE * np.maximum(dose, 1.0))
    low, high = volume_bounds_cc(dvh, asked)
    low_share, high_share = _share_bounds(dvh, asked)
    band = DrawnCurve(dose, low, high, 100.0 * low_share, 100.0 * high_share)
    return band if (band.high_percent - band.low_percent).max() > VISIBLE_PERCENT else None


def volume_bounds_cc(dvh: DVH, dose_gy: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least and largest volume that gets at least each dose, over conventions and over the dose outside the grid."""
    low, high, _ = zip(*_volumes_cc(dvh, dose_gy), strict=True)
    return np.min(low, axis=0), np.max(high, axis=0)


def _share_bounds(dvh: DVH, dose_gy: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The same as shares of each convention's own volume; one under which the ROI has none isn't asked."""
    ends = [(low / total, high / total) for low, high, total in _volumes_cc(dvh, dose_gy) if total > 0]
    return np.min([low for low, _ in ends], axis=0), np.max([high for _, high in ends], axis=0)


def _volumes_cc(dvh: DVH, dose_gy: FloatArray) -> Iterator[tuple[FloatArray, FloatArray, float]]:
    """For each convention: least and largest volume at each dose, and the whole volume."""
    every: list[tuple[DoseVolumeCurve | None, float]] = [(dvh.curve, dvh.outside_cc)]
    every += [(other.curve, other.unknown_cc) for other in dvh.alternatives]
    for curve, unknown_cc in every:
        inside = curve.volumes_at(dose_gy) if curve else np.zeros_like(dose_gy)
        yield inside, inside + unknown_cc, (curve.total_cc if curve else 0.0) + unknown_cc


def curves_csv(dvhs: Sequence[DVH], step_gy: float = 0.1) -> str:
    """Cumulative curves as tidy CSV: roi, dose, volume in cc and in percent, and the volume of unknown dose.

    ``volume_low_cc`` and ``volume_high_cc`` are the bounds over conventions and over the unknown dose; ``basis`` is
    what the gray of the row are: ``physical``, ``EQD2(alpha/beta=3 Gy)``; ``dose`` names the plan, or those
    added. An ROI without a curve has one row with empty dose and volume, so that it doesn't vanish.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for dvh in dvhs:
        basis = str(dvh.basis)
        if dvh.curve is None:
            problem = dvh.problem or "outside the dose grid"
            outside = f"{dvh.outside_cc:.6g}"
            writer.writerow([dvh.roi, "", "", "", outside, problem, "", "", basis, dvh.dose])
            continue
        highest = max([dvh.max_gy, *(other.max_gy for other in dvh.alternatives if other.curve)])
        doses = np.arange(0.0, highest + step_gy, step_gy)
        for dose, volume, *bounds in zip(
            doses, dvh.curve.volumes_at(doses), *volume_bounds_cc(dvh, doses), strict=True
        ):
            numbers = (dose, volume, 100 * volume / dvh.volume_cc, dvh.outside_cc)
            texts = [[f"{number:.6g}" for number in some] for some in (numbers, bounds)]
            writer.writerow([dvh.roi, *texts[0], "", *texts[1], basis, dvh.dose])
    return text.getvalue()
