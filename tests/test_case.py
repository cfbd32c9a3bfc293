"""Names, expressions and prescriptions of a case."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from rtcheck import case as case_module
from rtcheck.case import Case
from rtcheck.convention import CONVENTIONS, DEFAULT_CONVENTION, Between, Convention, Ends
from rtcheck.errors import AmbiguousRoiError, MissingRoiError, ParseError, UsageError
from rtcheck.metrics import State
from rtcheck.radiobiology import eqd2_of_dose
from rtcheck.solid import Flag
from rtcheck.study import ROI, Contour, GeometricType
from rtcheck.synthetic.drawing import contours_of
from rtcheck.synthetic.revolved import Sphere
from rtcheck.units import PHYSICAL, eqd2_basis
from tests import studies

CUBE = ((-20, 20), (-20, 20), (-20, 20))
SMALL = ((-5, 5), (-5, 5), (-6, 6))


def case_of(*rois, plan=None, gray=10.0) -> Case:
    return Case(studies.study(rois, studies.dose(gray), plan))


def test_expression_subtracts_every_match_of_a_pattern() -> None:
    case = case_of(
        studies.box_roi(1, "Liver", CUBE),
        studies.box_roi(2, "GTV_1", SMALL),
        studies.box_roi(3, "GTV_2", ((10, 16), (-5, 5), (-6, 6))),
    )
    dvh = case.dvh("Liver - GTV*")
    assert dvh.rois == ("Liver", "GTV_1", "GTV_2")
    assert dvh["Volume[cc]"].value == pytest.approx(64.0 - 1.2 - 0.72)


def test_pattern_names_the_empty_rois_it_leaves_out() -> None:
    case = case_of(studies.box_roi(1, "Liver", CUBE), studies.box_roi(2, "GTV_1", SMALL), studies.empty_roi(3, "GTV_2"))
    flags = case.dvh("Liver - GTV*").flags
    assert [flag.message for flag in flags if flag.flag is Flag.EMPTY_OPERAND] == [
        "left out of GTV*: GTV_2 (no contours)"
    ]


def test_missing_part_of_an_expression_is_an_error_not_nothing() -> None:
    with pytest.raises(MissingRoiError, match=r"GTV\*"):
        case_of(studies.box_roi(1, "Liver", CUBE)).dvh("Liver - GTV*")


def test_paired_organ_is_the_union_of_its_halves() -> None:
    case = case_of(
        studies.box_roi(1, "Kidney_L", ((10, 20), (0, 10), (0, 10))),
        studies.box_roi(2, "kidney right", ((-20, -10), (0, 10), (0, 10))),
    )
    assert case.dvh("Kidneys").rois == ("Kidney_L", "kidney right")
    assert case.dvh("Kidneys").volume_cc == pytest.approx(2.0)


def test_half_of_a_pair_is_missing_not_the_whole() -> None:
    with pytest.raises(MissingRoiError, match="Kidneys"):
        case_of(studies.box_roi(1, "Kidney_L", SMALL)).dvh("Kidneys")


def test_empty_half_of_a_pair_answers_nothing() -> None:
    dvh = case_of(studies.box_roi(1, "Kidney_L", SMALL), studies.empty_roi(2, "Kidney_R")).dvh("Kidneys")
    assert dvh["Mean[Gy]"].state is State.NOT_EVALUABLE
    assert "Kidney_R" in dvh["Mean[Gy]"].reason


def test_two_rois_that_fit_a_name_are_ambiguous() -> None:
    case = case_of(studies.box_roi(1, "liver", CUBE), studies.box_roi(2, "LIVER", SMALL))
    with pytest.raises(AmbiguousRoiError) as caught:
        case.dvh("Liver")
    assert caught.value.candidates == ("liver", "LIVER")


def test_two_rois_of_one_name_are_ambiguous() -> None:
    case = case_of(studies.box_roi(1, "Liver", CUBE), studies.box_roi(2, "Liver", SMALL))
    with pytest.raises(AmbiguousRoiError):
        case.dvh("Liver")


def test_missing_roi_suggests_and_never_matches_by_likeness() -> None:
    with pytest.raises(MissingRoiError, match="similar: 'Livr'"):
        case_of(studies.box_roi(1, "Livr", CUBE)).dvh("Liver")


def test_dvh_is_computed_once() -> None:
    case = case_of(studies.box_roi(1, "Liver", CUBE))
    assert case.dvh("Liver") is case.dvh("Liver")


def test_bad_expression_says_where() -> None:
    with pytest.raises(ParseError) as caught:
        case_of(studies.box_roi(1, "Liver", CUBE)).dvh("Liver - (GTV")
    assert caught.value.position == 8


def test_unknown_child_pugh_is_refused() -> None:
    with pytest.raises(UsageError, match="A5, A6, B7"):
        Case(studies.study([], studies.dose(1.0)), child_pugh="B6")


# Prescriptions.


def test_prescription_of_a_volume_carries_its_roi() -> None:
    plan = studies.plan([studies.target_reference(1, 40.0, roi_number=7)], [5])
    case = case_of(studies.box_roi(7, "PTV", SMALL, "PTV"), plan=plan)
    (found,) = case.prescriptions
    assert (found.total_dose_gy, found.fractions, found.target, found.roi_number) == (40.0, 5, "PTV", 7)
    assert [str(schedule) for schedule in case.schedules] == ["5x8Gy"]


def test_points_count_only_where_no_volume_is_prescribed() -> None:
    point = studies.target_reference(2, 11.3, kind="COORDINATES", name="CALC POINT")
    volume = studies.target_reference(1, 14.0, kind="SITE", name="Breast")
    assert [p.total_dose_gy for p in case_of(plan=studies.plan([point, volume], [7])).prescriptions] == [14.0]
    assert [p.total_dose_gy for p in case_of(plan=studies.plan([point], [7])).prescriptions] == [11.3]


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        (None, "no RT Plan"),
        (studies.plan([studies.target_reference(1, 40.0)], [25, 7]), "phases of 25 + 7 fractions"),
        (studies.plan([studies.target_reference(1, 40.0)], []), "no fraction group"),
        (studies.plan([studies.target_reference(1, 40.0)], [None]), "number of fractions"),
        (studies.plan([studies.target_reference(1, None)], [5]), "no dose reference of type TARGET"),
    ],
)
def test_plan_without_a_prescription_says_why(plan, problem) -> None:
    case = case_of(plan=plan)
    assert case.prescriptions == ()
    assert problem in case.prescription_problem


def test_dose_summed_over_plans_has_no_schedule() -> None:
    plan = studies.plan([studies.target_reference(1, 40.0, roi_number=1)], [5])
    summed = replace(studies.dose(40.0), summation_type="MULTI_PLAN", referenced_plan_uids=("1.2.3.7", "1.2.3.77"))
    case = Case(studies.study([studies.box_roi(1, "PTV", SMALL, "PTV")], summed, plan))
    assert (case.prescriptions, case.schedules, case.fractions) == ((), (), None)
    assert "sum over several plans" in case.prescription_problem


def test_percent_of_the_only_prescription_needs_no_name() -> None:
    plan = studies.plan([studies.target_reference(1, 20.0, roi_number=1)], [5])
    dvh = case_of(studies.box_roi(1, "PTV", SMALL, "PTV"), plan=plan).dvh("PTV")
    assert dvh["D95%[%]"].value == pytest.approx(50.0)
    assert dvh["V50%@PTV[%]"].value == pytest.approx(100.0)
    assert "no dose reference is named 'GTV'" in dvh["V50%@GTV[%]"].reason


TWO_TARGETS = (
    studies.box_roi(1, "PTV_1", SMALL, "PTV"),
    studies.box_roi(2, "PTV_2", ((10, 18), (-5, 5), (-6, 6)), "PTV"),
    studies.box_roi(3, "GTV_1", ((-2, 2), (-2, 2), (-2, 2)), "GTV"),
)
ONE_PRESCRIBED = studies.plan([studies.target_reference(1, 50.0, 1)], [25])


@pytest.mark.parametrize("roi", ["PTV_2", "'PTV_2'", "GTV_1", "PTV*", "PTV_1 + PTV_2", "PTV_1 - GTV*"])
@pytest.mark.parametrize("basis", [PHYSICAL, eqd2_basis(3.0)])
def test_percent_is_never_of_another_targets_prescription(roi, basis) -> None:
    case = case_of(*TWO_TARGETS, plan=ONE_PRESCRIBED, gray=52.0)
    answer = case.metric(roi, "D95%[%]", basis)
    assert answer.state is State.NOT_EVALUABLE
    assert "The prescription of PTV_2 isn't known" in answer.reason
    assert "PTV_1 (" in answer.reason
    assert case.metric(roi, "D95%[%@PTV_1]").value == pytest.approx(104.0)
    assert "the prescription of 'PTV_2' isn't known" in case.metric(roi, "D95%[%@PTV_2]").reason


@pytest.mark.parametrize("roi", ["PTV_1", "'PTV_1'", "PTV_1*"])
def test_percent_of_the_only_target_with_a_prescription_is_of_that(roi) -> None:
    case = case_of(*TWO_TARGETS, plan=ONE_PRESCRIBED, gray=52.0)
    assert case.metric(roi, "D95%[%]").value == pytest.approx(104.0)
    assert case.dvh_of(TWO_TARGETS[0])["D95%[%]"].value == pytest.approx(104.0)
    assert case.metric(roi, "PrescriptionDose[Gy]").value == 50.0


def test_a_target_that_was_never_drawn_casts_no_doubt_on_percent() -> None:
    case = case_of(TWO_TARGETS[0], studies.empty_roi(2, "PTV_2", "PTV"), TWO_TARGETS[2], plan=ONE_PRESCRIBED)
    assert case.metric("GTV_1", "D95%[%]").value == pytest.approx(20.0)


def test_what_a_wildcard_says_of_its_members_is_on_their_dvhs() -> None:
    case = case_of(*TWO_TARGETS, studies.box_roi(4, "PTV_ring", CUBE, "PTV"), studies.box_roi(5, "PTV_opt", CUBE, None))
    assert case.dvh("'PTV_ring'").flags == case.dvh("PTV_ring").flags  # asked by its name alone
    flags = {member: {flag.flag for flag in case.dvh(member).flags} for member in case.members("all(PTV*)")}
    assert list(flags) == ["'PTV_1'", "'PTV_2'", "'PTV_ring'"]
    assert all(Flag.EMPTY_OPERAND in some for some in flags.values())
    assert [Flag.DOUBTFUL_OPERAND in some for some in flags.values()] == [False, False, True]


def test_percent_of_several_prescriptions_needs_a_name() -> None:
    references = [studies.target_reference(1, 20.0, 1), studies.target_reference(2, 25.0, 2)]
    rois = [studies.box_roi(1, "PTV1", SMALL, "PTV"), studies.box_roi(2, "PTV2", CUBE, "PTV")]
    dvh = case_of(*rois, plan=studies.plan(references, [5])).dvh("PTV1")
    assert dvh["D95%[%]"].state is State.NOT_EVALUABLE
    assert dvh["D95%[%@PTV2]"].value == pytest.approx(40.0)


def test_single_slice_takes_the_commonest_spacing_of_the_structure_set() -> None:
    slice_roi = studies.box_roi(2, "Scar", ((-5, 5), (-5, 5), (0, 2)))
    assert len(slice_roi.contours) == 1
    dvh = case_of(studies.box_roi(1, "Liver", CUBE), slice_roi).dvh("Scar")
    assert dvh.volume_cc == pytest.approx(0.2)
    assert Flag.SINGLE_SLICE in {flag.flag for flag in dvh.flags}


def test_single_slice_without_any_spacing_answers_nothing() -> None:
    dvh = case_of(studies.box_roi(2, "Scar", ((-5, 5), (-5, 5), (0, 2)))).dvh("Scar")
    assert "no slice spacing is known" in dvh["Mean[Gy]"].reason


@pytest.mark.parametrize("overhang_mm", [0.5, 1.0, 2.0, 30.0, 59.0])
def test_volume_beyond_the_grids_side_is_told_to_a_hundredth_of_a_percent(overhang_mm) -> None:
    dose = studies.dose(lambda x, y, z: 20 + 0.1 * x, (-60 + overhang_mm, -100, -60), (100 + overhang_mm, 100, 60))
    case = Case(studies.study([studies.box_roi(1, "A", ((-60, 60), (-60, 60), (-40, 40)))], dose))
    dvh = case.dvh("A")
    assert dvh.outside_percent == pytest.approx(100 * overhang_mm / 120, abs=0.01)
    assert dvh.mean_gy == pytest.approx(20 + 0.1 * overhang_mm / 2, abs=2e-3)  # of the part inside


def test_name_with_a_hash_is_a_name() -> None:
    case = case_of(studies.box_roi(1, "Liver", CUBE), studies.box_roi(2, "#1", SMALL))
    case.dvh_of(case.study.structure_set.rois[0])
    assert case.dvh("#1").volume_cc == pytest.approx(1.2)


def test_pattern_for_a_type_leaves_rings_of_that_name_alone() -> None:
    case = case_of(
        studies.box_roi(1, "Liver", CUBE),
        studies.box_roi(2, "GTV", SMALL, "GTV"),
        studies.box_roi(3, "GTV_ring20mm", ((10, 18), (-5, 5), (-6, 6)), "CONTROL"),
    )
    dvh = case.dvh("Liver - GTV*")
    assert dvh.rois == ("Liver", "GTV")
    assert any("GTV_ring20mm" in flag.message for flag in dvh.flags)


# Conventions.


def test_convention_reaches_every_dvh_and_the_others_are_its_alternatives() -> None:
    chosen = Convention(Between.INTERPOLATED, Ends.NONE)
    rois = [studies.box_roi(1, "Liver", CUBE), studies.box_roi(2, "GTV", SMALL)]
    case = Case(studies.study(rois, studies.dose(10.0)), convention=chosen)
    for dvh in (case.dvh("Liver"), case.dvh("Liver - GTV*"), *case.dvhs()):
        assert dvh.convention == chosen
        others = {alternative.convention for alternative in dvh.alternatives}
        assert others == {str(convention) for convention in CONVENTIONS if convention != chosen}
    # 40 x 40 x 40 mm drawn every 2 mm: without half slices the ends lie 1 mm further in.
    answer = case.dvh("Liver")["Volume[cc]"]
    assert (answer.value, answer.low) == (pytest.approx(60.8, rel=1e-4), pytest.approx(60.8, rel=1e-4))
    assert answer.high == pytest.approx(64.0, rel=1e-4)


def test_default_convention_is_that_of_the_benchmark() -> None:
    case = case_of(studies.box_roi(1, "Liver", CUBE))
    assert case.convention == DEFAULT_CONVENTION == Convention(Between.PRISM, Ends.HALF_SLICE)
    answer = case.dvh("Liver")["Volume[cc]"]
    assert (answer.low, answer.value) == (pytest.approx(60.8, rel=1e-4), pytest.approx(64.0))


def test_without_intervals_there_are_plain_values_alone() -> None:
    study = studies.study([studies.box_roi(1, "Liver", CUBE)], studies.dose(lambda x, y, z: 20 + z / 4))
    plain, full = (Case(study, intervals=intervals).dvh("Liver") for intervals in (False, True))
    assert plain.alternatives == ()
    for metric in ("Volume[cc]", "Mean[Gy]", "D95%[Gy]", "V20Gy[%]", "Max[Gy]"):
        assert plain[metric].value == full[metric].value
        assert plain[metric].low == plain[metric].value == plain[metric].high


# Many at once.


def cubes(count: int) -> Case:
    """Cubes of different size, some of them of one name."""
    rois = [
        studies.box_roi(n, f"ROI {n % 5}", ((-n, n), (-10, 10), (-10, 10)), spacing_mm=5.0) for n in range(1, count + 1)
    ]
    return Case(studies.study([*rois, studies.empty_roi(99, "Empty")], studies.dose(lambda x, y, z: 20 + x / 4)))


def test_all_rois_at_once_are_those_one_by_one_in_order() -> None:
    together, alone = cubes(8), cubes(8)
    dvhs = together.dvhs()
    rois = alone.study.structure_set.rois
    assert [dvh.roi for dvh in dvhs] == [roi.name for roi in rois]
    assert "no contours" in dvhs[-1].problem
    for dvh, roi in zip(dvhs[:-1], rois[:-1], strict=True):
        one = alone.dvh_of(roi)
        assert dvh.curve is not None
        assert one.curve is not None
        np.testing.assert_array_equal(dvh.curve.dose_gy, one.curve.dose_gy)
        np.testing.assert_array_equal(dvh.curve.volume_cc, one.curve.volume_cc)
        assert together.dvh_of(roi) is dvh


def test_expressions_at_once_come_in_the_order_asked() -> None:
    case = case_of(studies.box_roi(1, "Liver", CUBE), studies.box_roi(2, "GTV", SMALL))
    asked = ["GTV", "Liver - GTV", "Liver", "GTV"]
    dvhs = case.dvhs(asked)
    assert [dvh.roi for dvh in dvhs] == asked
    assert [dvh.volume_cc for dvh in dvhs] == pytest.approx([1.2, 62.8, 64.0, 1.2])
    assert all(dvh is case.dvh(roi) for roi, dvh in zip(asked, dvhs, strict=True))
    assert case.dvhs([]) == ()


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (["Liver", "Spleen", "Liver - ("], MissingRoiError),
        (["Liver", "Liver - (", "Spleen"], ParseError),
        (["Twice", "Liver"], AmbiguousRoiError),
        (["Spleen"], MissingRoiError),
    ],
)
def test_the_first_error_in_order_is_raised(asked: list[str], error: type[Exception]) -> None:
    rois = [studies.box_roi(number, name, SMALL) for number, name in enumerate(("Liver", "Twice", "Twice"), 1)]
    with pytest.raises(error):
        case_of(*rois).dvhs(asked)


def test_many_threads_that_ask_for_one_dvh_get_the_same_computed_once(monkeypatch) -> None:
    case, computed, real = case_of(studies.box_roi(1, "Liver", CUBE)), [], case_module.compute_dvh

    def counting(*arguments, **keywords):
        computed.append(keywords["roi"])
        return real(*arguments, **keywords)

    monkeypatch.setattr(case_module, "compute_dvh", counting)
    start = threading.Barrier(8)

    def ask(_: int):
        start.wait()
        return case.dvh("Liver")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert all(answer is answers[0] for answer in answers)
    assert computed == ["Liver"]


def test_one_roi_by_name_by_alias_and_by_itself_is_computed_once(monkeypatch) -> None:
    case, computed, real = case_of(studies.box_roi(1, "LIVER", CUBE)), [], case_module.compute_dvh
    monkeypatch.setattr(case_module, "compute_dvh", lambda *a, **k: computed.append(k["roi"]) or real(*a, **k))
    dvhs = [case.dvh("Liver"), case.dvh("LIVER"), case.dvh_of(case.study.structure_set.rois[0])]
    assert [dvh.roi for dvh in dvhs] == ["Liver", "LIVER", "LIVER"]
    assert computed == ["LIVER"]
    assert all(dvh.rois == ("LIVER",) for dvh in dvhs)


def test_failing_dvh_is_asked_anew() -> None:
    case = case_of(studies.box_roi(1, "Liver", CUBE))
    for _ in range(2):
        with pytest.raises(MissingRoiError):
            case.dvh("Spleen")


# Conformity: the body beside the ROI.

CENTRE = (0.3, -0.7, 1.1)
RADIUS_MM = 15.0
BODY = studies.box_roi(2, "Skin", ((-40, 40), (-40, 40), (-40, 40)), "EXTERNAL")


def ball(number: int, spacing_mm: float = 0.5) -> ROI:
    """The sphere that is the target."""
    drawn = contours_of(Sphere(RADIUS_MM, centre_mm=CENTRE), spacing_mm, 0.5)
    return ROI(number, "PTV", "PTV", tuple(Contour(GeometricType.CLOSED_PLANAR, points) for points in drawn))


def around_centre(x, y, z):
    """60 Gy in the centre of the target, 1 Gy less with every millimetre: 45 Gy at its surface."""
    return np.maximum(60.0 - np.sqrt((x - CENTRE[0]) ** 2 + (y - CENTRE[1]) ** 2 + (z - CENTRE[2]) ** 2), 0.0)


def radial_case(*rois: ROI, prescribed_gy: float = 45.0, half_mm: float = 45.0) -> Case:
    plan = studies.plan([studies.target_reference(1, prescribed_gy, 1)], [5])
    grid = (-half_mm,) * 3, (half_mm,) * 3, 1.0
    return Case(studies.study(rois, studies.dose(around_centre, *grid), plan), intervals=False)


@pytest.fixture(scope="module")
def radial() -> Case:
    return radial_case(ball(1), BODY)


def test_indices_of_a_sphere_in_a_radial_dose_are_those_of_their_closed_forms(radial) -> None:
    for dose_gy in (40.0, 45.0, 48.0):
        isodose_mm, half_mm = 60 - dose_gy, 60 - dose_gy / 2
        covered = (min(isodose_mm, RADIUS_MM) / RADIUS_MM) ** 3
        conformity = (isodose_mm / RADIUS_MM) ** 3
        for metric, expected in (
            (f"CI({dose_gy}Gy)[1]", conformity),
            (f"PCI({dose_gy}Gy)[1]", covered**2 / conformity),
            (f"GI({dose_gy}Gy)[1]", (half_mm / isodose_mm) ** 3),
        ):
            # Prisms stand out of the sphere by 3 s / (16 R) = 0.6 %, which a Paddick index on its surface sees twice;
            # between samples 1 mm apart the isodose volume is smaller by 0.5 %.
            slack = 0.02 if metric == "PCI(45.0Gy)[1]" else 0.006
            assert radial.metric("PTV", metric).value == pytest.approx(expected, rel=slack), metric
    assert radial.metric("PTV", "R50[1]").value == pytest.approx((37.5 / 15) ** 3, rel=3e-3)


def test_percent_in_an_index_is_of_the_prescription(radial) -> None:
    in_gray = radial.metric("PTV", "PCI(40.5Gy)[1]")
    for metric in ("PCI(90%)[1]", "PCI(90%@PTV)[1]"):
        assert radial.metric("PTV", metric).value == pytest.approx(in_gray.value)


def test_statistics_of_a_sphere_in_a_radial_dose(radial) -> None:
    """60 - r over a ball: moments 3 R / 4 and 3 R^2 / 5 of r, and r^3 = v R^3 for every volume v inside r."""
    deviation = RADIUS_MM * math.sqrt(3 / 5 - 9 / 16)
    hottest = 60 - RADIUS_MM * 0.75 * 0.95 ** (1 / 3)
    spread = RADIUS_MM * (0.98 ** (1 / 3) - 0.02 ** (1 / 3)) / (60 - RADIUS_MM * 0.5 ** (1 / 3))
    assert radial.metric("PTV", "SD[Gy]").value == pytest.approx(deviation, rel=0.01)
    assert radial.metric("PTV", "MeanOf95%Volume[Gy]").value == pytest.approx(hottest, rel=1e-3)
    assert radial.metric("PTV", "HI[1]").value == pytest.approx(spread, rel=0.01)
    assert radial.metric("PTV", "gEUD(1)[Gy]").value == pytest.approx(60 - 0.75 * RADIUS_MM, rel=1e-3)
    assert radial.metric("PTV", "PrescriptionDose[Gy]").value == 45.0


def test_statistics_of_a_box_in_a_linear_dose_are_exact() -> None:
    case = Case(studies.study([studies.box_roi(1, "A", CUBE)], studies.dose(lambda x, y, z: 40 + x / 2)))
    for metric, expected in (
        ("SD[Gy]", 20 / math.sqrt(12)),
        ("HI[1]", 0.96 * 20 / 40),
        ("MeanOf95%Volume[Gy]", 40.5),
        ("gEUD(2)[Gy]", math.sqrt(40**2 + 20**2 / 12)),
        ("gEUD(-1)[Gy]", 20 / math.log(50 / 30)),
    ):
        assert case.metric("A", metric).value == pytest.approx(expected, rel=2e-4), metric


def test_any_other_metric_is_the_dvhs_own(radial) -> None:
    assert radial.metric("PTV", "D95%[Gy]") == radial.dvh("PTV")["D95%[Gy]"]
    assert radial.metric("PTV", "V40Gy[cc]", eqd2_basis(3.0)).basis == eqd2_basis(3.0)


def test_conformity_in_eqd2_is_that_at_the_same_isodose(radial) -> None:
    eqd2 = float(eqd2_of_dose(45.0, 5, alpha_beta_gy=3.0))
    mapped = radial.metric("PTV", f"PCI({eqd2:.9f}Gy)[1]", eqd2_basis(3.0))
    assert mapped.value == pytest.approx(radial.metric("PTV", "PCI(45Gy)[1]").value, rel=1e-3)
    assert mapped.basis == eqd2_basis(3.0)


def test_conformity_has_intervals_over_conventions() -> None:
    plan = studies.plan([studies.target_reference(1, 45.0, 1)], [5])
    dose = studies.dose(around_centre, (-45,) * 3, (45,) * 3, 3.0)
    case = Case(studies.study([ball(1, 3.0), BODY], dose, plan))
    answer = case.metric("PTV", "PCI(100%)[1]")
    assert len(answer.alternatives) == len(CONVENTIONS) - 1
    assert answer.low <= answer.value < answer.high
    assert answer.unanswered == ()


def test_body_partly_outside_the_grid_leaves_bounds() -> None:
    case = radial_case(ball(1), BODY, half_mm=38.0)
    answer = case.metric("PTV", "CI(45Gy)[1]")
    assert answer.state is State.INTERVAL
    assert "of the body lies outside the dose grid" in answer.reason
    assert answer.low == pytest.approx(1.0, rel=0.01)
    assert case.metric("PTV", "PCI(45Gy)[1]").high == pytest.approx(1.0, abs=0.02)


def named(number: int, name: str, kind: str | None = "ORGAN") -> ROI:
    return studies.box_roi(number, name, CUBE, kind)


@pytest.mark.parametrize(
    ("rois", "body"),
    [
        ([named(2, "Outline", "EXTERNAL"), named(3, "Body")], "Outline"),
        ([named(2, "Liver"), named(3, "BODY")], "BODY"),
        ([named(2, "external", None)], "external"),
    ],
)
def test_the_body_is_what_has_the_type_or_else_the_name(rois, body) -> None:
    case = case_of(named(1, "PTV", "PTV"), *rois)
    assert case.body.name == body
    assert case.body_problem == ""
    assert "100 % of the body" in case.metric("PTV", "CI(5Gy)[1]").reason


@pytest.mark.parametrize(
    ("rois", "problem"),
    [
        ([], "none has the type EXTERNAL, and none is named Body"),
        ([named(2, "Bodyguard")], "none is named Body"),
        ([named(2, "A", "EXTERNAL"), named(3, "Body", "EXTERNAL")], "'A', 'Body' may be"),
        ([named(2, "Body"), named(3, "Body")], "'Body', 'Body' may be"),
        ([named(2, "BODY"), named(3, "body")], "'BODY', 'body' may be"),
        ([studies.empty_roi(2, "Body", "EXTERNAL")], "the body 'Body'"),
    ],
)
def test_without_a_clear_body_conformity_is_not_evaluable(rois, problem) -> None:
    case = case_of(named(1, "PTV", "PTV"), *rois)
    answer = case.metric("PTV", "CI(5Gy)[1]")
    assert answer.state is State.NOT_EVALUABLE
    assert problem in answer.reason
    assert case.metric("PTV", "V5Gy[%]").value == pytest.approx(100.0)


def test_an_outline_drawn_around_the_target_makes_no_plan_conformal() -> None:
    """Half of the prescription reaches 30 mm beyond the target, and the outline ends after two."""
    target = studies.box_roi(1, "PTV", ((-10, 10),) * 3, "PTV")
    shell = studies.box_roi(2, "External", ((-12, 12),) * 3, "EXTERNAL")
    liver = studies.box_roi(3, "Liver", ((-40, 40),) * 3)
    plan = studies.plan([studies.target_reference(1, 50.0, 1)], [5])
    spread = studies.dose(lambda x, y, z: np.where(np.maximum(np.maximum(abs(x), abs(y)), abs(z)) < 40, 52.0, 0.0))
    for rois, says in (([liver], "'Liver' reaches 28 mm beyond"), ([], "100 % of the body of 13.82 cc")):
        case = Case(studies.study([target, shell, *rois], spread, plan))
        for metric in ("R50[1]", "CI(95%)[1]", "PCI(95%)[1]", "GI(100%)[1]"):
            answer = case.metric("PTV", metric)
            assert answer.state is State.NOT_EVALUABLE, metric
            assert says in answer.reason
        assert case.body.name == "External"
        assert [dvh.roi for dvh in case.dvhs(["PTV"], with_body=True)] == ["PTV"]


def test_conformity_of_an_empty_roi_names_the_roi() -> None:
    case = case_of(studies.empty_roi(1, "PTV", "PTV"), BODY)
    assert "'PTV'" in case.metric("PTV", "CI(5Gy)[1]").reason


def test_a_dvh_alone_refers_conformity_to_the_case() -> None:
    answer = case_of(named(1, "PTV", "PTV"), BODY).dvh("PTV")["CI(5Gy)[1]"]
    assert (answer.state, answer.value) == (State.NOT_EVALUABLE, None)
    assert "Case.metric" in answer.reason


def test_flags_of_conformity_are_those_of_the_body_too() -> None:
    case = Case(studies.study([named(1, "PTV", "PTV"), BODY], studies.dose(10.0, (-30,) * 3, (30,) * 3)))
    dvh = case.dvh("PTV")
    assert [flag.message for flag in case.flags_of(dvh, "CI(5Gy)[1]") if flag.flag is Flag.OUTSIDE_GRID] == [
        flag.message.replace("", "Skin: ", 1) for flag in case.body_dvh().flags if flag.flag is Flag.OUTSIDE_GRID
    ]
    assert case.flags_of(dvh, "D95%[Gy]") == dvh.flags_of("D95%[Gy]")


def test_near_point_doses_of_the_new_metrics_are_flagged_and_a_prescription_has_no_contours() -> None:
    dvh = case_of(studies.box_roi(1, "PTV", SMALL, "PTV"), studies.empty_roi(2, "X")).dvh("PTV")
    near = {
        metric: Flag.NEAR_POINT_DOSE in {flag.flag for flag in dvh.flags_of(metric)}
        for metric in ("HI[1]", "MeanOf5%Volume[Gy]", "MeanOf95%Volume[Gy]", "SD[Gy]", "PrescriptionDose[Gy]")
    }
    assert near == {
        "HI[1]": True,
        "MeanOf5%Volume[Gy]": True,
        "MeanOf95%Volume[Gy]": False,
        "SD[Gy]": False,
        "PrescriptionDose[Gy]": False,
    }
    assert dvh.flags
    assert dvh.flags_of("PrescriptionDose[Gy]") == ()


def test_the_body_is_computed_with_the_rois_asked(monkeypatch) -> None:
    case, computed, real = case_of(named(1, "PTV", "PTV"), BODY), [], case_module.compute_dvh
    monkeypatch.setattr(case_module, "compute_dvh", lambda *a, **k: computed.append(k["roi"]) or real(*a, **k))
    assert [dvh.roi for dvh in case.dvhs(["PTV"], with_body=True)] == ["PTV"]
    assert sorted(computed) == ["PTV", "Skin"]
    case.metric("PTV", "CI(5Gy)[1]")
    assert sorted(computed) == ["PTV", "Skin"]
