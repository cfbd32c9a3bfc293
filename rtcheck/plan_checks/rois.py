"""What kind of thing an ROI is, as plan checks tell targets, organs and helpers apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rtcheck.body import BODY_NAME, BODY_TYPE
from rtcheck.case import Case
from rtcheck.contoured import TARGET_TYPES
from rtcheck.errors import NoVolumeError
from rtcheck.finding import Severity
from rtcheck.nomenclature import helper_word, normalised
from rtcheck.plan_checks.check import Answer, Unknown
from rtcheck.prescription import Target
from rtcheck.solid import Solid
from rtcheck.study import ROI

#: RTROIInterpretedTypes of what isn't the patient and is there at the treatment.
SUPPORT_TYPES = frozenset(("SUPPORT", "FIXATION", "BOLUS"))
#: RTROIInterpretedTypes of what is neither a target nor anatomy.
NO_ANATOMY_TYPES = SUPPORT_TYPES | frozenset(
    (
        *("MARKER", "REGISTRATION", "ISOCENTER", "CONTRAST_AGENT", "CONTROL", "BRACHY_CHANNEL"),
        *("TREATED_VOLUME", "IRRAD_VOLUME", "DOSE_REGION", "DOSE_MEASUREMENT"),
    )
)
_TARGET_BEGINNINGS = ("gtv", "ctv", "ptv", "itv", "igtv", "ictv")
#: Names of the list that are no organs.
_NO_ORGANS = frozenset((BODY_NAME, "Skin", "Couch", "CouchSurface", "CouchInterior"))


def drawn(case: Case) -> tuple[ROI, ...]:
    """The ROIs that have closed contours."""
    return tuple(roi for roi in case.study.structure_set.rois if roi.closed_contours)


def nothing_drawn(case: Case) -> Iterator[Unknown]:
    """What a check of contours says where no ROI has any: silence would read as if all were well."""
    if not drawn(case):
        yield Unknown("ROIs", "no ROI of the structure set is drawn")


def no_organ(case: Case) -> Iterator[Unknown]:
    """What a check of organs says where no ROI is named as one, for the same reason."""
    if not organs(case):
        message = "no ROI that is drawn has the name of an organ of the list"
        yield Unknown("organs", message, severity=Severity.WARNING)


def is_target(roi: ROI) -> bool:
    """Whether an ROI is a target: by its type, or by its name where the type doesn't contradict; helpers aren't."""
    if roi.interpreted_type in TARGET_TYPES:
        return True
    if roi.interpreted_type not in (None, "", "ORGAN", "ITV") or helper_word(roi.name):
        return False
    return normalised(roi.name).startswith(_TARGET_BEGINNINGS)


def is_organ(case: Case, roi: ROI) -> bool:
    """Whether an ROI is named as an organ of the list."""
    return roi.interpreted_type not in NO_ANATOMY_TYPES and case.names.standard(roi.name) not in (None, *_NO_ORGANS)


def matters(case: Case, roi: ROI) -> bool:
    """Whether an ROI is a target or an organ: numbers are asked of it."""
    return is_target(roi) or is_organ(case, roi)


def is_outline(case: Case, roi: ROI) -> bool:
    """Whether an ROI is the patient's outline, a support, or another that no limit of an organ is about."""
    beside = roi.interpreted_type == BODY_TYPE or roi.interpreted_type in NO_ANATOMY_TYPES
    return beside or case.names.standard(roi.name) == BODY_NAME


def solid_of(case: Case, roi: ROI) -> Solid | Unknown:
    """The solid of an ROI, or why it has none."""
    try:
        return case.contoured.solid_of(roi)
    except NoVolumeError as error:
        return Unknown(roi.name, str(error), (roi.name,))


def each_solid(case: Case, ask: Callable[[ROI, Solid], Iterable[Answer]]) -> Iterator[Answer]:
    """What a check answers of every drawn ROI and its solid; Unknown for targets and organs that have no volume."""
    yield from nothing_drawn(case)
    for roi in drawn(case):
        solid = solid_of(case, roi)
        if isinstance(solid, Solid):
            yield from ask(roi, solid)
        elif matters(case, roi):
            yield solid


def organs(case: Case) -> list[tuple[ROI, str]]:
    """The drawn organs, each with its TG-263 name."""
    named = [(roi, case.names.standard(roi.name)) for roi in drawn(case) if is_organ(case, roi) and not is_target(roi)]
    return [(roi, standard) for roi, standard in named if standard is not None]


def roi_names(target: Target) -> tuple[str, ...]:
    """The name of a target's ROI; none where it isn't drawn or named."""
    return (target.roi.name,) if target.roi else ()


def partner(case: Case, standard: str) -> str | None:
    """The TG-263 name of the same organ on the other side."""
    side = case.names.side(standard)
    if side is None:
        return None
    other = standard[:-1] + ("R" if side == "left" else "L")
    return other if case.names.side(other) not in (None, side) else None


def pairs(case: Case) -> list[tuple[ROI, ROI]]:
    """The organs of which both sides are drawn once: left and right."""
    named = organs(case)
    names = [standard for _, standard in named]
    by_name = {standard: roi for roi, standard in named if names.count(standard) == 1}
    found = []
    for standard, roi in by_name.items():
        other = partner(case, standard)
        if case.names.side(standard) == "left" and other in by_name:
            found.append((roi, by_name[other]))
    return found
