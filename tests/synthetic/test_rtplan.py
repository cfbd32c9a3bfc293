"""rtcheck.synthetic.rtplan: every place where a prescription may stand, as pydicom reads it back."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset

from rtcheck.errors import UsageError
from rtcheck.synthetic import (
    FULL_TURN,
    boost_plan_dataset,
    fraction_group,
    phased_plan_dataset,
    plan_dataset,
    point_roi,
    save,
    structure_set_dataset,
    uid,
)

PHASES = [(25, 50.0), (7, 14.0), (3, 6.0)]


def read_back(dataset: FileDataset, tmp_path: Path) -> pydicom.Dataset:
    return pydicom.dcmread(save(dataset, tmp_path / "object.dcm"))


def group_dose_gy(group: Dataset) -> float:
    return group.NumberOfFractionsPlanned * sum(float(beam.BeamDose) for beam in group.ReferencedBeamSequence)


# Phases ---------------------------------------------------------------------------------------------------------------


def test_each_phase_has_its_fractions_its_beams_and_its_dose(tmp_path: Path) -> None:
    plan = read_back(phased_plan_dataset(PHASES, target="PTV", target_roi_number=4), tmp_path)
    groups = plan.FractionGroupSequence
    assert [group.FractionGroupNumber for group in groups] == [1, 2, 3]
    assert [group.NumberOfFractionsPlanned for group in groups] == [25, 7, 3]
    assert [group_dose_gy(group) for group in groups] == pytest.approx([50, 14, 6])
    numbers = [[beam.ReferencedBeamNumber for beam in group.ReferencedBeamSequence] for group in groups]
    assert numbers == [[1, 2], [3, 4], [5, 6]]
    assert [beam.BeamNumber for beam in plan.BeamSequence] == [1, 2, 3, 4, 5, 6]
    assert [group.NumberOfBeams for group in groups] == [2, 2, 2]
    phase_doses = [group.ReferencedDoseReferenceSequence for group in groups]
    assert [[item.ReferencedDoseReferenceNumber for item in items] for items in phase_doses] == [[1], [1], [1]]
    assert [float(items[0].TargetPrescriptionDose) for items in phase_doses] == [50, 14, 6]
    (reference,) = plan.DoseReferenceSequence
    assert (reference.DoseReferenceNumber, float(reference.TargetPrescriptionDose)) == (1, 70)
    assert (reference.DoseReferenceStructureType, reference.ReferencedROINumber) == ("VOLUME", 4)
    assert plan.RTPlanLabel == "70Gy35F"


def test_phases_may_state_beam_doses_alone(tmp_path: Path) -> None:
    plan = read_back(phased_plan_dataset(PHASES, phase_doses=False, beams=3), tmp_path)
    assert not any("ReferencedDoseReferenceSequence" in group for group in plan.FractionGroupSequence)
    assert [group_dose_gy(group) for group in plan.FractionGroupSequence] == pytest.approx([50, 14, 6])
    assert [group.NumberOfBeams for group in plan.FractionGroupSequence] == [3, 3, 3]


def test_phases_may_state_phase_doses_alone(tmp_path: Path) -> None:
    plan = read_back(phased_plan_dataset(PHASES, beam_doses=False), tmp_path)
    beams = [beam for group in plan.FractionGroupSequence for beam in group.ReferencedBeamSequence]
    assert not any("BeamDose" in beam or "BeamDoseSpecificationPoint" in beam for beam in beams)
    assert all(float(beam.BeamMeterset) > 0 for beam in beams)
    assert all("ReferencedDoseReferenceSequence" in group for group in plan.FractionGroupSequence)


def test_a_phase_may_prescribe_to_several_dose_references() -> None:
    group = fraction_group(2, 7, [3], 2.0, target_doses_gy={1: 14.0, 2: 7.0})
    items = group.ReferencedDoseReferenceSequence
    assert [(item.ReferencedDoseReferenceNumber, float(item.TargetPrescriptionDose)) for item in items] == [
        (1, 14),
        (2, 7),
    ]


@pytest.mark.parametrize("phases", [[], [(25, 50.0), (0, 10.0)]])
def test_a_plan_of_no_phase_and_a_phase_of_no_fraction_are_refused(phases: list[tuple[int, float]]) -> None:
    with pytest.raises(UsageError, match="at least one"):
        phased_plan_dataset(phases)


# Targets --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("roi_numbers", [{"PTV_high": 3, "PTV_low": 7}, {"PTV_low": 7}, None])
def test_a_boost_has_a_dose_reference_for_each_target(roi_numbers: dict[str, int] | None, tmp_path: Path) -> None:
    dataset = boost_plan_dataset({"PTV_high": 60, "PTV_low": 50}, 25, roi_numbers=roi_numbers)
    plan = read_back(dataset, tmp_path)
    references = plan.DoseReferenceSequence
    assert [reference.DoseReferenceNumber for reference in references] == [1, 2]
    assert [reference.DoseReferenceType for reference in references] == ["TARGET", "TARGET"]
    assert [reference.DoseReferenceDescription for reference in references] == ["PTV_high", "PTV_low"]
    assert [float(reference.TargetPrescriptionDose) for reference in references] == [60, 50]
    assert len({reference.DoseReferenceUID for reference in references}) == 2
    for reference in references:
        number = (roi_numbers or {}).get(reference.DoseReferenceDescription)
        assert reference.get("ReferencedROINumber") == number
        assert reference.DoseReferenceStructureType == ("SITE" if number is None else "VOLUME")
    (group,) = plan.FractionGroupSequence
    assert group.NumberOfFractionsPlanned == 25
    assert group_dose_gy(group) == pytest.approx(60)


def test_a_boost_to_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="no target"):
        boost_plan_dataset({})


# Prescriptions without dose references --------------------------------------------------------------------------------


def test_a_prescription_may_stand_in_beam_doses_alone(tmp_path: Path) -> None:
    plan = read_back(plan_dataset(40, 5, dose_references=False, label="Liver"), tmp_path)
    assert "DoseReferenceSequence" not in plan
    (group,) = plan.FractionGroupSequence
    assert sum(float(beam.BeamDose) for beam in group.ReferencedBeamSequence) == pytest.approx(8)


@pytest.mark.parametrize("interpreted_type", ["MARKER", "ISOCENTER"])
def test_a_prescription_may_stand_in_the_name_of_a_point(interpreted_type: str, tmp_path: Path) -> None:
    name = "Rx PTV 40Gy/5fx"
    plan = read_back(plan_dataset(40, 5, dose_references=False, beam_doses=False, label="Liver"), tmp_path)
    assert "DoseReferenceSequence" not in plan
    assert (plan.RTPlanLabel, plan.RTPlanName) == ("Liver", "Liver")
    assert not any("BeamDose" in beam for beam in plan.FractionGroupSequence[0].ReferencedBeamSequence)
    rois = [point_roi(name, 9, (-96, -14.5, 30), interpreted_type)]
    structure_set = read_back(structure_set_dataset(rois), tmp_path)
    assert structure_set.StructureSetROISequence[0].ROIName == name
    (contour,) = structure_set.ROIContourSequence[0].ContourSequence
    assert (contour.ContourGeometricType, contour.NumberOfContourPoints) == ("POINT", 1)
    assert [float(v) for v in contour.ContourData] == [-96, -14.5, 30]
    assert structure_set.RTROIObservationsSequence[0].RTROIInterpretedType == interpreted_type


@pytest.mark.parametrize(
    ("option", "keyword"),
    [
        ("label", "RTPlanLabel"),
        ("name", "RTPlanName"),
        ("description", "RTPlanDescription"),
        ("prescription_description", "PrescriptionDescription"),
    ],
)
def test_a_prescription_may_stand_in_free_text_alone(option: str, keyword: str, tmp_path: Path) -> None:
    text = "40 Gy / 5 fx"
    options = {"label": "Liver", option: text}
    plan = read_back(plan_dataset(30, 3, dose_references=False, beam_doses=False, **options), tmp_path)
    assert plan[keyword].value == text
    others = {"RTPlanLabel", "RTPlanName", "RTPlanDescription", "PrescriptionDescription"} - {keyword}
    # A name that isn't given is the label.
    assert {plan.get(other, "Liver") for other in others} <= {"Liver", text if option == "label" else "Liver"}
    assert "3F" not in str(plan)


# Frames, instances, arcs ----------------------------------------------------------------------------------------------


def test_a_plan_may_be_of_another_frame_of_reference(tmp_path: Path) -> None:
    plan = read_back(plan_dataset(40, 5, key="a", frame="second"), tmp_path)
    assert plan.FrameOfReferenceUID == uid("a", "second")
    assert plan.FrameOfReferenceUID != plan_dataset(40, 5, key="a").FrameOfReferenceUID


def test_dose_references_of_two_plans_of_a_patient_are_not_the_same() -> None:
    first, second = plan_dataset(40, 5), plan_dataset(27, 3, instance="RTPLAN_Spine")
    uids = [plan.DoseReferenceSequence[0].DoseReferenceUID for plan in (first, second)]
    assert uids[0] != uids[1]


def test_gantry_of_every_second_beam_turns_back(tmp_path: Path) -> None:
    plan = read_back(plan_dataset(27, 3, path=FULL_TURN), tmp_path)
    angles = [[float(point.GantryAngle) for point in beam.ControlPointSequence] for beam in plan.BeamSequence]
    assert angles[0] == list(FULL_TURN.gantry_deg)
    assert angles[1] == angles[0][::-1]
    directions = [beam.ControlPointSequence[0].GantryRotationDirection for beam in plan.BeamSequence]
    assert directions == ["CC", "CW"]
