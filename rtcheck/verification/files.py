"""A report against bytes: its own, its inputs', and those of the files of the clinic that it was made with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rtcheck.errors import UsageError
from rtcheck.report import digest_of, serialised
from rtcheck.report.data import DIGEST
from rtcheck.verification.model import KINDS, Difference, Given, Report, blocks_of
from rtcheck.verification.plain import changed, dicts_of

#: Fewer characters of a digest tell nothing.
_FEWEST = 8


def own_bytes(report: Report) -> Iterator[Difference]:
    """Whether the report is as it was written."""
    if report.document.get(DIGEST) != digest_of(report.document):
        yield Difference("report", DIGEST, "the digest isn't that of the report: it was changed after it was written")
        return
    written = serialised(report.document)
    if report.text != written:
        crlf = report.text.replace("\r\n", "\n") == written
        what = "its lines end with CRLF" if crlf else "the text isn't as rtcheck writes it"
        yield Difference("report", "bytes", f"{what}: it was saved by something else after it was written")


def kept_digest(report: Report, kept: str | None) -> Iterator[Difference]:
    """Whether the report is the one whose digest was kept elsewhere; `UsageError` for what is no digest."""
    if kept is None:
        return
    kept = kept.strip().lower()
    if not re.fullmatch(rf"[0-9a-f]{{{_FEWEST},64}}", kept):
        raise UsageError(f"{kept!r} is no digest; give its 64 characters, or the first {_FEWEST} at least")
    now = digest_of(report.document)
    if not now.startswith(kept):
        yield Difference("report", "kept digest", f"another report's: {kept} was kept, and this one's is {now}")


def inputs(before: Mapping[str, object], given: Given, now: Mapping[str, object] | None) -> Iterator[Difference]:
    """Every input that a provenance names against the files, by content first, then by name; and these against it.

    Parameters
    ----------
    before : mapping
        The report's provenance.
    given : Given
    now : mapping or None
        The recomputation's.
    """
    used, others = dicts_of(before, "inputs"), dicts_of(before, "other_inputs")
    there, names = {sha256 for _, sha256 in given.inputs}, {name for name, _ in given.inputs}
    told = {one.where for one in given.problems}
    for one in (*used, *others):
        name = str(one.get("file"))
        if one.get("sha256") in there or name in told:
            continue
        what = " ".join(str(one[key]) for key in ("modality", "sop_instance_uid") if key in one) or "not used"
        if name in names:
            yield Difference("input", name, f"changed: its bytes aren't those that the report was made with ({what})")
        elif not given.problems:  # those after a file that can't be read weren't looked at
            yield Difference("input", name, f"isn't among the files ({what})")
        told.add(name)
    known = {one.get("sha256") for one in (*used, *others)}
    if isinstance(before.get("other_inputs"), list):
        added = {name for name, sha256 in given.inputs if sha256 not in known and name not in told}
        yield from (Difference("input", name, "isn't in the report: it was added") for name in sorted(added))
        told |= added
    if now is not None:
        yield from _used(used, dicts_of(now, "inputs"), there, told)


def clinics(before: Mapping[str, object], given: Given) -> Iterator[Difference]:
    """The clinic's files that a provenance names against those given, whether they can be understood or not."""
    for key, name, sha256 in given.clinics:
        for one in blocks_of(before, key):
            if one.get("file") == name and one.get("sha256") != sha256:
                yield Difference(KINDS[key], name, f"changed: SHA-256 {changed(one.get('sha256'), sha256)}")


def _used(
    before: Sequence[Mapping[str, object]], now: Sequence[Mapping[str, object]], there: set[str], told: set[str]
) -> Iterator[Difference]:
    """Whether the findings are made from the same of the files that are there."""
    then, again = ({one.get("sha256"): one for one in some} for some in (before, now))
    for sha256, one in again.items():
        name, named = str(one.get("file")), then.get(sha256)
        if named is None:
            if name not in told:
                yield Difference("input", name, "is used now, and wasn't for the report")
            continue
        for key in ("modality", "sop_instance_uid"):
            if named.get(key) != one.get(key):
                yield Difference("input", name, f"{key}: {changed(named.get(key), one.get(key))}")
    for sha256, one in then.items():
        if sha256 in there and sha256 not in again:
            yield Difference("input", str(one.get("file")), "isn't used now, and was for the report")
    counts = (Counter(str(one.get("sha256")) for one in some) for some in (before, now))
    if len(then) != len(before) and len({frozenset(count.items()) for count in counts}) > 1:
        yield Difference("report", "inputs", "names a file several times")
