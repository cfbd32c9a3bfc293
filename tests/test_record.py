"""The record of sign-offs: appended to, read, and tampered with."""

from __future__ import annotations

import json
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from rtcheck.errors import InputError, UsageError
from rtcheck.record import (
    RECORD_NAME,
    Record,
    case_code,
    chain_problems,
    chained,
    entry_of,
    plain_entry,
    record_beside,
    signed_objects,
)
from rtcheck.sheet import NOTHING_DECLARED, CaseSheet, Decision, Role, SignOff, Subject
from tests.plan_checks.samples import sample

ENTRY = SignOff(Subject.CONTOURS, Role.RADIATION_ONCOLOGIST, "A.B.", date(2025, 3, 14), Decision.APPROVED, case="S-001")


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / RECORD_NAME)


def tampered(record: Record, statement: str) -> None:
    """What somebody with the file and without scruples does."""
    connection = sqlite3.connect(record.place)
    for action in ("update", "delete"):
        connection.execute(f"DROP TRIGGER IF EXISTS sign_offs_no_{action}")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_entries_come_back_in_order_with_their_hashes(record: Record) -> None:
    first = record.append(ENTRY)
    second = record.append(replace(ENTRY, name="C.D.", remark="né à l'hôpital", objects=("1.2", "3.4")))
    assert record.entries("S-001") == (first, second)
    assert (first.previous, second.previous) == ("", first.record)
    assert record.problems() == ()


def test_cases_have_chains_of_their_own(record: Record) -> None:
    record.append(ENTRY)
    other = record.append(replace(ENTRY, case="S-002"))
    assert other.previous == ""
    assert [one.case for one in record.entries()] == ["S-001", "S-002"]
    assert record.entries("S-002") == (other,)


def test_a_record_that_isnt_there_has_no_entries_and_isnt_made_by_reading(record: Record) -> None:
    assert record.entries() == ()
    assert not Path(record.place).exists()


@pytest.mark.parametrize("statement", ["UPDATE sign_offs SET content = ''", "DELETE FROM sign_offs"])
def test_the_database_itself_refuses_changes(record: Record, statement: str) -> None:
    record.append(ENTRY)
    connection = sqlite3.connect(record.place)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()


def test_a_changed_entry_shows(record: Record) -> None:
    record.append(replace(ENTRY, decision=Decision.REJECTED, remark="GTV"))
    record.append(ENTRY)
    tampered(record, "UPDATE sign_offs SET content = replace(content, 'rejected', 'approved') WHERE number = 1")
    assert ["changed after it was written" in problem for problem in record.problems()] == [True]
    with pytest.raises(InputError, match="tampered with"):
        record.append(ENTRY)


def test_an_entry_that_was_taken_out_shows(record: Record) -> None:
    for name in ("A.B.", "C.D.", "E.F."):
        record.append(replace(ENTRY, name=name))
    tampered(record, "DELETE FROM sign_offs WHERE number = 2")
    chain, row = record.problems()
    assert "doesn't follow the entry before it" in chain
    assert "row 3 stands where row 2 should" in row


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            "\"case\" = 'Z' WHERE number = 3",
            "row 3 (S-001, contours rejected, E.F., 2025-03-14) was changed after it was",
        ),
        ("\"case\" = 'S-003' WHERE number = 2", "column case is 'S-003', and its entry has 'S-002'"),
        ("previous = 'ab' WHERE number = 3", "column previous is 'ab'"),
        (
            "record = 'ab' WHERE number = 3",
            "S-001: entry 2 (contours, radiation-oncologist, E.F., 2025-03-14) was changed",
        ),
        ("number = 7 WHERE number = 3", "row 7 stands where row 3 should"),
        ("number = 0 WHERE number = 1", "row 0 stands where row 1 should"),
        ("number = -number", "S-001: entry 1"),
        ("content = replace(content, 'S-001', 'Z'), \"case\" = 'Z' WHERE number = 3", "Z: entry 1"),
    ],
)
def test_a_row_that_was_changed_beside_its_entry_shows_in_every_case(record: Record, change: str, problem: str) -> None:
    record.append(ENTRY)
    record.append(replace(ENTRY, case="S-002", name="C.D."))
    record.append(replace(ENTRY, name="E.F.", decision=Decision.REJECTED, remark="GTV"))
    tampered(record, f"UPDATE sign_offs SET {change}")
    assert any(problem in one for one in record.problems())
    for case in ("S-001", "S-002", "Z", None):
        with pytest.raises(InputError, match="the record was tampered with"):
            record.entries(case)
    with pytest.raises(InputError, match="the record was tampered with"):
        record.append(ENTRY)


@pytest.mark.parametrize("which", ["number = 2", "number > 0"])
def test_entries_that_were_cut_off_at_the_end_show_by_the_last_number(record: Record, which: str) -> None:
    record.append(ENTRY)
    record.append(replace(ENTRY, decision=Decision.REJECTED, remark="GTV"))
    tampered(record, f"DELETE FROM sign_offs WHERE {which}")
    (problem,) = record.problems()
    assert "were taken out: 2 were written" in problem
    with pytest.raises(InputError, match="tampered with"):
        record.entries("S-001")


def test_an_entry_that_could_not_be_written_leaves_no_gap(record: Record) -> None:
    first = record.append(ENTRY)
    values = {"case": first.case, "previous": "", "record": "ab", "content": "{}"}
    with pytest.raises(IntegrityError), record._engine.begin() as connection:
        connection.execute(record._table.insert().values(**values))
    record.append(ENTRY)
    assert record.problems() == ()


def test_a_damaged_entry_is_an_error_in_one_line(record: Record) -> None:
    record.append(ENTRY)
    for content in ("nothing", "[]"):
        tampered(record, f"UPDATE sign_offs SET content = '{content}'")
        with pytest.raises(InputError, match=r"an entry is damaged \(row 1: "):
            record.entries()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / RECORD_NAME
    path.write_text("not a database, but long enough to look like a file of one" * 20)
    with pytest.raises(InputError, match="can't be read"):
        Record(path).entries()


def test_a_folder_that_isnt_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be written to"):
        Record(tmp_path / "nowhere" / RECORD_NAME).append(ENTRY)


@pytest.mark.parametrize("url", ["nosuchdatabase://me:secret@somewhere/record", "postgresql+nosuch://me:secret@x:y/z"])
def test_an_unknown_database_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UsageError, match="no database") as refused:
        Record(url)
    assert "secret" not in str(refused.value)


def test_a_path_with_signs_that_urls_use_is_a_file(tmp_path: Path) -> None:
    place = tmp_path / "50% #1 é&x=1" / RECORD_NAME
    place.parent.mkdir()
    record = Record(place)
    record.append(ENTRY)
    assert place.is_file()
    assert len(record.entries()) == 1


def test_the_record_is_closed_after_each_use_and_can_be_deleted(record: Record) -> None:
    record.append(ENTRY)
    assert record.entries() and not record.problems()
    if sys.platform == "linux":
        held = [path.resolve() for path in Path("/proc/self/fd").iterdir() if path.exists()]
        assert Path(record.place).resolve() not in held
    Path(record.place).unlink()
    assert not list(Path(record.place).parent.iterdir())


def test_the_table_is_one_that_postgresql_knows() -> None:
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateTable

    table = Record("sqlite://")._table
    statement = str(CreateTable(table).compile(dialect=postgresql.dialect()))
    assert 'UNIQUE ("case", previous)' in statement
    assert "SERIAL" in statement


def test_an_entry_needs_a_case_and_a_name(record: Record) -> None:
    for entry in (replace(ENTRY, case=""), replace(ENTRY, name=" ")):
        with pytest.raises(UsageError, match="a case and a name"):
            record.append(entry)


@pytest.mark.parametrize("text", ["A\x1b[2JB", "A\nPASS", "A\x9b2J", "A\u2028B", "A\0"])
def test_texts_that_steer_a_terminal_are_refused_and_never_read(record: Record, text: str) -> None:
    for entry in (replace(ENTRY, name=text), replace(ENTRY, remark=text), replace(ENTRY, case=text)):
        with pytest.raises(UsageError, match="one line each"):
            record.append(entry)
    record.append(ENTRY)
    tampered(record, f"UPDATE sign_offs SET content = replace(content, 'A.B.', '{json.dumps(text)[1:-1]}')")
    with pytest.raises(InputError, match="damaged"):
        record.entries()


def test_entries_written_at_one_moment_make_one_chain(record: Record) -> None:
    record.append(ENTRY)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: record.append(replace(ENTRY, name=name)), "ABCD"))
    entries = record.entries("S-001")
    assert sorted(one.name for one in entries[1:]) == list("ABCD")
    assert record.problems() == ()


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
entries = st.builds(
    SignOff,
    st.sampled_from(Subject),
    st.sampled_from(Role),
    texts,
    st.dates(),
    st.sampled_from(Decision),
    texts,
    st.integers(1, 9),
    st.lists(texts, max_size=3).map(tuple),
    case=texts,
)


@given(st.lists(entries, min_size=1, max_size=4), st.data())
def test_any_change_of_any_entry_breaks_the_chain(some: list[SignOff], data: st.DataObject) -> None:
    chain: list[SignOff] = []
    for entry in some:
        chain.append(chained(entry, chain[-1].record if chain else ""))
    assert not list(chain_problems(chain))
    assert [entry_of(plain_entry(one)) for one in chain] == chain
    index = data.draw(st.integers(0, len(chain) - 1))
    other = replace(chain[index], remark=chain[index].remark + "x")
    assert list(chain_problems([*chain[:index], other, *chain[index + 1 :]]))


def test_what_is_signed_are_the_files_by_their_hashes() -> None:
    study = sample()
    contours, plan = (signed_objects(study, subject) for subject in (Subject.CONTOURS, Subject.PLAN))
    assert contours == (study.structure_set.source.sha256,)
    assert set(plan) == {study.structure_set.source.sha256, study.plans[0].source.sha256, study.dose.source.sha256}


def test_a_case_is_filed_under_its_subject_code_and_never_under_the_patients_id() -> None:
    study = sample()
    assert case_code(study, CaseSheet(subject="S-001")) == "S-001"
    code = case_code(study, NOTHING_DECLARED)
    assert code.startswith("patient-")
    assert study.patient.patient_id not in code


def test_a_record_beside_a_case_is_found(tmp_path: Path) -> None:
    assert record_beside(tmp_path) is None
    (tmp_path / RECORD_NAME).write_bytes(b"")
    assert record_beside(tmp_path) == tmp_path / RECORD_NAME
    assert record_beside([tmp_path]) is None
