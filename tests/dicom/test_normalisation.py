"""RELATIVE doses: refused, unless the user says what their values mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.dicom import read_study
from rtcheck.dicom.normalisation import Normalisation, parse_normalisation
from rtcheck.errors import (
    AmbiguousStudyError,
    IncompleteStudyError,
    ParseError,
    UnsupportedDoseError,
    UsageError,
)


def relative(make, **options):
    ds = make.dose(**options)
    ds.DoseUnits = "RELATIVE"
    ds.DoseGridScaling = "0.25"
    return ds


# --- the text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "dose_gy"),
    [
        ("100=50Gy", 100, 50),
        (" 100 = 50 Gy ", 100, 50),
        ("1=5000cGy", 1, 50),
        ("1=5000 CGY", 1, 50),
        ("0,5=2.5gy", 0.5, 2.5),
        ("1e2=5.0e1Gy", 100, 50),
        ("65535=60Gy", 65535, 60),
    ],
)
def test_a_normalisation_is_read(text, value, dose_gy):
    assert parse_normalisation(text) == Normalisation(value, dose_gy)


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 0, "number"),
        ("50Gy", 2, "'='"),
        ("=50Gy", 0, "number"),
        ("100=", 4, "number"),
        ("100=50", 6, "Gy or cGy"),
        ("100%=50Gy", 3, "'='"),
        ("100=50%", 6, "Gy or cGy"),
        ("100=50Gy x", 9, "nothing more"),
        ("100=50Gyx", 8, "nothing more"),
        ("nan=50Gy", 0, "number"),
        ("100=infGy", 4, "number"),
    ],
)
def test_what_is_no_normalisation_is_refused_where_it_stops_making_sense(text, position, expected):
    with pytest.raises(ParseError, match=expected) as error:
        parse_normalisation(text)
    assert error.value.position == position


@pytest.mark.parametrize("text", ["0=50Gy", "100=0Gy", "-100=50Gy", "100=-50Gy", "1e999=50Gy"])
def test_numbers_that_are_not_positive_are_refused(text):
    with pytest.raises(UsageError, match="two positive numbers"):
        parse_normalisation(text)


@given(st.floats(0.001, 1e5), st.floats(0.001, 200))
def test_what_is_printed_is_read_again(value, dose_gy):
    normalisation = Normalisation(value, dose_gy)
    again = parse_normalisation(str(normalisation))
    assert again.gy_per_unit == pytest.approx(normalisation.gy_per_unit, rel=1e-9)


# --- doses ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "factor"), [("100=50Gy", 0.5), ("1=5000cGy", 50), ("200 = 50 Gy", 0.25)])
def test_a_relative_dose_is_read_as_the_user_says(make, text, factor, codes):
    study = read_study(make.case(dose=relative(make)), normalisation=text)
    expected = (make.stored() * np.float64("0.25") * factor).astype(np.float32)
    np.testing.assert_array_equal(study.dose.dose_gy, expected)
    assert study.dose.normalisation == str(parse_normalisation(text))
    assert study.dose.dose_grid_scaling == 0.25 * factor
    assert codes(study) == ["dose-normalised"]
    assert study.dose.normalisation in study.notes[0].message


def test_a_relative_dose_without_a_normalisation_is_refused(make):
    with pytest.raises(UnsupportedDoseError, match="DoseUnits is RELATIVE") as error:
        read_study(make.case(dose=relative(make)))
    assert "--normalisation 100=50Gy" in error.value.mend
    with pytest.raises(UnsupportedDoseError, match="DoseUnits is RELATIVE") as error:
        read_study(make.case(dose=relative(make)), dose="dose.dcm")
    assert "--normalisation 100=50Gy" in error.value.mend


def test_a_dose_in_gray_is_not_normalised(make):
    with pytest.raises(UsageError, match=r"nothing to normalise: dose\.dcm is in gray"):
        read_study(make.case(), normalisation="100=50Gy")


def test_a_normalisation_that_makes_no_sense_is_refused_before_anything_else(make):
    with pytest.raises(ParseError):
        read_study(make.case(dose=None), normalisation="100")


@pytest.mark.parametrize(("keyword", "value"), [("DoseUnits", "PERCENT"), ("DoseUnits", ""), ("DoseType", "ERROR")])
def test_a_normalisation_makes_nothing_else_usable(make, keyword, value):
    ds = relative(make)
    setattr(ds, keyword, value)
    with pytest.raises(UnsupportedDoseError, match=value or "missing"):
        read_study(make.case(dose=ds), normalisation="100=50Gy")


def test_with_a_normalisation_a_relative_dose_is_a_candidate_like_any_other(make, codes):
    files = make.case(other=relative(make, uid="1.2.3.33"))
    assert codes(read_study(files)) == ["doses-left-out"]
    with pytest.raises(AmbiguousStudyError, match="2 candidates for the dose"):
        read_study(files, normalisation="100=50Gy")
    study = read_study(files, normalisation="100=50Gy", dose="other.dcm")
    assert study.dose.normalisation == "100 = 50 Gy"
    with pytest.raises(UsageError, match="nothing to normalise"):
        read_study(files, normalisation="100=50Gy", dose="dose.dcm")


def test_one_relative_dose_of_a_sum_is_normalised_and_the_others_stay(make, codes):
    files = make.case(
        plan2=make.plan(uid="1.2.3.11", label="Plan2"), dose2=relative(make, uid="1.2.3.33", plan="1.2.3.11")
    )
    study = read_study(files, plan=["Plan1", "Plan2"], normalisation="100=50Gy")
    first, second = (one.dose for one in study.plan_doses)
    assert (first.normalisation, second.normalisation) == ("", "100 = 50 Gy")
    assert first.dose_grid_scaling == 0.001
    assert codes(study) == ["dose-normalised"]


def test_one_normalisation_is_not_used_for_two_relative_doses(make):
    files = make.case(
        dose=relative(make),
        plan2=make.plan(uid="1.2.3.11", label="Plan2"),
        dose2=relative(make, uid="1.2.3.33", plan="1.2.3.11"),
    )
    with pytest.raises(UsageError, match=r"2 relative doses \(dose\.dcm, dose2\.dcm\)"):
        read_study(files, plan=["Plan1", "Plan2"], normalisation="100=50Gy")
    assert read_study(files, plan="Plan1", normalisation="100=50Gy").dose.normalisation == "100 = 50 Gy"


def test_relative_doses_of_beams_are_not_normalised_together(make):
    plan = make.treating(make.plan(), {1: [1, 2]})
    doses = {f"dose{k}": make.naming(relative(make, uid=f"1.2.3.3.{k}", summation="BEAM"), {1: [k]}) for k in (1, 2)}
    files = make.case(plan=plan, dose=None, **doses)
    with pytest.raises(UsageError, match="2 relative doses"):
        read_study(files, normalisation="100=50Gy")
    with pytest.raises(IncompleteStudyError, match="none of beam 2"):
        read_study([file for file in files if file[0] != "dose2.dcm"], normalisation="100=50Gy")
    one_beam = make.case(plan=make.treating(make.plan(), {1: [1]}), dose=doses["dose1"])
    dose = read_study(one_beam, normalisation="100=50Gy").dose
    assert (dose.normalisation, len(dose.parts)) == ("100 = 50 Gy", 1)
