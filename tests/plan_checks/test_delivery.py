"""Section E, set-up, fields and position."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.case import Case
from rtcheck.finding import Verdict
from rtcheck.study import DevicePositions
from tests.plan_checks.mutants import plan_with, square_beam, with_beam, with_ct, with_plan, with_points, without_ct
from tests.plan_checks.samples import SILENT, TWO, asked, files, fires, mutant, only, sample, unchecked

# E8


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
        opening = square_beam(25)
        beams = tuple(replace(beam, sequence=opening.sequence, devices=opening.devices) for beam in plan.beams)
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
    found = asked(with_setup(), "E9")
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

    assert [one.subject for one in fires(Case(mutant({"RTPLAN.dcm": wrong}, ct=False)), "E9")] == [
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
    found = fires(with_plan(lambda plan: replace(plan, patient_positions=("HFS", "HFP"))), "E11")
    assert any("different patient positions: HFS, HFP" in finding.message for finding in found)


@pytest.mark.parametrize(
    ("case", "match"),
    [
        (lambda: with_plan(lambda plan: replace(plan, patient_positions=())), "in its set-up"),
        (lambda: with_ct(patient_positions=()), "in its images"),
    ],
)
def test_a_position_that_is_not_stated_is_not_passed(case, match):
    (finding,) = unchecked(case(), "E11")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert match in finding.message


def test_without_a_ct_set_ups_that_agree_are_left_open_and_others_are_not():
    (finding,) = unchecked(without_ct(), "E11")
    assert (finding.subject, finding.verdict) == ("planning CT", Verdict.INFO)
    assert "the patient lies HFS" in finding.message
    differing = replace(plan_with(patient_positions=("HFS", "HFP")), images=())
    assert [one.verdict for one in fires(differing, "E11")] == [Verdict.FAIL]
    unstated = replace(plan_with(patient_positions=()), images=())
    assert [one.verdict for one in unchecked(unstated, "E11")] == [Verdict.NOT_EVALUATED]


def test_without_a_ct_plans_of_different_positions_are_not_evaluated():
    finding = only(replace(plan_with(sample(TWO), patient_positions=("FFS",)), images=()), "E11")
    assert (finding.subject, finding.verdict) == ("plans", Verdict.NOT_EVALUATED)
    assert "FFS, HFS" in finding.message


def test_the_ct_that_was_drawn_on_is_the_one_that_counts():
    study = sample()
    (ct,) = study.images
    other = replace(ct, series_instance_uid="1.2.3", sop_instance_uids=("1.2.3.1",), patient_positions=("FFS",))
    assert not fires(Case(replace(study, images=(ct, other))), "E11")
    unreferenced = replace(study.structure_set, referenced_image_uids=frozenset(), referenced_series_uids=())
    assert fires(Case(replace(study, structure_set=unreferenced, images=(ct, other))), "E11")
