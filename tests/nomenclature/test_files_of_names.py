"""What may stand in a file of names, and every error of it by line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtcheck.errors import InputError, TableError
from rtcheck.nomenclature import Names, shipped_names

HEAD = "schema: 1\nsides:\n  en: {left: [L], right: [R], both: [both]}\n  de: {left: [li], right: [re]}\nnames:\n"


def _file(folder: Path, text: str) -> Path:
    path = folder / "names.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _read(folder: Path, names: str) -> Names:
    return Names.read(_file(folder, HEAD + names))


def _problems(folder: Path, text: str, names: Names | None = None) -> list[str]:
    with pytest.raises(TableError) as caught:
        (names or Names()).extended(_file(folder, text))
    return [str(problem).replace(f"{folder}/", "").replace(f"{folder}\\", "") for problem in caught.value.problems]


def test_a_small_file(tmp_path: Path) -> None:
    names = _read(tmp_path, "  Kidney: {sided: true, both: Kidneys, de: Niere}\n  Kidneys: {de: [Nieren]}\n  Lips:\n")
    assert names.standard_names == ("Kidney_L", "Kidney_R", "Kidneys", "Lips")
    assert [names.standard(text) for text in ("Niere li", "re. Niere", "both Nieren", "lips")] == [
        "Kidney_L", "Kidney_R", "Kidneys", "Lips",
    ]  # fmt: skip
    assert names.union_of("Kidneys") == ("Kidney_L", "Kidney_R")


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (
            "  Liver: {en: [x]}\n  Heart: {de: [y, X]}\n",
            "7:19: 'x' would stand for Heart, and stands for Liver (line 6)",
        ),
        ("  Liver: {en: [heart]}\n  Heart:\n", "7:3: 'heart' would stand for Heart, and stands for Liver (line 6)"),
        ("  Liver: {en: [foo, F-oo]}\n", "6:21: 'F-oo' is listed already, as 'foo'"),
        ("  Liver: {en: ['*liver']}\n", "6:16: '*liver': wildcards are no name"),
        ("  Liver: {en: ['--']}\n", "6:16: '--': signs alone are no name"),
        ("  Liver: {en: ['']}\n", "6:16: '': signs alone are no name"),
        ("  Li*: {}\n", "6:3: 'Li*': wildcards are no name"),
        ("  Liver: {en: [5]}\n", "6:16: en: expected text, got 5; write it in quotes"),
        ("  Liver: {en: {a: b}}\n", "6:15: en: expected a list, got a mapping of keys"),
        ("  Liver: text\n", "6:10: Liver: expected a mapping of keys, got 'text'"),
        ("  Liver: {prt_of: Body}\n", "6:11: unknown key 'prt_of'; did you mean 'part_of'?"),
        ("  Liver: {zz: [a]}\n", "6:11: unknown key 'zz'; known: sided, both, part_of, union_of, en, de"),
        ("  Liver: {part_of: 3}\n", "6:20: part_of: expected text, got 3"),
        ("  Liver: {sided: yes}\n", "6:18: sided: expected true or false, got 'yes'"),
        (
            "  Liver: {part_of: Bdy}\n  Body:\n",
            "6:3: Liver: part_of names 'Bdy', which isn't listed; did you mean 'Body'?",
        ),
        ("  Liver: {union_of: [A]}\n", "6:3: Liver: union_of names 'A', which isn't listed"),
        (
            "  Eye: {sided: true, both: Eyes}\n",
            "6:3: Eye: both names 'Eyes', which isn't listed; did you mean 'Eye_R'?",
        ),
        ("  Eye: {sided: true, both: Eye_L}\n", "6:3: Eye: both names 'Eye_L', which has a side"),
        ("  Eye: {both: Eyes}\n  Eyes:\n", "6:9: both: only of names with 'sided: true'"),
        (
            "  Eye: {sided: true, both: Eyes, part_of: Head}\n  Eyes:\n  Head:\n",
            "6:34: part_of: say it of Eyes, which both belong to",
        ),
        ("  A: {part_of: B}\n  B: {part_of: A}\n", "6:3: A: part_of leads back to itself"),
        (
            "  Eye: {sided: true, en: [x]}\n  Ear: {sided: true, de: [x]}\n",
            "7:27: 'x with a side' would stand for Ear_L or Ear_R, and stands for Eye_L or Eye_R (line 6)",
        ),
        (
            "  Eye: {sided: true}\n  Skin: {en: [L Eye]}\n",
            "6:3: 'leye' would stand for Eye_L, and stands for Skin (line 7)",
        ),
        (
            "  Eye: {sided: true, en: [x]}\n  Skin: {en: [lx]}\n",
            "6:27: 'lx' would stand for Eye_L, and stands for Skin (line 7)",
        ),
    ],
)
def test_every_error_has_its_place(tmp_path: Path, names: str, problem: str) -> None:
    assert any(found.startswith(f"names.yaml:{problem}") for found in _problems(tmp_path, HEAD + names))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[1]\n", "1:1: expected the keys schema and names"),
        ("names: {}\n", "1:1: schema: expected 1, got None"),
        ("schema: 2\nnames: {}\n", "1:9: schema: expected 1, got 2"),
        ("schema: 1\n", "1:1: the key 'names' is missing"),
        ("schema: 1\nnams: {}\nnames: {}\n", "2:1: unknown key 'nams'; did you mean 'names'?"),
        ("schema: 1\nsides: {en: {lft: [L]}}\nnames: {}\n", "2:14: unknown key 'lft'; did you mean 'left'?"),
        ("schema: 1\nnames: {Liver: {}, Liver: {}}\n", "2:20: duplicate key 'Liver'; first in line 2"),
    ],
)
def test_errors_above_the_names(tmp_path: Path, text: str, problem: str) -> None:
    assert f"names.yaml:{problem}" in _problems(tmp_path, text)


def test_all_errors_of_a_file_come_at_once_in_its_order(tmp_path: Path) -> None:
    text = HEAD + "  Liver: {x1: [a]}\n  Heart: {part_of: Livr, en: [7]}\n  Skin: {en: [liver]}\n"
    lines = [problem.split(":")[1] for problem in _problems(tmp_path, text)]
    assert lines == ["6", "7", "7", "8"]


def test_a_clinic_adds_words_organs_and_languages(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        "schema: 1\nsides: {nl: {left: [linker], right: [rechter]}}\nnames:\n"
        "  Kidney: {nl: [nier]}\n  SpinalCord: {de: [RM]}\n  Kidney_L: {en: [KidA]}\n"
        "  Bone_Hyoid: {part_of: Larynx, en: [hyoid]}\n",
    )
    names = shipped_names().extended(path)
    assert [names.standard(text) for text in ("linker nier", "RM", "KidA", "hyoid", "Niere re", "Leber")] == [
        "Kidney_L", "SpinalCord", "Kidney_L", "Bone_Hyoid", "Kidney_R", "Liver",
    ]  # fmt: skip
    assert (names.side("KidA"), names.part_of("KidA"), names.organ("hyoid")) == ("left", "Kidneys", "Larynx")
    assert shipped_names().standard("RM") is None


def test_what_a_clinic_adds_may_not_stand_for_another_organ(tmp_path: Path) -> None:
    # Heart stands before Liver in the shipped file, and the clinic's file is wrong all the same.
    one, other = _problems(tmp_path, "schema: 1\nnames: {Heart: {en: [Leber, Niere li]}}\n", shipped_names())
    assert one.startswith("names.yaml:2:22: 'leber' would stand for Heart, and stands for Liver (")
    assert other.startswith("names.yaml:2:29: 'niereli' would stand for Heart, and stands for Kidney_L (")


def test_what_a_clinic_adds_may_not_contradict(tmp_path: Path) -> None:
    text = "schema: 1\nnames: {Pericardium: {part_of: Lungs}, Liver: {sided: true}}\n"
    problems = _problems(tmp_path, text, shipped_names())
    assert problems == [
        "names.yaml:2:23: Pericardium is known with part_of: 'Heart' already; only words can be added to it",
        "names.yaml:2:48: Liver is known with sided: false already; only words can be added to it",
    ]
    same = _file(tmp_path, "schema: 1\nnames: {Pericardium: {part_of: Heart, en: [sac]}}\n")
    assert shipped_names().extended(same).standard("sac") == "Pericardium"


def test_confirmed_rois_stay_when_names_are_added(tmp_path: Path) -> None:
    names = shipped_names().with_confirmed({"Liver": "x"})
    assert names.extended(_file(tmp_path, "schema: 1\nnames: {}\n")).confirmed == (("Liver", "x"),)


def test_a_file_that_isnt_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        Names.read(tmp_path / "none.yaml")
