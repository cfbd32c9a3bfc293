"""Margins between the volumes of a lesion, and whether one contains another: measured from the contours.

What is measured, and with which tolerances for pixels and slices, stands in `rtcheck.surface`; what follows from a
margin, in `margin_answers`. A volume that isn't drawn is NOT_EVALUATED by name.
"""

from __future__ import annotations

from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.checks.lesions import Lesion, lesions
from rtcheck.compliance.answer import NO_LIST, NOT_DECLARED, answered, joined
from rtcheck.compliance.margin_answers import answer_of
from rtcheck.compliance.margin_wording import outside_text, range_text
from rtcheck.compliance.where import concerned, contradiction
from rtcheck.errors import NoVolumeError
from rtcheck.finding import Finding, Measured, Verdict
from rtcheck.rules import Contains, MarginRange, Where
from rtcheck.study import ROI
from rtcheck.surface import (
    Distribution,
    Margin,
    containment,
    least_depth_mm,
    margin,
)

VOLUME_MISSING = "volume-missing"
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
        if lesion.declared is None:
            message += f": {NO_LIST}"
        elif rule.where is not Where.MOBILE:
            message = contradiction(lesion.declared) or message
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


def _measured_finding(case: Case, rule: MarginRange, lesion: Lesion, volumes: tuple[ROI, ROI]) -> Finding:
    found = margin(*volumes)
    answer = answer_of(case, rule, lesion, volumes, found)
    message = f"{rule.inner} to {rule.outer}: {found.text}{answer.remark}"
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


def _contained_finding(rule: Contains, lesion: Lesion, volumes: tuple[ROI, ROI]) -> Finding:
    found = containment(*volumes)
    reaches_mm = 0.0
    message = f"{rule.inner} lies inside {rule.outer}"
    if not found.holds_strictly:
        reaches_mm = max(-least_depth_mm(*volumes), 0.0)
        message = outside_text(rule, found, reaches_mm)
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
    discretion = f" ({range_text(*rule.allowed_mm)} at discretion)" if rule.allowed_mm is not None else ""
    return range_text(rule.low_mm, rule.high_mm) + discretion


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
