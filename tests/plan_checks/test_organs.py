"""Section C: organs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.case import Case
from rtcheck.checks import laterality
from rtcheck.finding import Severity, Verdict
from rtcheck.nomenclature import shipped_names
from rtcheck.plan_checks import Tuning
from rtcheck.plan_checks.organs import CHECKS, VOLUMES_CC
from rtcheck.study import Contour, GeometricType, PhysicalProperty
from tests import studies
from tests.plan_checks.samples import CLEAN, SILENT, asked, case_of, fires, sample

BY_ID = {check.id: check for check in CHECKS}
WATER = (PhysicalProperty("REL_ELEC_DENSITY", 1.0),)


def box(name, limits=((-20, 20), (-20, 20), (-20, 20)), kind="ORGAN", number=1):
    return studies.box_roi(number, name, limits, kind)


def cube(name, side_mm, x_mm=0.0, z_mm=0.0, kind="ORGAN", number=1):
    half = side_mm / 2
    return box(name, ((x_mm - half, x_mm + half), (-half, half), (z_mm - half, z_mm + half)), kind, number)


def drawn(*rois):
    """A case of some ROIs, numbered in their order."""
    numbered = [replace(roi, number=number + 1) for number, roi in enumerate(rois)]
    return Case(studies.study(numbered, studies.dose(1.0)))


def changed(change, *, images=True):
    """The sample with its list of ROIs changed."""
    study = sample()
    rois = tuple(change({roi.name: roi for roi in study.structure_set.rois}).values())
    structures = replace(study.structure_set, rois=rois)
    return Case(replace(study, structure_set=structures, images=study.images if images else ()))


def with_roi(name, **changes):
    return changed(lambda rois: rois | {name: replace(rois[name], **changes)})


def only(case, check_id, **thresholds):
    tuning = Tuning(thresholds={check_id: thresholds}, because={check_id: "test"})
    (finding,) = fires(case, BY_ID[check_id], tuning)
    return finding


def reasons(case, check_id):
    return [finding.reason for finding in asked(case, BY_ID[check_id])]


@pytest.mark.parametrize("name", [*CLEAN, "two-lesions-two-plans"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_clean_samples_are_let_pass(name, check) -> None:
    assert {finding.verdict for finding in asked(case_of(name), check)} <= SILENT


def test_of_real_structure_sets_only_targets_that_were_never_drawn_count(shared_data) -> None:
    from rtcheck.dicom import read_study

    case = Case(read_study(shared_data / "eclipse-prostate"))
    loud = [finding for check in CHECKS for finding in asked(case, check) if finding.verdict not in SILENT]
    assert [(finding.subject, finding.verdict) for finding in loud] == [
        ("CTV", Verdict.ACCEPTABLE),
        ("PROS", Verdict.ACCEPTABLE),
    ]


def test_checks_have_an_origin_a_title_and_a_text_each() -> None:
    assert [check.id for check in CHECKS] == ["C1", "C4", "C5", "C8", "C11", "C14", "C16"]
    assert all(check.origin and check.title and check.text for check in CHECKS)


# C1


def test_two_drawn_rois_of_one_name_are_not_evaluated() -> None:
    finding = only(drawn(box("Liver"), box("Liver")), "C1")
    assert (finding.verdict, finding.subject) == (Verdict.NOT_EVALUATED, "Liver")
    assert "2 ROIs have this name, 2 of them drawn" in finding.message


def test_a_second_one_that_is_empty_is_a_warning() -> None:
    findings = fires(drawn(box("Liver"), studies.empty_roi(2, "Liver")), BY_ID["C1"])
    assert [(one.subject, one.verdict) for one in findings] == [
        ("Liver", Verdict.ACCEPTABLE),
        ("empty ROIs", Verdict.INFO),
    ]


def test_names_that_differ_in_case_alone_are_a_note() -> None:
    finding = only(drawn(box("PTV_1", kind="PTV"), box("ptv 1", kind="PTV")), "C1")
    assert (finding.verdict, finding.rois) == (Verdict.INFO, ("PTV_1", "ptv 1"))


def test_an_empty_target_is_a_warning_and_other_empty_rois_are_one_note() -> None:
    case = drawn(studies.empty_roi(1, "CTV", "CTV"), studies.empty_roi(2, "Spleen"), studies.empty_roi(3, "X1", None))
    warning, note = fires(case, BY_ID["C1"])
    assert (warning.subject, warning.verdict) == ("CTV", Verdict.ACCEPTABLE)
    assert (note.rois, note.verdict) == (("Spleen", "X1"), Verdict.INFO)


def test_required_rois_are_judged_elsewhere_and_that_is_said() -> None:
    (finding,) = asked(case_of(), BY_ID["C1"])
    assert (finding.reason, finding.verdict) == ("carried", Verdict.INFO)
    assert "required-roi" in finding.message


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
    case = changed(
        lambda rois: (
            rois | {"Liver": replace(rois["Liver"], name="Heart"), "Heart": replace(rois["Kidney_L"], name="Liver")}
        )
    )
    assert only(case, "C4").subject == "Liver"


def test_of_an_organ_that_leaves_the_scan_a_small_volume_is_shown() -> None:
    end_mm = sample().images[0].slice_positions_mm[-1]
    heights = np.arange(end_mm - 30, end_mm + 1, 3.0)
    contours = [one for z in heights for one in box("Liver", ((-20, 20), (-20, 20), (z - 1, z + 1))).contours]
    (finding,) = asked(with_roi("Liver", contours=tuple(contours)), BY_ID["C4"])[:1]
    assert (finding.reason, finding.verdict) == ("shown", Verdict.INFO)


def test_a_clinic_may_widen_all_ranges() -> None:
    case = drawn(cube("Kidney_L", 100))
    tuning = Tuning(thresholds={"C4": {"factor": 2.0}}, because={"C4": "transplants"})
    assert fires(case, BY_ID["C4"], tuning) == []


def test_helpers_and_targets_are_not_taken_for_organs() -> None:
    assert reasons(drawn(cube("Liver", 20, kind="PTV"), cube("Liver_ring", 20), cube("Liver-GTV", 20)), "C4") == [""]


def test_ranges_are_of_names_on_the_list_and_hold_the_reference_adult() -> None:
    assert set(VOLUMES_CC) <= set(shipped_names().standard_names)
    # ICRP Publication 89, adult man and woman: masses in g, at about 1 g/cc.
    reference = {"Liver": (1800, 1400), "Kidneys": (310, 275), "Spleen": (150, 130), "Brain": (1450, 1300)}
    reference |= {"Pancreas": (140, 120), "Prostate": (17, 17), "Eye_L": (7.5, 7.5), "Heart": (840, 620)}
    for organ, masses in reference.items():
        low, high = VOLUMES_CC[organ]
        assert all(1.5 * low < mass < high / 1.5 for mass in masses), organ


# C5


def test_a_pair_whose_names_are_swapped_is_found_without_a_midline() -> None:
    finding = only(drawn(cube("Kidney_L", 50, x_mm=-60), cube("Kidney_R", 50, x_mm=60)), "C5")
    assert (finding.verdict, finding.observed) == (Verdict.NOT_EVALUATED, pytest.approx(120))
    assert finding.rois == ("Kidney_L", "Kidney_R")


def test_kidneys_swapped_in_a_sample_are_found_here_and_by_laterality() -> None:
    case = changed(
        lambda rois: (
            rois
            | {
                "Kidney_L": replace(rois["Kidney_L"], name="Kidney_R"),
                "Kidney_R": replace(rois["Kidney_R"], name="Kidney_L"),
            }
        )
    )
    assert only(case, "C5").subject == "Kidney_L, Kidney_R"
    assert [one.reason for one in laterality(case)] == ["wrong-side", "wrong-side"]


def test_pairs_in_any_language_are_pairs_and_the_right_way_round_is_let_pass() -> None:
    case = drawn(cube("Niere links", 50, x_mm=60), cube("Niere re.", 50, x_mm=-60))
    assert reasons(case, "C5") == ["carried"]


def test_nearly_beside_each_other_is_let_pass() -> None:
    assert reasons(drawn(cube("Kidney_L", 50, x_mm=0), cube("Kidney_R", 50, x_mm=8)), "C5") == ["carried"]


def test_of_two_left_ones_none_is_taken() -> None:
    case = drawn(cube("Kidney_L", 50, x_mm=-60), cube("Niere li", 50, x_mm=-80), cube("Kidney_R", 50, x_mm=60))
    assert reasons(case, "C5") == ["carried"]


# C8


def test_a_liver_in_the_lung_is_found_with_the_volume_they_share() -> None:
    finding = only(drawn(cube("Liver", 100), cube("Lung_R", 100, x_mm=60)), "C8")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert (finding.observed, finding.limit) == (pytest.approx(400), "<= 20 cc")
    assert finding.rois == ("Liver", "Lung_R")


def test_an_organ_drawn_as_another_is_found_in_a_sample() -> None:
    case = changed(lambda rois: rois | {"Heart": replace(rois["Heart"], contours=rois["Lung_L"].contours)})
    assert only(case, "C8").subject == "Heart and Lung_L"


def test_contours_that_overlap_a_little_are_let_pass() -> None:
    assert reasons(drawn(cube("Liver", 100), cube("Lung_R", 100, x_mm=98.5)), "C8") == [""]


def test_overlaps_are_by_volume_also_where_slices_differ() -> None:
    finer = studies.box_roi(2, "Lung_R", ((0, 100), (-50, 50), (-49, 51)), "ORGAN", 5.0)
    assert only(drawn(cube("Liver", 100), finer), "C8").observed == pytest.approx(50 * 100 * 99 / 1000)


def test_organs_that_may_share_their_place_are_let_pass() -> None:
    rois = (cube("Liver", 100), cube("GTV", 40, kind="GTV"), cube("Kidney_Cortex_L", 60), cube("Bowel_Small", 80))
    assert reasons(drawn(*rois), "C8") == [""]


def test_a_ptv_that_holds_a_part_of_the_cord_is_a_hint() -> None:
    case = drawn(cube("SpinalCord", 12, z_mm=0), cube("PTV", 30, x_mm=18, kind="PTV"), cube("Liver", 20, x_mm=80))
    finding = only(case, "C8")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert finding.observed == pytest.approx(3 * 12 * 12 / 1000)
    assert "'PTV'" not in finding.subject
    assert finding.rois == ("SpinalCord", "PTV")


def test_a_ptv_beside_the_cord_and_its_helpers_are_let_pass() -> None:
    rois = (cube("SpinalCord", 12), cube("PTV", 30, x_mm=21, kind="PTV"), cube("PTV_ring", 30, kind=None))
    assert reasons(drawn(*rois, cube("SpinalCord_PRV05", 22)), "C8") == [""]


def test_organs_on_planes_of_other_orientation_are_not_compared_and_that_is_said() -> None:
    sagittal = cube("Lung_R", 100)
    turned = tuple(replace(one, points_mm=one.points_mm[:, [2, 0, 1]]) for one in sagittal.contours)
    findings = asked(drawn(cube("Liver", 100), replace(sagittal, contours=turned)), BY_ID["C8"])
    assert [finding.reason for finding in findings] == ["not-checked"]
    assert "different orientation" in findings[0].message


def test_an_organ_without_a_volume_is_not_compared_and_that_is_said() -> None:
    line = Contour(GeometricType.CLOSED_PLANAR, np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [2.0, 2.0, 0.0]]))
    case = drawn(cube("Liver", 100), replace(cube("Lung_R", 100), contours=(line,)))
    assert all("not-checked" in reasons(case, check_id) for check_id in ("C4", "C8"))


# C11


def test_one_of_a_pair_alone_is_a_note() -> None:
    finding = only(changed(lambda rois: {name: roi for name, roi in rois.items() if name != "Kidney_R"}), "C11")
    assert (finding.verdict, finding.subject, finding.rois) == (Verdict.INFO, "Kidney_R", ("Kidney_L",))


def test_one_beside_both_together_is_no_note() -> None:
    assert reasons(drawn(cube("Lung_L", 100), cube("Lungs", 150)), "C11") == [""]


def test_one_that_is_much_smaller_is_a_warning() -> None:
    half = tuple(contour for contour in case_of().study.structure_set.rois[2].contours[:12])
    finding = only(with_roi("Kidney_L", contours=half), "C11")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert finding.observed > 2.0
    assert finding.rois == ("Kidney_L", "Kidney_R")


def test_sizes_are_not_compared_where_the_scan_cuts_one() -> None:
    body = cube("Body", 200, kind="EXTERNAL")
    cut = box("Lung_L", ((20, 60), (-20, 20), (60, 100)))
    assert reasons(drawn(body, cut, cube("Lung_R", 80, x_mm=-50)), "C11") == [""]
    whole = box("Lung_L", ((20, 60), (-20, 20), (40, 80)))
    assert reasons(drawn(body, whole, cube("Lung_R", 80, x_mm=-50)), "C11") == ["paired-organs"]


def test_of_a_pair_without_a_volume_sizes_are_said_not_to_be_known() -> None:
    flat = replace(cube("Kidney_L", 50, x_mm=60), contours=cube("Kidney_L", 50, x_mm=60).contours[:1])
    case = drawn(flat, replace(cube("Kidney_R", 50, x_mm=-60), contours=flat.contours))
    assert reasons(case, "C11") == ["not-checked", "not-checked"]


# C14


@pytest.mark.parametrize("name", ["Liver", "PTV", "Body"])
def test_an_override_of_organ_target_or_body_is_a_warning(name) -> None:
    finding = only(with_roi(name, physical_properties=WATER), "C14")
    assert (finding.verdict, finding.subject) == (Verdict.ACCEPTABLE, name)
    assert "REL_ELEC_DENSITY 1" in finding.message


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Couch", "SUPPORT"), ("CouchSurface", None), ("Artefakt", None), ("Stomach_air", "ORGAN"), ("Scar", "AVOIDANCE")],
)
def test_an_override_of_support_or_artefact_is_shown(name, kind) -> None:
    findings = asked(drawn(replace(cube(name, 20, kind=kind), physical_properties=WATER)), BY_ID["C14"])
    assert [(finding.reason, finding.verdict) for finding in findings] == [
        ("shown", Verdict.INFO),
        ("", Verdict.PASS),
    ]


def test_an_override_without_a_number_is_listed() -> None:
    properties = (PhysicalProperty("ELEM_FRACTION", None), *WATER)
    finding = only(with_roi("Liver", physical_properties=properties), "C14")
    assert "ELEM_FRACTION, REL_ELEC_DENSITY 1" in finding.message


# C16


def test_names_that_are_not_of_tg_263_are_two_notes() -> None:
    case = drawn(cube("Leber", 100), cube("Bowel_Small", 20), cube("Low Dose", 20), cube("PTV 1 AND 2", 20, kind="PTV"))
    findings = fires(case, BY_ID["C16"])
    assert [(one.subject, one.verdict, one.severity) for one in findings] == [
        ("other names", Verdict.INFO, Severity.NOTE),
        ("unlisted names", Verdict.INFO, Severity.NOTE),
    ]
    assert "'Leber' (Liver)" in findings[0].message
    assert "2 names aren't on the list of TG-263 names: 'Low Dose', 'PTV 1 AND 2'" in findings[1].message


def test_targets_and_what_is_not_evaluated_may_be_called_as_tg_263_lets_them() -> None:
    names = ("GTV", "PTV_Liver", "CTVn1", "PTV^Eval", "zRing", "_Opt", "ITV_High")
    assert reasons(drawn(*(cube(name, 20) for name in names)), "C16") == [""]


def test_a_name_of_more_than_16_characters_is_too_long_for_a_target() -> None:
    assert "PTV_Liver_Segment_8" in only(drawn(cube("PTV_Liver_Segment_8", 20)), "C16").message


def test_points_need_no_name() -> None:
    assert reasons(drawn(cube("Isozentrum 1", 20, kind="ISOCENTER")), "C16") == [""]
