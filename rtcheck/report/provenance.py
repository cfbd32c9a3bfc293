"""What a report's numbers were made of: software, protocol, tables, settings, declarations, inputs, with their hashes.

Whoever has the same files can recompute a report from this block alone: see `rtcheck.verification`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rtcheck.case import Case
from rtcheck.convention import CONVENTIONS, DEFAULT_CONVENTION, Between, Ends
from rtcheck.dvh import BOXES
from rtcheck.protocol import Evaluation, Protocol
from rtcheck.sheet import SignOff
from rtcheck.shipped import data_folder
from rtcheck.units import PHYSICAL

_BETWEEN = {Between.PRISM: "right prisms", Between.INTERPOLATED: "outlines interpolated between the contours"}
_ENDS = {
    Ends.HALF_SLICE: "half a slice beyond the ends",
    Ends.NONE: "nothing beyond the ends",
    Ends.ROUNDED: "domes half a slice high beyond the ends",
}
#: Data files besides tables, sites and protocols that have a say in findings.
_FURTHER_DATA = ("names.yaml", "radiobiology.yaml")


def provenance(
    evaluation: Evaluation, time: datetime, settings: Mapping[str, object], *, show_name: bool
) -> dict[str, object]:
    """The block of a report.

    Parameters
    ----------
    evaluation : Evaluation
    time : datetime
        When it was made, with its zone.
    settings : mapping
        The arguments of the check, as plain data.
    show_name : bool
        Whether the patient's name and ID are in it.
    """
    study, protocol, sheet = evaluation.case.study, evaluation.protocol, evaluation.case.sheet
    site = protocol.site
    return {
        "software": {"name": "rtcheck", "version": software_version(), "sha256": software_sha256()},
        "time": time.isoformat(timespec="seconds"),
        "patient": {
            "subject": sheet.subject,
            "id": study.patient.patient_id if show_name else None,
            "name": study.patient.name if show_name else None,
        },
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
        "case_sheet": {"file": sheet.file, "sha256": sheet.sha256, "data": dict(sheet.data)} if sheet.file else None,
        "sign_offs": [_sign_off(one) for one in sheet.sign_offs],
        "protocol": _protocol(protocol),
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
        "data": [{"file": name, "sha256": _sha256(data_folder() / name)} for name in _FURTHER_DATA],
        "plan_checks": _plan_checks(evaluation),
        "converted_to_eqd2": evaluation.converted,
        "conventions": conventions(evaluation.case),
        "settings": dict(settings),
        "dose_grid": _grid_text(evaluation.case),
        "dose": _dose(evaluation.case),
        "inputs": [
            {"file": s.name, "modality": s.modality, "sop_instance_uid": s.sop_instance_uid, "sha256": s.sha256}
            for s in study.sources
        ],
    }


def _protocol(protocol: Protocol) -> dict[str, object]:
    return {
        "id": protocol.id,
        "version": protocol.version,
        "file": protocol.file,
        "sha256": protocol.sha256,
        "amendments": [{"version": one.version, "date": one.date, "what": one.what} for one in protocol.amendments],
        "wording": dict(protocol.wording),
        "reference_tables": list(protocol.reference_tables),
    }


def _plan_checks(evaluation: Evaluation) -> dict[str, object]:
    tuning = evaluation.tuning
    return {
        "asked": list(evaluation.protocol.plan_checks),
        "off": dict(tuning.off),
        "thresholds": {check: dict(values) for check, values in tuning.thresholds.items()},
        "because": dict(tuning.because),
        "file": tuning.file or None,
        "sha256": tuning.sha256 or None,
    }


def _sign_off(one: SignOff) -> dict[str, object]:
    return {
        "of": one.subject.value,
        "role": one.role.value,
        "name": one.name,
        "date": one.date.isoformat(),
        "decision": one.decision.value,
        "round": one.round,
        "remark": one.remark,
        "objects": list(one.objects),
        "record": one.record or None,
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


@cache
def software_sha256() -> str:
    """One digest of all Python files of the package, by their names and bytes; line endings don't count."""
    package = Path(__file__).parents[1]
    whole = hashlib.sha256()
    for path in sorted(package.rglob("*.py"), key=lambda one: one.relative_to(package).as_posix()):
        whole.update(path.relative_to(package).as_posix().encode())
        whole.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return whole.hexdigest()


@cache
def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
