"""``rtcheck case``: case sheets, in which a person declares what DICOM doesn't know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rtcheck.case import Case
from rtcheck.cli.common import (
    DoseOption,
    Format,
    FormatOption,
    PathArgument,
    PlanOption,
    StructuresOption,
    files_of,
    print_json,
    progress,
    stdout,
)
from rtcheck.cli.constraints.files import tell_linted
from rtcheck.dicom import read_study
from rtcheck.errors import InputError, UsageError
from rtcheck.pipeline import DEFAULT_PROTOCOL
from rtcheck.report.constraints import lint, print_sheet, sheet_pages, undeclared
from rtcheck.tables import load_protocol, read_sheet, sheet_template
from rtcheck.tables.beside import NAMES, sheets_among
from rtcheck.tables.paths import beside

HELP = """The case sheet: what DICOM doesn't know of one patient's treatment.

Child-Pugh, dates, lesions, what was attested and approved. A file called
case.yaml beside a patient's files is found by itself.
"""
PROTOCOL_HELP = "whose rules it is for: id or YAML file"
OUT_HELP = f"write it here; without it {NAMES[0]} in the folder given, or here"

case_app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help=HELP)
SheetArgument = Annotated[Path, typer.Argument(metavar="FILE", help="a case sheet", show_default=False)]


@case_app.command("new")
def new_command(
    path: PathArgument,
    protocol: Annotated[str, typer.Option("--protocol", help=PROTOCOL_HELP)] = DEFAULT_PROTOCOL,
    out: Annotated[Path | None, typer.Option("--output", "-o", help=OUT_HELP, show_default=False)] = None,
    plan: PlanOption = None,
    dose: DoseOption = None,
    structures: StructuresOption = None,
) -> None:
    """Write a case sheet to fill in, with what the files know.

    A file that is there already is never written over.

    Examples:
      rtcheck case new FOLDER
      rtcheck case new FOLDER --protocol NCT06841172 -o case.yaml
    """
    to = out or _beside(path)
    if to.exists():
        raise _there(to)
    if out is None and (there := sheets_among(path)):
        raise UsageError(f"{there[0].name} is a case sheet already; name another file with -o")
    asked = load_protocol(protocol)
    with progress("Reading the files"):
        study = read_study(files_of(path), plan=plan, dose=dose, structures=structures)
    _write_new(to, sheet_template(Case(study), asked))
    typer.echo(str(to))


@case_app.command("lint")
def lint_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="case sheets", show_default=False)],
    output_format: FormatOption = Format.TEXT,
) -> None:
    """What is wrong in case sheets, by line and column, and what their protocol asks for that they don't declare.

    Exit code 0 where every file can be used, 3 where one can't; warnings and
    notes change nothing.
    """
    tell_linted([lint(file, kind="case") for file in files], output_format)


@case_app.command("show")
def show_command(
    file: SheetArgument,
    protocol: Annotated[
        str | None, typer.Option("--protocol", help="in place of the one that it names", show_default=False)
    ] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """What a case sheet declares, and what its protocol asks for that it doesn't."""
    sheet = read_sheet(file)
    named = protocol or (beside(file, sheet.protocol) if sheet.protocol else None)
    rules = load_protocol(named).rules if named else ()
    if output_format is Format.TEXT:
        print_sheet(sheet_pages(sheet, rules), stdout())
        return
    missing = undeclared(sheet, rules)
    print_json({"file": sheet.file, "sha256": sheet.sha256, "declared": dict(sheet.data), "undeclared": missing})


def _beside(paths: list[Path]) -> Path:
    """Where a case sheet is found by itself, for one folder; else where the command was given."""
    folder = paths[0] if len(paths) == 1 and paths[0].is_dir() else Path()
    return folder / NAMES[0]


def _write_new(path: Path, text: str) -> None:
    """Write a file that isn't there, whatever was written meanwhile."""
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise _there(path) from None
    except OSError as error:
        raise InputError(
            f"can't be written: {error.strerror}", str(path), "name a file in an existing folder"
        ) from error


def _there(path: Path) -> UsageError:
    return UsageError(f"{path} is there already, and isn't written over; name another file with -o")
