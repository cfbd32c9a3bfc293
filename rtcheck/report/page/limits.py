"""Dose constraints by organ, what was shown and not judged, what had to be contoured, and what was left out."""

from __future__ import annotations

from dataclasses import replace

from rtcheck.finding import Finding, Verdict
from rtcheck.protocol import Evaluation
from rtcheck.report import sections, summary
from rtcheck.report.page.curves import figures
from rtcheck.report.page.model import (
    Anchor,
    Block,
    Group,
    Line,
    Lines,
    Own,
    Part,
    Prose,
    Section,
    Tone,
)
from rtcheck.report.page.words import Citations, group_of, mark, numbers, numbers_row, worst_mark
from rtcheck.report.wording import quote_text

_NONE_APPLIES = Own("No dose constraint of this protocol applies to this plan.")


def limits_section(evaluation: Evaluation, citations: Citations) -> Section:
    """Organs with failing limits first, in each these first; then required contours, then quoted numbers."""
    parts = sections.sections(evaluation.findings)
    groups = tuple(group_of(organ, some, citations) for organ, some in sections.by_organ(parts.limits))
    none: tuple[Block, ...] = (Prose(_NONE_APPLIES, Tone.WARNING),)
    blocks = (numbers(summary.LIMITS_TITLE, groups),) if groups else none
    further = [*_changed(parts.changes), *_required(parts.required), *_quoted(parts.quoted, citations)]
    deciding = (*parts.limits, *parts.required)
    return Section(
        Anchor.LIMITS, Own("Dose constraints"), blocks, tuple(further), worst_mark(deciding), _aside(evaluation)
    )


def _aside(evaluation: Evaluation) -> Own:
    converted = "; conventional limits in EQD2" if evaluation.converted else ""
    return Own(f"in physical dose unless said otherwise{converted}")


def curves_section(evaluation: Evaluation) -> Section:
    """The dose-volume histograms."""
    blocks: tuple[Block, ...] = figures(evaluation) or (Prose(Own("Nothing is drawn that has a curve.")),)
    dose = f"dose: {evaluation.case.dose.text}"
    return Section(Anchor.CURVES, Own("Dose-volume histograms"), blocks, aside=dose)


def _required(findings: tuple[Finding, ...]) -> list[Part]:
    if not findings:
        return []
    present = [finding.subject for finding in findings if finding.verdict is Verdict.PASS]
    lines = [
        Line(finding.message, finding.subject, mark(finding.verdict))
        for finding in sections.ranked(findings)
        if finding.verdict is not Verdict.PASS
    ]
    if present:
        lines.append(Line(", ".join(present), Own("Contoured"), mark(Verdict.PASS)))
    return [Part(Own("Required contours"), (Lines(tuple(lines)),), worst_mark(findings))]


def _quoted(findings: tuple[Finding, ...], citations: Citations) -> list[Part]:
    """What was measured, and what the source says of such a number."""
    if not findings:
        return []
    rows = [
        replace(numbers_row(finding, citations), limit="", margin="", bar=None, said=quote_text(finding), notes=())
        for finding in sections.flat(sections.by_organ(findings))
    ]
    block = numbers(summary.QUOTED_TITLE, [Group("", tuple(rows))])
    return [Part(Own("Shown, not judged"), (block,), aside=Own("doses at which sources quote rates"))]


def _changed(findings: tuple[Finding, ...]) -> list[Part]:
    """What a clinic's table makes of a published one stands in every report."""
    lines = tuple(
        Line(f"{finding.message} ({finding.source.table})", finding.subject, mark(finding.verdict))
        for finding in findings
    )
    return [Part(Own(summary.CHANGED_TITLE), (Lines(lines),))] if lines else []


def left_out_section(evaluation: Evaluation) -> Section:
    """Everything that was asked and decides nothing, in one visible line each."""
    lines = [
        Line("; ".join(told), Own(label), mark(Verdict.NOT_APPLICABLE))
        for label, told in sections.left_out(evaluation.findings)
    ]
    if organs := sections.organs_without_limit(evaluation.findings):
        head = Own("Contoured, and no limit here is for them at this schedule")
        lines.insert(0, Line(", ".join(organs), head, mark(Verdict.INFO)))
    blocks: tuple[Block, ...] = (Lines(tuple(lines)),) if lines else (Prose(Own("Nothing was left out.")),)
    return Section(Anchor.LEFT_OUT, Own("Not judged"), blocks, aside=Own("nothing that was asked vanishes"))
