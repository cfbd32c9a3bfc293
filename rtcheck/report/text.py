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
from rtcheck.metrics import MetricValue, State
from rtcheck.protocol import Evaluation
from rtcheck.units import number_text

SIGNS: dict[Verdict, tuple[str, str]] = {
    Verdict.PASS: ("✔", "green"),
    Verdict.ACCEPTABLE: ("≈", "yellow"),
    Verdict.NOT_EVALUATED: ("?", "magenta"),
    Verdict.FAIL: ("✘", "bold red"),
    Verdict.NOT_APPLICABLE: ("–", "dim"),
    Verdict.INFO: ("i", "cyan"),
}
_DISCLAIMER = "A second check, no medical device: a qualified person decides."


def verdict_text(verdict: Verdict) -> Text:
    """Sign and word of a verdict, coloured."""
    sign, style = SIGNS[verdict]
    return Text(f"{sign} {verdict.value.replace('_', ' ')}", style=style)


def print_check(evaluation: Evaluation, console: Console) -> None:
    """The report of one check."""
    console.print(_header(evaluation))
    findings = evaluation.findings
    console.print(_table("Targets: prescribed dose", _of(findings, "bed", "bed-achieved")))
    limits = [f for f in _of(findings, "dose-constraint") if f.verdict is not Verdict.NOT_APPLICABLE]
    if limits:
        console.print(_table("Dose constraints", limits))
    else:
        console.print(Text("No dose constraint of this protocol applies to this plan.", style="magenta"))
    _print_required(_of(findings, "required-roi"), console)
    _print_not_applicable(findings, console)
    _print_flags(evaluation, console)
    for finding in _of(findings, "reading"):
        console.print(Text(f"i {finding.subject}: {finding.message}", style="cyan"))
    for note in (*evaluation.protocol.notes, _DISCLAIMER):
        console.print(Text(note, style="dim"))


def print_bed(rows: Sequence[tuple[str, str]], verdict: Verdict | None, console: Console) -> None:
    """Label and value of every line of a BED calculation, and the verdict where a threshold was given."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for label, value in rows:
        table.add_row(label, Text(value, style="bold"))
    console.print(table)
    if verdict is not None:
        console.print(verdict_text(verdict))


def print_dvh(answers: Iterable[tuple[str, MetricValue]], dvhs: Sequence[DVH], console: Console) -> None:
    """ROIs by metrics; an answer that isn't one number says so in its cell."""
    cells: dict[str, dict[str, MetricValue]] = defaultdict(dict)
    for roi, value in answers:
        cells[roi][value.metric] = value
    columns = list(dict.fromkeys(metric for row in cells.values() for metric in row))
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("ROI")
    for column in columns:
        table.add_column(escape(column), justify="right")
    for roi, row in cells.items():
        table.add_row(Text(roi), *[_cell(row.get(column)) for column in columns])
    console.print(table)
    reasons = dict.fromkeys((roi, v.reason) for roi, row in cells.items() for v in row.values() if v.reason)
    for roi, reason in reasons:
        console.print(Text(f"{roi}: {reason}", style="magenta"))
    for dvh in dvhs:
        for flag in dvh.flags:
            console.print(Text(f"{dvh.roi}: {flag.message}", style="cyan"))


def _header(evaluation: Evaluation) -> Panel:
    study, protocol, case = evaluation.case.study, evaluation.protocol, evaluation.case
    plan = study.plan.label if study.plan else "no plan file"
    prescribed = [f"{p.target} {p.total_dose_gy:g} Gy in {p.fractions}" for p in case.prescriptions]
    lines = [
        Text.assemble("Patient   ", (f"{study.patient.name} ({study.patient.patient_id})", "bold")),
        Text.assemble("Plan      ", (plan, "bold"), f" · {'; '.join(prescribed) or case.prescription_problem}"),
        Text.assemble("Protocol  ", (protocol.id, "bold"), f" · {protocol.title}"),
        Text(f"Dose      {study.dose.grid.describe()}"),
    ]
    declared = [protocol.diagnosis or "", f"Child-Pugh {case.child_pugh}" if case.child_pugh else ""]
    known = ", ".join(part for part in declared if part)
    lines.append(Text(f"Declared  {known or 'nothing'}{'' if case.child_pugh else '; Child-Pugh not declared'}"))
    title = verdict_text(evaluation.verdict)
    return Panel(Group(*lines), title=title, title_align="left", border_style=SIGNS[evaluation.verdict][1])


def _of(findings: Sequence[Finding], *checks: str) -> list[Finding]:
    return [finding for finding in findings if finding.check in checks]


_WORST_FIRST = (Verdict.FAIL, Verdict.NOT_EVALUATED, Verdict.ACCEPTABLE, Verdict.PASS, Verdict.INFO)


def _table(title: str, findings: Sequence[Finding]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, expand=False)
    for heading in ("Verdict", "ROI", "Metric", "Observed", "Limit", "Why", "Source"):
        table.add_column(heading, justify="right" if heading == "Observed" else "left", overflow="fold")
    ranked = [*_WORST_FIRST, Verdict.NOT_APPLICABLE]
    for finding in sorted(findings, key=lambda f: ranked.index(f.verdict)):
        status = f" [{finding.source.status}]" if finding.source.status else ""
        table.add_row(
            verdict_text(finding.verdict),
            Text(finding.subject),
            Text(finding.metric),
            Text(observed_text(finding)),
            Text(finding.limit),
            Text(_why(finding)),
            Text(f"{finding.source.row}{status}", style="dim"),
        )
    return table


def observed_text(finding: Finding) -> str:
    """The observed value or interval with its unit, never rounded across the limit."""
    decimals = 2 if finding.unit == "Gy" else 1
    if finding.observed is not None:
        return f"{number_text(finding.observed, finding.limit_value, decimals)} {finding.unit}"
    if finding.low is None or finding.high is None:
        return "—"
    low = number_text(finding.low, finding.limit_value, decimals)
    return f"{low} to {number_text(finding.high, finding.limit_value, decimals)} {finding.unit}"


def _why(finding: Finding) -> str:
    """The message where it says more than the numbers beside it."""
    if finding.check == "dose-constraint" and finding.verdict is Verdict.PASS and ";" not in finding.message:
        return "" if finding.robust and "(" not in finding.message else finding.message
    if finding.check == "dose-constraint" and not finding.reason and ";" not in finding.message:
        return "" if "(" not in finding.message else finding.message
    return finding.message


def _print_required(findings: Sequence[Finding], console: Console) -> None:
    if not findings:
        return
    absent = [finding for finding in findings if finding.verdict is not Verdict.PASS]
    present = [finding.subject for finding in findings if finding.verdict is Verdict.PASS]
    if present:
        console.print(Text(f"✔ Required and contoured: {', '.join(present)}", style="green"))
    for finding in absent:
        console.print(Text(f"? {finding.subject}: {finding.message}", style="magenta"))


def _print_not_applicable(findings: Sequence[Finding], console: Console) -> None:
    """One visible line each for what isn't contoured, and for rows of other schedules and patients."""
    rows = [f for f in _of(findings, "dose-constraint") if f.verdict is Verdict.NOT_APPLICABLE]
    labels = {"not-contoured": "Not contoured", "schedule": "Only for other schedules", "patient": "Only for others"}
    judged = {f.group for f in _of(findings, "dose-constraint") if f.verdict.decides}
    for reason, label in labels.items():
        organs = defaultdict(list)
        for finding in rows:
            if finding.reason == reason:
                organs[finding.group].append(finding.metric)
        if organs:
            listed = "; ".join(f"{organ} {', '.join(metrics)}" for organ, metrics in organs.items())
            console.print(Text(f"– {label}: {listed}", style="dim"))
    unlimited = [g for g in dict.fromkeys(f.group for f in rows if f.reason == "schedule") if g not in judged]
    if unlimited:
        text = f"! No limit of these tables fits this schedule, so nothing was judged, for: {', '.join(unlimited)}"
        console.print(Text(text, style="bold yellow"))


def _print_flags(evaluation: Evaluation, console: Console) -> None:
    asked = dict.fromkeys(f.subject for f in _of(evaluation.findings, "dose-constraint") if f.rois)
    for roi in asked:
        for flag in evaluation.case.dvh(roi).flags:
            console.print(Text(f"i {roi}: {flag.message}", style="cyan"))


def _cell(value: MetricValue | None) -> Text:
    if value is None:
        return Text("")
    if value.state is State.VALUE and value.value is not None:
        return Text(f"{value.value:.2f}")
    if value.low is None or value.high is None:
        return Text("not evaluable", style="magenta")
    return Text(f"{value.low:.2f} to {number_text(value.high, None, 2)}", style="magenta")
