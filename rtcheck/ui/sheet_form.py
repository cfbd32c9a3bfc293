"""The form of the case sheet: what DICOM doesn't know; it counts when the reader of case sheets has taken it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from rtcheck.case import Case
from rtcheck.errors import RtcheckError, TableError
from rtcheck.pipeline import Result
from rtcheck.sheet import CaseSheet
from rtcheck.tables import protocol_ids, read_sheet, sheet_template
from rtcheck.tables.declared import DATES, MAY_BE_NEVER, PATIENT, Quantity
from rtcheck.ui.case_sheets import FILE_NAME, change, written
from rtcheck.ui.checking import Checked
from rtcheck.ui.notices import announce
from rtcheck.ui.plain import plain
from rtcheck.ui.sheet_tables import (
    column_config,
    frame_of,
    rows_of,
    shown_columns,
    suggested_lesions,
    with_questions,
)
from rtcheck.ui.sheet_values import Row, Values, complaints, data_of, doubts, values_of

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
_ECOG = range(6)
_MOST = {"age": 130, "most_lesions_before": 999, "most_organs_before": 999}
_LABELS = {
    "child_pugh": "Child-Pugh",
    "ecog": "ECOG",
    "age": "Age [years]",
    "bclc": "BCLC stage",
    "stable_disease": "Stable disease [months]",
    "anticipated_survival": "Anticipated survival [months]",
    "afp": "Alpha-fetoprotein [ng/mL]",
    "early_progression": "Early progression",
    "prior_oligoprogression": "Oligoprogression before",
    "most_lesions_before": "Most lesions before",
    "most_organs_before": "Most organs before",
}
_TEXTS = {
    "lesions": "All oligoprogressive lesions, treated or not. A row that the files suggest counts once you add to it.",
    "attestations": "What was done, that no file shows. A question that the protocol asks stands there; answer it.",
    "sign_offs": "Sign under *Sign-offs*, where the files that you sign are recorded with it. This is what was signed.",
    "overrides": "Alerts of plan checks that may stand, and why. Under *Plan checks* they are chosen from a list.",
    "prescriptions": "Only where the files don't say it right.",
    "names": "Which ROI an organ is, where names don't tell.",
}
_TITLES = {
    "lesions": "Lesions",
    "attestations": "Attestations",
    "sign_offs": "Sign-offs",
    "overrides": "Overrides",
    "prescriptions": "Prescriptions",
    "names": "Names of organs",
}
#: Lists that nothing else on the page is filled in by.
_FIRST = ("lesions", "attestations")
_COLUMNS = 4
_BLANK = "not declared"
_USE = "Use this case sheet"


def show_form(checked: Checked) -> None:
    """All that can be declared, with what is declared or what the files suggest; used when the button is pressed."""
    result, used = checked.result, checked.used
    now = values_of(used.sheet)
    with st.form(f"case-sheet-{used.key}", border=False):
        top = _top(now, result, used.key)
        patient = _patient(now, used.key)
        dates, never = _dates(now, result, used.key)
        tables = _tables(now, used.sheet, result, used.key)
        notes = st.text_area("Notes", _str(now.top["notes"]), key=_key(used.key, "notes", now.top), height=80)
        if st.form_submit_button(_USE, type="primary"):
            _use(checked, Values(top | {"notes": notes}, patient, dates, never, tables))


def _use(checked: Checked, values: Values) -> None:
    """Take the sheet, or say all that is wrong in it; what was typed stays there."""
    problems = [*doubts(values)]
    content = written(data_of(values))
    try:
        sheet = read_sheet((FILE_NAME, content))
        _assert_fits(checked.result, sheet)
    except TableError as error:
        problems += complaints(error, FILE_NAME, content)
    except RtcheckError as error:
        problems.append(str(error))
    if problems:
        listed = "".join(f"\n* {plain(problem)}" for problem in problems)
        st.error(f"**Nothing was changed, for the case sheet isn't right yet:**\n{listed}")
        return
    change(checked.files, checked.used.key, data_of(values))
    announce("The plan was checked with this case sheet. Download it below, and put it beside the plan's files.")
    st.rerun()


def _assert_fits(result: Result, sheet: CaseSheet) -> None:
    """A sheet that names ROIs or targets which aren't there is refused here, where it can be mended."""
    Case(result.case.study, sheet=sheet)


def _top(now: Values, result: Result, key: str) -> dict[str, object]:
    known = list(dict.fromkeys([*protocol_ids(), *filter(None, [_str(now.top["protocol"])])]))
    before = _str(now.top["protocol"]) or result.evaluation.protocol.id
    _start(_key(key, "sheet-protocol", now.top), before if before in known else None)
    left, middle, right = st.columns(3)
    return {
        "subject": left.text_input(
            "Subject code",
            _str(now.top["subject"]),
            key=_key(key, "subject", now.top),
            placeholder="SITE01-001",
            help="The trial's code, never the patient's name: reports carry it.",
        ),
        "centre": middle.text_input(
            "Centre", _str(now.top["centre"]), key=_key(key, "centre", now.top), placeholder="SITE01"
        ),
        "protocol": right.selectbox(
            "Protocol of the sheet",
            known,
            index=None,
            key=_key(key, "sheet-protocol", now.top),
        ),
    }


def _patient(now: Values, key: str) -> dict[str, object]:
    st.markdown("**Patient**")
    said: dict[str, object] = {}
    for column, (name, quantity) in zip(_columns(len(PATIENT)), PATIENT.items(), strict=True):
        with column:
            said[name] = _quantity(name, quantity, now.patient[name], _key(key, name, now.patient))
    return said


def _columns(number: int) -> list[DeltaGenerator]:
    """So many places in rows, whose fields stand in line."""
    rows = [st.columns(_COLUMNS, vertical_alignment="bottom") for _ in range(0, number, _COLUMNS)]
    return [column for row in rows for column in row][:number]


def _quantity(name: str, quantity: Quantity, now: object, key: str) -> object:
    label, told = _LABELS.get(name, quantity.text), f"{quantity.text}: {quantity.form}"
    options: list[object] = [*_ECOG] if name == "ecog" else [*quantity.values]
    _start(key, now)
    if options:
        return st.selectbox(label, options, None, key=key, placeholder=_BLANK, help=told)
    if name in _MOST:
        return st.number_input(label, 0, _MOST[name], None, step=1, key=key, placeholder=_BLANK, help=told)
    return st.number_input(label, 0.0, None, None, step=1.0, format="%g", key=key, placeholder=_BLANK, help=told)


def _start(key: str, value: object) -> None:
    """What a field holds at first. A field that is made with a value couldn't be emptied."""
    if value is not None and key not in st.session_state:
        st.session_state[key] = value


def _dates(now: Values, result: Result, key: str) -> tuple[dict[str, date | None], frozenset[str]]:
    st.markdown("**Dates**")
    made = now.dates["planning_ct"] or (None if result.case.sheet.file else _planning_ct(result))
    days: dict[str, date | None] = {}
    for column, (name, text) in zip(_columns(len(DATES)), DATES.items(), strict=True):
        field = _key(key, name, [now.dates, made])
        _start(field, made if name == "planning_ct" else now.dates[name])
        days[name] = column.date_input(
            name.replace("_", " ").capitalize().replace("ct", "CT"),
            None,
            min_value=_FIRST_DAY,
            max_value=_LAST_DAY,
            format="YYYY-MM-DD",
            key=field,
            help=f"When {text}",
        )
    never = {
        name: st.checkbox(
            f"{name.replace('_', ' ').capitalize()}: never",
            name in now.never,
            key=_key(key, f"never-{name}", sorted(now.never)),
            help="There was none before.",
        )
        for name in MAY_BE_NEVER
    }
    return days, frozenset(name for name, said in never.items() if said)


def _tables(now: Values, sheet: CaseSheet, result: Result, key: str) -> dict[str, list[Row]]:
    """The lists as they were left; lesions that are suggested and untouched aren't declared."""
    suggested = suggested_lesions(result) if sheet.lesions is None else []
    start: dict[str, list[Row]] = {name: list(now.tables.get(name, ())) for name in _TITLES}
    start["lesions"] = start["lesions"] or suggested
    start["attestations"] = with_questions(result, start["attestations"])
    said = {name: _editor(name, rows, result, key) for name, rows in start.items() if name in _FIRST}
    with st.expander("Sign-offs, overrides, prescriptions, names"):
        said |= {name: _editor(name, rows, result, key) for name, rows in start.items() if name not in _FIRST}
    if sheet.lesions is None and (not said["lesions"] or said["lesions"] == rows_of(frame_of("lesions", suggested))):
        del said["lesions"]
    return said


def _editor(name: str, rows: list[Row], result: Result, key: str) -> list[Row]:
    st.markdown(f"**{_TITLES[name]}**")
    st.caption(_TEXTS[name])
    frame = st.data_editor(
        frame_of(name, rows),
        key=_key(key, name, rows),
        num_rows="dynamic",
        hide_index=True,
        width="stretch",
        height="content",
        column_order=shown_columns(name),
        placeholder="",
        column_config=column_config(name, result, rows),
    )
    return rows_of(frame)


def _planning_ct(result: Result) -> date | None:
    """The day that the images tell, as the template of a case sheet has it."""
    template = sheet_template(result.case, result.evaluation.protocol).encode()
    try:
        return read_sheet((FILE_NAME, template)).dates.get("planning_ct")
    except TableError:  # a name in the files that no sheet may hold
        return None


def _key(sheet: str, name: str, start: object) -> str:
    """A widget's key: what it starts with is in it, so that a sheet that changed elsewhere is shown as it is now.

    What was typed stays in all widgets that start with the same as before.
    """
    if isinstance(start, Mapping):
        start = dict(start)
    text = json.dumps([sheet, start], default=str, sort_keys=True)
    return f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _str(value: object) -> str:
    return value if isinstance(value, str) else ""
