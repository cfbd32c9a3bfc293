"""The catalogue of plan checks: page, data and tuning file say what the checks are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rtcheck.plan_checks import PLAN_CHECKS, Tuning, findings_of
from rtcheck.plan_checks.catalogue import (
    SECTIONS,
    carrier_text,
    catalogue_markdown,
    check_document,
    check_paragraphs,
    threshold_texts,
    tuning_template,
)
from rtcheck.plan_checks.unseen import ATTESTED, UNSEEN
from rtcheck.tables import read_tuning
from tests.plan_checks.samples import BY_ID, case_of

NAME = "our-checks"


def read(text: str) -> Tuning:
    return read_tuning((f"{NAME}.yaml", text.encode()))


def test_the_page_in_docs_is_that_of_the_checks(project_root: Path) -> None:
    page = (project_root / "docs" / "plan-checks.md").read_text(encoding="utf-8")
    assert page == catalogue_markdown(PLAN_CHECKS), "rtcheck checks list --format markdown > docs/plan-checks.md"


def test_the_page_has_a_row_for_every_check_and_says_what_is_not_judged() -> None:
    page = catalogue_markdown(PLAN_CHECKS)
    for check in PLAN_CHECKS:
        (row,) = re.findall(rf"^\| {check.id} \| {re.escape(check.title)} \|.*$", page, re.MULTILINE)
        assert row.count(" | ") == 5
        assert check.origin in row
        assert all(text in row for text in threshold_texts(check))
    assert all(f"* {text}" in page for text in ATTESTED)
    assert [line for line in page.splitlines() if line.startswith("## ")][:7] == [
        f"## {letter}. {title}" for letter, title in SECTIONS.items()
    ]


def test_what_can_not_be_seen_is_said_of_checks_that_are() -> None:
    assert set(UNSEEN) <= set(BY_ID)
    assert list(UNSEEN) == [check.id for check in PLAN_CHECKS if check.id in UNSEEN]
    assert "cones" in UNSEEN["E8"]


def test_a_check_as_data_has_its_numbers_with_their_units() -> None:
    document = check_document(BY_ID["C3"])
    assert (document["severity"], document["confidence"], document["verdict"]) == ("warning", "heuristic", "ACCEPTABLE")
    assert document["thresholds"][0] == {
        "name": "distance_mm",
        "value": 10.0,
        "unit": "mm",
        "text": "distance of a piece from the rest",
    }


@pytest.mark.parametrize(
    ("check_id", "text"), [("C5", "findings of laterality"), ("A1", "refused when read"), ("C3", "")]
)
def test_what_judges_a_check_besides_is_named(check_id, text) -> None:
    assert carrier_text(BY_ID[check_id]) == text


def test_paragraphs_are_lines_without_the_quotes_of_the_source() -> None:
    first, second = check_paragraphs(BY_ID["C5"])
    assert first == "Of a pair of organs the left one lies to the left of the right one."
    assert "findings of laterality" in second


# Tuning


def test_a_template_can_be_read_as_it_is_and_changes_nothing() -> None:
    tuning = read(tuning_template(PLAN_CHECKS, NAME))
    assert dict(tuning.off) == {}
    check = next(one for one in PLAN_CHECKS if one.id in tuning.thresholds)
    (*_, last) = findings_of(case_of(), [check], tuning)
    assert last.overrides == ""


def test_every_threshold_of_a_template_can_be_taken_as_it_is() -> None:
    text = tuning_template(PLAN_CHECKS, NAME).replace("___", "ours")
    tuning = read(re.sub(r"^  # ", "  ", text, flags=re.MULTILINE))
    shipped = {
        check.id: {name: one.value for name, one in check.thresholds.items()}
        for check in PLAN_CHECKS
        if check.thresholds
    }
    assert {check_id: dict(numbers) for check_id, numbers in tuning.thresholds.items()} == shipped


def test_every_check_of_a_template_can_be_switched_off() -> None:
    head, thresholds, _ = tuning_template(PLAN_CHECKS, NAME).replace("___", "done by hand").partition("## Thresholds")
    tuning = read(re.sub(r"^# ", "", head, flags=re.MULTILINE))
    assert thresholds
    assert dict(tuning.off) == {check.id: "done by hand" for check in PLAN_CHECKS}
