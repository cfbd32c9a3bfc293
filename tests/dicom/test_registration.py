"""Rigid spatial registrations: a dose is moved into the frame of reference of the structure set, by one alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.dicom import read_study
from rtcheck.errors import AmbiguousStudyError, InconsistentStudyError, UnreadableFileError
from tests import shapes

OTHER = "1.2.3.8"
QUARTER = np.array([[0.0, -1, 0, 100], [1, 0, 0, 0], [0, 0, 1, 7], [0, 0, 0, 1]])
STILL = np.eye(4)


def moved_case(make, *registrations, **changes):
    """Dose and plan in one frame of reference, the structure set that the plan names in another."""
    parts = {"plan": make.plan(frame=OTHER), "dose": make.dose(frame=OTHER)}
    regs = {f"reg{k}": reg for k, reg in enumerate(registrations)}
    return make.case(**(parts | regs | changes))


def into_structures(make, matrix=QUARTER, **options):
    """Maps the dose's frame of reference into the registered one, which is the structure set's."""
    return make.registration(frames={OTHER: matrix}, registered=make.FRAME, **options)


def matrix_of(angles, shift_mm):
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = shapes.rotation(*angles), shift_mm
    return matrix


def corners_mm(grid):
    return np.array([grid.position_mm(k, j, i) for k in (0, 2) for j in (0, 3) for i in (0, 4)])


def applied(matrix, points_mm):
    return points_mm @ matrix[:3, :3].T + matrix[:3, 3]


def unmoved(make):
    return corners_mm(read_study(make.case()).dose.grid)


# --- used -------------------------------------------------------------------------------------------------------------


def test_a_dose_is_moved_into_the_structure_sets_frame_and_noted(make, codes):
    study = read_study(moved_case(make, into_structures(make)))
    grid = study.dose.grid
    assert grid.frame_of_reference_uid == study.structure_set.frame_of_reference_uid == make.FRAME
    np.testing.assert_allclose(corners_mm(grid), applied(QUARTER, unmoved(make)), atol=1e-9)
    np.testing.assert_array_equal(study.dose.dose_gy, read_study(make.case()).dose.dose_gy)
    assert study.dose.registration == "reg0.dcm (1.2.3.7)"
    assert codes(study) == ["dose-registered"]
    assert study.sources[-1].name == "reg0.dcm"
    assert study.sources[-1].modality == "REG"
    note = study.notes[0]
    assert all(part in note.message for part in (OTHER, make.FRAME, "reg0.dcm", "1.2.3.7"))


@settings(max_examples=20, deadline=None)
@given(
    st.tuples(*[st.floats(-180, 180)] * 3),
    st.tuples(*[st.floats(-200, 200)] * 3),
    st.tuples(*[st.floats(-180, 180)] * 3),
    st.tuples(*[st.floats(-200, 200)] * 3),
)
def test_two_items_link_their_frames_through_the_registered_one(make, first, first_mm, second, second_mm):
    of_structures, of_dose = matrix_of(first, first_mm), matrix_of(second, second_mm)
    registration = make.registration(frames={make.FRAME: of_structures, OTHER: of_dose})
    grid = read_study(moved_case(make, registration)).dose.grid
    expected = applied(np.linalg.inv(of_structures) @ of_dose, unmoved(make))
    np.testing.assert_allclose(corners_mm(grid), expected, atol=1e-5)


def test_the_registered_frame_may_be_the_doses(make):
    registration = make.registration(frames={make.FRAME: QUARTER}, registered=OTHER)
    grid = read_study(moved_case(make, registration)).dose.grid
    np.testing.assert_allclose(corners_mm(grid), applied(np.linalg.inv(QUARTER), unmoved(make)), atol=1e-9)


def test_the_registered_frame_may_have_an_item_of_its_own(make, codes):
    registration = make.registration(frames={make.FRAME: STILL, OTHER: QUARTER}, registered=make.FRAME)
    study = read_study(moved_case(make, registration))
    np.testing.assert_allclose(corners_mm(study.dose.grid), applied(QUARTER, unmoved(make)), atol=1e-9)
    assert codes(study) == ["dose-registered"]


def test_several_matrices_are_multiplied_in_their_order(make):
    shift = np.array([[1, 0, 0, 5], [0, 1, 0, 6], [0, 0, 1, 7], [0, 0, 0, 1]])
    registration = into_structures(make, [QUARTER, shift])
    grid = read_study(moved_case(make, registration)).dose.grid
    np.testing.assert_allclose(corners_mm(grid), applied(QUARTER @ shift, unmoved(make)), atol=1e-9)


def test_the_rounding_of_a_matrix_is_taken_out(make):
    exact = matrix_of((10, 20, 30), (1, 2, 3))
    grid = read_study(moved_case(make, into_structures(make, np.round(exact, 4)))).dose.grid
    np.testing.assert_allclose(grid.axes @ grid.axes.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(corners_mm(grid), applied(exact, unmoved(make)), atol=0.01)


def test_registrations_that_agree_are_one(make, codes):
    again = into_structures(make, uid="1.2.3.77")
    study = read_study(moved_case(make, again, into_structures(make)))
    assert study.dose.registration == "reg1.dcm (1.2.3.7)"
    assert codes(study) == ["objects-left-out", "dose-registered"] or codes(study) == [
        "dose-registered",
        "objects-left-out",
    ]


def test_one_plan_of_a_sum_is_moved_and_the_other_stays(make, codes):
    files = make.case(
        structures=make.structures(names=("PTV", "PTV2")),
        reg=into_structures(make),
        plan2=make.aimed(make.plan(uid="1.2.3.11", label="Plan2", frame=OTHER), PTV2=20),
        dose2=make.dose(uid="1.2.3.33", plan="1.2.3.11", frame=OTHER),
    )
    for study in (read_study(files, plan=["Plan1", "Plan2"]), read_study(files)):
        first, second = (one.dose for one in study.plan_doses)
        assert (first.registration, second.registration) == ("", "reg.dcm (1.2.3.7)")
        assert {one.grid.frame_of_reference_uid for one in (first, second)} == {make.FRAME}
        np.testing.assert_allclose(corners_mm(second.grid), applied(QUARTER, corners_mm(first.grid)), atol=1e-9)
    assert codes(study) == ["dose-registered", "plans-together"]


def test_without_a_registration_such_plans_stay_a_question(make):
    files = make.case(
        plan2=make.aimed(make.plan(uid="1.2.3.11", label="Plan2", frame=OTHER), PTV2=20),
        dose2=make.dose(uid="1.2.3.33", plan="1.2.3.11", frame=OTHER),
    )
    with pytest.raises(AmbiguousStudyError):
        read_study(files)
    with pytest.raises(InconsistentStudyError, match="frame of reference"):
        read_study(files, plan=["Plan1", "Plan2"])


def test_beams_are_moved_and_added(make, codes):
    plan = make.treating(make.plan(frame=OTHER), {1: [1, 2]})
    doses = {
        f"dose{k}": make.naming(make.dose(uid=f"1.2.3.3.{k}", summation="BEAM", frame=OTHER), {1: [k]}) for k in (1, 2)
    }
    study = read_study(moved_case(make, into_structures(make), plan=plan, dose=None, **doses))
    np.testing.assert_allclose(corners_mm(study.dose.grid), applied(QUARTER, unmoved(make)), atol=1e-9)
    assert study.dose.registration == "reg0.dcm (1.2.3.7)"
    assert codes(study) == ["beams-summed", "dose-registered"]


def test_the_structure_set_in_a_registered_frame_is_found_where_nothing_names_one(make, codes):
    files = moved_case(make, into_structures(make), plan=make.plan(frame=OTHER, structures=None))
    assert sorted(codes(read_study(files))) == ["dose-registered", "structures-by-frame"]


def test_a_registration_that_is_not_needed_is_left_out(make, codes):
    study = read_study(make.case(reg=into_structures(make)))
    assert study.dose.registration == ""
    assert codes(study) == ["objects-left-out"]
    assert "reg.dcm" in study.notes[0].message


# --- not used ---------------------------------------------------------------------------------------------------------


def test_without_a_registration_the_mend_asks_for_one(make):
    with pytest.raises(InconsistentStudyError, match="lie in frame of reference") as error:
        read_study(moved_case(make))
    assert "or add the rigid spatial registration that links them" in error.value.mend


def test_a_registration_of_other_frames_links_nothing(make):
    for frames, registered in [({"1.2.99": QUARTER}, make.FRAME), ({OTHER: QUARTER}, "1.2.99"), ({}, OTHER)]:
        with pytest.raises(InconsistentStudyError, match="lie in frame of reference"):
            read_study(moved_case(make, make.registration(frames=frames, registered=registered)))


def test_frames_are_not_linked_through_two_registrations(make):
    first = make.registration(frames={OTHER: QUARTER}, registered="1.2.99")
    second = make.registration(uid="1.2.3.77", frames={make.FRAME: QUARTER}, registered="1.2.99")
    with pytest.raises(InconsistentStudyError, match="lie in frame of reference"):
        read_study(moved_case(make, first, second))


def test_registrations_that_differ_are_refused(make):
    other = QUARTER.copy()
    other[0, 3] += 0.05
    with pytest.raises(InconsistentStudyError, match=r"reg0\.dcm.*reg1\.dcm.*differently") as error:
        read_study(moved_case(make, into_structures(make), into_structures(make, other, uid="1.2.3.77")))
    assert "leave out" in error.value.mend


@pytest.mark.parametrize("kind", ["RIGID_SCALE", "AFFINE"])
def test_scaling_and_affine_registrations_are_not_used(make, kind, codes):
    with pytest.raises(InconsistentStudyError, match=rf"reg0\.dcm is of type {kind}: only rigid"):
        read_study(moved_case(make, into_structures(make, kind=kind)))
    both = [into_structures(make, kind=kind), into_structures(make, uid="1.2.3.77")]
    study = read_study(moved_case(make, *both))
    assert study.dose.registration == "reg1.dcm (1.2.3.77)"
    assert "registration-not-used" in codes(study)


def test_deformable_registrations_are_not_used_and_noted(make, codes):
    deformable = into_structures(make, sop_class="66.3")
    assert codes(read_study(make.case(reg=deformable))) == ["registrations-not-rigid"]
    with pytest.raises(InconsistentStudyError, match="lie in frame of reference"):
        read_study(moved_case(make, deformable))


def test_registrations_of_other_patients_are_left_out(make, codes):
    with pytest.raises(InconsistentStudyError, match="lie in frame of reference"):
        read_study(moved_case(make, into_structures(make, patient="P2")))
    assert codes(read_study(make.case(reg=into_structures(make, patient="P2")))) == ["other-patient"]
    assert "dose-registered" in codes(read_study(moved_case(make, into_structures(make, patient=""))))


@pytest.mark.parametrize(
    ("matrix", "match"),
    [
        (np.diag([1, 1, 1.01, 1]), "no rotation"),
        (np.diag([1, 1, -1, 1]), "no rotation"),
        (np.array([[1, 0.01, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), "no rotation"),
        (np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0.1, 1]]), "last row"),
        (np.eye(3), "16 numbers"),
    ],
)
def test_a_rigid_matrix_that_is_none_is_refused(make, matrix, match):
    with pytest.raises(UnreadableFileError, match=rf"reg0\.dcm: FrameOfReferenceTransformationMatrix .*{match}"):
        read_study(moved_case(make, into_structures(make, matrix)))


def test_a_registration_that_is_cut_is_refused_where_it_is_needed(make, codes):
    empty = into_structures(make)
    del empty.RegistrationSequence[0].MatrixRegistrationSequence[0].MatrixSequence
    with pytest.raises(UnreadableFileError, match="MatrixSequence is missing"):
        read_study(moved_case(make, empty))
    del empty.RegistrationSequence[0].MatrixRegistrationSequence
    with pytest.raises(UnreadableFileError, match="MatrixRegistrationSequence has 0 items"):
        read_study(moved_case(make, empty))
    assert codes(read_study(make.case(reg=empty))) == ["objects-left-out"]


def test_a_registration_that_moves_one_frame_to_two_places_is_refused(make):
    with pytest.raises(UnreadableFileError, match="to two places"):
        read_study(
            moved_case(make, make.registration(frames={OTHER: STILL, make.FRAME: QUARTER}, registered=make.FRAME))
        )


def test_a_plan_in_another_frame_than_its_dose_is_refused_whatever_links_them(make):
    with pytest.raises(InconsistentStudyError, match="the plan lies in frame of reference"):
        read_study(make.case(plan=make.plan(frame=OTHER), reg=into_structures(make)))
