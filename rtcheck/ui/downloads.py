"""What can be taken away: reports, curves, objects for an archive; each is made when it is asked for."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType

import streamlit as st
from rich.console import Console

from rtcheck.dicom import dvh_object
from rtcheck.pipeline import Result
from rtcheck.report import curves_csv, print_check
from rtcheck.report.redaction import redaction
from rtcheck.report.tidy import FILE_ENCODING
from rtcheck.ui.case_sheets import as_json
from rtcheck.ui.checking import Checked
from rtcheck.ui.figure import choices

#: Letters of a line of the text report.
_WIDTH = 160
#: What the reports need, and what they are without.
_NEEDED = {
    "typst": "The report on paper needs typst, which isn't installed: pip install 'rtcheck[report]'",
    "jinja2": "The report as a page needs jinja2, which isn't installed: pip install 'rtcheck[report]'",
}
_SCORES_HELP = "A score of every limit and of the plan, to compare plans; it decides nothing."
_NAME_HELP = "Otherwise reports carry the subject code alone, and name and ID are taken out of every text."


@dataclass(frozen=True)
class Download:
    """A file that can be taken away.

    Attributes
    ----------
    label : str
    suffix : str
        What follows the stem of its name.
    mime : str
    make : callable
        Its content, made when it is asked for.
    problem : str
        Why it can't be made here; empty where it can.
    """

    label: str
    suffix: str
    mime: str
    make: Callable[[], str | bytes]
    problem: str = ""


def show_downloads(checked: Checked) -> None:
    """Reports, with the patient's name where asked for; numbers; objects of the patient's study."""
    st.caption("A file is made when you ask for it, and goes to your browser's folder; nothing else of it is kept.")
    show_name = st.checkbox("Patient's name and ID in reports", key=f"show-name-{checked.key}", help=_NAME_HELP)
    scores = st.checkbox("Scores in the JSON report", key=f"scores-{checked.key}", help=_SCORES_HELP)
    result = named(checked.result) if show_name else checked.result
    whose = "carry the patient's name and ID" if show_name else "carry the subject code, not the patient's name"
    _show_row(f"Reports; they {whose}", reports(result, scores=scores), checked.key, result)
    _show_row("Dose-volume histograms, and the case sheet", numbers(checked, result), checked.key, result)
    _show_row(
        "DICOM objects of the patient's study, for an archive; they carry the patient's name and ID",
        objects(result),
        checked.key,
        result,
    )
    st.caption("DVHs of ROIs that have none, or that lie partly outside the dose grid, aren't in the object.")


def named(result: Result) -> Result:
    """The same result with reports that carry the patient's name and ID."""
    return replace(result, show_name=True, settings=MappingProxyType({**result.settings, "show_name": True}))


def reports(result: Result, *, scores: bool = False) -> tuple[Download, ...]:
    """The report in every form that the command line writes."""
    return (
        Download("PDF", ".pdf", "application/pdf", result.to_pdf, _missing("typst")),
        Download("HTML", ".html", "text/html", result.to_html, _missing("jinja2")),
        Download("JSON", ".json", "application/json", lambda: result.to_json(scores=scores)),
        Download("CSV", ".csv", "text/csv", lambda: result.to_csv().encode(FILE_ENCODING)),
        Download("Text", ".txt", "text/plain", lambda: text_report(result)),
    )


def numbers(checked: Checked, result: Result) -> tuple[Download, ...]:
    """The curves as numbers, and what was declared."""
    sheet = "" if checked.used.content else "There is no case sheet: declare one under Case sheet."
    return (
        Download("DVH curves (CSV)", "-dvh.csv", "text/csv", lambda: curves_of(result)),
        Download("Case sheet (JSON)", "-case.json", "application/json", lambda: as_json(checked.used), sheet),
    )


def objects(result: Result) -> tuple[Download, ...]:
    """What a planning system or an archive reads."""
    return (
        Download("DVHs (DICOM)", "-dvh.dcm", "application/dicom", lambda: dvh_object(result.case, result.time)[0]),
        Download("Report (DICOM)", "-report.dcm", "application/dicom", result.to_dicom, _missing("typst")),
    )


def text_report(result: Result) -> str:
    """The report as the command line prints it; without the patient's name and ID unless asked for."""
    text = io.StringIO()
    print_check(result.evaluation, Console(file=text, width=_WIDTH, color_system=None), show_name=result.show_name)
    return _redacted(result, text.getvalue())


def curves_of(result: Result) -> str:
    """All curves as CSV, in physical dose, whatever the figure shows."""
    result.case.dvhs()  # on all cores
    return _redacted(result, curves_csv([choice.dvh(result.case) for choice in choices(result).values()]))


def _redacted(result: Result, text: str) -> str:
    return text if result.show_name else redaction(result.case.study.patient, result.case.sheet.subject)(text)


def _missing(module: str) -> str:
    return "" if importlib.util.find_spec(module) is not None else _NEEDED[module]


def _show_row(title: str, downloads: tuple[Download, ...], key: str, result: Result) -> None:
    st.markdown(f"**{title}**")
    stem = f"rtcheck-{result.evaluation.protocol.id}-{result.time:%Y%m%dT%H%M%SZ}"
    for column, one in zip(st.columns(5), downloads, strict=False):
        column.download_button(
            one.label,
            one.make,
            f"{stem}{one.suffix}",
            one.mime,
            key=f"download{one.suffix}-{key}",
            on_click="ignore",
            disabled=bool(one.problem),
            width="stretch",
        )
    for problem in dict.fromkeys(one.problem for one in downloads if one.problem):
        st.caption(problem)
