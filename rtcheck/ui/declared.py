"""The case sheet on the page: what was declared, attested and let stand; the form; and the sheet to be taken away."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from rtcheck.printable import one_line
from rtcheck.report.page.people import declared_section
from rtcheck.ui.blocks import show_blocks
from rtcheck.ui.case_sheets import FILE_NAME, as_json
from rtcheck.ui.checking import Checked
from rtcheck.ui.plain import plain
from rtcheck.ui.sheet_form import show_form
from rtcheck.ui.sheet_values import values_of

_LESION = {
    "name": "Lesion",
    "organ": "Organ",
    "kind": "Kind",
    "station": "Station",
    "bone": "In bone",
    "vertebra": "In a vertebra",
    "mobile": "Moves",
    "measurable": "Measurable",
    "gtv": "GTV",
    "ctv": "CTV",
    "ptv": "PTV",
    "plan": "Plan",
    "motion": "Motion",
    "prior_radiotherapy": "Irradiated before",
    "reduced_reason": "Prescribed less because",
    "reduced_organ": "Limiting organ",
}
_ATTESTATION = {
    "key": "Attested",
    "answer": "Answer",
    "lesion": "Lesion",
    "name": "Name",
    "role": "Role",
    "date": "Date",
    "remark": "Remark",
}
_OVERRIDE = {"check": "Check", "subject": "About", "reason": "Reason", "name": "Name", "role": "Role", "date": "Date"}


def show_case_sheet(checked: Checked) -> None:
    """What was declared, then the form to declare or change it."""
    used = checked.used
    if used.origin:
        st.markdown(f"**{plain(used.sheet.file)}**: {plain(used.origin)}.")
        _show_declared(checked)
    else:
        st.info("No case sheet: what DICOM doesn't know isn't declared, and rules that need it aren't evaluated.")
    if used.content:
        st.download_button(
            "Case sheet (JSON)",
            lambda: as_json(used),
            FILE_NAME,
            "application/json",
            key=f"sheet-{used.key}",
            on_click="ignore",
        )
        st.caption(f"Put it beside the plan's files as {FILE_NAME}, in place of any other: it is found by itself then.")
    with st.expander("Declare or change", expanded=not used.origin):
        show_form(checked)


def _show_declared(checked: Checked) -> None:
    sheet, case = checked.used.sheet, checked.result.case
    show_blocks(declared_section(case).blocks, f"declared-{checked.key}")
    values = values_of(sheet)
    told = (
        ("Lesions", "lesions", _LESION),
        ("Attestations", "attestations", _ATTESTATION),
        ("Overrides of alerts", "overrides", _OVERRIDE),
    )
    for title, table, columns in told:
        rows = list(values.tables.get(table, ()))
        if rows:
            st.markdown(f"**{title}**")
            frame = declared_frame(rows, columns)
            st.dataframe(frame, key=f"{table}-{checked.key}", hide_index=True, width="stretch", height="content")


def declared_frame(rows: list[dict[str, object]], columns: dict[str, str]) -> pd.DataFrame:
    """Rows as texts, without the columns in which nothing stands."""
    used = [key for key in columns if any(row.get(key) is not None for row in rows)]
    texts = [[one_line(str(row[key])) if row.get(key) is not None else "" for key in used] for row in rows]
    return pd.DataFrame(texts, columns=[columns[key] for key in used], dtype=object)
