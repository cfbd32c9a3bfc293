"""A clinic's tuning of the plan checks: what it changes, and one negative test a guard with its exact place."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from rtcheck import plan_checks, tables
from rtcheck.document import Document
from rtcheck.errors import InputError, TableError
from rtcheck.plan_checks import Threshold, Tuning
from rtcheck.tables.json_schema import json_schema

HEAD = "schema: 1\nid: ours\ntitle: Ours\n"
TUNING = """\
off:
  - {id: G2, because: We look at it}
thresholds:
  - {id: B5, because: Our grid, stereotactic_mm: "2 mm", small_mm: 2.5mm}
  - {id: C13, because: Ours, factor: 2}
"""


def _read(text: str, name: str = "ours.yaml") -> Tuning:
    return tables.read_tuning((name, text.encode()))


def _problems(text: str, name: str = "ours.yaml") -> list[str]:
    with pytest.raises(TableError) as caught:
        _read(text, name)
    return [str(problem).removeprefix(f"{name}:") for problem in caught.value.problems]


def _complaints(text: str) -> list[str]:
    data = Document("ours.yaml", text.encode()).data
    return [error.message for error in jsonschema.Draft202012Validator(json_schema("checks")).iter_errors(data)]


def test_what_a_clinic_changes(tmp_path: Path, checks) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text(HEAD + TUNING, encoding="utf-8")
    for given in (path, str(path), ("ours.yaml", path.read_bytes())):
        tuning = tables.read_tuning(given)
        assert dict(tuning.off) == {"G2": "We look at it"}
        assert {check: dict(numbers) for check, numbers in tuning.thresholds.items()} == {
            "B5": {"stereotactic_mm": 2.0, "small_mm": 2.5},
            "C13": {"factor": 2.0},
        }
        assert dict(tuning.because) == {"B5": "Our grid", "C13": "Ours"}
        assert (tuning.file, tuning.sha256) == ("ours.yaml", hashlib.sha256(path.read_bytes()).hexdigest())
    assert _complaints(HEAD + TUNING) == []


def test_a_file_that_isnt_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        tables.read_tuning(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("off: [{id: G22, because: ours}]", "G22", "id: no plan check is called 'G22'; did you mean 'G2'?"),
        ("off: [{id: xyz, because: ours}]", "xyz", "id: no plan check is called 'xyz'; known: A1, B5, C13, E2, G2"),
        ("off: [{id: G2}]", "{id", "the key 'because' is missing"),
        ("off: [{id: G2, because: ''}]", "''", "because: expected some text, got nothing"),
        ("off: [G2]", "G2", "off: expected a mapping of keys, got 'G2'"),
        ("off: [{id: G2, because: ours, reason: y}]", "reason", "unknown key 'reason'; known: id, because"),
        (
            "off: [{id: G2, because: ours}, {id: G2, because: too}]",
            "G2, because: too",
            "id: 'G2' is under 'off' in line 4 already",
        ),
        (
            "thresholds: [{id: B5, because: ours, small: 2 mm}]",
            "small",
            "B5 has no threshold 'small'; did you mean 'small_mm'?",
        ),
        (
            "thresholds: [{id: B5, because: ours, small_mm: 2}]",
            "2}",
            "small_mm: expected the unit 'mm' as in '2.5 mm', got none",
        ),
        (
            "thresholds: [{id: B5, because: ours, small_mm: 2 cm}]",
            "2 cm",
            "small_mm: expected the unit 'mm' as in '2.5 mm', got 'cm'",
        ),
        (
            "thresholds: [{id: B5, because: ours, small_mm: few}]",
            "few",
            "small_mm: expected a number such as '2.5 mm', got 'few'",
        ),
        (
            "thresholds: [{id: C13, because: ours, factor: 2 mm}]",
            "2 mm",
            "factor: expected a number without a unit as in '1.5', got 'mm'",
        ),
        ("thresholds: [{id: C13, because: ours, factor: }]", "}", "factor: expected text, got nothing"),
        ("thresholds: [{id: C13, because: ours, factor: true}]", "true", "factor: expected text, got true"),
        ("thresholds: [{id: B5, small_mm: 2 mm}]", "{id", "the key 'because' is missing"),
        (
            "thresholds: [{id: B5, because: ours}]",
            "{id",
            "no threshold of B5 is given; it has stereotactic_mm (3 mm), small_mm (2.5 mm)",
        ),
        ("thresholds: [{id: A1, because: ours}]", "{id", "no threshold of A1 is given; it has none"),
        ("thresholds: [{id: A1, because: ours, mm: 3}]", "mm", "A1 has no threshold 'mm'; known: none"),
        ("off: [{id: G2, because: ours}]\nof: []", "of: ", "unknown key 'of'; did you mean 'off'?"),
    ],
)
def test_what_makes_no_sense(checks, text: str, at: str, message: str) -> None:
    (problem,) = _problems(f"{HEAD}{text}\n")
    line, column = (5, text.index(at) - text.index("\n")) if "\n" in text[: text.index(at)] else (4, text.index(at) + 1)
    assert problem.startswith(f"{line}:{column}: {message}")


@pytest.mark.parametrize("reason", [".", "x", "ok", "123 - 456", "- - -"])
@pytest.mark.parametrize("text", ["off: [{id: G2, because: %}]", "thresholds: [{id: C13, factor: 2, because: %}]"])
def test_a_reason_has_words(checks, reason: str, text: str) -> None:
    (problem,) = _problems(f"{HEAD}{text.replace('%', repr(reason))}\n")
    assert problem.startswith(f"4:{text.index('%') + 1}: because: {reason!r} is no reason; write one")


def test_a_reason_of_any_script_counts(checks) -> None:
    assert _read(f"{HEAD}off: [{{id: G2, because: 已确认}}]\n").off == {"G2": "已确认"}


@pytest.fixture
def more_checks(checks, monkeypatch: pytest.MonkeyPatch) -> None:
    thresholds = {
        "percent": Threshold(99.5, "%", "part of the volume"),
        "hot_percent": Threshold(160.0, "%", "dose"),
        "none_mm": Threshold(0.0, "mm", "distance"),
    }
    monkeypatch.setattr(plan_checks, "PLAN_CHECKS", (*checks, replace(checks[0], id="C14", thresholds=thresholds)))


@pytest.mark.parametrize(
    ("check", "given", "between"),
    [
        ("B5: small_mm", "-2.5 mm", "'-2.5 mm' isn't between 0.25 and 25 mm; rtcheck's is 2.5 mm"),
        ("B5: small_mm", "99 mm", "'99 mm' isn't between 0.25 and 25 mm"),
        ("B5: small_mm", "0 mm", "'0 mm' isn't between 0.25 and 25 mm"),
        ("B5: small_mm", f"{400 * '9'} mm", f"'{20 * '9'}...' isn't between 0.25 and 25 mm"),
        ("C13: factor", "15.1", "'15.1' isn't between 0.15 and 15; rtcheck's is 1.5"),
        ("C14: percent", "-5 %", "'-5 %' isn't between 0 and 100 %"),
        ("C14: percent", "100.1 %", "'100.1 %' isn't between 0 and 100 %"),
        ("C14: hot_percent", "1601 %", "'1601 %' isn't between 0 and 1600 %"),
        ("C14: none_mm", "1000001 mm", "'1000001 mm' isn't between 0 and 1e+06 mm"),
    ],
)
def test_a_threshold_is_of_the_size_of_rtchecks(more_checks, check: str, given: str, between: str) -> None:
    name, threshold = check.split(": ")
    text = f"thresholds: [{{id: {name}, because: ours, {threshold}: {given}}}]"
    (problem,) = _problems(f"{HEAD}{text}\n")
    assert problem.startswith(f"4:{text.index(given, 40) + 1}: {threshold}: {between}"), problem


def test_a_threshold_may_be_at_either_end(more_checks) -> None:
    text = 'thresholds: [{id: C14, because: ours, percent: 100 %, hot_percent: 0 %, none_mm: "0 mm"}]\n'
    assert dict(_read(HEAD + text).thresholds["C14"]) == {"percent": 100.0, "hot_percent": 0.0, "none_mm": 0.0}


def test_a_check_isnt_off_and_tuned(checks) -> None:
    text = HEAD + TUNING.replace("id: G2", "id: B5")
    assert _problems(text) == ["7:10: id: 'B5' is under 'off' in line 5 already"]


def test_a_file_that_changes_nothing_is_no_tuning(checks) -> None:
    assert _problems(HEAD) == ["1:1: nothing is changed; give 'off', 'thresholds' or both"]


def test_the_id_is_the_files_name(checks) -> None:
    (problem,) = _problems(HEAD + TUNING, "theirs.yaml")
    assert problem.startswith("2:5: id: 'ours' isn't the name of the file, theirs.yaml; write 'id: theirs'")


def test_everything_wrong_comes_at_once(checks) -> None:
    text = HEAD + TUNING.replace("G2", "G9").replace("small_mm", "smal_mm").replace("because: Ours, ", "")
    assert [problem.split(": ")[0] for problem in _problems(text)] == ["5:10", "7:58", "8:5"]


@pytest.mark.parametrize(
    "text",
    [
        "off: [{id: G2}]",
        "thresholds: [{id: B5, because: ours, small_mm: [2]}]",
        "thresholds: [{id: B5, because: ours, n: few}]",
    ],
)
def test_editors_mark_what_is_wrong(text: str) -> None:
    assert _complaints(f"{HEAD}{text}\n")


def test_the_readmes_tuning_is_one_of_rtchecks_own_checks() -> None:
    readme = (tables.data_folder() / "README.md").read_text(encoding="utf-8")
    (text,) = (one for one in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL) if "thresholds:" in one)
    tuning = _read(text, "our-checks.yaml")
    assert set(tuning.off) == {"G2"}
    assert dict(tuning.thresholds["B5"]) == {"stereotactic_mm": 2.5}
    assert _complaints(text) == []
