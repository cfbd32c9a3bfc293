"""Reports in a terminal. Every verdict has a sign and a word, so nothing depends on colour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from rtcheck.dvh import DVH
from rtcheck.finding import Finding, Verdict
from rtcheck.metrics import MetricValue
from rtcheck.protocol import Evaluation
from rtcheck.report import summary
from rtcheck.solid import Flag
from rtcheck.units import number_text

SIGNS: dict[Verdict, tuple[str, str]] = {
    Verdict.PASS: ("✔", "green"),
    Verdict.ACCEPTABLE: ("≈", "yellow"),
    Verdict.NOT_EVALUATED: ("?", "magenta"),
    Verdict.FAIL: ("✘", "bold red"),
    Verdict.NOT_APPLICABLE: ("–", "dim"),
    Verdict.INFO: ("i", "cyan"),
}


def verdict_text(verdict: Verdict) -> Text:
    """Sign and word of a verdict, coloured."""
    sign, style = SIGNS[verdict]
    return Text(f"{sign} {verdict.value.replace('_', ' ')}", style=style)


def print_check(evaluation: Evaluation, console: Console) -> None:
    """The report of one check."""
    findings = evaluation.findings
    console.print(_header(evaluation))
    for finding in summary.remarks(findings):
        console.print(Text.assemble(verdict_text(finding.verdict), f"  {finding.subject}: {finding.message}"))
    console.print(_table("Targets", summary.by_target(findings)))
    limits = [f for f in summary.of_checks(findings, "dose-constraint") if f.verdict is not Verdict.NOT_APPLICABLE]
    if limits:
        console.print(_table("Dose constraints, in physical dose unless said otherwise", summary.ranked(limits)))
    else:
        console.print(Text("No dose constraint of this protocol applies to this plan.", style="magenta"))
    _print_required(summary.of_checks(findings, "required-roi"), console)
    for label, organs in summary.left_out(findings):
        console.print(Text(f"– {label}: {'; '.join(organs)}", style="dim"))
    for roi, flag in summary.quality_flags(evaluation):
        console.print(Text(f"i {roi}: {flag.message}", style="cyan"))
    for finding in summary.of_checks(findings, "reading"):
        if not finding.verdict.decides:
            console.print(Text(f"i {finding.subject}: {finding.message}", style="cyan"))
    for note in (*evaluation.protocol.notes, summary.DISCLAIMER):
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


def _header(evaluation: Evaluation) -> Panel:
    lines, before = [], ""
    for label, text in summary.facts(evaluation):
        lines.append(Text.assemble(f"{label if label != before else '':<11}", (text, "bold")))
        before = label
    if organs := summary.organs_without_limit(evaluation.findings):
        text = f"{'Not judged':<11}no limit here is for these organs at this schedule: {', '.join(organs)}"
        lines.append(Text(text, style="bold yellow"))
    verdict, title = evaluation.verdict, verdict_text(evaluation.verdict)
    if fragile := summary.fragile_text(evaluation.findings):
        title.append(f" · {fragile}", style="bold yellow")
    return Panel(Group(*lines), title=title, title_align="left", border_style=SIGNS[verdict][1], expand=False)


def _table(title: str, findings: Sequence[Finding]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, expand=False)
    for heading in ("Verdict", "ROI", "Metric", "Observed", "Limit", "Why", "Source"):
        table.add_column(heading, justify="right" if heading == "Observed" else "left", overflow="fold")
    for finding in findings:
        status = f" [{finding.source.status}]" if finding.source.status else ""
        table.add_row(
            verdict_text(finding.verdict),
            Text(finding.subject),
            Text(summary.metric_text(finding)),
            _observed(finding),
            Text(finding.limit),
            Text(summary.why(finding)),
            Text(f"{finding.source.row}{status}", style="dim"),
        )
    return table


def _observed(finding: Finding) -> Text:
    """The value, and below it its interval."""
    text = Text(summary.observed_text(finding))
    if interval := summary.interval_text(finding):
        text.append(f"\n{interval}", style="yellow" if finding.is_fragile else "dim")
    return text


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
