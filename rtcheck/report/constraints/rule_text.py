"""Rules, protocols and case sheets in a terminal. Words are set here and made elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rtcheck.protocol import Protocol
from rtcheck.report.constraints.rule_words import rule_explanation
from rtcheck.report.constraints.rules import ListedRule, dose_rule_page, protocol_page, rule_page, rules_of
from rtcheck.report.constraints.sheets import SheetPage
from rtcheck.report.constraints.text import grid
from rtcheck.rules import Level

_LEVELS = {Level.ELIGIBILITY: "cyan", Level.RECOMMENDED: "yellow", Level.INFORMATION: "dim"}
_HEADINGS = ("Rule", "Check", "Level", "Asks for")


def print_rules(rules: Sequence[ListedRule], console: Console) -> None:
    """Rules under their protocols, in columns."""
    for protocol in dict.fromkeys(one.protocol for one in rules):
        console.print(Text(protocol, style="bold"))
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for heading in _HEADINGS:
            table.add_column(heading, overflow="fold")
        for one in rules:
            if one.protocol == protocol:
                rule = one.rule
                level = Text(rule.level.value, style=_LEVELS.get(rule.level, ""))
                table.add_row(Text(rule.id), Text(one.check), level, Text(rule.title))
        console.print(Padding(table, (0, 0, 0, 2), expand=False))


def print_protocol(protocol: Protocol, console: Console) -> None:
    """A protocol: what it is, and its rules."""
    console.print(Text.assemble((protocol.id, "bold"), f"   {protocol.title}"))
    console.print(grid(protocol_page(protocol)))
    if protocol.rules:
        print_rules(rules_of([protocol]), console)
    else:
        console.print(Text("It has no rules besides doses.", style="dim"))


def print_rule(one: ListedRule, console: Console) -> None:
    """Everything on file of one rule."""
    _print_head(one, console)
    console.print(grid(rule_page(one)))


def print_dose_rule(protocol: Protocol, console: Console) -> None:
    """A protocol's dose rule in plain English."""
    console.print(Text(protocol.bed.source.row if protocol.bed else "", style="bold"))
    console.print(grid(dose_rule_page(protocol)))


def print_rule_explanation(one: ListedRule, console: Console) -> None:
    """A rule in plain English: headings on the left, sentences on the right."""
    _print_head(one, console)
    console.print(grid(rule_explanation(one.rule)))


def print_sheet(pages: Sequence[SheetPage], console: Console) -> None:
    """A case sheet, section by section."""
    for page in pages:
        console.print(Text(page.title, style="bold"))
        console.print(grid(page.pairs))


def _print_head(one: ListedRule, console: Console) -> None:
    console.print(Text.assemble((one.rule.id, "bold"), f"   {one.rule.title}"))
