"""What is prescribed to every target, with all that says so, and a field to say which is right."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from rtcheck.case import Case
from rtcheck.errors import RtcheckError
from rtcheck.fractionation import parse_schedule
from rtcheck.prescription import Place, Statement, Target
from rtcheck.ui import session
from rtcheck.ui.plain import plain
from rtcheck.ui.session import Files

_EXAMPLE = "5x8Gy"


def show_prescriptions(case: Case, files: Files) -> None:
    """Every target with its sources; open where one is contradicted or has no prescription, or the user settled it."""
    declared = session.declared(files)
    unsettled = any(target.contradicting or target.prescription is None for target in case.targets)
    with st.expander("Prescriptions", expanded=unsettled or bool(declared)):
        if not case.targets:
            st.markdown(plain(f"No target is drawn or named: {case.prescription_problem}."))
            return
        st.caption(
            "All that the files say about each target. Where they are wrong, or contradict each other, type what is "
            "right: it is then taken, and the report says that you gave it."
        )
        names = Counter(target.name for target in case.targets)
        for number, target in enumerate(case.targets):
            left, right = st.columns([3, 2])
            with left:
                _show_target(target)
            with right:
                if names[target.name] == 1:
                    _ask(target, number, files)
                else:
                    st.caption(
                        plain(f"{names[target.name]} targets are called {target.name}: rename them to say more.")
                    )


def _show_target(target: Target) -> None:
    prescription = target.prescription
    if prescription is None:
        st.markdown(f":violet[**? {plain(target.name)}:**] {plain(target.problem)}")
    else:
        st.markdown(f"**{plain(target.name)}: {plain(str(prescription.schedule))}**")
    if target.statements:
        st.markdown("\n".join(f"* {_statement(target, one)}" for one in target.statements))


def _statement(target: Target, one: Statement) -> str:
    """A line for one place: what it says, and how it stands to what is taken."""
    text = plain(one.text)
    if one.place is Place.USER:
        return f":green[**✔**] {text}"
    if one in target.contradicting:
        return f":orange[**≠**] {text} :orange[**contradicts it**]"
    settled = target.statements[0].place is Place.USER and target.prescription is not None
    if settled and target.prescription is not None and one.schedule not in (None, target.prescription.schedule):
        return f"≠ {text} (not taken)"
    return text


def _ask(target: Target, number: int, files: Files) -> None:
    """The field for a target; a text that makes no sense says so beside it and changes nothing."""
    now = session.declared(files).get(target.name, "")
    key = f"prescription-{session.study_key(files)}-{number}"
    st.text_input(
        f"Prescription of {plain(target.name)}, if you know better",
        now,
        key=key,
        placeholder=_EXAMPLE,
        on_change=_declare,
        args=(files, target.name, key),
        help="5x8Gy, 50Gy/25, 25x2Gy + 5x3Gy; empty: as the files say it",
    )
    if problem := _problem(st.session_state[key]):
        kept = f"{now} stays" if now else "nothing has changed"
        st.error(plain(f"{problem}; {kept}"))


def _declare(files: Files, target: str, key: str) -> None:
    text: str = st.session_state[key]
    if not _problem(text):
        session.declare(files, target, str(parse_schedule(text)) if text.strip() else "")


def _problem(text: str) -> str:
    """Why a text is no schedule; empty where it is one, or nothing."""
    if not text.strip():
        return ""
    try:
        parse_schedule(text)
    except RtcheckError as error:
        return str(error)
    return ""
