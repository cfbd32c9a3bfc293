"""A DVH of one plan in BED or EQD2: the dose axis mapped, nothing computed again.

At a fixed number of fractions BED and EQD2 grow with dose, so the volume that gets at least D is the volume that gets
at least BED(D): ``D_v`` in EQD2 is the EQD2 of ``D_v``. Only the mean isn't: a convex map's mean lies above the map of
the mean, and needs the curve's second moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from rtcheck import radiobiology
from rtcheck.curve import DoseVolumeCurve
from rtcheck.dvh import DVH
from rtcheck.errors import BasisError, UsageError
from rtcheck.geometry import FloatArray
from rtcheck.metrics import Distribution, MetricValue
from rtcheck.units import PHYSICAL, DoseBasis


def in_basis(dvh: DVH, basis: DoseBasis, fractions: int, *, reference_gy: Mapping[str, float] | None = None) -> DVH:
    """A physical DVH in another basis, for dose given in equal fractions.

    Parameters
    ----------
    dvh : DVH
        In physical dose, of all fractions together.
    basis : DoseBasis
    fractions : int
        In which the dose was given, the same everywhere.
    reference_gy : mapping of str to float, optional
        Named dose references in `basis`; without it percent of a dose has no answer.

    Raises
    ------
    BasisError
        The DVH isn't in physical dose.
    UsageError
        Fewer than one fraction.
    """
    if dvh.basis != PHYSICAL:
        raise BasisError(str(PHYSICAL), str(dvh.basis), f"conversion to {basis}")
    references = dict(reference_gy or {})
    if basis.is_physical:
        return replace(dvh, reference_gy=references)
    own = _mapped(dvh.distribution, basis, fractions, references)
    return replace(
        dvh,
        curve=own.curve,
        mean_gy=own.mean_gy,
        min_gy=own.min_gy,
        max_gy=own.max_gy,
        basis=basis,
        reference_gy=references,
        alternatives=tuple(_mapped(other, basis, fractions, references) for other in dvh.alternatives),
    )


def _mapped(known: Distribution, basis: DoseBasis, fractions: int, reference_gy: Mapping[str, float]) -> Distribution:
    """One convention's distribution, its dose axis mapped."""

    def mapped(dose_gy: float | FloatArray) -> FloatArray:
        return radiobiology.dose_in_basis(dose_gy, fractions, basis)

    curve = known.curve
    if curve is None:
        return replace(known, basis=basis, reference_gy=reference_gy)
    # BED and EQD2 are c D + q D^2, so that their mean is c mean(D) + q mean(D^2).
    one, two = (float(number) for number in mapped(np.array([1.0, 2.0])))
    square = (two - 2 * one) / 2
    return replace(
        known,
        curve=DoseVolumeCurve(mapped(curve.dose_gy), curve.volume_cc),
        mean_gy=(one - square) * known.mean_gy + square * curve.mean_square(),
        min_gy=float(mapped(known.min_gy)),
        max_gy=float(mapped(known.max_gy)),
        basis=basis,
        reference_gy=reference_gy,
    )


def over_alpha_betas(values: Sequence[MetricValue]) -> MetricValue:
    """One metric in bases that differ in alpha/beta alone: the first's value, its bounds widened to all of them.

    Raises
    ------
    BasisError
        Bases of different kinds.
    UsageError
        No value, or of different metrics.
    """
    if not values or len({value.metric for value in values}) != 1:
        raise UsageError("an interval over alpha/beta needs the same metric in one basis or more")
    first = values[0]
    if len(values) == 1:
        return first
    kinds = {(value.basis.kind, value.basis.fraction_gy) for value in values}
    if len(kinds) > 1 or first.basis.is_physical:
        given = next(str(value.basis) for value in values[::-1])
        raise BasisError(str(first.basis), given, "an interval over alpha/beta")
    if not first.ends:
        return first
    ends = [end for value in values for end in value.ends]
    silent = [f"{value.basis.alpha_beta_gy:g}" for value in values if not value.ends]
    ratios = sorted(value.basis.alpha_beta_gy or 0.0 for value in values)
    over = f"interval over alpha/beta {' and '.join(f'{ratio:g}' for ratio in ratios)} Gy too"
    without = f"no answer with alpha/beta {' and '.join(silent)} Gy" if silent else ""
    reason = "; ".join(part for part in (first.reason, over, without) if part)
    return replace(first, low=min(ends), high=max(ends), reason=reason)
