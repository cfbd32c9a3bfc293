"""Entries chained by hash: each holds the hash of the one before it, so that none can be changed or left out unseen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256

from rtcheck.sheet import Decision, Role, SignOff, Subject


def plain_entry(entry: SignOff) -> dict[str, object]:
    """An entry as plain data, with its hashes: what a report and a database keep of it."""
    return {**_body(entry), "record": entry.record or None}


def entry_of(data: Mapping[str, object]) -> SignOff:
    """The entry of plain data.

    Raises
    ------
    ValueError
        For data that are none.
    """
    try:
        objects = data.get("objects") or []
        if not isinstance(objects, list):
            raise ValueError("objects are no list")
        return SignOff(
            Subject(data["of"]),
            Role(data["role"]),
            str(data["name"]),
            date.fromisoformat(str(data["date"])),
            Decision(data["decision"]),
            str(data.get("remark") or ""),
            int(str(data.get("round", 1))),
            tuple(str(one) for one in objects),
            str(data.get("case") or ""),
            str(data.get("written") or ""),
            str(data.get("previous") or ""),
            str(data.get("record") or ""),
        )
    except KeyError as error:
        raise ValueError(f"{error.args[0]} is missing") from None


def chained(entry: SignOff, previous: str) -> SignOff:
    """An entry with the hash of the one before it, and its own."""
    linked = replace(entry, previous=previous, record="")
    return replace(linked, record=digest_of(linked))


def digest_of(entry: SignOff) -> str:
    """SHA-256 of an entry without its own hash: of its JSON with sorted keys and without blanks, in UTF-8."""
    text = json.dumps(_body(entry), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def chain_problems(entries: Sequence[SignOff]) -> Iterator[str]:
    """What is wrong with the entries of one case, from its first to its last.

    That entries were cut off at the end doesn't show here: whoever kept a later hash, as every report does, sees it.
    """
    previous = ""
    for number, entry in enumerate(entries, start=1):
        who = f"entry {number} ({entry.subject.value}, {entry.role.value}, {entry.name}, {entry.date.isoformat()})"
        if entry.previous != previous:
            yield f"{who} doesn't follow the entry before it: one was changed, left out or put in"
        if entry.record != digest_of(entry):
            yield f"{who} was changed after it was written"
        previous = entry.record


def _body(entry: SignOff) -> dict[str, object]:
    return {
        "case": entry.case or None,
        "of": entry.subject.value,
        "role": entry.role.value,
        "name": entry.name,
        "date": entry.date.isoformat(),
        "decision": entry.decision.value,
        "round": entry.round,
        "remark": entry.remark,
        "objects": list(entry.objects),
        "written": entry.written or None,
        "previous": entry.previous or None,
    }
