"""The whole of it: hashes, recomputation, comparison."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rtcheck.errors import InputError, RtcheckError
from rtcheck.nomenclature import Names
from rtcheck.pipeline import Files, Result
from rtcheck.plan_checks import Tuning
from rtcheck.report import digest_of
from rtcheck.report.redaction import redaction
from rtcheck.sheet import CaseSheet, SignOff
from rtcheck.verification.documents import documents
from rtcheck.verification.files import clinics, inputs, kept_digest, own_bytes
from rtcheck.verification.model import Arguments, Difference, Given, Report, Verification
from rtcheck.verification.names import as_named, runtime
from rtcheck.verification.plain import list_of, mapping_of
from rtcheck.verification.reading import given_files, read_report
from rtcheck.verification.recompute import later_sign_offs, recomputed


def verify(
    report: str | Path | bytes,
    path: Files,
    *,
    protocol: str | Path | None = None,
    tables: Sequence[str | Path] = (),
    site: str | Path | None = None,
    sheet: str | Path | CaseSheet | None = None,
    record: str | Path | None = None,
    tuning: str | Path | Tuning | None = None,
    names: str | Path | Names | None = None,
    digest: str | None = None,
) -> Verification:
    """Recompute a JSON report from its inputs and compare everything.

    Parameters
    ----------
    report : str, Path or bytes
    path : folder, zip, file, or list of files
        The inputs; a case sheet among them is read, as by `rtcheck.check`.
    protocol, tables, site, sheet, record, tuning, names : optional
        What the report was made with, where it was the clinic's: a report names such files and has their hashes, and
        not where they are.
    digest : str, optional
        The report's digest as it was kept elsewhere, or its first characters.

    Raises
    ------
    InputError
        For a report that is none, or of another schema.
    UsageError
        For a digest that is none.
    """
    read = read_report(report)
    kept = tuple(kept_digest(read, digest))
    arguments = Arguments(protocol, tuple(tables), site, sheet, record, tuning, names)
    given = given_files(path, arguments)
    result: Result | None = None
    problem: RtcheckError | None = None
    later: tuple[SignOff, ...] = ()
    try:
        result = recomputed(read.provenance, path, arguments)
        later = later_sign_offs(read.provenance, path, arguments, result)
    except RtcheckError as error:
        problem = error
    found, remarks = compared(read, given, _again(read, result), _redact(result))
    return Verification(
        verdict=str(read.document.get("verdict")),
        time=str(read.provenance.get("time")),
        digest=digest_of(read.document),
        findings=len(list_of(read.document, "findings")),
        differences=(*kept, *found, *_impossible(problem, found)),
        remarks=remarks,
        result=result,
        later_sign_offs=later,
    )


def compared(
    report: Report,
    given: Given,
    fresh: Mapping[str, object] | None,
    redact: Callable[[str], str] = str,
) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
    """Everything in which a report differs from the files given and from its recomputation; and remarks.

    Parameters
    ----------
    report : Report
    given : Given
    fresh : mapping or None
        The recomputed report, as plain data; None where it couldn't be.
    redact : callable
        What takes the patient's name out of names of files, where the report doesn't have it.
    """
    given = replace(given, inputs=tuple((redact(name), sha256) for name, sha256 in given.inputs))
    before, now = report.provenance, None if fresh is None else mapping_of(fresh, "provenance")
    found = [*own_bytes(report), *given.problems, *inputs(before, given, now), *clinics(before, given)]
    if fresh is None or now is None:
        return tuple(found), ()
    told = {(one.kind, one.where) for one in found}
    named, remarks = as_named(report.document, fresh)
    found += [one for one in documents(report.document, named) if (one.kind, one.where) not in told]
    return tuple(found), (*remarks, *runtime(before, now))


def _again(report: Report, result: Result | None) -> dict[str, object] | None:
    """The recomputed report as it would be read."""
    if result is None:
        return None
    document = json.loads(result.to_json(scores="plan_score" in report.document))
    assert isinstance(document, dict)
    return document


def _redact(result: Result | None) -> Callable[[str], str]:
    if result is None or result.show_name:
        return str
    return redaction(result.case.study.patient, result.case.sheet.subject)


def _impossible(problem: RtcheckError | None, found: Sequence[Difference]) -> tuple[Difference, ...]:
    """Why there is no recomputation, where that isn't told of an input already."""
    if problem is None:
        return ()
    where = problem.where if isinstance(problem, InputError) else ""
    if where and any(one.kind == "input" and one.where == where for one in found):
        return ()
    return (Difference("recomputation", "rtcheck check", f"isn't possible: {problem}"),)
