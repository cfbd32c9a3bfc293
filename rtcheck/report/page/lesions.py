"""The lesions of a report: what was declared of each, what is prescribed and reached, and the rules about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rtcheck.case import Case
from rtcheck.checks.lesions import Lesion, lesions
from rtcheck.finding import Finding
from rtcheck.protocol import Evaluation
from rtcheck.report import sections, summary
from rtcheck.report.page.model import (
    Align,
    Anchor,
    Block,
    Column,
    Fact,
    Facts,
    Grid,
    Own,
    Part,
    Prose,
    Section,
)
from rtcheck.report.page.words import MOST_BESIDE, Citations, group_of, numbers, sentences, worst_mark
from rtcheck.sheet import DeclaredLesion
from rtcheck.units import number_text

SOURCES = "prescription-sources"
_FLAGS = ("bone", "vertebra", "mobile", "measurable")
_NO_LIST = Own("No list of lesions was declared: every target stands for one.")
_NO_LESION = Own("No lesion was declared and no target is drawn or named.")


def lesions_section(evaluation: Evaluation, citations: Citations) -> Section:
    """A part for each lesion, in the declared order, then targets that no lesion has."""
    case, parts = evaluation.case, sections.sections(evaluation.findings)
    about = [*parts.targets, *(finding for finding in parts.rules if finding.lesion)]
    found = lesions(case)
    told: list[Part] = []
    left = list(about)
    for lesion in found:
        names = _names(lesion)
        own = [finding for finding in left if finding.lesion == lesion.name or finding.subject in names]
        left = [finding for finding in left if finding not in own]
        told.append(_part(case, lesion, own, citations))
    told += [
        Part(subject, _rows(some, citations), worst_mark(some), Own("of no lesion"))
        for subject, some in _by_subject(left)
    ]
    intro: tuple[Block, ...] = (Prose(_NO_LIST),) if case.sheet.lesions is None and found else ()
    if not told:
        intro = (Prose(_NO_LESION),)
    return Section(Anchor.LESIONS, Own("Lesions"), intro, tuple(told), worst_mark(about))


def _names(lesion: Lesion) -> frozenset[str]:
    rois = {roi.name for roi in (lesion.gtv, lesion.ctv, lesion.ptv) if roi is not None}
    return frozenset(rois | ({lesion.target.name} if lesion.target else set()))


def _by_subject(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(finding.lesion or finding.subject, []).append(finding)
    return list(grouped.items())


def _part(case: Case, lesion: Lesion, findings: Sequence[Finding], citations: Citations) -> Part:
    declared = lesion.declared
    aside = f"{declared.organ}, {declared.kind.value.replace('-', ' ')}" if declared else ""
    blocks: tuple[Block, ...] = (Facts(_facts(case, lesion)), *_rows(findings, citations))
    return Part(lesion.name, blocks, worst_mark(findings), aside)


def _facts(case: Case, lesion: Lesion) -> tuple[Fact, ...]:
    target = lesion.target
    prescribed = target.prescription if target else None
    plans = {plan.sop_instance_uid: plan.label for plan in case.study.plans}
    volumes = [
        f"{kind} {roi.name}" if (roi := lesion.volume(kind)) is not None else f"{kind} not found"
        for kind in ("GTV", "CTV", "PTV")
    ]
    told = [
        ("Declared", _declared(lesion.declared) if lesion.declared else "not declared"),
        ("Volumes", " · ".join(volumes)),
        (
            "Prescribed",
            f"{prescribed.schedule} ({prescribed.total_dose_gy:g} Gy in {prescribed.fractions}), {prescribed.source}"
            if prescribed
            else (target.problem if target else "no target") or "not known",
        ),
        ("Plan", ", ".join(plans.get(uid, uid) for uid in prescribed.plan_uids) if prescribed else ""),
        ("Problem", lesion.problem),
    ]
    return tuple(Fact(Own(label), (text,)) for label, text in told if text)


def _declared(lesion: DeclaredLesion) -> str:
    """All that the sheet says of it, with what it leaves open."""
    answers = {name: getattr(lesion, name) for name in _FLAGS}
    said = [{True: name, False: f"not {name}"}[answer] for name, answer in answers.items() if answer is not None]
    unsaid = [name for name, answer in answers.items() if answer is None]
    prior = {True: "irradiated before", False: "not irradiated before"}.get(lesion.prior_radiotherapy)  # type: ignore[arg-type]
    reduced = lesion.reduction
    parts = [
        f"station {lesion.station}" if lesion.station else "",
        *said,
        f"motion: {lesion.motion}" if lesion.motion else "",
        prior or "",
        f"dose reduced to protect {reduced.organ}: {reduced.reason}" if reduced else "",
        f"not said: {', '.join(unsaid)}" if unsaid else "",
    ]
    return " · ".join(part for part in parts if part)


def _rows(findings: Sequence[Finding], citations: Citations) -> tuple[Block, ...]:
    """Doses in columns, then sentences."""
    doses = [finding for finding in findings if finding.check in sections.TARGET_CHECKS and finding.check != SOURCES]
    said = [finding for finding in findings if finding not in doses]
    blocks: list[Block] = []
    if doses:
        caption = "Prescribed and achieved biologically effective dose"
        blocks.append(numbers(caption, [group_of("", doses, citations)]))
    if said:
        rows = [_named(finding) for finding in sections.ranked(said)]
        blocks.append(sentences("Rules and sources", [("", rows)], citations))
        blocks += [_distribution(one) for one in rows if len(one.measured) > MOST_BESIDE]
    return tuple(blocks)


def _distribution(finding: Finding) -> Grid:
    """The numbers behind a finding, where they are many: a row for each direction, a column for each statistic."""
    cells: dict[str, dict[str, str]] = {}
    for one in finding.measured:
        row, _, column = one.label.rpartition(", ")
        cells.setdefault(row or "all", {})[column] = number_text(one.value, None, 2)
    titles = list(dict.fromkeys(column for row in cells.values() for column in row))
    unit = finding.measured[0].unit
    columns = [Column(Own("Where"), is_wide=True)]
    columns += [Column(Own(f"{title} [{unit}]"), Align.RIGHT) for title in titles]
    rows = tuple((row, *(told.get(title, "") for title in titles)) for row, told in cells.items())
    return Grid(Own(f"Measured: {finding.metric}"), tuple(columns), rows)


def _named(finding: Finding) -> Finding:
    """Under the lesion's name a row needn't say it again: what it is about stands there."""
    if finding.check == SOURCES:
        return replace(finding, subject=f"Prescription of {finding.subject}")
    return replace(finding, subject=finding.group) if finding.lesion == finding.subject else finding


def rules_section(evaluation: Evaluation, citations: Citations) -> Section:
    """The rules of the protocol that are about no lesion, by what they are about."""
    parts = sections.sections(evaluation.findings)
    rules = [finding for finding in parts.rules if not finding.lesion]
    blocks: tuple[Block, ...]
    if rules:
        groups = [(Own(title), some) for title, some in sections.by_group(rules)]
        blocks = (sentences(summary.RULES_TITLE, groups, citations),)
    else:
        blocks = (Prose(Own("This protocol asks nothing besides doses.")),)
    elsewhere = any(finding.lesion for finding in parts.rules)
    aside = Own("those about a lesion stand with it") if elsewhere else ""
    return Section(Anchor.RULES, Own(summary.RULES_TITLE), blocks, mark=worst_mark(rules), aside=aside)
