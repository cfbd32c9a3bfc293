"""The metric notation of TG-263: what is read, how it prints, and what is refused where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import ParseError
from rtcheck.metrics import Metric, Question, parse_metric
from rtcheck.units import Unit

references = st.none() | st.text("ABCxyz 0123_-+.%/()ÄÖ肝", min_size=1, max_size=12).map(str.strip).filter(bool)
thresholds = st.floats(0, 1e5, allow_nan=False) | st.integers(0, 10_000).map(lambda n: n / 100)


@st.composite
def metrics(draw: st.DrawFn) -> Metric:
    question = draw(st.sampled_from(list(Question)))
    unit = draw(st.sampled_from([Unit.CC, Unit.PERCENT] if question.asks_volume else [Unit.GY, Unit.CGY, Unit.PERCENT]))
    threshold = threshold_unit = reference = None
    if question.takes_dose:
        threshold, threshold_unit = draw(thresholds), draw(st.sampled_from([Unit.GY, Unit.CGY, Unit.PERCENT]))
    elif question.takes_volume:
        threshold_unit = draw(st.sampled_from([Unit.CC, Unit.PERCENT]))
        threshold = draw(st.floats(0, 100) if threshold_unit is Unit.PERCENT else thresholds)
    metric = Metric(question, unit, threshold, threshold_unit)
    if metric.needs_reference:
        reference = draw(references)
    return Metric(question, unit, threshold, threshold_unit, reference)


@given(metrics())
def test_a_printed_metric_parses_to_itself(metric: Metric) -> None:
    assert parse_metric(str(metric)) == metric


@given(metrics())
def test_the_canonical_form_is_printed_unchanged(metric: Metric) -> None:
    assert str(parse_metric(str(metric))) == str(metric)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("V20Gy[%]", "V20Gy[%]"),
        ("D95%[Gy]", "D95%[Gy]"),
        ("D0.035cc[Gy]", "D0.035cc[Gy]"),
        ("DC700cc[Gy]", "DC700cc[Gy]"),
        ("CV15Gy[cc]", "CV15Gy[cc]"),
        ("Mean[Gy]", "Mean[Gy]"),
        ("Dmean[Gy]", "Mean[Gy]"),
        ("DMAX[cGy]", "Max[cGy]"),
        ("dmin[Gy]", "Min[Gy]"),
        ("Median[%]", "Median[%]"),
        ("Volume[cc]", "Volume[cc]"),
        ("volume[cm3]", "Volume[cc]"),
        ("d.03cm³[gy]", "D0.03cc[Gy]"),
        ("V 20 Gy [ % ]", "V20Gy[%]"),
        ("  cv15gy[CC]  ", "CV15Gy[cc]"),
        ("V2000cGy[cc]", "V2000cGy[cc]"),
        ("V20.0Gy[%]", "V20Gy[%]"),
        ("V20.Gy[%]", "V20Gy[%]"),
        ("D2%[%]", "D2%[%]"),
        ("V95%[%]", "V95%[%]"),
        ("V95%@PTV 60[cc]", "V95%@PTV 60[cc]"),
        ("D98%[%@ PTV_60 ]", "D98%[%@PTV_60]"),
        ("Mean[%@Boost]", "Mean[%@Boost]"),
        ("V0.00001Gy[cc]", "V0.00001Gy[cc]"),
        ("V1000000000000Gy[cc]", "V1000000000000Gy[cc]"),
        ("D0.1234567890123cc[Gy]", "D0.1234567890123cc[Gy]"),
    ],
)
def test_spellings_have_one_canonical_form(text: str, canonical: str) -> None:
    assert str(parse_metric(text)) == canonical


def test_the_parts_of_a_metric() -> None:
    assert parse_metric("V95%@PTV[cc]") == Metric(Question.VOLUME_AT, Unit.CC, 95.0, Unit.PERCENT, "PTV")
    assert parse_metric("DC700cc[Gy]") == Metric(Question.COLD_DOSE, Unit.GY, 700.0, Unit.CC)
    assert parse_metric("Max[%]") == Metric(Question.MAX, Unit.PERCENT)


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("V95%[cc]", True),
        ("D95%[%]", True),
        ("Mean[%]", True),
        ("CV50%[%]", True),
        ("V20Gy[%]", False),  # percent of the volume
        ("D95%[Gy]", False),
        ("Volume[%]", False),
    ],
)
def test_only_percent_of_a_dose_needs_a_reference(text: str, needs: bool) -> None:
    assert parse_metric(text).needs_reference is needs


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 0, "expected a metric"),
        ("20Gy", 0, "expected a metric"),
        ("X20Gy[%]", 0, "no metric known"),
        ("  HI[1]", 2, "no metric known"),
        ("V[%]", 1, "expected a number"),
        ("V20[%]", 1, "expected a number"),
        ("V-20Gy[%]", 1, "expected a number"),
        ("V1e2Gy[%]", 1, "expected a number"),
        ("V20cc[%]", 3, "takes Gy or cGy or %"),
        ("D20Gy[Gy]", 3, "takes cc or %"),
        ("D101%[Gy]", 1, "more than 100 %"),
        ("DC100.1%[Gy]", 2, "more than 100 %"),
        ("V20Gy", 5, "unit of the answer"),
        ("V20Gy[]", 5, "unit of the answer"),
        ("V20Gy[Gy]", 6, "answers in [cc] or [%]"),
        ("D95%[cc]", 5, "answers in [Gy] or [cGy] or [%]"),
        ("Mean[cc]", 5, "answers in [Gy] or [cGy] or [%]"),
        ("Volume[Gy]", 7, "answers in [cc] or [%]"),
        ("V20Gy[%] < 30", 9, "nothing after"),
        ("V20Gy[%]]", 8, "nothing after"),
        ("V20Gy@PTV[%]", 5, "goes with a dose in %"),
        ("D95%@PTV[Gy]", 4, "goes with a dose in %"),
        ("V95%@PTV[%@PTV]", 10, "goes with a dose in %"),
        ("D95%[Gy@PTV]", 7, "goes with a dose in %"),
        ("Mean20Gy[Gy]", 4, "unit of the answer"),
    ],
)
def test_what_is_no_metric_is_refused_where_it_stops_making_sense(text: str, position: int, says: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_metric(text)
    assert (caught.value.text, caught.value.position) == (text, position)
    assert says in caught.value.expected
