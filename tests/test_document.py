"""YAML as tables are written: plain data, places, and what is refused."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rtcheck import document
from rtcheck.document import MAX_BYTES, Document, Place, read_document
from rtcheck.errors import InputError, TableError


def _read(text: str | bytes) -> Document:
    return Document("t.yaml", text.encode() if isinstance(text, str) else text)


def _problems(text: str | bytes) -> list[str]:
    try:
        document = _read(text)
    except TableError as error:
        return [str(problem) for problem in error.problems]
    return [str(problem) for problem in document.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("off", "off"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("010", 10),
        ("0o10", "0o10"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("12:30:00", "12:30:00"),
        ("2010-01-01", "2010-01-01"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".inf", ".inf"),
        ("5-20", "5-20"),
        ("<5", "<5"),
        ("=", "="),
        ("~", None),
        ("", None),
        ("'5'", "5"),
        ("'true'", "true"),
    ],
)
def test_scalars_of_yaml_1_2(text: str, value: object) -> None:
    data = _read(f"a: {text}\n").data
    assert data == {"a": value}
    assert isinstance(data, dict) and type(data["a"]) is type(value)


def test_places_of_keys_and_values() -> None:
    document = _read("rows:\n  - id: x\n    limit: '< 3 Gy'\n  - {id: y}\n")
    assert document.data == {"rows": [{"id": "x", "limit": "< 3 Gy"}, {"id": "y"}]}
    assert document.place_of(("rows", 0, "limit")) == Place(3, 12)
    assert document.place_of(("rows", 0, "limit"), key=True) == Place(3, 5)
    assert document.place_of(("rows", 1)) == Place(4, 5)
    assert document.place_of(("rows", 1, "organ")) == Place(4, 5)
    assert document.place_of(("rows", 1, "organ"), key=True) == Place(4, 5)


def test_places_survive_a_bom_windows_lines_and_wide_signs() -> None:
    document = _read(b"\xef\xbb\xbfa: 1\r\n\xc3\xa9\xf0\x9f\x98\x80: [x, y]\r\n")
    assert document.place_of(("é😀", 1)) == Place(2, 9)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", "t.yaml:3:1: duplicate key 'a'; first in line 1"),
        ("a: &x 1\n", "t.yaml:1:4: anchor &x; tables have neither anchors nor aliases"),
        ("a: !!float 1\n", "t.yaml:1:4: tag tag:yaml.org,2002:float; tables have no tags"),
        (
            "a: !!python/name:os.x ''\n",
            "t.yaml:1:4: tag tag:yaml.org,2002:python/name:os.x; tables have no tags",
        ),
        ("b: 1\n5: 1\n", "t.yaml:2:1: a key must be text"),
        ("true: 1\n", "t.yaml:1:1: a key must be text"),
        ("? [a]\n: 1\n", "t.yaml:1:3: a key must be text"),
        ('a: "x\\eb"\n', "t.yaml:1:4: control character U+001B in the text; remove it"),
        ("a: x\x1b\n", "t.yaml:1:5: control character U+001B; remove it"),
        ("a: x\u202ey\n", "t.yaml:1:5: control character U+202E; remove it"),
        ("a: [1\nb: 2\n", "t.yaml:2:2: not YAML: while parsing a flow sequence, did not find expected ',' or ']'"),
        ("a: 1\n---\nb: 2\n", "t.yaml:2:1: a second document; a file holds one table"),
        ("", "t.yaml:1:1: the file is empty"),
        ("# nothing\n", "t.yaml:1:1: the file is empty"),
        (b"ab: 1\nb: \xe9\n", "t.yaml:2:4: not UTF-8 (byte 0xe9); save the file as UTF-8"),
        ("a: 1\n".encode("utf-16"), "t.yaml:1:1: not UTF-8 (byte 0xff); save the file as UTF-8"),
        ("[" * 100_000, "t.yaml:1:14: nested deeper than 12 levels"),
        (b"#" * (MAX_BYTES + 1), "t.yaml:1:1: larger than 1,048,576 bytes: no constraint table"),
    ],
)
def test_refusals(text: str | bytes, problem: str) -> None:
    assert _problems(text) == [problem]


def test_aliases_are_refused_before_they_multiply() -> None:
    laughs = "a: &a [x, x]\n" + "".join(
        f"{name}: &{name} [*{before}, *{before}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    problems = _problems(laughs)
    assert problems[1:3] == [
        "t.yaml:2:4: anchor &b; tables have neither anchors nor aliases",
        "t.yaml:2:8: alias *a; write the value out",
    ]
    assert len(problems) == 9 + 16


def test_what_was_found_before_the_text_breaks_off_is_reported_with_it() -> None:
    assert [problem.split(": ")[0] for problem in _problems("a: 1\na: 2\nb: [\n")] == ["t.yaml:2:1", "t.yaml:4:1"]


def test_the_first_of_equal_keys_and_its_place_are_kept() -> None:
    document = _read("a: {b: 1}\na: {b: !x 2}\n")
    assert document.data == {"a": {"b": 1}}
    assert document.place_of(("a", "b")) == Place(1, 8)
    assert len(document.problems) == 2


def test_both_parsers_of_pyyaml_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: [1, {b: no}]\nc: '< 3 Gy'\nd: >-\n  folded\n  text\n"
    fast = _read(text)
    monkeypatch.setattr(document, "_LOADER", yaml.SafeLoader)
    slow = _read(text)
    assert (fast.data, fast.locs) == (slow.data, slow.locs)
    for key in (False, True):
        assert [fast.place_of(loc, key=key) for loc in fast.locs] == [slow.place_of(loc, key=key) for loc in slow.locs]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nix\.yaml: can't be read \(No such file or directory\)"):
        read_document(tmp_path / "nix.yaml")
    with pytest.raises(InputError, match="can't be read"):
        read_document(tmp_path)


TEXT = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=20)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT.filter(bool), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXT.filter(bool), PLAIN, max_size=4))
def test_json_is_read_as_it_is_meant(data: dict[str, object]) -> None:
    document = _read(json.dumps(data, ensure_ascii=False))
    assert (document.data, document.problems) == (data, [])


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    try:
        _read(content)
    except TableError as error:
        assert error.problems
