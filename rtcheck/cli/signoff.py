"""``rtcheck signoff``: who approved what, in a record that nothing can be taken out of unseen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from rtcheck.cli.common import Format, FormatOption, PathArgument, files_of, print_json, stdout
from rtcheck.dicom import read_study
from rtcheck.errors import InputError, UsageError
from rtcheck.printable import shown
from rtcheck.record import RECORD_NAME, Record, case_code, plain_entry, record_beside, signed_objects
from rtcheck.sheet import NOTHING_DECLARED, CaseSheet, Decision, Role, SignOff, Subject
from rtcheck.study import Study
from rtcheck.tables import read_sheet, sheet_of

RECORD_HELP = f"SQLite file or database URL; {RECORD_NAME} in the folder given where not named"
CASE_HELP = "case sheet, which has the subject code; case.yaml among the files is found by itself"
ROUND_HELP = "of resubmissions; without it a new one begins where the files aren't those that were signed last"

signoff_app = typer.Typer(no_args_is_help=True, help="Record who approved contours and plan, and read the record.")
RecordOption = Annotated[str | None, typer.Option("--record", help=RECORD_HELP)]
CaseOption = Annotated[Path | None, typer.Option("--case", help=CASE_HELP)]


@signoff_app.command("add")
def add_command(
    path: PathArgument,
    of: Annotated[Subject, typer.Option("--of", help="what is decided on")],
    role: Annotated[Role, typer.Option("--role", help="who decides")],
    name: Annotated[str, typer.Option("--name", help="name or initials")],
    decision: Annotated[Decision, typer.Option("--decision")] = Decision.APPROVED,
    remark: Annotated[str, typer.Option("--remark")] = "",
    day: Annotated[str | None, typer.Option("--date", help="YYYY-MM-DD; today where not given")] = None,
    round_number: Annotated[int | None, typer.Option("--round", min=1, help=ROUND_HELP)] = None,
    record: RecordOption = None,
    case: CaseOption = None,
    plan: Annotated[list[str] | None, typer.Option("--plan", help="which RT Plan, where several fit")] = None,
) -> None:
    """Append a decision on the contours or the plan of these very files.

    Example:
      rtcheck signoff add FOLDER --of contours --role radiation-oncologist --name A.B.
    """
    if decision is not Decision.APPROVED and not remark.strip():
        raise UsageError(f"--decision {decision.value} needs a --remark that says why")
    made = _day(day)
    files = files_of(path)
    study, sheet = read_study(files, plan=plan), _sheet(files, case)
    kept = Record(_place(record, files, must_exist=False))
    code, objects = case_code(study, sheet), signed_objects(study, of)
    number = round_number or _round(kept.entries(code), of, objects)
    written = kept.append(SignOff(of, role, name.strip(), made, decision, remark.strip(), number, objects, case=code))
    typer.echo(shown(f"{code}: round {number}, {of.value} {decision.value} by {written.name} ({role.value})"))
    typer.echo(f"rtcheck: hash of the entry {written.record}", err=True)


@signoff_app.command("show")
def show_command(
    path: PathArgument, record: RecordOption = None, case: CaseOption = None, output_format: FormatOption = Format.TEXT
) -> None:
    """List the decisions on a case; exit code 1 where the record was tampered with."""
    files = files_of(path)
    study, sheet = read_study(files), _sheet(files, case)
    entries, problems = Record(_place(record, files, must_exist=True)).read(case_code(study, sheet))
    if output_format is Format.JSON:
        print_json({"entries": [plain_entry(one) for one in entries], "problems": list(problems)})
    else:
        stdout().print(_table(entries, study))
        _say(problems)
    raise typer.Exit(1 if problems else 0)


@signoff_app.command("verify")
def verify_command(
    record: Annotated[str, typer.Argument(help="SQLite file, its folder, or database URL", show_default=False)],
) -> None:
    """Check the rows and the chains of all cases; exit code 1 where an entry was changed, left out or put in."""
    kept = Record(record_beside(record) or record)
    entries, problems = kept.read()
    if not entries and not problems:
        raise InputError("no sign-off is there", kept.place, "name a record that `rtcheck signoff add` wrote")
    cases = len({one.case for one in entries})
    if not problems:
        count = f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}"
        typer.echo(f"OK: {count} of {cases} {'case' if cases == 1 else 'cases'}, unchanged")
    _say(problems)
    raise typer.Exit(1 if problems else 0)


def _say(problems: Sequence[str]) -> None:
    for problem in problems:
        stdout().print(Text(shown(f"✘ {problem}"), style="bold red"))


def _day(text: str | None) -> date:
    try:
        made = datetime.now(UTC).date() if text is None else date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--date {text!r}: expected a day such as 2025-03-20") from None
    return made


def _sheet(files: Path | list[Path], case: Path | None) -> CaseSheet:
    return read_sheet(case) if case is not None else sheet_of(files) or NOTHING_DECLARED


def _place(record: str | None, files: Path | list[Path], *, must_exist: bool) -> str:
    if record is not None:
        return record
    if (found := record_beside(files)) is not None:
        return str(found)
    if must_exist or not isinstance(files, Path) or not files.is_dir():
        raise UsageError(f"no {RECORD_NAME} is beside the files; name the record with --record")
    return str(files / RECORD_NAME)


def _round(entries: Sequence[SignOff], of: Subject, objects: Sequence[str]) -> int:
    """The round that a decision belongs to: the last one, or a new one for files that nobody signed in it."""
    last = max((one.round for one in entries), default=1)
    latest = [one for one in entries if one.round == last and one.subject is of]
    return last if not latest or any(set(one.objects) == set(objects) for one in latest) else last + 1


def _table(entries: Sequence[SignOff], study: Study) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("Round", "Of", "Decision", "By", "Role", "Date", "These files", "Remark"):
        table.add_column(title, overflow="fold")
    for one in entries:
        same = set(one.objects) == set(signed_objects(study, one.subject))
        cells = (str(one.round), one.subject.value, one.decision.value, one.name, one.role.value, one.date.isoformat())
        told = (*cells, "yes" if same else "NO: other files", one.remark)
        table.add_row(*(Text(shown(cell)) for cell in told))
    return table
