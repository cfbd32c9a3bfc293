"""What is wrong and what is worth a look in the files that a clinic writes: tables, protocols, case sheets ...

Problems are what no reader accepts. Warnings are what may be meant and often isn't. Notes tell where the shipped tables
say something else. Which kind a file is, its keys tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rtcheck.document import Document, read_document
from rtcheck.errors import Problem, TableError, UsageError
from rtcheck.nomenclature import Names, shipped_names
from rtcheck.protocol import Table
from rtcheck.report.constraints.phrases import listed
from rtcheck.report.constraints.remarks import (
    Level,
    Remark,
    cases_beside,
    own_rows,
    sheet_remarks,
    stated_differently,
    unknown_organs,
    unknown_required,
    unknown_rois,
    unverified,
)
from rtcheck.tables import (
    data_folder,
    load_protocol,
    load_radiobiology,
    load_site,
    load_table,
    read_sheet,
    read_tuning,
)
from rtcheck.tables.cases import failed_cases, load_cases


@dataclass(frozen=True)
class Linted:
    """What is to say about one file.

    Attributes
    ----------
    file : str
        As given.
    kind : str
        ``table``, ``protocol``, ``site``, ``names``, ``cases``, ``case``, ``checks`` or ``radiobiology``; empty where
        it can't be told.
    holds : str
        What a file without problems holds: ``12 rows (43 taken over from quantec, 2 changed, 1 off)``.
    remarks : tuple of Remark
        Problems, then warnings, then notes.
    """

    file: str
    kind: str
    holds: str
    remarks: tuple[Remark, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether every reader accepts the file; warnings and notes don't count."""
        return not any(remark.level is Level.PROBLEM for remark in self.remarks)


@dataclass(frozen=True)
class _Given:
    """A file to read, and the names that it may use."""

    path: Path
    document: Document
    organs: Names


@dataclass(frozen=True)
class _Read:
    """A file that was read: what it holds, and what is worth a look."""

    holds: str
    remarks: tuple[Remark, ...] = ()


def lint(path: Path, organs: Names | None = None, kind: str = "") -> Linted:
    """Read a file with the reader of its kind, and its cases where a file of them lies beside it.

    Parameters
    ----------
    path : Path
    organs : Names, optional
        The names of organs that a table may use; the shipped ones where not given.
    kind : str
        Which kind of file it is to be; told by its keys where not given.

    Raises
    ------
    InputError
        If the file can't be opened.
    """
    organs = organs or shipped_names()
    try:
        document = read_document(path)
        kind = kind or kind_of(document)
        read = _READERS[kind](_Given(path, document, organs))
    except TableError as error:
        problems = tuple(Remark(Level.PROBLEM, problem) for problem in error.problems)
        return Linted(str(path), kind, "", problems)
    except UsageError as error:  # a table that extends itself, two tables that repeat rows
        return Linted(str(path), kind, "", (Remark(Level.PROBLEM, Problem(str(path), 1, 1, str(error))),))
    order = list(Level)
    return Linted(str(path), kind, read.holds, tuple(sorted(read.remarks, key=lambda one: order.index(one.level))))


def kind_of(document: Document) -> str:
    """Which kind of file it is, by keys that no other kind has; TableError where none of them is there."""
    data = document.data
    keys = set(data) if isinstance(data, dict) else set()
    if "off" in keys and not keys & _OF_TABLES:
        return "checks"
    for kind, telling in _TELLING.items():
        if keys & telling:
            return kind
    known = ", ".join(f"{kind} ({' or '.join(sorted(telling))})" for kind, telling in _TELLING.items())
    raise TableError((Problem(document.file, 1, 1, f"no key tells what kind of file it is; known: {known}"),))


def _table(given: _Given) -> _Read:
    table = load_table(given.path)
    rows = own_rows(given.document, table.constraints)
    remarks = [*unverified(given.document, rows, table), *unknown_rois(given.document, rows, given.organs)]
    remarks += [*cases_beside(given.path, table), *stated_differently(given.document, rows, table, given.organs)]
    return _Read(_table_text(table), tuple(remarks))


def _table_text(table: Table) -> str:
    """``45 rows (43 taken over from quantec, 2 changed, 1 off)``."""
    own = sum(row.source.table == table.id and not row.overrides for row in table.constraints)
    # What the tables before it changed is theirs: their rows come as they are.
    changes = [change for change in table.changes if change.file == table.file]
    off = sum(change.what == "not asked" for change in changes)
    text = _count(len(table.constraints), "row")
    if not table.extends:
        return text
    changed = f", {len(changes) - off} changed, {off} off"
    return f"{text} ({len(table.constraints) - own} taken over from {listed(table.extends)}{changed})"


def _protocol(given: _Given) -> _Read:
    protocol = load_protocol(given.path)
    rows = own_rows(given.document, protocol.constraints)
    remarks = (
        *unknown_rois(given.document, rows, given.organs),
        *unknown_required(given.document, "required_rois", given.organs),
    )
    tables = ", ".join(table.id for table in protocol.tables) or "none"
    site = f" (site {protocol.site.id})" if protocol.site else ""
    required = f"{_count(len(protocol.required_rois), 'required ROI')}{site}"
    rules = f"{_count(len(protocol.rules), 'rule')}, " if protocol.rules else ""
    return _Read(f"{rules}{_count(len(protocol.constraints), 'row')} of its own, tables: {tables}, {required}", remarks)


def _site(given: _Given) -> _Read:
    site = load_site(given.path)
    return _Read(
        _count(len(site.required_rois), "required ROI"),
        tuple(unknown_required(given.document, "required", given.organs)),
    )


def _names(given: _Given) -> _Read:
    shipped = given.path.resolve() == (data_folder() / given.path.name).resolve()
    read = Names.read(given.path) if shipped else given.organs.extended(given.path)
    listed_names = given.document.at("names")
    count = len(listed_names) if isinstance(listed_names, dict) else 0
    others = "" if shipped else f" ({len(read.standard_names)} with the shipped ones)"
    return _Read(f"{_count(count, 'name')}{others}")


def _cases(given: _Given) -> _Read:
    cases = load_cases(given.path)
    beside = given.path.with_name(f"{cases.table}.yaml")
    table = load_table(beside if beside.is_file() else cases.table)
    if failed := failed_cases(table, cases):
        raise TableError(failed)
    return _Read(f"{_count(len(cases.expectations), 'case')} of {_count(len(cases.rows), 'row')} of {cases.table}")


def _radiobiology(given: _Given) -> _Read:
    load_radiobiology(given.path)
    return _Read(
        f"{len(given.document.items('alpha_beta'))} alpha/betas, {len(given.document.items('models'))} parameter sets"
    )


def _case(given: _Given) -> _Read:
    sheet = read_sheet(given.path)
    counts = ((sheet.attestations, "attestation"), (sheet.sign_offs, "sign-off"), (sheet.overrides, "override"))
    lesions = "no list of lesions" if sheet.lesions is None else _count(len(sheet.lesions), "lesion")
    held = ", ".join([lesions, *(_count(len(listed_of), word) for listed_of, word in counts if listed_of)])
    remarks = (*sheet_remarks(given.document, sheet), *unknown_organs(given.document, given.organs))
    return _Read(f"case sheet with {held}", remarks)


def _checks(given: _Given) -> _Read:
    tuning = read_tuning(given.path)
    numbers = sum(map(len, tuning.thresholds.values()))
    return _Read(f"{_count(len(tuning.off), 'plan check')} off, {_count(numbers, 'threshold')} changed")


#: By kind, the keys that tell it, and its reader; asked in this order.
_TELLING: Mapping[str, frozenset[str]] = {
    "cases": frozenset({"cases"}),
    "case": frozenset(
        {"subject", "centre", "protocol", "patient", "dates", "lesions", "prescriptions"}
        | {"attestations", "sign_offs", "overrides"}
    ),
    "names": frozenset({"names", "sides"}),
    "radiobiology": frozenset({"alpha_beta", "models"}),
    "site": frozenset({"required"}),
    "protocol": frozenset(
        {"bed", "tables", "required_rois", "site", "diagnosis", "rules", "plan_checks", "amendments", "wording"}
    ),
    "checks": frozenset({"thresholds"}),
    "table": frozenset({"rows", "extends", "override", "off"}),
}
#: Without one of these, a file with `off` tunes the plan checks.
_OF_TABLES = frozenset({"rows", "extends", "override", "sources", "groups", "version", "enabled"})
_READERS: Mapping[str, Callable[[_Given], _Read]] = {
    "cases": _cases,
    "case": _case,
    "names": _names,
    "radiobiology": _radiobiology,
    "site": _site,
    "protocol": _protocol,
    "checks": _checks,
    "table": _table,
}


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
