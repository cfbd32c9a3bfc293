"""Plan checks by section: alerts first, then in a line each what passed, what nobody could check, what is off."""

from __future__ import annotations

from collections.abc import Sequence

from rtcheck.finding import Finding, Verdict
from rtcheck.protocol import Evaluation
from rtcheck.report import sections, summary
from rtcheck.report.page.model import Anchor, Block, Line, Lines, Own, Part, Prose, Section
from rtcheck.report.page.words import WORDS, Citations, mark, sentences, worst_mark

CARRIED = "carried"
TITLES = {
    "A": Own("A · Identity and links"),
    "B": Own("B · Dose"),
    "C": Own("C · Structures"),
    "D": Own("D · Prescription"),
    "E": Own("E · Beams"),
    "F": Own("F · Images"),
    "G": Own("G · Plan quality"),
}


def plan_checks_section(evaluation: Evaluation, citations: Citations) -> Section:
    """A part for each section of checks, in the order of the alphabet."""
    findings = sections.sections(evaluation.findings).plan_checks
    by_letter: dict[str, list[Finding]] = {}
    for finding in findings:
        by_letter.setdefault(finding.group, []).append(finding)
    told = tuple(_part(letter, by_letter[letter], citations) for letter in sorted(by_letter))
    blocks: tuple[Block, ...] = () if told else (Prose(Own("This protocol asks no plan checks.")),)
    aside = Own(f"{len({finding.source.row for finding in findings})} checks") if told else ""
    return Section(Anchor.PLAN_CHECKS, Own(summary.PLAN_CHECKS_TITLE), blocks, told, worst_mark(findings), aside)


def _part(letter: str, findings: Sequence[Finding], citations: Citations) -> Part:
    parts = sections.plan_checks(findings)
    blocks: list[Block] = []
    fired = [*(one for one in parts.alerts if not one.overridden), *parts.notes]
    if fired:
        blocks.append(sentences("Alerts", [("", fired)], citations))
    silent = [finding for finding in findings if finding.verdict is Verdict.PASS]
    carried = [finding for finding in findings if finding.reason == CARRIED]
    lines = (
        *(_overridden(one) for one in parts.alerts if one.overridden),
        _listed("Couldn't be checked", parts.unknown),
        *_shown(parts.shown),
        _passed(silent),
        _listed("Judged by other findings", carried),
        _listed("Switched off", parts.off),
    )
    shown = tuple(line for line in lines if line is not None)
    return Part(TITLES.get(letter, Own(letter)), (*blocks, *((Lines(shown),) if shown else ())), worst_mark(findings))


def _overridden(finding: Finding) -> Line:
    """An alert that a person let stand: what it is, what it would be, who and why."""
    would = f" (without it {WORDS[finding.overridden_verdict]})" if finding.overridden_verdict else ""
    text = f"{finding.message}. Overridden: {finding.overridden}{would}"
    return Line(text, f"{finding.source.row} {finding.subject}", mark(finding.verdict))


def _passed(findings: Sequence[Finding]) -> Line | None:
    told = "; ".join(f"{finding.source.row} {finding.message}" for finding in findings)
    return Line(told, Own("Passed"), mark(Verdict.PASS)) if told else None


def _listed(label: str, findings: Sequence[Finding]) -> Line | None:
    """The findings in one line, under the worst verdict that any of them has."""
    if not findings:
        return None
    told = "; ".join(_told(finding) for finding in findings)
    return Line(told, Own(label), mark(sections.ranked(findings)[0].verdict))


def _shown(findings: Sequence[Finding]) -> list[Line]:
    """Values for a reviewer: a line for what each check shows of each subject."""
    together: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        together.setdefault((finding.source.row, finding.subject), []).append(finding)
    return [
        Line("; ".join(map(_with_value, some)), f"{row} {subject}", mark(some[0].verdict))
        for (row, subject), some in together.items()
    ]


def _told(finding: Finding) -> str:
    """Check, subject and sentence."""
    subject = "" if finding.subject in finding.message else f" {finding.subject}"
    return f"{finding.source.row}{subject}: {_with_value(finding)}"


def _with_value(finding: Finding) -> str:
    """The sentence, and the number where it hasn't got it."""
    value, number = "", finding.observed
    if number is not None and not any(f"{number:.{digits}g}" in finding.message for digits in (2, 3, 4, 6)):
        value = f" ({' '.join(part for part in (finding.metric, f'{number:.4g}', finding.unit) if part)})"
    tuned = f"; tuned: {finding.overrides}" if finding.overrides else ""
    return f"{finding.message}{value}{tuned}"
