"""Which alpha/beta answers for which name, and what the answer says about itself."""

from __future__ import annotations

import dataclasses
import math
import pickle

import pytest

from rtcheck.errors import UsageError
from rtcheck.nomenclature import match, shipped_names
from rtcheck.tissue import AlphaBeta, AlphaBetaTable, unsettled
from rtcheck.units import eqd2_basis


def row(row_id: str, value_gy: float, *organs: str, default: bool = False, **parts: object) -> AlphaBeta:
    known = AlphaBeta(row_id, row_id, value_gy, "a paper", "single", is_default=default, organs=organs)
    return dataclasses.replace(known, **parts)  # type: ignore[arg-type]


LATE = row("late", 3.0, is_generic=True)
LIVER = row("liver", 3.0, "Liver", default=True)
LIVER_2 = row("liver of others", 2.0, "Liver")
LIVER_8 = row("liver of HCC patients", 8.0, "liver", ci95_gy=(-0.2, None))
CORD = row("cord", 2.0, "SpinalCord", "SpinalCord_PRV*", default=True)
TUMOUR = row("tumour", 10.0, "GTV*", "PTV*", default=True, not_organs=("*wall*", "*ring*"))
TABLE = AlphaBetaTable((LIVER_2, LIVER, LIVER_8, LATE, CORD, TUMOUR))


def test_the_default_of_an_organ_with_all_published_values() -> None:
    liver = TABLE.of("Liver")
    assert (liver.row, liver.rows) == (LIVER, (LIVER_2, LIVER, LIVER_8))
    assert (liver.value_gy, liver.low_gy, liver.high_gy, liver.values_gy) == (3.0, 2.0, 8.0, (2.0, 3.0, 8.0))
    assert (liver.tissue, liver.source, liver.status, liver.is_generic) == ("liver", "a paper", "single", False)
    assert str(liver) == liver.text == "alpha/beta 3 Gy (liver; published values 2 to 8)"
    assert eqd2_basis(liver.value_gy).alpha_beta_gy == 3


def test_confidence_intervals_dont_widen_the_published_values() -> None:
    assert LIVER_8.ci95_gy == (-0.2, None)
    assert TABLE.of("Liver").low_gy == 2.0


def test_values_quoted_beside_a_row_are_published_too() -> None:
    kidney = AlphaBetaTable((LATE, row("kidney", 2.5, "Kidneys", default=True, other_values_gy=(2.0,)))).of("kidneys")
    assert (kidney.value_gy, kidney.low_gy, kidney.high_gy) == (2.5, 2.0, 2.5)


def test_a_single_value_isnt_printed_as_a_range() -> None:
    assert str(TABLE.of("SpinalCord")) == "alpha/beta 2 Gy (cord; no other value on file)"


@pytest.mark.parametrize("name", ["Body", "Mandible", "", "-", "zLiver", "Livers", "PTV1_WALL", "PTV_Ring", "ptv-ring"])
def test_a_name_without_a_row_gets_the_generic_value_and_the_answer_says_so(name: str) -> None:
    choice = TABLE.of(name)
    assert (choice.value_gy, choice.low_gy, choice.high_gy, choice.is_generic) == (3.0, 3.0, 3.0, True)
    assert str(choice) == f"alpha/beta 3 Gy (late, not a value for {name!r})"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("LIVER", LIVER),
        ("leber", LIVER),
        ("肝脏", LIVER),
        ("whole_liver", LIVER),
        ("Liver-GTV", LIVER),
        ("Liver - GTV*", LIVER),
        ("spinal cord", CORD),
        ("Myelon", CORD),
        ("spinal-cord", CORD),
        ("SpinalCord_PRV05", CORD),
        ("GTV", TUMOUR),
        ("gtv_1_1", TUMOUR),
        ("GTV*", TUMOUR),
        ("PTV-Liver", TUMOUR),
        ("PTV 4 and 5", TUMOUR),
    ],
)
def test_names_are_found_in_any_spelling_and_by_synonym(name: str, found: AlphaBeta) -> None:
    assert TABLE.of(name).row is found


@pytest.mark.parametrize("standard", ["Liver", "Kidney_L", "Kidneys", "SpinalCord", "Duodenum", "Cochlea"])
def test_names_and_synonyms_stand_for_each_other_as_everywhere(standard: str) -> None:
    table = AlphaBetaTable((LATE, row("organ", 4.0, standard, default=True)))
    listed = shipped_names().listed.entries
    for word in [one for entry in listed for one in (entry.name, *(word.text for word in entry.words))]:
        for name in (word, f"L {word}", f"{word} both"):
            same = bool(match(standard, (name,)))
            assert (table.of(name).value_gy == 4.0) is (same or _is_less_something(standard, name)), name


def _is_less_something(standard: str, name: str) -> bool:
    """Of an organ less something else (Liver-GTV) the organ's value is taken."""
    return "-" in name and bool(match(standard, (name.partition("-")[0].strip(),)))


def test_a_name_listed_goes_before_a_pattern() -> None:
    bed = row("tumour bed", 4.0, "PTV_Bed", default=True)
    table = AlphaBetaTable((LATE, TUMOUR, bed))
    assert table.of("PTV bed").row is bed
    assert table.of("PTV_Bed2").row is TUMOUR


def test_patterns_of_two_defaults_are_for_a_person_to_settle() -> None:
    table = AlphaBetaTable((LATE, TUMOUR, row("boost", 4.0, "*Boost", default=True)))
    assert table.of("CTV_Boost").value_gy == 4.0
    with pytest.raises(UsageError, match="'PTV_Boost' fits the organs of tumour and boost"):
        table.of("PTV_Boost")


def test_an_organ_may_have_the_generic_value_as_its_default_among_others() -> None:
    table = AlphaBetaTable((row("late", 3.0, "Pancreas", default=True, is_generic=True), row("high", 10.0, "Pancreas")))
    choice = table.of("pancreas")
    assert (choice.value_gy, choice.high_gy, choice.is_generic) == (3.0, 10.0, True)
    assert str(choice) == "alpha/beta 3 Gy (late, not a value for 'pancreas'; published values 3 to 10)"


def test_an_organ_needs_a_default() -> None:
    rows = (LATE, LIVER_2, LIVER_8)
    assert list(unsettled(rows)) == [(1, 0, "none of the rows for 'Liver' is its default")]
    with pytest.raises(UsageError, match="none of the rows for 'Liver'"):
        AlphaBetaTable(rows)


def test_an_organ_has_one_default_whatever_its_spelling() -> None:
    rows = (LATE, LIVER, row("again", 8.0, "Heart", "LEBER", default=True), row("more", 8.0, "Liver", default=True))
    assert list(unsettled(rows)) == [
        (2, 1, "two defaults for 'LEBER'; liver is the first"),
        (3, 0, "two defaults for 'Liver'; liver is the first"),
    ]
    with pytest.raises(UsageError, match="two defaults for 'LEBER'"):
        AlphaBetaTable(rows)


def test_a_pattern_has_one_default() -> None:
    assert [problem for _, _, problem in unsettled((TUMOUR, row("more", 8.0, "gtv*", default=True)))] == [
        "two defaults for 'gtv*'; tumour is the first"
    ]


@pytest.mark.parametrize("rows", [(LIVER,), (LIVER, LATE, row("again", 4.0, is_generic=True))])
def test_a_table_has_one_generic_value(rows: tuple[AlphaBeta, ...]) -> None:
    with pytest.raises(UsageError, match="exactly one is needed"):
        AlphaBetaTable(rows)


@pytest.mark.parametrize("value_gy", [0.0, -2.0, math.nan, math.inf])
def test_an_alpha_beta_is_a_positive_number(value_gy: float) -> None:
    with pytest.raises(UsageError, match="positive number of gray"):
        row("liver", value_gy)
    with pytest.raises(UsageError, match="positive number of gray"):
        row("liver", 3.0, other_values_gy=(value_gy,))


def test_values_are_frozen_and_travel() -> None:
    choice = TABLE.of("Liver")
    assert pickle.loads(pickle.dumps(choice)) == choice
    with pytest.raises(dataclasses.FrozenInstanceError):
        choice.asked = "Lung"  # type: ignore[misc]
