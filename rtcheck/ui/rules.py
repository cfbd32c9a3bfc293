"""The protocol's rules besides doses, by what they are about, and the calendar of visits."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from rtcheck.compliance import visits
from rtcheck.finding import Finding, Measured, Verdict
from rtcheck.pipeline import Result
from rtcheck.printable import one_line
from rtcheck.report.calendar import calendar_file, calendar_rows
from rtcheck.report.sections import WORST_FIRST, by_group, sections
from rtcheck.report.wording import needs_reading
from rtcheck.ui.lines import badge, show_groups
from rtcheck.ui.plain import plain

_VISIT = {"day": "Day", "earliest": "From", "latest": "To", "number": "No.", "title": "Visit", "rule": "Rule"}
#: So many numbers behind a sentence, and more, stand in a table of their own.
_MANY = 3


def show_rules(result: Result, key: str) -> None:
    """Rules that aren't met or aren't known, group by group, worst first; those that are met; what is shown only."""
    rules = sections(result.findings).rules
    if not rules:
        st.caption("This protocol has no rules besides its doses.")
        return
    groups = sorted(by_group(rules), key=lambda group: WORST_FIRST.index(group[1][0].verdict))
    _show_groups(groups)
    _show_quiet(groups)
    _show_measured(rules, key)
    citations = dict.fromkeys(one.source.citation for one in rules if one.source.citation)
    st.caption(plain(f"Source: {'; '.join(citations)}"))


def show_follow_up(result: Result, key: str) -> None:
    """The visits that the protocol asks for, as a table and a calendar file; nothing where it asks for none."""
    rules, sheet = result.evaluation.protocol.rules, result.case.sheet
    found = visits(result.case, rules)
    if not found:
        return
    rows = calendar_rows(found)
    with st.expander(f"Follow-up calendar ({len(rows)} visits)"):
        frame = pd.DataFrame([[str(row[name]) for name in _VISIT] for row in rows], columns=list(_VISIT.values()))
        st.dataframe(frame, key=f"visits-{key}", hide_index=True, width="stretch", height=min(36 * len(rows) + 40, 420))
        problem = calendar_problem(sheet.subject)
        st.download_button(
            "Calendar (ICS)",
            lambda: calendar_file(
                found, subject=sheet.subject, protocol=result.evaluation.protocol.id, made=result.time
            ),
            f"{one_line(sheet.subject or 'case').replace('/', '-')}-follow-up.ics",
            "text/calendar",
            on_click="ignore",
            disabled=bool(problem),
            key=f"ics-{key}",
        )
        st.caption(problem or "Dates, not a verdict. The file carries the subject code and no name.")


def calendar_problem(subject: str | None) -> str:
    """Why no calendar file can be made; empty where it can."""
    if importlib.util.find_spec("icalendar") is None:
        return "Calendar files need icalendar: pip install 'rtcheck[report]'"
    return "" if subject else "A calendar file needs the subject code: declare it under Case sheet."


def _show_groups(groups: Sequence[tuple[str, Sequence[Finding]]]) -> None:
    """What a person must read: group by group, in full."""
    loud = [(group, [one for one in some if needs_reading(one)]) for group, some in groups]
    if not any(some for _, some in loud):
        st.markdown(":green[**✔**] Every rule that decides was evaluated and is met.")
    show_groups(loud)


def _show_quiet(groups: Sequence[tuple[str, Sequence[Finding]]]) -> None:
    """What is met, and what doesn't decide, folded away; nothing vanishes."""
    titles = {Verdict.PASS: "Met", Verdict.INFO: "For information", Verdict.NOT_APPLICABLE: "Doesn't apply"}
    for verdict, title in titles.items():
        quiet = [
            (group, [one for one in some if one.verdict is verdict and not needs_reading(one)])
            for group, some in groups
        ]
        count = sum(len(some) for _, some in quiet)
        if not count:
            continue
        with st.expander(f"{title} ({count})"):
            show_groups(quiet)


def _show_measured(rules: Sequence[Finding], key: str) -> None:
    """Distributions behind sentences: margins in all directions."""
    measured = [one for one in rules if len(one.measured) >= _MANY]
    if not measured:
        return
    with st.expander("Measured margins and distances"):
        for number, finding in enumerate(measured):
            st.markdown(f"{badge(finding.verdict)} **{plain(finding.subject)}** · {plain(finding.source.row)}")
            frame = measured_frame(finding.measured)
            st.dataframe(frame, key=f"measured-{key}-{number}", hide_index=True, width="content", height="content")


def measured_frame(measured: Sequence[Measured]) -> pd.DataFrame:
    """Numbers of a distribution: a row for each direction, a column for each statistic."""
    rows: dict[str, dict[str, str]] = {}
    for one in measured:
        direction, comma, statistic = one.label.partition(", ")
        row, column = (direction, statistic) if comma else ("all", one.label)
        rows.setdefault(row, {"": one_line(row)})[f"{column} [{one.unit}]"] = f"{one.value:.2f}"
    return pd.DataFrame(list(rows.values()), dtype=object).fillna("")
