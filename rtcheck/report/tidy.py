"""Findings as a tidy table in CSV: one row each, all that a finding holds, in columns of one kind.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break for a formula [1]_; texts
from files that begin so get an apostrophe in front. Numbers are numbers. Every text is on one line.

References
----------
.. [1] OWASP. CSV injection.
.. [2] Shafranovich Y. RFC 4180: common format and MIME type for comma-separated values. 2005.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping

from rtcheck.finding import Finding
from rtcheck.protocol import Evaluation
from rtcheck.report.page.plain import visible
from rtcheck.report.redaction import redaction

#: For files: Excel on Windows takes UTF-8 without a mark at its beginning for the code page of the machine.
FILE_ENCODING = "utf-8-sig"
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_WHOSE = ("subject_code", "centre", "plan", "protocol", "protocol_version")
_PLAIN = (
    "check",
    "standing",
    "group",
    "lesion",
    "subject",
    "rois",
    "metric",
    "basis",
    "verdict",
    "robust",
    "observed",
    "low",
    "high",
    "limit",
    "limit_value",
    "unit",
    "margin",
    "margin_percent",
    "curve_margin",
    "curve_margin_unit",
    "reason",
    "message",
    "severity",
    "confidence",
    "measured",
    "flags",
    "set",
    "overrides",
    "overridden",
    "overridden_verdict",
)
_SOURCE = ("table", "row", "file", "line", "citation", "status")
#: The columns, in order.
COLUMNS = (*_WHOSE, *_PLAIN, *(f"source_{name}" for name in _SOURCE))


def tidy_csv(evaluation: Evaluation, *, show_name: bool = False) -> str:
    """The findings of a check as CSV: comma, double quotes where needed, CRLF (RFC 4180), a heading.

    Lists are joined by ``"; "``. An upper bound that isn't known is ``inf``; what isn't known at all is empty.

    Parameters
    ----------
    evaluation : Evaluation
    show_name : bool
        Whether a patient's name and ID that stand in a text are left there.

    Examples
    --------
    >>> path.write_text(tidy_csv(result.evaluation), encoding=FILE_ENCODING, newline="")    # doctest: +SKIP
    """
    patient, subject = evaluation.case.study.patient, evaluation.case.sheet.subject
    redact: Callable[[str], str] = str if show_name else redaction(patient, subject)
    whose = _whose(evaluation)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for finding in evaluation.findings:
        row = {**whose, **_flat(finding)}
        cited = {f"source_{name}": getattr(finding.source, name) for name in _SOURCE}
        told = {name: redact(value) if isinstance(value, str) else value for name, value in row.items()}
        writer.writerow([_cell({**told, **cited}[name]) for name in COLUMNS])
    return text.getvalue()


def _whose(evaluation: Evaluation) -> Mapping[str, object]:
    sheet, protocol = evaluation.case.sheet, evaluation.protocol
    return {
        "subject_code": sheet.subject,
        "centre": sheet.centre,
        "plan": " + ".join(plan.label for plan in evaluation.case.study.plans),
        "protocol": protocol.id,
        "protocol_version": protocol.version,
    }


def _flat(finding: Finding) -> Mapping[str, object]:
    """Values of one kind each."""
    plain = {name: getattr(finding, name) for name in _PLAIN}
    return {
        **plain,
        "verdict": finding.verdict.value,
        "rois": "; ".join(finding.rois),
        "flags": "; ".join(finding.flags),
        "measured": "; ".join(f"{one.label}={one.value!r} {one.unit}".strip() for one in finding.measured),
        "severity": finding.severity.value if finding.severity else None,
        "confidence": finding.confidence.value if finding.confidence else None,
        "overridden_verdict": finding.overridden_verdict.value if finding.overridden_verdict else None,
    }


def _cell(value: object) -> object:
    """A text that no spreadsheet takes for a formula; any other value as it is, empty where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value
    shown = visible(value)
    return f"'{shown}" if value.startswith(_FORMULA) or shown.lstrip().startswith(_FORMULA) else shown
