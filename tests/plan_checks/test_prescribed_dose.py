"""Section D, plausibility of dose and number of fractions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.finding import Verdict
from tests.plan_checks.plans import in_two_phases, target_case
from tests.plan_checks.samples import asked, case_of, fires, only, reasons

# D5


@pytest.mark.parametrize(("total_gy", "fractions"), [(4.0, 5), (40.0, 1), (120.0, 40)])
def test_doses_that_nobody_gives_are_told(total_gy, fractions) -> None:
    assert only(target_case(total_gy, fractions), "D5").verdict is Verdict.ACCEPTABLE


@pytest.mark.parametrize(("total_gy", "fractions"), [(8.0, 1), (34.0, 1), (60.0, 3), (81.6, 68), (20.0, 5), (70.0, 35)])
def test_schedules_that_are_given_are_let_pass(total_gy, fractions) -> None:
    assert not fires(target_case(total_gy, fractions), "D5")


@pytest.mark.parametrize(
    ("label", "said"), [("Liver 50Gy", "'50Gy'"), ("SBRT_3fx", "'3fx'"), ("5000 cGy", "'5000 cGy'")]
)
def test_label_with_another_dose_or_count_is_told(label, said) -> None:
    finding = only(target_case(label=label), "D5")
    assert finding.message.startswith(said)


@pytest.mark.parametrize("label", ["Liver 40Gy", "SBRT 5fx", "8Gy per day", "4000cGy", "Liver 1", "", "PTV40"])
def test_label_with_the_prescribed_dose_is_let_pass(label) -> None:
    assert not fires(target_case(label=label), "D5")


@settings(max_examples=50)
@given(st.text(max_size=20))
def test_any_label_is_read_without_an_error(label) -> None:
    assert asked(target_case(label=label), "D5")


# D7


def test_fractions_of_different_size_are_not_summed_in_silence() -> None:
    finding = only(case_of("two-lesions-two-plans"), "D7")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "Liver 40Gy5F 8 Gy, T12 27Gy3F 9 Gy" in finding.message


def test_plans_of_like_fractions_are_summed() -> None:
    assert not fires(in_two_phases(50.0, 10.0, 5), "D7")
    first, second = case_of("two-lesions-two-plans").study.plan_doses
    same = replace(second.plan.dose_references[0], target_prescription_dose_gy=24.0)
    plan = replace(second.plan, dose_references=(same,), label="T12", name=None)
    study = replace(case_of("two-lesions-two-plans").study, plan_doses=(first, replace(second, plan=plan)))
    assert not fires(Case(study, intervals=False), "D7")


def test_a_boost_of_larger_fractions_is_unlike_what_it_follows() -> None:
    assert "Plan 2 Gy, Boost 10 Gy" in only(in_two_phases(50.0, 30.0, 3), "D7").message


def test_number_of_fractions_that_nobody_gives_is_told() -> None:
    finding = only(target_case(60.0, 60), "D7")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "60 fractions" in finding.message


def test_number_of_fractions_that_is_not_stated_leaves_tables_open() -> None:
    assert reasons(target_case(fractions=None, level_gy=40.0), "D7") == ["not-checked"]


def test_sum_of_plans_that_do_not_tell_their_doses_is_not_judged() -> None:
    unstated = in_two_phases(50.0, None)
    assert "sum of plans" in [one.subject for one in asked(unstated, "D7") if one.reason == "not-checked"]
