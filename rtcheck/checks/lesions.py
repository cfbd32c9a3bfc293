"""The lesions of a case: those that were declared, or, without a list, those that are drawn; each with its volumes.

Which ROI is a lesion's GTV, CTV or PTV is what the case sheet says. Where it doesn't, the ROIs of one lesion are those
that share what follows the letters (``GTV_1``, ``CTV_1``, ``PTV_1``), or the only ones that hold one another. What
isn't told by any of these stays None: no lesion is lent another's volume. What is drawn like a lesion and belongs to no
declared one is told too: a list may have forgotten one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rtcheck.body import BODY_TYPE
from rtcheck.case import Case
from rtcheck.contoured import TARGET_TYPES
from rtcheck.geometry import FloatArray
from rtcheck.nomenclature import helper_word, normalised
from rtcheck.nomenclature.helpers import words_of
from rtcheck.prescription import Target
from rtcheck.sheet import DeclaredLesion, LesionKind
from rtcheck.study import ROI

#: A volume may reach this far (mm) beyond the contour points of the one that holds it.
BESIDE_MM = 1.0
#: A lesion may lie this far (mm) beside the contours of its organ: it may grow out of it, or be cut out of it.
BESIDE_ORGAN_MM = 10.0
#: ``GTV``, ``zGTV2``, ``Lesion2 PTV``, ``IGTV_1``: the word, in any place of a name, with one letter before it at most.
_VOLUME_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_]?([gcpi])tv", re.IGNORECASE)
#: Words of what nobody gave a type that say: a lesion.
_LESION_NAMES = "met mets metastasis metastases metastase lesion lesions tumour tumours tumor tumors"
_LESION_WORDS = frozenset(_LESION_NAMES.split())
#: Types of an ROI that tell nothing of what it is; planning systems give new ROIs the last.
_UNTOLD_TYPES = (None, "", "ORGAN")


@dataclass(frozen=True, eq=False)
class Lesion:
    """A lesion with its volumes.

    Attributes
    ----------
    name : str
        As declared, or its target's name.
    declared : DeclaredLesion or None
        None where the case sheet has no list of lesions.
    gtv, ctv, ptv : ROI or None
        Drawn volumes; None where there is none, or nothing tells which.
    target : Target or None
        Its PTV as a target, with the prescription.
    problem : str
        Why a volume that the sheet names isn't there, or a plan isn't its own; empty where all is well.
    """

    name: str
    declared: DeclaredLesion | None
    gtv: ROI | None
    ctv: ROI | None
    ptv: ROI | None
    target: Target | None
    problem: str = ""

    def volume(self, kind: str) -> ROI | None:
        """Its ``GTV``, ``CTV`` or ``PTV``."""
        return {"GTV": self.gtv, "CTV": self.ctv, "PTV": self.ptv}[kind]


def lesions(case: Case) -> tuple[Lesion, ...]:
    """The declared lesions, in the sheet's order; without a list one for each target."""
    declared = case.sheet.lesions
    if declared is None:
        return tuple(_drawn(case, target) for target in case.targets)
    return tuple(_declared(case, one, len(declared) == 1) for one in declared)


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


def says_volume(case: Case, roi: ROI) -> str:
    """Which volume an ROI's name says it is, ``GTV``, ``CTV``, ``PTV`` or ``ITV``; empty for organs and helpers."""
    word = _VOLUME_WORD.search(roi.name)
    if word is None or helper_word(roi.name) or is_organ_without(case, roi.name):
        return ""
    return f"{word.group(1).upper()}TV"


def is_organ_without(case: Case, name: str) -> bool:
    """Whether a name is an organ's of the list, or says what is left of one: ``Liver-GTV``, ``Body - PTV``."""
    if case.names.standard(name) is not None:
        return True
    word = _VOLUME_WORD.search(name)
    before = name[: word.start()].strip() if word is not None else ""
    organ = before.removesuffix("-").strip()
    return before.endswith("-") and any(
        case.names.standard(said) is not None for said in (organ, f"{organ}s", *words_of(organ))
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
        one.ptv is not None and inner is not None and _holds(one.ptv, roi) and _holds(roi, inner)
        for one in every
        for inner in (one.gtv, one.ctv)
    )


def _is_union_of(every: Sequence[Lesion], roi: ROI) -> bool:
    """Whether an ROI is made of two declared volumes of one kind or more: it holds them, and reaches beyond none."""
    for kind in TARGET_TYPES:
        distinct = {id(one): one for one in (lesion.volume(kind) for lesion in every) if one is not None}
        parts = [one for one in distinct.values() if _holds(roi, one)]
        if len(parts) > 1 and _covered(roi, parts):
            return True
    return False


def _covered(roi: ROI, parts: Sequence[ROI]) -> bool:
    """Whether every point of an ROI's contours lies in the box round a contour of its parts, slice by slice."""
    points = _points(roi)
    boxes = [(one.points_mm.min(axis=0), one.points_mm.max(axis=0)) for part in parts for one in part.closed_contours]
    free = np.ones(len(points), dtype=bool)
    for low, high in boxes:
        free &= ((points < low - BESIDE_MM) | (points > high + BESIDE_MM)).any(axis=1)
    return not free.any()


def lesions_by_target(case: Case) -> Mapping[int, tuple[Lesion, ...]]:
    """The declared lesions that each target treats, by the target's ``id``; nothing where no list was declared."""
    found: dict[int, tuple[Lesion, ...]] = {}
    for lesion in lesions(case):
        if lesion.declared is not None and lesion.target is not None:
            found[id(lesion.target)] = (*found.get(id(lesion.target), ()), lesion)
    return found


def volumes(case: Case, kind: str) -> tuple[ROI, ...]:
    """Drawn ROIs of type ``GTV``, ``CTV`` or ``PTV``, or whose name begins so where no type is given; no helpers."""
    beginning = kind.lower()
    return tuple(
        roi
        for roi in case.study.structure_set.rois
        if roi.closed_contours
        and not helper_word(roi.name)
        and (roi.interpreted_type == kind or (not roi.interpreted_type and normalised(roi.name).startswith(beginning)))
    )


def plan_problem(case: Case, declared: DeclaredLesion, target: Target | None) -> str:
    """Why the plan that the sheet names can't be the one that treats a lesion; empty where it can."""
    if declared.plan is None:
        return ""
    uids = _plan_uids(case, declared.plan)
    if not uids:
        return f"no plan is called {declared.plan!r}"
    if target is not None and target.prescription is not None and not uids & set(target.prescription.plan_uids):
        return f"plan {declared.plan!r}, which the case sheet names, doesn't prescribe to {target.name}"
    return ""


def _declared(case: Case, declared: DeclaredLesion, only: bool) -> Lesion:
    problems: list[str] = []
    gtv, ctv, ptv = (
        _named(case, name, kind, problems)
        for kind, name in (("GTV", declared.gtv), ("CTV", declared.ctv), ("PTV", declared.ptv))
    )
    target = _target(case, declared, ptv, gtv, only)
    around = ptv or (target.roi if target is not None else None)
    if declared.ptv is None and around is not None and around.interpreted_type not in ("GTV", "CTV"):
        ptv = around
    if declared.gtv is None and around is not None:
        gtv = _partner(case, "GTV", around)
    if declared.ctv is None and around is not None:
        ctv = _partner(case, "CTV", around)
    gtv, ctv, ptv = _each_once((gtv, ctv, ptv), problems)
    if problem := plan_problem(case, declared, target):
        problems.append(problem)
    made = Lesion(declared.name, declared, gtv, ctv, ptv, target)
    if problem := misplaced(case, made):
        problems.append(problem)
        made = replace(made, gtv=None)
    return replace(made, problem="; ".join(problems))


def _each_once(volumes_: tuple[ROI | None, ...], problems: list[str]) -> tuple[ROI | None, ...]:
    """The volumes of a lesion; an ROI that would be two of them is none, and that is noted."""
    twice = [roi for roi in volumes_ if roi is not None and sum(other is roi for other in volumes_) > 1]
    problems.extend(dict.fromkeys(f"{roi.name!r} can't be two volumes of one lesion" for roi in twice))
    return tuple(None if any(roi is other for other in twice) else roi for roi in volumes_)


def _named(case: Case, name: str | None, kind: str, problems: list[str]) -> ROI | None:
    """The drawn ROI of a name that the sheet gives; what is wrong is noted."""
    if name is None:
        return None
    found = [roi for roi in case.study.structure_set.rois if roi.name == name]
    if not found:
        problems.append(f"no ROI is called {name!r}, the {kind} that the case sheet names")
    elif len(found) > 1:
        problems.append(f"{len(found)} ROIs are called {name!r}, the {kind} that the case sheet names")
    elif not found[0].closed_contours:
        problems.append(f"{name!r}, the {kind} that the case sheet names, isn't drawn")
    elif problem := _other_kind(case, found[0], kind):
        problems.append(f"{problem}, and the case sheet names it as the {kind}")
    else:
        return found[0]
    return None


def _other_kind(case: Case, roi: ROI, kind: str) -> str:
    """Why a drawn ROI can't be a volume of a kind: what its type or its name says that it is; empty where it can."""
    if roi.interpreted_type == kind:
        return ""
    if roi.interpreted_type in TARGET_TYPES:
        return f"{roi.name!r} is typed {roi.interpreted_type}, not {kind}"
    if roi.interpreted_type == BODY_TYPE or is_organ_without(case, roi.name):
        return f"{roi.name!r} is an organ or the patient's outline, no {kind}"
    said = says_volume(case, roi)
    # PTV_from_CTV says both; an ITV may be drawn in place of a GTV or CTV.
    if said and said != "ITV" and kind.lower() not in normalised(roi.name):
        return f"{roi.name!r} is called {said}, not {kind}"
    return ""


def misplaced(case: Case, lesion: Lesion) -> str:
    """Why a declared lesion can't be in its organ: its GTV is drawn more than `BESIDE_ORGAN_MM` outside it.

    Nothing is said of organs that aren't drawn or aren't of the list (bones), of lymph nodes, and of thrombi, which
    reach beyond their organ.

    Returns
    -------
    str
        Empty where it may be.
    """
    declared, gtv = lesion.declared, lesion.gtv
    if declared is None or gtv is None or declared.kind in (LesionKind.LYMPH_NODE, LesionKind.THROMBUS):
        return ""
    if declared.bone or declared.vertebra:
        return ""
    drawn = _drawn_organ(case, declared.organ)
    if not drawn or any(_is_near(gtv, organ) for organ in drawn):
        return ""
    listed = " and ".join(repr(one.name) for one in drawn)
    return f"{gtv.name!r} lies outside {listed}, and the case sheet says that the lesion is in {declared.organ!r}"


def _drawn_organ(case: Case, organ: str) -> tuple[ROI, ...]:
    """The ROIs of a declared organ, of a paired one both halves; empty where it isn't known or isn't drawn whole."""
    standard = case.names.standard(organ.strip()) or case.names.standard(f"{organ.strip()}s")
    if standard is None:
        return ()
    rois = [roi for roi in case.study.structure_set.rois if roi.closed_contours]
    names = tuple(roi.name for roi in rois)
    for every in ((standard,), case.union_of(standard)):
        matched = [case.names.match(one, names) for one in every]
        if matched and all(matched):
            return tuple(roi for roi in rois if any(roi.name in some for some in matched))
    return ()


def _is_near(gtv: ROI, organ: ROI) -> bool:
    """Whether a GTV lies in an organ, or less than `BESIDE_ORGAN_MM` beside it, by the boxes round it.

    Where none of the organ's contour points is near the GTV's box, all of the GTV is on one side of its surface, so
    that its middle tells which (and the corners, of contours with few points). Holes count as the organ, as a tumour
    may be cut out of it.
    """
    points = _points(gtv)
    low, high = points.min(axis=0) - BESIDE_ORGAN_MM, points.max(axis=0) + BESIDE_ORGAN_MM
    of_organ = _points(organ)
    if ((of_organ >= low) & (of_organ <= high)).all(axis=1).any():
        return True
    middle = (low + high) / 2.0
    if not of_organ[:, 2].min() <= middle[2] <= of_organ[:, 2].max():
        return False
    level = float(of_organ[int(np.argmin(np.abs(of_organ[:, 2] - middle[2]))), 2])
    on_level = [one.points_mm for one in organ.closed_contours if abs(float(one.points_mm[0, 2]) - level) < BESIDE_MM]
    asked = [middle[:2], *(np.array([x, y]) for x in (low[0], high[0]) for y in (low[1], high[1]))]
    return any(_surrounds(outline, point) for outline in on_level for point in asked)


def _surrounds(outline: FloatArray, point: FloatArray) -> bool:
    """Whether a point lies inside an outline, seen along the third axis: by how often a ray from it crosses it."""
    x, y = outline[:, 0] - point[0], outline[:, 1] - point[1]
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    across = (y > 0) != (next_y > 0)
    at = x[across] - y[across] * (next_x[across] - x[across]) / (next_y[across] - y[across])
    return bool((at > 0).sum() % 2)


def _target(case: Case, declared: DeclaredLesion, ptv: ROI | None, gtv: ROI | None, only: bool) -> Target | None:
    """The target of a declared lesion: that of its PTV, of its name or its GTV's, of its plan, or the only one."""
    if declared.ptv is not None:
        own = [one for one in case.targets if (one.roi is ptv if ptv is not None else one.name == declared.ptv)]
        return own[0] if len(own) == 1 else None
    candidates = list(case.targets)
    if declared.plan is not None:
        uids = _plan_uids(case, declared.plan)
        candidates = [one for one in candidates if one.prescription and uids & set(one.prescription.plan_uids)]
    endings = [normalised(declared.name)]
    if declared.gtv is not None:
        endings.append(normalised(declared.gtv).removeprefix("gtv"))
    for ending in endings:
        named = [one for one in candidates if normalised(one.name).removeprefix("ptv") == ending]
        if len(named) == 1:
            return named[0]
    if gtv is not None:
        around = [one for one in candidates if one.roi is not None and _holds(one.roi, gtv)]
        if len(around) == 1:
            return around[0]
    return candidates[0] if len(candidates) == 1 and (only or declared.plan is not None) else None


def _plan_uids(case: Case, name: str) -> set[str]:
    return {plan.sop_instance_uid for plan in case.study.plans if name in (plan.label, plan.sop_instance_uid)}


def _drawn(case: Case, target: Target) -> Lesion:
    ptv = target.roi
    gtv, ctv = (_partner(case, kind, ptv) if ptv is not None else None for kind in ("GTV", "CTV"))
    return Lesion(target.name, None, gtv, ctv, ptv, target)


def _partner(case: Case, kind: str, ptv: ROI) -> ROI | None:
    """The GTV or CTV of a PTV: that of its name, else the only one inside it; None where nothing tells."""
    candidates = volumes(case, kind)
    ending = normalised(ptv.name).removeprefix("ptv")
    named = [one for one in candidates if normalised(one.name).removeprefix(kind.lower()) == ending]
    if len(named) == 1:
        return named[0]
    inside = [one for one in candidates if _holds(ptv, one)]
    return inside[0] if len(inside) == 1 else None


def _holds(outer: ROI, inner: ROI) -> bool:
    """Whether the box round an ROI's contours holds another's."""
    a, b = (_points(one) for one in (outer, inner))
    return bool(
        (a.min(axis=0) - BESIDE_MM <= b.min(axis=0)).all() and (b.max(axis=0) <= a.max(axis=0) + BESIDE_MM).all()
    )


def _points(roi: ROI) -> FloatArray:
    contours: Sequence[FloatArray] = [contour.points_mm for contour in roi.closed_contours]
    return np.concatenate(contours)
