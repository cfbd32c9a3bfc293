"""Findings as rows of a terminal: numbers in columns, and below each what is to be said in words.

A row has one line of numbers where the terminal is wide enough, otherwise two; nothing is cut off.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rtcheck.finding import Finding, Verdict
from rtcheck.report.wording import (
    curve_text,
    interval_text,
    limit_text,
    margin_bar,
    margin_text,
    metric_text,
    needs_reading,
    observed_text,
    source_text,
    why,
)

SIGNS: dict[Verdict, tuple[str, str]] = {
    Verdict.PASS: ("✔", "green"),
    Verdict.ACCEPTABLE: ("≈", "yellow"),
    Verdict.NOT_EVALUATED: ("?", "magenta"),
    Verdict.FAIL: ("✘", "bold red"),
    Verdict.NOT_APPLICABLE: ("–", "dim"),
    Verdict.INFO: ("i", "cyan"),
}
_HEADINGS = ("Verdict", "ROI", "Metric", "Observed", "Limit", "Margin (of the limit)", "")
#: Most cells that a column takes before its texts are folded.
_WIDEST = (15, 20, 22, 20, 16, 24, 11)
_RIGHT = ("Observed", "Margin (of the limit)")
_GAP = 2
_INDENT = 2


def verdict_text(verdict: Verdict) -> Text:
    """Sign and word of a verdict, coloured."""
    sign, style = SIGNS[verdict]
    return Text(f"{sign} {verdict.value.replace('_', ' ')}", style=style)


@dataclass(frozen=True)
class _Columns:
    """Widths of the columns, the same for all rows of a section; 0 for one that no row needs."""

    widths: tuple[int, ...]
    is_wide: bool


def print_rows(
    groups: Sequence[tuple[str, Sequence[Finding]]],
    console: Console,
    *,
    not_enabled: Collection[str] = (),
    headed: bool = True,
) -> None:
    """Findings in groups, each under its name.

    Parameters
    ----------
    groups : sequence of tuple
        Heading and findings.
    console : Console
    not_enabled : collection of str
        Tables whose rows are marked.
    headed : bool
        False leaves out the headings, where every row says the same.
    """
    findings = [finding for _, some in groups for finding in some]
    columns = _columns(findings, console.width)
    if columns.is_wide:
        titles = [Text(title, style="dim") for title in _HEADINGS]
        console.print(Padding(_line(columns, titles), (0, 0, 0, _INDENT)))
    for heading, some in groups:
        if headed:
            console.print(Text(heading, style="bold"))
        for finding in some:
            for part in _row(finding, columns, not_enabled):
                console.print(part)


def _columns(findings: Sequence[Finding], width: int) -> _Columns:
    """The widths that the texts need; wide where they fit beside one another."""
    cells = [_cells(finding) for finding in findings]
    widths = []
    for number, (title, widest) in enumerate(zip(_HEADINGS, _WIDEST, strict=True)):
        needed = max((cell_len(row[number].plain) for row in cells), default=0)
        widths.append(min(max(needed, cell_len(title)), widest) if needed else 0)
    total = _INDENT + sum(width + _GAP for width in widths if width) - _GAP
    return _Columns(tuple(widths), total <= width)


def _cells(finding: Finding) -> tuple[Text, ...]:
    style = SIGNS[finding.verdict][1] if needs_reading(finding) else ""
    return (
        verdict_text(finding.verdict),
        Text(finding.subject),
        Text(metric_text(finding)),
        Text(observed_text(finding)),
        Text(limit_text(finding)),
        Text(margin_text(finding), style=style),
        Text(margin_bar(finding), style=style or "green"),
    )


def _row(finding: Finding, columns: _Columns, not_enabled: Collection[str]) -> Iterator[RenderableType]:
    """The numbers, then the words."""
    cells = _cells(finding)
    beside = _INDENT + columns.widths[0] + _GAP
    if columns.is_wide:
        yield Padding(_line(columns, cells), (0, 0, 0, _INDENT))
    else:
        yield from _narrow(cells, columns)
    if said := why(finding):
        yield Padding(Text(said, style="yellow" if needs_reading(finding) else ""), (0, 0, 0, beside))
    yield Padding(_origin(finding, not_enabled), (0, 0, 0, beside))


def _line(columns: _Columns, cells: Sequence[Text]) -> Table:
    """One line of cells; a text that is longer than its column goes on below."""
    grid = Table.grid(padding=(0, _GAP, 0, 0))
    shown = []
    for title, width, cell in zip(_HEADINGS, columns.widths, cells, strict=True):
        if width:
            justify = "right" if title in _RIGHT else "left"
            grid.add_column(width=width, overflow="fold", justify=justify)  # type: ignore[arg-type]
            shown.append(cell)
    grid.add_row(*shown)
    return grid


def _narrow(cells: Sequence[Text], columns: _Columns) -> Iterator[RenderableType]:
    """What is asked, then what was found."""
    verdict, roi, metric, observed, limit, margin, bar = cells
    grid = Table.grid(padding=(0, _GAP, 0, 0))
    grid.add_column(width=columns.widths[0])
    grid.add_column(overflow="fold")
    grid.add_row(verdict, Text("  ").join(part for part in (roi, metric, limit) if part.plain))
    found = [(observed, columns.widths[3]), (margin, columns.widths[5]), (bar, columns.widths[6])]
    for text, width in found[:2]:
        text.align("right", max(width, cell_len(text.plain)))
    grid.add_row("", Text("  ").join(text for text, width in found if width))
    yield Padding(grid, (0, 0, 0, _INDENT))


def _origin(finding: Finding, not_enabled: Collection[str]) -> Text:
    """Interval, room along the curve and the row that asks, in one line of their own."""
    interval = interval_text(finding)
    parts = [f"interval {interval}" if interval else "", curve_text(finding)]
    text = Text(" · ".join(part for part in (*parts, source_text(finding, not_enabled)) if part), style="dim")
    if finding.is_fragile and interval:
        text.stylize("yellow", 0, len(parts[0]))
    return text
