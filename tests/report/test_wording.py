"""What one finding says: its margin never reads as none where there is one, and its room along the curve."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.finding import Source, Verdict
from rtcheck.report.wording import (
    AT_LIMIT,
    BAR_CELLS,
    curve_text,
    limit_text,
    margin_bar,
    margin_text,
    observed_text,
    quote_text,
    source_text,
    why,
)
from rtcheck.units import Comparator, meets
from tests.report.test_text import finding


def of(observed: float, limit: float, **parts: object):
    """A finding of ``<= limit``."""
    margin = limit - observed
    percent = 100.0 * margin / limit if limit else None
    told = {"observed": observed, "limit_value": limit, "margin": margin, "margin_percent": percent}
    return finding(**(told | parts))


@pytest.mark.parametrize(
    ("observed", "limit", "unit", "text"),
    [
        (22.3, 30.0, "Gy", "+7.70 Gy (+26 %)"),
        (31.25, 30.0, "Gy", "-1.25 Gy (-4 %)"),
        (30.004, 30.0, "Gy", "-0.004 Gy (-0.01 %)"),
        (29.9996, 30.0, "Gy", "+0.0004 Gy (+0.001 %)"),
        (0.0, 0.35, "cc", "+0.35 cc (+100 %)"),  # as many digits as the limit has
        (22.0, 30.0, "%", "+8.0 % (+27 %)"),
        (0.5, 0.0, "cc", "-0.5 cc"),  # no percent of nothing
        (30.0, 30.0, "Gy", AT_LIMIT),
        (30.0 + 1e-9, 30.0, "Gy", AT_LIMIT),
        (700.00005, 700.0, "cc", AT_LIMIT),  # the tolerance is relative
    ],
)
def test_margin_is_in_the_unit_of_the_limit_and_in_percent_of_it(
    observed: float, limit: float, unit: str, text: str
) -> None:
    assert margin_text(of(observed, limit, unit=unit)) == text


def test_without_a_margin_nothing_is_said() -> None:
    assert (margin_text(finding()), margin_bar(finding()), curve_text(finding())) == ("", "", "")
    assert margin_bar(finding(margin=-0.5, limit_value=0.0)) == ""


@given(st.floats(0.01, 2000), st.floats(-0.5, 0.5))
def test_margin_never_reads_as_none_nor_on_the_other_side(limit: float, share: float) -> None:
    observed = limit * (1 - share)
    one = of(observed, limit, unit="cc")
    text, bar = margin_text(one), margin_bar(one)
    if text == AT_LIMIT:
        assert bar == f"{' ' * BAR_CELLS}│{' ' * BAR_CELLS}"
        return
    number = float(text.split()[0])
    assert number != 0
    assert (number > 0) == meets(observed, Comparator.LE, limit)
    broken, kept = bar.split("│")
    assert bool(kept.strip()) == (number > 0)
    assert bool(broken.strip()) == (number < 0)
    assert len(bar) == 2 * BAR_CELLS + 1


@pytest.mark.parametrize(
    ("percent", "bar"),
    [
        (100.0, "     │█████"),
        (144.0, "     │█████"),
        (50.0, "     │██▌  "),
        (0.1, "     │▏    "),
        (-0.1, "    █│     "),
        (-48.0, "   ██│     "),
        (-250.0, "█████│     "),
    ],
)
def test_bar_shows_something_of_the_smallest_margin_and_no_more_than_a_side_of_the_largest(
    percent: float, bar: str
) -> None:
    assert margin_bar(finding(margin=percent, margin_percent=percent, limit_value=100.0)) == bar


@pytest.mark.parametrize(
    ("room", "unit", "text"),
    [
        (1.3, "Gy", "the curve could move by 1.30 Gy"),
        (-0.004, "Gy", "the curve would have to move by 0.004 Gy"),
        (0.035, "cc", "the curve could move by 0.04 cc"),
        (0.0, "Gy", "the curve couldn't move"),
    ],
)
def test_room_along_the_curve(room: float, unit: str, text: str) -> None:
    assert curve_text(finding(curve_margin=room, curve_margin_unit=unit)) == text


def test_observed_value_has_the_digits_of_its_limit() -> None:
    assert observed_text(finding(observed=0.3, limit_value=0.35, unit="cc")) == "0.30 cc"
    assert observed_text(finding(observed=0.3, limit_value=1 / 3, unit="cc")) == "0.300 cc"


def test_status_of_a_row_is_printed_and_its_table_marked_where_nothing_enables_it() -> None:
    one = finding(source=Source("unverified-t", "t.row", status="values-only"))
    assert source_text(one) == "t.row [values-only]"
    assert source_text(one, {"unverified-t"}) == "t.row [values-only] ! table not enabled by default"


def test_what_a_clinic_changed_is_said_with_the_row() -> None:
    changed = finding(overrides="limit < 8 % in place of < 10 % of quantec: since 2024")
    assert why(changed) == "changed: limit < 8 % in place of < 10 % of quantec: since 2024"
    assert why(finding(overrides="x", robust=False, message="14.8 Gy")) == "not robust: 14.8 Gy; changed: x"


def test_basis_of_a_limit_stands_beside_the_metric_alone() -> None:
    basis = "EQD2(alpha/beta=3 Gy)"
    assert limit_text(finding(limit=f"< 28 Gy {basis}", basis=basis)) == "< 28 Gy"
    assert limit_text(finding(limit="< 28 Gy", basis="physical")) == "< 28 Gy"
    assert limit_text(finding(limit="< 28 Gy")) == "< 28 Gy"


def test_quote_leaves_out_what_its_section_says() -> None:
    message = "2.512 Gy; the source quotes 1-5 % myelopathy at <= 25.3 Gy; no limit, for adults; asked in 4 fractions"
    quoted = finding(verdict=Verdict.INFO, message=message)
    assert quote_text(quoted) == "1-5 % myelopathy at <= 25.3 Gy, for adults; asked in 4 fractions"
    assert quote_text(finding(verdict=Verdict.INFO, message="no ROI of that name")) == "no ROI of that name"
    assert quote_text(finding(message="m", overrides="x")) == "m; changed: x"
