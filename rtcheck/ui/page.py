"""The page: what the user chooses on the left, what was found on the right."""

from __future__ import annotations

import streamlit as st

from rtcheck.errors import AmbiguousStudyError, RtcheckError
from rtcheck.report.summary import DISCLAIMER
from rtcheck.ui import results, session, sidebar
from rtcheck.ui.plain import plain

_WELCOME = """
Upload a patient's **RT Plan, RT Structure Set and RT Dose** (as files, a zip or a folder; images are welcome), or open
a sample plan. You get the dose-volume histograms, the BED of every target, and one verdict for each constraint of the
protocol, with its source.

* ✔ **PASS** and ≈ **ACCEPTABLE** are said only where the whole answer is known.
* **? NOT EVALUATED** is never a pass: the ROI, the dose or the schedule that the rule needs is missing or unclear.
* ✘ **FAIL** is a limit that isn't met.
* **not robust** stands beside a verdict that another way of reading the contours as a solid may turn.

The files stay on this machine, in the memory of this browser session, until *Clear patient* or the end of the session.
"""


def main() -> None:
    """Draw the page once."""
    st.set_page_config("rtcheck", page_icon="☢️", layout="wide")
    st.title("rtcheck", anchor=False)
    st.caption("Radiotherapy dose and constraint checker")
    try:
        _page()
    except RtcheckError as error:
        st.error(plain(str(error)))


def _page() -> None:
    with st.sidebar:
        try:
            files = sidebar.choose_files()
            protocol = sidebar.choose_protocol()
            convention = sidebar.choose_convention()
            child_pugh = sidebar.declare_child_pugh(files) if files else None
            if files:
                sidebar.show_chosen(files)
                st.button("Clear patient", on_click=session.clear, width="stretch")
        finally:
            sidebar.bed_calculator()
            st.caption(plain(DISCLAIMER))
    if files is None:
        session.close()
        st.markdown(_WELCOME)
        return
    try:
        opened = session.open_study(files)
    except AmbiguousStudyError as error:
        sidebar.choose_candidate(files, error)
        return
    results.show(session.result_of(opened, protocol, child_pugh, convention), opened.key)
