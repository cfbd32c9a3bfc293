"""What stands against the case sheet itself: another protocol, other files, another score given with the check."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.case import Case
from rtcheck.compliance import sheet_notes
from rtcheck.finding import Finding, Verdict
from rtcheck.sheet import CaseSheet
from rtcheck.study import Study
from tests.compliance.cases import case, study

TRIAL = "NCT06261047"
STRUCTURES = study().structure_set.sop_instance_uid
PLAN = study().plans[0].sop_instance_uid


def _said(found: list[Finding]) -> list[tuple[str, Verdict, str]]:
    assert {one.check for one in found} <= {"case-sheet"}
    return [(one.subject, one.verdict, one.reason) for one in found]


def _notes(of: Study | None = None, /, protocol_id: str = TRIAL, **sheet: object) -> list[tuple[str, Verdict, str]]:
    return _said(list(sheet_notes(case(of, **sheet), protocol_id)))


def test_nothing_is_said_where_no_sheet_is_there() -> None:
    assert _notes() == []


@pytest.mark.parametrize("named", [TRIAL, TRIAL.lower(), f"{TRIAL}.yaml", f"../trials/{TRIAL}.yml", f"a\\{TRIAL}.YAML"])
def test_a_protocol_is_named_by_its_id_or_its_file(named: str) -> None:
    assert _notes(protocol=named) == []


@pytest.mark.parametrize("named", ["NCT06841172", "ours.yaml", "NCT06261047.v2"])
def test_a_sheet_of_another_protocol_answers_nothing(named: str) -> None:
    assert _notes(protocol=named) == [("case sheet", Verdict.NOT_EVALUATED, "other-protocol")]


def test_tables_alone_ask_nothing_of_the_sheet() -> None:
    (finding,) = sheet_notes(case(protocol=TRIAL), "tables", tables_alone=True)
    assert (finding.verdict, finding.reason) == (Verdict.ACCEPTABLE, "other-protocol")
    assert finding.message == f"the case sheet is of {TRIAL}, and was asked by tables alone"


def test_a_score_given_against_the_sheet_isnt_judged_by_either() -> None:
    for given, verdicts in (("A5", []), ("B7", [("Child-Pugh", Verdict.NOT_EVALUATED, "declared-otherwise")])):
        of = Case(study(), sheet=CaseSheet(child_pugh="A5"), child_pugh=given)
        assert _said(list(sheet_notes(of, TRIAL))) == verdicts


def test_a_sheet_of_these_files_is_silent() -> None:
    assert _notes(files=(STRUCTURES, PLAN)) == []
    assert _notes(files=(PLAN, "1.2.99", STRUCTURES)) == []


def test_a_sheet_that_names_no_files_says_so() -> None:
    assert _notes(file="case.yaml") == [("case sheet", Verdict.INFO, "files-not-named")]


@pytest.mark.parametrize(
    ("files", "reason", "words"),
    [
        (("1.2.98", "1.2.99"), "other-files", "of other files"),
        ((STRUCTURES,), "files-changed", "written for other plans"),
        ((STRUCTURES, "1.2.99"), "files-changed", "written for other plans"),
        ((PLAN,), "files-changed", "written for another structure set"),
    ],
)
def test_a_sheet_of_other_files_isnt_taken_for_theirs(files: tuple[str, ...], reason: str, words: str) -> None:
    (finding,) = sheet_notes(case(file="case.yaml", files=files), TRIAL)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, reason)
    assert words in finding.message


def test_a_sheet_of_one_plan_isnt_one_of_two() -> None:
    (one,) = study().plan_doses
    assert one.plan is not None
    other = replace(one, plan=replace(one.plan, sop_instance_uid="1.2.77"))
    both = replace(study(), plan_doses=(one, other))
    assert _notes(both, files=(STRUCTURES, PLAN)) == [("case sheet", Verdict.NOT_EVALUATED, "files-changed")]
