"""The dose bases that the command line asks for: one for all ROIs, or each organ's own alpha/beta from the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from rtcheck.errors import ParseError, UsageError
from rtcheck.roi_algebra import names, parse_expression
from rtcheck.tables import load_radiobiology
from rtcheck.tissue import Choice
from rtcheck.units import PHYSICAL, DoseBasis, DoseKind


class Basis(Enum):
    """What doses are shown in."""

    PHYSICAL = "physical"
    BED = "BED"
    EQD2 = "EQD2"


@dataclass(frozen=True)
class Bases:
    """What doses are shown in, ROI by ROI.

    Attributes
    ----------
    basis : Basis
    alpha_beta_gy : float or None
        For all ROIs; None for each one's own.
    published : bool
        Whether to ask for all published values of an organ.
    """

    basis: Basis
    alpha_beta_gy: float | None
    published: bool

    @classmethod
    def asked(cls, basis: Basis, alpha_beta_gy: float | None, *, published: bool) -> Bases:
        """Of the options given; `UsageError` where they contradict each other."""
        if basis is Basis.PHYSICAL and (alpha_beta_gy is not None or published):
            raise UsageError("alpha/beta has no meaning for physical dose; add --basis BED or --basis EQD2")
        if published and alpha_beta_gy is not None:
            raise UsageError("--alpha-beta and --published-alpha-beta exclude each other")
        made = cls(basis, alpha_beta_gy, published)
        if alpha_beta_gy is not None:
            made._in(alpha_beta_gy)
        return made

    @property
    def is_physical(self) -> bool:
        """Whether nothing is converted."""
        return self.basis is Basis.PHYSICAL

    def of(self, roi: str) -> tuple[DoseBasis, ...]:
        """The basis of an ROI or ROI expression, and those of its other published alpha/betas where they are asked."""
        if self.is_physical:
            return (PHYSICAL,)
        if self.alpha_beta_gy is not None:
            return (self._in(self.alpha_beta_gy),)
        choice = _choice(roi)
        others = [ratio for ratio in choice.values_gy if ratio != choice.value_gy] if self.published else []
        return tuple(self._in(ratio) for ratio in (choice.value_gy, *others))

    def remarks(self, rois: Sequence[str]) -> tuple[str, ...]:
        """Where each ROI's alpha/beta comes from; nothing where it was given or none is needed."""
        if self.is_physical or self.alpha_beta_gy is not None:
            return ()
        return tuple(f"{roi}: {_choice(roi).text}" for roi in dict.fromkeys(rois))

    def _in(self, alpha_beta_gy: float) -> DoseBasis:
        try:
            return DoseBasis(DoseKind(self.basis.value), alpha_beta_gy)
        except ValueError as error:
            raise UsageError(f"--alpha-beta: {error}") from None


def _choice(roi: str) -> Choice:
    try:
        organ = names(parse_expression(roi))[0].text
    except ParseError:
        organ = roi
    return load_radiobiology().alpha_beta.of(organ)
