"""``rtcheck verify``: recompute a report from its inputs and name what differs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from rtcheck.cli.check import CASE_HELP, CHECKS_HELP, NAMES_HELP, PROTOCOL_HELP, RECORD_HELP, SITE_HELP, TABLE_HELP
from rtcheck.cli.common import Format, FormatOption, files_of, print_json, progress, stdout
from rtcheck.record import plain_entry
from rtcheck.report.page.plain import visible
from rtcheck.verification import Verification, verify

_FILES = "Your clinic's files, where the report was made with such"
DIGEST_HELP = (
    "the report's digest as you kept it elsewhere (or its first 8 characters): shows a report put in its place"
)
#: So many differences of one kind are printed; ``--format json`` has all.
MOST_OF_A_KIND = 12


def verify_command(
    report: Annotated[Path, typer.Argument(help="JSON report that rtcheck check wrote", show_default=False)],
    path: Annotated[list[Path], typer.Argument(help="the inputs: folder, zip or files", show_default=False)],
    protocol: Annotated[str | None, typer.Option("--protocol", help=PROTOCOL_HELP, rich_help_panel=_FILES)] = None,
    table: Annotated[list[str] | None, typer.Option("--table", help=TABLE_HELP, rich_help_panel=_FILES)] = None,
    site: Annotated[str | None, typer.Option("--site", help=SITE_HELP, rich_help_panel=_FILES)] = None,
    case: Annotated[Path | None, typer.Option("--case", help=CASE_HELP, rich_help_panel=_FILES)] = None,
    record: Annotated[str | None, typer.Option("--record", help=RECORD_HELP, rich_help_panel=_FILES)] = None,
    checks: Annotated[Path | None, typer.Option("--checks", help=CHECKS_HELP, rich_help_panel=_FILES)] = None,
    names: Annotated[Path | None, typer.Option("--names", help=NAMES_HELP, rich_help_panel=_FILES)] = None,
    digest: Annotated[str | None, typer.Option("--digest", help=DIGEST_HELP)] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Recompute a report from its inputs and name what differs.

    Exit codes: 0 the same, 1 something differs, 3 no report, or one that can't be read any more.

    Examples:
      rtcheck verify report.json FOLDER
      rtcheck verify report.json FOLDER --table my-clinic.yaml
    """
    with progress("Recomputing the report"):
        found = verify(
            report,
            files_of(path),
            protocol=protocol,
            tables=table or (),
            site=site,
            sheet=case,
            record=record,
            tuning=checks,
            names=names,
            digest=digest,
        )
    if output_format is Format.JSON:
        print_json(_plain(found))
    else:
        _print(found, report.name, stdout())
    raise typer.Exit(0 if found.is_same else 1)


def _plain(found: Verification) -> dict[str, object]:
    rows: Sequence[dict[str, str]] = [
        {"kind": one.kind, "where": one.where, "message": one.message} for one in found.differences
    ]
    return {
        "same": found.is_same,
        "verdict": found.verdict,
        "time": found.time,
        "digest": found.digest,
        "differences": rows,
        "remarks": list(found.remarks),
        "later_sign_offs": [plain_entry(one) for one in found.later_sign_offs],
    }


def _print(found: Verification, name: str, console: Console) -> None:
    """What a report says of itself is shown as text alone: it may have been made by anybody."""
    of = visible(f"{name} of {found.time}: {found.verdict}, {found.findings} findings")
    if found.is_same:
        console.print(Text(f"✔ The same: {of}, recomputed from the same files", style="green"))
    else:
        count = len(found.differences)
        console.print(Text(f"✘ {count} {'difference' if count == 1 else 'differences'}: {of}", style="bold red"))
    if found.later:
        console.print(Text(f"! {visible(found.later)}", style="bold yellow"))
    for kind in dict.fromkeys(one.kind for one in found.differences):
        some = [one for one in found.differences if one.kind == kind]
        for one in some[:MOST_OF_A_KIND]:
            told = visible(f"{one.where}: {one.message}")
            console.print(Text.assemble(("  ✘ ", "red"), (f"{kind} ", "bold"), told))
        if len(some) > MOST_OF_A_KIND:
            console.print(Text(f"  ✘ {kind}: {len(some) - MOST_OF_A_KIND} more, see --format json", style="red"))
    for remark in found.remarks:
        console.print(Text(f"  i {visible(remark)}", style="dim"))
    console.print(Text(f"Digest {found.digest}", style="dim"))
