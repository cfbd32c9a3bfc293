"""``rtcheck signoff``: decisions on these very files, in rounds, and what a check makes of them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from rtcheck import Finding, Verdict, check
from rtcheck.case import Case
from rtcheck.compliance.people import approval_findings
from rtcheck.record import RECORD_NAME, Record, signed_objects
from rtcheck.rules import Approval
from rtcheck.sheet import CaseSheet, Decision, Role, SignOff, Subject
from rtcheck.tables import load_protocol
from tests.commands import Finished, run
from tests.dicom import conftest as make
from tests.plan_checks.samples import SAMPLES, changed, sample

ONCOLOGIST = ("--role", "radiation-oncologist")
CONTOURS = ("--of", "contours", *ONCOLOGIST)
DAY = ("--date", "2024-01-18")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small patient with a case sheet."""
    made = tmp_path / "patient"
    made.mkdir()
    for name, content in make.case():
        (made / name.replace("structures", "RTSTRUCT")).write_bytes(content)
    (made / "case.yaml").write_text("schema: 1\nsubject: SITE01-001\n", encoding="utf-8")
    return made


@pytest.fixture
def sample_folder(tmp_path: Path) -> Path:
    """A sample without its CT, whose sheet has no approval of the contours."""
    made = tmp_path / "sample"
    made.mkdir()
    for name in ("RTPLAN.dcm", "RTDOSE.dcm", "RTSTRUCT.dcm"):
        shutil.copy(SAMPLES / "hcc-sbrt-5fx" / name, made)
    text = (SAMPLES / "hcc-sbrt-5fx" / "case.yaml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "{of: contours" not in line]
    (made / "case.yaml").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return made


def signoff(folder: Path, *arguments: str) -> Finished:
    return run("signoff", *arguments, root=folder)


def signed(folder: Path, name: str, *arguments: str, code: int = 0) -> Finished:
    """A decision on the contours."""
    finished = signoff(folder, "add", ".", *CONTOURS, "--name", name, *DAY, *arguments)
    assert finished.returncode == code, finished.stderr
    return finished


def changed_contours(folder: Path) -> None:
    def change(dataset: Dataset) -> None:
        dataset.StructureSetLabel = "second round"

    path = folder / "RTSTRUCT.dcm"
    path.write_bytes(changed(path.read_bytes(), change))


def two_oncologists(folder: Path) -> Finding:
    """What a whole check says of the rule that two radiation oncologists approve the contours."""
    (found,) = [one for one in check(folder).findings if one.source.row == "p.qa.two_ro"]
    return found


def tampered(folder: Path, statement: str = "UPDATE sign_offs SET content = replace(content, 'A.B.', 'X.Y.')") -> None:
    connection = sqlite3.connect(folder / RECORD_NAME)
    connection.execute("DROP TRIGGER sign_offs_no_update")
    connection.execute("DROP TRIGGER sign_offs_no_delete")
    connection.execute(statement)
    connection.commit()
    connection.close()


def one_line(finished: Finished) -> str:
    assert finished.returncode == 3
    assert finished.stderr.count("\n") == 1
    return finished.stderr


# The commands


def test_a_decision_is_written_beside_the_case_and_shown(folder: Path) -> None:
    added = signed(folder, "A.B.", "--remark", "GTV by [bold]MRI[/]")
    assert added.stdout == "SITE01-001: round 1, contours approved by A.B. (radiation-oncologist)\n"
    (entry,) = Record(folder / RECORD_NAME).entries()
    assert (entry.subject, entry.role, entry.decision) == (
        Subject.CONTOURS,
        Role.RADIATION_ONCOLOGIST,
        Decision.APPROVED,
    )
    assert (entry.date, entry.case, entry.record in added.stderr) == (date(2024, 1, 18), "SITE01-001", True)
    shown = signoff(folder, "show", ".")
    assert shown.returncode == 0
    assert "[bold]MRI[/]" in shown.stdout and "yes" in shown.stdout
    data = json.loads(signoff(folder, "show", ".", "--format", "json").stdout)
    assert data["problems"] == []
    assert data["entries"][0]["record"] == entry.record
    assert signoff(folder, "verify", RECORD_NAME).stdout == "OK: 1 entry of 1 case, unchanged\n"


def test_without_a_date_it_is_today(folder: Path) -> None:
    before = datetime.now(UTC).date()
    assert signoff(folder, "add", ".", *CONTOURS, "--name", "A.B.").returncode == 0
    assert before <= Record(folder / RECORD_NAME).entries()[0].date <= datetime.now(UTC).date()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--date", "18.1.2024"), "expected a day such as 2025-03-20"),
        (("--decision", "rejected"), "needs a --remark that says why"),
        (("--decision", "conditional", "--remark", " "), "needs a --remark that says why"),
        (("--name", " "), "needs a case and a name"),
        (("--role", "physician"), "physician"),
        (("--round", "0"), "greater than or equal to 1"),
        (("--record", "nowhere/record.sqlite"), "can't be written to"),
        (("--record", "nosuch://x"), "no database"),
    ],
)
def test_what_makes_no_decision_is_refused_and_leaves_no_record(
    folder: Path, arguments: tuple[str, ...], words: str
) -> None:
    finished = signoff(folder, "add", ".", *CONTOURS, "--name", "A.B.", *arguments)
    assert finished.returncode == 3
    assert words in finished.stderr
    assert not (folder / RECORD_NAME).exists()


def test_where_files_lie_in_no_folder_the_record_is_named(folder: Path) -> None:
    files = [str(path) for path in sorted(folder.iterdir())]
    assert "name the record with --record" in one_line(signoff(folder, "add", *files, *CONTOURS, "--name", "A.B."))
    assert "name the record with --record" in one_line(signoff(folder, "show", *files))
    named = ("--record", str(folder.parent / "all.sqlite"))
    assert signoff(folder, "add", *files, *CONTOURS, "--name", "A.B.", *named).returncode == 0
    assert "A.B." in signoff(folder, "show", *files, *named).stdout


def test_a_record_that_isnt_there_is_no_good_one(folder: Path) -> None:
    assert "no sign-off is there" in one_line(signoff(folder, "verify", "nowhere.sqlite"))
    assert not (folder / "nowhere.sqlite").exists()


def test_a_record_that_was_tampered_with_shows_and_stops_a_check(folder: Path) -> None:
    signed(folder, "A.B.")
    signed(folder, "C.D.")
    tampered(folder)
    for finished in (signoff(folder, "show", "."), signoff(folder, "verify", RECORD_NAME)):
        assert finished.returncode == 1
        assert "entry 1 (contours, radiation-oncologist, X.Y., 2024-01-18) was changed" in " ".join(
            finished.stdout.split()
        )
    assert "the record was tampered with" in one_line(run("check", ".", root=folder))
    assert "tampered with" in one_line(signoff(folder, "add", ".", *CONTOURS, "--name", "E.F."))


def test_an_entry_that_was_cut_out_stops_a_check(folder: Path) -> None:
    for name in ("A.B.", "C.D."):
        signed(folder, name)
    tampered(folder, "DELETE FROM sign_offs WHERE number = 1")
    assert "doesn't follow the entry before it" in one_line(run("check", ".", root=folder))


def test_a_rejection_that_was_moved_out_of_its_case_shows_and_stops_a_check(folder: Path) -> None:
    signed(folder, "A.B.")
    signed(folder, "X.Y.", "--decision", "rejected", "--remark", "GTV")
    tampered(folder, "UPDATE sign_offs SET \"case\" = 'Z' WHERE number = 2")
    for finished in (signoff(folder, "show", "."), signoff(folder, "verify", RECORD_NAME)):
        assert finished.returncode == 1
        said = " ".join(finished.stdout.split())
        assert "row 2 (SITE01-001, contours rejected, X.Y., 2024-01-18) was changed after it was written" in said
    assert "rejected" in signoff(folder, "show", ".").stdout
    assert "the record was tampered with: row 2" in one_line(run("check", ".", root=folder))
    assert "tampered with" in one_line(signoff(folder, "add", ".", *CONTOURS, "--name", "E.F."))


def test_a_record_whose_entries_were_all_taken_out_is_no_empty_one(folder: Path) -> None:
    signed(folder, "A.B.")
    tampered(folder, "DELETE FROM sign_offs")
    finished = signoff(folder, "verify", RECORD_NAME)
    assert (finished.returncode, "1 were written" in " ".join(finished.stdout.split())) == (1, True)
    assert "the record was tampered with" in one_line(run("check", ".", root=folder))


# Rounds


@pytest.mark.slow
def test_a_changed_structure_set_begins_a_new_round_in_which_both_sign_again(sample_folder: Path) -> None:
    signed(sample_folder, "A.B.")
    signed(sample_folder, "C.D.")
    assert two_oncologists(sample_folder).verdict is Verdict.PASS
    changed_contours(sample_folder)
    after = two_oncologists(sample_folder)
    assert (after.verdict, after.reason) == (Verdict.NOT_EVALUATED, "not-approved")
    assert "signed for other files" in after.message
    assert signoff(sample_folder, "show", ".").stdout.count("NO: other") == 2
    assert "round 2" in signed(sample_folder, "A.B.").stdout
    assert "round 2" in signed(sample_folder, "C.D.").stdout
    assert two_oncologists(sample_folder).verdict is Verdict.PASS
    assert [one.round for one in Record(sample_folder / RECORD_NAME).entries()] == [1, 1, 2, 2]


def test_a_plan_is_signed_with_its_structure_set_and_dose(folder: Path) -> None:
    plan = ("add", ".", "--of", "plan", "--role", "physicist", "--name", "G.H.", *DAY)
    signed(folder, "A.B.")
    assert "round 1" in signoff(folder, *plan).stdout
    changed_contours(folder)
    assert "round 2" in signoff(folder, *plan).stdout
    assert "round 2" in signed(folder, "A.B.").stdout
    first, _, second, _ = (len(one.objects) for one in Record(folder / RECORD_NAME).entries())
    assert (first, second) == (1, 3)


def test_a_round_may_be_named(folder: Path) -> None:
    assert "round 7" in signed(folder, "A.B.", "--round", "7").stdout
    assert "round 7" in signed(folder, "C.D.").stdout


# What a check makes of them, by the rule alone


Told = tuple[str, Decision, int]


@pytest.fixture(scope="module")
def rule() -> Approval:
    (found,) = [one for one in load_protocol("NCT06261047").rules if one.id == "p.qa.two_ro"]
    assert isinstance(found, Approval)
    return found


@pytest.fixture
def verdict_of(tmp_path: Path, rule: Approval) -> Callable[..., Verdict]:
    """The verdict on decisions of the sheet and of the record: who, what, and on which day of January."""
    study = sample()
    objects = signed_objects(study, Subject.CONTOURS)

    def entry(name: str, decision: Decision = Decision.APPROVED, day: int = 18) -> SignOff:
        return SignOff(
            Subject.CONTOURS, Role.RADIATION_ONCOLOGIST, name, date(2024, 1, day), decision, "why", case="S-1"
        )

    def verdict(recorded: Sequence[Told | str], on_paper: Sequence[str] = ()) -> Verdict:
        record = Record(tmp_path / RECORD_NAME)
        for one in recorded:
            made = entry(one) if isinstance(one, str) else entry(*one)
            record.append(replace(made, objects=objects))
        own = tuple(replace(entry(name), case="") for name in on_paper)
        sheet = CaseSheet(subject="S-1", sign_offs=(*own, *record.entries("S-1")))
        (found,) = approval_findings(Case(study, sheet=sheet), rule)
        return found.verdict

    return verdict


@pytest.mark.parametrize(
    ("recorded", "on_paper", "verdict"),
    [
        (["A. B."], ["A.B."], Verdict.NOT_EVALUATED),
        (["Anna Berg", "AB"], ["A.B."], Verdict.NOT_EVALUATED),
        (["C.D."], ["A.B."], Verdict.PASS),
        (["A.B.", "C.D."], ["A.B.", "C.D."], Verdict.PASS),
    ],
)
def test_one_person_in_sheet_and_record_counts_once(
    verdict_of: Callable[..., Verdict], recorded: list[str], on_paper: list[str], verdict: Verdict
) -> None:
    assert verdict_of(recorded, on_paper) is verdict


@pytest.mark.parametrize(
    ("later", "verdict"),
    [
        (("A.B.", Decision.WITHDRAWN, 18), Verdict.NOT_EVALUATED),
        (("A.B.", Decision.CONDITIONAL, 19), Verdict.NOT_EVALUATED),
        (("A.B.", Decision.REJECTED, 18), Verdict.FAIL),
        (("E.F.", Decision.REJECTED, 18), Verdict.FAIL),
        (("A.B.", Decision.APPROVED, 19), Verdict.PASS),
    ],
)
def test_of_contradictory_decisions_the_worse_counts(
    verdict_of: Callable[..., Verdict], later: Told, verdict: Verdict
) -> None:
    assert verdict_of(["A.B.", "C.D.", later]) is verdict


def test_a_rejection_stands_until_the_same_person_decides_anew(verdict_of: Callable[..., Verdict]) -> None:
    assert verdict_of([("A.B.", Decision.REJECTED, 18), "C.D.", "E.F."]) is Verdict.FAIL
    assert verdict_of([("A.B.", Decision.APPROVED, 19)]) is Verdict.PASS


def test_a_record_is_verified_by_its_folder_too(tmp_path: Path) -> None:
    Record(tmp_path / RECORD_NAME).append(
        SignOff(Subject.PLAN, Role.PHYSICIST, "A.B.", date(2024, 1, 18), Decision.APPROVED, case="C-1")
    )
    by_folder, by_file = (
        run("signoff", "verify", str(one), root=tmp_path) for one in (tmp_path, tmp_path / RECORD_NAME)
    )
    assert (by_folder.returncode, by_folder.stdout) == (by_file.returncode, by_file.stdout)
    assert by_folder.stdout.startswith("OK: 1 entry of 1 case")
