"""The second engine agrees where it can, and still needs its shim."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import rtcheck
from rtcheck.crosscheck import peer_dvh


def test_shim_is_still_needed() -> None:
    """Without the shim the parser doesn't import; when it does, the shim can go."""
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import dicompylercore.dicomparser"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode != 0
    assert "read_file" in process.stderr


@pytest.mark.filterwarnings("ignore")  # dicompyler-core and what it imports warn; that is theirs
def test_peer_agrees_on_a_sample_plan(sample_plans: Path) -> None:
    folder = sample_plans / "hcc-sbrt-5fx"
    study = rtcheck.read_study(folder)
    case = rtcheck.Case(study)
    structures = (folder / study.structure_set.source.name).read_bytes()
    dose = (folder / study.dose.source.name).read_bytes()
    for name in ("Liver", "GTV", "Kidney_L"):
        roi = next(roi for roi in study.structure_set.rois if roi.name == name)
        peer, ours = peer_dvh(structures, dose, roi.number), case.dvh(name)
        assert peer.total_cc == pytest.approx(ours.volume_cc, rel=0.03), name
        assert peer.mean_gy == pytest.approx(ours.mean_gy, rel=0.02), name
