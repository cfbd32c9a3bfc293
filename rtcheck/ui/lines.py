"""Findings that are told in sentences: a line each, with the verdict's sign and word, and nothing of them is markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from rtcheck.finding import Finding, Verdict
from rtcheck.report.wording import said_text
from rtcheck.ui.findings import sign_and_word
from rtcheck.ui.plain import plain

#: Colours of Streamlit's badges, nearest to those of tables.
_BADGES = {
    Verdict.PASS: "green",
    Verdict.ACCEPTABLE: "orange",
    Verdict.NOT_EVALUATED: "violet",
    Verdict.FAIL: "red",
    Verdict.NOT_APPLICABLE: "gray",
    Verdict.INFO: "blue",
}
_NO_BREAK = "\u00a0"


def badge(verdict: Verdict) -> str:
    """Markdown of a verdict's sign and word."""
    return f":{_BADGES[verdict]}-badge[{sign_and_word(verdict).replace(' ', _NO_BREAK)}]"


def show_said(findings: Iterable[Finding], *, of: str = "Rule", about: str = "About") -> None:
    """A table of sentences, one row for each finding; columns are named by what rules are called here."""
    show_rows([_cells(one) for one in findings], ("", about, "Found", of))


def show_groups(groups: Iterable[tuple[str, Sequence[Finding]]], *, of: str = "Rule") -> None:
    """The same of groups, in one table; the first row of each names it."""
    rows = []
    for group, some in groups:
        for number, finding in enumerate(some):
            mark, *cells = _cells(finding)
            rows.append((mark, "" if number else f"**{plain(group)}**", *cells))
    show_rows(rows, ("", "", "About", "Found", of))


def told_text(finding: Finding) -> str:
    """The sentence, with who let an alert stand, and what it would be without."""
    without = finding.overridden_verdict
    return f"{said_text(finding)} (without this {sign_and_word(without)})" if without else said_text(finding)


def show_rows(rows: Sequence[tuple[str, ...]], heads: tuple[str, ...]) -> None:
    """A table of Markdown, whose cells are escaped already; long sentences wrap."""
    if not rows:
        return
    lines = [f"| {' | '.join(row)} |" for row in (heads, ("---",) * len(heads), *rows)]
    st.markdown("\n".join(lines))


def _cells(finding: Finding) -> tuple[str, str, str, str]:
    """A verdict, what it is about, what is said, and where it comes from."""
    lesion = finding.lesion if finding.lesion and finding.lesion != finding.subject else ""
    about = " · ".join(part for part in (lesion, finding.subject) if part)
    return badge(finding.verdict), plain(about), plain(told_text(finding)), plain(finding.source.row)
