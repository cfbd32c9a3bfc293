"""The shipped protocols against the rules of the trials, where these are at hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rtcheck import tables
from rtcheck.protocol import Protocol
from rtcheck.rules import (
    Approval,
    Declared,
    Elapsed,
    FollowUp,
    LesionCount,
    Level,
    MarginRange,
    OrganCount,
    PixelSize,
    PrescribedDose,
    Rule,
    SliceThickness,
)
from rtcheck.units import Comparator

PROTOCOLS: dict[str, Protocol] = {one.id: one for one in tables.shipped_protocols()}
RULES: dict[str, Rule] = {rule.id: rule for protocol in PROTOCOLS.values() for rule in protocol.rules}
PHASE_2 = PROTOCOLS["NCT06261047"]
#: The file of a trial that the facts don't call by its registration.
TRIALS = {
    "registry entry in protocol paper 000": "sbrt-second-line",
    "registry entry in protocol paper 003": "sorafenib-imrt",
}
#: Rules that ask nothing of a case, and why.
NOT_ASKED = {
    "p.recist.pr": "defines a response",
    "p.recist.pd": "defines a response",
    "p.recist.node": "defines a response",
    "s4.cp": "of a trial without radiotherapy, which has no file",
}
#: Rules that another part of the protocol's file states.
STATED = {
    "p.bed10": lambda: PHASE_2.bed is not None and PHASE_2.bed.source.row == "p.bed10",
    "p.bed10.exception": lambda: PHASE_2.bed is not None and PHASE_2.bed.may_be_reduced,
    "p.oar.quantec": lambda: PHASE_2.reference_tables == ("quantec", "quantec-liver"),
    "p.oar.no_fixed": lambda: [row.id for row in PHASE_2.constraints] == ["trial.liver.cv15_700"],
    "p.liver.cpb7": lambda: PHASE_2.constraints[0].patients.child_pugh == {"B7"},
}


@pytest.fixture(scope="module")
def facts(project_root: Path) -> dict[str, dict[str, Any]]:
    path = project_root.parent / "shared" / "reference" / "facts.yaml"
    if not path.is_file():
        pytest.skip("no folder shared/reference with the facts beside the project")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    return {rule["id"]: rule for rule in loaded["protocol_rules"]}


def test_every_rule_of_the_trials_is_asked_covered_or_named(facts) -> None:
    for rule_id, fact in facts.items():
        owner = PROTOCOLS.get(TRIALS.get(fact["trial"], fact["trial"]))
        covered = {one for rule in owner.rules for one in (rule.id, *rule.covers)} if owner else set()
        assert (rule_id in covered) + (rule_id in STATED) + (rule_id in NOT_ASKED) == 1, rule_id
    assert all(is_stated() for is_stated in STATED.values())
    assert {*STATED, *NOT_ASKED} <= set(facts)


def test_no_rule_and_no_sentence_is_made_up(facts) -> None:
    own = {"s1.organs": "s1.lesions", "s0.all_lesions": "s0.sbrt_start", "p.ctv.vertebra": "p.ctv.vertebra.body"}
    own |= {"p.type": "p.polymet"}
    for rule in RULES.values():
        assert own.get(rule.id, rule.id) in facts, rule.id
        assert set(rule.covers) <= set(facts), rule.id


def test_numbers_are_those_of_the_facts(facts) -> None:
    for rule in RULES.values():
        fact = facts.get(rule.id)
        if fact is None:
            continue
        numbers = [float(one) for one in re.findall(r"[0-9]+(?:\.[0-9]+)?", _numbers(fact))]
        said = _said(rule)
        assert said is None or said == numbers, rule.id


def _numbers(fact: dict[str, Any]) -> str:
    ends = (fact["value"], fact.get("value_high"))
    return " ".join(str(end) for end in ends if end is not None)


def _said(rule: Rule) -> list[float] | None:
    """The numbers of a rule in the facts' order; None where the facts say it in words."""
    if isinstance(rule, LesionCount | OrganCount):
        # "<= 3 organs" and "1-5 lesions": no organ at all isn't meant.
        return [float(rule.high)] if rule.id == "p.organs.max" else [float(rule.low), float(rule.high)]
    if isinstance(rule, SliceThickness | PixelSize):
        return [rule.at_most_mm]
    if isinstance(rule, MarginRange):
        return [rule.low_mm, rule.high_mm]
    if isinstance(rule, PrescribedDose):
        return [rule.low_gy, rule.high_gy]
    if isinstance(rule, Declared | Elapsed) and rule.value is not None:
        high = getattr(rule, "high", None)
        return [rule.value, *([] if high is None else [high])]
    if isinstance(rule, FollowUp) and rule.unit == "days":
        return [rule.at[0] - rule.window_days, rule.at[0] + rule.window_days]
    return None


def test_comparators_are_those_of_the_facts(facts) -> None:
    signs = {"between": Comparator.BETWEEN, **{str(one): one for one in Comparator}}
    for rule in RULES.values():
        if isinstance(rule, Declared | Elapsed) and rule.comparator is not None:
            assert rule.comparator is signs[facts[rule.id]["comparator"]], rule.id


def test_levels_are_those_of_the_facts(facts) -> None:
    for rule in RULES.values():
        level = facts.get(rule.id, {}).get("level")
        if level == "exclusion":
            assert rule.level is Level.ELIGIBILITY, rule.id
        if level == "schedule":
            assert rule.level is Level.INFORMATION, rule.id
        if level == "protocol":
            assert rule.level in (Level.PROTOCOL, Level.ELIGIBILITY), rule.id


def test_every_rule_is_cited_and_knows_its_line() -> None:
    for protocol in PROTOCOLS.values():
        path = tables.data_folder() / "protocols" / protocol.file
        lines = path.read_text(encoding="utf-8").splitlines()
        for rule in protocol.rules:
            assert rule.source.citation and rule.source.status == "single"
            assert (rule.source.table, rule.source.row, rule.source.file) == (protocol.id, rule.id, protocol.file)
            assert rule.source.line is not None
            assert lines[rule.source.line - 1].strip() == f"- id: {rule.id}"


def test_the_trial_has_words_of_its_own_for_verdicts() -> None:
    assert dict(PHASE_2.wording) == {
        "PASS": "per protocol",
        "ACCEPTABLE": "variation acceptable",
        "NOT_EVALUATED": "not evaluable",
        "FAIL": "deviation unacceptable",
    }


def test_no_dose_is_invented_for_a_trial_that_states_none() -> None:
    assert {one.id for one in PROTOCOLS.values() if one.bed is not None} == {"NCT06261047"}
    assert {one for one, rule in RULES.items() if isinstance(rule, PrescribedDose)} == {"s3.dose"}
    for name in ("NCT06841172", "sbrt-second-line", "sorafenib-imrt"):
        protocol = PROTOCOLS[name]
        assert (protocol.constraints, protocol.reference_tables, protocol.site) == ((), (), None)
        assert any("not limits of this trial" in note for note in protocol.notes)


def test_lymph_nodes_count_by_region_in_phase_3_alone() -> None:
    counts = {one.id: rule.nodes for one in PROTOCOLS.values() for rule in one.rules if isinstance(rule, LesionCount)}
    assert counts == {"NCT06261047": "site", "NCT06841172": "drainage-region"}


def test_two_radiation_oncologists_and_three_professions() -> None:
    approvals = [
        (one.subject.value, len(one.roles), one.at_least) for one in RULES.values() if isinstance(one, Approval)
    ]
    assert approvals == [("contours", 1, 2), ("plan", 3, 1)]


def test_all_protocols_at_once_are_those_by_name() -> None:
    assert list(PROTOCOLS) == list(tables.protocol_ids())
    assert all(tables.load_protocol(name).rules == protocol.rules for name, protocol in PROTOCOLS.items())
