"""The liver rule on synthetic livers: at least 700 cc get less than 15 Gy, in both spellings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from rtcheck.case import Case
from rtcheck.checks import dose_constraint
from rtcheck.finding import Verdict
from tests import studies
from tests.checks.test_dose import row

VECTORS = yaml.safe_load((Path(__file__).parents[1] / "data" / "lq_and_liver_vectors.yaml").read_text(encoding="utf-8"))
LIVERS = VECTORS["liver_cv15"]
#: The cross-section of the livers: 100 mm by 100 mm, so that 1 mm of length is 10 cc.
SIDE_MM = 50.0
CC_PER_MM = 10.0
GTV_MM = 4.0
#: As behind a target; doses are stored in single precision, which a flat dose turns into a visible volume.
FALL_GY_PER_MM = 2.0

SPARED = row("CV15Gy[cc]", ">=", 700)
COLD_DOSE = row("DC700cc[Gy]", "<=", 15)
HOT_DOSE = row("D700cc[Gy]", "<=", 15)


def liver(normal_cc: float, v15_cc: float, grid_from_mm: float | None = None) -> Case:
    """A liver whose normal part has these volumes exactly: the dose falls along x, and is 15 Gy where it must be.

    The GTV is a slab at the hot end; it touches the normal liver, and nothing of that is lost.
    """
    length_mm = normal_cc / CC_PER_MM
    whole = ((-GTV_MM, length_mm), (-SIDE_MM, SIDE_MM), (-SIDE_MM, SIDE_MM))
    gtv = ((-GTV_MM, 0.0), (-SIDE_MM, SIDE_MM), (-SIDE_MM, SIDE_MM))
    at_15_mm = v15_cc / CC_PER_MM
    low_mm = (-60.0 if grid_from_mm is None else grid_from_mm, -60.0, -60.0)
    dose = studies.dose(
        lambda x, y, z: np.clip(15.0 + FALL_GY_PER_MM * (at_15_mm - x), 2.0, 40.0), low_mm, (200.0, 60.0, 60.0)
    )
    rois = [studies.box_roi(1, "Liver", whole), studies.box_roi(2, "GTV", gtv, "GTV")]
    plan = studies.plan([studies.target_reference(1, 40.0, 2)], [5])
    return Case(studies.study(rois, dose, plan))


@pytest.mark.parametrize("vector", LIVERS, ids=lambda vector: vector["id"])
def test_spared_volume_of_the_published_cases(vector: dict[str, object]) -> None:
    finding = dose_constraint(liver(vector["normal_liver_cc"], vector["v15_cc"]), SPARED)
    expected = Verdict.PASS if str(vector["expect"]).startswith("pass") else Verdict.FAIL
    assert finding.verdict is expected
    assert finding.observed == pytest.approx(vector["cv15_cc"], abs=1e-3)


@pytest.mark.parametrize("vector", LIVERS, ids=lambda vector: vector["id"])
def test_cold_dose_says_the_same_where_there_is_enough_liver(vector: dict[str, object]) -> None:
    finding = dose_constraint(liver(vector["normal_liver_cc"], vector["v15_cc"]), COLD_DOSE)
    expected = Verdict.PASS if str(vector["expect"]).startswith("pass") else Verdict.FAIL
    if vector["normal_liver_cc"] < 700:
        expected = Verdict.NOT_EVALUATED  # no coldest 700 cc exist; the other spelling fails
    assert finding.verdict is expected


@pytest.mark.parametrize("vector", LIVERS, ids=lambda vector: vector["id"])
def test_dose_of_the_hottest_700_cc_is_another_rule(vector: dict[str, object]) -> None:
    finding = dose_constraint(liver(vector["normal_liver_cc"], vector["v15_cc"]), HOT_DOSE)
    would = str(vector["d700cc_would"]).lower()
    expected = {"f": Verdict.FAIL, "p": Verdict.PASS, "u": Verdict.NOT_EVALUATED}[would[0]]
    assert finding.verdict is expected


def test_liver_of_612_cc_fails_with_its_reason() -> None:
    finding = dose_constraint(liver(612.0, 0.0), SPARED)
    assert (finding.verdict, finding.reason) == (Verdict.FAIL, "volume below the required 700 cc")
    assert "612 cc" in finding.message
    assert "truncated contour or scan" in finding.message
    assert finding.margin == pytest.approx(-88.0, abs=1e-3)


@pytest.mark.parametrize("metric", [SPARED, COLD_DOSE])
def test_partly_covered_liver_has_an_interval_and_never_passes_on_assumed_zeros(metric) -> None:
    # Of 1500 cc the 900 cc far from the tumour are known: 100 cc of them get 15 Gy or more, and 800 cc less.
    known = dose_constraint(liver(1500.0, 700.0, grid_from_mm=60.0), metric)
    assert known.verdict is Verdict.PASS  # enough is spared inside the grid, whatever lies outside
    # Now 600 cc are known to be spared, and 300 cc of unknown dose may be or not.
    open_case = dose_constraint(liver(900.0, 0.0, grid_from_mm=30.0), metric)
    assert open_case.verdict is Verdict.NOT_EVALUATED
    assert not open_case.robust
    assert open_case.observed is None
    assert open_case.low is not None and open_case.high is not None and open_case.low < open_case.high


def test_margins_of_the_rule_in_volume_and_in_dose() -> None:
    finding = dose_constraint(liver(1500.0, 790.0), SPARED)
    assert finding.margin == pytest.approx(10.0, abs=1e-3)
    assert finding.margin_percent == pytest.approx(10.0 / 7.0, abs=1e-3)
    # 700 cc are the coldest 70 mm: they begin 1 mm behind the place where the dose is 15 Gy.
    assert finding.curve_margin == pytest.approx(2.0, abs=1e-4)
    assert finding.curve_margin_unit == "Gy"
    other = dose_constraint(liver(1500.0, 790.0), COLD_DOSE)
    assert other.margin == pytest.approx(2.0, abs=1e-4)
    assert (other.curve_margin, other.curve_margin_unit) == (pytest.approx(10.0, abs=1e-3), "cc")
