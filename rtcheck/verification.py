"""A report recomputed from its inputs, and everything in which the two differ.

A report is trusted for nothing but what it asks for: its settings say what to recompute. Its bytes, its digest, the
hashes of all files that it names, and every finding are compared.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rtcheck.convention import Between, Convention, Ends
from rtcheck.dicom import digests
from rtcheck.errors import InputError, RtcheckError
from rtcheck.nomenclature import Names, shipped_names
from rtcheck.pipeline import Files, Result, check
from rtcheck.report import digest_of, serialised
from rtcheck.report.data import DIGEST, SCHEMA
from rtcheck.sheet import CaseSheet

#: Largest report that is read.
MAX_BYTES = 64 << 20
#: Numbers closer than this share are the same: other processors may round their last digits in another way.
SAME_SHARE = 1e-9
_MEND = "give a report that `rtcheck check -o report.json` wrote"


@dataclass(frozen=True)
class Difference:
    """One thing in which a report and its recomputation differ.

    Attributes
    ----------
    kind : str
        ``report``, ``input``, ``case-sheet``, ``sign-offs``, ``protocol``, ``table``, ``data``, ``software``,
        ``recomputation``, ``verdict``, ``finding`` or ``provenance``.
    where : str
        The file, finding or key concerned.
    message : str
        What differs, in one sentence.
    """

    kind: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.message}"


@dataclass(frozen=True, eq=False)
class Verification:
    """What came of recomputing a report.

    Attributes
    ----------
    verdict : str
        The report's own.
    time : str
        When it was made.
    findings : int
        How many it has.
    differences : tuple of Difference
        Empty where it could be recomputed to the last digit from the very same files.
    result : Result or None
        The recomputation; None where it wasn't possible.
    """

    verdict: str
    time: str
    findings: int
    differences: tuple[Difference, ...]
    result: Result | None

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def verify(
    report: str | Path | bytes,
    path: Files,
    *,
    protocol: str | Path | None = None,
    tables: Sequence[str | Path] = (),
    site: str | Path | None = None,
    sheet: str | Path | CaseSheet | None = None,
    record: str | Path | None = None,
    tuning: str | Path | None = None,
    names: Names | None = None,
) -> Verification:
    """Recompute a JSON report from its inputs and compare everything.

    Parameters
    ----------
    report : str, Path or bytes
    path : folder, zip, file, or list of files
        The inputs; a case sheet among them is read, as by `rtcheck.check`.
    protocol, tables, site, sheet, record, tuning : optional
        The files that the report was made with, where they were files of a clinic: a report names them and has their
        hashes, and not where they are.
    names : Names, optional
        A clinic's names, where the report was made with some.

    Raises
    ------
    InputError
        For a report that is none, or of another schema.
    """
    text, document = _read(report)
    found = list(_own_bytes(text, document))
    provenance = _mapping(document, "provenance")
    found += _inputs(provenance, path)
    given = {"protocol": protocol, "tables": tables, "site": site, "sheet": sheet, "record": record, "tuning": tuning}
    result: Result | None = None
    try:
        result = _recomputed(provenance, path, given, names)
    except RtcheckError as error:
        found.append(Difference("recomputation", "rtcheck check", f"isn't possible: {error}"))
    if result is not None:
        fresh = json.loads(result.to_json(scores="plan_score" in document))
        found += _compared(document, fresh)
    findings = document.get("findings")
    return Verification(
        str(document.get("verdict")),
        str(provenance.get("time")),
        len(findings) if isinstance(findings, list) else 0,
        tuple(found),
        result,
    )


def _read(report: str | Path | bytes) -> tuple[str, dict[str, object]]:
    where = "the report" if isinstance(report, bytes) else str(report)
    try:
        content = report if isinstance(report, bytes) else Path(report).read_bytes()
    except OSError as error:
        raise InputError(f"can't be read ({error.strerror})", where, _MEND) from None
    if len(content) > MAX_BYTES:
        raise InputError(f"larger than {MAX_BYTES >> 20} MB: no report", where, _MEND)
    try:
        text = content.decode("utf-8")
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"no JSON ({error}): it isn't a report, or was changed", where, _MEND) from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        schema = document.get("schema") if isinstance(document, dict) else None
        raise InputError(f"its schema is {schema!r}, not {SCHEMA!r}", where, _MEND)
    return text, document


def _own_bytes(text: str, document: Mapping[str, object]) -> Iterator[Difference]:
    """Whether the report is as it was written."""
    if document.get(DIGEST) != digest_of(document):
        yield Difference("report", DIGEST, "the digest isn't that of the report: it was changed after it was written")
    elif serialised(document) != text:
        yield Difference("report", "bytes", "the text isn't as rtcheck writes it: it was changed after it was written")


def _inputs(provenance: Mapping[str, object], path: Files) -> Iterator[Difference]:
    """Every input that the report names, against the files given: by content first, then by name."""
    named = [one for one in _list(provenance, "inputs") if isinstance(one, dict)]
    try:
        given = digests(path)
    except RtcheckError as error:
        yield Difference("input", "files", f"can't be read: {error}")
        return
    there = set(given.values())
    for one in named:
        name, sha256 = str(one.get("file")), one.get("sha256")
        if sha256 in there:
            continue
        what = f"{one.get('modality')} {one.get('sop_instance_uid')}"
        if name in given:
            yield Difference("input", name, f"changed: its bytes aren't those that the report was made from ({what})")
        else:
            yield Difference("input", name, f"isn't among the files ({what})")


def _recomputed(
    provenance: Mapping[str, object],
    path: Files,
    arguments: Mapping[str, object],
    names: Names | None,
) -> Result:
    settings = _mapping(provenance, "settings")
    confirmed = _mapping(settings, "names")
    if confirmed:
        names = (names or shipped_names()).with_confirmed({str(key): str(roi) for key, roi in confirmed.items()})
    recorded = [str(one.get("record") or "") for one in _list(provenance, "sign_offs") if isinstance(one, dict)]
    last = next((one for one in reversed(recorded) if one), "")
    plan = settings.get("plan")
    tables = arguments["tables"] or settings.get("tables") or ()
    protocol = arguments["protocol"] or settings.get("protocol")
    try:
        return check(
            path,
            None if protocol == "tables" else protocol,  # type: ignore[arg-type]
            tables=tables,  # type: ignore[arg-type]
            site=arguments["site"] or settings.get("site"),  # type: ignore[arg-type]
            plan=[str(one) for one in plan] if isinstance(plan, list) else None,
            dose=_text(settings, "dose"),
            structures=_text(settings, "structures"),
            normalisation=_text(settings, "normalisation"),
            child_pugh=_text(settings, "child_pugh"),
            prescriptions={str(key): str(value) for key, value in _mapping(settings, "prescriptions").items()},
            names=names,
            convert=settings.get("convert") is True,
            convention=Convention(Between(settings.get("between")), Ends(settings.get("ends"))),
            sheet=arguments["sheet"],  # type: ignore[arg-type]
            record=arguments["record"],  # type: ignore[arg-type]
            record_until=last,
            tuning=arguments["tuning"],  # type: ignore[arg-type]
            time=datetime.fromisoformat(str(provenance.get("time"))),
            show_name=settings.get("show_name") is True,
        )
    except (ValueError, TypeError) as error:
        if isinstance(error, RtcheckError):
            raise
        raise InputError(f"the report's settings make no sense ({error})", "provenance", _MEND) from None


def _compared(report: Mapping[str, object], fresh: Mapping[str, object]) -> Iterator[Difference]:
    if report.get("verdict") != fresh.get("verdict"):
        yield Difference("verdict", "verdict", f"the report says {report.get('verdict')}, now {fresh.get('verdict')}")
    yield from _files(_mapping(report, "provenance"), _mapping(fresh, "provenance"))
    yield from _findings(_list(report, "findings"), _list(fresh, "findings"))
    told = {"findings", "verdict", "provenance", DIGEST}
    for key in sorted((report.keys() | fresh.keys()) - told):
        if not _same(report.get(key), fresh.get(key)):
            yield Difference("report", key, _changed(report.get(key), fresh.get(key)))


#: Blocks of a report's provenance that are files of rtcheck's or of the clinic's, and what they are called.
_FILES = {
    "software": "software",
    "protocol": "protocol",
    "site": "table",
    "tables": "table",
    "data": "data",
    "plan_checks": "tuning",
    "case_sheet": "case-sheet",
    "sign_offs": "sign-offs",
}


def _files(report: Mapping[str, object], fresh: Mapping[str, object]) -> Iterator[Difference]:
    for key, kind in _FILES.items():
        yield from _blocks(kind, key, report.get(key), fresh.get(key))
    told = {*_FILES, "inputs", "time"}
    for key in sorted((report.keys() | fresh.keys()) - told):
        if not _same(report.get(key), fresh.get(key)):
            yield Difference("provenance", key, _changed(report.get(key), fresh.get(key)))
    known = {_sha(one) for one in _list(report, "inputs")}
    for one in _list(fresh, "inputs"):
        if _sha(one) not in known and isinstance(one, dict):
            yield Difference("input", str(one.get("file")), "is used now, and the report doesn't name its content")


def _blocks(kind: str, key: str, report: object, fresh: object) -> Iterator[Difference]:
    """The items of one block, by their id or file."""
    before, now = _by_name(key, report), _by_name(key, fresh)
    for name in dict.fromkeys([*before, *now]):
        one, other = before.get(name), now.get(name)
        if _same(one, other):
            continue
        if one is None or other is None:
            yield Difference(kind, name, "only in the report" if other is None else "isn't in the report")
        elif _sha(one) != _sha(other):
            yield Difference(kind, name, f"changed: SHA-256 {_sha(one)} in the report, {_sha(other)} now")
        else:
            yield Difference(kind, name, _changed(one, other))


def _by_name(key: str, block: object) -> dict[str, object]:
    if isinstance(block, list):
        return {_label(key, index, one): one for index, one in enumerate(block)}
    if isinstance(block, dict):
        return {str(block.get("file") or block.get("name") or key): block}
    return {}


def _label(key: str, index: int, one: object) -> str:
    if isinstance(one, dict):
        said = one.get("file") or one.get("record") or " ".join(str(one.get(part)) for part in ("of", "role", "name"))
        return str(said)
    return f"{key} {index + 1}"


def _findings(report: Sequence[object], fresh: Sequence[object]) -> Iterator[Difference]:
    if len(report) != len(fresh):
        yield Difference("finding", "findings", f"the report has {len(report)}, there are {len(fresh)} now")
    for one, other in zip(report, fresh, strict=False):
        if _same(one, other):
            continue
        if not isinstance(one, dict) or not isinstance(other, dict):
            yield Difference("finding", "findings", "not a finding")
            continue
        keys = [key for key in {**one, **other} if not _same(one.get(key), other.get(key))]
        yield Difference(
            "finding",
            _finding_label(other),
            "; ".join(f"{key}: {_changed(one.get(key), other.get(key))}" for key in keys),
        )


def _finding_label(finding: Mapping[str, object]) -> str:
    source = finding.get("source")
    row = source.get("row") if isinstance(source, dict) else ""
    return " ".join(str(part) for part in (row, finding.get("subject"), finding.get("metric")) if part)


def _changed(before: object, now: object) -> str:
    return f"{_short(before)} in the report, {_short(now)} now"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _same(one: object, other: object) -> bool:
    """Equality of plain data; numbers but for the last digits."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) or isinstance(other, float):
        numbers = isinstance(one, int | float) and isinstance(other, int | float)
        return numbers and math.isclose(one, other, rel_tol=SAME_SHARE, abs_tol=1e-12)  # type: ignore[arg-type]
    return type(one) is type(other) and one == other


def _sha(one: object) -> object:
    return one.get("sha256") if isinstance(one, dict) else None


def _mapping(data: Mapping[str, object], key: str) -> dict[str, object]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _list(data: Mapping[str, object], key: str) -> list[object]:
    value = data.get(key)
    return value if isinstance(value, list) else []


def _text(data: Mapping[str, object], key: str) -> str | None:
    value = data.get(key)
    return value if isinstance(value, str) else None
