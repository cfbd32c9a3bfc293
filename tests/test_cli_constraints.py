"""``rtcheck constraints`` as scripts and readers see it, and the options of ``rtcheck check`` that name tables."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from rtcheck.tables import all_tables, data_folder, load_protocol, protocol_ids
from tests.commands import Finished, run

SBRT = "sample_plans/hcc-sbrt-5fx"
KEYS = {
    *("id", "table", "organ", "roi", "metric", "comparator", "limit", "unit", "role", "fractions", "regimen", "status"),
    *("enabled", "citation", "acceptable", "dose_per_fraction_gy", "group", "patients", "basis", "requirement"),
    *("endpoint", "rate_pct", "notes"),
}
OWN = """\
schema: 1
id: mine
title: Limits of mine
version: "1"
extends: [tg101]
override:
  - {id: tg101.liver.cv700.5fx, limit: ">= 800 cc", because: "we ask for more"}
off:
  - {id: tg101.skin.max.1fx, because: "no single fractions here"}
rows:
  - id: mine.heart.d0_5cc.5fx
    organ: Heart
    roi: Heart
    metric: "D0.5cc[Gy]"
    limit: "< 29 Gy"
    regimen: {text: 5 fractions, fractions: 5}
    citation: "Our physicists, 2025"
    status: single
"""


def one_line(finished: Finished) -> str:
    """The one line of an expected fault; nothing on stdout."""
    assert finished.returncode == 3, finished.stderr
    assert finished.stdout == ""
    (line,) = finished.stderr.splitlines()
    return line


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(OWN, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def every(project_root: Path) -> list[dict[str, object]]:
    finished = run("constraints", "list", "--format", "json", root=project_root)
    assert (finished.returncode, finished.stderr) == (0, "")
    rows: list[dict[str, object]] = json.loads(finished.stdout)
    return rows


def listed(*arguments: str, root: Path) -> list[str]:
    finished = run("constraints", "list", *arguments, "-f", "json", root=root)
    assert finished.returncode == 0, finished.stderr
    return [row["id"] for row in json.loads(finished.stdout)]


def test_json_lists_every_row_of_every_table_and_protocol(every) -> None:
    shipped = [*all_tables(), *(load_protocol(one) for one in protocol_ids())]
    assert [row["id"] for row in every] == [row.id for table in shipped for row in table.constraints]
    assert all(set(row) >= KEYS for row in every)
    assert all(isinstance(row["limit"], float | int) for row in every)
    trial = next(row for row in every if row["id"] == "trial.liver.cv15_700")
    assert (trial["table"], trial["enabled"], trial["fractions"]) == ("NCT06261047", True, None)
    assert {row["enabled"] for row in every} == {True, False}


def test_ranges_and_patients_are_plain_data(every) -> None:
    by_id = {row["id"]: row for row in every}
    liver = by_id["quantec.liver.mean30_32"]
    assert (liver["limit"], liver["acceptable"], liver["dose_per_fraction_gy"]) == (30, 32, [1.8, 2.0])
    assert liver["fractions"] is None
    assert by_id["quantec.liver.sbrt.cv15_700"]["fractions"] == [3, 5]
    assert by_id["trial.liver.cv15_700"]["patients"]["child_pugh"] == ["B7"]


def test_text_leaves_unconfirmed_tables_out_and_says_so(project_root, every) -> None:
    finished = run("constraints", "list", root=project_root)
    *_, rules, last = finished.stdout.rstrip().splitlines()
    assert re.fullmatch(r"\d+ rules in 4 protocols: see them with --rules\.", rules)
    enabled = [row for row in every if row["enabled"]]
    assert last.startswith(f"{len(enabled)} rows in ")
    assert f"Another {len(every) - len(enabled)} rows" in last
    assert "--all" in last
    assert not any(row["id"] in finished.stdout for row in every if not row["enabled"])
    assert all(str(row["id"]) in finished.stdout for row in enabled)


def test_all_and_a_named_table_show_what_nothing_enables(project_root, every) -> None:
    finished = run("constraints", "list", "--all", root=project_root)
    assert all(str(row["id"]) in finished.stdout for row in every)
    named = run("constraints", "list", "--table", "unverified-utsw", root=project_root)
    assert "utsw.liver.cv700.1fx" in named.stdout
    assert "--rules" not in named.stdout
    assert listed("--enabled", "--table", "unverified-utsw", root=project_root) == []


def test_filters_pick_rows(project_root) -> None:
    every_liver = listed("--organ", "liver", root=project_root)
    assert {"quantec.liver.mean30_32", "tg101.liver.cv700.5fx"} <= set(every_liver)
    of_five = listed("--organ", "LIVER", "--fractions", "5", root=project_root)
    assert "tg101.liver.cv700.5fx" in of_five
    assert "tg101.liver.cv700.1fx" not in of_five
    assert "quantec.liver.mean30_32" in of_five  # it names a dose per fraction, and no number of them
    asked = listed("--organ", "liver", "--schedule", "5x8Gy", root=project_root)
    assert "quantec.liver.mean30_32" not in asked
    assert "tg101.liver.cv700.5fx" in asked
    assert "quantec.cord.dmax50" in listed("--role", "risk-point", root=project_root)
    assert all(row.startswith("tg101.") for row in listed("--table", "tg101", root=project_root))
    assert listed("--table", "tg101", "--status", "unverified", root=project_root) == []


def test_no_row_that_fits_is_said(project_root) -> None:
    finished = run("constraints", "list", "--organ", "gall bladder duct", root=project_root)
    assert (finished.returncode, finished.stdout) == (0, "No row fits.\n")


@pytest.mark.parametrize("width", [80, 100, 120])
def test_a_list_fits_its_terminal(project_root, width, capsys) -> None:
    from rich.console import Console

    from rtcheck.report.constraints import print_rows, rows_of

    print_rows(rows_of(all_tables()), Console(width=width, color_system=None))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert "unverified" in "\n".join(lines)  # by the legend, where a sign stands for it


def test_show_has_source_status_cases_and_the_rest_of_the_group(project_root) -> None:
    arguments = ("constraints", "show", "quantec.rectum.v50")
    text = " ".join(run(*arguments, root=project_root).stdout.split())
    for words in ("not read in the publication itself", "Marks LB", "quantec.rectum.v75", "pass → PASS", "V50Gy[%]"):
        assert words in text
    data = json.loads(run(*arguments, "--format", "json", root=project_root).stdout)
    assert set(data) >= KEYS
    assert "quantec.rectum.v75" in data["group_rows"]
    assert "quantec.rectum.v50" not in data["group_rows"]
    assert {key.split()[0] for key in data["cases"]} >= {"pass", "fail", "limit"}


def test_explain_is_text_and_data(project_root) -> None:
    arguments = ("constraints", "explain", "trial.liver.cv15_700")
    text = run(*arguments, root=project_root).stdout
    assert "Beware" in text
    assert "D700cc[Gy]" in text
    data = json.loads(run(*arguments, "-f", "json", root=project_root).stdout)
    assert data["table"] == "NCT06261047"
    assert data["explanation"]["PASS"] == "At least 700 cc."


def test_show_of_a_protocol_lists_its_rules(project_root) -> None:
    text = run("constraints", "show", "NCT06261047", root=project_root).stdout
    for words in (
        "p.bed10",
        "p.ptv.margin",
        "PTV is CTV with 2 to 5 mm",
        "eligibility",
        "variation acceptable",
        "quantec",
    ):
        assert words in text
    data = json.loads(run("constraints", "show", "NCT06261047", "-f", "json", root=project_root).stdout)
    assert [rule["id"] for rule in data["rules"]] == [rule.id for rule in load_protocol("NCT06261047").rules]
    assert "Dose rule    none" in run("constraints", "show", "NCT06841172", root=project_root).stdout


def test_rules_are_shown_and_explained(project_root) -> None:
    shown = " ".join(run("constraints", "show", "p.ptv.margin", root=project_root).stdout.split())
    assert "2 to 5 mm between CTV and PTV" in shown
    assert "NCT06261047.yaml, line" in shown
    data = json.loads(run("constraints", "show", "s3.dose", "-f", "json", root=project_root).stdout)
    assert (data["protocol"], data["asks"]["high_gy"]) == ("sorafenib-imrt", 60)
    told = json.loads(run("constraints", "explain", "p.sd", "-f", "json", root=project_root).stdout)
    assert told["explanation"]["Asks"] == "Duration of stable disease on systemic therapy: at least 3 months."
    assert "never taken for granted" in run("constraints", "explain", "p.sd", root=project_root).stdout
    assert "exactly 60 Gy passes" in run("constraints", "explain", "p.bed10", root=project_root).stdout
    data = json.loads(run("constraints", "show", "p.bed10", "-f", "json", root=project_root).stdout)
    assert (data["protocol"], data["at_least_gy"], data["may_be_reduced"]) == ("NCT06261047", 60, True)


def test_rules_are_listed_where_asked(project_root) -> None:
    every = json.loads(run("constraints", "list", "--rules", "-f", "json", root=project_root).stdout)
    assert [rule["id"] for rule in every] == [rule.id for one in protocol_ids() for rule in load_protocol(one).rules]
    text = run("constraints", "list", "--rules", "--table", "NCT06841172", root=project_root).stdout
    assert text.splitlines()[-1] == "8 rules in 1 protocol."
    assert "s1.early_pd" in text
    assert "p.sd" not in text
    assert "--rules goes with --table alone" in one_line(
        run("constraints", "list", "--rules", "--organ", "liver", root=project_root)
    )


def test_a_protocol_of_ones_own_is_linted_and_shown(project_root, tmp_path) -> None:
    readme = (data_folder() / "README.md").read_text(encoding="utf-8")
    text = next(one for one in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL) if "id: my-trial" in one)
    path = tmp_path / "my-trial.yaml"
    path.write_text(text, encoding="utf-8")
    finished = run("constraints", "lint", str(path), root=project_root)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith(f"OK: {path}, 6 rules, 0 rows of its own, tables: quantec, ")
    assert "my.motion" in run("constraints", "show", str(path), root=project_root).stdout
    shown = run("constraints", "explain", "my.ecog", "--table", str(path), root=project_root).stdout
    assert "ECOG performance status: at most 2." in shown
    path.write_text(text.replace('"<= 3 mm"', '"<= 3 cm"'), encoding="utf-8")
    (problem,) = run("constraints", "lint", str(path), root=project_root).stdout.splitlines()
    line = next(number for number, one in enumerate(text.splitlines(), 1) if '"<= 3 mm"' in one)
    column = text.splitlines()[line - 1].index('"<= 3 mm"') + 1
    assert problem == f"{path}:{line}:{column}: limit: '<= 3 cm': expected the unit 'mm', got 'cm'"


def test_lint_reads_tunings_and_case_sheets_too(project_root, tmp_path) -> None:
    tuning, sheet = tmp_path / "our-checks.yaml", tmp_path / "case.yaml"
    readme = (data_folder() / "README.md").read_text(encoding="utf-8")
    text = next(one for one in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL) if "thresholds:" in one)
    tuning.write_text(text, encoding="utf-8")
    sheet.write_text("schema: 1\nnames: {SpinalCord: RM_neu}\nlesions: []\n", encoding="utf-8")
    finished = run("constraints", "lint", str(tuning), str(sheet), "-f", "json", root=project_root)
    found = json.loads(finished.stdout)
    assert finished.returncode == 0, finished.stdout
    assert [(one["kind"], one["holds"]) for one in found] == [
        ("checks", "1 plan check off, 1 threshold changed"),
        ("case", "case sheet with 0 lesions"),
    ]
    tuning.write_text("schema: 1\nid: our-checks\ntitle: T\noff: [{id: Z9, because: x}]\n", encoding="utf-8")
    finished = run("constraints", "lint", str(tuning), root=project_root)
    assert finished.returncode == 3
    assert f"{tuning}:4:12: id: no plan check is called 'Z9'" in finished.stdout


def test_rows_of_own_tables_can_be_shown_and_explained(project_root, own) -> None:
    shown = run("constraints", "show", "mine.heart.d0_5cc.5fx", "--table", str(own), root=project_root)
    assert "Our physicists, 2025" in shown.stdout
    told = run("constraints", "explain", "tg101.liver.cv700.5fx", "--table", str(own), root=project_root)
    assert "we ask for more" in told.stdout
    assert "At least 800 cc" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "quantec.liver.mean30"), "did you mean 'quantec.liver.mean30_32'"),
        (("explain", "xyzzy"), "no row is called 'xyzzy'"),
        (("explain", "p.ptv.margn"), "did you mean 'p.ptv.margin'"),
        (("show", "NCT0626104"), "did you mean 'NCT06261047'"),
        (("list", "--table", "quantecc"), "did you mean 'quantec'"),
        (("list", "--fractions", "0"), "fractions"),
        (("list", "--schedule", "5y8Gy"), "character 2"),
        (("list", "--status", "sure"), "verified"),
        (("lint", "no-such-file.yaml"), "no-such-file.yaml"),
        (("diff", "quantec", "no-such-table"), "no-such-table"),
        (("schema", "plan"), "protocol"),
        (("schema", "table", "-o", "no-such-folder/x.json"), "existing folder"),
    ],
)
def test_a_usage_fault_is_one_line(project_root, arguments, words) -> None:
    assert words in one_line(run("constraints", *arguments, root=project_root))


def test_lint_of_a_good_table_says_what_it_holds(project_root, own) -> None:
    finished = run("constraints", "lint", str(own), root=project_root)
    count = len(next(table for table in all_tables() if table.id == "tg101").constraints)
    held = f"{count} rows ({count - 1} taken over from tg101, 1 changed, 1 off)"
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.splitlines()[-1] == f"OK: {own}, {held}"


def test_lint_counts_the_changes_of_the_table_and_not_those_of_the_one_it_extends(project_root, own, tmp_path) -> None:
    ward = tmp_path / "ward.yaml"
    text = f'schema: 1\nid: ward\ntitle: Ward\nversion: "1"\nextends: {own.name}\noff: [{{id: tg101.liver.cv700.5fx, '
    ward.write_text(text + "because: ours}]\n", encoding="utf-8")
    finished = run("constraints", "lint", str(ward), root=project_root)
    count = len(next(table for table in all_tables() if table.id == "tg101").constraints) - 1
    held = f"{count} rows ({count} taken over from {own.stem} and tg101, 0 changed, 1 off)"
    assert finished.stdout.splitlines()[-1] == f"OK: {ward}, {held}"


def test_lint_refuses_a_table_that_has_the_name_of_another(project_root, own) -> None:
    renamed = own.rename(own.with_name("tg101.yaml"))
    finished = run("constraints", "lint", str(renamed), root=project_root)
    assert finished.returncode == 3
    message = f"{renamed}:2:5: id: '{own.stem}' isn't the name of the file, tg101.yaml; write 'id: tg101', or call the"
    assert finished.stdout.startswith(message)
    renamed.write_text(
        renamed.read_text(encoding="utf-8").replace(f"id: {own.stem}\n", "id: tg101\n", 1), encoding="utf-8"
    )
    finished = run("constraints", "lint", str(renamed), root=project_root)
    assert "id: 'tg101' is the id of a table that this one extends" in finished.stdout


def test_lint_finds_every_problem_by_line_and_column(project_root, own) -> None:
    text = OWN.replace('"< 29 Gy"', '"< 29 cc"').replace("tg101.skin.max.1fx", "tg101.skin.max.1")
    own.write_text(text, encoding="utf-8")
    finished = run("constraints", "lint", str(own), root=project_root)
    assert (finished.returncode, finished.stderr) == (3, "")
    assert finished.stdout.splitlines() == [
        f"{own}:9:10: id: the tables that this one extends have no row 'tg101.skin.max.1'; did you mean "
        "'tg101.skin.max.1fx'?",
        f"{own}:15:12: limit: the limit is in cc, D0.5cc[Gy] answers in Gy; give the limit in Gy",
    ]
    (data,) = json.loads(run("constraints", "lint", str(own), "-f", "json", root=project_root).stdout)
    assert (data["kind"], data["ok"], data["holds"]) == ("table", False, None)
    assert [(one["level"], one["line"], one["column"]) for one in data["remarks"]] == [
        ("problem", 9, 10),
        ("problem", 15, 12),
    ]


def test_one_broken_file_of_several_is_enough(project_root, own, tmp_path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("schema: 1\nrows: [\n", encoding="utf-8")
    finished = run("constraints", "lint", str(own), str(broken), root=project_root)
    assert finished.returncode == 3
    assert f"OK: {own}" in finished.stdout
    assert f"{broken}:" in finished.stdout


def test_what_only_looks_wrong_is_a_warning(project_root, own) -> None:
    text = OWN.replace("roi: Heart", "roi: Haert - GTV* - 'Our ring'").replace("status: single", "status: unverified")
    own.write_text(text, encoding="utf-8")
    finished = run("constraints", "lint", str(own), root=project_root)
    assert finished.returncode == 0
    assert f"{own}:13:10: warning: ROI 'Haert' is no TG-263 name and no synonym of one; did you mean" in finished.stdout
    assert f"{own}:18:13: warning: mine.heart.d0_5cc.5fx is unverified and will be judged" in finished.stdout
    assert finished.stdout.count("warning: ") == 2
    assert finished.stdout.rstrip().endswith("2 warnings")
    own.write_text(text.replace("schema: 1", "schema: 1\nenabled: false"), encoding="utf-8")
    assert "will be judged" not in run("constraints", "lint", str(own), root=project_root).stdout


def test_names_that_a_clinic_adds_are_no_warning(project_root, own, tmp_path) -> None:
    own.write_text(OWN.replace("roi: Heart", "roi: Pumpe"), encoding="utf-8")
    names = tmp_path / "names-of-mine.yaml"
    names.write_text("schema: 1\nnames:\n  Heart: {de: [Pumpe]}\n", encoding="utf-8")
    assert "'Pumpe'" in run("constraints", "lint", str(own), root=project_root).stdout
    assert "'Pumpe'" not in run("constraints", "lint", str(own), "--names", str(names), root=project_root).stdout
    assert "OK: " in run("constraints", "lint", str(names), root=project_root).stdout


def test_another_number_of_a_shipped_table_is_a_note(project_root, own) -> None:
    row = OWN.replace("mine.heart.d0_5cc.5fx", "mine.cord").replace("Heart", "SpinalCord")
    own.write_text(row.replace("D0.5cc[Gy]", "D0.035cc[Gy]").replace("extends: [tg101]\n", ""), encoding="utf-8")
    text = "\n".join(line for line in own.read_text(encoding="utf-8").splitlines() if "tg101" not in line)
    own.write_text(text.replace("override:\n", "").replace("off:\n", ""), encoding="utf-8")
    finished = run("constraints", "lint", str(own), root=project_root)
    assert finished.returncode == 0, finished.stdout
    assert (
        "note: mine.cord asks D0.035cc[Gy] < 29 Gy; for the same organ and schedule: tg101 <= 30 Gy" in finished.stdout
    )
    assert "warning" not in finished.stdout


def test_cases_beside_a_table_are_asked(project_root, own) -> None:
    cases = own.with_name("mine.cases.yaml")
    head = "schema: 1\ntable: mine\ncases:\n  mine.heart.d0_5cc.5fx:\n"
    cases.write_text(
        f'{head}    pass: "0.4 cc at 30 Gy; 600 cc at 5 Gy"\n    fail: "0.6 cc at 28 Gy; 600 cc at 5 Gy"\n',
        encoding="utf-8",
    )
    finished = run("constraints", "lint", str(own), root=project_root)
    assert finished.returncode == 3
    assert f"{cases}:6:11: mine.heart.d0_5cc.5fx: expected FAIL, got PASS" in finished.stdout
    assert "warning: mine.heart.d0_5cc.5fx: mine.cases.yaml has no case for limit" in finished.stdout
    assert run("constraints", "lint", str(cases), root=project_root).returncode == 3


def test_every_shipped_file_is_clean(project_root) -> None:
    files = [str(path) for path in sorted(data_folder().rglob("*.yaml"))]
    finished = run("constraints", "lint", *files, "-f", "json", root=project_root)
    found = json.loads(finished.stdout)
    assert finished.returncode == 0, [
        remark for one in found for remark in one["remarks"] if remark["level"] == "problem"
    ]
    assert {one["kind"] for one in found} == {"table", "cases", "protocol", "site", "names", "radiobiology"}


def test_a_file_of_no_known_kind_says_which_there_are(project_root, tmp_path) -> None:
    path = tmp_path / "what.yaml"
    path.write_text("schema: 1\nid: what\n", encoding="utf-8")
    finished = run("constraints", "lint", str(path), root=project_root)
    assert finished.returncode == 3
    assert finished.stdout.startswith(f"{path}:1:1: no key tells what kind of file it is")


def test_diff_tells_changed_added_and_removed_rows(project_root, own) -> None:
    arguments = ("constraints", "diff", "tg101", str(own))
    text = run(*arguments, root=project_root).stdout
    assert "1 changed, 1 added, 1 removed" in text
    assert "limit: >= 700 cc → >= 800 cc" in text
    assert "+ mine.heart.d0_5cc.5fx" in text
    assert "- tg101.skin.max.1fx" in text
    finished = run(*arguments, "-f", "json", root=project_root)
    data = json.loads(finished.stdout)
    assert finished.returncode == 0
    assert [row["id"] for row in data["added"]] == ["mine.heart.d0_5cc.5fx"]
    assert [row["id"] for row in data["removed"]] == ["tg101.skin.max.1fx"]
    (changed,) = data["changed"]
    assert changed["id"] == "tg101.liver.cv700.5fx"
    assert {"key": "limit", "from": ">= 700 cc", "to": ">= 800 cc"} in changed["changes"]


def test_a_table_is_the_same_as_itself(project_root) -> None:
    data = json.loads(run("constraints", "diff", "tg101", "tg101", "-f", "json", root=project_root).stdout)
    assert (data["added"], data["removed"], data["changed"]) == ([], [], [])
    assert data["same"] > 100


@pytest.mark.parametrize("kind", ["table", "protocol", "site", "cases", "names"])
def test_schemas_are_printed_and_written(project_root, tmp_path, kind) -> None:
    printed = run("constraints", "schema", kind, root=project_root).stdout
    out = tmp_path / f"{kind}.json"
    assert run("constraints", "schema", kind, "-o", str(out), root=project_root).stdout == ""
    assert out.read_text(encoding="utf-8") == printed
    assert json.loads(printed)["$schema"].startswith("https://json-schema.org/")


def check(*arguments: str, root: Path) -> dict[str, object]:
    finished = run("check", SBRT, *arguments, "-f", "json", root=root)
    assert finished.returncode in (0, 1, 2), finished.stderr
    document: dict[str, object] = json.loads(finished.stdout)
    return document


def tables_of(document: dict[str, object]) -> list[str]:
    return [table["id"] for table in document["provenance"]["tables"]]


def test_tables_alone_are_asked_without_a_protocol_and_with_a_site(project_root, own) -> None:
    document = check("--table", str(own), "--site", "liver", "--scores", root=project_root)
    assert tables_of(document) == ["mine"]
    rows = {finding["source"]["row"]: finding for finding in document["findings"]}
    assert rows["mine.heart.d0_5cc.5fx"]["verdict"] == "PASS"
    assert rows["tg101.liver.cv700.5fx"]["limit"] == ">= 800 cc"
    assert "bed" not in {finding["check"] for finding in document["findings"]}
    assert document["provenance"]["site"]["id"] == "liver"
    required = {finding["subject"] for finding in document["findings"] if finding["check"] == "required-roi"}
    assert {"Liver", "SpinalCord"} <= required
    assert 0.5 < document["plan_score"] < 1


def test_tables_beside_a_protocol_are_added(project_root) -> None:
    document = check("--protocol", "NCT06261047", "--table", "hytec", root=project_root)
    assert {"quantec", "hytec"} <= set(tables_of(document))
    assert "bed" in {finding["check"] for finding in document["findings"]}
    assert "plan_score" not in document


def test_conventional_limits_are_converted_where_asked(project_root) -> None:
    document = check("--table", "quantec", "--convert", "eqd2", root=project_root)
    assert document["provenance"]["converted_to_eqd2"] is True
    assert any(finding["basis"].startswith("EQD2") for finding in document["findings"])


def test_a_report_in_words_ends_with_the_score_where_asked(project_root, tmp_path) -> None:
    out = tmp_path / "report.txt"
    printed = run("check", SBRT, "--table", "tg101", "--scores", "-o", str(out), root=project_root).stdout
    assert re.search(r"^Score [01]\.\d\d, the mean of \d+ limits", printed, re.MULTILINE)
    assert out.read_text(encoding="utf-8").splitlines()[-1] == printed.splitlines()[-1]


def test_a_person_says_which_roi_an_organ_is(project_root) -> None:
    document = check("--table", "hytec", "--name", "Brain=Esophagus", root=project_root)
    asked = [finding for finding in document["findings"] if finding["subject"] == "Brain" and finding["rois"]]
    assert asked
    assert all(finding["rois"] == ["Esophagus"] for finding in asked)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--name", "RM_neu"), 'expected an organ, "=" and the name of an ROI'),
        (("--name", "SpinalCord=A", "--name", "SpinalCord=B"), "twice"),
        (("--name", "Spinnalcord=A"), "SpinalCord"),
        (("--names", "no-such-names.yaml"), "no-such-names.yaml"),
        (("--table", "no-such-table"), "no-such-table"),
        (("--site", "no-such-site"), "no-such-site"),
        (("--convert", "bed"), "eqd2"),
    ],
)
def test_a_fault_in_what_is_asked_is_one_line(project_root, arguments, words) -> None:
    assert words in one_line(run("check", SBRT, *arguments, root=project_root))


@pytest.fixture(scope="module")
def readme(project_root: Path) -> str:
    return (project_root / "README.md").read_text(encoding="utf-8")


def test_the_example_of_the_readme_is_what_lint_says_it_is(readme, tmp_path) -> None:
    example = next(text for text in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL) if "extends:" in text)
    (tmp_path / "my-clinic.yaml").write_text(example, encoding="utf-8")
    finished = run("constraints", "lint", "my-clinic.yaml", root=tmp_path)
    assert finished.returncode == 0, finished.stdout
    (said,) = (line for line in finished.stdout.splitlines() if line.startswith("OK: "))
    assert said in readme
    broken = example.replace('"< 29 Gy"', '"< 29 cc"')
    assert broken != example
    (tmp_path / "my-clinic.yaml").write_text(broken, encoding="utf-8")
    (message,) = run("constraints", "lint", "my-clinic.yaml", root=tmp_path).stdout.splitlines()
    assert message in readme


def test_the_commands_of_the_readme_work(readme, project_root, tmp_path) -> None:
    commands = re.findall(r"^rtcheck (constraints .*?)(?:\s+#.*)?$", readme, re.MULTILINE)
    example = next(text for text in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL) if "extends:" in text)
    (tmp_path / "my-clinic.yaml").write_text(example, encoding="utf-8")
    assert len(commands) >= 5
    for command in commands:
        arguments = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', command)]
        finished = run(*arguments, root=tmp_path)
        assert (finished.returncode, finished.stderr) == (0, ""), command
