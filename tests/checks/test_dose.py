"""One finding per constraint, for the right reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.checks import dose_constraint
from rtcheck.constraint import Constraint, Limit, Patients, Regimen, Requirement, Role
from rtcheck.finding import Source, Verdict
from rtcheck.metrics import parse_metric
from rtcheck.units import Comparator
from tests import studies

BIG = ((-50, 50), (-50, 50), (-50, 50))  # 1000 cc
SMALL = ((-10, 10), (-10, 10), (-10, 10))  # 8 cc
ANY = Regimen("any")
FIVE = Regimen("3-5 fractions", fractions=(3, 5))
CONVENTIONAL = Regimen("conventional 1.8-2.0 Gy/fraction", dose_per_fraction_gy=(1.8, 2.0))


def row(metric: str, comparator: str, limit: float, **changes) -> Constraint:
    parsed = parse_metric(metric)
    parts = {"roi": "Liver - GTV*", "regimen": ANY, "organ": "Liver"} | changes
    acceptable = parts.pop("acceptable", None)
    return Constraint(
        id="t.row",
        metric=parsed,
        goal=Limit(Comparator(comparator), limit, parsed.unit),
        acceptable=None if acceptable is None else Limit(Comparator(comparator), acceptable, parsed.unit),
        source=Source("t", "t.row"),
        **parts,
    )


def liver_case(gray=10.0, schedule=(40.0, 5), child_pugh=None, rois=None, **dose_parts) -> Case:
    drawn = [studies.box_roi(1, "Liver", BIG), studies.box_roi(2, "GTV", SMALL, "GTV")] if rois is None else rois
    plan = studies.plan([studies.target_reference(1, schedule[0], 2)], [schedule[1]]) if schedule else None
    return Case(studies.study(drawn, studies.dose(gray, **dose_parts), plan), child_pugh=child_pugh)


def half_hot(x, y, z):
    return np.where(x < 0, 40.0, 5.0)


SPARED = row("CV15Gy[cc]", ">=", 700)


def test_spared_volume_passes_and_fails() -> None:
    assert dose_constraint(liver_case(10.0), SPARED).verdict is Verdict.PASS
    finding = dose_constraint(liver_case(half_hot), SPARED)
    assert finding.verdict is Verdict.FAIL
    assert finding.observed == pytest.approx(496, rel=0.05)  # half of 992 cc, less the edge of the hot half
    assert finding.rois == ("Liver", "GTV")


def test_organ_smaller_than_the_spared_volume_fails_with_its_reason() -> None:
    rois = [studies.box_roi(1, "Liver", ((-40, 40), (-40, 40), (-40, 40))), studies.box_roi(2, "GTV", SMALL, "GTV")]
    finding = dose_constraint(liver_case(1.0, rois=rois), SPARED)
    assert finding.verdict is Verdict.FAIL
    assert finding.reason == "volume below the required 700 cc"
    assert "504 cc" in finding.message
    assert "truncated" in finding.message


def test_cold_dose_of_a_volume_that_the_organ_has_not_is_not_evaluated() -> None:
    rois = [studies.box_roi(1, "Liver", ((-40, 40), (-40, 40), (-40, 40))), studies.box_roi(2, "GTV", SMALL, "GTV")]
    finding = dose_constraint(liver_case(1.0, rois=rois), row("DC700cc[Gy]", "<=", 15))
    assert (finding.verdict, finding.observed) == (Verdict.NOT_EVALUATED, None)


# Where the dose grid ends.


def test_spared_volume_outside_the_grid_is_not_counted_as_spared() -> None:
    finding = dose_constraint(liver_case(1.0, low_mm=(0, -60, -60)), SPARED)
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert not finding.robust
    assert finding.observed is None
    assert finding.low == pytest.approx(496, abs=15)
    assert finding.high == pytest.approx(992, abs=2)  # with a smaller GTV under other conventions


def test_enough_spared_inside_the_grid_passes_whatever_is_outside() -> None:
    finding = dose_constraint(liver_case(1.0, low_mm=(-30, -60, -60)), SPARED)
    assert finding.verdict is Verdict.PASS
    assert finding.robust


def test_maximum_outside_the_grid_is_not_ruled_out() -> None:
    finding = dose_constraint(liver_case(1.0, low_mm=(-48, -60, -60)), row("Max[Gy]", "<", 30))
    assert finding.verdict is Verdict.NOT_EVALUATED


def test_limit_broken_inside_the_grid_fails_whatever_is_outside() -> None:
    finding = dose_constraint(liver_case(50.0, low_mm=(0, -60, -60)), row("V15Gy[cc]", "<", 100))
    assert (finding.verdict, finding.robust) == (Verdict.FAIL, True)


def test_organ_wholly_outside_the_grid_is_not_evaluated() -> None:
    finding = dose_constraint(liver_case(1.0, low_mm=(80, -60, -60), high_mm=(120, 60, 60)), row("Mean[Gy]", "<", 30))
    assert finding.verdict is Verdict.NOT_EVALUATED


# Ranges and risk points.


@pytest.mark.parametrize(("gray", "verdict"), [(29.0, "PASS"), (31.0, "ACCEPTABLE"), (32.0, "FAIL")])
def test_published_range_gives_goal_and_acceptable(gray: float, verdict: str) -> None:
    constraint = row("Mean[Gy]", "<", 30, acceptable=32)
    assert dose_constraint(liver_case(gray), constraint).verdict is Verdict(verdict)


def test_risk_point_is_shown_and_never_judged() -> None:
    finding = dose_constraint(liver_case(100.0), row("Mean[Gy]", "<", 42, role=Role.RISK_POINT))
    assert finding.verdict is Verdict.INFO
    assert finding.observed == pytest.approx(100)


# Schedules.


@pytest.mark.parametrize(
    ("regimen", "schedule", "verdict"),
    [
        (FIVE, (40.0, 5), Verdict.PASS),
        (FIVE, (50.0, 25), Verdict.NOT_APPLICABLE),
        (FIVE, None, Verdict.NOT_EVALUATED),
        (CONVENTIONAL, (50.0, 25), Verdict.PASS),
        (CONVENTIONAL, (45.0, 25), Verdict.PASS),
        (CONVENTIONAL, (40.0, 5), Verdict.NOT_APPLICABLE),
        (CONVENTIONAL, None, Verdict.NOT_EVALUATED),
        (ANY, None, Verdict.PASS),
    ],
)
def test_row_is_asked_only_of_its_own_schedule(regimen, schedule, verdict) -> None:
    finding = dose_constraint(liver_case(1.0, schedule=schedule), row("Mean[Gy]", "<", 30, regimen=regimen))
    assert finding.verdict is verdict


def test_fraction_number_decides_where_the_dose_is_unknown() -> None:
    plan = studies.plan([], [5])
    rois = [studies.box_roi(1, "Liver", BIG), studies.box_roi(2, "GTV", SMALL, "GTV")]
    case = Case(studies.study(rois, studies.dose(1.0), plan))
    assert dose_constraint(case, row("Mean[Gy]", "<", 30, regimen=FIVE)).verdict is Verdict.PASS
    seven = Regimen("7 fractions", fractions=(7, 7))
    assert dose_constraint(case, row("Mean[Gy]", "<", 30, regimen=seven)).verdict is Verdict.NOT_APPLICABLE
    assert dose_constraint(case, row("Mean[Gy]", "<", 30, regimen=CONVENTIONAL)).verdict is Verdict.NOT_EVALUATED


def test_targets_with_different_doses_per_fraction_settle_nothing() -> None:
    references = [studies.target_reference(1, 50.0, 2), studies.target_reference(2, 60.0, 1)]
    rois = [studies.box_roi(1, "Liver", BIG), studies.box_roi(2, "GTV", SMALL, "GTV")]
    case = Case(studies.study(rois, studies.dose(1.0), studies.plan(references, [25])))
    finding = dose_constraint(case, row("Mean[Gy]", "<", 30, regimen=CONVENTIONAL))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "schedule-mixed")


def test_limit_from_other_fraction_numbers_shows_its_eqd2() -> None:
    constraint = row("CV15Gy[cc]", ">=", 700, native_fractions=(3, 5), alpha_beta_gy=3.0)
    remark = dose_constraint(liver_case(1.0, schedule=(50.0, 25)), constraint).message
    assert "asked here in 25" in remark
    assert "EQD2 10.8 Gy" in remark
    assert "18.0 to 24.0 Gy" in remark
    assert "EQD2" not in dose_constraint(liver_case(1.0), constraint).message


# Patients.


@pytest.mark.parametrize(
    ("child_pugh", "gray", "verdict"),
    [
        ("B7", 1.0, Verdict.PASS),
        ("B7", 40.0, Verdict.FAIL),
        ("A5", 40.0, Verdict.NOT_APPLICABLE),
        (None, 1.0, Verdict.PASS),  # met, so it doesn't matter
        (None, 40.0, Verdict.NOT_EVALUATED),  # broken, so it does
    ],
)
def test_row_for_some_patients(child_pugh, gray, verdict) -> None:
    constraint = row("CV15Gy[cc]", ">=", 700, patients=Patients(child_pugh=frozenset({"B7"}), text="Child-Pugh B7"))
    assert dose_constraint(liver_case(gray, child_pugh=child_pugh), constraint).verdict is verdict


def test_class_stands_for_its_scores() -> None:
    patients = Patients(diagnosis=frozenset({"hcc"}), child_pugh=frozenset({"A"}))
    assert patients.admits("hcc", "A6") is True
    assert patients.admits("hcc", "B7") is False
    assert patients.admits("liver-metastases", None) is False
    assert patients.admits("hcc", None) is None
    assert patients.admits(None, "A5") is None


# ROIs.


def test_organ_that_is_not_contoured_is_not_applicable_unless_required() -> None:
    case = liver_case(1.0, rois=[studies.box_roi(2, "GTV", SMALL, "GTV")])
    optional = dose_constraint(case, row("Mean[Gy]", "<", 30))
    assert (optional.verdict, optional.message) == (Verdict.NOT_APPLICABLE, "not contoured")
    required = dose_constraint(case, row("Mean[Gy]", "<", 30, requirement=Requirement.REQUIRED))
    assert (required.verdict, required.reason) == (Verdict.NOT_EVALUATED, "roi-missing")


def test_organ_that_is_empty_is_not_evaluated_where_required() -> None:
    case = liver_case(1.0, rois=[studies.empty_roi(1, "Liver"), studies.box_roi(2, "GTV", SMALL, "GTV")])
    required = dose_constraint(case, row("Mean[Gy]", "<", 30, requirement=Requirement.REQUIRED))
    assert (required.verdict, required.reason) == (Verdict.NOT_EVALUATED, "roi-empty")
    assert dose_constraint(case, row("Mean[Gy]", "<", 30)).verdict is Verdict.NOT_APPLICABLE


def test_organ_without_the_part_to_subtract_is_not_evaluated() -> None:
    case = liver_case(1.0, rois=[studies.box_roi(1, "Liver", BIG)])
    finding = dose_constraint(case, row("Mean[Gy]", "<", 30))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "roi-missing")
    assert "GTV*" in finding.message


def test_two_rois_for_one_name_are_not_evaluated() -> None:
    rois = [studies.box_roi(1, "Liver_", BIG), studies.box_roi(2, "LIVER", BIG), studies.box_roi(3, "GTV", SMALL)]
    finding = dose_constraint(liver_case(1.0, rois=rois), row("Mean[Gy]", "<", 30))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "roi-ambiguous")


@given(
    metric=st.sampled_from(["Mean[Gy]", "Max[Gy]", "V15Gy[%]", "CV15Gy[cc]", "D2000cc[Gy]", "DC700cc[Gy]", "D95%[%]"]),
    comparator=st.sampled_from(["<", "<=", ">", ">="]),
    limit=st.floats(0, 1000),
    roi=st.sampled_from(["Liver - GTV*", "Liver", "Kidneys", "Nothing*", "GTV", "Empty", "(Liver"]),
    regimen=st.sampled_from([ANY, FIVE, CONVENTIONAL]),
    requirement=st.sampled_from(list(Requirement)),
    child_pugh=st.sampled_from([frozenset(), frozenset({"A"}), frozenset({"B7"})]),
)
def test_every_row_gives_exactly_one_finding_and_unknown_is_never_a_pass(
    metric, comparator, limit, roi, regimen, requirement, child_pugh
) -> None:
    constraint = row(
        metric,
        comparator,
        limit,
        roi=roi,
        regimen=regimen,
        requirement=requirement,
        patients=Patients(child_pugh=child_pugh, text="some"),
    )
    finding = dose_constraint(_SHARED, constraint)
    if finding.verdict in (Verdict.PASS, Verdict.ACCEPTABLE):
        own = _SHARED.dvh(roi)[metric]
        assert len(own.own_ends) == 2
        assert Verdict.FAIL not in {constraint.verdict_of(end) for end in own.own_ends}
        if finding.robust:
            assert {constraint.verdict_of(end) for end in (finding.low, finding.high)} == {finding.verdict}


_SHARED = liver_case(
    half_hot,
    rois=[studies.box_roi(1, "Liver", BIG), studies.box_roi(2, "GTV", SMALL, "GTV"), studies.empty_roi(3, "Empty")],
    low_mm=(-30, -60, -60),
)
