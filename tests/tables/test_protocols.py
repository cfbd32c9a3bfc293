"""Which tables and which site a protocol asks; protocols of nothing but tables."""

import itertools
from pathlib import Path

import pytest

from rtcheck import tables
from rtcheck.constraint import NoLimit, Regimen, RequiredRoi
from rtcheck.errors import InputError, TableError, UsageError
from rtcheck.protocol import Protocol, Site
from rtcheck.tables import paths

TABLE = """\
schema: 1
id: {id}
title: Table {id}
version: "1"
{more}rows:
  - id: {id}.liver
    organ: Liver
    roi: Liver
    metric: "Mean[Gy]"
    limit: "{limit}"
    regimen: {{text: any}}
    citation: A paper
    status: single
"""
HEIR = """\
schema: 1
id: {id}
title: Clinic
version: "1"
extends: {extends}
override: [{{id: {row}, limit: "< 28 Gy", because: ours}}]
"""
PROTOCOL = """\
schema: 1
id: P
title: Protocol
version: "1"
"""
SITE = """\
schema: 1
id: {id}
title: Site
version: "1"
citation: A list
required:
  - Liver
  - roi: Duodenum
    no_limit: [{{regimen: {{text: conventional, dose_per_fraction: "1.8-2 Gy"}}, because: none is published}}]
"""


LAX_LIVER = """\
  - roi: Liver
    judged_by: [Liver_Lobe]
    no_limit: [{regimen: {text: any}, because: none is wanted}]
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own: tables zeta and quantec, one that isn't enabled, a site and a protocol."""
    folder = tmp_path / "data"
    for name, more in (("zeta", ""), ("quantec", ""), ("unverified/unverified-old", "enabled: false\n")):
        _write(folder / f"{name}.yaml", TABLE.format(id=Path(name).name, more=more, limit="< 30 Gy"))
    for name in ("names", "radiobiology", "quantec.cases"):
        _write(folder / f"{name}.yaml", "schema: 1\n")
    _write(folder / "sites" / "liver.yaml", SITE.format(id="liver"))
    _write(folder / "protocols" / "P.yaml", PROTOCOL + "site: liver\ntables: auto\n")
    monkeypatch.setattr(paths, "data_folder", lambda: folder)
    return folder


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _heir(folder: Path, extends: str = "quantec", name: str = "mine") -> Path:
    row = "unverified-old.liver" if extends == "unverified-old" else "quantec.liver"
    return _write(folder / f"{name}.yaml", HEIR.format(id=name, extends=extends, row=row))


def _problems(path: Path) -> list[str]:
    with pytest.raises(TableError) as caught:
        tables.load_protocol(path)
    return [str(problem).replace(f"{path.parent}/", "") for problem in caught.value.problems]


def test_ids_in_the_readers_order_without_what_isnt_a_table(data: Path) -> None:
    assert tables.table_ids() == ("quantec", "zeta", "unverified-old")
    assert tables.table_ids(enabled_only=True) == ("quantec", "zeta")
    assert (tables.site_ids(), tables.protocol_ids()) == (("liver",), ("P",))


def test_tables_that_nobody_confirmed_come_last_or_not_at_all(data: Path) -> None:
    assert [table.id for table in tables.shipped_tables()] == ["quantec", "zeta"]
    assert [(table.id, table.enabled) for table in tables.all_tables()] == [
        ("quantec", True),
        ("zeta", True),
        ("unverified-old", False),
    ]


def test_a_table_switched_off_in_its_file_isnt_asked_by_itself(data: Path) -> None:
    _write(data / "zeta.yaml", TABLE.format(id="zeta", more="enabled: false\n", limit="< 3 Gy"))
    assert [table.id for table in tables.shipped_tables()] == ["quantec"]
    assert [table.id for table in tables.load_protocol("P").tables] == ["quantec"]


def test_problems_of_all_shipped_tables_come_together(data: Path) -> None:
    for name in ("zeta", "quantec"):
        _write(data / f"{name}.yaml", TABLE.format(id=name, more="", limit="30"))
    with pytest.raises(TableError) as caught:
        tables.shipped_tables()
    assert [Path(problem.file).name for problem in caught.value.problems] == ["quantec.yaml", "zeta.yaml"]


def test_the_cases_of_a_table_lie_beside_it(data: Path) -> None:
    assert tables.cases_path("quantec") == data / "quantec.cases.yaml"
    assert tables.cases_path("unverified-old") == data / "unverified" / "unverified-old.cases.yaml"
    assert tables.cases_path(data / "mine.yaml") == data / "mine.cases.yaml"


def test_a_row_among_all_tables(data: Path) -> None:
    table, row = tables.find_row("unverified-old.liver")
    assert (table.id, row.id) == ("unverified-old", "unverified-old.liver")
    with pytest.raises(
        UsageError, match=r"no row of the shipped tables is called 'zeta.lver'; did you mean 'zeta.liver'"
    ):
        tables.find_row("zeta.lver")


def test_auto_means_all_tables_that_are_enabled(data: Path) -> None:
    protocol = tables.load_protocol("P")
    assert ([table.id for table in protocol.tables], protocol.selection) == (["quantec", "zeta"], "auto")
    assert protocol.notes == ()


def test_named_tables_are_a_list(data: Path, tmp_path: Path) -> None:
    protocol = tables.load_protocol(_write(tmp_path / "p.yaml", PROTOCOL + "tables: [zeta]\n"))
    assert ([table.id for table in protocol.tables], protocol.selection) == (["zeta"], "listed")


def test_auto_among_others(data: Path, tmp_path: Path) -> None:
    _heir(tmp_path)
    protocol = tables.load_protocol(_write(tmp_path / "p.yaml", PROTOCOL + "tables: [auto, mine.yaml]\n"))
    assert ([table.id for table in protocol.tables], protocol.selection) == (["zeta", "mine"], "auto")


def test_tables_is_auto_or_a_list(data: Path, tmp_path: Path) -> None:
    problems = _problems(_write(tmp_path / "p.yaml", PROTOCOL + "tables: zeta\n"))
    assert problems == ["p.yaml:5:9: tables: expected 'auto' or a list such as [quantec], got 'zeta'"]


def test_a_table_that_extends_another_is_asked_in_its_place(data: Path, tmp_path: Path) -> None:
    protocol = tables.load_protocol("P", tables=[_heir(tmp_path)])
    assert [table.id for table in protocol.tables] == ["zeta", "mine"]
    assert protocol.notes == ("quantec isn't asked by itself: mine has its rows, with changes",)
    (row,) = (row for row in protocol.all_constraints if row.id == "quantec.liver")
    assert row.goal.value == 28


def test_an_heir_of_an_heir_stands_for_both(data: Path, tmp_path: Path) -> None:
    _heir(tmp_path)
    ward = _heir(tmp_path, "mine.yaml", "ward")
    protocol = tables.load_protocol("P", tables=[tmp_path / "mine.yaml", ward])
    assert [table.id for table in protocol.tables] == ["zeta", "ward"]
    assert len(protocol.notes) == 2


def test_two_heirs_of_one_table_cant_both_be_asked(data: Path, tmp_path: Path) -> None:
    heirs = [_heir(tmp_path), _heir(tmp_path, name="other")]
    with pytest.raises(
        UsageError, match=r"other.yaml repeats rows of mine.yaml: quantec.liver; name one of them alone"
    ):
        tables.load_protocol("P", tables=heirs)
    path = _write(tmp_path / "p.yaml", PROTOCOL + "tables: [mine.yaml, other.yaml]\n")
    assert _problems(path) == ["p.yaml:5:21: tables: other.yaml repeats rows of mine.yaml: quantec.liver"]


def test_a_further_table_cant_repeat_the_protocols_own_rows(data: Path, tmp_path: Path) -> None:
    rows = TABLE.format(id="zeta", more="", limit="< 3 Gy").partition("rows:")[2]
    path = _write(tmp_path / "p.yaml", PROTOCOL + "rows:" + rows)
    with pytest.raises(UsageError, match=r"zeta\.yaml repeats rows of p\.yaml: zeta\.liver"):
        tables.load_protocol(path, tables=["zeta"])


def _own_group(folder: Path) -> Path:
    """A protocol whose group has the id of one of the table `zeta`."""
    groups = "groups: {zeta.all: {kind: any, text: Either}}\n"
    row = TABLE.format(id="zeta", more="", limit="< 3 Gy").partition("rows:\n")[2]
    own = [row.replace("zeta.liver", f"P.{one}") + "    group: zeta.all\n" for one in "ab"]
    return _write(folder / "p.yaml", PROTOCOL + groups + "rows:\n" + "".join(own))


@pytest.mark.parametrize("member", ["    group: zeta.all\n", ""])
def test_a_protocols_group_cant_take_in_the_rows_of_a_tables_group_of_that_name(
    data: Path, tmp_path: Path, member: str
) -> None:
    # An alternative of the protocol that is met would excuse the table's limit.
    rows = TABLE.format(id="zeta", more="groups: {zeta.all: {kind: all, text: Each}}\n", limit="< 3 Gy")
    _write(data / "zeta.yaml", rows + "    group: zeta.all\n")
    names = "zeta"
    if not member:  # the one row of the group is off in the heir: its group is declared all the same
        heir = 'schema: 1\nid: heir\ntitle: T\nversion: "1"\nextends: zeta\noff: [{id: zeta.liver, because: x}]\n'
        names = str(_write(tmp_path / "heir.yaml", heir))
    path = _own_group(tmp_path)
    with pytest.raises(UsageError, match=r"repeats groups of p\.yaml: zeta\.all"):
        tables.load_protocol(path, tables=[names])
    listed = _write(tmp_path / "q.yaml", path.read_text(encoding="utf-8") + f"tables: [{Path(names).name}]\n")
    (problem,) = _problems(listed)
    assert problem.startswith("q.yaml:5:10: groups: 'zeta.all' is a group of ")


def test_a_table_cant_vanish_since_it_extends_one_of_its_own_id(data: Path, tmp_path: Path) -> None:
    old = _write(tmp_path / "2024" / "limits.yaml", TABLE.format(id="limits", more="", limit="< 26 Gy"))
    new = _write(tmp_path / "2025" / "limits.yaml", 'schema: 1\nid: limits\ntitle: T\nversion: "2"\n')
    new.write_text(new.read_text(encoding="utf-8") + "extends: ../2024/limits.yaml\n", encoding="utf-8")
    message = r"limits\.yaml:2:5: id: 'limits' is the id of a table that this one extends; give this file another name"
    for others in ([], [old], [data / "zeta.yaml"]):
        with pytest.raises(TableError, match=message):
            tables.tables_alone([*others, new])
    own = _write(tmp_path / "quantec.yaml", HEIR.format(id="quantec", extends="quantec", row="quantec.liver"))
    with pytest.raises(TableError, match="'quantec' is the id of a table that this one extends"):
        tables.tables_alone([own, "zeta"])


def test_a_clinics_file_isnt_taken_for_the_shipped_table_of_its_name(data: Path, tmp_path: Path) -> None:
    text = TABLE.format(id="quantec", more="", limit="< 26 Gy").replace("quantec.liver", "ours.liver")
    own = _write(tmp_path / "quantec.yaml", text)
    protocol = tables.tables_alone([own, _heir(tmp_path)])
    assert {row.id for row in protocol.all_constraints} == {"ours.liver", "quantec.liver"}
    assert protocol.notes == ()


def test_two_tables_of_one_id_arent_asked_together(data: Path, tmp_path: Path) -> None:
    paths = [
        _write(
            tmp_path / name / "own.yaml", TABLE.format(id="own", more="", limit="< 26 Gy").replace("own.l", f"{name}.l")
        )
        for name in ("one", "two")
    ]
    with pytest.raises(UsageError, match="two tables have the id 'own', so that no report tells them apart"):
        tables.tables_alone(paths)


def test_every_table_that_was_named_is_asked_or_told_where_its_rows_are(data: Path, tmp_path: Path) -> None:
    names: list[Path | str] = ["quantec", _heir(tmp_path), _heir(tmp_path, "mine.yaml", "ward"), "zeta"]
    for order in itertools.permutations(names):
        protocol = tables.tables_alone(order)
        assert {row.id for row in protocol.all_constraints} == {"quantec.liver", "zeta.liver"}
        assert {note.partition(" isn't asked by itself: ")[0] for note in protocol.notes} == {"quantec", "mine"}
        assert all("ward has its rows" in note for note in protocol.notes)


def test_a_table_that_is_there_already_isnt_asked_twice(data: Path) -> None:
    assert [table.id for table in tables.load_protocol("P", tables=["zeta", "quantec"]).tables] == ["quantec", "zeta"]


def test_a_table_that_isnt_enabled_is_asked_when_named_and_noted(data: Path, tmp_path: Path) -> None:
    note = "unverified-old: rows that nobody has confirmed against their publication, asked because they were named"
    protocol = tables.load_protocol("P", tables=["unverified-old"])
    assert [table.id for table in protocol.tables] == ["quantec", "zeta", "unverified-old"]
    assert protocol.notes == (note,)
    listed = tables.load_protocol(_write(tmp_path / "p.yaml", PROTOCOL + "notes: [x]\ntables: [unverified-old]\n"))
    assert listed.notes == ("x", note)
    heir = tables.tables_alone([_heir(tmp_path, "unverified-old")])
    assert heir.notes == (f"{note} by mine, which extends it",)


def test_another_table_that_isnt_enabled_is_noted_in_its_own_words(data: Path, tmp_path: Path) -> None:
    path = _write(tmp_path / "draft.yaml", TABLE.format(id="draft", more="enabled: false\n", limit="< 3 Gy"))
    assert tables.tables_alone([path]).notes == ("draft: a table not enabled, asked because it was named",)


def test_problems_of_further_tables_come_with_those_of_the_protocol(data: Path, tmp_path: Path) -> None:
    wrong = _write(tmp_path / "wrong.yaml", TABLE.format(id="wrong", more="", limit="30"))
    path = _write(tmp_path / "p.yaml", PROTOCOL + "colour: red\n")
    with pytest.raises(TableError) as caught:
        tables.load_protocol(path, tables=[wrong])
    assert [Path(problem.file).name for problem in caught.value.problems] == ["p.yaml", "wrong.yaml"]


def _names(one: Protocol | Site) -> list[str]:
    return [required.roi for required in one.required_rois]


def test_a_further_site_adds_organs_and_takes_none_of_the_protocols_away(data: Path, tmp_path: Path) -> None:
    protocol = tables.load_protocol("P")
    assert protocol.site == tables.load_site("liver")
    assert _names(protocol) == ["Liver", "Duodenum"]
    path = _write(tmp_path / "spine.yaml", SITE.format(id="spine").replace("Liver", "SpinalCord"))
    both, spine = tables.load_protocol("P", site=path), tables.load_site(path)
    assert both.site is not None
    assert (both.site.id, both.site.title, both.site.version) == ("liver + spine", "Site + Site", "1 + 1")
    assert (both.site.file, both.site.sha256) == (
        "liver.yaml + spine.yaml",
        f"{protocol.site.sha256} + {spine.sha256}",
    )
    assert _names(both.site) == _names(both) == ["Liver", "Duodenum", "SpinalCord"]


def test_the_protocols_site_named_again_is_one_site(data: Path) -> None:
    assert tables.load_protocol("P", site="liver") == tables.load_protocol("P")


def test_a_further_site_is_the_site_of_a_protocol_without_one(data: Path, tmp_path: Path) -> None:
    path = _write(tmp_path / "p.yaml", PROTOCOL + "required_rois: [Duodenum, Stomach]\n")
    protocol = tables.load_protocol(path, site="liver")
    assert protocol.site == tables.load_site("liver")
    assert _names(protocol) == ["Duodenum", "Stomach", "Liver"]
    # The protocol asks for the duodenum on every schedule.
    assert protocol.required_rois[0].no_limit == ()


def test_a_further_site_cant_excuse_an_organ_of_the_protocol_on_a_schedule(data: Path, tmp_path: Path) -> None:
    text = SITE.format(id="lax").replace("  - Liver\n", LAX_LIVER).replace('"1.8-2 Gy"', '"1-20 Gy"')
    protocol = tables.load_protocol("P", site=_write(tmp_path / "lax.yaml", text))
    liver, duodenum = protocol.required_rois
    assert (liver.no_limit, liver.judged_by) == ((), ())
    assert duodenum == tables.load_site("liver").required_rois[1]


def test_a_sites_organs_say_where_no_limit_is_known(data: Path) -> None:
    site = tables.load_site("liver")
    assert (site.id, site.title, site.version, site.file, len(site.sha256)) == ("liver", "Site", "1", "liver.yaml", 64)
    liver, duodenum = site.required_rois
    assert liver == RequiredRoi("Liver", liver.source)
    assert (liver.source.table, liver.source.row, liver.source.line) == ("liver", "required.Liver", 7)
    assert liver.source.citation == "A list"
    assert duodenum.no_limit == (NoLimit(Regimen("conventional", None, (1.8, 2.0)), "none is published"),)
    assert duodenum.source.line == 8


def test_a_protocols_own_organs_count_before_the_sites(data: Path, tmp_path: Path) -> None:
    text = PROTOCOL + "site: liver\nrequired_rois: [Stomach, Duodenum]\nrequired_rois_citation: Ours\n"
    protocol = tables.load_protocol(_write(tmp_path / "p.yaml", text))
    assert [(required.roi, required.source.table) for required in protocol.required_rois] == [
        ("Liver", "liver"),
        ("Stomach", "P"),
        ("Duodenum", "P"),
    ]
    assert protocol.required_rois[2].no_limit == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("site: lver", "p.yaml:5:7: site: no site is called 'lver'; did you mean 'liver'? (shipped: liver; or give"),
        ("site: nix.yaml", "p.yaml:5:7: site: nix.yaml: can't be read"),
        ("site: [liver]", "p.yaml:5:7: site: expected text, got a list"),
        ("site: bad.yaml", "bad.yaml:7:5: required: 'Liver -', character 8"),
        (
            "required_rois: [{roi: Liver, no_limits: []}]",
            "p.yaml:5:30: unknown key 'no_limits'; did you mean 'no_limit'?",
        ),
        ("required_rois: [{no_limit: []}]", "p.yaml:5:17: the key 'roi' is missing"),
        ("required_rois: [Liver, {roi: Liver}]", "p.yaml:5:24: required_rois: duplicate 'Liver'; first in line 5"),
        ("required_rois: [5]", "p.yaml:5:17: required_rois: expected a mapping of keys, got 5"),
        (
            "required_rois: [{roi: Liver, no_limit: []}]",
            "p.yaml:5:40: no_limit: expected at least one item, got nothing",
        ),
        (
            "required_rois: [{roi: Liver, no_limit: [{regimen: {text: x}}]}]",
            "p.yaml:5:41: the key 'because' is missing",
        ),
        ("tables: [auto, 5]", "p.yaml:5:16: tables: expected text, got 5; write it in quotes"),
    ],
)
def test_keys_refused(data: Path, tmp_path: Path, text: str, problem: str) -> None:
    _write(tmp_path / "bad.yaml", SITE.format(id="bad").replace("- Liver", "- Liver -"))
    found = _problems(_write(tmp_path / "p.yaml", f"{PROTOCOL}{text}\n"))
    assert any(one.startswith(problem) for one in found), found


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("required:\n", "required: []\nrows:\n", "6:11: required: expected at least one item"),
        ("  - Liver\n", "  - Liver\n  - Liver\n", "8:5: required: duplicate 'Liver'; first in line 7"),
        ("title: Site", "titel: Site", "3:1: unknown key 'titel'; did you mean 'title'?"),
        ("schema: 1", "schema: 2", "1:9: schema: expected 1, got 2"),
        ("id: s", "id: liver", "2:5: id: 'liver' isn't the name of the file, s.yaml; write 'id: s', or call the file"),
        ("because: none is", "why: none is", "9:79: unknown key 'why'"),
        ('"1.8-2 Gy"', '"180-200 Gy"', "9:66: dose_per_fraction: '180-200 Gy': more than 150 Gy per fraction"),
    ],
)
def test_sites_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    path = _write(tmp_path / "s.yaml", SITE.format(id="s").replace(old, new))
    with pytest.raises(TableError) as caught:
        tables.load_site(path)
    assert any(str(one).removeprefix(f"{path}:").startswith(problem) for one in caught.value.problems), caught.value


def test_sites_that_arent_there(data: Path) -> None:
    with pytest.raises(UsageError, match=r"no site is called 'spine' \(shipped: liver; or give a \.yaml file\)"):
        tables.load_site("spine")
    with pytest.raises(InputError, match="can't be read"):
        tables.load_site("spine.yaml")
    with pytest.raises(UsageError, match="no site is called 'spine'"):
        tables.load_protocol("P", site="spine")


def test_a_protocol_of_nothing_but_tables(data: Path, tmp_path: Path) -> None:
    protocol = tables.tables_alone([_heir(tmp_path), "zeta"], site="liver", diagnosis="hcc")
    assert (protocol.id, protocol.title) == ("tables", "Tables alone: mine, zeta")
    assert (protocol.bed, protocol.constraints, protocol.diagnosis) == (None, (), "hcc")
    assert (protocol.selection, protocol.file, protocol.sha256) == ("listed", "", "")
    assert protocol.site is not None and len(protocol.required_rois) == 2


def test_all_tables_alone(data: Path) -> None:
    protocol = tables.tables_alone(["auto"])
    assert (protocol.title, protocol.selection) == ("All enabled tables: quantec, zeta", "auto")
    assert (protocol.site, protocol.required_rois) == (None, ())


def test_tables_alone_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no diagnosis is called 'HCC'; did you mean 'hcc'\?"):
        tables.tables_alone(["auto"], diagnosis="HCC")
    with pytest.raises(UsageError, match="no tables are named; give ids of shipped tables, files, or 'auto'"):
        tables.tables_alone([])
    with pytest.raises(UsageError, match=r"no table is called 'zita'; did you mean 'zeta'\?"):
        tables.tables_alone(["zita"])
    with pytest.raises(TableError, match="limit"):
        tables.tables_alone([_write(tmp_path / "wrong.yaml", TABLE.format(id="wrong", more="", limit="30"))])


def test_the_liver_site_is_the_list_that_the_trial_asked() -> None:
    required = {one.roi: one.no_limit for one in tables.load_site("liver").required_rois}
    assert list(required) == [
        *("Liver", "Kidneys", "Stomach", "Duodenum", "Bowel_Small", "SpinalCord", "Heart", "Lungs", "GTV*", "PTV*")
    ]
    assert {roi for roi, no_limit in required.items() if no_limit} == {"Stomach", "Duodenum", "SpinalCord"}
    for roi in ("Stomach", "Duodenum", "SpinalCord"):
        (no_limit,) = required[roi]
        assert no_limit.regimen.dose_per_fraction_gy == (1.8, 2.0)
        assert "QUANTEC" in no_limit.because
