"""All plan checks: each says where it comes from, fires on a mutant and is silent on clean plans."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from rtcheck.case import Case
from rtcheck.checks import (
    achieved_bed,
    dose_constraint,
    laterality,
    plan_status,
    prescribed_bed,
    prescription_sources,
    required_roi,
    table_selection,
)
from rtcheck.constraint import Constraint, Limit, Regimen, RequiredRoi
from rtcheck.dicom import read_study
from rtcheck.errors import (
    AmbiguousStudyError,
    InconsistentStudyError,
    InputError,
    UnreadableFileError,
    UnsupportedDoseError,
)
from rtcheck.finding import Confidence, Finding, Severity, Source, Verdict
from rtcheck.metrics import parse_metric
from rtcheck.plan_checks import PLAN_CHECKS, findings_of
from rtcheck.plan_checks.check import READING
from rtcheck.sheet import CaseSheet, DeclaredLesion, LesionKind, Reduction
from rtcheck.study import PhysicalProperty, Study
from rtcheck.units import Comparator
from tests import studies
from tests.plan_checks.balls import ball_case, hot, target_cube
from tests.plan_checks.drawings import BOX, CLOSED, box, contour, cube, drawn, square, with_more, without
from tests.plan_checks.mutants import (
    dose_with,
    images_with,
    moved_rois,
    noted,
    plan_with,
    slices_at,
    square_beam,
    structures_with,
    with_beam,
    with_ct,
    with_every_point,
    with_plan,
    with_points,
    with_roi,
    with_rois,
    with_uses,
    without_ct,
    without_plan,
)
from tests.plan_checks.plans import RULE, TOTAL_GY, falling, organ_case, target_case, target_study
from tests.plan_checks.samples import CLEAN, SILENT, TWO, case_like, case_of, fires, mutant, real_case, sample

SECTIONS = {"A": 9, "B": 11, "C": 16, "D": 8, "E": 12, "F": 5, "G": 4}
IDS = [f"{letter}{number}" for letter, count in SECTIONS.items() for number in range(1, count + 1)]
#: What is quoted of a publication, a standard or a rule of thumb.
WORKS = re.compile(
    r"MPPG 11\.a|TG-\d+|PS3\.3|ICRU|ICRP|TRS-483|RTOG|NCT\d+|QUANTEC|Dempsey|Stuhr|Hui|Nelms|Mayo|Shaw|Paddick|Du et al"
    r"|[Rr]ules? of thumb"
)
WATER = (PhysicalProperty("REL_ELEC_DENSITY", 1.0),)


# What a check says of itself


def test_all_checks_of_sections_a_to_g_are_there_once_in_order() -> None:
    assert [check.id for check in PLAN_CHECKS] == IDS
    assert len(IDS) == 65
    names = [check.name for check in PLAN_CHECKS]
    assert len(set(names)) == len(names)


def test_checks_are_those_of_the_reference(project_root: Path) -> None:
    reference = project_root.parent / "shared" / "reference" / "plan-checks.md"
    if not reference.is_file():
        pytest.skip("no folder shared/reference beside the project")
    listed = re.findall(r"\b([A-G]\d+)\s", reference.read_text(encoding="utf-8").partition("**H.")[0])
    assert list(dict.fromkeys(one for one in listed if one in IDS)) == IDS


@pytest.mark.parametrize("check", PLAN_CHECKS, ids=lambda check: check.id)
def test_every_check_says_what_it_asks_and_where_it_comes_from(check) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", check.name)
    assert check.title
    assert not check.title.endswith(".")
    assert len(check.text) > len(check.title)
    quoted = set(WORKS.findall(check.origin))
    assert quoted, f"{check.origin} names nothing that can be looked up"
    module = inspect.getmodule(check.ask)
    assert quoted & set(WORKS.findall(f"{check.text} {module.__doc__}")), "neither docstring cites the origin"
    assert isinstance(check.severity, Severity)
    assert isinstance(check.confidence, Confidence)


#: Thresholds that are a ratio of two of a kind.
RATIOS = {"factor", "ratio", "spacing_factor", "ci", "pci", "r50", "hi", "hi_stereotactic"}


@pytest.mark.parametrize("check", PLAN_CHECKS, ids=lambda check: check.id)
def test_thresholds_are_numbers_with_a_unit_and_say_what_they_bound(check) -> None:
    for name, threshold in check.thresholds.items():
        assert math.isfinite(threshold.value)
        assert threshold.text
        assert bool(threshold.unit) is (name not in RATIOS), name


# Mutants


def _gray(change: Callable[[np.ndarray], np.ndarray]) -> Study:
    return dose_with(dose_gy=change(sample().dose.dose_gy).astype(np.float32))


def _overlapping() -> Case:
    return with_rois(lambda rois: rois | {"Heart": replace(rois["Heart"], contours=rois["Lung_L"].contours)})


def _swapped() -> Case:
    return with_rois(
        lambda rois: (
            rois
            | {
                "Kidney_L": replace(rois["Kidney_L"], name="Kidney_R"),
                "Kidney_R": replace(rois["Kidney_R"], name="Kidney_L"),
            }
        )
    )


def _moved(names: Iterable[str], shift_mm: tuple[float, float, float]) -> Study:
    return moved_rois(sample(), shift_mm, tuple(names))


def _all_squares(side_mm: float) -> Case:
    opening = square_beam(side_mm)
    return with_plan(
        lambda plan: replace(
            plan,
            beams=tuple(replace(one, sequence=opening.sequence, devices=opening.devices) for one in plan.beams),
        )
    )


def _cut_by_the_images() -> Case:
    (ct,) = sample().images
    body = case_of().body
    right = min(one.points_mm[:, 0].min() for one in body.closed_contours)
    corners = ct.corners_mm.copy()
    corners[:, 0] = right + 5
    return with_ct(corners_mm=corners, columns=ct.columns * 2)


def _two_dose_references() -> Study:
    """A plan whose dose is that of two phases."""
    study = target_study(beam_dose_gy=8.0)
    (group,) = study.plan.fraction_groups
    return plan_with(study, fraction_groups=(group, replace(group, number=2, fractions_planned=3)))


def _reduced() -> Case:
    lesion = DeclaredLesion("L1", "liver", LesionKind.PRIMARY, ptv="PTV", reduction=Reduction("too near", "Stomach"))
    return target_case(35.0, sheet=CaseSheet(lesions=(lesion,)))


def _stored_otherwise() -> Case:
    from tests.plan_checks.test_dose_stored import stored, with_stored

    case = organ_case()
    return with_stored(case, stored(case, volume=1.5))


def _peak_far_from_the_target() -> Case:
    return organ_case(studies.dose(lambda x, y, z: falling(x, y, z, (40.0, 0.0, 0.0))))


def _one_point_of(gray: float) -> Case:
    from tests.plan_checks.test_dose_points import at_points

    return at_points(target_study(level_gy=gray), ((0.0, 0.0, 0.0), 8.0))


def _cold_core() -> Case:
    from tests.plan_checks.test_prescribed_level import cold_core

    return cold_core(36.0)


#: For every check with an answer of its own a plan on which it fires.
MUTANTS: Mapping[str, Callable[[], Case | Study]] = {
    "A1": lambda: noted("patient-differs"),
    "A2": lambda: plan_with(referenced_structure_set_uid="1.2.3"),
    "A3": lambda: dose_with(referenced_plan_uids=("1.2.3",)),
    "A4": lambda: plan_with(frame_of_reference_uid="1.2.3"),
    "A5": lambda: images_with(sop_instance_uids=sample().images[0].sop_instance_uids[:120]),
    "A6": lambda: noted("images-at-one-position"),
    "A7": lambda: structures_with(approval_status="REJECTED"),
    "A8": lambda: plan_with(label="40Gy5F QA"),
    "A9": lambda: noted("doses-left-out"),
    "B1": lambda: dose_with(dose_type=None),
    "B2": lambda: dose_with(summation_type="MULTI_PLAN", referenced_plan_uids=("1.2.3.7", "1.2.3.8")),
    "B3": lambda: target_case(dose=studies.dose(TOTAL_GY, low_mm=(-60, -60, 0), high_mm=(60, 60, 0))),
    "B4": lambda: dose_with(dose_grid_scaling=0.05),
    "B5": lambda: target_case(dose=studies.dose(TOTAL_GY, spacing_mm=5.0)),
    "B6": lambda: case_of("grid-misses-liver"),
    "B7": lambda: target_case(level_gy=TOTAL_GY),
    "B8": lambda: dose_with(tissue_heterogeneity="WATER"),
    "B9": _peak_far_from_the_target,
    "B10": lambda: _one_point_of(8.0),
    "B11": _stored_otherwise,
    "C1": lambda: drawn(box("Liver"), box("Liver")),
    "C2": lambda: drawn(without(box(), -1, 1, 3)),
    "C3": lambda: drawn(with_more(box(), square(50, 0, 2, 1))),
    "C4": lambda: drawn(cube("Liver", 40)),
    "C5": _swapped,
    "C6": lambda: _moved(["GTV"], (14.0, 0.0, 0.0)),
    "C7": lambda: case_of("margin-8mm"),
    "C8": _overlapping,
    "C9": lambda: with_roi("Liver", lambda roi: replace(roi, interpreted_type="EXTERNAL")),
    "C10": lambda: _moved(["PTV"], (-34.0, 0.0, 0.0)),
    "C11": lambda: with_rois(lambda rois: {name: roi for name, roi in rois.items() if name != "Kidney_R"}),
    "C12": lambda: drawn(
        with_more(without(box(), 1), contour([(-10, -10), (10, 10), (10, -10), (-10, 10)], 1, CLOSED))
    ),
    "C13": lambda: with_roi("Liver", lambda roi: replace(roi, contours=box(spacing_mm=6.0, limits=BOX).contours)),
    "C14": lambda: with_roi("Liver", lambda roi: replace(roi, physical_properties=WATER)),
    "C15": lambda: with_roi(
        "Liver", lambda roi: with_more(roi, square(0, 0, 10, sample().images[0].slice_positions_mm[-1]))
    ),
    "C16": lambda: drawn(cube("Leber", 100)),
    "D1": lambda: target_case(beam_dose_gy=2.0),
    "D2": _two_dose_references,
    "D3": lambda: target_case(24.0, 1),
    "D4": _cold_core,
    "D5": lambda: target_case(4.0, 5),
    "D6": lambda: _gray(lambda gray: gray * 100.0),
    "D7": lambda: case_of(TWO),
    "D8": _reduced,
    "E1": lambda: with_points(isocentre_mm=(-60.0, -14.0, -30.0)),
    "E2": lambda: with_every_point(isocentre_mm=(0.0, -400.0, 0.0)),
    "E3": lambda: with_every_point(nominal_energy=6000.0),
    "E4": lambda: with_uses({"meterset": 0.0}, {}),
    "E5": lambda: with_uses({"beam_dose_gy": 2.0}, {}),
    "E6": lambda: with_beam(lambda beam: {"treatment_machine_name": "OTHER"}),
    "E7": lambda: with_points(gantry_deg=-5.0),
    "E8": lambda: _all_squares(25),
    "E9": lambda: with_beam(lambda beam: {"tolerance_table_number": 77}),
    "E10": lambda: with_beam(lambda beam: {"boli": 1}),
    "E11": lambda: plan_with(patient_positions=("FFS",)),
    "E12": lambda: with_beam(lambda beam: {"sequence": beam.sequence[:-1]}),
    "F1": lambda: with_ct(slice_thicknesses_mm=(5.0,)),
    "F2": lambda: slices_at([0, 3, 6, 12, 15]),
    "F3": lambda: with_ct(dates=("20231101",)),
    "F4": lambda: with_ct(image_types=("DERIVED/SECONDARY/AXIAL/MIP",)),
    "F5": _cut_by_the_images,
    "G2": lambda: ball_case(target_cube(6)),
    "G3": lambda: ball_case(target_cube(14), gray=hot(((30, 38), (-3, 3), (-3, 3)), 46.0)),
    "G4": lambda: ball_case(target_cube(4)),
}
#: Checks that have no answer of their own: other findings are all there is.
ALL_CARRIED = {"G1"}


@pytest.mark.parametrize(
    "check", [check for check in PLAN_CHECKS if check.id not in ALL_CARRIED], ids=lambda one: one.id
)
def test_every_check_fires_on_its_mutant(check) -> None:
    assert check.id in MUTANTS, "a check that nobody has seen fire: give it a mutant"
    assert fires(MUTANTS[check.id](), check)


@dataclass(frozen=True)
class Carried:
    """A plan that other findings complain of, and what asks them."""

    case: Callable[[], Case]
    ask: Callable[[Case], Iterable[Finding]]


MAXIMUM = parse_metric("Dmax[Gy]")


def _limit(case: Case) -> Iterable[Finding]:
    goal = Limit(Comparator.LE, 1.0, MAXIMUM.unit)
    row = Constraint("t.row", "Liver", "Liver", MAXIMUM, goal, Source("t", "t.row"), Regimen("any"))
    return [dose_constraint(case, row)]


#: For every check that findings of another bear out, a plan of which these complain.
CARRIED: Mapping[str, Carried] = {
    "A7": Carried(lambda: Case(plan_with(approval_status="REJECTED")), plan_status),
    "A8": Carried(lambda: Case(plan_with(plan_intent="VERIFICATION")), plan_status),
    "C1": Carried(case_of, lambda case: [required_roi(case, RequiredRoi("Spleen", Source("t", "t.roi")))]),
    "C5": Carried(_swapped, laterality),
    "D1": Carried(lambda: target_case(label="50Gy5F"), prescription_sources),
    "D3": Carried(lambda: target_case(35.0), lambda case: prescribed_bed(case, RULE)),
    "D4": Carried(lambda: target_case(level_gy=20.0), lambda case: achieved_bed(case, RULE)),
    "D7": Carried(case_of, lambda case: [table_selection(case, (), Source("t", "tables"))]),
    "D8": Carried(lambda: target_case(35.0), lambda case: prescribed_bed(case, RULE)),
    "G1": Carried(case_of, _limit),
}


@pytest.mark.parametrize(
    "check", [check for check in PLAN_CHECKS if check.carried_by not in ("", READING)], ids=lambda check: check.id
)
def test_findings_that_bear_out_a_silent_check_are_those_that_it_names(check) -> None:
    assert check.id in CARRIED, "name a plan that the other findings complain of"
    found = list(CARRIED[check.id].ask(CARRIED[check.id].case()))
    assert {finding.check for finding in found} == {check.carried_by}
    # Tables are told, and a dose that falls short is a warning; the others decide.
    decides = any(finding.verdict.decides and finding.verdict is not Verdict.PASS for finding in found)
    assert decides or check.carried_by == "tables" or any(one.reason == "achieved-below-rule" for one in found)


#: For every check that the reader guards, files that it refuses, and how.
REFUSED: Mapping[str, tuple[str, str, object, type[InputError]]] = {
    "A1": ("RTDOSE.dcm", "PatientID", "ANOTHER", AmbiguousStudyError),
    "A2": ("RTSTRUCT.dcm", "SOPInstanceUID", "1.2.3", InconsistentStudyError),
    "A3": ("RTDOSE.dcm", "ReferencedRTPlanSequence.ReferencedSOPInstanceUID", "1.2.3", InconsistentStudyError),
    "A4": ("RTDOSE.dcm", "FrameOfReferenceUID", "1.2.3", InconsistentStudyError),
    "A6": ("RTPLAN.dcm", "", "", AmbiguousStudyError),
    "B1": ("RTDOSE.dcm", "DoseUnits", "RELATIVE", UnsupportedDoseError),
    "B2": ("RTDOSE.dcm", "DoseSummationType", "BRACHY", UnsupportedDoseError),
    "B3": ("RTDOSE.dcm", "GridFrameOffsetVector", [0.0, 3.0], UnreadableFileError),
}


@pytest.mark.parametrize("check", [one for one in PLAN_CHECKS if one.carried_by == READING], ids=lambda one: one.id)
def test_reader_refuses_the_files_of_which_a_check_says_so(check) -> None:
    assert check.id in REFUSED, "name files that the reader refuses"
    file, path, value, error = REFUSED[check.id]

    def change(dataset) -> None:
        *way, keyword = path.split(".")
        for step in way:
            dataset = getattr(dataset, step)[0]
        setattr(dataset, keyword, value)
        if keyword == "SOPInstanceUID":
            dataset.file_meta.MediaStorageSOPInstanceUID = value

    with pytest.raises(error):
        _two_plans() if check.id == "A6" else mutant({file: change}, ct=False)


def _two_plans() -> Study:
    """A dose that names no plan, and two plans that it may be of."""
    from tests.plan_checks.samples import changed, files

    def nameless(dataset) -> None:
        del dataset.ReferencedRTPlanSequence

    def other(dataset) -> None:
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
        dataset.RTPlanLabel = "Other"

    kept = {name: content for name, content in files().items() if not name.startswith("CT/")}
    kept["RTDOSE.dcm"] = changed(kept["RTDOSE.dcm"], nameless)
    return read_study([*kept.items(), ("other.dcm", changed(kept["RTPLAN.dcm"], other))])


# Clean plans, and such as lack something


def rows(findings: Iterable[Finding], *verdicts: Verdict) -> set[str]:
    return {finding.source.row for finding in findings if finding.verdict in verdicts}


def all_of(of: Case | Study) -> tuple[Finding, ...]:
    found = tuple(findings_of(of if isinstance(of, Case) else case_like(of), PLAN_CHECKS))
    assert [finding.message for finding in found if finding.reason == "check-failed"] == []
    assert list(dict.fromkeys(finding.source.row for finding in found)) == IDS
    return found


@pytest.mark.parametrize("name", CLEAN)
def test_every_check_is_silent_on_a_clean_sample_with_its_case_sheet(name) -> None:
    found = all_of(case_of(name))
    assert {finding.verdict for finding in found} <= SILENT
    carried = {one.id for one in PLAN_CHECKS if one.carried_by not in ("", READING)}
    assert rows(found, Verdict.PASS) == set(IDS) - carried - {"B11"}  # its dose file stores no DVHs


def test_on_two_lesions_only_coarse_grids_and_the_sum_of_unlike_fractions_are_told() -> None:
    found = all_of(case_of(TWO))
    assert rows(found, Verdict.ACCEPTABLE, Verdict.NOT_EVALUATED, Verdict.FAIL) == {"B5", "D7"}


def _unprescribed() -> Study:
    """The sample whose plan says no dose at all."""
    plan = with_uses({"beam_dose_gy": None}, {"beam_dose_gy": None}).study
    return plan_with(plan, dose_references=(), label="", name=None)


#: Which checks still pass where something isn't there: what they ask doesn't hang on it.
WITHOUT: Mapping[str, tuple[Callable[[], Study], str]] = {
    "plan": (
        without_plan,
        "A1 A4 A5 A6 A9 B1 B2 B3 B4 B5 B6 B7 B8 B9 C2 C3 C4 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 F1 F2 F4 F5 G4",
    ),
    "images": (
        lambda: replace(sample(), images=()),
        "A1 A2 A3 A4 A6 A9 B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 C2 C3 C4 C6 C7 C8 C9 C10 C11 C12 C14 C15 C16 "
        "D2 D5 D6 E1 E2 E3 E4 E5 E6 E7 E8 E9 E10 E12 G2 G3 G4",
    ),
    "ROIs": (
        lambda: structures_with(rois=()),
        "A1 A2 A3 A4 A5 A6 A9 B1 B2 B3 B4 B7 B8 B10 C14 C16 D2 D5 E1 E3 E4 E5 E6 E7 E8 E9 E10 E11 E12 F1 F2 F3 F4",
    ),
    "dose": (
        lambda: _gray(np.zeros_like),
        "A1 A2 A3 A4 A5 A6 A9 B1 B2 B3 B5 B6 B8 C2 C3 C4 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 "
        "D2 D5 E1 E2 E3 E4 E5 E6 E7 E8 E9 E10 E11 E12 F1 F2 F3 F4 F5 G4",
    ),
    "prescription": (
        _unprescribed,
        "A1 A2 A3 A4 A5 A6 A9 B1 B2 B3 B4 B5 B6 B7 B8 B9 C2 C3 C4 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 "
        "E1 E2 E3 E6 E7 E8 E9 E10 E11 E12 F1 F2 F3 F4 F5 G4",
    ),
    "beams": (
        lambda: plan_with(beams=()),
        "A1 A2 A3 A4 A5 A6 A9 B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 C2 C3 C4 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 "
        "D2 D5 D6 F1 F2 F3 F4 F5 G2 G3 G4",
    ),
}


@pytest.mark.parametrize("what", WITHOUT)
def test_what_is_not_there_is_never_read_as_good(what) -> None:
    study, passing = WITHOUT[what]
    assert rows(all_of(study()), Verdict.PASS) == set(passing.split())


def test_without_a_ct_images_are_missed_in_one_voice_and_decide_nothing() -> None:
    found = all_of(without_ct().study)
    missed = [finding for finding in found if "no planning CT among the files" in finding.message]
    assert {finding.subject for finding in missed} == {"planning CT"}
    assert {finding.source.row for finding in missed} == {"C13", "E11", "F1", "F2", "F3", "F4", "F5"}
    assert {finding.verdict for finding in missed} == {Verdict.INFO}
    assert rows(found, Verdict.ACCEPTABLE, Verdict.NOT_EVALUATED, Verdict.FAIL) == {"A5"}


#: What real plans are told, besides of their targets: warnings, and what isn't evaluated.
REAL = {
    "eclipse-breast": ("A5 A7 F1", "D6"),
    "eclipse-prostate": ("A5 A7 C1", "A1 D6"),
    "raystation-brain-5mets": ("A5 A7 B5 E8", "D1 D6"),
}


@pytest.mark.parametrize("name", REAL)
def test_what_real_plans_are_told_is_what_is_so(name, shared_data) -> None:
    found = [one for one in all_of(real_case(shared_data / name)) if one.source.row not in ("C6", "C7", "C9", "C10")]
    warnings, unevaluated = REAL[name]
    assert rows(found, Verdict.ACCEPTABLE) == set(warnings.split())
    assert rows(found, Verdict.NOT_EVALUATED) == set(unevaluated.split())
    assert rows(found, Verdict.FAIL) == set()
