"""Section C, organs: are they there, on their sides, unchanged and named?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.checks import laterality
from rtcheck.finding import Severity, Verdict
from rtcheck.study import PhysicalProperty
from tests import studies
from tests.plan_checks.drawings import box, cube, drawn
from tests.plan_checks.mutants import dose_with, rois_with, with_kidneys_swapped, with_roi
from tests.plan_checks.samples import asked, case_of, fires, only, reasons, unchecked

WATER = (PhysicalProperty("REL_ELEC_DENSITY", 1.0),)


# C1


def test_two_drawn_rois_of_one_name_are_not_evaluated() -> None:
    finding = only(drawn(box("Liver"), box("Liver")), "C1")
    assert (finding.verdict, finding.subject) == (Verdict.NOT_EVALUATED, "Liver")
    assert "2 ROIs have this name, 2 of them drawn" in finding.message


def test_a_second_one_that_is_empty_is_a_warning() -> None:
    findings = fires(drawn(box("Liver"), studies.empty_roi(2, "Liver")), "C1")
    assert [(one.subject, one.verdict) for one in findings] == [
        ("Liver", Verdict.ACCEPTABLE),
        ("empty ROIs", Verdict.INFO),
    ]


def test_names_that_differ_in_case_alone_are_a_note() -> None:
    finding = only(drawn(box("PTV_1", kind="PTV"), box("ptv 1", kind="PTV")), "C1")
    assert (finding.verdict, finding.rois) == (Verdict.INFO, ("PTV_1", "ptv 1"))


def test_an_empty_target_is_a_warning_and_other_empty_rois_are_one_note() -> None:
    case = drawn(studies.empty_roi(1, "CTV", "CTV"), studies.empty_roi(2, "Spleen"), studies.empty_roi(3, "X1", None))
    warning, note = fires(case, "C1")
    assert (warning.subject, warning.verdict) == ("CTV", Verdict.ACCEPTABLE)
    assert (note.rois, note.verdict) == (("Spleen", "X1"), Verdict.INFO)


def test_required_rois_are_judged_elsewhere_and_that_is_said() -> None:
    (finding,) = asked(case_of(), "C1")
    assert (finding.reason, finding.verdict) == ("carried", Verdict.INFO)
    assert "required-roi" in finding.message


# C5


def test_a_pair_whose_names_are_swapped_is_found_without_a_midline() -> None:
    finding = only(drawn(cube("Kidney_L", 50, x_mm=-60), cube("Kidney_R", 50, x_mm=60)), "C5")
    assert (finding.verdict, finding.observed) == (Verdict.NOT_EVALUATED, pytest.approx(120))
    assert finding.rois == ("Kidney_L", "Kidney_R")


def test_kidneys_swapped_in_a_sample_are_found_here_and_by_laterality() -> None:
    case = with_kidneys_swapped()
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


# C14


@pytest.mark.parametrize("name", ["Liver", "PTV", "Body"])
def test_an_override_of_organ_target_or_body_is_a_warning(name) -> None:
    finding = only(with_roi(name, lambda roi: replace(roi, physical_properties=WATER)), "C14")
    assert (finding.verdict, finding.subject) == (Verdict.ACCEPTABLE, name)
    assert "REL_ELEC_DENSITY 1" in finding.message


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Couch", "SUPPORT"), ("CouchSurface", None), ("Artefakt", None), ("Stomach_air", "ORGAN"), ("Scar", "AVOIDANCE")],
)
def test_an_override_of_support_or_artefact_is_shown(name, kind) -> None:
    findings = asked(drawn(replace(cube(name, 20, kind=kind), physical_properties=WATER)), "C14")
    assert [(finding.reason, finding.verdict) for finding in findings] == [
        ("shown", Verdict.INFO),
        ("", Verdict.PASS),
    ]


def test_an_override_without_a_number_is_listed() -> None:
    properties = (PhysicalProperty("ELEM_FRACTION", None), *WATER)
    finding = only(with_roi("Liver", lambda roi: replace(roi, physical_properties=properties)), "C14")
    assert "ELEM_FRACTION, REL_ELEC_DENSITY 1" in finding.message


def test_an_override_that_the_dose_speaks_of_and_no_roi_has_is_not_passed() -> None:
    study = dose_with(tissue_heterogeneity="IMAGE/ROI_OVERRIDE")
    assert "no ROI states" in unchecked(study, "C14")[0].message
    told = rois_with(lambda roi: replace(roi, physical_properties=WATER) if roi.name == "Body" else roi, study)
    assert reasons(told, "C14") == ["density-overrides"]


# C16


def test_names_that_are_not_of_tg_263_are_two_notes() -> None:
    case = drawn(cube("Leber", 100), cube("Bowel_Small", 20), cube("Low Dose", 20), cube("PTV 1 AND 2", 20, kind="PTV"))
    findings = fires(case, "C16")
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
