"""The BED that targets really get: of dose quantiles, beside what is prescribed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.case import Case
from rtcheck.checks import achieved_bed
from rtcheck.checks.achieved import gtvs, target_of
from rtcheck.constraint import BedRule
from rtcheck.finding import Source, Verdict
from rtcheck.study import FractionGroup, PhaseDose, PlanDose
from rtcheck.units import Comparator
from tests import studies

RULE = BedRule(10.0, Comparator.GE, 60.0, Source("p", "p.bed10"))
BOX = ((-10, 10), (-10, 10), (-10, 10))
INSIDE = ((-4, 4), (-4, 4), (-4, 4))
OTHER = ((20, 40), (-10, 10), (-10, 10))
PTV = studies.box_roi(1, "PTV", BOX, "PTV")
GTV = studies.box_roi(3, "GTV", INSIDE, "GTV")


def ramp(x, y, z):
    """30 to 50 Gy along x over the PTV."""
    return 40.0 + x


def case_of(rois, gray=40.0, plan=None):
    return Case(
        studies.study(rois, studies.dose(gray), plan or studies.plan([studies.target_reference(1, 40.0, 1)], [5]))
    )


def found(case):
    return {(f.subject, f.metric): f for f in achieved_bed(case, RULE)}


def bed10(gray, fractions=5):
    return gray * (1 + gray / fractions / 10)


def test_achieved_bed_is_shown_and_never_judged() -> None:
    findings = found(case_of([PTV], 35.0))
    assert {finding.verdict for finding in findings.values()} == {Verdict.INFO}
    assert findings["PTV", "BED10 of D95%[Gy]"].observed == pytest.approx(59.5)


def test_bed_of_each_quantile_is_the_quantile_in_bed() -> None:
    findings = found(case_of([PTV, GTV], ramp))
    for name, gray in (("D98%", 30.4), ("D95%", 31.0), ("D50%", 40.0)):
        assert findings["PTV", f"BED10 of {name}[Gy]"].observed == pytest.approx(bed10(gray), rel=2e-3)
    assert findings["GTV", "BED10 of D98%[Gy]"].observed == pytest.approx(bed10(36.16), rel=2e-3)


def test_the_share_of_the_target_that_reaches_the_rule_is_told() -> None:
    reach = (-50 + np.sqrt(50**2 + 4 * 50 * 60)) / 2  # D (1 + D / 50) = 60
    finding = found(case_of([PTV], ramp))["PTV", "V60Gy[%]"]
    assert finding.observed == pytest.approx(100 * (50 - reach) / 20, abs=0.3)
    assert finding.basis == "BED(alpha/beta=10 Gy)"


def test_a_prescription_that_d95_falls_short_of_is_a_warning_with_the_number() -> None:
    finding = found(case_of([PTV], ramp))["PTV", "BED10 of D95%[Gy]"]
    assert finding.reason == "achieved-below-rule"
    assert "warning" in finding.message
    assert "50.2" in finding.message


def test_a_failing_prescription_isnt_warned_of_twice() -> None:
    plan = studies.plan([studies.target_reference(1, 35.0, 1)], [5])
    assert found(case_of([PTV], 35.0, plan))["PTV", "BED10 of D95%[Gy]"].reason == ""


def test_a_gtv_belongs_to_the_target_of_its_name_or_the_one_around_it() -> None:
    rois = [studies.box_roi(1, "PTV_1", BOX, "PTV"), studies.box_roi(2, "PTV_2", OTHER, "PTV")]
    named = studies.box_roi(3, "GTV_2", INSIDE, "GTV")
    around, nowhere = (
        studies.box_roi(4, "Tumour", INSIDE, "GTV"),
        studies.box_roi(5, "GTV_9", ((0, 30), (0, 4), (0, 4)), "GTV"),
    )
    case = case_of([*rois, named, around, nowhere])
    assert [getattr(target_of(case, gtv), "name", None) for gtv in (named, around, nowhere)] == ["PTV_2", "PTV_1", None]
    assert found(case)["GTV_9", "BED10 of D98%[Gy]"].reason == "gtv-unlinked"


def test_phases_with_one_dose_take_every_phase_for_its_share_and_say_so() -> None:
    phases = (
        FractionGroup(1, 25, (), (PhaseDose(1, 50.0),)),
        FractionGroup(2, 2, (), (PhaseDose(1, 10.0),)),
    )
    plan = replace(studies.plan([studies.target_reference(1, 60.0, 1)]), fraction_groups=phases)
    finding = found(case_of([PTV], 60.0, plan))["PTV", "BED10 of D50%[Gy]"]
    assert finding.observed == pytest.approx(60.0 + 15.0)
    assert "share" in finding.message


def test_phases_with_a_dose_each_are_summed_in_bed() -> None:
    groups = (FractionGroup(1, 25, (), (PhaseDose(1, 50.0),)), FractionGroup(2, 2, (), (PhaseDose(1, 10.0),)))
    plan = replace(studies.plan([studies.target_reference(1, 60.0, 1)]), fraction_groups=groups)
    study = studies.study([PTV], studies.dose(50.0), plan)
    parts = (PlanDose(plan, studies.dose(50.0), (1,)), PlanDose(plan, studies.dose(10.0), (2,)))
    findings = found(Case(replace(study, plan_doses=parts)))
    assert findings["PTV", "BED10 of D50%[Gy]"].observed == pytest.approx(75.0, rel=1e-6)
    assert findings["PTV", "V60Gy[%]"].observed == pytest.approx(100.0)


def test_a_lesion_of_one_plan_gets_the_bed_of_that_plan_alone() -> None:
    rois = [studies.box_roi(1, "PTV_1", BOX, "PTV"), studies.box_roi(2, "PTV_2", OTHER, "PTV")]
    liver = studies.plan([studies.target_reference(1, 40.0, 1)], [5])
    spine = replace(studies.plan([studies.target_reference(1, 27.0, 2)], [3]), sop_instance_uid="1.2.3.77")
    study = studies.study(rois, studies.dose(40.0), liver)
    parts = (PlanDose(liver, studies.dose(40.0)), PlanDose(spine, studies.dose(27.0)))
    findings = found(Case(replace(study, plan_doses=parts)))
    assert findings["PTV_1", "BED10 of D95%[Gy]"].observed == pytest.approx(72.0)
    assert findings["PTV_2", "BED10 of D95%[Gy]"].observed == pytest.approx(51.3)


def test_a_gtv_that_no_target_encloses_is_a_lesion_that_nothing_is_prescribed_to() -> None:
    far = studies.box_roi(4, "GTV_2", ((30, 40), (-4, 4), (-4, 4)), "GTV")
    finding = found(case_of([PTV, GTV, far]))["GTV_2", "BED10 of D98%[Gy]"]
    assert (finding.verdict, finding.reason, finding.robust) == (Verdict.NOT_EVALUATED, "gtv-unlinked", False)


def test_a_gtv_that_two_targets_hold_together_is_only_unlinked() -> None:
    rois = [studies.box_roi(1, "PTV_1", BOX, "PTV"), studies.box_roi(2, "PTV_2", BOX, "PTV")]
    references = [studies.target_reference(1, 40.0, 1), studies.target_reference(2, 40.0, 2)]
    finding = found(case_of([*rois, GTV], plan=studies.plan(references, [5])))["GTV", "BED10 of D98%[Gy]"]
    assert (finding.verdict, finding.reason) == (Verdict.INFO, "gtv-unlinked")


def test_a_cold_gtv_is_a_warning_too() -> None:
    finding = found(case_of([PTV, GTV], lambda x, y, z: np.where(np.abs(x) < 6, 20.0, 42.0)))
    assert finding["GTV", "BED10 of D98%[Gy]"].reason == "achieved-below-rule"


def test_bed_of_a_weighted_dose_isnt_told() -> None:
    weighted = replace(studies.dose(42.0), dose_type="EFFECTIVE")
    case = case_of([PTV])
    findings = found(Case(studies.with_dose(case.study, weighted)))
    assert all(finding.observed is None and "EFFECTIVE" in finding.message for finding in findings.values())


def test_bed_of_a_dose_of_other_fractions_than_prescribed_isnt_told() -> None:
    groups = (FractionGroup(1, 5, (), (PhaseDose(1, 40.0),)), FractionGroup(2, 25, ()))
    plan = replace(studies.plan([studies.target_reference(1, 40.0, 1)]), fraction_groups=groups)
    findings = found(case_of([PTV], 42.0, plan))
    assert all(f.observed is None and "30 fractions, and 5 are prescribed" in f.message for f in findings.values())


def test_a_normalised_dose_is_labelled_in_every_finding() -> None:
    case = case_of([PTV])
    said = replace(case.study.dose, normalisation="100 = 40 Gy")
    for finding in achieved_bed(Case(studies.with_dose(case.study, said)), RULE):
        assert any("100 = 40 Gy" in flag for flag in finding.flags)


def test_bed_isnt_told_of_the_dose_of_another_phase() -> None:
    rois = [studies.box_roi(1, "PTV_1", BOX, "PTV"), studies.box_roi(2, "PTV_2", OTHER, "PTV")]
    groups = (FractionGroup(1, 5, (), (PhaseDose(1, 40.0),)), FractionGroup(2, 5, (), (PhaseDose(2, 40.0),)))
    references = [studies.target_reference(1, 40.0, 1), studies.target_reference(2, 40.0, 2)]
    plan = replace(studies.plan(references), fraction_groups=groups)
    study = studies.study(rois, studies.dose(40.0), plan)
    study = replace(study, plan_doses=(PlanDose(plan, studies.dose(40.0), (1,)),))
    findings = found(Case(study))
    assert findings["PTV_1", "BED10 of D95%[Gy]"].observed == pytest.approx(72.0)
    assert findings["PTV_2", "BED10 of D95%[Gy]"].observed is None
    assert "fraction group 2 isn't there" in findings["PTV_2", "BED10 of D95%[Gy]"].message


@pytest.mark.parametrize(
    ("name", "kind", "is_gtv"),
    [("GTV2", "ORGAN", True), ("zGTV2", None, True), ("Liver-GTV", "ORGAN", False), ("CTV_GTV", "CTV", False)],
)
def test_an_roi_whose_name_says_gtv_is_one_whatever_its_type(name, kind, is_gtv) -> None:
    roi = studies.box_roi(5, name, OTHER, kind)
    assert (roi in gtvs(case_of([PTV, roi]))) is is_gtv
