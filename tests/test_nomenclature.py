"""Names are matched exactly, then in form, then by synonym; never by likeness, and ambiguity is reported."""

from __future__ import annotations

from itertools import combinations

import pytest

from rtcheck.nomenclature import PAIRS, SYNONYMS, is_pattern, match, normalised, pair_of, suggestions


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


@pytest.mark.parametrize("standard", SYNONYMS)
def test_every_synonym_finds_its_organ_and_no_other(standard: str) -> None:
    everything = tuple(SYNONYMS)
    for synonym in SYNONYMS[standard]:
        assert match(synonym, everything) == (standard,)
        assert match(standard, (synonym,)) == (synonym,)


def test_no_two_organs_share_a_name() -> None:
    forms = [{normalised(name) for name in (standard, *others)} for standard, others in SYNONYMS.items()]
    for one, other in combinations(forms, 2):
        assert one.isdisjoint(other)


@pytest.mark.parametrize("name", ["Kidneys", "kidneys", "KIDNEYS"])
def test_kidneys_may_be_drawn_as_two(name: str) -> None:
    assert pair_of(name) == ("Kidney_L", "Kidney_R")


def test_only_pairs_are_pairs_and_their_halves_are_standard_names() -> None:
    assert pair_of("Liver") is None
    assert pair_of("Kidney_L") is None
    assert {half for pair in PAIRS.values() for half in pair} <= set(SYNONYMS)


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
