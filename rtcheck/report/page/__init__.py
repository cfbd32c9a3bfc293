"""What a report says, in order, in words and rounded numbers: one tree for the page on a screen and the printed one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from rtcheck.errors import UsageError
from rtcheck.protocol import Evaluation
from rtcheck.report import summary
from rtcheck.report.data import DIGEST
from rtcheck.report.page.checks import plan_checks_section
from rtcheck.report.page.head import attention, facts, glance, sentence
from rtcheck.report.page.lesions import lesions_section, rules_section
from rtcheck.report.page.limits import curves_section, left_out_section, limits_section
from rtcheck.report.page.model import Own, Page, Section
from rtcheck.report.page.origin import provenance_section, reading_section
from rtcheck.report.page.people import declared_section, follow_up_section, people_section
from rtcheck.report.page.plain import made_plain
from rtcheck.report.page.words import Citations, mark
from rtcheck.report.redaction import redaction

__all__ = ["Page", "page"]


def page(evaluation: Evaluation, document: Mapping[str, object], *, time: datetime, show_name: bool = False) -> Page:
    """What a report of a check says.

    Parameters
    ----------
    evaluation : Evaluation
    document : mapping
        The same report as plain data, by `rtcheck.report.check_document`: its provenance and its digest are told.
    time : datetime
        When the report was made, with its zone.
    show_name : bool
        Whether the patient's name and ID are in it. The subject code always is.

    Raises
    ------
    UsageError
        For a time without a zone, for a report that is kept must say when it was made; and for a document that has the
        patient's name where it isn't asked for.
    """
    provenance = cast(Mapping[str, Any], document.get("provenance", {}))
    _check_asked(time, provenance, show_name)
    case, protocol = evaluation.case, evaluation.protocol
    patient = case.study.patient
    version = f" · {protocol.version}" if protocol.version else ""
    digest = str(document.get(DIGEST, ""))
    told = Page(
        title=Own("Radiotherapy plan check"),
        mark=mark(evaluation.verdict),
        wording=Own(protocol.wording.get(evaluation.verdict.value, "")),
        summary=sentence(evaluation.findings),
        subject=case.sheet.subject or Own("subject code not declared"),
        centre=case.sheet.centre or "",
        patient=f"{patient.name} ({patient.patient_id})" if show_name else "",
        protocol=Own(f"{protocol.id}{version}"),
        time=Own(time.isoformat(sep=" ", timespec="seconds")),
        software=Own(f"rtcheck {provenance.get('software', {}).get('version', '')}".strip()),
        digest=Own(digest),
        facts=facts(evaluation),
        glance=glance(evaluation.findings),
        sections=_sections(evaluation, provenance, digest),
        closing=tuple(Own(note) for note in summary.closing_notes(protocol)),
    )
    return made_plain(told, (lambda text: text) if show_name else redaction(patient, case.sheet.subject))


def _check_asked(time: datetime, provenance: Mapping[str, Any], show_name: bool) -> None:
    if time.tzinfo is None:
        raise UsageError(f"the time of a report needs its zone, and {time.isoformat()} has none")
    patient = provenance.get("patient", {})
    if not show_name and (patient.get("id") or patient.get("name")):
        raise UsageError("the document has the patient's name or ID; make it without, or ask for them with show_name")


def _sections(evaluation: Evaluation, provenance: Mapping[str, Any], digest: str) -> tuple[Section, ...]:
    """In the order in which a reader asks. Publications are numbered as the sections name them."""
    case = evaluation.case
    citations = Citations(not_enabled=summary.not_enabled(evaluation.protocol))
    told = (
        attention(evaluation.findings),
        lesions_section(evaluation, citations),
        limits_section(evaluation, citations),
        curves_section(evaluation),
        rules_section(evaluation, citations),
        plan_checks_section(evaluation, citations),
        people_section(evaluation),
        follow_up_section(evaluation),
        left_out_section(evaluation),
        declared_section(case),
        reading_section(evaluation),
        provenance_section(provenance, digest, citations),
    )
    return tuple(section for section in told if section is not None)
