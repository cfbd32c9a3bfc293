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
    def of_ramps(
        cls,
        knots_gy: tuple[float, float],
        ramps: FloatArray,
        sharp_gy: FloatArray,
        sharp_cc: FloatArray,
        bounds_gy: tuple[float, float],
    ) -> DoseVolumeCurve:
        """The curve of many small volumes, each with its dose spread evenly over an interval.

        Parameters
        ----------
        knots_gy : tuple of float
            The first knot and the distance of the knots.
        ramps : ndarray, shape (knots + 3, 2)
            What each knot adds to the volume below it, and to that volume's rise from knot to knot.
        sharp_gy, sharp_cc : ndarray, shape (n,)
            Volumes at exactly one dose.
        bounds_gy : tuple of float
            Lowest and highest dose of the whole; what was spread beyond them lies at them.

        Notes
        -----
        The sum of the volumes' (linear) cumulative functions is exact at the knots, and at every dose that a volume has
        exactly; between knots it is linear.
        """
        low, step = knots_gy
        # Two sums: the ramps' own contributions, and the rise that all ramps begun and not ended give each step.
        rise = np.cumsum(ramps[:-2, 1])
        below = np.cumsum(ramps[:-2, 0])
        below[1:] += np.cumsum(rise[:-1])
        knots = np.asarray(low + step * np.arange(len(below)), np.float64)
        return cls(*_polyline(*_within(knots, below, bounds_gy), *_by_dose(sharp_gy, sharp_cc)))

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


def _within(knots: FloatArray, below_cc: FloatArray, bounds_gy: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Knots between two bounds, with a step at each bound for what lies beyond it."""
    low, high = bounds_gy
    first, last = np.searchsorted(knots, low, side="right"), np.searchsorted(knots, high, side="left")
    at_low, at_high = np.interp([low, high], knots, below_cc)
    dose = np.concatenate([[low, low], knots[first:last], [high, high]])
    return dose, np.concatenate([[0.0, at_low], below_cc[first:last], [at_high, below_cc[-1]]])


def _by_dose(dose_gy: FloatArray, volume_cc: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Volumes at exactly one dose, added up by dose, ascending."""
    if len(dose_gy) < 2:
        return dose_gy, volume_cc
    doses, inverse = np.unique(dose_gy, return_inverse=True)
    return doses, np.asarray(np.bincount(inverse, volume_cc, len(doses)), np.float64)


def _polyline(
    knots: FloatArray, below_cc: FloatArray, sharp_gy: FloatArray, sharp_cc: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Knots of ``V(D)`` from the smooth part's volume below each knot and the volumes at single doses."""
    dose, below = knots, below_cc
    if len(sharp_gy):
        before = np.concatenate([[0.0], np.cumsum(sharp_cc)])
        # A knot at a sharp dose comes before it, so that the vertical piece starts from the whole volume there.
        place = np.searchsorted(knots, sharp_gy, side="right")
        smooth = np.interp(sharp_gy, knots, below_cc)
        below = below_cc + before[np.searchsorted(sharp_gy, knots, side="left")]
        places = np.repeat(place, 2)
        dose = np.insert(knots, places, np.repeat(sharp_gy, 2))
        below = np.insert(below, places, np.stack([smooth + before[:-1], smooth + before[1:]], axis=1).ravel())
    below = np.maximum.accumulate(np.maximum(below, 0.0))
    total = below[-1]
    volume = total - below
    volume[-1] = 0.0
    # Flat pieces before the lowest and after the highest dose carry nothing.
    first = max(int(np.searchsorted(below, 1e-12 * total, side="right")) - 1, 0)
    last = int(np.searchsorted(below, total * (1 - 1e-12), side="left"))
    return dose[first : last + 1], np.append(volume[first:last], 0.0)
