"""Names and expressions of a structure set: which reading wins, which is refused, and what any and all ask."""

from __future__ import annotations

from pathlib import Path

import pytest

import rtcheck
from rtcheck.contoured import Contoured
from rtcheck.errors import AmbiguousRoiError, MissingRoiError, ParseError
from rtcheck.solid import DOUBTFUL, Flag, QualityFlag
from tests.studies import box_roi, dose, empty_roi, study

CUBE = ((0.0, 20.0), (0.0, 20.0), (0.0, 20.0))


def contoured(*names: str, empty: tuple[str, ...] = (), kinds: dict[str, str | None] | None = None) -> Contoured:
    rois = [box_roi(index, name, CUBE, (kinds or {}).get(name, "ORGAN")) for index, name in enumerate(names, 1)]
    rois += [empty_roi(index, name) for index, name in enumerate(empty, len(names) + 1)]
    return Contoured(study(rois, dose(1.0)))


@pytest.mark.parametrize(
    "name", ["Vessels - left", "PTV + 5mm", "any(x)", "GTV (boost)", "ring(PTV, 0mm, 5mm)", "'PTV'", "Eye, left"]
)
def test_an_roi_whose_name_equals_the_text_wins_over_the_expression(name: str) -> None:
    rois = contoured(name, "Vessels", "left", "PTV")
    assert rois.rois_of(name) == (name,)
    assert rois.rois_of(f"  {name} ") == (name,)
    assert rois.members(name) == (name,)
    assert rois.solid(name).outline_volume_cc() == pytest.approx(8.0)


@pytest.mark.parametrize(
    ("text", "position", "name"),
    [
        ("Vessels - left + Heart", 0, "Vessels - left"),
        ("Heart - Vessels - left", 8, "Vessels - left"),
        ("Heart & Vessels  -  left", 8, "Vessels - left"),
        ("Vessels  - left", 0, "Vessels - left"),
        ("any(Vessels - left, Heart)", 4, "Vessels - left"),
        ("ring(Vessels - left, 0mm, 5mm)", 5, "Vessels - left"),
        ("PTV + 5mm - Heart", 0, "PTV + 5mm"),
        ("Heart - PTV +3mm", 8, "PTV+3mm"),
        ("PTV +3mm", 0, "PTV+3mm"),
        ("Heart + 2cm", 8, "2cm"),
    ],
)
def test_a_part_that_is_also_the_name_of_an_roi_is_refused(text: str, position: int, name: str) -> None:
    rois = contoured("Vessels - left", "PTV + 5mm", "PTV+3mm", "2cm", "Vessels", "left", "PTV", "Heart")
    with pytest.raises(ParseError) as caught:
        rois.solid(text)
    assert caught.value.position == position
    assert repr(name) in caught.value.expected
    assert "parentheses" in caught.value.expected


def test_quotes_and_parentheses_say_which_is_meant() -> None:
    rois = contoured("Vessels - left", "Vessels", "left", "Heart")
    assert rois.rois_of("'Vessels - left' + Heart") == ("Vessels - left", "Heart")
    assert rois.rois_of("(Vessels - left) + Heart") == ("Vessels", "left", "Heart")
    assert rois.rois_of("(Vessels - left)") == ("Vessels", "left")
    assert rois.rois_of("any('Vessels - left', (Vessels - left))") == ("Vessels - left", "Vessels", "left")


def test_a_name_without_blanks_around_its_hyphen_makes_no_operation_ambiguous() -> None:
    assert contoured("Liver-GTV", "Liver", "GTV").rois_of("Liver - GTV + Liver") == ("Liver", "GTV")


def test_a_name_with_brackets_in_an_expression_is_told_to_be_quoted() -> None:
    rois = contoured("GTV (boost)", "Liver")
    with pytest.raises(ParseError, match=r"the ROI 'GTV \(boost\)' needs quotes here"):
        rois.solid("Liver - GTV (boost)")
    assert rois.rois_of("Liver - 'GTV (boost)'") == ("Liver", "GTV (boost)")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("PTV+5mm", "blanks around the sign: PTV + 5mm"),
        ("PTV+5", "and a unit: PTV + 5mm"),
        ("PTV + 5", "needs its unit: 5mm or 5cm"),
        ("PTV + 0,5cm", "decimal point: 0.5cm"),
        ("PTV & 5mm", "after what it is of"),
        ("5mm", "after what it is of"),
    ],
)
def test_a_missing_name_that_looks_like_a_margin_is_told_how_to_write_one(text: str, says: str) -> None:
    with pytest.raises(MissingRoiError) as caught:
        contoured("PTV").solid(text)
    assert says in caught.value.detail


def test_members_are_expressions_of_their_own() -> None:
    rois = contoured("PTV_2", "Eye, left", "PTV_1", "Liver", empty=("PTV_0",))
    assert rois.members("any(PTV_?, 'Eye, left', Liver - PTV* + 3mm, Spleen)") == (
        "'PTV_2'",
        "'PTV_1'",
        "'PTV_0'",
        "'Eye, left'",
        "Liver - PTV* + 3mm",
        "Spleen",
    )
    assert rois.members("each(GTV*)") == ("GTV*",)
    assert rois.members("Liver - PTV*") == ("Liver - PTV*",)
    assert rois.rois_of("all(PTV_1, Liver)") == ("PTV_1", "Liver")
    for member in rois.members("all(PTV_1, 'Eye, left', ring(Liver, 0mm, 2mm))"):
        assert rois.solid(member).layers


def test_a_member_keeps_its_meaning_where_an_roi_is_called_like_its_text() -> None:
    rois = contoured("Vessels - left", "Vessels", "left", "'left'")
    found = rois.members("any((Vessels - left), 'Vessels - left', 'left')")
    assert found == ("(Vessels - left)", "'Vessels - left'", "('left')")
    assert [rois.rois_of(text) for text in found] == [("Vessels", "left"), ("Vessels - left",), ("left",)]


def test_a_target_wildcard_as_a_member_means_the_targets() -> None:
    rois = contoured("GTV_1", "GTV_ring", "GTV_2", kinds={"GTV_1": "GTV", "GTV_2": "GTV"})
    assert rois.members("all(GTV*)") == ("'GTV_1'", "'GTV_2'")


def messages(flags: tuple[QualityFlag, ...], kind: Flag) -> list[str]:
    return [flag.message for flag in flags if flag.flag is kind]


def test_a_lesion_without_a_type_is_not_left_in_the_organ_as_spared() -> None:
    rois = contoured("Liver", "GTV_1", "GTV_2", kinds={"GTV_1": "GTV", "GTV_2": None})
    assert rois.rois_of("Liver - GTV*") == ("Liver", "GTV_1", "GTV_2")
    assert rois.members("all(GTV*)") == ("'GTV_1'", "'GTV_2'")
    assert rois.solid("GTV*").flags == rois.flags_of_member("'GTV_2'") == ()


@pytest.mark.parametrize("name", ["GTV_ring20", "GTV_opt", "gtv old", "GTVeval", "GTV - 3mm wall"])
@pytest.mark.parametrize("target", ["GTV", None])
def test_a_helper_without_a_type_takes_nothing_from_the_organ(name: str, target: str | None) -> None:
    rois = contoured("Liver", "GTV_1", name, kinds={"GTV_1": target, name: None})
    assert rois.rois_of("Liver - GTV*") == ("Liver", "GTV_1")
    (told,) = messages(rois.solid("Liver - GTV*").flags, Flag.EMPTY_OPERAND)
    assert told.startswith(f"left out of GTV*: {name} (a helper structure by ")


@pytest.mark.parametrize("kind", ["ORGAN", "CONTROL", "PTV", "ISOCENTER"])
def test_an_roi_of_another_type_is_left_out_and_named(kind: str) -> None:
    rois = contoured("GTV_1", "GTV_2", kinds={"GTV_1": "GTV", "GTV_2": kind})
    assert rois.rois_of("GTV*") == ("GTV_1",)
    assert messages(rois.solid("GTV*").flags, Flag.EMPTY_OPERAND) == [f"left out of GTV*: GTV_2 (of type {kind})"]


def test_a_helper_with_the_type_of_a_target_is_in_doubt() -> None:
    rois = contoured("Liver", "GTV_1", "GTV_ring20", kinds={"GTV_1": "GTV", "GTV_ring20": "GTV"})
    (told,) = messages(rois.solid("Liver - GTV*").flags, Flag.DOUBTFUL_OPERAND)
    assert told == (
        "'GTV_ring20' has the type GTV and the name of a helper structure ('ring'): rename it, or give it another type"
    )
    assert Flag.DOUBTFUL_OPERAND in DOUBTFUL
    assert rois.solid("Liver - GTV_ring20").flags == ()  # who names it means it


def test_what_a_wildcard_leaves_out_or_doubts_is_told_with_its_members() -> None:
    kinds = {"PTV_1": "PTV", "PTV_2": None, "PTV_opt": "PTV", "PTV_ring": None, "PTV_wall": "ORGAN"}
    rois = contoured(*kinds, "Liver", kinds=kinds)
    assert rois.flags_of_member("'PTV_1'") == ()
    assert rois.members("all(PTV*, Liver)") == ("'PTV_1'", "'PTV_2'", "'PTV_opt'", "Liver")
    left_out = "left out of PTV*: PTV_ring (a helper structure by 'ring'), PTV_wall (of type ORGAN)"
    for member in ("'PTV_1'", "'PTV_2'", "'PTV_opt'"):
        flags = rois.flags_of_member(member)
        assert messages(flags, Flag.EMPTY_OPERAND) == [left_out]
        assert len(messages(flags, Flag.DOUBTFUL_OPERAND)) == (member == "'PTV_opt'")
    assert rois.flags_of_member("Liver") == ()
    rois.members("all(PTV*)")
    assert len(rois.flags_of_member("'PTV_1'")) == 1  # told once


def test_where_every_roi_is_an_organ_by_its_type_names_tell_the_targets() -> None:
    assert contoured("Liver", "PTV_1", "PTV_ring").rois_of("PTV*") == ("PTV_1",)
    with pytest.raises(MissingRoiError, match=r"left out: PTV_1 \(of type CONTROL\), PTV_ring \(of type ORGAN\)"):
        contoured("PTV_1", "PTV_ring", kinds={"PTV_1": "CONTROL"}).solid("PTV*")


@pytest.mark.parametrize("pattern", ["PTV*", "PTV_*", "ptv?*", "*PTV*", "PTV_?*"])
def test_every_pattern_of_a_target_follows_the_rule(pattern: str) -> None:
    rois = contoured("PTV_1", "PTV_2", "PTV_ring", kinds={"PTV_1": "PTV", "PTV_2": None, "PTV_ring": None})
    assert rois.rois_of(pattern) == ("PTV_1", "PTV_2")


def test_a_pattern_of_helpers_or_of_organs_means_what_it_matches() -> None:
    rois = contoured("PTV_1", "PTV_ring1", "PTV_ring2", "PTVesicle", "Lung_1", "Lung_opt", kinds={"PTV_1": "PTV"})
    assert rois.rois_of("PTV_ring*") == ("PTV_ring1", "PTV_ring2")
    assert rois.rois_of("PTVes*") == ("PTVesicle",)
    assert rois.rois_of("Lung*") == ("Lung_1", "Lung_opt")


def test_an_itv_may_have_the_type_of_a_ctv() -> None:
    rois = contoured("ITV", "ITV_ring", "ITV_2", kinds={"ITV": "CTV", "ITV_ring": None, "ITV_2": None})
    assert rois.rois_of("ITV*") == ("ITV", "ITV_2")


def test_two_lesions_of_one_name_are_ambiguous_whatever_the_type_of_the_second_is() -> None:
    structures = [box_roi(1, "GTV", CUBE, "GTV"), box_roi(2, "GTV", CUBE, "ORGAN")]
    with pytest.raises(AmbiguousRoiError):
        Contoured(study(structures, dose(1.0))).solid("GTV*")


def test_a_wildcard_that_matches_two_rois_of_one_name_is_ambiguous() -> None:
    with pytest.raises(AmbiguousRoiError):
        contoured("PTV", "PTV").members("any(PTV*)")


def test_any_and_all_have_no_solid_and_no_dvh() -> None:
    case = rtcheck.Case(study([box_roi(1, "PTV", CUBE), box_roi(2, "Liver", CUBE)], dose(1.0)))
    with pytest.raises(ParseError, match=r"any\(\.\.\.\) asks each ROI by itself; ask for one of them"):
        case.dvh("any(PTV, Liver)")
    assert case.contoured.only_roi("any(PTV)") is None


def test_touching_neighbours_take_nothing_from_one_another() -> None:
    rois = [box_roi(1, "Liver", CUBE), box_roi(2, "GTV", ((20.0, 30.0), (0.0, 20.0), (0.0, 20.0)), "GTV")]
    found = Contoured(study(rois, dose(1.0)))
    assert found.solid("Liver - GTV*").outline_volume_cc() == pytest.approx(8.0, rel=1e-9)
    assert found.solid("ring(GTV, 0mm, 5mm) & Liver").outline_volume_cc() == pytest.approx(2.0, rel=0.005)


@pytest.fixture(scope="module")
def hcc(sample_plans: Path) -> Contoured:
    return Contoured(rtcheck.read_study(sample_plans / "hcc-sbrt-5fx"))


def test_a_sample_plans_targets_grow_to_one_another(hcc: Contoured) -> None:
    """Its CTV is drawn 5 mm around the GTV, and its PTV 4 mm around the CTV, on slices of 3 mm."""
    volume = {text: hcc.solid(text).outline_volume_cc() for text in ("GTV", "CTV", "PTV")}
    assert hcc.solid("GTV + 5mm").outline_volume_cc() == pytest.approx(volume["CTV"], rel=0.01)
    assert hcc.solid("CTV + 4mm").outline_volume_cc() == pytest.approx(volume["PTV"], rel=0.01)
    assert hcc.solid("PTV - 4mm").outline_volume_cc() == pytest.approx(volume["CTV"], rel=0.01)
    assert hcc.solid("PTV - 9mm").outline_volume_cc() == pytest.approx(volume["GTV"], rel=0.01)


@pytest.mark.parametrize(("one", "other"), [("Body", "PTV*"), ("PTV*", "Liver"), ("PTV* + 10mm", "Liver - 5mm")])
def test_volumes_of_a_sample_plan_add_up(hcc: Contoured, one: str, other: str) -> None:
    cc = {text: hcc.solid(text).outline_volume_cc() for text in (one, other)}
    both, either, rest = (hcc.solid(f"({one}) {sign} ({other})").outline_volume_cc() for sign in "&+-")
    assert sum(cc.values()) == pytest.approx(both + either, rel=0.005)
    assert rest + both == pytest.approx(cc[one], rel=0.005)


def test_the_ring_of_a_sample_plan_lies_around_its_target(hcc: Contoured) -> None:
    ring, ptv, grown = (hcc.solid(text).outline_volume_cc() for text in ("ring(PTV, 0mm, 20mm)", "PTV", "PTV + 20mm"))
    assert ring == pytest.approx(grown - ptv, rel=1e-3)
    assert hcc.solid("ring(PTV, 0mm, 20mm) & PTV").outline_volume_cc() == pytest.approx(0.0, abs=1e-9)
