"""Every shipped row gives the verdicts that its cases name, on DVHs just beside its limit."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtcheck import tables
from rtcheck.tables.cases import Cases, failed_cases, load_cases
from rtcheck.tables.paths import table_path

#: Cases lie so near to the limit, relative to it, that a limit 2 % off gets another verdict.
BESIDE = 0.0101


def cases_of(table: str) -> Cases:
    return load_cases(table_path(table).with_name(f"{table}.cases.yaml"))


@pytest.mark.parametrize("table", tables.table_ids())
def test_every_row_has_cases_and_meets_them(table: str) -> None:
    assert [str(problem) for problem in failed_cases(tables.load_table(table), cases_of(table))] == []


@pytest.mark.parametrize("table", tables.table_ids())
def test_cases_stand_in_the_order_of_their_rows(table: str) -> None:
    assert list(cases_of(table).rows) == [row.id for row in tables.load_table(table).constraints]


@pytest.mark.parametrize("table", tables.table_ids())
def test_cases_lie_just_beside_a_bound(table: str) -> None:
    rows = {row.id: row for row in tables.load_table(table).constraints}
    for case in cases_of(table).expectations:
        row = rows[case.row]
        value = case.blocks.dvh(row.roi)[row.metric].value
        assert value is not None, case
        bounds = [row.goal.value, row.goal.high, row.acceptable.value if row.acceptable else None]
        assert min(abs(value / bound - 1) for bound in bounds if bound is not None) <= BESIDE, case


@pytest.mark.parametrize("table", tables.table_ids())
def test_a_row_has_its_verdict_at_the_limit_from_its_comparator(table: str) -> None:
    rows = {row.id: row for row in tables.load_table(table).constraints}
    at_limit = [case for case in cases_of(table).expectations if case.key == "limit"]
    assert {case.row for case in at_limit} == {row.id for row in rows.values() if row.role.is_judged}
    for case in at_limit:
        row = rows[case.row]
        strict = "ACCEPTABLE" if row.acceptable else "FAIL"
        assert case.verdict.value == (strict if row.goal.comparator.is_strict else "PASS"), case


def test_no_file_of_cases_is_without_its_table() -> None:
    folder = tables.data_folder()
    files = {path.relative_to(folder) for path in folder.rglob("*.cases.yaml")}
    expected = {table_path(table).with_name(f"{table}.cases.yaml") for table in tables.table_ids()}
    assert {folder / path for path in files} == expected


def test_a_wrong_limit_fails_its_cases(tmp_path: Path) -> None:
    text = table_path("tg101").read_text(encoding="utf-8")
    wrong = tmp_path / "tg101.yaml"
    wrong.write_text(text.replace('limit: "<= 12.4 Gy"', 'limit: "<= 14.4 Gy"', 1), encoding="utf-8")
    problems = failed_cases(tables.load_table(wrong), cases_of("tg101"))
    assert {str(problem).partition(": tg101.")[2].split(":")[0] for problem in problems} == {"stomach.max.1fx"}
