"""Conventional limits asked in EQD2 on another schedule."""

from __future__ import annotations

import pytest

from rtcheck.case import Case
from rtcheck.checks import dose_constraint, in_eqd2
from rtcheck.finding import Verdict
from rtcheck.tissue import AlphaBeta, AlphaBetaTable
from tests import studies
from tests.checks.test_dose import BIG, CONVENTIONAL, FIVE, SMALL, liver_case, row

LIVER = AlphaBeta("l3", "liver", 3.0, "s", is_default=True, organs=("Liver",), other_values_gy=(2.0, 8.0))
TABLE = AlphaBetaTable((LIVER, AlphaBeta("generic", "late tissue", 3.0, "s", is_generic=True)))
MEAN = row("Mean[Gy]", "<", 30, regimen=CONVENTIONAL)


def test_without_being_asked_nothing_is_converted() -> None:
    assert dose_constraint(liver_case(20.0), MEAN).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("gray", "verdict", "robust"),
    [
        (15.0, Verdict.PASS, True),  # 18 Gy
        (20.0, Verdict.PASS, False),  # 28 Gy with 3 Gy; 30 Gy with 2 Gy: not below 30
        (25.0, Verdict.FAIL, True),  # 40 Gy; with 8 Gy 32.5
        (22.0, Verdict.FAIL, False),  # 32.6 Gy; with 8 Gy 27.3
    ],
)
def test_five_fractions_against_a_conventional_limit(gray, verdict, robust) -> None:
    finding = dose_constraint(liver_case(gray), in_eqd2(liver_case(gray), MEAN, TABLE))
    assert (finding.verdict, finding.robust) == (verdict, robust)
    fraction = gray / 5
    assert finding.observed == pytest.approx(gray * (fraction + 3) / 5, rel=1e-6)
    assert finding.basis == "EQD2(alpha/beta=3 Gy)"
    assert "asked in EQD2 with alpha/beta 3 Gy (liver; published values 2 to 8)" in finding.message


def test_doubt_about_large_fractions_is_said() -> None:
    case = liver_case(5.0, schedule=(60.0, 3))
    assert "doubtful above 10 Gy per fraction" in dose_constraint(case, in_eqd2(case, MEAN, TABLE)).message
    smaller = liver_case(5.0)
    assert "doubtful" not in dose_constraint(smaller, in_eqd2(smaller, MEAN, TABLE)).message


def test_rows_for_this_schedule_and_rows_of_few_fractions_stay_as_they_are() -> None:
    conventional = liver_case(20.0, schedule=(50.0, 25))
    assert in_eqd2(conventional, MEAN, TABLE) is MEAN
    five = row("Mean[Gy]", "<", 13, regimen=FIVE)
    assert in_eqd2(conventional, five, TABLE) is five


def test_a_schedule_that_is_not_known_cannot_be_converted() -> None:
    case = liver_case(20.0, schedule=None)
    assert in_eqd2(case, MEAN, TABLE) is MEAN
    assert dose_constraint(case, in_eqd2(case, MEAN, TABLE)).verdict is Verdict.NOT_EVALUATED


def test_each_roi_of_a_row_has_its_own_alpha_beta() -> None:
    rois = [
        studies.box_roi(1, "Liver", ((-50, -10), (-20, 20), (-20, 20))),
        studies.box_roi(2, "GTV", SMALL, "GTV"),
        studies.box_roi(3, "SpinalCord", ((10, 50), (-20, 20), (-20, 20))),
    ]
    plan = studies.plan([studies.target_reference(1, 40.0, 2)], [5])
    case = Case(studies.study(rois, studies.dose(20.0), plan))
    cord = AlphaBeta("c2", "cord", 2.0, "s", is_default=True, organs=("SpinalCord",))
    table = AlphaBetaTable((*TABLE.rows, cord))
    finding = dose_constraint(
        case, row("Max[Gy]", "<", 29, roi="all(Liver, SpinalCord)", regimen=CONVENTIONAL), None, table
    )
    assert finding.verdict is Verdict.FAIL  # 28 Gy with 3, and 30 Gy with 2
    assert (finding.observed, finding.basis) == (pytest.approx(30.0), "EQD2(alpha/beta=2 Gy)")


def test_two_tissues_in_one_solid_are_not_converted() -> None:
    case = liver_case(20.0)
    both = row("Max[Gy]", "<", 29, roi="Liver + SpinalCord", regimen=CONVENTIONAL)
    cord = AlphaBeta("c2", "cord", 2.0, "s", is_default=True, organs=("SpinalCord",))
    assert in_eqd2(case, both, AlphaBetaTable((*TABLE.rows, cord))) is both


def test_hottest_volumes_are_asked_at_their_eqd2() -> None:
    rois = [studies.box_roi(1, "Liver", BIG), studies.box_roi(2, "GTV", SMALL, "GTV")]
    plan = studies.plan([studies.target_reference(1, 40.0, 2)], [5])
    case = Case(studies.study(rois, studies.dose(lambda x, y, z: 20.0 + 0.1 * x), plan))
    asked = in_eqd2(case, row("V28Gy[%]", "<=", 50, roi="Liver", regimen=CONVENTIONAL), TABLE)
    finding = dose_constraint(case, asked)
    assert finding.observed == pytest.approx(50.0, abs=1e-4)  # EQD2 28 Gy are 20 Gy in 5 fractions, the middle
