"""A few plan checks, in place of rtcheck's own: what files of tables say of them doesn't hang on which there are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rtcheck import plan_checks
from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks import Answer, PlanCheck, Threshold, Thresholds


def _silent(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    yield from ()


def _check(check_id: str, **thresholds: Threshold) -> PlanCheck:
    return PlanCheck(check_id, check_id, check_id, Severity.ERROR, Confidence.CERTAIN, "", _silent, thresholds)


CHECKS = (
    _check("A1"),
    _check("B5", stereotactic_mm=Threshold(3.0, "mm", "spacing"), small_mm=Threshold(2.5, "mm", "spacing")),
    _check("C13", factor=Threshold(1.5, "", "spacing of contours in slices")),
    _check("E2"),
    _check("G2"),
)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> tuple[PlanCheck, ...]:
    monkeypatch.setattr(plan_checks, "PLAN_CHECKS", CHECKS)
    return CHECKS
