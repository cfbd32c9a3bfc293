"""The head of a report: the verdict, what it is of, the whole in one table, and what needs attention."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rtcheck.convention import DEFAULT_CONVENTION
from rtcheck.finding import Finding, Verdict
from rtcheck.protocol import Evaluation, Protocol
from rtcheck.report import sections, summary
from rtcheck.report.page.model import Anchor, Area, Fact, Glance, Line, Lines, Own, Prose, Section
from rtcheck.report.page.people import PEOPLE_CHECKS
from rtcheck.report.page.words import counts, mark, signed
from rtcheck.report.sections import RULE, TARGET_CHECKS, WORST_FIRST, Sections
from rtcheck.report.wording import limit_text, metric_text, observed_text, said_text, source_text, why
from rtcheck.units import PHYSICAL

#: What the head says of the facts that every report has; the others stand with the provenance.
_HEAD = ("Plan", "Prescribed", "Protocol", "Site", "Converted", "Declared")
_NAMES = {
    Verdict.FAIL: "failing",
    Verdict.NOT_EVALUATED: "not evaluated",
    Verdict.ACCEPTABLE: "acceptable",
    Verdict.PASS: "passing",
}
#: Findings about one thing that says the same of all are told together.
_TOGETHER = 2


def facts(evaluation: Evaluation) -> tuple[Fact, ...]:
    """What was checked, in labels and lines. Patient and subject stand above them."""
    protocol, case = evaluation.protocol, evaluation.case
    told: dict[str, list[str]] = {}
    for label, text in summary.facts(evaluation):
        if label in _HEAD or (label == "Convention" and case.convention != DEFAULT_CONVENTION):
            told.setdefault(label, []).append(text.strip(" ·"))
    told["Prescribed"] = [f"{p.target} {p.schedule} ({p.source})" for p in case.prescriptions] or told["Prescribed"]
    problem = case.dose.problem(PHYSICAL)
    told["Dose"] = [f"{case.dose.basis.label.lower()}, {case.dose.text}", *([problem] if problem else [])]
    told["Protocol"] = [*map(Own, told["Protocol"]), *_versions(protocol)]
    asked = ", ".join(f"{table.id} {table.version}".strip() for table in protocol.tables)
    told["Tables"] = [Own(asked or "none")]
    told["Case sheet"] = [case.sheet.file or Own("none: nothing was declared")]
    return tuple(Fact(Own(label), tuple(texts)) for label, texts in told.items())


def _versions(protocol: Protocol) -> Iterator[str]:
    if protocol.version:
        yield Own(f"version {protocol.version}")
    for one in protocol.amendments:
        yield Own(f"amendment {one.version} of {one.date}: {one.what}")


def sentence(findings: Sequence[Finding]) -> str:
    """How many findings have each verdict that decides, and how many of them aren't robust."""
    found = [finding.verdict for finding in findings]
    parts = [f"{found.count(verdict)} {name}" for verdict, name in _NAMES.items() if verdict in found]
    if fragile := summary.fragile_text(findings):
        parts.append(fragile)
    return Own(", ".join(parts) or "nothing was judged")


def areas(parts: Sections) -> tuple[tuple[str, Anchor, tuple[Finding, ...]], ...]:
    """Every finding in one area, by the section that shows it."""
    of_people = tuple(sections.of_checks(parts.notes, *PEOPLE_CHECKS))
    notes = tuple(finding for finding in parts.notes if finding.check not in PEOPLE_CHECKS)
    others = (*parts.remarks, *parts.head, *parts.changes, *notes)
    constraints = (*parts.limits, *parts.quoted, *parts.required, *parts.unjudged, *parts.not_applicable)
    of_lesions = (*parts.targets, *(finding for finding in parts.rules if finding.lesion))
    rules = tuple(finding for finding in parts.rules if not finding.lesion)
    return (
        ("Lesions and targets", Anchor.LESIONS, of_lesions),
        ("Dose constraints and organs", Anchor.LIMITS, constraints),
        ("Rules of the protocol", Anchor.RULES, rules),
        ("Plan checks", Anchor.PLAN_CHECKS, parts.plan_checks),
        ("Attestations and overrides", Anchor.PEOPLE, of_people),
        ("Files and case sheet", Anchor.READING, others),
    )


def glance(findings: Sequence[Finding]) -> Glance:
    """Counts by area and verdict."""
    rows = [
        Area(Own(title), anchor, counts(some)) for title, anchor, some in areas(sections.sections(findings)) if some
    ]
    return Glance(tuple(mark(verdict) for verdict in WORST_FIRST), tuple(rows), counts(findings))


def attention(findings: Sequence[Finding]) -> Section:
    """Failing first, then what couldn't be evaluated, acceptable deviations, and verdicts that may turn."""
    lines = []
    for title, anchor, some in areas(sections.sections(findings)):
        lines += [(finding, title, anchor) for finding in some if _is_loud(finding)]
    lines.sort(key=lambda line: WORST_FIRST.index(line[0].verdict))
    shown = tuple(_together(lines))
    if not shown:
        nothing = Prose(Own("Nothing: every rule that decides was evaluated and is met."))
        return Section(Anchor.ATTENTION, Own("What needs attention"), (nothing,))
    return Section(Anchor.ATTENTION, Own("What needs attention"), (Lines(shown),))


def _is_loud(finding: Finding) -> bool:
    loud = (Verdict.FAIL, Verdict.NOT_EVALUATED, Verdict.ACCEPTABLE)
    return finding.verdict in loud or finding.is_fragile or finding.reason in sections.WARNINGS


def _together(lines: Iterable[tuple[Finding, str, Anchor]]) -> list[Line]:
    """One line for each finding; one for all that say the same sentence."""
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for finding, _, anchor in lines:
        of_row = () if finding.verdict is Verdict.NOT_EVALUATED and finding.reason else (id(finding),)
        alike.setdefault((finding.verdict, anchor, finding.reason, _said(finding), *of_row), []).append(finding)
    return [_line(key[1], some) for key, some in alike.items()]  # type: ignore[arg-type]


def _line(anchor: Anchor, findings: Sequence[Finding]) -> Line:
    first = findings[0]
    if len(findings) < _TOGETHER:
        return Line(_said(first), _head(first), mark(first.verdict), anchor)
    subjects = ", ".join(dict.fromkeys(sections.organ_text(finding) for finding in findings))
    return Line(f"{len(findings)} rows: {_said(first)}", subjects, mark(first.verdict), anchor)


def _head(finding: Finding) -> str:
    about = " ".join(part for part in (finding.subject, metric_text(finding)) if part)
    by = finding.lesion if finding.lesion and finding.lesion != finding.subject else ""
    area = ""
    if finding.check == sections.PLAN_CHECK:
        area = finding.source.row
    elif finding.check == RULE and finding.group.casefold() != finding.subject.casefold():
        area = finding.group
    return " · ".join(part for part in (area, by, about) if part)


def _said(finding: Finding) -> str:
    """The number and its limit where there are both, and the sentence where it says more."""
    if finding.check in (RULE, sections.PLAN_CHECK):
        return said_text(finding)
    numbers = ""
    if finding.limit and finding.low is not None and finding.verdict is not Verdict.NOT_EVALUATED:
        numbers = f"{observed_text(finding).strip()}, limit {signed(limit_text(finding))}"
    said = finding.message if finding.check in TARGET_CHECKS else why(finding)
    whole = "; ".join(part for part in (numbers, said) if part) or finding.message
    return f"{whole} ({source_text(finding)})" if finding.check == sections.CONSTRAINT and numbers else whole
