"""Rules in plain English and as data: read here as an investigator would, and asked of every rule that is shipped."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rtcheck import tables
from rtcheck.finding import Source
from rtcheck.report.constraints import protocol_document, rule_document, rule_explanation, rule_page, rules_of
from rtcheck.report.constraints.rule_words import asks, needs
from rtcheck.report.constraints.rules import dose_rule_page
from rtcheck.rules import Approval, Attested, Declared, Level, Rule
from rtcheck.tables.declared import DATES, QUANTITIES, quantity_of
from rtcheck.tables.rules import CHECKS
from rtcheck.units import Comparator

PROTOCOLS = tables.shipped_protocols()
RULES: dict[str, Rule] = {rule.id: rule for protocol in PROTOCOLS for rule in protocol.rules}


def _told(rule_id: str) -> dict[str, str]:
    return dict(rule_explanation(RULES[rule_id]))


@pytest.mark.parametrize("rule_id", RULES)
def test_every_shipped_rule_is_explained(rule_id: str) -> None:
    parts = rule_explanation(RULES[rule_id])
    told = dict(parts)
    assert len(told) == len(parts)
    assert {"In short", "Asks", "Needs", "Level", "How sure", "Source"} <= set(told)
    assert ("INFO" in told) is (RULES[rule_id].level is Level.INFORMATION)
    assert ("NOT EVALUATED" in told) is (RULES[rule_id].level is not Level.INFORMATION)
    for heading, text in parts:
        assert text == text.strip()
        assert "None" not in text and "  " not in text, heading


def test_every_kind_has_words() -> None:
    known = {type(rule) for rule in RULES.values()}
    assert known == set(CHECKS)
    for kind in CHECKS:
        rule = next(rule for rule in RULES.values() if type(rule) is kind)
        assert asks(rule) and needs(rule)


def test_a_margin_reads_like_this() -> None:
    assert _told("p.ctv.bone") == {
        "In short": "In bone, CTV is GTV with 5 to 10 mm (3 to 5 mm at discretion).",
        "Asks": "5 to 10 mm between GTV and CTV of every lesion in bone, both ends included, measured as a "
        "distribution of the distances between their surfaces.",
        "Needs": "Contours of GTV and CTV, and the case sheet where it isn't clear which lesions are concerned.",
        "PASS": "Where that holds.",
        "ACCEPTABLE": "3 to 5 mm, at the physician's discretion. Where it lies outside and the volume may have been "
        "cropped, or built otherwise, with the distances measured.",
        "FAIL": "Where it lies outside, and nothing of that explains it.",
        "NOT EVALUATED": "Where what it needs isn't there, by name; it is never taken for granted.",
        "Level": "Asked by the protocol; breaking it is FAIL.",
        "Also answers": "p.ctv.bone.allowed",
        "How sure": "Single: one transcription; not read in the publication itself.",
        "Note": "5 to 10 mm are recommended, 3 to 5 mm allowed; less than 3 mm and more than 10 mm are a deviation.",
        "Source": "Wang H et al. Ther Adv Med Oncol 2025;17:1-12; doi:10.1177/17588359251334538",
    }


@pytest.mark.parametrize(
    ("rule_id", "asked", "needed"),
    [
        (
            "p.age",
            "Age: 18 to 75 years, both ends included.",
            "`age` of the `patient` (whole years); or the birth date",
        ),
        ("p.ecog", "ECOG performance status: 0 to 1, both ends included.", "`ecog` of the `patient` (0 to 5)"),
        ("p.cp", "Child-Pugh score, as a clinician scored it: A5, A6 or B7.", "`child_pugh` of the `patient`"),
        ("s1.afp", "Alpha-fetoprotein: less than 10000 ng/mL.", '`afp` of the `patient` ("400 ng/mL")'),
        (
            "p.recist.measurable",
            "Of one lesion at least, whether it is measurable by RECIST: yes.",
            "each of the `lesions`",
        ),
        ("s1.prior_rt", "Of every lesion, whether its site was irradiated before: no.", "`prior_radiotherapy` of each"),
        (
            "p.prior_rt",
            "At least 14 days from the day when the last radiotherapy before this one ended to the day when this "
            "radiotherapy begins; where it never was, the rule is met.",
            "`last_radiotherapy` and `radiotherapy_start` of the `dates`",
        ),
        ("p.qa.two_ro", "2 different radiation oncologists approved the contours, in the last round", "`sign_offs`"),
        (
            "p.fu.imaging",
            "Visits 1 month after the day when this radiotherapy ends, then every 2 months",
            "`radiotherapy_end`",
        ),
        (
            "s3.dose",
            "Every target is prescribed 40 to 60 Gy at 2 Gy per fraction, both ends included.",
            "prescriptions",
        ),
        ("p.sim.mri", 'answers yes: "Was the patient simulated with CT, MRI or both?"', "the key `simulation`"),
    ],
)
def test_what_is_asked_and_what_it_needs(rule_id: str, asked: str, needed: str) -> None:
    told = _told(rule_id)
    assert asked in told["Asks"]
    assert needed in told["Needs"]


def test_what_breaking_means_hangs_on_the_level() -> None:
    rule = RULES["p.ecog"]
    for level, heading in ((Level.PROTOCOL, "FAIL"), (Level.ELIGIBILITY, "FAIL"), (Level.RECOMMENDED, "ACCEPTABLE")):
        told = dict(rule_explanation(replace(rule, level=level)))
        assert {"FAIL", "ACCEPTABLE"} & set(told) == {heading}
    assert "rejected" in _told("p.qa.two_ro")["FAIL"]
    assert "answers no" in _told("p.sim.mri")["FAIL"]


def test_every_quantity_has_words_and_every_comparator() -> None:
    source = Source("", "")
    for name, quantity in QUANTITIES.items():
        assert quantity_of(quantity.field) == (name, quantity)
        said = {"one_of": quantity.values[:1]} if quantity.values else {"comparator": Comparator.GT, "value": 3.0}
        rule = Declared("r", "T", Level.PROTOCOL, source, quantity=quantity.field, unit=quantity.unit, **said)
        assert name.removeprefix("lesion.") in needs(rule)
        assert quantity.values or f"more than 3 {quantity.unit}".strip() in asks(rule)
    assert "`diagnosis`" in _told("p.type")["Needs"]
    assert set(DATES) >= {"diagnosis", "radiotherapy_end"}
    with pytest.raises(KeyError):
        quantity_of("shoe_size")


def test_a_rule_as_data_has_its_numbers() -> None:
    by_id = {one.rule.id: rule_document(one) for one in rules_of(PROTOCOLS)}
    assert by_id["p.ptv.margin"]["asks"] == {
        **{"inner": "CTV", "outer": "PTV", "low_mm": 2.0, "high_mm": 5.0, "allowed_mm": None, "where": "any"}
    }
    assert by_id["p.qa.plan_roles"]["asks"] == {
        **{"subject": "plan", "roles": ["dosimetrist", "physicist", "radiation-oncologist"], "at_least": 1}
    }
    assert (by_id["p.cp"]["protocol"], by_id["p.cp"]["check"], by_id["p.cp"]["level"]) == (
        *("NCT06261047", "declared", "eligibility"),
    )
    assert json.loads(json.dumps(by_id)) == by_id


def test_a_protocol_as_data_has_all_that_it_asks() -> None:
    trial, phase_3 = (next(one for one in PROTOCOLS if one.id == name) for name in ("NCT06261047", "NCT06841172"))
    data = protocol_document(trial)
    assert (data["bed"], protocol_document(phase_3)["bed"]) == (
        {
            **{"id": "p.bed10", "alpha_beta_gy": 10.0, "at_least_gy": 60.0, "may_be_reduced": True, "status": "single"},
            "citation": trial.bed.source.citation if trial.bed else "",
        },
        None,
    )
    assert len(data["rules"]) == len(trial.rules)  # type: ignore[arg-type]
    assert data["reference_tables"] == ["quantec", "quantec-liver"]
    assert json.loads(json.dumps(data)) == data


def test_a_page_leaves_out_what_a_rule_doesnt_say() -> None:
    one = next(one for one in rules_of(PROTOCOLS) if isinstance(one.rule, Attested) and not one.rule.notes)
    labels = [label for label, _ in rule_page(one)]
    assert labels == ["Protocol", "Check", "Level", "Asks", "Needs", "Status", "Source", "File"]
    approvals = [one for one in rules_of(PROTOCOLS) if isinstance(one.rule, Approval)]
    assert all(dict(rule_page(one))["Check"] == "approval" for one in approvals)


def test_the_dose_rule_says_when_less_is_acceptable() -> None:
    trial, other = (next(one for one in PROTOCOLS if one.id == name) for name in ("NCT06261047", "sorafenib-imrt"))
    told = dict(dose_rule_page(trial))
    assert "organ at risk that limits the dose" in told["ACCEPTABLE"]
    assert told["PASS"] == "At least 60 Gy; exactly 60 Gy passes."
    assert trial.bed is not None
    strict = replace(trial, bed=replace(trial.bed, may_be_reduced=False))
    assert "ACCEPTABLE" not in dict(dose_rule_page(strict))
    assert dose_rule_page(other) == ()
