"""Why two DVHs of one ROI differ: a table of causes, each of which has to be measured before it is named.

A cause is named where what it predicts is what the other engine has: its volume under another rule, our DVH under
another convention, a difference within one of its bins. The first that fits is the likely one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rtcheck.case import Case
from rtcheck.convention import CONVENTIONS, DEFAULT_CONVENTION, Convention
from rtcheck.crosscheck.comparison import RESOLUTION_GY, VOLUMES_PERCENT, Cause, compared, volumes_at
from rtcheck.crosscheck.facts import SAME_VOLUME, Facts
from rtcheck.crosscheck.peer import PeerDVH
from rtcheck.errors import NoVolumeError
from rtcheck.solid import Flag

#: Within this two DVHs agree.
AGREEMENT_PERCENT = 1.0
#: Doses below this share of the maximum are those far from the beams.
LOW_DOSE = 0.05
#: An ROI of fewer dose voxels says little when whole ones are counted.
FEW_VOXELS = 200
#: Gaps that differ by this share of the smallest aren't equal.
UNEQUAL = 0.05
#: Doses of another plan, fraction or unit are a multiple of ours within this.
SAME_RATIO = 0.01


def likely_cause(facts: Facts) -> tuple[Cause, str]:
    """The first cause of the table that fits, and what was measured."""
    for cause, test in CAUSES:
        explanation = test(facts)
        if explanation:
            return cause, explanation
    return Cause.UNEXPLAINED, "none of the causes looked for explains it"


def _agreement(facts: Facts) -> str:
    apart = facts.comparison.largest_percent
    if apart is None or apart > AGREEMENT_PERCENT:
        return ""
    return f"agreement within {max(np.ceil(10 * apart) / 10, 0.1):.1f} %"


def _single_slice(facts: Facts) -> str:
    if not facts.has_flag(Flag.SINGLE_SLICE):
        return ""
    return "a single slice: its thickness isn't in the contours, and systems take different ones"


def _outside_grid(facts: Facts) -> str:
    """The other's volume is that inside, or its curve that with the part outside at zero dose."""
    dvh = facts.dvh
    share = _share_outside(facts)
    if not share or dvh.curve is None:
        return ""
    if facts.is_others(dvh.volume_cc - dvh.outside_cc):
        return f"{share}: {facts.who} stops at the grid's edge"
    irradiated = facts.other.dose_gy > RESOLUTION_GY
    asked, theirs = facts.other.dose_gy[irradiated], facts.other.volume_percent[irradiated]
    ours = volumes_at(dvh.curve, asked)
    before, after = (
        float(np.abs(theirs - 100.0 * ours / whole).max(initial=0.0)) for whole in (dvh.curve.total_cc, dvh.volume_cc)
    )
    return f"{share}: {facts.who} counts that part as unirradiated" if after < before / 3 else ""


def _partly_outside(facts: Facts) -> str:
    """The part outside is no smaller than half the difference, and nothing measured tells what was done with it."""
    share, apart = _share_outside(facts), facts.comparison.largest_percent
    if not share or (apart is not None and facts.dvh.outside_percent < apart / 2):
        return ""
    there = ", and there spread over the doses inside" if facts.is_peer else ""
    return f"{share}: its dose is unknown here{there}"


def _share_outside(facts: Facts) -> str:
    outside = facts.dvh.outside_percent
    return f"{outside:.2g} % of the ROI lies outside the dose grid" if outside >= 0.5 else ""


def _low_dose_part(facts: Facts) -> str:
    """Volumes differ at low doses alone: above them both have the same cubic centimetres."""
    curve, theirs = facts.dvh.curve, facts.comparison.other_volume_cc
    if curve is None or not theirs or abs(curve.total_cc / theirs - 1) < SAME_VOLUME:
        return ""
    apart = facts.other.volume_percent * theirs / 100.0 - volumes_at(curve, facts.other.dose_gy)
    differing = facts.other.dose_gy[np.abs(apart) > 0.1 * abs(apart[0])]
    if not len(differing) or differing[-1] > LOW_DOSE * facts.dvh.max_gy or np.abs(apart).max() > 2 * abs(apart[0]):
        return ""
    more = "more" if apart[0] > 0 else "less"
    return f"{abs(apart[0]):.3g} cc {more} there, all of it below {differing[-1]:.2g} Gy: a part far from the beams"


def _frame_offsets(facts: Facts) -> str:
    moved = facts.other.misplaced_mm if isinstance(facts.other, PeerDVH) else 0.0
    if moved == 0:
        return ""
    return (
        f"absolute frame offsets: dicompyler-core puts the dose {abs(moved):g} mm too {'high' if moved > 0 else 'low'}"
    )


def _other_dose(facts: Facts) -> str:
    """A constant ratio of the doses, from 10 to 90 % of the volume."""
    ours, theirs = facts.doses_gy(VOLUMES_PERCENT[9:90])
    if ours.min() <= 0 or theirs.min() <= 0:
        return ""
    ratios = theirs / ours
    ratio = float(np.median(ratios))
    if np.ptp(ratios) > SAME_RATIO * ratio or abs(ratio - 1) < 5 * SAME_RATIO or np.ptp(ours) < 0.1 * ours.max():
        return ""
    return f"another dose: all of {facts.who}'s doses are {ratio:.3g} times ours (one fraction's, other units?)"


def _missing_slice(facts: Facts) -> str:
    if not facts.has_flag(Flag.MISSING_SLICE_BRIDGED):
        return ""
    lost = _volume_of_equal_slices(facts)
    return lost and f"a missing slice: bridged here, lost there ({lost})"


def _unequal_slices(facts: Facts) -> str:
    gaps = facts.gaps_mm
    lost = _volume_of_equal_slices(facts) if len(gaps) and np.ptp(gaps) > UNEQUAL * gaps.min() else ""
    return lost and f"unequal slices: {facts.who} takes one thickness for all ({lost})"


def _volume_of_equal_slices(facts: Facts) -> str:
    """Where every slice counts as thick as the smallest gap, or as the median one, gives the other's volume."""
    if len(facts.gaps_mm) == 0:
        return ""
    for thickness in (float(facts.gaps_mm.min()), float(np.median(facts.gaps_mm))):
        for areas in facts.areas_mm2.values():
            predicted = float(areas.sum()) * thickness / 1000.0
            if facts.is_others(predicted):
                return f"{thickness:g} mm each give {predicted:.4g} cc"
    return ""


def _overlaps(facts: Facts) -> str:
    """Another rule for outlines that lie in one another gives the other's volume."""
    if not facts.planes:
        return ""
    heights = np.gradient(list(facts.planes)) if len(facts.planes) > 1 else np.ones(1)
    sums = {rule: float((areas * heights).sum()) for rule, areas in facts.areas_mm2.items()}
    if np.ptp(list(sums.values())) < 1e-3 * max(sums.values()):
        return ""
    solid_mm3 = 1000.0 * facts.dvh.volume_cc
    here = min(sums, key=lambda rule: abs(sums[rule] - solid_mm3))
    for there, volume in sums.items():
        predicted = facts.dvh.volume_cc * volume / sums[here]
        if there != here and facts.is_others(predicted):
            return f"contours inside contours: taken {there} there ({predicted:.4g} cc), {here} here"
    return ""


def _end_caps(facts: Facts) -> str:
    """Other ends give the other's DVH; else the volumes differ by about one slice."""
    found = _by_convention(facts, lambda convention: convention.between is DEFAULT_CONVENTION.between)
    if found:
        return f"end caps: {found}"
    whole = facts.comparison.whole_difference_percent
    areas = facts.areas_mm2["as holes"] if facts.planes else np.empty(0)
    if whole is None or len(areas) < 2 or facts.is_peer:
        return ""
    slice_cc = float(areas[0] * facts.gaps_mm[0] + areas[-1] * facts.gaps_mm[-1]) / 2000.0
    slices = abs(whole) / 100.0 * facts.dvh.volume_cc / slice_cc
    return f"end caps: the volumes differ by about one slice ({slice_cc:.3g} cc)" if 0.7 < slices < 1.4 else ""


def _between_slices(facts: Facts) -> str:
    found = _by_convention(facts, lambda convention: convention.between is not DEFAULT_CONVENTION.between)
    return f"between slices: {found}" if found else ""


def _by_convention(facts: Facts, wanted: Callable[[Convention], bool]) -> str:
    """The convention under which our DVH is the other's, where there is one; dicompyler-core has ours."""
    before = facts.comparison.largest_percent
    if facts.case is None or facts.roi is None or facts.is_peer or before is None:
        return ""
    found: list[tuple[float, Convention]] = []
    for convention in CONVENTIONS:
        if convention == facts.dvh.convention or not wanted(convention):
            continue
        try:
            dvh = Case(facts.case.study, convention=convention, intervals=False).dvh_of(facts.roi)
        except NoVolumeError:
            continue
        apart = None if dvh.curve is None else compared(dvh, facts.other, facts.comparison.engine).largest_percent
        if apart is not None:
            found.append((apart, convention))
    if not found:
        return ""
    apart, convention = min(found, key=lambda pair: pair[0])
    if apart > max(AGREEMENT_PERCENT, before / 3):
        return ""
    return f"read as {convention}, the contours give what is there within {apart:.2g} %"


def _bins(facts: Facts) -> str:
    width = float(np.diff(facts.other.dose_gy).max())
    ours, theirs = facts.doses_gy(VOLUMES_PERCENT)
    whole = facts.comparison.whole_difference_percent
    if np.abs(ours - theirs).max() > 1.001 * width or (whole is not None and abs(whole) > 1.0):
        return ""
    return f"other bins: no dose differs by more than one of {width:g} Gy"


def _whole_voxels(facts: Facts) -> str:
    """Few dose voxels, or a difference of volume that the voxels cut by the outline may make."""
    voxel_cc, whole = facts.voxel_cc, facts.comparison.whole_difference_percent
    if voxel_cc is None:
        return ""
    count = facts.dvh.volume_cc / voxel_cc
    if count < FEW_VOXELS:
        return f"small: the ROI is as large as {count:.2g} dose voxels"
    cut_percent = 100.0 * facts.cut_share
    if not facts.is_peer or whole is None or not AGREEMENT_PERCENT < abs(whole) <= cut_percent / 2:
        return ""
    return f"whole dose voxels are counted there, and {cut_percent:.2g} % of the ROI lies in voxels that its edge cuts"


def _steep_dose(facts: Facts) -> str:
    """Doses that differ by less than the dose does from one voxel to the next."""
    difference, whole = facts.comparison.dose_difference_gy, facts.comparison.whole_difference_percent
    if facts.case is None or facts.roi is None or difference is None or (whole is not None and abs(whole) > 2.0):
        return ""
    step = facts.voxel_step_gy()
    if abs(difference) > step:
        return ""
    return f"steep dose, sampled differently: it changes by up to {step:.2g} Gy from voxel to voxel here"


#: In the order in which they are looked for: what is certain first, what explains little last.
CAUSES: tuple[tuple[Cause, Callable[[Facts], str]], ...] = (
    (Cause.AGREEMENT, _agreement),
    (Cause.FRAME_OFFSETS, _frame_offsets),
    (Cause.SINGLE_SLICE, _single_slice),
    (Cause.OUTSIDE_GRID, _outside_grid),
    (Cause.OTHER_DOSE, _other_dose),
    (Cause.MISSING_SLICE, _missing_slice),
    (Cause.UNEQUAL_SLICES, _unequal_slices),
    (Cause.OVERLAPS, _overlaps),
    (Cause.BINS, _bins),
    (Cause.END_CAPS, _end_caps),
    (Cause.BETWEEN_SLICES, _between_slices),
    (Cause.WHOLE_VOXELS, _whole_voxels),
    (Cause.LOW_DOSE_PART, _low_dose_part),
    (Cause.OUTSIDE_GRID, _partly_outside),
    (Cause.STEEP_DOSE, _steep_dose),
)
