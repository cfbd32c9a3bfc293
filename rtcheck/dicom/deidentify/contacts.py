"""E-mail addresses, web addresses of a person and telephone numbers as people type them into free texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

#: An isodose or a dose stands before other ``@``: ``5x8Gy@80%``.
_MAILS = re.compile(
    r"(?<![^\s@<>()\[\]{},;:|\"=/\\])[^\s@<>()\[\]{},;:|\"=/\\]++(?<!gy)(?<!%)(?:@|\s?[(\[]at[)\]]\s?)"
    r"(?:[^\W_][^\W_-]*(?:-+[^\W_-]+)*\.)+[^\W\d_]{2,}"
)
_SCHEME = r"(?<![^\W_])[a-z][a-z0-9+.-]{1,20}://"
#: With a user before the host, or in the path.
_PAGES = re.compile(rf"{_SCHEME}(?:[^\s/?#@]+@|[^\s~]*/~)\S*[^\s.,;)>]|(?<![^\W_])mailto:\S*[^\s.,;)>]")
_PHONE_WORDS = "telephone telefono telefon phone tel handy mobil mobile mob cell fax telefax"
_WORDS = "|".join(sorted(_PHONE_WORDS.split(), key=len, reverse=True))
_SEPARATORS = r"[ ./()‐‑–-]{1,4}"
#: Numbers in a row: after a word that says that it is a telephone's, or on their own.
_ROWS = re.compile(
    rf"(?:(?<![^\W\d_])(?P<word>(?:{_WORDS})(?:[ -]?(?:nr|no|nummer|number))?[\s.:#]*)|(?<![^\W_])(?<!\d[.,]))"
    rf"(?P<row>[(+]{{0,2}}\d+(?:{_SEPARATORS}\d+)*)(?![^\W_]|[.,]\d)"
)
_DIGITS = re.compile(r"\d+")
#: What follows a number that is no part of a telephone's: ``0170-1234567 40 Gy``.
_UNIT = re.compile(r"\s*(?:c?gy|[x×*%°]|mal\b|times\b|f\b|fx|fr|in\b|mm|cm|mu\b|sitz)")
_TRUNK = re.compile(r"0{1,2}[1-9]\d*")
#: With fewer digits it is another number; one that stands in a row without separators has more.
_FEWEST, _FEWEST_IN_ONE, _FEWEST_AFTER_WORD = 7, 9, 5
_MOST = 15
#: So long a group of digits is the number itself; behind it stands an extension at most.
_WHOLE = 6
#: American numbers need no zero: ``(212) 555-0100``, ``212-555-0100``; ``200 181 5000`` may be anything.
_AMERICAN = frozenset({("-", "-"), (".", "."), (") ", "-"), (")", "-"), (") ", " ")})
_FULL_TURN, _LONGEST_DECIMAL = 360, 3


def addresses_in(plain: str) -> Iterator[tuple[int, int]]:
    """Where e-mail and web addresses that name a user stand in a folded text."""
    if "@" in plain or "at)" in plain or "at]" in plain:
        yield from (match.span() for match in _MAILS.finditer(plain))
    if ":" in plain:
        yield from (match.span() for match in _PAGES.finditer(plain))


def phones_in(plain: str) -> Iterator[tuple[int, int]]:
    """Where telephone numbers stand in a folded text: ``0170-1234567``, ``+49 (0) 6221 56-1234``, ``Tel. 56-1234``.

    Doses, angles and UIDs aren't taken for some: a number needs a country's or a trunk's sign, American groups, or a
    word that says what it is. Days must be gone from the text.
    """
    for match in _ROWS.finditer(plain):
        start, stop = match.span("row")
        groups = [(start + one.start(), start + one.end()) for one in _DIGITS.finditer(match["row"])]
        if _UNIT.match(plain, stop):
            decimal = len(groups) > 1 and plain[groups[-2][1] : groups[-1][0]] == "."
            groups = groups[: -2 if decimal else -1]
        at, after_word = 0, match["word"] is not None
        while at < len(groups):
            count = _phone(plain, groups[at : at + _MOST], after_word)
            if count:
                first = groups[at][0]
                yield first - len(_opening(plain, max(start, first - 2), first)), groups[at + count - 1][1]
            at += count or 1
            after_word = False


def _opening(plain: str, since: int, until: int) -> str:
    """The signs right before a number that are its own."""
    before = plain[since:until]
    return before[len(before.rstrip("(+")) :]


def _phone(plain: str, groups: Sequence[tuple[int, int]], after_word: bool) -> int:
    """How many of the groups of digits are one telephone number, from the first on; 0 where none is."""
    count, total = 0, 0
    for index, (start, stop) in enumerate(groups):
        between = plain[groups[index - 1][1] : start] if index else ""
        whole = index > 0 and groups[index - 1][1] - groups[index - 1][0] >= _WHOLE
        lone = stop - start == 1 and between == " " and total >= _FEWEST - 2
        another = stop - start > 2 and plain[start] == "0" and total >= _FEWEST_IN_ONE
        if total + stop - start > _MOST or lone or another or (whole and between != "-"):
            break
        count, total = index + 1, total + stop - start
    told = [plain[start:stop] for start, stop in groups[:count]]
    signs = tuple(plain[one[1] : other[0]] for one, other in pairwise(groups[:count]))
    if not told or _are_decimals(told, signs):
        return 0
    if after_word:
        return count if total >= _FEWEST_AFTER_WORD else 0
    if "+" in _opening(plain, max(0, groups[0][0] - 2), groups[0][0]):
        return count if total >= _FEWEST and told[0][0] != "0" else 0
    if _TRUNK.fullmatch(told[0]):
        return count if _is_long_enough(told, total) and not _are_angles(told) else 0
    return _american([len(one) for one in told], signs)


def _is_long_enough(told: Sequence[str], total: int) -> bool:
    if len(told) == 1:
        return total >= _FEWEST_IN_ONE
    # French numbers are five pairs; other pairs are counted lesions, or times.
    pairs = all(len(one) <= 2 for one in told)
    return total >= _FEWEST and (not pairs or len(told) == 5)


def _are_angles(told: Sequence[str]) -> bool:
    return all(len(one) == 3 and int(one) <= _FULL_TURN for one in told)


def _are_decimals(told: Sequence[str], signs: Sequence[str]) -> bool:
    """Whether points are those of decimals in a row: ``+12.5 100.2``."""
    places = [one for one, sign in zip(told[1:], signs, strict=True) if sign == "."]
    chained = any(one == other == "." for one, other in pairwise(signs))
    return bool(places) and " " in signs and not chained and max(map(len, places)) <= _LONGEST_DECIMAL


def _american(lengths: Sequence[int], signs: Sequence[str]) -> int:
    skipped = 1 if lengths[0] == 1 else 0
    found = list(lengths[skipped : skipped + 3]) == [3, 3, 4] and tuple(signs[skipped : skipped + 2]) in _AMERICAN
    return skipped + 3 if found else 0
