"""Evaluations and DVHs as plain data: the documents that scripts rely on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from rtcheck.case import Case
from rtcheck.convention import CONVENTIONS, DEFAULT_CONVENTION, Between, Ends
from rtcheck.dvh import BOXES
from rtcheck.finding import Finding
from rtcheck.metrics import MetricValue
from rtcheck.protocol import Evaluation

if TYPE_CHECKING:
    import pandas as pd

#: Version of the document that `check_document` returns; it changes when a meaning does.
SCHEMA = "rtcheck-check/1"
_BETWEEN = {Between.PRISM: "right prisms", Between.INTERPOLATED: "outlines interpolated between the contours"}
_ENDS = {
    Ends.HALF_SLICE: "half a slice beyond the ends",
    Ends.NONE: "nothing beyond the ends",
    Ends.ROUNDED: "domes half a slice high beyond the ends",
}


def check_document(evaluation: Evaluation, time: datetime) -> dict[str, object]:
    """The report of one check as plain data."""
    return {
        "schema": SCHEMA,
        "verdict": evaluation.verdict.value,
        "findings": [finding.to_dict() for finding in evaluation.findings],
        "provenance": _provenance(evaluation, time),
    }


def _provenance(evaluation: Evaluation, time: datetime) -> dict[str, object]:
    study, protocol = evaluation.case.study, evaluation.protocol
    return {
        "software": {"name": "rtcheck", "version": software_version()},
        "time": time.isoformat(timespec="seconds"),
        "patient": {"id": study.patient.patient_id, "name": study.patient.name},
        "plan": study.plan.label if study.plan else None,
        "prescriptions": [
            {"target": p.target, "total_dose_gy": p.total_dose_gy, "fractions": p.fractions, "source": p.source}
            for p in evaluation.case.prescriptions
        ],
        "declared": {"child_pugh": evaluation.case.child_pugh, "diagnosis": protocol.diagnosis},
        "protocol": {"id": protocol.id, "version": protocol.version, "file": protocol.file, "sha256": protocol.sha256},
        "tables": [
            {"id": table.id, "version": table.version, "file": table.file, "sha256": table.sha256}
            for table in protocol.tables
        ],
        "conventions": conventions(evaluation.case),
        "dose_grid": study.dose.grid.describe(),
        "inputs": [
            {"file": s.name, "modality": s.modality, "sop_instance_uid": s.sop_instance_uid, "sha256": s.sha256}
            for s in study.sources
        ],
    }


def conventions(case: Case) -> dict[str, object]:
    """How the numbers of a case were made."""
    chosen = case.convention
    return {
        "solid": f"{_BETWEEN[chosen.between]}, {_ENDS[chosen.ends]}",
        "between": chosen.between.value,
        "ends": chosen.ends.value,
        "default": chosen == DEFAULT_CONVENTION,
        "dose": "trilinear, known between the outermost sample centres",
        "outside_grid": "unknown, bounded by unirradiated and unlimited",
        "intervals": "over the dose outside the grid and over these conventions",
        "intervals_over": [str(convention) for convention in (CONVENTIONS if case.intervals else (chosen,))],
        "boxes_per_roi": BOXES,
    }


def software_version() -> str:
    """Version of the installed package, or ``unknown`` in a bare checkout."""
    try:
        return version("rtcheck")
    except PackageNotFoundError:
        return "unknown"


def dvh_rows(answers: Iterable[tuple[str, MetricValue]]) -> list[dict[str, object]]:
    """One row per ROI and metric."""
    return [{"roi": roi, **value.to_dict()} for roi, value in answers]


def findings_frame(findings: Sequence[Finding]) -> pd.DataFrame:
    """Findings as a data frame, one row each."""
    import pandas as pd  # noqa: PLC0415  an optional extra, and slow to import

    rows = [
        {**finding.to_dict(), "source": finding.source.row, "rois": ", ".join(finding.rois)} for finding in findings
    ]
    return pd.DataFrame(rows, columns=list(rows[0]) if rows else None)
