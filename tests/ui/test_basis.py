"""The figure in BED and EQD2: what the axis, the legend and the lines say, and what isn't known."""

from __future__ import annotations

import pydicom
import pytest

pytest.importorskip("streamlit", reason="the app extra isn't installed")

import rtcheck
from rtcheck.tables import load_radiobiology
from rtcheck.units import bed_basis, eqd2_basis
from tests.ui.conftest import SAMPLES, selectbox, shown
from tests.ui.files import files_of
from tests.ui.pages import axis, button, curves, doses_gy, lines, multiselect, radio, table_rows

ONE, TWO = SAMPLES / "hcc-sbrt-5fx", SAMPLES / "two-lesions-two-plans"
RATIO = "alpha/beta"


def _in(page, kind: str):
    choice = radio(page, "Dose in")
    return choice.set_value(choice.options[["physical", "BED", "EQD2"].index(kind)]).run()


@pytest.mark.parametrize(
    ("kind", "basis", "line"),
    [("BED", bed_basis, 146.7), pytest.param("EQD2", eqd2_basis, 88.0, marks=pytest.mark.slow)],
)
def test_one_alpha_beta_for_all_is_named_on_the_axis(open_sample, kind, basis, line):
    page = open_sample(ONE.name)
    before = table_rows(page)
    _in(page, kind)
    selectbox(page, RATIO).set_value("one value for all").run()
    assert not page.exception
    assert axis(page) == f"{kind} (alpha/beta 3 Gy) [Gy]"
    assert lines(page) == {f"prescribed {line:g} Gy {kind}": pytest.approx(line, abs=0.05)}
    liver = curves(page)["Liver"]
    expected = rtcheck.Case(rtcheck.read_study(ONE)).dvh("Liver", basis(3.0))
    assert doses_gy(liver).max() == pytest.approx(expected.curve.dose_gy[-1])
    assert f"Gy {kind} (alpha/beta 3 Gy)" in liver["hovertemplate"]
    next(field for field in page.number_input if field.key.startswith("alpha-beta-")).set_value(2.0).run()
    assert axis(page) == f"{kind} (alpha/beta 2 Gy) [Gy]"
    assert table_rows(page) == before


def test_each_organs_own_alpha_beta_stands_in_the_legend(open_sample):
    page = _in(open_sample(ONE.name), "EQD2")
    assert axis(page) == "EQD2 (each organ's own alpha/beta) [Gy]"
    assert selectbox(page, RATIO).value == "each organ's own"
    table = load_radiobiology()
    case = rtcheck.Case(rtcheck.read_study(ONE))
    for roi in ("Liver", "Kidney_L", "PTV", "Liver - GTV*"):
        ratio = table.alpha_beta.of(roi).value_gy
        curve = curves(page)[f"{roi}, alpha/beta {ratio:g} Gy"]
        assert doses_gy(curve).max() == pytest.approx(case.dvh(roi, eqd2_basis(ratio)).curve.dose_gy[-1])
    assert lines(page) == {"prescribed 60 Gy EQD2": 60.0}
    assert table.disclaimer[:60] in shown(page)
    listed = next(frame.value for frame in page.dataframe if "alpha/beta" in frame.value.columns)
    assert set(listed["ROI"]) == {name.rpartition(", ")[0] for name in curves(page)}


@pytest.mark.slow
def test_of_several_plans_the_biological_dose_is_that_of_the_sum(open_sample):
    page = _in(open_sample(TWO.name), "EQD2")
    assert axis(page) == "EQD2 (each organ's own alpha/beta) [Gy] · sum of 2 plans"
    assert lines(page) == {"PTV_Liver: 60 Gy EQD2": 60.0, "PTV_Spine: 42.75 Gy EQD2": pytest.approx(42.75)}
    case = rtcheck.Case(rtcheck.read_study(TWO))
    drawn = doses_gy(curves(page)["Liver, alpha/beta 3 Gy"])
    assert drawn.max() == pytest.approx(case.dvh("Liver", eqd2_basis(3.0)).curve.dose_gy[-1])


@pytest.mark.slow
def test_a_basis_that_is_not_known_is_said_with_its_reason(upload):
    def uncounted(plan):
        del plan.FractionGroupSequence[0].NumberOfFractionsPlanned

    page = upload(*files_of(ONE, RTPLAN=uncounted))
    assert page.get("plotly_chart")
    _in(page, "BED")
    assert not page.exception
    assert not page.get("plotly_chart")
    (said,) = [text for text in shown(page).split("\n") if "The curves can't be shown" in text]
    assert "its number of fractions isn't stated" in said
    _in(page, "physical")
    assert page.get("plotly_chart")


@pytest.mark.slow
def test_a_sum_that_is_not_known_in_a_basis_can_still_be_seen_plan_by_plan(upload):
    liver = pydicom.dcmread(TWO / "RTPLAN_Liver.dcm")

    def uncounted(plan):
        del plan.FractionGroupSequence[0].NumberOfFractionsPlanned
        plan.DoseReferenceSequence = liver.DoseReferenceSequence

    page = upload(*files_of(TWO, RTPLAN_Spine=uncounted))
    multiselect(page, "Which plan, or plans?").set_value([0, 1])
    button(page, "Check").click().run()
    _in(page, "EQD2")
    assert "T12 27Gy3F isn't known" in shown(page)
    assert not page.get("plotly_chart")
    radio(page, "Dose of").set_value(0).run()
    assert axis(page) == "EQD2 (each organ's own alpha/beta) [Gy] · Liver 40Gy5F alone"


def test_the_csv_stays_physical(open_sample):
    from rtcheck.report import curves_csv
    from rtcheck.ui import session
    from rtcheck.ui.downloads import curves_of

    page = _in(open_sample(TWO.name), "EQD2")
    (result,) = page.session_state[session.OPENED].results.values()
    written = curves_of(result)
    assert written.startswith(curves_csv(result.case.dvhs()))
    ends = {tuple(line.split(",")[-2:]) for line in written.splitlines()[1:]}
    assert ends == {("physical", "sum of Liver 40Gy5F + T12 27Gy3F")}
