"""All plan checks: where they come from, silent on clean plans, never passing what isn't there."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from rtcheck.case import Case
from rtcheck.finding import Confidence, Finding, Severity, Verdict
from rtcheck.plan_checks import PLAN_CHECKS, findings_of
from rtcheck.plan_checks.check import READING
from rtcheck.study import Study
from tests.plan_checks.mutants import dose_times, plan_with, structures_with, with_uses, without_ct, without_plan
from tests.plan_checks.samples import CLEAN, SILENT, TWO, case_like, case_of, real_case, sample

SECTIONS = {"A": 9, "B": 11, "C": 17, "D": 8, "E": 13, "F": 5, "G": 4}
IDS = [f"{letter}{number}" for letter, count in SECTIONS.items() for number in range(1, count + 1)]
#: Checks that the reference doesn't list.
OURS = ("C17", "E13")
#: What is quoted of a publication, a standard or a rule of thumb.
WORKS = re.compile(
    r"MPPG 11\.a|TG-\d+|PS3\.3|ICRU|ICRP|TRS-483|RTOG|NCT\d+|QUANTEC|Dempsey|Stuhr|Hui|Nelms|Mayo|Shaw|Paddick|Du et al"
    r"|[Rr]ules? of thumb"
)


# What a check says of itself


def test_all_checks_of_sections_a_to_g_are_there_once_in_order() -> None:
    assert [check.id for check in PLAN_CHECKS] == IDS
    assert len(IDS) == 67
    names = [check.name for check in PLAN_CHECKS]
    assert len(set(names)) == len(names)


def test_checks_are_those_of_the_reference(project_root: Path) -> None:
    reference = project_root.parent / "shared" / "reference" / "plan-checks.md"
    if not reference.is_file():
        pytest.skip("no folder shared/reference beside the project")
    listed = re.findall(r"\b([A-G]\d+)\s", reference.read_text(encoding="utf-8").partition("**H.")[0])
    assert list(dict.fromkeys(one for one in listed if one in IDS)) == [one for one in IDS if one not in OURS]


@pytest.mark.parametrize("check", PLAN_CHECKS, ids=lambda check: check.id)
def test_every_check_says_what_it_asks_and_where_it_comes_from(check) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", check.name)
    assert check.title
    assert not check.title.endswith(".")
    assert len(check.text) > len(check.title)
    quoted = set(WORKS.findall(check.origin))
    assert quoted, f"{check.origin} names nothing that can be looked up"
    module = inspect.getmodule(check.ask)
    assert quoted & set(WORKS.findall(f"{check.text} {module.__doc__}")), "neither docstring cites the origin"
    assert isinstance(check.severity, Severity)
    assert isinstance(check.confidence, Confidence)


#: Thresholds that are a ratio of two of a kind.
RATIOS = {"factor", "ratio", "spacing_factor", "ci", "pci", "r50", "hi", "hi_stereotactic"}


@pytest.mark.parametrize("check", PLAN_CHECKS, ids=lambda check: check.id)
def test_thresholds_are_numbers_with_a_unit_and_say_what_they_bound(check) -> None:
    for name, threshold in check.thresholds.items():
        assert math.isfinite(threshold.value)
        assert threshold.text
        assert bool(threshold.unit) is (name not in RATIOS), name


# Clean plans, and such as lack something


def rows(findings: Iterable[Finding], *verdicts: Verdict) -> set[str]:
    return {finding.source.row for finding in findings if finding.verdict in verdicts}


def all_of(of: Case | Study, without: Collection[str] = ()) -> tuple[Finding, ...]:
    """The findings of all checks but some: at least one of each, and none that a check failed itself."""
    checks = [check for check in PLAN_CHECKS if check.id not in without]
    found = tuple(findings_of(of if isinstance(of, Case) else case_like(of), checks))
    assert [finding.message for finding in found if finding.reason == "check-failed"] == []
    assert list(dict.fromkeys(finding.source.row for finding in found)) == [check.id for check in checks]
    return found


@pytest.mark.parametrize("name", CLEAN)
def test_every_check_is_silent_on_a_clean_sample_with_its_case_sheet(name) -> None:
    found = all_of(case_of(name))
    assert {finding.verdict for finding in found} <= SILENT
    carried = {one.id for one in PLAN_CHECKS if one.carried_by not in ("", READING)}
    assert rows(found, Verdict.PASS) == set(IDS) - carried - {"B11"}  # its dose file stores no DVHs


def test_on_two_lesions_only_coarse_grids_and_the_sum_of_unlike_fractions_are_told() -> None:
    found = all_of(case_of(TWO))
    assert rows(found, Verdict.ACCEPTABLE, Verdict.NOT_EVALUATED, Verdict.FAIL) == {"B5", "D7"}


def _unprescribed() -> Study:
    """The sample whose plan says no dose at all."""
    plan = with_uses({"beam_dose_gy": None}, {"beam_dose_gy": None}).study
    return plan_with(plan, dose_references=(), label="", name=None)


#: Which checks still pass where something isn't there: what they ask doesn't hang on it.
WITHOUT: Mapping[str, tuple[Callable[[], Study], str]] = {
    "plan": (
        without_plan,
        "A1 A4 A5 A6 A9 B1 B2 B3 B4 B5 B6 B7 B8 B9 C2 C3 C4 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 C17 F1 F2 F4 F5 G4",
    ),
    "images": (
        lambda: replace(sample(), images=()),
        "A1 A2 A3 A4 A6 A9 B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 C2 C3 C4 C6 C7 C8 C9 C10 C11 C12 C14 C15 C16 C17 "
        "D2 D5 D6 E1 E2 E3 E4 E5 E6 E7 E8 E9 E10 E12 E13 G2 G3 G4",
    ),
    "ROIs": (
        lambda: structures_with(rois=()),
        "A1 A2 A3 A4 A5 A6 A9 B1 B2 B3 B4 B7 B8 B10 C14 C16 D2 D5 E1 E3 E4 E5 E6 E7 E8 E9 E10 E11 E12 F1 F2 F3 F4",
    ),
    "dose": (
        lambda: dose_times(0.0),
        "A1 A2 A3 A4 A5 A6 A9 B1 B2 B3 B5 B6 B8 C2 C3 C4 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 C17 "
        "D2 D5 E1 E2 E3 E4 E5 E6 E7 E8 E9 E10 E11 E12 E13 F1 F2 F3 F4 F5 G4",
    ),
    "prescription": (
        _unprescribed,
        "A1 A2 A3 A4 A5 A6 A9 B1 B2 B3 B4 B5 B6 B7 B8 B9 C2 C3 C4 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 C17 "
        "E1 E2 E3 E6 E7 E8 E9 E10 E11 E12 E13 F1 F2 F3 F4 F5 G4",
    ),
    "beams": (
        lambda: plan_with(beams=()),
        "A1 A2 A3 A4 A5 A6 A9 B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 C2 C3 C4 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 C17 "
        "D2 D5 D6 F1 F2 F3 F4 F5 G2 G3 G4",
    ),
}


@pytest.mark.parametrize("what", WITHOUT)
def test_what_is_not_there_is_never_read_as_good(what) -> None:
    study, passing = WITHOUT[what]
    assert rows(all_of(study()), Verdict.PASS) == set(passing.split())


def test_without_a_ct_images_are_missed_in_one_voice_and_decide_nothing() -> None:
    found = all_of(without_ct().study)
    missed = [finding for finding in found if "no planning CT among the files" in finding.message]
    assert {finding.subject for finding in missed} == {"planning CT"}
    assert {finding.source.row for finding in missed} == {"C13", "E11", "F1", "F2", "F3", "F4", "F5"}
    assert {finding.verdict for finding in missed} == {Verdict.INFO}
    assert rows(found, Verdict.ACCEPTABLE, Verdict.NOT_EVALUATED, Verdict.FAIL) == {"A5"}


#: What real plans are told, besides of their targets: warnings, and what isn't evaluated.
REAL = {
    "eclipse-breast": ("A5 A7 F1", "D6 E13"),
    "eclipse-prostate": ("A5 A7 C1", "A1 D6"),
    "raystation-brain-5mets": ("A5 A7 B5 E8", "D1 D6"),
}


@pytest.mark.parametrize("name", REAL)
def test_what_real_plans_are_told_is_what_is_so(name, shared_data) -> None:
    found = all_of(real_case(shared_data / name), without=("C6", "C7", "C9", "C10"))
    warnings, unevaluated = REAL[name]
    assert rows(found, Verdict.ACCEPTABLE) == set(warnings.split())
    assert rows(found, Verdict.NOT_EVALUATED) == set(unevaluated.split())
    assert rows(found, Verdict.FAIL) == set()
