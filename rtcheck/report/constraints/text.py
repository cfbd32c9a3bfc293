"""Constraint tables in a terminal: lists, single rows, differences. Words are set here and made elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rtcheck.constraint import Role
from rtcheck.nomenclature import normalised
from rtcheck.report.constraints.difference import Difference, KeyChange
from rtcheck.report.constraints.lint import Linted
from rtcheck.report.constraints.listing import Listed, by_organ
from rtcheck.report.constraints.phrases import schedule_text
from rtcheck.report.constraints.remarks import Level
from rtcheck.report.constraints.single import row_page

#: What stands beside a row that isn't a plain limit, and what it means.
_MARKS = {
    Role.SET_MEMBER: ("set", "judged, and its rate holds only together with the other rows of its set"),
    Role.RISK_POINT: ("risk", "a number at which the source quotes a rate; shown, never judged"),
    Role.OBSERVATIONAL: ("seen", "used in practice, without a fitted endpoint; shown, never judged"),
}
#: Sign and style of a status; the sign stands for the word where the terminal is narrow.
_STATUS = {
    "verified": ("✔", "green"),
    "single": ("1", "yellow"),
    "values-only": ("≈", "yellow"),
    "conflict": ("!", "bold red"),
    "unverified": ("?", "bold red"),
}
_LEVELS = {Level.PROBLEM: "bold red", Level.WARNING: "yellow", Level.NOTE: "dim"}
_HEADINGS = ("Row", "Metric", "Limit", "For", "Status")
#: What columns are narrowed to where a line is too long, in this order, and no further; the rest is folded.
_NARROWED = ((1, 14), (0, 34), (2, 12), (0, 18))
_INDENT = 2
#: Sentences are no longer than this, however wide the terminal is.
_LINE = 90


def print_rows(rows: Sequence[Listed], console: Console) -> None:
    """Rows under their organs and ROIs, in columns that line up over all of them."""
    signs = _length(_widths(_plain(rows, signs=False)), 2) > console.width
    widths = _widths(_plain(rows, signs=signs))
    gap = 1 if _length(widths, 2) > console.width else 2
    widths = _narrowed(widths, gap, console.width)
    console.print(_block([[Text(heading, style="bold") for heading in _HEADINGS]], widths, gap))
    for (organ, roi), listed in by_organ(rows).items():
        drawn = "" if normalised(organ) == normalised(roi) else f"   {roi}"
        console.print(Text.assemble((organ, "bold"), (drawn, "cyan")))
        console.print(_block([_cells(one, signs=signs) for one in listed], widths, gap))
    _print_legend(rows, console, signs=signs)


def _print_legend(rows: Sequence[Listed], console: Console, *, signs: bool) -> None:
    """What the signs and marks mean that stand in a list."""
    statuses = [status for status in _STATUS if signs and any(one.row.source.status == status for one in rows)]
    if statuses:
        console.print(Text("   ".join(f"{_STATUS[status][0]} {status}" for status in statuses), style="dim"))
    for role, (mark, meaning) in _MARKS.items():
        if any(one.row.role is role for one in rows):
            console.print(Text(f"{mark}: {meaning}", style="dim"))


def _block(rows: Sequence[Sequence[Text]], widths: Sequence[int], gap: int) -> Padding:
    grid = Table.grid(padding=(0, gap, 0, 0))
    for width in widths:
        grid.add_column(width=width, overflow="fold")
    for row in rows:
        grid.add_row(*row)
    return Padding(grid, (0, 0, 0, _INDENT), expand=False)


def _plain(rows: Sequence[Listed], *, signs: bool) -> list[Sequence[str]]:
    return [_HEADINGS, *([text.plain for text in _cells(one, signs=signs)] for one in rows)]


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(line) for cell in column for line in cell.split("\n")) for column in zip(*rows, strict=True)]


def _length(widths: Sequence[int], gap: int) -> int:
    """Of a line with its indent and gaps."""
    return sum(widths) + _INDENT + gap * (len(widths) - 1)


def _narrowed(widths: Sequence[int], gap: int, width: int) -> list[int]:
    """The widths of columns such that a line isn't longer than the terminal, as far as they can be narrowed."""
    narrowed = list(widths)
    for index, least in _NARROWED:
        surplus = _length(narrowed, gap) - width
        if surplus > 0 and narrowed[index] > least:
            narrowed[index] = max(least, narrowed[index] - surplus)
    return narrowed


def _cells(one: Listed, *, signs: bool) -> list[Text]:
    row, style = one.row, "" if one.row.role.is_judged else "dim"
    sign, colour = _STATUS.get(row.source.status, (row.source.status, "yellow"))
    status = Text(sign if signs else row.source.status, style=colour)
    if row.role in _MARKS:
        status.append(f" {_MARKS[row.role][0]}", style="cyan")
    # Where it is narrow, the acceptable bound stands on a line of its own.
    limit = row.limit_text.replace(" (", "\n(") if signs else row.limit_text
    texts = (row.id, str(row.metric), limit, schedule_text(row.regimen))
    return [*(Text(text, style=style) for text in texts), status]


def print_row(one: Listed, cases: Mapping[str, str], others: Sequence[Listed], console: Console) -> None:
    """Everything of one row: its data, its cases, and the other rows of its group."""
    _print_head(one, console)
    console.print(grid(row_page(one)))
    if others and one.row.group:
        console.print(Text(f"Other rows of {one.row.group.id}", style="bold"))
        console.print(grid([(other.row.id, f"{other.row.metric} {other.row.limit_text}") for other in others]))
    if cases:
        console.print(Text("Cases: DVHs and the verdict that the row must give on them", style="bold"))
        console.print(grid(list(cases.items())))


def print_explanation(one: Listed, parts: Sequence[tuple[str, str]], console: Console) -> None:
    """A row in plain English: headings on the left, sentences on the right."""
    _print_head(one, console)
    console.print(grid(parts))


def print_linted(files: Sequence[Linted], console: Console) -> None:
    """What is to say about files, one line each that an editor can follow."""
    for one in files:
        for remark in one.remarks:
            console.print(Text(str(remark), style=_LEVELS[remark.level]), soft_wrap=True)
        if one.is_clean:
            warnings = sum(remark.level is Level.WARNING for remark in one.remarks)
            counted = f"; {warnings} warning{'' if warnings == 1 else 's'}" if warnings else ""
            console.print(Text(f"OK: {one.file}, {one.holds}{counted}", style="green"), soft_wrap=True)


def _print_head(one: Listed, console: Console) -> None:
    row = one.row
    console.print(Text.assemble((row.id, "bold"), f"   {row.organ}"))
    console.print(Text(f"{row.roi}   {row.metric} {row.limit_text}", style="bold cyan"))


def grid(pairs: Sequence[tuple[str, str]]) -> Padding:
    """Labels on the left, texts on the right."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold", max_width=_LINE)
    for label, text in pairs:
        grid.add_row(Text(label), Text(text))
    return Padding(grid, (0, 0, 1, 2), expand=False)


def print_difference(found: Difference, console: Console) -> None:
    """Rows changed, added and removed, with counts first."""
    numbers = (len(found.changed), len(found.added), len(found.removed), found.same)
    counts = "{} changed, {} added, {} removed, {} the same".format(*numbers)
    console.print(Text.assemble((f"{found.first} → {found.second}", "bold"), f"   {counts}"))
    for row_id, changes in found.changed:
        console.print(Text(f"~ {row_id}", style="yellow"))
        for change in changes:
            console.print(Padding(_change_text(change), (0, 0, 0, 4), expand=False))
    for sign, style, rows in (("+", "green", found.added), ("-", "red", found.removed)):
        for one in rows:
            row = one.row
            console.print(Text(f"{sign} {row.id}   {row.roi}   {row.metric} {row.limit_text}", style=style))


def _change_text(change: KeyChange) -> Text:
    before, after = _value_text(change.before), _value_text(change.after)
    return Text.assemble((f"{change.key}: ", "dim"), before, (" → ", "dim"), after)


def _value_text(value: object) -> str:
    """A value of plain data for the reader."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_value_text(one)}" for key, one in value.items() if one)
    if isinstance(value, list):
        return " to ".join(f"{one:g}" for one in value) if _is_numbers(value) else ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _is_numbers(values: Sequence[object]) -> bool:
    return all(isinstance(value, int | float) for value in values)
