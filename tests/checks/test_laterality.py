"""Left is the patient's left: names that say a side are compared with the contours, and with each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import rtcheck
from rtcheck.case import Case
from rtcheck.checks.laterality import ambiguous_names, laterality
from rtcheck.finding import Finding, Verdict
from rtcheck.nomenclature import Names, shipped_names
from rtcheck.study import ROI, Contour, GeometricType
from tests.studies import box_roi, dose, empty_roi, study

Box = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
BODY = box_roi(1, "BODY", ((-150, 150), (-100, 100), (-40, 40)), "EXTERNAL")
CORD = box_roi(2, "SpinalCord", ((-5, 5), (60, 70), (-40, 40)))


def _at(x0: float, x1: float, z0: float = -20, z1: float = 20) -> Box:
    return (x0, x1), (-20, 20), (z0, z1)


def _case(*rois: ROI) -> Case:
    return Case(study(rois, dose(1.0)))


def _said(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(finding.subject, finding.reason) for finding in findings]


def test_nothing_is_said_where_names_and_contours_agree() -> None:
    rois = (BODY, CORD, box_roi(3, "Kidney_L", _at(30, 60)), box_roi(4, "Niere re.", _at(-60, -30)))
    assert list(laterality(_case(*rois))) == []


@pytest.mark.parametrize("landmark", [CORD, BODY, replace(CORD, name="Spinalkanal")])
def test_swapped_names_are_found_by_any_landmark(landmark: ROI) -> None:
    rois = (landmark, box_roi(3, "KIDNEY-LT", _at(-60, -30)), box_roi(4, "右肾", _at(30, 60)))
    left, right = laterality(_case(*rois))
    assert (left.check, left.subject, left.verdict, left.reason) == (
        "laterality", "KIDNEY-LT", Verdict.NOT_EVALUATED, "wrong-side",
    )  # fmt: skip
    assert left.message == (
        f"named left, but its centroid lies 45 mm on the patient's right of the midline ({landmark.name}); "
        "correct the name if left and right were swapped, or the contours if they belong to the other side"
    )
    assert right.message.startswith("named right, but its centroid lies 45 mm on the patient's left")
    assert left.rois == ("KIDNEY-LT",)


def test_the_midline_is_the_cord_and_not_the_middle_of_the_body() -> None:
    # An arm lies in the contour of the body: its middle is 40 mm to the left of the cord.
    body = box_roi(1, "BODY", ((-150, 230), (-100, 100), (-40, 40)), "EXTERNAL")
    kidney = box_roi(3, "Kidney_L", _at(10, 30))
    assert list(laterality(_case(body, CORD, kidney))) == []
    assert _said(laterality(_case(body, kidney))) == [("Kidney_L", "wrong-side")]


def test_the_midline_follows_the_cord_from_level_to_level() -> None:
    leaning = []
    for z in np.arange(-39.0, 40.0, 2.0):
        square = np.array([[-5, 60], [5, 60], [5, 70], [-5, 70]], float) + np.array([z, 0.0])
        leaning.append(Contour(GeometricType.CLOSED_PLANAR, np.column_stack([square, np.full(4, z)])))
    cord = ROI(2, "SpinalCord", "ORGAN", tuple(leaning))
    # Left of the cord at its own level (x = -30), though on the right of x = 0.
    kidney = box_roi(3, "Kidney_L", _at(-25, -5, z0=-32, z1=-28))
    assert list(laterality(_case(cord, kidney))) == []
    assert _said(laterality(_case(cord, replace(kidney, name="Kidney_R")))) == [("Kidney_R", "wrong-side")]


def test_where_the_cord_isnt_drawn_the_body_is_the_landmark() -> None:
    short = box_roi(2, "SpinalCord", ((95, 105), (60, 70), (-40, -30)))
    eye = box_roi(3, "Eye_L", _at(20, 45, z0=10, z1=30))
    assert list(laterality(_case(BODY, short, eye))) == []
    assert _said(laterality(_case(short, eye))) == [("Eye_L", "no-midline")]


def test_the_bodys_contour_is_known_by_type_or_by_name() -> None:
    body = replace(BODY, name="Außenkontur", interpreted_type=None)
    assert _said(laterality(_case(body, box_roi(3, "Eye_L", _at(-45, -20))))) == [("Eye_L", "wrong-side")]


def test_without_a_landmark_one_finding_says_so_for_all() -> None:
    (finding,) = laterality(_case(box_roi(3, "Eye_L", _at(20, 45)), box_roi(4, "Eye_R", _at(-45, -20))))
    assert (finding.verdict, finding.reason, finding.rois) == (Verdict.INFO, "no-midline", ("Eye_L", "Eye_R"))
    assert "couldn't be checked" in finding.message


@pytest.mark.parametrize(
    ("x0", "x1", "reason"),
    [
        (0.5, 3, None),  # slight, but all of it on its side
        (-10, 30, None),  # across, with its centroid clearly on its side
        (-20, 25, "across-midline"),
        (-25, 20, "across-midline"),
        (-4, -1, "across-midline"),  # too close to be sure
        (-30, 10, "across-midline"),  # centroid beyond, yet half of its points on its side
        (-30, -10, "wrong-side"),
    ],
)
def test_how_far_beyond_the_midline_is_wrong(x0: float, x1: float, reason: str | None) -> None:
    found = _said(laterality(_case(CORD, box_roi(3, "Bronchus_L", _at(x0, x1)))))
    assert found == ([("Bronchus_L", reason)] if reason else [])


def test_across_the_midline_is_for_information() -> None:
    (finding,) = laterality(_case(CORD, box_roi(3, "Bronchus_L", _at(-20, 25))))
    assert finding.verdict is Verdict.INFO
    assert finding.message == (
        "named left, and lies across the midline: "
        "its centroid lies 2 mm on the patient's left of the midline (SpinalCord)"
    )


@pytest.mark.parametrize(
    "roi",
    [
        box_roi(3, "Breast_L", _at(-60, -30), "CTV"),  # a target
        box_roi(3, "Ventricle_R", _at(30, 60)),  # a side of the heart
        box_roi(3, "PTV_L", _at(-60, -30)),
        box_roi(3, "Lungs", _at(-60, -30)),
        empty_roi(3, "Kidney_L"),
    ],
)
def test_what_isnt_judged(roi: ROI) -> None:
    assert list(laterality(_case(CORD, roi))) == []


def test_points_crowded_on_one_side_dont_move_an_roi() -> None:
    edge = np.linspace(-20, 20, 200)
    outline = np.concatenate([np.column_stack([np.full(200, -6.0), edge]), [[60, 20], [60, -20]]])[::-1]
    contour = Contour(GeometricType.CLOSED_PLANAR, np.column_stack([outline, np.zeros(202)]))
    assert list(laterality(_case(CORD, ROI(3, "Kidney_L", "ORGAN", (contour,))))) == []


def test_an_roi_without_area_has_a_place_too() -> None:
    line = np.array([[-30.0, 0.0, 0.0], [-20.0, 0.0, 0.0], [-10.0, 0.0, 0.0]])
    roi = ROI(3, "Kidney_L", "ORGAN", (Contour(GeometricType.CLOSED_PLANAR, line),))
    assert _said(laterality(_case(CORD, roi))) == [("Kidney_L", "wrong-side")]


def test_a_confirmed_organ_has_the_side_that_was_confirmed() -> None:
    case = _case(CORD, box_roi(3, "Kidney_L", _at(-60, -30)))
    assert list(laterality(case, shipped_names().with_confirmed({"Kidney_R": "Kidney_L"}))) == []
    assert list(laterality(case, Names())) == []  # no names say a side


def test_two_rois_for_one_organ_are_ambiguous() -> None:
    rois = (box_roi(3, "Leber", _at(-60, -30)), box_roi(4, "LIVER", _at(-60, -20)), box_roi(5, "Heart", _at(0, 9)))
    (finding,) = ambiguous_names(_case(*rois))
    assert (finding.check, finding.subject, finding.verdict, finding.reason, finding.rois) == (
        "names", "Liver", Verdict.NOT_EVALUATED, "roi-ambiguous", ("Leber", "LIVER"),
    )  # fmt: skip
    assert (
        finding.message
        == "'Leber' and 'LIVER' are names of Liver, and contoured; confirm which one it is, or rename others"
    )


@pytest.mark.parametrize(
    "other",
    [
        empty_roi(4, "LIVER"),
        box_roi(4, "Liver_old", _at(-60, -20)),
        box_roi(4, "Kidney_L", _at(20, 60)),
        box_roi(4, "LIVER", _at(-60, -20), "GTV"),
    ],
)
def test_only_contoured_organs_are_compared(other: ROI) -> None:
    assert list(ambiguous_names(_case(box_roi(3, "Leber", _at(-60, -30)), other))) == []


def test_names_outside_the_list_and_around_the_patient_may_repeat() -> None:
    rois = (BODY, box_roi(2, "External", _at(-90, 90)), box_roi(3, "ring", _at(0, 1)), box_roi(4, "RING", _at(0, 1)))
    assert list(ambiguous_names(_case(*rois))) == []


def test_what_a_person_confirmed_is_no_longer_ambiguous() -> None:
    rois = (box_roi(3, "Leber", _at(-60, -30)), box_roi(4, "LIVER", _at(-60, -20)))
    names = shipped_names().with_confirmed({"Liver": "LIVER"})
    assert list(ambiguous_names(_case(*rois), names)) == []
    twice = (*rois, box_roi(5, "LIVER", _at(-60, -10)))
    assert _said(ambiguous_names(_case(*twice), names)) == [("Liver", "roi-ambiguous")]


@pytest.mark.parametrize(
    ("drawn", "said", "because"),
    [
        ("Heart", {"SpinalCord": "Esophagus"}, "that is the name of Esophagus"),
        ("Heart", {"SpinalCord": "ESOPHAGUS"}, "that is the name of Esophagus"),
        ("SpinalCord", {"SpinalCord": "RM_neu"}, "'SpinalCord' is contoured, too"),
        ("spinalcord", {"Rückenmark": "PTV"}, "'spinalcord' is contoured, too"),
    ],
)
def test_an_roi_isnt_confirmed_against_its_name(drawn: str, said: dict[str, str], because: str) -> None:
    (roi,) = said.values()
    case = _case(box_roi(3, drawn, _at(-60, -30)), box_roi(4, roi, _at(30, 60)))
    (finding,) = ambiguous_names(case, shipped_names().with_confirmed(said))
    assert (finding.check, finding.subject, finding.verdict, finding.reason) == (
        "names", "SpinalCord", Verdict.NOT_EVALUATED, "name-contradicted",
    )  # fmt: skip
    assert finding.message == f"{roi!r} was confirmed to be SpinalCord, and {because}; correct one of them"
    assert set(finding.rois) <= {roi, drawn}
    assert roi in finding.rois


@pytest.mark.parametrize(
    "said",
    [
        {"SpinalCord": "RM_neu"},  # a name that says nothing
        {"Liver": "LIVER"},  # its own, in other letters
        {"Liver": "Leber"},  # one of two of its names
        {"Bowel_Bag": "Leber"},  # a synonym of another, which was a guess
    ],
)
def test_an_roi_is_confirmed_where_names_dont_tell(said: dict[str, str]) -> None:
    (roi,) = said.values()
    names = shipped_names().with_confirmed(said)
    assert list(ambiguous_names(_case(box_roi(3, roi, _at(-60, -30))), names)) == []


@pytest.mark.parametrize("plan", ["hcc-sbrt-5fx", "hcc-imrt-25fx", "two-lesions-two-plans"])
def test_samples_are_silent_and_mirrored_they_are_not(sample_plans: Path, plan: str) -> None:
    assert {"Kidney_L", "Kidney_R", "Lung_L", "Lung_R"} <= _silent_and_mirrored(sample_plans / plan)


@pytest.mark.parametrize(
    ("plan", "sided"),
    [("eclipse-breast", {"Lt Lung"}), ("eclipse-prostate", {"Femoral Head Lt", "Femoral Head RT"})],
)
def test_real_plans_are_silent_and_mirrored_they_are_not(shared_data: Path, plan: str, sided: set[str]) -> None:
    assert _silent_and_mirrored(shared_data / plan) == sided


def _silent_and_mirrored(folder: Path) -> set[str]:
    """The ROIs that are on the wrong side in the mirrored patient; as drawn, none of them is."""
    read = rtcheck.read_study(folder)
    case = Case(read)
    assert [*laterality(case), *ambiguous_names(case)] == []
    mirrored = replace(read.structure_set, rois=_mirrored(read.structure_set.rois))
    found = _said(laterality(Case(replace(read, structure_set=mirrored))))
    assert {reason for _, reason in found} == {"wrong-side"}
    return {subject for subject, _ in found}


def _mirrored(rois: Iterable[ROI]) -> tuple[ROI, ...]:
    flip = np.array([-1.0, 1.0, 1.0])
    return tuple(
        replace(roi, contours=tuple(replace(one, points_mm=one.points_mm * flip) for one in roi.contours))
        for roi in rois
    )
