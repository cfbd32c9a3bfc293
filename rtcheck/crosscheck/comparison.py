"""Two DVHs of one ROI side by side: where they differ most, and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np

from rtcheck.curve import DOSE_TOLERANCE, DoseVolumeCurve
from rtcheck.dvh import DVH
from rtcheck.geometry import FloatArray

#: Doses are compared at these percentages of the volume: the outermost percent is for extrema, which systems sample.
VOLUMES_PERCENT = np.arange(1.0, 100.0)
#: Other engines count in bins of one centigray and more: smaller differences of doses are none.
RESOLUTION_GY = 0.01
#: Differences above this are worth a person's look.
NOTABLE_PERCENT = 3.0


class Engine(Enum):
    """Who gives the second opinion."""

    STORED = "planning system"
    PEER = "dicompyler-core"


class Cause(Enum):
    """What a difference comes from, as far as it can be measured."""

    AGREEMENT = "agreement"
    SINGLE_SLICE = "single-slice"
    OUTSIDE_GRID = "outside-grid"
    FRAME_OFFSETS = "frame-offsets"
    OTHER_DOSE = "other-dose"
    LOW_DOSE_PART = "low-dose-part"
    MISSING_SLICE = "missing-slice"
    UNEQUAL_SLICES = "unequal-slices"
    OVERLAPS = "overlaps"
    END_CAPS = "end-caps"
    BETWEEN_SLICES = "between-slices"
    BINS = "bins"
    WHOLE_VOXELS = "whole-voxels"
    STEEP_DOSE = "steep-dose"
    UNEXPLAINED = "unexplained"


class OtherDVH(Protocol):
    """What a second opinion has to say: bin edges, share of the volume at each, and the whole where it is known."""

    @property
    def dose_gy(self) -> FloatArray:
        """Edges of the bins, from 0."""

    @property
    def volume_percent(self) -> FloatArray:
        """Share of the volume that receives at least that dose, falling to 0."""

    @property
    def volume_cc(self) -> float | None:
        """The whole."""

    @property
    def mean_gy(self) -> float | None:
        """Mean dose."""


@dataclass(frozen=True)
class Comparison:
    """Our DVH of an ROI against another's. Differences are the other's minus ours.

    Attributes
    ----------
    roi : str
    engine : Engine
    volume_cc, other_volume_cc : float or None
        The whole, outside the dose grid included; None where unknown.
    volume_difference_percent, at_dose_gy : float or None
        Largest difference of the curves in volume at one dose, each in percent of its own whole.
    dose_difference_gy, at_volume_percent : float or None
        Largest difference of the curves in dose at one volume, over 1 to 99 % of it.
    mean_gy, other_mean_gy : float or None
    max_gy : float or None
        Our maximum: 100 % of what `largest_percent` says of doses.
    cause : Cause or None
        The likely cause; None where there was nothing to compare.
    explanation : str
        The cause in words, with what was measured.
    problem : str
        Why there was nothing to compare; empty otherwise.
    remarks : tuple of str
        How the other's numbers were understood.
    """

    roi: str
    engine: Engine
    volume_cc: float | None = None
    other_volume_cc: float | None = None
    volume_difference_percent: float | None = None
    at_dose_gy: float | None = None
    dose_difference_gy: float | None = None
    at_volume_percent: float | None = None
    mean_gy: float | None = None
    other_mean_gy: float | None = None
    max_gy: float | None = None
    cause: Cause | None = None
    explanation: str = ""
    problem: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def whole_difference_percent(self) -> float | None:
        """Difference of the whole volumes, in percent of ours."""
        if not self.volume_cc or self.other_volume_cc is None:
            return None
        return 100.0 * (self.other_volume_cc / self.volume_cc - 1.0)

    @property
    def mean_difference_gy(self) -> float | None:
        """Difference of the mean doses."""
        if self.mean_gy is None or self.other_mean_gy is None:
            return None
        return self.other_mean_gy - self.mean_gy

    @property
    def largest_percent(self) -> float | None:
        """One number for how far the two are apart; None where nothing was compared.

        The largest of: difference of the whole volumes; distance of the curves, in volume or in dose (percent of our
        maximum), whichever is smaller, for beside a steep fall one of them is large and means nothing; difference of
        the mean doses, in percent of our maximum. Of doses, what exceeds `RESOLUTION_GY` counts.
        """
        if self.volume_difference_percent is None or self.dose_difference_gy is None or self.max_gy is None:
            return None
        curve, mean = (
            100.0 * max(abs(gray) - RESOLUTION_GY, 0.0) / max(self.max_gy, RESOLUTION_GY)
            for gray in (self.dose_difference_gy, self.mean_difference_gy or 0.0)
        )
        return max(min(abs(self.volume_difference_percent), curve), abs(self.whole_difference_percent or 0.0), mean)

    @property
    def is_notable(self) -> bool:
        """Whether they are more than `NOTABLE_PERCENT` apart, or one has a volume and the other none."""
        if self.largest_percent is None:
            return self.cause is not None
        return self.largest_percent > NOTABLE_PERCENT

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {
            "roi": self.roi,
            "engine": self.engine.value,
            "volume_cc": self.volume_cc,
            "other_volume_cc": self.other_volume_cc,
            "volume_difference_percent": self.volume_difference_percent,
            "at_dose_gy": self.at_dose_gy,
            "dose_difference_gy": self.dose_difference_gy,
            "at_volume_percent": self.at_volume_percent,
            "mean_gy": self.mean_gy,
            "other_mean_gy": self.other_mean_gy,
            "largest_percent": self.largest_percent,
            "cause": None if self.cause is None else self.cause.value,
            "explanation": self.explanation,
            "problem": self.problem,
            "remarks": list(self.remarks),
        }


def compared(dvh: DVH, other: OtherDVH, engine: Engine) -> Comparison:
    """The differences, without their cause.

    Parameters
    ----------
    dvh : DVH
        Ours; curves are compared of its part inside the dose grid.
    other : StoredDVH or PeerDVH
        One that can be used.
    engine : Engine
    """
    if dvh.curve is None:
        problem = dvh.problem or "all of it lies outside the dose grid"
        return Comparison(dvh.roi, engine, dvh.volume_cc or None, other.volume_cc, problem=f"no DVH here: {problem}")
    theirs = DoseVolumeCurve(other.dose_gy.copy(), other.volume_percent.copy())
    # Both are known exactly at the other's bin edges, and beyond the last of them there is nothing of it.
    beyond_gy = theirs.dose_gy[-1] + 4 * DOSE_TOLERANCE * max(1.0, float(theirs.dose_gy[-1]))
    asked_gy = np.append(theirs.dose_gy, beyond_gy)
    ours_percent = 100.0 / dvh.curve.total_cc * volumes_at(dvh.curve, asked_gy)
    apart = volumes_at(theirs, asked_gy) - ours_percent
    worst = int(np.argmax(np.abs(apart)))
    doses = np.array([[theirs.dose_at(v), dvh.curve.dose_at(v / 100 * dvh.curve.total_cc)] for v in VOLUMES_PERCENT])
    furthest = int(np.argmax(np.abs(doses[:, 0] - doses[:, 1])))
    mean = other.mean_gy
    if mean is None:
        mean = float(np.trapezoid(other.volume_percent, other.dose_gy)) / float(other.volume_percent[0])
    return Comparison(
        dvh.roi,
        engine,
        dvh.volume_cc,
        other.volume_cc,
        float(apart[worst]),
        float(asked_gy[worst]),
        float(doses[furthest, 0] - doses[furthest, 1]),
        float(VOLUMES_PERCENT[furthest]),
        dvh.mean_gy,
        mean,
        dvh.max_gy,
    )


def volumes_at(curve: DoseVolumeCurve, dose_gy: FloatArray) -> FloatArray:
    """Volume that receives at least each of many doses, as `DoseVolumeCurve.volume_at` says it of one."""
    asked = dose_gy - DOSE_TOLERANCE * np.maximum(1.0, np.abs(dose_gy))
    index = np.searchsorted(curve.dose_gy, asked, side="left")
    upper = np.clip(index, 1, len(curve.dose_gy) - 1)
    low, high = curve.dose_gy[upper - 1], curve.dose_gy[upper]
    share = (asked - low) / np.where(high > low, high - low, 1.0)
    within = curve.volume_cc[upper - 1] + share * (curve.volume_cc[upper] - curve.volume_cc[upper - 1])
    return np.where(index == 0, curve.total_cc, np.where(index == len(curve.dose_gy), 0.0, within))
