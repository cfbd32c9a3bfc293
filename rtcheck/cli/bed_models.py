"""The options of ``rtcheck bed`` that ask for BED in other models than the plain linear-quadratic one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from rtcheck.errors import UsageError
from rtcheck.fractionation import Schedule
from rtcheck.radiobiology import bed_incomplete_repair, bed_lql, bed_with_repopulation
from rtcheck.report.bed_answer import OtherModel

_REPOPULATION = "BED with repopulation needs {}: --overall-days 46 --kickoff-days 28 --gray-per-day 0.9"


@dataclass(frozen=True)
class OtherModels:
    """The options as given; None where one isn't.

    Raises
    ------
    UsageError
        For numbers that make no sense, and where an option that another needs isn't given.
    """

    overall_days: int | None = None
    kickoff_days: float | None = None
    gray_per_day: float | None = None
    doubling_days: float | None = None
    alpha_per_gy: float | None = None
    half_time_h: float | None = None
    interval_h: float | None = None
    transition_gy: float | None = None

    def __post_init__(self) -> None:
        may_be_zero = {"--kickoff-days": self.kickoff_days, "--gray-per-day": self.gray_per_day}
        positive = {
            "--overall-days": self.overall_days,
            "--doubling-days": self.doubling_days,
            "--alpha": self.alpha_per_gy,
            "--half-time-h": self.half_time_h,
            "--interval-h": self.interval_h,
            "--transition": self.transition_gy,
        }
        for name, number in (may_be_zero | positive).items():
            least = "of at least 0" if name in may_be_zero else "above 0"
            if number is not None and not (
                math.isfinite(number) and (number > 0 or (number == 0 and name in may_be_zero))
            ):
                raise UsageError(f"{name} {number:g}: a number {least} is needed")
        if (self.half_time_h is None) != (self.interval_h is None):
            raise UsageError("BED with incomplete repair needs both: --half-time-h 4 --interval-h 6")

    def timed(self, schedule: Schedule) -> Schedule:
        """The schedule with the overall time that was given beside it.

        Raises
        ------
        UsageError
            Where the schedule's text says another, or the fractions don't fit in.
        """
        if self.overall_days is None:
            return schedule
        if schedule.overall_days not in (None, self.overall_days):
            raise UsageError(f"--overall-days {self.overall_days} contradicts the schedule, {schedule}; leave one out")
        return replace(schedule, overall_days=self.overall_days)

    def of(self, schedule: Schedule, alpha_beta_gy: float) -> tuple[OtherModel, ...]:
        """BED in each model that was asked for.

        Raises
        ------
        UsageError
        """
        asked = (
            self._repopulation(schedule, alpha_beta_gy),
            self._repair(schedule, alpha_beta_gy),
            self._linear(schedule, alpha_beta_gy),
        )
        return tuple(model for model in asked if model is not None)

    def _repopulation(self, schedule: Schedule, alpha_beta_gy: float) -> OtherModel | None:
        ways = (self.gray_per_day, self.doubling_days, self.alpha_per_gy)
        if all(option is None for option in (self.overall_days, self.kickoff_days, *ways)):
            return None
        if self.kickoff_days is None:
            raise UsageError(_REPOPULATION.format("--kickoff-days"))
        if schedule.overall_days is None:
            raise UsageError(_REPOPULATION.format("--overall-days"))
        by_growth = self.doubling_days is not None and self.alpha_per_gy is not None
        if (self.gray_per_day is None) != by_growth or (not by_growth and ways[1:] != (None, None)):
            raise UsageError(_REPOPULATION.format("either --gray-per-day, or --doubling-days with --alpha"))
        value_gy = bed_with_repopulation(
            schedule,
            alpha_beta_gy=alpha_beta_gy,
            kickoff_days=self.kickoff_days,
            alpha_per_gy=self.alpha_per_gy,
            doubling_days=self.doubling_days,
            gray_per_day=self.gray_per_day,
        )
        given = {
            "overall_days": schedule.overall_days,
            "kickoff_days": self.kickoff_days,
            "gray_per_day": self.gray_per_day,
            "doubling_days": self.doubling_days,
            "alpha_per_gy": self.alpha_per_gy,
        }
        growth = f"Td {self.doubling_days:g} d, alpha {self.alpha_per_gy:g}/Gy" if by_growth else ""
        growth = growth or f"{self.gray_per_day:g} Gy/day"
        how = f"{growth} from day {self.kickoff_days:g} to {schedule.overall_days}"
        parameters = {name: number for name, number in given.items() if number is not None}
        return OtherModel("bed_repopulation_gy", "BED with repopulation", how, value_gy, parameters)

    def _repair(self, schedule: Schedule, alpha_beta_gy: float) -> OtherModel | None:
        if self.half_time_h is None or self.interval_h is None:
            return None
        if all(phase.fractions_per_day == 1 for phase in schedule.phases):
            raise UsageError(f'{schedule} is given once a day; several fractions a day are written "68x1.2Gy 2/day"')
        value_gy = bed_incomplete_repair(
            schedule, alpha_beta_gy=alpha_beta_gy, repair_half_time_h=self.half_time_h, interval_h=self.interval_h
        )
        how = f"half-time {self.half_time_h:g} h, interval {self.interval_h:g} h"
        parameters = {"half_time_h": self.half_time_h, "interval_h": self.interval_h}
        return OtherModel("bed_incomplete_repair_gy", "BED with incomplete repair", how, value_gy, parameters)

    def _linear(self, schedule: Schedule, alpha_beta_gy: float) -> OtherModel | None:
        if self.transition_gy is None:
            return None
        value_gy = bed_lql(schedule, alpha_beta_gy=alpha_beta_gy, transition_gy=self.transition_gy)
        how = f"straight above d_T {self.transition_gy:g} Gy"
        return OtherModel("bed_lql_gy", "BED, LQ-L model", how, value_gy, {"transition_gy": self.transition_gy})
