"""The lists of a case sheet as tables to be edited: columns, choices, frames, and what stands in them afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal

import pandas as pd
import streamlit as st

from rtcheck.checks.lesions import lesions
from rtcheck.pipeline import Result
from rtcheck.plan_checks import PLAN_CHECKS
from rtcheck.rules import Attested
from rtcheck.sheet import Decision, LesionKind, Role, Subject
from rtcheck.tables.declared import YES_NO
from rtcheck.tables.sheet_schema import NOT_ASKED
from rtcheck.ui.sheet_values import TABLES, Row

if TYPE_CHECKING:
    from streamlit.column_config import ColumnConfig  # type: ignore[attr-defined]

#: Heads of columns that don't say what their keys are called.
_HEADS = {
    "gtv": "GTV",
    "ctv": "CTV",
    "ptv": "PTV",
    "roi": "ROI",
    "of": "What",
    "mobile": "Moves",
    "name": "Name",
    "vertebra": "In a vertebra",
    "bone": "In bone",
    "prior_radiotherapy": "Irradiated before",
    "reduced_reason": "Prescribed less because",
    "reduced_organ": "Limiting organ",
    "key": "What",
    "question": "Asked by the protocol",
}
_HELPS = {
    "organ": "The organ that is involved, or, of lymph nodes, the system: liver, lung, bone, lymph nodes",
    "station": "Of a lymph node its site or drainage region: 16a",
    "mobile": "With breathing",
    "measurable": "By RECIST",
    "motion": "4D CT and ITV, breath hold, gating ...",
    "subject": "The alert's subject as shown; empty: all alerts of the check",
    "lesion": "Name of the lesion that it is about; empty: all",
    "answer": f"{NOT_ASKED}: the question doesn't arise; then the remark says why",
    "schedule": "5x8Gy, 50Gy/25, 25x2Gy + 5x3Gy",
}
_YES_NO = frozenset({"bone", "vertebra", "mobile", "measurable", "prior_radiotherapy"})
_ROIS = ("gtv", "ctv", "ptv", "roi")
_WIDE: Literal["medium"] = "medium"
#: Kept with a row and not shown: hashes of the files that were signed.
_HIDDEN = frozenset({"objects"})


def columns_of(table: str) -> tuple[str, ...]:
    """The columns of a list; of attestations also what the protocol asks."""
    own = TABLES[table]
    return (own[0], "question", *own[1:]) if table == "attestations" else own


def shown_columns(table: str) -> list[str]:
    """Those that the table shows, in order."""
    return [column for column in columns_of(table) if column not in _HIDDEN]


def frame_of(table: str, rows: Sequence[Row]) -> pd.DataFrame:
    """A table's rows; every column has its type, also without rows."""
    frame = pd.DataFrame(list(rows), columns=list(columns_of(table)), dtype=object)
    for column in frame.columns:
        if column == "date":
            frame[column] = pd.to_datetime(frame[column])
        else:
            frame[column] = frame[column].astype("Int64" if column == "round" else "string")
    return frame


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """The rows of an edited table; cells that nobody filled are None."""
    return [{str(column): _cell(value) for column, value in row.items()} for row in frame.to_dict("records")]


def suggested_lesions(result: Result) -> list[Row]:
    """What the files tell of lesions: a row for each target, with the names of its volumes."""
    names = {plan.sop_instance_uid: plan.label for plan in result.case.study.plans}
    rows: list[Row] = []
    for number, lesion in enumerate(lesions(result.case), start=1):
        volumes = {kind: getattr(lesion, kind) for kind in ("gtv", "ctv", "ptv")}
        prescription = lesion.target.prescription if lesion.target else None
        plans = [names[uid] for uid in (prescription.plan_uids if prescription else ()) if names.get(uid)]
        row: Row = {kind: roi.name for kind, roi in volumes.items() if roi is not None}
        rows.append({"name": f"L{number}", **row, **({"plan": plans[0]} if len(plans) == 1 and len(names) > 1 else {})})
    return rows


def with_questions(result: Result, rows: Sequence[Row]) -> list[Row]:
    """Attestations with what the protocol asks by them, and a row for each that it asks and nobody gave."""
    asked = {rule.key: rule.question for rule in result.evaluation.protocol.rules if isinstance(rule, Attested)}
    given = {row.get("key") for row in rows}
    told = [{**row, "question": asked.get(str(row.get("key")))} for row in rows]
    open_ones: list[Row] = [{"key": key, "question": text} for key, text in asked.items() if key not in given]
    return [*told, *open_ones]


def column_config(table: str, result: Result, rows: Sequence[Row]) -> dict[str, ColumnConfig]:
    """How each column is edited: by a choice, as a day, a number, or text."""
    choices = _choices(table, result)
    made: dict[str, ColumnConfig] = {}
    for column in shown_columns(table):
        head, told = _HEADS.get(column, column.replace("_", " ").capitalize()), _HELPS.get(column)
        if column == "date":
            made[column] = st.column_config.DateColumn(head, format="YYYY-MM-DD", help=told)
        elif column == "round":
            made[column] = st.column_config.NumberColumn(head, min_value=1, max_value=99, step=1, default=1)
        elif column in choices:
            known = dict.fromkeys([*choices[column], *_texts(row.get(column) for row in rows)])
            made[column] = st.column_config.SelectboxColumn(head, options=list(known), help=told)
        else:
            width = _WIDE if column in ("reason", "remark", "question", "reduced_reason") else None
            made[column] = st.column_config.TextColumn(
                head,
                help=told,
                width=width,
                disabled=column == "question",
            )
    return made


def _choices(table: str, result: Result) -> Mapping[str, Sequence[str]]:
    """What may be chosen in the columns of a list; what a row has already may be kept beside it."""
    case = result.case
    own: dict[str, Sequence[str]] = {
        "role": [one.value for one in Role],
        "kind": [one.value for one in LesionKind],
        "of": [one.value for one in Subject],
        "decision": [one.value for one in Decision],
        "answer": (*YES_NO, NOT_ASKED),
        "target": [one.name for one in case.targets],
        "plan": [plan.label for plan in case.study.plans if plan.label],
        "check": [check.id for check in PLAN_CHECKS],
        **dict.fromkeys(_YES_NO, YES_NO),
        **dict.fromkeys(_ROIS, case.roi_names),
    }
    return {column: own[column] for column in TABLES[table] if column in own}


def _texts(values: Iterable[object]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _cell(value: object) -> object:
    """A cell without the many kinds of nothing that a frame has."""
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    if isinstance(value, pd.Timestamp):
        return value.date()
    if isinstance(value, date | str):
        return value
    return int(value) if isinstance(value, int | float) else value
