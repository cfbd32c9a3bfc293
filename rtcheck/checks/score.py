"""A continuous score of limits, for comparing plans that all pass, or all fail. It is never the verdict."""

from __future__ import annotations

import math
from collections.abc import Iterable

from rtcheck.finding import Finding

#: A margin of this many percent of the limit scores 0.73, one as far on the other side 0.27.
SCALE_PERCENT = 10.0


def score(finding: Finding) -> float | None:
    """The score of one limit, ``1 / (1 + exp(-margin / 10 %))``: 0.5 at the limit, 1 far on the right side of it.

    Returns
    -------
    float or None
        None for a finding without a verdict, a value or a margin in percent.
    """
    if finding.margin_percent is None or not finding.verdict.decides:
        return None
    exponent = min(max(-finding.margin_percent / SCALE_PERCENT, -700.0), 700.0)
    return 1.0 / (1.0 + math.exp(exponent))


def plan_score(findings: Iterable[Finding]) -> float | None:
    """The mean score of all limits that have one; None where none has.

    A mean lets one limit make up for another, and limits without a value aren't in it: that is why it decides nothing.
    """
    scores = [one for one in map(score, findings) if one is not None]
    return sum(scores) / len(scores) if scores else None
