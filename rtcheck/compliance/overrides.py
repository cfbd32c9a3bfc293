"""Alerts of plan checks that a person lets stand, with name, date and reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from rtcheck.compliance.answer import joined
from rtcheck.compliance.dates import undated
from rtcheck.compliance.persons import key
from rtcheck.finding import Finding, Source, Verdict
from rtcheck.sheet import Override, says_nothing

#: The check of plan checks' findings, which alone can be overridden.
PLAN_CHECK = "plan-check"
_ALERTS = (Verdict.FAIL, Verdict.NOT_EVALUATED, Verdict.ACCEPTABLE)


def overridden(
    findings: Iterable[Finding], overrides: Sequence[Override], since: date | None = None
) -> tuple[Finding, ...]:
    """The findings with the alerts that somebody overrode made ACCEPTABLE, and what became of every other override.

    An override fits the alerts of its plan check, or the one of its subject. What a plan check couldn't look at can be
    overridden too: a person may have looked. Nothing else can be: no dose limit, and no rule of the protocol. An
    override without a reason or a name overrides nothing, and neither does one that is dated in the future, or before
    the planning CT was made.

    Parameters
    ----------
    findings : iterable of Finding
    overrides : sequence of Override
    since : date or None
        The day of the planning CT, where it is known (`planning_day`).

    Returns
    -------
    tuple of Finding
        In order; then one INFO finding for every override that fits no alert, or that counts for nothing.
    """
    every = list(findings)
    counting = [one for one in overrides if not _problem(one, since)]
    made = []
    used: set[int] = set()
    for finding in every:
        fitting = [one for one in counting if _fits(one, finding)]
        used.update(id(one) for one in fitting)
        made.append(_stands(finding, fitting) if fitting else finding)
    made += [_unused(one, since) for one in overrides if id(one) not in used]
    return tuple(made)


def _problem(override: Override, since: date | None) -> str:
    """Why an override counts for nothing; empty where it counts."""
    absent = [
        *(["reason"] if says_nothing(override.reason) else []),
        *(["name"] if not key(override.name) else []),
    ]
    if absent:
        return f"has no {' and no '.join(absent)}"
    wrong = undated(override.date, since)
    return f"doesn't count: it is {wrong}" if wrong else ""


def _fits(override: Override, finding: Finding) -> bool:
    return (
        finding.check == PLAN_CHECK
        and finding.severity is not None
        and finding.verdict in _ALERTS
        and finding.overridden_verdict is None
        and finding.source.row.casefold() == override.check.strip().casefold()
        and (override.subject is None or override.subject == finding.subject)
    )


def _stands(finding: Finding, fitting: Sequence[Override]) -> Finding:
    said = [
        f"{one.name.strip()} ({one.role.value.replace('-', ' ')}, {one.date}): {one.reason.strip()}"
        for one in sorted(fitting, key=lambda one: (one.date, one.name))
    ]
    return replace(
        finding,
        verdict=Verdict.ACCEPTABLE,
        overridden="; ".join(dict.fromkeys(said)),
        overridden_verdict=finding.verdict,
    )


def _unused(override: Override, since: date | None) -> Finding:
    about = f" about {override.subject}" if override.subject is not None else ""
    who = joined([part for part in (override.name.strip(), str(override.date)) if part]).replace(" and ", ", ")
    message = f"override of {override.check}{about} ({who}) {_problem(override, since) or 'fits no alert'}"
    return Finding(
        check="override",
        subject=override.subject or override.check,
        verdict=Verdict.INFO,
        message=message,
        source=Source("case-sheet", override.check),
        reason="override-without-effect",
        group=override.check.strip()[:1].upper(),
        standing=PLAN_CHECK,
    )
