"""Which section of a report a finding stands in, and in which order; every finding has one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rtcheck.checks.members import PARTLY
from rtcheck.errors import ParseError
from rtcheck.finding import Finding, Verdict
from rtcheck.report.wording import observed_text
from rtcheck.roi_algebra import Selection, names, parse_expression

WORST_FIRST = (
    Verdict.FAIL,
    Verdict.NOT_EVALUATED,
    Verdict.ACCEPTABLE,
    Verdict.PASS,
    Verdict.INFO,
    Verdict.NOT_APPLICABLE,
)
#: Reasons of findings that decide nothing and that nobody should overlook.
WARNINGS = frozenset({"achieved-below-rule"})
#: What stands in the table of targets.
TARGET_CHECKS = ("bed", "prescription-sources", "bed-achieved")
#: Checks that the head of a report tells.
HEAD_CHECKS = ("plan-status", "tables")
CONSTRAINT, REQUIRED, CHANGE, UNJUDGED = "dose-constraint", "required-roi", "table-change", "unjudged-organ"
RULE, PLAN_CHECK = "protocol-rule", "plan-check"
#: Checks whose rows aren't told among those that aren't applicable: they have a section whatever they found.
_OWN_SECTION = frozenset({RULE, PLAN_CHECK})
#: Checks without a section of their own: shown above the tables where they decide, among the notes where they don't.
REMARK_CHECKS = (
    "plan-status",
    "case-sheet",
    "patient",
    "limits",
    "reading",
    "laterality",
    "names",
    "tables",
    CHANGE,
    UNJUDGED,
)
#: Why a row isn't applicable, by reason code; any other reason is listed under its own message.
ABSENT, OTHER_SCHEDULE, OTHER_PATIENT = "Not contoured", "Only for other schedules", "Only for other patients"
_LEFT_OUT = {"not-contoured": ABSENT, "schedule": OTHER_SCHEDULE, "patient": OTHER_PATIENT}
#: What introduces names that resemble one that isn't there.
_SIMILAR = "similar: "


@dataclass(frozen=True)
class Sections:
    """The findings of a check, each in the section where a report shows it, in the order of the protocol.

    Attributes
    ----------
    head : tuple of Finding
        Told in the head of the report, among its facts.
    remarks : tuple of Finding
        Deciding findings of no section of their own, worst first: they stand above all tables.
    changes : tuple of Finding
        What a clinic's table changed in a published one.
    targets, required : tuple of Finding
    rules : tuple of Finding
        Rules of the protocol besides its doses, whatever their verdict.
    plan_checks : tuple of Finding
        Plan checks, whatever their verdict.
    limits : tuple of Finding
        Rows that were judged, or should have been, and whatever a check of another package found.
    quoted : tuple of Finding
        Numbers of tables that are shown and never judged.
    unjudged : tuple of Finding
        Organs that no limit judged, and that needn't be.
    not_applicable : tuple of Finding
    notes : tuple of Finding
        What else a reviewer should know.
    """

    head: tuple[Finding, ...]
    remarks: tuple[Finding, ...]
    changes: tuple[Finding, ...]
    targets: tuple[Finding, ...]
    required: tuple[Finding, ...]
    rules: tuple[Finding, ...]
    plan_checks: tuple[Finding, ...]
    limits: tuple[Finding, ...]
    quoted: tuple[Finding, ...]
    unjudged: tuple[Finding, ...]
    not_applicable: tuple[Finding, ...]
    notes: tuple[Finding, ...]


def sections(findings: Iterable[Finding]) -> Sections:
    """Every finding in exactly one section."""
    parts: dict[str, list[Finding]] = {name: [] for name in Sections.__dataclass_fields__}
    for finding in findings:
        parts[_section(finding)].append(finding)
    parts["remarks"] = ranked(parts["remarks"])
    return Sections(**{name: tuple(some) for name, some in parts.items()})


def _section(finding: Finding) -> str:
    """The first rule that holds."""
    check, verdict = finding.check, finding.verdict
    rules: tuple[tuple[bool, str], ...] = (
        (check == REQUIRED, "required"),
        (check == RULE, "rules"),
        (check == PLAN_CHECK, "plan_checks"),
        (check in TARGET_CHECKS, "targets"),
        (verdict is Verdict.NOT_APPLICABLE, "not_applicable"),
        (verdict.decides and check in REMARK_CHECKS, "remarks"),
        (verdict.decides, "limits"),
        (check in HEAD_CHECKS, "head"),
        (check == CHANGE, "changes"),
        (check == UNJUDGED, "unjudged"),
        (check == CONSTRAINT, "quoted"),
    )
    return next((section for holds, section in rules if holds), "notes")


def of_checks(findings: Iterable[Finding], *checks: str) -> list[Finding]:
    """The findings of some checks, in order."""
    return [finding for finding in findings if finding.check in checks]


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first; in the protocol's order among equals."""
    return sorted(findings, key=_rank)


def by_target(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """Findings about targets, those of one target together; the target with the worst verdict first."""
    return _grouped(of_checks(findings, *TARGET_CHECKS), lambda finding: finding.subject)


def by_organ(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """Findings about organs, those of one organ together; the organ with the worst verdict first.

    Within an organ the worst stands first, too, and rows of one set stand together where the worst of them does.
    """
    return [(organ, _sets_together(some)) for organ, some in _grouped(findings, organ_text)]


def by_group(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """Findings of rules by what they are about (Lesions, Planning CT ...), in the protocol's order; worst first."""
    grouped: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        grouped[finding.group].append(finding)
    return [(group, ranked(some)) for group, some in grouped.items()]


@dataclass(frozen=True)
class PlanChecks:
    """The findings of plan checks, as a report tells them.

    Attributes
    ----------
    alerts : tuple of Finding
        What fired, worst first, and alerts that a person let stand.
    notes : tuple of Finding
        Alerts that decide nothing.
    unknown : tuple of Finding
        What couldn't be checked.
    off : tuple of Finding
        Switched off by the clinic.
    shown : tuple of Finding
        Values that nobody judged.
    passed, carried : tuple of str
        Ids of the checks that found nothing, and of those that other findings judge.
    """

    alerts: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    unknown: tuple[Finding, ...]
    off: tuple[Finding, ...]
    shown: tuple[Finding, ...]
    passed: tuple[str, ...]
    carried: tuple[str, ...]


def plan_checks(findings: Iterable[Finding]) -> PlanChecks:
    """The findings of plan checks in the parts that a report shows apart; every one is in exactly one."""
    parts: dict[str, list[Finding]] = {name: [] for name in PlanChecks.__dataclass_fields__}
    for finding in of_checks(findings, PLAN_CHECK):
        parts[_part(finding)].append(finding)
    alerts = ranked(parts["alerts"])
    passed, carried = (tuple(one.source.row for one in parts[name]) for name in ("passed", "carried"))
    others = {name: tuple(parts[name]) for name in ("notes", "unknown", "off", "shown")}
    return PlanChecks(alerts=tuple(alerts), passed=passed, carried=carried, **others)


def _part(finding: Finding) -> str:
    by_reason = {"not-checked": "unknown", "not-asked": "unknown", "off": "off", "shown": "shown", "carried": "carried"}
    if finding.reason in by_reason and not finding.overridden:
        return by_reason[finding.reason]
    if finding.verdict is Verdict.PASS:
        return "passed"
    return "alerts" if finding.verdict.decides else "notes"


def flat(groups: Iterable[tuple[str, Sequence[Finding]]]) -> list[Finding]:
    """The findings of groups, one after the other."""
    return [finding for _, some in groups for finding in some]


def organ_text(finding: Finding) -> str:
    """The organ that a finding is about, by its ROI; as the source calls it where it asks several ROIs."""
    found = organs(finding)
    return found[0] if len(found) == 1 else finding.group or finding.subject


def organs(finding: Finding) -> tuple[str, ...]:
    """Names of the organs that a row asks for: one, or those of ``all(A, B)`` and ``any(A, B)``."""
    if finding.check != CONSTRAINT:
        return (finding.group or finding.subject,)
    try:
        expression = parse_expression(finding.subject)
    except ParseError:
        return (finding.subject,)
    members = expression.members if isinstance(expression, Selection) else (expression,)
    return tuple(dict.fromkeys(names(member)[0].text for member in members))


def left_out(findings: Iterable[Finding]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The findings that are not applicable, in short: why, and what it is about. Nothing vanishes.

    Of what isn't contoured every organ, those among them that ``all(A, B)`` asks beside others, with the names that
    look like it; of other schedules the number of rows of each
    table; of other patients each organ with its rows; of any other reason each subject.
    """
    reasons: dict[str, list[Finding]] = {label: [] for label in _LEFT_OUT.values()}
    for finding in findings:
        if finding.check in _OWN_SECTION:
            continue
        if finding.verdict is Verdict.NOT_APPLICABLE:
            reasons.setdefault(reason_text(finding), []).append(finding)
        elif finding.reason == PARTLY:
            reasons[ABSENT].append(finding)
    told = {ABSENT: _absent_organs, OTHER_SCHEDULE: _rows_by_table}
    return tuple((label, told.get(label, _rows_by_organ)(some)) for label, some in reasons.items() if some)


def reason_text(finding: Finding) -> str:
    """Why a row isn't applicable."""
    return _LEFT_OUT.get(finding.reason, finding.message or "Not applicable")


def organs_without_limit(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Contoured organs that no limit judged and that needn't be, each with its maximum."""
    return tuple(
        f"{finding.subject} (max {observed_text(finding) if finding.low is not None else 'unknown'})"
        for finding in sections(findings).unjudged
    )


def remarks(findings: Iterable[Finding]) -> list[Finding]:
    """What stands above the tables: deciding findings of no section of their own, worst first, then warnings."""
    every = list(findings)
    return ranked([*sections(every).remarks, *(finding for finding in every if finding.reason in WARNINGS)])


def _rank(finding: Finding) -> int:
    return WORST_FIRST.index(finding.verdict)


def _grouped(findings: Iterable[Finding], name_of: Callable[[Finding], str]) -> list[tuple[str, list[Finding]]]:
    """Groups, that with the worst verdict first; each worst first."""
    grouped: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        grouped[name_of(finding)].append(finding)
    return sorted(((name, ranked(some)) for name, some in grouped.items()), key=lambda group: _rank(group[1][0]))


def _sets_together(findings: Sequence[Finding]) -> list[Finding]:
    """Findings that are worst first, with each set where the worst of its rows is."""
    units: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for number, finding in enumerate(findings):
        units["set" if finding.set else "row", finding.set or str(number)].append(finding)
    return [finding for unit in units.values() for finding in unit]


def _absent_organs(findings: Sequence[Finding]) -> tuple[str, ...]:
    similar: dict[str, dict[str, None]] = defaultdict(dict)
    for finding in findings:
        close = finding.message.partition(_SIMILAR)[2]
        for organ in organs(finding):
            if finding.reason == PARTLY and f"{organ}: not contoured" not in finding.message:
                continue  # of all(A, B) this one is there
            similar[organ] |= dict.fromkeys(close.split(", ") if close else ())
    return tuple(f"{organ} ({_SIMILAR}{', '.join(close)})" if close else organ for organ, close in similar.items())


def _rows_by_table(findings: Sequence[Finding]) -> tuple[str, ...]:
    counts = Counter(finding.source.table for finding in findings)
    return tuple(f"{table} {count} row{'s' if count > 1 else ''}" for table, count in counts.items())


def _rows_by_organ(findings: Sequence[Finding]) -> tuple[str, ...]:
    rows: dict[str, list[str]] = defaultdict(list)
    for finding in findings:
        rows[organ_text(finding)].append(finding.metric)
    return tuple(f"{organ} {', '.join(dict.fromkeys(metrics))}".strip() for organ, metrics in rows.items())
