"""Metrics over conventions: the chosen one gives the value, all of them the interval."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.metrics import Distribution, Metric, MetricValue, State, evaluate, parse_metric, under
from rtcheck.metrics.dose_volume import NO_VOLUME
from tests.metrics.asked import metrics as draw_metrics
from tests.metrics.test_dose_volume import distribution

NAN = math.nan
NOTHING = Distribution(None, NAN, NAN, NAN, 0.0, "", {}, "prism, no ends")


def named(convention: str, *masses: tuple[float, float], unknown_cc: float = 0.0) -> Distribution:
    return replace(distribution(*masses, unknown_cc=unknown_cc), convention=convention)


def ask(metric: str, of: Distribution, *others: Distribution) -> MetricValue:
    return evaluate(parse_metric(metric), of, others)


CHOSEN = distribution((5.0, 600.0), (20.0, 300.0), (40.0, 100.0), reference_gy={"PTV": 40.0})
SMALLER = named("no ends", (6.0, 500.0), (20.0, 300.0), (39.0, 100.0))
LARGER = named("rounded ends", (4.0, 620.0), (20.0, 300.0), (41.0, 105.0))


@pytest.mark.parametrize(
    ("metric", "low", "value", "high"),
    [
        ("Volume[cc]", 900.0, 1000.0, 1025.0),
        ("Volume[%]", 100.0, 100.0, 100.0),
        ("V15Gy[cc]", 400.0, 400.0, 405.0),
        ("V15Gy[%]", 100 * 405 / 1025, 40.0, 100 * 400 / 900),
        ("CV15Gy[cc]", 500.0, 600.0, 620.0),
        ("CV15Gy[%]", 100 * 500 / 900, 60.0, 100 * 620 / 1025),
        ("D100cc[Gy]", 39.0, 40.0, 41.0),
        ("D2%[cGy]", 3900.0, 4000.0, 4100.0),
        ("D2%[%]", 97.5, 100.0, 102.5),  # of the chosen distribution's own reference
        ("DC550cc[Gy]", 4.0, 5.0, 20.0),
        ("Min[Gy]", 4.0, 5.0, 6.0),
        ("Max[Gy]", 39.0, 40.0, 41.0),
        ("Mean[Gy]", (2480 + 6000 + 4305) / 1025, 13.0, (3000 + 6000 + 3900) / 900),
        ("Median[Gy]", 4.0, 5.0, 6.0),
    ],
)
def test_value_is_the_chosen_conventions_and_the_interval_that_of_all(
    metric: str, low: float, value: float, high: float
) -> None:
    answer = ask(metric, CHOSEN, SMALLER, LARGER)
    bounds = sorted((low, high, value))
    assert (answer.low, answer.high) == (pytest.approx(bounds[0]), pytest.approx(bounds[2]))
    assert answer.value == pytest.approx(value)
    assert (answer.own_low, answer.own_high) == (answer.value, answer.value)
    assert (answer.state, answer.reason, answer.unanswered) == (State.VALUE, "", ())
    assert [other.convention for other in answer.alternatives] == ["no ends", "rounded ends"]


def test_each_convention_brings_its_own_unknown_volume() -> None:
    chosen = distribution((10.0, 99.0), (20.0, 100.0), unknown_cc=1.0)
    other = named("no ends", (10.0, 99.0), (20.0, 98.0), unknown_cc=3.0)
    answer = ask("V15Gy[cc]", chosen, other)
    assert (answer.own_low, answer.value, answer.own_high) == (100.0, 100.0, 101.0)
    assert (answer.low, answer.high) == (98.0, 101.0)
    assert ask("Max[Gy]", chosen, other).high == math.inf
    hotter = named("rounded ends", (10.0, 99.0), (20.0, 100.0), unknown_cc=50.0)
    known = distribution((10.0, 100.0), (20.0, 100.0))
    answer = ask("V15Gy[cc]", known, hotter)
    assert (answer.own_low, answer.own_high, answer.high) == (100.0, 100.0, 150.0)
    assert answer.state is State.VALUE


def test_a_volume_that_one_convention_does_not_hold_leaves_it_unanswered_in_words() -> None:
    short = named("interpolated, no ends", (5.0, 695.0))
    answer = ask("DC700cc[Gy]", distribution((5.0, 701.0)), short)
    assert answer.value == 5.0
    assert answer.unanswered == ("interpolated, no ends: 700 cc asked of an ROI of 695.0 cc",)
    assert answer.reason == "no answer under interpolated, no ends: 700 cc asked of an ROI of 695.0 cc"
    assert answer.to_dict()["reason"] == answer.reason


def test_a_volume_that_the_chosen_convention_does_not_hold_has_no_answer_whatever_others_say() -> None:
    answer = ask("DC700cc[Gy]", distribution((5.0, 695.0)), named("rounded ends", (5.0, 701.0)))
    assert (answer.state, answer.value, answer.low, answer.high) == (State.NOT_EVALUABLE, None, None, None)
    assert (answer.own_low, answer.own_high) == (None, None)


@pytest.mark.parametrize("metric", ["Volume[cc]", "V15Gy[cc]", "CV15Gy[cc]", "V50%[cc]"])
def test_absolute_volumes_of_an_roi_without_volume_are_zero(metric: str) -> None:
    answer = ask(metric, CHOSEN, NOTHING)
    assert (answer.low, answer.unanswered) == (0.0, ())


@pytest.mark.parametrize("metric", ["V15Gy[%]", "CV15Gy[%]", "D95%[Gy]", "DC2%[%]", "Min[Gy]", "Max[Gy]", "Mean[Gy]"])
def test_doses_and_shares_of_an_roi_without_volume_have_no_answer(metric: str) -> None:
    answer = ask(metric, CHOSEN, NOTHING, replace(NOTHING, convention="interpolated, no ends"))
    assert answer.low == answer.value == answer.high
    assert answer.reason == f"no answer under prism, no ends and under interpolated, no ends: {NO_VOLUME}"
    assert answer.unanswered == (f"prism, no ends: {NO_VOLUME}", f"interpolated, no ends: {NO_VOLUME}")


def test_an_roi_without_volume_under_the_chosen_convention_answers_no_volume_metric_with_zero() -> None:
    answer = ask("V15Gy[cc]", NOTHING, CHOSEN)
    assert (answer.state, answer.value, answer.low) == (State.NOT_EVALUABLE, None, None)


def test_an_alternative_wholly_outside_the_grid_has_no_answer() -> None:
    outside = Distribution(None, NAN, NAN, NAN, 50.0, "100 % outside", {}, "no ends")
    assert ask("V15Gy[cc]", CHOSEN, outside).unanswered == ("no ends: 100 % outside",)
    assert ask("Volume[cc]", CHOSEN, outside).low == 50.0


def test_an_interval_over_conventions_in_json_has_the_contracted_keys() -> None:
    plain = ask("Max[Gy]", CHOSEN, SMALLER, replace(LARGER, unknown_cc=1.0, unknown_reason="1 cc outside")).to_dict()
    assert plain == {
        "metric": "Max[Gy]",
        "state": "value",
        "value": 40.0,
        "low": 39.0,
        "high": None,
        "unit": "Gy",
        "reason": "no upper bound",
        "basis": "physical",
    }
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_names_of_conventions_are_listed_so_that_their_commas_do_not_confuse() -> None:
    assert under(["a"]) == "under a"
    assert under(["a", "b, c", "d"]) == "under a, under b, c and under d"


# Properties.

masses = st.lists(st.tuples(st.integers(0, 80), st.integers(1, 500)), min_size=1, max_size=6)
some_unknown = st.one_of(st.just(0.0), st.floats(0.01, 400))
distributions = st.builds(lambda m, u: named("x", *m, unknown_cc=u), masses, some_unknown)
others = st.lists(st.one_of(distributions, st.just(NOTHING)), max_size=5)


metrics = draw_metrics(amount=st.integers(0, 80).map(float), relative_doses=False)


def in_order(answer: MetricValue) -> bool:
    known = [answer.low, answer.own_low, answer.value, answer.own_high, answer.high]
    numbers = [number for number in known if number is not None]
    return numbers == sorted(numbers)


@given(metrics, distributions, others)
def test_the_interval_holds_every_conventions_own_value_in_order(
    metric: Metric, of: Distribution, rest: Sequence[Distribution]
) -> None:
    answer = evaluate(metric, of, rest)
    assert in_order(answer)
    if answer.low is None or answer.high is None:
        assert answer.state is State.NOT_EVALUABLE
        return
    for other in rest:
        own = evaluate(metric, other)
        for number in (own.value, own.low, own.high):
            assert number is None or answer.low <= number <= answer.high


@given(metrics, distributions, others)
def test_value_and_state_do_not_depend_on_the_alternatives(
    metric: Metric, of: Distribution, rest: Sequence[Distribution]
) -> None:
    alone, answer = evaluate(metric, of), evaluate(metric, of, rest)
    assert (answer.value, answer.state) == (alone.value, alone.state)
    assert (answer.own_low, answer.own_high) == (alone.low, alone.high) == (alone.own_low, alone.own_high)
    if not rest:
        assert answer == alone


@given(metrics, distributions, others, distributions)
def test_one_more_alternative_never_narrows(
    metric: Metric, of: Distribution, rest: Sequence[Distribution], one_more: Distribution
) -> None:
    few, many = evaluate(metric, of, rest), evaluate(metric, of, [*rest, one_more])
    assert (few.low is None) == (many.low is None)
    if few.low is not None and few.high is not None:
        assert many.low is not None
        assert many.high is not None
        assert many.low <= few.low
        assert many.high >= few.high
        assert set(few.unanswered) <= set(many.unanswered)
