"""One negative test a guard, each with its exact place; and all of them at once."""

import pickle
from pathlib import Path

import pytest

from rtcheck import tables
from rtcheck.constraint import Constraint, Group, GroupKind, Limit, Requirement, Role
from rtcheck.errors import TableError
from rtcheck.units import PHYSICAL, Comparator, Unit, eqd2_basis

HEAD = """\
schema: 1
id: mine
title: Mine
version: "1"
sources:
  paper: {citation: A paper, doi: 10.1000/xyz}
rows:
"""
ROW = {
    "id": "mine.liver",
    "organ": "Liver",
    "roi": '"Liver - GTV*"',
    "metric": '"Mean[Gy]"',
    "limit": '"< 30 Gy"',
    "regimen": "{text: any}",
    "source": "paper",
    "status": "single",
}
#: Rows start in line 8, after HEAD; keys stand in column 5, values where "key: " ends.
FIRST = 8


def _row(**changes: str | None) -> str:
    keys = {key: value for key, value in (ROW | changes).items() if value is not None}
    lines = [f"{key}: {value}" for key, value in keys.items()]
    return "  - " + "\n    ".join(lines) + "\n"


def _file(tmp_path: Path, *rows: str, head: str = HEAD, name: str = "mine") -> Path:
    path = tmp_path / f"{name}.yaml"
    path.write_text(head + "".join(rows), encoding="utf-8")
    return path


def _constraint(tmp_path: Path, head: str = HEAD, **changes: str | None) -> Constraint:
    return tables.load_table(_file(tmp_path, _row(**changes), head=head)).constraints[0]


def _head(groups: str) -> str:
    """A head with groups in its line 7."""
    return HEAD.replace("rows:", f"groups: {groups}\nrows:")


def _problems(path: Path) -> list[str]:
    with pytest.raises(TableError) as caught:
        tables.load_table(path)
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems
    return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]


def _problem(tmp_path: Path, key: str, **changes: str | None) -> str:
    """The one problem of a row; it must stand at the value of `key`."""
    (problem,) = _problems(_file(tmp_path, _row(**changes)))
    place = f"{FIRST + list(ROW | changes).index(key)}:{5 + len(key) + 2}: "
    assert problem.startswith(place), problem
    return problem.removeprefix(place)


def test_a_row_with_all_it_may_say(tmp_path: Path) -> None:
    row = _constraint(
        tmp_path,
        _head("{mine.liver.all: {kind: all, text: Of the liver}}"),
        acceptable='"< 32 Gy"',
        requirement="required",
        role="risk-point",
        regimen='{text: hypofractionated, fractions: "3-5", dose_per_fraction: "180-2000 cGy"}',
        patients="{text: Child-Pugh A, diagnosis: [hcc, other], child_pugh: [A, B7]}",
        native_fractions="[3, 4, 5]",
        alpha_beta='"3 Gy"',
        irradiation="any",
        endpoint="RILD",
        rate_pct='"<5"',
        volume_segmented="Whole liver - GTV",
        citation="Another paper",
        locator="p 7",
        transcriptions="2",
        notes="None.",
        group="mine.liver.all",
        published_roi="Liver-GTV",
    )
    assert row.goal == Limit(Comparator.LT, 30, Unit.GY)
    assert row.acceptable == Limit(Comparator.LT, 32, Unit.GY)
    assert (row.requirement, row.role) == (Requirement.REQUIRED, Role.RISK_POINT)
    assert (row.regimen.fractions, row.regimen.dose_per_fraction_gy) == ((3, 5), (1.8, 20.0))
    assert (row.patients.diagnosis, row.patients.child_pugh) == ({"hcc", "other"}, {"A", "B7"})
    assert (row.native_fractions, row.alpha_beta_gy) == ((3, 5), 3.0)
    # The DOI of the file's source isn't that of the other citation.
    assert row.source.citation == "Another paper; p 7"
    assert (row.source.table, row.source.row, row.source.file) == ("mine", "mine.liver", "mine.yaml")
    assert (row.source.line, row.source.status) == (FIRST + 1, "single")
    assert (row.published_roi, row.transcriptions, row.overrides) == ("Liver-GTV", 2, "")
    assert row.group == Group("mine.liver.all", GroupKind.ALL, "Of the liver")


def test_a_limit_in_an_equivalent_dose_names_its_basis(tmp_path: Path) -> None:
    assert _constraint(tmp_path).basis == PHYSICAL
    row = _constraint(tmp_path, basis="EQD2", alpha_beta='"2.5 Gy"')
    assert row.basis == eqd2_basis(2.5)
    assert row.limit_text == "< 30 Gy EQD2(alpha/beta=2.5 Gy)"


def test_a_citation_by_its_key(tmp_path: Path) -> None:
    assert _constraint(tmp_path, locator="p 7").source.citation == "A paper; p 7; doi:10.1000/xyz"
    assert _constraint(tmp_path, doi="10.1000/abc").source.citation == "A paper; doi:10.1000/abc"


@pytest.mark.parametrize(
    ("text", "fractions"),
    [("5", (5, 5)), ('"5"', (5, 5)), ("3-5", (3, 5)), ('"3 - 5"', (3, 5)), ("[3]", (3, 3)), ("[3, 4, 5]", (3, 5))],
)
def test_fractions(tmp_path: Path, text: str, fractions: tuple[int, int]) -> None:
    assert _constraint(tmp_path, regimen=f"{{text: x, fractions: {text}}}").regimen.fractions == fractions


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[3, 6]", "expected rising numbers without a gap, got [3, 6]"),
        ("5-3", "'5-3' runs downwards"),
        ("0", "0: a treatment has 1 to 200 fractions"),
        ("201", "201: a treatment has 1 to 200 fractions"),
        ("true", "expected a number, a range such as '3-5' or a list"),
        ("[]", "expected a number, a range such as '3-5' or a list"),
        ("few", "expected a number, a range such as '3-5' or a list"),
        ("5.0", "expected a number, a range such as '3-5' or a list"),
    ],
)
def test_fractions_refused(tmp_path: Path, text: str, message: str) -> None:
    (problem,) = _problems(_file(tmp_path, _row(regimen=f"{{text: x, fractions: {text}}}")))
    assert problem.startswith(f"13:35: fractions: {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"2"', "expected a dose such as '2 Gy' or '1.8-2 Gy', got '2'"),
        ("2", "expected text, got 2; write it in quotes"),
        ('"2-1.8 Gy"', "'2-1.8 Gy' runs downwards"),
        ('"0 Gy"', "'0 Gy': a dose is more than 0 Gy"),
        ('"180-200 Gy"', "'180-200 Gy': more than 150 Gy per fraction (is the unit right?)"),
    ],
)
def test_dose_per_fraction_refused(tmp_path: Path, text: str, message: str) -> None:
    problems = _problems(_file(tmp_path, _row(regimen=f"{{text: x, dose_per_fraction: {text}}}")))
    assert problems == [f"13:43: dose_per_fraction: {message}"]


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ('"30 Gy"', "expected a comparator (<, <=, > or >=), '30 Gy' has none"),
        (
            '"= 30 Gy"',
            "expected a comparator (<, <=, > or >=), got '=', which a row of role risk-point or observational may have",
        ),
        (
            '"between 28 and 30 Gy"',
            "expected a comparator (<, <=, > or >=), got 'between', which a row of role risk-point or observational "
            "may have",
        ),
        ('"between 30 and 28 Gy"', "'between 30 and 28 Gy' runs downwards"),
        ('"≈ 30 Gy"', "expected a comparator (<, <=, > or >=), got '≈'; write '~'"),
        ('"< 30 1"', "expected a unit (Gy, cGy, %, cc), '< 30' has none"),
        ('"=< 30 Gy"', "expected a comparator (<, <=, > or >=), got '=<'; write '<='"),
        ('"≤ 30 Gy"', "expected a comparator (<, <=, > or >=), got '≤'; write '<='"),
        ('"< 30"', "expected a unit (Gy, cGy, %, cc), '< 30' has none"),
        ('"< 30 mL"', "expected a unit (Gy, cGy, %, cc), got 'mL'"),
        ('"< 30 gy"', "expected a unit (Gy, cGy, %, cc), got 'gy'"),
        ('"< -3 Gy"', "expected a comparator, a number and a unit such as '< 30 Gy', got '< -3 Gy'"),
        ('"< 1,5 Gy"', "expected a comparator, a number and a unit such as '< 30 Gy', got '< 1,5 Gy'"),
        ('"< nan Gy"', "expected a comparator, a number and a unit such as '< 30 Gy', got '< nan Gy'"),
        ("30", "expected text, got 30; write it in quotes"),
        ('"< 3000 cGy"', "the limit is in cGy, Mean[Gy] answers in Gy; write '< 30 Gy'"),
        ('"< 30 cc"', "the limit is in cc, Mean[Gy] answers in Gy; give the limit in Gy"),
        ('"< 30 %"', "the limit is in %, Mean[Gy] answers in Gy; ask Mean[%], or give the limit in Gy"),
        ('"< 0 Gy"', "'< 0 Gy' is met by no plan"),
        ('">= 0 Gy"', "'>= 0 Gy' is met by every plan"),
    ],
)
def test_limits_refused(tmp_path: Path, limit: str, message: str) -> None:
    assert _problem(tmp_path, "limit", limit=limit) == f"limit: {message}"


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("< 30 cc", "the limit is in cc, V20Gy[%] answers in %; ask V20Gy[cc], or give the limit in %"),
        ("<= 100 %", "'<= 100 %' is met by every plan"),
        ("> 100 %", "'> 100 %' is met by no plan"),
        ("< 101 %", "'< 101 %': a part of a volume is at most 100 %"),
    ],
)
def test_limits_of_volumes_refused(tmp_path: Path, limit: str, message: str) -> None:
    assert _problem(tmp_path, "limit", metric='"V20Gy[%]"', limit=f'"{limit}"') == f"limit: {message}"


@pytest.mark.parametrize(
    ("role", "limit", "goal"),
    [
        ("risk-point", "= 72 Gy", Limit(Comparator.EQ, 72, Unit.GY)),
        ("risk-point", "~ 5 Gy", Limit(Comparator.ABOUT, 5, Unit.GY)),
        ("observational", "between 55 and 60 Gy", Limit(Comparator.BETWEEN, 55, Unit.GY, 60)),
        ("risk-point", "between 55-60.5Gy", Limit(Comparator.BETWEEN, 55, Unit.GY, 60.5)),
        ("risk-point", "= 0 Gy", Limit(Comparator.EQ, 0, Unit.GY)),
        ("observational", "< 30 Gy", Limit(Comparator.LT, 30, Unit.GY)),
    ],
)
def test_rows_that_are_never_judged_may_quote_a_number(tmp_path: Path, role: str, limit: str, goal: Limit) -> None:
    row = _constraint(tmp_path, role=role, limit=f'"{limit}"')
    assert (row.goal, row.role) == (goal, Role(role))
    assert not row.role.is_judged


def test_a_quoted_number_is_refused_wherever_the_role_stands_in_the_row(tmp_path: Path) -> None:
    for changes in ({"limit": '"= 3 Gy"', "role": "limit"}, {"role": "limit", "limit": '"= 3 Gy"'}):
        (problem,) = _problems(_file(tmp_path, _row(**changes)))
        assert "expected a comparator" in problem


def test_a_wrong_role_is_one_problem_and_hides_none_of_the_limit(tmp_path: Path) -> None:
    first, second = _problems(_file(tmp_path, _row(role="risk", limit='"= 3 cc"')))
    assert first.startswith("12:12: limit: the limit is in cc, Mean[Gy] answers in Gy")
    assert second.startswith("16:11: role: expected 'limit'")


def test_an_index_has_no_unit(tmp_path: Path) -> None:
    goal = Limit(Comparator.LE, 1.2, Unit.ONE)
    assert _constraint(tmp_path, metric='"CI(95%)[1]"', limit='"<= 1.2"').goal == goal
    assert _constraint(tmp_path, metric='"CI(95%)[1]"', limit=f'"{goal}"').goal == goal
    message = _problem(tmp_path, "limit", metric='"CI(95%)[1]"', limit='"<= 120 %"')
    assert message.startswith("limit: the limit is in %, CI(95%)[1] answers in 1")


@pytest.mark.parametrize(
    ("limit", "acceptable", "message"),
    [
        ("< 30 Gy", "between 30 and 32 Gy", "'between 30 and 32 Gy' is a number that a source quotes; only bounds"),
        ("= 30 Gy", "< 32 Gy", "'= 30 Gy' is a number that a source quotes; only bounds (<, <=, > or >=) have a laxer"),
    ],
)
def test_only_bounds_have_a_laxer_one(tmp_path: Path, limit: str, acceptable: str, message: str) -> None:
    changes = {"role": "risk-point", "limit": f'"{limit}"', "acceptable": f'"{acceptable}"'}
    assert _problem(tmp_path, "acceptable", **changes).startswith(f"acceptable: {message}")


def test_a_risk_point_with_a_range_has_its_upper_end(tmp_path: Path) -> None:
    row = _constraint(tmp_path, role="risk-point", limit='"<= 12.4 Gy"', acceptable='"<= 14 Gy"')
    assert row.limit_text == "<= 12.4 Gy (<= 14 Gy)"


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("between 90 and 101 %", "'between 90 and 101 %': a part of a volume is at most 100 %"),
        ("between 5 and 10 cc", "the limit is in cc, V20Gy[%] answers in %; ask V20Gy[cc]"),
    ],
)
def test_quoted_numbers_refused(tmp_path: Path, limit: str, message: str) -> None:
    changes = {"role": "risk-point", "metric": '"V20Gy[%]"', "limit": f'"{limit}"'}
    assert _problem(tmp_path, "limit", **changes).startswith(f"limit: {message}")


def test_the_mend_of_a_range_converts_both_ends(tmp_path: Path) -> None:
    message = _problem(tmp_path, "limit", role="risk-point", limit='"between 5500 and 6000 cGy"')
    assert message.endswith("write 'between 55 and 60 Gy'")


@pytest.mark.parametrize(
    ("groups", "rows", "problems"),
    [
        ("{g: {kind: set, text: x}}", ("g", None), ["7:10: groups: 'g' is of kind set and has one row; it needs two"]),
        ("{g: {kind: any, text: x}}", ("g",), ["7:10: groups: 'g' is of kind any and has one row; it needs two or"]),
        ("{g: {kind: all, text: x}}", (None,), ["7:10: groups: no row says 'group: g'"]),
        ("{g: {kind: all, text: x}}", ("g", "h"), ["26:12: group: no group 'h'; known: g"]),
        ("{long: {kind: all, text: x}}", ("long", "lon"), ["26:12: group: no group 'lon'; did you mean 'long'?"]),
        ("{g: {kind: some, text: x}}", ("g", "g"), ["7:20: kind: expected 'any', 'all' or 'set', got 'some'"]),
        ("{g: {kind: all}}", ("g",), ["7:13: the key 'text' is missing"]),
        (
            "{g: {kind: all, txt: x}}",
            ("g",),
            ["7:13: the key 'text' is missing", "7:25: unknown key 'txt'; did you me"],
        ),
        ("{two words: {kind: all, text: x}}", (None,), ["7:10: two words: 'two words' doesn't have the form of an id"]),
        ("[g]", (None,), ["7:9: groups: expected a mapping of keys, got a list"]),
    ],
)
def test_groups_refused(tmp_path: Path, groups: str, rows: tuple[str | None, ...], problems: list[str]) -> None:
    written = [_row(id=f"mine.{index}", group=group) for index, group in enumerate(rows)]
    found = _problems(_file(tmp_path, *written, head=_head(groups)))
    assert len(found) >= len(problems)
    for one, expected in zip(found, problems, strict=False):
        assert one.startswith(expected)


def test_an_id_of_a_group_has_the_form_of_an_id(tmp_path: Path) -> None:
    found = _problems(_file(tmp_path, _row(group='"a b"'), head=_head("{a b: {kind: all, text: x}}")))
    assert any(one.startswith("7:10: a b: 'a b' doesn't have the form of an id") for one in found)


def test_a_set_member_needs_a_set(tmp_path: Path) -> None:
    rows = [_row(id=f"mine.{index}", group="g", role="set-member") for index in range(2)]
    assert [
        row.role
        for row in tables.load_table(_file(tmp_path, *rows, head=_head("{g: {kind: set, text: x}}"))).constraints
    ]
    first, second = _problems(_file(tmp_path, *rows, head=_head("{g: {kind: any, text: x}}")))
    assert first == "18:11: role: a set-member belongs to a group of kind set; g is of kind any"
    assert second.startswith("28:11: role")


def test_an_unconfirmed_table_says_that_it_isnt_enabled(tmp_path: Path) -> None:
    head = HEAD.replace("id: mine", "id: unverified-mine")
    path = _file(tmp_path, _row(), head=head, name="unverified-mine")
    (problem,) = _problems(path)
    assert problem == "2:5: id: 'unverified-mine' says that nobody confirmed the rows; add 'enabled: false'"
    _file(tmp_path, _row(), head=head.replace("title", "enabled: false\ntitle"), name="unverified-mine")
    assert not tables.load_table(path).enabled
    assert tables.load_table(_file(tmp_path, _row())).enabled


def test_a_table_without_rows_extends_another(tmp_path: Path) -> None:
    (problem,) = _problems(_file(tmp_path, head=HEAD.replace("rows:\n", "")))
    assert problem == "1:1: the key 'rows' is missing, or 'extends' with a table to take rows from"


@pytest.mark.parametrize("limit", ["< 100 %", ">= 100 %", "<= 0 %", "> 0 %", "<= 30%"])
def test_limits_at_the_ends_that_say_something(tmp_path: Path, limit: str) -> None:
    assert _constraint(tmp_path, metric='"V20Gy[%]"', limit=f'"{limit}"').goal.unit is Unit.PERCENT


@pytest.mark.parametrize(
    ("limit", "acceptable", "message"),
    [
        ("< 30 Gy", "< 28 Gy", "'< 28 Gy' isn't laxer than the limit '< 30 Gy'"),
        ("< 30 Gy", "< 30 Gy", "'< 30 Gy' isn't laxer than the limit '< 30 Gy'"),
        ("<= 30 Gy", "< 30 Gy", "'< 30 Gy' isn't laxer than the limit '<= 30 Gy'"),
        ("> 30 Gy", "> 32 Gy", "'> 32 Gy' isn't laxer than the limit '> 30 Gy'"),
        ("< 30 Gy", "> 32 Gy", "'> 32 Gy' points the other way than the limit '< 30 Gy'"),
        ("< 30 Gy", "< 32 %", "'< 32 %' has another unit than the limit '< 30 Gy'"),
    ],
)
def test_acceptable_refused(tmp_path: Path, limit: str, acceptable: str, message: str) -> None:
    problem = _problem(tmp_path, "acceptable", limit=f'"{limit}"', acceptable=f'"{acceptable}"')
    assert problem == f"acceptable: {message}"


def test_a_strict_limit_may_be_acceptable_at_the_limit_itself(tmp_path: Path) -> None:
    assert _constraint(tmp_path, acceptable='"<= 30 Gy"').acceptable == Limit(Comparator.LE, 30, Unit.GY)


def test_a_hot_volume_is_not_a_spared_one(tmp_path: Path) -> None:
    hot = {"metric": '"D700cc[Gy]"', "limit": '"<= 15 Gy"'}
    message = _problem(tmp_path, "metric", **hot)
    assert message == (
        "metric: D700cc[Gy] <= 15 Gy is about the hottest 700 cc; that 700 cc are spared reads CV15Gy[cc] >= 700 cc, "
        "or DC700cc[Gy] <= 15 Gy. If the hot volume is meant, add 'hot_volume_intended: true'"
    )
    assert str(_constraint(tmp_path, **hot, hot_volume_intended="true").metric) == "D700cc[Gy]"


@pytest.mark.parametrize(
    ("metric", "limit"),
    [("D99cc[Gy]", "<= 15 Gy"), ("D700cc[Gy]", ">= 15 Gy"), ("DC700cc[Gy]", "<= 15 Gy"), ("CV15Gy[cc]", ">= 700 cc")],
)
def test_other_volumes_are_free(tmp_path: Path, metric: str, limit: str) -> None:
    assert str(_constraint(tmp_path, metric=f'"{metric}"', limit=f'"{limit}"').metric) == metric


def test_a_hot_volume_of_100_cc_is_refused_though_its_limit_has_the_wrong_unit_form(tmp_path: Path) -> None:
    assert _problem(tmp_path, "metric", metric='"D100cc[%]"', limit='"< 20 %"').startswith("metric: D100cc[%]")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("metric", '"V20Gy"', "metric: 'V20Gy', character 6: expected the unit of the answer: [cc] or [%]"),
        ("roi", '"Liver - "', "roi: 'Liver - '"),
        ("roi", "7", "roi: expected text, got 7; write it in quotes"),
        ("organ", "~", "organ: expected text, got nothing"),
        ("organ", '""', "organ: expected some text, got nothing"),
        ("organ", "[x]", "organ: expected text, got a list"),
        ("organ", "true", "organ: expected text, got true; write it in quotes"),
        ("id", "two words", "id: 'two words' doesn't have the form of an id"),
        (
            "status",
            "sure",
            "status: expected 'verified', 'single', 'values-only', 'conflict' or 'unverified'",
        ),
        ("source", "papre", "source: no source 'papre'; did you mean 'paper'?"),
        ("requirement", "optional", "requirement: expected 'required' or 'if_contoured', got 'optional'"),
        ("role", "set", "role: expected 'limit', 'set-member', 'risk-point' or 'observational', got 'set'"),
        ("role", "set-member", "role: a set-member belongs to a group of kind set; the row has none"),
        ("group", "mine.set", "group: no group 'mine.set'; known: none"),
        ("doi", "x", "doi: 'x' doesn't have the form of a DOI such as 10.1016/"),
        ("transcriptions", "-1", "transcriptions: Input should be greater than or equal to 0, got -1"),
        ("transcriptions", "2.0", "transcriptions: expected a whole number, got 2.0"),
        ("hot_volume_intended", "yes", "hot_volume_intended: expected true or false, got 'yes'"),
        ("alpha_beta", '"2-3 Gy"', "alpha_beta: expected one dose such as '10 Gy', got the range '2-3 Gy'"),
        ("basis", "EQD2", "basis: a limit in EQD2 needs alpha_beta"),
        ("basis", "EQD", "basis: expected 'physical', 'BED' or 'EQD2'"),
        ("regimen", "conventional", "regimen: expected a mapping of keys, got 'conventional'"),
        ("patients", "{diagnosis: [hcc]}", "the key 'text' is missing"),
        ("rate_pct", "5", "rate_pct: expected text, got 5; write it in quotes"),
    ],
)
def test_values_refused(tmp_path: Path, key: str, value: str, message: str) -> None:
    assert _problem(tmp_path, key, **{key: value}).startswith(message)


@pytest.mark.parametrize(
    ("patients", "problem"),
    [
        (
            "diagnosis: [HCC]",
            "40: diagnosis: expected 'hcc', 'liver-metastases', 'no-liver-disease', 'bladder-cancer', "
            "'prostate-cancer', 'head-neck-reirradiation' or 'other', got 'HCC'",
        ),
        ("diagnosis: []", "39: diagnosis: expected at least one item, got nothing"),
        ("child_pugh: [A7]", "41: child_pugh: 'A7' is no Child-Pugh class or score; expected one of A, B, C, A5,"),
    ],
)
def test_patients_refused(tmp_path: Path, patients: str, problem: str) -> None:
    (found,) = _problems(_file(tmp_path, _row(patients=f"{{text: some, {patients}}}")))
    assert found.startswith(f"16:{problem}")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"limits": "x"}, "16:5: unknown key 'limits'; did you mean 'limit'?"),
        ({"Doi": "x"}, "16:5: unknown key 'Doi'; did you mean 'doi'?"),
        ({"patients": "{text: x, child-pugh: [A]}"}, "16:25: unknown key 'child-pugh'; did you mean 'child_pugh'?"),
        ({"regimen": "{text: any, zzz: 1}"}, "13:26: unknown key 'zzz'; known: text, fractions, dose_per_fraction"),
        ({"limit": None}, "8:5: the key 'limit' is missing"),
        ({"source": None}, "8:5: the key 'citation' is missing, or 'source' with the key of one of the file's sources"),
    ],
)
def test_keys_refused(tmp_path: Path, changes: dict[str, str | None], problem: str) -> None:
    assert _problems(_file(tmp_path, _row(**changes))) == [problem]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("schema: 1", "schema: 2", "1:9: schema: expected 1, got 2"),
        ("schema: 1", "schema: true", "1:9: schema: expected 1, got true"),
        ('version: "1"', "version: 1", "4:10: version: expected text, got 1; write it in quotes"),
        ("title: Mine\n", "", "1:1: the key 'title' is missing"),
        ("citation: A paper", "quotation: A paper", "6:11: unknown key 'quotation'; did you mean 'citation'?"),
    ],
)
def test_the_head_of_a_file_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert problem in _problems(_file(tmp_path, _row(), head=HEAD.replace(old, new)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- 1\n", "1:1: expected a mapping of keys, got a list"),
        ("schema\n", "1:1: expected a mapping of keys, got 'schema'"),
        ("---\n", "2:1: expected a mapping of keys, got nothing"),
        ("", "1:1: the file is empty"),
        (HEAD, "7:6: rows: expected a list, got nothing"),
        (HEAD.replace("rows:", "rows: []"), "7:7: rows: expected at least one item, got nothing"),
        (HEAD + "  - 5\n", "8:5: rows: expected a mapping of keys, got 5"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, text: str, problem: str) -> None:
    assert _problems(_file(tmp_path, head=text)) == [problem]


def test_row_ids_are_unique_also_where_the_rows_are_wrong(tmp_path: Path) -> None:
    assert _problems(_file(tmp_path, _row(), _row(limit="7"))) == [
        "16:9: id: duplicate 'mine.liver'; first in line 8",
        "20:12: limit: expected text, got 7; write it in quotes",
    ]


def test_an_alias_is_one_problem_and_not_a_second_one_of_the_schema(tmp_path: Path) -> None:
    rows = _row(), _row(id="mine.two", organ="*x")
    assert _problems(_file(tmp_path, *rows)) == ["17:12: alias *x; write the value out"]


def test_everything_wrong_is_said_at_once_and_in_order(tmp_path: Path) -> None:
    head = HEAD.replace("title: Mine", "title: Mine\ntitle: Yours\ncolour: red")
    wrong = _row(
        organ=None,
        organn="Liver",
        metric='"V20[Gy]"',
        limit='"=< 30 Gy"',
        regimen="{text: x, fractions: 5-3}",
        source="none",
    )
    unit = _row(id="mine.two", limit='"< 30 cc"', acceptable='"< 20 Gy"') + "    status: verified\n"
    problems = _problems(_file(tmp_path, wrong, unit, _row(id="mine.two", metric='"D700cc[Gy]"'), head=head))
    # Two keys of the head; no organ, metric, limit, fractions, source, unknown key; unit, status again; id again,
    # hot volume.
    places = ["4:1", "5:1", "10:5", "12:13", "13:12", "14:35", "15:13", "17:5", "22:12", "27:5", "28:9", "31:13"]
    assert [problem.split(": ", 1)[0] for problem in problems] == places
    assert problems == sorted(problems, key=lambda problem: [int(part) for part in problem.split(":")[:2]])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "quantec",
            "id: 'mine' isn't the name of the file, quantec.yaml; write 'id: quantec', or call the file mine.yaml",
        ),
        ("my own", "id: 'mine' isn't the name of the file, my own.yaml; call the file mine.yaml"),
    ],
)
def test_a_table_cant_pass_for_another_by_its_id(tmp_path: Path, name: str, message: str) -> None:
    assert _problems(_file(tmp_path, _row(), name=name)) == [f"2:5: {message}"]


@pytest.mark.parametrize("text", ["conventional 1.8-2 Gy per fraction", "5 fractions", "anything", "many"])
def test_words_of_a_schedule_alone_dont_ask_a_limit_of_every_schedule(tmp_path: Path, text: str) -> None:
    (problem,) = _problems(_file(tmp_path, _row(regimen=f"{{text: {text}}}")))
    assert problem.startswith(f"13:21: text: '{text}' alone would apply to every schedule")
    assert problem.endswith(
        "add 'fractions' or 'dose_per_fraction', or begin the text with 'any' if every schedule is meant"
    )


@pytest.mark.parametrize(
    "regimen",
    ["{text: Any schedule}", "{text: ANY}", "{text: SBRT, fractions: 5}", '{text: x, dose_per_fraction: "2 Gy"}'],
)
def test_a_schedule_by_its_numbers_or_any(tmp_path: Path, regimen: str) -> None:
    assert _constraint(tmp_path, regimen=regimen).regimen.text


@pytest.mark.parametrize(
    ("key", "metric", "limit", "message"),
    [
        (
            "metric",
            "V2500Gy[%]",
            "< 10 %",
            "'V2500Gy[%]': 2500 Gy is more than 200 Gy physical dose; in cGy? then write 25 Gy",
        ),
        ("metric", "V25000cGy[%]", "< 10 %", "'V25000cGy[%]': 25000 cGy is more than 200 Gy physical dose"),
        (
            "limit",
            "Mean[Gy]",
            "< 2600 Gy",
            "'< 2600 Gy': 2600 Gy is more than 200 Gy physical dose; in cGy? then write 26 Gy",
        ),
        (
            "limit",
            "D95%[%]",
            ">= 0.95 %",
            "'>= 0.95 %' is less than 2 % of a prescribed dose; a share? then write 95 %",
        ),
        ("limit", "Max[%]", "< 1.07 %", "'< 1.07 %' is less than 2 % of a prescribed dose; a share? then write 107 %"),
        ("limit", "Max[%]", "< 6600 %", "'< 6600 %' is more than 300 % of a prescribed dose; in cGy, or Gy? then name"),
        (
            "metric",
            "V0.95%[%]",
            ">= 95 %",
            "'V0.95%[%]' is less than 2 % of a prescribed dose; a share? then write 95 %",
        ),
        (
            "limit",
            "D0.95%[Gy]",
            ">= 50 Gy",
            "'D0.95%[Gy] >= 50 Gy' is about the hottest dose; a share? then write 95 %",
        ),
        ("limit", "V50Gy[%]", ">= 0.95 %", "'>= 0.95 %' is less than 2 % of a volume; a share? then write 95 %"),
        ("limit", "V50Gy[%]", "< 0.03 %", "'< 0.03 %' is less than 0.05 % of a volume; a share? then write 3 %"),
        ("limit", "CI(95%)[1]", "< 1200", "'< 1200': CI(95%)[1] is between 0 and 20; as a ratio, not in percent"),
        ("limit", "HI[1]", "< 15", "'< 15': HI[1] is between 0 and 2; as a ratio, not in percent"),
        ("limit", "PCI(95%)[1]", ">= 85", "'>= 85': PCI(95%)[1] is between 0 and 1; as a ratio, not in percent"),
        ("limit", "PCI(95%)[1]", "<= 1", "'<= 1' is met by every plan"),
        ("limit", "GI(50%)[1]", "< 300", "'< 300': GI(50%)[1] is between 1 and 50; as a ratio, not in percent"),
        ("limit", "R50[1]", "< 450", "'< 450': R50[1] is between 0 and 100; as a ratio, not in percent"),
        ("limit", "CV15Gy[cc]", ">= 0.7 cc", "'>= 0.7 cc' spares less than 10 cc; in litres? then write 700 cc"),
    ],
)
def test_a_slip_of_unit_or_scale_doesnt_pass_every_plan(
    tmp_path: Path, key: str, metric: str, limit: str, message: str
) -> None:
    found = _problem(tmp_path, key, metric=f'"{metric}"', limit=f'"{limit}"')
    assert found.startswith(f"{key}: {message}"), found


@pytest.mark.parametrize(
    ("metric", "limit", "acceptable", "message"),
    [
        ("Mean[Gy]", "< 26 Gy", "< 2800 Gy", "2800 Gy is more than 200 Gy physical dose; in cGy? then write 28 Gy"),
        ("CV15Gy[cc]", ">= 700 cc", ">= 0.65 cc", "spares less than 10 cc; in litres? then write 650 cc"),
        ("CI(95%)[1]", "<= 1.2", "<= 150", "is between 0 and 20"),
        ("D95%[%]", ">= 95 %", ">= 0.9 %", "a share? then write 90 %"),
    ],
)
def test_a_slip_in_what_is_acceptable_doesnt_pass_every_plan(
    tmp_path: Path, metric: str, limit: str, acceptable: str, message: str
) -> None:
    changes = {"metric": f'"{metric}"', "limit": f'"{limit}"', "acceptable": f'"{acceptable}"'}
    found = _problem(tmp_path, "acceptable", **changes)
    assert found.startswith(f"acceptable: '{acceptable}'") and message in found


def test_doses_of_an_equivalent_may_be_larger_and_have_an_end_too(tmp_path: Path) -> None:
    changes = {"basis": "BED", "alpha_beta": '"3 Gy"'}
    assert _constraint(tmp_path, limit='"< 1000 Gy"', **changes).goal.value == 1000
    message = _problem(tmp_path, "limit", limit='"< 12000 Gy"', **changes)
    assert "12000 Gy is more than 1000 Gy BED dose; in cGy? then write 120 Gy" in message


@pytest.mark.parametrize(
    ("metric", "limit"),
    [
        ("V200Gy[%]", "<= 0 %"),
        ("V50Gy[%]", "< 0.05 %"),
        ("Max[Gy]", "<= 200 Gy"),
        ("D95%[%]", ">= 2 %"),
        ("SD[%]", "< 1.5 %"),
        ("D0.5%[Gy]", "< 50 Gy"),
        ("CV15Gy[cc]", ">= 10 cc"),
        ("CV15Gy[cc]", "< 5 cc"),
        ("PCI(95%)[1]", ">= 0.7"),
        ("GI(50%)[1]", "<= 3.5"),
        ("HI[1]", "<= 0.1"),
        ("R50[1]", "< 4.5"),
    ],
)
def test_what_is_published_lies_far_within_the_bounds(tmp_path: Path, metric: str, limit: str) -> None:
    assert str(_constraint(tmp_path, metric=f'"{metric}"', limit=f'"{limit}"').metric) == metric


@pytest.mark.parametrize(
    ("metric", "limit", "why"),
    [
        ("Volume[cc]", ">= 20 cc", "is no matter of what the organ receives"),
        ("PrescriptionDose[Gy]", "< 70 Gy", "is no matter of what the organ receives"),
        ("Min[Gy]", "< 45 Gy", "is met as soon as one corner of the organ is spared"),
        ("D100%[Gy]", "<= 45 Gy", "is met as soon as one corner of the organ is spared"),
    ],
)
def test_a_row_that_tells_nothing_of_hot_spots_excuses_no_other(
    tmp_path: Path, metric: str, limit: str, why: str
) -> None:
    rows = [_row(group="g"), _row(id="mine.excuse", metric=f'"{metric}"', limit=f'"{limit}"', group="g")]
    (problem,) = _problems(_file(tmp_path, *rows, head=_head("{g: {kind: any, text: x}}")))
    message = f"metric: {metric} {limit} {why}; as an alternative it would excuse the others of the group"
    assert problem == f"21:13: {message}"
    assert tables.load_table(_file(tmp_path, *rows, head=_head("{g: {kind: all, text: x}}")))
