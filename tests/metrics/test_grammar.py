"""The metric notation of TG-263: what is read, how it prints, and what is refused where."""

from __future__ import annotations

import pytest
from hypothesis import given

from rtcheck.errors import ParseError
from rtcheck.metrics import Metric, Question, parse_metric
from rtcheck.units import Unit
from tests.metrics.asked import metrics


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
        ("SD[Gy]", "SD[Gy]"),
        ("sd [ cgy ]", "SD[cGy]"),
        ("SD[%@PTV]", "SD[%@PTV]"),
        ("gEUD(8)[Gy]", "gEUD(8)[Gy]"),
        ("geud( -10 )[gy]", "gEUD(-10)[Gy]"),
        ("gEUD (- .5) [cGy]", "gEUD(-0.5)[cGy]"),
        ("gEUD(1.0309278350515463)[%@PTV]", "gEUD(1.0309278350515463)[%@PTV]"),
        ("gEUD(0.001)[Gy]", "gEUD(0.001)[Gy]"),
        ("hi[1]", "HI[1]"),
        ("CI(95%)[1]", "CI(95%)[1]"),
        ("ci ( 95 % @ PTV_1 ) [ 1 ]", "CI(95%@PTV_1)[1]"),
        ("PCI(38Gy)[1]", "PCI(38Gy)[1]"),
        ("pci(3800cgy)[1]", "PCI(3800cGy)[1]"),
        ("GI(100.0%@PTV (60))[1]", "GI(100%@PTV (60))[1]"),
        ("R50[1]", "R50[1]"),
        ("r 50 % @PTV_1 [1]", "R50@PTV_1[1]"),
        ("MeanOf95%Volume[Gy]", "MeanOf95%Volume[Gy]"),
        ("meanof 5 cm3 volume [cGy]", "MeanOf5ccVolume[cGy]"),
        ("MeanOf95%Volume[%@PTV]", "MeanOf95%Volume[%@PTV]"),
        ("PrescriptionDose[Gy]", "PrescriptionDose[Gy]"),
        ("prescriptiondose@PTV (60) [cGy]", "PrescriptionDose@PTV (60)[cGy]"),
    ],
)
def test_spellings_have_one_canonical_form(text: str, canonical: str) -> None:
    assert str(parse_metric(text)) == canonical


def test_the_parts_of_a_metric() -> None:
    assert parse_metric("V95%@PTV[cc]") == Metric(Question.VOLUME_AT, Unit.CC, 95.0, Unit.PERCENT, "PTV")
    assert parse_metric("DC700cc[Gy]") == Metric(Question.COLD_DOSE, Unit.GY, 700.0, Unit.CC)
    assert parse_metric("Max[%]") == Metric(Question.MAX, Unit.PERCENT)
    assert parse_metric("gEUD(-10)[Gy]") == Metric(Question.GEUD, Unit.GY, -10.0, Unit.ONE)
    assert parse_metric("PCI(95%@PTV)[1]") == Metric(Question.PADDICK, Unit.ONE, 95.0, Unit.PERCENT, "PTV")
    assert parse_metric("R50@PTV[1]") == Metric(Question.R50, Unit.ONE, reference="PTV")


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
        ("CI(95%)[1]", True),
        ("CI(38Gy)[1]", False),
        ("HI[1]", False),
        ("R50[1]", True),
        ("PrescriptionDose[Gy]", True),
        ("MeanOf95%Volume[Gy]", False),
        ("gEUD(8)[%]", True),
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
        ("  HX[1]", 2, "no metric known"),
        ("HI[%]", 3, "answers in [1], not [%]"),
        ("HI[Gy]", 3, "answers in [1], not [Gy]"),
        ("Mean[1]", 5, "answers in [Gy] or [cGy] or [%]"),
        ("SD10%[Gy]", 2, "unit of the answer"),
        ("gEUD[Gy]", 4, "as in gEUD(8)[Gy]"),
        ("gEUD8[Gy]", 4, "in round brackets"),
        ("gEUD()[Gy]", 5, "expected a number"),
        ("gEUD(x)[Gy]", 5, "expected a number"),
        ("gEUD(1e3)[Gy]", 6, "expected )"),
        ("gEUD(8Gy)[Gy]", 6, "expected )"),
        ("gEUD(0)[Gy]", 5, "at least 0.001"),
        ("gEUD( -0.0009)[Gy]", 6, "at least 0.001, or at most -0.001"),
        ("gEUD(8)[1]", 8, "answers in [Gy] or [cGy] or [%]"),
        ("gEUD(8@PTV)[%]", 6, "expected )"),
        ("CI[1]", 2, "as in CI(95%)[1]"),
        ("CI95%[1]", 2, "in round brackets"),
        ("CI(95)[1]", 3, "expected a number and Gy"),
        ("CI(95cc)[1]", 5, "takes Gy or cGy or %"),
        ("CI(95%[1]", 6, "expected )"),
        ("CI(95%@PTV[1]", 10, "expected )"),
        ("CI(95%@)[1]", 6, "name of a dose reference"),
        ("CI(38Gy@PTV)[1]", 7, "goes with a dose in %"),
        ("CI(95%)@PTV[1]", 7, "unit of the answer"),
        ("CI(95%)[1@PTV]", 9, "goes with a dose in %"),
        ("CI(95%)[%]", 8, "answers in [1]"),
        ("R[1]", 1, "only R50 is known"),
        ("R20[1]", 1, "only R50 is known"),
        ("R500[1]", 1, "only R50 is known"),
        ("R50@[1]", 3, "name of a dose reference"),
        ("R50[%]", 4, "answers in [1]"),
        ("MeanOf95%[Gy]", 9, "expected Volume"),
        ("MeanOf95Gy Volume[Gy]", 8, "takes cc or %"),
        ("MeanOf101%Volume[Gy]", 6, "more than 100 %"),
        ("MeanOfVolume[Gy]", 0, "no metric known"),
        ("PrescriptionDose[%]", 17, "answers in [Gy] or [cGy]"),
        ("PrescriptionDose[Gy@PTV]", 19, "goes with a dose in %"),
        ("V95%@[cc]", 4, "name of a dose reference"),
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
