"""Which case sheet lies among a patient's files."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from rtcheck import tables
from rtcheck.errors import TableError, UnreadableFileError, UsageError

SHEET = b"schema: 1\nsubject: S-1\n"
OTHER = b"schema: 1\nsubject: S-2\n"


def _zip(**members: bytes) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _subject(source) -> str | None:
    sheet = tables.sheet_of(source)
    return None if sheet is None else sheet.subject


@pytest.mark.parametrize("name", ["case.yaml", "case.yml", "case.json", "Case.YAML"])
def test_at_the_top_of_a_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(SHEET)
    assert _subject(tmp_path) == _subject(str(tmp_path)) == _subject([tmp_path]) == "S-1"


def test_none_is_there(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "case.yaml").write_bytes(SHEET)
    (tmp_path / "mycase.yaml").write_bytes(SHEET)
    (tmp_path / "RTPLAN.dcm").write_bytes(b"x")
    assert _subject(tmp_path) is None
    assert _subject(tmp_path / "RTPLAN.dcm") is None
    assert _subject(tmp_path / "nowhere") is None
    assert _subject([]) is None


def test_of_single_files_it_is_one_that_was_given(tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_bytes(SHEET)
    (tmp_path / "RTPLAN.dcm").write_bytes(b"x")
    assert _subject([tmp_path / "RTPLAN.dcm"]) is None
    assert _subject([tmp_path / "RTPLAN.dcm", tmp_path / "case.yaml"]) == "S-1"
    assert _subject([tmp_path, tmp_path / "case.yaml"]) == "S-1"


@pytest.mark.parametrize(
    ("members", "subject"),
    [
        ({"case.yaml": SHEET, "CT/1.dcm": b""}, "S-1"),
        ({"P1/case.yaml": SHEET, "P1/CT/1.dcm": b"", "__MACOSX/P1/case.yaml": OTHER, ".DS_Store": b""}, "S-1"),
        ({"P1/case.yaml": SHEET, "P2/1.dcm": b""}, None),
        ({"P1/CT/case.yaml": SHEET, "P1/1.dcm": b""}, None),
        ({"P1\\case.yml": SHEET, "P1\\1.dcm": b""}, "S-1"),
        ({}, None),
    ],
)
def test_in_a_zip_it_is_at_the_top_or_in_the_only_folder(tmp_path: Path, members, subject: str | None) -> None:
    content = _zip(**members)
    path = tmp_path / "P1.zip"
    path.write_bytes(content)
    assert _subject(path) == subject
    assert _subject([("P1.zip", content)]) == subject
    assert _subject(list(members.items())) == subject


def test_a_zip_names_the_sheet_in_its_problems(tmp_path: Path) -> None:
    path = tmp_path / "P1.zip"
    path.write_bytes(_zip(**{"P1/case.yaml": b"schema: 1\nsubjekt: S-1\n"}))
    with pytest.raises(TableError) as caught:
        tables.sheet_of(path)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (f"{path}/P1/case.yaml", 2)


def test_two_sheets_are_one_too_many(tmp_path: Path) -> None:
    for name, content in (("case.yaml", SHEET), ("case.json", OTHER)):
        (tmp_path / name).write_bytes(content)
    first, second = tmp_path / "case.json", tmp_path / "case.yaml"
    with pytest.raises(UsageError) as caught:
        tables.sheet_of(tmp_path)
    assert str(caught.value) == (
        f"several case sheets are there: {first} and {second}; leave one of them, or name one with --case"
    )
    with pytest.raises(UsageError, match=r"several case sheets are there: case\.yaml and P1\.zip/case\.yml"):
        tables.sheet_of([("case.yaml", SHEET), ("P1.zip", _zip(**{"case.yml": OTHER}))])
    with pytest.raises(UsageError, match=r"several case sheets are there: case\.yaml and case\.yaml"):
        tables.sheet_of([("case.yaml", SHEET), ("case.yaml", OTHER)])


def test_a_broken_zip_is_no_absent_sheet(tmp_path: Path) -> None:
    path = tmp_path / "P1.zip"
    content = _zip(**{"case.yaml": SHEET})
    path.write_bytes(content[:40])
    with pytest.raises(UnreadableFileError, match="its case sheet can't be read"):
        tables.sheet_of(path)


def test_a_sheet_larger_than_any_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "P1.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("case.yaml", b"#" * (3 << 20))
    with pytest.raises(TableError, match="larger than"):
        tables.sheet_of(path)
