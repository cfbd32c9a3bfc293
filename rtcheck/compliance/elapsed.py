"""Times between dates that the case sheet declares."""

from __future__ import annotations

from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.compliance.answer import NOT_DECLARED, answered, joined, keeps
from rtcheck.compliance.dates import ct_contradiction, months_between, start_contradiction, words
from rtcheck.finding import Finding, Verdict
from rtcheck.rules import Elapsed
from rtcheck.units import number_text

CONTRADICTORY = "dates-contradictory"


def elapsed_findings(case: Case, rule: Elapsed) -> Iterator[Finding]:
    """Whether the time between two dates keeps a limit, in days or in months of the calendar."""
    subject = f"{words(rule.since)} to {words(rule.until)}"
    limit = f"{rule.comparator} {rule.value:g} {rule.unit}"
    if wrong := _contradiction(case, rule):
        yield answered(rule, subject, Verdict.NOT_EVALUATED, wrong, CONTRADICTORY, limit=limit, unit=rule.unit)
        return
    if message := _never(case, rule):
        yield answered(rule, subject, Verdict.PASS, message, limit=limit, unit=rule.unit)
        return
    problem, reason = _problem(case, rule)
    if problem:
        yield answered(rule, subject, Verdict.NOT_EVALUATED, problem, reason, limit=limit, unit=rule.unit)
        return
    since, until = case.sheet.dates[rule.since], case.sheet.dates[rule.until]
    days = (until - since).days
    value = float(days) if rule.unit == "days" else months_between(since, until)
    said = str(days) if rule.unit == "days" else number_text(value, rule.value)
    met = keeps(value, rule.comparator, rule.value)
    yield answered(
        rule,
        subject,
        Verdict.PASS if met else Verdict.FAIL,
        f"{said} {rule.unit} from {words(rule.since)} ({since}) to {words(rule.until)} ({until})",
        "" if met else "outside-time",
        observed=value,
        limit=limit,
        limit_value=rule.value,
        unit=rule.unit,
    )


def _contradiction(case: Case, rule: Elapsed) -> str:
    """What makes the dates of a rule, or that there is none, untrustworthy; empty otherwise."""
    keys = (rule.since, rule.until)
    before = [one.name for one in case.sheet.lesions or () if one.prior_radiotherapy]
    if before and "last_radiotherapy" in keys and "last_radiotherapy" in case.sheet.never:
        told = f"the case sheet declares that there was never radiotherapy, and prior radiotherapy of {joined(before)}"
        return f"{told}: contradictory"
    return start_contradiction(case) if "radiotherapy_start" in keys else ""


def _never(case: Case, rule: Elapsed) -> str:
    """That there was nothing to count from, where this keeps the rule; empty otherwise."""
    if not rule.none_is_met or rule.since not in case.sheet.never or rule.since in case.sheet.dates:
        return ""
    return f"{words(rule.since)}: declared as never having been"


def _problem(case: Case, rule: Elapsed) -> tuple[str, str]:
    """Why no time can be counted, with its code; empty where one can."""
    sheet = case.sheet
    if absent := [key for key in (rule.since, rule.until) if key not in sheet.dates]:
        return joined([_absent(case, key) for key in absent]), NOT_DECLARED
    if both := [key for key in (rule.since, rule.until) if key in sheet.never]:
        return f"the case sheet has a date of {words(both[0])}, and declares that there was none", CONTRADICTORY
    if "planning_ct" in (rule.since, rule.until) and (wrong := ct_contradiction(case)):
        return wrong, CONTRADICTORY
    since, until = sheet.dates[rule.since], sheet.dates[rule.until]
    if until < since:
        return f"the case sheet has {words(rule.until)} ({until}) before {words(rule.since)} ({since})", CONTRADICTORY
    if rule.unit not in ("days", "months"):
        return f"nobody counts in {rule.unit!r}; days and months are counted", "unknown-unit"
    return "", ""


def _absent(case: Case, key: str) -> str:
    if key in case.sheet.never:
        return f"{words(key)} is declared as never having been"
    return f"{words(key)} isn't declared (dates: {key} of the case sheet)"
