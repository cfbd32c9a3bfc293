"""Who is who among people that sign with a name or with initials."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import combinations, permutations

#: Titles and degrees, which are no part of a name that has other words.
_TITLES = frozenset(
    [
        "dr",
        "prof",
        "professor",
        "med",
        "md",
        "phd",
        "dsc",
        "msc",
        "mbbs",
        "mbchb",
        "frcr",
        "facr",
        "fastro",
        "fasastro",
        "dipl",
        "ing",
        "mr",
        "mrs",
        "ms",
        "priv",
        "doz",
    ]
)
#: Words in place of a name. ``N.A.`` are initials, and so are ``NA`` and ``XX``.
_NOBODY = re.compile(
    r"n/a|tb[acd]|unknown|none|nobody|no one|someone|somebody|anonymous|pending|xxx+|test|name|initials|unbekannt"
    r"|niemand|inconnue?|personne|desconocid[oa]|sconosciut[oa]",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}")
_LETTERS = re.compile(r"[^\W_]+")
_NUMBERED = re.compile(r"([^\W\d_]+)\d{1,2}")
#: Letters that are written with two where they can't be written, and some that have no simpler form in Unicode.
_FOLDED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i"}
)
#: Names that a typing error may tell apart have a word at least so long.
_LONG = 4
#: Of more words only so many are put in every order.
_MOST_WORDS = 6


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name without titles, degrees, brackets, accents, points and case, the family name last.

    ``Berg, Anna`` is ``anna berg``, ``A.B., MD`` is ``a b``, ``Müller`` is ``mueller``. A title alone is a name.
    """
    plain = _plain(name)
    outside = _BRACKETS.sub(" ", plain)
    parts = [part for part in (outside if _LETTERS.search(outside) else plain).split(",") if _LETTERS.search(part)]
    named = [part for part in parts if "".join(_LETTERS.findall(part)) not in _TITLES] or parts
    every = [word for part in (*named[1:], *named[:1]) for word in _LETTERS.findall(part)]
    return tuple([word for word in every if word not in _TITLES] or every)


def key(name: str) -> str:
    """What ways of writing one name have in common: ``A.B.``, ``AB`` and ``a. b.``; empty for one that names nobody.

    That is one without letters, and a word in place of a name: ``TBD``, ``n/a``, ``unknown``.
    """
    return "" if _NOBODY.fullmatch(name.strip()) else "".join(words_of(name))


def may_be_same(one: str, other: str) -> bool:
    """Whether two names may be one person's: equal, or one of them abbreviates, reorders or mistypes the other.

    ``A.B.`` and ``A. Berg`` may both be Anna Berg, and so may ``Berg Anna`` and ``Ana Berg``; ``A.B.`` and ``A.C.`` are
    two people, and so are ``A.B.`` and ``B.A.``. A number tells people apart who both have one: ``RO1`` and ``RO2``.
    """
    if key(one) == key(other):
        return True
    some, others = words_of(one), words_of(other)
    if _has_number(some) != _has_number(others):
        some, others = (tuple(word for word in words if not word.isdigit()) for words in (some, others))
    short, full = sorted((some, others), key=lambda words: (len(words), words))
    if not short:
        return False
    if max(map(len, (*short, *full))) == 1:
        return _initials_match(short, full)
    if len(short) == 1 and len(full) > 1:
        return _one_word_matches(short[0], full)
    return _words_match(short, full)


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


def independent(groups: Sequence[Iterable[str]], each: int) -> bool:
    """Whether so many people can be named of each group that no two of all of them may be one person."""
    return _independent([sorted({one for one in group if key(one)}) for group in groups], each, ())


def _independent(groups: Sequence[Sequence[str]], each: int, chosen: tuple[str, ...]) -> bool:
    if not groups:
        return True
    free = [one for one in groups[0] if not any(may_be_same(one, other) for other in chosen)]
    return any(
        not any(may_be_same(one, other) for one, other in combinations(some, 2))
        and _independent(groups[1:], each, (*chosen, *some))
        for some in combinations(free, each)
    )


def _has_number(words: tuple[str, ...]) -> bool:
    return any(word.isdigit() for word in words)


def _plain(name: str) -> str:
    composed = unicodedata.normalize("NFKC", name).casefold().translate(_FOLDED)
    bare = "".join(one for one in unicodedata.normalize("NFKD", composed) if not unicodedata.combining(one))
    return unicodedata.normalize("NFC", bare)


def _initials_match(short: tuple[str, ...], full: tuple[str, ...]) -> bool:
    """Initials are compared in their order, those of second names apart."""
    if len(short) == len(full):
        return short == full
    return short[0] in full if len(short) == 1 else (short[0], short[-1]) == (full[0], full[-1])


def _one_word_matches(word: str, full: tuple[str, ...]) -> bool:
    """One word is all initials, the first and the last of them, one of the words, or all of them in any order."""
    letters = "".join(one[0] for one in full)
    orders = {letters, letters[0] + letters[-1]}
    if max(map(len, full)) > 1:
        orders |= {one[::-1] for one in orders} | {"".join(some) for some in permutations(full[:_MOST_WORDS])}
    return bool({word, _unnumbered(word)} & {*orders, *letters, *full})


def _words_match(short: tuple[str, ...], full: tuple[str, ...]) -> bool:
    """Whether each word of one name has a word of its own in the other; one of them may be mistyped."""
    some, every = short[:_MOST_WORDS], full[:_MOST_WORDS]
    for order in permutations(every, len(some)):
        unlike = [pair for pair in zip(some, order, strict=True) if not _alike(*pair)]
        if not unlike or (len(unlike) == 1 and _mistyped(*unlike[0])):
            return True
    return False


def _alike(one: str, other: str) -> bool:
    """Whether two words of names are the same, one is the other's first letter, or one alone has a number."""
    short, full = sorted((one, other), key=len)
    return short == full or (len(short) == 1 and full.startswith(short)) or short == _unnumbered(full)


def _unnumbered(word: str) -> str:
    """Initials without the number behind them: ``AB2``; other words as they are."""
    found = _NUMBERED.fullmatch(word)
    return found.group(1) if found else word


def _mistyped(one: str, other: str) -> bool:
    """Whether one letter that is put in, left out or replaced makes two words one; the first is hardly ever wrong."""
    short, full = sorted((one, other), key=len)
    if len(full) < _LONG or len(full) - len(short) > 1 or not (short + full).isalpha() or short[0] != full[0]:
        return False
    if len(short) == len(full):
        return sum(a != b for a, b in zip(short, full, strict=True)) == 1
    return any(full[:at] + full[at + 1 :] == short for at in range(len(full)))
