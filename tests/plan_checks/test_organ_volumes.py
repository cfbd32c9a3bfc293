"""Section C, sizes of organs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.finding import Verdict
from rtcheck.nomenclature import shipped_names
from rtcheck.plan_checks import Tuning
from rtcheck.plan_checks.organ_volumes import VOLUMES_CC
from tests.plan_checks.drawings import box, cube, drawn
from tests.plan_checks.mutants import with_roi, with_rois
from tests.plan_checks.samples import asked, case_of, fires, only, reasons, sample, unchecked

# C4


@pytest.mark.parametrize(
    ("name", "side_mm", "told"),
    [("Liver", 40, "too small"), ("Kidney_L", 100, "too large"), ("Auge li", 50, "too large")],
)
def test_a_volume_that_no_such_organ_has_is_a_warning(name, side_mm, told) -> None:
    finding = only(drawn(cube(name, side_mm)), "C4")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert finding.observed == pytest.approx(side_mm**3 / 1000)
    assert told in finding.message


def test_organs_that_took_each_others_names_are_found() -> None:
    case = with_rois(
        lambda rois: (
            rois | {"Liver": replace(rois["Liver"], name="Heart"), "Heart": replace(rois["Kidney_L"], name="Liver")}
        )
    )
    assert only(case, "C4").subject == "Liver"


def test_of_an_organ_that_leaves_the_scan_a_small_volume_is_shown() -> None:
    end_mm = sample().images[0].slice_positions_mm[-1]
    heights = np.arange(end_mm - 30, end_mm + 1, 3.0)
    contours = [one for z in heights for one in box("Liver", limits=((-20, 20), (-20, 20), (z - 1, z + 1))).contours]
    (finding,) = asked(with_roi("Liver", lambda roi: replace(roi, contours=tuple(contours))), "C4")[:1]
    assert (finding.reason, finding.verdict) == ("shown", Verdict.INFO)


def test_a_clinic_may_widen_all_ranges() -> None:
    case = drawn(cube("Kidney_L", 100))
    tuning = Tuning(thresholds={"C4": {"factor": 2.0}}, because={"C4": "transplants"})
    assert fires(case, "C4", tuning) == []


def test_helpers_and_targets_are_not_taken_for_organs() -> None:
    rois = (cube("Liver", 20, kind="PTV"), cube("Liver_ring", 20), cube("Liver-GTV", 20))
    assert not fires(drawn(*rois), "C4")
    assert not fires(drawn(*rois, cube("Kidney_L", 50)), "C4")


@pytest.mark.parametrize("check_id", ["C4", "C5", "C8", "C11"])
def test_where_no_name_is_an_organs_nothing_is_passed(check_id) -> None:
    (finding,) = unchecked(drawn(cube("Organ 7", 50), cube("PTV", 20, kind="PTV")), check_id)
    assert (finding.subject, finding.verdict) == ("organs", Verdict.INFO)


def test_ranges_are_of_names_on_the_list_and_hold_the_reference_adult() -> None:
    assert set(VOLUMES_CC) <= set(shipped_names().standard_names)
    # ICRP Publication 89, adult man and woman: masses in g, at about 1 g/cc.
    reference = {"Liver": (1800, 1400), "Kidneys": (310, 275), "Spleen": (150, 130), "Brain": (1450, 1300)}
    reference |= {"Pancreas": (140, 120), "Prostate": (17, 17), "Eye_L": (7.5, 7.5), "Heart": (840, 620)}
    for organ, masses in reference.items():
        low, high = VOLUMES_CC[organ]
        assert all(1.5 * low < mass < high / 1.5 for mass in masses), organ


# C11


def test_one_of_a_pair_alone_is_a_note() -> None:
    finding = only(with_rois(lambda rois: {name: roi for name, roi in rois.items() if name != "Kidney_R"}), "C11")
    assert (finding.verdict, finding.subject, finding.rois) == (Verdict.INFO, "Kidney_R", ("Kidney_L",))


def test_one_beside_both_together_is_no_note() -> None:
    assert reasons(drawn(cube("Lung_L", 100), cube("Lungs", 150)), "C11") == [""]


def test_one_that_is_much_smaller_is_a_warning() -> None:
    half = tuple(contour for contour in case_of().study.structure_set.rois[2].contours[:12])
    finding = only(with_roi("Kidney_L", lambda roi: replace(roi, contours=half)), "C11")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert finding.observed > 2.0
    assert finding.rois == ("Kidney_L", "Kidney_R")


def test_sizes_are_not_compared_where_the_scan_cuts_one() -> None:
    body = cube("Body", 200, kind="EXTERNAL")
    cut = box("Lung_L", limits=((20, 60), (-20, 20), (60, 100)))
    assert reasons(drawn(body, cut, cube("Lung_R", 80, x_mm=-50)), "C11") == [""]
    whole = box("Lung_L", limits=((20, 60), (-20, 20), (40, 80)))
    assert reasons(drawn(body, whole, cube("Lung_R", 80, x_mm=-50)), "C11") == ["paired-organs"]


def test_of_a_pair_without_a_volume_sizes_are_said_not_to_be_known() -> None:
    flat = replace(cube("Kidney_L", 50, x_mm=60), contours=cube("Kidney_L", 50, x_mm=60).contours[:1])
    case = drawn(flat, replace(cube("Kidney_R", 50, x_mm=-60), contours=flat.contours))
    assert reasons(case, "C11") == ["not-checked", "not-checked"]
