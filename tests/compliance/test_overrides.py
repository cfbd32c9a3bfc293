"""Alerts of plan checks that a person lets stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from rtcheck.compliance import overridden
from rtcheck.finding import Confidence, Finding, Severity, Source, Verdict
from rtcheck.sheet import Override, Role
from tests.compliance.cases import DAY

LARGE = Override("E2", "the isocentre is in the arm on purpose", "A.B.", Role.PHYSICIST, DAY)


def alert(verdict: Verdict = Verdict.FAIL, check: str = "E2", subject: str = "Beam 1", **parts: object) -> Finding:
    return replace(
        Finding(
            check="plan-check",
            subject=subject,
            verdict=verdict,
            message="the isocentre lies outside the body",
            source=Source("plan-checks", check),
            reason="isocentre-in-body",
            severity=Severity.ERROR,
            confidence=Confidence.CERTAIN,
        ),
        **parts,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.NOT_EVALUATED, Verdict.ACCEPTABLE])
def test_an_alert_that_is_overridden_is_acceptable_and_keeps_what_it_was(verdict) -> None:
    (finding,) = overridden([alert(verdict)], [LARGE])
    assert (finding.verdict, finding.overridden_verdict) == (Verdict.ACCEPTABLE, verdict)
    assert finding.overridden == "A.B. (physicist, 2025-03-20): the isocentre is in the arm on purpose"
    assert (finding.message, finding.reason) == ("the isocentre lies outside the body", "isocentre-in-body")


def test_what_couldnt_be_checked_can_be_overridden_by_somebody_who_looked() -> None:
    (finding,) = overridden([alert(Verdict.NOT_EVALUATED, reason="not-checked")], [LARGE])
    assert (finding.verdict, finding.reason) == (Verdict.ACCEPTABLE, "not-checked")
    assert finding.overridden_verdict is Verdict.NOT_EVALUATED


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.INFO, Verdict.NOT_APPLICABLE])
def test_what_is_no_alert_isnt_overridden_and_the_override_is_told(verdict) -> None:
    finding, told = overridden([alert(verdict)], [LARGE])
    assert (finding.verdict, finding.overridden) == (verdict, "")
    assert (told.verdict, told.reason) == (Verdict.INFO, "override-without-effect")
    assert told.message == "override of E2 (A.B., 2025-03-20) fits no alert"


@pytest.mark.parametrize("check", ["dose-constraint", "bed", "protocol-rule", "required-roi"])
def test_nothing_but_plan_checks_can_be_overridden(check) -> None:
    finding = alert(check="E2")
    found = overridden([replace(finding, check=check)], [LARGE])
    assert found[0].verdict is Verdict.FAIL
    assert len(found) == 2


def test_a_finding_without_severity_isnt_a_plan_checks() -> None:
    assert overridden([alert(severity=None)], [LARGE])[0].verdict is Verdict.FAIL


def test_an_override_fits_its_check_alone() -> None:
    found = overridden([alert(check="E1"), alert(), alert(subject="Beam 2")], [replace(LARGE, check=" e2 ")])
    assert [one.verdict for one in found] == [Verdict.FAIL, Verdict.ACCEPTABLE, Verdict.ACCEPTABLE]


def test_an_override_of_one_subject_leaves_the_others() -> None:
    found = overridden([alert(), alert(subject="Beam 2")], [replace(LARGE, subject="Beam 2")])
    assert [one.verdict for one in found] == [Verdict.FAIL, Verdict.ACCEPTABLE]
    found = overridden([alert()], [replace(LARGE, subject="Beam 3")])
    assert found[0].verdict is Verdict.FAIL
    assert "override of E2 about Beam 3" in found[1].message


@pytest.mark.parametrize(
    ("blank", "said"),
    [
        ({"reason": " "}, "no reason"),
        ({"reason": "TBD"}, "no reason"),
        ({"reason": "xxx"}, "no reason"),
        ({"name": ""}, "no name"),
        ({"name": ".."}, "no name"),
        ({"name": "unknown"}, "no name"),
    ],
)
def test_an_override_needs_a_reason_and_a_name(blank, said) -> None:
    finding, told = overridden([alert()], [replace(LARGE, **blank)])
    assert (finding.verdict, finding.overridden_verdict) == (Verdict.FAIL, None)
    assert said in told.message


def test_two_people_may_let_one_alert_stand_and_both_are_named() -> None:
    (finding,) = overridden([alert()], [LARGE, replace(LARGE, name="C.D.", subject="Beam 1")])
    assert "A.B." in finding.overridden
    assert "C.D." in finding.overridden


def test_what_was_overridden_already_keeps_its_first_verdict() -> None:
    once = overridden([alert()], [LARGE])
    assert overridden(once, [replace(LARGE, name="C.D.")])[0] == once[0]


def test_an_override_before_the_planning_ct_doesnt_count() -> None:
    found = overridden([alert()], [LARGE], since=DAY + timedelta(days=1))
    assert found[0].verdict is Verdict.FAIL
    assert "before the planning CT" in found[1].message


def test_without_overrides_nothing_changes() -> None:
    assert overridden([alert(), alert(Verdict.PASS)], []) == (alert(), alert(Verdict.PASS))
