"""A report, and the hashes of what it is verified with."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from rtcheck.dicom.files import find_files
from rtcheck.errors import InputError, RtcheckError
from rtcheck.pipeline import Files
from rtcheck.report import serialised
from rtcheck.report.data import SCHEMA
from rtcheck.tables.beside import Found, sheets_among
from rtcheck.verification.model import Arguments, Difference, Given, Report

#: Largest report that is read.
MAX_BYTES = 64 << 20
MEND = "give a report that `rtcheck check -o report.json` wrote"


def read_report(report: str | Path | bytes) -> Report:
    """Read a report.

    Raises
    ------
    InputError
        For one that is none, or of another schema.
    """
    where = "the report" if isinstance(report, bytes) else str(report)
    try:
        content = report if isinstance(report, bytes) else Path(report).read_bytes()
    except OSError as error:
        raise InputError(f"can't be read ({error.strerror})", where, MEND) from None
    if len(content) > MAX_BYTES:
        raise InputError(f"larger than {MAX_BYTES >> 20} MB: no report", where, MEND)
    try:
        text = content.decode("utf-8")
        document = json.loads(text, parse_constant=_no_number, parse_float=_number)
        serialised({"": document})  # what is nested too deep to be written again is refused here
    except (ValueError, RecursionError) as error:
        raise InputError(f"no JSON ({error}): it isn't a report, or was changed", where, MEND) from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        schema = document.get("schema") if isinstance(document, dict) else None
        raise InputError(f"its schema is {schema!r}, not {SCHEMA!r}", where, MEND)
    return Report(text, document)


def given_files(path: Files, arguments: Arguments) -> Given:
    """Hashes of the files that a report is verified with; what can't be read is among its problems."""
    inputs: list[tuple[str, str]] = []
    problems: list[Difference] = []
    try:
        for file in find_files(path):
            if file.data is not None:
                inputs.append((file.name, hashlib.sha256(file.data).hexdigest()))
    except InputError as error:
        problems.append(Difference("input", error.where or "files", f"can't be read: {error.problem}"))
    return Given(tuple(inputs), tuple(_clinics(path, arguments)), tuple(problems))


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _number(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _clinics(path: Files, arguments: Arguments) -> Iterator[tuple[str, str, str]]:
    """Key, name and SHA-256 of the clinic's files."""
    for key, file in arguments.files:
        yield key, file.name, hashlib.sha256(file.read_bytes()).hexdigest()
    if arguments.sheet is None:
        for found in _sheets(path):
            content = found.file[1] if isinstance(found.file, tuple) else found.file.read_bytes()
            yield "case_sheet", PurePath(found.name).name, hashlib.sha256(content).hexdigest()


def _sheets(path: Files) -> Sequence[Found]:
    """The case sheet among the files; none where several are, or where a zip can't be read: both are told elsewhere."""
    try:
        found = sheets_among(path)
    except RtcheckError:
        return ()
    return found if len(found) == 1 else ()
