"""The JSON Schema of a report: what scripts may rely on.

It is published as ``docs/report.schema.json``. Keys may be added, never renamed; the name changes when a meaning does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rtcheck.finding import Confidence, Severity, Verdict

_TEXT: Mapping[str, object] = {"type": "string"}
_NUMBER: Mapping[str, object] = {"type": "number"}
_FLAG: Mapping[str, object] = {"type": "boolean"}
_SHA256: Mapping[str, object] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_FREE: Mapping[str, object] = {"type": "object"}


def report_schema(name: str) -> dict[str, object]:
    """The schema of the reports whose key ``schema`` is `name`, in JSON Schema 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{name.replace('/', ':')}",
        "title": "Report of one check",
        "type": "object",
        "required": ["schema", "verdict", "findings", "provenance", "digest"],
        "additionalProperties": False,
        "properties": {
            "schema": {"const": name},
            "verdict": _one_of([verdict.value for verdict in Verdict if verdict.decides], "The worst of the findings."),
            "findings": _list(_finding(), "One at least for each question asked; exactly one for each constraint."),
            "provenance": _said(_provenance(), "What the findings were made of."),
            "plan_score": _or_null(_NUMBER, "Mean score of the limits, where scores were asked for; decides nothing."),
            "digest": {**_SHA256, "description": "SHA-256 of the report without this key."},
        },
    }


def _finding() -> dict[str, object]:
    properties: dict[str, object] = {
        "check": _said(_TEXT, "Which check asked: dose-constraint, bed, protocol-rule, plan-check ..."),
        "subject": _said(_TEXT, "The ROI expression, target, lesion or object that it is about."),
        "metric": _said(_TEXT, "What was measured, as in AAPM TG-263; empty where nothing was."),
        "verdict": _one_of([verdict.value for verdict in Verdict], "INFO and NOT_APPLICABLE never decide."),
        "robust": _said(_FLAG, "The verdict is the same over the whole interval of the metric."),
        "observed": _or_null(_NUMBER, "The value under the chosen convention, in `unit`."),
        "low": _or_null(_NUMBER, "Least value over conventions and dose outside the grid."),
        "high": _or_null(_NUMBER, "Greatest value; null where unknown or unbounded."),
        "limit": _said(_TEXT, "The limit as text."),
        "unit": _TEXT,
        "reason": _said(_TEXT, "Stable code, e.g. roi-missing; empty for a plain verdict."),
        "message": _said(_TEXT, "One sentence for the reader."),
        "source": {
            "type": "object",
            "additionalProperties": False,
            "required": ["table", "row", "file", "line", "citation", "status"],
            "properties": {
                **dict.fromkeys(("table", "row", "file", "citation", "status"), _TEXT),
                "line": _or_null({"type": "integer"}, "Line in the file."),
            },
        },
        "group": _said(_TEXT, "What a report sets it under."),
        "rois": _list(_TEXT, "The ROIs that the subject resolved to."),
        "flags": _list(_TEXT, "What makes the number fragile."),
        "basis": _said(_TEXT, "What its doses are: physical, EQD2(alpha/beta=3 Gy) ..."),
        "margin": _or_null(_NUMBER, "By how much the limit is kept; negative where it is broken."),
        "margin_percent": _or_null(_NUMBER, "The same in percent of the limit."),
        "curve_margin": _or_null(_NUMBER, "Room along the curve's other axis."),
        "curve_margin_unit": _TEXT,
        "set": _said(_TEXT, "The group of rows that it belongs to."),
        "overrides": _said(_TEXT, "What a clinic's table or tuning changed."),
        "severity": _one_of([*(one.value for one in Severity), None], "Of a plan check."),
        "confidence": _one_of([*(one.value for one in Confidence), None], "Of a plan check."),
        "standing": _one_of(["", "protocol", "reference", "plan-check"], "What the rule is to the protocol."),
        "lesion": _said(_TEXT, "The declared lesion that it is about."),
        "measured": _list(
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["label", "value", "unit"],
                "properties": {"label": _TEXT, "value": _NUMBER, "unit": _TEXT},
            },
            "The numbers behind it, where they are several.",
        ),
        "overridden": _said(_TEXT, "Who let an alert stand, and why."),
        "overridden_verdict": _one_of([*(verdict.value for verdict in Verdict), None], "What it would be without."),
    }
    required = list(properties)
    properties["score"] = _or_null(_NUMBER, "Where scores were asked for.")
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def _provenance() -> dict[str, object]:
    properties = {**_of_what(), **_of_whom(), **_of_the_protocol(), **_of_the_files()}
    return {"type": "object", "required": list(properties), "properties": properties}


def _of_what() -> dict[str, object]:
    software = {"name": {"const": "rtcheck"}, "version": _TEXT, "sha256": _SHA256}
    return {
        "software": _object(
            software, "What made it; the hash is of its code, line endings aside.", "version", "sha256"
        ),
        "runtime": _said(_FREE, "Versions of Python and of the packages that compute; not held against a report."),
        "time": _said({"type": "string", "format": "date-time"}, "When it was made, in UTC."),
        "conventions": _said(_FREE, "How contours were read as solids, and what intervals are over."),
        "settings": _said(_FREE, "The arguments of the check, by which it can be recomputed."),
        "converted_to_eqd2": _said(_FLAG, "Limits for conventional fractionation were asked in EQD2."),
    }


def _of_whom() -> dict[str, object]:
    whose = {
        "subject": _or_null(_TEXT, "Subject code of the case sheet."),
        "centre": _or_null(_TEXT, "Of the case sheet."),
        "id": _or_null(_TEXT, "Null unless asked for."),
        "name": _or_null(_TEXT, "Null unless asked for."),
    }
    prescription = {
        "target": _TEXT,
        "schedule": _said(_TEXT, "As rtcheck writes it: 5x8Gy."),
        "total_dose_gy": _NUMBER,
        "fractions": {"type": "integer"},
        "source": _said(_TEXT, "Where it stands."),
        "plan_uids": _list(_TEXT, "SOP Instance UIDs of the plans that it is of."),
    }
    return {
        "patient": _object(whose, "Whose plan it is.", *whose),
        "plan": _or_null(_TEXT, "Labels of the plans."),
        "plans": _list(_plain_object("label", "sop_instance_uid", "file"), "The plans."),
        "prescriptions": _list(_object(prescription, "", *prescription), "What is prescribed."),
        "declared": _said(_FREE, "Child-Pugh, diagnosis and confirmed names that counted."),
        "case_sheet": {
            "type": ["object", "null"],
            "required": ["file", "sha256", "data"],
            "properties": {
                "file": _or_null(_TEXT, "Null for a sheet that no file held."),
                "sha256": _or_null(_SHA256, "Of the file."),
                "data": _said(_FREE, "What it says."),
            },
            "description": "The case sheet.",
        },
        "sign_offs": _list(
            _plain_object("of", "role", "name", "date", "decision"),
            "Decisions of the case sheet, and of the record, with its hashes, up to the last that counted.",
        ),
    }


def _of_the_protocol() -> dict[str, object]:
    table = {
        "id": _TEXT,
        "version": _TEXT,
        "file": _TEXT,
        "sha256": _SHA256,
        "enabled": _said(_FLAG, "Asked without being named."),
        "extends": _list(_TEXT, "Ids of the tables whose rows it took over."),
        "changes": _list(_FREE, "What it changed in them."),
        "bases": _list(_plain_object("id", "version", "file", "sha256"), "Their files."),
    }
    return {
        "protocol": _said(_FREE, "Id, version, file and hash; amendments; what it calls the verdicts."),
        "tables": _list(_object(table, "", *table), "Every table asked."),
        "table_selection": _said({"enum": ["listed", "auto"]}, "Named, or all that are enabled."),
        "site": _or_null(_plain_object("id", "version", "file", "sha256"), "The organs that must be contoured."),
        "names_files": _list(_plain_object("file", "sha256"), "The clinic's names of organs."),
        "data": _list(_object({"file": _TEXT, "sha256": _SHA256}, "", "file", "sha256"), "Further data files."),
        "plan_checks": _said(_FREE, "Asked; off, with the reason; thresholds changed; the clinic's file and its hash."),
    }


def _of_the_files() -> dict[str, object]:
    used = {"file": _TEXT, "modality": _TEXT, "sop_instance_uid": _TEXT, "sha256": _SHA256}
    return {
        "dose_grid": _or_null(_TEXT, "Size and spacing."),
        "dose": _said(_FREE, "What the dose is, and what was done to it; of a sum every part."),
        "inputs": _list({**_object(used, "", *used), "additionalProperties": False}, "Every DICOM file that was used."),
        "other_inputs": _or_null(
            _list(_object({"file": _TEXT, "sha256": _SHA256}, "", "file", "sha256"), ""),
            "DICOM files that were given and not used; null where nobody knows.",
        ),
        "ignored_files": _or_null(_list(_TEXT, ""), "Names of files that are no DICOM; null where nobody knows."),
    }


def schema_text(name: str) -> str:
    """The text of a schema's file."""
    return json.dumps(report_schema(name), indent=2, ensure_ascii=False) + "\n"


def _object(properties: Mapping[str, object], description: str, *required: str) -> dict[str, object]:
    told: dict[str, object] = {"type": "object", "required": list(required), "properties": dict(properties)}
    return _said(told, description) if description else told


def _plain_object(*keys: str) -> dict[str, object]:
    return {"type": "object", "required": list(keys)}


def _said(schema: Mapping[str, object], description: str) -> dict[str, object]:
    return {**schema, "description": description}


def _or_null(schema: Mapping[str, object], description: str) -> dict[str, object]:
    return {**schema, "type": [schema["type"], "null"], "description": description}


def _one_of(values: Sequence[str | None], description: str) -> dict[str, object]:
    return {"enum": list(values), "description": description}


def _list(items: Mapping[str, object], description: str) -> dict[str, object]:
    told: dict[str, object] = {"type": "array", "items": dict(items)}
    return _said(told, description) if description else told
