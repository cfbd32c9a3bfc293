"""Where a volume was cropped: parts of its surface that run along the skin or along an organ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtcheck.errors import NoVolumeError
from rtcheck.geometry import FloatArray
from rtcheck.nomenclature import Names, helper_word
from rtcheck.study import ROI
from rtcheck.surface.distance import Volume
from rtcheck.surface.margin import BoolArray, Margin, solids_of

#: A surface this near (mm) to an organ's runs along it.
ALONG_ORGAN_MM = 2.0
#: Targets are cropped up to this far (mm) under the skin, for the build-up of dose ...
SKIN_GAP_MM = 5.0
#: ... at one depth, but for so much (mm).
SAME_DEPTH_MM = 1.0
#: A structure of no organ's name along more than this share of the surface was made from it, as a ring is.
MADE_FROM_IT = 0.5
#: A structure along less than this share isn't named.
LEAST_SHARE = 0.01
#: Types of ROIs that are no organs, and parts of names that say so.
_NO_ORGANS = frozenset(
    (
        *("GTV", "CTV", "PTV", "EXTERNAL", "SUPPORT", "FIXATION", "BOLUS", "MARKER", "REGISTRATION", "ISOCENTER"),
        *("CONTROL", "TREATED_VOLUME", "IRRAD_VOLUME", "DOSE_REGION", "DOSE_MEASUREMENT", "CONTRAST_AGENT"),
    )
)
_TARGETS = ("gtv", "ctv", "ptv", "itv")


@dataclass(frozen=True)
class Crop:
    """A structure that a part of a surface runs along.

    Attributes
    ----------
    roi : str
    is_skin : bool
    share : float
        Of the whole surface.
    gap_mm : float
        How far from the structure, in the middle; under the skin.
    """

    roi: str
    is_skin: bool
    share: float
    gap_mm: float


@dataclass(frozen=True, eq=False)
class Cropping:
    """Which points of a surface were cropped.

    Attributes
    ----------
    points : ndarray of bool, shape (n,)
    crops : tuple of Crop
        What they run along, the largest share first; a point may run along several.
    """

    points: BoolArray
    crops: tuple[Crop, ...] = ()


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What a volume may be cropped at.

    Attributes
    ----------
    skin : ROI or None
    organs : tuple of ROI
    names : Names
    """

    skin: ROI | None
    organs: tuple[ROI, ...]
    names: Names

    @classmethod
    def of(cls, rois: Sequence[ROI], skin: ROI | None, names: Names) -> Surroundings:
        """The drawn organs among the ROIs of a structure set: no targets, no helpers, nothing around the patient."""
        return cls(skin, tuple(roi for roi in rois if roi is not skin and _may_be_organ(roi)), names)

    def cropping(self, margin: Margin, asked: BoolArray) -> Cropping:
        """Which of the points asked of a margin's surface run along the skin or an organ."""
        points = np.zeros(len(asked), np.bool_)
        crops: list[Crop] = []
        if not asked.any():
            return Cropping(points)
        for found, crop in self._along(margin, asked):
            points |= found
            if crop.share >= LEAST_SHARE:
                crops.append(crop)
        return Cropping(points, tuple(sorted(crops, key=lambda crop: -crop.share)))

    def _along(self, margin: Margin, asked: BoolArray) -> list[tuple[BoolArray, Crop]]:
        found = []
        if self.skin is not None and (depth := _distances(margin.points_mm, self.skin, SKIN_GAP_MM)) is not None:
            under = asked & (np.abs(depth + SKIN_GAP_MM / 2) <= SKIN_GAP_MM / 2 + SAME_DEPTH_MM)
            if under.any():
                gap = float(np.median(-depth[under]))
                under &= np.abs(depth + gap) <= SAME_DEPTH_MM
                found.append((under, Crop(self.skin.name, True, margin.share(under), max(gap, 0.0))))
        for organ in self.organs:
            near = _near(margin.points_mm[asked], organ, ALONG_ORGAN_MM)
            away = _distances(margin.points_mm, organ, ALONG_ORGAN_MM) if near else None
            if away is None:
                continue
            along = np.abs(away) <= ALONG_ORGAN_MM
            made_from_it = self.names.standard(organ.name) is None and margin.share(along) > MADE_FROM_IT
            if (along & asked).any() and not made_from_it:
                along &= asked
                gap = float(np.median(np.abs(away[along])))
                found.append((along, Crop(organ.name, False, margin.share(along), gap)))
        return found


def _may_be_organ(roi: ROI) -> bool:
    if not roi.closed_contours or roi.interpreted_type in _NO_ORGANS or helper_word(roi.name):
        return False
    return not any(word in roi.name.lower() for word in _TARGETS)


def _near(points_mm: FloatArray, roi: ROI, reach_mm: float) -> bool:
    """Whether the box around an ROI's contours comes near to that around points."""
    own = np.concatenate([contour.points_mm for contour in roi.closed_contours])
    # Half a slice more at the ends; no slice is thicker than this.
    reach_mm += 10.0
    return bool(
        (own.min(axis=0) - reach_mm <= points_mm.max(axis=0)).all()
        and (points_mm.min(axis=0) <= own.max(axis=0) + reach_mm).all()
    )


def _distances(points_mm: FloatArray, roi: ROI, reach_mm: float) -> FloatArray | None:
    """Signed distances to an ROI's surface where they are shorter than `reach_mm`; None where nothing of it is near."""
    try:
        (solid,) = solids_of(roi)
    except NoVolumeError:
        return None
    volume = Volume(solid, points_mm, reach_mm)
    return volume.distances(points_mm).distance_mm if volume.is_near else None
