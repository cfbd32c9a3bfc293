"""Sample plans, read once a process; mutants of them as files changed before they are read; and what checks answer."""

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
from rtcheck.plan_checks import NO_TUNING, PLAN_CHECKS, PlanCheck, Tuning, findings_of
from rtcheck.study import Study
from rtcheck.tables import read_sheet

SAMPLES = Path(__file__).resolve().parents[2] / "sample_plans"
CLEAN = ("hcc-sbrt-5fx", "hcc-imrt-25fx")
SBRT, IMRT, TWO = *CLEAN, "two-lesions-two-plans"
#: What a silent check says: nothing that a reviewer has to look at.
SILENT = {Verdict.PASS, Verdict.INFO}
BY_ID: Mapping[str, PlanCheck] = {check.id: check for check in PLAN_CHECKS}


@cache
def sample(name: str = SBRT) -> Study:
    return read_study(SAMPLES / name)


@cache
def case_of(name: str = SBRT) -> Case:
    """One case for all tests of a process: its DVHs are computed once; a clean sample's with its case sheet."""
    return Case(sample(name), sheet=read_sheet(SAMPLES / name / "case.yaml") if name in CLEAN else None)


def case_like(study: Study) -> Case:
    """The case of a study, which shares its solids with the first sample where it has that one's ROIs and images."""
    case, whole = Case(study), case_of()
    if study.structure_set is whole.study.structure_set and study.images is whole.study.images:
        case.contoured = whole.contoured  # as the plans of a sum share them
    return case


@cache
def real_case(folder: Path) -> Case:
    """A real plan, under one convention alone."""
    return Case(read_study(folder), intervals=False)


@cache
def files(name: str = SBRT) -> Mapping[str, bytes]:
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
    name: str = SBRT,
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


def asked(of: Case | Study, check: PlanCheck | str, tuning: Tuning = NO_TUNING) -> tuple[Finding, ...]:
    """All findings of a check, which mustn't fail itself."""
    case = case_like(of) if isinstance(of, Study) else of
    found = tuple(findings_of(case, [_check(check)], tuning))
    assert not [finding.message for finding in found if finding.reason == "check-failed"]
    return found


def fires(of: Case | Study, check: PlanCheck | str, tuning: Tuning = NO_TUNING, **thresholds: float) -> list[Finding]:
    """The alerts of a check, each of which is one that its name stands under."""
    check = _check(check)
    if thresholds:
        tuning = Tuning(thresholds={check.id: thresholds}, because={check.id: "test"})
    return [finding for finding in asked(of, check, tuning) if finding.reason == check.name]


def _check(check: PlanCheck | str) -> PlanCheck:
    return BY_ID[check] if isinstance(check, str) else check


def only(of: Case | Study, check: str, **thresholds: float) -> Finding:
    """The one alert of a check."""
    (finding,) = fires(of, check, **thresholds)
    return finding


def unchecked(of: Case | Study, check: str) -> list[Finding]:
    """What couldn't be looked at; the check hasn't passed then."""
    found = asked(of, check)
    assert Verdict.PASS not in {finding.verdict for finding in found}
    return [finding for finding in found if finding.reason == "not-checked"]


def shown(of: Case | Study, check: str) -> list[Finding]:
    """Values that a check shows and doesn't judge."""
    return [finding for finding in asked(of, check) if finding.reason == "shown"]


def reasons(of: Case | Study, check: str) -> list[str]:
    return [finding.reason for finding in asked(of, check)]


def messages(of: Case | Study, check: str, reason: str = "shown") -> list[str]:
    return [finding.message for finding in asked(of, check) if finding.reason == reason]
