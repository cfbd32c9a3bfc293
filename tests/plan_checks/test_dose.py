"""Section B, kind of dose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.finding import Verdict
from rtcheck.study import Beam
from tests import studies
from tests.plan_checks.plans import TOTAL_GY, organ_case
from tests.plan_checks.samples import messages, only, reasons

# B1


def with_beams(*kinds):
    return tuple(Beam(number, None, kind, "TREATMENT") for number, kind in enumerate(kinds, start=1))


def test_weighted_dose_of_photons_was_converted_by_somebody() -> None:
    weighted = replace(studies.dose(TOTAL_GY), dose_type="EFFECTIVE")
    finding = only(organ_case(weighted, beams=with_beams("PHOTON")), "B1")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "EQD2" in finding.message


def test_weighted_dose_of_particles_is_shown() -> None:
    weighted = replace(studies.dose(TOTAL_GY), dose_type="EFFECTIVE")
    assert reasons(organ_case(weighted, beams=with_beams("PROTON")), "B1") == ["shown", ""]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dose_type": None}, "isn't stated"),
        ({"normalisation": "100 = 50 Gy"}, "100 = 50 Gy"),
        ({"comment": "Sum as EQD2 (a/b 3)"}, "EQD2"),
    ],
)
def test_dose_that_may_not_be_physical_gray_is_warned_of(changes, said) -> None:
    finding = only(organ_case(replace(studies.dose(TOTAL_GY), **changes)), "B1")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert said in finding.message


# B2


def summed(kind, *plans):
    return organ_case(replace(studies.dose(TOTAL_GY), summation_type=kind, referenced_plan_uids=plans))


def test_sum_of_plans_is_warned_of_with_their_uids() -> None:
    finding = only(summed("MULTI_PLAN", "1.2.3.7", "1.2.3.8"), "B2")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "1.2.3.7, 1.2.3.8" in finding.message


@pytest.mark.parametrize(
    ("kind", "plans"), [("MULTI_PLAN", ("1.2.3.7",)), ("MULTI_PLAN", ()), ("PLAN", ("1.2.3.7", "1.2.3.8"))]
)
def test_sum_that_does_not_tell_what_it_sums_is_not_evaluated(kind, plans) -> None:
    assert only(summed(kind, *plans), "B2").verdict is Verdict.NOT_EVALUATED


def test_dose_of_a_fraction_group_is_shown_and_never_multiplied() -> None:
    (message,) = messages(summed("FRACTION", "1.2.3.7"), "B2", "shown")
    assert "fraction group 1" in message
    assert "isn't multiplied" in message


def test_summation_that_is_not_stated_is_warned_of() -> None:
    assert only(summed(None, "1.2.3.7"), "B2").verdict is Verdict.ACCEPTABLE


# B8


@pytest.mark.parametrize("stated", ["WATER", "NONE", "ROI_OVERRIDE/WATER"])
def test_dose_calculated_in_water_is_warned_of(stated) -> None:
    finding = only(organ_case(replace(studies.dose(TOTAL_GY), tissue_heterogeneity=stated)), "B8")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert stated in finding.message


@pytest.mark.parametrize(
    ("stated", "found"),
    [("IMAGE", [""]), ("IMAGE/ROI_OVERRIDE", [""]), ("ROI_OVERRIDE", ["not-checked"]), (None, ["not-checked"])],
)
def test_dose_calculated_in_the_patient_is_let_pass_and_an_unstated_one_is_not(stated, found) -> None:
    assert reasons(organ_case(replace(studies.dose(TOTAL_GY), tissue_heterogeneity=stated)), "B8") == found
