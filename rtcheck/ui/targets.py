"""The targets: whether what is prescribed is enough, and beside it what they really get."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from rtcheck.case import Case
from rtcheck.checks.achieved import gtvs, target_of
from rtcheck.finding import Finding, Verdict
from rtcheck.pipeline import Result
from rtcheck.printable import one_line
from rtcheck.report.sections import TARGET_CHECKS, WARNINGS, of_checks, ranked
from rtcheck.report.wording import interval_text, metric_text, observed_text
from rtcheck.ui.findings import JUDGED, STANDING, show_table, sign_and_word
from rtcheck.ui.plain import plain
from rtcheck.ui.prescriptions import show_prescriptions
from rtcheck.ui.session import Files

_ACHIEVED = "bed-achieved"
_WARNED = "background-color: #9a5b00; color: #ffffff"


def show_targets(result: Result, files: Files, key: str) -> None:
    """The prescribed BED, the prescriptions, the achieved BED, and whether every required ROI is contoured."""
    findings = by_target(result)
    deciding = [finding for finding in findings if finding.verdict.decides]
    others = [finding for finding in findings if not finding.verdict.decides]
    if deciding:
        show_table(ranked(deciding), f"targets-{key}", without=(*JUDGED, *STANDING))
    else:
        st.markdown("This protocol has no rule for the prescribed dose.")
    show_prescriptions(result.case, files)
    achieved = of_checks(others, _ACHIEVED)
    if achieved:
        _show_achieved(result.case, achieved)
    if others:
        with st.expander(f"Sources and achieved BED, row by row ({len(others)})"):
            show_table(ranked(others), f"achieved-{key}", without=(*JUDGED, *STANDING), captions=False)
    _show_required(of_checks(result.findings, "required-roi"))


def by_target(result: Result) -> list[Finding]:
    """What is said of the targets, target by target, in each the prescription first and its GTVs last."""
    findings = of_checks(result.findings, *TARGET_CHECKS)
    owners = _owners(result.case)
    order = [target.name for target in result.case.targets]

    def place(finding: Finding) -> tuple[int, int]:
        name = owners.get(finding.subject, finding.subject)
        known = order.index(name) if name in order else len(order)
        return known, TARGET_CHECKS.index(finding.check)

    return sorted(findings, key=place)


def achieved_frame(case: Case, findings: Sequence[Finding]) -> pd.DataFrame:
    """One row for each ROI, one column for each number, in the order of the findings."""
    owners = _owners(case)
    columns = list(dict.fromkeys(metric_text(finding) for finding in findings))
    rows: list[dict[str, str]] = []
    for finding in findings:
        roi, column = one_line(finding.subject), metric_text(finding)
        # The same number once more is of another ROI of that name.
        row = next((row for row in rows if row["ROI"] == roi and column not in row), None)
        if row is None:
            rows.append(row := {"Target": one_line(owners.get(finding.subject, finding.subject)), "ROI": roi})
        row[column] = _cell(finding)
    return pd.DataFrame(rows, columns=["Target", "ROI", *columns], dtype=object).fillna("")


def _owners(case: Case) -> dict[str, str]:
    """Target of every GTV that isn't a target itself."""
    names = {target.name for target in case.targets}
    found = {gtv.name: target_of(case, gtv) for gtv in gtvs(case) if gtv.name not in names}
    return {name: target.name for name, target in found.items() if target is not None}


def _cell(finding: Finding) -> str:
    """The value with its interval; a word where it isn't known, and a sign where it is warned of."""
    if finding.observed is None and finding.low is None:
        return "unknown"
    interval = interval_text(finding)
    sign = "! " if finding.reason in WARNINGS else ""
    return f"{sign}{observed_text(finding)}" + (f" ({interval})" if interval else "")


def _show_achieved(case: Case, findings: Sequence[Finding]) -> None:
    frame = achieved_frame(case, findings)
    st.markdown("**Achieved BED**")
    styled = frame.style.map(lambda text: _WARNED if text.startswith("! ") else "", subset=list(frame.columns[2:]))
    st.dataframe(styled, hide_index=True, width="stretch", height="content")
    limits = list(dict.fromkeys(finding.limit for finding in findings if finding.limit))
    rule = f" The rule is {' or '.join(limits)}, and is judged by what is prescribed." if limits else ""
    warned = " ! stands where it falls below the rule." if any(f.reason in WARNINGS for f in findings) else ""
    st.caption(plain(f"Shown, not judged: the BED that each target gets, and its interval.{rule}{warned}"))


def _show_required(findings: Sequence[Finding]) -> None:
    present = [finding.subject for finding in findings if finding.verdict is Verdict.PASS]
    if present:
        st.markdown(f":green[✔] Required and contoured: {plain(', '.join(present))}")
    for finding in findings:
        if finding.verdict is not Verdict.PASS:
            text = plain(f"{finding.subject}: {finding.message}")
            st.markdown(f":violet[**{sign_and_word(finding.verdict)}**] {text}")
