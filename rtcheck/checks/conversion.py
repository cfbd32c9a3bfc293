"""Limits for conventional fractionation asked in EQD2 on another schedule: only where a person asks for it.

The linear-quadratic model is fitted at small fractions; above about 10 Gy each it is doubtful, and for most organs the
published values of alpha/beta differ widely. So a converted limit says that it is one, names its alpha/beta, and is
robust only where every published value gives the same verdict.
"""

from __future__ import annotations

from dataclasses import replace

from rtcheck.case import Case
from rtcheck.checks.applicable import schedule_answer, subjects_of
from rtcheck.constraint import Constraint, Regimen
from rtcheck.tissue import AlphaBetaTable
from rtcheck.units import eqd2_basis

#: Doses per fraction that count as conventional (Gy): the range that QUANTEC's limits were derived for.
CONVENTIONAL_GY = (1.8, 2.0)
#: Above this dose per fraction (Gy) the linear-quadratic model is doubtful.
DOUBTFUL_ABOVE_GY = 10.0
_UNKNOWN = "schedule-unknown"


def asked_rows(case: Case, constraint: Constraint, table: AlphaBetaTable | None) -> tuple[Constraint, ...]:
    """A row as it is asked: one for each ROI of ``all(A, B)`` and ``any(A, B)``, in EQD2 where that is asked for."""
    rows = tuple(replace(constraint, roi=member) for member in case.members(constraint.roi))
    return rows if table is None else tuple(in_eqd2(case, row, table) for row in rows)


def in_eqd2(case: Case, constraint: Constraint, table: AlphaBetaTable) -> Constraint:
    """A conventional row about one ROI asked in EQD2 where the plan has another schedule; any other row as it is."""
    regimen = constraint.regimen
    conventional = regimen.dose_per_fraction_gy is not None and regimen.fractions is None
    elsewhere = schedule_answer(case, regimen)
    # A schedule that isn't known can't be converted either.
    if not conventional or not constraint.basis.is_physical or elsewhere is None or elsewhere.reason == _UNKNOWN:
        return constraint
    low, high = regimen.dose_per_fraction_gy or (0.0, 0.0)
    if low < CONVENTIONAL_GY[0] or high > CONVENTIONAL_GY[1]:
        return constraint
    choices = [table.of(name) for name in subjects_of(constraint.roi)]
    choice = choices[0]
    if any(other.value_gy != choice.value_gy for other in choices):
        return constraint  # of two tissues together there is no EQD2
    return replace(
        constraint,
        basis=eqd2_basis(choice.value_gy),
        regimen=Regimen(f"{regimen.text}, asked in EQD2"),
        conversion=choice,
    )


def conversion_remark(case: Case, constraint: Constraint) -> str:
    """What a reader of a converted limit must know; empty for one that isn't."""
    if constraint.conversion is None:
        return ""
    remark = f"a limit for {constraint.regimen.text} with {constraint.conversion.text}"
    largest = max((float(p.dose_per_fraction_gy) for s in case.schedules for p in s.phases), default=0.0)
    if largest > DOUBTFUL_ABOVE_GY:
        remark += f"; the linear-quadratic model is doubtful above {DOUBTFUL_ABOVE_GY:g} Gy per fraction"
    return remark
