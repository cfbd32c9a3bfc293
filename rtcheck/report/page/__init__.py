"""What a report says, in order, in words and rounded numbers: one tree for the page on a screen and the printed one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from rtcheck.errors import UsageError
from rtcheck.protocol import Evaluation
from rtcheck.report import summary
from rtcheck.report.page.checks import plan_checks_section
from rtcheck.report.page.head import attention, facts, glance, sentence
from rtcheck.report.page.lesions import lesions_section, rules_section
from rtcheck.report.page.limits import curves_section, left_out_section, limits_section
from rtcheck.report.page.model import Own, Page, Section
from rtcheck.report.page.origin import provenance_section, reading_section
from rtcheck.report.page.people import Visits, declared_section, follow_up_section, people_section
from rtcheck.report.page.plain import made_plain
from rtcheck.report.page.words import Citations, mark
from rtcheck.report.redaction import redacted, redaction

__all__ = ["Page", "Visits", "data_of", "page"]


def data_of(evaluation: Evaluation, document: Mapping[str, object], *, show_name: bool = False) -> bytes:
    """The report's data as JSON in UTF-8, as a report carries it; without the patient's name and ID unless asked."""
    if not show_name:
        document = redacted(document, evaluation.case.study.patient)
        provenance = dict(cast(Mapping[str, Any], document.get("provenance", {})))
        provenance["patient"] = {**provenance.get("patient", {}), "id": None, "name": None}
        document = {**document, "provenance": provenance}
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False).encode()


def page(
    evaluation: Evaluation,
    data: bytes,
    *,
    time: datetime,
    show_name: bool = False,
    visits: Visits = (),
) -> Page:
    """What a report of a check says.

    Parameters
    ----------
    evaluation : Evaluation
    data : bytes
        The same report as data, by `data_of`: its provenance is told, and its digest.
    time : datetime
        When the report was made, with its zone.
    show_name : bool
        Whether the patient's name and ID are in it. The subject code always is.
    visits : sequence of sequence of str, optional
        The follow-up calendar as rows of texts, the heading first.

    Raises
    ------
    UsageError
        For a time without a zone: a report that is kept must say when it was made.
    """
    if time.tzinfo is None:
        raise UsageError(f"the time of a report needs its zone, and {time.isoformat()} has none")
    case, protocol = evaluation.case, evaluation.protocol
    patient = case.study.patient
    digest = hashlib.sha256(data).hexdigest()
    provenance = cast(Mapping[str, Any], json.loads(data).get("provenance", {}))
    version = f" · {protocol.version}" if protocol.version else ""
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
        sections=_sections(evaluation, provenance, digest, visits),
        closing=tuple(Own(note) for note in summary.closing_notes(protocol)),
    )
    return made_plain(told, (lambda text: text) if show_name else redaction(patient))


def _sections(
    evaluation: Evaluation, provenance: Mapping[str, Any], digest: str, visits: Visits
) -> tuple[Section, ...]:
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
        people_section(case),
        follow_up_section(visits),
        left_out_section(evaluation),
        declared_section(case),
        reading_section(evaluation),
        provenance_section(provenance, digest, citations),
    )
    return tuple(section for section in told if section is not None)
