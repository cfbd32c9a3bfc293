"""BED over the number of fractions: what a change of fractionation would do to it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from rtcheck.fractionation import MAX_DOSE_PER_FRACTION_GY, MAX_FRACTIONS, Phase, Schedule
from rtcheck.radiobiology import bed, lq_is_doubtful
from rtcheck.report.bed_answer import BedAnswer

#: The numbers of fractions that are shown at least.
_FRACTIONS = 40


@dataclass(frozen=True)
class BedCurve:
    """BEDs of schedules of equal fractions, once a day.

    Attributes
    ----------
    fractions : tuple of int
    bed_gy : tuple of float
    low_gy, high_gy : tuple of float
        Ends over the published alpha/betas.
    doubtful : tuple of bool
        Whether the fractions are so large that the linear-quadratic model is doubtful.
    """

    fractions: tuple[int, ...]
    bed_gy: tuple[float, ...]
    low_gy: tuple[float, ...]
    high_gy: tuple[float, ...]
    doubtful: tuple[bool, ...]


def at_dose_per_fraction(answer: BedAnswer) -> BedCurve | None:
    """More and fewer fractions of the answer's dose per fraction; None where its fractions aren't equal."""
    if not answer.schedule.is_uniform:
        return None
    dose_gy = answer.schedule.max_dose_per_fraction_gy
    return _curve(answer, dict.fromkeys(_counts(answer), dose_gy))


def at_total_dose(answer: BedAnswer) -> BedCurve:
    """The answer's total dose in more and fewer fractions, as far as one isn't larger than any in use."""
    doses_gy = {count: answer.schedule.total_dose_gy / count for count in _counts(answer)}
    return _curve(answer, {count: dose for count, dose in doses_gy.items() if dose <= MAX_DOSE_PER_FRACTION_GY})


def _counts(answer: BedAnswer) -> range:
    given = answer.solution.equivalent_to if answer.solution else None
    most = max(schedule.fractions for schedule in (answer.schedule, given) if schedule)
    return range(1, min(max(_FRACTIONS, most + 5), max(MAX_FRACTIONS, most)) + 1)


def _curve(answer: BedAnswer, doses_gy: dict[int, Fraction]) -> BedCurve:
    schedules = [Schedule((Phase(count, dose),)) for count, dose in doses_gy.items() if count <= MAX_FRACTIONS]
    beds = [[bed(one, alpha_beta_gy=each) for each in answer.ratio.published_gy] for one in schedules]
    return BedCurve(
        fractions=tuple(one.fractions for one in schedules),
        bed_gy=tuple(bed(one, alpha_beta_gy=answer.ratio.value_gy) for one in schedules),
        low_gy=tuple(min(each) for each in beds),
        high_gy=tuple(max(each) for each in beds),
        doubtful=tuple(lq_is_doubtful(one) for one in schedules),
    )
