"""Plain data of JSON: its parts by their kinds, whether two are the same, and how a difference is said."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

#: Numbers closer than this share are the same: other processors may round their last digits in another way.
SAME_SHARE = 1e-9
_LONGEST = 120


def is_same(one: object, other: object) -> bool:
    """Equality of plain data; numbers but for the last digits."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other or math.isclose(one, other, rel_tol=SAME_SHARE, abs_tol=1e-12)
    return type(one) is type(other) and one == other


def changed(before: object, now: object) -> str:
    """What stands in a report, and what is found now."""
    return f"{_short(before)} in the report, {_short(now)} now"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names, of many the first."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def mapping_of(data: Mapping[str, object], key: str) -> dict[str, object]:
    """The object under a key; an empty one where there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def list_of(data: Mapping[str, object], key: str) -> list[object]:
    """The list under a key; an empty one where there is none."""
    value = data.get(key)
    return value if isinstance(value, list) else []


def dicts_of(data: Mapping[str, object], key: str) -> list[dict[str, object]]:
    """The objects of the list under a key."""
    return [one for one in list_of(data, key) if isinstance(one, dict)]


def text_of(data: Mapping[str, object], key: str) -> str | None:
    """The text under a key; None where there is none."""
    value = data.get(key)
    return value if isinstance(value, str) else None


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
