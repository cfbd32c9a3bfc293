"""What is installed: the wheel carries the tables, and the public names are the promised ones."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import rtcheck


@pytest.fixture(scope="module")
def wheel(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(out), str(project_root)]
    subprocess.run(command, check=True)
    return next(out.glob("*.whl"))


def test_wheel_carries_every_table(wheel: Path, project_root: Path) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("rtcheck/_constraints/")}
    there = {
        f"rtcheck/_constraints/{path.relative_to(project_root / 'constraints').as_posix()}"
        for path in (project_root / "constraints").rglob("*.yaml")
    }
    assert there
    assert there <= inside


def test_wheel_carries_neither_patients_nor_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if name.endswith(".dcm") or name.startswith(("tests", "sample_plans"))]
    assert "rtcheck/py.typed" in names


def test_unpacked_wheel_finds_its_tables(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import rtcheck, rtcheck.tables as t;"
        "print(rtcheck.__file__); print(t.data_folder()); print(rtcheck.load_protocol('NCT06261047').id)"
    )
    process = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    package, folder, protocol = process.stdout.splitlines()
    assert Path(package).is_relative_to(tmp_path)
    assert Path(folder) == tmp_path / "rtcheck" / "_constraints"
    assert protocol == "NCT06261047"


def test_checkout_finds_its_tables(project_root: Path) -> None:
    assert rtcheck.tables.data_folder() == project_root / "constraints"


def test_public_names_exist_once() -> None:
    assert len(set(rtcheck.__all__)) == len(rtcheck.__all__)
    assert all(hasattr(rtcheck, name) for name in rtcheck.__all__)


def test_promised_calls_of_the_library(sample_plans: Path) -> None:
    """Section by section what scripts rely on."""
    study = rtcheck.read_study(sample_plans / "hcc-sbrt-5fx")
    value = rtcheck.Case(study).dvh("Liver - GTV*")["CV15Gy[cc]"]
    assert {"state", "value", "low", "high", "unit", "reason"} <= set(value.to_dict())
    assert rtcheck.bed("5x8Gy", alpha_beta_gy=10) == 72.0
    result = rtcheck.check(sample_plans / "hcc-sbrt-5fx", protocol="NCT06261047")
    assert result.verdict is rtcheck.Verdict.PASS
    assert len(result.to_frame()) == len(result.findings)
    assert '"schema"' in result.to_json()
