"""``rtcheck constraints list``, ``show`` and ``explain``: rows of tables, and rules of protocols."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from rtcheck.cli.common import Format, FormatOption, print_json, stdout
from rtcheck.cli.constraints.named import Named, TableOption, named, protocol_named
from rtcheck.constraint import Role
from rtcheck.errors import UsageError
from rtcheck.fractionation import MAX_FRACTIONS, parse_schedule
from rtcheck.protocol import Protocol
from rtcheck.report.constraints import (
    Listed,
    Wanted,
    cases_of,
    dose_rule_document,
    print_dose_rule,
    print_explanation,
    print_protocol,
    print_row,
    print_rows,
    print_rule,
    print_rule_explanation,
    print_rules,
    protocol_document,
    row_document,
    rule_document,
    rule_explanation,
)
from rtcheck.report.explain import explanation

ROW_HELP = "id of a row or a rule, as in list"
RowArgument = Annotated[str, typer.Argument(metavar="ROW", help=ROW_HELP, show_default=False)]
SHOWN_HELP = f"{ROW_HELP}; or a protocol, by its id or file"
ShownArgument = Annotated[str, typer.Argument(metavar="ROW", help=SHOWN_HELP, show_default=False)]
OWN_TABLE_HELP = "where it is, if not in a shipped table or protocol: id or file; repeatable"
RULES_HELP = "the rules of protocols in place of rows"
OwnTableOption = Annotated[list[str] | None, typer.Option("--table", help=OWN_TABLE_HELP, show_default=False)]
ALL_HELP = "with or without the tables that aren't enabled; text leaves them out, json doesn't"
SCHEDULE_HELP = 'rows that are asked of it: "5x8Gy", "25x2Gy"'
FRACTIONS_HELP = "rows that admit this number of fractions"


class Status(Enum):
    """How well a number was confirmed."""

    VERIFIED = "verified"
    SINGLE = "single"
    VALUES_ONLY = "values-only"
    CONFLICT = "conflict"
    UNVERIFIED = "unverified"


def list_command(
    table: TableOption = None,
    organ: Annotated[str | None, typer.Option("--organ", help="part of the organ's or the ROI's name")] = None,
    fractions: Annotated[int | None, typer.Option("--fractions", min=1, max=MAX_FRACTIONS, help=FRACTIONS_HELP)] = None,
    schedule: Annotated[str | None, typer.Option("--schedule", help=SCHEDULE_HELP)] = None,
    status: Annotated[Status | None, typer.Option("--status", help="how well the number was confirmed")] = None,
    role: Annotated[Role | None, typer.Option("--role", help="what the number is")] = None,
    everything: Annotated[bool | None, typer.Option("--all/--enabled", help=ALL_HELP, show_default=False)] = None,
    rules: Annotated[bool, typer.Option("--rules", help=RULES_HELP)] = False,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Rows of the tables, by organ; with --rules the rules of protocols.

    Examples:
      rtcheck constraints list --organ liver --schedule "5x8Gy"
      rtcheck constraints list --table my-clinic.yaml
      rtcheck constraints list --all --status conflict
      rtcheck constraints list --rules --table NCT06261047
    """
    found = named(table or ())
    if rules:
        if any(one is not None for one in (organ, fractions, schedule, status, role, everything)):
            raise UsageError("--rules goes with --table alone; the other options pick rows")
        _list_rules(found, output_format)
        return
    wanted = Wanted(
        organ,
        fractions,
        parse_schedule(schedule) if schedule else None,
        status.value if status else None,
        role.value if role else None,
    )
    rows = [one for one in found.rows if wanted.admits(one.row)]
    # A table that is asked for by name is shown, enabled or not.
    shown_all = everything if everything is not None else bool(table) or output_format is Format.JSON
    shown = [one for one in rows if shown_all or one.enabled]
    hidden = [one for one in rows if not (shown_all or one.enabled)]
    if output_format is Format.JSON:
        print_json([row_document(one) for one in shown])
        return
    if shown:
        print_rows(shown, stdout())
    if shown and found.rules:
        stdout().print(f"{_rules_number(found)}: see them with --rules.", style="dim", markup=False)
    stdout().print(_count_text(shown, hidden), style="dim", markup=False)


def _list_rules(found: Named, output_format: Format) -> None:
    if output_format is Format.JSON:
        print_json([rule_document(one) for one in found.rules])
        return
    print_rules(found.rules, stdout())
    stdout().print(f"{_rules_number(found)}.", style="dim", markup=False)


def _count_text(shown: list[Listed], hidden: list[Listed]) -> str:
    """How many rows were shown, and how to see the others."""
    text = f"{_number(shown)}." if shown else "No row fits."
    if not hidden:
        return text
    return f"{text} Another {_number(hidden)} aren't enabled, for want of confirmation: see them with --all."


def _rules_number(found: Named) -> str:
    """``38 rules in 4 protocols``."""
    rules, protocols = len(found.rules), len({one.protocol for one in found.rules})
    return f"{rules} rule{'' if rules == 1 else 's'} in {protocols} protocol{'' if protocols == 1 else 's'}"


def _number(rows: list[Listed]) -> str:
    """``216 rows in 4 tables``."""
    tables = len({one.table for one in rows})
    return f"{len(rows)} row{'' if len(rows) == 1 else 's'} in {tables} table{'' if tables == 1 else 's'}"


def show_command(row: ShownArgument, table: OwnTableOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """Everything on file of one row, one rule, or one protocol.

    Examples:
      rtcheck constraints show quantec.liver.mean30_32
      rtcheck constraints show NCT06261047
      rtcheck constraints show p.ptv.margin
    """
    if (protocol := protocol_named(row)) is not None:
        if output_format is Format.JSON:
            print_json(protocol_document(protocol))
        else:
            print_protocol(protocol, stdout())
        return
    found = named(table or ())
    if (rule := found.rule(row)) is not None:
        if output_format is Format.JSON:
            print_json(rule_document(rule))
        else:
            print_rule(rule, stdout())
        return
    if (protocol := found.with_dose_rule(row)) is not None:
        _tell_dose_rule(protocol, output_format)
        return
    if (one := found.row(row)) is None:
        raise found.missing(row)
    _show_row(one, found, output_format)


def _show_row(one: Listed, found: Named, output_format: Format) -> None:
    beside, path = found.beside(one)
    group = one.row.group
    others = [
        other for other in beside if group and other.row.group and other.row.group.id == group.id and other is not one
    ]
    cases = cases_of(one.row.id, path)
    if output_format is Format.JSON:
        rest = {"cases": cases, "group_rows": [other.row.id for other in others]}
        print_json({**row_document(one), **rest})
    else:
        print_row(one, cases, others, stdout())


def _tell_dose_rule(protocol: Protocol, output_format: Format) -> None:
    if output_format is Format.JSON:
        print_json({"protocol": protocol.id, **dose_rule_document(protocol)})
    else:
        print_dose_rule(protocol, stdout())


def explain_command(row: RowArgument, table: OwnTableOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """One row or rule in plain English: what it asks, what passes, what fails, how sure it is.

    Examples:
      rtcheck constraints explain tg101.liver.cv700.5fx
      rtcheck constraints explain p.ptv.margin
    """
    found = named(table or ())
    if (rule := found.rule(row)) is not None:
        if output_format is Format.JSON:
            said = dict(rule_explanation(rule.rule))
            print_json({"id": rule.rule.id, "protocol": rule.protocol, "explanation": said})
        else:
            print_rule_explanation(rule, stdout())
        return
    if (protocol := found.with_dose_rule(row)) is not None:
        _tell_dose_rule(protocol, output_format)
        return
    if (one := found.row(row)) is None:
        raise found.missing(row)
    parts = explanation(one.row)
    if output_format is Format.JSON:
        print_json({"id": one.row.id, "table": one.table, "explanation": dict(parts)})
    else:
        print_explanation(one, parts, stdout())
