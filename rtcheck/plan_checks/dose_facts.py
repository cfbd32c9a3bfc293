"""What the checks of doses ask of a case: each plan alone, and each dose with its maximum."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rtcheck.case import Case
from rtcheck.plan_checks.check import Answer, Unknown
from rtcheck.study import PlanDose
from rtcheck.trilinear import known_range_gy


def plans_alone(case: Case) -> tuple[Case, ...]:
    """One case for each plan, with its doses and targets alone; the case itself where no plan file was given."""
    return case.by_plan or (case,)


def labelled(case: Case) -> Iterator[tuple[str, PlanDose]]:
    """The doses of a case, each with its label for the reader."""
    return zip(case.dose.labels, case.study.plan_doses, strict=True)


def each_dose(case: Case, ask: Callable[[str, PlanDose, float], Iterable[Answer]]) -> Iterator[Answer]:
    """What a check answers of every dose, given its label and its maximum (Gy); Unknown for a dose of zero."""
    for label, one in labelled(case):
        highest_gy = known_range_gy(one.dose.dose_gy)[1]
        if highest_gy > 0:
            yield from ask(label, one, highest_gy)
        else:
            yield Unknown(label, "every dose is zero")
