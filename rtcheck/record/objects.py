"""What a sign-off is of: the files that were looked at, by their hashes, and the case that they belong to."""

from __future__ import annotations

from hashlib import sha256

from rtcheck.sheet import CaseSheet, Subject
from rtcheck.study import Study


def signed_objects(study: Study, subject: Subject) -> tuple[str, ...]:
    """SHA-256 of the files that a decision is about: the structure set, or the plans with their doses and it.

    A plan that was exported again is another one, whatever its UID: what was signed before doesn't count for it.
    """
    structures = study.structure_set.source.sha256
    if subject is Subject.CONTOURS:
        return (structures,)
    doses = [source for one in study.plan_doses for source in (one.dose.parts or (one.dose.source,))]
    plans = [plan.source for plan in study.plans]
    return tuple(dict.fromkeys([structures, *(source.sha256 for source in (*plans, *doses))]))


def case_code(study: Study, sheet: CaseSheet) -> str:
    """What a record files a case under: its subject code, else a hash of the patient's ID, which doesn't tell it."""
    return code_of(study.patient.patient_id, sheet)


def code_of(patient_id: str, sheet: CaseSheet) -> str:
    """As `case_code`, of a patient whose files needn't be read for it."""
    return sheet.subject or f"patient-{sha256(patient_id.encode()).hexdigest()[:16]}"
