"""Evaluations and DVHs as plain data: the documents that scripts rely on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from rtcheck.case import Case
from rtcheck.checks import plan_score, score
from rtcheck.convention import CONVENTIONS, DEFAULT_CONVENTION, Between, Ends
from rtcheck.dvh import BOXES
from rtcheck.finding import Finding
from rtcheck.metrics import MetricValue
from rtcheck.protocol import Evaluation
from rtcheck.units import PHYSICAL

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


def with_scores(document: Mapping[str, object], findings: Sequence[Finding]) -> dict[str, object]:
    """The report with the score of every limit and of the plan; they compare plans and decide nothing."""
    rows = [{**finding.to_dict(), "score": score(finding)} for finding in findings]
    return {**document, "findings": rows, "plan_score": plan_score(findings)}


def _provenance(evaluation: Evaluation, time: datetime) -> dict[str, object]:
    study, protocol = evaluation.case.study, evaluation.protocol
    site = protocol.site
    return {
        "software": {"name": "rtcheck", "version": software_version()},
        "time": time.isoformat(timespec="seconds"),
        "patient": {"id": study.patient.patient_id, "name": study.patient.name},
        "plan": " + ".join(plan.label for plan in study.plans) or None,
        "plans": [
            {"label": plan.label, "sop_instance_uid": plan.sop_instance_uid, "file": plan.source.name}
            for plan in study.plans
        ],
        "prescriptions": [
            {
                "target": p.target,
                "schedule": str(p.schedule),
                "total_dose_gy": p.total_dose_gy,
                "fractions": p.fractions,
                "source": p.source,
                "plan_uids": list(p.plan_uids),
            }
            for p in evaluation.case.prescriptions
        ],
        "declared": {
            "child_pugh": evaluation.case.child_pugh,
            "diagnosis": protocol.diagnosis,
            "names": dict(evaluation.case.names.confirmed),
        },
        "protocol": {"id": protocol.id, "version": protocol.version, "file": protocol.file, "sha256": protocol.sha256},
        "tables": [
            {
                "id": table.id,
                "version": table.version,
                "file": table.file,
                "sha256": table.sha256,
                "enabled": table.enabled,
                "extends": list(table.extends),
                "changes": [{"row": one.row, "what": one.what, "because": one.because} for one in table.changes],
            }
            for table in protocol.tables
        ],
        "table_selection": protocol.selection,
        "site": {"id": site.id, "version": site.version, "file": site.file, "sha256": site.sha256} if site else None,
        "converted_to_eqd2": evaluation.converted,
        "conventions": conventions(evaluation.case),
        "dose_grid": _grid_text(evaluation.case),
        "dose": _dose(evaluation.case),
        "inputs": [
            {"file": s.name, "modality": s.modality, "sop_instance_uid": s.sop_instance_uid, "sha256": s.sha256}
            for s in study.sources
        ],
    }


def _grid_text(case: Case) -> str | None:
    if not case.dose.is_sum:
        return case.study.dose.grid.describe()
    total = case.dose.sum()
    return total.grid.describe() if total else None


def _dose(case: Case) -> dict[str, object]:
    """What the dose is and what was done to it; of a sum every part."""
    total = case.dose.sum()
    return {
        "basis": str(case.dose.basis),
        "problem": case.dose.problem(PHYSICAL),
        "sum": total.text if total else None,
        "parts": [
            {
                "plan": one.label,
                "fractions": one.fractions,
                "sop_instance_uid": one.dose.sop_instance_uid,
                "grid": one.dose.grid.describe(),
                "dose_type": one.dose.dose_type,
                "summation_type": one.dose.summation_type,
                "added_from": [part.sop_instance_uid for part in one.dose.parts],
                "normalisation": one.dose.normalisation,
                "registration": one.dose.registration,
                **extra,
            }
            for one, extra in zip(case.study.plan_doses, _contributions(case), strict=True)
        ],
    }


def _contributions(case: Case) -> list[dict[str, object]]:
    """For every dose of a sum how it was brought onto the common grid; nothing for a single dose."""
    total = case.dose.sum()
    if total is None:
        return [{} for _ in case.study.plan_doses]
    return [
        {"resampling": part.resampling, "extent_mm": part.extent_mm, "zero_outside": part.is_zero_outside}
        for part in total.provenance
    ]


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
