"""Forms of a name: what stays of it when case, separators, accents and width don't count."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DIGIT = re.compile(r"\d")
_SEPARATORS = re.compile(r"[\s_\-.,/\\^]+")
_DROPPED = str.maketrans(dict.fromkeys(one for one in map(chr, range(128)) if _SEPARATORS.match(one)))
_BETWEEN_DIGITS = re.compile(rf"(?<=\d){_SEPARATORS.pattern}(?=\d)")
#: Brackets around a word say nothing about it: ``Kidney (left)``. Joined letters are two.
_AS_WRITTEN = str.maketrans({**dict.fromkeys("()[]{}【】"), "œ": "oe", "æ": "ae"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
#: Letters of Latin script with accents; a mark of kana is no accent.
_ACCENTED = re.compile("[\u00c0-\u024f]")


@lru_cache(maxsize=1 << 14)
def normalised(name: str) -> str:
    """A name without case, blanks, separators and width variants (full-width letters count as plain ones).

    Between digits a separator stays, as one sign: lesion ``GTV_1_1`` isn't ``GTV_11``.
    """
    return _plain(name)


@lru_cache(maxsize=1 << 14)
def form(name: str) -> str:
    """The form under which a name is looked up in the list: `normalised`, and without brackets."""
    return _plain(name).translate(_AS_WRITTEN)


def _plain(name: str) -> str:
    plain = name.lower() if name.isascii() else unicodedata.normalize("NFKC", name).casefold()
    if not _DIGIT.search(plain):
        # Most names; their separators go in one step.
        return plain.translate(_DROPPED) if plain.isascii() else _SEPARATORS.sub("", plain)
    return "|".join(_SEPARATORS.sub("", part) for part in _BETWEEN_DIGITS.split(plain))


def spellings(word: str) -> tuple[str, ...]:
    """Forms of a word of the list: as it is, and as systems write it that know no accents (Dünndarm, Duenndarm)."""
    plain = _plain(word).translate(_AS_WRITTEN)
    if not _ACCENTED.search(plain):
        return (plain,)
    return tuple(dict.fromkeys((plain, _without_accents(plain), _without_accents(plain.translate(_UMLAUTS)))))


def is_pattern(name: str) -> bool:
    """Whether a name holds wildcards."""
    return "*" in name or "?" in name


def _without_accents(text: str) -> str:
    return _ACCENTED.sub(lambda letter: unicodedata.normalize("NFD", letter.group())[0], text)
