"""The analytic benchmark put to an engine: rtcheck under a convention, or dicompyler-core."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from bench import peer
from bench.accuracy_measures import dvh_of
from rtcheck.convention import Convention
from rtcheck.geometry import FloatArray
from rtcheck.synthetic import RoiSpec, dose_dataset, structure_set_dataset
from rtcheck.synthetic.benchmark import METRICS, OFF, BenchmarkCase

#: Answers of an engine to all of `METRICS`; NaN where it has none.
Engine = Callable[[BenchmarkCase], dict[str, float]]


@dataclass(frozen=True)
class Answer:
    """One number of the benchmark: its relative error, infinite where there is no number."""

    case: BenchmarkCase
    metric: str
    error: float

    @property
    def off(self) -> bool:
        return abs(self.error) > OFF

    @property
    def counted_once(self) -> bool:
        """Whether it counts where volumes, which don't depend on the dose, count once for both gradients."""
        return self.metric != "Volume[cc]" or self.case.gradient == "AP"


def answers_of(engine: Engine, cases: Iterable[BenchmarkCase]) -> list[Answer]:
    found = []
    for case in cases:
        given = engine(case)
        for metric, truth in case.expected().items():
            value = given[metric]
            found.append(Answer(case, metric, math.inf if math.isnan(value) else value / truth - 1))
    return found


def errors_percent(answers: Iterable[Answer]) -> FloatArray:
    return np.array([100 * abs(answer.error) for answer in answers])


def rtcheck_engine(convention: Convention) -> Engine:
    def answers(case: BenchmarkCase) -> dict[str, float]:
        dvh = dvh_of(case.roi(), case.field(), convention)
        found = {metric: dvh[metric].value for metric in METRICS}
        return {metric: math.nan if value is None else value for metric, value in found.items()}

    return answers


def dicompyler_engine() -> Engine | None:
    """dicompyler-core by default, with its own statistics, on the same cases as DICOM; None where it is missing."""
    try:
        dvhcalc = peer.dvhcalc()
    except ImportError:
        return None

    def answers(case: BenchmarkCase) -> dict[str, float]:
        drawn, on = case.roi(), case.field()
        spec = RoiSpec(drawn.name, 1, [contour.points_mm for contour in drawn.contours])
        dose = dose_dataset(on.dose_gy, on.grid.origin_mm.tolist(), (case.grid_mm,) * 3)
        computed = dvhcalc.get_dvh(structure_set_dataset([spec], digits=4), dose, 1)
        # Its own statistics, for its users see these.
        found = {
            f"D{of}[Gy]": float(computed.statistic(f"D{of.rstrip('%')}").value) for of in ("99%", "95%", "5%", "1%")
        }
        found["D0.03cc[Gy]"] = float(computed.statistic("D0.03cc").value)
        return {"Volume[cc]": float(computed.volume), "Mean[Gy]": float(computed.mean), **found}

    return answers
