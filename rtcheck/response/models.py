"""Models of complication and of tumour control.

References
----------
.. [1] Lyman JT. Complication probability as assessed from dose-volume histograms. Radiat Res 1985;104:S13-S19.
.. [2] Kutcher GJ, Burman C. Calculation of complication probability factors for non-uniform normal tissue irradiation:
   the effective volume method. Int J Radiat Oncol Biol Phys 1989;16:1623-1630.
.. [3] Niemierko A. A generalized concept of equivalent uniform dose (abstract). Med Phys 1999;26:1100.
.. [4] Webb S, Nahum AE. A model for calculating tumour control probability in radiotherapy including the effects of
   inhomogeneous distributions of dose and clonogenic cell density. Phys Med Biol 1993;38:653-666.
.. [5] Källman P, Ågren A, Brahme A. Tumour and normal tissue responses to fractionated non-uniform dose delivery. Int J
   Radiat Biol 1992;62:249-262.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rtcheck.dvh import DVH
from rtcheck.errors import BasisError, UsageError
from rtcheck.metrics import Distribution, MetricValue
from rtcheck.metrics.eud import positive_pieces
from rtcheck.response.eud import answer, generalized_eud
from rtcheck.response.parameters import Model, ParameterSet
from rtcheck.units import DoseBasis, Unit

#: Beyond this power of e a response is 0 in every float.
_LARGEST_EXPONENT = 500.0


@dataclass(frozen=True)
class Response:
    """What a model answers to a DVH.

    Attributes
    ----------
    quantity : str
        ``NTCP`` or ``TCP``.
    value : float or None
        Probability, 0 to 1; None where too little is known.
    low, high : float or None
        Bounds over dose outside the grid and over the conventions of the DVH, not over the uncertainty of the
        parameters; None where there is no answer at all.
    parameters : ParameterSet
    dose : MetricValue or None
        The dose that the model was asked at: gEUD or mean; None for a product over the volume.
    remarks : tuple of str
        What a reader must see beside the number: what was fitted to what, and how well it is confirmed.
    reason : str
        Why there is no value, or what leaves it uncertain.
    """

    quantity: str
    value: float | None
    low: float | None
    high: float | None
    parameters: ParameterSet
    dose: MetricValue | None
    remarks: tuple[str, ...]
    reason: str = ""

    @property
    def basis(self) -> DoseBasis | None:
        """The dose that DVH and parameters are in."""
        return self.parameters.basis

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.quantity} not evaluable: {self.reason}"
        between = f"{100 * self.low:.3g} to {100 * self.high:.3g} %"
        number = between if self.value is None else f"{100 * self.value:.3g} %"
        bounds = f" ({between})" if self.value is not None and self.low != self.high else ""
        reason = f": {self.reason}" if self.reason else ""
        return f"{self.quantity} {number}{bounds} [{self.parameters.id}, {self.parameters.status}]{reason}"

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {
            "quantity": self.quantity,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "reason": self.reason,
            "basis": str(self.basis),
            "parameters": self.parameters.id,
            "status": self.parameters.status,
            "source": self.parameters.source,
            "remarks": list(self.remarks),
            "dose": self.dose.to_dict() if self.dose else None,
        }


def ntcp(dvh: DVH, parameters: ParameterSet) -> Response:
    """Complication probability by whatever model the parameters are for; errors as for `lkb_ntcp`."""
    models = {Model.LKB: lkb_ntcp, Model.PROBIT_ON_MEAN: probit_on_mean, Model.POISSON: poisson_ntcp}
    if parameters.model not in models:
        raise UsageError(f"{parameters.id} must not be used: {parameters.refusal}")
    return models[parameters.model](dvh, parameters)


def lkb_ntcp(dvh: DVH, parameters: ParameterSet) -> Response:
    """Complication probability of Lyman, Kutcher and Burman, ``Phi((gEUD(1/n) - TD50) / (m TD50))`` [1]_ [2]_ [3]_.

    Raises
    ------
    BasisError
        If the DVH's doses aren't of the basis that the parameters were fitted in.
    UsageError
        For parameters of another model, that must not be used, or of unknown normalisation.
    """
    _check(dvh, parameters, Model.LKB)
    n, m, d50_gy = parameters.n, parameters.m, parameters.d50_gy
    assert n is not None and m is not None and d50_gy is not None
    eud = generalized_eud(dvh, 1 / n)
    return _response("NTCP", dvh, eud, parameters, lambda dose_gy: _probit((dose_gy - d50_gy) / (m * d50_gy)))


def probit_on_mean(dvh: DVH, parameters: ParameterSet) -> Response:
    """Complication probability as a probit of the mean dose, ``Phi(sqrt(2 pi) gamma50 (Mean / D50 - 1))``.

    Its normalised slope at D50 is gamma50. Errors as for `lkb_ntcp`.
    """
    _check(dvh, parameters, Model.PROBIT_ON_MEAN)
    d50_gy, gamma50 = parameters.d50_gy, parameters.gamma50
    assert d50_gy is not None and gamma50 is not None
    scale = math.sqrt(2 * math.pi) * gamma50
    return _response("NTCP", dvh, _mean(dvh), parameters, lambda dose_gy: _probit(scale * (dose_gy / d50_gy - 1)))


def poisson_ntcp(dvh: DVH, parameters: ParameterSet) -> Response:
    """Complication probability as a Poisson response, ``2^-exp(s (1 - D / D50))`` [5]_, of one dose.

    The dose is gEUD(1/n) of a set with ``n``, otherwise the mean; `Response.dose` says which. ``s`` is ``e gamma`` with
    the largest slope ``gamma = D50 dP/dD`` [5]_, which is at 37 %, or ``2 gamma50 / ln 2`` with that at 50 %. Errors as
    for `lkb_ntcp`.
    """
    _check(dvh, parameters, Model.POISSON)
    dose = _mean(dvh) if parameters.n is None else generalized_eud(dvh, 1 / parameters.n)
    d50_gy, slope = _poisson(parameters)
    return _response("NTCP", dvh, dose, parameters, lambda dose_gy: _control(_hazard(dose_gy, d50_gy, slope)))


def poisson_tcp(dvh: DVH, parameters: ParameterSet) -> Response:
    """Tumour control probability: the product of Poisson responses over the volume, ``prod P(D_i)^v_i`` [4]_ [5]_.

    ``P`` is that of `poisson_ntcp`, and ``v_i`` are parts of the whole volume: each must be controlled. Exact on the
    curve, as ``exp`` has a closed mean over a piece. Errors as for `lkb_ntcp`; a set with ``n`` is refused.
    """
    _check(dvh, parameters, Model.POISSON)
    if parameters.n is not None:
        raise UsageError(f"{parameters.id}: a set with n is one of gEUD; ask poisson_ntcp")
    d50_gy, slope = _poisson(parameters)
    found = answer(dvh, "TCP", Unit.ONE, lambda known: _control_and_bounds(known, d50_gy, slope))
    remarks = _remarks(dvh, parameters)
    return Response("TCP", found.value, found.low, found.high, parameters, None, remarks, found.reason)


def _check(dvh: DVH, parameters: ParameterSet, model: Model) -> None:
    if parameters.model is not model:
        raise UsageError(f"{parameters.id} is a set for {parameters.model}, not for {model}")
    if not parameters.is_usable:
        raise UsageError(f"{parameters.id} must not be used: {parameters.refusal}")
    if parameters.basis is None:
        raise UsageError(
            f"{parameters.id}: the dose normalisation of its fit isn't known; state the one you mean with "
            f"fitted_in (the DVH is in {dvh.basis})"
        )
    if dvh.basis != parameters.basis:
        raise BasisError(str(parameters.basis), str(dvh.basis), parameters.id)


def _response(
    quantity: str, dvh: DVH, dose: MetricValue, parameters: ParameterSet, rising: Callable[[float], float]
) -> Response:
    """The response to one dose; its bounds are those to the bounds of the dose."""
    value, low, high = (None if gray is None else rising(gray) for gray in (dose.value, dose.low, dose.high))
    return Response(quantity, value, low, high, parameters, dose, _remarks(dvh, parameters), dose.reason)


def _remarks(dvh: DVH, parameters: ParameterSet) -> tuple[str, ...]:
    fitted = f"{parameters.model} for {parameters.organ}, {parameters.endpoint}"
    population = f" ({parameters.population})" if parameters.population else ""
    return (
        f"{fitted}{population}, asked of {dvh.roi}",
        f"parameters {parameters.id}: {parameters.status}; {parameters.source}",
    )


def _mean(dvh: DVH) -> MetricValue:
    """The mean dose as the metric of that name gives it."""
    known = (dvh.distribution, *dvh.alternatives)
    if not dvh.problem and any(one.curve is not None and math.isnan(one.mean_gy) for one in known):
        raise UsageError(f"the DVH of {dvh.roi!r} has no mean dose")
    return dvh["Mean[Gy]"]


def _probit(deviations: float) -> float:
    """The normal distribution function; the complement keeps small probabilities exact."""
    return 0.5 * math.erfc(-deviations / math.sqrt(2))


def _poisson(parameters: ParameterSet) -> tuple[float, float]:
    """D50 and the slope ``s`` of a Poisson response."""
    assert parameters.d50_gy is not None
    if parameters.gamma is not None:
        return parameters.d50_gy, math.e * parameters.gamma
    assert parameters.gamma50 is not None
    return parameters.d50_gy, 2 * parameters.gamma50 / math.log(2)


def _hazard(dose_gy: float, d50_gy: float, slope: float) -> float:
    """Expected number of survivors at a uniform dose, over that at D50."""
    return math.exp(min(slope * (1 - dose_gy / d50_gy), _LARGEST_EXPONENT))


def _control(hazard: float) -> float:
    """The probability that nothing survives."""
    return float(2.0**-hazard)


def _control_and_bounds(known: Distribution, d50_gy: float, slope: float) -> tuple[float, float, float]:
    """TCP of the part inside the dose grid, and of the whole with the rest unirradiated and with it hot."""
    assert known.curve is not None
    low, high, volume = positive_pieces(known.curve)
    steps = slope * (high - low) / d50_gy
    means = np.divide(-np.expm1(-steps), steps, out=np.ones_like(steps), where=steps > 0)
    hazards = np.exp(np.minimum(slope * (1 - low / d50_gy), _LARGEST_EXPONENT)) * means
    inside = float((volume * hazards).sum() / volume.sum())
    share = known.curve.total_cc / known.total_cc
    cold = (1 - share) * _hazard(0.0, d50_gy, slope)
    return _control(inside), _control(share * inside + cold), _control(share * inside)
