"""Every unusable input ends in one line that names the file and the mend, exit code 3, and nothing written."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest

from rtcheck.synthetic import (
    RoiSpec,
    box_contours,
    dose_dataset,
    linear_dose,
    plan_dataset,
    save,
    structure_set_dataset,
)
from tests.commands import run
from tests.test_cli import one_line

SHAPE, ORIGIN, SPACING = (21, 21, 21), (-30.0, -30.0, -30.0), (3.0, 3.0, 3.0)


@pytest.fixture
def plan_folder(tmp_path: Path) -> Path:
    """A small complete plan: rs.dcm, rd.dcm, rp.dcm."""
    folder = tmp_path / "plan"
    folder.mkdir()
    contours = box_contours((20.0, 20.0, 24.0), 3.0)
    rois = [RoiSpec("PTV", 1, contours, "PTV"), RoiSpec("Liver", 2, contours)]
    gray = linear_dose(SHAPE, ORIGIN, SPACING, gradient_gy_per_mm=(0.1, 0.0, 0.0), dose_gy=40.0)
    save(structure_set_dataset(rois, key="bad"), folder / "rs.dcm")
    save(dose_dataset(gray, ORIGIN, SPACING, key="bad"), folder / "rd.dcm")
    save(plan_dataset(40.0, 5, target_roi_number=1, key="bad"), folder / "rp.dcm")
    return folder


def edit(path: Path, change: Callable[[pydicom.Dataset], None]) -> None:
    dataset = pydicom.dcmread(path)
    change(dataset)
    dataset.save_as(path)


def fault(folder: Path, project_root: Path, *words: str, command: tuple[str, ...] = ("dvh",)) -> None:
    """The command ends as promised, says every word, and leaves the folder as it was."""
    before = sorted(folder.rglob("*")) if folder.is_dir() else []
    line = one_line(run(*command, str(folder), root=project_root))
    for word in words:
        assert word.lower() in line.lower(), line
    assert "Traceback" not in line
    assert (sorted(folder.rglob("*")) if folder.is_dir() else []) == before


def test_the_untouched_plan_is_read(plan_folder, project_root) -> None:
    process = run("dvh", str(plan_folder), "--roi", "PTV", "--metric", "Mean[Gy]", root=project_root)
    assert process.returncode == 0, process.stderr


def test_empty_folder(tmp_path, project_root) -> None:
    folder = tmp_path / "exported"
    folder.mkdir()
    fault(folder, project_root, "exported", "DICOM")


def test_file_that_is_not_dicom(tmp_path, project_root) -> None:
    path = tmp_path / "letter.dcm"
    path.write_text("Dear colleague, " * 50, encoding="utf-8")
    fault(path, project_root, "letter.dcm", "DICOM")


def test_folder_without_a_dicom_file(tmp_path, project_root) -> None:
    (tmp_path / "notes.txt").write_text("nothing here", encoding="utf-8")
    fault(tmp_path, project_root, "DICOM")


@pytest.mark.parametrize("name", ["rs.dcm", "rd.dcm", "rp.dcm"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.97])
def test_truncated_file(plan_folder, project_root, name, share) -> None:
    path = plan_folder / name
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    fault(plan_folder, project_root, name)


def test_no_dose(plan_folder, project_root) -> None:
    (plan_folder / "rd.dcm").unlink()
    fault(plan_folder, project_root, "RT Dose")


def test_no_structures(plan_folder, project_root) -> None:
    (plan_folder / "rs.dcm").unlink()
    fault(plan_folder, project_root, "Structure Set")


@pytest.mark.parametrize(
    ("attribute", "value", "word"),
    [
        ("DoseUnits", "RELATIVE", "RELATIVE"),
        ("DoseType", "ERROR", "ERROR"),
        ("DoseSummationType", "BEAM", "BEAM"),
        ("NumberOfFrames", 20, "frames"),
        ("GridFrameOffsetVector", [0.0, 3.0], "offset"),
        ("DoseGridScaling", "0", "DoseGridScaling"),
        ("Rows", 40, "rd.dcm"),
        ("FrameOfReferenceUID", "1.2.3.4.5", "frame"),
        ("ImageOrientationPatient", [1, 0, 0, 1, 0, 0], "orientation"),
    ],
)
def test_dose_that_must_not_be_read(plan_folder, project_root, attribute, value, word) -> None:
    edit(plan_folder / "rd.dcm", lambda dataset: setattr(dataset, attribute, value))
    fault(plan_folder, project_root, "" if word == "frame" else "rd.dcm", word)


def test_structures_in_another_frame_of_reference(plan_folder, project_root) -> None:
    def move(dataset: pydicom.Dataset) -> None:
        dataset.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID = "1.2.3.4.5"
        for roi in dataset.StructureSetROISequence:
            roi.ReferencedFrameOfReferenceUID = "1.2.3.4.5"

    edit(plan_folder / "rs.dcm", move)
    fault(plan_folder, project_root, "rs.dcm", "frame of reference", "1.2.3.4.5")


def test_pixel_data_shorter_than_its_shape(plan_folder, project_root) -> None:
    edit(plan_folder / "rd.dcm", lambda dataset: setattr(dataset, "PixelData", dataset.PixelData[:-800]))
    fault(plan_folder, project_root, "rd.dcm")


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "9e999"])
def test_contour_coordinates_that_are_no_numbers(plan_folder, project_root, text) -> None:
    path = plan_folder / "rs.dcm"
    content = path.read_bytes()
    corner = b"-10\\-10"
    assert corner in content
    # As many bytes as before, so that the file is sound but for this number.
    path.write_bytes(content.replace(corner, f"{text}\\".encode().ljust(len(corner), b"0"), 1))
    fault(plan_folder, project_root, "rs.dcm")


def test_two_doses_ask_which(plan_folder, project_root) -> None:
    gray = np.full(SHAPE, 8.0)
    save(dose_dataset(gray, ORIGIN, SPACING, key="bad", instance="RTDOSE2"), plan_folder / "second.dcm")
    fault(plan_folder, project_root, "rd.dcm", "second.dcm", "--dose")
    chosen = run("dvh", str(plan_folder), "--dose", "second.dcm", "--roi", "PTV", "-f", "json", root=project_root)
    assert chosen.returncode == 0, chosen.stderr


def test_zip_that_climbs_out(plan_folder, project_root, tmp_path) -> None:
    path = tmp_path / "climbs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(plan_folder / "rs.dcm", "../../rs.dcm")
    fault(path, project_root, "climbs.zip", "..")


def test_zip_that_is_cut_off(plan_folder, project_root, tmp_path) -> None:
    path = tmp_path / "cut.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("rs.dcm", "rd.dcm"):
            archive.write(plan_folder / name, name)
    path.write_bytes(path.read_bytes()[:-200])
    fault(path, project_root, "cut.zip")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("    limt: '< 30 Gy'", "limt"),
        ("    metric: 'Max[Gy]'", "duplicate"),
        ("    limit: '< 30 cc'", "cc"),
    ],
)
def test_broken_table_says_where(project_root, tmp_path, line, words) -> None:
    good = ["schema: 1", "id: mine", "title: Mine", "version: '1'", "rows:", "  - id: mine.a", "    organ: Liver"]
    good += ["    roi: Liver", "    metric: 'Mean[Gy]'", "    regimen: {text: any}", "    citation: ours"]
    good += ["    status: single"]
    limit = [] if line.strip().startswith("limit") else ["    limit: '< 30 Gy'"]
    table = tmp_path / "mine.yaml"
    table.write_text("\n".join([*good, *limit, line]) + "\n", encoding="utf-8")
    protocol = tmp_path / "p.yaml"
    text = "schema: 1\nid: p\ntitle: P\nversion: '1'\ntables: [mine.yaml]\n"
    protocol.write_text(text, encoding="utf-8")
    process = run("check", "sample_plans/hcc-sbrt-5fx", "--protocol", str(protocol), root=project_root)
    assert process.returncode == 3
    assert process.stdout == ""
    (message,) = process.stderr.splitlines()
    row = len(good) + len(limit) + 1
    assert f"mine.yaml:{row}:" in message
    assert words in message.lower()


def test_all_errors_of_a_table_at_once(project_root, tmp_path) -> None:
    protocol = tmp_path / "p.yaml"
    protocol.write_text("schema: 1\nid: p\ntitel: P\nversion: '1'\ntabels: []\n", encoding="utf-8")
    process = run("check", "sample_plans/hcc-sbrt-5fx", "--protocol", str(protocol), root=project_root)
    assert process.returncode == 3
    assert "p.yaml:3:1: " in process.stderr
    assert "p.yaml:5:1: " in process.stderr


def test_failed_run_leaves_an_older_report_alone(plan_folder, project_root, tmp_path) -> None:
    report = tmp_path / "report.json"
    report.write_text("older", encoding="utf-8")
    (plan_folder / "rd.dcm").unlink()
    one_line(run("check", str(plan_folder), "-o", str(report), root=project_root))
    assert report.read_text(encoding="utf-8") == "older"


def test_other_patients_files_among_them_are_not_mixed_in(plan_folder, project_root, sample_plans) -> None:
    other = sample_plans / "hcc-sbrt-5fx"
    for path in other.rglob("*.dcm"):
        if pydicom.dcmread(path, specific_tags=["Modality"]).Modality != "CT":
            shutil.copy(path, plan_folder / f"other-{path.name}")
    line = one_line(run("check", str(plan_folder), root=project_root))
    assert "SYNTH-HCC-001" in line
    assert "--" in line
