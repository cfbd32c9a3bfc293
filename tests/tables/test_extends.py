"""A clinic's table that takes over another's rows, changes some and leaves some out."""

from pathlib import Path

import pytest

from rtcheck import tables
from rtcheck.constraint import Constraint, Group, GroupKind, Limit
from rtcheck.errors import TableError
from rtcheck.protocol import Change, Table
from rtcheck.units import Comparator, Unit

BASE = """\
schema: 1
id: base
title: Published
version: "2010"
sources:
  paper: {citation: A paper, doi: 10.1000/xyz}
groups:
  base.rectum: {kind: set, text: All of them together}
rows:
  - id: base.heart
    organ: Heart
    roi: Heart
    metric: "V25Gy[%]"
    limit: "< 10 %"
    regimen: {text: conventional, dose_per_fraction: "1.8-2 Gy"}
    rate_pct: "<1"
    source: paper
    locator: p 7
    status: verified
    transcriptions: 3
  - id: base.liver
    organ: Liver
    roi: "Liver - GTV*"
    metric: "Mean[Gy]"
    limit: "< 30 Gy"
    acceptable: "< 32 Gy"
    regimen: {text: any}
    source: paper
    status: verified
  - id: base.rectum.v50
    organ: Rectum
    roi: Rectum
    metric: "V50Gy[%]"
    limit: "< 50 %"
    role: set-member
    group: base.rectum
    regimen: {text: any}
    source: paper
    status: verified
  - id: base.rectum.v60
    organ: Rectum
    roi: Rectum
    metric: "V60Gy[%]"
    limit: "< 35 %"
    role: set-member
    group: base.rectum
    regimen: {text: any}
    source: paper
    status: verified
"""
#: The clinic's keys begin in line 6.
MINE = """\
schema: 1
id: mine
title: My clinic
version: "2025"
extends: base.yaml
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


def _path(folder: Path, text: str, name: str = "mine.yaml", head: str = MINE) -> Path:
    path = folder / name
    path.write_text(head + text, encoding="utf-8")
    return path


def _table(folder: Path, text: str) -> Table:
    return tables.load_table(_path(folder, text))


def _row(table: Table, row_id: str) -> Constraint:
    (row,) = (row for row in table.constraints if row.id == row_id)
    return row


def _problems(path: Path) -> list[str]:
    with pytest.raises(TableError) as caught:
        tables.load_table(path)
    return [str(problem).replace(f"{path.parent}/", "") for problem in caught.value.problems]


def _override(keys: str) -> str:
    return f"override:\n  - {{id: base.heart, because: ours, {keys}}}\n"


def test_unchanged_rows_keep_their_own_source(folder: Path) -> None:
    base, mine = tables.load_table(folder / "base.yaml"), _table(folder, "")
    assert mine.constraints == base.constraints
    assert (mine.id, mine.extends, mine.changes, mine.file) == ("mine", ("base",), (), "mine.yaml")
    assert {row.source.table for row in mine.constraints} == {"base"}


def test_the_tables_own_rows_come_last(folder: Path) -> None:
    own = BASE.partition("rows:\n")[2].split("  - id: base.liver")[0].replace("base.heart", "mine.heart")
    mine = _table(folder, "sources: {paper: {citation: Mine}}\nrows:\n" + own)
    assert [row.id for row in mine.constraints][-2:] == ["base.rectum.v60", "mine.heart"]
    assert mine.constraints[-1].source.citation == "Mine; p 7"


def test_an_overridden_row_says_what_was_changed_where_and_why(folder: Path) -> None:
    mine = _table(
        folder, 'override:\n  - id: base.heart\n    limit: "< 8 %"\n    because: our clinic\'s limit since 2024\n'
    )
    row = _row(mine, "base.heart")
    assert row.goal == Limit(Comparator.LT, 8, Unit.PERCENT)
    assert (row.metric, row.regimen) == (
        _row(tables.load_table(folder / "base.yaml"), "base.heart").metric,
        row.regimen,
    )
    assert (row.source.table, row.source.row, row.source.file, row.source.line) == (
        "mine",
        "base.heart",
        "mine.yaml",
        7,
    )
    assert row.source.citation == "My clinic, changing A paper; p 7; doi:10.1000/xyz"
    assert row.overrides == (
        "limit < 8 % in place of < 10 % of base: our clinic's limit since 2024; the publication and its rate belong to "
        "what is replaced, not to this number"
    )
    what = "limit < 8 % in place of < 10 %"
    assert mine.changes == (Change("base.heart", what, "our clinic's limit since 2024", "mine.yaml", 7),)


def test_a_number_of_the_clinic_doesnt_pass_for_one_that_was_confirmed(folder: Path) -> None:
    row = _row(_table(folder, _override('limit: "< 8 %"')), "base.heart")
    assert (row.source.status, row.transcriptions) == ("unverified", None)


def test_a_number_with_a_citation_of_its_own_is_backed(folder: Path) -> None:
    mine = _override('limit: "< 8 %", source: own, locator: p 3, status: single, transcriptions: 1')
    row = _row(_table(folder, "sources: {own: {citation: Our paper}}\n" + mine), "base.heart")
    assert row.source.citation == "Our paper; p 3; My clinic, changing A paper; p 7; doi:10.1000/xyz"
    assert (row.source.status, row.transcriptions) == ("single", 1)
    assert row.overrides == (
        "limit < 8 % in place of < 10 %, source own in place of paper, status single in place of verified, "
        "transcriptions 1 in place of 3 of base: ours"
    )


def test_a_change_that_asks_the_same_number_stays_confirmed(folder: Path) -> None:
    row = _row(_table(folder, _override("organ: Herz, notes: " + "long " * 20)), "base.heart")
    assert (row.source.status, row.transcriptions) == ("verified", 3)
    assert row.overrides == "organ Herz in place of Heart, another text of notes of base: ours"


@pytest.mark.parametrize(
    "keys",
    [
        'roi: "Heart - PTV*"',
        "patients: {text: x, diagnosis: [bladder-cancer]}",
        "native_fractions: 5",
        "alpha_beta: 3 Gy",
        "regimen: {text: never, fractions: 99}",
        "hot_volume_intended: true",
        "role: observational",
        "group: mine.all",
    ],
)
def test_a_row_that_asks_something_else_doesnt_pass_for_the_confirmed_one(folder: Path, keys: str) -> None:
    groups = "groups: {mine.all: {kind: all, text: Ours}}\n" if "group" in keys else ""
    row = _row(_table(folder, groups + _override(keys)), "base.heart")
    assert (row.source.status, row.transcriptions) == ("unverified", None)
    assert "the publication and its rate belong to what is replaced" in row.overrides


def test_another_publication_doesnt_inherit_how_well_the_first_was_confirmed(folder: Path) -> None:
    row = _row(_table(folder, _override("citation: A letter")), "base.heart")
    assert (row.source.status, row.transcriptions) == ("unverified", None)
    assert row.overrides == "citation A letter in place of none of base: ours"


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        (
            "status: verified, limit: '< 90 %'",
            "7:45: status: verified is said of a publication; give 'source' or 'citation'",
        ),
        ("status: single", "7:45: status: single is said of a publication"),
        ("limit: '< 9 %', transcriptions: 9", "7:69: transcriptions: 9 is said of a publication"),
    ],
)
def test_a_change_cant_call_itself_confirmed_without_a_publication(folder: Path, keys: str, problem: str) -> None:
    (found,) = _problems(_path(folder, _override(keys)))
    assert found.startswith(f"mine.yaml:{problem}")


def test_a_row_may_be_called_unverified_by_anybody(folder: Path) -> None:
    mine = _table(folder, _override("status: unverified, organ: Herz"))
    assert _row(mine, "base.heart").source.status == "unverified"
    assert mine.changes[0].what == "status unverified in place of verified, organ Herz in place of Heart"


ANY = "groups: {mine.any: {kind: any, text: Either}}\n"
EXCUSE = """\
rows:
  - {id: mine.a, organ: Heart, roi: Heart, metric: "V1Gy[%]", limit: "< 99 %", regimen: {text: any}, citation: c,
     status: single, group: mine.any}
"""
REFUSED = "an alternative of your own doesn't excuse a published limit; switch it off, with a reason, if that is meant"


def test_an_alternative_of_ones_own_doesnt_excuse_a_published_limit(folder: Path) -> None:
    (problem,) = _problems(_path(folder, ANY + _override("group: mine.any") + EXCUSE))
    assert problem == f"mine.yaml:8:44: group: {REFUSED}"


@pytest.mark.parametrize("change", ["", "override"])
def test_the_alternatives_of_a_publication_are_its_own(folder: Path, change: str) -> None:
    base = BASE.replace("kind: set", "kind: any").replace("role: set-member", "role: limit")
    (folder / "base.yaml").write_text(base, encoding="utf-8")
    text = _override("group: base.rectum") if change else EXCUSE.replace("mine.any", "base.rectum")
    (problem,) = _problems(_path(folder, text))
    assert problem.endswith(f"group: {REFUSED}")


def test_a_published_alternative_cant_become_one_that_every_plan_meets(folder: Path) -> None:
    base = BASE.replace("kind: set", "kind: any").replace("role: set-member", "role: limit")
    (folder / "base.yaml").write_text(base, encoding="utf-8")
    text = 'override: [{id: base.rectum.v60, because: x, metric: "Volume[%]", limit: "< 99 %"}]\n'
    (problem,) = _problems(_path(folder, text))
    assert problem.startswith("mine.yaml:6:54: metric: Volume[%] < 99 % is no matter of what the organ receives")


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        ("requirement: required", "requirement required in place of none"),
        (
            "regimen: {text: hypo, fractions: 5}",
            "regimen hypo, fractions 5 in place of conventional, dose_per_fraction 1",
        ),
        ("hot_volume_intended: true", "hot_volume_intended true in place of none"),
        ("locator: p 8", "locator p 8 in place of p 7"),
        ('limit: "< 10 %"', "nothing that differs"),
        ("native_fractions: [3, 4]", "native_fractions 3, 4 in place of none"),
    ],
)
def test_what_was_changed_in_words(folder: Path, keys: str, what: str) -> None:
    (change,) = _table(folder, _override(keys)).changes
    assert change.what.startswith(what)


def test_null_takes_a_key_away(folder: Path) -> None:
    text = 'override: [{id: base.liver, because: ours, limit: "< 28 Gy", acceptable: null}]\n'
    row = _row(_table(folder, text), "base.liver")
    assert row.limit_text == "< 28 Gy"
    assert row.overrides.startswith(
        "limit < 28 Gy in place of < 30 Gy, acceptable none in place of < 32 Gy of base: ours"
    )


def test_a_stricter_limit_doesnt_keep_the_range_of_the_publication_by_silence(folder: Path) -> None:
    problems = _problems(_path(folder, 'override: [{id: base.liver, because: ours, limit: "< 28 Gy"}]\n'))
    assert problems == [
        "mine.yaml:6:51: limit: the row of base has acceptable '< 32 Gy', too; give 'acceptable', or null for none"
    ]


def test_a_row_that_is_off_isnt_asked_and_is_told(folder: Path) -> None:
    mine = _table(folder, "off:\n  - {id: base.heart, because: we use the mean}\n")
    assert "base.heart" not in {row.id for row in mine.constraints}
    assert mine.changes == (Change("base.heart", "not asked", "we use the mean", "mine.yaml", 7),)


@pytest.mark.parametrize(
    "change",
    [
        "off: [{id: base.rectum.v60, because: ours}]",
        'override: [{id: base.rectum.v60, limit: "< 40 %", because: ours}]',
        "override: [{id: base.rectum.v60, roi: Rectal_Wall, because: ours}]",
        "override: [{id: base.rectum.v60, role: limit, group: null, because: ours}]",
    ],
)
def test_a_set_that_was_changed_doesnt_pass_for_the_published_one(folder: Path, change: str) -> None:
    group = _row(_table(folder, change + "\n"), "base.rectum.v50").group
    text = "All of them together (not the published set: mine changes or doesn't ask base.rectum.v60)"
    assert group == Group("base.rectum", GroupKind.SET, text)


def test_a_set_of_which_only_a_word_changed_is_the_published_one(folder: Path) -> None:
    mine = _table(folder, "override: [{id: base.rectum.v60, organ: Enddarm, because: ours}]\n")
    assert {row.group.text for row in mine.constraints if row.group} == {"All of them together"}


def test_a_row_may_join_a_group_of_the_base_or_of_the_table(folder: Path) -> None:
    groups = "groups: {mine.all: {kind: all, text: Ours}}\n"
    mine = _table(folder, groups + _override("group: mine.all"))
    assert _row(mine, "base.heart").group == Group("mine.all", GroupKind.ALL, "Ours")
    mine = _table(folder, _override("group: base.rectum, role: set-member"))
    assert _row(mine, "base.heart").group is not None


def test_a_table_of_a_table_has_all_changes(folder: Path) -> None:
    _path(folder, _override('limit: "< 8 %"'))
    head = MINE.replace("mine", "ours").replace("My clinic", "Our ward").replace("base.yaml", "[mine.yaml]")
    text = 'override: [{id: base.heart, limit: "< 7 %", because: ward}]\noff: [{id: base.liver, because: no}]\n'
    ours = tables.load_table(_path(folder, text, "ours.yaml", head))
    assert ours.extends == ("mine", "base")
    assert [(change.file, change.what) for change in ours.changes] == [
        ("mine.yaml", "limit < 8 % in place of < 10 %"),
        ("ours.yaml", "limit < 7 % in place of < 8 %"),
        ("ours.yaml", "not asked"),
    ]
    row = _row(ours, "base.heart")
    assert row.source.citation == "Our ward, changing My clinic, changing A paper; p 7; doi:10.1000/xyz"
    assert row.overrides.startswith("limit < 7 % in place of < 8 % of mine: ward; the publication")
    assert "; limit < 8 % in place of < 10 % of base: ours" in row.overrides


def test_a_shipped_table_by_its_id(folder: Path) -> None:
    mine = tables.load_table(_path(folder, "", head=MINE.replace("base.yaml", "tg101")))
    assert mine.constraints == tables.load_table("tg101").constraints


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "override: [{id: base.hart, limit: '< 8 %', because: x}]",
            "6:17: id: the tables that this one extends have no row 'base.hart'; did you mean 'base.heart'?",
        ),
        (
            "off: [{id: base.hart, because: x}]",
            "6:12: id: the tables that this one extends have no row 'base.hart'; did you mean 'base.heart'?",
        ),
        ("off: [{id: zzz, because: x}]", "6:12: id: the tables that this one extends have no row 'zzz'"),
        ("off: [{id: base.heart}]", "6:7: the key 'because' is missing"),
        ("off: [{id: base.heart, because: x, limit: '< 8 %'}]", "6:36: unknown key 'limit'; known: id, because"),
        ("off: [{id: base.heart, because: ''}]", "6:33: because: expected some text, got nothing"),
        (
            "off: [{id: base.heart, because: x}, {id: base.heart, because: y}]",
            "6:42: id: 'base.heart' is under 'off' in line 6 already",
        ),
        ("override: [{id: base.heart, limit: '< 8 %'}]", "6:12: the key 'because' is missing"),
        (
            "override: [{id: base.heart, because: x, limitt: '< 8 %', roi: H}]",
            "6:41: unknown key 'limitt'; did you mean 'limit'?",
        ),
        ("override: [{id: base.heart, because: x}]", "6:12: override: no key of base.heart is changed"),
        (
            "override: [{id: base.heart, because: x, limit: '< 8 cc'}]",
            "6:48: limit: the limit is in cc, V25Gy[%] answers in %; ask V25Gy[cc], or give the limit in %",
        ),
        (
            "override: [{id: base.heart, because: x, limit: '= 8 %'}]",
            "6:48: limit: expected a comparator (<, <=, > or >=), got '=', which a row of role risk-point or "
            "observational may have",
        ),
        # The limit isn't the override's: its own place is told.
        (
            "override: [{id: base.heart, because: x, metric: 'Mean[Gy]'}]",
            "6:12: limit: the limit is in %, Mean[Gy] answers in Gy; ask Mean[%], or give the limit in Gy",
        ),
        (
            "override: [{id: base.heart, because: x, regimen: {text: any, fraction: 5}}]",
            "6:62: unknown key 'fraction'; did you mean 'fractions'?",
        ),
        ("override: [{id: base.heart, because: x, source: ours}]", "6:49: source: no source 'ours'; known: none"),
        ("override: [{id: base.heart, because: x, group: ours}]", "6:48: group: no group 'ours'; known: base.rectum"),
        ("override: [{id: base.heart, because: x, organ: null}]", "6:48: organ: expected text, got nothing"),
        (
            "groups: {base.rectum: {kind: all, text: x}}\n" + _override("group: base.rectum"),
            "6:10: groups: 'base.rectum' is a group of a table that this one extends",
        ),
        ("override: {id: base.heart}", "6:11: override: expected a list, got a mapping of keys"),
    ],
)
def test_changes_refused(folder: Path, text: str, problem: str) -> None:
    assert _problems(_path(folder, text + "\n")) == [f"mine.yaml:{problem}"]


def test_the_same_row_in_override_and_off(folder: Path) -> None:
    text = "override: [{id: base.heart, roi: H, because: x}]\noff: [{id: base.heart, because: x}]\n"
    assert _problems(_path(folder, text)) == ["mine.yaml:7:12: id: 'base.heart' is under 'override' in line 6 already"]


def test_an_override_cant_change_an_id(folder: Path) -> None:
    # A second id is a duplicate key, and there is no other way to say it.
    problems = _problems(_path(folder, "override: [{id: base.heart, id: mine.heart, roi: H, because: x}]\n"))
    assert problems == ["mine.yaml:6:29: duplicate key 'id'; first in line 6"]


def test_changes_without_a_table_to_change(folder: Path) -> None:
    row = BASE.partition("rows:\n")[2].split("  - id: base.liver")[0].replace("source: paper", "citation: x")
    text = "off: [{id: base.heart, because: x}]\nrows:\n" + row
    problems = _problems(_path(folder, text, head=MINE.replace("extends: base.yaml\n", "")))
    assert "mine.yaml:5:6: off: there is nothing to change without 'extends'" in problems


def test_a_row_of_ones_own_with_the_id_of_a_row_taken_over(folder: Path) -> None:
    row = BASE.partition("rows:\n")[2].split("  - id: base.liver")[0].replace("source: paper", "citation: x")
    assert _problems(_path(folder, "rows:\n" + row)) == [
        "mine.yaml:7:9: id: 'base.heart' is a row of base, too; change that one under 'override'"
    ]


@pytest.mark.parametrize(
    ("extends", "problem"),
    [
        ("nix.yaml", "mine.yaml:5:10: extends: nix.yaml: can't be read (No such file or directory)"),
        ("tg102", "mine.yaml:5:10: extends: no table is called 'tg102'; did you mean 'tg101'? (shipped: "),
        ("[]", "mine.yaml:5:10: extends: expected at least one item, got nothing"),
        ("5", "mine.yaml:5:10: extends: expected a list, got 5"),
        (
            "[base.yaml, base.yaml]",
            "mine.yaml:5:22: extends: base.yaml repeats rows of base.yaml: base.heart, base.liver",
        ),
        ("mine.yaml", "mine.yaml:5:10: extends: mine.yaml extends mine.yaml: a table can't extend itself"),
    ],
)
def test_tables_that_cant_be_extended(folder: Path, extends: str, problem: str) -> None:
    (found,) = _problems(_path(folder, "", head=MINE.replace("base.yaml", extends)))
    assert found.startswith(problem)


def test_a_ring_of_tables_is_refused(folder: Path) -> None:
    path = _path(folder, "", head=MINE.replace("base.yaml", "other.yaml"))
    _path(folder, "", "other.yaml", MINE.replace("id: mine", "id: other").replace("base.yaml", "mine.yaml"))
    assert _problems(path) == [
        "other.yaml:5:10: extends: mine.yaml extends other.yaml extends mine.yaml: a table can't extend itself"
    ]


def test_problems_of_a_table_and_of_those_it_extends_come_together(folder: Path) -> None:
    (folder / "base.yaml").write_text(BASE.replace('limit: "< 10 %"', "limit: 10"), encoding="utf-8")
    problems = _problems(_path(folder, "colour: red\n" + _override("roi: H")))
    assert problems == [
        "mine.yaml:6:1: unknown key 'colour'; known: schema, id, title, version, enabled, disclaimer, sources, groups, "
        "extends, override, off, rows",
        "base.yaml:14:12: limit: expected text, got 10; write it in quotes",
    ]


def test_two_groups_of_one_name_arent_mixed(folder: Path) -> None:
    other = BASE.replace("id: base.", "id: other.").replace("id: base\n", "id: other\n")
    (folder / "other.yaml").write_text(other, encoding="utf-8")
    (problem,) = _problems(_path(folder, "", head=MINE.replace("base.yaml", "[base.yaml, other.yaml]")))
    assert problem == "mine.yaml:5:22: extends: other.yaml repeats groups of base.yaml: base.rectum"


def test_a_table_whose_file_is_text_of_another_kind(folder: Path) -> None:
    problems = _problems(_path(folder, "override: [5]\noff: [x]\n"))
    assert problems == [
        "mine.yaml:6:12: override: expected a mapping of keys, got 5",
        "mine.yaml:7:7: off: expected a mapping of keys, got 'x'",
    ]


def test_the_disclaimers_of_what_a_table_extends_stay_with_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    text = 'schema: 1\nid: mine\ntitle: Mine\nversion: "1"\ndisclaimer: Ours alone.\nextends: [quantec, tg101]\n'
    path.write_text(text, encoding="utf-8")
    said = tables.load_table(path).disclaimer
    assert said.startswith("Ours alone. ")
    assert all(tables.load_table(base).disclaimer in said for base in ("quantec", "tg101"))
