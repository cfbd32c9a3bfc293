"""``rtcheck constraints list``, ``show`` and ``explain``: rows of tables."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from rtcheck.cli.common import Format, FormatOption, print_json, stdout
from rtcheck.cli.constraints.named import TableOption, row_named, rows_named
from rtcheck.constraint import Role
from rtcheck.fractionation import MAX_FRACTIONS, parse_schedule
from rtcheck.report.constraints import (
    Listed,
    Wanted,
    cases_of,
    print_explanation,
    print_row,
    print_rows,
    row_document,
)
from rtcheck.report.explain import explanation

RowArgument = Annotated[str, typer.Argument(metavar="ROW", help="id of a row, as in list", show_default=False)]
OWN_TABLE_HELP = "where the row is, if not in a shipped table: id or file; repeatable"
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
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Rows of the tables, by organ.

    Examples:
      rtcheck constraints list --organ liver --schedule "5x8Gy"
      rtcheck constraints list --table my-clinic.yaml
      rtcheck constraints list --all --status conflict
    """
    wanted = Wanted(
        organ,
        fractions,
        parse_schedule(schedule) if schedule else None,
        status.value if status else None,
        role.value if role else None,
    )
    rows = [one for one in rows_named(table or ()) if wanted.admits(one.row)]
    # A table that is asked for by name is shown, enabled or not.
    shown_all = everything if everything is not None else bool(table) or output_format is Format.JSON
    shown = [one for one in rows if shown_all or one.enabled]
    hidden = [one for one in rows if not (shown_all or one.enabled)]
    if output_format is Format.JSON:
        print_json([row_document(one) for one in shown])
        return
    if shown:
        print_rows(shown, stdout())
    stdout().print(_count_text(shown, hidden), style="dim", markup=False)


def _count_text(shown: list[Listed], hidden: list[Listed]) -> str:
    """How many rows were shown, and how to see the others."""
    text = f"{_number(shown)}." if shown else "No row fits."
    if not hidden:
        return text
    return f"{text} Another {_number(hidden)} aren't enabled, for want of confirmation: see them with --all."


def _number(rows: list[Listed]) -> str:
    """``216 rows in 4 tables``."""
    tables = len({one.table for one in rows})
    return f"{len(rows)} row{'' if len(rows) == 1 else 's'} in {tables} table{'' if tables == 1 else 's'}"


def show_command(row: RowArgument, table: OwnTableOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """Everything on file of one row: its source and status, its group, its cases.

    Example:
      rtcheck constraints show quantec.liver.mean30_32
    """
    one, beside, path = row_named(row, table or ())
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


def explain_command(row: RowArgument, table: OwnTableOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """One row in plain English: what it asks, what passes, what fails, how sure it is.

    Example:
      rtcheck constraints explain tg101.liver.cv700.5fx
    """
    one, _, _ = row_named(row, table or ())
    parts = explanation(one.row)
    if output_format is Format.JSON:
        print_json({"id": one.row.id, "table": one.table, "explanation": dict(parts)})
    else:
        print_explanation(one, parts, stdout())
