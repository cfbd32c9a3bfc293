"""Where the record is kept: one SQLite file beside the case, or any database that SQLAlchemy knows, by its URL."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from rtcheck.errors import InputError, UsageError
from rtcheck.printable import STEERING
from rtcheck.record.chain import chain_problems, chained, entry_of, plain_entry
from rtcheck.sheet import SignOff

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Table

#: The file beside a case that is found by itself.
RECORD_NAME = "signoffs.sqlite"
#: Controls, halves of characters, and breaks of lines and paragraphs.
_STEERING = re.compile(f"[{STEERING}\ud800-\udfff]")
#: How often an entry is tried again where another was written at the same moment.
TRIES = 5
T = TypeVar("T")


class _Row(NamedTuple):
    """One row of the table, by its columns."""

    number: int
    case: str
    previous: str
    record: str
    content: str


class Record:
    """A record of sign-offs: entries are appended and read, and never changed.

    Parameters
    ----------
    place : str or Path
        A file, which is SQLite, or a database URL (``postgresql+psycopg://...``). Made at the first entry.

    Raises
    ------
    UsageError
        Where SQLAlchemy isn't installed, or for a URL that it doesn't know.
    """

    def __init__(self, place: str | Path) -> None:
        self._is_url = "://" in str(place)
        self._engine, self._table = _engine(str(place), is_url=self._is_url)
        self.place = self._engine.url.render_as_string(hide_password=True) if self._is_url else str(place)

    def append(self, entry: SignOff) -> SignOff:
        """Write one decision after the last of its case; gives it as it stands in the record.

        Raises
        ------
        UsageError
            For an entry without a case or a name, or with control characters in a text.
        InputError
            Where the database can't be written to, or its chain is broken.
        """
        if not entry.case or not entry.name.strip():
            raise UsageError("a sign-off needs a case and a name")
        if not _is_one_line(entry):
            raise UsageError(
                "the case, the name and the remark of a sign-off are one line each, without control characters"
            )
        with self._faults("written to"):
            self._table.metadata.create_all(self._engine)
        for _ in range(TRIES):
            if (written := self._appended(entry)) is not None:
                return written
        raise InputError("others write to the record all the time", self.place, "try again")

    def entries(self, case: str | None = None) -> tuple[SignOff, ...]:
        """The entries of a case, or of all, from the first to the last; none where there is no record yet.

        Raises
        ------
        InputError
            Where it can't be read, holds something else, or was tampered with, in whichever case: a row that was
            changed may have been one of this case.
        """
        entries, problems = self.read(case)
        if problems:
            raise InputError(f"the record was tampered with: {problems[0]}", self.place, "restore it from a copy")
        return entries

    def problems(self) -> tuple[str, ...]:
        """What is wrong with the rows and with the chains of all cases; empty where nothing was changed."""
        return self.read()[1]

    def read(self, case: str | None = None) -> tuple[tuple[SignOff, ...], tuple[str, ...]]:
        """The entries of a case, or of all, and what is wrong with the whole record.

        Raises
        ------
        InputError
            Where it can't be read, or holds something else.
        """
        rows, last = self._rows()
        entries = [_entry(row, self.place) for row in rows]
        numbers = _number_problems(rows, last) if last is not None else ()
        problems = (*_chain_problems(entries), *_column_problems(rows, entries), *numbers)
        # By what the hash covers: the column would let an entry be moved out of its case.
        return tuple(one for one in entries if case is None or one.case == case), problems

    def _rows(self) -> tuple[list[_Row], int | None]:
        """All rows by their numbers, and the last number that was given; None where numbers may be left out."""
        if not self._is_url and not Path(self.place).exists():  # SQLite would make an empty one
            return [], None
        import sqlalchemy as sql  # noqa: PLC0415  an optional extra

        def read(connection: Connection) -> tuple[list[_Row], int | None]:
            inspector = sql.inspect(connection)
            if not inspector.has_table(self._table.name):
                return [], None
            last: int | None = None
            # Other databases don't give a number again that was taken by an entry that couldn't be written.
            if connection.dialect.name == "sqlite":
                given = sql.text("SELECT CAST(max(seq) AS INTEGER) FROM sqlite_sequence WHERE name = :name")
                is_kept = inspector.has_table("sqlite_sequence")
                # Before the rows: another entry may be written in between.
                last = (connection.scalar(given, {"name": self._table.name}) if is_kept else None) or 0
            query = self._table.select().order_by(self._table.c.number)
            return [_Row(*row) for row in connection.execute(query)], last

        return self._within(read, "read")

    def _appended(self, entry: SignOff) -> SignOff | None:
        """The entry as written; None where another one of its case was written at the same moment."""
        from sqlalchemy.exc import IntegrityError  # noqa: PLC0415

        before = self.entries(entry.case)
        written = datetime.now(UTC).isoformat(timespec="seconds")
        linked = chained(replace(entry, written=written), before[-1].record if before else "")
        content = json.dumps({**plain_entry(linked), "record": None}, ensure_ascii=False, sort_keys=True)
        row = {"case": linked.case, "previous": linked.previous, "record": linked.record, "content": content}
        try:
            self._within(lambda connection: connection.execute(self._table.insert().values(**row)), "written to")
        except IntegrityError:
            return None
        return linked

    def _within(self, work: Callable[[Connection], T], what: str) -> T:
        with self._faults(what), self._engine.begin() as connection:
            return work(connection)

    @contextmanager
    def _faults(self, what: str) -> Iterator[None]:
        """Turn faults of the database into ours; two entries at one moment are settled by who asked."""
        from sqlalchemy.exc import IntegrityError, SQLAlchemyError  # noqa: PLC0415

        try:
            yield
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            said = str(getattr(error, "orig", None) or error).splitlines()[0]
            mend = "give a sign-off record, in a folder that can be written to"
            raise InputError(f"the record can't be {what} ({said})", self.place, mend) from None


def record_beside(path: object) -> Path | None:
    """The record in a folder that was given alone; None where there is none."""
    if isinstance(path, str | Path) and Path(path).is_dir():
        found = Path(path) / RECORD_NAME
        return found if found.is_file() else None
    return None


def _entry(row: _Row, place: str) -> SignOff:
    try:
        data = json.loads(row.content)
        if not isinstance(data, dict):
            raise ValueError("no object of JSON")
        entry = replace(entry_of(data), record=row.record)
        if not _is_one_line(entry):
            raise ValueError("control characters in a text")
    except (ValueError, TypeError) as error:
        problem = f"an entry is damaged (row {row.number}: {error})"
        raise InputError(problem, place, "restore it from a copy") from None
    return entry


def _number_problems(rows: Sequence[_Row], last: int) -> Iterator[str]:
    """Numbers rise by one from 1 to the last that was given."""
    before = 0
    for row in rows:
        if row.number != before + 1:
            yield f"row {row.number} stands where row {before + 1} should: a row was taken out, or its number changed"
        before = row.number
    if last > before:
        yield f"the rows after number {before} were taken out: {last} were written"


def _column_problems(rows: Sequence[_Row], entries: Sequence[SignOff]) -> Iterator[str]:
    """No hash covers the columns; what they say must be what the entry says. `_chain_problems` look at `record`."""
    for row, entry in zip(rows, entries, strict=True):
        for column, said, own in (("case", row.case, entry.case), ("previous", row.previous, entry.previous)):
            if said != own:
                yield (
                    f"row {row.number} ({entry.case}, {entry.subject.value} {entry.decision.value}, {entry.name}, "
                    f"{entry.date.isoformat()}) was changed after it was written: column {column} is {said!r}, "
                    f"and its entry has {own!r}"
                )


def _chain_problems(entries: Sequence[SignOff]) -> Iterator[str]:
    by_case: dict[str, list[SignOff]] = {}
    for entry in entries:
        by_case.setdefault(entry.case, []).append(entry)
    for case, some in by_case.items():
        yield from (f"{case}: {problem}" for problem in chain_problems(some))


def _is_one_line(entry: SignOff) -> bool:
    """Whether no text of an entry could steer a terminal, or look like lines of a report."""
    return not any(_STEERING.search(text) for text in (entry.case, entry.name, entry.remark))


def _engine(place: str, *, is_url: bool) -> tuple[Engine, Table]:
    try:
        import sqlalchemy as sql  # noqa: PLC0415  an optional extra
    except ImportError:
        raise UsageError('the sign-off record needs SQLAlchemy: pip install "rtcheck[record]"') from None
    table = sql.Table(
        "sign_offs",
        sql.MetaData(),
        sql.Column("number", sql.Integer, primary_key=True, autoincrement=True),
        sql.Column("case", sql.String(128), nullable=False),
        # One entry alone follows another of its case: a fork can't be written.
        sql.Column("previous", sql.String(64), nullable=False),
        sql.Column("record", sql.String(64), nullable=False, unique=True),
        sql.Column("content", sql.Text, nullable=False),
        sql.UniqueConstraint("case", "previous"),
        sqlite_autoincrement=True,
    )
    for action in ("UPDATE", "DELETE"):
        trigger = sql.DDL(  # type: ignore[no-untyped-call]
            f"CREATE TRIGGER IF NOT EXISTS sign_offs_no_{action.lower()} BEFORE {action} ON sign_offs "
            "BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END"
        )
        sql.event.listen(table, "after_create", trigger.execute_if(dialect="sqlite"))
    try:
        # A path may have signs that mean something in a URL.
        url = sql.make_url(place) if is_url else sql.URL.create("sqlite", database=place)
        return sql.create_engine(url, poolclass=sql.pool.NullPool), table
    except (sql.exc.ArgumentError, ImportError, ValueError) as error:
        # What a URL has after its kind may be a password.
        why = f" ({error})" if isinstance(error, ImportError | sql.exc.NoSuchModuleError) else ""
        raise UsageError(f"{place.partition('://')[0]}://... is no database that can be used here{why}") from None
