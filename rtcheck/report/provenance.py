"""What a report's numbers were made of: software, protocol, tables, settings, declarations, inputs, with their hashes.

Whoever has the same files can recompute a report from this block alone: see `rtcheck.verification`.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from enum import Enum
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rtcheck.case import Case
from rtcheck.convention import CONVENTIONS, DEFAULT_CONVENTION, Between, Ends
from rtcheck.dvh import BOXES
from rtcheck.protocol import Evaluation, Protocol
from rtcheck.sheet import NOTHING_DECLARED, CaseSheet, SignOff
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
#: Packages whose versions may move last digits: told, and never held against a report.
_COMPUTING = ("numpy", "numba", "shapely", "pydicom")
#: Files of the package that make a report: code, and what pages look like.
_SOFTWARE = frozenset({".py", ".jinja", ".css", ".typ"})


@dataclass(frozen=True)
class OtherFiles:
    """Files that were given and that no finding was made from.

    Attributes
    ----------
    dicom : tuple of (str, str)
        Name and SHA-256 of DICOM files: other series and plans, copies, objects that a check has no use for.
    ignored : tuple of str
        Names of files that are no DICOM.
    """

    dicom: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()


def provenance(
    evaluation: Evaluation,
    time: datetime,
    settings: Mapping[str, object],
    *,
    show_name: bool,
    others: OtherFiles | None = None,
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
    others : OtherFiles, optional
        None where nobody knows what else was given.
    """
    study, protocol, sheet = evaluation.case.study, evaluation.protocol, evaluation.case.sheet
    site = protocol.site
    return {
        "software": {"name": "rtcheck", "version": software_version(), "sha256": software_sha256()},
        "runtime": runtime(),
        "time": time.isoformat(timespec="seconds"),
        "patient": {
            "subject": sheet.subject,
            "centre": sheet.centre,
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
        "case_sheet": _case_sheet(sheet),
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
                "bases": [
                    {"id": one.id, "version": one.version, "file": one.file, "sha256": one.sha256}
                    for one in table.bases
                ],
            }
            for table in protocol.tables
        ],
        "table_selection": protocol.selection,
        "site": {"id": site.id, "version": site.version, "file": site.file, "sha256": site.sha256} if site else None,
        "names_files": [{"file": name, "sha256": sha256} for name, sha256 in evaluation.case.names.files],
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
        "other_inputs": [{"file": name, "sha256": sha256} for name, sha256 in others.dicom] if others else None,
        "ignored_files": list(others.ignored) if others else None,
    }


def _case_sheet(sheet: CaseSheet) -> dict[str, object] | None:
    """What was declared; of a sheet that no file holds without a name and a hash."""
    if sheet.file:
        return {"file": sheet.file, "sha256": sheet.sha256, "data": dict(sheet.data)}
    said = replace(sheet, sign_offs=tuple(one for one in sheet.sign_offs if not one.record))
    return None if said == NOTHING_DECLARED else {"file": None, "sha256": None, "data": _plain(said)}


def _plain(value: object) -> object:
    """A declaration as plain data, without what it doesn't say."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        return _plain({one.name: getattr(value, one.name) for one in fields(value)})
    if isinstance(value, Mapping):
        told = {str(key): _plain(one) for key, one in value.items()}
        return {key: one for key, one in told.items() if one not in (None, "", [], {})}
    if isinstance(value, tuple | list | frozenset | set):
        plain = [_plain(one) for one in value]
        return plain if isinstance(value, tuple | list) else sorted(map(str, plain))
    return value


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


def runtime() -> dict[str, str]:
    """Versions of what computed the numbers besides rtcheck; two of them may differ in last digits."""
    told = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    return {**told, **{name: version(name) for name in _COMPUTING}}


@cache
def software_sha256() -> str:
    """One digest of the package's code and templates, by their names and bytes; line endings don't count."""
    package = Path(__file__).parents[1]
    names = {path.relative_to(package).as_posix(): path for path in package.rglob("*") if path.suffix in _SOFTWARE}
    whole = hashlib.sha256()
    for name in sorted(names):
        whole.update(name.encode() + b"\0")
        whole.update(hashlib.sha256(names[name].read_bytes().replace(b"\r\n", b"\n")).digest())
    return whole.hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
