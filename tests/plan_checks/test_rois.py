"""Kinds of ROIs."""

from __future__ import annotations

import pytest

from rtcheck.plan_checks.rois import is_organ, is_target
from tests.plan_checks.drawings import box, drawn


@pytest.mark.parametrize(
    ("name", "kind", "target"),
    [
        ("PTV_1", "PTV", True),
        ("Tumor Bed", "CTV", True),
        ("ptv 4 AND 5", "ORGAN", True),
        ("GTV", None, True),
        ("PTV1_WALL", "ORGAN", False),
        ("PTV couch", "SUPPORT", False),
        ("Liver", "ORGAN", False),
    ],
)
def test_targets_are_told_by_type_and_where_that_is_open_by_name(name, kind, target) -> None:
    assert is_target(box(name, kind)) is target


def test_body_and_couch_are_no_organs_of_the_list() -> None:
    rois = [box("Body", "EXTERNAL"), box("CouchSurface", "SUPPORT"), box("Leber"), box("Low Dose Region")]
    assert [is_organ(drawn(*rois), roi) for roi in rois] == [False, False, True, False]
