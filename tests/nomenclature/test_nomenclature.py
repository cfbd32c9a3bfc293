"""Names are matched exactly, then in form, then by synonym; never by likeness, and ambiguity is reported."""

from __future__ import annotations

import pytest

from rtcheck.nomenclature import is_pattern, match, normalised, pair_of, shipped_names, suggestions


@pytest.mark.parametrize(
    ("name", "existing", "found"),
    [
        ("Liver", ("Liver", "LIVER"), ("Liver",)),  # exact wins
        ("Liver", ("LIVER",), ("LIVER",)),
        ("Liver", ("LIVER", "liver"), ("LIVER", "liver")),  # ambiguous: a person chooses
        ("Kidney_L", ("kidney-l", "Left Kidney"), ("kidney-l",)),  # form before synonym
        ("Kidney_L", ("Left Kidney",), ("Left Kidney",)),
        ("Kidney_L", ("Left Kidney", "LT_KIDNEY"), ("Left Kidney", "LT_KIDNEY")),
        ("Kidney_L", ("Kidney_R", "Right Kidney"), ()),
        ("cord", ("SpinalCord",), ("SpinalCord",)),  # from synonym to standard name
        ("Myelon", ("spinal cord",), ("spinal cord",)),  # from synonym to synonym
        ("Liver", ("肝脏",), ("肝脏",)),
        ("Liver", ("Ｌｉｖｅｒ",), ("Ｌｉｖｅｒ",)),  # full-width letters
        ("Duodenum", ("ZWÖLFFINGERDARM",), ("ZWÖLFFINGERDARM",)),
        ("Liver", ("Liver-GTV", "Liver_PRV", "Livers", "zLiver", "Live"), ()),  # likeness isn't identity
        ("PTV", ("PTV1", "PTV_5000"), ()),
        ("Heart", (), ()),
        ("GTV-1", ("GTV 1", "gtv_1"), ("GTV 1", "gtv_1")),
        ("GTV_11", ("GTV_1_1",), ()),  # another lesion
        ("PTV_50", ("PTV_5.0",), ()),
        ("GTV_1_1", ("gtv 1-1",), ("gtv 1-1",)),
        ("-", ("_",), ()),  # signs alone have no form
        ("", ("_", "Liver"), ()),
    ],
)
def test_match(name: str, existing: tuple[str, ...], found: tuple[str, ...]) -> None:
    assert match(name, existing) == found


@pytest.mark.parametrize(
    ("pattern", "existing", "found"),
    [
        ("GTV*", ("GTV", "gtv_2", "PTV", "xGTV"), ("GTV", "gtv_2")),
        ("PTV_?", ("PTV_1", "PTV_12", "PTV_"), ("PTV_1",)),
        ("*", ("a", "b"), ("a", "b")),
        ("PTV*", ("GTV",), ()),
        ("PTV[1]*", ("PTV[1]_5", "PTV1_5"), ("PTV[1]_5",)),  # brackets are letters
        ("GTV.*", ("GTVx", "GTV.1"), ("GTV.1",)),
    ],
)
def test_wildcards_match_regardless_of_case_and_only_as_wildcards(
    pattern: str, existing: tuple[str, ...], found: tuple[str, ...]
) -> None:
    assert is_pattern(pattern)
    assert match(pattern, existing) == found


def test_a_wildcard_pattern_never_reaches_for_synonyms() -> None:
    assert match("Liver*", ("Hepar",)) == ()


#: What names.yaml began with; none of it may get lost.
FIRST_SYNONYMS = {
    "Body": ("external", "skin contour", "outline", "体表", "身体", "外轮廓"),
    "Liver": ("hepar", "leber", "foie", "whole liver", "肝", "肝脏", "全肝"),
    "Kidney_L": ("left kidney", "kidney left", "lt kidney", "l kidney", "ren l", "niere links", "rein g", "左肾"),
    "Kidney_R": ("right kidney", "kidney right", "rt kidney", "r kidney", "ren r", "niere rechts", "rein d", "右肾"),
    "Kidneys": ("both kidneys", "kidney both", "bilateral kidneys", "kidney total", "nieren", "reins", "双肾"),
    "Lung_L": ("left lung", "lung left", "lt lung", "l lung", "lunge links", "poumon g", "左肺"),
    "Lung_R": ("right lung", "lung right", "rt lung", "r lung", "lunge rechts", "poumon d", "右肺"),
    "Lungs": ("both lungs", "lung both", "bilateral lungs", "lung total", "lungen", "poumons", "双肺", "全肺"),
    "Stomach": ("magen", "estomac", "gaster", "胃"),
    "Duodenum": ("zwölffingerdarm", "十二指肠"),
    "Bowel_Small": ("small bowel", "small intestine", "smallbowel", "dünndarm", "intestin grele", "小肠"),
    "Bag_Bowel": ("bowel bag", "bowelbag", "peritoneal space", "肠袋"),
    "SpinalCord": ("spinal cord", "cord", "myelon", "rückenmark", "moelle", "脊髓"),
    "Heart": ("cor", "herz", "coeur", "心脏", "心"),
    "Pericardium": ("perikard", "心包"),
    "Esophagus": ("oesophagus", "ösophagus", "oesophage", "食管", "食道"),
}


@pytest.mark.parametrize("standard", FIRST_SYNONYMS)
def test_every_synonym_finds_its_organ_and_no_other(standard: str) -> None:
    everything = shipped_names().standard_names
    for synonym in FIRST_SYNONYMS[standard]:
        assert match(synonym, everything) == (standard,)
        assert match(standard, (synonym,)) == (synonym,)


@pytest.mark.parametrize("name", ["Kidneys", "kidneys", "KIDNEYS"])
def test_kidneys_may_be_drawn_as_two(name: str) -> None:
    assert pair_of(name) == ("Kidney_L", "Kidney_R")


def test_only_pairs_are_pairs_and_their_halves_are_standard_names() -> None:
    assert pair_of("Liver") is None
    assert pair_of("Kidney_L") is None
    pairs = [pair_of(name) for name in shipped_names().standard_names]
    assert {half for pair in pairs if pair for half in pair} <= set(shipped_names().standard_names)


def test_suggestions_name_what_exists_best_first_and_nothing_unlike() -> None:
    assert suggestions("Livr", ("Heart", "LIVER", "Liver_PRV"))[0] == "LIVER"
    assert suggestions("Livr", ("Heart", "SpinalCord")) == ()
    assert len(suggestions("PTV", tuple(f"PTV{number}" for number in range(9)))) <= 3


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Kidney_L", "KIDNEY-l", True),
        ("Bowel, small", "bowel small", True),
        ("PTV^1", "ptv1", True),
        ("GTV_1_1", "GTV 1.1", True),
        ("GTV_1_1", "GTV_11", False),
        ("Straße", "STRASSE", True),
    ],
)
def test_normalised_drops_case_and_separators_but_keeps_numbers_apart(one: str, other: str, same: bool) -> None:
    assert (normalised(one) == normalised(other)) is same
