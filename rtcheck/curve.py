"""The cumulative dose-volume curve as a value: a polyline that can be questioned exactly.

``V(D)`` is the volume that receives at least ``D``: non-increasing and left-continuous. A vertical piece of the
polyline is volume at one dose (a uniform dose, or the part of the body that gets exactly zero); nothing is binned away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rtcheck.geometry import FloatArray, read_only

#: Doses closer than this (relative, at least absolute) are one dose: pixels are stored in single precision.
DOSE_TOLERANCE = 2e-7
#: Volumes closer than this fraction of the whole are one volume.
VOLUME_TOLERANCE = 1e-9
#: Distance of the knots of a computed curve, and how many there are at most.
KNOT_GY = 0.002
MAX_KNOTS = 50_000


@dataclass(frozen=True, eq=False)
class DoseVolumeCurve:
    """A cumulative dose-volume curve.

    Attributes
    ----------
    dose_gy : ndarray, shape (n,)
        Non-decreasing; the first is the lowest dose, the last the highest. May end in infinity.
    volume_cc : ndarray, shape (n,)
        Non-increasing from the whole volume to 0.
    """

    dose_gy: FloatArray
    volume_cc: FloatArray

    def __post_init__(self) -> None:
        read_only(self.dose_gy)
        read_only(self.volume_cc)

    @property
    def total_cc(self) -> float:
        """The whole volume."""
        return float(self.volume_cc[0])

    def volume_at(self, dose_gy: float) -> float:
        """Volume in cc that receives at least `dose_gy`."""
        asked = dose_gy - DOSE_TOLERANCE * max(1.0, abs(dose_gy))
        index = int(np.searchsorted(self.dose_gy, asked, side="left"))
        if index == 0:
            return self.total_cc
        if index == len(self.dose_gy):
            return 0.0
        low, high = self.dose_gy[index - 1], self.dose_gy[index]
        share = (asked - low) / (high - low)
        return float(self.volume_cc[index - 1] + share * (self.volume_cc[index] - self.volume_cc[index - 1]))

    def dose_at(self, volume_cc: float) -> float:
        """Lowest dose in gray of the hottest `volume_cc`: ``sup {D : V(D) >= v}``."""
        asked = volume_cc - VOLUME_TOLERANCE * self.total_cc
        # The negated volumes are non-decreasing: the last knot that still holds at least the volume asked.
        index = int(np.searchsorted(-self.volume_cc, -asked, side="right")) - 1
        return self._between(index, asked)

    def dose_at_cold(self, volume_cc: float) -> float:
        """Highest dose in gray of the coldest `volume_cc`: ``inf {D : V_tot - V(D) >= v}``."""
        asked = self.total_cc - volume_cc + VOLUME_TOLERANCE * self.total_cc
        # The first knot that holds no more than what is left over.
        index = int(np.searchsorted(-self.volume_cc, -asked, side="left"))
        if index <= 0:
            return float(self.dose_gy[0])
        return self._between(index - 1, asked)

    def _between(self, index: int, volume_cc: float) -> float:
        """Dose on the piece that starts at knot `index`, where the volume falls to `volume_cc`."""
        if index + 1 >= len(self.dose_gy):
            return float(self.dose_gy[-1])
        index = max(index, 0)
        upper, lower = self.volume_cc[index], self.volume_cc[index + 1]
        low, high = self.dose_gy[index], self.dose_gy[index + 1]
        if upper <= lower or low == high:
            return float(low if volume_cc >= upper else high)
        share = min(max((upper - volume_cc) / (upper - lower), 0.0), 1.0)
        return float(low + share * (high - low))

    @classmethod
    def of_samples(
        cls, dose_gy: FloatArray, width_gy: FloatArray, volume_cc: FloatArray, bounds_gy: tuple[float, float]
    ) -> DoseVolumeCurve:
        """The curve of many small volumes, each with its dose spread evenly over an interval.

        Parameters
        ----------
        dose_gy, width_gy, volume_cc : ndarray, shape (n,)
            Middle and width of each sample's dose interval, and its volume. Width 0 is volume at exactly one dose.
        bounds_gy : tuple of float
            Lowest and highest dose of the whole; intervals are cut there.

        Notes
        -----
        The sum of the samples' (linear) cumulative functions is evaluated exactly at knots `KNOT_GY` apart, and at
        every dose that a sample has exactly; between knots it is linear.
        """
        low, high = np.minimum(bounds_gy[0], dose_gy.min()), np.maximum(bounds_gy[1], dose_gy.max())
        begin = np.maximum(dose_gy - width_gy / 2, low)
        end = np.minimum(dose_gy + width_gy / 2, high)
        count = int(np.clip(np.ceil((high - low) / KNOT_GY), 1, MAX_KNOTS))
        step = max((high - low) / count, KNOT_GY / 1000)
        spread = end - begin > 1e-3 * step
        below = _cumulative_at_knots((begin[spread] - low) / step, (end[spread] - low) / step, volume_cc[spread], count)
        knots = low + step * np.arange(count + 1)
        sharp_gy, sharp_cc = _by_dose(dose_gy[~spread], volume_cc[~spread])
        return cls(*_polyline(knots, below, sharp_gy, sharp_cc))

    def with_volume_at(self, dose_gy: float, volume_cc: float) -> DoseVolumeCurve:
        """The curve with `volume_cc` more, all of it at a dose below or above every other dose.

        That is how volume outside the dose grid is bounded: once as unirradiated (0), once as hot (infinity).
        """
        if dose_gy >= self.dose_gy[-1]:
            dose = np.concatenate([self.dose_gy, [dose_gy, dose_gy]])
            volume = np.concatenate([self.volume_cc + volume_cc, [volume_cc, 0.0]])
        elif dose_gy <= self.dose_gy[0]:
            dose = np.concatenate([[dose_gy, dose_gy], self.dose_gy])
            volume = np.concatenate([[self.total_cc + volume_cc, self.total_cc], self.volume_cc])
        else:
            raise ValueError(f"{dose_gy} Gy lies inside the curve")
        return DoseVolumeCurve(dose, volume)


def _cumulative_at_knots(begin: FloatArray, end: FloatArray, volume_cc: FloatArray, count: int) -> FloatArray:
    """Volume below each knot of samples that rise linearly from `begin` to `end` (both in knots)."""
    slope = volume_cc / (end - begin)
    value, rise = np.zeros(count + 3), np.zeros(count + 3)
    for position, sign in ((begin, 1.0), (end, -1.0)):
        knot = np.ceil(position - 1e-12).astype(np.int64)
        value += np.bincount(knot, sign * slope * (knot - position), count + 3)[: count + 3]
        rise += np.bincount(knot, sign * slope, count + 3)[: count + 3]
    ramps = np.concatenate([[0.0], np.cumsum(np.cumsum(rise))[:-1]])
    return np.asarray((np.cumsum(value) + ramps)[: count + 1])


def _by_dose(dose_gy: FloatArray, volume_cc: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Volumes at exactly one dose, added up by dose, ascending."""
    zero = dose_gy == 0.0  # most of them, in a large ROI: no need to sort these
    doses, inverse = np.unique(dose_gy[~zero], return_inverse=True)
    volumes = np.asarray(np.bincount(inverse, volume_cc[~zero], len(doses)), np.float64)
    if zero.any():
        return np.concatenate([[0.0], doses]), np.concatenate([[volume_cc[zero].sum()], volumes])
    return doses, volumes


def _polyline(
    knots: FloatArray, below_cc: FloatArray, sharp_gy: FloatArray, sharp_cc: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Knots of ``V(D)`` from the smooth part's volume below each knot and the volumes at single doses."""
    dose = np.concatenate([knots, sharp_gy, sharp_gy])
    smooth_at_sharp = np.interp(sharp_gy, knots, below_cc)
    before = np.concatenate([[0.0], np.cumsum(sharp_cc)])
    smooth = np.concatenate([below_cc, smooth_at_sharp, smooth_at_sharp])
    # A knot at a sharp dose comes before it, so that the vertical piece starts from the whole volume there.
    below_knot = before[np.searchsorted(sharp_gy, knots, side="left")]
    below = smooth + np.concatenate([below_knot, before[:-1], before[1:]])
    order = np.lexsort((below, dose))
    dose, below = dose[order], np.maximum.accumulate(np.maximum(below[order], 0.0))
    total = below[-1]
    volume = total - below
    volume[-1] = 0.0
    # Flat pieces before the lowest and after the highest dose carry nothing.
    first = max(int(np.searchsorted(below, 1e-12 * total, side="right")) - 1, 0)
    last = int(np.searchsorted(below, total * (1 - 1e-12), side="left"))
    return dose[first : last + 1], np.append(volume[first:last], 0.0)
