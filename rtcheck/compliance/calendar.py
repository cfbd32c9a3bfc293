"""The visits after radiotherapy as dates: a calendar, and never a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rtcheck.case import Case
from rtcheck.compliance.answer import NOT_DECLARED, answered, counted
from rtcheck.compliance.dates import add_months, words
from rtcheck.finding import Finding, Verdict
from rtcheck.rules import FollowUp, Rule

#: So many visits of a series are named in a finding.
SHOWN = 4
_UNITS = ("days", "months")


@dataclass(frozen=True)
class Visit:
    """One visit of a series.

    Attributes
    ----------
    rule : str
        Id of the rule that asks for it.
    title : str
    number : int
        1 for the first of the series.
    day : date
    earliest, latest : date
        The first and the last day that are allowed.
    """

    rule: str
    title: str
    number: int
    day: date
    earliest: date
    latest: date


def visits(of: Case | Mapping[str, date], rules: Sequence[Rule]) -> tuple[Visit, ...]:
    """All visits that rules ask for, by day.

    Parameters
    ----------
    of : Case or mapping of str to date
        The dates of a case sheet.
    rules : sequence of Rule
        Those that aren't about visits are passed over, and so are those whose date isn't declared.
    """
    dates = of.sheet.dates if isinstance(of, Case) else of
    every = [visit for rule in rules if isinstance(rule, FollowUp) for visit in _series(rule, dates.get(rule.after))]
    return tuple(sorted(every, key=lambda visit: visit.day))


def follow_up_findings(case: Case, rule: FollowUp) -> Iterator[Finding]:
    """One INFO finding with the first visits of a series, or with what isn't declared."""
    start = case.sheet.dates.get(rule.after)
    if start is None:
        message = f"{words(rule.after)} isn't declared (dates: {rule.after} of the case sheet)"
        yield answered(rule, rule.title, Verdict.INFO, message, NOT_DECLARED)
        return
    series = _series(rule, start)
    if not series:
        yield answered(rule, rule.title, Verdict.INFO, "the protocol's rule gives no visit", "no-visits")
        return
    window = f", up to {counted(rule.window_days, 'day')} earlier or later" if rule.window_days else ""
    message = (
        f"{', '.join(str(visit.day) for visit in series[:SHOWN])}{window}; counted from {words(rule.after)} {start}"
    )
    if more := len(series) - SHOWN:
        message += f"; {counted(more, 'more visit')} to {series[-1].day}" if more > 0 else ""
    yield answered(rule, rule.title, Verdict.INFO, message)


def _series(rule: FollowUp, start: date | None) -> tuple[Visit, ...]:
    """The visits of one rule; months are of the calendar and counted from the start, so that none drifts."""
    if start is None or rule.unit not in _UNITS:
        return ()
    days = dict.fromkeys(_after(rule, start, step) for step in rule.at)
    if rule.every is not None and rule.every > 0:
        step, last = max(rule.at, default=0) + rule.every, add_months(start, rule.until_months)
        while (day := _after(rule, start, step)) <= last:
            days[day] = None
            step += rule.every
    window = timedelta(days=rule.window_days)
    return tuple(
        Visit(rule.id, rule.title, number, day, day - window, day + window)
        for number, day in enumerate(sorted(days), start=1)
    )


def _after(rule: FollowUp, start: date, step: int) -> date:
    return add_months(start, step) if rule.unit == "months" else start + timedelta(days=step)
