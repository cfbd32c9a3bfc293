"""A file of names -> its entries, with every error as ``file:line:column``.

What the entries mean together (`index`) is another question, for they may stand in several files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from rtcheck.document import Document, Loc, closest
from rtcheck.errors import Problem
from rtcheck.nomenclature.forms import form, is_pattern, spellings

SCHEMA = 1
#: The language of TG-263 itself; its words for sides go with names of every language.
ENGLISH = "en"
_KEYS = ("schema", "sides", "names")
_SIDES = ("left", "right", "both")
_KEYS_OF_A_NAME = ("sided", "both", "part_of", "union_of")


class At(NamedTuple):
    """Where something stands: file, and 1-based line and column."""

    file: str
    line: int
    column: int

    def problem(self, message: str) -> Problem:
        """What is wrong there."""
        return Problem(self.file, self.line, self.column, message)


class Word(NamedTuple):
    """A name that clinics use, and the forms that it is known by."""

    text: str
    language: str
    at: At
    forms: tuple[str, ...]


@dataclass(frozen=True)
class SideWords:
    """Words of one language that make a left one, a right one, or both of a name."""

    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    both: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """What is said under one key of ``names``.

    Attributes
    ----------
    name : str
        TG-263 name; of an organ of which there are two, its part without the side: ``Kidney``.
    at : At
    sided : bool
        Whether there is a left and a right one.
    both : str
        Name of the two together; its own where the name without a side means both. Empty where TG-263 has none.
    part_of : str
        The organ that a limit on this structure is about; empty where it is one itself.
    union_of : tuple of str
        What it is the union of.
    words : tuple of Word
        Other names, without a side.
    """

    name: str
    at: At
    sided: bool = False
    both: str = ""
    part_of: str = ""
    union_of: tuple[str, ...] = ()
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Listed:
    """What a file, or several, list: words for sides by language, and entries."""

    sides: tuple[tuple[str, SideWords], ...] = ()
    entries: tuple[Entry, ...] = ()


def listed(document: Document, known: Listed) -> Listed:
    """The entries of a document, and those known before it; what is wrong is noted in the document."""
    reader = _Reader(document)
    if not isinstance(document.data, dict):
        document.note(document.place_of(()), "expected the keys schema and names")
        return known
    reader.keys((), document.data, _KEYS)
    if "schema" not in document.data or document.at("schema") != SCHEMA:
        document.note(document.place_of(("schema",)), f"schema: expected {SCHEMA}, got {document.at('schema')!r}")
    sides = dict(known.sides)
    for language, words in reader.sides().items():
        before = sides.get(language, SideWords())
        sides[language] = SideWords(before.left + words.left, before.right + words.right, before.both + words.both)
    entries = {entry.name: entry for entry in known.entries}
    for entry in reader.entries(sides):
        entries[entry.name] = reader.joined(entries[entry.name], entry) if entry.name in entries else entry
    return Listed(tuple(sides.items()), tuple(entries.values()))


class _Reader:
    """The parts of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def keys(self, loc: Loc, mapping: Iterable[str], known: Collection[str]) -> None:
        """Note keys of a mapping that nothing knows."""
        for key in mapping:
            if key not in known:
                hint = closest(key, known) or f"; known: {', '.join(known)}"
                self._note((*loc, key), f"unknown key {key!r}{hint}", key=True)

    def sides(self) -> dict[str, SideWords]:
        """Words for sides by language."""
        found = {}
        for language in self._mapping(("sides",)):
            loc = ("sides", language)
            words = self._mapping(loc)
            self.keys(loc, words, _SIDES)
            found[language] = SideWords(*(self._names((*loc, side), words.get(side)) for side in _SIDES))
        return found

    def entries(self, languages: Collection[str]) -> list[Entry]:
        """The names."""
        if "names" not in self._mapping(()):
            self._note((), "the key 'names' is missing")
        found = []
        for name in self._mapping(("names",)):
            if problem := _no_name(name, form(name)):
                self._note(("names", name), problem, key=True)
            else:
                found.append(self._entry(name, languages))
        return found

    def joined(self, entry: Entry, more: Entry) -> Entry:
        """An entry with what another file adds to it: words, and nothing that contradicts it."""
        for key in _KEYS_OF_A_NAME:
            said, adds = getattr(entry, key), getattr(more, key)
            if adds and adds != said:
                text = f"{entry.name} is known with {key}: {_shown(said)} already; only words can be added to it"
                self._note(("names", entry.name, key), text, key=True)
        return replace(entry, words=entry.words + more.words)

    def _entry(self, name: str, languages: Collection[str]) -> Entry:
        loc = ("names", name)
        parts = self._mapping(loc)
        self.keys(loc, parts, (*_KEYS_OF_A_NAME, *languages))
        entry = Entry(
            name,
            self._at(loc, key=True),
            sided=self._flag((*loc, "sided"), parts.get("sided")),
            both=self._text((*loc, "both"), parts.get("both")),
            part_of=self._text((*loc, "part_of"), parts.get("part_of")),
            union_of=self._names((*loc, "union_of"), parts.get("union_of")),
            words=tuple(
                word
                for language, texts in parts.items()
                if language in languages
                for word in self._words((*loc, language), texts)
            ),
        )
        if entry.both and not entry.sided:
            self._note((*loc, "both"), "both: only of names with 'sided: true'", key=True)
        if entry.part_of and entry.both not in ("", name):
            self._note((*loc, "part_of"), f"part_of: say it of {entry.both}, which both belong to", key=True)
        return entry

    def _words(self, loc: Loc, texts: object) -> list[Word]:
        """Names in one language; each form once."""
        seen: dict[str, str] = {}
        words = []
        for place, text in self._texts(loc, texts):
            forms = spellings(text)
            if forms[0] in seen:
                self._note(place, f"{text!r} is listed already, as {seen[forms[0]]!r}")
            elif problem := _no_name(text, forms[0]):
                self._note(place, problem)
            else:
                seen[forms[0]] = text
                words.append(Word(text, str(loc[-1]), self._at(place), forms))
        return words

    def _mapping(self, loc: Loc) -> dict[str, object]:
        """A mapping; nothing counts as an empty one, as in ``Lips:``."""
        value = self._document.at(*loc)
        if isinstance(value, dict):
            return value
        if value is not None:
            self._note(loc, f"{loc[-1]}: expected a mapping of keys, got {_shown(value)}")
        return {}

    def _texts(self, loc: Loc, value: object) -> Iterator[tuple[Loc, str]]:
        """The texts of a list, or the one text, with their places."""
        if isinstance(value, str):
            yield loc, value
            return
        if not isinstance(value, list):
            if value is not None:
                self._note(loc, f"{loc[-1]}: expected a list, got {_shown(value)}")
            return
        for index, text in enumerate(value):
            if isinstance(text, str):
                yield (*loc, index), text
            else:
                self._note((*loc, index), f"{loc[-1]}: expected text, got {_shown(text)}; write it in quotes")

    def _names(self, loc: Loc, value: object) -> tuple[str, ...]:
        """The texts of a list."""
        return tuple(text for _, text in self._texts(loc, value))

    def _text(self, loc: Loc, value: object) -> str:
        if value is None or isinstance(value, str):
            return value or ""
        self._note(loc, f"{loc[-1]}: expected text, got {_shown(value)}")
        return ""

    def _flag(self, loc: Loc, value: object) -> bool:
        if value is not None and not isinstance(value, bool):
            self._note(loc, f"{loc[-1]}: expected true or false, got {_shown(value)}")
        return value is True

    def _at(self, loc: Loc, *, key: bool = False) -> At:
        place = self._document.place_of(loc, key=key)
        return At(self._document.file, place.line, place.column)

    def _note(self, loc: Loc, message: str, *, key: bool = False) -> None:
        self._document.note(self._document.place_of(loc, key=key), message)


def _no_name(text: str, its_form: str) -> str:
    """Why a text can't be a name; empty where it can."""
    if is_pattern(text):
        return f"{text!r}: wildcards are no name"
    return "" if its_form else f"{text!r}: signs alone are no name"


def _shown(value: object) -> str:
    """A value for the reader."""
    if value is None or value in ("", (), [], {}):
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping of keys"
    return repr(value)
