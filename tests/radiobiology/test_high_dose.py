"""The linear-quadratic-linear model, and the remark on large fractions."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import UsageError
from rtcheck.fractionation import Phase, Schedule
from rtcheck.radiobiology import LQ_DOUBTFUL_ABOVE_GY, bed, bed_lql, lq_is_doubtful, lq_remark

FILE = Path(__file__).parents[1] / "data" / "radiobiology_vectors.yaml"
VECTORS = yaml.safe_load(FILE.read_text(encoding="utf-8"))
ratios = st.integers(5, 300).map(lambda n: n / 10)
transitions = st.integers(1, 300).map(lambda n: n / 10)
phases = st.builds(Phase, st.integers(1, 60), st.integers(1, 40000).map(lambda n: Fraction(n, 1000)))


def of_one_fraction(dose_gy: Fraction, ratio: float, transition: float, slope: float | None = None) -> float:
    schedule = Schedule((Phase(1, dose_gy),))
    return bed_lql(schedule, alpha_beta_gy=ratio, transition_gy=transition, gamma_over_alpha=slope)


@pytest.mark.parametrize("row", VECTORS["lql"], ids=str)
def test_lql_vectors(row) -> None:
    value = bed_lql(
        row["schedule"],
        alpha_beta_gy=row["alpha_beta_gy"],
        transition_gy=row["transition_gy"],
        gamma_over_alpha=row.get("gamma_over_alpha"),
    )
    assert value == row["bed"]


@given(st.lists(phases, min_size=1, max_size=3), ratios)
def test_up_to_the_transition_it_is_the_linear_quadratic_model(some: list[Phase], ratio: float) -> None:
    schedule = Schedule(tuple(some))
    transition = float(schedule.max_dose_per_fraction_gy)
    assert bed_lql(schedule, alpha_beta_gy=ratio, transition_gy=transition) == bed(schedule, alpha_beta_gy=ratio)


@given(phases, ratios, transitions)
def test_above_the_transition_it_is_less(phase: Phase, ratio: float, transition: float) -> None:
    schedule = Schedule((phase,))
    straight = bed_lql(schedule, alpha_beta_gy=ratio, transition_gy=transition)
    curved = bed(schedule, alpha_beta_gy=ratio)
    assert (straight < curved) is (phase.dose_per_fraction_gy > Fraction(repr(transition)))


@given(ratios, transitions)
def test_the_line_is_the_tangent_of_the_curve(ratio: float, transition: float) -> None:
    at, step = Fraction(repr(transition)), Fraction(1, 10**6)
    before, there, after = (of_one_fraction(dose, ratio, transition) for dose in (at - step, at, at + step))
    slope = 1 + 2 * transition / ratio
    assert there == bed(Schedule((Phase(1, at),)), alpha_beta_gy=ratio)
    assert after - there == pytest.approx(slope * 1e-6, rel=1e-5)
    assert there - before == pytest.approx(slope * 1e-6, rel=1e-5)


@given(ratios, transitions, st.floats(0.1, 10))
def test_with_any_slope_it_is_continuous(ratio: float, transition: float, slope: float) -> None:
    at, step = Fraction(repr(transition)), Fraction(1, 10**9)
    before, after = (of_one_fraction(dose, ratio, transition, slope) for dose in (at - step, at + step))
    assert after == pytest.approx(before, abs=1e-6)


@pytest.mark.parametrize("value", [0.0, -6.0, float("nan"), float("inf")])
def test_numbers_that_make_no_curve_are_refused(value: float) -> None:
    with pytest.raises(UsageError, match="alpha/beta"):
        bed_lql("3x18Gy", alpha_beta_gy=value, transition_gy=6)
    with pytest.raises(UsageError, match="the transition dose is"):
        bed_lql("3x18Gy", alpha_beta_gy=3, transition_gy=value)
    with pytest.raises(UsageError, match="gamma/alpha is"):
        bed_lql("3x18Gy", alpha_beta_gy=3, transition_gy=6, gamma_over_alpha=value)


@pytest.mark.parametrize(
    ("schedule", "doubtful"),
    [("3x10Gy", False), ("3x10.001Gy", True), ("1x20Gy", True), ("25x2Gy", False), ("25x2Gy + 1x12Gy", True)],
)
def test_the_model_is_doubtful_where_a_fraction_is_large(schedule: str, doubtful: bool) -> None:
    assert LQ_DOUBTFUL_ABOVE_GY == 10.0
    assert lq_is_doubtful(schedule) is doubtful
    said = "more than 10 Gy per fraction: the linear-quadratic model is doubtful there"
    assert lq_remark(schedule) == (said if doubtful else "")
