"""What a report says it was made of: all that has a say in findings, with hashes; same inputs, same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rtcheck
from rtcheck.pipeline import other_files
from rtcheck.report import digest_of, serialised
from rtcheck.report import provenance as module
from rtcheck.report.data import DIGEST, with_digest, with_scores
from rtcheck.report.provenance import software_sha256
from rtcheck.sheet import CaseSheet, Decision, DeclaredLesion, LesionKind, Role, SignOff, Subject
from rtcheck.shipped import data_folder
from rtcheck.tables import table_ids
from tests.plan_checks.samples import files, sample
from tests.test_sample_cases import result_of

TIME = datetime(2025, 3, 20, 12, tzinfo=UTC)
SBRT = ("hcc-sbrt-5fx", "case.yaml")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def provenance_of(folder: str = SBRT[0], sheet: str = SBRT[1]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(result_of(folder, sheet).to_json())["provenance"]
    return told


# What is there.


def test_every_input_stands_there_with_its_uid_and_hash() -> None:
    inputs = {one["file"]: one for one in provenance_of()["inputs"]}
    assert set(inputs) == set(files())
    for name, content in files().items():
        assert inputs[name]["sha256"] == sha256(content)
        assert inputs[name]["sop_instance_uid"].startswith("2.25.")
    assert {one["modality"] for one in inputs.values()} == {"CT", "RTPLAN", "RTSTRUCT", "RTDOSE"}


def test_tables_protocol_site_and_data_stand_there_with_the_hashes_of_their_files() -> None:
    told = provenance_of()
    folder = data_folder()
    paths = [folder / "protocols" / told["protocol"]["file"], folder / "sites" / told["site"]["file"]]
    paths += [folder / one["file"] for one in (*told["tables"], *told["data"])]
    hashes = [one["sha256"] for one in (told["protocol"], told["site"], *told["tables"], *told["data"])]
    assert hashes == [sha256(path.read_bytes()) for path in paths]
    assert {one["file"] for one in told["data"]} == {"names.yaml", "radiobiology.yaml"}
    assert {one["id"] for one in told["tables"]} <= set(table_ids())


def test_every_data_file_that_is_shipped_has_its_hash_in_some_report_or_asks_nothing() -> None:
    shipped = {path.relative_to(data_folder()).as_posix() for path in data_folder().rglob("*.yaml")}
    asked = {name for name in shipped if not name.endswith(".cases.yaml")}
    tables = {f"{name}.yaml" for name in table_ids()}
    known = {*tables, *(f"unverified/{name}" for name in tables), "names.yaml", "radiobiology.yaml"}
    assert {name for name in asked - known if name.split("/")[0] not in ("protocols", "sites")} == set()


def test_the_case_sheet_stands_there_with_hash_and_content(sample_plans: Path) -> None:
    sheet = provenance_of()["case_sheet"]
    assert sheet["sha256"] == sha256((sample_plans / SBRT[0] / SBRT[1]).read_bytes())
    assert sheet["data"]["patient"]["child_pugh"] == "A5"


def test_what_was_given_besides_stands_there() -> None:
    told = provenance_of()
    assert told["other_inputs"] == []
    assert told["ignored_files"] == ["case-one-oncologist.yaml", "case.yaml"]


def test_other_files_are_those_that_no_finding_is_made_from() -> None:
    plan, dose = files()["RTPLAN.dcm"], files()["RTDOSE.dcm"]
    given = [("a.dcm", plan), ("b.dcm", dose), ("copy.dcm", dose), ("other", dose + b"\0\0"), ("x.txt", b"hello")]
    found = other_files(given, sample())
    assert found.dicom == (("other", sha256(dose + b"\0\0")),)
    assert found.ignored == ("x.txt",)


def test_versions_of_what_computes_are_told() -> None:
    runtime = provenance_of()["runtime"]
    assert list(runtime) == ["python", "system", "numpy", "numba", "shapely", "pydicom"]
    assert (runtime["python"], runtime["numpy"]) == (platform.python_version(), np.__version__)


def test_no_folder_of_this_machine_stands_in_a_report(sample_plans: Path) -> None:
    text = result_of(*SBRT).to_json()
    for folder in (sample_plans, sample_plans.parent, data_folder(), Path.home()):
        assert str(folder) not in text
        assert folder.as_posix() not in text


def test_the_hash_of_the_software_is_of_its_code_and_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "rtcheck"
    (package / "report").mkdir(parents=True)
    monkeypatch.setattr(module, "__file__", str(package / "report" / "provenance.py"))

    def digest() -> str:
        return software_sha256.__wrapped__()

    for name, text in (("a.py", "x = 1\n"), ("report/b.py", ""), ("report/c.css", "p {}\n")):
        (package / name).write_text(text, encoding="utf-8", newline="\n")
    first = digest()
    (package / "a.py").write_bytes(b"x = 1\r\n")
    (package / "a.pyc").write_bytes(b"compiled")
    assert digest() == first
    seen = {first}
    for name, text in (("a.py", "x = 2\n"), ("report/c.css", "p { }\n"), ("new.py", ""), ("report/b.py", "\n")):
        (package / name).write_text(text, encoding="utf-8", newline="\n")
        seen.add(digest())
    (package / "new.py").rename(package / "newer.py")
    assert len({*seen, digest()}) == 6


def test_the_digest_of_this_software_is_told_and_stays() -> None:
    assert provenance_of()["software"] == {
        "name": "rtcheck",
        "version": module.software_version(),
        "sha256": software_sha256(),
    }


def test_a_sheet_that_no_file_holds_is_told_whole() -> None:
    lesion = DeclaredLesion("L1", "liver", LesionKind.PRIMARY, mobile=True, prior_radiotherapy=False)
    signed = SignOff(Subject.PLAN, Role.PHYSICIST, "A.B.", date(2025, 1, 2), Decision.APPROVED)
    recorded = replace(signed, record="f" * 64)
    sheet = CaseSheet(subject="S", lesions=(lesion,), sign_offs=(signed, recorded), early_progression=False)
    told = module._case_sheet(sheet)
    assert told == {
        "file": None,
        "sha256": None,
        "data": {
            "subject": "S",
            "early_progression": False,
            "lesions": [
                {"name": "L1", "organ": "liver", "kind": "primary", "mobile": True, "prior_radiotherapy": False}
            ],
            "sign_offs": [
                {
                    "subject": "plan",
                    "role": "physicist",
                    "name": "A.B.",
                    "date": "2025-01-02",
                    "decision": "approved",
                    "round": 1,
                }
            ],
        },
    }
    assert module._case_sheet(CaseSheet(sign_offs=(recorded,))) is None
    assert module._case_sheet(CaseSheet()) is None


# Digest and bytes.


def test_the_digest_is_of_all_other_keys() -> None:
    document = json.loads(result_of(*SBRT).to_json())
    body = {key: value for key, value in document.items() if key != DIGEST}
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert document[DIGEST] == sha256(text.encode()) == digest_of(document)
    assert list(document)[-1] == DIGEST
    assert with_digest({**document, "verdict": "FAIL"})[DIGEST] != document[DIGEST]


def test_scores_have_a_digest_with_them() -> None:
    result = result_of(*SBRT)
    scored = with_scores(result.document, result.findings)
    assert scored[DIGEST] == digest_of(scored) != result.document[DIGEST]
    assert list(scored)[-2:] == ["plan_score", DIGEST]
    assert serialised(scored) == result.to_json(scores=True)


def test_the_time_is_in_utc_to_the_second_and_nothing_else_depends_on_it() -> None:
    result = result_of(*SBRT)
    times = (TIME, TIME.replace(year=2031), datetime(2025, 3, 20, 14, tzinfo=timezone(timedelta(hours=2))))
    documents = [json.loads(replace(result, time=time.astimezone(UTC)).to_json()) for time in times]
    assert [one["provenance"].pop("time") for one in documents] == [
        "2025-03-20T12:00:00+00:00",
        "2031-03-20T12:00:00+00:00",
        "2025-03-20T12:00:00+00:00",
    ]
    assert documents[0].pop(DIGEST) == documents[2].pop(DIGEST) != documents[1].pop(DIGEST)
    assert documents[0] == documents[1] == documents[2]


def _check(given: object, sheet: Path) -> str:
    return rtcheck.check(given, tables=["quantec-liver"], sheet=sheet, child_pugh="B7", time=TIME).to_json()  # type: ignore[arg-type]


def test_folder_zip_and_bytes_of_the_same_names_give_the_same_bytes(sample_plans: Path, tmp_path: Path) -> None:
    folder = sample_plans / "margin-8mm"
    names = sorted(path for path in folder.rglob("*") if path.is_file())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in reversed(names):
            archive.write(path, path.relative_to(folder).as_posix())
    zipped = tmp_path / "plan.zip"
    zipped.write_bytes(packed.getvalue())
    in_memory = [(path.relative_to(folder).as_posix(), path.read_bytes()) for path in names[::-1]]
    expected = _check(folder, folder / "case.yaml")
    assert _check(zipped, folder / "case.yaml") == expected
    assert _check(in_memory, folder / "case.yaml") == expected


_SCRIPT = """
import sys
from datetime import UTC, datetime
import rtcheck
time, out = datetime(2025, 3, 20, 12, tzinfo=UTC), sys.argv[2]
tables = sys.argv[3:]
result = rtcheck.check(sys.argv[1], tables=tables, time=time) if tables else rtcheck.check(sys.argv[1], time=time)
for suffix in (".json", ".csv") if tables else (".json", ".csv", ".html"):
    with open(out + suffix, "w", encoding="utf-8", newline="") as file:
        file.write(getattr(result, "to_" + suffix[1:])())
if not tables:
    with open(out + ".pdf", "wb") as file:
        file.write(result.to_pdf())
"""


def _in_a_process(folder: Path, out: Path, seed: str, *tables: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", _SCRIPT, str(folder), str(out), *tables]
    subprocess.run(command, check=True, env=environment, cwd=out.parent, capture_output=True)


def test_another_process_with_another_order_of_sets_gives_the_same_bytes(sample_plans: Path, tmp_path: Path) -> None:
    folder = sample_plans / "margin-8mm"
    _in_a_process(folder, tmp_path / "one", "1", "quantec-liver")
    here = rtcheck.check(folder, tables=["quantec-liver"], time=TIME)
    for suffix, text in ((".json", here.to_json()), (".csv", here.to_csv())):
        assert (tmp_path / f"one{suffix}").read_bytes() == text.encode(), suffix


@pytest.mark.slow
@pytest.mark.parametrize("name", ["two-lesions-two-plans", "grid-misses-liver", "six-lesions"])
def test_two_processes_write_the_same_reports_of_every_kind(sample_plans: Path, tmp_path: Path, name: str) -> None:
    for seed in ("1", "2"):
        _in_a_process(sample_plans / name, tmp_path / seed, seed)
    for suffix in (".json", ".csv", ".html", ".pdf"):
        assert (tmp_path / f"1{suffix}").read_bytes() == (tmp_path / f"2{suffix}").read_bytes(), suffix
