"""ROI expressions: names with hyphens and signs, precedence, exact volumes, and refusals with their position."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.dvh import compute_dvh
from rtcheck.errors import NoVolumeError, ParseError
from rtcheck.roi_algebra import Expression, Name, combine, evaluate, names, parse_expression
from rtcheck.solid import Flag, QualityFlag, Solid, solid_of
from rtcheck.trilinear import DoseField
from tests.shapes import (
    at_height,
    circle,
    keyhole,
    linear,
    number,
    planes,
    rectangle,
    roi,
    rotation,
    sphere,
    stack,
    turned,
)


def bracketed(expression: Expression) -> str:
    if isinstance(expression, Name):
        return f"<{expression.text}>"
    return f"({bracketed(expression.left)} {expression.operator} {bracketed(expression.right)})"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Liver", "<Liver>"),
        ("  Liver  ", "<Liver>"),
        ("Liver - GTV*", "(<Liver> - <GTV*>)"),
        ("Liver-GTV", "<Liver-GTV>"),  # names hold hyphens
        ("Liver -GTV", "<Liver -GTV>"),
        ("Liver- GTV", "<Liver- GTV>"),
        ("A+B", "<A+B>"),
        ("A&B", "<A&B>"),
        ("PTV-1 - GTV-1", "(<PTV-1> - <GTV-1>)"),
        ("BRAIN STEM", "<BRAIN STEM>"),
        ("BRAIN  STEM - PTV HIGH", "(<BRAIN  STEM> - <PTV HIGH>)"),
        ("A - B - C", "((<A> - <B>) - <C>)"),
        ("A - B + C", "((<A> - <B>) + <C>)"),
        ("A - B & C", "(<A> - (<B> & <C>))"),
        ("A & B - C", "((<A> & <B>) - <C>)"),
        ("A & B & C", "((<A> & <B>) & <C>)"),
        ("A + B & C - D", "((<A> + (<B> & <C>)) - <D>)"),
        ("A - (B + C)", "(<A> - (<B> + <C>))"),
        ("((A))", "<A>"),
        ("(A - B) & C", "((<A> - <B>) & <C>)"),
        ("(A)- B", "(<A> - <B>)"),
        ("'Liver - old' - GTV", "(<Liver - old> - <GTV>)"),
        ('"Dr\'s PTV" & Liver', "(<Dr's PTV> & <Liver>)"),
        ("'(A)' + \"B & C\"", "(<(A)> + <B & C>)"),
        ("PTV_6000 & 肝脏", "(<PTV_6000> & <肝脏>)"),
        ("z_PTV+3mm - Liver", "(<z_PTV+3mm> - <Liver>)"),
        ("GTV? + CTV*", "(<GTV?> + <CTV*>)"),
        ("A\t-\nB", "(<A> - <B>)"),
    ],
)
def test_an_expression_means(text: str, meaning: str) -> None:
    assert bracketed(parse_expression(text)) == meaning


def test_quotes_hold_wildcards_as_letters() -> None:
    assert parse_expression("'GTV*'") == Name("GTV*", quoted=True)
    assert parse_expression("GTV*") == Name("GTV*", quoted=False)


def test_names_come_from_left_to_right() -> None:
    found = names(parse_expression("Liver - (GTV* + 'A & B') & Liver"))
    assert [name.text for name in found] == ["Liver", "GTV*", "A & B", "Liver"]


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 0, "expected an ROI name or expression"),
        ("   ", 0, "expected an ROI name or expression"),
        ("- A", 0, "expected an ROI name"),
        ("A -", 3, "expected an ROI name"),
        ("A - - B", 4, "expected an ROI name"),
        ("A & + B", 4, "expected an ROI name"),
        ("(A - B", 0, "isn't closed"),
        ("A - (B + (C)", 4, "isn't closed"),
        ("A ) B", 2, "an operator"),
        ("A - B)", 5, "an operator"),
        ("()", 1, "expected an ROI name"),
        ("A 'B'", 2, "an operator"),
        ("'A' 'B'", 4, "an operator"),
        ("(A) B", 4, "an operator"),
        ("A - 'B", 4, "a quote that doesn't end"),
        ('A -   "B', 6, "a quote that doesn't end"),
    ],
)
def test_what_is_no_expression_is_refused_where_it_stops_making_sense(text: str, position: int, says: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_expression(text)
    assert (caught.value.text, caught.value.position) == (text, position)
    assert says in caught.value.expected


words = st.text("ABCz_-+&019.*肝", min_size=1, max_size=8).filter(lambda word: not set(word) <= set("+-&"))


@given(st.lists(words, min_size=1, max_size=6), st.data())
def test_names_without_blanks_survive_any_chain_of_operators(some: list[str], data: st.DataObject) -> None:
    operators = [data.draw(st.sampled_from("+-&")) for _ in some[1:]]
    text = some[0] + "".join(f" {operator} {word}" for operator, word in zip(operators, some[1:], strict=True))
    assert [name.text for name in names(parse_expression(text))] == some


# Volumes.

Z = planes(9.0, 2.0)


def solid(outline: np.ndarray, heights: np.ndarray = Z) -> Solid:
    return solid_of(roi(stack(outline, heights)))


def cc(of: Solid) -> float:
    return of.outline_volume_cc()


def test_evaluate_asks_for_each_name_and_combines_in_order() -> None:
    library = {
        "A": solid(rectangle(0, 0, 10, 10)),
        "B": solid(rectangle(5, 0, 15, 10)),
        "C": solid(rectangle(0, 0, 6, 4)),
    }
    found = evaluate(parse_expression("A - B & C"), lambda name: library[name.text])
    assert cc(found) == pytest.approx((100 - 1 * 4) * 20 / 1000)
    assert evaluate(parse_expression("A"), lambda name: library[name.text]) is library["A"]


@settings(max_examples=40)
@given(st.floats(-12, 12), st.floats(-12, 12), st.floats(1, 9), st.floats(-7, 7), st.sampled_from([1.0, 2.0, 2.5, 3.0]))
def test_volumes_of_two_rois_add_up(x: float, y: float, radius: float, z: float, spacing: float) -> None:
    one, other = solid(circle(8.0)), solid(circle(radius, (x, y)), z + planes(6.0, spacing))
    both, either = combine("&", one, other), combine("+", one, other)
    # Planes less than a micrometre apart are one.
    assert cc(one) + cc(other) == pytest.approx(cc(either) + cc(both), rel=2e-4)
    assert cc(combine("-", one, other)) == pytest.approx(cc(one) - cc(both), rel=2e-4, abs=1e-3)
    assert cc(combine("&", other, one)) == pytest.approx(cc(both), rel=2e-4, abs=1e-3)


def test_volumes_add_up_in_their_dvhs_too() -> None:
    dose = linear((0.5, 0.2, 0.7))
    one, other = solid_of(roi(sphere(12.0, 1.0))), solid_of(roi(turned(sphere(9.0, 1.5), np.eye(3), (7.0, 3.0, 2.0))))
    parts = {
        name: compute_dvh(of, dose, roi=name)
        for name, of in {
            "one": one,
            "other": other,
            "either": combine("+", one, other),
            "both": combine("&", one, other),
        }.items()
    }
    for metric in ("Volume[cc]", "V40Gy[cc]", "V45Gy[cc]", "CV38Gy[cc]"):
        value = {name: number(dvh, metric) for name, dvh in parts.items()}
        assert value["one"] + value["other"] == pytest.approx(value["either"] + value["both"], rel=0.005)


def test_subtracting_a_touching_neighbour_loses_nothing() -> None:
    liver, neighbour = solid(rectangle(0, 0, 20, 20)), solid(rectangle(20, 0, 30, 20))
    assert cc(combine("-", liver, neighbour)) == pytest.approx(cc(liver), rel=1e-12)
    assert combine("&", liver, neighbour).layers == ()
    above = solid(rectangle(0, 0, 20, 20), Z + 20.0)
    assert cc(combine("-", liver, above)) == pytest.approx(cc(liver), rel=1e-12)


def test_subtracting_an_inner_roi_leaves_a_ring_and_itself_leaves_nothing() -> None:
    outer, inner = solid(circle(10.0)), solid(circle(4.0))
    ring = combine("-", outer, inner)
    assert cc(ring) == pytest.approx(np.pi * (100 - 16) * 20 / 1000)
    assert combine("-", inner, outer).layers == ()
    assert cc(combine("+", ring, inner)) == pytest.approx(cc(outer), rel=1e-9)


def test_slices_of_different_spacing_and_phase_are_cut_where_either_changes() -> None:
    one, other = solid(rectangle(0, 0, 10, 10), planes(9, 3)), solid(rectangle(0, 0, 10, 10), 0.7 + planes(8, 2))
    assert cc(combine("&", one, other)) == pytest.approx((9.7 + 8.3) * 0.1)
    assert cc(combine("-", one, other)) == pytest.approx((21 - 18.0) * 0.1)


def test_planes_a_rounding_error_apart_leave_no_slivers() -> None:
    one, other = solid(rectangle(0, 0, 10, 10)), solid(rectangle(0, 0, 10, 10), Z + 0.0004)
    assert cc(combine("-", one, other)) == pytest.approx(0.0, abs=1e-3)
    # One more at both ends: what lies beyond the outermost contour stays apart.
    assert len(combine("&", one, other).layers) == len(Z) + 2


@pytest.mark.parametrize("turn", [1, -1], ids=["same-direction", "opposite-direction"])
def test_keyholes_keep_their_hole_in_every_operation(turn: int) -> None:
    ring, disc = solid(keyhole(circle(10.0), circle(4.0)[::turn])), solid(circle(6.0))
    assert cc(combine("&", ring, disc)) == pytest.approx(np.pi * (36 - 16) * 20 / 1000, rel=1e-6)
    assert cc(combine("-", ring, disc)) == pytest.approx(np.pi * (100 - 36) * 20 / 1000, rel=1e-6)
    assert cc(combine("+", ring, disc)) == pytest.approx(np.pi * 100 * 20 / 1000, rel=1e-6)
    assert cc(combine("-", disc, ring)) == pytest.approx(np.pi * 16 * 20 / 1000, rel=1e-6)


def test_outlines_that_cross_themselves_or_have_spikes_can_be_combined() -> None:
    eight = np.array([[0, 0], [10, 10], [10, 0], [0, 10], [0, 12], [0, 10]], dtype=float)
    half = solid(rectangle(-1, -1, 5, 20))
    assert cc(combine("&", solid(eight), half)) == pytest.approx(25 * 20 / 1000)
    assert cc(combine("-", solid(eight), half)) == pytest.approx(25 * 20 / 1000)


def test_two_islands_are_subtracted_where_they_lie() -> None:
    liver = solid(circle(15.0))
    lesions = solid_of(roi(stack(circle(3.0, (-6, 0)), Z) + stack(circle(2.0, (7, 2)), Z)))
    assert cc(combine("-", liver, lesions)) == pytest.approx(np.pi * (225 - 9 - 4) * 20 / 1000)


def test_rois_on_planes_of_different_orientation_are_refused() -> None:
    with pytest.raises(NoVolumeError, match="orientation"):
        combine("-", solid(circle(10.0)), solid_of(roi(turned(stack(circle(4.0), Z), rotation(90, 0, 0)))))


def test_sagittal_rois_can_be_combined() -> None:
    matrix = rotation(0, 90, 0)
    one, other = (solid_of(roi(turned(stack(circle(radius), Z), matrix))) for radius in (10.0, 4.0))
    assert cc(combine("-", one, other)) == pytest.approx(np.pi * 84 * 20 / 1000)


def test_an_empty_operand_is_nothing_and_the_other_keeps_its_own_axes() -> None:
    full = solid_of(roi(turned(stack(circle(4.0), Z), rotation(90, 0, 0))))
    empty = Solid(np.eye(3), ())
    for found in (combine("+", full, empty), combine("+", empty, full), combine("-", full, empty)):
        assert cc(found) == pytest.approx(cc(full))
        assert np.array_equal(found.axes, full.axes)
    for found in (combine("&", full, empty), combine("&", empty, full), combine("-", empty, full)):
        assert found.layers == ()


@pytest.mark.parametrize("operator", ["+", "-", "&"])
def test_the_flags_of_both_operands_are_kept(operator: str) -> None:
    one = solid_of(roi(stack(circle(5.0), [0.0, 2.0])))
    other = Solid(np.eye(3), (), (QualityFlag(Flag.EMPTY_OPERAND, "b"),))
    assert {flag.flag for flag in combine(operator, one, other).flags} == {Flag.FEW_SLICES, Flag.EMPTY_OPERAND}


def test_an_empty_result_has_a_dvh_that_answers_nothing() -> None:
    disc = solid(circle(5.0))
    dose: DoseField = linear()
    dvh = compute_dvh(combine("-", disc, disc), dose, roi="A - A")
    assert dvh.problem == "the ROI has no volume"
    assert dvh["V20Gy[cc]"].reason == "the ROI has no volume"
    assert dvh["Volume[cc]"].value is None


def test_layers_of_a_solid_with_a_gap_stay_apart() -> None:
    parts = solid_of(roi([at_height(circle(5.0), z) for z in (0, 3, 6, 60, 63, 66)]))
    column = solid(rectangle(-10, -10, 10, 10), planes(90.0, 3.0))
    assert cc(combine("&", parts, column)) == pytest.approx(cc(parts))
    assert cc(combine("-", column, parts)) == pytest.approx(cc(column) - cc(parts))
