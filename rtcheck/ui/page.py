"""The page: what the user chooses on the left, what was found on the right."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from rtcheck.errors import AmbiguousStudyError, RtcheckError, TableError, UnsupportedDoseError
from rtcheck.report.summary import DISCLAIMER
from rtcheck.ui import calculator, reading, results, session, sidebar, tables
from rtcheck.ui.plain import plain

_WELCOME = """
Upload a patient's **RT Plan, RT Structure Set and RT Dose** (as files, a zip or a folder; images are welcome), or open
a sample plan. Plans of different lesions may come together: their doses are added. You get the dose-volume histograms,
the BED of every target, and one verdict for each constraint of the protocol, with its source.

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
    except TableError as error:
        tables.show_problems(error)
    except RtcheckError as error:
        st.error(plain(str(error)))


def _page() -> None:
    with st.sidebar:
        try:
            files = sidebar.choose_files()
            below_files = st.container()
            protocol, own = sidebar.choose_protocol(), tables.choose_tables()
            convert = sidebar.choose_conversion()
            convention = sidebar.choose_convention()
            below_protocol, last = st.container(), st.container()
        finally:
            calculator.bed_calculator()
            st.caption(plain(DISCLAIMER))
    if files is None:
        session.close()
        st.markdown(_WELCOME)
        tables.protocol_of(protocol, own)  # what is wrong in a table is said before there is a plan
        return
    opened = _opened(files, below_files, last)
    if opened is None:
        return
    with below_protocol:
        child_pugh = sidebar.declare_child_pugh(files, opened.study)
    declared = tuple(sorted(session.declared(files).items()))
    asked = session.Asked(protocol, own, convert, child_pugh, convention, declared)
    results.show(session.result_of(opened, asked, tables.protocol_of(protocol, own)), files)


def _opened(files: session.Files, below_files: DeltaGenerator, last: DeltaGenerator) -> session.Opened | None:
    """The study; None where it is asked which is meant. The ways back stand there whatever came of it."""
    try:
        return session.open_study(files)
    except AmbiguousStudyError as error:
        reading.choose_candidate(files, error)
        return None
    except UnsupportedDoseError as error:
        if reading.NORMALISATION in error.mend:
            session.mark_relative(files)
        raise
    finally:
        with below_files:
            reading.show_reading(files)
        last.button("Clear patient", on_click=session.clear, width="stretch")
