"""The whole sentence: library and command line say the same of every sample, however its files arrive."""

from __future__ import annotations

import io
import json
import random
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import rtcheck
from rtcheck.checks.applicable import organ_of
from rtcheck.convention import CONVENTIONS, Between, Convention, Ends
from rtcheck.errors import UsageError
from rtcheck.finding import Verdict, worst
from rtcheck.pipeline import check_study
from rtcheck.protocol import evaluate
from rtcheck.tables import load_protocol
from tests.commands import run

SAMPLES = {
    "hcc-sbrt-5fx": Verdict.PASS,
    "hcc-imrt-25fx": Verdict.PASS,
    "hcc-cpb7-large-ptv": Verdict.FAIL,
    "hcc-35gy-5fx": Verdict.FAIL,
    "grid-misses-liver": Verdict.NOT_EVALUATED,
    "two-lesions-two-plans": Verdict.FAIL,
}


@pytest.mark.parametrize("name", SAMPLES)
def test_command_line_and_library_find_the_same(project_root: Path, name: str) -> None:
    folder = project_root / "sample_plans" / name
    printed = json.loads(run("check", str(folder), "--format", "json", root=project_root).stdout)
    result = rtcheck.check(folder)
    assert result.verdict is SAMPLES[name]
    assert printed["verdict"] == result.verdict.value
    assert printed["findings"] == json.loads(result.to_json())["findings"]


def test_every_constraint_asked_has_exactly_one_finding(sample_plans: Path) -> None:
    protocol = rtcheck.load_protocol("NCT06261047")
    for name in SAMPLES:
        result = rtcheck.check(sample_plans / name, protocol)
        rows = [finding.source.row for finding in result.findings if finding.check == "dose-constraint"]
        assert rows == [constraint.id for constraint in protocol.all_constraints]


def test_folder_zip_list_and_memory_give_the_same(sample_plans: Path, tmp_path: Path) -> None:
    folder = sample_plans / "hcc-sbrt-5fx"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    shuffled = random.Random(7).sample(files, len(files))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, path in enumerate(shuffled):
            archive.write(path, f"export/{number:03d}.bin")
    zipped = tmp_path / "plan.zip"
    zipped.write_bytes(packed.getvalue())
    in_memory = [(f"{number}", path.read_bytes()) for number, path in enumerate(shuffled)]
    expected = rtcheck.check(folder).findings
    for given in (zipped, shuffled, in_memory):
        assert rtcheck.check(given).findings == expected


def test_declared_child_pugh_makes_the_trial_rule_binding(sample_plans: Path) -> None:
    study = rtcheck.read_study(sample_plans / "hcc-cpb7-large-ptv")
    protocol = rtcheck.load_protocol("NCT06261047")

    def verdict(child_pugh: str | None) -> Verdict:
        findings = check_study(study, protocol, child_pugh=child_pugh).findings
        return next(f.verdict for f in findings if f.source.row == "trial.liver.cv15_700")

    assert verdict("B7") is Verdict.FAIL
    assert verdict("A5") is Verdict.INFO
    assert verdict(None) is Verdict.NOT_EVALUATED


def test_overall_verdict_is_the_worst_and_nothing_is_not_a_pass() -> None:
    assert worst([]) is Verdict.NOT_EVALUATED
    assert worst([Verdict.INFO, Verdict.NOT_APPLICABLE]) is Verdict.NOT_EVALUATED
    assert worst([Verdict.PASS, Verdict.INFO]) is Verdict.PASS
    assert worst([Verdict.PASS, Verdict.ACCEPTABLE]) is Verdict.ACCEPTABLE
    assert worst([Verdict.ACCEPTABLE, Verdict.NOT_EVALUATED]) is Verdict.NOT_EVALUATED
    assert worst([Verdict.NOT_EVALUATED, Verdict.FAIL, Verdict.PASS]) is Verdict.FAIL
    assert [v.exit_code for v in (Verdict.PASS, Verdict.ACCEPTABLE, Verdict.FAIL, Verdict.NOT_EVALUATED)] == [
        0,
        0,
        1,
        2,
    ]


def test_report_names_every_input_by_its_hash(sample_plans: Path) -> None:
    document = rtcheck.check(sample_plans / "hcc-sbrt-5fx").document
    provenance = document["provenance"]
    assert isinstance(provenance, dict)
    inputs = provenance["inputs"]
    assert {entry["modality"] for entry in inputs} == {"CT", "RTPLAN", "RTSTRUCT", "RTDOSE"}
    assert all(len(entry["sha256"]) == 64 for entry in inputs)
    assert not any(entry["file"].startswith("/") for entry in inputs)


def test_report_names_the_convention_that_was_chosen_and_those_of_the_intervals(sample_plans: Path) -> None:
    chosen = Convention(Between.INTERPOLATED, Ends.NONE)
    default = rtcheck.check(sample_plans / "hcc-sbrt-5fx")
    other = rtcheck.check(sample_plans / "hcc-sbrt-5fx", convention=chosen)
    told = [result.document["provenance"]["conventions"] for result in (default, other)]
    assert [(c["between"], c["ends"], c["default"]) for c in told] == [
        ("prism", "half-slice", True),
        ("interpolated", "none", False),
    ]
    assert told[0]["solid"] == "right prisms, half a slice beyond the ends"
    assert told[0]["intervals_over"] == told[1]["intervals_over"] == [str(c) for c in CONVENTIONS]
    assert other.case.convention == chosen


def test_another_convention_moves_values_within_the_interval_of_the_default(sample_plans: Path) -> None:
    study = rtcheck.read_study(sample_plans / "hcc-sbrt-5fx")
    protocol = rtcheck.load_protocol("NCT06261047")
    default = check_study(study, protocol).findings
    other = check_study(study, protocol, convention=Convention(Between.INTERPOLATED, Ends.NONE)).findings
    moved = 0
    for one, two in zip(default, other, strict=True):
        assert (one.subject, one.metric, one.verdict) == (two.subject, two.metric, two.verdict)
        if one.low is not None and one.high is not None and two.observed is not None:
            # Alternatives are sampled more coarsely than the chosen convention, which a maximum shows most.
            slack = (0.05 if one.metric.startswith("Max") else 0.002) * max(1.0, one.high)
            assert one.low - slack <= two.observed <= one.high + slack
            moved += one.observed != two.observed
    assert moved > 5


def test_dvhs_that_a_protocol_asks_for_are_ready_when_its_checks_ask(sample_plans: Path, monkeypatch) -> None:
    case = rtcheck.Case(rtcheck.read_study(sample_plans / "hcc-sbrt-5fx"))
    protocol = rtcheck.load_protocol("NCT06261047")
    together: list[str] = []
    real = case.dvhs
    monkeypatch.setattr(case, "dvhs", lambda rois, basis: together.extend(rois) or real(rois, basis))
    findings = evaluate(case, protocol).findings
    measured = {
        member
        for f in findings
        if f.check in ("dose-constraint", "unjudged-organ") and f.observed is not None
        for member in case.members(f.subject)
        if case.is_contoured(organ_of(member))
    }
    targets = {roi for f in findings if f.check == "bed-achieved" for roi in f.rois}
    assert measured | targets == set(together)


def test_what_is_wrong_with_an_roi_is_a_finding_also_where_dvhs_are_computed_together(sample_plans: Path) -> None:
    study = rtcheck.read_study(sample_plans / "hcc-sbrt-5fx")
    rois = tuple(roi for roi in study.structure_set.rois if roi.name != "GTV")
    study = replace(study, structure_set=replace(study.structure_set, rois=rois))
    findings = check_study(study, rtcheck.load_protocol("NCT06261047")).findings
    assert "roi-missing" in {finding.reason for finding in findings}


def test_a_case_without_intervals_is_refused_for_its_verdicts_would_look_robust(sample_plans: Path) -> None:
    case = rtcheck.Case(rtcheck.read_study(sample_plans / "hcc-sbrt-5fx"), intervals=False)
    with pytest.raises(UsageError, match="intervals"):
        evaluate(case, load_protocol("NCT06261047"))


def test_the_sum_of_two_plans_is_what_counts_for_the_liver(sample_plans: Path) -> None:
    result = rtcheck.check(sample_plans / "two-lesions-two-plans", child_pugh="B7")
    beds = {f.subject: (f.verdict, round(f.observed or 0, 6)) for f in result.findings if f.check == "bed"}
    assert beds == {"PTV_Liver": (Verdict.PASS, 72.0), "PTV_Spine": (Verdict.FAIL, 51.3)}
    (liver,) = [f for f in result.findings if f.source.row == "trial.liver.cv15_700"]
    assert liver.verdict is Verdict.FAIL
    assert liver.observed == pytest.approx(654.4, abs=1.0)
    spared = [alone.dvh("Liver - GTV*")["CV15Gy[cc]"].value for alone in result.case.by_plan]
    assert all(volume is not None and volume >= 700 for volume in spared)
    assert result.verdict is Verdict.FAIL


def test_each_plan_alone_is_checked_when_it_is_chosen(sample_plans: Path) -> None:
    folder = sample_plans / "two-lesions-two-plans"
    result = rtcheck.check(folder, plan="Liver 40Gy5F", child_pugh="B7")
    (liver,) = [f for f in result.findings if f.source.row == "trial.liver.cv15_700"]
    assert liver.verdict is Verdict.PASS


def test_a_report_tells_what_a_sum_was_made_of(sample_plans: Path) -> None:
    document = json.loads(rtcheck.check(sample_plans / "two-lesions-two-plans").to_json())
    dose = document["provenance"]["dose"]
    assert dose["basis"] == "physical"
    assert [part["fractions"] for part in dose["parts"]] == [5, 3]
    assert all(part["resampling"] and part["extent_mm"] for part in dose["parts"])
    assert document["provenance"]["plan"] == "Liver 40Gy5F + T12 27Gy3F"
    bases = {finding["basis"] for finding in document["findings"] if finding["check"] in ("bed", "dose-constraint")}
    assert bases == {"physical", "BED(alpha/beta=10 Gy)"}
