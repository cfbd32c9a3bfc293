"""What a row says of a DVH: a verdict, how sure it is, and the finding that carries it."""

from __future__ import annotations

from collections.abc import Sequence

from rtcheck.checks.applicable import Answer
from rtcheck.checks.margin import margin_of
from rtcheck.checks.robustness import dissent, holds, under_which
from rtcheck.constraint import Constraint
from rtcheck.dvh import DVH
from rtcheck.errors import BasisError
from rtcheck.finding import Finding, Verdict
from rtcheck.metrics import MetricValue, Question
from rtcheck.solid import DOUBTFUL, QualityFlag
from rtcheck.units import Unit, number_text

#: How signs that don't judge read in a sentence.
_QUOTED_SIGNS = {"at = ": "at ", "at ~ ": "at about ", "at between ": "between "}


def judge(constraint: Constraint, dvh: DVH) -> Finding:
    """The finding that a row gives on a DVH that it applies to, whatever the schedule and the patient are."""
    if dvh.problem:
        return finding_of(constraint, Answer(Verdict.NOT_EVALUATED, dvh.problem, "roi-empty"))
    value = dvh[constraint.metric]
    return finding_of(constraint, judged(constraint, value, dvh), value, dvh)


def judged(constraint: Constraint, value: MetricValue, dvh: DVH) -> Answer:
    """The verdict under the chosen convention, over all that its dose may be; robust where it holds under every one."""
    if not constraint.role.is_judged:
        return Answer(Verdict.INFO, f"{value}; {_quoted(constraint)}")
    if value.basis != constraint.basis:
        raise BasisError(str(constraint.basis), str(value.basis), f"limit {constraint.id}")
    if shortfall := _volume_shortfall(constraint, dvh):
        return shortfall
    if value.own_low is None or value.own_high is None:
        return Answer(Verdict.NOT_EVALUATED, value.reason, "metric-not-evaluable", robust=False)
    limit = constraint.goal.value
    verdicts = {constraint.verdict_of(value.own_low), constraint.verdict_of(value.own_high)}
    # Without a value the interval stands for it, here as in the finding.
    ends = value.own_ends if value.value is not None else value.ends
    observed = f"{' to '.join(dict.fromkeys(number_text(end, limit) for end in ends))} {value.unit}"
    because = f" ({value.reason})" if value.reason else ""
    doubts = [flag.message for flag in dvh.flags if flag.flag in DOUBTFUL]
    if doubts and verdicts != {Verdict.FAIL}:
        return Answer(Verdict.NOT_EVALUATED, f"{observed}, but {'; '.join(doubts)}", "contours-doubtful", robust=False)
    if len(verdicts) > 1 and Verdict.FAIL in verdicts:
        return Answer(Verdict.NOT_EVALUATED, f"{observed}: may pass or fail{because}", "interval", robust=False)
    verdict = verdicts.pop() if len(verdicts) == 1 else Verdict.ACCEPTABLE
    message = ", ".join(part for part in (f"{observed}{because}", dissent(value, constraint.verdict_of, limit)) if part)
    return Answer(verdict, message, robust=not doubts and holds(value, constraint.verdict_of, verdict))


def _quoted(constraint: Constraint) -> str:
    """What a number says that is shown and not judged."""
    rate = f"{constraint.rate_pct} % {constraint.endpoint}".strip() if constraint.rate_pct else constraint.endpoint
    where = f"at {constraint.limit_text}"
    for sign, word in _QUOTED_SIGNS.items():
        where = where.replace(sign, word)
    said = f"the source quotes {rate or 'no rate'} {where}; no limit"
    return f"{said}, for {constraint.patients.text}" if constraint.patients.text else said


def _volume_shortfall(constraint: Constraint, dvh: DVH) -> Answer | None:
    """An organ smaller than the volume that must be spared fails, and says why."""
    goal = constraint.goal
    spared = constraint.metric.question is Question.COLD_VOLUME_AT and goal.unit is Unit.CC
    if not spared or goal.comparator.is_upper or goal.is_met(dvh.volume_cc):
        return None
    volume = number_text(dvh.volume_cc, goal.value, 0)
    others = dvh["Volume[cc]"].alternatives
    enough = [other.convention for other in others if other.high is not None and goal.is_met(other.high)]
    message = (
        f"{dvh.roi} is {volume} cc, smaller than the {goal.value:g} cc to be spared"
        f"{f' (not {under_which(enough, len(others))})' if enough else ''}: "
        "check for a truncated contour or scan; a mean-dose limit may apply instead"
    )
    return Answer(Verdict.FAIL, message, f"volume below the required {goal.value:g} cc", robust=not enough)


def finding_of(
    constraint: Constraint,
    answer: Answer,
    value: MetricValue | None = None,
    dvh: DVH | None = None,
    flags: Sequence[QualityFlag] | None = None,
) -> Finding:
    """The finding of a row: its answer, and what was measured where something was.

    `flags` are what makes the number fragile; those of the DVH where they aren't given.
    """
    if flags is None:
        flags = dvh.flags_of(constraint.metric) if dvh else ()
    margin = None
    if value is not None and value.value is not None and dvh is not None and constraint.role.is_judged:
        margin = margin_of(constraint, value.value, dvh)
    # A risk point is shown and never judged, whatever couldn't be told of it.
    shown_only = not constraint.role.is_judged and answer.verdict.decides
    return Finding(
        check="dose-constraint",
        subject=constraint.roi,
        metric=str(constraint.metric),
        verdict=Verdict.INFO if shown_only else answer.verdict,
        robust=answer.robust,
        observed=value.value if value else None,
        low=value.low if value else None,
        high=value.high if value else None,
        limit=constraint.limit_text,
        limit_value=constraint.goal.value,
        unit=str(constraint.goal.unit),
        reason=answer.reason,
        message=answer.message,
        source=constraint.source,
        group=constraint.organ,
        rois=dvh.rois if dvh else (),
        flags=tuple(f"{flag.flag.value}: {flag.message}" for flag in flags),
        basis=str(value.basis if value else constraint.basis),
        margin=margin.value if margin else None,
        margin_percent=margin.percent if margin else None,
        curve_margin=margin.curve if margin else None,
        curve_margin_unit=margin.curve_unit if margin else "",
        set=constraint.group.id if constraint.group else "",
        overrides=constraint.overrides,
    )
