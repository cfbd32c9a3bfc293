"""``rtcheck deidentify``: a copy of a patient's files without identity."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rtcheck.cli.common import PathArgument, files_of, progress
from rtcheck.deidentification import deidentify
from rtcheck.printable import shown

OUT_HELP = "folder of the copy; must not exist, or be empty"
MAPPING_HELP = "where the mapping is kept, which undoes the copy; OUT.mapping.json where not named"
CASE_HELP = "case sheet to copy too; case.yaml among the files is found by itself"
RECORD_HELP = "sign-off record: SQLite file or database URL; signoffs.sqlite among the files is found by itself"


def deidentify_command(
    path: PathArgument,
    out: Annotated[Path, typer.Option("--output", "-o", help=OUT_HELP)],
    code: Annotated[str, typer.Option("--code", help="subject code, e.g. SITE01-007")],
    mapping: Annotated[Path | None, typer.Option("--mapping", help=MAPPING_HELP)] = None,
    case: Annotated[Path | None, typer.Option("--case", help=CASE_HELP)] = None,
    record: Annotated[str | None, typer.Option("--record", help=RECORD_HELP)] = None,
) -> None:
    """Copy RT objects, images and the case sheet of one patient without identity (DICOM PS3.15 basic profile).

    UIDs are replaced consistently, days moved, private attributes dropped, labels cleaned; verdicts stay. Look at the
    copy before it leaves your house: nobody can promise that free texts and pixels are clean.
    """
    with progress("Copying"):
        made = deidentify(files_of(path), out, code, mapping=mapping, sheet=case, record=record)
    sheet = " and the case sheet" if made.sheet else ""
    typer.echo(f"{made.folder}: {made.files} DICOM files{sheet} as {code}")
    _say(f"the mapping is in {made.mapping}; keep it apart, it undoes the copy")
    for remark in made.remarks:
        _say(remark)
    for before, after in made.changed.items():
        _say(f"cleaned: {before!r} became {after!r}")
    for word in made.spared:
        _say(f"{word!r}, a part of a name or initials, stays in labels, for it is common")
    for name in made.left_out:
        _say(f"left out: {name}")


def _say(text: str) -> None:
    typer.echo(f"rtcheck: {shown(text)}", err=True)
