"""The command line as a script sees it: stdout, stderr and exit codes, of a few real processes too."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

import rtcheck
from rtcheck.convention import Convention, Ends
from tests.commands import Finished, run

SBRT = "sample_plans/hcc-sbrt-5fx"


def process_of(*arguments: str, root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "rtcheck", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", check=False)


def one_line(process: subprocess.CompletedProcess[str] | Finished) -> str:
    """The one line of an expected fault; nothing on stdout, no traceback."""
    assert process.returncode == 3, process.stderr
    assert process.stdout == ""
    lines = process.stderr.splitlines()
    assert len(lines) == 1, process.stderr
    return lines[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("bed", "35 Gy in 5 fx", "--at-least", "60"),
        pytest.param(("bed", "5y8Gy"), marks=pytest.mark.slow),
        ("check", SBRT, "--table", "quantec-liver"),
        ("dvh", SBRT, "--roi", "Spleen"),
        pytest.param(("nonsense",), marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_a_process_says_the_same_as_its_function(project_root, arguments) -> None:
    process, called = process_of(*arguments, root=project_root), run(*arguments, root=project_root)
    assert (process.returncode, process.stdout, process.stderr) == (called.returncode, called.stdout, called.stderr)


@pytest.mark.parametrize(
    ("schedule", "threshold", "code", "bed"),
    [
        ("25x2Gy", "60", 0, 60.0),
        ("30Gy/3", "60", 0, 60.0),
        ("35 Gy in 5 fx", "60", 1, 59.5),
        ("25x2Gy + 5x3Gy", "60", 0, 79.5),
    ],
)
def test_bed_exit_code_follows_the_threshold(project_root, schedule, threshold, code, bed) -> None:
    process = run("bed", schedule, "--at-least", threshold, "--format", "json", root=project_root)
    answer = json.loads(process.stdout)
    assert process.returncode == code
    assert answer["bed_gy"] == bed
    assert answer["meets"] is (code == 0)
    keys = ["schedule", "fractions", "total_dose_gy", "alpha_beta_gy", "bed_gy", "eqd2_gy", "at_least_gy", "meets"]
    assert list(answer) == keys


def test_bed_without_a_threshold_is_no_verdict(project_root) -> None:
    process = run("bed", "5x8Gy", "--format", "json", root=project_root)
    assert process.returncode == 0
    assert json.loads(process.stdout)["meets"] is None


def test_failing_bed_is_not_printed_as_its_threshold(project_root) -> None:
    process = run("bed", "25x1.9999Gy", "--at-least", "60", root=project_root)
    assert process.returncode == 1
    assert "59.99" in process.stdout
    assert "60.00 Gy" not in process.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("bed", "5y8Gy"), "character 2"),
        (("bed", "5x8Gy", "--alpha-beta", "0"), "alpha/beta"),
        (("bed",), "SCHEDULE"),
        (("nonsense",), "nonsense"),
        (("check", SBRT, "--protocol", "NCT00000000"), "NCT06261047"),
        (("check", SBRT, "--child-pugh", "B6"), "A5, A6, B7"),
        (("check", SBRT, "-o", "report.docx"), ".json, .txt, .csv, .html, .pdf, .dcm"),
        (("check", SBRT, "-o", "no-such-folder/report.json"), "existing folder"),
        (("check", "no-such-folder"), "no-such-folder"),
        (("dvh", SBRT, "--metric", "V20[%]"), "expected a number and Gy"),
        (("dvh", SBRT, "--roi", "Liver - ("), "character"),
        (("dvh", SBRT, "--between", "spline"), "interpolated"),
        (("check", SBRT, "--ends", "flat"), "half-slice"),
    ],
)
def test_usage_fault_is_one_line_and_code_3(project_root, arguments, words) -> None:
    assert words.lower() in one_line(run(*arguments, root=project_root)).lower()


def test_dvh_json_is_a_list_of_rows_with_the_promised_keys(project_root) -> None:
    arguments = ("dvh", SBRT, "--roi", "Liver - GTV*", "--metric", "CV15Gy[cc]", "--metric", "Mean[Gy]", "-f", "json")
    process = run(*arguments, root=project_root)
    rows = json.loads(process.stdout)
    assert process.returncode == 0
    keys = ["roi", "metric", "state", "value", "low", "high", "unit", "reason", "basis", "dose"]
    assert [list(row) for row in rows] == [keys] * 2
    assert [(row["roi"], row["metric"], row["unit"]) for row in rows] == [
        ("Liver - GTV*", "CV15Gy[cc]", "cc"),
        ("Liver - GTV*", "Mean[Gy]", "Gy"),
    ]
    assert rows[0]["value"] >= 700


def test_dvh_of_an_unknown_roi_answers_nothing_and_exits_2(project_root) -> None:
    process = run("dvh", SBRT, "--roi", "Spleen", "--metric", "Mean[Gy]", "-f", "json", root=project_root)
    (row,) = json.loads(process.stdout)
    assert process.returncode == 2
    assert (row["state"], row["value"]) == ("not_evaluable", None)


def test_dvh_of_more_volume_than_there_is_answers_nothing(project_root) -> None:
    process = run("dvh", SBRT, "--roi", "GTV", "--metric", "D700cc[Gy]", "-f", "json", root=project_root)
    (row,) = json.loads(process.stdout)
    assert process.returncode == 2
    assert row["value"] is None


def test_dvh_outside_the_grid_has_bounds_and_no_value(project_root) -> None:
    arguments = ("dvh", "sample_plans/grid-misses-liver", "--roi", "Liver", "--metric", "Max[Gy]", "-f", "json")
    (row,) = json.loads(run(*arguments, root=project_root).stdout)
    assert (row["state"], row["value"], row["high"]) == ("interval", None, None)
    assert "outside the dose grid" in row["reason"]
    assert "no upper bound" in row["reason"]


def test_crosscheck_json_holds_the_rows_and_the_comparisons(project_root) -> None:
    arguments = ("dvh", SBRT, "--roi", "GTV", "--roi", "Spleen", "--metric", "Mean[Gy]", "-f", "json", "--crosscheck")
    process = run(*arguments, root=project_root)
    document = json.loads(process.stdout)
    assert process.returncode == 2  # Spleen has no answer; differences decide nothing
    assert list(document) == ["metrics", "crosscheck"]
    plain = run(*arguments[:-1], root=project_root)
    assert document["metrics"] == json.loads(plain.stdout)
    stored, peer, unknown = document["crosscheck"]
    assert (stored["roi"], stored["engine"], stored["cause"]) == ("GTV", "planning system", None)
    assert stored["problem"] == "the dose file stores no DVHs"
    assert (peer["engine"], peer["cause"], peer["problem"]) == ("dicompyler-core", "agreement", "")
    assert peer["other_volume_cc"] == pytest.approx(peer["volume_cc"], rel=0.01)
    assert peer["other_mean_gy"] == pytest.approx(document["metrics"][0]["value"], rel=0.005)
    assert "no ROI is named 'Spleen'" in unknown["problem"]
    assert list(peer) == [
        *("roi", "engine", "volume_cc", "other_volume_cc", "volume_difference_percent", "at_dose_gy"),
        *("dose_difference_gy", "at_volume_percent", "mean_gy", "other_mean_gy", "largest_percent"),
        *("cause", "explanation", "problem", "remarks"),
    ]


def test_crosscheck_counts_notable_differences_on_stderr_and_exits_0(project_root, shared_data) -> None:
    folder = str(shared_data / "eclipse-breast")
    process = run("dvh", folder, "--roi", "Heart", "--roi", "Borders", "--crosscheck", root=project_root)
    assert process.returncode == 0
    assert process.stderr.splitlines()[-1] == "rtcheck: 2 of 4 comparisons differ by more than 3 %"
    text = process.stdout
    assert "agreement within" in text
    assert "end caps" in text
    assert "percent of 14 Gy" in text


@pytest.mark.slow
def test_crosscheck_names_every_roi_without_a_counterpart(project_root, shared_data) -> None:
    text = run("dvh", str(shared_data / "eclipse-prostate"), "--crosscheck", root=project_root).stdout
    assert "planning system: the dose file stores no DVHs (all 16 ROIs)" in text
    line = next(line for line in text.splitlines() if line.startswith("– dicompyler-core: no DVH here"))
    assert "Vessels - left" in line


def test_agreement_is_silent_on_stderr(project_root) -> None:
    assert run("dvh", SBRT, "--roi", "Liver", "--crosscheck", root=project_root).stderr == ""


def test_other_convention_is_named_and_changes_the_volume(project_root) -> None:
    arguments = ("dvh", SBRT, "--roi", "GTV", "--metric", "Volume[cc]")
    case = rtcheck.Case(rtcheck.read_study(project_root / SBRT), intervals=False)
    bare = rtcheck.Case(case.study, convention=Convention(ends=Ends.NONE), intervals=False).dvh("GTV").volume_cc
    assert bare < 0.99 * case.dvh("GTV").volume_cc
    (row,) = json.loads(run(*arguments, "-f", "json", "--ends", "none", root=project_root).stdout)
    assert row["value"] == pytest.approx(bare)
    named = "Contours are read as: prism, no ends. The default is: prism, half-slice ends."
    assert run(*arguments, "--ends", "none", root=project_root).stdout.splitlines()[-1] == named
    assert "Contours are read as" not in run(*arguments, root=project_root).stdout


def test_check_under_another_convention_names_it_on_screen_and_in_the_file(project_root, tmp_path) -> None:
    out = tmp_path / "report.txt"
    plain = ("check", SBRT, "--table", "quantec-liver")
    process = run(*plain, "--between", "interpolated", "--ends", "rounded", "-o", str(out), root=project_root)
    assert process.returncode == 0, process.stderr
    assert "interpolated, rounded ends (not the default)" in process.stdout
    assert "interpolated, rounded ends (not the default)" in out.read_text(encoding="utf-8")
    assert "not the default" not in run(*plain, root=project_root).stdout


def test_curves_are_written_whole_and_say_what_is_missing(project_root, tmp_path) -> None:
    out = tmp_path / "curves.csv"
    process = run("dvh", SBRT, "--roi", "PTV", "--roi", "Spleen", "--curves", str(out), root=project_root)
    assert process.returncode == 2
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    promised = ["roi", "dose_gy", "volume_cc", "volume_percent", "outside_grid_cc", "problem"]
    assert list(rows[0])[:6] == promised
    assert [rows[0][key] for key in ("roi", "dose_gy", "volume_percent", "problem")] == ["PTV", "0", "100", ""]
    assert [rows[-1][key] for key in promised] == ["Spleen", "", "", "", "0", "no ROI is named 'Spleen'"]
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("plan", "code", "verdict"),
    [("hcc-sbrt-5fx", 0, "PASS"), ("ct-4mm", 1, "FAIL"), ("grid-misses-liver", 2, "NOT_EVALUATED")],
)
def test_check_as_json_keeps_its_promised_keys_and_exit_codes(project_root, tmp_path, plan, code, verdict) -> None:
    out = tmp_path / "report.json"
    process = run("check", f"sample_plans/{plan}", "-o", str(out), "--format", "json", root=project_root)
    report = json.loads(process.stdout)  # data alone
    assert process.returncode == code, process.stderr
    assert out.read_bytes() == process.stdout.encode()
    assert list(tmp_path.iterdir()) == [out]
    assert report["verdict"] == verdict
    assert list(report) == ["schema", "verdict", "findings", "provenance", "digest"]
    promised = ["check", "subject", "metric", "verdict", "robust", "observed", "low", "high", "limit", "unit"]
    for finding in report["findings"]:
        assert list(finding)[:13] == [*promised, "reason", "message", "source"]


def test_text_report_says_the_verdict_first_and_names_what_was_not_judged(project_root) -> None:
    process = run("check", "sample_plans/hcc-imrt-25fx", root=project_root)
    assert "✔ PASS" in process.stdout.splitlines()[0]
    assert "no limit here is for these organs at this schedule" in process.stdout
    assert "Duodenum (max 9.20 Gy)" in process.stdout


def test_version_is_printed(project_root) -> None:
    process = run("--version", root=project_root)
    assert process.returncode == 0
    assert process.stdout.strip()


@pytest.mark.parametrize("threshold", ["nan", "inf", "-5", "0"])
def test_threshold_that_is_no_dose_is_refused(project_root, threshold) -> None:
    assert "--at-least" in one_line(run("bed", "5x8Gy", f"--at-least={threshold}", root=project_root))


def test_bounds_without_a_value_exit_2(project_root) -> None:
    arguments = ("dvh", "sample_plans/grid-misses-liver", "--roi", "Liver", "--metric", "D2%[Gy]")
    assert run(*arguments, root=project_root).returncode == 2


def test_conformity_is_asked_of_the_target_and_the_body(project_root) -> None:
    metrics = ("PCI(95%)[1]", "CI(95%)[1]", "GI(100%)[1]", "R50[1]", "HI[1]", "gEUD(-10)[Gy]", "PrescriptionDose[Gy]")
    asked = [part for metric in metrics for part in ("--metric", metric)]
    process = run("dvh", SBRT, "--roi", "PTV", *asked, "--format", "json", root=project_root)
    assert process.returncode == 0, process.stderr
    rows = {row["metric"]: row for row in json.loads(process.stdout)}
    assert tuple(rows) == metrics
    assert 0.7 < rows["PCI(95%)[1]"]["low"] <= rows["PCI(95%)[1]"]["value"] <= rows["PCI(95%)[1]"]["high"] <= 1.0
    assert rows["CI(95%)[1]"]["value"] > 1.0
    assert rows["GI(100%)[1]"]["unit"] == "1"
    assert rows["PrescriptionDose[Gy]"]["value"] == 40.0


def test_conformity_of_a_missing_roi_has_no_answer(project_root) -> None:
    arguments = ("dvh", SBRT, "--roi", "Spleen", "--metric", "PCI(95%)[1]", "--format", "json")
    process = run(*arguments, root=project_root)
    assert process.returncode == 2
    (row,) = json.loads(process.stdout)
    assert (row["value"], row["reason"]) == (None, "no ROI is named 'Spleen'")


def test_a_metric_that_is_none_is_refused_at_its_character(project_root) -> None:
    assert "character 8: expected )" in one_line(run("dvh", SBRT, "--metric", "PCI(95%[1]", root=project_root))
