"""Who is who among people that sign with a name or with initials."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import combinations

_TITLES = re.compile(r"^(?:(?:dr|prof|professor|med)\b\.?\s*)+(?=\S{2})", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W_]+")


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name without titles, points and case, the family name last: ``Berg, Anna`` is ``anna berg``."""
    plain = _TITLES.sub("", unicodedata.normalize("NFKC", name).strip(), count=1)
    family, comma, given = plain.partition(",")
    return tuple(word.casefold() for word in _LETTERS.findall(f"{given} {family}" if comma else plain))


def key(name: str) -> str:
    """What ways of writing one name have in common: ``A.B.``, ``AB`` and ``a. b.``; empty for one without letters."""
    return "".join(words_of(name))


def may_be_same(one: str, other: str) -> bool:
    """Whether two names may be one person's: equal, or one of them abbreviates the other.

    ``A.B.`` and ``A. Berg`` may both be Anna Berg; ``A.B.`` and ``A.C.`` are two people.
    """
    if key(one) == key(other):
        return True
    short, full = sorted((words_of(one), words_of(other)), key=len)
    if not short:
        return False
    if len(short) == len(full):
        return all(_abbreviates(one, other) for one, other in zip(short, full, strict=True))
    if len(short) == 1:
        initials = "".join(word[0] for word in full)
        return short[0] in (initials, initials[0] + initials[-1], full[-1], *initials)
    return _abbreviates(short[0], full[0]) and _abbreviates(short[-1], full[-1])


def distinct(names: Iterable[str], at_most: int) -> tuple[str, ...]:
    """As many names as there are, up to a number, of which no two may be one person's; those without letters are none.

    More names never make fewer people.
    """
    every = sorted({key(one): one for one in sorted(names) if key(one)}.values())
    for count in range(min(at_most, len(every)), 0, -1):
        for some in combinations(every, count):
            if not any(may_be_same(one, other) for one, other in combinations(some, 2)):
                return some
    return ()


def _abbreviates(one: str, other: str) -> bool:
    """Whether two words of names are the same, or one is the other's first letter."""
    short, full = sorted((one, other), key=len)
    return short == full or (len(short) == 1 and full.startswith(short))
