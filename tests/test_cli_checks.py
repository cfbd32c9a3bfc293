"""``rtcheck checks`` as scripts and readers see it."""

from __future__ import annotations

import json

import pytest

from rtcheck.cli.checks import checks_app
from rtcheck.errors import UsageError
from rtcheck.plan_checks import PLAN_CHECKS
from rtcheck.plan_checks.catalogue import SECTIONS, catalogue_markdown, check_document, tuning_template
from tests.commands import run

KEYS = {
    *("id", "name", "section", "title", "severity", "confidence", "verdict", "thresholds", "origin", "carried_by"),
    "unseen",
}


@pytest.fixture
def told(capsys):
    """What a command prints on stdout; nothing goes to stderr."""

    def command(*arguments: str) -> str:
        checks_app(list(arguments), standalone_mode=False)
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return command


def test_json_lists_every_check_in_order(told) -> None:
    listed = json.loads(told("list", "--format", "json"))
    assert listed == [check_document(check) for check in PLAN_CHECKS]
    assert len(listed) == 67
    assert {key for one in listed for key in one} == KEYS


@pytest.mark.parametrize("section", ["C", "c", " c "])
def test_a_section_is_listed_alone(told, section) -> None:
    assert {one["id"][0] for one in json.loads(told("list", "--section", section, "-f", "json"))} == {"C"}


def test_text_lists_titles_thresholds_origins_and_what_else_judges(told) -> None:
    text = told("list")
    assert all(f"{letter} · {title}" in text for letter, title in SECTIONS.items())
    assert "10 mm: distance of a piece from the rest" in text
    assert "also: findings of laterality" in text
    assert text.endswith("67 checks. See one with rtcheck checks show ID.\n")
    assert "B · Dose" not in told("list", "--section", "A")


def test_markdown_is_the_page_of_all_checks(told) -> None:
    assert told("list", "-f", "markdown") == catalogue_markdown(PLAN_CHECKS)
    with pytest.raises(UsageError, match="leave --section out"):
        told("list", "-f", "markdown", "--section", "A")


@pytest.mark.parametrize("name", ["C5", "c5", "sides"])
def test_one_check_is_shown_with_its_docstring(told, name) -> None:
    text = told("show", name)
    assert text.startswith("C5 · sides")
    assert "Of a pair of organs the left one lies to the left of the right one." in text
    assert "beyond_mm, 10 mm: distance of a left organ" in text
    assert "error, heuristic: NOT_EVALUATED" in text
    assert "Can't see" in text
    document = json.loads(told("show", name, "-f", "json"))
    assert set(document) == {*KEYS, "text"}
    assert document["text"].startswith("Of a pair of organs")


def test_a_template_is_printed_whole(told) -> None:
    assert told("template") == tuning_template(PLAN_CHECKS, "our-checks")
    assert "id: liver-checks\n" in told("template", "--id", "liver-checks")


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("show", "C55"), "no plan check is called 'C55'; did you mean 'C5'"),
        (("show", "zzz"), "see rtcheck checks list"),
        (("list", "--section", "H"), "the sections are A, B, C, D, E, F, G"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(told, arguments, match) -> None:
    with pytest.raises(UsageError, match=match):
        told(*arguments)


def test_a_fault_is_one_line_and_exit_code_three(project_root) -> None:
    finished = run("checks", "show", "C55", root=project_root)
    assert (finished.returncode, finished.stdout) == (3, "")
    assert finished.stderr.startswith("rtcheck: no plan check is called 'C55'")
    assert run("checks", "list", "-f", "json", root=project_root).returncode == 0
