"""Whether a margin keeps a range, and if it doesn't, whether cropping or the way it was made explains that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from rtcheck.surface.cropping import Crop, Cropping, Surroundings
from rtcheck.surface.margin import BoolArray, Margin
from rtcheck.surface.places import Lack, places

#: So much of the surface may lie beyond a bound: the 5th and the 95th percentile decide, not single points.
OUTSIDE_SHARE = 0.05
#: The median may lie this far (mm) beyond a bound. Contours that follow pixels err less there than anywhere: errors of
#: single points average out, and a bias of both volumes cancels; what is left is that of the measurement itself.
MEDIAN_MM = 0.25
#: Of a margin whose median is right this share of the surface may lie beyond a bound by up to `UNEVEN_MM` (mm): drawn
#: by hand, smoothed, or rounded to pixels twice.
UNEVEN_SHARE = 0.15
UNEVEN_MM = 1.0
#: Less of the surface (share) than this tells nothing of a margin: the rest is cropped.
LEAST_UNCROPPED = 0.25


class Agreement(Enum):
    """How a margin agrees with a range."""

    WITHIN = "within"
    #: Too small where the surface runs along the skin or an organ, and within the range elsewhere.
    CROPPED = "cropped"
    #: Within the range along the patient's axes, and larger between them: expanded as a box.
    BOX = "box"
    #: Its median is right, and a small part is a little beyond; or a sector or an end is too small.
    UNEVEN = "uneven"
    TOO_SMALL = "too-small"
    TOO_LARGE = "too-large"
    #: Nearly everything is cropped.
    UNMEASURABLE = "unmeasurable"


@dataclass(frozen=True)
class Judgement:
    """The answer.

    Attributes
    ----------
    agreement : Agreement
    robust : bool
        Of a margin within the range: without tolerances for pixels and slices it would be so too.
    median_mm : float
        Of what isn't cropped, in plane; NaN where nothing is left.
    below, above : float
        Shares of what isn't cropped on which the margin is too small, or too large, beyond tolerance.
    crops : tuple of Crop
        What the parts that are too small run along.
    cropped : float
        Share of the surface.
    lacks : tuple of Lack
        Sectors and ends on which the margin is too small, and no cropping explains it.
    """

    agreement: Agreement
    robust: bool
    median_mm: float
    below: float
    above: float
    crops: tuple[Crop, ...] = ()
    cropped: float = 0.0
    lacks: tuple[Lack, ...] = ()


def judged(margin: Margin, low_mm: float, high_mm: float, around: Surroundings) -> Judgement:
    """How a margin agrees with the range from `low_mm` to `high_mm`, both included.

    Shares of the whole surface are judged, and each sector of the circumference and both ends by themselves: see
    `rtcheck.surface.places`. A sector with less than half of the lower bound makes a margin too small.
    """
    found = _by_share(margin, low_mm, high_mm, around)
    if found.agreement is Agreement.UNMEASURABLE:
        return found
    where = places(margin, low_mm, around)
    found = replace(found, lacks=where.lacks)
    if found.agreement in (Agreement.TOO_SMALL, Agreement.TOO_LARGE):
        return found
    if where.lacks:
        missing = any(lack.is_missing for lack in where.lacks)
        return replace(found, agreement=Agreement.TOO_SMALL if missing else Agreement.UNEVEN, robust=True)
    if found.agreement is Agreement.WITHIN and where.cropped.any():
        cropped = margin.share(where.cropped)
        return replace(found, agreement=Agreement.CROPPED, robust=True, crops=where.crops, cropped=cropped)
    return found


def _by_share(margin: Margin, low_mm: float, high_mm: float, around: Surroundings) -> Judgement:
    below = margin.distances_mm < low_mm - margin.tolerance_mm
    above = margin.distances_mm > high_mm + margin.tolerance_mm
    every = np.ones(len(below), np.bool_)
    if _keeps(margin, low_mm, high_mm, every, (below, above)):
        strictly = (margin.distances_mm < low_mm, margin.distances_mm > high_mm)
        robust = _keeps(margin, low_mm, high_mm, every, strictly, median_mm=0.0)
        return Judgement(Agreement.WITHIN, robust, _median(margin, every), margin.share(below), margin.share(above))
    cropping = around.cropping(margin, below) if margin.share(below) > OUTSIDE_SHARE else Cropping(~every)
    rest = ~cropping.points
    left, cropped = margin.share(rest), margin.share(cropping.points)
    agreement = Agreement.UNMEASURABLE
    if left >= LEAST_UNCROPPED:
        agreement = _of_the_rest(margin, low_mm, high_mm, rest, (below, above))
    shares = [margin.share(part & rest) / left if left else 0.0 for part in (below, above)]
    return Judgement(agreement, True, _median(margin, rest), shares[0], shares[1], cropping.crops, cropped)


def _of_the_rest(
    margin: Margin, low_mm: float, high_mm: float, rest: BoolArray, outside: tuple[BoolArray, BoolArray]
) -> Agreement:
    """How what isn't cropped agrees with a range."""
    below, above = (margin.share(part & rest) / margin.share(rest) for part in outside)
    if _keeps(margin, low_mm, high_mm, rest, outside):
        return Agreement.CROPPED
    if below <= OUTSIDE_SHARE < above and _is_box(margin, low_mm, high_mm, outside[1]):
        return Agreement.BOX
    if _keeps(margin, low_mm, high_mm, rest, outside, share=UNEVEN_SHARE):
        far = margin.tolerance_mm + UNEVEN_MM
        further = (margin.distances_mm < low_mm - far, margin.distances_mm > high_mm + far)
        if _keeps(margin, low_mm, high_mm, rest, further):
            return Agreement.UNEVEN
    median = _median(margin, rest)
    too_small = median < low_mm if not low_mm <= median <= high_mm else below >= above
    return Agreement.TOO_SMALL if too_small else Agreement.TOO_LARGE


def _keeps(
    margin: Margin,
    low_mm: float,
    high_mm: float,
    asked: BoolArray,
    outside: tuple[BoolArray, BoolArray],
    *,
    share: float = OUTSIDE_SHARE,
    median_mm: float = MEDIAN_MM,
) -> bool:
    """Whether the median lies in a range, and no more than a share of the surface outside at either end."""
    whole = margin.share(asked)
    few = all(margin.share(part & asked) <= share * whole for part in outside)
    return few and low_mm - median_mm <= _median(margin, asked) <= high_mm + median_mm


def _median(margin: Margin, asked: BoolArray) -> float:
    """Of what is measured in plane, which slices don't round; of everything where there is next to nothing of that."""
    in_plane = asked & margin.is_in_plane
    chosen = in_plane if margin.share(in_plane) > OUTSIDE_SHARE else asked
    found = margin.where(chosen)
    return found.median_mm if found else float("nan")


def _is_box(margin: Margin, low_mm: float, high_mm: float, above: BoolArray) -> bool:
    """Whether an expansion along each axis, within the range, explains what is larger than the range.

    In the direction n a box of half sides m reaches ``m |n|``, summed over the axes: no point of a volume expanded by
    it lies further from a volume that is convex there.
    """
    reach_mm = np.zeros(int(above.sum()))
    for direction, extent_mm in margin.extents_mm.items():
        tolerance_mm = margin.tolerance_in(direction)
        if not low_mm - tolerance_mm <= extent_mm <= high_mm + tolerance_mm:
            return False
        reach_mm += extent_mm * np.maximum(margin.directions[above] @ np.asarray(direction.value), 0.0)
    return bool((margin.distances_mm[above] <= reach_mm + margin.tolerance_mm[above]).all())
