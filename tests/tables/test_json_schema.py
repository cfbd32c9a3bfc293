"""The JSON Schema of data files: what editors say agrees with what the readers accept."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck import tables
from rtcheck.document import Document, read_document
from rtcheck.errors import ParseError, UsageError
from rtcheck.metrics import parse_metric
from rtcheck.tables import quantities
from rtcheck.tables.blocks import BLOCKS_PATTERN, parse_blocks
from rtcheck.tables.json_schema import KINDS, json_schema, schema_text

DATA = tables.data_folder()
SAMPLES = Path(__file__).resolve().parents[2] / "sample_plans"
KIND_OF_FOLDER = {"protocols": "protocol", "sites": "site"}
BLANK = st.sampled_from(["", " ", "  "])
NUMBER = st.one_of(st.integers(0, 9999).map(str), st.integers(0, 99999).map(lambda number: f"{number / 100}"))


def _kind(path: Path) -> str:
    if path.name.endswith(".cases.yaml"):
        return "cases"
    return "names" if path.stem == "names" else KIND_OF_FOLDER.get(path.parent.name, "table")


def _shipped() -> list[Path]:
    # Radiobiology isn't written by clinics, and has no schema.
    return [path for path in sorted(DATA.rglob("*.yaml")) if path.stem != "radiobiology"]


def _complaints(kind: str, data: object) -> list[str]:
    validator = jsonschema.Draft202012Validator(json_schema(kind))
    return [error.message for error in validator.iter_errors(data)]


def _properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that a schema knows, with what it says of it."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield from schema["properties"].items()
        for part in schema.values():
            yield from _properties(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _properties(part)


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_schemas_are_those_of_the_code(kind: str) -> None:
    written = (DATA / "schema" / f"{kind}.json").read_text(encoding="utf-8")
    assert written == schema_text(kind), (
        "write them again: rtcheck.tables.write_schemas(rtcheck.tables.data_folder() / 'schema')"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_schemas_are_schemas_with_a_name(kind: str) -> None:
    schema = json_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert (schema["$id"], bool(schema["title"])) == (f"urn:rtcheck:constraints:{kind}:1", True)


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_explained(kind: str) -> None:
    properties = list(_properties(json_schema(kind)))
    assert properties
    assert [key for key, said in properties if not said.get("description")] == []


def test_writing_the_schemas(tmp_path: Path) -> None:
    written = tables.write_schemas(tmp_path)
    assert [path.name for path in written] == [f"{kind}.json" for kind in KINDS]
    assert json.loads(written[0].read_text(encoding="utf-8")) == json_schema("table")
    assert b"\r" not in written[0].read_bytes()


def test_an_unknown_kind() -> None:
    with pytest.raises(UsageError, match=r"no kind of data file is called 'tables'; did you mean 'table'\?"):
        json_schema("tables")


@pytest.mark.parametrize("path", _shipped(), ids=lambda path: path.relative_to(DATA).as_posix())
def test_shipped_files_fit_their_schema(path: Path) -> None:
    assert _complaints(_kind(path), read_document(path).data) == []


@pytest.mark.parametrize(
    "path", [path for path in _shipped() if _kind(path) != "names"], ids=lambda path: path.relative_to(DATA).as_posix()
)
def test_shipped_files_name_their_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    match = re.fullmatch(r"# yaml-language-server: \$schema=(.*)", first)
    assert match
    assert (path.parent / match[1]).resolve() == (DATA / "schema" / f"{_kind(path)}.json").resolve()


HEAD = 'schema: 1\nid: x\ntitle: X\nversion: "1"\n'
ROW = 'id: r, organ: Liver, roi: Liver, regimen: {text: any}, citation: A, status: single, metric: "Mean[Gy]"'


@pytest.mark.parametrize(
    "text",
    [
        f'rows: [{{{ROW}, limit: "30 Gy"}}]',
        f'rows: [{{{ROW}, limit: "< 30 Gy", limits: 1}}]',
        f'rows: [{{{ROW}, limit: "< 30 Gy", role: goal}}]',
        f'rows: [{{{ROW}, limit: "< 30 Gy", alpha_beta: 3}}]',
        f'rows: [{{{ROW}, limit: "< 30 Gy", patients: {{text: x, diagnosis: [HCC]}}}}]',
        f'rows: [{{{ROW.replace("Mean[Gy]", "Mean")}, limit: "< 30 Gy"}}]',
        "rows: []",
        "extends: quantec\noverride: [{id: r, limit: '< 3 Gy'}]",
        "groups: {g: {kind: some, text: x}}\nextends: quantec",
        "disclaimer: there is neither rows nor extends",
    ],
)
def test_editors_mark_what_is_wrong(text: str) -> None:
    assert _complaints("table", Document("x.yaml", f"{HEAD}{text}\n".encode()).data)


@pytest.mark.parametrize(
    "text",
    [
        "extends: quantec",
        "extends: [quantec, mine.yaml]\noff: [{id: r, because: x}]",
        "extends: quantec\noverride: [{id: r, limit: '< 3 Gy', acceptable: null, because: x}]",
        f'rows: [{{{ROW}, limit: "between 3 and 4 Gy", role: risk-point, native_fractions: [3, 4], group: null}}]',
    ],
)
def test_editors_let_pass_what_is_right(text: str) -> None:
    assert _complaints("table", Document("x.yaml", f"{HEAD}{text}\n".encode()).data) == []


@pytest.mark.parametrize("text", ["tables: auto", "tables: [quantec]", "required_rois: [Liver, {roi: Heart}]"])
def test_flexible_keys_of_protocols(text: str) -> None:
    assert _complaints("protocol", Document("x.yaml", f"{HEAD}{text}\n".encode()).data) == []


def test_a_protocols_tables_are_auto_or_a_list() -> None:
    assert _complaints("protocol", Document("x.yaml", f"{HEAD}tables: quantec\n".encode()).data)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("names: {Kidney: {sided: true, both: Kidneys, en: [renal], de: Niere}, Lips: }", True),
        ("sides: {nl: {left: [links], right: rechts}}\nnames: {}", True),
        ("names: {Kidney: {sided: maybe}}", False),
        ("names: {Kidney: {en: 5}}", False),
        ("sides: {nl: {lefts: [links]}}\nnames: {}", False),
        ("name: {}", False),
    ],
)
def test_names_in_editors(text: str, fits: bool) -> None:
    assert (not _complaints("names", Document("x.yaml", f"schema: 1\n{text}\n".encode()).data)) is fits


_COMPARATORS = st.sampled_from(["<", "<=", ">", ">=", "=", "~", "≤", ""])
_UNITS = st.sampled_from(["Gy", "cGy", "%", "cc", "1", "", "mL"])
LIMITS = st.one_of(
    st.builds("{}{}{}{}{}".format, BLANK, _COMPARATORS, BLANK, NUMBER, _UNITS),
    st.builds("between {}{}{}{}{}".format, NUMBER, st.sampled_from([" and ", "-", "and"]), NUMBER, BLANK, _UNITS),
)


def _is_accepted(parse: Any, text: str) -> bool:
    try:
        parse(text)
    except (ValueError, ParseError):
        return False
    return True


@given(LIMITS)
def test_a_limit_that_can_be_read_fits_its_pattern(text: str) -> None:
    if _is_accepted(quantities.parse_limit, text):
        assert re.search(quantities.LIMIT_PATTERN, text)


HEADS = st.one_of(
    st.builds(
        "{}{}{}".format, st.sampled_from(["D", "v", "CV", "DC"]), NUMBER, st.sampled_from(["Gy", "cc", "%", " cGy"])
    ),
    st.sampled_from(
        ["Mean", "max", "SD", "gEUD(8)", "gEUD(-10)", "HI", "CI(95%)", "PCI(50Gy)", "GI(95%@PTV)", "R50", "R50@PTV"]
    ),
    st.sampled_from(["MeanOf95%Volume", "PrescriptionDose", "PrescriptionDose@PTV", "V95%@PTV 1", "Volume"]),
)


@given(BLANK, HEADS, BLANK, st.sampled_from(["Gy", "cGy", "CC", "cm3", "cm³", "%", "%@PTV 50", " 1 ", "gy"]))
def test_a_metric_that_can_be_read_fits_its_pattern(before: str, head: str, after: str, unit: str) -> None:
    text = f"{before}{head}{after}[{unit}]{after}"
    if _is_accepted(parse_metric, text):
        assert re.search(quantities.METRIC_PATTERN, text)


@given(BLANK, NUMBER, st.sampled_from(["", "-", " - "]), NUMBER, st.sampled_from(["Gy", "cGy", " Gy "]))
def test_doses_that_can_be_read_fit_their_patterns(blank: str, low: str, dash: str, high: str, unit: str) -> None:
    text = f"{blank}{low}{dash}{high if dash else ''}{unit}"
    if _is_accepted(quantities.parse_dose, text):
        assert re.search(quantities.DOSE_PATTERN, text)
    if _is_accepted(quantities.parse_doses, text):
        assert re.search(quantities.DOSES_PATTERN, text)


@given(BLANK, st.integers(0, 300), st.sampled_from(["", "-", " - "]), st.integers(0, 300))
def test_fractions_that_can_be_read_fit_their_pattern(blank: str, low: int, dash: str, high: int) -> None:
    text = f"{blank}{low}{dash}{high if dash else ''}"
    if _is_accepted(quantities.parse_fractions, text):
        assert re.search(quantities.FRACTIONS_PATTERN, text)


@given(st.lists(st.builds("{}{}cc at {} Gy".format, NUMBER, BLANK, NUMBER), max_size=3), st.booleans(), BLANK)
def test_blocks_that_can_be_read_fit_their_pattern(blocks: list[str], prescribed: bool, blank: str) -> None:
    text = blank + f"{blank};".join([*blocks, *(["prescribed 14 Gy"] if prescribed else [])])
    if _is_accepted(parse_blocks, text):
        assert re.search(BLOCKS_PATTERN, text)


@pytest.mark.parametrize(
    "path", sorted(SAMPLES.glob("*/case*.yaml")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_case_sheets_of_the_samples_fit_their_schema(path: Path) -> None:
    assert _complaints("case", read_document(path).data) == []
