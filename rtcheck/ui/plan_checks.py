"""The plan checks: what fired, with a form to let an alert stand; then in a line each what passed or wasn't asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pandas as pd
import streamlit as st

from rtcheck.errors import RtcheckError, UsageError
from rtcheck.finding import Finding, Verdict
from rtcheck.printable import one_line
from rtcheck.report.sections import PLAN_CHECK, of_checks, plan_checks, ranked
from rtcheck.report.summary import plan_check_lines
from rtcheck.sheet import Override, Role
from rtcheck.ui.case_sheets import change
from rtcheck.ui.checking import Checked
from rtcheck.ui.findings import sign_and_word
from rtcheck.ui.lines import show_said
from rtcheck.ui.notices import announce
from rtcheck.ui.persons import ask_person
from rtcheck.ui.plain import plain

#: Letters of an alert that its choice shows.
_SHORT = 90
#: Verdicts of alerts that a person may let stand.
_LOUD = (Verdict.FAIL, Verdict.NOT_EVALUATED, Verdict.ACCEPTABLE)


def show_plan_checks(checked: Checked) -> None:
    """Alerts, the form beneath them, values that a reviewer should see, and all others in short."""
    findings = of_checks(checked.result.findings, PLAN_CHECK)
    if not findings:
        st.caption("This protocol asks no plan checks.")
        return
    parts = plan_checks(findings)
    deciding = [one for one in parts.unknown if one.verdict.decides]
    fired = (*ranked((*parts.alerts, *deciding)), *parts.notes)
    if fired:
        show_said(fired, of="Check")
    else:
        st.markdown(":green[**✔**] No plan check fired.")
    _show_unused(checked.result.findings)
    open_alerts = overridable(findings)
    if open_alerts:
        _show_form(checked, open_alerts)
    others = replace(parts, unknown=tuple(one for one in parts.unknown if not one.verdict.decides))
    for label, text in plan_check_lines(others):
        st.caption(f"**{label}:** {plain(text)}")
    if parts.shown:
        with st.expander(f"Values to look at, not judged ({len(parts.shown)})"):
            show_said(parts.shown, of="Check")
    with st.expander(f"All plan checks, one by one ({len(findings)})"):
        st.dataframe(
            checks_frame(findings), key=f"plan-checks-{checked.key}", hide_index=True, width="stretch", height=420
        )


def overridable(findings: Sequence[Finding]) -> list[Finding]:
    """Alerts that a person may let stand, and that nobody did, worst first."""
    return ranked(
        one for one in findings if one.severity is not None and one.verdict in _LOUD and one.overridden_verdict is None
    )


def checks_frame(findings: Sequence[Finding]) -> pd.DataFrame:
    """Every finding of the plan checks, in their order."""
    rows = [
        (one.source.row, sign_and_word(one.verdict), one_line(one.subject), one_line(one.message), one.source.citation)
        for one in findings
    ]
    return pd.DataFrame(rows, columns=["Check", "Verdict", "About", "Found", "Origin"], dtype=object)


def override(checked: Checked, made: Override) -> None:
    """Keep in the case sheet of this page that an alert may stand.

    Raises
    ------
    UsageError
        Without a reason or a name.
    TableError
        Where the sheet refuses it.
    """
    missing = [what for what, text in (("a reason", made.reason), ("a name", made.name)) if not text.strip()]
    if missing:
        raise UsageError(f"an alert stands until somebody says why it may: give {' and '.join(missing)}")
    row = {
        "check": made.check,
        **({"subject": made.subject} if made.subject else {}),
        "reason": made.reason,
        "name": made.name,
        "role": made.role.value,
        "date": made.date.isoformat(),
    }
    change(checked.files, checked.used.key, checked.used.with_row("overrides", row))


def _show_form(checked: Checked, alerts: Sequence[Finding]) -> None:
    key = f"{checked.key}-{len(checked.used.sheet.overrides)}"  # a new form after each
    with st.expander("Override an alert"):
        with st.form(f"override-{key}", border=False):
            st.caption("Your reason and name stand in every report. The alert then counts as acceptable, not as met.")
            alert = st.selectbox("Alert", alerts, format_func=_choice, key=f"alert-{key}")
            reason = st.text_input("Reason why it may stand", key=f"reason-{key}")
            person = ask_person(f"override-{key}")
            pressed = st.form_submit_button("Override")
        if pressed and alert is not None:
            _override(checked, alert, reason, person)


def _override(checked: Checked, alert: Finding, reason: str, person: tuple[str, Role | None, date]) -> None:
    name, role, day = person
    try:
        if role is None:
            raise UsageError("choose the role of who says so")
        override(checked, Override(alert.source.row, one_line(reason), one_line(name), role, day, alert.subject))
    except RtcheckError as error:
        st.error(plain(f"Nothing was changed: {error}"))
        return
    announce(
        f"{alert.source.row} {alert.subject} may stand, says {one_line(name)}: so the case sheet of this page says."
    )
    st.rerun()


def _show_unused(findings: Sequence[Finding]) -> None:
    """Overrides that fit no alert."""
    for finding in of_checks(findings, "override"):
        st.warning(f"**!** {plain(finding.message)}")


def _choice(alert: Finding) -> str:
    text = one_line(f"{alert.source.row} · {alert.subject}: {alert.message}")
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"
