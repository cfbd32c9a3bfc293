"""What a reviewer reads: verdicts and findings.

Verdicts are ordered and the overall one is the worst. `NOT_APPLICABLE` and `INFO` stand outside the order and never
decide; without any deciding finding nothing was evaluated, and that is what the overall verdict then says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """The answer to one constraint, or to all."""

    PASS = "PASS"
    ACCEPTABLE = "ACCEPTABLE"
    NOT_EVALUATED = "NOT_EVALUATED"
    FAIL = "FAIL"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    INFO = "INFO"

    @property
    def decides(self) -> bool:
        """True for the four ordered verdicts."""
        return self in _ORDER

    @property
    def exit_code(self) -> int:
        """What the command line exits with: 0 pass, 1 fail, 2 not evaluated."""
        return {Verdict.PASS: 0, Verdict.ACCEPTABLE: 0, Verdict.FAIL: 1}.get(self, 2)


_ORDER = (Verdict.PASS, Verdict.ACCEPTABLE, Verdict.NOT_EVALUATED, Verdict.FAIL)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of the deciding verdicts; NOT_EVALUATED where none decides."""
    deciding = [verdict for verdict in verdicts if verdict.decides]
    return max(deciding, key=_ORDER.index) if deciding else Verdict.NOT_EVALUATED


#: What a rule is to a protocol: see `Finding.standing`.
PROTOCOL, REFERENCE = "protocol", "reference"


class Severity(Enum):
    """What a plan check's alert means for the patient."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Confidence(Enum):
    """Whether a plan check's alert is a fact or a guess."""

    CERTAIN = "certain"
    HEURISTIC = "heuristic"


@dataclass(frozen=True)
class Measured:
    """One of several numbers behind a finding: of a distribution, of a direction.

    Attributes
    ----------
    label : str
    value : float
    unit : str
    """

    label: str
    value: float
    unit: str

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {"label": self.label, "value": self.value, "unit": self.unit}


@dataclass(frozen=True)
class Source:
    """Where a finding's rule comes from.

    Attributes
    ----------
    table : str
        Identifier of the table or protocol.
    row : str
        Identifier of the rule in it.
    file : str
        File name of the table; empty for a rule that stands in code.
    line : int or None
    citation : str
        Publication and place in it.
    status : str
        How well the row was confirmed: ``verified``, ``single`` ...
    """

    table: str
    row: str
    file: str = ""
    line: int | None = None
    citation: str = ""
    status: str = ""

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {name: getattr(self, name) for name in ("table", "row", "file", "line", "citation", "status")}


@dataclass(frozen=True)
class Finding:
    """One answer to one question asked of a plan.

    Attributes
    ----------
    check : str
        Which check asked: ``dose-constraint``, ``bed``, ``required-roi`` ...
    subject : str
        The ROI expression, target or object it is about.
    metric : str
        What was measured, in the canonical grammar; empty where nothing is measured.
    verdict : Verdict
    robust : bool
        The verdict is the same over the whole interval of the metric, and every convention has an answer.
    observed, low, high : float or None
        The value under the chosen convention, and its interval over the dose outside the grid and over conventions, in
        `unit`; None where unknown. `high` may be infinite.
    limit : str
        The limit as text, e.g. ``"<= 30 %"``.
    unit : str
    reason : str
        Stable code for scripts, e.g. ``"roi-missing"``; empty for a plain verdict.
    message : str
        One sentence for the reader.
    source : Source
    group : str
        What the report sets it under: an organ, or the kind of check.
    rois : tuple of str
        The ROIs that the subject resolved to.
    limit_value : float or None
        The limit as a number in `unit`, for margins.
    flags : tuple of str
        What makes the number fragile, each as ``"code: sentence"``.
    basis : str
        What the doses of metric, value and limit are: ``physical``, ``EQD2(alpha/beta=3 Gy)``; empty without doses.
    margin : float or None
        By how much `observed` keeps the limit, in `unit`; negative where it breaks it.
    margin_percent : float or None
        The same in percent of the limit; None for a limit of 0.
    curve_margin : float or None
        By how much the curve could move along its other axis until the limit is reached (dose for a limit on volume,
        volume for a limit on dose), in `curve_margin_unit`; negative where it would have to.
    curve_margin_unit : str
    set : str
        The group of rows that the constraint belongs to.
    overrides : str
        What a clinic's table changed in the constraint, or its tuning in a plan check.
    severity, confidence : optional
        Of a plan check.
    standing : str
        What the rule is to the protocol: ``protocol`` for its own rules, ``reference`` for limits of tables that it
        recommends or doesn't name, ``plan-check``; empty for how the files were read.
    lesion : str
        The declared lesion that it is about.
    measured : tuple of Measured
        The numbers behind it, where they are several.
    overridden : str
        Who let an alert stand and why; `verdict` is ACCEPTABLE then.
    overridden_verdict : Verdict or None
        What it would be without.
    """

    check: str
    subject: str
    verdict: Verdict
    message: str
    source: Source
    metric: str = ""
    robust: bool = True
    observed: float | None = None
    low: float | None = None
    high: float | None = None
    limit: str = ""
    unit: str = ""
    reason: str = ""
    group: str = ""
    rois: tuple[str, ...] = ()
    limit_value: float | None = None
    flags: tuple[str, ...] = ()
    basis: str = ""
    margin: float | None = None
    margin_percent: float | None = None
    curve_margin: float | None = None
    curve_margin_unit: str = ""
    set: str = ""
    overrides: str = ""
    severity: Severity | None = None
    confidence: Confidence | None = None
    standing: str = ""
    lesion: str = ""
    measured: tuple[Measured, ...] = ()
    overridden: str = ""
    overridden_verdict: Verdict | None = None

    @property
    def is_fragile(self) -> bool:
        """True for a limit that is met, or isn't, under the chosen convention and not surely under another."""
        return not self.robust and self.verdict in (Verdict.PASS, Verdict.ACCEPTABLE, Verdict.FAIL)

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON; an unbounded `high` is null."""
        return {
            "check": self.check,
            "subject": self.subject,
            "metric": self.metric,
            "verdict": self.verdict.value,
            "robust": self.robust,
            "observed": self.observed,
            "low": self.low,
            "high": None if self.high is not None and math.isinf(self.high) else self.high,
            "limit": self.limit,
            "unit": self.unit,
            "reason": self.reason,
            "message": self.message,
            "source": self.source.to_dict(),
            "group": self.group,
            "rois": list(self.rois),
            "flags": list(self.flags),
            "basis": self.basis,
            "margin": self.margin,
            "margin_percent": self.margin_percent,
            "curve_margin": self.curve_margin,
            "curve_margin_unit": self.curve_margin_unit,
            "set": self.set,
            "overrides": self.overrides,
            "severity": self.severity.value if self.severity else None,
            "confidence": self.confidence.value if self.confidence else None,
            "standing": self.standing,
            "lesion": self.lesion,
            "measured": [one.to_dict() for one in self.measured],
            "overridden": self.overridden,
            "overridden_verdict": self.overridden_verdict.value if self.overridden_verdict else None,
        }
