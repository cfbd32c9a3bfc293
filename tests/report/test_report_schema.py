"""The published schema of the JSON report is the code's, says what each key is, and fits what is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rtcheck.finding import Confidence, Finding, Measured, Severity, Source, Verdict
from rtcheck.report.data import SCHEMA
from rtcheck.report.schema import report_schema, schema_text
from tests.test_sample_cases import CASES, result_of

SCHEMA_FILE = "docs/report.schema.json"
FINDING = report_schema(SCHEMA)["properties"]["findings"]["items"]  # type: ignore[index]


def complaints(document: object, schema: Any = None) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema or report_schema(SCHEMA))
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result_of("hcc-sbrt-5fx", "case.yaml").to_json())
    return found


def test_the_published_schema_is_that_of_the_code(project_root: Path) -> None:
    written = (project_root / SCHEMA_FILE).read_bytes()
    assert written == schema_text(SCHEMA).encode(), (
        f"write it again: Path({SCHEMA_FILE!r}).write_text(schema_text(SCHEMA), encoding='utf-8', newline='\\n')"
    )


def test_the_schema_is_one_and_has_the_version_of_the_reports() -> None:
    schema = report_schema(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == "urn:rtcheck-check:1"
    assert document()["schema"] == SCHEMA == "rtcheck-check/1"


def _keys(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for part in schema.values():
            yield from _keys(part)


def test_every_key_that_doesnt_explain_itself_is_explained() -> None:
    plain = {"schema", "unit", "curve_margin_unit", "source", "line", "table", "row", "file", "citation", "status"}
    plain |= {"label", "value", "id", "name", "version", "sha256", "modality", "sop_instance_uid", "target"}
    plain |= {"total_dose_gy", "fractions"}
    assert [key for key, said in _keys(report_schema(SCHEMA)) if key not in plain and not said.get("description")] == []


#: A case for every verdict; the others are left to `.ci/run`.
FEW = tuple({one.verdict: (one.folder, one.sheet) for one in CASES}.values())
OTHERS = tuple((one.folder, one.sheet) for one in CASES if (one.folder, one.sheet) not in FEW)


@pytest.mark.parametrize(("folder", "sheet"), [*FEW, *(pytest.param(*one, marks=pytest.mark.slow) for one in OTHERS)])
def test_every_report_of_a_sample_fits(folder: str, sheet: str) -> None:
    told = json.loads(result_of(folder, sheet).to_json())
    # Of findings of one kind one is enough.
    told["findings"] = list({(one["check"], one["verdict"], one["reason"]): one for one in told["findings"]}.values())
    known = report_schema(SCHEMA)["properties"]["provenance"]["properties"]  # type: ignore[index]
    assert complaints(told) == []
    assert set(told["provenance"]) == set(known)


def test_scores_and_names_that_were_asked_for_fit() -> None:
    result = result_of("hcc-sbrt-5fx", "case.yaml")
    assert complaints(json.loads(result.to_json(scores=True))) == []
    told = document()
    told["provenance"]["patient"] |= {"id": "1", "name": "A^B"}
    assert complaints(told) == []


def test_a_finding_with_everything_fits() -> None:
    everything = Finding(
        check="plan-check",
        subject="PTV",
        verdict=Verdict.ACCEPTABLE,
        message="m",
        source=Source("plan-checks", "B5", "f.yaml", 3, "c", "verified"),
        metric="Max[Gy]",
        observed=1.5,
        low=1.0,
        high=float("inf"),
        severity=Severity.ERROR,
        confidence=Confidence.HEURISTIC,
        measured=(Measured("median", 4.0, "mm"),),
        overridden="A.B.: why",
        overridden_verdict=Verdict.FAIL,
    )
    assert complaints(everything.to_dict(), FINDING) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("verdict",), "GOOD"),
        (("verdict",), "INFO"),
        (("schema",), "rtcheck-check/2"),
        (("digest",), "abc"),
        (("more",), 1),
        (("findings", 0, "verdict"), "good"),
        (("findings", 0, "observed"), "12 Gy"),
        (("findings", 0, "more"), 1),
        (("findings", 0, "source", "more"), 1),
        (("findings", 0, "source", "line"), "three"),
        (("findings", 0, "standing"), "mine"),
        (("provenance", "inputs", 0, "sha256"), "ABC"),
        (("provenance", "inputs", 0, "more"), 1),
        (("provenance", "tables", 0, "sha256"), None),
        (("provenance", "other_inputs"), "none"),
        (("provenance", "software", "name"), "other"),
    ],
)
def test_what_is_no_report_doesnt_fit(path: tuple[str | int, ...], value: object) -> None:
    told = deepcopy(document())
    inside: Any = told
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    assert len(complaints(told)) == 1


@pytest.mark.parametrize("key", ["verdict", "findings", "provenance", "digest", "schema"])
def test_a_report_without_a_key_doesnt_fit(key: str) -> None:
    told = document()
    del told[key]
    assert len(complaints(told)) == 1


def test_findings_of_the_code_and_of_the_schema_have_the_same_keys() -> None:
    plain = Finding("c", "s", Verdict.PASS, "m", Source("t", "r")).to_dict()
    assert {*plain, "score"} == set(FINDING["properties"])
    assert set(plain) == set(FINDING["required"])
