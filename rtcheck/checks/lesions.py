"""The lesions of a case: those that were declared, or, without a list, those that are drawn; each with its volumes.

Which ROI is a lesion's GTV, CTV or PTV is what the case sheet says. Where it doesn't, the ROIs of one lesion are those
that share what follows the letters (``GTV_1``, ``CTV_1``, ``PTV_1``), or the only ones that hold one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtcheck.case import Case
from rtcheck.geometry import FloatArray
from rtcheck.nomenclature import helper_word, normalised
from rtcheck.prescription import Target
from rtcheck.sheet import DeclaredLesion
from rtcheck.study import ROI

#: A volume may reach this far (mm) beyond the contour points of the one that holds it.
BESIDE_MM = 1.0


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
        Why a volume that the sheet names isn't there, or a plan; empty where all are.
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
    taken = {id(lesion.target) for lesion in lesions(case) if lesion.target is not None}
    return tuple(target for target in case.targets if id(target) not in taken)


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


def _declared(case: Case, declared: DeclaredLesion, only: bool) -> Lesion:
    problems: list[str] = []
    ptv = _named(case, declared.ptv, "PTV", problems)
    target = _target(case, declared, ptv, only)
    if ptv is None and declared.ptv is None and target is not None:
        ptv = target.roi
    gtv = _named(case, declared.gtv, "GTV", problems)
    ctv = _named(case, declared.ctv, "CTV", problems)
    if gtv is None and declared.gtv is None and ptv is not None:
        gtv = _partner(case, "GTV", ptv)
    if ctv is None and declared.ctv is None and ptv is not None:
        ctv = _partner(case, "CTV", ptv)
    if declared.plan is not None and not _plan_uids(case, declared.plan):
        problems.append(f"no plan is called {declared.plan!r}")
    return Lesion(declared.name, declared, gtv, ctv, ptv, target, "; ".join(problems))


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
    else:
        return found[0]
    return None


def _target(case: Case, declared: DeclaredLesion, ptv: ROI | None, only: bool) -> Target | None:
    """The target of a declared lesion: that of its PTV, or of its plan, or the only one there is."""
    if declared.ptv is not None:
        return next((one for one in case.targets if ptv is not None and one.roi is ptv), None)
    if declared.plan is not None:
        uids = _plan_uids(case, declared.plan)
        by_plan = [one for one in case.targets if one.prescription and uids & set(one.prescription.plan_uids)]
        return by_plan[0] if len(by_plan) == 1 else None
    ending = normalised(declared.name)
    named = [one for one in case.targets if normalised(one.name).removeprefix("ptv") == ending]
    if len(named) == 1:
        return named[0]
    return case.targets[0] if only and len(case.targets) == 1 else None


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
