"""The case sheet that is written to be filled in: readable as it is, complete, and good once it is filled in."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from rtcheck import tables
from rtcheck.case import Case
from rtcheck.document import Document
from rtcheck.errors import TableError
from rtcheck.sheet import CaseSheet, LesionKind, Subject
from rtcheck.study import Patient, Study
from rtcheck.tables.declared import BLANK
from rtcheck.tables.sheet_schema import (
    AttestationKeys,
    DatesKeys,
    LesionKeys,
    OverrideKeys,
    PatientKeys,
    ReducedKeys,
    SheetFile,
    SignOffKeys,
)
from tests.plan_checks.samples import sample

MODELS = (SheetFile, PatientKeys, DatesKeys, LesionKeys, ReducedKeys, AttestationKeys, SignOffKeys, OverrideKeys)
#: What somebody writes for each key.
FILLED = {
    **{"subject": "SITE01-001", "centre": "SITE01", "child_pugh": "A5", "ecog": "1", "age": "61", "bclc": "C"},
    **{"stable_disease": '"6 months"', "anticipated_survival": '"12 months"', "afp": '"400 ng/mL"'},
    **{"most_lesions_before": "2", "most_organs_before": "1", "organ": "liver", "kind": "lymph-node", "station": "16a"},
    **{"motion": "gating", "reason": "near it", "role": "physicist", "date": "2025-03-12", "name": "A.B."},
    **{"remark": "seen", "lesion": "L1", "key": "independent-mu-check", "decision": "approved", "check": "E2"},
    **{"gtv": "GTV", "ctv": "CTV", "ptv": "PTV", "plan": "P", "notes": "none", "last_radiotherapy": "never"},
}
YES = ("early_progression", "prior_oligoprogression", "bone", "vertebra", "mobile", "measurable", "prior_radiotherapy")


PROTOCOLS = {one.id: one for one in tables.shipped_protocols()}


@cache
def _template(name: str = "hcc-sbrt-5fx", protocol: str = "NCT06261047") -> str:
    return tables.sheet_template(Case(sample(name)), PROTOCOLS[protocol])


def _read(text: str) -> CaseSheet:
    return tables.read_sheet(("case.yaml", text.encode()))


def _uncommented(text: str) -> str:
    """Every line whose key is a comment, without its sign."""
    return re.sub(r"(?m)^(\s*)# ", r"\1", text)


def _filled(text: str) -> str:
    text = re.sub(rf"(\w+): {BLANK}", lambda match: f"{match[1]}: {_value(match[1])}", _uncommented(text))
    return text.replace(f"{BLANK}: {BLANK}", "SpinalCord: RM_neu").replace(f": {BLANK}", ': "5x8Gy"')


def _value(key: str) -> str:
    if key == "answer" or key in YES:
        return "yes"
    return FILLED.get(key, "2024-06-01" if key in DatesKeys.model_fields else BLANK)


@pytest.mark.parametrize("name", ["hcc-sbrt-5fx", "two-lesions-two-plans"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_as_written_it_is_read_and_declares_what_the_files_say(name: str, protocol: str) -> None:
    sheet = _read(_template(name, protocol))
    declared = {key: value for key, value in vars(sheet).items() if value not in (None, (), "", frozenset())}
    assert set(declared) == {"file", "sha256", "protocol", "files", "dates", "prescriptions", "names", "data"}
    assert (sheet.protocol, dict(sheet.dates)) == (protocol, {"planning_ct": date(2024, 1, 15)})
    assert not sheet.prescriptions
    assert not sheet.names
    study = sample(name)
    assert sheet.files == (study.structure_set.sop_instance_uid, *(plan.sop_instance_uid for plan in study.plans))


def test_it_has_every_key_with_what_it_is() -> None:
    text = _template()
    for model in MODELS:
        for name, field in model.model_fields.items():
            assert re.search(rf"\b{field.alias or name}:", text), (model.__name__, name)
    unexplained = [line.strip(" #") for line in text.splitlines() if re.fullmatch(r"[\s#-]*\w+:( \S+)?\s*", line)]
    assert unexplained == ["schema: 1", "patient:", "dates:", *[f"reason: {BLANK}", f"organ: {BLANK}"]]


def test_suggestions_are_the_volumes_and_plans_of_the_files() -> None:
    text = _template("two-lesions-two-plans")
    for suggested in ('gtv: "GTV_Liver"', 'ptv: "PTV_Spine"', "name: L2", 'plan: "Liver 40Gy5F"'):
        assert suggested in text
    for target in Case(sample("two-lesions-two-plans")).targets:
        assert target.prescription is not None
        assert f"# Found: {target.prescription.schedule} ({target.prescription.source})" in text


def test_what_a_protocol_asks_stands_beside_it() -> None:
    text = _template()
    assert re.search(r"# ecog: ___ .*\[p\.ecog\]", text)
    assert re.search(r"#   measurable: ___ .*\[p\.recist\.measurable\]", text)
    assert "key: motion-management, answer: ___" in text
    assert text.count("of: contours, role: radiation-oncologist") == 2
    assert "[s1.afp]" in _template(protocol="NCT06841172")
    assert "[" not in _template(protocol="sorafenib-imrt").replace("objects: []", "").replace("also: []", "")


def test_blanks_that_nobody_filled_in_are_told_one_by_one(checks) -> None:
    text = _uncommented(_template())
    with pytest.raises(TableError) as caught:
        _read(text)
    lines = enumerate(text.splitlines(), 1)
    blanks = {number for number, line in lines if BLANK in line.partition(" # ")[0] and not line.startswith("#")}
    assert blanks <= {problem.line for problem in caught.value.problems}


def test_filled_in_it_is_read(checks) -> None:
    sheet = _read(_filled(_template("two-lesions-two-plans")))
    assert BLANK not in str(sheet.data)
    assert (sheet.subject, sheet.ecog, sheet.stable_months, sheet.never) == (
        "SITE01-001",
        1,
        6.0,
        {"last_radiotherapy"},
    )
    assert sheet.lesions is not None
    assert [(one.name, one.kind, one.ptv) for one in sheet.lesions] == [
        ("L1", LesionKind.LYMPH_NODE, "PTV_Liver"),
        ("L2", LesionKind.LYMPH_NODE, "PTV_Spine"),
    ]
    assert [one.key for one in sheet.attestations] == [
        *("vertebral-ctv", "simulation", "motion-management", "independent-mu-check")
    ]
    assert [one.subject for one in sheet.sign_offs].count(Subject.PLAN) == 3
    assert dict(sheet.prescriptions) == {"PTV_Liver": "5x8Gy", "PTV_Spine": "5x8Gy"}
    assert [one.check for one in sheet.overrides] == ["E2"]


def _study(**changes: object) -> Study:
    return replace(sample(), **changes)  # type: ignore[arg-type]


def _template_of(study: Study) -> str:
    return tables.sheet_template(Case(study), PROTOCOLS["sorafenib-imrt"])


@pytest.mark.parametrize(
    ("born", "told"),
    [("19600116", "63 at the planning CT"), ("19600115", "64 at the planning CT"), (None, ""), ("1960", "")],
)
def test_the_age_is_suggested_and_never_declared(born: str | None, told: str) -> None:
    text = _template_of(_study(patient=Patient("1", "Doe^John", born)))
    (line,) = (line for line in text.splitlines() if "# age: ___" in line)
    assert told in line
    assert ("birth date" in line) is bool(told)
    assert _read(text).age is None
    assert "Doe" not in text


def test_without_images_or_with_several_days_no_day_is_told() -> None:
    series = sample().images[0]
    for images in ((), (replace(series, dates=("20240115", "20240116")),), (replace(series, dates=("00000000",)),)):
        text = _template_of(_study(images=images))
        assert "# planning_ct: ___" in text
        assert not _read(text).dates


def test_names_that_files_may_have_break_nothing() -> None:
    odd = 'PTV "1": #\n- x'
    rois = tuple(replace(roi, name=odd if roi.name == "PTV" else roi.name) for roi in sample().structure_set.rois)
    unknown = replace(rois[0], name="Knöchel: {a}\n# b", number=99, interpreted_type=None)
    study = _study(structure_set=replace(sample().structure_set, rois=(*rois, unknown)))
    text = _template_of(study)
    assert _read(text).lesions is None
    assert r'"Knöchel: {a}\n# b"' in text
    data = Document("case.yaml", _filled(text).encode()).data
    assert isinstance(data, dict)
    assert data["lesions"][0]["ptv"] == odd


def test_without_targets_there_is_a_lesion_to_fill_in() -> None:
    organs = tuple(roi for roi in sample().structure_set.rois if "TV" not in roi.name)
    text = _template_of(_study(structure_set=replace(sample().structure_set, rois=organs)))
    assert "- name: L1" in text
    assert "#   ptv: ___" in text
