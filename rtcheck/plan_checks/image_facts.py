"""Which images a plan was made on, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rtcheck.case import Case
from rtcheck.finding import Severity
from rtcheck.plan_checks.check import Answer, Unknown
from rtcheck.study import ImageSeries

#: Sizes and positions are the same within this (mm): writers round.
SAME_MM = 1e-3
#: The subject of what is said of the CT that isn't there.
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


def without_ct(case: Case) -> Unknown:
    """What every check of images says where no CT is among the files.

    It is milder than a fault: whether the CT is needed, the protocol says in a rule of its own.
    """
    others = sorted({one.modality for one in case.study.images})
    there = f" ({' and '.join(others)} only)" if others else ""
    return Unknown(PLANNING_CT, f"no planning CT among the files{there}", severity=Severity.WARNING)


def drawn_on(case: Case) -> ImageSeries | None:
    """The series that most of the images are of that the structure set references; None without images."""
    referenced = case.study.structure_set.referenced_image_uids
    return max(
        case.study.images, key=lambda series: len(referenced.intersection(series.sop_instance_uids)), default=None
    )


def called(series: ImageSeries) -> str:
    """A series as a subject: its description, or the end of its UID."""
    name = series.description or f"series ...{series.series_instance_uid[-12:]}"
    return f"{series.modality} {name!r}" if series.description else f"{series.modality} {name}"


def each_ct(case: Case, ask: Callable[[ImageSeries], Iterable[Answer]]) -> Iterator[Answer]:
    """What a check answers of every planning CT; Unknown where there is none."""
    series = planning_cts(case)
    if not series:
        yield without_ct(case)
    for one in series:
        yield from ask(one)
