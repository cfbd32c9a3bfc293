"""What a check answers, as findings: how loud, what silence means, and what an error inside a check becomes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.errors import NoVolumeError
from rtcheck.finding import Confidence, Severity, Verdict
from rtcheck.plan_checks import Alert, PlanCheck, Shown, Tuning, Unknown, findings_of
from rtcheck.plan_checks.check import READING, tunable, verdict_of
from tests.plan_checks.samples import case_of

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
CERTAIN, HEURISTIC = Confidence.CERTAIN, Confidence.HEURISTIC


def check(*answers, severity=WARNING, confidence=CERTAIN, carried_by="", ask=None, **thresholds):
    """A check that answers so, whatever the case; an exception among the answers is raised in its turn."""

    def answer(_case, _thresholds):
        for one in answers:
            if isinstance(one, Exception):
                raise one
            yield one

    return PlanCheck(
        "Z1", "some-check", "all is well", severity, confidence, "rule of thumb", ask or answer,
        tunable(**thresholds), carried_by,
    )  # fmt: skip


def findings(of, tuning=None, asked=None):
    return list(findings_of(case_of(), [of], tuning or Tuning(), asked))


@pytest.mark.parametrize(
    ("severity", "confidence", "verdict"),
    [
        (ERROR, CERTAIN, Verdict.FAIL),
        (ERROR, HEURISTIC, Verdict.NOT_EVALUATED),
        (WARNING, CERTAIN, Verdict.ACCEPTABLE),
        (WARNING, HEURISTIC, Verdict.ACCEPTABLE),
        (NOTE, CERTAIN, Verdict.INFO),
        (NOTE, HEURISTIC, Verdict.INFO),
    ],
)
def test_a_heuristic_never_cries_wolf_as_loud_as_a_fact(severity, confidence, verdict) -> None:
    assert verdict_of(severity, confidence) is verdict
    (finding,) = findings(check(Alert("PTV", "is wrong"), severity=severity, confidence=confidence))
    assert (finding.verdict, finding.reason, finding.subject) == (verdict, "some-check", "PTV")
    assert (finding.severity, finding.confidence) == (severity, confidence)


def test_an_alert_may_be_milder_than_its_check() -> None:
    (finding,) = findings(check(Alert("PTV", "is odd", severity=NOTE, confidence=HEURISTIC), severity=ERROR))
    assert (finding.verdict, finding.severity, finding.confidence) == (Verdict.INFO, NOTE, HEURISTIC)


def test_a_check_that_finds_nothing_passes_with_its_title() -> None:
    (finding,) = findings(check(carried_by=READING))
    assert (finding.verdict, finding.message) == (Verdict.PASS, "all is well")


def test_a_value_that_is_shown_passes_beside_it() -> None:
    shown, passed = findings(check(Shown("PTV", "40 Gy", observed=40.0, unit="Gy", metric="D95%[Gy]")))
    assert (shown.verdict, shown.observed, shown.low, shown.metric) == (Verdict.INFO, 40.0, 40.0, "D95%[Gy]")
    assert passed.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("severity", "own", "verdict"),
    [
        (ERROR, None, Verdict.NOT_EVALUATED),
        (ERROR, WARNING, Verdict.INFO),
        (WARNING, None, Verdict.INFO),
        (NOTE, None, Verdict.INFO),
    ],
)
def test_what_could_not_be_looked_at_never_passes(severity, own, verdict) -> None:
    (finding,) = findings(check(Unknown("CT", "it isn't there", severity=own), severity=severity))
    assert (finding.verdict, finding.reason) == (verdict, "not-checked")
    assert finding.message == "couldn't be checked: it isn't there"


# Errors


def test_an_error_of_rtcheck_is_something_that_could_not_be_looked_at() -> None:
    (finding,) = findings(check(NoVolumeError("no contours"), severity=ERROR))
    assert (finding.verdict, finding.message) == (Verdict.NOT_EVALUATED, "couldn't be checked: no contours")


@pytest.mark.parametrize("severity", [ERROR, WARNING, NOTE])
def test_a_fault_of_the_check_itself_is_not_evaluated_whatever_its_severity(severity) -> None:
    (finding,) = findings(check(TypeError("None is no number"), severity=severity))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "check-failed")
    assert finding.message == "the check itself failed, please report it: TypeError: None is no number"


@pytest.mark.parametrize("error", [NoVolumeError("no contours"), KeyError("couch")])
def test_what_was_found_before_an_error_is_not_lost_with_it(error) -> None:
    first, second = findings(check(Alert("PTV", "is wrong"), error, severity=ERROR))
    assert (first.verdict, first.message) == (Verdict.FAIL, "is wrong")
    assert second.verdict is Verdict.NOT_EVALUATED


def test_a_fault_of_one_check_leaves_the_others_to_be_asked() -> None:
    broken, fine = check(ZeroDivisionError()), check()
    assert [one.verdict for one in findings_of(case_of(), [broken, fine])] == [Verdict.NOT_EVALUATED, Verdict.PASS]


def test_an_answer_that_is_no_generator_is_guarded_too() -> None:
    (finding,) = findings(check(ask=lambda case, thresholds: 1 / 0))
    assert "ZeroDivisionError" in finding.message


# What other findings judge


@pytest.mark.parametrize(
    ("carrier", "asked", "reason", "said"),
    [
        ("bed", None, "carried", "judged by the findings of bed"),
        ("bed", {"bed", "tables"}, "carried", "judged by the findings of bed"),
        ("bed", {"tables"}, "not-asked", "bed, whose findings would judge it, is not asked by this protocol"),
        ("bed", set(), "not-asked", "bed, whose findings would judge it, is not asked by this protocol"),
    ],
)
def test_silence_of_a_check_that_others_judge_is_no_pass(carrier, asked, reason, said) -> None:
    (finding,) = findings(check(carried_by=carrier), asked=asked)
    assert (finding.verdict, finding.reason, finding.message) == (Verdict.INFO, reason, said)


def test_where_the_check_itself_speaks_nothing_is_said_of_the_others() -> None:
    (finding,) = findings(check(Alert("PTV", "is wrong"), carried_by="bed"), asked=())
    assert finding.reason == "some-check"


# Tuning


@pytest.mark.parametrize(
    ("severity", "verdict"),
    [
        (Severity.ERROR, Verdict.ACCEPTABLE),
        (Severity.WARNING, Verdict.NOT_APPLICABLE),
        (Severity.NOTE, Verdict.NOT_APPLICABLE),
    ],
)
def test_a_check_that_is_off_is_not_asked_and_says_why(severity: Severity, verdict: Verdict) -> None:
    off = replace(check(TypeError()), id="Z1", severity=severity)
    (finding,) = findings(off, Tuning(off={"Z1": "done by hand"}))
    assert (finding.verdict, finding.message) == (verdict, "switched off: done by hand")
    assert finding.reason == "off"


def test_thresholds_of_a_clinic_count_and_stand_in_the_finding() -> None:
    def ask(_case, thresholds):
        yield Shown("grid", "", observed=thresholds["spacing_mm"])

    tuning = Tuning(thresholds={"Z1": {"spacing_mm": 2.0}}, because={"Z1": "our grid"})
    shown, passed = findings(check(ask=ask, spacing_mm=(3.0, "mm", "spacing of the grid")), tuning)
    assert shown.observed == 2.0
    assert shown.overrides == passed.overrides == "spacing of the grid 2 mm in place of 3: our grid"


def _too_far(severity):
    def ask(_case, thresholds):
        if thresholds["far_mm"] < 45.0:
            yield Alert("PTV", "is 45 mm off", observed=45.0, severity=severity)

    return check(ask=ask, severity=ERROR, far_mm=(30.0, "mm", "distance"))


def test_an_error_that_a_clinics_threshold_lets_pass_is_as_loud_as_a_check_that_is_off() -> None:
    tuning = Tuning(thresholds={"Z1": {"far_mm": 60.0}}, because={"Z1": "our beams"})
    (finding,) = findings(_too_far(None), tuning)
    assert (finding.verdict, finding.reason, finding.subject) == (Verdict.ACCEPTABLE, "tuned-away", "PTV")
    assert "an error by rtcheck's own thresholds" in finding.message
    assert finding.overrides == "distance 60 mm in place of 30: our beams"
    (milder,) = findings(_too_far(WARNING), tuning)
    assert milder.verdict is Verdict.PASS


def test_a_fault_by_the_shipped_thresholds_takes_nothing_down_and_is_told() -> None:
    def ask(_case, thresholds):
        if thresholds["far_mm"] < 45.0:
            raise TypeError("no such thing")
        yield from ()

    tuning = Tuning(thresholds={"Z1": {"far_mm": 60.0}}, because={"Z1": "our beams"})
    (finding,) = findings(check(ask=ask, far_mm=(30.0, "mm", "distance")), tuning)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "check-failed")


def test_an_error_that_both_thresholds_tell_is_told_once() -> None:
    (finding,) = findings(_too_far(None), Tuning(thresholds={"Z1": {"far_mm": 40.0}}, because={"Z1": "our beams"}))
    assert finding.reason == "some-check"


def test_a_threshold_that_is_ours_changes_nothing() -> None:
    same = Tuning(thresholds={"Z1": {"spacing_mm": 3.0}}, because={"Z1": "as shipped"})
    (finding,) = findings(check(spacing_mm=(3.0, "mm", "spacing of the grid")), same)
    assert finding.overrides == ""
