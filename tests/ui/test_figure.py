"""Curves as drawn, against the DVH that they are of."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("plotly", reason="the app extra isn't installed")

from rtcheck.case import Case
from rtcheck.dvh import DVH
from rtcheck.finding import Verdict
from rtcheck.report.curves import drawn_band, drawn_curve
from rtcheck.ui.colours import VERDICT_COLOURS, contrast, visible
from rtcheck.ui.figure import Choice, dvh_figure, outside_text
from tests.studies import box_roi, dose, study

INSIDE = ((-20, 20), (-20, 20), (-20, 20))
HALF_OUT = ((-20, 20), (-20, 20), (40, 80))


@pytest.fixture(scope="module")
def case() -> Case:
    rois = [box_roi(1, "Inside", INSIDE), box_roi(2, "Half out", HALF_OUT), box_roi(3, "<b>Name</b>", INSIDE, "PTV")]
    return Case(study(rois, dose(lambda x, y, z: 20 + x / 4)))


def _choice(name: str, target: bool = False) -> Choice:
    return Choice(name, name, None, (255, 255, 0), target)


def _curves(figure) -> list:
    """The lines, without the bands, which have no name."""
    return [trace for trace in figure.data if trace.name]


def test_drawn_points_are_the_curves_own(case):
    dvh = case.dvh("Inside")
    drawn = drawn_curve(dvh, points=50)
    assert len(drawn.dose_gy) <= 103
    assert drawn.dose_gy[0] == 0
    assert drawn.low_cc[0] == pytest.approx(64)
    assert drawn.low_cc[-1] == 0
    assert (np.diff(drawn.dose_gy) >= 0).all()
    assert (np.diff(drawn.low_cc) <= 0).all()
    for gray, volume in zip(drawn.dose_gy, drawn.low_cc, strict=True):
        assert dvh.curve.volume_at(gray) == pytest.approx(volume, abs=0.1)
    np.testing.assert_allclose(drawn.low_percent, drawn.low_cc / 0.64)
    np.testing.assert_array_equal(drawn.low_cc, drawn.high_cc)


def test_uniform_dose_is_a_step():
    uniform = Case(study([box_roi(1, "A", INSIDE)], dose(30.0))).dvh("A")
    drawn = drawn_curve(uniform)
    assert drawn.dose_gy.max() == pytest.approx(30)
    assert drawn.low_percent[0] == pytest.approx(100)


def test_volume_outside_the_grid_is_drawn_as_unknown(case):
    dvh = case.dvh("Half out")
    drawn = drawn_curve(dvh)
    np.testing.assert_allclose(drawn.high_cc - drawn.low_cc, dvh.outside_cc)
    assert drawn.high_percent[0] == pytest.approx(100)
    figure = dvh_figure([(_choice("Half out"), dvh)], (), in_cc=False, dark=False)
    low, high = _curves(figure)
    assert low.line.dash == high.line.dash == "dash"
    assert high.fill == "tonexty"
    assert outside_text(dvh) in low.name


@pytest.mark.parametrize("in_cc", [False, True])
def test_band_between_the_conventions_goes_with_its_curve(case, in_cc):
    dvh = case.dvh("Inside")
    band = drawn_band(dvh, drawn_curve(dvh))
    figure = dvh_figure([(_choice("Inside"), dvh)], (), in_cc=in_cc, dark=False)
    low, high, line = figure.data
    assert (high.fill, low.line.width, high.line.width) == ("tonexty", 0, 0)
    assert low.showlegend is high.showlegend is False
    assert low.legendgroup == high.legendgroup == line.legendgroup
    np.testing.assert_array_equal(low.y, band.low_cc if in_cc else band.low_percent)
    np.testing.assert_array_equal(high.y, band.high_cc if in_cc else band.high_percent)
    for (least, most), volume in zip(line.customdata, line.y, strict=True):
        assert least - 1e-3 <= volume <= most + 1e-3
    assert "customdata[0]" in line.hovertemplate


def test_without_intervals_no_band_is_drawn(case):
    plain = Case(case.study, intervals=False).dvh("Inside")
    figure = dvh_figure([(_choice("Inside"), plain)], (), in_cc=True, dark=False)
    assert len(figure.data) == 1
    assert "customdata" not in figure.data[0].hovertemplate


def test_only_what_lies_outside_is_dashed_and_lines_differ(case):
    dvh = case.dvh("Inside")
    figure = dvh_figure([(_choice(str(n)), dvh) for n in range(4)], (), in_cc=True, dark=False)
    lines = [trace.line.dash for trace in _curves(figure)]
    assert len(set(lines)) == 4
    assert "dash" not in lines


def test_roi_names_are_no_markup(case):
    figure = dvh_figure([(_choice("<b>Name</b>"), case.dvh("<b>Name</b>"))], (), in_cc=True, dark=False)
    (curve,) = _curves(figure)
    assert curve.name == "&lt;b&gt;Name&lt;/b&gt;"
    assert "<b>" not in curve.hovertemplate


def test_without_a_curve_nothing_is_drawn():
    dvh = DVH("Empty", (), None, problem="no contours")
    assert drawn_curve(dvh) is None
    assert not dvh_figure([(_choice("Empty"), dvh)], (), in_cc=False, dark=False).data


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("colour", [(255, 255, 0), (0, 255, 255), (255, 255, 255), (0, 0, 0), (0, 0, 128), (255, 0, 0)])
def test_curves_stand_out_from_the_page(colour, dark):
    page = (23, 22, 20) if dark else (255, 255, 255)
    assert contrast(visible(colour, dark=dark), page) >= 3


def test_a_colour_that_can_be_seen_stays():
    assert visible((200, 30, 30), dark=False) == (200, 30, 30)


def test_every_verdict_has_a_colour_of_its_own_and_readable_text():
    assert set(VERDICT_COLOURS) == set(Verdict)
    assert len(set(VERDICT_COLOURS.values())) == len(Verdict)
    for text in VERDICT_COLOURS.values():
        colour = tuple(bytes.fromhex(text[1:]))
        assert contrast(colour, (255, 255, 255)) >= 4.5
    red, green, blue = bytes.fromhex(VERDICT_COLOURS[Verdict.NOT_EVALUATED][1:])
    assert green < min(red, blue)
