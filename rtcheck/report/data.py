"""Evaluations and DVHs as plain data: the documents that scripts rely on.

A report is one JSON text. It ends with a digest of all that stands before, so that a changed report shows; the same
inputs, settings and time give the same text to the last byte.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from rtcheck.checks import plan_score, score
from rtcheck.finding import Finding
from rtcheck.metrics import MetricValue
from rtcheck.protocol import Evaluation
from rtcheck.report.provenance import OtherFiles, provenance
from rtcheck.report.redaction import redacted

if TYPE_CHECKING:
    import pandas as pd

#: Version of the document that `check_document` returns; it changes when a meaning does.
SCHEMA = "rtcheck-check/1"
#: The last key of a report.
DIGEST = "digest"
_NO_SETTINGS: Mapping[str, object] = MappingProxyType({})


def check_document(
    evaluation: Evaluation,
    time: datetime,
    settings: Mapping[str, object] = _NO_SETTINGS,
    *,
    show_name: bool = False,
    others: OtherFiles | None = None,
) -> dict[str, object]:
    """The report of one check as plain data.

    Parameters
    ----------
    evaluation : Evaluation
    time : datetime
    settings : mapping
        The arguments of the check, by which it can be recomputed.
    show_name : bool
        Whether the patient's name and ID stand in it; without, they are taken out of every text.
    others : OtherFiles, optional
        What was given besides the files that the findings were made from; None where nobody knows.
    """
    document: dict[str, object] = {
        "schema": SCHEMA,
        "verdict": evaluation.verdict.value,
        "findings": [finding.to_dict() for finding in evaluation.findings],
        "provenance": provenance(evaluation, time, settings, show_name=show_name, others=others),
    }
    if not show_name:
        document = redacted(document, evaluation.case.study.patient)
    return with_digest(document)


def with_scores(document: Mapping[str, object], findings: Sequence[Finding]) -> dict[str, object]:
    """The report with the score of every limit and of the plan; they compare plans and decide nothing."""
    stood = document["findings"]
    assert isinstance(stood, list)
    rows = [{**row, "score": score(finding)} for row, finding in zip(stood, findings, strict=True)]
    return with_digest({**document, "findings": rows, "plan_score": plan_score(findings)})


def with_digest(document: Mapping[str, object]) -> dict[str, object]:
    """A report with the digest of all its other keys as its last."""
    body = {key: value for key, value in document.items() if key != DIGEST}
    return {**body, DIGEST: digest_of(body)}


def digest_of(document: Mapping[str, object]) -> str:
    """SHA-256 of a report without its digest: of its JSON with sorted keys and without blanks, in UTF-8."""
    body = {key: value for key, value in document.items() if key != DIGEST}
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def serialised(document: Mapping[str, object]) -> str:
    """The text of a report: the only one that is the report's, byte for byte."""
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def dvh_rows(answers: Iterable[tuple[str, MetricValue]], dose: str) -> list[dict[str, object]]:
    """One row per ROI and metric, each naming the dose that it is of."""
    return [{"roi": roi, **value.to_dict(), "dose": dose} for roi, value in answers]


def findings_frame(findings: Sequence[Finding]) -> pd.DataFrame:
    """Findings as a data frame, one row each."""
    import pandas as pd  # noqa: PLC0415  an optional extra, and slow to import

    rows = [
        {**finding.to_dict(), "source": finding.source.row, "rois": ", ".join(finding.rois)} for finding in findings
    ]
    return pd.DataFrame(rows, columns=list(rows[0]) if rows else None)
