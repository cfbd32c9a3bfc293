"""Cases of a table: blocks of a DVH, and what its rows must say of them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck import tables
from rtcheck.errors import InputError, TableError
from rtcheck.finding import Verdict
from rtcheck.tables.blocks import parse_blocks
from rtcheck.units import eqd2_basis

HEAD = """\
schema: 1
id: mine
title: Mine
version: "1"
rows:
"""
KEYS = {
    "organ": "Heart",
    "roi": "Heart",
    "metric": '"V25Gy[%]"',
    "limit": '"< 10 %"',
    "regimen": "{text: any}",
    "citation": "A paper",
    "status": "single",
}
GOOD = """\
pass: "60 cc at 26 Gy; 640 cc at 10 Gy"
fail: "80 cc at 26 Gy; 620 cc at 10 Gy"
limit: {dvh: "70 cc at 26 Gy; 630 cc at 10 Gy", verdict: FAIL}
"""


def _problems(folder: Path, cases: str, row_id: str = "mine.heart", **keys: str) -> list[str]:
    """What is wrong with the cases of a table of one row; cases begin in line 5."""
    row = "".join(f"    {key}: {value}\n" for key, value in (KEYS | keys).items())
    table = folder / "mine.yaml"
    table.write_text(f"{HEAD}  - id: {row_id}\n{row}", encoding="utf-8")
    loaded = tables.load_table(table)
    found = tables.failed_cases(loaded, tables.load_cases(_cases(folder, cases)))
    return [str(problem).replace(str(folder), "").lstrip("/\\") for problem in found]


def _cases(folder: Path, cases: str) -> Path:
    indented = "".join(f"    {line}\n" for line in cases.splitlines())
    path = folder / "mine.cases.yaml"
    path.write_text(f"schema: 1\ntable: mine\ncases:\n  mine.heart:\n{indented}", encoding="utf-8")
    return path


def test_blocks_are_a_curve_with_its_mean_and_extrema() -> None:
    dvh = parse_blocks("60 cc at 26 Gy; 640cc at 10.5Gy").dvh("Heart")
    assert (dvh["Volume[cc]"].value, dvh["Max[Gy]"].value, dvh["Min[Gy]"].value) == (700, 26, 10.5)
    assert dvh["Mean[Gy]"].value == pytest.approx((60 * 26 + 640 * 10.5) / 700)
    assert dvh["V26Gy[cc]"].value == pytest.approx(60)
    assert dvh["V26.1Gy[cc]"].value == 0
    assert dvh["D60cc[Gy]"].value == 26
    assert dvh["D61cc[Gy]"].value == 10.5
    assert dvh["CV15Gy[cc]"].value == pytest.approx(640)


def test_the_prescribed_dose_of_blocks() -> None:
    dvh = parse_blocks("1 cc at 12 Gy; prescribed 14 Gy").dvh("GTV")
    assert dvh["PrescriptionDose[Gy]"].value == 14
    assert dvh["Max[%]"].value == pytest.approx(100 * 12 / 14)
    named = parse_blocks("1 cc at 12 Gy; prescribed 14 Gy").dvh("GTV", reference="PTV")
    assert named["Max[%@PTV]"].value == pytest.approx(100 * 12 / 14)
    assert parse_blocks("1 cc at 12 Gy").dvh("GTV")["PrescriptionDose[Gy]"].value is None


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**5)), min_size=1, max_size=6))
def test_a_curve_of_blocks_falls_from_all_to_nothing(blocks: list[tuple[int, int]]) -> None:
    text = "; ".join(f"{volume / 100} cc at {dose / 100} Gy" for volume, dose in blocks)
    dvh = parse_blocks(text).dvh("x")
    assert dvh.curve is not None
    assert np.all(np.diff(dvh.curve.volume_cc) <= 0) and np.all(np.diff(dvh.curve.dose_gy) >= 0)
    assert dvh.curve.volume_cc[-1] == 0
    assert dvh.volume_cc == pytest.approx(sum(volume for volume, _ in blocks) / 100)
    assert dvh.min_gy <= dvh.mean_gy * (1 + 1e-12) and dvh.mean_gy <= dvh.max_gy * (1 + 1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected blocks such as '60 cc at 26 Gy"),
        ("prescribed 14 Gy", "'prescribed 14 Gy' has no block"),
        ("60 cc at 26 Gy;", "got ''"),
        ("60 at 26 Gy", "got '60 at 26 Gy'"),
        ("60 cc at 26", "got '60 cc at 26'"),
        ("60 cc at -2 Gy", "got '60 cc at -2 Gy'"),
        ("0 cc at 26 Gy", "'0 cc at 26 Gy': a block has some volume"),
        ("prescribed 14 Gy; 1 cc at 2 Gy", "got 'prescribed 14 Gy'"),
        ("1 cc at 1e400 Gy", "got '1 cc at 1e400 Gy'"),
    ],
)
def test_blocks_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TableError) as caught:
        tables.load_cases(_cases(tmp_path, f'pass: "{text}"'))
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (5, 11)
    assert message in problem.message


def test_a_row_that_says_what_its_cases_expect(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD) == []


def test_cases_know_their_places(tmp_path: Path) -> None:
    cases = tables.load_cases(_cases(tmp_path, GOOD))
    assert cases.table == "mine"
    assert [(one.key, one.verdict, one.place.line) for one in cases.expectations] == [
        ("pass", Verdict.PASS, 5),
        ("fail", Verdict.FAIL, 6),
        ("limit", Verdict.FAIL, 7),
    ]


def test_a_row_that_says_something_else_is_told_at_the_text(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD.replace("60 cc", "75 cc")) == [
        "mine.cases.yaml:5:11: mine.heart: expected PASS, got FAIL (10.5 %; limit < 10 %)"
    ]
    assert _problems(tmp_path, GOOD, limit='"<= 10 %"') == [
        "mine.cases.yaml:7:12: mine.heart: expected FAIL, got PASS (10.0 %; limit <= 10 %)"
    ]


def test_a_case_at_the_limit_is_at_the_limit(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, GOOD.replace("70 cc at 26 Gy", "90 cc at 26 Gy"))
    assert problem == "mine.cases.yaml:7:12: mine.heart: the case isn't at the limit: 12.5 %, limit < 10 %"


def test_a_row_with_a_range_has_a_case_between(tmp_path: Path) -> None:
    (problem,) = _problems(
        tmp_path, GOOD.replace("70 cc", "70 cc").replace("FAIL", "ACCEPTABLE"), acceptable='"< 11 %"'
    )
    assert problem == "mine.yaml:6:1: mine.heart: mine.cases.yaml has no case for acceptable"
    between = GOOD.replace("FAIL", "ACCEPTABLE") + 'acceptable: "75 cc at 26 Gy; 625 cc at 10 Gy"\n'
    assert _problems(tmp_path, between, acceptable='"< 11 %"') == []
    at_bound = between.replace("70 cc at 26 Gy; 630 cc", "77 cc at 26 Gy; 623 cc").replace(
        "verdict: ACC", "verdict: ACC"
    )
    assert _problems(tmp_path, at_bound.replace("ACCEPTABLE", "FAIL"), acceptable='"< 11 %"') == []


def test_a_row_that_is_never_judged_has_an_observed_value(tmp_path: Path) -> None:
    info = 'info: "1 cc at 51 Gy; 49 cc at 10 Gy"'
    keys = {"role": "risk-point", "metric": '"Max[Gy]"', "limit": '"= 50 Gy"'}
    assert _problems(tmp_path, info, **keys) == []
    missing = _problems(tmp_path, info, **(keys | {"metric": '"Max[%]"', "limit": '"= 50 %"'}))
    assert len(missing) == 1 and missing[0].startswith("mine.cases.yaml:5:11: mine.heart: Max[%] has no value (")
    (problem, lacking) = _problems(tmp_path, 'pass: "1 cc at 51 Gy"', **keys)
    assert problem.endswith("a case 'pass' doesn't go with this row, which needs info")
    assert lacking == "mine.yaml:6:1: mine.heart: mine.cases.yaml has no case for info"


def test_rows_without_cases_and_cases_without_rows(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD, row_id="mine.haert") == [
        "mine.cases.yaml:4:3: mine has no row 'mine.heart'; did you mean 'mine.haert'?",
        "mine.yaml:6:1: mine.haert: mine.cases.yaml has no case for pass, fail and limit",
    ]


def test_cases_of_another_table(tmp_path: Path) -> None:
    table = tables.load_table("tg101")
    problems = tables.failed_cases(table, tables.load_cases(_cases(tmp_path, GOOD)))
    assert problems[0].message == "cases of mine, not tg101"


def test_rows_taken_over_as_they_are_need_no_cases_again(tmp_path: Path) -> None:
    _problems(tmp_path, GOOD)
    heir = tmp_path / "heir.yaml"
    heir.write_text("schema: 1\nid: heir\ntitle: H\nversion: '1'\nextends: mine.yaml\n", encoding="utf-8")
    text = (tmp_path / "mine.cases.yaml").read_text(encoding="utf-8").replace("table: mine", "table: heir")
    cases = tmp_path / "heir.cases.yaml"
    cases.write_text(text, encoding="utf-8")
    assert tables.failed_cases(tables.load_table(heir), tables.load_cases(cases)) == ()
    change = "override: [{id: mine.heart, limit: '< 8 %', because: x}]\n"
    heir.write_text(heir.read_text(encoding="utf-8") + change, encoding="utf-8")
    problems = tables.failed_cases(tables.load_table(heir), tables.load_cases(cases))
    assert [problem.line for problem in problems] == [5, 7]
    cases.write_text(text.partition("    fail")[0], encoding="utf-8")
    (_, lacking) = tables.failed_cases(tables.load_table(heir), tables.load_cases(cases))
    assert (Path(lacking.file).name, lacking.line) == ("heir.yaml", 6)


def test_each_of_several_organs_has_the_dvh(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD, roi='"all(Kidney_L, Kidney_R)"') == []
    assert _problems(tmp_path, GOOD, roi='"any(Kidney_L, Kidney_R)"') == []


def test_doses_of_blocks_are_in_the_rows_basis(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD, alpha_beta='"3 Gy"', basis="EQD2") == []
    assert parse_blocks("1 cc at 2 Gy").dvh("x", eqd2_basis(3)).basis == eqd2_basis(3)


def test_conformity_asks_the_body(tmp_path: Path) -> None:
    keys = {"metric": '"CI(95%)[1]"', "limit": '"<= 1.2"'}
    cases = """\
pass: "100 cc at 50 Gy; prescribed 50 Gy"
fail: "80 cc at 50 Gy; prescribed 50 Gy"
limit: {dvh: "90 cc at 50 Gy; prescribed 50 Gy", verdict: PASS}
body: "108 cc at 50 Gy; 20000 cc at 5 Gy"
"""
    assert _problems(tmp_path, cases, **keys) == []
    (problem, *_) = _problems(tmp_path, cases.replace("100 cc", "85 cc"), **keys)
    assert problem.startswith("mine.cases.yaml:5:11: mine.heart: expected PASS, got FAIL (1.271; limit <= 1.2 1)")
    (problem, *_) = _problems(tmp_path, cases.partition("body")[0], **keys)
    assert problem.endswith("CI(95%)[1] needs the blocks of the body (body: ...)")
    (problem, *_) = _problems(tmp_path, cases.replace("; prescribed 50 Gy", ""), **keys)
    assert "expected PASS, got NOT_EVALUATED" in problem
    shown = cases.replace("pass", "info").partition("fail")[0] + 'body: "108 cc at 50 Gy; 20000 cc at 5 Gy"\n'
    assert _problems(tmp_path, shown, role="observational", **keys) == []


def test_a_body_has_no_use_elsewhere(tmp_path: Path) -> None:
    problems = _problems(tmp_path, GOOD + 'body: "9 cc at 2 Gy"\n')
    assert len(problems) == 3
    assert problems[0].endswith("V25Gy[%] has no use for the blocks of the body (body: ...)")


@pytest.mark.parametrize(
    ("cases", "problem"),
    [
        ("passes: x", "5:5: unknown key 'passes'; did you mean 'pass'?"),
        ("pass: 5", "5:11: pass: expected text, got 5; write it in quotes"),
        ('limit: {dvh: "1 cc at 2 Gy", verdict: INFO}', "5:43: verdict: expected 'PASS', 'ACCEPTABLE' or 'FAIL', got"),
        ('limit: {dvh: "1 cc at 2 Gy"}', "5:12: the key 'verdict' is missing"),
        ('limit: "1 cc at 2 Gy"', "5:12: limit: expected a mapping of keys, got '1 cc at 2 Gy'"),
    ],
)
def test_case_files_refused(tmp_path: Path, cases: str, problem: str) -> None:
    path = _cases(tmp_path, cases)
    with pytest.raises(TableError) as caught:
        tables.load_cases(path)
    assert str(caught.value).startswith(f"{path}:{problem}")


def test_case_files_that_arent_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        tables.load_cases(tmp_path / "none.cases.yaml")
