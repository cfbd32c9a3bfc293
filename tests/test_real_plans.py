"""Real plans of two planning systems, and the analytic benchmark, read from files as a user would."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pydicom
import pytest

import rtcheck
from rtcheck.metrics import State

PROSTATE_ROIS = {
    "BODY": "BODY",
    "Bladder": "Bladder",
    "FemoralHeadLt": "Femoral Head Lt",
    "FemoralHeadRT": "Femoral Head RT",
    "PTV": "PTV",
    "Rectum": "Rectum",
}
#: One row of the export is corrupt: its dose stands 100,000 times too small.
CORRUPT_ROW = 774


@pytest.fixture(scope="module")
def prostate(shared_data: Path) -> rtcheck.Case:
    folder = shared_data / "eclipse-prostate"
    return rtcheck.Case(rtcheck.read_study([folder / f"{name}.dcm" for name in ("rtdose", "rtplan", "rtss")]))


@pytest.fixture(scope="module")
def eclipse_curves(shared_data: Path) -> dict[str, tuple[float, np.ndarray, np.ndarray]]:
    """ROI -> volume in cc, doses in Gy, volumes in percent, as the planning system exported them."""
    text = (shared_data / "eclipse-prostate/eclipse_dvh.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(text.splitlines()))
    header, body = rows[0], [row for index, row in enumerate(rows[1:]) if index != CORRUPT_ROW]
    curves = {}
    for column in range(0, 2 * len(PROSTATE_ROIS), 2):
        pairs = [(float(row[column]), float(row[column + 1])) for row in body if row[column].strip()]
        dose, volume = np.array(pairs).T
        total = float(header[column + 1].split("% of ")[1].split(" cc")[0])
        curves[PROSTATE_ROIS[header[column].split("_")[0]]] = (total, dose, volume)
    assert set(curves) == set(PROSTATE_ROIS.values())
    return curves


@pytest.mark.parametrize("roi", PROSTATE_ROIS.values())
def test_prostate_agrees_with_the_planning_system(prostate, eclipse_curves, roi) -> None:
    total, dose, volume = eclipse_curves[roi]
    dvh = prostate.dvh(roi)
    assert dvh["Volume[cc]"].value == pytest.approx(total, rel=0.02)
    assert dvh["Mean[Gy]"].value == pytest.approx(np.trapezoid(volume, dose) / 100, rel=0.005)
    ours = np.array([dvh[f"V{at}Gy[%]"].value for at in dose])
    assert np.abs(ours - volume).max() < 1.0  # asked: 1.5


def test_prostate_rois_without_contours_answer_nothing(prostate) -> None:
    empty = [roi.name for roi in prostate.study.structure_set.rois if not roi.contours]
    assert len(empty) == 10
    assert {prostate.dvh(name)["Mean[Gy]"].state for name in empty} == {State.NOT_EVALUABLE}


def test_prostate_name_that_looks_like_an_expression_wins(prostate) -> None:
    assert prostate.dvh("Vessels - left").rois == ("Vessels - left",)


def test_prostate_bed_fails_on_its_prescription(shared_data: Path) -> None:
    result = rtcheck.check(shared_data / "eclipse-prostate")
    beds = {finding.subject: finding for finding in result.findings if finding.check == "bed"}
    assert (beds["PTV"].observed, beds["PTV"].verdict) == (pytest.approx(55.2), rtcheck.Verdict.FAIL)
    assert beds["PROS"].verdict is rtcheck.Verdict.FAIL  # a PTV named and never drawn doesn't vanish


@pytest.mark.parametrize("roi", ["Heart", "Lt Lung"])
def test_breast_agrees_with_the_stored_dvh(shared_data: Path, roi: str) -> None:
    folder = shared_data / "eclipse-breast"
    case = rtcheck.Case(rtcheck.read_study(folder))
    number = next(found.number for found in case.study.structure_set.rois if found.name == roi)
    stored = next(
        item
        for item in pydicom.dcmread(folder / "rtdose.dcm").DVHSequence
        if item.DVHReferencedROISequence[0].ReferencedROINumber == number
    )
    volume_cc = float(stored.DVHData[1])
    mean_gy = float(stored.DVHMeanDose) * 14 / 100  # percent of 14 Gy, although DoseUnits says GY
    assert case.dvh(roi)["Volume[cc]"].value == pytest.approx(volume_cc, rel=0.01)
    assert case.dvh(roi)["Mean[Gy]"].value == pytest.approx(mean_gy, rel=0.02)


def test_raystation_gives_all_rois_and_five_targets(shared_data: Path) -> None:
    case = rtcheck.Case(rtcheck.read_study(shared_data / "raystation-brain-5mets"))
    states = {roi.name: case.dvh_of(roi)["Mean[Gy]"].state for roi in case.study.structure_set.rois}
    assert len(states) == 28
    points = {name for name, state in states.items() if state is State.NOT_EVALUABLE}
    assert points == {"ptv4", "ISOCENTER PTV 3", "isocecnter ptv 2", "isocenter all"}
    assert sum(states[f"PTV_{number}"] is State.VALUE for number in range(1, 6)) == 5


def test_raystation_without_a_prescription_is_not_evaluated(shared_data: Path) -> None:
    result = rtcheck.check(shared_data / "raystation-brain-5mets")
    beds = {finding.subject: finding.verdict for finding in result.findings if finding.check == "bed"}
    assert {f"PTV_{number}" for number in range(1, 6)} <= set(beds)
    assert set(beds.values()) == {rtcheck.Verdict.NOT_EVALUATED}
    assert result.verdict is rtcheck.Verdict.NOT_EVALUATED


def test_nelms_benchmark(shared_data: Path) -> None:
    """Nelms et al., Med Phys 2015;42:4435: every sphere and cylinder case in the folder."""
    text = (shared_data / "nelms/reference.csv").read_text(encoding="utf-8")
    cases = list(csv.DictReader(text.splitlines()))
    assert len(cases) == 16
    for case in cases:
        gradient = {"AP": "AntPost", "SI": "SupInf"}[case["gradient"]]
        files = [f"{case['structure']}.dcm", f"Linear_{gradient}_{case['dose_grid_mm']}mm.dcm"]
        study = rtcheck.read_study([shared_data / "nelms" / name for name in files])
        dvh = rtcheck.Case(study).dvh_of(next(roi for roi in study.structure_set.rois if roi.closed_contours))
        name = f"{case['structure']} {gradient} {case['dose_grid_mm']} mm"
        # Right prisms of 3 mm cut a sphere short; that is the convention's own error.
        volume_tolerance = 0.017 if case["structure"] == "Sphere_30_0" else 0.005
        assert dvh["Volume[cc]"].value == pytest.approx(float(case["volume_cc"]), rel=volume_tolerance), name
        for metric, column in (("D95%[Gy]", "d95_gy"), ("D5%[Gy]", "d5_gy"), ("Mean[Gy]", "dmean_gy")):
            assert dvh[metric].value == pytest.approx(float(case[column]), rel=0.03), f"{name} {metric}"
