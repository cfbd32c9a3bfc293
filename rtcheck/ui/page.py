"""The page: what the user chooses on the left, what was found on the right."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from rtcheck.convention import Convention
from rtcheck.errors import AmbiguousStudyError, RtcheckError, TableError, UnsupportedDoseError
from rtcheck.plan_checks import Tuning
from rtcheck.report.summary import DISCLAIMER
from rtcheck.ui import calculator, case_sheets, checking, reading, results, session, sidebar, sign_offs, tables
from rtcheck.ui.given import GivenFile
from rtcheck.ui.plain import plain

_WELCOME = """
Upload a patient's **RT Plan, RT Structure Set and RT Dose** (as files, a zip or a folder; images and a **case sheet**
belong to them), or open a sample plan. Plans of different lesions may come together: their doses are added. You get the
dose-volume histograms, the BED of every target, one verdict for each constraint and each rule of the protocol with its
source, and what the plan checks found.

* ✔ **PASS** and ≈ **ACCEPTABLE** are said only where the whole answer is known.
* **? NOT EVALUATED** is never a pass: the ROI, the dose, the schedule or the declaration that the rule needs is missing
  or unclear.
* ✘ **FAIL** is a limit or a rule that isn't met.
* **not robust** stands beside a verdict that another way of reading the contours as a solid may turn.

What DICOM doesn't know (Child-Pugh, dates, lesions, who approved what) is declared in a case sheet: one among the files
is read, and one can be made and downloaded here.

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
            chosen = _choose()
            last = st.container()
        finally:
            calculator.bed_calculator()
            st.caption(plain(DISCLAIMER))
    if chosen.files is None:
        session.close()
        st.markdown(_WELCOME)
        # What is wrong in a clinic's files is told before there is a plan.
        tables.protocol_of(chosen.protocol, chosen.tables, chosen.site)
        tables.names_of(chosen.names)
        return
    opened = _opened(chosen.files, chosen.below_files, last)
    if opened is None:
        return
    _check(chosen, chosen.files, opened)


@dataclass(frozen=True)
class _Chosen:
    """What the user chose on the left, and the places there for what is known later."""

    files: session.Files | None
    below_files: DeltaGenerator
    sheet: GivenFile | None
    below_sheet: DeltaGenerator
    protocol: str | GivenFile
    below_protocol: DeltaGenerator
    site: str | None
    tables: tuple[GivenFile, ...]
    tuning: Tuning | None
    names: GivenFile | None
    convert: bool
    convention: Convention
    record: str


def _choose() -> _Chosen:
    files = sidebar.choose_files()
    below_files = st.container()
    sheet = case_sheets.choose_sheet()
    below_sheet = st.container()
    protocol = sidebar.choose_protocol()
    below_protocol = st.container()
    with st.expander("Site, and your clinic's files"):
        site, own = tables.choose_site(), tables.choose_own_protocol()
        limits, tuning, names = tables.choose_tables(), tables.choose_tuning(), tables.choose_names()
    if own is not None:
        below_protocol.caption(plain(f"In its place your own is asked: {own.name}"))
    with st.expander("How dose and contours are read"):
        convert, convention = sidebar.choose_conversion(), sidebar.choose_convention()
    with st.expander("Sign-off record"):
        record = sign_offs.choose_record(files)
    return _Chosen(
        files,
        below_files,
        sheet,
        below_sheet,
        own or protocol,
        below_protocol,
        site,
        limits,
        tuning,
        names,
        convert,
        convention,
        record,
    )


def _check(chosen: _Chosen, files: session.Files, opened: session.Opened) -> None:
    """Check the study with all that is declared, and show what was found."""
    used = case_sheets.in_use(files, opened.study.patient, chosen.sheet)
    with chosen.below_sheet:
        case_sheets.show_origin(files, used)
    with chosen.below_protocol:
        child_pugh = sidebar.declare_child_pugh(files, opened.study, used.sheet.child_pugh)
    entries = sign_offs.entries_of(chosen.record, opened.study, used.sheet)
    said = checking.Said(used.sheet, entries, chosen.tuning, chosen.names, tables.names_of(chosen.names))
    declared = tuple(sorted(session.declared(files).items()))
    asked = checking.Asked(
        chosen.protocol, chosen.tables, chosen.site, chosen.convert, child_pugh, chosen.convention, declared
    )
    protocol = tables.protocol_of(chosen.protocol, chosen.tables, chosen.site)
    result = checking.result_of(files, opened, asked, protocol, said)
    results.show(checking.Checked(result, files, used, chosen.record))


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
