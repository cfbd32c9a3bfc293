"""What the dose axis of the figure means: physical dose, BED or EQD2, with one alpha/beta or each organ's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rtcheck import radiobiology
from rtcheck.study import Prescription
from rtcheck.tissue import AlphaBetaTable
from rtcheck.ui.plain import plotly_text
from rtcheck.units import PHYSICAL, DoseBasis, DoseKind

#: What can be chosen, in this order.
KINDS = (DoseKind.PHYSICAL, DoseKind.BED, DoseKind.EQD2)


@dataclass(frozen=True)
class DoseScale:
    """A dose axis.

    Attributes
    ----------
    kind : DoseKind
        Physical, BED or EQD2.
    alpha_beta_gy : float or None
        One for all; None for physical dose, and where each organ has its own.
    table : AlphaBetaTable or None
        The organs' own, where they are asked for.
    of : str
        Whose dose it is, and how it was made; empty for the only dose as it stands.
    files : DoseBasis
        What the dose is that isn't converted: physical, or effective.
    """

    kind: DoseKind = DoseKind.PHYSICAL
    alpha_beta_gy: float | None = None
    table: AlphaBetaTable | None = None
    of: str = ""
    files: DoseBasis = PHYSICAL

    def basis(self, roi: str) -> DoseBasis:
        """The basis for an ROI or ROI expression.

        Raises
        ------
        UsageError
            If the table can't tell the organ's alpha/beta.
        """
        if self.kind is DoseKind.PHYSICAL:
            return PHYSICAL
        ratio = self.table.of(roi).value_gy if self.table is not None else self.alpha_beta_gy
        return DoseBasis(self.kind, ratio)

    @property
    def label(self) -> str:
        """``EQD2 (alpha/beta 3 Gy)``, ``EQD2 (each organ's own alpha/beta)``."""
        if self.kind is DoseKind.PHYSICAL:
            return self.files.label
        return f"{self.kind.value} (each organ's own alpha/beta)" if self.table is not None else self.basis("").label

    @property
    def axis(self) -> str:
        """Title of the axis, as Plotly's text."""
        title = f"{self.label} [Gy]"
        return f"{title} · {plotly_text(self.of)}" if self.of else title

    def named(self, roi: str, basis: DoseBasis) -> str:
        """What a curve is called: with its alpha/beta where each has its own."""
        return f"{roi}, alpha/beta {basis.alpha_beta_gy:g} Gy" if self.table is not None else roi


def prescribed_lines(prescriptions: Sequence[Prescription], scale: DoseScale) -> list[tuple[float, str]]:
    """Dose and text of a line for each dose prescribed; targets of one dose share theirs."""
    by_dose: dict[float, list[str]] = {}
    for prescription in prescriptions:
        basis = scale.basis(prescription.target)
        by_dose.setdefault(radiobiology.in_basis(prescription.schedule, basis), []).append(prescription.target)
    kind = "" if scale.kind is DoseKind.PHYSICAL else f" {scale.kind.value}"
    if len(by_dose) == 1:
        return [(dose_gy, f"prescribed {dose_gy:.4g} Gy{kind}") for dose_gy in by_dose]
    return [
        (dose_gy, f"{plotly_text(', '.join(targets))}: {dose_gy:.4g} Gy{kind}") for dose_gy, targets in by_dose.items()
    ]
