"""Section C, single contours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.finding import Severity, Verdict
from rtcheck.study import ROI, Contour, GeometricType
from tests.plan_checks.drawings import CLOSED, box, contour, drawn, square, with_more, without
from tests.plan_checks.samples import fires, only, reasons


def test_a_figure_of_eight_is_found() -> None:
    eight = contour([(-10, -10), (10, 10), (10, -10), (-10, 10)], 1)
    finding = only(drawn(with_more(without(box(), 1), eight)), "C12")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "1 of 20 contours cross or run over themselves (200 mm2)" in finding.message


def test_a_loop_run_over_twice_is_found() -> None:
    inner = [(-5, -5), (5, -5), (5, 5), (-5, 5)]
    loop = contour([(-20, -20), (20, -20), (20, 20), (-20, 20), (-20, -20), *inner, (-5, -5)], 1)
    assert "cross or run over themselves" in only(drawn(with_more(without(box(), 1), loop)), "C12").message


def test_a_keyhole_and_a_contour_that_touches_itself_are_let_pass() -> None:
    hole = [(-5, 5), (5, 5), (5, -5), (-5, -5)]
    keyhole = contour([(-20, -20), *hole, (-5, 5), (-20, -20), (20, -20), (20, 20), (-20, 20)], 1)
    touching = contour([(-20, -20), (0, -20), (0, 0), (20, 0), (20, 20), (0, 20), (0, 0), (-20, 0)], 3)
    roi = with_more(without(box(), 1, 3), keyhole, touching)
    assert reasons(drawn(roi), "C12") == [""]


def test_a_crossing_below_the_share_is_let_pass_and_a_clinic_may_ask_for_it() -> None:
    notch = contour([(-20, -20), (20, -20), (20, 20), (0, 20), (1, 21), (0, 21), (1, 20), (-20, 20)], 1)
    case = drawn(with_more(without(box(), 1), notch))
    assert fires(case, "C12") == []
    assert only(case, "C12", crossing_percent=0.001).verdict is Verdict.ACCEPTABLE


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (contour([(0, 0), (1, 1)], 25), "1 contour has fewer than three points"),
        (contour([(0, 0), (5, 5), (10, 10)], 1), "1 contour has no area"),
        (square(0, 0, 5, 25, GeometricType.OPEN_PLANAR), "OPEN_PLANAR contours bound no area"),
    ],
    ids=["points", "line", "open"],
)
def test_what_bounds_no_area_is_a_warning_in_an_organ_and_a_note_elsewhere(more, told) -> None:
    loud, low = (only(drawn(with_more(box(name), more)), "C12") for name in ("Liver", "Wire left"))
    assert told in loud.message
    assert (loud.verdict, low.verdict) == (Verdict.ACCEPTABLE, Verdict.INFO)


def test_points_are_no_fault() -> None:
    point = contour([(0, 0)], 1, GeometricType.POINT)
    assert reasons(drawn(with_more(box(), point), ROI(2, "Iso", "ISOCENTER", (point,))), "C12") == [""]


def test_points_a_little_off_their_plane_are_a_note() -> None:
    tilted = box().contours[5]
    points = tilted.points_mm + np.array([[0, 0, 0], [0, 0, 0.2], [0, 0, 0.2], [0, 0, 0]])
    roi = without(box(), float(tilted.points_mm[0, 2]))
    finding = only(drawn(with_more(roi, Contour(CLOSED, points))), "C12")
    assert finding.verdict is Verdict.INFO
    assert "points off their plane" in finding.message


def test_a_helper_without_a_volume_is_a_note_and_no_other_check_waits_for_it() -> None:
    line = contour([(0, 0), (5, 5), (10, 10)], 1)
    case = drawn(ROI(1, "Ring 2cm", None, (line,)))
    assert only(case, "C12").verdict is Verdict.INFO
    assert reasons(case, "C2") == reasons(case, "C3") == [""]


def test_contours_that_share_no_plane_are_a_warning_with_the_reason() -> None:
    tilted = Contour(CLOSED, box().contours[0].points_mm + np.array([[0, 0, 0], [0, 0, 9], [0, 0, 3], [0, 0, 0]]))
    finding = only(drawn(with_more(box(), tilted)), "C12")
    assert (finding.verdict, finding.severity) == (Verdict.ACCEPTABLE, Severity.WARNING)
    assert "parallel planes" in finding.message


def test_contours_drawn_twice_are_a_note_and_nearly_twice_a_warning() -> None:
    twice = with_more(box(), box().contours[3])
    alike = with_more(box(), square(0, 0, 19.5, 1))
    assert only(drawn(twice), "C12").verdict is Verdict.INFO
    assert only(drawn(alike), "C12").verdict is Verdict.ACCEPTABLE
    assert only(drawn(replace(alike, name="Liver_wall")), "C12").verdict is Verdict.INFO
