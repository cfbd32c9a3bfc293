"""Which file an id means; protocols and their tables."""

import re
from pathlib import Path
from typing import get_args

import pytest

from rtcheck import shipped, tables
from rtcheck.errors import InputError, TableError, UsageError
from rtcheck.tables import paths
from rtcheck.tables.rows import Row
from rtcheck.tables.rules import CHECKS, AnyRule
from rtcheck.tables.schema import (
    AmendmentKeys,
    BedKeys,
    CaseKeys,
    ProtocolFile,
    RequiredKeys,
    SiteFile,
    TableFile,
    WordingKeys,
)
from rtcheck.tables.sheet_schema import (
    AttestationKeys,
    DatesKeys,
    LesionKeys,
    OverrideKeys,
    PatientKeys,
    ReducedKeys,
    SheetFile,
    SignOffKeys,
)
from rtcheck.tables.tuning import OffKeys, TuningFile

CHECKOUT = Path(__file__).resolve().parents[2] / "constraints"
README = CHECKOUT / "README.md"
TABLE = """\
schema: 1
id: {id}
title: T
version: "1"
rows:
  - id: {row}
    organ: Liver
    roi: Liver
    metric: "Mean[Gy]"
    limit: "{limit}"
    regimen: {{text: any}}
    citation: A paper
    status: single
"""
PROTOCOL = """\
schema: 1
id: P
title: Protocol
version: "1"
tables: [{tables}]
"""


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _table(folder: Path, name: str, row: str, limit: str = "< 30 Gy") -> Path:
    return _write(folder, name, TABLE.format(id=Path(name).stem, row=row, limit=limit))


def _problems(path: Path) -> list[str]:
    with pytest.raises(TableError) as caught:
        tables.load_protocol(path)
    return [str(problem).replace(f"{path.parent}/", "") for problem in caught.value.problems]


def test_a_checkout_has_the_tables_beside_the_package(tmp_path: Path) -> None:
    (tmp_path / "rtcheck").mkdir()
    (tmp_path / "constraints").mkdir()
    assert shipped._data_folder(tmp_path / "rtcheck") == tmp_path / "constraints"


def test_a_wheel_has_the_tables_inside_the_package(tmp_path: Path) -> None:
    (tmp_path / "rtcheck" / "_constraints").mkdir(parents=True)
    # A folder beside the package, in site-packages, belongs to somebody else.
    (tmp_path / "constraints").mkdir()
    assert shipped._data_folder(tmp_path / "rtcheck") == tmp_path / "rtcheck" / "_constraints"


def test_an_installation_without_tables_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the constraint tables of rtcheck aren't there; install rtcheck again"):
        shipped._data_folder(tmp_path / "rtcheck")


def test_the_wheel_of_pyproject_carries_the_folder_that_is_looked_up() -> None:
    pyproject = (CHECKOUT.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert '"constraints" = "rtcheck/_constraints"' in pyproject


def test_ids_are_looked_up_in_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _table(tmp_path, "mine.yaml", "mine.a")
    _write(tmp_path, "mine.cases.yaml", "cases: []\n")
    _write(tmp_path, "protocols/P.yaml", PROTOCOL.format(tables="mine"))
    monkeypatch.setattr(paths, "data_folder", lambda: tmp_path)
    assert (tables.table_ids(), tables.protocol_ids()) == (("mine",), ("P",))
    assert tables.load_table("mine").constraints[0].id == "mine.a"
    assert tables.load_protocol("P").tables == (tables.load_table("mine"),)


def test_the_shipped_ids() -> None:
    assert "quantec" in tables.table_ids()
    assert "NCT06261047" in tables.protocol_ids()


def test_a_shipped_id_wins_over_a_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _write(tmp_path, "quantec", "something else\n")
    assert tables.load_table("quantec").id == "quantec"
    with pytest.raises(TableError):
        tables.load_table(Path("quantec"))


def test_files_by_text_and_by_path(tmp_path: Path) -> None:
    path = _table(tmp_path, "mine.yml", "mine.a")
    bare = _table(tmp_path, "mine", "mine.a")
    assert tables.load_table(str(path)) == tables.load_table(path)
    assert tables.load_table(str(bare)).file == "mine"
    with pytest.raises(InputError, match=r"nix\.yaml: can't be read"):
        tables.load_table("nix.yaml")


def test_unknown_ids_list_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"no table is called 'quantek'; did you mean 'quantec'\? \(shipped: quantec"):
        tables.load_table("quantek")
    with pytest.raises(UsageError, match=r"no protocol is called 'nct06261047'; did you mean 'NCT06261047'\?"):
        tables.load_protocol("nct06261047")
    with pytest.raises(UsageError, match=r"no table is called 'zzz' \(shipped: .*; or give a \.yaml file\)"):
        tables.load_table("zzz")


def test_a_protocol_of_nothing_but_a_relative_table(tmp_path: Path) -> None:
    _table(tmp_path, "sub/mine.yaml", "mine.a")
    protocol = tables.load_protocol(_write(tmp_path, "p.yaml", PROTOCOL.format(tables="sub/mine.yaml, quantec")))
    assert [table.id for table in protocol.tables] == ["mine", "quantec"]
    assert (protocol.bed, protocol.required_rois, protocol.diagnosis, protocol.notes) == (None, (), None, ())
    assert protocol.all_constraints[0].id == "mine.a"


def test_a_protocols_tables_that_are_missing(tmp_path: Path) -> None:
    path = _write(tmp_path, "p.yaml", PROTOCOL.format(tables="quantek, nix.yaml"))
    problems = _problems(path)
    assert problems[0].startswith("p.yaml:5:10: tables: no table is called 'quantek'; did you mean 'quantec'?")
    assert problems[1] == "p.yaml:5:19: tables: nix.yaml: can't be read (No such file or directory)"


def test_problems_of_a_protocol_and_of_its_tables_come_together(tmp_path: Path) -> None:
    _table(tmp_path, "mine.yaml", "mine.a", limit="< 30 cc")
    path = _write(tmp_path, "p.yaml", "color: red\n" + PROTOCOL.format(tables="mine.yaml, 5"))
    assert [problem.split(": ")[0] for problem in _problems(path)] == ["p.yaml:1:1", "p.yaml:6:21", "mine.yaml:10:12"]


def test_row_ids_are_unique_over_a_protocol_and_its_tables(tmp_path: Path) -> None:
    _table(tmp_path, "one.yaml", "same")
    _table(tmp_path, "two.yaml", "same")
    row = TABLE.format(id="x", row="same", limit="< 3 Gy").partition("rows:")[2]
    path = _write(tmp_path, "p.yaml", PROTOCOL.format(tables="one.yaml, two.yaml") + "rows:" + row)
    assert _problems(path) == [
        "p.yaml:5:20: tables: two.yaml repeats rows of one.yaml: same",
        "p.yaml:7:9: id: 'same' is a row of one.yaml, too",
        "p.yaml:7:9: id: 'same' is a row of two.yaml, too",
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "bed: {alpha_beta: 10, at_least: '60 Gy', citation: x, status: single}",
            "6:19: alpha_beta: expected text",
        ),
        ("bed: {alpha_beta: '10 Gy', citation: x, status: single}", "6:6: the key 'at_least' is missing"),
        ("bed: {alpha_beta: '10 Gy', at_least: '60', citation: x, status: single}", "6:38: at_least: expected a dose"),
        (
            "bed: {alpha_beta: '10 Gy', at_least: '60 Gy', source: x, status: single}",
            "6:55: source: no source 'x'",
        ),
        ("diagnosis: HCC", "6:12: diagnosis: expected 'hcc'"),
        ("required_rois: [Liver, 'Liver -']", "6:24: required_rois: 'Liver -', character 8"),
        ("required_roi: [Liver]", "6:1: unknown key 'required_roi'; did you mean 'required_rois'?"),
        ("notes: text", "6:8: notes: expected a list, got 'text'"),
        ("disclaimer: text", "6:1: unknown key 'disclaimer'"),
    ],
)
def test_protocol_keys_refused(tmp_path: Path, line: str, problem: str) -> None:
    (found,) = _problems(_write(tmp_path, "p.yaml", PROTOCOL.format(tables="quantec") + line + "\n"))
    assert found.startswith(f"p.yaml:{problem}")


def _examples() -> list[str]:
    """The YAML of the README."""
    return re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def test_the_examples_of_the_readme_load(tmp_path: Path) -> None:
    (table,) = (one for one in _examples() if "extends:" in one)
    (cases,) = (one for one in _examples() if "cases:" in one)
    loaded = tables.load_table(_write(tmp_path, "my-clinic.yaml", table))
    assert loaded.constraints[-1].limit_text == "< 50 Gy (< 54 Gy)"
    assert [(change.row, change.what) for change in loaded.changes] == [
        ("quantec.heart.v25", "limit < 8 % in place of < 10 %"),
        ("quantec.stomach.d100", "not asked"),
    ]
    assert tables.failed_cases(loaded, tables.load_cases(_write(tmp_path, "my-clinic.cases.yaml", cases))) == ()


def test_the_protocol_of_the_readme_asks_what_it_says(tmp_path: Path) -> None:
    (text,) = (one for one in _examples() if "id: my-trial" in one)
    protocol = tables.load_protocol(_write(tmp_path, "my-trial.yaml", text))
    assert [rule.id for rule in protocol.rules] == [
        "my.lesions",
        "my.slice",
        "my.ptv",
        "my.ecog",
        "my.motion",
        "my.plan",
    ]
    assert protocol.bed is not None and (protocol.bed.bed_gy, protocol.bed.may_be_reduced) == (100.0, True)
    assert (protocol.reference_tables, protocol.selection) == (("tg101",), "auto")
    assert protocol.amendments[0].version == protocol.version
    assert set(protocol.wording) == {"PASS", "ACCEPTABLE", "NOT_EVALUATED", "FAIL"}


def test_the_readme_names_every_key() -> None:
    text = README.read_text(encoding="utf-8")
    models = [TableFile, Row, SiteFile, ProtocolFile, CaseKeys, RequiredKeys, BedKeys, AmendmentKeys, WordingKeys]
    models += [SheetFile, PatientKeys, DatesKeys, LesionKeys, ReducedKeys, AttestationKeys, SignOffKeys, OverrideKeys]
    models += [TuningFile, OffKeys, *get_args(get_args(AnyRule)[0])]
    for model in models:
        for name, field in model.model_fields.items():
            assert re.search(rf"\b{field.alias or name}\b", text), (model.__name__, name)


def test_the_readme_names_every_kind_of_rule_and_every_protocol() -> None:
    text = README.read_text(encoding="utf-8")
    assert [one for one in (*CHECKS.values(), *tables.protocol_ids()) if f"`{one}`" not in text] == []
