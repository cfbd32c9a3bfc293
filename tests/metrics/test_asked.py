"""Metrics with their limits as text: what is read, how it prints, and what is refused where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import ParseError
from rtcheck.metrics import Asked, Metric, parse_asked, parse_metric
from rtcheck.units import Comparator
from tests.metrics.asked import amounts, metrics


@given(metrics(), st.sampled_from([one for one in Comparator if one.judges]), amounts)
def test_what_is_asked_prints_and_parses_to_itself(metric: Metric, comparator: Comparator, value: float) -> None:
    laxer = (comparator, value + 1 if comparator.is_upper else value / 2)
    for acceptable in (None, laxer):
        if acceptable is None or acceptable[1] != value:
            asked = Asked(metric, comparator, value, acceptable)
            assert parse_asked(str(asked)) == asked


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("CV15Gy[cc] >= 700", "CV15Gy[cc] >= 700 cc"),
        ("Mean[Gy] < 30 (< 32)", "Mean[Gy] < 30 Gy (< 32 Gy)"),
        ("dmean [gy]<30gy(<=32.50GY)", "Mean[Gy] < 30 Gy (<= 32.5 Gy)"),
        ("V20Gy[%]<=30%", "V20Gy[%] <= 30 %"),
        ("CV15Gy[cc]>=700 cm3 ( >= 650 )", "CV15Gy[cc] >= 700 cc (>= 650 cc)"),
        ("PCI(95%@PTV (60))[1] > .7", "PCI(95%@PTV (60))[1] > 0.7"),
        ("Mean[Gy] < 30 (<= 30)", "Mean[Gy] < 30 Gy (<= 30 Gy)"),
        ("D95%[%@PTV] >= 95 %", "D95%[%@PTV] >= 95 %"),
        ("  Mean[cGy] < 3000  ", "Mean[cGy] < 3000 cGy"),
    ],
)
def test_spellings_have_one_canonical_form(text: str, canonical: str) -> None:
    assert str(parse_asked(text)) == canonical


def test_the_parts_of_what_is_asked() -> None:
    asked = parse_asked("Mean[Gy] < 30 (<= 32)")
    assert asked == Asked(parse_metric("Mean[Gy]"), Comparator.LT, 30.0, (Comparator.LE, 32.0))


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 0, "expected a metric"),
        ("Mean < 30", 4, "unit of the answer"),
        ("Mean[Gy]", 8, "expected <, <=, > or >="),
        ("Mean[Gy] 30", 9, "expected <, <=, > or >="),
        ("Mean[Gy] ≤ 30", 9, "write <="),
        ("Mean[Gy] => 30", 9, "write >="),
        ("Mean[Gy] = 30", 9, "expected <, <=, > or >="),
        ("Mean[Gy] ~ 30", 9, "expected <, <=, > or >="),
        ("Mean[Gy] == 30", 9, "expected <, <=, > or >="),
        ("Mean[Gy] <", 10, "expected a number"),
        ("Mean[Gy] < -3", 10, "expected a number"),
        ("Mean[Gy] < x", 10, "expected a number"),
        ("Mean[Gy] < 30 cGy", 14, "Mean[Gy] answers in Gy"),
        ("Mean[Gy] < 30 cc", 14, "answers in Gy"),
        ("HI[1] < 0.1 %", 12, "answers in a bare number"),
        ("Mean[Gy] < 30 Gy 5", 17, "nothing after the limit"),
        ("Mean[Gy] < 30 (32)", 15, "expected <, <=, > or >="),
        ("Mean[Gy] < 30 (< 32", 19, "expected )"),
        ("Mean[Gy] < 30 (< 32) x", 21, "nothing after the limit"),
        ("Mean[Gy] < 30 (< 28)", 15, "laxer than < 30"),
        ("Mean[Gy] < 30 (> 32)", 15, "laxer than < 30"),
        ("Mean[Gy] <= 30 (< 30)", 16, "laxer than <= 30"),
        ("CV15Gy[cc] >= 700 (>= 750)", 19, "laxer than >= 700"),
    ],
)
def test_what_asks_nothing_is_refused_where_it_stops_making_sense(text: str, position: int, says: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_asked(text)
    assert (caught.value.text, caught.value.position) == (text, position)
    assert says in caught.value.expected
