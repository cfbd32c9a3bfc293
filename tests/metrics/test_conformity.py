"""Conformity and fall-off of hand-made distributions: formulas, bounds, and what can't be answered."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rtcheck.errors import BasisError, UsageError
from rtcheck.metrics import Distribution, MetricValue, State, conformity, parse_metric
from rtcheck.metrics.dose_volume import NO_VOLUME
from rtcheck.units import eqd2_basis
from tests.metrics.test_dose_volume import distribution

PRESCRIBED = {"PTV": 40.0}
#: 90 of 100 cc covered at 95 % (38 Gy); 120 cc of the body get that, 500 cc half of it, 450 cc half of 40 Gy.
TARGET = distribution((30.0, 10.0), (39.0, 50.0), (41.0, 40.0), reference_gy=PRESCRIBED)
BODY = distribution((1.0, 9500.0), (19.5, 50.0), (25.0, 330.0), (39.0, 80.0), (41.0, 40.0))
METRICS = ("CI(95%)[1]", "PCI(95%)[1]", "GI(95%)[1]", "R50[1]")


def ask(metric: str, target: Distribution = TARGET, body: Distribution = BODY, **others: object) -> MetricValue:
    return conformity(parse_metric(metric), target, body, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("CI(95%)[1]", 1.2),
        ("CI(38Gy)[1]", 1.2),
        ("CI(3800cGy)[1]", 1.2),
        ("CI(95%@PTV)[1]", 1.2),
        ("CI(100%)[1]", 0.4),
        ("CI(50Gy)[1]", 0.0),
        ("PCI(95%)[1]", 90**2 / (100 * 120)),
        ("PCI(100%)[1]", 0.4),
        ("GI(95%)[1]", 500 / 120),
        ("GI(100%)[1]", 450 / 40),
        ("R50[1]", 4.5),
        ("R50@PTV[1]", 4.5),
    ],
)
def test_indices_are_those_of_their_papers(metric: str, value: float) -> None:
    answer = ask(metric)
    assert answer.state is State.VALUE
    assert answer.value == pytest.approx(value)
    assert answer.low == answer.high == answer.value
    assert (answer.metric, str(answer.unit), answer.reason) == (metric, "1", "")


def test_a_perfect_plan_has_conformity_1() -> None:
    ideal = distribution((40.0, 100.0), reference_gy=PRESCRIBED)
    around = distribution((0.0, 900.0), (40.0, 100.0))
    assert ask("CI(100%)[1]", ideal, around).value == ask("PCI(100%)[1]", ideal, around).value == 1.0


# What can't be answered.


@pytest.mark.parametrize("metric", ["PCI(50Gy)[1]", "GI(50Gy)[1]"])
def test_an_index_of_a_dose_that_nothing_gets_is_not_evaluable(metric: str) -> None:
    answer = ask(metric)
    assert (answer.state, answer.reason) == (State.NOT_EVALUABLE, "nothing in the body gets this dose")


@pytest.mark.parametrize("metric", METRICS)
def test_a_body_that_leaves_part_of_the_target_out_is_not_evaluable(metric: str) -> None:
    cut = distribution((1.0, 9500.0), (39.0, 50.0))
    answer = ask(metric, body=cut)
    assert answer.state is State.NOT_EVALUABLE
    assert "it isn't drawn whole" in answer.reason


@pytest.mark.parametrize("metric", METRICS)
def test_an_isodose_that_fills_the_body_goes_on_beyond_it(metric: str) -> None:
    shell = distribution((39.0, 110.0), (41.0, 40.0))
    answer = ask(metric, body=shell)
    assert answer.state is State.NOT_EVALUABLE
    assert "100 % of the body of 150 cc get" in answer.reason


@pytest.mark.parametrize(("rest_cc", "known"), [(49.0, False), (51.0, True)])
def test_three_quarters_of_the_body_may_get_a_dose(rest_cc: float, known: bool) -> None:
    body = distribution((1.0, rest_cc), (39.0, 110.0), (41.0, 40.0))
    assert (ask("CI(38Gy)[1]", body=body).state is State.VALUE) == known


def test_a_body_may_hold_a_hair_less_than_the_target() -> None:
    around = distribution((1.0, 9500.0), (39.0, 89.5))
    assert ask("PCI(95%)[1]", body=around).value == pytest.approx(90**2 / (100 * 89.5))


@pytest.mark.parametrize("metric", ["CI(95%)[1]", "PCI(95%@Boost)[1]", "R50[1]"])
def test_percent_of_no_or_an_unknown_prescription_is_not_evaluable(metric: str) -> None:
    nothing = replace(TARGET, reference_gy={"PTV_1": 40.0, "PTV_2": 50.0})
    assert ask(metric, nothing).state is State.NOT_EVALUABLE
    assert ask(metric, replace(TARGET, reference_gy={})).state is State.NOT_EVALUABLE


def test_nothing_inside_the_grid_gives_no_answer() -> None:
    nan = math.nan
    empty = Distribution(None, nan, nan, nan, 0.0, "", PRESCRIBED)
    outside = replace(empty, unknown_cc=50.0, unknown_reason="100 % outside")
    assert ask("CI(95%)[1]", empty).reason == NO_VOLUME
    assert ask("CI(95%)[1]", outside).reason == "100 % outside"
    assert ask("CI(95%)[1]", TARGET, outside).reason == "the body: 100 % outside"


def test_other_metrics_are_refused() -> None:
    with pytest.raises(UsageError, match="isn't about conformity"):
        ask("V20Gy[cc]")


def test_doses_of_different_bases_never_meet() -> None:
    basis = eqd2_basis(3)
    with pytest.raises(BasisError):
        ask("CI(38Gy)[1]", body=replace(BODY, basis=basis))
    answer = ask("CI(38Gy)[1]", replace(TARGET, basis=basis), replace(BODY, basis=basis))
    assert (answer.value, answer.basis) == (pytest.approx(1.2), basis)


# Conventions.


def test_other_conventions_are_paired_by_name_and_widen_the_interval() -> None:
    target = replace(distribution((39.0, 80.0), (41.0, 40.0)), convention="rounded ends")
    body = replace(BODY, convention="rounded ends")
    answer = ask("CI(95%)[1]", targets=[target], bodies=[replace(body, convention="no ends"), body])
    assert (answer.value, answer.low, answer.high) == (pytest.approx(1.2), pytest.approx(1.0), pytest.approx(1.2))
    assert answer.unanswered == ()


def test_a_convention_without_a_body_or_a_target_leaves_it_unanswered() -> None:
    target = replace(TARGET, convention="no ends")
    answer = ask("CI(95%)[1]", targets=[target])
    assert answer.unanswered == ("no ends: the body isn't known under it",)
    empty = Distribution(None, math.nan, math.nan, math.nan, 0.0, "", {}, "no ends")
    answer = ask("CI(95%)[1]", targets=[empty], bodies=[replace(BODY, convention="no ends")])
    assert answer.unanswered == (f"no ends: {NO_VOLUME}",)


# Volume whose dose isn't known.


@pytest.mark.parametrize(
    ("metric", "low", "high"),
    [
        ("CI(95%)[1]", 1.2, 6.2),
        ("PCI(95%)[1]", 90**2 / (100 * 620), 90**2 / (100 * 120)),
        ("GI(95%)[1]", 1000 / 620, 1000 / 120),
        ("R50[1]", 4.5, 9.5),
        ("GI(50Gy)[1]", 950 / 500, math.inf),
    ],
)
def test_body_outside_the_grid_may_get_any_dose(metric: str, low: float, high: float) -> None:
    body = replace(BODY, unknown_cc=500.0, unknown_reason="5 % of the ROI lies outside the dose grid")
    answer = ask(metric, body=body)
    assert (answer.state, answer.value) == (State.INTERVAL, None)
    assert (answer.low, answer.high) == (pytest.approx(low), pytest.approx(high))
    assert answer.reason == "4.76 % of the body lies outside the dose grid"


def test_target_outside_the_grid_may_be_covered_or_not() -> None:
    target = replace(TARGET, unknown_cc=25.0, unknown_reason="20 % outside")
    body = replace(BODY, unknown_cc=25.0, unknown_reason="outside")
    answer = ask("PCI(95%)[1]", target, body)
    assert (answer.low, answer.high) == (pytest.approx(90**2 / (125 * 145)), pytest.approx(115**2 / (125 * 120)))
    assert answer.value is None
    assert answer.reason == "20 % outside; 0.249 % of the body lies outside the dose grid"


def test_with_little_outside_the_value_is_that_of_the_parts_inside() -> None:
    body = replace(BODY, unknown_cc=50.0, unknown_reason="outside")
    answer = ask("PCI(95%)[1]", replace(TARGET, unknown_cc=1.0, unknown_reason="1 % outside"), body)
    assert (answer.state, answer.value) == (State.VALUE, pytest.approx(90**2 / (100 * 120)))
    assert answer.low is not None and answer.high is not None
    assert answer.low < answer.value < answer.high


masses = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 300)), min_size=1, max_size=6)
unknown_masses = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 100)), max_size=4)


@given(
    masses,
    unknown_masses,
    masses,
    unknown_masses,
    st.sampled_from(["CI(30Gy)[1]", "PCI(30Gy)[1]", "GI(30Gy)[1]", "GI(49Gy)[1]", "PCI(10Gy)[1]", "R50[1]"]),
)
def test_whatever_the_unknown_dose_is_the_index_lies_within_the_bounds(
    inside: list[tuple[int, int]],
    outside: list[tuple[int, int]],
    around: list[tuple[int, int]],
    around_outside: list[tuple[int, int]],
    metric: str,
) -> None:
    """The target is part of the body, and so is what of it lies outside the grid."""
    target_cc, body_cc = (float(sum(volume for _, volume in some)) for some in (outside, [*outside, *around_outside]))
    target = distribution(*inside, unknown_cc=target_cc, reference_gy=PRESCRIBED)
    body = distribution(*inside, *around, unknown_cc=body_cc)
    answer = ask(metric, target, body)
    truth = ask(
        metric,
        distribution(*inside, *outside, reference_gy=PRESCRIBED),
        distribution(*inside, *around, *outside, *around_outside),
    )
    assume(truth.value is not None)
    assert answer.low is not None and answer.high is not None
    slack = 1e-9 * max(1.0, truth.value)
    assert answer.low - slack <= truth.value <= answer.high + slack
    if answer.value is not None:
        assert answer.low <= answer.value <= answer.high
    if metric.startswith("PCI"):
        assert answer.high <= 1 + 1e-9
