"""Which DVHs the checks of a protocol will ask for, so that they can be computed together."""

from __future__ import annotations

from collections.abc import Sequence

from rtcheck.case import Case
from rtcheck.checks.dose import is_measured, organ_of
from rtcheck.checks.prescription import targets
from rtcheck.constraint import BedRule, Constraint, RequiredRoi, Role
from rtcheck.errors import RtcheckError
from rtcheck.nomenclature import is_pattern


def rois_asked(
    case: Case,
    constraints: Sequence[Constraint],
    required: Sequence[RequiredRoi],
    bed: BedRule | None,
    diagnosis: str | None,
) -> tuple[str, ...]:
    """ROIs and ROI expressions that rows measure, then organs that none will judge, then targets; each once.

    Names that fit no ROI, or more than one, are left out: the check that asks for them says so.
    """
    measured = [row for row in constraints if is_measured(case, row, diagnosis)]
    judged = {organ_of(row.roi) for row in measured if row.role is Role.LIMIT}
    organs = [organ_of(row.roi) for row in constraints] + [rule.roi for rule in required if not is_pattern(rule.roi)]
    unjudged = [organ for organ in organs if organ not in judged and case.is_contoured(organ)]
    ptvs = [target.roi.name for target in targets(case) if target.roi is not None] if bed is not None else []
    every = dict.fromkeys([*(row.roi for row in measured), *unjudged, *ptvs])
    return tuple(roi for roi in every if _resolves(case, roi))


def _resolves(case: Case, roi: str) -> bool:
    try:
        return bool(case.rois_of(roi))
    except RtcheckError:
        return False
