"""``rtcheck case`` as people use it: write a case sheet, look for what is wrong in it, read it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rtcheck.tables import read_sheet
from tests.commands import Finished, run

SBRT = "sample_plans/hcc-sbrt-5fx"
SHEET = """\
schema: 1
subject: SITE01-001
protocol: NCT06261047
patient: {child_pugh: A5, ecog: 1}
dates: {planning_ct: 2024-01-15, last_radiotherapy: never}
lesions:
  - {name: L1, organ: liver, kind: primary, measurable: yes, ptv: PTV}
attestations:
  - {key: simulation, answer: yes, name: A.B., role: physicist, date: 2024-01-15, remark: CT}
sign_offs:
  - {of: contours, role: radiation-oncologist, name: C.D., date: 2024-01-20, decision: approved}
"""


def one_line(finished: Finished) -> str:
    """The one line of an expected fault; nothing on stdout."""
    assert (finished.returncode, finished.stdout) == (3, ""), finished.stderr
    (line,) = finished.stderr.splitlines()
    return line


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "case.yaml"
    path.write_text(SHEET, encoding="utf-8")
    return path


@pytest.fixture
def patient(tmp_path: Path, sample_plans: Path) -> Path:
    """A patient's folder without its images, which are many."""
    folder = tmp_path / "patient"
    folder.mkdir()
    for file in sorted((sample_plans / "hcc-sbrt-5fx").glob("RT*.dcm")):
        shutil.copy(file, folder)
    return folder


def test_a_new_sheet_lies_where_it_is_found_and_isnt_written_over(patient) -> None:
    finished = run("case", "new", str(patient), root=patient.parent)
    written = patient / "case.yaml"
    assert (finished.returncode, finished.stdout) == (0, f"{written}\n"), finished.stderr
    assert read_sheet(written).protocol == "NCT06261047"
    assert 'ptv: "PTV"' in written.read_text(encoding="utf-8")
    assert "\r" not in written.read_bytes().decode()
    before = written.read_bytes()
    for arguments in ((), ("-o", str(written))):
        assert "is there already" in one_line(run("case", "new", str(patient), *arguments, root=patient.parent))
    assert written.read_bytes() == before
    written.rename(patient / "case.json")
    message = one_line(run("case", "new", str(patient), root=patient.parent))
    assert message == f"rtcheck: {patient / 'case.json'} is a case sheet already; name another file with -o"


def test_of_several_files_it_is_written_here_for_another_protocol(patient) -> None:
    here = patient.parent
    files = [str(file) for file in sorted(patient.iterdir())]
    finished = run("case", "new", *files, "--protocol", "sorafenib-imrt", root=here)
    assert (finished.returncode, finished.stdout) == (0, "case.yaml\n"), finished.stderr
    assert read_sheet(here / "case.yaml").protocol == "sorafenib-imrt"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("new", "no-such-folder"), "no-such-folder"),
        (("new", SBRT, "--protocol", "no-such-trial", "-o", "x.yaml"), "no protocol is called 'no-such-trial'"),
        (("lint", "no-such-file.yaml"), "no-such-file.yaml"),
        (("show", "no-such-file.yaml"), "no-such-file.yaml"),
    ],
)
def test_a_usage_fault_is_one_line(project_root, arguments, words) -> None:
    assert words in one_line(run("case", *arguments, root=project_root))


def test_a_file_in_no_folder_is_refused(patient) -> None:
    out = str(patient / "nowhere" / "case.yaml")
    assert one_line(run("case", "new", str(patient), "-o", out, root=patient)).endswith(
        "name a file in an existing folder"
    )


def test_lint_says_what_the_protocol_asks_for_besides(sheet) -> None:
    finished = run("case", "lint", str(sheet), root=sheet.parent)
    assert (finished.returncode, finished.stderr) == (0, "")
    note, said = finished.stdout.splitlines()
    assert note.startswith(f"{sheet}:1:1: note: NCT06261047 asks for what isn't declared: ")
    for words in (
        "stable_disease (p.sd)",
        "radiotherapy_start (p.prior_rt)",
        "sign-offs of the plan (p.qa.plan_roles)",
    ):
        assert words in note
    for declared in ("ecog", "lesions", "last_radiotherapy", "measurable", "simulation", "contours", "vertebral-ctv"):
        assert f"{declared} (" not in note
    assert said == f"OK: {sheet}, case sheet with 1 lesion, 1 attestation, 1 sign-off"


def test_lint_finds_every_problem_by_line_and_column(sheet) -> None:
    sheet.write_text(SHEET.replace("A5", "A55").replace("liver", "___"), encoding="utf-8")
    finished = run("case", "lint", str(sheet), root=sheet.parent)
    assert (finished.returncode, finished.stderr) == (3, "")
    assert [line.removeprefix(f"{sheet}:").split(": ")[0] for line in finished.stdout.splitlines()] == ["4:23", "7:23"]
    (data,) = json.loads(run("case", "lint", str(sheet), "-f", "json", root=sheet.parent).stdout)
    assert (data["kind"], data["ok"]) == ("case", False)


def test_lint_takes_every_file_for_a_sheet(sheet) -> None:
    sheet.write_text("schema: 1\nrows: []\n", encoding="utf-8")
    assert "unknown key 'rows'" in run("case", "lint", str(sheet), root=sheet.parent).stdout
    sheet.write_text("schema: 1\nnotes: Nothing.\n", encoding="utf-8")
    finished = run("case", "lint", str(sheet), root=sheet.parent)
    assert finished.returncode == 0
    assert "no protocol is named" in finished.stdout
    assert "case sheet with no list of lesions" in finished.stdout


def test_lint_warns_of_what_may_be_meant_and_often_isnt(sheet) -> None:
    second = "  - {name: L2, organ: lung, kind: metastasis, ptv: PTV, reduced: {reason: near, organ: Heart}}\n"
    text = SHEET.replace("attestations:", f"{second}names: {{Livver: L}}\nattestations:")
    sheet.write_text(text.replace("NCT06261047", "NCT06841172"), encoding="utf-8")
    finished = run("case", "lint", str(sheet), root=sheet.parent)
    assert finished.returncode == 0
    first, second, third, note, ok = finished.stdout.splitlines()
    assert [first, second] == [
        f"{sheet}:8:52: warning: ptv: 'PTV' is that of L1, too; each lesion has its own, unless they are drawn as one",
        f"{sheet}:8:66: warning: L2 is reduced, and NCT06841172 knows of no reduction",
    ]
    assert third.startswith(
        f"{sheet}:9:17: warning: organ 'Livver' is no TG-263 name and no synonym of one; did you mean"
    )
    assert "note: NCT06841172 asks for" in note
    assert ok.endswith("3 warnings")
    sheet.write_text(SHEET.replace("NCT06261047", "NCT0626104"), encoding="utf-8")
    assert (
        f"{sheet}:3:11: warning: no protocol is called 'NCT0626104' (shipped: "
        in run("case", "lint", str(sheet), root=sheet.parent).stdout
    )


def test_a_protocol_beside_the_sheet_is_found(sheet, tmp_path) -> None:
    (tmp_path / "ours.yaml").write_text('schema: 1\nid: ours\ntitle: Ours\nversion: "1"\n', encoding="utf-8")
    sheet.write_text(SHEET.replace("NCT06261047", "ours.yaml"), encoding="utf-8")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    finished = run("case", "lint", str(sheet), root=elsewhere)
    assert finished.stdout == f"OK: {sheet}, case sheet with 1 lesion, 1 attestation, 1 sign-off\n"
    assert "Asked for" not in run("case", "show", str(sheet), root=elsewhere).stdout


def test_show_says_what_is_declared_and_what_isnt(sheet) -> None:
    text = run("case", "show", str(sheet), root=sheet.parent).stdout
    declared, _, missing = text.partition("Asked for and not declared")
    for words in (
        "SITE01-001",
        "A5",
        "last_radiotherapy",
        "never",
        "organ liver",
        "measurable yes",
        "simulation",
        "C.D.",
    ):
        assert words in declared
    assert "p.sd" in missing
    assert "p.ecog" not in missing
    data = json.loads(run("case", "show", str(sheet), "-f", "json", root=sheet.parent).stdout)
    assert data["declared"]["patient"] == {"child_pugh": "A5", "ecog": 1}
    assert data["undeclared"]["stable_disease"] == "p.sd"
    assert len(data["sha256"]) == 64
    other = json.loads(
        run("case", "show", str(sheet), "--protocol", "sorafenib-imrt", "-f", "json", root=sheet.parent).stdout
    )
    assert other["undeclared"] == {}
