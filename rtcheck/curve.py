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
