"""The section of the dose constraints: what a table changed, limits by organ, numbers only quoted, and the rest."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from rtcheck.finding import Finding
from rtcheck.pipeline import Result
from rtcheck.report.sections import (
    WORST_FIRST,
    Sections,
    by_organ,
    flat,
    left_out,
    organ_text,
    reason_text,
    sections,
)
from rtcheck.report.summary import CHANGED_TITLE, QUOTED_TITLE, not_enabled
from rtcheck.report.wording import quote_text, why
from rtcheck.ui.findings import FEW, JUDGED, MEASURED, STANDING, show_table, sign_and_word
from rtcheck.ui.plain import plain

#: Tables with more rows than this scroll, in so many pixels.
_MOST_ROWS, _SCROLLED = 9, 380


def show_constraints(result: Result, key: str) -> None:
    """Every finding about limits: those that count, those that are shown only, then by name those that don't apply."""
    parts, marked = sections(result.findings), not_enabled(result.evaluation.protocol)
    _show_changes(parts.changes)
    if parts.limits:
        _show_limits(parts.limits, f"constraints-{key}", marked)
    else:
        st.warning("No dose constraint of this protocol applies to this plan.")
    if parts.quoted:
        st.markdown(f"**{QUOTED_TITLE}**")
        quoted = flat(by_organ(parts.quoted))
        show_table(
            quoted,
            f"quoted-{key}",
            without=("Verdict", "Limit", "Interval", *JUDGED),
            said=quote_text,
            heading="What the source says",
            captions=False,
            height=_height(quoted),
            not_enabled=marked,
        )
    _show_rest(parts, key, marked)


def _show_changes(changes: Sequence[Finding]) -> None:
    """What a clinic's table makes of a published one stands above the limits."""
    if changes:
        listed = "".join(
            f"\n* **{plain(change.subject)}** {plain(f'{change.message} ({change.source.file})')}" for change in changes
        )
        st.warning(f"**! {CHANGED_TITLE}**\n{listed}")


def _show_limits(limits: Sequence[Finding], key: str, marked: Collection[str]) -> None:
    """Limits by organ, with filters for verdicts and organs; they say how many rows they hide."""
    if len(limits) < FEW:
        show_table(flat(by_organ(limits)), f"{key}-table", not_enabled=marked)
        return
    present = [verdict for verdict in WORST_FIRST if any(finding.verdict is verdict for finding in limits)]
    names = list(dict.fromkeys(organ_text(finding) for finding in limits))
    left, right = st.columns(2)
    verdicts = left.pills(
        "Verdicts",
        present,
        default=present,
        selection_mode="multi",
        format_func=lambda verdict: f"{sign_and_word(verdict)} ({sum(f.verdict is verdict for f in limits)})",
        # A verdict that wasn't there before must not stay hidden because it wasn't chosen then.
        key=f"{key}-verdicts-{[verdict.value for verdict in present]}",
    )
    wanted = right.multiselect("Organs", names, placeholder="All organs", key=f"{key}-organs")
    shown = [f for f in limits if f.verdict in verdicts and (not wanted or organ_text(f) in wanted)]
    with st.container():
        if len(shown) < len(limits):
            st.caption(f"The filters show {len(shown)} of {len(limits)} rows; the verdict above counts them all.")
    table = f"{key}-table-{[v.value for v in verdicts]}-{wanted}"
    show_table(flat(by_organ(shown)), table, not_enabled=marked)


def _show_rest(parts: Sections, key: str, marked: Collection[str]) -> None:
    """Organs without a limit, then what doesn't apply: in short, and every row where it is looked for."""
    if parts.unjudged:
        with st.expander(f"Organs without a limit here ({len(parts.unjudged)})"):
            show_table(parts.unjudged, f"unjudged-{key}", without=("Limit", *JUDGED, *STANDING))
    for label, told in left_out((*parts.not_applicable, *parts.limits)):
        st.caption(plain(f"– {label}: {'; '.join(told)}"))
    if parts.not_applicable:
        with st.expander(f"Not applicable ({len(parts.not_applicable)})"):
            _show_not_applicable(parts.not_applicable, f"others-{key}", marked)


def _show_not_applicable(others: Sequence[Finding], key: str, marked: Collection[str]) -> None:
    """All rows that don't apply, by reason and by words."""
    reasons = list(dict.fromkeys(reason_text(finding) for finding in others))
    chosen = st.pills(
        "Reasons",
        reasons,
        default=reasons,
        selection_mode="multi",
        format_func=lambda reason: f"{reason} ({sum(reason_text(f) == reason for f in others)})",
        key=f"{key}-reasons-{reasons}",
    )
    words = st.text_input("Search", key=f"{key}-search", placeholder="Organ, metric, table, message")
    shown = [finding for finding in others if reason_text(finding) in chosen and _has(finding, words)]
    with st.container():
        if len(shown) < len(others):
            st.caption(f"{len(shown)} of {len(others)} rows.")
    shown.sort(key=lambda finding: (reasons.index(reason_text(finding)), organ_text(finding)))
    show_table(
        shown,
        f"{key}-table-{chosen}-{words}",
        without=("Verdict", *MEASURED, *JUDGED),
        captions=False,
        height=_height(shown),
        not_enabled=marked,
    )


def _has(finding: Finding, words: str) -> bool:
    """Whether a finding has all words somewhere in what it says."""
    parts = (finding.subject, finding.group, finding.metric, finding.limit, why(finding), finding.source.row)
    text = " ".join((*parts, finding.source.status, finding.source.citation)).casefold()
    return all(word in text for word in words.casefold().split())


def _height(findings: Sequence[Finding]) -> int | None:
    """Pixels of a table that scrolls; None for one that needn't."""
    return _SCROLLED if len(findings) > _MOST_ROWS else None
