"""Names as a value: sides in any form, unions, parts, and what a person confirmed."""

from __future__ import annotations

import dataclasses
import pickle
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import UsageError
from rtcheck.nomenclature import Names, match, shipped_names

LEFT_KIDNEY = [
    "Kidney_L", "Kidney L", "L Kidney", "Lt Kidney", "kidney (left)", "KIDNEY-LT", "left_kidney", "LKIDNEY",
    "Niere li", "Niere_li.", "linke Niere", "NIERE LINKS", "rein gauche", "REIN G", "rein gch", "riñón izq",
    "rinon izquierdo", "rene sx", "ren sin",
    "左肾", "肾_左", "左侧肾", "左腎", "肾 L", "Ｋｉｄｎｅｙ＿Ｌ", "Kidney【L】",
]  # fmt: skip
RIGHT_KIDNEY = ["Kidney_R", "R Kidney", "Rt. Kidney", "kidney (right)", "Niere_re.", "Niere re", "rein dr", "rein D",
                "Rein droit", "rene dx", "右肾", "右腎"]  # fmt: skip
BOTH_KIDNEYS = ["Kidneys", "Kidney L+R", "both kidneys", "Kidneys, both", "Nieren bds.", "beide Nieren", "deux reins",
                "双肾", "双侧肾", "両腎", "ambos riñones"]  # fmt: skip


@pytest.mark.parametrize(
    ("standard", "texts"), [("Kidney_L", LEFT_KIDNEY), ("Kidney_R", RIGHT_KIDNEY), ("Kidneys", BOTH_KIDNEYS)]
)
def test_a_side_is_understood_in_any_form_and_language(standard: str, texts: list[str]) -> None:
    assert {text: shipped_names().standard(text) for text in texts} == dict.fromkeys(texts, standard)


@pytest.mark.parametrize(
    ("text", "standard"),
    [
        ("Duenndarm", "Bowel_Small"),
        ("DUNNDARM", "Bowel_Small"),
        ("Dünndarm", "Bowel_Small"),
        ("Dünndarm".replace("ü", "u\u0308"), "Bowel_Small"),  # as two characters
        ("intestin grele", "Bowel_Small"),
        ("ŒSOPHAGE", "Esophagus"),
        ("Femoral Head RT", "Femur_Head_R"),
        ("Cochlea re", "Cochlea_R"),  # a TG-263 name with a word of another language
        ("Cochlea", "Cochlea"),
        ("BRAIN STEM", "Brainstem"),
        ("V_CavaInferior", "V_Venacava_I"),
        ("rt optic nerve", "OpticNrv_R"),
    ],
)
def test_accents_and_words_of_clinics(text: str, standard: str) -> None:
    assert shipped_names().standard(text) == standard


@pytest.mark.parametrize(
    "text",
    [
        "kidney", "Niere", "Lung", "肾",  # which one?
        "Kidney_L_R", "Lt Kidney_R", "Kidney LL", "xKidney_L", "Kidney_L_old", "Kidney_L1", "PRV Kidney_L",
        "Liver L", "Left Liver", "Heart (old)", "Lung d", "d lung", "PTV", "BS", "SC", "RM", "LN", "", "-", "(L)",
    ],
)  # fmt: skip
def test_what_is_no_name_or_could_mean_two_stands_for_none(text: str) -> None:
    names = shipped_names()
    assert (names.standard(text), names.side(text), names.union_of(text)) == (None, None, ())


@given(st.text(max_size=12))
def test_any_text_has_an_answer(text: str) -> None:
    names = shipped_names()
    standard = names.standard(text)
    assert standard is None or standard in names.standard_names
    assert names.organ(text) == (names.organ(standard) if standard else text)


def test_one_standard_name_for_every_form_of_a_match() -> None:
    rois = ["KIDNEY-LT", "Niere re.", "Leber", "PTV"]
    assert shipped_names().match("Kidney_L", rois) == ("KIDNEY-LT",)
    assert shipped_names().match("右肾", rois) == ("Niere re.",)
    assert shipped_names().match("Kidneys", rois) == ()  # halves aren't the whole
    assert shipped_names().match("Kidney_L", ["Niere li", "左肾"]) == ("Niere li", "左肾")  # a person chooses


@pytest.mark.parametrize(
    ("name", "union"),
    [
        ("Kidneys", ("Kidney_L", "Kidney_R")),
        ("双肺", ("Lung_L", "Lung_R")),
        ("Femoral Heads", ("Femur_Head_L", "Femur_Head_R")),
        ("Chestwall", ("Chestwall_L", "Chestwall_R")),
        ("Jejunum_Ileum", ("Jejunum", "Ileum")),
        ("Kidney_L", ()),
        ("PTV", ()),
    ],
)
def test_unions(name: str, union: tuple[str, ...]) -> None:
    assert shipped_names().union_of(name) == union


@pytest.mark.parametrize(
    ("name", "part_of", "organ"),
    [
        ("Kidney_L", "Kidneys", "Kidneys"),
        ("Niere re", "Kidneys", "Kidneys"),
        ("Kidney_Cortex", "Kidneys", "Kidneys"),
        ("Kidney_Cortex_R", "Kidney_Cortex", "Kidneys"),
        ("Kidney_Hilum_L", "Kidney_Hilums", "Kidneys"),
        ("Lung_R", "Lungs", "Lungs"),
        ("Lungs-GTV", "Lungs", "Lungs"),
        ("Liver-GTV", "Liver", "Liver"),
        ("Pericardium", "Heart", "Heart"),
        ("Spinalkanal", "SpinalCord", "SpinalCord"),
        ("SpinalCord_PRV05", "SpinalCord", "SpinalCord"),
        ("Bowel Bag", "Bowel_Small", "Bowel_Small"),
        ("Ileum", "Jejunum_Ileum", "Bowel_Small"),
        ("Bladder_Wall", "Bladder", "Bladder"),
        ("Leber", None, "Liver"),
        ("Mystery", None, "Mystery"),
    ],
)
def test_what_organ_a_limit_on_a_structure_is_about(name: str, part_of: str | None, organ: str) -> None:
    assert (shipped_names().part_of(name), shipped_names().organ(name)) == (part_of, organ)


def test_a_part_is_never_taken_for_its_organ() -> None:
    assert match("SpinalCord", ("SpinalCanal", "SpinalCord_PRV05")) == ()
    assert match("Kidneys", ("Kidney_L", "Kidney_Cortex")) == ()


def test_sides_of_the_heart_are_no_sides_of_the_patient() -> None:
    names = shipped_names()
    assert [names.side(name) for name in ("Lung_L", "Niere re", "Ventricle_R", "Lungs")] == [
        "left",
        "right",
        None,
        None,
    ]


def test_what_a_person_confirmed_wins_over_everything() -> None:
    names = shipped_names().with_confirmed({"cord": "RM_neu"})
    rois = ["SpinalCord", "Myelon", "RM_neu"]
    assert names.match("SpinalCord", rois) == names.match("脊髓", rois) == ("RM_neu",)
    assert names.standard("RM_neu") == "SpinalCord"
    assert names.match("RM_neu", rois) == ("RM_neu",)
    assert names.match("Spinal*", rois) == ("SpinalCord",)  # a pattern asks for spellings


def test_without_the_confirmed_roi_names_are_matched_as_ever() -> None:
    names = shipped_names().with_confirmed({"SpinalCord": "RM_neu"})
    assert names.match("SpinalCord", ["Myelon"]) == ("Myelon",)


def test_an_roi_confirmed_as_one_organ_isnt_found_as_another() -> None:
    names = shipped_names().with_confirmed({"Kidney_R": "Kidney_L"})
    assert names.match("Kidney_R", ["Kidney_L", "Kidney_R"]) == ("Kidney_L",)
    assert names.match("Kidney_L", ["Kidney_L", "Kidney_R"]) == ()
    assert names.side("Kidney_L") == "right"
    swapped = names.with_confirmed({"Kidney_L": "Kidney_R"})
    assert swapped.match("Kidney_L", ["Kidney_L", "Kidney_R"]) == ("Kidney_R",)


def test_a_later_confirmation_replaces_an_earlier_one() -> None:
    names = shipped_names().with_confirmed({"Liver": "a"}).with_confirmed({"Leber": "b"})
    assert names.confirmed == (("Liver", "b"),)


def test_only_organs_of_the_list_can_be_confirmed() -> None:
    with pytest.raises(UsageError, match="'Livr' is no organ in the list of names; similar: Liver"):
        shipped_names().with_confirmed({"Livr": "x"})
    with pytest.raises(UsageError, match="Liver can't be both 'a' and 'b'"):
        shipped_names().with_confirmed({"Liver": "a", "Leber": "b"})


def test_names_are_values() -> None:
    names = shipped_names()
    assert shipped_names() is names
    assert names.with_confirmed({}) == names != names.with_confirmed({"Liver": "x"})
    assert hash(names.with_confirmed({})) == hash(names)
    assert pickle.loads(pickle.dumps(names)).standard("Leber") == "Liver"
    with pytest.raises(dataclasses.FrozenInstanceError):
        names.confirmed = ()  # type: ignore[misc]


def test_no_names_know_nothing_and_still_match_spellings() -> None:
    names = Names()
    assert names.match("Liver", ["LIVER", "Leber"]) == ("LIVER",)
    assert names.standard("Liver") is None


@pytest.mark.parametrize(
    ("name", "rois", "close"),
    [
        ("Liver", ("Leber_neu", "PTV", "Milz"), ("Leber_neu",)),  # holds a name of the organ
        ("Kidney_L", ("Niere rechts", "linke Niere alt"), ("linke Niere alt",)),  # and not of the other side
        ("Heart", ("脑", "心脏2"), ("心脏2",)),
        ("Livr", ("Liver", "Heart"), ("Liver",)),
    ],
)
def test_suggestions_know_languages_and_sides(name: str, rois: tuple[str, ...], close: tuple[str, ...]) -> None:
    assert shipped_names().suggestions(name, rois) == close


def test_matching_is_quick() -> None:
    names = shipped_names()
    rois = [*LEFT_KIDNEY, *(f"ring {number}" for number in range(14))]
    asked = [*names.standard_names, "Niere li"][:200]
    quickest = min(_seconds(names, asked, rois) for _ in range(5))
    assert quickest < 0.2  # a few ms; a slow machine may take longer


def _seconds(names: Names, asked: list[str], rois: list[str]) -> float:
    start = time.perf_counter()
    for name in asked:
        names.match(name, rois)
    return time.perf_counter() - start
