"""What follows from a measured margin between two volumes of a lesion.

================================================================  =============  ================
the margin                                                        verdict        reason
================================================================  =============  ================
keeps the range                                                   PASS
keeps a further range, allowed at discretion                      ACCEPTABLE     discretionary
is too small only where the surface runs along skin or organ      ACCEPTABLE     margin-cropped
is too large only between the axes, as of an expansion as a box   ACCEPTABLE     margin-box
is right in the middle, and a little off on a small part          ACCEPTABLE     margin-uneven
is too small over a sector of the circumference, or at an end     ACCEPTABLE     margin-uneven
keeps the range, and the inner volume reaches a little out        ACCEPTABLE     margin-uneven
is nowhere too small, and too large where an ITV may explain it   ACCEPTABLE     margin-itv
is so large that no ITV that isn't drawn can be told from it      NOT_EVALUATED  itv-not-drawn
is cropped nearly everywhere                                      NOT_EVALUATED  not-measurable
is too small and nothing of this explains it                      FAIL           margin-too-small
is less than half of what is asked over a sector                  FAIL           margin-too-small
is too large and nothing of this explains it                      FAIL           margin-too-large
is anything, and the inner volume clearly isn't contained         FAIL           not-contained
================================================================  =============  ================

An inner volume that reaches out of the outer one only where that is cropped at the skin or at an organ, and by little,
is ACCEPTABLE as cropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from rtcheck.case import Case
from rtcheck.checks.lesions import Lesion
from rtcheck.compliance.margin_wording import cropped_text, off_text, outside_text, range_text
from rtcheck.finding import Verdict
from rtcheck.nomenclature import normalised
from rtcheck.rules import MarginRange
from rtcheck.study import ROI
from rtcheck.surface import (
    DIGITISATION_MM,
    OUTSIDE_SHARE,
    REACH_MM,
    Agreement,
    Containment,
    Margin,
    Surroundings,
    containment,
    judged,
    least_depth_mm,
    margin,
)

#: What a case sheet says of a target that takes in a motion.
_ITV = re.compile(r"\bITV\b|\bIGTV\b|\bICTV\b|internal target", re.IGNORECASE)
#: An ITV explains a margin that is too large only if so much (share) of it, in the plane of the slices, isn't.
_STILL_SHARE = 0.25
#: ... if its median in plane is so near (mm) to the range, and its 95th percentile everywhere: targets of the liver and
#: the lung move by up to two centimetres.
_ITV_MEDIAN_MM, _ITV_EXCURSION_MM = 5.0, 20.0
#: An inner volume clearly isn't contained if so much (share) of it lies outside, or so far (mm).
_CLEAR_SHARE, _CLEAR_MM = 0.01, 2.0
#: Cropping explains what lies outside if it is no more than this (share), if the outer surface runs along skin or organ
#: where it lies inside the inner volume, all but so much (share), and if nothing reaches further out than there.
_CROPPED_OUTSIDE, _CROPPED_BUT = 0.05, 0.05
#: What a margin that a range doesn't simply hold answers.
_ANSWERS: Mapping[Agreement, tuple[Verdict, str]] = MappingProxyType(
    {
        Agreement.CROPPED: (Verdict.ACCEPTABLE, "margin-cropped"),
        Agreement.BOX: (Verdict.ACCEPTABLE, "margin-box"),
        Agreement.UNEVEN: (Verdict.ACCEPTABLE, "margin-uneven"),
        Agreement.UNMEASURABLE: (Verdict.NOT_EVALUATED, "not-measurable"),
        Agreement.TOO_SMALL: (Verdict.FAIL, "margin-too-small"),
        Agreement.TOO_LARGE: (Verdict.FAIL, "margin-too-large"),
    }
)
_REMARKS: Mapping[Agreement, str] = MappingProxyType(
    {
        Agreement.CROPPED: "; cropped on {cropped}, and {limit} elsewhere",
        Agreement.BOX: "; {limit} along the axes and more between them, as an expansion as a box has",
        Agreement.UNEVEN: "; for {limit} {off}",
        Agreement.UNMEASURABLE: "; cropped on {cropped}, which leaves too little to measure",
        Agreement.TOO_SMALL: "; for {limit} {off}",
        Agreement.TOO_LARGE: "; for {limit} {off}",
    }
)
_TOLERATED = (
    "; {limit} are kept within what contours can tell, 0.5 mm in plane and {slice_mm:g} mm across the slices, "
    f"but for at most {100 * OUTSIDE_SHARE:g} % of the surface"
)


@dataclass(frozen=True)
class Answer:
    """What a margin answers.

    Attributes
    ----------
    verdict : Verdict
    reason : str
    remark : str
        Follows the numbers.
    robust : bool
        Whether it holds without the tolerances.
    """

    verdict: Verdict
    reason: str
    remark: str
    robust: bool = True


def answer_of(case: Case, rule: MarginRange, lesion: Lesion, volumes: tuple[ROI, ROI], found: Margin) -> Answer:
    """What the margin between two volumes of a lesion answers.

    Parameters
    ----------
    case : Case
    rule : MarginRange
    lesion : Lesion
    volumes : tuple of ROI
        The inner and the outer one.
    found : Margin
        Between them.

    Raises
    ------
    NoVolumeError
        Where one of the volumes, or an ITV, has none.
    """
    around = Surroundings.of(case.study.structure_set.rois, case.body, case.names)
    answer = _answer(rule, found, around)
    if answer.reason == f"margin-{Agreement.TOO_LARGE.value}":
        answer = _of_moving(case, rule, lesion, volumes, found, around) or answer
    held = containment(*volumes)
    if not held.holds:
        out_mm = -least_depth_mm(*volumes)
        answer = _of_not_contained(answer, held, -out_mm, found, around)
        return replace(answer, remark=f"{answer.remark}; {outside_text(rule, held, out_mm)}")
    if _reaches_out(found):
        out = f"; {rule.inner} reaches up to {-found.overall.minimum_mm:.1f} mm out of {rule.outer}"
        return replace(answer, remark=answer.remark + out)
    return answer


def _answer(rule: MarginRange, found: Margin, around: Surroundings) -> Answer:
    """What a margin answers, whatever the lesion is."""
    kept = (rule.low_mm, rule.high_mm)
    judgement = judged(found, *kept, around)
    at_discretion = rule.allowed_mm is not None and judgement.agreement not in (Agreement.WITHIN, Agreement.CROPPED)
    if rule.allowed_mm is not None and at_discretion:
        kept = _together(kept, rule.allowed_mm)
        judgement = judged(found, *kept, around)
    limit = range_text(*kept)
    if judgement.agreement is Agreement.WITHIN:
        remark = "" if judgement.robust else _TOLERATED.format(limit=limit, slice_mm=found.slice_mm)
        if _reaches_out(found):
            return Answer(*_ANSWERS[Agreement.UNEVEN], remark)
        if rule.allowed_mm is None or not at_discretion:
            return Answer(Verdict.PASS, "", remark, judgement.robust)
        remark = (
            f"; {range_text(rule.low_mm, rule.high_mm)} are recommended, "
            f"{range_text(*rule.allowed_mm)} allowed at the physician's discretion{remark}"
        )
        return Answer(Verdict.ACCEPTABLE, "discretionary", remark, judgement.robust)
    off, cropped = off_text(judgement, kept), cropped_text(judgement)
    remark = _REMARKS[judgement.agreement].format(limit=limit, off=off, cropped=cropped)
    if judgement.agreement in (Agreement.TOO_SMALL, Agreement.TOO_LARGE) and judgement.crops:
        remark += f", and cropped on {cropped}"
    return Answer(*_ANSWERS[judgement.agreement], remark)


def _of_not_contained(
    answer: Answer, held: Containment, depth_mm: float, found: Margin, around: Surroundings
) -> Answer:
    """What a margin answers of an inner volume that reaches out: never that it is kept."""
    out_mm = -depth_mm
    milder = Answer(*_ANSWERS[Agreement.UNEVEN], answer.remark)
    if _is_cropped_there(held, out_mm, found, around):
        milder = Answer(*_ANSWERS[Agreement.CROPPED], f"{answer.remark}; cropped where {found.inner} reaches out")
    elif held.share_outside > _CLEAR_SHARE or out_mm > _CLEAR_MM:
        return replace(answer, verdict=Verdict.FAIL, reason="not-contained", robust=True)
    return milder if answer.verdict is Verdict.PASS else answer


def _is_cropped_there(held: Containment, out_mm: float, found: Margin, around: Surroundings) -> bool:
    """Whether the outer volume was cropped at the skin or an organ wherever the inner one reaches out, by little.

    A cap that a crop cuts off is as high above the outer surface as that surface lies deep in the inner volume; what
    reaches further out is another piece.
    """
    inside = found.distances_mm < -DIGITISATION_MM
    if held.share_outside > _CROPPED_OUTSIDE or out_mm >= REACH_MM or not inside.any():
        return False
    if out_mm > -found.overall.minimum_mm + found.slice_mm / 2 + DIGITISATION_MM:
        return False
    cropped = around.cropping(found, inside).points
    return found.share(inside & ~cropped) <= _CROPPED_BUT * found.share(inside)


def _of_moving(
    case: Case, rule: MarginRange, lesion: Lesion, volumes: tuple[ROI, ROI], found: Margin, around: Surroundings
) -> Answer | None:
    """What a margin that is too large answers where an ITV explains it; None where none does.

    A margin around an ITV is nowhere smaller than asked, larger along the motion, and as asked across it. What is too
    large for any motion that can be told from a mistake isn't known without the ITV.
    """
    if not containment(*volumes).holds:
        return None
    itv = _itv(case, lesion) if rule.inner == "CTV" else None
    drawn = _of_drawn_itv(rule, itv, volumes, around) if itv is not None else None
    return drawn or _of_declared_itv(rule, lesion, found, around)


def _of_drawn_itv(rule: MarginRange, itv: ROI, volumes: tuple[ROI, ROI], around: Surroundings) -> Answer | None:
    """What a margin answers if it is right measured from an ITV between the two volumes; None if it isn't."""
    if any(containment(*pair).share_outside > _CLEAR_SHARE for pair in ((volumes[0], itv), (itv, volumes[1]))):
        return None
    from_itv = margin(itv, volumes[1])
    if judged(from_itv, rule.low_mm, rule.high_mm, around).agreement not in (Agreement.WITHIN, Agreement.CROPPED):
        return None
    remark = f"; the target moves, and measured from {itv.name} the margin is {from_itv.text}"
    return Answer(Verdict.ACCEPTABLE, "margin-itv", remark)


def _of_declared_itv(rule: MarginRange, lesion: Lesion, found: Margin, around: Surroundings) -> Answer | None:
    """What a margin answers if an ITV is declared that isn't drawn; None if it explains nothing."""
    motion = (lesion.declared.motion if lesion.declared is not None else None) or ""
    if rule.outer != "PTV" or not _ITV.search(motion):
        return None
    kept = (rule.low_mm, rule.high_mm)
    judgement = judged(found, *kept, around)
    low, high = rule.low_mm - DIGITISATION_MM, rule.high_mm + DIGITISATION_MM
    still = found.is_in_plane & (found.distances_mm >= low) & (found.distances_mm <= high)
    in_plane = found.in_plane
    if in_plane is None or found.share(still) < _STILL_SHARE * in_plane.share:
        return None
    if judgement.below > OUTSIDE_SHARE or judgement.lacks:
        return None
    median_mm, furthest_mm = rule.high_mm + _ITV_MEDIAN_MM, rule.high_mm + _ITV_EXCURSION_MM
    if in_plane.median_mm > median_mm or found.overall.high_mm > furthest_mm:
        remark = (
            f"; {off_text(judgement, kept)}, more than an ITV explains that isn't drawn "
            f"({median_mm:g} mm in the median, {furthest_mm:g} mm anywhere): draw the ITV"
        )
        return Answer(Verdict.NOT_EVALUATED, "itv-not-drawn", remark)
    remark = (
        f"; {off_text(judgement, kept)}, which an ITV may explain: {motion!r} is declared, "
        f"so that the margin can't be measured from the {rule.inner}"
    )
    return Answer(Verdict.ACCEPTABLE, "margin-itv", remark)


def _itv(case: Case, lesion: Lesion) -> ROI | None:
    """The drawn ITV of a lesion: the one with its PTV's ending."""
    ending = normalised(lesion.ptv.name).removeprefix("ptv") if lesion.ptv is not None else ""
    named = [
        roi
        for roi in case.study.structure_set.rois
        if roi.closed_contours and normalised(roi.name) in (f"itv{ending}", f"ictv{ending}")
    ]
    return named[0] if len(named) == 1 else None


def _together(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """Two ranges as one where they touch; else the other."""
    low, high = min(one[0], other[0]), max(one[1], other[1])
    return (low, high) if max(one[0], other[0]) <= min(one[1], other[1]) else other


def _reaches_out(found: Margin) -> bool:
    """Whether the outer surface lies inside the inner volume somewhere, beyond tolerance."""
    return bool((found.distances_mm < -found.tolerance_mm).any())
