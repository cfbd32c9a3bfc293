"""What is drawn like a lesion, or prescribed to, and belongs to no declared one: a list may have forgotten one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rtcheck.case import Case
from rtcheck.checks.lesion_places import covered, holds
from rtcheck.checks.lesions import Lesion, lesions, lesions_by_target, says_volume
from rtcheck.contoured import TARGET_TYPES
from rtcheck.nomenclature import helper_word
from rtcheck.nomenclature.helpers import words_of
from rtcheck.prescription import Target
from rtcheck.study import ROI

#: Words of what nobody gave a type that say: a lesion.
_LESION_NAMES = "met mets metastasis metastases metastase lesion lesions tumour tumours tumor tumors"
_LESION_WORDS = frozenset(_LESION_NAMES.split())
#: Types of an ROI that tell nothing of what it is; planning systems give new ROIs the last.
_UNTOLD_TYPES = (None, "", "ORGAN")


def undeclared_targets(case: Case) -> tuple[Target, ...]:
    """The targets that no declared lesion has; none where no list was declared."""
    if case.sheet.lesions is None:
        return ()
    taken = lesions_by_target(case)
    return tuple(target for target in case.targets if id(target) not in taken)


def undeclared_volumes(case: Case) -> tuple[ROI, ...]:
    """What is drawn like a lesion and belongs to no declared one: somebody must say what it is.

    Asked is every drawn ROI of type GTV, CTV or PTV, every other whose name says GTV, CTV, PTV or ITV in any place, and
    those without a type (or of type ORGAN, which new ROIs get) whose name says lesion, tumour or metastasis. Left out
    are organs of the list (``Liver-GTV``) and helpers, the volumes of declared lesions and what the case sheet names,
    an ITV round a declared lesion's volume, and a union that is made of declared volumes. A GTV inside another GTV may
    be a variant of it, or a lesion that was forgotten; it is told. Targets are among them (`undeclared_targets`).

    Returns
    -------
    tuple of ROI
        In the structure set's order; empty where no list was declared.
    """
    if case.sheet.lesions is None:
        return ()
    every = lesions(case)
    own = {id(roi) for one in every for roi in (one.gtv, one.ctv, one.ptv, one.target and one.target.roi) if roi}
    named = {name for one in case.sheet.lesions for name in (one.gtv, one.ctv, one.ptv, *one.also) if name}
    return tuple(
        roi
        for roi in case.study.structure_set.rois
        if roi.closed_contours
        and id(roi) not in own
        and roi.name not in named
        and _says_lesion(case, roi)
        and not _is_motion_of(every, roi)
        and not _is_union_of(every, roi)
    )


def _says_lesion(case: Case, roi: ROI) -> bool:
    """Whether an ROI's type or name says that it is a lesion, or a volume of one."""
    if helper_word(roi.name):
        return False
    if roi.interpreted_type in TARGET_TYPES or says_volume(case, roi):
        return True
    words = {word.lower() for word in words_of(roi.name)}
    return (
        roi.interpreted_type in _UNTOLD_TYPES and bool(words & _LESION_WORDS) and case.names.standard(roi.name) is None
    )


def _is_motion_of(every: Sequence[Lesion], roi: ROI) -> bool:
    """Whether an ROI is the volume that a declared lesion moves through: inside its PTV, and around its GTV or CTV."""
    if not re.search(r"i[gc]?tv", roi.name, re.IGNORECASE):
        return False
    return any(
        one.ptv is not None and inner is not None and holds(one.ptv, roi) and holds(roi, inner)
        for one in every
        for inner in (one.gtv, one.ctv)
    )


def _is_union_of(every: Sequence[Lesion], roi: ROI) -> bool:
    """Whether an ROI is made of two declared volumes of one kind or more: it holds them, and reaches beyond none."""
    for kind in TARGET_TYPES:
        distinct = {id(one): one for one in (lesion.volume(kind) for lesion in every) if one is not None}
        parts = [one for one in distinct.values() if holds(roi, one)]
        if len(parts) > 1 and covered(roi, parts):
            return True
    return False
