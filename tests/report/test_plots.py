"""Drawings of curves: what is left of a curve is where the curve is, and limits stand where they belong."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rtcheck.dvh import DVH
from rtcheck.finding import Verdict
from rtcheck.report.page.curves import MOST_CURVES, figures, limit_marks
from rtcheck.report.page.signs import COLOURS as VERDICT_COLOURS
from rtcheck.report.page.signs import sign, sign_svg
from rtcheck.report.plots import (
    COLOURS,
    DASHES,
    DoseLine,
    LimitMark,
    Plot,
    PlotCurve,
    Toward,
    sample_svg,
    svg,
    thinned,
    ticks,
)
from rtcheck.units import eqd2_basis
from tests.metrics.test_alternatives import named
from tests.report.test_curves import told as dvh_of
from tests.report.test_page import base, told
from tests.report.test_text import finding

NO_BAND = np.empty((0, 2))


def curve(name: str = "Liver", *marks: LimitMark, number: int = 0) -> PlotCurve:
    points = np.array([[0.0, 100.0], [10.0, 60.0], [20.0, 0.0]])
    return PlotCurve(name, number, number, points, NO_BAND, marks, "A")


def plot(*curves: PlotCurve, lines: tuple[DoseLine, ...] = ()) -> Plot:
    return Plot("Physical dose [Gy]", curves or (curve(),), lines, 25.0, "curves")


@given(st.floats(1e-3, 1e5))
def test_ticks_are_few_round_and_within_the_axis(highest: float) -> None:
    found = ticks(highest)
    assert found[0] == 0
    assert 3 <= len(found) <= 10
    assert found[-1] <= highest * (1 + 1e-6)
    step = found[1] / 10.0 ** np.floor(np.log10(found[1]) + 1e-9)
    assert min(abs(step - one) for one in (1, 2, 2.5, 5, 10)) < 1e-6


@given(arrays(float, st.tuples(st.integers(2, 40), st.just(2)), elements=st.floats(0, 600)))
def test_thinned_polyline_keeps_its_ends_and_passes_near_every_point(points: np.ndarray) -> None:
    kept = thinned(points, 2.0)
    assert (kept[0] == points[0]).all()
    assert (kept[-1] == points[-1]).all()
    starts, ends = kept[:-1], kept[1:]
    for point in points:
        along = ends - starts
        length = np.maximum((along**2).sum(axis=1), 1e-300)
        share = (((point - starts) * along).sum(axis=1) / length).clip(0, 1)
        assert np.hypot(*(point - starts - share[:, None] * along).T).min() <= 2.0 + 1e-6


def test_straight_line_needs_its_ends_alone() -> None:
    straight = np.column_stack([np.arange(100.0), np.arange(100.0)])
    assert len(thinned(straight)) == 2


def test_drawing_is_xml_of_itself_alone_whatever_a_target_is_called() -> None:
    line = DoseLine(20.0, '</text><script>alert("1")</script>& 20 Gy')
    drawing = svg(plot(lines=(line,)))
    root = ElementTree.fromstring(drawing)
    assert not [one for one in root.iter() if one.tag.endswith("script")]
    assert line.text in [one.text for one in root.iter()]
    assert "href" not in drawing
    assert "url(" not in drawing


def test_equal_plots_give_equal_bytes() -> None:
    assert svg(plot()) == svg(plot())


def test_curves_differ_in_dash_as_well_as_in_colour() -> None:
    assert len(set(DASHES)) == len(DASHES) >= MOST_CURVES
    assert len(set(COLOURS)) == len(COLOURS) >= MOST_CURVES
    samples = {sample_svg(curve(number=number)) for number in range(MOST_CURVES)}
    assert len(samples) == MOST_CURVES


def test_broken_limit_differs_from_a_kept_one_in_shape() -> None:
    kept = LimitMark(15.0, 30.0, Toward.LESS_VOLUME, is_broken=False)
    assert "circle" not in svg(plot(curve("Liver", kept)))
    assert "circle" in svg(plot(curve("Liver", replace(kept, is_broken=True))))


def test_letter_stands_beside_the_limit_and_the_line() -> None:
    kept = LimitMark(15.0, 30.0, Toward.LESS_VOLUME, is_broken=False)
    assert ">A</text>" in svg(plot(curve("Liver", kept)))
    assert ">A</text>" in sample_svg(curve())


def test_texts_of_prescribed_doses_that_would_touch_stand_on_steps() -> None:
    lines = (DoseLine(20.0, "PTV_1 20 Gy"), DoseLine(20.5, "PTV_2 20.5 Gy"), DoseLine(5.0, "PTV_3 5 Gy"))
    root = ElementTree.fromstring(svg(plot(lines=lines)))
    heights = {one.text: one.get("y") for one in root.iter() if one.text in {line.text for line in lines}}
    assert heights["PTV_3 5 Gy"] == heights["PTV_1 20 Gy"] != heights["PTV_2 20.5 Gy"]


def small_dvh() -> DVH:
    """100 cc: half at 10 Gy, half at 20 Gy."""
    return replace(dvh_of(named("", (10.0, 50.0), (20.0, 50.0))), reference_gy={"PTV": 40.0})


@pytest.mark.parametrize(
    ("metric", "unit", "limit", "value", "expected"),
    [
        ("V15Gy[%]", "%", "< 30 %", 30.0, (15.0, 30.0, Toward.LESS_VOLUME)),
        ("V15Gy[cc]", "cc", "<= 25 cc", 25.0, (15.0, 25.0, Toward.LESS_VOLUME)),
        ("V95%@PTV[%]", "%", ">= 98 %", 98.0, (38.0, 98.0, Toward.MORE_VOLUME)),
        ("CV15Gy[cc]", "cc", ">= 70 cc", 70.0, (15.0, 30.0, Toward.LESS_VOLUME)),
        ("D2%[Gy]", "Gy", "<= 18 Gy", 18.0, (18.0, 2.0, Toward.LESS_DOSE)),
        ("D95%[%@PTV]", "%", ">= 100 %", 100.0, (40.0, 95.0, Toward.MORE_DOSE)),
        ("D1500cGy[cc]", "cc", "<= 25 cc", 25.0, None),
        ("Max[Gy]", "Gy", "< 20 Gy", 20.0, (20.0, 0.0, Toward.LESS_DOSE)),
        ("Mean[Gy]", "Gy", "< 20 Gy", 20.0, None),
        ("BED10[Gy]", "Gy", ">= 60 Gy", 60.0, None),
    ],
)
def test_limit_stands_at_its_point_of_the_plane(
    metric: str, unit: str, limit: str, value: float, expected: tuple[float, float, Toward] | None
) -> None:
    one = finding(metric=metric, unit=unit, limit=limit, limit_value=value, observed=1.0)
    found = [(mark.dose_gy, mark.volume_percent, mark.toward) for mark in limit_marks(small_dvh(), [one])]
    assert found == ([expected] if expected else [])


def test_limit_of_another_basis_or_that_judged_nothing_is_not_drawn() -> None:
    asked = {"metric": "Max[Gy]", "limit": "< 20 Gy", "limit_value": 20.0, "observed": 1.0}
    others = [
        finding(**asked, basis=str(eqd2_basis(3.0))),
        finding(**asked, verdict=Verdict.NOT_EVALUATED),
        finding(**{**asked, "limit": "~ 20 Gy"}),
    ]
    assert limit_marks(small_dvh(), others) == ()
    assert len(limit_marks(small_dvh(), [finding(**asked), finding(**asked)])) == 1


def test_limit_that_one_row_breaks_is_broken() -> None:
    asked = {"metric": "Max[Gy]", "limit_value": 20.0, "observed": 20.0}
    rows = [finding(**asked, limit="<= 20 Gy"), finding(**asked, limit="< 20 Gy", verdict=Verdict.FAIL)]
    assert [mark.is_broken for mark in limit_marks(small_dvh(), rows)] == [True]


def test_roi_without_a_curve_is_named_with_the_reason() -> None:
    asked = finding(subject="Liver - PTV - Liver", metric="Max[Gy]", limit="< 20 Gy", rois=("Liver",))
    remarks = [remark for figure in figures(told(asked)) for remark in figure.remarks]
    assert [remark for remark in remarks if "Liver - PTV - Liver isn't drawn: " in remark]


def test_figure_tells_in_words_what_it_shows() -> None:
    targets = figures(base())[0]
    assert targets.plot.text.startswith("Cumulative dose-volume histogram of PTV: volume in percent")
    assert [row[0] for row in targets.rows] == [curve.name for curve in targets.plot.curves]


def test_every_verdict_has_a_sign_of_its_own_that_can_be_read() -> None:
    shapes = {sign(verdict).replace(VERDICT_COLOURS[verdict], "") for verdict in Verdict}
    assert len(shapes) == len(Verdict)
    for verdict in Verdict:
        ElementTree.fromstring(sign_svg(verdict))
        assert contrast_to_white(VERDICT_COLOURS[verdict]) >= 4.5


def test_curves_can_be_seen_on_white() -> None:
    assert min(map(contrast_to_white, COLOURS)) >= 3.0


def contrast_to_white(colour: str) -> float:
    """By WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
