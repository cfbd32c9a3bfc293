"""Cases of a table: DVHs and the verdicts that its rows must give on them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rtcheck.checks import judge
from rtcheck.constraint import Constraint
from rtcheck.document import Document, Place, closest, in_order, read_document
from rtcheck.errors import Problem, TableError
from rtcheck.finding import Verdict
from rtcheck.metrics import conformity
from rtcheck.protocol import Table
from rtcheck.tables.blocks import Blocks
from rtcheck.tables.problems import validated
from rtcheck.tables.schema import CaseKeys, CasesFile
from rtcheck.units import TOLERANCE

#: The verdict of a case by its key; that of a case at the limit is written beside it.
_EXPECTED = {
    "pass": Verdict.PASS,
    "fail": Verdict.FAIL,
    "acceptable": Verdict.ACCEPTABLE,
    "info": Verdict.INFO,
}
_AT_LIMIT = "limit"


@dataclass(frozen=True)
class Expectation:
    """One DVH, and the verdict that a row must give on it.

    Attributes
    ----------
    row : str
        Id of the row.
    key : str
        ``pass``, ``fail``, ``limit``, ``acceptable`` or ``info``.
    blocks : Blocks
    verdict : Verdict
    body : Blocks or None
        The whole body's DVH.
    place : Place
        Of the text in the file.
    """

    row: str
    key: str
    blocks: Blocks
    verdict: Verdict
    body: Blocks | None
    place: Place


@dataclass(frozen=True)
class Cases:
    """A file of cases.

    Attributes
    ----------
    table : str
        Id of the table.
    expectations : tuple of Expectation
        In file order.
    rows : mapping of str to Place
        Where the cases of each row begin.
    file : str
        As given.
    """

    table: str
    expectations: tuple[Expectation, ...]
    rows: dict[str, Place]
    file: str


def load_cases(path: Path | str) -> Cases:
    """Read a file of cases.

    Parameters
    ----------
    path : Path or str
        ``<table>.cases.yaml``, beside the table.

    Raises
    ------
    InputError
        If the file can't be opened.
    TableError
        With everything that is wrong in the file, by line and column.
    """
    document = read_document(Path(path))
    model = validated(CasesFile, document)
    if model is None or document.problems:
        raise TableError(in_order(document.problems))
    expectations = [one for row, keys in model.cases.items() for one in _expectations(row, keys, document)]
    rows = {row: document.place_of(("cases", row), key=True) for row in model.cases}
    return Cases(model.table, tuple(expectations), rows, document.file)


def failed_cases(table: Table, cases: Cases) -> tuple[Problem, ...]:
    """What a table's rows don't say as its cases expect.

    A row of the table itself, not one that it takes over unchanged, needs a case for each of its answers: ``pass``,
    ``fail`` and ``limit``, and ``acceptable`` where it has a range; ``info`` where it is never judged.

    Returns
    -------
    tuple of Problem
        By place: in the cases' file where a verdict is another, a row isn't one of the table, or a case doesn't belong
        to the row; in the table's file where a row has no cases.
    """
    rows = {row.id: row for row in table.constraints}
    problems = (
        [] if cases.table == table.id else [_problem(cases, Place(1, 1), f"cases of {cases.table}, not {table.id}")]
    )
    for row_id, place in cases.rows.items():
        if row_id not in rows:
            problems.append(_problem(cases, place, f"{table.id} has no row {row_id!r}{closest(row_id, rows)}"))
    for one in cases.expectations:
        if one.row in rows and (message := _failure(rows[one.row], one)):
            problems.append(_problem(cases, one.place, f"{one.row}: {message}"))
    problems.sort(key=lambda problem: (problem.line, problem.column))
    return (*problems, *_missing(table, cases))


def _expectations(row: str, keys: CaseKeys, document: Document) -> Iterator[Expectation]:
    """The cases of one row in file order."""
    given = document.at("cases", row)
    for key in given if isinstance(given, dict) else ():
        place = document.place_of(("cases", row, key))
        if key == _AT_LIMIT and keys.limit is not None:
            yield Expectation(row, key, keys.limit.dvh, Verdict(keys.limit.verdict), keys.body, place)
        blocks = getattr(keys, "passing" if key == "pass" else key)
        if key in _EXPECTED and blocks is not None:
            yield Expectation(row, key, blocks, _EXPECTED[key], keys.body, place)


def _wanted(row: Constraint) -> tuple[str, ...]:
    """The cases that a row needs."""
    if not row.role.is_judged:
        return ("info",)
    return ("pass", "fail", _AT_LIMIT, *(["acceptable"] if row.acceptable else []))


def _missing(table: Table, cases: Cases) -> Iterator[Problem]:
    """Rows of the table itself that lack cases."""
    given: dict[str, set[str]] = {}
    for one in cases.expectations:
        given.setdefault(one.row, set()).add(one.key)
    for row in table.constraints:
        lacking = [key for key in _wanted(row) if key not in given.get(row.id, ())]
        if lacking and row.source.table == table.id:
            file = Path(cases.file).parent / row.source.file
            names = " and ".join(filter(None, [", ".join(lacking[:-1]), lacking[-1]]))
            message = f"{row.id}: {Path(cases.file).name} has no case for {names}"
            yield Problem(str(file), row.source.line or 1, 1, message)


def _failure(row: Constraint, case: Expectation) -> str:
    """Why a row doesn't answer a case as it expects; empty where it does."""
    if case.key not in _wanted(row):
        return f"a case '{case.key}' doesn't go with this row, which needs {', '.join(_wanted(row))}"
    if row.metric.question.needs_body != (case.body is not None):
        return f"{row.metric} {'needs' if case.body is None else 'has no use for'} the blocks of the body (body: ...)"
    verdict, observed, message = _answer(row, case)
    if verdict is not case.verdict:
        return f"expected {case.verdict.value}, got {verdict.value} ({message}; limit {row.limit_text})"
    if observed is None:
        return f"{row.metric} has no value ({message})"
    if case.key == _AT_LIMIT and not any(_is(observed, end) for end in _ends(row)):
        return f"the case isn't at the limit: {observed:g} {row.metric.unit}, limit {row.limit_text}"
    return ""


def _answer(row: Constraint, case: Expectation) -> tuple[Verdict, float | None, str]:
    """What a row says of a case: the verdict, the observed value, and in words."""
    dvh = case.blocks.dvh(row.roi, row.basis, row.metric.reference)
    if case.body is None:
        finding = judge(row, dvh)
        return finding.verdict, finding.observed, finding.message
    # A finding on the body needs a whole case; the number and its limit are all that blocks are about.
    body = case.body.dvh("Body", row.basis, row.metric.reference)
    value = conformity(row.metric, dvh.distribution, body.distribution)
    if value.value is None:
        return Verdict.NOT_EVALUATED, None, value.reason
    return (row.verdict_of(value.value) if row.role.is_judged else Verdict.INFO), value.value, str(value)


def _ends(row: Constraint) -> tuple[float, ...]:
    return (row.goal.value,) if row.acceptable is None else (row.goal.value, row.acceptable.value)


def _is(value: float, limit: float) -> bool:
    return math.isclose(value, limit, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def _problem(cases: Cases, place: Place, message: str) -> Problem:
    return Problem(cases.file, place.line, place.column, message)
