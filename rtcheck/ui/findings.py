"""Findings as tables: a sign, a word and a colour for each verdict, and one row in full."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from rtcheck.finding import PROTOCOL, REFERENCE, Finding, Verdict
from rtcheck.printable import one_line
from rtcheck.report.rows import verdict_text
from rtcheck.report.wording import (
    NOT_ENABLED,
    STANDINGS,
    curve_text,
    interval_text,
    limit_text,
    margin_bar,
    margin_text,
    metric_text,
    needs_reading,
    observed_text,
    place_text,
    why,
)
from rtcheck.ui.colours import VERDICT_COLOURS
from rtcheck.ui.plain import plain

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler
    from streamlit.column_config import ColumnConfig  # type: ignore[attr-defined]

_BAR, _STANDING = "Of the limit", "Limit of"
COLUMNS = (
    "Verdict",
    "ROI",
    "Metric",
    "Observed",
    "Limit",
    _STANDING,
    "Margin",
    _BAR,
    "Status",
    "Why",
    "Interval",
    "Source",
)
#: What only findings have that something was measured for, only those that were judged, and only limits.
MEASURED, JUDGED, STANDING = ("Observed", "Interval"), ("Margin", _BAR), (_STANDING,)
#: Fewer rows than this need no filters, and may be high.
FEW = 6
#: Height of a row of one line, of two (from here on the table wraps its texts), and of each further line.
_ROW, _TWO_LINES, _LINE = 36, 72, 18
#: Most lines of a row: all rows are as high as the highest, so those of a long table have one.
_MOST_LINES = 5
#: Below a table so many rows are told in full; of more only those that must be read.
_MOST_CAPTIONS = 8
#: Width of the columns, and letters on a line of "Why".
_WIDTHS = {
    "Verdict": 126,
    "ROI": 104,
    "Metric": 100,
    "Observed": 80,
    "Limit": 100,
    _STANDING: 80,
    "Margin": 132,
    _BAR: 126,
    "Status": 76,
    "Why": 230,
    "Interval": 112,
    "Source": 190,
}
_LETTERS = 34
#: Pixels of width for one letter.
_PER_LETTER = 7
_FILLER = "░"
_BAR_HELP = "The margin as a part of the limit: to the right of the line the limit is kept, to the left it is broken."
_STANDING_HELP = "A limit of the protocol, or a reference: of a table that the protocol recommends or doesn't name."
_STANDINGS = {PROTOCOL: "protocol", REFERENCE: "reference"}
_STATUS_HELP = f"How well the row was confirmed against its publication; with a ! of a {NOT_ENABLED}."


def sign_and_word(verdict: Verdict) -> str:
    """``✔ PASS``: so that nothing depends on colour."""
    return verdict_text(verdict).plain


def findings_frame(
    findings: Sequence[Finding], not_enabled: Collection[str] = (), said: Callable[[Finding], str] = why
) -> pd.DataFrame:
    """What the table shows, one row for each finding in the order given; rows of some tables are marked."""
    rows = [
        (
            sign_and_word(finding.verdict),
            one_line(finding.subject),
            metric_text(finding),
            observed_text(finding),
            limit_text(finding),
            _STANDINGS.get(finding.standing, ""),
            margin_text(finding),
            margin_bar(finding, _FILLER),
            status_text(finding, not_enabled),
            one_line(said(finding)),
            interval_text(finding),
            finding.source.row,
        )
        for finding in findings
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def status_text(finding: Finding, not_enabled: Collection[str] = ()) -> str:
    """How well the row was confirmed; a sign where its table is asked only because somebody named it."""
    return f"! {finding.source.status}".strip() if finding.source.table in not_enabled else finding.source.status


def show_table(
    findings: Sequence[Finding],
    key: str,
    *,
    without: Collection[str] = (),
    said: Callable[[Finding], str] = why,
    heading: str = "Why",
    captions: bool = True,
    height: int | None = None,
    not_enabled: Collection[str] = (),
) -> None:
    """The findings as a table in the order given; below it what didn't fit, and all of the row that is selected.

    Parameters
    ----------
    findings : sequence of Finding
    key : str
        Of the widget.
    without : collection of str
        Columns that aren't shown; their room goes to the words.
    said : callable
        The words of a finding.
    heading : str
        What stands above them.
    captions : bool
        False leaves out what didn't fit, for findings that are told in full elsewhere.
    height : int, optional
        In pixels, for a table that scrolls; without it the table is as high as its rows.
    not_enabled : collection of str
        Tables whose rows are marked.
    """
    gained = sum(_WIDTHS[name] for name in without)
    letters = _LETTERS + gained // _PER_LETTER
    lines = _lines(findings, letters, said)
    frame = findings_frame(findings, not_enabled, said)
    chosen = st.dataframe(
        frame if "Verdict" in without else _coloured(frame),
        key=key,
        hide_index=True,
        width="stretch",
        height=height or "content",
        row_height=_ROW if lines == 1 else _TWO_LINES + _LINE * (lines - 2),
        column_order=[name for name in COLUMNS if name not in without],
        column_config=_columns(gained, heading),
        on_select="rerun",
        selection_mode="single-row",
    )
    if captions:
        _show_captions([(finding, said(finding)) for finding in findings if len(said(finding)) > letters * lines])
    st.caption("Select a row to read all of it, with its citation.")
    rows = chosen["selection"]["rows"]
    with st.container():  # also when empty: what stands below keeps its place, and an open expander stays open
        if rows and rows[0] < len(findings):
            show_finding(findings[rows[0]], not_enabled)


def _coloured(frame: pd.DataFrame) -> Styler:
    """The frame with a colour behind each verdict."""
    colours = {sign_and_word(v): f"background-color: {c}; color: #ffffff" for v, c in VERDICT_COLOURS.items()}
    return frame.style.map(lambda text: colours[text], subset=["Verdict"])


def _columns(gained: int, heading: str) -> dict[str, ColumnConfig]:
    """Widths, and the heading of the words."""
    widths = _WIDTHS | {"Why": _WIDTHS["Why"] + gained}
    labels, helps = {"Why": heading}, {_BAR: _BAR_HELP, _STANDING: _STANDING_HELP, "Status": _STATUS_HELP}
    return {
        name: st.column_config.TextColumn(labels.get(name, name), width=width, help=helps.get(name))
        for name, width in widths.items()
    }


def _lines(findings: Sequence[Finding], letters: int, said: Callable[[Finding], str]) -> int:
    """Lines of a row, the same for all: one in a long table, in a short one enough for the longest text."""
    if len(findings) >= FEW:
        return 1
    return max(1, min(-(-max((len(said(finding)) for finding in findings), default=0) // letters), _MOST_LINES))


def _show_captions(told: Sequence[tuple[Finding, str]]) -> None:
    """What didn't fit into the table: of many rows what must be read, and how many others there are."""
    shown = told if len(told) <= _MOST_CAPTIONS else [one for one in told if needs_reading(one[0])]
    for finding, text in shown:
        st.caption(plain(f"{finding.subject} {metric_text(finding)}: {text}"))
    if len(shown) < len(told):
        st.caption(f"{len(told) - len(shown)} other rows say more than fits: select them to read it.")


def show_finding(finding: Finding, not_enabled: Collection[str] = ()) -> None:
    """Everything that a finding says."""
    room = ", ".join(part for part in (margin_text(finding), curve_text(finding)) if part)
    marked = f"! {NOT_ENABLED}" if finding.source.table in not_enabled else ""
    parts = {
        "Question": " ".join(part for part in (finding.subject, metric_text(finding), limit_text(finding)) if part),
        "Answer": observed_text(finding),
        "Interval": interval_text(finding),
        "Margin": room,
        "Robust": "no: it isn't the same over the whole interval" if finding.is_fragile else "",
        "Message": finding.message,
        "Changed": finding.overrides,
        "ROIs": ", ".join(finding.rois),
        "Flags": "; ".join(finding.flags),
        "Set": finding.set,
        "Standing": STANDINGS.get(finding.standing, "").strip(" ·"),
        "Source": " · ".join(part for part in (place_text(finding), marked) if part),
        "Reason code": finding.reason,
    }
    with st.container(border=True):
        st.markdown(f"**{sign_and_word(finding.verdict)}**")
        for label, text in parts.items():
            if text.strip():
                st.markdown(f"**{label}:** {plain(text)}")
