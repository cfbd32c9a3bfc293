"""Parts of the page by their labels, and what its tables and its figure show. Needs the app extra."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

from rtcheck.finding import Finding
from rtcheck.report.sections import sections
from rtcheck.report.wording import interval_text, limit_text, margin_text, metric_text, observed_text
from rtcheck.ui.findings import sign_and_word


def radio(page: AppTest, label: str) -> Any:
    return next(buttons for buttons in page.radio if buttons.label == label)


def multiselect(page: AppTest, label: str) -> Any:
    return next(box for box in page.multiselect if box.label == label)


def text_input(page: AppTest, label: str) -> Any:
    return next(field for field in page.text_input if field.label.replace("\\", "") == label)


def checkbox(page: AppTest, label: str) -> Any:
    return next(box for box in page.checkbox if box.label == label)


def uploader(page: AppTest, label: str) -> Any:
    return next(field for field in page.file_uploader if field.label == label)


def button(page: AppTest, label: str) -> Any:
    return next(one for one in page.button if one.label == label)


def labels(elements: Iterable[Any]) -> list[str]:
    return [element.label.replace("\\", "") for element in elements]


def rows(findings: Iterable[Finding]) -> list[tuple[str, ...]]:
    """What the page's tables must show of the library's findings."""
    parts = sections(findings)
    return sorted(
        (
            sign_and_word(f.verdict),
            f.subject,
            metric_text(f),
            observed_text(f),
            limit_text(f),
            margin_text(f),
            interval_text(f),
            f.source.row,
        )
        for some in (parts.targets, parts.limits, parts.quoted, parts.unjudged, parts.not_applicable)
        for f in some
    )


def finding_tables(page: AppTest) -> list[pd.DataFrame]:
    return [table.value for table in page.dataframe if {"Verdict", "ROI"} <= set(table.value.columns)]


def table_rows(page: AppTest) -> list[tuple[str, ...]]:
    """The rows of all tables of findings."""
    frame = pd.concat(finding_tables(page))
    shown = ["Verdict", "ROI", "Metric", "Observed", "Limit", "Margin", "Interval", "Source"]
    return sorted(frame[shown].itertuples(index=False, name=None))


def curves(page: AppTest) -> dict[str, dict[str, Any]]:
    """The lines of the figure by name."""
    return {trace["name"]: trace for trace in _figure(page)["data"] if "name" in trace}


def doses_gy(curve: dict[str, Any]) -> np.ndarray:
    """The doses of a line, which Plotly packs."""
    packed = curve["x"]
    return np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"])


def axis(page: AppTest) -> str:
    """Title of the figure's dose axis."""
    title: str = _figure(page)["layout"]["xaxis"]["title"]["text"]
    return title


def lines(page: AppTest) -> dict[str, float]:
    """Dose of every vertical line of the figure by its text."""
    return {note["text"]: note["x"] for note in _figure(page)["layout"].get("annotations", [])}


def _figure(page: AppTest) -> dict[str, Any]:
    (chart,) = page.get("plotly_chart")
    figure: dict[str, Any] = json.loads(chart.proto.spec)
    return figure
