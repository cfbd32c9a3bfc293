"""Scores compare plans and decide nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.checks import dose_constraint, plan_score, score
from rtcheck.finding import Verdict
from tests.checks.test_dose import liver_case, row

MADE = dose_constraint(liver_case(27.0), row("Mean[Gy]", "<", 30))


def test_score_of_a_margin_of_ten_percent() -> None:
    assert MADE.margin_percent == pytest.approx(10.0)
    assert score(MADE) == pytest.approx(0.7311, abs=1e-4)
    assert score(replace(MADE, margin_percent=0.0)) == 0.5


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_more_room_never_scores_less(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0.0 <= score(replace(MADE, margin_percent=low)) <= score(replace(MADE, margin_percent=high)) <= 1.0


def test_what_has_no_number_has_no_score() -> None:
    assert score(replace(MADE, margin_percent=None)) is None
    assert score(replace(MADE, verdict=Verdict.NOT_APPLICABLE)) is None
    assert plan_score([]) is None
    assert plan_score([MADE, replace(MADE, margin_percent=None)]) == score(MADE)
