"""Which rows of which tables belong to this plan's schedule, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rtcheck.case import Case
from rtcheck.checks.applicable import schedule_answer
from rtcheck.constraint import Constraint
from rtcheck.finding import Finding, Source, Verdict

#: Regimens of a table that are told one by one before the rest is only counted.
_MOST_REGIMENS = 3
#: By what the schedule says of a row: True, False, or that nobody can tell.
_HEADS = {True: "for this schedule are", False: "for others", None: "nobody can tell of"}


def table_selection(case: Case, constraints: Sequence[Constraint], source: Source) -> Finding:
    """One INFO finding: of every table the rows that are for the plan's schedule, and those that aren't.

    The choice is only by schedule; whether a row's organ is contoured, and whom it is for, stands in its own finding.
    """
    schedules = case.schedule_text or (f"{case.fractions} fractions" if case.fractions else "schedule unknown")
    counts: dict[bool | None, dict[str, Counter[str]]] = {answer: {} for answer in _HEADS}
    for row in constraints:
        by_table = counts[_belongs(case, row)]
        by_table.setdefault(row.source.table, Counter())[row.regimen.text] += 1
    told = [f"{_HEADS[answer]} {_listed(by_table)}" for answer, by_table in counts.items() if by_table]
    return Finding(
        check="tables",
        subject="table selection",
        verdict=Verdict.INFO,
        message=f"{schedules}: {'; '.join(told)}",
        source=source,
        group="Tables",
    )


def _belongs(case: Case, row: Constraint) -> bool | None:
    answer = schedule_answer(case, row.regimen)
    if answer is None:
        return True
    return False if answer.verdict is Verdict.NOT_APPLICABLE else None


def _listed(by_table: Mapping[str, Counter[str]]) -> str:
    """``tg101 51 rows (5 fractions), quantec 1 row (3-5 fractions)``."""
    return ", ".join(f"{table} {_counted(regimens)}" for table, regimens in by_table.items())


def _counted(regimens: Counter[str]) -> str:
    total = regimens.total()
    rows = f"{total} row{'s' if total > 1 else ''}"
    common = regimens.most_common(_MOST_REGIMENS)
    if len(regimens) == 1:
        return f"{rows} ({common[0][0]})"
    parts = [f"{count} for {text}" for text, count in common]
    rest = total - sum(count for _, count in common)
    return f"{rows} ({', '.join(parts)}{f', {rest} other' if rest else ''})"
