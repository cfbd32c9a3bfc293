"""Answers about the BED of schedules, given or found.

``rtcheck bed`` and the app's calculator both ask here, so that they give the same numbers. An answer is always about a
schedule that can be given: where a dose or a number of fractions was asked, it is rounded up, and the threshold is met.
`rtcheck.report.bed` tells them as text and as data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction

from rtcheck.errors import UsageError
from rtcheck.finding import Verdict
from rtcheck.fractionation import Phase, Schedule
from rtcheck.radiobiology import (
    bed,
    dose_per_fraction,
    dose_per_fraction_reaching,
    eqd2,
    fractions_for,
    lq_remark,
    whole_fractions_for,
)
from rtcheck.tissue import Choice
from rtcheck.units import Comparator, meets

#: What doses per fraction are rounded up to, in gray.
STEP_GY = 0.01


class Solve(Enum):
    """What is unknown where not the BED is."""

    DOSE = "dose"
    FRACTIONS = "fractions"
    SCHEDULE = "schedule"


@dataclass(frozen=True)
class Ratio:
    """An alpha/beta, and where it comes from.

    Attributes
    ----------
    value_gy : float
    origin : str
        For the reader: whose value it is.
    choice : Choice or None
        The tissue's row of the table, where it was asked by tissue.
    """

    value_gy: float
    origin: str = "as given"
    choice: Choice | None = None

    @classmethod
    def of_tissue(cls, choice: Choice) -> Ratio:
        """The table's value for a tissue."""
        text = choice.text.removeprefix(f"alpha/beta {choice.value_gy:g} Gy (").removesuffix(")")
        return cls(choice.value_gy, text, choice)

    @property
    def text(self) -> str:
        """Value and origin."""
        return f"{self.value_gy:g} Gy ({self.origin})"

    @property
    def source(self) -> str:
        """Citation and how well it was confirmed; empty where no table was asked."""
        if self.choice is None:
            return ""
        return f"{self.choice.source} [{self.choice.status}]" if self.choice.status else self.choice.source

    @property
    def published_gy(self) -> tuple[float, ...]:
        """Every value published for the tissue, rising; the value alone where no tissue was asked."""
        return self.choice.values_gy if self.choice else (self.value_gy,)

    def assert_published(self) -> None:
        """Refuse to show an interval where no published value bounds it.

        Raises
        ------
        UsageError
        """
        if self.choice is None:
            raise UsageError("published alpha/betas belong to a tissue; name one with --tissue")
        if self.choice.is_generic:
            raise UsageError(f"no alpha/beta of {self.choice.asked!r} is on file; give yours with --alpha-beta")


#: The only alpha/beta that the trial's protocol fixes.
TRIAL_RATIO = Ratio(10.0, "the trial's value for tumour")


@dataclass(frozen=True)
class Solution:
    """What was asked for, before it was rounded to a schedule that can be given.

    Attributes
    ----------
    solve : Solve
    reach_gy : float
        The BED to reach.
    exact : float
        Dose per fraction in gray, or number of fractions.
    exact_ends : tuple of float
        The lowest and the highest of the same over the published alpha/betas.
    equivalent_to : Schedule or None
        The schedule whose BED it is.
    step_gy : float or None
        What the dose per fraction is a multiple of.
    """

    solve: Solve
    reach_gy: float
    exact: float
    exact_ends: tuple[float, float]
    equivalent_to: Schedule | None = None
    step_gy: float | None = None


@dataclass(frozen=True)
class OtherModel:
    """BED of the schedule in another model than the plain linear-quadratic one; it never decides.

    Attributes
    ----------
    key : str
        In JSON.
    name : str
        For the reader: ``BED with repopulation``.
    how : str
        Its parameters, for the reader.
    bed_gy : float
    parameters : mapping of str to float
        As given, by their keys in JSON.
    """

    key: str
    name: str
    how: str
    bed_gy: float
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class BedAnswer:
    """A schedule, and the BED it is judged by.

    Attributes
    ----------
    schedule : Schedule
    ratio : Ratio
    at_least_gy : float or None
        Threshold of the verdict.
    solution : Solution or None
        Where the schedule wasn't given but found.
    others : tuple of OtherModel
    """

    schedule: Schedule
    ratio: Ratio = TRIAL_RATIO
    at_least_gy: float | None = None
    solution: Solution | None = None
    others: tuple[OtherModel, ...] = ()

    @property
    def bed_gy(self) -> float:
        """BED of the schedule."""
        return bed(self.schedule, alpha_beta_gy=self.ratio.value_gy)

    @property
    def eqd2_gy(self) -> float:
        """EQD2 of the schedule."""
        return eqd2(self.schedule, alpha_beta_gy=self.ratio.value_gy)

    @property
    def bed_ends_gy(self) -> tuple[float, float]:
        """Lowest and highest BED over the published alpha/betas."""
        return _ends(bed(self.schedule, alpha_beta_gy=each) for each in self.ratio.published_gy)

    @property
    def eqd2_ends_gy(self) -> tuple[float, float]:
        """Lowest and highest EQD2 over the published alpha/betas."""
        return _ends(eqd2(self.schedule, alpha_beta_gy=each) for each in self.ratio.published_gy)

    @property
    def threshold_gy(self) -> float | None:
        """The BED that the schedule must have: of the verdict, or else the one to reach."""
        if self.at_least_gy is None and self.solution and not self.solution.equivalent_to:
            return self.solution.reach_gy
        return self.at_least_gy

    @property
    def printing_limit_gy(self) -> float | None:
        """What its BEDs mustn't be rounded onto."""
        return self.solution.reach_gy if self.solution and self.threshold_gy is None else self.threshold_gy

    @property
    def meets(self) -> bool | None:
        """Whether the BED reaches the verdict's threshold; None without one."""
        return None if self.at_least_gy is None else meets(self.bed_gy, Comparator.GE, self.at_least_gy)

    @property
    def verdict(self) -> Verdict | None:
        """By the alpha/beta chosen; None without a threshold."""
        return None if self.meets is None else Verdict.PASS if self.meets else Verdict.FAIL

    @property
    def turned_by_gy(self) -> tuple[float, ...]:
        """The published alpha/betas by which the threshold is missed instead of met, or met instead of missed."""
        beds = {each: bed(self.schedule, alpha_beta_gy=each) for each in self.ratio.published_gy}
        return tuple(each for each, bed_gy in beds.items() if self._turns(bed_gy))

    @property
    def turned_by_models(self) -> tuple[OtherModel, ...]:
        """The other models by which it is."""
        return tuple(other for other in self.others if self._turns(other.bed_gy))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader should know about the model; verdicts don't change by it."""
        said = [lq_remark(self.schedule), self._remark_on_repair()]
        if self.ratio.choice and self.ratio.choice.is_generic:
            said.append(f"no alpha/beta of {self.ratio.choice.asked!r} is on file; the generic one is taken")
        return tuple(remark for remark in said if remark)

    def _turns(self, bed_gy: float) -> bool:
        limit_gy = self.threshold_gy
        if limit_gy is None:
            return False
        return meets(bed_gy, Comparator.GE, limit_gy) is not meets(self.bed_gy, Comparator.GE, limit_gy)

    def _remark_on_repair(self) -> str:
        given = self.solution and self.solution.equivalent_to
        phases = (*self.schedule.phases, *(given.phases if given else ()))
        often = max(phase.fractions_per_day for phase in phases)
        return f"{often} fractions a day: BED and EQD2 take repair between them as complete" if often > 1 else ""


def find_dose(fractions: int, reach_gy: float, ratio: Ratio = TRIAL_RATIO, *, step_gy: float = STEP_GY) -> BedAnswer:
    """The smallest dose per fraction, in whole steps, that reaches a BED in equal fractions.

    Raises
    ------
    UsageError
        For numbers that make no sense, and where a fraction would be larger than any in use.
    """
    return _dose_answer(fractions, lambda _: reach_gy, ratio, step_gy)


def find_schedule(
    schedule: Schedule, fractions: int, ratio: Ratio = TRIAL_RATIO, *, step_gy: float = STEP_GY
) -> BedAnswer:
    """The schedule of equal fractions, once a day, with the BED of another; its dose per fraction as in `find_dose`."""
    return _dose_answer(fractions, lambda each: bed(schedule, alpha_beta_gy=each), ratio, step_gy, schedule)


def find_fractions(dose_gy: Fraction, reach_gy: float, ratio: Ratio = TRIAL_RATIO) -> BedAnswer:
    """The smallest number of fractions of a dose that reaches a BED.

    Raises
    ------
    UsageError
        For numbers that make no sense, and where more fractions than any in use would be needed.
    """
    each_gy = float(Phase(1, dose_gy).dose_per_fraction_gy)
    count = whole_fractions_for(reach_gy, each_gy, alpha_beta_gy=ratio.value_gy)
    exact = [fractions_for(reach_gy, each_gy, alpha_beta_gy=each) for each in (ratio.value_gy, *ratio.published_gy)]
    solution = Solution(Solve.FRACTIONS, reach_gy, exact[0], _ends(exact[1:]))
    return BedAnswer(_found(count, dose_gy, reach_gy), ratio, solution=solution)


def _dose_answer(
    fractions: int,
    reach_gy: Callable[[float], float],
    ratio: Ratio,
    step_gy: float,
    equivalent_to: Schedule | None = None,
) -> BedAnswer:
    """`reach_gy` is the BED to reach, by alpha/beta."""
    own = reach_gy(ratio.value_gy)
    dose_gy = dose_per_fraction_reaching(own, fractions, alpha_beta_gy=ratio.value_gy, step_gy=step_gy)
    exact = [dose_per_fraction(reach_gy(r), fractions, alpha_beta_gy=r) for r in (ratio.value_gy, *ratio.published_gy)]
    solve = Solve.SCHEDULE if equivalent_to else Solve.DOSE
    solution = Solution(solve, own, exact[0], _ends(exact[1:]), equivalent_to, step_gy)
    return BedAnswer(_found(fractions, Fraction(repr(dose_gy)), own), ratio, solution=solution)


def _found(fractions: int, dose_gy: Fraction, reach_gy: float) -> Schedule:
    """The schedule, or why it isn't one: what would be needed lies outside all that is in use."""
    try:
        return Schedule((Phase(fractions, dose_gy),))
    except UsageError as error:
        raise UsageError(f"a BED of {reach_gy:g} Gy isn't reached so: {error}") from None


def _ends(values: Iterable[float]) -> tuple[float, float]:
    every = list(values)
    return min(every), max(every)
