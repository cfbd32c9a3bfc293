"""The whole sentence: library and command line say the same of every sample, however its files arrive."""

from __future__ import annotations

import io
import json
import random
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import rtcheck
from rtcheck.checks import dose_constraint
from rtcheck.checks.applicable import organ_of
from rtcheck.convention import CONVENTIONS, Between, Convention, Ends
from rtcheck.errors import UsageError
from rtcheck.finding import Verdict, worst
from rtcheck.pipeline import check_study
from rtcheck.protocol import evaluate
from rtcheck.report.sections import of_checks
from rtcheck.sheet import NOTHING_DECLARED
from rtcheck.tables import load_protocol, read_sheet, sheet_of
from tests.commands import run
from tests.test_sample_cases import result_of, study_of


@pytest.mark.parametrize(
    ("name", "sheet"), [("hcc-35gy-5fx", "case-reduced.yaml"), ("hcc-sbrt-5fx", "case-one-oncologist.yaml")]
)
def test_command_line_and_library_find_the_same(project_root: Path, name: str, sheet: str) -> None:
    folder = project_root / "sample_plans" / name
    told = run("check", str(folder), "--case", str(folder / sheet), "--format", "json", root=project_root)
    printed, result = json.loads(told.stdout), result_of(name, sheet)
    assert told.returncode == result.verdict.exit_code
    assert printed["verdict"] == result.verdict.value
    assert printed["findings"] == json.loads(result.to_json())["findings"]


def test_the_sheet_in_the_folder_or_zip_is_found_and_another_is_named(sample_plans: Path, tmp_path: Path) -> None:
    folder = sample_plans / "hcc-sbrt-5fx"
    assert sheet_of(folder) == read_sheet(folder / "case.yaml") == result_of("hcc-sbrt-5fx", "case.yaml").case.sheet
    other = result_of("hcc-sbrt-5fx", "case-one-oncologist.yaml")
    assert other.case.sheet.file == "case-one-oncologist.yaml"
    zipped = tmp_path / "plan.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(folder / "case.yaml", "plan/case.yaml")
    assert sheet_of(zipped) == sheet_of(folder)


def test_folder_zip_list_and_memory_give_the_same(sample_plans: Path, tmp_path: Path) -> None:
    folder = sample_plans / "hcc-sbrt-5fx"
    files = sorted(folder.rglob("*.dcm"))
    shuffled = random.Random(7).sample(files, len(files))
    packed = io.BytesIO()
    copied = tmp_path / "copied"
    copied.mkdir()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, path in enumerate(shuffled):
            archive.write(path, f"export/{number:03d}.bin")
            shutil.copy(path, copied / f"{number}.dcm")
    zipped = tmp_path / "plan.zip"
    zipped.write_bytes(packed.getvalue())
    in_memory = [(f"{number}", path.read_bytes()) for number, path in enumerate(shuffled)]
    expected = rtcheck.check(files, tables=["tg101"]).findings
    for given in (copied, zipped, shuffled, in_memory):
        assert rtcheck.check(given, tables=["tg101"]).findings == expected


def test_declared_child_pugh_makes_the_trial_rule_binding(sample_plans: Path) -> None:
    case = rtcheck.Case(study_of("hcc-cpb7-large-ptv"))
    (rule,) = (row for row in rtcheck.load_protocol("NCT06261047").constraints if row.id == "trial.liver.cv15_700")

    def verdict(child_pugh: str | None) -> Verdict:
        case.child_pugh = child_pugh
        return dose_constraint(case, rule, "hcc", None).verdict

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


def test_report_names_the_convention_that_was_chosen_and_those_of_the_intervals(sample_plans: Path) -> None:
    chosen = Convention(Between.INTERPOLATED, Ends.NONE)
    default = result_of("hcc-sbrt-5fx", "case.yaml")
    other = rtcheck.check(sample_plans / "hcc-sbrt-5fx", tables=["quantec-liver"], convention=chosen)
    told = [result.document["provenance"]["conventions"] for result in (default, other)]
    assert [(c["between"], c["ends"], c["default"]) for c in told] == [
        ("prism", "half-slice", True),
        ("interpolated", "none", False),
    ]
    assert told[0]["solid"] == "right prisms, half a slice beyond the ends"
    assert told[0]["intervals_over"] == told[1]["intervals_over"] == [str(c) for c in CONVENTIONS]
    assert other.case.convention == chosen


def test_another_convention_moves_values_within_the_interval_of_the_default(sample_plans: Path) -> None:
    default = result_of("hcc-sbrt-5fx", "case.yaml")
    convention = Convention(Between.INTERPOLATED, Ends.NONE)
    protocol, sheet = default.evaluation.protocol, default.case.sheet
    other = check_study(study_of("hcc-sbrt-5fx"), protocol, sheet=sheet, convention=convention)
    limits = [of_checks(result.findings, "dose-constraint") for result in (default, other)]
    moved = 0
    for one, two in zip(*limits, strict=True):
        assert (one.subject, one.metric, one.verdict) == (two.subject, two.metric, two.verdict)
        if one.low is not None and one.high is not None and two.observed is not None:
            # Alternatives are sampled more coarsely than the chosen convention, which a maximum shows most.
            slack = (0.05 if one.metric.startswith("Max") else 0.002) * max(1.0, one.high)
            assert one.low - slack <= two.observed <= one.high + slack
            moved += one.observed != two.observed
    assert moved > 5


def test_dvhs_that_a_protocol_asks_for_are_ready_when_its_checks_ask(sample_plans: Path, monkeypatch) -> None:
    case = rtcheck.Case(study_of("hcc-sbrt-5fx"))
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
    study = study_of("hcc-sbrt-5fx")
    rois = tuple(roi for roi in study.structure_set.rois if roi.name != "GTV")
    study = replace(study, structure_set=replace(study.structure_set, rois=rois))
    findings = check_study(study, rtcheck.load_protocol("NCT06261047")).findings
    assert "roi-missing" in {finding.reason for finding in findings}


def test_a_case_without_intervals_is_refused_for_its_verdicts_would_look_robust(sample_plans: Path) -> None:
    case = rtcheck.Case(study_of("hcc-sbrt-5fx"), intervals=False)
    with pytest.raises(UsageError, match="intervals"):
        evaluate(case, load_protocol("NCT06261047"))


def test_the_sum_of_two_plans_is_what_counts_for_the_liver() -> None:
    result = result_of("two-lesions-two-plans", "case.yaml")
    beds = {f.subject: (f.verdict, round(f.observed or 0, 6)) for f in result.findings if f.check == "bed"}
    # The case sheet records why the spine gets less.
    assert beds == {"PTV_Liver": (Verdict.PASS, 72.0), "PTV_Spine": (Verdict.ACCEPTABLE, 51.3)}
    (liver,) = [f for f in result.findings if f.source.row == "trial.liver.cv15_700"]
    assert liver.verdict is Verdict.FAIL
    assert liver.observed == pytest.approx(654.4, abs=1.0)
    assert result.verdict is Verdict.FAIL


def test_each_plan_alone_is_checked_when_it_is_chosen(sample_plans: Path) -> None:
    folder = sample_plans / "two-lesions-two-plans"
    tables = ["quantec-liver"]
    result = rtcheck.check(folder, tables=tables, plan="Liver 40Gy5F", child_pugh="B7", sheet=NOTHING_DECLARED)
    (liver,) = [f for f in result.findings if f.source.row == "pan2010.sbrt.cv15_700"]
    assert liver.verdict is Verdict.PASS
    told = result.document["provenance"]
    assert isinstance(told, dict)
    assert told["settings"]["plan"] == ["Liver 40Gy5F"]
    assert {one["file"] for one in told["other_inputs"]} == {"RTDOSE_Spine.dcm", "RTPLAN_Spine.dcm"}


def test_a_report_tells_what_a_sum_was_made_of() -> None:
    document = json.loads(result_of("two-lesions-two-plans", "case.yaml").to_json())
    dose = document["provenance"]["dose"]
    assert dose["basis"] == "physical"
    assert [part["fractions"] for part in dose["parts"]] == [5, 3]
    assert all(part["resampling"] and part["extent_mm"] for part in dose["parts"])
    assert document["provenance"]["plan"] == "Liver 40Gy5F + T12 27Gy3F"
    bases = {finding["basis"] for finding in document["findings"] if finding["check"] in ("bed", "dose-constraint")}
    assert bases == {"physical", "BED(alpha/beta=10 Gy)"}
