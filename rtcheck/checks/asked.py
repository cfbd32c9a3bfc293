"""Which DVHs the checks of a protocol will ask for, so that they can be computed together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set

from rtcheck.case import Case
from rtcheck.checks.achieved import gtvs, target_of
from rtcheck.checks.applicable import not_applicable, organ_of
from rtcheck.checks.conversion import asked_rows
from rtcheck.checks.coverage import is_judged, required_structures, structures_of
from rtcheck.constraint import BedRule, Constraint, RequiredRoi
from rtcheck.errors import RtcheckError
from rtcheck.nomenclature import is_pattern
from rtcheck.tissue import AlphaBetaTable
from rtcheck.units import PHYSICAL, DoseBasis, bed_basis

#: A dose (all plans, or some alone), a basis, and the ROIs and ROI expressions wanted in them.
Asked = tuple[Case, DoseBasis, tuple[str, ...]]


def dvhs_asked(
    case: Case,
    constraints: Sequence[Constraint],
    required: Sequence[RequiredRoi],
    rule: BedRule | None,
    diagnosis: str | None,
    alpha_betas: AlphaBetaTable | None = None,
) -> tuple[Asked, ...]:
    """ROIs that rows measure, then organs that none will judge, then targets, by dose and basis; each once.

    Names that fit no ROI, or more than one, are left out: the check that asks for them says so.
    """
    wanted: defaultdict[tuple[Case, DoseBasis], dict[str, None]] = defaultdict(dict)
    rows = [row for constraint in constraints for row in asked_rows(case, constraint, alpha_betas)]
    measured = [row for row in rows if not_applicable(case, row, diagnosis) is None]
    for row in measured:
        rois = [row.roi, *([case.body.name] if case.body and row.metric.question.needs_body else [])]
        for of in (case, *(case.by_plan if len(case.study.plans) > 1 else ())):
            wanted[of, row.basis].update(dict.fromkeys(rois))
    judged = {one for row in measured if row.role.is_judged for one in structures_of(case, row)}
    for structure in _unjudged(case, rows, required, judged):
        wanted[case, PHYSICAL][structure] = None
    if rule is not None:
        for own, basis, roi in _of_targets(case, rule):
            wanted[own, basis][roi] = None
    return tuple((of, basis, tuple(roi for roi in rois if _resolves(of, roi))) for (of, basis), rois in wanted.items())


def _unjudged(
    case: Case, rows: Sequence[Constraint], required: Sequence[RequiredRoi], judged: Set[str]
) -> Iterator[str]:
    """Structures whose maximum will be shown since no limit judges them."""
    for rule in required:
        for structure in required_structures(case, rule):
            if not is_judged(case, judged, structure, rule):
                yield structure
    organs_judged = {case.organ(structure) for structure in judged}
    for organ in dict.fromkeys(case.organ(organ_of(row.roi)) for row in rows):
        if organ not in organs_judged and not is_pattern(organ) and case.is_contoured(organ):
            yield organ


def _of_targets(case: Case, rule: BedRule) -> Iterator[tuple[Case, DoseBasis, str]]:
    """What the BED rule asks of targets: the doses of the plans that treat them, alone."""
    owners = [(target.roi, target) for target in case.targets] + [(gtv, target_of(case, gtv)) for gtv in gtvs(case)]
    for roi, target in owners:
        if roi is None or target is None or target.prescription is None:
            continue
        own = case.of(target.prescription)
        yield own, PHYSICAL, roi.name
        if own.study.is_sum:
            yield own, bed_basis(rule.alpha_beta_gy), roi.name


def _resolves(case: Case, roi: str) -> bool:
    try:
        return bool(case.rois_of(roi))
    except RtcheckError:
        return False
