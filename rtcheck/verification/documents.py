"""A report against its recomputation, item by item."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence

from rtcheck.report.data import DIGEST
from rtcheck.report.redaction import REDACTED
from rtcheck.verification.model import KINDS, OPTIONS, Difference, blocks_of
from rtcheck.verification.plain import changed, is_same, list_of, mapping_of

#: What isn't compared as a whole: told item by item, or never held against a report.
_APART = frozenset({*KINDS, "inputs", "other_inputs", "ignored_files", "runtime", "time"})
#: Settings that name an object of the files, whose name may have been taken out: then it was asked for by its UID.
_OBJECTS = ("plan", "dose", "structures")
#: Settings that have parts of their own, which are compared with their hashes.
_WITH_HASHES = frozenset({"protocol", "tables", "site"})
#: Of findings with many differences these are told first, and so many in full.
_FIRST_KEYS, _MOST_KEYS = ("verdict", "observed", "message"), 3


def documents(before: Mapping[str, object], now: Mapping[str, object]) -> Iterator[Difference]:
    """What differs between a report and its recomputation, but for inputs, time and what computed them."""
    if before.get("verdict") != now.get("verdict"):
        yield Difference("verdict", "verdict", changed(before.get("verdict"), now.get("verdict")))
    yield from _provenances(mapping_of(before, "provenance"), mapping_of(now, "provenance"))
    yield from _findings(list_of(before, "findings"), list_of(now, "findings"))
    for key in sorted((before.keys() | now.keys()) - {"findings", "verdict", "provenance", DIGEST}):
        if not is_same(before.get(key), now.get(key)):
            yield Difference("report", key, changed(before.get(key), now.get(key)))


def _provenances(before: Mapping[str, object], now: Mapping[str, object]) -> Iterator[Difference]:
    for key in KINDS:
        yield from _blocks(key, before, now)
    for key in sorted((before.keys() | now.keys()) - _APART):
        one, other = before.get(key), now.get(key)
        if key == "settings":
            one, other = _settings(before, now)
        if not is_same(one, other):
            yield Difference("provenance", key, changed(one, other))


def _settings(before: Mapping[str, object], now: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """The settings of both, without those that may be said in two ways."""
    was, are = mapping_of(before, "settings"), mapping_of(now, "settings")
    apart = {*_WITH_HASHES, *(name for name in _OBJECTS if REDACTED in str(was.get(name)))}
    one, other = ({key: value for key, value in some.items() if key not in apart} for some in (was, are))
    return one, other


def _blocks(key: str, before: Mapping[str, object], now: Mapping[str, object]) -> Iterator[Difference]:
    """The items of one part, by their file or name."""
    was, are = _labelled(key, before), _labelled(key, now)
    option = f"; where it was the clinic's, give it with {OPTIONS[key]}" if key in OPTIONS else ""
    if len(was) == len(are) == 1 and not isinstance(before.get(key), list):  # the one there is, whatever its name
        ((name, one),), ((other_name, other),) = was.items(), are.items()
        was, are = {name: one}, {name: other}
        if name != other_name:
            now_is = f"{other_name} now" if other.get("file") else f"none now{option}"
            then_was = name if one.get("file") else "none"
            yield Difference(KINDS[key], name, f"{then_was} in the report, {now_is}")
            return
    for name in dict.fromkeys([*was, *are]):
        if name not in was or name not in are:
            said = "isn't in the report" if name not in was else f"only in the report{option}"
            yield Difference(KINDS[key], name, said)
        elif was[name].get("sha256") != are[name].get("sha256"):
            hashes = changed(was[name].get("sha256"), are[name].get("sha256"))
            yield Difference(KINDS[key], name, f"changed: SHA-256 {hashes}")
        elif parts := _parts(was[name], are[name]):
            yield Difference(KINDS[key], name, parts)


def _labelled(key: str, provenance: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    """The items of a part by a name for the reader; of several that have one name the later have a number."""
    found: dict[str, Mapping[str, object]] = {}
    for one in blocks_of(provenance, key):
        who = " ".join(str(one.get(part)) for part in ("of", "role", "name", "date") if part in one)
        name = label = str(one.get("file") or who or key)
        number = 1
        while label in found:
            number += 1
            label = f"{name} ({number})"
        found[label] = one
    return found


def _findings(before: Sequence[object], now: Sequence[object]) -> Iterator[Difference]:
    """Findings of one question against each other; what stands on one side alone; and their order."""
    pairs = _paired(before, now)
    for one, other in pairs:
        if one is None or other is None:
            said = "only in the report" if other is None else "isn't in the report"
            yield Difference("finding", _label(one if other is None else other), said)
        elif not is_same(one, other):
            yield Difference("finding", _label(other), _parts(one, other, _MOST_KEYS) or "isn't a finding")
    if len(before) == len(now) and [id(other) for _, other in pairs] != [id(one) for one in now]:
        yield Difference("finding", "findings", "stand in another order in the report")


def _paired(before: Sequence[object], now: Sequence[object]) -> list[tuple[object, object]]:
    """Each finding of a report with the one now that is the same in all, else of the same question, else of its row."""
    left = list(now)
    partner: dict[int, object] = {}
    for key in (_whole, _question, _row):
        waiting: dict[Hashable, list[object]] = {}
        for other in left:
            waiting.setdefault(key(other), []).append(other)
        for index, one in enumerate(before):
            if index not in partner and (some := waiting.get(key(one))):
                partner[index] = some.pop(0)
        matched = set(map(id, partner.values()))
        left = [other for other in left if id(other) not in matched]
    return [*((one, partner.get(index)) for index, one in enumerate(before)), *((None, other) for other in left)]


def _whole(finding: object) -> Hashable:
    return json.dumps(finding, sort_keys=True)


def _question(finding: object) -> Hashable:
    if not isinstance(finding, dict):
        return None
    return (_row(finding), *(str(finding.get(key)) for key in ("check", "subject", "metric", "lesion")))


def _row(finding: object) -> Hashable:
    source = finding.get("source") if isinstance(finding, dict) else None
    return (str(source.get("table")), str(source.get("row"))) if isinstance(source, dict) else None


def _label(finding: object) -> str:
    if not isinstance(finding, dict):
        return "findings"
    row = mapping_of(finding, "source").get("row")
    return " ".join(str(part) for part in (row, finding.get("subject"), finding.get("metric")) if part)


def _parts(one: object, other: object, most: int | None = None) -> str:
    """The keys in which two objects differ, with what both say of `most` of them; empty where nothing differs."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return ""
    keys = [key for key in dict.fromkeys([*_FIRST_KEYS, *one, *other]) if not is_same(one.get(key), other.get(key))]
    told = [f"{key}: {changed(one.get(key), other.get(key))}" for key in keys[:most]]
    return "; ".join([*told, *([f"also {', '.join(keys[most:])}"] if most and keys[most:] else [])])
