"""Reports recomputed and compared: whatever was changed shows, by name, and what may be otherwise does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rtcheck
from rtcheck.case import Case
from rtcheck.errors import InputError, UsageError
from rtcheck.pipeline import asked_protocol
from rtcheck.protocol import Evaluation
from rtcheck.record import RECORD_NAME, Record, signed_objects
from rtcheck.report import check_document, serialised
from rtcheck.report.data import with_digest
from rtcheck.sheet import NOTHING_DECLARED, Decision, Role, SignOff, Subject
from rtcheck.tables import load_protocol, read_tuning, tables_alone
from rtcheck.verification import Arguments, Difference, Given, Verification, compared, given_files, read_report, verify
from tests.commands import run
from tests.plan_checks.samples import changed, files, sample

TIME = datetime(2025, 3, 20, 12, tzinfo=UTC)
HEAD = 'schema: 1\nid: {}\ntitle: Ours\nversion: "1"\n'
ROW = """\
  - id: {}
    organ: {}
    roi: {}
    metric: "Mean[Gy]"
    limit: "< 30 Gy"
    regimen: {{text: any}}
    citation: A paper
    status: single
"""
#: A clinic's own files of every kind.
CLINIC = {
    "ours-base.yaml": HEAD.format("ours-base") + "rows:\n" + ROW.format("ours-base.liver", "Liver", "Liver"),
    "ours-table.yaml": HEAD.format("ours-table")
    + 'extends: ours-base.yaml\noverride: [{id: ours-base.liver, limit: "< 28 Gy", because: ours}]\n',
    "ours-extra.yaml": HEAD.format("ours-extra") + "rows:\n" + ROW.format("ours-extra.ptv", "PTV", "PTV"),
    "ours-site.yaml": HEAD.format("ours-site") + "citation: A list\nrequired: [Liver]\n",
    "ours.yaml": HEAD.format("ours") + "tables: [ours-table.yaml]\nsite: ours-site.yaml\nplan_checks: [A1, B5]\n",
    "ours-checks.yaml": "schema: 1\nid: ours-checks\ntitle: Ours\noff: [{id: A1, because: We look at it}]\n",
    "ours-names.yaml": "schema: 1\nnames:\n  Liver: {en: [Our liver]}\n",
}


@dataclass(frozen=True, eq=False, repr=False)
class Made:
    """A case, the clinic's files and the report that was made of them."""

    folder: Path
    clinic: Path
    text: str
    document: dict[str, Any]

    @property
    def arguments(self) -> dict[str, Any]:
        return {
            "protocol": self.clinic / "ours.yaml",
            "tables": [self.clinic / "ours-extra.yaml"],
            "tuning": self.clinic / "ours-checks.yaml",
            "names": self.clinic / "ours-names.yaml",
        }

    @cached_property
    def given(self) -> Given:
        return self.hashed()

    @cached_property
    def small(self) -> bytes:
        """A report of a few findings and inputs: changes in its bytes are seen as in a long one."""
        document = deepcopy(self.document)
        document["findings"] = document["findings"][:3]
        document["provenance"]["inputs"] = document["provenance"]["inputs"][:2]
        return serialised(with_digest(document)).encode()

    def hashed(self) -> Given:
        return given_files(self.folder, arguments(self.arguments))


def arguments(of: Mapping[str, Any]) -> Arguments:
    return Arguments(**{**of, "tables": tuple(of["tables"])})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, sample_plans: Path) -> Made:
    folder, clinic = tmp_path_factory.mktemp("case"), tmp_path_factory.mktemp("clinic")
    shutil.copytree(sample_plans / "hcc-sbrt-5fx", folder, dirs_exist_ok=True)
    for name, text in CLINIC.items():
        (clinic / name).write_text(text, encoding="utf-8", newline="\n")
    empty = Made(folder, clinic, "", {})
    asked = empty.arguments
    names = rtcheck.nomenclature.shipped_names().extended(asked.pop("names"))
    result = rtcheck.check(folder, asked.pop("protocol"), **asked, names=names, time=TIME)
    return Made(folder, clinic, result.to_json(), json.loads(result.to_json()))


@cache
def bare() -> list[tuple[str, bytes]]:
    """Plan, structures and dose of a sample, which are read in no time."""
    return [(name, content) for name, content in files().items() if not name.startswith("CT/")]


def told(differences: tuple[Difference, ...]) -> list[tuple[str, str]]:
    return [(one.kind, one.where) for one in differences]


def against(made: Made, document: Mapping[str, Any], given: Given | None = None) -> tuple[Difference, ...]:
    """A changed document with a digest of its own, against the recomputation that the unchanged one would have."""
    report = read_report(serialised(with_digest(document)).encode())
    return compared(report, made.given if given is None else given, made.document)[0]


# The same.


def test_a_report_is_the_same_when_everything_is(made: Made) -> None:
    found = verify(made.text.encode(), made.folder, **made.arguments)
    assert (found.differences, found.remarks) == ((), ())
    assert found.is_same
    assert (found.verdict, found.time) == (made.document["verdict"], "2025-03-20T12:00:00+00:00")
    assert found.digest == made.document["digest"]
    assert found.result is not None
    assert found.result.to_json() == made.text


def test_comparing_a_report_with_itself_finds_nothing(made: Made) -> None:
    assert compared(read_report(made.text.encode()), made.given, made.document) == ((), ())


# One byte of anything.


def flipped(content: bytes, position: int, bit: int = 0) -> bytes:
    return content[:position] + bytes([content[position] ^ (1 << bit)]) + content[position + 1 :]


def positions(content: bytes) -> Iterator[int]:
    """The beginning with its preamble and magic, the end, and some between."""
    yield from (0, 60, 128, 131, 132, len(content) // 3, len(content) // 2, len(content) - 1)


def changed_inputs(made: Made, contents: Mapping[str, bytes], name: str, content: bytes) -> tuple[Difference, ...]:
    """What is told where one file has another content, and the recomputation happens to be what it was."""
    given = given_files([*{**contents, name: content}.items()], arguments(made.arguments))
    return compared(read_report(made.text.encode()), given, made.document)[0]


def test_one_byte_of_any_input_shows(made: Made) -> None:
    contents = dict(files())
    some = [name for name in contents if not name.startswith("CT/")] + ["CT/CT_001.dcm", "CT/CT_077.dcm"]
    for name in some:
        for position in positions(contents[name]):
            found = changed_inputs(made, contents, name, flipped(contents[name], position, position % 8))
            assert ("input", name) in told(found), (name, position)


def flips(path: Path, made: Made) -> Iterator[tuple[Difference, ...]]:
    """What is told of a file on disk where one byte of it was changed."""
    whole = path.read_bytes()
    try:
        for position in sorted({0, 7, len(whole) // 2, len(whole) - 2, len(whole) - 1}):
            path.write_bytes(flipped(whole, position))
            yield compared(read_report(made.text.encode()), made.hashed(), made.document)[0]
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("name", ["ours.yaml", "ours-extra.yaml", "ours-checks.yaml", "ours-names.yaml"])
def test_one_byte_of_any_file_of_the_clinic_shows(made: Made, name: str) -> None:
    kinds = {"ours.yaml": "protocol", "ours-extra.yaml": "table", "ours-checks.yaml": "tuning"}
    kinds["ours-names.yaml"] = "names"
    for found in flips(made.clinic / name, made):
        assert told(found) == [(kinds[name], name)]


def test_one_byte_of_the_case_sheet_shows(made: Made) -> None:
    for found in flips(made.folder / "case.yaml", made):
        assert told(found) == [("case-sheet", "case.yaml")]


@given(st.integers(0, 1 << 24), st.integers(0, 7))
def test_one_byte_of_the_report_shows(made: Made, position: int, bit: int) -> None:
    content = made.small
    assert report_is_refused(made, flipped(content, position % len(content), bit))


def report_is_refused(made: Made, content: bytes) -> bool:
    """Whether a changed report isn't read, or something in it differs."""
    try:
        report = read_report(content)
    except InputError:
        return True
    return bool(compared(report, made.given, report.document)[0])


def test_every_blank_of_a_report_counts(made: Made) -> None:
    content = made.small
    blanks = [index for index, byte in enumerate(content) if byte in b" \n"]
    for position in (*blanks[:40], *blanks[-40:]):
        for other in (content[:position] + content[position + 1 :], flipped(content, position, 3)):
            assert report_is_refused(made, other), position


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text + "\n",
        lambda text: text[:-1],
        lambda text: "\ufeff" + text,
        lambda text: text.replace('"verdict"', '"verdict": "FAIL",\n  "verdict"', 1),
        lambda text: text.replace('"digest"', '"digest": "",\n  "digest"', 1),
        lambda text: json.dumps(json.loads(text)) + "\n",
        lambda text: json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n",
        lambda text: text.replace("40.0", "40.00", 1),
        lambda text: text.replace("40.0", "4e1", 1),
        lambda text: text.replace("40.0", "NaN", 1),
        lambda text: text.replace("40.0", "Infinity", 1),
        lambda text: text.replace("40.0", "1e999", 1),
        lambda text: text.replace('"PTV"', '"\\u0050TV"', 1),
        lambda text: text.replace('"PTV"', '"\\ud800"', 1),
        lambda text: text.replace("40.0", "[" * 100_000 + "]" * 100_000, 1),
        lambda text: text.replace("40.0", "9" * 5_000, 1),
    ],
)
def test_a_report_that_says_the_same_in_other_bytes_was_changed(made: Made, change: Callable[[str], str]) -> None:
    text = made.small.decode()
    assert change(text) != text
    assert report_is_refused(made, change(text).encode("utf-8", "surrogatepass"))


def test_line_ends_of_another_system_are_named(made: Made) -> None:
    report = read_report(made.small.replace(b"\n", b"\r\n"))
    (found, *_), _ = compared(report, made.given, report.document)
    assert (found.kind, found.message.partition(":")[0]) == ("report", "its lines end with CRLF")


# A report that was changed and given a new digest.


def _first(document: dict[str, Any], check: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in document["findings"] if one["check"] == check)
    return found


def _set(*path: str | int, value: object) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        inside: Any = document
        for step in path[:-1]:
            inside = inside[step]
        inside[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "kind", "where"),
    [
        (_set("verdict", value="PASS"), "verdict", "verdict"),
        (lambda d: _first(d, "dose-constraint").update(verdict="FAIL"), "finding", "Mean[Gy]"),
        (lambda d: _first(d, "dose-constraint").update(observed=12.0), "finding", "Mean[Gy]"),
        (lambda d: _first(d, "dose-constraint").update(note="well done"), "finding", "Mean[Gy]"),
        (lambda d: _first(d, "dose-constraint").update(robust=1), "finding", "Mean[Gy]"),
        (lambda d: _first(d, "dose-constraint")["source"].update(citation="mine"), "finding", "Mean[Gy]"),
        (lambda d: d["findings"].pop(), "finding", "isn't in the report"),
        (lambda d: d["findings"].append(d["findings"][0]), "finding", "only in the report"),
        (lambda d: d["findings"].append("PASS"), "finding", "only in the report"),
        (lambda d: d["findings"].insert(0, d["findings"].pop()), "finding", "another order"),
        (_set("findings", value=[]), "finding", "isn't in the report"),
        (_set("findings", value="none"), "finding", "isn't in the report"),
        (_set("remark", value="approved"), "report", "remark"),
        (_set("provenance", value={}), "provenance", "conventions"),
        (_set("provenance", "inputs", 0, "sop_instance_uid", value="1.2.3"), "input", "RTPLAN.dcm"),
        (_set("provenance", "inputs", 0, "modality", value="RTDOSE"), "input", "RTPLAN.dcm"),
        (_set("provenance", "inputs", 0, "sha256", value="0" * 64), "input", "RTPLAN.dcm"),
        (lambda d: d["provenance"]["inputs"].pop(), "input", "CT/CT_122.dcm"),
        (lambda d: d["provenance"]["inputs"].append(d["provenance"]["inputs"][0]), "report", "inputs"),
        (_set("provenance", "inputs", value=None), "input", "RTPLAN.dcm"),
        (_set("provenance", "protocol", "sha256", value="0" * 64), "protocol", "ours.yaml"),
        (_set("provenance", "protocol", "version", value="2"), "protocol", "version"),
        (_set("provenance", "tables", 0, "changes", value=[]), "table", "changes"),
        (lambda d: d["provenance"]["tables"].pop(), "table", "ours-extra.yaml"),
        (_set("provenance", "site", value=None), "table", "ours-site.yaml"),
        (_set("provenance", "tables", 0, "bases", 0, "sha256", value="0" * 64), "table", "ours-base.yaml"),
        (_set("provenance", "tables", 0, "bases", value=[]), "table", "ours-base.yaml"),
        (_set("provenance", "names_files", 0, "sha256", value="0" * 64), "names", "ours-names.yaml"),
        (_set("provenance", "names_files", value=[]), "names", "ours-names.yaml"),
        (_set("provenance", "plan_checks", "off", value={}), "tuning", "ours-checks.yaml"),
        (_set("provenance", "case_sheet", "data", "centre", value="SITE02"), "case-sheet", "centre"),
        (_set("provenance", "case_sheet", value=None), "case-sheet", "case.yaml"),
        (_set("provenance", "sign_offs", 0, "name", value="X.Y."), "sign-offs", "X.Y."),
        (lambda d: d["provenance"]["sign_offs"].pop(), "sign-offs", "isn't in the report"),
        (_set("provenance", "data", 0, "sha256", value="0" * 64), "data", "names.yaml"),
        (_set("provenance", "software", "version", value="0.0.1"), "software", "version"),
        (_set("provenance", "software", "sha256", value="0" * 64), "software", "SHA-256"),
        (_set("provenance", "conventions", "solid", value="voxels"), "provenance", "conventions"),
        (_set("provenance", "prescriptions", 0, "total_dose_gy", value=50.0), "provenance", "prescriptions"),
        (_set("provenance", "patient", "subject", value="SITE09-999"), "provenance", "patient"),
        (_set("provenance", "dose", "parts", 0, "normalisation", value="100=50Gy"), "provenance", "dose"),
        (_set("provenance", "more", value="text"), "provenance", "more"),
    ],
)
def test_a_changed_report_with_a_new_digest_differs_from_what_is_found(
    made: Made, change: Callable[[dict[str, Any]], None], kind: str, where: str
) -> None:
    document = deepcopy(made.document)
    change(document)
    found = against(made, document)
    assert any(one.kind == kind and where in f"{one.where} {one.message}" for one in found), told(found)


def test_the_first_of_two_sign_offs_of_one_person_is_compared_too(made: Made) -> None:
    before, now = deepcopy(made.document), deepcopy(made.document)
    for document in (before, now):
        document["provenance"]["sign_offs"].append(document["provenance"]["sign_offs"][0])
    before["provenance"]["sign_offs"][0] = {**before["provenance"]["sign_offs"][0], "remark": "under protest"}
    (found,), _ = compared(read_report(serialised(with_digest(before)).encode()), made.given, now)
    assert (found.kind, "under protest" in found.message) == ("sign-offs", True)


def test_last_digits_that_another_processor_rounds_otherwise_are_the_same(made: Made) -> None:
    document = deepcopy(made.document)
    row = _first(document, "dose-constraint")
    row["observed"] *= 1 + 1e-12
    assert against(made, document) == ()
    row["observed"] *= 1 + 1e-6
    assert len(against(made, document)) == 1


def test_another_time_shows_where_the_digest_was_kept(made: Made) -> None:
    document = with_digest(
        {**made.document, "provenance": {**made.document["provenance"], "time": "2020-01-01T00:00:00+00:00"}}
    )
    report = serialised(document).encode()
    assert compared(read_report(report), made.given, made.document)[0] == ()
    broken = [("RTPLAN.dcm", b"")]
    for kept in (made.document["digest"], made.document["digest"][:8].upper()):
        assert ("report", "kept digest") in told(verify(report, broken, digest=kept).differences)
        assert ("report", "kept digest") not in told(verify(made.text.encode(), broken, digest=kept).differences)
    for text in ("abc", "no digest", "g" * 64):
        with pytest.raises(UsageError, match="is no digest"):
            verify(report, broken, digest=text)


# Files that are there or aren't.


def test_files_that_are_gone_added_and_changed_are_named_once_each(made: Made) -> None:
    contents = {name: content for name, content in files().items() if name != "CT/CT_007.dcm"}
    contents["CT/CT_005.dcm"] = flipped(contents["CT/CT_005.dcm"], 50_000 % len(contents["CT/CT_005.dcm"]))
    contents["CT/new.dcm"] = flipped(contents["CT/CT_009.dcm"], 1)
    given = given_files(list(contents.items()), arguments(made.arguments))
    now = deepcopy(made.document)
    now["provenance"]["inputs"] = [
        {**one, "sha256": dict(given.inputs)[one["file"]]}
        for one in now["provenance"]["inputs"]
        if one["file"] in contents
    ]
    found, _ = compared(read_report(made.text.encode()), given, now)
    assert {(one.where, one.message.partition(":")[0].partition(" (")[0]) for one in found} == {
        ("CT/CT_005.dcm", "changed"),
        ("CT/CT_007.dcm", "isn't among the files"),
        ("CT/new.dcm", "isn't in the report"),
    }
    assert len(found) == 3


def test_a_file_that_no_finding_is_made_from_is_held_against_its_hash(made: Made) -> None:
    document = deepcopy(made.document)
    document["provenance"]["other_inputs"] = [{"file": "old/RTPLAN.dcm", "sha256": "1" * 64}]
    known = made.given
    there = Given((*known.inputs, ("old/RTPLAN.dcm", "1" * 64)), known.clinics)
    other = Given((*known.inputs, ("old/RTPLAN.dcm", "2" * 64)), known.clinics)
    now = document
    report = read_report(serialised(with_digest(document)).encode())
    assert compared(report, there, now)[0] == ()
    assert [str(one) for one in compared(report, known, now)[0]] == [
        "input: old/RTPLAN.dcm: isn't among the files (not used)"
    ]
    (found,) = compared(report, other, now)[0]
    assert found.message.startswith("changed")


def test_other_choice_among_the_same_files_is_named(made: Made) -> None:
    now = deepcopy(made.document)
    left_out = now["provenance"]["inputs"].pop()
    now["provenance"]["other_inputs"] = [{"file": left_out["file"], "sha256": left_out["sha256"]}]
    found, _ = compared(read_report(made.text.encode()), made.given, now)
    assert [str(one) for one in found] == ["input: CT/CT_122.dcm: isn't used now, and was for the report"]
    back, _ = compared(read_report(serialised(with_digest(now)).encode()), made.given, made.document)
    assert [str(one) for one in back] == ["input: CT/CT_122.dcm: is used now, and wasn't for the report"]


def test_other_names_of_the_same_files_are_no_difference(made: Made, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(made.folder, again)
    (again / "RTPLAN.dcm").rename(again / "plan-of-today.dcm")
    (again / "CT" / "CT_001.dcm").rename(again / "CT" / "slice.dcm")
    (again / "readme.txt").write_text("hello", encoding="utf-8")
    found = verify(made.text.encode(), again, **made.arguments)
    assert found.differences == ()
    assert found.remarks == (
        "2 files have other names, and the same content: RTPLAN.dcm is plan-of-today.dcm now",
        "no DICOM, and not there when the report was made: readme.txt",
    )


def test_a_report_that_is_kept_beside_its_inputs_verifies(made: Made) -> None:
    now = deepcopy(made.document)
    now["provenance"]["ignored_files"].append("report.json")
    (note,) = [one for one in now["findings"] if one["reason"] == "ignored-files"]
    note["message"] = note["message"].replace("2 ignored", "3 ignored") + ", report.json"
    found, remarks = compared(read_report(made.text.encode()), made.given, now)
    assert (found, remarks) == ((), ("no DICOM, and not there when the report was made: report.json",))
    back, remarks = compared(read_report(serialised(with_digest(now)).encode()), made.given, made.document)
    assert (back, remarks) == ((), ("no DICOM, and not there any more: report.json",))


def test_a_report_of_a_study_alone_verifies_and_says_what_it_doesnt_know(made: Made) -> None:
    document = deepcopy(made.document)
    document["provenance"] |= {"other_inputs": None, "ignored_files": None}
    document["findings"] = [one for one in document["findings"] if one["reason"] != "ignored-files"]
    found, remarks = compared(read_report(serialised(with_digest(document)).encode()), made.given, made.document)
    assert (found, remarks) == ((), ("the report doesn't say what else was given with its inputs",))


def test_what_computed_a_report_is_told_and_not_held_against_it(made: Made) -> None:
    document = deepcopy(made.document)
    document["provenance"]["runtime"] = {**document["provenance"]["runtime"], "numpy": "2.1.0"}
    now = deepcopy(made.document)
    now["provenance"]["runtime"]["numpy"] = "2.2.0"
    found, remarks = compared(read_report(serialised(with_digest(document)).encode()), made.given, now)
    assert (found, remarks) == ((), ("numpy: 2.1.0 when the report was made, 2.2.0 now",))


@pytest.mark.parametrize("name", ["ours-base.yaml", "ours-table.yaml", "ours-site.yaml"])
def test_a_file_that_others_of_the_clinic_name_is_held_against_its_hash(made: Made, tmp_path: Path, name: str) -> None:
    shutil.copytree(made.clinic, tmp_path, dirs_exist_ok=True)
    (tmp_path / name).write_text(CLINIC[name] + "# a remark\n", encoding="utf-8", newline="\n")
    asked = Made(made.folder, tmp_path, "", {}).arguments
    other = asked_protocol(asked["protocol"], tables=asked["tables"])
    now = check_document(Evaluation(Case(sample()), other, ()), TIME, show_name=True)["provenance"]
    assert isinstance(now, dict)
    document = deepcopy(made.document)
    document["provenance"] |= {key: now[key] for key in ("protocol", "tables", "site")}
    found, _ = compared(read_report(made.text.encode()), made.given, document)
    assert told(found) == [("table", name)]


# What can't be recomputed.


def broken(made: Made, **others: Any) -> Verification:
    """Verified with inputs that can't be read, so that nothing is computed."""
    return verify(made.text.encode(), [("RTPLAN.dcm", b"no DICOM")], **{**made.arguments, **others})


def test_an_input_that_is_no_dicom_any_more_is_named_once(made: Made) -> None:
    found = broken(made)
    assert [str(one) for one in found.differences] == ["input: RTPLAN.dcm: can't be read: it is not a DICOM file"]
    assert found.result is None
    assert (found.verdict, found.findings) == (made.document["verdict"], len(made.document["findings"]))


def test_an_input_that_was_cut_short_is_named_with_what_is_wrong(made: Made) -> None:
    contents = {**dict(bare()), "RTDOSE.dcm": dict(bare())["RTDOSE.dcm"][:5000]}
    found = verify(made.text.encode(), list(contents.items()), **made.arguments).differences
    assert ("input", "RTDOSE.dcm") in told(found)
    assert any(one.kind == "recomputation" or one.where == "RTDOSE.dcm" for one in found)


def test_a_table_that_cant_be_understood_any_more_is_named_as_changed(made: Made, tmp_path: Path) -> None:
    other = tmp_path / "ours-extra.yaml"
    other.write_text(CLINIC["ours-extra.yaml"] + "  - id: [\n", encoding="utf-8")
    found = verify(made.text.encode(), bare(), **{**made.arguments, "tables": [other]}).differences
    assert ("table", "ours-extra.yaml") in told(found)
    assert [one.message for one in found if one.kind == "recomputation" and "ours-extra.yaml" in one.message]


@pytest.mark.parametrize(("left_out", "option"), [("protocol", "--protocol"), ("tables", "--table")])
def test_a_file_of_the_clinic_that_isnt_given_is_asked_for(made: Made, left_out: str, option: str) -> None:
    given = {key: one for key, one in made.arguments.items() if key != left_out}
    (found,) = [one for one in verify(made.text.encode(), bare(), **given).differences if one.kind == "recomputation"]
    assert f"give it with {option}" in found.message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("between", "spline"),
        ("between", None),
        ("ends", 5),
        ("tables", ["no-such-table"]),
        ("tables", ["../../etc/passwd"]),
        ("site", "/etc/passwd"),
        ("names", {"Dragon": "PTV"}),
    ],
)
def test_settings_that_make_no_sense_are_a_difference(made: Made, key: str, value: object) -> None:
    document = deepcopy(made.document)
    document["provenance"]["settings"][key] = value
    found = verify(serialised(with_digest(document)).encode(), [("RTPLAN.dcm", b"")], **made.arguments)
    assert found.result is None
    assert [one.kind for one in found.differences if one.kind == "recomputation"] == ["recomputation"]


@pytest.mark.parametrize(
    ("key", "value"), [("prescriptions", {"Nothing": "5x8Gy"}), ("prescriptions", 5), ("plan", ["no such plan"])]
)
def test_settings_that_dont_fit_the_files_are_a_difference(made: Made, key: str, value: object) -> None:
    document = deepcopy(made.document)
    document["provenance"]["settings"][key] = value
    found = verify(serialised(with_digest(document)).encode(), bare(), **made.arguments).differences
    assert any(one.kind == "recomputation" or one.where == "settings" for one in found)


@pytest.mark.parametrize("time", [None, "yesterday", 5])
def test_a_time_that_is_none_is_a_difference(made: Made, time: object) -> None:
    document = deepcopy(made.document)
    document["provenance"]["time"] = time
    found = verify(serialised(with_digest(document)).encode(), [("RTPLAN.dcm", b"")], **made.arguments)
    assert ("recomputation", "rtcheck check") in told(found.differences)


def test_a_time_before_all_calendars_is_a_difference(made: Made) -> None:
    document = deepcopy(made.document)
    document["provenance"]["time"] = "0001-01-01T00:00:00+14:00"
    found = verify(serialised(with_digest(document)).encode(), bare(), **made.arguments)
    assert ("recomputation", "rtcheck check") in told(found.differences)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"5", b'{"schema": "other/1"}', b"\xff\xfe", b'{"schema": NaN}', b"PK\x03\x04"]
)
def test_what_is_no_report_is_refused(content: bytes, made: Made) -> None:
    with pytest.raises(InputError, match="rtcheck check -o"):
        verify(content, made.folder)


def test_a_report_that_isnt_there_is_refused(tmp_path: Path, made: Made) -> None:
    with pytest.raises(InputError, match=r"report\.json"):
        verify(tmp_path / "report.json", made.folder)


# Reports made in other ways.


def verified(result: rtcheck.Result, **given: Any) -> Verification:
    return verify(result.to_json().encode(), bare(), **given)


def test_a_protocol_that_was_loaded_before_is_found_again(made: Made) -> None:
    extra = made.clinic / "ours-extra.yaml"
    alone = tables_alone(["quantec-liver", extra])
    assert verified(rtcheck.check(bare(), alone), tables=[extra]).differences == ()
    own = load_protocol(made.clinic / "ours.yaml")
    assert verified(rtcheck.check(bare(), own), protocol=made.clinic / "ours.yaml").differences == ()
    (found, *_) = verified(rtcheck.check(bare(), alone)).differences[-1:]
    assert "ours-extra.yaml; give it with --table" in found.message


def test_tables_alone_a_site_and_scores_are_recomputed(made: Made) -> None:
    given = {"tables": [made.clinic / "ours-extra.yaml"], "site": made.clinic / "ours-site.yaml"}
    result = rtcheck.check(bare(), **given, convert=True, child_pugh="A5", time=TIME)
    assert verify(result.to_json(scores=True).encode(), bare(), **given).is_same


def test_a_sheet_and_a_tuning_that_no_file_holds_are_compared(made: Made) -> None:
    sheet = rtcheck.sheet.CaseSheet(subject="S-1", dates={"diagnosis": date(2024, 1, 2)}, never=frozenset({"x"}))
    tuning = read_tuning(made.clinic / "ours-checks.yaml")
    own = made.clinic / "ours.yaml"
    result = rtcheck.check(bare(), own, sheet=sheet, tuning=tuning)
    provenance = json.loads(result.to_json())["provenance"]
    assert provenance["case_sheet"] == {
        "file": None,
        "sha256": None,
        "data": {"subject": "S-1", "dates": {"diagnosis": "2024-01-02"}, "never": ["x"]},
    }
    assert verified(result, protocol=own, sheet=sheet, tuning=tuning).is_same
    found = verified(result, protocol=own, sheet=NOTHING_DECLARED, tuning=tuning).differences
    assert ("case-sheet", "case_sheet") in told(found)


def test_sign_offs_of_a_record_count_up_to_those_of_the_report(made: Made, tmp_path: Path) -> None:
    record = Record(tmp_path / RECORD_NAME)
    entry = SignOff(Subject.CONTOURS, Role.RADIATION_ONCOLOGIST, "A.B.", date(2024, 1, 17), Decision.APPROVED)
    own, sheet = made.clinic / "ours.yaml", made.folder / "case.yaml"
    code = made.document["provenance"]["patient"]["subject"]
    record.append(replace(entry, case=code))
    result = rtcheck.check(bare(), own, sheet=sheet, record=record.place)
    assert verified(result, protocol=own, sheet=sheet, record=record.place).later == ""
    record.append(replace(entry, case=code))
    found = verified(result, protocol=own, sheet=sheet, record=record.place)
    assert found.differences == ()
    assert found.later == "1 later entry in the record: contours approved by A.B. (2024-01-17)"
    (difference,) = verified(result, protocol=own, sheet=sheet).differences
    assert (difference.kind, "--record" in difference.message) == ("sign-offs", True)


def test_later_entries_of_the_record_are_told_by_the_last_decision_of_everybody(made: Made, tmp_path: Path) -> None:
    own, sheet = made.clinic / "ours.yaml", made.folder / "case.yaml"
    code = made.document["provenance"]["patient"]["subject"]
    record = Record(tmp_path / RECORD_NAME)
    result = rtcheck.check(bare(), own, sheet=sheet, record=record.place)  # of no entry
    objects = signed_objects(result.case.study, Subject.PLAN)
    entry = SignOff(Subject.PLAN, Role.PHYSICIST, "X.Y.", date(2026, 11, 20), Decision.APPROVED, case=code)
    record.append(replace(entry, case="another"))
    assert verified(result, protocol=own, sheet=sheet, record=record.place).later_sign_offs == ()
    rejection = {"decision": Decision.REJECTED, "remark": "dose", "date": date(2026, 11, 21), "objects": objects}
    entries = [
        record.append(one)
        for one in (
            replace(entry, objects=objects),
            replace(entry, **rejection),
            replace(entry, name="C.D.", objects=objects),
            replace(entry, date=date(2026, 11, 22), objects=("ab" * 32,)),  # of a new plan
        )
    ]
    found = verified(result, protocol=own, sheet=sheet, record=record.place)
    assert (found.is_same, list(found.later_sign_offs)) == (True, entries)
    assert found.later == (
        "4 later entries in the record: plan rejected by X.Y. (2026-11-21), plan approved by C.D. (2026-11-20), "
        "plan approved by X.Y. (2026-11-22, other files)"
    )


# Reports without the patient's name.


def renamed(name: str) -> Callable[[pydicom.Dataset], None]:
    def change(dataset: pydicom.Dataset) -> None:
        dataset.PatientName = name
        if "RTPlanLabel" in dataset:
            dataset.RTPlanLabel = "Okonkwo 40Gy"
        for roi in dataset.get("StructureSetROISequence", ()):
            roi.ROIName = "PTV_Okonkwo" if roi.ROIName == "PTV" else roi.ROIName

    return change


def test_a_report_without_the_name_is_recomputed_from_files_that_are_full_of_it(made: Made) -> None:
    given = [(f"Okonkwo/{name}", changed(content, renamed("OKONKWO^ADA"))) for name, content in bare()]
    said = {"plan": "Okonkwo 40Gy", "prescriptions": {"PTV_Okonkwo": "5x8Gy"}}
    names = rtcheck.nomenclature.shipped_names().with_confirmed({"Spleen": "PTV_Okonkwo"})
    own = made.clinic / "ours.yaml"
    text = rtcheck.check(given, own, **said, names=names, time=TIME).to_json()
    assert "okonkwo" not in text.casefold()
    assert verify(text.encode(), given, protocol=own).differences == ()
    named = rtcheck.check(given, own, **said, names=names, time=TIME, show_name=True).to_json()
    assert json.loads(named)["provenance"]["patient"]["name"] == "OKONKWO^ADA"
    assert verify(named.encode(), given, protocol=own).differences == ()
    other = [(name, flipped(content, 5) if "RTPLAN" in name else content) for name, content in given]
    (found,) = verify(text.encode(), other, protocol=own).differences
    assert found.where == "[patient]/RTPLAN.dcm"


# The command.


def test_the_command_says_what_differs_and_exits_1(made: Made, tmp_path: Path, project_root: Path) -> None:
    document = deepcopy(made.document)
    document["verdict"] = "PASS"
    report = tmp_path / "report.json"
    report.write_bytes(serialised(document).encode())
    options = ["--protocol", "ours.yaml", "--table", "ours-extra.yaml", "--checks", "ours-checks.yaml"]
    options = [part if part.startswith("--") else str(made.clinic / part) for part in options]
    arguments = ("verify", str(report), str(made.folder), *options, "--names", str(made.clinic / "ours-names.yaml"))
    process = run(*arguments, root=project_root)
    assert process.returncode == 1, process.stderr
    assert process.stdout.startswith("✘ 2 differences: report.json of 2025-03-20T12:00:00+00:00: PASS")
    assert "report digest:" in process.stdout
    assert f'verdict verdict: "PASS" in the report, "{made.document["verdict"]}" now' in process.stdout


def test_the_command_shows_what_a_report_says_as_text_alone(made: Made, tmp_path: Path, project_root: Path) -> None:
    document = deepcopy(made.document)
    document["verdict"] = "PASS\x1b[2J\ud800"
    document["provenance"]["inputs"] = [{"file": f"{number}\x1b", "sha256": f"{number:064x}"} for number in range(20)]
    report = tmp_path / "report.json"
    report.write_bytes(
        serialised(with_digest(document)).encode("utf-8", "surrogatepass").replace(b"\xed\xa0\x80", b"\\ud800")
    )
    (tmp_path / "RTPLAN.dcm").write_bytes(dict(bare())["RTPLAN.dcm"])
    process = run("verify", str(report), str(tmp_path / "RTPLAN.dcm"), root=project_root)
    assert process.returncode == 1
    assert "\x1b" not in process.stdout
    assert "PASS⟨U+001B⟩[2J⟨U+D800⟩" in process.stdout
    assert "input: 9 more, see --format json" in process.stdout  # the plan that the report doesn't name, too


def test_the_command_prints_json(made: Made, tmp_path: Path, project_root: Path) -> None:
    report = tmp_path / "report.json"
    report.write_bytes(made.text.encode())
    (tmp_path / "RTPLAN.dcm").write_bytes(b"nothing")
    process = run("verify", str(report), str(tmp_path / "RTPLAN.dcm"), "-f", "json", root=project_root)
    answer = json.loads(process.stdout)
    assert process.returncode == 1
    assert list(answer) == ["same", "verdict", "time", "digest", "differences", "remarks", "later_sign_offs"]
    assert (answer["same"], answer["digest"]) == (False, made.document["digest"])
    assert {frozenset(one) for one in answer["differences"]} == {frozenset({"kind", "where", "message"})}


def test_the_command_says_what_was_decided_after_the_report_and_exits_0(
    made: Made, tmp_path: Path, project_root: Path
) -> None:
    folder, report = tmp_path / "case", tmp_path / "report.json"
    folder.mkdir()
    for name, content in bare():
        (folder / name).write_bytes(content)
    (folder / "case.yaml").write_text("schema: 1\nsubject: S-1\n", encoding="utf-8")
    own = str(made.clinic / "ours.yaml")
    report.write_bytes(rtcheck.check(folder, own).to_json().encode())
    entry = SignOff(Subject.PLAN, Role.PHYSICIST, "X.Y.", date(2026, 11, 21), Decision.REJECTED, "dose", case="S-1")
    written = Record(folder / RECORD_NAME).append(entry)
    arguments = ("verify", str(report), str(folder), "--protocol", own)
    process = run(*arguments, root=project_root)
    assert process.returncode == 0, process.stdout
    assert process.stdout.startswith("✔ The same")
    assert "\n! 1 later entry in the record: plan rejected by X.Y. (2026-11-21)\n" in process.stdout
    answer = json.loads(run(*arguments, "-f", "json", root=project_root).stdout)
    assert (answer["same"], [one["record"] for one in answer["later_sign_offs"]]) == (True, [written.record])


def test_a_report_that_is_no_json_any_more_is_a_fault_of_the_input(
    made: Made, tmp_path: Path, project_root: Path
) -> None:
    report = tmp_path / "report.json"
    report.write_bytes(made.text.encode()[:-20])
    process = run("verify", str(report), str(made.folder), root=project_root)
    assert process.returncode == 3
    assert "was changed" in process.stderr


# Again with all files and many positions.


@pytest.mark.slow
def test_one_byte_of_any_file_of_a_case_shows(made: Made) -> None:
    contents = dict(files())
    for name, content in contents.items():
        for position in range(0, len(content), max(1, len(content) // 12)):
            assert ("input", name) in told(changed_inputs(made, contents, name, flipped(content, position)))


@pytest.mark.slow
@settings(max_examples=1000)
@given(st.integers(0, 1 << 24), st.integers(0, 7))
def test_one_byte_of_a_whole_report_shows(made: Made, position: int, bit: int) -> None:
    content = made.text.encode()
    assert report_is_refused(made, flipped(content, position % len(content), bit))
