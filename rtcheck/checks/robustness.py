"""Does a verdict hold however the contours are read as a solid? And where not, under which conventions?"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rtcheck.finding import Verdict
from rtcheck.metrics import MetricValue, under
from rtcheck.units import number_text

#: What is said of the conventions under which a metric's bounds give these verdicts.
_WORDS = {
    frozenset({Verdict.PASS}): "passes",
    frozenset({Verdict.ACCEPTABLE}): "is acceptable",
    frozenset({Verdict.FAIL}): "fails",
    frozenset({Verdict.PASS, Verdict.ACCEPTABLE}): "may pass",
}


def holds(value: MetricValue, verdict_of: Callable[[float], Verdict], verdict: Verdict) -> bool:
    """Whether the verdict is the same over the whole interval of a metric, and every convention has an answer."""
    return {verdict_of(end) for end in value.ends} == {verdict} and not value.unanswered


def dissent(value: MetricValue, verdict_of: Callable[[float], Verdict], limit: float) -> str:
    """The interval over conventions, and under which of them the verdict is another one; empty where under none.

    Conventions without an answer aren't named here: the metric's own reason names them.
    """
    own = {verdict_of(end) for end in value.own_ends}
    others: dict[str, list[str]] = {}
    for other in value.alternatives:
        verdicts = {verdict_of(end) for end in other.ends}
        if verdicts and verdicts != own:
            others.setdefault(_WORDS.get(frozenset(verdicts), "may pass or fail"), []).append(other.convention)
    if not others:
        return ""
    said = "; ".join(f"{word} {under_which(names, len(value.alternatives))}" for word, names in others.items())
    low, high = (number_text(end, limit) for end in value.ends)
    return f"{low} to {high} {value.unit} over conventions: {said}"


def under_which(conventions: Iterable[str], of: int) -> str:
    """``under A and under B``, shorter where these are all the alternatives there are."""
    every = list(conventions)
    return "under every other convention" if 1 < of == len(every) else under(every)
