"""The JSON Schema of a report: what scripts may rely on. Keys may be added, never renamed."""

from __future__ import annotations

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
            "findings": {"type": "array", "items": _finding()},
            "provenance": _provenance(),
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
    file = {"type": "object", "required": ["file", "sha256"]}
    return {
        "type": "object",
        "required": [
            "software", "time", "patient", "plans", "prescriptions", "declared", "case_sheet", "sign_offs", "protocol",
            "tables", "site", "data", "plan_checks", "conventions", "settings", "dose", "inputs",
        ],
        "properties": {
            "software": {
                "type": "object",
                "required": ["name", "version", "sha256"],
                "properties": {"name": {"const": "rtcheck"}, "version": _TEXT, "sha256": _SHA256},
            },
            "time": {"type": "string", "format": "date-time"},
            "patient": _said(_FREE, "Subject code; ID and name are null unless asked for."),
            "plans": _list(_FREE, "Label, SOP Instance UID and file."),
            "prescriptions": _list(_FREE, "Target, schedule, total dose, fractions, and where it stands."),
            "declared": _FREE,
            "case_sheet": _or_null(file, "File, SHA-256 and content of the case sheet."),
            "sign_offs": _list(_FREE, "Decisions of the case sheet and of the record, with the record's hashes."),
            "protocol": _FREE,
            "tables": _list(file, "Every table asked, with version and SHA-256."),
            "site": _or_null(file, "The organs that must be contoured."),
            "data": _list(file, "Further data files that have a say in findings."),
            "plan_checks": _said(_FREE, "Asked, off with reason, thresholds changed."),
            "conventions": _said(_FREE, "How contours were read as solids."),
            "settings": _said(_FREE, "The arguments of the check, by which it can be recomputed."),
            "dose": _FREE,
            "inputs": _list(
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["file", "modality", "sop_instance_uid", "sha256"],
                    "properties": {"file": _TEXT, "modality": _TEXT, "sop_instance_uid": _TEXT, "sha256": _SHA256},
                },
                "Every DICOM file that was used.",
            ),
        },
    }  # fmt: skip


def _said(schema: Mapping[str, object], description: str) -> dict[str, object]:
    return {**schema, "description": description}


def _or_null(schema: Mapping[str, object], description: str) -> dict[str, object]:
    return {**schema, "type": [schema["type"], "null"], "description": description}


def _one_of(values: Sequence[str | None], description: str) -> dict[str, object]:
    return {"enum": list(values), "description": description}


def _list(items: Mapping[str, object], description: str) -> dict[str, object]:
    return {"type": "array", "items": dict(items), "description": description}
