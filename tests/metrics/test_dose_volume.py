"""Metrics of hand-made distributions: units, identities, what isn't known and what can't be answered."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.curve import DoseVolumeCurve
from rtcheck.metrics import Distribution, Metric, MetricValue, Question, State, evaluate, parse_metric
from rtcheck.metrics.dose_volume import SMALL_UNKNOWN_SHARE
from rtcheck.units import Comparator, meets
from tests.metrics.asked import metrics

VECTORS = yaml.safe_load((Path(__file__).parents[1] / "data" / "lq_and_liver_vectors.yaml").read_text(encoding="utf-8"))
UNKNOWN = "10 % outside"


def distribution(
    *masses: tuple[float, float], unknown_cc: float = 0.0, reference_gy: dict[str, float] | None = None
) -> Distribution:
    """Volumes in cc at exactly one dose each, and volume of unknown dose."""
    dose, volume = np.array(masses, dtype=float).T
    doses, inverse = np.unique(dose, return_inverse=True)
    left = np.concatenate([[volume.sum()], volume.sum() - np.cumsum(np.bincount(inverse, volume))])
    left[-1] = 0.0
    curve = DoseVolumeCurve(np.repeat(doses, 2), np.repeat(left, 2)[1:-1])
    mean = float(np.average(dose, weights=volume))
    reason = UNKNOWN if unknown_cc else ""
    return Distribution(curve, mean, float(dose.min()), float(dose.max()), unknown_cc, reason, reference_gy or {})


def ask(metric: str, of: Distribution) -> MetricValue:
    return evaluate(parse_metric(metric), of)


def bounds(metric: str, of: Distribution) -> tuple[float | None, float | None]:
    answer = ask(metric, of)
    return answer.low, answer.high


LIVER = distribution((5.0, 600.0), (15.0, 300.0), (40.0, 100.0), reference_gy={"PTV": 40.0})


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("Volume[cc]", 1000.0),
        ("Volume[%]", 100.0),
        ("V15Gy[cc]", 400.0),
        ("V15Gy[%]", 40.0),
        ("V1500cGy[cc]", 400.0),
        ("V100%[cc]", 100.0),
        ("V37.5%@PTV[%]", 40.0),
        ("CV15Gy[cc]", 600.0),
        ("CV15.01Gy[cc]", 900.0),
        ("CV15Gy[%]", 60.0),
        ("D10%[Gy]", 40.0),
        ("D100cc[Gy]", 40.0),
        ("D101cc[Gy]", 15.0),
        ("D40%[cGy]", 1500.0),
        ("D50%[%]", 12.5),
        ("D0cc[Gy]", 40.0),
        ("D100%[Gy]", 5.0),
        ("DC600cc[Gy]", 5.0),
        ("DC700cc[Gy]", 15.0),
        ("DC100%[Gy]", 40.0),
        ("DC0cc[Gy]", 5.0),
        ("Min[Gy]", 5.0),
        ("Max[Gy]", 40.0),
        ("Max[%]", 100.0),
        ("Mean[Gy]", 11.5),
        ("Median[Gy]", 5.0),
        ("SD[Gy]", 10.5),
        ("SD[cGy]", 1050.0),
        ("SD[%]", 26.25),
        ("gEUD(1)[Gy]", 11.5),
        ("gEUD(2)[Gy]", math.sqrt(242.5)),
        ("gEUD(-1)[Gy]", 1 / 0.1425),
        ("gEUD(2)[%]", 2.5 * math.sqrt(242.5)),
        ("HI[1]", 7.0),
        ("MeanOf10%Volume[Gy]", 40.0),
        ("MeanOf40%Volume[Gy]", 21.25),
        ("MeanOf400ccVolume[cGy]", 2125.0),
        ("MeanOf95%Volume[Gy]", 11250 / 950),
        ("MeanOf0%Volume[Gy]", 40.0),
        ("MeanOf100%Volume[%]", 28.75),
        ("PrescriptionDose[Gy]", 40.0),
        ("PrescriptionDose@PTV[cGy]", 4000.0),
    ],
)
def test_metrics_of_three_point_masses(metric: str, value: float) -> None:
    answer = ask(metric, LIVER)
    assert answer.state is State.VALUE
    assert answer.value == pytest.approx(value, rel=1e-9)
    assert answer.low == answer.high == answer.value
    assert (answer.metric, answer.unit, answer.reason) == (metric, parse_metric(metric).unit, "")


@pytest.mark.parametrize("row", VECTORS["liver_cv15"], ids=lambda row: row["id"])
def test_the_liver_rule_of_the_trial(row: dict[str, float]) -> None:
    hot, spared = float(row["v15_cc"]), float(row["cv15_cc"])
    masses = [(30.0, hot)] * (hot > 0) + [(5.0, spared)]
    liver = distribution(*masses)
    passes = str(row["expect"]).startswith("pass")
    answer = ask("CV15Gy[cc]", liver)
    assert answer.value == pytest.approx(spared, rel=1e-9)
    assert meets(answer.value, Comparator.GE, 700.0) is passes
    coldest = ask("DC700cc[Gy]", liver)
    if row["normal_liver_cc"] < 700:
        assert coldest.state is State.NOT_EVALUABLE
    else:
        assert coldest.value is not None
        assert meets(coldest.value, Comparator.LE, 15.0) is passes


def test_dose_of_the_hottest_700_cc_is_another_question_than_of_the_coldest() -> None:
    # T-CV4: 350 cc spared where 700 are asked; D700cc would pass it.
    liver = distribution((5.0, 350.0), (30.0, 650.0))
    assert ask("D700cc[Gy]", liver).value == pytest.approx(5.0)
    assert ask("DC700cc[Gy]", liver).value == pytest.approx(30.0)


@pytest.mark.parametrize("metric", ["D700cc[Gy]", "DC700cc[Gy]", "D600.1cc[Gy]", "DC601cc[%]", "MeanOf601ccVolume[Gy]"])
@pytest.mark.parametrize("unknown_cc", [0.0, 60.0])
def test_a_volume_larger_than_the_roi_is_not_evaluable_and_never_zero(metric: str, unknown_cc: float) -> None:
    small = distribution((10.0, 600.0 - unknown_cc), unknown_cc=unknown_cc, reference_gy={"PTV": 40.0})
    answer = ask(metric, small)
    assert answer.state is State.NOT_EVALUABLE
    assert (answer.value, answer.low, answer.high) == (None, None, None)
    assert "600.0 cc" in answer.reason


def test_the_whole_volume_may_be_asked() -> None:
    assert ask("D600cc[Gy]", distribution((10.0, 400.0), (20.0, 200.0))).value == pytest.approx(10.0)
    assert ask("DC600cc[Gy]", distribution((10.0, 400.0), (20.0, 200.0))).value == pytest.approx(20.0)


masses = st.lists(st.tuples(st.integers(0, 80), st.integers(1, 500)), min_size=1, max_size=10)


@given(masses, st.integers(0, 160).map(lambda n: n / 2), st.sampled_from(["cc", "%"]))
def test_irradiated_and_spared_volume_add_up_to_the_whole(some: list[tuple[int, int]], at_gy: float, unit: str) -> None:
    of = distribution(*some)
    hot, cold, total = (ask(m, of).value for m in (f"V{at_gy}Gy[{unit}]", f"CV{at_gy}Gy[{unit}]", f"Volume[{unit}]"))
    assert hot is not None
    assert cold is not None
    assert hot + cold == pytest.approx(total, rel=1e-9)


@given(masses, st.integers(0, 79).map(lambda n: n + 0.5), st.integers(1, 99))
def test_the_two_forms_of_a_cold_rule_agree(some: list[tuple[int, int]], at_gy: float, percent: int) -> None:
    of = distribution(*some)
    asked = round(of.total_cc * percent / 100, 3)
    spared, coldest = ask(f"CV{at_gy}Gy[cc]", of).value, ask(f"DC{asked}cc[Gy]", of).value
    assert spared is not None
    assert coldest is not None
    if abs(spared - asked) > 1e-3:
        assert (spared >= asked) == (coldest <= at_gy)


@given(masses, st.integers(1, 99))
def test_metrics_lie_between_the_extremes_and_hot_and_cold_mirror_each_other(
    some: list[tuple[int, int]], percent: int
) -> None:
    of = distribution(*some)
    low, high, mean, median = (ask(f"{name}[Gy]", of).value for name in ("Min", "Max", "Mean", "Median"))
    hot, cold = ask(f"D{percent}%[Gy]", of).value, ask(f"DC{100 - percent}%[Gy]", of).value
    for value in (mean, median, hot, cold):
        assert low - 1e-9 <= value <= high + 1e-9
    assert cold <= hot + 1e-9  # equal but for a tie at the volume asked


@given(masses)
def test_homogeneity_is_never_negative_and_zero_for_a_uniform_dose(some: list[tuple[int, int]]) -> None:
    answer = ask("HI[1]", distribution(*some))
    if answer.value is None:
        assert answer.reason == "half of the volume gets no dose: D50% is 0 Gy"
    else:
        assert answer.value >= 0
        assert answer.value == 0 or len({dose for dose, _ in some}) > 1


def test_homogeneity_of_an_roi_that_mostly_gets_nothing_is_not_evaluable() -> None:
    assert ask("HI[1]", distribution((0.0, 51.0), (20.0, 49.0))).state is State.NOT_EVALUABLE
    assert ask("HI[1]", distribution((0.0, 51.0), (20.0, 47.0), unknown_cc=1.0)).state is State.NOT_EVALUABLE
    unclear = ask("HI[1]", distribution((0.0, 50.0), (20.0, 49.0), unknown_cc=1.5))
    assert (unclear.state, unclear.low, unclear.high) == (State.INTERVAL, pytest.approx(1.0), math.inf)


@given(masses)
def test_mean_of_the_hottest_part_falls_from_the_highest_dose_to_the_mean(some: list[tuple[int, int]]) -> None:
    of = distribution(*some)
    values = [ask(f"MeanOf{percent}%Volume[Gy]", of).value for percent in (0, 5, 30, 60, 95, 100)]
    assert values == sorted(values, reverse=True) or values == pytest.approx(sorted(values, reverse=True))
    assert values[0] == ask("Max[Gy]", of).value
    assert values[-1] == pytest.approx(ask("Mean[Gy]", of).value)
    assert values[2] >= ask("D30%[Gy]", of).value


@given(masses, st.sampled_from([-10, -1, 0.5, 1, 2, 8, 40]))
def test_equivalent_uniform_dose_lies_between_the_extremes(some: list[tuple[int, int]], power: float) -> None:
    of = distribution(*some)
    low, high, equivalent = (ask(f"{name}[Gy]", of).value for name in ("Min", "Max", f"gEUD({power})"))
    assert low * (1 - 1e-9) <= equivalent <= high * (1 + 1e-9)


def test_equivalent_uniform_dose_of_power_1_is_the_mean_and_of_large_powers_an_extreme() -> None:
    assert ask("gEUD(1)[Gy]", LIVER).value == pytest.approx(ask("Mean[Gy]", LIVER).value)
    assert ask("gEUD(100000)[Gy]", LIVER).value == pytest.approx(40.0, rel=1e-4)
    assert ask("gEUD(-100000)[Gy]", LIVER).value == pytest.approx(5.0, rel=1e-4)


@pytest.mark.parametrize("metric", ["CI(95%)[1]", "PCI(38Gy)[1]", "GI(100%)[1]", "R50[1]"])
def test_conformity_is_not_evaluable_without_the_body(metric: str) -> None:
    answer = ask(metric, LIVER)
    assert (answer.state, answer.value) == (State.NOT_EVALUABLE, None)
    assert "whole body" in answer.reason


# Percent of a dose.


@pytest.mark.parametrize("metric", ["V95%[cc]", "D95%[%]", "Max[%]"])
def test_percent_of_no_prescription_is_not_evaluable(metric: str) -> None:
    answer = ask(metric, distribution((10.0, 5.0)))
    assert answer.state is State.NOT_EVALUABLE
    assert "no prescription" in answer.reason


def test_percent_is_never_taken_of_the_first_of_two_prescriptions() -> None:
    two = distribution((10.0, 5.0), reference_gy={"PTV_1": 40.0, "PTV_2": 50.0})
    answer = ask("Max[%]", two)
    assert answer.state is State.NOT_EVALUABLE
    assert "PTV_1 (40 Gy)" in answer.reason
    assert "PTV_2 (50 Gy)" in answer.reason
    assert ask("Max[%@PTV_2]", two).value == pytest.approx(20.0)
    assert ask("V25%@PTV_1[cc]", two).value == pytest.approx(5.0)


def test_an_unknown_name_of_a_prescription_is_not_evaluable() -> None:
    answer = ask("Max[%@Boost]", LIVER)
    assert answer.state is State.NOT_EVALUABLE
    assert "'Boost'" in answer.reason
    assert "PTV (40 Gy)" in answer.reason


def test_a_prescribed_dose_needs_exactly_one_prescription_or_a_name() -> None:
    none, two = distribution((10.0, 5.0)), distribution((10.0, 5.0), reference_gy={"PTV_1": 40.0, "PTV_2": 50.0})
    assert ask("PrescriptionDose@PTV_2[Gy]", two).value == 50.0
    for of, metric, says in (
        (none, "PrescriptionDose[Gy]", "no prescription to take PrescriptionDose of"),
        (two, "PrescriptionDose[Gy]", "name one with PrescriptionDose@NAME"),
        (two, "PrescriptionDose@Boost[Gy]", "no dose reference is named 'Boost'"),
    ):
        answer = ask(metric, of)
        assert answer.state is State.NOT_EVALUABLE
        assert says in answer.reason


UNTOLD = {"PTV_1": 40.0, "PTV_2": math.nan}


@pytest.mark.parametrize("metric", ["Max[%]", "V25%[cc]", "PrescriptionDose[Gy]"])
def test_percent_is_not_of_the_one_known_prescription_where_another_targets_is_unknown(metric: str) -> None:
    answer = ask(metric, distribution((10.0, 5.0), reference_gy=UNTOLD))
    assert answer.state is State.NOT_EVALUABLE
    assert "The prescription of PTV_2 isn't known (known: PTV_1 (40 Gy); name one with" in answer.reason


def test_a_named_prescription_is_asked_whatever_the_others_are() -> None:
    of = distribution((10.0, 5.0), reference_gy=UNTOLD)
    assert ask("Max[%@PTV_1]", of).value == pytest.approx(25.0)
    unknown = ask("Max[%@PTV_2]", of)
    assert unknown.state is State.NOT_EVALUABLE
    assert unknown.reason == "the prescription of 'PTV_2' isn't known; known: PTV_1 (40 Gy)"
    assert ask("Max[Gy]", of).value == 10.0


def test_unknown_prescriptions_alone_are_none() -> None:
    answer = ask("Max[%]", distribution((10.0, 5.0), reference_gy={"PTV_2": math.nan}))
    assert "no prescription to take percent of (known: none" in answer.reason


# Volume whose dose isn't known.

PART = distribution((10.0, 50.0), (20.0, 40.0), unknown_cc=10.0, reference_gy={"PTV": 40.0})


@pytest.mark.parametrize(
    ("metric", "low", "high"),
    [
        ("V15Gy[cc]", 40.0, 50.0),  # hot: it may all be irradiated
        ("V15Gy[%]", 40.0, 50.0),
        ("CV15Gy[cc]", 50.0, 60.0),  # cold: it can't be counted as spared
        ("D50%[Gy]", 10.0, 20.0),
        ("D45cc[Gy]", 10.0, 20.0),
        ("D5%[Gy]", 20.0, math.inf),
        ("D95%[Gy]", 0.0, 10.0),
        ("D40cc[%]", 50.0, 50.0),
        ("DC50cc[Gy]", 10.0, 10.0),
        ("DC55cc[Gy]", 10.0, 20.0),
        ("DC5cc[Gy]", 0.0, 10.0),
        ("DC95cc[Gy]", 20.0, math.inf),
        ("Mean[Gy]", 13.0, math.inf),
        ("Median[Gy]", 10.0, 20.0),
        ("Min[Gy]", 0.0, 10.0),
        ("Max[Gy]", 20.0, math.inf),
        ("Max[%]", 50.0, math.inf),
        ("V0Gy[cc]", 100.0, 100.0),
        ("Volume[cc]", 100.0, 100.0),
        ("SD[Gy]", math.sqrt(0.9 * 2000 / 81), math.inf),
        ("gEUD(1)[Gy]", 13.0, math.inf),
        ("gEUD(-1)[Gy]", 0.0, 100 / 7),
        ("HI[1]", 0.5, math.inf),
        ("MeanOf40%Volume[Gy]", 20.0, math.inf),
        ("MeanOf95%Volume[Gy]", 1300 / 95, math.inf),
        ("PrescriptionDose[Gy]", 40.0, 40.0),
    ],
)
def test_unknown_volume_is_bounded_by_no_dose_and_any_dose(metric: str, low: float, high: float) -> None:
    answer = ask(metric, PART)
    assert (answer.low, answer.high) == (pytest.approx(low), pytest.approx(high))
    if low == high:
        assert (answer.state, answer.value) == (State.VALUE, pytest.approx(low))
    else:
        assert (answer.state, answer.value, answer.reason) == (State.INTERVAL, None, UNKNOWN)


own_metrics = metrics(
    questions=st.sampled_from([one for one in Question if not one.needs_body and one is not Question.PRESCRIPTION]),
    amount=st.integers(0, 90).map(float),
    relative_doses=False,
)


@given(masses, masses, st.integers(1, 400).map(lambda n: n / 10), own_metrics)
def test_whatever_the_unknown_dose_is_the_answer_lies_within_the_bounds(
    some: list[tuple[int, int]], unknown: list[tuple[int, int]], unknown_cc: float, metric: Metric
) -> None:
    answer = evaluate(metric, distribution(*some, unknown_cc=unknown_cc))
    scale = unknown_cc / sum(volume for _, volume in unknown)
    truth = evaluate(metric, distribution(*some, *((dose, volume * scale) for dose, volume in unknown)))
    if answer.low is None or answer.high is None:
        assert truth.value is None
        return
    if truth.value is None:
        assert metric.question is Question.HOMOGENEITY  # it has D50% in its denominator
        return
    slack = 1e-6 * max(1.0, truth.value)
    assert answer.low - slack <= truth.value <= answer.high + slack
    if answer.value is not None:
        assert answer.low - slack <= answer.value <= answer.high + slack


def test_with_little_outside_the_value_is_that_of_the_part_inside_and_the_bounds_stay() -> None:
    some = distribution((10.0, 59.0), (20.0, 40.0), unknown_cc=1.0)
    answer = ask("V15Gy[cc]", some)
    assert (answer.state, answer.value) == (State.VALUE, pytest.approx(40.0))
    assert (answer.low, answer.high, answer.reason) == (pytest.approx(40.0), pytest.approx(41.0), UNKNOWN)
    assert ask("Max[Gy]", some).high == math.inf
    assert ask("Max[Gy]", some).value == pytest.approx(20.0)
    assert ask("Mean[Gy]", some).value == pytest.approx((590 + 800) / 99)
    assert bounds("D99.5cc[Gy]", some) == (0.0, pytest.approx(10.0))
    assert ask("D99.5cc[Gy]", some).state is State.INTERVAL  # more than is inside


@pytest.mark.parametrize(("share", "state"), [(0.99, State.VALUE), (1.01, State.INTERVAL)])
def test_there_is_a_value_only_up_to_the_small_share_outside(share: float, state: State) -> None:
    unknown = 1000.0 * SMALL_UNKNOWN_SHARE * share
    some = distribution((10.0, 500.0), (20.0, 500.0 - unknown), unknown_cc=unknown)
    assert ask("V15Gy[cc]", some).state is state


@pytest.mark.parametrize(
    "metric",
    [
        *("V15Gy[cc]", "CV15Gy[%]", "D95%[Gy]", "DC5cc[Gy]", "Mean[Gy]", "Max[Gy]", "Min[Gy]"),
        *("SD[Gy]", "gEUD(8)[Gy]", "HI[1]", "MeanOf95%Volume[Gy]"),
    ],
)
def test_with_nothing_inside_the_grid_only_the_volume_can_be_had(metric: str) -> None:
    nan = math.nan
    nothing = Distribution(None, nan, nan, nan, 50.0, "100 % outside", {})
    answer = ask(metric, nothing)
    assert (answer.state, answer.reason) == (State.NOT_EVALUABLE, "100 % outside")
    assert ask("Volume[cc]", nothing).value == 50.0


# The value itself.


def test_an_index_prints_without_a_unit() -> None:
    assert str(ask("HI[1]", LIVER)) == "7"
    assert str(ask("HI[1]", PART)) == "0.5 to unknown"
    assert ask("HI[1]", LIVER).to_dict()["unit"] == "1"


def test_an_unbounded_value_is_null_in_json_and_says_so() -> None:
    plain = ask("Max[Gy]", PART).to_dict()
    assert plain["high"] is None
    assert plain["low"] == pytest.approx(20.0)
    assert plain["reason"] == f"{UNKNOWN}; no upper bound"
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_a_value_in_json_has_the_contracted_keys() -> None:
    assert ask("V15Gy[cc]", PART).to_dict() == {
        "metric": "V15Gy[cc]",
        "state": "interval",
        "value": None,
        "low": pytest.approx(40.0),
        "high": pytest.approx(50.0),
        "unit": "cc",
        "reason": UNKNOWN,
        "basis": "physical",
    }


def test_each_state_reads_as_what_it_is() -> None:
    assert str(ask("Max[Gy]", LIVER)) == "40 Gy"
    assert str(ask("V15Gy[cc]", PART)) == "40 to 50 cc"
    assert str(ask("Max[Gy]", PART)) == "20 to unknown Gy"
    assert str(ask("Max[%]", distribution((1.0, 1.0)))).startswith("not evaluable: no prescription")
