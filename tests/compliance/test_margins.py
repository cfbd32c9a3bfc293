"""Rules about margins between a lesion's volumes, and about one containing another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from rtcheck.case import Case
from rtcheck.compliance.margins import contains_findings, margin_findings
from rtcheck.finding import Finding, Verdict
from rtcheck.rules import Contains, Level, MarginRange, Where
from rtcheck.sheet import CaseSheet, DeclaredLesion, LesionKind
from rtcheck.study import ROI
from tests import studies
from tests.compliance.cases import lesion, rule
from tests.plan_checks.samples import sample

PTV_MARGIN = rule(MarginRange)
BONE = rule(MarginRange, inner="GTV", outer="CTV", low_mm=5.0, high_mm=10.0, allowed_mm=(3.0, 5.0), where=Where.BONE)
CONTAINS = rule(Contains)
LESION = lesion("L1", gtv="GTV", ctv="CTV", ptv="PTV", bone=False)
IN_BONE = replace(LESION, organ="bone", bone=True)


def box(name: str, half_mm: float, *, shift_mm: float = 0.0, left_mm: float | None = None) -> ROI:
    """A box, its half height rounded to whole slices of 3 mm, with another end on the left where one is given."""
    z = 1.5 + 3.0 * round((half_mm - 1.5) / 3.0)
    x = (shift_mm - half_mm, shift_mm + half_mm if left_mm is None else left_mm)
    return studies.box_roi(1, name, (x, (-half_mm, half_mm), (-z, z)), name[:3], 3.0)


def rounded(name: str, half_mm: float, margin_mm: float) -> ROI:
    """The box expanded by a margin, as a ball."""
    inner = box(name, half_mm)
    square, top = shapely.box(-half_mm, -half_mm, half_mm, half_mm), inner.contours[-1].points_mm[0, 2] + 1.5
    contours = []
    for z in np.arange(-60.0, 61.0, 3.0):
        left = margin_mm**2 - max(abs(z) - top, 0.0) ** 2
        if abs(z) < top or left > 0.0:
            outline = shapely.buffer(square, np.sqrt(left), quad_segs=16) if left else square
            flat = shapely.get_coordinates(outline)[:-1]
            contours.append(replace(inner.contours[0], points_mm=np.column_stack([flat, np.full(len(flat), z)])))
    return replace(inner, contours=tuple(contours))


def case(*rois: ROI, lesions: tuple[DeclaredLesion, ...] | None = (LESION,)) -> Case:
    numbered = [replace(roi, number=number) for number, roi in enumerate(rois, start=1)]
    return Case(studies.study(numbered, studies.dose(1.0)), sheet=CaseSheet(lesions=lesions))


def of_ptv(ptv: ROI, *others: ROI, lesion_: DeclaredLesion = LESION, ctv: ROI | None = None) -> Finding:
    (found,) = margin_findings(case(ctv or box("CTV", 13.0), ptv, *others, lesions=(lesion_,)), PTV_MARGIN)
    assert (found.check, found.standing, found.group, found.lesion) == ("protocol-rule", "protocol", "Volumes", "L1")
    return found


def outcome(found: Finding) -> tuple[Verdict, str]:
    return found.verdict, found.reason


# The range.


@pytest.mark.parametrize(
    ("margin_mm", "verdict", "reason", "robust"),
    [
        (0.0, Verdict.FAIL, "margin-too-small", True),
        (1.0, Verdict.FAIL, "margin-too-small", True),
        (1.9, Verdict.PASS, "", False),
        (4.0, Verdict.PASS, "", True),
        (5.1, Verdict.PASS, "", False),
        (6.0, Verdict.FAIL, "margin-too-large", True),
        (8.0, Verdict.FAIL, "margin-too-large", True),
    ],
)
def test_a_margin_is_judged_by_its_distribution(margin_mm, verdict, reason, robust) -> None:
    found = of_ptv(rounded("PTV", 13.0, margin_mm))
    assert (*outcome(found), found.robust) == (verdict, reason, robust)
    assert (found.limit, found.unit) == ("2 to 5 mm", "mm")
    assert found.observed == pytest.approx(margin_mm, abs=0.05)


def test_the_message_and_the_numbers_hold_the_distribution() -> None:
    found = of_ptv(rounded("PTV", 13.0, 4.0))
    assert found.message == (
        "CTV to PTV: median 4.0 mm, 4.0 to 4.2 mm in plane (5th to 95th percentile), 3.0 mm cranially, 3.0 mm caudally"
    )
    assert found.rois == ("CTV", "PTV")
    numbers = {one.label: one.value for one in found.measured}
    assert {one.unit for one in found.measured} == {"mm"}
    assert numbers["minimum"] == pytest.approx(3.0, abs=0.01)
    assert numbers["maximum"] == pytest.approx(4.5, abs=0.5)
    for direction in ("left", "right", "anterior", "posterior"):
        assert numbers[f"{direction}, median"] == pytest.approx(4.0, abs=0.05)
    assert numbers["superior, 5th percentile"] == pytest.approx(3.0, abs=0.05)


def test_a_fragile_answer_says_what_decides() -> None:
    found = of_ptv(rounded("PTV", 13.0, 1.9))
    assert not found.robust
    assert "within what contours can tell, 0.5 mm in plane and 3 mm across the slices" in found.message


# What explains a margin that is off.


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (studies.box_roi(9, "Body", ((-90, 13), (-90, 90), (-90, 90)), "EXTERNAL"), "Body"),
        (studies.box_roi(9, "Stomach", ((13, 40), (-40, 40), (-40, 40))), "Stomach"),
    ],
    ids=["skin", "organ"],
)
def test_cropping_at_skin_or_organ_is_acceptable_and_said(other, told) -> None:
    found = of_ptv(box("PTV", 17.0, left_mm=13.0), other)
    assert outcome(found) == (Verdict.ACCEPTABLE, "margin-cropped")
    assert told in found.message
    assert "of the surface, along" in found.message
    assert found.message.endswith("and 2 to 5 mm elsewhere")
    assert outcome(of_ptv(box("PTV", 17.0, left_mm=13.0))) == (Verdict.FAIL, "margin-too-small")


def test_cropping_explains_no_margin_that_is_too_large_elsewhere() -> None:
    stomach = studies.box_roi(9, "Stomach", ((13, 40), (-40, 40), (-40, 40)))
    found = of_ptv(box("PTV", 21.0, left_mm=13.0), stomach)
    assert outcome(found) == (Verdict.FAIL, "margin-too-large")
    assert "cropped on" in found.message


def test_a_target_that_is_cropped_all_over_is_not_measurable() -> None:
    tall = ((-13, 13), (-13, 13), (-52.5, 52.5))
    liver = studies.box_roi(9, "Liver", ((-13, 13), (-13, 13), (-91.5, 91.5)), spacing_mm=3.0)
    found = of_ptv(studies.box_roi(1, "PTV", tall, "PTV", 3.0), liver, ctv=studies.box_roi(2, "CTV", tall, "CTV", 3.0))
    assert outcome(found) == (Verdict.NOT_EVALUATED, "not-measurable")
    assert "leaves too little to measure" in found.message


def spiked(tip_mm: float) -> ROI:
    """The CTV with a spike to the left, 4 mm wide and one slice high."""
    ctv = box("CTV", 13.0)
    outline = [[13, -2], [tip_mm, -2], [tip_mm, 2], [13, 2], [13, 13], [-13, 13], [-13, -13], [13, -13]]
    middle = replace(ctv.contours[0], points_mm=np.column_stack([np.array(outline, float), np.zeros(8)]))
    return replace(ctv, contours=(*(one for one in ctv.contours if one.points_mm[0, 2] != 0.0), middle))


@pytest.mark.parametrize(
    ("tip_mm", "expected"),
    [
        (16.9, (Verdict.PASS, "")),
        (18.5, (Verdict.ACCEPTABLE, "margin-uneven")),
        (20.0, (Verdict.FAIL, "not-contained")),
    ],
)
def test_what_reaches_out_by_little_is_never_a_plain_pass_and_by_more_than_2_mm_a_fail(tip_mm, expected) -> None:
    assert outcome(of_ptv(box("PTV", 17.0), ctv=spiked(tip_mm))) == expected


def test_a_second_piece_of_the_ctv_outside_the_ptv_fails_however_good_the_margin_is_elsewhere() -> None:
    ctv, other = box("CTV", 13.0), box("CTV", 9.0, shift_mm=60.0)
    found = of_ptv(rounded("PTV", 13.0, 4.0), ctv=replace(ctv, contours=(*ctv.contours, *other.contours)))
    assert outcome(found) == (Verdict.FAIL, "not-contained")
    assert found.message.endswith("of CTV (4.9 cc) lies outside PTV, 10 mm or more")


def test_a_ptv_cropped_into_the_ctv_at_an_organ_is_acceptable_while_that_is_little() -> None:
    stomach = studies.box_roi(9, "Stomach", ((12, 40), (-40, 40), (-40, 40)))
    found = of_ptv(box("PTV", 17.0, left_mm=12.0), stomach)
    assert outcome(found) == (Verdict.ACCEPTABLE, "margin-cropped")
    assert "of CTV (0.7 cc) lies outside PTV, up to 1.0 mm" in found.message
    deep = studies.box_roi(9, "Stomach", ((6, 40), (-40, 40), (-40, 40)))
    assert outcome(of_ptv(box("PTV", 17.0, left_mm=6.0), deep)) == (Verdict.FAIL, "not-contained")


def test_an_organ_explains_nothing_of_a_piece_that_lies_elsewhere() -> None:
    stomach = studies.box_roi(9, "Stomach", ((12, 40), (-40, 40), (-40, 40)))
    ctv, other = box("CTV", 13.0), box("CTV", 1.5, shift_mm=-22.0)
    found = of_ptv(box("PTV", 17.0, left_mm=12.0), stomach, ctv=replace(ctv, contours=(*ctv.contours, *other.contours)))
    assert outcome(found) == (Verdict.FAIL, "not-contained")


def test_a_ptv_that_ends_with_its_ctv_is_never_a_plain_pass_and_the_ends_are_named() -> None:
    low, high = ((-13, 13), (-13, 13), (-13.5, 13.5)), ((-17, 17), (-17, 17), (-13.5, 13.5))
    found = of_ptv(studies.box_roi(1, "PTV", high, "PTV", 3.0), ctv=studies.box_roi(2, "CTV", low, "CTV", 3.0))
    assert outcome(found) == (Verdict.ACCEPTABLE, "margin-uneven")
    assert "too small cranially, where the last contours of both lie in one plane" in found.message
    assert "too small caudally" in found.message


@pytest.mark.parametrize(
    ("inside_mm", "expected"),
    [
        (4.0, (Verdict.FAIL, "margin-too-small")),
        (2.8, (Verdict.ACCEPTABLE, "margin-uneven")),
        (2.0, (Verdict.PASS, "")),
    ],
)
def test_a_sector_with_too_little_margin_is_named(inside_mm, expected) -> None:
    notched = rounded("PTV", 13.0, 4.0)

    def with_notch(points):
        outline = shapely.Polygon(points[:, :2]).difference(shapely.box(17.0 - inside_mm, -6.0, 30.0, 6.0))
        flat = shapely.get_coordinates(outline)[:-1]
        return np.column_stack([flat, np.full(len(flat), points[0, 2])])

    contours = tuple(replace(one, points_mm=with_notch(one.points_mm)) for one in notched.contours)
    found = of_ptv(replace(notched, contours=contours))
    assert outcome(found) == expected
    assert ("over a sector to the left, where its median is" in found.message) is (expected[1] != "")


@pytest.mark.parametrize(
    ("motion", "itv", "expected"),
    [
        (None, None, (Verdict.FAIL, "margin-too-large")),
        ("4D CT and ITV", None, (Verdict.ACCEPTABLE, "margin-itv")),
        ("breath hold", None, (Verdict.FAIL, "margin-too-large")),
        (None, "ITV", (Verdict.ACCEPTABLE, "margin-itv")),
        (None, "ITV_2", (Verdict.FAIL, "margin-too-large")),
    ],
)
def test_a_moving_target_may_explain_what_is_too_large_along_its_motion(motion, itv, expected) -> None:
    long = ((-17, 17), (-17, 17), (-31.5, 31.5))
    # Moving by 14 mm: as asked across, too large along.
    ptv = studies.box_roi(1, "PTV", long, "PTV", 3.0)
    others = [studies.box_roi(2, itv, ((-13, 13), (-13, 13), (-28.5, 28.5)), "CTV", 3.0)] if itv else []
    found = of_ptv(ptv, *others, lesion_=replace(LESION, motion=motion))
    assert outcome(found) == expected
    if itv == "ITV":
        assert "measured from ITV the margin is median 4.0 mm" in found.message


@pytest.mark.parametrize("half_mm", [21.0, 19.0])
def test_an_itv_explains_no_margin_that_is_too_large_all_round(half_mm) -> None:
    found = of_ptv(box("PTV", half_mm), lesion_=replace(LESION, motion="4D CT and ITV"))
    assert outcome(found) == (Verdict.FAIL, "margin-too-large")


@pytest.mark.parametrize(
    ("left_mm", "reason"), [(25.0, "margin-itv"), (45.0, "itv-not-drawn")], ids=["8-mm-more", "28-mm-more"]
)
def test_an_itv_that_is_not_drawn_explains_no_more_than_a_target_moves(left_mm, reason) -> None:
    found = of_ptv(box("PTV", 17.0, left_mm=left_mm), lesion_=replace(LESION, motion="4D CT and ITV"))
    verdict = Verdict.ACCEPTABLE if reason == "margin-itv" else Verdict.NOT_EVALUATED
    assert outcome(found) == (verdict, reason)
    if reason == "itv-not-drawn":
        assert "more than an ITV explains that isn't drawn (10 mm in the median, 25 mm anywhere)" in found.message


def test_an_itv_explains_no_ptv_of_another_place() -> None:
    found = of_ptv(box("PTV", 17.0, shift_mm=80.0), lesion_=replace(LESION, motion="4D CT and ITV"))
    assert outcome(found) == (Verdict.FAIL, "not-contained")
    assert "100.0 % of CTV" in found.message


def test_a_drawn_itv_that_does_not_hold_the_ctv_explains_nothing() -> None:
    ptv = studies.box_roi(1, "PTV", ((-17, 17), (-17, 17), (-31.5, 31.5)), "PTV", 3.0)
    short = studies.box_roi(2, "ITV", ((-13, 13), (-13, 13), (7.5, 28.5)), "CTV", 3.0)
    assert of_ptv(ptv, short).verdict is Verdict.FAIL


def test_an_itv_explains_no_margin_that_is_missing() -> None:
    found = of_ptv(box("PTV", 17.0, shift_mm=4.0), lesion_=replace(LESION, motion="ITV"))
    assert found.verdict is Verdict.FAIL


# Bone.


@pytest.mark.parametrize(
    ("margin_mm", "expected"),
    [
        (2.0, (Verdict.FAIL, "margin-too-small")),
        (4.0, (Verdict.ACCEPTABLE, "discretionary")),
        (6.0, (Verdict.PASS, "")),
        (10.0, (Verdict.PASS, "")),
        (15.0, (Verdict.FAIL, "margin-too-large")),
    ],
)
def test_in_bone_a_smaller_margin_is_at_discretion(margin_mm, expected) -> None:
    (found,) = margin_findings(case(box("GTV", 9.0), rounded("CTV", 9.0, margin_mm), lesions=(IN_BONE,)), BONE)
    assert outcome(found) == expected
    assert found.limit == "5 to 10 mm (3 to 5 mm at discretion)"
    if found.reason == "discretionary":
        assert "allowed at the physician's discretion" in found.message


def test_a_range_that_is_allowed_besides_is_not_joined_over_a_gap() -> None:
    asked = replace(BONE, allowed_mm=(1.0, 2.0), where=Where.ANY)
    for margin_mm, verdict in ((2.0, Verdict.ACCEPTABLE), (4.0, Verdict.FAIL), (6.0, Verdict.PASS)):
        (found,) = margin_findings(case(box("GTV", 9.0), rounded("CTV", 9.0, margin_mm)), asked)
        assert found.verdict is verdict


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (replace(LESION, bone=False), (Verdict.NOT_APPLICABLE, "other-site")),
        (replace(LESION, bone=None), (Verdict.NOT_APPLICABLE, "other-site")),
        (replace(LESION, bone=None, organ="chest wall"), (Verdict.NOT_EVALUATED, "not-declared")),
        (replace(LESION, bone=None, organ="bone"), (Verdict.PASS, "")),
        (
            replace(LESION, bone=None, organ="pelvis", kind=LesionKind.LYMPH_NODE),
            (Verdict.NOT_APPLICABLE, "other-site"),
        ),
    ],
    ids=["no", "liver", "not-told", "bone", "node"],
)
def test_the_rule_of_bone_is_asked_of_lesions_that_may_be_in_bone(declared, expected) -> None:
    (found,) = margin_findings(case(box("GTV", 9.0), box("CTV", 15.0), lesions=(declared,)), BONE)
    assert outcome(found) == expected


def test_without_a_list_nobody_knows_what_is_in_bone_and_margins_are_measured_of_drawn_targets() -> None:
    of = case(box("GTV", 9.0), box("CTV", 13.0), box("PTV", 17.0), lesions=None)
    (found,) = margin_findings(of, BONE)
    assert outcome(found) == (Verdict.NOT_EVALUATED, "not-declared")
    assert "the case sheet has no list of lesions" in found.message
    (found,) = margin_findings(of, PTV_MARGIN)
    assert (found.verdict, found.subject, found.lesion) == (Verdict.PASS, "PTV", "")


@pytest.mark.parametrize(
    ("mobile", "verdict"), [(True, Verdict.PASS), (False, Verdict.NOT_APPLICABLE), (None, Verdict.NOT_EVALUATED)]
)
def test_other_sites_are_asked_likewise(mobile, verdict) -> None:
    asked = replace(PTV_MARGIN, where=Where.MOBILE)
    (found,) = margin_findings(
        case(box("CTV", 13.0), box("PTV", 17.0), lesions=(replace(LESION, mobile=mobile),)), asked
    )
    assert found.verdict is verdict


# What is missing.


@pytest.mark.parametrize(
    ("rois", "named"),
    [((), "CTV and PTV"), ((box("PTV", 17.0),), "CTV"), ((box("CTV", 17.0),), "PTV")],
    ids=["both", "inner", "outer"],
)
def test_a_volume_that_is_missing_is_named(rois, named) -> None:
    (found,) = margin_findings(case(*rois), PTV_MARGIN)
    assert outcome(found) == (Verdict.NOT_EVALUATED, "volume-missing")
    assert f"the {named} of L1" in found.message
    assert "no ROI is called" in found.message


@pytest.mark.parametrize("findings", [margin_findings, contains_findings])
def test_a_volume_that_cannot_be_measured_is_not_evaluated(findings) -> None:
    flat = replace(box("CTV", 13.0), contours=box("CTV", 13.0).contours[:1])
    ptv = replace(box("PTV", 17.0), contours=box("PTV", 17.0).contours[:1])
    asked = PTV_MARGIN if findings is margin_findings else rule(Contains, inner="CTV", outer="PTV")
    (found,) = findings(case(flat, ptv), asked)
    assert outcome(found) == (Verdict.NOT_EVALUATED, "not-measurable")
    assert "no slice spacing is known" in found.message


@pytest.mark.parametrize(("lesions", "reason"), [((), "not-declared"), (None, "volume-missing")])
def test_without_any_lesion_there_is_an_answer_all_the_same(lesions, reason) -> None:
    of = case(studies.box_roi(1, "Liver", ((-9, 9), (-9, 9), (-9, 9))), lesions=lesions)
    for found in (*margin_findings(of, PTV_MARGIN), *contains_findings(of, CONTAINS)):
        assert outcome(found) == (Verdict.NOT_EVALUATED, reason)


def test_each_lesion_has_its_finding() -> None:
    two = (LESION, replace(LESION, name="L2", ptv="PTV_2", ctv="CTV_2"))
    of = case(box("CTV", 13.0), box("PTV", 17.0), box("CTV_2", 13.0), box("PTV_2", 25.0), lesions=two)
    found = list(margin_findings(of, PTV_MARGIN))
    assert [(one.lesion, one.verdict) for one in found] == [("L1", Verdict.PASS), ("L2", Verdict.FAIL)]


# Levels.


@pytest.mark.parametrize(
    ("level", "verdict"), [(Level.RECOMMENDED, Verdict.ACCEPTABLE), (Level.INFORMATION, Verdict.INFO)]
)
def test_the_level_of_a_rule_decides_what_breaking_it_means(level, verdict) -> None:
    (found,) = margin_findings(case(box("CTV", 13.0), box("PTV", 23.0)), replace(PTV_MARGIN, level=level))
    assert outcome(found) == (verdict, "margin-too-large")


# Containment.


@pytest.mark.parametrize(
    ("ctv", "verdict", "robust"),
    [
        (box("CTV", 13.0), Verdict.PASS, True),
        (box("CTV", 9.0), Verdict.PASS, True),
        (box("CTV", 9.0, shift_mm=0.4), Verdict.PASS, False),
        (box("CTV", 9.0, shift_mm=2.0), Verdict.FAIL, True),
        (box("CTV", 7.0), Verdict.FAIL, True),
        (box("CTV", 9.0, shift_mm=60.0), Verdict.FAIL, True),
    ],
    ids=["inside", "equal", "half-a-pixel", "shifted", "smaller", "elsewhere"],
)
def test_a_ctv_contains_its_gtv_but_for_half_a_pixel(ctv, verdict, robust) -> None:
    (found,) = contains_findings(case(box("GTV", 9.0), ctv), CONTAINS)
    assert (found.verdict, found.robust, found.group) == (verdict, robust, "Volumes")
    assert found.reason == ("" if verdict is Verdict.PASS else "not-contained")


def test_how_much_is_outside_and_how_far_is_said() -> None:
    (found,) = contains_findings(case(box("GTV", 9.0), box("CTV", 9.0, shift_mm=2.0)), CONTAINS)
    assert found.message == "11.1 % of GTV (0.54 cc) lies outside CTV, up to 2.0 mm"
    assert found.observed == pytest.approx(100 / 9)
    assert [one.unit for one in found.measured] == ["%", "cc", "mm"]
    (found,) = contains_findings(case(box("GTV", 9.0), box("CTV", 9.0, shift_mm=60.0)), CONTAINS)
    assert found.message.endswith("lies outside CTV, 10 mm or more")


# The samples.


@pytest.mark.parametrize(
    ("name", "lesion_", "verdict"),
    [
        ("hcc-sbrt-5fx", LESION, Verdict.PASS),
        ("margin-8mm", replace(LESION, motion="4D CT and ITV"), Verdict.FAIL),
    ],
)
def test_of_the_samples_only_the_one_with_8_mm_fails(name, lesion_, verdict) -> None:
    of = Case(sample(name), sheet=CaseSheet(lesions=(lesion_,)))
    (found,) = margin_findings(of, PTV_MARGIN)
    assert found.verdict is verdict
    (found,) = contains_findings(of, CONTAINS)
    assert found.verdict is Verdict.PASS


def test_the_vertebra_of_the_sample_has_too_little_margin_for_bone() -> None:
    named = {kind: f"{kind.upper()}_Spine" for kind in ("gtv", "ctv", "ptv")}
    of = Case(
        sample("two-lesions-two-plans"), sheet=CaseSheet(lesions=(lesion("T12", organ="bone", bone=True, **named),))
    )
    (found,) = margin_findings(of, BONE)
    assert outcome(found) == (Verdict.FAIL, "margin-too-small")
    (found,) = margin_findings(of, PTV_MARGIN)
    assert (found.verdict, found.robust) == (Verdict.PASS, False)
