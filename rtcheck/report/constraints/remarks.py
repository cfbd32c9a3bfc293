"""What is worth a look in a file that its reader accepts: warnings, and notes on what other tables say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from pathlib import Path

from rtcheck.constraint import Constraint
from rtcheck.document import Document, Loc
from rtcheck.errors import InputError, ParseError, Problem, TableError, UsageError
from rtcheck.nomenclature import Names, is_pattern
from rtcheck.protocol import Protocol, Table
from rtcheck.report.constraints.phrases import listed
from rtcheck.report.constraints.sheets import undeclared
from rtcheck.roi_algebra import names, parse_expression
from rtcheck.sheet import CaseSheet, DeclaredLesion
from rtcheck.tables import load_protocol, protocol_ids, shipped_tables
from rtcheck.tables.cases import failed_cases, load_cases
from rtcheck.tables.paths import beside

#: Names that targets begin with; they are nobody's organ.
_TARGETS = ("GTV", "CTV", "ITV", "IGTV", "PTV")
#: So many rows of other tables are named where one says something else.
_MOST_NAMED = 3


class Level(Enum):
    """How much a remark matters."""

    PROBLEM = "problem"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Remark:
    """Something to know about a file, and where.

    Attributes
    ----------
    level : Level
    problem : Problem
        File, line, column and message.
    """

    level: Level
    problem: Problem

    def __str__(self) -> str:
        at, said = self.problem, "" if self.level is Level.PROBLEM else f"{self.level.value}: "
        return f"{at.file}:{at.line}:{at.column}: {said}{at.message}"

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        at = self.problem
        return {
            "level": self.level.value,
            "file": at.file,
            "line": at.line,
            "column": at.column,
            "message": at.message,
        }


def own_rows(document: Document, constraints: Iterable[Constraint]) -> list[tuple[Loc, Constraint]]:
    """The rows that a file writes or changes itself, and where."""
    by_id = {row.id: row for row in constraints}
    locs = [loc for key in ("rows", "override") for loc, _ in document.items(key)]
    found = [(loc, by_id.get(str(document.at(*loc, "id")))) for loc in locs]
    return [(loc, row) for loc, row in found if row is not None]


def unverified(document: Document, rows: Iterable[tuple[Loc, Constraint]], table: Table) -> Iterator[Remark]:
    """Rows that nobody confirmed, in a table that is asked without anybody naming them."""
    for loc, row in rows:
        if table.enabled and document.at(*loc, "status") == "unverified":
            message = f"{row.id} is unverified and will be judged; confirm it, or say 'enabled: false' above"
            yield _remark(Level.WARNING, document, (*loc, "status"), message)


def unknown_rois(document: Document, rows: Iterable[tuple[Loc, Constraint]], organs: Names) -> Iterator[Remark]:
    """ROIs of rows that no list of names has."""
    for loc, row in rows:
        if document.at(*loc, "roi") is not None:
            yield from _unknown_names(document, (*loc, "roi"), row.roi, organs)


def unknown_required(document: Document, key: str, organs: Names) -> Iterator[Remark]:
    """Required ROIs that no list of names has."""
    for loc, item in document.items(key):
        roi = item.get("roi") if isinstance(item, dict) else item
        yield from _unknown_names(document, loc, str(roi), organs)


def _unknown_names(document: Document, loc: Loc, roi: str, organs: Names) -> Iterator[Remark]:
    """The names of an ROI expression that only an ROI of exactly this name can answer."""
    for name in names(parse_expression(roi)):
        target = name.text.upper().startswith(_TARGETS)
        if name.quoted or is_pattern(name.text) or target or organs.standard(name.text):
            continue
        near = [repr(one) for one in organs.suggestions(name.text, organs.standard_names)]
        hint = f"did you mean {listed(near, 'or')}?" if near else "put it in quotes if your clinic names it so"
        message = f"ROI {name.text!r} is no TG-263 name and no synonym of one; {hint}"
        yield _remark(Level.WARNING, document, loc, message)


def cases_beside(path: Path, table: Table) -> Iterator[Remark]:
    """What the cases beside a table find wrong; rows without cases are only worth a look."""
    beside = path.with_name(f"{path.stem}.cases{path.suffix}")
    if not beside.is_file():
        return
    try:
        failed = failed_cases(table, load_cases(beside))
    except TableError as error:
        failed = error.problems
    for problem in failed:
        of_table = Path(problem.file).name == path.name
        shown = replace(problem, file=str(path)) if of_table else problem
        yield Remark(Level.WARNING if of_table else Level.PROBLEM, shown)


def stated_differently(
    document: Document, rows: Iterable[tuple[Loc, Constraint]], table: Table, organs: Names
) -> Iterator[Remark]:
    """Where enabled shipped tables have another number for the same question; overrides know theirs."""
    known: dict[object, list[tuple[str, Constraint]]] = {}
    for other in _enabled():
        for row in other.constraints if other.id != table.id else ():
            known.setdefault(_question(row, organs), []).append((other.id, row))
    for loc, row in rows:
        differing = [
            f"{other} {one.limit_text} ({one.id})"
            for other, one in known.get(_question(row, organs), ())
            if str(one.goal) != str(row.goal) and one.id != row.id and loc[0] == "rows"
        ]
        if differing:
            others = "; ".join(differing[:_MOST_NAMED])
            message = f"{row.id} asks {row.metric} {row.limit_text}; for the same organ and schedule: {others}"
            yield _remark(Level.NOTE, document, (*loc, "limit"), message)


def unknown_organs(document: Document, organs: Names) -> Iterator[Remark]:
    """Organs of a case sheet's `names` that no list of names has: nothing would ask for their ROI."""
    names = document.at("names")
    for organ in names if isinstance(names, dict) else ():
        if organs.standard(organ) is None:
            near = [repr(one) for one in organs.suggestions(organ, organs.standard_names)]
            hint = f"; did you mean {listed(near, 'or')}?" if near else ""
            message = f"organ {organ!r} is no TG-263 name and no synonym of one{hint}"
            yield _remark(Level.WARNING, document, ("names", organ), message)


def sheet_remarks(document: Document, sheet: CaseSheet) -> Iterator[Remark]:
    """What a case sheet's protocol asks for that it doesn't declare, and what may be meant and often isn't."""
    yield from _shared_volumes(document, sheet)
    if sheet.protocol is None:
        yield _remark(Level.NOTE, document, (), "no protocol is named; what it would ask isn't told here")
        return
    protocol = _protocol_of(sheet.protocol, Path(document.file))
    if protocol is None:
        known = ", ".join(protocol_ids())
        message = f"no protocol is called {sheet.protocol!r} (shipped: {known}), and no file that can be read"
        yield _remark(Level.WARNING, document, ("protocol",), message)
        return
    if protocol.bed is None or not protocol.bed.may_be_reduced:
        for loc, lesion in _lesions(document, sheet):
            if lesion.reduction is not None:
                message = f"{lesion.name} is reduced, and {protocol.id} knows of no reduction"
                yield _remark(Level.WARNING, document, (*loc, "reduced"), message)
    if missing := undeclared(sheet, protocol.rules):
        listed_keys = "; ".join(f"{key} ({ids})" for key, ids in missing.items())
        yield _remark(Level.NOTE, document, (), f"{protocol.id} asks for what isn't declared: {listed_keys}")


def _shared_volumes(document: Document, sheet: CaseSheet) -> Iterator[Remark]:
    seen: dict[tuple[str, str], str] = {}
    for loc, lesion in _lesions(document, sheet):
        for key, name in (("gtv", lesion.gtv), ("ptv", lesion.ptv)):
            if name is not None and (other := seen.setdefault((key, name), lesion.name)) != lesion.name:
                message = (
                    f"{key}: {name!r} is that of {other}, too; each lesion has its own, unless they are drawn as one"
                )
                yield _remark(Level.WARNING, document, (*loc, key), message)


def _lesions(document: Document, sheet: CaseSheet) -> Iterator[tuple[Loc, DeclaredLesion]]:
    return zip((loc for loc, _ in document.items("lesions")), sheet.lesions or (), strict=True)


def _protocol_of(name: str, sheet: Path) -> Protocol | None:
    """A protocol by its id, or by a file beside the case sheet; None where there is none that can be read."""
    try:
        return load_protocol(beside(sheet, name))
    except (UsageError, InputError, TableError):
        return None


@cache
def _enabled() -> tuple[Table, ...]:
    """The enabled shipped tables, read once; none where they can't be read, which is no fault of the file at hand."""
    try:
        return shipped_tables()
    except (TableError, InputError):
        return ()


def _question(row: Constraint, organs: Names) -> object:
    """What a row asks but for its number: organ, metric, schedule, patients."""
    try:
        found = tuple(organs.standard(name.text) or name.text for name in names(parse_expression(row.roi)))
    except ParseError:
        found = (row.roi,)
    schedule = (row.regimen.fractions, row.regimen.dose_per_fraction_gy)
    patients = (row.patients.diagnosis, row.patients.child_pugh)
    return (found, str(row.metric), schedule, patients, str(row.basis), row.role.is_judged)


def _remark(level: Level, document: Document, loc: Loc, message: str) -> Remark:
    place = document.place_of(loc)
    return Remark(level, Problem(document.file, place.line, place.column, message))
