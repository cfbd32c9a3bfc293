"""The overview: what needs attention, worst first, and how many findings of each part have which verdict."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from rtcheck.finding import Finding
from rtcheck.report.page.head import attention, glance
from rtcheck.report.page.model import Anchor, Line, Lines
from rtcheck.report.summary import PLAN_CHECKS_TITLE
from rtcheck.ui.findings import sign_and_word
from rtcheck.ui.lines import badge, show_rows
from rtcheck.ui.plain import plain

#: More lines than this are folded.
_MOST = 12
#: Where on this page stands what a report has in a section.
_PLACES = {
    Anchor.LESIONS: "Targets, rules",
    Anchor.LIMITS: "Limits",
    Anchor.RULES: "Rules",
    Anchor.PLAN_CHECKS: PLAN_CHECKS_TITLE,
    Anchor.PEOPLE: "Sign-offs",
    Anchor.READING: "Notes",
}


def show_attention(findings: Sequence[Finding]) -> None:
    """Failing first, then what couldn't be evaluated, acceptable deviations, and verdicts that may turn."""
    lines = [line for block in attention(findings).blocks if isinstance(block, Lines) for line in block.lines]
    if not lines:
        st.markdown(":green[**✔**] Nothing needs attention: every rule that decides was evaluated and is met.")
        return
    st.markdown("**What needs attention**")
    _show_lines(lines[:_MOST])
    if len(lines) > _MOST:
        with st.expander(f"{len(lines) - _MOST} more"):
            _show_lines(lines[_MOST:])


def show_glance(findings: Sequence[Finding], key: str) -> None:
    """Every finding, counted once."""
    told = glance(findings)
    columns = ["Part", *(sign_and_word(mark.verdict) for mark in told.marks)]
    rows = [(area.title, *area.counts) for area in told.areas]
    frame = pd.DataFrame([*rows, ("All", *told.totals)], columns=columns, dtype=object)
    st.markdown("**All findings, counted**")
    st.dataframe(frame, key=f"glance-{key}", hide_index=True, width="stretch", height="content")


def _show_lines(lines: Sequence[Line]) -> None:
    rows = [
        (
            badge(line.mark.verdict) if line.mark else "",
            plain(line.head),
            plain(line.text),
            _PLACES.get(line.to, "") if line.to else "",
        )
        for line in lines
    ]
    show_rows(rows, ("", "About", "Found", "More under"))
