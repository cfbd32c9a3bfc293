"""Who signed what, and a form to sign: into the case sheet of this page, or into a sign-off record on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import streamlit as st

from rtcheck.errors import RtcheckError, UsageError
from rtcheck.printable import one_line
from rtcheck.record import RECORD_NAME, Record, case_code, record_beside, signed_objects
from rtcheck.report.sections import RULE, of_checks
from rtcheck.rules import Approval
from rtcheck.sheet import CaseSheet, Decision, Role, SignOff, Subject
from rtcheck.study import Study
from rtcheck.ui.case_sheets import change
from rtcheck.ui.checking import Checked
from rtcheck.ui.lines import show_said
from rtcheck.ui.notices import announce
from rtcheck.ui.persons import ask_person
from rtcheck.ui.plain import plain
from rtcheck.ui.session import Files, round_number

#: What a record on this machine is called; databases are for the command line.
SUFFIXES = (".sqlite", ".sqlite3", ".db")
_RECORD_HELP = f"""
A file on the machine that rtcheck runs on ({", ".join(SUFFIXES)}), made at the first entry. Each entry holds the hash
of the one before it, so that nothing in it can be changed unseen. Its decisions on this case count besides those of the
case sheet. Of a sample plan the {RECORD_NAME} in its folder is read by itself.
"""


def choose_record(files: Files | None) -> str:
    """Path of the sign-off record; empty where none is used.

    Raises
    ------
    UsageError
        For a path that is no file of a record.
    """
    typed = st.text_input(
        "Sign-off record (SQLite file)",
        key=f"record-{round_number()}",
        placeholder=f"/path/to/{RECORD_NAME}",
        help=_RECORD_HELP,
    ).strip()
    if typed and ("://" in typed or Path(typed).suffix.lower() not in SUFFIXES or not Path(typed).is_absolute()):
        raise UsageError(f"{typed!r} is no sign-off record here; give the whole path of a file {' or '.join(SUFFIXES)}")
    beside = record_beside(files.folder) if files and files.folder else None
    place = typed or (str(beside) if beside else "")
    st.caption(plain(f"Sign-offs go into {place}.") if place else "Without one, sign-offs go into the case sheet.")
    return place


def entries_of(place: str, study: Study, sheet: CaseSheet) -> tuple[SignOff, ...]:
    """The decisions on a case in a record; none without one.

    Raises
    ------
    InputError
        Where it can't be read, or was tampered with.
    """
    if not place:
        return ()
    return Record(place).entries(case_code(study, sheet))


def show_sign_offs(checked: Checked) -> None:
    """What the protocol asks, what was signed, whether of these very files, and the form."""
    asked = [rule.id for rule in checked.result.evaluation.protocol.rules if isinstance(rule, Approval)]
    show_said([one for one in of_checks(checked.result.findings, RULE) if one.source.row in asked], about="Of")
    sheet, study = checked.result.case.sheet, checked.result.case.study
    if sheet.sign_offs:
        frame = sign_offs_frame(sheet.sign_offs, study)
        st.dataframe(frame, key=f"sign-offs-{checked.key}", hide_index=True, width="stretch", height="content")
    else:
        st.caption("Nobody signed yet.")
    _show_form(checked)


def sign_offs_frame(sign_offs: Sequence[SignOff], study: Study) -> pd.DataFrame:
    """One row for each decision, with whether it is of the files that are here."""
    rows = [
        (
            one.round,
            one.subject.value,
            one.decision.value,
            one_line(one.name),
            _words(one.role.value),
            one.date.isoformat(),
            _these_files(one, study),
            "record" if one.record else "case sheet",
            one_line(one.remark),
        )
        for one in sign_offs
    ]
    columns = ["Round", "What", "Decision", "Name", "Role", "Date", "These files", "Kept in", "Remark"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def round_of(sign_offs: Sequence[SignOff], subject: Subject, objects: Sequence[str]) -> int:
    """The round that a decision belongs to: the last one, or a new one for files that nobody signed in it."""
    last = max((one.round for one in sign_offs), default=1)
    latest = [one for one in sign_offs if one.round == last and one.subject is subject and one.objects]
    return last if not latest or any(set(one.objects) == set(objects) for one in latest) else last + 1


def sign(checked: Checked, sign_off: SignOff) -> str:
    """Keep a decision where it belongs; what is then said.

    Raises
    ------
    UsageError
        For one that lacks what it needs.
    TableError, InputError
        Where the sheet or the record refuses it.
    """
    if not sign_off.name.strip():
        raise UsageError("a sign-off needs the name or the initials of who signs")
    if sign_off.decision is not Decision.APPROVED and not sign_off.remark.strip():
        raise UsageError(f"{sign_off.decision.value} needs a remark that says why")
    what = f"{sign_off.subject.value} {sign_off.decision.value} by {sign_off.name}, round {sign_off.round}"
    if checked.record:
        written = Record(checked.record).append(sign_off)
        return f"{what}: written to the record for {written.case}, with the hash {written.record[:16]}…"
    change(checked.files, checked.used.key, checked.used.with_row("sign_offs", _plain_data(sign_off)))
    return f"{what}: in the case sheet of this page. Download the sheet under Case sheet, or it is lost."


def _show_form(checked: Checked) -> None:
    study, sheet = checked.result.case.study, checked.used.sheet
    number = len(checked.result.case.sheet.sign_offs)  # a new form after each decision
    with st.form(f"sign-{checked.key}-{number}"):
        st.markdown("**Sign**")
        if checked.record:
            told = f"Goes to the record {checked.record}, filed under {case_code(study, sheet)}, and stays there."
        else:
            told = "Goes into the case sheet of this page, with the hashes of the files. Download the sheet to keep it."
        st.caption(plain(told))
        left, right = st.columns(2)
        subject = left.selectbox("What", list(Subject), format_func=lambda one: one.value, key=f"of-{checked.key}")
        decision = right.selectbox(
            "Decision", list(Decision), format_func=lambda one: one.value, key=f"decision-{checked.key}"
        )
        name, role, day = ask_person(f"sign-{checked.key}-{number}")
        remark = st.text_input("Remark", key=f"remark-{checked.key}-{number}", placeholder="needed unless approved")
        pressed = st.form_submit_button("Sign", type="primary")
    if pressed and subject and decision:
        _sign(checked, subject, decision, (name, role, day), remark)


def _sign(
    checked: Checked, subject: Subject, decision: Decision, person: tuple[str, Role | None, date], remark: str
) -> None:
    name, role, day = person
    if role is None:
        st.error("A sign-off needs the role of who signs.")
        return
    study = checked.result.case.study
    objects = signed_objects(study, subject)
    number = round_of(checked.result.case.sheet.sign_offs, subject, objects)
    case = case_code(study, checked.used.sheet) if checked.record else ""
    made = SignOff(subject, role, one_line(name), day, decision, one_line(remark), number, objects, case=case)
    try:
        told = sign(checked, made)
    except RtcheckError as error:
        st.error(plain(f"Nothing was signed: {error}"))
        return
    announce(told)
    st.rerun()


def _plain_data(one: SignOff) -> dict[str, object]:
    """A decision as a case sheet has it."""
    return {
        "of": one.subject.value,
        "role": one.role.value,
        "name": one.name,
        "date": one.date.isoformat(),
        "decision": one.decision.value,
        **({"remark": one.remark} if one.remark else {}),
        "round": one.round,
        "objects": list(one.objects),
    }


def _these_files(one: SignOff, study: Study) -> str:
    if not one.objects:
        return "not recorded"
    return "yes" if set(one.objects) == set(signed_objects(study, one.subject)) else "NO: other files"


def _words(text: str) -> str:
    return text.replace("-", " ")
