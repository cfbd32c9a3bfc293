"""Curves as drawn and written: the chosen convention's, within the bounds of all."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace

import numpy as np
import pytest

from rtcheck.case import Case
from rtcheck.dvh import DVH
from rtcheck.metrics import Distribution
from rtcheck.report.curves import curves_csv, drawn_band, drawn_curve, volume_bounds_cc
from rtcheck.units import eqd2_basis
from tests.metrics.test_alternatives import NOTHING, named
from tests.studies import box_roi, dose, study

INSIDE = ((-20, 20), (-20, 20), (-20, 20))
HALF_OUT = ((-20, 20), (-20, 20), (40, 80))


def told(chosen: Distribution, *others: Distribution) -> DVH:
    extremes = (chosen.mean_gy, chosen.min_gy, chosen.max_gy)
    return DVH("A", ("A",), chosen.curve, *extremes, chosen.unknown_cc, alternatives=others)


CHOSEN = named("", (10.0, 50.0), (20.0, 50.0))
SMALLER = named("no ends", (10.0, 40.0), (20.0, 50.0))
HOTTER = named("rounded ends", (10.0, 50.0), (30.0, 50.0), unknown_cc=5.0)


@pytest.fixture(scope="module")
def case() -> Case:
    return Case(study([box_roi(1, "A", INSIDE), box_roi(2, "B", HALF_OUT)], dose(lambda x, y, z: 20 + x / 4 + z / 8)))


@pytest.mark.parametrize(
    ("at_gy", "low", "high"), [(5.0, 90.0, 105.0), (10.0, 90.0, 105.0), (15.0, 50.0, 55.0), (25.0, 0.0, 55.0)]
)
def test_bounds_of_a_volume_are_those_of_all_conventions_with_their_unknown_volume(
    at_gy: float, low: float, high: float
) -> None:
    found = volume_bounds_cc(told(CHOSEN, SMALLER, HOTTER), np.array([at_gy]))
    assert np.ravel(found) == pytest.approx([low, high])


def test_an_roi_without_volume_under_a_convention_has_none_there() -> None:
    dvh = told(CHOSEN, NOTHING)
    assert np.ravel(volume_bounds_cc(dvh, np.array([15.0]))) == pytest.approx([0.0, 50.0])
    band = drawn_band(dvh, drawn_curve(dvh))
    assert band is None  # as a share of its volume only the chosen convention has an answer


def test_band_holds_the_curve_and_goes_on_to_the_highest_dose_of_any_convention() -> None:
    dvh = told(CHOSEN, SMALLER, HOTTER)
    curve = drawn_curve(dvh)
    band = drawn_band(dvh, curve)
    count = len(curve.dose_gy)
    np.testing.assert_array_equal(band.dose_gy[:count], curve.dose_gy)
    assert band.dose_gy[-1] == 30.0
    for low, value, high in (
        (band.low_cc, curve.low_cc, band.high_cc),
        (band.low_percent, curve.low_percent, band.high_percent),
    ):
        assert (low[:count] <= value + 1e-9).all()
        assert (value <= high[:count] + 1e-9).all()
    # Shares are of each convention's own volume.
    assert band.high_percent[0] == pytest.approx(100.0)
    assert band.low_percent[0] == pytest.approx(100 * 100 / 105)


def test_band_of_a_uniform_dose_falls_where_the_curve_falls() -> None:
    dvh = told(named("", (20.0, 100.0)), named("no ends", (20.0, 90.0)), named("rounded ends", (21.0, 95.0)))
    curve = drawn_curve(dvh)
    band = drawn_band(dvh, curve)
    step = np.flatnonzero(np.diff(curve.dose_gy) == 0)
    assert len(step)
    np.testing.assert_allclose(band.low_cc[step], 90.0)
    np.testing.assert_allclose(band.low_cc[step + 1], 0.0)
    np.testing.assert_allclose(band.high_cc[step + 1], 95.0)


def test_without_alternatives_or_where_they_agree_there_is_no_band() -> None:
    alone, alike = told(CHOSEN), told(CHOSEN, replace(CHOSEN, convention="no ends"))
    assert drawn_band(alone, drawn_curve(alone)) is None
    assert drawn_band(alike, drawn_curve(alike)) is None


def rows_of(*dvhs: DVH) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(curves_csv(dvhs, step_gy=5.0))))


def test_written_curve_has_its_bounds_beside_it() -> None:
    rows = rows_of(told(CHOSEN, SMALLER, HOTTER))
    assert list(rows[0]) == [
        "roi",
        "dose_gy",
        "volume_cc",
        "volume_percent",
        "outside_grid_cc",
        "problem",
        "volume_low_cc",
        "volume_high_cc",
        "basis",
        "dose",
    ]
    told_at = {
        float(row["dose_gy"]): tuple(float(row[f"volume_{part}cc"]) for part in ("low_", "", "high_")) for row in rows
    }
    assert told_at[0.0] == (90.0, 100.0, 105.0)
    assert told_at[15.0] == (50.0, 50.0, 55.0)
    assert told_at[25.0] == (0.0, 0.0, 55.0)
    assert max(told_at) >= 30.0


def test_every_row_says_what_its_gray_are(case: Case) -> None:
    empty = DVH("Empty", (), None, problem="no contours", basis=eqd2_basis(3))
    rows = rows_of(case.dvh("A"), replace(case.dvh("B"), basis=eqd2_basis(3)), empty)
    assert {row["roi"]: row["basis"] for row in rows} == {
        "A": "physical",
        "B": "EQD2(alpha/beta=3 Gy)",
        "Empty": "EQD2(alpha/beta=3 Gy)",
    }
    assert {len(row) for row in rows} == {10}
    assert None not in {value for row in rows for value in row.values()}


def test_every_written_volume_lies_within_its_bounds(case: Case) -> None:
    rows = rows_of(*case.dvhs())
    assert {row["roi"] for row in rows} == {"A", "B"}
    for row in rows:
        low, value, high = (float(row[name]) for name in ("volume_low_cc", "volume_cc", "volume_high_cc"))
        assert low <= value <= high
        assert row["roi"] == "A" or high >= value + float(row["outside_grid_cc"]) - 1e-3


def test_an_roi_without_a_curve_has_one_row() -> None:
    outside = Distribution(None, math.nan, math.nan, math.nan, 5.0, "", {})
    (empty,) = rows_of(DVH("Empty", (), None, problem="no contours"))
    (beyond,) = rows_of(told(outside))
    assert (empty["volume_cc"], empty["volume_low_cc"], empty["problem"]) == ("", "", "no contours")
    assert (beyond["outside_grid_cc"], beyond["problem"]) == ("5", "outside the dose grid")
