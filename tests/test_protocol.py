"""The verdict of a protocol: the worst of what it asked, and none where it asked nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from rtcheck.case import Case
from rtcheck.finding import Finding, Source, Verdict
from rtcheck.protocol import Evaluation, Protocol, Table, evaluate
from rtcheck.rules import Declared
from rtcheck.sheet import CaseSheet
from rtcheck.units import Comparator
from tests.compliance.cases import case, rule, study

PASS, ACCEPTABLE, NOT_EVALUATED, FAIL = (
    Verdict.PASS,
    Verdict.ACCEPTABLE,
    Verdict.NOT_EVALUATED,
    Verdict.FAIL,
)
ECOG = rule(Declared, quantity="ecog", comparator=Comparator.LE, value=1.0)


def protocol(**parts: object) -> Protocol:
    empty = Protocol("ours", "Ours", "1", (), (), None, (), None, "ours.yaml", "")
    return replace(empty, **parts)  # type: ignore[arg-type]


@cache
def _case() -> Case:
    return case()


def _verdict(*found: tuple[str, Verdict]) -> Verdict:
    findings = tuple(Finding(check, "x", verdict, "x", Source("x", "x")) for check, verdict in found)
    return Evaluation(_case(), protocol(), findings).verdict


@pytest.mark.parametrize("remark", ["case-sheet", "plan-check"])
def test_remarks_make_a_verdict_worse_and_are_none_themselves(remark: str) -> None:
    assert _verdict() is NOT_EVALUATED
    assert _verdict((remark, PASS)) is NOT_EVALUATED
    assert _verdict((remark, ACCEPTABLE)) is NOT_EVALUATED
    assert _verdict((remark, ACCEPTABLE), ("protocol-rule", Verdict.INFO)) is NOT_EVALUATED
    assert _verdict((remark, FAIL)) is FAIL
    assert _verdict((remark, ACCEPTABLE), ("protocol-rule", PASS)) is ACCEPTABLE
    assert _verdict((remark, PASS), ("protocol-rule", PASS)) is PASS
    assert _verdict((remark, FAIL), ("dose-constraint", PASS)) is FAIL
    assert _verdict((remark, NOT_EVALUATED), ("bed", FAIL)) is FAIL


@pytest.mark.parametrize("named", [None, "ours", "theirs"])
def test_a_protocol_that_asks_nothing_never_passes(named: str | None) -> None:
    assert evaluate(case(protocol=named), protocol()).verdict is NOT_EVALUATED
    assert evaluate(case(protocol=named), protocol(plan_checks=("A1", "G4"))).verdict is NOT_EVALUATED


@pytest.mark.parametrize(("named", "verdict"), [("ours", PASS), ("ours.yaml", PASS), ("theirs", NOT_EVALUATED)])
def test_a_sheet_of_another_protocol_doesnt_pass(named: str, verdict: Verdict) -> None:
    evaluation = evaluate(case(protocol=named, ecog=0), protocol(rules=(ECOG,)))
    assert evaluation.verdict is verdict


@pytest.mark.parametrize(("given", "verdict"), [(None, PASS), ("A5", PASS), ("B7", NOT_EVALUATED)])
def test_a_score_against_the_sheet_doesnt_pass(given: str | None, verdict: Verdict) -> None:
    of = Case(study(), sheet=CaseSheet(child_pugh="A5", ecog=0), child_pugh=given)
    assert evaluate(of, protocol(rules=(ECOG,))).verdict is verdict


def test_tables_alone_are_no_protocol() -> None:
    table = Table("t", "T", "1", (), "t.yaml", "")
    assert protocol(file="", tables=(table,)).is_tables_alone
    assert not protocol(tables=(table,)).is_tables_alone
    assert not protocol(file="").is_tables_alone
