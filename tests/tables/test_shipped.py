"""The shipped tables against the published rows that they were copied from, row by row."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from rtcheck import tables
from rtcheck.constraint import Constraint, GroupKind, Requirement, Role
from rtcheck.metrics import parse_metric
from rtcheck.units import Comparator
from tests.published import PublishedLimit, dose_limits

FACTS = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "facts.yaml"
#: The one row of these that stands in a protocol: its author asks it.
TRIAL_ROW = "trial.liver.cv15_700"
PUBLISHED = {row.id: row for row in dose_limits()}
SETS = tuple(dict.fromkeys(row.set for row in PUBLISHED.values()))

#: Every ROI that rows of an organ ask, where it isn't one TG-263 name of that organ.
ROIS = {
    "Liver - GTV*": {"Liver-GTV"},
    "Lungs - GTV*": {"Lungs-GTV", "Lungs-GTV, Lungs-ITV"},
    "all(OpticNrv_L, OpticNrv_R, OpticChiasm)": {"OpticNrv_L, OpticNrv_R, OpticChiasm"},
    "all(Cochlea_L, Cochlea_R)": {"Cochlea_L, Cochlea_R"},
    "any(Parotid_L, Parotid_R)": {"Parotid_L, Parotid_R"},
    "all(BrachialPlex_L, BrachialPlex_R)": {"BrachialPlex_L, BrachialPlex_R"},
    "all(A_Carotid_L, A_Carotid_R)": {"A_Carotid_L, A_Carotid_R"},
    "all(Kidney_Hilum_L, Kidney_Hilum_R)": {"Kidney_Hilum_L, Kidney_Hilum_R"},
    "all(Kidney_L, Kidney_R)": {"Kidney_L, Kidney_R"},
    "all(Kidney_L, Kidney_R, Kidneys)": {"Kidney_L, Kidney_R, Kidneys"},
    "Femur_Head_L + Femur_Head_R": {"Femur_Head_L, Femur_Head_R"},
    "Trachea + Bronchus_Main": {"Trachea, Bronchus_Main"},
    # The small bowel holds both: asked of it, a limit on a hot volume is never laxer.
    "all(Jejunum_Ileum, Bowel_Small)": {"Jejunum_Ileum"},
    # 10 % of the whole cord is more than 10 % of the part beside the target.
    "SpinalCord_Sub": {"SpinalCord"},
}
#: Diagnoses and Child-Pugh classes by what the publication says of the patients.
PATIENTS: dict[str, tuple[set[str], set[str]]] = {
    "": (set(), set()),
    "excludes pre-existing liver disease and hepatocellular carcinoma (those tolerances are lower)": (
        {
            *("liver-metastases", "no-liver-disease", "other"),
            *("bladder-cancer", "prostate-cancer", "head-neck-reirradiation"),
        },
        set(),
    ),
    "Child-Pugh A pre-existing liver disease or HCC, hepatitis B reactivation excluded as endpoint": ({"hcc"}, {"A"}),
    "primary liver cancer": ({"hcc"}, set()),
    "primary liver cancer, Child-Pugh B": ({"hcc"}, {"B"}),
    "liver metastases": ({"liver-metastases"}, set()),
    "liver SBRT": (set(), set()),
    "bladder cancer treatment": ({"bladder-cancer"}, set()),
    "prostate cancer treatment": ({"prostate-cancer"}, set()),
    "head and neck reirradiation": ({"head-neck-reirradiation"}, set()),
    "Child-Pugh B7 with evidence of more severe liver dysfunction; printed as a minimum standard": (set(), {"B7"}),
}
GROUPS = {
    "quantec.parotid.spared": (GroupKind.ANY, {"quantec.parotid.bilateral25", "quantec.parotid.unilateral20"}),
    "quantec.esophagus.alternatives": (
        GroupKind.ANY,
        {"quantec.esophagus.v35", "quantec.esophagus.v50", "quantec.esophagus.v70"},
    ),
    "quantec.kidney.combined": (
        GroupKind.ANY,
        {"quantec.kidney.v12", "quantec.kidney.v20", "quantec.kidney.v23", "quantec.kidney.v28"},
    ),
    "quantec.rectum.set": (
        GroupKind.SET,
        {
            "quantec.rectum.v50",
            "quantec.rectum.v60",
            "quantec.rectum.v65",
            "quantec.rectum.v70",
            "quantec.rectum.v75",
        },
    ),
    "quantec.bladder.rtog0415": (
        GroupKind.SET,
        {"quantec.bladder.v65", "quantec.bladder.v70", "quantec.bladder.v75", "quantec.bladder.v80"},
    ),
}
#: Remarks of ours behind those of the facts.
REMARKS = {
    "quantec.liver.sbrt.cv15_700": "Not D700cc[Gy] <= 15",
    "pan2010.sbrt.cv15_700": "Not D700cc[Gy] <= 15",
    "Jejunum/ileum": "Bowel_Small holds jejunum and ileum",
    "Spinal cord subvolume (5-6 mm above and below level treated)": "Asked of SpinalCord_Sub",
}
#: Transcriptions disagree on the rate, and none is given.
DISPUTED_RATES = {"hytec.liver.cv15_700", "hytec.liver.cv17_700"}
#: Population where only the organ or the metric of the facts says it.
SAID_ELSEWHERE = {"hytec.vessels.d0p5cc_5fx": "head and neck reirradiation"}


TABLES = {one: tables.load_table(one) for one in tables.table_ids()}
ENABLED = tables.table_ids(enabled_only=True)
PROTOCOL = tables.load_protocol("NCT06261047")
ROWS = [*(row for table in TABLES.values() for row in table.constraints), *PROTOCOL.constraints]
SHIPPED = {row.id: row for row in ROWS}


def _as_published(row: Constraint) -> dict[str, Any]:
    """What of a row can be compared with the data, in their words."""
    fractions = row.regimen.fractions
    high = row.goal.high if row.goal.high is not None else row.acceptable.value if row.acceptable else None
    return {
        "id": row.id,
        "organ": row.organ,
        "metric": str(row.metric),
        "comparator": str(row.goal.comparator),
        "limit": row.goal.value,
        "limit_high": high,
        "unit": str(row.goal.unit),
        "role": row.role.value,
        "fractions": "-".join(str(count) for count in dict.fromkeys(fractions)) if fractions else "",
        "status": row.source.status,
        "transcriptions": row.transcriptions,
    }


def _expected(row: PublishedLimit) -> dict[str, Any]:
    keys = ("id", "organ", "comparator", "limit", "limit_high", "unit", "role", "fractions", "status")
    metric = str(parse_metric(row.metric))
    return {key: getattr(row, key) for key in keys} | {"metric": metric, "transcriptions": row.transcriptions}


def test_every_published_row_is_shipped_once_and_no_other() -> None:
    assert [one for one, count in Counter(row.id for row in ROWS).items() if count > 1] == []
    assert SHIPPED.keys() == PUBLISHED.keys()
    assert len(ROWS) == len(PUBLISHED) == 385


@pytest.mark.parametrize("name", SETS)
def test_rows_are_those_published(name: str) -> None:
    for row in (row for row in PUBLISHED.values() if row.set == name):
        shipped = SHIPPED[row.id]
        assert _as_published(shipped) == _expected(row)
        place = f"{row.citation}; {row.locator}" if row.locator else row.citation
        assert (shipped.source.citation + "; ").startswith(f"{place}; "), row.id
        assert str(shipped.metric.unit) == row.unit
        assert shipped.acceptable is None or shipped.acceptable.comparator is shipped.goal.comparator
        assert shipped.requirement is (Requirement.REQUIRED if row.id == TRIAL_ROW else Requirement.IF_CONTOURED)


def test_each_publication_is_cited_with_its_doi() -> None:
    without = {row.source.citation for row in SHIPPED.values() if "doi:10." not in row.source.citation}
    # A protocol has none, and of this paper it isn't known.
    assert without == {"NRG/RTOG 1112 protocol (NCT01730937)", "Milano MT et al. IJROBP 2021;110(1):87-99"}


@pytest.mark.parametrize("table", TABLES)
def test_rows_stand_in_the_order_of_their_publication(table: str) -> None:
    order = {one: index for index, one in enumerate(PUBLISHED)}
    ids = [row.id for row in TABLES[table].constraints]
    assert ids == sorted(ids, key=order.__getitem__)


def test_what_may_be_shipped_judges_and_nothing_else_does() -> None:
    judged = {row.id for one in ENABLED for row in TABLES[one].constraints if row.role.is_judged}
    assert judged | {TRIAL_ROW} == {row.id for row in PUBLISHED.values() if row.ship}


def test_information_in_enabled_tables_is_said_to_be_none_to_judge() -> None:
    roles = Counter(row.role for one in ENABLED for row in TABLES[one].constraints)
    assert roles == {Role.LIMIT: 206, Role.SET_MEMBER: 9, Role.RISK_POINT: 28, Role.OBSERVATIONAL: 4}


def test_unverified_tables_say_so_in_name_title_and_every_row() -> None:
    unverified = [table for one, table in TABLES.items() if one not in ENABLED]
    assert [table.id for table in unverified] == [
        "unverified-quantec",
        "unverified-quantec-liver",
        "unverified-rtog1112",
        "unverified-tg101",
        "unverified-uk-sabr-2018",
        "unverified-utsw",
    ]
    for table in unverified:
        assert not table.enabled
        assert table.title.startswith("Unverified")
        statuses = {row.source.status for row in table.constraints}
        assert "verified" not in statuses
        assert all(f"status {status}" in table.disclaimer for status in statuses), table.id


@pytest.mark.parametrize("table", ENABLED)
def test_enabled_tables_judge_by_verified_rows_alone(table: str) -> None:
    loaded = TABLES[table]
    assert loaded.enabled
    assert {row.source.status for row in loaded.constraints if row.role.is_judged} == {"verified"}
    assert loaded.disclaimer


def test_the_spinal_cord_has_no_limit_in_quantec() -> None:
    cord = [row for row in TABLES["quantec"].constraints if row.roi == "SpinalCord"]
    assert len(cord) == 5
    assert all(row.role is Role.RISK_POINT for row in cord)
    assert not any(row.ship for row in PUBLISHED.values() if (row.set, row.organ) == ("QUANTEC", "Spinal cord"))


def test_critical_volumes_for_three_fractions_judge_nothing() -> None:
    rows = [row for row in TABLES["tg101"].constraints if row.metric.question.value == "CV"]
    assert {row.regimen.fractions for row in rows} == {(1, 1), (5, 5)}


def test_conventional_rows_are_not_asked_of_other_doses_per_fraction() -> None:
    for row in SHIPPED.values():
        text, dose = PUBLISHED[row.id].regimen, row.regimen.dose_per_fraction_gy
        if row.id.startswith("rtog1112.mld.rx"):
            prescribed = float(row.id.removeprefix("rtog1112.mld.rx"))
            assert dose == (pytest.approx(prescribed / 5), pytest.approx(prescribed / 5))
            continue
        expected = {
            "conventional 1.8-2.0 Gy/fraction": (1.8, 2.0),
            "2 Gy/fraction": (2.0, 2.0),
            "7 fractions (3 Gy)": (3.0, 3.0),
        }
        assert dose == expected.get(text), row.id
        assert row.regimen.text == (text if row.id != TRIAL_ROW else "any (the protocol states none)")


def test_rois_are_the_published_structures_or_say_which_those_are() -> None:
    for row in SHIPPED.values():
        if row.roi in ROIS:
            assert row.published_roi in ROIS[row.roi], row.id
        else:
            assert row.published_roi == "", row.id
            assert row.roi.replace("_", "").isalnum(), row.id
    assert {row.roi for row in SHIPPED.values()} > ROIS.keys()


def test_rows_are_asked_of_the_patients_published() -> None:
    for row in SHIPPED.values():
        assert (set(row.patients.diagnosis), set(row.patients.child_pugh)) == PATIENTS[row.patients.text], row.id
    assert {row.patients.text for row in SHIPPED.values()} == PATIENTS.keys()


def test_groups_are_alternatives_or_sets() -> None:
    kinds = {row.group.id: row.group.kind for row in SHIPPED.values() if row.group}
    members: dict[str, set[str]] = {}
    for row in SHIPPED.values():
        if row.group:
            members.setdefault(row.group.id, set()).add(row.id)
    assert {group: (kinds[group], members[group]) for group in kinds} == GROUPS
    assert all(
        (row.role is Role.SET_MEMBER) == (bool(row.group) and row.group.kind is GroupKind.SET)
        for row in SHIPPED.values()
    )


def test_quantec_as_a_whole() -> None:
    table = TABLES["quantec"]
    assert (table.id, table.file, len(table.sha256)) == ("quantec", "quantec.yaml", 64)
    assert "blindly" in table.disclaimer
    assert {row.source.table for row in table.constraints} == {"quantec"}


def test_the_protocol_as_a_whole() -> None:
    protocol = PROTOCOL
    assert (protocol.id, protocol.diagnosis, protocol.file) == ("NCT06261047", "hcc", "NCT06261047.yaml")
    assert protocol.bed is not None and protocol.bed.comparator is Comparator.GE
    assert {"Liver", "Kidneys", "Stomach", "Duodenum", "Bowel_Small", "SpinalCord", "Heart", "Lungs"} <= {
        required.roi for required in protocol.required_rois
    }
    assert "quantec" in [table.id for table in protocol.tables]
    (row,) = protocol.constraints
    assert row.requirement is Requirement.REQUIRED
    assert (row.regimen.fractions, row.native_fractions, row.alpha_beta_gy) == (None, (3, 5), 3)
    assert any("not a protocol limit" in note for note in protocol.notes)


@pytest.mark.parametrize("table", TABLES)
def test_table_ids_are_file_names(table: str) -> None:
    assert TABLES[table].id == table


@pytest.mark.parametrize("protocol", tables.protocol_ids())
def test_protocol_ids_are_file_names(protocol: str) -> None:
    assert tables.load_protocol(protocol).id == protocol


def test_every_row_knows_its_line_and_no_folder() -> None:
    files = {path.name: path for path in tables.data_folder().rglob("*.yaml")}
    lines = {name: path.read_text(encoding="utf-8").splitlines() for name, path in files.items()}
    for row in SHIPPED.values():
        assert row.source.line is not None
        assert lines[row.source.file][row.source.line - 1].strip() == f"- id: {row.id}"


# The frozen data against the facts themselves, where these are at hand.


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    if not FACTS.is_file():
        pytest.skip(f"the facts aren't here: {FACTS}")
    loaded: dict[str, Any] = yaml.load(FACTS.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def _fractions(fact: dict[str, Any]) -> str:
    fractions = fact["fractions"]
    if isinstance(fractions, dict):
        return f"{fractions['min']}-{fractions['max']}"
    return "-".join(str(count) for count in fractions or ())


def test_the_frozen_rows_are_the_facts(facts: dict[str, Any]) -> None:
    assert [fact["id"] for fact in facts["entries"]] == list(PUBLISHED)
    for fact in facts["entries"]:
        same = ("set", "organ", "metric", "comparator", "limit", "unit", "role", "regimen", "citation", "status")
        row = PUBLISHED[fact["id"]]
        assert {key: getattr(row, key) for key in same} == {key: fact[key] for key in same}
        assert (row.limit_high, row.locator) == (fact.get("limit_high"), fact.get("locator", ""))
        assert (row.fractions, row.transcriptions) == (_fractions(fact), fact["transcriptions"])
        assert row.ship is fact["ship_by_default"]


def test_what_else_a_row_says_is_what_the_facts_say(facts: dict[str, Any]) -> None:
    for fact in facts["entries"]:
        row = SHIPPED[fact["id"]]
        for name in ("irradiation", "endpoint", "rate_pct", "volume_segmented"):
            said = "" if name == "rate_pct" and row.id in DISPUTED_RATES else fact.get(name, "")
            assert getattr(row, name) == said, (row.id, name)
        assert row.patients.text == fact.get("population", SAID_ELSEWHERE.get(row.id, "")), row.id
        if "group" in fact:
            assert row.group is not None and row.group.id == fact["group"]
        assert f"doi:{facts['sources'][fact['source']].get('doi')}" in row.source.citation or (
            "doi" not in facts["sources"][fact["source"]]
        )


def test_notes_are_those_of_the_facts_and_our_remarks(facts: dict[str, Any]) -> None:
    remarks: Counter[str] = Counter()
    for fact in facts["entries"]:
        row, notes = SHIPPED[fact["id"]], fact.get("notes", "")
        if row.id == TRIAL_ROW:
            assert "misprint of cc" in row.notes
            continue
        assert row.notes.startswith(notes), row.id
        if remark := row.notes.removeprefix(notes).removeprefix(". "):
            expected = REMARKS.get(row.id, REMARKS.get(row.organ, ""))
            assert expected and remark.startswith(expected), row.id
            remarks[expected] += 1
    assert remarks == {
        "Not D700cc[Gy] <= 15": 2,
        "Bowel_Small holds jejunum and ileum": 6,
        "Asked of SpinalCord_Sub": 3,
    }


def test_the_bed_rule_is_that_of_the_facts(facts: dict[str, Any]) -> None:
    (fact,) = (fact for fact in facts["protocol_rules"] if fact["id"] == "p.bed10")
    bed = PROTOCOL.bed
    assert bed is not None
    assert (fact["parameter"], bed.alpha_beta_gy) == ("BED10", 10)
    assert (str(bed.comparator), bed.bed_gy) == (fact["comparator"], fact["value"])
    assert bed.source.row == fact["id"]
