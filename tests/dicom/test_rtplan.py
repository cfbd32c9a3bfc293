"""RT Plan: prescriptions, fraction groups, beams, and what a plan must hold."""

from __future__ import annotations

import copy

import pytest
from pydicom.dataset import Dataset

from rtcheck.dicom import read_plan
from rtcheck.errors import UnreadableFileError
from rtcheck.study import Beam, DoseReference, FractionGroup, PhaseDose, ReferencedBeam


def read(make, ds):
    return read_plan([("plan.dcm", make.to_bytes(ds))])


def test_every_part_is_read(make):
    ds = make.plan()
    ds.RTPlanName, ds.PlanIntent, ds.ApprovalStatus = "Liver", "CURATIVE", "APPROVED"
    setup = Dataset()
    setup.PatientPosition, setup.PatientSetupNumber = "HFS", 1
    ds.PatientSetupSequence = [setup]
    plan = read(make, ds)
    assert plan.dose_references == (DoseReference(1, "SITE", "PTV", "TARGET", 40.0),)
    assert plan.fraction_groups == (FractionGroup(1, 5, (ReferencedBeam(1, 8.0, 100.5),)),)
    assert plan.beams == (Beam(1, "Arc", "PHOTON", "TREATMENT", "Linac"),)
    assert plan.referenced_structure_set_uid == "1.2.3.2"
    assert (plan.label, plan.name, plan.plan_intent, plan.approval_status) == ("Plan1", "Liver", "CURATIVE", "APPROVED")
    assert (plan.date, plan.patient_positions, plan.frame_of_reference_uid) == ("20240101", ("HFS",), make.FRAME)


def test_what_is_not_stated_is_none(make):
    ds = make.plan(structures=None, frame=None)
    del ds.DoseReferenceSequence, ds.RTPlanDate
    del (
        ds.FractionGroupSequence[0].NumberOfFractionsPlanned,
        ds.FractionGroupSequence[0].ReferencedBeamSequence[0].BeamDose,
    )
    plan = read(make, ds)
    assert plan.dose_references == ()
    assert plan.fraction_groups[0].fractions_planned is None
    assert plan.fraction_groups[0].beams[0].beam_dose_gy is None
    assert plan.referenced_structure_set_uid is plan.frame_of_reference_uid is plan.date is plan.approval_status is None


def test_ion_plan(make):
    ds = make.plan()
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.8"
    ds.IonBeamSequence = ds.BeamSequence
    del ds.BeamSequence
    ds.IonBeamSequence[0].RadiationType = "PROTON"
    assert read(make, ds).beams[0].radiation_type == "PROTON"


def test_several_fraction_groups_stay_several(make):
    ds = make.plan()
    second = copy.deepcopy(ds.FractionGroupSequence[0])
    second.FractionGroupNumber, second.NumberOfFractionsPlanned = 2, 3
    ds.FractionGroupSequence.append(second)
    assert [group.fractions_planned for group in read(make, ds).fraction_groups] == [5, 3]


def phase_dose(number, dose_gy=None):
    item = Dataset()
    item.ReferencedDoseReferenceNumber = number
    if dose_gy is not None:
        item.TargetPrescriptionDose = dose_gy
    return item


def test_what_each_phase_prescribes_is_read(make):
    ds = make.treating(make.aimed(make.plan(), PTV1=60, PTV2=50), {1: [1], 2: [2]})
    first, second = ds.FractionGroupSequence
    first.ReferencedDoseReferenceSequence = [phase_dose(1, 50), phase_dose(2, 50)]
    second.ReferencedDoseReferenceSequence = [phase_dose(1, 10), phase_dose(2)]
    groups = read(make, ds).fraction_groups
    assert groups[0].target_doses == (PhaseDose(1, 50.0), PhaseDose(2, 50.0))
    assert groups[1].target_doses == (PhaseDose(1, 10.0),)


def test_descriptions_are_read_as_they_stand(make):
    ds = make.plan()
    ds.RTPlanDescription, ds.PrescriptionDescription = "boost after CT2", "10 x 2 Gy"
    plan = read(make, ds)
    assert (plan.description, plan.prescription_description) == ("boost after CT2", "10 x 2 Gy")
    assert read(make, make.plan()).description is None


@pytest.mark.parametrize("sequence", ["BeamSequence", "IonBeamSequence"])
def test_control_points_are_counted_as_stated(make, sequence):
    ds = make.plan()
    beams = ds.BeamSequence
    del ds.BeamSequence
    setattr(ds, sequence, beams)
    assert read(make, ds).beams[0].control_points is None
    beams[0].NumberOfControlPoints = 178
    assert read(make, ds).beams[0].control_points == 178


def test_a_phase_with_doses_that_make_no_sense_is_refused(make):
    for item, match in [
        ([phase_dose(7, 50)], "prescribes to dose reference 7, which the plan doesn't hold"),
        ([phase_dose(1, 50), phase_dose(1, 40)], "ReferencedDoseReferenceNumber 1 stands twice"),
        ([phase_dose(1, -5)], "TargetPrescriptionDose must not be negative"),
    ]:
        ds = make.plan()
        ds.FractionGroupSequence[0].ReferencedDoseReferenceSequence = item
        with pytest.raises(UnreadableFileError, match=match):
            read(make, ds)


def double(ds, keyword):
    getattr(ds, keyword).append(copy.deepcopy(getattr(ds, keyword)[0]))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda ds: delattr(ds, "SOPInstanceUID"), "SOPInstanceUID is missing"),
        (lambda ds: delattr(ds, "FractionGroupSequence"), "FractionGroupSequence is missing"),
        (lambda ds: setattr(ds, "FractionGroupSequence", []), "FractionGroupSequence is missing"),
        (lambda ds: delattr(ds, "BeamSequence"), "uses beam 1, which the plan doesn't hold"),
        (lambda ds: double(ds, "BeamSequence"), "BeamNumber 1 stands twice"),
        (lambda ds: double(ds, "FractionGroupSequence"), "FractionGroupNumber 1 stands twice"),
        (lambda ds: double(ds, "DoseReferenceSequence"), "DoseReferenceNumber 1 stands twice"),
        (lambda ds: double(ds.FractionGroupSequence[0], "ReferencedBeamSequence"), "NumberOfBeams differs"),
        (lambda ds: delattr(ds.BeamSequence[0], "BeamNumber"), "BeamNumber is missing"),
        (lambda ds: setattr(ds.FractionGroupSequence[0], "NumberOfFractionsPlanned", -5), "must not be negative"),
        (lambda ds: setattr(ds.BeamSequence[0], "NumberOfControlPoints", -1), "must not be negative"),
        (lambda ds: setattr(ds.DoseReferenceSequence[0], "TargetPrescriptionDose", -5), "must not be negative"),
        (
            lambda ds: ds.ReferencedStructureSetSequence.append(copy.deepcopy(ds.ReferencedRTPlanSequence[0])),
            "more than one structure set",
        ),
    ],
)
def test_refused(make, change, match):
    ds = make.plan()
    ds.ReferencedRTPlanSequence = [make.reference("1.2.99")]
    change(ds)
    with pytest.raises(UnreadableFileError, match=match):
        read_plan([("plan.dcm", make.to_bytes(ds, meta=False))])


@pytest.mark.parametrize("text", [b"5.5", b"abc", b"5\\6", b"nan"])
def test_fractions_that_are_no_whole_number_are_refused(make, text):
    data = make.to_bytes(make.plan(fractions=123456789012))
    assert data.count(b"123456789012") == 1
    with pytest.raises(UnreadableFileError, match="NumberOfFractionsPlanned"):
        read_plan([("plan.dcm", data.replace(b"123456789012", text.ljust(12)))])
