"""The sum of the doses of a plan's beams as one dose: added in double precision, stored as doses are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rtcheck.accumulate import Addend, accumulate
from rtcheck.errors import InconsistentStudyError, UnsupportedDoseError, UsageError
from rtcheck.geometry import Grid, read_only
from rtcheck.study import RTDose


def beam_sum(doses: Sequence[RTDose], plan_uid: str, *, whole_plan: bool) -> tuple[RTDose, str]:
    """One dose of several beams' or control points' doses.

    Parameters
    ----------
    doses : sequence of RTDose
        In the order of beams, in one frame of reference.
    plan_uid : str
        SOP Instance UID of the plan.
    whole_plan : bool
        Whether they make up the plan; a fraction group otherwise.

    Returns
    -------
    dose : RTDose
        On the grid of all, or where grids differ on that of `rtcheck.accumulate.accumulate`, with NaN where one of them
        is unknown. `parts` has the files.
    remark : str
        How doses on different grids were added; empty where all are on one.

    Raises
    ------
    InconsistentStudyError
        Some doses are physical and some weighted for biological effect.
    UnsupportedDoseError
        Grids differ, and the doses can't be added: they have no volume in common, for one.
    """
    first = doses[0]
    grid, dose_gy, remark = _added(doses)
    structure_sets = {dose.referenced_structure_set_uid for dose in doses}
    dates = [dose.date for dose in doses]
    stated = [dose.tissue_heterogeneity for dose in doses if dose.tissue_heterogeneity]
    total = replace(
        first,
        grid=grid,
        dose_gy=dose_gy,
        dose_type=_dose_type(doses),
        summation_type="PLAN" if whole_plan else "FRACTION",
        referenced_plan_uids=(plan_uid,),
        referenced_structure_set_uid=structure_sets.pop() if len(structure_sets) == 1 else None,
        dose_grid_scaling=max(dose.dose_grid_scaling for dose in doses),
        date=max(date for date in dates if date is not None) if all(dates) else None,
        stored_dvhs=(),
        parts=tuple(dose.source for dose in doses),
        normalisation=_stated(dose.normalisation for dose in doses),
        registration=_stated(dose.registration for dose in doses),
        tissue_heterogeneity="/".join(dict.fromkeys("/".join(stated).split("/"))) or None,
        comment=None,
    )
    return total, remark


def _added(doses: Sequence[RTDose]) -> tuple[Grid, NDArray[np.float32], str]:
    grid = doses[0].grid
    if not all(grid.coincides(dose.grid) for dose in doses[1:]):
        return _resampled(doses)
    summed = np.zeros(grid.shape, np.float64)
    for dose in doses:
        summed += dose.dose_gy
    dose_gy = summed.astype(np.float32)
    read_only(dose_gy)
    return grid, dose_gy, ""


def _resampled(doses: Sequence[RTDose]) -> tuple[Grid, NDArray[np.float32], str]:
    addends = [Addend(dose.source.name, dose.grid, dose.dose_gy, None, (dose.sop_instance_uid,)) for dose in doses]
    try:
        total = accumulate(addends)
    except UsageError as error:
        raise UnsupportedDoseError(
            f"the doses of beams are on different grids: {error}", doses[0].source.name, "export the plan's dose"
        ) from error
    how = ", ".join(f"{one.name} {one.resampling}" for one in total.provenance)
    return total.grid, total.dose_gy, f"the doses of beams are on different grids ({how}): {total.text}"


def _dose_type(doses: Sequence[RTDose]) -> str | None:
    """The type of all; None where some don't say and the others are physical, for which those are taken."""
    kinds = {dose.dose_type for dose in doses}
    if "EFFECTIVE" in kinds and len(kinds) > 1:
        names = ", ".join(f"{dose.source.name}: {dose.dose_type or 'not stated'}" for dose in doses)
        raise InconsistentStudyError(
            f"the doses of the beams are of different DoseType ({names}) and can't be added",
            mend="export the plan's dose",
        )
    return kinds.pop() if len(kinds) == 1 else None


def _stated(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(text for text in texts if text))
