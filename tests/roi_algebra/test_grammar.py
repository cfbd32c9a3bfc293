"""Margins, rings, any and all in the text of an expression; its canonical text; refusals with position and mend."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import ParseError
from rtcheck.roi_algebra import (
    Expression,
    Margin,
    Name,
    Operation,
    Ring,
    Selection,
    names,
    parse_expression,
    quoted,
    text_of,
)

PTV, LIVER = Name("PTV"), Name("Liver")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("PTV + 5mm", Margin(PTV, 5.0)),
        ("PTV - 3mm", Margin(PTV, -3.0)),
        ("PTV + 0.5cm", Margin(PTV, 5.0)),
        ("PTV + 0.3 cm", Margin(PTV, 3.0)),
        ("PTV +5mm", Margin(PTV, 5.0)),
        ("(PTV)+5mm", Margin(PTV, 5.0)),
        ("'PTV' -5mm", Margin(Name("PTV", quoted=True), -5.0)),
        ("PTV - 0mm", Margin(PTV, 0.0)),
        ("PTV + 5mm - 3mm", Margin(Margin(PTV, 5.0), -3.0)),
        ("PTV +5mm -3mm", Margin(Margin(PTV, 5.0), -3.0)),
        ("(PTV + 5mm) & Liver", Operation("&", Margin(PTV, 5.0), LIVER)),
        ("Liver & (PTV +5mm)", Operation("&", LIVER, Margin(PTV, 5.0))),
        ("Liver - PTV + 3mm", Margin(Operation("-", LIVER, PTV), 3.0)),
        ("Liver + 3mm - PTV", Operation("-", Margin(LIVER, 3.0), PTV)),
        ("Liver & PTV + 3mm", Margin(Operation("&", LIVER, PTV), 3.0)),
        ("ring(PTV, 0mm, 20mm)", Ring(PTV, 0.0, 20.0)),
        ("Ring (PTV & Liver,1cm,20 mm) - Liver", Operation("-", Ring(Operation("&", PTV, LIVER), 10.0, 20.0), LIVER)),
        ("ring(ring(PTV, 0mm, 1mm), 0mm, 2mm)", Ring(Ring(PTV, 0.0, 1.0), 0.0, 2.0)),
        ("any(PTV, Liver)", Selection("any", (PTV, LIVER))),
        ("all(PTV*)", Selection("all", (Name("PTV*"),))),
        ("EACH (PTV,Liver - PTV)", Selection("all", (PTV, Operation("-", LIVER, PTV)))),
    ],
)
def test_an_expression_means(text: str, meaning: Expression) -> None:
    assert parse_expression(text) == meaning
    assert parse_expression(str(meaning)) == meaning


@pytest.mark.parametrize(
    "text", ["PTV+5mm", "PTV -5mm ring", "z_PTV+3mm", "+5mm", "5mm", "ring", "any", "Eye, left", "PTV +5mm3"]
)
def test_names_that_look_alike_stay_names(text: str) -> None:
    assert parse_expression(text) == Name(text)


def test_a_distance_with_more_words_is_a_name_and_an_operand() -> None:
    assert parse_expression("PTV + 5mm ring") == Operation("+", PTV, Name("5mm ring"))


def test_a_distance_in_parentheses_or_quotes_is_a_name() -> None:
    assert parse_expression("PTV + '5mm'") == Operation("+", PTV, Name("5mm", quoted=True))
    in_parentheses = Operation("+", PTV, Name("5mm"))
    assert parse_expression("PTV + (5mm)") == in_parentheses
    assert str(in_parentheses) == "PTV + (5mm)"


def test_a_doubled_quote_is_a_quote() -> None:
    assert parse_expression("'Dr''s \"PTV\"'") == Name('Dr\'s "PTV"', quoted=True)
    assert quoted('Dr\'s "PTV"') == "'Dr''s \"PTV\"'"
    assert quoted("Dr's") == '"Dr\'s"'


def test_names_of_all_kinds_come_from_left_to_right() -> None:
    found = names(parse_expression("any(ring(A, 1mm, 2mm), B + 3mm, C - D)"))
    assert [name.text for name in found] == ["A", "B", "C", "D"]
    assert names(parse_expression("ring(PTV, 0mm, 20mm) & Liver"))[0].text == "PTV"


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("PTV + 5mm & Liver", 10, "write (... + 5mm) & ..."),
        ("PTV + 31cm", 6, "more than 300 mm"),
        ("ring(PTV, 5mm)", 13, "two distances"),
        ("ring(PTV)", 8, "two distances"),
        ("ring(PTV, 1mm, 2mm, 3mm)", 18, "two distances"),
        ("ring(PTV, 5, 20mm)", 10, "5mm or 5cm"),
        ("ring(PTV, 5mm, 20)", 15, "20mm or 20cm"),
        ("ring(PTV, -5mm, 20mm)", 10, "0 or more"),
        ("ring(PTV, - 5mm, 20mm)", 10, "0 or more"),
        ("ring(PTV, 5mm, 5mm)", 15, "must be larger than the inner"),
        ("ring(PTV, 0mm, 20mm", 0, "isn't closed"),
        ("ring(, 0mm, 20mm)", 5, "expected an ROI name"),
        ("rings(PTV, 0mm, 2mm)", 0, "did you mean ring(...)?"),
        ("anny(PTV)", 0, "did you mean any(...)?"),
        ("GTV (boost)", 4, "needs quotes, 'GTV (boost)'"),
        ("(Liver - GTV(boost))", 12, "needs quotes, 'GTV(boost)'"),
        ("any()", 4, "expected an ROI name"),
        ("any(A,)", 6, "expected an ROI name"),
        ("any(A", 0, "isn't closed"),
        ("any(A 'B')", 6, "a comma"),
        ("any(A) - B", 0, "stands alone"),
        ("B - any(A)", 4, "stands alone"),
        ("(any(A))", 1, "stands alone"),
        ("any(all(A), B)", 4, "stands alone"),
        ("ring(each(A), 0mm, 2mm)", 5, "each(...) asks each ROI by itself"),
        (" + ".join(["A"] * 300), 4 * 200 + 2, "more than 200 operators"),
        ("(" * 60, 0, "more than 50 parentheses"),
    ],
)
def test_what_is_no_expression_is_refused_where_it_stops_making_sense(text: str, position: int, says: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_expression(text)
    assert (caught.value.text, caught.value.position) == (text, position)
    assert says in caught.value.expected


distances = st.integers(0, 30000).map(lambda hundredths: hundredths / 100)
some_names = st.one_of(
    st.builds(Name, st.text(max_size=8), st.just(True)),
    st.sampled_from(["PTV*", "BRAIN STEM", "ring", "any", "5mm", "z_PTV+3mm", "-", "肝脏", "A,B"]).map(
        lambda text: Name(text, quoted=text in ("-", "A,B"))
    ),
)


def larger(of: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    rings = st.tuples(of, distances, distances).filter(lambda ring: ring[1] < ring[2])
    margins = st.builds(Margin, of, st.one_of(distances, distances.map(lambda mm: -mm)))
    return st.one_of(st.builds(Operation, st.sampled_from("-+&"), of, of), margins, rings.map(lambda ring: Ring(*ring)))


solids = st.recursive(some_names, larger, max_leaves=8)
selections = st.builds(Selection, st.sampled_from(["any", "all"]), st.lists(solids, min_size=1, max_size=4).map(tuple))


@given(st.one_of(solids, selections))
def test_the_canonical_text_parses_to_the_same_expression(expression: Expression) -> None:
    assert parse_expression(text_of(expression)) == expression
    assert str(expression) == text_of(expression)


@given(st.text("AB5m c+-&()',*\"ringay", max_size=25))
def test_any_text_is_an_expression_that_prints_or_a_parse_error(text: str) -> None:
    try:
        expression = parse_expression(text)
    except ParseError as error:
        assert 0 <= error.position <= len(text)
        return
    assert parse_expression(text_of(expression)) == expression


def test_a_name_that_no_unquoted_text_gives_is_printed_in_quotes() -> None:
    assert str(Name("Vessels - left")) == "'Vessels - left'"
    assert str(Ring(Name("Eye, left"), 0.0, 2.5)) == "ring('Eye, left', 0mm, 2.5mm)"
