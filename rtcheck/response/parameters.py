"""The parameters of dose-response models as values: what was fitted to what, in which dose, and how sure it is.

References
----------
.. [1] Källman P, Ågren A, Brahme A. Tumour and normal tissue responses to fractionated non-uniform dose delivery. Int J
   Radiat Biol 1992;62:249-262.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum

from rtcheck.errors import BasisError, UsageError
from rtcheck.units import DoseBasis


class Model(Enum):
    """The shape of a dose-response curve, and what it is a function of."""

    #: Lyman, Kutcher and Burman: a probit of the generalized equivalent uniform dose.
    LKB = "LKB"
    PROBIT_ON_MEAN = "probit on mean dose"
    POISSON = "Poisson"
    #: What was seen in patients: no model, and never evaluated.
    OBSERVATION = "observation"

    def __str__(self) -> str:
        return self.value


#: The parameters that a model can't do without.
NEEDS: dict[Model, tuple[str, ...]] = {
    Model.LKB: ("n", "m", "d50_gy"),
    Model.PROBIT_ON_MEAN: ("d50_gy", "gamma50"),
    Model.POISSON: ("d50_gy",),
    Model.OBSERVATION: ("refusal",),
}


@dataclass(frozen=True)
class ParameterSet:
    """The parameters of one published fit; they travel together, with the dose that they were fitted in.

    Attributes
    ----------
    id : str
    model : Model
    organ, endpoint, population : str
        As published.
    n, m : float or None
        Of the Lyman model: volume effect (``a = 1/n``) and slope. A Poisson set with `n` is one of gEUD.
    d50_gy : float or None
        Dose of 50 % response, in gray of `basis`: TD50 of a complication.
    gamma50 : float or None
        Normalised slope ``D50 dP/dD`` at 50 % response.
    gamma : float or None
        Of Poisson sets, as Källman et al. [1]_ give it: the largest normalised slope, at 37 % response. Such a set has
        this or `gamma50`.
    basis : DoseBasis or None
        The dose that the set was fitted in; None where it isn't known.
    alpha_beta_gy : float or None
        The alpha/beta of the fit, where it is known though the rest of the basis isn't.
    converted : bool
        Doses were converted before the fit, to whatever: physical dose never fits.
    source, status : str
        Citation, and how well the numbers were confirmed: ``verified``, ``single`` ...
    refusal : str
        Why the set must not be used; empty for one that may.
    d50_ci95_gy, gamma50_ci95 : tuple of (float or None) or None
        95 % confidence intervals; an end that the fit doesn't bound is None.
    p_value : float or None
    no_event_below_gy : float or None
        Of an observation: the mean dose below which no event was seen.
    notes : str

    Raises
    ------
    UsageError
        For parameters that the model lacks, or that aren't positive.
    """

    id: str
    model: Model
    organ: str
    endpoint: str
    source: str
    status: str
    population: str = ""
    n: float | None = None
    m: float | None = None
    d50_gy: float | None = None
    gamma50: float | None = None
    gamma: float | None = None
    basis: DoseBasis | None = None
    alpha_beta_gy: float | None = None
    converted: bool = False
    refusal: str = ""
    d50_ci95_gy: tuple[float | None, float | None] | None = None
    gamma50_ci95: tuple[float | None, float | None] | None = None
    p_value: float | None = None
    no_event_below_gy: float | None = None
    notes: str = ""

    def __post_init__(self) -> None:
        if missing := [name for name in NEEDS[self.model] if getattr(self, name) in (None, "")]:
            raise UsageError(f"{self.id}: a set for {self.model} needs {' and '.join(missing)}")
        if self.model is Model.POISSON and (self.gamma50 is None) == (self.gamma is None):
            raise UsageError(f"{self.id}: a set for {self.model} needs gamma50 or gamma, and not both")
        for name in ("n", "m", "d50_gy", "gamma50", "gamma", "alpha_beta_gy", "no_event_below_gy"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise UsageError(f"{self.id}: {name} is {value}; a positive number is needed")
        if self.basis is not None:
            self._check_basis(self.basis)

    @property
    def is_usable(self) -> bool:
        """Whether the set may be used at all; it still needs a basis."""
        return not self.refusal

    def fitted_in(self, basis: DoseBasis) -> ParameterSet:
        """The same set with the normalisation that the caller states; its status says who stated it.

        Raises
        ------
        BasisError
            If the set is known to be of another basis or another alpha/beta.
        UsageError
            If physical dose is stated for a set whose doses were converted before the fit.
        """
        if self.basis is not None:
            if basis != self.basis:
                raise BasisError(str(self.basis), str(basis), self.id)
            return self
        self._check_basis(basis)
        return replace(self, basis=basis, status=f"{self.status}; normalisation stated by the user: {basis}")

    def _check_basis(self, basis: DoseBasis) -> None:
        if self.converted and basis.is_physical:
            raise UsageError(f"{self.id}: doses were converted before the fit; state to which dose, not {basis}")
        if self.alpha_beta_gy is not None and basis.alpha_beta_gy != self.alpha_beta_gy:
            raise BasisError(f"an alpha/beta of {self.alpha_beta_gy:g} Gy", str(basis), self.id)
