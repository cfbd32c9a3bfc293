"""A plan check as a value, and how what it finds becomes findings.

A check is a small function ``(case, thresholds) -> answers``; it knows no verdicts. How loud its alerts are follows
from its severity and its confidence, so that a heuristic never cries wolf as loud as a fact:

==========  =========  ==============
severity    certain    heuristic
==========  =========  ==============
error       FAIL       NOT_EVALUATED
warning     ACCEPTABLE ACCEPTABLE
note        INFO       INFO
==========  =========  ==============

What couldn't be checked is NOT_EVALUATED for an error, and said as INFO otherwise. A check that finds nothing passes,
unless it said that there was something it couldn't look at, or other findings judge it too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from rtcheck.case import Case
from rtcheck.errors import RtcheckError
from rtcheck.finding import Confidence, Finding, Severity, Source, Verdict

TABLE = "plan-checks"
#: `PlanCheck.carried_by` of what the reader refuses: files that were read have passed it.
READING = "reading"


@dataclass(frozen=True)
class Threshold:
    """A number that a clinic may tune.

    Attributes
    ----------
    value : float
    unit : str
    text : str
        What it bounds, as half a sentence.
    """

    value: float
    unit: str
    text: str


def tunable(**named: tuple[float, str, str]) -> Mapping[str, Threshold]:
    """The thresholds of a check: by name the number, its unit, and what it bounds."""
    return MappingProxyType({name: Threshold(*parts) for name, parts in named.items()})


@dataclass(frozen=True)
class Alert:
    """A check fires.

    Attributes
    ----------
    subject : str
        The ROI, beam, plan, dose or series that it is about.
    message : str
        What is wrong and, where it helps, how to mend it; one sentence.
    rois : tuple of str
    observed : float or None
    limit : str
        The limit as text, with its unit.
    unit : str
    severity, confidence : optional
        In place of the check's own, for a milder case; never louder.
    """

    subject: str
    message: str
    rois: tuple[str, ...] = ()
    observed: float | None = None
    limit: str = ""
    unit: str = ""
    severity: Severity | None = None
    confidence: Confidence | None = None


@dataclass(frozen=True)
class Unknown:
    """Something that the check couldn't look at, and why.

    Attributes
    ----------
    subject, message : str
    rois : tuple of str
    severity : optional
        In place of the check's own, where not knowing it is milder; never louder.
    """

    subject: str
    message: str
    rois: tuple[str, ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True)
class Shown:
    """A value that a reviewer should see; never judged."""

    subject: str
    message: str
    rois: tuple[str, ...] = ()
    observed: float | None = None
    unit: str = ""
    metric: str = ""


Answer = Alert | Unknown | Shown
Thresholds = Mapping[str, float]


@dataclass(frozen=True)
class PlanCheck:
    """A plan check.

    Attributes
    ----------
    id : str
        ``A1`` ... ``G4``.
    name : str
        Short, stable, for scripts: ``isocentre-in-body``.
    title : str
        What is asked, as a statement that holds for a good plan.
    severity : Severity
    confidence : Confidence
    origin : str
        Where the check comes from: ``AAPM MPPG 11.a; TG-275``.
    ask : callable
        ``(case, thresholds) -> answers``.
    thresholds : mapping of str to Threshold
        By name; what `ask` is given has the clinic's numbers in them.
    carried_by : str
        What judges it besides `ask`: findings of another check (``dose-constraint``), or ``reading`` where the reader
        refuses such files.
    """

    id: str
    name: str
    title: str
    severity: Severity
    confidence: Confidence
    origin: str
    ask: Callable[[Case, Thresholds], Iterable[Answer]]
    thresholds: Mapping[str, Threshold] = field(default_factory=lambda: MappingProxyType({}))
    carried_by: str = ""

    @property
    def text(self) -> str:
        """The function's docstring."""
        return (self.ask.__doc__ or "").strip()


@dataclass(frozen=True)
class Tuning:
    """What a clinic changed: checks that are off, with the reason, and thresholds of its own.

    Attributes
    ----------
    off : mapping of str to str
        Reason by check id.
    thresholds : mapping of str to mapping
        Number by name, by check id.
    because : mapping of str to str
        Reason for the thresholds, by check id.
    file, sha256 : str
    """

    off: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: MappingProxyType({}))
    because: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    file: str = ""
    sha256: str = ""


NO_TUNING = Tuning()


def findings_of(
    case: Case, checks: Sequence[PlanCheck], tuning: Tuning = NO_TUNING, asked: Collection[str] | None = None
) -> Iterator[Finding]:
    """What plan checks find in a case: at least one finding for each, in order.

    A check that is off gives one finding with the clinic's reason: ACCEPTABLE for an error, since nobody looked whether
    there is one, and NOT_APPLICABLE otherwise. One that raises an error of rtcheck couldn't look further; one that
    fails with any other is NOT_EVALUATED, whatever its severity. An error that fires by rtcheck's own thresholds and
    not by the clinic's is ACCEPTABLE, too.

    Parameters
    ----------
    case : Case
    checks : sequence of PlanCheck
    tuning : Tuning
    asked : collection of str, optional
        The checks (`Finding.check`) that the evaluation asks besides, whether they had something to say or not. With
        it a check whose silence other findings would have to bear out says where nobody asks for these.
    """
    for check in checks:
        if (because := tuning.off.get(check.id)) is not None:
            verdict = Verdict.ACCEPTABLE if check.severity is Severity.ERROR else Verdict.NOT_APPLICABLE
            yield _finding(check, check.title, verdict, f"switched off: {because}", "off")
            continue
        yield from _asked(case, check, tuning, asked)


def _asked(case: Case, check: PlanCheck, tuning: Tuning, asked: Collection[str] | None) -> Iterator[Finding]:
    own = tuning.thresholds.get(check.id, {})
    thresholds = {name: own.get(name, threshold.value) for name, threshold in check.thresholds.items()}
    changed = _changed(check, own, tuning.because.get(check.id, ""))
    answers, fault = _answers(case, check, thresholds)
    yield from (_answered(check, answer, changed) for answer in answers)
    tuned_away: tuple[Finding, ...] = ()
    if changed and not fault:
        shipped = {name: threshold.value for name, threshold in check.thresholds.items()}
        by_shipped, fault = _answers(case, check, shipped)
        tuned_away = tuple(_tuned_away(check, answers, by_shipped, changed))
    yield from tuned_away
    if fault:
        yield _finding(check, check.title, Verdict.NOT_EVALUATED, fault, "check-failed", changed)
    elif not tuned_away and not any(isinstance(answer, Alert | Unknown) for answer in answers):
        yield _silent(check, asked, changed)


def _answers(case: Case, check: PlanCheck, thresholds: Thresholds) -> tuple[list[Answer], str]:
    """What a check answers, and its fault; one by one, so that what was found before an error isn't lost with it."""
    answers: list[Answer] = []
    try:
        for answer in check.ask(case, thresholds):
            answers.append(answer)
    except RtcheckError as error:
        answers.append(Unknown(check.title, str(error)))
    except Exception as error:  # noqa: BLE001  a fault of one check must not take the whole report down
        return answers, f"the check itself failed, please report it: {type(error).__name__}: {error}"
    return answers, ""


def _tuned_away(
    check: PlanCheck, own: Sequence[Answer], by_shipped: Sequence[Answer], changed: str
) -> Iterator[Finding]:
    """What a clinic's thresholds let pass and rtcheck's own don't: errors, as loud as a check that is off."""
    told = {answer.subject for answer in own if not isinstance(answer, Shown)}
    for answer in by_shipped:
        if isinstance(answer, Shown) or answer.subject in told:
            continue
        if isinstance(answer, Unknown):
            yield _answered(check, answer, changed)
        elif (answer.severity or check.severity) is Severity.ERROR:
            message = f"{answer.message} (an error by rtcheck's own thresholds, which the clinic's let pass)"
            made = _answered(check, replace(answer, message=message, severity=Severity.WARNING), changed)
            yield replace(made, reason="tuned-away")


def _silent(check: PlanCheck, asked: Collection[str] | None, changed: str) -> Finding:
    """What is said of a check that found nothing."""
    carrier = check.carried_by
    if carrier in ("", READING):
        return _finding(check, check.title, Verdict.PASS, "", "", changed)
    # Silence here is no answer: the findings that judge it are elsewhere, or nowhere.
    message, reason = f"judged by the findings of {carrier}", "carried"
    if asked is not None and carrier not in asked:
        message, reason = f"{carrier}, whose findings would judge it, is not asked by this protocol", "not-asked"
    return _finding(check, check.title, Verdict.INFO, message, reason, changed)


def _answered(check: PlanCheck, answer: Answer, changed: str) -> Finding:
    if isinstance(answer, Unknown):
        severity = answer.severity or check.severity
        verdict = Verdict.NOT_EVALUATED if severity is Severity.ERROR else Verdict.INFO
        message = f"couldn't be checked: {answer.message}"
        made = _finding(check, answer.subject, verdict, message, "not-checked", changed)
        return replace(made, rois=answer.rois, severity=severity)
    if isinstance(answer, Shown):
        made = _finding(check, answer.subject, Verdict.INFO, answer.message, "shown", changed)
        made = replace(made, metric=answer.metric)
    else:
        severity, confidence = answer.severity or check.severity, answer.confidence or check.confidence
        verdict = verdict_of(severity, confidence)
        made = _finding(check, answer.subject, verdict, answer.message, check.name, changed)
        made = replace(made, limit=answer.limit, severity=severity, confidence=confidence)
    number = answer.observed
    return replace(made, rois=answer.rois, observed=number, low=number, high=number, unit=answer.unit)


def verdict_of(severity: Severity, confidence: Confidence) -> Verdict:
    """How loud an alert is."""
    if severity is Severity.ERROR:
        return Verdict.FAIL if confidence is Confidence.CERTAIN else Verdict.NOT_EVALUATED
    return Verdict.ACCEPTABLE if severity is Severity.WARNING else Verdict.INFO


def _changed(check: PlanCheck, own: Mapping[str, float], because: str) -> str:
    parts = [
        f"{check.thresholds[name].text} {value:g} {check.thresholds[name].unit} in place of "
        f"{check.thresholds[name].value:g}".replace("  ", " ")
        for name, value in own.items()
        if name in check.thresholds and value != check.thresholds[name].value
    ]
    return f"{'; '.join(parts)}: {because}" if parts else ""


def _finding(
    check: PlanCheck, subject: str, verdict: Verdict, message: str, reason: str = "", changed: str = ""
) -> Finding:
    return Finding(
        check="plan-check",
        subject=subject,
        verdict=verdict,
        reason=reason,
        message=message or check.title,
        source=Source(TABLE, check.id, citation=check.origin),
        group=check.id[0],
        severity=check.severity,
        confidence=check.confidence,
        overrides=changed,
        standing="plan-check",
    )
