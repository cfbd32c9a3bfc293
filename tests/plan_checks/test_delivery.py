"""Section E, second half: angles, openings, setup beams, boluses, patient position, control points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.finding import Verdict
from rtcheck.plan_checks.beam_aperture import opening_of
from rtcheck.plan_checks.delivery import CHECKS
from rtcheck.study import Beam, ControlPoint, DevicePositions, LimitingDevice
from tests.plan_checks.samples import CLEAN, SILENT, asked, case_of, files, fires, mutant, sample

BY_ID = {check.id: check for check in CHECKS}
SBRT, IMRT, TWO = "hcc-sbrt-5fx", "hcc-imrt-25fx", "two-lesions-two-plans"


def with_plan(change, name=SBRT):
    study = sample(name)
    first, *others = study.plan_doses
    return Case(replace(study, plan_doses=(replace(first, plan=change(first.plan)), *others)))


def with_beam(change, index=0, name=SBRT):
    """A sample with one beam of its first plan changed; `change` gives its new values."""

    def changed(plan):
        beams = list(plan.beams)
        beams[index] = replace(beams[index], **change(beams[index]))
        return replace(plan, beams=tuple(beams))

    return with_plan(changed, name)


def with_points(name=SBRT, **values):
    """A sample with all control points of its first beam changed."""
    return with_beam(lambda beam: {"sequence": tuple(replace(point, **values) for point in beam.sequence)}, name=name)


def with_point(place, **values):
    """A sample with one control point of its first beam changed."""

    def changed(beam):
        points = list(beam.sequence)
        points[place] = replace(points[place], **values)
        return {"sequence": tuple(points)}

    return with_beam(changed)


def without_plan():
    study = sample()
    return Case(replace(study, plan_doses=tuple(replace(one, plan=None) for one in study.plan_doses)))


def only(case, check_id):
    (finding,) = fires(case, BY_ID[check_id])
    return finding


def unchecked(case, check_id):
    """What couldn't be looked at; the check hasn't passed then."""
    found = asked(case, BY_ID[check_id])
    assert Verdict.PASS not in {finding.verdict for finding in found}
    return [finding for finding in found if finding.reason == "not-checked"]


@pytest.mark.parametrize("name", [*CLEAN, TWO])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_clean_plan_raises_no_alert(name, check):
    assert {finding.verdict for finding in asked(case_of(name), check)} <= SILENT


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_without_a_plan_nothing_is_passed(check):
    assert any("no RT Plan" in finding.message for finding in unchecked(without_plan(), check.id))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_says_where_it_comes_from(check):
    assert check.origin
    assert len(check.text) > len(check.title)


# E7


@pytest.mark.parametrize("angle", ["gantry_deg", "collimator_deg", "couch_deg"])
@pytest.mark.parametrize("value", [-5.0, 361.0])
def test_an_angle_beyond_the_circle_fails(angle, value):
    found = [one for one in fires(with_points(**{angle: value}), BY_ID["E7"]) if one.limit == "0 to 360 degrees"]
    assert [(one.verdict, one.observed) for one in found] == [(Verdict.FAIL, value)]


@pytest.mark.parametrize("value", [0.0, 360.0, -1e-9])
def test_angles_at_the_ends_of_the_circle_pass(value):
    assert not fires(with_points(gantry_deg=value, couch_deg=value), BY_ID["E7"])


@pytest.mark.parametrize("angle", ["gantry_deg", "collimator_deg", "couch_deg"])
def test_an_angle_that_is_not_stated_is_not_passed(angle):
    (finding,) = unchecked(with_points(**{angle: None}), "E7")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert finding.message.endswith("angle is stated for Arc1")


def test_an_angle_that_is_unknown_at_one_control_point_is_not_passed():
    assert unchecked(with_point(2, gantry_deg=None), "E7")


def test_an_angle_is_read_from_the_file():
    def wrong(dataset):
        dataset.BeamSequence[0].ControlPointSequence[2].GantryAngle = -90

    assert only(Case(mutant({"RTPLAN.dcm": wrong}, ct=False)), "E7").observed == -90


def test_a_turned_couch_in_stereotaxy_of_the_trunk_is_a_warning():
    finding = only(with_points(couch_deg=345.0), "E7")
    assert (finding.verdict, finding.observed) == (Verdict.ACCEPTABLE, 15)


def test_a_turned_couch_is_no_matter_in_ordinary_fractions_or_in_the_head():
    assert not fires(with_points(IMRT, couch_deg=15.0), BY_ID["E7"])
    study = with_points(couch_deg=15.0).study
    brain = tuple(replace(roi, name="Brain") if roi.name == "Liver" else roi for roi in study.structure_set.rois)
    assert not fires(Case(replace(study, structure_set=replace(study.structure_set, rois=brain))), BY_ID["E7"])


def test_a_turned_couch_without_a_known_dose_is_not_passed():
    def turned(plan):
        beams = tuple(
            replace(beam, sequence=tuple(replace(point, couch_deg=15.0) for point in beam.sequence))
            for beam in plan.beams
        )
        return replace(plan, beams=beams, dose_references=(), label="", name=None)

    (finding,) = unchecked(with_plan(turned), "E7")
    assert "the dose per fraction isn't known" in finding.message


# E8


def square(side_mm, devices=("ASYMX", "ASYMY"), leaves=()):
    """A static beam with jaws of a side, and leaves where they are given."""
    half = side_mm / 2
    positions = [DevicePositions(kind, np.array([-half, half])) for kind in devices]
    limits = [LimitingDevice(kind, 1, np.empty(0)) for kind in devices]
    for kind, boundaries, standing in leaves:
        positions.append(DevicePositions(kind, np.array(standing, float)))
        limits.append(LimitingDevice(kind, len(boundaries) - 1, np.array(boundaries, float)))
    points = tuple(ControlPoint(k, k, None, 0, 0, 0, 6, 600, tuple(positions)) for k in range(2))
    return Beam(1, "B", "PHOTON", "TREATMENT", sequence=points, devices=tuple(limits))


#: Four pairs of leaves, 5 mm wide, from -10 to 10 mm, all at -10 and 10 mm.
LEAVES = ([-10, -5, 0, 5, 10], [-10] * 4 + [10] * 4)


@pytest.mark.parametrize(
    ("beam", "area_mm2"),
    [
        (square(40), 1600),
        (square(40, ("X", "Y")), 1600),
        (square(40, leaves=[("MLCX", *LEAVES)]), 400),
        (square(40, leaves=[("MLCY", *LEAVES)]), 400),
        (square(12, leaves=[("MLCX", *LEAVES)]), 144),
        (square(0, (), leaves=[("MLCX", *LEAVES)]), 400),
        (square(40, leaves=[("MLCX", LEAVES[0], [-10, 0, -10, -10, 10, 0.5, 10, 10])]), 300),  # one pair is closed
        # Two layers that lie half a leaf beside each other, as on machines without jaws.
        (
            square(0, (), leaves=[("MLCX1", *LEAVES), ("MLCX2", [-7.5, -2.5, 2.5, 7.5], [-5] * 3 + [10] * 3)]),
            15 * 15,
        ),
    ],
    ids=["jaws", "symmetric", "MLCX", "MLCY", "jaws and leaves", "leaves alone", "closed", "two layers"],
)
def test_the_opening_is_what_jaws_and_leaves_leave(beam, area_mm2):
    opening = opening_of(beam)
    assert opening.area_mm2 == pytest.approx(area_mm2)
    assert opening.side_mm == pytest.approx(area_mm2**0.5)


def test_the_opening_is_averaged_over_the_meterset():
    wide, narrow = square(40).sequence[0], square(20).sequence[0]
    # 9 of 10 parts of the meterset are given through the narrow opening, the last while it widens.
    points = [
        replace(narrow, cumulative_meterset_weight=0.0),
        replace(narrow, cumulative_meterset_weight=0.9),
        replace(wide, cumulative_meterset_weight=1.0),
    ]
    beam = replace(square(40), sequence=tuple(points))
    assert opening_of(beam).area_mm2 == pytest.approx(0.9 * 400 + 0.1 * (400 + 1600) / 2)
    unknown = replace(beam, sequence=tuple(replace(one, cumulative_meterset_weight=None) for one in points))
    assert opening_of(unknown).area_mm2 == pytest.approx((400 + 400 + 1600) / 3)


@given(side=st.floats(1, 400), shift=st.floats(-50, 50))
def test_a_square_of_jaws_has_its_own_side(side, shift):
    beam = square(side)
    moved = [replace(device, positions_mm=device.positions_mm + shift) for device in beam.sequence[0].devices]
    assert opening_of(
        replace(beam, sequence=tuple(replace(point, devices=tuple(moved)) for point in beam.sequence))
    ).side_mm == pytest.approx(side if side > 1.5 else 0)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda beam: {"sequence": ()}, "no control points"),
        (lambda beam: {"sequence": tuple(replace(one, devices=()) for one in beam.sequence)}, "no jaws and leaves"),
        (lambda beam: {"devices": ()}, "boundaries of its leaves"),
        (
            lambda beam: {
                "sequence": tuple(
                    replace(one, devices=(*one.devices[:2], DevicePositions("MLCX", np.empty(0))))
                    for one in beam.sequence
                )
            },
            "doesn't say where all 60 pairs",
        ),
        (
            lambda beam: {
                "sequence": tuple(
                    replace(one, devices=(DevicePositions("ASYMX", np.empty(0)), *one.devices[1:]))
                    for one in beam.sequence
                )
            },
            "jaws can't be read",
        ),
        (
            lambda beam: {
                "sequence": tuple(
                    replace(one, devices=(DevicePositions("ASYMX", np.array([-9.0, 9.0])),)) for one in beam.sequence
                )
            },
            "one direction alone",
        ),
        (
            lambda beam: {
                "sequence": tuple(
                    replace(one, devices=(*one.devices, DevicePositions("MLCY", np.empty(0)))) for one in beam.sequence
                )
            },
            "leaves that move in y",
        ),
        (
            lambda beam: {
                "sequence": tuple(
                    replace(one, devices=(DevicePositions("IRIS", np.empty(0)),)) for one in beam.sequence
                )
            },
            "type IRIS aren't understood",
        ),
        (lambda beam: {"radiation_type": "ELECTRON"}, "a beam of ELECTRON"),
        (lambda beam: {"radiation_type": None}, "unknown radiation"),
    ],
)
def test_an_opening_that_is_not_known_is_not_passed(change, match):
    (finding,) = unchecked(with_beam(change), "E8")
    assert match in finding.message


def test_small_fields_are_one_warning_for_the_plan():
    def small(plan):
        beams = tuple(replace(beam, sequence=square(25).sequence, devices=square(25).devices) for beam in plan.beams)
        return replace(plan, beams=beams)

    finding = only(with_plan(small), "E8")
    assert (finding.verdict, finding.observed, finding.limit) == (Verdict.ACCEPTABLE, pytest.approx(25), ">= 30 mm")
    assert "2 of 2 beams are small fields (Arc1, Arc2)" in finding.message


def test_a_small_opening_is_read_from_the_file():
    def closed(dataset):
        for point in dataset.BeamSequence[1].ControlPointSequence:
            for device in point.BeamLimitingDevicePositionSequence:
                if device.RTBeamLimitingDeviceType.startswith("ASYM"):
                    device.LeafJawPositions = [-10, 10]

    finding = only(Case(mutant({"RTPLAN.dcm": closed}, ct=False)), "E8")
    assert "1 of 2 beams are small fields (Arc2)" in finding.message
    assert finding.observed == pytest.approx(20, abs=0.5)


# E9


def with_setup(**changes):
    """The sample with a third beam, of type SETUP, and how the fraction group uses it."""

    def changed(plan):
        (group,) = plan.fraction_groups
        beam = replace(plan.beams[0], number=3, name="kV 0", treatment_delivery_type="SETUP")
        used = replace(group.beams[0], number=3, meterset=None, beam_dose_gy=None)
        values = {"meterset": changes.pop("meterset", None), "beam_dose_gy": changes.pop("beam_dose_gy", None)}
        return replace(
            plan,
            beams=(*plan.beams, replace(beam, **changes)),
            fraction_groups=(replace(group, beams=(*group.beams, replace(used, **values))),),
        )

    return with_plan(changed)


def test_setup_beams_are_shown_and_not_judged():
    found = asked(with_setup(), BY_ID["E9"])
    assert {finding.verdict for finding in found} <= SILENT
    assert any("not counted as treatment: kV 0" in finding.message for finding in found)


def test_a_setup_beam_that_gives_dose_is_reported():
    finding = only(with_setup(beam_dose_gy=0.5, meterset=60.0), "E9")
    assert (finding.verdict, finding.subject, finding.observed) == (Verdict.ACCEPTABLE, "kV 0", 0.5)


def test_an_imaging_beam_of_treating_type_is_a_note():
    finding = only(with_setup(treatment_delivery_type="TREATMENT", name="CBCT"), "E9")
    assert (finding.verdict, finding.subject) == (Verdict.INFO, "CBCT")


def test_a_treating_beam_that_no_fraction_uses_is_reported():
    def unused(plan):
        (group,) = plan.fraction_groups
        return replace(plan, fraction_groups=(replace(group, beams=group.beams[:1]),))

    assert only(with_plan(unused), "E9").subject == "Arc2"


def test_a_tolerance_table_that_is_not_there_is_reported():
    finding = only(with_beam(lambda beam: {"tolerance_table_number": 77}), "E9")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "tolerance table 77" in finding.message


def test_a_tolerance_table_is_read_from_the_file():
    def wrong(dataset):
        for beam in dataset.BeamSequence:
            beam.ReferencedToleranceTableNumber = 77

    assert [one.subject for one in fires(Case(mutant({"RTPLAN.dcm": wrong}, ct=False)), BY_ID["E9"])] == [
        "Arc1",
        "Arc2",
    ]


def test_without_tolerance_tables_or_dose_rates_there_is_nothing_to_pass():
    def bare(plan):
        beams = tuple(
            replace(
                beam,
                tolerance_table_number=None,
                sequence=tuple(replace(point, dose_rate=None) for point in beam.sequence),
            )
            for beam in plan.beams
        )
        return replace(plan, beams=beams, tolerance_table_numbers=())

    messages = " ".join(finding.message for finding in unchecked(with_plan(bare), "E9"))
    assert "name no tolerance table" in messages
    assert "no dose rate is stated for Arc1, Arc2" in messages


def test_one_beam_without_a_tolerance_table_is_a_note():
    def tables(plan):
        first, second = plan.beams
        beams = (replace(first, tolerance_table_number=1), replace(second, tolerance_table_number=None))
        return replace(plan, beams=beams, tolerance_table_numbers=(1,))

    finding = only(with_plan(tables), "E9")
    assert finding.verdict is Verdict.INFO
    assert "Arc2 names no tolerance table" in finding.message


def test_a_dose_rate_of_zero_is_reported():
    assert only(with_points(dose_rate=0.0), "E9").message == "its dose rate is 0"


# E10


def with_bolus(boli=1, numbers=(77,), kind="BOLUS", drawn=True, name="Flap", bolus=77):
    """The sample whose first beam has a bolus, drawn as the liver is."""
    study = with_beam(lambda beam: {"boli": boli, "bolus_roi_numbers": numbers}).study
    liver = next(roi for roi in study.structure_set.rois if roi.name == "Liver")
    contours = liver.contours if drawn else ()
    roi = replace(liver, number=bolus, name=name, interpreted_type=kind, contours=contours)
    rois = (*study.structure_set.rois, roi)
    return Case(replace(study, structure_set=replace(study.structure_set, rois=rois)))


def test_a_bolus_that_is_referenced_and_drawn_passes():
    found = asked(with_bolus(), BY_ID["E10"])
    assert [finding.verdict for finding in found] == [Verdict.INFO, Verdict.PASS]


@pytest.mark.parametrize(
    ("case", "match"),
    [
        (lambda: with_beam(lambda beam: {"boli": 1}), "NumberOfBoli is 1, and the beam references 0"),
        (lambda: with_bolus(boli=0), "NumberOfBoli is 0, and the beam references 1"),
        (lambda: with_bolus(bolus=78, kind="ORGAN"), "which the structure set doesn't have"),
        (lambda: with_bolus(drawn=False), "isn't drawn"),
        (lambda: with_bolus(kind="ORGAN"), "is of type ORGAN, not BOLUS"),
        (lambda: with_bolus(boli=0, numbers=()), "no treating beam references it"),
        (lambda: with_bolus(boli=0, numbers=(), kind=None, name="Bolus 5mm"), "no treating beam references it"),
    ],
)
def test_a_bolus_that_is_not_told_three_times_is_reported(case, match):
    finding = only(case(), "E10")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert match in finding.message


def test_a_bolus_by_its_name_alone_passes():
    assert not fires(with_bolus(kind="ORGAN", name="Bolus 5mm"), BY_ID["E10"])


def test_beams_that_do_not_say_whether_they_have_a_bolus_are_not_passed():
    (finding,) = unchecked(with_beam(lambda beam: {"boli": None}), "E10")
    assert "NumberOfBoli isn't stated for Arc1" in finding.message


def test_a_bolus_is_read_from_the_file():
    def flap(dataset):
        dataset.BeamSequence[0].NumberOfBoli = 1

    assert only(Case(mutant({"RTPLAN.dcm": flap}, ct=False)), "E10").subject == "Arc1"


# E11


def test_a_patient_who_lies_otherwise_in_the_plan_fails():
    finding = only(with_plan(lambda plan: replace(plan, patient_positions=("FFS",))), "E11")
    assert finding.verdict is Verdict.FAIL
    assert "lies FFS in the plan, and HFS in" in finding.message


def test_a_patient_who_lies_otherwise_in_the_ct_is_read_from_the_files():
    def feet_first(dataset):
        dataset.PatientPosition = "FFS"

    names = [name for name in files() if name.startswith("CT/")]
    finding = only(Case(mutant(dict.fromkeys(names, feet_first))), "E11")
    assert finding.limit == "FFS"


def test_set_ups_of_two_positions_are_reported():
    found = fires(with_plan(lambda plan: replace(plan, patient_positions=("HFS", "HFP"))), BY_ID["E11"])
    assert any("different patient positions: HFS, HFP" in finding.message for finding in found)


@pytest.mark.parametrize(
    ("case", "match"),
    [
        (lambda: with_plan(lambda plan: replace(plan, patient_positions=())), "in its set-up"),
        (lambda: Case(replace(sample(), images=())), "no CT is among the files"),
        (
            lambda: Case(
                replace(sample(), images=tuple(replace(one, patient_positions=()) for one in sample().images))
            ),
            "in its images",
        ),
    ],
)
def test_a_position_that_is_not_stated_is_not_passed(case, match):
    (finding,) = unchecked(case(), "E11")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert match in finding.message


def test_the_ct_that_was_drawn_on_is_the_one_that_counts():
    study = sample()
    (ct,) = study.images
    other = replace(ct, series_instance_uid="1.2.3", sop_instance_uids=("1.2.3.1",), patient_positions=("FFS",))
    assert not fires(Case(replace(study, images=(ct, other))), BY_ID["E11"])
    unreferenced = replace(study.structure_set, referenced_image_uids=frozenset(), referenced_series_uids=())
    assert fires(Case(replace(study, structure_set=unreferenced, images=(ct, other))), BY_ID["E11"])


# E12


@pytest.mark.parametrize(
    ("case", "match"),
    [
        (lambda: with_beam(lambda beam: {"control_points": 178}), "NumberOfControlPoints is 178, and 5 are there"),
        (lambda: with_beam(lambda beam: {"sequence": beam.sequence[:-1]}), "and 4 are there"),
        (lambda: with_beam(lambda beam: {"sequence": beam.sequence[:1], "control_points": 1}), "a single control"),
        (lambda: with_point(2, index=3), "aren't numbered from 0 to 4"),
        (lambda: with_point(0, cumulative_meterset_weight=0.1), "begins with 0.1"),
        (lambda: with_point(2, cumulative_meterset_weight=0.1), "falls from 0.25 to 0.1 at control point 2"),
        (lambda: with_point(4, cumulative_meterset_weight=0.9), "ends with 0.9"),
        (lambda: with_beam(lambda beam: {"final_cumulative_meterset_weight": 100.0}), "ends with 1, and"),
        (lambda: with_beam(lambda beam: {"final_cumulative_meterset_weight": 0.0}), "MetersetWeight is 0"),
    ],
)
def test_control_points_that_are_not_whole_fail(case, match):
    found = fires(case(), BY_ID["E12"])
    assert {finding.verdict for finding in found} == {Verdict.FAIL}
    assert any(match in finding.message for finding in found)


@pytest.mark.parametrize(
    ("case", "match"),
    [
        (lambda: with_beam(lambda beam: {"control_points": None}), "NumberOfControlPoints isn't stated"),
        (lambda: with_beam(lambda beam: {"control_points": 0, "sequence": ()}), "it has no control points"),
        (lambda: with_beam(lambda beam: {"final_cumulative_meterset_weight": None}), "isn't stated"),
        (lambda: with_point(1, cumulative_meterset_weight=None), "1 control points have no"),
    ],
)
def test_control_points_that_are_not_stated_are_not_passed(case, match):
    (finding,) = unchecked(case(), "E12")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert match in finding.message


def test_lost_control_points_are_noticed_in_the_file():
    def lost(dataset):
        del dataset.BeamSequence[0].ControlPointSequence[2]

    found = fires(Case(mutant({"RTPLAN.dcm": lost}, ct=False)), BY_ID["E12"])
    assert {finding.subject for finding in found} == {"Arc1"}
    assert len(found) == 2  # their number, and their numbering


def test_weights_in_percent_pass():
    def percent(beam):
        points = tuple(
            replace(point, cumulative_meterset_weight=100 * point.cumulative_meterset_weight) for point in beam.sequence
        )
        return {"sequence": points, "final_cumulative_meterset_weight": 100.0}

    assert not fires(with_beam(percent), BY_ID["E12"])
