"""Names of persons as pseudonyms: who may be one person by name or initials may be by pseudonym, and nobody else.

``A.B.`` and ``Anna Berg`` may be one person, ``A.B.`` and ``A.C.`` are two: approvals are counted by that. So the first
letters of names and the letters of initials are replaced one by one, and whole words by a letter and a number:
``Anna Berg`` becomes ``K100 T101``, ``A.B.`` becomes ``K T``.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from rtcheck.compliance.persons import key, may_be_same, words_of

#: Without the first letters of titles (Dr., Med., Prof.), which aren't read as names.
_POOL = "ABCEFGHIJKLNOQRSTUVWXYZ" + "ΓΔΘΛΞΠΣΦΨΩ" + "БГДЖЗИЛПФЦЧШЩЭЮЯ"
#: Syllables follow where so many scripts meet that the letters don't suffice.
_MORE = range(0xAC00, 0xD7A4)
#: Shorter words may be initials.
_INITIALS = 3
#: Makes a word of four signs, longer than any that may be initials.
_FIRST_NUMBER = 100
NOBODY = "-"


@dataclass
class Persons:
    """Who became whom.

    Attributes
    ----------
    letters, words : dict of str to str
        What became of first letters and of whole words.
    names : dict of str to str
        Names as they were written, with their pseudonyms.
    """

    letters: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def name(self, original: str) -> str:
        """The pseudonym of a person; spellings that are one name have one."""
        if original not in self.names:
            same = next((told for told in self.names if key(told) and key(told) == key(original)), None)
            self.names[original] = self.names[same] if same is not None else self._made(original)
        return self.names[original]

    def mistaken(self) -> list[tuple[str, str]]:
        """Pairs of names that may be one person's and whose pseudonyms may not, or the other way round."""
        return [
            (one, other)
            for one, other in combinations(self.names, 2)
            if may_be_same(one, other) != may_be_same(self.names[one], self.names[other])
        ]

    def to_data(self) -> dict[str, Any]:
        """As plain data."""
        return {"letters": self.letters, "words": self.words, "names": self.names}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Persons:
        """From plain data; KeyError, TypeError or ValueError for data that are none."""
        return cls(dict(data["letters"]), dict(data["words"]), dict(data["names"]))

    def _made(self, original: str) -> str:
        return " ".join(map(self._word, words_of(original))) or NOBODY

    def _word(self, word: str) -> str:
        if len(word) <= _INITIALS:
            return "".join(map(self._letter, word))
        if word not in self.words:
            self.words[word] = f"{self._letter(word[0])}{_FIRST_NUMBER + len(self.words)}"
        return self.words[word]

    def _letter(self, letter: str) -> str:
        if letter.isdigit():
            return letter
        if letter not in self.letters:
            taken = set(self.letters.values())
            free = [one for one in _POOL if one not in taken]
            self.letters[letter] = secrets.choice(free or [chr(one) for one in _MORE if chr(one) not in taken])
        return self.letters[letter]


def words_in(names: Iterable[str]) -> set[str]:
    """The words of names that can't be initials."""
    return {word for name in names for word in words_of(name) if len(word) > _INITIALS}
