"""Reports in a terminal. Every verdict has a sign and a word, so nothing depends on colour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from rich import box
from rich.console import Console, Group
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from rtcheck.dvh import DVH
from rtcheck.finding import Finding, Verdict
from rtcheck.metrics import MetricValue
from rtcheck.protocol import Evaluation
from rtcheck.report import sections, summary
from rtcheck.report.redaction import redacted_finding, redaction
from rtcheck.report.rows import SIGNS, print_rows, verdict_text
from rtcheck.report.wording import metric_text, observed_text, quote_text, said_text, source_text
from rtcheck.solid import Flag
from rtcheck.units import number_text


def print_check(evaluation: Evaluation, console: Console, *, show_name: bool = False) -> None:
    """The report of one check; with the patient's name and ID where asked for."""
    case = evaluation.case
    redact: Callable[[str], str] = str if show_name else redaction(case.study.patient, case.sheet.subject)
    evaluation = replace(evaluation, findings=tuple(redacted_finding(one, redact) for one in evaluation.findings))
    parts = sections.sections(evaluation.findings)
    console.print(_header(evaluation, redact, console.width, show_name=show_name))
    for finding in sections.remarks(evaluation.findings):
        console.print(Text.assemble(verdict_text(finding.verdict), f"  {finding.subject}: {finding.message}"))
    _print_changes(parts.changes, console)
    console.print(_title("Targets"))
    print_rows(sections.by_target(parts.targets), console, headed=False)
    _print_rules(parts.rules, console)
    _print_limits(evaluation, parts.limits, console)
    _print_quoted(evaluation, parts.quoted, console)
    console.print()
    _print_required(parts.required, console)
    _print_plan_checks(parts.plan_checks, console)
    for label, told in sections.left_out(evaluation.findings):
        console.print(Text(f"– {label}: {'; '.join(told)}", style="dim"))
    for roi, message in summary.quality_flags(evaluation):
        console.print(Text(f"i {roi}: {message}", style="cyan"))
    for finding in parts.notes:
        console.print(Text(f"i {finding.subject}: {finding.message}", style="cyan"))
    for note in summary.closing_notes(evaluation.protocol):
        console.print(Text(note, style="dim"))


def print_bed(
    rows: Sequence[tuple[str, str]],
    verdict: Verdict | None,
    console: Console,
    *,
    warnings: Sequence[str] = (),
    remarks: Sequence[str] = (),
) -> None:
    """Label and value of every line of a BED calculation, the verdict where a threshold was given, and remarks."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for label, value in rows:
        table.add_row(Text(label), Text(value, style="bold"))
    console.print(table)
    if verdict is not None:
        console.print(verdict_text(verdict))
    for warning in warnings:
        console.print(Text(f"! {warning}", style="bold yellow"))
    for remark in remarks:
        console.print(Text(f"i {remark}", style="dim"))


def print_dvh(answers: Iterable[tuple[str, MetricValue]], dvhs: Sequence[DVH], console: Console) -> None:
    """ROIs by metrics; an answer that isn't one number says so in its cell."""
    cells: dict[str, dict[str, MetricValue]] = defaultdict(dict)
    for roi, value in answers:
        cells[roi][value.metric] = value
    columns = list(dict.fromkeys(metric for row in cells.values() for metric in row))
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("ROI", no_wrap=True)
    for column in columns:
        table.add_column(escape(column), justify="right", overflow="fold")
    for roi, row in cells.items():
        table.add_row(Text(roi), *[_cell(row.get(column)) for column in columns])
    console.print(table)
    for dose in dict.fromkeys(dvh.dose for dvh in dvhs if dvh.dose):
        console.print(Text(f"Dose: {dose}", style="dim"))
    for basis, rois in _by_basis(dvhs).items():
        of = "" if len(rois) == len(dvhs) else f" of {', '.join(rois)}"
        console.print(Text(f"Doses{of} are {basis}.", style="dim"))
    if any(_interval(value).plain for row in cells.values() for value in row.values()):
        console.print(Text("Below a value: its interval over conventions and over dose that isn't known.", style="dim"))
    reasons = dict.fromkeys((roi, v.reason) for roi, row in cells.items() for v in row.values() if v.reason)
    for roi, reason in reasons:
        console.print(Text(f"{roi}: {reason}", style="magenta"))
    for dvh in dvhs:
        for flag in dict.fromkeys(flag for column in columns for flag in dvh.flags_of(column)):
            if flag.flag is not Flag.OUTSIDE_GRID:  # its metrics have said so
                console.print(Text(f"{dvh.roi}: {flag.message}", style="cyan"))


def _by_basis(dvhs: Sequence[DVH]) -> dict[str, list[str]]:
    """ROIs by the basis of their doses."""
    by_basis: defaultdict[str, list[str]] = defaultdict(list)
    for dvh in dvhs:
        by_basis[str(dvh.basis)].append(dvh.roi)
    return by_basis


#: What the frame takes of a title's line.
_FRAME = 6
#: Facts of the header that come from files and people.
_FROM_FILES = frozenset({"Subject", "Plan", "Prescribed", "Dose"})


def _header(evaluation: Evaluation, redact: Callable[[str], str], width: int, *, show_name: bool) -> Panel:
    """Facts in two columns under the verdict; `width` of the console."""
    lines, before = Table.grid(padding=(0, 1, 0, 0)), ""
    lines.add_column(no_wrap=True)
    lines.add_column(overflow="fold")
    for label, text in summary.facts(evaluation, show_name=show_name):
        told = redact(text) if label in _FROM_FILES else text
        lines.add_row(label if label != before else "", Text(told, style="bold"))
        before = label
    if organs := sections.organs_without_limit(evaluation.findings):
        text = f"no limit here is for these organs at this schedule: {', '.join(organs)}"
        lines.add_row(Text("Not judged", style="bold yellow"), Text(text, style="bold yellow"))
    verdict, title = evaluation.verdict, verdict_text(evaluation.verdict)
    said = [
        Text(evaluation.protocol.wording.get(evaluation.verdict.value, "")),
        Text(summary.fragile_text(evaluation.findings), style="bold yellow"),
    ]
    said = [text for text in said if text]
    if title.cell_len + sum(3 + text.cell_len for text in said) <= width - _FRAME:
        title, said = Text(" · ").join([title, *said]), []
    # A frame cuts a title that is too long.
    return Panel(Group(*said, lines), title=title, title_align="left", border_style=SIGNS[verdict][1], expand=False)


def _title(text: str) -> Text:
    return Text(f"\n{text}", style="bold underline")


def _print_changes(changes: Sequence[Finding], console: Console) -> None:
    """What a clinic's table makes of a published one stands in every report."""
    if changes:
        console.print(_title(summary.CHANGED_TITLE))
    for finding in changes:
        text = Text.assemble("  ! ", (finding.subject, "bold"), f": {finding.message}", style="yellow")
        console.print(text.append(f" ({finding.source.table})", style="dim"))


def _print_rules(findings: Sequence[Finding], console: Console) -> None:
    """The protocol's rules besides doses, by what they are about."""
    if not findings:
        return
    console.print(_title(summary.RULES_TITLE))
    for group, some in sections.by_group(findings):
        console.print(Text(group, style="bold"))
        _print_said(some, console)


def _print_said(findings: Sequence[Finding], console: Console) -> None:
    """A line each: verdict, what it is about, what is said."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for finding in findings:
        text = Text.assemble((finding.subject, "bold"), f": {said_text(finding)}")
        grid.add_row(verdict_text(finding.verdict), text.append(f" · {finding.source.row}", style="dim"))
    console.print(Padding(grid, (0, 0, 0, 2)))


def _print_plan_checks(findings: Sequence[Finding], console: Console) -> None:
    """What fired, then in a line each what passed, what nobody could check, and what is off."""
    if not findings:
        return
    console.print(_title(summary.PLAN_CHECKS_TITLE))
    parts = sections.plan_checks(findings)
    _print_said((*parts.alerts, *parts.notes), console)
    for label, text in summary.plan_check_lines(parts):
        style = "magenta" if label == summary.UNCHECKED else "dim"
        console.print(Padding(Text(f"{label}: {text}", style=style), (0, 0, 0, 2)))
    console.print()


def _print_limits(evaluation: Evaluation, limits: Sequence[Finding], console: Console) -> None:
    if not limits:
        console.print(Text("\nNo dose constraint of this protocol applies to this plan.", style="magenta"))
        return
    console.print(_title(summary.LIMITS_TITLE))
    print_rows(sections.by_organ(limits), console, not_enabled=summary.not_enabled(evaluation.protocol))


def _print_quoted(evaluation: Evaluation, quoted: Sequence[Finding], console: Console) -> None:
    """What was measured, and what the source says of such a number; a line each where the terminal is wide."""
    if not quoted:
        return
    console.print(_title(summary.QUOTED_TITLE))
    not_enabled = summary.not_enabled(evaluation.protocol)
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(overflow="fold")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for finding in sections.flat(sections.by_organ(quoted)):
        text = Text(quote_text(finding)).append(f" · {source_text(finding, not_enabled)}", style="dim")
        asked = Text(f"{finding.subject}  {metric_text(finding)}")
        grid.add_row(asked, Text(observed_text(finding)), text)
    console.print(Padding(grid, (0, 0, 0, 2)))


def _print_required(findings: Sequence[Finding], console: Console) -> None:
    if not findings:
        return
    absent = [finding for finding in findings if finding.verdict is not Verdict.PASS]
    present = [finding.subject for finding in findings if finding.verdict is Verdict.PASS]
    if present:
        console.print(Text(f"✔ Required and contoured: {', '.join(present)}", style="green"))
    for finding in absent:
        console.print(Text(f"? {finding.subject}: {finding.message}", style="magenta"))


def _cell(value: MetricValue | None) -> Text:
    """A value, and below it its interval."""
    if value is None:
        return Text("")
    if value.value is not None:
        return Text.assemble(_digits(value.value), _interval(value))
    if value.low is None or value.high is None:
        return Text("not evaluable", style="magenta")
    return Text(f"{_digits(value.low)} to {_digits(value.high)}", style="magenta")


def _interval(value: MetricValue) -> Text:
    """The interval on a line of its own; empty where it doesn't differ from the value in the digits shown."""
    shown = [_digits(number) for number in (value.low, value.value, value.high) if number is not None]
    return Text(f"\n{shown[0]} – {shown[-1]}", style="dim") if len(shown) == 3 and len(set(shown)) > 1 else Text("")


def _digits(number: float) -> str:
    """Two decimals, fewer for numbers of four digits and more."""
    return number_text(number, None, 2 if number < 1000 else 1 if number < 10_000 else 0)
