"""RELATIVE dose: refused until the user says what its values mean, and labelled ever after."""

from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="the app extra isn't installed")

import rtcheck
from tests.ui.conftest import SAMPLES, selectbox, shown
from tests.ui.files import files_of
from tests.ui.pages import axis, labels, radio, rows, table_rows, text_input

FIELD = "Normalisation (RELATIVE dose), e.g. 100=50Gy"


@pytest.fixture(scope="module")
def relative():
    """A dose in percent of 40 Gy."""

    def percent(dose):
        dose.DoseUnits = "RELATIVE"
        dose.DoseGridScaling = f"{float(dose.DoseGridScaling) * 100 / 40:.10g}"

    return files_of(SAMPLES / "hcc-sbrt-5fx", RTDOSE=percent)


def test_relative_dose_is_refused_and_its_meaning_asked_for(upload, relative):
    page = upload(*relative)
    assert not page.exception
    assert not page.dataframe
    assert len(page.error) == 1
    assert "RELATIVE" in page.error[0].value
    assert text_input(page, FIELD).value == ""


def test_other_refusals_and_doses_in_gray_ask_for_no_normalisation(upload, open_sample):
    def wrong(dose):
        dose.DoseType = "ERROR"

    page = upload(*files_of(SAMPLES / "hcc-sbrt-5fx", RTDOSE=wrong))
    assert len(page.error) == 1
    assert FIELD not in labels(page.text_input)


def test_a_normalised_dose_is_checked_and_labelled_everywhere(upload, relative):
    page = upload(*relative)
    text_input(page, FIELD).set_value("100=40Gy").run()
    assert not page.exception
    assert not page.error
    result = rtcheck.check(relative, normalisation="100=40Gy")
    assert table_rows(page) == rows(result.findings)
    assert "**!** The dose of 40Gy5F is relative, and its values mean what you said: 100 = 40 Gy" in shown(page)
    assert axis(page) == "Physical dose [Gy] · relative dose, 100 = 40 Gy as given by the user"
    assert "normalised by the user: 100 = 40 Gy" in shown(page)
    radio(page, "Dose in").set_value(radio(page, "Dose in").options[2]).run()
    assert axis(page).endswith("relative dose, 100 = 40 Gy as given by the user")


def test_a_normalisation_that_makes_no_sense_is_one_line_and_changes_nothing(upload, relative):
    page = upload(*relative)
    for wrong in ("100=40", "100% = 40Gy", "fifty", "0=40Gy"):
        text_input(page, FIELD).set_value(wrong).run()
        assert not page.exception
        beside = [error.value for error in page.sidebar.error]
        assert len(beside) == 1
        assert beside[0].endswith("the dose stays refused")
        assert not page.dataframe


def test_after_a_wrong_text_the_normalisation_stays_and_an_empty_one_takes_it_back(upload, relative):
    page = upload(*relative)
    text_input(page, FIELD).set_value("100=40Gy").run()
    before = table_rows(page)
    text_input(page, FIELD).set_value("100=").run()
    assert page.sidebar.error[0].value.replace("\\", "").endswith("it stays 100=40Gy")
    assert table_rows(page) == before
    text_input(page, FIELD).set_value("").run()
    assert not page.exception
    assert not page.dataframe
    assert "RELATIVE" in page.error[0].value


def test_other_files_are_not_asked(upload, relative):
    page = upload(*relative)
    text_input(page, FIELD).set_value("100=40Gy").run()
    radio(page, "Plan").set_value("Sample").run()
    selectbox(page, "Sample plan").set_value("hcc-sbrt-5fx").run()
    assert FIELD not in labels(page.text_input)
    assert axis(page) == "Physical dose [Gy]"
