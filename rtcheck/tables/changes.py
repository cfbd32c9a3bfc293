"""What a table changes in the rows of the tables that it extends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import ValidationError

from rtcheck.constraint import Constraint, Group, GroupKind
from rtcheck.document import Document, Loc, Place, closest
from rtcheck.finding import Source
from rtcheck.protocol import Change
from rtcheck.tables import build
from rtcheck.tables.keys import Cited
from rtcheck.tables.problems import note_all
from rtcheck.tables.rows import Row
from rtcheck.tables.schema import Override, TableFile

Keys = Mapping[str, object]
#: Parts of a row that the publication backs only as they are: what is asked, of what, of whom, and on which schedule.
_BACKED = (
    *("roi", "metric", "goal", "acceptable", "basis", "regimen", "role"),
    *("patients", "group", "native_fractions", "alpha_beta_gy"),
)
#: A key that no part of a row keeps: it says that a suspicious number is meant.
_HOT = "hot_volume_intended"
#: Keys that say how well a number is backed; a change of one is always told.
_BACKING = ("status", "transcriptions", "source", "citation")
#: A value that is longer is only said to have changed.
_LONG = 60
_UNVERIFIED = "unverified"


@dataclass(frozen=True)
class Inherited:
    """A row of a table that another extends: its value, and its keys as written."""

    constraint: Constraint
    keys: Keys


@dataclass(frozen=True)
class Asked:
    """What one table makes of the rows that it takes over."""

    rows: tuple[Inherited, ...]
    changes: tuple[Change, ...]


def check_changes(document: Document, base: Mapping[str, Inherited]) -> dict[str, Row]:
    """Note what is wrong in a file's ``override`` and ``off``; the rows as the overrides change them, by id."""
    known = _check_ids(document, base)
    changed: dict[str, Row] = {}
    for loc in known:
        if loc[0] == "override" and (row := _changed(document, loc, base[str(document.at(*loc, "id"))])):
            changed[row.id] = row
    for loc, _ in document.items("rows"):
        row_id = document.at(*loc, "id")
        if isinstance(row_id, str) and row_id in base:
            where = base[row_id].constraint.source.table
            message = f"id: {row_id!r} is a row of {where}, too; change that one under 'override'"
            document.note(document.place_of((*loc, "id")), message)
    return changed


def asked(
    model: TableFile,
    document: Document,
    base: Mapping[str, Inherited],
    changed: Mapping[str, Row],
    groups: Mapping[str, Group],
) -> Asked:
    """The rows taken over by a file without problems: changed ones, and those that stay, in the order of the base."""
    file = document.name
    rows, changes = dict(base), []
    for index, override in enumerate(model.override):
        old, keys = base[override.id], _given(document, ("override", index))
        line = document.place_of(("override", index)).line
        source = Source(model.id, override.id, file, line, _citation(old, override, model))
        new = build.constraint(changed[override.id], source, groups)
        what = _what(old.constraint, new, old.keys, keys)
        rows[override.id] = _overridden(old, new, keys, f"{what} of {_owner(old)}: {override.because}")
        changes.append(Change(override.id, what, override.because, file, line))
    for index, off in enumerate(model.off):
        del rows[off.id]
        changes.append(Change(off.id, "not asked", off.because, file, document.place_of(("off", index)).line))
    return Asked(_without_broken_sets(base, rows, model.id), tuple(changes))


def _check_ids(document: Document, base: Mapping[str, Inherited]) -> list[Loc]:
    """The changes of rows that are there, each named once."""
    first: dict[str, tuple[str, int]] = {}
    known = []
    for loc in [loc for name in ("override", "off") for loc, _ in document.items(name)]:
        row_id, place = document.at(*loc, "id"), document.place_of((*loc, "id"))
        if not isinstance(row_id, str):
            continue
        if row_id not in base:
            hint = closest(row_id, base)
            document.note(place, f"id: the tables that this one extends have no row {row_id!r}{hint}")
        elif row_id in first:
            document.note(place, f"id: {row_id!r} is under '{first[row_id][0]}' in line {first[row_id][1]} already")
        else:
            known.append(loc)
        first.setdefault(row_id, (str(loc[0]), place.line))
    return known


def _changed(document: Document, loc: Loc, base: Inherited) -> Row | None:
    """A row with an override's keys in place of its own; None and problems noted where that is no row."""
    keys = _given(document, loc)
    if not keys:
        document.note(document.place_of(loc), f"override: no key of {base.constraint.id} is changed")
    if "limit" in keys and "acceptable" not in keys and base.keys.get("acceptable") is not None:
        also = f"the row of {_owner(base)} has acceptable {base.keys['acceptable']!r}, too"
        document.note(document.place_of((*loc, "limit")), f"limit: {also}; give 'acceptable', or null for none")
    _check_backing(document, loc, keys)

    def place_of(path: Loc, key: bool) -> Place:
        # A key that the override doesn't give is wrong because of those that it gives.
        return document.place_of((*loc, *path), key=key) if path and path[0] in keys else document.place_of(loc)

    try:
        return Row.model_validate({**base.keys, **keys})
    except ValidationError as error:
        note_all(error, Row, document, place_of)
        return None


def _check_backing(document: Document, loc: Loc, keys: Keys) -> None:
    """A number is confirmed against a publication: who says that it was names the one."""
    if _cites(keys):
        return
    for key, harmless in (("status", _UNVERIFIED), ("transcriptions", None)):
        value = keys.get(key)
        if value is not None and value != harmless:
            message = f"{key}: {value} is said of a publication; give 'source' or 'citation' with it, or leave it out"
            document.note(document.place_of((*loc, key)), message)


def _given(document: Document, loc: Loc) -> dict[str, object]:
    """The keys of a row that an override gives, as written."""
    keys = document.at(*loc)
    given = keys if isinstance(keys, dict) else {}
    return {key: value for key, value in given.items() if key in Row.model_fields and key != "id"}


def _owner(row: Inherited) -> str:
    return row.constraint.source.table


def _citation(old: Inherited, override: Override, model: TableFile) -> str:
    """What the override cites itself, and what it changes."""
    own = build.citation_of(override, model.sources)
    return "; ".join(part for part in (own, f"{model.title}, changing {old.constraint.source.citation}") if part)


def _overridden(old: Inherited, new: Constraint, keys: Keys, text: str) -> Inherited:
    """A changed row; a number that isn't the publication's doesn't pass for one that was confirmed."""
    differs = any(getattr(new, part) != getattr(old.constraint, part) for part in _BACKED)
    written = {**old.keys, **keys}
    differs |= bool(written.get(_HOT)) != bool(old.keys.get(_HOT))
    # Another publication doesn't inherit how well this one was confirmed.
    if differs or _cites(keys):
        written["status"] = keys.get("status", _UNVERIFIED)
        written["transcriptions"] = keys.get("transcriptions")
        new = replace(new, transcriptions=new.transcriptions if "transcriptions" in keys else None)
    is_backed = not differs or _cites(keys)
    backing = "" if is_backed else "the publication and its rate belong to what is replaced, not to this number"
    overrides = "; ".join(part for part in (text, backing, old.constraint.overrides) if part)
    source = replace(new.source, status=str(written["status"]))
    return Inherited(replace(new, source=source, overrides=overrides), written)


def _cites(keys: Keys) -> bool:
    return any(keys.get(key) for key in ("source", "citation"))


def _what(old: Constraint, new: Constraint, before: Keys, keys: Keys) -> str:
    """``limit < 8 % in place of < 10 %``: what an override changes, key by key."""
    # Where in a publication a number stands is said where nothing else is changed.
    asks = [key for key in keys if key in _BACKING or key not in Cited.model_fields] or list(keys)
    parts = []
    for key in asks:
        then, now = before.get(key), keys[key]
        if key == "limit":
            then, now = str(old.goal), str(new.goal)
        if then != now:
            texts = (_text(now), _text(then))
            told = max(map(len, texts)) <= _LONG and texts[0] != texts[1]
            parts.append(f"{key} {texts[0]} in place of {texts[1]}" if told else f"another text of {key}")
    return ", ".join(parts) or "nothing that differs"


def _text(value: object) -> str:
    """A value as written, for the reader."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(_text(part) if key == "text" else f"{key} {_text(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(_text(part) for part in value)
    return str(value)


def _without_broken_sets(
    base: Mapping[str, Inherited], rows: Mapping[str, Inherited], table: str
) -> tuple[Inherited, ...]:
    """The rows; a set of which one is changed or isn't asked doesn't pass for the published one."""
    broken: dict[str, list[str]] = {}
    for row_id, before in base.items():
        group, now = before.constraint.group, rows.get(row_id)
        if group is None or group.kind is not GroupKind.SET:
            continue
        if now is None or any(getattr(now.constraint, part) != getattr(before.constraint, part) for part in _BACKED):
            broken.setdefault(group.id, []).append(row_id)
    return tuple(_in_broken_set(row, broken, table) for row in rows.values())


def _in_broken_set(row: Inherited, broken: Mapping[str, list[str]], table: str) -> Inherited:
    group = row.constraint.group
    if group is None or group.id not in broken:
        return row
    changed = ", ".join(broken[group.id])
    text = f"{group.text} (not the published set: {table} changes or doesn't ask {changed})"
    return replace(row, constraint=replace(row.constraint, group=replace(group, text=text)))
