"""Every way in which prescription and dose may be delivered in files: written by one part, read right by another."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import rtcheck
from rtcheck.accumulate import Addend, accumulate
from rtcheck.dvh import compute_dvh
from rtcheck.errors import AmbiguousStudyError, IncompleteStudyError, InputError, UnsupportedDoseError
from rtcheck.finding import Verdict
from rtcheck.report.summary import facts
from rtcheck.synthetic import (
    RoiSpec,
    beam_doses,
    boost_plan_dataset,
    box_contours,
    dose_dataset,
    phased_plan_dataset,
    plan_dataset,
    point_roi,
    registration_dataset,
    save,
    segment_doses,
    structure_set_dataset,
    uid,
)
from rtcheck.units import bed_basis
from tests.commands import run

KEY = "deliveries"
ORIGIN, SPACING, SHAPE = (-40.0, -40.0, -40.0), (4.0, 4.0, 4.0), (21, 21, 21)
PTV, OTHER = (
    RoiSpec("PTV", 1, box_contours((20, 20, 20), 2, (0, 0, 0)), "PTV"),
    RoiSpec("PTV_low", 2, box_contours((10, 20, 20), 2, (25, 0, 0)), "PTV"),
)
PHASES = [(25, 50.0), (7, 14.0), (3, 6.0)]


def uniform(gray):
    return np.full(SHAPE, float(gray))


def sloping(gray):
    """`gray` in the middle, 10 % more and less at the ends of x."""
    x = np.linspace(-0.1, 0.1, SHAPE[2])
    return gray * (1 + np.broadcast_to(x, SHAPE))


def written(folder: Path, *datasets, rois=(PTV,)) -> Path:
    folder.mkdir(exist_ok=True)
    for number, dataset in enumerate((structure_set_dataset(rois, key=KEY), *datasets)):
        save(dataset, folder / f"{number}.dcm")
    return folder


def rtdose(gray_array, instance="RTDOSE", **more):
    return dose_dataset(gray_array, ORIGIN, SPACING, key=KEY, instance=instance, **more)


def case_of(folder, **more) -> rtcheck.Case:
    return rtcheck.Case(rtcheck.read_study(folder, **more))


def schedules(case):
    return {target.name: str(target.prescription.schedule) if target.prescription else None for target in case.targets}


@pytest.mark.parametrize(("phase_doses", "beam_doses_too"), [(True, True), (True, False), (False, True)])
def test_a_three_phase_plan_is_read_by_its_phases(tmp_path, phase_doses, beam_doses_too) -> None:
    plan = phased_plan_dataset(
        PHASES, phase_doses=phase_doses, beam_doses=beam_doses_too, target_roi_number=1, key=KEY, label="Boosted"
    )
    case = case_of(written(tmp_path, plan, rtdose(uniform(70))))
    assert schedules(case) == {"PTV": "25x2Gy + 7x2Gy + 3x2Gy"}
    assert case.fractions == 35


def test_a_three_phase_plan_whose_phases_nothing_tells_is_not_evaluated(tmp_path) -> None:
    plan = phased_plan_dataset(
        PHASES, phase_doses=False, beam_doses=False, target_roi_number=1, key=KEY, label="Boosted"
    )
    result = rtcheck.check(written(tmp_path, plan, rtdose(uniform(70))))
    (bed,) = [finding for finding in result.findings if finding.check == "bed"]
    assert (bed.verdict, bed.reason) == (Verdict.NOT_EVALUATED, "no-prescription")
    assert "25 + 7 + 3 fractions" in bed.message


def test_phases_with_a_dose_each_are_added_and_never_multiplied(tmp_path) -> None:
    plan = phased_plan_dataset(PHASES, target_roi_number=1, key=KEY)
    doses = [
        rtdose(uniform(gray), f"RTDOSE{group}", summation_type="FRACTION", group=group)
        for group, (_, gray) in enumerate(PHASES, start=1)
    ]
    case = case_of(written(tmp_path, plan, *doses))
    assert case.dvh("PTV")["Mean[Gy]"].value == pytest.approx(70.0, rel=1e-5)
    bed = case.dvh("PTV", bed_basis(10))["D50%[Gy]"].value
    assert bed == pytest.approx(70 * 1.2, rel=1e-5)


def test_a_missing_phase_is_refused_by_its_number(tmp_path) -> None:
    plan = phased_plan_dataset(PHASES, target_roi_number=1, key=KEY)
    doses = [
        rtdose(uniform(gray), f"D{group}", summation_type="FRACTION", group=group) for group, gray in ((1, 50), (2, 14))
    ]
    with pytest.raises(IncompleteStudyError, match="3"):
        case_of(written(tmp_path, plan, *doses))


def test_the_dose_of_the_only_fraction_group_is_the_whole_course(tmp_path) -> None:
    plan = plan_dataset(40, 5, target_roi_number=1, key=KEY)
    case = case_of(written(tmp_path, plan, rtdose(uniform(40), summation_type="FRACTION", group=1)))
    assert case.dvh("PTV")["Mean[Gy]"].value == pytest.approx(40.0, rel=1e-5)
    assert schedules(case) == {"PTV": "5x8Gy"}


def test_a_simultaneous_boost_gives_each_target_its_own(tmp_path) -> None:
    plan = boost_plan_dataset({"PTV": 60, "PTV_low": 50}, 25, roi_numbers={"PTV": 1, "PTV_low": 2}, key=KEY)
    case = case_of(written(tmp_path, plan, rtdose(uniform(60)), rois=(PTV, OTHER)))
    assert schedules(case) == {"PTV": "25x2.4Gy", "PTV_low": "25x2Gy"}


def test_beam_doses_that_are_complete_add_up_to_the_plan(tmp_path) -> None:
    plan = plan_dataset(40, 5, target_roi_number=1, key=KEY, beams=3)
    whole = sloping(40)
    parts = [
        rtdose(part, f"B{number}", summation_type="BEAM", group=1, beam=number)
        for number, part in enumerate(beam_doses(whole, 3), start=1)
    ]
    summed = case_of(written(tmp_path / "beams", plan, *parts[::-1]))
    single = case_of(written(tmp_path / "whole", plan, rtdose(whole)))
    for metric in ("Mean[Gy]", "D95%[Gy]", "Max[Gy]"):
        assert summed.dvh("PTV")[metric].value == pytest.approx(single.dvh("PTV")[metric].value, rel=1e-6)
    assert len(summed.study.dose.parts) == 3


def test_control_point_doses_that_are_complete_add_up_to_the_plan(tmp_path) -> None:
    plan = plan_dataset(40, 5, target_roi_number=1, key=KEY, beams=1)
    points = int(plan.BeamSequence[0].NumberOfControlPoints)
    parts = [
        rtdose(part, f"C{start}", summation_type="CONTROL_POINT", group=1, beam=1, control_points=(start, start + 1))
        for start, part in enumerate(segment_doses(sloping(40), points))
    ]
    case = case_of(written(tmp_path, plan, *parts))
    assert case.dvh("PTV")["Mean[Gy]"].value == pytest.approx(40.0, rel=1e-5)


def test_beam_doses_with_one_missing_are_refused_by_its_name(tmp_path) -> None:
    plan = plan_dataset(40, 5, target_roi_number=1, key=KEY, beams=2)
    part = rtdose(beam_doses(uniform(40), 2)[0], "B1", summation_type="BEAM", group=1, beam=1)
    with pytest.raises(InputError, match="Arc2"):
        case_of(written(tmp_path, plan, part))


def test_a_beam_only_plan_is_read_by_its_beam_doses(tmp_path) -> None:
    plan = plan_dataset(40, 5, key=KEY, dose_references=False, label="SBRT")
    case = case_of(written(tmp_path, plan, rtdose(uniform(40))))
    assert schedules(case) == {"PTV": "5x8Gy"}
    assert "beam doses" in case.prescriptions[0].source


def test_a_prescription_in_the_name_of_a_point_is_read(tmp_path) -> None:
    plan = plan_dataset(40, 5, key=KEY, dose_references=False, beam_doses=False, label="SBRT")
    rois = (PTV, OTHER, point_roi("Rx PTV 40Gy/5fx", 8), point_roi("Rx PTV_low 30Gy/5fx", 9))
    case = case_of(written(tmp_path, plan, rtdose(uniform(40)), rois=rois))
    assert schedules(case) == {"PTV": "5x8Gy", "PTV_low": "5x6Gy"}


def test_a_prescription_in_the_label_alone_is_read(tmp_path) -> None:
    plan = plan_dataset(40, 5, key=KEY, dose_references=False, beam_doses=False, label="Liver 40Gy5F")
    assert schedules(case_of(written(tmp_path, plan, rtdose(uniform(40))))) == {"PTV": "5x8Gy"}


def test_a_relative_dose_is_refused_unless_a_normalisation_is_given_and_then_labelled_everywhere(tmp_path) -> None:
    plan = plan_dataset(40, 5, target_roi_number=1, key=KEY)
    folder = written(tmp_path, plan, rtdose(uniform(40), relative_to_gy=40))
    with pytest.raises(UnsupportedDoseError, match="RELATIVE"):
        rtcheck.read_study(folder)
    result = rtcheck.check(folder, normalisation="100=40Gy")
    case = result.case
    assert case.dvh("PTV")["Mean[Gy]"].value == pytest.approx(40.0, rel=1e-5)
    assert any("100 = 40 Gy" in flag.message for flag in case.dvh("PTV").flags)
    assert "100 = 40 Gy" in result.to_json()
    assert any(finding.reason == "dose-normalised" for finding in result.findings)


def two_plans(folder, frame=None, *more):
    """A plan of each target; the second lies in another frame of reference where one is named."""
    first = plan_dataset(40, 5, target="PTV", target_roi_number=1, key=KEY, label="A", instance="PA")
    options = {"frame": frame} if frame else {}
    second = plan_dataset(27, 3, target="PTV_low", target_roi_number=2, key=KEY, label="B", instance="PB", **options)
    doses = (rtdose(uniform(40), "DA", plan="PA"), rtdose(sloping(27), "DB", plan="PB", **options))
    return written(folder, first, second, *doses, *more, rois=(PTV, OTHER))


def test_plans_of_different_targets_are_taken_together_and_said_so(tmp_path) -> None:
    study = rtcheck.read_study(two_plans(tmp_path))
    assert [plan.label for plan in study.plans] == ["A", "B"]
    assert "plans-together" in {note.code for note in study.notes}
    assert schedules(rtcheck.Case(study)) == {"PTV": "5x8Gy", "PTV_low": "3x9Gy"}


@pytest.mark.parametrize(("chosen", "mean"), [("A", 40.0), ("B", 27.0), (["A", "B"], 67.0), (["B", "A"], 67.0)])
def test_one_plan_or_their_sum_is_chosen_by_name(tmp_path, chosen, mean) -> None:
    case = case_of(two_plans(tmp_path), plan=chosen)
    assert case.dvh("PTV")["Mean[Gy]"].value == pytest.approx(mean, rel=1e-5)


def test_plans_of_one_target_may_be_rivals_and_are_asked_for(tmp_path) -> None:
    first = plan_dataset(40, 5, target_roi_number=1, key=KEY, label="A", instance="PA")
    second = plan_dataset(50, 5, target_roi_number=1, key=KEY, label="B", instance="PB")
    doses = (rtdose(uniform(40), "DA", plan="PA"), rtdose(uniform(50), "DB", plan="PB"))
    folder = written(tmp_path, first, second, *doses)
    with pytest.raises(AmbiguousStudyError, match="several"):
        rtcheck.read_study(folder)
    both = case_of(folder, plan=["A", "B"])
    assert schedules(both) == {"PTV": "5x8Gy + 5x10Gy"}


def test_another_frame_of_reference_needs_a_registration(tmp_path) -> None:
    with pytest.raises(InputError, match="registration"):
        rtcheck.read_study(two_plans(tmp_path, "second"), plan=["A", "B"])


def test_a_rigid_registration_moves_a_dose_into_the_studys_frame(tmp_path) -> None:
    matrix = np.eye(4)
    matrix[:3, 3] = (8.0, 0.0, 0.0)
    moved = registration_dataset(uid(KEY, "second"), uid(KEY, "frame-of-reference"), matrix, key=KEY)
    case = case_of(two_plans(tmp_path, "second", moved), plan=["A", "B"])
    # 27 Gy at x = 8 mm of the study, rising by 0.0675 Gy/mm.
    assert case.dvh("PTV")["Mean[Gy]"].value == pytest.approx(40 + 27 * (1 - 0.1 * 8 / 40), rel=1e-4)
    (registered,) = [one.dose for one in case.study.plan_doses if one.dose.registration]
    assert registered.grid.frame_of_reference_uid == case.study.structure_set.frame_of_reference_uid


def test_a_weighted_dose_is_never_called_physical_in_a_report(tmp_path) -> None:
    plan = plan_dataset(40, 5, target_roi_number=1, key=KEY)
    result = rtcheck.check(written(tmp_path, plan, rtdose(uniform(42), dose_type="EFFECTIVE")))
    assert result.document["provenance"]["dose"]["basis"] == "effective"
    shown = dict(facts(result.evaluation))
    assert shown["Dose"].startswith("effective dose")


def test_every_roi_has_its_line_in_eqd2_though_two_have_one_name(tmp_path) -> None:
    plan = plan_dataset(40, 5, target_roi_number=1, key=KEY)
    twin = RoiSpec("PTV", 2, OTHER.contours, "PTV")
    folder = written(tmp_path, plan, rtdose(uniform(40)), rois=(PTV, twin))
    finished = run("dvh", str(folder), "--basis", "EQD2", "--metric", "Volume[cc]", "-f", "json", root=tmp_path)
    assert [row["roi"] for row in json.loads(finished.stdout)] == ["PTV", "PTV"]


def test_the_sum_of_the_sample_is_within_half_a_percent_of_a_finer_one(sample_plans) -> None:
    case = case_of(sample_plans / "two-lesions-two-plans")
    addends = [
        Addend(one.label, one.dose.grid, one.dose.dose_gy, one.fractions, (one.dose.sop_instance_uid,))
        for one in case.study.plan_doses
    ]
    (ptv,) = [roi for roi in case.study.structure_set.rois if roi.name == "PTV_Liver"]
    finest, plain = (accumulate(addends, bed_basis(10), refinement=n).field for n in (3, 1))
    solid = case.contoured.solid_of(ptv)
    truth, unrefined = (
        compute_dvh(solid, field, roi="PTV", intervals=False)["D98%[Gy]"].value for field in (finest, plain)
    )
    assert case.dvh_of(ptv, bed_basis(10))["D98%[Gy]"].value == pytest.approx(truth, rel=5e-3)
    assert unrefined == pytest.approx(truth, rel=2.5e-2)
    assert unrefined != pytest.approx(truth, rel=1e-2)
