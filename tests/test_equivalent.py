"""A DVH of one plan in BED or EQD2 is the physical one with its dose axis mapped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.dvh import DVH
from rtcheck.equivalent import in_basis, over_alpha_betas
from rtcheck.errors import BasisError, UsageError
from rtcheck.radiobiology import bed_of_dose, eqd2_of_dose
from rtcheck.units import PHYSICAL, bed_basis, eqd2_basis
from tests import studies

BOX = ((-10, 10), (-10, 10), (-10, 10))
EQD2_3 = eqd2_basis(3.0)


def ramp(x, y, z):
    """30 to 50 Gy along x over the box."""
    return 40.0 + x


def case_of(gray=ramp, fractions=5, **more):
    plan = studies.plan([studies.target_reference(1, 40.0, 1)], [fractions])
    return Case(studies.study([studies.box_roi(1, "PTV", BOX, "PTV")], studies.dose(gray), plan), **more)


CASE = case_of(intervals=True)
PLAIN = CASE.dvh("PTV")


@given(st.floats(0.5, 99.5), st.sampled_from([1, 3, 5, 25]), st.sampled_from([0.87, 2.0, 3.0, 10.0]))
def test_the_eqd2_of_a_dose_quantile_is_the_quantile_in_eqd2(percent, fractions, ratio) -> None:
    metric = f"D{percent}%[Gy]"
    mapped = in_basis(PLAIN, eqd2_basis(ratio), fractions)[metric]
    physical = PLAIN[metric]
    expected = eqd2_of_dose(np.array([physical.low, physical.value, physical.high]), fractions, alpha_beta_gy=ratio)
    assert [mapped.low, mapped.value, mapped.high] == pytest.approx(list(expected), rel=1e-6)


@given(st.floats(1.0, 60.0), st.sampled_from([3.0, 10.0]))
def test_the_volume_at_a_dose_is_the_volume_at_its_bed(gray, ratio) -> None:
    mapped = in_basis(PLAIN, bed_basis(ratio), 5)
    biological = float(bed_of_dose(gray, 5, alpha_beta_gy=ratio))
    assert mapped[f"V{biological:.9f}Gy[cc]"].value == pytest.approx(PLAIN[f"V{gray:.9f}Gy[cc]"].value, abs=1e-4)


def test_the_mean_in_eqd2_is_that_of_every_voxel_and_lies_above_the_eqd2_of_the_mean() -> None:
    # Mean of D (D / 5 + 3) / 5 for D even over 30 to 50 Gy: mean(D^2) = 40^2 + 20^2 / 12.
    expected = ((40.0**2 + 20.0**2 / 12) / 5 + 3 * 40.0) / 5
    mapped = in_basis(PLAIN, EQD2_3, 5)
    assert mapped["Mean[Gy]"].value == pytest.approx(expected, rel=1e-5)
    assert mapped["Mean[Gy]"].value > float(eqd2_of_dose(40.0, 5, alpha_beta_gy=3.0))


def test_at_two_gray_a_fraction_eqd2_is_the_identity() -> None:
    uniform = case_of(50.0, 25).dvh("PTV", EQD2_3)
    for metric in ("Mean[Gy]", "D95%[Gy]", "Max[Gy]", "D0.03cc[Gy]"):
        assert uniform[metric].value == pytest.approx(50.0)


def test_an_answer_names_its_basis() -> None:
    dvh = CASE.dvh("PTV", EQD2_3)
    assert (dvh.basis, dvh["Mean[Gy]"].basis) == (EQD2_3, EQD2_3)
    assert dvh["Mean[Gy]"].to_dict()["basis"] == "EQD2(alpha/beta=3 Gy)"
    assert PLAIN["Mean[Gy]"].to_dict()["basis"] == "physical"


def test_percent_is_of_the_prescription_in_the_same_basis() -> None:
    assert CASE.dvh("PTV", EQD2_3)["V100%[%]"].value == pytest.approx(PLAIN["V100%[%]"].value, abs=1e-3)


def test_a_dvh_is_converted_once() -> None:
    with pytest.raises(BasisError, match="needs doses in physical"):
        in_basis(CASE.dvh("PTV", EQD2_3), bed_basis(3.0), 5)


def test_an_roi_without_volume_stays_without_an_answer() -> None:
    empty = in_basis(DVH("X", (), None, problem="never drawn"), EQD2_3, 5)
    assert empty["Mean[Gy]"].reason == "never drawn"
    assert empty["Mean[Gy]"].basis == EQD2_3


def test_physical_stays_as_it_is() -> None:
    assert in_basis(PLAIN, PHYSICAL, 5)["Mean[Gy]"].value == PLAIN["Mean[Gy]"].value


def test_an_interval_over_alpha_betas_holds_every_value() -> None:
    values = [in_basis(PLAIN, eqd2_basis(ratio), 5)["D95%[Gy]"] for ratio in (3.0, 2.0, 2.5, 8.0)]
    over = over_alpha_betas(values)
    assert over.value == values[0].value
    assert (over.low, over.high) == (min(v.low for v in values), max(v.high for v in values))
    assert "2 and 2.5 and 3 and 8 Gy" in over.reason


def test_bases_of_different_kinds_make_no_interval() -> None:
    values = [in_basis(PLAIN, basis, 5)["D95%[Gy]"] for basis in (EQD2_3, bed_basis(3.0))]
    with pytest.raises(BasisError):
        over_alpha_betas(values)


def test_different_metrics_make_no_interval() -> None:
    with pytest.raises(UsageError, match="same metric"):
        over_alpha_betas([PLAIN["D95%[Gy]"], PLAIN["D5%[Gy]"]])


def test_an_alpha_beta_without_an_answer_is_named() -> None:
    known = CASE.dvh("PTV", EQD2_3)["D95%[Gy]"]
    nothing = DVH("PTV", (), None, problem="lost", basis=eqd2_basis(2.0))["D95%[Gy]"]
    assert "no answer with alpha/beta 2 Gy" in over_alpha_betas([known, nothing]).reason
