"""Which ROI is the patient's outline, and when it is not drawn whole."""

from __future__ import annotations

import pytest

from rtcheck.body import body_of
from rtcheck.nomenclature import shipped_names
from rtcheck.study import ROI
from tests.studies import box_roi, empty_roi

BODY = box_roi(1, "Outline", ((-50, 50), (-50, 50), (-50, 50)), "EXTERNAL")


def reaching(mm: float, name: str, kind: str | None = "ORGAN") -> ROI:
    return box_roi(2, name, ((0, 50 + mm), (0, 10), (0, 10)), kind)


def test_an_outline_of_two_millimetres_around_the_target_is_not_the_whole_body() -> None:
    shell = box_roi(1, "Shell", ((-12, 12), (-12, 12), (-12, 12)), "EXTERNAL")
    body = body_of([shell, reaching(0, "Liver")], shipped_names())
    assert body.roi is shell
    assert body.problem == "'Shell' isn't the whole body: 'Liver' reaches 38 mm beyond it"


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("side", [-1, 1])
def test_a_body_cut_at_any_side_is_told(axis: int, side: int) -> None:
    box = [(-10.0, 10.0)] * 3
    box[axis] = (40.0, 80.0) if side > 0 else (-80.0, -40.0)
    assert "'Lung' reaches" in body_of([BODY, box_roi(2, "Lung", tuple(box))], shipped_names()).problem


@pytest.mark.parametrize("name", ["Liver", "Stable", "Airway", "Dashboard", "PTV"])
def test_ten_millimetres_beyond_are_allowed_and_more_are_not(name: str) -> None:
    assert body_of([BODY, reaching(10, name)], shipped_names()).problem == ""
    assert body_of([BODY, reaching(11, name)], shipped_names()).problem != ""


@pytest.mark.parametrize("kind", ["SUPPORT", "FIXATION", "BOLUS", "MARKER", "REGISTRATION", "ISOCENTER", "CONTROL"])
def test_what_is_beside_the_patient_by_its_type_cuts_no_body(kind: str) -> None:
    assert body_of([BODY, reaching(40, "Anything", kind)], shipped_names()).problem == ""


@pytest.mark.parametrize("name", ["CouchSurface", "couch_interior", "Bolus_5mm", "Table", "PTV_ring30", "Mask"])
def test_what_is_beside_the_patient_by_its_name_cuts_no_body(name: str) -> None:
    assert body_of([BODY, reaching(40, name, None)], shipped_names()).problem == ""


def test_rois_without_contours_cut_no_body() -> None:
    assert body_of([BODY, empty_roi(2, "Liver")], shipped_names()).problem == ""
    nothing = empty_roi(1, "Body", "EXTERNAL")
    assert body_of([nothing, reaching(5, "Liver")], shipped_names()).roi is nothing
