"""A patient's initials: beside a name (``K.-H. Müller``), and in its place (``PTV_KHM``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from rtcheck.dicom.deidentify.texts import folded

#: Scripts from here on have no initials.
_FIRST_IDEOGRAPH = 0x2E80
_PARTS = re.compile(r"[^\W\d_]+")
#: Titles and degrees stand behind the first three components of a name.
_COMPONENTS = 3
_WORD = re.compile(r"(?<![^\W_])(?:[^\W\d_](?:\.[ -]{0,2}[^\W\d_])+\.?|[^\W\d_]{2,6})(?![^\W_])")


def initials_of(name: str) -> tuple[set[str], set[str]]:
    """Initials of a patient's name (PS3.5, 6.2.1): those of its parts, and whole ones in either order.

    Examples
    --------
    >>> parts, whole = initials_of("Müller^Karl-Heinz")
    >>> sorted(parts), sorted(whole)
    (['h', 'k', 'kh', 'm'], ['khm', 'km', 'mk', 'mkh'])
    """
    parts: set[str] = set()
    whole: set[str] = set()
    for group in name.split("="):
        for family, given in _orders(group):
            every = family | given
            parts |= every | {letter for one in every for letter in one}
            whole |= {one for last in family for first in given for one in (first + last, last + first)}
    return parts, whole


def whole_in(plain: str, whole: Set[str]) -> Iterator[tuple[int, int, str]]:
    """Where whole initials stand as a word of a folded text, with them."""
    for match in _WORD.finditer(plain):
        letters = "".join(_PARTS.findall(match.group()))
        if letters in whole:
            yield *match.span(), letters


def beside(parts: Set[str]) -> re.Pattern[str] | None:
    """What finds initials of parts of a name as they stand beside another part; None where there are none."""
    several = [r"\.?[ -]{0,2}".join(one) for one in sorted(parts, key=len, reverse=True) if len(one) > 1]
    single = [rf"{one}\." for one in sorted(parts) if len(one) == 1]
    one_of = [*(rf"(?:{one})(?:\.|(?![^\W_]))" for one in several), *single]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(one_of)})") if one_of else None


def _orders(group: str) -> Iterator[tuple[set[str], set[str]]]:
    """Initials of last and of first names; where a name isn't parted by ``^`` or a comma, its first or last is last."""
    components = [_words(one) for one in re.split(r"\^|,", group)[:_COMPONENTS]]
    if len(components) > 1:
        first = components[1] + (components[2] if len(components) > 2 else [])
        yield _forms(components[0]), _forms(first)
    elif len(components[0]) > 1:
        words = components[0]
        yield _forms(words[:1]), _forms(words[1:])
        yield _forms(words[-1:]), _forms(words[:-1])


def _words(text: str) -> list[str]:
    """Words parted by blanks, each as the initials of its parts: ``Karl-Heinz`` is ``kh``."""
    words = ("".join(_initial(part) for part in _PARTS.findall(word)) for word in re.split(r"[\s.]+", text))
    return [word for word in words if word]


def _initial(part: str) -> str:
    return folded(part[0])[0][:1] if ord(part[0]) < _FIRST_IDEOGRAPH else ""


def _forms(words: list[str]) -> set[str]:
    """The first one's initial, all of it, and those of all: ``k``, ``kh``, ``ko``, ``kho``."""
    if not words:
        return set()
    return {words[0][0], words[0], "".join(word[0] for word in words), "".join(words)}
