"""Margins between the volumes of a lesion, and whether one contains another: measured from the contours.

What is measured, and with which tolerances for pixels and slices, stands in `rtcheck.surface`. What follows from it:

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
is ACCEPTABLE as cropped. A volume that isn't drawn is NOT_EVALUATED by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from rtcheck.case import Case
from rtcheck.checks.lesions import Lesion, lesions
from rtcheck.compliance.answer import NO_LIST, NOT_DECLARED, answered, joined
from rtcheck.compliance.where import concerned
from rtcheck.errors import NoVolumeError
from rtcheck.finding import Finding, Measured, Verdict
from rtcheck.nomenclature import normalised
from rtcheck.rules import Contains, MarginRange, Where
from rtcheck.study import ROI
from rtcheck.surface import (
    DIGITISATION_MM,
    OUTSIDE_SHARE,
    REACH_MM,
    TOWARDS,
    Agreement,
    Containment,
    Distribution,
    Judgement,
    Lack,
    Margin,
    Surroundings,
    containment,
    judged,
    least_depth_mm,
    margin,
)

VOLUME_MISSING = "volume-missing"
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
#: Smaller shares aren't told.
LEAST_TOLD = 0.005
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
_TOLERATED = "; {limit} are kept within what contours can tell, 0.5 mm in plane and {slice_mm:g} mm across the slices"
_WORDS = {Where.BONE: "bone", Where.SOFT_TISSUE: "soft tissue", Where.VERTEBRA: "a vertebra"}


def margin_findings(case: Case, rule: MarginRange) -> Iterator[Finding]:
    """One finding a lesion: does the margin between two of its volumes keep the rule's range?

    Lesions are the declared ones, or without a list those that are drawn.
    """
    for lesion, volumes in _asked(case, rule):
        if isinstance(volumes, Finding):
            yield volumes
            continue
        try:
            yield _measured_finding(case, rule, lesion, volumes)
        except NoVolumeError as error:
            yield _not_measurable(rule, lesion, volumes, error)


def contains_findings(case: Case, rule: Contains) -> Iterator[Finding]:
    """One finding a lesion: does one of its volumes lie inside another, but for half a pixel?

    Volumes are compared slice by slice. No margin is asked: two equal volumes contain each other.
    """
    for lesion, volumes in _asked(case, rule):
        if isinstance(volumes, Finding):
            yield volumes
            continue
        try:
            yield _contained_finding(rule, lesion, volumes)
        except NoVolumeError as error:
            yield _not_measurable(rule, lesion, volumes, error)


def _not_measurable(
    rule: MarginRange | Contains, lesion: Lesion, volumes: tuple[ROI, ROI], error: NoVolumeError
) -> Finding:
    names = (volumes[0].name, volumes[1].name)
    message = f"{names[0]} and {names[1]} couldn't be compared: {error}"
    return _unmeasured(rule, lesion, Verdict.NOT_EVALUATED, message, "not-measurable", names)


def _asked(case: Case, rule: MarginRange | Contains) -> Iterator[tuple[Lesion, tuple[ROI, ROI] | Finding]]:
    """The lesions, each with the two volumes that a rule is about, or with the answer where there is nothing to do."""
    every = lesions(case)
    if not every:
        message, reason = f"{NO_LIST}, and no target is drawn", VOLUME_MISSING
        if case.sheet.lesions is not None:
            message, reason = "the case sheet's list of lesions is empty", NOT_DECLARED
        empty = Lesion(f"{rule.inner} and {rule.outer}", None, None, None, None, None)
        yield empty, _unmeasured(rule, empty, Verdict.NOT_EVALUATED, message, reason)
    for lesion in every:
        yield lesion, _not_asked(rule, lesion) or _volumes(rule, lesion)


def _not_asked(rule: MarginRange | Contains, lesion: Lesion) -> Finding | None:
    """The answer for a lesion that a rule isn't about, or of which that isn't known."""
    if rule.where is Where.ANY:
        return None
    where = _WORDS.get(rule.where, rule.where.value)
    applies = concerned(rule.where, lesion.declared) if lesion.declared is not None else None
    if applies is None:
        message = f"whether {lesion.name} is in {where} isn't declared"
        if rule.where is Where.MOBILE:
            message = f"whether {lesion.name} is mobile isn't declared"
        message += f": {NO_LIST}" if lesion.declared is None else ""
        return _unmeasured(rule, lesion, Verdict.NOT_EVALUATED, message, NOT_DECLARED)
    if not applies:
        message = f"{lesion.name} isn't {'mobile' if rule.where is Where.MOBILE else f'in {where}'}"
        return _unmeasured(rule, lesion, Verdict.NOT_APPLICABLE, message, "other-site")
    return None


def _volumes(rule: MarginRange | Contains, lesion: Lesion) -> tuple[ROI, ROI] | Finding:
    inner, outer = lesion.volume(rule.inner), lesion.volume(rule.outer)
    if inner is not None and outer is not None:
        return inner, outer
    missing = [kind for kind, roi in ((rule.inner, inner), (rule.outer, outer)) if roi is None]
    message = f"nothing drawn is known to be the {joined(missing)} of {lesion.name}"
    message += f": {lesion.problem}" if lesion.problem else ""
    return _unmeasured(rule, lesion, Verdict.NOT_EVALUATED, message, VOLUME_MISSING)


@dataclass(frozen=True)
class _Answer:
    verdict: Verdict
    reason: str
    remark: str
    robust: bool = True


def _measured_finding(case: Case, rule: MarginRange, lesion: Lesion, volumes: tuple[ROI, ROI]) -> Finding:
    found = margin(*volumes)
    around = Surroundings.of(case.study.structure_set.rois, case.body, case.names)
    answer = _answer(rule, found, around)
    if answer.reason == f"margin-{Agreement.TOO_LARGE.value}":
        answer = _of_moving(case, rule, lesion, volumes, found, around) or answer
    held = containment(*volumes)
    remark = ""
    if not held.holds:
        answer = _of_not_contained(answer, held, least_depth_mm(*volumes), found, around)
        remark = f"; {_outside(rule, held, -least_depth_mm(*volumes))}"
    elif _reaches_out(found):
        remark = f"; {rule.inner} reaches up to {-found.overall.minimum_mm:.1f} mm out of {rule.outer}"
    message = f"{rule.inner} to {rule.outer}: {found.text}{answer.remark}{remark}"
    return answered(
        rule,
        lesion.name,
        answer.verdict,
        message,
        answer.reason,
        lesion=_declared_name(lesion),
        rois=(found.inner, found.outer),
        observed=(found.in_plane or found.overall).median_mm,
        limit=_limit(rule),
        unit="mm",
        metric=f"margin {rule.inner} to {rule.outer}, median in plane",
        measured=tuple(_numbers(found)),
        robust=answer.robust,
    )


def _answer(rule: MarginRange, found: Margin, around: Surroundings) -> _Answer:
    """What a margin answers, whatever the lesion is."""
    kept = (rule.low_mm, rule.high_mm)
    judgement = judged(found, *kept, around)
    at_discretion = rule.allowed_mm is not None and judgement.agreement not in (Agreement.WITHIN, Agreement.CROPPED)
    if rule.allowed_mm is not None and at_discretion:
        kept = _together(kept, rule.allowed_mm)
        judgement = judged(found, *kept, around)
    limit = _range(*kept)
    if judgement.agreement is Agreement.WITHIN:
        remark = "" if judgement.robust else _TOLERATED.format(limit=limit, slice_mm=found.slice_mm)
        if _reaches_out(found):
            return _Answer(*_ANSWERS[Agreement.UNEVEN], remark)
        if rule.allowed_mm is None or not at_discretion:
            return _Answer(Verdict.PASS, "", remark, judgement.robust)
        remark = (
            f"; {_range(rule.low_mm, rule.high_mm)} are recommended, "
            f"{_range(*rule.allowed_mm)} allowed at the physician's discretion{remark}"
        )
        return _Answer(Verdict.ACCEPTABLE, "discretionary", remark, judgement.robust)
    remark = _REMARKS[judgement.agreement].format(limit=limit, off=_off(judgement, kept), cropped=_cropped(judgement))
    if judgement.agreement in (Agreement.TOO_SMALL, Agreement.TOO_LARGE) and judgement.crops:
        remark += f", and cropped on {_cropped(judgement)}"
    return _Answer(*_ANSWERS[judgement.agreement], remark)


def _of_not_contained(
    answer: _Answer, held: Containment, depth_mm: float, found: Margin, around: Surroundings
) -> _Answer:
    """What a margin answers of an inner volume that reaches out: never that it is kept."""
    out_mm = -depth_mm
    milder = _Answer(*_ANSWERS[Agreement.UNEVEN], answer.remark)
    if _is_cropped_there(held, out_mm, found, around):
        milder = _Answer(*_ANSWERS[Agreement.CROPPED], f"{answer.remark}; cropped where {found.inner} reaches out")
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
) -> _Answer | None:
    """What a margin that is too large answers where an ITV explains it; None where none does.

    A margin around an ITV is nowhere smaller than asked, larger along the motion, and as asked across it. What is too
    large for any motion that can be told from a mistake isn't known without the ITV.
    """
    if not containment(*volumes).holds:
        return None
    itv = _itv(case, lesion) if rule.inner == "CTV" else None
    drawn = _of_drawn_itv(rule, itv, volumes, around) if itv is not None else None
    return drawn or _of_declared_itv(rule, lesion, found, around)


def _of_drawn_itv(rule: MarginRange, itv: ROI, volumes: tuple[ROI, ROI], around: Surroundings) -> _Answer | None:
    """What a margin answers if it is right measured from an ITV between the two volumes; None if it isn't."""
    if any(containment(*pair).share_outside > _CLEAR_SHARE for pair in ((volumes[0], itv), (itv, volumes[1]))):
        return None
    from_itv = margin(itv, volumes[1])
    if judged(from_itv, rule.low_mm, rule.high_mm, around).agreement not in (Agreement.WITHIN, Agreement.CROPPED):
        return None
    remark = f"; the target moves, and measured from {itv.name} the margin is {from_itv.text}"
    return _Answer(Verdict.ACCEPTABLE, "margin-itv", remark)


def _of_declared_itv(rule: MarginRange, lesion: Lesion, found: Margin, around: Surroundings) -> _Answer | None:
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
            f"; {_off(judgement, kept)}, more than an ITV explains that isn't drawn "
            f"({median_mm:g} mm in the median, {furthest_mm:g} mm anywhere): draw the ITV"
        )
        return _Answer(Verdict.NOT_EVALUATED, "itv-not-drawn", remark)
    remark = (
        f"; {_off(judgement, kept)}, which an ITV may explain: {motion!r} is declared, "
        f"so that the margin can't be measured from the {rule.inner}"
    )
    return _Answer(Verdict.ACCEPTABLE, "margin-itv", remark)


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


def _contained_finding(rule: Contains, lesion: Lesion, volumes: tuple[ROI, ROI]) -> Finding:
    found = containment(*volumes)
    reaches_mm = 0.0
    message = f"{rule.inner} lies inside {rule.outer}"
    if not found.holds_strictly:
        reaches_mm = max(-least_depth_mm(*volumes), 0.0)
        message = _outside(rule, found, reaches_mm)
        message += ", within what a contour can be drawn to" if found.holds else ""
    numbers = (
        Measured("outside", 100.0 * found.share_outside, "%"),
        Measured("outside", found.outside_cc, "cc"),
        Measured("protrusion", reaches_mm, "mm"),
    )
    return answered(
        rule,
        lesion.name,
        Verdict.PASS if found.holds else Verdict.FAIL,
        message,
        "" if found.holds else "not-contained",
        lesion=_declared_name(lesion),
        rois=(found.inner, found.outer),
        observed=100.0 * found.share_outside,
        limit=_limit(rule),
        unit="%",
        metric=f"{rule.inner} outside {rule.outer}",
        measured=numbers,
        robust=found.holds == found.holds_strictly,
    )


def _outside(rule: MarginRange | Contains, found: Containment, reaches_mm: float) -> str:
    """``2.0 % of CTV (0.98 cc) lies outside PTV, up to 3.0 mm``."""
    how_far = f"{REACH_MM:g} mm or more" if reaches_mm >= REACH_MM else f"up to {max(reaches_mm, 0.0):.1f} mm"
    share = f"{100.0 * found.share_outside:.1f} % of {rule.inner} ({found.outside_cc:.2g} cc)"
    return f"{share} lies outside {rule.outer}, {how_far}"


def _unmeasured(
    rule: MarginRange | Contains,
    lesion: Lesion,
    verdict: Verdict,
    message: str,
    reason: str,
    rois: tuple[str, ...] = (),
) -> Finding:
    name = _declared_name(lesion)
    return answered(rule, lesion.name, verdict, message, reason, lesion=name, rois=rois, limit=_limit(rule))


def _limit(rule: MarginRange | Contains) -> str:
    """``2 to 5 mm``; ``5 to 10 mm (3 to 5 mm at discretion)``."""
    if isinstance(rule, Contains):
        return "none outside"
    discretion = f" ({_range(*rule.allowed_mm)} at discretion)" if rule.allowed_mm is not None else ""
    return _range(rule.low_mm, rule.high_mm) + discretion


def _declared_name(lesion: Lesion) -> str:
    return lesion.name if lesion.declared is not None else ""


def _numbers(found: Margin) -> Iterator[Measured]:
    """What a reviewer may want to see of a distribution: all of it, and by direction what bounds it."""
    everywhere = found.overall
    yield Measured("minimum", everywhere.minimum_mm, "mm")
    yield from _percentiles("", everywhere)
    yield Measured("maximum", everywhere.maximum_mm, "mm")
    yield Measured("mean", everywhere.mean_mm, "mm")
    if found.in_plane is not None:
        yield from _percentiles("in plane, ", found.in_plane)
    for direction, one in found.by_direction.items():
        yield from _percentiles(f"{direction}, ", one)


def _percentiles(where: str, one: Distribution) -> Iterator[Measured]:
    yield Measured(f"{where}5th percentile", one.low_mm, "mm")
    yield Measured(f"{where}median", one.median_mm, "mm")
    yield Measured(f"{where}95th percentile", one.high_mm, "mm")


def _reaches_out(found: Margin) -> bool:
    """Whether the outer surface lies inside the inner volume somewhere, beyond tolerance."""
    return bool((found.distances_mm < -found.tolerance_mm).any())


def _off(judgement: Judgement, kept: tuple[float, float]) -> str:
    """``too small in the median, and on 30 % of the surface beyond tolerance; too small to the left (0.3 mm)``."""
    found = []
    for what, off, share in (
        ("too small", judgement.median_mm < kept[0], judgement.below),
        ("too large", judgement.median_mm > kept[1], judgement.above),
    ):
        where = ["in the median"] if off else []
        where += [f"on {100.0 * share:.0f} % of the surface beyond tolerance"] if share >= LEAST_TOLD else []
        found += [f"{what} {', and '.join(where)}"] if where else []
    if found and judgement.agreement is Agreement.UNEVEN:
        found[-1] += ", by little"
    # Of a margin that is too small everywhere no place needs to be told.
    where_too = judgement.median_mm >= kept[0] and judgement.agreement is not Agreement.TOO_LARGE
    return "; ".join(found + [_lacking(lack) for lack in judgement.lacks if where_too])


def _lacking(lack: Lack) -> str:
    """What is said of a sector or an end without a margin."""
    where, margin_mm = TOWARDS[lack.towards], round(lack.margin_mm, 1) + 0.0
    if not lack.is_end:
        return f"too small over a sector {where}, where its median is {margin_mm:.1f} mm"
    if margin_mm == 0.0:
        return f"too small {where}, where the last contours of both lie in one plane"
    how = "beyond" if margin_mm > 0.0 else "short of"
    return f"too small {where}, where its last contour lies {abs(margin_mm):.1f} mm {how} that of the volume inside"


def _cropped(judgement: Judgement) -> str:
    """``22 % of the surface, along Body (18 %, 4.9 mm under it) and Stomach (6 %)``."""
    along = [
        f"{crop.roi} ({100.0 * crop.share:.0f} %{f', {crop.gap_mm:.1f} mm under it' if crop.is_skin else ''})"
        for crop in judgement.crops
    ]
    share = f"{100.0 * judgement.cropped:.0f} % of the surface"
    return f"{share}, along {joined(along)}" if along else share


def _range(low_mm: float, high_mm: float) -> str:
    return f"{low_mm:g} to {high_mm:g} mm"
