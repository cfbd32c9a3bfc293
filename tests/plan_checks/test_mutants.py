"""Every plan check is seen to fire on a mutant, or in what carries it, or files are seen to be refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

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
from rtcheck.finding import Finding, Source, Verdict
from rtcheck.metrics import parse_metric
from rtcheck.plan_checks import PLAN_CHECKS
from rtcheck.plan_checks.check import READING
from rtcheck.sheet import CaseSheet, DeclaredLesion, LesionKind, Reduction
from rtcheck.study import PhysicalProperty, Study
from rtcheck.units import Comparator
from tests import studies
from tests.plan_checks.balls import ball_case, hot, target_cube
from tests.plan_checks.drawings import BOX, CLOSED, box, contour, cube, drawn, square, with_more, without
from tests.plan_checks.mutants import (
    dose_times,
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
    with_kidneys_swapped,
    with_plan,
    with_points,
    with_roi,
    with_rois,
    with_uses,
)
from tests.plan_checks.plans import (
    RULE,
    TOTAL_GY,
    at_points,
    cold_core,
    falling,
    organ_case,
    stored,
    target_case,
    target_study,
    with_stored,
)
from tests.plan_checks.samples import TWO, case_of, fires, mutant, sample

WATER = (PhysicalProperty("REL_ELEC_DENSITY", 1.0),)


def _overlapping() -> Case:
    return with_rois(lambda rois: rois | {"Heart": replace(rois["Heart"], contours=rois["Lung_L"].contours)})


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
    case = organ_case()
    return with_stored(case, stored(case, volume=1.5))


def _peak_far_from_the_target() -> Case:
    return organ_case(studies.dose(lambda x, y, z: falling(x, y, z, (40.0, 0.0, 0.0))))


def _one_point_of(gray: float) -> Case:
    return at_points(target_study(level_gy=gray), ((0.0, 0.0, 0.0), 8.0))


def _cold_core() -> Case:
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
    "C5": with_kidneys_swapped,
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
    "C17": lambda: drawn(cube("PTV", 40, kind="PTV"), cube("SpinalCord", 20, x_mm=50.0)),
    "D1": lambda: target_case(beam_dose_gy=2.0),
    "D2": _two_dose_references,
    "D3": lambda: target_case(24.0, 1),
    "D4": _cold_core,
    "D5": lambda: target_case(4.0, 5),
    "D6": lambda: dose_times(100.0),
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
    "E13": lambda: with_every_point(isocentre_mm=(0.0, 100.0, -30.0)),
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
    "C5": Carried(with_kidneys_swapped, laterality),
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
