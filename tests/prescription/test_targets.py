"""Every place where a prescription may stand is read, linked to its lesion, and held against the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtcheck.errors import UsageError
from rtcheck.prescription import Place, given, targets, treat_apart
from rtcheck.study import ROI, Beam, Contour, FractionGroup, GeometricType, PhaseDose, PlanDose, ReferencedBeam
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
    rois = [PTV_1, PTV_2, point(3, "Rx PTV_1 40Gy/5fx"), point(4, "Rx PTV_2 30Gy/5fx")]
    assert prescribed(study_of(rois, plan())) == {"PTV_1": "5x8Gy", "PTV_2": "5x6Gy"}


def test_the_name_of_a_point_roi_for_a_longer_number_isnt_lent() -> None:
    rois = [PTV_1, PTV_2, point(3, "Rx PTV_11 40Gy/5fx")]
    assert prescribed(study_of(rois, plan())) == {"PTV_1": None, "PTV_2": None}


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


def test_what_the_files_say_stays_known_where_the_user_says_another() -> None:
    study = study_of([PTV], plan([studies.target_reference(1, 40.0, 1)], label="50Gy5F"))
    (found,) = targets(study, given({"PTV": "5x9Gy"}))
    assert [str(one) for one in found.in_files] == ["5x8Gy", "5x10Gy"]
    assert targets(study)[0].in_files == ()
    silent = study_of([PTV], plan((), groups((5, [8.0], [])), label="Plan"))
    assert targets(silent, given({"PTV": "5x9Gy"}))[0].in_files == ()


def test_what_two_plans_say_in_all_stays_known_where_the_user_says_another() -> None:
    boost = replace(LIVER, sop_instance_uid="1.2.3.99", label="Boost")
    (found,) = targets(study_of([PTV_1], LIVER, boost), given({"PTV_1": "10x9Gy"}))
    assert [str(one) for one in found.in_files] == ["5x8Gy + 5x8Gy"]


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
    assert treat_apart([LIVER, SPINE], names, "1.2.3.8")
    assert not treat_apart([LIVER, rival], names, "1.2.3.8")
    assert not treat_apart([LIVER, unnamed], names, "1.2.3.8")


def test_versions_of_a_plan_that_call_one_lesion_differently_may_be_rivals() -> None:
    first, second = (
        replace(LIVER, dose_references=(studies.target_reference(1, 40.0, kind="SITE", name=name),))
        for name in ("Liver v1", "Liver v2")
    )
    assert not treat_apart([first, second], {1: "PTV_1", 2: "PTV_2"}, "1.2.3.8")


def test_numbers_of_another_structure_set_name_nothing() -> None:
    elsewhere = replace(LIVER, referenced_structure_set_uid="9.9")
    assert not treat_apart([elsewhere, SPINE], {1: "PTV_1", 2: "PTV_2"}, "1.2.3.8")
    nameless = {"PTV_1": None, "PTV_2": None, "dose reference 1": "5x8Gy"}
    assert prescribed(study_of([PTV_1, PTV_2], elsewhere)) == nameless
    described = replace(elsewhere, dose_references=(studies.target_reference(1, 40.0, 1, name="PTV_9"),))
    assert prescribed(study_of([PTV_1, PTV_2], described)) == {"PTV_1": None, "PTV_2": None, "PTV_9": "5x8Gy"}


def test_every_statement_of_a_plan_is_listed() -> None:
    rich = plan([studies.target_reference(1, 40.0, 1)], groups((5, [8.0], [])), label="40Gy5F")
    (found,) = targets(study_of([PTV, point(9, "Rx 5x8Gy")], rich))
    places = [one.place for one in found.statements]
    assert places == [Place.DOSE_REFERENCE, Place.LABEL, Place.POINT_ROI, Place.BEAM_DOSES]


@pytest.mark.parametrize("where", ["label", "point"])
def test_a_label_or_point_with_another_number_of_fractions_than_the_plan_is_no_prescription(where) -> None:
    rois = [PTV, point(9, "Rx PTV 40Gy/5fx")] if where == "point" else [PTV]
    (found,) = targets(study_of(rois, plan((), groups((25, [], [])), label="40Gy5F" if where == "label" else "Plan")))
    assert found.prescription is None
    assert "the plan gives 25 fractions" in found.problem


def test_the_user_doesnt_override_how_many_fractions_a_plan_gives() -> None:
    (found,) = targets(study_of([PTV], plan([studies.target_reference(1, 40.0, 1)])), given({"PTV": "25x2Gy"}))
    assert found.doubt == "the plan gives 5 fractions, not 25"


def test_a_phase_that_is_prescribed_to_no_target_makes_the_others_doubtful() -> None:
    phases = groups((5, [], [(1, 40.0)]), (25, [], []))
    (found,) = targets(study_of([PTV], plan([studies.target_reference(1, 40.0, 1)], phases)))
    assert str(found.prescription.schedule) == "5x8Gy"
    assert "fraction group 2" in found.doubt


def test_a_target_that_a_later_phase_spares_isnt_doubtful_where_another_gets_it() -> None:
    phases = groups((25, [2.0], []), (7, [2.0], []))
    references = [studies.target_reference(1, 64.0, 1), studies.target_reference(2, 50.0, 2)]
    assert [one.doubt for one in targets(study_of([PTV_1, PTV_2], plan(references, phases)))] == ["", ""]


def test_the_name_of_a_target_that_isnt_drawn_isnt_lent_to_another() -> None:
    reference = studies.target_reference(1, 40.0, kind="SITE", name="PTV_3")
    assert prescribed(study_of([PTV_1], plan([reference]))) == {"PTV_1": None, "PTV_3": "5x8Gy"}


def test_a_dose_reference_that_cant_be_read_isnt_outvoted_by_another() -> None:
    references = [studies.target_reference(1, 40.0, 1), studies.target_reference(2, 4000.0, 1)]
    assert prescribed(study_of([PTV], plan(references))) == {"PTV": None}


def test_a_point_in_a_study_of_two_plans_counts_once() -> None:
    found = targets(study_of([PTV_1, PTV_2, point(3, "Rx PTV_1 40Gy/5fx")], LIVER, SPINE))
    assert [str(target.prescription.schedule) for target in found] == ["5x8Gy", "3x9Gy"]
    assert not any(target.contradicting for target in found)


def test_what_the_user_says_of_a_target_that_no_plan_names_is_no_plans() -> None:
    unnamed = [replace(one, dose_references=()) for one in (LIVER, SPINE)]
    found = targets(study_of([PTV_1, PTV_2], *unnamed), given({"PTV_1": "5x8Gy"}))
    assert found[0].prescription is None
    assert "which of the plans" in found[0].problem


def test_a_beam_that_states_no_dose_leaves_the_sum_unknown() -> None:
    beams = tuple(Beam(number, f"Arc{number}", "PHOTON", "TREATMENT") for number in (1, 2))
    used = (ReferencedBeam(1, 4.0, 100.0), ReferencedBeam(2, None, 100.0))
    (found,) = targets(study_of([PTV], plan((), (FractionGroup(1, 5, used),), beams=beams)))
    assert found.prescription is None
    assert "'Arc2' states none" in found.problem


@pytest.mark.parametrize(
    ("name", "is_target"), [("PTV_liver", True), ("PTV_wall", False), ("PTV liver minus GTV", False)]
)
def test_an_roi_without_a_type_is_a_target_by_its_name(name, is_target) -> None:
    roi = studies.box_roi(2, name, OTHER, None)
    found = targets(study_of([PTV_1, roi], LIVER))
    assert (name in {target.name for target in found}) is is_target


def test_a_phase_whose_dose_was_left_out_makes_its_target_doubtful() -> None:
    phases = groups((25, [], [(1, 50.0)]), (7, [], [(2, 14.0)]))
    references = [studies.target_reference(1, 50.0, 1), studies.target_reference(2, 14.0, 2)]
    study = study_of([PTV_1, PTV_2], plan(references, phases))
    only_first = replace(study, plan_doses=(replace(study.plan_doses[0], group_numbers=(1,)),))
    assert [one.doubt for one in targets(only_first)] == ["", "the dose of fraction group 2 isn't there"]


def test_a_label_isnt_lent_to_the_only_target_where_another_plan_names_it() -> None:
    boost = replace(SPINE, dose_references=(), label="T11 27Gy3F")
    (found,) = targets(study_of([PTV_1], LIVER, boost))
    assert (str(found.prescription.schedule), found.prescription.plan_uids) == ("5x8Gy", ("1.2.3.7",))
