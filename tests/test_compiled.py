"""rtcheck.compiled."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import rtcheck
from rtcheck import voxelise
from rtcheck.compiled import drop_stale

MODULES = ("low", "high")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two modules of 1000 s, and what was compiled of them at 2000 s."""
    (tmp_path / "__pycache__").mkdir()
    for name in MODULES:
        touch(tmp_path / f"{name}.py", 1000)
        for ending in ("nbi", "1.nbc"):
            touch(tmp_path / "__pycache__" / f"{name}.add-7.py311.{ending}", 2000)
    touch(tmp_path / "__pycache__" / "other.add-7.py311.nbi", 500)
    return tmp_path


def touch(path: Path, seconds: int) -> None:
    path.touch()
    os.utime(path, (seconds, seconds))


def indexes(folder: Path) -> set[str]:
    return {path.name.split(".")[0] for path in (folder / "__pycache__").glob("*.nbi")}


def test_what_is_newer_than_its_sources_is_kept(folder: Path) -> None:
    drop_stale(folder, MODULES)
    assert indexes(folder) == {"low", "high", "other"}


@pytest.mark.parametrize("changed", MODULES)
def test_where_one_module_changed_what_was_compiled_of_all_is_dropped(folder: Path, changed: str) -> None:
    touch(folder / f"{changed}.py", 3000)
    drop_stale(folder, MODULES)
    assert indexes(folder) == {"other"}


def test_what_cannot_be_deleted_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path, *, missing_ok: bool) -> None:
        raise PermissionError("in use")

    touch(folder / "low.py", 3000)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.warns(UserWarning, match="machine code of an older version can't be deleted: in use"):
        drop_stale(folder, MODULES)


def test_without_a_cache_or_a_module_nothing_happens(tmp_path: Path) -> None:
    drop_stale(tmp_path, MODULES)
    assert not list(tmp_path.iterdir())


def test_every_compiled_module_is_named() -> None:
    package = Path(rtcheck.__file__).parent
    compiled = {path.stem for path in package.rglob("*.py") if "@njit(" in path.read_text(encoding="utf-8")}
    source = Path(voxelise.__file__).read_text(encoding="utf-8")
    (named,) = re.findall(r"drop_stale\(Path\(__file__\).parent, \((.*)\)\)", source)
    assert compiled == set(re.findall(r'"(\w+)"', named))
