"""``rtcheck checks``: the plan checks, what each asks and where it comes from, and a file to tune them with."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rtcheck.cli.common import Format, FormatOption, print_json, stdout
from rtcheck.document import closest
from rtcheck.errors import UsageError
from rtcheck.plan_checks import PLAN_CHECKS, PlanCheck
from rtcheck.plan_checks.catalogue import (
    SECTIONS,
    carrier_text,
    catalogue_markdown,
    check_document,
    check_paragraphs,
    threshold_texts,
    tuning_template,
)

HELP = """The plan checks: what DICOM RT files alone tell of a plan's faults.

Their ids (C5) are those of reports; a clinic tunes them with a file that
template writes and rtcheck check --checks reads.
"""
SECTION_HELP = f"by its letter: {', '.join(f'{letter} {title.lower()}' for letter, title in SECTIONS.items())}"
ID_HELP = "id of the file, which is its name without .yaml"
#: Sentences are no longer than this, however wide the terminal is.
_LINE = 90
_STYLES = {"error": "red", "warning": "yellow", "note": "dim"}

checks_app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help=HELP)


class Listing(Enum):
    """How the list is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@checks_app.command("list")
def list_command(
    section: Annotated[str | None, typer.Option("--section", help=SECTION_HELP, show_default=False)] = None,
    listing: Annotated[
        Listing, typer.Option("--format", "-f", help="text for people, json for scripts, markdown for a page")
    ] = Listing.TEXT,
) -> None:
    """All plan checks, by section: how loud, with which thresholds, and from where.

    Examples:
      rtcheck checks list --section E
      rtcheck checks list -f markdown > plan-checks.md
    """
    checks = _of_section(section)
    if listing is Listing.JSON:
        print_json([check_document(check) for check in checks])
    elif listing is Listing.MARKDOWN:
        if section is not None:
            raise UsageError("--format markdown is the page of all checks; leave --section out")
        typer.echo(catalogue_markdown(checks), nl=False)
    else:
        _print_list(checks, stdout())


@checks_app.command("show")
def show_command(
    check_id: Annotated[str, typer.Argument(metavar="ID", help="id of a check, as in list", show_default=False)],
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Everything on file of one check.

    Example:
      rtcheck checks show C5
    """
    check = _named(check_id)
    if output_format is Format.JSON:
        print_json({**check_document(check), "text": "\n\n".join(check_paragraphs(check))})
    else:
        _print_check(check, stdout())


@checks_app.command("template")
def template_command(
    name: Annotated[str, typer.Option("--id", help=ID_HELP)] = "our-checks",
) -> None:
    """A tuning file to fill in, with every check and every threshold as a comment.

    Examples:
      rtcheck checks template > our-checks.yaml
      rtcheck check FOLDER --checks our-checks.yaml
    """
    typer.echo(tuning_template(PLAN_CHECKS, name), nl=False)


def _of_section(section: str | None) -> tuple[PlanCheck, ...]:
    if section is None:
        return PLAN_CHECKS
    letter = section.strip().upper()
    if letter not in SECTIONS:
        raise UsageError(f"--section {section!r}: there is none; the sections are {', '.join(SECTIONS)}")
    return tuple(check for check in PLAN_CHECKS if check.id.startswith(letter))


def _named(check_id: str) -> PlanCheck:
    """The check of an id, or of a name."""
    wanted = check_id.strip().casefold()
    found = next((one for one in PLAN_CHECKS if wanted in (one.id.casefold(), one.name)), None)
    if found is None:
        known = [*(one.id for one in PLAN_CHECKS), *(one.name for one in PLAN_CHECKS)]
        raise UsageError(f"no plan check is called {check_id!r}{closest(check_id, known)}; see rtcheck checks list")
    return found


def _print_list(checks: Sequence[PlanCheck], console: Console) -> None:
    for letter, title in SECTIONS.items():
        own = [check for check in checks if check.id.startswith(letter)]
        if not own:
            continue
        console.print(Text(f"{letter} · {title}", style="bold"))
        grid = Table.grid(padding=(0, 2, 0, 0))
        for no_wrap in (True, False, True, False):
            grid.add_column(no_wrap=no_wrap, overflow="fold")
        for check in own:
            grid.add_row(check.id, check.title, _alert(check), _details(check))
        console.print(Padding(grid, (0, 0, 0, 2)))
    console.print(Text(f"{len(checks)} checks. See one with rtcheck checks show ID.", style="dim"))


def _alert(check: PlanCheck) -> Text:
    return Text(f"{check.severity.value}, {check.confidence.value}", style=_STYLES[check.severity.value])


def _details(check: PlanCheck) -> Text:
    """Thresholds, origin, and what judges it besides."""
    carrier = carrier_text(check)
    lines = [*threshold_texts(check), check.origin, *([f"also: {carrier}"] if carrier else [])]
    return Text("\n".join(lines), style="dim")


def _print_check(check: PlanCheck, console: Console) -> None:
    document = check_document(check)
    console.print(Text.assemble((f"{check.id} · {check.name}", "bold"), f"   {document['section']}"))
    width = min(_LINE, console.width)
    for paragraph in check_paragraphs(check):
        console.print(Padding(Text(paragraph), (0, 0, 1, 2)), width=width)
    rows = {
        "Good plans": check.title,
        "Alert": f"{check.severity.value}, {check.confidence.value}: {document['verdict']}",
        "Thresholds": "\n".join(
            f"{name}, {text}" for name, text in zip(check.thresholds, threshold_texts(check), strict=True)
        ),
        "Origin": check.origin,
        "Also judged by": carrier_text(check),
        "Can't see": str(document["unseen"]),
    }
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for label, text in rows.items():
        if text:
            grid.add_row(label, text)
    console.print(Padding(grid, (0, 0, 0, 2)), width=width)
