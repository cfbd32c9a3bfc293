"""The shipped names: nothing in them is ambiguous, and every organ that limits were published for is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from rtcheck.nomenclature import Names, shipped_names
from rtcheck.nomenclature.names import FILE
from rtcheck.shipped import data_folder
from rtcheck.tables import table_ids


def test_no_form_of_a_name_with_or_without_a_side_stands_for_two_organs() -> None:
    # Read as any other file, they are checked in full.
    assert Names.read(data_folder() / FILE) == shipped_names()


def test_every_name_and_word_stands_for_its_own_organ() -> None:
    names = shipped_names()
    for entry in names.listed.entries:
        for text in (entry.name, *(word.text for word in entry.words)):
            if not entry.sided or entry.both == entry.name:
                assert names.standard(text) == entry.name, text
            if entry.sided:
                assert [names.standard(f"{text} {side}") for side in "LR"] == [f"{entry.name}_L", f"{entry.name}_R"], (
                    text
                )


def test_every_language_has_words_for_sides() -> None:
    names = shipped_names()
    languages = {language for language, _ in names.listed.sides}
    assert {word.language for entry in names.listed.entries for word in entry.words} <= languages
    assert {"en", "zh", "de", "fr"} <= languages


def test_the_names_are_no_table() -> None:
    assert "names" not in table_ids()


def test_tg_263_names_have_its_form() -> None:
    for name in shipped_names().standard_names:
        assert re.fullmatch(r"[A-Z][A-Za-z]*(_[A-Za-z0-9]+)*(-[GCPI]TV)?", name), name
        assert len(name) <= 16


def test_organs_of_published_limits_are_listed(shared_data: Path) -> None:
    path = shared_data.parent / "reference" / "facts.yaml"
    if not path.is_file():
        pytest.skip("no facts of published limits beside the project")
    facts = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    organs = {name for entry in facts["entries"] for name in entry.get("tg263_structures") or ()}
    assert len(organs) > 50
    assert {organ: shipped_names().standard(organ) for organ in organs} == {organ: organ for organ in organs}


@pytest.mark.parametrize(
    ("plan", "listed"),
    [
        ("eclipse-breast", {"BODY": "Body", "Heart": "Heart", "Lt Lung": "Lung_L"}),
        (
            "eclipse-prostate",
            {
                "BODY": "Body",
                "Bladder": "Bladder",
                "Femoral Head Lt": "Femur_Head_L",
                "Femoral Head RT": "Femur_Head_R",
                "Rectum": "Rectum",
            },
        ),
        ("raystation-brain-5mets", {"BODY": "Body", "BRAIN - PTV": "Brain-PTV", "BRAIN STEM": "Brainstem"}),
    ],
)
def test_organs_of_real_plans_are_found_and_nothing_else(shared_data: Path, plan: str, listed: dict[str, str]) -> None:
    from rtcheck import read_study

    rois = [roi.name for roi in read_study(shared_data / plan).structure_set.rois]
    standards = {name: shipped_names().standard(name) for name in rois}
    assert {name: standard for name, standard in standards.items() if standard} == listed
