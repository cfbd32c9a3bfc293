"""RT Plan: prescriptions, fraction groups, beams, and what a plan must hold."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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


def opened(kind, *positions):
    item = Dataset()
    item.RTBeamLimitingDeviceType, item.LeafJawPositions = kind, list(positions)
    return item


def point(index, weight, *devices, **values):
    item = Dataset()
    item.ControlPointIndex, item.CumulativeMetersetWeight = index, weight
    if devices:
        item.BeamLimitingDevicePositionSequence = list(devices)
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def with_points(make, *points, sequence="ControlPointSequence"):
    ds = make.plan()
    (beam,) = ds.BeamSequence
    if sequence.startswith("Ion"):
        ds.IonBeamSequence = ds.BeamSequence
        del ds.BeamSequence
    setattr(beam, sequence, list(points))
    return ds


START = {
    "IsocenterPosition": [-96, -14.5, 30],
    "GantryAngle": 181,
    "BeamLimitingDeviceAngle": 30,
    "PatientSupportAngle": 0,
    "NominalBeamEnergy": 10,
    "DoseRateSet": 600,
}


@pytest.mark.parametrize("sequence", ["ControlPointSequence", "IonControlPointSequence"])
def test_what_a_control_point_leaves_out_is_that_of_the_one_before_it(make, sequence):
    ds = with_points(
        make,
        point(0, 0, opened("ASYMX", -50, 50), opened("MLCX", -10, -20, 10, 20), **START),
        point(1, 0.25, opened("MLCX", -5, -15, 5, 15), GantryAngle=225),
        point(2, 1),
        sequence=sequence,
    )
    first, second, third = read(make, ds).beams[0].sequence
    assert first.isocentre_mm == second.isocentre_mm == third.isocentre_mm == (-96, -14.5, 30)
    assert [one.gantry_deg for one in (first, second, third)] == [181, 225, 225]
    assert [one.cumulative_meterset_weight for one in (first, second, third)] == [0, 0.25, 1]
    assert (third.collimator_deg, third.couch_deg, third.nominal_energy, third.dose_rate) == (30, 0, 10, 600)
    assert [device.device_type for device in third.devices] == ["ASYMX", "MLCX"]
    np.testing.assert_array_equal(first.devices[1].positions_mm, [-10, -20, 10, 20])
    for later in (second, third):
        np.testing.assert_array_equal(later.devices[0].positions_mm, [-50, 50])
        np.testing.assert_array_equal(later.devices[1].positions_mm, [-5, -15, 5, 15])
    assert not third.devices[1].positions_mm.flags.writeable


def test_the_direction_of_the_gantry_is_read_and_carried_forward(make):
    points = point(0, 0), point(1, 0.5, GantryRotationDirection="CW"), point(2, 0.7), point(3, 1)
    points[3].GantryRotationDirection = "NONE"
    ds = with_points(make, *points)
    assert [one.gantry_rotation for one in read(make, ds).beams[0].sequence] == [None, "CW", "CW", "NONE"]


@pytest.mark.parametrize(("distance_mm", "known"), [(1000, 1000.0), (0, None), (-1000, None)])
def test_a_source_is_at_a_distance_from_the_axis_or_it_is_not_known(make, distance_mm, known):
    ds = make.plan()
    ds.BeamSequence[0].SourceAxisDistance = distance_mm
    assert read(make, ds).beams[0].source_axis_distance_mm == known


def test_weights_are_not_carried_forward(make):
    ds = with_points(make, point(0, 0), point(1, 1), point(2, None))
    assert [one.cumulative_meterset_weight for one in read(make, ds).beams[0].sequence] == [0, 1, None]


def test_beams_say_what_they_are(make):
    ds = make.plan()
    (beam,) = ds.BeamSequence
    beam.BeamType, beam.PrimaryDosimeterUnit, beam.FinalCumulativeMetersetWeight = "DYNAMIC", "MU", 1
    beam.NumberOfBoli, beam.ReferencedToleranceTableNumber = 1, 3
    bolus, mode, device, table = Dataset(), Dataset(), Dataset(), Dataset()
    bolus.ReferencedROINumber = 7
    mode.FluenceMode, mode.FluenceModeID = "NON_STANDARD", "FFF"
    device.RTBeamLimitingDeviceType, device.NumberOfLeafJawPairs = "MLCX", 2
    device.LeafPositionBoundaries = [-5, 0, 5]
    table.ToleranceTableNumber = 3
    beam.ReferencedBolusSequence, beam.PrimaryFluenceModeSequence = [bolus], [mode]
    beam.BeamLimitingDeviceSequence, ds.ToleranceTableSequence = [device], [table]
    ds.RTPlanTime = "103000"
    plan = read(make, ds)
    (one,) = plan.beams
    assert (one.beam_type, one.dosimeter_unit, one.final_cumulative_meterset_weight) == ("DYNAMIC", "MU", 1)
    assert (one.boli, one.bolus_roi_numbers, one.tolerance_table_number, one.fluence_mode) == (1, (7,), 3, "FFF")
    assert (one.devices[0].device_type, one.devices[0].pairs) == ("MLCX", 2)
    np.testing.assert_array_equal(one.devices[0].leaf_boundaries_mm, [-5, 0, 5])
    assert (plan.tolerance_table_numbers, plan.time) == ((3,), "103000")


def test_a_standard_fluence_has_no_mode(make):
    ds, mode = make.plan(), Dataset()
    mode.FluenceMode = "STANDARD"
    ds.BeamSequence[0].PrimaryFluenceModeSequence = [mode]
    assert read(make, ds).beams[0].fluence_mode is None


def test_nothing_in_a_beam_but_its_number_need_make_sense(make):
    ds = with_points(make, point(0, 0, opened("MLCX", 1, 2), **START), point(1, 1))
    (beam,) = ds.BeamSequence
    first, second = beam.ControlPointSequence
    for item, tag, kind in [
        (beam, 0x300A010E, "DS"),  # FinalCumulativeMetersetWeight
        (beam, 0x300A00ED, "IS"),  # NumberOfBoli
        (beam, 0x300C00A0, "IS"),  # ReferencedToleranceTableNumber
        (first, 0x300A0112, "IS"),  # ControlPointIndex
        (first, 0x300A011E, "DS"),  # GantryAngle
        (first, 0x300A0120, "DS"),  # BeamLimitingDeviceAngle
        (first, 0x300A012C, "DS"),  # IsocenterPosition
        (second, 0x300A0134, "DS"),  # CumulativeMetersetWeight
        (first.BeamLimitingDevicePositionSequence[0], 0x300A011C, "DS"),
    ]:
        make.put_raw(item, tag, kind, b"1\\x")
    make.put_raw(second, 0x300A011E, "DS", b"90")
    (one,) = read(make, ds).beams
    assert one.final_cumulative_meterset_weight is one.boli is one.tolerance_table_number is None
    start, end = one.sequence
    assert (start.index, start.gantry_deg, start.collimator_deg, start.isocentre_mm) == (0, None, None, None)
    assert (end.gantry_deg, end.collimator_deg, end.cumulative_meterset_weight) == (90, None, None)
    assert len(start.devices[0].positions_mm) == 0


def test_one_bad_leaf_position_spoils_its_device_alone(make):
    good = [opened("MLCX", -1, 1) for _ in range(3)]
    make.put_raw(good[1], 0x300A011C, "DS", b"-1\\nan")
    ds = with_points(make, *(point(k, k / 2, item) for k, item in enumerate(good)))
    lengths = [len(one.devices[0].positions_mm) for one in read(make, ds).beams[0].sequence]
    assert lengths == [2, 0, 2]


def test_a_control_point_sequence_damaged_inside_leaves_the_plan_readable(make):
    data = make.to_bytes(with_points(make, point(0, 0, GantryAngle=123.25), point(1, 1)), "explicit")
    at = data.index(b"\x0a\x30\x11\x01SQ")  # ControlPointSequence, of defined length
    broken = data[: at + 12] + b"\x01\x02\x03\x04" + data[at + 16 :]  # its first item is none
    plan = read_plan([("plan.dcm", broken)])
    assert plan.beams[0].sequence == ()
    assert plan.beams[0].number == 1


@given(leaves=st.lists(st.lists(st.decimals(-200, 200, places=3), min_size=4, max_size=4), min_size=1, max_size=6))
@settings(max_examples=25)
def test_leaf_positions_survive(make, leaves):
    text = ["\\".join(map(str, row)) for row in leaves]
    items = [opened("MLCX", 0, 0) for _ in leaves]
    for item, row in zip(items, text, strict=True):
        make.put_raw(item, 0x300A011C, "DS", row.encode())
    points = [point(k, k, item) for k, item in enumerate(items)]
    for one, row in zip(read(make, with_points(make, *points)).beams[0].sequence, leaves, strict=True):
        np.testing.assert_array_equal(one.devices[0].positions_mm, [float(value) for value in row])
