"""The sample cases say what the table beside them says, for its reason; without their sheets nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import rtcheck
from rtcheck.case import Case
from rtcheck.compliance import findings_of
from rtcheck.dicom import read_study
from rtcheck.finding import Finding, Verdict
from rtcheck.pipeline import DEFAULT_PROTOCOL, Result, check_study
from rtcheck.protocol import Protocol
from rtcheck.rules import (
    Approval,
    Attested,
    Classification,
    Declared,
    Elapsed,
    EveryLesionTreated,
    FollowUp,
    LesionCount,
    OrganCount,
)
from rtcheck.sheet import NOTHING_DECLARED
from rtcheck.study import Study
from rtcheck.tables import load_protocol, read_sheet

SAMPLES = Path(__file__).resolve().parents[1] / "sample_plans"


@dataclass(frozen=True)
class SampleCase:
    """A line of the table of cases in the samples' README."""

    folder: str
    sheet: str
    point: str
    verdict: Verdict


def table_of_cases() -> tuple[SampleCase, ...]:
    """The table of cases, so that it can't say anything else than what is tested."""
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| `([\w-]+\.yaml)` \| (.+?) \| (\w+) \|$", text, re.MULTILINE)
    return tuple(SampleCase(folder, sheet, point, Verdict(verdict)) for folder, sheet, point, verdict in rows)


CASES = table_of_cases()
#: What decides in every case: rows of findings that are as bad as the verdict, and what is measured there.
DECIDING: Mapping[tuple[str, str], set[str]] = {
    ("hcc-sbrt-5fx", "case.yaml"): set(),
    ("hcc-sbrt-5fx", "case-one-oncologist.yaml"): {"p.qa.two_ro"},
    ("hcc-imrt-25fx", "case.yaml"): set(),
    ("hcc-35gy-5fx", "case-reduced.yaml"): {"p.bed10"},
    ("hcc-35gy-5fx", "case.yaml"): {"p.bed10"},
    ("six-lesions", "case.yaml"): {"p.lesions.max"},
    ("ct-4mm", "case.yaml"): {"p.ct.slice"},
    ("margin-8mm", "case.yaml"): {"p.ptv.margin"},
    ("hcc-cpb7-large-ptv", "case.yaml"): {"trial.liver.cv15_700"},
    ("two-lesions-two-plans", "case.yaml"): {"trial.liver.cv15_700", "p.ctv.bone"},
    ("grid-misses-liver", "case.yaml"): {"trial.liver.cv15_700"},
    ("missing-ptv", "case.yaml"): {"p.all_lesions", "p.bed10", "p.ptv.margin"},
}


@cache
def protocol() -> Protocol:
    return load_protocol(DEFAULT_PROTOCOL)


@cache
def study_of(folder: str) -> Study:
    return read_study(SAMPLES / folder)


@cache
def result_of(folder: str, sheet: str) -> Result:
    """A case checked against the whole protocol, once a process."""
    return rtcheck.check(SAMPLES / folder, DEFAULT_PROTOCOL, sheet=SAMPLES / folder / sheet)


def of_row(result: Result, row: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.source.row == row]


def _id(one: SampleCase) -> str:
    return f"{one.folder}/{one.sheet}"


# What the table says.


def test_the_table_names_every_sheet_of_every_folder_once() -> None:
    there = {(path.parent.name, path.name) for path in SAMPLES.glob("*/*.yaml")}
    assert {(one.folder, one.sheet) for one in CASES} == there == set(DECIDING)
    assert len(CASES) == len(there)


def test_there_is_a_case_for_every_outcome() -> None:
    assert {one.verdict for one in CASES} == {verdict for verdict in Verdict if verdict.decides}


@pytest.mark.parametrize("one", CASES, ids=_id)
def test_a_case_has_the_verdict_of_the_table(one: SampleCase) -> None:
    assert result_of(one.folder, one.sheet).verdict is one.verdict


@pytest.mark.parametrize("one", CASES, ids=_id)
def test_a_sheet_says_the_verdict_that_the_table_says(one: SampleCase) -> None:
    text = (SAMPLES / one.folder / one.sheet).read_text(encoding="utf-8")
    assert f"# Expected verdict of {DEFAULT_PROTOCOL}: {one.verdict.value}." in text
    assert read_sheet(SAMPLES / one.folder / one.sheet).protocol == DEFAULT_PROTOCOL


@pytest.mark.parametrize("one", CASES, ids=_id)
def test_what_decides_is_the_point_of_the_case(one: SampleCase) -> None:
    result = result_of(one.folder, one.sheet)
    expected = DECIDING[one.folder, one.sheet]
    if one.verdict is Verdict.PASS:
        assert {finding.verdict for finding in result.findings if finding.verdict.decides} == {Verdict.PASS}
        return
    worst = [finding for finding in result.findings if finding.verdict is one.verdict]
    # Limits of tables that ask the same as the protocol's own row are as bad as it is.
    own = {
        finding.source.row for finding in worst if finding.standing in ("protocol", "") and finding.check != "reading"
    }
    assert own == expected, [(finding.source.row, finding.message) for finding in worst]


@pytest.mark.parametrize("one", CASES, ids=_id)
def test_every_row_and_every_rule_of_the_protocol_is_answered(one: SampleCase) -> None:
    result = result_of(one.folder, one.sheet)
    asked = [constraint.id for constraint in protocol().all_constraints]
    assert [finding.source.row for finding in result.findings if finding.check == "dose-constraint"] == asked
    answered = {finding.source.row for finding in result.findings}
    assert {rule.id for rule in protocol().rules} <= answered
    assert set(protocol().plan_checks) <= answered


@pytest.mark.parametrize(
    ("folder", "sheet", "row", "number", "words"),
    [
        ("hcc-35gy-5fx", "case.yaml", "p.bed10", 59.5, ""),
        ("hcc-35gy-5fx", "case-reduced.yaml", "p.bed10", 59.5, "reduced for Kidney_R"),
        ("hcc-imrt-25fx", "case.yaml", "p.bed10", 60.0, ""),
        ("six-lesions", "case.yaml", "p.lesions.max", 6, "6 lesions"),
        ("ct-4mm", "case.yaml", "p.ct.slice", 4.0, "SliceThickness 4.00 mm"),
        ("margin-8mm", "case.yaml", "p.ptv.margin", 8.1, "CTV to PTV"),
        ("hcc-cpb7-large-ptv", "case.yaml", "trial.liver.cv15_700", 363, "cc"),
        ("two-lesions-two-plans", "case.yaml", "trial.liver.cv15_700", 654, "sum of 2 plans"),
        ("grid-misses-liver", "case.yaml", "trial.liver.cv15_700", None, "outside the dose grid"),
        ("hcc-sbrt-5fx", "case-one-oncologist.yaml", "p.qa.two_ro", None, "missing: 1 radiation oncologist"),
        ("missing-ptv", "case.yaml", "p.all_lesions", None, "PTV_2"),
    ],
)
def test_a_case_has_the_number_that_its_readme_has(
    folder: str, sheet: str, row: str, number: float | None, words: str
) -> None:
    verdict = next(one.verdict for one in CASES if (one.folder, one.sheet) == (folder, sheet))
    findings = [one for one in of_row(result_of(folder, sheet), row) if one.verdict in (verdict, Verdict.PASS)]
    finding = next(one for one in findings if words in one.message)
    assert finding.verdict is verdict
    assert finding.observed == (None if number is None else pytest.approx(number, rel=0.005, abs=0.1))


def test_each_plan_alone_spares_the_liver_that_their_sum_doesnt() -> None:
    result = result_of("two-lesions-two-plans", "case.yaml")
    spared = [alone.dvh("Liver - GTV*")["CV15Gy[cc]"].value for alone in result.case.by_plan]
    assert all(volume is not None and volume >= 700 for volume in spared)


# Without a sheet.


#: Rules that are about what only people know, or about lesions that nobody declared.
FROM_PEOPLE = (Approval, Attested, Declared, Elapsed, LesionCount, OrganCount, EveryLesionTreated)
SHOWN = (Classification, FollowUp)


@cache
def undeclared(folder: str) -> tuple[Finding, ...]:
    """What the rules of the protocol say of a plan of which nobody declared anything."""
    return tuple(findings_of(Case(study_of(folder), intervals=False), protocol().rules))


FOLDERS = sorted({one.folder for one in CASES})


@pytest.mark.parametrize("folder", FOLDERS)
def test_without_a_sheet_no_rule_about_people_passes(folder: str) -> None:
    kinds = {rule.id: rule for rule in protocol().rules}
    for finding in undeclared(folder):
        rule = kinds[finding.source.row]
        if isinstance(rule, FROM_PEOPLE) and rule.level.value in ("protocol", "eligibility"):
            assert finding.verdict is Verdict.NOT_EVALUATED or _is_known_from_dicom(finding), finding
        if isinstance(rule, SHOWN):
            assert not finding.verdict.decides or finding.verdict is Verdict.NOT_EVALUATED, finding
        assert finding.message


def _is_known_from_dicom(finding: Finding) -> bool:
    """The age by the files' birth date, and a birth date alone."""
    return finding.source.row == "p.age" and "birth date" in finding.message


@pytest.mark.parametrize("folder", FOLDERS)
def test_without_a_sheet_the_planning_ct_is_still_judged(folder: str) -> None:
    verdicts = {finding.source.row: finding.verdict for finding in undeclared(folder)}
    assert verdicts["p.ct.slice"] is (Verdict.FAIL if folder == "ct-4mm" else Verdict.PASS)
    assert verdicts["p.ct.pixel"] is Verdict.PASS


@pytest.mark.parametrize("folder", FOLDERS)
def test_without_a_sheet_volumes_that_are_drawn_are_still_measured(folder: str) -> None:
    margins, contains = (
        [one.verdict for one in undeclared(folder) if one.source.row == row]
        for row in ("p.ptv.margin", "p.ctv.contains_gtv")
    )
    lesions = {"six-lesions": 6, "two-lesions-two-plans": 2}.get(folder, 1)
    assert margins == [Verdict.FAIL if folder == "margin-8mm" else Verdict.PASS] * lesions
    assert contains == [Verdict.PASS] * lesions


def test_without_a_sheet_a_plan_that_complies_isnt_evaluated_and_says_by_name_what_is_missing() -> None:
    result = check_study(study_of("hcc-sbrt-5fx"), protocol())
    assert result.verdict is Verdict.NOT_EVALUATED
    assert result.case.sheet == NOTHING_DECLARED
    declared = result_of("hcc-sbrt-5fx", "case.yaml")
    open_rows = {one.source.row for one in result.findings if one.verdict is Verdict.NOT_EVALUATED}
    needed = {
        rule.id for rule in protocol().rules if isinstance(rule, FROM_PEOPLE) and rule.level.value != "recommended"
    }
    assert {"p.lesions.max", "p.all_lesions", "p.ecog", "p.qa.two_ro", "p.sim.mri"} <= open_rows
    assert needed - open_rows <= {"p.age", *_not_asked(result)}
    # Doses don't need declarations; the liver rule of Child-Pugh B7 does.
    doses = [[one for one in some.findings if one.check == "dose-constraint"] for some in (result, declared)]
    without, with_sheet = ({one.source.row: one.verdict for one in some} for some in doses)
    decided = {row for row, verdict in with_sheet.items() if verdict is Verdict.PASS}
    assert decided
    assert all(without[row] in (Verdict.PASS, Verdict.NOT_EVALUATED) for row in decided)
    assert sum(without[row] is Verdict.PASS for row in decided) >= 0.8 * len(decided)


def _not_asked(result: Result) -> set[str]:
    """Rules about lesions of a kind that nothing shows to be there."""
    return {one.source.row for one in result.findings if one.verdict is Verdict.NOT_APPLICABLE}
