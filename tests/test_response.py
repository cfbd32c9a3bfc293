"""Dose-response models against closed forms, exact sums and many voxels; and what they refuse."""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import norm

from rtcheck.curve import DoseVolumeCurve
from rtcheck.dvh import DVH
from rtcheck.errors import BasisError, UsageError
from rtcheck.metrics import Distribution, State
from rtcheck.response import (
    Model,
    ParameterSet,
    Response,
    generalized_eud,
    lkb_ntcp,
    ntcp,
    poisson_ntcp,
    poisson_tcp,
    probit_on_mean,
)
from rtcheck.units import PHYSICAL, DoseBasis, DoseKind, bed_basis, eqd2_basis

EQD2_3 = eqd2_basis(3)
EQD1_5 = DoseBasis(DoseKind.EQDX, 2.5, 1.5)
LKB = ParameterSet(
    "a.liver", Model.LKB, "Liver-GTV", "RILD", "a paper", "single", n=0.97, m=0.12, d50_gy=39.8, basis=EQD2_3
)
PROBIT = ParameterSet(
    "a.probit", Model.PROBIT_ON_MEAN, "Liver-GTV", "RILD", "a paper", "single", d50_gy=40.8, gamma50=0.95, basis=EQD2_3
)
POISSON = ParameterSet(
    "a.tumour", Model.POISSON, "GTV", "local control", "a paper", "single", d50_gy=50.0, gamma50=1.8, basis=EQD2_3
)

#: Lowest dose, highest dose (equal for volume at one dose), volume.
Pieces = list[tuple[float, float, float]]


def curve_of(pieces: Pieces) -> DoseVolumeCurve:
    """The curve of pieces that don't overlap, rising."""
    knots = [(pieces[0][0], sum(volume for *_, volume in pieces))]
    for low, high, volume in pieces:
        knots += [(low, knots[-1][1]), (high, max(knots[-1][1] - volume, 0.0))]
    knots[-1] = (knots[-1][0], 0.0)
    dose, left = np.array(knots).T
    return DoseVolumeCurve(dose, left)


def dvh_of(pieces: Pieces, *, basis: DoseBasis = EQD2_3, outside_cc: float = 0.0, roi: str = "Liver - GTV*") -> DVH:
    total = sum(volume for *_, volume in pieces)
    bounds = pieces[0][0], pieces[-1][1]
    mean_gy = sum((low + high) / 2 * volume for low, high, volume in pieces) / total
    mean_gy = min(max(mean_gy, bounds[0]), bounds[1])  # exact for a uniform dose
    return DVH(roi, ("Liver",), curve_of(pieces), mean_gy, *bounds, outside_cc, basis)


def uniform(dose_gy: float, **parts: object) -> DVH:
    return dvh_of([(dose_gy, dose_gy, 1200.0)], **parts)  # type: ignore[arg-type]


def eud_gy(dvh: DVH, a: float) -> float:
    value = generalized_eud(dvh, a).value
    assert value is not None
    return value


def number(response: Response) -> float:
    assert response.value is not None
    return response.value


def voxels(pieces: Pieces, per_piece: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Doses and relative volumes of many small voxels."""
    middles = (np.arange(per_piece) + 0.5) / per_piece
    dose = np.concatenate([low + (high - low) * middles for low, high, _ in pieces])
    volume = np.concatenate([np.full(per_piece, volume / per_piece) for *_, volume in pieces])
    return dose, volume / volume.sum()


@st.composite
def distributions(draw: st.DrawFn, lowest_gy: float = 0.0) -> Pieces:
    """Pieces between rising doses: spread, at one dose, or empty."""
    ends = sorted(draw(st.lists(st.floats(lowest_gy, 90.0), min_size=2, max_size=8, unique=True)))
    pieces = []
    for low, high in pairwise(ends):
        at_low, between = draw(st.integers(0, 500)), draw(st.integers(0, 500))
        pieces += [(low, low, at_low / 4)] * (at_low > 0) + [(low, high, between / 4)] * (between > 0)
    return pieces or [(ends[0], ends[-1], 10.0)]


POWERS = st.sampled_from([-40.0, -10.0, -1.5, -1.0, -0.5, 0.1, 1 / 3, 0.9, 1.0, 1 / 0.97, 2.0, 8.0, 33.3])


@given(st.floats(1e-3, 200.0), POWERS)
def test_geud_of_a_uniform_dose_is_that_dose_exactly(dose_gy: float, a: float) -> None:
    assert eud_gy(uniform(dose_gy), a) == dose_gy


@given(distributions(), st.integers(1, 30))
@example([(39.999999999, 40.0, 100.0)], 1)
@example([(0.0, 5e-324, 3.0)], 2)
def test_geud_is_the_exact_sum_over_pieces(pieces: Pieces, a: int) -> None:
    total, power = Fraction(0), Fraction(0)
    for low, high, volume in pieces:
        b, c, cc = Fraction(low), Fraction(high), Fraction(volume)
        mean = b**a if b == c else (c ** (a + 1) - b ** (a + 1)) / ((a + 1) * (c - b))
        total, power = total + cc, power + cc * mean
    exact = float(power / total) ** (1 / a) if power else 0.0
    assert eud_gy(dvh_of(pieces), a) == pytest.approx(exact, rel=1e-10, abs=1e-6)


@given(distributions(lowest_gy=0.5), POWERS)
def test_geud_is_the_power_mean_of_many_voxels(pieces: Pieces, a: float) -> None:
    pieces = [(low, min(high, 2 * low), volume) for low, high, volume in pieces]
    dose, volume = voxels(pieces)
    brute = dose.max() * (volume * (dose / dose.max()) ** a).sum() ** (1 / a)
    assert eud_gy(dvh_of(pieces), a) == pytest.approx(brute, rel=1e-5)


@given(distributions(), POWERS, POWERS)
def test_geud_rises_with_its_power_between_minimum_and_maximum(pieces: Pieces, one: float, other: float) -> None:
    dvh = dvh_of(pieces)
    low, high = sorted((one, other))
    slack = 1e-9 * dvh.max_gy + 1e-6
    assert dvh.min_gy - slack <= eud_gy(dvh, low) <= eud_gy(dvh, high) + slack
    assert eud_gy(dvh, high) <= dvh.max_gy + slack


@given(distributions(lowest_gy=0.1), POWERS, st.sampled_from([0.5, 3.0, 10.0]))
def test_geud_scales_with_dose(pieces: Pieces, a: float, factor: float) -> None:
    scaled = [(factor * low, factor * high, volume) for low, high, volume in pieces]
    assert eud_gy(dvh_of(scaled), a) == pytest.approx(factor * eud_gy(dvh_of(pieces), a), rel=1e-9)


@given(distributions())
def test_geud_of_power_1_is_the_mean(pieces: Pieces) -> None:
    dvh = dvh_of(pieces)
    assert eud_gy(dvh, 1.0) == pytest.approx(dvh.mean_gy, rel=1e-10, abs=1e-6)


@pytest.mark.parametrize("a", [0.01, 0.5, 1.0, 4.0, 25.0, 1000.0])
def test_geud_of_a_linear_gradient_from_zero(a: float) -> None:
    assert eud_gy(dvh_of([(0.0, 40.0, 300.0)]), a) == pytest.approx(40 * (a + 1) ** (-1 / a), rel=1e-11)


@pytest.mark.parametrize("a", [-0.9, -0.5, -0.1])
def test_geud_of_a_gradient_from_zero_with_a_small_negative_power(a: float) -> None:
    assert eud_gy(dvh_of([(0.0, 40.0, 300.0)]), a) == pytest.approx(40 * (a + 1) ** (-1 / a), rel=1e-11)


def test_harmonic_mean_of_a_gradient_has_a_logarithm() -> None:
    assert eud_gy(dvh_of([(20.0, 60.0, 300.0)]), -1) == pytest.approx(40 / math.log(3), rel=1e-14)


@pytest.mark.parametrize("a", [-1.0, -2.0, -50.0])
def test_cold_volume_leaves_no_equivalent_dose_for_negative_powers(a: float) -> None:
    assert eud_gy(dvh_of([(0.0, 0.0, 1.0), (60.0, 60.0, 99.0)]), a) == 0.0
    assert eud_gy(dvh_of([(0.0, 60.0, 100.0)]), a) == 0.0


@pytest.mark.parametrize("a", [1e4, 1e8])
def test_the_largest_powers_tend_to_the_extrema(a: float) -> None:
    pieces = [(10.0, 20.0, 5.0), (20.0, 20.0, 1.0), (20.0, 70.0, 3.0)]
    assert eud_gy(dvh_of(pieces), a) == pytest.approx(70.0, rel=20 * math.log(a) / a)
    assert eud_gy(dvh_of(pieces), -a) == pytest.approx(10.0, rel=20 * math.log(a) / a)


def test_all_at_zero_dose() -> None:
    assert eud_gy(uniform(0.0), 1.0) == 0.0
    assert eud_gy(uniform(0.0), -3.0) == 0.0
    assert number(lkb_ntcp(uniform(0.0), LKB)) == pytest.approx(norm.cdf(-1 / 0.12), rel=1e-12)


@pytest.mark.parametrize("a", [0.0, 1e-4, math.nan, math.inf])
def test_a_power_without_a_mean_is_refused(a: float) -> None:
    with pytest.raises(UsageError, match="gEUD with a ="):
        generalized_eud(uniform(40.0), a)


def test_geud_carries_name_unit_and_basis() -> None:
    value = generalized_eud(uniform(40.0), 8)
    assert (value.metric, str(value.unit), value.basis, value.state) == ("gEUD(8)[Gy]", "Gy", EQD2_3, State.VALUE)


@given(distributions(lowest_gy=1.0), POWERS, st.floats(0.0, 80.0), st.floats(0.001, 0.9))
def test_bounds_hold_whatever_the_unknown_dose_is(pieces: Pieces, a: float, unknown_gy: float, share: float) -> None:
    total = sum(volume for *_, volume in pieces)
    outside_cc = total * share / (1 - share)
    dvh = dvh_of(pieces, outside_cc=outside_cc)
    answer = generalized_eud(dvh, a)
    assert answer.low is not None and answer.high is not None
    assert (answer.value is None) is (outside_cc > 0.02 * dvh.volume_cc)
    dose, volume = voxels(pieces, 500)
    dose = np.append(dose, max(unknown_gy, 1e-3))
    volume = np.append(volume * (1 - share), share)
    full = dose.max() * (volume * (dose / dose.max()) ** a).sum() ** (1 / a)
    assert answer.low * (1 - 1e-3) <= full <= answer.high * (1 + 1e-3)
    assert "outside the dose grid" in answer.reason
    assert math.isinf(answer.high) is (a > 0)


def test_dose_that_isnt_known_bounds_a_complication_from_below_alone() -> None:
    response = lkb_ntcp(dvh_of([(30.0, 40.0, 900.0)], outside_cc=100.0), LKB)
    low_gy = eud_gy(dvh_of([(0.0, 0.0, 100.0), (30.0, 40.0, 900.0)]), 1 / 0.97)
    assert (response.value, response.high) == (None, 1.0)
    assert response.low == pytest.approx(norm.cdf((low_gy / 39.8 - 1) / 0.12), rel=1e-9)
    assert response.reason == "10 % of the ROI lies outside the dose grid"
    assert str(response).endswith("to 100 % [a.liver, single]: 10 % of the ROI lies outside the dose grid")


def test_little_unknown_volume_leaves_a_value_between_bounds() -> None:
    response = probit_on_mean(dvh_of([(30.0, 40.0, 990.0)], outside_cc=10.0), PROBIT)
    assert response.low is not None and response.low < number(response) < (response.high or 0)


def test_no_answer_without_volume_or_dose() -> None:
    empty = DVH("Liver", (), None, problem="the ROI has no volume", basis=EQD2_3)
    outside = DVH("Liver", (), None, outside_cc=100.0, basis=EQD2_3)
    for parameters, model in ((LKB, lkb_ntcp), (PROBIT, probit_on_mean), (POISSON, poisson_tcp)):
        for dvh, reason in ((empty, "no volume"), (outside, "100 % of the ROI lies outside")):
            response = model(dvh, parameters)
            assert (response.value, response.low, response.high) == (None, None, None)
            assert reason in response.reason
            assert str(response).startswith(f"{response.quantity} not evaluable: ")


@pytest.mark.parametrize("pieces", [[(-1.0, 40.0, 10.0)], [(10.0, math.inf, 10.0)]])
def test_no_answer_for_doses_below_zero_or_without_end(pieces: Pieces) -> None:
    answer = generalized_eud(replace(uniform(40.0), curve=curve_of(pieces)), 1.0)
    assert answer.state is State.NOT_EVALUABLE
    assert "no model holds" in answer.reason


def test_other_conventions_widen_the_bounds() -> None:
    other = dvh_of([(35.0, 45.0, 1000.0)]).distribution
    nothing = Distribution(None, math.nan, math.nan, math.nan, 0.0, "", {}, "no end caps", EQD2_3)
    dvh = replace(uniform(39.8), alternatives=(replace(other, convention="rounded ends"), nothing))
    response = lkb_ntcp(dvh, LKB)
    assert number(response) == 0.5
    assert response.low == 0.5
    assert response.high == number(lkb_ntcp(dvh_of([(35.0, 45.0, 1000.0)]), LKB)) > 0.5
    assert "no answer under no end caps: the ROI has no volume" in response.reason
    assert poisson_tcp(dvh, POISSON).low != poisson_tcp(dvh, POISSON).high


def test_conventions_of_another_basis_are_refused() -> None:
    dvh = replace(uniform(39.8), alternatives=(uniform(40.0, basis=PHYSICAL).distribution,))
    with pytest.raises(BasisError):
        generalized_eud(dvh, 1.0)


@given(st.floats(1.0, 90.0), st.floats(0.05, 1.5), st.floats(0.05, 0.6))
def test_a_uniform_dose_of_td50_gives_exactly_one_half(d50_gy: float, n: float, m: float) -> None:
    assert number(lkb_ntcp(uniform(d50_gy), replace(LKB, n=n, m=m, d50_gy=d50_gy))) == 0.5
    assert number(probit_on_mean(uniform(d50_gy), replace(PROBIT, d50_gy=d50_gy))) == 0.5
    assert number(poisson_ntcp(uniform(d50_gy), replace(POISSON, n=n, d50_gy=d50_gy))) == 0.5
    assert number(poisson_tcp(uniform(d50_gy), replace(POISSON, d50_gy=d50_gy))) == 0.5


@pytest.mark.parametrize("share", [1.0, 2 / 3, 1 / 3, 0.05])
@pytest.mark.parametrize("n", [0.05, 0.32, 0.97])
def test_partial_volume_tolerance_of_lyman1985(n: float, share: float) -> None:
    """The dose of 50 % for a part v of the organ is TD50 v^-n, the rest getting nothing."""
    dose_gy = 39.8 * share**-n
    pieces = [(0.0, 0.0, 1000 * (1 - share))] * (share < 1) + [(dose_gy, dose_gy, 1000 * share)]
    assert number(lkb_ntcp(dvh_of(pieces), replace(LKB, n=n))) == pytest.approx(0.5, abs=1e-12)


@given(distributions(), st.sampled_from([0.97, 0.32, 0.1]), st.sampled_from([0.12, 0.43]))
def test_effective_volume_of_kutcher1989_is_the_same_model(pieces: Pieces, n: float, m: float) -> None:
    """veff = sum v_i (D_i/Dmax)^(1/n), TD50(veff) = TD50 veff^-n, t = (Dmax - TD50(veff)) / (m TD50(veff))."""
    pieces = [*pieces, (95.0, 95.0, 50.0)]
    dose, volume = voxels(pieces)
    tolerance_gy = 39.8 * (volume * (dose / 95.0) ** (1 / n)).sum() ** -n
    expected = norm.cdf((95.0 - tolerance_gy) / (m * tolerance_gy))
    assert number(lkb_ntcp(dvh_of(pieces), replace(LKB, n=n, m=m))) == pytest.approx(expected, abs=2e-5)


def test_one_standard_deviation_of_lkb_is_m_times_td50() -> None:
    for deviations in (-6.0, -1.0, 1.0, 2.0):
        response = lkb_ntcp(uniform(39.8 * (1 + 0.12 * deviations)), LKB)
        assert number(response) == pytest.approx(norm.cdf(deviations), rel=1e-10)


def test_gamma50_is_the_normalised_slope_at_d50() -> None:
    step = 1e-5
    for model, parameters in ((probit_on_mean, PROBIT), (poisson_ntcp, POISSON), (poisson_tcp, POISSON)):
        d50_gy = parameters.d50_gy or 0.0
        rise = number(model(uniform(d50_gy * (1 + step)), parameters)) - number(
            model(uniform(d50_gy * (1 - step)), parameters)
        )
        assert rise / (2 * step) == pytest.approx(parameters.gamma50, rel=1e-6)


def test_the_response_of_kallman1992() -> None:
    """P(D) = 2^-exp(e gamma (1 - D/D50)), whose slope D50 dP/dD at 37 % is gamma."""
    gamma = 1.8
    parameters = replace(POISSON, gamma50=None, gamma=gamma)
    for dose_gy in (0.0, 20.0, 45.0, 60.0, 80.0):
        expected = 2.0 ** -math.exp(math.e * gamma * (1 - dose_gy / 50))
        assert number(poisson_tcp(uniform(dose_gy), parameters)) == pytest.approx(expected, rel=1e-12)
    steep_gy = 50 * (1 + math.log(math.log(2)) / (math.e * gamma))
    assert number(poisson_tcp(uniform(steep_gy), parameters)) == pytest.approx(math.exp(-1), rel=1e-12)
    rise = number(poisson_tcp(uniform(steep_gy + 1e-3), parameters)) - number(
        poisson_tcp(uniform(steep_gy - 1e-3), parameters)
    )
    assert 50 * rise / 2e-3 == pytest.approx(gamma, rel=1e-6)


@given(distributions(), st.sampled_from([0.3, 1.8, 6.0]))
def test_tcp_is_the_product_over_many_voxels(pieces: Pieces, gamma50: float) -> None:
    dose, volume = voxels(pieces)
    each = 2.0 ** -np.exp(2 * gamma50 / math.log(2) * (1 - dose / 50.0))
    expected = math.exp((volume * np.log(np.maximum(each, 1e-300))).sum())
    value = number(poisson_tcp(dvh_of(pieces), replace(POISSON, gamma50=gamma50)))
    assert value == pytest.approx(expected, rel=1e-4, abs=1e-10)


@given(distributions(), st.floats(0.0, 80.0), st.floats(0.001, 0.5))
def test_bounds_of_tcp_hold_whatever_the_unknown_dose_is(pieces: Pieces, unknown_gy: float, share: float) -> None:
    total = sum(volume for *_, volume in pieces)
    response = poisson_tcp(dvh_of(pieces, outside_cc=total * share / (1 - share)), POISSON)
    inside = number(poisson_tcp(dvh_of(pieces), POISSON))
    there = number(poisson_tcp(uniform(unknown_gy), POISSON))
    assert response.low is not None and response.high is not None
    assert response.low - 1e-12 <= inside ** (1 - share) * there**share <= response.high + 1e-12


def test_a_cold_spot_costs_control_and_no_hot_spot_buys_it_back() -> None:
    whole = number(poisson_tcp(uniform(70.0), POISSON))
    cold = number(poisson_tcp(dvh_of([(20.0, 20.0, 5.0), (70.0, 70.0, 95.0)]), POISSON))
    hot = number(poisson_tcp(dvh_of([(20.0, 20.0, 5.0), (90.0, 90.0, 95.0)]), POISSON))
    assert cold < hot < whole


def test_the_steepest_curves_neither_overflow_nor_hide() -> None:
    steep = replace(POISSON, gamma50=1e4)
    assert number(poisson_tcp(uniform(1.0), steep)) == 0.0
    assert number(poisson_tcp(dvh_of([(0.0, 50.0, 1.0)]), steep)) == 0.0
    assert number(poisson_tcp(uniform(60.0), steep)) == 1.0


def test_poisson_ntcp_says_which_dose_it_was_asked_at() -> None:
    dvh = dvh_of([(10.0, 60.0, 100.0)])
    of_mean, of_eud = poisson_ntcp(dvh, POISSON), poisson_ntcp(dvh, replace(POISSON, n=0.2))
    assert of_mean.dose is not None and of_mean.dose.metric == "Mean[Gy]"
    assert of_eud.dose is not None and of_eud.dose.metric == "gEUD(5)[Gy]"
    assert number(of_eud) > number(of_mean)


def test_ntcp_asks_the_model_of_the_set() -> None:
    dvh = dvh_of([(10.0, 60.0, 100.0)])
    assert ntcp(dvh, LKB) == lkb_ntcp(dvh, LKB)
    assert ntcp(dvh, PROBIT) == probit_on_mean(dvh, PROBIT)
    assert ntcp(dvh, POISSON) == poisson_ntcp(dvh, POISSON)
    with pytest.raises(UsageError, match="must not be used: nobody counted"):
        ntcp(dvh, replace(LKB, model=Model.OBSERVATION, refusal="nobody counted"))


@pytest.mark.parametrize(
    "basis",
    [PHYSICAL, eqd2_basis(2.5), bed_basis(3), DoseBasis(DoseKind.EQDX, 3, 1.5)],
    ids=str,
)
def test_dose_of_another_basis_is_never_fed_to_a_set(basis: DoseBasis) -> None:
    for model, parameters in (
        (lkb_ntcp, LKB),
        (probit_on_mean, PROBIT),
        (poisson_ntcp, POISSON),
        (poisson_tcp, POISSON),
    ):
        with pytest.raises(BasisError) as caught:
            model(uniform(40.0, basis=basis), parameters)
        assert (caught.value.wanted, caught.value.given) == (str(EQD2_3), str(basis))


def test_the_fraction_size_of_an_equivalent_dose_counts() -> None:
    parameters = replace(LKB, basis=EQD1_5)
    assert lkb_ntcp(uniform(39.8, basis=EQD1_5), parameters).basis == EQD1_5
    with pytest.raises(BasisError, match=r"EQD1\.5.*EQD2.* is given"):
        lkb_ntcp(uniform(39.8, basis=eqd2_basis(2.5)), parameters)


def test_a_set_of_unknown_normalisation_is_refused_until_one_is_stated() -> None:
    unknown = replace(LKB, basis=None)
    with pytest.raises(
        UsageError, match=r"a\.liver: the dose normalisation of its fit isn't known; state .* fitted_in"
    ):
        lkb_ntcp(uniform(39.8), unknown)
    stated = unknown.fitted_in(EQD2_3)
    response = lkb_ntcp(uniform(39.8), stated)
    assert number(response) == 0.5
    assert stated.status == "single; normalisation stated by the user: EQD2(alpha/beta=3 Gy)"
    assert any("normalisation stated by the user" in remark for remark in response.remarks)
    assert unknown.basis is None


def test_a_known_normalisation_isnt_overruled() -> None:
    assert LKB.fitted_in(EQD2_3) is LKB
    with pytest.raises(BasisError):
        LKB.fitted_in(EQD1_5)
    stated = replace(LKB, basis=None).fitted_in(EQD2_3)
    with pytest.raises(BasisError):
        stated.fitted_in(EQD1_5)


def test_the_alpha_beta_of_a_fit_isnt_overruled() -> None:
    unknown = replace(LKB, basis=None, alpha_beta_gy=2.5)
    assert unknown.fitted_in(EQD1_5).basis == EQD1_5
    with pytest.raises(BasisError, match=r"an alpha/beta of 2\.5 Gy"):
        unknown.fitted_in(EQD2_3)
    with pytest.raises(BasisError, match=r"an alpha/beta of 2\.5 Gy, and physical"):
        unknown.fitted_in(PHYSICAL)
    with pytest.raises(BasisError):
        replace(LKB, alpha_beta_gy=2.5)


def test_physical_dose_cant_be_stated_for_converted_doses() -> None:
    with pytest.raises(UsageError, match="converted before the fit"):
        replace(LKB, basis=None, converted=True).fitted_in(PHYSICAL)
    assert replace(LKB, basis=None).fitted_in(PHYSICAL).basis == PHYSICAL


def test_status_and_purpose_travel_with_the_answer() -> None:
    response = lkb_ntcp(uniform(39.8, roi="Lung_L"), replace(LKB, population="203 patients"))
    assert response.remarks == (
        "LKB for Liver-GTV, RILD (203 patients), asked of Lung_L",
        "parameters a.liver: single; a paper",
    )
    assert str(response) == "NTCP 50 % [a.liver, single]"
    told = response.to_dict()
    assert (told["value"], told["status"], told["basis"]) == (0.5, "single", "EQD2(alpha/beta=3 Gy)")
    assert json.loads(json.dumps(told)) == told
    assert pickle.loads(pickle.dumps(response)) == response


def test_a_refused_set_stays_refused() -> None:
    refused = replace(PROBIT, basis=None, refusal="not significant")
    assert not refused.is_usable
    for parameters in (refused, refused.fitted_in(EQD2_3)):
        with pytest.raises(UsageError, match=r"a\.probit must not be used: not significant"):
            probit_on_mean(uniform(40.0), parameters)


def test_a_model_isnt_asked_with_the_parameters_of_another() -> None:
    with pytest.raises(UsageError, match="a set for Poisson, not for LKB"):
        lkb_ntcp(uniform(40.0), POISSON)
    with pytest.raises(UsageError, match="a set with n is one of gEUD"):
        poisson_tcp(uniform(40.0), replace(POISSON, n=0.1))


def test_a_dvh_without_a_mean_isnt_asked_for_one() -> None:
    with pytest.raises(UsageError, match="no mean dose"):
        probit_on_mean(replace(uniform(40.0), mean_gy=math.nan), PROBIT)


@pytest.mark.parametrize(
    ("known", "changes", "message"),
    [
        (LKB, {"n": None}, "needs n"),
        (LKB, {"m": None, "d50_gy": None}, "needs m and d50_gy"),
        (PROBIT, {"gamma50": None}, "needs gamma50"),
        (POISSON, {"gamma50": None}, "needs gamma50 or gamma, and not both"),
        (POISSON, {"gamma": 1.0}, "needs gamma50 or gamma, and not both"),
        (LKB, {"model": Model.OBSERVATION}, "needs refusal"),
        (LKB, {"n": 0.0}, "n is 0.0; a positive number"),
        (LKB, {"m": math.nan}, "m is nan; a positive number"),
        (LKB, {"d50_gy": -39.8}, "d50_gy is -39.8; a positive number"),
    ],
)
def test_a_set_lacks_nothing_that_its_model_needs(
    known: ParameterSet, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        replace(known, **changes)  # type: ignore[arg-type]
