"""Every place where a prescription may stand is read, linked to its lesion, and held against the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.errors import UsageError
from rtcheck.prescription import Place, given, statements_of, targets, treat_apart
from rtcheck.study import ROI, Contour, FractionGroup, GeometricType, PhaseDose, PlanDose, ReferencedBeam
from tests import studies

BOX = ((-10, 10), (-10, 10), (-10, 10))
OTHER = ((20, 40), (-10, 10), (-10, 10))
PTV = studies.box_roi(1, "PTV", BOX, "PTV")
PTV_1, PTV_2 = studies.box_roi(1, "PTV_1", BOX, "PTV"), studies.box_roi(2, "PTV_2", OTHER, "PTV")


def point(number, name):
    contour = Contour(GeometricType.POINT, np.array([[0.0, 0.0, 0.0]]))
    return ROI(number, name, "MARKER", (contour,))


def groups(*phases):
    """Fraction groups from (fractions, beam doses, target doses by reference)."""
    made = []
    for index, (count, beams, doses) in enumerate(phases):
        used = tuple(ReferencedBeam(10 * index + i, dose, 100.0, (0.0, 0.0, 0.0)) for i, dose in enumerate(beams))
        made.append(FractionGroup(index + 1, count, used, tuple(PhaseDose(*pair) for pair in doses)))
    return tuple(made)


def study_of(rois, plan, *more):
    study = studies.study(rois, studies.dose(40.0), plan)
    extra = tuple(
        PlanDose(other, replace(study.dose, referenced_plan_uids=(other.sop_instance_uid,))) for other in more
    )
    return replace(study, plan_doses=(*study.plan_doses, *extra))


def plan(references=(), fraction_groups=None, **changes):
    made = studies.plan(references, [5])
    return replace(made, fraction_groups=fraction_groups or made.fraction_groups, **changes)


def prescribed(study, **user):
    return {t.name: (str(t.prescription.schedule) if t.prescription else None) for t in targets(study, given(user))}


def test_a_dose_reference_in_one_fraction_group_is_read() -> None:
    assert prescribed(study_of([PTV], plan([studies.target_reference(1, 40.0, 1)]))) == {"PTV": "5x8Gy"}


def test_three_phases_stated_by_fraction_group_are_read() -> None:
    phases = groups((25, [], [(1, 50.0)]), (7, [], [(1, 14.0)]), (3, [], [(1, 6.0)]))
    found = targets(study_of([PTV], plan([studies.target_reference(1, 70.0, 1)], phases)))[0]
    assert str(found.prescription.schedule) == "25x2Gy + 7x2Gy + 3x2Gy"
    assert "by fraction group" in found.prescription.source


def test_three_phases_split_by_beam_doses_are_read() -> None:
    phases = groups((25, [1.0, 1.0], []), (7, [1.2, 0.8], []), (3, [2.0], []))
    assert prescribed(study_of([PTV], plan([studies.target_reference(1, 70.0, 1)], phases))) == {
        "PTV": "25x2Gy + 7x2Gy + 3x2Gy"
    }


def test_a_target_that_later_phases_spare_gets_the_first_ones() -> None:
    phases = groups((25, [2.0], []), (7, [2.0], []))
    references = [studies.target_reference(1, 64.0, 1), studies.target_reference(2, 50.0, 2)]
    assert prescribed(study_of([PTV_1, PTV_2], plan(references, phases))) == {
        "PTV_1": "25x2Gy + 7x2Gy",
        "PTV_2": "25x2Gy",
    }


def test_phases_that_nothing_splits_have_no_schedule() -> None:
    phases = groups((25, [], []), (7, [], []))
    (found,) = targets(study_of([PTV], plan([studies.target_reference(1, 64.0, 1)], phases)))
    assert found.prescription is None
    assert "25 + 7 fractions" in found.problem


def test_phase_doses_that_dont_add_up_settle_nothing() -> None:
    phases = groups((25, [], [(1, 50.0)]), (7, [], [(1, 10.0)]))
    (found,) = targets(study_of([PTV], plan([studies.target_reference(1, 64.0, 1)], phases)))
    assert found.prescription is None
    assert "50 + 10 Gy" in found.problem


def test_a_label_doesnt_outvote_a_dose_reference_whose_phases_arent_known() -> None:
    phases = groups((25, [], []), (7, [], []))
    unsplit = plan([studies.target_reference(1, 64.0, 1)], phases, label="64Gy32F")
    assert prescribed(study_of([PTV], unsplit)) == {"PTV": None}


def test_a_simultaneous_boost_gives_each_target_its_own() -> None:
    references = [studies.target_reference(1, 60.0, 1), studies.target_reference(2, 50.0, 2)]
    boost = plan(references, groups((25, [2.4], [])), label="60Gy25F")
    found = targets(study_of([PTV_1, PTV_2], boost))
    assert [str(t.prescription.schedule) for t in found] == ["25x2.4Gy", "25x2Gy"]
    assert not any(target.contradicting for target in found)


def test_beam_doses_alone_are_a_prescription() -> None:
    (found,) = targets(study_of([PTV], plan((), groups((5, [4.0, 4.0], [])))))
    assert str(found.prescription.schedule) == "5x8Gy"
    assert found.statements[0].place is Place.BEAM_DOSES


def test_beam_doses_at_different_points_dont_add_up() -> None:
    beams = (ReferencedBeam(1, 4.0, 100.0, (0.0, 0.0, 0.0)), ReferencedBeam(2, 4.0, 100.0, (50.0, 0.0, 0.0)))
    (found,) = targets(study_of([PTV], plan((), (FractionGroup(1, 5, beams),))))
    assert found.prescription is None
    assert "different points" in found.problem


@pytest.mark.parametrize("where", ["label", "name", "description", "prescription_description"])
def test_a_label_alone_is_a_prescription(where) -> None:
    assert prescribed(study_of([PTV], plan(**{where: "Liver 40Gy5F"}))) == {"PTV": "5x8Gy"}


def test_the_name_of_a_point_roi_is_a_prescription_for_the_roi_it_names() -> None:
    rois = [PTV_1, PTV_2, point(3, "Rx PTV_1 40Gy/5fx"), point(4, "Rx PTV_2 27Gy/3fx")]
    assert prescribed(study_of(rois, plan())) == {"PTV_1": "5x8Gy", "PTV_2": "3x9Gy"}


def test_the_name_of_a_point_roi_for_a_longer_number_isnt_lent() -> None:
    rois = [PTV_1, PTV_2, point(3, "Rx PTV_11 40Gy/5fx")]
    found = targets(study_of(rois, plan()))
    assert all(target.statements[0].target == "" for target in found)


@pytest.mark.parametrize(
    ("label", "contradicts"),
    [("40Gy5F", False), ("5x8Gy", False), ("50Gy5F", True), ("40Gy8F", True), ("Liver", False)],
)
def test_a_label_is_held_against_the_dose_reference(label, contradicts) -> None:
    (found,) = targets(study_of([PTV], plan([studies.target_reference(1, 40.0, 1)], label=label)))
    assert bool(found.contradicting) is contradicts
    assert str(found.prescription.schedule) == "5x8Gy"


@pytest.mark.parametrize(("beam_gy", "contradicts"), [(8.0, False), (10.4, False), (1.6, True), (14.0, True)])
def test_beam_doses_may_be_those_of_a_hot_point_and_not_of_another_prescription(beam_gy, contradicts) -> None:
    (found,) = targets(study_of([PTV], plan([studies.target_reference(1, 40.0, 1)], groups((5, [beam_gy], [])))))
    assert bool(found.contradicting) is contradicts


def test_the_user_settles_a_contradiction() -> None:
    study = study_of([PTV], plan([studies.target_reference(1, 40.0, 1)], label="50Gy5F"))
    (found,) = targets(study, given({"ptv": "5x10Gy"}))
    assert str(found.prescription.schedule) == "5x10Gy"
    assert not found.contradicting
    assert next(one.place for one in found.statements) is Place.USER
    assert len(found.statements) == 3


def test_a_prescription_to_a_target_that_isnt_there_is_refused() -> None:
    with pytest.raises(UsageError, match="there are: 'PTV'"):
        targets(study_of([PTV], plan([studies.target_reference(1, 40.0, 1)])), given({"PTV_9": "5x8Gy"}))


LIVER = plan([studies.target_reference(1, 40.0, 1)])
SPINE = replace(
    plan([studies.target_reference(1, 27.0, 2)], groups((3, [], []))), sop_instance_uid="1.2.3.77", label="Spine"
)


def test_each_of_two_plans_treats_its_own_target() -> None:
    found = targets(study_of([PTV_1, PTV_2], LIVER, SPINE))
    assert [str(target.prescription.schedule) for target in found] == ["5x8Gy", "3x9Gy"]
    assert [target.prescription.plan_uids for target in found] == [("1.2.3.7",), ("1.2.3.77",)]


def test_two_plans_of_one_target_give_it_both_schedules() -> None:
    boost = replace(SPINE, dose_references=(studies.target_reference(1, 27.0, 1),))
    (found,) = targets(study_of([PTV], LIVER, boost))
    assert str(found.prescription.schedule) == "5x8Gy + 3x9Gy"
    assert found.prescription.plan_uids == ("1.2.3.7", "1.2.3.77")


def test_a_prescription_without_a_target_isnt_lent_to_the_lesion_of_another_plan() -> None:
    nowhere = replace(SPINE, dose_references=(studies.target_reference(1, 27.0, kind="SITE", name="Spine"),))
    found = prescribed(study_of([PTV_1, PTV_2], LIVER, nowhere))
    assert found == {"PTV_1": "5x8Gy", "PTV_2": None, "Spine": "3x9Gy"}


def test_a_label_isnt_lent_to_the_lesion_of_another_plan() -> None:
    labelled = replace(SPINE, dose_references=(), label="T11 27Gy3F")
    assert prescribed(study_of([PTV_1, PTV_2], LIVER, labelled)) == {"PTV_1": "5x8Gy", "PTV_2": None}


def test_plans_of_different_targets_are_told_from_rivals() -> None:
    names = {1: "PTV_1", 2: "PTV_2"}
    rival = replace(SPINE, dose_references=(studies.target_reference(1, 27.0, kind="SITE", name="ptv 1"),))
    unnamed = replace(SPINE, dose_references=())
    assert treat_apart([LIVER, SPINE], names)
    assert not treat_apart([LIVER, rival], names)
    assert not treat_apart([LIVER, unnamed], names)


def test_every_statement_of_a_plan_is_listed() -> None:
    rich = plan([studies.target_reference(1, 40.0, 1)], groups((5, [8.0], [])), label="40Gy5F")
    found = statements_of(rich, study_of([PTV, point(9, "Rx 5x8Gy")], rich).structure_set)
    assert [one.place for one in found] == [Place.DOSE_REFERENCE, Place.LABEL, Place.POINT_ROI, Place.BEAM_DOSES]
