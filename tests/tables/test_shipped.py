"""The shipped tables against the facts they were copied from, row by row."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from rtcheck import tables
from rtcheck.constraint import Constraint, Requirement, Role
from rtcheck.metrics import parse_metric
from rtcheck.units import Comparator

FACTS = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "facts.yaml"
ORGANS = (
    "Liver",
    "Kidney",
    "Stomach",
    "Small bowel (individual loops)",
    "Small bowel (peritoneal space)",
    "Heart (whole organ)",
    "Heart (pericardium)",
    "Lung",
    "Esophagus",
)
DIAGNOSES = {
    "quantec.liver.mean30_32": {"liver-metastases", "no-liver-disease", "other"},
    "quantec.liver.cpa.mean28": {"hcc"},
    "quantec.liver.sbrt.primary.3fx": {"hcc"},
    "quantec.liver.sbrt.primary.6fx": {"hcc"},
    "quantec.liver.sbrt.mets.3fx": {"liver-metastases"},
    "quantec.liver.sbrt.mets.6fx": {"liver-metastases"},
}


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    if not FACTS.is_file():
        pytest.skip(f"the facts aren't here: {FACTS}")
    loaded: dict[str, Any] = yaml.load(FACTS.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def _fractions(fact: dict[str, Any]) -> tuple[int, int] | None:
    fractions = fact["fractions"]
    if isinstance(fractions, dict):
        return fractions["min"], fractions["max"]
    return (fractions[0], fractions[-1]) if fractions else None


def _assert_same(row: Constraint, fact: dict[str, Any]) -> None:
    assert row.organ == fact["organ"]
    assert row.metric == parse_metric(fact["metric"])
    assert (str(row.goal.comparator), row.goal.value) == (fact["comparator"], fact["limit"])
    assert str(row.goal.unit) == fact["unit"] == str(row.metric.unit)
    assert (row.acceptable.value if row.acceptable else None) == fact.get("limit_high")
    assert row.acceptable is None or row.acceptable.comparator is row.goal.comparator
    assert row.role.value == fact["role"]
    assert row.regimen.fractions == _fractions(fact)
    assert row.source.citation.startswith(f"{fact['citation']}; {fact['locator']}; doi:")
    assert row.source.status == fact["status"]
    assert row.patients.text == fact.get("population", "")
    for name in ("irradiation", "endpoint", "rate_pct", "volume_segmented", "group"):
        assert getattr(row, name) == fact.get(name, ""), name


def test_quantec_holds_the_shippable_rows_and_nothing_else(facts: dict[str, Any]) -> None:
    shippable = {
        fact["id"]: fact
        for fact in facts["entries"]
        if fact["set"] == "QUANTEC" and fact["organ"] in ORGANS and fact["ship_by_default"]
    }
    rows = {row.id: row for row in tables.load_table("quantec").constraints}
    assert rows.keys() == shippable.keys()
    for row_id, fact in shippable.items():
        _assert_same(rows[row_id], fact)
        assert rows[row_id].notes == fact.get("notes", "")
        conventional = fact["regimen"].startswith("conventional 1.8-2.0 Gy")
        assert rows[row_id].regimen.dose_per_fraction_gy == ((1.8, 2.0) if conventional else None)
        assert rows[row_id].regimen.text == fact["regimen"]


def test_transcriptions_are_those_of_the_facts(facts: dict[str, Any]) -> None:
    counts = {fact["id"]: fact["transcriptions"] for fact in facts["entries"]}
    for path in (tables.data_folder() / "quantec.yaml", tables.data_folder() / "protocols" / "NCT06261047.yaml"):
        for row in yaml.safe_load(path.read_text(encoding="utf-8"))["rows"]:
            assert row["transcriptions"] == counts[row["id"]], row["id"]


def test_no_spinal_cord_limit_could_be_shipped(facts: dict[str, Any]) -> None:
    cord = [fact for fact in facts["entries"] if fact["set"] == "QUANTEC" and fact["organ"] == "Spinal cord"]
    assert cord
    assert not any(fact["ship_by_default"] for fact in cord)


def test_the_trial_row_is_that_of_the_facts(facts: dict[str, Any]) -> None:
    (fact,) = (fact for fact in facts["entries"] if fact["id"] == "trial.liver.cv15_700")
    (row,) = tables.load_protocol("NCT06261047").constraints
    _assert_same(row, fact)
    assert row.regimen.text == "any (the protocol states none)"


def test_the_bed_rule_is_that_of_the_facts(facts: dict[str, Any]) -> None:
    (fact,) = (fact for fact in facts["protocol_rules"] if fact["id"] == "p.bed10")
    bed = tables.load_protocol("NCT06261047").bed
    assert bed is not None
    assert (fact["parameter"], bed.alpha_beta_gy) == ("BED10", 10)
    assert (str(bed.comparator), bed.bed_gy) == (fact["comparator"], fact["value"])
    assert bed.source.row == fact["id"]


def test_rois_of_quantec() -> None:
    rois = {row.organ: row.roi for row in tables.load_table("quantec").constraints}
    assert rois == {
        "Liver": "Liver - GTV*",
        "Kidney": "Kidneys",
        "Stomach": "Stomach",
        "Small bowel (individual loops)": "Bowel_Small",
        "Small bowel (peritoneal space)": "Bag_Bowel",
        "Heart (whole organ)": "Heart",
        "Heart (pericardium)": "Pericardium",
        "Lung": "Lungs",
        "Esophagus": "Esophagus",
    }


def test_patients_of_quantec() -> None:
    rows = tables.load_table("quantec").constraints
    assert {row.id: set(row.patients.diagnosis) for row in rows if row.patients.diagnosis} == DIAGNOSES
    assert {row.id: set(row.patients.child_pugh) for row in rows if row.patients.child_pugh} == {
        "quantec.liver.cpa.mean28": {"A"}
    }


def test_quantec_as_a_whole() -> None:
    table = tables.load_table("quantec")
    assert (table.id, table.file, len(table.sha256)) == ("quantec", "quantec.yaml", 64)
    assert "blindly" in table.disclaimer
    assert all(row.requirement is Requirement.IF_CONTOURED and row.role is Role.LIMIT for row in table.constraints)
    assert {row.source.table for row in table.constraints} == {"quantec"}


def test_the_protocol_as_a_whole() -> None:
    protocol = tables.load_protocol("NCT06261047")
    assert (protocol.id, protocol.diagnosis, protocol.file) == ("NCT06261047", "hcc", "NCT06261047.yaml")
    assert protocol.bed is not None and protocol.bed.comparator is Comparator.GE
    assert [required.roi for required in protocol.required_rois] == [
        *("Liver", "Kidneys", "Stomach", "Duodenum", "Bowel_Small", "SpinalCord", "Heart", "Lungs", "GTV*", "PTV*")
    ]
    assert [table.id for table in protocol.tables] == ["quantec"]
    (row,) = protocol.constraints
    assert row.requirement is Requirement.REQUIRED
    assert row.patients.child_pugh == {"B7"}
    assert (row.regimen.fractions, row.native_fractions, row.alpha_beta_gy) == (None, (3, 5), 3)
    assert any("not a protocol limit" in note for note in protocol.notes)


@pytest.mark.parametrize("table", tables.table_ids())
def test_table_ids_are_file_names(table: str) -> None:
    assert tables.load_table(table).id == table


@pytest.mark.parametrize("protocol", tables.protocol_ids())
def test_protocol_ids_are_file_names(protocol: str) -> None:
    assert tables.load_protocol(protocol).id == protocol


def test_every_row_knows_its_line_and_no_folder() -> None:
    protocol = tables.load_protocol("NCT06261047")
    folder = tables.data_folder()
    lines = {
        "quantec.yaml": (folder / "quantec.yaml").read_text(encoding="utf-8").splitlines(),
        "NCT06261047.yaml": (folder / "protocols" / "NCT06261047.yaml").read_text(encoding="utf-8").splitlines(),
    }
    for row in protocol.all_constraints:
        assert row.source.line is not None
        assert lines[row.source.file][row.source.line - 1].strip() == f"- id: {row.id}"
