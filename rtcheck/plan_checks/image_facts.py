"""Which images a plan was made on, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rtcheck.case import Case
from rtcheck.plan_checks.check import Answer, Unknown
from rtcheck.study import ImageSeries

#: Sizes and positions are the same within this (mm): writers round.
SAME_MM = 1e-3
#: The subject of what is said where there is no CT.
PLANNING_CT = "planning CT"


def planning_cts(case: Case) -> tuple[ImageSeries, ...]:
    """The CT series that the structure set references; every CT where it references none of them."""
    structures = case.study.structure_set
    every = tuple(series for series in case.study.images if series.modality == "CT")
    referenced = tuple(
        series
        for series in every
        if series.series_instance_uid in structures.referenced_series_uids
        or not structures.referenced_image_uids.isdisjoint(series.sop_instance_uids)
    )
    return referenced or every


def called(series: ImageSeries) -> str:
    """A series as a subject: its description, or the end of its UID."""
    name = series.description or f"series ...{series.series_instance_uid[-12:]}"
    return f"{series.modality} {name!r}" if series.description else f"{series.modality} {name}"


def each_ct(case: Case, ask: Callable[[ImageSeries], Iterable[Answer]]) -> Iterator[Answer]:
    """What a check answers of every planning CT; Unknown where there is none."""
    series = planning_cts(case)
    if not series:
        others = sorted({one.modality for one in case.study.images})
        there = f" ({' and '.join(others)} only)" if others else ""
        yield Unknown(PLANNING_CT, f"no CT is among the files{there}")
    for one in series:
        yield from ask(one)
