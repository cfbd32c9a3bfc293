"""The cumulative dose-volume curve as a value: a polyline that can be questioned exactly.

``V(D)`` is the volume that receives at least ``D``: non-increasing and left-continuous. A vertical piece of the
polyline is volume at one dose (a uniform dose, or the part of the body that gets exactly zero); nothing is binned away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from rtcheck.geometry import FloatArray, read_only

#: Doses closer than this (relative, at least absolute) are one dose: pixels are stored in single precision.
DOSE_TOLERANCE = 2e-7
#: Volumes closer than this fraction of the whole are one volume.
VOLUME_TOLERANCE = 1e-9


class Pieces(NamedTuple):
    """What a curve consists of: volumes spread evenly between two doses, or all at one.

    Attributes
    ----------
    low_gy, high_gy, volume_cc : ndarray, shape (n,)
        Rising; every volume is positive.
    """

    low_gy: FloatArray
    high_gy: FloatArray
    volume_cc: FloatArray


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

    @cached_property
    def pieces(self) -> Pieces:
        """The pieces that hold volume."""
        volume = self.volume_cc[:-1] - self.volume_cc[1:]
        held = volume > 0
        found = Pieces(self.dose_gy[:-1][held], self.dose_gy[1:][held], volume[held])
        for array in found:
            read_only(array)
        return found

    @property
    def mean_gy(self) -> float:
        """Mean of the dose, exact for the polyline."""
        return _mean_above(float(self.dose_gy[0]), *self.pieces)

    def mean_square(self, about_gy: float = 0.0) -> float:
        """Mean of the squared difference from `about_gy`, in Gy^2: ``sum dV (a^2 + a b + b^2) / 3`` over the pieces."""
        low, high, volume = self.pieces
        low, high = low - about_gy, high - about_gy
        return float((volume * (low * low + low * high + high * high)).sum() / (3 * volume.sum()))

    @property
    def standard_deviation_gy(self) -> float:
        """Standard deviation of the dose over the volume, exact for the polyline."""
        return math.sqrt(self.mean_square(self.mean_gy))

    def mean_of_hottest(self, volume_cc: float) -> float:
        """Mean dose in gray of the hottest `volume_cc`, exact for the polyline; the highest dose where that is 0."""
        coldest_gy = self.dose_at(volume_cc)
        left = np.minimum(self.volume_cc, volume_cc)
        volume = left[:-1] - left[1:]
        held = volume > 0
        if math.isinf(coldest_gy) or not held.any():
            return coldest_gy
        # The piece that the asked volume ends in starts at its coldest dose.
        low = np.maximum(self.dose_gy[:-1][held], coldest_gy)
        return _mean_above(coldest_gy, low, self.dose_gy[1:][held], volume[held])

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

    def volumes_at(self, dose_gy: FloatArray) -> FloatArray:
        """`volume_at` of many doses at once; same shape."""
        asked = dose_gy - DOSE_TOLERANCE * np.maximum(1.0, np.abs(dose_gy))
        index = np.searchsorted(self.dose_gy, asked, side="left")
        at = np.clip(index, 1, len(self.dose_gy) - 1)
        low, high, upper, lower = self.dose_gy[at - 1], self.dose_gy[at], self.volume_cc[at - 1], self.volume_cc[at]
        with np.errstate(divide="ignore", invalid="ignore"):  # beyond the ends, where the curve isn't asked
            between = upper + (asked - low) / (high - low) * (lower - upper)
        return np.where(index == 0, self.total_cc, np.where(index == len(self.dose_gy), 0.0, between))

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


def _mean_above(least_gy: float, low_gy: FloatArray, high_gy: FloatArray, volume_cc: FloatArray) -> float:
    """Mean dose of pieces that reach no lower than `least_gy`: never less than that, and exact for a uniform dose."""
    excess = (((low_gy - least_gy) + (high_gy - least_gy)) * volume_cc).sum() / (2 * volume_cc.sum())
    return least_gy + float(excess)
