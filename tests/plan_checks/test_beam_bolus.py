"""Section E, boluses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.case import Case
from rtcheck.finding import Verdict
from tests.plan_checks.mutants import with_beam, without_plan
from tests.plan_checks.samples import asked, fires, mutant, only, unchecked


def with_bolus(boli=1, numbers=(77,), kind="BOLUS", drawn=True, name="Flap", bolus=77):
    """The sample whose first beam has a bolus, drawn as the liver is."""
    study = with_beam(lambda beam: {"boli": boli, "bolus_roi_numbers": numbers}).study
    liver = next(roi for roi in study.structure_set.rois if roi.name == "Liver")
    contours = liver.contours if drawn else ()
    roi = replace(liver, number=bolus, name=name, interpreted_type=kind, contours=contours)
    rois = (*study.structure_set.rois, roi)
    return Case(replace(study, structure_set=replace(study.structure_set, rois=rois)))


def test_a_bolus_that_is_referenced_and_drawn_passes():
    found = asked(with_bolus(), "E10")
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


def test_without_a_plan_a_drawn_bolus_is_nobodys_fault():
    case = without_plan(with_bolus().study)
    assert not fires(case, "E10")
    assert unchecked(case, "E10")


def test_a_bolus_by_its_name_alone_passes():
    assert not fires(with_bolus(kind="ORGAN", name="Bolus 5mm"), "E10")


def test_beams_that_do_not_say_whether_they_have_a_bolus_are_not_passed():
    (finding,) = unchecked(with_beam(lambda beam: {"boli": None}), "E10")
    assert "NumberOfBoli isn't stated for Arc1" in finding.message


def test_a_bolus_is_read_from_the_file():
    def flap(dataset):
        dataset.BeamSequence[0].NumberOfBoli = 1

    assert only(Case(mutant({"RTPLAN.dcm": flap}, ct=False)), "E10").subject == "Arc1"
