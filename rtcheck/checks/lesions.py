"""The lesions of a case: those that were declared, or, without a list, those that are drawn; each with its volumes.

Which ROI is a lesion's GTV, CTV or PTV is what the case sheet says. Where it doesn't, the ROIs of one lesion are those
that share what follows the letters (``GTV_1``, ``CTV_1``, ``PTV_1``), or the only ones that hold one another. What
isn't told by any of these stays None: no lesion is lent another's volume.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from rtcheck.body import BODY_TYPE
from rtcheck.case import Case
from rtcheck.checks.lesion_places import holds, misplaced
from rtcheck.contoured import TARGET_TYPES
from rtcheck.nomenclature import helper_word, normalised
from rtcheck.nomenclature.helpers import words_of
from rtcheck.prescription import Target
from rtcheck.sheet import DeclaredLesion
from rtcheck.study import ROI

#: ``GTV``, ``zGTV2``, ``Lesion2 PTV``, ``IGTV_1``: the word, in any place of a name, with one letter before it at most.
_VOLUME_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_]?([gcpi])tv", re.IGNORECASE)


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
    if problem := misplaced(case, declared, gtv):
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
        around = [one for one in candidates if one.roi is not None and holds(one.roi, gtv)]
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
    inside = [one for one in candidates if holds(ptv, one)]
    return inside[0] if len(inside) == 1 else None
