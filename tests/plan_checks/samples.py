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
    """One case for all tests of a process: its DVHs are computed once."""
    return Case(sample(name))


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
    """All findings of a check."""
    case = Case(of) if isinstance(of, Study) else of
    return tuple(findings_of(case, [BY_ID[check] if isinstance(check, str) else check], tuning))


def fires(of: Case | Study, check_id: str, **thresholds: float) -> list[Finding]:
    """The alerts of a check, each of which is one that its name stands under."""
    tuning = Tuning(thresholds={check_id: thresholds}, because={check_id: "test"}) if thresholds else NO_TUNING
    return [finding for finding in asked(of, check_id, tuning) if finding.reason == BY_ID[check_id].name]


def only(of: Case | Study, check_id: str, **thresholds: float) -> Finding:
    """The one alert of a check."""
    (finding,) = fires(of, check_id, **thresholds)
    return finding


def unchecked(of: Case | Study, check_id: str) -> list[Finding]:
    """What couldn't be looked at; the check hasn't passed then."""
    found = asked(of, check_id)
    assert Verdict.PASS not in {finding.verdict for finding in found}
    return [finding for finding in found if finding.reason == "not-checked"]


def shown(of: Case | Study, check_id: str) -> list[Finding]:
    """Values that a check shows and doesn't judge."""
    return [finding for finding in asked(of, check_id) if finding.reason == "shown"]


def reasons(of: Case | Study, check_id: str) -> list[str]:
    return [finding.reason for finding in asked(of, check_id)]


def messages(of: Case | Study, check_id: str, reason: str = "shown") -> list[str]:
    return [finding.message for finding in asked(of, check_id) if finding.reason == reason]
