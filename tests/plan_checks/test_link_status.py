"""Section A, approval and order of the files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.case import Case
from rtcheck.checks import plan_status
from rtcheck.finding import Confidence, Verdict
from tests.plan_checks.mutants import dose_with, plan_with, structures_with
from tests.plan_checks.samples import asked, fires, only, unchecked

# A7


def test_rejected_structure_set_fails() -> None:
    finding = only(structures_with(approval_status="REJECTED"), "A7")
    assert finding.verdict is Verdict.FAIL


def test_unapproved_plan_and_structure_set_are_warned_of() -> None:
    study = plan_with(structures_with(approval_status="UNAPPROVED"), approval_status="UNAPPROVED")
    found = fires(study, "A7")
    assert [finding.verdict for finding in found] == [Verdict.ACCEPTABLE] * 2
    assert [finding.subject.split()[0] for finding in found] == ["structure", "plan"]


def test_rejected_plan_is_judged_once() -> None:
    study = plan_with(approval_status="REJECTED")
    assert not fires(study, "A7")
    assert [finding.verdict for finding in plan_status(Case(study))] == [Verdict.NOT_EVALUATED]
    assert asked(study, "A7")[-1].reason == "carried"


def test_status_that_is_not_stated_is_said_not_to_be_known() -> None:
    study = structures_with(plan_with(approval_status=None), approval_status="DRAFT")
    first, second = unchecked(study, "A7")
    assert "ApprovalStatus is DRAFT" in first.message
    assert "whether it is approved isn't stated" in second.message
    assert {first.verdict, second.verdict} == {Verdict.INFO}


def dated(images="20240115", structures="20240117", plan="20240119", dose="20240119"):
    study = dose_with(plan_with(structures_with(date=structures), date=plan), date=dose)
    return replace(study, images=(replace(study.images[0], dates=(images,) if images else ()),))


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ({"images": "20240118"}, "images of 2024-01-18, structure set of 2024-01-17"),
        ({"structures": "20240120"}, "structure set of 2024-01-20, plan of 2024-01-19"),
        ({"plan": "2024.01.20"}, "plan of 2024-01-20, dose of 2024-01-19"),
        ({"plan": None, "structures": "20240121"}, "structure set of 2024-01-21, dose of 2024-01-19"),
    ],
)
def test_what_was_made_before_what_it_is_made_of_is_told(dates, said) -> None:
    finding = only(dated(**dates), "A7")
    assert (finding.verdict, finding.confidence) == (Verdict.ACCEPTABLE, Confidence.HEURISTIC)
    assert said in finding.message


def test_files_of_one_day_are_in_order() -> None:
    assert not fires(dated("20240119", "20240119"), "A7")


def test_dates_that_are_missing_are_named() -> None:
    (finding,) = unchecked(dated(images="", plan="tomorrow"), "A7")
    assert "images, plan" in finding.message


# A8


@pytest.mark.parametrize("label", ["40Gy5F QA", "Verification_1", "Liver phantom", "DNT old"])
def test_plan_named_for_measurements_is_asked_about(label) -> None:
    finding = only(plan_with(label=label), "A8")
    assert (finding.verdict, finding.confidence) == (Verdict.ACCEPTABLE, Confidence.HEURISTIC)


@pytest.mark.parametrize("intent", ["VERIFICATION", "RESEARCH", "MACHINE_QA"])
def test_intent_that_treats_nobody_is_judged_once(intent) -> None:
    study = plan_with(plan_intent=intent, label="QA")
    assert not fires(study, "A8")
    assert asked(study, "A8")[0].reason == "carried"
    assert [finding.verdict for finding in plan_status(Case(study))] == [Verdict.NOT_EVALUATED]


def test_intent_that_is_not_stated_is_said_not_to_be_known() -> None:
    (finding,) = unchecked(plan_with(plan_intent=None), "A8")
    assert finding.verdict is Verdict.INFO
