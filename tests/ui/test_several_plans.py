"""Several plans: taken together, looked at one by one, and asked about where nothing tells."""

from __future__ import annotations

import pydicom
import pytest

pytest.importorskip("streamlit", reason="the app extra isn't installed")

import rtcheck
from rtcheck.ui import session
from tests.ui.conftest import SAMPLES, selectbox, shown
from tests.ui.files import changed, files_of
from tests.ui.pages import axis, button, curves, doses_gy, labels, lines, multiselect, radio, rows, table_rows

TWO = SAMPLES / "two-lesions-two-plans"
LIVER, SPINE = "Liver 40Gy5F", "T12 27Gy3F"
DOSE = "Dose to check"


def _rivals():
    """Two plans that name the same target: nothing tells whether both are given."""
    liver = pydicom.dcmread(TWO / "RTPLAN_Liver.dcm")

    def same_target(plan):
        plan.DoseReferenceSequence = liver.DoseReferenceSequence

    return files_of(TWO, RTPLAN_Spine=same_target)


@pytest.mark.slow
def test_plans_taken_together_are_named_in_the_sidebar(open_sample):
    page = open_sample(TWO.name)
    assert f"2 plans added: {LIVER}, {SPINE}" in shown(page)
    assert radio(page, DOSE).options == ["Both plans, doses added", f"{LIVER} alone", f"{SPINE} alone"]
    assert "alone, not the whole treatment" not in shown(page)
    assert "Choose again" not in labels(page.button)


@pytest.mark.slow
def test_one_plan_is_looked_at_alone_and_the_sum_again(open_sample):
    page = open_sample(TWO.name)
    together = page.session_state[session.OPENED].key
    for number, (label, other) in enumerate(((LIVER, SPINE), (SPINE, LIVER))):
        radio(page, DOSE).set_value(number).run()
        assert not page.exception
        assert table_rows(page) == rows(rtcheck.check(TWO, plan=label).findings)
        assert f"This is {label} alone, not the whole treatment: the dose of {other} isn't added." in shown(page)
        assert page.session_state[session.OPENED].key != together
        assert radio(page, DOSE).value == number
    radio(page, DOSE).set_value(-1).run()
    assert table_rows(page) == rows(rtcheck.check(TWO).findings)
    assert page.session_state[session.OPENED].key == together
    assert "alone, not the whole treatment" not in shown(page)


def test_curves_of_one_plan_stand_beside_those_of_the_sum(open_sample):
    page = open_sample(TWO.name)
    assert axis(page) == "Physical dose [Gy] · sum of 2 plans"
    assert lines(page) == {"PTV_Liver: 40 Gy": 40.0, "PTV_Spine: 27 Gy": 27.0}
    case = rtcheck.Case(rtcheck.read_study(TWO))
    assert doses_gy(curves(page)["Liver"]).max() == pytest.approx(case.dvh("Liver").curve.dose_gy[-1])
    verdicts = table_rows(page)
    radio(page, "Dose of").set_value(1).run()
    assert not page.exception
    assert axis(page) == f"Physical dose [Gy] · {SPINE} alone"
    assert lines(page) == {"prescribed 27 Gy": 27.0}
    alone = case.of_plans([case.study.plans[1].sop_instance_uid])
    assert doses_gy(curves(page)["Liver"]).max() == pytest.approx(alone.dvh("Liver").curve.dose_gy[-1])
    assert table_rows(page) == verdicts


@pytest.mark.slow
def test_rival_plans_are_asked_about_and_several_may_be_chosen(upload):
    files = _rivals()
    page = upload(*files)
    assert not page.exception
    assert not page.dataframe
    assert "the doses of several plans are added voxel by voxel" in shown(page)
    which = multiselect(page, "Which plan, or plans?")
    which.set_value([0, 1])
    button(page, "Check").click().run()
    assert not page.exception
    labelled = ["RTPLAN_Liver.dcm", "RTPLAN_Spine.dcm"]
    assert table_rows(page) == rows(rtcheck.check(files, plan=labelled).findings)
    assert f"2 plans added: {LIVER}, {SPINE}" in shown(page)
    radio(page, DOSE).set_value(1).run()
    assert table_rows(page) == rows(rtcheck.check(files, plan="RTPLAN_Spine.dcm").findings)
    radio(page, DOSE).set_value(-1).run()
    assert table_rows(page) == rows(rtcheck.check(files, plan=labelled).findings)
    button(page, "Choose again").click().run()
    assert multiselect(page, "Which plan, or plans?").value == []


def test_choosing_no_plan_is_said(upload):
    page = upload(*_rivals())
    button(page, "Check").click().run()
    assert [error.value for error in page.error] == ["No plan is chosen: choose at least one."]
    assert not page.dataframe


def test_plans_that_cannot_be_added_are_one_line_and_a_way_back(upload):
    def nameless(dose):
        del dose.ReferencedRTPlanSequence

    one = SAMPLES / "hcc-sbrt-5fx"
    files = files_of(one, RTDOSE=nameless)
    page = upload(*files, ("second.dcm", changed(one / "RTPLAN.dcm", None, uid="1.2.3.9")))
    multiselect(page, "Which plan, or plans?").set_value([0, 1])
    button(page, "Check").click().run()
    assert not page.exception
    assert len(page.error) == 1
    button(page, "Choose again").click().run()
    assert multiselect(page, "Which plan, or plans?")


@pytest.mark.slow
def test_of_two_doses_one_is_chosen(upload):
    one = SAMPLES / "hcc-sbrt-5fx"
    page = upload(*files_of(one), ("second.dcm", changed(one / "RTDOSE.dcm", None, uid="1.2.3.9")))
    which = selectbox(page, "Which dose?")
    which.set_value(next(number for number, text in enumerate(which.options) if "second.dcm" in text)).run()
    assert not page.exception
    assert table_rows(page) == rows(rtcheck.check(files_of(one)).findings)
    (chosen,) = [line for line in shown(page).split("\n") if line.startswith("Dose chosen: ")]
    assert "second.dcm" in chosen


@pytest.fixture(scope="module")
def three_plans():
    """A third plan with its dose, to a target of its own."""
    structures = pydicom.dcmread(TWO / "RTSTRUCT.dcm")
    gtv = next(roi.ROINumber for roi in structures.StructureSetROISequence if roi.ROIName == "GTV_Spine")

    def boost(plan):
        plan.RTPlanLabel = "Boost 27Gy3F"
        for reference in plan.DoseReferenceSequence:
            reference.ReferencedROINumber = gtv

    def of_boost(dose):
        dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = "1.2.3.9"

    return [
        *files_of(TWO),
        ("boost.dcm", changed(TWO / "RTPLAN_Spine.dcm", boost, uid="1.2.3.9")),
        ("boost dose.dcm", changed(TWO / "RTDOSE_Spine.dcm", of_boost, uid="1.2.3.10")),
    ]


@pytest.mark.slow
def test_of_three_plans_any_can_be_left_out_but_not_all(upload, three_plans):
    page = upload(*three_plans)
    assert not page.exception
    assert f"3 plans added: Boost 27Gy3F, {LIVER}, {SPINE}" in shown(page)
    multiselect(page, "Plans to check, doses added").set_value([1, 2]).run()
    assert table_rows(page) == rows(rtcheck.check(three_plans, plan=[LIVER, SPINE]).findings)
    assert f"This is {LIVER} and {SPINE} alone" in shown(page)
    before = page.session_state[session.OPENED]
    multiselect(page, "Plans to check, doses added").set_value([]).run()
    assert [error.value for error in page.error] == ["No plan is chosen: choose at least one. Nothing has changed."]
    assert page.session_state[session.OPENED] is before
    multiselect(page, "Plans to check, doses added").set_value([0, 1, 2]).run()
    assert f"3 plans added: Boost 27Gy3F, {LIVER}, {SPINE}" in shown(page)


@pytest.mark.slow
def test_plan_labels_are_never_markup(upload):
    def nasty(plan):
        plan.RTPlanLabel = "*a* [x](y)"

    page = upload(*files_of(TWO, RTPLAN_Liver=nasty))
    assert not page.exception
    options = radio(page, DOSE).options + radio(page, "Dose of").options
    assert sum(r"\*a\* \[x\]\(y\)" in option for option in options) == 2
