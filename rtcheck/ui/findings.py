"""Findings as tables: a sign, a word and a colour for each verdict, worst first, and one row in full."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from rtcheck.finding import Finding, Verdict
from rtcheck.report.summary import WORST_FIRST, interval_text, metric_text, observed_text, ranked, why
from rtcheck.report.text import verdict_text
from rtcheck.ui.colours import VERDICT_COLOURS
from rtcheck.ui.plain import one_line, plain

COLUMNS = ("Verdict", "ROI", "Metric", "Observed", "Interval", "Limit", "Why", "Source")
#: Height of a row of one line, of two (from here on the table wraps its texts), and of each further line.
_ROW, _TWO_LINES, _LINE, _MOST_LINES = 36, 72, 18, 5
#: Fewer rows than this need no filters, and may be high.
_WORTH_FILTERING = 6
#: Width of the columns, and letters on a line of "Why".
_WIDTHS = {
    "Verdict": 134,
    "ROI": 94,
    "Metric": 104,
    "Observed": 88,
    "Interval": 116,
    "Limit": 100,
    "Why": 230,
    "Source": 130,
}
_LETTERS = 34
#: Pixels and letters that "Why" gains without "Observed".
_GAIN, _MORE_LETTERS = 200, 28
_READ_IN_FULL = (Verdict.FAIL, Verdict.NOT_EVALUATED, Verdict.ACCEPTABLE)


def sign_and_word(verdict: Verdict) -> str:
    """``✔ PASS``: so that nothing depends on colour."""
    return verdict_text(verdict).plain


def findings_frame(findings: Sequence[Finding]) -> pd.DataFrame:
    """What the table shows, one row for each finding, worst first."""
    rows = [
        (
            sign_and_word(finding.verdict),
            one_line(finding.subject),
            metric_text(finding),
            observed_text(finding),
            interval_text(finding),
            finding.limit,
            one_line(why(finding)),
            f"{finding.source.row} [{finding.source.status}]" if finding.source.status else finding.source.row,
        )
        for finding in ranked(findings)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def show_table(findings: Sequence[Finding], key: str, *, observed: bool = True, captions: bool = True) -> None:
    """The findings as a table; below it what didn't fit, and all of the row that is selected.

    `observed` False leaves out that column and the interval, for findings where nothing was measured; `captions` False
    what didn't fit, for findings that are told in full elsewhere.
    """
    colours = {sign_and_word(v): f"background-color: {c}; color: #ffffff" for v, c in VERDICT_COLOURS.items()}
    styled = findings_frame(findings).style.map(lambda text: colours[text], subset=["Verdict"])
    widths = _WIDTHS if observed else _WIDTHS | {"Why": _WIDTHS["Why"] + _GAIN}
    letters = _LETTERS if observed else _LETTERS + _MORE_LETTERS
    lines = _lines(findings, letters)
    chosen = st.dataframe(
        styled,
        key=key,
        hide_index=True,
        width="stretch",
        height="content",
        row_height=_ROW if lines == 1 else _TWO_LINES + _LINE * (lines - 2),
        column_order=[name for name in COLUMNS if observed or name not in ("Observed", "Interval")],
        column_config={name: st.column_config.TextColumn(width=width) for name, width in widths.items()},
        on_select="rerun",
        selection_mode="single-row",
    )
    for finding in ranked(findings):
        if captions and len(why(finding)) > letters * lines:
            st.caption(plain(f"{finding.subject} {metric_text(finding)}: {why(finding)}"))
    st.caption("Select a row to read all of it, with its citation.")
    rows = chosen["selection"]["rows"]
    with st.container():  # also when empty: what stands below keeps its place, and an open expander stays open
        if rows and rows[0] < len(findings):
            show_finding(ranked(findings)[rows[0]])


def _lines(findings: Sequence[Finding], letters: int) -> int:
    """Lines of a row, the same for all: for the longest text of a rule that isn't met, in a short table for any."""
    short = len(findings) < _WORTH_FILTERING
    texts = [why(finding) for finding in findings if short or finding.verdict in _READ_IN_FULL or finding.is_fragile]
    return max(1, min(-(-max(map(len, texts), default=0) // letters), _MOST_LINES))


def show_finding(finding: Finding) -> None:
    """Everything that a finding says."""
    source = finding.source
    place = f"{source.file}:{source.line}" if source.line is not None else source.file
    origin = (source.table, source.row, place, source.citation, source.status)
    parts = {
        "Question": " ".join(part for part in (finding.subject, metric_text(finding), finding.limit) if part),
        "Answer": observed_text(finding),
        "Interval": interval_text(finding),
        "Robust": "no: it isn't the same over the whole interval" if finding.is_fragile else "",
        "Message": finding.message,
        "ROIs": ", ".join(finding.rois),
        "Source": " · ".join(part for part in origin if part),
        "Reason code": finding.reason,
    }
    with st.container(border=True):
        st.markdown(f"**{sign_and_word(finding.verdict)}**")
        for label, text in parts.items():
            if text.strip():
                st.markdown(f"**{label}:** {plain(text)}")


def show_filtered(findings: Sequence[Finding], key: str) -> None:
    """The table with filters for verdicts and organs; it says how many rows they hide."""
    if len(findings) < _WORTH_FILTERING:
        show_table(findings, f"{key}-table")
        return
    present = [verdict for verdict in WORST_FIRST if any(finding.verdict is verdict for finding in findings)]
    organs = list(dict.fromkeys(finding.group for finding in findings))
    left, right = st.columns(2)
    verdicts = left.pills(
        "Verdicts",
        present,
        default=present,
        selection_mode="multi",
        format_func=lambda verdict: f"{sign_and_word(verdict)} ({sum(f.verdict is verdict for f in findings)})",
        key=f"{key}-verdicts",
    )
    wanted = right.multiselect("Organs", organs, placeholder="All organs", key=f"{key}-organs")
    shown = [f for f in findings if f.verdict in verdicts and (not wanted or f.group in wanted)]
    with st.container():
        if len(shown) < len(findings):
            st.caption(f"The filters show {len(shown)} of {len(findings)} rows; the verdict above counts them all.")
    show_table(shown, f"{key}-table-{[v.value for v in verdicts]}-{wanted}")
