"""``rtcheck constraints lint``, ``diff`` and ``schema``: files that a clinic writes."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from rtcheck.cli.common import Format, FormatOption, print_json, stdout, write_text
from rtcheck.cli.constraints.named import table_or_protocol
from rtcheck.nomenclature import shipped_names
from rtcheck.report.constraints import Linted, difference, difference_document, lint, print_difference, print_linted
from rtcheck.tables.json_schema import schema_text

#: A broken table is no failing plan.
_BROKEN = 3
FILES_HELP = "tables, protocols, sites, names, cases, case sheets, tunings of plan checks"
NAMES_HELP = "names of organs that your clinic adds: a file like constraints/names.yaml"


class Kind(Enum):
    """Kinds of files that have a schema."""

    TABLE = "table"
    PROTOCOL = "protocol"
    SITE = "site"
    CASES = "cases"
    NAMES = "names"
    CASE = "case"
    CHECKS = "checks"


def lint_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help=FILES_HELP, show_default=False)],
    names: Annotated[Path | None, typer.Option("--names", help=NAMES_HELP)] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """What is wrong in files of your own, by line and column.

    The kind of a file is told by its keys; cases beside a table
    (my-clinic.cases.yaml) are asked, too. Exit code 0 where every file can
    be used, 3 where one can't; warnings and notes change nothing.

    Example:
      rtcheck constraints lint my-clinic.yaml
    """
    organs = shipped_names().extended(names) if names else shipped_names()
    tell_linted([lint(path, organs) for path in files], output_format)


def tell_linted(found: Sequence[Linted], output_format: Format) -> NoReturn:
    """Print what is wrong in files, and exit: 0 where every one can be used."""
    if output_format is Format.JSON:
        print_json(
            [
                {
                    "file": one.file,
                    "kind": one.kind or None,
                    "ok": one.is_clean,
                    "holds": one.holds or None,
                    "remarks": [remark.to_dict() for remark in one.remarks],
                }
                for one in found
            ]
        )
    else:
        print_linted(found, stdout())
    raise typer.Exit(0 if all(one.is_clean for one in found) else _BROKEN)


def diff_command(
    first: Annotated[str, typer.Argument(help="id or file of a table", show_default=False)],
    second: Annotated[str, typer.Argument(help="id or file of another", show_default=False)],
    output_format: FormatOption = Format.TEXT,
) -> None:
    """What differs between two tables: rows changed, added, removed.

    Example:
      rtcheck constraints diff quantec my-clinic.yaml
    """
    found = difference(table_or_protocol(first), table_or_protocol(second))
    if output_format is Format.JSON:
        print_json(difference_document(found))
    else:
        print_difference(found, stdout())


def schema_command(
    kind: Annotated[Kind, typer.Argument(help="of which kind of file")] = Kind.TABLE,
    out: Annotated[Path | None, typer.Option("--output", "-o", help="write it here")] = None,
) -> None:
    """The JSON Schema of a kind of file, for completion in an editor.

    Example:
      rtcheck constraints schema table -o table.schema.json
    """
    text = schema_text(kind.value)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
