"""What may be called otherwise, or lie beside the inputs, without a report being another: told, not held against it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from rtcheck.verification.plain import dicts_of, list_of, listed, mapping_of

#: Reason of the finding that names files which are no DICOM.
_IGNORED = "ignored-files"


def as_named(before: Mapping[str, object], fresh: Mapping[str, object]) -> tuple[Mapping[str, object], tuple[str, ...]]:
    """A recomputed report with the names that the files had, and the remarks that its files call for.

    Parameters
    ----------
    before, fresh : mapping
        The report, and the recomputed one.
    """
    was, now = mapping_of(before, "provenance"), mapping_of(fresh, "provenance")
    then, today = _names(was), _names(now)
    renamed = {name: then[sha256] for sha256, name in today.items() if then.get(sha256, name) != name}
    remarks: list[str] = []
    if renamed:
        name, former = next(iter(renamed.items()))
        many = "a file has another name" if len(renamed) == 1 else f"{len(renamed)} files have other names"
        remarks.append(f"{many}, and the same content: {former} is {name} now")
        fresh = _renamed(fresh, renamed)
    ignored = mapping_of(fresh, "provenance").get("ignored_files")
    if was.get("ignored_files") != ignored:
        remarks += _others(was.get("ignored_files"), ignored)
        fresh = {**fresh, "findings": _with_note(list_of(fresh, "findings"), list_of(before, "findings"))}
    return fresh, tuple(remarks)


def runtime(before: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    """What computed the two, where it isn't the same."""
    was, are = mapping_of(before, "runtime"), mapping_of(now, "runtime")
    for name in dict.fromkeys([*was, *are]):
        if was.get(name) != are.get(name):
            yield f"{name}: {was.get(name)} when the report was made, {are.get(name)} now"


def _names(provenance: Mapping[str, object]) -> dict[object, str]:
    """Names of the DICOM files by their content."""
    every = (one for key in ("inputs", "other_inputs") for one in dicts_of(provenance, key))
    return {one.get("sha256"): str(one.get("file")) for one in every}


def _renamed(document: Mapping[str, object], names: Mapping[str, str]) -> Mapping[str, object]:
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w/])(?:{either})(?![\w/])")

    def told(value: object) -> object:
        if isinstance(value, str):
            return pattern.sub(lambda match: names[match[0]], value)
        if isinstance(value, dict):
            return {key: told(one) for key, one in value.items()}
        return [told(one) for one in value] if isinstance(value, list) else value

    return {key: told(value) for key, value in document.items()}


def _with_note(findings: Sequence[object], before: Sequence[object]) -> list[object]:
    """Recomputed findings with the report's note about files that are no DICOM in place of theirs."""
    place = next((index for index, one in enumerate(before) if _is_note(one)), len(before))
    others = [one for one in findings if not _is_note(one)]
    return [*others[:place], *(one for one in before if _is_note(one)), *others[place:]]


def _is_note(finding: object) -> bool:
    return isinstance(finding, dict) and finding.get("reason") == _IGNORED and finding.get("verdict") == "INFO"


def _others(before: object, now: object) -> Iterator[str]:
    if not isinstance(before, list) or not isinstance(now, list):
        yield "the report doesn't say what else was given with its inputs"
        return
    was, are = ({PurePosixPath(str(name)).name for name in names} for names in (before, now))
    if added := sorted(are - was):
        yield f"no DICOM, and not there when the report was made: {listed(added)}"
    if gone := sorted(was - are):
        yield f"no DICOM, and not there any more: {listed(gone)}"
