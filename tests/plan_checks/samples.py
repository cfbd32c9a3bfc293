"""Sample plans, read once a process, and mutants of them: as values, or as files changed before they are read."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Mapping
from functools import cache
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

from rtcheck.case import Case
from rtcheck.dicom import read_study
from rtcheck.finding import Finding, Verdict
from rtcheck.plan_checks import NO_TUNING, PlanCheck, Tuning, findings_of
from rtcheck.study import Study

SAMPLES = Path(__file__).resolve().parents[2] / "sample_plans"
CLEAN = ("hcc-sbrt-5fx", "hcc-imrt-25fx")
#: What a silent check says: nothing that a reviewer has to look at.
SILENT = {Verdict.PASS, Verdict.INFO}


@cache
def sample(name: str = "hcc-sbrt-5fx") -> Study:
    return read_study(SAMPLES / name)


@cache
def case_of(name: str = "hcc-sbrt-5fx") -> Case:
    """One case for all tests of a process: its DVHs are computed once."""
    return Case(sample(name))


@cache
def files(name: str = "hcc-sbrt-5fx") -> Mapping[str, bytes]:
    folder = SAMPLES / name
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.dcm"))}


def changed(content: bytes, change: Callable[[Dataset], None]) -> bytes:
    """A file with its data set changed."""
    dataset = pydicom.dcmread(io.BytesIO(content))
    change(dataset)
    stream = io.BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


def mutant(
    changes: Mapping[str, Callable[[Dataset], None]],
    name: str = "hcc-sbrt-5fx",
    *,
    without: Collection[str] = (),
    ct: bool = True,
) -> Study:
    """A sample read again with some of its files changed or left out; without its CT it is read faster."""
    kept = {
        file: content
        for file, content in files(name).items()
        if file not in without and (ct or not file.startswith("CT/"))
    }
    for file, change in changes.items():
        kept[file] = changed(kept[file], change)
    return read_study(list(kept.items()))


def asked(case: Case, check: PlanCheck, tuning: Tuning = NO_TUNING) -> tuple[Finding, ...]:
    return tuple(findings_of(case, [check], tuning))


def fires(case: Case, check: PlanCheck, tuning: Tuning = NO_TUNING) -> list[Finding]:
    """The alerts of a check, each of which is one that its name stands under."""
    return [finding for finding in asked(case, check, tuning) if finding.reason == check.name]
