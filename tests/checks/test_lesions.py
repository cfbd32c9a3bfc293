"""Which ROIs and which target are a lesion's: what is declared, and else only what nothing else could be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rtcheck import read_study
from rtcheck.case import Case
from rtcheck.checks.lesions import lesions, lesions_by_target, volumes
from rtcheck.checks.undeclared import named_as_lesion, undeclared_targets, undeclared_volumes
from rtcheck.contoured import TARGET_TYPES
from rtcheck.nomenclature import shipped_names
from rtcheck.nomenclature.helpers import HELPER_WORDS
from rtcheck.sheet import CaseSheet, DeclaredLesion, LesionKind
from rtcheck.study import PlanDose
from tests import studies

BOX, OTHER = ((-10, 10), (-10, 10), (-10, 10)), ((20, 40), (-10, 10), (-10, 10))
INSIDE, OTHER_INSIDE = ((-4, 4), (-4, 4), (-4, 4)), ((26, 34), (-4, 4), (-4, 4))
PTV_1, PTV_2 = studies.box_roi(1, "PTV_1", BOX, "PTV"), studies.box_roi(2, "PTV_2", OTHER, "PTV")
GTV_1, GTV_2 = studies.box_roi(3, "GTV_1", INSIDE, "GTV"), studies.box_roi(4, "GTV_2", OTHER_INSIDE, "GTV")
ROIS = (PTV_1, PTV_2, GTV_1, GTV_2)
PLAN = studies.plan([studies.target_reference(n, 40.0, n) for n in (1, 2)], [5])
DOSE = studies.dose(40.0, spacing_mm=20.0)


def case(*declared, rois=ROIS, parts=None, listed=True) -> Case:
    study = studies.study(rois, DOSE, PLAN)
    if parts is not None:
        study = replace(study, plan_doses=parts)
    return Case(study, sheet=CaseSheet(lesions=tuple(declared) if listed else None))


def lesion(name="X", **parts) -> DeclaredLesion:
    return DeclaredLesion(name, "liver", LesionKind.METASTASIS, **parts)


def names(of: Case) -> list[tuple[str | None, ...]]:
    found = []
    for one in lesions(of):
        rois = [roi.name if roi is not None else None for roi in (one.gtv, one.ctv, one.ptv)]
        found.append((one.name, *rois, one.target.name if one.target else None))
    return found


def test_without_a_list_each_target_is_a_lesion() -> None:
    of = case(listed=False)
    assert names(of) == [("PTV_1", "GTV_1", None, "PTV_1", "PTV_1"), ("PTV_2", "GTV_2", None, "PTV_2", "PTV_2")]
    assert all(one.declared is None for one in lesions(of))
    assert undeclared_targets(of) == ()
    assert lesions_by_target(of) == {}


@pytest.mark.parametrize(
    "declared",
    [
        lesion(ptv="PTV_1"),
        lesion("1"),
        lesion(gtv="GTV_1"),
        lesion("X", gtv="GTV_1", ptv="PTV_1"),
        lesion("_1", gtv="GTV_1"),
    ],
)
def test_a_lesion_has_the_target_of_its_ptv_its_name_or_its_gtv(declared) -> None:
    assert names(case(declared)) == [(declared.name, "GTV_1", None, "PTV_1", "PTV_1")]
    assert [target.name for target in undeclared_targets(case(declared))] == ["PTV_2"]


def test_a_gtv_without_a_number_has_the_only_target_around_it() -> None:
    tumour = studies.box_roi(5, "Tumour", OTHER_INSIDE, "GTV")
    of = case(lesion(gtv="Tumour"), rois=(PTV_1, PTV_2, GTV_1, tumour))
    assert names(of) == [("X", "Tumour", None, "PTV_2", "PTV_2")]


def test_a_gtv_that_two_targets_hold_links_neither() -> None:
    around = studies.box_roi(2, "PTV_2", ((-20, 20), (-20, 20), (-20, 20)), "PTV")
    of = case(lesion(gtv="Tumour"), rois=(PTV_1, around, studies.box_roi(5, "Tumour", INSIDE, "GTV")))
    assert names(of) == [("X", "Tumour", None, None, None)]


def test_nothing_is_lent_to_a_lesion_of_which_nothing_is_told() -> None:
    assert names(case(lesion())) == [("X", None, None, None, None)]
    assert names(case(lesion("A"), lesion("B"))) == [("A", None, None, None, None), ("B", None, None, None, None)]


def test_the_only_lesion_has_the_only_target() -> None:
    one = {
        "rois": (PTV_1, GTV_1),
        "parts": (PlanDose(studies.plan([studies.target_reference(1, 40.0, 1)], [5]), DOSE),),
    }
    assert names(case(lesion(), **one)) == [("X", "GTV_1", None, "PTV_1", "PTV_1")]
    assert names(case(lesion("A"), lesion("B"), **one)) == [
        ("A", None, None, None, None),
        ("B", None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (lesion(ptv="PTV_9"), "no ROI is called 'PTV_9', the PTV"),
        (lesion(gtv="GTV_9"), "no ROI is called 'GTV_9', the GTV"),
        (lesion(ctv="CTV_9"), "no ROI is called 'CTV_9', the CTV"),
        (lesion(ptv="PTV_1", plan="Boost"), "no plan is called 'Boost'"),
    ],
)
def test_a_name_that_the_files_dont_have_is_a_problem_that_is_told(declared, said) -> None:
    (found,) = lesions(case(declared))
    assert said in found.problem


def test_names_are_taken_as_they_are_written() -> None:
    (found,) = lesions(case(lesion(ptv="ptv_1")))
    assert (found.ptv, found.target) == (None, None)


def test_a_name_that_two_rois_have_is_nobodys() -> None:
    of = case(lesion(gtv="GTV_1"), rois=(*ROIS, replace(GTV_2, number=9, name="GTV_1")))
    (found,) = lesions(of)
    assert found.gtv is None
    assert "2 ROIs are called 'GTV_1'" in found.problem


def test_a_target_that_was_named_and_never_drawn_is_still_the_lesions() -> None:
    of = case(lesion(ptv="PTV_2"), rois=(PTV_1, GTV_1, studies.empty_roi(2, "PTV_2", "PTV")))
    (found,) = lesions(of)
    assert found.ptv is None
    assert found.target is not None
    assert found.target.name == "PTV_2"
    assert "isn't drawn" in found.problem
    assert [target.name for target in undeclared_targets(of)] == ["PTV_1"]


def two_plans() -> tuple[PlanDose, ...]:
    liver = studies.plan([studies.target_reference(1, 40.0, 1)], [5])
    spine = replace(
        studies.plan([studies.target_reference(1, 27.0, 2)], [3]), sop_instance_uid="1.2.3.77", label="Spine"
    )
    return PlanDose(liver, DOSE), PlanDose(spine, replace(DOSE, sop_instance_uid="1.2.3.99"))


@pytest.mark.parametrize("plan", ["Spine", "1.2.3.77"])
def test_a_lesion_has_the_only_target_of_its_plan(plan) -> None:
    assert names(case(lesion(plan=plan), parts=two_plans())) == [("X", "GTV_2", None, "PTV_2", "PTV_2")]


def test_a_plan_that_prescribes_to_another_target_is_a_problem() -> None:
    (found,) = lesions(case(lesion(ptv="PTV_1", plan="Spine"), parts=two_plans()))
    assert found.target is not None
    assert "doesn't prescribe to PTV_1" in found.problem
    (found,) = lesions(case(lesion(ptv="PTV_2", plan="Spine"), parts=two_plans()))
    assert found.problem == ""


def test_a_prescription_to_a_gtv_makes_no_ptv_of_it() -> None:
    plan = studies.plan([studies.target_reference(1, 40.0, 3)], [5])
    of = case(lesion("only"), rois=(GTV_1,), parts=(PlanDose(plan, DOSE),))
    (found,) = lesions(of)
    assert found.target is not None
    assert found.ptv is None
    assert found.gtv is GTV_1


def test_lesions_of_one_target_are_found_by_it() -> None:
    of = case(lesion("A", ptv="PTV_1"), lesion("B", ptv="PTV_1"), lesion("C", ptv="PTV_2"))
    by_target = lesions_by_target(of)
    assert [[one.name for one in by_target[id(target)]] for target in of.targets] == [["A", "B"], ["C"]]


def test_helpers_are_no_volumes_and_neither_is_what_isnt_drawn() -> None:
    rois = (
        *ROIS,
        studies.box_roi(5, "GTV_ring20mm", INSIDE, "GTV"),
        studies.empty_roi(6, "GTV_3", "GTV"),
        studies.box_roi(7, "gtv nodes", INSIDE, None),
        studies.box_roi(8, "GTV_organ", INSIDE, "ORGAN"),
    )
    assert [roi.name for roi in volumes(case(rois=rois), "GTV")] == ["GTV_1", "GTV_2", "gtv nodes"]


# What is drawn and nobody declared.

FAR = ((60, 68), (-4, 4), (-4, 4))
DECLARED = lesion("L1", gtv="GTV_1", ptv="PTV_1")


def undeclared(*rois, declared=(DECLARED,)) -> list[str]:
    return [roi.name for roi in undeclared_volumes(case(*declared, rois=(PTV_1, GTV_1, *rois)))]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("CTV_2", "CTV"),
        ("Tumor2", "GTV"),
        ("GTV2", "ORGAN"),
        ("zGTV2", ""),
        ("Met2", None),
        ("Lesion2 PTV", ""),
        ("ITV", "ORGAN"),
        ("PTVprostate", None),
        ("GTV 2", "CONTROL"),
        ("HCC_2", "ORGAN"),
        ("PVTT", None),
        ("Thrombus", "ORGAN"),
        ("Nodule2", None),
        ("TU2", "ORGAN"),
        ("LungTU", ""),
        ("Läsion_2", "ORGAN"),
        ("La\u0308sion_2", None),
        ("Herd2", None),
        ("Lebermetastase", "ORGAN"),
        ("LIVERMET2", "ORGAN"),
        ("Filia", None),
        ("metas hep", "ORGAN"),
        ("Métastase 2", None),
        ("tumeur", "ORGAN"),
        ("nódulo2", None),
        ("trombosi", None),
        ("lesione 2", "ORGAN"),
        ("肝转移", "ORGAN"),
        ("BTV2", None),
        ("Met2", "AVOIDANCE"),
        ("Tumor2", "CONTROL"),
        ("Tumor2", "OAR"),
    ],
)
def test_what_is_drawn_like_a_lesion_and_not_declared_is_told(name, kind) -> None:
    assert undeclared(studies.box_roi(9, name, FAR, kind)) == [name]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Liver-GTV", "ORGAN"),
        ("Lung - CTV", None),
        ("GTV_ring20mm", "GTV"),
        ("PTVopt", "PTV"),
        ("Stomach", "ORGAN"),
        ("Metatarsal", None),
        ("HDTV", None),
        ("Metal_artefact", "CONTROL"),
        ("Tube", None),
        ("Nodes", "AVOIDANCE"),
        ("Tumor_ring", "CONTROL"),
        ("HCC_opt", None),
        ("Met2 avoid", "AVOIDANCE"),
        ("Tumor marker", "MARKER"),
        ("Lesion 2", "ISOCENTER"),
    ],
)
def test_organs_and_helpers_are_no_forgotten_lesions(name, kind) -> None:
    assert undeclared(studies.box_roi(9, name, FAR, kind)) == []


def test_no_name_of_the_list_in_any_language_says_lesion() -> None:
    of = shipped_names()
    every = {*of.standard_names, *(word.text for entry in of.listed.entries for word in entry.words)}
    assert len(every) > 1000
    assert [name for name in sorted(every) if named_as_lesion(name)] == []


def test_no_word_of_helpers_says_lesion() -> None:
    assert [word for word in sorted(HELPER_WORDS) if named_as_lesion(word)] == []


@pytest.mark.parametrize("plan", ["eclipse-breast", "eclipse-prostate", "raystation-brain-5mets"])
def test_no_name_of_a_real_plan_but_a_targets_says_lesion(shared_data: Path, plan: str) -> None:
    rois = read_study(shared_data / plan).structure_set.rois
    others = [roi.name for roi in rois if roi.interpreted_type not in TARGET_TYPES]
    assert others
    assert [name for name in others if named_as_lesion(name)] == []


def test_a_second_gtv_inside_a_declared_one_is_told_as_somebody_must_say_what_it_is() -> None:
    assert undeclared(studies.box_roi(9, "GTV_MR", ((-2, 2), (-2, 2), (-2, 2)), "GTV")) == ["GTV_MR"]


def test_an_itv_round_a_declared_gtv_is_that_lesions_and_another_isnt() -> None:
    assert undeclared(studies.box_roi(9, "ITV", ((-6, 6), (-6, 6), (-6, 6)), None)) == []
    assert undeclared(studies.box_roi(9, "ITV", ((5, 9), (5, 9), (5, 9)), None)) == ["ITV"]


def test_a_union_of_declared_volumes_is_no_lesion_and_one_that_reaches_beyond_them_is_told() -> None:
    both = (DECLARED, lesion("L2", gtv="GTV_2", ptv="PTV_2"))
    union = replace(GTV_1, number=9, name="GTV_total", contours=(*GTV_1.contours, *GTV_2.contours))
    assert undeclared(PTV_2, GTV_2, union, declared=both) == []
    more = replace(union, contours=(*union.contours, *studies.box_roi(8, "x", FAR).contours))
    assert undeclared(PTV_2, GTV_2, more, declared=both) == ["GTV_total"]


def test_without_a_list_nothing_is_undeclared() -> None:
    assert undeclared_volumes(case(listed=False)) == ()


# Volumes that aren't what the sheet says.


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("CTV", "CTV", "'CTV' is typed CTV, not GTV"),
        ("Kidney_L", "ORGAN", "no GTV"),
        ("Outline", "EXTERNAL", "no GTV"),
        ("PTV", None, "'PTV' is called PTV, not GTV"),
    ],
)
def test_an_roi_that_is_something_else_is_no_gtv(name, kind, said) -> None:
    of = case(lesion(gtv=name, ptv="PTV_1"), rois=(PTV_1, studies.box_roi(9, name, INSIDE, kind)))
    (found,) = lesions(of)
    assert found.gtv is None
    assert said in found.problem


@pytest.mark.parametrize(("name", "kind"), [("Tumour", None), ("Tumour", "GTV"), ("GTV", "ORGAN"), ("ITV", None)])
def test_an_roi_that_may_be_a_gtv_is_one(name, kind) -> None:
    (found,) = lesions(case(lesion(gtv=name, ptv="PTV_1"), rois=(PTV_1, studies.box_roi(9, name, INSIDE, kind))))
    assert (found.gtv is not None, found.problem) == (True, "")


def test_one_roi_cant_be_two_volumes_of_a_lesion() -> None:
    tumour = studies.box_roi(9, "Tumour", INSIDE, None)
    (found,) = lesions(case(lesion(gtv="Tumour", ctv="Tumour", ptv="PTV_1"), rois=(PTV_1, tumour)))
    assert (found.gtv, found.ctv) == (None, None)
    assert found.problem == "'Tumour' can't be two volumes of one lesion"


# Lesions outside their organ.


@pytest.mark.parametrize(
    ("organ", "box"),
    [
        ("liver", ((-50, 50), (-50, 50), (-50, 50))),
        ("Liver", ((0, 50), (-50, 50), (-50, 50))),
        ("liver", ((12, 60), (-50, 50), (-50, 50))),
        ("bone", ((60, 90), (-50, 50), (-50, 50))),
        ("Spleen", ((60, 90), (-50, 50), (-50, 50))),
    ],
)
def test_a_lesion_in_beside_or_of_an_organ_that_isnt_drawn_is_not_misplaced(organ, box) -> None:
    declared = replace(DECLARED, organ=organ)
    (found,) = lesions(case(declared, rois=(PTV_1, GTV_1, studies.box_roi(9, "Liver", box))))
    assert (found.gtv, found.problem) == (GTV_1, "")


@pytest.mark.parametrize(
    "box", [((60, 90), (-50, 50), (-50, 50)), ((-50, 50), (-50, 50), (60, 90)), ((-50, 50), (30, 50), (-50, 50))]
)
def test_a_lesion_outside_its_organ_is_a_problem_and_has_no_gtv(box) -> None:
    (found,) = lesions(case(DECLARED, rois=(PTV_1, GTV_1, studies.box_roi(9, "Liver", box))))
    assert found.gtv is None
    assert "'GTV_1' lies outside 'Liver'" in found.problem
    assert undeclared(studies.box_roi(9, "Liver", box)) == []


def test_a_lesion_in_one_of_two_lungs_is_in_the_lungs() -> None:
    near, far = ((-50, 50), (-50, 50), (-50, 50)), ((60, 90), (-50, 50), (-50, 50))
    lungs = (studies.box_roi(8, "Lung_L", near), studies.box_roi(9, "Lung_R", far))
    declared = replace(DECLARED, organ="lung")
    (found,) = lesions(case(declared, rois=(PTV_1, GTV_1, *lungs)))
    assert found.problem == ""
    (found,) = lesions(case(declared, rois=(PTV_1, GTV_1, lungs[1])))
    assert found.problem == ""  # the other lung isn't drawn
    (found,) = lesions(case(declared, rois=(PTV_1, GTV_1, lungs[1], replace(lungs[1], number=8, name="Lung_L"))))
    assert "lies outside" in found.problem


def test_a_further_roi_of_a_declared_lesion_is_no_undeclared_one() -> None:
    variant = studies.box_roi(9, "GTV_MR", INSIDE, "GTV")
    for also, left in (((), ["GTV_MR"]), (("GTV_MR",), [])):
        of = case(lesion(gtv="GTV_1", ptv="PTV_1", also=also), rois=(PTV_1, GTV_1, variant))
        assert [roi.name for roi in undeclared_volumes(of)] == left
