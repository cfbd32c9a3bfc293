"""``rtcheck constraints``: tables and protocols, shipped ones and a clinic's own."""

from __future__ import annotations

import typer

from rtcheck.cli.constraints.files import diff_command, lint_command, schema_command
from rtcheck.cli.constraints.rows import explain_command, list_command, show_command

__all__ = ["constraints_app"]

HELP = """The tables of constraints: what is asked, what it means, and your clinic's own.

A table is named by its id (quantec, tg101 ...) or by its file. Rows have
ids of their own (quantec.liver.mean30_32), and so have the rules of
protocols (p.ptv.margin); list shows them.
"""

constraints_app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help=HELP)
constraints_app.command("list")(list_command)
constraints_app.command("show")(show_command)
constraints_app.command("explain")(explain_command)
constraints_app.command("lint")(lint_command)
constraints_app.command("diff")(diff_command)
constraints_app.command("schema")(schema_command)
